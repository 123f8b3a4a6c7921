/* The log of a task, wherever it is: asked of the process that runs the task, or read from a file. */
#include "engine/control/control.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/log.h"
#include "base/mem.h"
#include "engine/report/progress.h"
#include "engine/state.h"
#include "model/paths.h"

#define ANSWER_TIME RS_MSEC(500)
#define FILE_PART 262144 /* bytes at the end of a file that are read at most */

static void drop_lines(struct rs_task_log *log)
{
	for (size_t i = 0; i < log->n; i++)
		free(log->lines[i]);
	free(log->lines);
	log->lines = NULL;
	log->n = 0;
}

void rs_task_log_clear(struct rs_task_log *log)
{
	drop_lines(log);
	*log = (struct rs_task_log){.pid = 0};
}

static void begin(struct rs_task_log *log, long pid)
{
	log->anew = log->pid != pid;
	if (log->anew)
		log->last = 0;
	log->pid = pid;
}

/* ------------------------------------------------------------------ of a process */

static void ask_process(const struct rs_task *task, struct rs_task_log *log)
{
	char *word = rs_xprintf("log %llu", (unsigned long long)log->last);
	json_t *j = rs_control_ask(task, word, ANSWER_TIME, NULL, NULL), *lines = json_object_get(j, "lines");
	size_t n = json_array_size(lines);

	log->lines = rs_xcalloc(n + 1, sizeof *log->lines);
	for (; log->n < n; log->n++) {
		const char *line = json_string_value(json_array_get(lines, log->n));

		log->lines[log->n] = rs_xstrdup(line ? line : "");
	}
	if (j)
		log->last = (uint64_t)json_integer_value(json_object_get(j, "last"));
	log->shared = !json_is_false(json_object_get(j, "shared"));
	json_decref(j);
	free(word);
}

static void take_own(struct rs_task_log *log)
{
	log->lines = rs_xcalloc(RS_LOG_KEPT, sizeof *log->lines);
	log->n = rs_log_since(&log->last, log->lines, RS_LOG_KEPT);
	log->shared = rs_control_is_shared();
}

/* ------------------------------------------------------------------ of a file */

/* Its last lines; the first may be cut. */
static void split(struct rs_task_log *log, char *text, bool cut)
{
	size_t cap = 0;
	char *next;

	if (cut && (next = strchr(text, '\n')) != NULL)
		text = next + 1;
	for (; (next = strchr(text, '\n')) != NULL; text = next + 1) {
		RS_GROW(log->lines, log->n, cap);
		log->lines[log->n++] = rs_xstrndup(text, (size_t)(next - text));
	}
	while (log->n > RS_TASK_LOG_MAX) {
		free(log->lines[0]);
		memmove(log->lines, log->lines + 1, --log->n * sizeof *log->lines);
	}
}

/* last: how far it was read. */
static void read_part(FILE *f, struct rs_task_log *log)
{
	struct stat st;
	uint64_t size, from;
	char *text;
	size_t n;

	if (fstat(fileno(f), &st) != 0)
		return;
	size = (uint64_t)st.st_size;
	from = log->last <= size ? log->last : 0; /* it was rotated */
	if (size - from > FILE_PART)
		from = size - FILE_PART;
	text = rs_xcalloc(size - from + 1, 1);
	n = fseeko(f, (off_t)from, SEEK_SET) == 0 ? fread(text, 1, size - from, f) : 0;
	while (n > 0 && text[n - 1] != '\n') /* a line that is being written */
		n--;
	text[n] = '\0';
	split(log, text, from != log->last && from != 0);
	log->last = from + n;
	free(text);
}

/* RS_FAIL: there is none. */
static enum rs_rc read_path(const char *path, struct rs_task_log *log)
{
	FILE *f = fopen(path, "re");

	if (!f)
		return RS_FAIL;
	read_part(f, log);
	fclose(f);
	return RS_OK;
}

/* Of a log that processes of many tasks write to. */
static void keep_lines_of(const char *task, struct rs_task_log *log)
{
	size_t kept = 0;

	for (size_t i = 0; i < log->n; i++) {
		if (rs_diagnostics_names(log->lines[i], task))
			log->lines[kept++] = log->lines[i];
		else
			free(log->lines[i]);
	}
	log->n = kept;
}

/* Which of two files has the newer line of the task: 0 where the first is as good. Lines begin with their time. */
static bool is_newer(const struct rs_task *task, const char *common, const char *own)
{
	struct rs_task_log a = {.pid = 0}, b = {.pid = 0};
	bool newer = false;

	if (read_path(common, &a) == RS_OK)
		keep_lines_of(task->name, &a);
	if (a.n > 0)
		newer = read_path(own, &b) != RS_OK || b.n == 0 || strcmp(a.lines[a.n - 1], b.lines[b.n - 1]) > 0;
	rs_task_log_clear(&a);
	rs_task_log_clear(&b);
	return newer;
}

static bool modified_later(const char *a, const char *b)
{
	struct stat of_a, of_b;

	return stat(a, &of_a) == 0 && (stat(b, &of_b) != 0 || of_a.st_mtime > of_b.st_mtime);
}

/* A task that ran in the screens' process has its lines among those of others; the file of its own has all of its, whatever its
 * name was then. */
static void read_file(const struct rs_task *task, struct rs_task_log *log)
{
	char *dir = rs_paths_state(), *own = rs_state_path(task, "log"), *common = rs_xprintf("%s/rds-sync.log", dir);
	bool take_common = modified_later(common, own) && is_newer(task, common, own);

	log->shared = take_common;
	(void)read_path(take_common ? common : own, log);
	if (take_common)
		keep_lines_of(task->name, log);
	free(dir);
	free(own);
	free(common);
}

/* ------------------------------------------------------------------ */

void rs_task_log_read(const struct rs_task *task, struct rs_task_log *log)
{
	long pid = 0;

	drop_lines(log);
	if (!task->id || !rs_task_is_locked(task, &pid))
		pid = 0;
	begin(log, pid);
	if (pid == (long)getpid())
		take_own(log);
	else if (pid)
		ask_process(task, log);
	else if (task->id)
		read_file(task, log);
}
