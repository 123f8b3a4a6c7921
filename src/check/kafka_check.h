/* What the checks of Kafka's cluster share. Private to check/. */
#ifndef RS_KAFKA_CHECK_H
#define RS_KAFKA_CHECK_H

#include "check/check.h"

/* The topics that the task writes to, each once: that in which it is kept first. */
struct rs_kafka_wanted {
	char *name;
	int partitions;                      /* that it is made with */
	const struct rs_kafka_topic *there;  /* of the cluster; NULL: it is not, or the account may not see it */
};
struct rs_kafka_topics {
	struct rs_kafka_cluster cluster;
	struct rs_kafka_wanted *wanted;
	size_t n;
};

/* Needs the catalogue. To be released, also after a failure. */
enum rs_rc rs_kafka_topics_find(struct rs_check_ctx *ctx, struct rs_kafka_topics *out, struct rs_err *err) RS_MUST_CHECK;
void rs_kafka_topics_release(struct rs_kafka_topics *t);

bool rs_kafka_applies_exact(const struct rs_check_ctx *ctx);
bool rs_kafka_applies_all_acks(const struct rs_check_ctx *ctx);

/* kafka_check_topics.c */
enum rs_rc rs_kafka_check_rights(struct rs_check_ctx *ctx, struct rs_finding *f, struct rs_err *err);
enum rs_rc rs_kafka_check_replicas(struct rs_check_ctx *ctx, struct rs_finding *f, struct rs_err *err);

/* kafka_check_registry.c */
bool rs_kafka_applies_registry(const struct rs_check_ctx *ctx);
enum rs_rc rs_kafka_check_registry(struct rs_check_ctx *ctx, struct rs_finding *f, struct rs_err *err);

/* kafka_check_size.c */
enum rs_rc rs_kafka_check_size(struct rs_check_ctx *ctx, struct rs_finding *f, struct rs_err *err);

#endif
