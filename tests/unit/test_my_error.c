#include "unit.h"
#include "db/my_error.h"

static struct rs_my_meaning meaning(unsigned native, const char *sqlstate, const char *text, bool destination, bool connecting)
{
	return rs_my_error_meaning(&(struct rs_my_native){native, sqlstate, text}, destination, connecting);
}

static struct rs_my_meaning source(unsigned native, const char *text) { return meaning(native, "HY000", text, false, false); }

static struct rs_my_meaning destination(unsigned native, const char *text) { return meaning(native, "HY000", text, true, false); }

static struct rs_my_meaning connecting(unsigned native, const char *text) { return meaning(native, "HY000", text, false, true); }

static void a_refused_port_is_not_a_silent_one(void)
{
	UNIT_INT(connecting(2002, "Can't connect to server on '10.0.0.1' (111)").code, RS_E_CONN_REFUSED);
	UNIT_INT(connecting(2002, "Can't connect to server on '10.0.0.1' (110)").code, RS_E_CONN_TIMEOUT);
	UNIT_INT(connecting(2002, "Can't connect to server on '10.0.0.1' (115)").code, RS_E_CONN_TIMEOUT);
	UNIT_INT(connecting(2003, "Can't connect to server on '10.0.0.1' (113)").code, RS_E_CONN_HOST);
	UNIT_INT(connecting(2002, "Can't connect to local server through socket '/a (b)' (13)").code, RS_E_CONN_REFUSED);
	UNIT_INT(connecting(2002, "nothing in parentheses").code, RS_E_CONN_REFUSED);
	UNIT_INT(connecting(2002, "Can't connect (111) to it").code, RS_E_CONN_REFUSED);
}

static void a_denied_statement_is_not_a_wrong_password(void)
{
	UNIT_INT(connecting(1045, "Access denied for user 'x'@'y' (using password: YES)").code, RS_E_CONN_AUTH);
	UNIT_INT(source(1045, "Access denied for user 'x'@'y' (using password: YES)").code, RS_E_SQL_DENIED);
	UNIT_INT(connecting(1044, "Access denied for user 'x'@'y' to database 'd'").code, RS_E_CONN_DENIED);
	UNIT_INT(source(1044, "Access denied for user 'x'@'y' to database 'd'").code, RS_E_SQL_DENIED);
}

static void the_text_of_openssl_tells_why_there_is_no_encryption(void)
{
	UNIT_INT(connecting(2026, "x").code, RS_E_CONN_TLS);
	CU_ASSERT_PTR_NOT_NULL(strstr(connecting(2026, "SSL is required, but the server does not support it").hint, "No SSL"));
	CU_ASSERT_PTR_NOT_NULL(strstr(connecting(2026, "TLS/SSL error: unsupported protocol").hint, "TLS 1.0"));
	CU_ASSERT_PTR_NOT_NULL(strstr(connecting(2026, "TLS/SSL error: certificate verify failed").hint, "certificate"));
}

static void what_can_be_repeated_says_so(void)
{
	UNIT_INT(source(1213, "").retry, RS_RETRY_NOW);
	UNIT_INT(source(1020, "Record has changed since last read in table 't'").retry, RS_RETRY_NOW);
	UNIT_INT(source(2013, "").retry, RS_RETRY_RECONNECT);
	UNIT_INT(source(1927, "").code, RS_E_CONN_LOST);
	UNIT_INT(source(1040, "").retry, RS_RETRY_LATER);
	UNIT_INT(meaning(1064, "42000", "", false, false).retry, RS_RETRY_NEVER);
	UNIT_INT(source(1064, "").code, RS_E_SQL);
}

static void a_number_that_is_not_known_may_pass(void)
{
	UNIT_INT(destination(1032, "Can't find record in 't'").retry, RS_RETRY_PERHAPS);
	UNIT_INT(destination(1180, "Got error 168 during COMMIT").retry, RS_RETRY_PERHAPS);
	UNIT_INT(source(1220, "Error when executing command SHOW BINLOG EVENTS").retry, RS_RETRY_PERHAPS);
	UNIT_INT(connecting(9001, "Max connect timeout reached while reaching hostgroup 0").retry, RS_RETRY_PERHAPS);
	UNIT_INT(source(1236, "binlog truncated in the middle of event; consider out of disk space").retry, RS_RETRY_PERHAPS);
}

static void a_statement_that_is_at_fault_stays_so_whatever_its_number(void)
{
	UNIT_INT(meaning(9999, "42000", "", true, false).retry, RS_RETRY_NEVER);
	UNIT_INT(meaning(1690, "22003", "BIGINT UNSIGNED value is out of range", true, false).retry, RS_RETRY_NEVER);
	UNIT_INT(meaning(1644, "45000", "a trigger says no", true, false).retry, RS_RETRY_NEVER);
	UNIT_INT(destination(3105, "The value specified for generated column 'g' is not allowed").retry, RS_RETRY_NEVER);
	UNIT_INT(source(1236, "Client requested master to start replication from position > file size").retry, RS_RETRY_NEVER);
	UNIT_INT(source(1236, "Replica has more GTIDs than the source has").retry, RS_RETRY_NEVER);
}

static void the_side_gives_the_same_number_another_meaning(void)
{
	UNIT_INT(source(1146, "").code, RS_E_SOURCE_TABLE_GONE);
	UNIT_INT(destination(1146, "").code, RS_E_DEST_TABLE_MISSING);
	UNIT_INT(destination(1062, "").code, RS_E_DEST_DUPLICATE);
	UNIT_INT(source(1062, "").code, RS_E_SQL);
	UNIT_INT(destination(1366, "").code, RS_E_DEST_DATA);
}

static void a_full_disk_is_found_behind_other_numbers(void)
{
	UNIT_INT(destination(1114, "The table 't' is full").code, RS_E_DEST_FULL);
	UNIT_INT(destination(3, "Error writing file './t.MYD' (Errcode: 28)").code, RS_E_DEST_FULL);
	UNIT_INT(destination(1030, "Got error 28 \"No space left on device\" from storage engine").code, RS_E_DEST_FULL);
	UNIT_INT(destination(1026, "Error writing file 'x' (Errcode: 28 - No space left on device)").code, RS_E_DEST_FULL);
	UNIT_INT(destination(1030, "Got error 168 from storage engine").code, RS_E_SQL);
	UNIT_INT(destination(1180, "Got error 149 during COMMIT").code, RS_E_SQL_DEADLOCK);
	UNIT_INT(source(1021, "Disk full").code, RS_E_SQL);
}

static void a_read_only_server_is_told_from_other_options(void)
{
	UNIT_INT(destination(1290, "The MariaDB server is running with the --read-only option so it cannot execute this").code,
	         RS_E_DEST_READ_ONLY);
	UNIT_INT(destination(1290, "The MySQL server is running with the --super-read-only option so it cannot").code,
	         RS_E_DEST_READ_ONLY);
	UNIT_INT(destination(1290, "The MySQL server is running with the --secure-file-priv option so it cannot").code, RS_E_SQL);
	UNIT_INT(destination(1290, "The MySQL server is running with the --secure-file-priv option so it cannot").retry,
	         RS_RETRY_NEVER);
}

static void an_ended_dump_says_whether_its_log_is_gone(void)
{
	UNIT_INT(source(1236, "Could not find first log file name in binary log index file").code, RS_E_BINLOG_PURGED);
	UNIT_INT(source(1236, "… has purged binary logs containing GTIDs that the slave requires").code, RS_E_BINLOG_PURGED);
	UNIT_INT(source(1236, "A slave with the same server_uuid/server_id as this slave has connected").retry, RS_RETRY_LATER);
	UNIT_INT(source(1236, "bogus data in log event").code, RS_E_SOURCE_PREREQ);
}

UNIT_MAIN(UNIT_TEST(a_refused_port_is_not_a_silent_one), UNIT_TEST(a_denied_statement_is_not_a_wrong_password),
          UNIT_TEST(the_text_of_openssl_tells_why_there_is_no_encryption), UNIT_TEST(what_can_be_repeated_says_so), UNIT_TEST(a_number_that_is_not_known_may_pass),
          UNIT_TEST(a_statement_that_is_at_fault_stays_so_whatever_its_number),
          UNIT_TEST(the_side_gives_the_same_number_another_meaning), UNIT_TEST(a_full_disk_is_found_behind_other_numbers),
          UNIT_TEST(a_read_only_server_is_told_from_other_options), UNIT_TEST(an_ended_dump_says_whether_its_log_is_gone))
