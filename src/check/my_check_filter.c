/* The row filters of the task against the source's tables: CHECK_FILTER. */
#include "check/my_checks.h"

#include "base/i18n.h"
#include "check/facts.h"
#include "check/verdict.h"
#include "codec/row_filter.h"
#include "db/my_catalog.h"

bool rs_my_applies_filter(const struct rs_check_ctx *ctx)
{
	return rs_selection_filters(ctx->task->objects);
}

/* A table whose filter says nothing of its rows: each is a line of its own. */
static void note(struct rs_finding *f, const char *db, const char *table, const char *why, const char *hint)
{
	rs_verdict_object(f, db, table);
	rs_verdict_line(f, "%s%s%s", why, hint ? ": " : "", hint ? hint : "");
}

static void look_at_columns(const struct rs_selection *s, const struct rs_table *t, struct rs_finding *f)
{
	struct rs_err why = RS_ERR_INIT;
	struct rs_row_filter *filter = NULL;

	if (rs_row_filter_select(s, t, &filter, &why) != RS_OK)
		note(f, t->db, t->name, why.primary, why.hint);
	rs_row_filter_free(filter);
	rs_err_clear(&why);
}

static void look_at_keys(const struct rs_check_ctx *ctx, const struct rs_selection *s, const struct rs_table *t,
                         struct rs_finding *f)
{
	const struct rs_foreign_key *fk = ctx->task->sync.incremental ? rs_row_filter_evaded(s, t) : NULL;

	if (fk == NULL)
		return;
	rs_verdict_object(f, t->db, t->name);
	rs_verdict_line(f, _("its foreign key %s changes rows without a trace in the source's log: neither its rows nor those of %s.%s "
	                     "can be filtered"),
	                fk->name, fk->parent_db, fk->parent_table);
}

/* A filter of what is not there is a slip of the pen. */
static void look_for_strays(const struct rs_check_ctx *ctx, const struct rs_selection *s, struct rs_finding *f)
{
	struct rs_selection_rule rule;

	for (struct rs_selection_iter i = RS_SELECTION_ITER; rs_selection_each(s, &i, &rule);) {
		const struct rs_object *o = rule.filter ? rs_catalog_find(ctx->catalog, RS_OBJECT_TABLE, rule.db, rule.table) : NULL;

		if (rule.filter && (o == NULL || o->schema == NULL))
			note(f, rule.db, rule.table, _("there is no such table"), NULL);
	}
}

enum rs_rc rs_my_check_filter(struct rs_check_ctx *ctx, struct rs_finding *f, struct rs_err *err)
{
	const struct rs_selection *s = rs_facts_objects(ctx);
	const bool hidden = rs_my_hides_cascades(ctx->source);
	const char *to_db, *to_name;
	const struct rs_object *o;

	(void)err;
	rs_verdict_need(f, "%s", _("conditions on columns that are there, of types that can be compared"));
	for (size_t i = 0; rs_facts_each(ctx, &i, RS_OBJECT_TABLE, &o, &to_db, &to_name);) {
		look_at_columns(s, o->schema, f);
		if (hidden)
			look_at_keys(ctx, s, o->schema, f);
	}
	look_for_strays(ctx, s, f);
	if (f->n_objects == 0)
		return rs_verdict_pass(f, "%s", _("as needed"));
	rs_verdict_explain(f, "%s", _("Correct the conditions (filter.N in the task file), or leave them out."));
	return rs_verdict_fail(f, "%s", _("can't be decided row by row"));
}
