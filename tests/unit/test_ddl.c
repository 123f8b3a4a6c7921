#include "codec/ddl.h"

#include "base/mem.h"
#include "model/selection.h"
#include "unit.h"

static const char *const kinds[RS_STMT_COUNT] = {
	[RS_STMT_UNKNOWN] = "UNKNOWN",
	[RS_STMT_BEGIN] = "BEGIN",
	[RS_STMT_COMMIT] = "COMMIT",
	[RS_STMT_ROLLBACK] = "ROLLBACK",
	[RS_STMT_SAVEPOINT] = "SAVEPOINT",
	[RS_STMT_ROLLBACK_TO] = "ROLLBACK_TO",
	[RS_STMT_RELEASE_SAVEPOINT] = "RELEASE",
	[RS_STMT_XA_START] = "XA_START",
	[RS_STMT_XA_END] = "XA_END",
	[RS_STMT_XA_PREPARE] = "XA_PREPARE",
	[RS_STMT_XA_COMMIT] = "XA_COMMIT",
	[RS_STMT_XA_ROLLBACK] = "XA_ROLLBACK",
	[RS_STMT_FILLER] = "FILLER",
	[RS_STMT_ADMIN] = "ADMIN",
	[RS_STMT_ACCOUNT] = "ACCOUNT",
	[RS_STMT_TEMPORARY] = "TEMPORARY",
	[RS_STMT_DML] = "DML",
	[RS_STMT_CREATE_TABLE_SELECT] = "CREATE_TABLE_SELECT",
	[RS_STMT_CREATE_TABLE] = "CREATE_TABLE",
	[RS_STMT_CREATE_TABLE_LIKE] = "CREATE_TABLE_LIKE",
	[RS_STMT_ALTER_TABLE] = "ALTER_TABLE",
	[RS_STMT_ALTER_PARTITION] = "ALTER_PARTITION",
	[RS_STMT_DROP_TABLE] = "DROP_TABLE",
	[RS_STMT_RENAME_TABLE] = "RENAME_TABLE",
	[RS_STMT_TRUNCATE_TABLE] = "TRUNCATE_TABLE",
	[RS_STMT_CREATE_INDEX] = "CREATE_INDEX",
	[RS_STMT_DROP_INDEX] = "DROP_INDEX",
	[RS_STMT_CREATE_VIEW] = "CREATE_VIEW",
	[RS_STMT_ALTER_VIEW] = "ALTER_VIEW",
	[RS_STMT_DROP_VIEW] = "DROP_VIEW",
	[RS_STMT_CREATE_PROCEDURE] = "CREATE_PROCEDURE",
	[RS_STMT_ALTER_PROCEDURE] = "ALTER_PROCEDURE",
	[RS_STMT_DROP_PROCEDURE] = "DROP_PROCEDURE",
	[RS_STMT_CREATE_FUNCTION] = "CREATE_FUNCTION",
	[RS_STMT_ALTER_FUNCTION] = "ALTER_FUNCTION",
	[RS_STMT_DROP_FUNCTION] = "DROP_FUNCTION",
	[RS_STMT_CREATE_TRIGGER] = "CREATE_TRIGGER",
	[RS_STMT_DROP_TRIGGER] = "DROP_TRIGGER",
	[RS_STMT_CREATE_EVENT] = "CREATE_EVENT",
	[RS_STMT_ALTER_EVENT] = "ALTER_EVENT",
	[RS_STMT_DROP_EVENT] = "DROP_EVENT",
	[RS_STMT_CREATE_DATABASE] = "CREATE_DATABASE",
	[RS_STMT_ALTER_DATABASE] = "ALTER_DATABASE",
	[RS_STMT_DROP_DATABASE] = "DROP_DATABASE",
	[RS_STMT_CREATE_SEQUENCE] = "CREATE_SEQUENCE",
	[RS_STMT_ALTER_SEQUENCE] = "ALTER_SEQUENCE",
	[RS_STMT_DROP_SEQUENCE] = "DROP_SEQUENCE",
};

static struct rs_sql_dialect dialect = {false, 80036, 0};
static char default_db[65] = "shop";

/* --- corpora ---------------------------------------------------------------------------- */

static FILE *open_corpus(const char *name)
{
	const char *dir = getenv("RS_SRCDIR");
	char path[1024];
	FILE *f;

	snprintf(path, sizeof path, "%s/tests/unit/%s", dir ? dir : ".", name);
	f = fopen(path, "r");
	if (!f)
		perror(path);
	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	return f;
}

/* A line without its end; false at the end of the file. */
static bool next_line(FILE *f, char **line, size_t *cap)
{
	ssize_t n = getline(line, cap, f);

	if (n > 0 && (*line)[n - 1] == '\n')
		(*line)[n - 1] = '\0';
	return n >= 0;
}

/* "@ mysql 80036 [db=NAME] [ansi_quotes] [no_backslash_escapes]" */
static void set_dialect(const char *line)
{
	char product[16];
	const char *db = strstr(line, "db=");

	dialect.sql_mode = 0;
	CU_ASSERT_EQUAL_FATAL(sscanf(line, "@ %15s %u", product, &dialect.version), 2);
	dialect.mariadb = strcmp(product, "mariadb") == 0;
	if (strstr(line, "ansi_quotes"))
		dialect.sql_mode |= RS_MODE_ANSI_QUOTES;
	if (strstr(line, "no_backslash_escapes"))
		dialect.sql_mode |= RS_MODE_NO_BACKSLASH_ESCAPES;
	if (db)
		CU_ASSERT_EQUAL_FATAL(sscanf(db, "db=%64s", default_db), 1);
}

/* --- kinds ------------------------------------------------------------------------------------ */

static void check_kind(char *line)
{
	char *tab = strchr(line, '\t');
	enum rs_stmt_kind kind = RS_STMT_UNKNOWN;
	struct rs_ddl d;
	char text[2048];

	CU_ASSERT_PTR_NOT_NULL_FATAL(tab);
	*tab++ = '\0';
	if (rs_ddl_parse(&d, tab, strlen(tab), NULL, &dialect, NULL) == RS_OK)
		kind = d.kind;
	rs_ddl_release(&d);
	snprintf(text, sizeof text, "%s is %s, not %s", tab, kinds[kind], line);
	unit_check(strcmp(kinds[kind], line) == 0, text, __FILE__, __LINE__);
}

static void every_statement_has_its_kind(void)
{
	FILE *f = open_corpus("ddl_kind.txt");
	char *line = NULL;
	size_t cap = 0;

	while (next_line(f, &line, &cap)) {
		if (line[0] == '@')
			set_dialect(line);
		else if (line[0] && line[0] != '#')
			check_kind(line);
	}
	free(line);
	fclose(f);
}

/* Statements that are known are understood to their end. */
static void known_statements_are_understood(void)
{
	FILE *f = open_corpus("ddl_kind.txt");
	char *line = NULL;
	size_t cap = 0;

	while (next_line(f, &line, &cap)) {
		struct rs_ddl d;
		char *tab = strchr(line, '\t');

		if (line[0] == '@')
			set_dialect(line);
		if (!tab || strcmp(line, "UNKNOWN\t'unclosed") == 0)
			continue;
		CU_ASSERT_EQUAL(rs_ddl_parse(&d, tab + 1, strlen(tab + 1), "shop", &dialect, NULL), RS_OK);
		if (d.not_understood)
			UNIT_STR(d.not_understood, tab + 1);
		rs_ddl_release(&d);
	}
	free(line);
	fclose(f);
}

/* --- rewriting ------------------------------------------------------------------------------------ */

static struct rs_selection *selection;

/* Text of the form's selections, ';' between the rules. */
static void set_selection(char *rules)
{
	struct rs_err err = RS_ERR_INIT;

	for (char *p = rules; *p; p++)
		if (*p == ';')
			*p = '\n';
	rs_selection_free(selection);
	selection = rs_selection_new();
	if (rs_selection_parse(selection, "corpus", rules, strlen(rules), &err) != RS_OK)
		UNIT_STR(err.detail ? err.detail : err.primary, rules);
	rs_err_clear(&err);
}

/* Line ends as \n, so that a result is one line. */
static void add_line(struct rs_buf *b, const char *text)
{
	for (; *text; text++)
		if (*text == '\n')
			rs_buf_adds(b, "\\n");
		else
			rs_buf_addc(b, *text);
}

/* What the rewriter says, in the corpus' words. */
static char *rewrite(const char *sql)
{
	struct rs_ddl_map map = rs_ddl_map_selection(selection, NULL);
	struct rs_ddl_result r = {0};
	struct rs_err err = RS_ERR_INIT;
	struct rs_buf b = RS_BUF_INIT;
	struct rs_ddl d;

	if (rs_ddl_parse(&d, sql, strlen(sql), default_db, &dialect, &err) != RS_OK ||
	    rs_ddl_rewrite(&d, &map, &r, &err) != RS_OK) {
		rs_buf_addf(&b, "refused %s", err.primary);
		CU_ASSERT_EQUAL(err.code, RS_E_DDL_UNKNOWN);
	} else {
		rs_buf_addf(&b, "%s%s", r.renames_in ? "in " : "", r.renames_out ? "out " : "");
		if (!r.sql)
			rs_buf_adds(&b, "nothing");
		else if (strcmp(r.sql, sql) == 0)
			rs_buf_addf(&b, "same%s%s", strcmp(r.db, default_db) ? " in " : "", strcmp(r.db, default_db) ? r.db : "");
		else
			add_line(&b, r.sql);
		CU_ASSERT_EQUAL(r.changed, r.sql && strcmp(r.sql, sql) != 0);
	}
	rs_ddl_result_release(&r);
	rs_ddl_release(&d);
	rs_err_clear(&err);
	return rs_buf_take(&b);
}

static void check_rewrite(const char *sql, const char *expected)
{
	char *actual = rewrite(sql);
	bool refused = strncmp(expected, "refused", 7) == 0;
	bool same = refused ? strncmp(actual, "refused", 7) == 0 && strstr(actual, expected + 8) : !strcmp(actual, expected);
	struct rs_buf b = RS_BUF_INIT;

	if (!same) {
		rs_buf_addf(&b, "%s\nis       %s\nnot      %s", sql, actual, expected);
		unit_check(false, rs_buf_str(&b), "ddl_rewrite.txt", 0);
	} else {
		unit_check(true, "", __FILE__, __LINE__);
	}
	rs_buf_release(&b);
	free(actual);
}

/* "@ …" server, "% …" selection, then pairs: lines of a statement, "=> " and what becomes of it. */
static void names_are_replaced_where_they_stand(void)
{
	FILE *f = open_corpus("ddl_rewrite.txt");
	struct rs_buf sql = RS_BUF_INIT;
	char *line = NULL;
	size_t cap = 0;

	while (next_line(f, &line, &cap)) {
		if (strncmp(line, "=> ", 3) == 0) {
			check_rewrite(rs_buf_str(&sql), line + 3);
			rs_buf_clear(&sql);
		} else if (sql.len) {
			rs_buf_addf(&sql, "\n%s", line);
		} else if (line[0] == '@') {
			set_dialect(line);
		} else if (line[0] == '%') {
			set_selection(line + 1);
		} else if (line[0] && strncmp(line, "##", 2) != 0) {
			rs_buf_adds(&sql, line);
		}
	}
	UNIT_INT(sql.len, 0);
	rs_selection_free(selection);
	selection = NULL;
	rs_buf_release(&sql);
	free(line);
	fclose(f);
}

/* --- single facts ---------------------------------------------------------------------------------- */

static void parse(struct rs_ddl *d, const char *sql)
{
	dialect = (struct rs_sql_dialect){false, 80036, 0};
	CU_ASSERT_EQUAL_FATAL(rs_ddl_parse(d, sql, strlen(sql), "shop", &dialect, NULL), RS_OK);
}

static void operands_are_given(void)
{
	struct rs_ddl d;

	parse(&d, "SAVEPOINT `a``b`");
	UNIT_STR(d.operand, "a`b");
	rs_ddl_release(&d);
	parse(&d, "XA COMMIT X'31',X'',1 ONE PHASE");
	UNIT_STR(d.operand, "X'31',X'',1");
	CU_ASSERT(d.flags & RS_DDL_ONE_PHASE);
	rs_ddl_release(&d);
	parse(&d, "ROLLBACK TO SAVEPOINT x");
	UNIT_STR(d.operand, "x");
	rs_ddl_release(&d);
}

static unsigned flags_of(const char *sql)
{
	struct rs_ddl d;
	unsigned flags;

	parse(&d, sql);
	flags = d.flags;
	rs_ddl_release(&d);
	return flags;
}

static void flags_are_noted(void)
{
	UNIT_INT(flags_of("DROP TABLE IF EXISTS t /* generated by server */"), RS_DDL_IF_EXISTS | RS_DDL_GENERATED);
	UNIT_INT(flags_of("DELETE FROM `shop`.`m`"), RS_DDL_ALL_ROWS);
	UNIT_INT(flags_of("DELETE FROM `shop`.`m` WHERE a = 1"), 0);
	UNIT_INT(flags_of("DELETE FROM a USING a JOIN b"), 0);
	UNIT_INT(flags_of("TRUNCATE m"), RS_DDL_LOSES_ROWS);
	UNIT_INT(flags_of("ALTER TABLE t DROP PARTITION p"), RS_DDL_LOSES_ROWS);
	UNIT_INT(flags_of("ALTER TABLE t ADD PARTITION PARTITIONS 2"), 0);
	UNIT_INT(flags_of("CREATE TABLE t (a INT) START TRANSACTION"), RS_DDL_ROWS_FOLLOW);
	UNIT_INT(flags_of("CREATE OR REPLACE VIEW v AS SELECT 1"), RS_DDL_OR_REPLACE);
	UNIT_INT(flags_of("CREATE TABLE IF NOT EXISTS t (a INT)"), RS_DDL_IF_NOT_EXISTS);
	UNIT_INT(flags_of("CREATE PROCEDURE p() BEGIN PREPARE s FROM @x; EXECUTE s; END"), RS_DDL_DYNAMIC_SQL);
}

static void check_refs(const char *sql, const char *expected)
{
	static const char *const roles[] = {"target", "like", "from", "to", "parent", "union", "exchange", "on", "used", "db"};
	struct rs_buf b = RS_BUF_INIT;
	struct rs_ddl d;

	parse(&d, sql);
	for (size_t i = 0; i < d.n_refs; i++)
		rs_buf_addf(&b, "%s%s:%s.%s", i ? " " : "", roles[d.refs[i].role], d.refs[i].db, d.refs[i].name);
	UNIT_STR(rs_buf_str(&b), expected);
	rs_buf_release(&b);
	rs_ddl_release(&d);
}

static void tables_are_told_with_their_roles(void)
{
	check_refs("DROP TABLE a, `b c`.`d.e`, x.y", "target:shop.a target:b c.d.e target:x.y");
	check_refs("RENAME TABLE a TO b, c.d TO e.f", "from:shop.a to:shop.b from:c.d to:e.f");
	check_refs("ALTER TABLE a ADD CONSTRAINT FOREIGN KEY (x) REFERENCES z.p (id), RENAME b",
	           "from:shop.a parent:z.p to:shop.b");
	check_refs("CREATE TABLE a LIKE b.c", "target:shop.a like:b.c");
	check_refs("CREATE TABLE m (id INT) ENGINE=MERGE UNION=(a,b.c)", "target:shop.m union:shop.a union:b.c");
	check_refs("ALTER TABLE a EXCHANGE PARTITION p WITH TABLE b", "target:shop.a exchange:shop.b");
	check_refs("CREATE TRIGGER tr AFTER INSERT ON t FOR EACH ROW INSERT INTO log.l SELECT * FROM x JOIN y USING (id)",
	           "target:shop.tr on:shop.t used:log.l used:shop.x used:shop.y");
	check_refs("CREATE VIEW v AS SELECT * FROM a, (b JOIN c ON b.x = c.x), (SELECT 1 FROM d) e WHERE EXISTS (SELECT 1 FROM f)",
	           "target:shop.v used:shop.a used:shop.b used:shop.c used:shop.d used:shop.f");
	check_refs("CREATE VIEW v AS WITH r AS (SELECT * FROM a), s AS (SELECT * FROM r) SELECT * FROM s JOIN b",
	           "target:shop.v used:shop.a used:shop.b");
	check_refs("CREATE VIEW v AS WITH RECURSIVE r AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM r) SELECT * FROM r",
	           "target:shop.v");
	check_refs("CREATE VIEW v AS WITH a AS (SELECT * FROM a) SELECT * FROM a", "target:shop.v used:shop.a");
	check_refs("CREATE VIEW v AS SELECT EXTRACT(YEAR FROM d), TRIM(BOTH 'x' FROM e) FROM t", "target:shop.v used:shop.t");
	check_refs("CREATE VIEW v AS SELECT j.a FROM t, JSON_TABLE(t.doc, '$[*]' COLUMNS (a INT PATH '$.a')) AS j",
	           "target:shop.v used:shop.t");
	check_refs("CREATE PROCEDURE p() BEGIN DECLARE c CURSOR FOR SELECT id FROM a; UPDATE b, x.c SET b.i = c.i; "
	           "DELETE FROM d; REPLACE e VALUES (1); IF 1 THEN INSERT IGNORE INTO f SET a = 1; ELSE TRUNCATE TABLE g; END IF; "
	           "FETCH c INTO v; CALL z.q(); SELECT REPLACE(a, 'b', 'c') FROM h FOR UPDATE; END",
	           "target:shop.p used:shop.a used:shop.b used:x.c used:shop.d used:shop.e used:shop.f used:shop.g used:shop.h");
	check_refs("ALTER DATABASE CHARACTER SET utf8mb4", "db:shop.");
	check_refs("CREATE DATABASE `订单`", "db:订单.");
	check_refs("INSERT INTO a.b SELECT * FROM c", "used:a.b used:shop.c");
}

static void words_of_the_task_file(void)
{
	UNIT_STR(rs_ddl_word(RS_STMT_CREATE_TABLE_LIKE), "create-table");
	UNIT_STR(rs_ddl_word(RS_STMT_ALTER_PARTITION), "alter-table");
	CU_ASSERT_PTR_NULL(rs_ddl_word(RS_STMT_CREATE_TRIGGER));
	CU_ASSERT_PTR_NULL(rs_ddl_word(RS_STMT_DML));
}

static void check_ghost(const char *table, const char *expected)
{
	char *base = NULL;

	UNIT_INT(rs_ddl_is_ghost(table, &base), expected != NULL);
	UNIT_STR(base, expected);
	free(base);
}

static void working_tables_are_recognized(void)
{
	check_ghost("_orders_gho", "orders");
	check_ghost("_orders_ghc", "orders");
	check_ghost("_orders_del", "orders");
	check_ghost("_订单_new", "订单");
	check_ghost("_orders_old", "orders");
	check_ghost("tp_12_ogt_orders", "orders");
	check_ghost("tpa_2f_ogl_orders", "orders");
	check_ghost("tp_9_del_orders", "orders");
	check_ghost("orders", NULL);
	check_ghost("orders_new", NULL);
	check_ghost("_new", NULL);
	check_ghost("__new", NULL);
	check_ghost("tp_orders", NULL);
	check_ghost("tp__ogt_x", NULL);
	check_ghost("tp_", NULL);
	check_ghost("", NULL);
}

static void a_refusal_names_construct_and_statement(void)
{
	struct rs_err err = RS_ERR_INIT;
	struct rs_ddl d;

	parse(&d, "ALTER TABLE t FROB x");
	UNIT_STR(d.not_understood, "FROB x");
	CU_ASSERT_EQUAL(rs_ddl_refuse(&d, &err, "not %s", "so"), RS_FAIL);
	UNIT_STR(err.primary, "ALTER TABLE: not so");
	UNIT_STR(err.detail, "ALTER TABLE t FROB x");
	UNIT_INT(err.code, RS_E_DDL_UNKNOWN);
	rs_err_clear(&err);
	rs_ddl_release(&d);
}

static uint64_t counter_of(const char *sql)
{
	uint64_t n = 77;

	dialect = (struct rs_sql_dialect){false, 80036, 0};
	CU_ASSERT_EQUAL_FATAL(rs_ddl_counter(sql, strlen(sql), &dialect, &n, NULL), RS_OK);
	return n;
}

static void where_numbers_go_on(void)
{
	UNIT_INT(counter_of("CREATE TABLE `t` (\n  `id` int NOT NULL AUTO_INCREMENT,\n  PRIMARY KEY (`id`)\n) ENGINE=InnoDB AUTO_INCREMENT=18446744073709551615 "
	                    "DEFAULT CHARSET=utf8mb4"), UINT64_MAX);
	UNIT_INT(counter_of("CREATE TABLE t (id INT AUTO_INCREMENT PRIMARY KEY, c VARCHAR(20) DEFAULT 'AUTO_INCREMENT=9') ENGINE=InnoDB"), 1);
	UNIT_INT(counter_of("CREATE TABLE t (a INT COMMENT 'AUTO_INCREMENT') AUTO_INCREMENT=7"), 0);
	UNIT_INT(counter_of("CREATE VIEW v AS SELECT 1"), 0);
}

UNIT_MAIN(UNIT_TEST(every_statement_has_its_kind), UNIT_TEST(known_statements_are_understood),
          UNIT_TEST(names_are_replaced_where_they_stand), UNIT_TEST(operands_are_given), UNIT_TEST(flags_are_noted),
          UNIT_TEST(tables_are_told_with_their_roles), UNIT_TEST(words_of_the_task_file), UNIT_TEST(where_numbers_go_on),
          UNIT_TEST(working_tables_are_recognized), UNIT_TEST(a_refusal_names_construct_and_statement))
