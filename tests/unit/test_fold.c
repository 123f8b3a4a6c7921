/* Folding: whatever random transactions do to a table, deleting what the fold deletes and then inserting and updating what
 * it has left comes to the same, and never meets a unique value twice. */
#include "sink/fold.h"

#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "unit.h"

#define KEYS 12
#define UNIQUES 14
#define CHANGES 4000

enum { ID, U, V, COLUMNS };

/* ---------------------------------------------------------------- tables and rows */

/* t (id PRIMARY KEY, u UNIQUE, v) */
static struct rs_table *make_table(bool unique)
{
	struct rs_table *t = rs_table_new("d", "t");

	for (const char *name = "iuv"; *name != '\0'; name++)
		rs_table_add_column(t, (const char[]){*name, '\0'}, RS_T_INT);
	struct rs_key *k = rs_table_add_key(t, "PRIMARY");
	k->primary = k->unique = k->not_null = true;
	rs_key_add_part(k, ID);
	if (unique) {
		k = rs_table_add_key(t, "u");
		k->unique = true;
		rs_key_add_part(k, U);
	}
	return t;
}

struct subject {
	struct rs_route route;
	int columns[COLUMNS];
	struct rs_fold fold;
	struct rs_arena arena;
	struct rs_table *source, *dest;
};

static void subject_init(struct subject *s, bool unique)
{
	*s = (struct subject){.columns = {0, 1, 2}, .fold = RS_FOLD_INIT, .source = make_table(unique), .dest = make_table(unique)};
	s->route = (struct rs_route){.source = s->source, .dest = s->dest, .columns = s->columns,
	                             .row_key = rs_table_row_key(s->source)};
	rs_arena_init(&s->arena, 0);
}

static void subject_release(struct subject *s)
{
	rs_fold_clear(&s->fold);
	rs_arena_release(&s->arena);
	rs_table_unref(s->source);
	rs_table_unref(s->dest);
}

static struct rs_value *image(struct subject *s, int id, int u, int v)
{
	struct rs_value *values = rs_arena_alloc(&s->arena, COLUMNS * sizeof *values);
	const int numbers[] = {id, u, v};

	for (int i = 0; i < COLUMNS; i++) {
		char text[16];
		int n = snprintf(text, sizeof text, "%d", numbers[i]);
		values[i] = rs_value_of(rs_arena_copy(&s->arena, text, (size_t)n), (size_t)n);
	}
	return values;
}

static enum rs_fold_result change(struct subject *s, struct rs_value *before, struct rs_value *after,
                                  struct rs_fold_table **t)
{
	const struct rs_row_change c = {before, after};

	return rs_fold_add(&s->fold, &s->route, false, !before ? RS_OP_INSERT : after ? RS_OP_UPDATE : RS_OP_DELETE, &c, t);
}

/* ---------------------------------------------------------------- examples */

static void insert_and_updates_are_one_insert(void)
{
	struct rs_fold_table *t;
	struct subject s;

	subject_init(&s, true);
	UNIT_INT(change(&s, NULL, image(&s, 1, 1, 1), &t), RS_FOLD_ADDED);
	UNIT_INT(change(&s, image(&s, 1, 1, 1), image(&s, 1, 1, 2), &t), RS_FOLD_ADDED);
	UNIT_INT(t->n_rows, 1);
	CU_ASSERT_PTR_NULL(t->rows[0].before);
	CU_ASSERT(t->rows[0].after[V].bytes[0] == '2');
	CU_ASSERT(t->more_keys);
	subject_release(&s);
}

static void delete_and_insert_is_not_an_update(void)
{
	struct rs_fold_table *t;
	struct subject s;

	subject_init(&s, true);
	UNIT_INT(change(&s, image(&s, 1, 1, 1), NULL, &t), RS_FOLD_ADDED);
	UNIT_INT(change(&s, NULL, image(&s, 1, 2, 1), &t), RS_FOLD_ADDED);
	CU_ASSERT(t->rows[0].renewed);
	subject_release(&s);
}

static void unique_keys_change_alone(void)
{
	struct rs_fold_table *t;
	struct subject s;

	subject_init(&s, true);
	UNIT_INT(change(&s, image(&s, 1, 1, 1), image(&s, 1, 2, 1), &t), RS_FOLD_ALONE);
	UNIT_INT(change(&s, image(&s, 1, 1, 1), image(&s, 2, 1, 1), &t), RS_FOLD_ALONE);
	subject_release(&s);
	subject_init(&s, false);
	UNIT_INT(change(&s, image(&s, 1, 1, 1), image(&s, 1, 2, 1), &t), RS_FOLD_ADDED);
	CU_ASSERT(!t->more_keys);
	subject_release(&s);
}

static void contradictions_are_noticed(void)
{
	struct rs_fold_table *t;
	struct subject s;

	subject_init(&s, true);
	UNIT_INT(change(&s, NULL, image(&s, 1, 1, 1), &t), RS_FOLD_ADDED);
	UNIT_INT(change(&s, NULL, image(&s, 1, 1, 1), &t), RS_FOLD_BROKEN);
	UNIT_INT(change(&s, image(&s, 2, 2, 1), NULL, &t), RS_FOLD_ADDED);
	UNIT_INT(change(&s, image(&s, 2, 2, 1), image(&s, 2, 2, 2), &t), RS_FOLD_BROKEN);
	subject_release(&s);
}

/* What a row's image does not show keeps a table from being folded. */
static void some_tables_are_left_out(void)
{
	struct rs_fold_table *t;
	struct subject s;

	subject_init(&s, true);
	s.dest->has_triggers = true;
	UNIT_INT(change(&s, NULL, image(&s, 1, 1, 1), &t), RS_FOLD_ALONE);
	rs_fold_clear(&s.fold);
	s.dest->has_triggers = false;
	s.route.is_cascaded_to = true;
	UNIT_INT(change(&s, NULL, image(&s, 1, 1, 1), &t), RS_FOLD_ALONE);
	rs_fold_clear(&s.fold);
	s.route.is_cascaded_to = false;
	s.dest->columns[U].generated = true;
	UNIT_INT(change(&s, NULL, image(&s, 1, 1, 1), &t), RS_FOLD_ALONE);
	rs_fold_clear(&s.fold);
	s.dest->columns[U].generated = false;
	s.dest->keys[1].parts[0].column = UINT32_MAX;
	UNIT_INT(change(&s, NULL, image(&s, 1, 1, 1), &t), RS_FOLD_ALONE);
	rs_fold_clear(&s.fold);
	s.dest->keys[1].parts[0].column = U;
	s.dest->keys[0].parts[0].column = V; /* the destination knows its rows by another key */
	UNIT_INT(change(&s, NULL, image(&s, 1, 1, 1), &t), RS_FOLD_ALONE);
	subject_release(&s);
}

/* Where it is asked for, and nothing else of the table's is gathered. */
static void what_is_inserted_without_any_key_is_gathered(void)
{
	struct rs_fold_table *t;
	struct rs_fold_row **rows;
	struct subject s;

	subject_init(&s, false);
	s.route.row_key = NULL;
	UNIT_INT(change(&s, NULL, image(&s, 1, 1, 1), &t), RS_FOLD_ALONE);
	rs_fold_clear(&s.fold);
	s.fold.appends = true;
	UNIT_INT(change(&s, NULL, image(&s, 1, 1, 1), &t), RS_FOLD_ALONE); /* the destination has a key, which it may meet */
	rs_fold_clear(&s.fold);
	CU_ASSERT_TRUE(s.fold.appends);
	s.dest->keys[0].unique = false;
	UNIT_INT(change(&s, NULL, image(&s, 1, 1, 1), &t), RS_FOLD_ADDED);
	UNIT_INT(change(&s, NULL, image(&s, 1, 1, 1), &t), RS_FOLD_ADDED); /* another one that is the same */
	UNIT_INT(t->n_rows, 2);
	rows = rs_fold_sorted(t);
	CU_ASSERT_TRUE(rows[0]->after && rows[1]->after && !rows[0]->before && !rs_fold_stays(t, rows[1]));
	free(rows);
	UNIT_INT(change(&s, image(&s, 1, 1, 1), image(&s, 1, 1, 2), &t), RS_FOLD_ALONE);
	UNIT_INT(change(&s, image(&s, 1, 1, 1), NULL, &t), RS_FOLD_ALONE);
	s.dest->has_triggers = true;
	rs_fold_clear(&s.fold);
	UNIT_INT(change(&s, NULL, image(&s, 1, 1, 1), &t), RS_FOLD_ALONE);
	subject_release(&s);
}

/* ---------------------------------------------------------------- random transactions against a model */

struct model {
	struct {
		bool there;
		int u, v;
	} rows[KEYS];
};

static int number(const struct rs_value *v) { return (int)strtol(v->bytes, NULL, 10); } /* ends with NUL: rs_arena_copy */

static bool is_taken(const struct model *m, int u)
{
	for (int i = 0; i < KEYS; i++)
		if (m->rows[i].there && m->rows[i].u == u)
			return true;
	return false;
}

static void put(struct model *m, const struct rs_value *v)
{
	CU_ASSERT(!is_taken(m, number(&v[U])));
	m->rows[number(&v[ID])].there = true;
	m->rows[number(&v[ID])].u = number(&v[U]);
	m->rows[number(&v[ID])].v = number(&v[V]);
}

static void settle(struct model *m, struct rs_fold_table *t)
{
	for (size_t i = 0; i < t->n_rows; i++)
		if (t->rows[i].before && (!t->rows[i].after || t->rows[i].renewed)) {
			CU_ASSERT(m->rows[number(&t->rows[i].before[ID])].there);
			m->rows[number(&t->rows[i].before[ID])].there = false;
		}
	for (size_t i = 0; i < t->n_rows; i++) {
		const struct rs_fold_row *r = &t->rows[i];
		if (r->after && (!r->before || r->renewed)) {
			CU_ASSERT(!m->rows[number(&r->after[ID])].there);
			put(m, r->after);
		}
	}
	for (size_t i = 0; i < t->n_rows; i++) {
		const struct rs_fold_row *r = &t->rows[i];
		if (!r->after || !r->before || r->renewed)
			continue;
		CU_ASSERT(m->rows[number(&r->after[ID])].there);
		UNIT_INT(m->rows[number(&r->after[ID])].u, number(&r->after[U]));
		m->rows[number(&r->after[ID])].v = number(&r->after[V]);
	}
	rs_fold_settled(t);
}

static struct rs_value *image_of(struct subject *s, const struct model *m, int id)
{
	return image(s, id, m->rows[id].u, m->rows[id].v);
}

static void apply_alone(struct model *m, struct rs_value *before, struct rs_value *after)
{
	if (before)
		m->rows[number(&before[ID])].there = false;
	if (after)
		put(m, after);
}

static void random_change(struct subject *s, struct model *source, struct model *dest, unsigned *seed)
{
	struct rs_fold_table *t;
	int id = (int)(rand_r(seed) % KEYS), to = rand_r(seed) % 4 ? id : (int)(rand_r(seed) % KEYS);
	int u = rand_r(seed) % 2 && source->rows[id].there ? source->rows[id].u : (int)(rand_r(seed) % UNIQUES);
	bool there = source->rows[id].there, gone = there && rand_r(seed) % 3 == 0;
	struct rs_value *before = there ? image_of(s, source, id) : NULL, *after = NULL;
	struct model tried = *source;

	tried.rows[id].there = false;
	if (!gone && (is_taken(&tried, u) || tried.rows[there ? to : id].there))
		return;
	if (!gone)
		after = image(s, there ? to : id, u, (int)(rand_r(seed) % 100));
	apply_alone(source, before, after);
	if (change(s, before, after, &t) == RS_FOLD_ADDED)
		return;
	settle(dest, t);
	apply_alone(dest, before, after);
}

static void random_transactions_arrive(void)
{
	unsigned seed = 20261122;
	struct model source = {0}, dest = {0};
	struct subject s;

	subject_init(&s, true);
	for (int i = 0; i < CHANGES; i++) {
		random_change(&s, &source, &dest, &seed);
		if (rand_r(&seed) % 40 != 0 || s.fold.n_tables == 0)
			continue;
		settle(&dest, s.fold.tables[0]);
		for (int k = 0; k < KEYS; k++) {
			UNIT_INT(dest.rows[k].there, source.rows[k].there);
			if (source.rows[k].there)
				CU_ASSERT(dest.rows[k].u == source.rows[k].u && dest.rows[k].v == source.rows[k].v);
		}
	}
	subject_release(&s);
}

UNIT_MAIN(UNIT_TEST(insert_and_updates_are_one_insert), UNIT_TEST(delete_and_insert_is_not_an_update),
          UNIT_TEST(unique_keys_change_alone), UNIT_TEST(contradictions_are_noticed), UNIT_TEST(some_tables_are_left_out),
          UNIT_TEST(what_is_inserted_without_any_key_is_gathered),
          UNIT_TEST(random_transactions_arrive))
