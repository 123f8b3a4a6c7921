/* verify: both sides compared, each difference named. */
#include "cli/cli.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/buf.h"
#include "base/figure.h"
#include "base/i18n.h"
#include "base/mem.h"
#include "cli/verify_options.h"
#include "engine/report/progress.h"
#include "engine/verify/repairs.h"
#include "model/json_string.h"

static const char *const modes[] = {
	[RS_VERIFY_FULL] = "full", [RS_VERIFY_SAMPLE] = "sample", [RS_VERIFY_COUNT] = "count"};

/* ------------------------------------------------------------------ JSON */

/* Reads a name that may stand in backquotes, doubled inside. Returns what is behind it and its comma. */
static const char *read_name(const char *p, struct rs_buf *name)
{
	const bool quoted = *p == '`';

	for (p += quoted; *p && (quoted || *p != ','); p++) {
		if (quoted && *p == '`' && *++p != '`')
			break;
		rs_buf_addc(name, *p);
	}
	return p + (*p == ',');
}

static json_t *columns_json(const char *columns)
{
	json_t *j = json_array();

	while (columns && *columns) {
		struct rs_buf name = RS_BUF_INIT;

		columns = read_name(columns, &name);
		json_array_append_new(j, rs_json_string(rs_buf_str(&name)));
		rs_buf_release(&name);
	}
	return j;
}

static json_t *diff_json(const struct rs_diff *d)
{
	json_t *j = json_object();

	json_object_set_new(j, "kind", json_string(rs_diff_kind_code(d->kind)));
	json_object_set_new(j, "database", rs_json_string(d->db));
	json_object_set_new(j, "table", rs_json_string(d->table));
	json_object_set_new(j, "key", rs_json_string(d->key));
	json_object_set_new(j, "columns", columns_json(d->columns));
	return j;
}

static void put_counts(json_t *j, const struct rs_verify_counts *c)
{
	json_object_set_new(j, "rows_compared", json_integer((json_int_t)c->rows));
	json_object_set_new(j, "rows_read", json_integer((json_int_t)c->read));
	json_object_set_new(j, "ranges_total", json_integer((json_int_t)c->ranges));
	json_object_set_new(j, "ranges_compared", json_integer((json_int_t)c->ranges_compared));
	json_object_set_new(j, "unsettled", json_integer((json_int_t)c->unsettled));
}

static json_t *result_json(const struct rs_task *task, const struct rs_verify_options *o, const struct rs_verify_result *r)
{
	json_t *j = json_object(), *diffs = json_array(), *ranges = json_array();

	json_object_set_new(j, "task", rs_json_string(task->name));
	json_object_set_new(j, "id", rs_json_string(task->id));
	json_object_set_new(j, "mode", json_string(modes[o->mode]));
	json_object_set_new(j, "sample", o->mode == RS_VERIFY_SAMPLE ? json_integer(o->percent) : json_null());
	json_object_set_new(j, "same", json_boolean(r->same));
	json_object_set_new(j, "complete", json_boolean(!rs_err_is_set(&r->error)));
	json_object_set_new(j, "seconds", json_real((double)r->took / RS_USEC_PER_SEC));
	json_object_set_new(j, "tables", json_integer((json_int_t)r->tables_done));
	put_counts(j, &r->counts);
	json_object_set_new(j, "differences_total", json_integer((json_int_t)r->diffs_total));
	for (size_t i = 0; i < r->n_diffs; i++)
		json_array_append_new(diffs, diff_json(&r->diffs[i]));
	json_object_set_new(j, "differences", diffs);
	json_object_set_new(j, "ranges_different", json_integer((json_int_t)r->ranges_total));
	for (size_t i = 0; i < r->n_ranges; i++)
		json_array_append_new(ranges, rs_diff_range_to_json(&r->ranges[i]));
	json_object_set_new(j, "ranges", ranges);
	json_object_set_new(j, "left_out", rs_json_string(r->left_out));
	json_object_set_new(j, "error", rs_err_to_json(&r->error));
	return j;
}

/* ------------------------------------------------------------------ text */

static void put_diff(const struct rs_diff *d)
{
	struct rs_buf line = RS_BUF_INIT;

	rs_buf_addf(&line, "%-9s %s.%s %s", rs_diff_kind_code(d->kind), d->db, d->table, d->key ? d->key : "");
	if (d->columns)
		rs_buf_addf(&line, ": %s", d->columns);
	rs_cli_print_text(rs_buf_str(&line));
	rs_buf_release(&line);
}

static void put_result(const struct rs_verify_result *r)
{
	char rows[RS_FIGURE_SIZE], tables[RS_FIGURE_SIZE], diffs[RS_FIGURE_SIZE];

	for (size_t i = 0; i < r->n_diffs; i++)
		put_diff(&r->diffs[i]);
	rs_figure_grouped(r->counts.rows, rows, sizeof rows);
	rs_figure_grouped(r->tables_done, tables, sizeof tables);
	if (r->counts.unsettled > 0)
		printf(ngettext("%s row changed too often to be judged.\n", "%s rows changed too often to be judged.\n",
		                (unsigned long)r->counts.unsettled),
		       rs_figure_grouped(r->counts.unsettled, diffs, sizeof diffs));
	if (r->left_out != NULL) {
		char *line = rs_xprintf(_("Not compared, since they are suspended or being added: %s"), r->left_out);
		rs_cli_print_text(line);
		free(line);
	}
	if (r->same)
		printf(_("Both sides are the same: %s rows in %s tables.\n"), rows, tables);
	else if (!rs_err_is_set(&r->error))
		printf(_("%s differences in %s rows of %s tables.\n"), rs_figure_grouped(r->diffs_total, diffs, sizeof diffs),
		       rows, tables);
}

static bool is_table_missing(const struct rs_verify_result *r)
{
	for (size_t i = 0; i < r->n_diffs; i++)
		if (r->diffs[i].key != NULL && strcmp(r->diffs[i].key, "*") == 0)
			return true;
	return false;
}

/* A line that is written again and again, on a terminal only. */
static void put_progress(const struct rs_verify_result *r)
{
	char done[RS_FIGURE_SIZE], total[RS_FIGURE_SIZE], rows[RS_FIGURE_SIZE];

	if (!isatty(STDERR_FILENO))
		return;
	fputs("\r\033[K", stderr);
	if (!r->done)
		fprintf(stderr, _("%s of %s tables, %s rows"), rs_figure_grouped(r->tables_done, done, sizeof done),
		        rs_figure_grouped(r->tables_total, total, sizeof total),
		        rs_figure_grouped(r->counts.rows, rows, sizeof rows));
}

/* ------------------------------------------------------------------ the command */

/* False: interrupted. */
static bool follow(struct rs_verify *v, struct rs_cli_wait *w, struct rs_verify_result *r)
{
	for (;;) {
		rs_verify_get(v, r);
		put_progress(r);
		if (r->done)
			return true;
		rs_verify_result_release(r);
		if (rs_cli_wait_next(w, RS_MSEC(500)) == RS_WAIT_SIGNAL)
			return false;
	}
}

/* True: everything that differed was mended. */
static bool repair(const struct rs_cli *cli, const struct rs_task *task, const struct rs_verify_result *r, json_t *told)
{
	if (!rs_cli_flag(cli, "repair") || r->n_ranges == 0)
		return false;
	return rs_cli_repair_ranges(task, r->ranges, r->n_ranges, told) && r->n_ranges == r->ranges_total &&
	       !rs_err_is_set(&r->error) && !is_table_missing(r);
}

static int report(const struct rs_cli *cli, const struct rs_task *task, const struct rs_verify_options *o,
                  const struct rs_verify_result *r)
{
	bool repaired = false;

	if (rs_cli_flag(cli, "json")) {
		json_t *j = result_json(task, o, r), *told = json_array();
		repaired = repair(cli, task, r, told);
		json_object_set_new(j, "repairs", told);
		rs_cli_print_json(j);
	} else {
		put_result(r);
		repaired = repair(cli, task, r, NULL);
	}
	if (rs_err_is_set(&r->error)) {
		rs_cli_print_error(&r->error);
		return RS_EXIT_ERROR;
	}
	return r->same || repaired ? RS_EXIT_OK : RS_EXIT_NO;
}

static int verify_task(const struct rs_cli *cli, const struct rs_task *task, const struct rs_verify_options *o,
                       struct rs_cli_wait *w)
{
	struct rs_verify *v = rs_verify_start(task, o, w->wake);
	struct rs_verify_result r;
	int code = RS_EXIT_ERROR;

	if (follow(v, w, &r)) {
		code = report(cli, task, o, &r);
		rs_verify_result_release(&r);
	}
	rs_verify_free(v);
	return code;
}

int rs_cli_verify(const struct rs_cli *cli)
{
	struct rs_err err = RS_ERR_INIT;
	struct rs_cli_wait w = {.event_fd = -1, .signal_fd = -1};
	struct rs_verify_options options;
	char *tables = NULL;
	enum rs_rc rc = rs_verify_options_read(cli, &options, &tables, &err);
	struct rs_task *task = rc == RS_OK ? rs_task_find(cli->operands[0], &err) : NULL;
	int code = RS_EXIT_ERROR;

	if (task != NULL && rs_task_check(task, &err) == RS_OK && rs_cli_wait_open(&w, &err) == RS_OK) {
		code = verify_task(cli, task, &options, &w);
		rs_cli_wait_close(&w);
	} else {
		code = rs_cli_fail(cli, &err);
	}
	rs_task_free(task);
	free(tables);
	return code;
}
