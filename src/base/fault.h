/* Named steps at which a test can kill the program, and seeded defects with which the crash oracle is itself tested.
 * Both are compiled out of ordinary builds: steps exist with --enable-debug, defects with --enable-seeded-defects.
 *
 *   RDS_SYNC_CRASH_AT=apply-before-commit:3   SIGKILL to itself the third time that step is reached
 *   RDS_SYNC_STOP_AT=apply-batch              SIGSTOP to itself, as a machine does that hangs for a while
 *   RDS_SYNC_DEFECT=3                         the defect of that number is active */
#ifndef RS_FAULT_H
#define RS_FAULT_H

#include <stdbool.h>

/* The defects. Each is one that a program of this kind might well have; tests/integration/test_defects.py proves that
 * each is caught. */
enum rs_defect {
	RS_DEFECT_CHECKPOINT_OUTSIDE = 1, /* the position is committed before the data, in a transaction of its own */
	RS_DEFECT_CHECKPOINT_AFTER,       /* … after the data */
	RS_DEFECT_LOAD_WARNING,           /* warnings of LOAD DATA are not looked at */
	RS_DEFECT_EVENT_DROPPED,          /* one row event in 40 is dropped */
	RS_DEFECT_EVENT_DOUBLED,          /* one row event in 40 is applied twice */
	RS_DEFECT_CHUNK_MARK_BEFORE,      /* a chunk's mark is committed before its rows */
	RS_DEFECT_CHUNK_GAP,              /* a chunk's lower bound is off by one row */
	RS_DEFECT_GAPS_FORGOTTEN,         /* a resumed copy goes on behind the last mark, whatever lies before it */
	RS_DEFECT_CASCADE_IGNORED,        /* cascades are not carried out */
	RS_DEFECT_P0_TOO_LATE,            /* the stream starts where the copy ended */
	RS_DEFECT_DDL_TWICE,              /* an intent without done is executed again without looking */
	RS_DEFECT_BINARY_TRIMMED,         /* BINARY is not padded */
	RS_DEFECT_KEY_CHANGE,             /* an update of the key leaves the old row */
	RS_DEFECT_COLLATION_MATCH,        /* rows of a table without a key are matched by collation, not by bytes */
	RS_DEFECT_TXN_SPLIT,              /* a source transaction is committed in halves, the position with the first */
	RS_DEFECT_EPOCH_UNCHECKED,        /* a process that was taken over from goes on writing */
	RS_DEFECT_EXACT_IGNORED,          /* changes that the copy of a table without a key holds are applied again */
	RS_DEFECT_OLD_WINS,               /* while copy and stream overlap, a row that is there is left as it is */
	RS_DEFECT_FLOAT_ROUNDED,          /* FLOAT is read as the server prints it */
	RS_DEFECT_SIGNED,                 /* unsigned integers of the log are read as signed */
	RS_DEFECT_FOLD_UNCOUNTED,         /* what folded rows met at the destination is not looked at */
	RS_DEFECT_ANSWER_SHIFTED,         /* a statement's answer is taken for that to the next one in its packet */
	RS_DEFECT_FILTER_BY_BEFORE,       /* an update is filtered by its before image alone, as the original does */
	RS_DEFECT_AHEAD_FORGOTTEN,        /* transactions that one lane committed before others did are applied again */
	RS_DEFECT_CONFLICT_BY_BYTES,      /* keys that a collation calls equal are taken for different ones */
	RS_DEFECT_CONFLICT_ROWS_ONLY,     /* transactions may meet at unique keys other than the row's */
	RS_DEFECT_REFUSAL_IGNORED,        /* what the destination refuses is taken for done */
	RS_DEFECT_COUNT
};

#ifdef RS_SEEDED_DEFECTS
bool rs_defect_active(enum rs_defect d);
#else
static inline bool rs_defect_active(enum rs_defect d) { (void)d; return false; }
#endif

#ifdef RS_DEBUG
void rs_step(const char *name);
/* Whether one of the two names this step: what goes together otherwise is done in parts then, so that there is a moment at which
 * it can be reached. */
bool rs_step_is_named(const char *name);
#else
static inline void rs_step(const char *name) { (void)name; }
static inline bool rs_step_is_named(const char *name) { (void)name; return false; }
#endif

#endif
