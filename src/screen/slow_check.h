/* Validators of forms that have to wait for something (a disk), asked in a thread: as long as the answer is not there the
 * validator gives RS_AGAIN, then the loop is woken. An answer counts for a moment, so that who creates the missing file and
 * goes on is not told of yesterday's. UI thread only. */
#ifndef RS_SLOW_CHECK_H
#define RS_SLOW_CHECK_H

#include "base/map.h"
#include "form/form_registry.h"
#include "screen/work.h"

struct rs_slow_check {
	struct rs_works *works;
	struct rs_form_entry validator; /* the one that waits; takes a value and no words */
	struct rs_map answers;          /* by value */
};

/* Registers this in place of the validator that has the name, and asks that one in threads. The works may be set up later,
 * but before the first form is shown. */
void rs_slow_check_init(struct rs_slow_check *s, struct rs_works *works, struct rs_form_registry *r, const char *name);
/* All works are done with. */
void rs_slow_check_release(struct rs_slow_check *s);

#endif
