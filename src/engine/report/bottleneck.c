/* What holds a task up, judged by what its threads were seen to do in the last seconds: whoever is in line before the slowest
 * waits for room, whoever is behind it waits for something to do. */
#include "engine/core.h"

#include <string.h>
#include "base/i18n.h"

#define KEEPS_UP (2 * RS_USEC_PER_SEC) /* who lags by less has no bottleneck worth the name */

static const struct {
	const char *code, *title;
} words[RS_BOTTLENECK_COUNT] = {
	[RS_BOTTLENECK_UNKNOWN] = {"", N_("Not measured: the task is not at work, or has only just begun.")},
	[RS_BOTTLENECK_NONE] = {"none", N_("It keeps up with the source: nothing holds it up.")},
	[RS_BOTTLENECK_LIMIT] = {"limit", N_("A limit of speed holds it back.")},
	[RS_BOTTLENECK_SOURCE] = {"source", N_("It waits for the source: its server, or the network to it.")},
	[RS_BOTTLENECK_DECODER] = {"decoder", N_("Reading the source's log takes all the time of a processor here.")},
	[RS_BOTTLENECK_DEST] = {"destination", N_("It waits for the destination: its server, or the network to it.")},
	[RS_BOTTLENECK_APPLIER] = {"applier", N_("Making what is sent to the destination takes all the time of processors here.")},
	[RS_BOTTLENECK_ORDER] = {"order", N_("One connection does nearly all the work, and the others wait for it.")},
};

const char *rs_bottleneck_code(enum rs_bottleneck b) { return words[b].code; }

const char *rs_bottleneck_title(enum rs_bottleneck b) { return _(words[b].title); }

/* ------------------------------------------------------------------ several threads as one */

static bool is_named(const struct rs_worker_seen *w, const char *name) { return strncmp(w->name, name, strlen(name)) == 0; }

/* Adds up the shares of those whose names begin like this; how many there are. */
static size_t add_shares(const struct rs_progress *p, const char *name, double *sum)
{
	size_t n = 0;

	for (size_t i = 0; i < p->n_workers; i++) {
		if (!is_named(&p->workers[i], name))
			continue;
		n++;
		for (int d = 0; d < RS_DOING_COUNT; d++)
			sum[d] += p->workers[i].share[d];
	}
	return n;
}

/* Of the time in which they did not wait for one another. */
static enum rs_bottleneck busiest(const double *share)
{
	double turn = share[RS_DOING_TURN], source = share[RS_DOING_SOURCE], dest = share[RS_DOING_DEST], work = share[RS_DOING_WORK];

	if (turn > source && turn > dest && turn > work)
		return RS_BOTTLENECK_LIMIT;
	if (source > dest && source > work)
		return RS_BOTTLENECK_SOURCE;
	return dest >= work ? RS_BOTTLENECK_DEST : RS_BOTTLENECK_APPLIER;
}

/* ------------------------------------------------------------------ the two phases */

static enum rs_bottleneck of_copy(const struct rs_progress *p)
{
	double share[RS_DOING_COUNT] = {0};
	size_t n = add_shares(p, RS_WORKER_COPY, share);

	if (n == 0)
		return RS_BOTTLENECK_UNKNOWN;
	if (n > 1 && share[RS_DOING_NOTHING] > (double)n / 2)
		return RS_BOTTLENECK_ORDER;
	return busiest(share);
}

/* What those that apply are at, when they have something to do. Where lanes wait while one of them does it all, that one's
 * order is what counts. */
static enum rs_bottleneck of_appliers(const struct rs_progress *p)
{
	double share[RS_DOING_COUNT] = {0}, lanes[RS_DOING_COUNT] = {0};
	size_t n = add_shares(p, RS_WORKER_LANE, lanes);

	(void)add_shares(p, RS_WORKER_APPLIER, share);
	if (n > 0 && lanes[RS_DOING_NOTHING] > 0.9 * (double)n && share[RS_DOING_DEST] > share[RS_DOING_WORK])
		return RS_BOTTLENECK_ORDER;
	for (int d = 0; d < RS_DOING_COUNT; d++)
		share[d] += lanes[d];
	return busiest(share);
}

/* Whether somebody who applies waits for one answer, long enough that it is not the number of them that counts. */
static bool stands_still(const struct rs_progress *p)
{
	for (size_t i = 0; i < p->n_workers; i++) {
		const struct rs_worker_seen *w = &p->workers[i];

		if ((is_named(w, RS_WORKER_APPLIER) || is_named(w, RS_WORKER_LANE)) && w->doing == RS_DOING_DEST && w->for_time >= RS_LONG_STEP)
			return true;
	}
	return false;
}

static enum rs_bottleneck of_following(const struct rs_progress *p)
{
	double reader[RS_DOING_COUNT] = {0}, applier[RS_DOING_COUNT] = {0};

	if (add_shares(p, RS_WORKER_READER, reader) == 0 || add_shares(p, RS_WORKER_APPLIER, applier) == 0)
		return RS_BOTTLENECK_UNKNOWN;
	if (p->lag >= 0 ? p->lag < KEEPS_UP : p->caught_up) /* who had caught up may have stopped since */
		return RS_BOTTLENECK_NONE;
	if (stands_still(p))
		return RS_BOTTLENECK_DEST;
	if (reader[RS_DOING_ROOM] >= 0.3 || applier[RS_DOING_NOTHING] < 0.5)
		return of_appliers(p);
	return reader[RS_DOING_WORK] > reader[RS_DOING_SOURCE] ? RS_BOTTLENECK_DECODER : RS_BOTTLENECK_SOURCE;
}

enum rs_bottleneck rs_bottleneck_of(const struct rs_progress *p)
{
	bool copying = p->phases[RS_PHASE_FULL].state == RS_PHASE_RUNNING;
	bool at_work = p->state == RS_STATE_INITIALIZING || p->state == RS_STATE_SYNCHRONIZING;

	if (!at_work)
		return RS_BOTTLENECK_UNKNOWN;
	if (p->throttled[0])
		return RS_BOTTLENECK_LIMIT;
	return copying ? of_copy(p) : of_following(p);
}
