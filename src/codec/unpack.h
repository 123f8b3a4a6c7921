/* MariaDB's compressed pieces of events: a byte 0x80 | n, n bytes of the unpacked length (big endian), zlib data.
 * Compressed columns have the same head; a bit of it says that the data lack zlib's frame. */
#ifndef RS_UNPACK_H
#define RS_UNPACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "codec/reader.h"

/* Reads the head and leaves r at the data. False for a head that is none, or a length that the data can't have. */
bool rs_unpack_size(struct rs_reader *r, uint64_t *size);
/* Unpacks all that is left of r into exactly size bytes. */
bool rs_unpack(struct rs_reader *r, void *out, size_t size, bool raw);

#endif
