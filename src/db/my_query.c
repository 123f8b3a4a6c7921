/* Asking and executing on a connection that is open. */
#include "db/my_conn.h"

#include <string.h>
#include <strings.h>
#include "base/i18n.h"
#include "base/mem.h"

/* ------------------------------------------------------------------ statements */

/* How a statement is named in errors: its beginning, up to what may be a value. */
static char *statement_name(const char *sql, size_t len)
{
	size_t n = 0;

	while (n < len && n < 100 && sql[n] && !strchr("('\"\n", sql[n]))
		n++;
	while (n > 0 && (sql[n - 1] == ' ' || ((unsigned char)sql[n - 1] & 0xC0) == 0x80))
		n--;
	return rs_xstrndup(sql, n);
}

static enum rs_rc statement_failed(struct rs_my *my, const char *sql, size_t len, struct rs_err *err)
{
	char *name = statement_name(sql, len);
	const enum rs_rc rc = rs_my_fail(my, err, name);

	free(name);
	return rc;
}

/* Reads what a statement returned, and throws it away; CALL may return several results. */
static bool drain(MYSQL *h)
{
	int more;

	do {
		MYSQL_RES *res = mysql_use_result(h);

		if (res)
			mysql_free_result(res);
		if (mysql_errno(h) != 0)
			return false;
		more = mysql_more_results(h) ? mysql_next_result(h) : -1;
	} while (more == 0);
	return more < 0;
}

/* *affected: of what was changed, where it returned nothing. */
static bool execute(struct rs_my *my, const char *sql, size_t len, uint64_t *affected)
{
	if (mysql_real_query(my->handle, sql, (unsigned long)len) != 0)
		return false;
	if (affected)
		*affected = mysql_field_count(my->handle) ? 0 : mysql_affected_rows(my->handle);
	return (!mysql_field_count(my->handle) && !mysql_more_results(my->handle)) || drain(my->handle);
}

enum rs_rc rs_my_exec_n(struct rs_my *my, const char *sql, size_t len, uint64_t *affected, struct rs_err *err)
{
	rs_usec began = rs_activity_clock();
	enum rs_doing before;
	bool ok;

	if (!rs_my_is_usable(my))
		return rs_my_fail(my, err, _("a statement"));
	before = rs_my_asks(my);
	ok = execute(my, sql, len, affected);
	rs_activity_leave(before);
	if (began)
		rs_activity_statement(my->doing, sql, len, rs_clock_mono() - began);
	return ok ? RS_OK : statement_failed(my, sql, len, err);
}

enum rs_rc rs_my_exec(struct rs_my *my, const char *sql, struct rs_err *err)
{
	return rs_my_exec_n(my, sql, strlen(sql), NULL, err);
}

enum rs_rc rs_my_execf(struct rs_my *my, struct rs_err *err, const char *fmt, ...)
{
	va_list ap;
	enum rs_rc rc;
	char *sql;

	va_start(ap, fmt);
	sql = rs_xvprintf(fmt, ap);
	va_end(ap);
	rc = rs_my_exec(my, sql, err);
	free(sql);
	return rc;
}

/* NULL: it has no result, or failed (mysql_errno). */
static MYSQL_RES *ask(struct rs_my *my, const char *sql, size_t len, enum rs_my_fetch fetch)
{
	if (mysql_real_query(my->handle, sql, (unsigned long)len) != 0)
		return NULL;
	return fetch == RS_MY_STREAM ? mysql_use_result(my->handle) : mysql_store_result(my->handle);
}

enum rs_rc rs_my_query_n(struct rs_my *my, const char *sql, size_t len, enum rs_my_fetch fetch, struct rs_my_result *res,
                         struct rs_err *err)
{
	rs_usec began = rs_activity_clock();
	enum rs_doing before;

	*res = (struct rs_my_result){.my = my};
	if (!rs_my_is_usable(my))
		return rs_my_fail(my, err, _("a statement"));
	before = rs_my_asks(my);
	res->res = ask(my, sql, len, fetch);
	rs_activity_leave(before);
	if (began)
		rs_activity_statement(my->doing, sql, len, rs_clock_mono() - began);
	if (!res->res && mysql_errno(my->handle) != 0)
		return statement_failed(my, sql, len, err);
	res->n_fields = res->res ? mysql_num_fields(res->res) : 0;
	return RS_OK;
}

enum rs_rc rs_my_query(struct rs_my *my, const char *sql, enum rs_my_fetch fetch, struct rs_my_result *res,
                       struct rs_err *err)
{
	return rs_my_query_n(my, sql, strlen(sql), fetch, res, err);
}

enum rs_rc rs_my_queryf(struct rs_my *my, struct rs_my_result *res, struct rs_err *err, const char *fmt, ...)
{
	va_list ap;
	enum rs_rc rc;
	char *sql;

	va_start(ap, fmt);
	sql = rs_xvprintf(fmt, ap);
	va_end(ap);
	rc = rs_my_query(my, sql, RS_MY_BUFFER, res, err);
	free(sql);
	return rc;
}

enum rs_rc rs_my_next(struct rs_my_result *res, struct rs_err *err)
{
	enum rs_doing before;

	if (!res->res)
		return RS_EOF;
	before = rs_my_asks(res->my);
	res->row = mysql_fetch_row(res->res);
	rs_activity_leave(before);
	if (!res->row) {
		res->lengths = NULL;
		return mysql_errno(res->my->handle) ? rs_my_fail(res->my, err, _("reading a result")) : RS_EOF;
	}
	res->lengths = mysql_fetch_lengths(res->res);
	return RS_OK;
}

void rs_my_result_free(struct rs_my_result *res)
{
	if (res->res)
		mysql_free_result(res->res);
	*res = (struct rs_my_result){.my = res->my};
}

int rs_my_column(const struct rs_my_result *res, const char *name)
{
	const MYSQL_FIELD *fields = res->res ? mysql_fetch_fields(res->res) : NULL;

	for (unsigned i = 0; fields && i < res->n_fields; i++)
		if (strcasecmp(fields[i].name, name) == 0)
			return (int)i;
	return -1;
}

/* ------------------------------------------------------------------ single values */

/* Column of the first row of a query. */
static enum rs_rc first_row(struct rs_my *my, const char *sql, unsigned column, char **out, struct rs_err *err)
{
	struct rs_my_result r;
	enum rs_rc rc = rs_my_query(my, sql, RS_MY_BUFFER, &r, err);

	*out = NULL;
	if (rc != RS_OK)
		return rc;
	rc = rs_my_next(&r, err);
	if (rc == RS_OK && column < r.n_fields && r.row[column])
		*out = rs_xstrndup(r.row[column], r.lengths[column]);
	rs_my_result_free(&r);
	return rc == RS_EOF ? RS_OK : rc;
}

enum rs_rc rs_my_scalar(struct rs_my *my, const char *sql, char **out, struct rs_err *err)
{
	return first_row(my, sql, 0, out, err);
}

enum rs_rc rs_my_variable(struct rs_my *my, const char *name, char **out, struct rs_err *err)
{
	char *sql = rs_xprintf("SHOW GLOBAL VARIABLES WHERE Variable_name = '%s'", name);
	const enum rs_rc rc = first_row(my, sql, 1, out, err);

	free(sql);
	return rc;
}

bool rs_my_variable_is(struct rs_my *my, const char *name, const char *value)
{
	char *found = NULL;
	const bool is = rs_my_variable(my, name, &found, NULL) == RS_OK && found && strcasecmp(found, value) == 0;

	free(found);
	return is;
}

enum rs_rc rs_my_quote(struct rs_buf *out, const char *bytes, size_t len)
{
	static const char special[] = "\0\n\r\032\\'\"", letter[] = "0nrZ\\'\"";

	rs_buf_addc(out, '\'');
	for (size_t i = 0; i < len; i++) {
		const char *at = memchr(special, bytes[i], sizeof special - 1);

		if (at) {
			rs_buf_addc(out, '\\');
			rs_buf_addc(out, letter[at - special]);
		} else
			rs_buf_addc(out, bytes[i]);
	}
	return rs_buf_addc(out, '\'');
}
