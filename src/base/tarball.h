/* A compressed archive of a few small texts, as tar and gzip write them. One thread. */
#ifndef RS_TARBALL_H
#define RS_TARBALL_H

#include <stddef.h>
#include "base/err.h"

struct rs_tarball;

/* A new file, mode 0600; one that exists is not written over. NULL: RS_E_IO. */
struct rs_tarball *rs_tarball_new(const char *path, struct rs_err *err);
/* name: "shop/status.json", at most 99 bytes. What can't be written is told at the end. */
void rs_tarball_add(struct rs_tarball *t, const char *name, const char *text, size_t len);
/* Ends and frees it. Where it could not be written whole the file is removed, RS_E_IO. */
enum rs_rc rs_tarball_end(struct rs_tarball *t, struct rs_err *err) RS_MUST_CHECK;

#endif
