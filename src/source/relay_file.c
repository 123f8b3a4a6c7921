#include "source/relay_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>
#include <zstd.h>
#include "base/mem.h"

#define MAGIC "RDSRELAY"
#define FORMAT 1
#define PREFIX 24                  /* magic, version, length, checksum */
#define HEAD_MAX ((uint64_t)64 << 20)
#define BLOCK_MAGIC 0x4b4c4252u
#define BLOCK_HEADER 56
#define BOUNDARY 1u
#define GTIDS 2u                   /* the set is known; it may be empty */
#define LEVEL 1

static void put(struct rs_buf *out, uint64_t v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		rs_buf_addc(out, (char)(v >> (8 * i) & 0xff));
}

static void put_bytes(struct rs_buf *out, const void *bytes, size_t len)
{
	put(out, len, 4);
	rs_buf_add(out, bytes, len);
}

static void put_text(struct rs_buf *out, const char *text) { put_bytes(out, text ? text : "", text ? strlen(text) : 0); }

static char *get_text(struct rs_reader *r)
{
	struct rs_slice s = rs_reader_slice(r, rs_reader_u32(r));

	return rs_xstrndup(s.bytes ? s.bytes : "", s.len);
}

static bool read_at(int fd, uint64_t at, size_t len, struct rs_buf *out)
{
	rs_buf_clear(out);
	if (rs_buf_reserve(out, len) != RS_OK)
		return false;
	while (out->len < len) {
		ssize_t n = pread(fd, out->data + out->len, len - out->len, (off_t)(at + out->len));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		out->len += (size_t)n;
	}
	return true;
}

/* ---------------------------------------------------------------- segments */

void rs_relay_segment_free(struct rs_relay_segment *s)
{
	free(s->path);
	free(s->task);
	free(s->identity);
	free(s->follows);
	rs_position_clear(&s->start);
	rs_position_clear(&s->end);
	rs_buf_release(&s->format);
	*s = (struct rs_relay_segment){0};
}

bool rs_relay_segment_is(const char *name, uint64_t *number)
{
	int used = 0;

	return strlen(name) == 26 && sscanf(name, "%20" SCNu64 ".relay%n", number, &used) == 1 && used == 26;
}

static void put_head(const struct rs_relay_segment *s, struct rs_buf *out)
{
	put(out, s->number, 8);
	put(out, s->start.offset, 8);
	put_text(out, s->task);
	put_text(out, s->identity);
	put_text(out, s->start.file);
	put_text(out, s->start.log);
	put(out, s->start.gtid != NULL, 1);
	put_text(out, s->start.gtid);
	put_text(out, s->follows);
	put_bytes(out, s->format.data, s->format.len);
}

static bool get_head(struct rs_relay_segment *s, const struct rs_buf *head)
{
	struct rs_reader r = rs_reader_of(head->data, head->len);

	s->number = rs_reader_u64(&r);
	s->start.offset = rs_reader_u64(&r);
	s->task = get_text(&r);
	s->identity = get_text(&r);
	s->start.file = get_text(&r);
	s->start.log = get_text(&r);
	bool known = rs_reader_u8(&r) != 0;
	char *gtid = get_text(&r);
	rs_position_set_gtid(&s->start, known ? gtid : NULL);
	free(gtid);
	s->follows = get_text(&r);
	struct rs_slice format = rs_reader_slice(&r, rs_reader_u32(&r));
	rs_buf_add(&s->format, format.bytes, format.len);
	return !r.bad && rs_reader_left(&r) == 0;
}

static void begins(struct rs_relay_segment *s, uint64_t head)
{
	s->size = s->committed = head;
	s->blocks = false;
	s->time = 0;
	rs_position_copy(&s->end, &s->start);
}

bool rs_relay_write_at(int fd, const struct rs_buf *bytes, uint64_t at)
{
	for (size_t done = 0; done < bytes->len;) {
		ssize_t n = pwrite(fd, bytes->data + done, bytes->len - done, (off_t)(at + done));
		if (n < 0 && errno != EINTR)
			return false;
		if (n > 0)
			done += (size_t)n;
	}
	return true;
}

int rs_relay_segment_make(struct rs_relay_segment *s)
{
	struct rs_buf head = RS_BUF_INIT, all = RS_BUF_INIT;
	int fd = open(s->path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600), why = errno;

	put_head(s, &head);
	rs_buf_adds(&all, MAGIC);
	put(&all, FORMAT, 4);
	put(&all, head.len, 4);
	put(&all, XXH64(head.data, head.len, FORMAT), 8);
	rs_buf_add(&all, head.data, head.len);
	if (fd >= 0 && !rs_relay_write_at(fd, &all, 0)) {
		why = errno;
		close(fd);
		unlink(s->path);
		fd = -1;
	}
	begins(s, all.len);
	rs_buf_release(&head);
	rs_buf_release(&all);
	errno = why;
	return fd;
}

static bool read_head(int fd, struct rs_relay_segment *s)
{
	struct rs_buf prefix = RS_BUF_INIT, head = RS_BUF_INIT;
	bool good = read_at(fd, 0, PREFIX, &prefix) && memcmp(prefix.data, MAGIC, 8) == 0;
	const uint8_t *p = (const uint8_t *)prefix.data;

	good = good && rs_le4(p + 8) == FORMAT && rs_le4(p + 12) <= HEAD_MAX && read_at(fd, PREFIX, rs_le4(p + 12), &head) &&
	       XXH64(head.data, head.len, FORMAT) == rs_le8(p + 16) && get_head(s, &head);
	if (good)
		begins(s, PREFIX + head.len);
	rs_buf_release(&prefix);
	rs_buf_release(&head);
	return good;
}

int rs_relay_segment_open(const char *path, struct rs_relay_segment *s)
{
	int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);

	*s = (struct rs_relay_segment){.path = rs_xstrdup(path), .format = RS_BUF_INIT};
	if (fd < 0)
		return -1;
	if (read_head(fd, s))
		return fd;
	close(fd);
	errno = 0;
	return -1;
}

static void commit(struct rs_relay_segment *s, const struct rs_relay_block *b)
{
	s->committed = b->next;
	s->blocks = true;
	if (!b->boundary)
		return;
	s->end.offset = b->end;
	s->time = b->time;
	char *gtid = b->has_gtid ? rs_xstrndup(b->gtid.bytes, b->gtid.len) : NULL;
	rs_position_set_gtid(&s->end, gtid);
	free(gtid);
}

bool rs_relay_segment_scan(int fd, struct rs_relay_segment *s, bool tail)
{
	struct rs_buf scratch = RS_BUF_INIT, stored = RS_BUF_INIT, raw = RS_BUF_INIT;
	struct rs_relay_block b;
	struct stat st;
	uint64_t at = s->committed;

	s->size = fstat(fd, &st) == 0 ? (uint64_t)st.st_size : at;
	while (rs_relay_block_read(fd, s->number, at, s->size, &scratch, &b)) {
		if (tail && !rs_relay_block_unpack(fd, s->number, &b, &stored, &raw))
			break;
		if (b.boundary || !tail)
			commit(s, &b);
		at = b.next;
	}
	rs_buf_release(&scratch);
	rs_buf_release(&stored);
	rs_buf_release(&raw);
	return at == s->size;
}

/* ---------------------------------------------------------------- blocks */

static size_t pack(const void *raw, size_t len, struct rs_buf *out)
{
	size_t bound = ZSTD_compressBound(len), n;

	if (rs_buf_reserve(out, bound) != RS_OK)
		return 0;
	n = ZSTD_compress(out->data + out->len, bound, raw, len, LEVEL);
	if (ZSTD_isError(n))
		return 0;
	out->len += n;
	return n;
}

void rs_relay_block_make(uint64_t segment, const struct rs_relay_block *b, const void *raw, size_t len, struct rs_buf *out)
{
	struct rs_buf body = RS_BUF_INIT;
	size_t from = out->len;

	rs_buf_add(&body, b->gtid.bytes, b->gtid.len);
	size_t stored = pack(raw, len, &body);
	put(out, BLOCK_MAGIC, 4);
	put(out, (b->boundary ? BOUNDARY : 0) | (b->has_gtid ? GTIDS : 0), 4);
	put(out, len, 4);
	put(out, stored, 4);
	put(out, b->end, 8);
	put(out, (uint64_t)b->time, 8);
	put(out, b->gtid.len, 8);
	put(out, XXH64(body.data + b->gtid.len, stored, segment), 8);
	/* The header's own is also of the GTIDs, which are read without the rest. */
	uint64_t sum = XXH64(out->data + from, BLOCK_HEADER - 8, segment) ^ XXH64(body.data, b->gtid.len, segment);
	put(out, sum, 8);
	rs_buf_add(out, body.data, body.len);
	rs_buf_release(&body);
}

/* The header's fields; false where they are no header of this segment. */
static bool parse_header(const uint8_t *p, struct rs_relay_block *b)
{
	*b = (struct rs_relay_block){.boundary = rs_le4(p + 4) & BOUNDARY, .has_gtid = rs_le4(p + 4) & GTIDS, .raw = rs_le4(p + 8), .stored = rs_le4(p + 12),
	                             .end = rs_le8(p + 16), .time = (int64_t)rs_le8(p + 24), .gtid = {NULL, rs_le8(p + 32)},
	                             .sum = rs_le8(p + 40)};
	return rs_le4(p) == BLOCK_MAGIC && b->raw <= RS_RELAY_RAW && b->stored <= ZSTD_COMPRESSBOUND(RS_RELAY_RAW) &&
	       b->gtid.len <= HEAD_MAX;
}

bool rs_relay_block_read(int fd, uint64_t segment, uint64_t at, uint64_t limit, struct rs_buf *scratch,
                         struct rs_relay_block *b)
{
	if (at + BLOCK_HEADER > limit || !read_at(fd, at, BLOCK_HEADER, scratch))
		return false;
	const uint8_t *p = (const uint8_t *)scratch->data;
	uint64_t expected = rs_le8(p + BLOCK_HEADER - 8), sum = XXH64(p, BLOCK_HEADER - 8, segment);
	if (!parse_header(p, b))
		return false;
	b->next = at + BLOCK_HEADER + b->gtid.len + b->stored;
	if (b->next > limit || !read_at(fd, at + BLOCK_HEADER, b->gtid.len, scratch))
		return false;
	b->gtid.bytes = scratch->data;
	return (sum ^ XXH64(scratch->data, b->gtid.len, segment)) == expected;
}

bool rs_relay_block_unpack(int fd, uint64_t segment, const struct rs_relay_block *b, struct rs_buf *scratch,
                           struct rs_buf *raw)
{
	rs_buf_clear(raw);
	if (!read_at(fd, b->next - b->stored, b->stored, scratch) || rs_buf_reserve(raw, b->raw) != RS_OK ||
	    XXH64(scratch->data, b->stored, segment) != b->sum)
		return false;
	raw->len = ZSTD_decompress(raw->data, b->raw, scratch->data, b->stored);
	if (ZSTD_isError(raw->len))
		raw->len = 0;
	return raw->len == b->raw;
}
