/* What the files of a repair share: parts of a table, what of them differs (repair_part.c), and how that is brought to the
 * destination (repair.c). Private to them. */
#ifndef RS_REPAIR_PRIV_H
#define RS_REPAIR_PRIV_H

#include "engine/core.h"
#include "engine/verify/compare_suspect.h"
#include "engine/verify/repair.h"

/* Who asks owns it, but for the errand, in which it is the coordinator's. */
struct rs_repairing {
	struct rs_engine *e;
	struct rs_selection *objects;        /* as the coordinator had them */
	struct rs_source *source, *dest;     /* of its own */
	struct rs_table_reader *source_reader, *dest_reader;
	const struct rs_table *source_table, *dest_table;
	struct rs_compare c;                 /* what rows are looked at with */
	int *columns;                        /* those that are written */
	char *where;                         /* the task's filter; NULL: all rows */
	char *one_source, *one_dest;         /* conditions of a repair of one key; NULL: of a range */
	const struct rs_key *key, *dest_key; /* NULL: the table is one part; without a key as a multiset */
	struct rs_table *own_form;           /* the source's table with the destination's rows as they are there (of the PostgreSQL
	                                        family); NULL: they are as the source has them */
	struct rs_row_side sides[2];
	struct rs_verify_counts counts;
	struct rs_bound after, upto;         /* the part */
	struct rs_repair_counts *done;

	/* in the errand */
	struct rs_suspects differing;
	struct rs_change *deletes, *writes;
	bool put_off, mended;
};

/* What differs in the part now, both sides read one after the other: into r->differing. */
enum rs_rc rs_repair_look(struct rs_repairing *r, struct rs_err *err);
/* The rows of that: into r->deletes and r->writes. */
enum rs_rc rs_repair_gather(struct rs_repairing *r, struct rs_err *err);
/* Neither is needed any more. */
void rs_repair_forget(struct rs_repairing *r);

#endif
