/* What both sides of a table have in common: a key that cuts it alike, columns whose digests can be compared. */
#include "engine/verify/compare.h"

#include <string.h>
#include "codec/pg_form.h"
#include "engine/verify/compare_row.h"

static bool same_text(const char *a, const char *b) { return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0); }

/* Whether both servers would take the same rows for a range of this key. */
static bool cuts_alike(const struct rs_compare *c, const struct rs_key *key)
{
	for (size_t p = 0; p < key->n_parts; p++) {
		uint32_t i = key->parts[p].column;
		if (!rs_row_is_compared(c, i))
			return false;
		const struct rs_column *a = &c->source->columns[i], *b = &c->dest->columns[c->columns[i]];
		if (b->type == RS_T_NATIVE && !rs_pg_orders_alike(a, b))
			return false;
		if (b->type == RS_T_NATIVE)
			continue;
		if (a->type != b->type || a->is_unsigned != b->is_unsigned || !same_text(a->collation, b->collation))
			return false;
		if (a->type == RS_T_FLOAT || a->type == RS_T_DOUBLE)
			return false;
	}
	return true;
}

static bool is_same_key(const struct rs_compare *c, const struct rs_key *dest, const struct rs_key *key)
{
	if (dest->n_parts != key->n_parts || !dest->unique)
		return false;
	for (size_t p = 0; p < key->n_parts; p++)
		if ((int)dest->parts[p].column != c->columns[key->parts[p].column] || dest->parts[p].prefix != 0)
			return false;
	return true;
}

/* The destination has to have the key too, for its ranges to be found without reading all of it each time. */
const struct rs_key *rs_compare_matching_key(const struct rs_compare *c)
{
	const struct rs_key *key = rs_table_row_key(c->source);

	if (key == NULL || !cuts_alike(c, key))
		return NULL;
	for (size_t k = 0; k < c->dest->n_keys; k++)
		if (is_same_key(c, &c->dest->keys[k], key))
			return &c->dest->keys[k];
	return NULL;
}

bool rs_compare_digest_columns(const struct rs_compare *c, uint32_t *source, uint32_t *dest, size_t *n)
{
	bool alike = true;

	*n = 0;
	for (size_t i = 0; alike && i < c->source->n_columns; i++) {
		if (!rs_row_is_compared(c, i))
			continue;
		alike = rs_digest_is_alike(&c->source->columns[i], &c->dest->columns[c->columns[i]]);
		source[*n] = (uint32_t)i;
		dest[(*n)++] = (uint32_t)c->columns[i];
	}
	return alike;
}
