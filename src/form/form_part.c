#include "form/form_part.h"

#include <string.h>
#include "base/buf.h"
#include "base/i18n.h"
#include "base/mem.h"

struct rs_form_part *rs_form_part_new(const char *file, char *text)
{
	struct rs_form_part *part = rs_xcalloc(1, sizeof *part);

	*part = (struct rs_form_part){rs_xstrdup(file), text, false};
	return part;
}

void rs_form_part_free(void *p)
{
	struct rs_form_part *part = p;

	free(part->file);
	free(part->text);
	free(part);
}

/* Appends the word's value. */
static enum rs_rc put_word(struct rs_buf *out, const struct rs_form_part *part, const struct rs_ini *page,
                           const char *section, const char *word, size_t len, struct rs_err *err)
{
	char *key = rs_xstrndup(word, len);
	const char *value = rs_ini_get(page, section, key);

	if (value)
		(void)rs_buf_adds(out, value);
	else
		rs_err_set(err, RS_E_FORM_INVALID, _("%s needs the key \"%s\""), part->file, key);
	free(key);
	return value ? RS_OK : RS_FAIL;
}

static enum rs_rc expand(struct rs_buf *out, const struct rs_form_part *part, const struct rs_ini *page, const char *section,
                         struct rs_err *err)
{
	const char *p = part->text, *open;

	while ((open = strchr(p, '{'))) {
		size_t len = strspn(open + 1, "abcdefghijklmnopqrstuvwxyz_");
		bool is_word = len > 0 && open[1 + len] == '}';

		(void)rs_buf_add(out, p, (size_t)(open - p) + !is_word);
		if (is_word && put_word(out, part, page, section, open + 1, len, err) != RS_OK)
			return RS_FAIL;
		p = open + 1 + (is_word ? len + 1 : 0);
	}
	(void)rs_buf_adds(out, p);
	return RS_OK;
}

struct rs_ini *rs_form_part_open(const struct rs_form_part *part, const struct rs_ini *page, const char *section,
                                 struct rs_err *err)
{
	struct rs_buf text = RS_BUF_INIT;
	struct rs_ini *ini = NULL;

	if (expand(&text, part, page, section, err) == RS_OK)
		ini = rs_ini_parse(part->file, rs_buf_str(&text), text.len, err);
	rs_buf_release(&text);
	return ini;
}
