/* Which transactions are kept in line: those that meet, as the destination would see it, and no others where that can be
 * known. Transactions that don't meet get lanes of their own here, because there are more lanes than transactions. */
#include "engine/follow/conflict.h"

#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "unit.h"

#define LANES 64
#define MAX_ITEMS 256

enum { ID, U, P, COLUMNS };

/* ---------------------------------------------------------------- tables */

/* d.NAME (id PRIMARY KEY, u UNIQUE, p), bound to a table with the same columns. */
struct subject {
	struct rs_table *source, *dest;
	int columns[COLUMNS];
	struct rs_route route;
};

static struct rs_table *make_table(const char *name)
{
	struct rs_table *t = rs_table_new("d", name);

	for (const char *column = "iup"; *column != '\0'; column++)
		rs_table_add_column(t, (const char[]){*column, '\0'}, RS_T_INT);
	for (uint32_t i = ID; i <= U; i++) {
		struct rs_key *k = rs_table_add_key(t, i == ID ? "PRIMARY" : "u");
		k->primary = k->not_null = i == ID;
		k->unique = true;
		rs_key_add_part(k, i);
	}
	return t;
}

static void bind(struct subject *s)
{
	s->route = (struct rs_route){.source = s->source, .dest = s->dest, .columns = s->columns,
	                             .row_key = rs_table_row_key(s->source)};
}

static void subject_init(struct subject *s, const char *name)
{
	*s = (struct subject){.source = make_table(name), .dest = make_table(name), .columns = {ID, U, P}};
	bind(s);
}

static void set_text(struct rs_column *c, const char *charset, const char *collation)
{
	c->type = RS_T_VARCHAR;
	c->length = 30;
	free(c->charset);
	free(c->collation);
	c->charset = rs_xstrdup(charset);
	c->collation = rs_xstrdup(collation);
}

static void subject_release(struct subject *s)
{
	rs_table_unref(s->source);
	rs_table_unref(s->dest);
}

/* ---------------------------------------------------------------- transactions */

struct log {
	struct rs_change *items[MAX_ITEMS];
	const struct rs_route *routes[MAX_ITEMS];
	size_t n;
};

static void begin(struct log *l)
{
	l->items[l->n] = rs_change_new(RS_CHANGE_BEGIN);
	l->items[l->n++]->bytes = 10;
}

static struct rs_value *image(struct rs_change *c, const char *const *texts)
{
	struct rs_value *values = rs_arena_alloc(&c->arena, COLUMNS * sizeof *values);

	for (int i = 0; i < COLUMNS; i++)
		values[i] = texts[i] ? rs_value_of(rs_arena_copy(&c->arena, texts[i], strlen(texts[i])), strlen(texts[i]))
		                     : rs_value_null();
	return values;
}

#define ROW(...) ((const char *const[COLUMNS]){__VA_ARGS__})

static void change(struct log *l, const struct subject *s, const char *const *before, const char *const *after)
{
	struct rs_change *c = rs_change_new(RS_CHANGE_ROWS);

	c->op = !before ? RS_OP_INSERT : after ? RS_OP_UPDATE : RS_OP_DELETE;
	c->bytes = 100;
	c->n_rows = 1;
	c->rows = rs_arena_alloc(&c->arena, sizeof *c->rows);
	c->rows[0] = (struct rs_row_change){before ? image(c, before) : NULL, after ? image(c, after) : NULL};
	l->routes[l->n] = &s->route;
	l->items[l->n++] = c;
}

static const struct rs_route *route_of(void *arg, const struct rs_change *c)
{
	const struct log *l = arg;

	for (size_t i = 0; i < l->n; i++)
		if (l->items[i] == c)
			return l->routes[i];
	return NULL;
}

static void split(struct log *l, struct rs_conflict_split *out)
{
	rs_conflict_split(l->items, l->n, route_of, l, LANES, 1, out);
}

static void log_release(struct log *l)
{
	for (size_t i = 0; i < l->n; i++)
		rs_change_free(l->items[i]);
	*l = (struct log){.n = 0};
}

/* Whether the first two of a log's transactions stay in line; the log is used up. */
static bool meet(struct log *l)
{
	struct rs_conflict_split out;

	split(l, &out);
	bool together = out.lanes < 2 || out.txns[0].lane == out.txns[1].lane;
	rs_conflict_split_release(&out);
	log_release(l);
	return together;
}

/* Whether two inserts, in two transactions, do. */
static bool inserts_meet(const struct subject *a, const char *const *x, const struct subject *b, const char *const *y)
{
	struct log l = {.n = 0};

	begin(&l);
	change(&l, a, NULL, x);
	begin(&l);
	change(&l, b, NULL, y);
	return meet(&l);
}

/* ---------------------------------------------------------------- rows and unique values */

static void rows_meet_by_their_key(void)
{
	struct subject s;

	subject_init(&s, "t");
	CU_ASSERT(!inserts_meet(&s, ROW("1", "1", "1"), &s, ROW("2", "2", "1")));
	CU_ASSERT(inserts_meet(&s, ROW("1", "1", "1"), &s, ROW("1", "2", "1")));
	CU_ASSERT(inserts_meet(&s, ROW("1", "7", "1"), &s, ROW("2", "7", "1")));
	CU_ASSERT(!inserts_meet(&s, ROW("1", NULL, "1"), &s, ROW("2", NULL, "1")));
	subject_release(&s);
}

static void tables_are_told_apart(void)
{
	struct subject a, b;

	subject_init(&a, "a");
	subject_init(&b, "b");
	CU_ASSERT(!inserts_meet(&a, ROW("1", "1", "1"), &b, ROW("1", "1", "1")));
	subject_release(&a);
	subject_release(&b);
}

static void a_value_that_is_given_up_meets_who_takes_it(void)
{
	struct log l = {.n = 0};
	struct subject s;

	subject_init(&s, "t");
	begin(&l);
	change(&l, &s, ROW("1", "5", "0"), ROW("1", "6", "0"));
	begin(&l);
	change(&l, &s, NULL, ROW("2", "5", "0"));
	CU_ASSERT(meet(&l));
	begin(&l);
	change(&l, &s, ROW("1", "5", "0"), NULL);
	begin(&l);
	change(&l, &s, ROW("2", "6", "0"), ROW("2", "5", "0"));
	CU_ASSERT(meet(&l));
	begin(&l);
	change(&l, &s, ROW("1", "5", "0"), ROW("1", "5", "1"));
	begin(&l);
	change(&l, &s, ROW("2", "6", "0"), ROW("2", "6", "1"));
	CU_ASSERT(!meet(&l));
	subject_release(&s);
}

/* u, and a period of p and id: no value of two rows needs to be equal in all. */
static void periods_that_may_overlap_meet(void)
{
	struct subject s;

	subject_init(&s, "t");
	struct rs_key *k = &s.dest->keys[U];
	rs_key_add_part(k, P);
	rs_key_add_part(k, ID);
	CU_ASSERT(!inserts_meet(&s, ROW("1", "7", "1"), &s, ROW("2", "7", "2")));
	k->periods = true;
	CU_ASSERT(inserts_meet(&s, ROW("1", "7", "1"), &s, ROW("2", "7", "2")));
	CU_ASSERT(!inserts_meet(&s, ROW("1", "7", "1"), &s, ROW("2", "8", "1")));
	subject_release(&s);
}

/* ---------------------------------------------------------------- collations */

static void text_meets_as_its_collation_has_it(void)
{
	static const struct {
		const char *source, *dest, *a, *b;
		bool meet;
	} cases[] = {
		{"utf8mb4_general_ci", "utf8mb4_general_ci", "a", "b", false},
		{"utf8mb4_general_ci", "utf8mb4_general_ci", "a", "A", true},
		{"utf8mb4_general_ci", "utf8mb4_general_ci", "a", "a ", true},
		{"utf8mb4_general_ci", "utf8mb4_general_ci", "e", "é", true},
		{"utf8mb4_bin", "utf8mb4_general_ci", "a", "A", true},
		{"utf8mb4_bin", "utf8mb4_bin", "a", "a ", true},
		{"utf8mb4_0900_ai_ci", "utf8mb4_0900_ai_ci", "xyz", "XYZ", true},
		{"utf8mb4_0900_ai_ci", "utf8mb4_0900_ai_ci", "xyz", "xyw", false},
		{"utf8mb4_lithuanian_ci", "utf8mb4_lithuanian_ci", "i", "y", true},
		{"utf8mb4_general_ci", "utf8mb4_lithuanian_ci", "i", "y", true},
		{"utf8mb4_general_ci", "utf8mb4_general_ci", "a\001", "b", true},
		{"utf8mb4_general_ci", "utf8mb4_general_ci", "订单一", "订单二", false},
		{"utf8mb4_bin", "utf8mb4_bin", "é", "è", false},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct subject s;

		subject_init(&s, "t");
		set_text(&s.source->columns[U], "utf8mb4", cases[i].source);
		set_text(&s.dest->columns[U], "utf8mb4", cases[i].dest);
		CU_ASSERT_EQUAL(inserts_meet(&s, ROW("1", cases[i].a, "0"), &s, ROW("2", cases[i].b, "0")), cases[i].meet);
		subject_release(&s);
	}
}

/* ---------------------------------------------------------------- what can't be computed */

static bool strangers_meet(struct subject *s)
{
	bind(s);
	return inserts_meet(s, ROW("1", "1", "1"), s, ROW("2", "2", "2"));
}

static void what_images_do_not_tell_makes_a_table_one_thing(void)
{
	struct subject s;

	subject_init(&s, "t");
	CU_ASSERT(!strangers_meet(&s));
	s.dest->keys[1].parts[0].prefix = 3;
	CU_ASSERT(strangers_meet(&s));
	s.dest->keys[1].parts[0].prefix = 0;
	s.dest->keys[1].parts[0].column = UINT32_MAX;
	CU_ASSERT(strangers_meet(&s));
	s.dest->keys[1].parts[0].column = U;
	s.dest->columns[U].generated = true;
	CU_ASSERT(strangers_meet(&s));
	s.dest->columns[U].generated = false;
	s.source->columns[U].type = s.dest->columns[U].type = RS_T_DOUBLE;
	CU_ASSERT(strangers_meet(&s));
	s.dest->columns[U].type = RS_T_VARCHAR;
	CU_ASSERT(strangers_meet(&s));
	s.source->columns[U].type = s.dest->columns[U].type = RS_T_INT;
	s.columns[U] = -1; /* the destination's alone */
	CU_ASSERT(strangers_meet(&s));
	s.columns[U] = U;
	CU_ASSERT(!strangers_meet(&s));
	s.source->keys[0].unique = s.source->keys[0].primary = s.source->keys[0].not_null = false;
	CU_ASSERT(strangers_meet(&s));
	subject_release(&s);
}

static void set_native(struct rs_column *c, const char *type)
{
	c->type = RS_T_NATIVE;
	free(c->native);
	c->native = rs_xstrdup(type);
}

static void types_of_postgresql_whose_equal_values_are_equal_texts_tell_rows_apart(void)
{
	static const struct {
		const char *source, *dest; /* source NULL: one of MySQL's */
		bool meet;
	} cases[] = {{"bigint", "bigint", false}, {"uuid", "uuid", false}, {"integer", "bigint", true}, {"numeric", "numeric", true},
	             {"public.citext", "public.citext", true}, {NULL, "bigint", false}, {NULL, "numeric(20)", true}};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct subject s;

		subject_init(&s, "t");
		if (cases[i].source)
			set_native(&s.source->columns[U], cases[i].source);
		set_native(&s.dest->columns[U], cases[i].dest);
		CU_ASSERT_EQUAL(strangers_meet(&s), cases[i].meet);
		subject_release(&s);
	}
}

static void a_table_that_is_emptied_is_one_thing(void)
{
	struct log l = {.n = 0};
	struct subject s;

	subject_init(&s, "t");
	begin(&l);
	change(&l, &s, NULL, ROW("1", "1", "1"));
	begin(&l);
	change(&l, &s, NULL, ROW("2", "2", "2"));
	change(&l, &s, NULL, ROW("3", "3", "3"));
	l.items[l.n - 1]->kind = RS_CHANGE_TRUNCATE;
	l.items[l.n - 1]->n_rows = 0;
	CU_ASSERT(meet(&l));
	subject_release(&s);
}

/* Of a table without a key, at the destination too. */
static void rows_without_a_key_that_are_inserted_meet_none(void)
{
	struct log l = {.n = 0};
	struct subject s;

	subject_init(&s, "t");
	const size_t n_keys = s.dest->n_keys;
	s.route.row_key = NULL;
	s.dest->n_keys = 0;
	begin(&l);
	change(&l, &s, NULL, ROW("1", "1", "1"));
	begin(&l);
	change(&l, &s, NULL, ROW("1", "1", "1"));
	CU_ASSERT(!meet(&l));
	for (int deleted = 0; deleted < 2; deleted++) { /* what is found by its value may be any of them */
		begin(&l);
		change(&l, &s, NULL, ROW("1", "1", "1"));
		begin(&l);
		change(&l, &s, ROW("1", "1", "1"), deleted ? NULL : ROW("2", "1", "1"));
		CU_ASSERT(meet(&l));
	}
	s.dest->n_keys = n_keys;
	subject_release(&s);
}

static void tables_that_become_one_meet(void)
{
	struct subject a, b;

	subject_init(&a, "a");
	subject_init(&b, "b");
	rs_table_unref(b.dest);
	b.dest = rs_table_ref(a.dest);
	bind(&b);
	CU_ASSERT(inserts_meet(&a, ROW("1", "1", "1"), &b, ROW("2", "2", "2")));
	subject_release(&a);
	subject_release(&b);
}

static void triggers_stop_everything(void)
{
	struct rs_conflict_split out;
	struct log l = {.n = 0};
	struct subject s;

	subject_init(&s, "t");
	s.dest->has_triggers = true;
	for (int i = 0; i < 4; i++) {
		begin(&l);
		change(&l, &s, NULL, ROW(i == 0 ? "1" : i == 1 ? "2" : "3", NULL, NULL));
	}
	split(&l, &out);
	UNIT_INT(out.lanes, 1);
	UNIT_INT(out.why, RS_SERIAL_TRIGGERS);
	rs_conflict_split_release(&out);
	log_release(&l);
	subject_release(&s);
}

/* ---------------------------------------------------------------- parents */

static void refer(struct subject *child, const char *parent)
{
	struct rs_foreign_key *fk = rs_table_add_foreign_key(child->source, "fk");

	fk->parent_db = rs_xstrdup("d");
	fk->parent_table = rs_xstrdup(parent);
	fk->n_columns = 1;
	fk->columns = rs_xcalloc(1, sizeof *fk->columns);
	fk->parent_columns = rs_xcalloc(1, sizeof *fk->parent_columns);
	fk->columns[0] = rs_xstrdup("p");
	fk->parent_columns[0] = rs_xstrdup("i");
	bind(child);
}

static void a_row_stays_behind_its_parent(void)
{
	struct log l = {.n = 0};
	struct subject parent, child;

	subject_init(&parent, "parent");
	subject_init(&child, "child");
	refer(&child, "parent");
	CU_ASSERT(inserts_meet(&parent, ROW("1", "1", "0"), &child, ROW("1", "1", "1")));
	CU_ASSERT(!inserts_meet(&parent, ROW("1", "1", "0"), &child, ROW("1", "1", "2")));
	CU_ASSERT(!inserts_meet(&child, ROW("1", "1", "7"), &child, ROW("2", "2", "7")));
	begin(&l);
	change(&l, &child, ROW("1", "1", "5"), NULL);
	begin(&l);
	change(&l, &parent, ROW("5", "1", "0"), NULL);
	CU_ASSERT(meet(&l));
	subject_release(&parent);
	subject_release(&child);
}

static void families_that_cascade_are_one_thing(void)
{
	struct rs_cascade cascade = {.n_columns = 0};
	struct subject a, b;

	subject_init(&a, "a");
	subject_init(&b, "b");
	a.route.cascades = &cascade;
	a.route.n_cascades = 1;
	CU_ASSERT(!inserts_meet(&a, ROW("1", "1", "1"), &b, ROW("2", "2", "2")));
	b.route.is_cascaded_to = true;
	CU_ASSERT(inserts_meet(&a, ROW("1", "1", "1"), &b, ROW("2", "2", "2")));
	subject_release(&a);
	subject_release(&b);
}

/* ---------------------------------------------------------------- many */

#define TXNS 60

struct random_row {
	int id, u;
};

static bool share(const struct random_row *a, const struct random_row *b) { return a->id == b->id || a->u == b->u; }

/* Whatever has a value in common is on one lane, and something is on another one. */
static void random_transactions_that_meet_stay_in_line(void)
{
	struct subject s;

	subject_init(&s, "t");
	for (unsigned seed = 1; seed <= 50; seed++) {
		struct rs_conflict_split out;
		struct random_row rows[TXNS];
		struct log l = {.n = 0};

		srand(seed);
		for (int t = 0; t < TXNS; t++) {
			char id[16], u[16];
			rows[t] = (struct random_row){rand() % 90, rand() % 90};
			snprintf(id, sizeof id, "%d", rows[t].id);
			snprintf(u, sizeof u, "%d", rows[t].u);
			begin(&l);
			change(&l, &s, NULL, ROW(id, u, "0"));
		}
		split(&l, &out);
		for (int a = 0; a < TXNS; a++)
			for (int b = 0; b < a; b++)
				if (share(&rows[a], &rows[b]) && out.txns[a].lane != out.txns[b].lane)
					UNIT_INT(seed, 0);
		CU_ASSERT(out.lanes > 1);
		rs_conflict_split_release(&out);
		log_release(&l);
	}
	subject_release(&s);
}

static void few_rows_are_not_worth_it(void)
{
	struct rs_conflict_split out;
	struct log l = {.n = 0};
	struct subject s;

	subject_init(&s, "t");
	for (int i = 0; i < 9; i++) {
		const char id[] = {(char)('1' + i), '\0'};
		begin(&l);
		change(&l, &s, NULL, ROW(id, NULL, NULL));
	}
	rs_conflict_split(l.items, l.n, route_of, &l, 4, 5, &out);
	UNIT_INT(out.lanes, 1);
	UNIT_INT(out.why, RS_SERIAL_SMALL);
	rs_conflict_split_release(&out);
	rs_conflict_split(l.items, l.n, route_of, &l, 4, 3, &out);
	UNIT_INT(out.lanes, 3);
	rs_conflict_split_release(&out);
	log_release(&l);
	subject_release(&s);
}

/* --- what most wait for --- */

static void update(struct log *l, const struct subject *s, const char *id, const char *u)
{
	begin(l);
	change(l, s, ROW(id, u, "1"), ROW(id, u, "2"));
}

/* Rows 1 to 9 once, between updates of another row. */
static void fill_log(struct log *l, const struct subject *s, const char *hot)
{
	static const char *const others[] = {"1", "2", "3", "4", "5", "6", "7", "8", "9"};

	for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
		update(l, s, others[i], others[i]);
		update(l, s, hot, "77");
	}
}

static void a_key_that_most_wait_for_is_named(void)
{
	struct subject s;
	struct log l = {.n = 0};
	struct rs_conflict_split out;

	subject_init(&s, "t\nt");
	fill_log(&l, &s, "42");
	split(&l, &out);
	UNIT_INT(out.hot.n, out.in_line);
	CU_ASSERT_TRUE(out.hot.n > 5 && out.hot.hash != 0);
	UNIT_STR(out.hot.table, "d.t\\x0at");
	UNIT_STR(out.hot.key, "i=42");
	rs_conflict_split_release(&out);
	log_release(&l);
	subject_release(&s);
}

static void none_is_named_where_several_are_waited_for(void)
{
	static const char *const hot[] = {"1", "2", "3", "4"};
	struct subject s;
	struct log l = {.n = 0};
	struct rs_conflict_split out;

	subject_init(&s, "t");
	for (size_t i = 0; i < 20; i++) {
		begin(&l);
		change(&l, &s, ROW(hot[i % 4], hot[i % 4], "1"), ROW(hot[i % 4], hot[i % 4], "2"));
		change(&l, &s, ROW(hot[(i + 1) % 4], hot[(i + 1) % 4], "1"), ROW(hot[(i + 1) % 4], hot[(i + 1) % 4], "2"));
	}
	split(&l, &out);
	UNIT_INT(out.hot.n, 0);
	CU_ASSERT_PTR_NULL(out.hot.table);
	rs_conflict_split_release(&out);
	log_release(&l);
	subject_release(&s);
}

static void a_table_that_is_one_thing_is_named_without_a_key(void)
{
	struct subject s;
	struct log l = {.n = 0};
	struct rs_conflict_split out;

	subject_init(&s, "t");
	s.route.row_key = NULL;
	fill_log(&l, &s, "42");
	split(&l, &out);
	CU_ASSERT_TRUE(out.hot.n > 10);
	UNIT_STR(out.hot.table, "d.t");
	CU_ASSERT_PTR_NULL(out.hot.key);
	rs_conflict_split_release(&out);
	log_release(&l);
	subject_release(&s);
}

/* --- over time --- */

static void a_hot_key_is_forgotten_when_nothing_waits_for_it_any_more(void)
{
	struct rs_hot_seen h = {.hash = 0};
	rs_usec now = RS_USEC_PER_SEC;

	UNIT_STR(rs_hot_now(&h, now).table, "");
	rs_hot_note(&h, "d.t", "i=1", 11, 60, 100, now);
	UNIT_STR(rs_hot_now(&h, now).key, "i=1");
	CU_ASSERT_DOUBLE_EQUAL(rs_hot_now(&h, now).share, 0.6, 0.001);
	rs_hot_note(&h, NULL, NULL, 0, 0, 100, now); /* others, none in particular */
	UNIT_STR(rs_hot_now(&h, now).table, "");
	rs_hot_note(&h, "d.t", "i=1", 11, 100, 100, now);
	UNIT_STR(rs_hot_now(&h, now).key, "i=1");
	UNIT_STR(rs_hot_now(&h, now + 600 * RS_USEC_PER_SEC).table, "");
}

static void the_key_that_more_wait_for_takes_the_place_of_another(void)
{
	struct rs_hot_seen h = {.hash = 0};
	rs_usec now = RS_USEC_PER_SEC;

	rs_hot_note(&h, "d.t", "i=1", 11, 50, 50, now);
	rs_hot_note(&h, "d.t", "i=2", 12, 20, 20, now);
	UNIT_STR(rs_hot_now(&h, now).key, "i=1");
	now += 30 * RS_USEC_PER_SEC;
	rs_hot_note(&h, "d.u", NULL, 13, 20, 20, now);
	UNIT_STR(rs_hot_now(&h, now).table, "d.u");
	CU_ASSERT_TRUE(rs_hot_now(&h, now).whole);
	UNIT_STR(rs_hot_now(&h, now).key, "");
}

UNIT_MAIN(UNIT_TEST(types_of_postgresql_whose_equal_values_are_equal_texts_tell_rows_apart), UNIT_TEST(a_table_that_is_emptied_is_one_thing),
          UNIT_TEST(rows_without_a_key_that_are_inserted_meet_none),
          UNIT_TEST(a_key_that_most_wait_for_is_named), UNIT_TEST(none_is_named_where_several_are_waited_for),
          UNIT_TEST(a_table_that_is_one_thing_is_named_without_a_key), UNIT_TEST(a_hot_key_is_forgotten_when_nothing_waits_for_it_any_more),
          UNIT_TEST(the_key_that_more_wait_for_takes_the_place_of_another), UNIT_TEST(rows_meet_by_their_key), UNIT_TEST(tables_are_told_apart),
          UNIT_TEST(a_value_that_is_given_up_meets_who_takes_it),
          UNIT_TEST(periods_that_may_overlap_meet), UNIT_TEST(text_meets_as_its_collation_has_it),
          UNIT_TEST(what_images_do_not_tell_makes_a_table_one_thing), UNIT_TEST(tables_that_become_one_meet),
          UNIT_TEST(triggers_stop_everything), UNIT_TEST(a_row_stays_behind_its_parent),
          UNIT_TEST(families_that_cascade_are_one_thing), UNIT_TEST(random_transactions_that_meet_stay_in_line),
          UNIT_TEST(few_rows_are_not_worth_it))
