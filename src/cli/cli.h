/* The commands: each is a function over the same engine that the screens use, and returns the exit code. Results go to
 * standard output, and, with --json, are one JSON value there; everything else goes to standard error. Only what people
 * read is translated: never codes, keys or JSON. */
#ifndef RS_CLI_H
#define RS_CLI_H

#include <jansson.h>
#include "base/err.h"
#include "cli/args.h"
#include "engine/engine.h"
#include "model/task.h"

enum {
	RS_EXIT_OK = 0,
	RS_EXIT_NO = 1,   /* a negative answer: not passed, different, failed */
	RS_EXIT_ERROR = 2 /* could not run, or used wrongly */
};

int rs_cli_form_lint(const struct rs_cli *cli);
int rs_cli_form_prompt(const struct rs_cli *cli);
int rs_cli_completion(const struct rs_cli *cli);
int rs_cli_usage(const struct rs_cli *cli);
int rs_cli_precheck_command(const struct rs_cli *cli);
int rs_cli_run(const struct rs_cli *cli);
int rs_cli_status(const struct rs_cli *cli);
int rs_cli_pause(const struct rs_cli *cli);
int rs_cli_resume(const struct rs_cli *cli);
int rs_cli_stop(const struct rs_cli *cli);
int rs_cli_release_task(const struct rs_cli *cli);
int rs_cli_verify(const struct rs_cli *cli);
int rs_cli_repair(const struct rs_cli *cli);
int rs_cli_reanchor(const struct rs_cli *cli);
int rs_cli_reset(const struct rs_cli *cli);
int rs_cli_event_show(const struct rs_cli *cli);
int rs_cli_event_skip(const struct rs_cli *cli);
int rs_cli_event_edit(const struct rs_cli *cli);
int rs_cli_event_retry(const struct rs_cli *cli);
int rs_cli_event_list(const struct rs_cli *cli);
int rs_cli_task_list(const struct rs_cli *cli);
int rs_cli_task_show(const struct rs_cli *cli);
int rs_cli_task_new(const struct rs_cli *cli);
int rs_cli_task_set(const struct rs_cli *cli);
int rs_cli_task_export(const struct rs_cli *cli);
int rs_cli_task_import(const struct rs_cli *cli);
int rs_cli_table_list(const struct rs_cli *cli);
int rs_cli_table_suspend(const struct rs_cli *cli);
int rs_cli_table_resume(const struct rs_cli *cli);
int rs_cli_table_resync(const struct rs_cli *cli);

/* ------------------------------------------------------------------ what they share (report.c) */

/* Prints the error to standard error, with what the server said and the hint, and clears it. With --json, an object
 * {"error": …} also goes to standard output. Returns RS_EXIT_ERROR. */
int rs_cli_fail(const struct rs_cli *cli, struct rs_err *err);
/* The log of a task that this process works on goes beside its state, unless another file was named (cmd_run.c). */
void rs_cli_open_task_log(const struct rs_cli *cli, const struct rs_task *task);
/* The error alone, to standard error. */
void rs_cli_print_error(const struct rs_err *err);
/* One line (or more) of JSON to standard output; j is given away. */
void rs_cli_print_json(json_t *j);
/* Server text to standard output with what a terminal could misread escaped. */
void rs_cli_print_text(const char *text);
/* The same, padded to so many terminal cells; a longer text gets one space behind it. */
void rs_cli_print_cell(const char *text, size_t width);
/* Whether standard output (1) or error (2) shall have colour. */
bool rs_cli_colored(const struct rs_cli *cli, int fd);

/* ------------------------------------------------------------------ jobs (wait.c) */

/* How a command waits for a job and for signals at once, without threads of its own. SIGINT and SIGTERM are caught from
 * open to close; the second one of them ends the process. */
struct rs_cli_wait {
	int event_fd, signal_fd;
	struct rs_wake wake; /* for the job */
};

enum rs_cli_event { RS_WAIT_WOKEN, RS_WAIT_TIMEOUT, RS_WAIT_SIGNAL };

enum rs_rc rs_cli_wait_open(struct rs_cli_wait *w, struct rs_err *err) RS_MUST_CHECK;
enum rs_cli_event rs_cli_wait_next(struct rs_cli_wait *w, rs_usec timeout);
void rs_cli_wait_close(struct rs_cli_wait *w);

/* ------------------------------------------------------------------ the precheck (precheck.c) */

enum rs_cli_precheck { RS_PRECHECK_PASSED, RS_PRECHECK_FAILED, RS_PRECHECK_INTERRUPTED };
/* Runs it, printing findings to out as they come (NULL: not), and records the outcome in the local state. result is the
 * caller's to release. skip_warnings: those that may be ignored are. */
enum rs_cli_precheck rs_cli_precheck(const struct rs_cli *cli, const struct rs_task *task, bool skip_warnings, FILE *out,
                                     struct rs_cli_wait *w, struct rs_precheck_result *result);

#endif
