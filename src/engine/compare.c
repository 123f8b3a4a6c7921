#define XXH_STATIC_LINKING_ONLY /* states on the stack */
#include "engine/compare.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>
#include "base/map.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "codec/charset.h"
#include "codec/number.h"

#define RANGE_ROWS 50000
#define MAX_ENTRIES ((size_t)2 << 20) /* rows of a range that are held at once; a larger one is read in passes */
#define READINGS 4                    /* in the settling time */

/* One row of one side. */
struct entry {
	XXH128_hash_t key, row;
};

struct entries {
	struct entry *items;
	size_t n, cap;
	uint64_t count;        /* of all passes' rows that were seen, not only those that are held */
	uint64_t sum_low, sum_high; /* of all rows' hashes: the multiset's digest */
};

struct side {
	const struct rs_compare *c;
	bool dest;
	const struct rs_table *table;   /* as it is read */
	struct rs_table_reader *reader;
	struct rs_value *values;
	struct rs_charset_reader charset;
	struct rs_buf text;             /* a value in its common form */
};

struct range {
	struct rs_bound after, upto;
};

struct compare {
	struct rs_compare *c;
	const struct rs_key *key;       /* of the source; NULL: one range, rows are their own keys */
	struct rs_table *dest_view;     /* the destination's table with the source's key columns' types, for ranges */
	struct rs_key *dest_key;
	struct side source, dest;
	unsigned passes;
};

/* ---------------------------------------------------------------- the common form of a value */

static void put_double(struct side *s, const struct rs_value *v)
{
	char number[RS_NUMBER_MAX + 1], text[400];
	size_t n = v->len < sizeof text ? v->len : sizeof text - 1;

	memcpy(text, v->bytes, n);
	text[n] = '\0';
	double value = strtod(text, NULL);
	if (!s->c->signed_zero)
		value += 0.0; /* makes -0 into 0 */
	char *end = rs_number_double(number, value);
	rs_buf_add(&s->text, number, (size_t)(end - number));
}

/* MariaDB keeps a JSON text as it was written, MySQL prints its own form of it. */
static void put_json(struct side *s, const struct rs_value *v)
{
	json_error_t error;
	json_t *json = json_loadb(v->bytes, v->len, JSON_DECODE_ANY | JSON_ALLOW_NUL, &error);
	char *text = json ? json_dumps(json, JSON_ENCODE_ANY | JSON_SORT_KEYS | JSON_COMPACT) : NULL;

	if (text != NULL)
		rs_buf_adds(&s->text, text);
	else
		rs_buf_add(&s->text, v->bytes, v->len);
	free(text);
	json_decref(json);
}

static enum rs_rc put_text(struct side *s, const struct rs_column *c, const struct rs_value *v, struct rs_err *err)
{
	const char *charset = c->charset ? c->charset : "utf8mb4";

	if (rs_charset_is_utf8(charset) || strcmp(charset, "binary") == 0)
		return rs_buf_add(&s->text, v->bytes, v->len);
	if (strcmp(s->charset.charset, charset) != 0) {
		rs_charset_close(&s->charset);
		if (rs_charset_open(&s->charset, charset, err) != RS_OK)
			return RS_FAIL;
	}
	struct rs_err invalid = RS_ERR_INIT;
	size_t before = s->text.len;
	if (rs_charset_to_utf8(&s->charset, v->bytes, v->len, &s->text, &invalid) != RS_OK) {
		rs_err_clear(&invalid); /* not valid in its own character set: then the bytes are what there is */
		s->text.len = before;
		rs_buf_add(&s->text, v->bytes, v->len);
	}
	return RS_OK;
}

/* What both servers would have to say alike, whatever their types are. */
static enum rs_rc put_common(struct side *s, size_t i, const struct rs_value *v, struct rs_err *err)
{
	const struct rs_column *kind = &s->c->source->columns[i], *dest = &s->c->dest->columns[s->c->columns[i]];
	const struct rs_column *own = s->dest ? dest : kind;

	if (kind->type == RS_T_FLOAT || kind->type == RS_T_DOUBLE) {
		put_double(s, v);
		return RS_OK;
	}
	if ((kind->type == RS_T_JSON) != (dest->type == RS_T_JSON)) {
		put_json(s, v);
		return RS_OK;
	}
	if (rs_type_is_text(own->type))
		return put_text(s, own, v, err);
	return rs_buf_add(&s->text, v->bytes, v->len);
}

static const struct rs_column *own_column(const struct side *s, size_t i)
{
	return s->dest ? &s->c->dest->columns[s->c->columns[i]] : &s->c->source->columns[i];
}

static const struct rs_value *own_value(const struct side *s, size_t i)
{
	return s->dest ? &s->values[s->c->columns[i]] : &s->values[i];
}

static bool is_compared(const struct rs_compare *c, size_t i)
{
	return c->columns[i] >= 0 && !rs_column_may_be_period(&c->source->columns[i]) &&
	       !rs_column_may_be_period(&c->dest->columns[c->columns[i]]);
}

static enum rs_rc hash_value(struct side *s, size_t i, XXH3_state_t *state, struct rs_err *err)
{
	const struct rs_value *v = own_value(s, i);
	uint32_t head[2] = {v->presence == RS_PRESENT, 0};

	rs_buf_clear(&s->text);
	if (v->presence == RS_PRESENT && put_common(s, i, v, err) != RS_OK)
		return RS_FAIL;
	head[1] = (uint32_t)s->text.len;
	XXH3_128bits_update(state, head, sizeof head);
	XXH3_128bits_update(state, rs_buf_str(&s->text), s->text.len);
	return RS_OK;
}

static bool in_key(const struct rs_key *key, size_t column)
{
	for (size_t p = 0; key != NULL && p < key->n_parts; p++)
		if (key->parts[p].column == column)
			return true;
	return false;
}

static enum rs_rc hash_row(struct compare *m, struct side *s, struct entry *out, struct rs_err *err)
{
	XXH3_state_t row, key;

	XXH3_128bits_reset(&row);
	XXH3_128bits_reset(&key);
	for (size_t i = 0; i < m->c->source->n_columns; i++) {
		if (!is_compared(m->c, i))
			continue;
		if (hash_value(s, i, &row, err) != RS_OK)
			return RS_FAIL;
		if (in_key(m->key, i) && hash_value(s, i, &key, err) != RS_OK)
			return RS_FAIL;
	}
	out->row = XXH3_128bits_digest(&row);
	out->key = m->key ? XXH3_128bits_digest(&key) : out->row;
	return RS_OK;
}

/* ---------------------------------------------------------------- reading a range */

static int entry_order(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	int order = XXH128_cmp(&x->key, &y->key);

	return order != 0 ? order : XXH128_cmp(&x->row, &y->row);
}

static void add_entry(struct entries *out, const struct entry *e, bool hold)
{
	out->count++;
	out->sum_low += e->row.low64;
	out->sum_high += e->row.high64 ^ (e->row.low64 >> 1);
	if (!hold)
		return;
	RS_GROW(out->items, out->n, out->cap);
	out->items[out->n++] = *e;
}

/* Each row that was read, with its hashes. */
typedef enum rs_rc (*visit)(struct compare *m, struct side *s, const struct entry *e, void *arg, struct rs_err *err);

static enum rs_rc walk(struct compare *m, struct side *s, const struct range *r, visit fn, void *arg, struct rs_err *err)
{
	struct entry e;
	enum rs_rc rc = s->reader->ops->open(s->reader, s->table, s->dest ? m->dest_key : m->key, &r->after, &r->upto, err);

	while (rc == RS_OK && (rc = s->reader->ops->next(s->reader, s->values, err)) == RS_OK) {
		if (rs_cancel_is_set(m->c->cancel))
			rc = RS_CANCELLED;
		if (rc == RS_OK)
			rc = hash_row(m, s, &e, err);
		if (rc == RS_OK)
			rc = fn(m, s, &e, arg, err);
	}
	s->reader->ops->end(s->reader);
	return rc == RS_EOF ? RS_OK : rc;
}

struct collecting {
	struct entries *out;
	unsigned pass;
};

static enum rs_rc collect(struct compare *m, struct side *s, const struct entry *e, void *arg, struct rs_err *err)
{
	struct collecting *k = arg;

	(void)s;
	(void)err;
	add_entry(k->out, e, e->key.low64 % m->passes == k->pass);
	return RS_OK;
}

static enum rs_rc read_side(struct compare *m, struct side *s, const struct range *r, unsigned pass, struct entries *out,
                            struct rs_err *err)
{
	struct collecting k = {out, pass};

	out->n = 0;
	out->count = out->sum_low = out->sum_high = 0;
	enum rs_rc rc = walk(m, s, r, collect, &k, err);
	if (out->n > 1)
		qsort(out->items, out->n, sizeof *out->items, entry_order);
	return rc;
}

/* ---------------------------------------------------------------- suspicions */

struct suspect {
	XXH128_hash_t key;
	XXH128_hash_t source, dest; /* row hashes; zero: no such row */
	rs_usec since;              /* unchanged since */
	XXH128_hash_t seen[8];      /* versions that the source had */
	unsigned n_seen;
	bool still;                 /* seen again in this reading */
};

/* More than this many in one reading say nothing that fewer would not. */
#define MAX_SUSPECTS 100000

struct suspects {
	struct suspect *items;
	size_t n, cap;
	struct rs_map by_key; /* hash of the key to index + 1 */
};

static const XXH128_hash_t nothing;

static struct suspect *find_suspect(const struct suspects *all, XXH128_hash_t key)
{
	uintptr_t index = (uintptr_t)rs_map_get(&all->by_key, (const char *)&key, sizeof key);

	return index ? &all->items[index - 1] : NULL;
}

static struct suspect *add_suspect(struct suspects *all, XXH128_hash_t key)
{
	RS_GROW(all->items, all->n, all->cap);
	struct suspect *s = &all->items[all->n++];

	*s = (struct suspect){.key = key, .since = rs_clock_mono()};
	rs_map_put(&all->by_key, (const char *)&key, sizeof key, (void *)(uintptr_t)all->n);
	return s;
}

static bool was_seen(const struct suspect *s, XXH128_hash_t row)
{
	for (unsigned i = 0; i < s->n_seen; i++)
		if (XXH128_isEqual(s->seen[i], row))
			return true;
	return false;
}

static void remember(struct suspect *s, XXH128_hash_t row)
{
	if (!was_seen(s, row))
		s->seen[s->n_seen++ % 8] = row;
	if (s->n_seen > 8)
		s->n_seen = 8;
}

static void suspect(struct suspects *all, XXH128_hash_t key, XXH128_hash_t source, XXH128_hash_t dest)
{
	struct suspect *s = find_suspect(all, key);

	if (s == NULL && all->n >= MAX_SUSPECTS)
		return;
	if (s == NULL) {
		s = add_suspect(all, key);
	} else if (!XXH128_isEqual(s->source, source) || !XXH128_isEqual(s->dest, dest)) {
		s->since = rs_clock_mono();
	}
	/* A destination that shows what the source had a moment ago is following. */
	if (s->n_seen > 0 && was_seen(s, dest) && !XXH128_isEqual(s->dest, dest))
		s->since = rs_clock_mono();
	s->source = source;
	s->dest = dest;
	s->still = true;
	remember(s, source);
}

/* Both sides are sorted by key; a table without a key has its rows for keys, so that equal rows pair off. */
static void merge(const struct entries *a, const struct entries *b, struct suspects *out)
{
	size_t i = 0, j = 0;

	while (i < a->n || j < b->n) {
		int order = i == a->n ? 1 : j == b->n ? -1 : XXH128_cmp(&a->items[i].key, &b->items[j].key);
		if (order < 0) {
			suspect(out, a->items[i].key, a->items[i].row, nothing);
			i++;
		} else if (order > 0) {
			suspect(out, b->items[j].key, nothing, b->items[j].row);
			j++;
		} else {
			if (!XXH128_isEqual(a->items[i].row, b->items[j].row))
				suspect(out, a->items[i].key, a->items[i].row, b->items[j].row);
			i++;
			j++;
		}
	}
}

static void drop_cleared(struct suspects *all)
{
	size_t kept = 0;

	rs_map_release(&all->by_key, NULL);
	all->by_key = (struct rs_map)RS_MAP_INIT;
	for (size_t i = 0; i < all->n; i++) {
		if (!all->items[i].still)
			continue;
		all->items[kept++] = all->items[i];
		rs_map_put(&all->by_key, (const char *)&all->items[i].key, sizeof(XXH128_hash_t), (void *)(uintptr_t)kept);
	}
	all->n = kept;
}

static bool all_settled(const struct suspects *all, rs_usec settle)
{
	for (size_t i = 0; i < all->n; i++)
		if (rs_clock_mono() - all->items[i].since < settle)
			return false;
	return true;
}

/* ---------------------------------------------------------------- naming what differs */

struct naming {
	struct suspects *all;
	char **keys;       /* text of each suspect's key; NULL: not met yet */
	uint64_t **values; /* hash of each compared column at the source, for different rows */
	char **columns;    /* names of those that differ */
};

static void put_value_text(struct rs_buf *out, const struct rs_column *c, const struct rs_value *v)
{
	if (v->presence != RS_PRESENT) {
		rs_buf_adds(out, "NULL");
		return;
	}
	size_t n = v->len < 64 ? v->len : 64;
	if (rs_type_is_number(c->type) || rs_type_is_temporal(c->type) || rs_type_is_text(c->type)) {
		rs_utf8_printable(out, v->bytes, n);
	} else {
		rs_buf_adds(out, "0x");
		rs_buf_addhex(out, v->bytes, n);
	}
	if (n < v->len)
		rs_buf_adds(out, "…");
}

static char *key_text(struct compare *m, struct side *s)
{
	struct rs_buf out = RS_BUF_INIT;

	for (size_t i = 0; i < m->c->source->n_columns && out.len < 400; i++) {
		if (!is_compared(m->c, i) || (m->key != NULL && !in_key(m->key, i)))
			continue;
		if (out.len > 0)
			rs_buf_adds(&out, ", ");
		rs_utf8_printable(&out, m->c->source->columns[i].name, strlen(m->c->source->columns[i].name));
		rs_buf_addc(&out, '=');
		put_value_text(&out, own_column(s, i), own_value(s, i));
	}
	return rs_buf_take(&out);
}

static enum rs_rc column_hashes(struct compare *m, struct side *s, uint64_t *out, struct rs_err *err)
{
	for (size_t i = 0; i < m->c->source->n_columns; i++) {
		XXH3_state_t state;
		if (!is_compared(m->c, i))
			continue;
		XXH3_128bits_reset(&state);
		if (hash_value(s, i, &state, err) != RS_OK)
			return RS_FAIL;
		out[i] = XXH3_128bits_digest(&state).low64;
	}
	return RS_OK;
}

static enum rs_rc name_columns(struct compare *m, struct side *s, struct naming *k, size_t at, struct rs_err *err)
{
	uint64_t *hashes = rs_xcalloc(m->c->source->n_columns, sizeof *hashes);
	struct rs_buf names = RS_BUF_INIT;
	enum rs_rc rc = column_hashes(m, s, hashes, err);

	if (k->values[at] == NULL) {
		k->values[at] = hashes;
		return rc;
	}
	for (size_t i = 0; rc == RS_OK && i < m->c->source->n_columns; i++) {
		if (hashes[i] == k->values[at][i])
			continue;
		if (names.len > 0)
			rs_buf_addc(&names, ',');
		rs_utf8_printable(&names, m->c->source->columns[i].name, strlen(m->c->source->columns[i].name));
	}
	free(hashes);
	free(k->columns[at]);
	k->columns[at] = rs_buf_take(&names);
	return rc;
}

static enum rs_rc name_row(struct compare *m, struct side *s, const struct entry *e, void *arg, struct rs_err *err)
{
	struct naming *k = arg;
	struct suspect *found = find_suspect(k->all, e->key);

	if (found == NULL)
		return RS_OK;
	size_t at = (size_t)(found - k->all->items);
	if (k->keys[at] == NULL)
		k->keys[at] = key_text(m, s);
	return m->key != NULL ? name_columns(m, s, k, at, err) : RS_OK;
}

static void report(struct compare *m, const struct naming *k, size_t i)
{
	const struct suspect *s = &k->all->items[i];
	bool no_source = XXH128_isEqual(s->source, nothing), no_dest = XXH128_isEqual(s->dest, nothing);
	struct rs_diff diff = {
		.kind = no_source ? RS_DIFF_EXTRA : no_dest ? RS_DIFF_MISSING : RS_DIFF_DIFFERENT,
		.db = m->c->source->db,
		.table = m->c->source->name,
		.key = k->keys[i] ? k->keys[i] : (char *)(uintptr_t)"",
		.columns = no_source || no_dest ? NULL : k->columns[i],
	};

	m->c->found(m->c->arg, &diff);
}

static enum rs_rc report_all(struct compare *m, const struct range *r, struct suspects *all, struct rs_err *err)
{
	struct naming k = {all, rs_xcalloc(all->n + 1, sizeof(char *)), rs_xcalloc(all->n + 1, sizeof(uint64_t *)),
	                   rs_xcalloc(all->n + 1, sizeof(char *))};
	enum rs_rc rc = walk(m, &m->source, r, name_row, &k, err);

	if (rc == RS_OK)
		rc = walk(m, &m->dest, r, name_row, &k, err);
	for (size_t i = 0; i < all->n; i++) {
		if (rc == RS_OK)
			report(m, &k, i);
		free(k.keys[i]);
		free(k.values[i]);
		free(k.columns[i]);
	}
	free(k.keys);
	free(k.values);
	free(k.columns);
	return rc;
}

/* ---------------------------------------------------------------- one range */

static bool same_multiset(const struct entries *a, const struct entries *b)
{
	return a->count == b->count && a->sum_low == b->sum_low && a->sum_high == b->sum_high;
}

static enum rs_rc read_both(struct compare *m, const struct range *r, unsigned pass, struct entries *a, struct entries *b,
                            struct rs_err *err)
{
	enum rs_rc rc = read_side(m, &m->source, r, pass, a, err);

	return rc == RS_OK ? read_side(m, &m->dest, r, pass, b, err) : rc;
}

static enum rs_rc read_again(struct compare *m, const struct range *r, unsigned pass, struct suspects *all,
                             struct entries *a, struct entries *b, struct rs_err *err)
{
	for (size_t i = 0; i < all->n; i++)
		all->items[i].still = false;
	enum rs_rc rc = read_both(m, r, pass, a, b, err);
	if (rc == RS_OK)
		merge(a, b, all);
	drop_cleared(all);
	return rc;
}

/* In passes over the keys' hashes where the range has more rows than may be held. */
static enum rs_rc compare_pass(struct compare *m, const struct range *r, unsigned pass, bool *same, struct rs_err *err)
{
	struct entries a = {0}, b = {0};
	struct suspects all = {.by_key = RS_MAP_INIT};
	rs_usec give_up = rs_clock_mono() + 12 * m->c->settle;
	enum rs_rc rc = read_both(m, r, pass, &a, &b, err);

	*same = rc == RS_OK && same_multiset(&a, &b);
	if (rc == RS_OK && pass == 0)
		*m->c->rows += a.count;
	if (rc == RS_OK && !*same)
		merge(&a, &b, &all);
	while (rc == RS_OK && all.n > 0 && !all_settled(&all, m->c->settle) && rs_clock_mono() < give_up) {
		if (rs_cancel_sleep(m->c->cancel, m->c->settle / READINGS))
			rc = RS_CANCELLED;
		else
			rc = read_again(m, r, pass, &all, &a, &b, err);
	}
	if (rc == RS_OK && all.n > 0)
		rc = report_all(m, r, &all, err);
	free(a.items);
	free(b.items);
	free(all.items);
	rs_map_release(&all.by_key, NULL);
	return rc;
}

static enum rs_rc compare_range(struct compare *m, const struct range *r, struct rs_err *err)
{
	bool same = false;
	enum rs_rc rc = RS_OK;

	for (unsigned pass = 0; rc == RS_OK && pass < m->passes && !same; pass++)
		rc = compare_pass(m, r, pass, &same, err);
	return rc;
}

/* ---------------------------------------------------------------- ranges */

static bool same_text(const char *a, const char *b) { return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0); }

/* Whether both servers would take the same rows for a range of this key. */
static bool cuts_alike(const struct rs_compare *c, const struct rs_key *key)
{
	for (size_t p = 0; p < key->n_parts; p++) {
		uint32_t i = key->parts[p].column;
		if (!is_compared(c, i))
			return false;
		const struct rs_column *a = &c->source->columns[i], *b = &c->dest->columns[c->columns[i]];
		if (a->type != b->type || a->is_unsigned != b->is_unsigned || !same_text(a->collation, b->collation))
			return false;
		if (a->type == RS_T_FLOAT || a->type == RS_T_DOUBLE)
			return false;
	}
	return true;
}

/* The destination has to have the key too, for its ranges to be found without reading all of it each time. */
static struct rs_key *matching_key(const struct rs_compare *c, const struct rs_table *dest, const struct rs_key *key)
{
	for (size_t k = 0; k < dest->n_keys; k++) {
		struct rs_key *d = &dest->keys[k];
		bool same = d->n_parts == key->n_parts && d->unique;
		for (size_t p = 0; same && p < key->n_parts; p++)
			same = (int)d->parts[p].column == c->columns[key->parts[p].column] && d->parts[p].prefix == 0;
		if (same)
			return d;
	}
	return NULL;
}

static enum rs_rc compare_ranges(struct compare *m, struct rs_err *err)
{
	struct range r = {{NULL, 0}, {NULL, 0}};
	enum rs_rc rc = RS_OK;
	bool last = m->key == NULL || m->dest_key == NULL;

	if (last) {
		rc = compare_range(m, &r, err);
		return rc;
	}
	while (rc == RS_OK && !last) {
		rc = m->source.reader->ops->bound(m->source.reader, m->source.table, m->key, &r.after, RANGE_ROWS, &r.upto, err);
		last = rc == RS_EOF;
		if (rc == RS_OK || rc == RS_EOF)
			rc = compare_range(m, &r, err);
		rs_bound_clear(&r.after);
		r.after = r.upto;
		r.upto = (struct rs_bound){NULL, 0};
	}
	rs_bound_clear(&r.after);
	return rc;
}

static void open_side(struct side *s, struct rs_compare *c, bool dest)
{
	*s = (struct side){.c = c, .dest = dest, .table = dest ? c->dest : c->source,
	                   .reader = dest ? c->dest_reader : c->source_reader, .charset = RS_CHARSET_READER_INIT};
	s->values = rs_xcalloc(s->table->n_columns + 1, sizeof *s->values);
	rs_buf_init(&s->text, (size_t)1 << 31);
}

static void close_side(struct side *s)
{
	free(s->values);
	rs_buf_release(&s->text);
	rs_charset_close(&s->charset);
}

enum rs_rc rs_compare_table(struct rs_compare *c, struct rs_err *err)
{
	struct compare m = {.c = c, .key = rs_table_row_key(c->source)};
	uint64_t rows = c->source->rows > c->dest->rows ? c->source->rows : c->dest->rows;

	m.dest_view = rs_table_clone(c->dest);
	if (m.key != NULL && cuts_alike(c, m.key))
		m.dest_key = matching_key(c, m.dest_view, m.key);
	m.passes = m.dest_key != NULL ? 1 : (unsigned)(rows / MAX_ENTRIES) + 1;
	open_side(&m.source, c, false);
	open_side(&m.dest, c, true);
	m.dest.table = m.dest_view;
	enum rs_rc rc = compare_ranges(&m, err);
	close_side(&m.source);
	close_side(&m.dest);
	rs_table_unref(m.dest_view);
	return rc;
}
