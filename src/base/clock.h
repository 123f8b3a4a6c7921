/* Time. Durations come from the monotonic clock; the wall clock is for showing and for lag. Tests may install a fake
 * clock. Thread-safe. */
#ifndef RS_CLOCK_H
#define RS_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef int64_t rs_usec; /* microseconds */

#define RS_USEC_PER_SEC ((rs_usec)1000000)
#define RS_MSEC(n) ((rs_usec)(n) * 1000)

rs_usec rs_clock_mono(void);
/* Since 1970-01-01 UTC. */
rs_usec rs_clock_wall(void);

/* "2026-11-22T08:14:11.123Z" (25 bytes with the NUL). Returns buf. */
char *rs_clock_iso(rs_usec wall, char *buf, size_t size);
/* Back; 0 for anything else, and for NULL. */
rs_usec rs_clock_from_iso(const char *text);

/* "+08:00", "-13:59": seconds that a clock is ahead of UTC, as MySQL writes it, from -13:59 to +14:00. */
bool rs_clock_offset(const char *text, int *seconds);

/* NULL restores the real clock. */
void rs_clock_fake(rs_usec (*mono)(void), rs_usec (*wall)(void));

#endif
