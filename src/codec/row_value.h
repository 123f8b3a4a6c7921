/* The columns of a row image: the log's bytes to the canonical values. Private to the row decoder.
 *
 * Values are written one after the other into slabs taken from the arena, so that a value costs no allocation. */
#ifndef RS_ROW_VALUE_H
#define RS_ROW_VALUE_H

#include <stddef.h>
#include <stdint.h>
#include "base/arena.h"
#include "codec/binlog_table.h"
#include "codec/reader.h"
#include "model/value.h"

struct rs_value_writer {
	struct rs_arena *arena;
	char *slab;    /* the one being filled; NULL: none yet */
	char *p, *end; /* its free part */
	size_t expect; /* bytes that may still come: how large a slab is worth taking */
};

enum rs_decoded {
	RS_DECODED,
	RS_DECODED_SHORT,   /* the row ends inside of the value */
	RS_DECODED_BAD,     /* the bytes are no value of the type */
	RS_DECODED_NO_MEMORY,
	RS_DECODED_JSON     /* the caller's turn */
};

void rs_value_writer_init(struct rs_value_writer *w, struct rs_arena *arena, size_t expect);
/* Gives what the last slab has left back to the arena. */
void rs_value_writer_finish(struct rs_value_writer *w);
/* Room for size bytes at the place where the next value begins; NULL beyond the arena's maximum. The caller moves w->p
 * to the end of what it wrote. */
char *rs_value_writer_more(struct rs_value_writer *w, size_t size);

static inline char *rs_value_writer_room(struct rs_value_writer *w, size_t size)
{
	/* Also where size is 0: an empty value points somewhere, as any other. */
	return w->p && (size_t)(w->end - w->p) >= size ? w->p : rs_value_writer_more(w, size);
}

/* One image of a row, that is being read. */
struct rs_image {
	const struct rs_layout_column *columns;
	uint32_t n_columns;
	const uint8_t *present;  /* a bit a column; NULL: all are there */
	const uint8_t *nulls;    /* a bit a column that is there */
	uint32_t column;         /* the next one */
	uint32_t n_present;      /* columns before it that are there */
	const uint8_t *p, *end;  /* what is left of the row data */
};

/* Decodes the columns from the next one on into values, which has as many as the image; those that are not there stay as
 * they are. Ends before a JSON document (RS_DECODED_JSON), which the caller reads from image->p before it goes on with the
 * column after it; at an error image->column is the one in question. */
enum rs_decoded rs_image_decode(struct rs_value_writer *w, struct rs_image *image, struct rs_value *values);

/* Bytes of a value in the log; 0 where it has a length of its own. */
size_t rs_value_fixed_size(const struct rs_layout_column *col);

/* Shared with binary JSON, whose scalars have the same forms: each writes text at out and returns its end. */
char *rs_value_write_decimal(char *out, const uint8_t *bytes, unsigned precision, unsigned scale); /* NULL: bad */
size_t rs_value_decimal_size(unsigned precision, unsigned scale);
/* A packed time (signed) or date and time of MySQL's 5.6 formats, with fsp digits of fraction. */
char *rs_value_write_time(char *out, int64_t packed, unsigned fsp);
char *rs_value_write_date(char *out, uint64_t packed);
char *rs_value_write_datetime(char *out, uint64_t packed, unsigned fsp);

#define RS_DECIMAL_TEXT_MAX (81 + 3)
#define RS_TEMPORAL_TEXT_MAX 40

#endif
