#include "codec/ddl_compare.h"

#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "unit.h"

static const struct rs_sql_dialect mysql = {.mariadb = false, .version = 90704}, mariadb = {.mariadb = true, .version = 101119};

static void parse(struct rs_ddl *d, const char *sql, const struct rs_sql_dialect *dialect)
{
	struct rs_err err = RS_ERR_INIT;

	CU_ASSERT_FATAL(rs_ddl_parse(d, sql, strlen(sql), "d", dialect, &err) == RS_OK);
}

/* "column v=…; comment=…": what was found, with the wanted text. malloc'ed */
static char *found(const char *wanted, const char *has, const struct rs_sql_dialect *dialect)
{
	static const char *const words[] = {"column", "generated", "comment", "charset", "check", "key", "option", "partitions", "whole"};
	struct rs_ddl_differences all = {.n = 0};
	struct rs_buf out = RS_BUF_INIT;
	struct rs_ddl a = {0}, b = {0};

	parse(&a, wanted, dialect);
	parse(&b, has, dialect);
	rs_ddl_compare(&a, &b, dialect, &all);
	for (size_t i = 0; i < all.n; i++)
		rs_buf_addf(&out, "%s%s%s%s=%s", i > 0 ? "; " : "", words[all.items[i].part], *all.items[i].name ? " " : "",
		            all.items[i].name, all.items[i].part == RS_ASPECT_WHOLE ? "…" : all.items[i].wanted);
	rs_ddl_differences_clear(&all);
	rs_ddl_release(&a);
	rs_ddl_release(&b);
	return rs_buf_take(&out);
}

static void check(const char *wanted, const char *has, const struct rs_sql_dialect *dialect, const char *expected)
{
	char *text = found(wanted, has, dialect);

	UNIT_STR(text, expected);
	free(text);
}

#define TABLE(columns, options) \
	"CREATE TABLE `t` (\n  `id` int NOT NULL AUTO_INCREMENT,\n" columns "  PRIMARY KEY (`id`)\n) ENGINE=InnoDB " options

static void tables(void)
{
	check(TABLE("`v` varchar(9) DEFAULT 'a b',\n", "AUTO_INCREMENT=7 DEFAULT CHARSET=utf8mb4"),
	      "CREATE TABLE `x`.`other` (`id` int NOT NULL AUTO_INCREMENT, `v` varchar(9) DEFAULT 'a b', `own` int, PRIMARY KEY (`id`), "
	      "KEY `more` (`v`), CONSTRAINT `f` FOREIGN KEY (`v`) REFERENCES `p` (`id`)) ENGINE=InnoDB AUTO_INCREMENT=9 DEFAULT CHARSET=utf8mb4",
	      &mysql, "");
	check(TABLE("`v` varchar(9) DEFAULT 'a b' COMMENT 'it''s',\n", "DEFAULT CHARSET=utf8mb4 COMMENT='new'"),
	      TABLE("`v` varchar(9) DEFAULT 'ab',\n", "DEFAULT CHARSET=latin1"), &mysql,
	      "column v=`v` varchar(9) DEFAULT 'a b' COMMENT 'it''s'; comment=COMMENT='new'; charset=DEFAULT CHARSET=utf8mb4");
	check(TABLE("`v` varchar(9),\n", ""), TABLE("`v` varchar(9),\n", "COMMENT='old'"), &mysql, "comment=");
	check(TABLE("`v` int GENERATED ALWAYS AS (`id` + 2) STORED,\n", ""), TABLE("`v` int GENERATED ALWAYS AS (`id` + 1) STORED,\n", ""),
	      &mysql, "generated v=`v` int GENERATED ALWAYS AS (`id` + 2) STORED");
	check(TABLE("`v` int /*!80023 INVISIBLE */,\n", ""), TABLE("`v` int,\n", ""), &mysql, "column v=`v` int INVISIBLE");
	check(TABLE("`v` timestamp NULL DEFAULT current_timestamp() ON UPDATE current_timestamp(),\n", ""),
	      TABLE("`v` timestamp NULL DEFAULT current_timestamp(),\n", ""), &mariadb,
	      "column v=`v` timestamp NULL DEFAULT current_timestamp() ON UPDATE current_timestamp()");
}

static void what_is_named_alone(void)
{
	check(TABLE("", "/*!50100 PARTITION BY HASH (`id`) PARTITIONS 4 */"), TABLE("", "/*!50100 PARTITION BY HASH (`id`) PARTITIONS 2 */"),
	      &mysql, "partitions=PARTITION BY HASH (`id`) PARTITIONS 4");
	check(TABLE("", "ROW_FORMAT=DYNAMIC"), TABLE("", ""), &mysql, "option=ENGINE=InnoDB ROW_FORMAT=DYNAMIC");
	check(TABLE("`v` int, CONSTRAINT `c` CHECK (`v` > 1), CONSTRAINT `n` CHECK (`v` < 9), ", ""),
	      TABLE("`v` int, CONSTRAINT `c` CHECK (`v` > 0), CONSTRAINT `o` CHECK (`v` < 9), ", ""), &mysql,
	      "check c=CONSTRAINT `c` CHECK (`v` > 1); check n=CONSTRAINT `n` CHECK (`v` < 9); check o=");
	check(TABLE("`v` int, KEY `k` (`v`) COMMENT 'x', KEY `absent` (`v`), ", ""), TABLE("`v` int, KEY `k` (`v`), ", ""), &mysql,
	      "key k=KEY `k` (`v`) COMMENT 'x'");
}

static void others(void)
{
	check("CREATE VIEW `d`.`v` AS select 1 AS `a`", "CREATE VIEW `e`.`w`  AS select 1 AS `a`", &mysql, "");
	check("CREATE VIEW `d`.`v` AS select 2 AS `a`", "CREATE VIEW `d`.`v` AS select 1 AS `a`", &mysql, "whole=…");
	check("CREATE DEFINER=`root`@`%` PROCEDURE `p`(a int)\nBEGIN SELECT a; END", "CREATE DEFINER=`root`@`%` PROCEDURE `d`.`q`(a int)\nBEGIN SELECT a; END",
	      &mariadb, "");
	check("CREATE FUNCTION `f`() RETURNS int RETURN 1", "CREATE FUNCTION `f`() RETURNS int RETURN 2", &mariadb, "whole=…");
}

static void another_name(void)
{
	struct rs_ddl d = {0};

	parse(&d, "CREATE DEFINER=`a`@`b` FUNCTION `d`.`f`() RETURNS int RETURN f()", &mysql);
	char *named = rs_ddl_named(&d, "`x`.`y`");
	UNIT_STR(named, "CREATE DEFINER=`a`@`b` FUNCTION `x`.`y`() RETURNS int RETURN f()");
	free(named);
	rs_ddl_release(&d);
	parse(&d, "COMMIT", &mysql);
	CU_ASSERT_PTR_NULL(rs_ddl_named(&d, "`x`.`y`"));
	rs_ddl_release(&d);
}

/* A collation that goes without saying is said by both, however a server writes it. */
static void databases(void)
{
	check("CREATE DATABASE `a` /*!40100 DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_0900_ai_ci */ /*!80016 DEFAULT ENCRYPTION='N' */",
	      "CREATE DATABASE b CHARSET utf8mb4", &mysql, "");
	check("CREATE DATABASE `a` /*!40100 DEFAULT CHARACTER SET latin1 */", "CREATE DATABASE `a` DEFAULT CHARACTER SET latin1 COLLATE latin1_swedish_ci",
	      &mariadb, "");
	check("CREATE DATABASE `a` /*!40100 DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin */",
	      "CREATE DATABASE `a` /*!40100 DEFAULT CHARACTER SET latin1 COLLATE latin1_swedish_ci */", &mariadb, "charset=COLLATE utf8mb4_bin");
	check("CREATE DATABASE a CHARACTER SET = utf8", "CREATE DATABASE a CHARACTER SET utf8mb3 COLLATE utf8mb3_bin", &mysql,
	      "charset=COLLATE utf8mb3_general_ci");
	check("CREATE DATABASE a", "CREATE DATABASE a CHARACTER SET utf8mb4", &mysql, "");
}

UNIT_MAIN(UNIT_TEST(tables), UNIT_TEST(what_is_named_alone), UNIT_TEST(others), UNIT_TEST(databases), UNIT_TEST(another_name))
