#include "screen/keys.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/i18n.h"
#include "base/ini.h"
#include "base/mem.h"
#include "base/words.h"
#include "model/paths.h"
#include "tui/input.h"

const struct rs_keymap *const rs_screen_keymaps[] = {
	&rs_keymap_universal, &rs_tasks_keymap, &rs_live_keymap, &rs_tables_keymap, &rs_trouble_keymap,
	&rs_log_keymap, &rs_why_keymap, &rs_graph_keymap, &rs_history_keymap, &rs_compare_keymap,
	&rs_wizard_form_keymap, &rs_wizard_objects_keymap, &rs_wizard_batch_keymap, &rs_wizard_review_keymap, &rs_wizard_precheck_keymap, NULL};

#define SECTION "keys"
#define ACTIONS_MAX 256

/* --- what there is -------------------------------------------------------------------------- */

static const struct rs_action *find_action(const char *name)
{
	for (const struct rs_keymap *const *map = rs_screen_keymaps; *map; map++)
		for (size_t i = 0; i < (*map)->count; i++)
			if (strcmp((*map)->actions[i].name, name) == 0)
				return &(*map)->actions[i];
	return NULL;
}

static const char *nearest_action(const char *name)
{
	const char *known[ACTIONS_MAX];
	size_t n = 0;

	for (const struct rs_keymap *const *map = rs_screen_keymaps; *map; map++)
		for (size_t i = 0; i < (*map)->count && n < ACTIONS_MAX; i++)
			known[n++] = (*map)->actions[i].name;
	return rs_words_nearest(name, known, n);
}

/* Lists take these before any table is asked. */
static bool is_of_lists(uint32_t key)
{
	static const uint32_t keys[] = {'j', 'k', 'g', 'G', RS_KEY_UP, RS_KEY_DOWN, RS_KEY_PGUP, RS_KEY_PGDN, RS_KEY_HOME, RS_KEY_END,
	                                RS_CTRL('f'), RS_CTRL('b')};

	for (size_t i = 0; i < RS_COUNT(keys); i++)
		if (keys[i] == key)
			return true;
	return false;
}

/* --- one line of the file --------------------------------------------------------------------- */

static enum rs_rc parse_keys(const char *value, uint32_t *keys, size_t *n, struct rs_err *err)
{
	const char *word;
	size_t len;

	*n = 0;
	for (const char *p = value; rs_words_next(&p, &word, &len);) {
		uint32_t key = rs_key_parse(word, len);

		if (key == RS_KEY_NONE)
			return rs_err_set(err, RS_E_INI_SYNTAX, _("there is no key \"%.*s\""), (int)len, word);
		if (is_of_lists(key))
			return rs_err_set(err, RS_E_INI_SYNTAX, _("the key %.*s moves in lists"), (int)len, word);
		if (*n == RS_ACTION_KEYS)
			return rs_err_set(err, RS_E_INI_SYNTAX, _("an action has at most %d keys"), RS_ACTION_KEYS);
		keys[(*n)++] = key;
	}
	return *n ? RS_OK : rs_err_set(err, RS_E_INI_SYNTAX, _("at least one key is needed"));
}

static enum rs_rc unknown(const char *name, struct rs_err *err)
{
	const char *near = nearest_action(name);

	rs_err_set(err, RS_E_INI_SYNTAX, _("there is no action \"%s\""), name);
	return near ? rs_err_hint(err, _("Did you mean \"%s\"?"), near) : RS_FAIL;
}

static enum rs_rc remap(const struct rs_ini *ini, const char *name, struct rs_err *err)
{
	uint32_t keys[RS_ACTION_KEYS];
	size_t n;

	if (!find_action(name))
		return unknown(name, err);
	if (parse_keys(rs_ini_get(ini, SECTION, name), keys, &n, err) != RS_OK)
		return RS_FAIL;
	rs_keymap_remap(name, keys, n);
	return RS_OK;
}

/* --- all of them together ------------------------------------------------------------------- */

/* Whether something that works everywhere has still a key on a screen that takes keys for itself. */
static bool is_reachable(const struct rs_action *everywhere, const struct rs_keymap *map)
{
	const uint32_t *keys = rs_action_keys(everywhere);

	for (int k = 0; k < RS_ACTION_KEYS && keys[k]; k++)
		if (!rs_keymap_find(map, keys[k]))
			return true;
	return false;
}

static enum rs_rc check_map(const struct rs_keymap *map, struct rs_err *err)
{
	struct rs_buf why = RS_BUF_INIT;
	enum rs_rc rc = RS_OK;

	if (!rs_keymap_check(map, &why))
		rc = rs_err_set(err, RS_E_INI_SYNTAX, _("%s: %s"), _(map->title), rs_buf_str(&why));
	rs_buf_release(&why);
	for (size_t i = 0; rc == RS_OK && map != &rs_keymap_universal && i < rs_keymap_universal.count; i++)
		if (!is_reachable(&rs_keymap_universal.actions[i], map))
			rc = rs_err_set(err, RS_E_INI_SYNTAX, _("%s: no key is left for %s"), _(map->title), rs_keymap_universal.actions[i].name);
	return rc;
}

static enum rs_rc apply(const struct rs_ini *ini, const char *path, struct rs_err *err)
{
	struct rs_err why = RS_ERR_INIT;
	const char *name;
	int line = 0;

	for (size_t i = 0; !line && (name = rs_ini_section(ini, i)) != NULL; i++)
		if (strcmp(name, SECTION) != 0) {
			rs_err_set(&why, RS_E_INI_SYNTAX, _("there is one section: [%s]"), SECTION);
			line = rs_ini_line(ini, name, NULL);
		}
	for (size_t i = 0; !line && (name = rs_ini_key(ini, SECTION, i)) != NULL; i++)
		if (remap(ini, name, &why) != RS_OK)
			line = rs_ini_line(ini, SECTION, name);
	for (size_t i = 0; !line && rs_screen_keymaps[i]; i++)
		if (check_map(rs_screen_keymaps[i], &why) != RS_OK)
			line = rs_ini_line(ini, SECTION, NULL);
	if (!line)
		return RS_OK;
	rs_err_set(err, why.code, "%s:%d: %s", path, line, why.primary);
	if (why.hint)
		(void)rs_err_hint(err, "%s", why.hint);
	rs_err_clear(&why);
	return RS_FAIL;
}

enum rs_rc rs_keys_load(const char *path, struct rs_err *err)
{
	char *usual = path ? NULL : rs_paths_keys();
	const char *file = path ? path : usual;
	struct rs_ini *ini = NULL;
	enum rs_rc rc = RS_OK;

	rs_keymap_remap_none();
	if (access(file, F_OK) == 0 || errno != ENOENT) {
		ini = rs_ini_load(file, err);
		rc = ini ? apply(ini, file, err) : RS_FAIL;
	}
	if (rc != RS_OK)
		rs_keymap_remap_none();
	rs_ini_free(ini);
	free(usual);
	return rc;
}
