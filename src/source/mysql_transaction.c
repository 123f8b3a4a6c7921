/* What a transaction is made of but its rows: ids, its begin and end, prepared ones, and statements. */
#include "source/mysql_stream_priv.h"

#include <string.h>
#include "base/i18n.h"
#include "base/mem.h"

/* ---------------------------------------------------------------- global transaction ids */

/* The transaction is complete: from now on the position includes its id. With one that has none, ids no longer tell what
 * was read. */
static void count_gtid(struct mysql_stream *s)
{
	if (!s->has_gtid)
		s->use_gtids = false;
	else if (s->mariadb)
		rs_domain_set_update(&s->domains, &s->domain_gtid);
	else
		rs_gtid_set_add(&s->gtids, &s->gtid);
	s->has_gtid = false;
}

/* MariaDB takes the same id twice where it is not told to be strict (what mysqlbinlog has written is executed there), and numbers
 * of several servers go down. But a log that is read from where it was read to has no lower one of the same server first. */
static bool domain_came_before(struct mysql_stream *s)
{
	const struct rs_domain_gtid *last = rs_domain_set_find(&s->before, s->domain_gtid.domain);

	if (last == NULL || last->seq == 0)
		return false;
	bool before = last->server == s->domain_gtid.server && s->domain_gtid.seq <= last->seq;
	rs_domain_set_update(&s->before, &(struct rs_domain_gtid){last->domain, last->server, 0});
	return before;
}

/* Before it is counted. */
static void tell_own_gtid(struct mysql_stream *s, struct rs_change *c)
{
	char text[RS_GTID_TEXT_MAX];

	if (!s->has_gtid)
		return;
	c->again = s->mariadb ? domain_came_before(s) : s->use_gtids && rs_gtid_set_contains(&s->gtids, &s->gtid);
	if (s->mariadb)
		rs_domain_gtid_print(&s->domain_gtid, text);
	else
		rs_gtid_print(&s->gtid, text);
	c->gtid = rs_xstrdup(text);
}

/* ---------------------------------------------------------------- begin and end */

/* A compressed transaction ends where its payload does, so that its inside is before that. */
static enum rs_rc begin(struct mysql_stream *s, const struct rs_event *ev, struct rs_change **out)
{
	s->in_transaction = true;
	*out = rs_mysql_stream_item(s, RS_CHANGE_BEGIN, ev);
	if (s->file != NULL)
		rs_position_set_file(&(*out)->position, s->file, s->payload_open ? s->offset - 1 : s->offset);
	tell_own_gtid(s, *out);
	return RS_OK;
}

static enum rs_rc finish(struct mysql_stream *s, enum rs_change_kind kind, const struct rs_event *ev,
                         struct rs_change **out)
{
	s->in_transaction = false;
	*out = rs_mysql_stream_item(s, kind, ev);
	if (kind == RS_CHANGE_XA_COMMIT || kind == RS_CHANGE_XA_ROLLBACK)
		tell_own_gtid(s, *out);
	count_gtid(s);
	rs_mysql_stream_put_position(s, *out);
	return RS_OK;
}

enum rs_rc rs_mysql_on_xid(struct mysql_stream *s, const struct rs_event *ev, struct rs_change **out)
{
	return finish(s, RS_CHANGE_COMMIT, ev, out);
}

/* ---------------------------------------------------------------- XA transactions */

static bool starts_with(struct rs_slice sql, const char *text)
{
	size_t n = strlen(text);

	return sql.len > n && strncasecmp(sql.bytes, text, n) == 0;
}

static void set_xid(struct rs_change *c, const struct rs_xid *xid)
{
	struct rs_buf text = RS_BUF_INIT;

	rs_xid_print(xid, &text);
	c->xid = rs_arena_copy(&c->arena, rs_buf_str(&text), text.len);
	rs_buf_release(&text);
}

/* "X'…',X'…',1" as the server wrote it in a statement, in the form of rs_xid_print. */
static void set_xid_text(struct rs_change *c, struct rs_slice text)
{
	char *xid = rs_arena_copy(&c->arena, text.bytes, text.len);

	for (char *p = xid; *p != '\0'; p++)
		if (*p >= 'A' && *p <= 'F')
			*p = (char)(*p - 'A' + 'a');
	c->xid = xid;
}

static struct rs_slice after(struct rs_slice sql, const char *prefix)
{
	size_t n = strlen(prefix);

	return (struct rs_slice){sql.bytes + n, sql.len - n};
}

/* COMMIT and ROLLBACK stand alone where the transaction had been prepared, else at its end. */
static enum rs_rc end_xa(struct mysql_stream *s, const struct rs_event *ev, struct rs_slice xid,
                         enum rs_change_kind inside, enum rs_change_kind alone, struct rs_change **out)
{
	enum rs_rc rc = finish(s, s->in_transaction ? inside : alone, ev, out);

	set_xid_text(*out, xid);
	return rc;
}

static enum rs_rc on_xa_statement(struct mysql_stream *s, const struct rs_event *ev, struct rs_slice sql,
                                  struct rs_change **out, struct rs_err *err)
{
	if (starts_with(sql, "XA END "))
		return RS_AGAIN;
	if (starts_with(sql, "XA START ")) {
		begin(s, ev, out);
		set_xid_text(*out, after(sql, "XA START "));
		return RS_OK;
	}
	if (starts_with(sql, "XA COMMIT "))
		return end_xa(s, ev, after(sql, "XA COMMIT "), RS_CHANGE_COMMIT, RS_CHANGE_XA_COMMIT, out);
	if (starts_with(sql, "XA ROLLBACK "))
		return end_xa(s, ev, after(sql, "XA ROLLBACK "), RS_CHANGE_ROLLBACK, RS_CHANGE_XA_ROLLBACK, out);
	rs_err_set(err, RS_E_EVENT_UNKNOWN, _("an unknown XA statement was met in the source's log"));
	return rs_err_detail(err, "%.*s", (int)(sql.len < 400 ? sql.len : 400), sql.bytes);
}

enum rs_rc rs_mysql_on_xa_prepare(struct mysql_stream *s, const struct rs_event *ev, struct rs_change **out,
                                struct rs_err *err)
{
	struct rs_event_xa_prepare xa;

	if (rs_event_read_xa_prepare(ev, &xa, err) != RS_OK)
		return RS_FAIL;
	enum rs_rc rc = finish(s, xa.one_phase ? RS_CHANGE_COMMIT : RS_CHANGE_XA_PREPARE, ev, out);
	set_xid(*out, &xa.xid);
	return rc;
}

/* ---------------------------------------------------------------- events of ids */

enum rs_rc rs_mysql_on_gtid(struct mysql_stream *s, const struct rs_event *ev, struct rs_err *err)
{
	struct rs_event_gtid g;

	if (rs_event_read_gtid(ev, &g, err) != RS_OK)
		return RS_FAIL;
	s->has_gtid = g.gtid.gno != 0;
	s->gtid = g.gtid;
	s->last_committed = g.last_committed;
	s->sequence_number = g.sequence_number;
	return RS_AGAIN;
}

enum rs_rc rs_mysql_on_domain_gtid(struct mysql_stream *s, const struct rs_event *ev, struct rs_change **out,
                                 struct rs_err *err)
{
	struct rs_event_domain_gtid g;

	if (rs_event_read_domain_gtid(ev, &g, err) != RS_OK)
		return RS_FAIL;
	s->has_gtid = true;
	s->domain_gtid = g.gtid;
	s->standalone = (g.flags & RS_GT_STANDALONE) != 0;
	s->last_committed = s->sequence_number = g.has_commit_id ? (int64_t)g.commit_id : -1;
	if (s->standalone || g.flags & RS_GT_COMPLETED_XA)
		return RS_AGAIN;
	begin(s, ev, out);
	if (g.flags & RS_GT_PREPARED_XA)
		set_xid(*out, &g.xid);
	return RS_OK;
}

/* ---------------------------------------------------------------- statements */

static bool is_text(struct rs_slice sql, const char *text)
{
	size_t n = strlen(text);

	return sql.len == n && strncasecmp(sql.bytes, text, n) == 0;
}

/* Statements come in the client's character set. */
static enum rs_rc statement_text(struct mysql_stream *s, const struct rs_event_query *q, struct rs_change *c,
                                 struct rs_err *err)
{
	const struct rs_collation *known =
		s->base.schema.collations ? rs_collations_find(s->base.schema.collations, q->charset_client) : NULL;
	const char *charset = known ? known->charset : "utf8mb4";
	struct rs_buf text = RS_BUF_INIT;
	enum rs_rc rc = RS_OK;

	if (rs_charset_is_utf8(charset) || strcmp(charset, "binary") == 0)
		rs_buf_add(&text, q->sql.bytes, q->sql.len);
	else if ((rc = rs_charset_open(&s->charset, charset, err)) == RS_OK) {
		rc = rs_charset_to_utf8(&s->charset, q->sql.bytes, q->sql.len, &text, err);
		rs_charset_close(&s->charset);
	}
	if (rc == RS_OK) {
		c->sql = rs_arena_copy(&c->arena, rs_buf_str(&text), text.len);
		c->sql_len = text.len;
		c->db = rs_arena_copy(&c->arena, q->db.bytes, q->db.len);
		c->bytes += text.len;
	}
	rs_buf_release(&text);
	return rc;
}

static bool is_savepoint(struct rs_slice sql)
{
	return starts_with(sql, "SAVEPOINT ") || starts_with(sql, "ROLLBACK TO ");
}

static enum rs_rc on_statement(struct mysql_stream *s, const struct rs_event *ev, const struct rs_event_query *q,
                               struct rs_change **out, struct rs_err *err)
{
	struct rs_change *c = rs_mysql_stream_item(s, RS_CHANGE_DDL, ev);
	enum rs_rc rc = statement_text(s, q, c, err);

	c->sql_mode = q->sql_mode;
	c->charset_client = q->charset_client;
	c->collation_connection = q->collation_connection;
	c->collation_server = q->collation_server;
	c->ddl_no_foreign_keys = q->no_foreign_keys;
	c->microseconds = q->microseconds;
	if (q->time_zone.len > 0)
		c->time_zone = rs_arena_copy(&c->arena, q->time_zone.bytes, q->time_zone.len);
	if (!s->in_transaction) {
		tell_own_gtid(s, c);
		count_gtid(s);
	}
	rs_mysql_stream_put_position(s, c);
	if (rc == RS_OK && s->base.schema.ddl != NULL)
		rc = s->base.schema.ddl(s->base.schema.arg, c, err);
	if (!is_savepoint(q->sql)) /* which may stand between a table's map and its rows */
		rs_mysql_stream_forget_tables(s);
	if (rc != RS_OK) {
		rs_change_free(c);
		return rc;
	}
	*out = c;
	return RS_OK;
}

/* MariaDB announces a long ALTER when it starts and again when it is done: only the end counts. */
static bool only_announced(const struct rs_event_query *q) { return (q->gtid_flags3 & RS_GTX_START_ALTER) != 0; }

enum rs_rc rs_mysql_on_query(struct mysql_stream *s, const struct rs_event *ev, struct rs_change **out, struct rs_err *err)
{
	struct rs_event_query q;

	if (rs_event_read_query(&s->format, ev, &s->scratch, &q, err) != RS_OK)
		return RS_FAIL;
	if (is_text(q.sql, "BEGIN"))
		return begin(s, ev, out);
	if (is_text(q.sql, "COMMIT"))
		return finish(s, RS_CHANGE_COMMIT, ev, out);
	if (is_text(q.sql, "ROLLBACK") && s->in_transaction)
		return finish(s, RS_CHANGE_ROLLBACK, ev, out);
	if (only_announced(&q)) {
		count_gtid(s);
		return RS_AGAIN;
	}
	if (starts_with(q.sql, "XA "))
		return on_xa_statement(s, ev, q.sql, out, err);
	return on_statement(s, ev, &q, out, err);
}
