#include "codec/ddl.h"
#include "model/selection.h"

static bool map_table(void *ctx, const char *db, const char *name, const char **to_db, const char **to_name)
{
	if (!rs_selection_includes_table(ctx, db, name))
		return false;
	rs_selection_map_table(ctx, db, name, to_db, to_name);
	return true;
}

static const char *map_database(void *ctx, const char *db)
{
	return rs_selection_includes_db(ctx, db) ? rs_selection_map_db(ctx, db) : NULL;
}

static const char *map_column(void *ctx, const char *db, const char *table, const char *column)
{
	return rs_selection_map_column(ctx, db, table, column);
}

static bool any_column(void *ctx, const char *db, const char *table)
{
	return rs_selection_maps_columns(ctx, db, table);
}

struct rs_ddl_map rs_ddl_map_selection(const struct rs_selection *s, const struct rs_selection *beside)
{
	return (struct rs_ddl_map){.ctx = (void *)(uintptr_t)s,
	                           .table = map_table,
	                           .database = map_database,
	                           .column = map_column,
	                           .any_column = any_column,
	                           .beside = beside};
}
