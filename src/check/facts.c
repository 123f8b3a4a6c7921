#include "check/facts.h"

#include <ctype.h>
#include <strings.h>
#include "base/mem.h"
#include "db/my_catalog.h"
#include "db/pg_catalog.h"

void rs_facts_free(struct rs_check_facts *facts)
{
	if (!facts)
		return;
	rs_selection_free(facts->objects);
	rs_catalog_release(&facts->source);
	rs_err_clear(&facts->source_problem);
	rs_catalog_release(&facts->dest);
	rs_map_release(&facts->dest_names, NULL);
	for (int side = 0; side < 2; side++) {
		rs_grants_release(&facts->grants[side]);
		free(facts->identity[side]);
	}
	free(facts);
}

static int side_of(const struct rs_check_ctx *ctx, const struct rs_my *my)
{
	return my == ctx->dest;
}

static struct rs_my *connection(struct rs_check_ctx *ctx, int side)
{
	return side ? ctx->dest : ctx->source;
}

const struct rs_selection *rs_facts_objects(struct rs_check_ctx *ctx)
{
	struct rs_check_facts *facts = ctx->facts;

	if (facts->objects)
		return facts->objects;
	facts->objects = rs_selection_copy(ctx->task->objects);
	/* Two rules that become one are reported by the check of the mapping. */
	if (rs_my_is_open(ctx->source) && ctx->source->lower_case_names && rs_selection_fold_case(facts->objects, NULL) != RS_OK) {
		rs_selection_free(facts->objects);
		facts->objects = rs_selection_copy(ctx->task->objects);
	}
	rs_selection_set_case(facts->objects, rs_task_name_case(ctx->task, rs_my_is_open(ctx->dest) && ctx->dest->lower_case_names));
	return facts->objects;
}

/* ------------------------------------------------------------------ the source */

static bool want_db(void *arg, const char *db)
{
	return rs_selection_includes_db(arg, db);
}

static bool want_table(void *arg, const char *db, const char *table)
{
	return rs_selection_includes_table(arg, db, table);
}

static bool want_whole(void *arg, const char *db)
{
	return rs_selection_whole_db(arg, db);
}

static enum rs_rc read_mysql(struct rs_check_ctx *ctx, struct rs_catalog *out, struct rs_err *err)
{
	const struct rs_my_wanted wanted = {want_db, want_table, want_whole, (void *)(uintptr_t)rs_facts_objects(ctx)};

	return rs_my_catalog_read(ctx->source, &wanted, ctx->task->sync.schema ? RS_MY_STATEMENTS : RS_MY_SCHEMAS, out, err);
}

static bool is_selected(const struct rs_selection *s, const struct rs_object *o)
{
	switch (o->kind) {
	case RS_OBJECT_TABLE:
	case RS_OBJECT_VIEW:
	case RS_OBJECT_SEQUENCE: return rs_selection_includes_table(s, o->db, o->name);
	default: return rs_selection_whole_db(s, o->db);
	}
}

static void take_selected(const struct rs_selection *s, const struct rs_catalog *all, struct rs_catalog *out)
{
	for (size_t i = 0; i < all->count; i++) {
		const struct rs_object *from = &all->objects[i];
		struct rs_object *o = is_selected(s, from) ? rs_catalog_add(out, from->kind, from->db, from->name) : NULL;

		if (!o)
			continue;
		o->schema = from->schema ? rs_table_ref(from->schema) : NULL;
		o->unsupported = rs_xstrdup(from->unsupported);
	}
}

/* Without the columns of tables: that is a question to the server for each. */
static enum rs_rc read_postgresql(struct rs_check_ctx *ctx, struct rs_catalog *out, struct rs_err *err)
{
	const struct rs_selection *s = rs_facts_objects(ctx);
	struct rs_catalog schemas = {0};
	enum rs_rc rc = rs_pg_schemas_read(ctx->pg_source, &schemas, err);

	for (size_t i = 0; rc == RS_OK && i < schemas.count; i++) {
		const char *name = schemas.objects[i].db;
		struct rs_catalog all = {0};

		if (!rs_selection_includes_db(s, name))
			continue;
		rs_catalog_add(out, RS_OBJECT_DATABASE, name, name);
		rc = rs_pg_content_read(ctx->pg_source, name, &all, err);
		take_selected(s, &all, out);
		rs_catalog_release(&all);
	}
	rs_catalog_release(&schemas);
	rs_catalog_sort(out);
	return rc;
}

enum rs_rc rs_facts_catalog(struct rs_check_ctx *ctx, struct rs_err *err)
{
	struct rs_check_facts *facts = ctx->facts;
	enum rs_rc rc;

	if (ctx->catalog)
		return RS_OK;
	if (!rs_err_is_set(&facts->source_problem)) {
		rc = ctx->pg_source ? read_postgresql(ctx, &facts->source, &facts->source_problem)
		                    : read_mysql(ctx, &facts->source, &facts->source_problem);
		if (rc == RS_OK)
			ctx->catalog = &facts->source;
		if (rc == RS_OK || rc == RS_CANCELLED)
			return rc;
	}
	rs_err_copy(err, &facts->source_problem);
	return RS_FAIL;
}

static void map_name(struct rs_check_ctx *ctx, const struct rs_object *o, const char **to_db, const char **to_name)
{
	const struct rs_selection *s = rs_facts_objects(ctx);

	switch (o->kind) {
	case RS_OBJECT_TABLE:
	case RS_OBJECT_VIEW:
	case RS_OBJECT_SEQUENCE:
		rs_selection_map_table(s, o->db, o->name, to_db, to_name);
		break;
	case RS_OBJECT_DATABASE:
		*to_db = *to_name = rs_selection_map_db(s, o->db);
		break;
	default:
		*to_db = rs_selection_map_db(s, o->db);
		*to_name = o->name;
	}
}

bool rs_facts_each(struct rs_check_ctx *ctx, size_t *i, enum rs_object_kind kind, const struct rs_object **o,
                   const char **to_db, const char **to_name)
{
	for (; ctx->catalog && *i < ctx->catalog->count; ++*i) {
		*o = &ctx->catalog->objects[*i];
		if ((*o)->kind != kind)
			continue;
		++*i;
		map_name(ctx, *o, to_db, to_name);
		return true;
	}
	return false;
}

/* ------------------------------------------------------------------ both */

enum rs_rc rs_facts_grants(struct rs_check_ctx *ctx, const struct rs_my *my, const struct rs_grants **out,
                           struct rs_err *err)
{
	const int side = side_of(ctx, my);
	struct rs_grants *g = &ctx->facts->grants[side];

	*out = g;
	if (g->account)
		return RS_OK;
	return rs_grants_read(connection(ctx, side), g, err);
}

enum rs_rc rs_facts_identity(struct rs_check_ctx *ctx, const struct rs_my *my, const char **out, struct rs_err *err)
{
	const int side = side_of(ctx, my);
	char **identity = &ctx->facts->identity[side];
	const enum rs_rc rc = *identity ? RS_OK : rs_my_server_identity(connection(ctx, side), identity, err);

	*out = *identity ? *identity : "";
	return rc;
}

/* ------------------------------------------------------------------ the destination */

bool rs_facts_begun(struct rs_check_ctx *ctx)
{
	char *sql, *phase = NULL;
	bool begun;

	if (!(ctx->pg ? rs_pg_is_open(ctx->pg) : rs_my_is_open(ctx->dest)) || !ctx->task->id || !rs_uuid_valid(ctx->task->id))
		return false;
	sql = rs_xprintf("SELECT phase FROM dts.rds_sync_task WHERE id = '%s'", ctx->task->id);
	begun = (ctx->pg ? rs_pg_scalar(ctx->pg, sql, &phase, NULL) : rs_my_scalar(ctx->dest, sql, &phase, NULL)) == RS_OK && phase &&
	        strcmp(phase, "new") != 0 && strcmp(phase, "released") != 0;
	free(sql);
	free(phase);
	return begun;
}

static void add_db(struct rs_facts_dbs *dbs, const char *name)
{
	for (size_t i = 0; i < dbs->count; i++)
		if (strcmp(dbs->names[i], name) == 0)
			return;
	dbs->names = rs_xrealloc(dbs->names, (dbs->count + 1) * sizeof *dbs->names);
	dbs->names[dbs->count++] = rs_xstrdup(name);
}

void rs_facts_dest_dbs(struct rs_check_ctx *ctx, struct rs_facts_dbs *out)
{
	const struct rs_selection *s = rs_facts_objects(ctx);
	struct rs_selection_iter it = RS_SELECTION_ITER;
	struct rs_selection_rule rule;

	*out = (struct rs_facts_dbs){NULL, 0};
	while (rs_selection_each(s, &it, &rule)) {
		const char *db, *table;

		if (!rule.selected)
			continue;
		db = rs_selection_map_db(s, rule.db);
		if (rule.table)
			rs_selection_map_table(s, rule.db, rule.table, &db, &table);
		add_db(out, db);
	}
}

void rs_facts_dbs_release(struct rs_facts_dbs *dbs)
{
	for (size_t i = 0; i < dbs->count; i++)
		free(dbs->names[i]);
	free(dbs->names);
	*dbs = (struct rs_facts_dbs){NULL, 0};
}

/* A key for names at the destination, without case where it has none there. malloc'ed. */
static char *name_key(const struct rs_check_ctx *ctx, const char *db, const char *name)
{
	char *key = name ? rs_xprintf("%s/%s", db, name) : rs_xstrdup(db);

	for (char *c = key; ctx->dest->lower_case_names && *c; c++)
		*c = (char)tolower((unsigned char)*c);
	return key;
}

/* The names that selected objects take: databases, and "database/table". */
struct wanted_names {
	const struct rs_check_ctx *ctx;
	struct rs_map names;
};

static void want(struct wanted_names *w, const char *db, const char *name)
{
	char *key = name_key(w->ctx, db, name);

	rs_map_put(&w->names, key, strlen(key), w);
	free(key);
}

static bool is_wanted(struct wanted_names *w, const char *db, const char *name)
{
	char *key = name_key(w->ctx, db, name);
	const bool wanted = rs_map_get(&w->names, key, strlen(key)) != NULL;

	free(key);
	return wanted;
}

static bool dest_db(void *arg, const char *db)
{
	return is_wanted(arg, db, NULL);
}

static bool dest_table(void *arg, const char *db, const char *table)
{
	return is_wanted(arg, db, table);
}

static void index_names(struct rs_check_ctx *ctx)
{
	struct rs_check_facts *facts = ctx->facts;

	for (size_t i = 0; i < facts->dest.count; i++) {
		struct rs_object *o = &facts->dest.objects[i];
		char *key;

		if (o->kind != RS_OBJECT_TABLE && o->kind != RS_OBJECT_VIEW && o->kind != RS_OBJECT_SEQUENCE)
			continue;
		key = name_key(ctx, o->db, o->name);
		rs_map_put(&facts->dest_names, key, strlen(key), o);
		free(key);
	}
}

enum rs_rc rs_facts_dest(struct rs_check_ctx *ctx, struct rs_err *err)
{
	static const enum rs_object_kind kinds[] = {RS_OBJECT_TABLE, RS_OBJECT_VIEW, RS_OBJECT_SEQUENCE};
	struct rs_check_facts *facts = ctx->facts;
	struct wanted_names names = {ctx, RS_MAP_INIT};
	const struct rs_my_wanted wanted = {dest_db, dest_table, NULL, &names};
	struct rs_facts_dbs dbs;
	enum rs_rc rc;

	if (facts->dest_read)
		return RS_OK;
	rs_facts_dest_dbs(ctx, &dbs);
	for (size_t i = 0; i < dbs.count; i++)
		want(&names, dbs.names[i], NULL);
	rs_facts_dbs_release(&dbs);
	for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
		const char *to_db, *to_name;
		const struct rs_object *o;

		for (size_t i = 0; rs_facts_each(ctx, &i, kinds[k], &o, &to_db, &to_name);)
			want(&names, to_db, to_name);
	}
	rc = rs_my_catalog_read(ctx->dest, &wanted, RS_MY_SCHEMAS, &facts->dest, err);
	rs_map_release(&names.names, NULL);
	facts->dest_read = rc == RS_OK;
	if (rc == RS_OK)
		index_names(ctx);
	return rc;
}

const struct rs_object *rs_facts_dest_table(const struct rs_check_ctx *ctx, const char *db, const char *name)
{
	char *key = name_key(ctx, db, name);
	const struct rs_object *o = rs_map_get(&ctx->facts->dest_names, key, strlen(key));

	free(key);
	return o;
}
