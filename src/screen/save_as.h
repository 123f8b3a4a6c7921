/* Files that the user has written: reports, archives, exported tasks. The path is asked for; what is there already is replaced
 * only after a question; and where it can't be written the path is asked for again, as it was typed. */
#ifndef RS_SAVE_AS_H
#define RS_SAVE_AS_H

#include "screen/app.h"

/* Of one kind of file; ctx is what was given to rs_app_save_as. */
struct rs_save_as {
	/* In a thread: the files that would be replaced, one a line, malloc'ed; NULL: none. Where this is NULL the path is the file. */
	char *(*in_the_way)(void *ctx, const char *path);
	/* In a thread. */
	enum rs_rc (*write)(void *ctx, const char *path, struct rs_err *err);
	/* Says that it was; path: as a whole one. */
	void (*written)(void *ctx, const char *path);
	void (*free)(void *ctx);
};

/* how: static. title, label: of the question for the path, which is filled in already; all three are copied. ctx is given away. */
void rs_app_save_as(struct rs_app *app, const struct rs_save_as *how, const char *title, const char *label, const char *path, void *ctx);
/* Whether a file is there that writing to the path would replace; may block. */
bool rs_save_as_replaces(const char *path);

#endif
