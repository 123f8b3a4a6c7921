/* Online schema changes whose working tables are no part of the task (model/working.h): their rows are not followed. What is
 * done to a shadow table is noted with the table that is changed (rs_meta_online), and where the shadow takes that one's
 * place the same is done to the destination's table by its own statement; what can't be derived exactly stops the task
 * there, by name. All but the items' notes is the stream's thread's. */
#ifndef RS_ONLINE_H
#define RS_ONLINE_H

#include "codec/ddl_schema.h"
#include "engine/core.h"

/* What is under way where the log is now read. */
struct rs_online {
	struct rs_engine *e;
	struct rs_map changes;         /* "db\0name" of the table that is changed to struct rs_meta_online * */
};

void rs_online_init(struct rs_online *o, struct rs_engine *e);
void rs_online_release(struct rs_online *o);

/* The table that is changed has gone. */
void rs_online_forget(struct rs_online *o, const char *db, const char *base);

struct rs_online_statement {
	const struct rs_change *c;
	const struct rs_ddl *d;
	const struct rs_ddl_env *env;
	const struct rs_ddl_store *store;
	struct rs_ddl_item *item;
};

/* The statement that a swap comes to. */
struct rs_online_alter {
	char *sql, *db, *time_zone;
	uint64_t sql_mode;
};
void rs_online_alter_clear(struct rs_online_alter *a);

/* RS_OK: a statement like others, of which the item has the notes. RS_EOF: *out is to be followed in its place. RS_AGAIN: the
 * notes are all. RS_FAIL: why not, in the item. */
enum rs_rc rs_online_follow(struct rs_online *o, const struct rs_online_statement *s, struct rs_online_alter *out) RS_MUST_CHECK;

/* The coordinator's: what the item notes becomes the plan's. Appends the tables that are to be stored to metas, which has
 * room for them. */
void rs_online_take(struct rs_engine *e, const struct rs_ddl_item *item);
size_t rs_online_put(struct rs_engine *e, const struct rs_ddl_item *item, struct rs_meta_table *metas);

#endif
