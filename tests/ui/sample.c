#include "sample.h"
#include <strings.h>
#include "base/mem.h"

struct sample_answers sample_answers;

/* --- tasks ------------------------------------------------------------------------- */

static const struct task {
	const char *name, *flow, *state, *lag, *rate, *detail;
	double done;
	unsigned style;
	bool failed;
} tasks[] = {
	{"shop", "MySQL → MySQL", "Synchronizing", "0.0s", "1.2k",
	 "rm-src (10.0.0.11:3306) → rm-dst (10.0.0.12:3306)    2 databases\n"
	 "checkpoint 0.4 s ago · source log lasts 2 d 4 h · no errors for 24 h", 1, RS_STYLE_OK, false},
	{"crm-events", "MySQL → Kafka", "Initializing", "–", "84.1k", "61 tables of 96 are there.", 0.46,
	 RS_STYLE_ACCENT, false},
	{"ledger", "PG → ADB PG", "Paused", "3m12s", "–", "Paused by the user.", 1, RS_STYLE_NORMAL, false},
	{"orders-dr", "MySQL ⇄ MySQL", "Failed", "RS-3104", "–", "The source no longer has the log.", 1,
	 RS_STYLE_ERROR, true},
	{"发票同步", "Zero-ETL", "Not configured", "–", "–", "", 0, RS_STYLE_DIM, false},
	{"evil\033[31m\xff", "FDW", "Paused", "–", "–", "", 0.999, RS_STYLE_NORMAL, false},
};
#define TASKS (sizeof tasks / sizeof *tasks)

struct tasks_screen {
	struct rs_screen s;
	struct rs_entry *filter;
	struct rs_tableview *table;
	size_t shown[TASKS], count;
};

static struct tasks_screen *tasks_of(struct rs_screen *s)
{
	return (struct tasks_screen *)s;
}

static void tasks_find(struct tasks_screen *t)
{
	char text[32];

	t->count = 0;
	for (size_t i = 0; i < TASKS; i++)
		if (strcasestr(tasks[i].name, rs_entry_text(t->filter)))
			t->shown[t->count++] = i;
	snprintf(text, sizeof text, t->count == 1 ? "%zu task" : "%zu tasks", t->count);
	rs_filter_set_count(t->filter, text);
}

static size_t tasks_rows(void *ctx)
{
	return ((struct tasks_screen *)ctx)->count;
}

static void tasks_cell(void *ctx, size_t row, size_t col, struct rs_buf *text, unsigned *style)
{
	const struct task *task = &tasks[((struct tasks_screen *)ctx)->shown[row]];
	const char *cells[] = {task->name, task->flow, task->state, "", task->lag, task->rate};

	if (col == 2)
		*style = task->style;
	(void)rs_buf_adds(text, cells[col]);
}

static bool tasks_draw_cell(void *ctx, size_t row, size_t col, struct rs_canvas *c, struct rs_rect r, unsigned mods)
{
	if (col != 3)
		return false;
	rs_canvas_bar(c, r.y, r.x, r.w, RS_STYLE_DATA | mods, tasks[((struct tasks_screen *)ctx)->shown[row]].done);
	return true;
}

static uint32_t tasks_sign(void *ctx, size_t row, unsigned *style)
{
	*style = RS_STYLE_ERROR;
	return tasks[((struct tasks_screen *)ctx)->shown[row]].failed ? '!' : 0;
}

static uint64_t tasks_row_id(void *ctx, size_t row)
{
	return ((struct tasks_screen *)ctx)->shown[row];
}

static const struct rs_tableview_model tasks_model = {
	.rows = tasks_rows, .cell = tasks_cell, .draw = tasks_draw_cell, .sign = tasks_sign, .row_id = tasks_row_id,
};

enum { TASKS_NEW, TASKS_OPEN, TASKS_PAUSE, TASKS_OBJECTS, TASKS_FILTER, TASKS_DELETE, TASKS_REGION, TASKS_RENAME,
       TASKS_ERROR, TASKS_COPY };
static const struct rs_action tasks_actions[] = {
	{TASKS_NEW, "new", {'n'}, "New", "Configure a new task.", 1},
	{TASKS_OPEN, "open", {RS_KEY_ENTER}, "Open", "Show the task under the cursor.", 2},
	{TASKS_PAUSE, "pause", {'p'}, "Pause", "Pause the task under the cursor.", 3},
	{TASKS_OBJECTS, "objects", {'o'}, "Objects", "Choose what is synchronized.", 4},
	{TASKS_FILTER, "filter", {'/', '\\', RS_KEY_F4}, "Filter", "Show only tasks that match.", 5},
	{TASKS_DELETE, "delete", {'d', RS_KEY_DELETE}, "Delete", "Delete the task; asks for its name.", 6},
	{TASKS_REGION, "region", {'R'}, "Region", "Choose a region.", 0},
	{TASKS_RENAME, "rename", {'e'}, "Rename", "Rename the task.", 0},
	{TASKS_ERROR, "trouble", {'t'}, "Trouble", "Show the last error.", 7},
	{TASKS_COPY, "copy", {'y'}, "Copy", "Copy the task's name.", 8},
};
const struct rs_keymap sample_tasks_keys = {"Task list", tasks_actions, RS_COUNT(tasks_actions)};

static const struct task *current_task(struct tasks_screen *t)
{
	size_t row = rs_tableview_row(t->table);

	return row == RS_NO_ROW ? NULL : &tasks[t->shown[row]];
}

static bool tasks_enabled(struct rs_screen *s, int action, const char **why)
{
	const struct task *task = current_task(tasks_of(s));

	if (action == TASKS_PAUSE && (!task || strcmp(task->state, "Synchronizing") != 0)) {
		*why = "only a task that is synchronizing can be paused";
		return false;
	}
	return task || action == TASKS_NEW || action == TASKS_FILTER;
}

static void told(void *ctx, const char *answer)
{
	rs_loop_say(ctx, RS_STYLE_NORMAL, "answer: %s", answer ? answer : "(none)");
}

static void tasks_delete(struct rs_screen *s, const struct task *task)
{
	struct rs_buf text = RS_BUF_INIT;

	(void)rs_buf_addf(&text, "The task %s on db-host-1 is deleted with its state. What it has written at the "
	                           "destination stays.", task->name);
	rs_dialog_typed(s->loop, "Delete task", rs_buf_str(&text), task->name, NULL, "Delete", told, s->loop);
	rs_buf_release(&text);
}

static void tasks_error(struct rs_screen *s)
{
	struct rs_err err = RS_ERR_INIT;

	(void)rs_err_set(&err, RS_E_BINLOG_PURGED, "the source no longer has binlog.000412");
	(void)rs_err_detail(&err, "Could not find first log file name in binary log index file\033[2J");
	(void)rs_err_hint(&err, "Start the full copy again, or restore the log at the source.");
	rs_dialog_error(s->loop, "Task failed", &err, told, s->loop);
	rs_err_clear(&err);
}

static const struct rs_option regions[] = {
	{"cn-hangzhou", "China (Hangzhou)", "3 instances", NULL},
	{"cn-beijing", "China (Beijing)", NULL, NULL},
	{"eu-central-1", "Germany (Frankfurt)", "12 instances", NULL},
	{"us-west-1", "US (Silicon Valley)", NULL, "not for this account"},
};

static bool tasks_action(struct rs_screen *s, int action)
{
	struct tasks_screen *t = tasks_of(s);
	const struct task *task = current_task(t);

	switch (action) {
	case TASKS_NEW: rs_loop_push(s->loop, sample_wizard()); return true;
	case TASKS_OPEN: rs_loop_push(s->loop, sample_live()); return true;
	case TASKS_OBJECTS: rs_loop_push(s->loop, sample_objects(100000)); return true;
	case TASKS_FILTER: (void)rs_widget_focus(s->root, &t->filter->w); return true;
	case TASKS_DELETE: tasks_delete(s, task); return true;
	case TASKS_REGION:
		rs_dialog_choose(s->loop, "Region", regions, RS_COUNT(regions), "cn-beijing", told, s->loop);
		return true;
	case TASKS_RENAME:
		rs_dialog_prompt(s->loop, "Rename", "New name:", task->name, told, s->loop);
		return true;
	case TASKS_ERROR: tasks_error(s); return true;
	case TASKS_COPY: (void)rs_loop_copy(s->loop, task->name, strlen(task->name)); return true;
	case TASKS_PAUSE: rs_loop_say(s->loop, RS_STYLE_OK, "Paused: %s", task->name); return true;
	default: return false;
	}
}

static bool tasks_notify(struct rs_screen *s, struct rs_widget *w, enum rs_reply reply)
{
	struct tasks_screen *t = tasks_of(s);

	if (w == &t->filter->w) {
		tasks_find(t);
		if (reply != RS_CHANGED)
			(void)rs_widget_focus(s->root, &t->table->w);
		return true;
	}
	return reply == RS_SUBMIT && tasks_action(s, TASKS_OPEN);
}

static void tasks_place(struct rs_screen *s, struct rs_buf *out)
{
	(void)s;
	(void)rs_buf_adds(out, "Data Synchronization");
}

static void tasks_help(struct rs_screen *s, struct rs_buf *out)
{
	const struct task *task = current_task(tasks_of(s));

	if (task)
		(void)rs_buf_adds(out, task->detail);
}

static void tasks_destroy(struct rs_screen *s)
{
	free(s);
}

static const struct rs_screen_ops tasks_ops = {
	.name = "tasks", .keymap = &sample_tasks_keys, .place = tasks_place, .notify = tasks_notify,
	.action = tasks_action, .enabled = tasks_enabled, .help = tasks_help, .destroy = tasks_destroy,
};

struct rs_screen *sample_tasks(void)
{
	static const struct rs_col cols[] = {
		{"Task", 12, 30, 2, RS_LEFT, 0}, {"Flow", 14, 16, 1, RS_LEFT, 4},
		{"State", 14, 16, 0, RS_LEFT, 0}, {"Progress", 10, 20, 1, RS_LEFT, 3},
		{"Lag", 7, 7, 0, RS_RIGHT, 1}, {"Rows/s", 6, 8, 0, RS_RIGHT, 2},
	};
	struct tasks_screen *t = rs_xcalloc(1, sizeof *t);

	t->s.ops = &tasks_ops;
	t->s.root = rs_column_new(0);
	t->filter = rs_filter_new("filter", "Filter");
	t->table = rs_tableview_new("tasks", cols, RS_COUNT(cols), &tasks_model, t);
	rs_tableview_set_empty(t->table, "No task matches. Esc clears the filter, n configures a new task.");
	rs_tableview_set_sort(t->table, 0, false);
	(void)rs_widget_add(t->s.root, &t->filter->w);
	(void)rs_widget_add(t->s.root, &t->table->w);
	(void)rs_widget_focus(t->s.root, &t->table->w);
	tasks_find(t);
	return &t->s;
}

/* --- wizard ------------------------------------------------------------------------ */

struct wizard_screen {
	struct rs_screen s;
	struct rs_widget *source, *destination, *connection, *ca, *tested;
	struct rs_entry *name, *account, *password, *port;
	int timer;
};

static struct wizard_screen *wizard_of(struct rs_screen *s)
{
	return (struct wizard_screen *)s;
}

enum { WIZARD_TEST, WIZARD_NEXT, WIZARD_BACK, WIZARD_FIELD };
static const struct rs_action wizard_actions[] = {
	{WIZARD_FIELD, "next-field", {RS_KEY_TAB}, "Next field", "To the next field.", 1},
	{WIZARD_TEST, "test", {'c', RS_CTRL('x')}, "Test connectivity", "Connect to both, without waiting.", 2},
	{WIZARD_NEXT, "next-step", {RS_CTRL('n')}, "Next step", "Check this page and go on.", 3},
	{WIZARD_BACK, "back-step", {RS_KEY_ESC, RS_CTRL('p')}, "Back to the list", "Back; all is kept.", 4},
};
const struct rs_keymap sample_wizard_keys = {"Source and destination", wizard_actions, RS_COUNT(wizard_actions)};

static const struct rs_option instance_types[] = {
	{"rds", "RDS", NULL, NULL}, {"self-managed", "Self-managed…", NULL, NULL}};
static const struct rs_option connections[] = {{"no-ssl", "No SSL", NULL, NULL}, {"ssl", "SSL", NULL, NULL}};
static const struct rs_option kinds[] = {
	{"insert", "INSERT", NULL, NULL}, {"update", "UPDATE", NULL, NULL},
	{"delete", "DELETE", NULL, "no table has a key"}};

static struct rs_widget *choice(const char *id, const struct rs_option *options, size_t count, const char *chosen)
{
	struct rs_widget *w = rs_choice_new(id, 20);

	rs_options_set(w, options, count);
	(void)rs_options_choose(w, chosen);
	return w;
}

static struct rs_widget *source_fields(struct wizard_screen *z)
{
	struct rs_widget *fs = rs_fieldset_new("Source database");

	(void)rs_fieldset_add(fs, "Instance type", choice("source.type", instance_types, 2, "rds"));
	(void)rs_fieldset_add(fs, "Instance region", choice("source.region", regions, RS_COUNT(regions), "cn-hangzhou"));
	z->account = rs_entry_new("source.account", 30, sizeof sample_answers.account - 1);
	(void)rs_fieldset_add(fs, "Database account", &z->account->w);
	rs_widget_set_help(&z->account->w, "Database account: what the task logs in as. It needs SELECT, "
	                                     "REPLICATION SLAVE and REPLICATION CLIENT; the precheck names what it lacks, "
	                                     "with the statement that grants it.");
	z->password = rs_entry_new_secret("source.password", 30, 256);
	(void)rs_fieldset_add(fs, "Database password", &z->password->w);
	z->connection = rs_radio_new("source.connection");
	rs_options_set(z->connection, connections, 2);
	(void)rs_fieldset_add(fs, "Connection method", z->connection);
	z->ca = &rs_entry_new("source.ca", 30, 255)->w;
	(void)rs_fieldset_add(fs, "CA certificate", z->ca);
	return fs;
}

static struct rs_widget *destination_fields(struct wizard_screen *z)
{
	struct rs_widget *fs = rs_fieldset_new("Destination database"), *kind = rs_multichoice_new("dml", 0);

	(void)rs_fieldset_add(fs, "Instance type", choice("destination.type", instance_types, 2, "self-managed"));
	z->port = rs_entry_new("destination.port", 6, 5);
	z->port->accept = rs_accept_digits;
	rs_entry_set_placeholder(z->port, "3306");
	(void)rs_fieldset_add(fs, "Port", &z->port->w);
	rs_options_set(kind, kinds, RS_COUNT(kinds));
	(void)rs_fieldset_add(fs, "DML to synchronize", kind);
	(void)rs_fieldset_add(fs, NULL, rs_checkbox_new("triggers", "Create triggers"));
	return fs;
}

static void show_answers(struct wizard_screen *z)
{
	rs_entry_set(z->name, sample_answers.name[0] ? sample_answers.name : "shop-2026-11-22");
	rs_entry_set(z->account, sample_answers.account);
	rs_entry_set(z->port, sample_answers.port);
	rs_entry_set_secret(z->password, &sample_answers.password);
	(void)rs_options_choose(z->connection, sample_answers.tls ? "ssl" : "no-ssl");
	rs_widget_hide(z->ca, !sample_answers.tls);
}

static void keep_answers(struct wizard_screen *z)
{
	snprintf(sample_answers.name, sizeof sample_answers.name, "%s", rs_entry_text(z->name));
	snprintf(sample_answers.account, sizeof sample_answers.account, "%s", rs_entry_text(z->account));
	snprintf(sample_answers.port, sizeof sample_answers.port, "%s", rs_entry_text(z->port));
	rs_entry_get_secret(z->password, &sample_answers.password);
	sample_answers.tls = strcmp(rs_options_chosen(z->connection), "ssl") == 0;
	rs_widget_hide(z->ca, !sample_answers.tls);
}

static void wizard_check(struct wizard_screen *z)
{
	rs_fieldset_set_error(z->source, &z->account->w, *rs_entry_text(z->account) ? NULL : "needed");
	rs_fieldset_set_error(z->source, z->ca, sample_answers.tls ? "no such file" : NULL);
}

static void connected(void *ctx)
{
	struct wizard_screen *z = ctx;

	z->timer = 0;
	rs_label_set(z->tested, " ✓ 8.0.36, 14 ms, binlog ROW", RS_STYLE_OK);
	rs_loop_busy(z->s.loop, -1);
	rs_loop_dirty(z->s.loop);
}

static bool wizard_action(struct rs_screen *s, int action)
{
	struct wizard_screen *z = wizard_of(s);

	switch (action) {
	case WIZARD_TEST:
		if (z->timer)
			return true;
		rs_label_set(z->tested, " … connecting (Esc cancels)", RS_STYLE_ACCENT);
		z->timer = rs_loop_timer(s->loop, RS_MSEC(50), 0, connected, z);
		rs_loop_busy(s->loop, 1);
		return true;
	case WIZARD_NEXT:
		wizard_check(z);
		if (rs_fieldset_error(z->source, &z->account->w))
			(void)rs_widget_focus(s->root, &z->account->w);
		else if (rs_fieldset_error(z->source, z->ca))
			(void)rs_widget_focus(s->root, z->ca);
		else
			rs_loop_replace(s->loop, sample_objects(1000));
		return true;
	case WIZARD_BACK: rs_loop_pop(s->loop); return true;
	default: return false;
	}
}

static bool wizard_notify(struct rs_screen *s, struct rs_widget *w, enum rs_reply reply)
{
	struct wizard_screen *z = wizard_of(s);

	if (reply == RS_CHANGED)
		keep_answers(z);
	if (reply == RS_SUBMIT)
		return wizard_action(s, w->id && strcmp(w->id, "steps") == 0 && strcmp(rs_buttons_current(w), "back") == 0
		                            ? WIZARD_BACK : WIZARD_NEXT);
	return true;
}

static void wizard_focus(struct rs_screen *s, struct rs_widget *from, struct rs_widget *to)
{
	struct wizard_screen *z = wizard_of(s);

	(void)to;
	if (from == &z->account->w)
		wizard_check(z);
}

static void wizard_place(struct rs_screen *s, struct rs_buf *out)
{
	(void)s;
	(void)rs_buf_adds(out, "Configure Task · MySQL to MySQL");
}

static size_t wizard_steps(struct rs_screen *s, struct rs_step *steps, size_t max)
{
	static const char *const titles[] = {
		"Source & destination", "Objects", "Advanced settings", "Review", "Precheck"};

	(void)s;
	for (size_t i = 0; i < RS_COUNT(titles) && i < max; i++)
		steps[i] = (struct rs_step){titles[i], i ? RS_STEP_TODO : RS_STEP_NOW};
	return RS_COUNT(titles);
}

static void wizard_leave(struct rs_screen *s)
{
	struct wizard_screen *z = wizard_of(s);

	if (z->timer)
		rs_loop_busy(s->loop, -1);
	rs_loop_timer_stop(s->loop, z->timer);
	z->timer = 0;
}

static const struct rs_screen_ops wizard_ops = {
	.name = "wizard", .keymap = &sample_wizard_keys, .place = wizard_place, .steps = wizard_steps,
	.notify = wizard_notify, .action = wizard_action, .focus = wizard_focus, .leave = wizard_leave,
	.destroy = tasks_destroy,
};

struct rs_screen *sample_wizard(void)
{
	static const struct rs_option buttons[] = {{"back", "Back", NULL, NULL}, {"next", "Next", NULL, NULL}};
	struct wizard_screen *z = rs_xcalloc(1, sizeof *z);
	struct rs_widget *page = rs_column_new(1), *sides = rs_row_new(1, 76), *name = rs_fieldset_new(NULL);

	z->s.ops = &wizard_ops;
	z->s.root = rs_column_new(0);
	z->name = rs_entry_new("name", 40, sizeof sample_answers.name - 1);
	(void)rs_fieldset_add(name, "Task name", &z->name->w);
	z->source = rs_widget_add(sides, source_fields(z));
	z->destination = rs_widget_add(sides, destination_fields(z));
	z->source->weight = z->destination->weight = 1;
	z->tested = rs_label_new("", RS_STYLE_NORMAL);
	(void)rs_widget_add(page, name);
	(void)rs_widget_add(page, sides);
	(void)rs_widget_add(page, z->tested);
	(void)rs_widget_add(page, rs_buttons_new("steps", buttons, 2, 1));
	(void)rs_widget_add(z->s.root, rs_scroll_new(page));
	z->s.root->kids[0]->weight = 1;
	show_answers(z);
	return &z->s;
}

/* --- objects ----------------------------------------------------------------------- */

#define DATABASES 3

struct objects_screen {
	struct rs_screen s;
	struct rs_entry *filter;
	struct rs_tree *tree;
	size_t count;       /* tables in all */
	bool *marks;
	char (*names)[32];
	size_t *shown[DATABASES], shown_count[DATABASES];
};

static struct objects_screen *objects_of(struct rs_screen *s)
{
	return (struct objects_screen *)s;
}

/* Nodes 1..3 are the databases, the others 1000 + table. */
static const char *const databases[DATABASES] = {"shop", "crm", "legacy_orders"};

static void make_names(struct objects_screen *o)
{
	static const char *const words[] = {"orders", "order_items", "customers", "leads", "carts", "订单"};

	o->names = rs_xcalloc(o->count, sizeof *o->names);
	for (size_t i = 0; i < o->count; i++)
		snprintf(o->names[i], sizeof o->names[i], "%s_%05zu", words[i % RS_COUNT(words)], i);
}

static void objects_find(struct objects_screen *o)
{
	char text[64];
	size_t shown = 0;

	for (size_t db = 0; db < DATABASES; db++)
		o->shown_count[db] = 0;
	for (size_t i = 0; i < o->count; i++) {
		if (strcasestr(o->names[i], rs_entry_text(o->filter))) {
			o->shown[i % DATABASES][o->shown_count[i % DATABASES]++] = i;
			shown++;
		}
	}
	snprintf(text, sizeof text, "%zu shown", shown);
	rs_filter_set_count(o->filter, text);
}

static size_t objects_count(void *ctx, uint64_t node)
{
	const struct objects_screen *o = ctx;

	return node == 0 ? DATABASES : node <= DATABASES ? o->shown_count[node - 1] : 0;
}

static uint64_t objects_child(void *ctx, uint64_t node, size_t i)
{
	const struct objects_screen *o = ctx;

	return node == 0 ? i + 1 : 1000 + o->shown[node - 1][i];
}

static bool objects_branch(void *ctx, uint64_t node)
{
	(void)ctx;
	return node <= DATABASES;
}

static enum rs_mark objects_mark(void *ctx, uint64_t node)
{
	const struct objects_screen *o = ctx;

	if (node <= DATABASES)
		return RS_MARK_NONE;
	return node % 7 == 0 ? RS_MARK_NEVER : o->marks[node - 1000] ? RS_MARK_ON : RS_MARK_OFF;
}

static bool objects_toggle(void *ctx, uint64_t node)
{
	struct objects_screen *o = ctx;

	if (node <= DATABASES || node % 7 == 0)
		return false;
	o->marks[node - 1000] = !o->marks[node - 1000];
	return true;
}

static void objects_cell(void *ctx, uint64_t node, size_t col, struct rs_buf *text, unsigned *style)
{
	const struct objects_screen *o = ctx;

	if (node <= DATABASES) {
		if (col == 0)
			(void)rs_buf_adds(text, databases[node - 1]);
		else
			(void)rs_buf_addf(text, "%zu", o->shown_count[node - 1]);
		return;
	}
	if (col == 0)
		(void)rs_buf_adds(text, o->names[node - 1000]);
	else if (node % 7 == 0) {
		*style = RS_STYLE_DIM;
		(void)rs_buf_adds(text, "no primary key");
	} else
		(void)rs_buf_addf(text, "%u.%u MB", (unsigned)(node % 400), (unsigned)(node % 10));
}

static const struct rs_tree_model objects_model = {
	.count = objects_count, .child = objects_child, .branch = objects_branch, .cell = objects_cell,
	.mark = objects_mark, .toggle = objects_toggle,
};

enum { OBJECTS_FILTER };
static const struct rs_action objects_actions[] = {
	{OBJECTS_FILTER, "filter", {'/', '\\', RS_KEY_F4}, "Filter", "Show only names that match.", 1},
};
const struct rs_keymap sample_objects_keys = {"Select synchronization objects", objects_actions,
                                              RS_COUNT(objects_actions)};

static bool objects_action(struct rs_screen *s, int action)
{
	return action == OBJECTS_FILTER && rs_widget_focus(s->root, &objects_of(s)->filter->w);
}

static bool objects_notify(struct rs_screen *s, struct rs_widget *w, enum rs_reply reply)
{
	struct objects_screen *o = objects_of(s);

	if (w == &o->filter->w && reply == RS_CHANGED) {
		objects_find(o);
		rs_tree_reload(o->tree);
	} else if (w == &o->filter->w) {
		(void)rs_widget_focus(s->root, rs_tree_widget(o->tree));
	}
	return true;
}

static void objects_place(struct rs_screen *s, struct rs_buf *out)
{
	(void)s;
	(void)rs_buf_adds(out, "Select synchronization objects");
}

static void objects_destroy(struct rs_screen *s)
{
	struct objects_screen *o = objects_of(s);

	for (size_t db = 0; db < DATABASES; db++)
		free(o->shown[db]);
	free(o->marks);
	free(o->names);
	free(o);
}

static const struct rs_screen_ops objects_ops = {
	.name = "objects", .keymap = &sample_objects_keys, .place = objects_place, .notify = objects_notify,
	.action = objects_action, .destroy = objects_destroy,
};

struct rs_screen *sample_objects(size_t count)
{
	static const struct rs_col cols[] = {{"", 20, 0, 2, RS_LEFT, 0}, {"", 14, 14, 0, RS_RIGHT, 1}};
	struct objects_screen *o = rs_xcalloc(1, sizeof *o);
	struct rs_widget *panes = rs_row_new(0, 0), *left = rs_column_new(0);
	struct rs_textview *right = rs_textview_new("selected", true, 0);

	o->s.ops = &objects_ops;
	o->count = count;
	make_names(o);
	o->marks = rs_xcalloc(count, sizeof *o->marks);
	for (size_t db = 0; db < DATABASES; db++)
		o->shown[db] = rs_xcalloc(count, sizeof *o->shown[db]);
	o->filter = rs_filter_new("filter", "Filter:");
	objects_find(o);
	o->tree = rs_tree_new("source", cols, RS_COUNT(cols), &objects_model, o);
	rs_tree_open(o->tree, 1, true);
	(void)rs_widget_add(left, &o->filter->w);
	(void)rs_widget_add(left, rs_tree_widget(o->tree));
	left->weight = 1;
	rs_textview_add(right, RS_STYLE_HEADER, 1, "Selected objects");
	rs_textview_add(right, RS_STYLE_NORMAL, 1, "shop  (whole database, also future tables, whatever they are named)");
	rs_textview_add(right, RS_STYLE_NORMAL, 3, "orders → orders_v2  id > 1000");
	(void)rs_widget_add(panes, left);
	(void)rs_widget_add(panes, rs_divider_new());
	(void)rs_widget_add(panes, rs_textview_widget(right));
	(void)rs_widget_focus(panes, rs_tree_widget(o->tree));
	o->s.root = panes;
	return &o->s;
}

/* --- live -------------------------------------------------------------------------- */

struct live_screen {
	struct rs_screen s;
	struct rs_widget *gauge;
	struct rs_textview *log;
	int ticks;
};

enum { LIVE_FREEZE };
static const struct rs_action live_actions[] = {
	{LIVE_FREEZE, "freeze", {RS_KEY_SPACE}, "Freeze", "Stop the picture; the task goes on.", 1},
};
const struct rs_keymap sample_live_keys = {"Live", live_actions, RS_COUNT(live_actions)};

static void live_place(struct rs_screen *s, struct rs_buf *out)
{
	(void)s;
	(void)rs_buf_adds(out, "shop · ");
	(void)rs_buf_adds(out, "Synchronizing");
}

static void live_tick(struct rs_screen *s)
{
	struct live_screen *l = (struct live_screen *)s;
	char text[64];

	rs_gauge_set(l->gauge, ++l->ticks / 100.0, RS_STYLE_DATA, "12.4 M rows, ~3 min");
	if (l->ticks % 4 == 0) {
		snprintf(text, sizeof text, "12:%02d:10  retry  deadlock on shop.orders", l->ticks / 4 % 60);
		rs_textview_add(l->log, RS_STYLE_NORMAL, 1, text);
	}
	rs_loop_dirty(s->loop);
}

static const struct rs_screen_ops live_ops = {
	.name = "live", .keymap = &sample_live_keys, .tick_ms = 250, .place = live_place, .tick = live_tick,
	.destroy = tasks_destroy,
};

struct rs_screen *sample_live(void)
{
	struct live_screen *l = rs_xcalloc(1, sizeof *l);

	l->s.ops = &live_ops;
	l->s.root = rs_column_new(0);
	l->gauge = rs_widget_add(l->s.root, rs_gauge_new(30));
	rs_gauge_set(l->gauge, 0.9999, RS_STYLE_DATA, "12.4 M rows, ~3 min");
	(void)rs_widget_add(l->s.root, rs_rule_new("Log"));
	l->log = rs_textview_new("log", true, 100);
	rs_textview_follow(l->log);
	rs_textview_add(l->log, RS_STYLE_NORMAL, 1, "12:54:31  DDL    ALTER TABLE shop.orders ADD COLUMN note TEXT");
	rs_textview_add(l->log, RS_STYLE_WARN, 1, "12:57:10  retry  deadlock on shop.orders, applied after 40 ms");
	(void)rs_widget_add(l->s.root, rs_textview_widget(l->log));
	return &l->s;
}
