/* event show, skip, edit, retry, list: the event of the source's log at which a task has stopped. */
#include "cli/cli.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "base/buf.h"
#include "base/i18n.h"
#include "base/utf8.h"
#include "engine/report/progress.h"
#include "engine/state.h"
#include "model/flow.h"

#define ANSWER_TIME (120 * RS_USEC_PER_SEC)
#define SQL_MAX ((size_t)1 << 20)

/* ------------------------------------------------------------------ show */

static void put_line(const char *label, const char *text)
{
	if (!text)
		return;
	fputs("  ", stdout);
	rs_cli_print_cell(label, 16);
	rs_cli_print_text(text);
}

static void put_table(const struct rs_failing *f)
{
	struct rs_buf text = RS_BUF_INIT;

	if (!f->table)
		return;
	rs_buf_addf(&text, "%s %s.%s", f->kind, f->db, f->table);
	if (f->dest_db && f->dest_table && (strcmp(f->db, f->dest_db) != 0 || strcmp(f->table, f->dest_table) != 0))
		rs_buf_addf(&text, " → %s.%s", f->dest_db, f->dest_table);
	put_line(_("Change"), rs_buf_str(&text));
	rs_buf_release(&text);
}

static size_t widest(const struct rs_failing *f)
{
	size_t width = 0;

	for (size_t i = 0; i < f->n_columns; i++) {
		size_t n = rs_utf8_width(f->columns[i].name, strlen(f->columns[i].name));
		width = n > width ? n : width;
	}
	return width + 3;
}

/* A column that did not change is told once. */
static void put_columns(const struct rs_failing *f)
{
	size_t width = widest(f);

	for (size_t i = 0; i < f->n_columns; i++) {
		const struct rs_failing_column *c = &f->columns[i];
		bool changed = c->before && c->after && strcmp(c->before, c->after) != 0;

		printf("  %c ", c->key ? '*' : ' ');
		rs_cli_print_cell(c->name, width);
		if (changed) {
			rs_cli_print_cell(c->before, 0);
			fputs("→ ", stdout);
		}
		rs_cli_print_text(c->after ? c->after : c->before ? c->before : "-");
	}
}

static const struct rs_err *why(const struct rs_progress *p) { return p->failing->side ? &p->failing->why : &p->error; }

static void put_failing(const struct rs_task *task, const struct rs_progress *p)
{
	const struct rs_failing *f = p->failing;
	char at[40];

	printf(f->side ? _("Tables beside the stream of %s, which goes on, have stopped at this event of the source:\n")
	               : _("%s has stopped at this event of the source:\n"), task->name);
	put_line(_("Event"), f->id);
	put_line(_("Time"), f->at > 0 ? rs_clock_iso(f->at, at, sizeof at) : NULL);
	put_table(f);
	put_line(_("Statement"), f->statement);
	put_line(_("Made of it"), f->dest_statement);
	put_columns(f);
	fflush(stdout);
	rs_cli_print_error(why(p));
	printf(_("rds-sync event retry %s   once the destination is mended\n"
	         "rds-sync event skip %s    leaves out this event alone\n"), task->name, task->name);
	if (rs_flow_check_reads_back(task->flow, NULL) == RS_OK)
		printf(_("rds-sync event edit %s --sql=FILE   executes something else in its place\n"), task->name);
	if (f->table && !f->side)
		printf(_("rds-sync table suspend %s %s.%s   goes on without the table; table resync copies it anew\n"), task->name, f->db,
		       f->table);
	else if (f->table)
		printf(_("rds-sync table resync %s %s.%s   copies the table anew\n"), task->name, f->db, f->table);
}

static int show(const struct rs_cli *cli, const struct rs_task *task, const struct rs_progress *p)
{
	json_t *j;

	if (rs_cli_flag(cli, "json")) {
		j = json_object();
		json_object_set_new(j, "event", rs_failing_to_json(p ? p->failing : NULL, true));
		json_object_set_new(j, "error", p && p->failing ? rs_err_to_json(why(p)) : json_null());
		rs_cli_print_json(j);
	} else if (p && p->failing) {
		put_failing(task, p);
	} else {
		printf(_("%s has not stopped at an event.\n"), task->name);
	}
	return p && p->failing ? RS_EXIT_OK : RS_EXIT_NO;
}

int rs_cli_event_show(const struct rs_cli *cli)
{
	struct rs_err err = RS_ERR_INIT;
	struct rs_task *task = rs_task_find(cli->operands[0], &err);
	struct rs_task_status s;
	int code;

	if (!task || rs_task_status_read(task, &s, &err) != RS_OK) {
		rs_task_free(task);
		return rs_cli_fail(cli, &err);
	}
	code = show(cli, task, s.progress);
	rs_task_status_release(&s);
	rs_task_free(task);
	return code;
}

/* ------------------------------------------------------------------ skip, edit, retry */

/* A process that runs the task goes on at once. */
static enum rs_rc go_on(const struct rs_task *task, struct rs_err *err)
{
	if (rs_task_is_locked(task, NULL))
		return rs_task_command(task, RS_CMD_RESUME, ANSWER_TIME, err);
	printf(_("Noted. \"rds-sync run %s\" goes on with the task.\n"), task->name);
	return RS_OK;
}

static int answer(const struct rs_cli *cli, enum rs_answer what, const char *sql)
{
	struct rs_err err = RS_ERR_INIT;
	struct rs_task *task = rs_task_find(cli->operands[0], &err);
	const char *id = cli->n_operands > 1 ? cli->operands[1] : NULL;
	enum rs_rc rc = task ? rs_task_answer(task, id, what, sql, &err) : RS_FAIL;

	if (rc == RS_OK)
		rc = go_on(task, &err);
	rs_task_free(task);
	return rc == RS_OK ? RS_EXIT_OK : rs_cli_fail(cli, &err);
}

int rs_cli_event_skip(const struct rs_cli *cli) { return answer(cli, RS_ANSWER_SKIP, NULL); }

int rs_cli_event_retry(const struct rs_cli *cli) { return answer(cli, RS_ANSWER_RETRY, NULL); }

static enum rs_rc read_all(FILE *in, const char *name, struct rs_buf *out, struct rs_err *err)
{
	char part[8192];
	size_t n;

	while ((n = fread(part, 1, sizeof part, in)) > 0)
		if (rs_buf_add(out, part, n) != RS_OK)
			return rs_err_set(err, RS_E_EVENT_SQL, _("%s is too large"), name);
	if (ferror(in))
		return rs_err_sys(err, RS_E_IO, errno, _("can't read %s"), name);
	if (!rs_utf8_valid(rs_buf_str(out), out->len) || strlen(rs_buf_str(out)) != out->len)
		return rs_err_set(err, RS_E_EVENT_SQL, _("%s is not UTF-8"), name);
	return RS_OK;
}

static enum rs_rc read_sql(const char *name, struct rs_buf *out, struct rs_err *err)
{
	FILE *in = strcmp(name, "-") == 0 ? stdin : fopen(name, "re");
	enum rs_rc rc;

	if (!in)
		return rs_err_sys(err, RS_E_IO, errno, _("can't read %s"), name);
	rc = read_all(in, name, out, err);
	if (in != stdin)
		fclose(in);
	return rc;
}

int rs_cli_event_edit(const struct rs_cli *cli)
{
	const char *name = rs_cli_value(cli, "sql");
	struct rs_err err = RS_ERR_INIT;
	struct rs_buf sql;
	int code;

	rs_buf_init(&sql, SQL_MAX);
	if (!name) {
		rs_err_set(&err, RS_E_USAGE, _("\"event edit\" needs --sql=FILE"));
		return rs_cli_fail(cli, &err);
	}
	code = read_sql(name, &sql, &err) == RS_OK ? answer(cli, RS_ANSWER_EDIT, rs_buf_str(&sql)) : rs_cli_fail(cli, &err);
	rs_buf_release(&sql);
	return code;
}

/* ------------------------------------------------------------------ list */

static json_t *decided_json(const struct rs_decided *d)
{
	return json_pack("{s:s,s:s,s:s,s:s?,s:b}", "id", d->id, "decision", d->answer == RS_ANSWER_EDIT ? "edit" : "skip", "what",
	                 d->what ? d->what : "", "sql", d->sql, "passed", d->passed);
}

static void put_decided(const struct rs_decided *d)
{
	struct rs_buf line = RS_BUF_INIT;

	rs_buf_addf(&line, "%s  %s  %s", d->answer == RS_ANSWER_EDIT ? "edit" : "skip", d->passed ? "passed " : "waiting",
	            d->what ? d->what : d->id);
	if (d->sql)
		rs_buf_addf(&line, " → %s", d->sql);
	rs_cli_print_text(rs_buf_str(&line));
	rs_buf_release(&line);
}

int rs_cli_event_list(const struct rs_cli *cli)
{
	struct rs_err err = RS_ERR_INIT;
	struct rs_task *task = rs_task_find(cli->operands[0], &err);
	json_t *j = rs_cli_flag(cli, "json") ? json_array() : NULL;
	struct rs_decided *list = NULL;
	size_t n = 0;
	enum rs_rc rc = task ? rs_task_decided(task, &list, &n, &err) : RS_FAIL;

	for (size_t i = 0; rc == RS_OK && i < n; i++) {
		if (j)
			json_array_append_new(j, decided_json(&list[i]));
		else
			put_decided(&list[i]);
	}
	if (rc == RS_OK && j)
		rs_cli_print_json(json_incref(j));
	json_decref(j);
	rs_decided_free(list, n);
	rs_task_free(task);
	return rc == RS_OK ? RS_EXIT_OK : rs_cli_fail(cli, &err);
}
