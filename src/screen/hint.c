#include "screen/hint.h"

#include <string.h>
#include "base/buf.h"
#include "base/i18n.h"
#include "base/mem.h"
#include "tui/input.h"

/* What a command begins with, and the action that does it. A longer one stands before one that it begins with. */
static const struct {
	const char *command;
	const struct rs_keymap *keys;
	const char *action;
} ways[] = {
	{"event show", &rs_trouble_keymap, "show-event"},
	{"reanchor", &rs_trouble_keymap, "begin-anew"},
	{"repair", &rs_compare_keymap, "repair-known"},
	{"reset", &rs_tasks_keymap, "reset-task"},
	{"resume", &rs_live_keymap, "resume-task"},
	{"run", &rs_tasks_keymap, "resume-task"},
	{"status --json", &rs_compare_keymap, "known-differences"},
	{"status", &rs_tasks_keymap, "open-task"},
	{"stop", &rs_live_keymap, "stop-task"},
	{"table resync", &rs_tables_keymap, "resync-tables"},
	{"verify", &rs_live_keymap, "compare"},
};

static const struct rs_action *action_of(const struct rs_keymap *keys, const char *name)
{
	for (size_t i = 0; i < keys->count; i++)
		if (strcmp(keys->actions[i].name, name) == 0)
			return &keys->actions[i];
	rs_bug("there is no action %s", name);
}

const char *rs_hint_key(const struct rs_keymap *keys, const char *action, char buf[RS_KEY_NAME_SIZE])
{
	return rs_key_name(rs_action_key(action_of(keys, action), false), buf, RS_KEY_NAME_SIZE);
}

static void put_key(struct rs_buf *out, const struct rs_keymap *keys, const char *name, const struct rs_keymap *here)
{
	char key[RS_KEY_NAME_SIZE];

	(void)rs_hint_key(keys, name, key);
	if (keys == here)
		/* TRANSLATORS: in a sentence, in place of a command: "key e shows the event" */
		(void)rs_buf_addf(out, _("key %s"), key);
	else
		/* TRANSLATORS: the same on another screen: "key e under Trouble" */
		(void)rs_buf_addf(out, _("key %s under %s"), key, _(keys->title));
}

/* Whether a command has a key; it is put then. */
static bool put_command(struct rs_buf *out, const char *command, size_t len, const struct rs_keymap *here)
{
	for (size_t i = 0; i < RS_COUNT(ways); i++) {
		size_t n = strlen(ways[i].command);

		if (len < n || strncmp(command, ways[i].command, n) != 0 || (len > n && command[n] != ' '))
			continue;
		put_key(out, ways[i].keys, ways[i].action, here);
		return true;
	}
	return false;
}

/* Quotes as translations have them. */
static const struct {
	const char *open, *close;
} quotes[] = {{"\"rds-sync ", "\""}, {"“rds-sync ", "”"}};

/* The first command in the text; its words are *command, and it ends, with its quotes, at *end. NULL: there is none. */
static const char *next_command(const char *text, const char **command, size_t *len, const char **end)
{
	const char *first = NULL;

	for (size_t i = 0; i < RS_COUNT(quotes); i++) {
		const char *at = strstr(text, quotes[i].open), *words = at ? at + strlen(quotes[i].open) : NULL;
		const char *close = words ? strstr(words, quotes[i].close) : NULL;

		if (!close || (first && at > first))
			continue;
		first = at;
		*command = words;
		*len = (size_t)(close - words);
		*end = close + strlen(quotes[i].close);
	}
	return first;
}

char *rs_hint_text(const char *hint, const struct rs_keymap *here)
{
	struct rs_buf out = RS_BUF_INIT;
	const char *at, *command, *end;
	size_t len;

	while ((at = next_command(hint, &command, &len, &end)) != NULL) {
		(void)rs_buf_add(&out, hint, (size_t)(at - hint));
		if (!put_command(&out, command, len, here))
			(void)rs_buf_add(&out, at, (size_t)(end - at));
		hint = end;
	}
	(void)rs_buf_adds(&out, hint);
	return rs_buf_take(&out);
}

void rs_hint_translate(struct rs_err *err, const struct rs_keymap *here)
{
	char *text = err->hint ? rs_hint_text(err->hint, here) : NULL;

	if (text)
		(void)rs_err_hint(err, "%s", text);
	free(text);
}
