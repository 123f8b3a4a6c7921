#include "base/err.h"

#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include "base/mem.h"
#include "unit.h"

static void set_fills_code_text_and_place(void)
{
	struct rs_err err = RS_ERR_INIT;

	CU_ASSERT_FALSE(rs_err_is_set(&err));
	UNIT_INT(rs_err_set(&err, RS_E_CONN_AUTH, "no %s for %d", "entry", 7), RS_FAIL);
	CU_ASSERT_TRUE(rs_err_is_set(&err));
	UNIT_INT(err.code, 2004);
	UNIT_STR(err.primary, "no entry for 7");
	CU_ASSERT_PTR_NULL(err.detail);
	CU_ASSERT_PTR_NOT_NULL(strstr(err.file, "test_err.c"));
	CU_ASSERT_TRUE(err.line > 0);
	rs_err_clear(&err);
	CU_ASSERT_FALSE(rs_err_is_set(&err));
	CU_ASSERT_PTR_NULL(err.primary);
}

static void first_writer_wins_and_later_ones_add_detail(void)
{
	struct rs_err err = RS_ERR_INIT;

	rs_err_set(&err, RS_E_SQL, "first");
	rs_err_set(&err, RS_E_IO, "second");
	rs_err_detail(&err, "third %d", 3);
	UNIT_INT(err.code, RS_E_SQL);
	UNIT_STR(err.primary, "first");
	UNIT_STR(err.detail, "second\nthird 3");
	rs_err_clear(&err);
}

static void a_null_error_is_allowed_everywhere(void)
{
	struct rs_err err = RS_ERR_INIT;

	UNIT_INT(rs_err_set(NULL, RS_E_IO, "x"), RS_FAIL);
	UNIT_INT(rs_err_sys(NULL, RS_E_IO, ENOENT, "x"), RS_FAIL);
	UNIT_INT(rs_err_detail(NULL, "x"), RS_FAIL);
	UNIT_INT(rs_err_hint(NULL, "x"), RS_FAIL);
	CU_ASSERT_FALSE(rs_err_is_set(NULL));
	rs_err_clear(NULL);
	rs_err_set(&err, RS_E_IO, "x");
	rs_err_move(NULL, &err);
	CU_ASSERT_FALSE(rs_err_is_set(&err));
}

static void sys_puts_the_systems_text_in_the_detail(void)
{
	struct rs_err err = RS_ERR_INIT;

	rs_err_sys(&err, RS_E_IO, ENOENT, "can't open %s", "f");
	UNIT_STR(err.primary, "can't open f");
	UNIT_STR(err.detail, "No such file or directory");
	rs_err_clear(&err);
}

static void hint_is_replaced(void)
{
	struct rs_err err = RS_ERR_INIT;

	rs_err_set(&err, RS_E_IO, "x");
	rs_err_hint(&err, "one");
	rs_err_hint(&err, "after %s", err.hint);
	UNIT_STR(err.hint, "after one");
	rs_err_clear(&err);
}

static void copy_is_deep_and_move_empties(void)
{
	struct rs_err a = RS_ERR_INIT, b = RS_ERR_INIT, c = RS_ERR_INIT;

	rs_err_set(&a, RS_E_SQL, "text");
	rs_err_hint(&a, "hint");
	a.retry = RS_RETRY_NOW;
	a.native = 1213;
	rs_err_set(&b, RS_E_IO, "old");
	rs_err_copy(&b, &a);
	rs_err_move(&c, &a);
	CU_ASSERT_FALSE(rs_err_is_set(&a));
	CU_ASSERT_PTR_NULL(a.hint);
	UNIT_STR(b.primary, "text");
	UNIT_STR(c.primary, "text");
	CU_ASSERT_PTR_NOT_EQUAL(b.primary, c.primary);
	UNIT_INT(b.native, 1213);
	UNIT_INT(c.retry, RS_RETRY_NOW);
	UNIT_STR(b.hint, "hint");
	rs_err_clear(&b);
	rs_err_clear(&c);
}

static void every_code_has_a_title_and_a_number_of_its_own(void)
{
	static const enum rs_errc codes[] = {
#define X(code, symbol, title) RS_E_##symbol,
		RS_ERR_CODES(X)
#undef X
	};
	size_t n = sizeof codes / sizeof *codes;

	for (size_t i = 0; i < n; i++) {
		CU_ASSERT_NOT_EQUAL(rs_err_title(codes[i])[0], '\0');
		if (i > 0)
			CU_ASSERT_TRUE(codes[i] > codes[i - 1]);
	}
	UNIT_STR(rs_err_title(RS_E_NONE), "");
	UNIT_STR(rs_err_title((enum rs_errc)4999), "");
}

static void code_text_has_four_digits(void)
{
	char buf[12];

	UNIT_STR(rs_err_code_text(RS_E_CONN_AUTH, buf, sizeof buf), "RS-2004");
}

static void note_hook(void)
{
	if (write(STDERR_FILENO, "hook\n", 5) != 5)
		_exit(98);
}

static void no_core(void)
{
	struct rlimit none = {0, 0};

	setrlimit(RLIMIT_CORE, &none);
}

/* What the child prints before rs_bug() kills it. */
static int bug_in_child(char *text, size_t size)
{
	int pipes[2], status = 0;
	ssize_t n;
	size_t len = 0;
	pid_t pid;

	CU_ASSERT_EQUAL_FATAL(pipe(pipes), 0);
	pid = fork();
	if (pid == 0) {
		no_core();
		dup2(pipes[1], STDERR_FILENO);
		signal(SIGABRT, SIG_DFL);
		rs_mem_set_hook(note_hook);
		rs_bug("value %d", 42);
	}
	close(pipes[1]);
	while (len + 1 < size && (n = read(pipes[0], text + len, size - 1 - len)) > 0)
		len += (size_t)n;
	text[len] = '\0';
	close(pipes[0]);
	waitpid(pid, &status, 0);
	return status;
}

static void bug_restores_the_terminal_says_where_and_aborts(void)
{
	char text[16384];
	int status = bug_in_child(text, sizeof text);

	CU_ASSERT_TRUE(WIFSIGNALED(status));
	UNIT_INT(WTERMSIG(status), SIGABRT);
	CU_ASSERT_EQUAL(strncmp(text, "hook\n", 5), 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "test_err.c:"));
	CU_ASSERT_PTR_NOT_NULL(strstr(text, "value 42\n"));
}

UNIT_MAIN(UNIT_TEST(set_fills_code_text_and_place),
          UNIT_TEST(first_writer_wins_and_later_ones_add_detail),
          UNIT_TEST(a_null_error_is_allowed_everywhere),
          UNIT_TEST(sys_puts_the_systems_text_in_the_detail),
          UNIT_TEST(hint_is_replaced),
          UNIT_TEST(copy_is_deep_and_move_empties),
          UNIT_TEST(every_code_has_a_title_and_a_number_of_its_own),
          UNIT_TEST(code_text_has_four_digits),
          UNIT_TEST(bug_restores_the_terminal_says_where_and_aborts))
