/* Texts of servers and users as JSON. jansson refuses what is not UTF-8: such text is escaped rather than lost. */
#ifndef RS_JSON_STRING_H
#define RS_JSON_STRING_H

#include <jansson.h>

/* A string; null for NULL. */
json_t *rs_json_string(const char *s);
/* null for "", too. */
json_t *rs_json_string_or_null(const char *s);

#endif
