/* What the user and the system tell the screens: one struct for keys, pasted text, resizes and the rest. A key is one
 * number: a Unicode code point for what types a character, the C0 codes for Enter (13), Tab (9), Esc (27) and Ctrl
 * with a letter (RS_CTRL('n')), and RS_KEY_ values for the rest. Key names, as in the key bar, the man page and test
 * scripts, are translated both ways here. Pure; no curses. */
#ifndef RS_INPUT_H
#define RS_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum rs_event_type {
	RS_EV_KEY,
	RS_EV_PASTE,     /* bracketed paste: text, len */
	RS_EV_RESIZE,    /* the terminal has a new size; the canvas already has it */
	RS_EV_WAKE,      /* another thread called rs_loop_wake() */
	RS_EV_TICK,      /* the screen's period has passed */
	RS_EV_HANGUP,    /* the terminal is gone; nothing may be drawn any more */
	RS_EV_TERMINATE, /* SIGTERM or SIGINT from outside */
	RS_EV_CONTINUE   /* continued after a stop; everything is drawn again */
};

#define RS_CTRL(letter) ((uint32_t)(letter) & 0x1fu)

enum rs_keysym {
	RS_KEY_NONE = 0,
	RS_KEY_TAB = 9,
	RS_KEY_ENTER = 13,
	RS_KEY_ESC = 27,
	RS_KEY_SPACE = 32,
	RS_KEY_SPECIAL = 0x110000, /* beyond Unicode */
	RS_KEY_UP, RS_KEY_DOWN, RS_KEY_LEFT, RS_KEY_RIGHT,
	RS_KEY_HOME, RS_KEY_END, RS_KEY_PGUP, RS_KEY_PGDN,
	RS_KEY_INSERT, RS_KEY_DELETE, RS_KEY_BACKSPACE, RS_KEY_BACKTAB,
	RS_KEY_CTRL_LEFT, RS_KEY_CTRL_RIGHT, /* comforts only: never the one way to something */
	RS_KEY_F1, RS_KEY_F2, RS_KEY_F3, RS_KEY_F4, RS_KEY_F5, RS_KEY_F6,
	RS_KEY_F7, RS_KEY_F8, RS_KEY_F9, RS_KEY_F10, RS_KEY_F11, RS_KEY_F12,
	RS_KEY_END_OF_KEYS,
	RS_KEY_ALT = 0x200000 /* flag: Alt (or Esc at once before) with a code point */
};

struct rs_event {
	enum rs_event_type type;
	uint32_t key;     /* RS_EV_KEY */
	const char *text; /* RS_EV_PASTE: borrowed, valid UTF-8 without NUL, lines ended by \n */
	size_t len;
};

static inline struct rs_event rs_event_key(uint32_t key)
{
	return (struct rs_event){RS_EV_KEY, key, NULL, 0};
}
static inline bool rs_event_is(const struct rs_event *ev, uint32_t key)
{
	return ev->type == RS_EV_KEY && ev->key == key;
}
/* A key that types a character (Space included). */
bool rs_key_is_text(uint32_t key);
/* A key that a text field keeps for itself: one that types, edits or moves in the line. */
bool rs_key_edits(uint32_t key);

/* The function key that Alt and a digit stand for, where a terminal keeps those for itself; RS_KEY_NONE for any other key. */
uint32_t rs_key_function(uint32_t key);

/* "Enter", "^N", "F5", "Alt-x", "PgUp", "/", "é" into buf, which it returns. */
char *rs_key_name(uint32_t key, char *buf, size_t size);
#define RS_KEY_NAME_SIZE 24
/* The key of a name as rs_key_name writes it, also "C-n" and "Ctrl-N" and any single character, names in any case;
 * RS_KEY_NONE for one that is unknown. */
uint32_t rs_key_parse(const char *name, size_t len);

#endif
