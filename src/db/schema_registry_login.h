/* From what a task says of a schema registry to one that can be asked, as kafka_login.h does it for the cluster. */
#ifndef RS_SCHEMA_REGISTRY_LOGIN_H
#define RS_SCHEMA_REGISTRY_LOGIN_H

#include "base/buf.h"
#include "db/schema_registry.h"
#include "model/task.h"

/* Whether the task's messages name their schema: Avro, with a registry. */
bool rs_schema_registry_is_used(const struct rs_task *task);
/* Reads the file of the password; asks nobody. NULL in *out where none is used. RS_E_SECRET. */
enum rs_rc rs_schema_registry_open(const struct rs_task *task, struct rs_schema_registry **out, struct rs_err *err) RS_MUST_CHECK;
/* Appends the subject of a topic's messages, by the strategy that the task names. */
void rs_schema_registry_subject(const struct rs_task *task, const char *topic, struct rs_buf *out);

#endif
