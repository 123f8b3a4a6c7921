/* Numbers and sizes as people write them in files: "3306", "256M". Strict: nothing but the number, no sign, no blanks.
 * Pure functions, independent of the locale. */
#ifndef RS_SIZE_H
#define RS_SIZE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Digits only; false on anything else and on overflow. */
bool rs_number_parse(const char *text, uint64_t *number);
/* Digits, then nothing or one of K, M, G, T (either case; powers of 1,024). */
bool rs_size_parse(const char *text, uint64_t *bytes);
/* A time in seconds: digits, then nothing or one of s, m, h, d. Not 0. */
bool rs_seconds_parse(const char *text, uint64_t *seconds);
/* The shortest text that reads back to the same number: "256M". Returns buf (at least 24 bytes). */
char *rs_size_text(uint64_t bytes, char *buf, size_t size);

#endif
