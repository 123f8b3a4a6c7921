#include "tui/tree.h"
#include "base/mem.h"

#define DEPTH_MAX 32

/* One visible line: a node, or the note below an open branch. */
struct line {
	uint64_t node; /* of a note: the branch it belongs to */
	uint16_t depth;
	bool note;
};

struct rs_tree {
	struct rs_tableview table; /* its model is tree_rows below, its ctx this tree */
	const struct rs_tree_model *model;
	void *ctx;
	struct line *lines;
	size_t count, cap;
	uint64_t *open;        /* sorted */
	size_t open_count, open_cap;
	struct rs_widget_ops ops;
	bool ascii;            /* as the canvas that it is drawn on */
};

static struct rs_tree *tree(struct rs_widget *w)
{
	return (struct rs_tree *)w;
}

/* --- open branches -------------------------------------------------------------- */

/* Where node is, or belongs, among the open ones. */
static size_t open_position(const struct rs_tree *t, uint64_t node)
{
	size_t low = 0, high = t->open_count;

	while (low < high) {
		size_t mid = (low + high) / 2;

		if (t->open[mid] < node)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

bool rs_tree_is_open(const struct rs_tree *t, uint64_t node)
{
	size_t i = open_position(t, node);

	return i < t->open_count && t->open[i] == node;
}

static void set_open(struct rs_tree *t, uint64_t node, bool open)
{
	size_t i = open_position(t, node);
	bool is = i < t->open_count && t->open[i] == node;

	if (open && !is) {
		RS_GROW(t->open, t->open_count, t->open_cap);
		memmove(t->open + i + 1, t->open + i, (t->open_count++ - i) * sizeof *t->open);
		t->open[i] = node;
	} else if (!open && is) {
		memmove(t->open + i, t->open + i + 1, (--t->open_count - i) * sizeof *t->open);
	}
}

/* --- lines ---------------------------------------------------------------------- */

static void add_line(struct rs_tree *t, uint64_t node, unsigned depth, bool note)
{
	RS_GROW(t->lines, t->count, t->cap);
	t->lines[t->count++] = (struct line){node, (uint16_t)depth, note};
}

static void add_children(struct rs_tree *t, uint64_t node, unsigned depth)
{
	size_t count = t->model->count(t->ctx, node);

	for (size_t i = 0; i < count; i++) {
		uint64_t child = t->model->child(t->ctx, node, i);

		add_line(t, child, depth, false);
		if (depth < DEPTH_MAX && rs_tree_is_open(t, child) && t->model->branch(t->ctx, child))
			add_children(t, child, depth + 1);
	}
	if (t->model->note && t->model->note(t->ctx, node))
		add_line(t, node, depth, true);
}

static uint64_t line_id(void *ctx, size_t row)
{
	const struct rs_tree *t = ctx;

	return t->lines[row].node ^ (t->lines[row].note ? UINT64_C(1) << 63 : 0);
}

void rs_tree_reload(struct rs_tree *t)
{
	size_t before = t->table.cursor;

	t->count = 0;
	add_children(t, 0, 0);
	t->table.cursor = before < t->count ? before : t->count ? t->count - 1 : 0;
	rs_tableview_reload(&t->table);
}

/* --- as rows of a table --------------------------------------------------------- */

static size_t line_count(void *ctx)
{
	return ((const struct rs_tree *)ctx)->count;
}

static void add_name(struct rs_tree *t, const struct line *line, struct rs_buf *text, unsigned *style)
{
	bool branch = t->model->branch(t->ctx, line->node);
	enum rs_mark mark = t->model->mark ? t->model->mark(t->ctx, line->node) : RS_MARK_NONE;

	/* The arrows would become the same letters as a cursor and a check mark. */
	if (t->ascii)
		(void)rs_buf_adds(text, !branch ? "  " : rs_tree_is_open(t, line->node) ? "- " : "+ ");
	else
		(void)rs_buf_adds(text, !branch ? "  " : rs_tree_is_open(t, line->node) ? "▾ " : "▸ ");
	(void)rs_buf_adds(text, rs_mark_text(mark));
	if (mark == RS_MARK_NEVER)
		*style = RS_STYLE_DIM;
	t->model->cell(t->ctx, line->node, 0, text, style);
}

static void line_cell(void *ctx, size_t row, size_t col, struct rs_buf *text, unsigned *style)
{
	struct rs_tree *t = ctx;
	const struct line *line = &t->lines[row];

	for (unsigned i = 0; col == 0 && i < line->depth; i++)
		(void)rs_buf_adds(text, "  ");
	if (line->note) {
		*style = RS_STYLE_DIM;
		if (col == 0)
			(void)rs_buf_adds(text, t->model->note(t->ctx, line->node));
	} else if (col == 0) {
		add_name(t, line, text, style);
	} else {
		t->model->cell(t->ctx, line->node, col, text, style);
	}
}

static bool line_toggle(void *ctx, size_t row)
{
	struct rs_tree *t = ctx;

	return !t->lines[row].note && t->model->toggle(t->ctx, t->lines[row].node);
}

static const struct rs_tableview_model tree_rows = {
	.rows = line_count, .cell = line_cell, .toggle = line_toggle, .row_id = line_id,
};
static const struct rs_tableview_model tree_rows_without_marks = {
	.rows = line_count, .cell = line_cell, .row_id = line_id,
};

/* --- keys ----------------------------------------------------------------------- */

void rs_tree_open(struct rs_tree *t, uint64_t node, bool open)
{
	bool was = rs_tree_is_open(t, node);

	set_open(t, node, open);
	if (open && !was && t->model->opened)
		t->model->opened(t->ctx, node);
	rs_tree_reload(t);
}

static enum rs_reply go_to_parent(struct rs_tree *t, size_t row)
{
	for (size_t i = row; i-- > 0;)
		if (t->lines[i].depth < t->lines[row].depth) {
			rs_tableview_select(&t->table, i);
			return RS_HANDLED;
		}
	return RS_IGNORED;
}

static enum rs_reply go_left(struct rs_tree *t, size_t row)
{
	const struct line *line = &t->lines[row];

	if (line->note || !rs_tree_is_open(t, line->node))
		return go_to_parent(t, row);
	rs_tree_open(t, line->node, false);
	return RS_HANDLED;
}

static enum rs_reply go_right(struct rs_tree *t, size_t row)
{
	const struct line *line = &t->lines[row];

	if (line->note || !t->model->branch(t->ctx, line->node))
		return RS_IGNORED;
	if (!rs_tree_is_open(t, line->node))
		rs_tree_open(t, line->node, true);
	else if (row + 1 < t->count && t->lines[row + 1].depth > line->depth)
		rs_tableview_select(&t->table, row + 1);
	return RS_HANDLED;
}

static enum rs_reply tree_event(struct rs_widget *w, const struct rs_event *ev)
{
	struct rs_tree *t = tree(w);
	size_t row = rs_tableview_row(&t->table);

	if (row != RS_NO_ROW && (rs_event_is(ev, RS_KEY_LEFT) || rs_event_is(ev, 'h')))
		return go_left(t, row);
	if (row != RS_NO_ROW && (rs_event_is(ev, RS_KEY_RIGHT) || rs_event_is(ev, 'l')))
		return go_right(t, row);
	return rs_tableview_ops.event(w, ev);
}

static void tree_draw(struct rs_widget *w, struct rs_canvas *c, bool focused)
{
	tree(w)->ascii = c->ascii;
	rs_tableview_ops.draw(w, c, focused);
}

static void tree_destroy(struct rs_widget *w)
{
	free(tree(w)->lines);
	free(tree(w)->open);
	rs_tableview_ops.destroy(w);
}

struct rs_tree *rs_tree_new(const char *id, const struct rs_col *cols, size_t count,
                            const struct rs_tree_model *model, void *ctx)
{
	struct rs_tree *t = rs_xcalloc(1, sizeof *t);

	t->ops = rs_tableview_ops;
	t->ops.kind = "tree";
	t->ops.draw = tree_draw;
	t->ops.event = tree_event;
	t->ops.destroy = tree_destroy;
	rs_tableview_init(&t->table, &t->ops, id, cols, count, model->toggle ? &tree_rows : &tree_rows_without_marks, t);
	t->table.margin = 1;
	t->table.headless = true;
	t->model = model;
	t->ctx = ctx;
	rs_tree_reload(t);
	return t;
}

struct rs_widget *rs_tree_widget(struct rs_tree *t)
{
	return &t->table.w;
}

void rs_tree_set_empty(struct rs_tree *t, const char *text)
{
	rs_tableview_set_empty(&t->table, text);
}

uint64_t rs_tree_node(const struct rs_tree *t)
{
	size_t row = rs_tableview_row(&t->table);

	return row == RS_NO_ROW || t->lines[row].note ? 0 : t->lines[row].node;
}

/* --- places --------------------------------------------------------------------- */

void rs_tree_keep_place(const struct rs_tree *t, struct rs_tree_place *place)
{
	rs_tree_place_clear(place);
	place->count = t->open_count;
	place->open = rs_xmalloc((t->open_count + 1) * sizeof *place->open);
	for (size_t i = 0; i < t->open_count; i++)
		place->open[i] = t->open[i];
	place->node = rs_tree_node(t);
}

void rs_tree_go_to_place(struct rs_tree *t, const struct rs_tree_place *place)
{
	for (size_t i = 0; i < place->count; i++)
		set_open(t, place->open[i], true);
	rs_tree_reload(t);
	for (size_t row = 0; place->node && row < t->count; row++)
		if (t->lines[row].node == place->node && !t->lines[row].note) {
			rs_tableview_select(&t->table, row);
			return;
		}
}

void rs_tree_place_clear(struct rs_tree_place *place)
{
	free(place->open);
	*place = (struct rs_tree_place){NULL, 0, 0};
}
