/* The applier's parts. Private to sink/. */
#ifndef RS_MYSQL_APPLY_H
#define RS_MYSQL_APPLY_H

#include "sink/mysql_packet.h"

/* What is being collected into one statement. */
enum rs_mysql_run {
	RS_RUN_NONE,
	RS_RUN_REPLACE, /* overlap: newest wins */
	RS_RUN_INSERT,  /* strict: each row must be new */
	RS_RUN_DELETE   /* by key */
};

struct rs_mysql_applier {
	struct rs_applier base;
	const struct rs_mysql_sink *sink;
	unsigned lane;
	struct rs_my my; /* RS_MY_WRITE, and without autocommit: what follows a rollback of the server's is not committed */
	struct rs_mysql_packet packet;
	struct rs_buf sql;   /* the run's statement */
	struct rs_buf single; /* statements that are sent at once */
	struct rs_position begun;
	char *ahead;         /* as begin was given it */
	bool in_transaction;

	enum rs_mysql_run run;
	const struct rs_route *route; /* of the run */
	uint64_t run_rows, run_zero_enums;
	bool overlap;
	struct rs_anomalies *anomalies;

	bool gathering;        /* what comes is folded, or at least not waited for */
	struct rs_fold fold;
};

/* ------------------------------------------------------------------ mysql_apply_rows.c */

/* One change by itself: it may wait in a run. */
enum rs_rc rs_mysql_apply_one(struct rs_mysql_applier *a, const struct rs_route *route, const struct rs_change *change,
                              const struct rs_row_change *row, struct rs_err *err);
/* Ends the run, which goes to the destination or into the packet. */
enum rs_rc rs_mysql_apply_flush(struct rs_mysql_applier *a, struct rs_err *err);
/* The statement in a->single, behind which no run may wait. *affected (NULL: any) is what it must answer where it goes into
 * the packet, else what it has answered. */
enum rs_rc rs_mysql_apply_single(struct rs_mysql_applier *a, const struct rs_route *route, uint64_t zero_enums,
                                 uint64_t *affected, struct rs_err *err);
/* The destination's name of source column i. */
void rs_mysql_put_dest_name(struct rs_buf *sql, const struct rs_route *r, size_t i);

/* mysql_cascade.c: what foreign keys do to the children of a row that was changed. */
enum rs_rc rs_mysql_apply_cascades(struct rs_mysql_applier *a, const struct rs_route *route,
                                   const struct rs_row_change *row, struct rs_err *err);

#endif
