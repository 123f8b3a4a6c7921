/* What is kept of a task as JSON comes back as it was, and what is damaged is refused. */
#include "sink/meta_json.h"

#include "base/mem.h"
#include "unit.h"

static struct rs_position place(const char *file, uint64_t offset)
{
	struct rs_position p = RS_POSITION_INIT;

	rs_position_set_file(&p, file, offset);
	return p;
}

static void a_position_comes_back(void)
{
	struct rs_position p = place("binlog.000007", (uint64_t)1 << 40), back = place("older", 1);

	rs_position_set_gtid(&p, "0-1-5");
	rs_position_set_log(&p, "binlog.000007 head");
	json_t *j = rs_meta_position_to_json(&p);
	rs_meta_position_from_json(j, &back);
	CU_ASSERT_TRUE(rs_position_same(&p, &back));
	UNIT_STR(back.log, p.log);
	rs_meta_position_from_json(NULL, &back);
	CU_ASSERT_FALSE(rs_position_is_set(&back));
	json_decref(j);
	rs_position_clear(&p);
}

static void a_table_comes_back(void)
{
	struct rs_table *schema = rs_table_new("shop", "t");
	struct rs_err err = RS_ERR_INIT;
	struct rs_meta_table back;

	rs_table_add_column(schema, "id", RS_T_INT);
	struct rs_meta_table t = {.db = rs_xstrdup("shop"), .name = rs_xstrdup("t"), .state = RS_TABLE_CREATED, .ours = true, .rows = 12,
	                          .exact = place("b.1", 5), .overlap = place("b.1", 6), .defaulted = place("b.1", 7), .filter = rs_xstrdup("id > 1"),
	                          .old = RS_OLD_REMOVE, .loose = true, .schema = schema};
	t.online = rs_xcalloc(1, sizeof *t.online);
	*t.online = (struct rs_meta_online){.shadow = rs_xstrdup("_t_gho"), .schema = rs_table_ref(schema), .proven = true, .sql_mode = 4};
	json_t *j = rs_meta_table_to_json(&t);
	UNIT_INT(rs_meta_table_from_json(j, "shop", "t", &back, &err), RS_OK);
	UNIT_INT(back.state, RS_TABLE_CREATED);
	UNIT_INT(back.ours && back.loose, 1);
	UNIT_INT(back.rows, 12);
	UNIT_INT(back.old, RS_OLD_REMOVE);
	UNIT_STR(back.filter, "id > 1");
	UNIT_INT(back.exact.offset, 5);
	UNIT_INT(back.overlap.offset, 6);
	UNIT_INT(back.defaulted.offset, 7);
	CU_ASSERT_TRUE(rs_table_same(back.schema, schema));
	UNIT_STR(back.online->shadow, "_t_gho");
	UNIT_INT(back.online->sql_mode, 4);
	json_decref(j);
	rs_meta_table_clear(&t);
	rs_meta_table_clear(&back);
}

static void a_state_that_is_none_is_refused(void)
{
	json_t *j = json_pack("{s:s}", "state", "half");
	struct rs_err err = RS_ERR_INIT;
	struct rs_meta_table back;

	UNIT_INT(rs_meta_table_from_json(j, "shop", "t", &back, &err), RS_FAIL);
	UNIT_INT(err.code, RS_E_META_DAMAGED);
	CU_ASSERT_PTR_NOT_NULL(strstr(err.primary, "half"));
	rs_meta_table_clear(&back);
	rs_err_clear(&err);
	json_decref(j);
}

static void a_decision_comes_back(void)
{
	struct rs_meta_event m = {.number = 9, .id = {.file = rs_xstrdup("b.1"), .offset = 4, .gtid = rs_xstrdup("0-1-5"), .ordinal = 2,
	                                              .digest = UINT64_MAX - 1},
	                          .decision = RS_DECISION_EDIT, .sql = rs_xstrdup("SELECT 1"), .what = rs_xstrdup("UPDATE shop.t"), .passed = true};
	struct rs_err err = RS_ERR_INIT;
	struct rs_meta_event back;
	json_t *j = rs_meta_event_to_json(&m);

	UNIT_INT(rs_meta_event_from_json(j, 9, &back, &err), RS_OK);
	CU_ASSERT_TRUE(back.id.digest == m.id.digest && back.number == 9 && back.passed);
	UNIT_INT(back.decision, RS_DECISION_EDIT);
	UNIT_STR(back.sql, "SELECT 1");
	UNIT_STR(back.id.gtid, "0-1-5");
	rs_meta_event_clear(&back);
	json_object_set_new(j, "decision", json_string("perhaps"));
	UNIT_INT(rs_meta_event_from_json(j, 9, &back, &err), RS_FAIL);
	UNIT_INT(err.code, RS_E_META_DAMAGED);
	rs_meta_event_clear(&back);
	rs_meta_event_clear(&m);
	rs_err_clear(&err);
	json_decref(j);
}

UNIT_MAIN(UNIT_TEST(a_position_comes_back), UNIT_TEST(a_table_comes_back), UNIT_TEST(a_state_that_is_none_is_refused),
          UNIT_TEST(a_decision_comes_back))
