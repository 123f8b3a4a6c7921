/* What the parts of the MySQL sink share. Private to sink/. */
#ifndef RS_MYSQL_SINK_H
#define RS_MYSQL_SINK_H

#include <stdatomic.h>
#include "db/my_conn.h"
#include "sink/fold.h"
#include "sink/meta_json.h"
#include "sink/sink.h"

/* The schema of the meta tables and their version; see mysql_meta.c. */
#define RS_META_SCHEMA_NAME "dts"
#define RS_META_VERSION 8

struct rs_mysql_packet;

struct rs_mysql_sink {
	struct rs_sink base;
	struct rs_my my;        /* RS_MY_CATALOG: the control connection */
	char *task_id;
	char *task_name;
	uint64_t epoch;         /* 0 until attached */
	atomic_uint next_slot;  /* of rs_mysql_session_claim */
	atomic_bool single;     /* one statement a packet (mysql_packet.h) */
	atomic_bool local_infile; /* LOAD DATA LOCAL is allowed, as far as it is known */
	size_t max_packet;      /* bytes that one statement may have */
};

static inline struct rs_mysql_sink *rs_mysql_sink_of(struct rs_sink *s) { return (struct rs_mysql_sink *)s; }

enum rs_rc rs_mysql_maker_open(struct rs_mysql_sink *s, struct rs_maker **out, struct rs_err *err);
enum rs_rc rs_mysql_loader_open(struct rs_mysql_sink *s, struct rs_loader **out, struct rs_err *err);
enum rs_rc rs_mysql_applier_open(struct rs_mysql_sink *s, unsigned lane, struct rs_applier **out, struct rs_err *err);

enum rs_rc rs_mysql_exists(struct rs_my *my, enum rs_object_kind kind, const char *db, const char *name, bool *out,
                           struct rs_err *err);
/* mysql_define.c */
enum rs_rc rs_mysql_define(struct rs_sink *s, const struct rs_definition *d, struct rs_err *err);
/* mysql_counter.c */
enum rs_rc rs_mysql_raise_counter(struct rs_sink *s, const char *db, const char *name, uint64_t next, struct rs_err *err);

/* mysql_session.c: marks a session, which may be any thread's, as one of this task; every one that writes must be. */
enum rs_rc rs_mysql_session_claim(struct rs_my *my, struct rs_mysql_sink *s, struct rs_err *err);
/* Ends all sessions that are marked so and waits until they are gone; RS_E_META_SESSION where one stays. */
enum rs_rc rs_mysql_session_end_others(struct rs_mysql_sink *s, struct rs_err *err);
/* A connection like the sink's, marked. */
enum rs_rc rs_mysql_session_open(struct rs_my *my, struct rs_mysql_sink *s, enum rs_my_session session, struct rs_err *err);
/* rs_sink_owns; conn is a struct rs_my. */
enum rs_rc rs_mysql_session_owns(void *conn, const char *task_id, unsigned long connection, bool *out, struct rs_err *err);

/* mysql_meta.c: what statements about the meta tables are made of. execute releases sql; begin checks the epoch and keeps
 * others from raising it until end, which commits, or rolls back where rc is not RS_OK. */
void rs_mysql_meta_put_text(struct rs_buf *sql, const char *text);
void rs_mysql_meta_put_position(struct rs_buf *sql, const char *prefix, const struct rs_position *p);
void rs_mysql_meta_read_position(const struct rs_my_result *res, const char *prefix, struct rs_position *out);
enum rs_rc rs_mysql_meta_execute(struct rs_my *my, struct rs_buf *sql, uint64_t *affected, struct rs_err *err);
/* The place of a word among those; -1 where it is none of them. */
enum rs_rc rs_mysql_meta_begin(struct rs_mysql_sink *s, struct rs_err *err);
enum rs_rc rs_mysql_meta_end(struct rs_mysql_sink *s, enum rs_rc rc, struct rs_err *err);
enum rs_rc rs_mysql_meta_begin_on(struct rs_my *my, const struct rs_mysql_sink *s, struct rs_err *err);
enum rs_rc rs_mysql_meta_end_on(struct rs_my *my, enum rs_rc rc, struct rs_err *err);

/* mysql_meta.c, mysql_meta_ddl.c, mysql_meta_table.c: the meta part of rs_sink_ops. */
enum rs_rc rs_mysql_meta_attach(struct rs_sink *s, uint64_t asked, struct rs_meta_task *out, struct rs_err *err);
enum rs_rc rs_mysql_meta_peek(struct rs_sink *s, struct rs_meta_task *out, struct rs_err *err);
enum rs_rc rs_mysql_meta_save_start(struct rs_sink *s, const struct rs_meta_start *start, struct rs_err *err);
enum rs_rc rs_mysql_meta_save_anchor(struct rs_sink *s, const struct rs_meta_start *start,
                                     const struct rs_meta_table *const *gone, size_t n_gone, struct rs_err *err);
enum rs_rc rs_mysql_meta_save_phase(struct rs_sink *s, enum rs_meta_phase phase, const struct rs_position *p1,
                                    struct rs_err *err);
enum rs_rc rs_mysql_meta_save_source(struct rs_sink *s, const char *identity, const struct rs_meta_task *now,
                                     const struct rs_meta_table *const *changed, size_t n, struct rs_err *err);
enum rs_rc rs_mysql_meta_save_states(struct rs_sink *s, const struct rs_meta_table *tables, size_t n, struct rs_err *err);
enum rs_rc rs_mysql_meta_load_tables(struct rs_sink *s, struct rs_meta_table **out, size_t *n, struct rs_err *err);
enum rs_rc rs_mysql_meta_load_tables_of(struct rs_mysql_sink *s, const char *task, struct rs_meta_table **out, size_t *n,
                                        struct rs_err *err);
enum rs_rc rs_mysql_meta_load_chunks(struct rs_sink *s, const struct rs_chunk_taker *taker, struct rs_err *err);
enum rs_rc rs_mysql_meta_ddl_intend(struct rs_sink *s, const struct rs_meta_ddl *d, struct rs_err *err);
enum rs_rc rs_mysql_meta_ddl_done(struct rs_sink *s, const struct rs_position *position, int64_t time,
                                  const struct rs_ahead *ahead, const struct rs_meta_table *tables, size_t n,
                                  uint64_t event, struct rs_err *err);
enum rs_rc rs_mysql_meta_ddl_abandon(struct rs_sink *s, struct rs_err *err);
enum rs_rc rs_mysql_meta_rename_mark(struct rs_sink *s, char **out, struct rs_err *err);
/* Which of the two names the table has that renames are marked by; "" where it was never made. */
enum rs_rc rs_mysql_meta_mark(struct rs_mysql_sink *s, const char **out, struct rs_err *err);
enum rs_rc rs_mysql_meta_ddl_pending(struct rs_sink *s, struct rs_meta_ddl *out, struct rs_err *err);
enum rs_rc rs_mysql_meta_forget(struct rs_sink *s, struct rs_err *err);

/* mysql_side.c: the part about sides. */
enum rs_rc rs_mysql_side_load(struct rs_sink *s, struct rs_meta_side **out, size_t *n, struct rs_err *err);
enum rs_rc rs_mysql_side_save_objects(struct rs_sink *s, const char *objects, const struct rs_meta_table *const *gone,
                                      size_t n, struct rs_err *err);
enum rs_rc rs_mysql_side_make(struct rs_sink *s, const struct rs_meta_side *side, const struct rs_meta_table *const *tables,
                              size_t n, const char *objects, struct rs_err *err);
enum rs_rc rs_mysql_side_resume(struct rs_sink *s, const char *id, struct rs_err *err);
enum rs_rc rs_mysql_side_resync(struct rs_sink *s, const char *const *ids, size_t n, const char *objects, struct rs_err *err);
/* The same in the caller's transaction. */
enum rs_rc rs_mysql_side_put(struct rs_mysql_sink *s, const char *id, enum rs_side_role role, struct rs_err *err);
enum rs_rc rs_mysql_side_drop(struct rs_sink *s, const char *id, struct rs_err *err);
enum rs_rc rs_mysql_side_join(struct rs_sink *s, const char *id, uint64_t epoch, const struct rs_position *at,
                              const char *objects, struct rs_err *err);

/* Statements of the meta tables that loaders and appliers execute inside of their transactions, on their own
 * connections. Each fails with RS_E_META_EPOCH where another process has taken the task over: it meets no row then. */
enum rs_rc rs_mysql_meta_lost(struct rs_err *err);
/* Appends the statement that moves a lane's position, on condition that the task is still ours. position NULL: the
 * condition alone. */
void rs_mysql_meta_put_move(struct rs_buf *sql, const struct rs_mysql_sink *s, unsigned lane,
                            const struct rs_position *position, int64_t time, const char *ahead);
/* Moves lane 0's position, with what is ahead of it, in the caller's transaction. */
enum rs_rc rs_mysql_meta_move_to(struct rs_mysql_sink *s, const struct rs_position *position, int64_t time,
                                 const struct rs_ahead *ahead, struct rs_err *err);
/* Sees to it that the lane has a position to be moved; outside of a transaction. */
enum rs_rc rs_mysql_meta_make_lane(struct rs_my *my, const struct rs_mysql_sink *s, unsigned lane, struct rs_err *err);
enum rs_rc rs_mysql_meta_mark_chunk(struct rs_my *my, const struct rs_mysql_sink *s, const struct rs_table *t,
                                    const struct rs_meta_chunk *mark, struct rs_err *err);
/* The number of rows, which is known at the end. */
enum rs_rc rs_mysql_meta_count_chunk(struct rs_my *my, const struct rs_mysql_sink *s, const struct rs_table *t,
                                     const struct rs_meta_chunk *mark, uint64_t rows, struct rs_err *err);
/* Checks the epoch, and keeps others from raising it until the transaction ends. */
enum rs_rc rs_mysql_meta_hold(struct rs_my *my, const struct rs_mysql_sink *s, struct rs_err *err);
enum rs_rc rs_mysql_meta_put_table(struct rs_my *my, const struct rs_mysql_sink *s, const struct rs_meta_table *t,
                                   struct rs_err *err);
/* What is noted of the table, and of its indexes that are still to be built, is noted no more: in the caller's transaction. */
enum rs_rc rs_mysql_meta_forget_table(struct rs_my *my, const struct rs_mysql_sink *s, const struct rs_meta_table *t,
                                      struct rs_err *err);
enum rs_rc rs_mysql_meta_forget_indexes(struct rs_my *my, const struct rs_mysql_sink *s, const struct rs_meta_table *t,
                                        struct rs_err *err);

/* A transaction of its own: save_states of rs_sink_ops, on any connection with RS_MY_CATALOG's session. */
enum rs_rc rs_mysql_meta_note_states(struct rs_my *my, const struct rs_mysql_sink *s, const struct rs_meta_table *tables,
                                     size_t n, struct rs_err *err);

/* mysql_xa.c: see rs_applier_ops. */
enum rs_rc rs_mysql_xa_put(struct rs_mysql_packet *p, const struct rs_mysql_sink *s, const char *xid, unsigned number,
                           const void *bytes, size_t len, struct rs_err *err);
enum rs_rc rs_mysql_xa_get(struct rs_my *my, const struct rs_mysql_sink *s, const char *xid, unsigned number,
                           struct rs_buf *out, struct rs_err *err);
enum rs_rc rs_mysql_xa_drop(struct rs_mysql_packet *p, const struct rs_mysql_sink *s, const char *xid, struct rs_err *err);
enum rs_rc rs_mysql_xa_list(struct rs_my *my, const struct rs_mysql_sink *s, struct rs_map *out, struct rs_err *err);
/* The start is of a task that has no bodies. */
enum rs_rc rs_mysql_xa_put_start(struct rs_my *my, const struct rs_mysql_sink *s, const struct rs_position *start,
                                 struct rs_err *err);
enum rs_rc rs_mysql_xa_drop_start(struct rs_my *my, const struct rs_mysql_sink *s, struct rs_err *err);
enum rs_rc rs_mysql_xa_get_start(struct rs_my *my, const struct rs_mysql_sink *s, struct rs_position *out,
                                 struct rs_err *err);

/* mysql_event.c: decisions about events. Passing one is part of the caller's transaction. */
enum rs_rc rs_mysql_event_load(struct rs_sink *s, struct rs_meta_event **out, size_t *n, struct rs_err *err);
enum rs_rc rs_mysql_event_decide(struct rs_sink *s, const struct rs_meta_event *m, bool withdraw, struct rs_err *err);
enum rs_rc rs_mysql_event_pass(struct rs_my *my, const struct rs_mysql_sink *s, uint64_t event, struct rs_err *err);

/* mysql_index.c: the index part of rs_sink_ops; and building one table's, outside of a transaction. */
enum rs_rc rs_mysql_index_defer(struct rs_sink *s, const char *db, const char *name, struct rs_err *err);
enum rs_rc rs_mysql_index_build_all(struct rs_sink *s, struct rs_err *err);
enum rs_rc rs_mysql_index_build(struct rs_my *my, const struct rs_mysql_sink *s, const char *db, const char *name,
                                struct rs_err *err);

/* mysql_rows.c: statements that carry rows. */

/* `db`.`table` (`a`,`b`,…) of the columns that a route writes. */
void rs_mysql_put_target(struct rs_buf *sql, const struct rs_route *route);
/* The source's column i as the destination's must be given it. */
void rs_mysql_put_value(struct rs_buf *sql, const struct rs_route *route, size_t i, const struct rs_value *v);
/* Whether the row has documents that only such an expression can carry, not a line of LOAD DATA. */
bool rs_mysql_has_decimals(const struct rs_route *route, const struct rs_value *values);
/* Whether a source's value, as bytes without a character set (operand: a variable, a parameter), must be converted for
 * its column; and the expression that does. */
bool rs_mysql_needs_conversion(const struct rs_column *from, const struct rs_column *to);
void rs_mysql_put_conversion(struct rs_buf *sql, const struct rs_column *from, const char *operand);
/* (1,'x',…): one row of source values, for the columns of rs_mysql_put_target. */
void rs_mysql_put_row(struct rs_buf *sql, const struct rs_route *route, const struct rs_value *values);
/* A condition that the row has one of several keys: its beginning, and each of them; ")" ends it. */
void rs_mysql_begin_keys(struct rs_buf *sql, const struct rs_route *route);
void rs_mysql_put_listed_key(struct rs_buf *sql, const struct rs_route *route, const struct rs_value *values, bool first);
/* ",c=c": a time that may set itself stays as it is; nothing for other columns. */
void rs_mysql_put_kept_time(struct rs_buf *sql, const struct rs_column *c);
/* UPDATE … of what changed, for exactly this row; false: nothing changed that is written. signed_zero: as below. *where (it may
 * be NULL): bytes up to the condition. */
bool rs_mysql_put_update(struct rs_buf *sql, const struct rs_route *route, const struct rs_row_change *row, bool signed_zero,
                         size_t *where);
/* WHERE … finds the other row that has this one's values of a unique key; false: it has none there, or none that we know.
 * before: what this one is there until it is updated, NULL where it is not. */
bool rs_mysql_put_rivals(struct rs_buf *sql, const struct rs_route *r, const struct rs_key *key, const struct rs_value *values,
                         const struct rs_value *before);
/* UPDATE … of all that is written, for the row of this one's key. */
void rs_mysql_put_whole_update(struct rs_buf *sql, const struct rs_route *route, const struct rs_value *values);
/* About how much room a row takes in a statement. */
size_t rs_mysql_row_size(const struct rs_route *route, const struct rs_value *values);
/* RS_OK where the server takes a statement of this size; larger ones would end the connection. */
enum rs_rc rs_mysql_check_size(const struct rs_mysql_sink *s, const struct rs_route *route, const struct rs_buf *sql,
                               struct rs_err *err);
/* Executes a statement that stores zero_enums values of ENUM's error index, which a strict session would refuse: the
 * session is loosened for just this statement, and every other warning is an error. */
enum rs_rc rs_mysql_exec_rows(struct rs_my *my, const struct rs_route *route, const struct rs_buf *sql,
                              uint64_t zero_enums, uint64_t *affected, struct rs_err *err);
/* A session that warns where it would refuse, and back; rc, what was done between the two came to, is returned where
 * nothing else fails. */
enum rs_rc rs_mysql_loosen(struct rs_my *my, struct rs_err *err);
enum rs_rc rs_mysql_tighten(struct rs_my *my, enum rs_rc rc, struct rs_err *err);
/* Whether a warning's text is about a column that the destination generates, and about no other. */
bool rs_mysql_of_generated(const struct rs_route *route, const char *text);
/* How many of the row's values are such. */
uint64_t rs_mysql_zero_enums(const struct rs_route *route, const struct rs_value *values);
/* The condition that finds exactly this row: by the route's key, else by every column's value. signed_zero: the server
 * keeps -0 apart from 0. */
void rs_mysql_put_match(struct rs_buf *sql, const struct rs_route *route, const struct rs_value *values, bool signed_zero);

/* mysql_rival.c */
/* Whether other rows may be in the way of one: the destination has unique keys beside the route's. */
bool rs_mysql_has_rivals(const struct rs_route *r);
/* Has all that are in this one's way give their values up, else go. before: as in rs_mysql_put_rivals. */
enum rs_rc rs_mysql_make_way(struct rs_my *my, const struct rs_route *r, const struct rs_value *values, const struct rs_value *before,
                             struct rs_buf *sql, struct rs_err *err);

#endif
