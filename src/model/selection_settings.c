/* Settings of tables and databases at their destination, as a selection keeps them. */
#include "base/mem.h"
#include "model/selection_rules.h"

static bool are_empty(const struct sel_settings *s)
{
	for (size_t i = 0; i < RS_TABLE_SETTINGS; i++)
		if (s->of[i])
			return false;
	return true;
}

void rs_settings_clear(struct sel_settings **s)
{
	for (size_t i = 0; *s && i < RS_TABLE_SETTINGS; i++)
		free((*s)->of[i]);
	free(*s);
	*s = NULL;
}

void rs_settings_put(struct sel_settings **s, enum rs_table_setting which, const char *value)
{
	if (!*s && !value)
		return;
	if (!*s)
		*s = rs_xcalloc(1, sizeof **s);
	free((*s)->of[which]);
	(*s)->of[which] = rs_xstrdup(value);
	if (are_empty(*s))
		rs_settings_clear(s);
}

struct sel_settings *rs_settings_copy(const struct sel_settings *s)
{
	struct sel_settings *copy = NULL;

	for (int i = 0; s && i < RS_TABLE_SETTINGS; i++)
		rs_settings_put(&copy, (enum rs_table_setting)i, s->of[i]);
	return copy;
}

const char *rs_selection_own_setting(const struct rs_selection *s, const char *db, const char *table, enum rs_table_setting which)
{
	const struct sel_db *d = rs_selection_db(s, db);
	const struct sel_table *t = table ? rs_selection_table(s, db, table) : NULL;

	if (table)
		return t ? rs_settings_get(t->settings, which) : NULL;
	return d ? rs_settings_get(d->settings, which) : NULL;
}

const char *rs_selection_setting(const struct rs_selection *s, const char *db, const char *table, enum rs_table_setting which)
{
	const char *own = rs_selection_own_setting(s, db, table, which);

	return own || !table ? own : rs_selection_own_setting(s, db, NULL, which);
}
