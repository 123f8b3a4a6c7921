#include "base/words.h"

#include <string.h>
#include <strings.h>

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

bool rs_words_next(const char **text, const char **word, size_t *len)
{
	const char *p = *text;

	while (p && is_blank(*p))
		p++;
	if (!p || !*p)
		return false;
	*word = p;
	while (*p && !is_blank(*p))
		p++;
	*len = (size_t)(p - *word);
	*text = p;
	return true;
}

bool rs_words_has(const char *list, const char *word, size_t len)
{
	const char *w;
	size_t n;

	for (const char *p = list; rs_words_next(&p, &w, &n);)
		if (n == len && memcmp(w, word, len) == 0)
			return true;
	return false;
}

size_t rs_words_count(const char *list)
{
	const char *w;
	size_t len, n = 0;

	for (const char *p = list; rs_words_next(&p, &w, &len);)
		n++;
	return n;
}

enum { WORD_MAX = 64 };

static size_t min3(size_t a, size_t b, size_t c)
{
	size_t ab = a < b ? a : b;

	return ab < c ? ab : c;
}

/* The optimal string alignment distance, with three rows of the table. */
static size_t distance(const char *a, size_t n, const char *b, size_t m)
{
	size_t rows[3][WORD_MAX + 1], *before = rows[0], *last = rows[1], *now = rows[2];

	for (size_t j = 0; j <= m; j++)
		last[j] = j;
	for (size_t i = 1; i <= n; i++) {
		now[0] = i;
		for (size_t j = 1; j <= m; j++) {
			now[j] = min3(last[j] + 1, now[j - 1] + 1, last[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] && before[j - 2] + 1 < now[j])
				now[j] = before[j - 2] + 1;
		}
		size_t *spare = before;
		before = last;
		last = now;
		now = spare;
	}
	return last[m];
}

const char *rs_words_nearest(const char *word, const char *const *known, size_t n)
{
	size_t len = strlen(word), best = len / 3 + 2;
	const char *found = NULL;

	if (len > WORD_MAX)
		return NULL;
	for (size_t i = 0; i < n; i++) {
		size_t m = strlen(known[i]);
		size_t d = m > WORD_MAX ? best : distance(word, len, known[i], m);

		if (d < best && d < m) {
			best = d;
			found = known[i];
		}
	}
	return found;
}
