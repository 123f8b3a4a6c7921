#include "base/clock.h"

#include "unit.h"

static void iso_is_utc_with_milliseconds(void)
{
	char buf[25];

	UNIT_STR(rs_clock_iso(0, buf, sizeof buf), "1970-01-01T00:00:00.000Z");
	UNIT_STR(rs_clock_iso(951782399999999, buf, sizeof buf), "2000-02-28T23:59:59.999Z");
	UNIT_STR(rs_clock_iso(951782400000000, buf, sizeof buf), "2000-02-29T00:00:00.000Z");
	UNIT_STR(rs_clock_iso(-1000, buf, sizeof buf), "1969-12-31T23:59:59.999Z");
}

static rs_usec five(void)
{
	return 5;
}

static rs_usec six(void)
{
	return 6;
}

static void a_fake_clock_replaces_both_until_restored(void)
{
	rs_clock_fake(five, six);
	UNIT_INT(rs_clock_mono(), 5);
	UNIT_INT(rs_clock_wall(), 6);
	rs_clock_fake(NULL, NULL);
	CU_ASSERT_TRUE(rs_clock_wall() > RS_USEC_PER_SEC * 1000000000);
}

static void the_monotonic_clock_does_not_go_back(void)
{
	rs_usec last = rs_clock_mono();

	for (int i = 0; i < 1000; i++) {
		rs_usec now = rs_clock_mono();

		CU_ASSERT_TRUE_FATAL(now >= last);
		last = now;
	}
}

static void an_offset_is_written_as_mysql_writes_it(void)
{
	static const char *const wrong[] = {"", "08:00", "+8:00", "+14:01", "-14:00", "+08:60", "+08-00", "+0a:00", "+08:000", "Asia"};
	int seconds = 1;

	CU_ASSERT_TRUE(rs_clock_offset("+00:00", &seconds));
	UNIT_INT(seconds, 0);
	CU_ASSERT_TRUE(rs_clock_offset("+14:00", &seconds));
	UNIT_INT(seconds, 14 * 3600);
	CU_ASSERT_TRUE(rs_clock_offset("-13:59", &seconds));
	UNIT_INT(seconds, -(13 * 3600 + 59 * 60));
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		CU_ASSERT_FALSE(rs_clock_offset(wrong[i], &seconds));
}

UNIT_MAIN(UNIT_TEST(an_offset_is_written_as_mysql_writes_it), UNIT_TEST(iso_is_utc_with_milliseconds),
          UNIT_TEST(a_fake_clock_replaces_both_until_restored),
          UNIT_TEST(the_monotonic_clock_does_not_go_back))
