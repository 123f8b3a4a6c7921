/* What a task tells by itself: that it lags, that it does not do its work, that its first copy takes too long ([alert] in
 * the task file). Each alert is raised once its condition has lasted, and over once the opposite has: the lag must fall to
 * half of what raised it. One that is raised again and again is told once in ten minutes; that a task has failed is told
 * every time, and at once. A line in the log says so, and the user's command is run.
 *
 * rs_alerts is the judgement alone: plain data, one owner, no clock of its own. rs_alerter is the housekeeper's, but for
 * rs_alerter_set, which any thread may call. */
#ifndef RS_ALERTS_H
#define RS_ALERTS_H

#include <pthread.h>
#include <sys/types.h>
#include "engine/engine.h"

/* "lag": the published word. */
const char *rs_alert_code(enum rs_alert alert);

struct rs_alerts {
	unsigned raised;               /* bits 1 << rs_alert */
	rs_usec since[RS_ALERT_COUNT]; /* monotonic: since when it is otherwise than raised says; 0: it is not */
	rs_usec told[RS_ALERT_COUNT];  /* monotonic: when it was raised last; 0: never */
	bool failed;                   /* the task has, as the snapshot before said */
};

/* Looks at a snapshot; now: monotonic, > 0. The bits of those that have just been raised, or are over. */
unsigned rs_alerts_look(struct rs_alerts *a, const struct rs_task_alert *rules, const struct rs_progress *p, rs_usec now);

/* What is to be told of an alert as it is. */
enum rs_alert_word { RS_ALERT_IS_OVER, RS_ALERT_IS_RAISED, RS_ALERT_HAS_FAILED };
enum rs_alert_word rs_alerts_word(const struct rs_alerts *a, enum rs_alert alert);

struct rs_alerter {
	pthread_mutex_t lock;          /* guards the next two */
	struct rs_task_alert rules;
	char *command;                 /* NULL: none */
	struct rs_alerts alerts;
	struct rs_alert_command {
		pid_t pid;                 /* 0: none runs */
		rs_usec started;           /* monotonic */
		bool again;                /* something has changed since it was started */
		enum rs_alert_word told;   /* by the one that was started last */
	} commands[RS_ALERT_COUNT];
};

struct rs_engine;

void rs_alerter_init(struct rs_alerter *a);
void rs_alerter_release(struct rs_alerter *a);
/* What is to be told, from now on. */
void rs_alerter_set(struct rs_alerter *a, const struct rs_task_alert *rules);
/* Looks at the newest snapshot. The bits of those that are raised. */
unsigned rs_alerter_look(struct rs_engine *e, const struct rs_progress *p);
/* The process is about to end: gives commands that run a moment to do so. */
void rs_alerter_end(struct rs_engine *e, const struct rs_progress *p);

#endif
