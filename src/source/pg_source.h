/* A PostgreSQL server as a source. What its files share; private to them.
 *
 * A position is a place in the server's log: file is always RS_POSITION_WAL, offset the place (model/lsn.h). Behind everything that was
 * committed up to there.
 *
 * At the source two things are made, named after the task: a *publication*, which lists the tables whose changes are wanted, and
 * a *slot*, which keeps the log for us (db/pg_log.h). The publication comes first: what is decoded of the log is judged by
 * the publication as it was there. Both go at release. */
#ifndef RS_PG_SOURCE_H
#define RS_PG_SOURCE_H

#include "db/pg_conn.h"
#include "db/pg_log.h"
#include "source/source.h"

struct rs_pg_source {
	struct rs_source base;
	struct rs_pg pg;
	const struct rs_endpoint *endpoint; /* borrowed: the task's */
	struct rs_selection *objects;       /* a copy: the task's may change while it runs */
	char name[RS_PG_SLOT_NAME];         /* of publication and slot; "": none is ever made */
	uint64_t asked;                     /* the log's end when `seen` was asked for */
	uint64_t seen;                      /* all that was in the log by then is numbered below it; 0: not asked */
};

void rs_pg_position_set(struct rs_position *out, uint64_t lsn);
/* A session that reads the log, with what SQL a session without values has. *pg is RS_PG_INIT. */
enum rs_rc rs_pg_source_log_session(const struct rs_pg_source *s, struct rs_pg *pg, struct rs_err *err) RS_MUST_CHECK;
enum rs_rc rs_pg_reader_open(struct rs_pg_source *s, struct rs_table_reader **out, struct rs_err *err) RS_MUST_CHECK;
enum rs_rc rs_pg_stream_open(struct rs_pg_source *s, const struct rs_position *from, struct rs_stream **out,
                             struct rs_err *err) RS_MUST_CHECK;

#endif
