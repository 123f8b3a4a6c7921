/* What code offers to forms by name: validators of one field, checks across fields, lists of choices, defaults that
 * depend on more than a field's value, and actions. The program registers its own at the start; those that need nothing
 * but text are here from the beginning (rs_form_registry_init):
 *
 *	validate = file            a file that can be read
 *	validate = listen          an address and a port, as 127.0.0.1:9187
 *	check.N  = local $a $b     address $a is this machine's alone, or $b is "yes"
 *	validate = name 64 -_      at most so many letters, digits, and the characters behind
 *	check.N  = same $a $b      they are equal
 *	check.N  = less $a $b      number $a is smaller than $b
 *	check.N  = any $a $b …     at least one of them is answered (or "yes")
 *	check.N  = together $a $b  both or none
 *	default  = @answered a:x b:y z     x where field a was answered, else y where b was, else z; "created:w" gives w
 *	                                   where the task exists already
 *
 * Names are registered before any form state is made. One thread only. Those of a front end that must not wait give
 * RS_AGAIN while they find out; only "file" among those above looks at more than text, and waits for the disk. */
#ifndef RS_FORM_REGISTRY_H
#define RS_FORM_REGISTRY_H

#include <stddef.h>
#include "base/err.h"
#include "base/map.h"
#include "form/form.h"

struct rs_form_state;

/* words: those after the name, "$id" replaced by the answer of the field. value is never NULL. The error's primary text
 * says what is wrong, its hint what is accepted; both are shown beside the field. RS_AGAIN: that is being found out; whoever
 * registered it tells the front end when to ask again. */
typedef enum rs_rc (*rs_form_validator)(void *ctx, const char *value, const char *const *words, size_t n_words,
                                        struct rs_err *err);
typedef enum rs_rc (*rs_form_checker)(void *ctx, const char *const *words, size_t n_words, struct rs_err *err);
/* Calls add for each choice; label NULL: the value. Both are copied. */
typedef void (*rs_form_lister)(void *ctx, const char *const *words, size_t n_words,
                               void (*add)(void *list, const char *value, const char *label), void *list);
/* A default; malloc'ed, NULL for none. */
typedef char *(*rs_form_presetter)(void *ctx, const struct rs_form_state *state, const char *const *words,
                                   size_t n_words);
/* Something that a button starts; what it leads to is the front end's matter. */
typedef void (*rs_form_action)(void *ctx, struct rs_form_state *state, const struct rs_form_field *field,
                               const char *const *words, size_t n_words);

/* One name. */
struct rs_form_entry {
	void *ctx;
	rs_form_validator validator;
	rs_form_checker checker;
	rs_form_lister lister;
	rs_form_presetter presetter;
	rs_form_action action;
};

struct rs_form_registry {
	struct rs_map validators, checkers, listers, presetters, actions; /* name to rs_form_entry; owned */
};

void rs_form_registry_init(struct rs_form_registry *r);
void rs_form_registry_release(struct rs_form_registry *r);
void rs_form_register_validator(struct rs_form_registry *r, const char *name, rs_form_validator fn, void *ctx);
void rs_form_register_checker(struct rs_form_registry *r, const char *name, rs_form_checker fn, void *ctx);
void rs_form_register_lister(struct rs_form_registry *r, const char *name, rs_form_lister fn, void *ctx);
void rs_form_register_presetter(struct rs_form_registry *r, const char *name, rs_form_presetter fn, void *ctx);
void rs_form_register_action(struct rs_form_registry *r, const char *name, rs_form_action fn, void *ctx);
/* What one of the maps has under a name; NULL: nothing. */
const struct rs_form_entry *rs_form_entry(const struct rs_map *m, const char *name);

#endif
