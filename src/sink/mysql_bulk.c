#include "sink/mysql_bulk.h"

#include <stdlib.h>
#include <string.h>
#include "base/i18n.h"
#include "base/mem.h"
#include "codec/sql_literal.h"

#define BATCH_BYTES ((size_t)256 << 10) /* more is not faster (measured), but takes memory */
#define BATCH_ROWS 1000u
#define BATCH_CELLS 16384u
#define LARGEST_ROW ((size_t)8 << 20) /* well below where the protocol cuts packets */
#define BIT_DIGITS 20 /* of 64 bits */
#define CELL_BYTES 10 /* that a value takes beside itself */
#define SINCE 100600 /* of MariaDB; older ones are not tested */

/* In the log as statements such rows are refused. */
enum rs_rc rs_mysql_bulk_offered(struct rs_my *my, bool *out, struct rs_err *err)
{
	unsigned long caps = 0;
	char *rows = NULL;
	enum rs_rc rc = RS_OK;

	*out = false;
	mariadb_get_infov(my->handle, MARIADB_CONNECTION_EXTENDED_SERVER_CAPABILITIES, &caps);
	if (my->flavor != RS_MY_MARIADB || my->version < SINCE || !(caps & (MARIADB_CLIENT_STMT_BULK_OPERATIONS >> 32)))
		return RS_OK;
	rc = rs_my_scalar(my, "SELECT @@log_bin = 0 OR @@SESSION.binlog_format <> 'STATEMENT'", &rows, err);
	*out = rc == RS_OK && rows != NULL && strcmp(rows, "1") == 0;
	free(rows);
	return rc;
}

/* ---------------------------------------------------------------- the statement */

static void put_statement(struct rs_buf *sql, const struct rs_route *route, const char *verb)
{
	char separator = '(';

	rs_buf_adds(sql, verb);
	rs_buf_adds(sql, " INTO ");
	rs_mysql_put_target(sql, route);
	rs_buf_adds(sql, " VALUES ");
	for (size_t i = 0; i < route->source->n_columns; i++) {
		if (!rs_route_writes(route, i))
			continue;
		const struct rs_column *from = &route->source->columns[i], *to = &route->dest->columns[route->columns[i]];
		rs_buf_addc(sql, separator);
		separator = ',';
		if (rs_mysql_needs_conversion(from, to))
			rs_mysql_put_conversion(sql, from, "?");
		else
			rs_buf_addc(sql, '?');
	}
	rs_buf_addc(sql, ')');
}

/* The library keeps the errors of a statement, but for its own, in the connection too. */
static enum rs_rc failed(struct rs_mysql_bulk *b, struct rs_err *err)
{
	if (mysql_errno(b->my->handle) != 0)
		return rs_my_fail(b->my, err, _("loading rows"));
	rs_err_set(err, RS_E_INTERNAL, _("rows could not be sent"));
	return rs_err_detail(err, "%u: %s", mysql_stmt_errno(b->stmt), mysql_stmt_error(b->stmt));
}

/* The server can't prepare such a statement, or no more of them. Nothing else may be taken lightly: what has ended the
 * transaction has also taken the mark of what is loaded. */
static bool is_refused(unsigned native)
{
	return native == 1064 || native == 1235 || native == 1295 || native == 1390 || native == 1461;
}

static enum rs_rc prepare(struct rs_mysql_bulk *b, const char *verb, struct rs_err *err)
{
	struct rs_buf sql = RS_BUF_INIT;

	put_statement(&sql, b->route, verb);
	b->stmt = mysql_stmt_init(b->my->handle);
	if (b->stmt == NULL)
		rs_bug("no memory for a statement");
	enum rs_rc rc = RS_OK;
	if (mysql_stmt_prepare(b->stmt, rs_buf_str(&sql), (unsigned long)sql.len) != 0)
		rc = is_refused(mysql_stmt_errno(b->stmt)) ? RS_AGAIN : failed(b, err);
	rs_buf_release(&sql);
	return rc;
}

/* ---------------------------------------------------------------- its parameters */

static void make_columns(struct rs_mysql_bulk *b)
{
	size_t n = 0;

	for (size_t i = 0; i < b->route->source->n_columns; i++)
		n += rs_route_writes(b->route, i);
	b->n_columns = n;
	if (n == 0)
		return;
	b->max_rows = BATCH_CELLS / n > BATCH_ROWS ? BATCH_ROWS : BATCH_CELLS / n < 1 ? 1 : (unsigned)(BATCH_CELLS / n);
	b->columns = rs_xcalloc(n, sizeof *b->columns);
	b->binds = rs_xcalloc(n, sizeof *b->binds);
	for (size_t i = 0, k = 0; i < b->route->source->n_columns; i++) {
		if (!rs_route_writes(b->route, i))
			continue;
		struct rs_mysql_bulk_column *c = &b->columns[k];
		c->source = (uint32_t)i;
		c->bytes = rs_xcalloc(b->max_rows, sizeof *c->bytes);
		c->lengths = rs_xcalloc(b->max_rows, sizeof *c->lengths);
		c->indicators = rs_xcalloc(b->max_rows, 1);
		b->binds[k].buffer_type = MYSQL_TYPE_STRING;
		b->binds[k].buffer = c->bytes;
		b->binds[k].length = c->lengths;
		b->binds[k].u.indicator = c->indicators;
		k++;
	}
}

static void free_columns(struct rs_mysql_bulk *b)
{
	for (size_t k = 0; b->columns != NULL && k < b->n_columns; k++) {
		free(b->columns[k].bytes);
		free(b->columns[k].lengths);
		free(b->columns[k].indicators);
	}
	free(b->columns);
	free(b->binds);
	b->columns = NULL;
	b->binds = NULL;
	b->n_columns = 0;
}

enum rs_rc rs_mysql_bulk_begin(struct rs_mysql_bulk *b, struct rs_my *my, const struct rs_route *route, const char *verb,
                               size_t max_packet, struct rs_err *err)
{
	b->my = my;
	b->route = route;
	b->n_rows = 0;
	b->largest = max_packet / 2 < LARGEST_ROW ? max_packet / 2 : LARGEST_ROW;
	b->batch = max_packet / 4 < BATCH_BYTES ? max_packet / 4 : BATCH_BYTES;
	b->values.max = LARGEST_ROW + BATCH_BYTES;
	rs_buf_clear(&b->values);
	make_columns(b);
	return b->n_columns == 0 ? RS_AGAIN : prepare(b, verb, err);
}

/* ---------------------------------------------------------------- rows */

static size_t row_bytes(const struct rs_mysql_bulk *b, const struct rs_value *values)
{
	size_t n = b->n_columns * BIT_DIGITS;

	for (size_t k = 0; k < b->n_columns; k++)
		n += values[b->columns[k].source].len;
	return n;
}

bool rs_mysql_bulk_takes(const struct rs_mysql_bulk *b, const struct rs_value *values)
{
	return row_bytes(b, values) <= b->largest && rs_mysql_zero_enums(b->route, values) == 0 &&
	       !rs_mysql_has_decimals(b->route, values);
}

bool rs_mysql_bulk_has_room(const struct rs_mysql_bulk *b, const struct rs_value *values)
{
	size_t cells = (b->n_rows + 1) * b->n_columns * CELL_BYTES;

	return b->n_rows == 0 || (b->n_rows < b->max_rows && b->values.len + row_bytes(b, values) + cells < b->batch);
}

static void put_value(struct rs_mysql_bulk *b, struct rs_mysql_bulk_column *c, const struct rs_value *v)
{
	size_t before = b->values.len;

	c->indicators[b->n_rows] = v->presence == RS_PRESENT ? STMT_INDICATOR_NONE : STMT_INDICATOR_NULL;
	if (v->presence == RS_PRESENT && b->route->source->columns[c->source].type == RS_T_BIT)
		rs_sql_bit(&b->values, v);
	else if (v->presence == RS_PRESENT)
		rs_buf_add(&b->values, v->bytes, v->len);
	c->bytes[b->n_rows] = b->values.data + before;
	c->lengths[b->n_rows] = b->values.len - before;
}

size_t rs_mysql_bulk_add(struct rs_mysql_bulk *b, const struct rs_value *values)
{
	size_t before = b->values.len, room = row_bytes(b, values);

	if (b->n_rows == 0 && rs_buf_reserve(&b->values, room > BATCH_BYTES ? room : BATCH_BYTES) != RS_OK)
		rs_bug("a row larger than what is taken");
	for (size_t k = 0; k < b->n_columns; k++)
		put_value(b, &b->columns[k], &values[b->columns[k].source]);
	b->n_rows++;
	return b->values.len - before;
}

static bool execute(struct rs_mysql_bulk *b)
{
	enum rs_doing before = rs_my_asks(b->my);
	bool ok = mysql_stmt_execute(b->stmt) == 0;

	rs_activity_leave(before);
	return ok;
}

enum rs_rc rs_mysql_bulk_send(struct rs_mysql_bulk *b, uint64_t *sent, uint64_t *affected, struct rs_err *err)
{
	*sent = b->n_rows;
	*affected = 0;
	if (b->n_rows == 0)
		return RS_OK;
	if (mysql_stmt_attr_set(b->stmt, STMT_ATTR_ARRAY_SIZE, &b->n_rows) != 0 ||
	    mysql_stmt_bind_param(b->stmt, b->binds) != 0 || !execute(b))
		return failed(b, err);
	*affected = mysql_stmt_affected_rows(b->stmt);
	b->n_rows = 0;
	rs_buf_clear(&b->values);
	if (b->values.cap > 2 * BATCH_BYTES)
		rs_buf_release(&b->values);
	return RS_OK;
}

void rs_mysql_bulk_end(struct rs_mysql_bulk *b)
{
	if (b->stmt != NULL)
		mysql_stmt_close(b->stmt);
	b->stmt = NULL;
	b->n_rows = 0;
	free_columns(b);
}

void rs_mysql_bulk_release(struct rs_mysql_bulk *b)
{
	rs_mysql_bulk_end(b);
	rs_buf_release(&b->values);
}
