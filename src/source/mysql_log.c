/* Which log it is that is being read. Servers number their files anew when a log is reset, so that a position may fit into
 * a file that is another one than it was taken from: what stands between the two logs would be passed over in silence. The
 * head of a file, which every dump begins with wherever it begins, tells the files apart by when they were begun. */
#include "source/mysql_source.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "base/i18n.h"
#include "base/mem.h"

/* How long a log may go on without its stream. */
#define LOOK_EVERY (5 * RS_USEC_PER_SEC)

void rs_mysql_log_release(struct rs_mysql_log *log)
{
	rs_my_close(&log->control);
	rs_position_clear(&log->end);
	free(log->expected);
	free(log->now);
}

enum rs_rc rs_mysql_log_gone(struct rs_err *err)
{
	return rs_err_hint(err, _("the part of the log that is needed was purged or the server's log was reset: "
	                          "the task must be synchronized anew"));
}

/* ---------------------------------------------------------------- files */

/* What can change while the file stays (its flags, "created" in a dump that begins behind the head) is no part of it. */
static char *describe(const char *file, const struct rs_event *head, const struct rs_binlog_format *format)
{
	return rs_xprintf("%s %u-%u-%s", file, head->timestamp, head->server_id, format->server_version);
}

static size_t name_length(const char *log)
{
	const char *space = strrchr(log, ' ');

	return space ? (size_t)(space - log) : strlen(log);
}

static bool same_name(const char *a, const char *b)
{
	size_t n = name_length(a);

	return n == name_length(b) && strncmp(a, b, n) == 0;
}

char *rs_mysql_log_file(const char *log) { return rs_xstrndup(log, name_length(log)); }

enum rs_rc rs_mysql_log_compare(const char *expected, const char *found, struct rs_err *err)
{
	if (strcmp(expected, found) == 0)
		return RS_OK;
	rs_err_set(err, RS_E_BINLOG_PURGED, _("the source's log was reset or replaced: its file %.*s is not the one that was read"),
	           (int)name_length(found), found);
	rs_err_detail(err, _("expected: %s; found: %s"), expected, found);
	return rs_mysql_log_gone(err);
}

enum rs_rc rs_mysql_log_head(struct rs_mysql_log *log, const char *file, const struct rs_event *head,
                             const struct rs_binlog_format *format, struct rs_err *err)
{
	free(log->now);
	log->now = describe(file, head, format);
	enum rs_rc rc = RS_OK;
	if (log->expected != NULL && same_name(log->expected, log->now))
		rc = rs_mysql_log_compare(log->expected, log->now, err);
	free(log->expected);
	log->expected = NULL;
	return rc;
}

void rs_mysql_log_leave(struct rs_mysql_log *log)
{
	free(log->now);
	log->now = NULL;
}

/* ---------------------------------------------------------------- transaction ids */

static enum rs_rc not_executed(const char *applied, const char *executed, struct rs_err *err)
{
	rs_err_set(err, RS_E_BINLOG_PURGED, _("the source's log was reset or replaced: it lacks transactions that were applied"));
	rs_err_detail(err, _("applied: %s; in the log: %s"), applied, executed);
	return rs_mysql_log_gone(err);
}

/* Sequence numbers of several servers may go down within a domain, and domains may be taken out of the log: neither says
 * that it was reset. */
static bool went_back(const struct rs_domain_set *applied, const struct rs_domain_set *logged)
{
	for (size_t i = 0; i < applied->count; i++) {
		const struct rs_domain_gtid *last = rs_domain_set_find(logged, applied->items[i].domain);
		if (last != NULL && last->server == applied->items[i].server && last->seq < applied->items[i].seq)
			return true;
	}
	return applied->count > 0 && logged->count == 0;
}

static enum rs_rc check_domains(struct rs_my *my, const char *applied, struct rs_err *err)
{
	struct rs_domain_set ours = RS_DOMAIN_SET_INIT, theirs = RS_DOMAIN_SET_INIT;
	char *logged = NULL;
	enum rs_rc rc = rs_my_scalar(my, "SELECT @@GLOBAL.gtid_binlog_pos", &logged, err);

	if (rc == RS_OK)
		rc = rs_domain_set_parse(&ours, applied, err);
	if (rc == RS_OK)
		rc = rs_domain_set_parse(&theirs, logged ? logged : "", err);
	if (rc == RS_OK && went_back(&ours, &theirs))
		rc = not_executed(applied, logged ? logged : "", err);
	free(logged);
	rs_domain_set_clear(&ours);
	rs_domain_set_clear(&theirs);
	return rc;
}

/* "uuid:5#17": a transaction, and the session whose it is; only the former stays. */
static void drop_owners(char *owned)
{
	char *to = owned;

	for (const char *p = owned; *p != '\0';) {
		if (*p == '#')
			p += 1 + strspn(p + 1, "0123456789");
		else
			*to++ = *p++;
	}
	*to = '\0';
}

/* What is in the log, and may have been read from there, before it is committed: with semi-synchronous replication for as long as
 * nobody acknowledges it. */
static enum rs_rc add_owned(struct rs_my *my, struct rs_gtid_set *out, struct rs_err *err)
{
	char *owned = NULL;
	enum rs_rc rc = rs_my_scalar(my, "SELECT @@GLOBAL.gtid_owned", &owned, err);

	if (rc == RS_OK && owned != NULL) {
		drop_owners(owned);
		rc = rs_gtid_set_parse(out, owned, err);
	}
	free(owned);
	return rc;
}

/* One that is committed meanwhile must be found in one of the two. */
static enum rs_rc check_set(struct rs_my *my, const char *applied, struct rs_err *err)
{
	struct rs_gtid_set ours = RS_GTID_SET_INIT, theirs = RS_GTID_SET_INIT;
	char *executed = NULL;
	enum rs_rc rc = add_owned(my, &theirs, err);

	if (rc == RS_OK)
		rc = rs_my_scalar(my, "SELECT @@GLOBAL.gtid_executed", &executed, err);
	if (rc == RS_OK)
		rc = rs_gtid_set_parse(&ours, applied, err);
	if (rc == RS_OK)
		rc = rs_gtid_set_parse(&theirs, executed ? executed : "", err);
	if (rc == RS_OK && !rs_gtid_set_includes(&theirs, &ours))
		rc = not_executed(applied, executed ? executed : "", err);
	free(executed);
	rs_gtid_set_clear(&ours);
	rs_gtid_set_clear(&theirs);
	return rc;
}

enum rs_rc rs_mysql_log_check_gtids(struct rs_my *my, const char *applied, struct rs_err *err)
{
	return my->flavor == RS_MY_MARIADB ? check_domains(my, applied, err) : check_set(my, applied, err);
}

/* ---------------------------------------------------------------- what is gone */

/* The file that the log begins with now; NULL where the server does not tell. */
static char *oldest_file(struct rs_my *my)
{
	struct rs_err ignored = RS_ERR_INIT;
	struct rs_my_result res;
	char *name = NULL;

	if (rs_my_query(my, "SHOW BINARY LOGS", RS_MY_BUFFER, &res, &ignored) == RS_OK) {
		if (rs_my_next(&res, &ignored) == RS_OK)
			name = rs_xstrdup(res.row[0]);
		rs_my_result_free(&res);
	}
	rs_err_clear(&ignored);
	return name;
}

/* "2026-11-29 08:15:02" of a file's head, which begins behind its name; "" where it can't be read. */
static void when_begun(struct rs_mysql_source *s, const char *file, char *out, size_t size)
{
	struct rs_err ignored = RS_ERR_INIT;
	char *head = NULL;
	struct tm tm;

	*out = '\0';
	if (rs_mysql_stream_head(s, file, &head, &ignored) == RS_OK) {
		time_t at = (time_t)strtoll(head + name_length(head), NULL, 10);
		if (gmtime_r(&at, &tm) != NULL)
			strftime(out, size, "%Y-%m-%d %H:%M:%S", &tm);
	}
	free(head);
	rs_err_clear(&ignored);
}

static void tell_files(struct rs_mysql_source *s, const struct rs_position *from, struct rs_err *err)
{
	char *oldest = oldest_file(&s->my), begun[32];

	if (oldest == NULL)
		return;
	when_begun(s, oldest, begun, sizeof begun);
	if (from->file != NULL)
		rs_err_detail(err, _("needed: %s:%llu"), from->file, (unsigned long long)from->offset);
	rs_err_detail(err, _("the log begins with %s, of %s UTC: what was changed before and is not applied is gone"), oldest,
	              *begun ? begun : "?");
	free(oldest);
}

static void tell_ids(struct rs_my *my, const char *applied, struct rs_err *err)
{
	struct rs_gtid_set gone = RS_GTID_SET_INIT, ours = RS_GTID_SET_INIT;
	struct rs_err ignored = RS_ERR_INIT;
	struct rs_buf text = RS_BUF_INIT;
	char *purged = NULL;

	if (rs_my_scalar(my, "SELECT @@GLOBAL.gtid_purged", &purged, &ignored) == RS_OK && purged != NULL &&
	    rs_gtid_set_parse(&gone, purged, &ignored) == RS_OK && rs_gtid_set_parse(&ours, applied, &ignored) == RS_OK) {
		rs_gtid_set_subtract(&gone, &ours);
		rs_gtid_set_print(&gone, &text);
		if (!rs_gtid_set_is_empty(&gone))
			rs_err_detail(err, _("transactions that are gone: %s"), rs_buf_str(&text));
	}
	free(purged);
	rs_buf_release(&text);
	rs_gtid_set_clear(&gone);
	rs_gtid_set_clear(&ours);
	rs_err_clear(&ignored);
}

void rs_mysql_log_tell_gone(struct rs_mysql_source *s, const struct rs_position *from, struct rs_err *err)
{
	tell_files(s, from, err);
	if (s->gtid_mode && from->gtid != NULL)
		tell_ids(&s->my, from->gtid, err);
}

/* ---------------------------------------------------------------- a stream that is quiet */

static enum rs_rc left_behind(const struct rs_mysql_log *log, const struct rs_position *here, struct rs_err *err)
{
	rs_err_set(err, RS_E_CONN_LOST, _("the source's log goes on, but not in the stream that reads it"));
	err->retry = RS_RETRY_RECONNECT;
	return rs_err_detail(err, _("the stream stands at %s:%llu, the log at %s:%llu"), here->file,
	                     (unsigned long long)here->offset, log->end.file, (unsigned long long)log->end.offset);
}

/* A server that has no connection to spare is asked another time: the stream itself is well. */
static void look(struct rs_mysql_log *log, const struct rs_mysql_source *source)
{
	struct rs_err err = RS_ERR_INIT;
	enum rs_rc rc = RS_OK;

	rs_position_clear(&log->end);
	if (!rs_my_is_open(&log->control))
		rc = rs_my_open_like(&log->control, &source->my, RS_MY_CATALOG, &err);
	if (rc == RS_OK)
		rc = rs_mysql_log_end(&log->control, &log->end, &err);
	if (rc != RS_OK)
		rs_my_close(&log->control);
	rs_err_clear(&err);
	log->looked_at = rs_clock_mono();
}

enum rs_rc rs_mysql_log_quiet(struct rs_mysql_log *log, const struct rs_mysql_source *source,
                              const struct rs_position *here, struct rs_err *err)
{
	rs_usec now = rs_clock_mono();

	if (log->moved || log->looked_at == 0) {
		log->moved = false;
		log->looked_at = now;
		rs_position_clear(&log->end);
	}
	if (now - log->looked_at < LOOK_EVERY)
		return RS_OK;
	if (log->end.file != NULL && rs_position_compare(here, &log->end) < 0)
		return left_behind(log, here, err);
	look(log, source);
	if (log->end.file != NULL && rs_position_compare(&log->end, here) < 0)
		return left_behind(log, here, err);
	return RS_OK;
}
