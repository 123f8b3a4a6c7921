#include "codec/ddl_online.h"

#include "base/mem.h"
#include "codec/ddl_schema.h"
#include "model/working.h"
#include "unit.h"

static const struct rs_sql_dialect dialect = {.mariadb = false, .version = 80040};
static const struct rs_ddl_env env = {.explicit_timestamp = true, .db_collation = "utf8mb4_bin"};

static void parse(struct rs_ddl *d, const char *sql)
{
	struct rs_err err = RS_ERR_INIT;

	CU_ASSERT_FATAL(rs_ddl_parse(d, sql, strlen(sql), "d", &dialect, &err) == RS_OK);
}

#define TABLE                                                                                                              \
	"CREATE TABLE t (id INT NOT NULL, v VARCHAR(10) CHARACTER SET utf8mb3, b VARBINARY(4), e ENUM('a','b'), n DECIMAL(8,2), " \
	"x TEXT, PRIMARY KEY (id), UNIQUE KEY uv (v), UNIQUE KEY two (b, e))"

/* What is said against the change; NULL: it makes the same rows. malloc'ed */
static char *against(const char *change)
{
	struct rs_ddl create, alter;
	struct rs_table *from = NULL, *to = NULL;
	struct rs_err err = RS_ERR_INIT;
	char *sql = rs_xprintf("ALTER TABLE _t_gho %s", change), *text = NULL;

	parse(&create, TABLE);
	parse(&alter, sql);
	CU_ASSERT_FATAL(rs_ddl_table(&create, &env, &from, &err) == RS_OK);
	CU_ASSERT_FATAL(rs_ddl_alter(&alter, &env, from, &to, &err) == RS_OK);
	if (rs_ddl_copies_the_same(&alter, from, to, &err) != RS_OK)
		text = rs_xstrdup(err.primary);
	rs_table_unref(from);
	rs_table_unref(to);
	rs_ddl_release(&create);
	rs_ddl_release(&alter);
	rs_err_clear(&err);
	free(sql);
	return text;
}

static void the_same_rows(void)
{
	static const char *const fine[] = {
		"ADD COLUMN w INT", "ADD COLUMN w INT NOT NULL DEFAULT -7, ADD KEY (w)", "ADD w TIMESTAMP NULL", "ADD w TIMESTAMP NOT NULL DEFAULT '2020-01-01'",
		"ADD (w INT, y CHAR(3) NOT NULL)", "ADD w INT AS (id + 1) STORED", "ENGINE=InnoDB", "FORCE", "COMMENT='x', ROW_FORMAT=DYNAMIC",
		"MODIFY id BIGINT NOT NULL", "MODIFY v VARCHAR(20) CHARACTER SET utf8mb3", "CHANGE v v VARCHAR(10) CHARACTER SET utf8mb3 DEFAULT 'q'",
		"MODIFY n DECIMAL(10,3)", "MODIFY e ENUM('a','b','c')", "MODIFY x LONGTEXT", "MODIFY b VARBINARY(8)", "DROP COLUMN x", "DROP COLUMN n, ADD z INT",
		"DROP KEY uv", "DROP KEY uv, DROP KEY two, CONVERT TO CHARACTER SET utf8mb4", "ALTER v SET DEFAULT 'a'", "RENAME KEY uv TO vu", "ADD FULLTEXT KEY (x)"};

	for (size_t i = 0; i < sizeof fine / sizeof *fine; i++) {
		char *text = against(fine[i]);
		if (text)
			printf("# %s: %s\n", fine[i], text);
		CU_ASSERT_PTR_NULL(text);
		free(text);
	}
}

static void other_rows(void)
{
	static const char *const refused[] = {
		/* rows are left out */
		"ADD UNIQUE KEY (n)", "ADD w INT UNIQUE", "DROP COLUMN e", "DROP PRIMARY KEY, ADD PRIMARY KEY (v)", "ADD CHECK (id > 0)",
		"MODIFY v VARCHAR(10) CHARACTER SET utf8mb3 COLLATE utf8mb3_bin", "DROP KEY uv, ADD UNIQUE KEY uv (v(3))", "CONVERT TO CHARACTER SET utf8mb4",
		"PARTITION BY RANGE (id) (PARTITION p VALUES LESS THAN (10))",
		/* values of each row's own */
		"ADD w DATETIME DEFAULT CURRENT_TIMESTAMP", "ADD w INT DEFAULT (RAND() * 100)", "ADD w CHAR(36) DEFAULT (UUID())", "ADD w TIMESTAMP",
		"ADD w BIGINT NOT NULL AUTO_INCREMENT KEY", "ADD w SERIAL", "ADD w DATETIME NULL ON UPDATE CURRENT_TIMESTAMP",
		/* values that are lost */
		"MODIFY id SMALLINT NOT NULL", "MODIFY id INT UNSIGNED NOT NULL", "MODIFY v VARCHAR(5) CHARACTER SET utf8mb3", "MODIFY n DECIMAL(8,3)",
		"MODIFY e ENUM('b','a')", "MODIFY e INT", "MODIFY x TINYTEXT", "MODIFY v VARCHAR(10) CHARACTER SET utf8mb3 NOT NULL", "MODIFY b VARCHAR(9)",
		/* columns by another name */
		"CHANGE x y TEXT", "RENAME COLUMN x TO y", "DROP COLUMN x, ADD COLUMN x TEXT",
		/* keys that the tools treat in ways of their own */
		"ADD FOREIGN KEY (id) REFERENCES p (id)"};

	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
		char *text = against(refused[i]);
		if (!text)
			printf("# %s passes\n", refused[i]);
		CU_ASSERT_PTR_NOT_NULL(text);
		free(text);
	}
}

static void another_table(void)
{
	struct rs_ddl d;

	parse(&d, "ALTER /* gh-ost */ TABLE `d`.`_t_gho` ADD COLUMN `_t_gho` INT");
	char *text = rs_ddl_retarget(&d, "d", "t`t");
	UNIT_STR(text, "ALTER /* gh-ost */ TABLE `d`.`t``t` ADD COLUMN `_t_gho` INT");
	free(text);
	CU_ASSERT_FALSE(rs_ddl_sets_only_auto_increment(&d));
	rs_ddl_release(&d);
	parse(&d, "alter /* gh-ost */ table `d`.`_t_gho` auto_increment=7");
	CU_ASSERT_TRUE(rs_ddl_sets_only_auto_increment(&d));
	rs_ddl_release(&d);
}

static void names(void)
{
	struct rs_working *ghost = rs_working_new(RS_ONLINE_GHOST, RS_WORKING_SHADOW_PATTERN, RS_WORKING_TRASH_PATTERN);
	struct rs_working *dms = rs_working_new(RS_ONLINE_DMS, NULL, NULL);
	char *base = NULL;

	CU_ASSERT_PTR_NULL(rs_working_new(RS_ONLINE_COPY, NULL, NULL));
	UNIT_INT(rs_working_role(NULL, "_t_gho", &base), RS_WORKING_NONE);
	UNIT_INT(rs_working_role(ghost, "_some_t_gho", &base), RS_WORKING_SHADOW);
	UNIT_STR(base, "some_t");
	free(base);
	UNIT_INT(rs_working_role(ghost, "_t_new", NULL), RS_WORKING_SHADOW);
	UNIT_INT(rs_working_role(ghost, "_t_ghc", NULL), RS_WORKING_TRASH);
	UNIT_INT(rs_working_role(ghost, "_t_20260101120000_del", NULL), RS_WORKING_TRASH);
	UNIT_INT(rs_working_role(ghost, "t_gho", NULL), RS_WORKING_NONE);
	UNIT_INT(rs_working_role(ghost, "_gho", NULL), RS_WORKING_NONE);
	UNIT_INT(rs_working_role(ghost, "tp_17_ogt_t", NULL), RS_WORKING_NONE);
	UNIT_INT(rs_working_role(dms, "tp_17_ogt_a_b", &base), RS_WORKING_SHADOW);
	UNIT_STR(base, "a_b");
	free(base);
	UNIT_INT(rs_working_role(dms, "tpa_1f_ogl_t", NULL), RS_WORKING_TRASH);
	UNIT_INT(rs_working_role(dms, "tp_17_del_t", NULL), RS_WORKING_TRASH);
	UNIT_INT(rs_working_role(dms, "_t_gho", NULL), RS_WORKING_NONE);
	CU_ASSERT_TRUE(rs_working_names_prove(dms));
	CU_ASSERT_FALSE(rs_working_names_prove(ghost));
	rs_working_unref(ghost);
	rs_working_unref(dms);
	CU_ASSERT_EQUAL(rs_working_check("^_(.+)_x$", true, NULL), RS_OK);
	CU_ASSERT_EQUAL(rs_working_check("^_.+_x$", true, NULL), RS_FAIL);
	CU_ASSERT_EQUAL(rs_working_check("^_.+_x$", false, NULL), RS_OK);
	CU_ASSERT_EQUAL(rs_working_check("^_(.+_x$", false, NULL), RS_FAIL);
}

UNIT_MAIN(UNIT_TEST(the_same_rows), UNIT_TEST(other_rows), UNIT_TEST(another_table), UNIT_TEST(names))
