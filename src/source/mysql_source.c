#include "source/mysql_source.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>
#include "base/i18n.h"
#include "base/mem.h"
#include "codec/binlog_event.h"
#include "db/my_catalog.h"
#include "db/my_login.h"

#define QUIET_TRIES 5
#define QUIET_LONGEST (10 * RS_USEC_PER_SEC) /* to be tried where nothing else tells the GTIDs */

static struct rs_mysql_source *self(struct rs_source *s) { return (struct rs_mysql_source *)s; }

/* ---------------------------------------------------------------- positions */

static enum rs_rc row_text(const struct rs_my_result *res, const char *column, char **out)
{
	int i = rs_my_column(res, column);

	*out = i >= 0 && res->row[i] != NULL ? rs_xstrdup(res->row[i]) : NULL;
	return RS_OK;
}

/* MySQL writes a set over several lines. */
static void drop_newlines(char *text)
{
	char *to = text;

	for (; *text != '\0'; text++)
		if (*text != '\n' && *text != ' ')
			*to++ = *text;
	*to = '\0';
}

static void set_position(struct rs_position *out, const struct rs_my_result *res)
{
	char *file, *offset, *gtid;

	row_text(res, "File", &file);
	row_text(res, "Position", &offset);
	row_text(res, "Executed_Gtid_Set", &gtid);
	if (file != NULL && offset != NULL)
		rs_position_set_file(out, file, strtoull(offset, NULL, 10));
	if (gtid != NULL && *gtid != '\0') {
		drop_newlines(gtid);
		rs_position_set_gtid(out, gtid);
	}
	free(file);
	free(offset);
	free(gtid);
}

/* MariaDB tells the position of its GTIDs apart from its log's; of a place in the log it reads the file up to there to
 * tell. RS_EOF: it can't, since there is an event before it that is larger than max_allowed_packet. */
static enum rs_rc add_domain_gtids(struct rs_my *my, struct rs_position *out, struct rs_err *err)
{
	struct rs_buf sql = RS_BUF_INIT;
	char *gtid = NULL;

	rs_buf_adds(&sql, "SELECT BINLOG_GTID_POS(");
	rs_my_quote(&sql, out->file, strlen(out->file));
	rs_buf_addf(&sql, ", %llu)", (unsigned long long)out->offset);
	enum rs_rc rc = rs_my_scalar(my, rs_buf_str(&sql), &gtid, err);
	if (rc == RS_OK)
		rs_position_set_gtid(out, gtid);
	if (rc == RS_OK && gtid == NULL)
		rc = RS_EOF;
	free(gtid);
	rs_buf_release(&sql);
	return rc;
}

enum rs_rc rs_mysql_log_end(struct rs_my *my, struct rs_position *out, struct rs_err *err)
{
	struct rs_my_result res;
	bool renamed = my->flavor == RS_MY_MYSQL && my->version >= 80200;
	enum rs_rc rc = rs_my_query(my, renamed ? "SHOW BINARY LOG STATUS" : "SHOW MASTER STATUS", RS_MY_BUFFER, &res, err);

	if (rc != RS_OK)
		return rc;
	rs_position_clear(out);
	rc = rs_my_next(&res, err);
	if (rc == RS_OK)
		set_position(out, &res);
	else if (rc == RS_EOF)
		rc = rs_err_set(err, RS_E_BINLOG_OFF, _("the source writes no binary log"));
	rs_my_result_free(&res);
	return rc;
}

/* The end of the log with its GTIDs, where none was given out while it was asked for: one counts from when it is written,
 * which happens under the lock that the end is told under, so that it is told with all of the transaction. */
static enum rs_rc quiet_end(struct rs_my *my, struct rs_position *out, bool *quiet, struct rs_err *err)
{
	static const char asked[] = "SELECT @@GLOBAL.gtid_binlog_pos";
	char *before = NULL, *after = NULL;
	enum rs_rc rc = rs_my_scalar(my, asked, &before, err);

	if (rc == RS_OK)
		rc = rs_mysql_log_end(my, out, err);
	if (rc == RS_OK)
		rc = rs_my_scalar(my, asked, &after, err);
	*quiet = rc == RS_OK && before != NULL && after != NULL && strcmp(before, after) == 0;
	if (*quiet)
		rs_position_set_gtid(out, after);
	free(before);
	free(after);
	return rc;
}

/* A task that began without GTIDs could go on with no other server. */
static enum rs_rc await_quiet_end(struct rs_my *my, struct rs_position *out, struct rs_err *err)
{
	rs_usec until = rs_clock_mono() + QUIET_LONGEST;
	bool quiet = false;
	enum rs_rc rc = RS_OK;

	while (rc == RS_OK && !quiet && rs_clock_mono() < until)
		rc = quiet_end(my, out, &quiet, err);
	if (rc != RS_OK || quiet)
		return rc;
	rs_err_set(err, RS_E_SOURCE_PREREQ, _("the source does not tell the GTIDs of the end of its log"));
	if (err != NULL)
		err->retry = RS_RETRY_LATER;
	return rs_err_hint(err, _("its log has an event larger than max_allowed_packet, and something is written all the time: execute FLUSH "
	                          "BINARY LOGS there, or raise max_allowed_packet"));
}

enum rs_rc rs_mysql_end(struct rs_my *my, struct rs_position *out, struct rs_err *err)
{
	bool quiet = false;
	enum rs_rc rc = RS_OK;

	if (my->flavor != RS_MY_MARIADB)
		return rs_mysql_log_end(my, out, err);
	for (int tries = 0; rc == RS_OK && !quiet && tries < QUIET_TRIES; tries++)
		rc = quiet_end(my, out, &quiet, err);
	if (rc == RS_OK && !quiet && out->file != NULL)
		rc = add_domain_gtids(my, out, err);
	return rc == RS_EOF ? await_quiet_end(my, out, err) : rc;
}

/* ---------------------------------------------------------------- the fence */

static enum rs_rc make_heartbeat_table(struct rs_my *my, struct rs_err *err)
{
	enum rs_rc rc = rs_my_exec(my, "CREATE DATABASE IF NOT EXISTS `dts`", err);

	if (rc == RS_OK)
		rc = rs_my_exec(my,
		                "CREATE TABLE IF NOT EXISTS `dts`.`rds_sync_heartbeat` ("
		                "`task` CHAR(36) CHARACTER SET ascii NOT NULL PRIMARY KEY, `beat` BIGINT NOT NULL) ENGINE=InnoDB",
		                err);
	return rc;
}

/* A commit returns only when everything before it in the log can be read (binlog_order_commits is on by default, and the
 * precheck looks): writing a row is the simplest fence, also across a stalled semi-synchronous acknowledgement. */
static enum rs_rc beat(struct rs_my *my, const char *task_id, struct rs_err *err)
{
	return rs_my_execf(my, err,
	                   "INSERT INTO `dts`.`rds_sync_heartbeat` VALUES ('%s', 1) ON DUPLICATE KEY UPDATE `beat` = `beat` + 1",
	                   task_id);
}

static bool may_beat(struct rs_mysql_source *s)
{
	if (s->heartbeat_ready || s->heartbeat_refused || *s->task_id == '\0')
		return s->heartbeat_ready;
	struct rs_err err = RS_ERR_INIT;
	s->heartbeat_ready = make_heartbeat_table(&s->my, &err) == RS_OK && beat(&s->my, s->task_id, &err) == RS_OK;
	s->heartbeat_refused = !s->heartbeat_ready;
	rs_err_move(&s->heartbeat_error, &err);
	return s->heartbeat_ready;
}

enum rs_rc rs_mysql_snapshot_position(struct rs_my *my, struct rs_position *out, struct rs_err *err)
{
	struct rs_my_result res;
	char *file = NULL;
	uint64_t offset = 0;
	enum rs_rc rc = rs_my_query(my, "SHOW STATUS LIKE 'binlog_snapshot_%'", RS_MY_BUFFER, &res, err);

	if (rc != RS_OK)
		return rc;
	while ((rc = rs_my_next(&res, err)) == RS_OK) {
		if (strcasecmp(res.row[0], "binlog_snapshot_file") == 0) {
			free(file);
			file = rs_xstrdup(res.row[1]);
		} else if (strcasecmp(res.row[0], "binlog_snapshot_position") == 0) {
			offset = strtoull(res.row[1], NULL, 10);
		}
	}
	rs_my_result_free(&res);
	if (rc == RS_EOF && file != NULL && *file != '\0') {
		rs_position_clear(out);
		rs_position_set_file(out, file, offset);
		rc = RS_OK;
	} else if (rc == RS_EOF) {
		rc = rs_err_set(err, RS_E_FENCE, _("the source does not tell the position of a snapshot"));
	}
	free(file);
	return rc;
}

/* out: the place of a snapshot taken now; RS_EOF as above. */
static enum rs_rc snapshot_now(struct rs_my *my, bool with_gtids, struct rs_position *out, struct rs_err *err)
{
	enum rs_rc rc = rs_my_exec(my, "START TRANSACTION WITH CONSISTENT SNAPSHOT", err);

	if (rc == RS_OK)
		rc = rs_mysql_snapshot_position(my, out, err);
	if (rc == RS_OK && with_gtids)
		rc = add_domain_gtids(my, out, err);
	const bool done = rc == RS_OK || rc == RS_EOF;
	struct rs_err ignored = RS_ERR_INIT;
	if (rs_my_exec(my, "ROLLBACK", done ? err : &ignored) != RS_OK && done)
		rc = RS_FAIL;
	rs_err_clear(&ignored);
	return rc;
}

/* The log's end, whose GTIDs can be told where those of a snapshot's place can't, once a snapshot holds all before it. */
static enum rs_rc await_snapshot_of_end(struct rs_my *my, struct rs_position *out, struct rs_err *err)
{
	struct rs_position seen = RS_POSITION_INIT;
	const rs_usec until = rs_clock_mono() + QUIET_LONGEST;
	bool holds = false;
	enum rs_rc rc = await_quiet_end(my, out, err);

	while (rc == RS_OK && !holds && rs_clock_mono() < until) {
		rc = snapshot_now(my, false, &seen, err);
		holds = rc == RS_OK && rs_position_compare(&seen, out) >= 0;
	}
	rs_position_clear(&seen);
	if (rc != RS_OK || holds)
		return rc;
	rs_err_set(err, RS_E_FENCE, _("what stands in the source's log can't be read there yet"));
	if (err != NULL)
		err->retry = RS_RETRY_LATER;
	return rs_err_hint(err, _("its transactions wait, as for a replica's semi-synchronous acknowledgement: look at SHOW PROCESSLIST there"));
}

static enum rs_rc fence_by_snapshot(struct rs_my *my, bool with_gtids, struct rs_position *out, struct rs_err *err)
{
	enum rs_rc rc = snapshot_now(my, with_gtids, out, err);

	return rc == RS_EOF ? await_snapshot_of_end(my, out, err) : rc;
}

static enum rs_rc set_executed(struct rs_my *my, struct rs_position *out, struct rs_err *err)
{
	char *set = NULL;
	enum rs_rc rc = rs_my_scalar(my, "SELECT @@GLOBAL.gtid_executed", &set, err);

	if (rc == RS_OK && set != NULL) {
		drop_newlines(set);
		rs_position_set_gtid(out, set);
	}
	free(set);
	return rc;
}

/* @@gtid_executed holds a transaction only once it can be read: a position by GTIDs alone needs no fence. */
static enum rs_rc fence_by_gtids(struct rs_my *my, struct rs_position *out, struct rs_err *err)
{
	rs_position_clear(out);
	return set_executed(my, out, err);
}

/* The set that MySQL tells with its position is not of the same moment. That of a moment after the beat holds all before
 * the position, and some after it; those are in the log before the copy ends, and from there on what is in the set is
 * what was read (position.h). */
static enum rs_rc fence_by_beat(const struct rs_mysql_source *s, struct rs_my *my, bool with_gtids, struct rs_position *out,
                                struct rs_err *err)
{
	enum rs_rc rc = with_gtids ? rs_mysql_end(my, out, err) : rs_mysql_log_end(my, out, err);

	if (rc == RS_OK)
		rc = beat(my, s->task_id, err);
	if (rc != RS_OK || my->flavor == RS_MY_MARIADB)
		return rc;
	rs_position_set_gtid(out, NULL);
	return s->gtid_mode ? set_executed(my, out, err) : RS_OK;
}

/* MariaDB reads its log to tell the GTIDs of a place: they are not asked for where the place is enough. */
static enum rs_rc fence(const struct rs_mysql_source *s, struct rs_my *my, bool with_gtids, struct rs_position *out,
                        struct rs_err *err)
{
	if (s->heartbeat_ready)
		return fence_by_beat(s, my, with_gtids, out, err);
	if (my->flavor == RS_MY_MARIADB)
		return fence_by_snapshot(my, with_gtids, out, err);
	if (s->gtids)
		return fence_by_gtids(my, out, err);
	rs_err_set(err, RS_E_FENCE, _("no safe starting position can be found without a lock"));
	rs_err_detail(err, "%s", s->heartbeat_error.detail ? s->heartbeat_error.detail : "");
	return rs_err_hint(err, _("at the source: GRANT CREATE, INSERT, UPDATE, DELETE, DROP, ALTER ON `dts`.* TO the account; "
	                          "or switch GTIDs on there"));
}

enum rs_rc rs_mysql_fence(const struct rs_mysql_source *s, struct rs_my *my, struct rs_position *out, struct rs_err *err)
{
	return fence(s, my, true, out, err);
}

/* The head comes first: where the log is reset in between, the position won't fit it later. */
static enum rs_rc fence_in_file(struct rs_mysql_source *s, struct rs_position *out, bool *rotated, struct rs_err *err)
{
	struct rs_position before = RS_POSITION_INIT;
	char *log = NULL;
	enum rs_rc rc = rs_mysql_log_end(&s->my, &before, err);

	if (rc == RS_OK && before.file != NULL)
		rc = rs_mysql_stream_head(s, before.file, &log, err);
	if (rc == RS_OK)
		rc = rs_mysql_fence(s, &s->my, out, err);
	if (rc == RS_OK) {
		*rotated = out->file != NULL && before.file != NULL && strcmp(out->file, before.file) != 0;
		rs_position_set_log(out, log);
	}
	free(log);
	rs_position_clear(&before);
	return rc;
}

static enum rs_rc source_fence(struct rs_source *base, struct rs_position *out, struct rs_err *err)
{
	bool rotated = true;
	enum rs_rc rc = RS_OK;

	may_beat(self(base));
	while (rc == RS_OK && rotated)
		rc = fence_in_file(self(base), out, &rotated, err);
	return rc;
}

/* By file and offset, or by the ids alone where the fence has no other place. */
static bool is_behind(const struct rs_position *at, const struct rs_position *position)
{
	struct rs_gtid_set there = RS_GTID_SET_INIT, here = RS_GTID_SET_INIT;
	struct rs_err ignored = RS_ERR_INIT;

	if (at->file != NULL && position->file != NULL)
		return rs_position_compare(at, position) >= 0;
	bool read = at->gtid != NULL && position->gtid != NULL && rs_gtid_set_parse(&there, at->gtid, &ignored) == RS_OK &&
	            rs_gtid_set_parse(&here, position->gtid, &ignored) == RS_OK;
	bool behind = read && rs_gtid_set_includes(&there, &here);
	rs_gtid_set_clear(&there);
	rs_gtid_set_clear(&here);
	rs_err_clear(&ignored);
	return behind;
}

static enum rs_rc source_passed(struct rs_source *base, const struct rs_position *position, bool *yes, struct rs_err *err)
{
	struct rs_mysql_source *s = self(base);
	struct rs_position at = RS_POSITION_INIT;

	may_beat(s);
	enum rs_rc rc = fence(s, &s->my, position->file == NULL, &at, err);
	*yes = rc == RS_OK && is_behind(&at, position);
	rs_position_clear(&at);
	return rc;
}

static enum rs_rc source_between(struct rs_source *base, const struct rs_position *from, const struct rs_position *to,
                                 const struct rs_table *const *tables, size_t n, struct rs_between *out, struct rs_err *err)
{
	return rs_mysql_between(&self(base)->my, from, to, tables, n, out, err);
}

static enum rs_rc source_place(struct rs_source *s, struct rs_position *out, struct rs_err *err)
{
	return rs_mysql_log_end(&self(s)->my, out, err);
}

static enum rs_rc source_end(struct rs_source *s, struct rs_position *out, struct rs_err *err)
{
	return rs_mysql_end(&self(s)->my, out, err);
}

/* ---------------------------------------------------------------- prepared transactions */

/* Older servers write them to the log when they are committed. */
static bool logs_prepared(const struct rs_my *my)
{
	return my->version >= (my->flavor == RS_MY_MARIADB ? 100500u : 50707u);
}

static int hex_digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : 0;
}

/* 0x… */
static void put_unhexed(struct rs_buf *out, const char *data, size_t len)
{
	for (size_t i = 2; i + 1 < len; i += 2)
		rs_buf_addc(out, (char)(hex_digit(data[i]) << 4 | hex_digit(data[i + 1])));
}

/* MySQL gives digits, where it is asked to; MariaDB the bytes. */
static char *read_xid(const struct rs_my_result *res, bool hex)
{
	struct rs_buf data = RS_BUF_INIT, text = RS_BUF_INIT;
	size_t gtrid = strtoul(res->row[1], NULL, 10), bqual = strtoul(res->row[2], NULL, 10);

	if (hex)
		put_unhexed(&data, res->row[3], res->lengths[3]);
	else
		rs_buf_add(&data, res->row[3], res->lengths[3]);
	if (gtrid > data.len)
		gtrid = data.len;
	if (bqual > data.len - gtrid)
		bqual = data.len - gtrid;
	struct rs_xid xid = {(uint32_t)strtoul(res->row[0], NULL, 10), {rs_buf_str(&data), gtrid},
	                     {rs_buf_str(&data) + gtrid, bqual}};
	rs_xid_print(&xid, &text);
	rs_buf_release(&data);
	return rs_buf_take(&text);
}

enum rs_rc rs_mysql_prepared(struct rs_my *my, char ***xids, size_t *n, struct rs_err *err)
{
	struct rs_err denied = RS_ERR_INIT;
	struct rs_my_result res;
	bool hex = my->flavor == RS_MY_MYSQL;
	size_t cap = 0;

	*xids = NULL;
	*n = 0;
	if (!logs_prepared(my))
		return RS_OK;
	enum rs_rc rc = rs_my_query(my, hex ? "XA RECOVER CONVERT XID" : "XA RECOVER", RS_MY_BUFFER, &res, &denied);
	/* 1401 is how MySQL 8 denies it. */
	if (rc == RS_FAIL && (denied.code == RS_E_SQL_DENIED || denied.native == 1401)) {
		rs_err_clear(&denied);
		return RS_OK;
	}
	if (rc != RS_OK) {
		rs_err_move(err, &denied);
		return rc;
	}
	while ((rc = rs_my_next(&res, err)) == RS_OK) {
		RS_GROW(*xids, *n, cap);
		(*xids)[(*n)++] = read_xid(&res, hex);
	}
	rs_my_result_free(&res);
	return rc == RS_EOF ? RS_OK : rc;
}

static enum rs_rc source_prepared(struct rs_source *base, char ***xids, size_t *n, struct rs_err *err)
{
	return rs_mysql_prepared(&self(base)->my, xids, n, err);
}

/* ---------------------------------------------------------------- the rest of the control side */

static enum rs_rc source_identity(struct rs_source *base, char **out, struct rs_err *err)
{
	return rs_my_server_identity(&self(base)->my, out, err);
}

static bool want_db(void *arg, const char *db) { return rs_selection_includes_db(arg, db); }

static bool want_whole(void *arg, const char *db) { return rs_selection_whole_db(arg, db); }

static bool want_table(void *arg, const char *db, const char *table)
{
	return rs_selection_includes_table(arg, db, table);
}

static enum rs_rc source_catalog(struct rs_source *base, const struct rs_selection *sel, struct rs_catalog *out,
                                 struct rs_err *err)
{
	struct rs_my_wanted wanted = {want_db, want_table, want_whole, (void *)(uintptr_t)sel};

	return rs_my_catalog_read(&self(base)->my, &wanted, RS_MY_STATEMENTS, out, err);
}

static enum rs_rc source_table(struct rs_source *base, const char *db, const char *name, const struct rs_table **out,
                               struct rs_err *err)
{
	struct rs_table *t = NULL;
	enum rs_rc rc = rs_my_table_read(&self(base)->my, db, name, &t, err);

	*out = t;
	return rc;
}

/* Milliseconds of difference are noise of the round trip. */
static enum rs_rc clock_ahead(struct rs_my *my, rs_usec *ahead, struct rs_err *err)
{
	char *text = NULL;
	rs_usec before = rs_clock_mono();
	enum rs_rc rc = rs_my_scalar(my, "SELECT CAST(UNIX_TIMESTAMP(NOW(6)) * 1000000 AS SIGNED)", &text, err);
	rs_usec after = rs_clock_mono();

	*ahead = text ? (rs_usec)strtoll(text, NULL, 10) - (before + after) / 2 : 0;
	free(text);
	return rc;
}

/* Zones without a name are known to the source alone, and some names too. */
static enum rs_rc source_zone_offset(struct rs_source *base, const char *zone, int64_t at, char **out, struct rs_err *err)
{
	struct rs_buf sql = RS_BUF_INIT;
	char *minutes = NULL;

	rs_buf_addf(&sql, "SELECT TIMESTAMPDIFF(MINUTE, t, CONVERT_TZ(t, '+00:00', ");
	rs_my_quote(&sql, zone, strlen(zone));
	rs_buf_addf(&sql, ")) FROM (SELECT TIMESTAMP('1970-01-01') + INTERVAL %lld SECOND AS t) AS moment", (long long)at);
	enum rs_rc rc = rs_my_scalar(&self(base)->my, rs_buf_str(&sql), &minutes, err);
	rs_buf_release(&sql);
	if (rc == RS_OK && minutes == NULL)
		rc = rs_err_set(err, RS_E_SQL, _("the source does not know the time zone %s"), zone);
	if (rc == RS_OK) {
		long n = strtol(minutes, NULL, 10);
		*out = rs_xprintf("%c%02ld:%02ld", n < 0 ? '-' : '+', labs(n) / 60, labs(n) % 60);
	}
	free(minutes);
	return rc;
}

static enum rs_rc source_default_collation(struct rs_source *base, const char *db, char **out, struct rs_err *err)
{
	struct rs_buf sql = RS_BUF_INIT;

	*out = NULL;
	rs_buf_adds(&sql, "SELECT MAX(DEFAULT_COLLATION_NAME) FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = ");
	rs_my_quote(&sql, db, strlen(db));
	enum rs_rc rc = rs_my_scalar(&self(base)->my, rs_buf_str(&sql), out, err);
	rs_buf_release(&sql);
	return rc;
}

static rs_usec log_retention(struct rs_my *my)
{
	struct rs_err err = RS_ERR_INIT;
	char *text = NULL;
	rs_usec kept = -1;

	if (rs_my_variable(my, "binlog_expire_logs_seconds", &text, &err) == RS_OK && text != NULL)
		kept = (rs_usec)strtoll(text, NULL, 10) * RS_USEC_PER_SEC;
	free(text);
	text = NULL;
	if (kept <= 0 && rs_my_variable(my, "expire_logs_days", &text, &err) == RS_OK && text != NULL)
		kept = (rs_usec)(strtod(text, NULL) * 86400.0) * RS_USEC_PER_SEC;
	free(text);
	rs_err_clear(&err);
	return kept > 0 ? kept : -1;
}

static enum rs_rc source_health(struct rs_source *base, struct rs_source_health *out, struct rs_err *err)
{
	struct rs_my *my = &self(base)->my;

	*out = (struct rs_source_health){.log_lasts = log_retention(my), .log_kept = -1, .log_room = -1};
	return clock_ahead(my, &out->clock_ahead, err);
}

/* The heartbeat's row is ours; the schema may hold other tasks' rows, and goes with the last. */
static enum rs_rc source_release(struct rs_source *base, struct rs_err *err)
{
	struct rs_mysql_source *s = self(base);
	char *left = NULL;

	if (!may_beat(s))
		return RS_OK;
	enum rs_rc rc = rs_my_execf(&s->my, err, "DELETE FROM `dts`.`rds_sync_heartbeat` WHERE `task` = '%s'", s->task_id);
	if (rc == RS_OK)
		rc = rs_my_scalar(&s->my, "SELECT COUNT(*) FROM `dts`.`rds_sync_heartbeat`", &left, err);
	if (rc == RS_OK && left != NULL && strcmp(left, "0") == 0)
		rc = rs_my_exec(&s->my, "DROP TABLE `dts`.`rds_sync_heartbeat`", err);
	free(left);
	return rc;
}

static enum rs_rc source_reader(struct rs_source *base, struct rs_table_reader **out, struct rs_err *err)
{
	may_beat(self(base)); /* readers only look at the answer, from their own threads */
	return rs_mysql_reader_open(self(base), out, err);
}

static enum rs_rc source_stream(struct rs_source *base, const struct rs_position *from, struct rs_stream **out,
                                struct rs_err *err)
{
	return rs_mysql_stream_open(self(base), from, out, err);
}

static enum rs_rc source_spool(struct rs_source *base, const struct rs_position *from, struct rs_stream **out,
                               struct rs_err *err)
{
	return rs_mysql_spool_open(self(base), from, out, err);
}

static void source_cancel(struct rs_source *base) { rs_my_cancel(&self(base)->my); }

static void source_close(struct rs_source *base)
{
	struct rs_mysql_source *s = self(base);

	rs_my_close(&s->my);
	rs_err_clear(&s->heartbeat_error);
	free(s->task_id);
	free(s->replica_uuid);
	free(s);
}

static const struct rs_source_ops mysql_ops = {
	.close = source_close,
	.cancel = source_cancel,
	.identity = source_identity,
	.succeed = rs_mysql_succeed,
	.catalog = source_catalog,
	.table = source_table,
	.fence = source_fence,
	.end = source_end,
	.place = source_place,
	.passed = source_passed,
	.between = source_between,
	.prepared = source_prepared,
	.health = source_health,
	.changes_only = rs_mysql_changes_only,
	.zone_offset = source_zone_offset,
	.default_collation = source_default_collation,
	.release = source_release,
	.reader = source_reader,
	.stream = source_stream,
	.spool = source_spool,
};

/* How often another reader was met that has one of our ids. */
static atomic_uint ids_taken;

void rs_mysql_source_id_is_taken(void) { atomic_fetch_add(&ids_taken, 1); }

/* Far above what people number their servers with. */
uint64_t rs_mysql_source_take_id(struct rs_mysql_source *s, unsigned reader)
{
	uint64_t id = XXH64(s->task_id, strlen(s->task_id), reader + 2 * (uint64_t)atomic_load(&ids_taken));

	s->replica_id = 0x40000000u | (uint32_t)(id & 0x3fffffffu);
	return id;
}

/* Since 9.6 MySQL carries out foreign keys above the storage engine and logs what they change. */
enum rs_rc rs_mysql_source_open(const struct rs_endpoint *endpoint, const char *task_id, struct rs_source **out,
                                struct rs_err *err)
{
	struct rs_mysql_source *s = rs_xcalloc(1, sizeof *s);
	enum rs_rc rc = rs_my_open_endpoint(&s->my, endpoint, RS_MY_CATALOG, err);

	if (rc != RS_OK) {
		free(s);
		return rc;
	}
	s->base.ops = &mysql_ops;
	s->base.flavor = s->my.flavor == RS_MY_MARIADB ? "mariadb" : "mysql";
	s->base.version = s->my.version;
	s->base.version_text = s->my.version_text;
	s->base.tells_schemas = true;
	s->base.cascades_hidden = rs_my_hides_cascades(&s->my);
	s->base.folds_names = s->my.lower_case_names != 0;
	s->base.lowers_names = s->my.lower_case_names == 1;
	s->base.implicit_timestamp = !rs_my_variable_is(&s->my, "explicit_defaults_for_timestamp", "ON");
	s->base.signed_zero = s->my.flavor != RS_MY_MARIADB;
	s->task_id = rs_xstrdup(task_id);
	s->replica_uuid = rs_xstrdup(task_id);
	rs_mysql_source_take_id(s, 0);
	/* Before 5.7.5 a transaction is counted in gtid_executed before it can be read. */
	s->gtid_mode = s->my.flavor == RS_MY_MYSQL && rs_my_variable_is(&s->my, "gtid_mode", "ON");
	s->gtids = s->gtid_mode && s->my.version >= 50705;
	*out = &s->base;
	return RS_OK;
}
