/* The full-screen program, from the outside. */
#ifndef RS_SCREEN_MAIN_H
#define RS_SCREEN_MAIN_H

#include <stdbool.h>

struct rs_screen_options {
	bool ascii;           /* draw with ASCII only */
	bool utf8;            /* the locale's character set is UTF-8 */
	const char *wizard;   /* name or path of a task for which the wizard is opened at once; NULL: none */
	bool view;            /* only looks: nothing can be commanded or changed */
	int color;            /* < 0 never, 0 as the terminal says, > 0 always */
	bool (*detach)(void); /* gives the shell back and lets go of the terminal: the process goes on without it, in a
	                         session of its own; standard input, output and error are /dev/null afterwards. To be called
	                         once, after the terminal is as it was found. False where it can't be done */
};

/* Runs until the user leaves, or until all is done that goes on after a detach. Standard input and output are a terminal;
 * no thread and no connection exists yet but the library is initialized. Returns the exit code. */
int rs_screen_main(const struct rs_screen_options *options);

#endif
