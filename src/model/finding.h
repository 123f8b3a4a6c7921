/* What one check of the precheck found. Texts are owned; user-visible ones are translated already. */
#ifndef RS_FINDING_H
#define RS_FINDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum rs_verdict {
	RS_CHECK_PENDING, /* not run yet */
	RS_CHECK_RUNNING,
	RS_CHECK_PASSED,
	RS_CHECK_WARNING, /* may be ignored, where ignorable says so */
	RS_CHECK_FAILED,
	RS_CHECK_SKIPPED  /* does not apply, or could not run because an earlier one failed */
};

struct rs_finding {
	const char *code;      /* "CHECK_BINLOG_ON"; static */
	const char *title;     /* for N_(): translate when showing; static */
	enum rs_verdict verdict;
	bool ignorable;
	const char *consequence; /* N_(): what follows when it is ignored; static; NULL: it never can be */
	bool ignored;          /* by the user: counts as passed */
	char *found;           /* short: "MINIMAL" */
	char *needed;          /* short: "FULL" */
	char *explain;         /* one or two sentences: why, and what it means to ignore it */
	char *remedy;          /* the exact statement(s) to run, each ending in ';', or NULL */
	char *remedy_where;    /* "source", "destination" or NULL; untranslated */
	const char *task_key;  /* what of the task's file mends it, "objects.include"; static; NULL: nothing of it does */
	char *task_value;      /* … with this value */
	char **objects;        /* concerned, "db.table" */
	size_t n_objects;
	int64_t usec;          /* how long it took */
};

void rs_finding_release(struct rs_finding *f);
void rs_finding_copy(struct rs_finding *to, const struct rs_finding *from);
void rs_finding_add_object(struct rs_finding *f, const char *object);

#endif
