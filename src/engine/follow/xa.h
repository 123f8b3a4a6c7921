/* XA transactions: between PREPARE and COMMIT, which may be days and restarts later, their rows are kept in the
 * destination's meta tables, because nothing else is sure to have them: the source's log may be purged. What is finished
 * before it would be stored never comes here (xa_pair.c). Belongs to the coordinator's thread; private to engine/. */
#ifndef RS_XA_H
#define RS_XA_H

#include "codec/change_bytes.h"
#include "engine/core.h"

/* A body that is being stored, inside of the applier's open transaction. */
struct rs_xa_writer {
	struct rs_applier *applier;
	char *xid;                    /* NULL: none is open */
	unsigned pieces;              /* stored so far */
	struct rs_buf bytes;          /* not stored yet: less than a piece, and the last item */
	struct rs_body_tables tables;
};

/* Where a writer can go back to, once the destination went back too. */
struct rs_xa_mark {
	unsigned pieces;
	size_t tables;
};

void rs_xa_open(struct rs_xa_writer *w, struct rs_applier *applier, const char *xid);
static inline bool rs_xa_is_open(const struct rs_xa_writer *w) { return w->xid != NULL; }
enum rs_rc rs_xa_add(struct rs_xa_writer *w, const struct rs_change *c, struct rs_err *err);
/* Stores everything until here. */
enum rs_rc rs_xa_mark(struct rs_xa_writer *w, struct rs_xa_mark *out, struct rs_err *err);
void rs_xa_back_to(struct rs_xa_writer *w, const struct rs_xa_mark *mark);
/* The body is complete; an empty one is stored too, since that it was seen must be known. */
enum rs_rc rs_xa_close(struct rs_xa_writer *w, struct rs_err *err);
/* Forgets what is open. */
void rs_xa_abandon(struct rs_xa_writer *w);

/* Hands a stored body out, item after item, each to be freed by the one who gets it, and removes it. RS_EOF: there is none
 * of that xid. */
enum rs_rc rs_xa_replay(struct rs_applier *applier, const char *xid,
                        enum rs_rc (*apply)(void *arg, struct rs_change *c, struct rs_err *err), void *arg,
                        struct rs_err *err);

/* Waits until everything that was prepared before P0 is finished at the source: its rows are not in the log from P0 on
 * and must be in the copy. *out is a position after all that, such that every read from now on sees it. A transaction
 * that stays prepared is RS_E_SOURCE_PREREQ. */
enum rs_rc rs_xa_wait_prepared(struct rs_engine *e, struct rs_position *out, struct rs_err *err);

#endif
