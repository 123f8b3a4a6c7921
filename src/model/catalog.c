#include "model/catalog.h"

#include "base/mem.h"

static void release_part(struct rs_part *p)
{
	free(p->name);
	free(p->sql);
	for (size_t i = 0; i < p->n_columns; i++)
		free(p->columns[i]);
	free(p->columns);
	free(p->other_db);
	free(p->other_name);
}

static void release_object(struct rs_object *o)
{
	free(o->db);
	free(o->name);
	free(o->create_sql);
	free(o->sql_mode);
	free(o->charset_client);
	free(o->collation_connection);
	free(o->time_zone);
	free(o->definer);
	free(o->table);
	free(o->next);
	free(o->shown);
	free(o->unsupported);
	for (size_t i = 0; i < o->n_parts; i++)
		release_part(&o->parts[i]);
	free(o->parts);
	rs_table_unref(o->schema);
}

void rs_catalog_release(struct rs_catalog *c)
{
	for (size_t i = 0; i < c->count; i++)
		release_object(&c->objects[i]);
	free(c->objects);
	free(c->server_id_text);
	rs_collations_release(&c->collations);
	*c = (struct rs_catalog){0};
}

struct rs_object *rs_catalog_add(struct rs_catalog *c, enum rs_object_kind kind, const char *db, const char *name)
{
	struct rs_object *o;

	RS_GROW(c->objects, c->count, c->cap);
	o = &c->objects[c->count++];
	*o = (struct rs_object){.kind = kind, .db = rs_xstrdup(db), .name = rs_xstrdup(name)};
	return o;
}

struct rs_part *rs_object_add_part(struct rs_object *o, enum rs_part_kind kind)
{
	RS_GROW(o->parts, o->n_parts, o->cap_parts);
	struct rs_part *p = &o->parts[o->n_parts++];
	*p = (struct rs_part){.kind = kind};
	return p;
}

void rs_catalog_keep(struct rs_catalog *c, bool (*wanted)(const void *arg, const struct rs_object *o), const void *arg)
{
	size_t kept = 0;

	for (size_t i = 0; i < c->count; i++)
		if (wanted(arg, &c->objects[i]))
			c->objects[kept++] = c->objects[i];
		else
			release_object(&c->objects[i]);
	c->count = kept;
}

static int compare(const void *left, const void *right)
{
	const struct rs_object *a = left, *b = right;
	int order;

	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	order = strcmp(a->db, b->db);
	return order ? order : strcmp(a->name, b->name);
}

void rs_catalog_sort(struct rs_catalog *c)
{
	if (c->count > 1)
		qsort(c->objects, c->count, sizeof *c->objects, compare);
}

const struct rs_object *rs_catalog_find(const struct rs_catalog *c, enum rs_object_kind kind, const char *db,
                                        const char *name)
{
	const struct rs_object wanted = {.kind = kind, .db = (char *)(uintptr_t)db, .name = (char *)(uintptr_t)name};

	return c->count ? bsearch(&wanted, c->objects, c->count, sizeof *c->objects, compare) : NULL;
}

const char *rs_object_kind_name(enum rs_object_kind kind)
{
	static const char *const names[] = {
		[RS_OBJECT_DATABASE] = "database",   [RS_OBJECT_TABLE] = "table",       [RS_OBJECT_VIEW] = "view",
		[RS_OBJECT_PROCEDURE] = "procedure", [RS_OBJECT_FUNCTION] = "function", [RS_OBJECT_TRIGGER] = "trigger",
		[RS_OBJECT_EVENT] = "event",         [RS_OBJECT_SEQUENCE] = "sequence",
		[RS_OBJECT_TYPE] = "type",
	};

	return names[kind];
}
