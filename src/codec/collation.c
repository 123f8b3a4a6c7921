#include "codec/collation.h"

#include <string.h>
#include <xxhash.h>
#include "base/utf8.h"
#include "codec/charset.h"

/* ---------------------------------------------------------------- collations */

static bool is_one_of(const char *word, const char *const *words)
{
	for (; *words != NULL; words++)
		if (strcmp(word, *words) == 0)
			return true;
	return false;
}

static bool ends_with(const char *text, const char *end)
{
	size_t n = strlen(text), m = strlen(end);

	return n >= m && strcmp(text + n - m, end) == 0;
}

/* Not those of single languages: some take i for y, or v for w, the Chinese ones ~ for y. */
static bool differs_in_case_alone(const char *charset, const char *collation)
{
	static const char *const charsets[] = {"ascii", "latin1", "utf8", "utf8mb3", "utf8mb4", NULL};
	static const char *const rests[] = {
		"general_ci", "general_cs", "general_nopad_ci", "unicode_ci", "unicode_nopad_ci", "unicode_520_ci",
		"unicode_520_nopad_ci", "0900_ai_ci", "0900_as_ci", "0900_as_cs", "uca1400_ai_ci", "uca1400_ai_cs",
		"uca1400_as_ci", "uca1400_as_cs", "uca1400_nopad_ai_ci", "uca1400_nopad_ai_cs", "uca1400_nopad_as_ci",
		"uca1400_nopad_as_cs", NULL};
	static const char *const others[] = {"latin1_swedish_ci", "latin1_swedish_nopad_ci", NULL};
	const char *rest = strchr(collation, '_');

	return is_one_of(collation, others) || (is_one_of(charset, charsets) && rest != NULL && is_one_of(rest + 1, rests));
}

enum rs_collation_fold rs_collation_fold(const char *charset, const char *collation)
{
	if (charset == NULL || collation == NULL)
		return RS_COLLATION_UNKNOWN;
	if (ends_with(collation, "_bin"))
		return RS_COLLATION_BYTES;
	if (!differs_in_case_alone(charset, collation))
		return RS_COLLATION_UNKNOWN;
	return rs_charset_is_utf8(charset) ? RS_COLLATION_WIDE : RS_COLLATION_ASCII;
}

enum rs_collation_fold rs_collation_coarser(enum rs_collation_fold first, enum rs_collation_fold second)
{
	if (first == RS_COLLATION_UNKNOWN || second == RS_COLLATION_UNKNOWN)
		return RS_COLLATION_UNKNOWN;
	if (first == second)
		return first;
	return first == RS_COLLATION_WIDE && second == RS_COLLATION_BYTES ? RS_COLLATION_WIDE : RS_COLLATION_ASCII;
}

/* ---------------------------------------------------------------- characters */

/* Unified ideographs, as of the oldest tables that servers sort by. They have no case, no accents and no part in any
 * contraction; what may be equal to them (compatibility ideographs, radicals) is not among them. */
static bool is_ideograph(uint32_t c) { return (c >= 0x3400 && c <= 0x4db5) || (c >= 0x4e00 && c <= 0x9fa5); }

static bool is_printable(char c) { return c >= ' ' && c <= '~'; }

bool rs_collation_knows(enum rs_collation_fold fold, const char *text, size_t len)
{
	if (fold == RS_COLLATION_UNKNOWN || fold == RS_COLLATION_BYTES)
		return fold == RS_COLLATION_BYTES;
	for (size_t at = 0; at < len;) {
		uint32_t c = 0;
		size_t n = is_printable(text[at]) ? 1 : fold == RS_COLLATION_WIDE ? rs_utf8_decode(text + at, len - at, &c) : 0;

		if (n == 0 || (n == 1 && !is_printable(text[at])) || (n > 1 && !is_ideograph(c)))
			return false;
		at += n;
	}
	return true;
}

/* ---------------------------------------------------------------- the hash */

static char lower(char c) { return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c; }

/* Padding is a space, of one byte or, in wider character sets, with zeros. */
static size_t trimmed(const char *text, size_t len)
{
	while (len > 0 && (text[len - 1] == ' ' || text[len - 1] == '\0'))
		len--;
	return len;
}

uint64_t rs_collation_hash(enum rs_collation_fold fold, const char *text, size_t len, uint64_t seed)
{
	char folded[256];
	size_t n = trimmed(text, len);

	if (fold == RS_COLLATION_BYTES)
		return XXH3_64bits_withSeed(n > 0 ? text : "", n, seed) + n;
	for (size_t at = 0; at < n; at += sizeof folded) {
		size_t part = n - at < sizeof folded ? n - at : sizeof folded;

		for (size_t i = 0; i < part; i++)
			folded[i] = lower(text[at + i]);
		seed = XXH3_64bits_withSeed(folded, part, seed);
	}
	return seed + n;
}
