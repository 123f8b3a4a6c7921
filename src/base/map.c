#include "base/map.h"

#include "base/err.h"
#include "base/mem.h"

/* FNV-1a, mixed at the end: names that differ in a number alone would else come to slots side by side, of which many are looked
 * through. */
static uint64_t hash_key(const char *key, size_t len)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < len; i++)
		h = (h ^ (unsigned char)key[i]) * UINT64_C(0x100000001b3);
	h = (h ^ h >> 33) * UINT64_C(0xff51afd7ed558ccd);
	return h ^ h >> 33;
}

void rs_map_release(struct rs_map *m, void (*free_value)(void *))
{
	static const struct rs_map empty = RS_MAP_INIT;

	for (size_t i = 0; i < m->used; i++) {
		if (m->entries[i].key && free_value)
			free_value(m->entries[i].value);
		free(m->entries[i].key);
	}
	free(m->entries);
	free(m->index);
	*m = empty;
}

/* The index slot of the key, or the empty one where it belongs. */
static size_t find_slot(const struct rs_map *m, const char *key, size_t len, uint64_t hash)
{
	size_t slot = (size_t)hash & (m->index_size - 1);

	while (m->index[slot]) {
		const struct rs_map_entry *e = &m->entries[m->index[slot] - 1];

		if (e->key && e->hash == hash && e->key_len == len && (len == 0 || memcmp(e->key, key, len) == 0))
			break;
		slot = (slot + 1) & (m->index_size - 1);
	}
	return slot;
}

static struct rs_map_entry *find(const struct rs_map *m, const char *key, size_t len)
{
	size_t slot;

	if (m->count == 0)
		return NULL;
	slot = find_slot(m, key, len, hash_key(key, len));
	return m->index[slot] ? &m->entries[m->index[slot] - 1] : NULL;
}

/* Drops deleted entries, keeping the order of the others. */
static void compact(struct rs_map *m)
{
	size_t kept = 0;

	for (size_t i = 0; i < m->used; i++)
		if (m->entries[i].key)
			m->entries[kept++] = m->entries[i];
	m->used = kept;
}

/* Makes room for one more entry with an index at most half full. */
static void make_room(struct rs_map *m)
{
	if (m->used < m->cap)
		return;
	compact(m);
	if (m->used >= m->cap / 2) {
		m->cap = m->cap ? m->cap * 2 : 8;
		if (m->cap > UINT32_MAX / 2)
			rs_bug("a map of %zu entries", m->cap);
		m->entries = rs_xrealloc(m->entries, m->cap * sizeof *m->entries);
	}
	free(m->index);
	m->index_size = m->cap * 2;
	m->index = rs_xcalloc(m->index_size, sizeof *m->index);
	for (size_t i = 0; i < m->used; i++) {
		const struct rs_map_entry *e = &m->entries[i];

		m->index[find_slot(m, e->key, e->key_len, e->hash)] = (uint32_t)i + 1;
	}
}

static char *copy_key(const char *key, size_t len)
{
	char *copy = rs_xmalloc(len + 1);

	if (len)
		memcpy(copy, key, len);
	copy[len] = '\0';
	return copy;
}

void rs_map_copy(struct rs_map *to, const struct rs_map *from, void *(*copy_value)(void *))
{
	to->cap = from->cap;
	to->index_size = from->index_size;
	to->count = from->count;
	to->used = from->used;
	if (!from->cap)
		return;
	to->entries = rs_xmalloc(to->cap * sizeof *to->entries);
	to->index = rs_xmalloc(to->index_size * sizeof *to->index);
	memcpy(to->entries, from->entries, from->used * sizeof *to->entries);
	memcpy(to->index, from->index, to->index_size * sizeof *to->index);
	for (size_t i = 0; i < to->used; i++) {
		struct rs_map_entry *e = &to->entries[i];

		if (!e->key)
			continue;
		e->key = copy_key(e->key, e->key_len);
		e->value = copy_value ? copy_value(e->value) : e->value;
	}
}

void *rs_map_put(struct rs_map *m, const char *key, size_t key_len, void *value)
{
	struct rs_map_entry *e = find(m, key, key_len);
	uint64_t hash;

	if (e) {
		void *old = e->value;

		e->value = value;
		return old;
	}
	make_room(m);
	hash = hash_key(key, key_len);
	m->index[find_slot(m, key, key_len, hash)] = (uint32_t)m->used + 1;
	m->entries[m->used++] = (struct rs_map_entry){copy_key(key, key_len), key_len, hash, value};
	m->count++;
	return NULL;
}

void *rs_map_get(const struct rs_map *m, const char *key, size_t key_len)
{
	const struct rs_map_entry *e = find(m, key, key_len);

	return e ? e->value : NULL;
}

void *rs_map_del(struct rs_map *m, const char *key, size_t key_len)
{
	struct rs_map_entry *e = find(m, key, key_len);
	void *value;

	if (!e)
		return NULL;
	value = e->value;
	free(e->key);
	e->key = NULL;
	m->count--;
	return value;
}

bool rs_map_each(const struct rs_map *m, size_t *i, const struct rs_map_entry **entry)
{
	while (*i < m->used) {
		*entry = &m->entries[(*i)++];
		if ((*entry)->key)
			return true;
	}
	return false;
}
