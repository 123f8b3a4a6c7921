/* One change after the other, in its place: runs of rows of one table and kind as one statement, what needs a statement of its own,
 * and what becomes of a change that does not meet the row that it is about. */
#include "sink/mysql_apply.h"

#include <string.h>
#include "base/fault.h"
#include "base/i18n.h"
#include "codec/sql_literal.h"

#define RUN_ROWS 500

/* ---------------------------------------------------------------- sending */

/* In its turn: behind what waits. */
static enum rs_rc exec_now(struct rs_mysql_applier *a, const struct rs_route *route, const struct rs_buf *sql,
                           uint64_t zero_enums, uint64_t *affected, struct rs_err *err)
{
	enum rs_rc rc = rs_mysql_packet_send(&a->packet, err);

	if (rc != RS_OK)
		return rc;
	rc = rs_mysql_check_size(a->sink, route, sql, err);
	if (rc == RS_OK)
		rc = rs_mysql_exec_rows(&a->my, route, sql, zero_enums, affected, err);
	return rc;
}

/* Without waiting for the answer. */
static enum rs_rc pack(struct rs_mysql_applier *a, const struct rs_route *route, const struct rs_buf *sql,
                       enum rs_mysql_want want, uint64_t n, struct rs_err *err)
{
	enum rs_rc rc = rs_mysql_check_size(a->sink, route, sql, err);

	if (rc != RS_OK)
		return rc;
	return rs_mysql_packet_add(&a->packet, sql, (struct rs_mysql_packed){.route = route, .want = want, .n = n}, err);
}

/* The server is strict but for a row that it would refuse then; and says by a warning what became of it. */
static bool is_packed(const struct rs_mysql_applier *a, uint64_t zero_enums) { return a->gathering && zero_enums == 0; }

/* ---------------------------------------------------------------- runs */

/* In a run of inserts the statement was undone as a whole. A row that is there already is not the source's: it is
 * replaced, and counted. */
static enum rs_rc insert_over(struct rs_mysql_applier *a, struct rs_err *err)
{
	uint64_t affected = 0;

	if (a->route->row_key == NULL)
		return RS_FAIL;
	memcpy(a->sql.data, "REPLACE", 7); /* takes the place of "INSERT " */
	rs_err_clear(err);
	enum rs_rc rc = rs_mysql_exec_rows(&a->my, a->route, &a->sql, a->run_zero_enums, &affected, err);
	if (rc == RS_OK && affected > a->run_rows)
		a->anomalies->duplicate_inserts += affected - a->run_rows;
	return rc;
}

static enum rs_rc exec_run(struct rs_mysql_applier *a, struct rs_err *err)
{
	uint64_t affected = 0;
	enum rs_rc rc = exec_now(a, a->route, &a->sql, a->run_zero_enums, &affected, err);

	if (rc == RS_FAIL && a->run == RS_RUN_INSERT && err != NULL && err->native == 1062)
		rc = insert_over(a, err);
	if (rc == RS_OK && a->run == RS_RUN_DELETE && !a->overlap && affected < a->run_rows)
		a->anomalies->missing_deletes += a->run_rows - affected;
	if (rc == RS_FAIL)
		rs_err_detail(err, _("table %s.%s"), a->route->dest->db, a->route->dest->name);
	return rc;
}

static enum rs_rc pack_run(struct rs_mysql_applier *a, struct rs_err *err)
{
	enum rs_mysql_want want = a->run == RS_RUN_INSERT                ? RS_WANT_INSERTED
	                          : a->run == RS_RUN_DELETE && !a->overlap ? RS_WANT_AFFECTED
	                                                                   : RS_WANT_ANYTHING;

	return pack(a, a->route, &a->sql, want, a->run_rows, err);
}

enum rs_rc rs_mysql_apply_flush(struct rs_mysql_applier *a, struct rs_err *err)
{
	enum rs_rc rc = RS_OK;

	if (a->run == RS_RUN_NONE)
		return RS_OK;
	if (a->run == RS_RUN_DELETE)
		rs_buf_addc(&a->sql, ')');
	rc = is_packed(a, a->run_zero_enums) ? pack_run(a, err) : exec_run(a, err);
	a->run = RS_RUN_NONE;
	rs_buf_clear(&a->sql);
	return rc;
}

static void start_run(struct rs_mysql_applier *a, enum rs_mysql_run kind, const struct rs_route *route)
{
	a->run = kind;
	a->route = route;
	a->run_rows = a->run_zero_enums = 0;
	rs_buf_clear(&a->sql);
	if (kind == RS_RUN_DELETE) {
		rs_buf_adds(&a->sql, "DELETE FROM ");
		rs_quote_table(&a->sql, route->dest->db, route->dest->name);
		rs_buf_adds(&a->sql, " WHERE ");
		rs_mysql_begin_keys(&a->sql, route);
		return;
	}
	if (kind == RS_RUN_REPLACE && rs_defect_active(RS_DEFECT_OLD_WINS))
		rs_buf_adds(&a->sql, "INSERT IGNORE INTO ");
	else
		rs_buf_adds(&a->sql, kind == RS_RUN_REPLACE ? "REPLACE INTO " : "INSERT  INTO ");
	rs_mysql_put_target(&a->sql, route);
	rs_buf_adds(&a->sql, " VALUES ");
}

/* Adds a row to the run, sending what can't go with it first. */
static enum rs_rc add_to_run(struct rs_mysql_applier *a, enum rs_mysql_run kind, const struct rs_route *route,
                             const struct rs_value *values, struct rs_err *err)
{
	enum rs_rc rc = RS_OK;

	if (a->run != kind || a->route != route || a->run_rows >= RUN_ROWS ||
	    a->sql.len + rs_mysql_row_size(route, values) > a->sink->max_packet / 4)
		rc = rs_mysql_apply_flush(a, err);
	if (rc != RS_OK)
		return rc;
	bool first = a->run == RS_RUN_NONE;
	if (first)
		start_run(a, kind, route);
	else if (kind != RS_RUN_DELETE)
		rs_buf_addc(&a->sql, ',');
	if (kind == RS_RUN_DELETE) {
		rs_mysql_put_listed_key(&a->sql, route, values, first);
	} else {
		rs_mysql_put_row(&a->sql, route, values);
		a->run_zero_enums += rs_mysql_zero_enums(route, values);
	}
	a->run_rows++;
	return RS_OK;
}

/* ---------------------------------------------------------------- single statements */

/* Where the answer is not waited for *affected is what it must be. */
enum rs_rc rs_mysql_apply_single(struct rs_mysql_applier *a, const struct rs_route *route, uint64_t zero_enums,
                              uint64_t *affected, struct rs_err *err)
{
	if (is_packed(a, zero_enums))
		return pack(a, route, &a->single, affected ? RS_WANT_AFFECTED : RS_WANT_ANYTHING, affected ? *affected : 0, err);
	enum rs_rc rc = exec_now(a, route, &a->single, zero_enums, affected, err);

	if (rc == RS_FAIL)
		rs_err_detail(err, _("table %s.%s"), route->dest->db, route->dest->name);
	return rc;
}

void rs_mysql_put_dest_name(struct rs_buf *sql, const struct rs_route *r, size_t i)
{
	rs_quote_ident(sql, r->dest->columns[r->columns[i]].name);
}

static enum rs_rc delete_one(struct rs_mysql_applier *a, const struct rs_route *route, const struct rs_value *before,
                             struct rs_err *err)
{
	uint64_t affected = 1;
	enum rs_rc rc = rs_mysql_apply_flush(a, err);

	rs_buf_clear(&a->single);
	rs_buf_adds(&a->single, "DELETE FROM ");
	rs_quote_table(&a->single, route->dest->db, route->dest->name);
	rs_buf_adds(&a->single, " WHERE ");
	rs_mysql_put_match(&a->single, route, before, a->my.flavor != RS_MY_MARIADB);
	rs_buf_adds(&a->single, " LIMIT 1");
	if (rc == RS_OK)
		rc = rs_mysql_apply_single(a, route, 0, a->overlap ? NULL : &affected, err);
	if (rc == RS_OK && affected == 0)
		a->anomalies->missing_deletes++;
	return rc;
}

/* Columns that only the destination has must keep their values: REPLACE would reset them. */
static enum rs_rc try_upsert(struct rs_mysql_applier *a, const struct rs_route *route, const struct rs_value *after,
                             struct rs_err *err)
{
	const char *word = " ON DUPLICATE KEY UPDATE ";

	rs_buf_clear(&a->single);
	rs_buf_adds(&a->single, "INSERT INTO ");
	rs_mysql_put_target(&a->single, route);
	rs_buf_adds(&a->single, " VALUES ");
	rs_mysql_put_row(&a->single, route, after);
	for (size_t i = 0; i < route->source->n_columns; i++) {
		if (!rs_route_writes(route, i))
			continue;
		rs_buf_adds(&a->single, word);
		rs_mysql_put_dest_name(&a->single, route, i);
		rs_buf_addc(&a->single, '=');
		rs_mysql_put_value(&a->single, route, i, &after[i]);
		word = ",";
	}
	return rs_mysql_apply_single(a, route, 2 * rs_mysql_zero_enums(route, after), NULL, err);
}

/* Another row may have a unique value that this one takes. While copy and stream overlap it is a later version that is there
 * already, and what made it so is still to come and brings the row back. An upsert would make it this one, with what it has in
 * the destination's own columns. */
static enum rs_rc upsert_one(struct rs_mysql_applier *a, const struct rs_route *route, const struct rs_value *after,
                             struct rs_err *err)
{
	enum rs_rc rc = rs_mysql_apply_flush(a, err);

	if (rc == RS_OK && rs_mysql_has_rivals(route)) {
		rc = rs_mysql_packet_send(&a->packet, err);
		if (rc == RS_OK)
			rc = rs_mysql_make_way(&a->my, route, after, NULL, &a->single, err);
	}
	return rc == RS_OK ? try_upsert(a, route, after, err) : rc;
}

static enum rs_rc put_newest(struct rs_mysql_applier *a, const struct rs_route *route, const struct rs_value *after,
                             struct rs_err *err)
{
	return route->dest_has_more ? upsert_one(a, route, after, err) : add_to_run(a, RS_RUN_REPLACE, route, after, err);
}

/* The destination has no such row, or another one stands in the way: the source's version wins. */
static enum rs_rc update_anyway(struct rs_mysql_applier *a, const struct rs_route *route, const struct rs_row_change *row,
                                struct rs_err *err)
{
	enum rs_rc rc = RS_OK;

	if (a->gathering)
		return RS_AGAIN;
	if (route->row_key == NULL)
		return add_to_run(a, RS_RUN_INSERT, route, row->after, err);
	rc = add_to_run(a, RS_RUN_DELETE, route, row->before, err);
	struct rs_anomalies *counted = a->anomalies, ignored = {0};
	a->anomalies = &ignored;
	if (rc == RS_OK)
		rc = rs_mysql_apply_flush(a, err);
	a->anomalies = counted;
	return rc == RS_OK ? put_newest(a, route, row->after, err) : rc;
}

/* Another row has a unique value that this one takes, or its key. */
static enum rs_rc update_over(struct rs_mysql_applier *a, const struct rs_route *route, const struct rs_row_change *row,
                              struct rs_err *err)
{
	if (a->gathering || route->row_key == NULL || !route->dest_has_more)
		return update_anyway(a, route, row, err);
	enum rs_rc rc = rs_mysql_make_way(&a->my, route, row->after, row->before, &a->single, err);
	rs_buf_clear(&a->single);
	if (rc == RS_OK && rs_mysql_put_update(&a->single, route, row, a->my.flavor != RS_MY_MARIADB, NULL))
		rc = rs_mysql_apply_single(a, route, rs_mysql_zero_enums(route, row->after), NULL, err);
	if (rc != RS_FAIL || err->native != 1062)
		return rc;
	rs_err_clear(err);
	return update_anyway(a, route, row, err);
}

static enum rs_rc update_one(struct rs_mysql_applier *a, const struct rs_route *route, const struct rs_row_change *row,
                             struct rs_err *err)
{
	uint64_t affected = 1;
	enum rs_rc rc = rs_mysql_apply_flush(a, err);

	rs_buf_clear(&a->single);
	if (rc != RS_OK || !rs_mysql_put_update(&a->single, route, row, a->my.flavor != RS_MY_MARIADB, NULL))
		return rc;
	rc = rs_mysql_apply_single(a, route, rs_mysql_zero_enums(route, row->after), &affected, err);
	if (rc == RS_FAIL && err != NULL && err->native == 1062) {
		rs_err_clear(err);
		a->anomalies->duplicate_inserts++;
		return update_over(a, route, row, err);
	}
	if (rc == RS_OK && affected == 0) {
		a->anomalies->missing_updates++;
		return update_anyway(a, route, row, err);
	}
	return rc;
}

/* ---------------------------------------------------------------- rows */

static bool key_changed(const struct rs_route *route, const struct rs_row_change *row)
{
	for (size_t p = 0; p < route->row_key->n_parts; p++) {
		uint32_t i = route->row_key->parts[p].column;
		if (!rs_value_identical(&row->before[i], &row->after[i]))
			return true;
	}
	return false;
}

static enum rs_rc apply_overlapping(struct rs_mysql_applier *a, const struct rs_route *route, enum rs_op op,
                                    const struct rs_row_change *row, struct rs_err *err)
{
	enum rs_rc rc = RS_OK;

	if (op == RS_OP_DELETE)
		return add_to_run(a, RS_RUN_DELETE, route, row->before, err);
	if (op == RS_OP_UPDATE && key_changed(route, row) && !rs_defect_active(RS_DEFECT_KEY_CHANGE))
		rc = add_to_run(a, RS_RUN_DELETE, route, row->before, err);
	return rc == RS_OK ? put_newest(a, route, row->after, err) : rc;
}

/* A row that is there already is not the source's: it is replaced, and counted; but not what it has in columns of the
 * destination's own. */
static enum rs_rc insert_one(struct rs_mysql_applier *a, const struct rs_route *route, const struct rs_value *after, struct rs_err *err)
{
	enum rs_rc rc = rs_mysql_apply_flush(a, err);

	rs_buf_clear(&a->single);
	rs_buf_adds(&a->single, "INSERT INTO ");
	rs_mysql_put_target(&a->single, route);
	rs_buf_adds(&a->single, " VALUES ");
	rs_mysql_put_row(&a->single, route, after);
	if (rc == RS_OK)
		rc = rs_mysql_apply_single(a, route, rs_mysql_zero_enums(route, after), NULL, err);
	if (rc != RS_FAIL || err == NULL || err->native != 1062)
		return rc;
	rs_err_clear(err);
	a->anomalies->duplicate_inserts++;
	return upsert_one(a, route, after, err);
}

static bool keeps_more(const struct rs_mysql_applier *a, const struct rs_route *route, const struct rs_value *after)
{
	return route->row_key != NULL && route->dest_has_more && !is_packed(a, rs_mysql_zero_enums(route, after));
}

static enum rs_rc apply_strictly(struct rs_mysql_applier *a, const struct rs_route *route, enum rs_op op,
                                 const struct rs_row_change *row, struct rs_err *err)
{
	switch (op) {
	case RS_OP_INSERT:
		return keeps_more(a, route, row->after) ? insert_one(a, route, row->after, err)
		                                        : add_to_run(a, RS_RUN_INSERT, route, row->after, err);
	case RS_OP_UPDATE:
		return update_one(a, route, row, err);
	case RS_OP_DELETE:
		return route->row_key ? add_to_run(a, RS_RUN_DELETE, route, row->before, err)
		                      : delete_one(a, route, row->before, err);
	}
	return RS_OK;
}

enum rs_rc rs_mysql_apply_one(struct rs_mysql_applier *a, const struct rs_route *route, const struct rs_change *change,
                              const struct rs_row_change *row, struct rs_err *err)
{
	enum rs_rc rc = a->overlap && route->row_key ? apply_overlapping(a, route, change->op, row, err)
	                                             : apply_strictly(a, route, change->op, row, err);

	return rc == RS_OK && !change->no_foreign_keys ? rs_mysql_apply_cascades(a, route, row, err) : rc;
}
