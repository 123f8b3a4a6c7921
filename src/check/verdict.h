/* How a check writes down what it found: short calls, in the order of the texts on the screen. */
#ifndef RS_VERDICT_H
#define RS_VERDICT_H

#include "base/err.h"
#include "model/finding.h"

/* Each sets the verdict and the short text of what was found (printf style, translated), and returns RS_OK, so that a
 * check ends with "return rs_verdict_pass(…)". */
enum rs_rc rs_verdict_pass(struct rs_finding *f, const char *fmt, ...) RS_PRINTF(2, 3);
enum rs_rc rs_verdict_warn(struct rs_finding *f, const char *fmt, ...) RS_PRINTF(2, 3);
enum rs_rc rs_verdict_fail(struct rs_finding *f, const char *fmt, ...) RS_PRINTF(2, 3);

/* What is needed, short. */
void rs_verdict_need(struct rs_finding *f, const char *fmt, ...) RS_PRINTF(2, 3);
/* Adds sentences to the explanation. */
void rs_verdict_explain(struct rs_finding *f, const char *fmt, ...) RS_PRINTF(2, 3);
/* Adds a line of its own to the explanation: one item of a list. */
void rs_verdict_line(struct rs_finding *f, const char *fmt, ...) RS_PRINTF(2, 3);
/* Adds a line to the remedy. where: "source", "destination"; NULL: a command for a shell on this machine. */
void rs_verdict_remedy(struct rs_finding *f, const char *where, const char *fmt, ...) RS_PRINTF(3, 4);
/* Adds "db.table" to the objects concerned; table NULL: the database. */
void rs_verdict_object(struct rs_finding *f, const char *db, const char *table);

#endif
