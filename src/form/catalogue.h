/* A compiled message catalogue (.mo, as GNU gettext's manual describes it), read without becoming the program's own: for
 * measuring labels in every language at once. */
#ifndef RS_CATALOGUE_H
#define RS_CATALOGUE_H

#include "base/err.h"

struct rs_catalogue;

/* RS_E_IO, RS_E_FORM_INVALID for what is not a catalogue. */
struct rs_catalogue *rs_catalogue_load(const char *path, struct rs_err *err);
void rs_catalogue_free(struct rs_catalogue *c);
/* The translation; NULL where there is none. */
const char *rs_catalogue_get(const struct rs_catalogue *c, const char *text);

#endif
