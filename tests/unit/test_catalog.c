#include "unit.h"
#include "base/mem.h"
#include "model/catalog.h"

static void objects_come_by_kind_then_database_then_name(void)
{
	struct rs_catalog c = {0};

	for (int i = 40; i-- > 0;) {
		char *name = rs_xprintf("t%02d", i);

		rs_catalog_add(&c, RS_OBJECT_TABLE, i % 2 ? "b" : "a", name);
		free(name);
	}
	rs_catalog_add(&c, RS_OBJECT_SEQUENCE, "a", "s");
	rs_catalog_add(&c, RS_OBJECT_DATABASE, "b", "b");
	rs_catalog_add(&c, RS_OBJECT_DATABASE, "a", "a");
	rs_catalog_sort(&c);
	UNIT_STR(c.objects[0].db, "a");
	UNIT_STR(c.objects[1].db, "b");
	UNIT_STR(c.objects[2].name, "t00");
	UNIT_STR(c.objects[22].name, "t01");
	UNIT_STR(c.objects[42].name, "s");
	rs_catalog_release(&c);
}

static void an_object_is_found_by_kind_and_exact_name(void)
{
	struct rs_catalog c = {0};
	const struct rs_object *o;

	CU_ASSERT_PTR_NULL(rs_catalog_find(&c, RS_OBJECT_TABLE, "a", "t"));
	rs_catalog_add(&c, RS_OBJECT_VIEW, "a", "t");
	rs_catalog_add(&c, RS_OBJECT_TABLE, "a", "T")->schema = rs_table_new("a", "T");
	rs_catalog_add(&c, RS_OBJECT_TABLE, "a", "t")->create_sql = rs_xstrdup("CREATE TABLE t");
	rs_catalog_sort(&c);
	o = rs_catalog_find(&c, RS_OBJECT_TABLE, "a", "t");
	CU_ASSERT_PTR_NOT_NULL_FATAL(o);
	UNIT_STR(o->create_sql, "CREATE TABLE t");
	CU_ASSERT_PTR_NULL(rs_catalog_find(&c, RS_OBJECT_TABLE, "b", "t"));
	UNIT_STR(rs_object_kind_name(rs_catalog_find(&c, RS_OBJECT_VIEW, "a", "t")->kind), "view");
	rs_catalog_release(&c);
	UNIT_INT(c.count, 0);
}

UNIT_MAIN(UNIT_TEST(objects_come_by_kind_then_database_then_name), UNIT_TEST(an_object_is_found_by_kind_and_exact_name))
