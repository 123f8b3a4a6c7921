/* What the fuzz targets share. A target is one function; it must not crash, leak, or break what it asserts. */
#ifndef RS_FUZZ_H
#define RS_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Not assert(): it must hold in every build. */
#define MUST(condition)                                                                    \
	do {                                                                                   \
		if (!(condition)) {                                                                \
			fprintf(stderr, "%s:%d: %s does not hold\n", __FILE__, __LINE__, #condition);  \
			abort();                                                                       \
		}                                                                                  \
	} while (0)

/* Reads every byte, so that a sanitizer sees where it lies. */
static inline void touch_bytes(const void *bytes, size_t len)
{
	static volatile unsigned char last;

	for (size_t i = 0; i < len; i++)
		last = ((const unsigned char *)bytes)[i];
	(void)last;
}

#endif
