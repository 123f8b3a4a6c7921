#include "screen/pieces.h"

static void no_timer(struct rs_pieces *p)
{
	if (!p->timer)
		return;
	rs_loop_timer_stop(p->loop, p->timer);
	rs_loop_busy(p->loop, -1);
	p->timer = 0;
}

static void next(void *ctx)
{
	struct rs_pieces *p = ctx;
	bool more = p->go_on(p->ctx);

	no_timer(p);
	if (more) {
		p->timer = rs_loop_timer(p->loop, 0, 0, next, p);
		rs_loop_busy(p->loop, 1);
	} else {
		p->under_way = false;
		p->done(p->ctx);
	}
}

void rs_pieces_start(struct rs_pieces *p, struct rs_loop *loop, bool (*go_on)(void *ctx), void (*done)(void *ctx), void *ctx)
{
	rs_pieces_stop(p);
	*p = (struct rs_pieces){.loop = loop, .under_way = true, .go_on = go_on, .done = done, .ctx = ctx};
	next(p);
}

void rs_pieces_stop(struct rs_pieces *p)
{
	no_timer(p);
	p->under_way = false;
}
