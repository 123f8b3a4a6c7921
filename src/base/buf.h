/* A growing byte string with a maximum, as curl's dynbuf: always terminated by a NUL that is not counted, so that
 * text can be used as a C string. Growing past the maximum fails and leaves the content as it was: the append
 * functions return RS_FAIL and mark the buffer (rs_buf_failed), after which all appends fail until it is cleared: the
 * content is always a whole prefix of a run of appends, which can be checked once.
 * One owner, no locking. */
#ifndef RS_BUF_H
#define RS_BUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/err.h"

struct rs_buf {
	char *data;   /* NULL until the first append; then NUL-terminated */
	size_t len;
	size_t cap;
	size_t max;   /* most bytes it may ever hold */
	bool failed;  /* an append did not fit; cleared by rs_buf_clear */
};

#define RS_BUF_TEXT_MAX (64u * 1024 * 1024)
#define RS_BUF_INIT {NULL, 0, 0, RS_BUF_TEXT_MAX, false}

void rs_buf_init(struct rs_buf *b, size_t max);
/* Empties it and keeps the memory. */
void rs_buf_clear(struct rs_buf *b);
/* Frees the memory; the buffer can be used again. */
void rs_buf_release(struct rs_buf *b);
/* Gives the string (malloc'ed, never NULL) to the caller and leaves the buffer empty. */
char *rs_buf_take(struct rs_buf *b);

/* Makes room for n more bytes; a failure does not mark the buffer. */
enum rs_rc rs_buf_reserve(struct rs_buf *b, size_t n);
enum rs_rc rs_buf_add(struct rs_buf *b, const void *data, size_t n);
enum rs_rc rs_buf_adds(struct rs_buf *b, const char *s);
enum rs_rc rs_buf_addc(struct rs_buf *b, char c);
enum rs_rc rs_buf_addf(struct rs_buf *b, const char *fmt, ...) RS_PRINTF(2, 3);
enum rs_rc rs_buf_vaddf(struct rs_buf *b, const char *fmt, va_list ap) RS_PRINTF(2, 0);
enum rs_rc rs_buf_addu64(struct rs_buf *b, uint64_t v);
/* Two lower-case hexadecimal digits a byte. */
enum rs_rc rs_buf_addhex(struct rs_buf *b, const void *data, size_t n);

static inline const char *rs_buf_str(const struct rs_buf *b) { return b->data ? b->data : ""; }
static inline bool rs_buf_failed(const struct rs_buf *b) { return b->failed; }

#endif
