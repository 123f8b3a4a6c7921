#include "engine/report/progress.h"

#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "unit.h"

static struct rs_progress *following(rs_usec lag)
{
	struct rs_progress *p = rs_progress_new(RS_STATE_SYNCHRONIZING);

	p->lag = lag;
	p->phases[RS_PHASE_INCREMENTAL].state = RS_PHASE_RUNNING;
	return p;
}

static void add(struct rs_progress *p, const char *name, enum rs_doing most, double share, enum rs_doing rest)
{
	struct rs_worker_seen *w;

	p->workers = rs_xrealloc(p->workers, (p->n_workers + 1) * sizeof *p->workers);
	w = &p->workers[p->n_workers++];
	*w = (struct rs_worker_seen){.doing = most};
	(void)snprintf(w->name, sizeof w->name, "%s", name);
	w->share[rest] = 1 - share;
	w->share[most] = share;
}

static void judge(struct rs_progress *p, enum rs_bottleneck expected)
{
	UNIT_INT(rs_bottleneck_of(p), expected);
	rs_progress_unref(p);
}

#define LATE (60 * RS_USEC_PER_SEC)

static void nothing_is_said_of_who_was_not_seen(void)
{
	judge(following(LATE), RS_BOTTLENECK_UNKNOWN);
	judge(rs_progress_new(RS_STATE_PAUSED), RS_BOTTLENECK_UNKNOWN);
}

static void who_keeps_up_has_none(void)
{
	struct rs_progress *p = following(RS_MSEC(100));

	add(p, "log-reader", RS_DOING_SOURCE, 0.9, RS_DOING_WORK);
	add(p, "applier", RS_DOING_DEST, 0.8, RS_DOING_WORK);
	judge(p, RS_BOTTLENECK_NONE);
	p = following(-1);
	p->caught_up = true;
	add(p, "log-reader", RS_DOING_SOURCE, 0.9, RS_DOING_WORK);
	add(p, "applier", RS_DOING_NOTHING, 0.8, RS_DOING_WORK);
	judge(p, RS_BOTTLENECK_NONE);
}

/* It had applied everything, and then the destination, or the source, ceased to answer. */
static void who_had_caught_up_is_held_up_all_the_same(void)
{
	struct rs_progress *p = following(LATE);

	p->caught_up = true;
	add(p, "log-reader", RS_DOING_SOURCE, 1, RS_DOING_WORK);
	add(p, "applier", RS_DOING_DEST, 0.7, RS_DOING_WORK);
	judge(p, RS_BOTTLENECK_DEST);
	p = following(LATE);
	p->caught_up = true;
	add(p, "log-reader", RS_DOING_SOURCE, 1, RS_DOING_WORK);
	add(p, "applier", RS_DOING_NOTHING, 1, RS_DOING_WORK);
	judge(p, RS_BOTTLENECK_SOURCE);
}

static void the_slowest_is_the_one_for_which_others_wait(void)
{
	struct rs_progress *p = following(LATE);

	add(p, "log-reader", RS_DOING_ROOM, 0.9, RS_DOING_WORK);
	add(p, "applier", RS_DOING_DEST, 0.8, RS_DOING_WORK);
	judge(p, RS_BOTTLENECK_DEST);
	p = following(LATE);
	add(p, "log-reader", RS_DOING_ROOM, 0.9, RS_DOING_WORK);
	add(p, "applier", RS_DOING_WORK, 0.8, RS_DOING_DEST);
	judge(p, RS_BOTTLENECK_APPLIER);
	p = following(LATE);
	add(p, "log-reader", RS_DOING_SOURCE, 0.9, RS_DOING_WORK);
	add(p, "applier", RS_DOING_NOTHING, 0.9, RS_DOING_DEST);
	judge(p, RS_BOTTLENECK_SOURCE);
	p = following(LATE);
	add(p, "log-reader", RS_DOING_WORK, 0.9, RS_DOING_SOURCE);
	add(p, "applier", RS_DOING_NOTHING, 0.8, RS_DOING_DEST);
	judge(p, RS_BOTTLENECK_DECODER);
}

static void lanes_that_wait_while_one_works_are_held_up_by_the_order(void)
{
	struct rs_progress *p = following(LATE);

	add(p, "log-reader", RS_DOING_ROOM, 0.9, RS_DOING_WORK);
	add(p, "applier", RS_DOING_DEST, 0.9, RS_DOING_WORK);
	add(p, "lane-1", RS_DOING_NOTHING, 0.98, RS_DOING_DEST);
	add(p, "lane-2", RS_DOING_NOTHING, 0.98, RS_DOING_DEST);
	judge(p, RS_BOTTLENECK_ORDER);
}

/* A server that hangs, or a lock: it is no question of order that nobody else has anything to do. */
static void who_waits_for_one_answer_waits_for_the_destination(void)
{
	struct rs_progress *p = following(LATE);

	add(p, "log-reader", RS_DOING_SOURCE, 1, RS_DOING_WORK);
	add(p, "applier", RS_DOING_DEST, 1, RS_DOING_WORK);
	p->workers[1].for_time = LATE;
	add(p, "lane-1", RS_DOING_NOTHING, 1, RS_DOING_DEST);
	judge(p, RS_BOTTLENECK_DEST);
}

static void threads_of_sides_are_not_the_tasks(void)
{
	struct rs_progress *p = following(LATE);

	add(p, "log-reader", RS_DOING_SOURCE, 0.9, RS_DOING_WORK);
	add(p, "applier", RS_DOING_NOTHING, 0.9, RS_DOING_DEST);
	add(p, "side applier", RS_DOING_DEST, 1, RS_DOING_WORK);
	add(p, "side log-reader", RS_DOING_ROOM, 1, RS_DOING_WORK);
	judge(p, RS_BOTTLENECK_SOURCE);
}

static void a_copy_waits_for_a_server_a_limit_or_its_last_table(void)
{
	static const struct {
		enum rs_doing most;
		enum rs_bottleneck expected;
	} cases[] = {{RS_DOING_SOURCE, RS_BOTTLENECK_SOURCE}, {RS_DOING_DEST, RS_BOTTLENECK_DEST}, {RS_DOING_TURN, RS_BOTTLENECK_LIMIT},
	             {RS_DOING_WORK, RS_BOTTLENECK_APPLIER}, {RS_DOING_NOTHING, RS_BOTTLENECK_ORDER}};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct rs_progress *p = rs_progress_new(RS_STATE_INITIALIZING);

		p->phases[RS_PHASE_FULL].state = RS_PHASE_RUNNING;
		add(p, "applier", RS_DOING_OTHERS, 1, RS_DOING_WORK);
		add(p, "copy", cases[i].most, 0.8, RS_DOING_DEST);
		add(p, "copy", cases[i].most, 0.8, RS_DOING_DEST);
		judge(p, cases[i].expected);
	}
}

static void what_threads_do_is_told_and_read_back(void)
{
	struct rs_progress *p = following(LATE), *q;
	json_t *j;

	add(p, "applier", RS_DOING_DEST, 0.75, RS_DOING_WORK);
	(void)snprintf(p->workers[0].about, sizeof p->workers[0].about, "shop.订单");
	p->workers[0].for_time = 12 * RS_USEC_PER_SEC;
	p->workers[0].connection = 41;
	p->bottleneck = RS_BOTTLENECK_DEST;
	p->slow = rs_xcalloc(1, sizeof *p->slow);
	p->n_slow = 1;
	p->slow[0] = (struct rs_slow){"COMMIT", RS_DOING_DEST, 3, RS_MSEC(900), RS_MSEC(400), 1795351267000000};
	j = rs_progress_to_json(p);
	q = rs_progress_from_json(j, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(q);
	UNIT_INT(q->bottleneck, RS_BOTTLENECK_DEST);
	UNIT_INT(q->n_workers, 1);
	UNIT_STR(q->workers[0].name, "applier");
	UNIT_STR(q->workers[0].about, "shop.订单");
	UNIT_INT(q->workers[0].doing, RS_DOING_DEST);
	UNIT_INT(q->workers[0].for_time, 12 * RS_USEC_PER_SEC);
	UNIT_INT(q->workers[0].connection, 41);
	CU_ASSERT(q->workers[0].share[RS_DOING_DEST] > 0.74 && q->workers[0].share[RS_DOING_DEST] < 0.76);
	UNIT_INT(q->n_slow, 1);
	UNIT_STR(q->slow[0].text, "COMMIT");
	UNIT_INT(q->slow[0].count, 3);
	UNIT_INT(q->slow[0].longest, RS_MSEC(400));
	UNIT_INT(q->slow[0].last, 1795351267000000);
	json_decref(j);
	rs_progress_unref(p);
	rs_progress_unref(q);
}

static void redacted_so(const char *text, bool in_quotes, const char *expected)
{
	struct rs_buf out = RS_BUF_INIT;

	rs_diagnostics_redact(text, strlen(text), in_quotes, &out);
	UNIT_STR(rs_buf_str(&out), expected);
	rs_buf_release(&out);
}

static void redacted(const char *text, const char *expected) { redacted_so(text, false, expected); }

static void values_are_taken_out_of_what_is_given_to_others_and_names_stay(void)
{
	redacted("Duplicate entry 'alice@example.com' for key 'email'", "Duplicate entry '***' for key 'email'");
	redacted("Unknown column 'note' in 'field list'", "Unknown column 'note' in '***'");
	redacted("Incorrect integer value: 'x\\'y' for column 'id' at row 1", "Incorrect integer value: '***' for column 'id' at row 1");
	redacted("UPDATE t SET a='it''s', b='c' WHERE id=7", "UPDATE t SET a='***', b='***' WHERE id=7");
	redacted("the account can't read table 'shop.orders'", "the account can't read table 'shop.orders'");
	redacted("never closed 'secret", "never closed '***'");
	redacted("DELETE FROM `t` WHERE `id`=17 AND `n` > -1.5e3 OR `d` = 0x1F rows=12", "DELETE FROM `t` WHERE `id`=*** AND `n` > -*** OR `d` = *** rows=12");
	redacted("`shop`.`t2` 5 rows", "`shop`.`t2` 5 rows");
	redacted("ALTER TABLE t ADD v TEXT DEFAULT \"it's \"\"Bob\"\"\", ADD w INT", "ALTER TABLE t ADD v TEXT DEFAULT \"***\", ADD w INT");
	redacted("SET a=\"x\\\"y\", b='say \"z\"'", "SET a=\"***\", b='***'");
	redacted("\"rds-sync event show shop\" shows it", "\"rds-sync event show shop\" shows it");
}

static void values_within_quoted_texts_are_taken_out_and_the_texts_stay(void)
{
	redacted_so("{\"primary\": \"INSERT ('a', \\\"b\\\")\", \"n\": 1}", true, "{\"primary\": \"INSERT ('***', \\\"***\\\")\", \"n\": 1}");
	redacted_so("error=\"SET a=\\\"x\\\\\\\"y\\\"\" line=7", true, "error=\"SET a=\\\"***\\\"\" line=7");
	redacted_so("error=\"SET a='x\\\\'y', b=2\" line=7", true, "error=\"SET a='***', b=2\" line=7");
	redacted_so("error=\"cut 'off\" detail=\"SET a=\\\"cut\" line=7", true, "error=\"cut '***'\" detail=\"SET a=\\\"***\\\"\" line=7");
	redacted_so("hint=\"\\\"rds-sync resume shop\\\" goes on\" at=\"\\\\\"", true, "hint=\"\\\"rds-sync resume shop\\\" goes on\" at=\"\\\\\"");
}

static void lines_of_other_tasks_are_known_in_both_forms_of_the_log(void)
{
	CU_ASSERT(rs_diagnostics_of_another("2026-11-30T00:08:26.795Z info  main journal: state task=\"shop2\" to=Failed", "shop"));
	CU_ASSERT(rs_diagnostics_of_another("{\"time\":\"t\",\"level\":\"info\",\"task\":\"crm\"}", "shop"));
	CU_ASSERT(!rs_diagnostics_of_another("2026-11-30T00:08:26.795Z info  main journal: state task=\"shop\" to=Failed", "shop"));
	CU_ASSERT(!rs_diagnostics_of_another("{\"time\":\"t\",\"level\":\"info\",\"task\":\"shop\"}", "shop"));
	CU_ASSERT(!rs_diagnostics_of_another("2026-11-30T00:08:26.795Z info  main started", "shop"));
	CU_ASSERT(rs_diagnostics_names("{\"time\":\"t\",\"level\":\"info\",\"task\":\"shop\"}", "shop"));
	CU_ASSERT(!rs_diagnostics_names("2026-11-30T00:08:26.795Z info  main started", "shop"));
	CU_ASSERT(!rs_diagnostics_names("2026-11-30T00:08:26.795Z info  main journal: state task=\"shop2\" to=Failed", "shop"));
}

UNIT_MAIN(UNIT_TEST(nothing_is_said_of_who_was_not_seen), UNIT_TEST(who_keeps_up_has_none), UNIT_TEST(who_had_caught_up_is_held_up_all_the_same),
          UNIT_TEST(the_slowest_is_the_one_for_which_others_wait), UNIT_TEST(lanes_that_wait_while_one_works_are_held_up_by_the_order),
          UNIT_TEST(threads_of_sides_are_not_the_tasks),
          UNIT_TEST(who_waits_for_one_answer_waits_for_the_destination), UNIT_TEST(a_copy_waits_for_a_server_a_limit_or_its_last_table),
          UNIT_TEST(what_threads_do_is_told_and_read_back), UNIT_TEST(values_are_taken_out_of_what_is_given_to_others_and_names_stay),
          UNIT_TEST(values_within_quoted_texts_are_taken_out_and_the_texts_stay),
          UNIT_TEST(lines_of_other_tasks_are_known_in_both_forms_of_the_log))
