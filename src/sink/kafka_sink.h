/* What the parts of the Kafka sink share. Private to sink/.
 *
 * What the meta tables are elsewhere is a topic here: "rds-sync-" and the task's id, one partition, compacted. Its records'
 * keys are JSON arrays, their values JSON (but for bodies of XA transactions); a tombstone removes one:
 *
 *   ["task"]                  what is kept of the task as a whole: version, epoch, phase, identity, p0, p1, prepared, objects,
 *                             topics (name to the number of partitions that it had when it was first written to), loaders
 *   ["position"]              rs_position, time, ahead
 *   ["table", db, name]       rs_meta_table_to_json
 *   ["chunk", db, name, n]    lower, upper, rows
 *   ["part", db, name]        some of the rows of a table that is copied as a whole were committed: a transaction has a quarter of an
 *                             hour (transaction.max.timeout.ms). Readers are told that it is empty before it begins again
 *   ["event", n]              rs_meta_event_to_json
 *   ["xa", xid, n]            a piece of a body, as bytes
 *   ["large", name]           host: where a message is a file (kafka_large.c)
 *   ["ends", topic]           for each partition the offset of a message that the task has written, -1: none; not of the last one,
 *                             but of one not long before it
 *   ["side", id]              role, objects, created, of a side; without a role: its topic is to go, or was not made yet
 *
 * A side has a topic of its own, under its own id, with the same records, and transactional ids of its own. What moves between
 * the two moves in one transaction of the task's. Who has a side begun anew, or dropped, opens its ids first: it may be at work
 * in a process that was taken over from. task.resync: whoever reads is to be told that its tables are empty before its copy.
 *
 * They are written in the transaction of the messages that they speak of, and read with isolation.level = read_committed.
 *
 * The transactional id is the topic's name, that of a worker of the copy has "-copy-N" behind it. Whoever attaches opens the
 * first, and while the copy is not done those of the workers (task.loaders of them), which ends what an earlier process has
 * under way, and only then reads what is stored. An epoch is a time in microseconds, so that two processes never ask for the
 * same one; a process that finds a later one than it asked for leaves the task to the other.
 *
 * Without transactions (kafka.delivery = at-least-once) messages go out first, then what is kept (kafka_commit.c), and a process
 * that was taken over from finds that out itself (kafka_watch.c).
 *
 * A schema change has no intent: what is to be told of it goes out with its position.
 *
 * Not undone are messages of a transaction that is applied as it arrives: one that takes a part of itself back (ROLLBACK TO
 * SAVEPOINT) and is too large to be gathered stops the task. Bodies of prepared XA transactions are held in memory. */
#ifndef RS_KAFKA_SINK_H
#define RS_KAFKA_SINK_H

#include <jansson.h>
#include <pthread.h>
#include <stdatomic.h>
#include "codec/message.h"
#include "sink/kafka_link.h"
#include "sink/sink.h"

#define RS_KAFKA_META_VERSION 1
#define RS_KAFKA_LOOK_EVERY RS_USEC_PER_SEC   /* without transactions: who was taken over from is to notice soon */
#define RS_KAFKA_XA_PIECE ((size_t)512 << 10) /* topics take a megabyte */

/* Reads on what is kept, to see whether somebody else has taken the task over. */
struct rs_kafka_watch {
	pthread_mutex_t lock;           /* guards the rest */
	struct rs_kafka k;
	rd_kafka_topic_t *topic;        /* NULL: closed */
	int64_t next;                   /* the offset to read on from */
	uint64_t epoch;                 /* ours */
	rs_usec looked;
};

/* What becomes of messages that are too large (kafka_large.c). */
enum rs_kafka_oversize { RS_KAFKA_STOP, RS_KAFKA_KEY_ONLY, RS_KAFKA_SIDE_FILE };
struct rs_kafka_large {
	size_t max;                     /* bytes of key and value; SIZE_MAX: the topic decides */
	enum rs_kafka_oversize policy;
	uint64_t epoch;                 /* ours, for names of files */
	atomic_uint_fast64_t files;     /* made in it */
};

struct rs_kafka_sink {
	struct rs_sink base;
	const struct rs_task *task;     /* borrowed */
	char *topic;                    /* of the meta records */
	struct rs_kafka_link control;   /* without transactions: asks, makes topics, notes decisions */
	struct rs_kafka reader;         /* of the meta topic, while it is read */
	struct rs_kafka_link link;      /* the coordinator's; its lane 0 shares it; open once attached */
	struct rs_message_encoder *encoder;  /* made by attach */
	struct rs_kafka_large large;
	struct rs_schema_registry *registry; /* NULL: messages name no schema */
	atomic_uint_fast64_t last_id;   /* of a message */
	uint64_t most;                  /* bytes that all topics take at once, as far as is known; the coordinator's */
	unsigned next_loader;           /* the coordinator's */
	struct rs_kafka_watch watch;    /* without transactions, once attached */

	pthread_mutex_t lock;           /* guards the rest, and the link while no applier is open */
	json_t *kept;                   /* the record "task"; an object */
	struct rs_map records;          /* the others by key, as they were when they were read last: struct rs_kafka_record */
	int64_t read_to;                /* the offset behind the last of them */
	bool partial;                   /* … but for what stands behind a transaction that is not ended */
	atomic_bool stale;              /* … and something was written since; not under the lock */
	json_t *ends;                   /* topic to what is known of its ends; NULL: not looked at yet */
	json_t *ends_changed;           /* the topics of which more is known than is noted */
	rs_usec ends_noted;             /* when they were noted last, by the coordinator; not under the lock */
	char *added;                    /* the topics that have more partitions than are written to, with ", " between them; NULL: none */
	struct rs_kafka_ddl *told;      /* by define, until ddl_done; NULL: nothing is to be told */
};

static inline struct rs_kafka_sink *rs_kafka_sink_of(struct rs_sink *s) { return (struct rs_kafka_sink *)s; }

/* ---------------------------------------------------------------- kafka_meta.c: the records */

struct rs_kafka_record {
	size_t len;
	char bytes[];                   /* with a NUL behind them */
};

/* Whether the cluster has the topic; RS_E_DEST_FULL: it can't be used. */
enum rs_rc rs_kafka_has_topic(struct rs_kafka_sink *s, const char *name, int *partitions, struct rs_err *err) RS_MUST_CHECK;
/* Reads what is committed; nothing where there is no topic yet. Brokers show it only up to the first transaction that is not
 * ended: whole waits for that, as is right for whoever has fenced off all others; else `partial` tells that there is more. */
enum rs_rc rs_kafka_meta_read(struct rs_kafka_sink *s, bool whole, struct rs_err *err) RS_MUST_CHECK;
/* What is kept under another topic's name: of a side. To be released, also after a failure. */
struct rs_kafka_kept {
	struct rs_map records;
	json_t *task;                   /* an object; empty where there is no such record, or topic */
};
enum rs_rc rs_kafka_meta_read_other(struct rs_kafka_sink *s, const char *topic, bool whole, struct rs_kafka_kept *out,
                                    struct rs_err *err) RS_MUST_CHECK;
void rs_kafka_kept_release(struct rs_kafka_kept *k);
/* Reads the whole where something was written since. */
enum rs_rc rs_kafka_meta_refresh(struct rs_kafka_sink *s, struct rs_err *err) RS_MUST_CHECK;
/* The later of two of one key counts; value NULL: none. */
void rs_kafka_meta_take(struct rs_map *records, const char *topic, const char *key, size_t key_len, const char *value, size_t len);
/* A record in the link's unit, which is begun; key and value are taken over, value NULL: a tombstone. */
enum rs_rc rs_kafka_meta_put(struct rs_kafka_sink *s, struct rs_kafka_link *l, json_t *key, json_t *value, struct rs_err *err)
	RS_MUST_CHECK;
enum rs_rc rs_kafka_meta_put_other(struct rs_kafka_link *l, const char *topic, json_t *key, json_t *value, struct rs_err *err)
	RS_MUST_CHECK;
/* Both are JSON; text NULL: a tombstone. */
enum rs_rc rs_kafka_meta_put_text(struct rs_kafka_link *l, const char *topic, const char *key, const char *text, struct rs_err *err)
	RS_MUST_CHECK;
enum rs_rc rs_kafka_meta_put_bytes(struct rs_kafka_sink *s, struct rs_kafka_link *l, json_t *key, const void *bytes, size_t len,
                                   struct rs_err *err) RS_MUST_CHECK;
enum rs_rc rs_kafka_meta_put_table(struct rs_kafka_sink *s, struct rs_kafka_link *l, const struct rs_meta_table *t,
                                   struct rs_err *err) RS_MUST_CHECK;
enum rs_rc rs_kafka_meta_put_position(struct rs_kafka_sink *s, struct rs_kafka_link *l, const struct rs_position *p, int64_t time,
                                      const char *ahead, struct rs_err *err) RS_MUST_CHECK;
/* The record "task" as it is kept now. */
enum rs_rc rs_kafka_meta_put_task(struct rs_kafka_sink *s, struct rs_kafka_link *l, struct rs_err *err) RS_MUST_CHECK;
/* A transaction of the sink's own link: begin, puts, end. The lock is held in between. */
enum rs_rc rs_kafka_meta_begin(struct rs_kafka_sink *s, struct rs_err *err) RS_MUST_CHECK;
enum rs_rc rs_kafka_meta_end(struct rs_kafka_sink *s, enum rs_rc rc, struct rs_err *err) RS_MUST_CHECK;
/* The other records whose key begins so, in no order: for (size_t i = 0; rs_kafka_meta_each(&s->records, "table", &i, &key, &record);) key
 * is the caller's. */
bool rs_kafka_meta_each(const struct rs_map *records, const char *kind, size_t *i, json_t **key, const struct rs_kafka_record **record);
/* NULL: damaged. */
json_t *rs_kafka_record_json(const struct rs_kafka_record *r, struct rs_err *err);

/* The tables among them; malloc'ed, by name, each to be cleared. */
enum rs_rc rs_kafka_read_tables(const struct rs_map *records, struct rs_meta_table **out, size_t *n, struct rs_err *err)
	RS_MUST_CHECK;

/* What is kept of a table goes, with the records that were read last, in the link's transaction. */
enum rs_rc rs_kafka_forget_table(struct rs_kafka_sink *s, const struct rs_meta_table *t, struct rs_err *err) RS_MUST_CHECK;

/* ---------------------------------------------------------------- kafka_commit.c: the end of a unit */

enum rs_rc rs_kafka_commit(struct rs_kafka_sink *s, struct rs_kafka_link *l, struct rs_err *err) RS_MUST_CHECK;
/* The record of that key, which was just read, may be the last part of a journal. */
void rs_kafka_journal_take(struct rs_map *records, const char *topic, const char *key, size_t len);
/* Right after everything was read by whoever has the task. */
enum rs_rc rs_kafka_journal_finish(struct rs_kafka_sink *s, struct rs_err *err) RS_MUST_CHECK;

/* ---------------------------------------------------------------- kafka_large.c: messages that are too large */

void rs_kafka_large_init(struct rs_kafka_large *l, const struct rs_task *task);
static inline size_t rs_kafka_size_of(const struct rs_message *m) { return m->value_len + (m->has_key ? m->key_len : 0); }

/* RS_E_DEST_DATA, about a row of the table; t NULL: about a schema change. */
enum rs_rc rs_kafka_large_refuse(const struct rs_kafka_large *l, const struct rs_table *t, size_t size, struct rs_err *err);
/* A message that is too large, and what is written in its place; each with the bytes that it is in. */
struct rs_kafka_cut {
	const struct rs_buf *of;
	const struct rs_message *whole;
	const struct rs_buf *in;
	const struct rs_message *m;
};
/* Within the link's unit, with the headers, and the file where that is the policy. From any thread that has a link. */
enum rs_rc rs_kafka_large_put(struct rs_kafka_sink *s, struct rs_kafka_link *l, const char *topic, const struct rs_kafka_cut *cut,
                              struct rs_err *err) RS_MUST_CHECK;
/* Once everything was read, and the epoch was written. */
enum rs_rc rs_kafka_large_settle(struct rs_kafka_sink *s, uint64_t epoch, struct rs_err *err) RS_MUST_CHECK;

/* ---------------------------------------------------------------- kafka_watch.c: still ours? */

/* Once everything was read, and the epoch was written. */
enum rs_rc rs_kafka_watch_open(struct rs_kafka_sink *s, uint64_t epoch, struct rs_err *err) RS_MUST_CHECK;
void rs_kafka_watch_close(struct rs_kafka_sink *s);
/* RS_E_META_EPOCH: it is another's now. Nothing where it was looked at within that time, or is not open. From any thread. */
enum rs_rc rs_kafka_watch_look(struct rs_kafka_sink *s, rs_usec every, struct rs_err *err) RS_MUST_CHECK;

/* ---------------------------------------------------------------- kafka_side.c: sides (sink.h) */

enum rs_rc rs_kafka_side_load(struct rs_sink *base, struct rs_meta_side **out, size_t *n, struct rs_err *err);
enum rs_rc rs_kafka_side_make(struct rs_sink *base, const struct rs_meta_side *side, const struct rs_meta_table *const *tables, size_t n,
                              const char *objects, struct rs_err *err);
enum rs_rc rs_kafka_side_resume(struct rs_sink *base, const char *id, struct rs_err *err);
enum rs_rc rs_kafka_side_resync(struct rs_sink *base, const char *const *ids, size_t n, const char *objects, struct rs_err *err);
enum rs_rc rs_kafka_side_drop(struct rs_sink *base, const char *id, struct rs_err *err);
enum rs_rc rs_kafka_side_join(struct rs_sink *base, const char *id, uint64_t epoch, const struct rs_position *at, const char *objects,
                              struct rs_err *err);

/* ---------------------------------------------------------------- kafka_event.c: what was decided about events */

enum rs_rc rs_kafka_load_events(struct rs_sink *base, struct rs_meta_event **out, size_t *n, struct rs_err *err);
enum rs_rc rs_kafka_decide(struct rs_sink *base, const struct rs_meta_event *m, bool withdraw, struct rs_err *err);
/* It is passed with the link's transaction. */
enum rs_rc rs_kafka_pass_event(struct rs_kafka_sink *s, struct rs_kafka_link *l, uint64_t event, struct rs_err *err) RS_MUST_CHECK;

/* ---------------------------------------------------------------- kafka_ddl.c: schema changes */

enum rs_rc rs_kafka_define(struct rs_sink *base, const struct rs_definition *d, struct rs_err *err);
enum rs_rc rs_kafka_ddl_done(struct rs_sink *base, const struct rs_position *position, int64_t time, const struct rs_ahead *ahead,
                             const struct rs_meta_table *tables, size_t n, uint64_t event, struct rs_err *err);
void rs_kafka_forget_told(struct rs_kafka_sink *s);
/* That a table has no rows any more, to each partition that may have some, in the link's transaction. */
enum rs_rc rs_kafka_tell_empty(struct rs_kafka_sink *s, struct rs_kafka_link *l, const char *db, const char *table, struct rs_err *err)
	RS_MUST_CHECK;

/* ---------------------------------------------------------------- kafka_attach.c */

enum rs_rc rs_kafka_attach(struct rs_sink *base, uint64_t asked, struct rs_meta_task *out, struct rs_err *err);
enum rs_rc rs_kafka_peek(struct rs_sink *base, struct rs_meta_task *out, struct rs_err *err);
/* The coordinator's link; whoever has the id is fenced off. */
enum rs_rc rs_kafka_open_own(struct rs_kafka_sink *s, struct rs_err *err) RS_MUST_CHECK;
/* A topic for what is kept of a task, or of a side. */
enum rs_rc rs_kafka_make_kept(struct rs_kafka_sink *s, const char *topic, struct rs_err *err) RS_MUST_CHECK;
/* Ends what whoever works under these ids has under way, and has them refused from then on: the topic's, and those of loaders
 * (first, all of them) behind it. */
enum rs_rc rs_kafka_fence(struct rs_kafka_sink *s, const char *topic, const json_t *task, struct rs_err *err) RS_MUST_CHECK;

/* ---------------------------------------------------------------- kafka_rows.c: rows as messages */

/* Where the rows of a table's version go. */
struct rs_kafka_place;
struct rs_kafka_writer {
	struct rs_kafka_sink *s;
	struct rs_kafka_link *link;
	struct rs_map places;           /* by route's tables */
	struct rs_kafka_place *last;    /* of them, that was used last; NULL: none */
	struct rs_buf out;
	struct rs_buf cut;              /* what is written in place of a message that is too large */
	char *topic;                    /* of those that wait to be given to the link together; they are in out */
	struct rs_message waiting[RS_KAFKA_TOGETHER];
	size_t n_waiting;
};

void rs_kafka_writer_init(struct rs_kafka_writer *w, struct rs_kafka_sink *s, struct rs_kafka_link *link);
void rs_kafka_writer_release(struct rs_kafka_writer *w);
/* A unit begins: what waits is of one that was given up. */
void rs_kafka_writer_begin(struct rs_kafka_writer *w);
/* Gives the link what waits: before the unit ends, or is to be seen to have gone out. */
enum rs_rc rs_kafka_writer_send(struct rs_kafka_writer *w, struct rs_err *err) RS_MUST_CHECK;
/* bytes: raised by what was put. */
enum rs_rc rs_kafka_write_change(struct rs_kafka_writer *w, const struct rs_route *route, const struct rs_change *c,
                                 const struct rs_origin *of, struct rs_err *err) RS_MUST_CHECK;
enum rs_rc rs_kafka_write_copied(struct rs_kafka_writer *w, const struct rs_route *route, const struct rs_value *values,
                                 uint64_t *bytes, struct rs_err *err) RS_MUST_CHECK;

/* kafka_topic.c: how many partitions the topic had when the task first wrote to it, and the id of its messages' schema; one that
 * is not there is made, and the schema registered. A count that is lower now stops the task; a higher one changes nothing. In the
 * link's transaction, if one is open; under the sink's lock
 * where that is the coordinator's. */
enum rs_rc rs_kafka_topic_of(struct rs_kafka_sink *s, const char *db, const char *table, char **name,
                             struct rs_message_topic *topic, struct rs_err *err) RS_MUST_CHECK;
/* The same of a topic by its name. */
enum rs_rc rs_kafka_topic_named(struct rs_kafka_sink *s, const char *name, struct rs_message_topic *topic, struct rs_err *err)
	RS_MUST_CHECK;
/* That the topics are what the task has written to: RS_E_DEST_TOPIC. Where the user wants them taken as they are
 * (kafka.on_topic_change), what is noted of them is changed. */
enum rs_rc rs_kafka_topics_check(struct rs_kafka_sink *s, struct rs_err *err) RS_MUST_CHECK;
bool rs_kafka_takes_topics(const struct rs_kafka_sink *s);
enum rs_rc rs_kafka_remark(struct rs_sink *base, struct rs_err *out);

/* kafka_batch.c: has no more sent at once than all topics take that the task has written to: asks them, notes s->most for the links that are opened
 * from now on, and opens s->link anew where it is open and sends more (nothing is begun in it). What the account may not see is taken as
 * it is set. */
enum rs_rc rs_kafka_batch_fit(struct rs_kafka_sink *s, struct rs_err *err) RS_MUST_CHECK;

/* kafka_ends.c. Under the sink's lock, but for expect and note. */
/* The link's messages must come behind what is known of the topic. */
void rs_kafka_ends_expect(struct rs_kafka_sink *s, struct rs_kafka_link *l, const char *topic);
void rs_kafka_ends_take(struct rs_kafka_sink *s, const struct rs_kafka_link *l);
/* In the link's transaction, which is begun: what is known and not noted; note: once in a while. */
enum rs_rc rs_kafka_ends_put(struct rs_kafka_sink *s, struct rs_kafka_link *l, struct rs_err *err) RS_MUST_CHECK;
enum rs_rc rs_kafka_ends_note(struct rs_kafka_sink *s, struct rs_kafka_link *l, struct rs_err *err) RS_MUST_CHECK;
/* Against what is there. */
enum rs_rc rs_kafka_ends_check(struct rs_kafka_sink *s, struct rs_err *err) RS_MUST_CHECK;
void rs_kafka_ends_forget(struct rs_kafka_sink *s, const char *topic);

enum rs_rc rs_kafka_loader_open(struct rs_kafka_sink *s, struct rs_loader **out, struct rs_err *err) RS_MUST_CHECK;
enum rs_rc rs_kafka_applier_open(struct rs_kafka_sink *s, struct rs_applier **out, struct rs_err *err) RS_MUST_CHECK;

#endif
