/* Reading bytes, little-endian unless it is said, with every length checked. A read past the end gives zero, marks the reader bad and moves
 * nothing, so that a parser reads all its fields and looks at bad once, before it uses them. No ownership: slices point
 * into what is read. */
#ifndef RS_READER_H
#define RS_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Bytes that someone else owns; not NUL-terminated. */
struct rs_slice {
	const char *bytes;
	size_t len;
};

struct rs_reader {
	const uint8_t *start; /* for offsets in messages */
	const uint8_t *p, *end;
	bool bad;             /* something did not fit; stays set */
};

static inline struct rs_reader rs_reader_of(const void *bytes, size_t len)
{
	const uint8_t *p = bytes;

	return (struct rs_reader){p, p, p + len, false};
}

static inline size_t rs_reader_left(const struct rs_reader *r) { return (size_t)(r->end - r->p); }
static inline size_t rs_reader_offset(const struct rs_reader *r) { return (size_t)(r->p - r->start); }

/* The next n bytes, or NULL. */
static inline const uint8_t *rs_reader_take(struct rs_reader *r, size_t n)
{
	const uint8_t *p = r->p;

	if (r->bad || rs_reader_left(r) < n) {
		r->bad = true;
		return NULL;
	}
	r->p += n;
	return p;
}

/* Little-endian numbers; compilers make one load of each. */
static inline uint32_t rs_le2(const uint8_t *p) { return p[0] | (uint32_t)p[1] << 8; }
static inline uint32_t rs_le4(const uint8_t *p) { return rs_le2(p) | rs_le2(p + 2) << 16; }
static inline uint64_t rs_le8(const uint8_t *p) { return rs_le4(p) | (uint64_t)rs_le4(p + 4) << 32; }

/* Of n bytes, at most 8. */
static inline uint64_t rs_le(const uint8_t *p, size_t n)
{
	uint64_t v = 0;

	switch (n) {
	case 1: return p[0];
	case 2: return rs_le2(p);
	case 3: return rs_le2(p) | (uint32_t)p[2] << 16;
	case 4: return rs_le4(p);
	case 8: return rs_le8(p);
	default:
		for (size_t i = 0; i < n; i++)
			v |= (uint64_t)p[i] << (8 * i);
		return v;
	}
}

/* Big-endian, likewise. */
static inline uint32_t rs_be2(const uint8_t *p) { return (uint32_t)p[0] << 8 | p[1]; }
static inline uint32_t rs_be4(const uint8_t *p) { return rs_be2(p) << 16 | rs_be2(p + 2); }

static inline uint64_t rs_be(const uint8_t *p, size_t n)
{
	uint64_t v = 0;

	switch (n) {
	case 1: return p[0];
	case 2: return rs_be2(p);
	case 3: return rs_be2(p) << 8 | p[2];
	case 4: return rs_be4(p);
	case 5: return (uint64_t)rs_be4(p) << 8 | p[4];
	default:
		for (size_t i = 0; i < n; i++)
			v = v << 8 | p[i];
		return v;
	}
}

/* An unsigned integer of n bytes, at most 8. */
static inline uint64_t rs_reader_uint(struct rs_reader *r, size_t n)
{
	const uint8_t *p = rs_reader_take(r, n);

	return p ? rs_le(p, n) : 0;
}

/* The same, big-endian. */
static inline uint64_t rs_reader_be(struct rs_reader *r, size_t n)
{
	const uint8_t *p = rs_reader_take(r, n);

	return p ? rs_be(p, n) : 0;
}

static inline uint8_t rs_reader_u8(struct rs_reader *r) { return (uint8_t)rs_reader_uint(r, 1); }
static inline uint16_t rs_reader_u16(struct rs_reader *r) { return (uint16_t)rs_reader_uint(r, 2); }
static inline uint32_t rs_reader_u32(struct rs_reader *r) { return (uint32_t)rs_reader_uint(r, 4); }
static inline uint64_t rs_reader_u64(struct rs_reader *r) { return rs_reader_uint(r, 8); }

/* MySQL's length-encoded integer; the bytes that mean NULL or an error are bad here. */
static inline uint64_t rs_reader_lenenc(struct rs_reader *r)
{
	uint8_t first = rs_reader_u8(r);

	if (first < 251)
		return first;
	if (first == 252)
		return rs_reader_uint(r, 2);
	if (first == 253)
		return rs_reader_uint(r, 3);
	if (first == 254)
		return rs_reader_uint(r, 8);
	r->bad = true;
	return 0;
}

static inline struct rs_slice rs_reader_slice(struct rs_reader *r, uint64_t n)
{
	const uint8_t *p = n <= rs_reader_left(r) ? rs_reader_take(r, (size_t)n) : NULL;

	if (!p) {
		r->bad = true;
		return (struct rs_slice){NULL, 0};
	}
	return (struct rs_slice){(const char *)p, (size_t)n};
}

/* A string after its one-byte or length-encoded length. */
static inline struct rs_slice rs_reader_string1(struct rs_reader *r) { return rs_reader_slice(r, rs_reader_u8(r)); }
static inline struct rs_slice rs_reader_string(struct rs_reader *r) { return rs_reader_slice(r, rs_reader_lenenc(r)); }
/* Text that ends with a NUL, which is taken as well; "" where none is there. */
static inline const char *rs_reader_cstring(struct rs_reader *r)
{
	const uint8_t *nul = r->bad || !rs_reader_left(r) ? NULL : memchr(r->p, 0, rs_reader_left(r));
	const char *text = (const char *)r->p;

	if (!nul) {
		r->bad = true;
		return "";
	}
	r->p = nul + 1;
	return text;
}
/* Everything that is left. */
static inline struct rs_slice rs_reader_rest(struct rs_reader *r) { return rs_reader_slice(r, rs_reader_left(r)); }

static inline bool rs_slice_is(struct rs_slice s, const char *text)
{
	size_t n = strlen(text);

	return s.len == n && memcmp(s.bytes, text, n) == 0;
}

#endif
