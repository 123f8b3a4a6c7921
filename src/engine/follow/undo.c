#include "engine/follow/undo.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "base/mem.h"
#include "base/utf8.h"
#include "model/selection_name.h"

/* One after the other; 0: the end, but for spaces. */
static uint32_t next_character(const char **p)
{
	uint32_t cp = 0;
	size_t n = **p ? rs_utf8_decode(*p, strlen(*p), &cp) : 0;

	if ((*p)[strspn(*p, " ")] == '\0')
		return 0;
	*p += n > 0 ? n : 1;
	return n > 0 ? cp : 0xFFFD;
}

/* Servers compare names as utf8_general_ci does: character by character, without case and accents. Of characters other than
 * those of ASCII we don't know which are equal. */
enum rs_undo_match rs_undo_match(const char *a, const char *b)
{
	enum rs_undo_match match = RS_UNDO_SAME;
	uint32_t x, y;

	if (rs_name_same(a, b, true))
		return RS_UNDO_SAME;
	do {
		x = next_character(&a);
		y = next_character(&b);
		if (x < 0x80 && y < 0x80 && tolower((int)x) != tolower((int)y))
			return RS_UNDO_OTHER;
		if ((x == 0) != (y == 0))
			return RS_UNDO_OTHER;
		if (x != y && (x >= 0x80 || y >= 0x80))
			match = RS_UNDO_UNSURE;
	} while (x != 0);
	return match;
}

static void forget_points(struct rs_undo *u, size_t from)
{
	while (u->n_points > from)
		free(u->points[--u->n_points].name);
}

static void clear(struct rs_undo *u)
{
	forget_points(u, 0);
	u->n_counts = 0;
	u->next = 0;
}

void rs_undo_release(struct rs_undo *u)
{
	clear(u);
	free(u->counts);
	free(u->points);
	*u = (struct rs_undo){0};
}

static void put_point(struct rs_undo *u, char *name, unsigned number, const struct rs_anomalies *anomalies)
{
	RS_GROW(u->points, u->n_points, u->cap_points);
	u->points[u->n_points++] = (struct rs_undo_point){name, number, u->n_counts, *anomalies, {0, 0}, 0};
}

void rs_undo_begin(struct rs_undo *u, const struct rs_anomalies *anomalies)
{
	clear(u);
	put_point(u, NULL, u->next++, anomalies);
}

/* What lies between the same two savepoints needs only its sum. */
void rs_undo_count(struct rs_undo *u, const struct rs_tally *t)
{
	size_t first = u->n_points > 0 ? u->points[u->n_points - 1].n_counts : 0;

	for (size_t i = u->n_counts; i > first; i--)
		if (u->counts[i - 1].table == t->table && u->counts[i - 1].op == t->op && u->counts[i - 1].fate == t->fate) {
			u->counts[i - 1].rows += t->rows;
			return;
		}
	RS_GROW(u->counts, u->n_counts, u->cap_counts);
	u->counts[u->n_counts++] = *t;
}

/* The number is used again, so that a program that sets one savepoint a million times keeps one. */
static unsigned take_number(struct rs_undo *u, const char *name)
{
	for (size_t i = 1; i < u->n_points; i++) {
		unsigned number = u->points[i].number;
		if (rs_undo_match(u->points[i].name, name) != RS_UNDO_SAME)
			continue;
		free(u->points[i].name);
		memmove(&u->points[i], &u->points[i + 1], (u->n_points - i - 1) * sizeof *u->points);
		u->n_points--;
		return number;
	}
	return u->next++;
}

struct rs_undo_point *rs_undo_set(struct rs_undo *u, const char *name, const struct rs_anomalies *anomalies)
{
	unsigned number = take_number(u, name);

	put_point(u, rs_xstrdup(name), number, anomalies);
	return &u->points[u->n_points - 1];
}

const struct rs_undo_point *rs_undo_find(const struct rs_undo *u, const char *name)
{
	for (size_t i = u->n_points; i > 1; i--) {
		enum rs_undo_match match = rs_undo_match(u->points[i - 1].name, name);
		if (match != RS_UNDO_OTHER)
			return match == RS_UNDO_SAME ? &u->points[i - 1] : NULL;
	}
	return &u->points[0];
}

void rs_undo_settle(struct rs_undo *u, struct rs_stats *stats)
{
	pthread_mutex_lock(&stats->lock);
	for (size_t i = 0; i < u->n_counts; i++)
		rs_stats_applied(stats, &u->counts[i]);
	pthread_mutex_unlock(&stats->lock);
	u->n_counts = 0;
}

void rs_undo_back_to(struct rs_undo *u, const struct rs_undo_point *point)
{
	size_t index = (size_t)(point - u->points);

	u->n_counts = point->n_counts;
	forget_points(u, index + 1);
}
