/* MySQL's binary JSON: to the text that the server prints, and with a list of partial changes applied to it first.
 *
 * The text is the server's: {"a": 1, "b": [true, null]}, keys in stored order, doubles with ".0" where they have no
 * fraction, temporal and DECIMAL scalars as text, other opaque ones as "base64:type252:…". Malformed input is
 * RS_E_VALUE; work and memory are bounded by the length of the input, whatever it says of itself. */
#ifndef RS_BINARY_JSON_H
#define RS_BINARY_JSON_H

#include <stddef.h>
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

/* Appends the text of the document of len bytes; a document of no bytes is null, as the server reads it. */
enum rs_rc rs_json_print(const void *doc, size_t len, struct rs_buf *out, struct rs_err *err);
/* Appends the text of the document after the changes of diffs (the contents of a partial JSON value of a row event,
 * after its length) are made. The arena is for work and can be cleared afterwards. */
enum rs_rc rs_json_patch(const void *doc, size_t len, const void *diffs, size_t diffs_len, struct rs_arena *arena,
                         struct rs_buf *out, struct rs_err *err);

#endif
