/* A chunk some of whose rows are there: what is to go is deleted, the rest written over what there is. */
#include "sink/mysql_load_priv.h"

#include <stdlib.h>
#include <string.h>
#include "base/fault.h"
#include "base/i18n.h"
#include "base/mem.h"
#include "codec/sql_literal.h"

/* ---------------------------------------------------------------- rows that keep columns of the destination's own */

static enum rs_rc insert_row(struct mysql_loader *l, bool *found, struct rs_err *err)
{
	*found = false;
	rs_buf_clear(&l->sql);
	rs_mysql_load_start(&l->sql, l->route, l->mode);
	rs_mysql_put_row(&l->sql, l->route, l->values);
	return rs_mysql_load_insert(l, &l->sql, rs_mysql_zero_enums(l->route, l->values), err);
}

/* *found: there is such a row. */
static enum rs_rc update_row(struct mysql_loader *l, bool *found, struct rs_err *err)
{
	uint64_t zero_enums = rs_mysql_zero_enums(l->route, l->values), affected = 0;

	rs_buf_clear(&l->sql);
	rs_mysql_put_whole_update(&l->sql, l->route, l->values);
	enum rs_rc rc = rs_mysql_check_size(l->sink, l->route, &l->sql, err);
	if (rc == RS_OK)
		rc = rs_mysql_exec_rows(&l->my, l->route, &l->sql, zero_enums, &affected, err);
	*found = rc == RS_OK && affected > 0;
	return rc;
}

static bool is_duplicate(enum rs_rc rc, struct rs_err *err)
{
	if (rc != RS_FAIL || err->native != RS_MYSQL_DUPLICATE)
		return false;
	rs_err_clear(err);
	return true;
}

/* Tried again where others have a unique value that this one takes, once they have given it up. */
static enum rs_rc in_spite_of_rivals(struct mysql_loader *l, enum rs_rc (*write)(struct mysql_loader *l, bool *found, struct rs_err *err),
                                     bool *found, struct rs_err *err)
{
	enum rs_rc rc = write(l, found, err);

	if (!is_duplicate(rc, err))
		return rc;
	rc = rs_mysql_make_way(&l->my, l->route, l->values, NULL, &l->sql, err);
	return rc == RS_OK ? write(l, found, err) : rc;
}

enum rs_rc rs_mysql_load_update(struct mysql_loader *l, struct rs_err *err)
{
	enum rs_rc rc = RS_OK;

	while (rc == RS_OK && rs_mysql_load_pull(l)) {
		bool found = false;
		rc = in_spite_of_rivals(l, update_row, &found, err);
		if (rc == RS_OK && !found)
			rc = in_spite_of_rivals(l, insert_row, &found, err);
		l->n_rows++;
		l->n_bytes += l->sql.len;
	}
	return rc == RS_OK && l->rc != RS_EOF ? l->rc : rc;
}

/* ---------------------------------------------------------------- a chunk */

#define DELETED_AT_ONCE 200u

static void put_key(struct rs_buf *sql, const struct rs_table *t, const struct rs_key *key, const struct rs_value *values)
{
	for (size_t p = 0; p < key->n_parts; p++) {
		uint32_t i = key->parts[p].column;
		rs_buf_adds(sql, p > 0 ? " AND " : "(");
		rs_quote_ident(sql, t->columns[i].name);
		rs_buf_addc(sql, '=');
		rs_sql_literal(sql, &t->columns[i], &values[i]);
	}
	rs_buf_addc(sql, ')');
}

static enum rs_rc send_delete(struct mysql_loader *l, const struct rs_table *t, uint64_t n, struct rs_err *err)
{
	uint64_t affected = 0;
	enum rs_rc rc = rs_my_exec_n(&l->my, l->sql.data, l->sql.len, &affected, err);

	rs_buf_clear(&l->sql);
	if (rc != RS_OK || affected == n)
		return rc;
	rs_err_set(err, RS_E_REPAIR, _("rows of %s.%s that the source does not have are not found by their key"), t->db, t->name);
	return rs_err_detail(err, _("%llu to be deleted, %llu found"), (unsigned long long)n, (unsigned long long)affected);
}

static enum rs_rc delete_rows(struct mysql_loader *l, const struct rs_table *t, const struct rs_key *key,
                              const struct rs_row_source *gone, struct rs_err *err)
{
	struct rs_value *values = rs_xcalloc(t->n_columns + 1, sizeof *values);
	uint64_t n = 0;
	enum rs_rc rc;

	rs_buf_clear(&l->sql);
	while ((rc = gone->next(gone->arg, values, err)) == RS_OK) {
		if (n == 0) {
			rs_buf_adds(&l->sql, "DELETE FROM ");
			rs_quote_table(&l->sql, t->db, t->name);
		}
		rs_buf_adds(&l->sql, n == 0 ? " WHERE " : " OR ");
		put_key(&l->sql, t, key, values);
		if (++n < DELETED_AT_ONCE)
			continue;
		rc = send_delete(l, t, n, err);
		n = 0;
		if (rc != RS_OK)
			break;
	}
	free(values);
	return rc == RS_EOF ? n > 0 ? send_delete(l, t, n, err) : RS_OK : rc;
}

enum rs_rc rs_mysql_load_mend(struct rs_loader *base, const struct rs_route *route, const struct rs_key *dest_key,
                              const struct rs_row_source *gone, const struct rs_row_source *rows,
                              const struct rs_meta_chunk *mark, uint64_t *n_rows, uint64_t *n_bytes, struct rs_err *err)
{
	struct mysql_loader *l = rs_mysql_loader_of(base);
	enum rs_load_mode mode = route->dest_has_more ? RS_LOAD_UPDATE : RS_LOAD_REPLACE;
	enum rs_rc rc = rs_my_exec(&l->my, "START TRANSACTION", err);

	l->n_rows = l->n_bytes = 0;
	if (rc == RS_OK)
		rc = mark ? rs_mysql_meta_mark_chunk(&l->my, l->sink, route->source, mark, err) : rs_mysql_meta_hold(&l->my, l->sink, err);
	rs_step("chunk-marked");
	if (rc == RS_OK)
		rc = delete_rows(l, route->dest, dest_key, gone, err);
	rs_step("chunk-deleted");
	if (rc == RS_OK)
		rc = rs_mysql_load_run(l, route, rows, mode, err);
	rs_step("chunk-loaded");
	return rs_mysql_load_finish(l, rc, n_rows, n_bytes, err);
}
