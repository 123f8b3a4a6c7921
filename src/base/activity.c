#include "base/activity.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"

#define FADING 0.98 /* a look, of four a second: what was seen twelve seconds ago counts a third */

_Thread_local struct rs_activity *rs_activity_own;

static const char *const codes[RS_DOING_COUNT] = {
	[RS_DOING_WORK] = "works",     [RS_DOING_SOURCE] = "source", [RS_DOING_DEST] = "destination", [RS_DOING_ROOM] = "room",
	[RS_DOING_NOTHING] = "nothing", [RS_DOING_TURN] = "limit",    [RS_DOING_OTHERS] = "others",
};

const char *rs_doing_code(enum rs_doing d) { return codes[d]; }

bool rs_doing_parse(const char *code, enum rs_doing *d)
{
	for (int i = 0; i < RS_DOING_COUNT; i++)
		if (strcmp(codes[i], code) == 0) {
			*d = (enum rs_doing)i;
			return true;
		}
	return false;
}

/* ------------------------------------------------------------------ taking part */

static void insert(struct rs_activities *all, struct rs_activity *a)
{
	struct rs_activity **at = &all->first;

	while (*at != NULL && strverscmp((*at)->name, a->name) <= 0)
		at = &(*at)->next;
	a->next = *at;
	*at = a;
}

void rs_activity_begin(struct rs_activities *all, struct rs_activity *a, const char *name)
{
	memset(a, 0, sizeof *a);
	a->all = all;
	snprintf(a->name, sizeof a->name, "%s", name);
	pthread_mutex_lock(&all->lock);
	insert(all, a);
	pthread_mutex_unlock(&all->lock);
	rs_activity_own = a;
}

void rs_activity_end(struct rs_activity *a)
{
	struct rs_activity **at = &a->all->first;

	rs_activity_own = NULL;
	pthread_mutex_lock(&a->all->lock);
	while (*at != a)
		at = &(*at)->next;
	*at = a->next;
	pthread_mutex_unlock(&a->all->lock);
}

void rs_activity_about(const char *fmt, ...)
{
	struct rs_activity *a = rs_activity_own;
	va_list ap;

	if (a == NULL)
		return;
	va_start(ap, fmt);
	pthread_mutex_lock(&a->all->lock);
	vsnprintf(a->about, sizeof a->about, fmt, ap);
	pthread_mutex_unlock(&a->all->lock);
	va_end(ap);
}

/* ------------------------------------------------------------------ statements */

/* Names stay, values don't: whatever may begin one ends the text. */
static void name_statement(char *out, const char *sql, size_t len)
{
	size_t n = 0;

	while (n < len && n < RS_SLOW_TEXT - 1 && sql[n] && !strchr("('\"\n=<>", sql[n]))
		n++;
	while (n > 0 && (sql[n - 1] == ' ' || ((unsigned char)sql[n - 1] & 0xc0) == 0x80))
		n--;
	memcpy(out, sql, n);
	out[n] = '\0';
}

/* The one of that text; else a new one, if need be in place of the one that took least. */
static struct rs_slow *find_slow(struct rs_activities *all, enum rs_doing where, const char *text)
{
	struct rs_slow *least = &all->slow[0];

	for (size_t i = 0; i < all->n_slow; i++) {
		struct rs_slow *s = &all->slow[i];

		if (s->where == where && strcmp(s->text, text) == 0)
			return s;
		least = s->total < least->total ? s : least;
	}
	if (all->n_slow < RS_SLOW_MAX)
		least = &all->slow[all->n_slow++];
	*least = (struct rs_slow){.where = where};
	snprintf(least->text, sizeof least->text, "%s", text);
	return least;
}

void rs_activity_statement(enum rs_doing where, const char *sql, size_t len, rs_usec took)
{
	char text[RS_SLOW_TEXT];
	struct rs_slow *s;

	if (rs_activity_own == NULL || took < RS_SLOW_LEAST)
		return;
	name_statement(text, sql, len);
	pthread_mutex_lock(&rs_activity_own->all->lock);
	s = find_slow(rs_activity_own->all, where, text);
	s->count++;
	s->total += took;
	s->longest = took > s->longest ? took : s->longest;
	s->last = rs_clock_wall();
	pthread_mutex_unlock(&rs_activity_own->all->lock);
}

static int by_longest(const void *a, const void *b)
{
	const struct rs_slow *x = a, *y = b;

	if (x->longest != y->longest)
		return x->longest > y->longest ? -1 : 1;
	return strcmp(x->text, y->text);
}

struct rs_slow *rs_activities_slow(struct rs_activities *all, size_t *n)
{
	struct rs_slow *out = rs_xcalloc(RS_SLOW_MAX, sizeof *out);

	pthread_mutex_lock(&all->lock);
	*n = all->n_slow;
	memcpy(out, all->slow, *n * sizeof *out);
	pthread_mutex_unlock(&all->lock);
	qsort(out, *n, sizeof *out, by_longest);
	return out;
}

/* ------------------------------------------------------------------ looking */

void rs_activities_init(struct rs_activities *all)
{
	*all = (struct rs_activities){.first = NULL};
	pthread_mutex_init(&all->lock, NULL);
}

void rs_activities_release(struct rs_activities *all) { pthread_mutex_destroy(&all->lock); }

static void look(struct rs_activity *a, rs_usec now)
{
	struct rs_activity_seen *s = &a->seen;
	unsigned word = atomic_load_explicit(&a->word, memory_order_relaxed);

	if (s->since == 0 || word != s->word)
		s->since = now;
	s->word = word;
	for (int i = 0; i < RS_DOING_COUNT; i++)
		s->weight[i] *= FADING;
	s->weight[word & 7] += 1;
}

void rs_activities_sample(struct rs_activities *all)
{
	rs_usec now = rs_clock_mono();

	pthread_mutex_lock(&all->lock);
	for (struct rs_activity *a = all->first; a != NULL; a = a->next)
		look(a, now);
	pthread_mutex_unlock(&all->lock);
}

static void put_shares(const struct rs_activity_seen *s, double *share)
{
	double sum = 0;

	for (int i = 0; i < RS_DOING_COUNT; i++)
		sum += s->weight[i];
	for (int i = 0; i < RS_DOING_COUNT; i++)
		share[i] = sum > 0 ? s->weight[i] / sum : 0;
}

static struct rs_worker_seen worker_of(const struct rs_activity *a, rs_usec now)
{
	struct rs_worker_seen w = {.doing = (enum rs_doing)(a->seen.word & 7)};

	memcpy(w.name, a->name, sizeof w.name);
	memcpy(w.about, a->about, sizeof w.about);
	w.for_time = a->seen.since > 0 ? now - a->seen.since : 0;
	if (w.doing == RS_DOING_SOURCE || w.doing == RS_DOING_DEST)
		w.connection = atomic_load_explicit(&a->connection, memory_order_relaxed);
	put_shares(&a->seen, w.share);
	return w;
}

struct rs_worker_seen *rs_activities_workers(struct rs_activities *all, size_t *n)
{
	struct rs_worker_seen *out = NULL;
	size_t cap = 0;
	rs_usec now = rs_clock_mono();

	*n = 0;
	pthread_mutex_lock(&all->lock);
	for (const struct rs_activity *a = all->first; a != NULL; a = a->next) {
		RS_GROW(out, *n, cap);
		out[(*n)++] = worker_of(a, now);
	}
	pthread_mutex_unlock(&all->lock);
	return out;
}
