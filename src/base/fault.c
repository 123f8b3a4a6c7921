#include "base/fault.h"

#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifdef RS_SEEDED_DEFECTS
bool rs_defect_active(enum rs_defect d)
{
	const char *text = getenv("RDS_SYNC_DEFECT");
	return text != NULL && strtol(text, NULL, 10) == (long)d;
}
#endif

#ifdef RS_DEBUG
void rs_step(const char *name)
{
	static atomic_long seen;
	const char *spec = getenv("RDS_SYNC_CRASH_AT");
	if (spec == NULL)
		return;
	const char *colon = strchr(spec, ':');
	size_t len = colon ? (size_t)(colon - spec) : strlen(spec);
	if (strlen(name) != len || memcmp(name, spec, len) != 0)
		return;
	long nth = colon ? strtol(colon + 1, NULL, 10) : 1;
	if (atomic_fetch_add(&seen, 1) + 1 == nth)
		kill(getpid(), SIGKILL);
}
#endif
