/* The kinds of changes of one database or table, where they are not the task's: asked at the objects' step. */
#include "screen/wizard.h"

#include <ctype.h>
#include <string.h>
#include "base/i18n.h"
#include "base/mem.h"

#define ROWS 8 /* of the list that are seen at a time */

struct ask {
	struct rs_widget *kinds;
	rs_wizard_operations_taken *done;
	void *ctx;
};

/* "create-table" as the statement is written. */
static void put_label(struct rs_buf *out, const char *word)
{
	for (const char *c = word; *c; c++)
		(void)rs_buf_addc(out, *c == '-' ? ' ' : (char)toupper((unsigned char)*c));
}

static void add_kind(struct rs_buf *labels, struct rs_option *options, size_t *offsets, size_t *n, const char *word)
{
	offsets[*n] = labels->len;
	put_label(labels, word);
	(void)rs_buf_add(labels, "", 1);
	options[(*n)++] = (struct rs_option){word, NULL, NULL, NULL};
}

#define KINDS_MAX 32

/* Those of rows, then those of schemas; of a single table only those that concern tables. */
static void list_kinds(struct rs_widget *list, bool of_table, const struct rs_operations *now)
{
	struct rs_option options[KINDS_MAX];
	size_t offsets[KINDS_MAX], n = 0, dml = 0;
	struct rs_buf labels = RS_BUF_INIT;

	for (unsigned bit = 1; bit < RS_SYNC_DML_ALL; bit <<= 1)
		add_kind(&labels, options, offsets, &n, rs_sync_dml_word(bit));
	dml = n;
	for (unsigned bit = 1; bit < RS_SYNC_DDL_ALL; bit <<= 1)
		if (!of_table || strstr(rs_sync_ddl_word(bit), "-table") || strstr(rs_sync_ddl_word(bit), "-index"))
			add_kind(&labels, options, offsets, &n, rs_sync_ddl_word(bit));
	for (size_t i = 0; i < n; i++)
		options[i].label = rs_buf_str(&labels) + offsets[i];
	rs_options_set(list, options, n);
	for (size_t i = 0; i < n; i++) {
		struct rs_operations one = {.given = false};

		(void)(rs_operations_parse(&one, options[i].id, NULL) == RS_OK);
		rs_options_mark(list, i, i < dml ? (now->dml & one.dml) != 0 : (now->ddl & one.ddl) != 0);
	}
	rs_buf_release(&labels);
}

/* All kinds of schema changes that are shown mean all there are. */
static struct rs_operations marked(const struct rs_widget *list)
{
	struct rs_operations o = {.given = true}, shown = {.given = true};

	for (size_t i = 0; i < rs_options_count(list); i++) {
		struct rs_operations one = {.given = false};

		(void)(rs_operations_parse(&one, rs_options_id(list, i), NULL) == RS_OK);
		shown.ddl |= one.ddl;
		o.dml |= rs_options_marked(list, i) ? one.dml : 0;
		o.ddl |= rs_options_marked(list, i) ? one.ddl : 0;
	}
	o.ddl = o.ddl == shown.ddl ? RS_SYNC_DDL_ALL : o.ddl;
	return o;
}

static void answered(void *ctx, const char *answer)
{
	struct ask *a = ctx;
	struct rs_operations o = marked(a->kinds);

	if (answer && strcmp(answer, "take") == 0)
		a->done(a->ctx, &o);
	else if (answer && strcmp(answer, "task") == 0)
		a->done(a->ctx, NULL);
	free(a);
}

void rs_wizard_ask_operations(struct rs_wizard *w, const char *name, bool of_table, const struct rs_operations *now,
                              rs_wizard_operations_taken *done, void *ctx)
{
	struct rs_option buttons[] = {{"take", _("OK"), NULL, NULL}, {"task", _("As the task"), NULL, NULL}, {"cancel", _("Cancel"), NULL, NULL}};
	struct rs_widget *root = rs_column_new(1);
	struct ask *a = rs_xcalloc(1, sizeof *a);
	char *text = rs_xprintf(_("Changes of %s that are synchronized. With less than all of INSERT, UPDATE and DELETE the two sides differ."), name);

	a->done = done;
	a->ctx = ctx;
	(void)rs_widget_add(root, rs_label_new(text, RS_STYLE_NORMAL));
	a->kinds = rs_widget_add(root, rs_multichoice_new("kinds", ROWS));
	list_kinds(a->kinds, of_table, now);
	(void)rs_widget_add(root, rs_buttons_new("buttons", buttons, RS_COUNT(buttons), 0));
	(void)rs_widget_focus(root, a->kinds);
	rs_dialog_open(w->app->loop, _("Kinds of changes"), root, false, NULL, answered, a);
	free(text);
}
