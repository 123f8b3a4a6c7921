#include "base/size.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char units[] = "KMGT";

/* Reads digits; returns what follows them, NULL where there are none or too many. */
static const char *digits(const char *text, uint64_t *number)
{
	uint64_t n = 0;
	const char *p = text;

	for (; *p >= '0' && *p <= '9'; p++) {
		uint64_t digit = (uint64_t)(*p - '0');

		if (n > (UINT64_MAX - digit) / 10)
			return NULL;
		n = n * 10 + digit;
	}
	*number = n;
	return p == text ? NULL : p;
}

bool rs_number_parse(const char *text, uint64_t *number)
{
	uint64_t n;
	const char *end = digits(text, &n);

	if (!end || *end)
		return false;
	*number = n;
	return true;
}

bool rs_size_parse(const char *text, uint64_t *bytes)
{
	uint64_t n;
	unsigned shift = 0;
	const char *end = digits(text, &n);

	if (end && *end) {
		const char *unit = strchr(units, *end >= 'a' && *end <= 'z' ? *end - 'a' + 'A' : *end);

		if (!unit || end[1])
			return false;
		shift = 10 * (unsigned)(unit - units + 1);
	}
	if (!end || n > UINT64_MAX >> shift)
		return false;
	*bytes = n << shift;
	return true;
}

bool rs_seconds_parse(const char *text, uint64_t *seconds)
{
	static const struct { char unit; unsigned seconds; } times[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}};
	size_t n = strlen(text);
	uint64_t number, unit = 1;
	char number_text[16];

	for (size_t i = 0; n > 0 && i < sizeof times / sizeof *times; i++)
		if (text[n - 1] == times[i].unit) {
			unit = times[i].seconds;
			n--;
			break;
		}
	if (n == 0 || n >= 10)
		return false;
	memcpy(number_text, text, n);
	number_text[n] = '\0';
	if (!rs_number_parse(number_text, &number) || number == 0)
		return false;
	*seconds = number * unit;
	return true;
}

char *rs_size_text(uint64_t bytes, char *buf, size_t size)
{
	unsigned unit = 0;

	while (bytes && bytes % 1024 == 0 && unit < sizeof units - 1) {
		bytes /= 1024;
		unit++;
	}
	snprintf(buf, size, "%" PRIu64 "%.*s", bytes, unit ? 1 : 0, unit ? &units[unit - 1] : "");
	return buf;
}
