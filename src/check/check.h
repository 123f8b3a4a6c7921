/* The precheck: tables of checks, one record a check, run in order against both servers.
 *
 * A check fails only for what the engine can't do. Each states what it found, what is needed, the objects concerned and,
 * where a statement mends it, exactly that statement. run is called in the precheck's own thread with open connections;
 * it may block on them (they can be cancelled) and must not change anything on either server. */
#ifndef RS_CHECK_H
#define RS_CHECK_H

#include <stdbool.h>
#include "base/err.h"
#include "db/kafka_conn.h"
#include "db/my_conn.h"
#include "db/pg_conn.h"
#include "model/catalog.h"
#include "model/finding.h"
#include "model/task.h"

/* What the checks look at. Connections that could not be made are closed (rs_my_is_open): checks that need them are
 * skipped by the runner. */
struct rs_check_ctx {
	const struct rs_task *task;
	struct rs_my *source;        /* RS_MY_CATALOG sessions */
	struct rs_my *dest;          /* closed where the destination is of another kind */
	struct rs_kafka *kafka;      /* the destination where it is Kafka; else NULL */
	struct rs_pg *pg;            /* the destination where it is PostgreSQL; else NULL */
	struct rs_pg *pg_source;     /* the source where it is PostgreSQL, and `source` stays closed; else NULL */
	struct rs_err source_error;  /* why there is no connection */
	struct rs_err dest_error;
	struct rs_catalog *catalog;  /* the selected objects of the source with their schemas; the runner's, NULL until a
	                                check needed it */
	const struct rs_selection *beside; /* what the task synchronizes already besides; NULL: nothing */
	const struct rs_task *const *others; /* all other tasks of this host, for topology; NULL-ended; NULL: none */
	bool resumed;                /* the task has been started before: what is at the destination is its own */
	const struct rs_cancel *cancel; /* the runner's: for what is asked otherwise than by these connections */
	struct rs_check_facts *facts; /* the runner's: what checks have learnt; starts as NULL */
};

enum rs_check_needs { RS_NEEDS_SOURCE = 1, RS_NEEDS_DEST = 2, RS_NEEDS_CATALOG = 4 };

struct rs_check {
	const char *code;            /* published, "CHECK_CONN_SRC" */
	const char *title;           /* N_() */
	unsigned needs;              /* bits of rs_check_needs */
	bool ignorable;              /* its warning or failure may be ignored by the user */
	bool (*applies)(const struct rs_check_ctx *ctx); /* NULL: always */
	/* Fills found, needed, verdict (PASSED, WARNING or FAILED), explain, remedy, objects. RS_FAIL: the check itself could
	 * not be run; the runner makes a FAILED finding of it. */
	enum rs_rc (*run)(struct rs_check_ctx *ctx, struct rs_finding *f, struct rs_err *err);
	const char *consequence;     /* N_(): what follows where the user ignores it; NULL: it never can be ignored */
};

/* The checks for a flow, in published order, ended by one whose code is NULL; NULL for a flow that has none. */
const struct rs_check *rs_checks_for_flow(const char *flow);

/* Runs them all (or those of codes, NULL-ended, where it is not NULL), calling report with a finding when it starts
 * (RS_CHECK_RUNNING) and again when it is done; report keeps nothing of it. Without a connection the checks that need
 * it are skipped, unless the check of the connection itself is not among those that run: then they fail. Returns RS_OK
 * however the checks went, RS_CANCELLED. */
enum rs_rc rs_checks_run(struct rs_check_ctx *ctx, const struct rs_check *checks, const char *const *codes,
                         struct rs_cancel *cancel, void (*report)(void *arg, const struct rs_finding *f), void *arg);

#endif
