/* Settings of one table, or of all that are marked, at the destination: asked at the objects' step, where the flow has any. Columns of
 * the source are offered as soon as they are known; until then their names are typed. */
#include "screen/wizard_objects_priv.h"

#include <string.h>
#include "base/i18n.h"
#include "base/mem.h"
#include "model/table_fields.h"

#define TEXT_WIDTH 40
#define TEXT_MAX 4096
#define COLUMNS_ROWS 6     /* of those that are offered, at a time */
#define COLUMNS_ASKED 200  /* marked tables whose columns are asked for */
#define DIFFER "differ"

struct rs_table_settings_ask {
	struct rs_objects_page *page;
	size_t marked;                   /* so many tables are meant, which are marked; 0: one */
	uint64_t node;                   /* that one, where the source has it; 0 */
	char *was[RS_TABLE_SETTINGS];    /* what is said now; NULL: they differ */
	char *values[RS_TABLE_SETTINGS]; /* what was answered; NULL: it stays */
	struct rs_widget *root, *fields, *verdict;
	struct rs_entry *topic, *partitions, *columns; /* each NULL: not asked */
	struct rs_widget *policy, *offered;
	char *said;                      /* the columns in the order that they had when they were offered; NULL: none are offered */
};

static const struct rs_flow *flow_of(const struct rs_objects_page *p)
{
	return rs_flow_find(p->w->flow->id);
}

static bool any_of_database(const struct rs_flow *flow)
{
	for (int i = 0; i < RS_TABLE_SETTINGS; i++)
		if (rs_table_setting_of_database((enum rs_table_setting)i) && rs_flow_has_setting(flow, (enum rs_table_setting)i))
			return true;
	return false;
}

bool rs_objects_have_settings(const struct rs_objects_page *p)
{
	const struct rs_flow *flow = flow_of(p);

	return flow && *flow->settings;
}

/* --- columns --------------------------------------------------------------------------------------------------------- */

static bool is_among(char *const *names, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcasecmp(names[i], name) == 0)
			return true;
	return false;
}

static void put_column(struct rs_buf *out, char *name)
{
	(void)rs_buf_adds(out, out->len ? " " : "");
	rs_table_fields_put_columns(&name, 1, out);
}

static bool is_marked(const struct rs_widget *offered, const char *name)
{
	for (size_t i = 0; i < rs_options_count(offered); i++)
		if (strcasecmp(rs_options_id(offered, i), name) == 0)
			return rs_options_marked(offered, i);
	return false;
}

/* Those that were said before keep their order, which is that of the hash; others follow as they stand in the table. */
static void put_marked(const struct rs_table_settings_ask *a, struct rs_buf *out)
{
	char **said = NULL;
	size_t count = 0;

	(void)(rs_table_fields_columns(a->said, &said, &count, NULL) == RS_OK);
	for (size_t i = 0; i < count; i++)
		if (is_marked(a->offered, said[i]))
			put_column(out, said[i]);
	for (size_t i = 0; i < rs_options_count(a->offered); i++)
		if (rs_options_marked(a->offered, i) && !is_among(said, count, rs_options_id(a->offered, i)))
			put_column(out, (char *)(uintptr_t)rs_options_id(a->offered, i));
	rs_columns_free(said, count);
}

/* As they are chosen or typed; the caller's. */
static char *columns_text(const struct rs_table_settings_ask *a)
{
	struct rs_buf out = RS_BUF_INIT;

	if (!a->said)
		return rs_xstrdup(rs_entry_text(a->columns));
	put_marked(a, &out);
	return rs_buf_take(&out);
}

static void fill_offer(struct rs_table_settings_ask *a, char *const *names, size_t count, char *const *said, size_t n_said)
{
	struct rs_option *options = rs_xcalloc(count, sizeof *options);

	for (size_t i = 0; i < count; i++)
		options[i] = (struct rs_option){names[i], names[i], NULL, NULL};
	rs_options_set(a->offered, options, count);
	for (size_t i = 0; i < count; i++)
		rs_options_mark(a->offered, i, is_among(said, n_said, names[i]));
	free(options);
}

/* In place of the typed names, unless one of these is none of the table's. */
static void offer(struct rs_table_settings_ask *a, char *const *names, size_t count)
{
	const char *text = rs_entry_text(a->columns);
	bool focused = rs_widget_focused(a->root) == &a->columns->w, known = true;
	char **said = NULL;
	size_t n_said = 0;

	if (rs_table_fields_columns(text, &said, &n_said, NULL) != RS_OK)
		known = false;
	for (size_t i = 0; known && i < n_said; i++)
		known = is_among(names, count, said[i]);
	if (known) {
		a->said = rs_xstrdup(text);
		fill_offer(a, names, count, said, n_said);
		rs_widget_hide(a->offered, false);
		if (focused)
			(void)rs_widget_focus(a->root, a->offered);
		rs_widget_hide(&a->columns->w, true);
	}
	rs_columns_free(said, n_said);
}

static void offer_known(struct rs_table_settings_ask *a)
{
	char **names;
	size_t count;

	if (a->said || !a->columns || (!a->marked && !a->node) ||
	    !rs_objects_shared_columns(a->page->objects, a->marked ? 0 : a->node, &names, &count))
		return;
	if (count)
		offer(a, names, count);
	rs_columns_free(names, count);
}

void rs_objects_settings_arrived(struct rs_objects_page *p)
{
	if (!p->settings)
		return;
	offer_known(p->settings);
	rs_loop_dirty(p->w->app->loop);
}

/* --- what was answered ----------------------------------------------------------------------------------------------- */

static struct rs_widget *widget_of(const struct rs_table_settings_ask *a, enum rs_table_setting which)
{
	switch (which) {
	case RS_TABLE_TOPIC: return &a->topic->w;
	case RS_TABLE_PARTITIONS: return &a->partitions->w;
	default: return a->said ? a->offered : &a->columns->w;
	}
}

/* "use-max updated_at"; the caller's. "": none. */
static char *conflict_text(const struct rs_table_settings_ask *a)
{
	const char *policy = rs_options_chosen(a->policy);
	char *columns = columns_text(a), *text;

	if (policy && strcmp(policy, DIFFER) == 0)
		text = rs_xstrdup("");
	else
		text = rs_xprintf("%s%s%s", policy ? policy : "", *columns ? " " : "", columns);
	free(columns);
	return text;
}

/* The caller's; NULL: not asked, or they differ and are left so. */
static char *answer_of(const struct rs_table_settings_ask *a, enum rs_table_setting which)
{
	char *text = NULL;

	if (which == RS_TABLE_TOPIC && a->topic)
		text = rs_xstrdup(rs_entry_text(a->topic));
	else if (which == RS_TABLE_PARTITIONS && a->partitions)
		text = rs_xstrdup(rs_entry_text(a->partitions));
	else if (which == RS_TABLE_KEY && a->columns && !a->policy)
		text = columns_text(a);
	else if (which == RS_TABLE_CONFLICT && a->policy)
		text = conflict_text(a);
	if (text && !*text && !a->was[which]) {
		free(text);
		text = NULL;
	}
	return text;
}

static bool check(const struct rs_table_settings_ask *a, enum rs_table_setting which, const char *text)
{
	struct rs_err err = RS_ERR_INIT;
	char *read = text && *text ? rs_table_setting_read(which, text, &err) : NULL;
	bool good = !text || !*text || read;

	rs_fieldset_set_error(a->fields, widget_of(a, which), good ? NULL : err.primary);
	rs_err_clear(&err);
	free(read);
	return good;
}

/* What is marked gets them when the question has gone: that may take longer. */
static bool give(const struct rs_table_settings_ask *a)
{
	struct rs_objects_page *p = a->page;
	struct rs_err err = RS_ERR_INIT;
	char *text;

	if (a->marked ||
	    rs_objects_set_settings(p->objects, p->question_db, p->question_table, (const char *const *)a->values, &err) == RS_OK)
		return true;
	text = rs_xprintf("✗ %s%s%s", err.primary, err.hint ? "\n" : "", err.hint ? err.hint : "");
	rs_label_set(a->verdict, text, RS_STYLE_ERROR);
	rs_widget_hide(a->verdict, false);
	free(text);
	rs_err_clear(&err);
	return false;
}

static bool taken(void *ctx, const char *answer)
{
	struct rs_table_settings_ask *a = ctx;
	bool good = true;

	if (strcmp(answer, "take") != 0)
		return true;
	for (int i = 0; i < RS_TABLE_SETTINGS; i++) {
		free(a->values[i]);
		a->values[i] = answer_of(a, (enum rs_table_setting)i);
		if (a->values[i])
			good = check(a, (enum rs_table_setting)i, a->values[i]) && good;
	}
	good = good && give(a);
	rs_loop_dirty(a->page->w->app->loop);
	return good;
}

static void answered(void *ctx, const char *answer)
{
	struct rs_table_settings_ask *a = ctx;

	a->page->settings = NULL;
	if (answer && strcmp(answer, "take") == 0 && a->marked)
		rs_objects_page_change(a->page, rs_objects_giving_marked_settings(a->page->objects, (const char *const *)a->values));
	else if (answer)
		rs_objects_page_answer(a->page);
	for (int i = 0; i < RS_TABLE_SETTINGS; i++) {
		free(a->was[i]);
		free(a->values[i]);
	}
	free(a->said);
	free(a);
}

/* --- the dialog -------------------------------------------------------------------------------------------------------- */

/* What holds where nothing is said; the caller's. */
static char *topic_else(const struct rs_table_settings_ask *a)
{
	struct rs_task *task = rs_wizard_task(a->page->w);
	struct rs_buf out = RS_BUF_INIT;

	(void)(rs_selection_set_setting(task->objects, a->page->question_db, a->page->question_table, RS_TABLE_TOPIC, NULL, NULL) == RS_OK);
	rs_task_topic(task, a->page->question_db, a->page->question_table, &out);
	rs_task_free(task);
	return rs_buf_take(&out);
}

static struct rs_entry *entry_add(struct rs_table_settings_ask *a, const char *id, const char *label, const char *text, const char *otherwise,
                                  const char *help)
{
	struct rs_entry *entry = rs_entry_new(id, TEXT_WIDTH, TEXT_MAX);

	rs_entry_set(entry, text ? text : "");
	rs_entry_set_placeholder(entry, text ? otherwise : _("they differ: empty, they stay so"));
	(void)rs_fieldset_add(a->fields, label, &entry->w);
	rs_widget_set_help(&entry->w, help);
	return entry;
}

static void add_columns(struct rs_table_settings_ask *a, const char *label, const char *text, const char *help)
{
	a->columns = entry_add(a, "columns", label, text, _("those of its key"), help);
	a->offered = rs_fieldset_add(a->fields, label, rs_multichoice_new("offered", COLUMNS_ROWS));
	rs_widget_set_help(a->offered, help);
	rs_widget_hide(a->offered, true);
}

static void add_topic(struct rs_table_settings_ask *a)
{
	char *otherwise = a->marked ? NULL : topic_else(a);

	a->topic = entry_add(a, "topic", _("Topic"), a->was[RS_TABLE_TOPIC], otherwise,
	                     _("The topic of Kafka that the table's changes go to. Empty: the one that the settings of the task give it."));
	a->partitions = entry_add(a, "partitions", _("Partitions"), a->was[RS_TABLE_PARTITIONS], NULL,
	                          _("How many partitions that topic is made with, should it not exist. Empty: as many as the task says."));
	a->partitions->accept = rs_accept_digits;
	free(otherwise);
}

static void add_policy(struct rs_table_settings_ask *a)
{
	static const char *const words[] = {N_("TaskFailed"), N_("Ignore"), N_("Overwrite"), N_("UseMax"), N_("UseMin")};
	struct rs_option options[RS_CONFLICTS_COUNT + 2] = {{"", a->page->question_table || a->marked ? _("As its database or the task") : _("As the task"), NULL, NULL}};
	const char *was = a->was[RS_TABLE_CONFLICT];
	char *word = was ? rs_xstrndup(was, strcspn(was, " ")) : rs_xstrdup(DIFFER);
	size_t n = 1;

	for (int i = 0; i < RS_CONFLICTS_COUNT; i++)
		options[n++] = (struct rs_option){rs_conflicts_word((enum rs_conflicts)i), _(words[i]), NULL, NULL};
	if (!was)
		options[n++] = (struct rs_option){DIFFER, _("They differ, and stay so"), NULL, NULL};
	a->policy = rs_fieldset_add(a->fields, _("Conflict resolution"), rs_choice_new("policy", TEXT_WIDTH));
	rs_options_set(a->policy, options, n);
	(void)rs_options_choose(a->policy, word);
	rs_widget_set_help(a->policy, _("Independent Conflict Resolution Policy, for a row that both sides have changed. UseMax keeps the row whose columns have "
	                                "the larger values, UseMin that with the smaller ones."));
	free(word);
}

static void add_fields(struct rs_table_settings_ask *a)
{
	const struct rs_flow *flow = flow_of(a->page);
	const char *conflict = a->was[RS_TABLE_CONFLICT];

	if (rs_flow_has_setting(flow, RS_TABLE_TOPIC))
		add_topic(a);
	if (rs_flow_has_setting(flow, RS_TABLE_KEY) && a->topic)
		add_columns(a, _("Partition key"), a->was[RS_TABLE_KEY],
		            _("The columns whose hash chooses a row's partition, where the partition policy is the hash of keys. None: those of its primary key."));
	else if (rs_flow_has_setting(flow, RS_TABLE_KEY))
		add_columns(a, _("ShardKey"), a->was[RS_TABLE_KEY],
		            _("The columns whose hash chooses a row's shard. None: those of its primary or unique key."));
	if (!rs_flow_has_setting(flow, RS_TABLE_CONFLICT))
		return;
	add_policy(a);
	add_columns(a, _("Conflict columns"), conflict ? conflict + strcspn(conflict, " ") + (strchr(conflict, ' ') != NULL) : NULL,
	            _("Columns for Conflict Detection, which UseMax and UseMin compare. None: those of its primary or unique key."));
}

static void want_columns(const struct rs_table_settings_ask *a)
{
	if (a->marked)
		(void)rs_objects_want_marked_columns(a->page->objects, COLUMNS_ASKED);
	else if (a->node)
		rs_objects_want_columns(a->page->objects, a->node);
}

static char *title_of(const struct rs_table_settings_ask *a)
{
	const struct rs_objects_page *p = a->page;

	if (a->marked)
		return rs_xprintf(ngettext("Settings of %zu marked object", "Settings of %zu marked objects", (unsigned long)a->marked), a->marked);
	return rs_xprintf(_("Settings of %s%s%s"), p->question_db, p->question_table ? "." : "", p->question_table ? p->question_table : "");
}

/* was: NULL of a setting in which those that are marked differ. */
static void ask(struct rs_objects_page *p, size_t marked, const char *const *was)
{
	struct rs_option buttons[] = {{"take", _("OK"), NULL, NULL}, {"cancel", _("Cancel"), NULL, NULL}};
	struct rs_table_settings_ask *a = rs_xcalloc(1, sizeof *a);
	char *title;

	*a = (struct rs_table_settings_ask){.page = p, .marked = marked, .root = rs_column_new(1), .fields = rs_fieldset_new(NULL)};
	if (!marked && p->question_table)
		a->node = rs_objects_find(p->objects, p->question_db, p->question_table);
	for (int i = 0; i < RS_TABLE_SETTINGS; i++)
		a->was[i] = rs_xstrdup(was[i]);
	p->settings = a;
	title = title_of(a);
	add_fields(a);
	(void)rs_widget_add(a->root, a->fields);
	a->verdict = rs_widget_add(a->root, rs_label_new("", RS_STYLE_NORMAL));
	rs_widget_hide(a->verdict, true);
	(void)rs_widget_add(a->root, rs_buttons_new("buttons", buttons, RS_COUNT(buttons), 0));
	(void)rs_widget_focus(a->root, a->fields);
	want_columns(a);
	offer_known(a);
	rs_dialog_open(p->w->app->loop, title, a->root, false, taken, answered, a);
	free(title);
}

static void ask_marked(struct rs_objects_page *p, size_t marked)
{
	const char *was[RS_TABLE_SETTINGS];
	struct rs_err err = RS_ERR_INIT;

	if (rs_objects_marked_settings(p->objects, any_of_database(flow_of(p)), was, &err) == RS_OK)
		ask(p, marked, was);
	else
		rs_app_say_error(p->w->app, &err);
}

void rs_objects_ask_settings(struct rs_objects_page *p)
{
	size_t marked = rs_objects_take_marked(p);
	const char *was[RS_TABLE_SETTINGS];

	if (marked) {
		ask_marked(p, marked);
		return;
	}
	if (!rs_objects_take_question(p))
		return;
	if (p->question_table ? !rs_objects_question_is_table(p) : !any_of_database(flow_of(p))) {
		rs_loop_say(p->w->app->loop, RS_STYLE_WARN, "%s", _("tables have settings: go to a table"));
		return;
	}
	for (int i = 0; i < RS_TABLE_SETTINGS; i++) {
		was[i] = rs_selection_own_setting(p->objects->selection, p->question_db, p->question_table, (enum rs_table_setting)i);
		was[i] = was[i] ? was[i] : "";
	}
	ask(p, 0, was);
}
