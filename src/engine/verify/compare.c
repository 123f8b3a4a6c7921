#include "engine/verify/compare_priv.h"

#include <stdlib.h>
#include <string.h>
#include "base/i18n.h"
#include "base/mem.h"

#define RANGE_ROWS 50000
#define MAX_HELD ((uint64_t)2 << 20)   /* rows of a range that are held at once; a larger one is read in passes */
#define READINGS 4                     /* in the settling time */
#define PENDING_MAX 64                 /* ranges that are looked at again together */
#define PATIENCE 12                    /* settling times, then what still changes is not judged */
#define COST_ROWS 256                  /* are paid for at once */

/* ---------------------------------------------------------------- both sides at once */

typedef enum rs_rc (*side_work)(struct rs_comparison *m, struct rs_row_side *s, void *arg, struct rs_err *err);

struct half {
	struct rs_comparison *m;
	side_work work;
	void *arg;
	enum rs_rc rc;
	struct rs_err err;
};

static void *run_half(void *arg)
{
	struct half *h = arg;

	h->rc = h->work(h->m, &h->m->dest, h->arg, &h->err);
	return NULL;
}

static enum rs_rc on_both(struct rs_comparison *m, side_work work, void *source_arg, void *dest_arg, struct rs_err *err)
{
	struct half other = {m, work, dest_arg, RS_OK, RS_ERR_INIT};
	struct rs_thread thread = {.running = false};

	if (!rs_thread_start(&thread, "verify-other", run_half, &other))
		run_half(&other);
	enum rs_rc rc = work(m, &m->source, source_arg, err);
	rs_thread_join(&thread);
	if (rc == RS_OK && other.rc != RS_OK) {
		rc = other.rc;
		rs_err_move(err, &other.err);
	}
	rs_err_clear(&other.err);
	return rc;
}

/* ---------------------------------------------------------------- limits */

static enum rs_rc stopped(const struct rs_comparison *m)
{
	if (rs_cancel_is_set(m->c->cancel))
		return RS_CANCELLED;
	return m->c->deadline > 0 && rs_clock_mono() > m->c->deadline ? RS_AGAIN : RS_OK;
}

static enum rs_rc pay(const struct rs_comparison *m, uint64_t rows, uint64_t bytes)
{
	const struct rs_cost cost = {.of[RS_THROTTLE_ROWS] = rows, .of[RS_THROTTLE_BYTES] = bytes};

	if (m->c->throttle == NULL || !rs_throttle_is_limited(m->c->throttle))
		return RS_OK;
	return rs_throttle_wait(m->c->throttle, &cost, m->c->cancel);
}

/* ---------------------------------------------------------------- reading a range */

static uint64_t bytes_of(const struct rs_row_side *s)
{
	uint64_t n = 0;

	for (size_t i = 0; i < s->table->n_columns; i++)
		n += s->values[i].len;
	return n;
}

static enum rs_rc visit_rows(struct rs_comparison *m, struct rs_row_side *s, rs_compare_visit *fn, void *arg, struct rs_err *err)
{
	struct rs_row_hash e;
	uint64_t rows = 0, bytes = 0;
	enum rs_rc rc;

	while ((rc = s->reader->ops->next(s->reader, s->values, err)) == RS_OK) {
		bytes += bytes_of(s);
		if (++rows % COST_ROWS == 0) {
			rc = stopped(m);
			if (rc == RS_OK)
				rc = pay(m, COST_ROWS, bytes);
			bytes = 0;
		}
		if (rc == RS_OK)
			rc = rs_row_hash(s, &e, err);
		if (rc == RS_OK)
			rc = fn(m, s, &e, arg, err);
		if (rc != RS_OK)
			return rc;
	}
	return rc == RS_EOF ? pay(m, rows % COST_ROWS, bytes) : rc;
}

static void free_range(struct rs_compare_range *r)
{
	rs_bound_clear(&r->after);
	rs_bound_clear(&r->upto);
}

/* A range as that side has it. */
static enum rs_rc bounds_of(struct rs_comparison *m, struct rs_row_side *s, const struct rs_compare_range *r, struct rs_compare_range *out,
                            struct rs_err *err)
{
	enum rs_rc rc = rs_row_side_bound(s, m->key, &r->after, &out->after, err);

	return rc == RS_OK ? rs_row_side_bound(s, m->key, &r->upto, &out->upto, err) : rc;
}

enum rs_rc rs_compare_walk(struct rs_comparison *m, struct rs_row_side *s, const struct rs_compare_range *r, rs_compare_visit *fn,
                           void *arg, struct rs_err *err)
{
	struct rs_compare_range own = {{NULL, 0}, {NULL, 0}};
	enum rs_rc rc = bounds_of(m, s, r, &own, err);

	if (rc == RS_OK)
		rc = s->reader->ops->open(s->reader, s->table, s->dest ? m->dest_key : m->key, &own.after, &own.upto, err);
	if (rc == RS_OK)
		rc = visit_rows(m, s, fn, arg, err);
	s->reader->ops->end(s->reader);
	free_range(&own);
	return rc;
}

struct reading {
	const struct rs_compare_range *range;
	struct rs_row_set rows;
	unsigned pass, passes;
};

static enum rs_rc collect(struct rs_comparison *m, struct rs_row_side *s, const struct rs_row_hash *e, void *arg,
                          struct rs_err *err)
{
	struct reading *k = arg;

	(void)m;
	(void)s;
	(void)err;
	rs_row_set_add(&k->rows, e, e->key.low64 % k->passes == k->pass);
	return RS_OK;
}

static enum rs_rc read_side(struct rs_comparison *m, struct rs_row_side *s, void *arg, struct rs_err *err)
{
	struct reading *k = arg;

	rs_row_set_clear(&k->rows);
	enum rs_rc rc = rs_compare_walk(m, s, k->range, collect, k, err);
	rs_row_set_sort(&k->rows);
	return rc;
}

/* ---------------------------------------------------------------- digests */

struct asking {
	const struct rs_compare_range *range;
	bool count_only;
	struct rs_digest digest;
	bool none;                      /* the server could not make one */
};

static enum rs_rc ask_side(struct rs_comparison *m, struct rs_row_side *s, void *arg, struct rs_err *err)
{
	struct asking *k = arg;
	size_t n = k->count_only ? 0 : m->n_columns;
	struct rs_compare_range own = {{NULL, 0}, {NULL, 0}};
	enum rs_rc rc = bounds_of(m, s, k->range, &own, err);

	if (rc == RS_OK)
		rc = s->reader->ops->digest(s->reader, s->table, s->dest ? m->dest_key : m->key, &own.after, &own.upto,
		                            s->dest ? m->dest_columns : m->source_columns, n, &k->digest, err);
	free_range(&own);
	k->none = rc == RS_AGAIN;
	if (rc == RS_OK && !k->count_only)
		rc = pay(m, k->digest.rows, s->table->rows > 0 ? k->digest.rows * (s->table->bytes / s->table->rows) : 0);
	return rc == RS_AGAIN ? RS_OK : rc;
}

static enum rs_rc ask_both(struct rs_comparison *m, struct asking *a, struct asking *b, struct rs_err *err)
{
	enum rs_rc rc = stopped(m);

	return rc == RS_OK ? on_both(m, ask_side, a, b, err) : rc;
}

/* How many passes the larger side takes, and whether no row need be read at all. */
static enum rs_rc ask_first(struct rs_comparison *m, const struct rs_compare_range *r, unsigned *passes, bool *same,
                            struct rs_err *err)
{
	struct asking a = {.range = r, .count_only = m->source_columns == NULL}, b = a;
	enum rs_rc rc = ask_both(m, &a, &b, err);
	uint64_t rows = a.digest.rows > b.digest.rows ? a.digest.rows : b.digest.rows;

	*passes = (unsigned)(rows / MAX_HELD) + 1;
	*same = rc == RS_OK && !a.count_only && !a.none && !b.none && a.digest.rows == b.digest.rows &&
	        a.digest.low == b.digest.low && a.digest.high == b.digest.high;
	if (rc == RS_OK)
		m->c->counts->rows += a.digest.rows;
	return rc;
}

/* ---------------------------------------------------------------- parts of a range */

enum rs_rc rs_compare_in_parts(struct rs_comparison *m, const struct rs_compare_range *whole, uint64_t rows, rs_compare_part *fn,
                               void *arg, struct rs_err *err)
{
	struct rs_compare_range r = {{NULL, 0}, {NULL, 0}};
	enum rs_rc rc = RS_OK;
	bool last = m->dest_key == NULL;

	if (last)
		return fn(m, whole, arg, err);
	rs_bound_copy(&r.after, &whole->after);
	while (rc == RS_OK && !last) {
		rc = m->source.reader->ops->bound(m->source.reader, m->source.table, m->key, &r.after, &whole->upto, rows, &r.upto, err);
		last = rc == RS_EOF;
		if (last)
			rs_bound_copy(&r.upto, &whole->upto);
		if (rc == RS_OK || rc == RS_EOF)
			rc = fn(m, &r, arg, err);
		rs_bound_clear(&r.after);
		r.after = r.upto;
		r.upto = (struct rs_bound){NULL, 0};
	}
	rs_bound_clear(&r.after);
	return rc;
}

/* ---------------------------------------------------------------- one range */

static enum rs_rc read_both(struct rs_comparison *m, struct reading *a, struct reading *b, struct rs_err *err)
{
	enum rs_rc rc = on_both(m, read_side, a, b, err);

	m->c->counts->read += a->rows.count + b->rows.count;
	return rc;
}

/* A range that is looked at again, until what differs has settled: its rows, in passes over the keys' hashes where it has
 * more of them than may be held; or their number. */
struct rs_compare_pending {
	struct rs_compare_range range;
	rs_usec give_up;
	unsigned pass, passes;
	struct rs_suspects all;
	bool counting;
	uint64_t source_rows, dest_rows; /* counted */
	rs_usec since;                   /* … and different by as many */
};

static void free_pending(struct rs_compare_pending *p)
{
	free_range(&p->range);
	rs_suspects_release(&p->all);
}

static struct rs_compare_pending pending_of(const struct rs_comparison *m, const struct rs_compare_range *r)
{
	struct rs_compare_pending p = {.passes = 1, .all = RS_SUSPECTS_INIT, .since = rs_clock_mono(),
	                    .give_up = rs_clock_mono() + PATIENCE * m->c->settle};

	rs_bound_copy(&p.range.after, &r->after);
	rs_bound_copy(&p.range.upto, &r->upto);
	return p;
}

static enum rs_rc read_rows(struct rs_comparison *m, struct rs_compare_pending *p, bool *same, struct rs_err *err)
{
	struct reading a = {.range = &p->range, .pass = p->pass, .passes = p->passes}, b = a;
	enum rs_rc rc = read_both(m, &a, &b, err);

	*same = rc == RS_OK && rs_row_set_same(&a.rows, &b.rows);
	if (rc == RS_OK)
		rs_suspects_look(&p->all, &a.rows, &b.rows);
	free(a.rows.items);
	free(b.rows.items);
	return rc;
}

static enum rs_rc count_rows(struct rs_comparison *m, struct rs_compare_pending *p, struct rs_err *err)
{
	struct asking a = {.range = &p->range, .count_only = true}, b = a;
	uint64_t before = p->source_rows - p->dest_rows;
	enum rs_rc rc = ask_both(m, &a, &b, err);

	if (rc != RS_OK)
		return rc;
	p->source_rows = a.digest.rows;
	p->dest_rows = b.digest.rows;
	if (p->source_rows - p->dest_rows != before)
		p->since = rs_clock_mono();
	return RS_OK;
}

static enum rs_rc look_again(struct rs_comparison *m, struct rs_compare_pending *p, struct rs_err *err)
{
	bool same;

	return p->counting ? count_rows(m, p, err) : read_rows(m, p, &same, err);
}

static bool differs(const struct rs_compare_pending *p) { return p->counting ? p->source_rows != p->dest_rows : p->all.n > 0; }

static bool has_settled(const struct rs_comparison *m, const struct rs_compare_pending *p)
{
	bool settled = p->counting ? rs_clock_mono() - p->since >= m->c->settle : rs_suspects_are_settled(&p->all, m->c->settle);

	return settled || rs_clock_mono() > p->give_up;
}

static void note_counts(struct rs_comparison *m, const struct rs_compare_pending *p)
{
	char *after = rs_bound_to_text(&p->range.after), *upto = rs_bound_to_text(&p->range.upto);
	struct rs_diff_range part = {.db = m->c->source->db, .table = m->c->source->name, .after = after, .upto = upto};

	if (p->source_rows > p->dest_rows)
		part.missing = p->source_rows - p->dest_rows;
	else
		part.extra = p->dest_rows - p->source_rows;
	m->counts_differ = true;
	if (m->c->differs != NULL)
		m->c->differs(m->c->arg, &part);
	free(after);
	free(upto);
}

static void end_count(struct rs_comparison *m, const struct rs_compare_pending *p)
{
	m->c->counts->rows += p->source_rows;
	m->source_count += p->source_rows;
	m->dest_count += p->dest_rows;
	if (!differs(p))
		return;
	if (rs_clock_mono() - p->since < m->c->settle)
		m->c->counts->unsettled++;
	else
		note_counts(m, p);
}

/* What there is to say of one that differs no more, or still. */
static enum rs_rc conclude(struct rs_comparison *m, struct rs_compare_pending *p, struct rs_err *err)
{
	if (p->counting)
		end_count(m, p);
	else if (differs(p))
		return rs_compare_report(m, &p->range, &p->all, err);
	return RS_OK;
}

/* Those that have settled are told; out they go, also where nothing differs any more. */
static enum rs_rc sift(struct rs_comparison *m, struct rs_err *err)
{
	size_t kept = 0;
	enum rs_rc rc = RS_OK;

	for (size_t i = 0; i < m->n_pending; i++) {
		struct rs_compare_pending *p = &m->pending[i];
		if (rc == RS_OK && differs(p) && !has_settled(m, p)) {
			m->pending[kept++] = *p;
			continue;
		}
		if (rc == RS_OK)
			rc = conclude(m, p, err);
		free_pending(p);
	}
	m->n_pending = kept;
	return rc;
}

static size_t n_pending(struct rs_comparison *const *all, size_t n)
{
	size_t pending = 0;

	for (size_t i = 0; i < n; i++)
		pending += all[i]->n_pending;
	return pending;
}

static enum rs_rc look_at_pending(struct rs_comparison *m, struct rs_err *err)
{
	enum rs_rc rc = stopped(m);

	m->c->source_reader->where = m->c->where;
	for (size_t i = 0; rc == RS_OK && i < m->n_pending; i++)
		rc = look_again(m, &m->pending[i], err);
	return rc == RS_OK ? sift(m, err) : rc;
}

/* All of them together: each is given the time in which the others are looked at. However long ago it was that one was
 * seen, it is looked at again. */
static enum rs_rc settle_all(struct rs_comparison *const *all, size_t n, struct rs_err *err)
{
	enum rs_rc rc = RS_OK;

	for (size_t i = 0; rc == RS_OK && i < n; i++) {
		all[i]->c->source_reader->where = all[i]->c->where;
		if (all[i]->c->settle == 0)
			rc = sift(all[i], err);
	}
	if (rc == RS_OK && n_pending(all, n) > 0 && all[0]->c->arrive != NULL)
		rc = all[0]->c->arrive(all[0]->c->arg);
	while (rc == RS_OK && n_pending(all, n) > 0) {
		rs_usec longest = 0;
		for (size_t i = 0; i < n; i++)
			longest = all[i]->n_pending > 0 && all[i]->c->settle > longest ? all[i]->c->settle : longest;
		if (rs_cancel_sleep(all[0]->c->cancel, longest / READINGS))
			return RS_CANCELLED;
		for (size_t i = 0; rc == RS_OK && i < n; i++)
			rc = look_at_pending(all[i], err);
	}
	return rc;
}

/* It is kept as long as there is room, and while something may be on its way. */
static enum rs_rc keep_pending(struct rs_comparison *m, struct rs_compare_pending *p, struct rs_err *err)
{
	m->pending[m->n_pending++] = *p;
	return m->n_pending == PENDING_MAX || m->c->settle == 0 ? settle_all(&m, 1, err) : RS_OK;
}

static enum rs_rc compare_pass(struct rs_comparison *m, const struct rs_compare_range *r, unsigned pass, unsigned passes,
                               bool *same, struct rs_err *err)
{
	struct rs_compare_pending p = pending_of(m, r);

	p.pass = pass;
	p.passes = passes;
	enum rs_rc rc = read_rows(m, &p, same, err);
	if (rc == RS_OK && p.all.n > 0)
		return keep_pending(m, &p, err);
	free_pending(&p);
	return rc;
}

static enum rs_rc compare_rows(struct rs_comparison *m, const struct rs_compare_range *r, struct rs_err *err)
{
	bool same = false;
	unsigned passes = 1;
	enum rs_rc rc = ask_first(m, r, &passes, &same, err);

	for (unsigned pass = 0; rc == RS_OK && pass < passes && !same; pass++)
		rc = compare_pass(m, r, pass, passes, &same, err);
	return rc;
}

/* ---------------------------------------------------------------- counting */

/* The counts must differ by the same number for as long as a difference takes to settle. */
static enum rs_rc compare_counts(struct rs_comparison *m, const struct rs_compare_range *r, struct rs_err *err)
{
	struct rs_compare_pending p = pending_of(m, r);

	p.counting = true;
	enum rs_rc rc = count_rows(m, &p, err);
	if (rc == RS_OK && differs(&p))
		return keep_pending(m, &p, err);
	if (rc == RS_OK)
		end_count(m, &p);
	free_pending(&p);
	return rc;
}

static void report_counts(struct rs_comparison *m)
{
	char text[64];
	struct rs_diff diff = {.kind = RS_DIFF_COUNT, .db = m->c->source->db, .table = m->c->source->name, .key = text};

	if (!m->counts_differ)
		return;
	snprintf(text, sizeof text, "%llu / %llu", (unsigned long long)m->source_count, (unsigned long long)m->dest_count);
	m->c->found(m->c->arg, &diff);
}

/* ---------------------------------------------------------------- ranges */

struct choice {
	double reached;                 /* how many ranges should have been looked at before this one */
};

/* The last range is always looked at: it is where rows are added. */
static bool is_chosen(const struct rs_comparison *m, struct choice *k, const struct rs_compare_range *r)
{
	double before = k->reached;

	k->reached += m->c->share;
	return r->upto.n == 0 || (uint64_t)k->reached > (uint64_t)before;
}

static enum rs_rc compare_range(struct rs_comparison *m, const struct rs_compare_range *r, void *arg, struct rs_err *err)
{
	enum rs_rc rc = stopped(m);

	m->c->counts->ranges++;
	if (rc != RS_OK || !is_chosen(m, arg, r))
		return rc;
	rc = m->c->count_only ? compare_counts(m, r, err) : compare_rows(m, r, err);
	if (rc != RS_OK)
		return rc;
	m->c->counts->ranges_compared++;
	if (m->c->pause != NULL)
		m->c->pause(m->c->arg);
	return RS_OK;
}

/* A limit of a few rows a second is no limit where they are read fifty thousand at a time. */
static uint64_t rows_of_a_range(const struct rs_compare *c)
{
	uint64_t rows = c->range_rows > 0 ? c->range_rows : RANGE_ROWS;
	uint64_t limit = c->throttle ? rs_throttle_rate(c->throttle, RS_THROTTLE_ROWS) : 0;

	if (limit > 0 && limit < rows)
		rows = limit < RS_COMPARE_PART_ROWS ? RS_COMPARE_PART_ROWS : limit;
	return rows;
}

/* ---------------------------------------------------------------- a table */

static void bind_digests(struct rs_comparison *m)
{
	const struct rs_compare *c = m->c;

	m->source_columns = rs_xcalloc(c->source->n_columns + 1, sizeof *m->source_columns);
	m->dest_columns = rs_xcalloc(c->source->n_columns + 1, sizeof *m->dest_columns);
	if (m->dest_key != NULL && rs_compare_digest_columns(c, m->source_columns, m->dest_columns, &m->n_columns))
		return;
	free(m->source_columns);
	free(m->dest_columns);
	m->source_columns = m->dest_columns = NULL;
	m->n_columns = 0;
}

enum rs_rc rs_compare_begin(struct rs_compare *c, struct rs_comparison **out, struct rs_err *err)
{
	struct rs_comparison *m = *out = rs_xcalloc(1, sizeof *m);
	struct rs_compare_range all = {{NULL, 0}, {NULL, 0}};
	struct choice choice = {c->phase};

	m->c = c;
	m->key = rs_table_row_key(c->source);
	m->dest_key = rs_compare_matching_key(c);
	bind_digests(m);
	rs_row_side_open(&m->source, c, false, c->source, m->key);
	rs_row_side_open(&m->dest, c, true, c->dest, m->key);
	m->pending = rs_xcalloc(PENDING_MAX, sizeof *m->pending);
	c->source_reader->where = c->where;
	enum rs_rc rc = rs_compare_in_parts(m, &all, rows_of_a_range(c), compare_range, &choice, err);
	if (rc == RS_OK && m->n_pending == 0)
		report_counts(m);
	return rc;
}

enum rs_rc rs_compare_settle(struct rs_comparison *const *all, size_t n, struct rs_err *err)
{
	enum rs_rc rc = settle_all(all, n, err);

	for (size_t i = 0; rc == RS_OK && i < n; i++)
		report_counts(all[i]);
	return rc;
}

bool rs_compare_is_settled(const struct rs_comparison *m) { return m->n_pending == 0; }

void rs_compare_end(struct rs_comparison *m)
{
	if (m == NULL)
		return;
	for (size_t i = 0; i < m->n_pending; i++)
		free_pending(&m->pending[i]);
	m->c->source_reader->where = NULL;
	free(m->pending);
	rs_row_side_close(&m->source);
	rs_row_side_close(&m->dest);
	free(m->source_columns);
	free(m->dest_columns);
	free(m);
}
