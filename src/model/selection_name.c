#include "model/selection_name.h"

#include <locale.h>
#include <pthread.h>
#include <wctype.h>
#include "base/i18n.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "model/selection.h"

static pthread_once_t lower_once = PTHREAD_ONCE_INIT;
static locale_t lower_locale;

static void make_lower_locale(void)
{
	lower_locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
}

/* The user's locale must not decide what is the same name. */
static uint32_t lower(uint32_t cp)
{
	if (cp < 0x80)
		return cp >= 'A' && cp <= 'Z' ? cp - 'A' + 'a' : cp;
	pthread_once(&lower_once, make_lower_locale);
	return lower_locale ? (uint32_t)towlower_l((wint_t)cp, lower_locale) : cp;
}

size_t rs_name_key(const char *name, bool fold, char key[RS_NAME_KEY_MAX])
{
	size_t len = strlen(name), n = 0;

	if (!fold) {
		n = len < RS_NAME_KEY_MAX ? len : RS_NAME_KEY_MAX;
		memcpy(key, name, n);
		return n;
	}
	for (size_t i = 0; i < len && n + 4 <= RS_NAME_KEY_MAX;) {
		uint32_t cp;
		size_t used = rs_utf8_decode(name + i, len - i, &cp);

		if (used)
			n += rs_utf8_encode(lower(cp), key + n);
		else
			key[n++] = name[i];
		i += used ? used : 1;
	}
	return n;
}

static uint32_t upper(uint32_t cp)
{
	if (cp < 0x80)
		return cp >= 'a' && cp <= 'z' ? cp - 'a' + 'A' : cp;
	pthread_once(&lower_once, make_lower_locale);
	return lower_locale ? (uint32_t)towupper_l((wint_t)cp, lower_locale) : cp;
}

char *rs_name_folded(const char *name, bool to_upper)
{
	size_t len = strlen(name), n = 0;
	char *out = rs_xmalloc(4 * len + 1);

	for (size_t i = 0; i < len;) {
		uint32_t cp;
		size_t used = rs_utf8_decode(name + i, len - i, &cp);

		if (used)
			n += rs_utf8_encode(to_upper ? upper(cp) : lower(cp), out + n);
		else
			out[n++] = name[i];
		i += used ? used : 1;
	}
	out[n] = '\0';
	return out;
}

bool rs_name_same(const char *a, const char *b, bool fold)
{
	char ka[RS_NAME_KEY_MAX], kb[RS_NAME_KEY_MAX];
	size_t na, nb;

	if (!fold)
		return strcmp(a, b) == 0;
	na = rs_name_key(a, true, ka);
	nb = rs_name_key(b, true, kb);
	return na == nb && memcmp(ka, kb, na) == 0;
}

enum rs_rc rs_name_check(const char *name, struct rs_err *err)
{
	size_t len = strlen(name), chars = 0;

	if (len == 0)
		return rs_err_set(err, RS_E_TASK_INVALID, _("a name is empty"));
	if (name[len - 1] == ' ')
		return rs_err_set(err, RS_E_TASK_INVALID, _("the name \"%s\" ends in a blank"), name);
	for (size_t i = 0; i < len; chars++) {
		uint32_t cp = 0;
		size_t used = (unsigned char)name[i] < 0x80 ? 1 : rs_utf8_decode(name + i, len - i, &cp);

		if (!used || cp > 0xffff)
			return rs_err_set(err, RS_E_TASK_INVALID,
			                  _("the name \"%s\" has a character that names can't have"), name);
		i += used;
	}
	if (chars > RS_NAME_CHARS)
		return rs_err_set(err, RS_E_TASK_INVALID, _("the name \"%s\" is longer than 64 characters"), name);
	return RS_OK;
}

static bool is_plain(char c)
{
	unsigned char u = (unsigned char)c;

	return (unsigned)(u | 0x20) - 'a' < 26 || (unsigned)u - '0' < 10 || u == '_' || u == '$' || u >= 0x80;
}

/* How many bytes from p on are a name without backquotes: a '-' only between others, so that "a->b" is an arrow. */
static size_t plain_length(const char *p)
{
	size_t n = 0;

	while (is_plain(p[n]) || (n > 0 && p[n] == '-' && (is_plain(p[n + 1]) || p[n + 1] == '-')))
		n++;
	while (n > 0 && p[n - 1] == '-')
		n--;
	return n;
}

void rs_selection_put_name(struct rs_buf *out, const char *name)
{
	size_t len = plain_length(name);

	if (len > 0 && !name[len] && rs_utf8_valid(name, len)) {
		rs_buf_add(out, name, len);
		return;
	}
	rs_buf_addc(out, '`');
	for (; *name; name++) {
		if (*name == '`')
			rs_buf_addc(out, '`');
		rs_buf_addc(out, *name);
	}
	rs_buf_addc(out, '`');
}

void rs_name_put(struct rs_buf *out, const char *db, const char *table, const char *column)
{
	rs_selection_put_name(out, db);
	if (table) {
		rs_buf_addc(out, '.');
		rs_selection_put_name(out, table);
	}
	if (column) {
		rs_buf_addc(out, '.');
		rs_selection_put_name(out, column);
	}
}

/* Reads what stands after an opening backquote; *end is after the closing one. NULL: there is none. */
static char *quoted_name(const char *p, const char **end)
{
	struct rs_buf name = RS_BUF_INIT;

	for (; *p; p++) {
		if (*p == '`' && p[1] != '`') {
			*end = p + 1;
			return rs_buf_take(&name);
		}
		rs_buf_addc(&name, *p);
		p += *p == '`';
	}
	rs_buf_release(&name);
	return NULL;
}

static char *one_name(const char *p, const char **end, struct rs_err *err)
{
	size_t len;
	char *name;

	if (*p == '`') {
		name = quoted_name(p + 1, end);
		if (!name)
			rs_err_set(err, RS_E_TASK_INVALID, _("a backquote is not closed"));
		return name;
	}
	len = plain_length(p);
	if (len == 0) {
		rs_err_set(err, RS_E_TASK_INVALID, _("a name is expected at \"%.20s\""), p);
		rs_err_hint(err, _("Names with other characters than letters, digits, _ and $ stand in `backquotes`"));
		return NULL;
	}
	*end = p + len;
	return rs_xstrndup(p, len);
}

static size_t give_up(char **names, size_t n)
{
	while (n > 0)
		free(names[--n]);
	return 0;
}

size_t rs_selection_get_names(const char *text, char **names, size_t max, const char **end, struct rs_err *err)
{
	size_t n = 0;
	const char *p = text;

	for (;;) {
		if (n == max) {
			rs_err_set(err, RS_E_TASK_INVALID, _("a name has too many parts at \"%.20s\""), text);
			return give_up(names, n);
		}
		names[n] = one_name(p, &p, err);
		if (!names[n])
			return give_up(names, n);
		n++;
		if (rs_name_check(names[n - 1], err) != RS_OK)
			return give_up(names, n);
		if (*p != '.')
			break;
		p++;
	}
	*end = p;
	return n;
}

char *rs_selection_lines(const char *list)
{
	char *lines = rs_xstrdup(list);
	bool quoted = false;

	for (char *c = lines; *c != '\0'; c++) {
		quoted ^= *c == '`';
		if (*c == ',' && !quoted)
			*c = '\n';
	}
	return lines;
}
