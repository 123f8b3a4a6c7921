/* TEMPORARY: stands in for the comparison until verify.c lands, so that the program links. Delete this file, and its
 * line in local.mk, with that change. */
#include "engine/engine.h"

#include <string.h>
#include "base/i18n.h"

struct rs_verify *rs_verify_start(const struct rs_task *task, struct rs_wake wake)
{
	(void)task;
	(void)wake;
	return NULL;
}

void rs_verify_get(struct rs_verify *v, struct rs_verify_result *out)
{
	(void)v;
	memset(out, 0, sizeof *out);
	out->done = true;
	rs_err_set(&out->error, RS_E_NOT_SUPPORTED, _("the comparison is not there yet"));
}

void rs_verify_result_release(struct rs_verify_result *r)
{
	rs_err_clear(&r->error);
}

void rs_verify_free(struct rs_verify *v)
{
	(void)v;
}
