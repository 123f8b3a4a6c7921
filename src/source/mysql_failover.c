/* Whether another server carries the source's log on. MySQL's ids name the server where a transaction was made, so that a
 * set of them says whose log it is. MariaDB's are small numbers that two groups of servers may well share: there the last
 * transaction that we have must have been made in the same second as well. */
#include "source/mysql_source.h"

#include <stdlib.h>
#include <string.h>
#include "base/i18n.h"
#include "base/mem.h"
#include "codec/gtid.h"

/* ---------------------------------------------------------------- verdicts */

static enum rs_rc stranger(const char *applied, const char *theirs, struct rs_err *err)
{
	rs_err_set(err, RS_E_CONN_WRONG_SERVER, _("another server answers at the source's address"));
	rs_err_detail(err, _("applied: %s; in its log: %s"), applied, theirs);
	return rs_err_hint(err, _("the task goes on with the server that it began with, or with one of its replicas that has "
	                          "all that was applied in its own log (log_slave_updates)"));
}

static enum rs_rc diverged(const char *applied, const char *theirs, struct rs_err *err)
{
	rs_err_set(err, RS_E_SOURCE_DIVERGED, _("the server that took over lacks transactions that the destination has"));
	rs_err_detail(err, _("applied: %s; in its log: %s"), applied, theirs);
	return rs_err_hint(err, _("both went on differently, so that what follows can't be applied: give the task the address of "
	                          "a server that has them, or synchronize it anew"));
}

/* Whoever replicates may get what it lacks; whether it does, not every account may know. */
static bool may_get_more(struct rs_my *my)
{
	const char *sql = my->flavor == RS_MY_MARIADB ? "SHOW ALL SLAVES STATUS"
	                  : my->version >= 80022      ? "SHOW REPLICA STATUS"
	                                              : "SHOW SLAVE STATUS";
	struct rs_err ignored = RS_ERR_INIT;
	struct rs_my_result res;
	bool yes = true;

	if (rs_my_query(my, sql, RS_MY_BUFFER, &res, &ignored) == RS_OK) {
		yes = rs_my_next(&res, &ignored) != RS_EOF;
		rs_my_result_free(&res);
	}
	rs_err_clear(&ignored);
	return yes;
}

static enum rs_rc behind(struct rs_my *my, const char *applied, const char *theirs, struct rs_err *err)
{
	if (!may_get_more(my))
		return diverged(applied, theirs, err);
	rs_err_set(err, RS_E_SOURCE_BEHIND, _("the server that took over has not got everything yet that the destination has"));
	err->retry = RS_RETRY_RECONNECT;
	rs_err_detail(err, _("applied: %s; in its log: %s"), applied, theirs);
	return rs_err_hint(err, _("it replicates: the task goes on as soon as it has caught up"));
}

static enum rs_rc judge(struct rs_my *my, enum rs_succession found, const char *applied, const char *theirs,
                        struct rs_err *err)
{
	switch (found) {
	case RS_SUCCEEDS:
		return RS_OK;
	case RS_LAGS:
		return behind(my, applied, theirs, err);
	case RS_DIVERGED:
		return diverged(applied, theirs, err);
	case RS_STRANGER:
		break;
	}
	return stranger(applied, theirs, err);
}

static char *text_of(struct rs_my *my, const char *variable, struct rs_err *err)
{
	char *sql = rs_xprintf("SELECT @@GLOBAL.%s", variable), *text = NULL;
	enum rs_rc rc = rs_my_scalar(my, sql, &text, err);

	free(sql);
	if (rc == RS_OK && text == NULL)
		text = rs_xstrdup("");
	return rc == RS_OK ? text : NULL;
}

/* ---------------------------------------------------------------- MySQL */

/* What was purged there must have been applied here. */
static enum rs_rc check_purged(struct rs_my *my, const struct rs_gtid_set *ours, struct rs_err *err)
{
	struct rs_gtid_set purged = RS_GTID_SET_INIT;
	struct rs_buf lacking = RS_BUF_INIT;
	char *text = text_of(my, "gtid_purged", err);
	enum rs_rc rc = text ? rs_gtid_set_parse(&purged, text, err) : RS_FAIL;

	rs_gtid_set_subtract(&purged, ours);
	if (rc == RS_OK && !rs_gtid_set_is_empty(&purged)) {
		rs_gtid_set_print(&purged, &lacking);
		rs_err_set(err, RS_E_BINLOG_PURGED, _("the server that took over no longer has transactions that the destination lacks"));
		rs_err_detail(err, "%s", rs_buf_str(&lacking));
		rc = rs_mysql_log_gone(err);
	}
	rs_buf_release(&lacking);
	rs_gtid_set_clear(&purged);
	free(text);
	return rc;
}

/* Whether its log has all of the set; more is not asked for. */
static enum rs_rc has_set(struct rs_mysql_source *s, const char *gtid, struct rs_err *err)
{
	struct rs_gtid_set ours = RS_GTID_SET_INIT, theirs = RS_GTID_SET_INIT;
	char *executed = text_of(&s->my, "gtid_executed", err);
	enum rs_rc rc = executed ? rs_gtid_set_parse(&ours, gtid, err) : RS_FAIL;

	if (rc == RS_OK)
		rc = rs_gtid_set_parse(&theirs, executed, err);
	if (rc == RS_OK)
		rc = judge(&s->my, rs_gtid_set_succession(&theirs, &ours), gtid, executed, err);
	free(executed);
	rs_gtid_set_clear(&ours);
	rs_gtid_set_clear(&theirs);
	return rc;
}

/* A set says of any transaction whether it is in it. */
static enum rs_rc take_in(struct rs_position *at, struct rs_position_set *ahead, struct rs_gtid_set *ours, struct rs_err *err)
{
	struct rs_buf text = RS_BUF_INIT;
	enum rs_rc rc = rs_gtid_set_parse(ours, at->gtid, err);

	if (rc == RS_OK)
		rc = rs_gtid_set_add_ids(ours, ahead, err);
	if (rc == RS_OK) {
		rs_gtid_set_print(ours, &text);
		rs_position_set_gtid(at, rs_buf_str(&text));
		rs_position_set_clear(ahead);
	}
	rs_buf_release(&text);
	return rc;
}

static enum rs_rc succeed_set(struct rs_mysql_source *s, struct rs_position *at, struct rs_position_set *ahead,
                              struct rs_err *err)
{
	struct rs_gtid_set ours = RS_GTID_SET_INIT;
	enum rs_rc rc = take_in(at, ahead, &ours, err);

	if (rc == RS_OK)
		rc = has_set(s, at->gtid, err);
	if (rc == RS_OK)
		rc = check_purged(&s->my, &ours, err);
	rs_gtid_set_clear(&ours);
	return rc;
}

/* ---------------------------------------------------------------- MariaDB */

static const struct rs_table *no_table(void *arg, const char *db, const char *table)
{
	(void)arg;
	(void)db;
	(void)table;
	return NULL;
}

/* The time of one transaction, from a stream that begins before it; 0: it does not come. */
static enum rs_rc time_in_stream(struct rs_stream *stream, const struct rs_domain_gtid *wanted, int64_t *time,
                                 struct rs_err *err)
{
	struct rs_domain_set at = RS_DOMAIN_SET_INIT;
	const struct rs_domain_gtid *last = NULL;
	struct rs_change *c = NULL;
	bool idle = false;
	enum rs_rc rc = RS_OK;

	stream->schema = (struct rs_stream_schema){.lookup = no_table};
	while (rc == RS_OK && !idle && (last == NULL || last->seq < wanted->seq)) {
		rc = stream->ops->next(stream, -1, &c, err);
		if (rc == RS_OK && c->position.gtid != NULL)
			rc = rs_domain_set_parse(&at, c->position.gtid, err);
		last = rs_domain_set_find(&at, wanted->domain);
		if (rc == RS_OK && last != NULL && last->seq == wanted->seq && last->server == wanted->server)
			*time = c->timestamp;
		idle = rc == RS_OK && c->kind == RS_CHANGE_HEARTBEAT;
		rs_change_free(c);
		c = NULL;
	}
	rs_domain_set_clear(&at);
	return rc;
}

/* Reads from the transaction before this one, by one of the servers that wrote in its domain. */
static enum rs_rc time_after(struct rs_mysql_source *s, const struct rs_domain_set *ours,
                             const struct rs_domain_gtid *wanted, uint32_t server, int64_t *time, struct rs_err *err)
{
	const struct rs_domain_gtid before = {wanted->domain, server, wanted->seq - 1};
	struct rs_position from = RS_POSITION_INIT;
	struct rs_domain_set set = RS_DOMAIN_SET_INIT;
	struct rs_buf text = RS_BUF_INIT;
	struct rs_stream *stream = NULL;

	for (size_t i = 0; i < ours->count; i++)
		if (ours->items[i].domain != wanted->domain)
			rs_domain_set_update(&set, &ours->items[i]);
	if (before.seq > 0)
		rs_domain_set_update(&set, &before);
	rs_domain_set_print(&set, &text);
	rs_position_set_gtid(&from, rs_buf_str(&text));
	enum rs_rc rc = rs_mysql_stream_open(s, &from, &stream, err);
	if (rc == RS_OK)
		rc = time_in_stream(stream, wanted, time, err);
	if (stream != NULL)
		stream->ops->close(stream);
	rs_position_clear(&from);
	rs_domain_set_clear(&set);
	rs_buf_release(&text);
	return rc;
}

/* The servers of @@gtid_binlog_state in one domain, one after the other, until one of them was before. */
static enum rs_rc find_time(struct rs_mysql_source *s, const char *state, const struct rs_domain_set *ours,
                            const struct rs_domain_gtid *wanted, int64_t *time, struct rs_err *err)
{
	enum rs_rc rc = RS_OK;

	*time = 0;
	for (const char *p = state; rc == RS_OK && *time == 0 && *p != '\0'; p += strcspn(p, ","), p += *p == ',') {
		struct rs_domain_set one = RS_DOMAIN_SET_INIT;
		struct rs_err refused = RS_ERR_INIT;
		char *id = rs_xstrndup(p, strcspn(p, ","));
		rc = rs_domain_set_parse(&one, id, err);
		if (rc == RS_OK && one.count == 1 && one.items[0].domain == wanted->domain)
			rc = time_after(s, ours, wanted, one.items[0].server, time, &refused);
		if (rc == RS_FAIL && refused.code == RS_E_BINLOG_PURGED)
			rc = RS_OK; /* not this one */
		else if (rc == RS_FAIL && rs_err_is_set(&refused))
			rs_err_move(err, &refused);
		rs_err_clear(&refused);
		rs_domain_set_clear(&one);
		free(id);
	}
	return rc;
}

/* The last transaction of all is the last of one of the domains. */
static enum rs_rc check_history(struct rs_mysql_source *s, const char *state, const struct rs_domain_set *ours,
                                const struct rs_position *at, int64_t time, struct rs_err *err)
{
	enum rs_rc rc = RS_OK;
	bool same = false;

	for (size_t i = 0; rc == RS_OK && !same && time != 0 && i < ours->count; i++) {
		int64_t found;
		rc = find_time(s, state, ours, &ours->items[i], &found, err);
		same = rc == RS_OK && found == time;
	}
	if (rc != RS_OK || same)
		return rc;
	stranger(at->gtid, state, err);
	return rs_err_detail(err, _("its log does not show the last of these transactions as made at the same time"));
}

static enum rs_rc can_be_read(struct rs_mysql_source *s, const struct rs_position *at, struct rs_err *err)
{
	struct rs_position from = {.gtid = at->gtid};
	struct rs_stream *stream = NULL;
	enum rs_rc rc = rs_mysql_stream_open(s, &from, &stream, err);

	if (stream != NULL)
		stream->ops->close(stream);
	return rc;
}

static enum rs_rc has_domains(struct rs_mysql_source *s, const char *gtid, struct rs_err *err)
{
	struct rs_domain_set ours = RS_DOMAIN_SET_INIT;
	enum rs_succession found = RS_STRANGER;
	char *state = text_of(&s->my, "gtid_binlog_state", err);
	enum rs_rc rc = state ? rs_domain_set_parse(&ours, gtid, err) : RS_FAIL;

	if (rc == RS_OK)
		rc = rs_domain_set_succession(state, &ours, &found, err);
	if (rc == RS_OK)
		rc = judge(&s->my, found, gtid, state, err);
	free(state);
	rs_domain_set_clear(&ours);
	return rc;
}

/* A server that has the last of a domain has all before it. What is not behind the position does not come again. */
static enum rs_rc has_ahead(struct rs_mysql_source *s, const struct rs_domain_set *ours, struct rs_position_set *ahead,
                            struct rs_err *err)
{
	struct rs_domain_set all = RS_DOMAIN_SET_INIT;
	struct rs_buf text = RS_BUF_INIT;
	enum rs_rc rc = rs_domain_set_take_out(ours, ahead, err);

	rs_domain_set_copy(&all, ours);
	if (rc == RS_OK)
		rc = rs_domain_set_add_ids(&all, ahead, err);
	rs_domain_set_print(&all, &text);
	if (rc == RS_OK)
		rc = has_domains(s, rs_buf_str(&text), err);
	rs_domain_set_clear(&all);
	rs_buf_release(&text);
	return rc;
}

static enum rs_rc succeed_domains(struct rs_mysql_source *s, const struct rs_position *at, int64_t time,
                                  struct rs_position_set *ahead, struct rs_err *err)
{
	struct rs_domain_set ours = RS_DOMAIN_SET_INIT;
	char *state = NULL;
	enum rs_rc rc = rs_domain_set_parse(&ours, at->gtid, err);

	if (rc == RS_OK)
		rc = has_ahead(s, &ours, ahead, err);
	if (rc == RS_OK)
		rc = (state = text_of(&s->my, "gtid_binlog_state", err)) != NULL ? RS_OK : RS_FAIL;
	if (rc == RS_OK)
		rc = can_be_read(s, at, err);
	if (rc == RS_OK)
		rc = check_history(s, state, &ours, at, time, err);
	free(state);
	rs_domain_set_clear(&ours);
	return rc;
}

/* ---------------------------------------------------------------- the interface */

enum rs_rc rs_mysql_succeed(struct rs_source *base, struct rs_position *at, int64_t time, struct rs_position_set *ahead,
                            const char *intended, struct rs_err *err)
{
	struct rs_mysql_source *s = (struct rs_mysql_source *)base;
	const bool mariadb = s->my.flavor == RS_MY_MARIADB;

	if (!mariadb && !s->gtid_mode)
		return stranger(at->gtid, _("no GTIDs"), err);
	enum rs_rc rc = mariadb ? succeed_domains(s, at, time, ahead, err) : succeed_set(s, at, ahead, err);
	if (rc == RS_OK && intended != NULL)
		rc = mariadb ? has_domains(s, intended, err) : has_set(s, intended, err);
	return rc;
}
