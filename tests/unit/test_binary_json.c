#include "codec/binary_json.h"

#include "unit.h"

static void check_print(const char *doc, size_t len, const char *expected)
{
	struct rs_buf out = RS_BUF_INIT;
	struct rs_err err = RS_ERR_INIT;

	if (expected) {
		UNIT_INT(rs_json_print(doc, len, &out, &err), RS_OK);
		UNIT_STR(rs_buf_str(&out), expected);
	} else {
		UNIT_INT(rs_json_print(doc, len, &out, &err), RS_FAIL);
		UNIT_INT(err.code, RS_E_VALUE);
	}
	rs_err_clear(&err);
	rs_buf_release(&out);
}

#define PRINT(doc, expected) check_print(doc, sizeof(doc) - 1, expected)

static void scalars_are_printed_as_the_server_does(void)
{
	PRINT("", "null");
	PRINT("\4\0", "null");
	PRINT("\4\1", "true");
	PRINT("\4\2", "false");
	PRINT("\5\xff\xff", "-1");
	PRINT("\6\xff\xff", "65535");
	PRINT("\7\0\0\0\x80", "-2147483648");
	PRINT("\x08\xff\xff\xff\xff", "4294967295");
	PRINT("\x09\0\0\0\0\0\0\0\x80", "-9223372036854775808");
	PRINT("\x0a\xff\xff\xff\xff\xff\xff\xff\xff", "18446744073709551615");
	PRINT("\x0b\0\0\0\0\0\0\xf0\x3f", "1.0");
	PRINT("\x0b\0\0\0\0\0\0\xf8\xbf", "-1.5");
	PRINT("\x0b\0\0\0\0\0\0\0\x80", "-0.0");
	PRINT("\x0b\x7d\xc3\x94\x25\xad\x49\xb2\x54", "1e100");
	PRINT("\x0c\5hello", "\"hello\"");
	PRINT("\x0c\0", "\"\"");
	PRINT("\x0c\x0a\"\\\b\f\n\r\t\1\x1f\x7f", "\"\\\"\\\\\\b\\f\\n\\r\\t\\u0001\\u001f\x7f\"");
}

static void opaque_values_are_printed_as_the_server_does(void)
{
	PRINT("\x0f\xf6\7\x0a\2\x80\0\0\x0c\x32", "12.50");
	PRINT("\x0f\x0a\x08\0\0\0\0\0\xba\xb2\x19", "\"2024-02-29\"");
	PRINT("\x0f\x0c\x08\1\0\0\xb8\xc8\xba\xb2\x19", "\"2024-02-29 12:34:56.000001\"");
	PRINT("\x0f\x0b\x08\0\0\0\xb8\xc8\0\0\0", "\"12:34:56.000000\"");
	PRINT("\x0f\x0f\1x", "\"base64:type15:eA==\"");
	PRINT("\x0f\xfc\2xy", "\"base64:type252:eHk=\"");
	PRINT("\x0f\xfc\0", "\"base64:type252:\"");
}

/* {"a": 1, "b": [true, null]} */
#define OBJECT                                                                             \
	"\0\2\0\x1e\0" "\x12\0\1\0\x13\0\1\0" "\5\1\0\2\x14\0" "ab" "\2\0\x0a\0\4\1\0\4\0\0"

static void containers_are_printed_in_stored_order(void)
{
	PRINT(OBJECT, "{\"a\": 1, \"b\": [true, null]}");
	PRINT("\0\0\0\4\0", "{}");
	PRINT("\2\0\0\4\0", "[]");
	PRINT("\3\1\0\0\0\x0d\0\0\0\7\0\0\1\0", "[65536]");        /* large: 32 bits inline */
	PRINT("\1\0\0\0\0\x08\0\0\0", "{}");
}

static void malformed_documents_are_refused(void)
{
	static const char object[] = OBJECT;

	for (size_t cut = 1; cut < sizeof object - 1; cut++)
		check_print(object, cut, NULL);
	PRINT("\4\3", NULL);                                       /* no such literal */
	PRINT("\x0d", NULL);                                       /* no such type */
	PRINT("\x0c\xff\xff\xff\xff\x7f", NULL);                   /* a string far too long */
	PRINT("\x0c\x80\x80\x80\x80\x80\0", NULL);                 /* a length of six bytes */
	PRINT("\2\1\0\7\0\2\0\0", NULL);                           /* an array that holds itself */
	PRINT("\2\1\0\7\0\x0c\7\0", NULL);                         /* an offset past the end */
	PRINT("\2\xff\xff\7\0\5\1\0", NULL);                       /* too many elements */
	PRINT("\0\1\0\x0b\0\x0a\0\2\0\5\1\0", NULL);               /* a key past the end */
	PRINT("\x0f\xf6\1\x0a", NULL);
	PRINT("\x0f\xf6\2\x0a\2", NULL);
	PRINT("\x0f\x0a\7\0\0\0\0\0\0\0", NULL);
	PRINT("\x0f\x0a\x08\xff\xff\xff\xff\xff\xff\xff\xff", NULL);
}

/* Each of 60 arrays holds the next one twice: 2^60 values from a few hundred bytes, were there no limit. */
static void documents_can_not_grow_out_of_proportion(void)
{
	unsigned char doc[1 + 60 * 10 + 4] = {2};
	unsigned char *p = doc + 1;

	for (int i = 0; i < 60; i++, p += 10) {
		size_t size = (size_t)(doc + sizeof doc - p);

		p[0] = 2;
		p[2] = (unsigned char)size;
		p[3] = (unsigned char)(size >> 8);
		p[4] = p[7] = 2;
		p[5] = p[8] = 10;
	}
	p[2] = 4;
	check_print((const char *)doc, sizeof doc, NULL);
}

static void check_patch(const char *doc, size_t len, const char *diffs, size_t diffs_len, const char *expected)
{
	struct rs_buf out = RS_BUF_INIT;
	struct rs_err err = RS_ERR_INIT;
	struct rs_arena arena;

	rs_arena_init(&arena, 0);
	if (expected) {
		UNIT_INT(rs_json_patch(doc, len, diffs, diffs_len, &arena, &out, &err), RS_OK);
		UNIT_STR(rs_buf_str(&out), expected);
	} else {
		UNIT_INT(rs_json_patch(doc, len, diffs, diffs_len, &arena, &out, &err), RS_FAIL);
		UNIT_INT(err.code, RS_E_VALUE);
	}
	rs_err_clear(&err);
	rs_arena_release(&arena);
	rs_buf_release(&out);
}

#define PATCH(diffs, expected) check_patch(OBJECT, sizeof OBJECT - 1, diffs, sizeof(diffs) - 1, expected)
#define TWO "\3\5\2\0" /* the value 2, after its length */

static void changes_are_made_in_order(void)
{
	PATCH("", "{\"a\": 1, \"b\": [true, null]}");
	PATCH("\0\3$.a" TWO, "{\"a\": 2, \"b\": [true, null]}");
	PATCH("\2\3$.a", "{\"b\": [true, null]}");
	PATCH("\1\4$.aa" TWO, "{\"a\": 1, \"b\": [true, null], \"aa\": 2}");
	PATCH("\1\3$.B" TWO, "{\"B\": 2, \"a\": 1, \"b\": [true, null]}");
	PATCH("\0\6$.b[1]" TWO, "{\"a\": 1, \"b\": [true, 2]}");
	PATCH("\1\6$.b[0]" TWO, "{\"a\": 1, \"b\": [2, true, null]}");
	PATCH("\1\6$.b[9]" TWO, "{\"a\": 1, \"b\": [true, null, 2]}");
	PATCH("\2\6$.b[0]" "\2\6$.b[0]", "{\"a\": 1, \"b\": []}");
	PATCH("\0\1$" TWO, "2");
	PATCH("\1\3$.c\5\2\0\0\4\0" "\1\6$.c[0]" TWO "\1\6$.c[0]" TWO "\1\6$.c[0]" TWO "\1\6$.c[0]" TWO "\1\6$.c[0]" TWO,
	      "{\"a\": 1, \"b\": [true, null], \"c\": [2, 2, 2, 2, 2]}");
}

static void keys_in_paths_may_be_quoted(void)
{
	PATCH("\0\5$.\"a\"" TWO, "{\"a\": 2, \"b\": [true, null]}");
	PATCH("\1\7$.\"x.y\"" TWO, "{\"a\": 1, \"b\": [true, null], \"x.y\": 2}");
	PATCH("\1\x11$.\"\\n\\\\\\\"\\u00e9/\"" TWO, "{\"a\": 1, \"b\": [true, null], \"\\n\\\\\\\"\xc3\xa9/\": 2}");
	PATCH("\1\x10$.\"\\ud83d\\ude00\"" TWO, "{\"a\": 1, \"b\": [true, null], \"\xf0\x9f\x98\x80\": 2}");
	PATCH("\0\7$.\"b\"[0]" TWO, NULL); /* cut off */
	PATCH("\0\x08$.\"b\"[0]" TWO, "{\"a\": 1, \"b\": [2, null]}");
}

static void impossible_changes_are_refused(void)
{
	PATCH("\0\3$.x" TWO, NULL);
	PATCH("\2\3$.x", NULL);
	PATCH("\1\3$.a" TWO, NULL);        /* it is there already */
	PATCH("\0\6$.b[2]" TWO, NULL);
	PATCH("\0\4$[0]" TWO, NULL);       /* not an array */
	PATCH("\0\5$.a.b" TWO, NULL);      /* not an object */
	PATCH("\2\1$", NULL);
	PATCH("\1\1$" TWO, NULL);
	PATCH("\3\3$.a" TWO, NULL);        /* no such operation */
	PATCH("\0\3x.a" TWO, NULL);
	PATCH("\0\2$." TWO, NULL);
	PATCH("\0\5$.b[]" TWO, NULL);
	PATCH("\0\6$.b[x]" TWO, NULL);
	PATCH("\0\5$.b[0" TWO, NULL);
	PATCH("\0\4$.\"a" TWO, NULL);
	PATCH("\0\x0a$.\"\\ud83d\"" TWO, NULL);
	PATCH("\0\3$.a", NULL);
	PATCH("\0\3$.a\0", NULL);
	PATCH("\0\3$.a\3\5", NULL);
	PATCH("\0\3$.a\2\4\7", NULL);      /* a malformed value */
}

UNIT_MAIN(UNIT_TEST(scalars_are_printed_as_the_server_does), UNIT_TEST(opaque_values_are_printed_as_the_server_does),
          UNIT_TEST(containers_are_printed_in_stored_order), UNIT_TEST(malformed_documents_are_refused),
          UNIT_TEST(documents_can_not_grow_out_of_proportion), UNIT_TEST(changes_are_made_in_order),
          UNIT_TEST(keys_in_paths_may_be_quoted), UNIT_TEST(impossible_changes_are_refused))
