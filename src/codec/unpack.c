#include "codec/unpack.h"

#include <zlib.h>

#define RATIO_MAX 1032 /* of deflate: a longer output is impossible */

bool rs_unpack_size(struct rs_reader *r, uint64_t *size)
{
	uint8_t head = rs_reader_u8(r), n = head & 7;
	const uint8_t *p = rs_reader_take(r, n);

	if (!p || !(head & 0x80) || n == 0)
		return false;
	*size = rs_be(p, n);
	return *size / RATIO_MAX <= rs_reader_left(r);
}

bool rs_unpack(struct rs_reader *r, void *out, size_t size, bool raw)
{
	z_stream z = {.next_in = (Bytef *)(uintptr_t)r->p, .avail_in = (uInt)rs_reader_left(r), .next_out = out};
	Bytef none;
	int rc;

	if (size > UINT32_MAX || rs_reader_left(r) > UINT32_MAX)
		return false;
	if (size == 0)
		z.next_out = &none;
	z.avail_out = (uInt)size;
	if (inflateInit2(&z, raw ? -MAX_WBITS : MAX_WBITS) != Z_OK)
		return false;
	rc = inflate(&z, Z_FINISH);
	inflateEnd(&z);
	return rc == Z_STREAM_END && z.total_out == size;
}
