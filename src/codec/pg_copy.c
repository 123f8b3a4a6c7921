#include "codec/pg_copy.h"

#include <string.h>
#include "base/i18n.h"

static char meant_by(char c)
{
	static const char letters[] = "bfnrtv", meant[] = "\b\f\n\r\t\v";
	const char *at = c ? strchr(letters, c) : NULL;

	return at ? meant[at - letters] : c;
}

/* Up to the next tab, in place; *line is behind it then. */
static struct rs_value take(char **line, const char *end)
{
	char *start = *line, *to = start;
	char *from = start;

	if (end - from >= 2 && from[0] == '\\' && from[1] == 'N' && (end - from == 2 || from[2] == '\t')) {
		*line = from + 2;
		return rs_value_null();
	}
	while (from < end && *from != '\t') {
		if (*from == '\\' && from + 1 < end) {
			*to++ = meant_by(from[1]);
			from += 2;
		} else {
			*to++ = *from++;
		}
	}
	*line = from;
	return rs_value_of(start, (size_t)(to - start));
}

static enum rs_rc wrong(struct rs_err *err)
{
	return rs_err_set(err, RS_E_VALUE, _("a row that was copied has another number of columns than its table"));
}

enum rs_rc rs_pg_copy_split(char *line, size_t len, struct rs_value *values, size_t n, struct rs_err *err)
{
	const char *end = line + (len > 0 && line[len - 1] == '\n' ? len - 1 : len);

	for (size_t i = 0; i < n; i++) {
		if (i > 0 && line == end)
			return wrong(err);
		if (i > 0)
			line++;
		values[i] = take(&line, end);
	}
	return line == end ? RS_OK : wrong(err);
}
