/* The inside of a selection, shared by the files that make it up; nobody else includes this. */
#ifndef RS_SELECTION_RULES_H
#define RS_SELECTION_RULES_H

#include <pthread.h>
#include <stdatomic.h>
#include "base/map.h"
#include "model/selection.h"

/* What is said of a table or database for its destination. */
struct sel_settings {
	char *of[RS_TABLE_SETTINGS]; /* NULL: nothing */
};

struct sel_column {
	uint64_t number;
	char *name;
	char *to;              /* NULL: it is left out */
};

/* Databases and tables are shared by the copies of a selection: who changes one that others have, too, makes his own first. */
struct sel_table {
	atomic_uint refs;
	uint64_t number;       /* which it is, in whatever copy */
	char *name;
	bool selected;         /* by a rule of its own */
	bool excluded;         /* never both */
	char *to_db, *to_name; /* NULL: follows its database, keeps its own */
	char *filter;          /* the condition that its rows must meet, as it was written; NULL: all rows */
	struct rs_operations operations;
	struct sel_settings *settings; /* NULL: none, as with most */
	struct rs_map columns; /* renamed and left out ones, by folded name */
};

enum sel_plain { SEL_NOT_LOOKED_AT, SEL_PLAIN, SEL_NOT_PLAIN };

struct sel_db {
	atomic_uint refs;
	uint64_t number;
	char *name;
	char *to;              /* NULL: keeps its own */
	bool whole;
	size_t selected;       /* how many of the tables are, by rules of their own */
	atomic_int plain;      /* enum sel_plain: whether that is all that is said of each; anew after each change */
	struct rs_operations operations;
	struct sel_settings *settings;
	struct rs_map tables;
};

struct rs_selection {
	bool fold;             /* databases and tables compare without case */
	enum rs_name_case name_case;
	struct rs_working *working; /* whose tables are left out of whole databases; NULL: none are */
	struct sel_cased *cased; /* names in that case, as they were asked for; shared by readers */
	struct rs_map dbs;
};

struct sel_cased {
	pthread_mutex_t lock;
	struct rs_map names;   /* to the name in the other case; they live as long as the selection */
};

/* Replaces one (value NULL: forgets it); there are none any more where that was the last. */
void rs_settings_put(struct sel_settings **s, enum rs_table_setting which, const char *value);
struct sel_settings *rs_settings_copy(const struct sel_settings *s);
void rs_settings_clear(struct sel_settings **s);
static inline const char *rs_settings_get(const struct sel_settings *s, enum rs_table_setting which)
{
	return s ? s->of[which] : NULL;
}

/* For rs_map_copy of a selection's databases. */
void *rs_selection_share_db(void *db);
/* NULL where no rule speaks of it. */
const struct sel_db *rs_selection_db(const struct rs_selection *s, const char *db);
const struct sel_table *rs_selection_table(const struct rs_selection *s, const char *db, const char *table);
/* Whether the table of that name is selected in a database that has the rule t (NULL: none) about it. */
bool rs_selection_selects(const struct rs_selection *s, const struct sel_db *d, const struct sel_table *t, const char *table);

#endif
