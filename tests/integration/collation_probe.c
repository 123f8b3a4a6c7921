/* What is known of a collation without a server, for the test that asks servers: reads lines of JSON with "charset",
 * "collation" and "texts", answers each with the hashes, null for a text that is not known. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include "base/mem.h"
#include "codec/collation.h"

static json_t *hash_of(enum rs_collation_fold fold, const json_t *text)
{
	const char *bytes = json_string_value(text);
	size_t len = json_string_length(text);
	char hex[17];

	if (!rs_collation_knows(fold, bytes, len))
		return json_null();
	snprintf(hex, sizeof hex, "%016llx", (unsigned long long)rs_collation_hash(fold, bytes, len, 0));
	return json_string(hex);
}

static json_t *answer(const json_t *in)
{
	enum rs_collation_fold fold = rs_collation_fold(json_string_value(json_object_get(in, "charset")),
	                                                json_string_value(json_object_get(in, "collation")));
	json_t *hashes = json_array(), *text;
	size_t i;

	json_array_foreach (json_object_get(in, "texts"), i, text)
		json_array_append_new(hashes, hash_of(fold, text));
	return json_pack("{s:b, s:o}", "known", fold != RS_COLLATION_UNKNOWN, "hashes", hashes);
}

int main(void)
{
	char *line = NULL;
	size_t cap = 0;

	while (getline(&line, &cap, stdin) > 0) {
		json_t *in = json_loads(line, 0, NULL), *out = answer(in);

		json_dumpf(out, stdout, JSON_COMPACT);
		putchar('\n');
		fflush(stdout);
		json_decref(out);
		json_decref(in);
	}
	free(line);
	return 0;
}
