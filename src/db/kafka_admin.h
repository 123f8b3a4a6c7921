/* Topics of a Kafka cluster made and removed. Each call blocks until the brokers have answered, at most the connection's timeout
 * and what rs_kafka_cancel leaves of it. */
#ifndef RS_KAFKA_ADMIN_H
#define RS_KAFKA_ADMIN_H

#include "db/kafka_conn.h"

/* settings: of the topic, "cleanup.policy" and the like; ended by a NULL name, or NULL. As many replicas as the cluster gives by
 * itself. One that is there already stays as it is: RS_OK. */
enum rs_rc rs_kafka_topic_make(struct rs_kafka *k, const char *name, int partitions, const struct rs_kafka_setting *settings,
                               struct rs_err *err) RS_MUST_CHECK;
/* Whether it could be made; nothing is. */
enum rs_rc rs_kafka_topic_may_be_made(struct rs_kafka *k, const char *name, int partitions, struct rs_err *err) RS_MUST_CHECK;
/* One that is not there is gone: RS_OK. */
enum rs_rc rs_kafka_topic_remove(struct rs_kafka *k, const char *name, struct rs_err *err) RS_MUST_CHECK;

#endif
