/* Sets of transaction ids from text and from bytes: what is read must come back the same, and the operations on sets
 * must obey the laws of sets. */
#include <string.h>

#include "codec/gtid.h"
#include "fuzz.h"

static void round_trip(const struct rs_gtid_set *s)
{
	struct rs_gtid_set back = RS_GTID_SET_INIT, bytes = RS_GTID_SET_INIT;
	struct rs_buf b = RS_BUF_INIT;

	MUST(rs_gtid_set_print(s, &b) == RS_OK);
	MUST(rs_gtid_set_parse(&back, rs_buf_str(&b), NULL) == RS_OK);
	MUST(rs_gtid_set_equal(s, &back));
	rs_buf_clear(&b);
	MUST(rs_gtid_set_encode(s, &b) == RS_OK);
	MUST(rs_gtid_set_decode(&bytes, b.data, b.len, NULL) == RS_OK);
	MUST(rs_gtid_set_equal(s, &bytes));
	rs_gtid_set_clear(&back);
	rs_gtid_set_clear(&bytes);
	rs_buf_release(&b);
}

static void obey_laws(const struct rs_gtid_set *a, const struct rs_gtid_set *b)
{
	struct rs_gtid_set both = RS_GTID_SET_INIT, rest = RS_GTID_SET_INIT, again = RS_GTID_SET_INIT;

	rs_gtid_set_copy(&both, a);
	rs_gtid_set_union(&both, b);
	MUST(rs_gtid_set_includes(&both, a) && rs_gtid_set_includes(&both, b));
	rs_gtid_set_copy(&rest, a);
	rs_gtid_set_subtract(&rest, b);
	MUST(rs_gtid_set_includes(a, &rest));
	rs_gtid_set_copy(&again, &rest);
	rs_gtid_set_subtract(&again, b);
	MUST(rs_gtid_set_equal(&again, &rest));
	rs_gtid_set_union(&rest, b);
	MUST(rs_gtid_set_equal(&rest, &both));
	round_trip(&both);
	rs_gtid_set_clear(&both);
	rs_gtid_set_clear(&rest);
	rs_gtid_set_clear(&again);
}

static void try_domains(const char *text)
{
	struct rs_domain_set s = RS_DOMAIN_SET_INIT, back = RS_DOMAIN_SET_INIT;
	struct rs_buf b = RS_BUF_INIT;

	if (rs_domain_set_parse(&s, text, NULL) == RS_OK) {
		MUST(rs_domain_set_print(&s, &b) == RS_OK);
		MUST(rs_domain_set_parse(&back, rs_buf_str(&b), NULL) == RS_OK);
		MUST(rs_domain_set_equal(&s, &back) && rs_domain_set_includes(&s, &back));
	}
	rs_domain_set_clear(&s);
	rs_domain_set_clear(&back);
	rs_buf_release(&b);
}

/* Text up to a '|', then the bytes of a second set. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *bar = memchr(data, '|', size);
	size_t text_len = bar ? (size_t)(bar - data) : size;
	char *text = malloc(text_len + 1);
	struct rs_gtid_set a = RS_GTID_SET_INIT, b = RS_GTID_SET_INIT;

	MUST(text);
	memcpy(text, data, text_len);
	text[text_len] = 0;
	if (rs_gtid_set_parse(&a, text, NULL) == RS_OK)
		round_trip(&a);
	else
		MUST(rs_gtid_set_is_empty(&a));
	if (bar && rs_gtid_set_decode(&b, bar + 1, size - text_len - 1, NULL) == RS_OK)
		round_trip(&b);
	obey_laws(&a, &b);
	obey_laws(&b, &a);
	try_domains(text);
	rs_gtid_set_clear(&a);
	rs_gtid_set_clear(&b);
	free(text);
	return 0;
}
