#include "form/form_reader.h"

#include <stdarg.h>
#include <string.h>
#include "base/i18n.h"
#include "base/mem.h"
#include "base/size.h"
#include "base/words.h"

void rs_form_problem(struct rs_form_problems *p, const char *file, int line, const char *fmt, ...)
{
	va_list ap;
	char *text;

	va_start(ap, fmt);
	text = rs_xvprintf(fmt, ap);
	va_end(ap);
	p->report(p->ctx, file, line, text);
	p->count++;
	free(text);
}

void rs_form_reader_problem(const struct rs_form_reader *r, const char *key, const char *fmt, ...)
{
	va_list ap;
	char *text;

	bool of_page = r->page && key && rs_ini_get(r->page, r->section, key);

	va_start(ap, fmt);
	text = rs_xvprintf(fmt, ap);
	va_end(ap);
	rs_form_problem(r->problems, of_page ? r->page_file : r->file, rs_ini_line(of_page ? r->page : r->ini, r->section, key),
	                "[%s] %s%s%s", r->section, key ? key : "", key ? ": " : "", text);
	free(text);
}

/* What a part says on its side alone, else on both. */
static const char *value_in_part(const struct rs_form_reader *r, const char *key)
{
	char *of_side = r->side ? rs_xprintf("%s.%s", r->side, key) : NULL;
	const char *v = of_side ? rs_ini_get(r->ini, r->section, of_side) : NULL;

	free(of_side);
	return v ? v : rs_ini_get(r->ini, r->section, key);
}

/* NULL for a key that is missing or empty. */
const char *rs_form_reader_value(const struct rs_form_reader *r, const char *key)
{
	const char *v = r->page ? rs_ini_get(r->page, r->section, key) : NULL;

	if (!v)
		v = value_in_part(r, key);
	return v && *v ? v : NULL;
}

char *rs_form_reader_text(const struct rs_form_reader *r, const char *key)
{
	return rs_xstrdup(rs_form_reader_value(r, key));
}

const char *rs_form_reader_needed(const struct rs_form_reader *r, const char *key)
{
	const char *v = rs_form_reader_value(r, key);

	if (!v)
		rs_form_reader_problem(r, NULL, _("%s is missing"), key);
	return v;
}

char *rs_form_reader_needed_text(const struct rs_form_reader *r, const char *key)
{
	return rs_xstrdup(rs_form_reader_needed(r, key));
}

/* Whether key is one of known; "stem." there stands for all keys that begin so. */
static bool key_is_known(const char *key, const char *const *known, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		size_t len = strlen(known[i]);

		if (strcmp(key, known[i]) == 0 || (known[i][len - 1] == '.' && strncmp(key, known[i], len) == 0 && key[len]))
			return true;
	}
	return false;
}

/* Without the side that a part's key may begin with. */
static const char *bare_key(const struct rs_form_reader *r, const char *key)
{
	if (r->page && strncmp(key, "source.", 7) == 0)
		return key + 7;
	return r->page && strncmp(key, "destination.", 12) == 0 ? key + 12 : key;
}

static void check_keys_of(const struct rs_form_reader *r, const struct rs_ini *ini, const char *const *known, size_t n)
{
	const char *key;

	for (size_t i = 0; (key = rs_ini_key(ini, r->section, i)); i++) {
		const char *bare = bare_key(r, key);

		if (key_is_known(bare, known, n))
			continue;
		const char *near = rs_words_nearest(bare, known, n);
		if (near)
			rs_form_reader_problem(r, key, _("unknown key; \"%s\" is near"), near);
		else
			rs_form_reader_problem(r, key, _("unknown key"));
	}
}

void rs_form_reader_check_keys(const struct rs_form_reader *r, const char *const *known, size_t n)
{
	check_keys_of(r, r->ini, known, n);
	if (r->page)
		check_keys_of(r, r->page, known, n);
}

bool rs_form_reader_yes_or_no(const struct rs_form_reader *r, const char *key, bool preset)
{
	const char *v = rs_form_reader_value(r, key);

	if (v && strcmp(v, "yes") != 0 && strcmp(v, "no") != 0)
		rs_form_reader_problem(r, key, _("yes or no is expected"));
	return v ? strcmp(v, "yes") == 0 : preset;
}

long long rs_form_reader_number(const struct rs_form_reader *r, const char *key, long long preset, long long max)
{
	const char *v = rs_form_reader_value(r, key);
	uint64_t n;

	if (!v)
		return preset;
	if (rs_size_parse(v, &n) && n <= (uint64_t)max)
		return (long long)n;
	rs_form_reader_problem(r, key, _("a number up to %lld is expected"), max);
	return preset;
}

/* --- words ----------------------------------------------------------------------------------------------------------- */

char **rs_form_words_split(const char *list, size_t *n)
{
	char **words = rs_xcalloc(rs_words_count(list) + 1, sizeof *words);
	const char *word;
	size_t len;

	*n = 0;
	for (const char *p = list; rs_words_next(&p, &word, &len);)
		words[(*n)++] = rs_xstrndup(word, len);
	return words;
}

void rs_form_words_free(char **words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(words[i]);
	free(words);
}

/* "name word …" or "@name word …". */
struct rs_form_call rs_form_call_parse(const char *list)
{
	struct rs_form_call call = {NULL, NULL, 0};
	char *first;

	call.words = rs_form_words_split(list, &call.n_words);
	if (call.n_words == 0)
		return call;
	first = call.words[0];
	call.name = rs_xstrdup(*first == '@' ? first + 1 : first);
	free(first);
	memmove(call.words, call.words + 1, --call.n_words * sizeof *call.words);
	return call;
}

void rs_form_call_free(struct rs_form_call *call)
{
	rs_form_words_free(call->words, call->n_words);
	free(call->name);
}
