/* Start-up and dispatch, nothing else. */
#include <signal.h>
#include <stdlib.h>
#include "base/i18n.h"
#include "base/log.h"
#include "base/secret.h"
#include "cli/cli.h"
#include "cli/screens.h"
#include "db/my_conn.h"
#include "tui/locale.h"

static int print_help(const struct rs_cli *cli)
{
	char *text = rs_cli_help(cli->command);

	fputs(text, stdout);
	free(text);
	return RS_EXIT_OK;
}

static int print_version(void)
{
	puts(PACKAGE_STRING);
	return RS_EXIT_OK;
}

static int run_command(const struct rs_cli *cli)
{
	struct rs_err err = RS_ERR_INIT;
	int code;

	if (rs_cli_open_log(cli, cli->log_file, &err) != RS_OK)
		return rs_cli_fail(cli, &err);
	rs_my_library_init();
	code = cli->command->run(cli);
	rs_my_library_end();
	return code;
}

static int run_screens(const struct rs_cli *cli, const struct rs_locale *locale)
{
	struct rs_err err = RS_ERR_INIT;
	int code;

	return rs_cli_screens(cli, locale, &code, &err) == RS_OK ? code : rs_cli_fail(cli, &err);
}

static int dispatch(struct rs_cli *cli, const struct rs_locale *locale)
{
	cli->ascii = cli->ascii || !locale->utf8;
	if (cli->help)
		return print_help(cli);
	if (cli->version)
		return print_version();
	return cli->command ? run_command(cli) : run_screens(cli, locale);
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
	struct rs_locale locale;
	struct rs_cli cli;
	int code;

	rs_locale_init(&locale);
	rs_secret_harden_process();
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN); /* a limit of file sizes is an error of the write that meets it */
	code = rs_cli_parse(&cli, argc, argv, &err) == RS_OK ? dispatch(&cli, &locale) : rs_cli_fail(&cli, &err);
	rs_cli_release(&cli);
	rs_log_close();
	return flushed(code);
}
