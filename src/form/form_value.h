/* What each type of field accepts, and the checks that need nothing but text. Pure but for "file". */
#ifndef RS_FORM_VALUE_H
#define RS_FORM_VALUE_H

#include "base/err.h"
#include "form/form.h"
#include "form/form_registry.h"

/* Whether value, which is not empty, is of the field's type; not whether it is among choices. */
enum rs_rc rs_form_value_check(const struct rs_form_field *f, const char *value, struct rs_err *err) RS_MUST_CHECK;
/* Registers the names that form_registry.h lists. */
void rs_form_value_register(struct rs_form_registry *r);

#endif
