/* Which texts a collation may call equal, as far as that is known without a server: a hash that equal texts share. It is
 * coarser than the collations: different texts may share it, equal ones never differ. Pure.
 *
 * Proven on servers by tests/integration/test_collation.py: among the characters that fold here no collation that is
 * known here calls two equal that the hash tells apart. */
#ifndef RS_COLLATION_H
#define RS_COLLATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum rs_collation_fold {
	RS_COLLATION_UNKNOWN, /* anything may be equal */
	RS_COLLATION_BYTES,   /* equal texts are equal bytes, but for the padding at their ends */
	RS_COLLATION_ASCII,   /* … and for the case of letters, where all characters are printable ASCII */
	RS_COLLATION_WIDE     /* … or ideographs in UTF-8 */
};

/* NULL: unknown. */
enum rs_collation_fold rs_collation_fold(const char *charset, const char *collation);
/* The fold that is right where texts are equal by either of two collations; the text is in the character set of the first. */
enum rs_collation_fold rs_collation_coarser(enum rs_collation_fold first, enum rs_collation_fold second);
/* Whether the text is of characters that the fold knows. */
bool rs_collation_knows(enum rs_collation_fold fold, const char *text, size_t len);
/* Only of text that it knows. */
uint64_t rs_collation_hash(enum rs_collation_fold fold, const char *text, size_t len, uint64_t seed);

#endif
