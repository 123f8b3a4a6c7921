/* Digests that servers make of ranges of rows: half of the SHA-256 of each row's values as text, all of them combined by
 * XOR, or, where a row may be there twice and XOR would forget both, by sums. Not CRC32, whose sums stay the same where two
 * rows exchange a value, and not MD5, which MySQL 9.6 lacks. Only types whose text is the same on every version of both
 * products take part; each value says its length, so that no two rows come to the same text. */
#include "source/mysql_source.h"

#include <string.h>

enum form { FORM_NONE, FORM_INTEGER, FORM_DECIMAL, FORM_BIT, FORM_YEAR, FORM_TEMPORAL, FORM_MEMBERS, FORM_BYTES, FORM_TEXT };

static enum form form_of(const struct rs_column *c)
{
	switch (c->type) {
	case RS_T_TINYINT:
	case RS_T_SMALLINT:
	case RS_T_MEDIUMINT:
	case RS_T_INT:
	case RS_T_BIGINT:
		return FORM_INTEGER;
	case RS_T_DECIMAL:
		return FORM_DECIMAL;
	case RS_T_BIT:
		return FORM_BIT;
	case RS_T_YEAR:
		return FORM_YEAR;
	case RS_T_DATE:
	case RS_T_TIME:
	case RS_T_DATETIME:
	case RS_T_TIMESTAMP:
		return FORM_TEMPORAL;
	case RS_T_ENUM:
	case RS_T_SET:
		return FORM_MEMBERS;
	case RS_T_BINARY:
	case RS_T_VARBINARY:
	case RS_T_TINYBLOB:
	case RS_T_BLOB:
	case RS_T_MEDIUMBLOB:
	case RS_T_LONGBLOB:
		return FORM_BYTES;
	default:
		return rs_type_is_text(c->type) ? FORM_TEXT : FORM_NONE;
	}
}

/* The same bytes for the same characters: utf8mb4 has those of utf8mb3. */
static const char *charset_of(const struct rs_column *c)
{
	if (c->charset == NULL)
		return "";
	return strncmp(c->charset, "utf8", 4) == 0 ? "utf8" : c->charset;
}

static bool is_filled(const struct rs_column *c) { return c->native == NULL || strstr(c->native, "zerofill") != NULL; }

bool rs_digest_is_alike(const struct rs_column *a, const struct rs_column *b)
{
	enum form form = form_of(a);

	if (a->type == RS_T_NATIVE && b->type == RS_T_NATIVE) /* its digest is of their texts (pg_reader.c) */
		return strcmp(a->native, b->native) == 0;
	if (form == FORM_NONE || form != form_of(b))
		return false;
	switch (form) {
	case FORM_INTEGER:
		return !is_filled(a) && !is_filled(b);
	case FORM_DECIMAL:
		return !is_filled(a) && !is_filled(b) && a->scale == b->scale;
	case FORM_TEMPORAL:
		return a->type == b->type && a->fsp == b->fsp;
	case FORM_MEMBERS:
		return a->type == b->type;
	case FORM_TEXT:
		return strcmp(charset_of(a), charset_of(b)) == 0;
	default:
		return true;
	}
}

static void put_value(struct rs_buf *sql, const struct rs_column *c)
{
	switch (form_of(c)) {
	case FORM_BIT:
		rs_quote_ident(sql, c->name);
		rs_buf_adds(sql, "+0");
		break;
	case FORM_MEMBERS:
		rs_buf_adds(sql, "CAST(");
		rs_quote_ident(sql, c->name);
		rs_buf_adds(sql, " AS UNSIGNED)");
		break;
	case FORM_BYTES:
	case FORM_TEXT:
		rs_buf_adds(sql, "CONCAT(OCTET_LENGTH(");
		rs_quote_ident(sql, c->name);
		rs_buf_adds(sql, "),':',CAST(");
		rs_quote_ident(sql, c->name);
		rs_buf_adds(sql, " AS BINARY))");
		break;
	default:
		rs_quote_ident(sql, c->name);
	}
}

/* Of one row; NULL where the server can't hold its text: CONCAT gives NULL then, where CONCAT_WS would leave it out. */
static void put_row(struct rs_buf *sql, const struct rs_table *t, const uint32_t *columns, size_t n)
{
	rs_buf_adds(sql, "SHA2(CONCAT(");
	for (size_t i = 0; i < n; i++) {
		const struct rs_column *c = &t->columns[columns[i]];
		rs_buf_adds(sql, i > 0 ? ",','," : "");
		if (c->nullable) {
			rs_buf_adds(sql, "IF(");
			rs_quote_ident(sql, c->name);
			rs_buf_adds(sql, " IS NULL,'N',");
		}
		put_value(sql, c);
		rs_buf_adds(sql, c->nullable ? ")" : "");
	}
	rs_buf_adds(sql, "),256)");
}

/* Of one half of all rows' hashes. */
static void put_half(struct rs_buf *sql, const char *half, bool twice)
{
	rs_buf_addf(sql, twice ? ",COALESCE(MOD(SUM(CAST(CONV(%s(h,16),16,10) AS UNSIGNED)),18446744073709551616),0)"
	                       : ",BIT_XOR(CAST(CONV(%s(h,16),16,10) AS UNSIGNED))", half);
}

void rs_mysql_put_digest(struct rs_buf *sql, const struct rs_table *t, const uint32_t *columns, size_t n, bool twice)
{
	if (n == 0) {
		rs_buf_adds(sql, "SELECT COUNT(*)");
		return;
	}
	rs_buf_adds(sql, "SELECT COUNT(*),COUNT(h)");
	put_half(sql, "LEFT", twice);
	put_half(sql, "RIGHT", twice);
	rs_buf_adds(sql, " FROM (SELECT ");
	put_row(sql, t, columns, n);
	rs_buf_adds(sql, " AS h");
}
