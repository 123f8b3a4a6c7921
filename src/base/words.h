/* Lists of words in one string, separated by blanks, and the known word nearest to a mistyped one. Pure functions. */
#ifndef RS_WORDS_H
#define RS_WORDS_H

#include <stdbool.h>
#include <stddef.h>

/* Steps through the words of *text: for (const char *p = list; rs_words_next(&p, &word, &len);) */
bool rs_words_next(const char **text, const char **word, size_t *len);
/* Whether word is one of the list; NULL lists have none. */
bool rs_words_has(const char *list, const char *word, size_t len);
size_t rs_words_count(const char *list);

/* The one of n known words that is nearest to word, if it takes few enough changes to be meant; else NULL. The distance
 * counts letters added, left out, changed, and neighbours swapped. */
const char *rs_words_nearest(const char *word, const char *const *known, size_t n);

#endif
