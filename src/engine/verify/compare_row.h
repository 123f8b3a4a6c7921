/* A row of one side as both sides would have to say it, whatever their types are; and its hashes. Private to the
 * comparison and to what mends its findings.
 *
 * A reader of rows belongs to one thread. */
#ifndef RS_COMPARE_ROW_H
#define RS_COMPARE_ROW_H

#define XXH_STATIC_LINKING_ONLY /* states on the stack */
#include <xxhash.h>
#include "codec/charset.h"
#include "codec/pg_value.h"
#include "engine/verify/compare.h"

struct rs_row_hash {
	XXH128_hash_t key, row; /* a table without a key has its rows for keys */
};

struct rs_row_side {
	const struct rs_compare *c;
	bool dest;
	const struct rs_table *table;   /* as it is read */
	const struct rs_key *key;       /* of the source's table, NULL: rows are their own keys */
	struct rs_table_reader *reader;
	struct rs_value *values;        /* of the row that was read last */
	struct rs_charset_reader charset;
	struct rs_pg_converter *converters; /* of the source's columns, those that were needed; NULL: none */
	struct rs_buf text;             /* a value in its common form */
};

void rs_row_side_open(struct rs_row_side *s, const struct rs_compare *c, bool dest, const struct rs_table *table,
                      const struct rs_key *key);
void rs_row_side_close(struct rs_row_side *s);

/* Whether the source's column i is compared. */
bool rs_row_is_compared(const struct rs_compare *c, size_t i);
/* Of the values that the side holds. */
enum rs_rc rs_row_hash(struct rs_row_side *s, struct rs_row_hash *out, struct rs_err *err);
/* Each compared column by itself: out has room for as many as the source has columns. */
enum rs_rc rs_row_column_hashes(struct rs_row_side *s, uint64_t *out, struct rs_err *err);
/* Whether the destination's values are its server's own texts, of the PostgreSQL family. */
static inline bool rs_row_is_native(const struct rs_compare *c) { return c->dest->n_columns > 0 && c->dest->columns[0].type == RS_T_NATIVE; }
/* Whether places of a key are the same on both sides. */
bool rs_row_bounds_alike(const struct rs_compare *c, const struct rs_key *key);
/* A place in the source's key as this side has it, of a key that cuts both sides alike. *out is the caller's. */
enum rs_rc rs_row_side_bound(struct rs_row_side *s, const struct rs_key *key, const struct rs_bound *bound, struct rs_bound *out,
                             struct rs_err *err) RS_MUST_CHECK;
/* "id=5", escaped, cut; malloc'ed. */
char *rs_row_key_text(struct rs_row_side *s);

#endif
