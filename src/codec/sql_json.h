/* Documents of MySQL's JSON type as SQL. Their text does not say which numbers are decimals, and the server reads every
 * fraction as a double: 1.10 would come back as 1.1, 18446744073709551616 as 1.8446744073709552e19. Such numbers can only
 * be decimals, and are put into the document as such. Pure functions on text as the server prints it. */
#ifndef RS_SQL_JSON_H
#define RS_SQL_JSON_H

#include <stdbool.h>
#include "base/buf.h"

/* Whether the document holds a number whose text would not survive being read again. */
bool rs_sql_json_has_decimals(const char *text, size_t len);
/* Appends an expression that makes the document, for a server that has the type: JSON_SET(CAST(… AS JSON), path, 1.10). */
enum rs_rc rs_sql_json(struct rs_buf *out, const char *text, size_t len);
/* Appends it in the one form of all texts of the same document; one that is none as it is. */
void rs_sql_json_form(struct rs_buf *out, const char *text, size_t len);

#endif
