#include "codec/gp_ddl.h"

#include <string.h>
#include "base/i18n.h"
#include "base/mem.h"
#include "codec/pg_ddl.h"

void rs_gp_table_release(struct rs_gp_table *t)
{
	rs_table_unref(t->made);
	rs_buf_release(&t->placement);
	rs_buf_release(&t->types);
	*t = (struct rs_gp_table)RS_GP_TABLE_INIT;
}

/* ------------------------------------------------------------------ the distribution key */

struct columns {
	uint32_t *at;
	size_t n;
};

static bool has_whole(const struct rs_key *k, uint32_t column)
{
	for (size_t i = 0; i < k->n_parts; i++)
		if (k->parts[i].column == column && k->parts[i].prefix == 0)
			return true;
	return false;
}

/* Types that have no hash there. */
static bool can_spread(const struct rs_column *c)
{
	return !c->generated && c->type != RS_T_JSON && c->type != RS_T_GEOMETRY && c->type != RS_T_VECTOR;
}

static bool is_in_all(const struct rs_table *t, uint32_t column)
{
	for (size_t k = 0; k < t->n_keys; k++)
		if (t->keys[k].unique && !has_whole(&t->keys[k], column))
			return false;
	return true;
}

/* Of a key's columns those that are in all unique keys, or all. */
static void take_columns(const struct rs_table *t, const struct rs_key *k, bool common, struct columns *out)
{
	out->n = 0;
	for (size_t i = 0; i < k->n_parts; i++) {
		const uint32_t column = k->parts[i].column;

		if (column < t->n_columns && can_spread(&t->columns[column]) && (!common || is_in_all(t, column)))
			out->at[out->n++] = column;
	}
}

static void find_columns(const struct rs_table *t, struct columns *out)
{
	const struct rs_key *k = rs_table_row_key(t);

	if (!k)
		return;
	take_columns(t, k, true, out);
	if (out->n == 0)
		take_columns(t, k, false, out);
}

static enum rs_rc cant(const struct rs_table *t, const char *column, struct rs_err *err)
{
	rs_err_set(err, RS_E_NOT_SUPPORTED, _("%s.%s: rows can't be distributed by the column %s"), t->db, t->name, column);
	return rs_err_hint(err, "%s", _("Choose other columns in Field Mapping (fields.table.N)"));
}

static enum rs_rc said_columns(const struct rs_table *t, const struct rs_table_fields *said, struct columns *out, struct rs_err *err)
{
	for (size_t i = 0; i < said->n_distribution; i++) {
		const int column = rs_table_column(t, said->distribution[i]);

		if (column < 0 || !can_spread(&t->columns[column]))
			return cant(t, said->distribution[i], err);
		if (out->n < t->n_columns)
			out->at[out->n++] = (uint32_t)column;
	}
	return RS_OK;
}

/* ------------------------------------------------------------------ keys */

static bool is_key_of(const struct rs_table *t, const struct rs_key *k, const struct rs_table_fields *said)
{
	if (!k || !k->unique || k->n_parts != said->n_primary)
		return false;
	for (size_t i = 0; i < said->n_primary; i++) {
		const int column = rs_table_column(t, said->primary[i]);

		if (column < 0 || !has_whole(k, (uint32_t)column))
			return false;
	}
	return true;
}

/* The primary key that is said, in place of the table's own, which stays a unique one. */
static enum rs_rc set_primary(struct rs_table *t, const struct rs_table_fields *said, struct rs_err *err)
{
	struct rs_key *primary;

	if (said->n_primary == 0 || is_key_of(t, rs_table_row_key(t), said))
		return RS_OK;
	for (size_t k = 0; k < t->n_keys; k++)
		t->keys[k].primary = false;
	primary = rs_table_add_key(t, "PRIMARY");
	primary->primary = primary->unique = true;
	for (size_t i = 0; i < said->n_primary; i++) {
		const int column = rs_table_column(t, said->primary[i]);

		if (column < 0 || !can_spread(&t->columns[column]))
			return cant(t, said->primary[i], err);
		rs_key_add_part(primary, (uint32_t)column);
		t->columns[column].nullable = false;
	}
	return RS_OK;
}

static bool keeps_unique(const struct rs_key *k, const struct columns *by)
{
	for (size_t i = 0; i < by->n; i++)
		if (!has_whole(k, by->at[i]))
			return false;
	return by->n > 0;
}

static void fit_keys(struct rs_table *t, const struct columns *by)
{
	for (size_t k = 0; k < t->n_keys; k++)
		if (!keeps_unique(&t->keys[k], by))
			t->keys[k].unique = t->keys[k].primary = false;
}

static void put_placement(struct rs_gp_table *out, const struct rs_table *t, const struct columns *by)
{
	for (size_t i = 0; i < by->n; i++) {
		const struct rs_column *c = &t->columns[by->at[i]];

		(void)rs_buf_adds(&out->placement, i > 0 ? "," : " DISTRIBUTED BY (");
		rs_pg_put_ident(&out->placement, c->name);
		(void)rs_buf_addf(&out->types, "%s,", c->native ? c->native : "");
	}
	(void)rs_buf_adds(&out->placement, by->n > 0 ? ")" : " DISTRIBUTED RANDOMLY");
}

/* Rows without a key are found by their place, which differs from segment to segment. */
static enum rs_rc replicate(const struct rs_table *t, struct rs_buf *placement, struct rs_err *err)
{
	if (rs_table_row_key(t)) {
		(void)rs_buf_adds(placement, " DISTRIBUTED REPLICATED");
		return RS_OK;
	}
	rs_err_set(err, RS_E_NOT_SUPPORTED, _("%s.%s has no key at the source, and can't be a replicated table"), t->db, t->name);
	return rs_err_hint(err, "%s", _("Choose a partitioned table in Field Mapping (fields.table.N), or give it a key at the source"));
}

static enum rs_rc choose(const struct rs_table *t, const struct rs_table_fields *said, struct columns *out, struct rs_err *err)
{
	if (said && said->n_distribution > 0)
		return said_columns(t, said, out, err);
	find_columns(t, out);
	return RS_OK;
}

enum rs_rc rs_gp_place(const struct rs_table *t, const struct rs_table_fields *said, struct rs_gp_table *out, struct rs_err *err)
{
	struct columns by = {.at = rs_xcalloc(t->n_columns + 1, sizeof *by.at)};
	enum rs_rc rc = RS_OK;

	out->made = rs_table_clone(t);
	for (size_t i = 0; i < t->n_columns; i++)
		out->made->columns[i].auto_increment = false; /* version 6 has no identities */
	if (said)
		rc = set_primary(out->made, said, err);
	if (rc == RS_OK && said && said->replicated)
		rc = replicate(t, &out->placement, err);
	else if (rc == RS_OK && (rc = choose(t, said, &by, err)) == RS_OK) {
		fit_keys(out->made, &by);
		put_placement(out, t, &by);
	}
	free(by.at);
	return rc;
}

/* ------------------------------------------------------------------ changes */

bool rs_gp_keeps_place(const struct rs_gp_table *before, const struct rs_gp_table *after)
{
	return strcmp(rs_buf_str(&before->placement), rs_buf_str(&after->placement)) == 0 &&
	       strcmp(rs_buf_str(&before->types), rs_buf_str(&after->types)) == 0;
}
