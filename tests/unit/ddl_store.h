/* A store of tables in memory, for what tests the following of schemas. Included by one file of each program. */
#ifndef DDL_STORE_H
#define DDL_STORE_H

#include "base/mem.h"
#include "codec/ddl_schema.h"

static struct rs_table **tables;
static size_t n_tables, cap_tables;

static size_t place_of(const char *db, const char *name)
{
	size_t i = 0;

	while (i < n_tables && (strcmp(tables[i]->db, db) != 0 || strcmp(tables[i]->name, name) != 0))
		i++;
	return i;
}

static const struct rs_table *find(void *ctx, const char *db, const char *name)
{
	size_t i = place_of(db, name);

	(void)ctx;
	return i < n_tables ? tables[i] : NULL;
}

static void remove_at(size_t i)
{
	rs_table_unref(tables[i]);
	tables[i] = tables[--n_tables];
}

/* Each program's own: what a table means that is not there. */
static void drop(void *ctx, const char *db, const char *name);

static void put(void *ctx, struct rs_table *t)
{
	if (find(ctx, t->db, t->name))
		remove_at(place_of(t->db, t->name));
	RS_GROW(tables, n_tables, cap_tables);
	tables[n_tables++] = t;
}

static void drop_database(void *ctx, const char *db)
{
	(void)ctx;
	for (size_t i = n_tables; i-- > 0;)
		if (strcmp(tables[i]->db, db) == 0)
			remove_at(i);
}

static const struct rs_table *at(void *ctx, size_t i)
{
	(void)ctx;
	return i < n_tables ? tables[i] : NULL;
}

static const struct rs_ddl_store store = {
	.find = find, .put = put, .drop = drop, .drop_database = drop_database, .at = at};

static void clear(void)
{
	while (n_tables)
		rs_table_unref(tables[--n_tables]);
	free(tables);
	tables = NULL;
	cap_tables = 0;
}

#endif
