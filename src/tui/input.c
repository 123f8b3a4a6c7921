#include "tui/input.h"
#include <stdio.h>
#include <strings.h>
#include "base/utf8.h"

static const struct {
	uint32_t key;
	const char *name;
} names[] = {
	{RS_KEY_TAB, "Tab"}, {RS_KEY_ENTER, "Enter"}, {RS_KEY_ESC, "Esc"}, {RS_KEY_SPACE, "Space"},
	{RS_KEY_UP, "Up"}, {RS_KEY_DOWN, "Down"}, {RS_KEY_LEFT, "Left"}, {RS_KEY_RIGHT, "Right"},
	{RS_KEY_HOME, "Home"}, {RS_KEY_END, "End"}, {RS_KEY_PGUP, "PgUp"}, {RS_KEY_PGDN, "PgDn"},
	{RS_KEY_INSERT, "Insert"}, {RS_KEY_DELETE, "Delete"}, {RS_KEY_BACKSPACE, "Backspace"},
	{RS_KEY_BACKTAB, "Shift-Tab"}, {RS_KEY_CTRL_LEFT, "Ctrl-Left"}, {RS_KEY_CTRL_RIGHT, "Ctrl-Right"},
};

bool rs_key_is_text(uint32_t key)
{
	return key >= 0x20 && key != 0x7f && !(key >= 0x80 && key < 0xa0) && key < RS_KEY_SPECIAL;
}

bool rs_key_edits(uint32_t key)
{
	switch (key) {
	case RS_KEY_LEFT: case RS_KEY_RIGHT: case RS_KEY_HOME: case RS_KEY_END:
	case RS_KEY_CTRL_LEFT: case RS_KEY_CTRL_RIGHT: case RS_KEY_BACKSPACE: case RS_KEY_DELETE:
	case RS_CTRL('a'): case RS_CTRL('b'): case RS_CTRL('d'): case RS_CTRL('e'): case RS_CTRL('f'):
	case RS_CTRL('h'): case RS_CTRL('k'): case RS_CTRL('u'): case RS_CTRL('w'): case RS_CTRL('_'):
		return true;
	default: return rs_key_is_text(key);
	}
}

uint32_t rs_key_function(uint32_t key)
{
	if (key == (RS_KEY_ALT | '0'))
		return RS_KEY_F10;
	return key >= (RS_KEY_ALT | '1') && key <= (RS_KEY_ALT | '9') ? RS_KEY_F1 + (key - (RS_KEY_ALT | '1')) : RS_KEY_NONE;
}

static const char *special_name(uint32_t key)
{
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (names[i].key == key)
			return names[i].name;
	return NULL;
}

static void text_name(uint32_t cp, char *buf, size_t size)
{
	char bytes[5] = "";

	bytes[rs_utf8_encode(cp, bytes)] = '\0';
	snprintf(buf, size, "%s", bytes);
}

char *rs_key_name(uint32_t key, char *buf, size_t size)
{
	const char *name = special_name(key);

	if (key & RS_KEY_ALT) {
		char rest[RS_KEY_NAME_SIZE];

		snprintf(buf, size, "Alt-%s", rs_key_name(key & ~(uint32_t)RS_KEY_ALT, rest, sizeof rest));
	} else if (name) {
		snprintf(buf, size, "%s", name);
	} else if (key >= RS_KEY_F1 && key <= RS_KEY_F12) {
		snprintf(buf, size, "F%u", (unsigned)(key - RS_KEY_F1 + 1));
	} else if (key > 0 && key < 0x20) {
		snprintf(buf, size, "^%c", (char)(key + 0x40));
	} else if (rs_key_is_text(key)) {
		text_name(key, buf, size);
	} else {
		snprintf(buf, size, "?%x", (unsigned)key);
	}
	return buf;
}

/* The code point that the whole name is, or NONE. */
static uint32_t single(const char *name, size_t len)
{
	uint32_t cp;

	return len && rs_utf8_decode(name, len, &cp) == len && rs_key_is_text(cp) ? cp : RS_KEY_NONE;
}

static uint32_t control(const char *rest, size_t len)
{
	return len == 1 && rest[0] >= '@' && rest[0] <= 'z' ? RS_CTRL(rest[0]) : RS_KEY_NONE;
}

static bool has_prefix(const char *name, size_t len, const char *prefix)
{
	size_t n = strlen(prefix);

	return len > n && strncasecmp(name, prefix, n) == 0;
}

static uint32_t function_key(const char *name, size_t len)
{
	uint32_t n = 0;

	if (len < 2 || len > 3 || (name[0] != 'F' && name[0] != 'f'))
		return RS_KEY_NONE;
	for (size_t i = 1; i < len; i++) {
		if (name[i] < '0' || name[i] > '9')
			return RS_KEY_NONE;
		n = n * 10 + (uint32_t)(name[i] - '0');
	}
	return n >= 1 && n <= 12 ? RS_KEY_F1 + n - 1 : RS_KEY_NONE;
}

uint32_t rs_key_parse(const char *name, size_t len)
{
	uint32_t key = single(name, len);

	if (key || !len)
		return key;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (strlen(names[i].name) == len && strncasecmp(names[i].name, name, len) == 0)
			return names[i].key;
	if ((key = function_key(name, len)))
		return key;
	if (len == 2 && name[0] == '^')
		return control(name + 1, 1);
	if (has_prefix(name, len, "C-"))
		return control(name + 2, len - 2);
	if (has_prefix(name, len, "Ctrl-"))
		return control(name + 5, len - 5);
	if (has_prefix(name, len, "Alt-")) {
		key = rs_key_parse(name + 4, len - 4);
		return key && !(key & RS_KEY_ALT) ? key | RS_KEY_ALT : RS_KEY_NONE;
	}
	return RS_KEY_NONE;
}
