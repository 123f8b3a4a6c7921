/* The event loop: polls the terminal, a wake-up descriptor and signals, calls the screens, draws at most ten frames a
 * second (a key's effect is drawn at once) and only when something changed. One a process, on the UI thread, which
 * alone touches it, but for rs_loop_wake and rs_loop_post.
 *
 * Without a terminal it draws on its canvas only and takes its events from rs_loop_feed(): tests and scripts. */
#ifndef RS_LOOP_H
#define RS_LOOP_H

#include <stdbool.h>
#include "base/clock.h"
#include "base/err.h"
#include "tui/canvas.h"
#include "tui/screen.h"

struct rs_loop;
struct rs_term;

struct rs_loop_options {
	const char *program;  /* left end of the title line; NULL: "rds-sync" */
	const char *host;     /* right end, before the clock; NULL: none */
	bool no_clock;        /* tests */
	/* q or Ctrl-C: true ends the loop now; false: it has been dealt with (a dialog asks). NULL: ends. */
	bool (*quit)(struct rs_loop *loop, void *ctx);
	/* Ctrl-Z: true stops the process now (all its threads); false as above. NULL: stops. */
	bool (*suspend)(struct rs_loop *loop, void *ctx);
	void *ctx;
	int height, width;    /* without a terminal; 0: 24 x 80 */
	bool ascii;           /* without a terminal */
};

enum rs_loop_end {
	RS_LOOP_RUNNING,
	RS_LOOP_QUIT,        /* rs_loop_quit, or the last screen was popped */
	RS_LOOP_HANGUP,      /* the terminal is gone; descriptors 0 to 2 are /dev/null now */
	RS_LOOP_TERMINATED   /* SIGTERM, SIGINT */
};

/* term: an open terminal, the caller's; NULL: none. options are copied, their strings too. */
struct rs_loop *rs_loop_new(struct rs_term *term, const struct rs_loop_options *options);
/* Destroys the screens that are left, top first. */
void rs_loop_free(struct rs_loop *loop);
/* Until something ends it. Can be called again where the reason was not a hang-up. */
enum rs_loop_end rs_loop_run(struct rs_loop *loop);
void rs_loop_quit(struct rs_loop *loop);

/* Takes the screen and shows it. */
void rs_loop_push(struct rs_loop *loop, struct rs_screen *screen);
/* Destroys the top screen (after the present event has been dealt with, so a screen may pop itself). */
void rs_loop_pop(struct rs_loop *loop);
/* Pop and push in one: the one below is not entered in between. */
void rs_loop_replace(struct rs_loop *loop, struct rs_screen *screen);
struct rs_screen *rs_loop_top(const struct rs_loop *loop);
/* How many screens there are. */
size_t rs_loop_depth(const struct rs_loop *loop);

/* Something changed on the screen: draw soon. Dispatching a key to a screen implies it. */
void rs_loop_dirty(struct rs_loop *loop);
/* Text shown in place of the help area for some seconds: "sent to the terminal's clipboard"; "": what was said is over. */
void rs_loop_say(struct rs_loop *loop, unsigned style, const char *fmt, ...) RS_PRINTF(3, 4);
/* To the terminal's clipboard (OSC 52), and says so; where the terminal can't, says that and returns false. */
bool rs_loop_copy(struct rs_loop *loop, const char *text, size_t len);

/* Runs a shell command (an editor) that has the terminal until it ends: nothing is drawn and no key is read meanwhile, the other
 * threads go on. Its status as waitpid tells it; -1: it could not be started (errno). Without a terminal it has none either. */
int rs_loop_run_command(struct rs_loop *loop, const char *command);

/* From any thread. The top screen gets RS_EV_WAKE; several wakes may come as one. Async-signal-safe. */
void rs_loop_wake(struct rs_loop *loop);
/* The same for callbacks that hand over a void pointer: {rs_loop_wake_cb, loop}. */
void rs_loop_wake_cb(void *loop);
/* From any thread: fn(ctx) runs on the UI thread, in the order posted. What is still waiting when the loop is freed
 * runs then. */
void rs_loop_post(struct rs_loop *loop, void (*fn)(void *ctx), void *ctx);
/* Work in the background has begun (+1) or ended (-1): scripts' wait-idle waits for it. From any thread. */
void rs_loop_busy(struct rs_loop *loop, int change);

/* fn(ctx) after delay, then each period (0: once), until it is stopped. Returns a number > 0. */
int rs_loop_timer(struct rs_loop *loop, rs_usec delay, rs_usec period, void (*fn)(void *ctx), void *ctx);
void rs_loop_timer_stop(struct rs_loop *loop, int timer);

/* --- without a terminal ------------------------------------------------ */

/* Deals with one event as if it came from the terminal, then draws. */
enum rs_loop_end rs_loop_feed(struct rs_loop *loop, const struct rs_event *ev);
/* Runs what was posted and which timers are due (by rs_clock_mono), then draws. */
enum rs_loop_end rs_loop_step(struct rs_loop *loop);
void rs_loop_resize(struct rs_loop *loop, int height, int width);
/* What is on the screen. */
const struct rs_canvas *rs_loop_canvas(const struct rs_loop *loop);
/* Nothing is posted, busy or waiting to be drawn. */
bool rs_loop_idle(struct rs_loop *loop);

#endif
