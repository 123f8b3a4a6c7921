#include "screen/log_lines.h"

#include <string.h>
#include "base/log.h"
#include "base/mem.h"

#define KEPT 2000
#define STAMP 24 /* "2026-11-22T12:41:07.123Z" */

struct rs_log_lines {
	struct rs_app *app;
	struct rs_task *task;
	struct rs_task_log log;  /* the thread's while it fetches */
	char **lines;
	size_t n, cap;
	unsigned version;
	long pid;
	bool fetching, gone;
};

struct rs_log_lines *rs_log_lines_new(struct rs_app *app, const struct rs_task *task)
{
	struct rs_log_lines *l = rs_xcalloc(1, sizeof *l);

	l->app = app;
	l->task = rs_task_copy(task);
	return l;
}

static void forget(struct rs_log_lines *l, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(l->lines[i]);
	l->n -= n;
	if (l->n)
		memmove(l->lines, l->lines + n, l->n * sizeof *l->lines);
}

static void really_free(struct rs_log_lines *l)
{
	forget(l, l->n);
	free(l->lines);
	rs_task_log_clear(&l->log);
	rs_task_free(l->task);
	free(l);
}

void rs_log_lines_free(struct rs_log_lines *l)
{
	l->gone = true;
	if (!l->fetching)
		really_free(l);
}

/* --- fetching ------------------------------------------------------------------------------- */

static void fetch_run(void *arg)
{
	struct rs_log_lines *l = arg;

	rs_task_log_read(l->task, &l->log);
}

static void take(struct rs_log_lines *l)
{
	if (l->log.anew)
		forget(l, l->n);
	for (size_t i = 0; i < l->log.n; i++) {
		RS_GROW(l->lines, l->n, l->cap);
		l->lines[l->n++] = rs_xstrdup(l->log.lines[i]);
	}
	if (l->n > KEPT)
		forget(l, l->n - KEPT);
	if (l->log.n || l->log.anew || !l->version)
		l->version++;
	l->pid = l->log.pid;
}

static void fetch_done(void *arg)
{
	struct rs_log_lines *l = arg;
	unsigned version = l->version;

	l->fetching = false;
	if (l->gone) {
		really_free(l);
		return;
	}
	take(l);
	if (l->version != version)
		rs_loop_wake(l->app->loop);
}

void rs_log_lines_fetch(struct rs_log_lines *l)
{
	if (l->fetching)
		return;
	l->fetching = true;
	rs_work_start(&l->app->works, fetch_run, fetch_done, l, l->version ? RS_WORK_QUIET : 0);
}

/* --- what there is ------------------------------------------------------------------------------ */

unsigned rs_log_lines_version(const struct rs_log_lines *l) { return l->version; }

size_t rs_log_lines_count(const struct rs_log_lines *l) { return l->n; }

const char *rs_log_line(const struct rs_log_lines *l, size_t n) { return l->lines[n]; }

long rs_log_lines_pid(const struct rs_log_lines *l) { return l->pid; }

/* --- one line ------------------------------------------------------------------------------------- */

/* The word behind the time, or, of a line that is an object, its member. */
enum rs_level rs_log_line_level(const char *line)
{
	const char *word = *line == '{' ? strstr(line, "\"level\":\"") : strchr(line, ' ');
	char name[8];
	enum rs_level level;

	if (!word)
		return RS_LOG_INFO;
	word += *line == '{' ? strlen("\"level\":\"") : 1;
	(void)snprintf(name, sizeof name, "%.*s", (int)strcspn(word, " \""), word);
	return rs_log_level_parse(name, &level) ? level : RS_LOG_INFO;
}

unsigned rs_log_line_style(const char *line)
{
	switch (rs_log_line_level(line)) {
	case RS_LOG_ERROR: return RS_STYLE_ERROR;
	case RS_LOG_WARN: return RS_STYLE_WARN;
	case RS_LOG_INFO: return RS_STYLE_NORMAL;
	default: return RS_STYLE_DIM;
	}
}

const char *rs_log_line_short(const char *line, const char *date)
{
	return strncmp(line, date, 10) == 0 && line[10] == 'T' ? line + 11 : line;
}

static rs_usec time_of(const char *line)
{
	const char *at = *line == '{' ? strstr(line, "\"time\":\"") : line;
	char stamp[STAMP + 1];

	if (!at)
		return 0;
	at += *line == '{' ? strlen("\"time\":\"") : 0;
	(void)snprintf(stamp, sizeof stamp, "%.*s", STAMP, at);
	return rs_clock_from_iso(stamp);
}

size_t rs_log_lines_at(const struct rs_log_lines *l, rs_usec wall)
{
	size_t found = (size_t)-1;

	for (size_t i = 0; i < l->n; i++) {
		rs_usec at = time_of(l->lines[i]);

		if (at > 0 && at <= wall)
			found = i;
	}
	return found;
}
