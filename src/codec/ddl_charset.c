#include "codec/ddl_schema.h"

#include <ctype.h>

/* Character sets whose default collation is not NAME_general_ci. */
static const struct {
	const char *charset, *collation;
} defaults[] = {
	{"big5", "big5_chinese_ci"},         {"binary", "binary"},         {"cp932", "cp932_japanese_ci"},
	{"dec8", "dec8_swedish_ci"},         {"eucjpms", "eucjpms_japanese_ci"}, {"euckr", "euckr_korean_ci"},
	{"gb18030", "gb18030_chinese_ci"},   {"gb2312", "gb2312_chinese_ci"}, {"gbk", "gbk_chinese_ci"},
	{"hp8", "hp8_english_ci"},           {"latin1", "latin1_swedish_ci"}, {"latin5", "latin5_turkish_ci"},
	{"sjis", "sjis_japanese_ci"},        {"swe7", "swe7_swedish_ci"},   {"tis620", "tis620_thai_ci"},
	{"ujis", "ujis_japanese_ci"},
};

static void copy_lower(char *out, size_t size, const char *text)
{
	size_t n = 0;

	for (; text[n] && n + 1 < size; n++)
		out[n] = (char)tolower((unsigned char)text[n]);
	out[n] = '\0';
}

static bool starts(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

/* Since when utf8 is called utf8mb3: its collations later than itself in MySQL. */
static bool says_utf8mb3(const struct rs_sql_dialect *d, bool collation)
{
	return d->mariadb ? d->version >= 100601 : d->version >= (collation ? 80030 : 80028);
}

void rs_ddl_charset_name(const char *charset, const struct rs_sql_dialect *d, char out[RS_CHARSET_NAME])
{
	copy_lower(out, RS_CHARSET_NAME, charset);
	if (strcmp(out, "utf8") == 0 || strcmp(out, "utf8mb3") == 0)
		copy_lower(out, RS_CHARSET_NAME, says_utf8mb3(d, false) ? "utf8mb3" : "utf8");
}

void rs_ddl_collation_name(const char *collation, const char *charset, const struct rs_sql_dialect *d,
                           char out[RS_COLLATION_NAME])
{
	char name[RS_COLLATION_NAME];

	copy_lower(name, sizeof name, collation);
	if (starts(name, "utf8_") || starts(name, "utf8mb3_"))
		snprintf(out, RS_COLLATION_NAME, "%s%s", says_utf8mb3(d, true) ? "utf8mb3" : "utf8", strchr(name, '_'));
	else if (starts(name, "uca1400_") && charset)
		snprintf(out, RS_COLLATION_NAME, "%.32s_%.31s", charset, name);
	else
		copy_lower(out, RS_COLLATION_NAME, name);
}

void rs_ddl_collation_charset(const char *collation, char out[RS_CHARSET_NAME])
{
	size_t n = strcspn(collation, "_");

	copy_lower(out, n < RS_CHARSET_NAME ? n + 1 : RS_CHARSET_NAME, collation);
}

static const char *utf8mb4_collation(const struct rs_sql_dialect *d)
{
	if (d->mariadb)
		return d->version >= 110600 ? "utf8mb4_uca1400_ai_ci" : "utf8mb4_general_ci";
	return d->version >= 80000 ? "utf8mb4_0900_ai_ci" : "utf8mb4_general_ci";
}

/* MariaDB 11.6 and later have uca1400 as the default of all Unicode character sets. */
static bool has_uca_default(const char *charset, const struct rs_sql_dialect *d)
{
	return d->mariadb && d->version >= 110600 &&
	       (strcmp(charset, "utf8mb3") == 0 || strcmp(charset, "ucs2") == 0 || strcmp(charset, "utf16") == 0 ||
	        strcmp(charset, "utf32") == 0);
}

void rs_ddl_default_collation(const char *charset, const struct rs_sql_dialect *d, const char *utf8mb4_default,
                              char out[RS_COLLATION_NAME])
{
	char name[RS_CHARSET_NAME], general[RS_COLLATION_NAME];

	rs_ddl_charset_name(charset, d, name);
	if (strcmp(name, "utf8mb4") == 0) {
		copy_lower(out, RS_COLLATION_NAME, utf8mb4_default ? utf8mb4_default : utf8mb4_collation(d));
		return;
	}
	for (size_t i = 0; i < sizeof defaults / sizeof *defaults; i++) {
		if (strcmp(name, defaults[i].charset) == 0) {
			copy_lower(out, RS_COLLATION_NAME, defaults[i].collation);
			return;
		}
	}
	snprintf(general, sizeof general, "%s_%s", name, has_uca_default(name, d) ? "uca1400_ai_ci" : "general_ci");
	rs_ddl_collation_name(general, NULL, d, out);
}

void rs_ddl_binary_collation(const char *charset, char out[RS_COLLATION_NAME])
{
	snprintf(out, RS_COLLATION_NAME, "%s%s", charset, strcmp(charset, "binary") == 0 ? "" : "_bin");
}
