/* What the parts of the sink for the PostgreSQL family share. Private to sink/.
 *
 * A database of the source's is a schema of the destination's one database. Schema changes are transactions there, so that
 * what is noted of one, and the position behind it, are committed with it: nothing is intended beforehand. */
#ifndef RS_PG_SINK_H
#define RS_PG_SINK_H

#include "codec/pg_ddl.h"
#include "codec/pg_value.h"
#include "db/pg_conn.h"
#include "sink/fold.h"
#include "sink/meta_json.h"
#include "sink/sink.h"

/* The version of the meta tables; see pg_meta.c. */
#define RS_PG_META_VERSION 1

struct rs_pg_sink {
	struct rs_sink base;
	struct rs_pg pg;              /* the control connection */
	const struct rs_task *task;   /* borrowed */
	uint64_t epoch;               /* 0 until attached */
	bool changing;                /* a schema change is under way in the control connection's transaction */
};

static inline struct rs_pg_sink *rs_pg_sink_of(struct rs_sink *s) { return (struct rs_pg_sink *)s; }

/* The values of $1, $2 … as rs_pg_query wants them. */
#define RS_PG_VALUES(...) ((const char *const[]){__VA_ARGS__}), (int)(sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *))
struct rs_pg_number {
	char text[24];
};
static inline struct rs_pg_number rs_pg_number_of(uint64_t n)
{
	struct rs_pg_number out;

	snprintf(out.text, sizeof out.text, "%llu", (unsigned long long)n);
	return out;
}

enum rs_rc rs_pg_maker_open(struct rs_pg_sink *s, struct rs_maker **out, struct rs_err *err);
enum rs_rc rs_pg_loader_open(struct rs_pg_sink *s, struct rs_loader **out, struct rs_err *err);
enum rs_rc rs_pg_applier_open(struct rs_pg_sink *s, unsigned lane, struct rs_applier **out, struct rs_err *err);
enum rs_rc rs_pg_exists(struct rs_pg *pg, enum rs_object_kind kind, const char *db, const char *name, bool *out, struct rs_err *err);

/* ---------------------------------------------------------------- pg_session.c: whose sessions they are */

/* A connection like the sink's, marked as one of the task's. */
enum rs_rc rs_pg_session_open(struct rs_pg *pg, const struct rs_pg_sink *s, struct rs_err *err) RS_MUST_CHECK;
enum rs_rc rs_pg_session_claim(struct rs_pg *pg, const struct rs_pg_sink *s, struct rs_err *err) RS_MUST_CHECK;
/* Ends all that are marked so and waits until they are gone; RS_E_META_SESSION where one stays. Until let_in none becomes one. */
enum rs_rc rs_pg_session_end_others(struct rs_pg_sink *s, struct rs_err *err) RS_MUST_CHECK;
enum rs_rc rs_pg_session_let_in(struct rs_pg_sink *s, struct rs_err *err) RS_MUST_CHECK;
/* rs_sink_owns; conn is a struct rs_pg. */
enum rs_rc rs_pg_session_owns(void *conn, const char *task_id, unsigned long connection, bool *out, struct rs_err *err) RS_MUST_CHECK;

/* ---------------------------------------------------------------- pg_meta.c: the meta tables */

/* begin checks the epoch and keeps others from raising it until end, which commits, or rolls back where rc is not RS_OK. */
enum rs_rc rs_pg_meta_begin(struct rs_pg *pg, const struct rs_pg_sink *s, struct rs_err *err) RS_MUST_CHECK;
enum rs_rc rs_pg_meta_end(struct rs_pg *pg, enum rs_rc rc, struct rs_err *err) RS_MUST_CHECK;
void rs_pg_meta_undo(struct rs_pg *pg);
enum rs_rc rs_pg_meta_hold(struct rs_pg *pg, const struct rs_pg_sink *s, struct rs_err *err) RS_MUST_CHECK;
enum rs_rc rs_pg_meta_lost(struct rs_err *err);
/* The statement that moves a lane's position, on condition that the task is still ours; position NULL: the condition alone. */
void rs_pg_meta_put_move(struct rs_buf *sql, const struct rs_pg_sink *s, unsigned lane, const struct rs_position *position, int64_t time,
                         const char *ahead);
enum rs_rc rs_pg_meta_make_lane(struct rs_pg *pg, const struct rs_pg_sink *s, unsigned lane, struct rs_err *err) RS_MUST_CHECK;
enum rs_rc rs_pg_meta_put_table(struct rs_pg *pg, const struct rs_pg_sink *s, const struct rs_meta_table *t, struct rs_err *err)
	RS_MUST_CHECK;
/* Nothing is kept of the table any more. */
enum rs_rc rs_pg_meta_forget_table(struct rs_pg_sink *s, const struct rs_meta_table *t, struct rs_err *err) RS_MUST_CHECK;
/* Of the task, or of a side. */
enum rs_rc rs_pg_meta_load_tables_of(struct rs_pg_sink *s, const char *task, struct rs_meta_table **out, size_t *n, struct rs_err *err)
	RS_MUST_CHECK;
/* text NULL: none. */
enum rs_rc rs_pg_meta_read_position(const char *text, struct rs_position *out, struct rs_err *err) RS_MUST_CHECK;
enum rs_rc rs_pg_meta_note_states(struct rs_pg *pg, const struct rs_pg_sink *s, const struct rs_meta_table *tables, size_t n,
                                  struct rs_err *err) RS_MUST_CHECK;
enum rs_rc rs_pg_meta_mark_chunk(struct rs_pg *pg, const struct rs_pg_sink *s, const struct rs_table *t, const struct rs_meta_chunk *mark,
                                 struct rs_err *err) RS_MUST_CHECK;
enum rs_rc rs_pg_meta_count_chunk(struct rs_pg *pg, const struct rs_pg_sink *s, const struct rs_table *t,
                                  const struct rs_meta_chunk *mark, uint64_t rows, struct rs_err *err) RS_MUST_CHECK;

enum rs_rc rs_pg_meta_attach(struct rs_sink *s, uint64_t asked, struct rs_meta_task *out, struct rs_err *err);
enum rs_rc rs_pg_meta_peek(struct rs_sink *s, struct rs_meta_task *out, struct rs_err *err);
enum rs_rc rs_pg_meta_save_start(struct rs_sink *s, const struct rs_meta_start *start, struct rs_err *err);
enum rs_rc rs_pg_meta_save_phase(struct rs_sink *s, enum rs_meta_phase phase, const struct rs_position *p1, struct rs_err *err);
enum rs_rc rs_pg_meta_save_source(struct rs_sink *s, const char *identity, const struct rs_meta_task *now,
                                  const struct rs_meta_table *const *changed, size_t n, struct rs_err *err);
enum rs_rc rs_pg_meta_save_states(struct rs_sink *s, const struct rs_meta_table *tables, size_t n, struct rs_err *err);
enum rs_rc rs_pg_meta_load_tables(struct rs_sink *s, struct rs_meta_table **out, size_t *n, struct rs_err *err);
enum rs_rc rs_pg_meta_load_chunks(struct rs_sink *s, const struct rs_chunk_taker *taker, struct rs_err *err);
enum rs_rc rs_pg_meta_ddl_intend(struct rs_sink *s, const struct rs_meta_ddl *d, struct rs_err *err);
enum rs_rc rs_pg_meta_ddl_done(struct rs_sink *s, const struct rs_position *position, int64_t time, const struct rs_ahead *ahead,
                               const struct rs_meta_table *tables, size_t n, uint64_t event, struct rs_err *err);
enum rs_rc rs_pg_meta_ddl_abandon(struct rs_sink *s, struct rs_err *err);
enum rs_rc rs_pg_meta_forget(struct rs_sink *s, struct rs_err *err);

/* pg_event.c: what was decided about events. Passing one is part of the caller's transaction. */
enum rs_rc rs_pg_event_load(struct rs_sink *s, struct rs_meta_event **out, size_t *n, struct rs_err *err);
enum rs_rc rs_pg_event_decide(struct rs_sink *s, const struct rs_meta_event *m, bool withdraw, struct rs_err *err);
enum rs_rc rs_pg_event_pass(struct rs_pg *pg, const struct rs_pg_sink *s, uint64_t event, struct rs_err *err) RS_MUST_CHECK;

/* pg_side.c: the sides of rs_sink_ops. */
enum rs_rc rs_pg_side_load(struct rs_sink *s, struct rs_meta_side **out, size_t *n, struct rs_err *err);
enum rs_rc rs_pg_side_save_objects(struct rs_sink *s, const char *objects, const struct rs_meta_table *const *gone, size_t n,
                                   struct rs_err *err);
enum rs_rc rs_pg_side_make(struct rs_sink *s, const struct rs_meta_side *side, const struct rs_meta_table *const *tables, size_t n,
                           const char *objects, struct rs_err *err);
enum rs_rc rs_pg_side_resume(struct rs_sink *s, const char *id, struct rs_err *err);
enum rs_rc rs_pg_side_resync(struct rs_sink *s, const char *const *ids, size_t n, const char *objects, struct rs_err *err);
enum rs_rc rs_pg_side_drop(struct rs_sink *s, const char *id, struct rs_err *err);
enum rs_rc rs_pg_side_join(struct rs_sink *s, const char *id, uint64_t epoch, const struct rs_position *at, const char *objects,
                           struct rs_err *err);

/* pg_index.c: the index part of rs_sink_ops; and building one table's. */
enum rs_rc rs_pg_index_defer(struct rs_sink *s, const char *db, const char *name, struct rs_err *err);
enum rs_rc rs_pg_index_build_all(struct rs_sink *s, struct rs_err *err);
enum rs_rc rs_pg_index_build(struct rs_pg *pg, const struct rs_pg_sink *s, const char *db, const char *name, struct rs_err *err)
	RS_MUST_CHECK;

/* ---------------------------------------------------------------- pg_rows.c: rows as text */

/* How the values of a route's columns become what the destination takes. */
struct rs_pg_shape {
	const struct rs_table *source, *dest; /* references */
	struct rs_pg_converter *converters;   /* one a source column; zeroed where it is not written */
	bool spreads;                         /* as rs_pg_spreads */
	unsigned stage;                       /* number of the session's temporary table (gp_fold.c) */
};
/* Kept by whoever writes, one thread. */
struct rs_pg_shapes {
	struct rs_map by_tables;
	bool spreads;
	unsigned stages, calls;               /* of gp_fold.c so far */
	enum rs_unfit unfit;                  /* of values of columns that are of no unique key */
};
#define RS_PG_SHAPES_INIT {RS_MAP_INIT, false, 0, 0, RS_UNFIT_STOP}
/* *out lives until the next call. */
enum rs_rc rs_pg_shape_of(struct rs_pg_shapes *all, const struct rs_route *route, struct rs_pg_shape **out, struct rs_err *err)
	RS_MUST_CHECK;
void rs_pg_shapes_release(struct rs_pg_shapes *all);
/* rs_pg_convert of column i, with a line in the log for the first of its values that was not what it is at the source. */
enum rs_rc rs_pg_shape_convert(struct rs_pg_shape *s, size_t i, const struct rs_value *value, struct rs_value *out, struct rs_err *err)
	RS_MUST_CHECK;

/* "schema"."table" */
void rs_pg_put_dest(struct rs_buf *sql, const struct rs_route *r);
/* "a", "b": the columns that are written, each behind the prefix ("", "EXCLUDED."). */
void rs_pg_put_columns(struct rs_buf *sql, const struct rs_route *r, const char *prefix);
/* "a"=EXCLUDED."a", …: but those of the key. */
void rs_pg_put_excluded(struct rs_buf *sql, const struct rs_route *r);
/* "a"=s."a", …: those that are not of the key, each with the prefix. false: there are none. */
bool rs_pg_put_assigned(struct rs_buf *sql, const struct rs_route *r, const char *prefix);
/* ('1','x',…) of those columns; typed: each with its type. */
enum rs_rc rs_pg_put_row(struct rs_buf *sql, struct rs_pg_shape *s, const struct rs_route *r, const struct rs_value *values, bool typed,
                         struct rs_err *err) RS_MUST_CHECK;
/* "a", "b" of a key of the source's. */
void rs_pg_put_key_columns(struct rs_buf *sql, const struct rs_route *r, const char *prefix);
/* ('1','x'): a row's values of it. */
enum rs_rc rs_pg_put_key(struct rs_buf *sql, struct rs_pg_shape *s, const struct rs_route *r, const struct rs_value *values,
                         struct rs_err *err) RS_MUST_CHECK;
/* The condition that finds exactly this row: by the route's key, else one that has every column's value. */
enum rs_rc rs_pg_put_match(struct rs_buf *sql, struct rs_pg_shape *s, const struct rs_route *r, const struct rs_value *values,
                           struct rs_err *err) RS_MUST_CHECK;
/* "u"='x' AND …: a row's values of a unique key of the destination's. RS_EOF: it has none there, or none that are known. */
enum rs_rc rs_pg_put_unique(struct rs_buf *sql, struct rs_pg_shape *s, const struct rs_route *r, const struct rs_key *k,
                            const struct rs_value *values, struct rs_err *err) RS_MUST_CHECK;
/* t."u"=s."u" AND …: rows that have the same values of a key of the destination's. */
void rs_pg_put_same(struct rs_buf *sql, const struct rs_table *dest, const struct rs_key *k);
/* Whether the source has all columns of a unique key of the destination's. */
bool rs_pg_is_filled(const struct rs_route *r, const struct rs_key *k);
/* Whether rows may be spread by a column of the destination's: the distribution key is a part of every unique key, where there is one. */
bool rs_pg_may_spread_by(const struct rs_route *r, size_t source_column);
/* Whether a key of the destination's has just the columns by which the route finds rows. */
bool rs_pg_is_row_key(const struct rs_route *r, const struct rs_key *k);
/* Whether the destination keeps the route's key unique. */
bool rs_pg_has_row_key(const struct rs_route *r);
/* … and another one. */
bool rs_pg_has_rivals(const struct rs_route *r);
/* About how much room a row takes. */
size_t rs_pg_row_size(const struct rs_route *r, const struct rs_value *values);

/* ---------------------------------------------------------------- pg_pipe.c: many statements in one round trip */

/* What a statement must come to. */
enum rs_pg_want {
	RS_PG_ANYTHING,
	RS_PG_OURS,     /* RS_E_META_EPOCH where it meets no row */
	RS_PG_COUNT,    /* RS_AGAIN where it met another number of rows than it must, or another row is in its way */
	RS_PG_COMMITTED
};

/* Statements on their way. A server passes over what stands behind one that fails, so that a COMMIT may stand there, too. */
struct rs_pg_pipe {
	struct rs_pg *pg;
	struct rs_pg_sent {
		enum rs_pg_want want;
		const struct rs_route *route; /* NULL: none */
	} *sent;
	size_t n, cap;
	size_t bytes;
	struct rs_buf text;
};

/* Sends one, sooner or later; where many are on their way their answers are read, and may be what is returned. */
enum rs_rc rs_pg_pipe_add(struct rs_pg_pipe *p, const char *sql, enum rs_pg_want want, const struct rs_route *route, struct rs_err *err)
	RS_MUST_CHECK;
/* The same of a statement that changes rows, which fails where it meets another number of them. */
enum rs_rc rs_pg_pipe_counted(struct rs_pg_pipe *p, const struct rs_buf *sql, uint64_t n, const struct rs_route *route, struct rs_err *err)
	RS_MUST_CHECK;
/* Until all have been answered. */
enum rs_rc rs_pg_pipe_finish(struct rs_pg_pipe *p, struct rs_err *err) RS_MUST_CHECK;
void rs_pg_pipe_release(struct rs_pg_pipe *p);

/* pg_cascade.c: what the foreign keys of the row's children do, once the row's change has been sent. */
enum rs_rc rs_pg_cascade(struct rs_pg_pipe *pipe, struct rs_pg_shapes *shapes, const struct rs_route *route,
                         const struct rs_row_change *row, struct rs_err *err) RS_MUST_CHECK;

/* pg_fold.c: folded rows of a table into the pipe. */
enum rs_rc rs_pg_fold_write(struct rs_pg_pipe *p, struct rs_pg_shapes *shapes, struct rs_buf *sql, const struct rs_fold_table *t,
                            struct rs_err *err) RS_MUST_CHECK;
/* gp_fold.c: the same at a server of Greenplum's family. */
enum rs_rc rs_gp_fold_write(struct rs_pg_pipe *p, struct rs_pg_shapes *shapes, struct rs_buf *sql, const struct rs_fold_table *t,
                            struct rs_err *err) RS_MUST_CHECK;

#endif
