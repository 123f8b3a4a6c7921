/* The list of tasks: what it holds, and how its rows look. Private to tasks*.c. */
#ifndef RS_TASKS_H
#define RS_TASKS_H

#include "screen/app.h"
#include "screen/menu.h"

/* How the list is sorted; what is equal then is in the order of names. */
enum rs_tasks_order { RS_TASKS_BY_NAME, RS_TASKS_BY_STATE, RS_TASKS_BY_LAG, RS_TASKS_BY_ROWS };

struct rs_tasks {
	struct rs_screen screen;
	struct rs_app *app;
	struct rs_widget *region, *state;
	struct rs_entry *filter;
	struct rs_tableview *table;
	struct rs_watch **shown;   /* NULL: the heading of those below it */
	size_t shown_count, shown_cap;
	enum rs_tasks_order order;
	bool grouped;              /* by state */
	size_t marked, hidden; /* tasks; of those, that the filters hide */
	char *question_path; /* of the task to be deleted */
	struct rs_menu menu;
};

static inline struct rs_tasks *rs_tasks_of(struct rs_screen *s) { return (struct rs_tasks *)s; }

/* NULL: there is none under the cursor. */
struct rs_watch *rs_tasks_current(const struct rs_tasks *t);
struct rs_tableview *rs_tasks_table_new(struct rs_tasks *t);
/* Puts those that are shown in order, with headings where they are grouped, and marks the column that it goes by. */
void rs_tasks_sort(struct rs_tasks *t);
/* Marks have a column only where there are some. */
void rs_tasks_show_marks(struct rs_tasks *t);
/* Asks where to, and writes the marked tasks, or this one, as text without passwords; and makes one from such a text. */
void rs_tasks_export(struct rs_tasks *t, const struct rs_watch *watch);
void rs_tasks_import(struct rs_tasks *t);
/* The help area: the task under the cursor, and how many are marked. */
void rs_tasks_help(struct rs_screen *s, struct rs_buf *out);

#endif
