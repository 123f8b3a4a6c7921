/* The options of "verify" as the engine takes them. */
#ifndef RS_VERIFY_OPTIONS_H
#define RS_VERIFY_OPTIONS_H

#include "cli/cli.h"

/* RS_E_USAGE names the option. *tables, which options->tables points to, is the caller's to free, also on failure. */
enum rs_rc rs_verify_options_read(const struct rs_cli *cli, struct rs_verify_options *options, char **tables,
                                  struct rs_err *err) RS_MUST_CHECK;

#endif
