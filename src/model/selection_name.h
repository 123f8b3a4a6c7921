/* Names of databases, tables and columns: which are possible, how they compare, how they stand in text. The part of the
 * selection that knows nothing of rules. Pure functions. */
#ifndef RS_SELECTION_NAME_H
#define RS_SELECTION_NAME_H

#include <stdbool.h>
#include <stddef.h>
#include "base/buf.h"
#include "base/err.h"

enum { RS_NAME_CHARS = 64, RS_NAME_KEY_MAX = 8 * RS_NAME_CHARS };

/* The bytes by which a name is looked up: as it is, or in lower case. Cuts what no name can be as long as. Returns the
 * length. */
size_t rs_name_key(const char *name, bool fold, char key[RS_NAME_KEY_MAX]);
/* In lower or upper case, whatever the locale; malloc'ed. */
char *rs_name_folded(const char *name, bool upper);
/* Whether two names are the same. */
bool rs_name_same(const char *a, const char *b, bool fold);
/* Whether a server could have such a name: 1 to 64 characters of UTF-8, none beyond U+FFFF, no blank at the end. */
enum rs_rc rs_name_check(const char *name, struct rs_err *err) RS_MUST_CHECK;
/* "`db`.`table`", in backquotes only where needed, for messages and text; table and column may be NULL. */
void rs_name_put(struct rs_buf *out, const char *db, const char *table, const char *column);

#endif
