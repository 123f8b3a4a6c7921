#include "ddl_store.h"
#include "unit.h"

static void drop(void *ctx, const char *db, const char *name)
{
	(void)ctx;
	CU_ASSERT_FATAL(find(ctx, db, name) != NULL);
	remove_at(place_of(db, name));
}

/* --- tables as text --------------------------------------------------------------------------- */

static void add_column(struct rs_buf *b, const struct rs_column *c)
{
	rs_buf_addf(b, "%s %s", c->name, c->native);
	if (c->collation)
		rs_buf_addf(b, " %s", c->collation);
	rs_buf_addf(b, "%s%s%s%s%s%s", c->nullable ? "" : " nn", c->auto_increment ? " ai" : "",
	            c->generated ? c->stored ? " stored" : " virtual" : "", c->invisible ? " invisible" : "",
	            c->mariadb_json ? " json" : "", c->compressed ? " compressed" : "");
}

static void add_key(struct rs_buf *b, const struct rs_table *t, const struct rs_key *k)
{
	rs_buf_addf(b, "; %s%s(", k->primary ? "" : k->unique ? "unique " : "key ", k->name);
	for (size_t i = 0; i < k->n_parts; i++) {
		rs_buf_addf(b, "%s%s", i ? "," : "", k->parts[i].column < t->n_columns ? t->columns[k->parts[i].column].name : "…");
		if (k->parts[i].prefix)
			rs_buf_addf(b, "(%u)", k->parts[i].prefix);
		if (k->parts[i].descending)
			rs_buf_adds(b, " desc");
	}
	rs_buf_addf(b, ")%s", k->not_null && !k->primary ? " nn" : "");
}

static void add_foreign_key(struct rs_buf *b, const struct rs_foreign_key *k)
{
	static const char *const actions[] = {"restrict", "cascade", "set null", "no action", "set default"};

	rs_buf_addf(b, "; fk %s(", k->name);
	for (size_t i = 0; i < k->n_columns; i++)
		rs_buf_addf(b, "%s%s", i ? "," : "", k->columns[i]);
	rs_buf_addf(b, ")>%s.%s(", k->parent_db, k->parent_table);
	for (size_t i = 0; i < k->n_columns; i++)
		rs_buf_addf(b, "%s%s", i ? "," : "", k->parent_columns[i]);
	rs_buf_addf(b, ") %s/%s", actions[k->on_delete], actions[k->on_update]);
}

static char *text_of(const struct rs_table *t)
{
	struct rs_buf b = RS_BUF_INIT;

	if (!t)
		return rs_buf_adds(&b, "none"), rs_buf_take(&b);
	for (size_t i = 0; i < t->n_columns; i++) {
		rs_buf_adds(&b, i ? ", " : "");
		add_column(&b, &t->columns[i]);
	}
	for (size_t i = 0; i < t->n_keys; i++)
		add_key(&b, t, &t->keys[i]);
	for (size_t i = 0; i < t->n_foreign_keys; i++)
		add_foreign_key(&b, &t->foreign_keys[i]);
	return rs_buf_take(&b);
}

/* --- the corpus ------------------------------------------------------------------------------------ */

static struct rs_sql_dialect dialect;
static struct rs_ddl_env env;
static char collation[65];

/* "@ mysql 80036 latin1_swedish_ci [implicit_timestamp] [real_as_float]" */
static void set_server(const char *line)
{
	char product[16];

	CU_ASSERT_EQUAL_FATAL(sscanf(line, "@ %15s %u %64s", product, &dialect.version, collation), 3);
	dialect.mariadb = strcmp(product, "mariadb") == 0;
	dialect.sql_mode = strstr(line, "real_as_float") ? RS_MODE_REAL_AS_FLOAT : 0;
	env = (struct rs_ddl_env){.db_collation = strcmp(collation, "?") ? collation : NULL,
	                          .explicit_timestamp = !strstr(line, "implicit_timestamp")};
}

static void report(const char *line, const char *actual, const char *expected)
{
	struct rs_buf b = RS_BUF_INIT;

	if (strcmp(actual, expected) != 0)
		rs_buf_addf(&b, "%s\nis       %s\nnot      %s", line, actual, expected);
	unit_check(strcmp(actual, expected) == 0, rs_buf_str(&b), "ddl_schema.txt", 0);
	rs_buf_release(&b);
}

/* Applies a statement; "" or why it was refused. */
static char *apply(const char *sql)
{
	struct rs_err err = RS_ERR_INIT;
	struct rs_ddl d;
	char *why = rs_xstrdup("");

	if (rs_ddl_parse(&d, sql, strlen(sql), "d", &dialect, &err) != RS_OK || rs_ddl_apply(&d, &env, &store, &err) != RS_OK) {
		free(why);
		why = rs_xprintf("! %s", err.primary);
		UNIT_INT(err.code, RS_E_DDL_UNKNOWN);
	}
	rs_ddl_release(&d);
	rs_err_clear(&err);
	return why;
}

static void check_table(const char *line, const char *last)
{
	const char *colon = strchr(line, ':');
	char *name = rs_xstrndup(line + 2, (size_t)(colon - line - 2)), *dot = strchr(name, '.'), *actual;

	if (dot)
		*dot = '\0';
	actual = text_of(find(NULL, dot ? name : "d", dot ? dot + 1 : name));
	report(last, actual, colon + 2);
	free(actual);
	free(name);
}

/* "@" a new server without tables; "= table: what it must be now"; "! why the last statement is refused"; statements. */
static void statements_are_followed(void)
{
	const char *dir = getenv("RS_SRCDIR");
	char path[1024], *line = NULL, *last = rs_xstrdup(""), *why = rs_xstrdup("");
	size_t cap = 0;
	ssize_t n;
	FILE *f;

	snprintf(path, sizeof path, "%s/tests/unit/ddl_schema.txt", dir ? dir : ".");
	f = fopen(path, "r");
	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	while ((n = getline(&line, &cap, f)) > 0) {
		line[n - 1] = '\0';
		if (line[0] == '#' || line[0] == '\0')
			continue;
		if (line[0] == '=') {
			report(last, why, "");
			check_table(line, last);
		} else if (line[0] == '!') {
			report(last, why, line);
			free(why);
			why = rs_xstrdup("");
		} else if (line[0] == '@') {
			clear();
			set_server(line);
		} else {
			report(last, why, "");
			free(last);
			free(why);
			last = rs_xstrdup(line);
			why = apply(line);
		}
	}
	report(last, why, "");
	fclose(f);
	free(line);
	free(last);
	free(why);
	clear();
}

/* --- single facts -------------------------------------------------------------------------------------- */

static void charsets_have_their_defaults(void)
{
	static const struct {
		const char *charset;
		bool mariadb;
		unsigned version;
		const char *expected;
	} facts[] = {
		{"utf8mb4", false, 50733, "utf8mb4_general_ci"}, {"utf8mb4", false, 80036, "utf8mb4_0900_ai_ci"},
		{"utf8mb4", true, 101119, "utf8mb4_general_ci"}, {"utf8mb4", true, 110602, "utf8mb4_uca1400_ai_ci"},
		{"UTF8", false, 50733, "utf8_general_ci"},       {"utf8", false, 90100, "utf8mb3_general_ci"},
		{"utf8mb3", true, 101119, "utf8mb3_general_ci"}, {"utf8mb3", true, 110602, "utf8mb3_uca1400_ai_ci"},
		{"latin1", true, 110602, "latin1_swedish_ci"},   {"gbk", false, 50162, "gbk_chinese_ci"},
		{"binary", false, 80036, "binary"},              {"koi8r", false, 80036, "koi8r_general_ci"},
	};
	char out[RS_COLLATION_NAME], charset[RS_CHARSET_NAME];

	for (size_t i = 0; i < sizeof facts / sizeof *facts; i++) {
		struct rs_sql_dialect d = {facts[i].mariadb, facts[i].version, 0};

		rs_ddl_default_collation(facts[i].charset, &d, NULL, out);
		UNIT_STR(out, facts[i].expected);
	}
	rs_ddl_default_collation("utf8mb4", &(struct rs_sql_dialect){false, 80036, 0}, "utf8mb4_general_ci", out);
	UNIT_STR(out, "utf8mb4_general_ci");
	rs_ddl_collation_name("UCA1400_as_cs", "utf8mb4", &(struct rs_sql_dialect){true, 110300, 0}, out);
	UNIT_STR(out, "utf8mb4_uca1400_as_cs");
	rs_ddl_collation_charset("utf8mb4_0900_ai_ci", charset);
	UNIT_STR(charset, "utf8mb4");
	rs_ddl_collation_charset("binary", charset);
	UNIT_STR(charset, "binary");
}

/* What is refused leaves the store as it was, and the tables of batches under way are never changed. */
static void published_tables_do_not_change(void)
{
	const struct rs_table *before;
	char *text, *why;

	set_server("@ mysql 80036 latin1_swedish_ci");
	free(apply("CREATE TABLE t (a INT, b INT, KEY k (a, b))"));
	before = rs_table_ref(find(NULL, "d", "t"));
	free(apply("ALTER TABLE t DROP a, ADD c VARCHAR(3), RENAME TO u"));
	text = text_of(before);
	UNIT_STR(text, "a int, b int; key k(a,b)");
	UNIT_STR(before->name, "t");
	free(text);
	why = apply("ALTER TABLE u ADD d INT, DROP COLUMN nothing");
	UNIT_STR(why, "! ALTER TABLE: the table d.u has no column nothing that is known");
	free(why);
	text = text_of(find(NULL, "d", "u"));
	UNIT_STR(text, "b int, c varchar(3) latin1_swedish_ci; key k(b)");
	free(text);
	rs_table_unref(before);
	clear();
}

UNIT_MAIN(UNIT_TEST(statements_are_followed), UNIT_TEST(charsets_have_their_defaults),
          UNIT_TEST(published_tables_do_not_change))
