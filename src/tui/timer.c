#include "tui/timer.h"
#include "base/mem.h"

int rs_timers_add(struct rs_timers *t, rs_usec delay, rs_usec period, void (*fn)(void *ctx), void *ctx)
{
	struct rs_timer timer = {++t->last, rs_clock_mono() + delay, period, fn, ctx};

	for (size_t i = 0; i < t->count; i++)
		if (!t->items[i].id) {
			t->items[i] = timer;
			return timer.id;
		}
	RS_GROW(t->items, t->count, t->cap);
	t->items[t->count++] = timer;
	return timer.id;
}

void rs_timers_stop(struct rs_timers *t, int id)
{
	for (size_t i = 0; id && i < t->count; i++)
		if (t->items[i].id == id)
			t->items[i].id = 0;
}

void rs_timers_run(struct rs_timers *t)
{
	rs_usec now = rs_clock_mono();

	for (size_t i = 0; i < t->count; i++) {
		struct rs_timer timer = t->items[i];

		if (!timer.id || timer.due > now)
			continue;
		if (!timer.period)
			t->items[i].id = 0;
		else
			t->items[i].due = timer.due + timer.period > now ? timer.due + timer.period : now + timer.period;
		timer.fn(timer.ctx);
	}
}

rs_usec rs_timers_next(const struct rs_timers *t)
{
	rs_usec now = rs_clock_mono(), next = -1;

	for (size_t i = 0; i < t->count; i++) {
		rs_usec left = t->items[i].due - now;

		if (t->items[i].id && (next < 0 || left < next))
			next = left > 0 ? left : 0;
	}
	return next;
}

void rs_timers_release(struct rs_timers *t)
{
	free(t->items);
	*t = (struct rs_timers){0};
}
