#include "model/value.h"

#include <string.h>

bool rs_value_identical(const struct rs_value *a, const struct rs_value *b)
{
	if (a->presence != b->presence)
		return false;
	if (a->presence != RS_PRESENT)
		return true;
	return a->len == b->len && (a->len == 0 || memcmp(a->bytes, b->bytes, a->len) == 0);
}
