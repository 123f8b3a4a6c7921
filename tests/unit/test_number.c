#include "codec/number.h"

#include <float.h>
#include <inttypes.h>
#include <locale.h>
#include <math.h>

#include "unit.h"

static char text[RS_NUMBER_MAX + 1];

static const char *of_double(double v)
{
	*rs_number_double(text, v) = 0;
	return text;
}

static void integers_at_their_limits(void)
{
	*rs_number_u64(text, UINT64_MAX) = 0;
	UNIT_STR(text, "18446744073709551615");
	*rs_number_i64(text, INT64_MIN) = 0;
	UNIT_STR(text, "-9223372036854775808");
	*rs_number_i64(text, 0) = 0;
	UNIT_STR(text, "0");
	for (uint64_t v = 1; v < UINT64_MAX / 10; v *= 10) {
		char expected[32];

		for (uint64_t w = v - 1; w <= v; w++) {
			*rs_number_u64(text, w) = 0;
			snprintf(expected, sizeof expected, "%" PRIu64, w);
			UNIT_STR(text, expected);
		}
	}
}

static void digits_have_leading_zeros(void)
{
	*rs_number_digits(text, 7, 2) = 0;
	UNIT_STR(text, "07");
	*rs_number_digits(text, 123456, 9) = 0;
	UNIT_STR(text, "000123456");
	*rs_number_digits(text, 5, 1) = 0;
	UNIT_STR(text, "5");
}

static void doubles_are_written_as_the_servers_do(void)
{
	UNIT_STR(of_double(0), "0");
	UNIT_STR(of_double(-0.0), "-0");
	UNIT_STR(of_double(1), "1");
	UNIT_STR(of_double(-2.5), "-2.5");
	UNIT_STR(of_double(0.1), "0.1");
	UNIT_STR(of_double((double)0.1f), "0.10000000149011612");
	UNIT_STR(of_double(1.0 / 3), "0.3333333333333333");
	UNIT_STR(of_double(2.0 / 3), "0.6666666666666666");
	UNIT_STR(of_double(1e14), "100000000000000");
	UNIT_STR(of_double(1e15), "1e15");
	UNIT_STR(of_double(123456789012345678.0), "1.2345678901234568e17");
	UNIT_STR(of_double(1e-15), "0.000000000000001");
	UNIT_STR(of_double(1e-16), "1e-16");
	UNIT_STR(of_double(1.5e300), "1.5e300");
	UNIT_STR(of_double(-1.5e-300), "-1.5e-300");
	UNIT_STR(of_double(DBL_MAX), "1.7976931348623157e308");
	UNIT_STR(of_double(DBL_MIN), "2.2250738585072014e-308");
	UNIT_STR(of_double(4.9406564584124654e-324), "5e-324");
	UNIT_STR(of_double(FLT_MAX), "3.4028234663852886e38");
	UNIT_STR(of_double(9007199254740993.0), "9.007199254740992e15");
	UNIT_STR(of_double(5e-5), "0.00005");
	UNIT_STR(of_double(0.000123), "0.000123");
	UNIT_STR(of_double(123456.789), "123456.789");
	UNIT_STR(of_double(16777216), "16777216");
}

/* The shortest text: reads back, and no text of one digit less does. */
static void check_shortest(double v)
{
	char shorter[64];
	size_t digits = 0;

	of_double(v);
	if (strtod(text, NULL) != v)
		UNIT_STR(text, "reads back");
	for (const char *p = text; *p && *p != 'e'; p++)
		digits += *p >= '0' && *p <= '9' && (digits || *p != '0');
	if (digits < 2 || v == floor(v))
		return;
	snprintf(shorter, sizeof shorter, "%.*e", (int)digits - 2, v);
	if (strtod(shorter, NULL) == v)
		UNIT_STR(text, shorter);
}

static uint64_t state = 88172645463325252u;

static uint64_t next_random(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

static void random_doubles_read_back_and_are_shortest(void)
{
	for (int i = 0; i < 300000; i++) {
		uint64_t bits = next_random();
		double v;
		float f;

		memcpy(&v, &bits, sizeof v);
		if (i % 4 && isfinite(v))
			v = frexp(v, &(int){0}) * pow(2, (double)(bits % 80) - 20);
		if (i % 4 == 3)
			v = round(v * 1000) / 1000;
		memcpy(&f, &bits, sizeof f);
		if (isfinite(v))
			check_shortest(v);
		if (isfinite(f))
			check_shortest((double)f);
	}
}

static void powers_of_two_and_ten_are_shortest(void)
{
	for (int e = -1074; e < 1024; e++) {
		double v = ldexp(1, e);

		check_shortest(v);
		check_shortest(nextafter(v, 0));
		check_shortest(nextafter(v, INFINITY));
	}
	UNIT_STR(of_double(ldexp(1, -44)), "0.00000000000005684341886080802");
	for (int e = -320; e < 309; e++) {
		char expected[16];

		snprintf(expected, sizeof expected, "1e%d", e);
		of_double(strtod(expected, NULL));
		if (e < -15 || e > 14)
			UNIT_STR(text, expected);
	}
}

static void the_locale_does_not_matter(void)
{
	const char *de = setlocale(LC_NUMERIC, "de_DE.UTF-8");

	UNIT_STR(of_double(1.5e300), "1.5e300");
	UNIT_STR(of_double(1.25), "1.25");
	if (de)
		setlocale(LC_NUMERIC, "C");
}

UNIT_MAIN(UNIT_TEST(integers_at_their_limits), UNIT_TEST(digits_have_leading_zeros),
          UNIT_TEST(doubles_are_written_as_the_servers_do), UNIT_TEST(random_doubles_read_back_and_are_shortest),
          UNIT_TEST(powers_of_two_and_ten_are_shortest), UNIT_TEST(the_locale_does_not_matter))
