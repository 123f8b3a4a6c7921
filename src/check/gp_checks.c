/* What Greenplum's family asks of a table beyond PostgreSQL. */
#include "check/gp_checks.h"

#include "base/i18n.h"
#include "check/facts.h"
#include "check/verdict.h"
#include "codec/gp_ddl.h"

bool rs_gp_check_applies(const struct rs_check_ctx *ctx)
{
	return ctx->pg && rs_pg_is_open(ctx->pg) && rs_pg_spreads(ctx->pg) && ctx->task->sync.schema;
}

/* Under the source's names, in which Field Mapping speaks of columns. */
static enum rs_rc place(struct rs_check_ctx *ctx, const struct rs_object *o, struct rs_gp_table *out, struct rs_err *err)
{
	struct rs_table_fields said = RS_TABLE_FIELDS_INIT;
	const bool is_said = rs_task_table_fields(ctx->task, o->db, o->name, &said);
	enum rs_rc rc = rs_gp_place(o->schema, is_said ? &said : NULL, out, err);

	rs_table_fields_release(&said);
	return rc;
}

enum rs_rc rs_gp_check_fields(struct rs_check_ctx *ctx, struct rs_finding *f, struct rs_err *err)
{
	const struct rs_object *o;
	const char *db, *name;
	size_t n = 0;

	(void)err;
	rs_verdict_need(f, "%s", _("a distribution key for each table, of columns that it has"));
	for (size_t i = 0; rs_facts_each(ctx, &i, RS_OBJECT_TABLE, &o, &db, &name);) {
		struct rs_gp_table placed = RS_GP_TABLE_INIT;
		struct rs_err why = RS_ERR_INIT;

		if (o->schema && place(ctx, o, &placed, &why) != RS_OK) {
			n++;
			rs_verdict_object(f, o->db, o->name);
			rs_verdict_line(f, "%s", why.primary);
		}
		rs_err_clear(&why);
		rs_gp_table_release(&placed);
	}
	if (n == 0)
		return rs_verdict_pass(f, "%s", _("they have"));
	rs_verdict_line(f, _("%s."), _("Choose other columns in Field Mapping (fields.table.N)"));
	return rs_verdict_fail(f, ngettext("%zu table can't be made", "%zu tables can't be made", n), n);
}

/* Keys that are unique at the source, and at the destination no more. */
static size_t list_lost(struct rs_finding *f, const struct rs_table *t, const struct rs_gp_table *placed)
{
	size_t n = 0;

	for (size_t k = 0; k < t->n_keys; k++)
		if (t->keys[k].unique && !placed->made->keys[k].unique) {
			n++;
			rs_verdict_line(f, "%s.%s: %s", t->db, t->name, t->keys[k].name);
		}
	return n;
}

enum rs_rc rs_gp_check_unique(struct rs_check_ctx *ctx, struct rs_finding *f, struct rs_err *err)
{
	const struct rs_object *o;
	const char *db, *name;
	size_t n = 0;

	(void)err;
	rs_verdict_need(f, "%s", _("unique keys that have all columns of the distribution key"));
	for (size_t i = 0; rs_facts_each(ctx, &i, RS_OBJECT_TABLE, &o, &db, &name);) {
		struct rs_gp_table placed = RS_GP_TABLE_INIT;
		size_t lost = 0;

		if (o->schema && place(ctx, o, &placed, NULL) == RS_OK)
			lost = list_lost(f, o->schema, &placed);
		if (lost > 0)
			rs_verdict_object(f, o->db, o->name);
		n += lost;
		rs_gp_table_release(&placed);
	}
	if (n == 0)
		return rs_verdict_pass(f, "%s", _("they have"));
	rs_verdict_line(f, "%s", _("Choose a distribution key that they have in common, or a replicated table, in Field Mapping "
	                           "(fields.table.N)."));
	return rs_verdict_warn(f, ngettext("%zu unique key becomes a plain index", "%zu unique keys become plain indexes", n), n);
}
