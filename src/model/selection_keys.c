/* A selection in the task file: the keys of its section [objects], or a file of its own where they are many. */
#include "base/file.h"
#include "base/i18n.h"
#include "base/ini.h"
#include "base/mem.h"
#include "model/paths.h"
#include "model/selection_line.h"
#include "model/selection_name.h"

/* Beyond these, rules move from the keys of the task file to a file of their own: iniparser has a limit of 1,000 bytes a
 * line and loads many keys in quadratic time. */
enum { KEY_BYTES = 600, KEY_RENAMES = 40 };
static const size_t file_max = 60u * 1024 * 1024;

/* --- reading ------------------------------------------------------------------------------------------------------- */

/* include and exclude: names separated by blanks. */
static enum rs_rc read_list(struct rs_selection *s, const char *p, bool exclude, struct rs_err *err)
{
	for (p = rs_line_skip_blanks(p); *p; p = rs_line_skip_blanks(p)) {
		struct sel_line l = {.select = true, .exclude = exclude};
		enum rs_rc rc = RS_OK;

		l.n_from = rs_selection_get_names(p, l.from, 3, &p, err);
		if (!l.n_from)
			return RS_FAIL;
		if (*p && rs_line_skip_blanks(p) == p)
			rc = rs_err_set(err, RS_E_TASK_INVALID, _("a blank is expected at \"%.20s\""), p);
		else if (l.n_from == 3 && !exclude)
			rc = rs_err_set(err, RS_E_TASK_INVALID, _("databases and tables are listed here, not columns"));
		else
			rc = rs_line_apply(s, &l, err);
		rs_line_clear(&l);
		if (rc != RS_OK)
			return rc;
	}
	return RS_OK;
}

static bool is_renaming(const struct sel_line *l, const char *rest) { return l->n_to > 0 && !l->filter && !*rest; }

static bool is_filter(const struct sel_line *l, const char *rest)
{
	(void)rest;
	return l->filter != NULL;
}

static bool is_setting(const struct sel_line *l, const char *rest)
{
	(void)rest;
	return l->value != NULL;
}

static bool is_of_operations(const struct sel_line *l, const char *rest)
{
	(void)rest;
	return l->operations.given;
}

/* Keys that are numbered, each with one rule about what others select. */
enum { RENAMES, FILTERS, OPERATIONS, SETTINGS, KINDS = SETTINGS + RS_TABLE_SETTINGS };
static const struct kind {
	const char *prefix;
	bool (*fits)(const struct sel_line *l, const char *rest);
	enum rs_errc code;
	const char *form;
} kinds[KINDS] = {
	[RENAMES] = {"rename.", is_renaming, RS_E_TASK_INVALID, N_("a renaming reads: old name -> new name")},
	[FILTERS] = {"filter.", is_filter, RS_E_FILTER, N_("a filter reads: database.table: condition")},
	[OPERATIONS] = {"operations.", is_of_operations, RS_E_TASK_INVALID,
	                N_("kinds of changes read: database or database.table: words")},
	[SETTINGS + RS_TABLE_TOPIC] = {"topic.", is_setting, RS_E_TASK_INVALID, N_("a table's topic reads: database.table: topic")},
	[SETTINGS + RS_TABLE_PARTITIONS] = {"partitions.", is_setting, RS_E_TASK_INVALID,
	                                    N_("the partitions of a table's topic read: database.table: number")},
	[SETTINGS + RS_TABLE_KEY] = {"key.", is_setting, RS_E_TASK_INVALID, N_("a table's key reads: database.table: columns")},
	[SETTINGS + RS_TABLE_CONFLICT] = {"conflict.", is_setting, RS_E_TASK_INVALID,
	                                  N_("a conflict policy reads: database or database.table: fail, ignore, overwrite, use-max or "
	                                     "use-min, and columns")},
};

/* NULL: of another key. */
static const struct kind *kind_of(const char *key)
{
	for (size_t i = 0; i < KINDS; i++)
		if (strncmp(key, kinds[i].prefix, strlen(kinds[i].prefix)) == 0)
			return &kinds[i];
	return NULL;
}

static enum rs_rc read_numbered(struct rs_selection *s, const struct kind *kind, const char *p, struct rs_err *err)
{
	struct sel_line l = {.select = false, .speaks_of_kinds = kind == &kinds[OPERATIONS], .sets = kind >= &kinds[SETTINGS],
	                     .setting = (enum rs_table_setting)(kind >= &kinds[SETTINGS] ? kind - &kinds[SETTINGS] : RS_TABLE_SETTINGS)};
	enum rs_rc rc;

	p = rs_line_skip_blanks(p);
	rc = rs_line_read(&l, &p, err);
	if (rc == RS_OK && !kind->fits(&l, rs_line_skip_blanks(p)))
		rc = rs_err_set(err, kind->code, "%s", _(kind->form));
	if (rc == RS_OK)
		rc = rs_line_apply(s, &l, err);
	rs_line_clear(&l);
	return rc;
}

static enum rs_rc read_file(struct rs_selection *s, const char *task, const char *value, struct rs_err *err)
{
	char *path = rs_paths_beside(task, value);
	struct rs_buf text = RS_BUF_INIT;
	enum rs_rc rc = rs_file_read(path, file_max, &text, err);

	if (rc == RS_OK)
		rc = rs_selection_parse(s, path, rs_buf_str(&text), text.len, err);
	rs_buf_release(&text);
	free(path);
	return rc;
}

static enum rs_rc read_key(struct rs_selection *s, const char *key, const char *value, struct rs_err *err)
{
	const struct kind *kind = kind_of(key);

	if (kind)
		return read_numbered(s, kind, value, err);
	if (strcmp(key, "include") == 0 || strcmp(key, "exclude") == 0)
		return read_list(s, value, *key == 'e', err);
	return RS_OK;
}

/* Those that select come first, so that the order of the keys does not matter. */
static enum rs_rc read_keys(struct rs_selection *s, const struct rs_ini *ini, const char *path, bool selecting,
                            struct rs_err *err)
{
	struct rs_err inner = RS_ERR_INIT;
	const char *key;

	for (size_t n = 0; (key = rs_ini_key(ini, "objects", n)); n++) {
		if ((kind_of(key) == NULL) != selecting)
			continue;
		if (read_key(s, key, rs_ini_get(ini, "objects", key), &inner) != RS_OK)
			return rs_line_locate(err, &inner, path, rs_ini_line(ini, "objects", key));
	}
	return RS_OK;
}

struct rs_selection *rs_selection_load(const struct rs_ini *ini, const char *path, struct rs_err *err)
{
	struct rs_selection *s = rs_selection_new();
	struct rs_err inner = RS_ERR_INIT;
	const char *file = rs_ini_get(ini, "objects", "objects_file");

	if (read_keys(s, ini, path, true, err) == RS_OK &&
	    (!file || !*file || read_file(s, path, file, err) == RS_OK) && read_keys(s, ini, path, false, err) == RS_OK) {
		if (rs_selection_is_empty(s) && s->dbs.count == 0)
			return s;
		if (rs_selection_check(s, false, &inner) == RS_OK)
			return s;
		rs_line_locate(err, &inner, path, rs_ini_line(ini, "objects", NULL));
	}
	rs_selection_free(s);
	return NULL;
}

/* --- writing --------------------------------------------------------------------------------------------------------- */

/* The rules as they stand in keys. */
struct keys {
	struct rs_buf include, exclude;
	struct numbered {
		char *texts[KEY_RENAMES];
		size_t n;
	} numbered[KINDS];
	bool fit;
};

static void add_to_list(struct rs_buf *list, const struct rs_selection_rule *r)
{
	if (list->len)
		rs_buf_addc(list, ' ');
	rs_name_put(list, r->db, r->table, r->column);
}

/* What an INI file can't hold, or only with care. */
static bool is_odd(const char *text, const char *odd)
{
	for (; *text; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f || strchr(odd, *text))
			return true;
	return false;
}

/* A condition has quotes of its own; the key's value begins with a name, so that they are no more to the file than other
 * characters. */
static const char odd[] = "\"'\\;#%", odd_in_filters[] = "\"\\;#%";

/* Takes the text over. */
static void add_numbered(struct keys *k, int kind, struct rs_buf *text)
{
	struct numbered *of = &k->numbered[kind];

	k->fit = k->fit && of->n < KEY_RENAMES && text->len <= KEY_BYTES &&
	         !is_odd(rs_buf_str(text), kind == FILTERS ? odd_in_filters : odd);
	if (k->fit)
		of->texts[of->n++] = rs_buf_take(text);
	rs_buf_release(text);
}

static void add_rename(struct keys *k, const struct rs_selection_rule *r)
{
	struct rs_buf text = RS_BUF_INIT;

	rs_name_put(&text, r->db, r->table, r->column);
	rs_buf_adds(&text, " -> ");
	if (r->table && !r->column && r->to_db)
		rs_name_put(&text, r->to_db, r->to_name ? r->to_name : r->table, NULL);
	else
		rs_selection_put_name(&text, r->to_name ? r->to_name : r->to_db);
	add_numbered(k, RENAMES, &text);
}

static void add_filter(struct keys *k, const struct rs_selection_rule *r)
{
	struct rs_buf text = RS_BUF_INIT;

	rs_line_put_filter(&text, r);
	add_numbered(k, FILTERS, &text);
}

static void add_operations(struct keys *k, const struct rs_selection_rule *r)
{
	struct rs_buf text = RS_BUF_INIT;

	rs_line_put_operations(&text, r);
	add_numbered(k, OPERATIONS, &text);
}

static void add_settings(struct keys *k, const struct rs_selection_rule *r)
{
	for (int i = 0; r->settings && k->fit && i < RS_TABLE_SETTINGS; i++) {
		struct rs_buf text = RS_BUF_INIT;

		if (!r->settings[i])
			continue;
		rs_line_put_setting(&text, r, (enum rs_table_setting)i, false);
		add_numbered(k, SETTINGS + i, &text);
	}
}

static bool fits(const struct rs_buf *list) { return list->len <= KEY_BYTES && !is_odd(rs_buf_str(list), odd); }

static void collect(struct keys *k, const struct rs_selection *s)
{
	struct rs_selection_rule r;

	k->fit = true;
	for (struct rs_selection_iter i = RS_SELECTION_ITER; k->fit && rs_selection_each(s, &i, &r);) {
		if (r.selected && !(r.table && rs_selection_whole_db(s, r.db)))
			add_to_list(&k->include, &r);
		if (r.excluded)
			add_to_list(&k->exclude, &r);
		if (r.to_db || r.to_name)
			add_rename(k, &r);
		if (r.filter)
			add_filter(k, &r);
		if (r.operations)
			add_operations(k, &r);
		add_settings(k, &r);
		k->fit = k->fit && k->include.len <= KEY_BYTES && k->exclude.len <= KEY_BYTES;
	}
	k->fit = k->fit && fits(&k->include) && fits(&k->exclude);
}

static void release_keys(struct keys *k)
{
	rs_buf_release(&k->include);
	rs_buf_release(&k->exclude);
	for (size_t kind = 0; kind < KINDS; kind++)
		while (k->numbered[kind].n > 0)
			free(k->numbered[kind].texts[--k->numbered[kind].n]);
}

static void remove_keys(struct rs_ini *ini)
{
	size_t n = 0;
	const char *key;

	while ((key = rs_ini_key(ini, "objects", n))) {
		char *name = rs_xstrdup(key);

		if (strcmp(name, "objects_file") == 0)
			n++;
		else
			rs_ini_set(ini, "objects", name, NULL);
		free(name);
	}
}

static void set_keys(const struct keys *k, struct rs_ini *ini)
{
	char key[32];

	if (k->include.len)
		rs_ini_set(ini, "objects", "include", rs_buf_str(&k->include));
	if (k->exclude.len)
		rs_ini_set(ini, "objects", "exclude", rs_buf_str(&k->exclude));
	for (size_t kind = 0; kind < KINDS; kind++)
		for (size_t i = 0; i < k->numbered[kind].n; i++) {
			snprintf(key, sizeof key, "%s%zu", kinds[kind].prefix, i + 1);
			rs_ini_set(ini, "objects", key, k->numbered[kind].texts[i]);
		}
}

/* "shop.objects" for "/etc/…/shop.ini". */
static char *objects_name(const char *path)
{
	const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
	size_t len = strlen(base);

	if (len > 4 && strcmp(base + len - 4, ".ini") == 0)
		len -= 4;
	return rs_xprintf("%.*s.objects", (int)len, base);
}

static enum rs_rc write_file(const struct rs_selection *s, struct rs_ini *ini, const char *path, struct rs_err *err)
{
	const char *known = rs_ini_get(ini, "objects", "objects_file");
	char *name = known && *known ? rs_xstrdup(known) : objects_name(path);
	char *file = rs_paths_beside(path, name);
	struct rs_buf text = RS_BUF_INIT;
	enum rs_rc rc;

	rs_buf_addf(&text, "# %s\n", _("One object a line: database, database.table, either with \"-> new name\"; \"!\" leaves out; "
	                               "\"table: condition\" filters rows; \"@ table: words\" "
	                               "gives kinds of changes, \"= table: word text\" a setting."));
	rs_selection_format(s, &text);
	rc = rs_file_write(file, rs_buf_str(&text), text.len, 0600, err);
	if (rc == RS_OK)
		rs_ini_set(ini, "objects", "objects_file", name);
	rs_buf_release(&text);
	free(file);
	free(name);
	return rc;
}

enum rs_rc rs_selection_store(const struct rs_selection *s, struct rs_ini *ini, const char *path, struct rs_err *err)
{
	const char *file = rs_ini_get(ini, "objects", "objects_file");
	struct keys k = {.include = RS_BUF_INIT, .exclude = RS_BUF_INIT};
	enum rs_rc rc = RS_OK;

	collect(&k, s);
	remove_keys(ini);
	if (k.fit && (!file || !*file))
		set_keys(&k, ini);
	else
		rc = write_file(s, ini, path, err);
	release_keys(&k);
	return rc;
}
