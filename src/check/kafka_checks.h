/* The checks of MySQL → Kafka: those of the source are MySQL's (my_source_rows.h), those of the cluster are here. */
#ifndef RS_KAFKA_CHECKS_H
#define RS_KAFKA_CHECKS_H

#include "check/check.h"

extern const struct rs_check rs_kafka_checks[];

#endif
