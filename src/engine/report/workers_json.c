/* What threads are at and which statements took long, as JSON and back. */
#include "engine/report/progress.h"

#include <math.h>
#include "base/mem.h"
#include "model/json_string.h"

static json_t *seconds(rs_usec t) { return json_real((double)t / (double)RS_USEC_PER_SEC); }

static json_t *shares_json(const double *share)
{
	json_t *j = json_object();

	for (int d = 0; d < RS_DOING_COUNT; d++)
		json_object_set_new(j, rs_doing_code((enum rs_doing)d), json_real(round(share[d] * 100) / 100));
	return j;
}

static json_t *worker_json(const struct rs_worker_seen *w)
{
	json_t *j = json_object();

	json_object_set_new(j, "name", rs_json_string(w->name));
	json_object_set_new(j, "doing", json_string(rs_doing_code(w->doing)));
	json_object_set_new(j, "seconds", seconds(w->for_time));
	json_object_set_new(j, "at", rs_json_string_or_null(w->about));
	json_object_set_new(j, "connection", w->connection ? json_integer((json_int_t)w->connection) : json_null());
	json_object_set_new(j, "shares", shares_json(w->share));
	return j;
}

json_t *rs_workers_to_json(const struct rs_progress *p)
{
	json_t *array = json_array();

	for (size_t i = 0; i < p->n_workers; i++)
		json_array_append_new(array, worker_json(&p->workers[i]));
	return array;
}

static json_t *slow_json(const struct rs_slow *s)
{
	char at[40];
	json_t *j = json_object();

	json_object_set_new(j, "statement", rs_json_string(s->text));
	json_object_set_new(j, "side", json_string(rs_doing_code(s->where)));
	json_object_set_new(j, "count", json_integer((json_int_t)s->count));
	json_object_set_new(j, "seconds", seconds(s->total));
	json_object_set_new(j, "longest_seconds", seconds(s->longest));
	json_object_set_new(j, "last", json_string(rs_clock_iso(s->last, at, sizeof at)));
	return j;
}

json_t *rs_slow_to_json(const struct rs_progress *p)
{
	json_t *array = json_array();

	for (size_t i = 0; i < p->n_slow; i++)
		json_array_append_new(array, slow_json(&p->slow[i]));
	return array;
}

/* ------------------------------------------------------------------ from JSON */

static void get_text(const json_t *j, const char *key, char *to, size_t size)
{
	const char *s = json_string_value(json_object_get(j, key));

	snprintf(to, size, "%s", s ? s : "");
}

static enum rs_doing get_doing(const json_t *j, const char *key)
{
	const char *s = json_string_value(json_object_get(j, key));
	enum rs_doing d = RS_DOING_NOTHING;

	if (s)
		(void)rs_doing_parse(s, &d);
	return d;
}

static rs_usec get_seconds(const json_t *j, const char *key)
{
	double s = json_number_value(json_object_get(j, key));

	return s > 0 && s < 9e12 ? (rs_usec)(s * (double)RS_USEC_PER_SEC + 0.5) : 0;
}

static uint64_t get_number(const json_t *j, const char *key)
{
	json_int_t n = json_integer_value(json_object_get(j, key));

	return n > 0 ? (uint64_t)n : 0;
}

static void get_worker(const json_t *j, struct rs_worker_seen *w)
{
	const json_t *shares = json_object_get(j, "shares");

	get_text(j, "name", w->name, sizeof w->name);
	get_text(j, "at", w->about, sizeof w->about);
	w->doing = get_doing(j, "doing");
	w->for_time = get_seconds(j, "seconds");
	w->connection = (unsigned long)get_number(j, "connection");
	for (int d = 0; d < RS_DOING_COUNT; d++)
		w->share[d] = json_number_value(json_object_get(shares, rs_doing_code((enum rs_doing)d)));
}

static void get_slow(const json_t *j, struct rs_slow *s)
{
	get_text(j, "statement", s->text, sizeof s->text);
	s->where = get_doing(j, "side");
	s->count = get_number(j, "count");
	s->total = get_seconds(j, "seconds");
	s->longest = get_seconds(j, "longest_seconds");
	s->last = rs_clock_from_iso(json_string_value(json_object_get(j, "last")));
}

void rs_workers_from_json(const json_t *workers, const json_t *slow, struct rs_progress *p)
{
	p->n_workers = json_array_size(workers);
	p->workers = rs_xcalloc(p->n_workers + 1, sizeof *p->workers);
	for (size_t i = 0; i < p->n_workers; i++)
		get_worker(json_array_get(workers, i), &p->workers[i]);
	p->n_slow = json_array_size(slow);
	p->slow = rs_xcalloc(p->n_slow + 1, sizeof *p->slow);
	for (size_t i = 0; i < p->n_slow; i++)
		get_slow(json_array_get(slow, i), &p->slow[i]);
}
