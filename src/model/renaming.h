/* New names for many objects at once: what a regular expression finds in a name is replaced, and something is put before and behind
 * it. Never changes once it is made; pure functions on one thread at a time. */
#ifndef RS_RENAMING_H
#define RS_RENAMING_H

#include "base/err.h"

/* NULL is "". */
struct rs_renaming_rule {
	const char *pattern;     /* POSIX extended; "": all names. Else only names in which it finds something get another one */
	const char *replacement; /* of each place that it finds: \1 to \9 are what its groups found, \0 is all, \\ a backslash */
	const char *prefix, *suffix;
};

struct rs_renaming;

/* Nothing of the rule is kept. NULL: RS_E_MAPPING says what can't be read. */
struct rs_renaming *rs_renaming_new(const struct rs_renaming_rule *rule, struct rs_err *err);
void rs_renaming_free(struct rs_renaming *r);
/* malloc'ed; the name itself where it keeps it. Whether a server could have it is not asked. */
char *rs_renaming_apply(const struct rs_renaming *r, const char *name);

#endif
