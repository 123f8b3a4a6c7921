#include "cli/screens.h"

#include <stdlib.h>
#include "base/mem.h"
#include "cli/detach.h"
#include "db/my_conn.h"
#include "model/paths.h"
#include "screen/screen.h"
#include "tui/term.h"

enum rs_rc rs_cli_open_log(const struct rs_cli *cli, const char *path, struct rs_err *err)
{
	enum rs_level level = cli->log_level;

	if (!path && !cli->log_level_given)
		level = RS_LOG_WARN; /* beside what the command says itself */
	return rs_log_open(path, level, cli->log_format, err);
}

/* Standard error is the screen's, so the log is a file. */
static enum rs_rc open_log(const struct rs_cli *cli, struct rs_err *err)
{
	char *dir, *path;
	enum rs_rc rc;

	if (cli->log_file)
		return rs_cli_open_log(cli, cli->log_file, err);
	dir = rs_paths_state();
	path = rs_xprintf("%s/rds-sync.log", dir);
	rc = rs_paths_make(dir, err);
	if (rc == RS_OK)
		rc = rs_cli_open_log(cli, path, err);
	free(path);
	free(dir);
	return rc;
}

enum rs_rc rs_cli_screens(const struct rs_cli *cli, const struct rs_locale *locale, int *code, struct rs_err *err)
{
	const struct rs_screen_options options = {
		.ascii = cli->ascii,
		.utf8 = locale->utf8,
		.color = cli->color == RS_COLOR_ALWAYS ? 1 : cli->color == RS_COLOR_NEVER ? -1 : 0,
		.wizard = rs_cli_value(cli, "wizard"),
		.view = rs_cli_flag(cli, "view"),
		.detach = rs_detach,
	};

	if (rs_term_check(err) != RS_OK || rs_detach_fork(err) != RS_OK || open_log(cli, err) != RS_OK)
		return RS_FAIL;
	if (locale->fallback)
		rs_log(RS_LOG_WARN, "the locale of the environment is not there wanted=%s used=C.UTF-8", locale->wanted);
	rs_my_library_init();
	*code = rs_screen_main(&options);
	rs_my_library_end();
	return RS_OK;
}
