/* One section of a form definition being read: its keys, and what is wrong with them. What form_field.c and form_read.c share;
 * nobody else includes this. */
#ifndef RS_FORM_READER_H
#define RS_FORM_READER_H

#include "form/form_read.h"

/* One section of a file being read. Of a part the page may have a section of the same name, whose keys go before. */
struct rs_form_reader {
	const struct rs_ini *ini;
	const char *file;
	const char *section;
	struct rs_form_problems *problems;
	const struct rs_ini *page; /* NULL: not a part */
	const char *page_file;
	const char *side;          /* of a part; NULL: it has none */
};

void rs_form_reader_problem(const struct rs_form_reader *r, const char *key, const char *fmt, ...) RS_PRINTF(3, 4);
/* NULL for a key that is missing or empty. */
const char *rs_form_reader_value(const struct rs_form_reader *r, const char *key);
char *rs_form_reader_text(const struct rs_form_reader *r, const char *key);
/* The same of one that must be there. */
const char *rs_form_reader_needed(const struct rs_form_reader *r, const char *key);
char *rs_form_reader_needed_text(const struct rs_form_reader *r, const char *key);
/* Reports keys that are none of known; "stem." there stands for all keys that begin so. */
void rs_form_reader_check_keys(const struct rs_form_reader *r, const char *const *known, size_t n);
bool rs_form_reader_yes_or_no(const struct rs_form_reader *r, const char *key, bool preset);
long long rs_form_reader_number(const struct rs_form_reader *r, const char *key, long long preset, long long max);

char **rs_form_words_split(const char *list, size_t *n);
void rs_form_words_free(char **words, size_t n);
/* "name word …" or "@name word …". */
struct rs_form_call rs_form_call_parse(const char *list);
void rs_form_call_free(struct rs_form_call *call);

void rs_form_field_read(const struct rs_form_reader *r, struct rs_form_page *page, struct rs_form_field *f, const char *id);
void rs_form_field_free(struct rs_form_field *f);

#endif
