/* What a CUnit program needs to speak TAP, for Automake's driver and for people. One program a module, runnable alone:
 *
 *	tests/unit/test_err            all tests
 *	tests/unit/test_err hint       those whose name contains "hint"
 *
 * A new program is tests/unit/test_NAME.c and two lines in local.mk (see there). It looks like this:
 *
 *	#include "unit.h"
 *	static void a_name_that_says_what_must_hold(void) { CU_ASSERT_EQUAL(1 + 1, 2); }
 *	UNIT_MAIN(UNIT_TEST(a_name_that_says_what_must_hold))
 *
 * All macros of CUnit can be used; the _FATAL ones leave the test. UNIT_STR and UNIT_INT also show both values. */
#ifndef RS_UNIT_H
#define RS_UNIT_H

#include <CUnit/CUnit.h>
#include <CUnit/TestRun.h>
#include <ftw.h>
#include <time.h>
#include <unistd.h>

struct unit_test {
	const char *name;
	void (*run)(void);
};

#define UNIT_TEST(fn) {#fn, fn}
#define UNIT_MAIN(...)                                                                                                 \
	static const struct unit_test unit_tests[] = {__VA_ARGS__};                                                        \
	int main(int argc, char **argv)                                                                                    \
	{                                                                                                                  \
		return unit_run(unit_tests, sizeof unit_tests / sizeof *unit_tests, argc > 1 ? argv[1] : "");                  \
	}

/* Compare text (either may be NULL) or integers. */
#define UNIT_STR(actual, expected) unit_str((actual), (expected), #actual, __FILE__, __LINE__)
#define UNIT_INT(actual, expected) unit_int((long long)(actual), (long long)(expected), #actual, __FILE__, __LINE__)

static inline void unit_check(int same, const char *text, const char *file, int line)
{
	CU_assertImplementation(same, (unsigned)line, text, file, "", CU_FALSE);
}

static inline void unit_str(const char *actual, const char *expected, const char *expr, const char *file, int line)
{
	int same = actual && expected ? strcmp(actual, expected) == 0 : actual == expected;
	char text[1024];

	snprintf(text, sizeof text, "%s is \"%s\", not \"%s\"", expr, actual ? actual : "(null)",
	         expected ? expected : "(null)");
	unit_check(same, text, file, line);
}

static inline void unit_int(long long actual, long long expected, const char *expr, const char *file, int line)
{
	char text[1024];

	snprintf(text, sizeof text, "%s is %lld, not %lld", expr, actual, expected);
	unit_check(actual == expected, text, file, line);
}

static char unit_dir[256];

static inline int unit_remove(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
	(void)st;
	(void)kind;
	(void)ftw;
	return remove(path);
}

static inline void unit_remove_dir(void)
{
	nftw(unit_dir, unit_remove, 16, FTW_DEPTH | FTW_PHYS);
}

/* A directory of this program's own, made at the first call and removed with all that is in it at the end. */
static inline const char *unit_tmpdir(void)
{
	const char *base = getenv("TMPDIR");

	if (unit_dir[0])
		return unit_dir;
	snprintf(unit_dir, sizeof unit_dir, "%s/rs-unit-XXXXXX", base && *base ? base : "/tmp");
	if (!mkdtemp(unit_dir)) {
		perror(unit_dir);
		exit(99);
	}
	atexit(unit_remove_dir);
	return unit_dir;
}

/* What a random test starts from, and prints: RDS_SYNC_SEED where it is given; a new one every time with RDS_SYNC_LONG=1, which
 * looks for what nobody has seen yet; else always the same, so that a run of all tests is about the change and not about luck. */
static inline unsigned unit_seed(void)
{
	const char *given = getenv("RDS_SYNC_SEED"), *lasting = getenv("RDS_SYNC_LONG");

	if (given)
		return (unsigned)strtoul(given, NULL, 10);
	return lasting && strcmp(lasting, "1") == 0 ? (unsigned)time(NULL) : 1;
}

static unsigned unit_done, unit_failed;

static inline void unit_report(const CU_pTest test, const CU_pSuite suite, const CU_pFailureRecord failures)
{
	(void)suite;
	unit_done++;
	unit_failed += failures != NULL;
	printf("%s %u - %s\n", failures ? "not ok" : "ok", unit_done, test->pName);
	for (const CU_FailureRecord *f = failures; f; f = f->pNext) {
		printf("# %s:%u: ", f->strFileName ? f->strFileName : "?", f->uiLineNumber);
		for (const char *c = f->strCondition ? f->strCondition : "?"; *c; c++)
			fputs(*c == '\n' ? "\n#   " : (char[]){*c, 0}, stdout);
		putchar('\n');
	}
	fflush(stdout);
}

static inline int unit_run(const struct unit_test *tests, size_t n, const char *filter)
{
	CU_pSuite suite;
	unsigned chosen = 0;

	if (CU_initialize_registry() != CUE_SUCCESS || !(suite = CU_add_suite("unit", NULL, NULL)))
		return 99;
	for (size_t i = 0; i < n; i++)
		if (strstr(tests[i].name, filter) && CU_add_test(suite, tests[i].name, tests[i].run))
			chosen++;
	printf("1..%u\n", chosen);
	fflush(stdout);
	CU_set_test_complete_handler(unit_report);
	CU_run_all_tests();
	CU_cleanup_registry();
	return unit_failed || unit_done != chosen || chosen == 0;
}

#endif
