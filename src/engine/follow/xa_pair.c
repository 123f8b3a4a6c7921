/* XA transactions whose PREPARE and whose end are both among what was gathered: their rows need not be stored in between.
 * One that was committed becomes a transaction like any other in the place of its COMMIT, for the lanes too; of one that
 * was rolled back nothing is left.
 *
 * What moves behind what lies between must be committed together with that: a position between PREPARE and COMMIT would say
 * that a body is stored. Batches end only beside an XA transaction that is stored or applied from there (batch.c), so that
 * one of those in between keeps both where they are. */
#include "engine/follow/follow.h"

#include <stdlib.h>
#include <string.h>
#include "base/mem.h"

#define ROUNDS 8 /* of looking again, after which what is still not sure is stored */
#define NONE SIZE_MAX

/* Items from begin to end - 1: a transaction, a PREPARE with what it prepares, or an end that stands alone. */
struct unit {
	size_t begin, end;
	size_t partner; /* its PREPARE, its end; NONE */
	bool again;     /* its xid was prepared once more before it was finished */
};

struct pairing {
	struct rs_follow *f;
	struct unit *units;
	size_t n, cap;
	size_t *open;    /* PREPAREs whose end did not come yet */
	size_t n_open, cap_open;
};

static const struct rs_change *first_of(const struct pairing *p, const struct unit *u) { return p->f->items[u->begin]; }

static const struct rs_change *last_of(const struct pairing *p, const struct unit *u) { return p->f->items[u->end - 1]; }

static bool is_end_alone(const struct rs_change *c) { return c->kind == RS_CHANGE_XA_COMMIT || c->kind == RS_CHANGE_XA_ROLLBACK; }

static bool is_xa(const struct pairing *p, const struct unit *u)
{
	return last_of(p, u)->kind == RS_CHANGE_XA_PREPARE || is_end_alone(first_of(p, u));
}

/* ---------------------------------------------------------------- which belong together */

/* The place among those that are open; n_open: none has that xid. */
static size_t find_open(const struct pairing *p, const char *xid)
{
	size_t i = 0;

	while (i < p->n_open && strcmp(last_of(p, &p->units[p->open[i]])->xid, xid) != 0)
		i++;
	return i;
}

/* One whose xid is prepared once more was never finished in the log: all of that xid are stored, which replaces them. So is one
 * of whose xid there is a body already, of before this was gathered. */
static void open_prepare(struct pairing *p, size_t at)
{
	const char *xid = last_of(p, &p->units[at])->xid;
	size_t same = find_open(p, xid);

	p->units[at].again = rs_map_get(&p->f->bodies, xid, strlen(xid)) != NULL;

	if (same < p->n_open) {
		p->units[p->open[same]].again = true;
		return;
	}
	RS_GROW(p->open, p->n_open, p->cap_open);
	p->open[p->n_open++] = at;
}

static void pair_end(struct pairing *p, size_t at)
{
	size_t i = find_open(p, first_of(p, &p->units[at])->xid);

	if (i == p->n_open)
		return;
	size_t prepare = p->open[i];
	p->open[i] = p->open[--p->n_open];
	if (p->units[prepare].again)
		return;
	p->units[at].partner = prepare;
	p->units[prepare].partner = at;
}

static void add_unit(struct pairing *p, size_t begin, size_t end)
{
	RS_GROW(p->units, p->n, p->cap);
	p->units[p->n++] = (struct unit){begin, end, NONE, false};
	const struct unit *u = &p->units[p->n - 1];
	if (is_end_alone(first_of(p, u)))
		pair_end(p, p->n - 1);
	else if (is_xa(p, u))
		open_prepare(p, p->n - 1);
}

static bool has_end_alone(const struct rs_follow *f)
{
	for (size_t i = 0; i < f->complete_items; i++)
		if (is_end_alone(f->items[i]))
			return true;
	return false;
}

static void find_units(struct pairing *p)
{
	for (size_t begin = 0, end; begin < p->f->complete_items; begin = end) {
		end = rs_follow_transaction_end(p->f, begin);
		add_unit(p, begin, end);
	}
}

static void part(struct pairing *p, size_t i)
{
	p->units[p->units[i].partner].partner = NONE;
	p->units[i].partner = NONE;
}

/* Parts those that have a stored one between them; true where there were any. stays: work space, as many as there are units. */
static bool part_across(struct pairing *p, size_t *stays)
{
	size_t n = 0;
	bool parted = false;

	for (size_t i = 0; i < p->n; i++) {
		n += is_xa(p, &p->units[i]) && p->units[i].partner == NONE;
		stays[i] = n;
	}
	for (size_t i = 0; i < p->n; i++) {
		size_t prepare = p->units[i].partner;
		if (prepare == NONE || prepare > i || stays[i] == stays[prepare] || first_of(p, &p->units[i])->kind == RS_CHANGE_XA_ROLLBACK)
			continue;
		part(p, i);
		parted = true;
	}
	return parted;
}

static void settle_pairs(struct pairing *p)
{
	size_t *stays = rs_xcalloc(p->n, sizeof *stays);
	bool parted = true;

	for (int round = 0; parted && round < ROUNDS; round++)
		parted = part_across(p, stays);
	for (size_t i = 0; parted && i < p->n; i++)
		if (p->units[i].partner != NONE)
			part(p, i);
	free(stays);
}

/* ---------------------------------------------------------------- what becomes of them */

static void free_change(void *c) { rs_change_free(c); }

/* The rows are what is applied from where the COMMIT stands; by what began where they were prepared it is known what a lane
 * brings. */
static void move_begin(struct rs_change *prepare, struct rs_change *begin, struct rs_change *commit)
{
	prepare->kind = RS_CHANGE_BEGIN;
	prepare->xid = NULL;
	rs_position_copy(&prepare->position, &commit->position);
	if (prepare->position.offset > 0)
		prepare->position.offset--;
	free(prepare->gtid);
	prepare->gtid = commit->gtid;
	commit->gtid = NULL;
	prepare->attached = begin;
	prepare->free_attached = free_change;
}

static void drop(struct rs_follow *f, struct rs_change *c)
{
	f->bytes -= c->bytes;
	f->complete_bytes -= c->bytes;
	rs_change_free(c);
}

static void drop_unit(struct rs_follow *f, const struct unit *u)
{
	for (size_t i = u->begin; i < u->end; i++)
		drop(f, f->items[i]);
}

/* Into out, n of them so far; returns how many there are then. */
static size_t put_committed(struct rs_follow *f, const struct unit *prepare, struct rs_change *commit, struct rs_change **out, size_t n)
{
	struct rs_change *begin = f->items[prepare->begin], *end = f->items[prepare->end - 1];
	uint64_t ordinal = 1;

	f->bytes -= begin->bytes;
	f->complete_bytes -= begin->bytes;
	move_begin(end, begin, commit);
	out[n++] = end;
	for (size_t i = prepare->begin + 1; i < prepare->end - 1; i++) {
		struct rs_change *c = f->items[i];
		c->ordinal = ordinal;
		ordinal += c->n_rows;
		out[n++] = c;
	}
	commit->kind = RS_CHANGE_COMMIT;
	commit->xid = NULL;
	out[n++] = commit;
	return n;
}

/* Of one without rows for us a COMMIT is kept where something was between: a batch that ended there would say that a body is stored. */
static bool is_kept(const struct pairing *p, const struct unit *prepare, const struct unit *end)
{
	return first_of(p, end)->kind == RS_CHANGE_XA_COMMIT && (prepare->end - prepare->begin > 2 || end - prepare > 1);
}

static size_t put_unit(struct pairing *p, const struct unit *u, struct rs_change **out, size_t n)
{
	struct rs_follow *f = p->f;

	if (u->partner == NONE) {
		memcpy(out + n, f->items + u->begin, (u->end - u->begin) * sizeof *out);
		return n + u->end - u->begin;
	}
	const struct unit *partner = &p->units[u->partner];
	struct rs_change *first = f->items[u->begin];

	if (partner->begin > u->begin) /* comes when its end does */
		return n;
	if (is_kept(p, partner, u))
		return put_committed(f, partner, first, out, n);
	drop_unit(f, partner);
	drop(f, first);
	return n;
}

/* Nothing gets longer. What is not complete stays behind what is. */
static void rearrange(struct pairing *p)
{
	struct rs_follow *f = p->f;
	struct rs_change **out = rs_xcalloc(f->n_items, sizeof *out);
	size_t n = 0;

	for (size_t i = 0; i < p->n; i++)
		n = put_unit(p, &p->units[i], out, n);
	memcpy(out + n, f->items + f->complete_items, (f->n_items - f->complete_items) * sizeof *out);
	f->n_items = n + f->n_items - f->complete_items;
	f->complete_items = n;
	memcpy(f->items, out, f->n_items * sizeof *out);
	free(out);
}

void rs_follow_pair_xa(struct rs_follow *f)
{
	struct pairing p = {.f = f};

	if (!has_end_alone(f))
		return;
	find_units(&p);
	settle_pairs(&p);
	rearrange(&p);
	free(p.units);
	free(p.open);
}
