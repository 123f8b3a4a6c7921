/* The precheck as a job: opens both connections, runs the flow's checks, keeps what they find, and runs them again when
 * asked. Findings are under the job's lock; the checks themselves run without it. */
#include "engine/job/job.h"

#include <stdlib.h>
#include <string.h>
#include "base/i18n.h"
#include "base/mem.h"
#include "check/check.h"
#include "db/kafka_login.h"
#include "engine/job/pg_job.h"

enum request { NOTHING, ALL, FAILED_ONLY };

struct rs_precheck {
	struct rs_job job;
	bool started;
	struct rs_task *task;
	struct rs_selection *beside; /* NULL: nothing */
	const struct rs_check *checks;

	/* under the job's lock */
	enum request request;
	bool done;
	struct rs_finding *findings; /* one a check, in its order */
	size_t count;
};

static size_t count_checks(const struct rs_check *checks)
{
	size_t n = 0;

	while (checks && checks[n].code)
		n++;
	return n;
}

/* ------------------------------------------------------------------ findings */

/* Back to not run; what the user ignores stays ignored. */
static void finding_reset(struct rs_precheck *p, size_t i)
{
	const struct rs_check *c = &p->checks[i];

	bool ignored = c->ignorable && p->findings[i].ignored;

	rs_finding_release(&p->findings[i]);
	p->findings[i] =
		(struct rs_finding){.code = c->code, .title = c->title, .ignorable = c->ignorable, .consequence = c->consequence, .ignored = ignored};
}

static struct rs_finding *finding_find(struct rs_precheck *p, const char *code)
{
	for (size_t i = 0; i < p->count; i++)
		if (strcmp(p->findings[i].code, code) == 0)
			return &p->findings[i];
	return NULL;
}

static bool finding_is_fine(const struct rs_finding *f)
{
	return f->verdict == RS_CHECK_PASSED || f->verdict == RS_CHECK_SKIPPED || (f->ignorable && f->ignored);
}

static void report(void *arg, const struct rs_finding *found)
{
	struct rs_precheck *p = arg;
	struct rs_finding *f;
	bool ignored;

	rs_monitor_enter(&p->job.monitor);
	f = finding_find(p, found->code);
	if (f) {
		ignored = f->ignored;
		rs_finding_copy(f, found);
		f->ignored = ignored && f->ignorable;
	}
	rs_monitor_leave(&p->job.monitor);
	rs_job_wake(&p->job);
}

/* ------------------------------------------------------------------ one run */

/* The codes to run again, NULL-ended; NULL for all. Resets what will be run. */
static const char **codes_for(struct rs_precheck *p, enum request request)
{
	const char **codes = request == FAILED_ONLY ? rs_xcalloc(p->count + 1, sizeof *codes) : NULL;
	size_t n = 0;

	rs_monitor_enter(&p->job.monitor);
	for (size_t i = 0; i < p->count; i++) {
		const struct rs_finding *f = &p->findings[i];

		if (codes && f->verdict == RS_CHECK_PASSED)
			continue;
		if (codes)
			codes[n++] = f->code;
		finding_reset(p, i);
	}
	rs_monitor_leave(&p->job.monitor);
	return codes;
}

/* The other tasks of this host, NULL-ended; those that can't be read are no concern of this one. */
static struct rs_task **load_others(const struct rs_task *task)
{
	struct rs_task_list list;
	struct rs_task **others;
	size_t n = 0;

	if (rs_task_list(&list, NULL) != RS_OK)
		return rs_xcalloc(1, sizeof *others);
	others = rs_xcalloc(list.count + 1, sizeof *others);
	for (size_t i = 0; i < list.count; i++) {
		struct rs_task *other = rs_task_load(list.files[i].path, NULL);

		if (other && other->id && (!task->id || strcmp(other->id, task->id) != 0))
			others[n++] = other;
		else
			rs_task_free(other);
	}
	rs_task_list_release(&list);
	return others;
}

static void free_others(struct rs_task **others)
{
	for (size_t i = 0; others[i]; i++)
		rs_task_free(others[i]);
	free(others);
}

static void finish(struct rs_precheck *p)
{
	rs_monitor_enter(&p->job.monitor);
	p->done = p->request == NOTHING;
	rs_monitor_leave(&p->job.monitor);
	rs_job_wake(&p->job);
}

/* Whoever looks sees what it waits for: a server may take its time to answer. */
static void tell_connecting(struct rs_precheck *p, const char *code)
{
	struct rs_finding *f;

	rs_monitor_enter(&p->job.monitor);
	f = finding_find(p, code);
	if (f && f->verdict == RS_CHECK_PENDING)
		f->verdict = RS_CHECK_RUNNING;
	rs_monitor_leave(&p->job.monitor);
	rs_job_wake(&p->job);
}

static enum rs_rc connect_to(struct rs_precheck *p, unsigned i, struct rs_my *my, const struct rs_endpoint *e, struct rs_err *err)
{
	tell_connecting(p, i == 0 ? "CHECK_CONN_SRC" : "CHECK_CONN_DEST");
	return rs_job_open(&p->job, i, my, e, err);
}

static enum rs_rc open_source(struct rs_precheck *p, struct rs_check_ctx *ctx)
{
	if (ctx->pg_source == NULL)
		return connect_to(p, 0, ctx->source, &p->task->source, &ctx->source_error);
	tell_connecting(p, "CHECK_CONN_SRC");
	return rs_job_open_pg(&p->job, 0, ctx->pg_source, &p->task->source, &ctx->source_error);
}

static void cancel_kafka(void *conn) { rs_kafka_cancel(conn); }

static bool speaks(const struct rs_endpoint *e, enum rs_protocol protocol) { return e->protocol == protocol; }

/* Of a flow that can't be started the destination is no concern, unless its checks ask whether it can be reached. */
static bool looks_at_dest(const struct rs_precheck *p)
{
	for (size_t i = 0; i < p->count; i++)
		if (strcmp(p->checks[i].code, "CHECK_CONN_DEST") == 0)
			return true;
	return false;
}

static enum rs_rc open_dest(struct rs_precheck *p, struct rs_check_ctx *ctx)
{
	if (ctx->kafka == NULL && ctx->pg == NULL)
		return connect_to(p, 1, ctx->dest, &p->task->destination, &ctx->dest_error);
	tell_connecting(p, "CHECK_CONN_DEST");
	if (ctx->pg != NULL)
		return rs_job_open_pg(&p->job, 1, ctx->pg, &p->task->destination, &ctx->dest_error);
	if (rs_job_note(&p->job, 1, (struct rs_job_conn){ctx->kafka, cancel_kafka}, &ctx->dest_error) != RS_OK)
		return RS_CANCELLED;
	return rs_kafka_open_endpoint(ctx->kafka, &p->task->destination, NULL, &ctx->dest_error);
}

static void close_source(struct rs_precheck *p, const struct rs_check_ctx *ctx)
{
	if (ctx->pg_source != NULL)
		rs_job_close_pg(&p->job, 0);
	else
		rs_job_close(&p->job, 0);
}

static void close_dest(struct rs_precheck *p, struct rs_check_ctx *ctx)
{
	if (ctx->pg != NULL) {
		rs_job_close_pg(&p->job, 1);
		return;
	}
	if (ctx->kafka == NULL) {
		rs_job_close(&p->job, 1);
		return;
	}
	(void)rs_job_forget(&p->job, 1);
	rs_kafka_close(ctx->kafka);
}

static void run_checks(struct rs_precheck *p, const char *const *codes)
{
	struct rs_my source = RS_MY_INIT, dest = RS_MY_INIT;
	struct rs_kafka kafka = {.handle = NULL};
	struct rs_pg pg = RS_PG_INIT, pg_source = RS_PG_INIT;
	struct rs_task **others = load_others(p->task);
	struct rs_check_ctx ctx = {.task = p->task, .source = &source, .dest = &dest, .kafka = speaks(&p->task->destination, RS_PROTOCOL_KAFKA) ? &kafka : NULL,
		.pg = speaks(&p->task->destination, RS_PROTOCOL_POSTGRESQL) && looks_at_dest(p) ? &pg : NULL,
		.pg_source = speaks(&p->task->source, RS_PROTOCOL_POSTGRESQL) ? &pg_source : NULL,
		.source_error = RS_ERR_INIT, .dest_error = RS_ERR_INIT, .beside = p->beside, .others = (const struct rs_task *const *)others};
	enum rs_rc source_rc = open_source(p, &ctx);
	enum rs_rc dest_rc = open_dest(p, &ctx);

	/* A connection that could not be made is itself what a check finds. */
	if (source_rc != RS_CANCELLED && dest_rc != RS_CANCELLED &&
	    rs_checks_run(&ctx, p->checks, codes, &p->job.cancel, report, p) == RS_OK)
		finish(p);
	close_source(p, &ctx);
	close_dest(p, &ctx);
	rs_err_clear(&ctx.source_error);
	rs_err_clear(&ctx.dest_error);
	free_others(others);
}

static enum request wait_for_request(struct rs_precheck *p)
{
	enum request r;

	rs_monitor_enter(&p->job.monitor);
	while (p->request == NOTHING && !rs_job_cancelled(&p->job))
		rs_monitor_wait(&p->job.monitor, -1);
	r = p->request;
	p->request = NOTHING;
	rs_monitor_leave(&p->job.monitor);
	return r;
}

static void precheck_run(void *arg)
{
	struct rs_precheck *p = arg;

	while (!rs_job_cancelled(&p->job)) {
		enum request r = wait_for_request(p);
		const char **codes;

		if (r == NOTHING)
			continue;
		codes = codes_for(p, r);
		run_checks(p, codes);
		free(codes);
	}
}

/* ------------------------------------------------------------------ for the owner */

static void fail_whole(struct rs_precheck *p, const char *why)
{
	p->findings = rs_xcalloc(1, sizeof *p->findings);
	p->count = 1;
	p->findings[0] = (struct rs_finding){.code = "CHECK_FLOW", .title = N_("Precheck of this kind of task"),
		.verdict = RS_CHECK_FAILED, .explain = rs_xstrdup(why)};
	p->done = true;
}

static void fail_flow(struct rs_precheck *p)
{
	struct rs_err err = RS_ERR_INIT;
	char *why = rs_flow_check_runs(p->task->flow, &err) == RS_OK ? rs_xstrdup(_("There is no precheck for this flow."))
	                                                             : rs_xprintf(_("%s. %s"), err.primary, err.hint);

	fail_whole(p, why);
	free(why);
	rs_err_clear(&err);
}

struct rs_precheck *rs_precheck_start(const struct rs_task *task, struct rs_wake wake)
{
	return rs_precheck_start_added(task, NULL, wake);
}

struct rs_precheck *rs_precheck_start_added(const struct rs_task *task, const struct rs_selection *beside, struct rs_wake wake)
{
	struct rs_precheck *p = rs_xcalloc(1, sizeof *p);

	p->task = rs_task_copy(task);
	p->beside = beside ? rs_selection_copy(beside) : NULL;
	p->checks = task->flow ? rs_checks_for_flow(task->flow) : NULL;
	if (!p->checks) {
		fail_flow(p);
		return p;
	}
	p->count = count_checks(p->checks);
	p->findings = rs_xcalloc(p->count + 1, sizeof *p->findings);
	for (size_t i = 0; i < p->count; i++) {
		p->findings[i].ignored = rs_task_ignores(task, p->checks[i].code);
		finding_reset(p, i);
	}
	p->request = ALL;
	p->started = rs_job_start(&p->job, "precheck", precheck_run, p, wake);
	if (!p->started) {
		free(p->findings);
		fail_whole(p, _("No thread can be started."));
	}
	return p;
}

void rs_precheck_again(struct rs_precheck *p, bool failed_only)
{
	if (!p->started)
		return;
	rs_monitor_enter(&p->job.monitor);
	p->request = failed_only ? FAILED_ONLY : ALL;
	p->done = false;
	rs_monitor_wake(&p->job.monitor);
	rs_monitor_leave(&p->job.monitor);
}

static bool ignore_locked(struct rs_precheck *p, const char *code, bool ignored)
{
	struct rs_finding *f = finding_find(p, code);

	if (!f || !f->ignorable)
		return false;
	f->ignored = ignored;
	return true;
}

bool rs_precheck_ignore(struct rs_precheck *p, const char *code, bool ignored)
{
	bool done;

	if (!p->started)
		return false;
	rs_monitor_enter(&p->job.monitor);
	done = ignore_locked(p, code, ignored);
	rs_monitor_leave(&p->job.monitor);
	return done;
}

static void get_locked(const struct rs_precheck *p, struct rs_precheck_result *out)
{
	out->done = out->passed = p->done;
	out->count = p->count;
	out->findings = rs_xcalloc(p->count + 1, sizeof *out->findings);
	for (size_t i = 0; i < p->count; i++) {
		rs_finding_copy(&out->findings[i], &p->findings[i]);
		out->passed = out->passed && finding_is_fine(&p->findings[i]);
	}
}

void rs_precheck_get(struct rs_precheck *p, struct rs_precheck_result *out)
{
	if (p->started)
		rs_monitor_enter(&p->job.monitor);
	get_locked(p, out);
	if (p->started)
		rs_monitor_leave(&p->job.monitor);
}

void rs_precheck_result_release(struct rs_precheck_result *r)
{
	for (size_t i = 0; i < r->count; i++)
		rs_finding_release(&r->findings[i]);
	free(r->findings);
	memset(r, 0, sizeof *r);
}

void rs_precheck_free(struct rs_precheck *p)
{
	if (!p)
		return;
	if (p->started)
		rs_job_stop(&p->job);
	for (size_t i = 0; i < p->count; i++)
		rs_finding_release(&p->findings[i]);
	free(p->findings);
	rs_task_free(p->task);
	rs_selection_free(p->beside);
	free(p);
}
