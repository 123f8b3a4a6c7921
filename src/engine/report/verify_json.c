/* The comparison beside following, in snapshots: as JSON, and back. */
#include "engine/report/progress.h"

#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "model/json_string.h"

static const char *const kinds[] = {
	[RS_DIFF_MISSING] = "missing", [RS_DIFF_EXTRA] = "extra", [RS_DIFF_DIFFERENT] = "different", [RS_DIFF_COUNT] = "count"};

#define N_KINDS (sizeof kinds / sizeof *kinds)

const char *rs_diff_kind_code(enum rs_diff_kind kind) { return kinds[kind]; }

/* ------------------------------------------------------------------ differences */

struct rs_known_diff rs_known_diff_copy(const struct rs_known_diff *d)
{
	struct rs_known_diff copy = *d;

	copy.db = rs_xstrdup(d->db);
	copy.table = rs_xstrdup(d->table);
	copy.key = rs_xstrdup(d->key);
	copy.place = rs_xstrdup(d->place);
	return copy;
}

void rs_known_diff_clear(struct rs_known_diff *d)
{
	free(d->db);
	free(d->table);
	free(d->key);
	free(d->place);
	*d = (struct rs_known_diff){0};
}

void rs_verify_progress_clear(struct rs_verify_progress *v)
{
	for (size_t i = 0; i < v->n_diffs; i++)
		rs_known_diff_clear(&v->diffs[i]);
	free(v->diffs);
	*v = (struct rs_verify_progress){0};
}

/* ------------------------------------------------------------------ to JSON */

static json_t *number(uint64_t n) { return json_integer((json_int_t)n); }

static json_t *moment(rs_usec wall)
{
	char buf[40];

	return wall > 0 ? json_string(rs_clock_iso(wall, buf, sizeof buf)) : json_null();
}

static json_t *share(double percent) { return percent >= 0 ? json_real(percent) : json_null(); }

static json_t *diff_json(const struct rs_known_diff *d)
{
	json_t *j = json_object();

	json_object_set_new(j, "kind", json_string(kinds[d->kind]));
	json_object_set_new(j, "database", rs_json_string_or_null(d->db));
	json_object_set_new(j, "table", rs_json_string_or_null(d->table));
	json_object_set_new(j, "key", rs_json_string_or_null(d->key));
	json_object_set_new(j, "after", json_string(d->place));
	json_object_set_new(j, "upto", json_string(d->place));
	json_object_set_new(j, "found", moment(d->found));
	return j;
}

static void pass_json(json_t *j, const struct rs_verify_progress *v)
{
	json_object_set_new(j, "passes", number(v->passes));
	json_object_set_new(j, "pass_started", moment(v->pass_started));
	json_object_set_new(j, "pass_ended", moment(v->pass_ended));
	json_object_set_new(j, "database", rs_json_string_or_null(v->db));
	json_object_set_new(j, "table", rs_json_string_or_null(v->table));
	json_object_set_new(j, "place", rs_json_string_or_null(v->place));
	json_object_set_new(j, "tables_done", number(v->tables_done));
	json_object_set_new(j, "tables_total", number(v->tables_total));
	json_object_set_new(j, "tables_left_out", number(v->tables_left_out));
}

json_t *rs_verify_progress_to_json(const struct rs_verify_progress *v)
{
	json_t *j = json_object(), *diffs = json_array();

	json_object_set_new(j, "state", json_string(rs_verifier_state_code(v->state)));
	json_object_set_new(j, "waits_for", rs_json_string_or_null(rs_verifier_wait_code(v->waits)));
	json_object_set_new(j, "continuous", json_boolean(v->continuous));
	json_object_set_new(j, "incremental", json_boolean(v->incremental));
	json_object_set_new(j, "repair", json_boolean(v->repair));
	json_object_set_new(j, "budget", number(v->budget));
	json_object_set_new(j, "source_share", share(v->source_share));
	json_object_set_new(j, "destination_share", share(v->dest_share));
	pass_json(j, v);
	json_object_set_new(j, "rows", number(v->rows));
	json_object_set_new(j, "checked", number(v->checked));
	json_object_set_new(j, "dropped", number(v->dropped));
	json_object_set_new(j, "unsettled", number(v->unsettled));
	json_object_set_new(j, "found", number(v->found));
	json_object_set_new(j, "gone", number(v->gone));
	json_object_set_new(j, "repaired", number(v->repaired));
	json_object_set_new(j, "differences_known", number(v->differences));
	for (size_t i = 0; i < v->n_diffs; i++)
		json_array_append_new(diffs, diff_json(&v->diffs[i]));
	json_object_set_new(j, "differences", diffs);
	return j;
}

/* ------------------------------------------------------------------ from JSON */

static const char *get_text(const json_t *j, const char *key)
{
	const char *s = json_string_value(json_object_get(j, key));

	return s ? s : "";
}

static uint64_t get_number(const json_t *j, const char *key)
{
	json_int_t n = json_integer_value(json_object_get(j, key));

	return n > 0 ? (uint64_t)n : 0;
}

static bool get_bool(const json_t *j, const char *key) { return json_is_true(json_object_get(j, key)); }

static double get_share(const json_t *j, const char *key)
{
	const json_t *v = json_object_get(j, key);

	return json_is_number(v) ? json_number_value(v) : -1;
}

static enum rs_verifier_state get_state(const json_t *j)
{
	const char *word = get_text(j, "state");

	for (int i = RS_VERIFIER_OFF; i <= RS_VERIFIER_RUNNING; i++)
		if (strcmp(word, rs_verifier_state_code((enum rs_verifier_state)i)) == 0)
			return (enum rs_verifier_state)i;
	return RS_VERIFIER_OFF;
}

static enum rs_verifier_wait get_wait(const json_t *j)
{
	const char *word = get_text(j, "waits_for");

	for (int i = 0; i < RS_VERIFIER_WAITS_COUNT; i++)
		if (strcmp(word, rs_verifier_wait_code((enum rs_verifier_wait)i)) == 0)
			return (enum rs_verifier_wait)i;
	return RS_VERIFIER_WAITS_NOT;
}

static struct rs_known_diff get_diff(const json_t *j)
{
	struct rs_known_diff d = {.kind = RS_DIFF_DIFFERENT, .found = rs_clock_from_iso(get_text(j, "found"))};

	for (size_t i = 0; i < N_KINDS; i++)
		if (strcmp(get_text(j, "kind"), kinds[i]) == 0)
			d.kind = (enum rs_diff_kind)i;
	d.db = rs_xstrdup(get_text(j, "database"));
	d.table = rs_xstrdup(get_text(j, "table"));
	d.key = rs_xstrdup(get_text(j, "key"));
	d.place = rs_xstrdup(get_text(j, "upto"));
	return d;
}

static void get_diffs(const json_t *list, struct rs_verify_progress *v)
{
	size_t n = json_array_size(list);

	v->n_diffs = n < RS_KNOWN_DIFFS_SHOWN ? n : RS_KNOWN_DIFFS_SHOWN;
	v->diffs = rs_xcalloc(v->n_diffs + 1, sizeof *v->diffs);
	for (size_t i = 0; i < v->n_diffs; i++)
		v->diffs[i] = get_diff(json_array_get(list, i));
}

static void get_pass(const json_t *j, struct rs_verify_progress *v)
{
	v->passes = get_number(j, "passes");
	v->pass_started = rs_clock_from_iso(get_text(j, "pass_started"));
	v->pass_ended = rs_clock_from_iso(get_text(j, "pass_ended"));
	snprintf(v->db, sizeof v->db, "%s", get_text(j, "database"));
	snprintf(v->table, sizeof v->table, "%s", get_text(j, "table"));
	snprintf(v->place, sizeof v->place, "%s", get_text(j, "place"));
	v->tables_done = get_number(j, "tables_done");
	v->tables_total = get_number(j, "tables_total");
	v->tables_left_out = get_number(j, "tables_left_out");
}

void rs_verify_progress_from_json(const json_t *j, struct rs_verify_progress *v)
{
	v->state = get_state(j);
	v->waits = get_wait(j);
	v->continuous = get_bool(j, "continuous");
	v->incremental = get_bool(j, "incremental");
	v->repair = get_bool(j, "repair");
	v->budget = (unsigned)get_number(j, "budget");
	v->source_share = get_share(j, "source_share");
	v->dest_share = get_share(j, "destination_share");
	get_pass(j, v);
	v->rows = get_number(j, "rows");
	v->checked = get_number(j, "checked");
	v->dropped = get_number(j, "dropped");
	v->unsettled = get_number(j, "unsettled");
	v->found = get_number(j, "found");
	v->gone = get_number(j, "gone");
	v->repaired = get_number(j, "repaired");
	v->differences = get_number(j, "differences_known");
	get_diffs(json_object_get(j, "differences"), v);
}
