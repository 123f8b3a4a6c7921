/* Topics of a Kafka cluster made and removed, and what is set of them. Each call blocks until the brokers have answered, at most the connection's timeout
 * and what rs_kafka_cancel leaves of it. */
#ifndef RS_KAFKA_ADMIN_H
#define RS_KAFKA_ADMIN_H

#include "db/kafka_conn.h"

/* A topic that is to be made. */
struct rs_kafka_new_topic {
	const char *name;
	int partitions;
	int replicas;                             /* 0: as many as the cluster gives by itself */
	const struct rs_kafka_setting *settings;  /* "cleanup.policy" and the like; ended by a NULL name, or NULL */
};

/* One that is there already stays as it is: RS_OK. */
enum rs_rc rs_kafka_topic_make(struct rs_kafka *k, const struct rs_kafka_new_topic *topic, struct rs_err *err) RS_MUST_CHECK;
/* Whether it could be made; nothing is. One that is there already can't: who asks has not seen it, and may not. */
enum rs_rc rs_kafka_topic_may_be_made(struct rs_kafka *k, const struct rs_kafka_new_topic *topic, struct rs_err *err) RS_MUST_CHECK;
/* What settings are as the cluster has them, of a topic, or of a broker, whose name is its id: values[i] is that of keys[i], the
 * caller's; NULL: it does not tell. RS_E_SQL_DENIED where the account may not see them. */
enum rs_rc rs_kafka_settings_read(struct rs_kafka *k, bool of_broker, const char *name, const char *const *keys, char **values, size_t n,
                                  struct rs_err *err) RS_MUST_CHECK;
/* The least number that n (> 0) topics have for a setting, of those that tell it; UINT64_MAX: none does. */
enum rs_rc rs_kafka_topics_least(struct rs_kafka *k, const char *const *names, size_t n, const char *key, uint64_t *least,
                                 struct rs_err *err) RS_MUST_CHECK;
/* One that is not there is gone: RS_OK. */
enum rs_rc rs_kafka_topic_remove(struct rs_kafka *k, const char *name, struct rs_err *err) RS_MUST_CHECK;

#endif
