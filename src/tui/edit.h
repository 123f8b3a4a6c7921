/* A line of text being edited: UTF-8, a cursor that moves by what the eye takes for a character (a base with its
 * combining marks), undo. No drawing. The secret kind is kept in locked memory, wiped whenever it moves, and has no
 * undo. */
#ifndef RS_EDIT_H
#define RS_EDIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "tui/input.h"

struct rs_edit_undo {
	char *text;
	size_t cursor;
};

struct rs_edit {
	char *text;        /* NUL-terminated, never NULL after init */
	size_t len, size;  /* bytes used; allocated */
	size_t cursor;     /* byte offset, at a character's start or at the end */
	size_t max;        /* most bytes */
	bool secret;
	bool typing;       /* the last change was a typed character: it joins the next one in undo */
	struct rs_edit_undo *undo;
	size_t undo_count, undo_cap;
};

void rs_edit_init(struct rs_edit *e, size_t max, bool secret);
void rs_edit_release(struct rs_edit *e);
/* Replaces the text, cursor at its end; forgets the undo. Invalid UTF-8 and what exceeds max is cut off. */
void rs_edit_set(struct rs_edit *e, const char *text, size_t len);
/* At the cursor; false where it does not fit (then nothing changed). */
bool rs_edit_insert(struct rs_edit *e, const char *text, size_t len);
/* Pasted text: a final line end is dropped, inner ones and tabs become blanks, other control characters vanish. */
bool rs_edit_paste(struct rs_edit *e, const char *text, size_t len);
/* Ctrl-_ */
bool rs_edit_undo(struct rs_edit *e);

enum rs_edit_result { RS_EDIT_IGNORED, RS_EDIT_MOVED, RS_EDIT_CHANGED };
/* A key: characters, Backspace, Delete, arrows, Home/End, ^A ^E ^B ^F ^D ^H ^K ^U ^W ^_, Ctrl-arrows by words. Keys
 * that could do nothing (Left at the start) are ignored. */
enum rs_edit_result rs_edit_key(struct rs_edit *e, uint32_t key);

#endif
