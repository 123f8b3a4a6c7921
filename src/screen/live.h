/* The parts of the dashboard: what is above and below its table, and the table's rows. Private to live*.c. */
#ifndef RS_LIVE_H
#define RS_LIVE_H

#include "screen/watch.h"
#include "tui/table.h"
#include "tui/widget.h"

/* Tables in the order of selection, or the hottest first: by what they change now, changed in all, or changed last. */
enum rs_live_order { RS_LIVE_SELECTION, RS_LIVE_BY_RATE, RS_LIVE_BY_TOTAL, RS_LIVE_BY_LAST, RS_LIVE_ORDERS };

/* What the dashboard shows: the task's newest snapshot, or, frozen, an older one. */
struct rs_live_view {
	struct rs_watch *watch;
	const struct rs_progress *progress; /* a reference; NULL: nothing is known */
	bool frozen;
	enum rs_live_order by;
	size_t *order;                      /* of the tables */
	size_t order_count, order_cap;
};

/* Takes the watch's newest snapshot (not while frozen) and puts the tables in order. */
void rs_live_view_take(struct rs_live_view *v);
void rs_live_view_release(struct rs_live_view *v);
/* The wall clock to which ages refer: the snapshot's, or, where nobody runs the task any more, the real one. */
rs_usec rs_live_view_now(const struct rs_live_view *v);
/* Whether the copy is what there is to see (else the stream of changes). */
bool rs_live_view_is_copying(const struct rs_live_view *v);

/* Phases, rates, positions, totals, and why it failed: as high as it needs. v lives longer. */
struct rs_widget *rs_live_head_new(struct rs_live_view *v);
/* The last problems, lines of them. */
struct rs_widget *rs_live_tail_new(struct rs_live_view *v, int lines);
/* The tables, as they are copied, or as they change. */
struct rs_tableview *rs_live_copy_table_new(struct rs_live_view *v);
struct rs_tableview *rs_live_change_table_new(struct rs_live_view *v);
/* Marks the column of the latter by which the tables are in order. */
void rs_live_change_table_order(struct rs_tableview *t, enum rs_live_order by);
/* The n-th table. */
const struct rs_table_progress *rs_live_table(const struct rs_live_view *v, size_t n);
/* What there is to say of it. */
void rs_live_table_help(const struct rs_live_view *v, size_t n, struct rs_buf *out);

#endif
