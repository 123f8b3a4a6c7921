#include "cli/detach.h"
#include "unit.h"

#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

/* Each test forks a process that goes through rs_detach_fork: what returns from it is a grandchild of the test, which
 * does what the test says, and speaks through a pipe. */
struct family {
	pid_t parent;
	int from_child;
};

static struct family start(void (*child)(int to_test))
{
	struct family f;
	int fds[2];

	CU_ASSERT_EQUAL_FATAL(pipe(fds), 0);
	f.parent = fork();
	if (f.parent == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(fds[0]);
		if (rs_detach_fork(NULL) != RS_OK)
			_exit(99);
		child(fds[1]);
		_exit(98);
	}
	close(fds[1]);
	f.from_child = fds[0];
	return f;
}

static pid_t hear(const struct family *f)
{
	struct pollfd p = {.fd = f->from_child, .events = POLLIN};
	pid_t pid = 0;

	if (poll(&p, 1, 60000) != 1 || read(f->from_child, &pid, sizeof pid) != sizeof pid)
		return 0;
	return pid;
}

static void say(int to_test, pid_t word)
{
	if (write(to_test, &word, sizeof word) != sizeof word)
		_exit(97);
}

static int end_of(const struct family *f)
{
	int status = -1;

	waitpid(f->parent, &status, 0);
	close(f->from_child);
	return status;
}

static void leave_with_7(int to_test)
{
	(void)to_test;
	_exit(7);
}

static void the_parent_leaves_with_the_child_s_code(void)
{
	struct family f = start(leave_with_7);
	int status = end_of(&f);

	CU_ASSERT_TRUE(WIFEXITED(status));
	UNIT_INT(WEXITSTATUS(status), 7);
}

static void die(int to_test)
{
	(void)to_test;
	kill(getpid(), SIGKILL);
	pause();
}

static void the_parent_dies_as_the_child_did(void)
{
	struct family f = start(die);
	int status = end_of(&f);

	CU_ASSERT_TRUE(WIFSIGNALED(status));
	UNIT_INT(WTERMSIG(status), SIGKILL);
}

/* Tells its session before and after, and that it is alive once its parent is gone. */
static void detach(int to_test)
{
	pid_t parent = getppid();

	say(to_test, getsid(0));
	if (!rs_detach() || rs_detach())
		_exit(96);
	while (getppid() == parent)
		usleep(1000);
	say(to_test, getsid(0));
	say(to_test, isatty(0) ? 1 : getpid());
	_exit(0);
}

static void a_detached_child_goes_on_in_a_session_of_its_own(void)
{
	struct family f = start(detach);
	pid_t before = hear(&f), after, child;
	int status = -1;

	waitpid(f.parent, &status, 0);
	CU_ASSERT_TRUE(WIFEXITED(status));
	UNIT_INT(WEXITSTATUS(status), 0);
	after = hear(&f);
	child = hear(&f);
	UNIT_INT(before, getsid(0));
	UNIT_INT(after, child);
	close(f.from_child);
}

static volatile sig_atomic_t terminated;

static void note(int sig)
{
	terminated = sig;
}

static void wait_for_sigterm(int to_test)
{
	signal(SIGTERM, note);
	say(to_test, getpid());
	while (!terminated)
		usleep(1000);
	_exit(3);
}

static void what_is_sent_to_the_parent_reaches_the_child(void)
{
	struct family f = start(wait_for_sigterm);
	int status;

	CU_ASSERT_NOT_EQUAL_FATAL(hear(&f), 0);
	kill(f.parent, SIGTERM);
	status = end_of(&f);
	CU_ASSERT_TRUE(WIFEXITED(status));
	UNIT_INT(WEXITSTATUS(status), 3);
}

static void stop_and_go(int to_test)
{
	say(to_test, getpid());
	raise(SIGSTOP);
	say(to_test, getpid());
	_exit(4);
}

static void a_stopped_child_stops_the_parent_and_both_go_on(void)
{
	struct family f = start(stop_and_go);
	int status = -1;

	CU_ASSERT_NOT_EQUAL_FATAL(hear(&f), 0);
	CU_ASSERT_EQUAL(waitpid(f.parent, &status, WUNTRACED), f.parent);
	CU_ASSERT_TRUE_FATAL(WIFSTOPPED(status));
	kill(f.parent, SIGCONT);
	CU_ASSERT_NOT_EQUAL(hear(&f), 0);
	status = end_of(&f);
	CU_ASSERT_TRUE(WIFEXITED(status));
	UNIT_INT(WEXITSTATUS(status), 4);
}

static void without_a_fork_there_is_nothing_to_detach(void)
{
	CU_ASSERT_FALSE(rs_detach());
}

UNIT_MAIN(UNIT_TEST(the_parent_leaves_with_the_child_s_code), UNIT_TEST(the_parent_dies_as_the_child_did),
          UNIT_TEST(a_detached_child_goes_on_in_a_session_of_its_own),
          UNIT_TEST(what_is_sent_to_the_parent_reaches_the_child),
          UNIT_TEST(a_stopped_child_stops_the_parent_and_both_go_on),
          UNIT_TEST(without_a_fork_there_is_nothing_to_detach))
