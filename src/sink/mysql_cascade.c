/* What foreign keys do at the source that its log does not show: done at the destination as well, behind the change of the
 * parent. */
#include "sink/mysql_apply.h"

#include <stdlib.h>
#include <string.h>
#include "base/fault.h"
#include "base/i18n.h"
#include "base/mem.h"
#include "codec/sql_literal.h"

static enum rs_rc cascade(struct rs_mysql_applier *a, const struct rs_route *parent, const struct rs_value *before,
                          const struct rs_value *after, unsigned depth, struct rs_err *err);

static void put_child_match(struct rs_buf *sql, const struct rs_route *parent, const struct rs_cascade *c,
                            const struct rs_value *before)
{
	rs_buf_adds(sql, " WHERE ");
	for (size_t k = 0; k < c->n_columns; k++) {
		if (k > 0)
			rs_buf_adds(sql, " AND ");
		rs_mysql_put_dest_name(sql, c->child, c->child_columns[k]);
		rs_buf_addc(sql, '=');
		rs_sql_literal(sql, &parent->source->columns[c->parent_columns[k]], &before[c->parent_columns[k]]);
	}
}

/* The rows of a child that are about to change, where it has children of its own: their keys lead on. */
struct child_rows {
	struct rs_arena arena;
	struct rs_value **rows; /* each with the child's n_columns values, RS_ABSENT where not referred to */
	size_t n, cap;
};

static bool is_referred_to(const struct rs_route *r, size_t column)
{
	for (size_t i = 0; i < r->n_cascades; i++)
		for (size_t k = 0; k < r->cascades[i].n_columns; k++)
			if (r->cascades[i].parent_columns[k] == column)
				return true;
	return false;
}

static void keep_child_row(struct child_rows *out, const struct rs_route *r, const struct rs_my_result *res)
{
	struct rs_value *row = rs_arena_alloc(&out->arena, r->source->n_columns * sizeof *row);
	unsigned field = 0;

	for (size_t i = 0; i < r->source->n_columns; i++) {
		row[i] = (struct rs_value){NULL, 0, RS_ABSENT, 0};
		if (!is_referred_to(r, i))
			continue;
		if (res->row[field] == NULL)
			row[i] = rs_value_null();
		else
			row[i] = rs_value_of(rs_arena_copy(&out->arena, res->row[field], res->lengths[field]), res->lengths[field]);
		field++;
	}
	RS_GROW(out->rows, out->n, out->cap);
	out->rows[out->n++] = row;
}

static enum rs_rc read_children(struct rs_mysql_applier *a, const struct rs_route *parent, const struct rs_cascade *c,
                                const struct rs_value *before, struct child_rows *out, struct rs_err *err)
{
	const struct rs_route *r = c->child;
	struct rs_my_result res;
	const char *word = "SELECT ";

	if (r->n_cascades == 0)
		return RS_OK;
	rs_buf_clear(&a->single);
	for (size_t i = 0; i < r->source->n_columns; i++) {
		if (!is_referred_to(r, i))
			continue;
		rs_buf_adds(&a->single, word);
		rs_mysql_put_dest_name(&a->single, r, i);
		word = ",";
	}
	rs_buf_adds(&a->single, " FROM ");
	rs_quote_table(&a->single, r->dest->db, r->dest->name);
	put_child_match(&a->single, parent, c, before);
	rs_buf_adds(&a->single, " FOR UPDATE");
	enum rs_rc rc = rs_mysql_packet_send(&a->packet, err);
	if (rc == RS_OK)
		rc = rs_my_query(&a->my, rs_buf_str(&a->single), RS_MY_BUFFER, &res, err);
	if (rc != RS_OK)
		return rc;
	while ((rc = rs_my_next(&res, err)) == RS_OK)
		keep_child_row(out, r, &res);
	rs_my_result_free(&res);
	return rc == RS_EOF ? RS_OK : rc;
}

/* What a foreign key does at the source leaves them alone. */
static void put_kept_times(struct rs_buf *sql, const struct rs_cascade *c)
{
	for (size_t i = 0; i < c->child->dest->n_columns; i++) {
		bool referring = false;
		for (size_t k = 0; k < c->n_columns; k++)
			referring = referring || c->child->columns[c->child_columns[k]] == (int)i;
		if (!referring)
			rs_mysql_put_kept_time(sql, &c->child->dest->columns[i]);
	}
}

static void put_child_update(struct rs_buf *sql, const struct rs_route *parent, const struct rs_cascade *c,
                             const struct rs_value *after, bool set_null)
{
	rs_buf_adds(sql, "UPDATE ");
	rs_quote_table(sql, c->child->dest->db, c->child->dest->name);
	rs_buf_adds(sql, " SET ");
	for (size_t k = 0; k < c->n_columns; k++) {
		if (k > 0)
			rs_buf_addc(sql, ',');
		rs_mysql_put_dest_name(sql, c->child, c->child_columns[k]);
		rs_buf_addc(sql, '=');
		if (set_null)
			rs_buf_adds(sql, "NULL");
		else
			rs_sql_literal(sql, &parent->source->columns[c->parent_columns[k]], &after[c->parent_columns[k]]);
	}
	put_kept_times(sql, c);
}

/* What a child's row is after its foreign key was changed. */
static struct rs_value *child_after(struct rs_arena *arena, const struct rs_cascade *c, const struct rs_value *row,
                                    const struct rs_value *parent_after, bool set_null)
{
	size_t n = c->child->source->n_columns;
	struct rs_value *after = rs_arena_alloc(arena, n * sizeof *after);

	memcpy(after, row, n * sizeof *after);
	for (size_t k = 0; k < c->n_columns; k++)
		after[c->child_columns[k]] = set_null ? rs_value_null() : parent_after[c->parent_columns[k]];
	return after;
}

static enum rs_rc cascade_one(struct rs_mysql_applier *a, const struct rs_route *parent, const struct rs_cascade *c,
                              const struct rs_value *before, const struct rs_value *after, unsigned depth,
                              struct rs_err *err)
{
	enum rs_fk_action action = after ? c->on_update : c->on_delete;
	bool set_null = action == RS_FK_SET_NULL;
	struct child_rows children = {.n = 0};

	rs_arena_init(&children.arena, 0);
	enum rs_rc rc = read_children(a, parent, c, before, &children, err);
	rs_buf_clear(&a->single);
	if (after == NULL && !set_null) {
		rs_buf_adds(&a->single, "DELETE FROM ");
		rs_quote_table(&a->single, c->child->dest->db, c->child->dest->name);
	} else {
		put_child_update(&a->single, parent, c, after, set_null);
	}
	put_child_match(&a->single, parent, c, before);
	if (rc == RS_OK)
		rc = rs_mysql_apply_single(a, c->child, 0, NULL, err);
	for (size_t i = 0; rc == RS_OK && i < children.n; i++) {
		bool deleted = after == NULL && !set_null;
		rc = cascade(a, c->child, children.rows[i],
		             deleted ? NULL : child_after(&children.arena, c, children.rows[i], after, set_null), depth + 1, err);
	}
	free(children.rows);
	rs_arena_release(&children.arena);
	return rc;
}

static bool concerned(const struct rs_cascade *c, const struct rs_value *before, const struct rs_value *after)
{
	enum rs_fk_action action = after ? c->on_update : c->on_delete;
	bool changed = after == NULL;

	if (action != RS_FK_CASCADE && action != RS_FK_SET_NULL)
		return false;
	for (size_t k = 0; k < c->n_columns; k++) {
		uint32_t i = c->parent_columns[k];
		if (before[i].presence != RS_PRESENT)
			return false; /* NULL refers to nothing */
		if (after != NULL && !rs_value_identical(&before[i], &after[i]))
			changed = true;
	}
	return changed;
}

/* The servers stop at 15 levels; a chain that is longer is a loop of ours. */
static enum rs_rc cascade(struct rs_mysql_applier *a, const struct rs_route *parent, const struct rs_value *before,
                          const struct rs_value *after, unsigned depth, struct rs_err *err)
{
	enum rs_rc rc = RS_OK;

	if (depth > 100)
		return rs_err_set(err, RS_E_INTERNAL, _("foreign keys lead from %s.%s back to itself without end"),
		                  parent->source->db, parent->source->name);
	for (size_t i = 0; rc == RS_OK && i < parent->n_cascades; i++)
		if (concerned(&parent->cascades[i], before, after))
			rc = cascade_one(a, parent, &parent->cascades[i], before, after, depth, err);
	return rc;
}

/* The parent's change has been sent by then, as at the source. */
enum rs_rc rs_mysql_apply_cascades(struct rs_mysql_applier *a, const struct rs_route *route,
                                     const struct rs_row_change *row, struct rs_err *err)
{
	if (route->n_cascades == 0 || row->before == NULL || rs_defect_active(RS_DEFECT_CASCADE_IGNORED))
		return RS_OK;
	enum rs_rc rc = rs_mysql_apply_flush(a, err);
	return rc == RS_OK ? cascade(a, route, row->before, row->after, 0, err) : rc;
}
