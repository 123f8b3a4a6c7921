/* UTF-8 and cells: everything that is shown is measured here, in terminal cells, by wcwidth; what can't be shown
 * (control bytes, invalid UTF-8, bidirectional overrides) becomes \xNN or \u{…}, so that text from a server is never
 * interpreted by the terminal. Pure functions; wcwidth needs setlocale to have been called. */
#ifndef RS_UTF8_H
#define RS_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/buf.h"

/* Decodes one code point at s (n > 0 bytes); returns its length, or 0 for an invalid sequence. */
size_t rs_utf8_decode(const char *s, size_t n, uint32_t *cp);
/* Writes 1 to 4 bytes; returns how many, 0 for what is no code point. */
size_t rs_utf8_encode(uint32_t cp, char out[4]);
bool rs_utf8_valid(const char *s, size_t n);
/* Cells of one code point: 0, 1 or 2; ambiguous width counts 1; unprintable counts -1. */
int rs_utf8_cells(uint32_t cp);
/* Cells of a string as rs_utf8_printable would show it. */
size_t rs_utf8_width(const char *s, size_t n);
/* Appends the text with everything unprintable escaped. */
enum rs_rc rs_utf8_printable(struct rs_buf *out, const char *s, size_t n);
/* How many bytes of s fit in max cells; *used gets the cells they take. */
size_t rs_utf8_fit(const char *s, size_t n, size_t max, size_t *used);

#endif
