#include "engine/verify/lookout.h"

#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "engine/verify/row_key.h"

#define SLOTS (sizeof((struct rs_lookout *)0)->slots / sizeof(struct rs_lookout_slot))
#define KEY_PARTS_MAX 32 /* servers allow 16 */

void rs_changed_free(struct rs_changed *c)
{
	if (c == NULL)
		return;
	rs_table_unref(c->table);
	rs_bound_clear(&c->key);
	free(c);
}

void rs_lookout_init(struct rs_lookout *w)
{
	*w = (struct rs_lookout){.by_hash = RS_MAP_INIT};
	pthread_mutex_init(&w->lock, NULL);
	w->changed = rs_xcalloc(RS_LOOKOUT_CHANGED_MAX, sizeof *w->changed);
}

static void forget_changed(struct rs_lookout *w)
{
	while (w->n_changed > 0)
		rs_changed_free(w->changed[--w->n_changed]);
	rs_map_release(&w->by_hash, NULL);
	w->by_hash = (struct rs_map)RS_MAP_INIT;
}

void rs_lookout_release(struct rs_lookout *w)
{
	forget_changed(w);
	free(w->changed);
	rs_map_release(&w->by_hash, NULL);
	pthread_mutex_destroy(&w->lock);
}

/* ---------------------------------------------------------------- what is watched */

/* The slot of a hash, or the empty one where it would be. */
static struct rs_lookout_slot *slot_of(struct rs_lookout *w, uint64_t hash)
{
	size_t i = hash % SLOTS;

	while (w->slots[i].hash != 0 && w->slots[i].hash != hash)
		i = (i + 1) % SLOTS;
	return &w->slots[i];
}

static void touch(struct rs_lookout *w, uint64_t hash)
{
	struct rs_lookout_slot *slot = slot_of(w, hash);

	if (slot->hash == hash)
		slot->changed = true;
}

static void touch_all(struct rs_lookout *w)
{
	for (size_t i = 0; i < SLOTS; i++)
		w->slots[i].changed = true;
}

void rs_lookout_watch(struct rs_lookout *w, const uint64_t *hashes, size_t n)
{
	pthread_mutex_lock(&w->lock);
	memset(w->slots, 0, sizeof w->slots);
	for (size_t i = 0; i < n; i++)
		slot_of(w, hashes[i])->hash = hashes[i];
	atomic_store(&w->watching, n > 0);
	pthread_mutex_unlock(&w->lock);
}

bool rs_lookout_is_changed(struct rs_lookout *w, uint64_t hash)
{
	pthread_mutex_lock(&w->lock);
	const struct rs_lookout_slot *slot = slot_of(w, hash);
	bool changed = slot->hash != hash || slot->changed;
	pthread_mutex_unlock(&w->lock);
	return changed;
}

/* ---------------------------------------------------------------- what was changed */

void rs_lookout_collect(struct rs_lookout *w, bool yes)
{
	atomic_store(&w->collecting, yes);
	if (yes)
		return;
	pthread_mutex_lock(&w->lock);
	forget_changed(w);
	pthread_mutex_unlock(&w->lock);
}

static void collect(struct rs_lookout *w, const struct rs_table *t, uint64_t hash, struct rs_value *values, size_t n)
{
	if (rs_map_get(&w->by_hash, (const char *)&hash, sizeof hash) != NULL)
		return;
	if (w->n_changed == RS_LOOKOUT_CHANGED_MAX) {
		w->dropped++;
		return;
	}
	struct rs_changed *c = rs_xcalloc(1, sizeof *c);
	c->hash = hash;
	c->table = rs_table_ref(t);
	rs_bound_copy(&c->key, &(struct rs_bound){values, n});
	w->changed[w->n_changed++] = c;
	rs_map_put(&w->by_hash, (const char *)&hash, sizeof hash, c);
}

struct rs_changed *rs_lookout_take(struct rs_lookout *w)
{
	struct rs_changed *c = NULL;

	pthread_mutex_lock(&w->lock);
	if (w->n_changed > 0) {
		c = w->changed[0];
		memmove(w->changed, w->changed + 1, --w->n_changed * sizeof *w->changed);
		rs_map_del(&w->by_hash, (const char *)&c->hash, sizeof c->hash);
	}
	pthread_mutex_unlock(&w->lock);
	return c;
}

uint64_t rs_lookout_dropped(struct rs_lookout *w)
{
	pthread_mutex_lock(&w->lock);
	uint64_t n = w->dropped;
	w->dropped = 0;
	pthread_mutex_unlock(&w->lock);
	return n;
}

/* ---------------------------------------------------------------- the stream */

/* What is not in an image may be anything. */
static bool are_all_there(const struct rs_value *values, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (values[i].presence != RS_PRESENT)
			return false;
	return true;
}

static void note_image(struct rs_lookout *w, const struct rs_change *c, const struct rs_key *key, uint64_t table,
                       const struct rs_value *image)
{
	struct rs_value values[KEY_PARTS_MAX];

	rs_row_key_values(key, image, values);
	if (!are_all_there(values, key->n_parts)) {
		touch_all(w);
		return;
	}
	uint64_t hash = rs_row_key_hash(table, values, key->n_parts);
	touch(w, hash);
	if (atomic_load(&w->collecting))
		collect(w, c->table, hash, values, key->n_parts);
}

static void note_rows(struct rs_lookout *w, const struct rs_change *c, uint64_t table)
{
	const struct rs_key *key = rs_table_row_key(c->table);
	bool no_room = !atomic_load(&w->watching) && w->n_changed == RS_LOOKOUT_CHANGED_MAX;

	if (key == NULL || key->n_parts > KEY_PARTS_MAX || no_room) {
		w->dropped += no_room ? c->n_rows : 0;
		return;
	}
	for (size_t i = 0; i < c->n_rows; i++) {
		const struct rs_row_change *row = &c->rows[i];
		if (row->before != NULL)
			note_image(w, c, key, table, row->before);
		if (row->after != NULL)
			note_image(w, c, key, table, row->after);
	}
}

void rs_lookout_note(struct rs_lookout *w, const struct rs_change *c)
{
	if (!atomic_load(&w->watching) && !atomic_load(&w->collecting))
		return;
	uint64_t table = rs_row_key_table_hash(c->table->db, c->table->name);
	pthread_mutex_lock(&w->lock);
	touch(w, table);
	note_rows(w, c, table);
	pthread_mutex_unlock(&w->lock);
}

void rs_lookout_schema(struct rs_lookout *w)
{
	pthread_mutex_lock(&w->lock);
	atomic_fetch_add(&w->generation, 1);
	touch_all(w);
	w->dropped += w->n_changed; /* their keys may be of other types by now */
	forget_changed(w);
	pthread_mutex_unlock(&w->lock);
}

void rs_lookout_attempt(struct rs_lookout *w)
{
	atomic_fetch_add(&w->attempts, 1);
	rs_lookout_schema(w);
}
