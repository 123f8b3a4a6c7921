#include "engine/follow/filter.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "base/fault.h"
#include "base/i18n.h"
#include "base/mem.h"

/* ---------------------------------------------------------------- rows of the stream */

/* Items that came of one share its arena. */
struct shared {
	atomic_uint refs;
	struct rs_change *whole;
};

static void drop_shared(void *arg)
{
	struct shared *s = arg;

	if (atomic_fetch_sub(&s->refs, 1) > 1)
		return;
	rs_change_free(s->whole);
	free(s);
}

static enum rs_rc incomplete(const struct rs_change *c, const struct rs_column *column, struct rs_err *err)
{
	rs_err_set(err, RS_E_BINLOG_IMAGE, _("the log holds an incomplete row of %s.%s, whose rows are filtered: column %s is missing"),
	           c->table->db, c->table->name, column->name);
	return rs_err_hint(err, _("at the source: SET GLOBAL binlog_row_image = FULL; sessions that are open keep their setting until "
	                          "they reconnect. The tables they changed must be synchronized anew"));
}

/* What a row was before fills what its image after the change leaves out. */
static enum rs_rc complete_after(struct rs_change *c, struct rs_row_change *row, struct rs_err *err)
{
	size_t n = c->table->n_columns;
	bool all = true;

	for (size_t i = 0; i < n; i++)
		all = all && row->after[i].presence != RS_ABSENT;
	if (all)
		return RS_OK;
	struct rs_value *merged = rs_arena_alloc(&c->arena, n * sizeof *merged);
	if (merged == NULL)
		return rs_err_set(err, RS_E_MEMORY, _("a row of %s.%s"), c->table->db, c->table->name);
	for (size_t i = 0; i < n; i++)
		merged[i] = row->after[i].presence != RS_ABSENT ? row->after[i] : row->before[i];
	row->after = merged;
	return RS_OK;
}

static enum rs_rc check_images(const struct rs_row_filter *f, const struct rs_change *c, const struct rs_row_change *row,
                               struct rs_err *err)
{
	const struct rs_column *column = row->before ? rs_row_filter_absent(f, row->before) : NULL;

	if (column == NULL && row->after)
		column = rs_row_filter_absent(f, row->after);
	return column ? incomplete(c, column, err) : RS_OK;
}

/* An update that becomes an insert needs all of the row. */
static enum rs_rc check_insert(const struct rs_change *c, const struct rs_row_change *row, struct rs_err *err)
{
	for (size_t i = 0; i < c->table->n_columns; i++)
		if (row->after[i].presence == RS_ABSENT && !c->table->columns[i].generated)
			return incomplete(c, &c->table->columns[i], err);
	return RS_OK;
}

enum fate { FATE_INSERT = RS_OP_INSERT, FATE_UPDATE = RS_OP_UPDATE, FATE_DELETE = RS_OP_DELETE, FATE_NOTHING };

static enum rs_rc judge_row(const struct rs_row_filter *f, struct rs_change *c, struct rs_row_change *row, enum fate *fate,
                            struct rs_err *err)
{
	enum rs_rc rc = row->before && row->after ? complete_after(c, row, err) : RS_OK;

	if (rc == RS_OK)
		rc = check_images(f, c, row, err);
	if (rc != RS_OK)
		return rc;
	bool was = row->before && rs_row_filter_matches(f, row->before);
	bool is = row->after && rs_row_filter_matches(f, row->after);
	if (rs_defect_active(RS_DEFECT_FILTER_BY_BEFORE) && row->before)
		is = is && was;
	*fate = was && is ? FATE_UPDATE : is ? FATE_INSERT : was ? FATE_DELETE : FATE_NOTHING;
	if (row->before && row->after && *fate == FATE_INSERT) {
		row->before = NULL;
		return check_insert(c, row, err);
	}
	if (*fate == FATE_DELETE)
		row->after = NULL;
	return RS_OK;
}

/* Drops the rows that come to nothing; fates gets those of the rows that stay. */
static enum rs_rc judge_rows(const struct rs_row_filter *f, struct rs_change *c, unsigned char *fates, struct rs_err *err)
{
	size_t kept = 0;

	for (size_t i = 0; i < c->n_rows; i++) {
		struct rs_row_change row = c->rows[i];
		enum fate fate = FATE_NOTHING;

		if (judge_row(f, c, &row, &fate, err) != RS_OK)
			return RS_FAIL;
		if (fate == FATE_NOTHING)
			continue;
		fates[kept] = (unsigned char)fate;
		c->rows[kept++] = row;
	}
	c->n_rows = kept;
	return RS_OK;
}

static size_t count_runs(const unsigned char *fates, size_t n)
{
	size_t runs = 0;

	for (size_t i = 0; i < n; i++)
		runs += i == 0 || fates[i] != fates[i - 1];
	return runs;
}

/* The rows from..to of a whole. */
static struct rs_change *part_of(struct shared *s, enum rs_op op, size_t from, size_t to)
{
	const struct rs_change *c = s->whole;
	struct rs_change *part = rs_change_new(RS_CHANGE_ROWS);

	part->bytes = c->bytes * (to - from) / c->n_rows;
	part->image_bytes = c->image_bytes * (to - from) / c->n_rows;
	part->server_id = c->server_id;
	part->timestamp = c->timestamp;
	rs_position_copy(&part->position, &c->position);
	part->last_committed = c->last_committed;
	part->sequence_number = c->sequence_number;
	part->op = op;
	part->table = rs_table_ref(c->table);
	part->no_foreign_keys = c->no_foreign_keys;
	part->statement_end = c->statement_end && to == c->n_rows;
	part->rows = c->rows + from;
	part->n_rows = to - from;
	part->attached = s;
	part->free_attached = drop_shared;
	return part;
}

static void split(struct rs_change *c, const unsigned char *fates, struct rs_change **out, size_t runs)
{
	struct shared *s = rs_xcalloc(1, sizeof *s);
	size_t from = 0;

	s->whole = c;
	atomic_init(&s->refs, (unsigned)runs);
	for (size_t k = 0; k < runs; k++) {
		size_t to = from + 1;
		while (to < c->n_rows && fates[to] == fates[from])
			to++;
		out[k] = part_of(s, (enum rs_op)fates[from], from, to);
		from = to;
	}
}

enum rs_rc rs_filter_change(const struct rs_row_filter *filter, struct rs_change *c, struct rs_change ***out, size_t *n,
                            struct rs_err *err)
{
	unsigned char *fates = rs_xmalloc(c->n_rows + 1);
	enum rs_rc rc = judge_rows(filter, c, fates, err);

	*n = rc == RS_OK ? count_runs(fates, c->n_rows) : 0;
	*out = rs_xcalloc(*n + 1, sizeof(struct rs_change *));
	if (*n == 0) {
		rs_change_free(c);
	} else if (*n == 1) {
		c->op = (enum rs_op)fates[0];
		(*out)[0] = c;
	} else {
		split(c, fates, *out, *n);
	}
	free(fates);
	return rc;
}

/* ---------------------------------------------------------------- the plan */

enum rs_rc rs_filter_of(struct rs_engine *e, const struct rs_change *c, const struct rs_row_filter **out, struct rs_err *err)
{
	struct rs_sync_table *t = e->filters ? rs_plan_find(e, c->table->db, c->table->name) : NULL;

	*out = NULL;
	if (t == NULL || rs_selection_filter(e->task->objects, c->table->db, c->table->name) == NULL)
		return RS_OK;
	const struct rs_table *bound = t->filter ? rs_row_filter_table(t->filter) : NULL;
	if (bound == NULL || (bound != c->table && !rs_table_same(bound, c->table))) {
		rs_row_filter_free(t->filter);
		if (rs_row_filter_select(e->task->objects, c->table, &t->filter, err) != RS_OK)
			return RS_FAIL;
	}
	*out = t->filter;
	return RS_OK;
}

enum rs_rc rs_filter_plan(struct rs_engine *e, struct rs_sync_table *t, struct rs_err *err)
{
	const struct rs_table *schema = t->meta.schema;
	const struct rs_foreign_key *fk = e->source->cascades_hidden ? rs_row_filter_evaded(e->task->objects, schema) : NULL;

	free(t->where);
	t->where = NULL;
	if (fk == NULL)
		return rs_row_filter_where(e->task->objects, schema, &t->where, err);
	return rs_err_set(err, RS_E_FILTER, _("the foreign key %s of %s.%s changes rows without a trace in the source's log, which a filter of "
	                                      "rows then can't follow"),
	                  fk->name, schema->db, schema->name);
}

enum rs_rc rs_filter_unchanged(const struct rs_engine *e, const struct rs_selection *wanted, struct rs_err *err)
{
	bool same = true;
	size_t i;

	for (i = 0; same && i < e->n_tables; i++) {
		const struct rs_meta_table *m = &e->tables[i].meta;
		bool concerns = m->state != RS_TABLE_GONE && rs_selection_includes_table(wanted, m->db, m->name);
		char *now = concerns ? rs_row_filter_text(wanted, m->db, m->name) : NULL;

		same = !concerns || (now && m->filter ? strcmp(now, m->filter) == 0 : now == m->filter);
		free(now);
	}
	if (same)
		return RS_OK;
	const struct rs_meta_table *m = &e->tables[i - 1].meta;
	rs_err_set(err, RS_E_FILTER, _("the filter of %s.%s is not the one that the task was started with"), m->db, m->name);
	rs_err_detail(err, _("then: %s"), m->filter ? m->filter : "-");
	return rs_err_hint(err, _("give it back its filter, or synchronize the table in a new task: other rows would have had to be "
	                          "copied"));
}

/* ---------------------------------------------------------------- schema changes */

static enum rs_rc hint_schema(struct rs_err *err)
{
	return rs_err_hint(err, _("rows would be missing or too many from here on: synchronize the table in a new task, with a filter that "
	                          "fits its new columns"));
}

static bool is_column(const struct rs_sql *s, uint32_t i, const struct rs_table *t, const struct rs_row_filter *f)
{
	char *name = rs_sql_is_name(s, i) ? rs_sql_text(s, i) : NULL;
	int column = name ? rs_table_column(t, name) : -1;

	free(name);
	return column >= 0 && rs_row_filter_compares(f, (uint32_t)column);
}

static uint32_t skip_words(const struct rs_sql *s, uint32_t i)
{
	while (rs_sql_is(s, i, "COLUMN") || rs_sql_is(s, i, "IF") || rs_sql_is(s, i, "EXISTS"))
		i++;
	return i;
}

static bool same_name(const struct rs_sql *s, uint32_t a, uint32_t b)
{
	char *x = rs_sql_text(s, a), *y = rs_sql_text(s, b);
	bool same = strcasecmp(x, y) == 0;

	free(x);
	free(y);
	return same;
}

/* Columns can change places under the same names: whoever compares schemas alone does not see that. */
static bool moves_name(const struct rs_sql *s, const struct rs_table *t, const struct rs_row_filter *f)
{
	for (uint32_t i = 0; i < s->count; i++) {
		uint32_t old = skip_words(s, i + 1), new = old + 1;

		if (rs_sql_is(s, i, "DROP") && is_column(s, old, t, f))
			return true;
		if (rs_sql_is(s, i, "RENAME") && rs_sql_is(s, new, "TO") && (is_column(s, old, t, f) || is_column(s, new + 1, t, f)))
			return true;
		if (rs_sql_is(s, i, "CHANGE") && (is_column(s, old, t, f) || is_column(s, new, t, f)) && !same_name(s, old, new))
			return true;
	}
	return false;
}

/* Its duplicates go without a word in the log. */
static bool drops_rows(const struct rs_sql *s)
{
	for (uint32_t i = 0; i < s->count && !rs_sql_is(s, i, "TABLE"); i++)
		if (rs_sql_is(s, i, "IGNORE"))
			return true;
	return false;
}

enum rs_rc rs_filter_survives(const struct rs_selection *s, const struct rs_ddl *d, const struct rs_table *from,
                              const struct rs_table *to, struct rs_err *err)
{
	struct rs_row_filter *before = NULL, *after = NULL;
	enum rs_rc rc = RS_OK;

	if (rs_selection_filter(s, to->db, to->name) == NULL)
		return RS_OK;
	if (from != NULL)
		rc = rs_row_filter_select(s, from, &before, err);
	if (rc == RS_OK && before != NULL)
		rc = rs_row_filter_survives(before, to, err);
	if (rc == RS_OK && before != NULL && drops_rows(&d->sql))
		rc = rs_err_set(err, RS_E_FILTER_SCHEMA, _("ALTER IGNORE drops rows of %s.%s, whose rows are filtered, by what other rows hold"),
		                to->db, to->name);
	if (rc == RS_OK && before != NULL && moves_name(&d->sql, from, before))
		rc = rs_err_set(err, RS_E_FILTER_SCHEMA, _("a column of %s.%s that the filter of its rows compares is renamed or dropped"),
		                to->db, to->name);
	if (rc == RS_OK)
		rc = rs_row_filter_select(s, to, &after, err);
	rs_row_filter_free(before);
	rs_row_filter_free(after);
	return rc == RS_OK ? RS_OK : hint_schema(err);
}

static bool gives_rows(enum rs_ddl_role role)
{
	return role == RS_ROLE_RENAME_FROM || role == RS_ROLE_RENAME_TO || role == RS_ROLE_EXCHANGE;
}

enum rs_rc rs_filter_keeps_rows(const struct rs_selection *s, const struct rs_ddl *d, struct rs_err *err)
{
	bool gives = false;

	for (size_t i = 0; i < d->n_refs; i++)
		gives = gives || gives_rows(d->refs[i].role);
	for (size_t i = 0; gives && i < d->n_refs; i++) {
		const struct rs_ddl_ref *r = &d->refs[i];
		if ((!gives_rows(r->role) && r->role != RS_ROLE_TARGET) || r->name == NULL || rs_selection_filter(s, r->db, r->name) == NULL)
			continue;
		rs_err_set(err, RS_E_FILTER_SCHEMA, _("a statement gives rows of %s.%s, whose rows are filtered, to another table, or takes "
		                                      "rows from one"), r->db, r->name);
		rs_err_detail(err, "%.1000s", d->sql.text);
		return hint_schema(err);
	}
	return RS_OK;
}
