#include "base/figure.h"

#include <inttypes.h>

/* One digit after the point, cut and not rounded, so that 999,960 is not 1000.0k. */
static char *scaled(double n, double base, const char *const *units, size_t n_units, char *buf, size_t size)
{
	size_t u = 0;

	while (n >= base && u + 1 < n_units) {
		n /= base;
		u++;
	}
	if (u == 0)
		snprintf(buf, size, "%" PRIu64 "%s", (uint64_t)n, units[0]);
	else
		snprintf(buf, size, "%" PRIu64 ".%u%s", (uint64_t)n, (unsigned)(n * 10) % 10, units[u]);
	return buf;
}

static char *unknown(char *buf, size_t size)
{
	snprintf(buf, size, "-");
	return buf;
}

char *rs_figure_short(double n, char *buf, size_t size)
{
	static const char *const units[] = {"", "k", "M", "G", "T"};

	return n < 0 ? unknown(buf, size) : scaled(n, 1000, units, 5, buf, size);
}

char *rs_figure_bytes(double n, char *buf, size_t size)
{
	static const char *const units[] = {" B", " kB", " MB", " GB", " TB", " PB"};

	return n < 0 ? unknown(buf, size) : scaled(n, 1000, units, 6, buf, size);
}

char *rs_figure_grouped(uint64_t n, char *buf, size_t size)
{
	char digits[24];
	int len = snprintf(digits, sizeof digits, "%" PRIu64, n);
	size_t at = 0;

	for (int i = 0; i < len && at + 2 < size; i++) {
		if (i > 0 && (len - i) % 3 == 0)
			buf[at++] = ',';
		buf[at++] = digits[i];
	}
	buf[at] = '\0';
	return buf;
}

char *rs_figure_setting(uint64_t bytes, char *buf, size_t size)
{
	static const char *const units[] = {" B", " KiB", " MiB", " GiB", " TiB"};
	char digits[RS_FIGURE_SIZE];
	size_t u = 0;

	while (bytes >= 1024 && bytes % 1024 == 0 && u + 1 < sizeof units / sizeof *units) {
		bytes /= 1024;
		u++;
	}
	snprintf(buf, size, "%s%s", rs_figure_grouped(bytes, digits, sizeof digits), units[u]);
	return buf;
}

char *rs_figure_time(rs_usec t, char *buf, size_t size)
{
	int64_t s = t / RS_USEC_PER_SEC;

	if (t < 0)
		return unknown(buf, size);
	if (s < 1)
		snprintf(buf, size, "0.%02ds", (int)(t / 10000));
	else if (s < 60)
		snprintf(buf, size, "%d.%ds", (int)s, (int)(t / 100000 % 10));
	else if (s < 3600)
		snprintf(buf, size, "%dm%02ds", (int)(s / 60), (int)(s % 60));
	else if (s < 86400)
		snprintf(buf, size, "%dh%02dm", (int)(s / 3600), (int)(s / 60 % 60));
	else
		snprintf(buf, size, "%" PRId64 "d%02dh", s / 86400, (int)(s / 3600 % 24));
	return buf;
}
