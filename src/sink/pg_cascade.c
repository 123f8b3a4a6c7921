/* What foreign keys do at the source that its log does not show: done at the destination as well, behind the change of the
 * parent. Values are the destination's texts, so that those of children can be read there and lead on. */
#include "sink/pg_sink.h"

#include <stdlib.h>
#include <string.h>
#include "base/i18n.h"
#include "base/mem.h"

enum { DEEPEST = 100 }; /* the servers stop at 15 levels; a chain that is longer is a loop of ours */

struct walk {
	struct rs_pg *pg;
	struct rs_arena arena;
	struct rs_buf sql;
	bool spreads;             /* as rs_pg_spreads */
};

static enum rs_rc go_on(struct walk *w, const struct rs_route *parent, const struct rs_value *before, const struct rs_value *after,
                        unsigned depth, struct rs_err *err);

/* ---------------------------------------------------------------- texts */

static bool is_referred_to(const struct rs_route *r, size_t column)
{
	for (size_t i = 0; i < r->n_cascades; i++)
		for (size_t k = 0; k < r->cascades[i].n_columns; k++)
			if (r->cascades[i].parent_columns[k] == column)
				return true;
	return false;
}

/* RS_ABSENT where nothing refers to it. */
static struct rs_value *new_row(struct walk *w, const struct rs_route *r)
{
	struct rs_value *row = rs_arena_alloc(&w->arena, (r->source->n_columns + 1) * sizeof *row);

	memset(row, 0, (r->source->n_columns + 1) * sizeof *row);
	return row;
}

static enum rs_rc texts_of(struct walk *w, struct rs_pg_shape *s, const struct rs_route *r, const struct rs_value *values,
                           struct rs_value **out, struct rs_err *err)
{
	enum rs_rc rc = RS_OK;

	*out = values ? new_row(w, r) : NULL;
	for (size_t i = 0; rc == RS_OK && values && i < r->source->n_columns; i++) {
		struct rs_value text;

		if (!is_referred_to(r, i) || !rs_route_writes(r, i))
			continue;
		rc = rs_pg_shape_convert(s, i, &values[i], &text, err);
		if (rc == RS_OK)
			(*out)[i] = text.presence == RS_PRESENT ? rs_value_of(rs_arena_copy(&w->arena, text.bytes, text.len), text.len) : rs_value_null();
	}
	return rc;
}

/* ---------------------------------------------------------------- statements */

static void put_name(struct rs_buf *sql, const struct rs_route *r, size_t i) { rs_pg_put_ident(sql, r->dest->columns[r->columns[i]].name); }

static void put_child_match(struct rs_buf *sql, const struct rs_cascade *c, const struct rs_value *before)
{
	for (size_t k = 0; k < c->n_columns; k++) {
		rs_buf_adds(sql, k > 0 ? " AND " : " WHERE ");
		put_name(sql, c->child, c->child_columns[k]);
		rs_buf_addc(sql, '=');
		rs_pg_put_value(sql, &before[c->parent_columns[k]]);
	}
}

static void put_change(struct rs_buf *sql, const struct rs_cascade *c, const struct rs_value *before, const struct rs_value *after,
                       bool set_null)
{
	rs_buf_clear(sql);
	rs_buf_adds(sql, after || set_null ? "UPDATE " : "DELETE FROM ");
	rs_pg_put_dest(sql, c->child);
	for (size_t k = 0; (after || set_null) && k < c->n_columns; k++) {
		rs_buf_adds(sql, k > 0 ? "," : " SET ");
		put_name(sql, c->child, c->child_columns[k]);
		rs_buf_addc(sql, '=');
		if (set_null)
			rs_buf_adds(sql, "NULL");
		else
			rs_pg_put_value(sql, &after[c->parent_columns[k]]);
	}
	put_child_match(sql, c, before);
}

/* Whether its rows go to other segments with their parent, which no UPDATE can do. */
static bool moves(const struct walk *w, const struct rs_cascade *c)
{
	for (size_t k = 0; w->spreads && k < c->n_columns; k++)
		if (rs_pg_may_spread_by(c->child, c->child_columns[k]))
			return true;
	return false;
}

/* The source's column of the parent that one of the child's refers to; -1: it is none of the foreign key. */
static int parent_of(const struct rs_cascade *c, uint32_t dest_column)
{
	for (size_t k = 0; k < c->n_columns; k++)
		if (c->child->columns[c->child_columns[k]] == (int)dest_column)
			return (int)c->parent_columns[k];
	return -1;
}

/* A copy of the rows as they are then: their unique keys, which have a column of the foreign key, are others. */
static void put_copy(struct rs_buf *sql, const struct rs_cascade *c, const struct rs_value *before, const struct rs_value *after)
{
	const struct rs_table *dest = c->child->dest;

	rs_buf_clear(sql);
	rs_buf_adds(sql, "INSERT INTO ");
	rs_pg_put_dest(sql, c->child);
	for (int select = 0; select <= 1; select++) {
		const char *word = select ? ") SELECT " : " (";

		for (uint32_t i = 0; i < dest->n_columns; i++) {
			const int parent = select ? parent_of(c, i) : -1;

			if (dest->columns[i].generated)
				continue;
			rs_buf_adds(sql, word);
			word = ",";
			if (parent < 0)
				rs_pg_put_ident(sql, dest->columns[i].name);
			else
				rs_pg_put_value(sql, &after[parent]);
			if (parent >= 0)
				rs_buf_addf(sql, "::%s", dest->columns[i].native);
		}
	}
	rs_buf_adds(sql, " FROM ");
	rs_pg_put_dest(sql, c->child);
	put_child_match(sql, c, before);
}

static enum rs_rc change(struct walk *w, const struct rs_cascade *c, const struct rs_value *before, const struct rs_value *after,
                         bool set_null, struct rs_err *err)
{
	const bool moved = after && !set_null && moves(w, c);
	enum rs_rc rc = RS_OK;

	if (moved) {
		put_copy(&w->sql, c, before, after);
		rc = rs_pg_exec(w->pg, rs_buf_str(&w->sql), NULL, 0, NULL, err);
	}
	put_change(&w->sql, c, before, moved ? NULL : after, set_null);
	return rc == RS_OK ? rs_pg_exec(w->pg, rs_buf_str(&w->sql), NULL, 0, NULL, err) : rc;
}

/* ---------------------------------------------------------------- children of children */

/* The rows that are about to change, where they have children of their own: their keys lead on. */
static enum rs_rc read_children(struct walk *w, const struct rs_cascade *c, const struct rs_value *before, PGresult **out, struct rs_err *err)
{
	const struct rs_route *r = c->child;
	const char *word = "SELECT ";

	*out = NULL;
	if (r->n_cascades == 0)
		return RS_OK;
	rs_buf_clear(&w->sql);
	for (size_t i = 0; i < r->source->n_columns; i++) {
		if (!is_referred_to(r, i))
			continue;
		rs_buf_adds(&w->sql, word);
		put_name(&w->sql, r, i);
		word = ",";
	}
	rs_buf_adds(&w->sql, " FROM ");
	rs_pg_put_dest(&w->sql, r);
	put_child_match(&w->sql, c, before);
	return rs_pg_query(w->pg, rs_buf_str(&w->sql), NULL, 0, out, err);
}

static struct rs_value *child_row(struct walk *w, const struct rs_route *r, const PGresult *rows, int n)
{
	struct rs_value *row = new_row(w, r);
	int field = 0;

	for (size_t i = 0; i < r->source->n_columns; i++) {
		if (!is_referred_to(r, i))
			continue;
		row[i] = PQgetisnull(rows, n, field) ? rs_value_null()
		                                     : rs_value_of(PQgetvalue(rows, n, field), (size_t)PQgetlength(rows, n, field));
		field++;
	}
	return row;
}

static struct rs_value *child_after(struct walk *w, const struct rs_cascade *c, const struct rs_value *row, const struct rs_value *parent,
                                    bool set_null)
{
	struct rs_value *after = new_row(w, c->child);

	memcpy(after, row, c->child->source->n_columns * sizeof *after);
	for (size_t k = 0; k < c->n_columns; k++)
		after[c->child_columns[k]] = set_null ? rs_value_null() : parent[c->parent_columns[k]];
	return after;
}

static enum rs_rc cascade_one(struct walk *w, const struct rs_cascade *c, const struct rs_value *before, const struct rs_value *after,
                              unsigned depth, struct rs_err *err)
{
	const bool set_null = (after ? c->on_update : c->on_delete) == RS_FK_SET_NULL;
	PGresult *children;
	enum rs_rc rc = read_children(w, c, before, &children, err);

	if (rc == RS_OK)
		rc = change(w, c, before, after, set_null, err);
	for (int i = 0; rc == RS_OK && children && i < PQntuples(children); i++) {
		struct rs_value *row = child_row(w, c->child, children, i);

		rc = go_on(w, c->child, row, after || set_null ? child_after(w, c, row, after, set_null) : NULL, depth + 1, err);
	}
	PQclear(children);
	return rc;
}

static bool is_concerned(const struct rs_cascade *c, const struct rs_value *before, const struct rs_value *after)
{
	bool changed = !after;

	if (!rs_fk_acts(after ? c->on_update : c->on_delete))
		return false;
	for (size_t k = 0; k < c->n_columns; k++) {
		const uint32_t i = c->parent_columns[k];

		if (before[i].presence != RS_PRESENT)
			return false; /* NULL refers to nothing */
		changed = changed || !rs_value_identical(&before[i], &after[i]);
	}
	return changed;
}

static enum rs_rc go_on(struct walk *w, const struct rs_route *parent, const struct rs_value *before, const struct rs_value *after,
                        unsigned depth, struct rs_err *err)
{
	enum rs_rc rc = RS_OK;

	if (depth > DEEPEST)
		return rs_err_set(err, RS_E_INTERNAL, _("foreign keys lead from %s.%s back to itself without end"), parent->source->db,
		                  parent->source->name);
	for (size_t i = 0; rc == RS_OK && i < parent->n_cascades; i++)
		if (is_concerned(&parent->cascades[i], before, after))
			rc = cascade_one(w, &parent->cascades[i], before, after, depth, err);
	return rc;
}

enum rs_rc rs_pg_cascade(struct rs_pg_pipe *pipe, struct rs_pg_shapes *shapes, const struct rs_route *route, const struct rs_row_change *row,
                         struct rs_err *err)
{
	struct walk w = {.pg = pipe->pg, .sql = RS_BUF_INIT, .spreads = shapes->spreads};
	struct rs_value *before = NULL, *after = NULL;
	struct rs_pg_shape *s;
	enum rs_rc rc;

	if (route->n_cascades == 0 || !row->before)
		return RS_OK;
	rs_arena_init(&w.arena, 0);
	rc = rs_pg_pipe_finish(pipe, err);
	if (rc == RS_OK)
		rc = rs_pg_shape_of(shapes, route, &s, err);
	if (rc == RS_OK)
		rc = texts_of(&w, s, route, row->before, &before, err);
	if (rc == RS_OK)
		rc = texts_of(&w, s, route, row->after, &after, err);
	if (rc == RS_OK)
		rc = go_on(&w, route, before, after, 0, err);
	rs_arena_release(&w.arena);
	rs_buf_release(&w.sql);
	return rc;
}
