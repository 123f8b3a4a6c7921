#include "cli/args.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include "base/buf.h"
#include "base/i18n.h"
#include "base/mem.h"

#define OPTIONS_MAX 32
#define HELP_COLUMN 30

const struct rs_cli_option rs_cli_globals[] = {
	{"log-level", "LEVEL", N_("error, warn, info, debug or trace"), false},
	{"log-file", "FILE", N_("write the log there"), false},
	{"log-format", "FORMAT", N_("text or json"), false},
	{"color", "WHEN", N_("auto, always or never"), false},
	{"ascii", NULL, N_("draw with ASCII characters only"), false},
	{"version", NULL, N_("print the version"), false},
	{"help", NULL, N_("print this help; after a command, that command's"), false},
	{NULL, NULL, NULL, false},
};

const struct rs_cli_option rs_cli_screen_options[] = {
	{"wizard", "TASK", N_("open the wizard at once, filled in from that task"), false},
	{"view", NULL, N_("only look: nothing can be commanded or changed"), false},
	{NULL, NULL, NULL, false},
};

/* ------------------------------------------------------------------ finding the command */

static bool words_match(const char *name, const char *first, const char *second, int *n_words)
{
	const char *space = strchr(name, ' ');

	if (!space) {
		*n_words = 1;
		return strcmp(name, first) == 0;
	}
	*n_words = 2;
	return second && strlen(first) == (size_t)(space - name) && strncmp(name, first, strlen(first)) == 0 &&
	       strcmp(space + 1, second) == 0;
}

static const struct rs_cli_command *find_command(const char *first, const char *second, int *n_words)
{
	for (const struct rs_cli_command *c = rs_cli_commands; c->name; c++)
		if (words_match(c->name, first, second, n_words))
			return c;
	return NULL;
}

static bool is_group(const char *word)
{
	size_t n = strlen(word);

	for (const struct rs_cli_command *c = rs_cli_commands; c->name; c++)
		if (strncmp(c->name, word, n) == 0 && c->name[n] == ' ')
			return true;
	return false;
}

static enum rs_rc usage(struct rs_err *err, const struct rs_cli_command *command)
{
	if (command)
		return rs_err_hint(err, _("\"rds-sync %s --help\" tells how it is used."), command->name);
	return rs_err_hint(err, _("\"rds-sync --help\" lists the commands"));
}

static enum rs_rc fail_unknown(const char *first, const char *second, struct rs_err *err)
{
	if (!is_group(first))
		rs_err_set(err, RS_E_USAGE, _("there is no command \"%s\""), first);
	else if (second)
		rs_err_set(err, RS_E_USAGE, _("there is no command \"%s %s\""), first, second);
	else
		rs_err_set(err, RS_E_USAGE, _("\"%s\" needs one word more"), first);
	return usage(err, NULL);
}

/* ------------------------------------------------------------------ options */

struct table {
	struct option longs[OPTIONS_MAX];
	const struct rs_cli_option *meanings[OPTIONS_MAX];
	int count, globals;
};

static void table_add(struct table *t, const struct rs_cli_option *options)
{
	for (; options && options->name && t->count + 1 < OPTIONS_MAX; options++) {
		t->longs[t->count] = (struct option){options->name, options->arg ? required_argument : no_argument, NULL,
		                                     1000 + t->count};
		t->meanings[t->count++] = options;
	}
	t->longs[t->count] = (struct option){NULL, 0, NULL, 0};
}

static enum rs_rc fail_value(const char *option, const char *value, const char *accepted, struct rs_err *err)
{
	rs_err_set(err, RS_E_USAGE, _("--%s can't be \"%s\""), option, value);
	return rs_err_hint(err, _("It is one of: %s."), accepted);
}

static enum rs_rc set_log_level(struct rs_cli *cli, const char *value, struct rs_err *err)
{
	cli->log_level_given = true;
	if (rs_log_level_parse(value, &cli->log_level))
		return RS_OK;
	return fail_value("log-level", value, "error, warn, info, debug, trace", err);
}

static enum rs_rc set_log_format(struct rs_cli *cli, const char *value, struct rs_err *err)
{
	if (strcmp(value, "text") != 0 && strcmp(value, "json") != 0)
		return fail_value("log-format", value, "text, json", err);
	cli->log_format = *value == 'j' ? RS_LOG_JSON : RS_LOG_TEXT;
	return RS_OK;
}

static enum rs_rc set_color(struct rs_cli *cli, const char *value, struct rs_err *err)
{
	static const char *const words[] = {"auto", "always", "never"};

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strcmp(value, words[i]) == 0) {
			cli->color = (enum rs_cli_color)i;
			return RS_OK;
		}
	return fail_value("color", value, "auto, always, never", err);
}

static enum rs_rc set_global(struct rs_cli *cli, const char *name, const char *value, struct rs_err *err)
{
	if (strcmp(name, "log-level") == 0)
		return set_log_level(cli, value, err);
	if (strcmp(name, "log-format") == 0)
		return set_log_format(cli, value, err);
	if (strcmp(name, "color") == 0)
		return set_color(cli, value, err);
	if (strcmp(name, "log-file") == 0)
		cli->log_file = value;
	cli->ascii = cli->ascii || strcmp(name, "ascii") == 0;
	cli->version = cli->version || strcmp(name, "version") == 0;
	cli->help = cli->help || strcmp(name, "help") == 0;
	return RS_OK;
}

static enum rs_rc set_own(struct rs_cli *cli, const struct rs_cli_option *o, const char *value, struct rs_err *err)
{
	if (!o->repeats && rs_cli_flag(cli, o->name)) {
		rs_err_set(err, RS_E_USAGE, _("--%s is given twice"), o->name);
		return usage(err, cli->command);
	}
	RS_GROW(cli->values, cli->n_values, cli->cap_values);
	cli->values[cli->n_values++] = (struct rs_cli_value){o->name, value};
	return RS_OK;
}

/* What getopt_long complains about, in our words. */
static enum rs_rc fail_option(const struct rs_cli *cli, int got, const char *text, const struct table *t,
                              struct rs_err *err)
{
	if (got == ':')
		rs_err_set(err, RS_E_USAGE, _("%s needs a value"), text);
	else if (optopt >= 1000 && optopt - 1000 < t->count)
		rs_err_set(err, RS_E_USAGE, _("--%s takes no value"), t->meanings[optopt - 1000]->name);
	else if (cli->command)
		rs_err_set(err, RS_E_USAGE, _("\"%s\" has no option %s"), cli->command->name, text);
	else
		rs_err_set(err, RS_E_USAGE, _("there is no option %s"), text);
	return usage(err, cli->command);
}

/* Reads options: up to the first operand (order "+:"), or all (order ":"). optind is where it stopped. */
static enum rs_rc read_options(struct rs_cli *cli, int argc, char **argv, const char *order, const struct table *t,
                               struct rs_err *err)
{
	int got;

	opterr = 0;
	optind = 0; /* glibc: start over */
	while ((got = getopt_long(argc, argv, order, t->longs, NULL)) != -1) {
		enum rs_rc rc;

		if (got == ':' || got == '?')
			return fail_option(cli, got, argv[optind - 1], t, err);
		got -= 1000;
		rc = got < t->globals ? set_global(cli, t->meanings[got]->name, optarg, err)
		                      : set_own(cli, t->meanings[got], optarg, err);
		if (rc != RS_OK)
			return rc;
	}
	return RS_OK;
}

static enum rs_rc check_operands(const struct rs_cli *cli, struct rs_err *err)
{
	const struct rs_cli_command *c = cli->command;

	if (cli->help || cli->version)
		return RS_OK;
	if (c->max >= 0 && cli->n_operands > c->max)
		rs_err_set(err, RS_E_USAGE, _("\"%s\" can't do anything with \"%s\""), c->name, cli->operands[c->max]);
	else if (cli->n_operands < c->min)
		rs_err_set(err, RS_E_USAGE, _("\"%s\" needs %s"), c->name, c->operands);
	else
		return RS_OK;
	return usage(err, c);
}

enum rs_rc rs_cli_parse(struct rs_cli *cli, int argc, char **argv, struct rs_err *err)
{
	struct table t = {.count = 0};
	const char *first, *second;
	int at, n_words;

	memset(cli, 0, sizeof *cli);
	cli->log_level = RS_LOG_INFO;
	table_add(&t, rs_cli_globals);
	t.globals = t.count;
	table_add(&t, rs_cli_screen_options);
	if (read_options(cli, argc, argv, "+:", &t, err) != RS_OK)
		return RS_FAIL;
	at = optind;
	if (at >= argc)
		return RS_OK;
	first = argv[at];
	second = at + 1 < argc && argv[at + 1][0] != '-' ? argv[at + 1] : NULL;
	cli->command = find_command(first, second, &n_words);
	if (!cli->command)
		return cli->help ? RS_OK : fail_unknown(first, second, err);
	if (cli->n_values) {
		rs_err_set(err, RS_E_USAGE, _("--%s is for the full-screen program"), cli->values[0].name);
		return usage(err, cli->command);
	}
	t.count = t.globals;
	table_add(&t, cli->command->options);
	/* The command's last word stands where getopt expects the program's name. */
	at += n_words - 1;
	if (read_options(cli, argc - at, argv + at, ":", &t, err) != RS_OK)
		return RS_FAIL;
	cli->operands = (const char *const *)argv + at + optind;
	cli->n_operands = argc - at - optind;
	return check_operands(cli, err);
}

void rs_cli_release(struct rs_cli *cli)
{
	free(cli->values);
	memset(cli, 0, sizeof *cli);
}

bool rs_cli_flag(const struct rs_cli *cli, const char *option)
{
	for (size_t i = 0; i < cli->n_values; i++)
		if (strcmp(cli->values[i].name, option) == 0)
			return true;
	return false;
}

const char *rs_cli_value(const struct rs_cli *cli, const char *option)
{
	const char *value = NULL;

	for (size_t i = 0; i < cli->n_values; i++)
		if (strcmp(cli->values[i].name, option) == 0)
			value = cli->values[i].value;
	return value;
}

/* ------------------------------------------------------------------ help */

#define OPTIONS_NAMED 3 /* in the synopsis: more would not fit on a line */

static size_t count_options(const struct rs_cli_option *options)
{
	size_t n = 0;

	while (options && options[n].name)
		n++;
	return n;
}

static void add_synopsis(struct rs_buf *out, const struct rs_cli_command *c)
{
	bool many = count_options(c->options) > OPTIONS_NAMED;

	rs_buf_addf(out, "rds-sync %s%s", c->name, many ? " [--OPTION…]" : "");
	for (const struct rs_cli_option *o = c->options; !many && o && o->name; o++)
		rs_buf_addf(out, " [--%s%s%s]%s", o->name, o->arg ? "=" : "", o->arg ? o->arg : "", o->repeats ? "…" : "");
	if (*c->operands)
		rs_buf_addf(out, " %s", c->operands);
}

char *rs_cli_synopsis(const struct rs_cli_command *command)
{
	struct rs_buf out = RS_BUF_INIT;

	add_synopsis(&out, command);
	return rs_buf_take(&out);
}

static void add_entry(struct rs_buf *out, const char *left, const char *right)
{
	int width = (int)strlen(left);

	rs_buf_addf(out, "  %s", left);
	if (width > HELP_COLUMN - 4) {
		rs_buf_addc(out, '\n');
		width = -2;
	}
	rs_buf_addf(out, "%*s%s\n", HELP_COLUMN - 2 - width, "", right);
}

static void add_options(struct rs_buf *out, const char *title, const struct rs_cli_option *options)
{
	if (!options || !options->name)
		return;
	rs_buf_addf(out, "\n%s\n", title);
	for (const struct rs_cli_option *o = options; o->name; o++) {
		char *left = rs_xprintf("--%s%s%s", o->name, o->arg ? "=" : "", o->arg ? o->arg : "");

		add_entry(out, left, _(o->help));
		free(left);
	}
}

static void add_commands(struct rs_buf *out)
{
	rs_buf_addf(out, "%s\n  rds-sync\n", _("Usage:"));
	rs_buf_addf(out, "%*s%s\n", HELP_COLUMN, "", _("the full-screen program"));
	for (const struct rs_cli_command *c = rs_cli_commands; c->name; c++) {
		char *left = rs_cli_synopsis(c);

		add_entry(out, left, _(c->summary));
		free(left);
	}
}

char *rs_cli_help(const struct rs_cli_command *command)
{
	struct rs_buf out = RS_BUF_INIT;

	if (command) {
		rs_buf_addf(&out, "%s ", _("Usage:"));
		add_synopsis(&out, command);
		rs_buf_addf(&out, "\n\n%s\n", _(command->summary));
		if (command->about)
			rs_buf_addf(&out, "\n%s\n", _(command->about));
		add_options(&out, _("Options:"), command->options);
	} else {
		add_commands(&out);
		add_options(&out, _("Options of the full-screen program:"), rs_cli_screen_options);
	}
	add_options(&out, _("Options of every command:"), rs_cli_globals);
	return rs_buf_take(&out);
}
