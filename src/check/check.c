#include "check/check.h"

#include <string.h>
#include "base/clock.h"
#include "base/i18n.h"
#include "base/mem.h"
#include "check/facts.h"
#include "check/kafka_checks.h"
#include "check/my_checks.h"
#include "check/pg_checks.h"
#include "check/pg_source_checks.h"
#include "check/verdict.h"

struct run {
	struct rs_check_ctx *ctx;
	const char *const *codes;
	struct rs_cancel *cancel;
	void (*report)(void *arg, const struct rs_finding *f);
	void *arg;
};

const struct rs_check *rs_checks_for_flow(const char *flow)
{
	const struct rs_flow *f = rs_flow_find(flow);

	if (!f)
		return NULL;
	const enum rs_protocol from = rs_flow_protocol(f->source), to = rs_flow_protocol(f->destination);
	const bool mysql = from == RS_PROTOCOL_MYSQL, postgresql = from == RS_PROTOCOL_POSTGRESQL;

	if (!f->runs)
		return mysql ? rs_source_checks : postgresql ? rs_pg_source_checks : NULL;
	if (mysql && to == RS_PROTOCOL_MYSQL)
		return rs_my_checks;
	if (mysql && to == RS_PROTOCOL_KAFKA)
		return rs_kafka_checks;
	if (to == RS_PROTOCOL_POSTGRESQL)
		return mysql ? rs_pg_checks : postgresql ? rs_pg_pg_checks : NULL;
	return NULL;
}

static bool is_chosen(const struct run *r, const char *code)
{
	for (size_t i = 0; r->codes && r->codes[i]; i++)
		if (strcmp(r->codes[i], code) == 0)
			return true;
	return r->codes == NULL;
}

/* What the error says becomes what was found. */
static void fail_with(struct rs_finding *f, const struct rs_err *e)
{
	rs_verdict_fail(f, "%s", e->primary ? e->primary : _("it could not be checked"));
	if (e->detail)
		rs_verdict_explain(f, "%s", e->detail);
	if (e->hint)
		rs_verdict_line(f, "%s", e->hint);
}

static void no_connection(const struct run *r, struct rs_finding *f, const char *code, const struct rs_err *why)
{
	if (!is_chosen(r, code)) {
		fail_with(f, why);
		return;
	}
	f->verdict = RS_CHECK_SKIPPED;
	rs_verdict_explain(f, "%s", _("It could not run without a connection."));
}

static bool has_source(const struct rs_check_ctx *ctx)
{
	return ctx->pg_source ? rs_pg_is_open(ctx->pg_source) : rs_my_is_open(ctx->source);
}

static bool has_dest(const struct rs_check_ctx *ctx)
{
	if (ctx->pg)
		return rs_pg_is_open(ctx->pg);
	return ctx->kafka ? rs_kafka_is_open(ctx->kafka) : rs_my_is_open(ctx->dest);
}

/* Whether the check can run; f says why not. */
static bool has_needs(const struct run *r, const struct rs_check *c, struct rs_finding *f, enum rs_rc *rc)
{
	struct rs_err problem = RS_ERR_INIT;
	struct rs_check_ctx *ctx = r->ctx;

	if ((c->needs & (RS_NEEDS_SOURCE | RS_NEEDS_CATALOG)) && !has_source(ctx)) {
		no_connection(r, f, "CHECK_CONN_SRC", &ctx->source_error);
		return false;
	}
	if ((c->needs & RS_NEEDS_DEST) && !has_dest(ctx)) {
		no_connection(r, f, "CHECK_CONN_DEST", &ctx->dest_error);
		return false;
	}
	if (!(c->needs & RS_NEEDS_CATALOG))
		return true;
	*rc = rs_facts_catalog(ctx, &problem);
	if (*rc == RS_FAIL) {
		fail_with(f, &problem);
		*rc = RS_OK;
		rs_err_clear(&problem);
		return false;
	}
	rs_err_clear(&problem);
	return *rc == RS_OK;
}

static enum rs_rc run_check(const struct run *r, const struct rs_check *c, struct rs_finding *f)
{
	struct rs_err problem = RS_ERR_INIT;
	enum rs_rc rc = RS_OK;

	if (c->applies && !c->applies(r->ctx)) {
		f->verdict = RS_CHECK_SKIPPED;
		rs_verdict_explain(f, "%s", _("It does not apply to this task."));
		return RS_OK;
	}
	if (!has_needs(r, c, f, &rc))
		return rc;
	rc = c->run(r->ctx, f, &problem);
	if (rc == RS_FAIL) {
		fail_with(f, &problem);
		rc = RS_OK;
	}
	rs_err_clear(&problem);
	return rc;
}

static enum rs_rc run_one(const struct run *r, const struct rs_check *c)
{
	struct rs_finding f = {.code = c->code, .title = c->title, .ignorable = c->ignorable, .consequence = c->consequence,
	                       .verdict = RS_CHECK_RUNNING};
	const rs_usec start = rs_clock_mono();
	enum rs_rc rc;

	f.ignored = c->ignorable && rs_task_ignores(r->ctx->task, c->code);
	r->report(r->arg, &f);
	rc = run_check(r, c, &f);
	f.usec = rs_clock_mono() - start;
	if (rc == RS_OK)
		r->report(r->arg, &f);
	rs_finding_release(&f);
	return rc;
}

enum rs_rc rs_checks_run(struct rs_check_ctx *ctx, const struct rs_check *checks, const char *const *codes,
                         struct rs_cancel *cancel, void (*report)(void *arg, const struct rs_finding *f), void *arg)
{
	const struct run r = {ctx, codes, cancel, report, arg};
	enum rs_rc rc = RS_OK;

	ctx->cancel = cancel;
	ctx->facts = rs_xcalloc(1, sizeof *ctx->facts);
	ctx->resumed = ctx->resumed || rs_facts_begun(ctx);
	for (const struct rs_check *c = checks; c->code && rc == RS_OK; c++) {
		if (rs_cancel_is_set(cancel))
			rc = RS_CANCELLED;
		else if (is_chosen(&r, c->code))
			rc = run_one(&r, c);
	}
	rs_facts_free(ctx->facts);
	ctx->facts = NULL;
	ctx->catalog = NULL;
	return rc;
}
