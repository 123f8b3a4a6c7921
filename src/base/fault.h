/* Named steps at which a test can kill the program, and seeded defects with which the crash oracle is itself tested.
 * Both are compiled out of ordinary builds: steps exist with --enable-debug, defects with --enable-seeded-defects.
 *
 *   RDS_SYNC_CRASH_AT=apply-before-commit:3   SIGKILL to itself the third time that step is reached
 *   RDS_SYNC_DEFECT=3                         the defect of that number is active */
#ifndef RS_FAULT_H
#define RS_FAULT_H

#include <stdbool.h>

/* The defects, numbered as documented in tests/README.md. */
enum rs_defect {
	RS_DEFECT_CHECKPOINT_OUTSIDE = 1, /* the position is written in a transaction of its own, before the data */
	RS_DEFECT_CHECKPOINT_AFTER,       /* … after the data */
	RS_DEFECT_LOAD_WARNING,           /* warnings of LOAD DATA are not looked at */
	RS_DEFECT_EVENT_DROPPED,          /* one row event in 200 is dropped */
	RS_DEFECT_EVENT_DOUBLED,          /* one row event in 200 is applied twice */
	RS_DEFECT_CHUNK_MARK_AFTER,       /* a chunk's mark is committed after its rows */
	RS_DEFECT_CHUNK_MARK_BEFORE,      /* … before them */
	RS_DEFECT_EPOCH_UNCHECKED,        /* an old session may commit late */
	RS_DEFECT_CHUNK_GAP,              /* a chunk's lower bound is off by one row */
	RS_DEFECT_KEYLESS_RESUME,         /* a table without a key is loaded on top of what a crash left */
	RS_DEFECT_CASCADE_IGNORED,        /* cascades are not carried out */
	RS_DEFECT_P0_TOO_LATE,            /* the stream starts where the copy ended */
	RS_DEFECT_DDL_TWICE,              /* an intent without done is executed again without looking */
	RS_DEFECT_BINARY_TRIMMED,         /* BINARY is not padded */
	RS_DEFECT_KEY_CHANGE,             /* an update of the key leaves the old row */
	RS_DEFECT_COLLATION_MATCH,        /* rows of a table without a key are matched by collation, not by bytes */
	RS_DEFECT_TXN_SPLIT,              /* a source transaction is committed in two halves, the position with the first */
	RS_DEFECT_COUNT
};

#ifdef RS_SEEDED_DEFECTS
bool rs_defect_active(enum rs_defect d);
#else
static inline bool rs_defect_active(enum rs_defect d) { (void)d; return false; }
#endif

#ifdef RS_DEBUG
void rs_step(const char *name);
#else
static inline void rs_step(const char *name) { (void)name; }
#endif

#endif
