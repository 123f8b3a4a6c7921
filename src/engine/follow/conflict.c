#include "engine/follow/conflict.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>
#include "base/fault.h"
#include "base/mem.h"
#include "codec/collation.h"
#include "engine/follow/shown.h"

/* How a column's equal values are made equal bytes. */
enum fold {
	FOLD_NONE,  /* they are */
	FOLD_PAD,   /* spaces and zeros at the end don't count */
	FOLD_TEXT,  /* as the collations have it */
	FOLD_UNSAFE
};

struct part {
	uint32_t column;       /* of the source */
	enum fold fold;
	enum rs_collation_fold text;
};

/* What must differ for two rows not to meet. */
struct set_key {
	uint64_t seed;
	struct part *parts;
	size_t n_parts;
	uint32_t *dest;        /* the destination's columns, as the parts */
	struct table_set *parent; /* of a reference: the table that is referred to; NULL: a unique key */
};

struct table_set {
	const struct rs_route *route;
	uint64_t seed;         /* of the table as a whole */
	bool whole;            /* it is one single thing */
	struct set_key *keys;
	size_t n_keys, cap_keys;
};

/* A thing that was met, the transaction that met it last, and how many have. */
struct slot {
	uint64_t hash;         /* 0: empty */
	uint32_t txn, n;
};

/* A key's values in a row; key NULL: the table as a whole. */
struct thing {
	uint64_t hash;
	const struct table_set *table;
	const struct set_key *key;
	const struct rs_value *values;
};

struct splitter {
	struct rs_conflict_split *out;
	struct rs_change *const *items;
	struct table_set **sets;  /* in the order of the first change */
	size_t n_sets, cap_sets;
	struct table_set **of_item; /* NULL: nothing of it is applied */
	struct rs_map by_route, by_dest;
	struct slot *slots;
	size_t n_slots, n_used;   /* a power of two */
	struct thing hottest;     /* that most transactions met, */
	uint32_t n_hottest;       /* and how many */
	uint32_t *leader;         /* union-find over transactions */
};

/* ---------------------------------------------------------------- columns */

static bool is_integer(enum rs_type t) { return t >= RS_T_TINYINT && t <= RS_T_BIGINT; }

static enum rs_collation_fold text_fold(const struct rs_column *source, const struct rs_column *dest)
{
	return rs_collation_coarser(rs_collation_fold(source->charset, source->collation),
	                            rs_collation_fold(dest->charset, dest->collation));
}

/* Types of PostgreSQL's whose equal values are the same text. */
static bool is_plain_native(const struct rs_column *c)
{
	static const char *const types[] = {"smallint", "integer", "bigint", "oid", "uuid", "date", "boolean", "bytea", "timestamp without time zone",
	                                    "timestamp with time zone"};

	for (size_t i = 0; c->type == RS_T_NATIVE && i < sizeof types / sizeof *types; i++)
		if (strcmp(c->native, types[i]) == 0)
			return true;
	return false;
}

static enum fold fold_of(const struct rs_column *source, const struct rs_column *dest)
{
	if (is_integer(source->type) && (is_integer(dest->type) || is_plain_native(dest)))
		return FOLD_NONE;
	if (rs_type_is_text(source->type) && rs_type_is_text(dest->type))
		return text_fold(source, dest) == RS_COLLATION_UNKNOWN ? FOLD_UNSAFE
		       : rs_defect_active(RS_DEFECT_CONFLICT_BY_BYTES)  ? FOLD_NONE
		                                                        : FOLD_TEXT;
	if (source->type != dest->type)
		return FOLD_UNSAFE;
	switch (source->type) {
	case RS_T_DECIMAL:
		return source->scale == dest->scale ? FOLD_NONE : FOLD_UNSAFE;
	case RS_T_DATE:
	case RS_T_TIME:
	case RS_T_DATETIME:
	case RS_T_TIMESTAMP:
		return source->fsp == dest->fsp ? FOLD_NONE : FOLD_UNSAFE;
	case RS_T_ENUM:
	case RS_T_SET:
		return source->n_members == dest->n_members ? FOLD_NONE : FOLD_UNSAFE;
	case RS_T_BIT:
		return source->length == dest->length ? FOLD_NONE : FOLD_UNSAFE;
	case RS_T_NATIVE:
		return is_plain_native(source) && strcmp(source->native, dest->native) == 0 ? FOLD_NONE : FOLD_UNSAFE;
	case RS_T_YEAR:
	case RS_T_UUID:
	case RS_T_INET4:
	case RS_T_INET6:
		return FOLD_NONE;
	case RS_T_BINARY:
	case RS_T_VARBINARY:
		return FOLD_PAD;
	default:
		return FOLD_UNSAFE;
	}
}

/* ---------------------------------------------------------------- keys */

static uint64_t seed_of(const void *bytes, size_t len, uint64_t seed) { return XXH3_64bits_withSeed(bytes, len, seed); }

static struct set_key *new_key(struct table_set *t, size_t n_parts)
{
	RS_GROW(t->keys, t->n_keys, t->cap_keys);
	t->keys[t->n_keys] = (struct set_key){.parts = rs_xcalloc(n_parts, sizeof *t->keys->parts),
	                                      .dest = rs_xcalloc(n_parts, sizeof *t->keys->dest), .n_parts = n_parts};
	return &t->keys[t->n_keys++];
}

/* False: it can't be computed. */
static bool put_part(struct table_set *t, struct set_key *k, size_t p, int source, uint32_t dest)
{
	const struct rs_route *r = t->route;

	if (source < 0 || dest >= r->dest->n_columns || !rs_route_writes(r, (size_t)source))
		return false;
	const struct rs_column *from = &r->source->columns[source], *to = &r->dest->columns[dest];
	k->parts[p] = (struct part){(uint32_t)source, fold_of(from, to), text_fold(from, to)};
	k->dest[p] = dest;
	return k->parts[p].fold != FOLD_UNSAFE;
}

static void seed_key(struct table_set *t, struct set_key *k)
{
	k->seed = seed_of(k->dest, k->n_parts * sizeof *k->dest, t->seed);
}

static bool add_row_key(struct table_set *t)
{
	const struct rs_key *row_key = t->route->row_key;
	struct set_key *k = new_key(t, row_key->n_parts);
	bool sound = true;

	for (size_t p = 0; p < k->n_parts; p++) {
		uint32_t i = row_key->parts[p].column;
		sound = put_part(t, k, p, (int)i, (uint32_t)t->route->columns[i]) && sound;
	}
	seed_key(t, k);
	return sound;
}

static bool add_dest_key(struct table_set *t, const struct rs_key *key)
{
	/* Rows whose periods might overlap have all before that in common. */
	struct set_key *k = new_key(t, key->periods ? key->n_parts - 2 : key->n_parts);
	bool sound = true;

	for (size_t p = 0; p < k->n_parts; p++) {
		uint32_t dest = key->parts[p].column;
		sound = key->parts[p].prefix == 0 && put_part(t, k, p, rs_route_source_of(t->route, dest), dest) && sound;
	}
	seed_key(t, k);
	if (t->n_keys > 1 && k->seed == t->keys[0].seed) { /* the row's own */
		free(k->parts);
		free(k->dest);
		t->n_keys--;
	}
	return sound;
}

/* Tables that cascade may meet in a third one that nobody here has seen. */
static bool cascades(const struct rs_route *r) { return r->n_cascades > 0 || r->is_cascaded_to; }

static void add_keys(struct table_set *t)
{
	const struct rs_route *r = t->route;

	if (cascades(r)) {
		t->seed = 1;
		t->whole = true;
	}
	if (r->row_key != NULL && !add_row_key(t))
		t->whole = true;
	for (size_t k = 0; k < r->dest->n_keys && !rs_defect_active(RS_DEFECT_CONFLICT_ROWS_ONLY); k++)
		if (r->dest->keys[k].unique && (!add_dest_key(t, &r->dest->keys[k]) || r->row_key == NULL))
			t->whole = true;
}

/* ---------------------------------------------------------------- tables */

static struct table_set *set_of(struct splitter *s, const struct rs_route *route)
{
	struct table_set *t = rs_map_get(&s->by_route, (const char *)&route, sizeof route), *same;

	if (t != NULL)
		return t;
	t = rs_xcalloc(1, sizeof *t);
	t->route = route;
	char *name = rs_xprintf("%s%c%s", route->dest->db, 0, route->dest->name);
	size_t len = strlen(route->dest->db) + 1 + strlen(route->dest->name);
	t->seed = seed_of(name, len, 0);
	add_keys(t);
	same = rs_map_put(&s->by_dest, name, len, t);
	free(name);
	if (same != NULL)
		same->whole = t->whole = true;
	rs_map_put(&s->by_route, (const char *)&route, sizeof route, t);
	RS_GROW(s->sets, s->n_sets, s->cap_sets);
	return s->sets[s->n_sets++] = t;
}

static struct table_set *set_by_source(const struct splitter *s, const char *db, const char *name)
{
	for (size_t i = 0; i < s->n_sets; i++)
		if (strcmp(s->sets[i]->route->source->db, db) == 0 && strcmp(s->sets[i]->route->source->name, name) == 0)
			return s->sets[i];
	return NULL;
}

/* The parent's key over exactly the destination's columns. */
static const struct set_key *key_over(const struct table_set *parent, const uint32_t *dest, size_t n)
{
	for (size_t k = 0; k < parent->n_keys; k++)
		if (parent->keys[k].parent == NULL && parent->keys[k].n_parts == n &&
		    memcmp(parent->keys[k].dest, dest, n * sizeof *dest) == 0)
			return &parent->keys[k];
	return NULL;
}

/* A row refers to its parent: it stays behind what made that one, and before what removes it. */
static void add_reference(struct table_set *t, struct table_set *parent, const struct rs_foreign_key *fk)
{
	struct set_key *k = new_key(t, fk->n_columns);
	bool sound = true;

	k->parent = parent;
	for (size_t p = 0; p < k->n_parts; p++) {
		int child = rs_table_column(t->route->source, fk->columns[p]);
		int column = rs_table_column(parent->route->source, fk->parent_columns[p]);
		if (child < 0 || column < 0 || t->route->columns[child] < 0 || parent->route->columns[column] < 0) {
			sound = false;
			continue;
		}
		sound = put_part(t, k, p, child, (uint32_t)t->route->columns[child]) && sound;
		k->dest[p] = (uint32_t)parent->route->columns[column];
	}
	const struct set_key *own = sound ? key_over(parent, k->dest, k->n_parts) : NULL;
	if (own == NULL)
		parent->whole = true;
	else
		k->seed = own->seed;
}

static void add_references(struct splitter *s)
{
	for (size_t i = 0; i < s->n_sets; i++) {
		const struct rs_table *child = s->sets[i]->route->source;
		for (size_t k = 0; k < child->n_foreign_keys; k++) {
			struct table_set *parent =
				set_by_source(s, child->foreign_keys[k].parent_db, child->foreign_keys[k].parent_table);
			if (parent != NULL)
				add_reference(s->sets[i], parent, &child->foreign_keys[k]);
		}
	}
}

/* ---------------------------------------------------------------- values */

static size_t trimmed(const struct rs_value *v)
{
	size_t n = v->len;

	while (n > 0 && (v->bytes[n - 1] == ' ' || v->bytes[n - 1] == '\0'))
		n--;
	return n;
}

static uint64_t hash_value(const struct rs_value *v, const struct part *p, uint64_t h)
{
	size_t n = p->fold == FOLD_PAD ? trimmed(v) : v->len;

	if (p->fold == FOLD_TEXT)
		return rs_collation_hash(p->text, v->bytes, v->len, h);
	return seed_of(n > 0 ? v->bytes : "", n, h) + n;
}

/* 0: NULL meets nothing. */
static uint64_t hash_key(const struct set_key *k, const struct rs_value *values)
{
	uint64_t h = k->seed;

	for (size_t p = 0; p < k->n_parts; p++) {
		const struct rs_value *v = &values[k->parts[p].column];
		if (v->presence != RS_PRESENT)
			return 0;
		h = hash_value(v, &k->parts[p], h);
	}
	return h != 0 ? h : 1;
}

/* Whether the key can be computed from the image. */
static bool is_plain(const struct set_key *k, const struct rs_value *values)
{
	for (size_t p = 0; values != NULL && p < k->n_parts; p++) {
		const struct rs_value *v = &values[k->parts[p].column];
		if (v->presence == RS_ABSENT || (v->presence == RS_PRESENT && k->parts[p].fold == FOLD_TEXT &&
		                                 !rs_collation_knows(k->parts[p].text, v->bytes, v->len)))
			return false;
	}
	return true;
}

static void look_at_row(struct table_set *t, const struct rs_row_change *row)
{
	for (size_t k = 0; k < t->n_keys; k++) {
		struct table_set *concerned = t->keys[k].parent ? t->keys[k].parent : t;
		if (!concerned->whole && (!is_plain(&t->keys[k], row->before) || !is_plain(&t->keys[k], row->after)))
			concerned->whole = true;
	}
}

/* ---------------------------------------------------------------- who meets whom */

static uint32_t leader_of(struct splitter *s, uint32_t txn)
{
	while (s->leader[txn] != txn) {
		s->leader[txn] = s->leader[s->leader[txn]];
		txn = s->leader[txn];
	}
	return txn;
}

static void unite(struct splitter *s, uint32_t a, uint32_t b)
{
	a = leader_of(s, a);
	b = leader_of(s, b);
	if (a < b)
		s->leader[b] = a;
	else
		s->leader[a] = b;
}

static struct slot *find_slot(const struct splitter *s, uint64_t hash)
{
	size_t at = (size_t)hash & (s->n_slots - 1);

	while (s->slots[at].hash != 0 && s->slots[at].hash != hash)
		at = (at + 1) & (s->n_slots - 1);
	return &s->slots[at];
}

static void grow_slots(struct splitter *s)
{
	struct slot *old = s->slots;
	size_t n = s->n_slots;

	if (2 * (s->n_used + 1) < n)
		return;
	s->n_slots = n > 0 ? 2 * n : 1024;
	s->slots = rs_xcalloc(s->n_slots, sizeof *s->slots);
	for (size_t i = 0; i < n; i++)
		if (old[i].hash != 0)
			*find_slot(s, old[i].hash) = old[i];
	free(old);
}

static void write_thing(struct splitter *s, struct thing thing, uint32_t txn)
{
	grow_slots(s);
	struct slot *slot = find_slot(s, thing.hash);

	if (slot->hash == 0) {
		*slot = (struct slot){thing.hash, txn, 1};
		s->n_used++;
		return;
	}
	if (slot->txn == txn)
		return;
	unite(s, slot->txn, txn);
	slot->txn = txn;
	if (++slot->n > s->n_hottest) {
		s->n_hottest = slot->n;
		s->hottest = thing;
	}
}

static bool is_same(const struct set_key *k, const struct rs_row_change *row)
{
	for (size_t p = 0; p < k->n_parts; p++)
		if (!rs_value_identical(&row->before[k->parts[p].column], &row->after[k->parts[p].column]))
			return false;
	return true;
}

static void write_values(struct splitter *s, const struct table_set *t, const struct set_key *k, const struct rs_value *values, uint32_t txn)
{
	uint64_t hash = hash_key(k, values);

	if (hash != 0)
		write_thing(s, (struct thing){hash, t, k, values}, txn);
}

static void write_key(struct splitter *s, const struct table_set *t, const struct set_key *k, const struct rs_row_change *row, uint32_t txn)
{
	if (row->before != NULL)
		write_values(s, t, k, row->before, txn);
	if (row->after != NULL && (row->before == NULL || !is_same(k, row)))
		write_values(s, t, k, row->after, txn);
}

static void write_row(struct splitter *s, const struct table_set *t, const struct rs_row_change *row, uint32_t txn)
{
	for (size_t k = 0; k < t->n_keys; k++)
		if (t->keys[k].parent == NULL)
			write_key(s, t, &t->keys[k], row, txn);
}

static void refer(struct splitter *s, const struct set_key *k, const struct rs_value *values, uint32_t txn)
{
	uint64_t hash = k->parent->whole ? k->parent->seed : hash_key(k, values);
	const struct slot *slot = hash != 0 ? find_slot(s, hash) : NULL;

	if (slot != NULL && slot->hash != 0)
		unite(s, slot->txn, txn);
}

static void refer_row(struct splitter *s, const struct table_set *t, const struct rs_row_change *row, uint32_t txn)
{
	for (size_t k = 0; k < t->n_keys; k++) {
		if (t->keys[k].parent == NULL)
			continue;
		if (row->before != NULL)
			refer(s, &t->keys[k], row->before, txn);
		if (row->after != NULL)
			refer(s, &t->keys[k], row->after, txn);
	}
}

/* ---------------------------------------------------------------- passes over the items */

enum pass { PASS_LOOK, PASS_WRITE, PASS_REFER };

static void pass_item(struct splitter *s, enum pass pass, size_t i, uint32_t txn)
{
	struct table_set *t = s->of_item[i];
	const struct rs_change *c = s->items[i];

	if (pass == PASS_WRITE && t->whole)
		write_thing(s, (struct thing){.hash = t->seed, .table = t}, txn);
	for (size_t r = 0; r < c->n_rows; r++) {
		if (pass == PASS_LOOK)
			look_at_row(t, &c->rows[r]);
		else if (pass == PASS_WRITE && !t->whole)
			write_row(s, t, &c->rows[r], txn);
		else if (pass == PASS_REFER)
			refer_row(s, t, &c->rows[r], txn);
	}
}

static void pass_all(struct splitter *s, enum pass pass)
{
	for (uint32_t t = 0; t < s->out->n; t++)
		for (size_t i = s->out->txns[t].first; i < s->out->txns[t].first + s->out->txns[t].n; i++)
			if (s->of_item[i] != NULL)
				pass_item(s, pass, i, t);
}

static void add_item(struct splitter *s, size_t i)
{
	const struct rs_change *c = s->items[i];
	struct rs_conflict_split *out = s->out;

	if (c->kind == RS_CHANGE_BEGIN || out->n == 0) {
		RS_GROW(out->txns, out->n, out->cap);
		out->txns[out->n++] = (struct rs_conflict_txn){.first = i};
	}
	struct rs_conflict_txn *t = &out->txns[out->n - 1];
	t->n++;
	t->bytes += c->bytes;
	t->rows += c->n_rows;
}

/* What is found by its value, or emptied, meets every row of its table. Rows without a key that are inserted meet none. */
static bool meets_all(const struct rs_change *c, const struct rs_route *r)
{
	return c->kind == RS_CHANGE_TRUNCATE || (r->row_key == NULL && c->op != RS_OP_INSERT);
}

static enum rs_serial add_items(struct splitter *s, size_t n, rs_conflict_route route_of, void *arg)
{
	for (size_t i = 0; i < n; i++) {
		const struct rs_change *c = s->items[i];
		const bool of_table = c->kind == RS_CHANGE_ROWS || c->kind == RS_CHANGE_TRUNCATE;
		const struct rs_route *route = of_table ? route_of(arg, c) : NULL;

		add_item(s, i);
		if (route == NULL)
			continue;
		if (route->dest->has_triggers)
			return RS_SERIAL_TRIGGERS;
		s->of_item[i] = set_of(s, route);
		s->of_item[i]->whole = s->of_item[i]->whole || meets_all(c, route);
	}
	return RS_SERIAL_NONE;
}

/* ---------------------------------------------------------------- lanes */

/* Transactions that belong together. */
struct group {
	uint32_t leader;
	size_t bytes, n;
	unsigned lane;
};

static int by_bytes(const void *x, const void *y)
{
	const struct group *a = x, *b = y;

	if (a->bytes != b->bytes)
		return a->bytes < b->bytes ? 1 : -1;
	return (a->leader > b->leader) - (a->leader < b->leader);
}

static struct group *make_groups(struct splitter *s, size_t *n)
{
	struct group *all = rs_xcalloc(s->out->n + 1, sizeof *all);

	for (uint32_t t = 0; t < s->out->n; t++) {
		struct group *g = &all[leader_of(s, t)];
		g->leader = leader_of(s, t);
		g->bytes += s->out->txns[t].bytes;
		g->n++;
	}
	*n = 0;
	for (uint32_t t = 0; t < s->out->n; t++)
		if (all[t].n > 0)
			all[(*n)++] = all[t];
	return all;
}

static unsigned lightest(const size_t *load, unsigned lanes)
{
	unsigned best = 0;

	for (unsigned i = 1; i < lanes; i++)
		if (load[i] < load[best])
			best = i;
	return best;
}

/* Largest first, each to the lane with the least. */
static void assign(struct splitter *s, unsigned lanes)
{
	size_t n, *load = rs_xcalloc(lanes, sizeof *load), fair = (s->out->n + lanes - 1) / lanes;
	struct group *groups = make_groups(s, &n);
	unsigned *lane_of = rs_xcalloc(s->out->n + 1, sizeof *lane_of);

	qsort(groups, n, sizeof *groups, by_bytes);
	s->out->lanes = n < lanes ? (unsigned)n : lanes;
	for (size_t i = 0; i < n; i++) {
		unsigned lane = lightest(load, s->out->lanes);
		load[lane] += groups[i].bytes;
		lane_of[groups[i].leader] = lane;
		if (groups[i].n > fair)
			s->out->in_line += groups[i].n - fair;
	}
	for (uint32_t t = 0; t < s->out->n; t++)
		s->out->txns[t].lane = lane_of[leader_of(s, t)];
	free(lane_of);
	free(groups);
	free(load);
}

/* ---------------------------------------------------------------- what most wait for */

static void put_name(struct rs_buf *out, const char *name)
{
	char *text = rs_shown_text(name, strlen(name), RS_SHOWN_MAX);

	rs_buf_adds(out, text);
	free(text);
}

static char *thing_table(const struct thing *t)
{
	const struct rs_table *source = t->table->route->source;
	struct rs_buf out = RS_BUF_INIT;

	put_name(&out, source->db);
	rs_buf_addc(&out, '.');
	put_name(&out, source->name);
	return rs_buf_take(&out);
}

static char *thing_key(const struct thing *t)
{
	const struct rs_table *source = t->table->route->source;
	struct rs_buf out = RS_BUF_INIT;

	if (t->key == NULL)
		return NULL;
	for (size_t p = 0; p < t->key->n_parts; p++) {
		uint32_t column = t->key->parts[p].column;
		char *value = rs_shown_value(&source->columns[column], &t->values[column]);

		rs_buf_adds(&out, p > 0 ? ", " : "");
		put_name(&out, source->columns[column].name);
		rs_buf_addf(&out, "=%s", value);
		free(value);
	}
	return rs_buf_take(&out);
}

/* Only where it alone keeps most of those in line that are: else there is none to be named. */
static void tell_hottest(struct splitter *s, struct rs_conflict_hot *hot, size_t in_line)
{
	size_t n = s->n_hottest < in_line ? s->n_hottest : in_line;

	if (n < 2 || 2 * n <= in_line)
		return;
	*hot = (struct rs_conflict_hot){n, s->hottest.hash, thing_table(&s->hottest), thing_key(&s->hottest)};
}

/* ---------------------------------------------------------------- the interface */

static uint64_t count_rows(struct rs_change *const *items, size_t n)
{
	uint64_t rows = 0;

	for (size_t i = 0; i < n; i++)
		rows += items[i]->n_rows;
	return rows;
}

static void release(struct splitter *s)
{
	for (size_t i = 0; i < s->n_sets; i++) {
		for (size_t k = 0; k < s->sets[i]->n_keys; k++) {
			free(s->sets[i]->keys[k].parts);
			free(s->sets[i]->keys[k].dest);
		}
		free(s->sets[i]->keys);
		free(s->sets[i]);
	}
	free(s->sets);
	free(s->of_item);
	free(s->slots);
	free(s->leader);
	rs_map_release(&s->by_route, NULL);
	rs_map_release(&s->by_dest, NULL);
}

static void split(struct splitter *s, unsigned lanes)
{
	s->leader = rs_xcalloc(s->out->n + 1, sizeof *s->leader);
	for (uint32_t t = 0; t < s->out->n; t++)
		s->leader[t] = t;
	grow_slots(s);
	add_references(s);
	pass_all(s, PASS_LOOK);
	pass_all(s, PASS_WRITE);
	pass_all(s, PASS_REFER);
	assign(s, lanes);
}

void rs_conflict_split(struct rs_change *const *items, size_t n, rs_conflict_route route_of, void *arg, unsigned lanes,
                       uint64_t min_rows, struct rs_conflict_split *out)
{
	struct splitter s = {.out = out, .items = items, .by_route = RS_MAP_INIT, .by_dest = RS_MAP_INIT};
	uint64_t rows = count_rows(items, n);

	*out = (struct rs_conflict_split){.lanes = 1, .why = RS_SERIAL_SMALL};
	if (rows / min_rows < lanes)
		lanes = (unsigned)(rows / min_rows);
	if (lanes < 2)
		return;
	s.of_item = rs_xcalloc(n + 1, sizeof *s.of_item);
	out->why = add_items(&s, n, route_of, arg);
	if (out->why == RS_SERIAL_NONE)
		split(&s, lanes);
	if (out->why == RS_SERIAL_NONE && out->lanes < 2) {
		out->lanes = 1;
		out->why = RS_SERIAL_CONFLICTS;
	}
	tell_hottest(&s, &out->hot, out->why == RS_SERIAL_CONFLICTS ? out->n : out->in_line);
	release(&s);
}

void rs_conflict_split_release(struct rs_conflict_split *s)
{
	free(s->txns);
	free(s->hot.table);
	free(s->hot.key);
	*s = (struct rs_conflict_split){.n = 0};
}
