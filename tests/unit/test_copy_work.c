#include "unit.h"

#include "base/throttle.h"
#include "engine/copy/copy_priv.h"

#define MOST 5
#define CHUNK 100u /* rows */
#define ROW 32u    /* bytes */

/* Tables of so many chunks each, and workers that are given them. */
static struct copying {
	struct rs_engine e;
	struct rs_copy c;
	struct rs_copy_worker workers[MOST];
	struct rs_copy_table tables[MOST], *open[MOST], *finished[MOST];
	struct rs_sync_table synced[MOST];
	struct rs_table schemas[MOST];
	struct rs_table_stats stats[MOST];
	struct rs_route routes[MOST];
	unsigned left[MOST]; /* chunks that the reader finds */
} k;

static enum rs_rc bound(struct rs_table_reader *r, const struct rs_table *t, const struct rs_key *key, const struct rs_bound *after,
                        const struct rs_bound *upto, uint64_t rows, struct rs_bound *out, struct rs_err *err)
{
	(void)r, (void)key, (void)after, (void)upto, (void)rows, (void)out, (void)err;
	return --k.left[t - k.schemas] > 0 ? RS_OK : RS_EOF; /* the last one is open-ended */
}

static const struct rs_table_reader_ops reader_ops = {.bound = bound};
static struct rs_table_reader reader = {.ops = &reader_ops};

/* chunks: of each of n tables, the largest first. */
static void begin(const unsigned *chunks, size_t n)
{
	k = (struct copying){0};
	k.e.copy_throttle = &k.e.own_copy_throttle;
	rs_throttle_init(&k.e.own_copy_throttle);
	rs_cancel_init(&k.e.cancel);
	pthread_mutex_init(&k.e.stats.lock, NULL);
	k.c = (struct rs_copy){.e = &k.e, .tables = k.tables, .open = k.open, .finished = k.finished};
	rs_monitor_init(&k.c.monitor);
	for (size_t i = 0; i < n; i++) {
		struct rs_copy_table *t = &k.tables[i];
		k.left[i] = chunks[i];
		k.schemas[i].rows = (uint64_t)chunks[i] * CHUNK;
		k.schemas[i].bytes = k.schemas[i].rows * ROW;
		k.routes[i].source = &k.schemas[i];
		k.synced[i] = (struct rs_sync_table){.route = &k.routes[i], .stats = &k.stats[i], .meta.schema = &k.schemas[i]};
		*t = (struct rs_copy_table){.table = &k.synced[i], .chunk_rows = CHUNK, .next_number = 2, .deferred = true, .head = t};
		k.open[k.c.n_open++] = t;
	}
	k.c.n_tables = n;
	for (size_t i = 0; i < MOST; i++)
		k.workers[i] = (struct rs_copy_worker){.copy = &k.c, .reader = &reader};
}

static void end(void)
{
	for (size_t i = 0; i < k.c.n_tables; i++)
		rs_bound_clear(&k.tables[i].last);
	rs_monitor_release(&k.c.monitor);
	pthread_mutex_destroy(&k.e.stats.lock);
	rs_cancel_release(&k.e.cancel);
	rs_throttle_release(&k.e.own_copy_throttle);
}

/* The number of the table that the worker is given something of; it has it until it is done. */
static size_t give(size_t worker, struct rs_copy_work *w)
{
	CU_ASSERT_EQUAL_FATAL(rs_copy_next_work(&k.workers[worker], w, NULL), RS_OK);
	return (size_t)(w->t - k.tables);
}

static void done(size_t worker, struct rs_copy_work *w) { rs_copy_finish_work(&k.workers[worker], w, RS_OK, CHUNK, CHUNK * ROW); }

/* What each of n workers is at when it has its first chunk. */
static void expect_first(const size_t *tables, size_t n)
{
	struct rs_copy_work w[MOST];

	for (size_t i = 0; i < n; i++)
		UNIT_INT(give(i, &w[i]), tables[i]);
	for (size_t i = 0; i < n; i++)
		done(i, &w[i]);
}

static void workers_are_at_different_tables_of_a_size(void)
{
	begin((const unsigned[]){10, 10, 10, 9}, 4);
	expect_first((const size_t[]){0, 1, 2, 3}, 4);
	expect_first((const size_t[]){0, 1, 2, 3}, 4); /* and stay there */
	end();
}

static void a_table_that_is_larger_than_all_others_has_all(void)
{
	begin((const unsigned[]){100, 10, 10}, 3);
	expect_first((const size_t[]){0, 0, 0, 0}, 4);
	end();
}

/* So that its indexes are not built when all else is done. */
static void the_largest_has_more_workers_where_it_has_more_rows(void)
{
	begin((const unsigned[]){30, 12, 5}, 3);
	expect_first((const size_t[]){0, 0, 1, 0}, 4);
	end();
}

static void who_has_come_to_the_end_of_its_table_helps_where_most_is_left(void)
{
	struct rs_copy_work w, busy;

	begin((const unsigned[]){8, 6, 2}, 3);
	UNIT_INT(give(0, &w), 0);
	done(0, &w);
	UNIT_INT(give(1, &w), 1);
	done(1, &w);
	for (unsigned i = 0; i < 2; i++) {
		UNIT_INT(give(2, &w), 0);
		done(2, &w);
	}
	for (unsigned i = 0; i < 4; i++) {
		UNIT_INT(give(0, &w), 0);
		done(0, &w);
	}
	UNIT_INT(give(2, &busy), 0); /* the last chunk */
	UNIT_INT(give(0, &w), 1);
	done(0, &w);
	done(2, &busy);
	UNIT_INT(give(2, &w), 0);
	CU_ASSERT_TRUE(w.indexes);
	done(2, &w);
	CU_ASSERT_TRUE(k.tables[0].done);
	end();
}

static void all_is_given_out_once(void)
{
	struct rs_copy_work w;
	unsigned given[3] = {0}, indexes = 0;
	enum rs_rc rc = RS_OK;

	begin((const unsigned[]){7, 5, 1}, 3);
	for (size_t i = 0; rc == RS_OK; i = (i + 1) % 4)
		if ((rc = rs_copy_next_work(&k.workers[i], &w, NULL)) == RS_OK) {
			given[w.t - k.tables] += !w.indexes;
			indexes += w.indexes;
			done(i, &w);
		}
	UNIT_INT(rc, RS_EOF);
	UNIT_INT(given[0], 7);
	UNIT_INT(given[1], 5);
	UNIT_INT(given[2], 1);
	UNIT_INT(indexes, 3);
	end();
}

UNIT_MAIN(UNIT_TEST(workers_are_at_different_tables_of_a_size), UNIT_TEST(a_table_that_is_larger_than_all_others_has_all),
          UNIT_TEST(the_largest_has_more_workers_where_it_has_more_rows),
          UNIT_TEST(who_has_come_to_the_end_of_its_table_helps_where_most_is_left), UNIT_TEST(all_is_given_out_once))
