/* Checks of form definitions beyond what loading insists on: for `rds-sync form lint` and the tests. */
#ifndef RS_FORM_LINT_H
#define RS_FORM_LINT_H

#include <stdbool.h>
#include <stddef.h>
#include "base/err.h"
#include "form/form_registry.h"

/* Labels of a compiled message catalogue (.mo), to be measured. */
struct rs_form_locale {
	const char *name; /* "zh_CN" */
	const char *mo;   /* path */
};

struct rs_form_lint {
	bool (*knows_key)(const char *key);      /* whether "section.key" is one of the task file; NULL: not checked */
	const struct rs_form_registry *registry; /* the names that exist; NULL: not checked */
	const struct rs_form_locale *locales;    /* those that are shipped */
	size_t n_locales;
	void (*report)(void *ctx, const char *file, int line, const char *text); /* called for each problem */
	void *ctx;
};

/* Reads all definitions in dir (NULL: as rs_forms_load) and reports every problem. Returns their number. */
size_t rs_form_lint(const char *dir, const struct rs_form_lint *lint);

#endif
