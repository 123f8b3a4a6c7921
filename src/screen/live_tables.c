#include "screen/live.h"

#include <string.h>
#include "base/i18n.h"
#include "base/mem.h"
#include "screen/show.h"

/* --- the order -------------------------------------------------------------------------------- */

bool rs_live_view_is_copying(const struct rs_live_view *v)
{
	const struct rs_phase *ph = v->progress ? v->progress->phases : NULL;

	return ph && ph[RS_PHASE_FULL].state != RS_PHASE_OFF && ph[RS_PHASE_FULL].state != RS_PHASE_DONE;
}

/* Smaller comes first: what is being copied, what waits, what is there. */
static int copy_rank(const struct rs_table_progress *t)
{
	return t->copying ? 0 : t->copied ? 2 : 1;
}

static void order_by_copy(struct rs_live_view *v)
{
	for (int rank = 0; rank < 3; rank++)
		for (size_t i = 0; i < v->progress->n_tables; i++)
			if (copy_rank(rs_progress_table(v->progress, i)) == rank)
				v->order[v->order_count++] = i;
}

static uint64_t changes_of(const struct rs_table_progress *t)
{
	return t->inserts + t->updates + t->deletes;
}

/* What puts a table before others. */
struct weighed {
	size_t table;
	double weight;
};

static int by_weight(const void *a, const void *b)
{
	const struct weighed *x = a, *y = b;

	if (x->weight != y->weight)
		return x->weight > y->weight ? -1 : 1;
	return x->table < y->table ? -1 : 1;
}

static double weigh(const struct rs_live_view *v, const struct rs_table_progress *t)
{
	switch (v->by) {
	case RS_LIVE_BY_RATE: return rs_watch_table_rate(v->watch, t);
	case RS_LIVE_BY_LAST: return (double)t->last_change;
	default: return (double)changes_of(t);
	}
}

static void order_by_weight(struct rs_live_view *v, size_t n)
{
	struct weighed *w = rs_xcalloc(n, sizeof *w);

	for (size_t i = 0; i < n; i++)
		w[i] = (struct weighed){i, weigh(v, rs_progress_table(v->progress, i))};
	qsort(w, n, sizeof *w, by_weight);
	for (size_t i = 0; i < n; i++)
		v->order[i] = w[i].table;
	free(w);
}

static void put_in_order(struct rs_live_view *v)
{
	size_t n = v->progress ? v->progress->n_tables : 0;

	v->order_count = 0;
	if (n > v->order_cap) {
		v->order_cap = n;
		v->order = rs_xrealloc(v->order, n * sizeof *v->order);
	}
	if (!n)
		return;
	if (rs_live_view_is_copying(v)) {
		order_by_copy(v);
		return;
	}
	for (; v->order_count < n; v->order_count++)
		v->order[v->order_count] = v->order_count;
	if (v->by != RS_LIVE_SELECTION)
		order_by_weight(v, n);
}

void rs_live_view_take(struct rs_live_view *v)
{
	if (!v->frozen && v->progress != v->watch->progress) {
		rs_progress_unref(v->progress);
		v->progress = v->watch->progress ? rs_progress_ref(v->watch->progress) : NULL;
	}
	put_in_order(v);
}

rs_usec rs_live_view_now(const struct rs_live_view *v)
{
	return v->watch->live ? v->progress->taken : rs_clock_wall();
}

void rs_live_view_release(struct rs_live_view *v)
{
	rs_progress_unref(v->progress);
	free(v->order);
}

/* --- rows ---------------------------------------------------------------------------------------- */

static size_t rows(void *ctx)
{
	return ((const struct rs_live_view *)ctx)->order_count;
}

static const struct rs_table_progress *table_at(const struct rs_live_view *v, size_t row)
{
	return rs_progress_table(v->progress, v->order[row]);
}

static uint64_t row_id(void *ctx, size_t row)
{
	return ((const struct rs_live_view *)ctx)->order[row];
}

static void note_cell(const struct rs_table_progress *t, struct rs_buf *text, unsigned *style)
{
	*style = t->sync == RS_TABLE_SYNCHRONIZING || t->sync == RS_TABLE_INITIALIZING ? RS_STYLE_DIM : rs_show_table_sync_style(t->sync);
	rs_show_table_note(t, text);
}

enum { COPY_TABLE, COPY_BAR, COPY_ROWS, COPY_OF, COPY_BYTES, COPY_NOTE };

static const struct rs_col copy_columns[] = {
	[COPY_TABLE] = {N_("Table"), 20, 0, 3, RS_LEFT, 0},
	[COPY_BAR] = {N_("Copied"), 12, 24, 1, RS_LEFT, 0},
	[COPY_ROWS] = {N_("Rows"), 8, 0, 0, RS_RIGHT, 0},
	[COPY_OF] = {N_("of about"), 8, 0, 0, RS_RIGHT, 2},
	[COPY_BYTES] = {N_("Size"), 9, 0, 0, RS_RIGHT, 3},
	[COPY_NOTE] = {N_("Note"), 9, 40, 1, RS_LEFT, 4},
};

static void copy_cell(void *ctx, size_t row, size_t col, struct rs_buf *text, unsigned *style)
{
	const struct rs_table_progress *t = table_at(ctx, row);
	char buf[RS_SHOW_SIZE];

	switch (col) {
	case COPY_TABLE: rs_show_table_name(t, text); break;
	case COPY_ROWS:
		(void)rs_buf_adds(text, rs_show_count(t->rows || t->copying || t->copied ? (double)t->rows : -1, buf, sizeof buf));
		break;
	case COPY_OF: (void)rs_buf_adds(text, rs_show_count((double)t->rows_total, buf, sizeof buf)); break;
	case COPY_BYTES: (void)rs_buf_adds(text, rs_show_bytes((double)t->bytes_total, buf, sizeof buf)); break;
	case COPY_NOTE: note_cell(t, text, style); break;
	default: break;
	}
	if (t->copying && col == COPY_TABLE)
		*style = RS_STYLE_ACCENT;
}

static bool copy_draw(void *ctx, size_t row, size_t col, struct rs_canvas *c, struct rs_rect r, unsigned mods)
{
	if (col != COPY_BAR)
		return false;
	rs_canvas_bar(c, r.y, r.x, r.w, RS_STYLE_DATA | mods, rs_show_table_copied(table_at(ctx, row)));
	return true;
}

static const struct rs_tableview_model copy_model = {.rows = rows, .cell = copy_cell, .draw = copy_draw, .row_id = row_id};

enum { CHANGE_TABLE, CHANGE_RATE, CHANGE_TOTAL, CHANGE_LAST, CHANGE_NOTE };

static const struct rs_col change_columns[] = {
	[CHANGE_TABLE] = {N_("Table"), 20, 0, 2, RS_LEFT, 0},
	[CHANGE_RATE] = {N_("Rows/s"), 8, 0, 0, RS_RIGHT, 0},
	[CHANGE_TOTAL] = {N_("Changes"), 9, 0, 0, RS_RIGHT, 1},
	[CHANGE_LAST] = {N_("Last change"), 12, 14, 0, RS_LEFT, 2},
	[CHANGE_NOTE] = {N_("Note"), 10, 60, 3, RS_LEFT, 3},
};

static void change_cell(void *ctx, size_t row, size_t col, struct rs_buf *text, unsigned *style)
{
	const struct rs_live_view *v = ctx;
	const struct rs_table_progress *t = table_at(v, row);
	char buf[RS_SHOW_SIZE];

	switch (col) {
	case CHANGE_TABLE: rs_show_table_name(t, text); break;
	case CHANGE_RATE: (void)rs_buf_adds(text, rs_show_count(rs_watch_table_rate(v->watch, t), buf, sizeof buf)); break;
	case CHANGE_TOTAL: (void)rs_buf_adds(text, rs_show_count((double)changes_of(t), buf, sizeof buf)); break;
	case CHANGE_LAST: (void)rs_buf_adds(text, rs_show_ago(rs_live_view_now(v), t->last_change, buf, sizeof buf)); break;
	case CHANGE_NOTE: note_cell(t, text, style); break;
	default: break;
	}
}

static const struct rs_tableview_model change_model = {.rows = rows, .cell = change_cell, .row_id = row_id};

static struct rs_tableview *table_new(const char *id, const struct rs_col *cols, size_t n, const struct rs_tableview_model *model,
                                  struct rs_live_view *v)
{
	struct rs_tableview *t = rs_tableview_new(id, cols, n, model, v);

	rs_tableview_set_empty(t, _("No tables yet."));
	return t;
}

struct rs_tableview *rs_live_copy_table_new(struct rs_live_view *v)
{
	return table_new("copy", copy_columns, sizeof copy_columns / sizeof *copy_columns, &copy_model, v);
}

struct rs_tableview *rs_live_change_table_new(struct rs_live_view *v)
{
	return table_new("changes", change_columns, sizeof change_columns / sizeof *change_columns, &change_model, v);
}

void rs_live_change_table_order(struct rs_tableview *t, enum rs_live_order by)
{
	static const size_t columns[RS_LIVE_ORDERS] = {[RS_LIVE_SELECTION] = RS_NO_SORT, [RS_LIVE_BY_RATE] = CHANGE_RATE,
	                                               [RS_LIVE_BY_TOTAL] = CHANGE_TOTAL, [RS_LIVE_BY_LAST] = CHANGE_LAST};

	rs_tableview_set_sort(t, columns[by], true);
}

const struct rs_table_progress *rs_live_table(const struct rs_live_view *v, size_t n)
{
	return table_at(v, n);
}

void rs_live_table_help(const struct rs_live_view *v, size_t n, struct rs_buf *out)
{
	rs_show_table_help(table_at(v, n), out);
	rs_show_since(v->progress, out);
}
