/* Questions over the top screen, one at a time (never a dialog on a dialog: a second one waits for the first). Esc
 * always is the harmless answer. Texts are copied. done is called once, on the UI thread, after the dialog has gone;
 * it may open another. */
#ifndef RS_DIALOG_H
#define RS_DIALOG_H

#include "tui/choice.h"
#include "tui/loop.h"

/* answer: the button's or option's id; NULL for Esc. */
typedef void rs_dialog_done(void *ctx, const char *answer);

/* A text with [ OK ]. done may be NULL. */
void rs_dialog_message(struct rs_loop *loop, const char *title, const char *text,
                       rs_dialog_done *done, void *ctx);
/* An error's primary, detail and hint, with its code. */
void rs_dialog_error(struct rs_loop *loop, const char *title, const struct rs_err *err,
                     rs_dialog_done *done, void *ctx);
/* Buttons, the first of which is the safe one and has the focus. danger draws it in red. */
void rs_dialog_ask(struct rs_loop *loop, const char *title, const char *text, bool danger,
                   const struct rs_option *buttons, size_t count, rs_dialog_done *done, void *ctx);
/* Before anything is destroyed: text names the object and where it is, and word (its name) must be typed; word2 is
 * accepted as well (the translated or the English word; NULL: none). The answer is "yes" or NULL. */
void rs_dialog_typed(struct rs_loop *loop, const char *title, const char *text, const char *word,
                     const char *word2, const char *action, rs_dialog_done *done, void *ctx);
/* One of a list, with type-to-find. chosen: where the cursor is at first; NULL: the first. */
void rs_dialog_choose(struct rs_loop *loop, const char *title, const struct rs_option *options,
                      size_t count, const char *chosen, rs_dialog_done *done, void *ctx);
/* A line of text; the answer is the text. */
void rs_dialog_prompt(struct rs_loop *loop, const char *title, const char *label, const char *value,
                      rs_dialog_done *done, void *ctx);
/* Any widgets: root is owned; a SUBMIT of a button row closes with the button's id, after taken (may be NULL) has
 * been asked: false keeps it open (something is missing; it has shown what). Widgets live until done returns. */
void rs_dialog_open(struct rs_loop *loop, const char *title, struct rs_widget *root, bool danger,
                    bool (*taken)(void *ctx, const char *answer), rs_dialog_done *done, void *ctx);
bool rs_dialog_is_open(const struct rs_loop *loop);

#endif
