/* Routes: how a table of the source is bound to the one that the destination has, without servers. */
#include "engine/core.h"

#include "base/mem.h"
#include "unit.h"

/* A sink that knows one table. */
struct fake_sink {
	struct rs_sink base;
	const struct rs_table *table;
};

static enum rs_rc fake_table(struct rs_sink *s, const char *db, const char *name, const struct rs_table **out,
                             struct rs_err *err)
{
	const struct rs_table *t = ((struct fake_sink *)s)->table;

	if (strcmp(t->db, db) != 0 || strcmp(t->name, name) != 0)
		return rs_err_set(err, RS_E_DEST_TABLE_MISSING, "%s.%s", db, name);
	*out = rs_table_ref(t);
	return RS_OK;
}

static const struct rs_sink_ops fake_sink_ops = {.table = fake_table};

/* d.t (id, a, b), of which the key is KEY; without the columns whose letters are in LEFT_OUT. */
static struct rs_table *table_without(const char *left_out, const char *key)
{
	struct rs_table *t = rs_table_new("d", "t");

	for (const char *name = "iab"; *name != '\0'; name++) {
		const char text[] = {*name, '\0'};
		if (strchr(left_out, *name) == NULL)
			rs_table_add_column(t, text, RS_T_INT);
	}
	int column = rs_table_column(t, key);
	if (column >= 0) {
		struct rs_key *k = rs_table_add_key(t, "PRIMARY");
		k->primary = k->unique = k->not_null = true;
		rs_key_add_part(k, (uint32_t)column);
	}
	return t;
}

/* An engine with one table, d.t, and what its destination has. */
struct plan {
	struct rs_source source; /* that nothing is asked of */
	struct fake_sink sink;
	struct rs_engine e;
	struct rs_sync_table *t;
};

static void plan_init(struct plan *p, const char *dest_without, const char *key, unsigned ddl)
{
	struct rs_meta_table meta = {.db = rs_xstrdup("d"), .name = rs_xstrdup("t"), .state = RS_TABLE_COPIED};

	*p = (struct plan){.sink = {.base = {.ops = &fake_sink_ops, .has_schemas = true}, .table = table_without(dest_without, key)}};
	p->e.task = rs_task_new("mysql-to-mysql", "plan", NULL);
	p->e.task->sync.ddl = ddl;
	p->e.source = &p->source;
	p->e.sink = &p->sink.base;
	p->e.by_name = (struct rs_map)RS_MAP_INIT;
	rs_stats_init(&p->e.stats);
	meta.schema = table_without("", key);
	p->t = rs_plan_add(&p->e, &meta);
}

static void plan_release(struct plan *p)
{
	rs_plan_clear(&p->e);
	rs_stats_release(&p->e.stats);
	rs_task_free(p->e.task);
	rs_table_unref(p->sink.table);
}

static void every_column_is_bound(void)
{
	struct rs_err err = RS_ERR_INIT;
	struct plan p;

	plan_init(&p, "", "i", RS_SYNC_ALTER_TABLE);
	UNIT_INT(rs_plan_route(&p.e, p.t, &err), RS_OK);
	for (int i = 0; i < 3; i++)
		UNIT_INT(p.t->route->columns[i], i);
	CU_ASSERT_PTR_NOT_NULL(p.t->route->row_key);
	CU_ASSERT_FALSE(p.t->route->dest_has_more);
	plan_release(&p);
}

/* Where nothing is made a table is what the source has, but for names, and for what is left out. */
static void a_destination_without_schemas_has_what_the_source_has(void)
{
	struct rs_err err = RS_ERR_INIT;
	struct plan p;

	plan_init(&p, "ib", "i", RS_SYNC_ALTER_TABLE);
	p.sink.base.has_schemas = false;
	UNIT_INT(rs_selection_add_table(p.e.task->objects, "d", "t", &err), RS_OK);
	UNIT_INT(rs_selection_rename_column(p.e.task->objects, "d", "t", "b", "a", &err), RS_OK);
	UNIT_INT(rs_selection_exclude_column(p.e.task->objects, "d", "t", "a", &err), RS_OK);
	UNIT_INT(rs_plan_route(&p.e, p.t, &err), RS_OK);
	const struct rs_route *r = p.t->route;
	CU_ASSERT_EQUAL_FATAL(r->dest->n_columns, 2);
	UNIT_STR(r->dest->columns[0].name, "i");
	UNIT_STR(r->dest->columns[1].name, "a");
	UNIT_INT(r->columns[0], 0);
	UNIT_INT(r->columns[1], -1);
	UNIT_INT(r->columns[2], 1);
	CU_ASSERT_PTR_NOT_NULL(r->row_key);
	CU_ASSERT_FALSE(r->dest_has_more);
	plan_release(&p);
}

static void a_column_that_is_missing_is_named(void)
{
	struct rs_err err = RS_ERR_INIT;
	struct plan p;

	plan_init(&p, "a", "i", RS_SYNC_ALTER_TABLE);
	UNIT_INT(rs_plan_route(&p.e, p.t, &err), RS_FAIL);
	UNIT_INT(err.code, RS_E_DEST_COLUMN);
	UNIT_STR(err.primary, "the destination's table d.t has no column a");
	CU_ASSERT_PTR_NOT_NULL(err.hint);
	CU_ASSERT_PTR_NULL(p.t->route);
	rs_err_clear(&err);
	plan_release(&p);
}

static void a_column_may_be_the_source_s_alone_where_changes_of_tables_are_not_followed(void)
{
	struct rs_err err = RS_ERR_INIT;
	struct plan p;

	plan_init(&p, "a", "i", RS_SYNC_CREATE_TABLE);
	UNIT_INT(rs_plan_route(&p.e, p.t, &err), RS_OK);
	UNIT_INT(p.t->route->columns[0], 0);
	UNIT_INT(p.t->route->columns[1], -1);
	UNIT_INT(p.t->route->columns[2], 1);
	CU_ASSERT_FALSE(p.t->route->dest_has_more);
	CU_ASSERT_PTR_NOT_NULL(p.t->route->row_key);
	plan_release(&p);
}

static void a_generated_column_may_always_be_missing(void)
{
	struct rs_table *with_generated = table_without("", "i");
	struct rs_err err = RS_ERR_INIT;
	struct plan p;

	plan_init(&p, "b", "i", RS_SYNC_ALTER_TABLE);
	with_generated->columns[2].generated = true;
	rs_table_unref(p.t->meta.schema);
	p.t->meta.schema = with_generated;
	UNIT_INT(rs_plan_route(&p.e, p.t, &err), RS_OK);
	UNIT_INT(p.t->route->columns[2], -1);
	plan_release(&p);
}

/* Rows that can't be told apart by what is written must not be looked for by it. */
static void a_key_that_is_not_written_finds_no_rows(void)
{
	struct rs_err err = RS_ERR_INIT;
	struct plan p;

	plan_init(&p, "a", "a", RS_SYNC_CREATE_TABLE);
	UNIT_INT(rs_plan_route(&p.e, p.t, &err), RS_OK);
	CU_ASSERT_PTR_NULL(p.t->route->row_key);
	plan_release(&p);
}

static void a_table_that_does_not_fit_any_more_keeps_its_route(void)
{
	struct rs_err err = RS_ERR_INIT;
	struct plan p;

	plan_init(&p, "", "i", RS_SYNC_ALTER_TABLE);
	UNIT_INT(rs_plan_route(&p.e, p.t, &err), RS_OK);
	const struct rs_route *before = p.t->route;
	rs_table_unref(p.sink.table);
	p.sink.table = table_without("a", "i");
	UNIT_INT(rs_plan_route(&p.e, p.t, &err), RS_FAIL);
	CU_ASSERT_PTR_EQUAL(p.t->route, before);
	rs_err_clear(&err);
	plan_release(&p);
}

static struct rs_sync_table *add_table(struct plan *p, const char *name)
{
	struct rs_meta_table meta = {.db = rs_xstrdup("d"), .name = rs_xstrdup(name), .state = RS_TABLE_COPIED};

	return rs_plan_add(&p->e, &meta);
}

static void drop_table(struct plan *p, const char *name)
{
	struct rs_sync_table *t = rs_plan_find(&p->e, "d", name);

	t->meta.state = RS_TABLE_GONE;
	rs_stats_dropped(&p->e.stats, t->stats);
	rs_plan_forget(&p->e, "d", name);
}

/* A log may make tables, use them and drop them for years. */
static void tables_that_are_gone_leave_their_places(void)
{
	struct plan p;
	char name[20];

	plan_init(&p, "", "i", RS_SYNC_ALTER_TABLE);
	add_table(&p, "stays");
	for (int i = 0; i < 1000; i++) {
		snprintf(name, sizeof name, "passes%d", i);
		add_table(&p, name);
		add_table(&p, "last");
		drop_table(&p, name);
		CU_ASSERT_PTR_NULL(rs_plan_find(&p.e, "d", name));
		UNIT_STR(rs_plan_find(&p.e, "d", "last")->meta.name, "last");
		drop_table(&p, "last");
	}
	UNIT_INT(p.e.n_tables, 2);
	UNIT_INT(p.e.stats.n_tables, 2);
	UNIT_STR(rs_plan_find(&p.e, "d", "t")->meta.name, "t");
	UNIT_STR(rs_plan_find(&p.e, "d", "stays")->stats->name, "stays");
	plan_release(&p);
}

/* What a copy has left marks on is still asked for by them; and what is not gone stays in any case. */
static void a_table_that_was_copied_keeps_its_place(void)
{
	struct plan p;

	plan_init(&p, "", "i", RS_SYNC_ALTER_TABLE);
	rs_plan_forget(&p.e, "d", "t");
	rs_plan_forget(&p.e, "d", "nowhere");
	UNIT_INT(p.e.n_tables, 1);
	rs_position_set_file(&p.t->meta.exact, "binlog.000001", 4);
	drop_table(&p, "t");
	CU_ASSERT_PTR_EQUAL(rs_plan_find(&p.e, "d", "t"), p.t);
	plan_release(&p);
}

UNIT_MAIN(UNIT_TEST(every_column_is_bound), UNIT_TEST(a_destination_without_schemas_has_what_the_source_has),
          UNIT_TEST(a_column_that_is_missing_is_named),
          UNIT_TEST(a_column_may_be_the_source_s_alone_where_changes_of_tables_are_not_followed),
          UNIT_TEST(a_generated_column_may_always_be_missing), UNIT_TEST(a_key_that_is_not_written_finds_no_rows),
          UNIT_TEST(a_table_that_does_not_fit_any_more_keeps_its_route),
          UNIT_TEST(tables_that_are_gone_leave_their_places), UNIT_TEST(a_table_that_was_copied_keeps_its_place))
