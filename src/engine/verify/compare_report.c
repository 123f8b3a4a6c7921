/* What is told of a range that differs: each row by its key, and the columns that do. */
#include "engine/verify/compare_priv.h"

#include <stdlib.h>
#include "base/mem.h"
#include "model/selection_name.h"

struct naming {
	struct rs_suspects *all;
	char **keys;       /* text of each suspect's key; NULL: not met yet */
	uint64_t **values; /* hash of each compared column at the source, for different rows */
	char **columns;    /* names of those that differ */
	bool *met;         /* in the part of the range that is walked */
};

static enum rs_rc name_columns(struct rs_comparison *m, struct rs_row_side *s, struct naming *k, size_t at, struct rs_err *err)
{
	uint64_t *hashes = rs_xcalloc(m->c->source->n_columns, sizeof *hashes);
	struct rs_buf names = RS_BUF_INIT;
	enum rs_rc rc = rs_row_column_hashes(s, hashes, err);

	if (k->values[at] == NULL) {
		k->values[at] = hashes;
		return rc;
	}
	for (size_t i = 0; rc == RS_OK && i < m->c->source->n_columns; i++) {
		if (hashes[i] == k->values[at][i])
			continue;
		if (names.len > 0)
			rs_buf_addc(&names, ',');
		rs_name_put(&names, m->c->source->columns[i].name, NULL, NULL);
	}
	free(hashes);
	free(k->columns[at]);
	k->columns[at] = rs_buf_take(&names);
	return rc;
}

static enum rs_rc name_row(struct rs_comparison *m, struct rs_row_side *s, const struct rs_row_hash *e, void *arg,
                           struct rs_err *err)
{
	struct naming *k = arg;
	struct rs_suspect *found = rs_suspects_find(k->all, e->key);

	if (found == NULL)
		return RS_OK;
	size_t at = (size_t)(found - k->all->items);
	k->met[at] = true;
	if (k->keys[at] == NULL)
		k->keys[at] = rs_row_key_text(s);
	return m->key != NULL ? name_columns(m, s, k, at, err) : RS_OK;
}

static void report(struct rs_comparison *m, const struct naming *k, size_t i)
{
	const struct rs_suspect *s = &k->all->items[i];
	bool whole = rs_suspect_is_extra(s) || rs_suspect_is_missing(s);
	struct rs_diff diff = {
		.kind = rs_suspect_is_extra(s) ? RS_DIFF_EXTRA : rs_suspect_is_missing(s) ? RS_DIFF_MISSING : RS_DIFF_DIFFERENT,
		.db = m->c->source->db,
		.table = m->c->source->name,
		.key = k->keys[i] ? k->keys[i] : (char *)(uintptr_t)"",
		.columns = whole ? NULL : k->columns[i],
	};

	m->c->found(m->c->arg, &diff);
}

static void count_kind(struct rs_diff_range *out, const struct rs_suspect *s)
{
	if (rs_suspect_is_extra(s))
		out->extra++;
	else if (rs_suspect_is_missing(s))
		out->missing++;
	else
		out->different++;
}

/* Those of the part that settled, and the part. */
static void report_part(struct rs_comparison *m, const struct rs_compare_range *r, const struct naming *k)
{
	char *after = rs_bound_to_text(&r->after), *upto = rs_bound_to_text(&r->upto);
	struct rs_diff_range part = {.db = m->c->source->db, .table = m->c->source->name, .after = after, .upto = upto};

	for (size_t i = 0; i < k->all->n; i++) {
		if (!k->met[i])
			continue;
		k->met[i] = false;
		if (!rs_suspect_is_settled(&k->all->items[i], m->c->settle)) {
			m->c->counts->unsettled++;
			continue;
		}
		report(m, k, i);
		count_kind(&part, &k->all->items[i]);
	}
	if (m->c->differs != NULL && part.extra + part.missing + part.different > 0)
		m->c->differs(m->c->arg, &part);
	free(after);
	free(upto);
}

static enum rs_rc name_part(struct rs_comparison *m, const struct rs_compare_range *r, void *arg, struct rs_err *err)
{
	struct naming *k = arg;
	enum rs_rc rc = rs_compare_walk(m, &m->source, r, name_row, k, err);

	if (rc == RS_OK)
		rc = rs_compare_walk(m, &m->dest, r, name_row, k, err);
	if (rc == RS_OK)
		report_part(m, r, k);
	return rc;
}

enum rs_rc rs_compare_report(struct rs_comparison *m, const struct rs_compare_range *r, struct rs_suspects *all,
                             struct rs_err *err)
{
	struct naming k = {all, rs_xcalloc(all->n + 1, sizeof(char *)), rs_xcalloc(all->n + 1, sizeof(uint64_t *)),
	                   rs_xcalloc(all->n + 1, sizeof(char *)), rs_xcalloc(all->n + 1, sizeof(bool))};
	enum rs_rc rc = rs_compare_in_parts(m, r, RS_COMPARE_PART_ROWS, name_part, &k, err);

	for (size_t i = 0; i < all->n; i++) {
		free(k.keys[i]);
		free(k.values[i]);
		free(k.columns[i]);
	}
	free(k.keys);
	free(k.values);
	free(k.columns);
	free(k.met);
	return rc;
}
