#include "unit.h"

#include <poll.h>
#include <sched.h>
#include <stdlib.h>
#include "base/mem.h"
#include "engine/core.h"
#include "engine/follow/reading.h"

/* A stream of transactions that the test lets come: of each a BEGIN and a COMMIT, numbered by their server_id. */
struct source {
	struct rs_stream base;
	struct rs_monitor monitor;   /* guards the rest */
	unsigned come, read;         /* items */
	size_t bytes;                /* of each item */
	bool cancelled, fails;
	char reader[16];             /* who read last */
};

static bool has_more(const void *arg)
{
	const struct source *s = arg;

	return s->come > s->read || s->cancelled || s->fails;
}

/* Waits as the real one does: for something to be read, or for the wake_fd. */
static bool await(struct source *s, rs_usec timeout)
{
	rs_usec end = rs_clock_mono() + timeout;

	while (!has_more(s)) {
		struct pollfd wake = {.fd = s->base.wake_fd, .events = POLLIN};
		if (timeout >= 0 && (poll(&wake, 1, 0) == 1 || rs_clock_mono() >= end))
			return false;
		rs_monitor_wait(&s->monitor, RS_MSEC(1));
	}
	return true;
}

static enum rs_rc give(struct source *s, struct rs_change **out, struct rs_err *err)
{
	snprintf(s->reader, sizeof s->reader, "%s", rs_thread_name());
	if (s->cancelled)
		return RS_CANCELLED;
	if (s->come == s->read)
		return rs_err_set(err, RS_E_CONN_LOST, "gone");
	*out = rs_change_new(s->read % 2 == 0 ? RS_CHANGE_BEGIN : RS_CHANGE_COMMIT);
	(*out)->server_id = s->read++;
	(*out)->bytes = s->bytes;
	return RS_OK;
}

static enum rs_rc source_next(struct rs_stream *base, rs_usec timeout, struct rs_change **out, struct rs_err *err)
{
	struct source *s = (struct source *)base;
	enum rs_rc rc = RS_AGAIN;

	rs_monitor_enter(&s->monitor);
	if (await(s, timeout))
		rc = give(s, out, err);
	rs_monitor_leave(&s->monitor);
	return rc;
}

static void source_cancel(struct rs_stream *base)
{
	struct source *s = (struct source *)base;

	rs_monitor_enter(&s->monitor);
	s->cancelled = true;
	rs_monitor_wake(&s->monitor);
	rs_monitor_leave(&s->monitor);
}

static void source_close(struct rs_stream *base) { rs_monitor_release(&((struct source *)base)->monitor); }

static const struct rs_stream_ops source_ops = {.close = source_close, .cancel = source_cancel, .next = source_next};

/* ------------------------------------------------------------------ what reads it */

struct run {
	struct rs_engine *e;
	struct rs_reading r;
	struct source s;
	unsigned taken;
};

static void run_begin(struct run *i, bool tells)
{
	static struct rs_task task = {.sync.memory = (size_t)64 << 20};

	*i = (struct run){.e = rs_xcalloc(1, sizeof *i->e), .s = {.base = {.ops = &source_ops, .tells = tells}, .bytes = 100}};
	i->e->task = &task;
	pthread_mutex_init(&i->e->live_lock, NULL);
	pthread_mutex_init(&i->e->stats.lock, NULL);
	rs_activities_init(&i->e->activities);
	rs_monitor_init(&i->e->monitor);
	rs_cancel_init(&i->e->cancel);
	rs_monitor_init(&i->s.monitor);
	rs_reading_init(&i->r, i->e);
	UNIT_INT(rs_reading_start(&i->r, &i->s.base, NULL), RS_OK);
}

static void run_end(struct run *i)
{
	rs_reading_stop(&i->r);
	rs_reading_release(&i->r);
	rs_cancel_release(&i->e->cancel);
	rs_monitor_release(&i->e->monitor);
	rs_activities_release(&i->e->activities);
	pthread_mutex_destroy(&i->e->stats.lock);
	pthread_mutex_destroy(&i->e->live_lock);
	free(i->e->live);
	free(i->e);
}

static void let_come(struct run *i, unsigned transactions, size_t bytes)
{
	rs_monitor_enter(&i->s.monitor);
	i->s.come += 2 * transactions;
	i->s.bytes = bytes;
	rs_monitor_wake(&i->s.monitor);
	rs_monitor_leave(&i->s.monitor);
}

/* The next item, whoever reads it; it must be the next. */
static void take_one(struct run *i)
{
	struct rs_change *c = NULL;
	enum rs_rc rc = RS_AGAIN;

	while (rc == RS_AGAIN)
		rc = rs_reading_take(&i->r, RS_USEC_PER_SEC, &c);
	CU_ASSERT_EQUAL_FATAL(rc, RS_OK);
	UNIT_INT(c->server_id, i->taken++);
	rs_change_free(c);
}

static void take(struct run *i, unsigned transactions)
{
	for (unsigned n = 0; n < 2 * transactions; n++)
		take_one(i);
}

static void copy_reader(struct run *i, char *out)
{
	rs_monitor_enter(&i->s.monitor);
	memcpy(out, i->s.reader, sizeof i->s.reader);
	rs_monitor_leave(&i->s.monitor);
}

/* Until the thread has left the stream. */
static void await_rest(struct run *i)
{
	bool rests = false;

	while (!rests) {
		rs_monitor_enter(&i->r.monitor);
		rests = i->r.turn == RS_TURN_NOBODY;
		rs_monitor_leave(&i->r.monitor);
		sched_yield();
	}
}

/* Transactions that come one by one, until the one who takes them read the last one: the first time, unless he was kept from it for
 * so long that the thread has taken the stream again. */
static void come_to_read(struct run *i)
{
	char reader[16];
	unsigned tries = 0;

	do {
		let_come(i, 1, 100);
		take(i, 1);
		copy_reader(i, reader);
		await_rest(i);
	} while (strcmp(reader, "main") != 0 && ++tries < 1000);
	UNIT_STR(reader, "main");
}

/* Whoever takes looks whether it was nudged, and whether it is its turn. */
static void take_nothing(struct run *i)
{
	struct rs_change *c = NULL;

	UNIT_INT(rs_reading_take(&i->r, 0, &c), RS_AGAIN);
}

static void what_comes_alone_is_read_by_who_takes_it(void)
{
	struct run i;

	run_begin(&i, true);
	come_to_read(&i);
	take_nothing(&i);
	CU_ASSERT_TRUE(rs_reading_is_idle(&i.r));
	let_come(&i, 1, 100);
	take_one(&i);
	CU_ASSERT_FALSE(i.r.directly && rs_reading_is_idle(&i.r)); /* the COMMIT may have come */
	take_one(&i);
	take_nothing(&i);
	CU_ASSERT_TRUE(rs_reading_is_idle(&i.r));
	run_end(&i);
}

static void what_comes_in_masses_is_read_by_the_thread(void)
{
	struct run i;

	run_begin(&i, true);
	come_to_read(&i);
	let_come(&i, 1000, 10000);
	take(&i, 500);
	char reader[16];
	copy_reader(&i, reader);
	UNIT_STR(reader, "log-reader");
	take(&i, 500);
	come_to_read(&i);
	run_end(&i);
}

/* Who takes is at work with the destination; the queue fills meanwhile. */
static void the_thread_reads_while_nobody_takes(void)
{
	struct run i;
	bool all = false;

	run_begin(&i, true);
	come_to_read(&i);
	let_come(&i, 3, 100);
	while (!all) {
		rs_monitor_enter(&i.s.monitor);
		all = i.s.read == i.s.come;
		rs_monitor_leave(&i.s.monitor);
		sched_yield();
	}
	take(&i, 3);
	come_to_read(&i);
	run_end(&i);
}

static void a_stream_that_cannot_tell_is_the_threads(void)
{
	struct run i;
	char reader[16];

	run_begin(&i, false);
	for (unsigned n = 0; n < 100; n++) {
		let_come(&i, 1, 100);
		take(&i, 1);
		copy_reader(&i, reader);
		UNIT_STR(reader, "log-reader");
	}
	run_end(&i);
}

static void *nudge(void *arg)
{
	rs_reading_nudge(arg);
	return NULL;
}

static void a_nudge_wakes_who_waits_in_the_stream(void)
{
	struct run i;
	struct rs_thread other = {0};
	struct rs_change *c = NULL;

	run_begin(&i, true);
	come_to_read(&i);
	take_nothing(&i);
	CU_ASSERT_TRUE_FATAL(rs_thread_start(&other, "other", nudge, &i.r));
	UNIT_INT(rs_reading_take(&i.r, 3600 * RS_USEC_PER_SEC, &c), RS_AGAIN);
	rs_thread_join(&other);
	run_end(&i);
}

static void how_it_ended_is_told_after_what_came_before(void)
{
	struct run i;
	struct rs_change *c = NULL;

	for (int directly = 0; directly < 2; directly++) {
		run_begin(&i, directly);
		if (directly)
			come_to_read(&i);
		let_come(&i, 1, 100);
		rs_monitor_enter(&i.s.monitor);
		i.s.fails = true;
		rs_monitor_leave(&i.s.monitor);
		take(&i, 1);
		UNIT_INT(rs_reading_take(&i.r, -1, &c), RS_EOF);
		UNIT_INT(rs_reading_take(&i.r, -1, &c), RS_EOF);
		UNIT_INT(i.r.rc, RS_FAIL);
		UNIT_INT(i.r.err.code, RS_E_CONN_LOST);
		run_end(&i);
	}
}

UNIT_MAIN(UNIT_TEST(what_comes_alone_is_read_by_who_takes_it), UNIT_TEST(what_comes_in_masses_is_read_by_the_thread),
          UNIT_TEST(the_thread_reads_while_nobody_takes), UNIT_TEST(a_stream_that_cannot_tell_is_the_threads),
          UNIT_TEST(a_nudge_wakes_who_waits_in_the_stream), UNIT_TEST(how_it_ended_is_told_after_what_came_before))
