#include "unit.h"
#include "base/mem.h"
#include "check/my_grants.h"

static struct rs_grants grants;

static void set(const char *const *lines)
{
	rs_grants_release(&grants);
	grants.account = rs_xstrdup("'dts'@'%'");
	for (; *lines; lines++)
		rs_grants_add(&grants, *lines);
}
#define SET(...) set((const char *const[]){__VA_ARGS__, NULL})

static const char *missing(uint32_t wanted, const char *db, const char *table)
{
	static struct rs_buf text = RS_BUF_INIT;

	rs_buf_clear(&text);
	rs_privileges_text(&text, rs_grants_missing(&grants, wanted, db, table));
	return rs_buf_str(&text);
}

static void privileges_on_everything_hold_everywhere(void)
{
	SET("GRANT REPLICATION SLAVE, BINLOG MONITOR, SHOW VIEW ON *.* TO `dts`@`%` IDENTIFIED BY PASSWORD '*00'");
	UNIT_STR(missing(RS_MAY(REPLICATION_SLAVE) | RS_MAY(REPLICATION_CLIENT), NULL, NULL), "");
	UNIT_STR(missing(RS_MAY(SHOW_VIEW) | RS_MAY(SELECT), "a", "b"), "SELECT");
	SET("GRANT ALL PRIVILEGES ON *.* TO 'root'@'localhost' WITH GRANT OPTION");
	UNIT_STR(missing(RS_MAY_ALL, NULL, NULL), "");
	UNIT_STR(missing(RS_MAY_ALL, "a", NULL), "");
	SET("GRANT APPLICATION_PASSWORD_ADMIN,SET_ANY_DEFINER,SHOW_ROUTINE ON *.* TO `x`@`y`");
	UNIT_STR(missing(RS_MAY(SET_DEFINER) | RS_MAY(SHOW_ROUTINE) | RS_MAY(SUPER), NULL, NULL), "SUPER");
}

static void privileges_on_a_database_hold_for_its_tables_alone(void)
{
	SET("GRANT SELECT, INSERT ON `shop`.* TO `dts`@`%`", "GRANT USAGE ON *.* TO `dts`@`%`");
	UNIT_STR(missing(RS_MAY(SELECT) | RS_MAY(INSERT), "shop", NULL), "");
	UNIT_STR(missing(RS_MAY(SELECT) | RS_MAY(DELETE), "shop", "orders"), "DELETE");
	UNIT_STR(missing(RS_MAY(SELECT), "shop2", NULL), "SELECT");
	UNIT_STR(missing(RS_MAY(SELECT), NULL, NULL), "SELECT");
	SET("GRANT ALL PRIVILEGES ON `shop`.* TO `dts`@`%`");
	UNIT_STR(missing(RS_MAY(TRIGGER) | RS_MAY(SUPER), "shop", NULL), "SUPER");
}

static void privileges_on_a_table_hold_for_it_alone(void)
{
	SET("GRANT SELECT ON `od``d`.`ta.ble` TO `dts`@`%`");
	UNIT_STR(missing(RS_MAY(SELECT), "od`d", "ta.ble"), "");
	UNIT_STR(missing(RS_MAY(SELECT), "od`d", "other"), "SELECT");
	UNIT_STR(missing(RS_MAY(SELECT), "od`d", NULL), "SELECT");
}

static void names_of_databases_are_patterns(void)
{
	SET("GRANT SELECT ON `shop\\_%`.* TO `dts`@`%`", "GRANT INSERT ON `a_c`.* TO `dts`@`%`");
	UNIT_STR(missing(RS_MAY(SELECT), "shop_1", NULL), "");
	UNIT_STR(missing(RS_MAY(SELECT), "shop_", "t"), "");
	UNIT_STR(missing(RS_MAY(SELECT), "shopx1", NULL), "SELECT");
	UNIT_STR(missing(RS_MAY(INSERT), "abc", NULL), "");
	UNIT_STR(missing(RS_MAY(INSERT), "abcd", NULL), "INSERT");
}

static void case_counts_where_the_server_says_so(void)
{
	SET("GRANT SELECT ON `Shop`.* TO `dts`@`%`");
	UNIT_STR(missing(RS_MAY(SELECT), "shop", NULL), "SELECT");
	grants.fold_case = true;
	UNIT_STR(missing(RS_MAY(SELECT), "shop", NULL), "");
}

static void columns_roles_routines_and_proxies_grant_nothing_here(void)
{
	SET("GRANT SELECT (`a`, `b`), INSERT, UPDATE (`a`) ON `d`.`t` TO `dts`@`%`", "GRANT `role` TO `dts`@`%`",
	    "GRANT EXECUTE ON PROCEDURE `d`.`p` TO `dts`@`%`", "GRANT PROXY ON ''@'' TO 'root'@'localhost'", "rubbish", "GRANT");
	UNIT_STR(missing(RS_MAY(SELECT) | RS_MAY(INSERT) | RS_MAY(UPDATE) | RS_MAY(EXECUTE), "d", "t"),
	         "SELECT, UPDATE, EXECUTE");
	UNIT_INT(grants.count, 1);
}

static void partial_revokes_take_away(void)
{
	SET("GRANT SELECT, INSERT ON *.* TO `dts`@`%`", "REVOKE INSERT ON `shop`.* FROM `dts`@`%`");
	UNIT_STR(missing(RS_MAY(INSERT), "shop", NULL), "INSERT");
	UNIT_STR(missing(RS_MAY(INSERT), "other", NULL), "");
}

static void statements_grant_what_is_missing(void)
{
	struct rs_buf sql = RS_BUF_INIT;

	SET("GRANT USAGE ON *.* TO `dts`@`%`");
	rs_grants_statement(&grants, &sql, 0, "a", NULL);
	rs_grants_statement(&grants, &sql, RS_MAY(SELECT) | RS_MAY(TRIGGER), "od`d", NULL);
	rs_grants_statement(&grants, &sql, RS_MAY(SELECT), "a", "b");
	rs_grants_statement(&grants, &sql, RS_MAY(REPLICATION_CLIENT), NULL, NULL);
	UNIT_STR(rs_buf_str(&sql), "GRANT SELECT, TRIGGER ON `od``d`.* TO 'dts'@'%';\nGRANT SELECT ON `a`.`b` TO 'dts'@'%';\n"
	                           "GRANT REPLICATION CLIENT ON *.* TO 'dts'@'%';");
	rs_buf_release(&sql);
	rs_grants_release(&grants);
}

UNIT_MAIN(UNIT_TEST(privileges_on_everything_hold_everywhere),
          UNIT_TEST(privileges_on_a_database_hold_for_its_tables_alone),
          UNIT_TEST(privileges_on_a_table_hold_for_it_alone), UNIT_TEST(names_of_databases_are_patterns),
          UNIT_TEST(case_counts_where_the_server_says_so),
          UNIT_TEST(columns_roles_routines_and_proxies_grant_nothing_here), UNIT_TEST(partial_revokes_take_away),
          UNIT_TEST(statements_grant_what_is_missing))
