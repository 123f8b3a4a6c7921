#include "codec/row_value.h"

#include <string.h>

#include "codec/number.h"
#include "codec/unpack.h"

#define SLAB (32u * 1024)
#define USEC_PER_SEC 1000000

/* --- writer ----------------------------------------------------------------------------------------------------- */

void rs_value_writer_init(struct rs_value_writer *w, struct rs_arena *arena, size_t expect)
{
	*w = (struct rs_value_writer){.arena = arena, .expect = expect};
}

void rs_value_writer_finish(struct rs_value_writer *w)
{
	if (w->slab)
		rs_arena_trim(w->arena, w->slab, (size_t)(w->end - w->slab), (size_t)(w->p - w->slab));
	w->slab = w->p = w->end = NULL;
}

/* What is left of the arena's block, if that is enough; else as much as may be needed, within reason. */
static size_t slab_size(const struct rs_value_writer *w, size_t need)
{
	size_t left = (size_t)(w->arena->end - w->arena->next), size = w->expect < SLAB ? w->expect : SLAB;

	if (left >= need)
		return left < SLAB ? left : need > SLAB ? need : SLAB;
	return size > need ? size : need;
}

char *rs_value_writer_more(struct rs_value_writer *w, size_t need)
{
	size_t size;

	rs_value_writer_finish(w);
	size = slab_size(w, need);
	w->slab = rs_arena_bytes(w->arena, size);
	if (!w->slab && size > need) {
		size = need;
		w->slab = rs_arena_bytes(w->arena, size);
	}
	w->p = w->slab;
	w->end = w->slab ? w->slab + size : NULL;
	return w->slab;
}

static enum rs_decoded put(struct rs_value_writer *w, char *start, char *end, struct rs_value *out)
{
	*out = rs_value_of(start, (size_t)(end - start));
	w->p = end;
	return RS_DECODED;
}

/* --- numbers ---------------------------------------------------------------------------------------------------- */

static char *write_integer(char *at, const uint8_t *p, const struct rs_layout_column *col)
{
	uint64_t v = rs_le(p, col->len_bytes);
	unsigned unused = 64 - 8u * col->len_bytes;

	return col->is_unsigned ? rs_number_u64(at, v) : rs_number_i64(at, (int64_t)(v << unused) >> unused);
}

static char *write_float(char *at, const uint8_t *p)
{
	uint32_t bits = (uint32_t)rs_le(p, 4);
	float v;

	memcpy(&v, &bits, sizeof v);
	return rs_number_double(at, (double)v);
}

static char *write_double(char *at, const uint8_t *p)
{
	uint64_t bits = rs_le(p, 8);
	double v;

	memcpy(&v, &bits, sizeof v);
	return rs_number_double(at, v);
}

static char *write_year(char *at, const uint8_t *p)
{
	return rs_number_digits(at, *p ? 1900u + *p : 0, 4);
}

static const uint8_t decimal_bytes[10] = {0, 1, 1, 2, 2, 3, 3, 4, 4, 4}; /* for that many digits */

size_t rs_value_decimal_size(unsigned precision, unsigned scale)
{
	unsigned whole = precision - scale;

	return whole / 9 * 4 + decimal_bytes[whole % 9] + scale / 9 * 4 + decimal_bytes[scale % 9];
}

struct decimal_reader {
	const uint8_t *p;
	uint32_t sign;      /* bit 7 of the first byte, which says it */
	uint32_t flip;      /* all bits of a negative number are inverted */
	bool bad;
};

/* The next group of digits, up to nine of them in up to four bytes. */
static char *write_group(char *at, struct decimal_reader *r, unsigned digits)
{
	static const uint32_t limit[10] = {1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000, 1000000000};
	unsigned unused = 32 - 8u * decimal_bytes[digits];
	uint32_t v = (uint32_t)rs_be(r->p, decimal_bytes[digits]) ^ (r->flip ^ r->sign) >> unused;

	r->p += decimal_bytes[digits];
	r->sign = 0;
	if (v >= limit[digits]) {
		r->bad = true;
		return at;
	}
	return rs_number_digits(at, v, digits);
}

static char *skip_zeros(char *digits, char *end)
{
	while (digits < end && *digits == '0')
		digits++;
	return digits;
}

char *rs_value_write_decimal(char *out, const uint8_t *bytes, unsigned precision, unsigned scale)
{
	unsigned whole = precision - scale;
	char digits[RS_DECIMAL_TEXT_MAX], *end = digits, *first;
	struct decimal_reader r = {bytes, 0x80000000, bytes[0] & 0x80 ? 0 : 0xffffffff, false};
	size_t n;

	if (whole % 9)
		end = write_group(end, &r, whole % 9);
	for (unsigned i = 0; i < whole / 9; i++)
		end = write_group(end, &r, 9);
	first = end; /* the digits of the fraction */
	for (unsigned i = 0; i < scale / 9; i++)
		end = write_group(end, &r, 9);
	if (scale % 9)
		end = write_group(end, &r, scale % 9);
	if (r.bad)
		return NULL;
	if (r.flip && skip_zeros(digits, end) < end)
		*out++ = '-';
	n = (size_t)(first - skip_zeros(digits, first));
	if (n == 0)
		*out++ = '0';
	memcpy(out, first - n, n);
	out += n;
	if (scale == 0)
		return out;
	*out++ = '.';
	memcpy(out, first, scale);
	return out + scale;
}

/* --- dates and times -------------------------------------------------------------------------------------------- */

static uint32_t usec_to_fraction(uint32_t usec, unsigned fsp)
{
	static const uint32_t unit[7] = {1000000, 100000, 10000, 1000, 100, 10, 1};

	return usec / unit[fsp];
}

static uint32_t fraction_to_usec(uint64_t fraction, unsigned fsp)
{
	static const uint32_t unit[7] = {1000000, 100000, 10000, 1000, 100, 10, 1};

	return (uint32_t)fraction * unit[fsp];
}

static char *write_fraction(char *at, uint32_t usec, unsigned fsp)
{
	if (fsp == 0)
		return at;
	*at++ = '.';
	return rs_number_digits(at, usec_to_fraction(usec, fsp), fsp);
}

static char *write_ymd(char *at, uint32_t year, uint32_t month, uint32_t day)
{
	at = rs_number_2(rs_number_2(at, year / 100), year % 100);
	*at++ = '-';
	at = rs_number_2(at, month);
	*at++ = '-';
	return rs_number_2(at, day);
}

static char *write_hms(char *at, uint32_t hour, uint32_t minute, uint32_t second)
{
	if (hour >= 100)
		*at++ = (char)('0' + hour / 100);
	at = rs_number_2(at, hour % 100);
	*at++ = ':';
	at = rs_number_2(at, minute);
	*at++ = ':';
	return rs_number_2(at, second);
}

static bool is_date(uint32_t year, uint32_t month, uint32_t day)
{
	return year <= 9999 && month <= 12 && day <= 31;
}

static bool is_clock(uint32_t hour, uint32_t most, uint32_t minute, uint32_t second)
{
	return hour <= most && minute <= 59 && second <= 59;
}

char *rs_value_write_time(char *out, int64_t packed, unsigned fsp)
{
	uint64_t v = packed < 0 ? 0 - (uint64_t)packed : (uint64_t)packed;
	uint32_t hms = (uint32_t)(v >> 24), usec = (uint32_t)(v & 0xffffff);

	if (packed < 0)
		*out++ = '-';
	if (v >> 46 || usec >= USEC_PER_SEC || !is_clock(hms >> 12, 838, hms >> 6 & 63, hms & 63))
		return NULL;
	out = write_hms(out, hms >> 12, hms >> 6 & 63, hms & 63);
	return write_fraction(out, usec, fsp);
}

static char *write_packed_date(char *out, uint64_t ymd)
{
	uint32_t months = (uint32_t)(ymd >> 5);

	if (ymd >> 22 || !is_date(months / 13, months % 13, ymd & 31))
		return NULL;
	return write_ymd(out, months / 13, months % 13, (uint32_t)(ymd & 31));
}

char *rs_value_write_date(char *out, uint64_t packed)
{
	return write_packed_date(out, packed >> 41);
}

char *rs_value_write_datetime(char *out, uint64_t packed, unsigned fsp)
{
	uint32_t hms = (uint32_t)(packed >> 24) & 0x1ffff, usec = (uint32_t)(packed & 0xffffff);

	out = write_packed_date(out, packed >> 41);
	if (!out || usec >= USEC_PER_SEC || !is_clock(hms >> 12, 23, hms >> 6 & 63, hms & 63))
		return NULL;
	*out++ = ' ';
	out = write_hms(out, hms >> 12, hms >> 6 & 63, hms & 63);
	return write_fraction(out, usec, fsp);
}

/* Seconds since 1970 as a date in UTC, by the era method: years begin in March, eras have 400 of them. */
static char *write_unix(char *at, uint32_t seconds, uint32_t usec, unsigned fsp)
{
	uint32_t days = seconds / 86400 + 719468, rest = seconds % 86400;
	uint32_t era = days / 146097, day_of_era = days % 146097;
	uint32_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
	uint32_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	uint32_t shifted = (5 * day_of_year + 2) / 153, month = shifted < 10 ? shifted + 3 : shifted - 9;

	if (seconds == 0 && usec == 0)
		at = write_ymd(at, 0, 0, 0); /* the zero date; 1970-01-01 00:00:00 itself is no value */
	else
		at = write_ymd(at, era * 400 + year_of_era + (month <= 2), month, day_of_year - (153 * shifted + 2) / 5 + 1);
	*at++ = ' ';
	at = write_hms(at, rest / 3600, rest / 60 % 60, rest % 60);
	return write_fraction(at, usec, fsp);
}

static unsigned fraction_bytes(unsigned fsp)
{
	return (fsp + 1) / 2;
}

/* The bytes hold two digits each. */
static uint32_t read_fraction(const uint8_t *p, unsigned fsp)
{
	unsigned n = fraction_bytes(fsp);

	return fraction_to_usec(rs_be(p, n), 2 * n);
}

static char *write_date(char *at, const uint8_t *p)
{
	uint32_t v = (uint32_t)rs_le(p, 3);

	if (!is_date(v >> 9, v >> 5 & 15, v & 31))
		return NULL;
	return write_ymd(at, v >> 9, v >> 5 & 15, v & 31);
}

static char *write_timestamp(char *at, const uint8_t *p, unsigned fsp)
{
	uint32_t usec = read_fraction(p + 4, fsp);

	return usec < USEC_PER_SEC ? write_unix(at, (uint32_t)rs_be(p, 4), usec, fsp) : NULL;
}

static char *write_datetime(char *at, const uint8_t *p, unsigned fsp)
{
	uint64_t whole = rs_be(p, 5);

	if (whole < 0x8000000000)
		return NULL;
	return rs_value_write_datetime(at, (whole - 0x8000000000) << 24 | read_fraction(p + 5, fsp), fsp);
}

/* Up to four digits the fraction of a negative time is a two's complement of its own, from which the seconds borrow. */
static char *write_time(char *at, const uint8_t *p, unsigned fsp)
{
	unsigned n = fraction_bytes(fsp);
	int64_t whole, fraction;

	if (n == 3)
		return rs_value_write_time(at, (int64_t)rs_be(p, 6) - 0x800000000000, fsp);
	whole = (int64_t)rs_be(p, 3) - 0x800000;
	fraction = (int64_t)rs_be(p + 3, n);
	if (whole < 0 && fraction != 0) {
		whole++;
		fraction -= (int64_t)1 << (8 * n);
	}
	fraction *= n == 1 ? 10000 : 100;
	return rs_value_write_time(at, whole * (1 << 24) + fraction, fsp);
}

static char *write_time_old(char *at, const uint8_t *p)
{
	int32_t v = (int32_t)((uint32_t)rs_le(p, 3) << 8) >> 8;
	uint32_t hms = (uint32_t)(v < 0 ? -v : v);

	if (!is_clock(hms / 10000, 838, hms / 100 % 100, hms % 100))
		return NULL;
	if (v < 0)
		*at++ = '-';
	return write_hms(at, hms / 10000, hms / 100 % 100, hms % 100);
}

static char *write_datetime_old(char *at, const uint8_t *p)
{
	uint64_t v = rs_le(p, 8);
	uint32_t ymd = (uint32_t)(v / 1000000), hms = (uint32_t)(v % 1000000);

	if (v > 99999999999999 || !is_date(ymd / 10000, ymd / 100 % 100, ymd % 100) ||
	    !is_clock(hms / 10000, 23, hms / 100 % 100, hms % 100))
		return NULL;
	at = write_ymd(at, ymd / 10000, ymd / 100 % 100, ymd % 100);
	*at++ = ' ';
	return write_hms(at, hms / 10000, hms / 100 % 100, hms % 100);
}

/* --- MariaDB's own temporal types with a fraction, big endian numbers of as many bytes as the fraction needs ------- */

static const uint8_t time_hires_bytes[7] = {3, 4, 4, 5, 5, 5, 6};
static const uint8_t datetime_hires_bytes[7] = {5, 6, 6, 7, 7, 7, 8};
static const uint8_t timestamp_hires_bytes[7] = {4, 5, 5, 6, 6, 7, 7};
static const uint32_t fraction_unit[7] = {1, 10, 100, 1000, 10000, 100000, 1000000};

/* Seconds and fraction are one number, to which that of the largest time and a second is added. */
static char *write_time_hires(char *at, const uint8_t *p, unsigned fsp)
{
	int64_t unit = fraction_unit[fsp], v = (int64_t)rs_be(p, time_hires_bytes[fsp]) - (838 * 3600 + 3600) * unit;
	int64_t seconds;

	if (v < 0) {
		*at++ = '-';
		v = -v;
	}
	seconds = v / unit;
	if (seconds > 838 * 3600 + 3599)
		return NULL;
	at = write_hms(at, (uint32_t)(seconds / 3600), (uint32_t)(seconds / 60 % 60), (uint32_t)(seconds % 60));
	return write_fraction(at, fraction_to_usec((uint64_t)(v % unit), fsp), fsp);
}

/* year, month, day, …: each multiplied by the number of values of the next. */
static char *write_datetime_hires(char *at, const uint8_t *p, unsigned fsp)
{
	uint64_t v = rs_be(p, datetime_hires_bytes[fsp]), seconds = v / fraction_unit[fsp];
	uint32_t usec = fraction_to_usec(v % fraction_unit[fsp], fsp), hms = (uint32_t)(seconds % 86400);
	uint64_t days = seconds / 86400, months = days / 32;

	if (months >= 10000 * 13 || days % 32 > 31)
		return NULL;
	at = write_ymd(at, (uint32_t)(months / 13), (uint32_t)(months % 13), (uint32_t)(days % 32));
	*at++ = ' ';
	at = write_hms(at, hms / 3600, hms / 60 % 60, hms % 60);
	return write_fraction(at, usec, fsp);
}

static char *write_timestamp_hires(char *at, const uint8_t *p, unsigned fsp)
{
	uint64_t fraction = rs_be(p + 4, timestamp_hires_bytes[fsp] - 4u);

	if (fraction >= fraction_unit[fsp])
		return NULL;
	return write_unix(at, (uint32_t)rs_be(p, 4), fraction_to_usec(fraction, fsp), fsp);
}

/* --- fixed sizes together --------------------------------------------------------------------------------------- */

size_t rs_value_fixed_size(const struct rs_layout_column *col)
{
	switch (col->decoder) {
	case RS_D_FLOAT: return 4;
	case RS_D_DOUBLE: return 8;
	case RS_D_DECIMAL: return rs_value_decimal_size(col->precision, col->scale);
	case RS_D_YEAR: return 1;
	case RS_D_DATE:
	case RS_D_TIME_OLD: return 3;
	case RS_D_DATETIME_OLD: return 8;
	case RS_D_TIMESTAMP_OLD: return 4;
	case RS_D_TIME: return 3 + fraction_bytes(col->fsp);
	case RS_D_DATETIME: return 5 + fraction_bytes(col->fsp);
	case RS_D_TIMESTAMP: return 4 + fraction_bytes(col->fsp);
	case RS_D_TIME_HIRES: return time_hires_bytes[col->fsp];
	case RS_D_DATETIME_HIRES: return datetime_hires_bytes[col->fsp];
	case RS_D_TIMESTAMP_HIRES: return timestamp_hires_bytes[col->fsp];
	case RS_D_INT:
	case RS_D_BIT: return col->len_bytes;
	default: return 0;
	}
}

static char *write_fixed(char *at, const uint8_t *p, const struct rs_layout_column *col)
{
	switch (col->decoder) {
	case RS_D_INT: return write_integer(at, p, col);
	case RS_D_FLOAT: return write_float(at, p);
	case RS_D_DOUBLE: return write_double(at, p);
	case RS_D_DECIMAL: return rs_value_write_decimal(at, p, col->precision, col->scale);
	case RS_D_YEAR: return write_year(at, p);
	case RS_D_DATE: return write_date(at, p);
	case RS_D_TIME: return write_time(at, p, col->fsp);
	case RS_D_TIME_OLD: return write_time_old(at, p);
	case RS_D_TIME_HIRES: return write_time_hires(at, p, col->fsp);
	case RS_D_DATETIME: return write_datetime(at, p, col->fsp);
	case RS_D_DATETIME_OLD: return write_datetime_old(at, p);
	case RS_D_DATETIME_HIRES: return write_datetime_hires(at, p, col->fsp);
	case RS_D_TIMESTAMP: return write_timestamp(at, p, col->fsp);
	case RS_D_TIMESTAMP_OLD: return write_unix(at, (uint32_t)rs_le(p, 4), 0, 0);
	case RS_D_TIMESTAMP_HIRES: return write_timestamp_hires(at, p, col->fsp);
	default: memcpy(at, p, col->len_bytes); return at + col->len_bytes; /* BIT */
	}
}

static inline enum rs_decoded decode_fixed(struct rs_value_writer *w, const struct rs_layout_column *col, const uint8_t **p,
                                    const uint8_t *end, struct rs_value *out)
{
	char *at, *after;

	if ((size_t)(end - *p) < col->size)
		return RS_DECODED_SHORT;
	at = rs_value_writer_room(w, RS_DECIMAL_TEXT_MAX);
	if (!at)
		return RS_DECODED_NO_MEMORY;
	after = write_fixed(at, *p, col);
	if (!after)
		return RS_DECODED_BAD;
	*p += col->size;
	return put(w, at, after, out);
}

/* --- strings and what is stored like them ----------------------------------------------------------------------- */

static inline bool read_bytes(const struct rs_layout_column *col, const uint8_t **p, const uint8_t *end, struct rs_slice *out)
{
	uint64_t len;

	if ((size_t)(end - *p) < col->len_bytes)
		return false;
	len = col->len_bytes == 1 ? **p : rs_le(*p, col->len_bytes);
	*p += col->len_bytes;
	if ((size_t)(end - *p) < len)
		return false;
	*out = (struct rs_slice){(const char *)*p, (size_t)len};
	*p += len;
	return true;
}

static inline enum rs_decoded decode_bytes(struct rs_value_writer *w, const struct rs_layout_column *col,
                                           struct rs_slice bytes, struct rs_value *out)
{
	size_t size = bytes.len > col->pad ? bytes.len : col->pad;
	char *at = rs_value_writer_room(w, size);

	if (!at)
		return RS_DECODED_NO_MEMORY;
	memcpy(at, bytes.bytes, bytes.len);
	if (size > bytes.len)
		memset(at + bytes.len, 0, size - bytes.len);
	return put(w, at, at + size, out);
}

/* A head byte of 0 means that the rest is not compressed; bit 3 that zlib's frame was left out. */
static enum rs_decoded decode_compressed(struct rs_value_writer *w, struct rs_slice bytes, struct rs_value *out)
{
	static const struct rs_layout_column plain = {.decoder = RS_D_BYTES};
	struct rs_reader r = rs_reader_of(bytes.bytes, bytes.len);
	uint8_t head = bytes.len ? (uint8_t)bytes.bytes[0] : 0;
	uint64_t size;
	char *at;

	if (bytes.len == 0)
		return decode_bytes(w, &plain, bytes, out);
	if (head == 0)
		return decode_bytes(w, &plain, (struct rs_slice){bytes.bytes + 1, bytes.len - 1}, out);
	if (!rs_unpack_size(&r, &size) || size > UINT32_MAX)
		return RS_DECODED_BAD;
	at = rs_value_writer_room(w, (size_t)size);
	if (!at)
		return RS_DECODED_NO_MEMORY;
	if (!rs_unpack(&r, at, (size_t)size, head & 8))
		return RS_DECODED_BAD;
	return put(w, at, at + size, out);
}

/* --- addresses: stored without the zeros at their end ----------------------------------------------------------- */

static char *write_hex(char *at, uint32_t v)
{
	static const char digits[] = "0123456789abcdef";

	*at = digits[v & 15];
	return at + 1;
}

static char *write_uuid(char *at, const uint8_t b[16])
{
	for (int i = 0; i < 16; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			*at++ = '-';
		at = write_hex(at, b[i] >> 4);
		at = write_hex(at, b[i]);
	}
	return at;
}

static char *write_inet4(char *at, const uint8_t b[4])
{
	for (int i = 0; i < 4; i++) {
		if (i)
			*at++ = '.';
		at = rs_number_u64(at, b[i]);
	}
	return at;
}

/* The longest run of zero words, the first of those of one length; a run of one counts too, as MariaDB has it. */
static int longest_gap(const uint16_t words[8], int *length)
{
	int gap = -1;

	*length = 0;
	for (int i = 0; i < 8;) {
		int n = 0;

		while (i + n < 8 && words[i + n] == 0)
			n++;
		if (n > *length) {
			gap = i;
			*length = n;
		}
		i += n ? n : 1;
	}
	return gap;
}

static char *write_word(char *at, uint32_t word)
{
	for (int shift = 12; shift >= 0; shift -= 4)
		if (word >> shift || shift == 0)
			at = write_hex(at, word >> shift);
	return at;
}

static char *write_inet6(char *at, const uint8_t b[16])
{
	uint16_t words[8];
	int gap, length;

	for (int i = 0; i < 8; i++)
		words[i] = (uint16_t)(b[2 * i] << 8 | b[2 * i + 1]);
	gap = longest_gap(words, &length);
	for (int i = 0; i < 8; i++) {
		if (i == gap) {
			if (i == 0)
				*at++ = ':';
			*at++ = ':';
			i += length - 1;
			continue;
		}
		if (i == 6 && gap == 0 && (length == 6 || (length == 5 && words[5] == 0xffff)))
			return write_inet4(at, b + 12); /* an IPv4 address in an IPv6 one */
		at = write_word(at, words[i]);
		if (i < 7)
			*at++ = ':';
	}
	return at;
}

static enum rs_decoded decode_address(struct rs_value_writer *w, const struct rs_layout_column *col,
                                      struct rs_slice bytes, struct rs_value *out)
{
	uint8_t b[16] = {0};
	char *at = rs_value_writer_room(w, 64), *end;

	if (bytes.len > col->pad || col->pad > sizeof b)
		return RS_DECODED_BAD;
	if (!at)
		return RS_DECODED_NO_MEMORY;
	memcpy(b, bytes.bytes, bytes.len);
	if (col->decoder == RS_D_UUID)
		end = write_uuid(at, b);
	else
		end = col->decoder == RS_D_INET4 ? write_inet4(at, b) : write_inet6(at, b);
	return put(w, at, end, out);
}

/* --- images ----------------------------------------------------------------------------------------------------- */

static inline enum rs_decoded decode_value(struct rs_value_writer *w, const struct rs_layout_column *col,
                                           const uint8_t **p, const uint8_t *end, struct rs_value *out)
{
	struct rs_slice bytes;

	if (col->decoder < RS_D_BYTES)
		return decode_fixed(w, col, p, end, out);
	if (col->decoder == RS_D_JSON)
		return RS_DECODED_JSON;
	if (!read_bytes(col, p, end, &bytes))
		return RS_DECODED_SHORT;
	if (col->decoder == RS_D_BYTES)
		return decode_bytes(w, col, bytes, out);
	if (col->decoder == RS_D_COMPRESSED)
		return decode_compressed(w, bytes, out);
	return decode_address(w, col, bytes, out);
}

static inline bool bit_of(const uint8_t *bits, uint32_t i)
{
	return bits[i / 8] >> (i % 8) & 1;
}

enum rs_decoded rs_image_decode(struct rs_value_writer *w, struct rs_image *image, struct rs_value *values)
{
	const struct rs_image im = *image; /* what no write through a pointer can change */
	const uint8_t *p = im.p;
	uint32_t column = im.column, n_present = im.n_present;
	enum rs_decoded how = RS_DECODED;

	for (; column < im.n_columns; column++) {
		if (im.present && !bit_of(im.present, column))
			continue;
		if (bit_of(im.nulls, n_present++))
			values[column] = rs_value_null();
		else if ((how = decode_value(w, &im.columns[column], &p, im.end, &values[column])) != RS_DECODED)
			break;
	}
	image->p = p;
	image->column = column;
	image->n_present = n_present;
	return how;
}
