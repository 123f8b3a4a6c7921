/* Passes over all tables: range by range, a step at a time. A range whose digests differ is looked at in small steps, whose
 * rows are read where theirs differ too; what differs then is judged (judge.c). */
#include "engine/verify/verifier_priv.h"

#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "engine/verify/row_key.h"

#define FIRST_ROWS 2000
#define LEAST_ROWS 500
#define MOST_ROWS 50000
#define MUCH 4                        /* times as many rows at the destination are too many to be read at once */
#define QUICK RS_MSEC(25)             /* a range that takes less, or more than */
#define SLOW RS_MSEC(100)             /* … has too few, too many rows */
#define TELL_EVERY (600 * RS_USEC_PER_SEC)
#define PASS_EVERY (5 * RS_USEC_PER_SEC) /* small tables are not worth more */

/* ---------------------------------------------------------------- where it is */

static void show(struct rs_verifying *k)
{
	struct rs_verify_progress *s = &k->v->shown;
	const struct rs_pass *p = &k->pass;
	const struct rs_verified_table *t = p->under_way && p->at < k->n_tables ? &k->tables[p->at] : NULL;
	char *place = rs_bound_to_text(&p->after);

	rs_monitor_enter(&k->v->monitor);
	snprintf(s->db, sizeof s->db, "%s", t ? t->db : "");
	snprintf(s->table, sizeof s->table, "%s", t ? t->name : "");
	/* A place that is too long for it is not kept: the table is begun anew. */
	snprintf(s->place, sizeof s->place, "%s", t && strlen(place) < sizeof s->place ? place : "");
	s->tables_done = p->at;
	s->tables_total = k->n_tables;
	rs_monitor_leave(&k->v->monitor);
	free(place);
}

static void forget_resume(struct rs_pass *p)
{
	free(p->resume_db);
	free(p->resume_table);
	free(p->resume_place);
	p->resume_db = p->resume_table = p->resume_place = NULL;
}

static void leave_table(struct rs_pass *p)
{
	rs_bound_clear(&p->after);
	rs_bound_clear(&p->detail);
	p->in_detail = false;
	p->rows = FIRST_ROWS;
}

void rs_pass_remember(struct rs_verifying *k)
{
	struct rs_pass *p = &k->pass;

	if (p->under_way && p->at < k->n_tables) {
		forget_resume(p);
		p->resume_db = rs_xstrdup(k->tables[p->at].db);
		p->resume_table = rs_xstrdup(k->tables[p->at].name);
		p->resume_place = rs_bound_to_text(&p->after);
	}
	leave_table(p);
	p->under_way = false;
}

static bool is_before(const struct rs_verified_table *t, const struct rs_pass *p)
{
	int order = strcmp(t->db, p->resume_db);

	return (order != 0 ? order : strcmp(t->name, p->resume_table)) < 0;
}

/* At the table where the one before was, or the next one. */
static void resume(struct rs_verifying *k)
{
	struct rs_pass *p = &k->pass;

	while (p->at < k->n_tables && is_before(&k->tables[p->at], p))
		p->at++;
	if (p->at == rs_verified_table_find(k, p->resume_db, p->resume_table) && p->at < k->n_tables &&
	    !rs_bound_from_text(&p->after, p->resume_place))
		rs_bound_clear(&p->after);
	forget_resume(p);
}

static void begin(struct rs_verifying *k)
{
	struct rs_pass *p = &k->pass;
	bool resumes = p->resume_db != NULL;

	p->under_way = true;
	p->began = rs_clock_mono();
	p->at = 0;
	leave_table(p);
	if (resumes)
		resume(k);
	rs_monitor_enter(&k->v->monitor);
	if (!resumes) {
		k->v->shown.pass_started = rs_clock_wall();
		k->v->shown.tables_left_out = 0;
	}
	rs_monitor_leave(&k->v->monitor);
}

static void end(struct rs_verifying *k)
{
	struct rs_verify_progress *s = &k->v->shown;

	k->pass.under_way = false;
	rs_monitor_enter(&k->v->monitor);
	s->passes++;
	s->pass_ended = rs_clock_wall();
	const struct rs_verify_progress now = *s;
	rs_monitor_leave(&k->v->monitor);
	if (k->pass.told != 0 && rs_clock_mono() - k->pass.told < TELL_EVERY)
		return;
	k->pass.told = rs_clock_mono();
	rs_journal(k->e, RS_LOG_INFO, NULL, "all tables were compared pass=%llu tables=%llu left_out=%llu differences=%zu",
	           (unsigned long long)now.passes, (unsigned long long)now.tables_total, (unsigned long long)now.tables_left_out,
	           k->v->n_known);
}

static void next_table(struct rs_verifying *k)
{
	leave_table(&k->pass);
	k->pass.at++;
	show(k);
	if (k->pass.at >= k->n_tables)
		end(k);
}

static void leave_out(struct rs_verifying *k, struct rs_verified_table *t, enum rs_unverified why)
{
	rs_verified_table_tell(k, t, why);
	rs_verified_table_close(k, t);
	rs_monitor_enter(&k->v->monitor);
	k->v->shown.tables_left_out++;
	rs_monitor_leave(&k->v->monitor);
	next_table(k);
}

/* ---------------------------------------------------------------- rows of a range */

struct row {
	uint64_t hash;
	XXH128_hash_t row;
	struct rs_bound key;
};

struct rows {
	struct row *items;
	size_t n, cap;
	const struct rs_verified_table *table;
};

static enum rs_rc take_row(struct rs_verifying *k, struct rs_row_side *s, const struct rs_row_hash *h, void *arg,
                           struct rs_err *err)
{
	struct rows *all = arg;
	struct rs_value values[32];
	struct rs_bound key = {values, all->table->key->n_parts};

	(void)k;
	(void)err;
	rs_verified_row_key(all->table, s, values);
	RS_GROW(all->items, all->n, all->cap);
	struct row *r = &all->items[all->n++];
	*r = (struct row){.hash = rs_row_key_hash(all->table->hash, values, key.n), .row = h->row};
	rs_bound_copy(&r->key, &key);
	return RS_OK;
}

static int by_hash(const void *a, const void *b)
{
	const struct row *x = a, *y = b;

	return (x->hash > y->hash) - (x->hash < y->hash);
}

static void free_rows(struct rows *all)
{
	for (size_t i = 0; i < all->n; i++)
		rs_bound_clear(&all->items[i].key);
	free(all->items);
}

static void suspect(struct rs_verifying *k, const struct row *r)
{
	rs_judge_add(k, k->pass.at, &r->key, RS_REASON_SUSPECT);
}

static void merge(struct rs_verifying *k, const struct rows *a, const struct rows *b)
{
	size_t i = 0, j = 0;

	while (i < a->n || j < b->n) {
		if (j == b->n || (i < a->n && a->items[i].hash < b->items[j].hash)) {
			suspect(k, &a->items[i++]);
		} else if (i == a->n || a->items[i].hash > b->items[j].hash) {
			suspect(k, &b->items[j++]);
		} else {
			if (!XXH128_isEqual(a->items[i].row, b->items[j].row))
				suspect(k, &a->items[i]);
			i++;
			j++;
		}
	}
}

static enum rs_rc read_rows(struct rs_verifying *k, struct rs_verified_table *t, const struct rs_bound *upto,
                            struct rs_err *err)
{
	struct rows source = {.table = t}, dest = {.table = t};
	const struct rs_bound *after = &k->pass.after;
	enum rs_rc rc = rs_verified_table_walk(k, t, RS_BUDGET_SOURCE, after, upto, NULL, take_row, &source, err);

	if (rc == RS_OK)
		rc = rs_verified_table_walk(k, t, RS_BUDGET_DEST, after, upto, NULL, take_row, &dest, err);
	if (rc == RS_OK) {
		qsort(source.items, source.n, sizeof *source.items, by_hash);
		qsort(dest.items, dest.n, sizeof *dest.items, by_hash);
		merge(k, &source, &dest);
	}
	free_rows(&source);
	free_rows(&dest);
	return rc;
}

/* ---------------------------------------------------------------- ranges */

/* RS_EOF: the range ends where the detail, or the table, does. */
static enum rs_rc ask_bound(struct rs_verifying *k, struct rs_verified_table *t, enum rs_budget_server server, uint64_t rows,
                            const struct rs_bound *end, struct rs_bound *out, struct rs_err *err)
{
	struct rs_table_reader *r = k->readers[server];
	bool dest = server == RS_BUDGET_DEST;
	rs_usec began = rs_verifying_now();
	enum rs_rc rc = r->ops->bound(r, dest ? t->dest : t->source, dest ? t->dest_key : t->key, &k->pass.after, end, rows, out,
	                              err);

	rs_verifying_used(k, server, began);
	return rc;
}

/* The time that it took is added. RS_AGAIN: there is none. */
static enum rs_rc ask_digest(struct rs_verifying *k, struct rs_verified_table *t, enum rs_budget_server server,
                             const struct rs_bound *upto, struct rs_digest *out, rs_usec *took, struct rs_err *err)
{
	rs_usec began = rs_verifying_now();
	enum rs_rc rc = rs_verified_table_digest(k, t, server, &k->pass.after, upto, out, err);

	*took = rs_verifying_now() - began > *took ? rs_verifying_now() - began : *took;
	return rc;
}

static void adapt(struct rs_pass *p, rs_usec took)
{
	if (took < QUICK && p->rows < MOST_ROWS)
		p->rows = p->rows * 2 < MOST_ROWS ? p->rows * 2 : MOST_ROWS;
	else if (took > SLOW && p->rows > LEAST_ROWS)
		p->rows = p->rows / 2 > LEAST_ROWS ? p->rows / 2 : LEAST_ROWS;
}

/* The range was compared. */
static void move_on(struct rs_verifying *k, struct rs_bound *upto, bool last, uint64_t rows)
{
	struct rs_pass *p = &k->pass;
	bool table_over = last && (!p->in_detail || p->detail.n == 0);

	rs_monitor_enter(&k->v->monitor);
	k->v->shown.rows += rows;
	rs_monitor_leave(&k->v->monitor);
	if (last && p->in_detail) {
		p->in_detail = false;
		rs_bound_clear(&p->detail);
	}
	rs_bound_clear(&p->after);
	p->after = *upto;
	*upto = (struct rs_bound){NULL, 0};
	if (!table_over) {
		show(k);
		return;
	}
	rs_verified_table_tell(k, &k->tables[p->at], RS_UNVERIFIED_NOT);
	next_table(k);
}

static void go_into_detail(struct rs_pass *p, struct rs_bound *upto)
{
	p->in_detail = true;
	rs_bound_clear(&p->detail);
	p->detail = *upto;
	*upto = (struct rs_bound){NULL, 0};
}

struct digests {
	struct rs_digest source, dest;
	bool none;                   /* rows must be read */
	rs_usec took;
};

static enum rs_rc ask_digests(struct rs_verifying *k, struct rs_verified_table *t, const struct rs_bound *upto,
                              struct digests *d, struct rs_err *err)
{
	enum rs_rc rc = ask_digest(k, t, RS_BUDGET_SOURCE, upto, &d->source, &d->took, err), other = RS_OK;

	if (rc == RS_OK || rc == RS_AGAIN)
		other = ask_digest(k, t, RS_BUDGET_DEST, upto, &d->dest, &d->took, err);
	d->none = t->n_columns == 0 || rc == RS_AGAIN || other == RS_AGAIN;
	return rc == RS_AGAIN ? (other == RS_AGAIN ? RS_OK : other) : rc == RS_OK && other != RS_AGAIN ? other : rc;
}

static bool are_same(const struct digests *d)
{
	return !d->none && d->source.rows == d->dest.rows && d->source.low == d->dest.low && d->source.high == d->dest.high;
}

/* Rows that only the destination has may be many: the range is made shorter. */
static enum rs_rc shorten(struct rs_verifying *k, struct rs_verified_table *t, struct rs_bound *upto, bool *last,
                          struct rs_err *err)
{
	struct rs_bound less = {NULL, 0};
	enum rs_rc rc = ask_bound(k, t, RS_BUDGET_DEST, MUCH * LEAST_ROWS, upto, &less, err);

	if (rc == RS_EOF)
		return RS_OK;
	if (rc != RS_OK)
		return rc;
	rs_bound_clear(upto);
	*upto = less;
	*last = false;
	return RS_OK;
}

static enum rs_rc compare_range(struct rs_verifying *k, struct rs_verified_table *t, struct rs_bound *upto, bool last,
                                struct rs_err *err)
{
	struct rs_pass *p = &k->pass;
	struct digests d = {.took = 0};
	enum rs_rc rc = ask_digests(k, t, upto, &d, err);

	if (rc != RS_OK)
		return rc;
	if (!p->in_detail)
		adapt(p, d.took);
	if (!are_same(&d)) {
		bool large = d.none || d.source.rows > LEAST_ROWS || d.dest.rows > MUCH * LEAST_ROWS;
		if (!p->in_detail && t->n_columns > 0 && large) {
			go_into_detail(p, upto);
			return RS_OK;
		}
		bool unknown = d.none && d.dest.rows == 0; /* or there are none */
		if (unknown || d.dest.rows > MUCH * LEAST_ROWS) {
			rc = shorten(k, t, upto, &last, err);
			d.source.rows = last ? d.source.rows : 0; /* counted with the rest */
		}
		if (rc == RS_OK)
			rc = read_rows(k, t, upto, err);
	}
	if (rc == RS_OK)
		move_on(k, upto, last, d.source.rows);
	return rc;
}

static enum rs_rc step_in_table(struct rs_verifying *k, struct rs_verified_table *t, struct rs_err *err)
{
	struct rs_pass *p = &k->pass;
	const struct rs_bound *end = p->in_detail ? &p->detail : NULL;
	uint64_t rows = p->in_detail || t->n_columns == 0 ? LEAST_ROWS : p->rows;
	struct rs_bound upto = {NULL, 0};
	enum rs_rc rc = ask_bound(k, t, RS_BUDGET_SOURCE, rows, end, &upto, err);
	bool last = rc == RS_EOF;

	if (last && end != NULL)
		rs_bound_copy(&upto, end);
	if (rc == RS_OK || last)
		rc = compare_range(k, t, &upto, last, err);
	rs_bound_clear(&upto);
	return rc;
}

/* ---------------------------------------------------------------- tables */

static bool is_large(const struct rs_verified_table *t)
{
	return t->source->rows > 2 * (t->n_columns > 0 ? RS_VERIFY_WHOLE_DIGEST : RS_VERIFY_WHOLE_ROWS); /* an estimate */
}

/* It is found out, and told, by whoever judges it. */
static enum rs_rc compare_whole(struct rs_verifying *k)
{
	static const struct rs_bound whole = {NULL, 0};

	rs_judge_add(k, k->pass.at, &whole, RS_REASON_SUSPECT);
	next_table(k);
	return RS_OK;
}

static enum rs_rc step(struct rs_verifying *k, struct rs_err *err)
{
	struct rs_verified_table *t = &k->tables[k->pass.at];
	enum rs_unverified why = RS_UNVERIFIED_CHANGING;
	enum rs_rc rc = t->all_changes ? rs_verified_table_open(k, t, err) : RS_EOF;

	if (!t->all_changes)
		why = RS_UNVERIFIED_OPERATIONS;
	else if (rc == RS_EOF && t->dest_missing)
		return compare_whole(k);
	else if (rc == RS_OK && t->dest_key == NULL && !is_large(t))
		return compare_whole(k);
	else if (rc == RS_OK && t->dest_key == NULL)
		why = RS_UNVERIFIED_LARGE;
	else if (rc == RS_OK && rs_known_of(k, t) >= RS_VERIFY_KNOWN_MAX)
		why = RS_UNVERIFIED_MANY;
	else if (rc == RS_OK) {
		if (k->pass.after.n != 0 && k->pass.after.n != t->key->n_parts)
			rs_bound_clear(&k->pass.after); /* of another key */
		rc = rs_verifying_pass_over(step_in_table(k, t, err), err);
		if (rc != RS_EOF)
			return rc;
	}
	if (rc == RS_OK || rc == RS_EOF)
		leave_out(k, t, why);
	return rc == RS_EOF ? RS_OK : rc;
}

enum rs_rc rs_pass_step(struct rs_verifying *k, bool *did, struct rs_err *err)
{
	struct rs_pass *p = &k->pass;

	*did = false;
	if (rs_judge_is_busy(k) || k->n_tables == 0)
		return RS_OK;
	if (!p->under_way && p->began != 0 && p->resume_db == NULL && rs_clock_mono() - p->began < PASS_EVERY)
		return RS_OK;
	*did = true;
	if (!p->under_way)
		begin(k);
	if (p->at < k->n_tables)
		return step(k, err);
	end(k); /* those behind where it was are no part of the task any more */
	return RS_OK;
}
