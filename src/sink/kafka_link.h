/* A producer of Kafka that writes in units, from begin to commit.
 *
 * Where the task delivers exactly once (kafka.delivery) it is transactional: what is put between begin and commit is there as a
 * whole, or not at all, for whoever reads with isolation.level = read_committed. Its transactional id is what fences: opening one
 * ends the transaction that an earlier owner of the id has left open, waits for its outcome, and refuses everything that comes
 * from that owner afterwards. A COMMIT that was not answered is settled so too: whoever opens the id again finds it done, or undone.
 *
 * Where it delivers at least once, what is put is there as soon as a broker has it, in the order in which it was put, one request
 * at a time to each broker; what is noted waits for commit (kafka_commit.c). Nobody is fenced off. What tells how far the task is goes out
 * with the word of all replicas, whatever kafka.acks says.
 *
 * A link is used by one thread at a time; rs_kafka_link_cancel is the only call that another may make. After a failure of
 * begin, put, flush or commit the transaction can only be aborted; after one of commit it is not known whether it was made. */
#ifndef RS_KAFKA_LINK_H
#define RS_KAFKA_LINK_H

#include "base/map.h"
#include "codec/message.h"
#include "db/kafka_conn.h"
#include "model/task.h"
#include "sink/outbox.h"

#define RS_KAFKA_KEPT "rds-sync-" /* with an id behind it: the topic in which a task, or a side, is kept */

struct rs_kafka_link {
	struct rs_kafka k;
	char *id;                    /* NULL: only put and flush */
	bool transactional;
	struct rs_map topics;        /* by name: their handles, and how far their partitions go */
	bool begun;
	struct rs_map notes;         /* without transactions: what the open unit notes, as JSON by "topic key"; "": a tombstone */
	struct rs_err failure;       /* why a transaction could not be made, which says more than that the next can't be begun */
	size_t unpolled;             /* messages since the library was last given a moment */
	uint64_t batch;              /* bytes of a partition that are sent as one */
	size_t smallest;             /* message of those that were put together; 0: there was none */
	size_t n_partitions;         /* that were written to */
	struct rs_outbox_link outbox;
};

/* Whether the task's messages are written in transactions. */
bool rs_kafka_is_exact(const struct rs_task *task);

/* *l is zeroed. id NULL: one without transactions, for put and flush alone. seconds: after which the broker itself
 * takes back a transaction that nobody ends. most: bytes of a partition that go out as one where kafka.batch_size says more;
 * UINT64_MAX: what that says. Errors: of rs_kafka_open, and
 * RS_E_SQL_DENIED, RS_E_NOT_SUPPORTED where the cluster has no transactions. *l stays at its place while it is open. */
enum rs_rc rs_kafka_link_open(struct rs_kafka_link *l, const struct rs_task *task, const char *id, unsigned seconds,
                              uint64_t most, struct rs_err *err) RS_MUST_CHECK;
/* What is on its way is told to the box from now on; NULL: to nobody. */
void rs_kafka_link_tell(struct rs_kafka_link *l, struct rs_outbox *box);
/* An open transaction is aborted. */
void rs_kafka_link_close(struct rs_kafka_link *l);
static inline void rs_kafka_link_cancel(struct rs_kafka_link *l) { rs_kafka_cancel(&l->k); }

/* What a topic takes at once is in this setting of its own. */
#define RS_KAFKA_TAKES "max.message.bytes"

/* Nothing where one is begun already. */
enum rs_rc rs_kafka_link_begin(struct rs_kafka_link *l, struct rs_err *err) RS_MUST_CHECK;
/* A message; key NULL: none, value NULL: a tombstone. Copied. Waits while the library has all that it may hold. */
enum rs_rc rs_kafka_link_put(struct rs_kafka_link *l, const char *topic, int32_t partition, const void *key, size_t key_len,
                             const void *value, size_t len, struct rs_err *err) RS_MUST_CHECK;
/* The same of several of one topic, at most RS_KAFKA_TOGETHER, in this order; they are in the bytes. */
#define RS_KAFKA_TOGETHER 128
enum rs_rc rs_kafka_link_put_together(struct rs_kafka_link *l, const char *topic, const char *bytes, const struct rs_message *messages,
                                      size_t n, struct rs_err *err) RS_MUST_CHECK;
/* … with headers, ended by one without a name; NULL: none. */
struct rs_kafka_header {
	const char *name, *value;
};
enum rs_rc rs_kafka_link_put_with(struct rs_kafka_link *l, const char *topic, int32_t partition, const void *key, size_t key_len,
                                  const void *value, size_t len, const struct rs_kafka_header *headers, struct rs_err *err) RS_MUST_CHECK;
/* Waits until the brokers have all that was put. Errors, of commit too: RS_E_DEST_TOPIC, as rs_kafka_fell_back; RS_E_DEST_DATA, a topic takes
 * less at once than was sent: to be tried again by who opens links anew, where it was not a single message (rs_kafka_batch_fit). */
enum rs_rc rs_kafka_link_flush(struct rs_kafka_link *l, struct rs_err *err) RS_MUST_CHECK;
/* Of a link with transactions; what ends the unit of another one is rs_kafka_commit's. */
enum rs_rc rs_kafka_link_commit(struct rs_kafka_link *l, struct rs_err *err) RS_MUST_CHECK;
/* The unit is over, and nothing is noted. */
void rs_kafka_link_end(struct rs_kafka_link *l);
/* Nothing where none is begun. What it can't undo now is undone when the id is opened again. Without transactions what no broker
 * has yet is dropped, and the rest stays. */
void rs_kafka_link_abort(struct rs_kafka_link *l);

/* A message of ours is known to stand at that offset: one that gets an offset at or before it tells that the partition is another
 * one. */
void rs_kafka_link_expect(struct rs_kafka_link *l, const char *topic, int32_t partition, int64_t last);
/* All partitions of which such an offset is known. */
void rs_kafka_link_ends(const struct rs_kafka_link *l, void (*take)(void *arg, const struct rs_kafka_end *end), void *arg);
/* The topic in which a task is kept is not what it was: RS_E_META_GONE. */
enum rs_rc rs_kafka_task_gone(const char *topic, struct rs_err *err);
/* RS_E_DEST_TOPIC: what was written before is not there any more; of a topic in which a task is kept as rs_kafka_task_gone. */
enum rs_rc rs_kafka_fell_back(const char *topic, int partition, struct rs_err *err);

#endif
