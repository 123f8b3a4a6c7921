/* Rows in columns, of any number: the table asks its model only for the rows that are on the screen. The cursor stays
 * on the same row (by row_id) when rows come, go or move. Up Down PgUp PgDn Home End j k g G ^F ^B move, Enter submits,
 * Space and Insert mark where the model can; only Tab (and
 * Left and Right) leave the table. Columns share the width by their wishes; those with the highest drop
 * number vanish first where there is not enough. */
#ifndef RS_TABLE_H
#define RS_TABLE_H

#include "tui/widget.h"

struct rs_col {
	const char *title;   /* N_; translated when drawn */
	int min, max;        /* cells; max 0: as min */
	int weight;          /* share of what is left over, up to max (max 0 with weight: no limit) */
	enum rs_align align;
	int drop;            /* 0: stays as long as anything */
};

enum rs_mark { RS_MARK_NONE, RS_MARK_ON, RS_MARK_PARTLY, RS_MARK_OFF, RS_MARK_NEVER };

struct rs_tableview_model {
	size_t (*rows)(void *ctx);
	/* Appends the text of one cell (empty at first) and may change *style from RS_STYLE_NORMAL. */
	void (*cell)(void *ctx, size_t row, size_t col, struct rs_buf *text, unsigned *style);
	/* Draws a cell itself (a bar) and returns true; mods is RS_MOD_SELECTED in the row with the cursor. NULL: never. */
	bool (*draw)(void *ctx, size_t row, size_t col, struct rs_canvas *c, struct rs_rect r, unsigned mods);
	/* A sign in the margin, '!' for a failed task; 0 for none, in *style. NULL: never. */
	uint32_t (*sign)(void *ctx, size_t row, unsigned *style);
	/* [x] [-] [ ] [·] before the row. NULL: no marks. */
	enum rs_mark (*mark)(void *ctx, size_t row);
	/* Space on a row; true when it changed something. NULL: Space is ignored. */
	bool (*toggle)(void *ctx, size_t row);
	/* What stays the same when the row moves; NULL: its number. */
	uint64_t (*row_id)(void *ctx, size_t row);
	/* Appends the text of a row that is a heading of those below it, drawn over all columns and passed over by the cursor; false:
	 * it is none. NULL: there are none. */
	bool (*heading)(void *ctx, size_t row, struct rs_buf *text);
};

struct rs_tableview {
	struct rs_widget w;
	const struct rs_tableview_model *model;
	void *ctx;
	struct rs_col *cols;
	size_t col_count;
	size_t cursor, top;     /* row under the cursor; first row shown */
	uint64_t cursor_id;
	bool has_cursor_id;
	size_t sort_col;        /* RS_NO_SORT: no sort mark */
	bool sort_down;
	bool headless;          /* no head line */
	int margin;             /* cells before the first column: cursor, sign, blank */
	char *empty;            /* shown where there are no rows */
	int *widths;            /* of the columns as laid out, 0: dropped */
};
#define RS_NO_SORT ((size_t)-1)

/* cols are copied (their titles borrowed for good); model and ctx are the caller's and live longer. */
struct rs_tableview *rs_tableview_new(const char *id, const struct rs_col *cols, size_t count,
                                      const struct rs_tableview_model *model, void *ctx);
/* Text for a table without rows: what to do next. */
void rs_tableview_set_empty(struct rs_tableview *t, const char *text);
void rs_tableview_set_sort(struct rs_tableview *t, size_t col, bool down);
/* After the model changed: puts the cursor back on its row. (Drawing does this too.) */
void rs_tableview_reload(struct rs_tableview *t);
/* RS_NO_ROW where there are none, or only headings. */
size_t rs_tableview_row(const struct rs_tableview *t);
void rs_tableview_select(struct rs_tableview *t, size_t row);
#define RS_NO_ROW ((size_t)-1)

/* For widgets that are tables of a kind (tree.c). */
extern const struct rs_widget_ops rs_tableview_ops;
void rs_tableview_init(struct rs_tableview *t, const struct rs_widget_ops *ops, const char *id, const struct rs_col *cols,
                       size_t count, const struct rs_tableview_model *model, void *ctx);

/* "[x] ", or on an ASCII canvas the same with '.' for '·'. */
const char *rs_mark_text(enum rs_mark mark);

/* Moves a cursor in a list of count rows of which page are shown; true when key was one of the moving keys. For
 * widgets that are lists of their own. */
bool rs_list_key(uint32_t key, size_t count, size_t page, size_t *cursor);
/* The first row to show, so that cursor is visible. */
size_t rs_list_top(size_t top, size_t cursor, size_t count, size_t page);

#endif
