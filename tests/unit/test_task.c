#include "model/task.h"

#include <sys/stat.h>
#include "base/file.h"
#include "base/mem.h"
#include "model/paths.h"
#include "unit.h"

static const char *dir; /* stands for the configuration directory */

static void set_up(void)
{
	dir = unit_tmpdir();
	setenv("XDG_CONFIG_HOME", dir, 1);
	setenv("XDG_STATE_HOME", dir, 1);
}

/* Writes a task file and gives its path, which the caller frees. */
static char *write_task(const char *name, const char *text, mode_t mode)
{
	char *tasks, *path;
	struct rs_err err = RS_ERR_INIT;

	set_up();
	tasks = rs_paths_tasks();
	CU_ASSERT_EQUAL_FATAL(rs_paths_make(tasks, &err), RS_OK);
	path = rs_xprintf("%s/%s.ini", tasks, name);
	CU_ASSERT_EQUAL_FATAL(rs_file_write(path, text, strlen(text), mode, &err), RS_OK);
	free(tasks);
	return path;
}

static struct rs_task *load_text(const char *text, struct rs_err *err)
{
	char *path = write_task("t", text, 0600);
	struct rs_task *t = rs_task_load(path, err);

	free(path);
	return t;
}

static const char minimal[] = "[task]\n"
			      "name = shop\n"
			      "id = 6a0c9e0e-1b8d-4b0e-9d6e-0123456789ab   ; a UUID; `task new` writes it, and `run` adds it\n"
			      "flow = mysql-to-mysql\n"
			      "[source]\n"
			      "host = 127.0.0.1\n"
			      "port = 3306\n"
			      "account = dts\n"
			      "password_env = SRC_PASSWORD      ; or password_file, password_command, option_file, or password "
			      "where the file's mode is 0600\n"
			      "connection = no-ssl              ; or ssl\n"
			      "[destination]\n"
			      "host = 127.0.0.1\n"
			      "port = 3307\n"
			      "[sync]\n"
			      "schema = yes\n"
			      "full = yes\n"
			      "incremental = yes\n"
			      "existing_tables = check          ; or ignore\n"
			      "[objects]\n"
			      "include = shop shop2.orders      ; short selections; objects_file = shop.objects for long ones, one "
			      "object a line, with its mapping\n"
			      "rename.1 = shop -> shop_copy     ; database, database.table or database.table.column; `backquotes` "
			      "where a name needs them\n";

static void the_documented_example_loads_as_written(void)
{
	struct rs_err err = RS_ERR_INIT;
	struct rs_task *t = load_text(minimal, &err);

	UNIT_STR(err.primary, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(t);
	UNIT_STR(t->name, "shop");
	UNIT_STR(t->id, "6a0c9e0e-1b8d-4b0e-9d6e-0123456789ab");
	UNIT_STR(t->flow, "mysql-to-mysql");
	UNIT_STR(t->source.host, "127.0.0.1");
	UNIT_INT(t->source.port, 3306);
	UNIT_STR(t->source.account, "dts");
	UNIT_INT(t->source.password_from, RS_PASSWORD_ENV);
	UNIT_STR(t->source.password_arg, "SRC_PASSWORD");
	UNIT_INT(t->source.type, RS_INSTANCE_SELF_MANAGED);
	CU_ASSERT_FALSE(t->source.tls);
	UNIT_INT(t->destination.password_from, RS_PASSWORD_NONE);
	CU_ASSERT_TRUE(t->sync.schema && t->sync.full && t->sync.incremental);
	UNIT_INT(t->sync.existing_tables, RS_EXISTING_CHECK);
	CU_ASSERT_TRUE(rs_selection_whole_db(t->objects, "shop"));
	CU_ASSERT_TRUE(rs_selection_includes_table(t->objects, "shop2", "orders"));
	UNIT_STR(rs_selection_map_db(t->objects, "shop"), "shop_copy");
	CU_ASSERT_EQUAL(rs_task_check(t, NULL), RS_OK);
	rs_task_free(t);
}

static void what_the_file_does_not_say_has_its_preset(void)
{
	struct rs_task *t = load_text("[task]\nflow = mysql-to-mysql\n", NULL);

	CU_ASSERT_PTR_NOT_NULL_FATAL(t);
	UNIT_STR(t->name, "t");
	UNIT_STR(t->id, NULL);
	CU_ASSERT_TRUE(t->sync.schema && t->sync.full && t->sync.incremental);
	UNIT_INT(t->sync.dml, RS_SYNC_DML_ALL);
	UNIT_INT(t->sync.ddl, RS_SYNC_DDL_ALL);
	UNIT_INT(t->sync.on_ddl_error, RS_DDL_STOP);
	UNIT_INT(t->sync.triggers, RS_TRIGGERS_CUT_OVER);
	UNIT_INT(t->sync.on_anomaly, RS_ANOMALY_COUNT);
	CU_ASSERT_FALSE(t->sync.lock_for_keyless);
	UNIT_INT(t->sync.retry_connection, 720);
	UNIT_INT(t->sync.retry_other, 10);
	UNIT_INT(t->sync.memory, 256 << 20);
	UNIT_INT(t->sync.copy_workers, 4);
	UNIT_INT(t->sync.chunk_size, 16 << 20);
	UNIT_STR(rs_task_get(t, "sync.memory"), "256M");
	UNIT_STR(rs_task_get(t, "source.host"), NULL);
	rs_task_free(t);
}

static void every_setting_is_read(void)
{
	struct rs_task *t = load_text("[task]\nflow = mysql-to-mysql\nnote = a line\n[source]\ninstance_type = rds\n"
	                              "instance = RM-1\nregion = cn-hangzhou\nconnection = ssl\nca = ca.pem\ncert = /c.pem\n"
	                              "key = ~/k.pem\ncompression = zlib\nsocket = /s\noption_file = my.cnf\n"
	                              "[sync]\nschema = no\nfull = no\nincremental = no\nexisting_tables = ignore\n"
	                              "dml = delete insert\nddl = none\non_ddl_error = continue\ntriggers = never\n"
	                              "on_anomaly = stop\nlock_for_keyless = yes\nretry_connection = 30\nretry_other = 29\n"
	                              "memory = 1G\ncopy_workers = 8\nchunk_size = 512K\n"
	                              "[precheck]\nignore = CHECK_SAME_OBJ CHECK_SERVER_ID\n",
	                              NULL);
	char *tasks = rs_paths_tasks(), *ca = rs_xprintf("%s/ca.pem", tasks), *key = rs_paths_home("k.pem");

	CU_ASSERT_PTR_NOT_NULL_FATAL(t);
	UNIT_INT(t->source.type, RS_INSTANCE_RDS);
	UNIT_STR(t->source.instance, "RM-1");
	UNIT_STR(t->source.region, "cn-hangzhou");
	CU_ASSERT_TRUE(t->source.tls);
	UNIT_STR(t->source.ca, ca);
	UNIT_STR(t->source.cert, "/c.pem");
	CU_ASSERT_TRUE(t->source.compressed);
	UNIT_STR(t->source.key, key);
	UNIT_INT(t->source.password_from, RS_PASSWORD_OPTION_FILE);
	CU_ASSERT_FALSE(t->sync.schema || t->sync.full || t->sync.incremental);
	UNIT_INT(t->sync.existing_tables, RS_EXISTING_IGNORE);
	UNIT_INT(t->sync.dml, RS_SYNC_DELETE | RS_SYNC_INSERT);
	UNIT_INT(t->sync.ddl, 0);
	UNIT_INT(t->sync.on_ddl_error, RS_DDL_CONTINUE);
	UNIT_INT(t->sync.triggers, RS_TRIGGERS_NEVER);
	UNIT_INT(t->sync.on_anomaly, RS_ANOMALY_STOP);
	CU_ASSERT_TRUE(t->sync.lock_for_keyless);
	UNIT_INT(t->sync.retry_connection, 30);
	UNIT_INT(t->sync.memory, 1 << 30);
	UNIT_INT(t->sync.chunk_size, 512 << 10);
	CU_ASSERT_TRUE(rs_task_ignores(t, "CHECK_SERVER_ID"));
	CU_ASSERT_FALSE(rs_task_ignores(t, "CHECK_SERVER"));
	CU_ASSERT_EQUAL(rs_task_check(t, NULL), RS_FAIL);
	free(tasks);
	free(ca);
	free(key);
	rs_task_free(t);
}

static void load_fails(const char *text, enum rs_errc code, const char *where, const char *hint)
{
	struct rs_err err = RS_ERR_INIT;
	struct rs_task *t = load_text(text, &err);

	CU_ASSERT_PTR_NULL(t);
	UNIT_INT(err.code, code);
	if (!err.primary || !strstr(err.primary, where))
		printf("# %s gives: %s\n", text, err.primary ? err.primary : "no error");
	CU_ASSERT_TRUE(err.primary && strstr(err.primary, where));
	if (hint && (!err.hint || !strstr(err.hint, hint)))
		printf("# hint: %s\n", err.hint ? err.hint : "none");
	CU_ASSERT_TRUE(!hint || (err.hint && strstr(err.hint, hint)));
	rs_err_clear(&err);
	rs_task_free(t);
}

static void unknown_keys_name_their_line_and_the_nearest(void)
{
	load_fails("[task]\nflow = fdw\n[source]\nhots = x\n", RS_E_TASK_INVALID, "t.ini:4: unknown key \"hots\" in [source]",
	           "\"host\"");
	load_fails("[task]\n[sorce]\n", RS_E_TASK_INVALID, "t.ini:2: unknown section [sorce]", "\"source\"");
	load_fails("[task]\nqwertyuiop = 1\n", RS_E_TASK_INVALID, "t.ini:2: unknown key", NULL);
	load_fails("[objects]\nrename.x = a -> b\n", RS_E_TASK_INVALID, "t.ini:2: unknown key \"rename.x\"", NULL);
	load_fails("[objects]\nrename. = a -> b\n", RS_E_TASK_INVALID, "t.ini:2: unknown key \"rename.\"", NULL);
}

static void bad_values_name_their_line_and_what_is_accepted(void)
{
	load_fails("[task]\nid = 6a0c\n", RS_E_TASK_INVALID, "t.ini:2: id: not a UUID", NULL);
	load_fails("[task]\nflow = mysql\n", RS_E_TASK_INVALID, "t.ini:2: flow: \"mysql\" is not one of: mysql-to-mysql ",
	           NULL);
	load_fails("[source]\nport = 0\n", RS_E_TASK_INVALID, "t.ini:2: port: a number from 1 to 65535", NULL);
	load_fails("[source]\nport = 70000\n", RS_E_TASK_INVALID, "port: a number from 1 to 65535", NULL);
	load_fails("[sync]\nschema = maybe\n", RS_E_TASK_INVALID, "\"maybe\" is not one of: yes no", NULL);
	load_fails("[sync]\nschema = yes no\n", RS_E_TASK_INVALID, "is not one of: yes no", NULL);
	load_fails("[sync]\ndml = insert upsert\n", RS_E_TASK_INVALID, "\"upsert\" is not one of", NULL);
	load_fails("[sync]\nmemory = 1M\n", RS_E_TASK_INVALID, "a size from 32M to 1T", NULL);
	load_fails("[sync]\nmemory = lots\n", RS_E_TASK_INVALID, "a size from 32M to 1T", NULL);
	load_fails("[precheck]\nignore = all;\n", RS_E_INI_SYNTAX, "t.ini:2:", NULL);
	load_fails("[precheck]\nignore = some\n", RS_E_TASK_INVALID, "t.ini:2: ignore: codes of checks", NULL);
	load_fails("[objects]\ninclude = a..b\n", RS_E_TASK_INVALID, "t.ini:2:", NULL);
	load_fails("[objects]\ninclude = shop\nrename.1 = shop -> shop2 ; x\nrename.2 = shop -> shop3\n", RS_E_MAPPING,
	           "t.ini:4:", NULL);
}

static void damaged_files_are_refused_with_their_line(void)
{
	load_fails("", RS_E_INI_SYNTAX, "t.ini", NULL);
	load_fails("[task\nname = x\n", RS_E_INI_SYNTAX, "t.ini:1", NULL);
	load_fails("[task]\nname\n", RS_E_INI_SYNTAX, "t.ini:2", NULL);
	load_fails("[task]\nname = a\nname = b\n", RS_E_INI_SYNTAX, "t.ini:3", NULL);
	load_fails("[task]\n[source]\n[task]\n", RS_E_INI_SYNTAX, "t.ini:3", NULL);
	load_fails("[source]\npassword = a;b\n", RS_E_INI_SYNTAX, "t.ini:2", NULL);
	load_fails("name = x\n", RS_E_INI_SYNTAX, "t.ini:1", NULL);
}

static void a_password_that_others_can_read_is_refused(void)
{
	static const char text[] = "[source]\npassword = secret\n";
	static const mode_t open_modes[] = {0644, 0640, 0604, 0660, 0601};
	struct rs_err err = RS_ERR_INIT;
	struct rs_task *t;
	char *path;

	for (size_t i = 0; i < sizeof open_modes / sizeof *open_modes; i++) {
		path = write_task("pw", text, open_modes[i]);
		CU_ASSERT_PTR_NULL(rs_task_load(path, &err));
		UNIT_INT(err.code, RS_E_SECRET);
		CU_ASSERT_TRUE(err.primary && !strstr(err.primary, "secret"));
		CU_ASSERT_TRUE(err.hint && strstr(err.hint, "chmod 600"));
		rs_err_clear(&err);
		free(path);
	}
	path = write_task("pw", text, 0600);
	t = rs_task_load(path, &err);
	CU_ASSERT_PTR_NOT_NULL_FATAL(t);
	UNIT_STR(rs_secret_reveal(&t->source.password), "secret");
	UNIT_STR(rs_task_get(t, "source.password"), "***");
	rs_task_free(t);
	free(path);
	path = write_task("pw", "[source]\npassword_env = X\n", 0644);
	t = rs_task_load(path, &err);
	CU_ASSERT_PTR_NOT_NULL(t);
	rs_task_free(t);
	free(path);
}

static void a_password_has_one_source(void)
{
	load_fails("[source]\npassword_env = A\npassword_file = b\n", RS_E_TASK_INVALID,
	           "t.ini:3: password_env and password_file", NULL);
}

static void check_says_what_is_missing(void)
{
	static const struct {
		const char *text, *what;
	} cases[] = {{"[source]\nhost = a\n", "task.flow"},
	             {"[task]\nflow = mysql-to-mysql\n[source]\naccount = x\n", "source: neither host nor socket"},
	             {"[task]\nflow = mysql-to-mysql\n[source]\ninstance_type = rds\n", "source: no instance"},
	             {"[task]\nflow = mysql-to-mysql\n[destination]\nhost = a\ncert = c\n", "destination: a client certificate"},
	             {"[task]\nflow = mysql-to-mysql\n[sync]\nretry_connection = 5\n", "retry_other (10) must be less"},
	             {"[task]\nflow = mysql-to-kafka\n[kafka]\nacks = 1\n", "kafka.acks: each change"},
	             {"[task]\nflow = mysql-to-kafka\n[kafka]\noversize = key-only\n", "kafka.oversize: it is not said"},
	             {"[task]\nflow = mysql-to-kafka\n[kafka]\nacks = 1\ndelivery = at-least-once\n", "nothing is selected"},
	             {"[task]\nflow = mysql-to-mysql\n[sync]\nschema = no\nfull = no\nincremental = no\n", "nothing to do"},
	             {"[task]\nflow = mysql-to-mysql\n", "nothing is selected"}};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct rs_err err = RS_ERR_INIT;
		struct rs_task *t = load_text(cases[i].text, NULL);

		CU_ASSERT_PTR_NOT_NULL_FATAL(t);
		CU_ASSERT_EQUAL(rs_task_check(t, &err), RS_FAIL);
		UNIT_INT(err.code, RS_E_TASK_INVALID);
		if (!err.primary || !strstr(err.primary, cases[i].what))
			printf("# %s\n", err.primary ? err.primary : "no error");
		CU_ASSERT_TRUE(err.primary && strstr(err.primary, cases[i].what));
		rs_err_clear(&err);
		rs_task_free(t);
	}
}

static void has_topic(const struct rs_task *t, const char *table, const char *topic, unsigned partitions)
{
	struct rs_buf out = RS_BUF_INIT;

	rs_task_topic(t, "shop", table, &out);
	UNIT_STR(rs_buf_str(&out), topic);
	UNIT_INT(rs_task_topic_partitions(t, "shop", table), partitions);
	rs_buf_release(&out);
}

#define KAFKA "[task]\nflow = mysql-to-kafka\n[destination]\ntopic = all\n"
#define TABLES "[objects]\ninclude = shop\nrename.1 = shop.orders -> o2\n"

static void addresses_and_offsets_are_checked(void)
{
	static const char *const good[] = {"http://a:8081", "https://registry.example.com/apis/ccompat/v7", "http://[::1]:8081/"};
	static const char *const wrong[] = {"a:8081", "ftp://a", "http://", "http:///x", "http://user:secret@a", "https://a b", "http://a?x"};
	const struct rs_task_key *key = rs_task_key_find("kafka.schema_registry");

	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		CU_ASSERT_EQUAL(rs_task_key_check(key, good[i], NULL), RS_OK);
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		struct rs_err err = RS_ERR_INIT;

		CU_ASSERT_EQUAL(rs_task_key_check(key, wrong[i], &err), RS_FAIL);
		CU_ASSERT_PTR_NULL(strstr(err.primary, "secret"));
		rs_err_clear(&err);
	}
	CU_ASSERT_EQUAL(rs_task_key_check(rs_task_key_find("kafka.utc_offset"), "+08:00", NULL), RS_OK);
	CU_ASSERT_EQUAL(rs_task_key_check(rs_task_key_find("kafka.utc_offset"), "8", NULL), RS_FAIL);
}

static void field_mapping_is_told_by_the_names_of_either_side(void)
{
	struct rs_task *t = load_text("[task]\nflow = mysql-to-postgresql\n" TABLES "rename.2 = shop.orders.id -> no\n[fields]\n"
	                              "table.1 = shop.lines: replicated primary id\n"
	                              "table.2 = shop.orders: partitioned primary id day distribution id\n", NULL);
	struct rs_table_fields f = RS_TABLE_FIELDS_INIT;

	CU_ASSERT_PTR_NOT_NULL_FATAL(t);
	CU_ASSERT_TRUE_FATAL(rs_task_table_fields(t, "shop", "orders", &f));
	UNIT_STR(f.distribution[0], "id");
	CU_ASSERT_TRUE_FATAL(rs_task_fields_at_destination(t, "shop", "o2", &f));
	UNIT_STR(f.distribution[0], "no");
	UNIT_STR(f.primary[1], "day");
	CU_ASSERT_TRUE_FATAL(rs_task_fields_at_destination(t, "shop", "lines", &f));
	CU_ASSERT_TRUE(f.replicated);
	CU_ASSERT_FALSE(rs_task_table_fields(t, "shop", "o2", &f));
	CU_ASSERT_FALSE(rs_task_fields_at_destination(t, "shop", "orders", &f));
	rs_table_fields_release(&f);
	rs_task_free(t);
}

static void a_table_has_the_task_s_topic_or_its_own(void)
{
	struct rs_task *t = load_text(KAFKA TABLES "topic.1 = shop.lines: l\npartitions.1 = shop.lines: 7\n", NULL);

	CU_ASSERT_PTR_NOT_NULL_FATAL(t);
	has_topic(t, "orders", "all", 1);
	has_topic(t, "lines", "l", 7);
	CU_ASSERT_EQUAL(rs_task_set(t, "kafka.topics", "table", NULL), RS_OK);
	CU_ASSERT_EQUAL(rs_task_set(t, "kafka.topic_partitions", "4", NULL), RS_OK);
	has_topic(t, "orders", "shop.o2", 4);
	has_topic(t, "lines", "l", 7);
	UNIT_INT(rs_task_topic_replicas(t), 0);
	CU_ASSERT_EQUAL(rs_task_set(t, "kafka.topic_replicas", "3", NULL), RS_OK);
	UNIT_INT(rs_task_topic_replicas(t), 3);
	CU_ASSERT_EQUAL(rs_task_set(t, "kafka.topic_name", "x-{table}-{table}{databas}", NULL), RS_OK);
	has_topic(t, "orders", "x-o2-o2{databas}", 4);
	rs_task_free(t);
}

static void a_table_has_key_columns_and_a_conflict_policy(void)
{
	struct rs_task *t = load_text("[task]\nflow = mysql-to-mysql-two-way\n[two_way]\nconflicts = overwrite\n" TABLES
	                              "key.1 = shop.orders: region `a b`\nconflict.1 = shop.orders: use-max at\n", NULL);
	size_t n;
	char **columns;

	CU_ASSERT_PTR_NOT_NULL_FATAL(t);
	columns = rs_task_key_columns(t, "shop", "orders", &n);
	UNIT_INT(n, 2);
	UNIT_STR(columns[0], "region");
	UNIT_STR(columns[1], "a b");
	rs_columns_free(columns, n);
	columns = rs_task_key_columns(t, "shop", "lines", &n);
	UNIT_INT(n, 0);
	rs_columns_free(columns, n);
	UNIT_INT(rs_task_conflicts(t, "shop", "orders", &columns, &n), RS_CONFLICTS_USE_MAX);
	UNIT_INT(n, 1);
	UNIT_STR(columns[0], "at");
	rs_columns_free(columns, n);
	UNIT_INT(rs_task_conflicts(t, "shop", "lines", &columns, &n), RS_CONFLICTS_OVERWRITE);
	UNIT_INT(n, 0);
	rs_columns_free(columns, n);
	rs_task_free(t);
}

/* NULL: nothing is. */
static void settings_are_wrong(const char *text, const char *why)
{
	struct rs_task *t = load_text(text, NULL);
	struct rs_err err = RS_ERR_INIT;

	CU_ASSERT_PTR_NOT_NULL_FATAL(t);
	UNIT_INT(rs_task_check(t, &err), why ? RS_FAIL : RS_OK);
	if (err.primary && (!why || !strstr(err.primary, why)))
		printf("# %s\n", err.primary);
	CU_ASSERT_TRUE(!why || (err.primary && strstr(err.primary, why)));
	rs_err_clear(&err);
	rs_task_free(t);
}

static void a_setting_that_means_nothing_is_refused(void)
{
	settings_are_wrong("[task]\nflow = mysql-to-mysql\n" TABLES "key.1 = shop.orders: id\n",
	                   "[objects]: shop.orders: key: tables of this flow have no such setting");
	settings_are_wrong("[task]\nflow = mysql-to-datahub\n" TABLES "key.1 = shop.orders: id\n", NULL);
	settings_are_wrong("[task]\nflow = mysql-to-mysql-two-way\n" TABLES "conflict.1 = shop: fail\n", NULL);
	settings_are_wrong(KAFKA TABLES "conflict.1 = shop: fail\n", "[objects]: shop: conflict: tables of this flow have no such setting");
	settings_are_wrong(KAFKA TABLES "key.1 = shop.orders: id\n", "shop.orders: key: its columns choose a partition only where");
	settings_are_wrong(KAFKA "[kafka]\npartitions = key\n" TABLES "key.1 = shop.orders: id\n", NULL);
	settings_are_wrong(KAFKA TABLES "partitions.1 = shop.orders: 2\n", "no topic of its own");
	settings_are_wrong(KAFKA TABLES "partitions.1 = shop.orders: 2\ntopic.1 = shop.orders: a\n", NULL);
}

static void set_changes_one_key_and_checks_it(void)
{
	struct rs_err err = RS_ERR_INIT;
	struct rs_task *t = load_text(minimal, NULL);

	CU_ASSERT_PTR_NOT_NULL_FATAL(t);
	CU_ASSERT_EQUAL(rs_task_set(t, "source.port", "3310", &err), RS_OK);
	UNIT_INT(t->source.port, 3310);
	CU_ASSERT_EQUAL(rs_task_set(t, "source.port", "x", &err), RS_FAIL);
	CU_ASSERT_TRUE(strstr(err.primary, "source.port: a number") != NULL);
	UNIT_INT(t->source.port, 3310);
	rs_err_clear(&err);
	CU_ASSERT_EQUAL(rs_task_set(t, "source.prt", "1", &err), RS_FAIL);
	CU_ASSERT_TRUE(err.hint && strstr(err.hint, "\"port\""));
	rs_err_clear(&err);
	CU_ASSERT_EQUAL(rs_task_set(t, "port", "1", &err), RS_FAIL);
	rs_err_clear(&err);
	CU_ASSERT_EQUAL(rs_task_set(t, "task.note", "a\nb", &err), RS_FAIL);
	rs_err_clear(&err);
	CU_ASSERT_EQUAL(rs_task_set(t, "source.port", NULL, &err), RS_OK);
	UNIT_INT(t->source.port, 0);
	CU_ASSERT_EQUAL(rs_task_set(t, "objects.include", "crm", &err), RS_FAIL);
	rs_err_clear(&err);
	CU_ASSERT_TRUE(rs_selection_whole_db(t->objects, "shop"));
	UNIT_STR(rs_task_get(t, "objects.include"), "shop shop2.orders");
	CU_ASSERT_EQUAL(rs_task_set(t, "objects.rename.1", "", &err), RS_OK);
	CU_ASSERT_EQUAL(rs_task_set(t, "objects.include", "crm", &err), RS_OK);
	CU_ASSERT_TRUE(rs_selection_whole_db(t->objects, "crm"));
	rs_task_free(t);
}

static char *read_file(const char *path)
{
	struct rs_buf text = RS_BUF_INIT;

	CU_ASSERT_EQUAL_FATAL(rs_file_read(path, 100000, &text, NULL), RS_OK);
	return rs_buf_take(&text);
}

static void saving_keeps_comments_and_order_and_adds_the_id(void)
{
	char *path = write_task("c", "# my task\n[task]\n; the name\nname = c\nflow = mysql-to-mysql\n\n[source]\n"
	                             "# here\nhost = a\n",
	                        0644);
	struct rs_task *t = rs_task_load(path, NULL);
	struct rs_err err = RS_ERR_INIT;
	struct stat st;
	char *text;

	CU_ASSERT_PTR_NOT_NULL_FATAL(t);
	CU_ASSERT_EQUAL(rs_task_set(t, "source.port", "3306", NULL), RS_OK);
	CU_ASSERT_EQUAL(rs_task_ensure_id(t, &err), RS_OK);
	UNIT_STR(err.primary, NULL);
	CU_ASSERT_TRUE(t->id && rs_uuid_valid(t->id));
	text = read_file(path);
	CU_ASSERT_TRUE(strstr(text, "# my task\n[task]\n; the name\nname = c") == text);
	CU_ASSERT_TRUE(strstr(text, "# here\nhost = a") && strstr(text, "port = 3306") && strstr(text, t->id));
	free(text);
	CU_ASSERT_EQUAL(stat(path, &st), 0);
	UNIT_INT(st.st_mode & 0777, 0600);
	rs_task_free(t);
	free(path);
}

static void a_new_task_gets_a_name_an_id_and_a_file_of_its_own(void)
{
	struct rs_err err = RS_ERR_INIT;
	struct rs_task *a, *b, *back;
	char *date;

	set_up();
	a = rs_task_new("mysql-to-mysql", NULL, &err);
	b = rs_task_new("mysql-to-mysql", NULL, &err);
	CU_ASSERT_PTR_NOT_NULL_FATAL(a);
	CU_ASSERT_PTR_NOT_NULL_FATAL(b);
	CU_ASSERT_TRUE(strcmp(a->id, b->id) != 0);
	CU_ASSERT_EQUAL(rs_task_set_objects(a, "shop -> copy\n", &err), RS_OK);
	CU_ASSERT_EQUAL(rs_task_set_objects(b, "shop -> copy\n", &err), RS_OK);
	date = rs_task_default_name(a, 0);
	UNIT_STR(date, "shop-1970-01-01");
	free(date);
	CU_ASSERT_EQUAL(rs_task_save(a, &err), RS_OK);
	CU_ASSERT_EQUAL(rs_task_save(b, &err), RS_OK);
	UNIT_STR(a->name, b->name);
	CU_ASSERT_TRUE(strcmp(a->path, b->path) != 0);
	CU_ASSERT_TRUE(strstr(b->path, "-2.ini") != NULL);
	back = rs_task_find(b->path, &err);
	CU_ASSERT_PTR_NOT_NULL_FATAL(back);
	UNIT_STR(back->id, b->id);
	UNIT_STR(rs_selection_map_db(back->objects, "shop"), "copy");
	rs_task_free(back);
	back = rs_task_find(a->name, &err);
	CU_ASSERT_PTR_NOT_NULL_FATAL(back);
	UNIT_STR(back->id, a->id);
	rs_task_free(back);
	CU_ASSERT_EQUAL(rs_task_delete(b, &err), RS_OK);
	CU_ASSERT_PTR_NULL(rs_task_find(b->path, &err));
	UNIT_INT(err.code, RS_E_TASK_NOT_FOUND);
	rs_err_clear(&err);
	CU_ASSERT_EQUAL(rs_task_delete(a, &err), RS_OK);
	CU_ASSERT_PTR_NULL(rs_task_new("no-such-flow", NULL, &err));
	UNIT_INT(err.code, RS_E_TASK_INVALID);
	rs_err_clear(&err);
	rs_task_free(a);
	rs_task_free(b);
}

static void names_that_no_file_can_have_are_made_safe(void)
{
	static const char *const names[] = {"../../etc/passwd", "a b", ".hidden", "订单 同步", "-", "/", "a;b\"c'd"};

	set_up();
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		struct rs_err err = RS_ERR_INIT;
		struct rs_task *t = rs_task_new("mysql-to-mysql", names[i], &err), *back;
		char *tasks = rs_paths_tasks();

		CU_ASSERT_PTR_NOT_NULL_FATAL(t);
		if (rs_task_save(t, &err) != RS_OK) {
			/* a name that INI can't hold is refused, not changed */
			UNIT_INT(err.code, RS_E_INI_SYNTAX);
			CU_ASSERT_PTR_NULL(t->path);
		} else {
			CU_ASSERT_TRUE(strncmp(t->path, tasks, strlen(tasks)) == 0);
			CU_ASSERT_PTR_NULL(strchr(t->path + strlen(tasks) + 1, '/'));
			CU_ASSERT_TRUE(t->path[strlen(tasks) + 1] != '.');
			back = rs_task_load(t->path, NULL);
			CU_ASSERT_PTR_NOT_NULL_FATAL(back);
			UNIT_STR(back->name, names[i]);
			rs_task_free(back);
			CU_ASSERT_EQUAL(rs_task_delete(t, NULL), RS_OK);
		}
		rs_err_clear(&err);
		free(tasks);
		rs_task_free(t);
	}
}

static void the_name_of_one_task_that_is_another_s_file_is_nobody_s(void)
{
	struct rs_err err = RS_ERR_INIT;
	char *file = write_task("crm", "[task]\nname = billing\n", 0600);
	char *name = write_task("ledger", "[task]\nname = crm\n", 0600);
	char *both = write_task("hr", "[task]\nname = hr\n", 0600);
	char *like = write_task("hr-2", "[task]\nname = hr\n", 0600);
	char *expected = rs_xprintf("%s\n%s", file, name);

	CU_ASSERT_PTR_NULL(rs_task_find("crm", &err));
	UNIT_INT(err.code, RS_E_TASK_NOT_FOUND);
	UNIT_STR(err.detail, expected);
	rs_err_clear(&err);
	struct rs_task *t = rs_task_find("hr", &err); /* its own name twice over */
	CU_ASSERT_PTR_NOT_NULL_FATAL(t);
	UNIT_STR(t->path, both);
	rs_task_free(t);
	unlink(name);
	t = rs_task_find("crm", &err); /* nobody else is called so */
	CU_ASSERT_PTR_NOT_NULL_FATAL(t);
	UNIT_STR(t->path, file);
	rs_task_free(t);
	unlink(file);
	unlink(both);
	unlink(like);
	free(expected);
	free(file);
	free(name);
	free(both);
	free(like);
}

static void tasks_are_found_by_the_name_in_the_file(void)
{
	struct rs_err err = RS_ERR_INIT;
	char *one = write_task("file-one", "[task]\nname = title\n", 0600);
	char *two = write_task("file-two", "[task]\nname = same\n", 0600);
	char *three = write_task("file-three", "[task]\nname = same\n", 0600);
	char *bad = write_task("bad", "[task\n", 0600);
	struct rs_task *t = rs_task_find("title", &err);
	struct rs_task_list list;
	size_t seen = 0;

	char *expected = rs_xprintf("%s\n%s", three, two);

	CU_ASSERT_PTR_NOT_NULL_FATAL(t);
	UNIT_STR(t->path, one);
	rs_task_free(t);
	CU_ASSERT_PTR_NULL(rs_task_find("same", &err));
	CU_ASSERT_TRUE(err.primary && strstr(err.primary, "several"));
	UNIT_STR(err.detail, expected);
	rs_err_clear(&err);
	free(expected);
	CU_ASSERT_PTR_NULL(rs_task_find("nothing", &err));
	UNIT_INT(err.code, RS_E_TASK_NOT_FOUND);
	rs_err_clear(&err);
	CU_ASSERT_PTR_NULL(rs_task_find("../x", &err));
	rs_err_clear(&err);
	CU_ASSERT_PTR_NULL(rs_task_find("", &err));
	rs_err_clear(&err);
	CU_ASSERT_PTR_NULL(rs_task_find("bad", &err));
	UNIT_INT(err.code, RS_E_INI_SYNTAX);
	rs_err_clear(&err);
	CU_ASSERT_EQUAL(rs_task_list(&list, &err), RS_OK);
	for (size_t i = 0; i < list.count; i++)
		seen += strcmp(list.files[i].path, one) == 0 || strcmp(list.files[i].path, bad) == 0;
	UNIT_INT(seen, 2);
	rs_task_list_release(&list);
	free(one);
	free(two);
	free(three);
	free(bad);
}

static void no_directory_is_an_empty_list(void)
{
	char *nowhere = rs_xprintf("%s/nowhere", unit_tmpdir());
	struct rs_task_list list;

	setenv("XDG_CONFIG_HOME", nowhere, 1);
	CU_ASSERT_EQUAL(rs_task_list(&list, NULL), RS_OK);
	UNIT_INT(list.count, 0);
	rs_task_list_release(&list);
	free(nowhere);
}

static void a_copy_is_the_same_task(void)
{
	struct rs_task *t = load_text(minimal, NULL), *copy;

	CU_ASSERT_PTR_NOT_NULL_FATAL(t);
	CU_ASSERT_EQUAL(rs_task_set_objects(t, "crm\n", NULL), RS_OK);
	copy = rs_task_copy(t);
	rs_task_free(t);
	UNIT_STR(copy->source.password_arg, "SRC_PASSWORD");
	UNIT_STR(copy->name, "shop");
	UNIT_INT(copy->destination.port, 3307);
	CU_ASSERT_TRUE(rs_selection_whole_db(copy->objects, "crm"));
	CU_ASSERT_TRUE(copy->objects_changed);
	rs_task_free(copy);
}

static void ignored_checks_are_kept_as_words(void)
{
	struct rs_task *t = load_text(minimal, NULL);

	CU_ASSERT_PTR_NOT_NULL_FATAL(t);
	rs_task_ignore(t, "CHECK_A", true);
	rs_task_ignore(t, "CHECK_B", true);
	rs_task_ignore(t, "CHECK_B", true);
	UNIT_STR(rs_task_get(t, "precheck.ignore"), "CHECK_A CHECK_B");
	rs_task_ignore(t, "CHECK_A", false);
	UNIT_STR(rs_task_get(t, "precheck.ignore"), "CHECK_B");
	rs_task_ignore(t, "CHECK_B", false);
	UNIT_STR(rs_task_get(t, "precheck.ignore"), NULL);
	rs_task_free(t);
}

static void a_long_selection_goes_to_its_own_file_and_stays_there(void)
{
	struct rs_buf many = RS_BUF_INIT;
	struct rs_err err = RS_ERR_INIT;
	struct rs_task *t, *back;

	set_up();
	t = rs_task_new("mysql-to-mysql", "long", &err);
	CU_ASSERT_PTR_NOT_NULL_FATAL(t);
	for (int i = 0; i < 3000; i++)
		rs_buf_addf(&many, "shop.table_%d\n", i);
	CU_ASSERT_EQUAL(rs_task_set_objects(t, rs_buf_str(&many), &err), RS_OK);
	CU_ASSERT_EQUAL(rs_task_save(t, &err), RS_OK);
	UNIT_STR(err.primary, NULL);
	UNIT_STR(rs_task_get(t, "objects.objects_file"), "long.objects");
	CU_ASSERT_EQUAL(rs_task_set_objects(t, "crm\n", &err), RS_OK);
	CU_ASSERT_EQUAL(rs_task_save(t, &err), RS_OK);
	back = rs_task_find("long", &err);
	CU_ASSERT_PTR_NOT_NULL_FATAL(back);
	CU_ASSERT_TRUE(rs_selection_whole_db(back->objects, "crm"));
	CU_ASSERT_FALSE(rs_selection_includes_db(back->objects, "shop"));
	UNIT_STR(rs_task_get(back, "objects.objects_file"), "long.objects");
	CU_ASSERT_EQUAL(rs_task_delete(back, NULL), RS_OK);
	rs_buf_release(&many);
	rs_task_free(t);
	rs_task_free(back);
}

static void setting_what_holds_already_changes_nothing_in_the_file(void)
{
	char *objects = write_task("same", "x", 0600), *path, *text;
	struct rs_task *t;

	free(objects);
	objects = rs_xprintf("%s/rds-sync/tasks/same.objects", dir);
	CU_ASSERT_EQUAL_FATAL(rs_file_write(objects, "# mine\nshop\n", 12, 0600, NULL), RS_OK);
	path = write_task("same", "[task]\nid = 6a0c9e0e-1b8d-4b0e-9d6e-0123456789ab\n[source]\nhost  =  a   ; here\n"
	                          "[objects]\nobjects_file = same.objects   ; long\ninclude = b   a\n", 0600);
	t = rs_task_load(path, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(t);
	CU_ASSERT_EQUAL(rs_task_set(t, "source.host", "a", NULL), RS_OK);
	CU_ASSERT_EQUAL(rs_task_set(t, "source.port", NULL, NULL), RS_OK);
	CU_ASSERT_EQUAL(rs_task_set_objects(t, "b\na\nshop\n", NULL), RS_OK);
	CU_ASSERT_EQUAL(rs_task_save(t, NULL), RS_OK);
	text = read_file(path);
	CU_ASSERT_TRUE(strstr(text, "host  =  a   ; here") && strstr(text, "include = b   a"));
	free(text);
	text = read_file(objects);
	UNIT_STR(text, "# mine\nshop\n");
	free(text);
	rs_task_free(t);
	free(objects);
	free(path);
}

static void every_key_is_found_by_its_name_and_its_preset_is_valid(void)
{
	size_t n = 0;

	for (const struct rs_task_key *k = rs_task_keys(); k->section; k++, n++) {
		char *name = rs_xprintf("%s.%s", k->section, k->key);

		if (name[strlen(name) - 1] == 'N')
			name[strlen(name) - 1] = '7';
		CU_ASSERT_PTR_EQUAL(rs_task_key_find(name), k);
		CU_ASSERT_TRUE(k->help && *k->help);
		if (k->preset)
			CU_ASSERT_EQUAL(rs_task_key_check(k, k->preset, NULL), RS_OK);
		free(name);
	}
	CU_ASSERT_TRUE(n > 40);
	for (const struct rs_flow *f = rs_flows(); f->id; f++)
		CU_ASSERT_EQUAL(rs_task_key_check(rs_task_key_find("task.flow"), f->id, NULL), RS_OK);
	for (unsigned bit = 1; bit <= RS_SYNC_DDL_ALL; bit <<= 1)
		CU_ASSERT_EQUAL(rs_task_key_check(rs_task_key_find("sync.ddl"), rs_sync_ddl_word(bit), NULL), RS_OK);
	UNIT_STR(rs_sync_ddl_word(RS_SYNC_DROP_DATABASE), "drop-database");
	UNIT_STR(rs_sync_ddl_word(RS_SYNC_DROP_DATABASE << 1), NULL);
	UNIT_STR(rs_sync_dml_word(RS_SYNC_UPDATE), "update");
	UNIT_STR(rs_task_key_nearest("syn.dml"), NULL);
	UNIT_STR(rs_task_key_nearest("objets"), "objects");
}

static void uuids_are_of_version_4(void)
{
	char a[37], b[37];

	rs_uuid_make(a);
	rs_uuid_make(b);
	CU_ASSERT_TRUE(rs_uuid_valid(a) && rs_uuid_valid(b) && strcmp(a, b) != 0);
	CU_ASSERT_TRUE(a[14] == '4' && strchr("89ab", a[19]));
	CU_ASSERT_FALSE(rs_uuid_valid(""));
	CU_ASSERT_FALSE(rs_uuid_valid("6a0c9e0e-1b8d-4b0e-9d6e-0123456789a"));
	CU_ASSERT_FALSE(rs_uuid_valid("6a0c9e0e-1b8d-4b0e-9d6e-0123456789abc"));
	CU_ASSERT_FALSE(rs_uuid_valid("6a0c9e0e+1b8d-4b0e-9d6e-0123456789ab"));
}

/* Bytes of a good file changed at random: it loads or is refused, and never crashes. */
static void a_file_damaged_at_random_is_loaded_or_refused(void)
{
	unsigned seed = unit_seed();

	printf("# seed %u\n", seed);
	for (int n = 0; n < 300; n++) {
		char text[sizeof minimal];
		struct rs_err err = RS_ERR_INIT;
		struct rs_task *t;

		memcpy(text, minimal, sizeof text);
		for (int i = rand_r(&seed) % 4; i >= 0; i--)
			text[(size_t)rand_r(&seed) % (sizeof text - 1)] = (char)(1 + rand_r(&seed) % 255);
		if (rand_r(&seed) % 8 == 0)
			text[(size_t)rand_r(&seed) % (sizeof text - 1)] = '\0';
		t = load_text(text, &err);
		CU_ASSERT_TRUE((t != NULL) != rs_err_is_set(&err));
		rs_err_clear(&err);
		rs_task_free(t);
	}
}

static void limit_is(struct rs_task *t, const char *class, const char *rows, uint64_t expected, bool by_class)
{
	UNIT_INT(rs_task_set(t, "sync.speed_class", class, NULL), RS_OK);
	UNIT_INT(rs_task_set(t, "sync.incremental_max_rows", rows, NULL), RS_OK);
	UNIT_INT(t->sync.incremental_limits.rows, expected);
	UNIT_INT(t->sync.limited_by_class, by_class);
}

static void a_limit_that_is_given_wins_over_the_speed_class(void)
{
	struct rs_task *t = rs_task_new("mysql-to-mysql", "t", NULL);

	limit_is(t, NULL, NULL, 0, true);
	limit_is(t, "micro", NULL, 200, true);
	limit_is(t, "small", NULL, 2000, true);
	limit_is(t, "medium", NULL, 5000, true);
	limit_is(t, "large", NULL, 0, true);
	limit_is(t, "micro", "7000", 7000, false);
	limit_is(t, "micro", "0", 0, false);
	UNIT_INT(t->sync.full_limits.rows, 0);
	UNIT_INT(rs_task_set(t, "sync.full_max_bytes", "4M", NULL), RS_OK);
	UNIT_INT(t->sync.full_limits.bytes, 4 << 20);
	UNIT_INT(rs_task_set(t, "sync.full_max_queries", "5", NULL), RS_OK);
	UNIT_INT(t->sync.full_limits.queries, 5);
	rs_task_free(t);
}

static void what_can_change_while_it_runs_are_keys(void)
{
	size_t live = 0;

	for (const struct rs_task_key *k = rs_task_keys(); k->section; k++) {
		char *name = rs_xprintf("%s.%s", k->section, k->key);

		live += rs_task_key_is_live(name);
		free(name);
	}
	UNIT_INT(live, 39);
	CU_ASSERT_TRUE(rs_task_key_is_live("sync.full_max_rows"));
	CU_ASSERT_FALSE(rs_task_key_is_live("sync.copy_workers"));
	CU_ASSERT_TRUE(rs_task_key_is_live("source.password"));
	CU_ASSERT_FALSE(rs_task_key_is_live("source.option_file"));
	CU_ASSERT_FALSE(rs_task_key_is_live("destination.host"));
	CU_ASSERT_TRUE(rs_task_key_is_live("objects.include"));
}

UNIT_MAIN(UNIT_TEST(a_limit_that_is_given_wins_over_the_speed_class),
          UNIT_TEST(field_mapping_is_told_by_the_names_of_either_side),
          UNIT_TEST(what_can_change_while_it_runs_are_keys),
          UNIT_TEST(the_documented_example_loads_as_written),
          UNIT_TEST(what_the_file_does_not_say_has_its_preset),
          UNIT_TEST(every_setting_is_read),
          UNIT_TEST(unknown_keys_name_their_line_and_the_nearest),
          UNIT_TEST(bad_values_name_their_line_and_what_is_accepted),
          UNIT_TEST(damaged_files_are_refused_with_their_line),
          UNIT_TEST(a_password_that_others_can_read_is_refused),
          UNIT_TEST(a_password_has_one_source),
          UNIT_TEST(check_says_what_is_missing),
          UNIT_TEST(addresses_and_offsets_are_checked),
          UNIT_TEST(a_table_has_the_task_s_topic_or_its_own),
          UNIT_TEST(a_table_has_key_columns_and_a_conflict_policy),
          UNIT_TEST(a_setting_that_means_nothing_is_refused),
          UNIT_TEST(set_changes_one_key_and_checks_it),
          UNIT_TEST(saving_keeps_comments_and_order_and_adds_the_id),
          UNIT_TEST(a_new_task_gets_a_name_an_id_and_a_file_of_its_own),
          UNIT_TEST(names_that_no_file_can_have_are_made_safe),
          UNIT_TEST(the_name_of_one_task_that_is_another_s_file_is_nobody_s),
          UNIT_TEST(tasks_are_found_by_the_name_in_the_file),
          UNIT_TEST(no_directory_is_an_empty_list),
          UNIT_TEST(a_copy_is_the_same_task),
          UNIT_TEST(ignored_checks_are_kept_as_words),
          UNIT_TEST(a_long_selection_goes_to_its_own_file_and_stays_there),
          UNIT_TEST(setting_what_holds_already_changes_nothing_in_the_file),
          UNIT_TEST(every_key_is_found_by_its_name_and_its_preset_is_valid),
          UNIT_TEST(uuids_are_of_version_4),
          UNIT_TEST(a_file_damaged_at_random_is_loaded_or_refused))
