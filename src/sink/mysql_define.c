/* Making objects: each statement in a session that has what it needs set. Most need nothing but the default database, and
 * a maker keeps its connection for them; what else a statement needs set does not outlive it. */
#include "sink/mysql_sink.h"

#include <stdlib.h>
#include <string.h>
#include "base/mem.h"

/* ---------------------------------------------------------------- a session for a statement */

/* Tables come as the source had them, zero dates in defaults and all. */
#define DEFINING_MODE "NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES"

static enum rs_rc set_text(struct rs_my *my, const char *name, const char *value, struct rs_err *err)
{
	struct rs_buf sql = RS_BUF_INIT;

	rs_buf_addf(&sql, "SET SESSION %s = ", name);
	rs_my_quote(&sql, value, strlen(value));
	enum rs_rc rc = rs_my_exec_n(my, sql.data, sql.len, NULL, err);
	rs_buf_release(&sql);
	return rc;
}

/* Modes that the other product or version does not know are left out: they don't change how a definition is read. */
static char *known_modes(const struct rs_my *my, const char *modes)
{
	static const char *const only_mariadb[] = {"IGNORE_BAD_TABLE_OPTIONS", "SIMULTANEOUS_ASSIGNMENT",
	                                           "EMPTY_STRING_IS_NULL", "TIME_ROUND_FRACTIONAL", "MYSQL323", "MYSQL40",
	                                           "POSTGRESQL", "MSSQL", "DB2", "MAXDB", "NO_KEY_OPTIONS", "NO_TABLE_OPTIONS",
	                                           "NO_FIELD_OPTIONS", "NO_AUTO_CREATE_USER", "ORACLE"};
	struct rs_buf out = RS_BUF_INIT;

	while (*modes != '\0') {
		size_t n = strcspn(modes, ",");
		bool known = true;
		for (size_t i = 0; i < sizeof only_mariadb / sizeof *only_mariadb && my->flavor == RS_MY_MYSQL; i++)
			known = known && !(strlen(only_mariadb[i]) == n && strncmp(modes, only_mariadb[i], n) == 0);
		if (my->flavor == RS_MY_MARIADB && n == 22 && strncmp(modes, "TIME_TRUNCATE_FRACTIONAL", 22) == 0)
			known = false;
		if (known && n > 0) {
			if (out.len > 0)
				rs_buf_addc(&out, ',');
			rs_buf_add(&out, modes, n);
		}
		modes += n + (modes[n] == ',');
	}
	return rs_buf_take(&out);
}

/* Which zones have names is the server's own affair. */
static enum rs_rc set_zone(struct rs_my *my, const struct rs_definition *d, struct rs_err *err)
{
	struct rs_err unknown = RS_ERR_INIT;
	enum rs_rc rc = set_text(my, "time_zone", d->time_zone, &unknown);

	if (rc == RS_FAIL && unknown.native == 1298 && d->time_offset != NULL) {
		rs_err_clear(&unknown);
		return set_text(my, "time_zone", d->time_offset, err);
	}
	if (rc != RS_OK)
		rs_err_move(err, &unknown);
	return rc;
}

static enum rs_rc use(struct rs_my *my, const char *db, struct rs_err *err)
{
	struct rs_buf sql = RS_BUF_INIT;

	rs_buf_adds(&sql, "USE ");
	rs_quote_ident(&sql, db);
	enum rs_rc rc = rs_my_exec_n(my, sql.data, sql.len, NULL, err);
	rs_buf_release(&sql);
	return rc;
}

static enum rs_rc prepare_session(struct rs_my *my, const struct rs_definition *d, struct rs_err *err)
{
	char *modes = d->sql_mode ? known_modes(my, d->sql_mode) : rs_xstrdup(DEFINING_MODE);
	enum rs_rc rc = set_text(my, "sql_mode", modes, err);

	free(modes);
	if (rc == RS_OK && d->time_zone != NULL)
		rc = set_zone(my, d, err);
	if (rc == RS_OK && d->now > 0)
		rc = rs_my_execf(my, err, "SET SESSION timestamp = %lld.%06lld", (long long)(d->now / RS_USEC_PER_SEC),
		                 (long long)(d->now % RS_USEC_PER_SEC));
	if (rc == RS_OK && d->collation_connection != NULL) {
		struct rs_err unknown = RS_ERR_INIT;
		if (set_text(my, "collation_connection", d->collation_connection, &unknown) != RS_OK)
			rs_err_clear(&unknown); /* of the other product: the connection's own is as good */
	}
	return rc == RS_OK && d->db != NULL && *d->db != '\0' ? use(my, d->db, err) : rc;
}

static enum rs_rc open_session(struct rs_mysql_sink *s, struct rs_my *my, struct rs_err *err)
{
	enum rs_rc rc = rs_mysql_session_open(my, s, RS_MY_CATALOG, err);

	return rc == RS_OK ? rs_my_exec(my, "SET SESSION foreign_key_checks = 0", err) : rc;
}

/* Definitions are refused with hundreds of numbers, which are not all known here: what is not known to pass is a refusal. */
static enum rs_rc execute(struct rs_my *my, const struct rs_definition *d, struct rs_err *err)
{
	enum rs_rc rc = rs_my_exec_n(my, d->sql, strlen(d->sql), NULL, err);

	if (rc == RS_FAIL && err->retry == RS_RETRY_PERHAPS)
		err->retry = RS_RETRY_NEVER;
	if (rc == RS_OK || (err->primary != NULL && strstr(err->primary, d->sql) != NULL))
		return rc;
	return rs_err_detail(err, "%.2000s", d->sql);
}

enum rs_rc rs_mysql_define(struct rs_sink *base, const struct rs_definition *d, struct rs_err *err)
{
	struct rs_my my = RS_MY_INIT;
	enum rs_rc rc = open_session(rs_mysql_sink_of(base), &my, err);

	if (rc == RS_OK)
		rc = prepare_session(&my, d, err);
	if (rc == RS_OK)
		rc = execute(&my, d, err);
	rs_my_close(&my);
	return rc;
}

/* ---------------------------------------------------------------- the maker */

struct mysql_maker {
	struct rs_maker base;
	struct rs_mysql_sink *sink;
	struct rs_my my;             /* RS_MY_CATALOG, and DEFINING_MODE */
	char *db;                    /* the default database; NULL: none */
};

static struct mysql_maker *self(struct rs_maker *m) { return (struct mysql_maker *)m; }

static enum rs_rc maker_exists(struct rs_maker *base, enum rs_object_kind kind, const char *db, const char *name, bool *out,
                               struct rs_err *err)
{
	return rs_mysql_exists(&self(base)->my, kind, db, name, out, err);
}

static enum rs_rc maker_note(struct rs_maker *base, const struct rs_meta_table *tables, size_t n, struct rs_err *err)
{
	return rs_mysql_meta_note_states(&self(base)->my, self(base)->sink, tables, n, err);
}

static enum rs_rc maker_table(struct rs_maker *base, const char *sql, const char *db, struct rs_err *err)
{
	struct mysql_maker *m = self(base);
	enum rs_rc rc = RS_OK;

	if (m->db == NULL || strcmp(m->db, db) != 0) {
		rc = use(&m->my, db, err);
		free(m->db);
		m->db = rc == RS_OK ? rs_xstrdup(db) : NULL;
	}
	return rc == RS_OK ? execute(&m->my, &(struct rs_definition){.sql = sql}, err) : rc;
}

static void maker_cancel(struct rs_maker *base) { rs_my_cancel(&self(base)->my); }

static void maker_close(struct rs_maker *base)
{
	struct mysql_maker *m = self(base);

	rs_my_close(&m->my);
	free(m->db);
	free(m);
}

static const struct rs_maker_ops mysql_maker_ops = {
	.close = maker_close,
	.cancel = maker_cancel,
	.exists = maker_exists,
	.note = maker_note,
	.table = maker_table,
};

enum rs_rc rs_mysql_maker_open(struct rs_mysql_sink *s, struct rs_maker **out, struct rs_err *err)
{
	struct mysql_maker *m = rs_xcalloc(1, sizeof *m);
	enum rs_rc rc = open_session(s, &m->my, err);

	if (rc == RS_OK)
		rc = prepare_session(&m->my, &(struct rs_definition){.sql = NULL}, err);
	if (rc != RS_OK) {
		rs_my_close(&m->my);
		free(m);
		return rc;
	}
	m->base.ops = &mysql_maker_ops;
	m->sink = s;
	*out = &m->base;
	return RS_OK;
}
