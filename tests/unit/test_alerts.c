/* When a task tells by itself that something is wrong with it, and when that it is right again. */
#include "engine/core.h"
#include "engine/report/alerts.h"
#include "engine/report/progress.h"
#include "unit.h"

#include <stdlib.h>
#include <unistd.h>
#include "base/file.h"
#include "base/mem.h"

#define SEC RS_USEC_PER_SEC
#define LAG (1u << RS_ALERT_LAG)
#define STATE (1u << RS_ALERT_STATE)
#define FULL (1u << RS_ALERT_FULL)

static struct rs_alerts alerts;
static struct rs_task_alert rules;
static struct rs_progress *p;
static rs_usec now;

static void begin(void)
{
	alerts = (struct rs_alerts){0};
	rules = (struct rs_task_alert){.lag = 60, .state = true, .full_hours = 2};
	p = rs_progress_new(RS_STATE_SYNCHRONIZING);
	p->lag = 0;
	now = 1000 * SEC;
}

static void end(void)
{
	rs_progress_unref(p);
}

/* Looks four times a second for so long; the bits that changed meanwhile. */
static unsigned pass(int seconds)
{
	unsigned changed = 0;

	for (int i = 0; i < 4 * seconds; i++) {
		now += RS_MSEC(250);
		changed |= rs_alerts_look(&alerts, &rules, p, now);
	}
	return changed;
}

static void a_lag_is_told_once_it_lasts(void)
{
	begin();
	p->lag = 60 * SEC;
	UNIT_INT(pass(9), 0);
	UNIT_INT(pass(2), LAG);
	UNIT_INT(alerts.raised, LAG);
	UNIT_INT(pass(100), 0);
	end();
}

static void a_peak_of_the_lag_is_not(void)
{
	begin();
	for (int i = 0; i < 20; i++) {
		p->lag = 90 * SEC;
		UNIT_INT(pass(8), 0);
		p->lag = 59 * SEC;
		UNIT_INT(pass(1), 0);
	}
	UNIT_INT(alerts.raised, 0);
	end();
}

static void it_is_over_when_the_lag_has_stayed_below_half_of_it(void)
{
	begin();
	p->lag = 60 * SEC;
	UNIT_INT(pass(11), LAG);
	p->lag = 31 * SEC;
	UNIT_INT(pass(100), 0);
	p->lag = 30 * SEC;
	UNIT_INT(pass(29), 0);
	p->lag = -1; /* not measured: says nothing, and does not count */
	UNIT_INT(pass(10), 0);
	p->lag = 30 * SEC;
	UNIT_INT(pass(29), 0);
	UNIT_INT(pass(2), LAG);
	UNIT_INT(alerts.raised, 0);
	end();
}

static void what_comes_again_and_again_is_told_once_in_ten_minutes(void)
{
	int told = 0;

	begin();
	for (int i = 0; i < 36; i++) { /* half an hour of half a minute above and 35 s below */
		p->lag = 100 * SEC;
		told += pass(25) == LAG && alerts.raised == LAG;
		p->lag = 0;
		(void)pass(35);
	}
	CU_ASSERT_TRUE(told >= 2 && told <= 4);
	end();
}

static void a_failure_is_told_at_once_and_a_retry_after_a_minute(void)
{
	begin();
	p->state = RS_STATE_RETRYING;
	UNIT_INT(pass(59), 0);
	UNIT_INT(pass(2), STATE);
	p->state = RS_STATE_SYNCHRONIZING;
	UNIT_INT(pass(29), 0);
	UNIT_INT(pass(2), STATE);
	end();
	begin();
	p->state = RS_STATE_FAILED;
	UNIT_INT(rs_alerts_look(&alerts, &rules, p, now), STATE);
	p->state = RS_STATE_STOPPED; /* by who ends the process: nothing is mended by that */
	UNIT_INT(pass(100), 0);
	UNIT_INT(alerts.raised, STATE);
	end();
}

static void a_failure_is_told_whatever_was_told_of_retries(void)
{
	begin();
	p->state = RS_STATE_RETRYING;
	UNIT_INT(pass(61), STATE);
	p->state = RS_STATE_FAILED;
	UNIT_INT(pass(1), STATE);
	UNIT_INT(pass(100), 0);
	UNIT_INT(alerts.raised, STATE);
	end();
	begin();
	p->state = RS_STATE_RETRYING;
	UNIT_INT(pass(61), STATE);
	p->state = RS_STATE_SYNCHRONIZING;
	UNIT_INT(pass(31), STATE);
	p->state = RS_STATE_INITIALIZE_FAILED; /* less than ten minutes later */
	UNIT_INT(pass(1), STATE);
	UNIT_INT(alerts.raised, STATE);
	end();
}

static void a_copy_that_takes_too_long_is_told_until_it_is_done(void)
{
	begin();
	p->state = RS_STATE_INITIALIZING;
	p->phases[RS_PHASE_FULL] = (struct rs_phase){.state = RS_PHASE_RUNNING, .started = p->taken - 7199 * SEC};
	UNIT_INT(pass(1), 0);
	p->phases[RS_PHASE_FULL].started -= SEC;
	UNIT_INT(pass(1), FULL);
	p->phases[RS_PHASE_FULL].state = RS_PHASE_DONE;
	UNIT_INT(pass(1), FULL);
	UNIT_INT(alerts.raised, 0);
	end();
}

static void what_is_not_wanted_is_not_told(void)
{
	begin();
	p->lag = 1000 * SEC;
	p->state = RS_STATE_FAILED;
	rules = (struct rs_task_alert){.lag = 0};
	UNIT_INT(pass(100), 0);
	rules = (struct rs_task_alert){.lag = 60, .state = true};
	UNIT_INT(pass(100), LAG | STATE);
	rules.lag = 0; /* withdrawn: it is not there any more, and nothing was wrong with it */
	UNIT_INT(pass(1), 0);
	UNIT_INT(alerts.raised, STATE);
	end();
}

/* ------------------------------------------------------------------ the command */

static char *told_file, *go_file;

/* An engine that does nothing but tell; its command notes what it is told, and ends when it may. */
static struct rs_engine *teller(void)
{
	struct rs_engine *e = rs_xcalloc(1, sizeof *e);

	told_file = rs_xprintf("%s/told", unit_tmpdir());
	go_file = rs_xprintf("%s/go", unit_tmpdir());
	rules = (struct rs_task_alert){.state = true};
	rules.command = rs_xprintf("echo $RDS_SYNC_ALERT_EVENT $RDS_SYNC_ALERT_STATE >>%s; until [ -e %s ]; do sleep 0.01; done", told_file, go_file);
	e->task = rs_task_new("mysql-to-mysql", "told", NULL);
	pthread_mutex_init(&e->stats.lock, NULL);
	rs_alerter_init(&e->alerter);
	rs_alerter_set(&e->alerter, &rules);
	return e;
}

static void teller_free(struct rs_engine *e)
{
	rs_alerter_end(e, p);
	rs_alerter_release(&e->alerter);
	pthread_mutex_destroy(&e->stats.lock);
	rs_task_free(e->task);
	free(e);
	free((char *)(uintptr_t)rules.command);
	free(told_file);
	free(go_file);
}

/* The task has been in that state for a long time. */
static void is(struct rs_engine *e, enum rs_state state)
{
	p->state = state;
	rs_alerter_look(e, p);
	if (e->alerter.alerts.since[RS_ALERT_STATE] > 0)
		e->alerter.alerts.since[RS_ALERT_STATE] -= 3600 * SEC;
	rs_alerter_look(e, p);
}

/* Waits for so many lines; the last is it. */
static void was_told(struct rs_engine *e, int lines, const char *last)
{
	struct rs_buf text = RS_BUF_INIT;
	rs_usec until = rs_clock_mono() + 60 * SEC;
	int n = 0;

	while (n < lines && rs_clock_mono() < until) {
		rs_alerter_look(e, p);
		rs_buf_clear(&text);
		if (rs_file_read(told_file, 4096, &text, NULL) != RS_OK)
			rs_buf_clear(&text);
		n = 0;
		for (const char *c = rs_buf_str(&text); *c; c++)
			n += *c == '\n';
		usleep(5000);
	}
	UNIT_INT(n, lines);
	size_t len = strlen(last);
	CU_ASSERT(text.len >= len && strcmp(rs_buf_str(&text) + text.len - len, last) == 0);
	rs_buf_release(&text);
}

static void what_changes_while_a_command_is_at_it_is_told_afterwards(void)
{
	struct rs_engine *e = teller();

	p = rs_progress_new(RS_STATE_SYNCHRONIZING);
	is(e, RS_STATE_RETRYING);
	was_told(e, 1, "raised Retrying\n");
	is(e, RS_STATE_FAILED); /* raised once more */
	is(e, RS_STATE_SYNCHRONIZING);
	UNIT_INT(e->alerter.alerts.raised, 0);
	fclose(fopen(go_file, "w"));
	was_told(e, 2, "over Synchronizing\n");
	teller_free(e);
	end();
}

UNIT_MAIN(UNIT_TEST(what_changes_while_a_command_is_at_it_is_told_afterwards), UNIT_TEST(a_lag_is_told_once_it_lasts), UNIT_TEST(a_peak_of_the_lag_is_not),
          UNIT_TEST(it_is_over_when_the_lag_has_stayed_below_half_of_it),
          UNIT_TEST(what_comes_again_and_again_is_told_once_in_ten_minutes),
          UNIT_TEST(a_failure_is_told_at_once_and_a_retry_after_a_minute), UNIT_TEST(a_failure_is_told_whatever_was_told_of_retries),
          UNIT_TEST(a_copy_that_takes_too_long_is_told_until_it_is_done), UNIT_TEST(what_is_not_wanted_is_not_told))
