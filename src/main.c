/* Start-up and dispatch, nothing else. */
#include <langinfo.h>
#include <locale.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/i18n.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/secret.h"
#include "cli/cli.h"
#include "cli/detach.h"
#include "db/my_conn.h"
#include "engine/state.h"
#include "screen/screen.h"

/* Text is UTF-8 inside, and numbers in protocols and JSON have a point, whatever the environment says. */
static void set_locale(void)
{
	if (!setlocale(LC_ALL, "") || strcmp(nl_langinfo(CODESET), "UTF-8") != 0)
		setlocale(LC_CTYPE, "C.UTF-8");
	setlocale(LC_NUMERIC, "C");
#ifdef ENABLE_NLS
	bindtextdomain(PACKAGE, LOCALEDIR);
	bind_textdomain_codeset(PACKAGE, "UTF-8");
	textdomain(PACKAGE);
#endif
}

static int print_help(const struct rs_cli *cli)
{
	char *text = rs_cli_help(cli->command);

	fputs(text, stdout);
	free(text);
	return RS_EXIT_OK;
}

static enum rs_rc open_log(const struct rs_cli *cli, const char *path, struct rs_err *err)
{
	enum rs_level level = cli->log_level;

	if (!path && !cli->log_level_given)
		level = RS_LOG_WARN; /* on standard error, beside what the command says itself */
	return rs_log_open(path, level, cli->log_format, err);
}

static int run_command(const struct rs_cli *cli)
{
	struct rs_err err = RS_ERR_INIT;
	int code;

	if (open_log(cli, cli->log_file, &err) != RS_OK)
		return rs_cli_fail(cli, &err);
	rs_my_library_init();
	code = cli->command->run(cli);
	rs_my_library_end();
	return code;
}

/* ------------------------------------------------------------------ the full-screen program */

static enum rs_rc check_terminal(struct rs_err *err)
{
	const char *term = getenv("TERM");

	if (isatty(STDIN_FILENO) && isatty(STDOUT_FILENO) && term && *term && strcmp(term, "dumb") != 0)
		return RS_OK;
	rs_err_set(err, RS_E_NO_TERMINAL, _("the full-screen program needs a terminal"));
	return rs_err_hint(err, _("Without one, \"rds-sync form prompt FLOW\" configures a task, \"rds-sync run TASK\" runs it and "
	                          "\"rds-sync status\" shows how it is doing; \"rds-sync --help\" lists all commands."));
}

/* Standard error is the screen's, so the log is a file. */
static enum rs_rc open_screen_log(const struct rs_cli *cli, struct rs_err *err)
{
	char *dir, *path;
	enum rs_rc rc;

	if (cli->log_file)
		return open_log(cli, cli->log_file, err);
	dir = rs_state_dir(err);
	if (!dir)
		return RS_FAIL;
	path = rs_xprintf("%s/rds-sync.log", dir);
	rc = open_log(cli, path, err);
	free(path);
	free(dir);
	return rc;
}

static int run_screens(const struct rs_cli *cli)
{
	const struct rs_screen_options options = {
		.ascii = cli->ascii,
		.utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0,
		.color = cli->color == RS_COLOR_ALWAYS ? 1 : cli->color == RS_COLOR_NEVER ? -1 : 0,
		.detach = rs_detach,
	};
	struct rs_err err = RS_ERR_INIT;
	int code;

	if (check_terminal(&err) != RS_OK || rs_detach_fork(&err) != RS_OK || open_screen_log(cli, &err) != RS_OK)
		return rs_cli_fail(cli, &err);
	rs_my_library_init();
	code = rs_screen_main(&options);
	rs_my_library_end();
	return code;
}

static int dispatch(const struct rs_cli *cli)
{
	if (cli->help)
		return print_help(cli);
	if (cli->version) {
		puts(PACKAGE_STRING);
		return RS_EXIT_OK;
	}
	return cli->command ? run_command(cli) : run_screens(cli);
}

/* A command whose output could not be written has not done what it says. */
static int flushed(int code)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return code;
	fprintf(stderr, "rds-sync: %s\n", _("standard output can't be written"));
	return RS_EXIT_ERROR;
}

int main(int argc, char **argv)
{
	struct rs_err err = RS_ERR_INIT;
	struct rs_cli cli;
	int code;

	set_locale();
	rs_secret_harden_process();
	signal(SIGPIPE, SIG_IGN);
	code = rs_cli_parse(&cli, argc, argv, &err) == RS_OK ? dispatch(&cli) : rs_cli_fail(&cli, &err);
	rs_cli_release(&cli);
	rs_log_close();
	return flushed(code);
}
