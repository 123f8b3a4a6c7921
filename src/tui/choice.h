/* One of several, several of several, yes or no. */
#ifndef RS_CHOICE_H
#define RS_CHOICE_H

#include "tui/widget.h"

struct rs_option {
	const char *id;    /* the value */
	const char *label; /* what is shown */
	const char *note;  /* dim, behind it; NULL: none */
	const char *why;   /* why it can't be chosen, NULL: it can; shown, never hidden */
};

#define RS_NO_OPTION ((size_t)-1)

/* A drop-down: "RDS ▾". Enter or Space opens it; typing then narrows the list; Enter takes, Esc leaves it as it was. */
struct rs_widget *rs_choice_new(const char *id, int width);
/* All below each other: "(•) No SSL". Up and Down move, Space or Enter chooses; Enter on the chosen one submits. */
struct rs_widget *rs_radio_new(const char *id);
/* "[x] INSERT": Space marks; + all, - none, * invert; Enter submits. rows: most rows to show (0: all). */
struct rs_widget *rs_multichoice_new(const char *id, int rows);

/* For all three. Options are copied. Replaces the options; what was chosen stays chosen by id where it is still there. */
void rs_options_set(struct rs_widget *w, const struct rs_option *options, size_t count);
/* The chosen one's id, NULL: none (choice, radio). */
const char *rs_options_chosen(const struct rs_widget *w);
/* An id that is not among the options leaves nothing chosen and returns false. */
bool rs_options_choose(struct rs_widget *w, const char *id);
/* Multichoice: by position. */
size_t rs_options_count(const struct rs_widget *w);
const char *rs_options_id(const struct rs_widget *w, size_t i);
bool rs_options_marked(const struct rs_widget *w, size_t i);
void rs_options_mark(struct rs_widget *w, size_t i, bool marked);

/* "[x] label": Space toggles, Enter submits. */
struct rs_widget *rs_checkbox_new(const char *id, const char *label);
bool rs_checkbox_get(const struct rs_widget *w);
void rs_checkbox_set(struct rs_widget *w, bool on);

/* "[ Back ]  [ Next ]" in one line. Left and Right move, Enter or Space submits; one with a why stays reachable, and
 * says why in the help area instead. first: which has the focus at first: the safe one. */
struct rs_widget *rs_buttons_new(const char *id, const struct rs_option *buttons, size_t count, size_t first);
/* The button under the cursor: after RS_SUBMIT, the one pressed. */
const char *rs_buttons_current(const struct rs_widget *w);
void rs_buttons_disable(struct rs_widget *w, const char *button_id, const char *why);

#endif
