#include "model/registry.h"

#include <errno.h>
#include <strings.h>
#include <unistd.h>
#include "base/i18n.h"
#include "base/ini.h"
#include "base/mem.h"
#include "base/size.h"
#include "base/words.h"
#include "model/paths.h"

static const char *const keys[] = {"region", "engine", "access", "host",       "port", "socket",
                                   "vpc",    "owner",  "ca",     "production", "note"};
enum { N_KEYS = sizeof keys / sizeof *keys };

static enum rs_rc bad(struct rs_err *err, const struct rs_ini *ini, const char *path, const char *id, const char *key,
                      const char *what)
{
	return rs_err_set(err, RS_E_INI_SYNTAX, "%s:%d: %s: %s", path, rs_ini_line(ini, id, key), key, what);
}

static enum rs_rc check_keys(const struct rs_ini *ini, const char *path, const char *id, struct rs_err *err)
{
	const char *key;

	for (size_t n = 0; (key = rs_ini_key(ini, id, n)); n++) {
		bool known = false;

		for (size_t i = 0; i < N_KEYS; i++)
			known = known || strcmp(key, keys[i]) == 0;
		if (known)
			continue;
		bad(err, ini, path, id, key, _("no such key of an instance"));
		const char *near = rs_words_nearest(key, keys, N_KEYS);
		return near ? rs_err_hint(err, _("Did you mean \"%s\"?"), near) : RS_FAIL;
	}
	return RS_OK;
}

static char *text(const struct rs_ini *ini, const char *id, const char *key)
{
	const char *value = rs_ini_get(ini, id, key);

	return value && *value ? rs_xstrdup(value) : NULL;
}

static enum rs_rc read_port(struct rs_instance *i, const struct rs_ini *ini, const char *path, struct rs_err *err)
{
	const char *value = rs_ini_get(ini, i->id, "port");
	uint64_t port = 0;

	if (value && *value && (!rs_number_parse(value, &port) || port < 1 || port > 65535))
		return bad(err, ini, path, i->id, "port", _("a number from 1 to 65535 is expected"));
	i->port = (unsigned)port;
	return RS_OK;
}

static enum rs_rc read_production(struct rs_instance *i, const struct rs_ini *ini, const char *path, struct rs_err *err)
{
	const char *value = rs_ini_get(ini, i->id, "production");

	if (value && *value && strcmp(value, "yes") != 0 && strcmp(value, "no") != 0)
		return bad(err, ini, path, i->id, "production", _("yes or no is expected"));
	i->production = value && strcmp(value, "yes") == 0;
	return RS_OK;
}

static enum rs_rc read_instance(struct rs_instance *i, const struct rs_ini *ini, const char *path, const char *id,
                                struct rs_err *err)
{
	char *ca = text(ini, id, "ca");

	*i = (struct rs_instance){
		.id = rs_xstrdup(id), .region = text(ini, id, "region"), .engine = text(ini, id, "engine"),
		.access = text(ini, id, "access"), .host = text(ini, id, "host"), .socket = text(ini, id, "socket"),
		.vpc = text(ini, id, "vpc"), .owner = text(ini, id, "owner"), .note = text(ini, id, "note"),
		.ca = ca ? rs_paths_beside(path, ca) : NULL};
	free(ca);
	if (check_keys(ini, path, id, err) != RS_OK || read_port(i, ini, path, err) != RS_OK)
		return RS_FAIL;
	if (!i->host && !i->socket)
		return rs_err_set(err, RS_E_INI_SYNTAX, _("%s:%d: the instance %s has neither host nor socket"), path,
		                  rs_ini_line(ini, id, NULL), id);
	return read_production(i, ini, path, err);
}

static enum rs_rc read_all(struct rs_registry *r, const struct rs_ini *ini, const char *path, struct rs_err *err)
{
	const char *id;
	size_t cap = 0;

	for (size_t n = 0; (id = rs_ini_section(ini, n)); n++) {
		RS_GROW(r->items, r->count, cap);
		if (read_instance(&r->items[r->count++], ini, path, id, err) != RS_OK)
			return RS_FAIL;
	}
	return RS_OK;
}

static enum rs_rc load(struct rs_registry *r, const char *path, struct rs_err *err)
{
	struct rs_ini *ini;
	enum rs_rc rc;

	if (access(path, F_OK) != 0 && (errno == ENOENT || errno == ENOTDIR))
		return RS_OK;
	ini = rs_ini_load(path, err);
	if (!ini)
		return RS_FAIL;
	rc = read_all(r, ini, path, err);
	rs_ini_free(ini);
	if (rc != RS_OK)
		rs_registry_release(r);
	return rc;
}

enum rs_rc rs_registry_load(struct rs_registry *r, const char *path, struct rs_err *err)
{
	char *usual = path ? NULL : rs_paths_instances();
	enum rs_rc rc;

	*r = (struct rs_registry)RS_REGISTRY_INIT;
	rc = load(r, path ? path : usual, err);
	free(usual);
	return rc;
}

void rs_registry_release(struct rs_registry *r)
{
	for (size_t n = 0; n < r->count; n++) {
		struct rs_instance *i = &r->items[n];
		char *const texts[] = {i->id,     i->region, i->engine, i->access, i->host, i->socket,
		                       i->vpc,    i->owner,  i->ca,     i->note};

		for (size_t t = 0; t < sizeof texts / sizeof *texts; t++)
			free(texts[t]);
	}
	free(r->items);
	*r = (struct rs_registry)RS_REGISTRY_INIT;
}

const struct rs_instance *rs_registry_find(const struct rs_registry *r, const char *id)
{
	for (size_t n = 0; n < r->count; n++)
		if (strcasecmp(r->items[n].id, id) == 0)
			return &r->items[n];
	return NULL;
}

static bool same_or_any(const char *wanted, const char *have)
{
	return !wanted || !*wanted || (have && strcasecmp(wanted, have) == 0);
}

bool rs_instance_fits(const struct rs_instance *i, const char *engine, const char *region)
{
	return same_or_any(engine, i->engine) && same_or_any(region, i->region);
}
