#include "db/my_schema.h"

#include <strings.h>
#include "base/i18n.h"
#include "base/mem.h"

void rs_my_draft_free(void *draft)
{
	struct rs_my_draft *d = draft;

	if (!d)
		return;
	rs_table_unref(d->table);
	free(d->unsupported);
	free(d);
}

/* One row of a result about a table. */
struct row {
	struct rs_my *my;
	struct rs_my_draft *draft;
	MYSQL_ROW v;
};

struct query {
	const char *columns;            /* after the schema's and the table's name */
	const char *view;               /* of information_schema */
	const char *schema;             /* the schema's name in that view */
	const char *where, *order;
	void (*take)(struct row *row);
};

/* information_schema compares names without case and accents, whatever the server does: the exact ones are chosen
 * here. */
static struct rs_my_draft *draft_of(struct rs_map *drafts, const char *db, const struct rs_my_result *r)
{
	if (!r->row[0] || !r->row[1] || strcasecmp(r->row[0], db) != 0)
		return NULL;
	if (strcmp(r->row[0], db) != 0 && r->my->lower_case_names == 0)
		return NULL;
	return rs_map_get(drafts, r->row[1], r->lengths[1]);
}

static void add_condition(struct rs_buf *sql, const char *name, const char *value)
{
	rs_buf_addf(sql, "%s = ", name);
	rs_my_quote(sql, value, strlen(value));
}

static enum rs_rc run_query(struct rs_my *my, const struct query *q, const char *db, const char *table,
                            struct rs_map *drafts, struct rs_err *err)
{
	struct rs_buf sql = RS_BUF_INIT;
	struct rs_my_result r;
	enum rs_rc rc;

	rs_buf_addf(&sql, "SELECT %s, TABLE_NAME, %s FROM information_schema.%s WHERE ", q->schema, q->columns, q->view);
	add_condition(&sql, q->schema, db);
	if (table) {
		rs_buf_adds(&sql, " AND ");
		add_condition(&sql, "TABLE_NAME", table);
	}
	rs_buf_addf(&sql, "%s ORDER BY TABLE_NAME, %s", q->where, q->order);
	rc = rs_my_query(my, rs_buf_str(&sql), RS_MY_STREAM, &r, err);
	while (rc == RS_OK && (rc = rs_my_next(&r, err)) == RS_OK) {
		struct row row = {.my = my, .draft = draft_of(drafts, db, &r), .v = r.row + 2};

		if (row.draft)
			q->take(&row);
	}
	rs_my_result_free(&r);
	rs_buf_release(&sql);
	return rc == RS_EOF ? RS_OK : rc;
}

static bool has(const char *text, const char *word)
{
	return text && strcasestr(text, word) != NULL;
}

/* ------------------------------------------------------------------ columns */

static void not_supported(struct rs_my_draft *d, const char *text)
{
	if (!d->unsupported)
		d->unsupported = rs_xstrdup(text);
}

/* The hidden half of MariaDB's implicit system versioning: in no list of columns, but in every row of the log. */
static void add_hidden_period(struct rs_table *t, const char *name)
{
	struct rs_column *c = rs_table_add_column(t, name, RS_T_TIMESTAMP);

	c->native = rs_xstrdup("timestamp(6)");
	c->fsp = 6;
	c->generated = c->stored = c->invisible = true;
}

/* COLUMN_NAME, COLUMN_TYPE, IS_NULLABLE, CHARACTER_SET_NAME, COLLATION_NAME, EXTRA */
static void take_column(struct row *row)
{
	struct rs_column *c = rs_table_add_column(row->draft->table, row->v[0], RS_T_UNKNOWN);
	const char *extra = row->v[5];
	struct rs_err problem = RS_ERR_INIT;

	if (rs_column_parse_type(c, row->v[1] ? row->v[1] : "", &problem) != RS_OK)
		not_supported(row->draft, problem.primary);
	rs_err_clear(&problem);
	c->nullable = has(row->v[2], "YES");
	c->charset = rs_xstrdup(row->v[3]);
	c->collation = rs_xstrdup(row->v[4]);
	c->auto_increment = has(extra, "auto_increment");
	c->invisible = has(extra, "INVISIBLE");
	c->stored = has(extra, "STORED") || has(extra, "PERSISTENT");
	c->generated = c->stored || has(extra, "VIRTUAL");
}

static const struct query columns = {
	.columns = "COLUMN_NAME, COLUMN_TYPE, IS_NULLABLE, CHARACTER_SET_NAME, COLLATION_NAME, EXTRA",
	.view = "COLUMNS", .schema = "TABLE_SCHEMA", .where = "", .order = "ORDINAL_POSITION", .take = take_column};

/* CHECK_CLAUSE: MariaDB's JSON is a LONGTEXT with json_valid(itself). */
static void take_check(struct row *row)
{
	const struct rs_table *t = row->draft->table;

	for (size_t i = 0; i < t->n_columns; i++) {
		struct rs_buf clause = RS_BUF_INIT;

		rs_buf_adds(&clause, "json_valid(");
		rs_quote_ident(&clause, t->columns[i].name);
		rs_buf_adds(&clause, ")");
		if (t->columns[i].type == RS_T_LONGTEXT && row->v[0] && strcmp(row->v[0], rs_buf_str(&clause)) == 0)
			t->columns[i].mariadb_json = true;
		rs_buf_release(&clause);
	}
}

static const struct query checks = {
	.columns = "CHECK_CLAUSE",
	.view = "CHECK_CONSTRAINTS", .schema = "CONSTRAINT_SCHEMA",
	.where = " AND CHECK_CLAUSE LIKE 'json_valid(%)'", .order = "CONSTRAINT_NAME", .take = take_check};

/* ------------------------------------------------------------------ keys */

static struct rs_key *key_named(struct rs_table *t, const char *name)
{
	struct rs_key *k;

	if (t->n_keys > 0 && strcmp(t->keys[t->n_keys - 1].name, name) == 0)
		return &t->keys[t->n_keys - 1];
	k = rs_table_add_key(t, name);
	k->primary = strcmp(name, "PRIMARY") == 0;
	k->not_null = true;
	return k;
}

/* INDEX_NAME, NON_UNIQUE, COLUMN_NAME, SUB_PART, COLLATION */
static void take_key_part(struct row *row)
{
	struct rs_table *t = row->draft->table;
	struct rs_key *k = key_named(t, row->v[0]);
	const int column = row->v[2] ? rs_table_column(t, row->v[2]) : -1;
	struct rs_key_part *part = rs_key_add_part(k, column < 0 ? UINT32_MAX : (uint32_t)column);

	k->unique = has(row->v[1], "0");
	part->prefix = row->v[3] ? (uint32_t)strtoul(row->v[3], NULL, 10) : 0;
	part->descending = has(row->v[4], "D");
	if (column < 0 || t->columns[column].nullable)
		k->not_null = false;
	if (column < 0 && row->v[2])
		row->draft->torn = true;
}

static const struct query keys = {
	.columns = "INDEX_NAME, NON_UNIQUE, COLUMN_NAME, SUB_PART, COLLATION",
	.view = "STATISTICS", .schema = "TABLE_SCHEMA", .where = "", .order = "INDEX_NAME, SEQ_IN_INDEX", .take = take_key_part};

/* INDEX_NAME, NULLABLE */
static void take_unique_key(struct row *row)
{
	struct rs_key *k = key_named(row->draft->table, row->v[0]);

	k->unique = true;
	if (has(row->v[1], "YES"))
		k->not_null = false;
}

static const struct query unique_keys = {
	.columns = "INDEX_NAME, NULLABLE",
	.view = "STATISTICS", .schema = "TABLE_SCHEMA", .where = " AND NON_UNIQUE = 0", .order = "INDEX_NAME, SEQ_IN_INDEX",
	.take = take_unique_key};

/* ------------------------------------------------------------------ foreign keys */

static struct rs_foreign_key *foreign_key_named(struct rs_table *t, const char *name)
{
	for (size_t i = 0; i < t->n_foreign_keys; i++)
		if (strcmp(t->foreign_keys[i].name, name) == 0)
			return &t->foreign_keys[i];
	return NULL;
}

static void add_name(char ***names, size_t n, const char *name)
{
	*names = rs_xrealloc(*names, (n + 1) * sizeof **names);
	(*names)[n] = rs_xstrdup(name ? name : "");
}

/* CONSTRAINT_NAME, COLUMN_NAME, REFERENCED_TABLE_SCHEMA, REFERENCED_TABLE_NAME, REFERENCED_COLUMN_NAME */
static void take_foreign_key_part(struct row *row)
{
	struct rs_table *t = row->draft->table;
	struct rs_foreign_key *fk = foreign_key_named(t, row->v[0]);

	if (!fk) {
		fk = rs_table_add_foreign_key(t, row->v[0]);
		fk->parent_db = rs_xstrdup(row->v[2] ? row->v[2] : t->db);
		fk->parent_table = rs_xstrdup(row->v[3]);
	}
	add_name(&fk->columns, fk->n_columns, row->v[1]);
	add_name(&fk->parent_columns, fk->n_columns, row->v[4]);
	fk->n_columns++;
}

static const struct query foreign_keys = {
	.columns = "CONSTRAINT_NAME, COLUMN_NAME, REFERENCED_TABLE_SCHEMA, REFERENCED_TABLE_NAME, REFERENCED_COLUMN_NAME",
	.view = "KEY_COLUMN_USAGE", .schema = "TABLE_SCHEMA", .where = " AND REFERENCED_TABLE_NAME IS NOT NULL",
	.order = "CONSTRAINT_NAME, ORDINAL_POSITION", .take = take_foreign_key_part};

static enum rs_fk_action action_of(const char *rule)
{
	if (!rule || strcasecmp(rule, "RESTRICT") == 0)
		return RS_FK_RESTRICT;
	if (strcasecmp(rule, "CASCADE") == 0)
		return RS_FK_CASCADE;
	if (strcasecmp(rule, "SET NULL") == 0)
		return RS_FK_SET_NULL;
	return strcasecmp(rule, "SET DEFAULT") == 0 ? RS_FK_SET_DEFAULT : RS_FK_NO_ACTION;
}

/* CONSTRAINT_NAME, DELETE_RULE, UPDATE_RULE */
static void take_rules(struct row *row)
{
	struct rs_foreign_key *fk = foreign_key_named(row->draft->table, row->v[0]);

	if (!fk)
		return;
	fk->on_delete = action_of(row->v[1]);
	fk->on_update = action_of(row->v[2]);
	row->draft->rules++;
}

static const struct query rules = {
	.columns = "CONSTRAINT_NAME, DELETE_RULE, UPDATE_RULE",
	.view = "REFERENTIAL_CONSTRAINTS", .schema = "CONSTRAINT_SCHEMA",
	.where = "", .order = "CONSTRAINT_NAME", .take = take_rules};

/* MariaDB hides the actions from an account that may only select, but not from who reads SHOW CREATE TABLE. A line of
 * it: CONSTRAINT `name` FOREIGN KEY (`a`,`b`) REFERENCES `p` (`c`,`d`) ON DELETE CASCADE ON UPDATE SET NULL, */
static enum rs_fk_action action_in(const char *line, size_t len, const char *event)
{
	static const struct {
		const char *text;
		enum rs_fk_action action;
	} known[] = {{"CASCADE", RS_FK_CASCADE},     {"SET NULL", RS_FK_SET_NULL},
	             {"NO ACTION", RS_FK_NO_ACTION}, {"SET DEFAULT", RS_FK_SET_DEFAULT}};
	const char *quote = memrchr(line, '`', len);
	const char *at = quote ? memmem(quote, (size_t)(line + len - quote), event, strlen(event)) : NULL;

	for (size_t i = 0; at && i < sizeof known / sizeof *known; i++)
		if (strncmp(at + strlen(event), known[i].text, strlen(known[i].text)) == 0)
			return known[i].action;
	return RS_FK_RESTRICT;
}

static void take_actions(struct rs_table *t, const char *sql)
{
	struct rs_buf start = RS_BUF_INIT;

	for (size_t i = 0; i < t->n_foreign_keys; i++) {
		struct rs_foreign_key *fk = &t->foreign_keys[i];
		const char *line;
		size_t len;

		rs_buf_clear(&start);
		rs_buf_adds(&start, "\n  CONSTRAINT ");
		rs_quote_ident(&start, fk->name);
		rs_buf_adds(&start, " FOREIGN KEY ");
		line = strstr(sql, rs_buf_str(&start));
		if (!line)
			continue;
		len = strcspn(line + 1, "\n") + 1;
		fk->on_delete = action_in(line, len, "ON DELETE ");
		fk->on_update = action_in(line, len, "ON UPDATE ");
	}
	rs_buf_release(&start);
}

static enum rs_rc read_actions(struct rs_my *my, struct rs_table *t, struct rs_err *err)
{
	struct rs_buf sql = RS_BUF_INIT;
	struct rs_err problem = RS_ERR_INIT;
	struct rs_my_result r;
	enum rs_rc rc;

	rs_buf_adds(&sql, "SHOW CREATE TABLE ");
	rs_quote_table(&sql, t->db, t->name);
	rc = rs_my_query(my, rs_buf_str(&sql), RS_MY_BUFFER, &r, &problem);
	if (rc == RS_OK && (rc = rs_my_next(&r, &problem)) == RS_OK && r.n_fields > 1 && r.row[1])
		take_actions(t, r.row[1]);
	rs_my_result_free(&r);
	rs_buf_release(&sql);
	if (rc == RS_FAIL && (problem.code == RS_E_SOURCE_TABLE_GONE || problem.code == RS_E_DEST_TABLE_MISSING)) {
		rs_err_clear(&problem);
		return RS_OK;
	}
	if (rc == RS_FAIL || rc == RS_CANCELLED)
		rs_err_move(err, &problem);
	return rc == RS_EOF ? RS_OK : rc;
}

static enum rs_rc read_missing_actions(struct rs_my *my, struct rs_map *drafts, struct rs_err *err)
{
	const struct rs_map_entry *entry;
	enum rs_rc rc = RS_OK;

	for (size_t i = 0; rc == RS_OK && rs_map_each(drafts, &i, &entry);) {
		const struct rs_my_draft *d = entry->value;

		if (d->rules < d->table->n_foreign_keys)
			rc = read_actions(my, d->table, err);
	}
	return rc;
}

/* ------------------------------------------------------------------ all together */

/* UNIQUE (id, p WITHOUT OVERLAPS) is shown as a key of id and the period's two columns, and as nothing more. */
static bool may_hold_periods(const struct rs_table *t, const struct rs_key *k)
{
	if (!k->unique || k->n_parts < 3)
		return false;
	const struct rs_key_part *end = &k->parts[k->n_parts - 2], *start = end + 1;
	if (end->column >= t->n_columns || start->column >= t->n_columns)
		return false;
	const struct rs_column *a = &t->columns[start->column], *b = &t->columns[end->column];
	return a->type == b->type && (a->type == RS_T_DATE || a->type == RS_T_DATETIME || a->type == RS_T_TIMESTAMP) && !a->nullable &&
	       !b->nullable;
}

static void finish(struct rs_map *drafts, bool knows_periods)
{
	const struct rs_map_entry *entry;

	for (size_t i = 0; rs_map_each(drafts, &i, &entry);) {
		struct rs_table *t = ((struct rs_my_draft *)entry->value)->table;

		for (size_t k = 0; knows_periods && k < t->n_keys; k++)
			t->keys[k].periods = may_hold_periods(t, &t->keys[k]);
		rs_table_sort_keys(t);
	}
}

static void add_hidden_periods(struct rs_map *drafts)
{
	const struct rs_map_entry *entry;

	for (size_t i = 0; rs_map_each(drafts, &i, &entry);) {
		struct rs_my_draft *d = entry->value;
		bool explicit = false;

		for (size_t c = 0; c < d->table->n_columns; c++)
			explicit |= d->table->columns[c].stored && d->table->columns[c].type == RS_T_TIMESTAMP;
		if (d->versioned && !explicit) {
			add_hidden_period(d->table, "row_start");
			add_hidden_period(d->table, "row_end");
		}
	}
}

enum rs_rc rs_my_schema_read(struct rs_my *my, const char *db, const char *table, struct rs_map *drafts,
                             struct rs_err *err)
{
	const bool knows_checks = my->flavor == RS_MY_MARIADB && my->version >= 100310;
	enum rs_rc rc;

	if ((rc = run_query(my, &columns, db, table, drafts, err)) != RS_OK)
		return rc;
	add_hidden_periods(drafts);
	if ((rc = run_query(my, &keys, db, table, drafts, err)) != RS_OK)
		return rc;
	if ((rc = run_query(my, &foreign_keys, db, table, drafts, err)) != RS_OK)
		return rc;
	if ((rc = run_query(my, &rules, db, table, drafts, err)) != RS_OK)
		return rc;
	if ((rc = read_missing_actions(my, drafts, err)) != RS_OK)
		return rc;
	if (knows_checks && (rc = run_query(my, &checks, db, table, drafts, err)) != RS_OK)
		return rc;
	finish(drafts, my->flavor == RS_MY_MARIADB && my->version >= 100503);
	return RS_OK;
}

enum rs_rc rs_my_unique_keys_read(struct rs_my *my, const char *db, struct rs_map *drafts, struct rs_err *err)
{
	const enum rs_rc rc = run_query(my, &unique_keys, db, NULL, drafts, err);

	if (rc == RS_OK)
		finish(drafts, false);
	return rc;
}

bool rs_my_engine_is_transactional(const char *engine)
{
	static const char *const known[] = {"InnoDB", "XtraDB", "NDB", "ndbcluster", "RocksDB", "TokuDB"};

	for (size_t i = 0; engine && i < sizeof known / sizeof *known; i++)
		if (strcasecmp(engine, known[i]) == 0)
			return true;
	return false;
}
