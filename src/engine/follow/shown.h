/* What the source's log says, for people: names and values of rows, escaped, and cut where they are long. Pure functions. Private
 * to engine/. */
#ifndef RS_SHOWN_H
#define RS_SHOWN_H

#include <stddef.h>
#include "model/schema.h"
#include "model/value.h"

#define RS_SHOWN_MAX 200 /* bytes of a value */

/* At most so many bytes of it, and how many there are; malloc'ed. */
char *rs_shown_text(const char *text, size_t len, size_t max);
/* A value of the column: 5, 'five', 0x05, NULL; malloc'ed. NULL: the image does not have it. */
char *rs_shown_value(const struct rs_column *column, const struct rs_value *v);

#endif
