/* One hot key: what most of the transactions wait for that are kept in line. */
#include "engine/core.h"

#define HALF_LIFE (10 * RS_USEC_PER_SEC)
#define FEW 2 /* transactions */

static void cool(struct rs_hot_seen *h, rs_usec now)
{
	if (h->at == 0 || h->all < 0.5)
		h->at = now;
	for (; now - h->at >= HALF_LIFE && h->all >= 0.5; h->at += HALF_LIFE) {
		h->own /= 2;
		h->all /= 2;
	}
}

static void take_place(struct rs_hot_seen *h, const char *table, const char *key, uint64_t hash)
{
	h->hash = hash;
	h->own = 0;
	h->key.whole = key == NULL;
	snprintf(h->key.table, sizeof h->key.table, "%s", table);
	snprintf(h->key.key, sizeof h->key.key, "%s", key ? key : "");
}

void rs_hot_note(struct rs_hot_seen *h, const char *table, const char *key, uint64_t hash, size_t n, size_t waits, rs_usec now)
{
	cool(h, now);
	h->all += (double)waits;
	if (n == 0 || (hash != h->hash && (double)n <= h->own))
		return;
	if (hash != h->hash)
		take_place(h, table, key, hash);
	h->own += (double)n;
}

struct rs_hot_key rs_hot_now(struct rs_hot_seen *h, rs_usec now)
{
	struct rs_hot_key key = {.table = ""};

	cool(h, now);
	if (h->own < FEW || 2 * h->own <= h->all)
		return key;
	key = h->key;
	key.share = h->own / h->all;
	return key;
}
