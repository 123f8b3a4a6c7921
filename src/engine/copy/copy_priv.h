/* What the files of the full copy share: what is to be copied (copy_tables.c), who does what of it (copy_work.c), the workers
 * that do it (copy_worker.c), tables that are copied as at one moment (copy_whole.c), and their coordinator (copy.c). Private
 * to them. */
#ifndef RS_COPY_PRIV_H
#define RS_COPY_PRIV_H

#include "engine/copy/mend.h"

struct rs_copy_gap {
	uint64_t number;
	struct rs_bound lower, upper;
};

/* One table that is being copied. */
struct rs_copy_table {
	struct rs_sync_table *table;
	uint64_t chunk_rows;
	struct rs_bound last;      /* upper bound of the chunk that was given out last */
	uint64_t next_number;
	struct rs_copy_gap *gaps;  /* left by a crash */
	size_t n_gaps, cap_gaps;
	bool exhausted;            /* the open-ended chunk was given out */
	bool probing;              /* a worker is looking for the next bound */
	unsigned in_flight;
	unsigned workers;          /* that are at it */
	bool deferred;             /* indexes may have been left out */
	bool indexing;             /* a worker builds them */
	bool done;
	struct rs_copy_table *head; /* of the tables that are copied with it; itself where it is the head, or alone */
	bool whole;                /* copied as at one moment */
	bool mended;               /* its rows are there: each chunk is compared */
	uint64_t found;            /* chunks that earlier attempts loaded */
};

struct rs_copy {
	struct rs_engine *e;
	struct rs_monitor monitor; /* guards everything below but what is constant during the copy */
	struct rs_copy_table *tables; /* largest first */
	size_t n_tables;
	struct rs_copy_table **open;  /* those that are not done, in the same order */
	size_t n_open;
	struct rs_copy_table **finished; /* done, and not yet noted */
	size_t n_finished;
	unsigned workers;          /* still running */
	uint64_t mended, differed; /* chunks that were compared, and those of them that had to be written */
	uint64_t deleted, written; /* rows of the latter */
	bool abort;
	struct rs_err err;         /* of the first that failed */
};

/* One thing to load. */
struct rs_copy_work {
	struct rs_copy_table *t;
	uint64_t number;
	struct rs_bound lower, upper; /* owned */
	bool whole;                   /* the table and all whose head it is */
	bool indexes;                 /* of the table, all of whose rows are there */
};

struct rs_copy_worker {
	struct rs_copy *copy;
	struct rs_thread thread;
	struct rs_copy_table *at;     /* whose work it did last; NULL: none yet. Under the copy's monitor */
	struct rs_table_reader *reader;
	struct rs_loader *loader;
	struct rs_mender *mender;     /* NULL until there is something to compare */
	size_t n_columns;             /* of the table that is read */
	struct rs_cost owed;          /* what was let through before its turn: to be waited for when nothing is held any more */
};

/* ---------------------------------------------------------------- copy_tables.c */

/* Finds out what is left to be done, and prepares the destination's tables for it. */
enum rs_rc rs_copy_plan(struct rs_copy *c, struct rs_err *err);
void rs_copy_release(struct rs_copy *c);
/* Bytes, about. */
uint64_t rs_copy_row_size(const struct rs_table *t);
bool rs_copy_is_large(const struct rs_copy *c, const struct rs_sync_table *t);

/* ---------------------------------------------------------------- copy_work.c: by the workers' threads */

/* RS_EOF: all is done. RS_CANCELLED: the copy is to end. */
enum rs_rc rs_copy_next_work(struct rs_copy_worker *me, struct rs_copy_work *w, struct rs_err *err);
/* rc: what came of it. */
void rs_copy_finish_work(struct rs_copy_worker *me, struct rs_copy_work *w, enum rs_rc rc, uint64_t rows, uint64_t bytes);

/* ---------------------------------------------------------------- copy_worker.c */

/* Connects; to be closed also where that fails. */
enum rs_rc rs_copy_worker_open(struct rs_copy *c, struct rs_copy_worker *w, struct rs_err *err);
bool rs_copy_worker_start(struct rs_copy_worker *w);
/* Waits for its thread. */
void rs_copy_worker_close(struct rs_copy *c, struct rs_copy_worker *w);
/* The worker's, opened when it is first needed. */
enum rs_rc rs_copy_mender(struct rs_copy_worker *me, struct rs_err *err);
/* Opens a range of rows; key NULL: the whole table, which had its turn before. */
enum rs_rc rs_copy_open_rows(struct rs_copy_worker *me, const struct rs_sync_table *t, const struct rs_key *key,
                             const struct rs_bound *after, const struct rs_bound *upto, struct rs_err *err);
/* A rs_row_source.next of what is open, within the limits; arg: the worker. */
enum rs_rc rs_copy_pull_row(void *arg, struct rs_value *values, struct rs_err *err);
enum rs_load_mode rs_copy_mode(const struct rs_engine *e, const struct rs_copy_table *t);

/* ---------------------------------------------------------------- copy_whole.c */

/* A table that is copied as at one moment, and those that it is copied with. */
enum rs_rc rs_copy_load_whole(struct rs_copy_worker *me, struct rs_copy_work *w, struct rs_err *err);

#endif
