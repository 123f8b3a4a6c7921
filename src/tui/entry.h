/* One line of text to type in: scrolls sideways, shows its extent, keeps an undo (Ctrl-_). As a secret it shows one •
 * for each character; the reveal key (Ctrl-T) shows it while the field has the focus. Enter submits. */
#ifndef RS_ENTRY_H
#define RS_ENTRY_H

#include "base/secret.h"
#include "tui/edit.h"
#include "tui/widget.h"

struct rs_entry {
	struct rs_widget w;
	struct rs_edit edit;
	int width;         /* liked width in cells */
	size_t scroll;     /* first byte shown */
	bool revealed;
	bool fixed;        /* read-only: shown, reachable, not editable */
	bool suggested;    /* the text is a suggestion: what is typed takes its place, unless the cursor was moved before */
	char *placeholder; /* shown dim while empty; NULL: none */
	bool (*accept)(uint32_t cp); /* which characters may be typed; NULL: all */
};

/* max: most bytes. */
struct rs_entry *rs_entry_new(const char *id, int width, size_t max);
struct rs_entry *rs_entry_new_secret(const char *id, int width, size_t max);
void rs_entry_set(struct rs_entry *e, const char *text);
/* The same, as a suggestion. */
void rs_entry_suggest(struct rs_entry *e, const char *text);
/* Borrowed until the next event. Never for secrets. */
const char *rs_entry_text(const struct rs_entry *e);
void rs_entry_set_secret(struct rs_entry *e, const struct rs_secret *secret);
void rs_entry_get_secret(const struct rs_entry *e, struct rs_secret *out);
void rs_entry_set_placeholder(struct rs_entry *e, const char *text);
/* For accept. */
bool rs_accept_digits(uint32_t cp);

/* "Filter: ord▏     37 shown": an entry with a label and a count at the right. Esc clears it, then cancels; Enter and
 * Down submit (the owner moves the focus to the list). Each change is CHANGED. */
struct rs_entry *rs_filter_new(const char *id, const char *label);
void rs_filter_set_count(struct rs_entry *filter, const char *text);

#endif
