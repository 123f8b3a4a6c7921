/* Statements that travel together, in one packet, so that a small transaction does not cost a round trip for each of its
 * rows. The server executes them in order, stops at the first that fails, and answers each by itself. What each must
 * answer is said beforehand. One owner.
 *
 * Nothing is committed in a packet unseen. Whoever commits has seen all the answers; or, so that a small transaction costs
 * one round trip only, has the server look: a statement meets no row where the one before it has met another number of rows
 * than it must; and behind the last one, and behind each that is followed by one of which that can't be said, goes a statement
 * that fails there, so that the COMMIT is not executed.
 *
 * Some proxies take one statement a packet only: that is tried when the first session is opened, and then each statement
 * is sent by itself, and the first that does not answer as it must is the last. */
#ifndef RS_MYSQL_PACKET_H
#define RS_MYSQL_PACKET_H

#include "sink/mysql_sink.h"

enum rs_mysql_want {
	RS_WANT_ANYTHING, /* but an error */
	RS_WANT_AFFECTED, /* that so many rows were met */
	RS_WANT_INSERTED, /* the same of a statement that fails where it is otherwise, so that nobody has to guard it */
	RS_WANT_SELECTED, /* that the one value of the result is so */
	RS_WANT_OURS,     /* that one row was met, or another process has the task: RS_E_META_EPOCH */
	RS_WANT_GUARDED,  /* only by rs_mysql_packet_commit, as the next: no error, or the statement before it met other rows */
	RS_WANT_COMMITTED
};

struct rs_mysql_packed {
	size_t at;                    /* where the statement begins, in the packet; add knows */
	size_t where;                 /* bytes of it up to its condition, behind WHERE, which takes another one; 0: it has none */
	const struct rs_route *route; /* whose rows it has, or NULL */
	enum rs_mysql_want want;
	uint64_t n;
};

struct rs_mysql_packet {
	struct rs_my *my;
	bool single;                  /* each statement goes by itself */
	bool chains;                  /* rows are logged as such, so that statements may say ROW_COUNT() */
	size_t room;                  /* bytes: what does not fit waits for the next packet */
	size_t update_text;           /* bytes that the server says of an UPDATE, the fewest so far; 0: not known */
	struct rs_buf sql;
	struct rs_mysql_packed *statements;
	size_t n, cap;
};

/* Opens a session that is the task's (rs_mysql_session_open), and finds out, where that is not known yet, whether what stands
 * between us and the server takes several statements a packet. */
enum rs_rc rs_mysql_packet_session(struct rs_my *my, struct rs_mysql_sink *s, struct rs_err *err);
/* The session takes such packets from now on. my must outlive the packet. */
enum rs_rc rs_mysql_packet_open(struct rs_mysql_packet *p, struct rs_my *my, const struct rs_mysql_sink *s, bool chains,
                                struct rs_err *err);
void rs_mysql_packet_release(struct rs_mysql_packet *p);
/* Whether the session takes many statements in a packet: not while it executes what people wrote. */
enum rs_rc rs_mysql_packet_allow(struct rs_mysql_packet *p, bool many, struct rs_err *err);

/* Adds a statement, which is copied; what waits is sent first where there is no room for both. Fails as send does. */
enum rs_rc rs_mysql_packet_add(struct rs_mysql_packet *p, const struct rs_buf *sql, struct rs_mysql_packed what,
                               struct rs_err *err);
/* Sends what waits, if anything, and looks at the answers. RS_AGAIN (err is untouched): a statement answered something
 * else, or was refused in a way that repeating does not mend; what stands behind it in the packet may have been executed
 * or not. */
enum rs_rc rs_mysql_packet_send(struct rs_mysql_packet *p, struct rs_err *err);
/* Whether what waits may be committed without its answers having been seen. */
bool rs_mysql_packet_takes_commit(const struct rs_mysql_packet *p);
/* Sends what waits, which takes that, and commits. RS_AGAIN as send: nothing is committed. After RS_FAIL it is unknown. */
enum rs_rc rs_mysql_packet_commit(struct rs_mysql_packet *p, struct rs_err *err);
/* Forgets what waits. */
void rs_mysql_packet_drop(struct rs_mysql_packet *p);

/* mysql_fold.c: adds what was folded; sql is a buffer to work with. RS_AGAIN as send. */
enum rs_rc rs_mysql_fold_write(struct rs_mysql_packet *p, const struct rs_mysql_sink *s, struct rs_buf *sql,
                               const struct rs_fold_table *t, struct rs_err *err);

#endif
