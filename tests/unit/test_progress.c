#include "engine/report/progress.h"
#include "base/buf.h"
#include "base/mem.h"
#include "unit.h"

#include <stdlib.h>
#include <string.h>

static struct rs_failing *full_failing(void)
{
	static char id[] = "binlog.000001:4711/3", db[] = "shop", table[] = "orders", name[] = "note", text[] = "'secret'";
	static struct rs_failing_column column = {.name = name, .after = text, .key = true};
	static struct rs_failing f = {.id = id, .gtid = id, .digest = UINT64_MAX - 1, .kind = "INSERT", .db = db, .table = table, .dest_db = db,
		.dest_table = table, .at = 1700000003000000, .columns = &column, .n_columns = 1};

	return rs_failing_copy(&f);
}

static void put_verify(struct rs_verify_progress *v)
{
	static char db[] = "shop", table[] = "orders", key[] = "id=5", place[] = "x35";
	static const struct rs_known_diff diff = {RS_DIFF_EXTRA, db, table, key, place, 1700000004000000};

	v->state = RS_VERIFIER_RUNNING;
	v->continuous = v->repair = true;
	v->budget = 10;
	v->source_share = 9.5;
	v->passes = 2;
	v->pass_ended = 1700000005000000;
	snprintf(v->table, sizeof v->table, "orders");
	v->found = 3;
	v->differences = 1;
	v->diffs = calloc(1, sizeof *v->diffs);
	v->diffs[0] = rs_known_diff_copy(&diff);
	v->n_diffs = 1;
}

static struct rs_progress *full_snapshot(void)
{
	static const struct rs_table_progress tables[] = {
		{.db = "shop", .name = "orders", .dest_db = "copy", .dest_name = "orders_v2", .rows = 5, .rows_total = 9,
	     .bytes = 100, .bytes_total = 180, .inserts = 1, .updates = 2, .deletes = 3,
	     .last_change = 1700000000123000, .copying = true, .keyless = true, .note = "3 of 12 columns"},
		{.db = "shop", .name = "b\xc3\xa9", .dest_db = "shop", .dest_name = "b\xc3\xa9", .copied = true},
	};
	static const struct rs_problem problem = {.code = RS_E_CONN_LOST, .text = "source: gone", .hint = "wait",
		.first = 1700000001000000, .last = 1700000002000000, .count = 3, .fatal = true};
	struct rs_progress *p = rs_progress_new(RS_STATE_RETRYING);

	p->consistent = p->caught_up = true;
	p->started = 1700000000000000;
	p->phases[RS_PHASE_FULL] = (struct rs_phase){RS_PHASE_RUNNING, 5, 9, 100, 180, 1700000000000000, 0};
	p->lag = 1500000;
	p->rows_per_sec = 12.5;
	p->inserts = UINT32_MAX;
	p->inserts *= 2;
	snprintf(p->source_position, sizeof p->source_position, "binlog.000412:88120334");
	rs_progress_set_tables(p, tables, 2);
	rs_progress_set_problems(p, &problem, 1);
	rs_err_set(&p->error, RS_E_CONN_LOST, "the connection was lost");
	rs_err_hint(&p->error, "look at the server");
	p->error.native = 2013;
	p->skipped = 3;
	p->delivery = (struct rs_delivery){.measured = true, .lag = 250000, .uncommitted = 7, .unacknowledged = 3};
	put_verify(&p->verify);
	p->failing = full_failing();
	p->hot = (struct rs_hot_key){.table = "shop.orders", .key = "id='secret'", .share = 0.75};
	return p;
}

static void json_and_back_keeps_everything(void)
{
	struct rs_progress *p = full_snapshot(), *q;
	json_t *there = rs_progress_to_json(p), *again;

	q = rs_progress_from_json(there, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(q);
	again = rs_progress_to_json(q);
	CU_ASSERT_TRUE(json_equal(there, again));
	UNIT_INT(q->state, RS_STATE_RETRYING);
	UNIT_STR(rs_progress_table(q, 0)->dest_name, "orders_v2");
	UNIT_INT(rs_progress_table(q, 0)->last_change, 1700000000123000);
	UNIT_INT(q->lag, 1500000);
	UNIT_INT(q->log_lasts, -1);
	UNIT_INT(q->delivery.lag, 250000);
	UNIT_INT(q->delivery.uncommitted, 7);
	UNIT_INT(q->delivery.unacknowledged, 3);
	UNIT_INT(q->inserts, 8589934590);
	UNIT_INT(q->problems[0].code, RS_E_CONN_LOST);
	UNIT_INT(q->error.native, 2013);
	UNIT_INT(q->verify.diffs[0].kind, RS_DIFF_EXTRA);
	UNIT_STR(q->verify.diffs[0].place, "x35");
	UNIT_INT(q->verify.dest_share < 0, 1);
	UNIT_INT(q->failing->digest == UINT64_MAX - 1, 1);
	UNIT_STR(q->failing->kind, "INSERT");
	UNIT_STR(q->failing->gtid, p->failing->gtid);
	json_decref(there);
	json_decref(again);
	rs_progress_unref(p);
	rs_progress_unref(q);
}

/* What a row holds goes to the user's own processes, and not into what is printed for all. */
static void rows_are_private(void)
{
	struct rs_progress *p = full_snapshot(), *q;
	json_t *told = rs_progress_to_json(p), *kept = rs_progress_to_private_json(p);
	char *text = json_dumps(told, 0);

	CU_ASSERT_PTR_NULL(strstr(text, "secret"));
	q = rs_progress_from_json(kept, NULL);
	UNIT_INT(q->failing->n_columns, 1);
	UNIT_STR(q->failing->columns[0].after, "'secret'");
	CU_ASSERT_PTR_NULL(q->failing->columns[0].before);
	UNIT_INT(q->failing->columns[0].key, 1);
	UNIT_STR(q->hot.key, "id='secret'");
	UNIT_STR(q->hot.table, "shop.orders");
	CU_ASSERT_DOUBLE_EQUAL(q->hot.share, 0.75, 0.0001);
	free(text);
	json_decref(told);
	json_decref(kept);
	rs_progress_unref(p);
	rs_progress_unref(q);
}

static void what_was_not_measured_is_null_in_json(void)
{
	struct rs_progress *p = rs_progress_new(RS_STATE_INITIALIZING);
	json_t *j = rs_progress_to_json(p);

	CU_ASSERT_TRUE(json_is_null(json_object_get(j, "lag_seconds")));
	CU_ASSERT_TRUE(json_is_null(json_object_get(j, "rows_per_second")));
	CU_ASSERT_TRUE(json_is_null(json_object_get(j, "checkpoint")));
	CU_ASSERT_TRUE(json_is_null(json_object_get(json_object_get(j, "delivery"), "lag_seconds")));
	CU_ASSERT_TRUE(json_is_null(json_object_get(j, "error")));
	CU_ASSERT_TRUE(json_is_null(json_object_get(j, "source_position")));
	json_decref(j);
	rs_progress_unref(p);
}

static void text_that_is_not_utf8_is_escaped_not_lost(void)
{
	struct rs_progress *p = rs_progress_new(RS_STATE_FAILED);
	json_t *j;

	rs_err_set(&p->error, RS_E_SQL, "bad \xff byte");
	j = rs_progress_to_json(p);
	UNIT_STR(json_string_value(json_object_get(json_object_get(j, "error"), "primary")), "bad \\xff byte");
	json_decref(j);
	rs_progress_unref(p);
}

static void json_of_an_unknown_state_is_refused(void)
{
	struct rs_err err = RS_ERR_INIT;
	json_t *j = json_pack("{s:s}", "state", "Dreaming");

	CU_ASSERT_PTR_NULL(rs_progress_from_json(j, &err));
	UNIT_INT(err.code, RS_E_STATE);
	rs_err_clear(&err);
	json_decref(j);
}

static void json_of_the_wrong_types_does_no_harm(void)
{
	json_t *j = json_pack("{s:s, s:i, s:[i,s], s:{s:i}, s:s, s:[n], s:i, s:s}", "state", "Failed", "phases", 5, "tables", 1,
	                      "x", "counters", "inserts", -4, "lag_seconds", "soon", "problems", "error", 3, "taken", "never");
	struct rs_progress *p = rs_progress_from_json(j, NULL);

	CU_ASSERT_PTR_NOT_NULL_FATAL(p);
	UNIT_INT(p->n_tables, 2);
	UNIT_INT(p->inserts, 0);
	UNIT_INT(p->lag, -1);
	UNIT_INT(p->taken, 0);
	rs_progress_unref(p);
	json_decref(j);
}

static void every_state_has_a_word_of_its_own(void)
{
	for (int i = RS_STATE_NOT_CONFIGURED; i <= RS_STATE_RELEASED; i++) {
		enum rs_state back = RS_STATE_RELEASED;

		CU_ASSERT_TRUE(rs_state_parse(rs_state_code((enum rs_state)i), &back));
		UNIT_INT(back, i);
		CU_ASSERT_TRUE(strlen(rs_state_title((enum rs_state)i)) > 0);
	}
}

static void a_remedy_is_told_whole(void)
{
	struct rs_problem_list l = RS_PROBLEM_LIST_INIT;
	struct rs_err err = RS_ERR_INIT;

	rs_err_set(&err, RS_E_BINLOG_PURGED, "gone");
	rs_err_hint(&err, "%0400d", 0); /* translations are longer than what we write */
	rs_problems_add(&l, &err, NULL, true);
	UNIT_STR(l.items[0].hint, err.hint);
	rs_err_clear(&err);
	rs_problems_release(&l);
}

static void the_lines_of_an_error_become_one(void)
{
	struct rs_problem_list l = RS_PROBLEM_LIST_INIT;
	struct rs_err a = RS_ERR_INIT;

	rs_err_set(&a, RS_E_SQL_DEADLOCK, "it failed");
	rs_err_detail(&a, "the statement\ntable shop.orders\n");
	rs_problems_add(&l, &a, NULL, false);
	UNIT_STR(l.items[0].text, "it failed: the statement; table shop.orders");
	rs_err_clear(&a);
	rs_problems_release(&l);
}

static void problems_that_say_the_same_are_counted(void)
{
	struct rs_problem_list l = RS_PROBLEM_LIST_INIT;
	struct rs_err a = RS_ERR_INIT, b = RS_ERR_INIT;

	rs_err_set(&a, RS_E_SQL_DEADLOCK, "deadlock");
	rs_err_set(&b, RS_E_CONN_LOST, "gone");
	rs_problems_add(&l, &a, "shop.orders", false);
	rs_problems_add(&l, &b, NULL, false);
	rs_problems_add(&l, &a, "shop.carts", false);
	rs_problems_add(&l, &a, "shop.orders", true);
	UNIT_INT(l.count, 3);
	UNIT_STR(l.items[2].text, "shop.orders: deadlock");
	UNIT_INT(l.items[2].count, 2);
	CU_ASSERT_TRUE(l.items[2].fatal);
	rs_err_clear(&a);
	rs_err_clear(&b);
	rs_problems_release(&l);
}

static void problems_are_bounded_and_the_newest_stay(void)
{
	struct rs_problem_list l = RS_PROBLEM_LIST_INIT;

	for (int i = 0; i < RS_PROBLEMS_MAX + 5; i++) {
		struct rs_err err = RS_ERR_INIT;

		rs_err_set(&err, RS_E_SQL, "number %d", i);
		rs_problems_add(&l, &err, NULL, false);
		rs_err_clear(&err);
	}
	UNIT_INT(l.count, RS_PROBLEMS_MAX);
	UNIT_STR(l.items[0].text, "number 5");
	UNIT_STR(l.items[RS_PROBLEMS_MAX - 1].text, "number 204");
	rs_problems_release(&l);
}

/* What is counted by code is a counter, and never falls: not for those that are listed no more, nor where a part ends. */
static void problems_that_are_not_listed_any_more_are_counted(void)
{
	struct rs_problem_list l = RS_PROBLEM_LIST_INIT;
	struct rs_problem_counts all = {NULL, 0, 0};
	struct rs_err err = RS_ERR_INIT;

	rs_err_set(&err, RS_E_CONN_LOST, "gone");
	rs_problems_add(&l, &err, NULL, false);
	for (int i = 0; i < RS_PROBLEMS_MAX + 5; i++) {
		rs_err_clear(&err);
		rs_err_set(&err, RS_E_SQL, "number %d", i);
		rs_problems_add(&l, &err, NULL, false);
	}
	rs_problem_counts_add(&all, &l.counted);
	rs_problem_counts_add(&all, &l.counted);
	UNIT_INT(l.counted.n, 2);
	UNIT_INT(l.counted.items[0].code, RS_E_CONN_LOST);
	UNIT_INT(l.counted.items[0].n, 1);
	UNIT_INT(l.counted.items[1].n, RS_PROBLEMS_MAX + 5);
	UNIT_INT(all.items[1].n, 2 * (RS_PROBLEMS_MAX + 5));
	rs_err_clear(&err);
	rs_problem_counts_clear(&all);
	rs_problems_release(&l);
}

static void a_long_problem_is_cut_between_characters(void)
{
	struct rs_problem_list l = RS_PROBLEM_LIST_INIT;
	struct rs_err err = RS_ERR_INIT;
	char text[1000];

	for (size_t i = 0; i + 1 < sizeof text; i += 3)
		memcpy(text + i, "\xe4\xb8\xad", 3);
	text[999] = '\0';
	rs_err_set(&err, RS_E_SQL, "%s", text);
	rs_problems_add(&l, &err, NULL, false);
	UNIT_INT(strlen(l.items[0].text), 639);
	rs_err_clear(&err);
	rs_problems_release(&l);
}

/* Those of one snapshot, in one call and in several, up to and across the ends of pieces. */
static void tables_are_added_in_parts(void)
{
	static const size_t parts[] = {0, 1, 62, 1, 0, 64, 1, 130, 0};
	struct rs_progress *p = rs_progress_new(RS_STATE_SYNCHRONIZING);
	size_t n = 0;

	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
		struct rs_table_progress tables[130];

		for (size_t k = 0; k < parts[i]; k++)
			tables[k] = (struct rs_table_progress){.db = "d", .name = "t", .rows = n++};
		rs_progress_add_tables(p, tables, parts[i]);
	}
	UNIT_INT(p->n_tables, n);
	for (size_t i = 0; i < n; i++)
		UNIT_INT(rs_progress_table(p, i)->rows, i);
	rs_progress_unref(p);
}

static void *reader(void *arg)
{
	struct rs_progress_cell *c = arg;
	uint64_t last = 0;

	while (last < 20000) {
		const struct rs_progress *p = rs_progress_get(c);

		if (p->transactions < last || rs_progress_table(p, 0)->rows != p->transactions)
			return arg;
		last = p->transactions;
		rs_progress_unref(p);
	}
	return NULL;
}

static void readers_of_a_cell_see_whole_snapshots_in_order(void)
{
	struct rs_table_progress table = {.db = "d", .name = "t"};
	struct rs_progress *p = rs_progress_new(RS_STATE_SYNCHRONIZING);
	struct rs_progress_cell c;
	pthread_t threads[3];

	rs_progress_set_tables(p, &table, 1);
	rs_progress_cell_init(&c, p);
	for (size_t i = 0; i < 3; i++)
		CU_ASSERT_EQUAL_FATAL(pthread_create(&threads[i], NULL, reader, &c), 0);
	for (uint64_t n = 1; n <= 20000; n++) {
		p = rs_progress_new(RS_STATE_SYNCHRONIZING);
		p->transactions = table.rows = n;
		rs_progress_set_tables(p, &table, 1);
		rs_progress_publish(&c, p);
	}
	for (size_t i = 0; i < 3; i++) {
		void *wrong = &c;

		pthread_join(threads[i], &wrong);
		CU_ASSERT_PTR_NULL(wrong);
	}
	rs_progress_cell_release(&c);
}

/* Names of tables in their order: "t0 t1 ". */
static void names_of(const struct rs_progress *p, struct rs_buf *out)
{
	rs_buf_clear(out);
	for (size_t i = 0; i < p->n_tables; i++)
		(void)rs_buf_addf(out, "%s:%llu ", rs_progress_table(p, i)->name, (unsigned long long)rs_progress_table(p, i)->rows);
}

static struct rs_progress *with_tables(size_t n, size_t changed)
{
	struct rs_progress *p = rs_progress_new(RS_STATE_SYNCHRONIZING);
	struct rs_table_progress *tables = rs_xcalloc(n + 1, sizeof *tables);
	char (*names)[16] = rs_xcalloc(n + 1, sizeof *names);

	for (size_t i = 0; i < n; i++) {
		(void)snprintf(names[i], sizeof names[i], "t%zu", i);
		tables[i] = (struct rs_table_progress){.db = "d", .name = names[i], .dest_db = "d", .dest_name = names[i], .rows = i == changed};
	}
	rs_progress_set_tables(p, tables, n);
	free(tables);
	free(names);
	return p;
}

static size_t pieces_sent(const json_t *tables)
{
	size_t n = 0;

	for (size_t i = 0; i < json_array_size(json_object_get(tables, "pieces")); i++)
		n += json_is_array(json_array_get(json_object_get(tables, "pieces"), i));
	return n;
}

/* What the other side makes of it. */
static struct rs_progress *received(const struct rs_progress *p, const struct rs_progress *known, size_t sent)
{
	uint64_t has[8] = {0};
	struct rs_progress *copy = rs_progress_new(RS_STATE_SYNCHRONIZING);
	json_t *tables;

	for (size_t i = 0; known && i < rs_progress_n_pieces(known); i++)
		has[i] = known->pieces[i]->serial;
	tables = rs_progress_tables_since(p, has, 8);
	UNIT_INT(pieces_sent(tables), sent);
	UNIT_INT(rs_progress_take_tables(copy, tables, known, NULL), RS_OK);
	json_decref(tables);
	return copy;
}

static void expect_same_tables(const struct rs_progress *a, const struct rs_progress *b)
{
	struct rs_buf x = RS_BUF_INIT, y = RS_BUF_INIT;

	names_of(a, &x);
	names_of(b, &y);
	UNIT_STR(rs_buf_str(&x), rs_buf_str(&y));
	rs_buf_release(&x);
	rs_buf_release(&y);
}

static void only_tables_that_changed_are_sent(void)
{
	struct rs_progress *first = with_tables(200, 1000), *shared = rs_progress_new(RS_STATE_SYNCHRONIZING), *fewer = with_tables(70, 3);
	struct rs_progress *seen = received(first, NULL, 4), *again = received(first, seen, 0), *last;
	const struct rs_table_piece *pieces[4];
	struct rs_progress *other = with_tables(200, 70);
	json_t *tables;

	expect_same_tables(seen, first);
	expect_same_tables(again, first);
	CU_ASSERT_TRUE(rs_progress_same_tables(seen, again));
	for (size_t i = 0; i < 4; i++)
		pieces[i] = i == 1 ? other->pieces[1] : first->pieces[i]; /* table 70 changed */
	rs_progress_share_tables(shared, pieces, 200);
	last = received(shared, seen, 1);
	expect_same_tables(last, shared);
	CU_ASSERT_PTR_EQUAL(last->pieces[0], seen->pieces[0]);
	rs_progress_unref(last);
	last = received(fewer, seen, 2);
	expect_same_tables(last, fewer);
	rs_progress_unref(last);
	/* who does not have what was left out */
	tables = rs_progress_tables_since(first, (uint64_t[]){first->pieces[0]->serial}, 1);
	last = rs_progress_new(RS_STATE_SYNCHRONIZING);
	UNIT_INT(rs_progress_take_tables(last, tables, fewer, NULL), RS_FAIL);
	UNIT_INT(last->n_tables, 0);
	json_decref(tables);
	rs_progress_unref(last);
	rs_progress_unref(first);
	rs_progress_unref(shared);
	rs_progress_unref(fewer);
	rs_progress_unref(seen);
	rs_progress_unref(again);
	rs_progress_unref(other);
}

UNIT_MAIN(UNIT_TEST(only_tables_that_changed_are_sent), UNIT_TEST(a_remedy_is_told_whole), UNIT_TEST(tables_are_added_in_parts), UNIT_TEST(json_and_back_keeps_everything), UNIT_TEST(rows_are_private), UNIT_TEST(what_was_not_measured_is_null_in_json),
          UNIT_TEST(text_that_is_not_utf8_is_escaped_not_lost), UNIT_TEST(json_of_an_unknown_state_is_refused),
          UNIT_TEST(json_of_the_wrong_types_does_no_harm), UNIT_TEST(every_state_has_a_word_of_its_own),
          UNIT_TEST(the_lines_of_an_error_become_one), UNIT_TEST(problems_that_say_the_same_are_counted), UNIT_TEST(problems_are_bounded_and_the_newest_stay),
          UNIT_TEST(problems_that_are_not_listed_any_more_are_counted),
          UNIT_TEST(a_long_problem_is_cut_between_characters),
          UNIT_TEST(readers_of_a_cell_see_whole_snapshots_in_order))
