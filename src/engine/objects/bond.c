#include "engine/objects/bond.h"

#include <string.h>
#include "base/fault.h"
#include "base/i18n.h"
#include "base/mem.h"
#include "codec/ddl_tree.h"
#include "engine/objects/objects_priv.h"

#define LOOK RS_MSEC(100)

/* ---------------------------------------------------------------- the stream's thread */

static bool is_own(const struct rs_engine *e, const char *db, const char *name)
{
	return rs_selection_includes_table(e->task->objects, db, name);
}

static void note(struct rs_ddl_item *item, const char *text)
{
	RS_GROW(item->bonds, item->n_bonds, item->cap_bonds);
	item->bonds[item->n_bonds++] = rs_xstrdup(text);
}

/* What two others have to do with each other concerns the task, which each of them will join, but no side. */
static bool concerns(const struct rs_engine *e, const char *db, const char *child, const char *parent_db, const char *parent)
{
	bool has_child = is_own(e, db, child), has_parent = is_own(e, parent_db, parent);

	if (has_child && has_parent)
		return false;
	if (!has_child && !has_parent && e->side != NULL)
		return false;
	return (has_child || rs_selection_includes_table(e->beside, db, child)) &&
	       (has_parent || rs_selection_includes_table(e->beside, parent_db, parent));
}

static void note_key(const struct rs_engine *e, const struct rs_ddl *d, const struct rs_ddl_ref *child, const struct rs_ddl_key *k,
                     struct rs_ddl_item *item)
{
	if (k->kind != RS_KEY_FOREIGN || !rs_ddl_key_is_made(k, &d->sql.dialect) || (!rs_fk_acts(k->on_delete) && !rs_fk_acts(k->on_update)))
		return;
	const struct rs_ddl_ref *parent = &d->refs[k->parent];
	const char *parent_db = parent->qualified ? parent->db : child->db;
	if (!concerns(e, child->db, child->name, parent_db, parent->name))
		return;
	note(item, child->db);
	note(item, child->name);
	note(item, parent_db);
	note(item, parent->name);
}

void rs_bond_note(const struct rs_engine *e, const struct rs_ddl *d, struct rs_ddl_item *item)
{
	if (!e->source->cascades_hidden || e->beside == NULL || (d->kind != RS_STMT_ALTER_TABLE && d->kind != RS_STMT_CREATE_TABLE) ||
	    d->n_refs == 0)
		return;
	for (uint32_t i = 0; i < d->tree->n_keys; i++)
		note_key(e, d, &d->refs[0], &d->tree->keys[i], item);
}

bool rs_bond_is_noted(const struct rs_ddl_item *item, const char *parent_db, const char *parent)
{
	for (size_t i = 0; i < item->n_bonds; i += 4)
		if (strcmp(item->bonds[i + 2], parent_db) == 0 && strcmp(item->bonds[i + 3], parent) == 0)
			return true;
	return false;
}

/* ---------------------------------------------------------------- whether it can be waited for */

enum verdict { GO, WAIT, STOP };

/* NULL: none has it. */
static struct rs_side *holder(const struct rs_engine *e, const char *db, const char *name)
{
	struct rs_side *side = e->objects.sides;

	while (side != NULL && !rs_selection_includes_table(side->objects, db, name))
		side = side->next;
	return side;
}

/* What is copied now ends beyond the statement, which is in the log already. */
static bool may_come(struct rs_side *side, const struct rs_position *past)
{
	if (side == NULL || rs_side_state(side) != RS_SIDE_AT_WORK || side->engine == NULL)
		return false;
	struct rs_stats *s = &side->engine->stats;
	pthread_mutex_lock(&s->lock);
	bool failed = s->state == RS_STATE_FAILED || s->state == RS_STATE_INITIALIZE_FAILED;
	bool copied = s->phases[RS_PHASE_SCHEMA].state == RS_PHASE_RUNNING || s->phases[RS_PHASE_FULL].state == RS_PHASE_RUNNING;
	bool passed = s->applied.file != NULL && rs_position_compare(&s->applied, past) >= 0;
	pthread_mutex_unlock(&s->lock);
	return !failed && !copied && !passed;
}

static enum verdict judge_of_task(const struct rs_engine *e, char *const *bond, const struct rs_position *past)
{
	bool has_child = is_own(e, bond[0], bond[1]), has_parent = is_own(e, bond[2], bond[3]);
	struct rs_side *child = has_child ? NULL : holder(e, bond[0], bond[1]);
	struct rs_side *parent = has_parent ? NULL : holder(e, bond[2], bond[3]);

	if (!has_child && (child == NULL || child == parent))
		return GO;
	if ((has_child || may_come(child, past)) && (has_parent || may_come(parent, past)))
		return WAIT;
	return has_child ? STOP : GO;
}

static enum verdict judge_of_side(const struct rs_follow *f, char *const *bond, const struct rs_position *past)
{
	if (rs_follow_is_consistent(f, &f->saved) && !rs_side_task_has(f->e->side, past))
		return WAIT;
	return is_own(f->e, bond[0], bond[1]) ? STOP : GO;
}

static enum rs_rc stop(const struct rs_follow *f, const struct rs_change *c, char *const *bond, struct rs_err *err)
{
	const struct rs_side *parent = f->e->side == NULL ? holder(f->e, bond[2], bond[3]) : NULL;
	bool rests = parent != NULL && rs_side_state(parent) == RS_SIDE_RESTING;

	rs_err_set(err, RS_E_OBJECTS, _("a foreign key with an action was added between %s.%s and %s.%s, which are not at one place in the log"),
	           bond[0], bond[1], bond[2], bond[3]);
	rs_err_detail(err, "%.*s", (int)(c->sql_len < 1000 ? c->sql_len : 1000), c->sql);
	if (rests)
		return rs_err_hint(err, _("resume %s.%s: both go on together then"), bond[2], bond[3]);
	return rs_objects_hint_resync(f->e->side != NULL ? f->e->side->main : f->e, bond[0], bond[1], bond[2], bond[3], err);
}

/* *wait: there is something to wait for. */
static enum rs_rc judge(const struct rs_follow *f, const struct rs_change *c, bool *wait, struct rs_err *err)
{
	const struct rs_ddl_item *item = c->attached;

	*wait = false;
	for (size_t i = 0; i < item->n_bonds; i += 4) {
		char *const *bond = item->bonds + i;
		enum verdict v = f->e->side != NULL ? judge_of_side(f, bond, &c->position) : judge_of_task(f->e, bond, &c->position);
		if (v == STOP)
			return stop(f, c, bond, err);
		*wait = *wait || v == WAIT;
	}
	return RS_OK;
}

/* ---------------------------------------------------------------- waiting */

/* The task will stand still before the statement anyway: that it was asked in vain on the way says nothing any more. */
static void forget_tries(struct rs_side *side)
{
	rs_monitor_enter(&side->main->objects.monitor);
	side->not_before = 0;
	side->tries = 0;
	rs_monitor_leave(&side->main->objects.monitor);
}

static void tell(struct rs_engine *e, const struct rs_ddl_item *item)
{
	char *const *b = item->bonds;

	if (e->side != NULL)
		forget_tries(e->side);
	rs_journal(e, RS_LOG_INFO, NULL, "waits before a foreign key with an action child=%s.%s parent=%s.%s", b[0], b[1], b[2], b[3]);
	rs_stats_note(&e->stats, _("a foreign key connects %s.%s with %s.%s: waiting until both are at its place in the log"), b[0], b[1], b[2],
	              b[3]);
	rs_stats_free(&e->stats);
	rs_step(e->side != NULL ? "side-at-bond" : "task-at-bond");
}

/* Both must have their place stored, and let others do what they wait for. */
static enum rs_rc rest(struct rs_follow *f, struct rs_err *err)
{
	if (rs_errands_wait(&f->e->errands))
		rs_errands_run(&f->e->errands, f);
	if (f->renew)
		return RS_OK;
	if (rs_cancel_sleep(&f->e->cancel, LOOK))
		return RS_CANCELLED;
	return f->e->side != NULL ? rs_side_between(f, true, &f->joined, err) : RS_OK;
}

enum rs_rc rs_bond_await(struct rs_follow *f, const struct rs_change *c, struct rs_err *err)
{
	const struct rs_ddl_item *item = c->attached;
	bool wait = true, told = false;

	if (f->open) /* there is no place before it alone */
		return stop(f, c, item->bonds, err);
	enum rs_rc rc = rs_follow_save(f, err);
	while (rc == RS_OK && !f->renew && !f->joined) {
		rc = judge(f, c, &wait, err);
		if (rc != RS_OK || !wait)
			break;
		if (!told)
			tell(f->e, item);
		told = true;
		rc = rest(f, err);
	}
	if (told)
		rs_stats_note(&f->e->stats, "%s", "");
	return rc;
}
