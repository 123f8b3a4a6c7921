/* What the three parts of the MySQL source share. Private to source/. */
#ifndef RS_MYSQL_SOURCE_H
#define RS_MYSQL_SOURCE_H

#include "db/my_conn.h"
#include "source/source.h"

struct rs_mysql_source {
	struct rs_source base;
	struct rs_my my;             /* RS_MY_CATALOG: the control connection */
	char *task_id;
	uint32_t replica_id;         /* the server id under which the log is read; derived from the task's id */
	bool gtids;                  /* MySQL with gtid_mode=ON */
	bool heartbeat_ready;        /* our heartbeat table can be written */
	bool heartbeat_refused;      /* it can't, and why is in heartbeat_error */
	struct rs_err heartbeat_error;
};

/* The end of the log, by whatever statement this version has for it. */
enum rs_rc rs_mysql_end(struct rs_my *my, struct rs_position *out, struct rs_err *err);

enum rs_rc rs_mysql_reader_open(struct rs_mysql_source *s, struct rs_table_reader **out, struct rs_err *err);
enum rs_rc rs_mysql_stream_open(struct rs_mysql_source *s, const struct rs_position *from, struct rs_stream **out,
                                struct rs_err *err);
/* The fence over any connection to the source; whether the heartbeat can be written must have been found out before. */
enum rs_rc rs_mysql_fence(const struct rs_mysql_source *s, struct rs_my *my, struct rs_position *out, struct rs_err *err);

/* See source.h. */
enum rs_rc rs_mysql_changes_only(struct rs_source *s, const char *const *names, size_t n, const char *sql, size_t len,
                                 bool *yes, struct rs_err *err);
/* See rs_source_ops.prepared. */
enum rs_rc rs_mysql_prepared(struct rs_my *my, char ***xids, size_t *n, struct rs_err *err);

#endif
