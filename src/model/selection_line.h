/* One rule of a selection in its parts, between text and the selection: what the readers and writers of its two forms share;
 * nobody else includes this. */
#ifndef RS_SELECTION_LINE_H
#define RS_SELECTION_LINE_H

#include "model/selection_rules.h"

struct sel_line {
	bool exclude;
	bool select;           /* a database or table is selected by it (not only renamed) */
	char *from[3], *to[3];
	size_t n_from, n_to;
	char *filter;          /* NULL: none */
	bool sets;             /* it gives a setting: */
	enum rs_table_setting setting; /* RS_TABLE_SETTINGS: the text says which */
	char *value;
	bool speaks_of_kinds;  /* it gives operations */
	struct rs_operations operations;
};

void rs_line_clear(struct sel_line *l);
const char *rs_line_skip_blanks(const char *p);
/* "names [-> names]" or "names: condition" from *p on, which is moved behind it. What was read is the line's in any case. */
enum rs_rc rs_line_read(struct sel_line *l, const char **p, struct rs_err *err) RS_MUST_CHECK;
/* Makes it a part of the selection; fails where that says something else already. */
enum rs_rc rs_line_apply(struct rs_selection *s, const struct sel_line *l, struct rs_err *err) RS_MUST_CHECK;
/* Puts file and line (0: none) before an error's text; RS_FAIL. */
enum rs_rc rs_line_locate(struct rs_err *err, struct rs_err *inner, const char *name, int line);

/* "db.table: condition", "db.table: words" of a rule that has them. */
void rs_line_put_filter(struct rs_buf *out, const struct rs_selection_rule *r);
/* "db.table: text", and with its word before the text. */
void rs_line_put_setting(struct rs_buf *out, const struct rs_selection_rule *r, enum rs_table_setting which, bool with_word);
void rs_line_put_operations(struct rs_buf *out, const struct rs_selection_rule *r);

#endif
