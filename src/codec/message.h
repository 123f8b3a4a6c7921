/* Messages of a message queue: what a changed row, a copied row, a schema change become in Kafka. Three formats:
 *
 *   Avro            one bare datum of Alibaba's com.alibaba.dts.formats.avro.Record, which DTS writes (Record.avsc of its
 *                   subscription client; rs_message_schema); by option behind the five bytes of Confluent's schema registry
 *   Canal JSON      the FlatMessage of Alibaba's Canal (MQMessageUtils, LogEventConvert, RowsLogBuffer of its source)
 *   SharePlex JSON  as DTS writes it, or as Quest's SharePlex does
 *
 * Where what is known of a format differs, the dialect decides; message_dialect.c is the table of it. A message is of one
 * row: an order and a key of its own, and no limit of size that depends on neighbours.
 *
 * What is written goes to the end of a rs_buf; a rs_message says where it is. A call that fails leaves the buffer as it was:
 * RS_E_VALUE for a text that is not valid in its character set (the message names the column), RS_E_MEMORY where the buffer
 * is full. There are no headers: none of the three has any.
 *
 * Threads: an encoder never changes and serves any number of threads; a rs_message_table serves one at a time. Pure: no I/O,
 * no clock. */
#ifndef RS_MESSAGE_H
#define RS_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/buf.h"
#include "base/err.h"
#include "codec/ddl.h"
#include "model/change.h"
#include "model/schema.h"
#include "model/value.h"

enum rs_message_format { RS_MESSAGE_AVRO, RS_MESSAGE_CANAL_JSON, RS_MESSAGE_SHAREPLEX_JSON };
enum rs_message_dialect { RS_MESSAGE_DTS, RS_MESSAGE_CANAL };

/* Which partition of its topic a message goes to. */
enum rs_message_partitioning {
	RS_PARTITION_ZERO,  /* 0: all in one order */
	RS_PARTITION_TABLE, /* by its database and table: each table in one order, its schema changes among its rows */
	RS_PARTITION_KEY    /* by its row's key: each row in one order. Rows without a key, and schema changes: 0 */
};

struct rs_message_options {
	enum rs_message_format format;
	enum rs_message_dialect dialect;
	enum rs_message_partitioning partitioning;
	int utc_offset;             /* JSON: seconds east of UTC of the clock that shows TIMESTAMP */
	const char *source_version; /* Avro: "8.0.36" */
	bool registry;              /* Avro: with Confluent's frame, which names the schema (rs_message_topic.schema_id) */
};

struct rs_message_encoder;

struct rs_message_encoder *rs_message_encoder_new(const struct rs_message_options *options);
void rs_message_encoder_free(struct rs_message_encoder *e);

/* The schema of the Avro format as JSON: one record, every type defined where it is used first. For a registry. */
const char *rs_message_schema(void);

/* What is to be known of a topic. */
struct rs_message_topic {
	int32_t partitions;         /* at least 1 */
	uint32_t schema_id;         /* options.registry: under which the registry knows the schema of the topic's messages */
};

/* What is fixed for one version of a table's schema: names, types, keys, its topic. */
struct rs_message_table;

struct rs_message_names {
	const char *db, *table;     /* what messages call it; NULL: as it is called at the source */
	const char *const *columns; /* for each of the source's columns its name in messages, NULL: left out; itself NULL: all as
	                               they are called at the source */
	const char *const *keys;    /* columns of the source that make the key, in this order; NULL: the key by which rows are found */
	size_t n_keys;
};

/* All of it is copied; source is referred to. RS_E_NOT_SUPPORTED: a character set for
 * which there is no conversion; RS_E_MAPPING: a chosen key column that the table lacks, or that is left out. */
enum rs_rc rs_message_table_new(const struct rs_message_encoder *e, const struct rs_table *source,
                                const struct rs_message_names *names, const struct rs_message_topic *topic,
                                struct rs_message_table **out, struct rs_err *err) RS_MUST_CHECK;
void rs_message_table_free(struct rs_message_table *t);

/* Where a message comes from. Borrowed for the call. */
struct rs_message_origin {
	uint64_t id;        /* of the message in the task's stream, rising; n messages take id to id + n - 1 */
	int64_t seconds;    /* since 1970 UTC: when it was changed (copied) at the source */
	int64_t now;        /* milliseconds since 1970 UTC */
	const char *file;   /* of the source's log, and the offset there; NULL: not known */
	uint64_t offset;
	const char *gtid;   /* of the transaction; NULL: none */
	uint32_t server_id; /* where that was made; 0: not known */
	uint64_t ordinal;   /* of the row in its transaction, from 1 */
	uint64_t size;      /* how many the transaction has; 0: not known */
};

struct rs_message {
	size_t key, key_len;     /* at out->data + key */
	bool has_key;
	size_t value, value_len;
	int32_t partition;
};

#define RS_MESSAGES_MAX 2 /* of one call */

/* A changed row; before and after as in rs_row_change. *n messages: two (a DELETE and an INSERT) where the change moves the
 * row to another partition. What an UPDATE's after lacks (binlog_row_image other than FULL) is taken from before where that
 * has it; what neither has is not in the message (Avro: EmptyObject NONE). */
enum rs_rc rs_message_row(struct rs_message_table *t, const struct rs_message_origin *origin, enum rs_op op,
                          const struct rs_value *before, const struct rs_value *after, struct rs_buf *out,
                          struct rs_message messages[RS_MESSAGES_MAX], size_t *n, struct rs_err *err) RS_MUST_CHECK;
/* A row of the full copy: INIT. */
enum rs_rc rs_message_copied(struct rs_message_table *t, const struct rs_message_origin *origin, const struct rs_value *row,
                             struct rs_buf *out, struct rs_message *message, struct rs_err *err) RS_MUST_CHECK;
/* A schema change, for the topic of one of the tables that it concerns (table NULL: of a database, or of none). A statement that concerns several tables is encoded once for each of their topics or partitions. */
enum rs_rc rs_message_ddl(const struct rs_message_encoder *e, const struct rs_message_origin *origin, const struct rs_ddl *ddl,
                          const char *sql, size_t len, const char *db, const char *table, const struct rs_message_topic *topic,
                          struct rs_buf *out, struct rs_message *message, struct rs_err *err) RS_MUST_CHECK;

enum rs_message_mark { RS_MARK_BEGIN, RS_MARK_COMMIT, RS_MARK_HEARTBEAT };

/* The ends of a transaction, and a sign that time passes. *n is 0 where the format has no such message: only Avro does. */
enum rs_rc rs_message_mark(const struct rs_message_encoder *e, const struct rs_message_origin *origin,
                           enum rs_message_mark mark, const struct rs_message_topic *topic, struct rs_buf *out,
                           struct rs_message *message, size_t *n, struct rs_err *err) RS_MUST_CHECK;

/* The partition of a hash: Java's hashCode, whatever its sign, as the dialect has it. */
int32_t rs_message_partition(enum rs_message_dialect dialect, int32_t hash, int32_t partitions);
/* Java's String.hashCode of a UTF-8 text, which counts in UTF-16. */
int32_t rs_message_hash(const char *text, size_t len);

#endif
