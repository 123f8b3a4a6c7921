#include "tui/loop.h"
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdint.h>
#include "base/command.h"
#include "base/i18n.h"
#include "base/mem.h"
#include "tui/frame.h"
#include "tui/overlay.h"
#include "tui/postbox.h"
#include "tui/term.h"
#include "tui/timer.h"

#define FRAME_INTERVAL RS_MSEC(100)
#define KEY_INTERVAL RS_MSEC(25)       /* held keys: a frame for each of these is enough */
#define SAY_TIME (4 * RS_USEC_PER_SEC)
#define READ_TIME RS_MSEC(800)
#define INTERRUPT_TIME (2 * RS_USEC_PER_SEC)
#define EVENTS_PER_FRAME 200           /* then the frame is drawn even if more keys wait */

struct rs_loop {
	struct rs_loop_options options;
	struct rs_term *term;
	struct rs_canvas canvas;
	int height, width;              /* without a terminal */
	enum rs_loop_end end;

	struct rs_screen **stack;
	size_t depth, stack_cap;
	struct rs_screen **graves;      /* popped, not yet destroyed */
	size_t grave_count, grave_cap;
	int depth_of_calls;             /* > 0: inside a screen's function; graves wait */
	struct rs_overlay *overlays;    /* the first is shown */

	bool dirty, urgent;             /* something changed; by the user's hand */
	rs_usec drawn;                  /* when the last frame was shown */
	char *said;
	rs_usec said_at;
	unsigned said_style;
	int say_timer, clock_timer, tick_timer;
	rs_usec interrupted;            /* last Ctrl-C */

	struct rs_timers timers;

	struct rs_postbox box;
};

/* --- timers ------------------------------------------------------------------------ */

int rs_loop_timer(struct rs_loop *loop, rs_usec delay, rs_usec period, void (*fn)(void *ctx), void *ctx)
{
	return rs_timers_add(&loop->timers, delay, period, fn, ctx);
}

void rs_loop_timer_stop(struct rs_loop *loop, int timer)
{
	rs_timers_stop(&loop->timers, timer);
}

/* --- other threads ----------------------------------------------------------------- */

void rs_loop_wake(struct rs_loop *loop)
{
	rs_postbox_wake(&loop->box);
}

void rs_loop_wake_cb(void *loop)
{
	rs_loop_wake(loop);
}

void rs_loop_post(struct rs_loop *loop, void (*fn)(void *ctx), void *ctx)
{
	rs_postbox_post(&loop->box, fn, ctx);
}

void rs_loop_busy(struct rs_loop *loop, int change)
{
	rs_postbox_busy(&loop->box, change);
}

static void run_posts(struct rs_loop *loop)
{
	if (rs_postbox_run(&loop->box))
		loop->dirty = true;
}

/* --- drawing ----------------------------------------------------------------------- */

void rs_loop_dirty(struct rs_loop *loop)
{
	loop->dirty = true;
}

static const char *clock_text(const struct rs_loop *loop, char *buf, size_t size)
{
	time_t now = (time_t)(rs_clock_wall() / RS_USEC_PER_SEC);
	struct tm tm;

	if (loop->options.no_clock || !localtime_r(&now, &tm))
		return NULL;
	return strftime(buf, size, "%H:%M:%S", &tm) ? buf : NULL;
}

static void draw_screen(struct rs_loop *loop, struct rs_screen *s)
{
	struct rs_overlay *overlay = loop->overlays;
	char clock[16];
	struct rs_frame frame = {loop->options.program ? loop->options.program : "rds-sync", loop->options.host,
	                         clock_text(loop, clock, sizeof clock), loop->said, loop->said_style,
	                         overlay ? rs_widget_help(overlay->ops->root(overlay)) : NULL};
	struct rs_canvas *c = &loop->canvas;
	struct rs_rect body, old;

	if (!rs_frame_draw(c, s, &frame, &body))
		return;
	old = rs_canvas_clip(c, body);
	if (s->ops->draw) {
		s->ops->draw(s, c, body);
	} else if (s->root) {
		rs_widget_layout(s->root, body);
		rs_widget_draw(s->root, c, !overlay);
		rs_widget_draw_popup(s->root, c, body);
	}
	rs_canvas_unclip(c, old);
}

static void draw_overlay(struct rs_loop *loop, struct rs_overlay *o)
{
	struct rs_canvas *c = &loop->canvas;
	struct rs_rect area = rs_rect_make(0, 0, c->h - 1, c->w);

	c->cursor = false;
	if (c->h < RS_FRAME_MIN_H || c->w < RS_FRAME_MIN_W)
		return;
	o->ops->draw(o, c, area);
	rs_canvas_fill(c, rs_rect_make(c->h - 1, 0, 1, c->w), RS_STYLE_NORMAL);
	rs_keybar_draw_map(c, c->h - 1, o->ops->keymap, o->ops->helps, rs_widget_is_typing(o->ops->root(o)));
}

static void draw(struct rs_loop *loop)
{
	int h = loop->height, w = loop->width;

	loop->dirty = loop->urgent = false;
	loop->drawn = rs_clock_mono();
	if (!loop->depth || loop->end == RS_LOOP_HANGUP)
		return;
	if (loop->term)
		rs_term_size(loop->term, &h, &w);
	rs_canvas_reset(&loop->canvas, h, w);
	draw_screen(loop, rs_loop_top(loop));
	if (loop->overlays)
		draw_overlay(loop, loop->overlays);
	if (loop->term)
		rs_term_show(loop->term, &loop->canvas);
}

static void say_over(void *ctx)
{
	struct rs_loop *loop = ctx;

	free(loop->said);
	loop->said = NULL;
	loop->say_timer = 0;
	loop->dirty = true;
}

/* What was not drawn yet, because the machine or the line is slow, is not over. */
static void say_timeout(void *ctx)
{
	struct rs_loop *loop = ctx;

	if (loop->drawn < loop->said_at)
		loop->say_timer = rs_loop_timer(loop, SAY_TIME, 0, say_timeout, loop);
	else
		say_over(loop);
}

void rs_loop_say(struct rs_loop *loop, unsigned style, const char *fmt, ...)
{
	struct rs_buf text = RS_BUF_INIT;
	va_list ap;

	va_start(ap, fmt);
	(void)rs_buf_vaddf(&text, fmt, ap);
	va_end(ap);
	free(loop->said);
	loop->said = text.len ? rs_buf_take(&text) : NULL;
	rs_buf_release(&text);
	loop->said_style = style;
	loop->said_at = rs_clock_mono();
	rs_loop_timer_stop(loop, loop->say_timer);
	loop->say_timer = rs_loop_timer(loop, SAY_TIME, 0, say_timeout, loop);
	loop->dirty = true;
}

bool rs_loop_copy(struct rs_loop *loop, const char *text, size_t len)
{
	bool sent = loop->term && rs_term_copy(loop->term, text, len);

	if (sent)
		rs_loop_say(loop, RS_STYLE_OK, "%s", _("Sent to the terminal's clipboard."));
	else
		rs_loop_say(loop, RS_STYLE_WARN, "%s", _("This terminal has no clipboard that can be written to."));
	return sent;
}

static int run_without_term(const char *command)
{
	int status = -1, why;
	pid_t pid;

	why = rs_command_start(command, -1, NULL, &pid);
	if (why)
		errno = why;
	else
		(void)rs_command_ended(pid, INT64_MAX, &status);
	return status;
}

int rs_loop_run_command(struct rs_loop *loop, const char *command)
{
	loop->dirty = true;
	return loop->term ? rs_term_run(loop->term, command) : run_without_term(command);
}

void rs_loop_say_refused(struct rs_loop *loop)
{
	rs_loop_say(loop, RS_STYLE_WARN, "%s", _("What was pasted can't stand here: it is too long, or has other characters than this field takes. Nothing was put in."));
}

/* --- screens ----------------------------------------------------------------------- */

struct rs_screen *rs_loop_top(const struct rs_loop *loop)
{
	return loop->depth ? loop->stack[loop->depth - 1] : NULL;
}

size_t rs_loop_depth(const struct rs_loop *loop)
{
	return loop->depth;
}

static void tick(void *ctx)
{
	struct rs_loop *loop = ctx;
	struct rs_screen *s = rs_loop_top(loop);

	if (s && s->ops->tick)
		s->ops->tick(s);
}

static void shown(struct rs_loop *loop, struct rs_screen *s)
{
	rs_loop_timer_stop(loop, loop->tick_timer);
	loop->tick_timer = 0;
	if (s->ops->tick && s->ops->tick_ms > 0)
		loop->tick_timer =
			rs_loop_timer(loop, RS_MSEC(s->ops->tick_ms), RS_MSEC(s->ops->tick_ms), tick, loop);
	loop->dirty = true;
	if (s->ops->enter)
		s->ops->enter(s);
}

static void covered(struct rs_screen *s)
{
	if (s && s->ops->leave)
		s->ops->leave(s);
}

static void put_on_top(struct rs_loop *loop, struct rs_screen *screen)
{
	RS_GROW(loop->stack, loop->depth, loop->stack_cap);
	loop->stack[loop->depth++] = screen;
	screen->loop = loop;
	shown(loop, screen);
}

void rs_loop_push(struct rs_loop *loop, struct rs_screen *screen)
{
	covered(rs_loop_top(loop));
	put_on_top(loop, screen);
}

static void take_off(struct rs_loop *loop)
{
	struct rs_screen *s = rs_loop_top(loop);

	covered(s);
	loop->depth--;
	RS_GROW(loop->graves, loop->grave_count, loop->grave_cap);
	loop->graves[loop->grave_count++] = s;
	loop->dirty = true;
}

static void bury(struct rs_loop *loop)
{
	while (loop->grave_count && !loop->depth_of_calls) {
		struct rs_screen *s = loop->graves[--loop->grave_count];

		rs_widget_free(s->root);
		s->root = NULL;
		s->ops->destroy(s);
	}
}

void rs_loop_pop(struct rs_loop *loop)
{
	if (!loop->depth)
		return;
	take_off(loop);
	if (loop->depth)
		shown(loop, rs_loop_top(loop));
	else if (loop->end == RS_LOOP_RUNNING)
		loop->end = RS_LOOP_QUIT;
	bury(loop);
}

void rs_loop_replace(struct rs_loop *loop, struct rs_screen *screen)
{
	if (loop->depth)
		take_off(loop);
	put_on_top(loop, screen);
	bury(loop);
}

void rs_loop_quit(struct rs_loop *loop)
{
	loop->end = RS_LOOP_QUIT;
}

/* --- overlays ---------------------------------------------------------------------- */

void rs_loop_overlay_add(struct rs_loop *loop, struct rs_overlay *o)
{
	struct rs_overlay **last = &loop->overlays;

	while (*last)
		last = &(*last)->next;
	*last = o;
	o->loop = loop;
	loop->dirty = true;
}

void rs_loop_overlay_cover(struct rs_loop *loop, struct rs_overlay *o)
{
	o->next = loop->overlays;
	loop->overlays = o;
	o->loop = loop;
	loop->dirty = true;
}

struct rs_overlay *rs_loop_overlay(const struct rs_loop *loop)
{
	return loop->overlays;
}

/* A key that types where text is typed is text. */
static bool asks_for_help(struct rs_overlay *o, const struct rs_event *ev)
{
	const struct rs_action *action = ev->type == RS_EV_KEY && !o->ops->helps ? rs_keymap_find(&rs_keymap_universal, ev->key) : NULL;

	return action && action->id == RS_ACT_HELP &&
	       !(rs_key_is_text(ev->key) && rs_widget_is_typing(o->ops->root(o)));
}

static void overlay_event(struct rs_loop *loop, const struct rs_event *ev)
{
	struct rs_overlay *o = loop->overlays;

	if (asks_for_help(o, ev)) {
		rs_help_open(loop);
		return;
	}
	if (!o->ops->event(o, ev))
		return;
	loop->overlays = o->next;
	o->ops->closed(o, false);
}

/* --- events ------------------------------------------------------------------------ */

static void ask_quit(struct rs_loop *loop)
{
	if (!loop->options.quit || loop->options.quit(loop, loop->options.ctx))
		loop->end = RS_LOOP_QUIT;
}

static void interrupt(struct rs_loop *loop)
{
	rs_usec now = rs_clock_mono(), before = loop->interrupted;

	loop->interrupted = now;
	if (before && now - before <= INTERRUPT_TIME)
		loop->end = RS_LOOP_QUIT;
	else if (loop->overlays)
		rs_loop_say(loop, RS_STYLE_WARN, "%s", _("Ctrl-C again to leave the program."));
	else
		ask_quit(loop);
}

static void suspend(struct rs_loop *loop)
{
	if (loop->options.suspend && !loop->options.suspend(loop, loop->options.ctx))
		return;
	if (loop->term)
		rs_term_suspend(loop->term);
}

static void back(struct rs_loop *loop, struct rs_screen *s)
{
	if (s->ops->action && s->ops->action(s, RS_ACT_BACK))
		return;
	if (loop->depth > 1)
		rs_loop_pop(loop);
}

static void universal(struct rs_loop *loop, struct rs_screen *s, int action)
{
	switch (action) {
	case RS_ACT_HELP: rs_help_open(loop); break;
	case RS_ACT_BACK: back(loop, s); break;
	case RS_ACT_QUIT: ask_quit(loop); break;
	default: break;
	}
}

/* Those that work everywhere, also over a dialog (help.c names them). */
static bool always(struct rs_loop *loop, uint32_t key)
{
	const struct rs_action *action = rs_keymap_find(&rs_keymap_universal, key);

	switch (action ? action->id : 0) {
	case RS_ACT_REDRAW:
		if (loop->term)
			rs_term_redraw(loop->term);
		return true;
	case RS_ACT_SUSPEND: suspend(loop); return true;
	case RS_ACT_INTERRUPT: interrupt(loop); return true;
	default: return false;
	}
}

/* True when the key is one of the screen's own and has done its work, or said why not. */
static bool own_action(struct rs_loop *loop, struct rs_screen *s, uint32_t key)
{
	const struct rs_action *action = rs_keymap_find(s->ops->keymap, key);
	const char *why = NULL;

	if (!action)
		return false;
	if (rs_screen_enabled(s, action->id, &why))
		return s->ops->action && s->ops->action(s, action->id);
	rs_loop_say(loop, RS_STYLE_WARN, _("%s: %s"), _(action->label), why ? why : _("not possible now"));
	return true;
}

static void tell_focus(struct rs_screen *s, struct rs_widget *from)
{
	struct rs_widget *to = rs_widget_focused(s->root);

	if (from != to && s->ops->focus)
		s->ops->focus(s, from, to);
}

static bool move_focus(struct rs_screen *s, uint32_t key)
{
	struct rs_widget *from = s->root ? rs_widget_focused(s->root) : NULL;

	if (!s->root || !rs_widget_move(s->root, key))
		return false;
	tell_focus(s, from);
	return true;
}

/* A key that the widgets left alone. */
static void key_to_screen(struct rs_loop *loop, struct rs_screen *s, uint32_t key)
{
	const struct rs_action *action;

	if (own_action(loop, s, key) || s != rs_loop_top(loop) || move_focus(s, key))
		return;
	action = rs_keymap_find(&rs_keymap_universal, key);
	if (action)
		universal(loop, s, action->id);
}

/* True when the widgets have dealt with it. */
static bool widgets_event(struct rs_screen *s, const struct rs_event *ev)
{
	struct rs_widget *from, *who = NULL;
	enum rs_reply reply;

	if (!s->root)
		return false;
	from = rs_widget_focused(s->root);
	reply = rs_widget_offer(s->root, ev, &who);
	tell_focus(s, from);
	if (reply == RS_REFUSED)
		rs_loop_say_refused(s->loop);
	if (reply == RS_IGNORED || reply == RS_HANDLED || reply == RS_REFUSED)
		return reply != RS_IGNORED;
	return (s->ops->notify && s->ops->notify(s, who, reply)) || reply != RS_CANCEL;
}

static void screen_event(struct rs_loop *loop, const struct rs_event *ev)
{
	struct rs_screen *s = rs_loop_top(loop);

	if (!s || (s->ops->event && s->ops->event(s, ev) != RS_IGNORED))
		return;
	if (ev->type != RS_EV_KEY && ev->type != RS_EV_PASTE)
		return;
	if (!widgets_event(s, ev) && ev->type == RS_EV_KEY && s == rs_loop_top(loop))
		key_to_screen(loop, s, ev->key);
}

/* Who goes on has read it, and wants to see the help again. An error may have come from a thread while keys were typed that
 * have nothing to do with it: it stays for its time. */
static void end_saying(struct rs_loop *loop)
{
	if (!loop->said || loop->said_style == RS_STYLE_ERROR || rs_clock_mono() - loop->said_at < READ_TIME)
		return;
	rs_loop_timer_stop(loop, loop->say_timer);
	say_over(loop);
}

static void input(struct rs_loop *loop, const struct rs_event *ev)
{
	end_saying(loop);
	loop->dirty = loop->urgent = true;
	if (ev->type == RS_EV_KEY && always(loop, ev->key))
		return;
	if (loop->overlays)
		overlay_event(loop, ev);
	else
		screen_event(loop, ev);
}

static void wake(struct rs_loop *loop)
{
	struct rs_event ev = {.type = RS_EV_WAKE};

	run_posts(loop);
	if (rs_postbox_woken(&loop->box))
		screen_event(loop, &ev);
}

/* Alt and a digit is a function key wherever the screen that would see it has no use of its own for it. */
static void key(struct rs_loop *loop, const struct rs_event *ev)
{
	struct rs_screen *s = loop->overlays ? NULL : rs_loop_top(loop);
	struct rs_event meant = rs_event_key(rs_key_function(ev->key));

	input(loop, meant.key == RS_KEY_NONE || (s && rs_keymap_find(s->ops->keymap, ev->key)) ? ev : &meant);
}

static void dispatch(struct rs_loop *loop, const struct rs_event *ev)
{
	loop->depth_of_calls++;
	switch (ev->type) {
	case RS_EV_KEY: key(loop, ev); break;
	case RS_EV_PASTE: input(loop, ev); break;
	case RS_EV_WAKE: wake(loop); break;
	case RS_EV_HANGUP: loop->end = RS_LOOP_HANGUP; break;
	case RS_EV_TERMINATE: loop->end = RS_LOOP_TERMINATED; break;
	case RS_EV_RESIZE:
	case RS_EV_CONTINUE:
		loop->dirty = loop->urgent = true;
		screen_event(loop, ev);
		break;
	case RS_EV_TICK: tick(loop); break;
	}
	loop->depth_of_calls--;
	bury(loop);
}

static void housekeep(struct rs_loop *loop)
{
	loop->depth_of_calls++;
	wake(loop);
	rs_timers_run(&loop->timers);
	loop->depth_of_calls--;
	bury(loop);
}

/* --- running ----------------------------------------------------------------------- */

static enum rs_rc wait_without_term(struct rs_loop *loop, rs_usec timeout, struct rs_event *ev)
{
	struct pollfd fd = {loop->box.fd, POLLIN, 0};
	int ms = timeout < 0 ? -1 : (int)((timeout + 999) / 1000);

	*ev = (struct rs_event){.type = RS_EV_WAKE};
	return poll(&fd, 1, ms) > 0 ? RS_OK : RS_AGAIN;
}

static enum rs_rc wait_event(struct rs_loop *loop, rs_usec timeout, struct rs_event *ev)
{
	return loop->term ? rs_term_wait(loop->term, loop->box.fd, timeout, ev)
	                  : wait_without_term(loop, timeout, ev);
}

/* How long until the next frame may be drawn; 0: now. */
static rs_usec frame_wait(const struct rs_loop *loop, rs_usec now)
{
	rs_usec due = loop->drawn + (loop->urgent ? KEY_INTERVAL : FRAME_INTERVAL);

	return due > now ? due - now : 0;
}

/* What a slow line has not taken yet is not drawn over: it would come later and later. */
static bool can_draw(const struct rs_loop *loop)
{
	return loop->dirty && (!loop->term || rs_term_ready(loop->term));
}

static rs_usec wait_time(const struct rs_loop *loop)
{
	rs_usec now = rs_clock_mono(), timer = rs_timers_next(&loop->timers), frame = frame_wait(loop, now);

	if (can_draw(loop) && (timer < 0 || frame < timer))
		return frame;
	return timer;
}

enum rs_loop_end rs_loop_run(struct rs_loop *loop)
{
	if (loop->end != RS_LOOP_HANGUP)
		loop->end = loop->depth ? RS_LOOP_RUNNING : RS_LOOP_QUIT;
	while (loop->end == RS_LOOP_RUNNING) {
		struct rs_event ev;
		rs_usec timeout;

		housekeep(loop);
		if (can_draw(loop) && frame_wait(loop, rs_clock_mono()) == 0)
			draw(loop);
		timeout = wait_time(loop);
		for (int i = 0; i < EVENTS_PER_FRAME && loop->end == RS_LOOP_RUNNING; i++) {
			if (wait_event(loop, timeout, &ev) != RS_OK)
				break;
			dispatch(loop, &ev);
			timeout = 0;
		}
	}
	return loop->end;
}

/* --- without a terminal ------------------------------------------------------------ */

enum rs_loop_end rs_loop_feed(struct rs_loop *loop, const struct rs_event *ev)
{
	if (loop->dirty)
		draw(loop);
	if (loop->end == RS_LOOP_RUNNING)
		dispatch(loop, ev);
	return rs_loop_step(loop);
}

enum rs_loop_end rs_loop_step(struct rs_loop *loop)
{
	if (loop->end == RS_LOOP_RUNNING)
		housekeep(loop);
	if (loop->dirty)
		draw(loop);
	return loop->end;
}

void rs_loop_resize(struct rs_loop *loop, int height, int width)
{
	struct rs_event ev = {.type = RS_EV_RESIZE};

	loop->height = height;
	loop->width = width;
	(void)rs_loop_feed(loop, &ev);
}

const struct rs_canvas *rs_loop_canvas(const struct rs_loop *loop)
{
	return &loop->canvas;
}

bool rs_loop_idle(struct rs_loop *loop)
{
	return !loop->dirty && rs_postbox_idle(&loop->box);
}

/* --- life -------------------------------------------------------------------------- */

static void clock_tick(void *ctx)
{
	struct rs_loop *loop = ctx;

	loop->dirty = true;
}

static void start_clock(struct rs_loop *loop)
{
	rs_usec into = rs_clock_wall() % RS_USEC_PER_SEC;

	if (!loop->options.no_clock)
		loop->clock_timer =
			rs_loop_timer(loop, RS_USEC_PER_SEC - into + RS_MSEC(5), RS_USEC_PER_SEC, clock_tick, loop);
}

struct rs_loop *rs_loop_new(struct rs_term *term, const struct rs_loop_options *options)
{
	struct rs_loop *loop = rs_xcalloc(1, sizeof *loop);

	loop->options = *options;
	loop->options.program = rs_xstrdup(options->program);
	loop->options.host = rs_xstrdup(options->host);
	loop->term = term;
	loop->height = options->height ? options->height : 24;
	loop->width = options->width ? options->width : 80;
	loop->dirty = loop->urgent = true;
	rs_postbox_init(&loop->box);
	rs_canvas_init(&loop->canvas, loop->height, loop->width, options->ascii);
	if (term)
		loop->canvas.ascii = rs_term_ascii(term, &loop->canvas.keep_text);
	start_clock(loop);
	return loop;
}

static void close_overlays(struct rs_loop *loop)
{
	while (loop->overlays) {
		struct rs_overlay *o = loop->overlays;

		loop->overlays = o->next;
		o->ops->closed(o, true);
	}
}

void rs_loop_free(struct rs_loop *loop)
{
	if (!loop)
		return;
	loop->depth_of_calls = 0;
	run_posts(loop);
	close_overlays(loop);
	while (loop->depth) {
		take_off(loop);
		bury(loop);
	}
	bury(loop);
	rs_postbox_release(&loop->box);
	rs_canvas_release(&loop->canvas);
	free((char *)(uintptr_t)loop->options.program);
	free((char *)(uintptr_t)loop->options.host);
	free(loop->said);
	free(loop->stack);
	free(loop->graves);
	rs_timers_release(&loop->timers);
	free(loop);
}
