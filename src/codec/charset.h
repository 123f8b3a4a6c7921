/* Character sets of MySQL and MariaDB: their widths, and text of any of them as UTF-8. "latin1" is Windows' code page
 * 1252 with its five holes as C1 controls, as the servers have it. Conversion is exact: what has no UTF-8 form, or is
 * not valid in its own character set, fails, it is never replaced. */
#ifndef RS_CHARSET_H
#define RS_CHARSET_H

#include <iconv.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/buf.h"
#include "base/err.h"

/* Most bytes of one character; 1 for a name that is not known. */
unsigned rs_charset_width(const char *charset);
/* Whether text in it is UTF-8 as it is: utf8mb4, utf8mb3, utf8, ascii. */
bool rs_charset_is_utf8(const char *charset);

/* Keeps what conversion needs from call to call. One owner, no locking. */
struct rs_charset_reader {
	char charset[33];
	enum { RS_CS_AS_IS, RS_CS_LATIN1, RS_CS_ICONV } how;
	iconv_t cd;
};

#define RS_CHARSET_READER_INIT {"", RS_CS_AS_IS, (iconv_t)-1}

/* RS_E_NOT_SUPPORTED for a character set for which there is no conversion. */
enum rs_rc rs_charset_open(struct rs_charset_reader *cs, const char *charset, struct rs_err *err);
void rs_charset_close(struct rs_charset_reader *cs);
/* Appends text as UTF-8. RS_E_VALUE where it is not valid; out then holds what came before. */
enum rs_rc rs_charset_to_utf8(struct rs_charset_reader *cs, const char *text, size_t len, struct rs_buf *out,
                              struct rs_err *err);

#endif
