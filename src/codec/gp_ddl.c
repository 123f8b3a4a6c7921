#include "codec/gp_ddl.h"

#include "base/i18n.h"
#include "base/mem.h"
#include "codec/pg_ddl.h"

void rs_gp_table_release(struct rs_gp_table *t)
{
	rs_table_unref(t->made);
	rs_buf_release(&t->placement);
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

static enum rs_rc said_columns(const struct rs_table *t, const struct rs_table_fields *said, struct columns *out, struct rs_err *err)
{
	for (size_t i = 0; i < said->n_distribution; i++) {
		const int column = rs_table_column(t, said->distribution[i]);

		if (column < 0 || !can_spread(&t->columns[column])) {
			rs_err_set(err, RS_E_NOT_SUPPORTED, _("%s.%s: rows can't be distributed by the column %s"), t->db, t->name, said->distribution[i]);
			return rs_err_hint(err, "%s", _("Choose other columns in Field Mapping (fields.table.N)"));
		}
		if (out->n < t->n_columns)
			out->at[out->n++] = (uint32_t)column;
	}
	return RS_OK;
}

/* ------------------------------------------------------------------ keys */

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

static void put_placement(struct rs_buf *out, const struct rs_table *t, const struct columns *by)
{
	for (size_t i = 0; i < by->n; i++) {
		(void)rs_buf_adds(out, i > 0 ? "," : " DISTRIBUTED BY (");
		rs_pg_put_ident(out, t->columns[by->at[i]].name);
	}
	(void)rs_buf_adds(out, by->n > 0 ? ")" : " DISTRIBUTED RANDOMLY");
}

enum rs_rc rs_gp_place(const struct rs_table *t, const struct rs_table_fields *said, struct rs_gp_table *out, struct rs_err *err)
{
	struct columns by = {.at = rs_xcalloc(t->n_columns + 1, sizeof *by.at)};
	enum rs_rc rc = RS_OK;

	out->made = rs_table_clone(t);
	for (size_t i = 0; i < t->n_columns; i++)
		out->made->columns[i].auto_increment = false; /* version 6 has no identities */
	if (said && said->replicated) {
		(void)rs_buf_adds(&out->placement, " DISTRIBUTED REPLICATED");
		free(by.at);
		return RS_OK;
	}
	if (said && said->n_distribution > 0)
		rc = said_columns(t, said, &by, err);
	else
		find_columns(t, &by);
	if (rc == RS_OK) {
		fit_keys(out->made, &by);
		put_placement(&out->placement, t, &by);
	}
	free(by.at);
	return rc;
}
