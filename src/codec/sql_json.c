#include "codec/sql_json.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include "codec/number.h"
#include "codec/sql_literal.h"

#define DEPTH_MAX 128       /* the server has 100 */
#define DECIMAL_DIGITS 65   /* of a decimal literal */
#define DECIMAL_SCALE 30
#define DOUBLE_TEXT_MAX 32  /* more characters than any double is printed with */

/* Where the scan stands: in containers within containers. */
struct level {
	bool object;
	size_t index;           /* in an array */
	const char *key;        /* in an object: with its quotes */
	size_t key_len;
};

struct scan {
	const char *p, *end;
	struct level levels[DEPTH_MAX];
	size_t depth;
	const char *number;     /* the decimal that was found */
	size_t number_len;
};

static const char *after_string(const char *p, const char *end)
{
	for (p++; p < end && *p != '"'; p++)
		if (*p == '\\')
			p++;
	return p < end ? p + 1 : end;
}

static bool in_number(char c)
{
	return (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E';
}

static bool is_long_integer(const char *digits, size_t len)
{
	static const char most[] = "18446744073709551615", least[] = "9223372036854775808";
	bool negative = len > 0 && digits[0] == '-';
	const char *limit = negative ? least : most;

	digits += negative;
	len -= negative;
	return len > strlen(limit) || (len == strlen(limit) && memcmp(digits, limit, len) > 0);
}

/* As the server prints a double, with a fraction in sight. */
static bool is_printed_double(const char *number, size_t len)
{
	char text[DOUBLE_TEXT_MAX + 1], printed[RS_NUMBER_MAX + 2];
	char *end;

	if (len > DOUBLE_TEXT_MAX)
		return false;
	memcpy(text, number, len);
	text[len] = '\0';
	end = rs_number_double(printed, strtod(text, NULL));
	if (memchr(printed, '.', (size_t)(end - printed)) == NULL) {
		*end++ = '.';
		*end++ = '0';
	}
	return (size_t)(end - printed) == len && memcmp(printed, number, len) == 0;
}

static bool is_decimal(const char *number, size_t len)
{
	const char *point = memchr(number, '.', len);
	size_t digits = len - (point != NULL) - (number[0] == '-');

	if (memchr(number, 'e', len) != NULL || memchr(number, 'E', len) != NULL)
		return false;
	if (digits > DECIMAL_DIGITS || (point != NULL && (size_t)(number + len - point - 1) > DECIMAL_SCALE))
		return false;
	return point != NULL ? !is_printed_double(number, len) : is_long_integer(number, len);
}

static struct level *top(struct scan *s) { return s->depth > 0 ? &s->levels[s->depth - 1] : NULL; }

static void read_string(struct scan *s)
{
	struct level *l = top(s);
	const char *start = s->p;

	s->p = after_string(s->p, s->end);
	if (l != NULL && l->object && s->p < s->end && *s->p == ':') {
		l->key = start;
		l->key_len = (size_t)(s->p - start);
	}
}

/* Goes on to the next decimal. False: there is none. */
static bool next_decimal(struct scan *s)
{
	while (s->p < s->end) {
		const char *start = s->p;

		if (*s->p == '"') {
			read_string(s);
			continue;
		}
		if (in_number(*s->p) && *s->p != 'e') { /* not the last letter of true */
			while (s->p < s->end && in_number(*s->p))
				s->p++;
			s->number = start;
			s->number_len = (size_t)(s->p - start);
			if (is_decimal(s->number, s->number_len))
				return true;
			continue;
		}
		if (*s->p == '{' || *s->p == '[') {
			if (s->depth == DEPTH_MAX)
				return false;
			s->levels[s->depth++] = (struct level){.object = *s->p == '{'};
		} else if ((*s->p == '}' || *s->p == ']') && s->depth > 0) {
			s->depth--;
		} else if (*s->p == ',' && s->depth > 0) {
			top(s)->index++;
		}
		s->p++;
	}
	return false;
}

bool rs_sql_json_has_decimals(const char *text, size_t len)
{
	struct scan s;

	s.p = text;
	s.end = text + len;
	s.depth = 0;
	return next_decimal(&s);
}

static void put_path(struct rs_buf *out, const struct scan *s)
{
	rs_buf_adds(out, "_utf8mb4'$");
	for (size_t i = 0; i < s->depth; i++) {
		const struct level *l = &s->levels[i];

		if (l->object) {
			rs_buf_addc(out, '.');
			rs_sql_escape(out, l->key, l->key_len);
		} else {
			rs_buf_addf(out, "[%zu]", l->index);
		}
	}
	rs_buf_addc(out, '\'');
}

/* The document with 0 for each of its decimals, then path and number of each. */
enum rs_rc rs_sql_json(struct rs_buf *out, const char *text, size_t len)
{
	struct rs_buf sets = RS_BUF_INIT;
	struct scan s;
	const char *done = text;

	rs_buf_init(&sets, (size_t)1 << 30);
	s.p = text;
	s.end = text + len;
	s.depth = 0;
	rs_buf_adds(out, "JSON_SET(CAST(_utf8mb4'");
	while (next_decimal(&s)) {
		rs_sql_escape(out, done, (size_t)(s.number - done));
		rs_buf_addc(out, '0');
		done = s.p;
		rs_buf_addc(&sets, ',');
		put_path(&sets, &s);
		rs_buf_addc(&sets, ',');
		rs_buf_add(&sets, s.number, s.number_len);
	}
	rs_sql_escape(out, done, (size_t)(s.end - done));
	rs_buf_adds(out, "' AS JSON)");
	rs_buf_add(out, sets.data ? sets.data : "", sets.len);
	rs_buf_release(&sets);
	return rs_buf_addc(out, ')');
}

void rs_sql_json_form(struct rs_buf *out, const char *text, size_t len)
{
	json_error_t error;
	json_t *json = json_loadb(text, len, JSON_DECODE_ANY | JSON_ALLOW_NUL, &error);
	char *form = json ? json_dumps(json, JSON_ENCODE_ANY | JSON_SORT_KEYS | JSON_COMPACT) : NULL;

	if (form != NULL)
		rs_buf_adds(out, form);
	else
		rs_buf_add(out, text, len);
	free(form);
	json_decref(json);
}
