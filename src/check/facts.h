/* What checks learn of both servers, read once a run when a check first asks. Belongs to the run's thread. */
#ifndef RS_FACTS_H
#define RS_FACTS_H

#include "base/map.h"
#include "check/check.h"
#include "check/my_grants.h"
#include "model/selection.h"

struct rs_check_facts {
	struct rs_selection *objects;  /* the task's, comparing names as the source does; NULL until asked for */
	struct rs_catalog source;
	struct rs_err source_problem;  /* why the source's catalogue could not be read */
	struct rs_catalog dest;        /* what has a name at the destination that a selected object takes there */
	bool dest_read;
	struct rs_map dest_names;      /* of tables and views, to their objects */
	struct rs_grants grants[2];    /* source, destination */
	char *identity[2];
};

void rs_facts_free(struct rs_check_facts *facts);

/* The selection to ask: names compare as they do at the source. Never NULL. */
const struct rs_selection *rs_facts_objects(struct rs_check_ctx *ctx);
/* Reads the source's catalogue into ctx->catalog unless it was read already. */
enum rs_rc rs_facts_catalog(struct rs_check_ctx *ctx, struct rs_err *err) RS_MUST_CHECK;
/* The privileges of one side's account. */
enum rs_rc rs_facts_grants(struct rs_check_ctx *ctx, const struct rs_my *my, const struct rs_grants **out,
                           struct rs_err *err) RS_MUST_CHECK;
/* Names the server. */
enum rs_rc rs_facts_identity(struct rs_check_ctx *ctx, const struct rs_my *my, const char **out, struct rs_err *err)
	RS_MUST_CHECK;
/* Whether the destination's meta tables know the task as begun: then what is there is its own. */
bool rs_facts_begun(struct rs_check_ctx *ctx);
/* Reads what the destination has under the names of selected objects. Needs the catalogue. */
enum rs_rc rs_facts_dest(struct rs_check_ctx *ctx, struct rs_err *err) RS_MUST_CHECK;

/* for (size_t i = 0; rs_facts_each(ctx, &i, RS_OBJECT_TABLE, &o, &to_db, &to_name);): the selected objects of a kind, and
 * what they are called at the destination. Those that can't be synchronized are among them. */
bool rs_facts_each(struct rs_check_ctx *ctx, size_t *i, enum rs_object_kind kind, const struct rs_object **o,
                   const char **to_db, const char **to_name);
/* The destination's table or view of that name; NULL where there is none. After rs_facts_dest. */
const struct rs_object *rs_facts_dest_table(const struct rs_check_ctx *ctx, const char *db, const char *name);
/* The destination's databases that the task writes to, each once: db NULL at the end. */
struct rs_facts_dbs {
	char **names;
	size_t count;
};
void rs_facts_dest_dbs(struct rs_check_ctx *ctx, struct rs_facts_dbs *out);
void rs_facts_dbs_release(struct rs_facts_dbs *dbs);

#endif
