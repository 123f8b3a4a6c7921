/* Tables as JSON, for the meta tables. What has its usual value (false, 0, NULL) is left out. */
#include <string.h>

#include "base/i18n.h"
#include "base/mem.h"
#include "model/schema.h"

static const char *const fk_actions[] = {"RESTRICT", "CASCADE", "SET NULL", "NO ACTION", "SET DEFAULT"};
#define N_FK_ACTIONS (sizeof fk_actions / sizeof *fk_actions)

static void put_text(json_t *o, const char *key, const char *text)
{
	if (text)
		json_object_set_new(o, key, json_string(text));
}

static void put_bool(json_t *o, const char *key, bool v)
{
	if (v)
		json_object_set_new(o, key, json_true());
}

static void put_number(json_t *o, const char *key, uint64_t v)
{
	if (v)
		json_object_set_new(o, key, json_integer((json_int_t)v));
}

static void put_names(json_t *o, const char *key, char **names, size_t n)
{
	json_t *list;

	if (!names)
		return;
	list = json_array();
	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, json_string(names[i]));
	json_object_set_new(o, key, list);
}

static json_t *column_to_json(const struct rs_column *c)
{
	json_t *o = json_object();

	put_text(o, "name", c->name);
	put_number(o, "number", c->number);
	put_text(o, "type", rs_type_name(c->type));
	put_text(o, "native", c->native);
	put_number(o, "length", c->length);
	put_number(o, "scale", c->scale);
	put_number(o, "fsp", c->fsp);
	put_bool(o, "unsigned", c->is_unsigned);
	put_bool(o, "nullable", c->nullable);
	put_bool(o, "generated", c->generated);
	put_bool(o, "stored", c->stored);
	put_bool(o, "invisible", c->invisible);
	put_bool(o, "auto_increment", c->auto_increment);
	put_bool(o, "mariadb_json", c->mariadb_json);
	put_bool(o, "compressed", c->compressed);
	put_text(o, "charset", c->charset);
	put_text(o, "collation", c->collation);
	put_names(o, "members", c->members, c->n_members);
	return o;
}

static json_t *key_to_json(const struct rs_key *k)
{
	json_t *o = json_object(), *parts = json_array();

	put_text(o, "name", k->name);
	put_bool(o, "primary", k->primary);
	put_bool(o, "unique", k->unique);
	put_bool(o, "not_null", k->not_null);
	for (size_t i = 0; i < k->n_parts; i++) {
		json_t *part = json_object();

		json_object_set_new(part, "column", json_integer(k->parts[i].column));
		put_number(part, "prefix", k->parts[i].prefix);
		put_bool(part, "descending", k->parts[i].descending);
		json_array_append_new(parts, part);
	}
	json_object_set_new(o, "parts", parts);
	return o;
}

static json_t *foreign_key_to_json(const struct rs_foreign_key *k)
{
	json_t *o = json_object();

	put_text(o, "name", k->name);
	put_text(o, "parent_db", k->parent_db);
	put_text(o, "parent_table", k->parent_table);
	put_names(o, "columns", k->columns, k->n_columns);
	put_names(o, "parent_columns", k->parent_columns, k->n_columns);
	put_text(o, "on_delete", fk_actions[k->on_delete]);
	put_text(o, "on_update", fk_actions[k->on_update]);
	return o;
}

json_t *rs_table_to_json(const struct rs_table *t)
{
	json_t *o = json_object(), *columns = json_array(), *keys = json_array(), *foreign_keys = json_array();

	put_text(o, "db", t->db);
	put_text(o, "name", t->name);
	put_text(o, "engine", t->engine);
	put_text(o, "collation", t->collation);
	for (size_t i = 0; i < t->n_columns; i++)
		json_array_append_new(columns, column_to_json(&t->columns[i]));
	for (size_t i = 0; i < t->n_keys; i++)
		json_array_append_new(keys, key_to_json(&t->keys[i]));
	for (size_t i = 0; i < t->n_foreign_keys; i++)
		json_array_append_new(foreign_keys, foreign_key_to_json(&t->foreign_keys[i]));
	json_object_set_new(o, "columns", columns);
	json_object_set_new(o, "keys", keys);
	json_object_set_new(o, "foreign_keys", foreign_keys);
	put_number(o, "rows", t->rows);
	put_number(o, "bytes", t->bytes);
	put_bool(o, "triggers", t->has_triggers);
	return o;
}

/* --- and back: a member of the wrong kind counts as missing, a missing name as damage ------------------------------ */

static char *get_text(const json_t *o, const char *key)
{
	return rs_xstrdup(json_string_value(json_object_get(o, key)));
}

static bool get_bool(const json_t *o, const char *key)
{
	return json_is_true(json_object_get(o, key));
}

static uint64_t get_number(const json_t *o, const char *key)
{
	return (uint64_t)json_integer_value(json_object_get(o, key));
}

static char **get_names(const json_t *o, const char *key, size_t *n)
{
	const json_t *list = json_object_get(o, key);
	char **names;

	*n = json_array_size(list);
	if (!json_is_array(list))
		return NULL;
	names = rs_xcalloc(*n ? *n : 1, sizeof *names);
	for (size_t i = 0; i < *n; i++) {
		const char *name = json_string_value(json_array_get(list, i));

		names[i] = rs_xstrdup(name ? name : "");
	}
	return names;
}

static enum rs_type type_by_name(const char *name)
{
	for (int t = 0; name && t < RS_T_COUNT; t++)
		if (strcmp(rs_type_name((enum rs_type)t), name) == 0)
			return (enum rs_type)t;
	return RS_T_UNKNOWN;
}

static bool column_from_json(struct rs_table *t, const json_t *o)
{
	const char *name = json_string_value(json_object_get(o, "name"));
	enum rs_type type = type_by_name(json_string_value(json_object_get(o, "type")));
	struct rs_column *c;

	if (!name || type == RS_T_UNKNOWN)
		return false;
	c = rs_table_add_column(t, name, type);
	c->number = (uint32_t)get_number(o, "number");
	c->native = get_text(o, "native");
	c->length = (uint32_t)get_number(o, "length");
	c->scale = (uint8_t)get_number(o, "scale");
	c->fsp = (uint8_t)get_number(o, "fsp");
	c->is_unsigned = get_bool(o, "unsigned");
	c->nullable = get_bool(o, "nullable");
	c->generated = get_bool(o, "generated");
	c->stored = get_bool(o, "stored");
	c->invisible = get_bool(o, "invisible");
	c->auto_increment = get_bool(o, "auto_increment");
	c->mariadb_json = get_bool(o, "mariadb_json");
	c->compressed = get_bool(o, "compressed");
	c->charset = get_text(o, "charset");
	c->collation = get_text(o, "collation");
	c->members = get_names(o, "members", &c->n_members);
	return true;
}

static bool key_from_json(struct rs_table *t, const json_t *o)
{
	const char *name = json_string_value(json_object_get(o, "name"));
	const json_t *parts = json_object_get(o, "parts");
	struct rs_key *k;

	if (!name || !json_is_array(parts))
		return false;
	k = rs_table_add_key(t, name);
	k->primary = get_bool(o, "primary");
	k->unique = get_bool(o, "unique");
	k->not_null = get_bool(o, "not_null");
	for (size_t i = 0; i < json_array_size(parts); i++) {
		const json_t *part = json_array_get(parts, i);
		uint32_t column = (uint32_t)get_number(part, "column");
		struct rs_key_part *p;

		if (column >= t->n_columns && column != UINT32_MAX)
			return false;
		p = rs_key_add_part(k, column);
		p->prefix = (uint32_t)get_number(part, "prefix");
		p->descending = get_bool(part, "descending");
	}
	return true;
}

static enum rs_fk_action fk_action(const json_t *o, const char *key)
{
	const char *name = json_string_value(json_object_get(o, key));

	for (size_t i = 0; name && i < N_FK_ACTIONS; i++)
		if (strcmp(fk_actions[i], name) == 0)
			return (enum rs_fk_action)i;
	return RS_FK_RESTRICT;
}

static bool foreign_key_from_json(struct rs_table *t, const json_t *o)
{
	const char *name = json_string_value(json_object_get(o, "name"));
	size_t n_parent = json_array_size(json_object_get(o, "parent_columns"));
	struct rs_foreign_key *k;

	if (!name || n_parent != json_array_size(json_object_get(o, "columns")))
		return false;
	k = rs_table_add_foreign_key(t, name);
	k->parent_db = get_text(o, "parent_db");
	k->parent_table = get_text(o, "parent_table");
	k->columns = get_names(o, "columns", &k->n_columns);
	k->parent_columns = get_names(o, "parent_columns", &n_parent);
	k->on_delete = fk_action(o, "on_delete");
	k->on_update = fk_action(o, "on_update");
	return true;
}

static bool each_from_json(struct rs_table *t, const json_t *o, const char *key,
                           bool (*one)(struct rs_table *, const json_t *))
{
	const json_t *list = json_object_get(o, key);

	for (size_t i = 0; i < json_array_size(list); i++)
		if (!one(t, json_array_get(list, i)))
			return false;
	return true;
}

struct rs_table *rs_table_from_json(const json_t *j, struct rs_err *err)
{
	const char *db = json_string_value(json_object_get(j, "db"));
	const char *name = json_string_value(json_object_get(j, "name"));
	struct rs_table *t = db && name ? rs_table_new(db, name) : NULL;

	if (!t || !each_from_json(t, j, "columns", column_from_json) || !each_from_json(t, j, "keys", key_from_json) ||
	    !each_from_json(t, j, "foreign_keys", foreign_key_from_json)) {
		rs_table_unref(t);
		rs_err_set(err, RS_E_META_DAMAGED, _("a stored table definition can't be read: %s"), name ? name : "?");
		return NULL;
	}
	t->engine = get_text(j, "engine");
	t->collation = get_text(j, "collation");
	t->rows = get_number(j, "rows");
	t->bytes = get_number(j, "bytes");
	t->has_triggers = get_bool(j, "triggers");
	return t;
}
