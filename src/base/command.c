#include "base/command.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static void set_attributes(posix_spawnattr_t *attr)
{
	sigset_t none, all;

	sigemptyset(&none);
	sigfillset(&all);
	posix_spawnattr_setflags(attr, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	posix_spawnattr_setpgroup(attr, 0);
	posix_spawnattr_setsigmask(attr, &none);
	posix_spawnattr_setsigdefault(attr, &all);
}

/* files are released. */
static int start(const char *command, posix_spawn_file_actions_t *files, char *const *env, pid_t *pid)
{
	char *argv[] = {(char[]){"sh"}, (char[]){"-c"}, (char *)(uintptr_t)command, NULL};
	posix_spawnattr_t attr;
	int rc;

	posix_spawnattr_init(&attr);
	set_attributes(&attr);
	rc = posix_spawn(pid, "/bin/sh", files, &attr, argv, env ? env : environ);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(files);
	return rc;
}

int rs_command_start(const char *command, int out, char *const *env, pid_t *pid)
{
	posix_spawn_file_actions_t files;

	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
	if (out >= 0)
		posix_spawn_file_actions_adddup2(&files, out, 1);
	else
		posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_addopen(&files, 2, "/dev/null", O_WRONLY, 0);
	return start(command, &files, env, pid);
}

int rs_command_start_at(const char *command, int in, int out, pid_t *pid)
{
	posix_spawn_file_actions_t files;

	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_adddup2(&files, in, 0);
	posix_spawn_file_actions_adddup2(&files, out, 1);
	posix_spawn_file_actions_adddup2(&files, out, 2);
	return start(command, &files, NULL, pid);
}

bool rs_command_ended(pid_t pid, rs_usec deadline, int *status)
{
	const struct timespec pause = {0, 10 * 1000 * 1000};

	for (;;) {
		pid_t n = waitpid(pid, status, WNOHANG);

		if (n == pid)
			return true;
		if (n < 0 && errno != EINTR)
			return false;
		if (rs_clock_mono() >= deadline)
			return false;
		nanosleep(&pause, NULL);
	}
}

void rs_command_kill(pid_t pid)
{
	int status;

	kill(-pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
	}
}
