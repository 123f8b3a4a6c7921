/* From what a task says of a Kafka cluster to an open connection, as my_login.h does it for servers of the MySQL family. */
#ifndef RS_KAFKA_LOGIN_H
#define RS_KAFKA_LOGIN_H

#include "db/kafka_conn.h"
#include "model/endpoint.h"

/* Blocks as rs_endpoint_login and rs_kafka_open do together; their errors. A producer. */
enum rs_rc rs_kafka_open_endpoint(struct rs_kafka *k, const struct rs_endpoint *endpoint, const struct rs_kafka_setting *settings,
                                  struct rs_err *err) RS_MUST_CHECK;
/* The same, a consumer. */
enum rs_rc rs_kafka_open_consumer(struct rs_kafka *k, const struct rs_endpoint *endpoint, const struct rs_kafka_setting *settings,
                                  struct rs_err *err) RS_MUST_CHECK;

#endif
