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
/* spec is "name" or "name:n", the n-th time. */
static bool names(const char *spec, const char *name)
{
	size_t len = spec ? strcspn(spec, ":") : 0;

	return spec != NULL && strlen(name) == len && memcmp(name, spec, len) == 0;
}

static bool is_time(const char *spec, const char *name, atomic_long *seen)
{
	const char *colon = spec ? strchr(spec, ':') : NULL;

	return names(spec, name) && atomic_fetch_add(seen, 1) + 1 == (colon ? strtol(colon + 1, NULL, 10) : 1);
}

bool rs_step_is_named(const char *name)
{
	return names(getenv("RDS_SYNC_CRASH_AT"), name) || names(getenv("RDS_SYNC_STOP_AT"), name);
}

void rs_step(const char *name)
{
	static atomic_long crashes, stops;

	if (is_time(getenv("RDS_SYNC_CRASH_AT"), name, &crashes))
		kill(getpid(), SIGKILL);
	if (is_time(getenv("RDS_SYNC_STOP_AT"), name, &stops))
		raise(SIGSTOP); /* this thread stops here; any other a moment later */
}
#endif
