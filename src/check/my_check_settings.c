/* What the task says of single tables for their destination, against the source's tables: CHECK_TABLE_SETTINGS. */
#include "check/my_checks.h"

#include <string.h>
#include "base/i18n.h"
#include "base/mem.h"
#include "check/facts.h"
#include "check/verdict.h"
#include "db/my_catalog.h"

static const struct rs_flow *flow_of(const struct rs_check_ctx *ctx)
{
	return rs_flow_find(ctx->task->flow);
}

/* Topics that are named after their tables. */
static bool names_topics(const struct rs_check_ctx *ctx)
{
	return rs_flow_has_setting(flow_of(ctx), RS_TABLE_TOPIC) && strcmp(rs_task_get(ctx->task, "kafka.topics"), "table") == 0;
}

bool rs_my_applies_settings(const struct rs_check_ctx *ctx)
{
	struct rs_selection_rule rule;

	for (struct rs_selection_iter i = RS_SELECTION_ITER; rs_selection_each(ctx->task->objects, &i, &rule);)
		if (rule.settings)
			return true;
	return names_topics(ctx);
}

static void look_at_columns(const struct rs_selection *s, const struct rs_table *t, enum rs_table_setting which, char *const *columns,
                            size_t count, struct rs_finding *f)
{
	for (size_t i = 0; i < count; i++) {
		bool known = rs_table_column(t, columns[i]) >= 0, there = known && !rs_selection_excludes_column(s, t->db, t->name, columns[i]);

		if (there)
			continue;
		rs_verdict_object(f, t->db, t->name);
		rs_verdict_line(f, known ? _("%s.%s: %s: the column %s is left out") : _("%s.%s: %s: there is no column %s"), t->db, t->name,
		                rs_table_setting_word(which), columns[i]);
	}
}

static void look_at_table(const struct rs_check_ctx *ctx, const struct rs_selection *s, const struct rs_table *t, struct rs_finding *f)
{
	size_t count;
	char **columns = rs_task_key_columns(ctx->task, t->db, t->name, &count);

	look_at_columns(s, t, RS_TABLE_KEY, columns, count, f);
	rs_columns_free(columns, count);
	(void)rs_task_conflicts(ctx->task, t->db, t->name, &columns, &count);
	look_at_columns(s, t, RS_TABLE_CONFLICT, columns, count, f);
	rs_columns_free(columns, count);
}

static void look_at_topic(const struct rs_check_ctx *ctx, const struct rs_table *t, struct rs_finding *f)
{
	struct rs_buf topic = RS_BUF_INIT;
	struct rs_err why = RS_ERR_INIT;

	rs_task_topic(ctx->task, t->db, t->name, &topic);
	if (rs_topic_check(rs_buf_str(&topic), &why) != RS_OK) {
		rs_verdict_object(f, t->db, t->name);
		rs_verdict_line(f, "%s.%s: %s", t->db, t->name, why.primary);
	}
	rs_err_clear(&why);
	rs_buf_release(&topic);
}

/* A setting of what is not there is a slip of the pen. */
static void look_for_strays(const struct rs_check_ctx *ctx, const struct rs_selection *s, struct rs_finding *f)
{
	struct rs_selection_rule rule;

	for (struct rs_selection_iter i = RS_SELECTION_ITER; rs_selection_each(s, &i, &rule);)
		if (rule.settings && rule.table && !rs_catalog_find(ctx->catalog, RS_OBJECT_TABLE, rule.db, rule.table)) {
			rs_verdict_object(f, rule.db, rule.table);
			rs_verdict_line(f, _("%s.%s: there is no such table"), rule.db, rule.table);
		}
}

enum rs_rc rs_my_check_settings(struct rs_check_ctx *ctx, struct rs_finding *f, struct rs_err *err)
{
	const struct rs_selection *s = rs_facts_objects(ctx);
	const bool topics = names_topics(ctx);
	const char *to_db, *to_name;
	const struct rs_object *o;

	(void)err;
	rs_verdict_need(f, "%s", _("tables and columns that are there, and names that topics can have"));
	for (size_t i = 0; rs_facts_each(ctx, &i, RS_OBJECT_TABLE, &o, &to_db, &to_name);) {
		look_at_table(ctx, s, o->schema, f);
		if (topics)
			look_at_topic(ctx, o->schema, f);
	}
	look_for_strays(ctx, s, f);
	if (f->n_objects == 0)
		return rs_verdict_pass(f, "%s", _("as needed"));
	rs_verdict_line(f, "%s", _("Correct what is said of these tables (topic.N, key.N and conflict.N in the task file), or leave it out."));
	return rs_verdict_fail(f, "%s", _("some settings mean nothing"));
}
