/* A value inside of a binary JSON document. Private to binary_json.c and json_patch.c. */
#ifndef RS_JSON_NODE_H
#define RS_JSON_NODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/buf.h"
#include "codec/reader.h"

#define RS_JSON_DEPTH_MAX 100 /* the server's own limit */

enum rs_json_type {
	RS_J_SMALL_OBJECT = 0x00,
	RS_J_LARGE_OBJECT = 0x01,
	RS_J_SMALL_ARRAY = 0x02,
	RS_J_LARGE_ARRAY = 0x03,
	RS_J_LITERAL = 0x04,
	RS_J_INT16 = 0x05,
	RS_J_UINT16 = 0x06,
	RS_J_INT32 = 0x07,
	RS_J_UINT32 = 0x08,
	RS_J_INT64 = 0x09,
	RS_J_UINT64 = 0x0a,
	RS_J_DOUBLE = 0x0b,
	RS_J_STRING = 0x0c,
	RS_J_OPAQUE = 0x0f
};

struct rs_json_node {
	uint8_t type;
	const uint8_t *data; /* after the type */
	size_t len;          /* bytes up to the end of what it is in */
};

/* Printing. The budget is what malformed documents can't exceed: in a good one no two values share bytes, so that
 * there are no more values, and no longer strings, than the document has bytes. */
struct rs_json_printer {
	struct rs_buf *out;
	size_t budget;
};

/* The whole document; no bytes are null. */
struct rs_json_node rs_json_root(const void *doc, size_t len);
bool rs_json_is_object(const struct rs_json_node *n);
bool rs_json_is_container(const struct rs_json_node *n);
/* Number of members or elements; false: malformed. */
bool rs_json_count(const struct rs_json_node *n, size_t *count);
/* Element i < count, and its key in an object. */
bool rs_json_child(const struct rs_json_node *n, size_t count, size_t i, struct rs_slice *key, struct rs_json_node *out);
bool rs_json_print_node(struct rs_json_printer *p, const struct rs_json_node *n, int depth);
/* "…" with escapes. */
bool rs_json_print_string(struct rs_json_printer *p, struct rs_slice text);

#endif
