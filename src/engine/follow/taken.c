#include "engine/follow/taken.h"

#include <string.h>
#include "base/i18n.h"
#include "model/selection_name.h"

struct taken {
	const struct rs_engine *e;
	const struct rs_ddl *d;
	const struct rs_map *tables;
	const char *to_db, *to_name; /* to_name NULL: any of the database */
};

/* Where nothing is called otherwise than at the source, names are as different there. */
static bool may_meet(const struct rs_engine *e)
{
	return rs_selection_maps(e->task->objects) || (e->beside != NULL && rs_selection_maps(e->beside)) ||
	       (e->sink->folds_names && !e->source->folds_names) || rs_task_name_case(e->task, e->sink->folds_names) != RS_CASE_KEEP;
}

static bool is_ref(const struct rs_ddl_ref *r, const char *db, const char *name)
{
	return strcmp(r->db, db) == 0 && strcmp(r->name, name) == 0;
}

/* It gets another name by the statement, which then is free. */
static bool leaves(const struct rs_ddl *d, const char *db, const char *name)
{
	for (size_t i = 0; i < d->n_refs; i++)
		if (d->refs[i].role == RS_ROLE_RENAME_FROM && is_ref(&d->refs[i], db, name))
			return true;
	return false;
}

static bool is_known(const struct taken *t, const struct rs_ddl_ref *r)
{
	const struct rs_map_entry *entry;

	for (size_t at = 0; rs_map_each(t->tables, &at, &entry);) {
		const struct rs_table *table = entry->value;
		if (is_ref(r, table->db, table->name))
			return true;
	}
	return false;
}

static bool has_name(const struct taken *t, const struct rs_selection *s, const char *db, const char *name)
{
	const bool fold = t->e->sink->folds_names;
	const char *to_db, *to_name;

	rs_selection_map_table(s, db, name, &to_db, &to_name);
	return rs_name_same(to_db, t->to_db, fold) && (t->to_name == NULL || rs_name_same(to_name, t->to_name, fold)) &&
	       !leaves(t->d, db, name);
}

/* Another of the known tables, or one that a rule gives the name and another part of the task has. */
static bool find_other(const struct taken *t, const struct rs_ddl_ref *r, const char **db, const char **name)
{
	const struct rs_selection *own = t->e->task->objects, *all = t->e->beside;
	struct rs_selection_iter iter = RS_SELECTION_ITER;
	const struct rs_map_entry *entry;
	struct rs_selection_rule rule;

	for (size_t at = 0; rs_map_each(t->tables, &at, &entry);) {
		const struct rs_table *table = entry->value;
		bool itself = strcmp(table->db, r->db) == 0 && (t->to_name == NULL || strcmp(table->name, r->name) == 0);
		*db = table->db;
		*name = table->name;
		if (!itself && has_name(t, own, table->db, table->name))
			return true;
	}
	while (all != NULL && rs_selection_each(all, &iter, &rule)) {
		*db = rule.db;
		*name = rule.table;
		if (rule.table == NULL || rule.column != NULL || rule.excluded || rs_selection_includes_table(own, rule.db, rule.table) ||
		    (t->to_name == NULL && strcmp(rule.db, r->db) == 0))
			continue;
		if (has_name(t, all, rule.db, rule.table))
			return true;
	}
	return false;
}

static enum rs_rc refuse(const struct taken *t, const struct rs_ddl_ref *r, const char *db, const char *name, struct rs_err *err)
{
	if (t->to_name != NULL)
		rs_err_set(err, RS_E_MAPPING, _("%s.%s would come to %s.%s at the destination, where %s.%s is"), r->db, r->name, t->to_db,
		           t->to_name, db, name);
	else
		rs_err_set(err, RS_E_MAPPING, _("dropping the database %s would drop %s.%s as well, which comes to %s at the destination"), r->db,
		           db, name, t->to_db);
	rs_err_detail(err, "%.*s", (int)(t->d->sql.len < 1000 ? t->d->sql.len : 1000), t->d->sql.text);
	return rs_err_hint(err, _("take %s%s%s out of the objects, and resume the task"), r->db, *r->name ? "." : "",
	                   r->name);
}

static bool is_table_s(const struct rs_ddl *d, const struct rs_ddl_ref *r)
{
	return d->kind >= RS_STMT_CREATE_TABLE && d->kind <= RS_STMT_DROP_INDEX &&
	       (r->role == RS_ROLE_TARGET || r->role == RS_ROLE_RENAME_TO);
}

static enum rs_rc check(struct taken *t, const struct rs_ddl_ref *r, struct rs_err *err)
{
	const struct rs_selection *own = t->e->task->objects;
	const char *db, *name;

	if (t->d->kind == RS_STMT_DROP_DATABASE && rs_selection_includes_db(own, r->db))
		*t = (struct taken){t->e, t->d, t->tables, rs_selection_map_db(own, r->db), NULL};
	else if (is_table_s(t->d, r) && rs_selection_includes_table(own, r->db, r->name) && !is_known(t, r))
		rs_selection_map_table(own, r->db, r->name, &t->to_db, &t->to_name);
	else
		return RS_OK;
	return find_other(t, r, &db, &name) ? refuse(t, r, db, name, err) : RS_OK;
}

enum rs_rc rs_taken_check(const struct rs_engine *e, const struct rs_ddl *d, const struct rs_map *tables, struct rs_err *err)
{
	struct taken t = {e, d, tables, NULL, NULL};
	enum rs_rc rc = RS_OK;

	for (size_t i = 0; rc == RS_OK && may_meet(e) && i < d->n_refs; i++)
		rc = check(&t, &d->refs[i], err);
	return rc;
}
