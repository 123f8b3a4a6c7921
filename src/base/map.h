/* A hash map from byte strings to pointers, for names and keys in control structures. Keys are copied; values are the
 * caller's. Iteration is in insertion order, so that output is stable. One owner, no locking. */
#ifndef RS_MAP_H
#define RS_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rs_map_entry {
	char *key;     /* NULL: deleted */
	size_t key_len;
	uint64_t hash;
	void *value;
};

struct rs_map {
	struct rs_map_entry *entries; /* in insertion order */
	size_t count, used, cap;      /* live entries; entries in use with deleted ones; allocated */
	uint32_t *index;              /* open addressing, entry number + 1, 0 empty; size is a power of two */
	size_t index_size;
};

#define RS_MAP_INIT {NULL, 0, 0, 0, NULL, 0}

void rs_map_release(struct rs_map *m, void (*free_value)(void *));
/* The same keys in the same order in to, which is empty; each value is what copy_value (NULL: the value itself) makes of it. */
void rs_map_copy(struct rs_map *to, const struct rs_map *from, void *(*copy_value)(void *));
/* Replaces an existing value and returns it, else NULL. */
void *rs_map_put(struct rs_map *m, const char *key, size_t key_len, void *value);
void *rs_map_get(const struct rs_map *m, const char *key, size_t key_len);
/* Removes; returns the value or NULL. */
void *rs_map_del(struct rs_map *m, const char *key, size_t key_len);
/* for (size_t i = 0; rs_map_each(&m, &i, &entry);) */
bool rs_map_each(const struct rs_map *m, size_t *i, const struct rs_map_entry **entry);

#endif
