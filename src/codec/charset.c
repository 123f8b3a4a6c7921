#include "codec/charset.h"

#include <errno.h>
#include <string.h>

#include "base/i18n.h"
#include "base/utf8.h"

/* Character sets of more than one byte, and what iconv calls each that it does not know by the servers' name. */
static const struct {
	const char *name;
	unsigned width;
	const char *iconv; /* NULL: UTF-8 as it is */
} charsets[] = {
	{"utf8mb4", 4, NULL},
	{"utf8mb3", 3, NULL},
	{"utf8", 3, NULL},
	{"ascii", 1, NULL},
	{"ucs2", 2, "UCS-2BE"},
	{"utf16", 4, "UTF-16BE"},
	{"utf16le", 4, "UTF-16LE"},
	{"utf32", 4, "UTF-32BE"},
	{"gbk", 2, "CP936"},
	{"gb2312", 2, "EUC-CN"},
	{"gb18030", 4, "GB18030"},
	{"big5", 2, "BIG5"},
	{"euckr", 2, "EUC-KR"},
	{"sjis", 2, "SJIS"},
	{"cp932", 2, "CP932"},
	{"ujis", 3, "EUC-JP"},
	{"eucjpms", 3, "EUC-JP-MS"},
	{"latin2", 1, "ISO-8859-2"},
	{"latin5", 1, "ISO-8859-9"},
	{"latin7", 1, "ISO-8859-13"},
	{"greek", 1, "ISO-8859-7"},
	{"hebrew", 1, "ISO-8859-8"},
	{"tis620", 1, "TIS-620"},
	{"koi8r", 1, "KOI8-R"},
	{"koi8u", 1, "KOI8-U"},
	{"cp850", 1, "CP850"},
	{"cp852", 1, "CP852"},
	{"cp866", 1, "CP866"},
	{"cp1250", 1, "CP1250"},
	{"cp1251", 1, "CP1251"},
	{"cp1256", 1, "CP1256"},
	{"cp1257", 1, "CP1257"},
	{"macroman", 1, "MACINTOSH"},
	{"macce", 1, "MAC-CENTRALEUROPE"},
	{"hp8", 1, "HP-ROMAN8"},
	{"armscii8", 1, "ARMSCII-8"},
	{"geostd8", 1, "GEORGIAN-PS"},
};
#define N_CHARSETS (sizeof charsets / sizeof *charsets)

static size_t find(const char *name)
{
	size_t i = 0;

	while (i < N_CHARSETS && strcmp(charsets[i].name, name) != 0)
		i++;
	return i;
}

unsigned rs_charset_width(const char *charset)
{
	size_t i = find(charset);

	return i < N_CHARSETS ? charsets[i].width : 1;
}

bool rs_charset_is_utf8(const char *charset)
{
	size_t i = find(charset);

	return i < N_CHARSETS && !charsets[i].iconv;
}

enum rs_rc rs_charset_open(struct rs_charset_reader *cs, const char *charset, struct rs_err *err)
{
	size_t i = find(charset);

	rs_charset_close(cs);
	snprintf(cs->charset, sizeof cs->charset, "%s", charset);
	if (strcmp(charset, "latin1") == 0) {
		cs->how = RS_CS_LATIN1;
		return RS_OK;
	}
	if (i < N_CHARSETS && !charsets[i].iconv) {
		cs->how = RS_CS_AS_IS;
		return RS_OK;
	}
	if (i < N_CHARSETS)
		cs->cd = iconv_open("UTF-8", charsets[i].iconv);
	if (cs->cd == (iconv_t)-1)
		return rs_err_set(err, RS_E_NOT_SUPPORTED, _("no conversion from the character set %s"), charset);
	cs->how = RS_CS_ICONV;
	return RS_OK;
}

void rs_charset_close(struct rs_charset_reader *cs)
{
	if (cs->cd != (iconv_t)-1)
		iconv_close(cs->cd);
	*cs = (struct rs_charset_reader)RS_CHARSET_READER_INIT;
}

/* The servers' latin1: code page 1252, where 81, 8d, 8f, 90 and 9d are the control characters of their own number. */
static void add_latin1(const char *text, size_t len, struct rs_buf *out)
{
	static const uint16_t high[32] = {
		0x20ac, 0x81, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160, 0x2039, 0x0152, 0x8d,
		0x017d, 0x8f, 0x90, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014, 0x02dc, 0x2122, 0x0161, 0x203a,
		0x0153, 0x9d, 0x017e, 0x0178,
	};

	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];
		char utf8[4];

		rs_buf_add(out, utf8, rs_utf8_encode(c >= 0x80 && c < 0xa0 ? high[c - 0x80] : c, utf8));
	}
}

static bool convert(iconv_t cd, const char *text, size_t len, struct rs_buf *out)
{
	char *in = (char *)(uintptr_t)text;

	iconv(cd, NULL, NULL, NULL, NULL);
	while (len && !rs_buf_failed(out)) {
		char piece[512], *to = piece;
		size_t room = sizeof piece, rc = iconv(cd, &in, &len, &to, &room);

		rs_buf_add(out, piece, sizeof piece - room);
		if (rc == (size_t)-1 && errno != E2BIG)
			return false;
	}
	return true;
}

enum rs_rc rs_charset_to_utf8(struct rs_charset_reader *cs, const char *text, size_t len, struct rs_buf *out,
                              struct rs_err *err)
{
	bool good = true;

	switch (cs->how) {
	case RS_CS_AS_IS:
		good = rs_utf8_valid(text, len);
		if (good)
			rs_buf_add(out, text, len);
		break;
	case RS_CS_LATIN1: add_latin1(text, len, out); break;
	case RS_CS_ICONV: good = convert(cs->cd, text, len, out); break;
	}
	if (!good)
		return rs_err_set(err, RS_E_VALUE, _("text is not valid in its character set %s"), cs->charset);
	if (rs_buf_failed(out))
		return rs_err_set(err, RS_E_MEMORY, _("a text of %zu bytes"), len);
	return RS_OK;
}
