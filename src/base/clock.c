#include "base/clock.h"

#include <stdatomic.h>
#include <string.h>

static _Atomic(rs_usec (*)(void)) fake_mono;
static _Atomic(rs_usec (*)(void)) fake_wall;

static rs_usec read_clock(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return (rs_usec)ts.tv_sec * RS_USEC_PER_SEC + ts.tv_nsec / 1000;
}

rs_usec rs_clock_mono(void)
{
	rs_usec (*fake)(void) = atomic_load(&fake_mono);

	return fake ? fake() : read_clock(CLOCK_MONOTONIC);
}

rs_usec rs_clock_wall(void)
{
	rs_usec (*fake)(void) = atomic_load(&fake_wall);

	return fake ? fake() : read_clock(CLOCK_REALTIME);
}

char *rs_clock_iso(rs_usec wall, char *buf, size_t size)
{
	rs_usec usec = wall % RS_USEC_PER_SEC;
	struct tm tm;
	time_t sec;

	if (usec < 0)
		usec += RS_USEC_PER_SEC;
	sec = (time_t)((wall - usec) / RS_USEC_PER_SEC);
	gmtime_r(&sec, &tm);
	snprintf(buf, size, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday,
	         tm.tm_hour, tm.tm_min, tm.tm_sec, (int)(usec / 1000));
	return buf;
}

rs_usec rs_clock_from_iso(const char *text)
{
	struct tm tm = {0};
	int ms = 0;

	if (!text || sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2d.%3dZ", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &tm.tm_hour, &tm.tm_min,
	                    &tm.tm_sec, &ms) != 7)
		return 0;
	tm.tm_year -= 1900;
	tm.tm_mon -= 1;
	return (rs_usec)timegm(&tm) * RS_USEC_PER_SEC + RS_MSEC(ms);
}

void rs_clock_fake(rs_usec (*mono)(void), rs_usec (*wall)(void))
{
	atomic_store(&fake_mono, mono);
	atomic_store(&fake_wall, wall);
}

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool rs_clock_offset(const char *text, int *seconds)
{
	if (strlen(text) != 6 || !strchr("+-", text[0]) || !is_digit(text[1]) || !is_digit(text[2]) || text[3] != ':' ||
	    !is_digit(text[4]) || !is_digit(text[5]) || text[4] > '5')
		return false;
	int minutes = ((text[1] - '0') * 10 + text[2] - '0') * 60 + (text[4] - '0') * 10 + text[5] - '0';
	*seconds = (text[0] == '-' ? -60 : 60) * minutes;
	return *seconds > -14 * 3600 && *seconds <= 14 * 3600;
}
