#include "source/pg_source.h"

#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "db/pg_catalog.h"
#include "db/pg_schema.h"

/* ---------------------------------------------------------------- tables */

/* In place of the summary the columns come. */
static enum rs_rc read_table(struct rs_pg *pg, const struct rs_object *from, struct rs_catalog *out, struct rs_err *err)
{
	struct rs_object *o = rs_catalog_add(out, RS_OBJECT_TABLE, from->db, from->name);
	struct rs_table *t = NULL;
	enum rs_rc rc = rs_pg_table_read(pg, from->db, from->name, &t, err);

	o->unsupported = rs_xstrdup(from->unsupported);
	if (rc == RS_OK && from->schema != NULL) {
		t->rows = from->schema->rows;
		t->bytes = from->schema->bytes;
	}
	o->schema = t;
	return rc;
}

static enum rs_rc read_tables(struct rs_pg *pg, const struct rs_selection *sel, const char *schema, struct rs_catalog *out, struct rs_err *err)
{
	struct rs_catalog all = {0};
	enum rs_rc rc = rs_pg_content_read(pg, schema, &all, err);

	for (size_t i = 0; rc == RS_OK && i < all.count; i++)
		if (all.objects[i].kind == RS_OBJECT_TABLE && rs_selection_includes_table(sel, schema, all.objects[i].name))
			rc = read_table(pg, &all.objects[i], out, err);
	rs_catalog_release(&all);
	return rc == RS_OK ? rs_pg_parts_read(pg, schema, out, err) : rc;
}

/* ---------------------------------------------------------------- what else they need */

static bool is_table_like(const struct rs_object *o) { return o->kind == RS_OBJECT_TABLE || o->kind == RS_OBJECT_VIEW; }

/* By itself, not because something needs it. */
static bool is_chosen(const struct rs_selection *sel, const struct rs_object *o)
{
	if (is_table_like(o))
		return rs_selection_includes_table(sel, o->db, o->name);
	return o->kind == RS_OBJECT_DATABASE || rs_selection_whole_db(sel, o->db);
}

static bool is_in(const char *name, const char *text) { return text != NULL && strstr(text, name) != NULL; }

/* Its name is somewhere in how the other is made. That may be another's that begins alike: then it is made needlessly. */
static bool needs(const struct rs_object *o, const char *name)
{
	bool found = is_in(name, o->create_sql);

	for (size_t i = 0; !found && o->schema != NULL && i < o->schema->n_columns; i++)
		found = is_in(name, o->schema->columns[i].native);
	for (size_t i = 0; !found && i < o->n_parts; i++)
		found = o->parts[i].kind != RS_PART_RELEASE && is_in(name, o->parts[i].sql);
	return found;
}

static bool is_needed(const struct rs_selection *sel, const struct rs_catalog *all, const struct rs_object *what)
{
	for (size_t i = 0; i < all->count; i++) {
		const struct rs_object *o = &all->objects[i];

		if (o != what && (o->needed || (is_chosen(sel, o) && o->kind != RS_OBJECT_VIEW)) && needs(o, what->shown))
			return true;
	}
	return false;
}

/* Until nothing else is: a table needs a domain, which needs a function. */
static void mark_needed(const struct rs_selection *sel, struct rs_catalog *all)
{
	bool more = true;

	while (more) {
		more = false;
		for (size_t i = 0; i < all->count; i++) {
			struct rs_object *o = &all->objects[i];

			if (o->shown == NULL || o->needed || is_chosen(sel, o) || is_table_like(o) || !is_needed(sel, all, o))
				continue;
			o->needed = more = true;
		}
	}
}

static bool has_needed(const struct rs_catalog *c, const char *schema)
{
	for (size_t i = 0; i < c->count; i++)
		if (c->objects[i].needed && strcmp(c->objects[i].db, schema) == 0)
			return true;
	return false;
}

static bool is_wanted(const void *sel, const struct rs_object *o) { return o->needed || is_chosen(sel, o); }

/* ---------------------------------------------------------------- all of it */

/* Schemas that are selected, and those in which something needed is. */
static void add_schemas(const struct rs_selection *sel, const struct rs_catalog *schemas, struct rs_catalog *out)
{
	for (size_t i = 0; i < schemas->count; i++) {
		const char *name = schemas->objects[i].db;

		if (rs_selection_includes_db(sel, name))
			rs_catalog_add(out, RS_OBJECT_DATABASE, name, name);
		else if (has_needed(out, name))
			rs_catalog_add(out, RS_OBJECT_DATABASE, name, name)->needed = true;
	}
}

enum rs_rc rs_pg_selected_read(struct rs_pg *pg, const struct rs_selection *sel, struct rs_catalog *out, struct rs_err *err)
{
	struct rs_catalog schemas = {0};
	enum rs_rc rc = rs_pg_schemas_read(pg, &schemas, err);

	for (size_t i = 0; rc == RS_OK && i < schemas.count; i++) {
		const char *name = schemas.objects[i].db;

		if (rs_selection_includes_db(sel, name))
			rc = read_tables(pg, sel, name, out, err);
		if (rc == RS_OK)
			rc = rs_pg_objects_read(pg, name, out, err);
	}
	if (rc == RS_OK) {
		mark_needed(sel, out);
		rs_catalog_keep(out, is_wanted, sel);
		add_schemas(sel, &schemas, out);
	}
	rs_catalog_release(&schemas);
	rs_catalog_sort(out);
	return rc;
}
