/* The options of "verify" as the engine takes them. */
#ifndef RS_VERIFY_OPTIONS_H
#define RS_VERIFY_OPTIONS_H

#include "cli/cli.h"

/* RS_E_USAGE names the option. *tables, which options->tables points to, is the caller's to free, also on failure. */
enum rs_rc rs_verify_options_read(const struct rs_cli *cli, struct rs_verify_options *options, char **tables,
                                  struct rs_err *err) RS_MUST_CHECK;

/* Has ranges repaired one after the other and says what came of each: report (an array) gets an object each, else a line is
 * printed. Whether all could be. */
bool rs_cli_repair_ranges(const struct rs_task *task, const struct rs_diff_range *ranges, size_t n, json_t *report);

#endif
