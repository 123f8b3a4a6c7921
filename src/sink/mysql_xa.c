/* The bodies of prepared XA transactions in the meta tables, cut into pieces. They are written in the transaction that
 * moves the position past the PREPARE, and removed in that of the source's COMMIT or ROLLBACK. */
#include "sink/mysql_packet.h"

#include <string.h>
#include "base/i18n.h"

/* What stands in the place of an xid for the row that says up to where unknown transactions are in the copy. */
#define NO_XID ""

static void put_insert(struct rs_buf *sql, const struct rs_mysql_sink *s, const char *xid, unsigned number,
                       const void *bytes, size_t len)
{
	rs_buf_addf(sql, "INSERT INTO `dts`.`rds_sync_xa` (`task`, `xid`, `number`, `body`) VALUES ('%s', ", s->task_id);
	rs_my_quote(sql, xid, strlen(xid));
	rs_buf_addf(sql, ", %u, X'", number);
	rs_buf_addhex(sql, bytes, len);
	rs_buf_adds(sql, "')");
}

static enum rs_rc pack(struct rs_mysql_packet *p, struct rs_buf *sql, struct rs_err *err)
{
	enum rs_rc rc = rs_mysql_packet_add(p, sql, (struct rs_mysql_packed){.want = RS_WANT_ANYTHING}, err);

	rs_buf_release(sql);
	return rc;
}

enum rs_rc rs_mysql_xa_drop(struct rs_mysql_packet *p, const struct rs_mysql_sink *s, const char *xid, struct rs_err *err)
{
	struct rs_buf sql = RS_BUF_INIT;

	rs_buf_addf(&sql, "DELETE FROM `dts`.`rds_sync_xa` WHERE `task`='%s' AND `xid`=", s->task_id);
	rs_my_quote(&sql, xid, strlen(xid));
	return pack(p, &sql, err);
}

/* What is left of an earlier transaction of the same xid was never finished in the log: it is none any more. */
enum rs_rc rs_mysql_xa_put(struct rs_mysql_packet *p, const struct rs_mysql_sink *s, const char *xid, unsigned number,
                           const void *bytes, size_t len, struct rs_err *err)
{
	struct rs_buf sql = RS_BUF_INIT;
	enum rs_rc rc = number == 0 ? rs_mysql_xa_drop(p, s, xid, err) : RS_OK;

	put_insert(&sql, s, xid, number, bytes, len);
	if (rc == RS_OK)
		return pack(p, &sql, err);
	rs_buf_release(&sql);
	return rc;
}

enum rs_rc rs_mysql_xa_get(struct rs_my *my, const struct rs_mysql_sink *s, const char *xid, unsigned number,
                           struct rs_buf *out, struct rs_err *err)
{
	struct rs_buf sql = RS_BUF_INIT;
	struct rs_my_result res;

	rs_buf_addf(&sql, "SELECT `body` FROM `dts`.`rds_sync_xa` WHERE `task`='%s' AND `number`=%u AND `xid`=", s->task_id, number);
	rs_my_quote(&sql, xid, strlen(xid));
	enum rs_rc rc = rs_my_query(my, rs_buf_str(&sql), RS_MY_BUFFER, &res, err);
	rs_buf_release(&sql);
	if (rc != RS_OK)
		return rc;
	rc = rs_my_next(&res, err);
	if (rc == RS_OK && rs_buf_add(out, res.row[0], res.lengths[0]) != RS_OK)
		rc = rs_err_set(err, RS_E_MEMORY, _("a row of a prepared transaction is too large"));
	rs_my_result_free(&res);
	return rc;
}

enum rs_rc rs_mysql_xa_list(struct rs_my *my, const struct rs_mysql_sink *s, struct rs_map *out, struct rs_err *err)
{
	static char known;
	struct rs_my_result res;
	enum rs_rc rc = rs_my_queryf(my, &res, err, "SELECT `xid` FROM `dts`.`rds_sync_xa` WHERE `task`='%s' AND `number`=0 AND `xid`<>'%s'",
	                             s->task_id, NO_XID);

	if (rc != RS_OK)
		return rc;
	while ((rc = rs_my_next(&res, err)) == RS_OK)
		rs_map_put(out, res.row[0], res.lengths[0], &known);
	rs_my_result_free(&res);
	return rc == RS_EOF ? RS_OK : rc;
}

/* The position is kept as text. */
enum rs_rc rs_mysql_xa_put_start(struct rs_my *my, const struct rs_mysql_sink *s, const struct rs_position *start,
                                 struct rs_err *err)
{
	struct rs_buf text = RS_BUF_INIT;
	enum rs_rc rc = rs_my_execf(my, err, "DELETE FROM `dts`.`rds_sync_xa` WHERE `task`='%s'", s->task_id);

	if (rc == RS_OK && start->file != NULL) {
		struct rs_buf sql = RS_BUF_INIT;
		rs_position_text(start, &text);
		put_insert(&sql, s, NO_XID, 0, rs_buf_str(&text), text.len);
		rc = rs_my_exec_n(my, rs_buf_str(&sql), sql.len, NULL, err);
		rs_buf_release(&sql);
	}
	rs_buf_release(&text);
	return rc;
}

enum rs_rc rs_mysql_xa_drop_start(struct rs_my *my, const struct rs_mysql_sink *s, struct rs_err *err)
{
	return rs_my_execf(my, err, "DELETE FROM `dts`.`rds_sync_xa` WHERE `task`='%s' AND `xid`='%s'", s->task_id, NO_XID);
}

enum rs_rc rs_mysql_xa_get_start(struct rs_my *my, const struct rs_mysql_sink *s, struct rs_position *out,
                                 struct rs_err *err)
{
	struct rs_buf text = RS_BUF_INIT;
	enum rs_rc rc = rs_mysql_xa_get(my, s, NO_XID, 0, &text, err);

	if (rc == RS_OK && !rs_position_parse(out, rs_buf_str(&text)))
		rc = rs_err_set(err, RS_E_META_DAMAGED, _("the stored changes of a prepared transaction can't be read"));
	rs_buf_release(&text);
	return rc == RS_EOF ? RS_OK : rc;
}
