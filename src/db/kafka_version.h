/* Which Kafka a broker is, by what it says that it understands: brokers don't tell their version, but each release has added
 * versions of requests. Pure; no locking. */
#ifndef RS_KAFKA_VERSION_H
#define RS_KAFKA_VERSION_H

#include <stdbool.h>
#include <stdint.h>

enum { RS_KAFKA_APIS = 96 };         /* keys of requests that are looked at */

/* The newest version of each request, by key. */
struct rs_kafka_apis {
	bool known;                      /* the broker was asked, and has answered */
	int16_t newest[RS_KAFKA_APIS];   /* -1: it does not know the request */
};

void rs_kafka_apis_clear(struct rs_kafka_apis *a);
/* Reads one line of what librdkafka logs of a broker's answer: "… ApiKey Fetch (1) Versions 0..17"; others say nothing. */
void rs_kafka_apis_note(struct rs_kafka_apis *a, const char *line);
/* "3.9", "0.10.2": the release, or one that is newer and has added nothing that is looked at; "0.9" where the broker does not
 * answer such a question. Static. */
const char *rs_kafka_version(const struct rs_kafka_apis *a);
/* What the task file calls it (destination.version): "0.9", "0.10" or "1.0". Static. */
const char *rs_kafka_version_class(const char *version);

#endif
