#include "model/lsn.h"

#include <ctype.h>
#include <stdio.h>

const char *rs_lsn_text(uint64_t lsn, char *out)
{
	(void)snprintf(out, RS_LSN_TEXT, "%X/%X", (unsigned)(lsn >> 32), (unsigned)lsn);
	return out;
}

/* Up to eight hexadecimal digits; returns what follows them, NULL where there are none. */
static const char *parse_half(const char *text, uint32_t *out)
{
	int n = 0;

	for (*out = 0; n < 8 && isxdigit((unsigned char)text[n]); n++) {
		unsigned char c = (unsigned char)text[n];

		*out = *out << 4 | (uint32_t)(isdigit(c) ? c - '0' : (c | 0x20) - 'a' + 10);
	}
	return n ? text + n : NULL;
}

bool rs_lsn_parse(const char *text, uint64_t *lsn)
{
	uint32_t high, low;
	const char *slash = parse_half(text, &high), *end = slash && *slash == '/' ? parse_half(slash + 1, &low) : NULL;

	if (!end || *end)
		return false;
	*lsn = (uint64_t)high << 32 | low;
	return true;
}
