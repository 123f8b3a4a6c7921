/* The words in which the comparison beside following says what it does not do, and why. */
#include "engine/engine.h"

#include "base/i18n.h"

static const struct word {
	const char *code, *title;
} unverified[] = {
	[RS_UNVERIFIED_NOT] = {"", ""},
	[RS_UNVERIFIED_OPERATIONS] = {"operations", N_("not compared: some kinds of its changes are not synchronized")},
	[RS_UNVERIFIED_LARGE] = {"large", N_("not compared: no key to divide it by, and too many rows")},
	[RS_UNVERIFIED_RESTLESS] = {"restless", N_("not compared: no key to divide it by, and it never rests")},
	[RS_UNVERIFIED_MANY] = {"many", N_("not compared further: too many rows differ")},
	[RS_UNVERIFIED_CHANGING] = {"changing", N_("not compared: its schema was being changed")},
}, waits[] = {
	[RS_VERIFIER_WAITS_NOT] = {"", ""},
	[RS_VERIFIER_WAITS_SYNCHRONIZING] = {"synchronizing", N_("waits until the task is synchronizing")},
	[RS_VERIFIER_WAITS_CONSISTENT] = {"consistent", N_("waits until no rows are ahead of the others")},
	[RS_VERIFIER_WAITS_LAG] = {"lag", N_("waits until the task has caught up")},
	[RS_VERIFIER_WAITS_TROUBLE] = {"trouble", N_("waits for a while after a failure, which the log tells")},
};

static const char *title(const struct word *w) { return *w->title ? _(w->title) : ""; }

const char *rs_unverified_code(enum rs_unverified why) { return unverified[why].code; }
const char *rs_unverified_title(enum rs_unverified why) { return title(&unverified[why]); }
const char *rs_verifier_wait_code(enum rs_verifier_wait w) { return waits[w].code; }
const char *rs_verifier_wait_title(enum rs_verifier_wait w) { return title(&waits[w]); }
