#include "screen/objects_tree.h"

#include "base/i18n.h"
#include "screen/show.h"

static size_t count(void *ctx, uint64_t node)
{
	return rs_objects_children(ctx, node);
}

static uint64_t child(void *ctx, uint64_t node, size_t i)
{
	return rs_objects_child(ctx, node, i);
}

static bool branch(void *ctx, uint64_t node)
{
	const struct rs_objects *o = ctx;

	switch (rs_objects_node(node).depth) {
	case 1: return rs_objects_db(o, node)->shown_count > 0;
	case 2: return !rs_objects_table(o, node)->unsupported;
	default: return false;
	}
}

static bool has_key(const struct rs_table *t)
{
	for (size_t i = 0; i < t->n_keys; i++)
		if (t->keys[i].primary || t->keys[i].not_null)
			return true;
	return false;
}

static bool is_selected(const struct rs_objects *o, uint64_t node)
{
	const char *db = rs_objects_db(o, node)->name;
	const struct rs_objects_table *t = rs_objects_table(o, node);

	return t ? rs_selection_includes_table(o->selection, db, t->name)
	         : rs_selection_whole_db(o->selection, db);
}

static void table_info(const struct rs_objects *o, uint64_t node, struct rs_buf *text, unsigned *style)
{
	const struct rs_objects_table *t = rs_objects_table(o, node);
	char size[RS_SHOW_SIZE];

	if (t->unsupported) {
		*style = RS_STYLE_DIM;
		(void)rs_buf_adds(text, t->unsupported);
	} else if (t->schema && !has_key(t->schema)) {
		*style = RS_STYLE_WARN;
		(void)rs_buf_adds(text, _("no key"));
	} else if (t->schema) {
		(void)rs_buf_adds(text, rs_show_bytes((double)t->schema->bytes, size, sizeof size));
	}
}

static void db_info(const struct rs_objects *o, uint64_t node, struct rs_buf *text)
{
	const struct rs_objects_db *d = rs_objects_db(o, node);
	char size[RS_SHOW_SIZE];

	if (!d->listed && !o->done)
		(void)rs_buf_adds(text, "…");
	else
		(void)rs_buf_addf(text, "%zu  %s", d->count, rs_show_bytes((double)d->bytes, size, sizeof size));
}

static const char *native_of(const struct rs_objects *o, uint64_t node)
{
	const struct rs_objects_table *t = rs_objects_table(o, node);
	const struct rs_column *c = &t->schema->columns[rs_objects_node(node).column];

	return c->native ? c->native : rs_type_name(c->type);
}

static const char *name_of(const struct rs_objects *o, uint64_t node)
{
	switch (rs_objects_node(node).depth) {
	case 1: return rs_objects_db(o, node)->name;
	case 2: return rs_objects_table(o, node)->name;
	default: return rs_objects_column(o, node);
	}
}

static void cell(void *ctx, uint64_t node, size_t col, struct rs_buf *text, unsigned *style)
{
	const struct rs_objects *o = ctx;
	int depth = rs_objects_node(node).depth;

	if (depth == 3)
		*style = RS_STYLE_DIM;
	if (col == 0) {
		(void)rs_buf_adds(text, name_of(o, node));
		if (depth < 3 && is_selected(o, node)) {
			*style = RS_STYLE_OK;
			(void)rs_buf_adds(text, " ✓");
		}
	} else if (depth == 1) {
		db_info(o, node, text);
	} else if (depth == 2) {
		table_info(o, node, text, style);
	} else {
		(void)rs_buf_adds(text, native_of(o, node));
	}
}

static enum rs_mark mark(void *ctx, uint64_t node)
{
	return rs_objects_mark(ctx, node);
}

static bool toggle(void *ctx, uint64_t node)
{
	return rs_objects_toggle(ctx, node);
}

static const char *note(void *ctx, uint64_t node)
{
	const struct rs_objects *o = ctx;

	if (rs_objects_node(node).depth != 2)
		return NULL;
	switch (rs_objects_table(o, node)->columns) {
	case RS_COLUMNS_ASKED: return _("loading…");
	case RS_COLUMNS_FAILED: return _("its columns can't be read");
	default: return NULL;
	}
}

static void opened(void *ctx, uint64_t node)
{
	struct rs_objects *o = ctx;

	if (rs_objects_node(node).depth == 2)
		rs_objects_want_columns(o, node);
}

const struct rs_tree_model rs_objects_model = {
	.count = count, .child = child, .branch = branch, .cell = cell, .mark = mark, .toggle = toggle, .note = note, .opened = opened,
};

/* --- in words ------------------------------------------------------------------------------------ */

static void help_table(const struct rs_objects *o, uint64_t node, struct rs_buf *out)
{
	const struct rs_objects_table *t = rs_objects_table(o, node);
	char rows[RS_SHOW_SIZE];

	(void)rs_buf_addf(out, "%s.%s", rs_objects_db(o, node)->name, t->name);
	if (t->unsupported)
		(void)rs_buf_addf(out, ": %s", t->unsupported);
	else if (t->schema)
		(void)rs_buf_addf(out, _(": about %s rows, %s%s%s"), rs_figure_grouped(t->schema->rows, rows, sizeof rows),
		                  t->schema->engine ? t->schema->engine : "", t->schema->collation ? ", " : "",
		                  t->schema->collation ? t->schema->collation : "");
	if (t->schema && !t->unsupported && !has_key(t->schema))
		(void)rs_buf_adds(out, _(", no primary or unique key"));
}

static void help_db(const struct rs_objects *o, uint64_t node, struct rs_buf *out)
{
	const struct rs_objects_db *d = rs_objects_db(o, node);

	(void)rs_buf_addf(out, ngettext("%s: %zu table", "%s: %zu tables", (unsigned long)d->count), d->name, d->count);
	if (d->others)
		(void)rs_buf_addf(out, ngettext("; %zu view, routine or event comes with the whole database",
		                                "; %zu views, routines and events come with the whole database",
		                                (unsigned long)d->others),
		                  d->others);
}

void rs_objects_describe(const struct rs_objects *o, uint64_t node, struct rs_buf *out)
{
	if (rs_objects_node(node).depth == 1)
		help_db(o, node, out);
	else
		help_table(o, node, out);
}
