/* What the probes share that read one JSON object a line and answer with one (probe.py drives them). */
#ifndef RS_PROBE_H
#define RS_PROBE_H

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include "base/err.h"

static inline const char *text_of(const json_t *o, const char *key)
{
	return json_string_value(json_object_get(o, key));
}

static inline json_t *text(const char *s)
{
	json_t *j = s ? json_string(s) : NULL;

	return j ? j : json_null();
}

/* {"rc": …} and what the error says, which is cleared. */
static inline json_t *answer_rc(enum rs_rc rc, struct rs_err *err)
{
	static const char *const names[] = {"ok", "fail", "cancelled", "again", "eof"};
	static const char *const retries[] = {"never", "now", "reconnect", "later"};
	json_t *a = json_object();

	json_object_set_new(a, "rc", json_string(names[rc]));
	if (rs_err_is_set(err)) {
		json_object_set_new(a, "code", json_integer(err->code));
		json_object_set_new(a, "retry", json_string(retries[err->retry]));
		json_object_set_new(a, "native", json_integer(err->native));
		json_object_set_new(a, "primary", text(err->primary));
		json_object_set_new(a, "detail", text(err->detail));
		json_object_set_new(a, "hint", text(err->hint));
	}
	rs_err_clear(err);
	return a;
}

/* Until there are no more lines. */
static inline void answer_lines(json_t *(*answer)(const json_t *in))
{
	char *line = NULL;
	size_t cap = 0;

	while (getline(&line, &cap, stdin) > 0) {
		json_t *in = json_loads(line, JSON_ALLOW_NUL, NULL), *out = answer(in);

		json_dumpf(out, stdout, JSON_COMPACT);
		putchar('\n');
		fflush(stdout);
		json_decref(in);
		json_decref(out);
	}
	free(line);
}

#endif
