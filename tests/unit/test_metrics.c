#include "engine/report/metrics.h"

#include "base/listen.h"
#include "engine/report/progress.h"
#include "unit.h"

static char *text_of(const char *name, struct rs_progress *p)
{
	struct rs_task *task = rs_task_new("mysql-to-mysql", name, NULL);
	struct rs_buf text = RS_BUF_INIT;

	rs_metrics_text(&text, task, p);
	rs_progress_unref(p);
	rs_task_free(task);
	return rs_buf_take(&text);
}

static void has(const char *text, const char *wanted, bool yes)
{
	if ((strstr(text, wanted) != NULL) != yes)
		printf("# %s: %s\n", yes ? "missing" : "not to be there", wanted);
	CU_ASSERT_EQUAL(strstr(text, wanted) != NULL, yes);
}

static void what_was_not_measured_is_left_out(void)
{
	struct rs_progress *p = rs_progress_new(RS_STATE_PAUSED);
	char *text = text_of("shop", p);

	has(text, "\nrds_sync_state{task=\"shop\",state=\"Suspending\"} 1\n", true);
	has(text, "\nrds_sync_state{task=\"shop\",state=\"Synchronizing\"} 0\n", true);
	has(text, "lag_seconds", false);
	has(text, "rows_per_second", false);
	has(text, "checkpoint_timestamp_seconds", false);
	has(text, "\nrds_sync_throttled{task=\"shop\"} 0\n", true);
	free(text);
	p = rs_progress_new(RS_STATE_SYNCHRONIZING);
	p->lag = RS_MSEC(1500);
	p->rows_per_sec = 0;
	p->checkpoint = 1795351267 * RS_USEC_PER_SEC;
	memcpy(p->throttled, "speed_class", sizeof "speed_class");
	text = text_of("shop", p);
	has(text, "\nrds_sync_lag_seconds{task=\"shop\"} 1.5\n", true);
	has(text, "\nrds_sync_rows_per_second{task=\"shop\"} 0\n", true);
	has(text, "\nrds_sync_checkpoint_timestamp_seconds{task=\"shop\"} 1795351267\n", true);
	has(text, "\nrds_sync_throttled{task=\"shop\"} 1\n", true);
	free(text);
}

static void problems_are_counted_by_code(void)
{
	struct rs_problem_count counts[] = {{RS_E_ANOMALY, 7}, {RS_E_CONN_LOST, 1}};
	const struct rs_problem_counts counted = {counts, 2, 2};
	struct rs_progress *p = rs_progress_new(RS_STATE_SYNCHRONIZING);

	rs_problem_counts_add(&p->counted, &counted); /* whatever of them is still listed */
	char *text = text_of("shop", p);
	has(text, "\nrds_sync_problems_total{task=\"shop\",code=\"RS-6002\"} 7\n", true);
	has(text, "\nrds_sync_problems_total{task=\"shop\",code=\"RS-2006\"} 1\n", true);
	free(text);
}

static void a_name_cant_end_its_label(void)
{
	char *text = text_of("a\"} 1\\ b", rs_progress_new(RS_STATE_FAILED));

	has(text, "\nrds_sync_tables{task=\"a\\\"} 1\\\\ b\"} 0\n", true);
	free(text);
}

static void addresses_are_numbers_and_local_ones_are_told(void)
{
	static const struct {
		const char *text;
		bool good, local;
	} cases[] = {{"127.0.0.1:9187", true, true}, {"127.3.2.1:1", true, true}, {"[::1]:65535", true, true},
	             {"0.0.0.0:9187", true, false}, {"[::]:9187", true, false}, {"192.168.0.1:80", true, false},
	             {"[::ffff:10.0.0.1]:80", true, false}, {"", false, false}, {":", false, false}, {"9187", false, false},
	             {"127.0.0.1", false, false}, {"127.0.0.1:", false, false}, {"127.0.0.1:0", false, false},
	             {"127.0.0.1:65536", false, false}, {"127.0.0.1:1x", false, false}, {"localhost:80", false, false},
	             {"::1:80", false, false}, {"[::1:80", false, false}, {"[]:80", false, false}, {"[:80", false, false},
	             {"[0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000]:80", false, false}};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct sockaddr_storage address;
		socklen_t len;
		bool good = rs_listen_address(cases[i].text, &address, &len);

		if (good != cases[i].good)
			printf("# %s\n", cases[i].text);
		CU_ASSERT_EQUAL(good, cases[i].good);
		if (good)
			CU_ASSERT_EQUAL(rs_listen_is_local(&address), cases[i].local);
	}
}

UNIT_MAIN(UNIT_TEST(what_was_not_measured_is_left_out), UNIT_TEST(problems_are_counted_by_code),
          UNIT_TEST(a_name_cant_end_its_label), UNIT_TEST(addresses_are_numbers_and_local_ones_are_told))
