#include "model/selection.h"

#include <sys/stat.h>
#include "base/clock.h"
#include "base/file.h"
#include "base/ini.h"
#include "base/mem.h"
#include "model/selection_name.h"
#include "model/task.h"
#include "unit.h"

static struct rs_selection *parse(const char *text)
{
	struct rs_selection *s = rs_selection_new();
	struct rs_err err = RS_ERR_INIT;

	if (rs_selection_parse(s, "test", text, strlen(text), &err) != RS_OK) {
		printf("# %s\n", err.primary);
		CU_FAIL("the text does not parse");
	}
	rs_err_clear(&err);
	return s;
}

static void refused(const char *text, const char *why)
{
	struct rs_selection *s = rs_selection_new();
	struct rs_err err = RS_ERR_INIT;

	if (rs_selection_parse(s, "test", text, strlen(text), &err) == RS_OK)
		(void)!rs_selection_check(s, false, &err);
	if (!err.primary || !strstr(err.primary, why))
		printf("# \"%s\" gives: %s\n", text, err.primary ? err.primary : "no error");
	CU_ASSERT_TRUE(err.primary && strstr(err.primary, why));
	rs_err_clear(&err);
	rs_selection_free(s);
}

static void maps_table(const struct rs_selection *s, const char *db, const char *table, const char *to_db,
                       const char *to_table)
{
	const char *d, *t;

	rs_selection_map_table(s, db, table, &d, &t);
	UNIT_STR(d, to_db);
	UNIT_STR(t, to_table);
}

static char *format(const struct rs_selection *s)
{
	struct rs_buf out = RS_BUF_INIT;

	rs_selection_format(s, &out);
	return rs_buf_take(&out);
}

static struct rs_selection *load(const char *objects, const char *path, struct rs_err *err)
{
	char *text = rs_xprintf("[task]\nname = x\n[objects]\n%s", objects);
	struct rs_ini *ini = rs_ini_parse(path, text, strlen(text), err);
	struct rs_selection *s = ini ? rs_selection_load(ini, path, err) : NULL;

	rs_ini_free(ini);
	free(text);
	return s;
}

static void a_whole_database_has_all_its_tables_and_future_ones(void)
{
	struct rs_selection *s = parse("shop\ncrm.leads\n");

	CU_ASSERT_TRUE(rs_selection_includes_db(s, "shop"));
	CU_ASSERT_TRUE(rs_selection_whole_db(s, "shop"));
	CU_ASSERT_TRUE(rs_selection_includes_table(s, "shop", "made tomorrow"));
	CU_ASSERT_TRUE(rs_selection_includes_db(s, "crm"));
	CU_ASSERT_FALSE(rs_selection_whole_db(s, "crm"));
	CU_ASSERT_TRUE(rs_selection_includes_table(s, "crm", "leads"));
	CU_ASSERT_FALSE(rs_selection_includes_table(s, "crm", "customers"));
	CU_ASSERT_FALSE(rs_selection_includes_table(s, "Shop", "orders"));
	CU_ASSERT_FALSE(rs_selection_includes_db(s, "hr"));
	rs_selection_free(s);
}

static void a_table_left_out_is_not_included(void)
{
	struct rs_selection *s = parse("shop\n! shop.log\n");

	CU_ASSERT_FALSE(rs_selection_includes_table(s, "shop", "log"));
	CU_ASSERT_TRUE(rs_selection_includes_table(s, "shop", "logs"));
	CU_ASSERT_EQUAL(rs_selection_check(s, false, NULL), RS_OK);
	rs_selection_free(s);
}

static void names_are_mapped(void)
{
	struct rs_selection *s = parse("shop -> shop_copy\n"
	                               "shop.orders -> orders_v2\n"
	                               "shop.old -> archive.old_2025\n"
	                               "shop.orders.id -> order_id\n"
	                               "crm.leads -> hot\n");

	UNIT_STR(rs_selection_map_db(s, "shop"), "shop_copy");
	UNIT_STR(rs_selection_map_db(s, "crm"), "crm");
	maps_table(s, "shop", "orders", "shop_copy", "orders_v2");
	maps_table(s, "shop", "carts", "shop_copy", "carts");
	maps_table(s, "shop", "old", "archive", "old_2025");
	maps_table(s, "crm", "leads", "crm", "hot");
	maps_table(s, "hr", "people", "hr", "people");
	UNIT_STR(rs_selection_map_column(s, "shop", "orders", "ID"), "order_id");
	UNIT_STR(rs_selection_map_column(s, "shop", "orders", "note"), "note");
	CU_ASSERT_TRUE(rs_selection_maps_columns(s, "shop", "orders"));
	CU_ASSERT_FALSE(rs_selection_maps_columns(s, "shop", "carts"));
	CU_ASSERT_TRUE(rs_selection_maps(s));
	rs_selection_free(s);
	s = parse("shop\ncrm.leads\n");
	CU_ASSERT_FALSE(rs_selection_maps(s));
	rs_selection_free(s);
}

static void odd_names_stand_in_backquotes_and_read_back(void)
{
	static const char *const names[] = {"odd name", "with.dot", "with`tick", "订单", "a->b", "#5", "!x", "-", "a-",
	                                    "-a", "a-b", "x\ny", "\"", "semi;colon", "1", "`", "é$", "a--b", "end\\"};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		struct rs_selection *s = rs_selection_new(), *back;
		char *text;

		CU_ASSERT_EQUAL(rs_selection_add_table(s, names[i], names[i], NULL), RS_OK);
		CU_ASSERT_EQUAL(rs_selection_rename_table(s, names[i], names[i], "to", "t", NULL), RS_OK);
		CU_ASSERT_EQUAL(rs_selection_rename_column(s, names[i], names[i], names[i], "c", NULL), RS_OK);
		text = format(s);
		back = parse(text);
		CU_ASSERT_TRUE(rs_selection_includes_table(back, names[i], names[i]));
		maps_table(back, names[i], names[i], "to", "t");
		UNIT_STR(rs_selection_map_column(back, names[i], names[i], names[i]), "c");
		free(text);
		rs_selection_free(back);
		rs_selection_free(s);
	}
}

static void arrows_need_no_blanks(void)
{
	struct rs_selection *s = parse("shop->shop-copy\n`a``b`.`x y`->`c d`.e # why\n\t\n# nothing\n\r\n");

	UNIT_STR(rs_selection_map_db(s, "shop"), "shop-copy");
	maps_table(s, "a`b", "x y", "c d", "e");
	rs_selection_free(s);
}

static void bad_lines_are_refused_with_their_line(void)
{
	refused("shop\n\nshop.a.b.c -> x\n", "test:3:");
	refused("a b\n", "one object a line");
	refused("`open\n", "not closed");
	refused("shop ->\n", "a name is expected");
	refused("-> shop\n", "a name is expected");
	refused("shop.\n", "a name is expected");
	refused("shop.t.c\n", "a column is renamed");
	refused("shop -> a.b\n", "renamed to a database");
	refused("shop.t -> a.b.c\n", "renamed to a table");
	refused("! shop\n", "only tables and columns can be left out");
	refused("`a `.b\n", "ends in a blank");
	refused("``.b\n", "a name is empty");
	refused("\xff\xfe\n", "a character that names can't have");
	refused("\xf0\x9f\x98\x80\n", "a character that names can't have");
	refused("a234567890123456789012345678901234567890123456789012345678901234x\n", "longer than 64");
	refused("a%b\n", "unexpected text");
}

static void what_contradicts_is_refused(void)
{
	refused("", "nothing is selected");
	refused("! shop.t\n", "not selected as a whole");
	refused("shop.t\n! shop.t\n", "both selected and left out");
	refused("shop\n! shop.t\nshop.t\n", "both selected and left out");
	refused("shop -> a\nshop -> b\n", "two different names");
	refused("shop.t -> a\nshop.t -> b\n", "two different names");
	refused("shop.t\nshop.t.c -> a\nshop.t.C -> b\n", "two different names");
	refused("shop.t.c -> a\n", "renamed, but not selected");
	refused("a.t -> x.t\nb.t -> x.t\n", "both come to x.t");
	refused("a -> x\nb -> x\n", "both come to x");
	refused("a -> b\nb\n", "both come to b");
	refused("shop\nshop.a\nshop.b -> a\n", "both come to shop.a");
	refused("shop.t\nshop.t.a -> c\nshop.t.b -> C\n", "both become");
}

static void columns_may_name_their_table_in_full(void)
{
	struct rs_selection *s = parse("shop.orders -> shop_copy.orders_v2\nshop.orders.id -> shop_copy.orders_v2.oid\n");

	maps_table(s, "shop", "orders", "shop_copy", "orders_v2");
	UNIT_STR(rs_selection_map_column(s, "shop", "orders", "id"), "oid");
	rs_selection_free(s);
	refused("shop.orders -> shop_copy.v2\nshop.orders.id -> shop_copy.v3.oid\n", "two different names");
}

static void databases_of_the_server_and_of_rds_sync_are_refused(void)
{
	refused("mysql\n", "belongs to the server");
	refused("sys.session\n", "belongs to the server");
	refused("INFORMATION_SCHEMA\n", "belongs to the server");
	refused("Performance_Schema.x\n", "belongs to the server");
	refused("dts\n", "belongs to the server");
	refused("shop -> dts\n", "belongs to the server");
	refused("shop.t -> mysql.t\n", "belongs to the server");
	rs_selection_free(parse("SYS\nMySQL\n"));
	CU_ASSERT_TRUE(rs_selection_is_system_db("dts"));
	CU_ASSERT_FALSE(rs_selection_is_system_db("dts2"));
}

static void folding_makes_names_of_both_cases_one(void)
{
	struct rs_selection *s = parse("Shop -> X\nSHÖP.Orders -> y.Z\n");

	CU_ASSERT_FALSE(rs_selection_includes_db(s, "shop"));
	CU_ASSERT_EQUAL(rs_selection_fold_case(s, NULL), RS_OK);
	CU_ASSERT_TRUE(rs_selection_whole_db(s, "sHOP"));
	UNIT_STR(rs_selection_map_db(s, "SHOP"), "X");
	maps_table(s, "shöp", "ORDERS", "y", "Z");
	rs_selection_free(s);

	s = parse("Shop -> X\nshop -> Y\n");
	CU_ASSERT_EQUAL(rs_selection_fold_case(s, NULL), RS_FAIL);
	CU_ASSERT_TRUE(rs_selection_whole_db(s, "Shop"));
	UNIT_STR(rs_selection_map_db(s, "shop"), "Y");
	rs_selection_free(s);

	s = parse("a.t -> x.T\nb.t -> x.t\n");
	CU_ASSERT_EQUAL(rs_selection_check(s, false, NULL), RS_OK);
	CU_ASSERT_EQUAL(rs_selection_check(s, true, NULL), RS_FAIL);
	rs_selection_free(s);
}

static void a_mapping_onto_its_own_source_is_found(void)
{
	static const char *const loops[] = {"shop\n",          "shop.t\n",         "shop -> crm\ncrm -> hr\n",
	                                    "shop\nshop.a -> b\n", "a.t -> a.u\na.u -> a.v\n", "a -> b\nb.x -> c.x\n",
	                                    "a.t -> b.t\nb -> c\n"};
	static const char *const fine[] = {"shop -> copy\n", "shop.t -> shop.u\n", "a -> b\nc -> d\n",
	                                   "shop -> copy\nshop.t -> copy2.t\n"};

	for (size_t i = 0; i < sizeof loops / sizeof *loops; i++) {
		struct rs_selection *s = parse(loops[i]);
		struct rs_err err = RS_ERR_INIT;

		CU_ASSERT_EQUAL(rs_selection_check_same_server(s, &err), RS_FAIL);
		CU_ASSERT_EQUAL(err.code, RS_E_MAPPING);
		rs_err_clear(&err);
		rs_selection_free(s);
	}
	for (size_t i = 0; i < sizeof fine / sizeof *fine; i++) {
		struct rs_selection *s = parse(fine[i]);

		CU_ASSERT_EQUAL(rs_selection_check_same_server(s, NULL), RS_OK);
		rs_selection_free(s);
	}
}

static void rules_come_in_order(void)
{
	struct rs_selection *s = parse("b.t\na -> z\n! a.x\na.y -> q\na.y.c -> d\n");
	struct rs_buf seen = RS_BUF_INIT;
	struct rs_selection_rule r;
	size_t databases, tables;

	for (struct rs_selection_iter i = RS_SELECTION_ITER; rs_selection_each(s, &i, &r);)
		rs_buf_addf(&seen, "%s/%s/%s>%s.%s %d%d;", r.db, r.table ? r.table : "", r.column ? r.column : "",
		            r.to_db ? r.to_db : "", r.to_name ? r.to_name : "", r.selected, r.excluded);
	UNIT_STR(rs_buf_str(&seen), "b//>. 00;b/t/>. 10;a//>z. 10;a/x/>. 01;a/y/>.q 10;a/y/c>.d 00;");
	rs_selection_count(s, &databases, &tables);
	UNIT_INT(databases, 1);
	UNIT_INT(tables, 1);
	rs_buf_release(&seen);
	rs_selection_free(s);
}

static void expect_said(const struct rs_selection *s, const char *expected)
{
	struct rs_buf seen = RS_BUF_INIT;
	struct rs_selection_rule r;

	for (struct rs_selection_iter i = RS_SELECTION_ITER; rs_selection_each_said(s, &i, &r);)
		rs_buf_addf(&seen, "%s/%s/%s;", r.db, r.table ? r.table : "", r.column ? r.column : "");
	UNIT_STR(rs_buf_str(&seen), expected);
	rs_buf_release(&seen);
}

static void names_alone_are_passed_over_until_more_is_said(void)
{
	struct rs_selection *s = parse("a.t\na.u\nb.t\nb.t.c -> d\nb.u\nc\n"), *copy;

	expect_said(s, "a//;b//;b/t/;b/t/c;b/u/;c//;");
	copy = rs_selection_copy(s);
	CU_ASSERT_EQUAL(rs_selection_set_filter(s, "a", "u", "x > 1", NULL), RS_OK);
	expect_said(s, "a//;a/t/;a/u/;b//;b/t/;b/t/c;b/u/;c//;");
	expect_said(copy, "a//;b//;b/t/;b/t/c;b/u/;c//;");
	CU_ASSERT_TRUE(rs_selection_filters(s));
	CU_ASSERT_FALSE(rs_selection_filters(copy));
	rs_selection_remove_table(s, "a", "u");
	expect_said(s, "a//;b//;b/t/;b/t/c;b/u/;c//;");
	CU_ASSERT_EQUAL(rs_selection_exclude_table(s, "c", "log", NULL), RS_OK);
	expect_said(s, "a//;b//;b/t/;b/t/c;b/u/;c//;c/log/;");
	CU_ASSERT_EQUAL(rs_selection_rename_column(s, "b", "t", "c", NULL, NULL), RS_OK);
	expect_said(s, "a//;b//;c//;c/log/;");
	CU_ASSERT_FALSE(rs_selection_maps(s));
	CU_ASSERT_EQUAL(rs_selection_rename_table(s, "a", "t", NULL, "z", NULL), RS_OK);
	CU_ASSERT_TRUE(rs_selection_maps(s));
	rs_selection_free(copy);
	rs_selection_free(s);
}

static void editing_undoes_itself(void)
{
	struct rs_selection *s = rs_selection_new();
	char *text;

	CU_ASSERT_EQUAL(rs_selection_add_db(s, "shop", NULL), RS_OK);
	CU_ASSERT_EQUAL(rs_selection_exclude_table(s, "shop", "log", NULL), RS_OK);
	CU_ASSERT_EQUAL(rs_selection_rename_table(s, "shop", "t", NULL, "u", NULL), RS_OK);
	CU_ASSERT_EQUAL(rs_selection_rename_column(s, "shop", "t", "a", "b", NULL), RS_OK);
	CU_ASSERT_EQUAL(rs_selection_rename_db(s, "shop", "copy", NULL), RS_OK);
	text = format(s);
	UNIT_STR(text, "shop -> copy\n! shop.log\nshop.t -> u\nshop.t.a -> b\n");
	free(text);
	rs_selection_remove_table(s, "shop", "log");
	CU_ASSERT_EQUAL(rs_selection_rename_column(s, "shop", "t", "A", NULL, NULL), RS_OK);
	CU_ASSERT_EQUAL(rs_selection_rename_table(s, "shop", "t", NULL, "t", NULL), RS_OK);
	CU_ASSERT_EQUAL(rs_selection_rename_db(s, "shop", "shop", NULL), RS_OK);
	text = format(s);
	UNIT_STR(text, "shop\n");
	free(text);
	rs_selection_remove_db(s, "shop");
	CU_ASSERT_TRUE(rs_selection_is_empty(s));
	CU_ASSERT_FALSE(rs_selection_includes_db(s, "shop"));
	CU_ASSERT_EQUAL(rs_selection_rename_table(s, "a", "b", NULL, "b", NULL), RS_OK);
	text = format(s);
	UNIT_STR(text, "");
	free(text);
	rs_selection_free(s);
}

static void excluding_forgets_the_table_s_other_rules(void)
{
	struct rs_selection *s = parse("shop\nshop.t -> u\nshop.t.a -> b\n");
	char *text;

	CU_ASSERT_EQUAL(rs_selection_exclude_table(s, "shop", "t", NULL), RS_OK);
	text = format(s);
	UNIT_STR(text, "shop\n! shop.t\n");
	free(text);
	rs_selection_free(s);
}

static void keys_are_read_in_any_order(void)
{
	struct rs_err err = RS_ERR_INIT;
	struct rs_selection *s = load("rename.2 = shop.orders -> shop_copy.orders_v2\nrename.1 = shop -> shop_copy\n"
	                              "rename.3 = shop.orders.id -> order_id\nexclude = shop.log\n"
	                              "include = shop shop2.orders `odd name`.t   ; a comment\n",
	                              "/nowhere/t.ini", &err);

	UNIT_STR(err.primary, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(s);
	CU_ASSERT_TRUE(rs_selection_whole_db(s, "shop"));
	CU_ASSERT_FALSE(rs_selection_includes_table(s, "shop", "log"));
	CU_ASSERT_TRUE(rs_selection_includes_table(s, "shop2", "orders"));
	CU_ASSERT_TRUE(rs_selection_includes_table(s, "odd name", "t"));
	maps_table(s, "shop", "orders", "shop_copy", "orders_v2");
	UNIT_STR(rs_selection_map_column(s, "shop", "orders", "id"), "order_id");
	rs_selection_free(s);
}

static void load_fails(const char *objects, const char *where, const char *why)
{
	struct rs_err err = RS_ERR_INIT;
	struct rs_selection *s = load(objects, "/nowhere/t.ini", &err);

	CU_ASSERT_PTR_NULL(s);
	if (!err.primary || !strstr(err.primary, where) || !strstr(err.primary, why))
		printf("# %s gives: %s\n", objects, err.primary ? err.primary : "no error");
	CU_ASSERT_TRUE(err.primary && strstr(err.primary, where) && strstr(err.primary, why));
	rs_err_clear(&err);
	rs_selection_free(s);
}

static void bad_keys_name_their_line(void)
{
	load_fails("include = a,b\n", "/nowhere/t.ini:4:", "a blank is expected");
	load_fails("include = a.b.c\n", "t.ini:4:", "not columns");
	load_fails("include = shop\nexclude = shop\n", "t.ini:5:", "only tables");
	load_fails("include = shop\nrename.1 = shop\n", "t.ini:5:", "old name -> new name");
	load_fails("include = shop\nrename.1 = shop -> a b\n", "t.ini:5:", "old name -> new name");
	load_fails("include = shop\nrename.1 = crm -> a\n", "t.ini:3:", "renamed, but not selected");
	load_fails("include = shop mysql\n", "t.ini:4:", "belongs to the server");
	load_fails("objects_file = none.objects\n", "/nowhere/none.objects", "can't read");
}

static void an_objects_file_is_read_beside_the_task(void)
{
	char *task = rs_xprintf("%s/t.ini", unit_tmpdir()), *file = rs_xprintf("%s/t.objects", unit_tmpdir());
	static const char text[] = "\xef\xbb\xbf# objects\r\nshop\r\nshop.orders -> shop_copy.orders_v2\r\n`x\ny`.t\r\n";
	static const char bad[] = "# objects\n`x\ny`.t\nwrong line\n";
	struct rs_err err = RS_ERR_INIT;
	struct rs_selection *s;

	CU_ASSERT_EQUAL_FATAL(rs_file_write(file, text, sizeof text - 1, 0600, NULL), RS_OK);
	s = load("include = crm\nobjects_file = t.objects\nrename.1 = crm -> c\n", task, &err);
	UNIT_STR(err.primary, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(s);
	CU_ASSERT_TRUE(rs_selection_whole_db(s, "crm"));
	CU_ASSERT_TRUE(rs_selection_includes_table(s, "x\ny", "t"));
	maps_table(s, "shop", "orders", "shop_copy", "orders_v2");
	rs_selection_free(s);

	CU_ASSERT_EQUAL_FATAL(rs_file_write(file, bad, sizeof bad - 1, 0600, NULL), RS_OK);
	CU_ASSERT_PTR_NULL(load("objects_file = t.objects\n", task, &err));
	CU_ASSERT_TRUE(err.primary && strstr(err.primary, "t.objects:4:"));
	rs_err_clear(&err);

	CU_ASSERT_EQUAL_FATAL(rs_file_write(file, "shop\0x", 6, 0600, NULL), RS_OK);
	CU_ASSERT_PTR_NULL(load("objects_file = t.objects\n", task, &err));
	CU_ASSERT_TRUE(err.primary && strstr(err.primary, "not a text file"));
	rs_err_clear(&err);
	free(task);
	free(file);
}

/* Stores, loads again, and compares what it says in text. */
static void stored(const char *text, bool in_file)
{
	struct rs_selection *s = parse(text), *back;
	char *task = rs_xprintf("%s/s.ini", unit_tmpdir()), *file = rs_xprintf("%s/s.objects", unit_tmpdir());
	struct rs_err err = RS_ERR_INIT;
	struct rs_ini *ini = rs_ini_new();
	char *before, *after;
	struct stat st;

	remove(file);
	rs_ini_set(ini, "objects", "include", "stale");
	rs_ini_set(ini, "objects", "rename.7", "stale -> x");
	CU_ASSERT_EQUAL(rs_selection_store(s, ini, task, &err), RS_OK);
	CU_ASSERT_EQUAL(rs_ini_save(ini, task, 0600, &err), RS_OK);
	UNIT_STR(err.primary, NULL);
	rs_ini_free(ini);
	UNIT_INT(stat(file, &st) == 0, in_file);
	if (in_file)
		UNIT_INT(st.st_mode & 0777, 0600);
	ini = rs_ini_load(task, &err);
	UNIT_STR(err.primary, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(ini);
	back = rs_selection_load(ini, task, &err);
	UNIT_STR(err.primary, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(back);
	before = format(s);
	after = format(back);
	UNIT_STR(after, before);
	free(before);
	free(after);
	free(task);
	free(file);
	rs_ini_free(ini);
	rs_selection_free(s);
	rs_selection_free(back);
}

static void short_selections_stand_in_keys_and_long_or_odd_ones_in_a_file(void)
{
	struct rs_buf many = RS_BUF_INIT;

	stored("shop -> copy\n! shop.log\nshop.orders -> a.v2\nshop.orders.id -> oid\ncrm.leads\n`odd name`.`x.y`\n", false);
	stored("`semi;colon`.t\n", true);
	stored("`line\nbreak`.t\n", true);
	stored("`quo\"te`.t\n", true);
	for (int i = 0; i < 200; i++)
		rs_buf_addf(&many, "shop.table_%d\n", i);
	stored(rs_buf_str(&many), true);
	rs_buf_clear(&many);
	for (int i = 0; i < 60; i++)
		rs_buf_addf(&many, "s.t%d -> u%d\n", i, i);
	stored(rs_buf_str(&many), true);
	rs_buf_release(&many);
}

static void a_copy_has_the_same_rules(void)
{
	struct rs_selection *s = parse("shop -> copy\n! shop.log\nshop.t -> a.u\nshop.t.a -> b\nx.y\n"), *copy;
	char *before = format(s), *after;

	copy = rs_selection_copy(s);
	rs_selection_free(s);
	after = format(copy);
	UNIT_STR(after, before);
	free(before);
	free(after);
	rs_selection_free(copy);
}

static void a_hundred_thousand_tables_are_no_trouble(void)
{
	struct rs_selection *s = rs_selection_new();
	rs_usec start = rs_clock_mono();
	char name[64], db[64];
	size_t databases, tables;
	char *text;

	for (int i = 0; i < 100000; i++) {
		snprintf(name, sizeof name, "table_%d", i);
		snprintf(db, sizeof db, "db_%d", i % 100);
		CU_ASSERT_EQUAL_FATAL(rs_selection_add_table(s, db, name, NULL), RS_OK);
	}
	rs_selection_count(s, &databases, &tables);
	UNIT_INT(tables, 100000);
	CU_ASSERT_EQUAL(rs_selection_check(s, true, NULL), RS_OK);
	text = format(s);
	rs_selection_free(s);
	s = parse(text);
	CU_ASSERT_TRUE(rs_selection_includes_table(s, "db_99", "table_99999"));
	free(text);
	rs_selection_free(s);
	printf("# %lld ms\n", (long long)(rs_clock_mono() - start) / 1000);
	CU_ASSERT_TRUE(rs_clock_mono() - start < 60 * RS_USEC_PER_SEC);
}

/* Any bytes: no crash, and what parses reads back from its own text. */
static void rows_are_filtered_by_a_condition_of_their_table(void)
{
	static const char text[] = "shop\nshop.orders: status = 'paid' AND note <> '#'\nshop.lines -> shop.positions\n"
	                           "shop.lines: n > 0\ncrm.`odd: name`\ncrm.`odd: name`: a = 1\n";
	struct rs_selection *s = parse(text), *copy = rs_selection_copy(s);
	char *written = format(copy);

	UNIT_STR(rs_selection_filter(s, "shop", "orders"), "status = 'paid' AND note <> '#'");
	UNIT_STR(rs_selection_filter(s, "shop", "lines"), "n > 0");
	UNIT_STR(rs_selection_filter(s, "crm", "odd: name"), "a = 1");
	UNIT_STR(rs_selection_filter(s, "shop", "customers"), NULL);
	CU_ASSERT_TRUE(rs_selection_filters(s));
	UNIT_STR(written, text);
	rs_selection_remove_table(s, "shop", "orders");
	UNIT_STR(rs_selection_filter(s, "shop", "orders"), NULL);
	CU_ASSERT_EQUAL(rs_selection_set_filter(s, "shop", "orders", "a = ", NULL), RS_FAIL);
	CU_ASSERT_EQUAL(rs_selection_set_filter(s, "shop", "orders", "a = \n1", NULL), RS_FAIL);
	CU_ASSERT_EQUAL(rs_selection_set_filter(s, "shop", "lines", "", NULL), RS_OK);
	UNIT_STR(rs_selection_filter(s, "shop", "lines"), NULL);
	free(written);
	rs_selection_free(s);
	rs_selection_free(copy);
	refused("shop.orders: a = 1\n", "filtered, but not selected");
	refused("shop\nshop: a = 1\n", "test:2: rows of tables are filtered");
	refused("shop\n! shop.a: a = 1\n", "rows of tables are filtered");
	refused("shop\nshop.a:\n", "a condition is expected");
	refused("shop\nshop.a: a =\n", "test:2: at character 4: the condition ends");
	refused("shop\nshop.a: a = 1\nshop.a: a = 2\n", "two different filters");
}

static void filters_stand_in_keys_where_the_file_can_hold_them(void)
{
	static const char *const keys[] = {"filter.1 = shop.orders: status = 'it''s' AND x IN (1, 2)\ninclude = shop\n",
	                                   "include = shop\nfilter.7 = \"shop.orders: note <> ';#'\"\n"};
	static const char *const wants[] = {"status = 'it''s' AND x IN (1, 2)", "note <> ';#'"};

	for (size_t i = 0; i < 2; i++) {
		struct rs_err err = RS_ERR_INIT;
		struct rs_selection *s = load(keys[i], "t.ini", &err);
		struct rs_ini *ini = rs_ini_new();

		CU_ASSERT_PTR_NOT_NULL_FATAL(s);
		UNIT_STR(rs_selection_filter(s, "shop", "orders"), wants[i]);
		if (i == 0) {
			CU_ASSERT_EQUAL(rs_selection_store(s, ini, "t.ini", &err), RS_OK);
			UNIT_STR(rs_ini_get(ini, "objects", "filter.1"), "shop.orders: status = 'it''s' AND x IN (1, 2)");
		}
		rs_ini_free(ini);
		rs_selection_free(s);
	}
	struct rs_err err = RS_ERR_INIT;
	CU_ASSERT_PTR_NULL(load("include = shop\nfilter.1 = shop.a: a == 1\n", "t.ini", &err));
	UNIT_STR(err.primary, "t.ini:5: at character 4: a literal is expected, not \"=\"");
	CU_ASSERT_EQUAL(err.code, RS_E_FILTER);
	rs_err_clear(&err);
	CU_ASSERT_PTR_NULL(load("include = shop\nfilter.1 = shop.a -> b\n", "t.ini", &err));
	CU_ASSERT_PTR_NOT_NULL(strstr(err.primary, "a filter reads"));
	rs_err_clear(&err);
}

static void random_text_is_parsed_or_refused(void)
{
	static const char alphabet[] = "ab.`-> !=@:#\n\t$;\"\\\xe8\xae\xa2\xff";
	unsigned seed = unit_seed(), first = seed;

	printf("# seed %u\n", first);
	for (int n = 0; n < 20000; n++) {
		struct rs_selection *s = rs_selection_new(), *back = rs_selection_new();
		char text[24];
		size_t len = (size_t)(rand_r(&seed) % (int)sizeof text);

		for (size_t i = 0; i < len; i++)
			text[i] = alphabet[(size_t)rand_r(&seed) % (sizeof alphabet - 1)];
		if (rs_selection_parse(s, "random", text, len, NULL) == RS_OK &&
		    rs_selection_check(s, false, NULL) == RS_OK) {
			char *once = format(s), *twice;

			CU_ASSERT_EQUAL(rs_selection_parse(back, "again", once, strlen(once), NULL), RS_OK);
			twice = format(back);
			UNIT_STR(twice, once);
			free(once);
			free(twice);
		}
		rs_selection_free(s);
		rs_selection_free(back);
	}
}

static void kinds_of_changes_and_columns_that_are_left_out(void)
{
	struct rs_selection *s = parse("shop\n! shop.orders.secret\nshop.orders.note -> remark\n@ shop: insert, update create-index # a word\n"
	                               "@ shop.orders: dml ddl\n@ shop.log: none\n"), *again, *copy;
	char *text = format(s), *twice;

	again = parse(text);
	twice = format(again);
	UNIT_STR(text, twice);
	copy = rs_selection_copy(s);
	free(twice);
	twice = format(copy);
	UNIT_STR(text, twice);
	CU_ASSERT_PTR_NULL(rs_selection_map_column(copy, "shop", "orders", "SECRET"));
	UNIT_STR(rs_selection_map_column(copy, "shop", "orders", "note"), "remark");
	CU_ASSERT_TRUE(rs_selection_excludes_column(s, "shop", "orders", "secret"));
	CU_ASSERT_FALSE(rs_selection_excludes_column(s, "shop", "orders", "note"));
	CU_ASSERT_TRUE(rs_selection_maps_columns(s, "shop", "orders"));
	UNIT_INT(rs_selection_operations(s, "shop", NULL)->dml, RS_SYNC_INSERT | RS_SYNC_UPDATE);
	UNIT_INT(rs_selection_operations(s, "shop", "others")->ddl, RS_SYNC_CREATE_INDEX);
	UNIT_INT(rs_selection_operations(copy, "shop", "orders")->ddl, RS_SYNC_DDL_ALL);
	UNIT_INT(rs_selection_operations(copy, "shop", "log")->dml, 0);
	CU_ASSERT_PTR_NULL(rs_selection_operations(s, "crm", "t"));
	refused("shop\n@ shop: insert sometimes\n", "sometimes");
	refused("shop\n@ shop:\n", "expected");
	refused("shop\n@ shop\n", "words");
	refused("shop\n@ crm: insert\n", "not selected");
	refused("shop\n@ shop.t.c: insert\n", "databases and tables");
	refused("shop\n@ shop.t: insert\n@ shop.t: update\n", "two different sets");
	refused("shop\nshop.t.c -> d\n! shop.t.c\n", "both renamed and left out");
	refused("shop\n! shop.t.c\nshop.t.c -> d\n", "both renamed and left out");
	refused("shop\n! crm.t.c\n", "not selected");
	free(text);
	free(twice);
	rs_selection_free(s);
	rs_selection_free(again);
	rs_selection_free(copy);
}

static void sets_keep_kinds_of_changes_and_what_is_left_out(void)
{
	struct rs_selection *a = parse("shop\n@ shop: insert\n@ shop.t: dml\n! shop.t.secret\nshop.u"), *b = parse("shop.t\n! shop.t.secret\n");
	struct rs_selection *both = rs_selection_both(a, b), *rest = rs_selection_minus(a, b);
	struct rs_err err = RS_ERR_INIT;

	UNIT_INT(rs_selection_operations(both, "shop", "t")->dml, RS_SYNC_DML_ALL);
	CU_ASSERT_TRUE(rs_selection_excludes_column(both, "shop", "t", "secret"));
	UNIT_INT(rs_selection_operations(rest, "shop", "u")->dml, RS_SYNC_INSERT);
	UNIT_INT(rs_selection_agree(a, b, &err), RS_OK);
	CU_ASSERT_EQUAL(rs_selection_rename_column(b, "shop", "t", "secret", "told", &err), RS_OK);
	UNIT_INT(rs_selection_agree(a, b, &err), RS_FAIL);
	rs_err_clear(&err);
	rs_selection_add_all(both, rest);
	UNIT_INT(rs_selection_operations(both, "shop", "other")->dml, RS_SYNC_INSERT);
	rs_selection_free(a);
	rs_selection_free(b);
	rs_selection_free(both);
	rs_selection_free(rest);
}

static void a_table_has_settings_of_its_own(void)
{
	static const char text[] = "shop\n= shop: conflict ignore\n= shop.lines: key region id\nshop.orders -> o2\n"
	                           "= shop.orders: topic orders-v2\n= shop.orders: partitions 12\n= shop.orders: conflict use-max updated_at\ncrm.t\n= crm.t: key `a b` `#`\n";
	struct rs_selection *s = parse(text), *copy;
	char *written;

	copy = rs_selection_copy(s);
	rs_selection_remove_table(s, "shop", "orders");
	UNIT_STR(rs_selection_setting(s, "shop", "orders", RS_TABLE_TOPIC), NULL);
	UNIT_STR(rs_selection_setting(s, "shop", "orders", RS_TABLE_CONFLICT), "ignore");
	rs_selection_free(s);
	written = format(copy);
	UNIT_STR(written, text);
	UNIT_STR(rs_selection_setting(copy, "shop", "orders", RS_TABLE_TOPIC), "orders-v2");
	UNIT_STR(rs_selection_setting(copy, "shop", "orders", RS_TABLE_CONFLICT), "use-max updated_at");
	UNIT_STR(rs_selection_setting(copy, "shop", "lines", RS_TABLE_KEY), "region id");
	UNIT_STR(rs_selection_setting(copy, "shop", "lines", RS_TABLE_CONFLICT), "ignore");
	UNIT_STR(rs_selection_setting(copy, "shop", "lines", RS_TABLE_TOPIC), NULL);
	UNIT_STR(rs_selection_setting(copy, "crm", "t", RS_TABLE_KEY), "`a b` `#`");
	CU_ASSERT_EQUAL(rs_selection_set_setting(copy, "shop", "lines", RS_TABLE_KEY, " id,\tregion ", NULL), RS_OK);
	UNIT_STR(rs_selection_setting(copy, "shop", "lines", RS_TABLE_KEY), "id region");
	CU_ASSERT_EQUAL(rs_selection_set_setting(copy, "shop", "lines", RS_TABLE_KEY, "", NULL), RS_OK);
	CU_ASSERT_FALSE(rs_selection_has_table(copy, "shop", "lines"));
	free(written);
	rs_selection_free(copy);
}

static void settings_that_can_not_be_are_refused(void)
{
	refused("shop\n= shop.t: colour red\n", "test:2: \"colour\" is no setting of a table");
	refused("shop\n= shop.t\n", "settings of a table read");
	refused("shop\n= shop.t: \n", "is no setting of a table");
	refused("shop\n= shop.t.c: key a\n", "for databases and tables");
	refused("shop\n= shop: key a\n", "key is said of tables");
	refused("shop\n= shop.t: topic a b\n", "a topic's name");
	refused("shop\n= shop.t: topic ..\n", "a topic's name");
	refused("shop\n= shop.t: partitions 0\n", "from 1 to 10000");
	refused("shop\n= shop.t: key\n", "names of columns");
	refused("shop\n= shop.t: key a b A\n", "the column A stands there twice");
	refused("shop\n= shop.t: key a.b\n", "too many parts");
	refused("shop\n= shop.t: conflict\n", "is not one of: fail ignore");
	refused("shop\n= shop.t: conflict use-max\n", "use-max compares columns");
	refused("shop\n= shop.t: key a\n= shop.t: key b\n", "two different settings: key");
	refused("shop\n= crm.t: key a\n", "a setting is given, but it is not selected");
	refused("shop\n= crm: conflict fail\n", "a setting is given, but it is not selected");
	refused("shop\n! shop.t\n= shop.t: key a\n", "both selected and left out");
}

static void settings_stand_in_keys_of_their_own(void)
{
	struct rs_err err = RS_ERR_INIT;
	struct rs_selection *s = load("conflict.2 = shop: use-min a b\nkey.1 = shop.t: region, id\ninclude = shop\ntopic.4 = shop.t: t-1\n"
	                              "partitions.1 = shop.t: 3\n", "t.ini", &err);
	struct rs_ini *ini = rs_ini_new();

	CU_ASSERT_PTR_NOT_NULL_FATAL(s);
	UNIT_INT(rs_selection_store(s, ini, "t.ini", &err), RS_OK);
	UNIT_STR(rs_ini_get(ini, "objects", "include"), "shop");
	UNIT_STR(rs_ini_get(ini, "objects", "key.1"), "shop.t: region id");
	UNIT_STR(rs_ini_get(ini, "objects", "topic.1"), "shop.t: t-1");
	UNIT_STR(rs_ini_get(ini, "objects", "partitions.1"), "shop.t: 3");
	UNIT_STR(rs_ini_get(ini, "objects", "conflict.1"), "shop: use-min a b");
	rs_selection_free(s);
	rs_ini_free(ini);
	CU_ASSERT_PTR_NULL(load("include = shop\nkey.1 = shop.t -> a\n", "t.ini", &err));
	UNIT_STR(err.primary, "t.ini:5: a table's key reads: database.table: columns");
	rs_err_clear(&err);
	CU_ASSERT_PTR_NULL(load("include = shop\npartitions.1 = shop.t: many\n", "t.ini", &err));
	UNIT_STR(err.primary, "t.ini:5: a number of partitions from 1 to 10000 is expected, not \"many\"");
	rs_err_clear(&err);
}

static void folded_rules_must_say_the_same_of_a_table(void)
{
	struct rs_selection *same = parse("shop\n= shop.t: key a\n= shop.T: key a\n"), *other = parse("shop\n= shop.t: key a\n= shop.T: key b\n");
	struct rs_err err = RS_ERR_INIT;

	UNIT_INT(rs_selection_fold_case(same, &err), RS_OK);
	UNIT_STR(rs_selection_setting(same, "SHOP", "T", RS_TABLE_KEY), "a");
	UNIT_INT(rs_selection_fold_case(other, &err), RS_FAIL);
	CU_ASSERT_TRUE(err.primary && strstr(err.primary, "given two different settings"));
	rs_err_clear(&err);
	rs_selection_free(same);
	rs_selection_free(other);
}

static void names_that_no_rule_gives_come_in_the_chosen_case(void)
{
	struct rs_selection *s = parse("Shop\nShop.Kept -> Under_This\n"), *copy, *other = parse("Shop\n");
	struct rs_err err = RS_ERR_INIT;

	rs_selection_set_case(s, RS_CASE_LOWER);
	copy = rs_selection_copy(s);
	maps_table(copy, "Shop", "Orders", "shop", "orders");
	maps_table(copy, "Shop", "Kept", "shop", "Under_This");
	maps_table(copy, "Shop", "\xc3\x84rger", "shop", "\xc3\xa4rger");
	UNIT_STR(rs_selection_map_db(copy, "Shop"), "shop");
	rs_selection_set_case(s, RS_CASE_UPPER);
	maps_table(s, "Shop", "Orders", "SHOP", "ORDERS");
	rs_selection_name_as(other, copy);
	maps_table(other, "Shop", "Orders", "shop", "orders");
	rs_selection_set_case(other, RS_CASE_KEEP);
	UNIT_INT(rs_selection_agree(copy, other, &err), RS_FAIL);
	rs_err_clear(&err);
	rs_selection_remove_table(copy, "Shop", "Kept");
	UNIT_INT(rs_selection_agree(copy, other, &err), RS_OK);
	rs_selection_free(s);
	rs_selection_free(copy);
	rs_selection_free(other);
}

static struct rs_selection *read_as(const char *text)
{
	struct rs_selection *s = rs_selection_new();

	UNIT_INT(rs_selection_parse(s, "", text, strlen(text), NULL), RS_OK);
	return s;
}

static void selections_are_the_same_where_their_text_is(void)
{
	static const char text[] = "shop\nshop.t -> u\nshop.t: a > 1\n@ shop.t: insert\nshop.t.c -> d\n! shop.x\ncrm.a\ncrm.b -> other.b\n";
	static const char *const others[] = {
		"", "shop\n", "shop\nshop.t -> u\nshop.t: a > 2\n@ shop.t: insert\nshop.t.c -> d\n! shop.x\ncrm.a\ncrm.b -> other.b\n",
		"shop\nshop.t -> u\nshop.t: a > 1\n@ shop.t: insert\nshop.t.c -> e\n! shop.x\ncrm.a\ncrm.b -> other.b\n",
		"shop\nshop.t -> u\nshop.t: a > 1\n@ shop.t: insert\nshop.t.c -> d\n! shop.x\ncrm.a\ncrm.b -> other.b\ncrm.z\n",
		"shop\nshop.t -> u\nshop.t: a > 1\n@ shop.t: insert\nshop.t.c -> d\n! shop.x\ncrm.a\ncrm.b -> other.b\nz\n"};
	struct rs_selection *s = read_as(text), *again = read_as(text), *copy = rs_selection_copy(s);

	CU_ASSERT_TRUE(rs_selection_same(s, again));
	CU_ASSERT_TRUE(rs_selection_same(s, copy));
	UNIT_INT(rs_selection_add_table(copy, "crm", "c", NULL), RS_OK);
	CU_ASSERT_FALSE(rs_selection_same(s, copy));
	for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
		struct rs_selection *other = read_as(others[i]);

		CU_ASSERT_FALSE(rs_selection_same(s, other));
		CU_ASSERT_FALSE(rs_selection_same(other, s));
		rs_selection_free(other);
	}
	rs_selection_free(s);
	rs_selection_free(again);
	rs_selection_free(copy);
}

UNIT_MAIN(UNIT_TEST(selections_are_the_same_where_their_text_is), UNIT_TEST(sets_keep_kinds_of_changes_and_what_is_left_out),
          UNIT_TEST(a_table_has_settings_of_its_own), UNIT_TEST(settings_that_can_not_be_are_refused),
          UNIT_TEST(settings_stand_in_keys_of_their_own), UNIT_TEST(folded_rules_must_say_the_same_of_a_table),
          UNIT_TEST(names_that_no_rule_gives_come_in_the_chosen_case), UNIT_TEST(kinds_of_changes_and_columns_that_are_left_out), UNIT_TEST(a_whole_database_has_all_its_tables_and_future_ones),
          UNIT_TEST(a_table_left_out_is_not_included),
          UNIT_TEST(names_are_mapped),
          UNIT_TEST(odd_names_stand_in_backquotes_and_read_back),
          UNIT_TEST(arrows_need_no_blanks),
          UNIT_TEST(bad_lines_are_refused_with_their_line),
          UNIT_TEST(what_contradicts_is_refused),
          UNIT_TEST(columns_may_name_their_table_in_full),
          UNIT_TEST(databases_of_the_server_and_of_rds_sync_are_refused),
          UNIT_TEST(folding_makes_names_of_both_cases_one),
          UNIT_TEST(a_mapping_onto_its_own_source_is_found),
          UNIT_TEST(rules_come_in_order),
          UNIT_TEST(names_alone_are_passed_over_until_more_is_said),
          UNIT_TEST(editing_undoes_itself),
          UNIT_TEST(excluding_forgets_the_table_s_other_rules),
          UNIT_TEST(keys_are_read_in_any_order),
          UNIT_TEST(bad_keys_name_their_line),
          UNIT_TEST(an_objects_file_is_read_beside_the_task),
          UNIT_TEST(short_selections_stand_in_keys_and_long_or_odd_ones_in_a_file),
          UNIT_TEST(a_copy_has_the_same_rules),
          UNIT_TEST(a_hundred_thousand_tables_are_no_trouble),
          UNIT_TEST(rows_are_filtered_by_a_condition_of_their_table),
          UNIT_TEST(filters_stand_in_keys_where_the_file_can_hold_them),
          UNIT_TEST(random_text_is_parsed_or_refused))
