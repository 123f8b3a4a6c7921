/* The part of a table that is repaired: its rows on both sides, and those of them that are to be deleted or written. */
#include "engine/verify/repair_priv.h"

#include <stdlib.h>
#include <string.h>
#include "base/i18n.h"
#include "base/mem.h"
#include "engine/verify/row_key.h"

#define KEYLESS_ROWS 100000              /* of a table without a key, which is one part */
#define HELD_MAX ((size_t)64 << 20)      /* bytes of rows that are to be written */
#define KEY_PARTS_MAX 32

/* ---------------------------------------------------------------- reading a part */

static struct rs_row_side *source_side(struct rs_repairing *r) { return &r->sides[0]; }

static struct rs_row_side *dest_side(struct rs_repairing *r) { return &r->sides[1]; }

typedef enum rs_rc (*visit)(struct rs_repairing *r, struct rs_row_side *s, const struct rs_row_hash *h, void *arg,
                            struct rs_err *err);

static enum rs_rc walk(struct rs_repairing *r, struct rs_row_side *s, visit fn, void *arg, struct rs_err *err)
{
	struct rs_row_hash h;
	struct rs_bound after = {NULL, 0}, upto = {NULL, 0};
	enum rs_rc rc = rs_row_side_bound(s, r->key, &r->after, &after, err);

	if (rc == RS_OK)
		rc = rs_row_side_bound(s, r->key, &r->upto, &upto, err);
	if (rc == RS_OK)
		rc = s->reader->ops->open(s->reader, s->table, s->dest ? r->dest_key : r->key, &after, &upto, err);
	while (rc == RS_OK && (rc = s->reader->ops->next(s->reader, s->values, err)) == RS_OK) {
		rc = rs_row_hash(s, &h, err);
		if (rc == RS_OK)
			rc = fn(r, s, &h, arg, err);
	}
	s->reader->ops->end(s->reader);
	rs_bound_clear(&after);
	rs_bound_clear(&upto);
	return rc == RS_EOF ? RS_OK : rc;
}

static enum rs_rc collect(struct rs_repairing *r, struct rs_row_side *s, const struct rs_row_hash *h, void *arg,
                          struct rs_err *err)
{
	struct rs_row_set *rows = arg;

	(void)s;
	rs_row_set_add(rows, h, true);
	if (r->key != NULL && r->dest_key == NULL && r->one_source == NULL && rows->n > KEYLESS_ROWS)
		return rs_err_set(err, RS_E_REPAIR, _("%s.%s has a key that both servers sort in ways of their own, and too many rows to be "
		                                      "repaired as a whole while the task runs"), r->source_table->db, r->source_table->name);
	if (r->key == NULL && rows->n > KEYLESS_ROWS)
		return rs_err_set(err, RS_E_REPAIR, _("%s.%s has no key and too many rows to be repaired while the task runs"),
		                  r->source_table->db, r->source_table->name);
	return RS_OK;
}

enum rs_rc rs_repair_look(struct rs_repairing *r, struct rs_err *err)
{
	struct rs_row_set source = {.n = 0}, dest = {.n = 0};
	enum rs_rc rc = walk(r, source_side(r), collect, &source, err);

	if (rc == RS_OK)
		rc = walk(r, dest_side(r), collect, &dest, err);
	rs_row_set_sort(&source);
	rs_row_set_sort(&dest);
	rs_suspects_release(&r->differing);
	if (rc == RS_OK)
		rs_suspects_look(&r->differing, &source, &dest);
	free(source.items);
	free(dest.items);
	return rc;
}

/* ---------------------------------------------------------------- the rows that differ */

static enum rs_rc keep_value(struct rs_change *c, struct rs_value *out, const struct rs_value *v, struct rs_err *err)
{
	*out = *v;
	if (v->presence != RS_PRESENT)
		return RS_OK;
	out->bytes = rs_arena_copy(&c->arena, v->bytes, v->len);
	return out->bytes ? RS_OK : rs_err_set(err, RS_E_MEMORY, _("the rows of a range to be repaired need too much memory"));
}

/* A row with the columns of the source's table, whichever side it comes from. */
static enum rs_rc keep_row(struct rs_repairing *r, const struct rs_row_side *s, struct rs_change *c, struct rs_err *err)
{
	struct rs_row_change *row = &c->rows[c->n_rows];
	struct rs_value *values = rs_arena_alloc(&c->arena, (r->source_table->n_columns + 1) * sizeof *values);

	if (values == NULL)
		return rs_err_set(err, RS_E_MEMORY, _("the rows of a range to be repaired need too much memory"));
	for (size_t i = 0; i < r->source_table->n_columns; i++) {
		const struct rs_value *v = s->dest ? (r->columns[i] >= 0 ? &s->values[r->columns[i]] : NULL) : &s->values[i];
		const struct rs_value absent = {NULL, 0, RS_ABSENT, 0};
		if (keep_value(c, &values[i], v ? v : &absent, err) != RS_OK)
			return RS_FAIL;
	}
	*row = (struct rs_row_change){s->dest ? values : NULL, s->dest ? NULL : values};
	c->n_rows++;
	return RS_OK;
}

/* Of rows without a key so many as are too few or too many. */
static enum rs_rc keep_written(struct rs_repairing *r, struct rs_row_side *s, const struct rs_row_hash *h, void *arg,
                               struct rs_err *err)
{
	struct rs_suspect *found = rs_suspects_find(&r->differing, h->key);

	(void)arg;
	if (found == NULL || rs_suspect_is_extra(found) || found->copies == 0)
		return RS_OK;
	found->copies--;
	return keep_row(r, s, r->writes, err);
}

static enum rs_rc keep_deleted(struct rs_repairing *r, struct rs_row_side *s, const struct rs_row_hash *h, void *arg,
                               struct rs_err *err)
{
	struct rs_suspect *found = rs_suspects_find(&r->differing, h->key);

	(void)arg;
	if (found == NULL || !rs_suspect_is_extra(found) || found->copies == 0)
		return RS_OK;
	found->copies--;
	return keep_row(r, s, r->deletes, err);
}

static struct rs_change *new_change(const struct rs_repairing *r, enum rs_op op)
{
	struct rs_change *c = rs_change_new(RS_CHANGE_ROWS);
	size_t n = 0;

	for (size_t i = 0; i < r->differing.n; i++)
		n += r->differing.items[i].copies;

	c->arena.max = HELD_MAX;
	c->op = op;
	c->table = rs_table_ref(op == RS_OP_DELETE && r->own_form ? r->own_form : r->source_table);
	c->no_foreign_keys = true; /* what they would do is in the rows */
	c->rows = rs_arena_alloc(&c->arena, (n + 1) * sizeof *c->rows);
	return c;
}

static bool any(const struct rs_repairing *r, bool extra)
{
	for (size_t i = 0; i < r->differing.n; i++)
		if (rs_suspect_is_extra(&r->differing.items[i]) == extra)
			return true;
	return false;
}

/* The rows themselves. The source's are read a second time, so that no more than what differs is ever held: they may have
 * changed, which is a later moment of theirs. */
static enum rs_rc gather(struct rs_repairing *r, struct rs_err *err)
{
	enum rs_rc rc = RS_OK;

	r->writes = new_change(r, RS_OP_INSERT);
	r->deletes = new_change(r, RS_OP_DELETE);
	if (r->writes->rows == NULL || r->deletes->rows == NULL)
		return rs_err_set(err, RS_E_MEMORY, _("the rows of a range to be repaired need too much memory"));
	if (any(r, false))
		rc = walk(r, source_side(r), keep_written, NULL, err);
	if (rc == RS_OK && any(r, true))
		rc = walk(r, dest_side(r), keep_deleted, NULL, err);
	return rc;
}

/* ---------------------------------------------------------------- whether the source has a row of that key */

static void put_key(struct rs_buf *sql, const struct rs_repairing *r, const struct rs_value *row)
{
	struct rs_value values[KEY_PARTS_MAX];

	rs_row_key_values(r->key, row, values);
	rs_row_key_condition(sql, r->source_table, r->key, values);
}

/* The rows that are looked at. */
static const char *source_where(const struct rs_repairing *r) { return r->one_source ? r->one_source : r->where; }

static enum rs_rc source_has(struct rs_repairing *r, const struct rs_row_change *rows, size_t n, bool *has, struct rs_err *err)
{
	struct rs_row_side *s = source_side(r);
	struct rs_buf sql;

	rs_buf_init(&sql, (size_t)1 << 30);
	rs_buf_addc(&sql, '(');
	for (size_t i = 0; i < n; i++) {
		rs_buf_adds(&sql, i > 0 ? " OR " : "");
		put_key(&sql, r, rows[i].before);
	}
	rs_buf_addc(&sql, ')');
	if (r->where != NULL)
		rs_buf_addf(&sql, " AND %s", r->where);
	r->source_reader->where = rs_buf_str(&sql);
	enum rs_rc rc = s->reader->ops->open(s->reader, s->table, NULL, NULL, NULL, err);
	if (rc == RS_OK)
		rc = s->reader->ops->next(s->reader, s->values, err);
	s->reader->ops->end(s->reader);
	r->source_reader->where = source_where(r);
	rs_buf_release(&sql);
	*has = rc == RS_OK;
	return rc == RS_EOF ? RS_OK : rc;
}

/* Leaves those out of the deletes whose key the source has after all: it takes another row for the same key, which is
 * written over it, or it sorts otherwise. Not so where keys are the same only if their texts are. */
static enum rs_rc spare(struct rs_repairing *r, struct rs_err *err)
{
	struct rs_change *c = r->deletes;
	size_t kept = 0;
	bool has = false;
	enum rs_rc rc = r->key != NULL && r->own_form == NULL && c->n_rows > 0 ? source_has(r, c->rows, c->n_rows, &has, err) : RS_OK;

	for (size_t i = 0; rc == RS_OK && has && i < c->n_rows; i++) {
		bool this_one = false;
		rc = source_has(r, &c->rows[i], 1, &this_one, err);
		if (!this_one)
			c->rows[kept++] = c->rows[i];
	}
	if (has)
		c->n_rows = kept;
	return rc;
}

enum rs_rc rs_repair_gather(struct rs_repairing *r, struct rs_err *err)
{
	enum rs_rc rc = gather(r, err);

	return rc == RS_OK ? spare(r, err) : rc;
}

void rs_repair_forget(struct rs_repairing *r)
{
	rs_suspects_release(&r->differing);
	rs_change_free(r->deletes);
	rs_change_free(r->writes);
	r->deletes = r->writes = NULL;
}
