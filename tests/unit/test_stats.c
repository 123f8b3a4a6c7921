/* Numbers of a running sync as the snapshots tell them. */
#include "engine/core.h"
#include "unit.h"

static rs_usec now;

static rs_usec mono(void) { return now; }

static rs_usec wall(void) { return INT64_C(1795351267) * RS_USEC_PER_SEC + now; }

static rs_usec told_lag(struct rs_stats *s)
{
	struct rs_progress *p = rs_stats_snapshot(s);
	rs_usec lag = p->lag;

	rs_progress_unref(p);
	return lag;
}

static void a_lag_that_is_not_measured_any_more_grows_with_the_clock(void)
{
	struct rs_stats s;

	rs_clock_fake(mono, wall);
	now = RS_USEC_PER_SEC;
	rs_stats_init(&s);
	CU_ASSERT_EQUAL(told_lag(&s), -1);
	now += 60 * RS_USEC_PER_SEC;
	CU_ASSERT_EQUAL(told_lag(&s), -1);
	rs_stats_lag(&s, RS_MSEC(400));
	CU_ASSERT_EQUAL(told_lag(&s), RS_MSEC(400));
	now += RS_MSEC(1500); /* between two heartbeats of an idle source */
	CU_ASSERT_EQUAL(told_lag(&s), RS_MSEC(400));
	now += RS_MSEC(28500);
	CU_ASSERT_EQUAL(told_lag(&s), RS_MSEC(30400));
	rs_stats_lag(&s, -5); /* clocks that differ by a little */
	CU_ASSERT_EQUAL(told_lag(&s), 0);
	rs_stats_release(&s);
	rs_clock_fake(NULL, NULL);
}

/* The source says seconds. What was applied is behind its log's end for as long as that was seen, but never by more than a second
 * less than it says. */
static void a_second_is_no_measure_of_a_lag(void)
{
	struct rs_stats s;
	int64_t second;

	rs_clock_fake(mono, wall);
	now = 100 * RS_USEC_PER_SEC + RS_MSEC(900);
	rs_stats_init(&s);
	second = (now + s.clock_ahead) / RS_USEC_PER_SEC;
	const rs_usec into = now + s.clock_ahead - second * RS_USEC_PER_SEC;
	rs_stats_reached(&s, second, 0);
	CU_ASSERT_EQUAL(told_lag(&s), into);
	rs_stats_reached(&s, second, now - RS_MSEC(5));
	CU_ASSERT_EQUAL(told_lag(&s), RS_MSEC(5));
	rs_stats_reached(&s, second - 30, now - RS_MSEC(5)); /* a slow network */
	CU_ASSERT_EQUAL(told_lag(&s), into + 29 * RS_USEC_PER_SEC);
	rs_stats_reached(&s, second, now - 60 * RS_USEC_PER_SEC);
	CU_ASSERT_EQUAL(told_lag(&s), into);
	rs_stats_release(&s);
	rs_clock_fake(NULL, NULL);
}

static void bytes_are_behind_within_one_file_only(void)
{
	struct rs_progress *p;
	struct rs_stats s;

	rs_stats_init(&s);
	rs_position_set_file(&s.source, "binlog.000002", 5000);
	rs_position_set_file(&s.applied, "binlog.000002", 1800);
	p = rs_stats_snapshot(&s);
	CU_ASSERT_EQUAL(p->source_behind_bytes, 3200);
	rs_progress_unref(p);
	rs_position_set_file(&s.applied, "binlog.000001", 1800);
	p = rs_stats_snapshot(&s);
	CU_ASSERT_EQUAL(p->source_behind_bytes, 0);
	rs_progress_unref(p);
	rs_position_clear(&s.source);
	p = rs_stats_snapshot(&s);
	CU_ASSERT_EQUAL(p->source_behind_bytes, 0);
	UNIT_STR(p->source_position, "");
	rs_progress_unref(p);
	rs_stats_release(&s);
}

static bool tells_of_a_step(struct rs_stats *s)
{
	struct rs_progress *p = rs_stats_snapshot(s);
	bool tells = strstr(p->note, "at one step for 25.0s") != NULL;

	rs_progress_unref(p);
	return tells;
}

/* A server that waits for someone to free space says nothing, and nor does its connection. */
static void a_step_of_the_destination_that_takes_long_is_told_while_it_lasts(void)
{
	struct rs_stats s;

	rs_clock_fake(mono, wall);
	now = RS_USEC_PER_SEC;
	rs_stats_init(&s);
	rs_stats_note(&s, "%s", "copying");
	now += 25 * RS_USEC_PER_SEC;
	CU_ASSERT_FALSE(tells_of_a_step(&s));
	rs_stats_busy(&s);
	now += 25 * RS_USEC_PER_SEC;
	CU_ASSERT_TRUE(tells_of_a_step(&s));
	rs_stats_busy(&s);
	now += 5 * RS_USEC_PER_SEC;
	CU_ASSERT_FALSE(tells_of_a_step(&s));
	now += 20 * RS_USEC_PER_SEC;
	CU_ASSERT_TRUE(tells_of_a_step(&s));
	rs_stats_free(&s);
	CU_ASSERT_FALSE(tells_of_a_step(&s));
	rs_stats_release(&s);
	rs_clock_fake(NULL, NULL);
}

static struct rs_table_stats *table_of(struct rs_stats *s, const char *name, uint64_t rows_total, uint64_t bytes_total)
{
	struct rs_table_stats *t = rs_stats_table(s, "shop", name, "shop", name);

	t->rows_total = rows_total;
	t->bytes_total = bytes_total;
	return t;
}

/* Else the bar of a copy that goes on after a pause begins at nothing again. */
static void what_was_copied_before_counts_in_bytes_too(void)
{
	struct rs_table_stats *here, *elsewhere, *begun;
	const struct rs_phase *full;
	struct rs_stats s;

	rs_stats_init(&s);
	here = table_of(&s, "here", 100, 1000);
	elsewhere = table_of(&s, "elsewhere", 50, 5000);
	begun = table_of(&s, "begun", 10, 100);
	full = &s.phases[RS_PHASE_FULL];
	rs_stats_copied(&s, here, 90, 7, true);
	here->copied = elsewhere->copied = true;
	elsewhere->rows = 50;
	rs_stats_copied(&s, begun, 4, 4, true);
	rs_stats_count(&s);
	CU_ASSERT_EQUAL(full->total, 160);
	CU_ASSERT_EQUAL(full->bytes_total, 6100);
	CU_ASSERT_EQUAL(full->done, 140);
	CU_ASSERT_EQUAL(full->bytes, 5900);
	CU_ASSERT_EQUAL(elsewhere->bytes, 5000);
	CU_ASSERT_EQUAL(begun->rows, 0);
	rs_stats_copied(&s, begun, 4, 0, true);
	CU_ASSERT_EQUAL(full->bytes, 5940);
	rs_stats_release(&s);
}

/* Else a task that fails again and again looks as if it went on. */
static void what_an_earlier_attempt_copied_is_no_progress(void)
{
	struct rs_table_stats *t;
	struct rs_stats s;

	rs_stats_init(&s);
	t = table_of(&s, "t", 100, 1000);
	rs_stats_found(&s, t, 60);
	UNIT_INT(t->rows, 60);
	UNIT_INT(s.rows_moved, 0);
	UNIT_INT(s.steps, 0);
	rs_stats_copied(&s, t, 40, 400, true);
	UNIT_INT(s.rows_moved, 40);
	UNIT_INT(s.steps, 0);
	rs_stats_step(&s);
	UNIT_INT(s.steps, 1);
	rs_stats_release(&s);
}

#define MANY 1000

static struct rs_progress *many_tables(struct rs_stats *s)
{
	char name[16];

	rs_stats_init(s);
	rs_stats_plan_begins(s);
	for (int i = 0; i < MANY; i++) {
		snprintf(name, sizeof name, "t%d", i);
		rs_stats_table(s, "d", name, "d", name);
	}
	rs_stats_plan_ends(s, NULL, NULL);
	return rs_stats_snapshot(s);
}

static size_t pieces_that_differ(const struct rs_progress *a, const struct rs_progress *b)
{
	size_t n = 0;

	for (size_t i = 0; i < rs_progress_n_pieces(a); i++)
		n += a->pieces[i] != b->pieces[i];
	return n;
}

static void snapshots_share_the_tables_that_did_not_change(void)
{
	struct rs_stats s;
	struct rs_progress *first = many_tables(&s), *second = rs_stats_snapshot(&s), *third;

	UNIT_INT(first->n_tables, MANY);
	UNIT_INT(pieces_that_differ(first, second), 0);
	rs_stats_copied(&s, s.tables[700], 5, 50, true);
	rs_stats_copied(&s, s.tables[MANY - 1], 7, 70, true);
	third = rs_stats_snapshot(&s);
	UNIT_INT(pieces_that_differ(second, third), 2);
	UNIT_INT(rs_progress_table(second, 700)->rows, 0);
	UNIT_INT(rs_progress_table(third, 700)->rows, 5);
	UNIT_INT(rs_progress_table(third, MANY - 1)->rows, 7);
	UNIT_STR(rs_progress_table(third, 701)->name, "t701");
	rs_progress_unref(first);
	rs_progress_unref(second);
	pthread_mutex_lock(&s.lock);
	rs_stats_past_copy(&s, true);
	pthread_mutex_unlock(&s.lock);
	second = rs_stats_snapshot(&s);
	for (size_t i = 0; i < MANY; i++)
		CU_ASSERT_EQUAL(rs_progress_table(second, i)->sync, RS_TABLE_SYNCHRONIZING);
	rs_stats_release(&s);
	UNIT_STR(rs_progress_table(third, 999)->name, "t999"); /* outlives what it was made of */
	rs_progress_unref(second);
	rs_progress_unref(third);
}

/* … which costs nothing as long as it stays so, and is known of tables that the plan has only later. */
static void what_is_known_to_differ_is_a_number_of_its_table(void)
{
	struct rs_stats s;
	struct rs_progress *first = many_tables(&s), *second, *third;

	rs_stats_differ(&s, "d", "later", 2);
	rs_stats_differ(&s, "d", "t70", 1);
	rs_stats_unverified(&s, "d", "t71", RS_UNVERIFIED_LARGE);
	second = rs_stats_snapshot(&s);
	UNIT_INT(second->n_tables, MANY);
	UNIT_INT(pieces_that_differ(first, second), 1);
	UNIT_INT(rs_progress_table(second, 70)->differences, 1);
	UNIT_INT(rs_progress_table(second, 71)->unverified, RS_UNVERIFIED_LARGE);
	rs_stats_unverified(&s, "d", "t71", RS_UNVERIFIED_LARGE);
	third = rs_stats_snapshot(&s);
	UNIT_INT(pieces_that_differ(second, third), 0);
	rs_progress_unref(first);
	rs_progress_unref(second);
	rs_progress_unref(third);
	rs_stats_table(&s, "d", "before", "d", "before");
	rs_stats_table(&s, "d", "later", "d", "later");
	rs_stats_differ(&s, "d", "later", -1);
	third = rs_stats_snapshot(&s);
	UNIT_STR(rs_progress_table(third, MANY + 1)->name, "later");
	UNIT_STR(rs_progress_table(third, MANY + 1)->dest_name, "later");
	UNIT_INT(rs_progress_table(third, MANY + 1)->differences, 1);
	rs_progress_unref(third);
	rs_stats_release(&s);
}

static bool is_t600(void *arg, const char *db, const char *name)
{
	(void)arg;
	(void)db;
	return strcmp(name, "t600") == 0;
}

/* A plan of which every third table is no part. */
static void thin_out(struct rs_stats *s)
{
	char name[16];

	rs_stats_plan_begins(s);
	for (int i = 0; i < MANY; i++) {
		snprintf(name, sizeof name, "t%d", i);
		if (i % 3 > 0)
			rs_stats_table(s, "d", name, "d", name);
	}
	rs_stats_plan_ends(s, is_t600, NULL);
}

/* … and of those one comes back: numbers and pieces are counted anew. */
static void tables_that_leave_are_not_in_the_pieces(void)
{
	struct rs_stats s;
	struct rs_progress *p = many_tables(&s);
	char name[16];
	size_t next = 0;

	rs_progress_unref(p);
	thin_out(&s);
	p = rs_stats_snapshot(&s);
	UNIT_INT(p->n_tables, MANY * 2 / 3);
	rs_progress_unref(p);
	rs_stats_table(&s, "d", "t600", "d", "x");
	p = rs_stats_snapshot(&s);
	for (int i = 0; i < MANY; i++) {
		snprintf(name, sizeof name, "t%d", i);
		if (i % 3 > 0 || i == 600)
			UNIT_STR(rs_progress_table(p, next++)->name, name);
	}
	UNIT_INT(p->n_tables, next);
	rs_progress_unref(p);
	rs_stats_copied(&s, s.tables[s.n_tables - 1], 4, 4, true);
	p = rs_stats_snapshot(&s);
	UNIT_INT(rs_progress_table(p, next - 1)->rows, 4);
	rs_progress_unref(p);
	rs_stats_release(&s);
}

/* A task whose tables come and go for years does not grow; but what may come back, or is known to differ, keeps its numbers. */
static void tables_that_left_are_forgotten(void)
{
	struct rs_stats s;
	struct rs_progress *p = many_tables(&s);
	struct rs_table_progress t = {.db = "d", .name = "t600", .inserts = 2};

	rs_progress_unref(p);
	pthread_mutex_lock(&s.lock);
	rs_stats_applied(&s, &(struct rs_tally){.table = s.tables[600], .op = RS_OP_INSERT, .rows = 5});
	pthread_mutex_unlock(&s.lock);
	rs_stats_differ(&s, "d", "t3", 1);
	thin_out(&s);
	UNIT_INT(s.n_tables, MANY * 2 / 3 + 2);
	rs_stats_recall(&s, &t);
	UNIT_INT(t.inserts, 7);
	UNIT_INT(rs_stats_table(&s, "d", "t600", "d", "t600")->inserts, 5);
	UNIT_INT(s.n_tables, MANY * 2 / 3 + 2);
	rs_stats_differ(&s, "d", "t3", -1);
	thin_out(&s);
	UNIT_INT(s.n_tables, MANY * 2 / 3 + 1);
	UNIT_INT(s.inserts, 5);
	rs_stats_release(&s);
}

static void a_table_that_was_dropped_is_not_shown(void)
{
	struct rs_stats s;
	struct rs_progress *p = many_tables(&s);

	rs_progress_unref(p);
	rs_stats_copied(&s, s.tables[5], 9, 9, true);
	rs_stats_dropped(&s, s.tables[5]);
	p = rs_stats_snapshot(&s);
	UNIT_INT(p->n_tables, MANY - 1);
	UNIT_STR(rs_progress_table(p, 5)->name, "t6");
	rs_progress_unref(p);
	rs_stats_table(&s, "d", "t5", "d", "t5"); /* it is made anew */
	p = rs_stats_snapshot(&s);
	UNIT_STR(rs_progress_table(p, 5)->name, "t5");
	UNIT_INT(rs_progress_table(p, 5)->rows, 0);
	rs_progress_unref(p);
	rs_stats_release(&s);
}

UNIT_MAIN(UNIT_TEST(snapshots_share_the_tables_that_did_not_change), UNIT_TEST(tables_that_leave_are_not_in_the_pieces),
          UNIT_TEST(tables_that_left_are_forgotten), UNIT_TEST(a_table_that_was_dropped_is_not_shown),
          UNIT_TEST(what_is_known_to_differ_is_a_number_of_its_table),
          UNIT_TEST(what_an_earlier_attempt_copied_is_no_progress), UNIT_TEST(what_was_copied_before_counts_in_bytes_too),
          UNIT_TEST(a_step_of_the_destination_that_takes_long_is_told_while_it_lasts),
          UNIT_TEST(a_lag_that_is_not_measured_any_more_grows_with_the_clock),
          UNIT_TEST(a_second_is_no_measure_of_a_lag), UNIT_TEST(bytes_are_behind_within_one_file_only))
