/* What of a statement falls where columns are left out at the destination: their definitions, the keys and checks that need
 * them, and what ALTER TABLE does to them. Private to codec/. */
#ifndef RS_DDL_LEAVE_OUT_H
#define RS_DDL_LEAVE_OUT_H

#include "codec/ddl.h"

struct rs_ddl_span {
	uint32_t start, end;   /* bytes of the text */
};

struct rs_ddl_leave_out {
	bool (*is_left_out)(void *arg, const char *column); /* of the statement's table */
	void *arg;
	/* out: */
	struct rs_ddl_span *spans; /* to be cut out, commas included; they don't overlap. malloc'ed */
	size_t n, cap;
	bool nothing_left;     /* the statement is about nothing else */
};

/* CREATE TABLE, ALTER TABLE, CREATE INDEX; of others nothing falls. Refused: a primary key of a left-out column, a column that
 * is renamed from or to a name that is left out, a table that would have no column. */
enum rs_rc rs_ddl_leave_out(const struct rs_ddl *d, struct rs_ddl_leave_out *o, struct rs_err *err) RS_MUST_CHECK;

#endif
