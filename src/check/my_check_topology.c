/* This task among the others of this machine: CHECK_SAME_USER, CHECK_TOPOLOGY. Tasks are compared by what their files
 * say; no server is asked. */
#include "check/my_checks.h"

#include <strings.h>
#include "base/i18n.h"
#include "base/mem.h"
#include "check/facts.h"
#include "check/verdict.h"

static bool same_text(const char *a, const char *b)
{
	return a && b && strcmp(a, b) == 0;
}

static const char *host_of(const struct rs_endpoint *e)
{
	if (!e->host || strcasecmp(e->host, "localhost") == 0 || strcmp(e->host, "::1") == 0)
		return "127.0.0.1";
	return e->host;
}

static bool same_server(const struct rs_endpoint *a, const struct rs_endpoint *b)
{
	if (a->instance || b->instance)
		return same_text(a->instance, b->instance);
	if (a->socket || b->socket)
		return same_text(a->socket, b->socket);
	return strcasecmp(host_of(a), host_of(b)) == 0 && (a->port ? a->port : 3306) == (b->port ? b->port : 3306);
}

/* ------------------------------------------------------------------ accounts */

enum { MEETINGS = 4 };

/* A side of this task, and one of another. */
struct meeting {
	const struct rs_endpoint *mine, *theirs;
};

static bool other_account(const struct meeting *m)
{
	return same_server(m->mine, m->theirs) && m->mine->account && m->theirs->account && strcmp(m->mine->account, m->theirs->account) != 0;
}

static bool same_accounts(const struct meeting *a, const struct meeting *b)
{
	return same_text(a->mine->account, b->mine->account) && same_text(a->theirs->account, b->theirs->account);
}

/* Two accounts that meet on several sides are told once. */
static void compare_accounts(const struct rs_task *t, const struct rs_task *other, struct rs_finding *f)
{
	const struct meeting all[MEETINGS] = {{&t->source, &other->source}, {&t->source, &other->destination},
	                                      {&t->destination, &other->source}, {&t->destination, &other->destination}};
	bool any = false;

	for (size_t i = 0; i < MEETINGS; i++) {
		bool told = false;

		for (size_t j = 0; j < i; j++)
			told = told || (other_account(&all[j]) && same_accounts(&all[i], &all[j]));
		if (told || !other_account(&all[i]))
			continue;
		if (!any)
			rs_verdict_object(f, other->name, NULL);
		any = true;
		rs_verdict_line(f, _("%s uses account %s on the server on which this task uses %s."), other->name, all[i].theirs->account,
		                all[i].mine->account);
	}
}

enum rs_rc rs_my_check_same_user(struct rs_check_ctx *ctx, struct rs_finding *f, struct rs_err *err)
{
	(void)err;
	rs_verdict_need(f, "%s", _("one account for each server"));
	for (size_t i = 0; ctx->others && ctx->others[i]; i++)
		compare_accounts(ctx->task, ctx->others[i], f);
	if (f->n_objects == 0)
		return rs_verdict_pass(f, "%s", _("as needed"));
	return rs_verdict_warn(f, "%s", _("different accounts"));
}

/* ------------------------------------------------------------------ the same target twice */

/* Whether other writes to a table: by a rule for it, or with a whole database. */
static bool writes_to(const struct rs_task *other, const char *db, const char *table)
{
	struct rs_selection_iter it = RS_SELECTION_ITER;
	struct rs_selection_rule rule;

	while (rs_selection_each(other->objects, &it, &rule)) {
		const char *to_db = rule.db, *to_table = rule.table;

		if (rule.column || !rule.selected)
			continue;
		if (!rule.table) {
			/* The table's name there is its name here, unless it has a rule of its own, which comes by itself. */
			if (strcmp(rs_selection_map_db(other->objects, rule.db), db) == 0 &&
			    rs_selection_includes_table(other->objects, rule.db, table))
				return true;
			continue;
		}
		rs_selection_map_table(other->objects, rule.db, rule.table, &to_db, &to_table);
		if (strcmp(to_db, db) == 0 && strcmp(to_table, table) == 0)
			return true;
	}
	return false;
}

static void find_shared_targets(struct rs_check_ctx *ctx, const struct rs_task *other, struct rs_finding *f)
{
	const char *to_db, *to_name;
	const struct rs_object *o;
	size_t before = f->n_objects;

	if (!same_server(&ctx->task->destination, &other->destination))
		return;
	for (size_t i = 0; rs_facts_each(ctx, &i, RS_OBJECT_TABLE, &o, &to_db, &to_name);)
		if (writes_to(other, to_db, to_name))
			rs_verdict_object(f, to_db, to_name);
	if (f->n_objects > before)
		rs_verdict_line(f, _("Task %s writes to the same tables."), other->name);
}

/* ------------------------------------------------------------------ circles */

enum { LONGEST_CHAIN = 16 };

/* Whether changes of a database of a server, followed through the other tasks, come back into this task's source. */
static bool comes_back(const struct rs_check_ctx *ctx, const struct rs_endpoint *at, const char *db, int depth)
{
	if (depth > LONGEST_CHAIN)
		return false;
	if (depth > 0 && same_server(at, &ctx->task->source) && rs_selection_includes_db(ctx->task->objects, db))
		return true;
	for (size_t i = 0; ctx->others[i]; i++) {
		const struct rs_task *t = ctx->others[i];

		if (same_server(at, &t->source) && rs_selection_includes_db(t->objects, db) &&
		    comes_back(ctx, &t->destination, rs_selection_map_db(t->objects, db), depth + 1))
			return true;
	}
	return false;
}

static void find_circles(struct rs_check_ctx *ctx, struct rs_finding *f)
{
	struct rs_facts_dbs dbs;

	rs_facts_dest_dbs(ctx, &dbs);
	for (size_t i = 0; i < dbs.count; i++) {
		if (!comes_back(ctx, &ctx->task->destination, dbs.names[i], 0))
			continue;
		rs_verdict_object(f, dbs.names[i], NULL);
		rs_verdict_line(f, _("What is written to %s comes back to the source through other tasks, for "
		                     "ever."), dbs.names[i]);
	}
	rs_facts_dbs_release(&dbs);
}

enum rs_rc rs_my_check_topology(struct rs_check_ctx *ctx, struct rs_finding *f, struct rs_err *err)
{
	(void)err;
	rs_verdict_need(f, "%s", _("each table written by one task, and no circles"));
	for (size_t i = 0; ctx->others && ctx->others[i]; i++)
		find_shared_targets(ctx, ctx->others[i], f);
	if (ctx->others)
		find_circles(ctx, f);
	if (f->n_objects == 0)
		return rs_verdict_pass(f, "%s", _("as needed"));
	return rs_verdict_warn(f, "%s", _("tasks that disturb each other"));
}
