/* Telling of alerts: the log's lines, and the user's command, which runs beside the task. */
#include "engine/report/alerts.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/command.h"
#include "base/mem.h"
#include "engine/core.h"

#define COMMAND_TIME (60 * RS_USEC_PER_SEC) /* then it is killed */
#define GOODBYE_TIME (10 * RS_USEC_PER_SEC) /* the same where the process is about to end */

extern char **environ;

void rs_alerter_init(struct rs_alerter *a)
{
	*a = (struct rs_alerter){.command = NULL};
	pthread_mutex_init(&a->lock, NULL);
}

void rs_alerter_release(struct rs_alerter *a)
{
	free(a->command);
	pthread_mutex_destroy(&a->lock);
}

void rs_alerter_set(struct rs_alerter *a, const struct rs_task_alert *rules)
{
	pthread_mutex_lock(&a->lock);
	free(a->command);
	a->command = rs_xstrdup(rules->command);
	a->rules = *rules;
	a->rules.command = NULL;
	pthread_mutex_unlock(&a->lock);
}

/* The rules as they are now; *command is the caller's. */
static struct rs_task_alert rules_of(struct rs_alerter *a, char **command)
{
	pthread_mutex_lock(&a->lock);
	struct rs_task_alert rules = a->rules;
	*command = rs_xstrdup(a->command);
	pthread_mutex_unlock(&a->lock);
	return rules;
}

/* ------------------------------------------------------------------ words */

static double seconds(rs_usec t) { return (double)t / (double)RS_USEC_PER_SEC; }

static void put_error(struct rs_buf *out, const struct rs_progress *p)
{
	char code[16];

	if (rs_err_is_set(&p->error))
		rs_buf_addf(out, " (%s)", rs_err_code_text(p->error.code, code, sizeof code));
}

/* "lag 73.2 s, limit 60 s", for the log and the command. */
static void put_reason(struct rs_buf *out, enum rs_alert alert, const struct rs_task_alert *rules, const struct rs_progress *p)
{
	switch (alert) {
	case RS_ALERT_LAG: rs_buf_addf(out, "lag %.1f s, limit %u s", seconds(p->lag), rules->lag); break;
	case RS_ALERT_STATE:
		rs_buf_addf(out, "state %s", rs_state_code(p->state));
		put_error(out, p);
		break;
	case RS_ALERT_FULL:
		rs_buf_addf(out, "full copy for %.1f h, limit %u h", seconds(p->taken - p->phases[RS_PHASE_FULL].started) / 3600,
		            rules->full_hours);
		break;
	case RS_ALERT_COUNT: break;
	}
}

/* ------------------------------------------------------------------ the command */

/* An environment: ours but for what the task's passwords are in, and what is added. */
struct env {
	char **items;
	size_t n, cap;
};

static void env_add(struct env *env, char *owned)
{
	RS_GROW(env->items, env->n, env->cap);
	env->items[env->n++] = owned;
}

static void env_inherit(struct env *env, const struct rs_task *task)
{
	for (char **item = environ; item && *item; item++)
		if (!rs_endpoint_is_password(&task->source, *item) && !rs_endpoint_is_password(&task->destination, *item) &&
		    strncmp(*item, "RDS_SYNC_ALERT", 14) != 0)
			env_add(env, rs_xstrdup(*item));
}

static void env_release(struct env *env)
{
	for (size_t i = 0; i < env->n; i++)
		free(env->items[i]);
	free(env->items);
}

static void env_tell(struct env *env, const struct rs_engine *e, enum rs_alert alert, bool raised, const char *reason,
                     const struct rs_progress *p)
{
	char code[16] = "";

	if (rs_err_is_set(&p->error))
		rs_err_code_text(p->error.code, code, sizeof code);
	env_add(env, rs_xprintf("RDS_SYNC_ALERT=%s", rs_alert_code(alert)));
	env_add(env, rs_xprintf("RDS_SYNC_ALERT_EVENT=%s", raised ? "raised" : "over"));
	env_add(env, rs_xprintf("RDS_SYNC_ALERT_TASK=%s", e->task->name));
	env_add(env, rs_xprintf("RDS_SYNC_ALERT_STATE=%s", rs_state_code(p->state)));
	env_add(env, p->lag < 0 ? rs_xstrdup("RDS_SYNC_ALERT_LAG=") : rs_xprintf("RDS_SYNC_ALERT_LAG=%.1f", seconds(p->lag)));
	env_add(env, rs_xprintf("RDS_SYNC_ALERT_CODE=%s", code));
	env_add(env, rs_xprintf("RDS_SYNC_ALERT_TEXT=%s: alert %s %s: %s", e->task->name, rs_alert_code(alert), raised ? "raised" : "over", reason));
	env_add(env, NULL);
	env->n--;
}

static void run_command(struct rs_engine *e, enum rs_alert alert, const char *command, const char *reason, const struct rs_progress *p)
{
	struct rs_alert_command *c = &e->alerter.commands[alert];
	struct env env = {NULL, 0, 0};
	int why;

	env_inherit(&env, e->task);
	env_tell(&env, e, alert, e->alerter.alerts.raised & 1u << alert, reason, p);
	why = rs_command_start(command, -1, env.items, &c->pid);
	env_release(&env);
	c->told = rs_alerts_word(&e->alerter.alerts, alert);
	c->started = rs_clock_mono();
	if (why == 0)
		return;
	c->pid = 0;
	rs_journal(e, RS_LOG_WARN, NULL, "the command of alert %s can't be started errno=%d", rs_alert_code(alert), why);
}

/* One command of an alert at a time: they would overtake each other. */
static void give(struct rs_engine *e, enum rs_alert alert, const char *command, const char *reason, const struct rs_progress *p)
{
	struct rs_alert_command *c = &e->alerter.commands[alert];

	if (c->pid > 0)
		c->again = true;
	else if (command)
		run_command(e, alert, command, reason, p);
}

/* Whether none runs any more. */
static bool reap(struct rs_engine *e, enum rs_alert alert, rs_usec patience)
{
	struct rs_alert_command *c = &e->alerter.commands[alert];
	int status = 0;

	if (c->pid == 0)
		return true;
	if (!rs_command_ended(c->pid, 0, &status)) {
		if (rs_clock_mono() - c->started < patience)
			return false;
		rs_command_kill(c->pid);
		rs_journal(e, RS_LOG_WARN, NULL, "the command of alert %s took too long and was killed", rs_alert_code(alert));
	} else if (status != 0) {
		rs_journal(e, RS_LOG_WARN, NULL, "the command of alert %s failed status=%d", rs_alert_code(alert), status);
	}
	c->pid = 0;
	return true;
}

/* ------------------------------------------------------------------ looking */

static void tell(struct rs_engine *e, enum rs_alert alert, const struct rs_task_alert *rules, const char *command,
                 const struct rs_progress *p)
{
	bool raised = e->alerter.alerts.raised & 1u << alert;
	struct rs_buf reason = RS_BUF_INIT;

	put_reason(&reason, alert, rules, p);
	rs_journal(e, raised ? RS_LOG_WARN : RS_LOG_INFO, NULL, "alert %s %s: %s", rs_alert_code(alert), raised ? "raised" : "over",
	           rs_buf_str(&reason));
	give(e, alert, command, rs_buf_str(&reason), p);
	rs_buf_release(&reason);
}

/* What came while the last command was at it, unless it is again as that has told. */
static void tell_again(struct rs_engine *e, enum rs_alert alert, const struct rs_task_alert *rules, const char *command,
                       const struct rs_progress *p)
{
	struct rs_alert_command *c = &e->alerter.commands[alert];
	struct rs_buf reason = RS_BUF_INIT;

	if (!c->again)
		return;
	c->again = false;
	if (c->told == rs_alerts_word(&e->alerter.alerts, alert))
		return;
	put_reason(&reason, alert, rules, p);
	give(e, alert, command, rs_buf_str(&reason), p);
	rs_buf_release(&reason);
}

unsigned rs_alerter_look(struct rs_engine *e, const struct rs_progress *p)
{
	char *command;
	const struct rs_task_alert rules = rules_of(&e->alerter, &command);
	unsigned changed = rs_alerts_look(&e->alerter.alerts, &rules, p, rs_clock_mono());

	for (enum rs_alert alert = 0; alert < RS_ALERT_COUNT; alert++) {
		if (reap(e, alert, COMMAND_TIME))
			tell_again(e, alert, &rules, command, p);
		if (changed & 1u << alert)
			tell(e, alert, &rules, command, p);
	}
	free(command);
	return e->alerter.alerts.raised;
}

static bool any_runs(const struct rs_engine *e)
{
	for (enum rs_alert alert = 0; alert < RS_ALERT_COUNT; alert++)
		if (e->alerter.commands[alert].pid > 0)
			return true;
	return false;
}

void rs_alerter_end(struct rs_engine *e, const struct rs_progress *p)
{
	rs_usec until = rs_clock_mono() + GOODBYE_TIME;
	char *command;
	const struct rs_task_alert rules = rules_of(&e->alerter, &command);

	while (any_runs(e)) {
		rs_usec left = until - rs_clock_mono();

		for (enum rs_alert alert = 0; alert < RS_ALERT_COUNT; alert++)
			if (reap(e, alert, left > 0 ? COMMAND_TIME : 0))
				tell_again(e, alert, &rules, command, p);
		if (any_runs(e))
			usleep(20000);
	}
	free(command);
}
