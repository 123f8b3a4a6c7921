/* A password in memory: locked where the system allows, wiped when it goes, and not printable by accident (there is
 * no conversion to a format). Only db/ asks for the bytes, right before it hands them to a client library. */
#ifndef RS_SECRET_H
#define RS_SECRET_H

#include <stdbool.h>
#include <stddef.h>

struct rs_secret {
	char *bytes;  /* NUL-terminated; NULL when not set */
	size_t len;
	size_t size;  /* of the allocation, which is locked */
};

#define RS_SECRET_INIT {NULL, 0, 0}

void rs_secret_set(struct rs_secret *s, const char *bytes, size_t len);
void rs_secret_copy(struct rs_secret *to, const struct rs_secret *from);
/* Wipes and frees. */
void rs_secret_clear(struct rs_secret *s);
static inline bool rs_secret_is_set(const struct rs_secret *s) { return s->bytes != NULL; }
/* The bytes, for handing to a client library; NULL when not set. */
const char *rs_secret_reveal(const struct rs_secret *s);
bool rs_secret_equal(const struct rs_secret *a, const struct rs_secret *b);

/* Once, before any secret exists: no core dumps, no ptrace by other processes of the user. */
void rs_secret_harden_process(void);

#endif
