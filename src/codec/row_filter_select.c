/* The filters of a selection. */
#include "codec/row_filter.h"

#include <stdlib.h>
#include "base/i18n.h"
#include "base/mem.h"

enum rs_rc rs_row_filter_select(const struct rs_selection *s, const struct rs_table *t, struct rs_row_filter **out,
                          struct rs_err *err)
{
	const char *text = rs_selection_filter(s, t->db, t->name);
	struct rs_err inner = RS_ERR_INIT;

	*out = NULL;
	if (text == NULL)
		return RS_OK;
	struct rs_filter *tree = rs_filter_parse(text, NULL, &inner);
	if (tree != NULL)
		*out = rs_row_filter_bind(tree, t, &inner);
	rs_filter_free(tree);
	if (*out != NULL)
		return RS_OK;
	rs_err_set(err, inner.code, _("the filter of %s.%s: %s"), t->db, t->name, inner.primary);
	if (inner.hint)
		rs_err_hint(err, "%s", inner.hint);
	rs_err_clear(&inner);
	return RS_FAIL;
}

enum rs_rc rs_row_filter_where(const struct rs_selection *s, const struct rs_table *t, char **out, struct rs_err *err)
{
	struct rs_row_filter *filter = NULL;
	struct rs_buf sql = RS_BUF_INIT;

	*out = NULL;
	if (rs_row_filter_select(s, t, &filter, err) != RS_OK)
		return RS_FAIL;
	if (filter != NULL) {
		rs_row_filter_sql(filter, &sql);
		*out = rs_buf_take(&sql);
	}
	rs_row_filter_free(filter);
	return RS_OK;
}

char *rs_row_filter_text(const struct rs_selection *s, const char *db, const char *table)
{
	const char *text = rs_selection_filter(s, db, table);
	struct rs_filter *tree = text ? rs_filter_parse(text, NULL, NULL) : NULL;
	struct rs_buf out = RS_BUF_INIT;

	if (tree == NULL)
		return NULL;
	rs_filter_format(tree, &out);
	rs_filter_free(tree);
	return rs_buf_take(&out);
}

/* A foreign key of child whose actions get around the filter of its rows or of its parent's; NULL: there is none. */
const struct rs_foreign_key *rs_row_filter_evaded(const struct rs_selection *s, const struct rs_table *child)
{
	bool own = rs_selection_filter(s, child->db, child->name) != NULL;

	for (size_t k = 0; k < child->n_foreign_keys; k++) {
		const struct rs_foreign_key *fk = &child->foreign_keys[k];
		if (rs_foreign_key_acts(fk) && (own || rs_selection_filter(s, fk->parent_db, fk->parent_table) != NULL))
			return fk;
	}
	return NULL;
}
