/* What is to be compared: asked before a comparison begins, with what was asked the last time. */
#include "screen/app.h"

#include <string.h>
#include "base/i18n.h"
#include "base/mem.h"
#include "base/size.h"

struct ask {
	struct rs_app *app;
	struct rs_watch *watch;
	struct rs_widget *root, *fields, *mode, *buttons;
	struct rs_entry *percent, *tables, *rows, *bytes, *timeout;
};

static const char *const modes[] = {[RS_VERIFY_FULL] = "full", [RS_VERIFY_SAMPLE] = "sample", [RS_VERIFY_COUNT] = "count"};

/* --- reading it ---------------------------------------------------------------------------------- */

static bool wrong(struct ask *a, struct rs_entry *e, const char *text)
{
	rs_fieldset_set_error(a->fields, &e->w, text);
	return text != NULL;
}

static enum rs_verify_mode mode_of(const struct ask *a)
{
	const char *chosen = rs_options_chosen(a->mode);

	for (size_t i = 0; chosen && i < RS_COUNT(modes); i++)
		if (strcmp(chosen, modes[i]) == 0)
			return (enum rs_verify_mode)i;
	return RS_VERIFY_FULL;
}

/* Another choice each time: what is looked at today need not be what was looked at yesterday. */
static double any_phase(void)
{
	return (double)(rs_clock_wall() % RS_USEC_PER_SEC) / (double)RS_USEC_PER_SEC;
}

static bool is_bad_selection(const char *list, struct rs_err *err)
{
	struct rs_selection *s = rs_selection_new();
	char *lines = rs_selection_lines(list);
	bool bad = rs_selection_parse(s, _("Tables"), lines, strlen(lines), err) != RS_OK;

	free(lines);
	rs_selection_free(s);
	return bad;
}

/* "" stands for what is left out. */
static const char *text_of(const struct rs_entry *e, const char *otherwise)
{
	return *rs_entry_text(e) ? rs_entry_text(e) : otherwise;
}

/* *tables is malloc'ed. False: something is wrong, which is shown. */
static bool read_answers(struct ask *a, struct rs_verify_options *o, char **tables)
{
	uint64_t percent = 10, seconds = 0;
	struct rs_err err = RS_ERR_INIT;
	bool bad = false;

	*o = (struct rs_verify_options){.mode = mode_of(a), .phase = any_phase()};
	bad |= wrong(a, a->percent, rs_number_parse(text_of(a->percent, "10"), &percent) && percent >= 10 && percent <= 100
	                                ? NULL : _("from 10 to 100"));
	bad |= wrong(a, a->tables, is_bad_selection(rs_entry_text(a->tables), &err) ? err.primary : NULL);
	bad |= wrong(a, a->rows, rs_number_parse(text_of(a->rows, "0"), &o->max_rows) ? NULL : _("a number"));
	bad |= wrong(a, a->bytes, rs_size_parse(text_of(a->bytes, "0"), &o->max_bytes) ? NULL : _("a size, as 16M"));
	bad |= wrong(a, a->timeout, !*rs_entry_text(a->timeout) || rs_seconds_parse(rs_entry_text(a->timeout), &seconds)
	                                ? NULL : _("a time, as 90s, 30m or 6h"));
	rs_err_clear(&err);
	o->percent = (unsigned)percent;
	o->timeout = (rs_usec)seconds * RS_USEC_PER_SEC;
	*tables = !bad && *rs_entry_text(a->tables) ? rs_selection_lines(rs_entry_text(a->tables)) : NULL;
	o->tables = *tables;
	return !bad;
}

/* --- asking ---------------------------------------------------------------------------------------- */

static bool taken(void *ctx, const char *answer)
{
	struct rs_verify_options o;
	char *tables;
	bool good = strcmp(answer, "compare") != 0 || read_answers(ctx, &o, &tables);

	if (strcmp(answer, "compare") == 0)
		free(tables);
	return good;
}

static void answered(void *ctx, const char *answer)
{
	struct ask *a = ctx;
	struct rs_verify_options o;
	char *tables = NULL;
	const char *why;

	a->watch->users--;
	if (answer && strcmp(answer, "compare") == 0 && rs_app_can_compare(a->watch, &why) && read_answers(a, &o, &tables)) {
		rs_watch_compare(a->watch, &o);
		if (strcmp(rs_loop_top(a->app->loop)->ops->name, "compare") != 0)
			rs_compare_push(a->app, a->watch);
	}
	free(tables);
	free(a);
}

static struct rs_entry *entry_add(struct ask *a, const char *id, const char *label, int width, const char *help)
{
	struct rs_entry *e = rs_entry_new(id, width, 4096);

	rs_widget_set_help(&e->w, help);
	(void)rs_fieldset_add(a->fields, label, &e->w);
	return e;
}

static void make_fields(struct ask *a)
{
	struct rs_option options[] = {
		{"full", _("All rows"), _("only what digests tell apart is read"), NULL},
		{"sample", _("A sample"), _("a part of the ranges of each table"), NULL},
		{"count", _("The number of rows"), _("of each range"), NULL},
	};

	a->fields = rs_fieldset_new(NULL);
	a->mode = rs_fieldset_add(a->fields, _("Compare"), rs_radio_new("mode"));
	rs_options_set(a->mode, options, RS_COUNT(options));
	a->percent = entry_add(a, "percent", _("Sample (%)"), 6, _("How much of each table a sample looks at: 10 to 100."));
	a->tables = entry_add(a, "tables", _("Tables"), 40, _("Only these, as shop.orders, crm: separated by commas. Empty: all of the task."));
	a->rows = entry_add(a, "rows", _("Rows/s"), 10, _("The most rows a second that are read, of both sides together. Empty: no limit."));
	a->bytes = entry_add(a, "bytes", _("Bytes/s"), 10, _("The most bytes a second that are read, as 16M. Empty: no limit."));
	a->timeout = entry_add(a, "timeout", _("Give up after"), 10, _("A time, as 90s, 30m or 6h. Empty: it goes on to the end."));
}

static void set_number(struct rs_entry *e, uint64_t n, const char *unit)
{
	char text[32];

	(void)snprintf(text, sizeof text, "%llu%s", (unsigned long long)n, unit);
	rs_entry_set(e, n ? text : "");
}

/* As it was asked the last time. */
static void show_last(struct ask *a, const char *tables)
{
	const struct rs_verify_options *o = &a->watch->compared;
	char *list = rs_xstrdup(tables ? tables : a->watch->compared_tables), size[24];

	for (char *c = list; c && *c; c++)
		*c = *c == '\n' ? ',' : *c;
	(void)rs_options_choose(a->mode, modes[o->mode]);
	set_number(a->percent, o->percent ? o->percent : 10, "");
	rs_entry_set(a->tables, list ? list : "");
	set_number(a->rows, o->max_rows, "");
	rs_entry_set(a->bytes, o->max_bytes ? rs_size_text(o->max_bytes, size, sizeof size) : "");
	set_number(a->timeout, (uint64_t)(o->timeout / RS_USEC_PER_SEC), "s");
	free(list);
}

void rs_compare_ask(struct rs_app *app, struct rs_watch *watch, const char *tables)
{
	struct rs_option buttons[] = {{"compare", _("Compare"), NULL, NULL}, {"cancel", _("Cancel"), NULL, NULL}};
	struct ask *a = rs_xcalloc(1, sizeof *a);

	watch->users++;
	a->app = app;
	a->watch = watch;
	a->root = rs_column_new(1);
	make_fields(a);
	show_last(a, tables);
	(void)rs_widget_add(a->root, a->fields);
	a->buttons = rs_widget_add(a->root, rs_buttons_new("buttons", buttons, RS_COUNT(buttons), 0));
	(void)rs_widget_focus(a->root, a->buttons);
	rs_dialog_open(app->loop, _("Compare both sides"), a->root, false, taken, answered, a);
}

void rs_compare_open(struct rs_app *app, struct rs_watch *watch)
{
	if (watch->verify)
		rs_compare_push(app, watch);
	else
		rs_compare_ask(app, watch, NULL);
}
