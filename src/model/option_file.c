#include "model/option_file.h"

#include <errno.h>
#include <sys/stat.h>
#include "base/file.h"
#include "base/i18n.h"
#include "base/mem.h"
#include "base/size.h"
#include "base/words.h"

enum { FILE_MAX = 1024 * 1024 };

static char *skip_blanks(char *p)
{
	while (*p == ' ' || *p == '\t')
		p++;
	return p;
}

static void trim_end(char *start)
{
	char *end = start + strlen(start);

	while (end > start && strchr(" \t\r", end[-1]))
		*--end = '\0';
}

/* The text up to the closing quote, or up to a comment and without blanks at the end. */
static char *cut_value(char *p)
{
	char quote = *p == '"' || *p == '\'' ? *p : '\0';
	char *end = p;

	if (!quote) {
		end = strchr(p, '#');
		if (end)
			*end = '\0';
		trim_end(p);
		return p;
	}
	for (end = p + 1; *end && *end != quote; end++)
		end += *end == '\\' && end[1] != '\0';
	*end = '\0';
	return p + 1;
}

/* Replaces the escapes in place: \b \t \n \r \\ \s, and whatever else stands behind a backslash as it is. */
static void unescape(char *p)
{
	static const char names[] = "btnrs\\\"'", values[] = "\b\t\n\r \\\"'";
	char *out = p;

	for (; *p; p++) {
		const char *name = *p == '\\' && p[1] ? strchr(names, p[1]) : NULL;

		*out++ = name ? values[name - names] : *p;
		p += name != NULL;
	}
	*out = '\0';
}

static void set_text(char **where, const char *value)
{
	free(*where);
	*where = rs_xstrdup(value);
}

static void take(struct rs_option_file *o, const char *key, const char *value)
{
	const struct {
		const char *names;
		char **where;
	} texts[] = {{"user", &o->user},     {"host", &o->host},      {"socket", &o->socket},
	             {"ssl-ca", &o->ca},     {"ssl-cert", &o->cert},  {"ssl-key", &o->key}};
	uint64_t number;

	if (strcmp(key, "password") == 0)
		rs_secret_set(&o->password, value, strlen(value));
	else if (strcmp(key, "port") == 0 && rs_number_parse(value, &number) && number > 0 && number < 65536)
		o->port = (unsigned)number;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		if (strcmp(key, texts[i].names) == 0)
			set_text(texts[i].where, value);
}

/* key, or key = value; '_' and '-' are the same in keys. */
static void read_option(struct rs_option_file *o, char *line)
{
	char *equals = strchr(line, '='), *value;

	if (!equals)
		return;
	*equals = '\0';
	trim_end(line);
	for (char *p = line; *p; p++)
		if (*p == '_')
			*p = '-';
	value = cut_value(skip_blanks(equals + 1));
	unescape(value);
	take(o, line, value);
}

static bool is_ours(char *line)
{
	char *end = strchr(line, ']');
	size_t len = end ? (size_t)(end - line - 1) : 0;

	return rs_words_has("client client-mariadb", line + 1, len);
}

static void read_text(struct rs_option_file *o, char *text)
{
	bool ours = false;
	char *next;

	for (char *line = text; line; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		line = skip_blanks(line);
		trim_end(line);
		if (*line == '[')
			ours = is_ours(line);
		else if (ours && *line && !strchr("#;!", *line))
			read_option(o, line);
	}
}

static enum rs_rc check_mode(const struct rs_option_file *o, const char *path, struct rs_err *err)
{
	struct stat st;

	if (stat(path, &st) != 0)
		return rs_err_sys(err, RS_E_SECRET, errno, _("can't read the option file %s"), path);
	if (st.st_mode & S_IWOTH)
		rs_err_set(err, RS_E_SECRET, _("everybody can change the option file %s"), path);
	else if (rs_secret_is_set(&o->password) && (st.st_mode & (S_IRWXG | S_IRWXO)))
		rs_err_set(err, RS_E_SECRET, _("others can read the password in %s"), path);
	else
		return RS_OK;
	return rs_err_hint(err, "chmod 600 %s", path);
}

enum rs_rc rs_option_file_read(struct rs_option_file *o, const char *path, struct rs_err *err)
{
	struct rs_buf text;
	struct rs_err inner = RS_ERR_INIT;
	enum rs_rc rc;

	*o = (struct rs_option_file)RS_OPTION_FILE_INIT;
	rs_buf_init(&text, 2 * FILE_MAX);
	rc = rs_file_read(path, FILE_MAX, &text, &inner);
	if (rc != RS_OK) {
		rs_err_set(err, RS_E_SECRET, "%s", inner.primary);
		if (inner.detail)
			rs_err_detail(err, "%s", inner.detail);
	} else {
		if (text.data)
			read_text(o, text.data);
		rc = check_mode(o, path, err);
	}
	if (text.data)
		explicit_bzero(text.data, text.cap);
	rs_buf_release(&text);
	rs_err_clear(&inner);
	if (rc != RS_OK)
		rs_option_file_release(o);
	return rc;
}

void rs_option_file_release(struct rs_option_file *o)
{
	char *const texts[] = {o->user, o->host, o->socket, o->ca, o->cert, o->key};

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		free(texts[i]);
	rs_secret_clear(&o->password);
	*o = (struct rs_option_file)RS_OPTION_FILE_INIT;
}
