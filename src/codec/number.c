#include "codec/number.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MANTISSA_BITS 52
#define LEAST_POINT (-14) /* place of the decimal point before and after which the servers write an exponent */
#define MOST_POINT 15

const char rs_digit_pairs[201] =
	"0001020304050607080910111213141516171819202122232425262728293031323334353637383940414243444546474849"
	"5051525354555657585960616263646566676869707172737475767778798081828384858687888990919293949596979899";

static const uint64_t powers[] = {
	1u, 10u, 100u, 1000u, 10000u, 100000u, 1000000u, 10000000u, 100000000u, 1000000000u, 10000000000u,
	100000000000u, 1000000000000u, 10000000000000u, 100000000000000u, 1000000000000000u, 10000000000000000u,
	100000000000000000u, 1000000000000000000u, 10000000000000000000u,
};

/* 1233 / 4096 is just above log10(2): the digits that a number of so many bits has at least. */
static unsigned count_digits(uint64_t v)
{
	unsigned bits = 64 - (unsigned)__builtin_clzll(v | 1), n = (bits * 1233) >> 12;

	return n + (v >= powers[n] || n == 0);
}

/* The n digits of v, which has no more. */
static char *write_digits(char *out, uint64_t v, unsigned n)
{
	char *p = out + n;

	for (; p - out >= 2; v /= 100) {
		p -= 2;
		memcpy(p, rs_digit_pairs + 2 * (v % 100), 2);
	}
	if (p > out)
		*out = (char)('0' + v % 10);
	return out + n;
}

char *rs_number_u64(char *out, uint64_t v)
{
	if (v < 10) {
		*out = (char)('0' + v);
		return out + 1;
	}
	return write_digits(out, v, count_digits(v));
}

char *rs_number_i64(char *out, int64_t v)
{
	if (v >= 0)
		return rs_number_u64(out, (uint64_t)v);
	*out = '-';
	return rs_number_u64(out + 1, 0 - (uint64_t)v);
}

char *rs_number_digits(char *out, uint32_t v, unsigned n)
{
	return write_digits(out, v, n);
}

/* digits × 10^exponent, without trailing zeros in digits. */
struct decimal {
	uint64_t digits;
	int exponent;
};

__extension__ typedef unsigned __int128 u128;

static u128 power_of_ten(int k)
{
	return k < 20 ? powers[k] : (u128)powers[19] * powers[k - 19];
}

/* floor(log10(v)), or one less, for a normal v whose exponent of two is e. */
static int decimal_exponent(int e)
{
	return (e * 1233) >> 12;
}

/* The multiple of 10^j nearest to whole + rest / 2^shift, halves to even, as its digits. */
static uint64_t nearest(uint64_t whole, u128 rest, int shift, int j)
{
	u128 half = (u128)1 << (shift - 1);
	uint64_t unit = powers[j], digits = whole / unit, over = whole % unit;
	bool more = j ? over > unit / 2 || (over == unit / 2 && rest) : rest > half;
	bool tie = j ? over == unit / 2 && !rest : rest == half;

	return digits + (more || (tie && (digits & 1)));
}

/* Exact integer arithmetic for 1e-5 <= v < 2^53: with k such that v × 10^k has 17 digits before the point, everything
 * between v's two neighbours' midpoints reads back as v; the shortest number there has the most zeros at its end. */
static struct decimal shortest_exact(uint64_t mantissa, int e2, int k)
{
	u128 ten_k = power_of_ten(k), value = (u128)mantissa * ten_k * 4;
	u128 below = value - (mantissa == (uint64_t)1 << MANTISSA_BITS ? ten_k : ten_k * 2), above = value + ten_k * 2;
	int shift = 2 - e2, j = 0;
	u128 mask = ((u128)1 << shift) - 1;
	bool even = (mantissa & 1) == 0; /* then the midpoints themselves read back as v too */
	uint64_t lo = (uint64_t)(below >> shift), hi = (uint64_t)(above >> shift), digits;

	if ((below & mask) != 0 || !even)
		lo++;
	if ((above & mask) == 0 && !even)
		hi--;
	while ((lo + 9) / 10 <= hi / 10) {
		lo = (lo + 9) / 10;
		hi /= 10;
		j++;
	}
	digits = nearest((uint64_t)(value >> shift), value & mask, shift, j);
	if (digits < lo)
		digits = lo;
	if (digits > hi)
		digits = hi;
	return (struct decimal){digits, j - k};
}

/* Whatever the locale's decimal point is, it is no digit. */
static struct decimal read_decimal(const char *text)
{
	struct decimal d = {0, 0};
	int point = 0;
	const char *e = strchr(text, 'e');

	for (const char *p = text; p < e; p++)
		if (*p >= '0' && *p <= '9') {
			d.digits = d.digits * 10 + (uint64_t)(*p - '0');
			point++;
		}
	d.exponent = (int)strtol(e + 1, NULL, 10) - (point - 1);
	while (d.digits % 10 == 0 && d.digits) {
		d.digits /= 10;
		d.exponent++;
	}
	return d;
}

/* At a power of two the numbers below are closer than those above, and the nearest text of 16 digits may be just too
 * far down while the next one up still reads back as v. */
static bool next_text_up(struct decimal *d, double v)
{
	struct decimal up = *d;
	char text[RS_NUMBER_MAX];

	while (count_digits(up.digits) < 16) {
		up.digits *= 10;
		up.exponent--;
	}
	up.digits++;
	snprintf(text, sizeof text, "%llue%d", (unsigned long long)up.digits, up.exponent);
	if (strtod(text, NULL) != v)
		return false;
	*d = up;
	return true;
}

static struct decimal shortest_by_trial(double v)
{
	char text[RS_NUMBER_MAX];

	/* Every normal number keeps 15 digits; a subnormal one may have as few as one. */
	for (int digits = v < DBL_MIN ? 1 : 15;; digits++) {
		struct decimal d;

		snprintf(text, sizeof text, "%.*e", digits - 1, v);
		d = read_decimal(text);
		if (digits == 17 || strtod(text, NULL) == v)
			return d;
		if (digits == 16 && next_text_up(&d, v))
			return d;
	}
}

static struct decimal shortest(double v)
{
	uint64_t bits, mantissa;
	int e2, p;

	if (v < 1e-5 || v >= 9007199254740992.0)
		return shortest_by_trial(v);
	memcpy(&bits, &v, sizeof bits);
	mantissa = (bits & (((uint64_t)1 << MANTISSA_BITS) - 1)) | (uint64_t)1 << MANTISSA_BITS;
	e2 = (int)(bits >> MANTISSA_BITS & 0x7ff) - 1023;
	p = decimal_exponent(e2);
	if (p + 1 >= 0 ? v >= (double)powers[p + 1] : v * (double)powers[-(p + 1)] >= 1)
		p++;
	return shortest_exact(mantissa, e2 - MANTISSA_BITS, 16 - p);
}

static char *write_plain(char *out, uint64_t digits, int n, int point)
{
	if (point <= 0) {
		*out++ = '0';
		*out++ = '.';
		memset(out, '0', (size_t)-point);
		return write_digits(out - point, digits, (unsigned)n);
	}
	write_digits(out, digits, (unsigned)n);
	if (point >= n) {
		memset(out + n, '0', (size_t)(point - n));
		return out + point;
	}
	memmove(out + point + 1, out + point, (size_t)(n - point));
	out[point] = '.';
	return out + n + 1;
}

static char *write_scientific(char *out, uint64_t digits, int n, int exponent)
{
	write_digits(out + 1, digits, (unsigned)n);
	out[0] = out[1];
	out[1] = '.';
	out += n > 1 ? n + 1 : 1;
	*out++ = 'e';
	return rs_number_i64(out, exponent);
}

char *rs_number_double(char *out, double v)
{
	struct decimal d;
	int n, point;

	if (signbit(v)) {
		*out++ = '-';
		v = -v;
	}
	if (v < 1e15 && v == (double)(uint64_t)v)
		return rs_number_u64(out, (uint64_t)v);
	if (!isfinite(v)) {
		memcpy(out, isnan(v) ? "nan" : "inf", 3);
		return out + 3;
	}
	d = shortest(v);
	n = (int)count_digits(d.digits);
	point = n + d.exponent;
	if (point >= LEAST_POINT && point <= MOST_POINT)
		return write_plain(out, d.digits, n, point);
	return write_scientific(out, d.digits, n, point - 1);
}

/* A text of a double, but for its sign; it does not end with a NUL. */
static struct decimal read_text(const char *text, size_t len)
{
	const char *end = text + len, *p = text;
	struct decimal d = {0, 0};
	bool fraction = false, down;
	int exponent = 0;

	for (; p < end && *p != 'e'; p++) {
		if (*p == '.') {
			fraction = true;
		} else {
			d.digits = d.digits * 10 + (uint64_t)(*p - '0');
			d.exponent -= fraction;
		}
	}
	down = end - p > 1 && p[1] == '-';
	for (p += p < end; p < end; p++)
		if (*p >= '0' && *p <= '9')
			exponent = exponent * 10 + (*p - '0');
	d.exponent += down ? -exponent : exponent;
	while (d.digits && d.digits % 10 == 0) {
		d.digits /= 10;
		d.exponent++;
	}
	return d;
}

/* The double, whatever the locale's decimal point is. */
static double value_of(struct decimal d)
{
	char text[RS_NUMBER_MAX];

	snprintf(text, sizeof text, "%llue%d", (unsigned long long)d.digits, d.exponent);
	return strtod(text, NULL);
}

double rs_number_read(const char *text, size_t len)
{
	bool negative = len && *text == '-';
	double v = value_of(read_text(text + negative, len - negative));

	return negative ? -v : v;
}

/* The shortest that reads back as the same float. */
static struct decimal shortest_single(struct decimal d)
{
	char text[RS_NUMBER_MAX];
	float v = (float)value_of(d);

	/* Every normal float keeps 6 digits; a subnormal one may have as few as one. */
	for (int digits = v < FLT_MIN ? 1 : 6;; digits++) {
		snprintf(text, sizeof text, "%.*e", digits - 1, (double)v);
		d = read_decimal(text);
		if (digits == 9 || (float)value_of(d) == v)
			return d;
	}
}

char *rs_number_java(char *out, const char *text, size_t len, bool single)
{
	struct decimal d;
	int n, point;

	if (len && *text == '-') {
		*out++ = '-';
		text++;
		len--;
	}
	d = read_text(text, len);
	if (d.digits == 0)
		return (char *)memcpy(out, "0.0", 3) + 3;
	if (single)
		d = shortest_single(d);
	n = (int)count_digits(d.digits);
	point = n + d.exponent;
	if (point >= -2 && point <= 7) {
		out = write_plain(out, d.digits, n, point);
		return point >= n ? (char *)memcpy(out, ".0", 2) + 2 : out;
	}
	write_digits(out + 1, d.digits, (unsigned)n);
	out[0] = out[1];
	out[1] = '.';
	if (n == 1)
		out[2] = '0';
	out += n > 1 ? n + 1 : 3;
	*out++ = 'E';
	return rs_number_i64(out, point - 1);
}
