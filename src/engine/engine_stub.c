/* TEMPORARY: stands in for the engine core until engine.c lands, so that the program links. Delete this file, and its
 * line in local.mk, with that change. */
#include "engine/engine.h"

#include "base/i18n.h"
#include "engine/progress.h"

struct rs_engine *rs_engine_new(const struct rs_task *task, const struct rs_engine_options *options, struct rs_err *err)
{
	(void)task;
	(void)options;
	rs_err_set(err, RS_E_NOT_SUPPORTED, _("the engine is not there yet"));
	return NULL;
}

enum rs_rc rs_engine_start(struct rs_engine *e, struct rs_err *err)
{
	(void)e;
	return rs_err_set(err, RS_E_NOT_SUPPORTED, _("the engine is not there yet"));
}

enum rs_rc rs_engine_was_started(const struct rs_task *task, bool *started, struct rs_err *err)
{
	(void)task;
	(void)err;
	*started = false;
	return RS_OK;
}

void rs_engine_command(struct rs_engine *e, enum rs_command command)
{
	(void)e;
	(void)command;
}

const struct rs_progress *rs_engine_progress(struct rs_engine *e)
{
	(void)e;
	return rs_progress_new(RS_STATE_NOT_STARTED);
}

bool rs_engine_wait(struct rs_engine *e, rs_usec timeout)
{
	(void)e;
	(void)timeout;
	return true;
}

void rs_engine_free(struct rs_engine *e)
{
	(void)e;
}
