/* Numbers as text, the same in every locale: what every decoded row needs most. Pure functions. */
#ifndef RS_NUMBER_H
#define RS_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define RS_NUMBER_MAX 40 /* bytes that any of these may write */

/* Each writes at out (no NUL) and returns the end of what it wrote. */
char *rs_number_u64(char *out, uint64_t v);
char *rs_number_i64(char *out, int64_t v);
/* Exactly n decimal digits, n <= 9, leading zeros; v must have no more. */
char *rs_number_digits(char *out, uint32_t v, unsigned n);
/* "00" to "99", one after the other. */
extern const char rs_digit_pairs[201];
/* Two digits of a v < 100. */
static inline char *rs_number_2(char *out, uint32_t v)
{
	memcpy(out, rs_digit_pairs + 2 * v, 2);
	return out + 2;
}

/* The shortest decimal text that reads back as v, in the servers' own style: plain digits from 1e-15 up to 1e15,
 * "1.5e300" outside; no point where there is no fraction. Not for infinities and NaN, which the servers don't store. */
char *rs_number_double(char *out, double v);

/* The double that such a text means; of any text of a double. */
double rs_number_read(const char *text, size_t len);

/* What rs_number_double wrote, as Java's Double.toString gives it: "1.0", "0.001", "1.0E7". single: the text is of a float's
 * value, and becomes Float.toString's, the shortest that reads back as the same float: "0.10000000149011612" is "0.1". */
char *rs_number_java(char *out, const char *text, size_t len, bool single);

#endif
