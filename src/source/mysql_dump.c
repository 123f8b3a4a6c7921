/* The server's dump of its log: a connection over which it sends event after event, from a position on. */
#include "source/mysql_feed.h"

#include <stdlib.h>
#include <string.h>
#include "base/i18n.h"
#include "base/mem.h"

#define HEARTBEAT_NS "1000000000"
#define SILENCE_SECONDS 10          /* without even a heartbeat: the connection is dead */
#define SEARCH_SECONDS 300          /* … where the server reads whole files first, to find where GTIDs say to begin */

enum { COM_DUMP_GTID = 30 };
enum { DUMP_NON_BLOCK = 1, DUMP_ANNOTATED = 2 };

struct dump {
	struct rs_feed base;
	struct rs_mysql_source *source;
	struct rs_my my;
	bool looks;                  /* under no id, and no further than the log's end */
};

static struct dump *self(struct rs_feed *f) { return (struct dump *)f; }

/* ---------------------------------------------------------------- starting */

static enum rs_rc announce(struct dump *d, struct rs_err *err)
{
	static const char *const settings[] = {
		"SET @master_binlog_checksum = @@GLOBAL.binlog_checksum",
		"SET @source_binlog_checksum = @@GLOBAL.binlog_checksum",
		"SET @master_heartbeat_period = " HEARTBEAT_NS ", @source_heartbeat_period = " HEARTBEAT_NS,
		"SET @mariadb_slave_capability = 4",
	};
	struct rs_err refused = RS_ERR_INIT;

	for (size_t i = 0; i < sizeof settings / sizeof *settings; i++) {
		/* MySQL 5.5 has no checksums, which is as good as saying that we know them. */
		if (rs_my_exec(&d->my, settings[i], &refused) != RS_OK) {
			if (refused.retry == RS_RETRY_RECONNECT) {
				rs_err_move(err, &refused);
				return RS_FAIL;
			}
			rs_err_clear(&refused);
		}
	}
	if (d->looks)
		return RS_OK;
	return rs_my_execf(&d->my, err, "SET @slave_uuid = '%s', @replica_uuid = '%s'", d->source->replica_uuid,
	                   d->source->replica_uuid);
}

static enum rs_rc send_command(struct dump *d, int command, const struct rs_buf *body, struct rs_err *err)
{
	MYSQL *my = d->my.handle;

	if (my->methods->db_command(my, (enum enum_server_command)command, body->data, body->len, 1, NULL) != 0)
		return rs_my_fail(&d->my, err, _("reading the source's log"));
	return RS_OK;
}

static void put_le(struct rs_buf *out, uint64_t v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		rs_buf_addc(out, (char)(v >> (8 * i) & 0xff));
}

static enum rs_rc dump_from_file(struct dump *d, const char *file, uint64_t offset, struct rs_err *err)
{
	struct rs_buf body = RS_BUF_INIT;
	unsigned flags = d->my.flavor == RS_MY_MARIADB ? DUMP_ANNOTATED : 0; /* so that offsets add up */

	put_le(&body, offset, 4);
	put_le(&body, flags | (d->looks ? DUMP_NON_BLOCK : 0), 2);
	put_le(&body, d->looks ? 0 : d->source->replica_id, 4);
	rs_buf_adds(&body, file);
	enum rs_rc rc = send_command(d, COM_BINLOG_DUMP, &body, err);
	rs_buf_release(&body);
	return rc;
}

/* From a file's offset, which has 64 bits here, or, file "", from the first of all files with something that is not in the
 * set. Transactions of the set are not sent. */
static enum rs_rc send_gtids(struct dump *d, const char *file, uint64_t offset, const struct rs_gtid_set *without,
                             struct rs_err *err)
{
	struct rs_buf body = RS_BUF_INIT, set = RS_BUF_INIT;

	rs_gtid_set_encode(without, &set);
	put_le(&body, 0, 2);
	put_le(&body, d->source->replica_id, 4);
	put_le(&body, strlen(file), 4);
	rs_buf_adds(&body, file);
	put_le(&body, offset, 8);
	put_le(&body, set.len, 4);
	rs_buf_add(&body, rs_buf_str(&set), set.len);
	enum rs_rc rc = send_command(d, COM_DUMP_GTID, &body, err);
	rs_buf_release(&body);
	rs_buf_release(&set);
	return rc;
}

static enum rs_rc dump_from_gtids(struct dump *d, const char *gtid, struct rs_err *err)
{
	struct rs_gtid_set gtids = RS_GTID_SET_INIT;
	enum rs_rc rc = rs_gtid_set_parse(&gtids, gtid, err);

	if (rc == RS_OK)
		rc = send_gtids(d, "", 4, &gtids, err);
	rs_gtid_set_clear(&gtids);
	return rc;
}

static enum rs_rc dump_from_domains(struct dump *d, const char *gtid, struct rs_err *err)
{
	enum rs_rc rc = rs_my_execf(&d->my, err, "SET @slave_connect_state = '%s'", gtid);

	if (rc == RS_OK)
		rc = rs_my_exec(&d->my, "SET @slave_gtid_strict_mode = 1", err);
	return rc == RS_OK ? dump_from_file(d, "", 4, err) : rc;
}

/* A file and offset are exact and cheap to find on the same server. The protocol can say them up to 4 GiB, and beyond
 * where MySQL has GTIDs (5.6 reads the offset and then passes over what follows); MariaDB finds such a place by the GTIDs
 * themselves. */
bool rs_mysql_dump_in_file(const struct rs_mysql_source *source, const struct rs_position *from)
{
	return from->file != NULL && (from->offset <= UINT32_MAX || source->gtids);
}

static enum rs_rc beyond_4g(struct rs_err *err)
{
	rs_err_set(err, RS_E_BINLOG_PURGED, _("a position beyond 4 GiB can only be found again with GTIDs"));
	return rs_err_hint(err, _("the protocol can't name such a place: switch GTIDs on at the source before a task starts "
	                          "(MySQL 5.7.5 and later), or keep transactions below 4 GiB; this task must be synchronized anew"));
}

static enum rs_rc send_start(struct dump *d, const struct rs_position *from, struct rs_err *err)
{
	const struct rs_gtid_set none = RS_GTID_SET_INIT;

	if (from->file != NULL && from->offset <= UINT32_MAX)
		return dump_from_file(d, from->file, from->offset, err);
	if (rs_mysql_dump_in_file(d->source, from))
		return send_gtids(d, from->file, from->offset, &none, err);
	if (from->gtid == NULL)
		return beyond_4g(err);
	if (d->my.flavor == RS_MY_MARIADB)
		return dump_from_domains(d, from->gtid, err);
	return from->file == NULL ? dump_from_gtids(d, from->gtid, err) : beyond_4g(err);
}

void rs_mysql_dump_look(struct rs_feed *f) { self(f)->looks = true; }

enum rs_rc rs_mysql_dump_start(struct rs_feed *f, const struct rs_position *from, struct rs_err *err)
{
	struct dump *d = self(f);
	struct rs_my_params params = d->source->my.params;

	params.read_timeout = rs_mysql_dump_in_file(d->source, from) ? SILENCE_SECONDS : SEARCH_SECONDS;
	params.password = &d->source->my.password;
	enum rs_rc rc = rs_my_open(&d->my, &params, RS_MY_READ, err);
	if (rc == RS_OK)
		rc = announce(d, err);
	return rc == RS_OK ? send_start(d, from, err) : rc;
}

/* ---------------------------------------------------------------- packets */

/* The server's words are all that tells these cases apart: they share the number 1236. One that passes (another reader of
 * the same id) is known as such already. */
static enum rs_rc dump_failed(struct dump *d, struct rs_err *err)
{
	enum rs_rc rc = rs_my_fail(&d->my, err, _("reading the source's log"));

	if (rc == RS_FAIL && err != NULL && err->detail != NULL && strstr(err->detail, "same server_"))
		rs_mysql_source_id_is_taken();
	if (rc != RS_FAIL || err == NULL || err->native != 1236 || err->retry != RS_RETRY_NEVER)
		return rc;
	err->code = RS_E_BINLOG_PURGED;
	if (err->detail != NULL && strstr(err->detail, "not open")) {
		err->code = RS_E_BINLOG_OFF;
		return rs_err_hint(err, _("set log_bin in the source's configuration and restart it; what was changed without the log "
		                          "does not arrive by it: compare both sides with \"rds-sync verify\" then"));
	}
	if (err->detail != NULL && (strstr(err->detail, "max_allowed_packet") || strstr(err->detail, "checksum")))
		err->code = RS_E_EVENT_MALFORMED;
	return rs_mysql_log_gone(err);
}

static enum rs_rc dump_next(struct rs_feed *f, struct rs_packet *out, struct rs_err *err)
{
	struct dump *d = self(f);
	enum rs_doing before = rs_my_asks(&d->my);
	unsigned long n = mysql_net_read_packet(d->my.handle);
	const uint8_t *p = d->my.handle->net.read_pos;

	rs_activity_leave(before);
	if (atomic_load(&d->my.cancelled))
		return RS_CANCELLED;
	if (n == packet_error)
		return dump_failed(d, err);
	if (n == 0 || (p[0] == 0xfe && n < 9)) {
		rs_err_set(err, RS_E_CONN_LOST, _("the source ended the stream of its log"));
		err->retry = RS_RETRY_RECONNECT;
		return RS_FAIL;
	}
	*out = (struct rs_packet){.bytes = p + 1, .len = n - 1};
	return RS_OK;
}

static bool dump_has_more(struct rs_feed *f, rs_usec timeout, int wake_fd)
{
	enum rs_doing before = rs_activity_sleep();
	bool more = rs_my_has_more(&self(f)->my, timeout, wake_fd);

	rs_activity_leave(before);
	return more;
}

static void dump_cancel(struct rs_feed *f) { rs_my_cancel(&self(f)->my); }

static void dump_close(struct rs_feed *f)
{
	rs_my_close(&self(f)->my);
	free(f);
}

static const struct rs_feed_ops dump_ops = {
	.close = dump_close,
	.cancel = dump_cancel,
	.has_more = dump_has_more,
	.next = dump_next,
};

struct rs_feed *rs_mysql_dump_new(struct rs_mysql_source *source)
{
	struct dump *d = rs_xcalloc(1, sizeof *d);

	d->base.ops = &dump_ops;
	d->source = source;
	d->my = (struct rs_my)RS_MY_INIT;
	return &d->base;
}
