#include "codec/pg_like.h"

#include <string.h>
#include "codec/pg_ddl_priv.h"
#include "codec/pg_names.h"

enum { VIRTUAL = 180000 };

bool rs_pg_part_fits(const struct rs_part *p, const struct rs_object *o, const struct rs_ddl_map *map)
{
	const char *db, *name;

	if (p->other_db && !map->table(map->ctx, p->other_db, p->other_name, &db, &name))
		return false;
	for (size_t i = 0; i < p->n_columns; i++)
		if (!map->column(map->ctx, o->db, o->name, p->columns[i]))
			return false;
	return true;
}

void rs_pg_put_part(struct rs_buf *out, const struct rs_part *p, const struct rs_object *o, const struct rs_ddl_map *map)
{
	rs_pg_put_renamed(out, p->sql, map, o->db, o->name);
}

static const struct rs_part *part_of(const struct rs_object *o, const struct rs_column *c)
{
	for (size_t i = 0; i < o->n_parts; i++)
		if (o->parts[i].kind == RS_PART_COLUMN && strcmp(o->parts[i].name, c->name) == 0)
			return &o->parts[i];
	return NULL;
}

/* Servers before 18 have no column that is only computed when it is read. */
static void store_virtual(struct rs_buf *out)
{
	static const char word[] = " VIRTUAL";
	const size_t n = sizeof word - 1;

	if (out->len < n || strcmp(rs_buf_str(out) + out->len - n, word) != 0)
		return;
	out->len -= n;
	out->data[out->len] = '\0';
	(void)rs_buf_adds(out, " STORED");
}

/* What is computed of a column that is left out is not there either. */
static void put_column(struct rs_buf *out, const struct rs_object *o, const struct rs_column *c, const char *name, const struct rs_ddl_map *map,
                       unsigned version)
{
	const struct rs_part *p = part_of(o, c);

	rs_pg_put_ident(out, name);
	(void)rs_buf_addc(out, ' ');
	rs_pg_put_renamed(out, c->native, map, NULL, NULL);
	if (p && rs_pg_part_fits(p, o, map))
		rs_pg_put_part(out, p, o, map);
	if (c->generated && version < VIRTUAL)
		store_virtual(out);
	if (!c->nullable)
		(void)rs_buf_adds(out, " NOT NULL");
}

static bool has_column(const struct rs_object *o, const struct rs_column *c, const struct rs_ddl_map *map)
{
	const struct rs_part *p = c->generated ? part_of(o, c) : NULL;

	return !p || rs_pg_part_fits(p, o, map);
}

enum rs_rc rs_pg_put_like(struct rs_buf *out, const struct rs_object *o, const struct rs_ddl_map *map, unsigned version, struct rs_err *err)
{
	const struct rs_table *t = o->schema;
	const char *separator = " (", *db = t->db, *name = t->name;

	(void)map->table(map->ctx, t->db, t->name, &db, &name);
	(void)rs_buf_adds(out, "CREATE TABLE ");
	rs_pg_put_table(out, db, name);
	if (pg_check_name(t, db, err) != RS_OK || pg_check_name(t, name, err) != RS_OK)
		return RS_FAIL;
	for (size_t i = 0; i < t->n_columns; i++) {
		const char *column = map->column(map->ctx, t->db, t->name, t->columns[i].name);

		if (!column || !has_column(o, &t->columns[i], map))
			continue;
		if (pg_check_name(t, column, err) != RS_OK)
			return RS_FAIL;
		(void)rs_buf_adds(out, separator);
		separator = ", ";
		put_column(out, o, &t->columns[i], column, map, version);
	}
	(void)rs_buf_adds(out, *separator == ',' ? ")" : " ()");
	for (size_t i = 0; i < o->n_parts; i++)
		if (o->parts[i].kind == RS_PART_TABLE && rs_pg_part_fits(&o->parts[i], o, map)) {
			(void)rs_buf_adds(out, "; ");
			rs_pg_put_part(out, &o->parts[i], o, map);
		}
	return RS_OK;
}
