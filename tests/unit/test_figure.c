#include "base/figure.h"
#include "unit.h"

static void counts_are_short(void)
{
	char b[RS_FIGURE_SIZE];

	UNIT_STR(rs_figure_short(0, b, sizeof b), "0");
	UNIT_STR(rs_figure_short(804.4, b, sizeof b), "804");
	UNIT_STR(rs_figure_short(1204, b, sizeof b), "1.2k");
	UNIT_STR(rs_figure_short(84123, b, sizeof b), "84.1k");
	UNIT_STR(rs_figure_short(999960, b, sizeof b), "999.9k");
	UNIT_STR(rs_figure_short(12.4e6, b, sizeof b), "12.4M");
	UNIT_STR(rs_figure_short(-1, b, sizeof b), "-");
}

static void bytes_have_their_unit(void)
{
	char b[RS_FIGURE_SIZE];

	UNIT_STR(rs_figure_bytes(512, b, sizeof b), "512 B");
	UNIT_STR(rs_figure_bytes(380000, b, sizeof b), "380.0 kB");
	UNIT_STR(rs_figure_bytes(1.25e9, b, sizeof b), "1.2 GB");
	UNIT_STR(rs_figure_bytes((double)UINT64_MAX, b, sizeof b), "18446.7 PB");
}

static void settings_are_powers_of_1024(void)
{
	char buf[RS_FIGURE_SIZE];

	UNIT_STR(rs_figure_setting(268435456, buf, sizeof buf), "256 MiB");
	UNIT_STR(rs_figure_setting(UINT64_C(1) << 30, buf, sizeof buf), "1 GiB");
	UNIT_STR(rs_figure_setting(65536, buf, sizeof buf), "64 KiB");
	UNIT_STR(rs_figure_setting(1048577, buf, sizeof buf), "1,048,577 B");
	UNIT_STR(rs_figure_setting(0, buf, sizeof buf), "0 B");
}

static void digits_are_grouped_by_three(void)
{
	char b[RS_FIGURE_SIZE];

	UNIT_STR(rs_figure_grouped(0, b, sizeof b), "0");
	UNIT_STR(rs_figure_grouped(999, b, sizeof b), "999");
	UNIT_STR(rs_figure_grouped(4102331, b, sizeof b), "4,102,331");
	UNIT_STR(rs_figure_grouped(UINT64_MAX, b, sizeof b), "18,446,744,073,709,551,615");
}

static void times_have_two_units_at_most(void)
{
	char b[RS_FIGURE_SIZE];

	UNIT_STR(rs_figure_time(20000, b, sizeof b), "0.02s");
	UNIT_STR(rs_figure_time(3450000, b, sizeof b), "3.4s");
	UNIT_STR(rs_figure_time(192 * RS_USEC_PER_SEC, b, sizeof b), "3m12s");
	UNIT_STR(rs_figure_time(7500 * RS_USEC_PER_SEC, b, sizeof b), "2h05m");
	UNIT_STR(rs_figure_time(187200 * RS_USEC_PER_SEC, b, sizeof b), "2d04h");
	UNIT_STR(rs_figure_time(-1, b, sizeof b), "-");
}

UNIT_MAIN(UNIT_TEST(counts_are_short), UNIT_TEST(bytes_have_their_unit), UNIT_TEST(settings_are_powers_of_1024), UNIT_TEST(digits_are_grouped_by_three),
          UNIT_TEST(times_have_two_units_at_most))
