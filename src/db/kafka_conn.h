/* A connection to a Kafka cluster, through librdkafka: by one of its brokers, with or without TLS and a login; what the
 * cluster says of itself; the library's errors as rs_err. What is written or read goes through the handle.
 *
 * A connection belongs to one thread; rs_kafka_cancel is the only call that another thread may make. The library has threads of its
 * own and reconnects by itself, also to brokers that the first one names: all must be reachable from here. Its callbacks come
 * on the owner's thread, while a call of this file is waiting. */
#ifndef RS_KAFKA_CONN_H
#define RS_KAFKA_CONN_H

#include <librdkafka/rdkafka.h>
#include <stdatomic.h>
#include <stdbool.h>
#include "base/activity.h"
#include "base/clock.h"
#include "base/err.h"
#include "base/secret.h"
#include "db/kafka_version.h"

/* Where and how to connect. Borrowed for the call of rs_kafka_open. */
struct rs_kafka_params {
	const char *side;        /* "source" or "destination", static: names the cluster in errors */
	const char *host;        /* of any broker, or several: "10.0.0.11,10.0.0.12:9093", each with a port of its own where it says one */
	unsigned port;           /* 0: 9092 */
	const char *mechanism;   /* "SCRAM-SHA-256", "SCRAM-SHA-512" or "PLAIN"; NULL: no login */
	const char *user;
	const struct rs_secret *password;
	bool tls;                /* required when set; never used when not */
	const char *tls_ca, *tls_cert, *tls_key; /* NULL: the system's authorities, no certificate of ours */
	unsigned timeout;        /* seconds, of connecting and of each question; 0: 10 */
	bool consumer;           /* the handle is one; else a producer */
};

/* What else librdkafka is told, as its CONFIGURATION.md has it: {"transactional.id", "…"}. */
struct rs_kafka_setting {
	const char *name, *value;
};

/* How far a partition is known to go: what a message's opaque is, which its acknowledgement moves on, on a thread of the
 * library's. An offset that was given out before says that the partition is not what it was: its topic was removed and made
 * anew, or a broker came back without what others had acknowledged. */
struct rs_kafka_end {
	const char *topic;
	int32_t partition;
	_Atomic int64_t last;    /* the offset of the last message of ours; -1: of none is known */
};

struct rs_kafka {
	rd_kafka_t *handle;      /* NULL: closed */
	const char *side;        /* static text */
	enum rs_doing doing;     /* what a thread does that waits for the cluster */
	char *address;           /* "host:port", several with a comma between them; for messages, too */
	unsigned timeout;        /* seconds */
	struct rs_kafka_apis apis; /* of the broker that answered last */
	rd_kafka_resp_err_t failure; /* why the last connection failed, */
	char *reason;            /* in the library's words; NULL: none did */
	rd_kafka_resp_err_t undelivered; /* why a message was not taken, the first since this was last reset, */
	char *undelivered_topic; /* and whose; NULL: none was not */
	rs_usec cut_off;         /* no broker has been connected since then; 0: one is, or none was needed */
	_Atomic(struct rs_kafka_end *) fell_back; /* a partition whose offsets have; NULL: none */
	atomic_bool cancelled;
};

struct rs_kafka_topic {
	char *name;
	int partitions, replicas; /* replicas: of the first partition */
	int in_sync;             /* replicas that are up to date, of the partition that has the fewest */
	int stranded;            /* partitions that nobody leads, though a broker that is there has all of it: its disk has failed, or is
	                            full. While another leader is found, for a moment, too */
	bool internal;           /* the cluster's own: its name begins with "__" */
};

struct rs_kafka_broker {
	int id;
	char *host;              /* as the cluster gives it to its clients */
	int port;
};

/* What a cluster says of itself. Owned. */
struct rs_kafka_cluster {
	char *id;                /* NULL: older than 0.10.1 */
	const char *version;     /* "3.9", as rs_kafka_version; static */
	int brokers;
	struct rs_kafka_broker *broker; /* so many */
	struct rs_kafka_topic *topics; /* by name; those that the account may describe */
	size_t n_topics;
};

/* *k is zeroed or closed, and stays at its place while it is open. settings: ended by a NULL name, or NULL. Blocks until a broker has
 * answered, at most the timeout (but for the resolver, which has its own). RS_CANCELLED when rs_kafka_cancel was called since
 * *k was made, also while this call is blocked. Errors: RS_E_CONN_*. On failure *k is closed. */
enum rs_rc rs_kafka_open(struct rs_kafka *k, const struct rs_kafka_params *params, const struct rs_kafka_setting *settings,
                         struct rs_err *err) RS_MUST_CHECK;
void rs_kafka_close(struct rs_kafka *k);
static inline bool rs_kafka_is_open(const struct rs_kafka *k) { return k->handle != NULL; }
/* From any thread: whatever call is blocked on it returns within two seconds, mostly at once, with RS_CANCELLED. It is of no
 * further use. */
void rs_kafka_cancel(struct rs_kafka *k);

/* Blocks at most the timeout. Release with rs_kafka_cluster_release. */
enum rs_rc rs_kafka_describe(struct rs_kafka *k, struct rs_kafka_cluster *out, struct rs_err *err) RS_MUST_CHECK;
void rs_kafka_cluster_release(struct rs_kafka_cluster *c);
/* Whether a topic can be written to and read, as far as the cluster tells: RS_E_DEST_TOPIC where it is not there, RS_E_DEST_FULL where
 * it is stranded. what: as for rs_kafka_fail. */
enum rs_rc rs_kafka_check_topic(struct rs_kafka *k, const struct rs_kafka_cluster *c, const char *name, const char *what, struct rs_err *err)
	RS_MUST_CHECK;
/* NULL: it has none of that name. */
const struct rs_kafka_topic *rs_kafka_cluster_topic(const struct rs_kafka_cluster *c, const char *name);

/* Whether no broker has been connected for longer than the timeout: what waits for one has waited long enough. Fills err with
 * why, and RS_FAIL; else RS_OK. Of the owner's thread, which has let the library call back since. */
enum rs_rc rs_kafka_cut_off(struct rs_kafka *k, const char *what, struct rs_err *err) RS_MUST_CHECK;

/* Fills err from an error of the library; text: its reason, NULL: its standard one. what names the action, for the primary text.
 * Returns RS_FAIL, or RS_CANCELLED after rs_kafka_cancel. */
enum rs_rc rs_kafka_fail(struct rs_kafka *k, struct rs_err *err, rd_kafka_resp_err_t native, const char *text, const char *what);

#endif
