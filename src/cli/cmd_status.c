/* status: what is known of a task, or of all. */
#include "cli/cli.h"

#include <stdlib.h>
#include "base/buf.h"
#include "base/figure.h"
#include "base/i18n.h"
#include "base/mem.h"
#include "cli/line.h"
#include "engine/report/progress.h"
#include "model/json_string.h"

#define TABLES_SHOWN 30

/* ------------------------------------------------------------------ JSON */

static json_t *task_json(const struct rs_task *task, const struct rs_task_status *s)
{
	json_t *j = json_object();
	char updated[40];

	json_object_set_new(j, "task", rs_json_string(task->name));
	json_object_set_new(j, "id", rs_json_string(task->id));
	json_object_set_new(j, "flow", rs_json_string(task->flow));
	json_object_set_new(j, "file", rs_json_string(task->path));
	json_object_set_new(j, "state", json_string(rs_state_code(s->state)));
	json_object_set_new(j, "live", json_boolean(s->live));
	json_object_set_new(j, "pid", s->live && s->pid > 0 ? json_integer(s->pid) : json_null());
	json_object_set_new(j, "answers", s->live ? json_boolean(s->answers) : json_null());
	json_object_set_new(j, "updated",
	                    s->updated > 0 ? json_string(rs_clock_iso(s->updated, updated, sizeof updated)) : json_null());
	json_object_set_new(j, "progress", s->progress ? rs_progress_to_json(s->progress) : json_null());
	return j;
}

/* ------------------------------------------------------------------ one task, for people */

static const char *const phase_titles[] = {N_("Schema initialization"), N_("Full data initialization"),
	N_("Incremental synchronization")};

static const char *const phase_states[] = {N_("off"), N_("waiting"), N_("running"), N_("done"), N_("failed")};

/* Some are names of tables. */
static void put_label(const char *label)
{
	fputs("  ", stdout);
	rs_cli_print_cell(label, 28);
}

/* What was running in a process that is gone is not. */
static const char *phase_state(const struct rs_phase *phase, bool live)
{
	return phase->state == RS_PHASE_RUNNING && !live ? _("not running") : _(phase_states[phase->state]);
}

static void put_phase(const struct rs_progress *p, enum rs_phase_id id, bool live)
{
	const struct rs_phase *phase = &p->phases[id];
	char done[RS_FIGURE_SIZE], bytes[RS_FIGURE_SIZE], took[RS_FIGURE_SIZE];

	put_label(_(phase_titles[id]));
	printf("%s", phase_state(phase, live));
	rs_figure_grouped(phase->done, done, sizeof done);
	if (id == RS_PHASE_SCHEMA && phase->done)
		printf(_(", %s objects"), done);
	if (id == RS_PHASE_FULL && phase->done)
		printf(_(", %s rows"), done);
	if (id == RS_PHASE_FULL && phase->bytes)
		printf(", %s", rs_figure_bytes((double)phase->bytes, bytes, sizeof bytes));
	if (phase->started && phase->ended > phase->started)
		printf(", %s", rs_figure_time(phase->ended - phase->started, took, sizeof took));
	putchar('\n');
}

static void put_text(const char *label, const char *text)
{
	if (!text || !*text)
		return;
	put_label(label);
	rs_cli_print_text(text);
}

static void put_measures(const struct rs_progress *p)
{
	char lag[RS_FIGURE_SIZE], rows[RS_FIGURE_SIZE], bytes[RS_FIGURE_SIZE];

	put_label(_("Lag"));
	puts(rs_figure_time(p->lag, lag, sizeof lag));
	put_label(_("Speed"));
	printf(_("%s rows/s, %s/s\n"), rs_figure_short(p->rows_per_sec, rows, sizeof rows),
	       rs_figure_bytes(p->bytes_per_sec, bytes, sizeof bytes));
}

static void put_changes(const struct rs_progress *p)
{
	char i[RS_FIGURE_SIZE], u[RS_FIGURE_SIZE], d[RS_FIGURE_SIZE], n[RS_FIGURE_SIZE], a[RS_FIGURE_SIZE];

	put_label(_("Changes since it started"));
	printf("INSERT %s  UPDATE %s  DELETE %s  DDL %s", rs_figure_grouped(p->inserts, i, sizeof i),
	       rs_figure_grouped(p->updates, u, sizeof u), rs_figure_grouped(p->deletes, d, sizeof d),
	       rs_figure_grouped(p->ddls, n, sizeof n));
	printf(_("  anomalies %s\n"), rs_figure_grouped(p->anomalies, a, sizeof a));
	if (p->left_out == 0 && p->incomplete == 0)
		return;
	put_label(_("Left out since then"));
	printf(_("%s rows; of %s rows some columns\n"), rs_figure_grouped(p->left_out, i, sizeof i),
	       rs_figure_grouped(p->incomplete, u, sizeof u));
}

/* What goes on beside following, and what is known of an earlier process. */
static void put_verify(const struct rs_verify_progress *v)
{
	char known[RS_FIGURE_SIZE], rows[RS_FIGURE_SIZE], passes[RS_FIGURE_SIZE];

	if (v->state == RS_VERIFIER_OFF && v->differences == 0 && v->passes == 0)
		return;
	put_label(_("Compared"));
	printf(_("%s times, %s rows; %s rows differ\n"), rs_figure_grouped(v->passes, passes, sizeof passes),
	       rs_figure_grouped(v->rows, rows, sizeof rows), rs_figure_grouped(v->differences, known, sizeof known));
	if (v->state == RS_VERIFIER_WAITING && v->waits != RS_VERIFIER_WAITS_NOT) {
		printf("  ");
		rs_cli_print_text(rs_verifier_wait_title(v->waits));
	}
	for (size_t i = 0; i < v->n_diffs; i++) {
		char *line = rs_xprintf("  %-9s  %s.%s: %s", rs_diff_kind_code(v->diffs[i].kind), v->diffs[i].db, v->diffs[i].table,
		                        v->diffs[i].key);
		rs_cli_print_text(line);
		free(line);
	}
}

static void put_tables(const struct rs_progress *p)
{
	size_t n = p->n_tables < TABLES_SHOWN ? p->n_tables : TABLES_SHOWN;
	char rows[RS_FIGURE_SIZE];

	for (size_t i = 0; i < n; i++) {
		const struct rs_table_progress *t = rs_progress_table(p, i);
		char *name = rs_xprintf("%s.%s", t->db, t->name);

		put_label(name);
		printf(_("%s rows copied%s"), rs_figure_grouped(t->rows, rows, sizeof rows), t->copying ? " …" : "");
		const char *note = t->note && *t->note ? t->note : rs_unverified_title(t->unverified);
		if (*note)
			printf("; ");
		rs_cli_print_text(note);
		free(name);
	}
	if (n < p->n_tables)
		printf(_("  and %zu more tables (all of them with --json)\n"), p->n_tables - n);
}

static void put_problems(const struct rs_progress *p)
{
	char code[16], at[40];

	for (size_t i = 0; i < p->n_problems; i++) {
		const struct rs_problem *problem = &p->problems[i];

		printf("  %s %s ", rs_clock_iso(problem->last, at, sizeof at),
		       rs_err_code_text(problem->code, code, sizeof code));
		rs_cli_print_text(problem->text);
	}
}

static void put_progress(const struct rs_progress *p, bool live)
{
	char place[RS_POSITION_SHOWN];

	for (int i = 0; i < RS_PHASE_COUNT; i++)
		put_phase(p, (enum rs_phase_id)i, live);
	put_label(_("Destination consistent"));
	puts(p->consistent ? _("yes") : _("not yet"));
	if (live)
		put_measures(p);
	put_text(_("Source log"), rs_position_show_text(p->source_position, place));
	put_text(_("Applied up to"), rs_position_show_text(p->applied_position, place));
	put_changes(p);
	put_text(_("Now"), p->note);
	put_verify(&p->verify);
	put_tables(p);
	put_problems(p);
}

/* What it was when somebody last heard of it is not what it is. */
static void put_silence(struct rs_buf *out, const struct rs_task_status *s)
{
	char ago[RS_FIGURE_SIZE];

	if (!s->live || s->answers)
		return;
	rs_buf_adds(out, _("; its process does not answer"));
	if (s->updated)
		rs_buf_addf(out, _(", this is what it saved %s ago"), rs_figure_time(rs_clock_wall() - s->updated, ago, sizeof ago));
}

static void put_title(const struct rs_task *task, const struct rs_task_status *s)
{
	struct rs_buf line = RS_BUF_INIT;

	rs_buf_addf(&line, "%s: %s", task->name, _(rs_state_title_of(task->flow, s->state)));
	if (s->live && s->pid)
		rs_buf_addf(&line, _(" (process %ld)"), s->pid);
	put_silence(&line, s);
	rs_cli_print_text(rs_buf_str(&line));
	rs_buf_release(&line);
}

static void put_task(const struct rs_task *task, const struct rs_task_status *s)
{
	char *from = rs_endpoint_text(&task->source), *to = rs_endpoint_text(&task->destination), at[40];

	put_title(task, s);
	put_text(_("Source"), from);
	put_text(_("Destination"), to);
	free(from);
	free(to);
	if (s->updated)
		put_text(_("As of"), rs_clock_iso(s->updated, at, sizeof at));
	if (s->progress)
		put_progress(s->progress, s->live);
	fflush(stdout);
	if (s->progress && rs_err_is_set(&s->progress->error))
		rs_cli_print_error(&s->progress->error);
}

static int status_of(const struct rs_cli *cli, const char *what)
{
	struct rs_err err = RS_ERR_INIT;
	struct rs_task *task = rs_task_find(what, &err);
	struct rs_task_status s;

	if (!task || rs_task_status_read(task, &s, &err) != RS_OK) {
		rs_task_free(task);
		return rs_cli_fail(cli, &err);
	}
	if (rs_cli_flag(cli, "json"))
		rs_cli_print_json(task_json(task, &s));
	else
		put_task(task, &s);
	rs_task_status_release(&s);
	rs_task_free(task);
	return RS_EXIT_OK;
}

/* ------------------------------------------------------------------ all tasks */

static json_t *bad_json(const struct rs_task_file *file, const struct rs_err *err)
{
	json_t *j = json_object();

	json_object_set_new(j, "task", rs_json_string(file->name));
	json_object_set_new(j, "file", rs_json_string(file->path));
	json_object_set_new(j, "error", rs_err_to_json(err));
	return j;
}

static void put_row(const struct rs_task *task, const struct rs_task_status *s)
{
	struct rs_buf line = RS_BUF_INIT;

	put_label(task->name);
	if (s->live && s->progress)
		rs_line_progress(&line, s->progress);
	else
		rs_buf_adds(&line, _(rs_state_title_of(task->flow, s->state)));
	put_silence(&line, s);
	rs_cli_print_text(rs_buf_str(&line));
	rs_buf_release(&line);
}

static void put_bad_row(const struct rs_task_file *file, const struct rs_err *err)
{
	char code[16];

	put_label(file->name);
	printf("%s ", rs_err_code_text(err->code, code, sizeof code));
	rs_cli_print_text(err->primary);
}

/* A file that can't be read is a row like the others. */
static void one_of_all(const struct rs_task_file *file, json_t *list)
{
	struct rs_err err = RS_ERR_INIT;
	struct rs_task *task = rs_task_load(file->path, &err);
	struct rs_task_status s = {.progress = NULL};
	bool good = task && rs_task_status_read(task, &s, &err) == RS_OK;

	if (list)
		json_array_append_new(list, good ? task_json(task, &s) : bad_json(file, &err));
	else if (good)
		put_row(task, &s);
	else
		put_bad_row(file, &err);
	rs_task_status_release(&s);
	rs_task_free(task);
	rs_err_clear(&err);
}

static int status_of_all(const struct rs_cli *cli)
{
	struct rs_err err = RS_ERR_INIT;
	struct rs_task_list files;
	json_t *list = rs_cli_flag(cli, "json") ? json_array() : NULL;

	if (rs_task_list(&files, &err) != RS_OK) {
		json_decref(list);
		return rs_cli_fail(cli, &err);
	}
	for (size_t i = 0; i < files.count; i++)
		one_of_all(&files.files[i], list);
	if (list)
		rs_cli_print_json(list);
	rs_task_list_release(&files);
	return RS_EXIT_OK;
}

int rs_cli_status(const struct rs_cli *cli)
{
	return cli->n_operands ? status_of(cli, cli->operands[0]) : status_of_all(cli);
}
