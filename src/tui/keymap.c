#include "tui/keymap.h"
#include <string.h>
#include "base/i18n.h"
#include "base/mem.h"
#include "tui/input.h"

static const struct rs_action universal[] = {
	{RS_ACT_HELP, "help", {'?', RS_KEY_F1, RS_KEY_ALT | '?'}, N_("Help"),
	 N_("Show all keys that work here; type to filter."), 900},
	{RS_ACT_BACK, "back", {RS_KEY_ESC, RS_KEY_F10}, N_("Back"),
	 N_("Back to where you came from. Nothing is lost."), 890},
	{RS_ACT_REDRAW, "redraw", {RS_CTRL('l')}, N_("Redraw"), N_("Draw the whole screen again."), 0},
	{RS_ACT_SUSPEND, "suspend", {RS_CTRL('z')}, N_("Suspend"), N_("Stop the program and go to the shell."), 0},
	{RS_ACT_QUIT, "quit", {'q'}, N_("Quit"), N_("Leave the program."), 895},
	{RS_ACT_INTERRUPT, "interrupt", {RS_CTRL('c')}, N_("Quit"),
	 N_("Leave the program: asks once; twice within two seconds stops cleanly."), 0},
};
const struct rs_keymap rs_keymap_universal = {N_("Everywhere"), universal, RS_COUNT(universal)};

static const struct rs_action widgets[] = {
	{1, "next-field", {RS_KEY_TAB, RS_KEY_DOWN}, N_("Next field"), N_("To the next field or pane."), 0},
	{2, "previous-field", {RS_KEY_BACKTAB, RS_KEY_UP}, N_("Previous field"),
	 N_("To the field or pane before."), 0},
	{3, "up", {'k'}, N_("Up"), N_("In lists: up, as the arrow."), 0},
	{4, "down", {'j'}, N_("Down"), N_("In lists: down, as the arrow."), 0},
	{5, "page-up", {RS_KEY_PGUP, RS_CTRL('b')}, N_("Page up"), N_("In lists and text: a page up."), 0},
	{6, "page-down", {RS_KEY_PGDN, RS_CTRL('f')}, N_("Page down"), N_("In lists and text: a page down."), 0},
	{7, "first", {RS_KEY_HOME, 'g'}, N_("First"), N_("In lists: the first row."), 0},
	{8, "last", {RS_KEY_END, 'G'}, N_("Last"), N_("In lists: the last row."), 0},
	{9, "mark", {RS_KEY_SPACE}, N_("Mark"), N_("Marks a row or a box, opens a choice, presses a button."), 0},
	{10, "mark-down", {RS_KEY_INSERT}, N_("Mark, down"), N_("Marks the row and goes to the next."), 0},
	{11, "open-branch", {RS_KEY_RIGHT, 'l'}, N_("Expand"), N_("In trees: opens the branch."), 0},
	{12, "close-branch", {RS_KEY_LEFT, 'h'}, N_("Collapse"), N_("In trees: closes the branch, or goes to it."), 0},
	{13, "reveal", {RS_CTRL('t')}, N_("Show"), N_("In a password field: shows or hides what was typed."), 0},
	{14, "undo-text", {RS_CTRL('_')}, N_("Undo"), N_("In text: takes the last change back."), 0},
	{15, "clear-text", {RS_CTRL('u')}, N_("Clear"), N_("In text: deletes what is left of the cursor."), 0},
	{16, "delete-word", {RS_CTRL('w')}, N_("Delete word"), N_("In text: deletes the word left of the cursor."), 0},
	{17, "line-start", {RS_CTRL('a')}, N_("Start"), N_("In text: to the start, as Home."), 0},
	{18, "line-end", {RS_CTRL('e')}, N_("End"), N_("In text: to the end, as End."), 0},
	{19, "delete-rest", {RS_CTRL('k')}, N_("Delete rest"), N_("In text: deletes what is right of the cursor."), 0},
};
const struct rs_keymap rs_keymap_widgets = {N_("Lists, fields and text"), widgets, RS_COUNT(widgets)};

/* --- keys of the user's own ----------------------------------------------------- */

struct remapped {
	char *name;
	uint32_t keys[RS_ACTION_KEYS];
};
static struct remapped *remapped;
static size_t remapped_count, remapped_cap;

static struct remapped *find_remapped(const char *name)
{
	for (size_t i = 0; i < remapped_count; i++)
		if (strcmp(remapped[i].name, name) == 0)
			return &remapped[i];
	return NULL;
}

void rs_keymap_remap(const char *name, const uint32_t *keys, size_t n)
{
	struct remapped *r = find_remapped(name);

	if (!r) {
		RS_GROW(remapped, remapped_count, remapped_cap);
		r = &remapped[remapped_count++];
		r->name = rs_xstrdup(name);
	}
	memset(r->keys, 0, sizeof r->keys);
	memcpy(r->keys, keys, (n < RS_ACTION_KEYS ? n : RS_ACTION_KEYS) * sizeof *keys);
}

void rs_keymap_remap_none(void)
{
	for (size_t i = 0; i < remapped_count; i++)
		free(remapped[i].name);
	free(remapped);
	remapped = NULL;
	remapped_count = remapped_cap = 0;
}

const uint32_t *rs_action_keys(const struct rs_action *action)
{
	const struct remapped *r = remapped_count && action->name ? find_remapped(action->name) : NULL;

	return r ? r->keys : action->keys;
}

/* --- finding --------------------------------------------------------------------- */

static bool has_key(const struct rs_action *action, uint32_t key)
{
	const uint32_t *keys = rs_action_keys(action);

	for (int k = 0; k < RS_ACTION_KEYS; k++)
		if (keys[k] == key)
			return true;
	return false;
}

const struct rs_action *rs_keymap_find(const struct rs_keymap *map, uint32_t key)
{
	if (!map || key == RS_KEY_NONE)
		return NULL;
	for (size_t i = 0; i < map->count; i++)
		if (has_key(&map->actions[i], key))
			return &map->actions[i];
	return NULL;
}

const struct rs_action *rs_keymap_by_id(const struct rs_keymap *map, int id)
{
	for (size_t i = 0; map && i < map->count; i++)
		if (map->actions[i].id == id)
			return &map->actions[i];
	return NULL;
}

uint32_t rs_action_key(const struct rs_action *action, bool typing)
{
	const uint32_t *keys = rs_action_keys(action);

	for (int k = 0; k < RS_ACTION_KEYS && keys[k]; k++)
		if (!typing || !rs_key_edits(keys[k]))
			return keys[k];
	return RS_KEY_NONE;
}

void rs_action_key_names(const struct rs_action *action, struct rs_buf *out)
{
	const uint32_t *keys = rs_action_keys(action);
	char name[RS_KEY_NAME_SIZE];

	for (int k = 0; k < RS_ACTION_KEYS && keys[k]; k++)
		(void)rs_buf_addf(out, "%s%s", k ? ", " : "", rs_key_name(keys[k], name, sizeof name));
}

/* Roff takes a backslash, and at the start of a line a period or an apostrophe, for its own. */
static void add_roff_word(struct rs_buf *out, const char *text)
{
	for (const char *p = text; *p; p++) {
		if (*p == '\\')
			(void)rs_buf_adds(out, "\\e");
		else if (*p == '-')
			(void)rs_buf_adds(out, "\\-");
		else if (*p == '^')
			(void)rs_buf_adds(out, "\\(ha");
		else if ((*p == '.' || *p == '\'') && p == text)
			(void)rs_buf_addf(out, "\\&%c", *p);
		else
			(void)rs_buf_addc(out, *p);
	}
}

static void add_roff(struct rs_buf *out, const char *text)
{
	add_roff_word(out, text);
	(void)rs_buf_addc(out, '\n');
}

static void add_roff_action(const struct rs_action *action, struct rs_buf *out)
{
	struct rs_buf keys = RS_BUF_INIT;

	rs_action_key_names(action, &keys);
	(void)rs_buf_adds(out, ".TP\n.B ");
	add_roff(out, rs_buf_str(&keys));
	add_roff(out, action->help);
	(void)rs_buf_adds(out, ".RI ( ");
	add_roff_word(out, action->name);
	(void)rs_buf_adds(out, " )\n");
	rs_buf_release(&keys);
}

void rs_keymap_man(const struct rs_keymap *const *maps, size_t count, struct rs_buf *out)
{
	for (size_t m = 0; m < count; m++) {
		(void)rs_buf_adds(out, ".SS ");
		add_roff(out, maps[m]->title);
		for (size_t i = 0; i < maps[m]->count; i++)
			add_roff_action(&maps[m]->actions[i], out);
	}
}

/* --- check ----------------------------------------------------------------- */

/* Keys that every terminal and every multiplexer lets through. */
static bool safe_key(uint32_t key)
{
	if (key & RS_KEY_ALT || (key >= RS_KEY_F1 && key <= RS_KEY_F12))
		return false;
	return key != RS_KEY_CTRL_LEFT && key != RS_KEY_CTRL_RIGHT && key != RS_KEY_NONE;
}

static bool has_safe_key(const struct rs_action *action)
{
	const uint32_t *keys = rs_action_keys(action);

	for (int k = 0; k < RS_ACTION_KEYS; k++)
		if (safe_key(keys[k]))
			return true;
	return false;
}

static bool check_action(const struct rs_keymap *map, const struct rs_action *action, struct rs_buf *why)
{
	const uint32_t *keys = rs_action_keys(action);
	char name[RS_KEY_NAME_SIZE];

	if (!action->name || !action->label || !*action->label || !action->help || !*action->help) {
		(void)rs_buf_addf(why, "action %d lacks a text", action->id);
		return false;
	}
	if (!has_safe_key(action)) {
		(void)rs_buf_addf(why, "%s: no key that every terminal sends", action->name);
		return false;
	}
	for (int k = 0; k < RS_ACTION_KEYS && keys[k]; k++)
		if (rs_keymap_find(map, keys[k]) != action) {
			(void)rs_buf_addf(why, "%s: %s is taken", action->name, rs_key_name(keys[k], name, sizeof name));
			return false;
		}
	return true;
}

bool rs_keymap_check(const struct rs_keymap *map, struct rs_buf *why)
{
	for (size_t i = 0; i < map->count; i++)
		if (!check_action(map, &map->actions[i], why))
			return false;
	return true;
}
