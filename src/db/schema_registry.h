/* A schema registry that speaks Confluent's HTTP API (Confluent's own, Karapace, Apicurio's /apis/ccompat/v7), by libcurl: under
 * which id it knows a schema. https://docs.confluent.io/platform/current/schema-registry/develop/api.html
 *
 * What it said is remembered until the object goes, so that a registry that is down is missed only where a subject is new. Its
 * redirections are not followed, and no proxy is asked: account and password go to the address that was given and nowhere else.
 *
 * Threads: any may ask; they wait for one another. rs_schema_registry_cancel may be called while others do. */
#ifndef RS_SCHEMA_REGISTRY_H
#define RS_SCHEMA_REGISTRY_H

#include <stdbool.h>
#include <stdint.h>
#include "base/err.h"
#include "base/secret.h"
#include "base/thread.h"

/* Copied. */
struct rs_schema_registry_params {
	const char *address;     /* "http://192.168.0.13:8081", "https://…/apis/ccompat/v7" */
	const char *account;     /* HTTP's Basic; NULL: none */
	const struct rs_secret *password; /* NULL, or unset: none */
	const char *ca;          /* file of the authority that its certificate must be of; NULL: the system's */
	bool registers;          /* a schema that it does not know; else that is an error */
	unsigned timeout;        /* seconds, of each question; 0: 10 */
};

struct rs_schema_registry;

struct rs_schema_registry *rs_schema_registry_new(const struct rs_schema_registry_params *params);
void rs_schema_registry_free(struct rs_schema_registry *r);
/* Whatever call is blocked returns within two seconds, with RS_CANCELLED, and so does every later one. */
void rs_schema_registry_cancel(struct rs_schema_registry *r);
/* The same once that is set, which is borrowed. Before the first question. */
void rs_schema_registry_heed(struct rs_schema_registry *r, const struct rs_cancel *cancel);

/* The id of an Avro schema under a subject. Blocks at most twice the timeout. Errors: RS_E_CONN_*, RS_E_SQL_DENIED, and
 * RS_E_SCHEMA_REGISTRY: it answers that it has none for it, and why. Worth trying again: it can't be reached, or is in trouble
 * itself (5xx, 429). */
enum rs_rc rs_schema_registry_id(struct rs_schema_registry *r, const char *subject, const char *schema, uint32_t *id,
                                 struct rs_err *err) RS_MUST_CHECK;

/* What would become of a schema under a subject; nothing is changed there. RS_SCHEMA_UNLIKE: the subject has one with which it does
 * not go together, by the registry's rules. Else as rs_schema_registry_id. */
enum rs_schema_standing { RS_SCHEMA_KNOWN, RS_SCHEMA_NEW, RS_SCHEMA_UNLIKE };
enum rs_rc rs_schema_registry_try(struct rs_schema_registry *r, const char *subject, const char *schema, enum rs_schema_standing *out,
                                  struct rs_err *err) RS_MUST_CHECK;

#endif
