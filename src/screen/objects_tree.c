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
	case 2: return rs_objects_table(o, node)->kind == RS_OBJECT_TABLE && !rs_objects_table(o, node)->unsupported;
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

	if (t && t->unsupported)
		return false; /* whatever is said of its database */
	return t && rs_objects_can_select(t) ? rs_selection_includes_table(o->selection, db, t->name) : rs_selection_whole_db(o->selection, db);
}

static const char *kind_of(enum rs_object_kind kind)
{
	switch (kind) {
	case RS_OBJECT_VIEW: return _("view");
	case RS_OBJECT_PROCEDURE: return _("procedure");
	case RS_OBJECT_FUNCTION: return _("function");
	case RS_OBJECT_TRIGGER: return _("trigger");
	case RS_OBJECT_EVENT: return _("event");
	case RS_OBJECT_SEQUENCE: return _("sequence");
	default: return "";
	}
}

static void table_info(const struct rs_objects *o, uint64_t node, struct rs_buf *text, unsigned *style)
{
	const struct rs_objects_table *t = rs_objects_table(o, node);
	char size[RS_SHOW_SIZE];

	if (t->unsupported) {
		*style = RS_STYLE_DIM;
		(void)rs_buf_adds(text, t->unsupported);
	} else if (t->kind != RS_OBJECT_TABLE) {
		*style = RS_STYLE_DIM;
		(void)rs_buf_adds(text, kind_of(t->kind));
	} else if (t->schema && !has_key(t->schema)) {
		*style = RS_STYLE_WARN;
		(void)rs_buf_adds(text, _("no key"));
	} else if (t->schema) {
		(void)rs_buf_adds(text, rs_show_bytes((double)t->bytes, size, sizeof size));
	}
}

static void db_info(const struct rs_objects *o, uint64_t node, struct rs_buf *text)
{
	const struct rs_objects_db *d = rs_objects_db(o, node);
	char size[RS_SHOW_SIZE];

	if (!d->listed && !o->done)
		(void)rs_buf_adds(text, "…");
	else
		(void)rs_buf_addf(text, "%zu  %s", d->count - d->others, rs_show_bytes((double)d->bytes, size, sizeof size));
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

/* A database of which there is a part tells how much; it is not one that brings its future tables. */
static void put_selected(const struct rs_objects *o, uint64_t node, struct rs_buf *text, unsigned *style)
{
	size_t n;

	if (is_selected(o, node)) {
		*style = RS_STYLE_OK;
		(void)rs_buf_adds(text, " ✓");
	} else if (rs_objects_node(node).depth == 1 && (n = rs_selection_tables_of(o->selection, rs_objects_db(o, node)->name)) > 0) {
		(void)rs_buf_addf(text, " (%zu)", n);
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
		if (depth < 3)
			put_selected(o, node, text, style);
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

static void help_rows(const struct rs_objects_table *t, struct rs_buf *out)
{
	const struct rs_table *schema = t->schema;
	char rows[RS_SHOW_SIZE];

	rs_figure_grouped(t->rows, rows, sizeof rows);
	if (schema->engine)
		(void)rs_buf_addf(out, _(": about %s rows, %s%s%s"), rows, schema->engine, schema->collation ? ", " : "",
		                  schema->collation ? schema->collation : "");
	else
		(void)rs_buf_addf(out, _(": about %s rows"), rows);
	if (!has_key(schema))
		(void)rs_buf_adds(out, _(", no primary or unique key"));
}

/* How what is no table comes to the destination. */
static const char *way_of(const struct rs_objects *o, enum rs_object_kind kind)
{
	switch (kind) {
	case RS_OBJECT_VIEW: return _("made there as it is when its tables have been made");
	case RS_OBJECT_SEQUENCE: return _("made there, and goes on there when the task is released");
	case RS_OBJECT_TRIGGER: return _("comes with its table, as the settings say");
	default: return o->schemas ? _("comes with the whole schema, not by itself") : _("comes with the whole database, not by itself");
	}
}

static void help_table(const struct rs_objects *o, uint64_t node, struct rs_buf *out)
{
	const struct rs_objects_table *t = rs_objects_table(o, node);

	(void)rs_buf_addf(out, "%s.%s", rs_objects_db(o, node)->name, t->name);
	if (t->unsupported)
		(void)rs_buf_addf(out, _(" can't be synchronized: %s"), t->unsupported);
	else if (t->kind != RS_OBJECT_TABLE)
		(void)rs_buf_addf(out, ": %s, %s", kind_of(t->kind), way_of(o, t->kind));
	else if (t->schema)
		help_rows(t, out);
}

/* What is selected of it, and how: a whole database may have future tables, too. */
static void help_selected(const struct rs_objects *o, const struct rs_objects_db *d, struct rs_buf *out)
{
	size_t n = rs_selection_tables_of(o->selection, d->name);

	if (rs_selection_whole_db(o->selection, d->name))
		(void)rs_buf_adds(out, o->later ? _("; selected whole, with its future tables") : _("; selected whole, without tables that are made later"));
	else if (n)
		(void)rs_buf_addf(out, ngettext("; %zu selected by name, no future ones", "; %zu selected by name, no future ones", (unsigned long)n), n);
}

static void help_db(const struct rs_objects *o, uint64_t node, struct rs_buf *out)
{
	const struct rs_objects_db *d = rs_objects_db(o, node);
	size_t tables = d->count - d->others;

	(void)rs_buf_addf(out, ngettext("%s: %zu table", "%s: %zu tables", (unsigned long)tables), d->name, tables);
	if (d->others)
		(void)rs_buf_addf(out, ngettext(", %zu view, routine or the like", ", %zu views, routines and the like", (unsigned long)d->others),
		                  d->others);
	help_selected(o, d, out);
}

void rs_objects_describe(const struct rs_objects *o, uint64_t node, struct rs_buf *out)
{
	if (rs_objects_node(node).depth == 1)
		help_db(o, node, out);
	else
		help_table(o, node, out);
}
