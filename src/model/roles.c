#include "model/roles.h"

#include <errno.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>
#include "base/i18n.h"
#include "base/ini.h"
#include "base/mem.h"
#include "base/words.h"
#include "model/paths.h"

static const char *const keys[] = {"allow", "account", "password_file", "password_command", "note"};
enum { N_KEYS = sizeof keys / sizeof *keys };

/* ---------------------------------------------------------------- the file */

static enum rs_rc bad(const struct rs_ini *ini, const char *path, const char *role, const char *what, struct rs_err *err)
{
	return rs_err_set(err, RS_E_INI_SYNTAX, "%s:%d: [%s] %s", path, rs_ini_line(ini, role, NULL), role, what);
}

static enum rs_rc check_key(const struct rs_ini *ini, const char *path, const char *role, const char *key, struct rs_err *err)
{
	for (size_t i = 0; i < N_KEYS; i++)
		if (strcmp(key, keys[i]) == 0)
			return RS_OK;
	rs_err_set(err, RS_E_INI_SYNTAX, "%s:%d: %s: %s", path, rs_ini_line(ini, role, key), key, _("no such key of a role"));
	const char *near = rs_words_nearest(key, keys, N_KEYS);
	return near ? rs_err_hint(err, _("Did you mean \"%s\"?"), near) : RS_FAIL;
}

static bool is_said(const struct rs_ini *ini, const char *role, const char *key)
{
	const char *value = rs_ini_get(ini, role, key);

	return value && *value;
}

static enum rs_rc check_role(const struct rs_ini *ini, const char *path, const char *role, struct rs_err *err)
{
	const char *slash = strchr(role, '/'), *key;

	if (!slash || slash == role || !slash[1])
		return bad(ini, path, role, _("is no role: \"account/name\" is expected"), err);
	for (size_t n = 0; (key = rs_ini_key(ini, role, n)); n++)
		if (check_key(ini, path, role, key, err) != RS_OK)
			return RS_FAIL;
	if (!is_said(ini, role, "allow"))
		return bad(ini, path, role, _("does not say which accounts it is given to (allow)"), err);
	if (!is_said(ini, role, "account"))
		return bad(ini, path, role, _("does not say which database account one has by it (account)"), err);
	if (is_said(ini, role, "password_file") == is_said(ini, role, "password_command"))
		return bad(ini, path, role, _("says where the account's password comes from by either password_file or password_command"), err);
	return RS_OK;
}

/* *out NULL: there is no such file. */
static enum rs_rc load(const char *path, struct rs_ini **out, struct rs_err *err)
{
	const char *role;

	*out = NULL;
	if (access(path, F_OK) != 0 && (errno == ENOENT || errno == ENOTDIR))
		return RS_OK;
	struct rs_ini *ini = rs_ini_load(path, err);
	if (!ini)
		return RS_FAIL;
	for (size_t n = 0; (role = rs_ini_section(ini, n)); n++) {
		if (check_role(ini, path, role, err) == RS_OK)
			continue;
		rs_ini_free(ini);
		return RS_FAIL;
	}
	*out = ini;
	return RS_OK;
}

enum rs_rc rs_roles_check(struct rs_err *err)
{
	char *path = rs_paths_roles();
	struct rs_ini *ini;
	enum rs_rc rc = load(path, &ini, err);

	rs_ini_free(ini);
	free(path);
	return rc;
}

/* ---------------------------------------------------------------- entering */

/* Whose the instance is. */
static enum rs_rc check_owner(const struct rs_endpoint *e, const struct rs_registry *r, struct rs_err *err)
{
	const struct rs_instance *i = e->instance ? rs_registry_find(r, e->instance) : NULL;

	if (!i)
		return RS_OK; /* which is told where its address is looked for */
	if (i->owner && strcmp(i->owner, e->owner) == 0)
		return RS_OK;
	rs_err_set(err, RS_E_TASK_INVALID, _("the instance %s does not belong to the account %s"), i->id, e->owner);
	return rs_err_hint(err, _("Name the account that owns it, or the instance's owner in instances.ini"));
}

static enum rs_rc check_guest(const struct rs_ini *ini, const char *role, const struct rs_endpoint *e, const struct rs_registry *r,
                              struct rs_err *err)
{
	const struct rs_instance *i = e->guest ? rs_registry_find(r, e->guest) : NULL;
	const char *allow = rs_ini_get(ini, role, "allow");

	if (!i || !i->owner) {
		rs_err_set(err, RS_E_TASK_INVALID, _("it is not known which account the destination %s belongs to"), e->guest ? e->guest : "");
		return rs_err_hint(err, _("Add owner to its section of instances.ini: the role is given to accounts by name"));
	}
	if (rs_words_has(allow, i->owner, strlen(i->owner)))
		return RS_OK;
	rs_err_set(err, RS_E_TASK_INVALID, _("the role %s of the account %s is not given to the account %s"), e->role, e->owner, i->owner);
	return rs_err_hint(err, _("The account that owns the source adds it to allow in roles.ini"));
}

static void take(struct rs_endpoint *e, const struct rs_ini *ini, const char *path, const char *role)
{
	const char *file = rs_ini_get(ini, role, "password_file"), *command = rs_ini_get(ini, role, "password_command");

	free(e->account);
	e->account = rs_xstrdup(rs_ini_get(ini, role, "account"));
	free(e->password_arg);
	e->password_arg = file && *file ? rs_paths_beside(path, file) : rs_xstrdup(command);
	e->password_from = file && *file ? RS_PASSWORD_FILE : RS_PASSWORD_COMMAND;
}

static const char *find(const struct rs_ini *ini, const struct rs_endpoint *e)
{
	char *wanted = rs_xprintf("%s/%s", e->owner, e->role);
	const char *role = NULL;

	for (size_t n = 0; ini && (role = rs_ini_section(ini, n)) && strcasecmp(role, wanted) != 0; n++)
		;
	free(wanted);
	return role;
}

enum rs_rc rs_role_enter(struct rs_endpoint *e, const struct rs_registry *r, struct rs_err *err)
{
	char *path = rs_paths_roles();
	struct rs_ini *ini = NULL;
	enum rs_rc rc = check_owner(e, r, err);

	if (rc == RS_OK)
		rc = load(path, &ini, err);
	const char *role = rc == RS_OK ? find(ini, e) : NULL;
	if (rc == RS_OK && !role) {
		rs_err_set(err, RS_E_TASK_INVALID, _("the account %s has no role %s"), e->owner, e->role);
		rc = rs_err_hint(err, _("Add [%s/%s] to %s"), e->owner, e->role, path);
	}
	if (rc == RS_OK)
		rc = check_guest(ini, role, e, r, err);
	if (rc == RS_OK)
		take(e, ini, path, role);
	rs_ini_free(ini);
	free(path);
	return rc;
}
