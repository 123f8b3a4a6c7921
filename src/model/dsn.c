#include "model/dsn.h"

#include <string.h>
#include <strings.h>
#include "base/mem.h"

/* A piece of the text. */
struct piece {
	const char *at;
	size_t len;
};

static bool starts(const struct piece *p, const char *word)
{
	return p->len >= strlen(word) && strncasecmp(p->at, word, strlen(word)) == 0;
}

static void skip(struct piece *p, size_t n)
{
	p->at += n;
	p->len -= n;
}

static struct piece trimmed(const char *text, size_t len)
{
	struct piece p = {text, len};

	while (p.len && strchr(" \t\r\n", *p.at))
		skip(&p, 1);
	while (p.len && strchr(" \t\r\n", p.at[p.len - 1]))
		p.len--;
	return p;
}

/* What stands before one of the marks; all of it where none does. Both are taken off. */
static struct piece take_until(struct piece *p, const char *marks)
{
	struct piece before = {p->at, 0};

	while (before.len < p->len && !strchr(marks, p->at[before.len]))
		before.len++;
	skip(p, before.len < p->len ? before.len + 1 : before.len);
	return before;
}

static int digit(char c)
{
	const char *digits = "0123456789abcdef", *at = c ? strchr(digits, c | (c >= 'A' && c <= 'F' ? 0x20 : 0)) : NULL;

	return at ? (int)(at - digits) : -1;
}

/* Without its percent signs; NULL where that is no text. */
static char *decoded(const struct piece *p)
{
	char *text = rs_xcalloc(1, p->len + 1);
	size_t n = 0;

	for (size_t i = 0; i < p->len; i++) {
		bool coded = p->at[i] == '%' && i + 2 < p->len && digit(p->at[i + 1]) >= 0 && digit(p->at[i + 2]) >= 0;

		text[n++] = coded ? (char)(digit(p->at[i + 1]) * 16 + digit(p->at[i + 2])) : p->at[i];
		i += coded ? 2 : 0;
	}
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f) {
			explicit_bzero(text, n);
			free(text);
			return NULL;
		}
	return text;
}

/* In place of what was there; an empty one says nothing. */
static void put(char **out, const struct piece *p)
{
	free(*out);
	*out = p->len ? decoded(p) : NULL;
}

static void put_password(struct rs_dsn *d, const struct piece *p)
{
	char *text = p->len ? decoded(p) : NULL;

	if (!text)
		return;
	rs_secret_set(&d->password, text, strlen(text));
	explicit_bzero(text, strlen(text));
	free(text);
}

/* --- its parts ------------------------------------------------------------------------------------ */

static bool take_scheme(struct piece *p, struct rs_dsn *d)
{
	static const struct {
		const char *word;
		enum rs_protocol protocol;
	} schemes[] = {{"mysql://", RS_PROTOCOL_MYSQL}, {"mariadb://", RS_PROTOCOL_MYSQL}, {"postgresql://", RS_PROTOCOL_POSTGRESQL},
	               {"postgres://", RS_PROTOCOL_POSTGRESQL}};

	if (starts(p, "jdbc:"))
		skip(p, strlen("jdbc:"));
	for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++)
		if (starts(p, schemes[i].word)) {
			skip(p, strlen(schemes[i].word));
			d->protocol = schemes[i].protocol;
			return true;
		}
	return false;
}

/* account:password@; an @ that is part of the password is the last but one. */
static void take_login(struct piece *where, struct rs_dsn *d)
{
	struct piece login = {where->at, 0}, account;

	for (size_t i = 0; i < where->len; i++)
		if (where->at[i] == '@')
			login.len = i;
	if (!login.len && !(where->len && *where->at == '@'))
		return;
	skip(where, login.len + 1);
	account = take_until(&login, ":");
	put(&d->account, &account);
	put_password(d, &login);
}

static void take_host(struct piece where, struct rs_dsn *d)
{
	struct piece first = take_until(&where, ","), host;
	unsigned port = 0;

	if (first.len && *first.at == '[') { /* of IPv6 */
		skip(&first, 1);
		host = take_until(&first, "]");
		if (first.len && *first.at == ':')
			skip(&first, 1);
	} else {
		host = take_until(&first, ":");
	}
	put(&d->host, &host);
	for (size_t i = 0; i < first.len && first.at[i] >= '0' && first.at[i] <= '9' && port <= 65535; i++)
		port = port * 10 + (unsigned)(first.at[i] - '0');
	d->port = port <= 65535 ? port : 0;
}

static bool is_one_of(const struct piece *p, const char *const *words)
{
	for (; *words; words++)
		if (p->len == strlen(*words) && strncasecmp(p->at, *words, p->len) == 0)
			return true;
	return false;
}

/* ssl-mode of MySQL's tools, sslmode of PostgreSQL's, useSSL and the like of JDBC. */
static void take_option(struct piece option, struct rs_dsn *d)
{
	static const char *const modes[] = {"ssl-mode", "sslmode", "ssl", "usessl", "tls", NULL},
	                         *const on[] = {"require", "required", "verify-ca", "verify_ca", "verify-full", "verify_identity", "true", "1", NULL},
	                         *const off[] = {"disable", "disabled", "false", "0", NULL}, *const account[] = {"user", NULL},
	                         *const password[] = {"password", NULL};
	struct piece name = take_until(&option, "=");

	if (is_one_of(&name, modes))
		d->connection = is_one_of(&option, on) ? "ssl" : is_one_of(&option, off) ? "no-ssl" : d->connection;
	else if (is_one_of(&name, account))
		put(&d->account, &option);
	else if (is_one_of(&name, password))
		put_password(d, &option);
}

/* The password of an address that is not coded may have a slash or a question mark in it: the @ tells. */
static struct piece take_authority(struct piece *p)
{
	size_t from = 0, len;
	struct piece where = {p->at, 0};

	for (size_t i = 0; i < p->len && p->at[i] != '?'; i++)
		if (p->at[i] == '@')
			from = i;
	for (len = from; len < p->len && p->at[len] != '/' && p->at[len] != '?';)
		len++;
	where.len = len;
	skip(p, len);
	return where;
}

bool rs_dsn_parse(const char *text, size_t len, struct rs_dsn *out)
{
	struct piece p = trimmed(text, len), where, database;

	*out = (struct rs_dsn)RS_DSN_INIT;
	if (!take_scheme(&p, out))
		return false;
	where = take_authority(&p);
	take_login(&where, out);
	take_host(where, out);
	if (p.len && *p.at == '/')
		skip(&p, 1);
	database = take_until(&p, "?");
	put(&out->database, &database);
	while (p.len)
		take_option(take_until(&p, "&"), out);
	return true;
}

void rs_dsn_release(struct rs_dsn *d)
{
	free(d->host);
	free(d->account);
	free(d->database);
	rs_secret_clear(&d->password);
	*d = (struct rs_dsn)RS_DSN_INIT;
}
