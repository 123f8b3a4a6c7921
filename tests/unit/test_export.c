/* Tasks as text for elsewhere, and prices. */
#include "model/task_export.h"

#include <sys/stat.h>
#include "base/file.h"
#include "base/mem.h"
#include "model/prices.h"
#include "unit.h"

static const char text[] = "[task]\nname = shop\nid = 6a0c9e0e-1b8d-4b0e-9d6e-0123456789ab\nflow = mysql-to-mysql\n"
                           "[source]\nhost = 127.0.0.1\naccount = dts\npassword = s3cret-one\nca = ca.pem\n"
                           "[destination]\nhost = 127.0.0.2\naccount = dts\npassword_file = ~/pw\n"
                           "[objects]\ninclude = shop crm.customers\nexclude = shop.log\nrename.1 = shop.a -> copy.b\n";

static char *path_of(const char *name)
{
	char *dir = rs_xprintf("%s/rds-sync", unit_tmpdir()), *tasks = rs_xprintf("%s/tasks", dir), *path = rs_xprintf("%s/%s", tasks, name);

	setenv("XDG_CONFIG_HOME", unit_tmpdir(), 1);
	(void)mkdir(dir, 0700);
	(void)mkdir(tasks, 0700);
	free(dir);
	free(tasks);
	return path;
}

static struct rs_task *load(const char *what)
{
	char *path = path_of("shop.ini");
	struct rs_task *t;

	CU_ASSERT_EQUAL_FATAL(rs_file_write(path, what, strlen(what), 0600, NULL), RS_OK);
	t = rs_task_load(path, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(t);
	free(path);
	return t;
}

static char *exported(const struct rs_task *t)
{
	struct rs_buf out = RS_BUF_INIT;

	CU_ASSERT_EQUAL_FATAL(rs_task_export(t, &out, NULL), RS_OK);
	return rs_buf_take(&out);
}

static char *objects_of(const struct rs_task *t)
{
	struct rs_buf out = RS_BUF_INIT;

	rs_selection_format(t->objects, &out);
	return rs_buf_take(&out);
}

static void what_is_secret_and_whose_it_is_stays_here(void)
{
	struct rs_task *t = load(text);
	char *out = exported(t), *ca = path_of("ca.pem"), *line = rs_xprintf("ca = %s\n", ca);

	CU_ASSERT_PTR_NULL(strstr(out, "s3cret"));
	CU_ASSERT_PTR_NULL(strstr(out, "6a0c9e0e"));
	CU_ASSERT_PTR_NOT_NULL(strstr(out, "password_file = ~/pw"));
	CU_ASSERT_PTR_NOT_NULL(strstr(out, line));
	UNIT_STR(rs_task_get(t, "source.password"), "***"); /* the task itself keeps it */
	free(out);
	free(ca);
	free(line);
	rs_task_free(t);
}

static void no_task_is_replaced_by_an_export(void)
{
	struct rs_task *t = load(text), *still;
	char *own = path_of("shop.ini"), *other = path_of("exported.txt");
	struct rs_err err = RS_ERR_INIT;

	CU_ASSERT_EQUAL(rs_task_export_file(t, own, &err), RS_FAIL);
	UNIT_INT(err.code, RS_E_TASK_INVALID);
	still = rs_task_load(own, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(still);
	UNIT_STR(still->id, t->id);
	CU_ASSERT_EQUAL(rs_task_export_file(t, other, NULL), RS_OK);
	CU_ASSERT_EQUAL(rs_task_export_file(t, other, NULL), RS_OK); /* an earlier export is */
	rs_task_free(still);
	rs_task_free(t);
	rs_err_clear(&err);
	free(own);
	free(other);
}

static void what_was_exported_comes_back_as_another_task(void)
{
	struct rs_task *t = load(text), *again;
	char *out = exported(t), *had, *has;

	again = rs_task_import("", out, strlen(out), NULL, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(again);
	UNIT_STR(again->name, "shop-2"); /* this host has one that is called shop */
	CU_ASSERT_STRING_NOT_EQUAL(again->id, t->id);
	CU_ASSERT_PTR_NULL(again->path);
	UNIT_STR(rs_task_get(again, "source.password"), NULL);
	UNIT_STR(rs_task_get(again, "destination.host"), "127.0.0.2");
	had = objects_of(t);
	has = objects_of(again);
	UNIT_STR(has, had);
	CU_ASSERT_EQUAL(rs_task_save(again, NULL), RS_OK);
	rs_task_free(again);
	again = rs_task_import("", out, strlen(out), "night", NULL);
	UNIT_STR(again->name, "night");
	rs_task_free(again);
	free(out);
	free(had);
	free(has);
	rs_task_free(t);
}

static void objects_that_fit_no_key_come_along(void)
{
	struct rs_task *t = load(text), *again;
	struct rs_buf many = RS_BUF_INIT;
	char *out, *had, *has;

	for (int i = 0; i < 2000; i++)
		(void)rs_buf_addf(&many, "shop.table_%d -> copy.table_%d\n", i, i);
	(void)rs_buf_adds(&many, "shop.said: a = 'it''s \"so\"'\n");
	CU_ASSERT_EQUAL(rs_task_set_objects(t, rs_buf_str(&many), NULL), RS_OK);
	had = objects_of(t);
	CU_ASSERT_EQUAL(rs_task_save(t, NULL), RS_OK); /* to a file beside */
	out = exported(t);
	CU_ASSERT_PTR_NULL(strstr(out, "objects_file"));
	again = rs_task_import("", out, strlen(out), "many", NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(again);
	has = objects_of(again);
	UNIT_STR(has, had);
	rs_task_free(again);
	rs_task_free(t);
	free(out);
	free(had);
	free(has);
	rs_buf_release(&many);
}

static void what_is_no_task_is_refused(void)
{
	static const char *const bad[] = {"[task]\nflow = mysql-to-mysql\n[sync]\nspeed = 1\n", "", "hello",
	                                  "[task]\nflow = mysql-to-mysql\n\n--- objects ---\nshop.a.b.c.d\n"};

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct rs_err err = RS_ERR_INIT;

		CU_ASSERT_PTR_NULL(rs_task_import("", bad[i], strlen(bad[i]), NULL, &err));
		CU_ASSERT_TRUE(rs_err_is_set(&err));
		rs_err_clear(&err);
	}
}

/* --- prices ------------------------------------------------------------------------------------------ */

static enum rs_rc load_prices(struct rs_prices *p, const char *what, struct rs_err *err)
{
	char *path = path_of("prices.ini");
	enum rs_rc rc;

	CU_ASSERT_EQUAL_FATAL(rs_file_write(path, what, strlen(what), 0600, NULL), RS_OK);
	rc = rs_prices_load(p, path, err);
	free(path);
	return rc;
}

#define NEAR(a, b) CU_ASSERT_DOUBLE_EQUAL((a), (b), 1e-9)

static void without_prices_what_is_free_is_known(void)
{
	struct rs_prices p = RS_PRICES_INIT;
	struct rs_price price;

	CU_ASSERT_EQUAL(rs_prices_load(&p, "/nowhere/prices.ini", NULL), RS_OK);
	price = rs_prices_of(&p, "mysql-to-mysql", "full");
	NEAR(rs_price_cost(&price, 7200, 5), 0);
	price = rs_prices_of(&p, "mysql-to-mysql", "incremental");
	CU_ASSERT_FALSE(price.known);
	CU_ASSERT_TRUE(rs_price_cost(&price, 7200, 5) < 0);
	price = rs_prices_of(&p, "zero-etl", "incremental");
	NEAR(rs_price_cost(&price, 7200, 5), 0);
	UNIT_STR(rs_prices_currency(&p), "");
	rs_prices_release(&p);
}

static void a_flow_has_its_own_prices(void)
{
	struct rs_prices p = RS_PRICES_INIT;
	struct rs_price price;

	CU_ASSERT_EQUAL(load_prices(&p, "[default]\ncurrency = CNY\nincremental_hour = 2.50\nincremental_million = 0.8\n"
	                                "[mysql-to-kafka]\nincremental_hour = 3\nfull_hour = 1\n", NULL), RS_OK);
	price = rs_prices_of(&p, "mysql-to-mysql", "incremental");
	NEAR(rs_price_cost(&price, 7200, 500000), 5.4);
	price = rs_prices_of(&p, "mysql-to-kafka", "incremental");
	NEAR(rs_price_cost(&price, 7200, 500000), 6.4);
	price = rs_prices_of(&p, "mysql-to-kafka", "full");
	NEAR(rs_price_cost(&price, 1800, 500000), 0.5);
	price = rs_prices_of(&p, "zero-etl", "incremental");
	NEAR(rs_price_cost(&price, 7200, 500000), 0);
	UNIT_STR(rs_prices_currency(&p), "CNY");
	rs_prices_release(&p);
}

static void prices_that_are_none_are_refused_by_line(void)
{
	static const char *const bad[] = {"[default]\nincremental_hour = cheap\n", "[default]\nincremental_hour = -1\n",
	                                  "[default]\nincremental_hour = 2,5\n", "[default]\nhour = 1\n", "[mysql-to-mars]\nfull_hour = 1\n"};

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct rs_prices p = RS_PRICES_INIT;
		struct rs_err err = RS_ERR_INIT;

		CU_ASSERT_EQUAL(load_prices(&p, bad[i], &err), RS_FAIL);
		CU_ASSERT_PTR_NOT_NULL_FATAL(err.primary);
		CU_ASSERT_PTR_NOT_NULL(strstr(err.primary, i < 4 ? "prices.ini:2: " : "prices.ini:1: "));
		rs_err_clear(&err);
	}
}

UNIT_MAIN(UNIT_TEST(what_is_secret_and_whose_it_is_stays_here), UNIT_TEST(no_task_is_replaced_by_an_export), UNIT_TEST(what_was_exported_comes_back_as_another_task),
          UNIT_TEST(objects_that_fit_no_key_come_along), UNIT_TEST(what_is_no_task_is_refused),
          UNIT_TEST(without_prices_what_is_free_is_known), UNIT_TEST(a_flow_has_its_own_prices),
          UNIT_TEST(prices_that_are_none_are_refused_by_line))
