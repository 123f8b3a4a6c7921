/* Two who change a task's file at once, and a task that is made from another. */
#include "model/task.h"

#include <unistd.h>
#include "base/file.h"
#include "base/mem.h"
#include "model/paths.h"
#include "unit.h"

static const char text[] = "[task]\nname = shop\nid = 6a0c9e0e-1b8d-4b0e-9d6e-0123456789ab\nflow = mysql-to-mysql\n"
                           "[source]\nhost = 127.0.0.1\n[sync]\nfull_max_rows = 5\nmemory = 64M\n[objects]\ninclude = shop\n";

static struct rs_task *load(void)
{
	const char *dir = unit_tmpdir();
	char *path = rs_xprintf("%s/t.ini", dir);
	struct rs_task *t;

	setenv("XDG_CONFIG_HOME", dir, 1);
	CU_ASSERT_EQUAL_FATAL(rs_file_write(path, text, strlen(text), 0600, NULL), RS_OK);
	t = rs_task_load(path, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(t);
	free(path);
	return t;
}

/* What each of the two sets; NULL as a value removes a key. */
struct edit {
	const char *key, *value;
};

static void set(struct rs_task *t, const struct edit *edits)
{
	for (; edits && edits->key; edits++)
		CU_ASSERT_EQUAL(rs_task_set(t, edits->key, edits->value, NULL), RS_OK);
}

static struct rs_task *merged(const struct edit *theirs, const struct edit *mine, struct rs_err *err)
{
	struct rs_task *base = load(), *now = rs_task_copy(base), *my = rs_task_copy(base);

	set(now, theirs);
	set(my, mine);
	if (rs_task_merge(now, base, my, err) != RS_OK) {
		CU_ASSERT_TRUE(rs_err_is_set(err));
	}
	rs_task_free(base);
	rs_task_free(my);
	return now;
}

#define IS(t, key, value) UNIT_STR(rs_task_get((t), (key)), (value))

static void what_each_changed_is_there(void)
{
	static const struct edit theirs[] = {{"sync.full_max_rows", "7"}, {"task.note", "theirs"}, {NULL, NULL}};
	static const struct edit mine[] = {{"sync.memory", NULL}, {"objects.include", "shop crm"}, {NULL, NULL}};
	struct rs_err err = RS_ERR_INIT;
	struct rs_task *t = merged(theirs, mine, &err);

	CU_ASSERT_FALSE(rs_err_is_set(&err));
	IS(t, "sync.full_max_rows", "7");
	IS(t, "task.note", "theirs");
	IS(t, "sync.memory", "256M");
	UNIT_INT(t->sync.memory, 256 << 20);
	CU_ASSERT_TRUE(rs_selection_includes_table(t->objects, "crm", "t"));
	rs_task_free(t);
}

static void the_same_key_changed_otherwise_is_refused_and_nothing_is_taken_over(void)
{
	static const struct edit theirs[] = {{"sync.full_max_rows", "7"}, {NULL, NULL}};
	static const struct edit mine[] = {{"sync.full_max_rows", "9"}, {"sync.memory", "32M"}, {NULL, NULL}};
	struct rs_err err = RS_ERR_INIT;
	struct rs_task *t = merged(theirs, mine, &err);

	UNIT_INT(err.code, RS_E_TASK_CHANGED);
	CU_ASSERT_PTR_NOT_NULL(strstr(err.primary, "sync.full_max_rows"));
	CU_ASSERT_PTR_NULL(strstr(err.primary, "memory"));
	IS(t, "sync.full_max_rows", "7");
	IS(t, "sync.memory", "64M");
	rs_err_clear(&err);
	rs_task_free(t);
}

static void the_same_change_by_both_is_none(void)
{
	static const struct edit both[] = {{"sync.full_max_rows", "7"}, {"objects.include", "shop crm"}, {NULL, NULL}};
	struct rs_err err = RS_ERR_INIT;
	struct rs_task *t = merged(both, both, &err);

	CU_ASSERT_FALSE(rs_err_is_set(&err));
	IS(t, "sync.full_max_rows", "7");
	rs_task_free(t);
}

/* One adds a table, the other a name for another: each thought of the rest as it was. */
static void objects_are_one_thing(void)
{
	static const struct edit theirs[] = {{"objects.include", "shop crm"}, {NULL, NULL}};
	static const struct edit mine[] = {{"objects.rename.1", "shop -> store"}, {NULL, NULL}};
	struct rs_err err = RS_ERR_INIT;
	struct rs_task *t = merged(theirs, mine, &err);

	UNIT_INT(err.code, RS_E_TASK_CHANGED);
	CU_ASSERT_PTR_NOT_NULL(strstr(err.primary, "objects"));
	CU_ASSERT_TRUE(rs_selection_includes_table(t->objects, "crm", "t"));
	rs_err_clear(&err);
	rs_task_free(t);
}

/* With so many objects that they have a file of their own. */
static void a_clone_leaves_the_other_alone(void)
{
	struct rs_task *t = load(), *clone;
	struct rs_buf many = RS_BUF_INIT;
	char *before, *after;

	for (int i = 0; i < 2000; i++)
		(void)rs_buf_addf(&many, "shop.table_number_%d\n", i);
	CU_ASSERT_EQUAL(rs_task_set_objects(t, rs_buf_str(&many), NULL), RS_OK);
	CU_ASSERT_EQUAL(rs_task_save(t, NULL), RS_OK);
	before = rs_xstrdup(rs_task_get(t, "objects.objects_file"));
	CU_ASSERT_PTR_NOT_NULL_FATAL(before);
	clone = rs_task_clone(t, "shop-copy", NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(clone);
	CU_ASSERT_EQUAL(rs_task_save(clone, NULL), RS_OK);
	after = rs_xstrdup(rs_task_get(clone, "objects.objects_file"));
	CU_ASSERT_TRUE(after && strcmp(before, after) != 0);
	CU_ASSERT_TRUE(strcmp(t->path, clone->path) != 0 && strcmp(t->id, clone->id) != 0);
	UNIT_STR(clone->name, "shop-copy");
	CU_ASSERT_TRUE(rs_selection_includes_table(clone->objects, "shop", "table_number_1999"));
	free(before);
	free(after);
	rs_buf_release(&many);
	rs_task_free(t);
	rs_task_free(clone);
}

static struct rs_task *renamed(const char *file, const char *name, const char *before)
{
	char *dir = rs_paths_tasks(), *path = rs_xprintf("%s/%s.ini", dir, file);
	struct rs_task *t;
	struct rs_err err = RS_ERR_INIT;

	CU_ASSERT_EQUAL_FATAL(rs_paths_make(dir, &err), RS_OK);
	CU_ASSERT_EQUAL_FATAL(rs_file_write(path, text, strlen(text), 0600, NULL), RS_OK);
	t = rs_task_load(path, NULL);
	CU_ASSERT_EQUAL(rs_task_set(t, "task.name", name, NULL), RS_OK);
	CU_ASSERT_EQUAL(rs_task_save(t, NULL), RS_OK);
	CU_ASSERT_EQUAL(rs_task_follow_name(t, before, &err), RS_OK);
	UNIT_STR(err.primary, NULL);
	free(path);
	free(dir);
	return t;
}

static void is_in(struct rs_task *t, const char *file)
{
	UNIT_STR(strrchr(t->path, '/') + 1, file);
	CU_ASSERT_EQUAL(access(t->path, F_OK), 0);
	rs_task_free(t);
}

/* A file that its owner has called otherwise stays, and none is written over. */
static void a_file_follows_the_name_that_it_bears(void)
{
	rs_task_free(load()); /* sets where task files are */
	is_in(renamed("shop", "store", "shop"), "store.ini");
	is_in(renamed("shop", "store", "shop"), "store-2.ini");
	is_in(renamed("shop-2", "market", "shop"), "market.ini");
	is_in(renamed("mine", "other", "shop"), "mine.ini");
	is_in(renamed("shopping", "other", "shop"), "shopping.ini");
	is_in(renamed("shop", "shop", "shop"), "shop.ini");
}

UNIT_MAIN(UNIT_TEST(what_each_changed_is_there), UNIT_TEST(the_same_key_changed_otherwise_is_refused_and_nothing_is_taken_over),
          UNIT_TEST(the_same_change_by_both_is_none), UNIT_TEST(objects_are_one_thing), UNIT_TEST(a_clone_leaves_the_other_alone),
          UNIT_TEST(a_file_follows_the_name_that_it_bears))
