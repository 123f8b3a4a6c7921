/* The tables that are verified: what the plan has, and both sides' schemas of those that are looked at. */
#include "engine/verify/verifier_priv.h"

#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "codec/row_filter.h"
#include "engine/follow/follow.h"
#include "engine/verify/row_key.h"

#define OPEN_MAX 200

/* ---------------------------------------------------------------- the plan's */

struct asked {
	char *identity;              /* of the source that is followed; NULL: not known */
	struct rs_selection *objects;
	struct rs_verified_table *tables;
	size_t n;
};

static bool is_verified(const struct rs_sync_table *t) { return t->meta.state != RS_TABLE_GONE; }

static enum rs_rc copy_plan(struct rs_follow *f, void *arg, struct rs_err *err)
{
	const unsigned all = RS_SYNC_INSERT | RS_SYNC_UPDATE | RS_SYNC_DELETE;
	struct asked *a = arg;
	struct rs_engine *e = f->e;

	(void)err;
	a->identity = rs_xstrdup(e->meta.source_identity);
	a->objects = rs_selection_copy(e->task->objects);
	a->tables = rs_xcalloc(e->n_tables + 1, sizeof *a->tables);
	for (size_t i = 0; i < e->n_tables; i++) {
		const struct rs_sync_table *t = &e->tables[i];
		if (!is_verified(t))
			continue;
		a->tables[a->n++] = (struct rs_verified_table){
			.db = rs_xstrdup(t->meta.db), .name = rs_xstrdup(t->meta.name), .dest_db = rs_xstrdup(t->dest_db),
			.dest_name = rs_xstrdup(t->dest_name), .hash = rs_row_key_table_hash(t->meta.db, t->meta.name),
			.all_changes = (t->dml & all) == all};
	}
	return RS_OK;
}

static int by_name(const void *a, const void *b)
{
	const struct rs_verified_table *x = a, *y = b;
	int order = strcmp(x->db, y->db);

	return order != 0 ? order : strcmp(x->name, y->name);
}

enum rs_rc rs_verified_tables_load(struct rs_verifying *k, struct rs_err *err)
{
	unsigned long long generation = atomic_load(&k->v->lookout.generation);
	struct asked asked = {.n = 0};
	enum rs_rc rc = rs_errand_do(k->e, copy_plan, &asked, &k->v->cancel, err);

	if (rc != RS_OK)
		return rc;
	rs_verified_tables_forget(k);
	k->objects = asked.objects;
	k->tables = asked.tables;
	k->n_tables = asked.n;
	qsort(k->tables, k->n_tables, sizeof *k->tables, by_name);
	k->generation = generation;
	bool same = asked.identity == NULL || strcmp(asked.identity, k->identity) == 0;
	free(asked.identity);
	return same ? RS_OK : RS_EOF;
}

size_t rs_verified_table_find(const struct rs_verifying *k, const char *db, const char *name)
{
	const struct rs_verified_table wanted = {.db = (char *)(uintptr_t)db, .name = (char *)(uintptr_t)name};
	const struct rs_verified_table *found =
		k->n_tables > 0 ? bsearch(&wanted, k->tables, k->n_tables, sizeof wanted, by_name) : NULL;

	return found ? (size_t)(found - k->tables) : k->n_tables;
}

/* ---------------------------------------------------------------- opening and closing */

static void close_table(struct rs_verified_table *t)
{
	for (int i = 0; i < RS_BUDGET_SERVERS; i++)
		if (t->sides[i].values != NULL)
			rs_row_side_close(&t->sides[i]);
	memset(t->sides, 0, sizeof t->sides);
	free(t->columns);
	free(t->where);
	free(t->source_columns);
	free(t->dest_columns);
	t->columns = NULL;
	t->where = NULL;
	t->source_columns = t->dest_columns = NULL;
	rs_table_unref(t->source);
	rs_table_unref(t->dest);
	t->source = t->dest = NULL;
	t->open = false;
}

void rs_verified_table_close(struct rs_verifying *k, struct rs_verified_table *t)
{
	k->n_open -= t->open;
	close_table(t);
}

/* Closes what is open: before connections are. */
static void close_tables(struct rs_verifying *k)
{
	for (size_t i = 0; i < k->n_tables; i++)
		close_table(&k->tables[i]);
	k->n_open = 0;
}

void rs_verified_tables_forget(struct rs_verifying *k)
{
	rs_pass_remember(k);
	rs_judge_clear(k);
	close_tables(k);
	for (size_t i = 0; i < k->n_tables; i++) {
		free(k->tables[i].db);
		free(k->tables[i].name);
		free(k->tables[i].dest_db);
		free(k->tables[i].dest_name);
	}
	free(k->tables);
	rs_selection_free(k->objects);
	k->tables = NULL;
	k->objects = NULL;
	k->n_tables = 0;
}

static void bind(struct rs_verifying *k, struct rs_verified_table *t)
{
	t->columns = rs_xcalloc(t->source->n_columns + 1, sizeof *t->columns);
	for (size_t i = 0; i < t->source->n_columns; i++) {
		const char *name = rs_selection_map_column(k->objects, t->db, t->name, t->source->columns[i].name);
		t->columns[i] = name ? rs_table_column(t->dest, name) : -1;
	}
	t->c = (struct rs_compare){.source = t->source, .dest = t->dest, .columns = t->columns,
	                           .source_reader = k->readers[RS_BUDGET_SOURCE], .dest_reader = k->readers[RS_BUDGET_DEST],
	                           .signed_zero = k->source->signed_zero && k->dest->signed_zero, .unfit = k->e->task->unfit};
	t->key = rs_table_row_key(t->source);
	t->dest_key = rs_compare_matching_key(&t->c);
	rs_row_side_open(&t->sides[RS_BUDGET_SOURCE], &t->c, false, t->source, t->key);
	rs_row_side_open(&t->sides[RS_BUDGET_DEST], &t->c, true, t->dest, t->key);
	t->source_columns = rs_xcalloc(t->source->n_columns + 1, sizeof *t->source_columns);
	t->dest_columns = rs_xcalloc(t->source->n_columns + 1, sizeof *t->dest_columns);
	if (!rs_compare_digest_columns(&t->c, t->source_columns, t->dest_columns, &t->n_columns))
		t->n_columns = 0;
	t->open = true;
	k->n_open++;
}

static enum rs_rc read_tables(struct rs_verifying *k, struct rs_verified_table *t, struct rs_err *err)
{
	rs_usec began = rs_verifying_now();
	enum rs_rc rc = k->source->ops->table(k->source, t->db, t->name, &t->source, err);

	rs_verifying_used(k, RS_BUDGET_SOURCE, began);
	began = rs_verifying_now();
	t->dest_missing = false;
	if (rc == RS_OK) {
		rc = k->dest->ops->table(k->dest, t->dest_db, t->dest_name, &t->dest, err);
		t->dest_missing = rc == RS_FAIL && (err->code == RS_E_DEST_TABLE_MISSING || err->code == RS_E_SOURCE_TABLE_GONE);
	}
	rs_verifying_used(k, RS_BUDGET_DEST, began);
	if (rc == RS_OK)
		rc = rs_row_filter_where(k->objects, t->source, &t->where, err);
	return rs_verifying_pass_over(rc, err);
}

enum rs_rc rs_verified_table_open(struct rs_verifying *k, struct rs_verified_table *t, struct rs_err *err)
{
	if (t->open)
		return RS_OK;
	if (k->n_open >= OPEN_MAX)
		close_tables(k);
	enum rs_rc rc = read_tables(k, t, err);
	if (rc == RS_OK)
		bind(k, t);
	else
		close_table(t);
	return rc;
}

/* ---------------------------------------------------------------- rows */

void rs_verified_row_key(const struct rs_verified_table *t, const struct rs_row_side *s, struct rs_value *values)
{
	rs_row_key_values(s->dest ? t->dest_key : t->key, s->values, values);
}

/* The filter is the source's alone: what does not belong to the destination is found. */
static char *where_of(const struct rs_verified_table *t, enum rs_budget_server server, const char *condition)
{
	const char *filter = server == RS_BUDGET_SOURCE ? t->where : NULL;

	if (condition != NULL && filter != NULL)
		return rs_xprintf("(%s) AND %s", condition, filter);
	return rs_xstrdup(condition ? condition : filter);
}

enum rs_rc rs_verified_table_walk(struct rs_verifying *k, struct rs_verified_table *t, enum rs_budget_server server,
                                  const struct rs_bound *after, const struct rs_bound *upto, const char *condition,
                                  rs_verified_row *fn, void *arg, struct rs_err *err)
{
	struct rs_row_side *s = &t->sides[server];
	const struct rs_key *key = t->dest_key == NULL ? NULL : s->dest ? t->dest_key : t->key;
	char *where = where_of(t, server, condition);
	struct rs_row_hash h;
	rs_usec began = rs_verifying_now();

	s->reader->where = where;
	enum rs_rc rc = s->reader->ops->open(s->reader, s->table, key, after, upto, err);
	while (rc == RS_OK && (rc = s->reader->ops->next(s->reader, s->values, err)) == RS_OK) {
		rc = rs_cancel_is_set(&k->v->cancel) ? RS_CANCELLED : rs_row_hash(s, &h, err);
		if (rc == RS_OK)
			rc = fn(k, s, &h, arg, err);
	}
	s->reader->ops->end(s->reader);
	s->reader->where = NULL;
	rs_verifying_used(k, server, began);
	free(where);
	return rs_verifying_pass_over(rc == RS_EOF ? RS_OK : rc, err);
}

enum rs_rc rs_verified_table_digest(struct rs_verifying *k, struct rs_verified_table *t, enum rs_budget_server server,
                                    const struct rs_bound *after, const struct rs_bound *upto, struct rs_digest *out,
                                    struct rs_err *err)
{
	struct rs_table_reader *r = k->readers[server];
	bool dest = server == RS_BUDGET_DEST;
	const struct rs_key *key = t->dest_key == NULL ? NULL : dest ? t->dest_key : t->key;
	rs_usec began = rs_verifying_now();

	r->where = dest ? NULL : t->where;
	enum rs_rc rc = r->ops->digest(r, dest ? t->dest : t->source, key, after, upto, dest ? t->dest_columns : t->source_columns,
	                               t->n_columns, out, err);
	r->where = NULL;
	rs_verifying_used(k, server, began);
	return rc;
}

void rs_verified_table_tell(struct rs_verifying *k, const struct rs_verified_table *t, enum rs_unverified why)
{
	rs_stats_unverified(&k->e->stats, t->db, t->name, why);
}
