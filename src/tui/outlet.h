/* What is on its way to the terminal. A line can be slow, or stand still for as long as nobody notices that it is dead: what it does
 * not take at once waits here, so that the UI thread never does. Private to term.c.
 *
 * curses writes to a descriptor and does not return before all is written; that descriptor is a file in memory meanwhile, from which
 * it is taken. The terminal is written to through an open file of our own that does not wait (the one we were given is shared with the
 * shell); where there can't be one, writing waits. */
#ifndef RS_OUTLET_H
#define RS_OUTLET_H

#include "base/buf.h"
#include "base/clock.h"

struct rs_outlet {
	int curses;            /* what curses writes to */
	int memory;            /* the file behind that while it is collected; -1: there can't be one */
	int terminal;          /* ours; borrowed */
	int quick;             /* the same, and writing does not wait; -1: none */
	bool collecting;
	struct rs_buf waiting;
	size_t sent;           /* so much of it has been written */
};

#define RS_OUTLET_NONE {.curses = -1, .memory = -1, .terminal = -1, .quick = -1, .waiting = RS_BUF_INIT}

/* Both descriptors are of the terminal. Nothing is collected yet. */
void rs_outlet_open(struct rs_outlet *o, int curses, int terminal);
void rs_outlet_close(struct rs_outlet *o);
/* Whether what curses writes is collected, or goes to the terminal by itself, as it must where curses sets the terminal's modes. */
void rs_outlet_collect(struct rs_outlet *o, bool on);
/* Behind all that curses has written. */
void rs_outlet_put(struct rs_outlet *o, const char *data, size_t len);
/* Writes what the terminal takes now; true: nothing is left. */
bool rs_outlet_flush(struct rs_outlet *o);
/* What is left by now; to be flushed when `quick` becomes writable. */
bool rs_outlet_is_waiting(const struct rs_outlet *o);
/* Flushes for at most that time; false: something is left, and is forgotten. */
bool rs_outlet_drain(struct rs_outlet *o, rs_usec time);

#endif
