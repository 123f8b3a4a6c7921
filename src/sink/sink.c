#include "sink/sink.h"

#include <string.h>
#include "base/i18n.h"
#include "sink/mysql_sink.h"
#include "sink/pg_sink.h"

/* The kinds of destinations, by flow. */
struct kind {
	const char *flow;
	enum rs_rc (*open)(const struct rs_task *task, struct rs_sink **out, struct rs_err *err);
	enum rs_rc (*owns)(void *conn, const char *task_id, unsigned long connection, bool *out, struct rs_err *err); /* NULL: it can't be told */
};
static const struct kind kinds[] = {
	{"mysql-to-mysql", rs_mysql_sink_open, rs_mysql_session_owns},
	{"mysql-to-mysql-cross-account", rs_mysql_sink_open, rs_mysql_session_owns},
	{"mysql-to-postgresql", rs_pg_sink_open, rs_pg_session_owns},
	{"postgresql-to-postgresql", rs_pg_sink_open, rs_pg_session_owns},
	{"mysql-to-kafka", rs_kafka_sink_open, NULL},
};

static const struct kind *kind_of(const struct rs_task *task, struct rs_err *err)
{
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (task->flow != NULL && strcmp(task->flow, kinds[i].flow) == 0)
			return &kinds[i];
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
