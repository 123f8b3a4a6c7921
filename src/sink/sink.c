#include "sink/sink.h"

#include <string.h>
#include "base/i18n.h"

/* The kinds of destinations, by flow. */
static const struct {
	const char *flow;
	enum rs_rc (*open)(const struct rs_task *task, struct rs_sink **out, struct rs_err *err);
} kinds[] = {
	{"mysql-to-mysql", rs_mysql_sink_open},
	{"mysql-to-kafka", rs_kafka_sink_open},
};

enum rs_rc rs_sink_open(const struct rs_task *task, struct rs_sink **out, struct rs_err *err)
{
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (task->flow != NULL && strcmp(task->flow, kinds[i].flow) == 0)
			return kinds[i].open(task, out, err);
	return rs_err_set(err, RS_E_NOT_SUPPORTED, _("the flow \"%s\" can't be started yet"), task->flow ? task->flow : "");
}
