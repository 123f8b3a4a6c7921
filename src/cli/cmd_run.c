/* run: the engine in the foreground, without screens; and release of a task that is not running. */
#include "cli/cli.h"

#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/buf.h"
#include "base/i18n.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "cli/line.h"
#include "engine/state.h"

#define LINE_EVERY RS_USEC_PER_SEC
#define LOOK_EVERY RS_MSEC(200)

struct runner {
	const struct rs_cli *cli;
	const struct rs_task *task;
	struct rs_engine *engine;
	struct rs_cli_wait *wait;
	bool terminal;                  /* one line, written again and again */
	bool journal;                   /* systemd's: a line where something happens */
	bool line_open;                 /* such a line is there and not ended */
	rs_usec next_line;              /* monotonic */
	const struct rs_progress *seen; /* the last snapshot shown; NULL: none */
};

/* ------------------------------------------------------------------ what is shown */

static size_t terminal_width(void)
{
	struct winsize size;

	return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1 ? size.ws_col - 1u : 79;
}

/* systemd names the device and inode of the stream that it reads. */
static bool goes_to_journal(void)
{
	const char *named = getenv("JOURNAL_STREAM");
	char own[64];
	struct stat st;

	if (!named || fstat(STDERR_FILENO, &st) != 0)
		return false;
	snprintf(own, sizeof own, "%ju:%ju", (uintmax_t)st.st_dev, (uintmax_t)st.st_ino);
	return strcmp(named, own) == 0;
}

static void end_line(struct runner *r)
{
	if (r->line_open)
		fputc('\n', stderr);
	r->line_open = false;
}

static void put_line(struct runner *r, const struct rs_progress *p)
{
	struct rs_buf line = RS_BUF_INIT, shown = RS_BUF_INIT;
	char now[40];
	size_t n, used;

	if (!r->terminal)
		rs_buf_addf(&line, "%s ", rs_clock_iso(p->taken, now, sizeof now));
	rs_buf_addf(&line, "%s: ", r->task->name);
	rs_line_progress(&line, p);
	rs_utf8_printable(&shown, rs_buf_str(&line), line.len); /* its note may have names and texts of servers */
	n = r->terminal ? rs_utf8_fit(rs_buf_str(&shown), shown.len, terminal_width(), &used) : shown.len;
	fprintf(stderr, r->terminal ? "\r%.*s\033[K" : "%.*s\n", (int)n, rs_buf_str(&shown));
	r->line_open = r->terminal;
	rs_buf_release(&line);
	rs_buf_release(&shown);
}

static bool knows_problem(const struct rs_progress *p, const struct rs_problem *problem)
{
	for (size_t i = 0; p && i < p->n_problems; i++)
		if (p->problems[i].code == problem->code && strcmp(p->problems[i].text, problem->text) == 0)
			return true;
	return false;
}

static void put_problem(struct runner *r, const struct rs_problem *problem)
{
	struct rs_buf text = RS_BUF_INIT;
	char code[16], at[40];

	rs_utf8_printable(&text, problem->text, strlen(problem->text));
	end_line(r);
	fprintf(stderr, "%s %s: %s %s\n", rs_clock_iso(problem->first, at, sizeof at), r->task->name,
	        rs_err_code_text(problem->code, code, sizeof code), rs_buf_str(&text));
	rs_buf_release(&text);
}

static void put_problems(struct runner *r, const struct rs_progress *p)
{
	for (size_t i = 0; i < p->n_problems; i++)
		if (!knows_problem(r->seen, &p->problems[i]))
			put_problem(r, &p->problems[i]);
}

/* A line a second, and at once when the state changes; in the journal then alone. */
static void show(struct runner *r)
{
	const struct rs_progress *p = rs_engine_progress(r->engine);
	rs_usec now = rs_clock_mono();

	put_problems(r, p);
	if ((now >= r->next_line && !r->journal) || !r->seen || r->seen->state != p->state) {
		put_line(r, p);
		r->next_line = now + LINE_EVERY;
	}
	rs_progress_unref(r->seen);
	r->seen = p;
}

/* ------------------------------------------------------------------ the engine */

static void follow(struct runner *r)
{
	while (!rs_engine_wait(r->engine, 0)) {
		if (rs_cli_wait_next(r->wait, LOOK_EVERY) == RS_WAIT_SIGNAL) {
			end_line(r);
			fprintf(stderr, _("%s: stopping in order; a second signal ends it at once\n"), r->task->name);
			rs_engine_command(r->engine, RS_CMD_STOP);
		}
		show(r);
	}
	show(r);
	end_line(r);
}

static int outcome(const struct runner *r)
{
	const struct rs_progress *p = rs_engine_progress(r->engine);
	struct rs_err unjoined = RS_ERR_INIT;
	bool failed = p->state == RS_STATE_FAILED || p->state == RS_STATE_INITIALIZE_FAILED;

	if (failed)
		rs_cli_print_error(&p->error);
	rs_progress_unref(p);
	if (!failed && rs_engine_unjoined(r->engine, &unjoined)) {
		rs_cli_print_error(&unjoined);
		failed = true;
	}
	rs_err_clear(&unjoined);
	return failed ? RS_EXIT_NO : RS_EXIT_OK;
}

static int run_engine(const struct rs_cli *cli, const struct rs_task *task, bool release, struct rs_cli_wait *w)
{
	const struct rs_engine_options options = {.wake = w->wake, .until_synchronized = rs_cli_flag(cli, "until")};
	struct runner r = {.cli = cli, .task = task, .wait = w, .terminal = isatty(STDERR_FILENO), .journal = goes_to_journal()};
	struct rs_err err = RS_ERR_INIT;
	int code;

	r.engine = rs_engine_new(task, &options, &err);
	if (!r.engine || rs_engine_start(r.engine, &err) != RS_OK) {
		if (r.engine)
			rs_engine_free(r.engine);
		return rs_cli_fail(cli, &err);
	}
	if (release)
		rs_engine_command(r.engine, RS_CMD_RELEASE);
	follow(&r);
	code = outcome(&r);
	rs_engine_free(r.engine);
	rs_progress_unref(r.seen);
	return code;
}

/* ------------------------------------------------------------------ before it */

static bool was_begun(enum rs_state s)
{
	return s != RS_STATE_NOT_CONFIGURED && s != RS_STATE_NOT_STARTED && s != RS_STATE_PRECHECKING &&
	       s != RS_STATE_PRECHECK_FAILED && s != RS_STATE_PRECHECK_PASSED;
}

/* The destination knows; where it can't be asked, what is remembered here has to do, and the precheck or the engine
 * tells what is wrong with the destination. */
static bool is_begun(const struct rs_task *task, enum rs_state remembered)
{
	bool begun = false;

	if (rs_engine_was_started(task, &begun, NULL) != RS_OK)
		begun = was_begun(remembered);
	return begun;
}

static enum rs_rc fail_running(const struct rs_task *task, long pid, struct rs_err *err)
{
	rs_err_set(err, RS_E_TASK_RUNNING, _("the task %s is already running"), task->name);
	return rs_err_hint(err, _("Process %ld has it: \"rds-sync status %s\" shows it, \"rds-sync stop %s\" ends it."), pid,
	                   task->name, task->name);
}

static enum rs_rc look_at(const struct rs_task *task, enum rs_state *state, struct rs_err *err)
{
	struct rs_task_status status;
	enum rs_rc rc = rs_task_status_read(task, &status, err);

	if (rc != RS_OK)
		return rc;
	*state = status.state;
	if (status.live)
		rc = fail_running(task, status.pid, err);
	else if (status.state == RS_STATE_RELEASED)
		rc = rs_err_set(err, RS_E_TASK_INVALID, _("the task %s was released: it can't be started again"), task->name);
	rs_task_status_release(&status);
	return rc;
}

static enum rs_cli_precheck precheck(const struct rs_cli *cli, const struct rs_task *task, struct rs_cli_wait *w)
{
	struct rs_precheck_result result;
	enum rs_cli_precheck outcome =
		rs_cli_precheck(cli, task, rs_cli_flag(cli, "skip-precheck-warnings"), stderr, w, &result);

	rs_precheck_result_release(&result);
	return outcome;
}

static int fail_precheck(const struct rs_cli *cli, const struct rs_task *task)
{
	struct rs_err err = RS_ERR_INIT;

	rs_err_set(&err, RS_E_PRECHECK, _("the precheck of the task %s did not pass: nothing was started"), task->name);
	rs_cli_fail(cli, &err);
	return RS_EXIT_NO;
}

static int run_task(const struct rs_cli *cli, const struct rs_task *task, enum rs_state remembered,
                    struct rs_cli_wait *w)
{
	if (!is_begun(task, remembered))
		switch (precheck(cli, task, w)) {
		case RS_PRECHECK_FAILED: return fail_precheck(cli, task);
		case RS_PRECHECK_INTERRUPTED: return RS_EXIT_OK;
		case RS_PRECHECK_PASSED: break;
		}
	return run_engine(cli, task, false, w);
}

static enum rs_rc check_until(const struct rs_cli *cli, struct rs_err *err)
{
	const char *until = rs_cli_value(cli, "until");

	if (!until || strcmp(until, "synchronized") == 0)
		return RS_OK;
	return rs_err_set(err, RS_E_USAGE, _("--until can only be \"synchronized\", not \"%s\""), until);
}

/* The log of a run goes beside its state, where it disturbs no line of progress. */
void rs_cli_open_task_log(const struct rs_cli *cli, const struct rs_task *task)
{
	char *path;

	if (cli->log_file)
		return;
	path = rs_state_path(task, "log");
	if (rs_log_open(path, cli->log_level, cli->log_format, NULL) != RS_OK)
		rs_log(RS_LOG_WARN, "the log can't be written file=%s", path);
	free(path);
}

/* A task that is complete, has an id, is no copy and does not run; NULL and err. */
static struct rs_task *find_task(const struct rs_cli *cli, enum rs_state *state, struct rs_err *err)
{
	struct rs_task *task = rs_task_find(cli->operands[0], err);
	char *dir = NULL;

	if (task && rs_flow_check_runs(task->flow, err) == RS_OK && rs_task_check(task, err) == RS_OK && rs_task_ensure_id(task, err) == RS_OK &&
	    (dir = rs_state_dir(err)) != NULL && look_at(task, state, err) == RS_OK) {
		free(dir);
		return task;
	}
	free(dir);
	rs_task_free(task);
	return NULL;
}

int rs_cli_run(const struct rs_cli *cli)
{
	struct rs_err err = RS_ERR_INIT;
	struct rs_cli_wait w = {.event_fd = -1, .signal_fd = -1};
	enum rs_state state = RS_STATE_NOT_STARTED;
	struct rs_task *task = NULL;
	int code;

	if (check_until(cli, &err) != RS_OK || (task = find_task(cli, &state, &err)) == NULL ||
	    rs_cli_wait_open(&w, &err) != RS_OK) {
		rs_task_free(task);
		return rs_cli_fail(cli, &err);
	}
	signal(SIGHUP, SIG_IGN);
	rs_cli_open_task_log(cli, task);
	code = run_task(cli, task, state, &w);
	rs_cli_wait_close(&w);
	rs_task_free(task);
	return code;
}

/* ------------------------------------------------------------------ release */

#define RELEASE_TIME (600 * RS_USEC_PER_SEC)

/* In the process that runs it, else here. */
static int release_task(const struct rs_cli *cli, const struct rs_task *task, struct rs_err *err)
{
	struct rs_cli_wait w = {.event_fd = -1, .signal_fd = -1};
	enum rs_state state;
	int code;

	if (rs_task_is_locked(task, NULL))
		return rs_task_command(task, RS_CMD_RELEASE, RELEASE_TIME, err) == RS_OK ? RS_EXIT_OK : RS_EXIT_ERROR;
	if (rs_task_check(task, err) != RS_OK || look_at(task, &state, err) != RS_OK ||
	    rs_cli_wait_open(&w, err) != RS_OK)
		return RS_EXIT_ERROR;
	if (is_begun(task, state)) {
		rs_cli_open_task_log(cli, task);
		code = run_engine(cli, task, true, &w);
	} else {
		rs_err_set(err, RS_E_TASK_NOT_RUNNING, _("the task %s was never started"), task->name);
		code = RS_EXIT_ERROR;
	}
	rs_cli_wait_close(&w);
	return code;
}

int rs_cli_release_task(const struct rs_cli *cli)
{
	struct rs_err err = RS_ERR_INIT;
	struct rs_task *task = rs_task_find(cli->operands[0], &err);
	int code = RS_EXIT_ERROR;

	if (task)
		code = release_task(cli, task, &err);
	rs_task_free(task);
	return rs_err_is_set(&err) ? rs_cli_fail(cli, &err) : code;
}
