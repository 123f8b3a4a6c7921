/* Rows events, of every version, into the canonical values of model/value.h.
 *
 * The decoder is a cursor over one event that fills one rs_change after another, so that an event of any size becomes
 * items of bounded size. Values are copied into the change's arena; nothing points into the event afterwards. The
 * object keeps its working memory from event to event. One owner, no locking.
 *
 * In an UPDATE a column that is missing from the after image was not changed: it gets the value of the before image
 * where that one has it (the same bytes pointer), and stays RS_ABSENT where neither has it, or where it is generated. In
 * an INSERT a missing column has its default. */
#ifndef RS_BINLOG_ROWS_H
#define RS_BINLOG_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "codec/binlog_event.h"
#include "codec/binlog_table.h"
#include "model/change.h"

struct rs_rows {
	/* set by rs_rows_open */
	uint64_t table_id;
	enum rs_op op;
	bool statement_end;         /* table ids are void after this event */
	bool no_foreign_keys;
	bool partial_json;          /* PARTIAL_UPDATE_ROWS */
	bool dummy;                 /* no table, no rows: just ends the statement */
	uint32_t width;             /* columns, as the event has it */
	struct rs_event event;
	const uint8_t *present_before; /* bit maps over the columns, of the images there are; else NULL */
	const uint8_t *present_after;
	uint32_t n_before, n_after; /* columns in them */
	struct rs_reader data;
	const struct rs_layout *layout; /* by rs_rows_bind */
	uint64_t row;               /* number of rows decoded so far, for messages */

	/* working memory */
	struct rs_buf unpacked;     /* row data of a compressed event */
	struct rs_buf text;         /* JSON on its way to the arena */
	struct rs_arena work;       /* for patching JSON */
	struct rs_slice *documents; /* JSON of the before image, by number among the JSON columns */
	size_t cap_documents;
	struct rs_row_change *rows; /* collected for one change */
	size_t n_rows, cap_rows;
};

/* max_event: most bytes that a compressed event may unpack to. */
void rs_rows_init(struct rs_rows *r, size_t max_event);
void rs_rows_release(struct rs_rows *r);
/* Reads the event's own header, after which table_id tells which table it is about. The event's bytes must stay until
 * its last row is decoded. */
enum rs_rc rs_rows_open(struct rs_rows *r, const struct rs_binlog_format *f, const struct rs_event *ev,
                        struct rs_err *err);
/* Says how to decode. RS_E_SCHEMA_DRIFT where the number of columns is another. */
enum rs_rc rs_rows_bind(struct rs_rows *r, const struct rs_layout *layout, struct rs_err *err);
/* Fills c (of kind RS_CHANGE_ROWS, empty) with rows until its arena holds max_bytes or the event ends; at least one.
 * RS_OK; RS_EOF where no row was left: then c is as it was. Sets op, table, rows, n_rows, bytes, server_id, timestamp,
 * no_foreign_keys, and statement_end on the last change of the event. */
enum rs_rc rs_rows_next(struct rs_rows *r, struct rs_change *c, size_t max_bytes, struct rs_err *err);

#endif
