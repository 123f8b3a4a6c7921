#include "base/trace.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"

/* A ring of values, each of so many seconds. */
struct level {
	size_t seconds, cap;
	float *values;
	size_t next, count;
	double sum;      /* of what is not a value yet: its sum, or the highest */
	size_t measured; /* how many of it were */
	size_t pending;  /* seconds of it */
};

#define LEVELS 3

struct rs_trace {
	bool highest;
	struct level levels[LEVELS];
};

struct rs_trace *rs_trace_new(bool highest)
{
	static const struct level sizes[LEVELS] = {{.seconds = 1, .cap = 600}, {.seconds = 10, .cap = 720}, {.seconds = 120, .cap = 1440}};
	struct rs_trace *t = rs_xcalloc(1, sizeof *t);

	t->highest = highest;
	for (int i = 0; i < LEVELS; i++) {
		t->levels[i] = sizes[i];
		t->levels[i].values = rs_xcalloc(sizes[i].cap, sizeof(float));
	}
	return t;
}

void rs_trace_free(struct rs_trace *t)
{
	if (!t)
		return;
	for (int i = 0; i < LEVELS; i++)
		free(t->levels[i].values);
	free(t);
}

/* --- adding ------------------------------------------------------------------------------------- */

static double pending_value(const struct rs_trace *t, const struct level *l)
{
	if (!l->measured)
		return (double)NAN;
	return t->highest ? l->sum : l->sum / (double)l->measured;
}

static void put(const struct rs_trace *t, struct level *l)
{
	l->values[l->next] = (float)pending_value(t, l);
	l->next = (l->next + 1) % l->cap;
	l->count += l->count < l->cap;
	l->sum = 0;
	l->measured = l->pending = 0;
}

static void add(const struct rs_trace *t, struct level *l, double value)
{
	l->pending++;
	if (!isnan(value)) {
		if (!t->highest)
			l->sum += value;
		else if (!l->measured || value > l->sum)
			l->sum = value;
		l->measured++;
	}
	if (l->pending == l->seconds)
		put(t, l);
}

void rs_trace_add(struct rs_trace *t, double value)
{
	for (int i = 0; i < LEVELS; i++)
		add(t, &t->levels[i], value);
}

/* --- columns --------------------------------------------------------------------------------------- */

/* The finest that reaches back so far. */
static const struct level *level_for(const struct rs_trace *t, size_t seconds)
{
	int i = 0;

	while (i + 1 < LEVELS && t->levels[i].seconds * t->levels[i].cap < seconds)
		i++;
	return &t->levels[i];
}

/* The value of so many seconds ago; NaN: it is not known. */
static double value_at(const struct rs_trace *t, const struct level *l, size_t ago)
{
	size_t back;

	if (ago < l->pending)
		return pending_value(t, l);
	back = (ago - l->pending) / l->seconds;
	return back < l->count ? (double)l->values[(l->next + l->cap - 1 - back) % l->cap] : (double)NAN;
}

static double column(const struct rs_trace *t, const struct level *l, size_t from, size_t upto)
{
	double sum = 0;
	size_t n = 0;

	for (size_t ago = from; ago < upto; ago += l->seconds) {
		double v = value_at(t, l, ago);

		if (isnan(v))
			continue;
		sum = !t->highest ? sum + v : !n || v > sum ? v : sum;
		n++;
	}
	return !n ? (double)NAN : t->highest ? sum : sum / (double)n;
}

void rs_trace_get(const struct rs_trace *t, size_t ago, size_t seconds, double *columns, size_t n)
{
	const struct level *l = level_for(t, ago + seconds);

	for (size_t i = 0; i < n; i++) {
		size_t from = (n - 1 - i) * seconds / n, upto = (n - i) * seconds / n;

		columns[i] = column(t, l, ago + from, ago + (upto > from ? upto : from + 1));
	}
}

size_t rs_trace_newest(const struct rs_trace *t, double *values, size_t n)
{
	const struct level *l = &t->levels[0];

	n = n < l->count ? n : l->count;
	for (size_t i = 0; i < n; i++)
		values[i] = value_at(t, l, n - 1 - i);
	return n;
}

/* --- as a text ----------------------------------------------------------------------------------------- */

/* Each level is "pending measured sum values…;", where "-" stands for what was not measured. */

static void put_value(struct rs_buf *out, double value)
{
	if (isnan(value))
		(void)rs_buf_adds(out, " -");
	else
		(void)rs_buf_addf(out, " %lld", llround(value * 1000));
}

void rs_trace_put(const struct rs_trace *t, struct rs_buf *out)
{
	for (int i = 0; i < LEVELS; i++) {
		const struct level *l = &t->levels[i];

		(void)rs_buf_addf(out, "%zu %zu", l->pending, l->measured);
		put_value(out, l->sum);
		for (size_t n = l->count; n > 0; n--)
			put_value(out, (double)l->values[(l->next + l->cap - n) % l->cap]);
		(void)rs_buf_addc(out, ';');
	}
}

/* False: there is none. */
static bool read_value(const char **p, double *value)
{
	char *end;
	long long thousandths;

	*p += strspn(*p, " ");
	*value = (double)NAN;
	if (**p == '-' && !isdigit((unsigned char)(*p)[1])) {
		(*p)++;
		return true;
	}
	thousandths = strtoll(*p, &end, 10);
	*value = (double)thousandths / 1000;
	if (end == *p)
		return false;
	*p = end;
	return true;
}

static bool read_count(const char **p, size_t most, size_t *n)
{
	char *end;
	unsigned long long value = strtoull(*p, &end, 10);

	if (end == *p || value > most)
		return false;
	*p = end;
	*n = (size_t)value;
	return true;
}

static bool read_level(struct level *l, const char **p)
{
	double value;

	if (!read_count(p, l->seconds - 1, &l->pending) || !read_count(p, l->pending, &l->measured) || !read_value(p, &l->sum) || isnan(l->sum))
		return false;
	while (read_value(p, &value)) {
		l->values[l->next] = (float)value;
		l->next = (l->next + 1) % l->cap;
		l->count += l->count < l->cap;
	}
	return *(*p)++ == ';';
}

struct rs_trace *rs_trace_read(bool highest, const char *text)
{
	struct rs_trace *t = rs_trace_new(highest);

	for (int i = 0; i < LEVELS; i++)
		if (!read_level(&t->levels[i], &text)) {
			rs_trace_free(t);
			return NULL;
		}
	return t;
}
