/* What is asked at the step at which objects are selected: new names, filters of rows, kinds of changes, names that are typed. */
#include "screen/wizard_objects_priv.h"

#include <string.h>
#include "base/i18n.h"
#include "base/mem.h"
#include "model/filter.h"

#define CONDITION_WIDTH 64
#define COLUMNS_ASKED 200 /* marked tables whose columns are asked for, to verify a condition of all */

/* --- new names ------------------------------------------------------------------------------------------------------ */

static void set_question(struct rs_objects_page *p, const char *db, const char *table, const char *column)
{
	free(p->question_db);
	free(p->question_table);
	free(p->question_column);
	p->question_db = rs_xstrdup(db);
	p->question_table = rs_xstrdup(table);
	p->question_column = rs_xstrdup(column);
}

static void rename_answered(void *ctx, const char *to)
{
	struct rs_objects_page *p = ctx;
	struct rs_err err = RS_ERR_INIT;

	if (to)
		rs_objects_page_settle(p, rs_objects_rename(p->objects, p->question_db, p->question_table, p->question_column, to, &err), &err);
}

/* The name at the destination, as it would be typed. */
static void present_name(const struct rs_objects_page *p, struct rs_buf *out)
{
	const struct rs_selection *s = p->objects->selection;
	const char *to_db, *to_table, *db_to = rs_selection_map_db(s, p->question_db);

	if (p->question_column) {
		const char *to = rs_selection_map_column(s, p->question_db, p->question_table, p->question_column);

		rs_selection_put_name(out, to ? to : p->question_column);
	} else if (p->question_table) {
		rs_selection_map_table(s, p->question_db, p->question_table, &to_db, &to_table);
		if (strcmp(to_db, db_to) != 0) {
			rs_selection_put_name(out, to_db);
			(void)rs_buf_addc(out, '.');
		}
		rs_selection_put_name(out, to_table);
	} else {
		rs_selection_put_name(out, db_to);
	}
}

static void ask_name(struct rs_objects_page *p)
{
	struct rs_buf name = RS_BUF_INIT, label = RS_BUF_INIT;

	present_name(p, &name);
	(void)rs_buf_addf(&label, _("Name of %s%s%s%s%s at the destination."), p->question_db, p->question_table ? "." : "",
	                  p->question_table ? p->question_table : "", p->question_column ? "." : "",
	                  p->question_column ? p->question_column : "");
	if (p->question_table && !p->question_column)
		(void)rs_buf_addf(&label, " %s", p->objects->schemas ? _("With a schema before it, \"schema.table\", it goes there.")
		                                                    : _("With a database before it, \"db.table\", it goes there."));
	(void)rs_buf_addf(&label, " %s", _("Empty: keeps its own."));
	rs_dialog_prompt(p->w->app->loop, _("Object name mapping"), rs_buf_str(&label), rs_buf_str(&name), rename_answered, p);
	rs_buf_release(&name);
	rs_buf_release(&label);
}

bool rs_objects_take_question(struct rs_objects_page *p)
{
	const struct rs_selected_node *n = rs_objects_page_chosen(p);
	uint64_t node = rs_objects_page_source(p);
	const struct rs_objects_table *t;

	if (rs_objects_page_is_on_right(p) && n) {
		set_question(p, n->rule.db, n->rule.table, n->rule.column);
	} else if (node) {
		t = rs_objects_table(p->objects, node);
		set_question(p, rs_objects_db(p->objects, node)->name, t ? t->name : NULL, rs_objects_column(p->objects, node));
	} else {
		return false;
	}
	return true;
}

/* What is marked is meant, not what is under the cursor. */
size_t rs_objects_take_marked(struct rs_objects_page *p)
{
	size_t hidden, n = rs_objects_page_is_on_right(p) ? 0 : rs_objects_marked(p->objects, &hidden);

	if (n)
		set_question(p, NULL, NULL, NULL);
	return n;
}

void rs_objects_ask_name(struct rs_objects_page *p)
{
	if (rs_objects_take_question(p))
		ask_name(p);
}

/* --- filters of rows ------------------------------------------------------------------------------------------------ */

struct rows {
	struct rs_objects_page *page;
	size_t marked;            /* so many tables that are marked; 0: one */
	uint64_t node;            /* of that one, where the source has it; 0 */
	struct rs_entry *entry;
	struct rs_widget *verdict;
};

static void show_verdict(const struct rows *r, const char *text, unsigned style)
{
	rs_label_set(r->verdict, text, style);
	rs_loop_dirty(r->page->w->app->loop);
}

static void show_wrong(const struct rows *r, struct rs_err *err)
{
	char *text = rs_xprintf("✗ %s", err->primary);

	show_verdict(r, text, RS_STYLE_ERROR);
	(void)rs_widget_focus(r->entry->w.parent, &r->entry->w);
	rs_err_clear(err);
	free(text);
}

static void show_known(const struct rows *r)
{
	size_t known = rs_objects_want_marked_columns(r->page->objects, 0);
	char *text;

	if (known == r->marked)
		text = rs_xstrdup(_("✓ It can be read, and all of them have what it compares."));
	else
		text = rs_xprintf(_("✓ It can be read. The columns of %zu of them are known here, and fit; the precheck compares all."), known);
	show_verdict(r, text, RS_STYLE_OK);
	free(text);
}

static void verify_marked(const struct rows *r)
{
	const char *condition = rs_entry_text(r->entry);
	struct rs_err err = RS_ERR_INIT;

	if (!*condition)
		show_verdict(r, _("All rows are synchronized."), RS_STYLE_NORMAL);
	else if (rs_filter_check(condition, &err) != RS_OK || rs_objects_check_marked(r->page->objects, condition, &err) != RS_OK)
		show_wrong(r, &err);
	else
		show_known(r);
}

/* As far as it can be told here: with the columns, which were asked for when the question was. */
static void verify_one(const struct rows *r)
{
	const struct rs_objects_table *t = r->node ? rs_objects_table(r->page->objects, r->node) : NULL;
	const char *condition = rs_entry_text(r->entry);
	bool known = t && t->columns == RS_COLUMNS_KNOWN;
	struct rs_err err = RS_ERR_INIT;

	if (!*condition)
		show_verdict(r, _("All rows are synchronized."), RS_STYLE_NORMAL);
	else if ((known ? rs_browse_check_filter(t->schema, condition, &err) : rs_filter_check(condition, &err)) != RS_OK)
		show_wrong(r, &err);
	else if (known)
		show_verdict(r, _("✓ It can be read, and the table has what it compares."), RS_STYLE_OK);
	else
		show_verdict(r, _("✓ It can be read. The table's columns are not known here; the precheck compares them."), RS_STYLE_OK);
}

/* What is marked gets it when the question has gone: that may take longer. */
static enum rs_rc give_condition(const struct rows *r, struct rs_err *err)
{
	struct rs_objects_page *p = r->page;

	if (r->marked && *rs_entry_text(r->entry))
		return rs_filter_check(rs_entry_text(r->entry), err);
	return r->marked ? RS_OK : rs_objects_set_filter(p->objects, p->question_db, p->question_table, rs_entry_text(r->entry), err);
}

/* A condition that can't be is said so, and asked for again. */
static bool rows_taken(void *ctx, const char *answer)
{
	const struct rows *r = ctx;
	struct rs_err err = RS_ERR_INIT;

	if (strcmp(answer, "verify") == 0 && r->marked)
		verify_marked(r);
	else if (strcmp(answer, "verify") == 0)
		verify_one(r);
	if (strcmp(answer, "verify") == 0)
		return false;
	if (strcmp(answer, "take") != 0 || give_condition(r, &err) == RS_OK)
		return true;
	show_wrong(r, &err);
	return false;
}

static void rows_answered(void *ctx, const char *answer)
{
	struct rows *r = ctx;

	if (answer && strcmp(answer, "take") == 0 && r->marked)
		rs_objects_page_change(r->page, rs_objects_filtering_marked(r->page->objects, rs_entry_text(r->entry)));
	else if (answer)
		rs_objects_page_answer(r->page);
	free(r);
}

static char *rows_text(const struct rs_objects_page *p, size_t marked)
{
	if (marked)
		return rs_xprintf(ngettext("Rows of the %zu marked table that are synchronized: a condition like status = 'paid' AND amount > 10. Empty: "
		                           "all rows.",
		                           "Rows of the %zu marked tables that are synchronized: a condition like status = 'paid' AND amount > 10. Empty: "
		                           "all rows.", (unsigned long)marked), marked);
	return rs_xprintf(_("Rows of %s.%s that are synchronized: a condition like status = 'paid' AND amount > 10. Empty: all rows."),
	                  p->question_db, p->question_table);
}

static void want_columns(const struct rows *r)
{
	if (r->marked)
		(void)rs_objects_want_marked_columns(r->page->objects, COLUMNS_ASKED);
	else if (r->node)
		rs_objects_want_columns(r->page->objects, r->node);
}

/* said: what is known of it beforehand. */
static void ask_rows(struct rs_objects_page *p, size_t marked, const char *condition, const char *said)
{
	struct rs_option buttons[] = {{"take", _("OK"), NULL, NULL}, {"verify", _("Verify"), NULL, NULL}, {"cancel", _("Cancel"), NULL, NULL}};
	struct rs_widget *root = rs_column_new(1);
	struct rows *r = rs_xcalloc(1, sizeof *r);
	char *text = rows_text(p, marked);

	*r = (struct rows){p, marked, marked ? 0 : rs_objects_find(p->objects, p->question_db, p->question_table),
	                   rs_entry_new("condition", CONDITION_WIDTH, 65536), rs_label_new(said, RS_STYLE_WARN)};
	want_columns(r);
	rs_entry_set(r->entry, condition);
	(void)rs_widget_add(root, rs_label_new(text, RS_STYLE_NORMAL));
	(void)rs_widget_add(root, &r->entry->w);
	(void)rs_widget_add(root, r->verdict);
	(void)rs_widget_add(root, rs_buttons_new("buttons", buttons, RS_COUNT(buttons), 0));
	(void)rs_widget_focus(root, &r->entry->w);
	rs_dialog_open(p->w->app->loop, _("Filter rows"), root, false, rows_taken, rows_answered, r);
	free(text);
}

/* Only tables have rows of their own. */
bool rs_objects_question_is_table(const struct rs_objects_page *p)
{
	const struct rs_objects_table *t = rs_objects_page_is_on_right(p) || !rs_objects_page_source(p)
	                                           ? NULL : rs_objects_table(p->objects, rs_objects_page_source(p));

	return p->question_table && (!t || t->kind == RS_OBJECT_TABLE);
}

static void ask_marked_rows(struct rs_objects_page *p, size_t marked)
{
	const char *filter;
	struct rs_err err = RS_ERR_INIT;
	bool same = rs_objects_marked_filter(p->objects, &filter);

	if (rs_objects_check_marked(p->objects, "", &err) != RS_OK)
		rs_app_say_error(p->w->app, &err);
	else
		ask_rows(p, marked, filter, same ? "" : _("They differ now: OK gives this one to all of them."));
}

void rs_objects_ask_rows(struct rs_objects_page *p)
{
	size_t marked = rs_objects_take_marked(p);
	const char *now;

	if (marked) {
		ask_marked_rows(p, marked);
		return;
	}
	if (!rs_objects_take_question(p))
		return;
	if (!rs_objects_question_is_table(p)) {
		rs_loop_say(p->w->app->loop, RS_STYLE_WARN, "%s", _("rows of tables are filtered: go to a table"));
		return;
	}
	now = rs_selection_filter(p->objects->selection, p->question_db, p->question_table);
	ask_rows(p, 0, now ? now : "", "");
}

/* --- kinds of changes ----------------------------------------------------------------------------------------------- */

static void operations_taken(void *ctx, const struct rs_operations *o)
{
	struct rs_objects_page *p = ctx;
	struct rs_err err = RS_ERR_INIT;

	if (p->question_db)
		rs_objects_page_settle(p, rs_objects_set_operations(p->objects, p->question_db, p->question_table, o, &err), &err);
	else
		rs_objects_page_change(p, rs_objects_giving_marked_kinds(p->objects, o));
}

/* Their own, NULL: none; else those of the task as it is answered now. */
static struct rs_operations operations_now(const struct rs_objects_page *p, const struct rs_operations *own)
{
	struct rs_operations o = {.given = true};
	char *words;

	if (own)
		return *own;
	words = rs_xprintf("%s %s", rs_form_answer(p->w->state, "dml"), rs_form_answer(p->w->state, "ddl"));
	(void)(rs_operations_parse(&o, words, NULL) == RS_OK);
	free(words);
	return o;
}

static void ask_marked_operations(struct rs_objects_page *p, size_t marked)
{
	const struct rs_operations *own;
	bool same = rs_objects_marked_kinds(p->objects, &own), tables = rs_objects_check_marked(p->objects, "", NULL) == RS_OK;
	struct rs_operations now = operations_now(p, own);
	char *name = rs_xprintf(ngettext("%zu marked object", "%zu marked objects", (unsigned long)marked), marked);

	if (!same)
		rs_loop_say(p->w->app->loop, RS_STYLE_WARN, "%s", _("They differ now: OK gives the same to all of them."));
	rs_wizard_ask_operations(p->w, name, tables, &now, operations_taken, p);
	free(name);
}

void rs_objects_ask_operations(struct rs_objects_page *p)
{
	size_t marked = rs_objects_take_marked(p);
	struct rs_operations now;
	char *name;

	if (marked) {
		ask_marked_operations(p, marked);
		return;
	}
	if (!rs_objects_take_question(p))
		return;
	if (p->question_column) {
		rs_loop_say(p->w->app->loop, RS_STYLE_WARN, "%s", p->objects->schemas ? _("kinds of changes are chosen for schemas and tables")
		                                                                      : _("kinds of changes are chosen for databases and tables"));
		return;
	}
	now = operations_now(p, rs_selection_operations(p->objects->selection, p->question_db, p->question_table));
	name = rs_xprintf("%s%s%s", p->question_db, p->question_table ? "." : "", p->question_table ? p->question_table : "");
	rs_wizard_ask_operations(p->w, name, p->question_table != NULL, &now, operations_taken, p);
	free(name);
}

static void line_answered(void *ctx, const char *line)
{
	struct rs_objects_page *p = ctx;
	struct rs_err err = RS_ERR_INIT;

	if (line && *line)
		rs_objects_page_settle(p, rs_objects_add_line(p->objects, line, &err), &err);
}

void rs_objects_ask_line(struct rs_objects_page *p)
{
	rs_dialog_prompt(p->w->app->loop, _("Select by name"),
	                 p->objects->schemas
	                 ? _("A schema, a table as \"schema.table\", with a new name as \"schema.table -> name\"; \"! schema.table\" leaves one out.")
	                 : _("A database, a table as \"db.table\", with a new name as \"db.table -> name\"; \"! db.table\" leaves one out."), "",
	                 line_answered, p);
}

/* --- marks ------------------------------------------------------------------------------------------------------------ */

static void pattern_answered(void *ctx, const char *pattern)
{
	struct rs_objects_page *p = ctx;
	size_t n;

	if (!pattern)
		return;
	if (*pattern) {
		n = rs_objects_mark_pattern(p->objects, pattern);
		rs_loop_say(p->w->app->loop, n ? RS_STYLE_OK : RS_STYLE_WARN, ngettext("%zu table fits", "%zu tables fit", (unsigned long)n), n);
	} else {
		rs_objects_mark_all(p->objects, '+');
	}
	rs_objects_page_marked(p);
}

void rs_objects_ask_pattern(struct rs_objects_page *p)
{
	rs_dialog_prompt(p->w->app->loop, _("Mark by pattern"),
	                 p->objects->schemas
	                 ? _("Of what is shown, tables whose names fit: * is anything, ? one character. With a dot, as in \"crm_*.log?\", the "
	                     "schema is looked at, too. Empty: everything that is shown.")
	                 : _("Of what is shown, tables whose names fit: * is anything, ? one character. With a dot, as in \"crm_*.log?\", the "
	                     "database is looked at, too. Empty: everything that is shown."), "",
	                 pattern_answered, p);
}

void rs_objects_ask_nothing(struct rs_objects_page *p)
{
	set_question(p, NULL, NULL, NULL);
}
