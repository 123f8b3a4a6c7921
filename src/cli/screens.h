/* Starting the full-screen program: is there a terminal, fork, log, go. */
#ifndef RS_SCREENS_H
#define RS_SCREENS_H

#include "cli/args.h"
#include "tui/locale.h"

/* Returns in the child process, with the exit code; or RS_FAIL before anything was started, as with RS_E_NO_TERMINAL. */
enum rs_rc rs_cli_screens(const struct rs_cli *cli, const struct rs_locale *locale, int *code, struct rs_err *err) RS_MUST_CHECK;
/* Opens the log as the options say; path NULL: standard error, for warnings unless --log-level says otherwise. */
enum rs_rc rs_cli_open_log(const struct rs_cli *cli, const char *path, struct rs_err *err) RS_MUST_CHECK;

#endif
