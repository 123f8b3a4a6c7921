/* What the files of the loader share: rows that are loaded (mysql_load.c), and rows that are there already (mysql_mend.c). Private
 * to them; one thread. */
#ifndef RS_MYSQL_LOAD_PRIV_H
#define RS_MYSQL_LOAD_PRIV_H

#include "sink/mysql_bulk.h"

#define RS_MYSQL_DUPLICATE 1062

struct mysql_loader {
	struct rs_loader base;
	struct rs_mysql_sink *sink;
	struct rs_my my;            /* RS_MY_WRITE */
	struct rs_value *values;    /* one row */
	size_t cap_values;
	struct rs_buf sql;
	bool bulks;                 /* the server takes rows as parameters */
	struct rs_mysql_bulk bulk;

	/* while a load runs */
	const struct rs_route *route;
	const struct rs_row_source *rows;
	struct rs_err *err;         /* of the row source */
	enum rs_load_mode mode;
	enum rs_rc rc;              /* RS_EOF: it ended well */
	bool held;                  /* values is a row that was read and not yet sent */
	struct rs_buf line;         /* encoded rows that the server has not taken yet */
	size_t sent;                /* bytes of line that it has */
	uint64_t n_rows, n_bytes;

	/* of one statement */
	struct rs_buf apart;        /* rows that no line can carry: a statement of their own, which follows */
	uint64_t apart_zero_enums;
	uint64_t part_rows;
	uint64_t zero_enums;        /* values that are stored as '' with a warning, as they were at the source */

	uint64_t listed;            /* warnings that the server keeps; more are only counted */
};

static inline struct mysql_loader *rs_mysql_loader_of(struct rs_loader *l) { return (struct mysql_loader *)l; }

/* ------------------------------------------------------------------ mysql_load.c */

/* Into values. False: there is none, and rc says why. */
bool rs_mysql_load_pull(struct mysql_loader *l);
/* "INSERT INTO … VALUES " or what the mode says, to which rows are added. */
void rs_mysql_load_start(struct rs_buf *sql, const struct rs_route *route, enum rs_load_mode mode);
/* Sends such a statement, with so many of ENUM's error values, and looks at its warnings. */
enum rs_rc rs_mysql_load_insert(struct mysql_loader *l, const struct rs_buf *sql, uint64_t zero_enums, struct rs_err *err);
/* All rows, in the open transaction, in whichever way the server takes them. */
enum rs_rc rs_mysql_load_run(struct mysql_loader *l, const struct rs_route *route, const struct rs_row_source *rows,
                             enum rs_load_mode mode, struct rs_err *err);
/* Commits it, or takes it back. */
enum rs_rc rs_mysql_load_finish(struct mysql_loader *l, enum rs_rc rc, uint64_t *n_rows, uint64_t *n_bytes, struct rs_err *err);

/* ------------------------------------------------------------------ mysql_mend.c */

/* RS_LOAD_UPDATE: one row after the other. */
enum rs_rc rs_mysql_load_update(struct mysql_loader *l, struct rs_err *err);
/* rs_loader_ops.mend */
enum rs_rc rs_mysql_load_mend(struct rs_loader *base, const struct rs_route *route, const struct rs_key *dest_key,
                              const struct rs_row_source *gone, const struct rs_row_source *rows,
                              const struct rs_meta_chunk *mark, uint64_t *n_rows, uint64_t *n_bytes, struct rs_err *err);

#endif
