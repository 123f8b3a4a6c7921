/* Snapshots as JSON, and back: what status --json prints, the socket answers and the state file keeps. */
#include "engine/report/progress.h"

#include <inttypes.h>
#include <string.h>
#include "base/mem.h"
#include "engine/report/alerts.h"
#include "model/json_string.h"

/* ------------------------------------------------------------------ to JSON */

static json_t *number(uint64_t n)
{
	return json_integer((json_int_t)n);
}

static json_t *measured(int64_t n) { return n >= 0 ? json_integer(n) : json_null(); }

static json_t *moment(rs_usec wall)
{
	char buf[40];

	return wall > 0 ? json_string(rs_clock_iso(wall, buf, sizeof buf)) : json_null();
}

static json_t *seconds(rs_usec t)
{
	return t >= 0 ? json_real((double)t / (double)RS_USEC_PER_SEC) : json_null();
}

static json_t *rate(double r)
{
	return r >= 0 ? json_real(r) : json_null();
}

static json_t *phase_json(const struct rs_phase *p)
{
	json_t *j = json_object();

	json_object_set_new(j, "state", json_string(rs_phase_state_code(p->state)));
	json_object_set_new(j, "done", number(p->done));
	json_object_set_new(j, "total", number(p->total));
	json_object_set_new(j, "bytes", number(p->bytes));
	json_object_set_new(j, "bytes_total", number(p->bytes_total));
	json_object_set_new(j, "started", moment(p->started));
	json_object_set_new(j, "ended", moment(p->ended));
	return j;
}

static json_t *phases_json(const struct rs_progress *p)
{
	json_t *j = json_object();

	for (size_t i = 0; i < RS_PHASE_COUNT; i++)
		json_object_set_new(j, rs_phase_code((enum rs_phase_id)i), phase_json(&p->phases[i]));
	return j;
}

static json_t *table_json(const struct rs_table_progress *t)
{
	json_t *j = json_object();

	json_object_set_new(j, "database", rs_json_string_or_null(t->db));
	json_object_set_new(j, "table", rs_json_string_or_null(t->name));
	json_object_set_new(j, "destination_database", rs_json_string_or_null(t->dest_db));
	json_object_set_new(j, "destination_table", rs_json_string_or_null(t->dest_name));
	json_object_set_new(j, "rows", number(t->rows));
	json_object_set_new(j, "rows_total", number(t->rows_total));
	json_object_set_new(j, "bytes", number(t->bytes));
	json_object_set_new(j, "bytes_total", number(t->bytes_total));
	json_object_set_new(j, "inserts", number(t->inserts));
	json_object_set_new(j, "updates", number(t->updates));
	json_object_set_new(j, "deletes", number(t->deletes));
	json_object_set_new(j, "last_change", moment(t->last_change));
	json_object_set_new(j, "copying", json_boolean(t->copying));
	json_object_set_new(j, "copied", json_boolean(t->copied));
	json_object_set_new(j, "keyless", json_boolean(t->keyless));
	json_object_set_new(j, "differences", number(t->differences));
	json_object_set_new(j, "unverified", rs_json_string_or_null(rs_unverified_code(t->unverified)));
	json_object_set_new(j, "state", json_string(rs_table_sync_code(t->sync)));
	json_object_set_new(j, "since", rs_json_string_or_null(t->since));
	json_object_set_new(j, "note", rs_json_string_or_null(t->note));
	return j;
}

static json_t *code_json(enum rs_errc code)
{
	char buf[16];

	return json_string(rs_err_code_text(code, buf, sizeof buf));
}

static json_t *problem_json(const struct rs_problem *p)
{
	json_t *j = json_object();

	json_object_set_new(j, "code", code_json(p->code));
	json_object_set_new(j, "text", rs_json_string_or_null(p->text));
	json_object_set_new(j, "hint", rs_json_string_or_null(p->hint));
	json_object_set_new(j, "first", moment(p->first));
	json_object_set_new(j, "last", moment(p->last));
	json_object_set_new(j, "count", number(p->count));
	json_object_set_new(j, "fatal", json_boolean(p->fatal));
	return j;
}

json_t *rs_err_to_json(const struct rs_err *err)
{
	json_t *j;

	if (!rs_err_is_set(err))
		return json_null();
	j = json_object();
	json_object_set_new(j, "code", code_json(err->code));
	json_object_set_new(j, "primary", rs_json_string_or_null(err->primary));
	json_object_set_new(j, "detail", rs_json_string_or_null(err->detail));
	json_object_set_new(j, "hint", rs_json_string_or_null(err->hint));
	json_object_set_new(j, "sqlstate", rs_json_string_or_null(err->sqlstate));
	json_object_set_new(j, "native", err->native ? number(err->native) : json_null());
	return j;
}

/* The first is no reason. */
static const char *const serial_words[RS_SERIAL_COUNT] = {
	[RS_SERIAL_SMALL] = "small", [RS_SERIAL_CONFLICTS] = "conflicts", [RS_SERIAL_TRIGGERS] = "triggers",
	[RS_SERIAL_XA] = "xa",       [RS_SERIAL_SCHEMA] = "schema",       [RS_SERIAL_LARGE] = "large",
	[RS_SERIAL_ORDER] = "order",
};

static json_t *serial_json(const struct rs_progress *p)
{
	json_t *j = json_object();

	for (size_t i = 1; i < RS_SERIAL_COUNT; i++)
		json_object_set_new(j, serial_words[i], number(p->serial[i]));
	return j;
}

static json_t *counters_json(const struct rs_progress *p)
{
	json_t *j = json_object();

	json_object_set_new(j, "inserts", number(p->inserts));
	json_object_set_new(j, "updates", number(p->updates));
	json_object_set_new(j, "deletes", number(p->deletes));
	json_object_set_new(j, "ddls", number(p->ddls));
	json_object_set_new(j, "transactions", number(p->transactions));
	json_object_set_new(j, "anomalies", number(p->anomalies));
	json_object_set_new(j, "refolds", number(p->refolds));
	json_object_set_new(j, "parallel", number(p->serial[RS_SERIAL_NONE]));
	json_object_set_new(j, "serial", serial_json(p));
	json_object_set_new(j, "retries", number(p->retries));
	json_object_set_new(j, "skipped", number(p->skipped));
	json_object_set_new(j, "left_out", number(p->left_out));
	json_object_set_new(j, "incomplete", number(p->incomplete));
	return j;
}

static json_t *relay_json(const struct rs_progress *p)
{
	json_t *j = json_object();

	json_object_set_new(j, "bytes", number(p->relay_bytes));
	json_object_set_new(j, "quota", number(p->relay_quota));
	json_object_set_new(j, "filling", json_boolean(p->relay_filling));
	json_object_set_new(j, "full", json_boolean(p->relay_full));
	json_object_set_new(j, "position", rs_json_string_or_null(p->relay_position));
	json_object_set_new(j, "time", moment(p->relay_time));
	json_object_set_new(j, "leaves_out", rs_json_string(p->relay_leaves_out));
	return j;
}

static json_t *delivery_json(const struct rs_delivery *d)
{
	json_t *j = json_object();

	json_object_set_new(j, "lag_seconds", d->measured ? seconds(d->lag) : json_null());
	json_object_set_new(j, "uncommitted_messages", d->measured ? number(d->uncommitted) : json_null());
	json_object_set_new(j, "unacknowledged_messages", d->measured ? number(d->unacknowledged) : json_null());
	return j;
}

static void measures_json(json_t *j, const struct rs_progress *p)
{
	json_object_set_new(j, "rows_per_second", rate(p->rows_per_sec));
	json_object_set_new(j, "bytes_per_second", rate(p->bytes_per_sec));
	json_object_set_new(j, "lag_seconds", seconds(p->lag));
	json_object_set_new(j, "source_position", rs_json_string_or_null(p->source_position));
	json_object_set_new(j, "applied_position", rs_json_string_or_null(p->applied_position));
	json_object_set_new(j, "source_behind_bytes", number(p->source_behind_bytes));
	json_object_set_new(j, "checkpoint", moment(p->checkpoint));
	json_object_set_new(j, "log_lasts_seconds", seconds(p->log_lasts));
	json_object_set_new(j, "log_kept_bytes", measured(p->log_kept));
	json_object_set_new(j, "log_room_bytes", measured(p->log_room));
	json_object_set_new(j, "relay", relay_json(p));
	json_object_set_new(j, "delivery", delivery_json(&p->delivery));
	json_object_set_new(j, "memory_bytes", number(p->memory_used));
}

static void add_tables(json_t *array, const struct rs_table_piece *piece)
{
	for (size_t i = 0; i < piece->n; i++)
		json_array_append_new(array, table_json(&piece->tables[i]));
}

json_t *rs_table_piece_to_json(const struct rs_table_piece *piece)
{
	json_t *array = json_array();

	add_tables(array, piece);
	return array;
}

static json_t *tables_json(const struct rs_progress *p)
{
	json_t *array = json_array();

	for (size_t i = 0; i < rs_progress_n_pieces(p); i++)
		add_tables(array, p->pieces[i]);
	return array;
}

static json_t *alerts_json(const struct rs_progress *p)
{
	json_t *array = json_array();

	for (enum rs_alert alert = 0; alert < RS_ALERT_COUNT; alert++)
		if (p->alerts & 1u << alert)
			json_array_append_new(array, json_string(rs_alert_code(alert)));
	return array;
}

static const char *const usage_members[RS_PHASE_COUNT] = {"schema_seconds", "full_seconds", "incremental_seconds"};

static json_t *usage_json(const struct rs_usage *u)
{
	json_t *j = json_object();

	for (size_t i = 0; i < RS_PHASE_COUNT; i++)
		json_object_set_new(j, usage_members[i], seconds(u->running[i]));
	json_object_set_new(j, "changes", number(u->changes));
	return j;
}

static json_t *hot_json(const struct rs_hot_key *hot, bool with_key)
{
	const bool any = hot->table[0] != '\0';
	json_t *j = json_object();

	json_object_set_new(j, "table", rs_json_string_or_null(hot->table));
	json_object_set_new(j, "whole", any ? json_boolean(hot->whole) : json_null());
	if (with_key)
		json_object_set_new(j, "key", rs_json_string_or_null(hot->key));
	json_object_set_new(j, "share", any ? json_real(hot->share) : json_null());
	return j;
}

static json_t *progress_json(const struct rs_progress *p, bool with_row, bool with_tables)
{
	json_t *j = json_object(), *problems = json_array();

	json_object_set_new(j, "state", json_string(rs_state_code(p->state)));
	json_object_set_new(j, "consistent", json_boolean(p->consistent));
	json_object_set_new(j, "caught_up", json_boolean(p->caught_up));
	json_object_set_new(j, "taken", moment(p->taken));
	json_object_set_new(j, "started", moment(p->started));
	json_object_set_new(j, "note", rs_json_string_or_null(p->note));
	json_object_set_new(j, "throttled", rs_json_string_or_null(p->throttled));
	json_object_set_new(j, "alerts", alerts_json(p));
	json_object_set_new(j, "error", rs_err_to_json(&p->error));
	json_object_set_new(j, "failing", rs_failing_to_json(p->failing, with_row));
	json_object_set_new(j, "phases", phases_json(p));
	measures_json(j, p);
	json_object_set_new(j, "counters", counters_json(p));
	json_object_set_new(j, "usage", usage_json(&p->usage));
	json_object_set_new(j, "bottleneck", rs_json_string_or_null(rs_bottleneck_code(p->bottleneck)));
	json_object_set_new(j, "hot_key", hot_json(&p->hot, with_row));
	json_object_set_new(j, "workers", rs_workers_to_json(p));
	json_object_set_new(j, "slow_statements", rs_slow_to_json(p));
	json_object_set_new(j, "verify", rs_verify_progress_to_json(&p->verify));
	if (with_tables)
		json_object_set_new(j, "tables", tables_json(p));
	for (size_t i = 0; i < p->n_problems; i++)
		json_array_append_new(problems, problem_json(&p->problems[i]));
	json_object_set_new(j, "problems", problems);
	return j;
}

json_t *rs_progress_to_json(const struct rs_progress *p) { return progress_json(p, false, true); }

json_t *rs_progress_to_private_json(const struct rs_progress *p) { return progress_json(p, true, true); }

json_t *rs_progress_head_to_json(const struct rs_progress *p) { return progress_json(p, true, false); }

static bool has_serial(const uint64_t *has, size_t n, uint64_t serial, size_t hint)
{
	if (hint < n && has[hint] == serial) /* where it was */
		return true;
	for (size_t i = 0; i < n; i++)
		if (has[i] == serial)
			return true;
	return false;
}

json_t *rs_progress_tables_since(const struct rs_progress *p, const uint64_t *has, size_t n)
{
	json_t *j = json_object(), *serials = json_array(), *pieces = json_array();

	for (size_t i = 0; i < rs_progress_n_pieces(p); i++) {
		const struct rs_table_piece *piece = p->pieces[i];

		json_array_append_new(serials, number(piece->serial));
		json_array_append_new(pieces, has_serial(has, n, piece->serial, i) ? json_null() : rs_table_piece_to_json(piece));
	}
	json_object_set_new(j, "serials", serials);
	json_object_set_new(j, "pieces", pieces);
	return j;
}

/* ------------------------------------------------------------------ from JSON */

static const char *get_text(const json_t *j, const char *key)
{
	return json_string_value(json_object_get(j, key));
}

static uint64_t get_number(const json_t *j, const char *key)
{
	json_int_t n = json_integer_value(json_object_get(j, key));

	return n > 0 ? (uint64_t)n : 0;
}

static int64_t get_measured(const json_t *j, const char *key)
{
	const json_t *n = json_object_get(j, key);

	return json_is_integer(n) ? json_integer_value(n) : -1;
}

static bool get_bool(const json_t *j, const char *key)
{
	return json_is_true(json_object_get(j, key));
}

static double get_rate(const json_t *j, const char *key)
{
	const json_t *v = json_object_get(j, key);

	return json_is_number(v) ? json_number_value(v) : -1;
}

static rs_usec get_seconds(const json_t *j, const char *key)
{
	double s = get_rate(j, key);

	return s >= 0 && s < 9e12 ? (rs_usec)(s * (double)RS_USEC_PER_SEC + 0.5) : -1;
}

static rs_usec get_moment(const json_t *j, const char *key)
{
	return rs_clock_from_iso(get_text(j, key));
}

static void get_field(const json_t *j, const char *key, char *to, size_t size)
{
	const char *s = get_text(j, key);

	snprintf(to, size, "%s", s ? s : "");
}

static enum rs_errc get_code(const json_t *j, const char *key)
{
	const char *s = get_text(j, key);
	int code = 0;

	return s && sscanf(s, "RS-%4d", &code) == 1 ? (enum rs_errc)code : RS_E_NONE;
}

static enum rs_phase_state get_phase_state(const json_t *j)
{
	const char *s = get_text(j, "state");

	for (int i = RS_PHASE_OFF; s && i <= RS_PHASE_FAILED; i++)
		if (strcmp(s, rs_phase_state_code((enum rs_phase_state)i)) == 0)
			return (enum rs_phase_state)i;
	return RS_PHASE_OFF;
}

static void get_phase(const json_t *j, struct rs_phase *p)
{
	p->state = get_phase_state(j);
	p->done = get_number(j, "done");
	p->total = get_number(j, "total");
	p->bytes = get_number(j, "bytes");
	p->bytes_total = get_number(j, "bytes_total");
	p->started = get_moment(j, "started");
	p->ended = get_moment(j, "ended");
}

static enum rs_unverified get_unverified(const json_t *j)
{
	const char *word = get_text(j, "unverified");

	for (int i = 0; word && i < RS_UNVERIFIED_COUNT; i++)
		if (strcmp(word, rs_unverified_code((enum rs_unverified)i)) == 0)
			return (enum rs_unverified)i;
	return RS_UNVERIFIED_NOT;
}

static struct rs_table_progress get_table(const json_t *j)
{
	struct rs_table_progress t = {
		.db = get_text(j, "database"),
		.name = get_text(j, "table"),
		.dest_db = get_text(j, "destination_database"),
		.dest_name = get_text(j, "destination_table"),
		.rows = get_number(j, "rows"),
		.rows_total = get_number(j, "rows_total"),
		.bytes = get_number(j, "bytes"),
		.bytes_total = get_number(j, "bytes_total"),
		.inserts = get_number(j, "inserts"),
		.updates = get_number(j, "updates"),
		.deletes = get_number(j, "deletes"),
		.last_change = get_moment(j, "last_change"),
		.copying = get_bool(j, "copying"),
		.copied = get_bool(j, "copied"),
		.keyless = get_bool(j, "keyless"),
		.differences = get_number(j, "differences"),
		.unverified = get_unverified(j),
		.since = get_text(j, "since"),
		.note = get_text(j, "note"),
	};
	const char *state = get_text(j, "state");

	if (state)
		rs_table_sync_parse(state, &t.sync);
	return t;
}

static void get_tables(const json_t *list, struct rs_progress *p)
{
	size_t n = json_array_size(list);
	struct rs_table_progress *tables = rs_xcalloc(n + 1, sizeof *tables);

	for (size_t i = 0; i < n; i++)
		tables[i] = get_table(json_array_get(list, i));
	rs_progress_set_tables(p, tables, n);
	free(tables);
}

static const struct rs_table_piece *find_piece(const struct rs_progress *known, uint64_t serial, size_t hint)
{
	size_t n = known ? rs_progress_n_pieces(known) : 0;

	if (hint < n && known->pieces[hint]->serial == serial)
		return known->pieces[hint];
	for (size_t i = 0; i < n; i++)
		if (known->pieces[i]->serial == serial)
			return known->pieces[i];
	return NULL;
}

/* A reference; NULL: it is neither sent nor known. */
static const struct rs_table_piece *get_piece(const json_t *sent, uint64_t serial, const struct rs_progress *known, size_t hint)
{
	const struct rs_table_piece *piece = json_is_array(sent) ? NULL : find_piece(known, serial, hint);
	struct rs_table_progress tables[RS_PIECE_TABLES];
	size_t n = json_array_size(sent);

	if (piece)
		return rs_table_piece_ref(piece);
	if (!json_is_array(sent) || n > RS_PIECE_TABLES)
		return NULL;
	for (size_t i = 0; i < n; i++)
		tables[i] = get_table(json_array_get(sent, i));
	return rs_table_piece_sent(tables, n, serial);
}

enum rs_rc rs_progress_take_tables(struct rs_progress *p, const json_t *tables, const struct rs_progress *known, struct rs_err *err)
{
	const json_t *serials = json_object_get(tables, "serials"), *sent = json_object_get(tables, "pieces");
	size_t n = json_array_size(serials), got = 0, count = 0;
	const struct rs_table_piece **pieces = rs_xcalloc(n + 1, sizeof *pieces);
	bool whole = json_array_size(sent) == n;

	for (; whole && got < n; got++) {
		pieces[got] = get_piece(json_array_get(sent, got), (uint64_t)json_integer_value(json_array_get(serials, got)), known, got);
		if (!pieces[got])
			break;
		whole = got + 1 == n || pieces[got]->n == RS_PIECE_TABLES; /* only the last may have fewer */
		count += pieces[got]->n;
	}
	whole = whole && got == n;
	if (whole)
		rs_progress_share_tables(p, pieces, count);
	while (got-- > 0)
		rs_table_piece_unref(pieces[got]);
	free(pieces);
	return whole ? RS_OK : rs_err_set(err, RS_E_STATE, "tables that were told are not known");
}

static void get_problem(const json_t *j, struct rs_problem *p)
{
	p->code = get_code(j, "code");
	get_field(j, "text", p->text, sizeof p->text);
	get_field(j, "hint", p->hint, sizeof p->hint);
	p->first = get_moment(j, "first");
	p->last = get_moment(j, "last");
	p->count = get_number(j, "count");
	p->fatal = get_bool(j, "fatal");
}

static void get_problems(const json_t *list, struct rs_progress *p)
{
	p->n_problems = json_array_size(list);
	p->problems = rs_xcalloc(p->n_problems + 1, sizeof *p->problems);
	for (size_t i = 0; i < p->n_problems; i++)
		get_problem(json_array_get(list, i), &p->problems[i]);
}

void rs_err_from_json(const json_t *j, struct rs_err *err)
{
	enum rs_errc code = get_code(j, "code");
	const char *primary = get_text(j, "primary");

	if (code == RS_E_NONE)
		return;
	rs_err_set(err, code, "%s", primary ? primary : rs_err_title(code));
	if (get_text(j, "detail"))
		rs_err_detail(err, "%s", get_text(j, "detail"));
	if (get_text(j, "hint"))
		rs_err_hint(err, "%s", get_text(j, "hint"));
	get_field(j, "sqlstate", err->sqlstate, sizeof err->sqlstate);
	err->native = (unsigned)get_number(j, "native");
}

static void get_serial(const json_t *j, struct rs_progress *p)
{
	for (size_t i = 1; i < RS_SERIAL_COUNT; i++)
		p->serial[i] = get_number(j, serial_words[i]);
}

static void get_counters(const json_t *j, struct rs_progress *p)
{
	p->inserts = get_number(j, "inserts");
	p->updates = get_number(j, "updates");
	p->deletes = get_number(j, "deletes");
	p->ddls = get_number(j, "ddls");
	p->transactions = get_number(j, "transactions");
	p->anomalies = get_number(j, "anomalies");
	p->refolds = get_number(j, "refolds");
	p->serial[RS_SERIAL_NONE] = get_number(j, "parallel");
	get_serial(json_object_get(j, "serial"), p);
	p->retries = get_number(j, "retries");
	p->skipped = get_number(j, "skipped");
	p->left_out = get_number(j, "left_out");
	p->incomplete = get_number(j, "incomplete");
}

static const char *left_out(const char *word)
{
	if (word == NULL)
		return NULL;
	return strcmp(word, RS_LEFT_POSITION) == 0 ? RS_LEFT_POSITION : strcmp(word, RS_LEFT_OBJECTS) == 0 ? RS_LEFT_OBJECTS : NULL;
}

static void get_relay(const json_t *j, struct rs_progress *p)
{
	p->relay_bytes = get_number(j, "bytes");
	p->relay_quota = get_number(j, "quota");
	p->relay_filling = get_bool(j, "filling");
	p->relay_full = get_bool(j, "full");
	get_field(j, "position", p->relay_position, sizeof p->relay_position);
	p->relay_time = get_moment(j, "time");
	p->relay_leaves_out = left_out(json_string_value(json_object_get(j, "leaves_out")));
}

static void get_delivery(const json_t *j, struct rs_delivery *d)
{
	rs_usec lag = get_seconds(j, "lag_seconds");

	if (lag >= 0)
		*d = (struct rs_delivery){.measured = true, .lag = lag, .uncommitted = get_number(j, "uncommitted_messages"),
		                          .unacknowledged = get_number(j, "unacknowledged_messages")};
}

static void get_measures(const json_t *j, struct rs_progress *p)
{
	p->rows_per_sec = get_rate(j, "rows_per_second");
	p->bytes_per_sec = get_rate(j, "bytes_per_second");
	p->lag = get_seconds(j, "lag_seconds");
	get_field(j, "source_position", p->source_position, sizeof p->source_position);
	get_field(j, "applied_position", p->applied_position, sizeof p->applied_position);
	p->source_behind_bytes = get_number(j, "source_behind_bytes");
	p->checkpoint = get_moment(j, "checkpoint");
	p->log_lasts = get_seconds(j, "log_lasts_seconds");
	p->log_kept = get_measured(j, "log_kept_bytes");
	p->log_room = get_measured(j, "log_room_bytes");
	get_relay(json_object_get(j, "relay"), p);
	get_delivery(json_object_get(j, "delivery"), &p->delivery);
	p->memory_used = get_number(j, "memory_bytes");
}

static unsigned get_alerts(const json_t *list)
{
	unsigned alerts = 0;

	for (size_t i = 0; i < json_array_size(list); i++)
		for (enum rs_alert alert = 0; alert < RS_ALERT_COUNT; alert++) {
			const char *word = json_string_value(json_array_get(list, i));

			alerts |= word && strcmp(word, rs_alert_code(alert)) == 0 ? 1u << alert : 0;
		}
	return alerts;
}

static void get_usage(const json_t *j, struct rs_usage *u)
{
	for (size_t i = 0; i < RS_PHASE_COUNT; i++) {
		rs_usec t = get_seconds(j, usage_members[i]);

		u->running[i] = t > 0 ? t : 0;
	}
	u->changes = get_number(j, "changes");
}

static enum rs_bottleneck get_bottleneck(const json_t *j)
{
	const char *word = get_text(j, "bottleneck");

	for (int i = 0; word && i < RS_BOTTLENECK_COUNT; i++)
		if (strcmp(word, rs_bottleneck_code((enum rs_bottleneck)i)) == 0)
			return (enum rs_bottleneck)i;
	return RS_BOTTLENECK_UNKNOWN;
}

static void get_hot(const json_t *j, struct rs_hot_key *hot)
{
	get_field(j, "table", hot->table, sizeof hot->table);
	hot->whole = get_bool(j, "whole");
	get_field(j, "key", hot->key, sizeof hot->key);
	hot->share = json_number_value(json_object_get(j, "share"));
}

struct rs_progress *rs_progress_from_json(const json_t *j, struct rs_err *err)
{
	const char *code = get_text(j, "state");
	const json_t *phases = json_object_get(j, "phases");
	enum rs_state state;
	struct rs_progress *p;

	if (!code || !rs_state_parse(code, &state)) {
		rs_err_set(err, RS_E_STATE, "the recorded progress has no known state");
		return NULL;
	}
	p = rs_progress_new(state);
	p->taken = get_moment(j, "taken");
	p->started = get_moment(j, "started");
	p->consistent = get_bool(j, "consistent");
	p->caught_up = get_bool(j, "caught_up");
	get_field(j, "note", p->note, sizeof p->note);
	get_field(j, "throttled", p->throttled, sizeof p->throttled);
	p->alerts = get_alerts(json_object_get(j, "alerts"));
	rs_err_from_json(json_object_get(j, "error"), &p->error);
	p->failing = rs_failing_from_json(json_object_get(j, "failing"));
	for (size_t i = 0; i < RS_PHASE_COUNT; i++)
		get_phase(json_object_get(phases, rs_phase_code((enum rs_phase_id)i)), &p->phases[i]);
	get_measures(j, p);
	get_counters(json_object_get(j, "counters"), p);
	get_usage(json_object_get(j, "usage"), &p->usage);
	p->bottleneck = get_bottleneck(j);
	get_hot(json_object_get(j, "hot_key"), &p->hot);
	rs_workers_from_json(json_object_get(j, "workers"), json_object_get(j, "slow_statements"), p);
	rs_verify_progress_from_json(json_object_get(j, "verify"), &p->verify);
	get_tables(json_object_get(j, "tables"), p);
	get_problems(json_object_get(j, "problems"), p);
	return p;
}
