/* Settings of tables at their destination: given, and looked at, of one or of all that are marked. */
#include "screen/objects_priv.h"

#include <string.h>
#include "base/i18n.h"
#include "base/mem.h"
#include "model/selection_name.h"

enum rs_rc rs_objects_put_settings(struct rs_selection *s, const char *db, const char *table, const char *const *values,
                                   struct rs_err *err)
{
	enum rs_rc rc = RS_OK;

	for (int i = 0; i < RS_TABLE_SETTINGS && rc == RS_OK; i++)
		if (values[i])
			rc = rs_selection_set_setting(s, db, table, (enum rs_table_setting)i, values[i], err);
	return rc;
}

enum rs_rc rs_objects_set_settings(struct rs_objects *o, const char *db, const char *table, const char *const *values, struct rs_err *err)
{
	struct rs_selection *copy = rs_selection_copy(o->selection);
	enum rs_rc rc = rs_objects_have(copy, db, table, err);

	if (rc == RS_OK)
		rc = rs_objects_put_settings(copy, db, table, values, err);
	return rs_objects_take_change(o, copy, rc, err);
}

/* --- of all that is marked -------------------------------------------------------------------------------------------- */

/* What is said of the first, and of which the same is said of all others. */
struct common {
	const struct rs_selection *s; /* NULL: nothing is said of anything */
	bool any, databases;
	const char **values;
};

static enum rs_rc compare_one(struct rs_selection *s, const struct rs_objects_db *d, const struct rs_objects_table *t, const void *with,
                              struct rs_err *err)
{
	struct common *c = (struct common *)(uintptr_t)with;
	bool first = !c->any;

	(void)s;
	if (t ? t->kind != RS_OBJECT_TABLE : !c->databases)
		return rs_err_set(err, RS_E_USAGE, _("%s%s%s is marked, too, and only tables have settings"), d->name, t ? "." : "", t ? t->name : "");
	c->any = true;
	for (int i = 0; i < RS_TABLE_SETTINGS; i++) {
		const char *value = c->s ? rs_selection_own_setting(c->s, d->name, t ? t->name : NULL, (enum rs_table_setting)i) : NULL;

		value = value ? value : "";
		if (first)
			c->values[i] = value;
		else if (c->values[i] && strcmp(c->values[i], value) != 0)
			c->values[i] = NULL;
	}
	return RS_OK;
}

static bool any_has_settings(const struct rs_selection *s)
{
	struct rs_selection_rule r;

	for (struct rs_selection_iter i = RS_SELECTION_ITER; rs_selection_each(s, &i, &r);)
		if (r.settings)
			return true;
	return false;
}

enum rs_rc rs_objects_marked_settings(const struct rs_objects *o, bool databases, const char **values, struct rs_err *err)
{
	struct common c = {.s = any_has_settings(o->selection) ? o->selection : NULL, .databases = databases, .values = values};

	return rs_objects_each_marked(o, NULL, compare_one, &c, err);
}

/* --- columns ------------------------------------------------------------------------------------------------------------- */

static bool has_column(const struct rs_table *t, const char *name)
{
	for (uint32_t i = 0; i < t->n_columns; i++)
		if (rs_name_same(t->columns[i].name, name, true))
			return true;
	return false;
}

/* The first table's, without what another one does not have. */
struct shared {
	bool any;
	char **names;
	size_t count;
};

static void take_names(struct shared *c, const struct rs_table *t)
{
	c->names = rs_xcalloc(t->n_columns + 1, sizeof *c->names);
	for (uint32_t i = 0; i < t->n_columns; i++)
		c->names[c->count++] = rs_xstrdup(t->columns[i].name);
}

static void keep_names(struct shared *c, const struct rs_table *t)
{
	size_t n = 0;

	for (size_t i = 0; i < c->count; i++)
		if (has_column(t, c->names[i]))
			c->names[n++] = c->names[i];
		else
			free(c->names[i]);
	c->count = n;
}

static enum rs_rc share_one(struct rs_selection *s, const struct rs_objects_db *d, const struct rs_objects_table *t, const void *with,
                            struct rs_err *err)
{
	struct shared *c = (struct shared *)(uintptr_t)with;

	(void)s;
	(void)d;
	(void)err;
	if (!t || t->columns != RS_COLUMNS_KNOWN)
		return RS_FAIL;
	if (c->any)
		keep_names(c, t->schema);
	else
		take_names(c, t->schema);
	c->any = true;
	return RS_OK;
}

bool rs_objects_shared_columns(const struct rs_objects *o, uint64_t node, char ***names, size_t *count)
{
	struct shared c = {false, NULL, 0};
	enum rs_rc rc = node ? share_one(NULL, NULL, rs_objects_table(o, node), &c, NULL)
	                     : rs_objects_each_marked(o, NULL, share_one, &c, NULL);

	if (rc == RS_OK && c.any) {
		*names = c.names;
		*count = c.count;
		return true;
	}
	rs_columns_free(c.names, c.count);
	return false;
}
