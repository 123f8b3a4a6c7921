#include "tui/termkey.h"
#define NCURSES_NOMACROS
#include <curses.h>
#include "tui/input.h"

/* Codes of our own for sequences, far above those that curses makes up for extended capabilities. */
#define OWN_BASE 0x3000
#define OWN(key) (OWN_BASE + (int)((key) - RS_KEY_SPECIAL))

static const struct {
	const char *sequence;
	uint32_t key;
} sequences[] = {
	{"\033[A", RS_KEY_UP}, {"\033[B", RS_KEY_DOWN}, {"\033[C", RS_KEY_RIGHT}, {"\033[D", RS_KEY_LEFT},
	{"\033OA", RS_KEY_UP}, {"\033OB", RS_KEY_DOWN}, {"\033OC", RS_KEY_RIGHT}, {"\033OD", RS_KEY_LEFT},
	{"\033[H", RS_KEY_HOME}, {"\033[F", RS_KEY_END}, {"\033OH", RS_KEY_HOME}, {"\033OF", RS_KEY_END},
	{"\033[1~", RS_KEY_HOME}, {"\033[4~", RS_KEY_END}, {"\033[7~", RS_KEY_HOME}, {"\033[8~", RS_KEY_END},
	{"\033[2~", RS_KEY_INSERT}, {"\033[3~", RS_KEY_DELETE}, {"\033[5~", RS_KEY_PGUP},
	{"\033[6~", RS_KEY_PGDN}, {"\033[Z", RS_KEY_BACKTAB},
	{"\033[1;5D", RS_KEY_CTRL_LEFT}, {"\033[1;5C", RS_KEY_CTRL_RIGHT}, {"\033[5D", RS_KEY_CTRL_LEFT},
	{"\033[5C", RS_KEY_CTRL_RIGHT}, {"\033Od", RS_KEY_CTRL_LEFT}, {"\033Oc", RS_KEY_CTRL_RIGHT},
	{"\033OP", RS_KEY_F1}, {"\033OQ", RS_KEY_F2}, {"\033OR", RS_KEY_F3}, {"\033OS", RS_KEY_F4},
	{"\033[11~", RS_KEY_F1}, {"\033[12~", RS_KEY_F2}, {"\033[13~", RS_KEY_F3}, {"\033[14~", RS_KEY_F4},
	{"\033[[A", RS_KEY_F1}, {"\033[[B", RS_KEY_F2}, {"\033[[C", RS_KEY_F3}, {"\033[[D", RS_KEY_F4},
	{"\033[[E", RS_KEY_F5}, {"\033[15~", RS_KEY_F5}, {"\033[17~", RS_KEY_F6}, {"\033[18~", RS_KEY_F7},
	{"\033[19~", RS_KEY_F8}, {"\033[20~", RS_KEY_F9}, {"\033[21~", RS_KEY_F10}, {"\033[23~", RS_KEY_F11},
	{"\033[24~", RS_KEY_F12},
};

static const struct {
	int code;
	uint32_t key;
} known[] = {
	{KEY_UP, RS_KEY_UP}, {KEY_DOWN, RS_KEY_DOWN}, {KEY_LEFT, RS_KEY_LEFT}, {KEY_RIGHT, RS_KEY_RIGHT},
	{KEY_HOME, RS_KEY_HOME}, {KEY_END, RS_KEY_END}, {KEY_FIND, RS_KEY_HOME}, {KEY_SELECT, RS_KEY_END},
	{KEY_A1, RS_KEY_HOME}, {KEY_C1, RS_KEY_END}, {KEY_A3, RS_KEY_PGUP}, {KEY_C3, RS_KEY_PGDN},
	{KEY_PPAGE, RS_KEY_PGUP}, {KEY_NPAGE, RS_KEY_PGDN}, {KEY_IC, RS_KEY_INSERT}, {KEY_DC, RS_KEY_DELETE},
	{KEY_BACKSPACE, RS_KEY_BACKSPACE}, {KEY_BTAB, RS_KEY_BACKTAB}, {KEY_ENTER, RS_KEY_ENTER},
	{KEY_SLEFT, RS_KEY_CTRL_LEFT}, {KEY_SRIGHT, RS_KEY_CTRL_RIGHT},
	{127, RS_KEY_BACKSPACE}, {8, RS_KEY_BACKSPACE}, {10, RS_KEY_ENTER},
};

static bool is_known(int code)
{
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (known[i].code == code)
			return true;
	return false;
}

/* A control character is what it is, whatever key a description makes of it: "suspend" is Ctrl-Z at the Linux console. */
static void keep_control_characters(void)
{
	for (char c = 1; c < 0x20; c++) {
		const char sequence[] = {c, '\0'};
		int now = key_defined(sequence);

		if (now > 0 && !is_known(now))
			(void)define_key(sequence, 0);
	}
}

void rs_termkey_define(void)
{
	keep_control_characters();
	for (size_t i = 0; i < sizeof sequences / sizeof *sequences; i++) {
		int now = key_defined(sequences[i].sequence);

		if (now == 0 || now > KEY_MAX)
			(void)define_key(sequences[i].sequence, OWN(sequences[i].key));
	}
	(void)define_key("\033[200~", RS_TERMKEY_PASTE);
}

uint32_t rs_termkey_translate(int code)
{
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (known[i].code == code)
			return known[i].key;
	if (code > OWN_BASE && code < OWN(RS_KEY_END_OF_KEYS))
		return RS_KEY_SPECIAL + (uint32_t)(code - OWN_BASE);
	if (code >= KEY_F(1) && code <= KEY_F(12))
		return RS_KEY_F1 + (uint32_t)(code - KEY_F(1));
	return code > 0 && code < 0x20 ? (uint32_t)code : RS_KEY_NONE;
}
