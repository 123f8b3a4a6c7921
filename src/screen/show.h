/* Numbers, times and states as the screens show them: what was not measured is "–", everything else as figure.h writes
 * it. Each function writes into buf (RS_FIGURE_SIZE bytes are enough unless said otherwise) and returns it. Pure, but
 * for the local time zone. */
#ifndef RS_SHOW_H
#define RS_SHOW_H

#include "base/buf.h"
#include "base/figure.h"
#include "engine/engine.h"
#include "tui/theme.h"

#define RS_SHOW_NONE "–"

/* "84.1k"; < 0: "–". */
char *rs_show_count(double n, char *buf, size_t size);
/* "1.2 GB"; < 0: "–". */
char *rs_show_bytes(double n, char *buf, size_t size);
/* "3m12s"; < 0: "–". */
char *rs_show_time(rs_usec t, char *buf, size_t size);
/* "now", "2 s ago", "4 min ago", "3 h ago", a date; 0: "–". now and then are wall clocks. Needs 40 bytes. */
char *rs_show_ago(rs_usec now, rs_usec then, char *buf, size_t size);
/* "12:57:10" in local time, with the date where it is not today's; 0: "–". Needs 40 bytes. */
char *rs_show_clock(rs_usec now, rs_usec then, char *buf, size_t size);
#define RS_SHOW_SIZE 40

/* A style and a sign (0: none) that say at a glance how a state is. */
unsigned rs_show_state_style(enum rs_state s);
uint32_t rs_show_state_sign(enum rs_state s);

/* What a table is to its task, translated, and a style that says it at a glance. */
const char *rs_show_table_sync(enum rs_table_sync s);
unsigned rs_show_table_sync_style(enum rs_table_sync s);
/* How much of a table was copied, 0 to 1. */
double rs_show_table_copied(const struct rs_table_progress *t);
/* The note on a table, with how far it is where it is not a part of the stream: "suspended at binlog.000412:4711", "joining,
 * 43 %", "no key". */
void rs_show_table_note(const struct rs_table_progress *t, struct rs_buf *out);
/* All there is to say of a table, in two lines. */
void rs_show_table_help(const struct rs_table_progress *t, struct rs_buf *out);
/* Since when its changes are counted, behind them. */
void rs_show_since(const struct rs_progress *p, struct rs_buf *out);

/* The source and destination of a task: "rm-src (10.0.0.11:3306) → rm-dst (10.0.0.12:3306)". */
void rs_show_topology(const struct rs_task *task, struct rs_buf *out);
/* "shop.orders"; where the destination has other names "shop.orders → orders_v2", "shop.orders → shop2.*" (the same name in
 * another database), "shop.orders → shop2.orders_v2". */
void rs_show_table_name(const struct rs_table_progress *t, struct rs_buf *out);
/* "RS-2004 the server rejects …: detail" on one line. */
void rs_show_error(const struct rs_err *err, struct rs_buf *out);
/* The fraction 0 to 1 of the copy that is done, by bytes where they are known, else by rows; < 0: not known. 1 where
 * there is nothing to copy any more. */
double rs_show_copied(const struct rs_progress *p);

#endif
