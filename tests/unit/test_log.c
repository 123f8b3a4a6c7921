#include "base/log.h"

#include <locale.h>
#include <sys/stat.h>
#include "base/clock.h"
#include "base/mem.h"
#include "base/thread.h"
#include "unit.h"

static char path[300], rotated[310];

static rs_usec fixed(void)
{
	return 951782400123456;
}

/* A new log file, at level debug. */
static void open_log(enum rs_log_format format)
{
	struct rs_err err = RS_ERR_INIT;

	setlocale(LC_ALL, "C.UTF-8");
	rs_clock_fake(fixed, fixed);
	snprintf(path, sizeof path, "%s/log", unit_tmpdir());
	snprintf(rotated, sizeof rotated, "%s.1", path);
	unlink(path);
	CU_ASSERT_EQUAL_FATAL(rs_log_open(path, RS_LOG_DEBUG, format, &err), RS_OK);
}

static char *read_file(const char *name)
{
	FILE *f = fopen(name, "r");
	char *text = rs_xcalloc(1, 65536);

	if (f) {
		text[fread(text, 1, 65535, f)] = '\0';
		fclose(f);
	}
	return text;
}

static void expect_log(const char *expected)
{
	char *text;

	rs_log_close();
	text = read_file(path);
	UNIT_STR(text, expected);
	free(text);
}

static void a_line_has_time_level_thread_and_module(void)
{
	open_log(RS_LOG_TEXT);
	rs_log(RS_LOG_INFO, "task started name=%s", "shop");
	rs_log(RS_LOG_TRACE, "not at this level %d", 1);
	rs_log_at(RS_LOG_ERROR, "plain.c", "x");
	expect_log("2000-02-29T00:00:00.123Z info  main test_log: task started name=shop\n"
	           "2000-02-29T00:00:00.123Z error main plain: x\n");
}

static void json_is_one_object_a_line(void)
{
	open_log(RS_LOG_JSON);
	rs_log(RS_LOG_WARN, "say \"hi\\\" \x1b \xc3\xa4\n");
	expect_log("{\"time\":\"2000-02-29T00:00:00.123Z\",\"level\":\"warn\",\"thread\":\"main\","
	           "\"module\":\"test_log\",\"message\":\"say \\\"hi\\\\\\\" \\\\x1b \xc3\xa4\\\\x0a\"}\n");
}

static void text_from_a_server_stays_on_one_line(void)
{
	open_log(RS_LOG_TEXT);
	rs_log(RS_LOG_INFO, "%s", "a\nb\x1b[31m\xff\xe2\x80\xae");
	expect_log("2000-02-29T00:00:00.123Z info  main test_log: a\\x0ab\\x1b[31m\\xff\\u{202e}\n");
}

static struct rs_err sample_error(void)
{
	struct rs_err err = RS_ERR_INIT;

	rs_err_set_at(&err, RS_E_CONN_AUTH, "../src/db/my_conn.c", 77, "no entry");
	rs_err_detail(&err, "Access denied for \"x\"");
	rs_err_hint(&err, "check the password");
	err.native = 1045;
	memcpy(err.sqlstate, "28000", 6);
	return err;
}

static void an_error_has_its_code_and_texts(void)
{
	struct rs_err err = sample_error();

	open_log(RS_LOG_TEXT);
	rs_log_err(RS_LOG_ERROR, "can't connect", &err);
	rs_log_err(RS_LOG_TRACE, "not at this level", &err);
	expect_log("2000-02-29T00:00:00.123Z error main my_conn: can't connect code=\"RS-2004\" sqlstate=\"28000\" "
	           "native=1045 error=\"no entry\" detail=\"Access denied for \\\"x\\\"\" hint=\"check the password\" "
	           "line=77\n");
	rs_err_clear(&err);
}

static void an_error_in_json_has_fields(void)
{
	struct rs_err err = sample_error();

	open_log(RS_LOG_JSON);
	rs_log_err(RS_LOG_ERROR, "can't connect", &err);
	expect_log("{\"time\":\"2000-02-29T00:00:00.123Z\",\"level\":\"error\",\"thread\":\"main\","
	           "\"module\":\"my_conn\",\"message\":\"can't connect\",\"code\":\"RS-2004\",\"sqlstate\":\"28000\","
	           "\"native\":1045,\"error\":\"no entry\",\"detail\":\"Access denied for \\\"x\\\"\","
	           "\"hint\":\"check the password\",\"line\":77}\n");
	rs_err_clear(&err);
}

static void a_log_file_is_private_and_appended_to(void)
{
	struct stat st = {0};
	struct rs_err err = RS_ERR_INIT;

	open_log(RS_LOG_TEXT);
	rs_log_at(RS_LOG_INFO, "a.c", "one");
	rs_log_close();
	UNIT_INT(rs_log_open(path, RS_LOG_INFO, RS_LOG_TEXT, &err), RS_OK);
	rs_log_at(RS_LOG_INFO, "a.c", "two");
	stat(path, &st);
	UNIT_INT(st.st_mode & 0777, 0600);
	expect_log("2000-02-29T00:00:00.123Z info  main a: one\n2000-02-29T00:00:00.123Z info  main a: two\n");
}

static void a_path_that_cant_be_written_is_an_error(void)
{
	struct rs_err err = RS_ERR_INIT;

	UNIT_INT(rs_log_open("/nonexistent/dir/log", RS_LOG_INFO, RS_LOG_TEXT, &err), RS_FAIL);
	UNIT_INT(err.code, RS_E_IO);
	CU_ASSERT_PTR_NOT_NULL(strstr(err.primary, "/nonexistent/dir/log"));
	rs_err_clear(&err);
}

static void levels_have_names(void)
{
	enum rs_level level = RS_LOG_ERROR;

	CU_ASSERT_TRUE(rs_log_level_parse("trace", &level));
	UNIT_INT(level, RS_LOG_TRACE);
	CU_ASSERT_FALSE(rs_log_level_parse("verbose", &level));
	CU_ASSERT_FALSE(rs_log_level_parse("", &level));
	UNIT_INT(level, RS_LOG_TRACE);
	rs_log_set_level(RS_LOG_WARN);
	CU_ASSERT_TRUE(rs_log_enabled(RS_LOG_WARN));
	CU_ASSERT_FALSE(rs_log_enabled(RS_LOG_INFO));
}

static void free_lines(char **lines, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(lines[i]);
}

static size_t tail(char **lines, size_t max)
{
	uint64_t last = 0;

	return rs_log_since(&last, lines, max);
}

static void the_tail_keeps_the_last_500(void)
{
	char *lines[600];
	size_t n;

	open_log(RS_LOG_TEXT);
	UNIT_INT(tail(lines, 600), 0);
	for (int i = 0; i < 700; i++)
		rs_log_at(RS_LOG_INFO, "m.c", "n=%d", i);
	n = tail(lines, 600);
	CU_ASSERT_EQUAL_FATAL(n, 500);
	UNIT_STR(lines[0], "2000-02-29T00:00:00.123Z info  main m: n=200");
	UNIT_STR(lines[499], "2000-02-29T00:00:00.123Z info  main m: n=699");
	free_lines(lines, n);
	n = tail(lines, 2);
	CU_ASSERT_EQUAL_FATAL(n, 2);
	UNIT_STR(lines[0], "2000-02-29T00:00:00.123Z info  main m: n=698");
	free_lines(lines, n);
	rs_log_close();
}

static void without_a_sink_the_ring_still_has_it(void)
{
	char *lines[2];

	rs_log_close();
	rs_clock_fake(fixed, fixed);
	rs_log_set_level(RS_LOG_INFO);
	rs_log_at(RS_LOG_INFO, "m.c", "early");
	CU_ASSERT_EQUAL_FATAL(tail(lines, 2), 1);
	UNIT_STR(lines[0], "2000-02-29T00:00:00.123Z info  main m: early");
	free_lines(lines, 1);
	rs_log_close();
}

static void a_long_text_is_cut_between_characters(void)
{
	char *big = rs_xmalloc(30001), *lines[1];
	size_t len;

	big[0] = 'x';
	for (size_t i = 1; i + 1 < 30000; i += 2)
		memcpy(big + i, "\xc3\xa4", 2);
	big[29999] = '\0';
	open_log(RS_LOG_TEXT);
	rs_log(RS_LOG_INFO, "%s", big);
	CU_ASSERT_EQUAL_FATAL(tail(lines, 1), 1);
	len = strlen(lines[0]);
	CU_ASSERT_TRUE(len < 9000);
	UNIT_STR(lines[0] + len - 7, "\xc3\xa4[...]");
	CU_ASSERT_PTR_NULL(strstr(lines[0], "\\x"));
	free_lines(lines, 1);
	free(big);
	rs_log_close();
}

static void the_file_is_rotated_once(void)
{
	struct stat st = {0}, old = {0};
	char *big = rs_xmalloc(8001);

	memset(big, 'x', 8000);
	big[8000] = '\0';
	open_log(RS_LOG_TEXT);
	for (int i = 0; i < 2100; i++)
		rs_log(RS_LOG_INFO, "%s", big);
	rs_log_close();
	UNIT_INT(stat(path, &st), 0);
	UNIT_INT(stat(rotated, &old), 0);
	CU_ASSERT_TRUE(old.st_size >= 16 * 1024 * 1024 && old.st_size < 16 * 1024 * 1024 + 9000);
	CU_ASSERT_TRUE(st.st_size > 0 && st.st_size < 1024 * 1024);
	UNIT_INT(st.st_mode & 0777, 0600);
	free(big);
}

static void *log_many(void *arg)
{
	for (int i = 0; i < 200; i++)
		rs_log_at(RS_LOG_INFO, "t.c", "%s %d", (const char *)arg, i);
	return NULL;
}

static void threads_do_not_mix_their_lines(void)
{
	static char texts[3][8] = {"one", "two", "three"};
	struct rs_thread t[3] = {0};
	char *text;
	int lines = 0;

	open_log(RS_LOG_TEXT);
	for (int i = 0; i < 3; i++)
		CU_ASSERT_TRUE_FATAL(rs_thread_start(&t[i], texts[i], log_many, texts[i]));
	for (int i = 0; i < 3; i++)
		rs_thread_join(&t[i]);
	rs_log_close();
	text = read_file(path);
	for (char *p = text, *end; (end = strchr(p, '\n')); p = end + 1) {
		char thread[16], word[16];
		int n;

		*end = '\0';
		CU_ASSERT_EQUAL_FATAL(sscanf(p, "2000-02-29T00:00:00.123Z info  %15s t: %15s %d", thread, word, &n), 3);
		CU_ASSERT_STRING_EQUAL_FATAL(thread, word);
		lines++;
	}
	UNIT_INT(lines, 600);
	free(text);
}

UNIT_MAIN(UNIT_TEST(a_line_has_time_level_thread_and_module),
          UNIT_TEST(json_is_one_object_a_line),
          UNIT_TEST(text_from_a_server_stays_on_one_line),
          UNIT_TEST(an_error_has_its_code_and_texts),
          UNIT_TEST(an_error_in_json_has_fields),
          UNIT_TEST(a_log_file_is_private_and_appended_to),
          UNIT_TEST(a_path_that_cant_be_written_is_an_error),
          UNIT_TEST(levels_have_names),
          UNIT_TEST(the_tail_keeps_the_last_500),
          UNIT_TEST(without_a_sink_the_ring_still_has_it),
          UNIT_TEST(a_long_text_is_cut_between_characters),
          UNIT_TEST(the_file_is_rotated_once),
          UNIT_TEST(threads_do_not_mix_their_lines))
