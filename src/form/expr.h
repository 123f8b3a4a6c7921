/* Conditions of fields: "auth = password and not (engine in mysql mariadb)".
 *
 *	expr   = and { "or" and }
 *	and    = not { "and" not }
 *	not    = "not" not | "(" expr ")" | test
 *	test   = id "=" word | id "!=" word | id "in" word { word } | id | "yes" | "no"
 *
 * A bare id is true where the field has an answer other than "no". Words with blanks stand in 'single quotes'. Parsed
 * once, immutable, evaluated with a callback that gives the answers. */
#ifndef RS_EXPR_H
#define RS_EXPR_H

#include <stdbool.h>
#include <stddef.h>
#include "base/err.h"

struct rs_expr;

/* RS_E_FORM_INVALID with the column. */
struct rs_expr *rs_expr_parse(const char *text, struct rs_err *err);
void rs_expr_free(struct rs_expr *e);
/* answer gives the value of a field, "" or NULL for none. */
bool rs_expr_true(const struct rs_expr *e, const char *(*answer)(void *ctx, const char *id), void *ctx);
/* Calls each for every field that the expression looks at (several times where it does). */
void rs_expr_ids(const struct rs_expr *e, void (*each)(void *ctx, const char *id), void *ctx);

#endif
