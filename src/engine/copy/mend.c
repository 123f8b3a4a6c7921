#include "engine/copy/mend.h"

#include <stdlib.h>
#include <string.h>
#include "base/fault.h"
#include "base/mem.h"
#include "engine/verify/compare_suspect.h"

#define TRIES 5      /* of a chunk that another one is in the way of */
#define DEST_TIMES 3 /* so many rows of the destination for one of the source, before a chunk is made shorter */

struct rs_mender {
	struct rs_engine *e;
	struct rs_table_reader *source, *dest;
	struct rs_source *dest_server;

	/* a chunk */
	const struct rs_sync_table *t;
	struct rs_compare c;
	struct rs_verify_counts counts;
	const struct rs_key *key, *dest_key;
	const struct rs_bound *lower, *upper;
	struct rs_row_side sides[2];       /* the source's, the destination's */
	struct rs_suspects differing;
	size_t most;                       /* that are held at once */
	bool reading_source;               /* to write what differs */
	struct rs_mended *done;
};

enum rs_rc rs_mender_open(struct rs_engine *e, struct rs_table_reader *source, struct rs_mender **out, struct rs_err *err)
{
	struct rs_mender *m = rs_xcalloc(1, sizeof *m);
	enum rs_rc rc = rs_source_open_destination(e->task, &m->dest_server, err);

	m->e = e;
	m->source = source;
	if (rc == RS_OK)
		rc = m->dest_server->ops->reader(m->dest_server, &m->dest, err);
	if (rc != RS_OK) {
		rs_mender_close(m);
		return rc;
	}
	rs_engine_live(e, (void (*)(void *))m->dest->ops->cancel, m->dest);
	*out = m;
	return RS_OK;
}

void rs_mender_close(struct rs_mender *m)
{
	if (m == NULL)
		return;
	if (m->dest != NULL) {
		rs_engine_dead(m->e, m->dest);
		m->dest->ops->close(m->dest);
	}
	if (m->dest_server != NULL)
		m->dest_server->ops->close(m->dest_server);
	free(m);
}

/* ---------------------------------------------------------------- what is compared */

/* Only what is written can be made the same. malloc'ed. */
static int *written_columns(const struct rs_route *r)
{
	int *columns = rs_xcalloc(r->source->n_columns + 1, sizeof *columns);

	for (size_t i = 0; i < r->source->n_columns; i++)
		columns[i] = rs_route_writes(r, i) ? r->columns[i] : -1;
	return columns;
}

bool rs_mend_is_possible(const struct rs_sync_table *t)
{
	int *columns = written_columns(t->route);
	const struct rs_compare c = {.source = t->route->source, .dest = t->route->dest, .columns = columns};
	bool possible = rs_compare_matching_key(&c) != NULL;

	free(columns);
	return possible;
}

static void bind(struct rs_mender *m, const struct rs_sync_table *t)
{
	const struct rs_route *r = t->route;

	m->t = t;
	m->c = (struct rs_compare){.source = r->source, .dest = r->dest, .columns = written_columns(r),
	                           .source_reader = m->source, .dest_reader = m->dest, .counts = &m->counts,
	                           .signed_zero = m->e->source->signed_zero && m->dest_server->signed_zero};
	m->key = r->row_key;
	m->dest_key = rs_compare_matching_key(&m->c);
	m->source->where = t->where;
}

static void unbind(struct rs_mender *m)
{
	free((int *)(uintptr_t)m->c.columns);
	m->c.columns = NULL;
}

enum rs_rc rs_mender_narrow(struct rs_mender *m, const struct rs_sync_table *t, const struct rs_bound *after,
                            struct rs_bound *upper, struct rs_err *err)
{
	struct rs_bound less = {NULL, 0};

	bind(m, t);
	enum rs_rc rc = m->dest->ops->bound(m->dest, t->route->dest, m->dest_key, after, upper, (uint64_t)DEST_TIMES * RS_MEND_ROWS,
	                                    &less, err);
	unbind(m);
	if (rc == RS_OK) {
		rs_bound_clear(upper);
		*upper = less;
	}
	return rc;
}

/* ---------------------------------------------------------------- digests */

static enum rs_rc pay(struct rs_mender *m, uint64_t rows)
{
	const struct rs_table *t = m->t->route->source;
	const struct rs_cost cost = {.of = {[RS_THROTTLE_ROWS] = rows,
	                                    [RS_THROTTLE_BYTES] = t->rows > 0 ? rows * (t->bytes / t->rows) : 0}};

	return rs_throttle_is_limited(m->e->copy_throttle) ? rs_throttle_wait(m->e->copy_throttle, &cost, &m->e->cancel) : RS_OK;
}

static enum rs_rc ask(struct rs_mender *m, const uint32_t *source, const uint32_t *dest, size_t n, bool *same,
                      struct rs_err *err)
{
	struct rs_digest a = {0}, b = {0};
	const struct rs_route *r = m->t->route;
	enum rs_rc rc = m->source->ops->digest(m->source, r->source, m->key, m->lower, m->upper, source, n, &a, err);

	if (rc == RS_OK)
		rc = m->dest->ops->digest(m->dest, r->dest, m->dest_key, m->lower, m->upper, dest, n, &b, err);
	*same = rc == RS_OK && a.rows == b.rows && a.low == b.low && a.high == b.high;
	m->done->rows = a.rows;
	return rc == RS_OK ? pay(m, a.rows) : rc;
}

/* RS_AGAIN where the servers can't say. */
static enum rs_rc ask_servers(struct rs_mender *m, bool *same, struct rs_err *err)
{
	uint32_t *source = rs_xcalloc(m->c.source->n_columns + 1, sizeof *source);
	uint32_t *dest = rs_xcalloc(m->c.source->n_columns + 1, sizeof *dest);
	size_t n;
	enum rs_rc rc = rs_compare_digest_columns(&m->c, source, dest, &n) ? ask(m, source, dest, n, same, err) : RS_AGAIN;

	free(source);
	free(dest);
	return rc;
}

/* ---------------------------------------------------------------- rows */

static enum rs_rc open_side(struct rs_mender *m, const struct rs_row_side *s, struct rs_err *err)
{
	return s->reader->ops->open(s->reader, s->table, s->dest ? m->dest_key : m->key, m->lower, m->upper, err);
}

static enum rs_rc read_side(struct rs_mender *m, struct rs_row_side *s, struct rs_row_set *rows, struct rs_err *err)
{
	struct rs_row_hash h;
	enum rs_rc rc = open_side(m, s, err);

	while (rc == RS_OK && (rc = s->reader->ops->next(s->reader, s->values, err)) == RS_OK) {
		rc = rs_engine_stopping(m->e) ? RS_CANCELLED : rs_row_hash(s, &h, err);
		if (rc == RS_OK)
			rs_row_set_add(rows, &h, true);
	}
	s->reader->ops->end(s->reader);
	rs_row_set_sort(rows);
	return rc == RS_EOF ? RS_OK : rc;
}

static enum rs_rc read_both(struct rs_mender *m, struct rs_err *err)
{
	struct rs_row_set source = {.n = 0}, dest = {.n = 0};
	enum rs_rc rc = read_side(m, &m->sides[0], &source, err);

	if (rc == RS_OK)
		rc = read_side(m, &m->sides[1], &dest, err);
	rs_suspects_release(&m->differing);
	m->differing.max = m->most;
	if (rc == RS_OK)
		rs_suspects_look(&m->differing, &source, &dest);
	m->done->rows = source.count;
	free(source.items);
	free(dest.items);
	return rc;
}

/* A table whose deletes or updates are not synchronized keeps what they would have changed. */
static bool is_to_go(const struct rs_mender *m, const struct rs_suspect *s)
{
	return rs_suspect_is_extra(s) && (m->t->dml & RS_SYNC_DELETE) != 0;
}

static bool is_to_come(const struct rs_mender *m, const struct rs_suspect *s)
{
	return !rs_suspect_is_extra(s) && (rs_suspect_is_missing(s) || (m->t->dml & RS_SYNC_UPDATE) != 0);
}

/* The next row of a side that is wanted, into the side's values. */
static enum rs_rc next_wanted(struct rs_mender *m, struct rs_row_side *s,
                              bool (*wanted)(const struct rs_mender *m, const struct rs_suspect *s), struct rs_err *err)
{
	struct rs_row_hash h;
	enum rs_rc rc;

	while ((rc = s->reader->ops->next(s->reader, s->values, err)) == RS_OK) {
		if ((rc = rs_row_hash(s, &h, err)) != RS_OK)
			return rc;
		const struct rs_suspect *found = rs_suspects_find(&m->differing, h.key);
		if (found != NULL && wanted(m, found))
			return RS_OK;
	}
	return rc;
}

static enum rs_rc next_gone(void *arg, struct rs_value *values, struct rs_err *err)
{
	struct rs_mender *m = arg;
	enum rs_rc rc = next_wanted(m, &m->sides[1], is_to_go, err);

	if (rc != RS_OK)
		return rc;
	m->done->deleted++;
	memcpy(values, m->sides[1].values, m->c.dest->n_columns * sizeof *values);
	return RS_OK;
}

/* A server does not wait for long for somebody to read on: the source is asked when the destination has deleted what is to go. */
static enum rs_rc next_of_source(struct rs_mender *m, struct rs_err *err)
{
	enum rs_rc rc = m->reading_source ? RS_OK : open_side(m, &m->sides[0], err);

	m->reading_source = true;
	return rc == RS_OK ? next_wanted(m, &m->sides[0], is_to_come, err) : rc;
}

static enum rs_rc next_written(void *arg, struct rs_value *values, struct rs_err *err)
{
	struct rs_mender *m = arg;
	enum rs_rc rc = rs_engine_stopping(m->e) ? RS_CANCELLED : next_of_source(m, err);

	if (rc != RS_OK)
		return rc;
	memcpy(values, m->sides[0].values, m->c.source->n_columns * sizeof *values);
	return rs_throttle_is_limited(m->e->copy_throttle) ? rs_limits_copy_row(m->e, values, m->c.source->n_columns, NULL) : RS_OK;
}

static enum rs_rc next_none(void *arg, struct rs_value *values, struct rs_err *err)
{
	(void)arg;
	(void)values;
	(void)err;
	return RS_EOF;
}

/* The rows are read once more, so that no more than their hashes is held: one that changed meanwhile is a later version of
 * itself. Where more differ than are held the chunk is not done, and not marked. */
static enum rs_rc write_chunk(struct rs_mender *m, struct rs_loader *loader, uint64_t number, struct rs_err *err)
{
	bool any = m->differing.n > 0;
	const struct rs_row_source gone = {any ? next_gone : next_none, m}, rows = {any ? next_written : next_none, m};
	char *lower = rs_bound_to_text(m->lower), *upper = rs_bound_to_text(m->upper);
	const struct rs_meta_chunk mark = {number, lower, upper, m->done->rows};
	uint64_t written = 0, bytes = 0;
	enum rs_rc rc = any ? open_side(m, &m->sides[1], err) : RS_OK;

	m->reading_source = false;
	if (rc == RS_OK)
		rc = loader->ops->mend(loader, m->t->route, m->dest_key, &gone, &rows, m->differing.more ? NULL : &mark, &written, &bytes,
		                       err);
	m->dest->ops->end(m->dest);
	m->source->ops->end(m->source);
	m->done->written += rc == RS_OK ? written : 0;
	m->done->bytes += rc == RS_OK ? bytes : 0;
	free(lower);
	free(upper);
	return rc;
}

/* Some of the chunk's rows, or all. RS_AGAIN: there are more. */
static enum rs_rc mend_some(struct rs_mender *m, struct rs_loader *loader, uint64_t number, struct rs_err *err)
{
	const struct rs_mended before = *m->done;
	enum rs_rc rc = read_both(m, err);

	rs_step("chunk-compared");
	if (rc == RS_OK)
		rc = write_chunk(m, loader, number, err);
	if (rc != RS_OK)
		m->done->deleted = before.deleted;
	if (rc != RS_OK || !m->differing.more)
		return rc;
	if (m->done->deleted + m->done->written == before.deleted + before.written) /* those are to stay as they are */
		m->most *= 2;
	return RS_AGAIN;
}

/* Whether another chunk was in the way of this one, and how often so far. A row that is to go may have gone meanwhile: another
 * chunk has got one with the same value in a unique key, which took its place. Two that want each other's rows are a deadlock, of
 * which the server ends one; those use up nothing of the tries of the other kind, which ends the task. */
struct collisions {
	unsigned taken, deadlocks;
};

static bool try_again(struct collisions *c, enum rs_rc rc, const struct rs_err *err)
{
	if (rc != RS_FAIL || (err->code != RS_E_REPAIR && err->code != RS_E_SQL_DEADLOCK))
		return false;
	return ++*(err->code == RS_E_REPAIR ? &c->taken : &c->deadlocks) < TRIES;
}

static enum rs_rc mend_rows(struct rs_mender *m, struct rs_loader *loader, uint64_t number, struct rs_err *err)
{
	struct collisions c = {0, 0};
	enum rs_rc rc = RS_AGAIN;

	m->most = RS_SUSPECTS_MAX;
	while (rc == RS_AGAIN) {
		rc = mend_some(m, loader, number, err);
		if (!try_again(&c, rc, err))
			continue;
		rs_err_clear(err);
		rc = RS_AGAIN;
	}
	return rc;
}

enum rs_rc rs_mender_chunk(struct rs_mender *m, const struct rs_sync_table *t, struct rs_loader *loader, uint64_t number,
                           const struct rs_bound *lower, const struct rs_bound *upper, struct rs_mended *out,
                           struct rs_err *err)
{
	bool same = false;

	*out = (struct rs_mended){0};
	bind(m, t);
	m->lower = lower;
	m->upper = upper;
	m->done = out;
	m->differing = (struct rs_suspects)RS_SUSPECTS_INIT;
	rs_row_side_open(&m->sides[0], &m->c, false, m->c.source, m->key);
	rs_row_side_open(&m->sides[1], &m->c, true, m->c.dest, m->key);
	enum rs_rc rc = rs_limits_query(m->e);
	if (rc == RS_OK)
		rc = ask_servers(m, &same, err);
	if (rc == RS_OK && same)
		rc = write_chunk(m, loader, number, err);
	else if (rc == RS_OK || rc == RS_AGAIN)
		rc = mend_rows(m, loader, number, err);
	rs_row_side_close(&m->sides[0]);
	rs_row_side_close(&m->sides[1]);
	rs_suspects_release(&m->differing);
	unbind(m);
	return rc;
}
