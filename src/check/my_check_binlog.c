/* The source's binary log: CHECK_BINLOG_*, CHECK_SERVER_ID, CHECK_LOG_SLAVE_UPDATES, CHECK_FENCE, CHECK_XA. */
#include "check/my_checks.h"

#include <string.h>
#include <strings.h>
#include <time.h>
#include "base/i18n.h"
#include "base/mem.h"
#include "check/facts.h"
#include "check/verdict.h"

bool rs_my_applies_incremental(const struct rs_check_ctx *ctx)
{
	return ctx->task->sync.incremental;
}

bool rs_my_applies_new_incremental(const struct rs_check_ctx *ctx)
{
	return ctx->task->sync.incremental && !ctx->resumed;
}

/* Passes where the variable has the value, or where the server does not know it and old says that this is as good;
 * otherwise fails with the statement that sets it. */
static enum rs_rc variable_must_be(struct rs_check_ctx *ctx, struct rs_finding *f, const char *name, const char *value,
                                   bool good_without, struct rs_err *err)
{
	char *found = NULL;
	enum rs_rc rc = rs_my_variable(ctx->source, name, &found, err);

	if (rc != RS_OK)
		return rc;
	rs_verdict_need(f, "%s=%s", name, value);
	if (found ? strcasecmp(found, value) == 0 : good_without)
		rs_verdict_pass(f, "%s", found ? found : _("not known to this version, which always does it"));
	else {
		rs_verdict_remedy(f, "source", "SET GLOBAL %s='%s';", name, value);
		rs_verdict_explain(f, _("Set it in the server's configuration too. Sessions that are open keep the old value "
		                        "until "
		                        "they connect again."));
		rs_verdict_fail(f, "%s", found ? found : _("not known"));
	}
	free(found);
	return RS_OK;
}

enum rs_rc rs_my_check_binlog_on(struct rs_check_ctx *ctx, struct rs_finding *f, struct rs_err *err)
{
	char *found = NULL;
	enum rs_rc rc = rs_my_variable(ctx->source, "log_bin", &found, err);

	if (rc != RS_OK)
		return rc;
	rs_verdict_need(f, "log_bin=ON");
	if (found && (strcasecmp(found, "ON") == 0 || strcmp(found, "1") == 0))
		rs_verdict_pass(f, "%s", found);
	else {
		rs_verdict_explain(f, "%s", _("Changes can't be followed without a binary log. Set log_bin, server_id (above "
		                              "1) and "
		                              "binlog_format=ROW in the source's configuration, and restart it."));
		rs_verdict_fail(f, "%s", found ? found : "OFF");
	}
	free(found);
	return RS_OK;
}

enum rs_rc rs_my_check_binlog_mode(struct rs_check_ctx *ctx, struct rs_finding *f, struct rs_err *err)
{
	return variable_must_be(ctx, f, "binlog_format", "ROW", ctx->source->version >= 90000, err);
}

enum rs_rc rs_my_check_row_image(struct rs_check_ctx *ctx, struct rs_finding *f, struct rs_err *err)
{
	return variable_must_be(ctx, f, "binlog_row_image", "FULL", true, err);
}

/* ------------------------------------------------------------------ files */

/* The next number after that of "binlog.000041". */
static unsigned long file_number(const char *name)
{
	const char *dot = strrchr(name, '.');

	return dot ? strtoul(dot + 1, NULL, 10) : 0;
}

struct binlog_files {
	size_t count;
	char *missing;      /* the newest that is missing */
	char *after;        /* the one that follows it */
	bool last_missing;
};

static void look_at_file(struct binlog_files *files, char **previous, const char *name, const char *size,
                         struct rs_finding *f)
{
	const bool gap = *previous && file_number(name) > file_number(*previous) + 1;
	const bool missing = size && strcmp(size, "0") == 0;

	if (files->missing && !files->after)
		files->after = rs_xstrdup(name);
	if (gap || missing) {
		free(files->missing);
		free(files->after);
		files->missing = rs_xstrdup(name);
		files->after = missing ? NULL : rs_xstrdup(name);
		rs_verdict_object(f, name, NULL);
	}
	files->count++;
	files->last_missing = missing;
	free(*previous);
	*previous = rs_xstrdup(name);
}

/* The file being written is not opened for the list: its size says nothing. */
static enum rs_rc look_at_newest(struct rs_my *my, struct binlog_files *files, const char *name, struct rs_finding *f,
                                 struct rs_err *err)
{
	struct rs_err problem = RS_ERR_INIT;
	char *sql = rs_xprintf("SHOW BINLOG EVENTS IN '%s' LIMIT 1", name);
	enum rs_rc rc = rs_my_exec(my, sql, &problem);

	free(sql);
	if (rc == RS_FAIL && (problem.native == 29 || problem.native == 1220)) {
		free(files->missing);
		files->missing = rs_xstrdup(name);
		files->last_missing = true;
		rs_verdict_object(f, name, NULL);
		rs_err_clear(&problem);
		return RS_OK;
	}
	rs_err_move(err, &problem);
	return rc;
}

/* A server lists a file that it can't open with size 0. */
static enum rs_rc read_files(struct rs_check_ctx *ctx, struct binlog_files *files, struct rs_finding *f,
                             struct rs_err *err)
{
	struct rs_my_result r;
	char *previous = NULL;
	enum rs_rc rc = rs_my_query(ctx->source, "SHOW BINARY LOGS", RS_MY_BUFFER, &r, err);

	while (rc == RS_OK && (rc = rs_my_next(&r, err)) == RS_OK)
		if (r.row[0])
			look_at_file(files, &previous, r.row[0], r.n_fields > 1 ? r.row[1] : NULL, f);
	rs_my_result_free(&r);
	if (rc == RS_EOF && previous && !files->last_missing)
		rc = look_at_newest(ctx->source, files, previous, f, err);
	free(previous);
	return rc == RS_EOF ? RS_OK : rc;
}

enum rs_rc rs_my_check_binlog_exist(struct rs_check_ctx *ctx, struct rs_finding *f, struct rs_err *err)
{
	struct binlog_files files = {0, NULL, NULL, false};
	enum rs_rc rc = read_files(ctx, &files, f, err);

	rs_verdict_need(f, "%s", _("every file in the log's index"));
	if (rc == RS_OK && files.last_missing) {
		rs_verdict_explain(f, "%s", _("The newest file is missing. The server begins a new one."));
		rs_verdict_remedy(f, "source", "FLUSH BINARY LOGS;");
		rs_verdict_fail(f, _("%s is missing"), files.missing);
	} else if (rc == RS_OK && files.missing) {
		rs_verdict_explain(f, "%s", _("A task that needs a missing file can't go on. A new task reads only what "
		                              "comes now."));
		rs_verdict_remedy(f, "source", "PURGE BINARY LOGS TO '%s';", files.after);
		rs_verdict_warn(f, _("%s is missing"), files.missing);
	} else if (rc == RS_OK)
		rs_verdict_pass(f, ngettext("%zu file", "%zu files", files.count), files.count);
	free(files.missing);
	free(files.after);
	return rc;
}

/* ------------------------------------------------------------------ how long it is kept */

enum { DAY = 24 * 3600, DAYS_RDS = 3, DAYS_SELF_MANAGED = 7 };

/* Seconds, 0 for ever. *variable is the one that counts. */
static enum rs_rc read_retention(struct rs_my *my, uint64_t *seconds, const char **variable, struct rs_err *err)
{
	char *in_seconds = NULL, *in_days = NULL;
	enum rs_rc rc = rs_my_variable(my, "binlog_expire_logs_seconds", &in_seconds, err);

	if (rc == RS_OK)
		rc = rs_my_variable(my, "expire_logs_days", &in_days, err);
	*seconds = in_seconds ? strtoull(in_seconds, NULL, 10) : 0;
	*variable = in_seconds ? "binlog_expire_logs_seconds" : "expire_logs_days";
	if (*seconds == 0 && in_days)
		*seconds = (uint64_t)(strtod(in_days, NULL) * DAY);
	free(in_seconds);
	free(in_days);
	return rc;
}

enum rs_rc rs_my_check_binlog_retention(struct rs_check_ctx *ctx, struct rs_finding *f, struct rs_err *err)
{
	const unsigned days = ctx->task->source.type == RS_INSTANCE_RDS ? DAYS_RDS : DAYS_SELF_MANAGED;
	const char *variable;
	uint64_t seconds;
	enum rs_rc rc = read_retention(ctx->source, &seconds, &variable, err);

	if (rc != RS_OK)
		return rc;
	rs_verdict_need(f, ngettext("%u day", "%u days", days), days);
	if (seconds == 0)
		return rs_verdict_pass(f, "%s", _("for ever"));
	if (seconds >= (uint64_t)days * DAY)
		return rs_verdict_pass(f, _("%.1f days"), (double)seconds / DAY);
	rs_verdict_explain(f, "%s", _("A task that stands still for longer than the log is kept must copy everything "
	                              "again; so must "
	                              "one whose first copy takes longer."));
	rs_verdict_remedy(f, "source", "SET GLOBAL %s=%u;", variable, strcmp(variable, "expire_logs_days") == 0 ? days : days * DAY);
	return rs_verdict_warn(f, _("%.1f hours"), (double)seconds / 3600);
}

/* ------------------------------------------------------------------ who the source is */

static enum rs_rc read_server_id(struct rs_my *my, unsigned long *id, struct rs_err *err)
{
	char *text = NULL;
	const enum rs_rc rc = rs_my_variable(my, "server_id", &text, err);

	*id = text ? strtoul(text, NULL, 10) : 0;
	free(text);
	return rc;
}

enum rs_rc rs_my_check_server_id(struct rs_check_ctx *ctx, struct rs_finding *f, struct rs_err *err)
{
	unsigned long id, other = 0;
	enum rs_rc rc = read_server_id(ctx->source, &id, err);

	if (rc != RS_OK)
		return rc;
	if (rs_my_is_open(ctx->dest) && read_server_id(ctx->dest, &other, NULL) == RS_CANCELLED)
		return RS_CANCELLED;
	rs_verdict_need(f, "%s", _("a server_id above 1"));
	if (id > 1)
		return rs_verdict_pass(f, "%lu", id);
	rs_verdict_explain(f, "%s", _("0 and 1 are what a server has that nobody gave an id. Set it in the server's "
	                              "configuration too."));
	rs_verdict_remedy(f, "source", "SET GLOBAL server_id=%d;", other == 2 ? 3 : 2);
	return rs_verdict_warn(f, "%lu", id);
}

/* Whether the source takes changes from another server. Not told where the account may not ask. */
static enum rs_rc is_replica(struct rs_my *my, bool *is, struct rs_err *err)
{
	struct rs_err problem = RS_ERR_INIT;
	struct rs_my_result r;
	const char *sql = my->flavor == RS_MY_MYSQL && my->version >= 80022 ? "SHOW REPLICA STATUS"
	                  : my->flavor == RS_MY_MARIADB && my->version >= 100000 ? "SHOW ALL SLAVES STATUS" : "SHOW SLAVE STATUS";
	enum rs_rc rc = rs_my_query(my, sql, RS_MY_BUFFER, &r, &problem);

	*is = false;
	if (rc == RS_OK) {
		rc = rs_my_next(&r, &problem);
		*is = rc == RS_OK;
	}
	rs_my_result_free(&r);
	if (rc == RS_FAIL && problem.code == RS_E_SQL_DENIED) {
		rs_err_clear(&problem);
		return RS_OK;
	}
	rs_err_move(err, &problem);
	return rc == RS_EOF ? RS_OK : rc;
}

enum rs_rc rs_my_check_log_slave_updates(struct rs_check_ctx *ctx, struct rs_finding *f, struct rs_err *err)
{
	char *found = NULL;
	bool replica;
	enum rs_rc rc = is_replica(ctx->source, &replica, err);

	if (rc == RS_OK)
		rc = rs_my_variable(ctx->source, "log_slave_updates", &found, err);
	if (rc == RS_OK && !found)
		rc = rs_my_variable(ctx->source, "log_replica_updates", &found, err);
	rs_verdict_need(f, "%s", _("log_slave_updates=ON on a server that is itself a replica"));
	if (rc == RS_OK && !replica)
		rs_verdict_pass(f, "%s", _("not a replica"));
	else if (rc == RS_OK && found && strcasecmp(found, "ON") == 0)
		rs_verdict_pass(f, "%s", found);
	else if (rc == RS_OK) {
		rs_verdict_explain(f, "%s", _("What the source takes from its own primary server is not in its log and would "
		                              "be lost. Set "
		                              "log_slave_updates (log_replica_updates) in its configuration and restart it, or "
		                              "synchronize from the primary."));
		rs_verdict_fail(f, "%s", found ? found : "OFF");
	}
	free(found);
	return rc;
}

/* ------------------------------------------------------------------ databases that are not logged */

/* Whether a comma separated list of SHOW MASTER STATUS holds a name. */
static bool listed(const char *list, const char *name)
{
	const size_t n = strlen(name);

	while (*list) {
		const size_t word = strcspn(list, ",");

		if (word == n && strncmp(list, name, n) == 0)
			return true;
		list += word + (list[word] == ',');
	}
	return false;
}

static size_t find_hidden(struct rs_check_ctx *ctx, const char *logged, const char *ignored, struct rs_finding *f)
{
	const struct rs_selection *s = rs_facts_objects(ctx);
	struct rs_selection_iter it = RS_SELECTION_ITER;
	struct rs_selection_rule rule;
	size_t n = 0;

	while (rs_selection_each(s, &it, &rule)) {
		if (rule.table || !rs_selection_includes_db(s, rule.db))
			continue;
		if (*logged ? listed(logged, rule.db) : !listed(ignored, rule.db))
			continue;
		rs_verdict_object(f, rule.db, NULL);
		n++;
	}
	return n;
}

enum rs_rc rs_my_check_binlog_filter(struct rs_check_ctx *ctx, struct rs_finding *f, struct rs_err *err)
{
	const struct rs_my *my = ctx->source;
	const char *sql = my->flavor == RS_MY_MYSQL && my->version >= 80400 ? "SHOW BINARY LOG STATUS" : "SHOW MASTER STATUS";
	struct rs_my_result r;
	enum rs_rc rc = rs_my_query(ctx->source, sql, RS_MY_BUFFER, &r, err);

	if (rc == RS_OK)
		rc = rs_my_next(&r, err);
	rs_verdict_need(f, "%s", _("all selected databases in the log"));
	rs_verdict_pass(f, "%s", _("nothing is left out"));
	if (rc == RS_OK && r.n_fields >= 4) {
		const char *logged = r.row[2] ? r.row[2] : "", *ignored = r.row[3] ? r.row[3] : "";

		if (find_hidden(ctx, logged, ignored, f)) {
			rs_verdict_explain(f, "%s", _("Take the databases out of binlog_ignore_db, or add them to binlog_do_db, "
			                              "in the "
			                              "source's configuration, and restart it."));
			rs_verdict_fail(f, "%s", *logged ? "binlog_do_db" : "binlog_ignore_db");
		}
	}
	rs_my_result_free(&r);
	return rc == RS_EOF ? RS_OK : rc;
}

/* ------------------------------------------------------------------ a safe start */

/* Whether the account can write a heartbeat of its own. */
static bool may_write_heartbeat(const struct rs_grants *g)
{
	const uint32_t needed = RS_MAY(INSERT) | RS_MAY(UPDATE) | RS_MAY(CREATE);

	return rs_grants_missing(g, needed, "dts", NULL) == 0;
}

enum rs_rc rs_my_check_fence(struct rs_check_ctx *ctx, struct rs_finding *f, struct rs_err *err)
{
	struct rs_my *my = ctx->source;
	const uint32_t documented = RS_MAY(SELECT) | RS_MAY(INSERT) | RS_MAY(UPDATE) | RS_MAY(DELETE) | RS_MAY(CREATE) |
	                            RS_MAY(DROP) | RS_MAY(ALTER);
	struct rs_buf sql = RS_BUF_INIT;
	const struct rs_grants *g;
	enum rs_rc rc = rs_facts_grants(ctx, my, &g, err);

	if (rc != RS_OK)
		return rc;
	rs_verdict_need(f, "%s", _("a way to know which changes a read has seen"));
	if (rs_my_variable_is(my, "binlog_order_commits", "OFF")) {
		rs_verdict_explain(f, "%s", _("Transactions become visible in another order than the log's."));
		rs_verdict_remedy(f, "source", "SET GLOBAL binlog_order_commits=ON;");
		return rs_verdict_fail(f, "binlog_order_commits=OFF");
	}
	if (my->flavor == RS_MY_MARIADB && my->version >= 50300)
		return rs_verdict_pass(f, "%s", _("the position of a consistent snapshot"));
	if (my->flavor == RS_MY_MYSQL && my->version >= 50705 && rs_my_variable_is(my, "gtid_mode", "ON"))
		return rs_verdict_pass(f, "GTID");
	if (may_write_heartbeat(g))
		return rs_verdict_pass(f, "%s", _("a heartbeat in the database dts"));
	rs_verdict_explain(f, "%s", _("A row can be in the log before a read sees it. Without a lock, without GTIDs and "
	                              "without a row of "
	                              "its own to wait for, the copy could miss it."));
	rs_grants_statement(g, &sql, documented, "dts", NULL);
	rs_verdict_remedy(f, "source", "%s", rs_buf_str(&sql));
	rs_buf_release(&sql);
	return rs_verdict_fail(f, "%s", _("the account may not write to the source's database dts, and there are no "
	                                  "GTIDs"));
}

/* ------------------------------------------------------------------ transactions prepared by XA */

static bool logs_prepared(const struct rs_my *my)
{
	return my->version >= (my->flavor == RS_MY_MARIADB ? 100500u : 50707u);
}

/* The data of the transactions that are prepared now, one a line, after an empty one. */
static enum rs_rc list_prepared(struct rs_my *my, struct rs_buf *out, size_t *n, struct rs_err *err)
{
	struct rs_my_result r;
	enum rs_rc rc = rs_my_query(my, "XA RECOVER", RS_MY_BUFFER, &r, err);

	*n = 0;
	rs_buf_clear(out);
	rs_buf_addc(out, '\n');
	while (rc == RS_OK && (rc = rs_my_next(&r, err)) == RS_OK) {
		const int data = rs_my_column(&r, "data");

		rs_buf_addf(out, "%s\n", data >= 0 && r.row[data] ? r.row[data] : "?");
		++*n;
	}
	rs_my_result_free(&r);
	return rc == RS_EOF ? RS_OK : rc;
}

/* Where transactions come and go some are always prepared: the task waits for them. Those that stay are a finding. */
static enum rs_rc list_staying(struct rs_check_ctx *ctx, struct rs_finding *f, struct rs_buf *before, size_t *n,
                               struct rs_err *err)
{
	const struct timespec a_while = {1, 0};
	struct rs_buf now = RS_BUF_INIT;
	char *rest = NULL;

	nanosleep(&a_while, NULL);
	enum rs_rc rc = list_prepared(ctx->source, &now, n, err);
	*n = 0;
	for (char *line = rc == RS_OK ? strtok_r(now.data, "\n", &rest) : NULL; line; line = strtok_r(NULL, "\n", &rest)) {
		char *whole = rs_xprintf("\n%s\n", line);
		if (strstr(rs_buf_str(before), whole) != NULL) {
			rs_verdict_object(f, line, NULL);
			++*n;
		}
		free(whole);
	}
	rs_buf_release(&now);
	return rc;
}

enum rs_rc rs_my_check_xa(struct rs_check_ctx *ctx, struct rs_finding *f, struct rs_err *err)
{
	struct rs_err problem = RS_ERR_INIT;
	struct rs_buf names = RS_BUF_INIT;
	size_t n = 0;
	enum rs_rc rc = list_prepared(ctx->source, &names, &n, &problem);

	rs_verdict_need(f, "%s", _("none when the task starts"));
	if (rc == RS_OK && n > 0 && logs_prepared(ctx->source))
		rc = list_staying(ctx, f, &names, &n, &problem);
	rs_buf_release(&names);
	/* 1401 is how MySQL 8 denies it. */
	if (rc == RS_FAIL && (problem.code == RS_E_SQL_DENIED || problem.native == 1401)) {
		rs_err_clear(&problem);
		return rs_verdict_pass(f, "%s", _("the account may not see them"));
	}
	if (rc != RS_OK) {
		rs_err_move(err, &problem);
		return rc;
	}
	if (n == 0 || !logs_prepared(ctx->source))
		return rs_verdict_pass(f, "%zu", n);
	rs_verdict_explain(f, "%s", _("Their changes are in the log already, before the place where reading begins, and "
	                              "are not yet visible: the task can't start until they are finished. Commit them or roll "
	                              "them back (XA COMMIT, XA ROLLBACK)."));
	return rs_verdict_fail(f, "%zu", n);
}
