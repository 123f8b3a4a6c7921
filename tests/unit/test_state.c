#include "engine/state.h"
#include "unit.h"

#include <dirent.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <zlib.h>
#include "base/mem.h"
#include "engine/control/control.h"
#include "engine/report/progress.h"

/* ------------------------------------------------------------------ a home of its own for each test */

static char home[300];

static void fresh_home(void)
{
	static int n;

	snprintf(home, sizeof home, "%s/%d", unit_tmpdir(), n++);
	mkdir(home, 0700);
	setenv("HOME", home, 1);
	setenv("XDG_STATE_HOME", home, 1);
	setenv("XDG_CONFIG_HOME", home, 1);
}

static void write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	fputs(text, f);
	fclose(f);
}

#define ID "12345678-1234-4123-8123-123456789abc"

static char *task_path(const char *name)
{
	return rs_xprintf("%s/%s.ini", home, name);
}

static struct rs_task *task_with(const char *name, const char *id)
{
	struct rs_err err = RS_ERR_INIT;
	char *path = task_path(name), *text;
	struct rs_task *t;

	text = rs_xprintf("[task]\nname = %s\n%s%s\nflow = mysql-to-mysql\n[source]\nhost = a\naccount = u\n[destination]\n"
	                  "host = b\naccount = u\n[objects]\ninclude = shop\n", name, id ? "id = " : "", id ? id : "");
	write_file(path, text);
	t = rs_task_load(path, &err);
	if (!t)
		printf("# %s: %s\n", err.primary, err.detail ? err.detail : "");
	CU_ASSERT_PTR_NOT_NULL_FATAL(t);
	free(path);
	free(text);
	return t;
}

static struct rs_task *fresh_task(void)
{
	fresh_home();
	return task_with("shop", ID);
}

static void save_state(const struct rs_task *t, enum rs_state state)
{
	struct rs_state_file *f = rs_state_open(t);
	struct rs_progress *p = rs_progress_new(state);

	p->transactions = 42;
	rs_state_save(f, p);
	rs_progress_unref(p);
	rs_state_close(f);
}

static enum rs_state state_seen(const struct rs_task *t)
{
	struct rs_task_status s;
	enum rs_state state;

	CU_ASSERT_EQUAL_FATAL(rs_task_status_read(t, &s, NULL), RS_OK);
	state = s.state;
	rs_task_status_release(&s);
	return state;
}

/* ------------------------------------------------------------------ the file */

static void what_was_saved_is_read_back(void)
{
	struct rs_task *t = fresh_task();
	struct rs_state_stored s;

	CU_ASSERT_FALSE(rs_state_read(t, &s));
	save_state(t, RS_STATE_FINISHED);
	CU_ASSERT_TRUE_FATAL(rs_state_read(t, &s));
	UNIT_INT(s.state, RS_STATE_FINISHED);
	UNIT_INT(s.pid, getpid());
	UNIT_INT(s.progress->transactions, 42);
	rs_progress_unref(s.progress);
	rs_task_free(t);
}

static void damage(const char *path, const char *how)
{
	int fd = open(path, O_RDWR);
	off_t size = lseek(fd, 0, SEEK_END);

	if (strcmp(how, "empty") == 0) {
		CU_ASSERT_EQUAL(ftruncate(fd, 0), 0);
	} else if (strcmp(how, "half") == 0) {
		CU_ASSERT_EQUAL(ftruncate(fd, size / 2), 0);
	} else {
		off_t from = strcmp(how, "head") == 0 ? 0 : 4096, to = strcmp(how, "head") == 0 ? 100 : size;
		char junk[64];

		memset(junk, 0xA5, sizeof junk);
		for (off_t at = from; at < to; at += 64)
			CU_ASSERT_EQUAL(pwrite(fd, junk, sizeof junk, at), (ssize_t)sizeof junk);
	}
	close(fd);
}

static void a_damaged_file_is_made_anew(void)
{
	static const char *const how[] = {"empty", "half", "head", "body"};

	for (size_t i = 0; i < sizeof how / sizeof *how; i++) {
		struct rs_task *t = fresh_task();
		struct rs_state_stored s;
		char *path = rs_state_path(t, "db");

		save_state(t, RS_STATE_FAILED);
		damage(path, how[i]);
		if (rs_state_read(t, &s)) /* half a file may still hold it; never anything else */
			rs_progress_unref(s.progress);
		save_state(t, RS_STATE_STOPPED);
		CU_ASSERT_TRUE_FATAL(rs_state_read(t, &s));
		UNIT_INT(s.state, RS_STATE_STOPPED);
		rs_progress_unref(s.progress);
		free(path);
		rs_task_free(t);
	}
}

static void a_file_that_is_not_ours_is_made_anew(void)
{
	struct rs_task *t = fresh_task();
	struct rs_state_stored s;
	char *path = rs_state_path(t, "db"), *dir = rs_state_dir(NULL);

	write_file(path, "This is not a database, but a letter of some length that somebody saved here by mistake.\n");
	CU_ASSERT_FALSE(rs_state_read(t, &s));
	save_state(t, RS_STATE_FAILED);
	CU_ASSERT_TRUE_FATAL(rs_state_read(t, &s));
	rs_progress_unref(s.progress);
	free(path);
	free(dir);
	rs_task_free(t);
}

static void a_file_lost_while_it_is_written_is_made_anew(void)
{
	struct rs_task *t = fresh_task();
	struct rs_state_file *f = rs_state_open(t);
	struct rs_progress *p = rs_progress_new(RS_STATE_SYNCHRONIZING);
	struct rs_state_stored s;
	char *path = rs_state_path(t, "db");

	rs_state_save(f, p);
	CU_ASSERT_EQUAL(unlink(path), 0);
	rs_state_save(f, p);
	CU_ASSERT_TRUE_FATAL(rs_state_read(t, &s));
	rs_progress_unref(s.progress);
	rs_state_close(f);
	rs_progress_unref(p);
	free(path);
	rs_task_free(t);
}

static void a_file_damaged_while_it_is_written_is_made_anew(void)
{
	struct rs_task *t = fresh_task();
	struct rs_state_file *f = rs_state_open(t);
	struct rs_progress *p = rs_progress_new(RS_STATE_SYNCHRONIZING);
	struct rs_state_stored s;
	char *path = rs_state_path(t, "db");

	for (int i = 0; i < 3; i++) {
		rs_state_save(f, p);
		damage(path, "half");
		damage(path, "head");
	}
	rs_state_close(f);
	save_state(t, RS_STATE_STOPPED);
	CU_ASSERT_TRUE_FATAL(rs_state_read(t, &s));
	UNIT_INT(s.state, RS_STATE_STOPPED);
	rs_progress_unref(s.progress);
	rs_progress_unref(p);
	free(path);
	rs_task_free(t);
}

static void a_place_that_cannot_be_written_is_not_fatal(void)
{
	struct rs_task *t = fresh_task();
	struct rs_state_file *f;
	struct rs_progress *p = rs_progress_new(RS_STATE_SYNCHRONIZING);
	struct rs_history_item *items;
	struct rs_state_stored s;

	setenv("XDG_STATE_HOME", "/dev/null/nowhere", 1);
	f = rs_state_open(t);
	rs_state_save(f, p);
	rs_state_note(f, "ddl", "DROP TABLE t");
	CU_ASSERT_FALSE(rs_state_read(t, &s));
	UNIT_INT(rs_state_history(t, 10, &items), 0);
	rs_state_close(f);
	rs_progress_unref(p);
	rs_task_free(t);
}

static void readers_do_not_disturb_the_writer(void)
{
	struct rs_task *t = fresh_task();
	struct rs_state_file *f = rs_state_open(t);
	pid_t child = fork();

	if (child == 0) {
		struct rs_state_stored s;

		for (int i = 0; i < 200; i++)
			if (rs_state_read(t, &s))
				rs_progress_unref(s.progress);
		_exit(0);
	}
	for (uint64_t n = 1; n <= 200; n++) {
		struct rs_progress *p = rs_progress_new(RS_STATE_SYNCHRONIZING);
		struct rs_state_stored s;

		p->transactions = n;
		rs_state_save(f, p);
		rs_progress_unref(p);
		CU_ASSERT_TRUE_FATAL(rs_state_read(t, &s));
		UNIT_INT(s.progress->transactions, n);
		rs_progress_unref(s.progress);
	}
	waitpid(child, NULL, 0);
	rs_state_close(f);
	rs_task_free(t);
}

static void history_tells_states_phases_problems_and_notes_once(void)
{
	struct rs_task *t = fresh_task();
	struct rs_state_file *f = rs_state_open(t);
	struct rs_problem problem = {.code = RS_E_CONN_LOST, .text = "gone", .first = 1, .last = 1, .count = 1};
	struct rs_history_item *items;
	struct rs_progress *p;
	size_t n;

	for (int i = 0; i < 3; i++) {
		p = rs_progress_new(RS_STATE_INITIALIZING);
		p->phases[RS_PHASE_SCHEMA].state = RS_PHASE_DONE;
		problem.count = (uint64_t)i + 1;
		rs_progress_set_problems(p, &problem, 1);
		rs_state_save(f, p);
		rs_progress_unref(p);
	}
	rs_state_note(f, "ddl", "DROP TABLE %s", "`a\x1b[31m`");
	n = rs_state_history(t, 10, &items);
	CU_ASSERT_EQUAL_FATAL(n, 4);
	UNIT_STR(items[0].text, "Initializing");
	UNIT_STR(items[1].text, "schema done");
	UNIT_STR(items[2].text, "RS-2006 gone");
	UNIT_STR(items[3].kind, "ddl");
	UNIT_STR(items[3].text, "DROP TABLE `a\\x1b[31m`");
	rs_history_free(items, n);
	UNIT_INT(n = rs_state_history(t, 2, &items), 2);
	UNIT_STR(items[1].kind, "ddl");
	rs_history_free(items, n);
	rs_state_close(f);
	rs_task_free(t);
}

/* ------------------------------------------------------------------ as much as changed */

#define MANY 1000

static rs_usec now;

static rs_usec mono(void) { return now; }

static rs_usec wall(void) { return INT64_C(1795351267) * RS_USEC_PER_SEC + now; }

/* Of 1,000 tables, the last of which has so many rows. The pieces before its own are those of `before`, if there is one. */
static struct rs_progress *many_tables(const struct rs_progress *before, size_t n, uint64_t rows)
{
	struct rs_progress *p = rs_progress_new(RS_STATE_SYNCHRONIZING);
	struct rs_table_progress tables[MANY];
	size_t first = 0;

	if (before) {
		first = (n - 1) / RS_PIECE_TABLES * RS_PIECE_TABLES;
		rs_progress_share_tables(p, before->pieces, first);
	}
	for (size_t i = first; i < n; i++)
		tables[i] = (struct rs_table_progress){.db = "d", .name = "t", .rows = i + 1 < n ? i : rows};
	rs_progress_add_tables(p, tables + first, n - first);
	return p;
}

static int64_t ask(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *stmt = NULL;
	int64_t n = -1;

	CU_ASSERT_EQUAL_FATAL(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
	if (sqlite3_step(stmt) == SQLITE_ROW)
		n = sqlite3_column_int64(stmt, 0);
	sqlite3_finalize(stmt);
	return n;
}

static sqlite3 *look_into(const struct rs_task *t)
{
	char *path = rs_state_path(t, "db");
	sqlite3 *db = NULL;

	CU_ASSERT_EQUAL_FATAL(sqlite3_open(path, &db), SQLITE_OK);
	free(path);
	return db;
}

static void check_rows(const struct rs_task *t, size_t n, uint64_t last)
{
	struct rs_state_stored s;

	CU_ASSERT_TRUE_FATAL(rs_state_read(t, &s));
	CU_ASSERT_EQUAL_FATAL(s.progress->n_tables, n);
	for (size_t i = 0; i < n; i++)
		CU_ASSERT_EQUAL(rs_progress_table(s.progress, i)->rows, i + 1 < n ? i : last);
	rs_progress_unref(s.progress);
}

/* Each piece is marked in the file: what is written loses its mark. */
static void only_tables_that_changed_are_written(void)
{
	static const char mark[] = "UPDATE tables SET json = json || ' '", marked[] = "SELECT count(*) FROM tables WHERE json LIKE '% '";
	struct rs_task *t = fresh_task();
	struct rs_state_file *f = rs_state_open(t);
	struct rs_progress *before = many_tables(NULL, MANY, 1), *after = many_tables(before, MANY, 2), *fewer;
	sqlite3 *db = look_into(t);

	rs_state_save(f, before);
	check_rows(t, MANY, 1);
	CU_ASSERT_EQUAL(sqlite3_exec(db, mark, NULL, NULL, NULL), SQLITE_OK);
	rs_state_save(f, after);
	UNIT_INT(ask(db, marked), rs_progress_n_pieces(before) - 1);
	check_rows(t, MANY, 2);
	fewer = many_tables(after, 130, 3);
	rs_state_save(f, fewer);
	UNIT_INT(ask(db, marked), 2);
	check_rows(t, 130, 3);
	rs_state_close(f);
	f = rs_state_open(t); /* another process knows nothing of what the file holds */
	rs_state_save(f, fewer);
	UNIT_INT(ask(db, marked), 0);
	check_rows(t, 130, 3);
	rs_state_close(f);
	sqlite3_close(db);
	rs_progress_unref(before);
	rs_progress_unref(after);
	rs_progress_unref(fewer);
	rs_task_free(t);
}

/* Whether saving a snapshot that is like `like` but for what moves by itself writes. */
static bool writes(struct rs_state_file *f, sqlite3 *db, const struct rs_progress *like, rs_usec lag)
{
	struct rs_progress *p = rs_progress_new(like->state);
	int64_t before = ask(db, "PRAGMA data_version");

	rs_progress_share_tables(p, like->pieces, like->n_tables);
	p->lag = lag;
	rs_state_save(f, p);
	rs_progress_unref(p);
	return ask(db, "PRAGMA data_version") != before;
}

static void an_idle_task_writes_next_to_nothing(void)
{
	struct rs_task *t = fresh_task();
	struct rs_state_file *f;
	struct rs_progress *p;
	int written = 0;
	sqlite3 *db;

	rs_clock_fake(mono, wall);
	now = 60 * RS_USEC_PER_SEC;
	f = rs_state_open(t);
	db = look_into(t);
	p = many_tables(NULL, MANY, 1);
	CU_ASSERT_TRUE(writes(f, db, p, 5));
	for (int i = 0; i < 100; i++, now += RS_USEC_PER_SEC)
		CU_ASSERT_FALSE(writes(f, db, p, 5)); /* nothing but the clock */
	for (int i = 0; i < 100; i++, now += RS_USEC_PER_SEC)
		written += writes(f, db, p, 5 + i);
	CU_ASSERT_TRUE(written > 0 && written <= 10);
	p->state = RS_STATE_PAUSED;
	CU_ASSERT_TRUE(writes(f, db, p, 5));
	rs_state_close(f);
	sqlite3_close(db);
	rs_progress_unref(p);
	rs_task_free(t);
	rs_clock_fake(NULL, NULL);
}

/* ------------------------------------------------------------------ the lock */

/* A process that holds the task's lock until it is killed. */
static pid_t hold_lock(const struct rs_task *t)
{
	int ready[2];
	char byte;
	pid_t child;

	CU_ASSERT_EQUAL_FATAL(pipe(ready), 0);
	child = fork();
	if (child == 0) {
		struct rs_task_lock l;

		if (rs_task_lock(&l, t, NULL) != RS_OK || write(ready[1], "r", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	close(ready[1]);
	CU_ASSERT_EQUAL_FATAL(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	return child;
}

static void end_holder(pid_t child)
{
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
}

static void a_task_runs_in_one_process(void)
{
	struct rs_task *t = fresh_task();
	struct rs_err err = RS_ERR_INIT;
	struct rs_task_lock l;
	pid_t child = hold_lock(t);
	long pid = 0;

	CU_ASSERT_TRUE(rs_task_is_locked(t, &pid));
	UNIT_INT(pid, child);
	UNIT_INT(rs_task_lock(&l, t, &err), RS_FAIL);
	UNIT_INT(err.code, RS_E_TASK_RUNNING);
	rs_err_clear(&err);
	end_holder(child);
	CU_ASSERT_FALSE(rs_task_is_locked(t, NULL));
	CU_ASSERT_TRUE(rs_task_was_locked(t));
	UNIT_INT(rs_task_lock(&l, t, NULL), RS_OK);
	rs_task_unlock(&l);
	rs_task_free(t);
}

/* A process that takes the task's lock and lets go of it again and again until it is killed. */
static pid_t hold_lock_now_and_then(const struct rs_task *t)
{
	pid_t child = fork();

	while (child == 0) {
		struct rs_task_lock l;

		if (rs_task_lock(&l, t, NULL) == RS_OK)
			rs_task_unlock(&l);
	}
	return child;
}

/* Who held it may have let go of it before anybody can look who it was. */
static void a_lock_that_is_let_go_of_was_held(void)
{
	struct rs_task *t = fresh_task();
	struct rs_err err = RS_ERR_INIT;
	struct rs_task_lock l;
	pid_t child = hold_lock_now_and_then(t);
	unsigned taken = 0, held = 0;

	for (int i = 0; i < 20000 && !rs_err_is_set(&err); i++) {
		if (rs_task_lock(&l, t, &err) == RS_OK) {
			rs_task_unlock(&l);
			taken++;
		} else if (err.code == RS_E_TASK_RUNNING) {
			rs_err_clear(&err);
			held++;
		}
	}
	end_holder(child);
	CU_ASSERT_FALSE(rs_err_is_set(&err));
	CU_ASSERT_EQUAL(taken + held, 20000);
	rs_err_clear(&err);
	rs_task_free(t);
}

static void a_copied_task_file_is_noticed(void)
{
	struct rs_task *t = fresh_task(), *copy;
	struct rs_task_lock l;
	struct rs_err err = RS_ERR_INIT;

	CU_ASSERT_EQUAL(rs_task_lock(&l, t, NULL), RS_OK);
	rs_task_unlock(&l);
	copy = task_with("copy", ID);
	UNIT_INT(rs_task_lock(&l, copy, &err), RS_FAIL);
	UNIT_INT(err.code, RS_E_TASK_COPIED);
	CU_ASSERT_PTR_NOT_NULL(strstr(err.detail, t->path));
	rs_err_clear(&err);
	UNIT_INT(rs_task_check_copied(t, NULL), RS_OK);
	rs_task_free(copy);
	rs_task_free(t);
}

static void a_copy_is_noticed_before_either_was_run(void)
{
	struct rs_task *t, *copy;
	char *tasks, *from, *to;

	fresh_home();
	tasks = rs_xprintf("%s/rds-sync", home);
	mkdir(tasks, 0700);
	free(tasks);
	tasks = rs_xprintf("%s/rds-sync/tasks", home);
	mkdir(tasks, 0700);
	t = task_with("one", ID);
	copy = task_with("two", ID);
	from = rs_xprintf("%s/one.ini", tasks);
	to = rs_xprintf("%s/two.ini", tasks);
	rename(t->path, from);
	rename(copy->path, to);
	rs_task_free(t);
	rs_task_free(copy);
	t = rs_task_load(from, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(t);
	UNIT_INT(rs_task_check_copied(t, NULL), RS_FAIL);
	rs_task_free(t);
	free(from);
	free(to);
	free(tasks);
}

static void a_moved_task_file_is_no_copy(void)
{
	struct rs_task *t = fresh_task(), *moved;
	struct rs_task_lock l;

	CU_ASSERT_EQUAL(rs_task_lock(&l, t, NULL), RS_OK);
	rs_task_unlock(&l);
	moved = task_with("moved", ID);
	unlink(t->path);
	UNIT_INT(rs_task_lock(&l, moved, NULL), RS_OK);
	rs_task_unlock(&l);
	rs_task_free(moved);
	rs_task_free(t);
}

/* ------------------------------------------------------------------ states seen from outside */

static void a_task_whose_process_died_is_interrupted(void)
{
	static const enum rs_state running[] = {RS_STATE_INITIALIZING, RS_STATE_SYNCHRONIZING, RS_STATE_RETRYING,
		RS_STATE_PAUSED};
	static const enum rs_state ended[] = {RS_STATE_FAILED, RS_STATE_INITIALIZE_FAILED, RS_STATE_FINISHED,
		RS_STATE_STOPPED, RS_STATE_RELEASED, RS_STATE_PRECHECK_FAILED, RS_STATE_PRECHECK_PASSED};
	struct rs_task *t = fresh_task();

	UNIT_INT(state_seen(t), RS_STATE_NOT_STARTED);
	for (size_t i = 0; i < sizeof running / sizeof *running; i++) {
		save_state(t, running[i]);
		UNIT_INT(state_seen(t), RS_STATE_INTERRUPTED);
	}
	for (size_t i = 0; i < sizeof ended / sizeof *ended; i++) {
		save_state(t, ended[i]);
		UNIT_INT(state_seen(t), ended[i]);
	}
	rs_task_free(t);
}

static void a_task_that_ran_is_interrupted_although_its_file_is_lost(void)
{
	struct rs_task *t = fresh_task();
	struct rs_task_lock l;

	CU_ASSERT_EQUAL(rs_task_lock(&l, t, NULL), RS_OK);
	rs_task_unlock(&l);
	UNIT_INT(state_seen(t), RS_STATE_INTERRUPTED);
	rs_task_free(t);
}

static void a_precheck_does_not_hide_what_ran_before(void)
{
	struct rs_task *t = fresh_task();

	rs_state_record(t, RS_STATE_PRECHECK_PASSED);
	UNIT_INT(state_seen(t), RS_STATE_PRECHECK_PASSED);
	save_state(t, RS_STATE_SYNCHRONIZING);
	rs_state_record(t, RS_STATE_PRECHECK_FAILED);
	UNIT_INT(state_seen(t), RS_STATE_INTERRUPTED);
	rs_task_free(t);
}

static void an_incomplete_task_is_not_configured(void)
{
	struct rs_task *t = fresh_task();

	CU_ASSERT_EQUAL(rs_task_set(t, "source.host", NULL, NULL), RS_OK);
	CU_ASSERT_EQUAL(rs_task_set(t, "objects.include", NULL, NULL), RS_OK);
	UNIT_INT(state_seen(t), RS_STATE_NOT_CONFIGURED);
	rs_task_free(t);
}

static void nothing_is_left_of_a_forgotten_task(void)
{
	struct rs_task *t = fresh_task();
	char *dir = rs_state_dir(NULL);
	struct dirent *entry;
	DIR *d;

	save_state(t, RS_STATE_FAILED);
	rs_state_forget(t);
	d = opendir(dir);
	CU_ASSERT_PTR_NOT_NULL_FATAL(d);
	while ((entry = readdir(d)) != NULL)
		CU_ASSERT_EQUAL(entry->d_name[0], '.');
	closedir(d);
	free(dir);
	rs_task_free(t);
}

/* ------------------------------------------------------------------ the control socket */

struct fake_engine {
	struct rs_progress_cell cell;
	atomic_int commands;
	enum rs_state after[4]; /* by command */
	int reloads;
	useconds_t slow; /* to tell how it stands */
	atomic_bool held; /* does not tell it */
};

static void publish_state(struct fake_engine *e, enum rs_state state)
{
	struct rs_progress *p = rs_progress_new(state);

	if (state == RS_STATE_FAILED)
		rs_err_set(&p->error, RS_E_DEST_FULL, "no space");
	p->transactions = 7;
	rs_progress_publish(&e->cell, p);
}

static void fake_command(void *arg, enum rs_command command)
{
	struct fake_engine *e = arg;

	atomic_fetch_add(&e->commands, 1);
	publish_state(e, e->after[command]);
}

static const struct rs_progress *fake_progress(void *arg)
{
	struct fake_engine *e = arg;

	usleep(e->slow);
	while (atomic_load(&e->held))
		usleep(1000);
	return rs_progress_get(&e->cell);
}

static enum rs_rc fake_reload(void *arg, struct rs_err *err)
{
	struct fake_engine *e = arg;

	return ++e->reloads == 1 ? RS_OK : rs_err_set(err, RS_E_TASK_INVALID, "not twice");
}

struct control_fixture {
	struct rs_task *task;
	struct rs_task_lock lock;
	struct fake_engine engine;
	struct rs_control *control;
};

static void fixture_open(struct control_fixture *x)
{
	const struct rs_control_ops ops = {.command = fake_command, .progress = fake_progress, .reload = fake_reload, .arg = &x->engine};

	x->engine = (struct fake_engine){.after = {[RS_CMD_PAUSE] = RS_STATE_PAUSED, [RS_CMD_RESUME] = RS_STATE_FAILED,
		[RS_CMD_STOP] = RS_STATE_SYNCHRONIZING, [RS_CMD_RELEASE] = RS_STATE_RELEASED}};
	rs_progress_cell_init(&x->engine.cell, rs_progress_new(RS_STATE_SYNCHRONIZING));
	CU_ASSERT_EQUAL_FATAL(rs_task_lock(&x->lock, x->task, NULL), RS_OK);
	x->control = rs_control_open(x->task, &ops, NULL);
	CU_ASSERT_PTR_NOT_NULL_FATAL(x->control);
}

static void fixture_close(struct control_fixture *x)
{
	rs_control_close(x->control);
	rs_task_unlock(&x->lock);
	rs_progress_cell_release(&x->engine.cell);
	rs_task_free(x->task);
}

static void a_reload_is_answered_with_what_came_of_it(void)
{
	struct control_fixture x = {.task = fresh_task()};
	struct rs_err err = RS_ERR_INIT;

	UNIT_INT(rs_task_reload(x.task, RS_USEC_PER_SEC, &err), RS_FAIL);
	UNIT_INT(err.code, RS_E_TASK_NOT_RUNNING);
	rs_err_clear(&err);
	fixture_open(&x);
	UNIT_INT(rs_task_reload(x.task, 60 * RS_USEC_PER_SEC, &err), RS_OK);
	UNIT_INT(rs_task_reload(x.task, 60 * RS_USEC_PER_SEC, &err), RS_FAIL);
	UNIT_INT(err.code, RS_E_TASK_INVALID);
	UNIT_STR(err.primary, "not twice");
	UNIT_INT(x.engine.reloads, 2);
	rs_err_clear(&err);
	fixture_close(&x);
}

static void a_command_is_answered_when_the_state_shows_it(void)
{
	struct control_fixture x = {.task = fresh_task()};
	struct rs_err err = RS_ERR_INIT;
	struct rs_task_status s;

	fixture_open(&x);
	UNIT_INT(rs_task_command(x.task, RS_CMD_PAUSE, 60 * RS_USEC_PER_SEC, &err), RS_OK);
	CU_ASSERT_EQUAL_FATAL(rs_task_status_read(x.task, &s, NULL), RS_OK);
	CU_ASSERT_TRUE(s.live);
	UNIT_INT(s.state, RS_STATE_PAUSED);
	UNIT_INT(s.progress->transactions, 7);
	rs_task_status_release(&s);
	UNIT_INT(rs_task_command(x.task, RS_CMD_RESUME, 60 * RS_USEC_PER_SEC, &err), RS_FAIL);
	UNIT_INT(err.code, RS_E_DEST_FULL);
	rs_err_clear(&err);
	UNIT_INT(rs_task_command(x.task, RS_CMD_RELEASE, 60 * RS_USEC_PER_SEC, &err), RS_OK);
	UNIT_INT(atomic_load(&x.engine.commands), 3);
	fixture_close(&x);
}

static void who_asks_once_waits_for_a_process_that_is_slow_to_answer(void)
{
	struct control_fixture x = {.task = fresh_task()};
	struct rs_task_status s;

	save_state(x.task, RS_STATE_SYNCHRONIZING);
	fixture_open(&x);
	publish_state(&x.engine, RS_STATE_PAUSED);
	x.engine.slow = 700000;
	UNIT_INT(state_seen(x.task), RS_STATE_PAUSED);
	atomic_store(&x.engine.held, true);
	CU_ASSERT_EQUAL_FATAL(rs_task_status_look(x.task, NULL, &s, NULL), RS_OK);
	atomic_store(&x.engine.held, false);
	UNIT_INT(s.state, RS_STATE_SYNCHRONIZING);
	rs_task_status_release(&s);
	fixture_close(&x);
}

static void *close_soon(void *arg)
{
	struct control_fixture *x = arg;

	while (atomic_load(&x->engine.commands) == 0)
		usleep(1000);
	rs_control_close(x->control);
	x->control = NULL;
	return NULL;
}

static void stopping_is_answered_by_the_end(void)
{
	struct control_fixture x = {.task = fresh_task()};
	pthread_t thread;

	fixture_open(&x);
	CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, close_soon, &x), 0);
	UNIT_INT(rs_task_command(x.task, RS_CMD_STOP, 20 * RS_USEC_PER_SEC, NULL), RS_OK);
	pthread_join(thread, NULL);
	fixture_close(&x);
}

static void an_answer_that_does_not_come_is_not_waited_for(void)
{
	struct control_fixture x = {.task = fresh_task()};
	struct rs_err err = RS_ERR_INIT;

	fixture_open(&x);
	UNIT_INT(rs_task_command(x.task, RS_CMD_STOP, RS_MSEC(100), &err), RS_FAIL);
	UNIT_INT(err.code, RS_E_STATE);
	rs_err_clear(&err);
	fixture_close(&x);
}

static void nobody_is_commanded_where_nobody_runs(void)
{
	struct rs_task *t = fresh_task();
	struct rs_err err = RS_ERR_INIT;

	UNIT_INT(rs_task_command(t, RS_CMD_PAUSE, RS_USEC_PER_SEC, &err), RS_FAIL);
	UNIT_INT(err.code, RS_E_TASK_NOT_RUNNING);
	rs_err_clear(&err);
	rs_task_free(t);
}

static void a_long_path_and_an_old_socket_are_no_obstacle(void)
{
	struct control_fixture x;
	char path[700];
	size_t n;

	fresh_home();
	n = (size_t)snprintf(path, sizeof path, "%s", home);
	while (n < 300) {
		n += (size_t)snprintf(path + n, sizeof path - n, "/%s", "a-directory-with-a-rather-long-name");
		mkdir(path, 0700);
	}
	setenv("XDG_STATE_HOME", path, 1);
	x.task = task_with("shop", ID);
	for (int i = 0; i < 2; i++) {
		fixture_open(&x);
		UNIT_INT(rs_task_command(x.task, RS_CMD_PAUSE, 60 * RS_USEC_PER_SEC, NULL), RS_OK);
		if (i == 0) { /* as if killed: the socket stays */
			char *sock = rs_state_path(x.task, "sock"), *old = rs_xprintf("%s.old", sock);
			struct rs_task *again = rs_task_copy(x.task);
			struct stat st;

			CU_ASSERT_EQUAL(stat(sock, &st), 0);
			UNIT_INT(st.st_mode & 0777, 0600);
			CU_ASSERT_EQUAL(rename(sock, old), 0);
			fixture_close(&x);
			CU_ASSERT_EQUAL(rename(old, sock), 0);
			x.task = again;
			free(sock);
			free(old);
		}
	}
	fixture_close(&x);
}

static void nonsense_on_the_socket_does_no_harm(void)
{
	struct control_fixture x = {.task = fresh_task()};
	char junk[200];
	int fd;

	fixture_open(&x);
	memset(junk, 'x', sizeof junk);
	for (int i = 0; i < 40; i++) { /* more than it serves at once */
		fd = rs_control_socket(x.task, RS_CONTROL_CONNECT);
		CU_ASSERT_TRUE(fd >= 0);
		CU_ASSERT_EQUAL(write(fd, junk, sizeof junk), (ssize_t)sizeof junk);
		close(fd);
	}
	fd = rs_control_socket(x.task, RS_CONTROL_CONNECT);
	CU_ASSERT_EQUAL(write(fd, "dance\n", 6), 6);
	CU_ASSERT_TRUE(read(fd, junk, sizeof junk - 1) > 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(junk, "RS-1001"));
	close(fd);
	UNIT_INT(rs_task_command(x.task, RS_CMD_PAUSE, 60 * RS_USEC_PER_SEC, NULL), RS_OK);
	fixture_close(&x);
}

#define ARCHIVE (1 << 20)

/* Its name at the time is none that it has now. */
static void diagnostics_have_the_log_of_a_task_that_was_renamed(void)
{
	struct rs_task *t = fresh_task();
	struct rs_err err = RS_ERR_INIT;
	char *log = rs_state_path(t, "log"), *archive = rs_xprintf("%s/d.tar.gz", home), *bytes = rs_xcalloc(1, ARCHIVE);
	bool found = false;

	rs_state_close(rs_state_open(t)); /* makes the directory */
	write_file(log, "2026-11-30T00:08:26.795Z info  main journal: state to=Failed task=\"before\"\n");
	UNIT_INT(rs_task_diagnose(t, archive, &err), RS_OK);
	gzFile f = gzopen(archive, "rb");
	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	int n = gzread(f, bytes, ARCHIVE);
	(void)gzclose(f);
	for (int i = 0; i < n && !found; i++) /* it has bytes of no text */
		found = strncmp(bytes + i, "state to=Failed task=\"before\"", 29) == 0;
	CU_ASSERT_TRUE(found);
	free(bytes);
	free(archive);
	free(log);
	rs_task_free(t);
}

UNIT_MAIN(UNIT_TEST(diagnostics_have_the_log_of_a_task_that_was_renamed), UNIT_TEST(only_tables_that_changed_are_written), UNIT_TEST(an_idle_task_writes_next_to_nothing),
          UNIT_TEST(what_was_saved_is_read_back), UNIT_TEST(a_damaged_file_is_made_anew),
          UNIT_TEST(a_file_that_is_not_ours_is_made_anew), UNIT_TEST(a_file_lost_while_it_is_written_is_made_anew),
          UNIT_TEST(a_file_damaged_while_it_is_written_is_made_anew),
          UNIT_TEST(a_place_that_cannot_be_written_is_not_fatal), UNIT_TEST(readers_do_not_disturb_the_writer),
          UNIT_TEST(history_tells_states_phases_problems_and_notes_once), UNIT_TEST(a_task_runs_in_one_process), UNIT_TEST(a_lock_that_is_let_go_of_was_held),
          UNIT_TEST(a_copied_task_file_is_noticed), UNIT_TEST(a_copy_is_noticed_before_either_was_run),
          UNIT_TEST(a_moved_task_file_is_no_copy), UNIT_TEST(a_task_whose_process_died_is_interrupted),
          UNIT_TEST(a_task_that_ran_is_interrupted_although_its_file_is_lost),
          UNIT_TEST(a_precheck_does_not_hide_what_ran_before), UNIT_TEST(an_incomplete_task_is_not_configured),
          UNIT_TEST(nothing_is_left_of_a_forgotten_task), UNIT_TEST(a_reload_is_answered_with_what_came_of_it),
          UNIT_TEST(a_command_is_answered_when_the_state_shows_it),
          UNIT_TEST(who_asks_once_waits_for_a_process_that_is_slow_to_answer),
          UNIT_TEST(stopping_is_answered_by_the_end), UNIT_TEST(an_answer_that_does_not_come_is_not_waited_for),
          UNIT_TEST(nobody_is_commanded_where_nobody_runs),
          UNIT_TEST(a_long_path_and_an_old_socket_are_no_obstacle), UNIT_TEST(nonsense_on_the_socket_does_no_harm))
