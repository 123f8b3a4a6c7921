/* Whether the statements of the source's objects can be made into statements of the destination's, and what is lost on
 * the way: CHECK_TRANSLATION. */
#include "check/my_checks.h"

#include "base/i18n.h"
#include "base/mem.h"
#include "check/facts.h"
#include "check/verdict.h"
#include "codec/ddl_translate.h"

enum { EXPLAINED = 30 }; /* so many replacements are told one by one */

struct outcome {
	struct rs_check_ctx *ctx;
	struct rs_finding *f;
	size_t told, replaced;   /* in the explanation; in all */
	bool lossy, table_refused, refused;
};

/* ------------------------------------------------------------------ dialects */

static struct rs_sql_dialect dialect_of(const struct rs_my *my, const char *sql_mode)
{
	struct rs_sql_dialect d = {.mariadb = my->flavor == RS_MY_MARIADB, .version = my->version};

	if (sql_mode && strstr(sql_mode, "ANSI_QUOTES"))
		d.sql_mode |= RS_MODE_ANSI_QUOTES;
	if (sql_mode && strstr(sql_mode, "NO_BACKSLASH_ESCAPES"))
		d.sql_mode |= RS_MODE_NO_BACKSLASH_ESCAPES;
	return d;
}

static bool has_collation(void *arg, const char *name)
{
	const struct rs_collations *known = arg;

	for (size_t i = 0; i < known->count; i++)
		if (strcmp(known->items[i].name, name) == 0)
			return true;
	return false;
}

/* ------------------------------------------------------------------ one object */

static void tell_note(struct outcome *out, const struct rs_object *o, const struct rs_ddl_note *n)
{
	const char *kind = o->kind == RS_OBJECT_TABLE ? "" : rs_object_kind_name(o->kind);
	char *place = rs_xprintf("%s%s%s.%s%s%s", kind, *kind ? " " : "", o->db, o->name, *n->object ? "." : "", n->object);

	if (*n->to)
		rs_verdict_line(out->f, _("%s: %s becomes %s"), place, n->from, n->to);
	else
		rs_verdict_line(out->f, _("%s: %s is left out"), place, n->from);
	free(place);
}

static void tell_notes(struct outcome *out, const struct rs_object *o, const struct rs_translation *t)
{
	bool lossy = false;

	for (size_t i = 0; i < t->n_notes; i++) {
		lossy |= t->notes[i].lossy;
		if (out->told++ < EXPLAINED)
			tell_note(out, o, &t->notes[i]);
	}
	out->replaced += t->n_notes;
	if (lossy)
		rs_verdict_object(out->f, o->db, o->name);
	out->lossy |= lossy;
}

static void tell_refusal(struct outcome *out, const struct rs_object *o, const struct rs_err *problem)
{
	rs_verdict_object(out->f, o->db, o->name);
	if (out->told++ < EXPLAINED)
		rs_verdict_line(out->f, "%s %s.%s: %s", rs_object_kind_name(o->kind), o->db, o->name, problem->primary);
	out->refused = true;
	out->table_refused |= o->kind == RS_OBJECT_TABLE;
}

/* The statement with its names at the destination, in the destination's words. */
static enum rs_rc translate(struct rs_check_ctx *ctx, const struct rs_object *o, const char *sql, size_t len, const char *db,
                            struct rs_translation *t, struct rs_err *err)
{
	const struct rs_ddl_target target = {
		.from = dialect_of(ctx->source, o->sql_mode),
		.to = dialect_of(ctx->dest, o->sql_mode),
		.ctx = &ctx->facts->dest.collations,
		.has_collation = has_collation,
		.only_transactional = true,
		.disable_events = o->kind == RS_OBJECT_EVENT,
	};
	struct rs_ddl d = {0};
	enum rs_rc rc = rs_ddl_parse(&d, sql, len, db, &target.from, err);

	if (rc == RS_OK)
		rc = rs_ddl_translate(&d, &target, t, err);
	rs_ddl_release(&d);
	return rc;
}

static enum rs_rc rewrite_and_translate(struct rs_check_ctx *ctx, const struct rs_object *o, struct rs_translation *t,
                                        struct rs_err *err)
{
	const struct rs_ddl_map map = rs_ddl_map_selection(rs_facts_objects(ctx), ctx->beside);
	const struct rs_sql_dialect from = dialect_of(ctx->source, o->sql_mode);
	struct rs_ddl_result result = {0};
	struct rs_ddl d = {0};
	enum rs_rc rc = rs_ddl_parse(&d, o->create_sql, strlen(o->create_sql), o->db, &from, err);

	if (rc == RS_OK)
		rc = rs_ddl_rewrite(&d, &map, &result, err);
	if (rc == RS_OK && result.sql)
		rc = translate(ctx, o, result.sql, result.len, result.db, t, err);
	rs_ddl_result_release(&result);
	rs_ddl_release(&d);
	return rc;
}

static void judge(struct outcome *out, const struct rs_object *o)
{
	struct rs_translation t = {0};
	struct rs_err problem = RS_ERR_INIT;

	if (rewrite_and_translate(out->ctx, o, &t, &problem) == RS_OK)
		tell_notes(out, o, &t);
	else
		tell_refusal(out, o, &problem);
	rs_translation_release(&t);
	rs_err_clear(&problem);
}

/* ------------------------------------------------------------------ all */

static bool is_made(struct rs_check_ctx *ctx, const struct rs_object *o)
{
	if (!o->create_sql || o->unsupported)
		return false;
	if (o->kind == RS_OBJECT_TABLE)
		return true;
	if (o->kind == RS_OBJECT_TRIGGER)
		return ctx->task->sync.triggers == RS_TRIGGERS_CUT_OVER;
	return rs_selection_whole_db(rs_facts_objects(ctx), o->db);
}

enum rs_rc rs_my_check_translation(struct rs_check_ctx *ctx, struct rs_finding *f, struct rs_err *err)
{
	struct outcome out = {.ctx = ctx, .f = f};
	enum rs_rc rc = rs_facts_dest(ctx, err);

	if (rc != RS_OK)
		return rc;
	rs_verdict_need(f, "%s", _("objects that the destination can have as they are"));
	for (size_t i = 0; i < ctx->catalog->count; i++)
		if (is_made(ctx, &ctx->catalog->objects[i]))
			judge(&out, &ctx->catalog->objects[i]);
	if (out.told > EXPLAINED)
		rs_verdict_line(f, _("And %zu more."), out.told - EXPLAINED);
	if (out.table_refused) {
		f->ignorable = false;
		return rs_verdict_fail(f, "%s", _("tables that can't be made at the destination: leave them out, or change "
		                                  "them"));
	}
	if (out.refused)
		return rs_verdict_warn(f, "%s", _("objects that can't be made at the destination"));
	if (out.lossy)
		return rs_verdict_warn(f, ngettext("%zu replacement", "%zu replacements", out.replaced), out.replaced);
	if (out.replaced)
		return rs_verdict_pass(f, ngettext("%zu replacement", "%zu replacements", out.replaced), out.replaced);
	return rs_verdict_pass(f, "%s", _("nothing changes"));
}
