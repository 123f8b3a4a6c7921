/* The whole full-screen program without a terminal, servers or threads that matter: its task files are real and in a
 * directory of the test's own, its engine is the fake one, its clock stands still at 2026-11-22 12:41:07 UTC. */
#ifndef RS_WORLD_H
#define RS_WORLD_H

#include <pthread.h>
#include "fake_engine.h"
#include "screen/app.h"
#include "screen/wizard.h"

/* A gate at which threads wait; the UI thread that comes there fails the test. */
struct world_gate {
	pthread_mutex_t lock;
	pthread_cond_t opened;
	bool closed;
	bool soon;    /* opens a moment after somebody has come there */
};

struct world {
	struct rs_app app;
	struct rs_loop *loop;
	char *dir;
};

/* Time moves on by so much; timers run with the next step. */
void world_sleep(rs_usec time);
rs_usec world_now(void);

/* Makes the directory, instances.ini and, with some, the task files and their states that the goldens show. */
void world_open(struct world *w, int height, int width, bool ascii, bool with_tasks);
/* The same in a terminal, the caller's, which has its own size and character set. */
void world_open_in(struct world *w, struct rs_term *term, int height, int width, bool ascii, bool with_tasks);
/* The disk does not answer before the second, or (soon) a moment after the next one has asked it. Whatever the test does, the
 * UI thread that writes while a script runs fails it. */
void world_disk_hold(struct world *w);
void world_disk_go(struct world *w);
void world_disk_go_soon(struct world *w);
/* The same for looking whether a file is there, which forms do. */
void world_files_hold(struct world *w);
void world_files_go(struct world *w);
/* What is known of a task from now on, seen at once; as fake_status. The program looks at its tasks as soon as it starts, and
 * the clock stands still: what was before must have been seen. */
void world_status(struct world *w, const char *name, enum rs_state state, bool live, struct rs_progress *p);
/* Opens the list of tasks. */
void world_tasks(struct world *w);
/* Opens the wizard: for a task of that name, or (NULL) a new one. */
void world_wizard(struct world *w, const char *name);
void world_close(struct world *w);
/* Writes a task file. */
void world_write_task(struct world *w, const char *name, const char *text);

/* Runs script lines, in which a "text" may also stand among keys; a failure fails the test and shows the screen. */
void world_run(struct world *w, const char *script);
/* Compares the screen with golden/app-NAME-80x24-utf8.txt (as the size and the character set are), the directory's random
 * name masked. */
void world_golden(struct world *w, const char *name);
/* Whether the screen shows a text. */
bool world_shows(struct world *w, const char *text);

/* Snapshots as an engine would make them. */
struct rs_progress *world_copying(void);
struct rs_progress *world_synchronizing(void);
struct rs_progress *world_failed(void);
/* One that waits for its destination, with what its threads were seen to do, and what took long. */
struct rs_progress *world_slow(void);
/* One that failed at an event: a row of shop.orders. */
struct rs_progress *world_stopped(void);
/* One in which two tables are suspended, and one joins. */
struct rs_progress *world_tables(void);

#endif
