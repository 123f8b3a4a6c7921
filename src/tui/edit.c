#include "tui/edit.h"
#include <sys/mman.h>
#include "base/mem.h"
#include "base/utf8.h"

#define UNDO_MAX 100

/* --- memory ---------------------------------------------------------------- */

static void text_free(struct rs_edit *e)
{
	if (e->secret && e->text) {
		explicit_bzero(e->text, e->size);
		(void)munlock(e->text, e->size);
	}
	free(e->text);
	e->text = NULL;
}

/* Not realloc: a secret must not be left behind where it was. */
static void reserve(struct rs_edit *e, size_t need)
{
	size_t size = e->size ? e->size : 64;
	char *text;

	if (need < e->size)
		return;
	while (size <= need)
		size *= 2;
	text = rs_xcalloc(1, size);
	if (e->secret)
		(void)mlock(text, size);
	if (e->len)
		memcpy(text, e->text, e->len);
	text_free(e);
	e->text = text;
	e->size = size;
}

static void forget_undo(struct rs_edit *e)
{
	while (e->undo_count)
		free(e->undo[--e->undo_count].text);
	e->typing = false;
}

void rs_edit_init(struct rs_edit *e, size_t max, bool secret)
{
	*e = (struct rs_edit){.max = max, .secret = secret};
	reserve(e, 0);
}

void rs_edit_release(struct rs_edit *e)
{
	forget_undo(e);
	free(e->undo);
	text_free(e);
	*e = (struct rs_edit){0};
}

/* --- characters ------------------------------------------------------------ */

static size_t char_length(const struct rs_edit *e, size_t at, uint32_t *cp)
{
	size_t n = rs_utf8_decode(e->text + at, e->len - at, cp);

	return n ? n : 1;
}

static bool joins(uint32_t cp)
{
	return cp >= 0x300 && rs_utf8_cells(cp) == 0;
}

static size_t next_char(const struct rs_edit *e, size_t at)
{
	uint32_t cp;

	if (at >= e->len)
		return e->len;
	at += char_length(e, at, &cp);
	while (at < e->len) {
		size_t n = char_length(e, at, &cp);

		if (!joins(cp))
			break;
		at += n;
	}
	return at;
}

static size_t previous_char(const struct rs_edit *e, size_t at)
{
	uint32_t cp = 0;

	while (at > 0) {
		do
			at--;
		while (at > 0 && ((unsigned char)e->text[at] & 0xc0) == 0x80);
		(void)char_length(e, at, &cp);
		if (!joins(cp))
			break;
	}
	return at;
}

static size_t word_start(const struct rs_edit *e)
{
	size_t at = e->cursor;

	while (at > 0 && e->text[at - 1] == ' ')
		at--;
	while (at > 0 && e->text[at - 1] != ' ')
		at--;
	return at;
}

static size_t word_end(const struct rs_edit *e)
{
	size_t at = e->cursor;

	while (at < e->len && e->text[at] == ' ')
		at++;
	while (at < e->len && e->text[at] != ' ')
		at++;
	return at;
}

/* --- changes --------------------------------------------------------------- */

static void remember(struct rs_edit *e)
{
	if (e->secret)
		return;
	if (e->undo_count == UNDO_MAX) {
		free(e->undo[0].text);
		memmove(e->undo, e->undo + 1, --e->undo_count * sizeof *e->undo);
	}
	RS_GROW(e->undo, e->undo_count, e->undo_cap);
	e->undo[e->undo_count++] = (struct rs_edit_undo){rs_xstrndup(e->text, e->len), e->cursor};
}

static void put(struct rs_edit *e, const char *text, size_t len)
{
	reserve(e, e->len + len);
	memmove(e->text + e->cursor + len, e->text + e->cursor, e->len - e->cursor);
	memcpy(e->text + e->cursor, text, len);
	e->len += len;
	e->cursor += len;
	e->text[e->len] = '\0';
}

static enum rs_edit_result delete_range(struct rs_edit *e, size_t from, size_t to)
{
	if (from == to)
		return RS_EDIT_IGNORED;
	remember(e);
	e->typing = false;
	memmove(e->text + from, e->text + to, e->len - to);
	e->len -= to - from;
	if (e->secret)
		explicit_bzero(e->text + e->len, to - from);
	e->text[e->len] = '\0';
	e->cursor = from;
	return RS_EDIT_CHANGED;
}

void rs_edit_set(struct rs_edit *e, const char *text, size_t len)
{
	size_t n = 0;

	forget_undo(e);
	if (e->secret)
		explicit_bzero(e->text, e->size);
	e->len = e->cursor = 0;
	e->text[0] = '\0';
	while (n < len) {
		uint32_t cp;
		size_t step = rs_utf8_decode(text + n, len - n, &cp);

		if (!step || n + step > e->max)
			break;
		n += step;
	}
	put(e, text, n);
}

bool rs_edit_insert(struct rs_edit *e, const char *text, size_t len)
{
	if (!len || e->len + len > e->max)
		return false;
	remember(e);
	e->typing = false;
	put(e, text, len);
	return true;
}

static bool type_char(struct rs_edit *e, uint32_t cp)
{
	char bytes[4];
	size_t len = rs_utf8_encode(cp, bytes);

	if (!len || e->len + len > e->max)
		return false;
	if (!e->typing || cp == ' ')
		remember(e);
	e->typing = true;
	put(e, bytes, len);
	return true;
}

bool rs_edit_paste(struct rs_edit *e, const char *text, size_t len)
{
	char *clean = rs_xmalloc(len + 1);
	size_t n = 0;
	bool done;

	while (len && (text[len - 1] == '\n' || text[len - 1] == '\r'))
		len--;
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];

		if (c == '\n' || c == '\t')
			clean[n++] = ' ';
		else if (c >= 0x20 && c != 0x7f)
			clean[n++] = text[i];
	}
	done = rs_edit_insert(e, clean, n);
	explicit_bzero(clean, n);
	free(clean);
	return done;
}

bool rs_edit_undo(struct rs_edit *e)
{
	struct rs_edit_undo last;

	if (!e->undo_count)
		return false;
	last = e->undo[--e->undo_count];
	e->len = e->cursor = 0;
	put(e, last.text, strlen(last.text));
	e->cursor = last.cursor;
	e->typing = false;
	free(last.text);
	return true;
}

static enum rs_edit_result move_to(struct rs_edit *e, size_t at)
{
	e->typing = false;
	if (at == e->cursor)
		return RS_EDIT_IGNORED;
	e->cursor = at;
	return RS_EDIT_MOVED;
}

enum rs_edit_result rs_edit_key(struct rs_edit *e, uint32_t key)
{
	switch (key) {
	case RS_KEY_LEFT: case RS_CTRL('b'): return move_to(e, previous_char(e, e->cursor));
	case RS_KEY_RIGHT: case RS_CTRL('f'): return move_to(e, next_char(e, e->cursor));
	case RS_KEY_HOME: case RS_CTRL('a'): return move_to(e, 0);
	case RS_KEY_END: case RS_CTRL('e'): return move_to(e, e->len);
	case RS_KEY_CTRL_LEFT: return move_to(e, word_start(e));
	case RS_KEY_CTRL_RIGHT: return move_to(e, word_end(e));
	case RS_KEY_BACKSPACE: case RS_CTRL('h'): return delete_range(e, previous_char(e, e->cursor), e->cursor);
	case RS_KEY_DELETE: case RS_CTRL('d'): return delete_range(e, e->cursor, next_char(e, e->cursor));
	case RS_CTRL('u'): return delete_range(e, 0, e->cursor);
	case RS_CTRL('k'): return delete_range(e, e->cursor, e->len);
	case RS_CTRL('w'): return delete_range(e, word_start(e), e->cursor);
	case RS_CTRL('_'): return rs_edit_undo(e) ? RS_EDIT_CHANGED : RS_EDIT_IGNORED;
	default: return rs_key_is_text(key) && type_char(e, key) ? RS_EDIT_CHANGED : RS_EDIT_IGNORED;
	}
}
