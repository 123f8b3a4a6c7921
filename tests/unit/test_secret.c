#include "base/secret.h"

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include "unit.h"

static void set_copy_reveal_and_clear(void)
{
	struct rs_secret a = RS_SECRET_INIT, b = RS_SECRET_INIT;

	CU_ASSERT_FALSE(rs_secret_is_set(&a));
	CU_ASSERT_PTR_NULL(rs_secret_reveal(&a));
	rs_secret_set(&a, "s3cret;\"#", 9);
	UNIT_STR(rs_secret_reveal(&a), "s3cret;\"#");
	UNIT_INT(a.len, 9);
	rs_secret_copy(&b, &a);
	rs_secret_clear(&a);
	CU_ASSERT_FALSE(rs_secret_is_set(&a));
	UNIT_STR(rs_secret_reveal(&b), "s3cret;\"#");
	rs_secret_copy(&b, &a);
	CU_ASSERT_FALSE(rs_secret_is_set(&b));
	rs_secret_clear(&b);
}

static void the_empty_password_is_a_password(void)
{
	struct rs_secret a = RS_SECRET_INIT;

	rs_secret_set(&a, "", 0);
	CU_ASSERT_TRUE(rs_secret_is_set(&a));
	UNIT_STR(rs_secret_reveal(&a), "");
	rs_secret_clear(&a);
}

static void setting_from_its_own_bytes_works(void)
{
	struct rs_secret a = RS_SECRET_INIT;

	rs_secret_set(&a, "abcdef", 6);
	rs_secret_set(&a, a.bytes + 2, 3);
	UNIT_STR(rs_secret_reveal(&a), "cde");
	rs_secret_clear(&a);
}

static void a_page_full_still_ends_with_nul(void)
{
	static char big[8192];
	struct rs_secret a = RS_SECRET_INIT;

	memset(big, 'x', sizeof big);
	rs_secret_set(&a, big, sizeof big);
	UNIT_INT(strlen(rs_secret_reveal(&a)), sizeof big);
	rs_secret_clear(&a);
}

static void equal_compares_bytes_and_length(void)
{
	struct rs_secret a = RS_SECRET_INIT, b = RS_SECRET_INIT;

	CU_ASSERT_TRUE(rs_secret_equal(&a, &b));
	rs_secret_set(&a, "abc", 3);
	CU_ASSERT_FALSE(rs_secret_equal(&a, &b));
	CU_ASSERT_FALSE(rs_secret_equal(&b, &a));
	rs_secret_set(&b, "abd", 3);
	CU_ASSERT_FALSE(rs_secret_equal(&a, &b));
	rs_secret_set(&b, "abcd", 4);
	CU_ASSERT_FALSE(rs_secret_equal(&a, &b));
	rs_secret_set(&b, "abc", 3);
	CU_ASSERT_TRUE(rs_secret_equal(&a, &b));
	rs_secret_clear(&a);
	rs_secret_clear(&b);
}

static void a_hardened_process_leaves_no_core(void)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		struct rlimit limit;

		rs_secret_harden_process();
		if (prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) != 0 || getrlimit(RLIMIT_CORE, &limit) != 0)
			_exit(1);
		_exit(limit.rlim_cur == 0 && limit.rlim_max == 0 ? 0 : 2);
	}
	waitpid(pid, &status, 0);
	CU_ASSERT_TRUE(WIFEXITED(status));
	UNIT_INT(WEXITSTATUS(status), 0);
}

UNIT_MAIN(UNIT_TEST(set_copy_reveal_and_clear),
          UNIT_TEST(the_empty_password_is_a_password),
          UNIT_TEST(setting_from_its_own_bytes_works),
          UNIT_TEST(a_page_full_still_ends_with_nul),
          UNIT_TEST(equal_compares_bytes_and_length),
          UNIT_TEST(a_hardened_process_leaves_no_core))
