/* What is asked at the objects' step about columns of all marked tables: left out, or another name; with a preview of which they are. */
#include "screen/wizard_objects_priv.h"

#include <string.h>
#include "base/i18n.h"
#include "base/mem.h"

#define NAME_WIDTH 40
#define NAME_MAX_BYTES 256
#define TABLES_MOST 2000 /* marked ones, whose columns are fetched for this */
#define NAMES_SHOWN 6

struct columns {
	struct rs_objects_page *page;
	struct rs_widget *root, *verdict;
	struct rs_entry *pattern, *to;
};

static void show_verdict(const struct columns *c, const char *text, unsigned style)
{
	rs_label_set(c->verdict, text, style);
	rs_loop_dirty(c->page->w->app->loop);
}

static void show_wrong(const struct columns *c, struct rs_err *err)
{
	char *text = rs_xprintf("✗ %s", err->primary);

	show_verdict(c, text, RS_STYLE_ERROR);
	rs_err_clear(err);
	free(text);
}

/* "3 columns of 3 tables are left out": */
static void put_count(struct rs_buf *out, const struct rs_objects_columns *found, const char *to)
{
	unsigned long n = (unsigned long)found->columns;

	if (*to)
		(void)rs_buf_addf(out, ngettext("%zu column of %zu marked table is called %s", "%zu columns of %zu marked tables are called %s", n),
		                  found->columns, found->tables, to);
	else
		(void)rs_buf_addf(out, ngettext("%zu column of %zu marked table is left out", "%zu columns of %zu marked tables are left out", n),
		                  found->columns, found->tables);
}

static void put_found(struct rs_buf *out, const struct rs_objects_columns *found, const char *to, const char *names)
{
	if (!found->columns && !found->unknown) {
		(void)rs_buf_adds(out, _("None of the marked tables has such a column."));
		return;
	}
	put_count(out, found, to);
	if (found->columns)
		(void)rs_buf_addf(out, ": %s%s", names, found->columns > NAMES_SHOWN ? ", …" : "");
	if (found->unknown)
		(void)rs_buf_addf(out, ngettext("\nThe columns of %zu table have not arrived yet: look again.",
		                                "\nThe columns of %zu tables have not arrived yet: look again.", (unsigned long)found->unknown),
		                  found->unknown);
}

static void preview(const struct columns *c)
{
	const char *to = rs_entry_text(c->to);
	struct rs_objects_columns found;
	struct rs_err err = RS_ERR_INIT;
	struct rs_buf names = RS_BUF_INIT, text = RS_BUF_INIT;

	if (rs_objects_find_columns(c->page->objects, rs_entry_text(c->pattern), to, &found, NAMES_SHOWN, &names, &err) != RS_OK) {
		show_wrong(c, &err);
	} else {
		put_found(&text, &found, to, rs_buf_str(&names));
		show_verdict(c, rs_buf_str(&text), found.columns && !found.unknown ? RS_STYLE_OK : RS_STYLE_WARN);
	}
	rs_buf_release(&names);
	rs_buf_release(&text);
}

static bool change(const struct columns *c)
{
	const char *to = rs_entry_text(c->to);
	struct rs_objects_columns found;
	struct rs_err err = RS_ERR_INIT;
	struct rs_buf text = RS_BUF_INIT;

	if (rs_objects_change_columns(c->page->objects, rs_entry_text(c->pattern), to, &found, &err) != RS_OK) {
		show_wrong(c, &err);
		(void)rs_widget_focus(c->root, &c->pattern->w);
		return false;
	}
	put_count(&text, &found, to);
	rs_loop_say(c->page->w->app->loop, RS_STYLE_OK, "%s", rs_buf_str(&text));
	rs_buf_release(&text);
	return true;
}

static bool taken(void *ctx, const char *answer)
{
	const struct columns *c = ctx;

	if (strcmp(answer, "preview") == 0)
		preview(c);
	else if (strcmp(answer, "take") == 0)
		return change(c);
	return strcmp(answer, "cancel") == 0;
}

static void answered(void *ctx, const char *answer)
{
	struct columns *c = ctx;

	if (answer)
		rs_objects_page_answer(c->page);
	free(c);
}

static struct rs_entry *entry_add(struct rs_widget *fields, const char *id, const char *label)
{
	struct rs_entry *entry = rs_entry_new(id, NAME_WIDTH, NAME_MAX_BYTES);

	(void)rs_fieldset_add(fields, label, &entry->w);
	return entry;
}

static void ask(struct rs_objects_page *p)
{
	struct rs_option buttons[] = {{"take", _("OK"), NULL, NULL}, {"preview", _("Preview"), NULL, NULL}, {"cancel", _("Cancel"), NULL, NULL}};
	struct rs_widget *root = rs_column_new(1), *fields = rs_fieldset_new(NULL);
	struct columns *c = rs_xcalloc(1, sizeof *c);

	*c = (struct columns){.page = p, .root = root};
	(void)rs_widget_add(root, rs_label_new(_("Columns of all marked tables that have them: * in the name is anything, ? one character. Without a "
	                                         "new name they are left out."), RS_STYLE_NORMAL));
	c->pattern = entry_add(fields, "column", _("Column"));
	c->to = entry_add(fields, "name", _("New name"));
	(void)rs_widget_add(root, fields);
	c->verdict = rs_widget_add(root, rs_label_new("", RS_STYLE_NORMAL));
	(void)rs_widget_add(root, rs_buttons_new("buttons", buttons, RS_COUNT(buttons), 0));
	(void)rs_widget_focus(root, &c->pattern->w);
	rs_dialog_open(p->w->app->loop, _("Columns of marked tables"), root, false, taken, answered, c);
}

void rs_objects_ask_columns(struct rs_objects_page *p)
{
	size_t hidden;

	if (rs_objects_marked(p->objects, &hidden) > TABLES_MOST) {
		rs_loop_say(p->w->app->loop, RS_STYLE_WARN, _("columns of at most %d marked tables are changed at once"), TABLES_MOST);
		return;
	}
	(void)rs_objects_want_marked_columns(p->objects, TABLES_MOST);
	ask(p);
}
