/* A PostgreSQL server as a source. What its files share; private to them.
 *
 * A position is a place in the server's log: file is always RS_POSITION_WAL, offset the place (model/lsn.h). Behind everything that was
 * committed up to there. Its log is the timeline, which changes when a standby takes over: places go on then from where the two part,
 * and one beyond that is of a log that nobody has any more (pg_guard.c).
 *
 * At the source two things are made, named after the task: a *publication*, which lists the tables whose changes are wanted, and
 * a *slot*, which keeps the log for us (db/pg_log.h). The publication comes first: what is decoded of the log is judged by
 * the publication as it was there. Both go at release.
 *
 * A part that is added to a task puts its tables into the task's publication, and then makes a slot of its own, which waits for all
 * transactions that were open: behind its beginning the log tells the task, too, of all changes of these tables. A session that
 * reads from before it may not: it can have met a transaction that began when the tables were not in the publication, and
 * remembers that (PostgreSQL before 18 and the patches of 2025). So a part joins when its task is past that place, and begins
 * another session then. */
#ifndef RS_PG_SOURCE_H
#define RS_PG_SOURCE_H

#include "db/pg_conn.h"
#include "db/pg_log.h"
#include "source/source.h"

#define RS_PG_TIMELINE 16 /* with the NUL */

struct rs_pg_source {
	struct rs_source base;
	struct rs_pg pg;
	const struct rs_endpoint *endpoint; /* borrowed: the task's */
	struct rs_selection *objects;       /* a copy: the task's may change while it runs */
	char name[RS_PG_SLOT_NAME];         /* of the slot; "": none is ever made */
	char publication[RS_PG_SLOT_NAME];  /* the slot's name; of a part that of its task, which is to tell of its tables from then on */
	char id[37];                        /* the task's, or the part's */
	char *number;                       /* the server's number, as it was looked at last; NULL: not yet */
	unsigned timeline;                  /* … and its log's, which a session that reads it must find again; 0: not yet */
	uint64_t asked;                     /* the log's end when `seen` was asked for */
	uint64_t seen;                      /* all that was in the log by then is numbered below it; 0: not asked */
};

void rs_pg_position_set(struct rs_position *out, uint64_t lsn);
/* A session that reads the log, with what SQL a session without values has. *pg is RS_PG_INIT. */
enum rs_rc rs_pg_source_log_session(const struct rs_pg_source *s, struct rs_pg *pg, struct rs_err *err) RS_MUST_CHECK;
/* What is selected of a server's catalogue, and what selected tables need besides. */
enum rs_rc rs_pg_selected_read(struct rs_pg *pg, const struct rs_selection *sel, struct rs_catalog *out, struct rs_err *err) RS_MUST_CHECK;
/* The timeline that a position was read in goes with it, as its log: "wal 1". */
void rs_pg_timeline_text(char out[RS_PG_TIMELINE], unsigned timeline);
/* Whether what the session reads goes on from `at`: the server as it was looked at before, and a log that holds all up to there, also
 * where a standby has taken over meanwhile. RS_E_CONN_WRONG_SERVER, RS_E_SOURCE_DIVERGED. */
enum rs_rc rs_pg_guard(struct rs_pg_source *s, struct rs_pg *pg, const struct rs_position *at, struct rs_err *err) RS_MUST_CHECK;
/* Whether the task's slot is there, and still has what follows `from`: RS_E_BINLOG_PURGED. */
enum rs_rc rs_pg_guard_slot(struct rs_pg_source *s, struct rs_pg *pg, const struct rs_position *from, struct rs_err *err) RS_MUST_CHECK;
enum rs_rc rs_pg_reader_open(struct rs_pg_source *s, struct rs_table_reader **out, struct rs_err *err) RS_MUST_CHECK;
enum rs_rc rs_pg_stream_open(struct rs_pg_source *s, const struct rs_position *from, struct rs_stream **out,
                             struct rs_err *err) RS_MUST_CHECK;

#endif
