/* What jobs ask a Kafka cluster. Called in the job's thread, which they block. */
#ifndef RS_KAFKA_JOB_H
#define RS_KAFKA_JOB_H

#include "base/buf.h"
#include "db/kafka_login.h"
#include "engine/job/job.h"

/* Connects in the job's slot 0, asks, closes. Appends to summary "Kafka 3.9, 1.2 ms, 1 broker, 14 topics". out:
 * released by the caller, whatever comes of it. Blocks; stopping the job ends that. Errors: of connecting and asking. */
enum rs_rc rs_job_ask_kafka(struct rs_job *job, const struct rs_endpoint *endpoint, struct rs_kafka_cluster *out,
                            struct rs_buf *summary, struct rs_err *err) RS_MUST_CHECK;
/* The same connection: the shortest time of several in which the cluster tells what it has. */
enum rs_rc rs_job_time_kafka(struct rs_job *job, const struct rs_endpoint *endpoint, unsigned times, rs_usec *shortest,
                             struct rs_err *err) RS_MUST_CHECK;

#endif
