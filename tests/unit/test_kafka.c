/* What librdkafka's texts and brokers' answers mean. */
#include "db/kafka_error.h"
#include "db/kafka_version.h"
#include "unit.h"

/* --- versions ------------------------------------------------------------------------------------------------ */

static const char *version_after(const char *const *lines)
{
	static struct rs_kafka_apis a;

	rs_kafka_apis_clear(&a);
	for (; *lines; lines++)
		rs_kafka_apis_note(&a, *lines);
	return rs_kafka_version(&a);
}

static void a_broker_is_known_by_the_newest_request_that_it_understands(void)
{
	static const char *const v39[] = {"[thrd:a:1/bootstrap]: a:1/bootstrap: Broker API support:", "a:1:   ApiKey Produce (0) Versions 0..11",
	                                  "a:1:   ApiKey Fetch (1) Versions 0..17", "a:1:   ApiKey Unknown-80? (80) Versions 0..0", NULL};
	static const char *const v40[] = {"x ApiKey Fetch (1) Versions 4..17", "x ApiKey Produce (0) Versions 0..12", NULL};
	static const char *const v28[] = {"x ApiKey Produce (0) Versions 0..9", "x ApiKey Fetch (1) Versions 0..12",
	                                  "x ApiKey ListOffsets (2) Versions 0..6", NULL};
	static const char *const v10[] = {"x ApiKey Metadata (3) Versions 0..5", "x ApiKey Fetch (1) Versions 0..6", NULL};
	static const char *const v0102[] = {"x ApiKey Metadata (3) Versions 0..2", "x ApiKey OffsetFetch (9) Versions 0..2", NULL};
	static const char *const v0100[] = {"x ApiKey Metadata (3) Versions 0..1", NULL};
	static const char *const silent[] = {"x Feature Fetch (2..2) supported by broker", "x ApiKey Fetch (1)", "x ApiKey Far (4000) Versions 0..1",
	                                     "x ApiKey None (1) Versions 0..-1", NULL};

	UNIT_STR(version_after(v39), "3.9");
	UNIT_STR(version_after(v40), "4.0");
	UNIT_STR(version_after(v28), "2.8");
	UNIT_STR(version_after(v10), "1.0");
	UNIT_STR(version_after(v0102), "0.10.2");
	UNIT_STR(version_after(v0100), "0.10.0");
	UNIT_STR(version_after(silent), "0.9");
}

static void a_version_is_one_of_the_three_of_the_form(void)
{
	UNIT_STR(rs_kafka_version_class("4.0"), "1.0");
	UNIT_STR(rs_kafka_version_class("1.0"), "1.0");
	UNIT_STR(rs_kafka_version_class("0.11"), "0.10");
	UNIT_STR(rs_kafka_version_class("0.10.0"), "0.10");
	UNIT_STR(rs_kafka_version_class("0.9"), "0.9");
}

/* --- errors -------------------------------------------------------------------------------------------------- */

static void one_code_of_the_library_has_several_causes(void)
{
	UNIT_INT(rs_kafka_error_meaning(RD_KAFKA_RESP_ERR__TRANSPORT, "Connect to ipv4#127.0.0.1:1 failed: Connection refused").code,
	         RS_E_CONN_REFUSED);
	UNIT_INT(rs_kafka_error_meaning(RD_KAFKA_RESP_ERR__TRANSPORT, "Connection setup timed out in state CONNECT").code, RS_E_CONN_TIMEOUT);
	UNIT_INT(rs_kafka_error_meaning(RD_KAFKA_RESP_ERR__TRANSPORT, "ApiVersionRequest failed: Local: Timed out").code, RS_E_CONN_TIMEOUT);
	UNIT_INT(rs_kafka_error_meaning(RD_KAFKA_RESP_ERR__TRANSPORT, "broker might require SASL authentication").code, RS_E_CONN_DENIED);
	UNIT_INT(rs_kafka_error_meaning(RD_KAFKA_RESP_ERR__TRANSPORT, "Disconnected").code, RS_E_CONN_LOST);
	UNIT_INT(rs_kafka_error_meaning(RD_KAFKA_RESP_ERR__SSL, "certificate verify failed").code, RS_E_CONN_TLS);
	UNIT_INT(rs_kafka_error_meaning(RD_KAFKA_RESP_ERR__AUTHENTICATION, "").code, RS_E_CONN_AUTH);
	UNIT_INT(rs_kafka_error_meaning(RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, "").code, RS_E_SQL_DENIED);
}

static void is_bare(const char *reason, const char *expected)
{
	char *bare = rs_kafka_error_bare(reason);

	UNIT_STR(bare, expected);
	free(bare);
}

/* Else a broker that is down is another trouble each time that it is tried. */
static void one_trouble_has_one_text(void)
{
	is_bare("[thrd:ssl://a:1/bootstrap]: ssl://a:1/bootstrap: Connect to ipv4#127.0.0.1:1 failed: Connection refused (after 0ms in state CONNECT)",
	        "Connect to ipv4#127.0.0.1:1 failed: Connection refused");
	is_bare("[thrd:a:1/1]: a:1/1: Disconnected (after 1020ms in state UP, 3 identical error(s) suppressed)", "Disconnected");
	is_bare("[thrd:main]: Timed out (after all)", "Timed out (after all)");
	is_bare("Failed to resolve", "Failed to resolve");
	is_bare("", "");
}

static void what_may_pass_in_a_moment_is_waited_for(void)
{
	CU_ASSERT_FALSE(rs_kafka_error_is_final(RD_KAFKA_RESP_ERR__TRANSPORT, "Disconnected"));
	CU_ASSERT_FALSE(rs_kafka_error_is_final(RD_KAFKA_RESP_ERR__TIMED_OUT, ""));
	CU_ASSERT_TRUE(rs_kafka_error_is_final(RD_KAFKA_RESP_ERR__TRANSPORT, "Connection refused"));
	CU_ASSERT_TRUE(rs_kafka_error_is_final(RD_KAFKA_RESP_ERR__RESOLVE, ""));
	CU_ASSERT_TRUE(rs_kafka_error_is_final(RD_KAFKA_RESP_ERR__AUTHENTICATION, ""));
}

static void what_brokers_that_end_or_begin_look_like_does_not_fail_a_task(void)
{
	UNIT_INT(rs_kafka_error_meaning(RD_KAFKA_RESP_ERR__TRANSPORT, "Disconnected: broker might require SASL authentication").retry,
	         RS_RETRY_LATER);
	UNIT_INT(rs_kafka_error_meaning(RD_KAFKA_RESP_ERR__TRANSPORT, "connecting to a SSL listener?").retry, RS_RETRY_LATER);
	UNIT_INT(rs_kafka_error_meaning(RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, "").retry, RS_RETRY_LATER);
}

UNIT_MAIN(UNIT_TEST(one_trouble_has_one_text), UNIT_TEST(what_brokers_that_end_or_begin_look_like_does_not_fail_a_task), UNIT_TEST(a_broker_is_known_by_the_newest_request_that_it_understands), UNIT_TEST(a_version_is_one_of_the_three_of_the_form),
          UNIT_TEST(one_code_of_the_library_has_several_causes), UNIT_TEST(what_may_pass_in_a_moment_is_waited_for))
