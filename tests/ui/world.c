#include "world.h"

#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/file.h"
#include "ui.h"

/* --- time ------------------------------------------------------------------------------------ */

#define NOON INT64_C(1795351267) /* 2026-11-22 12:41:07 UTC */

static rs_usec passed;

static rs_usec mono(void)
{
	return RS_USEC_PER_SEC + passed;
}

rs_usec world_now(void)
{
	return NOON * RS_USEC_PER_SEC + passed;
}

void world_sleep(rs_usec time)
{
	passed += time;
}

/* --- a slow disk ------------------------------------------------------------------------------- */

static struct world_gate disk = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false, false};
static struct world_gate files = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false, false};
static pthread_t ui_thread;
static bool in_script;

static void pass(struct world_gate *g, const char *what)
{
	if (pthread_equal(pthread_self(), ui_thread) && in_script) {
		unit_check(0, what, __FILE__, __LINE__);
		return;
	}
	pthread_mutex_lock(&g->lock);
	if (g->soon)
		(void)poll(NULL, 0, 50);
	while (g->closed && !g->soon)
		pthread_cond_wait(&g->opened, &g->lock);
	pthread_mutex_unlock(&g->lock);
}

static void set_gate(struct world_gate *g, bool closed, bool soon)
{
	pthread_mutex_lock(&g->lock);
	g->closed = closed;
	g->soon = soon;
	pthread_cond_broadcast(&g->opened);
	pthread_mutex_unlock(&g->lock);
}

/* In place of the C library's: what is written safely passes here. */
int fsync(int fd)
{
	pass(&disk, "the UI thread waits for the disk");
	return fdatasync(fd);
}

void world_disk_hold(struct world *w)
{
	(void)w;
	set_gate(&disk, true, false);
}

void world_disk_go(struct world *w)
{
	(void)w;
	set_gate(&disk, false, false);
}

void world_disk_go_soon(struct world *w)
{
	(void)w;
	set_gate(&disk, true, true);
}

static rs_form_validator look_at_file;

static enum rs_rc look_slowly(void *ctx, const char *value, const char *const *words, size_t n_words, struct rs_err *err)
{
	pass(&files, "the UI thread looks for a file");
	return look_at_file(ctx, value, words, n_words, err);
}

void world_files_hold(struct world *w)
{
	(void)w;
	set_gate(&files, true, false);
}

void world_files_go(struct world *w)
{
	(void)w;
	set_gate(&files, false, false);
}

/* --- files ------------------------------------------------------------------------------------- */

static void write_file(const char *path, const char *text)
{
	struct rs_err err = RS_ERR_INIT;

	if (rs_file_write(path, text, strlen(text), 0600, &err) != RS_OK)
		rs_bug("%s: %s", path, err.primary);
}

void world_write_task(struct world *w, const char *name, const char *text)
{
	char *path = rs_xprintf("%s/config/rds-sync/tasks/%s.ini", w->dir, name);

	write_file(path, text);
	free(path);
}

static void make_dirs(struct world *w)
{
	static const char *const names[] = {"config", "config/rds-sync", "config/rds-sync/tasks", "state"};

	for (size_t i = 0; i < RS_COUNT(names); i++) {
		char *path = rs_xprintf("%s/%s", w->dir, names[i]);

		(void)mkdir(path, 0700);
		free(path);
	}
}

static void write_instances(struct world *w)
{
	char *path = rs_xprintf("%s/config/rds-sync/instances.ini", w->dir);

	write_file(path, "[rm-src]\nregion = cn-hangzhou\nengine = mysql\nhost = 10.0.0.11\nport = 3306\n"
	                 "[rm-dst]\nregion = cn-hangzhou\nengine = mysql\nhost = 10.0.0.12\nport = 3306\nproduction = yes\n"
	                 "[rm-east]\nregion = cn-hangzhou\nengine = mysql\nhost = 10.0.1.13\nport = 3306\n");
	free(path);
}

#define ENDPOINTS(source, destination)                                                                                  \
	"[source]\ninstance_type = rds\nregion = cn-hangzhou\ninstance = " source "\naccount = dts\npassword = s3cret-one\n"  \
	"[destination]\ninstance_type = rds\nregion = cn-hangzhou\ninstance = " destination                                   \
	"\naccount = dts\npassword = s3cret-two\nconnection = ssl\n"
#define TASK(name, id, source, destination, objects)                                                                    \
	"[task]\nname = " name "\nid = 6a0c0000-0000-4000-8000-00000000000" id "\nflow = mysql-to-mysql\n"                    \
	ENDPOINTS(source, destination) "[objects]\n" objects

static void write_tasks(struct world *w)
{
	world_write_task(w, "shop", TASK("shop", "1", "rm-src", "rm-dst", "include = shop crm\n"));
	world_write_task(w, "crm-events", TASK("crm-events", "2", "rm-src", "rm-east", "include = crm.events crm.leads\n"));
	world_write_task(w, "ledger", TASK("ledger", "3", "rm-src", "rm-dst", "include = ledger\n"));
	world_write_task(w, "orders-dr", TASK("orders-dr", "4", "rm-src", "rm-dst", "include = orders\n"));
	world_write_task(w, "发票同步", TASK("发票同步", "5", "rm-src", "rm-dst", ""));
	world_write_task(w, "broken", "[task\n");
}

/* --- snapshots ------------------------------------------------------------------------------------ */

static struct rs_progress *progress_new(enum rs_state state)
{
	struct rs_progress *p = rs_progress_new(state);
	rs_usec begun = world_now() - 600 * RS_USEC_PER_SEC;

	p->taken = world_now();
	p->started = begun;
	p->phases[RS_PHASE_SCHEMA] = (struct rs_phase){.state = RS_PHASE_DONE, .done = 61, .total = 61, .started = begun,
	                                               .ended = begun + 2 * RS_USEC_PER_SEC};
	return p;
}

struct rs_progress *world_copying(void)
{
	struct rs_progress *p = progress_new(RS_STATE_INITIALIZING);
	struct rs_table_progress tables[] = {
		{.db = "crm", .name = "events", .dest_db = "crm", .dest_name = "events", .rows = 1200000, .rows_total = 4102331,
	     .bytes = 120000000, .bytes_total = 410200000, .copying = true},
		{.db = "crm", .name = "leads", .dest_db = "crm_copy", .dest_name = "leads_2", .rows = 310, .rows_total = 310,
	     .bytes = 31000, .bytes_total = 31000, .copied = true},
		{.db = "crm", .name = "客户", .dest_db = "crm", .dest_name = "客户", .rows_total = 81221, .bytes_total = 9100000,
	     .keyless = true},
	};

	p->phases[RS_PHASE_FULL] = (struct rs_phase){.state = RS_PHASE_RUNNING, .done = 1200310, .total = 4183862,
	                                             .bytes = 120031000, .bytes_total = 419331000,
	                                             .started = world_now() - 100 * RS_USEC_PER_SEC};
	p->phases[RS_PHASE_INCREMENTAL] = (struct rs_phase){.state = RS_PHASE_WAITING};
	p->rows_per_sec = 84100;
	p->bytes_per_sec = 8.4e6;
	snprintf(p->source_position, sizeof p->source_position, "binlog.000412:88120334");
	rs_progress_set_tables(p, tables, RS_COUNT(tables));
	return p;
}

static struct rs_table_progress changed_table(const char *name, uint64_t changes, int ago)
{
	return (struct rs_table_progress){.db = "shop", .name = name, .dest_db = "shop", .dest_name = name, .rows = 12000,
	                                  .rows_total = 12000, .copied = true, .inserts = changes, .updates = changes / 2,
	                                  .last_change = ago < 0 ? 0 : world_now() - ago * RS_USEC_PER_SEC};
}

static void add_problems(struct rs_progress *p, bool fatal)
{
	struct rs_problem problems[2] = {
		{.code = RS_E_SQL_DEADLOCK, .first = world_now() - 300 * RS_USEC_PER_SEC, .last = world_now() - 237 * RS_USEC_PER_SEC,
	     .count = 3},
		{.code = RS_E_BINLOG_PURGED, .first = world_now(), .last = world_now(), .count = 1, .fatal = true},
	};

	snprintf(problems[0].text, sizeof problems[0].text, "shop.orders: deadlock at the destination, applied again");
	snprintf(problems[0].hint, sizeof problems[0].hint, "Nothing needs to be done.");
	snprintf(problems[1].text, sizeof problems[1].text, "the source no longer has binlog.000398");
	snprintf(problems[1].hint, sizeof problems[1].hint, "Begin the task anew; let the source keep its log for longer.");
	rs_progress_set_problems(p, problems, fatal ? 2 : 1);
}

struct rs_progress *world_synchronizing(void)
{
	struct rs_progress *p = progress_new(RS_STATE_SYNCHRONIZING);
	struct rs_table_progress tables[] = {changed_table("orders", 2200000, 0), changed_table("order_items", 2000000, 2),
	                                     changed_table("carts", 81221, 240), changed_table("customers", 0, -1)};

	tables[3].keyless = true;
	tables[2].note = "3 of 12 columns";
	p->phases[RS_PHASE_FULL] = (struct rs_phase){.state = RS_PHASE_DONE, .done = 12400000, .total = 12400000,
	                                             .started = world_now() - 590 * RS_USEC_PER_SEC,
	                                             .ended = world_now() - 342 * RS_USEC_PER_SEC};
	p->phases[RS_PHASE_INCREMENTAL] = (struct rs_phase){.state = RS_PHASE_RUNNING,
	                                                    .started = world_now() - 342 * RS_USEC_PER_SEC};
	p->consistent = p->caught_up = true;
	p->rows_per_sec = 1204;
	p->bytes_per_sec = 0.9e6;
	p->lag = RS_MSEC(20);
	p->checkpoint = world_now() - RS_MSEC(400);
	p->log_lasts = (rs_usec)(52 * 3600) * RS_USEC_PER_SEC;
	p->inserts = 1100000;
	p->updates = 3000000;
	p->deletes = 200000;
	p->ddls = 2;
	snprintf(p->source_position, sizeof p->source_position, "binlog.000412:88120334");
	snprintf(p->applied_position, sizeof p->applied_position, "binlog.000412:88120334");
	rs_progress_set_tables(p, tables, RS_COUNT(tables));
	add_problems(p, false);
	return p;
}

struct rs_progress *world_tables(void)
{
	struct rs_progress *p = world_synchronizing();
	struct rs_table_progress tables[] = {changed_table("orders", 2200000, 0), changed_table("order_items", 2000000, 2),
	                                     changed_table("carts", 81221, 240), changed_table("客户", 0, -1),
	                                     changed_table("customers", 0, -1)};

	tables[2].sync = tables[3].sync = RS_TABLE_SUSPENDED;
	for (int i = 2; i < 4; i++)
		tables[i].since = "binlog.000412:881203";
	tables[3].keyless = true;
	tables[4].sync = RS_TABLE_JOINING;
	tables[4].copied = false;
	tables[4].copying = true;
	tables[4].rows = 5200;
	rs_progress_set_tables(p, tables, RS_COUNT(tables));
	return p;
}

struct rs_progress *world_failed(void)
{
	struct rs_progress *p = world_synchronizing();

	p->state = RS_STATE_FAILED;
	p->rows_per_sec = p->bytes_per_sec = -1;
	rs_err_set(&p->error, RS_E_BINLOG_PURGED, "the source no longer has the log that is needed");
	rs_err_detail(&p->error, "binlog.000398 was purged");
	rs_err_hint(&p->error, "Begin the task anew; let the source keep its log for longer.");
	add_problems(p, true);
	return p;
}

/* What its threads were seen to do, and what took long. */
struct rs_progress *world_slow(void)
{
	struct rs_progress *p = world_synchronizing();
	static const struct {
		const char *name;
		enum rs_doing doing;
		rs_usec for_time;
		double source, dest, work, nothing;
	} seen[] = {{"applier", RS_DOING_DEST, 12 * RS_USEC_PER_SEC, 0, 0.94, 0.05, 0.01},
	            {"lane-1", RS_DOING_NOTHING, 0, 0, 0.1, 0.02, 0.88},
	            {"log-reader", RS_DOING_ROOM, 3 * RS_USEC_PER_SEC, 0.02, 0, 0.03, 0}};
	static const struct rs_slow slow[] = {
		{"UPDATE `shop`.`orders` SET `note`", RS_DOING_DEST, 41, 90 * RS_USEC_PER_SEC, 12 * RS_USEC_PER_SEC, 0},
		{"COMMIT", RS_DOING_DEST, 1204, 30 * RS_USEC_PER_SEC, RS_MSEC(180), 0}};

	p->n_workers = RS_COUNT(seen);
	p->workers = rs_xcalloc(p->n_workers, sizeof *p->workers);
	for (size_t i = 0; i < p->n_workers; i++) {
		struct rs_worker_seen *at = &p->workers[i];

		*at = (struct rs_worker_seen){.doing = seen[i].doing, .for_time = seen[i].for_time, .connection = 41 + i};
		(void)snprintf(at->name, sizeof at->name, "%s", seen[i].name);
		at->share[RS_DOING_SOURCE] = seen[i].source;
		at->share[RS_DOING_DEST] = seen[i].dest;
		at->share[RS_DOING_WORK] = seen[i].work;
		at->share[RS_DOING_NOTHING] = seen[i].nothing;
		at->share[RS_DOING_ROOM] = 1 - seen[i].source - seen[i].dest - seen[i].work - seen[i].nothing;
	}
	p->n_slow = RS_COUNT(slow);
	p->slow = rs_xcalloc(p->n_slow, sizeof *p->slow);
	memcpy(p->slow, slow, sizeof slow);
	p->slow[0].last = p->slow[1].last = p->taken;
	p->lag = 192 * RS_USEC_PER_SEC;
	p->bottleneck = RS_BOTTLENECK_DEST;
	return p;
}

struct rs_progress *world_stopped(void)
{
	static char id[] = "binlog.000001:4711/3", db[] = "shop", table[] = "orders", key[] = "id", one[] = "7", copy[] = "shop_copy", note[] = "note",
		a[] = "'a'", b[] = "'b'";
	static struct rs_failing_column columns[] = {{key, one, one, true}, {note, a, b, false}};
	struct rs_failing f = {.id = id, .kind = "UPDATE", .db = db, .table = table, .dest_db = copy, .dest_table = table, .at = world_now(), .columns = columns, .n_columns = 2};
	struct rs_progress *p = world_failed();

	p->failing = rs_failing_copy(&f);
	return p;
}

static void tell_states(void)
{
	fake_status("shop", RS_STATE_SYNCHRONIZING, true, world_synchronizing());
	fake_status("crm-events", RS_STATE_INITIALIZING, true, world_copying());
	fake_status("ledger", RS_STATE_INTERRUPTED, false, world_synchronizing());
	fake_status("orders-dr", RS_STATE_FAILED, false, world_failed());
}

/* --- the program -------------------------------------------------------------------------------------- */

static void set_paths(struct world *w)
{
	char *config = rs_xprintf("%s/config", w->dir), *state = rs_xprintf("%s/state", w->dir);

	setenv("XDG_CONFIG_HOME", config, 1);
	setenv("XDG_STATE_HOME", state, 1);
	setenv("TZ", "UTC", 1);
	tzset();
	free(config);
	free(state);
}

void world_open_in(struct world *w, struct rs_term *term, int height, int width, bool ascii, bool with_tasks)
{
	struct rs_loop_options options = {.host = "db-host-1", .no_clock = true, .height = height, .width = width, .ascii = ascii};

	memset(w, 0, sizeof *w);
	alarm(600); /* the clock stands still: a wait that does not end would last for ever */
	passed = 0;
	rs_clock_fake(mono, world_now);
	fake_reset();
	w->dir = rs_xprintf("%s/world", unit_tmpdir());
	(void)mkdir(w->dir, 0700);
	set_paths(w);
	make_dirs(w);
	write_instances(w);
	if (with_tasks) {
		write_tasks(w);
		tell_states();
	}
	ui_thread = pthread_self();
	rs_app_init(&w->app);
	look_at_file = w->app.files.validator.validator;
	w->app.files.validator.validator = look_slowly;
	rs_app_options(&w->app, &options);
	w->loop = rs_loop_new(term, &options);
	rs_app_start(&w->app, w->loop);
}

void world_open(struct world *w, int height, int width, bool ascii, bool with_tasks)
{
	world_open_in(w, NULL, height, width, ascii, with_tasks);
}

void world_status(struct world *w, const char *name, enum rs_state state, bool live, struct rs_progress *p)
{
	while (w->app.watches.scanning)
		(void)rs_loop_step(w->loop);
	fake_status(name, state, live, p);
	rs_watches_scan_now(&w->app.watches);
}

void world_tasks(struct world *w)
{
	rs_tasks_open(&w->app);
	world_run(w, ":wait-idle");
}

void world_wizard(struct world *w, const char *name)
{
	struct rs_err err = RS_ERR_INIT;
	struct rs_task *task;

	rs_tasks_open(&w->app);
	if (!name) {
		world_run(w, "n\n:wait-idle\nEnter\n:wait-idle");
		return;
	}
	task = rs_task_find(name, &err);
	if (!task || rs_wizard_open(&w->app, task, RS_CONFIGURED_FIRST, false, &err) != RS_OK)
		rs_bug("%s: %s", name, err.primary);
	rs_task_free(task);
	world_run(w, ":wait-idle");
}

static int remove_entry(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
	(void)st;
	(void)kind;
	(void)ftw;
	return remove(path);
}

void world_close(struct world *w)
{
	world_disk_go(w);
	world_files_go(w);
	rs_app_release(&w->app);
	CU_ASSERT_EQUAL(fake_engines(), 0);
	fake_reset();
	nftw(w->dir, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
	free(w->dir);
	alarm(0);
}

/* Scripts want each "text" on a line of its own; here it may stand among the keys. */
void world_run(struct world *w, const char *script)
{
	struct rs_buf lines = RS_BUF_INIT;
	bool quoted = false, command = *script == ':';

	for (const char *p = script; *p; p++) {
		bool quote = *p == '"' && !command;

		if (quote && !quoted)
			(void)rs_buf_addc(&lines, '\n');
		(void)rs_buf_addc(&lines, *p);
		if (quote && quoted)
			(void)rs_buf_addc(&lines, '\n');
		quoted = quote ? !quoted : quoted;
		command = *p == '\n' ? p[1] == ':' : command;
	}
	in_script = true;
	ui_run(w->loop, rs_buf_str(&lines));
	in_script = false;
	rs_buf_release(&lines);
}

bool world_shows(struct world *w, const char *text)
{
	char *screen = ui_text(rs_loop_canvas(w->loop));
	bool shows = strstr(screen, text) != NULL;

	free(screen);
	return shows;
}

/* --- goldens ------------------------------------------------------------------------------------------- */

static char *masked(const struct world *w)
{
	char *text = ui_text(rs_loop_canvas(w->loop));
	const char *random = strstr(w->dir, "rs-unit-") + strlen("rs-unit-");

	for (char *p = text; (p = strstr(p, "rs-unit-")) != NULL;) {
		p += strlen("rs-unit-");
		for (size_t i = 0; i < 6 && p[i] == random[i]; i++)
			p[i] = 'X';
	}
	return text;
}

/* On each screen that is looked at. */
static void check_keys(struct world *w)
{
	struct rs_buf why = RS_BUF_INIT;

	unit_check(rs_keymap_check(rs_loop_top(w->loop)->ops->keymap, &why), rs_buf_str(&why), __FILE__, __LINE__);
	rs_buf_release(&why);
}

void world_golden(struct world *w, const char *name)
{
	const struct rs_canvas *c = rs_loop_canvas(w->loop);
	char *file = rs_xprintf("app-%s-%dx%d-%s.txt", name, c->w, c->h, c->ascii ? "ascii" : "utf8");
	char *text = masked(w);

	check_keys(w);
	ui_golden_text(text, file);
	free(text);
	free(file);
}
