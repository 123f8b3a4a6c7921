/* The event of the source's log at which a task has stopped: shown when asked for, left out, replaced or tried again after a
 * question; and what was decided about others. */
#include "screen/trouble.h"

#include <string.h>
#include "base/i18n.h"
#include "base/mem.h"
#include "base/utf8.h"

static const struct rs_failing *failing_of(const struct rs_watch *watch)
{
	return watch->task && watch->progress ? watch->progress->failing : NULL;
}

bool rs_trouble_has_event(const struct rs_watch *watch, const char **why)
{
	*why = failing_of(watch) ? NULL : _("the task has not stopped at an event");
	return *why == NULL;
}

bool rs_trouble_has_table(const struct rs_watch *watch, const char **why)
{
	if (!rs_trouble_has_event(watch, why))
		return false;
	*why = failing_of(watch)->table ? NULL : _("it is a statement, not a row of one table");
	return *why == NULL && rs_app_can_change_tables(watch, why);
}

/* --- showing it ------------------------------------------------------------------------------- */

static int widest_name(const struct rs_failing *f)
{
	size_t width = 0;

	for (size_t i = 0; i < f->n_columns; i++) {
		size_t n = rs_utf8_width(f->columns[i].name, strlen(f->columns[i].name));

		width = n > width ? n : width;
	}
	return width < 30 ? (int)width : 30;
}

/* "* id    5", "  name  'a' → 'b'": those by which rows are found have a star. */
static void put_column(struct rs_buf *out, const struct rs_failing_column *c, int width)
{
	int room = width - (int)rs_utf8_width(c->name, strlen(c->name));

	(void)rs_buf_addf(out, "\n%s%s%*s", c->key ? "* " : "  ", c->name, (room > 0 ? room : 0) + 2, "");
	if (c->before && c->after && strcmp(c->before, c->after) != 0)
		(void)rs_buf_addf(out, "%s → ", c->before);
	(void)rs_buf_adds(out, c->after ? c->after : c->before ? c->before : "–");
}

static void put_what(struct rs_buf *out, const struct rs_failing *f)
{
	if (f->statement) {
		(void)rs_buf_adds(out, f->statement);
		return;
	}
	(void)rs_buf_addf(out, "%s %s.%s", f->kind, f->db, f->table);
	if (f->dest_db && f->dest_table && (strcmp(f->db, f->dest_db) != 0 || strcmp(f->table, f->dest_table) != 0))
		(void)rs_buf_addf(out, " → %s.%s", f->dest_db, f->dest_table);
}

void rs_trouble_show_event(struct rs_app *app, const struct rs_watch *watch)
{
	const struct rs_failing *f = failing_of(watch);
	struct rs_buf text = RS_BUF_INIT;
	char at[40];

	if (!f)
		return;
	put_what(&text, f);
	if (f->at > 0)
		(void)rs_buf_addf(&text, "\n%s", rs_clock_iso(f->at, at, sizeof at));
	if (f->dest_statement)
		(void)rs_buf_addf(&text, "\n\n→ %s", f->dest_statement);
	if (f->n_columns)
		(void)rs_buf_adds(&text, "\n");
	for (size_t i = 0; i < f->n_columns; i++)
		put_column(&text, &f->columns[i], widest_name(f));
	if (f->side)
		(void)rs_buf_addf(&text, "\n\n%s", _("It is tables beside the task that have stopped here; the task goes on."));
	if (f->side && f->why.primary)
		(void)rs_buf_addf(&text, "\n%s", f->why.primary);
	rs_dialog_message(app->loop, f->id, rs_buf_str(&text), NULL, NULL);
	rs_buf_release(&text);
}

/* --- deciding ----------------------------------------------------------------------------------- */

struct decision {
	struct rs_app *app;
	struct rs_task *task;
	char *id, *what;
	enum rs_answer answer;
	char *sql;
	enum rs_rc rc;
	struct rs_err err;
};

static struct decision *decision_new(struct rs_app *app, const struct rs_watch *watch, enum rs_answer answer)
{
	struct decision *d = rs_xcalloc(1, sizeof *d);
	struct rs_buf what = RS_BUF_INIT;

	put_what(&what, failing_of(watch));
	*d = (struct decision){.app = app, .task = rs_task_copy(watch->task), .id = rs_xstrdup(failing_of(watch)->id), .answer = answer,
	                       .what = rs_buf_take(&what), .err = RS_ERR_INIT};
	return d;
}

static void decision_free(struct decision *d)
{
	rs_task_free(d->task);
	rs_err_clear(&d->err);
	free(d->id);
	free(d->what);
	free(d->sql);
	free(d);
}

static void decision_run(void *arg)
{
	struct decision *d = arg;

	d->rc = rs_task_answer(d->task, d->id, d->answer, d->sql, &d->err);
}

static const char *refusal(enum rs_answer answer)
{
	switch (answer) {
	case RS_ANSWER_SKIP: return _("The event can't be left out");
	case RS_ANSWER_EDIT: return _("The event can't be replaced");
	case RS_ANSWER_RETRY: return _("The event can't be tried again");
	}
	return "";
}

static void ask_sql(struct decision *d);

static void asked_again(void *ctx, const char *answer)
{
	(void)answer;
	ask_sql(ctx);
}

/* What can't be executed there is asked for again, as it was typed. */
static void decision_done(void *arg)
{
	struct decision *d = arg;
	struct rs_watch *watch = rs_watches_find(&d->app->watches, d->task->path ? d->task->path : d->task->name);

	if (d->rc != RS_OK && d->err.code == RS_E_EVENT_SQL) {
		rs_dialog_error(d->app->loop, refusal(d->answer), &d->err, asked_again, d);
		return;
	}
	if (watch)
		rs_watch_refresh(watch); /* its engine may have ended since it was drawn: what is told to that is lost */
	if (d->rc != RS_OK)
		rs_app_show_error(d->app, refusal(d->answer), &d->err);
	else if (watch && watch->live)
		rs_app_command(d->app, watch, RS_CMD_RESUME);
	else if (watch)
		rs_app_start_task(d->app, watch, RS_APP_STAY);
	decision_free(d);
}

static void decide(struct decision *d)
{
	rs_err_clear(&d->err);
	rs_work_start(&d->app->works, decision_run, decision_done, d, 0);
}

/* What is decided is written to the destination: where that is in production its name is typed first. */
static void production_answered(void *ctx, const char *answer)
{
	if (answer && strcmp(answer, "yes") == 0)
		decide(ctx);
	else
		decision_free(ctx);
}

static void decide_in_production(struct decision *d)
{
	const struct rs_instance *production = rs_app_production(d->app, d->task);
	char *text;

	if (!production) {
		decide(d);
		return;
	}
	text = rs_xprintf(_("%s is an instance in production. This is executed there in place of the event:\n\n%s"), production->id, d->sql);
	rs_dialog_typed(d->app->loop, _("Write to production?"), text, production->id, NULL, _("Replace"), production_answered, d);
	free(text);
}

static void skip_answered(void *ctx, const char *answer)
{
	if (answer && strcmp(answer, "yes") == 0)
		decide(ctx);
	else
		decision_free(ctx);
}

/* What there is no more of at the destination. */
static const char *consequence(const struct rs_watch *watch, const struct rs_failing *f)
{
	if (rs_flow_check_compares(watch->task ? watch->task->flow : NULL, NULL) != RS_OK)
		return _("Nothing of it is written to the destination. All others arrive.");
	return f->statement ? _("The destination's tables keep their form. Columns and tables that they then lack are not synchronized any more.")
	                    : _("This row will be different at the destination, and later changes of it count as anomalies. All others arrive.");
}

void rs_trouble_ask_skip(struct rs_app *app, const struct rs_watch *watch)
{
	struct rs_option buttons[] = {{"no", _("Cancel"), NULL, NULL}, {"yes", _("Leave out"), NULL, NULL}};
	const struct rs_failing *f = failing_of(watch);
	struct rs_buf text = RS_BUF_INIT;

	if (!f)
		return;
	put_what(&text, f);
	(void)rs_buf_addf(&text, "\n%s\n\n%s", f->id, consequence(watch, f));
	rs_dialog_ask(app->loop, _("Leave this event out?"), rs_buf_str(&text), true, buttons, RS_COUNT(buttons), skip_answered,
	              decision_new(app, watch, RS_ANSWER_SKIP));
	rs_buf_release(&text);
}

/* --- what to begin with ----------------------------------------------------------------------- */

/* Whether a value as it is shown is one for SQL, too: it is whole, and nothing in it had to be escaped. */
static bool is_exact(const char *value)
{
	size_t len = strlen(value);
	bool quoted = len >= 2 && *value == '\'';
	const char *inner = value + quoted, *end = value + len - quoted;

	return !memmem(inner, (size_t)(end - inner), "…", strlen("…")) && !memchr(inner, '\\', (size_t)(end - inner)) &&
	       !memchr(inner, '\'', (size_t)(end - inner));
}

/* What can't be told exactly has to be filled in: no server takes this. */
static void put_value(struct rs_buf *out, const struct rs_failing_column *c, const char *value)
{
	if (is_exact(value))
		(void)rs_buf_adds(out, value);
	else
		(void)rs_buf_addf(out, "<%s>", c->name);
}

static void put_name(struct rs_buf *out, const char *name)
{
	(void)rs_buf_addc(out, '`');
	for (; *name; name++) {
		if (*name == '`')
			(void)rs_buf_addc(out, '`');
		(void)rs_buf_addc(out, *name);
	}
	(void)rs_buf_addc(out, '`');
}

/* "`id` = 5 AND `x` IS NULL": by the key, else by all that is known of the row. */
static void put_where(struct rs_buf *out, const struct rs_failing *f)
{
	const char *before = " WHERE ";
	bool keyed = false;

	for (size_t i = 0; i < f->n_columns; i++)
		keyed = keyed || f->columns[i].key;
	for (size_t i = 0; i < f->n_columns; i++) {
		const struct rs_failing_column *c = &f->columns[i];

		if (!c->before || (keyed && !c->key))
			continue;
		(void)rs_buf_adds(out, before);
		put_name(out, c->name);
		(void)rs_buf_adds(out, strcmp(c->before, "NULL") == 0 ? " IS " : " = ");
		put_value(out, c, c->before);
		before = " AND ";
	}
}

static void put_insert(struct rs_buf *out, const struct rs_failing *f)
{
	const char *comma = "";

	(void)rs_buf_adds(out, " (");
	for (size_t i = 0; i < f->n_columns; i++)
		if (f->columns[i].after) {
			(void)rs_buf_adds(out, comma);
			put_name(out, f->columns[i].name);
			comma = ", ";
		}
	(void)rs_buf_adds(out, ") VALUES (");
	comma = "";
	for (size_t i = 0; i < f->n_columns; i++)
		if (f->columns[i].after) {
			(void)rs_buf_adds(out, comma);
			put_value(out, &f->columns[i], f->columns[i].after);
			comma = ", ";
		}
	(void)rs_buf_addc(out, ')');
}

static void put_update(struct rs_buf *out, const struct rs_failing *f)
{
	const char *before = " SET ";

	for (size_t i = 0; i < f->n_columns; i++) {
		const struct rs_failing_column *c = &f->columns[i];

		if (!c->after || (c->before && strcmp(c->before, c->after) == 0))
			continue;
		(void)rs_buf_adds(out, before);
		put_name(out, c->name);
		(void)rs_buf_adds(out, " = ");
		put_value(out, c, c->after);
		before = ", ";
	}
	put_where(out, f);
}

/* What the row's event does, in SQL, as far as that can be told: to be mended rather than written anew. malloc'ed. */
static char *row_sql(const struct rs_failing *f)
{
	struct rs_buf out = RS_BUF_INIT;
	bool inserts = strcmp(f->kind, "INSERT") == 0, updates = strcmp(f->kind, "UPDATE") == 0;

	(void)rs_buf_adds(&out, inserts ? "INSERT INTO " : updates ? "UPDATE " : "DELETE FROM ");
	put_name(&out, f->dest_db ? f->dest_db : f->db);
	(void)rs_buf_addc(&out, '.');
	put_name(&out, f->dest_table ? f->dest_table : f->table);
	(inserts ? put_insert : updates ? put_update : put_where)(&out, f);
	return rs_buf_take(&out);
}

static void sql_answered(void *ctx, const char *sql)
{
	struct decision *d = ctx;

	if (!sql || !*sql) {
		decision_free(d);
		return;
	}
	if (sql != d->sql) {
		free(d->sql);
		d->sql = rs_xstrdup(sql);
	}
	decide_in_production(d);
}

static void ask_sql(struct decision *d)
{
	struct rs_buf text = RS_BUF_INIT;
	bool row = !strchr(d->id, '/') || strcmp(strchr(d->id, '/'), "/0") != 0;

	(void)rs_buf_addf(&text, "%s  %s\n\n", d->id, d->what);
	(void)rs_buf_adds(&text, row ? _("Executed in place of the row, in the same transaction: INSERT, UPDATE, DELETE or REPLACE with the "
	                                 "destination's names, as shop.orders; several are separated by semicolons.")
	                             : _("Executed in place of the statement: one schema change in the destination's words, its names written with "
	                                 "their database."));
	rs_dialog_prompt(d->app->loop, _("Replace this event"), rs_buf_str(&text), d->sql ? d->sql : "", sql_answered, d);
	rs_buf_release(&text);
}

void rs_trouble_ask_edit(struct rs_app *app, const struct rs_watch *watch)
{
	const struct rs_failing *f = failing_of(watch);
	struct decision *d;

	if (!f)
		return;
	d = decision_new(app, watch, RS_ANSWER_EDIT);
	d->sql = f->table ? row_sql(f) : rs_xstrdup(f->dest_statement ? f->dest_statement : f->statement);
	ask_sql(d);
}

void rs_trouble_retry(struct rs_app *app, const struct rs_watch *watch)
{
	if (failing_of(watch))
		decide(decision_new(app, watch, RS_ANSWER_RETRY));
}

void rs_trouble_change_table(struct rs_app *app, const struct rs_watch *watch, enum rs_table_action action)
{
	const struct rs_failing *f = failing_of(watch);
	struct rs_selection *s = rs_selection_new();

	if (f && f->table && rs_selection_add_table(s, f->db, f->table, NULL) == RS_OK)
		rs_app_change_tables(app, watch, action, s, false);
	else
		rs_selection_free(s);
}

/* --- what was decided ------------------------------------------------------------------------------- */

struct history {
	struct rs_app *app;
	struct rs_task *task;
	struct rs_decided *list;
	size_t count;
	enum rs_rc rc;
	struct rs_err err;
};

static void history_run(void *arg)
{
	struct history *h = arg;

	h->rc = rs_task_decided(h->task, &h->list, &h->count, &h->err);
}

static void put_decided(const struct rs_decided *d, struct rs_buf *out)
{
	const char *what = d->answer == RS_ANSWER_EDIT ? d->passed ? _("replaced") : _("to be replaced")
	                                                 : d->passed ? _("left out") : _("to be left out");

	(void)rs_buf_addf(out, "%s%s: %s", out->len ? "\n" : "", what, d->what ? d->what : d->id);
	if (d->sql)
		(void)rs_buf_addf(out, "\n    → %s", d->sql);
}

static void history_done(void *arg)
{
	struct history *h = arg;
	struct rs_buf text = RS_BUF_INIT;

	for (size_t i = h->count; i-- > 0;)
		put_decided(&h->list[i], &text);
	if (h->rc != RS_OK)
		rs_app_show_error(h->app, _("What was decided can't be read"), &h->err);
	else
		rs_dialog_message(h->app->loop, _("Events that were decided, newest first"),
		                  text.len ? rs_buf_str(&text) : _("Nothing was decided about any event."), NULL, NULL);
	rs_buf_release(&text);
	rs_decided_free(h->list, h->count);
	rs_task_free(h->task);
	rs_err_clear(&h->err);
	free(h);
}

void rs_trouble_show_decided(struct rs_app *app, const struct rs_watch *watch)
{
	struct history *h = rs_xcalloc(1, sizeof *h);

	*h = (struct history){.app = app, .task = rs_task_copy(watch->task), .err = RS_ERR_INIT};
	rs_loop_say(app->loop, RS_STYLE_NORMAL, "%s", _("Asking the destination."));
	rs_work_start(&app->works, history_run, history_done, h, 0);
}
