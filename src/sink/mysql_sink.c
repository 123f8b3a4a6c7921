#include "sink/mysql_sink.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include "base/fault.h"
#include "base/i18n.h"
#include "base/mem.h"
#include "db/my_catalog.h"
#include "db/my_login.h"

/* ---------------------------------------------------------------- schemas */

static enum rs_rc sink_identity(struct rs_sink *base, char **out, struct rs_err *err)
{
	return rs_my_server_identity(&rs_mysql_sink_of(base)->my, out, err);
}

static enum rs_rc sink_table(struct rs_sink *base, const char *db, const char *name, const struct rs_table **out,
                             struct rs_err *err)
{
	struct rs_table *t = NULL;
	enum rs_rc rc = rs_my_table_read(&rs_mysql_sink_of(base)->my, db, name, &t, err);

	*out = t;
	return rc;
}

static bool no_programs(void *arg, const char *db)
{
	(void)arg;
	(void)db;
	return false;
}

static enum rs_rc sink_tables(struct rs_sink *base, const struct rs_table_filter *wanted, struct rs_catalog *out,
                              struct rs_err *err)
{
	struct rs_my_wanted w = {.db = wanted->db, .table = wanted->table, .whole_db = no_programs, .arg = wanted->arg};

	return rs_my_catalog_read(&rs_mysql_sink_of(base)->my, &w, RS_MY_SCHEMAS, out, err);
}

/* Where each kind of object is listed: a query with places for the database and the name. */
static const char *existence_query(enum rs_object_kind kind)
{
	switch (kind) {
	case RS_OBJECT_DATABASE:
		return "SELECT COUNT(*) FROM information_schema.SCHEMATA WHERE SCHEMA_NAME=%s AND %s IS NOT NULL";
	case RS_OBJECT_PROCEDURE:
		return "SELECT COUNT(*) FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA=%s AND ROUTINE_NAME=%s AND "
		       "ROUTINE_TYPE='PROCEDURE'";
	case RS_OBJECT_FUNCTION:
		return "SELECT COUNT(*) FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA=%s AND ROUTINE_NAME=%s AND "
		       "ROUTINE_TYPE='FUNCTION'";
	case RS_OBJECT_TRIGGER:
		return "SELECT COUNT(*) FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA=%s AND TRIGGER_NAME=%s";
	case RS_OBJECT_EVENT:
		return "SELECT COUNT(*) FROM information_schema.EVENTS WHERE EVENT_SCHEMA=%s AND EVENT_NAME=%s";
	case RS_OBJECT_TABLE:
	case RS_OBJECT_VIEW:
	case RS_OBJECT_SEQUENCE:
	case RS_OBJECT_TYPE: /* of which there are none */
		break;
	}
	return "SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_SCHEMA=%s AND TABLE_NAME=%s";
}

static char *quoted(const char *text)
{
	struct rs_buf out = RS_BUF_INIT;

	rs_my_quote(&out, text, strlen(text));
	return rs_buf_take(&out);
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
static enum rs_rc count(struct rs_my *my, const char *query, const char *db, const char *name, char **out,
                        struct rs_err *err)
{
	char *a = quoted(db), *b = quoted(name);
	char *sql = rs_xprintf(query, a, b);
	enum rs_rc rc = rs_my_scalar(my, sql, out, err);

	free(a);
	free(b);
	free(sql);
	return rc;
}
#pragma GCC diagnostic pop

enum rs_rc rs_mysql_exists(struct rs_my *my, enum rs_object_kind kind, const char *db, const char *name, bool *out,
                           struct rs_err *err)
{
	char *n = NULL;
	enum rs_rc rc = count(my, existence_query(kind), db, name, &n, err);

	*out = n != NULL && strcmp(n, "0") != 0;
	free(n);
	return rc;
}

static enum rs_rc sink_exists(struct rs_sink *base, enum rs_object_kind kind, const char *db, const char *name, bool *out,
                              struct rs_err *err)
{
	return rs_mysql_exists(&rs_mysql_sink_of(base)->my, kind, db, name, out, err);
}

static enum rs_rc sink_statement(struct rs_sink *base, enum rs_object_kind kind, const char *db, const char *name, char **out,
                                 struct rs_err *err)
{
	return rs_my_statement_read(&rs_mysql_sink_of(base)->my, kind, db, name, out, err);
}

/* ---------------------------------------------------------------- what identifies a table */

/* What identifies a table beside its definition: it changes when the table is made anew, emptied or swapped. */
static enum rs_rc add_fingerprint(struct rs_my *my, const char *db, const char *name, struct rs_buf *out,
                                  struct rs_err *err)
{
	struct rs_buf sql = RS_BUF_INIT;
	struct rs_my_result res;
	struct rs_err gone = RS_ERR_INIT;

	rs_buf_addf(out, "%s.%s: ", db, name);
	rs_buf_adds(&sql, "SHOW CREATE TABLE ");
	rs_quote_table(&sql, db, name);
	enum rs_rc rc = rs_my_query(my, rs_buf_str(&sql), RS_MY_BUFFER, &res, &gone);
	rs_buf_release(&sql);
	if (rc == RS_FAIL && (gone.native == 1146 || gone.native == 1049)) {
		rs_err_clear(&gone);
		rs_buf_adds(out, "none\n");
		return RS_OK;
	}
	if (rc != RS_OK) {
		rs_err_move(err, &gone);
		return rc;
	}
	if ((rc = rs_my_next(&res, err)) == RS_OK)
		rs_buf_addf(out, "%s\n", res.row[1] ? res.row[1] : "");
	rs_my_result_free(&res);
	char *made = NULL;
	if (rc == RS_OK)
		rc = count(my, "SELECT CREATE_TIME FROM information_schema.TABLES WHERE TABLE_SCHEMA=%s AND TABLE_NAME=%s", db, name,
		           &made, err);
	rs_buf_addf(out, "made %s\n", made ? made : "");
	free(made);
	return rc;
}

static enum rs_rc sink_fingerprint(struct rs_sink *base, const char *const *names, size_t n, char **out,
                                   struct rs_err *err)
{
	struct rs_buf text = RS_BUF_INIT;
	enum rs_rc rc = RS_OK;

	const char *mark = "";

	for (size_t i = 0; rc == RS_OK && i < n; i++)
		rc = add_fingerprint(&rs_mysql_sink_of(base)->my, names[2 * i], names[2 * i + 1], &text, err);
	if (rc == RS_OK)
		rc = rs_mysql_meta_mark(rs_mysql_sink_of(base), &mark, err);
	rs_buf_addf(&text, "mark %s\n", mark);
	*out = rs_buf_take(&text);
	if (rc != RS_OK) {
		free(*out);
		*out = NULL;
	}
	return rc;
}

static enum rs_rc sink_truncate(struct rs_sink *base, const char *db, const char *name, struct rs_err *err)
{
	struct rs_buf sql = RS_BUF_INIT;

	rs_buf_adds(&sql, "TRUNCATE TABLE ");
	rs_quote_table(&sql, db, name);
	enum rs_rc rc = rs_mysql_define(base, &(struct rs_definition){.sql = rs_buf_str(&sql)}, err);
	rs_buf_release(&sql);
	return rc;
}

static enum rs_rc sink_drop_table(struct rs_sink *base, const char *db, const char *name, struct rs_err *err)
{
	struct rs_buf sql = RS_BUF_INIT;

	rs_buf_adds(&sql, "DROP TABLE IF EXISTS ");
	rs_quote_table(&sql, db, name);
	enum rs_rc rc = rs_mysql_define(base, &(struct rs_definition){.sql = rs_buf_str(&sql)}, err);
	rs_buf_release(&sql);
	return rc;
}

/* ---------------------------------------------------------------- life */

static enum rs_rc sink_maker(struct rs_sink *base, struct rs_maker **out, struct rs_err *err)
{
	return rs_mysql_maker_open(rs_mysql_sink_of(base), out, err);
}

static enum rs_rc sink_loader(struct rs_sink *base, struct rs_loader **out, struct rs_err *err)
{
	return rs_mysql_loader_open(rs_mysql_sink_of(base), out, err);
}

static enum rs_rc sink_applier(struct rs_sink *base, unsigned lane, struct rs_applier **out, struct rs_err *err)
{
	return rs_mysql_applier_open(rs_mysql_sink_of(base), lane, out, err);
}

static void sink_cancel(struct rs_sink *base) { rs_my_cancel(&rs_mysql_sink_of(base)->my); }

static void sink_close(struct rs_sink *base)
{
	struct rs_mysql_sink *s = rs_mysql_sink_of(base);

	rs_my_close(&s->my);
	free(s->task_id);
	free(s->task_name);
	free(s);
}

static const struct rs_sink_ops mysql_sink_ops = {
	.close = sink_close,
	.cancel = sink_cancel,
	.identity = sink_identity,
	.attach = rs_mysql_meta_attach,
	.peek = rs_mysql_meta_peek,
	.save_start = rs_mysql_meta_save_start,
	.save_phase = rs_mysql_meta_save_phase,
	.save_anchor = rs_mysql_meta_save_anchor,
	.save_source = rs_mysql_meta_save_source,
	.save_states = rs_mysql_meta_save_states,
	.load_tables = rs_mysql_meta_load_tables,
	.load_chunks = rs_mysql_meta_load_chunks,
	.ddl_intend = rs_mysql_meta_ddl_intend,
	.ddl_done = rs_mysql_meta_ddl_done,
	.ddl_abandon = rs_mysql_meta_ddl_abandon,
	.rename_mark = rs_mysql_meta_rename_mark,
	.ddl_pending = rs_mysql_meta_ddl_pending,
	.load_events = rs_mysql_event_load,
	.decide = rs_mysql_event_decide,
	.forget = rs_mysql_meta_forget,
	.load_sides = rs_mysql_side_load,
	.save_objects = rs_mysql_side_save_objects,
	.make_side = rs_mysql_side_make,
	.resume_side = rs_mysql_side_resume,
	.resync_sides = rs_mysql_side_resync,
	.drop_side = rs_mysql_side_drop,
	.join_side = rs_mysql_side_join,
	.table = sink_table,
	.tables = sink_tables,
	.exists = sink_exists,
	.statement = sink_statement,
	.define = rs_mysql_define,
	.raise_counter = rs_mysql_raise_counter,
	.fingerprint = sink_fingerprint,
	.drop_table = sink_drop_table,
	.truncate = sink_truncate,
	.defer_indexes = rs_mysql_index_defer,
	.build_indexes = rs_mysql_index_build_all,
	.maker = sink_maker,
	.loader = sink_loader,
	.applier = sink_applier,
};

static size_t max_packet(struct rs_my *my)
{
	struct rs_err ignored = RS_ERR_INIT;
	char *text = NULL;
	size_t n = 0;

	if (rs_my_scalar(my, "SELECT @@SESSION.max_allowed_packet", &text, &ignored) == RS_OK && text != NULL)
		n = strtoull(text, NULL, 10);
	rs_err_clear(&ignored);
	free(text);
	return n > 65536 ? n : 65536;
}

enum rs_rc rs_mysql_sink_open(const struct rs_task *task, struct rs_sink **out, struct rs_err *err)
{
	struct rs_mysql_sink *s = rs_xcalloc(1, sizeof *s);
	enum rs_rc rc = rs_my_open_endpoint(&s->my, &task->destination, RS_MY_CATALOG, err);

	if (rc != RS_OK) {
		free(s);
		return rc;
	}
	s->base.ops = &mysql_sink_ops;
	s->base.flavor = s->my.flavor == RS_MY_MARIADB ? "mariadb" : "mysql";
	s->base.version = s->my.version;
	s->base.folds_names = s->my.lower_case_names != 0;
	s->base.own_db = RS_META_SCHEMA_NAME;
	s->base.has_schemas = true;
	s->base.lanes = UINT_MAX;
	s->task_id = rs_xstrdup(task->id);
	s->task_name = rs_xstrdup(task->name);
	s->local_infile = rs_my_variable_is(&s->my, "local_infile", "ON");
	s->max_packet = max_packet(&s->my);
	*out = &s->base;
	return RS_OK;
}
