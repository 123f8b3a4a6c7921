#include "db/my_catalog.h"

#include <strings.h>
#include "base/i18n.h"
#include "base/mem.h"
#include "db/my_schema.h"

/* Up to so many tables of a larger database are asked for one by one. */
enum { FEW_TABLES = 8 };

/* One reading of a catalogue. */
struct reading {
	struct rs_my *my;
	const struct rs_my_wanted *wanted;
	enum rs_my_depth depth;
	struct rs_catalog *out;
	struct rs_err *err;
};

static bool is_system_db(const char *db)
{
	static const char *const names[] = {"mysql", "information_schema", "performance_schema", "sys"};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (strcasecmp(db, names[i]) == 0)
			return true;
	return false;
}

static bool wants_db(const struct reading *c, const char *db)
{
	return !is_system_db(db) && (!c->wanted || !c->wanted->db || c->wanted->db(c->wanted->arg, db));
}

static bool wants_table(const struct reading *c, const char *db, const char *table)
{
	return !c->wanted || !c->wanted->table || c->wanted->table(c->wanted->arg, db, table);
}

static bool wants_whole(const struct reading *c, const char *db)
{
	return !c->wanted || !c->wanted->whole_db || c->wanted->whole_db(c->wanted->arg, db);
}

/* "… = 'db'" queries on information_schema that compare coarsely: whether a row is really of db. */
static bool same_db(const struct reading *c, const char *a, const char *db)
{
	return a && (c->my->lower_case_names ? strcasecmp(a, db) : strcmp(a, db)) == 0;
}

/* What is asked of one view of information_schema, and what is done with each row. */
struct listing {
	const char *view, *schema, *columns;
	void (*take)(struct reading *c, const char *db, MYSQL_ROW row, void *arg); /* row: the columns */
};

/* table: only of this one; NULL: all of the database. Rows of other databases are passed over. */
static enum rs_rc list(struct reading *c, const struct listing *l, const char *db, const char *table, void *arg)
{
	struct rs_buf sql = RS_BUF_INIT;
	struct rs_my_result r;
	enum rs_rc rc;

	rs_buf_addf(&sql, "SELECT %s, %s FROM information_schema.%s WHERE %s = ", l->schema, l->columns, l->view, l->schema);
	rs_my_quote(&sql, db, strlen(db));
	if (table) {
		rs_buf_adds(&sql, " AND TABLE_NAME = ");
		rs_my_quote(&sql, table, strlen(table));
	}
	rc = rs_my_query(c->my, rs_buf_str(&sql), RS_MY_BUFFER, &r, c->err);
	while (rc == RS_OK && (rc = rs_my_next(&r, c->err)) == RS_OK)
		if (same_db(c, r.row[0], db))
			l->take(c, db, r.row + 1, arg);
	rs_my_result_free(&r);
	rs_buf_release(&sql);
	return rc == RS_EOF ? RS_OK : rc;
}

/* ------------------------------------------------------------------ statements */

/* Where SHOW CREATE gives the statement, for each kind. */
static const struct show {
	const char *what, *column;
} shows[] = {
	[RS_OBJECT_DATABASE] = {"DATABASE", "Create Database"},
	[RS_OBJECT_TABLE] = {"TABLE", "Create Table"},
	[RS_OBJECT_VIEW] = {"VIEW", "Create View"},
	[RS_OBJECT_PROCEDURE] = {"PROCEDURE", "Create Procedure"},
	[RS_OBJECT_FUNCTION] = {"FUNCTION", "Create Function"},
	[RS_OBJECT_TRIGGER] = {"TRIGGER", "SQL Original Statement"},
	[RS_OBJECT_EVENT] = {"EVENT", "Create Event"},
	[RS_OBJECT_SEQUENCE] = {"SEQUENCE", "Create Table"},
};

static char *show_statement(const struct rs_object *o)
{
	struct rs_buf sql = RS_BUF_INIT;

	rs_buf_addf(&sql, "SHOW CREATE %s ", shows[o->kind].what);
	if (o->kind == RS_OBJECT_DATABASE)
		rs_quote_ident(&sql, o->db);
	else
		rs_quote_table(&sql, o->db, o->name);
	return rs_buf_take(&sql);
}

static void keep(char **to, const struct rs_my_result *r, const char *column)
{
	const int i = rs_my_column(r, column);

	if (i < 0 || !r->row[i])
		return;
	free(*to);
	*to = rs_xstrndup(r->row[i], r->lengths[i]);
}

static void take_statement(struct rs_object *o, const struct rs_my_result *r)
{
	keep(&o->create_sql, r, shows[o->kind].column);
	if (o->kind == RS_OBJECT_VIEW || o->kind == RS_OBJECT_TRIGGER || o->kind == RS_OBJECT_EVENT ||
	    o->kind == RS_OBJECT_PROCEDURE || o->kind == RS_OBJECT_FUNCTION) {
		keep(&o->sql_mode, r, "sql_mode");
		keep(&o->charset_client, r, "character_set_client");
		keep(&o->collation_connection, r, "collation_connection");
		keep(&o->time_zone, r, "time_zone");
	}
	if (!o->create_sql && !o->unsupported)
		o->unsupported = rs_xprintf(_("the account may not see the statement that makes the %s"),
		                            rs_object_kind_name(o->kind));
}

/* Whether only this object is concerned: it is gone, broken, or not to be seen. */
static bool concerns_object(const struct rs_err *e)
{
	return e->code == RS_E_SQL || e->code == RS_E_SQL_DENIED || e->code == RS_E_SOURCE_TABLE_GONE ||
	       e->code == RS_E_DEST_TABLE_MISSING || e->code == RS_E_DEST_COLUMN;
}

static enum rs_rc read_statement(struct reading *c, struct rs_object *o)
{
	struct rs_err problem = RS_ERR_INIT;
	struct rs_my_result r;
	char *sql = show_statement(o);
	enum rs_rc rc = rs_my_query(c->my, sql, RS_MY_BUFFER, &r, &problem);

	free(sql);
	if (rc == RS_OK && (rc = rs_my_next(&r, &problem)) == RS_OK)
		take_statement(o, &r);
	rs_my_result_free(&r);
	if (rc == RS_FAIL && concerns_object(&problem)) {
		free(o->unsupported);
		o->unsupported = rs_xstrdup(problem.detail ? problem.detail : problem.primary);
		rs_err_clear(&problem);
		return RS_OK;
	}
	if (rc == RS_OK || rc == RS_EOF)
		return RS_OK;
	rs_err_move(c->err, &problem);
	return rc;
}

/* What an account may not read is not told. */
static enum rs_rc read_next(struct reading *c, struct rs_object *o)
{
	struct rs_err problem = RS_ERR_INIT;
	struct rs_buf sql = RS_BUF_INIT;

	rs_buf_adds(&sql, "SELECT next_not_cached_value FROM ");
	rs_quote_table(&sql, o->db, o->name);
	enum rs_rc rc = rs_my_scalar(c->my, rs_buf_str(&sql), &o->next, &problem);
	rs_buf_release(&sql);
	if (rc != RS_FAIL || !concerns_object(&problem)) {
		rs_err_move(c->err, &problem);
		return rc;
	}
	rs_err_clear(&problem);
	return RS_OK;
}

/* Statements of the objects from first on, which are those of one database. */
static enum rs_rc read_statements(struct reading *c, size_t first)
{
	enum rs_rc rc = RS_OK;

	for (size_t i = first; i < c->out->count && rc == RS_OK; i++) {
		struct rs_object *o = &c->out->objects[i];

		/* MariaDB's packages have no kind of their own. */
		if (!o->unsupported || o->kind == RS_OBJECT_TABLE || o->kind == RS_OBJECT_VIEW)
			rc = read_statement(c, o);
		if (rc == RS_OK && o->kind == RS_OBJECT_SEQUENCE)
			rc = read_next(c, o);
	}
	return rc;
}

/* ------------------------------------------------------------------ tables, views, sequences */

static bool engine_needs_other_server(const char *engine)
{
	return engine && strcasecmp(engine, "FEDERATED") == 0;
}

static void judge_table(struct rs_object *o, struct rs_my_draft *d, const char *comment)
{
	const char *engine = d->table->engine;

	if (!engine)
		o->unsupported = rs_xstrdup(comment && *comment ? comment : _("the table can't be opened"));
	else if (engine_needs_other_server(engine))
		o->unsupported = rs_xstrdup(_("its rows are on another server, and their changes are not in this one's log"));
	else if (strcasecmp(engine, "MRG_MyISAM") == 0 || strcasecmp(engine, "MERGE") == 0)
		o->unsupported = rs_xstrdup(_("its rows are those of other tables"));
	else if (d->versioned)
		o->unsupported = rs_xstrdup(_("tables with system versioning are not synchronized"));
	else if (d->unsupported)
		o->unsupported = rs_xstrdup(d->unsupported);
}

static uint64_t number(const char *text)
{
	return text ? strtoull(text, NULL, 10) : 0;
}

/* TABLE_NAME, TABLE_TYPE, ENGINE, TABLE_COLLATION, TABLE_ROWS, DATA_LENGTH, INDEX_LENGTH, TABLE_COMMENT */
static struct rs_my_draft *draft_from(const char *db, MYSQL_ROW v)
{
	struct rs_my_draft *d = rs_xcalloc(1, sizeof *d);

	d->table = rs_table_new(db, v[0]);
	d->table->engine = rs_xstrdup(v[2]);
	d->table->collation = rs_xstrdup(v[3]);
	d->table->rows = number(v[4]);
	d->table->bytes = number(v[5]) + number(v[6]);
	d->versioned = strcmp(v[1], "SYSTEM VERSIONED") == 0;
	return d;
}

struct tables {
	struct rs_map drafts;   /* base tables by name */
	struct rs_map comments; /* of those without an engine */
	struct rs_map views;    /* by name, to their place among the objects + 1 */
	size_t seen;            /* base tables in the database, wanted or not */
};

/* The comment of a view that works is VIEW, of one that does not what is wrong. */
static void add_view(struct reading *c, struct tables *t, const char *db, MYSQL_ROW v)
{
	struct rs_object *o = rs_catalog_add(c->out, RS_OBJECT_VIEW, db, v[0]);

	rs_map_put(&t->views, v[0], strlen(v[0]), (void *)(uintptr_t)c->out->count);
	if (v[7] && strstr(v[7], "invalid"))
		o->unsupported = rs_xstrdup(v[7]);
}

static void take_table(struct reading *c, const char *db, MYSQL_ROW v, void *arg)
{
	struct tables *t = arg;
	const char *type = v[1] ? v[1] : "";
	const bool base = strcmp(type, "BASE TABLE") == 0 || strcmp(type, "SYSTEM VERSIONED") == 0;

	t->seen += base;
	if (!v[0] || !wants_table(c, db, v[0]))
		return;
	if (base) {
		rs_my_draft_free(rs_map_put(&t->drafts, v[0], strlen(v[0]), draft_from(db, v)));
		if (!v[2])
			free(rs_map_put(&t->comments, v[0], strlen(v[0]), rs_xstrdup(v[7])));
	} else if (strcmp(type, "VIEW") == 0)
		add_view(c, t, db, v);
	else if (strcmp(type, "SEQUENCE") == 0)
		rs_catalog_add(c->out, RS_OBJECT_SEQUENCE, db, v[0]);
}

static const struct listing table_list = {
	"TABLES", "TABLE_SCHEMA",
	"TABLE_NAME, TABLE_TYPE, ENGINE, TABLE_COLLATION, TABLE_ROWS, DATA_LENGTH, INDEX_LENGTH, TABLE_COMMENT", take_table};

static enum rs_rc read_schemas(struct reading *c, const char *db, struct tables *t)
{
	const struct rs_map_entry *entry;
	enum rs_rc rc = RS_OK;

	if (t->drafts.count == 0)
		return RS_OK;
	if (c->depth == RS_MY_NAMES)
		return rs_my_unique_keys_read(c->my, db, &t->drafts, c->err);
	if (t->drafts.count > FEW_TABLES || t->drafts.count == t->seen)
		return rs_my_schema_read(c->my, db, NULL, &t->drafts, c->err);
	for (size_t i = 0; rc == RS_OK && rs_map_each(&t->drafts, &i, &entry);) {
		struct rs_map one = RS_MAP_INIT;

		rs_map_put(&one, entry->key, entry->key_len, entry->value);
		rc = rs_my_schema_read(c->my, db, entry->key, &one, c->err);
		rs_map_release(&one, NULL);
	}
	return rc;
}

/* A table that changed while its database was read is read again, alone and with its metadata locked. */
static enum rs_rc mend(struct reading *c, struct rs_my_draft *d)
{
	struct rs_err problem = RS_ERR_INIT;
	struct rs_table *again;
	enum rs_rc rc = rs_my_table_read(c->my, d->table->db, d->table->name, &again, &problem);

	if (rc == RS_OK) {
		rs_table_unref(d->table);
		d->table = again;
		return RS_OK;
	}
	if (rc == RS_FAIL && (concerns_object(&problem) || problem.code == RS_E_NOT_SUPPORTED)) {
		free(d->unsupported);
		d->unsupported = rs_xstrdup(problem.primary);
		rs_err_clear(&problem);
		return RS_OK;
	}
	rs_err_move(c->err, &problem);
	return rc;
}

static enum rs_rc add_tables(struct reading *c, const char *db, struct tables *t)
{
	const struct rs_map_entry *entry;
	enum rs_rc rc = RS_OK;

	for (size_t i = 0; rc == RS_OK && rs_map_each(&t->drafts, &i, &entry);) {
		struct rs_my_draft *d = entry->value;
		struct rs_object *o;

		if (d->torn)
			rc = mend(c, d);
		o = rs_catalog_add(c->out, RS_OBJECT_TABLE, db, entry->key);
		judge_table(o, d, rs_map_get(&t->comments, entry->key, entry->key_len));
		o->schema = rs_table_ref(d->table);
	}
	return rc;
}

/* ------------------------------------------------------------------ triggers, routines, events */

/* TRIGGER_NAME, EVENT_OBJECT_TABLE, DEFINER */
static void take_trigger(struct reading *c, const char *db, MYSQL_ROW v, void *arg)
{
	struct tables *t = arg;
	struct rs_my_draft *d = v[1] ? rs_map_get(&t->drafts, v[1], strlen(v[1])) : NULL;
	struct rs_object *o;

	if (!v[0] || (!d && !wants_whole(c, db)))
		return;
	if (d)
		d->table->has_triggers = true;
	o = rs_catalog_add(c->out, RS_OBJECT_TRIGGER, db, v[0]);
	o->table = rs_xstrdup(v[1]);
	o->definer = rs_xstrdup(v[2]);
}

/* ROUTINE_NAME, ROUTINE_TYPE, DEFINER */
static void take_routine(struct reading *c, const char *db, MYSQL_ROW v, void *arg)
{
	const bool function = v[1] && strcmp(v[1], "FUNCTION") == 0;
	const bool package = v[1] && strncmp(v[1], "PACKAGE", 7) == 0;
	struct rs_object *o;

	(void)arg;
	if (!v[0])
		return;
	o = rs_catalog_add(c->out, function ? RS_OBJECT_FUNCTION : RS_OBJECT_PROCEDURE, db, v[0]);
	o->definer = rs_xstrdup(v[2]);
	if (package)
		o->unsupported = rs_xstrdup(_("packages are not synchronized"));
}

/* EVENT_NAME, DEFINER */
static void take_event(struct reading *c, const char *db, MYSQL_ROW v, void *arg)
{
	(void)arg;
	if (v[0])
		rs_catalog_add(c->out, RS_OBJECT_EVENT, db, v[0])->definer = rs_xstrdup(v[1]);
}

/* TABLE_NAME, DEFINER */
static void take_view_definer(struct reading *c, const char *db, MYSQL_ROW v, void *arg)
{
	const struct tables *t = arg;
	const size_t place = v[0] ? (size_t)(uintptr_t)rs_map_get(&t->views, v[0], strlen(v[0])) : 0;

	(void)db;
	if (place)
		c->out->objects[place - 1].definer = rs_xstrdup(v[1]);
}

static const struct listing view_list = {"VIEWS", "TABLE_SCHEMA", "TABLE_NAME, DEFINER", take_view_definer};
static const struct listing trigger_list = {"TRIGGERS", "TRIGGER_SCHEMA", "TRIGGER_NAME, EVENT_OBJECT_TABLE, DEFINER",
                                            take_trigger};
static const struct listing routine_list = {"ROUTINES", "ROUTINE_SCHEMA", "ROUTINE_NAME, ROUTINE_TYPE, DEFINER",
                                            take_routine};
static const struct listing event_list = {"EVENTS", "EVENT_SCHEMA", "EVENT_NAME, DEFINER", take_event};

static enum rs_rc read_programs(struct reading *c, const char *db, struct tables *t)
{
	enum rs_rc rc = t->views.count ? list(c, &view_list, db, NULL, t) : RS_OK;

	if (rc == RS_OK)
		rc = list(c, &trigger_list, db, NULL, t);
	if (rc != RS_OK || !wants_whole(c, db))
		return rc;
	rc = list(c, &routine_list, db, NULL, NULL);
	return rc == RS_OK ? list(c, &event_list, db, NULL, NULL) : rc;
}

/* ------------------------------------------------------------------ databases */

static enum rs_rc read_database(struct reading *c, const char *db)
{
	const size_t first = c->out->count;
	struct tables t = {RS_MAP_INIT, RS_MAP_INIT, RS_MAP_INIT, 0};
	enum rs_rc rc;

	rs_catalog_add(c->out, RS_OBJECT_DATABASE, db, db);
	rc = list(c, &table_list, db, NULL, &t);
	if (rc == RS_OK)
		rc = read_schemas(c, db, &t);
	if (rc == RS_OK)
		rc = read_programs(c, db, &t);
	if (rc == RS_OK)
		rc = add_tables(c, db, &t);
	if (rc == RS_OK && c->depth == RS_MY_STATEMENTS)
		rc = read_statements(c, first);
	rs_map_release(&t.drafts, rs_my_draft_free);
	rs_map_release(&t.comments, free);
	rs_map_release(&t.views, NULL);
	return rc;
}

static enum rs_rc read_databases(struct reading *c)
{
	struct rs_my_result r;
	enum rs_rc rc = rs_my_query(c->my, "SELECT SCHEMA_NAME FROM information_schema.SCHEMATA ORDER BY SCHEMA_NAME",
	                            RS_MY_BUFFER, &r, c->err);

	while (rc == RS_OK && (rc = rs_my_next(&r, c->err)) == RS_OK)
		if (r.row[0] && wants_db(c, r.row[0]) && (rc = read_database(c, r.row[0])) != RS_OK)
			break;
	rs_my_result_free(&r);
	return rc == RS_EOF ? RS_OK : rc;
}

static bool has_full_collation_names(const struct rs_my *my)
{
	return my->flavor == RS_MY_MARIADB && my->version >= 101001;
}

/* Sorted. */
static enum rs_rc read_collations(struct rs_my *my, struct rs_collations *out, struct rs_err *err)
{
	const char *sql = has_full_collation_names(my)
		? "SELECT ID, CHARACTER_SET_NAME, FULL_COLLATION_NAME "
		  "FROM information_schema.COLLATION_CHARACTER_SET_APPLICABILITY"
		: "SELECT ID, CHARACTER_SET_NAME, COLLATION_NAME FROM information_schema.COLLATIONS";
	struct rs_my_result r;
	enum rs_rc rc = rs_my_query(my, sql, RS_MY_BUFFER, &r, err);

	while (rc == RS_OK && (rc = rs_my_next(&r, err)) == RS_OK)
		if (r.row[0] && r.row[1] && r.row[2])
			rs_collations_add(out, (uint32_t)number(r.row[0]), r.row[1], r.row[2]);
	rs_my_result_free(&r);
	rs_collations_sort(out);
	return rc == RS_EOF ? RS_OK : rc;
}

enum rs_rc rs_my_catalog_read(struct rs_my *my, const struct rs_my_wanted *wanted, enum rs_my_depth depth,
                              struct rs_catalog *out, struct rs_err *err)
{
	struct reading c = {.my = my, .wanted = wanted, .depth = depth, .out = out, .err = err};
	enum rs_rc rc = read_databases(&c);

	if (rc == RS_OK)
		rc = read_collations(my, &out->collations, err);
	if (rc == RS_OK)
		rc = rs_my_server_identity(my, &out->server_id_text, err);
	if (rc == RS_OK)
		rs_catalog_sort(out);
	else
		rs_catalog_release(out);
	return rc;
}

/* ------------------------------------------------------------------ one table */

static enum rs_rc table_gone(struct rs_my *my, const char *db, const char *table, struct rs_err *err)
{
	const bool destination = strcmp(my->side, "destination") == 0;

	rs_err_set(err, destination ? RS_E_DEST_TABLE_MISSING : RS_E_SOURCE_TABLE_GONE, _("%s %s: there is no table %s.%s"),
	           _(my->side), my->address, db, table);
	if (destination)
		return rs_err_hint(err, _("make it there as the source has it, with its rows, or leave it out and synchronize it anew"));
	return RS_FAIL;
}

static enum rs_rc read_draft(struct rs_my *my, const char *db, const char *table, struct rs_my_draft **out,
                             struct rs_err *err)
{
	struct rs_catalog others = {0}; /* a view or sequence of that name */
	struct reading c = {.my = my, .out = &others, .err = err};
	struct tables t = {RS_MAP_INIT, RS_MAP_INIT, RS_MAP_INIT, 0};
	enum rs_rc rc = list(&c, &table_list, db, table, &t);

	if (rc == RS_OK && !rs_map_get(&t.drafts, table, strlen(table)))
		rc = table_gone(my, db, table, err);
	if (rc == RS_OK)
		rc = rs_my_schema_read(my, db, table, &t.drafts, err);
	*out = rc == RS_OK ? rs_map_del(&t.drafts, table, strlen(table)) : NULL;
	rs_map_release(&t.drafts, rs_my_draft_free);
	rs_map_release(&t.comments, free);
	rs_map_release(&t.views, NULL);
	rs_catalog_release(&others);
	return rc;
}

static enum rs_rc read_triggers(struct rs_my *my, const char *db, const char *table, bool *has, struct rs_err *err)
{
	struct rs_buf sql = RS_BUF_INIT;
	char *count = NULL;
	enum rs_rc rc;

	rs_buf_adds(&sql, "SELECT COUNT(*) FROM information_schema.TRIGGERS WHERE EVENT_OBJECT_SCHEMA = ");
	rs_my_quote(&sql, db, strlen(db));
	rs_buf_adds(&sql, " AND EVENT_OBJECT_TABLE = ");
	rs_my_quote(&sql, table, strlen(table));
	rc = rs_my_scalar(my, rs_buf_str(&sql), &count, err);
	*has = number(count) > 0;
	free(count);
	rs_buf_release(&sql);
	return rc;
}

/* A statement on the table in an open transaction keeps its metadata from changing until the transaction ends. */
static enum rs_rc lock_metadata(struct rs_my *my, const char *db, const char *table, struct rs_err *err)
{
	struct rs_buf sql = RS_BUF_INIT;
	enum rs_rc rc = rs_my_exec(my, "START TRANSACTION", err);

	rs_buf_adds(&sql, "SELECT 1 FROM ");
	rs_quote_table(&sql, db, table);
	rs_buf_adds(&sql, " LIMIT 0");
	if (rc == RS_OK)
		rc = rs_my_exec_n(my, sql.data, sql.len, NULL, err);
	rs_buf_release(&sql);
	return rc;
}

enum rs_rc rs_my_table_read(struct rs_my *my, const char *db, const char *table, struct rs_table **out,
                            struct rs_err *err)
{
	struct rs_my_draft *d = NULL;
	enum rs_rc rc = lock_metadata(my, db, table, err);

	if (rc == RS_OK)
		rc = read_draft(my, db, table, &d, err);
	if (rc == RS_OK)
		rc = read_triggers(my, db, table, &d->table->has_triggers, err);
	if (rs_my_exec(my, "ROLLBACK", rc == RS_OK ? err : NULL) != RS_OK && rc == RS_OK)
		rc = RS_FAIL;
	if (rc == RS_OK && d->unsupported)
		rc = rs_err_set(err, RS_E_NOT_SUPPORTED, _("%s %s: table %s.%s: %s"), _(my->side), my->address, db, table,
		                d->unsupported);
	*out = rc == RS_OK ? rs_table_ref(d->table) : NULL;
	rs_my_draft_free(d);
	return rc;
}

/* ------------------------------------------------------------------ one statement */

enum rs_rc rs_my_statement_read(struct rs_my *my, enum rs_object_kind kind, const char *db, const char *name, char **out,
                                struct rs_err *err)
{
	struct rs_catalog one = {0};
	struct reading c = {.my = my, .out = &one, .err = err};
	struct rs_object *o = rs_catalog_add(&one, kind, db, name);
	enum rs_rc rc = read_statement(&c, o);

	*out = rc == RS_OK ? o->create_sql : NULL;
	if (*out)
		o->create_sql = NULL;
	rs_catalog_release(&one);
	return rc == RS_OK && !*out ? RS_EOF : rc;
}

/* ------------------------------------------------------------------ the server */

enum rs_rc rs_my_server_identity(struct rs_my *my, char **out, struct rs_err *err)
{
	enum rs_rc rc = rs_my_variable(my, "server_uuid", out, err);

	if (rc != RS_OK || *out)
		return rc;
	return rs_my_scalar(my, "SELECT CONCAT(@@hostname, ':', @@port, '/', @@server_id)", out, err);
}

bool rs_my_hides_cascades(struct rs_my *my)
{
	if (my->flavor == RS_MY_MARIADB || my->version < 90600)
		return true;
	return rs_my_variable_is(my, "innodb_native_foreign_keys", "ON");
}
