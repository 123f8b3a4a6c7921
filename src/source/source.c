#include "source/source.h"

#include "base/i18n.h"
#include "model/flow.h"

typedef enum rs_rc (*source_open)(const struct rs_endpoint *endpoint, const struct rs_selection *objects, const char *task_id,
                                  const char *part_of, struct rs_source **out, struct rs_err *err);

static enum rs_rc open_mysql(const struct rs_endpoint *endpoint, const struct rs_selection *objects, const char *task_id,
                             const char *part_of, struct rs_source **out, struct rs_err *err)
{
	(void)objects, (void)part_of;
	return rs_mysql_source_open(endpoint, task_id, out, err);
}

/* How each kind of server is read from, and as a destination when both are compared (NULL: it can't be). */
static const struct {
	source_open source, destination;
} kinds[] = {
	[RS_PROTOCOL_MYSQL] = {open_mysql, open_mysql},
	[RS_PROTOCOL_POSTGRESQL] = {rs_pg_source_open, rs_pg_source_open},
	[RS_PROTOCOL_KAFKA] = {NULL, NULL},
};

enum side { SOURCE, SOURCE_TO_READ, DESTINATION };

static enum rs_rc open_side(const struct rs_task *task, enum side side, struct rs_source **out, struct rs_err *err)
{
	const char *id = side == SOURCE && task->id ? task->id : "";
	const struct rs_flow *flow = rs_flow_find(task->flow);

	if (flow == NULL || !flow->runs)
		return rs_err_set(err, RS_E_NOT_SUPPORTED, _("the flow \"%s\" can't be started yet"), task->flow ? task->flow : "");
	const struct rs_endpoint *endpoint = side == DESTINATION ? &task->destination : &task->source;
	const source_open open = side == DESTINATION ? kinds[endpoint->protocol].destination : kinds[endpoint->protocol].source;

	if (open == NULL)
		return rs_err_set(err, RS_E_NOT_SUPPORTED, _("what a destination of this kind has can't be compared"));
	return open(endpoint, task->objects, id, side == DESTINATION ? NULL : task->part_of, out, err);
}

enum rs_rc rs_source_open(const struct rs_task *task, struct rs_source **out, struct rs_err *err)
{
	return open_side(task, SOURCE, out, err);
}

enum rs_rc rs_source_open_to_read(const struct rs_task *task, struct rs_source **out, struct rs_err *err)
{
	return open_side(task, SOURCE_TO_READ, out, err);
}

enum rs_rc rs_source_open_destination(const struct rs_task *task, struct rs_source **out, struct rs_err *err)
{
	return open_side(task, DESTINATION, out, err);
}
