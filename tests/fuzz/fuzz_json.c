/* Binary JSON and partial updates of it: what is printed must be JSON that another reader reads. */
#include <jansson.h>
#include <string.h>

#include "base/utf8.h"
#include "codec/binary_json.h"
#include "fuzz.h"

/* Strings of a malformed document need not be UTF-8, and Jansson's numbers have limits of their own. */
static void must_be_json(const struct rs_buf *b)
{
	json_error_t error;
	json_t *j;

	if (!rs_utf8_valid(rs_buf_str(b), b->len))
		return;
	j = json_loadb(rs_buf_str(b), b->len, JSON_DECODE_ANY | JSON_ALLOW_NUL, &error);
	if (!j && !strstr(error.text, "too big") && !strstr(error.text, "overflow") && !strstr(error.text, "NUL byte")) {
		fprintf(stderr, "%s at %d: %s\n", error.text, error.position, rs_buf_str(b));
		abort();
	}
	json_decref(j);
}

/* Two bytes of the document's length, the document, changes to it. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rs_buf b = RS_BUF_INIT;
	struct rs_arena arena;
	size_t len;

	if (size < 2)
		return 0;
	len = (size_t)(data[0] | data[1] << 8);
	data += 2;
	size -= 2;
	if (len > size)
		len = size;
	if (rs_json_print(data, len, &b, NULL) == RS_OK) {
		if (!memmem(rs_buf_str(&b), b.len, "nan", 3) && !memmem(rs_buf_str(&b), b.len, "inf", 3))
			must_be_json(&b);
		MUST(b.len <= 8 * len + 64);
	}
	rs_buf_clear(&b);
	rs_arena_init(&arena, 64u << 20);
	if (rs_json_patch(data, len, data + len, size - len, &arena, &b, NULL) == RS_OK)
		MUST(b.len <= 8 * size + 64);
	rs_arena_release(&arena);
	rs_buf_release(&b);
	return 0;
}
