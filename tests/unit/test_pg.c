/* What servers of the PostgreSQL family call themselves, and what their errors mean. */
#include "unit.h"
#include <string.h>
#include "db/pg_conn.h"
#include "db/pg_error.h"

static void products_are_told_by_what_they_say(void)
{
	static const struct {
		const char *says, *name;
		enum rs_pg_family family;
	} said[] = {
		{"PostgreSQL 15.20 (Debian 15.20-0+deb12u1) on x86_64-pc-linux-gnu, compiled by gcc", "PostgreSQL 15.20", RS_PG_POSTGRESQL},
		{"PostgreSQL 18beta1 on aarch64", "PostgreSQL 18beta1", RS_PG_POSTGRESQL},
		{"PostgreSQL 9.4.26 (Greenplum Database 6.25.3 build commit:367edc6b) on x86_64-unknown-linux-gnu", "Greenplum 6.25.3", RS_PG_GREENPLUM},
		{"PostgreSQL 12.12 (Greenplum Database 7.1.0 build commit:e7c2b1f1) on x86_64", "Greenplum 7.1.0", RS_PG_GREENPLUM},
		{"PostgreSQL 12.12 (AnalyticDB for PostgreSQL 7.0.6 build 2024) on x86_64", "AnalyticDB for PostgreSQL 7.0.6", RS_PG_ANALYTICDB},
		{"PostgreSQL 14.4 (Cloudberry Database 1.5.4 build 1) on x86_64", "Cloudberry 1.5.4", RS_PG_CLOUDBERRY},
		{"PostgreSQL 14.4 (Apache Cloudberry 2.0.0-incubating build 1) on x86_64", "Apache Cloudberry 2.0.0-incubating", RS_PG_CLOUDBERRY},
		{"something else 1.0", "something else 1.0", RS_PG_POSTGRESQL},
		{"", "", RS_PG_POSTGRESQL},
	};

	for (size_t i = 0; i < sizeof said / sizeof *said; i++) {
		struct rs_pg_product p;

		rs_pg_product_of(said[i].says, &p);
		UNIT_STR(p.name, said[i].name);
		UNIT_INT(p.family, said[i].family);
	}
}

static void a_long_version_is_cut(void)
{
	char says[500] = "PostgreSQL ";
	struct rs_pg_product p;

	memset(says + 11, '9', sizeof says - 12);
	rs_pg_product_of(says, &p);
	UNIT_INT(strlen(p.name), sizeof p.name - 1);
}

static void the_state_of_a_failed_connection_is_found(void)
{
	static const struct {
		const char *text, *state;
	} said[] = {
		{"connection to server at \"127.0.0.1\", port 1 failed: FATAL:  28P01: password authentication failed\nLOCATION:  auth_failed", "28P01"},
		{"connection to server at \"a:  b\", port 1 failed: 致命错误:  3D000: 数据库 \"x:  53300: y\" 不存在", "3D000"},
		{"connection to server failed: Connection refused\n\tIs the server running?", ""},
		{":  28P0", ""},
		{":  28p01: x", ""},
		{"", ""},
	};

	for (size_t i = 0; i < sizeof said / sizeof *said; i++) {
		char state[6];

		const char *rest = rs_pg_error_state(said[i].text, state);

		UNIT_STR(state, said[i].state);
		CU_ASSERT_TRUE(*state ? strncmp(rest, state, 5) == 0 : rest == said[i].text);
	}
}

static void states_mean_codes(void)
{
	UNIT_INT(rs_pg_error_meaning("28P01", RS_PG_LOGGING_IN, "").code, RS_E_CONN_AUTH);
	UNIT_INT(rs_pg_error_meaning("28000", RS_PG_LOGGING_IN, "").code, RS_E_CONN_DENIED);
	UNIT_INT(rs_pg_error_meaning("3D000", RS_PG_LOGGING_IN, "").code, RS_E_CONN_DENIED);
	UNIT_INT(rs_pg_error_meaning("57P03", RS_PG_LOGGING_IN, "").code, RS_E_CONN_REFUSED);
	UNIT_INT(rs_pg_error_meaning("57P01", RS_PG_ASKING, "").code, RS_E_CONN_LOST);
	UNIT_INT(rs_pg_error_meaning("57P01", RS_PG_ASKING, "").retry, RS_RETRY_RECONNECT);
	UNIT_INT(rs_pg_error_meaning("42P01", RS_PG_ASKING, "").code, RS_E_SQL);
	UNIT_INT(rs_pg_error_meaning("42P01", RS_PG_ASKING, "").retry, RS_RETRY_NEVER);
	UNIT_INT(rs_pg_error_meaning("42501", RS_PG_ASKING, "").code, RS_E_SQL_DENIED);
	UNIT_INT(rs_pg_error_meaning("53100", RS_PG_ASKING, "").retry, RS_RETRY_LATER);
}

static void what_is_not_said_is_told_by_where_it_was(void)
{
	UNIT_INT(rs_pg_error_meaning("", RS_PG_REACHING, "failed: Connection refused\n").code, RS_E_CONN_REFUSED);
	UNIT_INT(rs_pg_error_meaning("", RS_PG_REACHING, "could not translate host name").code, RS_E_CONN_HOST);
	UNIT_INT(rs_pg_error_meaning("", RS_PG_ENCRYPTING, "Connection refused").code, RS_E_CONN_TLS);
	UNIT_INT(rs_pg_error_meaning("", RS_PG_LOGGING_IN, "").code, RS_E_CONN_REFUSED);
	UNIT_INT(rs_pg_error_meaning("", RS_PG_ASKING, "").code, RS_E_CONN_LOST);
}

UNIT_MAIN(UNIT_TEST(products_are_told_by_what_they_say), UNIT_TEST(a_long_version_is_cut),
          UNIT_TEST(the_state_of_a_failed_connection_is_found), UNIT_TEST(states_mean_codes),
          UNIT_TEST(what_is_not_said_is_told_by_where_it_was))
