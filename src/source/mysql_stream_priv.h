/* What the files of a stream share: what it reads and where it stands (mysql_stream.c), and what its transactions are made of
 * (mysql_transaction.c). All of the stream's thread, but for what `lock` guards. Private to them. */
#ifndef RS_MYSQL_STREAM_PRIV_H
#define RS_MYSQL_STREAM_PRIV_H

#include "base/arena.h"
#include "codec/binlog_event.h"
#include "codec/binlog_payload.h"
#include "codec/binlog_rows.h"
#include "codec/binlog_table.h"
#include "codec/charset.h"
#include "source/mysql_feed.h"

/* Layouts by table id; NULL layout: the table is not wanted. */
struct known_table {
	uint64_t table_id, digest;
	struct rs_layout *layout;
};

struct mysql_stream {
	struct rs_stream base;
	struct rs_mysql_source *source;
	pthread_mutex_t lock;        /* guards the next two from who cancels */
	struct rs_feed *feed;
	bool cancelled;
	struct rs_tap *tap;          /* NULL: nobody looks */
	bool mariadb;
	struct rs_binlog_format format;

	char *file;                  /* where we are: the next event starts at offset */
	uint64_t offset;
	struct rs_mysql_log log;     /* which file that is */
	struct rs_position resumed;  /* in the file of this name nothing before this offset is sent */
	bool unproven;               /* … and that it really begins there is still to be seen */
	struct rs_position mixed;    /* before this place files and offsets don't tell what is in the destination */
	struct rs_gtid_set gtids;    /* MySQL: everything up to here */
	struct rs_domain_set domains; /* MariaDB */
	struct rs_domain_set before; /* MariaDB: as it began; seq 0 once something of the domain was read since */
	bool use_gtids;              /* positions carry them */
	struct rs_gtid gtid;         /* of the transaction that is being read */
	struct rs_domain_gtid domain_gtid;
	bool has_gtid;               /* one of the two is set */
	bool standalone;             /* MariaDB: exactly one QUERY belongs to the GTID */
	int64_t last_committed, sequence_number;

	bool in_transaction;
	bool introduced;             /* the last event belongs to what comes next */
	struct known_table *tables;
	size_t n_tables, cap_tables;
	struct rs_arena scratch;     /* of one event's parsing */
	struct rs_region region;     /* of the changes that are handed out */

	struct rs_rows rows;
	bool rows_open;              /* an event's rows are being handed out */
	struct rs_payload *payload;
	bool payload_open;
	uint64_t payload_end;        /* offset after it */
	struct rs_fragments fragments;
	struct rs_charset_reader charset;
};

/* ------------------------------------------------------------------ mysql_stream.c */

/* A change that begins with what the event says of itself. */
struct rs_change *rs_mysql_stream_item(struct mysql_stream *s, enum rs_change_kind kind, const struct rs_event *ev);
/* Where the stream stands is the change's position. */
void rs_mysql_stream_put_position(struct mysql_stream *s, struct rs_change *c);
/* Whatever the log introduced: the next table is looked up again. */
void rs_mysql_stream_forget_tables(struct mysql_stream *s);

/* ------------------------------------------------------------------ mysql_transaction.c: what events come to */

/* RS_OK: *out is the caller's; RS_AGAIN: nothing is to be handed out. */
enum rs_rc rs_mysql_on_gtid(struct mysql_stream *s, const struct rs_event *ev, struct rs_err *err);
enum rs_rc rs_mysql_on_domain_gtid(struct mysql_stream *s, const struct rs_event *ev, struct rs_change **out,
                                   struct rs_err *err);
enum rs_rc rs_mysql_on_query(struct mysql_stream *s, const struct rs_event *ev, struct rs_change **out, struct rs_err *err);
enum rs_rc rs_mysql_on_xid(struct mysql_stream *s, const struct rs_event *ev, struct rs_change **out);
enum rs_rc rs_mysql_on_xa_prepare(struct mysql_stream *s, const struct rs_event *ev, struct rs_change **out,
                                  struct rs_err *err);

#endif
