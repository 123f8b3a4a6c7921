/* Versions and settings of both servers: CHECK_SRC, CHECK_SQL_MODE, CHECK_SAME_SERVER, CHECK_DEST_WRITABLE,
 * CHECK_MAX_PACKET, CHECK_LOCAL_INFILE, CHECK_DISK_SPACE. */
#include "check/my_checks.h"

#include <strings.h>
#include <sys/statvfs.h>
#include "base/figure.h"
#include "base/i18n.h"
#include "base/mem.h"
#include "check/facts.h"
#include "check/verdict.h"

/* ------------------------------------------------------------------ versions */

enum { OLDEST = 50100 };

enum rs_rc rs_my_check_version(struct rs_check_ctx *ctx, struct rs_finding *f, struct rs_err *err)
{
	const struct rs_my *from = ctx->source, *to = ctx->dest;

	(void)err;
	rs_verdict_need(f, "%s", _("MySQL 5.1 or MariaDB 5.5 or newer; the destination not older than the source"));
	if (from->version < OLDEST || to->version < OLDEST) {
		f->ignorable = false;
		return rs_verdict_fail(f, "%s", from->version < OLDEST ? from->version_text : to->version_text);
	}
	/* Between the two products the versions can't be compared; what differs is told by the check of the statements. */
	if (from->flavor == to->flavor && to->version / 100 < from->version / 100) {
		rs_verdict_explain(f, "%s", _("What the newer version has and the older lacks can't be made at the "
		                              "destination."));
		return rs_verdict_warn(f, _("%s is older than %s"), to->version_text, from->version_text);
	}
	return rs_verdict_pass(f, "%s → %s", from->version_text, to->version_text);
}

/* ------------------------------------------------------------------ sql_mode */

/* Modes under which the same statement means something else. */
static const char *const meaning_modes[] = {"ANSI_QUOTES", "PIPES_AS_CONCAT", "NO_BACKSLASH_ESCAPES", "IGNORE_SPACE",
                                            "HIGH_NOT_PRECEDENCE", "ORACLE", "MSSQL", "NO_UNSIGNED_SUBTRACTION"};
enum { MEANING_MODES = sizeof meaning_modes / sizeof *meaning_modes };

static bool has_mode(const char *modes, const char *mode)
{
	const size_t n = strlen(mode);

	while (modes && *modes) {
		const size_t word = strcspn(modes, ",");

		if (word == n && strncasecmp(modes, mode, n) == 0)
			return true;
		modes += word + (modes[word] == ',');
	}
	return false;
}

static bool changes_meaning(const char *word, size_t n)
{
	for (int i = 0; i < MEANING_MODES; i++)
		if (strlen(meaning_modes[i]) == n && strncasecmp(meaning_modes[i], word, n) == 0)
			return true;
	return false;
}

/* The destination's modes with those that change the meaning of statements as at the source. */
static char *aligned_modes(const char *from, const char *to)
{
	struct rs_buf out = RS_BUF_INIT;

	for (int i = 0; i < MEANING_MODES; i++)
		if (has_mode(from, meaning_modes[i]))
			rs_buf_addf(&out, "%s%s", out.len ? "," : "", meaning_modes[i]);
	while (to && *to) {
		const size_t n = strcspn(to, ",");

		if (!changes_meaning(to, n))
			rs_buf_addf(&out, "%s%.*s", out.len ? "," : "", (int)n, to);
		to += n + (to[n] == ',');
	}
	return rs_buf_take(&out);
}

static bool modes_agree(const char *from, const char *to)
{
	for (int i = 0; i < MEANING_MODES; i++)
		if (has_mode(from, meaning_modes[i]) != has_mode(to, meaning_modes[i]))
			return false;
	return true;
}

enum rs_rc rs_my_check_sql_mode(struct rs_check_ctx *ctx, struct rs_finding *f, struct rs_err *err)
{
	char *from = NULL, *to = NULL;
	enum rs_rc rc = rs_my_variable(ctx->source, "sql_mode", &from, err);

	if (rc == RS_OK)
		rc = rs_my_variable(ctx->dest, "sql_mode", &to, err);
	rs_verdict_need(f, "%s", _("statements that mean the same on both sides"));
	rs_verdict_explain(f, "%s", _("The synchronization sets its own sql_mode and does not depend on these."));
	if (rc == RS_OK && modes_agree(from, to))
		rs_verdict_pass(f, "%s", to && *to ? to : _("none"));
	else if (rc == RS_OK) {
		char *aligned = aligned_modes(from, to);

		rs_verdict_explain(f, "%s", _("Applications that move to the destination find their statements read in "
		                              "another way."));
		rs_verdict_remedy(f, "destination", "SET GLOBAL sql_mode='%s';", aligned);
		rs_verdict_warn(f, _("source %s, destination %s"), from && *from ? from : "''", to && *to ? to : "''");
		free(aligned);
	}
	free(from);
	free(to);
	return rc;
}

/* ------------------------------------------------------------------ one server */

enum rs_rc rs_my_check_same_server(struct rs_check_ctx *ctx, struct rs_finding *f, struct rs_err *err)
{
	struct rs_err problem = RS_ERR_INIT;
	const char *from, *to;
	enum rs_rc rc = rs_facts_identity(ctx, ctx->source, &from, err);

	if (rc == RS_OK)
		rc = rs_facts_identity(ctx, ctx->dest, &to, err);
	if (rc != RS_OK)
		return rc;
	rs_verdict_need(f, "%s", _("a destination that is not its own source"));
	if (strcmp(from, to) != 0)
		return rs_verdict_pass(f, "%s", _("two servers"));
	if (rs_selection_check_same_server(rs_facts_objects(ctx), &problem) == RS_OK)
		return rs_verdict_pass(f, "%s", _("one server, different names"));
	rs_verdict_explain(f, "%s", _("Source and destination are one server. Give what is synchronized another name "
	                              "there."));
	rs_verdict_fail(f, "%s", problem.primary);
	rs_err_clear(&problem);
	return RS_OK;
}

/* ------------------------------------------------------------------ the destination can be written */

static bool is_on(struct rs_my *my, const char *name)
{
	return rs_my_variable_is(my, name, "ON") || rs_my_variable_is(my, name, "1");
}

enum rs_rc rs_my_check_dest_writable(struct rs_check_ctx *ctx, struct rs_finding *f, struct rs_err *err)
{
	struct rs_my *my = ctx->dest;
	const struct rs_grants *g;
	bool super, plain, exempt;
	enum rs_rc rc = rs_facts_grants(ctx, my, &g, err);

	if (rc != RS_OK)
		return rc;
	exempt = !rs_grants_missing(g, RS_MAY(SUPER), NULL, NULL) || !rs_grants_missing(g, RS_MAY(READ_ONLY_ADMIN), NULL, NULL);
	super = is_on(my, "super_read_only");
	plain = is_on(my, "read_only") && !exempt;
	rs_verdict_need(f, "read_only=OFF");
	if (!super && !plain)
		return rs_verdict_pass(f, "%s", exempt && is_on(my, "read_only") ? _("the account is exempt") : "OFF");
	if (super)
		rs_verdict_remedy(f, "destination", "SET GLOBAL super_read_only=OFF;");
	rs_verdict_remedy(f, "destination", "SET GLOBAL read_only=OFF;");
	rs_verdict_explain(f, "%s", _("If it is the replica of another server, name that one as the destination instead."));
	return rs_verdict_fail(f, "%s", super ? "super_read_only=ON" : "read_only=ON");
}

/* ------------------------------------------------------------------ limits */

static enum rs_rc read_number(struct rs_my *my, const char *name, uint64_t *out, struct rs_err *err)
{
	char *text = NULL;
	const enum rs_rc rc = rs_my_variable(my, name, &text, err);

	*out = text ? strtoull(text, NULL, 10) : 0;
	free(text);
	return rc;
}

enum rs_rc rs_my_check_max_packet(struct rs_check_ctx *ctx, struct rs_finding *f, struct rs_err *err)
{
	char found[RS_FIGURE_SIZE], needed[RS_FIGURE_SIZE];
	uint64_t from, to;
	enum rs_rc rc = read_number(ctx->source, "max_allowed_packet", &from, err);

	if (rc == RS_OK)
		rc = read_number(ctx->dest, "max_allowed_packet", &to, err);
	if (rc != RS_OK)
		return rc;
	(void)rs_figure_setting(to, found, sizeof found);
	rs_verdict_need(f, _("at least the source's %s"), rs_figure_setting(from, needed, sizeof needed));
	if (to >= from)
		return rs_verdict_pass(f, "%s", found);
	rs_verdict_explain(f, "%s", _("A row that the source accepted could be too large for a statement at the "
	                              "destination."));
	rs_verdict_remedy(f, "destination", "SET GLOBAL max_allowed_packet=%llu;", (unsigned long long)from);
	return rs_verdict_warn(f, "%s", found);
}

enum rs_rc rs_my_check_local_infile(struct rs_check_ctx *ctx, struct rs_finding *f, struct rs_err *err)
{
	(void)err;
	if (is_on(ctx->dest, "local_infile"))
		return rs_verdict_pass(f, "ON");
	rs_verdict_explain(f, "%s", _("The copy is made with INSERT instead of LOAD DATA LOCAL, which is slower."));
	rs_verdict_remedy(f, "destination", "SET GLOBAL local_infile=ON;");
	return rs_verdict_pass(f, _("OFF: rows are copied with INSERT"));
}

/* ------------------------------------------------------------------ space */

static bool is_here(const struct rs_endpoint *e)
{
	static const char *const names[] = {"127.0.0.1", "localhost", "::1"};

	for (size_t i = 0; e->host && i < sizeof names / sizeof *names; i++)
		if (strcmp(e->host, names[i]) == 0)
			return true;
	return e->socket != NULL;
}

/* Bytes free where the destination keeps its data, where that is a directory of this machine. */
static bool free_space_here(const struct rs_check_ctx *ctx, uint64_t *bytes)
{
	struct statvfs st;
	char *dir = NULL;
	bool known;

	known = is_here(&ctx->task->destination) && rs_my_variable(ctx->dest, "datadir", &dir, NULL) == RS_OK && dir &&
	        statvfs(dir, &st) == 0;
	if (known)
		*bytes = (uint64_t)st.f_bavail * st.f_frsize;
	free(dir);
	return known;
}

/* The same from MariaDB's plugin DISKS, where it is installed and the account may ask. */
static bool free_space_told(const struct rs_check_ctx *ctx, uint64_t *bytes)
{
	char *text = NULL;
	const char *sql = "SELECT MAX(Available) * 1024 FROM information_schema.DISKS WHERE @@datadir LIKE CONCAT(Path, "
	                  "'%')";
	const bool known = ctx->dest->flavor == RS_MY_MARIADB && rs_my_scalar(ctx->dest, sql, &text, NULL) == RS_OK && text;

	if (known)
		*bytes = strtoull(text, NULL, 10);
	free(text);
	return known;
}

bool rs_my_applies_full(const struct rs_check_ctx *ctx)
{
	return ctx->task->sync.full && !ctx->resumed;
}

enum rs_rc rs_my_check_disk_space(struct rs_check_ctx *ctx, struct rs_finding *f, struct rs_err *err)
{
	const uint64_t mib = 1024 * 1024;
	const char *to_db, *to_name;
	const struct rs_object *o;
	uint64_t needed = 0, available;

	(void)err;
	for (size_t i = 0; rs_facts_each(ctx, &i, RS_OBJECT_TABLE, &o, &to_db, &to_name);)
		needed += o->schema->bytes;
	rs_verdict_need(f, _("about %llu MiB"), (unsigned long long)((needed + needed / 10) / mib));
	if (!free_space_here(ctx, &available) && !free_space_told(ctx, &available))
		return rs_verdict_pass(f, "%s", _("the destination does not tell"));
	if (available >= needed + needed / 10)
		return rs_verdict_pass(f, _("%llu MiB free"), (unsigned long long)(available / mib));
	rs_verdict_explain(f, "%s", _("The destination keeps its own log of all that is written beside it. It may run "
	                              "full during the copy."));
	return rs_verdict_warn(f, _("%llu MiB free"), (unsigned long long)(available / mib));
}
