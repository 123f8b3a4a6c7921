/* The answers to one flow's questions. All that was answered lives here, keyed by field, and nowhere else: widgets and
 * prompts are disposable views of it. A field that is hidden keeps its answer; it is only not exported.
 *
 * The value of a field is its answer, else its default (which may depend on other answers); a field that has no answer of
 * its own follows its default when the others change. One owner (the UI thread); secrets are wiped when they go. */
#ifndef RS_FORM_STATE_H
#define RS_FORM_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include "base/buf.h"
#include "base/err.h"
#include "form/form.h"
#include "form/form_registry.h"

struct rs_form_state;

/* The keys of a task file, without knowing what a task is. get returns NULL where the file says nothing (a default of
 * the task file's is not an answer); set with NULL removes the key. */
struct rs_form_store {
	void *ctx;
	const char *(*get)(void *ctx, const char *key);
	enum rs_rc (*set)(void *ctx, const char *key, const char *value, struct rs_err *err);
};

/* flow and registry are borrowed for its life. */
struct rs_form_state *rs_form_state_new(const struct rs_form_flow *flow, const struct rs_form_registry *registry);
void rs_form_state_free(struct rs_form_state *s);
const struct rs_form_flow *rs_form_state_flow(const struct rs_form_state *s);

/* Takes the answers to all bound fields from a task; forgets the others. */
void rs_form_state_import(struct rs_form_state *s, const struct rs_form_store *from);
/* Gives the values of all bound fields to a task: those that are visible, and of the advanced ones only what was
 * answered; what is hidden or empty removes its key, unless another visible field is bound to it. */
enum rs_rc rs_form_state_export(const struct rs_form_state *s, const struct rs_form_store *to, struct rs_err *err)
	RS_MUST_CHECK;
/* What else was answered, and in that the export left out: of what is hidden or bound to nothing, and what the task does not take.
 * A line for each, "ID TEXT", but for secrets and answers of several lines. */
void rs_form_state_put_rest(const struct rs_form_state *s, const struct rs_form_store *in, struct rs_buf *out);
/* Takes such lines, after an import from the same task; what that says itself, and fields that there are no more, stay as they are. */
void rs_form_state_take_rest(struct rs_form_state *s, const struct rs_form_store *in, const char *lines);
/* Says that the task exists: fields that are fixed are read-only from now on. */
void rs_form_state_created(struct rs_form_state *s, bool created);
bool rs_form_state_is_created(const struct rs_form_state *s);
/* Other fields that can't be changed now. */
void rs_form_state_fix(struct rs_form_state *s, bool (*fixed)(const struct rs_form_field *f));

/* The answer, else the default, "" where there is neither; whether visible or not. Borrowed until the state changes. */
const char *rs_form_value(const struct rs_form_state *s, const struct rs_form_field *f);
/* The same by id, as conditions see it: "" while the field is hidden or there is no such field. */
const char *rs_form_answer(const struct rs_form_state *s, const char *id);
/* Whether the value was answered and is not a default. */
bool rs_form_is_answered(const struct rs_form_state *s, const struct rs_form_field *f);
/* value NULL: back to the default. Choosing a value that picks another field's answer sets that one instead. */
void rs_form_set(struct rs_form_state *s, const struct rs_form_field *f, const char *value);
/* Changes with every rs_form_set and import: whoever caches something compares it. */
unsigned rs_form_state_version(const struct rs_form_state *s);

bool rs_form_is_visible(const struct rs_form_state *s, const struct rs_form_field *f);
bool rs_form_is_required(const struct rs_form_state *s, const struct rs_form_field *f);
bool rs_form_is_readonly(const struct rs_form_state *s, const struct rs_form_field *f);

/* What can be chosen now. Labels of fixed choices are translated. */
struct rs_form_choices {
	struct rs_form_choice *items;
	size_t count;
};
void rs_form_choices_get(const struct rs_form_state *s, const struct rs_form_field *f, struct rs_form_choices *out);
void rs_form_choices_release(struct rs_form_choices *c);
/* The label of the field's value among its choices, else the value; malloc'ed. */
char *rs_form_value_label(const struct rs_form_state *s, const struct rs_form_field *f);

/* Whether the value as it stands is good: required ones are there, type and validators agree. Hidden fields always are.
 * The primary text says what is wrong, the hint what is accepted. RS_AGAIN: a validator is still finding out. */
enum rs_rc rs_form_check_field(const struct rs_form_state *s, const struct rs_form_field *f, struct rs_err *err)
	RS_MUST_CHECK;
/* All fields of the page, then its checks across fields. *bad (may be NULL) is the first field that is wrong. RS_AGAIN:
 * nothing is wrong so far. */
enum rs_rc rs_form_check_page(const struct rs_form_state *s, const struct rs_form_page *page,
                              const struct rs_form_field **bad, struct rs_err *err) RS_MUST_CHECK;
/* All pages; *page (may be NULL) is the first that is wrong. */
enum rs_rc rs_form_check_all(const struct rs_form_state *s, const struct rs_form_page **page,
                             const struct rs_form_field **bad, struct rs_err *err) RS_MUST_CHECK;

/* Runs the action of a button. RS_E_FORM_INVALID where nobody registered it. */
enum rs_rc rs_form_act(struct rs_form_state *s, const struct rs_form_field *f, struct rs_err *err) RS_MUST_CHECK;
/* Whether somebody registered the button's action. */
bool rs_form_can_act(const struct rs_form_state *s, const struct rs_form_field *f);

#endif
