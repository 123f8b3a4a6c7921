#include "base/thread.h"

#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "unit.h"

struct seen {
	char name[32];
	bool blocked, fault_blocked;
};

static void *look(void *arg)
{
	struct seen *seen = arg;
	sigset_t mask;

	snprintf(seen->name, sizeof seen->name, "%s", rs_thread_name());
	pthread_sigmask(SIG_SETMASK, NULL, &mask);
	seen->blocked = sigismember(&mask, SIGINT) && sigismember(&mask, SIGTERM) && sigismember(&mask, SIGWINCH);
	seen->fault_blocked = sigismember(&mask, SIGSEGV);
	return NULL;
}

static void a_thread_has_its_name_and_no_signals(void)
{
	struct rs_thread t = {0};
	struct seen seen = {0};
	sigset_t mask;

	UNIT_STR(rs_thread_name(), "main");
	CU_ASSERT_TRUE_FATAL(rs_thread_start(&t, "reader-of-long-name", look, &seen));
	rs_thread_join(&t);
	rs_thread_join(&t);
	UNIT_STR(seen.name, "reader-of-long-");
	CU_ASSERT_TRUE(seen.blocked);
	CU_ASSERT_FALSE(seen.fault_blocked);
	CU_ASSERT_FALSE(t.running);
	pthread_sigmask(SIG_SETMASK, NULL, &mask);
	CU_ASSERT_FALSE(sigismember(&mask, SIGINT));
	UNIT_STR(rs_thread_name(), "main");
}

/* How long a turn of the calling thread is, as the kernel has it; 0 where it does not tell. */
static uint64_t turn_of_mine(void)
{
	uint64_t attributes[7] = {0}; /* sched_setattr(2): runtime is the fourth */

	return syscall(SYS_sched_getattr, 0, attributes, sizeof attributes, 0U) == 0 ? attributes[3] : 0;
}

static void *tell_turn(void *arg)
{
	*(uint64_t *)arg = turn_of_mine();
	return NULL;
}

static void short_turns_are_the_thread_s_own(void)
{
	struct rs_thread t = {0};
	uint64_t usual = turn_of_mine(), of_started = 0;

	rs_thread_short_turns(true);
	if (usual > 0)
		CU_ASSERT_EQUAL(turn_of_mine(), 300000);
	CU_ASSERT_TRUE_FATAL(rs_thread_start(&t, "started", tell_turn, &of_started));
	rs_thread_join(&t);
	rs_thread_short_turns(false);
	CU_ASSERT_EQUAL(of_started, usual);
	CU_ASSERT_EQUAL(turn_of_mine(), usual);
}

static void *sleep_for_ever(void *arg)
{
	return rs_cancel_sleep(arg, -1) ? arg : NULL;
}

static void cancel_ends_every_sleep(void)
{
	struct rs_thread t[4] = {0};
	struct rs_cancel c;

	rs_cancel_init(&c);
	for (int i = 0; i < 4; i++)
		CU_ASSERT_TRUE_FATAL(rs_thread_start(&t[i], "sleeper", sleep_for_ever, &c));
	CU_ASSERT_FALSE(rs_cancel_is_set(&c));
	rs_cancel_set(&c);
	for (int i = 0; i < 4; i++)
		rs_thread_join(&t[i]);
	CU_ASSERT_TRUE(rs_cancel_is_set(&c));
	CU_ASSERT_TRUE(rs_cancel_sleep(&c, -1));
	rs_cancel_release(&c);
}

static void sleep_without_cancel_takes_its_time(void)
{
	struct rs_cancel c;
	rs_usec start = rs_clock_mono();

	rs_cancel_init(&c);
	CU_ASSERT_FALSE(rs_cancel_sleep(&c, RS_MSEC(20)));
	CU_ASSERT_TRUE(rs_clock_mono() - start >= RS_MSEC(20));
	CU_ASSERT_FALSE(rs_cancel_sleep(&c, 0));
	rs_cancel_release(&c);
}

static void wait_times_out(void)
{
	struct rs_monitor m;

	rs_monitor_init(&m);
	rs_monitor_enter(&m);
	while (rs_monitor_wait(&m, RS_MSEC(1))) {
		/* woken for no reason, which is allowed */
	}
	rs_monitor_leave(&m);
	rs_monitor_release(&m);
}

struct turn {
	struct rs_monitor monitor;
	int next, rounds;
};

struct player {
	struct turn *turn;
	int me;
};

static void *play(void *arg)
{
	struct player *p = arg;

	for (int i = 0; i < 200; i++) {
		rs_monitor_enter(&p->turn->monitor);
		while (p->turn->next != p->me)
			rs_monitor_wait(&p->turn->monitor, -1);
		p->turn->next = !p->me;
		p->turn->rounds++;
		rs_monitor_wake(&p->turn->monitor);
		rs_monitor_leave(&p->turn->monitor);
	}
	return NULL;
}

static void two_threads_take_turns(void)
{
	struct turn turn = {.next = 0};
	struct player players[2] = {{&turn, 0}, {&turn, 1}};
	struct rs_thread t[2] = {0};

	rs_monitor_init(&turn.monitor);
	for (int i = 0; i < 2; i++)
		CU_ASSERT_TRUE_FATAL(rs_thread_start(&t[i], "player", play, &players[i]));
	for (int i = 0; i < 2; i++)
		rs_thread_join(&t[i]);
	UNIT_INT(turn.rounds, 400);
	rs_monitor_release(&turn.monitor);
}

UNIT_MAIN(UNIT_TEST(a_thread_has_its_name_and_no_signals),
          UNIT_TEST(short_turns_are_the_thread_s_own),
          UNIT_TEST(cancel_ends_every_sleep),
          UNIT_TEST(sleep_without_cancel_takes_its_time),
          UNIT_TEST(wait_times_out),
          UNIT_TEST(two_threads_take_turns))
