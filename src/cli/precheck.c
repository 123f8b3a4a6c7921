/* The precheck, printed as it goes. */
#include "cli/cli.h"

#include <string.h>
#include <unistd.h>
#include "base/buf.h"
#include "base/i18n.h"
#include "base/utf8.h"
#include "engine/state.h"
#include "model/json_string.h"

static const struct {
	const char *code, *mark, *ascii, *color;
} verdicts[] = {
	[RS_CHECK_PENDING] = {"pending", " ", " ", ""},
	[RS_CHECK_RUNNING] = {"running", "…", "-", ""},
	[RS_CHECK_PASSED] = {"passed", "✓", "ok", "\033[32m"},
	[RS_CHECK_WARNING] = {"warning", "!", "!", "\033[33m"},
	[RS_CHECK_FAILED] = {"failed", "✗", "X", "\033[31m"},
	[RS_CHECK_SKIPPED] = {"skipped", "–", "-", ""},
};

/* ------------------------------------------------------------------ JSON */

static json_t *finding_json(const struct rs_finding *f)
{
	json_t *j = json_object(), *objects = json_array();

	json_object_set_new(j, "code", json_string(f->code));
	json_object_set_new(j, "title", json_string(f->title));
	json_object_set_new(j, "verdict", json_string(verdicts[f->verdict].code));
	json_object_set_new(j, "ignorable", json_boolean(f->ignorable));
	json_object_set_new(j, "ignored", json_boolean(f->ignored));
	json_object_set_new(j, "found", rs_json_string(f->found));
	json_object_set_new(j, "needed", rs_json_string(f->needed));
	json_object_set_new(j, "explain", rs_json_string(f->explain));
	json_object_set_new(j, "remedy", rs_json_string(f->remedy));
	json_object_set_new(j, "remedy_where", rs_json_string(f->remedy_where));
	for (size_t i = 0; i < f->n_objects; i++)
		json_array_append_new(objects, rs_json_string(f->objects[i]));
	json_object_set_new(j, "objects", objects);
	json_object_set_new(j, "seconds", json_real((double)f->usec / (double)RS_USEC_PER_SEC));
	return j;
}

static json_t *result_json(const struct rs_task *task, const struct rs_precheck_result *r)
{
	json_t *j = json_object(), *findings = json_array();

	json_object_set_new(j, "task", rs_json_string(task->name));
	json_object_set_new(j, "id", rs_json_string(task->id));
	json_object_set_new(j, "passed", json_boolean(r->passed));
	for (size_t i = 0; i < r->count; i++)
		json_array_append_new(findings, finding_json(&r->findings[i]));
	json_object_set_new(j, "findings", findings);
	return j;
}

/* ------------------------------------------------------------------ text */

static void put_block(FILE *out, const char *label, const char *text)
{
	struct rs_buf shown = RS_BUF_INIT;

	if (!text || !*text)
		return;
	for (const char *line = text; *line;) {
		size_t n = strcspn(line, "\n");

		rs_buf_addf(&shown, "      %s", line == text ? label : "  ");
		rs_utf8_printable(&shown, line, n);
		rs_buf_addc(&shown, '\n');
		line += n + (line[n] == '\n');
	}
	fputs(rs_buf_str(&shown), out);
	rs_buf_release(&shown);
}

static void put_objects(FILE *out, const struct rs_finding *f)
{
	size_t shown = f->n_objects < 20 ? f->n_objects : 20;

	for (size_t i = 0; i < shown; i++)
		put_block(out, "- ", f->objects[i]);
	if (shown < f->n_objects)
		fprintf(out, "      ");
	if (shown < f->n_objects)
		fprintf(out, _("- and %zu more\n"), f->n_objects - shown);
}

static void put_details(FILE *out, const struct rs_finding *f)
{
	put_block(out, _("needed: "), f->needed);
	put_block(out, "", f->explain);
	put_objects(out, f);
	if (f->remedy && f->remedy_where)
		fprintf(out, "      %s\n",
		        strcmp(f->remedy_where, "source") == 0 ? _("On the source:") : _("On the destination:"));
	put_block(out, "  ", f->remedy);
	if (f->ignorable && !f->ignored)
		fprintf(out, "      %s\n", _("May be ignored: precheck.ignore in the task file, or --skip-precheck-warnings."));
}

static void put_finding(const struct rs_cli *cli, FILE *out, const struct rs_finding *f)
{
	const char *color = rs_cli_colored(cli, fileno(out)) ? verdicts[f->verdict].color : "";
	struct rs_buf found = RS_BUF_INIT;

	if (f->found)
		rs_utf8_printable(&found, f->found, strlen(f->found));
	fprintf(out, "  %s%s%s %s  %s%s%s%s\n", color,
	        cli->ascii ? verdicts[f->verdict].ascii : verdicts[f->verdict].mark, *color ? "\033[0m" : "", _(f->title),
	        f->code, found.len ? "  " : "", rs_buf_str(&found), f->ignored ? _("  (ignored)") : "");
	rs_buf_release(&found);
	if (f->verdict == RS_CHECK_WARNING || f->verdict == RS_CHECK_FAILED)
		put_details(out, f);
	fflush(out);
}

static void put_summary(FILE *out, const struct rs_precheck_result *r)
{
	unsigned counts[RS_CHECK_SKIPPED + 1] = {0}, ignored = 0, run = 0, fine;

	for (size_t i = 0; i < r->count; i++) {
		const struct rs_finding *f = &r->findings[i];

		counts[f->verdict]++;
		ignored += f->ignored && (f->verdict == RS_CHECK_WARNING || f->verdict == RS_CHECK_FAILED);
		run += f->verdict != RS_CHECK_SKIPPED;
	}
	fine = counts[RS_CHECK_PASSED] + ignored;
	fprintf(out, _("Precheck: %u passed, %u warnings, %u failed, %u skipped, %u ignored. Success rate %u %%.\n"),
	        counts[RS_CHECK_PASSED], counts[RS_CHECK_WARNING], counts[RS_CHECK_FAILED], counts[RS_CHECK_SKIPPED], ignored,
	        run ? fine * 100 / run : 100);
	fprintf(out, "%s\n", r->passed ? _("Check Pass") : _("The precheck did not pass."));
}

/* ------------------------------------------------------------------ running it */

static bool is_settled(const struct rs_finding *f)
{
	return f->verdict != RS_CHECK_PENDING && f->verdict != RS_CHECK_RUNNING;
}

/* Prints what has been settled since, in order: shown is how many were. */
static size_t put_new(const struct rs_cli *cli, FILE *out, const struct rs_precheck_result *r, size_t shown)
{
	while (shown < r->count && is_settled(&r->findings[shown])) {
		if (out)
			put_finding(cli, out, &r->findings[shown]);
		shown++;
	}
	return shown;
}

static void skip_warnings_of(struct rs_precheck *job, const struct rs_precheck_result *r)
{
	for (size_t i = 0; i < r->count; i++)
		if (r->findings[i].verdict == RS_CHECK_WARNING && !r->findings[i].ignored)
			rs_precheck_ignore(job, r->findings[i].code, true);
}

static bool follow(const struct rs_cli *cli, struct rs_precheck *job, bool skip_warnings, FILE *out,
                   struct rs_cli_wait *w, struct rs_precheck_result *r)
{
	size_t shown = 0;

	for (;;) {
		rs_precheck_get(job, r);
		if (skip_warnings) {
			skip_warnings_of(job, r);
			rs_precheck_result_release(r);
			rs_precheck_get(job, r);
		}
		shown = put_new(cli, out, r, shown);
		if (r->done)
			return true;
		rs_precheck_result_release(r);
		if (rs_cli_wait_next(w, -1) == RS_WAIT_SIGNAL)
			return false;
	}
}

enum rs_cli_precheck rs_cli_precheck(const struct rs_cli *cli, const struct rs_task *task, bool skip_warnings, FILE *out,
                                     struct rs_cli_wait *w, struct rs_precheck_result *result)
{
	struct rs_precheck *job = rs_precheck_start(task, w->wake);
	bool done;

	memset(result, 0, sizeof *result);
	done = follow(cli, job, skip_warnings, out, w, result);
	rs_precheck_free(job);
	if (!done)
		return RS_PRECHECK_INTERRUPTED;
	if (out)
		put_summary(out, result);
	rs_state_record(task, result->passed ? RS_STATE_PRECHECK_PASSED : RS_STATE_PRECHECK_FAILED);
	return result->passed ? RS_PRECHECK_PASSED : RS_PRECHECK_FAILED;
}

static int precheck_task(const struct rs_cli *cli, const struct rs_task *task, struct rs_cli_wait *w)
{
	bool json = rs_cli_flag(cli, "json");
	struct rs_precheck_result r;
	enum rs_cli_precheck outcome = rs_cli_precheck(cli, task, false, json ? NULL : stdout, w, &r);

	if (outcome == RS_PRECHECK_INTERRUPTED)
		return RS_EXIT_ERROR;
	if (json)
		rs_cli_print_json(result_json(task, &r));
	rs_precheck_result_release(&r);
	return outcome == RS_PRECHECK_PASSED ? RS_EXIT_OK : RS_EXIT_NO;
}

int rs_cli_precheck_command(const struct rs_cli *cli)
{
	struct rs_err err = RS_ERR_INIT;
	struct rs_cli_wait w = {.event_fd = -1, .signal_fd = -1};
	struct rs_task *task = rs_task_find(cli->operands[0], &err);
	int code;

	if (!task || rs_task_check(task, &err) != RS_OK || rs_task_check_copied(task, &err) != RS_OK ||
	    rs_cli_wait_open(&w, &err) != RS_OK) {
		rs_task_free(task);
		return rs_cli_fail(cli, &err);
	}
	code = precheck_task(cli, task, &w);
	rs_cli_wait_close(&w);
	rs_task_free(task);
	return code;
}
