/* Rows as the parameters of a prepared statement, many at a time (COM_STMT_BULK_EXECUTE, of MariaDB alone): each value
 * arrives with its length, so that the server need not look for its end byte by byte, as in a line of LOAD DATA. Nothing
 * is changed in silence: the session is strict. One owner. */
#ifndef RS_MYSQL_BULK_H
#define RS_MYSQL_BULK_H

#include "sink/mysql_sink.h"

/* One parameter: a column that is written. */
struct rs_mysql_bulk_column {
	uint32_t source;             /* its index in the source's table */
	char **bytes;                /* of each row: where its value is, … */
	unsigned long *lengths;      /* … how long … */
	char *indicators;            /* … and whether it is NULL */
};

struct rs_mysql_bulk {
	struct rs_my *my;
	const struct rs_route *route;
	MYSQL_STMT *stmt;            /* NULL: not begun */
	struct rs_mysql_bulk_column *columns;
	MYSQL_BIND *binds;
	size_t n_columns;
	unsigned n_rows, max_rows;
	struct rs_buf values;        /* the rows' bytes; never moves while there are rows */
	size_t largest;              /* bytes that a row may have */
	size_t batch;                /* … and all that are sent at a time */
};

/* Whether this session's server takes rows in this way: asked once. */
enum rs_rc rs_mysql_bulk_offered(struct rs_my *my, bool *out, struct rs_err *err);
/* verb: "INSERT" or "REPLACE". max_packet is the server's. RS_AGAIN: this server does not prepare the statement, or the
 * route writes nothing. */
enum rs_rc rs_mysql_bulk_begin(struct rs_mysql_bulk *b, struct rs_my *my, const struct rs_route *route, const char *verb,
                               size_t max_packet, struct rs_err *err);
/* Whether the row can go by a parameter each: not where it is too large, or needs what only a statement of its own has. */
bool rs_mysql_bulk_takes(const struct rs_mysql_bulk *b, const struct rs_value *values);
/* Whether the row still fits beside those that wait to be sent. */
bool rs_mysql_bulk_has_room(const struct rs_mysql_bulk *b, const struct rs_value *values);
/* Copies a row that is taken and has room; returns its bytes. */
size_t rs_mysql_bulk_add(struct rs_mysql_bulk *b, const struct rs_value *values);
/* Sends the rows that wait, if any. *sent: how many they were; *affected: what the server says it did. */
enum rs_rc rs_mysql_bulk_send(struct rs_mysql_bulk *b, uint64_t *sent, uint64_t *affected, struct rs_err *err);
/* Forgets rows that wait, and the statement; keeps the room. The connection must still be open. */
void rs_mysql_bulk_end(struct rs_mysql_bulk *b);
void rs_mysql_bulk_release(struct rs_mysql_bulk *b);

#endif
