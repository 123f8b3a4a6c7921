/* The log of a PostgreSQL source: CHECK_PG_PRIMARY, CHECK_PG_WAL_LEVEL, CHECK_PG_SLOTS, CHECK_PG_SENDERS, CHECK_PG_RETENTION,
 * CHECK_PG_FAILOVER, CHECK_PG_PREPARED. */
#include "check/pg_source_checks.h"

#include <stdlib.h>
#include <string.h>
#include "base/i18n.h"
#include "base/mem.h"
#include "check/facts.h"
#include "check/verdict.h"
#include "db/pg_log.h"

bool rs_pg_source_applies_incremental(const struct rs_check_ctx *ctx)
{
	return ctx->task->sync.incremental;
}

bool rs_pg_source_applies_new_incremental(const struct rs_check_ctx *ctx)
{
	return ctx->task->sync.incremental && !ctx->resumed;
}

static long long number_at(const PGresult *r, int column) { return strtoll(PQgetvalue(r, 0, column), NULL, 10); }

static void say_restart(struct rs_finding *f)
{
	rs_verdict_explain(f, "%s", _("The server must be restarted then. Of an ApsaraDB RDS instance the parameter is set in its console."));
}

/* ------------------------------------------------------------------ the server */

enum rs_rc rs_pg_source_check_primary(struct rs_check_ctx *ctx, struct rs_finding *f, struct rs_err *err)
{
	char *standby = NULL;
	enum rs_rc rc = rs_pg_scalar(ctx->pg_source, "SELECT pg_catalog.pg_is_in_recovery()", &standby, err);

	if (rc != RS_OK)
		return rc;
	rs_verdict_need(f, "%s", _("a primary server, where a publication can be made"));
	if (standby && strcmp(standby, "t") == 0)
		rc = rs_verdict_fail(f, "%s", _("the server is a standby, which only reads"));
	else
		rc = rs_verdict_pass(f, "%s", _("it is"));
	free(standby);
	return rc;
}

enum rs_rc rs_pg_source_check_wal_level(struct rs_check_ctx *ctx, struct rs_finding *f, struct rs_err *err)
{
	char *level = NULL;
	enum rs_rc rc = rs_pg_scalar(ctx->pg_source, "SELECT pg_catalog.current_setting('wal_level')", &level, err);

	if (rc != RS_OK)
		return rc;
	rs_verdict_need(f, "wal_level = logical");
	if (level && strcmp(level, "logical") == 0)
		rc = rs_verdict_pass(f, "%s", level);
	else {
		say_restart(f);
		rs_verdict_remedy(f, "source", "ALTER SYSTEM SET wal_level = 'logical';");
		rc = rs_verdict_fail(f, "%s", level ? level : "?");
	}
	free(level);
	return rc;
}

/* ------------------------------------------------------------------ slots and those who read them */

/* A table without a key is copied under the snapshot of a slot that is there for as long. */
static bool any_keyless(struct rs_check_ctx *ctx)
{
	const char *schema, *name;
	const struct rs_object *o;

	for (size_t i = 0; rs_facts_each(ctx, &i, RS_OBJECT_TABLE, &o, &schema, &name);)
		if (!o->unsupported && o->schema && o->schema->n_keys == 0)
			return true;
	return false;
}

static const char slots_sql[] =
	"SELECT pg_catalog.current_setting('max_replication_slots'), count(*), pg_catalog.string_agg(CASE WHEN s.active THEN NULL ELSE s.slot_name::text END, ' ') "
	"FROM pg_catalog.pg_replication_slots s WHERE s.slot_name <> $1";

enum rs_rc rs_pg_source_check_slots(struct rs_check_ctx *ctx, struct rs_finding *f, struct rs_err *err)
{
	const long long needed = any_keyless(ctx) ? 2 : 1;
	char own[RS_PG_SLOT_NAME];
	const char *value = own;
	PGresult *r;

	rs_pg_slot_name(own, ctx->task->id ? ctx->task->id : "");
	enum rs_rc rc = rs_pg_query(ctx->pg_source, slots_sql, &value, 1, &r, err);
	if (rc != RS_OK)
		return rc;
	const long long most = number_at(r, 0), used = number_at(r, 1);
	rs_verdict_need(f, ngettext("%lld free slot", "%lld free slots", (unsigned long)needed), needed);
	if (most - used >= needed)
		rc = rs_verdict_pass(f, _("%lld of %lld in use"), used, most);
	else {
		say_restart(f);
		if (!PQgetisnull(r, 0, 2))
			rs_verdict_explain(f, _("Slots that nobody reads at the moment: %s."), PQgetvalue(r, 0, 2));
		rs_verdict_remedy(f, "source", "ALTER SYSTEM SET max_replication_slots = %lld;", used + needed);
		rc = rs_verdict_fail(f, _("%lld of %lld in use"), used, most);
	}
	PQclear(r);
	return rc;
}

enum { SENDERS = 2 }; /* the one that follows, and another while a slot is made or a snapshot taken */

enum rs_rc rs_pg_source_check_senders(struct rs_check_ctx *ctx, struct rs_finding *f, struct rs_err *err)
{
	PGresult *r;
	enum rs_rc rc = rs_pg_query(ctx->pg_source, "SELECT pg_catalog.current_setting('max_wal_senders'), count(*) FROM pg_catalog.pg_stat_replication",
	                            NULL, 0, &r, err);

	if (rc != RS_OK)
		return rc;
	const long long most = number_at(r, 0), used = number_at(r, 1);
	PQclear(r);
	rs_verdict_need(f, ngettext("%d free session", "%d free sessions", SENDERS), SENDERS);
	if (most - used >= SENDERS || ctx->resumed)
		return rs_verdict_pass(f, _("%lld of %lld in use"), used, most);
	say_restart(f);
	rs_verdict_remedy(f, "source", "ALTER SYSTEM SET max_wal_senders = %lld;", used + SENDERS);
	return rs_verdict_fail(f, _("%lld of %lld in use"), used, most);
}

/* ------------------------------------------------------------------ how long it is kept */

/* The settings by which a slot that nobody reads is given up; from 13 on, and from 18 on. */
static const char limits_sql[] =
	"SELECT s.name, pg_catalog.current_setting(s.name), s.min_val FROM pg_catalog.pg_settings s WHERE s.name = 'max_slot_wal_keep_size' AND "
	"s.setting::bigint >= 0 OR s.name = 'idle_replication_slot_timeout' AND s.setting::bigint > 0 ORDER BY s.name";

enum rs_rc rs_pg_source_check_retention(struct rs_check_ctx *ctx, struct rs_finding *f, struct rs_err *err)
{
	struct rs_buf found = RS_BUF_INIT;
	PGresult *r;
	enum rs_rc rc = rs_pg_query(ctx->pg_source, limits_sql, NULL, 0, &r, err);

	if (rc != RS_OK)
		return rc;
	rs_verdict_need(f, "%s", _("a log that is kept until the task has read it"));
	for (int i = 0; i < PQntuples(r); i++) {
		rs_buf_addf(&found, "%s%s = %s", i ? ", " : "", PQgetvalue(r, i, 0), PQgetvalue(r, i, 1));
		rs_verdict_remedy(f, "source", "ALTER SYSTEM SET %s = %s;", PQgetvalue(r, i, 0), PQgetvalue(r, i, 2));
	}
	if (PQntuples(r) == 0) {
		rs_verdict_explain(f, "%s", _("While the task stands still the source's disk has to hold all that is written meanwhile."));
		rc = rs_verdict_pass(f, "%s", _("it is"));
	} else {
		rs_verdict_explain(f, "%s", _("The server gives up the slot of a task that stands still for longer than that, and the task must begin "
		                              "anew. Without a limit its disk has to hold all that is written meanwhile."));
		rs_verdict_remedy(f, "source", "SELECT pg_catalog.pg_reload_conf();");
		rc = rs_verdict_warn(f, "%s", rs_buf_str(&found));
	}
	rs_buf_release(&found);
	PQclear(r);
	return rc;
}

/* Standbys that take the log now, or have a slot for it; ApsaraDB's own way to bring slots to them. */
static const char standbys_sql[] =
	"SELECT (SELECT count(*) FROM pg_catalog.pg_replication_slots s WHERE s.slot_type = 'physical' AND NOT s.active) + "
	"(SELECT count(*) FROM pg_catalog.pg_stat_replication r WHERE r.state = 'streaming' AND NOT EXISTS (SELECT FROM "
	"pg_catalog.pg_replication_slots s WHERE s.active_pid = r.pid AND s.slot_type = 'logical')), "
	"COALESCE(pg_catalog.current_setting('rds_failover_slot_mode', true), '') = 'sync', "
	"COALESCE(pg_catalog.current_setting('synchronized_standby_slots', true), '')";

enum { STANDBYS_HAVE_SLOTS = 170000 };

/* It has the task's slot where it is set to, which this server can't tell; and the task reads nothing that it lacks. */
static enum rs_rc judge_synchronized(struct rs_finding *f, long long standbys, const char *waits_for)
{
	if (*waits_for != '\0')
		return rs_verdict_pass(f, "synchronized_standby_slots = %s", waits_for);
	rs_verdict_explain(f, "%s", _("A standby has the task's slot where sync_replication_slots is on there. That the task does not read what it does not "
	                              "have yet takes its own slot in synchronized_standby_slots at this server."));
	return rs_verdict_warn(f, ngettext("%lld standby", "%lld standbys", (unsigned long)standbys), standbys);
}

static enum rs_rc warn_of_standbys(struct rs_finding *f, long long n)
{
	rs_verdict_explain(f, "%s", _("The slot is at this server alone. When a standby takes over what the task has not read yet can't be told any more."));
	return rs_verdict_warn(f, ngettext("%lld standby", "%lld standbys", (unsigned long)n), n);
}

enum rs_rc rs_pg_source_check_failover(struct rs_check_ctx *ctx, struct rs_finding *f, struct rs_err *err)
{
	PGresult *r;
	enum rs_rc rc = rs_pg_query(ctx->pg_source, standbys_sql, NULL, 0, &r, err);

	if (rc != RS_OK)
		return rc;
	const long long n = number_at(r, 0);
	const bool brought = strcmp(PQgetvalue(r, 0, 1), "t") == 0;
	char *waits_for = rs_xstrdup(PQgetvalue(r, 0, 2));
	PQclear(r);
	rs_verdict_need(f, "%s", _("no standby that could take over without the task's slot"));
	if (brought)
		rc = rs_verdict_pass(f, "rds_failover_slot_mode = sync");
	else if (n == 0)
		rc = rs_verdict_pass(f, "%s", _("there is none"));
	else if (ctx->pg_source->version >= STANDBYS_HAVE_SLOTS)
		rc = judge_synchronized(f, n, waits_for);
	else
		rc = warn_of_standbys(f, n);
	free(waits_for);
	return rc;
}

/* ------------------------------------------------------------------ prepared transactions */

/* Where transactions come and go some are always prepared: those that stay are a finding. */
enum rs_rc rs_pg_source_check_prepared(struct rs_check_ctx *ctx, struct rs_finding *f, struct rs_err *err)
{
	PGresult *r;
	enum rs_rc rc = rs_pg_query(ctx->pg_source, "SELECT p.gid FROM pg_catalog.pg_prepared_xacts p WHERE p.prepared < "
	                                            "pg_catalog.clock_timestamp() - '1 second'::pg_catalog.interval ORDER BY p.prepared", NULL, 0, &r, err);

	if (rc != RS_OK)
		return rc;
	const int n = PQntuples(r);
	rs_verdict_need(f, "%s", _("none when the task starts"));
	for (int i = 0; i < n; i++)
		rs_verdict_object(f, PQgetvalue(r, i, 0), NULL);
	PQclear(r);
	if (n == 0)
		return rs_verdict_pass(f, "%d", n);
	rs_verdict_explain(f, "%s", _("A slot can't be made before they are finished: commit them or roll them back (COMMIT PREPARED, ROLLBACK PREPARED), "
	                              "each in its own database."));
	return rs_verdict_fail(f, "%d", n);
}
