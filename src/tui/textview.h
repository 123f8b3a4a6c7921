/* Text to read: lines in styles, wrapped or cut, scrolled. Follows its end while it is there (logs). Keeps the newest
 * max lines. */
#ifndef RS_TEXTVIEW_H
#define RS_TEXTVIEW_H

#include "tui/widget.h"

struct rs_textview;

/* max: most lines kept (0: 10,000). */
struct rs_textview *rs_textview_new(const char *id, bool wrap, size_t max);
struct rs_widget *rs_textview_widget(struct rs_textview *t);
void rs_textview_clear(struct rs_textview *t);
/* Text that may have several lines; copied. indent: cells before each line, kept when it wraps. */
void rs_textview_add(struct rs_textview *t, unsigned style, int indent, const char *text);
/* Scrolls to its first line. */
void rs_textview_home(struct rs_textview *t);
/* Scrolls to its last line, and follows (logs: call it once at first). */
void rs_textview_follow(struct rs_textview *t);
/* Whether it does, or shows all there is. */
bool rs_textview_follows(const struct rs_textview *t);
/* Looks for the next (or previous) line that is wanted: from the one that was found last, else from the first (last) in sight on. It
 * is scrolled to, and stands out until the text is changed; false: there is none, and nothing changes. */
typedef bool rs_textview_wanted(void *ctx, unsigned style, const char *text);
bool rs_textview_find(struct rs_textview *t, rs_textview_wanted *wanted, void *ctx, bool backwards);
/* The same for a line that contains text, ignoring case. */
bool rs_textview_search(struct rs_textview *t, const char *text, bool backwards);

#endif
