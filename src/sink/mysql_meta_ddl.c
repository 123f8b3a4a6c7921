/* The meta tables' word on schema changes: what is intended, and that it was done, which no transaction of theirs tells. */
#include "sink/mysql_sink.h"

#include <stdlib.h>
#include <string.h>
#include "base/mem.h"

void rs_meta_ddl_clear(struct rs_meta_ddl *d)
{
	free(d->sql);
	free(d->fingerprint);
	rs_position_clear(&d->position);
	*d = (struct rs_meta_ddl){0};
}

/* ---------------------------------------------------------------- schema changes */

enum rs_rc rs_mysql_meta_ddl_intend(struct rs_sink *base, const struct rs_meta_ddl *d, struct rs_err *err)
{
	struct rs_mysql_sink *s = rs_mysql_sink_of(base);
	struct rs_buf sql = RS_BUF_INIT;
	enum rs_rc rc = rs_mysql_meta_begin(s, err);

	rs_buf_addf(&sql, "REPLACE INTO `dts`.`rds_sync_ddl` SET `task`='%s',`statement`=", s->task_id);
	rs_mysql_meta_put_text(&sql, d->sql);
	rs_buf_adds(&sql, ",`fingerprint`=");
	rs_mysql_meta_put_text(&sql, d->fingerprint);
	rs_buf_addc(&sql, ',');
	rs_mysql_meta_put_position(&sql, "", &d->position);
	rs_buf_addf(&sql, ",`repeatable`=%d", d->repeatable ? 1 : 0);
	if (rc == RS_OK)
		rc = rs_mysql_meta_execute(&s->my, &sql, NULL, err);
	else
		rs_buf_release(&sql);
	return rs_mysql_meta_end(s, rc, err);
}

enum rs_rc rs_mysql_meta_ddl_done(struct rs_sink *base, const struct rs_position *position, int64_t time,
                                  const struct rs_ahead *ahead, const struct rs_meta_table *tables, size_t n,
                                  uint64_t event, struct rs_err *err)
{
	struct rs_mysql_sink *s = rs_mysql_sink_of(base);
	enum rs_rc rc = rs_mysql_meta_begin(s, err);

	if (rc == RS_OK)
		rc = rs_mysql_meta_move_to(s, position, time, ahead, err);
	if (rc == RS_OK && event != 0)
		rc = rs_mysql_event_pass(&s->my, s, event, err);
	for (size_t i = 0; rc == RS_OK && i < n; i++)
		rc = tables[i].state == RS_TABLE_GONE ? rs_mysql_meta_forget_table(&s->my, s, &tables[i], err)
		                                      : rs_mysql_meta_put_table(&s->my, s, &tables[i], err);
	if (rc == RS_OK)
		rc = rs_my_execf(&s->my, err, "DELETE FROM `dts`.`rds_sync_ddl` WHERE `task`='%s'", s->task_id);
	return rs_mysql_meta_end(s, rc, err);
}

enum rs_rc rs_mysql_meta_ddl_abandon(struct rs_sink *base, struct rs_err *err)
{
	struct rs_mysql_sink *s = rs_mysql_sink_of(base);
	enum rs_rc rc = rs_mysql_meta_begin(s, err);

	if (rc == RS_OK)
		rc = rs_my_execf(&s->my, err, "DELETE FROM `dts`.`rds_sync_ddl` WHERE `task`='%s'", s->task_id);
	return rs_mysql_meta_end(s, rc, err);
}

enum rs_rc rs_mysql_meta_mark(struct rs_mysql_sink *s, const char **out, struct rs_err *err)
{
	char *found = NULL;
	char *sql = rs_xprintf("SELECT RIGHT(TABLE_NAME, 1) FROM information_schema.TABLES WHERE TABLE_SCHEMA='dts' AND "
	                       "TABLE_NAME IN ('mark_%s_0', 'mark_%s_1')",
	                       s->task_id, s->task_id);
	enum rs_rc rc = rs_my_scalar(&s->my, sql, &found, err);

	*out = found == NULL ? "" : *found == '1' ? "1" : "0";
	free(found);
	free(sql);
	return rc;
}

enum rs_rc rs_mysql_meta_rename_mark(struct rs_sink *base, char **out, struct rs_err *err)
{
	struct rs_mysql_sink *s = rs_mysql_sink_of(base);
	const char *now;
	enum rs_rc rc = rs_mysql_meta_mark(s, &now, err);

	if (rc == RS_OK && *now == '\0') {
		rc = rs_my_execf(&s->my, err, "CREATE TABLE `dts`.`mark_%s_0` (`id` INT PRIMARY KEY) ENGINE=InnoDB", s->task_id);
		now = "0";
	}
	if (rc == RS_OK)
		*out = rs_xprintf(", `dts`.`mark_%s_%s` TO `dts`.`mark_%s_%s`", s->task_id, now, s->task_id,
		                  *now == '0' ? "1" : "0");
	return rc;
}

enum rs_rc rs_mysql_meta_ddl_pending(struct rs_sink *base, struct rs_meta_ddl *out, struct rs_err *err)
{
	struct rs_mysql_sink *s = rs_mysql_sink_of(base);
	struct rs_my_result res;
	enum rs_rc rc = rs_my_queryf(&s->my, &res, err,
	                             "SELECT `statement`, `fingerprint`, `repeatable`, `file`, `offset`, `gtid`, `log` FROM "
	                             "`dts`.`rds_sync_ddl` WHERE `task`='%s'",
	                             s->task_id);
	if (rc != RS_OK)
		return rc;
	rc = rs_my_next(&res, err);
	if (rc == RS_OK) {
		*out = (struct rs_meta_ddl){.sql = rs_xstrdup(res.row[0]),
		                            .fingerprint = rs_xstrdup(res.row[1]),
		                            .repeatable = strcmp(res.row[2], "1") == 0};
		rs_mysql_meta_read_position(&res, "", &out->position);
	}
	rs_my_result_free(&res);
	return rc;
}
