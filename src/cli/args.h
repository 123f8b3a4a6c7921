/* The command line: one table of commands and options, from which the parser, --help and the check of the man page are
 * made. Names are fixed: scripts use them.
 *
 * Options may stand before or after the command's words. Parsing changes nothing and prints nothing. */
#ifndef RS_ARGS_H
#define RS_ARGS_H

#include <stdbool.h>
#include <stddef.h>
#include "base/err.h"
#include "base/log.h"

struct rs_cli;

struct rs_cli_option {
	const char *name;    /* without the dashes; NULL ends a list */
	const char *arg;     /* what follows "=", for the help: "FLOW"; NULL: nothing does */
	const char *help;    /* N_() */
	bool repeats;
};

struct rs_cli_command {
	const char *name;    /* one word or two: "run", "task list"; NULL ends the table */
	const char *operands; /* for the help: "TASK"; "" for none */
	int min, max;        /* how many operands; max < 0: any number */
	const struct rs_cli_option *options;
	const char *summary; /* N_(): one line */
	const char *about;   /* N_(): more, for the command's own help; may be NULL */
	/* Returns the exit code. */
	int (*run)(const struct rs_cli *cli);
};

enum rs_cli_color { RS_COLOR_AUTO, RS_COLOR_ALWAYS, RS_COLOR_NEVER };

/* What was asked for. Strings are argv's. */
struct rs_cli {
	const struct rs_cli_command *command; /* NULL: the full-screen program */
	bool help, version;
	bool log_level_given;
	enum rs_level log_level;
	const char *log_file;
	enum rs_log_format log_format;
	enum rs_cli_color color;
	bool ascii;
	const char *const *operands;
	int n_operands;
	struct rs_cli_value {
		const char *name, *value;
	} *values;              /* of the command's own options, in order */
	size_t n_values, cap_values;
};

/* All commands, in the order of the help; ended by one without a name. */
extern const struct rs_cli_command rs_cli_commands[];
extern const struct rs_cli_option rs_cli_globals[];
/* Only where there is no command; their values are got by rs_cli_value. */
extern const struct rs_cli_option rs_cli_screen_options[];

/* Reorders argv. RS_E_USAGE names what is wrong and the hint says where the help is. */
enum rs_rc rs_cli_parse(struct rs_cli *cli, int argc, char **argv, struct rs_err *err) RS_MUST_CHECK;
void rs_cli_release(struct rs_cli *cli);

bool rs_cli_flag(const struct rs_cli *cli, const char *option);
/* NULL where it was not given; the last one where it was given more than once. */
const char *rs_cli_value(const struct rs_cli *cli, const char *option);

/* The help of one command, or, with NULL, of the program. malloc'ed, translated. */
char *rs_cli_help(const struct rs_cli_command *command);
/* "rds-sync run [--until=synchronized] TASK"; malloc'ed. */
char *rs_cli_synopsis(const struct rs_cli_command *command);

#endif
