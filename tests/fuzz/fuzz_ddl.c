/* Statements as a log holds them: the first byte chooses the server, the rest is SQL. Nothing crashes; tokens cover the
 * text; where no name changes the text does not either; and with other names it is still the same kind of statement
 * about as many tables. */
#include <string.h>

#include "codec/ddl_schema.h"
#include "fuzz.h"

static const struct rs_sql_dialect dialects[] = {
	{false, 50162, 0},
	{false, 50651, RS_MODE_NO_BACKSLASH_ESCAPES},
	{false, 80036, RS_MODE_ANSI_QUOTES},
	{false, 90100, 0},
	{true, 101119, 0},
	{true, 110602, RS_MODE_ANSI_QUOTES | RS_MODE_REAL_AS_FLOAT},
};

static void cover(const char *sql, size_t len, const struct rs_sql_dialect *dialect)
{
	struct rs_sql_scanner s;
	struct rs_token t;
	uint32_t at = 0;

	rs_sql_scan_init(&s, sql, len, dialect);
	for (t = rs_sql_scan(&s); t.kind != RS_TOKEN_END && t.kind != RS_TOKEN_BAD; t = rs_sql_scan(&s)) {
		MUST(t.start == at && t.end > t.start);
		at = t.end;
	}
	MUST(t.start == at && t.end == len);
}

/* --- names ---------------------------------------------------------------------------- */

static bool same_table(void *ctx, const char *db, const char *name, const char **to_db, const char **to_name)
{
	(void)ctx;
	*to_db = db;
	*to_name = name;
	return true;
}

static const char *same_database(void *ctx, const char *db)
{
	(void)ctx;
	return db;
}

static bool other_table(void *ctx, const char *db, const char *name, const char **to_db, const char **to_name)
{
	(void)ctx;
	(void)db;
	*to_db = "o`ther";
	*to_name = name;
	return true;
}

static const char *other_database(void *ctx, const char *db)
{
	(void)ctx;
	(void)db;
	return "o`ther";
}

static void keep_names(const struct rs_ddl *d)
{
	const struct rs_ddl_map map = {.table = same_table, .database = same_database};
	struct rs_ddl_result r;

	if (rs_ddl_rewrite(d, &map, &r, NULL) != RS_OK)
		return;
	MUST(r.left_out == 0 && !r.renames_in && !r.renames_out);
	if (r.sql && !(d->flags & RS_DDL_ROWS_FOLLOW) && !r.changed)
		MUST(r.len == d->sql.len && memcmp(r.sql, d->sql.text, r.len) == 0);
	rs_ddl_result_release(&r);
}

static void change_names(const struct rs_ddl *d)
{
	const struct rs_ddl_map map = {.table = other_table, .database = other_database};
	struct rs_ddl_result r;
	struct rs_ddl again;

	if (rs_ddl_rewrite(d, &map, &r, NULL) != RS_OK)
		return;
	if (r.sql) {
		MUST(rs_ddl_parse(&again, r.sql, r.len, d->default_db, &d->sql.dialect, NULL) == RS_OK);
		MUST(again.kind == d->kind && again.n_refs == d->n_refs);
		rs_ddl_release(&again);
	}
	rs_ddl_result_release(&r);
}

/* --- one known table -------------------------------------------------------------------- */

static struct rs_table *known;

static const struct rs_table *find(void *ctx, const char *db, const char *name)
{
	(void)ctx;
	return known && strcmp(db, known->db) == 0 && strcmp(name, known->name) == 0 ? known : NULL;
}

static void put(void *ctx, struct rs_table *t)
{
	(void)ctx;
	for (size_t i = 0; i < t->n_keys; i++)
		for (size_t j = 0; j < t->keys[i].n_parts; j++)
			MUST(t->keys[i].parts[j].column == UINT32_MAX || t->keys[i].parts[j].column < t->n_columns);
	rs_table_unref(known);
	known = t;
}

static void drop(void *ctx, const char *db, const char *name)
{
	MUST(find(ctx, db, name));
	rs_table_unref(known);
	known = NULL;
}

static void follow(const struct rs_ddl *d)
{
	static const char create[] = "CREATE TABLE t (id BIGINT PRIMARY KEY, a INT, b VARCHAR(20), c TEXT, UNIQUE KEY ab (a, b), "
	                             "KEY c (c(10)), FOREIGN KEY (a) REFERENCES p (x))";
	const struct rs_ddl_env env = {.db_collation = "latin1_swedish_ci"};
	const struct rs_ddl_store store = {.find = find, .put = put, .drop = drop};
	struct rs_ddl first;

	MUST(rs_ddl_parse(&first, create, sizeof create - 1, "d", &dialects[0], NULL) == RS_OK);
	MUST(rs_ddl_apply(&first, &env, &store, NULL) == RS_OK);
	rs_ddl_release(&first);
	if (rs_ddl_apply(d, &env, &store, NULL) != RS_OK)
		MUST(known && strcmp(known->name, "t") == 0 && known->n_columns == 4);
	rs_table_unref(known);
	known = NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct rs_sql_dialect *dialect;
	struct rs_ddl d;
	char *sql;

	if (!size)
		return 0;
	dialect = &dialects[data[0] % (sizeof dialects / sizeof *dialects)];
	sql = malloc(size);
	MUST(sql);
	memcpy(sql, data + 1, size - 1);
	sql[size - 1] = 0;
	cover(sql, size - 1, dialect);
	if (rs_ddl_parse(&d, sql, size - 1, "d", dialect, NULL) == RS_OK) {
		for (size_t i = 0; i < d.n_refs; i++)
			MUST(d.refs[i].from <= d.refs[i].to && d.refs[i].to <= d.sql.count);
		keep_names(&d);
		change_names(&d);
		follow(&d);
	}
	rs_ddl_release(&d);
	free(sql);
	return 0;
}
