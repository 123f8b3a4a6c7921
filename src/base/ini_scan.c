#include "base/ini_scan.h"

#include "base/i18n.h"
#include "base/mem.h"
#include "base/utf8.h"

static enum rs_rc refuse(const struct rs_ini_place *at, struct rs_err *err, const char *what, const char *remedy)
{
	rs_err_set(err, RS_E_INI_SYNTAX, "%s:%d: %s", at->file, at->line, what);
	return rs_err_hint(err, "%s", remedy);
}

static void wipe_and_free(char *text)
{
	if (text)
		explicit_bzero(text, strlen(text));
	free(text);
}

void rs_ini_line_release(struct rs_ini_line *line)
{
	wipe_and_free(line->raw);
	wipe_and_free(line->value);
	free(line->name);
	free(line->comment);
	*line = (struct rs_ini_line){.kind = RS_INI_OTHER};
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static bool is_comment_mark(char c)
{
	return c == ';' || c == '#';
}

static const char *skip_blanks(const char *p)
{
	while (is_blank(*p))
		p++;
	return p;
}

/* A copy of [from, to) without the blanks around it. */
static char *trimmed(const char *from, const char *to)
{
	while (from < to && is_blank(*from))
		from++;
	while (to > from && is_blank(to[-1]))
		to--;
	return rs_xstrndup(from, (size_t)(to - from));
}

char *rs_ini_lower(const char *name)
{
	char *lower = rs_xstrdup(name);

	for (char *p = lower; *p; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p = (char)(*p - 'A' + 'a');
	return lower;
}

/* Control bytes and what is no UTF-8: neither belongs in a text file, and a NUL would hide the rest of its line. */
static bool is_text(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)s[i] == 0x7f || ((unsigned char)s[i] < 0x20 && s[i] != '\t'))
			return false;
	return rs_utf8_valid(s, n);
}

/* The whole rest of a line must be blank or a comment that a blank sets off. */
static bool take_comment(struct rs_ini_line *line, const char *rest)
{
	const char *mark = skip_blanks(rest);

	if (*mark == '\0')
		return true;
	if (mark == rest || !is_comment_mark(*mark))
		return false;
	line->comment = rs_xstrdup(mark);
	return true;
}

static enum rs_rc scan_section(struct rs_ini_line *line, const char *p, const struct rs_ini_place *at,
                               struct rs_err *err)
{
	const char *end = strchr(p, ']');
	char *name;

	if (!end)
		return refuse(at, err, _("the section's closing bracket is missing"), _("write [name]"));
	name = trimmed(p + 1, end);
	line->kind = RS_INI_SECTION;
	line->name = rs_ini_lower(name);
	free(name);
	if (!*line->name || strpbrk(line->name, ":["))
		return refuse(at, err, _("the section's name is empty or contains ':' or '['"), _("rename the section"));
	if (strlen(line->name) > RS_INI_NAME_MAX)
		return refuse(at, err, _("the section's name is too long"), _("rename the section"));
	if (!take_comment(line, end + 1))
		return refuse(at, err, _("text follows the section's name"),
		              _("put it on a line of its own, or set it off as a comment with ' ;'"));
	return RS_OK;
}

static bool name_ends_with(const char *name, const char *end)
{
	size_t n = strlen(name), m = strlen(end);

	return n >= m && strcmp(name + n - m, end) == 0;
}

/* Keys that hold a secret itself; password_env and the like only say where it is. */
static bool is_secret(const char *key)
{
	return name_ends_with(key, "password") || name_ends_with(key, "passphrase") || name_ends_with(key, "secret");
}

static enum rs_rc scan_quoted(struct rs_ini_line *line, const char *p, const struct rs_ini_place *at,
                              struct rs_err *err)
{
	const char *end = strchr(p + 1, *p);

	if (!end)
		return refuse(at, err, _("the closing quote is missing"),
		              _("end the value with the quote that it starts with"));
	line->value = rs_xstrndup(p + 1, (size_t)(end - p - 1));
	if (take_comment(line, end + 1))
		return RS_OK;
	if (end[-1] == '\\')
		return refuse(at, err, _("a quote inside a quoted value can't be written with a backslash"),
		              _("put a value that contains \" between ' and '"));
	return refuse(at, err, _("text follows the quoted value"),
	              _("put all of the value inside the quotes; a comment begins with a space and ';'"));
}

static enum rs_rc scan_plain(struct rs_ini_line *line, const char *p, const struct rs_ini_place *at,
                             struct rs_err *err)
{
	const char *end = p + strcspn(p, ";#");

	line->value = trimmed(p, end);
	if (!*end)
		return RS_OK;
	if (!is_blank(end[-1]))
		return refuse(at, err, _("the value contains ';' or '#' without quotes"),
		              _("put the value in double quotes, or set a comment off with a space"));
	line->comment = rs_xstrdup(end);
	return RS_OK;
}

static enum rs_rc check_key(const char *key, const struct rs_ini_place *at, struct rs_err *err)
{
	if (!*key)
		return refuse(at, err, _("the key is missing before '='"), _("write key = value"));
	if (strpbrk(key, ";#\"'[]"))
		return refuse(at, err, _("the key contains a quote, a bracket, ';' or '#'"),
		              _("write key = value; put names of objects into values"));
	if (strlen(key) > RS_INI_NAME_MAX)
		return refuse(at, err, _("the key is too long"), _("shorten the key"));
	return RS_OK;
}

static enum rs_rc scan_key(struct rs_ini_line *line, const char *p, const struct rs_ini_place *at,
                           struct rs_err *err)
{
	const char *equals = strchr(p, '=');
	const char *value;
	char *name;

	if (!equals)
		return refuse(at, err, _("neither a [section], nor key = value, nor a comment"),
		              _("write key = value, or begin the line with ';'"));
	name = trimmed(p, equals);
	line->kind = RS_INI_KEY;
	line->name = rs_ini_lower(name);
	free(name);
	if (check_key(line->name, at, err) != RS_OK)
		return RS_FAIL;
	value = skip_blanks(equals + 1);
	if ((*value == '"' || *value == '\'' ? scan_quoted(line, value, at, err)
	                                     : scan_plain(line, equals + 1, at, err)) != RS_OK)
		return RS_FAIL;
	if (line->comment && is_secret(line->name))
		return refuse(at, err, _("';' or '#' on a password's line"),
		              _("put the password in double quotes, and a comment on a line of its own"));
	return RS_OK;
}

static bool ends_with_backslash(const char *p)
{
	size_t n = strlen(p);

	while (n > 0 && is_blank(p[n - 1]))
		n--;
	return n > 0 && p[n - 1] == '\\';
}

enum rs_rc rs_ini_scan(struct rs_ini_line *line, const char *text, size_t len, const struct rs_ini_place *at,
                       struct rs_err *err)
{
	const char *p;

	*line = (struct rs_ini_line){.kind = RS_INI_OTHER, .number = at->line};
	if (!is_text(text, len))
		return refuse(at, err, _("not UTF-8 text"), _("save the file as UTF-8 without control characters"));
	if (len > RS_INI_LINE_MAX)
		return refuse(at, err, _("the line is longer than 1,000 bytes"),
		              _("split the value; long lists of objects belong into an objects_file"));
	line->raw = rs_xstrndup(text, len);
	p = skip_blanks(line->raw);
	if (*p == '\0' || is_comment_mark(*p))
		return RS_OK;
	if (*p == '[')
		return scan_section(line, p, at, err);
	if (ends_with_backslash(p))
		return refuse(at, err, _("a backslash at the end of the line would join the next line"),
		              _("put the value in double quotes; a value can't span lines"));
	return scan_key(line, p, at, err);
}

/* How a value must be written to be read back the same: 0 without quotes, a quote, or -1: it can't be written. */
static int choose_quote(const char *value)
{
	size_t n = strlen(value);
	bool has_double = strchr(value, '"') != NULL, has_single = strchr(value, '\'') != NULL;

	if (n == 0)
		return 0;
	if (!is_blank(value[0]) && !is_blank(value[n - 1]) && value[n - 1] != '\\' && value[0] != '"' &&
	    value[0] != '\'' && !strpbrk(value, ";#"))
		return 0;
	if (!has_double)
		return '"';
	return has_single ? -1 : '\'';
}

static enum rs_rc format_key(struct rs_buf *out, const struct rs_ini_line *line, const struct rs_ini_place *at,
                             struct rs_err *err)
{
	int quote = choose_quote(line->value);

	if (quote < 0 || !is_text(line->value, strlen(line->value))) {
		rs_err_set(err, RS_E_INI_SYNTAX, _("%s: the value of %s can't be written"), at->file, line->name);
		return rs_err_hint(err, _("leave out line breaks, control characters, and \" together with '"));
	}
	if (quote)
		rs_buf_addf(out, "%s = %c%s%c", line->name, quote, line->value, quote);
	else
		rs_buf_addf(out, "%s =%s%s", line->name, *line->value ? " " : "", line->value);
	return RS_OK;
}

enum rs_rc rs_ini_format(struct rs_buf *out, const struct rs_ini_line *line, const struct rs_ini_place *at,
                         struct rs_err *err)
{
	size_t start = out->len;

	if (line->raw)
		rs_buf_adds(out, line->raw);
	else if (line->kind == RS_INI_SECTION)
		rs_buf_addf(out, "[%s]", line->name);
	else if (line->kind == RS_INI_KEY && format_key(out, line, at, err) != RS_OK)
		return RS_FAIL;
	if (!line->raw && line->comment)
		rs_buf_addf(out, " %s", line->comment);
	if (out->len - start > RS_INI_LINE_MAX) {
		rs_err_set(err, RS_E_INI_SYNTAX, _("%s: the value of %s is too long"), at->file, line->name);
		return rs_err_hint(err, _("a line holds at most 1,000 bytes; long lists belong into an objects_file"));
	}
	rs_buf_addc(out, '\n');
	if (rs_buf_failed(out))
		return rs_err_set(err, RS_E_MEMORY, _("%s: the file would be too large"), at->file);
	return RS_OK;
}
