/* Single rows, and tables as a whole, judged by places in the log (verifier.h). A batch of them goes through three steps:
 * the source's rows are read; once the destination has come to the log's end of then, its rows are, and the source's of
 * those that differ once more; once it has come to the end of then, what was not changed meanwhile is different. */
#include "engine/verify/verifier_priv.h"

#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "engine/verify/row_key.h"

#define BATCH_ROWS 200
#define BATCH_TABLES 16
#define TRIES 20
#define FEW_TRIES 5
#define PUT_OFF RS_USEC_PER_SEC

/* ---------------------------------------------------------------- cases */

static void free_case(struct rs_case *c)
{
	rs_bound_clear(&c->key);
	free(c->name);
	free(c);
}

static void cases_clear(struct rs_cases *all)
{
	for (size_t i = 0; i < all->n; i++)
		free_case(all->items[i]);
	free(all->items);
	rs_map_release(&all->by_hash, NULL);
	*all = (struct rs_cases){.by_hash = RS_MAP_INIT};
}

static void wait_again(struct rs_judge *j, struct rs_case *c)
{
	RS_GROW(j->waiting.items, j->waiting.n, j->waiting.cap);
	j->waiting.items[j->waiting.n++] = c;
	rs_map_put(&j->waiting.by_hash, (const char *)&c->hash, sizeof c->hash, c);
}

static bool is_known_of(const struct rs_judge *j, uint64_t hash)
{
	for (size_t i = 0; i < j->n_batch; i++)
		if (j->batch[i]->hash == hash)
			return true;
	return rs_map_get(&j->waiting.by_hash, (const char *)&hash, sizeof hash) != NULL;
}

void rs_judge_add(struct rs_verifying *k, size_t table, const struct rs_bound *key, enum rs_reason reason)
{
	uint64_t hash = rs_row_key_hash(k->tables[table].hash, key->values, key->n);

	if (is_known_of(&k->judge, hash))
		return;
	struct rs_case *c = rs_xcalloc(1, sizeof *c);
	c->table = table;
	c->hash = hash;
	c->reason = reason;
	rs_bound_copy(&c->key, key);
	wait_again(&k->judge, c);
}

static void end_batch(struct rs_verifying *k)
{
	struct rs_judge *j = &k->judge;

	for (size_t i = 0; i < j->n_batch; i++)
		free_case(j->batch[i]);
	free(j->batch);
	j->batch = NULL;
	j->n_batch = 0;
	j->next = RS_JUDGE_IDLE;
	rs_position_clear(&j->await);
	rs_position_clear(&j->seen);
	rs_lookout_watch(&k->v->lookout, NULL, 0);
}

void rs_judge_clear(struct rs_verifying *k)
{
	end_batch(k);
	cases_clear(&k->judge.waiting);
}

bool rs_judge_is_urgent(const struct rs_verifying *k)
{
	for (size_t i = 0; i < k->judge.n_batch; i++)
		if (k->judge.batch[i]->key.n == 0)
			return true;
	return false;
}

bool rs_judge_is_busy(const struct rs_verifying *k) { return k->judge.waiting.n > RS_LOOKOUT_MAX; }

static void count(struct rs_verifying *k, uint64_t *what, uint64_t n)
{
	rs_monitor_enter(&k->v->monitor);
	*what += n;
	rs_monitor_leave(&k->v->monitor);
}

/* ---------------------------------------------------------------- a batch */

/* What the stream has noted; the table's key may be another one by now. */
static void take_changed(struct rs_verifying *k)
{
	struct rs_changed *changed;

	while (k->judge.waiting.n < BATCH_ROWS && (changed = rs_lookout_take(&k->v->lookout)) != NULL) {
		size_t table = rs_verified_table_find(k, changed->table->db, changed->table->name);
		if (table < k->n_tables && k->tables[table].all_changes)
			rs_judge_add(k, table, &changed->key, RS_REASON_CHANGED);
		rs_changed_free(changed);
	}
	count(k, &k->v->shown.dropped, rs_lookout_dropped(&k->v->lookout));
}

static bool is_whole(const struct rs_case *c) { return c->key.n == 0; }

static int by_table(const void *a, const void *b)
{
	const struct rs_case *x = *(struct rs_case *const *)a, *y = *(struct rs_case *const *)b;

	return x->table != y->table ? (x->table > y->table) - (x->table < y->table) : is_whole(x) - is_whole(y);
}

static bool may_join(size_t *tables, size_t *n, size_t table)
{
	for (size_t i = 0; i < *n; i++)
		if (tables[i] == table)
			return true;
	if (*n == BATCH_TABLES)
		return false;
	tables[(*n)++] = table;
	return true;
}

static void fill_batch(struct rs_verifying *k)
{
	struct rs_judge *j = &k->judge;
	size_t tables[BATCH_TABLES], n_tables = 0, kept = 0;
	rs_usec now = rs_clock_mono();

	j->batch = rs_xcalloc(BATCH_ROWS, sizeof *j->batch);
	for (size_t i = 0; i < j->waiting.n; i++) {
		struct rs_case *c = j->waiting.items[i];
		if (j->n_batch == BATCH_ROWS || c->not_before > now || !may_join(tables, &n_tables, c->table)) {
			j->waiting.items[kept++] = c;
			continue;
		}
		rs_map_del(&j->waiting.by_hash, (const char *)&c->hash, sizeof c->hash);
		j->batch[j->n_batch++] = c;
	}
	j->waiting.n = kept;
	qsort(j->batch, j->n_batch, sizeof *j->batch, by_table);
}

static void watch_batch(struct rs_verifying *k)
{
	struct rs_judge *j = &k->judge;
	uint64_t hashes[BATCH_ROWS];

	for (size_t i = 0; i < j->n_batch; i++)
		hashes[i] = j->batch[i]->hash;
	j->generation = atomic_load(&k->v->lookout.generation);
	rs_lookout_watch(&k->v->lookout, hashes, j->n_batch);
}

/* ---------------------------------------------------------------- reading */

enum read_what { READ_BEFORE, READ_DEST, READ_NOW };

/* Rows of one table, or one as a whole, and where what is read of them goes. */
struct reading {
	struct rs_case **cases;
	size_t n;
	enum read_what what;
	uint64_t rows;
};

static struct rs_row_hash *place_in(struct rs_case *c, const struct reading *r, bool **has)
{
	*has = r->what == READ_BEFORE ? &c->had : r->what == READ_DEST ? &c->dest_has : &c->has;
	return r->what == READ_BEFORE ? &c->before : r->what == READ_DEST ? &c->dest : &c->now;
}

static struct rs_case *case_of(const struct reading *r, uint64_t hash)
{
	for (size_t i = 0; i < r->n; i++)
		if (r->cases[i]->hash == hash)
			return r->cases[i];
	return NULL;
}

static enum rs_rc take_row(struct rs_verifying *k, struct rs_row_side *s, const struct rs_row_hash *h, void *arg,
                           struct rs_err *err)
{
	struct reading *r = arg;
	struct rs_verified_table *t = &k->tables[r->cases[0]->table];
	struct rs_value values[32];
	bool *has;

	(void)err;
	rs_verified_row_key(t, s, values);
	struct rs_case *c = case_of(r, rs_row_key_hash(t->hash, values, t->key->n_parts));
	if (c == NULL) /* of an equal key, which is not the same */
		return RS_OK;
	*place_in(c, r, &has) = *h;
	*has = true;
	if (c->name == NULL)
		c->name = rs_row_key_text(s);
	return RS_OK;
}

/* Of a table as a whole, where the servers make no digest: that of its rows as a multiset. */
static enum rs_rc add_row(struct rs_verifying *k, struct rs_row_side *s, const struct rs_row_hash *h, void *arg,
                          struct rs_err *err)
{
	struct reading *r = arg;
	bool *has;
	struct rs_row_hash *sum = place_in(r->cases[0], r, &has);

	(void)k;
	(void)s;
	(void)err;
	sum->row.low64 += h->row.low64;
	sum->row.high64 += h->row.high64 ^ (h->row.low64 >> 1);
	sum->key.low64 += 1;
	*has = true;
	return ++r->rows > RS_VERIFY_WHOLE_ROWS ? RS_AGAIN : RS_OK;
}

static char *condition_of(const struct rs_verified_table *t, const struct reading *r)
{
	bool dest = r->what == READ_DEST;
	struct rs_buf sql = RS_BUF_INIT;

	rs_buf_addc(&sql, '(');
	for (size_t i = 0; i < r->n; i++) {
		rs_buf_adds(&sql, i > 0 ? " OR " : "");
		rs_row_key_condition(&sql, dest ? t->dest : t->source, dest ? t->dest_key : t->key, r->cases[i]->key.values);
	}
	rs_buf_addc(&sql, ')');
	return rs_buf_take(&sql);
}

static void forget_reading(struct reading *r)
{
	for (size_t i = 0; i < r->n; i++) {
		bool *has;
		*place_in(r->cases[i], r, &has) = (struct rs_row_hash){0};
		*has = false;
	}
}

static void give_up(struct reading *r)
{
	for (size_t i = 0; i < r->n; i++)
		r->cases[i]->over = true;
}

static void leave_out(struct rs_verifying *k, struct reading *r, enum rs_unverified why)
{
	rs_verified_table_tell(k, &k->tables[r->cases[0]->table], why);
	count(k, &k->v->shown.tables_left_out, 1);
	give_up(r);
}

/* Row by row; one that is too large for that is left out. */
static enum rs_rc read_all_rows(struct rs_verifying *k, struct rs_verified_table *t, enum rs_budget_server server,
                                struct reading *r, struct rs_err *err)
{
	enum rs_rc rc = rs_verified_table_walk(k, t, server, NULL, NULL, NULL, add_row, r, err);

	if (rc != RS_AGAIN)
		return rc;
	leave_out(k, r, RS_UNVERIFIED_LARGE);
	return RS_OK;
}

static enum rs_rc read_digest(struct rs_verifying *k, struct rs_verified_table *t, enum rs_budget_server server,
                              struct reading *r, struct rs_err *err)
{
	static const struct rs_bound none = {NULL, 0};
	struct rs_digest d;
	bool *has;
	struct rs_row_hash *sum = place_in(r->cases[0], r, &has);
	enum rs_rc rc = rs_verified_table_digest(k, t, server, &none, &none, &d, err);

	if (rc == RS_AGAIN) { /* from the next look on its rows are read */
		t->n_columns = 0;
		give_up(r);
		return RS_OK;
	}
	if (rc == RS_OK) {
		*sum = (struct rs_row_hash){.row = {d.low, d.high}, .key = {d.rows, 0}};
		*has = d.rows > 0;
	}
	return rs_verifying_pass_over(rc, err);
}

static enum rs_rc read_whole(struct rs_verifying *k, struct rs_verified_table *t, enum rs_budget_server server,
                             struct reading *r, struct rs_err *err)
{
	return t->n_columns > 0 ? read_digest(k, t, server, r, err) : read_all_rows(k, t, server, r, err);
}

static enum rs_rc read_rows(struct rs_verifying *k, struct rs_verified_table *t, enum rs_budget_server server,
                            struct reading *r, struct rs_err *err)
{
	char *condition = condition_of(t, r);
	enum rs_rc rc = rs_verified_table_walk(k, t, server, NULL, NULL, condition, take_row, r, err);

	free(condition);
	return rc;
}

/* What is found of a table as a whole is all that there is to find of it. */
static void settle(struct rs_verifying *k, struct rs_case *c)
{
	c->over = true;
	if (is_whole(c))
		rs_verified_table_tell(k, &k->tables[c->table], RS_UNVERIFIED_NOT);
}

static void agree(struct rs_verifying *k, struct rs_case *c)
{
	settle(k, c);
	rs_known_agrees(k, c);
}

static bool fits_key(const struct rs_verified_table *t, const struct rs_case *c)
{
	return is_whole(c) ? t->dest_key == NULL : t->dest_key != NULL && t->key->n_parts == c->key.n;
}

/* What was known of a row of another key, or of a table that was missing and has a key, is known no more: passes find what
 * is left of it. */
static void leave_out_unfit(struct rs_verifying *k, const struct rs_verified_table *t, struct reading *r)
{
	size_t kept = 0;

	for (size_t i = 0; i < r->n; i++) {
		struct rs_case *c = r->cases[i];
		if (fits_key(t, c))
			r->cases[kept++] = c;
		else if (c->reason == RS_REASON_KNOWN)
			agree(k, c);
		else
			c->over = true;
	}
	r->n = kept;
}

/* The source's table is there, and all of it is missing. */
static void read_missing(struct reading *r)
{
	bool *has;

	*place_in(r->cases[0], r, &has) = (struct rs_row_hash){.row = {1, 1}};
	*has = r->what != READ_DEST;
}

/* The cases of one table. One that is not there now is left to a later look. */
static enum rs_rc read_table(struct rs_verifying *k, struct reading *r, struct rs_err *err)
{
	struct rs_verified_table *t = &k->tables[r->cases[0]->table];
	enum rs_budget_server server = r->what == READ_DEST ? RS_BUDGET_DEST : RS_BUDGET_SOURCE;
	enum rs_rc rc = rs_verified_table_open(k, t, err);

	forget_reading(r);
	if (rc == RS_EOF && t->dest_missing && is_whole(r->cases[0])) {
		read_missing(r);
		return RS_OK;
	}
	if (rc == RS_OK)
		leave_out_unfit(k, t, r);
	if (rc == RS_OK && r->n > 0)
		rc = is_whole(r->cases[0]) ? read_whole(k, t, server, r, err) : read_rows(k, t, server, r, err);
	if (rc == RS_EOF) {
		give_up(r);
		rs_verified_table_close(k, t);
	}
	return rc == RS_EOF ? RS_OK : rc;
}

/* Those that nothing is known of yet, table by table. */
static enum rs_rc read_batch(struct rs_verifying *k, enum read_what what, struct rs_err *err)
{
	struct rs_judge *j = &k->judge;
	struct rs_case *cases[BATCH_ROWS];
	enum rs_rc rc = RS_OK;

	for (size_t i = 0; rc == RS_OK && i < j->n_batch;) {
		struct reading r = {.cases = cases, .what = what};
		const struct rs_case *first = j->batch[i];
		for (; i < j->n_batch && by_table(&first, &j->batch[i]) == 0; i++)
			if (!j->batch[i]->over)
				cases[r.n++] = j->batch[i];
		if (r.n > 0)
			rc = read_table(k, &r, err);
	}
	return rc;
}

/* ---------------------------------------------------------------- verdicts */

static bool same_row(bool has_a, const struct rs_row_hash *a, bool has_b, const struct rs_row_hash *b)
{
	return has_a == has_b && (!has_a || (XXH128_isEqual(a->row, b->row) && XXH128_isEqual(a->key, b->key)));
}

/* The destination has what the source had, or has by now. */
static void settle_equal(struct rs_verifying *k, bool now)
{
	for (size_t i = 0; i < k->judge.n_batch; i++) {
		struct rs_case *c = k->judge.batch[i];
		if (!c->over && same_row(now ? c->has : c->had, now ? &c->now : &c->before, c->dest_has, &c->dest))
			agree(k, c);
	}
}

/* Each of a whole table reads all of it; each beside a task that lags takes as long as it lags. */
static unsigned most_tries(const struct rs_verifying *k, const struct rs_case *c)
{
	return is_whole(c) || k->late_since != 0 ? FEW_TRIES : TRIES;
}

/* One that is looked at because it was changed has been noted again. */
static void put_off(struct rs_verifying *k, size_t i)
{
	struct rs_judge *j = &k->judge;
	struct rs_case *c = j->batch[i];

	if (c->reason == RS_REASON_CHANGED && k->wanted.incremental) {
		c->over = true;
		return;
	}
	if (++c->tries >= most_tries(k, c)) {
		if (c->reason != RS_REASON_KNOWN)
			count(k, &k->v->shown.unsettled, 1);
		if (is_whole(c))
			rs_verified_table_tell(k, &k->tables[c->table], RS_UNVERIFIED_RESTLESS);
		c->over = true;
		return;
	}
	j->batch[i] = j->batch[--j->n_batch];
	c->not_before = rs_clock_mono() + PUT_OFF;
	wait_again(j, c);
}

static enum rs_diff_kind kind_of(const struct rs_case *c)
{
	if (c->has == c->dest_has)
		return RS_DIFF_DIFFERENT;
	return c->has ? RS_DIFF_MISSING : RS_DIFF_EXTRA;
}

/* From the last on, since those that are put off leave the batch. */
static void pronounce(struct rs_verifying *k)
{
	struct rs_judge *j = &k->judge;
	bool schemas_changed = atomic_load(&k->v->lookout.generation) != j->generation;

	for (size_t i = j->n_batch; i-- > 0;) {
		struct rs_case *c = j->batch[i];
		if (c->over)
			continue;
		if (schemas_changed || !same_row(c->had, &c->before, c->has, &c->now) ||
		    rs_lookout_is_changed(&k->v->lookout, c->hash)) {
			put_off(k, i);
		} else {
			settle(k, c);
			rs_known_differs(k, c, kind_of(c));
		}
	}
}

/* ---------------------------------------------------------------- steps */

static bool all_over(const struct rs_judge *j)
{
	for (size_t i = 0; i < j->n_batch; i++)
		if (!j->batch[i]->over)
			return false;
	return true;
}

static enum rs_rc await_end(struct rs_verifying *k, enum rs_judge_step next, struct rs_err *err)
{
	rs_usec began = rs_verifying_now();
	enum rs_rc rc = k->source->ops->place(k->source, &k->judge.await, err);

	rs_verifying_used(k, RS_BUDGET_SOURCE, began);
	k->judge.next = next;
	return rc;
}

static enum rs_rc begin(struct rs_verifying *k, bool *did, struct rs_err *err)
{
	struct rs_judge *j = &k->judge;

	take_changed(k);
	fill_batch(k);
	*did = j->n_batch > 0;
	if (!*did) {
		end_batch(k);
		return RS_OK;
	}
	count(k, &k->v->shown.checked, j->n_batch);
	watch_batch(k);
	enum rs_rc rc = read_batch(k, READ_BEFORE, err);
	return rc == RS_OK ? await_end(k, RS_JUDGE_DEST, err) : rc;
}

static enum rs_rc look(struct rs_verifying *k, struct rs_err *err)
{
	enum rs_rc rc = read_batch(k, READ_DEST, err);

	if (rc != RS_OK)
		return rc;
	settle_equal(k, false);
	if (all_over(&k->judge))
		end_batch(k);
	else /* what the destination has may be in the log and not be seen at the source yet */
		rs_verifying_applied(k, &k->judge.seen);
	return RS_OK;
}

static enum rs_rc look_again(struct rs_verifying *k, bool *did, struct rs_err *err)
{
	struct rs_judge *j = &k->judge;
	rs_usec began = rs_verifying_now();
	bool visible = false;
	enum rs_rc rc = k->source->ops->passed(k->source, &j->seen, &visible, err);

	rs_verifying_used(k, RS_BUDGET_SOURCE, began);
	*did = visible;
	if (rc != RS_OK || !visible)
		return rc;
	rs_position_clear(&j->seen);
	rc = read_batch(k, READ_NOW, err);
	if (rc == RS_OK)
		settle_equal(k, true);
	return rc == RS_OK ? await_end(k, RS_JUDGE_VERDICT, err) : rc;
}

enum rs_rc rs_judge_step(struct rs_verifying *k, bool *did, struct rs_err *err)
{
	struct rs_judge *j = &k->judge;

	*did = true;
	if (j->next == RS_JUDGE_IDLE)
		return begin(k, did, err);
	if (rs_position_is_set(&j->seen))
		return look_again(k, did, err);
	*did = rs_verifying_has_come_to(k, &j->await);
	if (!*did)
		return RS_OK;
	if (j->next == RS_JUDGE_DEST)
		return look(k, err);
	pronounce(k);
	end_batch(k);
	return RS_OK;
}
