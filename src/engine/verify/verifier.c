#include "engine/verify/verifier.h"

#include <stdlib.h>
#include <string.h>
#include "base/i18n.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "engine/verify/row_key.h"
#include "engine/verify/verifier_priv.h"

#define REST RS_MSEC(200)                /* where there is nothing to do */
#define LATE (5 * RS_USEC_PER_SEC)       /* a task that lags so much has all of its servers' time … */
#define PATIENCE (30 * RS_USEC_PER_SEC)  /* … for so long; then most of it */
#define LATE_PART 4                      /* of the budget: one part in so many */
#define FIRST_PAUSE (2 * RS_USEC_PER_SEC)
#define LONGEST_PAUSE (60 * RS_USEC_PER_SEC)

/* ---------------------------------------------------------------- budget and places */

void rs_verifying_used(struct rs_verifying *k, enum rs_budget_server server, rs_usec began)
{
	rs_usec now = rs_clock_mono();

	rs_budget_use(&k->budget, server, now - began, now);
}

void rs_verifying_applied(struct rs_verifying *k, struct rs_position *out)
{
	struct rs_stats *s = &k->e->stats;

	pthread_mutex_lock(&s->lock);
	rs_position_copy(out, &s->applied);
	pthread_mutex_unlock(&s->lock);
}

bool rs_verifying_has_come_to(struct rs_verifying *k, const struct rs_position *place)
{
	struct rs_position applied = RS_POSITION_INIT;

	rs_verifying_applied(k, &applied);
	bool yes = applied.file != NULL && place->file != NULL && rs_position_compare(&applied, place) >= 0;
	rs_position_clear(&applied);
	return yes;
}

enum rs_rc rs_verifying_pass_over(enum rs_rc rc, struct rs_err *err)
{
	bool going = rc == RS_FAIL && (err->code == RS_E_SOURCE_TABLE_GONE || err->code == RS_E_DEST_TABLE_MISSING ||
	                               err->code == RS_E_COPY_CHANGED);

	if (!going)
		return rc;
	rs_err_clear(err);
	return RS_EOF;
}

/* ---------------------------------------------------------------- connections */

static void close_server(struct rs_verifying *k, struct rs_source **s)
{
	if (*s == NULL)
		return;
	rs_engine_dead(k->e, *s);
	(*s)->ops->close(*s);
	*s = NULL;
}

/* From here on it can be cancelled. */
static void is_open(struct rs_verifying *k, struct rs_source *s)
{
	rs_engine_live(k->e, (void (*)(void *))s->ops->cancel, s);
}

static enum rs_rc open_with_fence(struct rs_verifying *k, struct rs_err *err)
{
	close_server(k, &k->source);
	enum rs_rc rc = rs_source_open(k->e->task, &k->source, err);

	if (rc == RS_OK)
		is_open(k, k->source);
	return rc;
}

static enum rs_rc open_source(struct rs_verifying *k, struct rs_err *err)
{
	struct rs_position applied = RS_POSITION_INIT;
	bool visible;
	enum rs_rc rc = rs_source_open_to_read(k->e->task, &k->source, err);

	if (rc != RS_OK)
		return rc;
	is_open(k, k->source);
	rs_verifying_applied(k, &applied);
	rc = k->source->ops->passed(k->source, &applied, &visible, err);
	rs_position_clear(&applied);
	if (rc != RS_FAIL || err->code != RS_E_FENCE)
		return rc;
	/* Without GTIDs only a heartbeat tells what can be seen. */
	rs_err_clear(err);
	return open_with_fence(k, err);
}

static enum rs_rc open_dest(struct rs_verifying *k, struct rs_err *err)
{
	enum rs_rc rc = rs_source_open_destination(k->e->task, &k->dest, err);

	if (rc == RS_OK)
		is_open(k, k->dest);
	return rc;
}

static enum rs_rc open_reader(struct rs_verifying *k, struct rs_source *s, enum rs_budget_server server, struct rs_err *err)
{
	struct rs_table_reader **r = &k->readers[server];
	enum rs_rc rc = s->ops->reader(s, r, err);

	if (rc != RS_OK)
		return rc;
	(*r)->with_generated = true;
	rs_engine_live(k->e, (void (*)(void *))(*r)->ops->cancel, *r);
	return RS_OK;
}

/* One after the other; whoever ends the verifier does not wait for the rest. */
static enum rs_rc connect_to_both(struct rs_verifying *k, struct rs_err *err)
{
	enum rs_rc rc = open_source(k, err);

	if (rc == RS_OK)
		rc = rs_cancel_is_set(&k->v->cancel) ? RS_CANCELLED : open_dest(k, err);
	if (rc == RS_OK)
		rc = rs_cancel_is_set(&k->v->cancel) ? RS_CANCELLED : open_reader(k, k->source, RS_BUDGET_SOURCE, err);
	if (rc == RS_OK)
		rc = rs_cancel_is_set(&k->v->cancel) ? RS_CANCELLED : open_reader(k, k->dest, RS_BUDGET_DEST, err);
	return rc == RS_OK ? k->source->ops->identity(k->source, &k->identity, err) : rc;
}

static void disconnect(struct rs_verifying *k)
{
	rs_verified_tables_forget(k);
	for (int i = 0; i < RS_BUDGET_SERVERS; i++) {
		if (k->readers[i] == NULL)
			continue;
		rs_engine_dead(k->e, k->readers[i]);
		k->readers[i]->ops->close(k->readers[i]);
		k->readers[i] = NULL;
	}
	close_server(k, &k->source);
	close_server(k, &k->dest);
	free(k->identity);
	k->identity = NULL;
}

/* ---------------------------------------------------------------- what is wanted, and whether it may be */

static bool is_wanted(const struct rs_task_verify *w) { return w->continuous || w->incremental; }

static void take_wishes(struct rs_verifying *k)
{
	rs_monitor_enter(&k->v->monitor);
	k->wanted = k->v->wanted;
	rs_monitor_leave(&k->v->monitor);
	unsigned percent = k->late_since != 0 ? k->wanted.budget / LATE_PART : k->wanted.budget;
	k->budget.percent = percent > 0 ? percent : 1;
}

static enum rs_verifier_wait wait_for_lag(struct rs_verifying *k, rs_usec lag)
{
	rs_usec now = rs_clock_mono();

	if (lag < LATE)
		k->late_since = 0;
	else if (k->late_since == 0)
		k->late_since = now;
	return k->late_since != 0 && now - k->late_since < PATIENCE ? RS_VERIFIER_WAITS_LAG : RS_VERIFIER_WAITS_NOT;
}

/* Until the destination is whole, and what the source changes arrives. */
static enum rs_verifier_wait what_for(struct rs_verifying *k)
{
	const struct rs_progress *p = rs_engine_progress(k->e);
	enum rs_verifier_wait waits = RS_VERIFIER_WAITS_NOT;

	if (p->state != RS_STATE_SYNCHRONIZING || p->lag < 0) {
		waits = RS_VERIFIER_WAITS_SYNCHRONIZING;
		k->late_since = 0;
	} else if (!p->consistent)
		waits = RS_VERIFIER_WAITS_CONSISTENT;
	else if (rs_clock_mono() < k->not_before)
		waits = RS_VERIFIER_WAITS_TROUBLE;
	else
		waits = wait_for_lag(k, p->lag);
	rs_progress_unref(p);
	return waits;
}

static void show_state(struct rs_verifying *k, enum rs_verifier_state state, enum rs_verifier_wait waits)
{
	rs_usec now = rs_clock_mono();
	double source = rs_budget_share(&k->budget, RS_BUDGET_SOURCE, now), dest = rs_budget_share(&k->budget, RS_BUDGET_DEST, now);

	rs_monitor_enter(&k->v->monitor);
	k->v->shown.state = state;
	k->v->shown.waits = waits;
	k->v->shown.source_share = source;
	k->v->shown.dest_share = dest;
	rs_monitor_leave(&k->v->monitor);
}

/* ---------------------------------------------------------------- the loop */

/* Another server may have taken the source's place, and places in its log are others: only the one that the task reads from
 * counts. */
static enum rs_rc prepare(struct rs_verifying *k, struct rs_err *err)
{
	unsigned long long attempt = atomic_load(&k->v->lookout.attempts);
	enum rs_rc rc = RS_OK;

	if (k->attempt != attempt)
		disconnect(k);
	k->attempt = attempt;
	if (k->source == NULL)
		rc = connect_to_both(k, err);
	if (rc == RS_OK && (k->objects == NULL || k->generation != atomic_load(&k->v->lookout.generation)))
		rc = rs_verified_tables_load(k, err);
	if (rc == RS_EOF) {
		disconnect(k);
		rc = RS_AGAIN;
	}
	return rc;
}

/* One step of one thing. */
static enum rs_rc work(struct rs_verifying *k, bool *did, struct rs_err *err)
{
	rs_known_tend(k);
	enum rs_rc rc = rs_judge_step(k, did, err);

	bool may = k->wanted.continuous && rs_budget_wait(&k->budget, rs_clock_mono()) == 0; /* what is urgent did not wait */
	if (rc == RS_OK && !*did && may)
		rc = rs_pass_step(k, did, err);
	return rc;
}

static void trouble(struct rs_verifying *k, struct rs_err *err)
{
	rs_usec pause = k->pause > 0 ? k->pause : FIRST_PAUSE;

	rs_journal(k->e, RS_LOG_WARN, err, "the comparison rests for a while pause=%llds", (long long)(pause / RS_USEC_PER_SEC));
	rs_err_clear(err);
	disconnect(k);
	k->not_before = rs_clock_mono() + pause;
	k->pause = pause * 2 < LONGEST_PAUSE ? pause * 2 : LONGEST_PAUSE;
}

static void run_once(struct rs_verifying *k)
{
	struct rs_err err = RS_ERR_INIT;
	rs_usec wait = rs_budget_wait(&k->budget, rs_clock_mono());
	bool did = false;
	enum rs_rc rc = RS_OK;

	show_state(k, RS_VERIFIER_RUNNING, RS_VERIFIER_WAITS_NOT);
	if (wait > 0 && !rs_judge_is_urgent(k)) {
		rs_cancel_sleep(&k->v->cancel, wait < REST ? wait : REST);
		return;
	}
	rc = prepare(k, &err);
	if (rc == RS_OK)
		rc = work(k, &did, &err);
	if (rc == RS_FAIL)
		trouble(k, &err);
	else if (rc == RS_CANCELLED)
		disconnect(k); /* with the attempt, which was cancelled hard */
	else if (rc == RS_OK)
		k->pause = 0;
	rs_err_clear(&err);
	if (rc != RS_FAIL && !did)
		rs_cancel_sleep(&k->v->cancel, REST);
}

static void rest(struct rs_verifying *k, enum rs_verifier_wait waits)
{
	bool wanted = is_wanted(&k->wanted);

	/* The attempt has ended, and with it what connections are for. */
	if ((!wanted || waits == RS_VERIFIER_WAITS_SYNCHRONIZING) && k->source != NULL)
		disconnect(k);
	show_state(k, wanted ? RS_VERIFIER_WAITING : RS_VERIFIER_OFF, wanted ? waits : RS_VERIFIER_WAITS_NOT);
	rs_cancel_sleep(&k->v->cancel, REST);
}

static bool take_turn(struct rs_verifying *k, enum rs_verifier_wait waits)
{
	bool yes = is_wanted(&k->wanted) && waits == RS_VERIFIER_WAITS_NOT;

	rs_monitor_enter(&k->v->monitor);
	k->v->busy = yes = yes && !k->v->halted;
	rs_monitor_leave(&k->v->monitor);
	return yes;
}

static void end_turn(struct rs_verifying *k)
{
	rs_monitor_enter(&k->v->monitor);
	k->v->busy = false;
	rs_monitor_wake(&k->v->monitor);
	rs_monitor_leave(&k->v->monitor);
}

static void *verify_beside(void *arg)
{
	struct rs_engine *e = arg;
	struct rs_verifier *v = &e->verifier;
	struct rs_verifying k = {.e = e, .v = v, .judge = {.waiting = {.by_hash = RS_MAP_INIT}}};
	struct rs_activity activity;

	rs_engine_take_part(e, &activity, "verifier");
	rs_monitor_enter(&v->monitor);
	if (v->shown.table[0] != '\0') {
		k.pass.resume_db = rs_xstrdup(v->shown.db);
		k.pass.resume_table = rs_xstrdup(v->shown.table);
		k.pass.resume_place = rs_xstrdup(v->shown.place);
	}
	rs_monitor_leave(&v->monitor);
	while (!rs_cancel_is_set(&v->cancel)) {
		take_wishes(&k);
		enum rs_verifier_wait waits = what_for(&k);
		if (take_turn(&k, waits))
			run_once(&k);
		else
			rest(&k, waits);
		end_turn(&k);
	}
	if (k.repair != 0)
		rs_repairs_forget(e, k.repair);
	disconnect(&k);
	free(k.pass.resume_db);
	free(k.pass.resume_table);
	free(k.pass.resume_place);
	rs_activity_end(&activity);
	return NULL;
}

/* ---------------------------------------------------------------- other threads */

void rs_verifier_init(struct rs_verifier *v)
{
	*v = (struct rs_verifier){.shown = {.source_share = -1, .dest_share = -1}};
	rs_lookout_init(&v->lookout);
	rs_cancel_init(&v->cancel);
	rs_monitor_init(&v->monitor);
}

void rs_verifier_release(struct rs_verifier *v)
{
	rs_cancel_set(&v->cancel);
	rs_monitor_enter(&v->monitor);
	v->ending = true;
	rs_monitor_leave(&v->monitor);
	rs_thread_join(&v->thread);
	rs_known_free(v->known, v->n_known);
	while (v->n_mended > 0)
		free(v->mended[--v->n_mended]);
	free(v->mended);
	rs_monitor_release(&v->monitor);
	rs_cancel_release(&v->cancel);
	rs_lookout_release(&v->lookout);
}

void rs_verifier_recall(struct rs_engine *e, const struct rs_verify_progress *stored)
{
	struct rs_verifier *v = &e->verifier;

	v->shown = *stored;
	v->shown.state = RS_VERIFIER_OFF;
	v->shown.waits = RS_VERIFIER_WAITS_NOT;
	v->shown.source_share = v->shown.dest_share = -1;
	v->shown.diffs = NULL;
	v->shown.n_diffs = 0;
	for (size_t i = 0; i < stored->n_diffs; i++) {
		struct rs_known known = {.diff = rs_known_diff_copy(&stored->diffs[i])};
		if (!rs_bound_from_text(&known.key, known.diff.place)) {
			rs_known_diff_clear(&known.diff);
			continue;
		}
		known.hash = rs_row_key_hash(rs_row_key_table_hash(known.diff.db, known.diff.table), known.key.values, known.key.n);
		RS_GROW(v->known, v->n_known, v->cap_known);
		v->known[v->n_known++] = known;
		rs_stats_differ(&e->stats, known.diff.db, known.diff.table, 1);
	}
}

void rs_verifier_set(struct rs_engine *e, const struct rs_task_verify *wanted)
{
	struct rs_verifier *v = &e->verifier;

	rs_lookout_collect(&v->lookout, wanted->incremental);
	rs_monitor_enter(&v->monitor);
	v->wanted = *wanted;
	v->shown.continuous = wanted->continuous;
	v->shown.incremental = wanted->incremental;
	v->shown.repair = wanted->repair;
	v->shown.budget = wanted->budget;
	bool start = is_wanted(wanted) && !v->started && !v->ending;
	v->started = v->started || start;
	if (start && !rs_thread_start(&v->thread, "verifier", verify_beside, e))
		rs_log(RS_LOG_WARN, "no thread can be started for the comparison");
	rs_monitor_leave(&v->monitor);
}

void rs_verifier_mended(struct rs_verifier *v, const char *db, const char *table)
{
	rs_monitor_enter(&v->monitor);
	if (v->started) {
		RS_GROW(v->mended, v->n_mended, v->cap_mended);
		v->mended[v->n_mended++] = rs_xprintf("%s\n%s", db, table);
	}
	rs_monitor_leave(&v->monitor);
}

static bool is_idle(const void *arg) { return !((const struct rs_verifier *)arg)->busy; }

void rs_verifier_halt(struct rs_verifier *v)
{
	rs_monitor_enter(&v->monitor);
	v->halted = true;
	rs_monitor_wait_for(&v->monitor, -1, is_idle, v);
	rs_monitor_leave(&v->monitor);
}

void rs_verifier_go_on(struct rs_verifier *v)
{
	rs_monitor_enter(&v->monitor);
	v->halted = false;
	rs_monitor_leave(&v->monitor);
}

/* ---------------------------------------------------------------- snapshots */

void rs_verifier_show(struct rs_verifier *v, struct rs_progress *p)
{
	rs_monitor_enter(&v->monitor);
	p->verify = v->shown;
	p->verify.differences = v->n_known;
	p->verify.n_diffs = v->n_known < RS_KNOWN_DIFFS_SHOWN ? v->n_known : RS_KNOWN_DIFFS_SHOWN;
	p->verify.diffs = rs_xcalloc(p->verify.n_diffs + 1, sizeof *p->verify.diffs);
	for (size_t i = 0; i < p->verify.n_diffs; i++)
		p->verify.diffs[i] = rs_known_diff_copy(&v->known[i].diff);
	rs_monitor_leave(&v->monitor);
}
