/* Tables that foreign keys with actions connect: they are synchronized together, or not at all. */
#include "engine/objects/objects_priv.h"

#include <string.h>
#include "base/i18n.h"

static bool is_here(const struct rs_sync_table *t) { return t->meta.state != RS_TABLE_GONE && t->meta.schema != NULL; }

static enum rs_rc connected(const char *db, const char *name, const struct rs_foreign_key *fk, struct rs_err *err)
{
	return rs_err_set(err, RS_E_OBJECTS, _("a foreign key with an action connects %s.%s with %s.%s"), db, name, fk->parent_db,
	                  fk->parent_table);
}

static enum rs_rc parted(const char *db, const char *name, const struct rs_foreign_key *fk, struct rs_err *err)
{
	connected(db, name, fk, err);
	return rs_err_hint(err, _("what such a key does is not in the source's log, so that both tables must be copied as of one "
	                          "moment: take both out of the objects, or add, suspend and resume them together"));
}

/* What is not known to the destination yet can't be copied anew: with both out of the objects it is added together with the
 * other one. */
static enum rs_rc met(const struct rs_engine *e, const struct rs_table *child, const struct rs_foreign_key *fk, bool is_known, struct rs_err *err)
{
	if (!is_known)
		return parted(child->db, child->name, fk, err);
	connected(child->db, child->name, fk, err);
	return rs_objects_hint_resync(e, child->db, child->name, fk->parent_db, fk->parent_table, err);
}

enum rs_rc rs_objects_hint_resync(const struct rs_engine *e, const char *db, const char *name, const char *parent_db, const char *parent,
                                  struct rs_err *err)
{
	return rs_err_hint(err, _("what such a key does is not in the source's log, so that both tables must be copied as of one moment: "
	                          "\"rds-sync table resync %s %s.%s %s.%s\" copies them anew, together"),
	                   e->task->name, db, name, parent_db, parent);
}

/* Keys of `child` whose parent is in sel or not, as the child is not, or is. */
static enum rs_rc check_keys(const struct rs_table *child, const struct rs_selection *sel, bool only_parents, struct rs_engine *e,
                             struct rs_err *err)
{
	bool in = rs_selection_includes_table(sel, child->db, child->name);

	for (size_t k = 0; k < child->n_foreign_keys; k++) {
		const struct rs_foreign_key *fk = &child->foreign_keys[k];
		const struct rs_sync_table *parent = rs_plan_find(e, fk->parent_db, fk->parent_table);
		if (!rs_foreign_key_acts(fk) || parent == NULL || !is_here(parent))
			continue;
		bool parent_in = rs_selection_includes_table(sel, fk->parent_db, fk->parent_table);
		if (parent_in != in && (parent_in || !only_parents))
			return parted(child->db, child->name, fk, err);
	}
	return RS_OK;
}

/* Whether the tables of sel can leave the plan. only_parents: a child may stay behind as it is. */
enum rs_rc rs_objects_check_parting(struct rs_engine *e, const struct rs_selection *sel, bool only_parents, struct rs_err *err)
{
	enum rs_rc rc = RS_OK;

	for (size_t i = 0; rc == RS_OK && e->source->cascades_hidden && i < e->n_tables; i++)
		if (is_here(&e->tables[i]))
			rc = check_keys(e->tables[i].meta.schema, sel, only_parents, e, err);
	return rc;
}

static const struct rs_foreign_key *key_between(const struct rs_table *child, const struct rs_table *parent)
{
	for (size_t k = 0; k < child->n_foreign_keys; k++) {
		const struct rs_foreign_key *fk = &child->foreign_keys[k];
		if (rs_foreign_key_acts(fk) && strcmp(fk->parent_db, parent->db) == 0 && strcmp(fk->parent_table, parent->name) == 0)
			return fk;
	}
	return NULL;
}

static enum rs_rc check_pair(const struct rs_engine *e, const struct rs_table *child, const struct rs_table *parent, bool is_known,
                             struct rs_err *err)
{
	const struct rs_foreign_key *fk = key_between(child, parent);

	return fk ? met(e, child, fk, is_known, err) : RS_OK;
}

enum rs_rc rs_objects_check_family(const struct rs_engine *e, const struct rs_table *added, bool is_known, struct rs_err *err)
{
	enum rs_rc rc = RS_OK;

	for (size_t k = 0; rc == RS_OK && e->source->cascades_hidden && k < e->n_tables; k++) {
		if (!is_here(&e->tables[k]))
			continue;
		rc = check_pair(e, added, e->tables[k].meta.schema, is_known, err);
		if (rc == RS_OK)
			rc = check_pair(e, e->tables[k].meta.schema, added, is_known, err);
	}
	return rc;
}
