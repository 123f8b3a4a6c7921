#include "sink/sink.h"

#include "base/i18n.h"
#include "model/flow.h"
#include "sink/mysql_sink.h"
#include "sink/pg_sink.h"

/* The kinds of destinations, by how they are spoken to. */
struct kind {
	enum rs_rc (*open)(const struct rs_task *task, struct rs_sink **out, struct rs_err *err);
	enum rs_rc (*owns)(void *conn, const char *task_id, unsigned long connection, bool *out, struct rs_err *err); /* NULL: it can't be told */
};
static const struct kind kinds[] = {
	[RS_PROTOCOL_MYSQL] = {rs_mysql_sink_open, rs_mysql_session_owns},
	[RS_PROTOCOL_POSTGRESQL] = {rs_pg_sink_open, rs_pg_session_owns},
	[RS_PROTOCOL_KAFKA] = {rs_kafka_sink_open, NULL},
};

static const struct kind *kind_of(const struct rs_task *task, struct rs_err *err)
{
	const struct rs_flow *flow = rs_flow_find(task->flow);

	if (flow != NULL && flow->runs && rs_task_check_merge(task, err) != RS_OK)
		return NULL;
	if (flow != NULL && flow->runs)
		return &kinds[task->destination.protocol];
	rs_err_set(err, RS_E_NOT_SUPPORTED, _("the flow \"%s\" can't be started yet"), task->flow ? task->flow : "");
	return NULL;
}

enum rs_rc rs_sink_open(const struct rs_task *task, struct rs_sink **out, struct rs_err *err)
{
	const struct kind *kind = kind_of(task, err);

	return kind != NULL ? kind->open(task, out, err) : RS_FAIL;
}

enum rs_rc rs_sink_owns(const struct rs_task *task, void *conn, unsigned long connection, bool *out, struct rs_err *err)
{
	const struct kind *kind = kind_of(task, err);

	*out = false;
	if (kind == NULL)
		return RS_FAIL;
	return kind->owns != NULL ? kind->owns(conn, task->id, connection, out, err) : RS_OK;
}
