/* MySQL's GTIDs: sets of intervals a server and tag. */
#include "codec/gtid.h"

#include <string.h>

#include "base/i18n.h"
#include "base/mem.h"
#include "codec/number.h"
#include "codec/reader.h"

#define GNO_MAX ((uint64_t)INT64_MAX) /* exclusive: the servers' own limit */
#define TAGGED_FORMAT 1               /* first and last byte of the tagged variant's head */

/* --- uuids and single ids --------------------------------------------------------------------------------------- */

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static int hex_digit(char c)
{
	if (is_digit(c))
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* 36 lower-case characters, no NUL. Returns the end. */
static char *print_uuid(const uint8_t uuid[16], char *out)
{
	static const char digits[] = "0123456789abcdef";

	for (int i = 0; i < 16; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			*out++ = '-';
		*out++ = digits[uuid[i] >> 4];
		*out++ = digits[uuid[i] & 15];
	}
	return out;
}

/* With or without dashes, len characters; false for anything else. */
static bool parse_uuid(uint8_t uuid[16], const char *text, size_t len)
{
	const char *p = text;

	if (len != 36 && len != 32)
		return false;
	for (int i = 0; i < 16; i++) {
		int high, low;

		if (len == 36 && (i == 4 || i == 6 || i == 8 || i == 10) && *p++ != '-')
			return false;
		high = hex_digit(p[0]);
		low = high < 0 ? -1 : hex_digit(p[1]);
		if (low < 0)
			return false;
		uuid[i] = (uint8_t)(high << 4 | low);
		p += 2;
	}
	return true;
}

char *rs_gtid_print(const struct rs_gtid *g, char *buf)
{
	char *p = print_uuid(g->uuid, buf);
	size_t tag = strlen(g->tag);

	*p++ = ':';
	if (tag) {
		memcpy(p, g->tag, tag);
		p += tag;
		*p++ = ':';
	}
	*rs_number_u64(p, g->gno) = 0;
	return buf;
}

enum rs_rc rs_gtid_parse(struct rs_gtid *g, const char *text, struct rs_err *err)
{
	struct rs_gtid_set set = RS_GTID_SET_INIT;
	bool single;

	if (rs_gtid_set_parse(&set, text, err) != RS_OK)
		return RS_FAIL;
	single = rs_gtid_set_count(&set) == 1;
	if (single) {
		memcpy(g->uuid, set.sources[0].uuid, sizeof g->uuid);
		memcpy(g->tag, set.sources[0].tag, sizeof g->tag);
		g->gno = set.sources[0].intervals[0].start;
	}
	rs_gtid_set_clear(&set);
	return single ? RS_OK : rs_err_set(err, RS_E_VALUE, _("not a single transaction id: %s"), text);
}

/* --- sets ------------------------------------------------------------------------------------------------------- */

void rs_gtid_set_clear(struct rs_gtid_set *s)
{
	for (size_t i = 0; i < s->n_sources; i++)
		free(s->sources[i].intervals);
	free(s->sources);
	*s = (struct rs_gtid_set)RS_GTID_SET_INIT;
}

void rs_gtid_set_copy(struct rs_gtid_set *to, const struct rs_gtid_set *from)
{
	struct rs_gtid_set copy = RS_GTID_SET_INIT;

	rs_gtid_set_union(&copy, from);
	rs_gtid_set_clear(to);
	*to = copy;
}

static int compare_source(const struct rs_gtid_source *s, const uint8_t uuid[16], const char *tag)
{
	int order = memcmp(s->uuid, uuid, sizeof s->uuid);

	return order ? order : strcmp(s->tag, tag);
}

/* Index of the source, or of the place where it belongs. */
static size_t place_of(const struct rs_gtid_set *s, const uint8_t uuid[16], const char *tag, bool *found)
{
	size_t lo = 0, hi = s->n_sources;

	*found = false;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		int order = compare_source(&s->sources[mid], uuid, tag);

		if (order == 0) {
			*found = true;
			return mid;
		}
		if (order < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static const struct rs_gtid_source *find_source(const struct rs_gtid_set *s, const uint8_t uuid[16], const char *tag)
{
	bool found;
	size_t i = place_of(s, uuid, tag, &found);

	return found ? &s->sources[i] : NULL;
}

static struct rs_gtid_source *get_source(struct rs_gtid_set *s, const uint8_t uuid[16], const char *tag)
{
	bool found;
	size_t i = place_of(s, uuid, tag, &found);
	struct rs_gtid_source *source;

	if (found)
		return &s->sources[i];
	RS_GROW(s->sources, s->n_sources, s->cap);
	source = &s->sources[i];
	memmove(source + 1, source, (s->n_sources - i) * sizeof *source);
	s->n_sources++;
	memset(source, 0, sizeof *source);
	memcpy(source->uuid, uuid, sizeof source->uuid);
	snprintf(source->tag, sizeof source->tag, "%s", tag);
	return source;
}

static void remove_source(struct rs_gtid_set *s, size_t i)
{
	free(s->sources[i].intervals);
	s->n_sources--;
	memmove(&s->sources[i], &s->sources[i + 1], (s->n_sources - i) * sizeof *s->sources);
}

/* Index of the first interval that ends at or after gno. Ids mostly come in order: the last one is tried first. */
static size_t first_ending_at(const struct rs_gtid_source *s, uint64_t gno)
{
	size_t lo = 0, hi = s->n_intervals;

	if (hi && s->intervals[hi - 1].end < gno)
		return hi;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (s->intervals[mid].end < gno)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* Puts n intervals in the place of the count ones at i. */
static void splice(struct rs_gtid_source *s, size_t i, size_t count, const struct rs_gtid_interval *with, size_t n)
{
	if (s->n_intervals - count + n > s->cap) {
		s->cap = s->cap ? s->cap * 2 : 4;
		s->intervals = rs_xrealloc(s->intervals, s->cap * sizeof *s->intervals);
	}
	memmove(&s->intervals[i + n], &s->intervals[i + count], (s->n_intervals - i - count) * sizeof *with);
	memcpy(&s->intervals[i], with, n * sizeof *with);
	s->n_intervals = s->n_intervals - count + n;
}

static void add_interval(struct rs_gtid_source *s, uint64_t start, uint64_t end)
{
	size_t i = first_ending_at(s, start), j = i;
	struct rs_gtid_interval whole = {start, end};

	for (; j < s->n_intervals && s->intervals[j].start <= end; j++) {
		if (s->intervals[j].start < whole.start)
			whole.start = s->intervals[j].start;
		if (s->intervals[j].end > whole.end)
			whole.end = s->intervals[j].end;
	}
	splice(s, i, j - i, &whole, 1);
}

static void subtract_interval(struct rs_gtid_source *s, uint64_t start, uint64_t end)
{
	size_t i = first_ending_at(s, start + 1), j = i, n = 0;
	struct rs_gtid_interval rest[2];

	while (j < s->n_intervals && s->intervals[j].start < end)
		j++;
	if (i == j)
		return;
	if (s->intervals[i].start < start)
		rest[n++] = (struct rs_gtid_interval){s->intervals[i].start, start};
	if (s->intervals[j - 1].end > end)
		rest[n++] = (struct rs_gtid_interval){end, s->intervals[j - 1].end};
	splice(s, i, j - i, rest, n);
}

void rs_gtid_set_add_range(struct rs_gtid_set *s, const uint8_t uuid[16], const char *tag, uint64_t start, uint64_t end)
{
	if (start < end)
		add_interval(get_source(s, uuid, tag), start, end);
}

void rs_gtid_set_add(struct rs_gtid_set *s, const struct rs_gtid *g)
{
	rs_gtid_set_add_range(s, g->uuid, g->tag, g->gno, g->gno + 1);
}

void rs_gtid_set_union(struct rs_gtid_set *s, const struct rs_gtid_set *other)
{
	if (s == other)
		return;
	for (size_t i = 0; i < other->n_sources; i++) {
		const struct rs_gtid_source *from = &other->sources[i];
		struct rs_gtid_source *to = get_source(s, from->uuid, from->tag);

		for (size_t j = 0; j < from->n_intervals; j++)
			add_interval(to, from->intervals[j].start, from->intervals[j].end);
	}
}

void rs_gtid_set_subtract(struct rs_gtid_set *s, const struct rs_gtid_set *other)
{
	if (s == other) {
		rs_gtid_set_clear(s);
		return;
	}
	for (size_t i = 0; i < other->n_sources; i++) {
		const struct rs_gtid_source *from = &other->sources[i];
		bool found;
		size_t at = place_of(s, from->uuid, from->tag, &found);

		if (!found)
			continue;
		for (size_t j = 0; j < from->n_intervals; j++)
			subtract_interval(&s->sources[at], from->intervals[j].start, from->intervals[j].end);
		if (s->sources[at].n_intervals == 0)
			remove_source(s, at);
	}
}

/* Whether one interval holds all of start … end - 1. */
static bool covers(const struct rs_gtid_source *s, uint64_t start, uint64_t end)
{
	size_t i = first_ending_at(s, end);

	return i < s->n_intervals && s->intervals[i].start <= start;
}

bool rs_gtid_set_contains(const struct rs_gtid_set *s, const struct rs_gtid *g)
{
	const struct rs_gtid_source *source = find_source(s, g->uuid, g->tag);

	return source && covers(source, g->gno, g->gno + 1);
}

bool rs_gtid_set_includes(const struct rs_gtid_set *s, const struct rs_gtid_set *other)
{
	for (size_t i = 0; i < other->n_sources; i++) {
		const struct rs_gtid_source *theirs = &other->sources[i];
		const struct rs_gtid_source *ours = find_source(s, theirs->uuid, theirs->tag);

		for (size_t j = 0; j < theirs->n_intervals; j++)
			if (!ours || !covers(ours, theirs->intervals[j].start, theirs->intervals[j].end))
				return false;
	}
	return true;
}

bool rs_gtid_set_equal(const struct rs_gtid_set *a, const struct rs_gtid_set *b)
{
	return rs_gtid_set_includes(a, b) && rs_gtid_set_includes(b, a);
}

bool rs_gtid_set_texts_equal(const char *a, const char *b)
{
	struct rs_gtid_set x = RS_GTID_SET_INIT, y = RS_GTID_SET_INIT;
	bool same = rs_gtid_set_parse(&x, a, NULL) == RS_OK && rs_gtid_set_parse(&y, b, NULL) == RS_OK && rs_gtid_set_equal(&x, &y);

	rs_gtid_set_clear(&x);
	rs_gtid_set_clear(&y);
	return same;
}

/* A replica may execute out of order, and has gaps while it does; what it lacks before its first transaction it never had. */
static bool began_later(const struct rs_gtid_set *theirs, const struct rs_gtid_source *missing)
{
	const struct rs_gtid_source *source = find_source(theirs, missing->uuid, missing->tag);

	return source && source->intervals[0].start > missing->intervals[0].start;
}

static bool have_common_source(const struct rs_gtid_set *a, const struct rs_gtid_set *b)
{
	for (size_t i = 0; i < b->n_sources; i++)
		if (find_source(a, b->sources[i].uuid, b->sources[i].tag))
			return true;
	return false;
}

enum rs_succession rs_gtid_set_succession(const struct rs_gtid_set *theirs, const struct rs_gtid_set *ours)
{
	struct rs_gtid_set missing = RS_GTID_SET_INIT;
	enum rs_succession found;

	if (!have_common_source(theirs, ours))
		return RS_STRANGER;
	rs_gtid_set_copy(&missing, ours);
	rs_gtid_set_subtract(&missing, theirs);
	found = rs_gtid_set_is_empty(&missing) ? RS_SUCCEEDS : RS_LAGS;
	for (size_t i = 0; i < missing.n_sources; i++)
		if (began_later(theirs, &missing.sources[i]))
			found = RS_DIVERGED;
	rs_gtid_set_clear(&missing);
	return found;
}

enum rs_rc rs_gtid_set_add_ids(struct rs_gtid_set *s, const struct rs_position_set *ids, struct rs_err *err)
{
	enum rs_rc rc = RS_OK;

	for (size_t i = 0; rc == RS_OK && i < ids->n; i++) {
		const struct rs_position_file *f = &ids->files[i];
		char *first = rs_xprintf("%s:%llu", f->name, (unsigned long long)f->offsets[0]);
		struct rs_gtid g;
		rc = rs_gtid_parse(&g, first, err);
		for (size_t k = 0; rc == RS_OK && k < f->n; k++) {
			g.gno = f->offsets[k];
			rs_gtid_set_add(s, &g);
		}
		free(first);
	}
	return rc;
}

uint64_t rs_gtid_set_count(const struct rs_gtid_set *s)
{
	uint64_t count = 0;

	for (size_t i = 0; i < s->n_sources; i++)
		for (size_t j = 0; j < s->sources[i].n_intervals; j++) {
			uint64_t n = s->sources[i].intervals[j].end - s->sources[i].intervals[j].start;

			count = n > UINT64_MAX - count ? UINT64_MAX : count + n;
		}
	return count;
}

/* --- text ------------------------------------------------------------------------------------------------------- */

static void skip_space(const char **p)
{
	while (**p == ' ' || **p == '\t' || **p == '\n' || **p == '\r')
		++*p;
}

static bool read_number(const char **p, uint64_t *out)
{
	uint64_t v = 0;

	skip_space(p);
	if (!is_digit(**p))
		return false;
	for (; is_digit(**p); ++*p) {
		uint64_t digit = (uint64_t)(**p - '0');

		if (v > (GNO_MAX - 1 - digit) / 10)
			return false;
		v = v * 10 + digit;
	}
	*out = v;
	return v > 0;
}

static bool read_interval(const char **p, uint64_t *start, uint64_t *end)
{
	if (!read_number(p, start))
		return false;
	*end = *start;
	skip_space(p);
	if (**p != '-')
		return ++*end, true;
	++*p;
	if (!read_number(p, end) || *end < *start)
		return false;
	++*end;
	return true;
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

static bool is_tag_start(char c)
{
	c = lower(c);
	return c == '_' || (c >= 'a' && c <= 'z');
}

static bool read_tag(const char **p, char tag[RS_GTID_TAG_MAX + 1])
{
	size_t n = 0;

	for (; is_tag_start(**p) || is_digit(**p); ++*p) {
		if (n == RS_GTID_TAG_MAX)
			return false;
		tag[n++] = lower(**p);
	}
	tag[n] = 0;
	return true;
}

/* What follows one uuid: intervals, and tags to which the intervals after them belong. */
static bool read_intervals(struct rs_gtid_set *s, const uint8_t uuid[16], const char **p)
{
	char tag[RS_GTID_TAG_MAX + 1] = "";
	bool any = false;

	for (skip_space(p); **p == ':'; skip_space(p)) {
		uint64_t start, end;

		++*p;
		skip_space(p);
		if (is_tag_start(**p)) {
			if (!read_tag(p, tag))
				return false;
			any = false;
			continue;
		}
		if (!read_interval(p, &start, &end))
			return false;
		rs_gtid_set_add_range(s, uuid, tag, start, end);
		any = true;
	}
	return any;
}

static bool read_source(struct rs_gtid_set *s, const char **p)
{
	uint8_t uuid[16];
	size_t n = strspn(*p, "0123456789abcdefABCDEF-");

	if (!parse_uuid(uuid, *p, n))
		return false;
	*p += n;
	return read_intervals(s, uuid, p);
}

enum rs_rc rs_gtid_set_parse(struct rs_gtid_set *s, const char *text, struct rs_err *err)
{
	struct rs_gtid_set read = RS_GTID_SET_INIT;
	const char *p = text;
	bool good = true;

	for (skip_space(&p); *p && good; skip_space(&p)) {
		if (*p == ',')
			p++;
		else
			good = read_source(&read, &p) && (*p == ',' || *p == 0);
	}
	if (good)
		rs_gtid_set_union(s, &read);
	rs_gtid_set_clear(&read);
	return good ? RS_OK : rs_err_set(err, RS_E_VALUE, _("not a set of transaction ids: %s"), text);
}

enum rs_rc rs_gtid_set_print(const struct rs_gtid_set *s, struct rs_buf *out)
{
	for (size_t i = 0; i < s->n_sources; i++) {
		const struct rs_gtid_source *source = &s->sources[i];
		char uuid[37];

		*print_uuid(source->uuid, uuid) = 0;
		if (i == 0 || memcmp(source->uuid, s->sources[i - 1].uuid, sizeof source->uuid) != 0)
			rs_buf_addf(out, "%s%s", i ? "," : "", uuid);
		if (*source->tag)
			rs_buf_addf(out, ":%s", source->tag);
		for (size_t j = 0; j < source->n_intervals; j++) {
			rs_buf_addc(out, ':');
			rs_buf_addu64(out, source->intervals[j].start);
			if (source->intervals[j].end - source->intervals[j].start > 1) {
				rs_buf_addc(out, '-');
				rs_buf_addu64(out, source->intervals[j].end - 1);
			}
		}
	}
	return rs_buf_failed(out) ? RS_FAIL : RS_OK;
}

/* --- bytes ------------------------------------------------------------------------------------------------------ */

static void add_u64(struct rs_buf *out, uint64_t v)
{
	uint8_t bytes[8];

	for (int i = 0; i < 8; i++)
		bytes[i] = (uint8_t)(v >> (8 * i));
	rs_buf_add(out, bytes, sizeof bytes);
}

enum rs_rc rs_gtid_set_encode(const struct rs_gtid_set *s, struct rs_buf *out)
{
	bool tagged = false;

	for (size_t i = 0; i < s->n_sources; i++)
		tagged |= *s->sources[i].tag != 0;
	add_u64(out, tagged ? (uint64_t)TAGGED_FORMAT << 56 | (uint64_t)s->n_sources << 8 | TAGGED_FORMAT : s->n_sources);
	for (size_t i = 0; i < s->n_sources; i++) {
		const struct rs_gtid_source *source = &s->sources[i];

		rs_buf_add(out, source->uuid, sizeof source->uuid);
		if (tagged) {
			rs_buf_addc(out, (char)(strlen(source->tag) << 1));
			rs_buf_adds(out, source->tag);
		}
		add_u64(out, source->n_intervals);
		for (size_t j = 0; j < source->n_intervals; j++) {
			add_u64(out, source->intervals[j].start);
			add_u64(out, source->intervals[j].end);
		}
	}
	return rs_buf_failed(out) ? RS_FAIL : RS_OK;
}

static void decode_tag(struct rs_reader *r, char tag[RS_GTID_TAG_MAX + 1])
{
	uint8_t len = rs_reader_u8(r);
	struct rs_slice bytes = rs_reader_slice(r, len >> 1);

	if ((len & 1) || bytes.len > RS_GTID_TAG_MAX)
		r->bad = true;
	for (size_t i = 0; i < bytes.len && !r->bad; i++) {
		r->bad = !is_tag_start(bytes.bytes[i]) && (i == 0 || !is_digit(bytes.bytes[i]));
		tag[i] = lower(bytes.bytes[i]);
		tag[i + 1] = 0;
	}
}

static void decode_source(struct rs_gtid_set *s, struct rs_reader *r, bool tagged)
{
	const uint8_t *uuid = rs_reader_take(r, 16);
	char tag[RS_GTID_TAG_MAX + 1] = "";
	uint64_t n;

	if (tagged)
		decode_tag(r, tag);
	n = rs_reader_u64(r);
	if (n > rs_reader_left(r) / 16)
		r->bad = true;
	for (; n && !r->bad; n--) {
		uint64_t start = rs_reader_u64(r), end = rs_reader_u64(r);

		if (start == 0 || end <= start || end > GNO_MAX)
			r->bad = true;
		else
			rs_gtid_set_add_range(s, uuid, tag, start, end);
	}
}

enum rs_rc rs_gtid_set_decode(struct rs_gtid_set *s, const void *bytes, size_t len, struct rs_err *err)
{
	struct rs_reader r = rs_reader_of(bytes, len);
	uint64_t head = rs_reader_u64(&r);
	bool tagged = head >> 56 == TAGGED_FORMAT;
	uint64_t n = tagged ? head << 8 >> 16 : head;
	struct rs_gtid_set read = RS_GTID_SET_INIT;

	if (tagged && (head & 0xff) != TAGGED_FORMAT)
		r.bad = true;
	for (; n && !r.bad; n--)
		decode_source(&read, &r, tagged);
	if (rs_reader_left(&r))
		r.bad = true;
	if (!r.bad)
		rs_gtid_set_union(s, &read);
	rs_gtid_set_clear(&read);
	if (r.bad)
		return rs_err_set(err, RS_E_EVENT_MALFORMED, _("a set of transaction ids is malformed at byte %zu of %zu"),
		                  rs_reader_offset(&r), len);
	return RS_OK;
}
