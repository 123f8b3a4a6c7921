/* Keys and foreign keys: noted while a statement is read, added when its columns are in place. */
#include "codec/ddl_schema_priv.h"

#include <strings.h>
#include "base/i18n.h"
#include "base/mem.h"

/* --- finding and dropping ------------------------------------------------------------------ */

int ddl_find_key(const struct rs_table *t, const char *name)
{
	for (size_t i = 0; i < t->n_keys; i++)
		if (strcasecmp(t->keys[i].name, name) == 0)
			return (int)i;
	return -1;
}

int ddl_find_foreign_key(const struct rs_table *t, const char *name)
{
	for (size_t i = 0; i < t->n_foreign_keys; i++)
		if (strcasecmp(t->foreign_keys[i].name, name) == 0)
			return (int)i;
	return -1;
}

void ddl_drop_key(struct rs_table *t, size_t i)
{
	free(t->keys[i].name);
	free(t->keys[i].parts);
	memmove(&t->keys[i], &t->keys[i + 1], (t->n_keys - i - 1) * sizeof *t->keys);
	t->n_keys--;
}

void ddl_drop_foreign_key(struct rs_table *t, size_t i)
{
	struct rs_foreign_key *k = &t->foreign_keys[i];

	for (size_t n = 0; n < k->n_columns; n++) {
		free(k->columns[n]);
		free(k->parent_columns[n]);
	}
	free(k->columns);
	free(k->parent_columns);
	free(k->name);
	free(k->parent_db);
	free(k->parent_table);
	memmove(k, k + 1, (t->n_foreign_keys - i - 1) * sizeof *k);
	t->n_foreign_keys--;
}

/* --- noting ------------------------------------------------------------------------------------ */

static struct ddl_new_key *note(struct ddl_change *c, enum rs_ddl_key_kind kind, char *name)
{
	RS_GROW(c->keys, c->n_keys, c->cap_keys);
	c->keys[c->n_keys] = (struct ddl_new_key){.kind = kind, .name = name};
	return &c->keys[c->n_keys++];
}

void ddl_free_keys(struct ddl_change *c)
{
	for (size_t i = 0; i < c->n_keys; i++)
		free(c->keys[i].name);
	free(c->keys);
	c->keys = NULL;
	c->n_keys = c->cap_keys = 0;
}

static char *optional(const struct ddl_change *c, uint32_t token)
{
	return token == RS_NO_TOKEN ? NULL : ddl_value(c, token);
}

/* Engines without foreign keys read and forget them. */
static bool has_foreign_keys(const struct ddl_change *c)
{
	return !c->t->engine || strcasecmp(c->t->engine, "InnoDB") == 0 || strcasecmp(c->t->engine, "ndbcluster") == 0;
}

unsigned ddl_generated_number(const char *name, const char *table)
{
	size_t n = strlen(table);

	if (strncmp(name, table, n) != 0 || strncmp(name + n, "_ibfk_", 6) != 0)
		return 0;
	return (unsigned)strtoul(name + n + 6, NULL, 10);
}

static char *generate_name(struct ddl_change *c)
{
	for (size_t i = 0; c->old && c->generated_names == 0 && i < c->old->n_foreign_keys; i++) {
		unsigned n = ddl_generated_number(c->old->foreign_keys[i].name, c->old->name);

		if (n > c->generated_names)
			c->generated_names = n;
	}
	return rs_xprintf("%s_ibfk_%u", c->old ? c->old->name : c->t->name, ++c->generated_names);
}

/* MariaDB uses the index's name where the constraint has none. */
static char *constraint_name(struct ddl_change *c, const struct rs_ddl_key *k)
{
	if (k->constraint != RS_NO_TOKEN)
		return ddl_value(c, k->constraint);
	if (k->name != RS_NO_TOKEN && ddl_dialect(c)->mariadb)
		return ddl_value(c, k->name);
	return generate_name(c);
}

/* The parent's primary key, where the statement names no columns. */
static const struct rs_key *parent_key(const struct ddl_change *c, const struct rs_ddl_ref *parent,
                                       const struct rs_table **table)
{
	*table = c->store ? c->store->find(c->store->ctx, parent->db, parent->name) : NULL;
	for (size_t i = 0; *table && i < (*table)->n_keys; i++)
		if ((*table)->keys[i].primary)
			return &(*table)->keys[i];
	return NULL;
}

static void add_foreign_columns(struct ddl_change *c, struct rs_foreign_key *fk, const struct rs_ddl_key *k)
{
	const struct rs_ddl_part *parts = c->tree->parts;

	fk->n_columns = k->n_parts;
	fk->columns = rs_xcalloc(k->n_parts, sizeof *fk->columns);
	fk->parent_columns = rs_xcalloc(k->n_parts, sizeof *fk->parent_columns);
	for (uint32_t i = 0; i < k->n_parts; i++) {
		fk->columns[i] = ddl_value(c, parts[k->first_part + i].column);
		if (i < k->n_parent_parts)
			fk->parent_columns[i] = ddl_value(c, parts[k->first_parent_part + i].column);
	}
}

static enum rs_rc fill_parent_columns(struct ddl_change *c, struct rs_foreign_key *fk, const struct rs_ddl_ref *parent)
{
	const struct rs_table *table;
	const struct rs_key *key;

	if (fk->parent_columns[fk->n_columns - 1])
		return RS_OK;
	key = parent_key(c, parent, &table);
	for (size_t i = 0; i < fk->n_columns; i++) {
		if (fk->parent_columns[i])
			continue;
		if (!key || i >= key->n_parts || key->parts[i].column >= table->n_columns)
			return rs_ddl_refuse(c->d, c->err, _("the columns of the parent of foreign key %s are not known"), fk->name);
		fk->parent_columns[i] = rs_xstrdup(table->columns[key->parts[i].column].name);
	}
	return RS_OK;
}

static enum rs_rc add_foreign_key(struct ddl_change *c, const struct rs_ddl_key *k)
{
	const struct rs_ddl_ref *parent = &c->d->refs[k->parent];
	struct rs_foreign_key *fk;
	char *name;

	if (!has_foreign_keys(c))
		return RS_OK;
	name = constraint_name(c, k);
	if (k->if_not_exists && ddl_find_foreign_key(c->t, name) >= 0) {
		free(name);
		return RS_OK;
	}
	fk = rs_table_add_foreign_key(c->t, name);
	free(name);
	fk->parent_db = rs_xstrdup(parent->qualified ? parent->db : c->t->db);
	fk->parent_table = rs_xstrdup(parent->name);
	fk->on_delete = k->on_delete;
	fk->on_update = k->on_update;
	add_foreign_columns(c, fk, k);
	return fill_parent_columns(c, fk, parent);
}

/* A foreign key makes an index on its columns, named by the constraint or the index. */
static enum rs_rc note_foreign_key(struct ddl_change *c, const struct rs_ddl_key *k)
{
	struct ddl_new_key *n =
		note(c, RS_KEY_INDEX, optional(c, k->constraint != RS_NO_TOKEN ? k->constraint : k->name));

	n->first = k->first_part;
	n->n = k->n_parts;
	n->generated = true;
	return add_foreign_key(c, k);
}

enum rs_rc ddl_note_key(struct ddl_change *c, const struct rs_ddl_key *k)
{
	struct ddl_new_key *n;

	if (k->kind == RS_KEY_CHECK || k->kind == RS_KEY_PERIOD)
		return RS_OK;
	if (k->kind == RS_KEY_FOREIGN)
		return note_foreign_key(c, k);
	n = note(c, k->kind, optional(c, k->name != RS_NO_TOKEN ? k->name : k->constraint));
	n->first = k->first_part;
	n->n = k->n_parts;
	n->ignored = k->if_not_exists && n->name && ddl_find_key(c->t, n->name) >= 0;
	return RS_OK;
}

bool rs_ddl_key_is_made(const struct rs_ddl_key *k, const struct rs_sql_dialect *d)
{
	return !k->of_column || d->version >= (d->mariadb ? 100500 : 90000);
}

static void note_column_key(struct ddl_change *c, enum rs_ddl_key_kind kind, const char *column)
{
	note(c, kind, NULL)->column = column;
}

enum rs_rc ddl_column_keys(struct ddl_change *c, const struct rs_ddl_column *def)
{
	char *text = ddl_value(c, def->name);
	int i = rs_table_column(c->t, text);
	const char *name = i < 0 ? NULL : c->t->columns[i].name;
	enum rs_rc rc = RS_OK;

	free(text);
	if (def->type.word == RS_WORD_SERIAL)
		note_column_key(c, RS_KEY_UNIQUE, name);
	for (uint32_t n = def->first_attr; n < def->first_attr + def->n_attrs && rc == RS_OK; n++) {
		const struct rs_ddl_attr *a = &c->tree->attrs[n];

		if (a->kind == RS_ATTR_PRIMARY)
			note_column_key(c, RS_KEY_PRIMARY, name);
		else if (a->kind == RS_ATTR_UNIQUE || a->kind == RS_ATTR_SERIAL)
			note_column_key(c, RS_KEY_UNIQUE, name);
		else if (a->kind == RS_ATTR_REFERENCES && rs_ddl_key_is_made(&c->tree->keys[a->value], ddl_dialect(c)))
			rc = note_foreign_key(c, &c->tree->keys[a->value]);
	}
	return rc;
}

/* --- keys that foreign keys make and that others replace --------------------------------------------- */

static uint32_t part_count(const struct ddl_new_key *k) { return k->column ? 1 : k->n; }

static char *part_name(const struct ddl_change *c, const struct ddl_new_key *k, uint32_t i)
{
	const struct rs_ddl_part *part = &c->tree->parts[k->first + i];

	if (k->column)
		return rs_xstrdup(k->column);
	return part->column == RS_NO_TOKEN || part->prefix ? rs_xstrdup("") : ddl_value(c, part->column);
}

/* Whether a's columns are the first of b's. */
static bool is_start_of(const struct ddl_change *c, const struct ddl_new_key *a, const struct ddl_new_key *b)
{
	bool same = part_count(a) <= part_count(b);

	for (uint32_t i = 0; same && i < part_count(a); i++) {
		char *x = part_name(c, a, i), *y = part_name(c, b, i);

		same = *x && strcasecmp(x, y) == 0;
		free(x);
		free(y);
	}
	return same;
}

static bool makes_redundant(const struct ddl_change *c, const struct ddl_new_key *key, const struct ddl_new_key *other)
{
	if (!key->generated && !other->generated)
		return false;
	if (key->generated && other->generated)
		return is_start_of(c, key, other) || is_start_of(c, other, key);
	return key->generated ? is_start_of(c, key, other) : is_start_of(c, other, key);
}

/* As the servers do: each key against those before it. */
static void drop_redundant(struct ddl_change *c)
{
	for (size_t i = 0; i < c->n_keys; i++) {
		struct ddl_new_key *key = &c->keys[i];

		for (size_t j = 0; j < i && !key->ignored; j++) {
			struct ddl_new_key *other = &c->keys[j];

			if (other->ignored || !makes_redundant(c, key, other))
				continue;
			if (!other->generated || (key->generated && part_count(key) < part_count(other)))
				key->ignored = true;
			else
				other->ignored = true;
			break;
		}
	}
}

static bool starts_with_columns(const struct ddl_change *c, const struct rs_key *k, const struct ddl_new_key *n)
{
	if (part_count(n) > k->n_parts)
		return false;
	for (uint32_t i = 0; i < part_count(n); i++) {
		uint32_t column = k->parts[i].column;
		char *name = part_name(c, n, i);
		bool same = column < c->t->n_columns && !k->parts[i].prefix && strcasecmp(c->t->columns[column].name, name) == 0;

		free(name);
		if (!same)
			return false;
	}
	return true;
}

/* A foreign key needs no index of its own where the table has one already. */
static void drop_served(struct ddl_change *c)
{
	for (size_t i = 0; i < c->n_keys; i++)
		for (size_t j = 0; c->keys[i].generated && j < c->t->n_keys; j++)
			if (starts_with_columns(c, &c->t->keys[j], &c->keys[i]))
				c->keys[i].ignored = true;
}

/* --- adding ---------------------------------------------------------------------------------------------- */

/* The name of a key that has none: its first column's, with a number where it is taken. */
static char *automatic_name(const struct ddl_change *c, const struct ddl_new_key *k)
{
	char *base, *name;

	if (!k->column && c->tree->parts[k->first].column == RS_NO_TOKEN)
		base = rs_xstrdup("functional_index");
	else
		base = k->column ? rs_xstrdup(k->column) : ddl_value(c, c->tree->parts[k->first].column);
	name = rs_xstrdup(base);
	for (int n = 2; ddl_find_key(c->t, name) >= 0 || strcasecmp(name, "PRIMARY") == 0; n++) {
		free(name);
		name = rs_xprintf("%s_%d", base, n);
	}
	free(base);
	return name;
}

static bool has_descending(const struct ddl_change *c)
{
	const struct rs_sql_dialect *d = ddl_dialect(c);

	return d->version >= (d->mariadb ? 100800 : 80000);
}

/* A prefix as long as the column is the column; types without parts have none. */
static uint32_t real_prefix(const struct rs_column *column, uint64_t prefix)
{
	bool sized = column->type == RS_T_CHAR || column->type == RS_T_VARCHAR || column->type == RS_T_BINARY ||
	             column->type == RS_T_VARBINARY;

	if (!ddl_takes_prefix(column->type) || (sized && prefix >= column->length) || prefix > UINT32_MAX)
		return 0;
	return (uint32_t)prefix;
}

static uint32_t part_prefix(const struct rs_column *column, enum rs_ddl_key_kind kind, uint64_t prefix)
{
	if (kind == RS_KEY_SPATIAL)
		return 32; /* bytes of a bounding box */
	return kind == RS_KEY_FULLTEXT ? 0 : real_prefix(column, prefix);
}

static enum rs_rc add_part(struct ddl_change *c, struct rs_key *key, enum rs_ddl_key_kind kind,
                           const struct rs_ddl_part *part)
{
	struct rs_key_part *added;
	char *name;
	int column;

	if (part->column == RS_NO_TOKEN) {
		rs_key_add_part(key, UINT32_MAX)->descending = part->descending && has_descending(c);
		return RS_OK;
	}
	name = ddl_value(c, part->column);
	column = rs_table_column(c->t, name);
	if (column < 0) {
		rs_ddl_refuse(c->d, c->err, _("the table %s.%s has no column %s that is known"), c->t->db, c->t->name, name);
		free(name);
		return RS_FAIL;
	}
	free(name);
	added = rs_key_add_part(key, (uint32_t)column);
	added->prefix = part_prefix(&c->t->columns[column], kind, part->prefix);
	added->descending = part->descending && has_descending(c) && kind != RS_KEY_FULLTEXT;
	return RS_OK;
}

/* MariaDB makes a hash of a unique key that holds a whole TEXT or BLOB, and a hash has no order. */
static void settle_hash(const struct ddl_change *c, struct rs_key *key)
{
	bool hash = false;

	for (size_t i = 0; i < key->n_parts; i++) {
		uint32_t column = key->parts[i].column;
		enum rs_type type = column < c->t->n_columns ? c->t->columns[column].type : RS_T_UNKNOWN;

		hash |= !key->parts[i].prefix &&
		        (type == RS_T_GEOMETRY || (type >= RS_T_TINYTEXT && type <= RS_T_LONGTEXT) ||
		         (type >= RS_T_TINYBLOB && type <= RS_T_LONGBLOB));
	}
	for (size_t i = 0; hash && key->unique && ddl_dialect(c)->mariadb && i < key->n_parts; i++)
		key->parts[i].descending = false;
}

static enum rs_rc add_key(struct ddl_change *c, const struct ddl_new_key *k)
{
	bool primary = k->kind == RS_KEY_PRIMARY;
	char *name = primary ? rs_xstrdup("PRIMARY") : k->name ? rs_xstrdup(k->name) : automatic_name(c, k);
	struct rs_key *key = rs_table_add_key(c->t, name);
	size_t index = c->t->n_keys - 1;

	free(name);
	key->primary = primary;
	key->unique = primary || k->kind == RS_KEY_UNIQUE;
	if (k->column) {
		rs_key_add_part(key, (uint32_t)rs_table_column(c->t, k->column));
		return RS_OK;
	}
	for (uint32_t i = 0; i < k->n; i++)
		if (add_part(c, &c->t->keys[index], k->kind, &c->tree->parts[k->first + i]) != RS_OK)
			return RS_FAIL;
	settle_hash(c, &c->t->keys[index]);
	return RS_OK;
}

/* Columns of the primary key can't be NULL. */
static void settle_nulls(struct rs_table *t)
{
	for (size_t i = 0; i < t->n_keys; i++)
		for (size_t j = 0; t->keys[i].primary && j < t->keys[i].n_parts; j++)
			if (t->keys[i].parts[j].column < t->n_columns)
				t->columns[t->keys[i].parts[j].column].nullable = false;
	for (size_t i = 0; i < t->n_keys; i++) {
		struct rs_key *k = &t->keys[i];

		k->not_null = true;
		for (size_t j = 0; j < k->n_parts; j++)
			if (k->parts[j].column >= t->n_columns || t->columns[k->parts[j].column].nullable)
				k->not_null = false;
	}
}

enum rs_rc ddl_finish_keys(struct ddl_change *c)
{
	drop_redundant(c);
	drop_served(c);
	for (size_t i = 0; i < c->n_keys; i++)
		if (!c->keys[i].ignored && add_key(c, &c->keys[i]) != RS_OK)
			return RS_FAIL;
	settle_nulls(c->t);
	rs_table_sort_keys(c->t);
	return RS_OK;
}
