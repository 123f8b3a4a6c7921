#include "db/pg_catalog.h"

#include <string.h>
#include "base/i18n.h"
#include "base/mem.h"

enum { IDENTITY = 100000, OLDEST = 100000, PROCEDURES = 110000, GENERATED = 120000 };

static enum rs_rc check_version(const struct rs_pg *pg, struct rs_err *err)
{
	if (pg->version >= OLDEST)
		return RS_OK;
	return rs_err_set(err, RS_E_NOT_SUPPORTED, _("%s %s: %s has no logical replication, which PostgreSQL 10 brought"), _(pg->side),
	                  pg->address, pg->product.name);
}

static const char *text_at(const PGresult *r, int row, int column)
{
	return PQgetisnull(r, row, column) ? NULL : PQgetvalue(r, row, column);
}

static bool is_true(const PGresult *r, int row, int column)
{
	return strcmp(PQgetvalue(r, row, column), "t") == 0;
}

static uint64_t number_at(const PGresult *r, int row, int column)
{
	return strtoull(PQgetvalue(r, row, column), NULL, 10);
}

/* ------------------------------------------------------------------ schemas */

enum rs_rc rs_pg_schemas_read(struct rs_pg *pg, struct rs_catalog *out, struct rs_err *err)
{
	static const char sql[] =
		"SELECT n.nspname FROM pg_catalog.pg_namespace n WHERE n.nspname OPERATOR(pg_catalog.!~) '^pg_' "
		"AND n.nspname <> 'information_schema' AND pg_catalog.has_schema_privilege(n.oid, 'USAGE') ORDER BY n.nspname";
	PGresult *r;
	enum rs_rc rc = check_version(pg, err);

	if (rc == RS_OK)
		rc = rs_pg_query(pg, sql, NULL, 0, &r, err);
	if (rc != RS_OK)
		return rc;
	for (int i = 0; i < PQntuples(r); i++)
		rs_catalog_add(out, RS_OBJECT_DATABASE, PQgetvalue(r, i, 0), PQgetvalue(r, i, 0));
	PQclear(r);
	return RS_OK;
}

/* ------------------------------------------------------------------ what is in one */

/* Relations that are no partitions: for each its kind, how rows are found in it, and the estimates of it and of its partitions,
 * with what is stored out of line. */
static const char relations[] =
	"WITH RECURSIVE own AS ("
	" SELECT c.* , c.oid AS relid FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
	" WHERE n.nspname = $1 AND NOT c.relispartition AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')), "
	"part AS (SELECT relid AS root, relid FROM own WHERE relkind IN ('r', 'p') UNION ALL"
	" SELECT part.root, i.inhrelid FROM part JOIN pg_catalog.pg_inherits i ON i.inhparent = part.relid"
	" JOIN pg_catalog.pg_class k ON k.oid = i.inhrelid AND k.relispartition), "
	"size AS (SELECT part.root, sum(CASE WHEN k.relpages > 0 AND k.reltuples >= 0 THEN k.reltuples::bigint"
	" ELSE pg_catalog.pg_stat_get_live_tuples(k.oid) END) AS rows,"
	" sum((k.relpages + COALESCE(t.relpages, 0))::bigint * pg_catalog.current_setting('block_size')::bigint) AS bytes"
	" FROM part JOIN pg_catalog.pg_class k ON k.oid = part.relid LEFT JOIN pg_catalog.pg_class t ON t.oid = k.reltoastrelid"
	" GROUP BY part.root) "
	"SELECT o.relname, o.relkind, o.relpersistence, o.relreplident, COALESCE(s.rows, 0)::bigint, COALESCE(s.bytes, 0)::bigint,"
	" EXISTS (SELECT FROM pg_catalog.pg_index i WHERE i.indrelid = o.relid AND i.indisprimary AND i.indisvalid),"
	" EXISTS (SELECT FROM pg_catalog.pg_index i WHERE i.indrelid = o.relid AND i.indisreplident AND i.indisvalid),"
	" EXISTS (SELECT FROM pg_catalog.pg_index i WHERE i.indrelid = o.relid AND i.indisunique AND i.indisvalid AND i.indpred IS NULL"
	"  AND i.indexprs IS NULL AND NOT EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid = o.relid"
	"  AND a.attnum = ANY (i.indkey::int2[]) AND NOT a.attnotnull)),"
	" pg_catalog.has_table_privilege(o.relid, 'SELECT') "
	"FROM own o LEFT JOIN size s ON s.root = o.relid";
enum {
	REL_NAME, REL_KIND, REL_PERSISTENCE, REL_IDENTITY, REL_ROWS, REL_BYTES, REL_PRIMARY, REL_IDENTITY_INDEX, REL_UNIQUE, REL_READABLE
};

static enum rs_object_kind kind_of(const char *relkind)
{
	switch (*relkind) {
	case 'v':
	case 'm': return RS_OBJECT_VIEW;
	case 'S': return RS_OBJECT_SEQUENCE;
	default: return RS_OBJECT_TABLE;
	}
}

/* By what changes of its rows in the log say which row they are about. */
static bool has_identity(const PGresult *r, int row)
{
	switch (*PQgetvalue(r, row, REL_IDENTITY)) {
	case 'f': return true;
	case 'i': return is_true(r, row, REL_IDENTITY_INDEX);
	case 'd': return is_true(r, row, REL_PRIMARY);
	default: return false;
	}
}

static const char *hindrance(const PGresult *r, int row)
{
	const char kind = *PQgetvalue(r, row, REL_KIND);

	if (kind == 'f')
		return _("foreign table");
	if (kind == 'm')
		return _("materialized view");
	if (kind != 'r' && kind != 'p')
		return NULL;
	if (*PQgetvalue(r, row, REL_PERSISTENCE) == 'u')
		return _("unlogged: its changes are in no log");
	if (!is_true(r, row, REL_READABLE))
		return _("the account may not read it");
	if (!has_identity(r, row))
		return _("no primary key, and its REPLICA IDENTITY is not FULL");
	return NULL;
}

static struct rs_table *summary(const PGresult *r, int row, const char *schema)
{
	struct rs_table *t = rs_table_new(schema, PQgetvalue(r, row, REL_NAME));

	t->rows = number_at(r, row, REL_ROWS);
	t->bytes = number_at(r, row, REL_BYTES);
	if (is_true(r, row, REL_PRIMARY) || is_true(r, row, REL_UNIQUE)) {
		struct rs_key *k = rs_table_add_key(t, is_true(r, row, REL_PRIMARY) ? "PRIMARY" : "");

		k->primary = is_true(r, row, REL_PRIMARY);
		k->unique = k->not_null = true;
	}
	return t;
}

static void add_relations(const PGresult *r, const char *schema, struct rs_catalog *out)
{
	for (int i = 0; i < PQntuples(r); i++) {
		const enum rs_object_kind kind = kind_of(PQgetvalue(r, i, REL_KIND));
		const char *why = hindrance(r, i);
		struct rs_object *o = rs_catalog_add(out, kind, schema, PQgetvalue(r, i, REL_NAME));

		o->unsupported = why ? rs_xstrdup(why) : NULL;
		if (kind == RS_OBJECT_TABLE)
			o->schema = summary(r, i, schema);
	}
}

static enum rs_rc read_relations(struct rs_pg *pg, const char *schema, struct rs_catalog *out, struct rs_err *err)
{
	PGresult *r;
	enum rs_rc rc = rs_pg_query(pg, relations, &schema, 1, &r, err);

	if (rc != RS_OK)
		return rc;
	add_relations(r, schema, out);
	PQclear(r);
	return RS_OK;
}

/* Functions of one name and other arguments are told once; those of an extension come with it. */
static enum rs_rc read_routines(struct rs_pg *pg, const char *schema, struct rs_catalog *out, struct rs_err *err)
{
	char *sql = rs_xprintf("SELECT DISTINCT p.proname, %s FROM pg_catalog.pg_proc p "
	                       "JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname = $1 AND NOT EXISTS "
	                       "(SELECT FROM pg_catalog.pg_depend d WHERE d.deptype = 'e' AND d.objid = p.oid "
	                       "AND d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass)",
	                       pg->version >= PROCEDURES ? "p.prokind = 'p'" : "false");
	PGresult *r;
	enum rs_rc rc = rs_pg_query(pg, sql, &schema, 1, &r, err);

	free(sql);
	if (rc != RS_OK)
		return rc;
	for (int i = 0; i < PQntuples(r); i++)
		rs_catalog_add(out, is_true(r, i, 1) ? RS_OBJECT_PROCEDURE : RS_OBJECT_FUNCTION, schema, PQgetvalue(r, i, 0));
	PQclear(r);
	return RS_OK;
}

enum rs_rc rs_pg_content_read(struct rs_pg *pg, const char *schema, struct rs_catalog *out, struct rs_err *err)
{
	enum rs_rc rc = check_version(pg, err);

	if (rc == RS_OK)
		rc = read_relations(pg, schema, out, err);
	if (rc == RS_OK)
		rc = read_routines(pg, schema, out, err);
	rs_catalog_sort(out);
	return rc;
}

/* ------------------------------------------------------------------ one table */

#define THE_TABLE                                                                                                             \
	"(SELECT c.oid FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "                  \
	"WHERE n.nspname = $1 AND c.relname = $2 AND c.relkind IN ('r', 'p'))"

static enum rs_rc read_columns(struct rs_pg *pg, const char *const *names, struct rs_table *t, struct rs_err *err)
{
	char *sql = rs_xprintf("SELECT a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod), a.attnotnull, %s, %s, a.attnum "
	                       "FROM pg_catalog.pg_attribute a WHERE a.attrelid = " THE_TABLE " AND a.attnum > 0 AND NOT a.attisdropped "
	                       "ORDER BY a.attnum", pg->version >= IDENTITY ? "a.attidentity <> ''" : "false",
	                       pg->version >= GENERATED ? "a.attgenerated <> ''" : "false");
	PGresult *r;
	enum rs_rc rc = rs_pg_query(pg, sql, names, 2, &r, err);

	free(sql);
	if (rc != RS_OK)
		return rc;
	for (int i = 0; i < PQntuples(r); i++) {
		struct rs_column *c = rs_table_add_column(t, PQgetvalue(r, i, 0), RS_T_NATIVE);

		free(c->native);
		c->native = rs_xstrdup(text_at(r, i, 1));
		c->nullable = !is_true(r, i, 2);
		c->auto_increment = is_true(r, i, 3);
		c->generated = c->stored = is_true(r, i, 4);
		c->number = (uint32_t)number_at(r, i, 5);
	}
	PQclear(r);
	return RS_OK;
}

/* Names that differ by case alone are two. */
static int column_of(const struct rs_table *t, const char *name)
{
	for (size_t i = 0; i < t->n_columns; i++)
		if (strcmp(t->columns[i].name, name) == 0)
			return (int)i;
	return -1;
}

static void add_part(struct rs_table *t, const char *name, bool primary, const char *column)
{
	struct rs_key *k = t->n_keys ? &t->keys[t->n_keys - 1] : NULL;
	const int at = column_of(t, column);

	if (!k || k->primary != primary || (!primary && strcmp(k->name, name) != 0)) {
		k = rs_table_add_key(t, primary ? "PRIMARY" : name);
		k->primary = primary;
		k->unique = k->not_null = true;
	}
	if (at < 0)
		return;
	(void)rs_key_add_part(k, (uint32_t)at);
	k->not_null = k->not_null && !t->columns[at].nullable;
}

/* Unique keys of whole columns; the columns that an index only includes are none of its key. */
static enum rs_rc read_keys(struct rs_pg *pg, const char *const *names, struct rs_table *t, struct rs_err *err)
{
	char *sql = rs_xprintf("SELECT x.relname, i.indisprimary, a.attname FROM pg_catalog.pg_index i "
	                       "JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid "
	                       "CROSS JOIN LATERAL pg_catalog.unnest(i.indkey::int2[]) WITH ORDINALITY k(att, ord) "
	                       "JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.att "
	                       "WHERE i.indrelid = " THE_TABLE " AND i.indisunique AND i.indisvalid AND i.indpred IS NULL "
	                       "AND i.indexprs IS NULL AND k.ord <= i.%s ORDER BY i.indisprimary DESC, x.relname, k.ord",
	                       pg->version >= PROCEDURES ? "indnkeyatts" : "indnatts");
	PGresult *r;
	enum rs_rc rc = rs_pg_query(pg, sql, names, 2, &r, err);

	free(sql);
	if (rc != RS_OK)
		return rc;
	for (int i = 0; i < PQntuples(r); i++)
		add_part(t, PQgetvalue(r, i, 0), is_true(r, i, 1), PQgetvalue(r, i, 2));
	PQclear(r);
	return RS_OK;
}

static enum rs_rc gone(const struct rs_pg *pg, const char *schema, const char *table, struct rs_err *err)
{
	const bool dest = pg->doing == RS_DOING_DEST;

	return rs_err_set(err, dest ? RS_E_DEST_TABLE_MISSING : RS_E_SOURCE_TABLE_GONE, _("%s %s: there is no table %s.%s"), _(pg->side),
	                  pg->address, schema, table);
}

enum rs_rc rs_pg_table_read(struct rs_pg *pg, const char *schema, const char *table, struct rs_table **out, struct rs_err *err)
{
	const char *const names[] = {schema, table};
	struct rs_table *t = rs_table_new(schema, table);
	enum rs_rc rc = rs_pg_spreads(pg) ? RS_OK : check_version(pg, err); /* that family is written to alone */

	if (rc == RS_OK)
		rc = read_columns(pg, names, t, err);
	if (rc == RS_OK && t->n_columns == 0)
		rc = gone(pg, schema, table, err);
	if (rc == RS_OK)
		rc = read_keys(pg, names, t, err);
	if (rc != RS_OK) {
		rs_table_unref(t);
		return rc;
	}
	*out = t;
	return RS_OK;
}
