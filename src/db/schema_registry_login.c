#include "db/schema_registry_login.h"

#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "model/endpoint.h"
#include "model/paths.h"

#define RECORD "com.alibaba.dts.formats.avro.Record" /* the name of the schema of all messages (codec/message.h) */

bool rs_schema_registry_is_used(const struct rs_task *task)
{
	return rs_task_get(task, "kafka.schema_registry") && strcmp(rs_task_get(task, "kafka.format"), "avro") == 0;
}

/* NULL: not given. */
static char *path_of(const struct rs_task *task, const char *key)
{
	const char *value = rs_task_get(task, key);

	return value ? rs_paths_beside(task->path ? task->path : "", value) : NULL;
}

static enum rs_rc read_password(char *file, struct rs_secret *password, struct rs_err *err)
{
	struct rs_endpoint from = {.side = "kafka", .password_from = RS_PASSWORD_FILE, .password_arg = file};

	return file ? rs_endpoint_password(&from, password, err) : RS_OK;
}

enum rs_rc rs_schema_registry_open(const struct rs_task *task, struct rs_schema_registry **out, struct rs_err *err)
{
	*out = NULL;
	if (!rs_schema_registry_is_used(task))
		return RS_OK;
	char *file = path_of(task, "kafka.registry_password_file"), *ca = path_of(task, "kafka.registry_ca");
	struct rs_secret password = RS_SECRET_INIT;
	enum rs_rc rc = read_password(file, &password, err);

	if (rc == RS_OK)
		*out = rs_schema_registry_new(&(struct rs_schema_registry_params){
			.address = rs_task_get(task, "kafka.schema_registry"), .account = rs_task_get(task, "kafka.registry_account"),
			.password = &password, .ca = ca,
			.registers = strcmp(rs_task_get(task, "kafka.register_schema"), "yes") == 0});
	rs_secret_clear(&password);
	free(file);
	free(ca);
	return rc;
}

void rs_schema_registry_subject(const struct rs_task *task, const char *topic, struct rs_buf *out)
{
	const char *strategy = rs_task_get(task, "kafka.subject_name");

	if (strcmp(strategy, "record") == 0)
		rs_buf_adds(out, RECORD);
	else
		rs_buf_addf(out, "%s-%s", topic, strcmp(strategy, "topic") == 0 ? "value" : RECORD);
}
