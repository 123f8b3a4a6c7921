/* completion: scripts for the shells, made from the tables of commands, options and keys of the task file, so that they know
 * what the program knows. Names of tasks are asked for when they are needed. */
#include "cli/cli.h"

#include <stdlib.h>
#include <string.h>
#include "base/buf.h"
#include "base/i18n.h"
#include "base/mem.h"

/* ------------------------------------------------------------------ what there is */

/* Values of options that stand in no other table. */
static const struct {
	const char *option, *values;
} known[] = {
	{"color", "auto always never"},
	{"log-format", "text json"},
	{"log-level", "error warn info debug trace"},
	{"mode", "full sample count"},
};

static void add_word(struct rs_buf *out, const char *word, size_t len)
{
	if (out->len)
		(void)rs_buf_addc(out, ' ');
	(void)rs_buf_add(out, word, len);
}

static void add_flows(struct rs_buf *out)
{
	for (const struct rs_flow *flow = rs_flows(); flow->id; flow++)
		add_word(out, flow->id, strlen(flow->id));
}

/* "source.host= objects.rename.1= …" */
static void add_keys(struct rs_buf *out)
{
	for (const struct rs_task_key *k = rs_task_keys(); k->section; k++) {
		size_t len = strlen(k->key);
		bool numbered = k->key[len - 1] == 'N';
		char *word = rs_xprintf("%s.%.*s%s=", k->section, (int)(numbered ? len - 1 : len), k->key, numbered ? "1" : "");

		if (k->type != RS_KEY_SECRET && k->type != RS_KEY_UUID) /* a password can't be given there, an id is made once */
			add_word(out, word, strlen(word));
		free(word);
	}
}

/* Lower-case: the value itself stands for what follows. */
static bool is_literal(const char *arg)
{
	return *arg >= 'a' && *arg <= 'z';
}

static void add_values(struct rs_buf *out, const struct rs_cli_option *o)
{
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (strcmp(known[i].option, o->name) == 0)
			add_word(out, known[i].values, strlen(known[i].values));
	if (strcmp(o->name, "flow") == 0)
		add_flows(out);
	else if (strcmp(o->name, "set") == 0)
		add_keys(out);
	else if (is_literal(o->arg))
		add_word(out, o->arg, strlen(o->arg));
}

static void add_options(struct rs_buf *out, const struct rs_cli_option *options)
{
	for (const struct rs_cli_option *o = options; o && o->name; o++) {
		char *word = rs_xprintf("--%s%s", o->name, o->arg ? "=" : "");

		add_word(out, word, strlen(word));
		free(word);
	}
}

/* The first words, or the second ones of a group ("task"). */
static void add_commands(struct rs_buf *out, const char *group)
{
	size_t n = group ? strlen(group) : 0;
	const char *last = "";

	for (const struct rs_cli_command *c = rs_cli_commands; c->name; c++) {
		size_t len = strcspn(c->name, " ");

		if (group && strncmp(c->name, group, n) == 0 && c->name[n] == ' ')
			add_word(out, c->name + n + 1, strlen(c->name + n + 1));
		else if (!group && (strncmp(last, c->name, len) != 0 || last[len] != (c->name[len] ? ' ' : '\0')))
			add_word(out, c->name, len);
		last = c->name;
	}
}

/* What an operand is: "task", "flow", "key", "shell", "file", or "" for what can't be known. */
static const char *kind_of(const char *operand)
{
	static const struct {
		const char *prefix, *kind;
	} kinds[] = {{"TASK", "task"}, {"[TASK]", "task"}, {"FLOW", "flow"}, {"KEY=VALUE", "key"}, {"[KEY=VALUE", "key"},
	             {"SHELL", "shell"}, {"FILE", "file"}};

	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (strncmp(operand, kinds[i].prefix, strlen(kinds[i].prefix)) == 0)
			return kinds[i].kind;
	return "";
}

/* "task key": of each operand; the last goes for all that come after it. */
static void add_operands(struct rs_buf *out, const struct rs_cli_command *c)
{
	const char *p = c->operands;

	while (*p) {
		size_t len = strcspn(p, " ");
		const char *kind = kind_of(p);

		add_word(out, *kind ? kind : "-", strlen(*kind ? kind : "-"));
		p += len;
		p += *p == ' ';
	}
	if (c->max >= 0 && out->len)
		add_word(out, "-", 1);
}

/* ------------------------------------------------------------------ for bash */

static void put_case(const char *pattern, struct rs_buf *words)
{
	if (words->len)
		printf("    '%s') echo '%s' ;;\n", pattern, rs_buf_str(words));
	rs_buf_clear(words);
}

static void put_values(const struct rs_cli_option *options, struct rs_buf *seen)
{
	struct rs_buf words = RS_BUF_INIT;

	for (const struct rs_cli_option *o = options; o && o->name; o++) {
		char *mark = rs_xprintf("--%s ", o->name);

		if (o->arg && !strstr(rs_buf_str(seen), mark)) {
			char *pattern = rs_xprintf("--%s", o->name);

			add_values(&words, o);
			(void)rs_buf_adds(seen, mark);
			put_case(pattern, &words);
			free(pattern);
		}
		free(mark);
	}
	rs_buf_release(&words);
}

static void put_key_values(void)
{
	for (const struct rs_task_key *k = rs_task_keys(); k->section; k++)
		if (k->type == RS_KEY_CHOICE)
			printf("    '%s.%s') echo '%s' ;;\n", k->section, k->key, k->values);
}

/* Both shells' scripts have these functions: each prints words for its argument. */

static void open_table(const char *function)
{
	printf("%s() {\n    case $1 in\n", function);
}

static void put_value_table(void)
{
	struct rs_buf seen = RS_BUF_INIT;

	open_table("_rds_sync_values");
	put_values(rs_cli_globals, &seen);
	for (const struct rs_cli_command *c = rs_cli_commands; c->name; c++)
		put_values(c->options, &seen);
	puts("    '--wizard') _rds_sync_tasks ;;");
	put_key_values();
	puts("    esac\n}");
	rs_buf_release(&seen);
}

static void put_option_table(void)
{
	struct rs_buf words = RS_BUF_INIT;

	open_table("_rds_sync_options");
	for (const struct rs_cli_command *c = rs_cli_commands; c->name; c++) {
		add_options(&words, c->options);
		put_case(c->name, &words);
	}
	add_options(&words, rs_cli_screen_options);
	put_case("", &words);
	add_options(&words, rs_cli_globals);
	printf("    esac\n    echo '%s'\n}\n", rs_buf_str(&words));
	rs_buf_release(&words);
}

static void put_command_table(void)
{
	struct rs_buf words = RS_BUF_INIT;
	const char *last = "";

	open_table("_rds_sync_commands");
	add_commands(&words, NULL);
	put_case("", &words);
	for (const struct rs_cli_command *c = rs_cli_commands; c->name; c++) {
		size_t len = strcspn(c->name, " ");
		char *group = rs_xstrndup(c->name, len);

		if (c->name[len] && strncmp(last, c->name, len + 1) != 0) {
			add_commands(&words, group);
			put_case(group, &words);
		}
		last = c->name;
		free(group);
	}
	puts("    esac\n}");
	rs_buf_release(&words);
}

static void put_operand_table(void)
{
	struct rs_buf words = RS_BUF_INIT;

	open_table("_rds_sync_operands");
	for (const struct rs_cli_command *c = rs_cli_commands; c->name; c++) {
		add_operands(&words, c);
		put_case(c->name, &words);
	}
	puts("    esac\n}");
	rs_buf_release(&words);
}

static void put_kind_table(void)
{
	struct rs_buf flows = RS_BUF_INIT, keys = RS_BUF_INIT;

	add_flows(&flows);
	add_keys(&keys);
	open_table("_rds_sync_kind");
	printf("    task) _rds_sync_tasks ;;\n    flow) echo '%s' ;;\n    key) echo '%s' ;;\n    shell) echo 'bash zsh' ;;\n    esac\n}\n",
	       rs_buf_str(&flows), rs_buf_str(&keys));
	puts("_rds_sync_tasks() {\n    rds-sync task list 2>/dev/null | cut -d' ' -f1\n}");
	rs_buf_release(&flows);
	rs_buf_release(&keys);
}

/* The words before the one that is completed, and what they come to: $command, and the number of operands after it. */
static const char bash_main[] =
	"_rds_sync() {\n"
	"    local cur=${COMP_WORDS[COMP_CWORD]} key='' command='' word='' words='' kinds i n=0\n"
	"    COMPREPLY=()\n"
	"    if [[ $cur == '=' ]]; then\n"
	"        key=${COMP_WORDS[COMP_CWORD - 1]} cur=''\n"
	"    elif ((COMP_CWORD > 2)) && [[ ${COMP_WORDS[COMP_CWORD - 1]} == '=' ]]; then\n"
	"        key=${COMP_WORDS[COMP_CWORD - 2]}\n"
	"    fi\n"
	"    for ((i = 1; i < COMP_CWORD; i++)); do\n"
	"        word=${COMP_WORDS[i]}\n"
	"        [[ $word == -* || $word == '=' || ${COMP_WORDS[i - 1]} == '=' ]] && continue\n"
	"        if [[ -z $command ]]; then\n"
	"            command=$word\n"
	"        elif ((n == 0)) && [[ $command != *' '* && -n $(_rds_sync_commands \"$command\") ]]; then\n"
	"            command+=\" $word\"\n"
	"        else\n"
	"            ((++n))\n"
	"        fi\n"
	"    done\n"
	"    if [[ -n $key ]]; then\n"
	"        words=$(_rds_sync_values \"$key\")\n"
	"    elif [[ $cur == -* ]]; then\n"
	"        words=$(_rds_sync_options \"$command\")\n"
	"    elif [[ $command != *' '* && -n $(_rds_sync_commands \"$command\") ]]; then\n"
	"        words=$(_rds_sync_commands \"$command\")\n"
	"    else\n"
	"        read -ra kinds <<<\"$(_rds_sync_operands \"$command\")\"\n"
	"        ((${#kinds[@]} == 0)) || word=${kinds[n < ${#kinds[@]} ? n : ${#kinds[@]} - 1]}\n"
	"        if [[ $word == file ]]; then\n"
	"            compopt -o default 2>/dev/null\n"
	"            return\n"
	"        fi\n"
	"        words=$(_rds_sync_kind \"$word\")\n"
	"    fi\n"
	"    mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\")\n"
	"    [[ ${COMPREPLY[0]} != *= ]] || compopt -o nospace 2>/dev/null\n"
	"}\n"
	"complete -F _rds_sync rds-sync";

static const char zsh_main[] =
	"_rds_sync() {\n"
	"    local command='' word='' i\n"
	"    local -a found kinds\n"
	"    integer n=0\n"
	"    for ((i = 2; i < CURRENT; i++)); do\n"
	"        word=$words[i]\n"
	"        [[ $word == -* ]] && continue\n"
	"        if [[ -z $command ]]; then\n"
	"            command=$word\n"
	"        elif ((n == 0)) && [[ $command != *' '* && -n $(_rds_sync_commands $command) ]]; then\n"
	"            command+=\" $word\"\n"
	"        else\n"
	"            ((++n))\n"
	"        fi\n"
	"    done\n"
	"    if [[ $PREFIX == *=* ]]; then\n"
	"        found=(${=\"$(_rds_sync_values ${PREFIX%%=*})\"})\n"
	"        compset -P '*='\n"
	"    elif [[ $PREFIX == -* ]]; then\n"
	"        found=(${=\"$(_rds_sync_options \"$command\")\"})\n"
	"    elif [[ $command != *' '* && -n $(_rds_sync_commands \"$command\") ]]; then\n"
	"        found=(${=\"$(_rds_sync_commands \"$command\")\"})\n"
	"    else\n"
	"        kinds=(${=\"$(_rds_sync_operands \"$command\")\"})\n"
	"        word=${kinds[n < $#kinds ? n + 1 : $#kinds]}\n"
	"        if [[ $word == file ]]; then\n"
	"            _files\n"
	"            return\n"
	"        fi\n"
	"        found=(${=\"$(_rds_sync_kind \"$word\")\"})\n"
	"    fi\n"
	"    compadd -S '' -- ${(M)found:#*=}\n"
	"    compadd -- ${found:#*=}\n"
	"}\n"
	"_rds_sync \"$@\"";

int rs_cli_completion(const struct rs_cli *cli)
{
	const char *shell = cli->operands[0];
	bool zsh = strcmp(shell, "zsh") == 0;
	struct rs_err err = RS_ERR_INIT;

	if (!zsh && strcmp(shell, "bash") != 0) {
		rs_err_set(&err, RS_E_USAGE, _("there is no completion for \"%s\""), shell);
		rs_err_hint(&err, _("It is one of: %s."), "bash, zsh");
		return rs_cli_fail(cli, &err);
	}
	if (zsh)
		puts("#compdef rds-sync");
	printf("# Completion for %s, made by \"rds-sync completion %s\".\n", shell, shell);
	if (!zsh)
		puts("# shellcheck shell=bash");
	put_value_table();
	put_option_table();
	put_command_table();
	put_operand_table();
	put_kind_table();
	puts(zsh ? zsh_main : bash_main);
	return RS_EXIT_OK;
}
