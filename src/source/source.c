#include "source/source.h"

#include <string.h>
#include "base/i18n.h"

typedef enum rs_rc (*source_open)(const struct rs_endpoint *endpoint, const struct rs_selection *objects, const char *task_id,
                                  struct rs_source **out, struct rs_err *err);

static enum rs_rc open_mysql(const struct rs_endpoint *endpoint, const struct rs_selection *objects, const char *task_id,
                             struct rs_source **out, struct rs_err *err)
{
	(void)objects;
	return rs_mysql_source_open(endpoint, task_id, out, err);
}

/* What each flow reads from, and what its destination is read with when both are compared (NULL: it can't be). */
static const struct {
	const char *flow;
	source_open source, destination;
} flows[] = {
	{"mysql-to-mysql", open_mysql, open_mysql},
	{"mysql-to-postgresql", open_mysql, rs_pg_source_open},
	{"mysql-to-kafka", open_mysql, NULL},
	{"postgresql-to-postgresql", rs_pg_source_open, rs_pg_source_open},
};

enum side { SOURCE, SOURCE_TO_READ, DESTINATION };

static enum rs_rc open_side(const struct rs_task *task, enum side side, struct rs_source **out, struct rs_err *err)
{
	const char *id = side == SOURCE && task->id ? task->id : "";

	for (size_t i = 0; i < sizeof flows / sizeof *flows; i++) {
		if (task->flow == NULL || strcmp(task->flow, flows[i].flow) != 0)
			continue;
		if (side == DESTINATION && flows[i].destination == NULL)
			return rs_err_set(err, RS_E_NOT_SUPPORTED, _("what a destination of this kind has can't be compared"));
		return side == DESTINATION ? flows[i].destination(&task->destination, task->objects, id, out, err)
		                           : flows[i].source(&task->source, task->objects, id, out, err);
	}
	return rs_err_set(err, RS_E_NOT_SUPPORTED, _("the flow \"%s\" can't be started yet"), task->flow ? task->flow : "");
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
