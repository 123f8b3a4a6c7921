/* What the parts of the verifier share: all of it belongs to its thread. verifier.c: the loop, connections, numbers;
 * verified_table.c: the tables; pass.c: passes over all of them; judge.c: single rows; known.c: differences that stay. */
#ifndef RS_VERIFIER_PRIV_H
#define RS_VERIFIER_PRIV_H

#include "engine/core.h"
#include "engine/verify/budget.h"
#include "engine/verify/compare.h"
#include "engine/verify/compare_row.h"

#define RS_VERIFY_WHOLE_ROWS 1000000 /* a table that is judged as one has at most so many, where its rows must be read, */
#define RS_VERIFY_WHOLE_DIGEST 20000000 /* … and where the servers make a digest of them: a minute's query */
#define RS_VERIFY_KNOWN_MAX 1000    /* differences of a table that are kept; with more it is not looked at further */

/* A table of the task, as the plan had it when it was asked. */
struct rs_verified_table {
	char *db, *name, *dest_db, *dest_name;
	uint64_t hash;                  /* rs_row_key_table_hash */
	bool all_changes;               /* none of its kinds of changes is left out */
	bool dest_missing;              /* when it was to be opened last the destination had no such table, and the source had */
	bool open;                      /* the rest is set: */
	const struct rs_table *source, *dest;
	const struct rs_key *key, *dest_key; /* dest_key NULL: it is judged as one */
	int *columns;
	char *where;                    /* the task's filter; NULL: all rows */
	uint32_t *source_columns, *dest_columns; /* what digests are made of; n_columns 0: rows must be read */
	size_t n_columns;
	struct rs_compare c;            /* what rows are looked at with */
	struct rs_row_side sides[RS_BUDGET_SERVERS];
};

/* Why a row is looked at. */
enum rs_reason { RS_REASON_SUSPECT, RS_REASON_CHANGED, RS_REASON_KNOWN };

/* A row, or a table as a whole, that is to be judged. */
struct rs_case {
	size_t table;                   /* index */
	uint64_t hash;
	struct rs_bound key;            /* n == 0: the whole table */
	enum rs_reason reason;
	unsigned tries;
	rs_usec not_before;             /* monotonic */
	struct rs_row_hash before, now; /* the source's row, as it was read first and last */
	struct rs_row_hash dest;
	bool had, has, dest_has;        /* there is such a row */
	bool over;                      /* nothing more to find out */
	char *name;                     /* of the row, for people; NULL: not read yet */
};

struct rs_cases {
	struct rs_case **items;
	size_t n, cap;
	struct rs_map by_hash;
};

enum rs_judge_step { RS_JUDGE_IDLE, RS_JUDGE_DEST, RS_JUDGE_VERDICT };

struct rs_judge {
	struct rs_cases waiting;        /* oldest first */
	struct rs_case **batch;         /* those under judgement, by table */
	size_t n_batch;
	enum rs_judge_step next;        /* once the destination has come to `await` */
	struct rs_position await;
	struct rs_position seen;        /* that the destination had when it was read; set: the source must show it first */
	unsigned long long generation;  /* when the batch was begun */
};

struct rs_pass {
	bool under_way;
	rs_usec began;                  /* monotonic; 0: never */
	rs_usec told;                   /* when the log was told of one that had ended */
	size_t at;                      /* table */
	char *resume_db, *resume_table, *resume_place; /* where an earlier process was; NULL: nowhere */
	struct rs_bound after, detail;  /* detail: the range that differs, in small steps up to here */
	bool in_detail;
	uint64_t rows;                  /* of a range */
};

struct rs_verifying {
	struct rs_engine *e;
	struct rs_verifier *v;
	struct rs_task_verify wanted;
	struct rs_budget budget;
	rs_usec not_before, pause;      /* after a failure: monotonic; how long the next one is waited for, 0: none was */
	rs_usec late_since;             /* monotonic: the task lags; 0: it does not */
	struct rs_source *source, *dest;
	struct rs_table_reader *readers[RS_BUDGET_SERVERS];
	char *identity;                 /* the source's */
	unsigned long long attempt;     /* of the engine's, in which connections were made */
	unsigned long long generation;  /* of what follows */
	struct rs_selection *objects;
	struct rs_verified_table *tables; /* by name */
	size_t n_tables, n_open;
	struct rs_judge judge;
	struct rs_pass pass;
	uint64_t repair;                /* ticket of the one that was asked for; 0: none */
	rs_usec looked;                 /* monotonic: at what is known */
	size_t look_from;               /* … and where to go on */
};

/* ------------------------------------------------------------------ verifier.c */

static inline rs_usec rs_verifying_now(void) { return rs_clock_mono(); }
/* A call to a server that began then is over. */
void rs_verifying_used(struct rs_verifying *k, enum rs_budget_server server, rs_usec began);
/* Whether the destination has everything up to a place. */
bool rs_verifying_has_come_to(struct rs_verifying *k, const struct rs_position *place);
/* The destination's position; clear it. */
void rs_verifying_applied(struct rs_verifying *k, struct rs_position *out);
/* Where tables that can't be read are schema changes under way, which come to an end: RS_EOF, and err is empty. */
enum rs_rc rs_verifying_pass_over(enum rs_rc rc, struct rs_err *err);

/* ------------------------------------------------------------------ verified_table.c */

/* Asks the coordinator for the tables of the plan. RS_AGAIN: nothing is followed now. RS_EOF: another source is. */
enum rs_rc rs_verified_tables_load(struct rs_verifying *k, struct rs_err *err) RS_MUST_CHECK;
/* Forgets them, what is judged and where the pass is in its table. */
void rs_verified_tables_forget(struct rs_verifying *k);
/* Reads both sides' schemas where that was not done. RS_EOF: one of them has no such table now. */
enum rs_rc rs_verified_table_open(struct rs_verifying *k, struct rs_verified_table *t, struct rs_err *err) RS_MUST_CHECK;
/* One whose schemas are others now, as a query has told: it is opened anew when it is looked at again. */
void rs_verified_table_close(struct rs_verifying *k, struct rs_verified_table *t);
/* By name; n_tables: none. */
size_t rs_verified_table_find(const struct rs_verifying *k, const char *db, const char *name);

typedef enum rs_rc rs_verified_row(struct rs_verifying *k, struct rs_row_side *s, const struct rs_row_hash *h, void *arg,
                                   struct rs_err *err);
/* fn for each row in (after, upto] (NULL, NULL: all) that also meets a condition (NULL: none). */
enum rs_rc rs_verified_table_walk(struct rs_verifying *k, struct rs_verified_table *t, enum rs_budget_server server,
                                  const struct rs_bound *after, const struct rs_bound *upto, const char *condition,
                                  rs_verified_row *fn, void *arg, struct rs_err *err) RS_MUST_CHECK;
/* The digest of the range, of those columns that both servers make the same of. RS_AGAIN: there is none. */
enum rs_rc rs_verified_table_digest(struct rs_verifying *k, struct rs_verified_table *t, enum rs_budget_server server,
                                    const struct rs_bound *after, const struct rs_bound *upto, struct rs_digest *out,
                                    struct rs_err *err) RS_MUST_CHECK;
/* Why it is left out of what is compared, or that it is not. */
void rs_verified_table_tell(struct rs_verifying *k, const struct rs_verified_table *t, enum rs_unverified why);
/* Its key's values, which point into the row that was read; room for key->n_parts. */
void rs_verified_row_key(const struct rs_verified_table *t, const struct rs_row_side *s, struct rs_value *values);

/* ------------------------------------------------------------------ judge.c */

/* Takes a row up, unless it is waiting or judged already. key: copied. */
void rs_judge_add(struct rs_verifying *k, size_t table, const struct rs_bound *key, enum rs_reason reason);
/* One step, where there is one: *did. */
enum rs_rc rs_judge_step(struct rs_verifying *k, bool *did, struct rs_err *err) RS_MUST_CHECK;
bool rs_judge_is_busy(const struct rs_verifying *k);
/* A table as a whole is under judgement: the longer that takes, the less likely it is that nothing changes it. */
bool rs_judge_is_urgent(const struct rs_verifying *k);
/* Forgets everything. */
void rs_judge_clear(struct rs_verifying *k);

/* ------------------------------------------------------------------ pass.c */

enum rs_rc rs_pass_step(struct rs_verifying *k, bool *did, struct rs_err *err) RS_MUST_CHECK;
/* The tables are others, or connections are lost: it goes on at the place where it was. */
void rs_pass_remember(struct rs_verifying *k);

/* ------------------------------------------------------------------ known.c */

struct rs_known {
	struct rs_known_diff diff;
	uint64_t hash;
	struct rs_bound key;
	bool mended;                    /* its table was repaired since it was found */
	rs_usec not_repaired_before;    /* monotonic */
};

/* The verdict on a row: kind of the difference, or that there is none. */
void rs_known_differs(struct rs_verifying *k, const struct rs_case *c, enum rs_diff_kind kind);
void rs_known_agrees(struct rs_verifying *k, const struct rs_case *c);
size_t rs_known_of(struct rs_verifying *k, const struct rs_verified_table *t);
/* Has them looked at again when it is time, and repaired where that is wanted. */
void rs_known_tend(struct rs_verifying *k);
void rs_known_free(struct rs_known *known, size_t n);

#endif
