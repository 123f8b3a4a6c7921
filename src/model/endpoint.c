#include "model/relogin.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/i18n.h"
#include "base/file.h"
#include "base/mem.h"
#include "model/option_file.h"
#include "model/password_command.h"
#include "model/paths.h"
#include "model/registry.h"
#include "model/roles.h"

enum { PASSWORD_MAX = 4096 };

static const struct {
	const char *word;
	enum rs_instance_type type;
} instance_types[] = {{"rds", RS_INSTANCE_RDS},           {"self-managed", RS_INSTANCE_SELF_MANAGED},
                      {"other-account", RS_INSTANCE_RDS}, {"ads", RS_INSTANCE_RDS},
                      {"ecs", RS_INSTANCE_RDS},           {"express-connect", RS_INSTANCE_SELF_MANAGED}};

enum rs_instance_type rs_instance_type_of(const char *word, bool has_instance)
{
	for (size_t i = 0; word && i < sizeof instance_types / sizeof *instance_types; i++)
		if (strcmp(instance_types[i].word, word) == 0)
			return instance_types[i].type;
	return has_instance ? RS_INSTANCE_RDS : RS_INSTANCE_SELF_MANAGED;
}

void rs_endpoint_release(struct rs_endpoint *e)
{
	char *const texts[] = {e->region, e->instance, e->owner, e->role, e->guest, e->host, e->socket, e->database, e->account,
	                       e->password_arg, e->ca, e->cert, e->key};

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		free(texts[i]);
	rs_secret_clear(&e->password);
	rs_relogin_unref(e->relogin);
	*e = (struct rs_endpoint){.side = e->side};
}

void rs_endpoint_copy(struct rs_endpoint *to, const struct rs_endpoint *from)
{
	rs_endpoint_release(to);
	*to = (struct rs_endpoint){
		.side = from->side, .protocol = from->protocol, .distributed = from->distributed, .type = from->type,
		.region = rs_xstrdup(from->region), .instance = rs_xstrdup(from->instance), .owner = rs_xstrdup(from->owner),
		.role = rs_xstrdup(from->role), .guest = rs_xstrdup(from->guest), .host = rs_xstrdup(from->host), .port = from->port,
		.socket = rs_xstrdup(from->socket), .database = rs_xstrdup(from->database), .account = rs_xstrdup(from->account),
		.password_from = from->password_from, .password_arg = rs_xstrdup(from->password_arg), .tls = from->tls,
		.ca = rs_xstrdup(from->ca), .cert = rs_xstrdup(from->cert), .key = rs_xstrdup(from->key),
		.compressed = from->compressed, .relogin = rs_relogin_ref(from->relogin),
		.mechanism = from->mechanism};
	if (rs_secret_is_set(&from->password))
		rs_secret_copy(&to->password, &from->password);
}

static char *address(const struct rs_endpoint *e)
{
	if (!e->host)
		return rs_xstrdup(e->socket);
	if (!e->port)
		return rs_xstrdup(e->host);
	return rs_xprintf(strchr(e->host, ':') ? "[%s]:%u" : "%s:%u", e->host, e->port);
}

char *rs_endpoint_text(const struct rs_endpoint *e)
{
	char *where = address(e), *text;

	if (!e->instance || e->type == RS_INSTANCE_SELF_MANAGED)
		return where ? where : rs_xstrdup("-");
	if (!where)
		return rs_xstrdup(e->instance);
	text = rs_xprintf("%s (%s)", e->instance, where);
	free(where);
	return text;
}

/* --- passwords ------------------------------------------------------------------------------------------------------- */

static void set_first_line(struct rs_secret *password, const char *text, size_t len)
{
	const char *end = memchr(text, '\n', len);
	size_t n = end ? (size_t)(end - text) : len;

	if (n > 0 && text[n - 1] == '\r')
		n--;
	rs_secret_set(password, text, n);
}

static enum rs_rc from_env(const struct rs_endpoint *e, struct rs_secret *password, struct rs_err *err)
{
	const char *value = getenv(e->password_arg);

	if (value) {
		rs_secret_set(password, value, strlen(value));
		return RS_OK;
	}
	rs_err_set(err, RS_E_SECRET, _("the environment variable %s is not set"), e->password_arg);
	return rs_err_hint(err, _("Export it before the program starts, or name another source of the password"));
}

static enum rs_rc check_private(const char *path, struct rs_err *err)
{
	struct stat st;

	if (stat(path, &st) != 0)
		return rs_err_sys(err, RS_E_SECRET, errno, _("can't read the password file %s"), path);
	if ((st.st_mode & (S_IRWXG | S_IRWXO)) == 0)
		return RS_OK;
	rs_err_set(err, RS_E_SECRET, _("others can read or change the password file %s"), path);
	return rs_err_hint(err, "chmod 600 %s", path);
}

static enum rs_rc from_file(const char *path, struct rs_secret *password, struct rs_err *err)
{
	struct rs_buf text = RS_BUF_INIT;
	struct rs_err inner = RS_ERR_INIT;
	enum rs_rc rc = check_private(path, err);

	if (rc == RS_OK && rs_file_read(path, PASSWORD_MAX, &text, &inner) != RS_OK)
		rc = rs_err_set(err, RS_E_SECRET, "%s", inner.primary);
	if (rc == RS_OK && text.len == 0)
		rc = rs_err_set(err, RS_E_SECRET, _("the password file %s is empty"), path);
	if (rc == RS_OK)
		set_first_line(password, text.data, text.len);
	if (text.data)
		explicit_bzero(text.data, text.cap);
	rs_buf_release(&text);
	rs_err_clear(&inner);
	return rc;
}

static enum rs_rc from_command(const char *command, struct rs_secret *password, struct rs_err *err)
{
	char out[PASSWORD_MAX];
	size_t len = 0;
	enum rs_rc rc = rs_password_command(command, out, sizeof out, &len, 10 * RS_USEC_PER_SEC, err);

	if (rc == RS_OK && len == 0)
		rc = rs_err_set(err, RS_E_SECRET, _("the password command printed nothing"));
	if (rc == RS_OK)
		set_first_line(password, out, len);
	explicit_bzero(out, sizeof out);
	return rc;
}

/* The option file that counts; empty where there is none to read. */
static enum rs_rc read_options(const struct rs_endpoint *e, struct rs_option_file *o, struct rs_err *err)
{
	char *usual;
	enum rs_rc rc = RS_OK;

	*o = (struct rs_option_file)RS_OPTION_FILE_INIT;
	if (e->password_from == RS_PASSWORD_OPTION_FILE)
		return rs_option_file_read(o, e->password_arg, err);
	if (e->password_from != RS_PASSWORD_NONE || e->protocol != RS_PROTOCOL_MYSQL)
		return RS_OK;
	usual = rs_paths_home(".my.cnf");
	if (access(usual, F_OK) == 0)
		rc = rs_option_file_read(o, usual, err);
	free(usual);
	return rc;
}

static enum rs_rc find_password(const struct rs_endpoint *e, const struct rs_option_file *o, struct rs_secret *password,
                                struct rs_err *err)
{
	switch (e->password_from) {
	case RS_PASSWORD_INLINE:
		rs_secret_copy(password, &e->password);
		return RS_OK;
	case RS_PASSWORD_ENV:
		return from_env(e, password, err);
	case RS_PASSWORD_FILE:
		return from_file(e->password_arg, password, err);
	case RS_PASSWORD_COMMAND:
		return from_command(e->password_arg, password, err);
	case RS_PASSWORD_NONE:
	case RS_PASSWORD_OPTION_FILE:
		if (rs_secret_is_set(&o->password))
			rs_secret_copy(password, &o->password);
		return RS_OK;
	}
	return RS_OK;
}

/* Says whose password it is. */
static enum rs_rc name_side(const struct rs_endpoint *e, struct rs_err *err)
{
	if (e->side)
		rs_err_detail(err, "[%s]", e->side);
	return RS_FAIL;
}

enum rs_rc rs_endpoint_password(const struct rs_endpoint *e, struct rs_secret *password, struct rs_err *err)
{
	struct rs_option_file o;
	enum rs_rc rc = read_options(e, &o, err);

	rs_secret_clear(password);
	if (rc == RS_OK)
		rc = find_password(e, &o, password, err);
	rs_option_file_release(&o);
	return rc == RS_OK ? rc : name_side(e, err);
}

/* --- logins ---------------------------------------------------------------------------------------------------------- */

void rs_login_release(struct rs_login *l)
{
	char *const texts[] = {l->host, l->socket, l->database, l->account, l->ca, l->cert, l->key};

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		free(texts[i]);
	rs_secret_clear(&l->password);
	*l = (struct rs_login)RS_LOGIN_INIT;
}

static void fill(char **where, const char *text)
{
	if (!*where && text)
		*where = rs_xstrdup(text);
}

/* Host, port and socket belong together: one source gives all of them. */
static void fill_address(struct rs_login *l, const char *host, unsigned port, const char *socket)
{
	if (l->host || l->socket)
		return;
	fill(&l->host, host);
	fill(&l->socket, host ? NULL : socket);
	if (!l->port)
		l->port = port;
}

static enum rs_rc fill_from_registry(struct rs_login *l, const struct rs_endpoint *e, struct rs_err *err)
{
	struct rs_registry r;
	const struct rs_instance *i;
	enum rs_rc rc = RS_OK;

	if (!e->instance || e->type == RS_INSTANCE_SELF_MANAGED)
		return RS_OK;
	if (rs_registry_load(&r, NULL, err) != RS_OK)
		return RS_FAIL;
	i = rs_registry_find(&r, e->instance);
	if (i) {
		fill_address(l, i->host, i->port, i->socket);
		fill(&l->ca, i->ca);
		l->production = i->production;
	} else if (!e->host && !e->socket) {
		rs_err_set(err, RS_E_TASK_INVALID, _("the instance %s is not in the registry"), e->instance);
		rc = rs_err_hint(err, _("Add it to instances.ini, or give the task host and port"));
	}
	rs_registry_release(&r);
	return rc;
}

static void fill_from_options(struct rs_login *l, const struct rs_option_file *o)
{
	fill_address(l, o->host, o->port, o->socket);
	fill(&l->account, o->user);
	fill(&l->ca, o->ca);
	fill(&l->cert, o->cert);
	fill(&l->key, o->key);
}

static enum rs_rc fill_login(struct rs_login *l, const struct rs_endpoint *e, struct rs_option_file *o,
                             struct rs_err *err)
{
	l->side = e->side;
	l->tls = e->tls;
	l->compressed = e->compressed;
	l->mechanism = e->mechanism;
	l->port = e->port;
	fill_address(l, e->host, e->port, e->socket);
	fill(&l->database, e->database);
	fill(&l->account, e->account);
	fill(&l->ca, e->ca);
	fill(&l->cert, e->cert);
	fill(&l->key, e->key);
	if (fill_from_registry(l, e, err) != RS_OK || read_options(e, o, err) != RS_OK)
		return RS_FAIL;
	fill_from_options(l, o);
	return find_password(e, o, &l->password, err);
}

static enum rs_rc enter_role(struct rs_endpoint *e, struct rs_err *err)
{
	struct rs_registry r;

	if (!e->role)
		return RS_OK;
	if (rs_registry_load(&r, NULL, err) != RS_OK)
		return RS_FAIL;
	enum rs_rc rc = rs_role_enter(e, &r, err);
	rs_registry_release(&r);
	return rc;
}

enum rs_rc rs_endpoint_login(const struct rs_endpoint *e, struct rs_login *login, struct rs_err *err)
{
	struct rs_option_file o = RS_OPTION_FILE_INIT;
	struct rs_endpoint now = {.side = e->side};
	enum rs_rc rc;

	*login = (struct rs_login)RS_LOGIN_INIT;
	rs_relogin_get(e, &now);
	rc = enter_role(&now, err);
	if (rc == RS_OK)
		rc = fill_login(login, &now, &o, err);
	rs_endpoint_release(&now);
	rs_option_file_release(&o);
	if (rc == RS_OK)
		return RS_OK;
	rs_login_release(login);
	return name_side(e, err);
}
