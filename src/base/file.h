/* Small files read and written whole. Writing is atomic and durable: a temporary file beside it, fsync, rename, fsync of
 * the directory; a reader sees the old content or the new. Errors are RS_E_IO with the path. */
#ifndef RS_FILE_H
#define RS_FILE_H

#include <stddef.h>
#include <sys/types.h>
#include "base/buf.h"
#include "base/err.h"

/* Appends the content of a regular file to out, at most max bytes. */
enum rs_rc rs_file_read(const char *path, size_t max, struct rs_buf *out, struct rs_err *err) RS_MUST_CHECK;
enum rs_rc rs_file_write(const char *path, const void *data, size_t len, mode_t mode, struct rs_err *err) RS_MUST_CHECK;

#endif
