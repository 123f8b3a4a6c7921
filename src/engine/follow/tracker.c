/* The source's schemas along its log. The stream's thread asks for a table as it was where it now reads; a DDL moves
 * them on and gets attached what the applier will need when it comes to it. What is wrong with a statement is kept for
 * then, too: everything before it is applied first. */
#include "engine/follow/failing.h"
#include "engine/follow/filter.h"
#include "engine/follow/online.h"

#include <stdlib.h>
#include <string.h>
#include "base/i18n.h"
#include "base/log.h"
#include "base/mem.h"
#include "codec/ddl_schema.h"
#include "codec/ddl_tree.h"
#include "codec/gp_ddl.h"
#include "codec/pg_ddl.h"
#include "codec/pg_difference.h"
#include "engine/follow/defaults.h"
#include "engine/follow/overlap.h"
#include "engine/follow/taken.h"
#include "engine/objects/bond.h"

struct rs_tracker {
	struct rs_engine *e;
	struct rs_map tables;          /* "db\0name" to const struct rs_table * */
	struct rs_online online;       /* schema changes that tools make with tables of their own */
	struct rs_defaults defaults;
	struct rs_ddl_item *item;      /* of the statement that is being followed */
	const struct rs_ddl *ddl;      /* the statement itself */
	struct rs_map before;          /* tables as they were before it, of those that it has changed or dropped */
	struct rs_gp_table *altered;   /* of a statement that alters a table at a destination that spreads rows: it before and after, there */
};

static size_t make_key(const char *db, const char *name, char *key, size_t size)
{
	return (size_t)snprintf(key, size, "%s%c%s", db, 0, name);
}

static void free_item(void *arg)
{
	struct rs_ddl_item *item = arg;

	if (item == NULL)
		return;
	rs_err_clear(&item->error);
	free(item->sql);
	free(item->db);
	free(item->sql_mode);
	free(item->savepoint);
	for (size_t i = 0; i < item->n_changed; i++)
		rs_table_unref(item->changed[i]);
	free(item->changed);
	for (size_t i = 0; i < item->n_dropped; i++)
		free(item->dropped[i]);
	free(item->dropped);
	for (size_t i = 0; i < item->n_names; i++)
		free(item->names[i]);
	free(item->names);
	for (size_t i = 0; i < item->n_moved; i++)
		free(item->moved[i]);
	free(item->moved);
	for (size_t i = 0; i < item->n_bonds; i++)
		free(item->bonds[i]);
	free(item->bonds);
	for (size_t i = 0; i < item->n_online; i++) {
		free(item->online[i].db);
		free(item->online[i].base);
		rs_meta_online_free(item->online[i].now);
	}
	free(item->online);
	free(item->time_zone);
	free(item->left);
	rs_position_clear(&item->defaulted);
	free(item);
}

static void drop_reference(void *table) { rs_table_unref(table); }

/* ---------------------------------------------------------------- the store of ddl_schema.h */

static const struct rs_table *store_find(void *ctx, const char *db, const char *name)
{
	const struct rs_tracker *t = ctx;
	char key[1024];

	return rs_map_get(&t->tables, key, make_key(db, name, key, sizeof key));
}

static bool has_foreign_key(const struct rs_table *t, const char *name)
{
	for (size_t i = 0; t != NULL && i < t->n_foreign_keys; i++)
		if (strcmp(t->foreign_keys[i].name ? t->foreign_keys[i].name : "", name ? name : "") == 0)
			return true;
	return false;
}

/* What a foreign key does to the rows when its parent changes is in no log, and changes of a parent that is not selected
 * are none of ours: rows would go without a word. One that another part of the task has is waited for. */
static void check_parents(struct rs_tracker *t, const struct rs_table *old, const struct rs_table *table)
{
	for (size_t i = 0; t->e->source->cascades_hidden && i < table->n_foreign_keys; i++) {
		const struct rs_foreign_key *fk = &table->foreign_keys[i];
		if ((!rs_fk_acts(fk->on_delete) && !rs_fk_acts(fk->on_update)) || has_foreign_key(old, fk->name) ||
		    rs_selection_includes_table(t->e->task->objects, fk->parent_db, fk->parent_table) ||
		    rs_bond_is_noted(t->item, fk->parent_db, fk->parent_table) || rs_err_is_set(&t->item->error))
			continue;
		rs_err_set(&t->item->error, RS_E_SOURCE_PREREQ, _("a foreign key with an action was added to %s.%s, whose parent %s.%s is not selected"),
		           table->db, table->name, fk->parent_db, fk->parent_table);
		rs_err_detail(&t->item->error, "%.1000s", t->ddl->sql.text);
		rs_err_hint(&t->item->error, _("what it does to the rows is not in the source's log: drop it, or synchronize both tables"));
	}
}

/* Of several versions the first. */
static void note_before(struct rs_tracker *t, const char *key, size_t n, const struct rs_table *old)
{
	if (t->item != NULL && old != NULL && rs_map_get(&t->before, key, n) == NULL)
		rs_map_put(&t->before, key, n, (void *)(uintptr_t)rs_table_ref(old));
}

static void store_put(void *ctx, struct rs_table *table)
{
	struct rs_tracker *t = ctx;
	char key[1024];
	size_t n = make_key(table->db, table->name, key, sizeof key);

	if (!rs_selection_includes_table(t->e->task->objects, table->db, table->name)) {
		rs_table_unref(table);
		return;
	}
	const struct rs_table *old = rs_map_put(&t->tables, key, n, table);
	note_before(t, key, n, old);
	if (t->item != NULL && !rs_err_is_set(&t->item->error) &&
	    rs_filter_survives(t->e->task->objects, t->ddl, old, table, &t->item->error) != RS_OK)
		rs_err_detail(&t->item->error, "%.1000s", t->ddl->sql.text);
	if (t->item != NULL) {
		rs_overlap_note_change(t->item, t->ddl, old, table);
		check_parents(t, old, table);
	}
	rs_table_unref(old);
	if (t->item != NULL) {
		RS_GROW(t->item->changed, t->item->n_changed, t->item->cap_changed);
		t->item->changed[t->item->n_changed++] = rs_table_ref(table);
	}
}

static void store_drop(void *ctx, const char *db, const char *name)
{
	struct rs_tracker *t = ctx;
	char key[1024];
	size_t n = make_key(db, name, key, sizeof key);
	const struct rs_table *old = rs_map_del(&t->tables, key, n);

	if (old == NULL)
		return;
	note_before(t, key, n, old);
	rs_table_unref(old);
	rs_online_forget(&t->online, db, name);
	if (t->item != NULL) {
		char *copy = rs_xmalloc(n + 1);
		memcpy(copy, key, n + 1);
		RS_GROW(t->item->dropped, t->item->n_dropped, t->item->cap_dropped);
		t->item->dropped[t->item->n_dropped++] = copy;
	}
}

static const struct rs_table *store_at(void *ctx, size_t i)
{
	const struct rs_tracker *t = ctx;
	const struct rs_map_entry *entry;
	size_t at = 0;

	while (rs_map_each(&t->tables, &at, &entry))
		if (i-- == 0)
			return entry->value;
	return NULL;
}

static void store_drop_database(void *ctx, const char *db)
{
	bool again = true;

	while (again) {
		again = false;
		for (size_t i = 0; !again; i++) {
			const struct rs_table *table = store_at(ctx, i);
			if (table == NULL)
				break;
			if (strcmp(table->db, db) == 0) {
				char *name = rs_xstrdup(table->name);
				store_drop(ctx, db, name);
				free(name);
				again = true;
			}
		}
	}
}

/* ---------------------------------------------------------------- judging a statement */

/* Those that say what belongs to the task; a view's tables or a foreign key's parent don't. */
static bool is_own(enum rs_ddl_role role)
{
	return role == RS_ROLE_TARGET || role == RS_ROLE_RENAME_FROM || role == RS_ROLE_RENAME_TO ||
	       role == RS_ROLE_EXCHANGE || role == RS_ROLE_DATABASE || role == RS_ROLE_TRIGGER_TABLE;
}

static bool is_table_kind(enum rs_stmt_kind kind)
{
	return kind >= RS_STMT_CREATE_TABLE && kind <= RS_STMT_DROP_INDEX;
}

static bool concerns(const struct rs_tracker *t, const struct rs_ddl *d)
{
	const struct rs_selection *sel = t->e->task->objects;

	for (size_t i = 0; i < d->n_refs; i++) {
		const struct rs_ddl_ref *r = &d->refs[i];
		if (!is_own(r->role) && d->kind != RS_STMT_DML)
			continue;
		if (is_table_kind(d->kind) || d->kind == RS_STMT_DML || d->kind == RS_STMT_CREATE_TABLE_SELECT) {
			if (rs_selection_includes_table(sel, r->db, r->name))
				return true;
		} else if (rs_selection_whole_db(sel, r->db)) {
			return true;
		}
	}
	return false;
}

static void statement_logged(struct rs_ddl_item *item, const struct rs_change *c)
{
	rs_err_set(&item->error, RS_E_BINLOG_STATEMENT, _("a change of rows was logged as a statement, not as rows"));
	rs_err_detail(&item->error, "%.1000s", c->sql);
	rs_err_hint(&item->error, _("at the source: SET GLOBAL binlog_format = ROW; sessions that are open keep their format until "
	                            "they reconnect. The tables it changed must be synchronized anew"));
}

/* Triggers are made when the task is released; events would run at both ends. */
static bool left_to_release(enum rs_stmt_kind kind)
{
	return kind >= RS_STMT_CREATE_TRIGGER && kind <= RS_STMT_DROP_EVENT;
}

static unsigned kind_bit(enum rs_stmt_kind kind)
{
	const char *word = rs_ddl_word(kind);

	for (unsigned bit = 1; word != NULL && bit <= RS_SYNC_DDL_ALL; bit <<= 1) {
		const char *own = rs_sync_ddl_word(bit);
		if (own != NULL && strcmp(own, word) == 0)
			return bit;
	}
	return 0;
}

void rs_ddl_item_add_name(struct rs_ddl_item *item, const char *text)
{
	RS_GROW(item->names, item->n_names, item->cap_names);
	item->names[item->n_names++] = rs_xstrdup(text);
}

/* Whether the kind of a statement is selected for none, or for all, of what it changes and the task has. */
static void ask_selected(const struct rs_tracker *t, const struct rs_ddl *d, bool *none, bool *all)
{
	const struct rs_task *task = t->e->task;
	bool of_tables = is_table_kind(d->kind);

	for (size_t i = 0; i < d->n_refs; i++) {
		const struct rs_ddl_ref *r = &d->refs[i];
		if (!is_own(r->role) || (of_tables && !rs_selection_includes_table(task->objects, r->db, r->name)))
			continue;
		bool yes = (rs_task_ddl(task, r->db, of_tables ? r->name : NULL) & kind_bit(d->kind)) != 0;
		*none = *none && !yes;
		*all = *all && yes;
	}
}

static void collect_names(const struct rs_tracker *t, const struct rs_ddl *d, struct rs_ddl_item *item)
{
	for (size_t i = 0; i < d->n_refs; i++) {
		const struct rs_ddl_ref *r = &d->refs[i];
		const char *db, *name;

		if (!is_own(r->role) || r->role == RS_ROLE_DATABASE ||
		    !rs_selection_includes_table(t->e->task->objects, r->db, r->name))
			continue;
		rs_selection_map_table(t->e->task->objects, r->db, r->name, &db, &name);
		rs_ddl_item_add_name(item, db);
		rs_ddl_item_add_name(item, name);
	}
}

static struct rs_table *at_destination(const struct rs_tracker *t, const struct rs_table *table)
{
	const char *db, *name;

	if (table == NULL)
		return NULL;
	rs_selection_map_table(t->e->task->objects, table->db, table->name, &db, &name);
	return rs_plan_mirror(t->e, table, db, name);
}

static bool is_changed(const struct rs_ddl_item *item, const char *db, const char *name)
{
	for (size_t i = 0; i < item->n_changed; i++)
		if (strcmp(item->changed[i]->db, db) == 0 && strcmp(item->changed[i]->name, name) == 0)
			return true;
	return false;
}

/* What can't be placed is as it is: nothing was made of it. Takes the table over. */
static struct rs_table *placed(const struct rs_tracker *t, struct rs_table *table, int after)
{
	struct rs_table *made = table;

	if (t->altered == NULL || table == NULL || t->altered[after].made != NULL)
		return table;
	if (rs_engine_place(t->e, table, &t->altered[after], NULL) == RS_OK) {
		made = rs_table_ref(t->altered[after].made);
		rs_table_unref(table);
	}
	return made;
}

/* What has no version before the statement was made by it, or is not touched. */
static struct rs_table *table_before(void *ctx, const char *db, const char *name)
{
	const struct rs_tracker *t = ctx;
	char key[1024];
	const struct rs_table *found = rs_map_get(&t->before, key, make_key(db, name, key, sizeof key));

	return placed(t, at_destination(t, found != NULL || is_changed(t->item, db, name) ? found : store_find(ctx, db, name)), 0);
}

static struct rs_table *table_after(void *ctx, const char *db, const char *name)
{
	return placed(ctx, at_destination(ctx, store_find(ctx, db, name)), 1);
}

static enum rs_rc create_table(void *ctx, const struct rs_table *table, struct rs_buf *out, struct rs_err *err)
{
	const struct rs_tracker *t = ctx;

	return rs_engine_put_create(t->e, table, out, err);
}

static bool is_altering(const struct rs_ddl *d)
{
	return d->kind == RS_STMT_ALTER_TABLE || d->kind == RS_STMT_ALTER_PARTITION || d->kind == RS_STMT_CREATE_INDEX || d->kind == RS_STMT_DROP_INDEX;
}

/* Where rows are spread by a key a change of unique keys may be one of where rows are, which is not followed. */
static enum rs_rc change_placed(struct rs_tracker *t, const struct rs_pg_change *change, struct rs_buf *sql, struct rs_err *err)
{
	struct rs_gp_table altered[2] = {RS_GP_TABLE_INIT, RS_GP_TABLE_INIT};
	enum rs_rc rc;

	t->altered = altered;
	rc = rs_pg_put_change(sql, change, err);
	t->altered = NULL;
	if (rc == RS_OK && altered[0].made != NULL && altered[1].made != NULL && !rs_gp_keeps_place(&altered[0], &altered[1]))
		rc = rs_err_set(err, RS_E_DDL_UNKNOWN, _("a change of the distribution key can't be carried out yet at the destination"));
	rs_gp_table_release(&altered[0]);
	rs_gp_table_release(&altered[1]);
	return rc;
}

static enum rs_rc rendered_text(struct rs_tracker *t, const struct rs_change *c, const struct rs_ddl *d, struct rs_ddl_item *item)
{
	const struct rs_pg_change change = {.d = d,
	                                    .map = rs_ddl_map_selection(t->e->task->objects, t->e->beside),
	                                    .ctx = t,
	                                    .before = table_before,
	                                    .after = table_after,
	                                    .create = create_table,
	                                    .dropped = (const char *const *)item->dropped,
	                                    .n_dropped = item->n_dropped,
	                                    .unfit = t->e->task->unfit,
	                                    .implicit_timestamp = t->e->source->implicit_timestamp,
	                                    .seconds = c->timestamp,
	                                    .microseconds = c->microseconds};
	struct rs_buf sql = RS_BUF_INIT;

	t->item = item;
	enum rs_rc rc = t->e->sink->spreads && is_altering(d) ? change_placed(t, &change, &sql, &item->error)
	                                                       : rs_pg_put_change(&sql, &change, &item->error);
	t->item = NULL;
	if (rc == RS_OK && sql.len > 0)
		item->sql = rs_buf_take(&sql);
	rs_buf_release(&sql);
	return rc;
}

static enum rs_rc destination_text(struct rs_tracker *t, const struct rs_change *c, const struct rs_ddl *d, const struct rs_sql_dialect *dialect,
                                   struct rs_ddl_item *item)
{
	struct rs_buf modes = RS_BUF_INIT;

	if (rs_engine_renders(t->e))
		return rendered_text(t, c, d, item);

	rs_buf_adds(&modes, "NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES");
	if (c->sql_mode & RS_MODE_ANSI_QUOTES)
		rs_buf_adds(&modes, ",ANSI_QUOTES");
	if (c->sql_mode & RS_MODE_PIPES_AS_CONCAT)
		rs_buf_adds(&modes, ",PIPES_AS_CONCAT");
	if (c->sql_mode & RS_MODE_NO_BACKSLASH_ESCAPES)
		rs_buf_adds(&modes, ",NO_BACKSLASH_ESCAPES");
	if (c->sql_mode & RS_MODE_REAL_AS_FLOAT)
		rs_buf_adds(&modes, ",REAL_AS_FLOAT");
	item->sql_mode = rs_buf_take(&modes);
	const struct rs_statement statement = {c->sql, c->sql_len, c->db, dialect, RS_OBJECT_TABLE,
	                                       item->n_changed > 0 ? item->changed[0] : NULL};
	return rs_engine_statement(t->e, &statement, &item->sql, &item->db, &item->error);
}

bool rs_ddl_item_is_repeatable(const struct rs_ddl *d)
{
	return d->kind == RS_STMT_TRUNCATE_TABLE || (d->flags & (RS_DDL_IF_EXISTS | RS_DDL_IF_NOT_EXISTS | RS_DDL_OR_REPLACE));
}

/* Something was decided about a statement whose effect on the schemas is not known: they are read as they are now, which is
 * what they were then unless more changes follow; rows that don't fit stop the task by name. */
static enum rs_rc read_schema(struct rs_tracker *t, struct rs_source *source, const struct rs_ddl_ref *r, struct rs_err *err)
{
	const struct rs_table *table = NULL;
	struct rs_err gone = RS_ERR_INIT;

	if (!is_own(r->role) || r->role == RS_ROLE_DATABASE || !rs_selection_includes_table(t->e->task->objects, r->db, r->name))
		return RS_OK;
	if (source->ops->table(source, r->db, r->name, &table, &gone) == RS_OK) {
		store_put(t, (struct rs_table *)(uintptr_t)table);
		return RS_OK;
	}
	if (gone.code != RS_E_SOURCE_TABLE_GONE) {
		rs_err_move(err, &gone);
		return RS_FAIL;
	}
	rs_err_clear(&gone);
	store_drop(t, r->db, r->name);
	return RS_OK;
}

static enum rs_rc read_schemas(struct rs_tracker *t, const struct rs_ddl *d, struct rs_err *err)
{
	struct rs_source *source = NULL;
	enum rs_rc rc = rs_source_open(t->e->task, &source, err);

	for (size_t i = 0; rc == RS_OK && i < d->n_refs; i++)
		rc = read_schema(t, source, &d->refs[i], err);
	if (source != NULL)
		source->ops->close(source);
	return rc;
}

/* A table whose rows are not at the destination takes a name that belongs to the task; one of the task's goes. */
static void judge_rename(struct rs_tracker *t, const struct rs_ddl *d, const struct rs_ddl_ref *from, const struct rs_ddl_ref *to,
                         struct rs_ddl_item *item)
{
	bool was = rs_selection_includes_table(t->e->task->objects, from->db, from->name);
	bool is = rs_selection_includes_table(t->e->task->objects, to->db, to->name);

	if (was && !is && item->left == NULL)
		item->left = rs_xprintf("%s.%s", from->db, from->name);
	if (was || !is || rs_err_is_set(&item->error))
		return;
	rs_err_set(&item->error, RS_E_DDL_UNKNOWN, _("the table %s.%s, which is not selected, is renamed to %s.%s, which is"), from->db, from->name,
	           to->db, to->name);
	rs_err_detail(&item->error, "%.1000s", d->sql.text);
	rs_err_hint(&item->error, _("its rows are not at the destination. Online schema changes work like this: select the whole database, or "
	                            "synchronize the table anew"));
}

static void judge_renames(struct rs_tracker *t, const struct rs_ddl *d, struct rs_ddl_item *item)
{
	const struct rs_ddl_ref *from = NULL;

	for (size_t i = 0; is_table_kind(d->kind) && i < d->n_refs; i++) {
		if (d->refs[i].role == RS_ROLE_RENAME_FROM)
			from = &d->refs[i];
		else if (d->refs[i].role == RS_ROLE_RENAME_TO && from != NULL)
			judge_rename(t, d, from, &d->refs[i], item);
	}
}

static struct rs_ddl_env env_of(const struct rs_tracker *t)
{
	return (struct rs_ddl_env){.explicit_timestamp = !t->e->source->implicit_timestamp};
}

static struct rs_ddl_store store_of(struct rs_tracker *t)
{
	return (struct rs_ddl_store){t, store_find, store_put, store_drop, store_drop_database, store_at};
}

static bool says_charset(const struct rs_ddl *d)
{
	for (uint32_t i = 0; i < d->tree->n_options; i++) {
		const struct rs_ddl_option *o = &d->tree->options[i];
		if ((o->kind == RS_OPTION_CHARSET || o->kind == RS_OPTION_COLLATE) && !rs_sql_is(&d->sql, o->value, "DEFAULT"))
			return true;
	}
	return false;
}

/* What the statement does not say of itself. */
static enum rs_rc ask_defaults(struct rs_tracker *t, const struct rs_change *c, const struct rs_ddl *d, struct rs_ddl_env *env,
                               struct rs_err *err)
{
	enum rs_rc rc = rs_defaults_follow(&t->defaults, d, &c->position, err);
	const struct rs_position *upto;

	if (rc != RS_OK || d->kind != RS_STMT_CREATE_TABLE || d->n_refs == 0 || !concerns(t, d) || says_charset(d))
		return rc;
	rc = rs_defaults_collation(&t->defaults, t->e->task, d->refs[0].db, &env->db_collation, &upto, err);
	if (rc == RS_OK)
		rs_position_copy(&t->item->defaulted, upto);
	else
		err->retry = RS_RETRY_LATER; /* of the source, not of the statement */
	return rc;
}

/* *late: what failed is not of the statement itself. */
static enum rs_rc move_schemas(struct rs_tracker *t, const struct rs_change *c, const struct rs_ddl *d, bool *late, struct rs_err *err)
{
	struct rs_ddl_env env = env_of(t);
	struct rs_ddl_store store = store_of(t);
	enum rs_rc rc = ask_defaults(t, c, d, &env, err);

	*late = rc != RS_OK;
	if (rc == RS_OK)
		rc = rs_taken_check(t->e, d, &t->tables, err);
	return rc == RS_OK ? rs_ddl_apply(d, &env, &store, err) : rc;
}

static enum rs_rc follow_schema_change(struct rs_tracker *t, const struct rs_change *c, const struct rs_ddl *d,
                                       const struct rs_sql_dialect *dialect, struct rs_ddl_item *item)
{
	bool late;

	rs_map_release(&t->before, drop_reference);
	t->item = item;
	t->ddl = d;
	rs_bond_note(t->e, d, item);
	enum rs_rc rc = move_schemas(t, c, d, &late, &item->error);
	if (rc == RS_FAIL && !concerns(t, d) && item->error.code == RS_E_DDL_UNKNOWN && !late) {
		rs_err_clear(&item->error); /* what tables are like that are not selected need not be known */
		item->ignore = true;
		t->item = NULL;
		return RS_OK;
	}
	if (rc == RS_FAIL && rs_decision_on_statement(t->e, NULL, c) != NULL) {
		rs_err_clear(&item->error);
		rc = read_schemas(t, d, &item->error);
		if (rc == RS_OK)
			collect_names(t, d, item);
		else
			item->error.retry = RS_RETRY_LATER; /* of the source, not of the statement */
		t->item = NULL;
		return rc;
	}
	t->item = NULL;
	if (rc == RS_OK && !rs_err_is_set(&item->error))
		rc = rs_filter_keeps_rows(t->e->task->objects, d, &item->error);
	rs_overlap_note_moves(item, d);
	judge_renames(t, d, item);
	if (rs_err_is_set(&item->error))
		return RS_FAIL;
	if (rc != RS_OK || !concerns(t, d) || left_to_release(d->kind)) {
		item->ignore = rc == RS_OK && item->n_changed == 0 && item->n_dropped == 0 && item->n_online == 0;
		return rc;
	}
	item->repeatable = rs_ddl_item_is_repeatable(d);
	collect_names(t, d, item);
	if (kind_bit(d->kind) != 0) {
		bool none = true, all = true;
		ask_selected(t, d, &none, &all);
		if (none)
			return RS_OK; /* not selected: the source's schema moves on alone */
		if (!all)
			return rs_ddl_refuse(d, &item->error, _("changes of this kind are selected for some of its tables and not for others"));
	}
	return destination_text(t, c, d, dialect, item);
}

/* As if the log had the statement here that an online schema change comes to. */
static enum rs_rc follow_alter(struct rs_tracker *t, const struct rs_change *c, const struct rs_online_alter *a, struct rs_ddl_item *item)
{
	struct rs_change in_place = *c;
	struct rs_sql_dialect dialect;
	struct rs_ddl d = {0};

	in_place.sql = a->sql;
	in_place.sql_len = strlen(a->sql);
	in_place.db = a->db;
	in_place.sql_mode = a->sql_mode;
	rs_engine_dialect(t->e, a->sql_mode, &dialect);
	enum rs_rc rc = rs_ddl_parse(&d, in_place.sql, in_place.sql_len, in_place.db, &dialect, &item->error);
	item->kind = d.kind;
	item->time_zone = rs_xstrdup(a->time_zone);
	if (rc == RS_OK)
		rc = follow_schema_change(t, &in_place, &d, &dialect, item);
	rs_ddl_release(&d);
	return rc;
}

static enum rs_rc follow_any(struct rs_tracker *t, const struct rs_change *c, const struct rs_ddl *d,
                             const struct rs_sql_dialect *dialect, struct rs_ddl_item *item)
{
	const struct rs_ddl_env env = env_of(t);
	const struct rs_ddl_store store = store_of(t);
	const struct rs_online_statement statement = {c, d, &env, &store, item};
	struct rs_online_alter alter = {0};
	enum rs_rc rc = rs_online_follow(&t->online, &statement, &alter);

	if (rc == RS_OK)
		rc = follow_schema_change(t, c, d, dialect, item);
	else if (rc == RS_EOF)
		rc = follow_alter(t, c, &alter, item);
	else if (rc == RS_AGAIN)
		rc = RS_OK;
	rs_online_alter_clear(&alter);
	return rc;
}

/* The tables that it names may not be all that it changed. */
static void judge_rows_of(struct rs_tracker *t, const struct rs_ddl *d, const struct rs_change *c, struct rs_ddl_item *item)
{
	bool own = concerns(t, d);

	item->ignore = !own && d->kind == RS_STMT_CREATE_TABLE_SELECT;
	if (item->ignore)
		return;
	statement_logged(item, c);
	item->doubtful = !own;
	for (size_t i = 0; i < d->n_refs && !own; i++) {
		rs_ddl_item_add_name(item, d->refs[i].db);
		rs_ddl_item_add_name(item, d->refs[i].name);
	}
}

/* ---------------------------------------------------------------- tables that the log tells of */

/* Of a column at the destination, which may have another name there, by the number that it has at the source. */
static struct rs_value fill_of(void *ctx, const struct rs_column *column)
{
	const struct rs_change *c = ctx;

	for (size_t i = 0; column->number != 0 && i < c->table->n_columns; i++)
		if (c->table->columns[i].number == column->number)
			return c->fills[i];
	return (struct rs_value){.presence = RS_ABSENT};
}

static void put_version(struct rs_tracker *t, const struct rs_change *c, struct rs_ddl_item *item)
{
	const struct rs_table *now = c->table;
	char key[1024];
	const size_t n = make_key(now->db, now->name, key, sizeof key);

	rs_table_unref(rs_map_put(&t->tables, key, n, (void *)(uintptr_t)rs_table_ref(now)));
	RS_GROW(item->changed, item->n_changed, item->cap_changed);
	item->changed[item->n_changed++] = rs_table_ref(now);
}

static enum rs_rc judge_filter(const struct rs_tracker *t, const struct rs_change *c, struct rs_err *err)
{
	char *filter = rs_row_filter_text(t->e->task->objects, c->table->db, c->table->name);
	enum rs_rc rc = filter == NULL ? RS_OK : rs_err_set(err, RS_E_FILTER_SCHEMA, _("the table %s.%s, whose rows are filtered, was changed at the source"),
	                                                    c->table->db, c->table->name);

	free(filter);
	return rc;
}

static enum rs_rc judge_version(struct rs_tracker *t, const struct rs_change *c, struct rs_ddl_item *item)
{
	const char *db = c->table->db, *name = c->table->name;
	struct rs_buf sql = RS_BUF_INIT;

	item->kind = RS_STMT_ALTER_TABLE;
	item->in_place = true;
	put_version(t, c, item);
	rs_overlap_note_version(item, c->was, c->table);
	if (judge_filter(t, c, &item->error) != RS_OK)
		return RS_FAIL;
	if ((rs_task_ddl(t->e->task, db, name) & kind_bit(RS_STMT_ALTER_TABLE)) == 0)
		return RS_OK;
	struct rs_table *before = at_destination(t, c->was), *after = at_destination(t, c->table);
	enum rs_rc rc = rs_pg_put_difference(&sql, before, after, fill_of, (void *)(uintptr_t)c, &item->error);
	if (rc == RS_OK && sql.len > 0)
		item->sql = rs_buf_take(&sql);
	rs_buf_release(&sql);
	rs_table_unref(before);
	rs_table_unref(after);
	return rc;
}

static enum rs_rc judge(struct rs_tracker *t, const struct rs_change *c, struct rs_ddl_item *item)
{
	struct rs_sql_dialect dialect;
	struct rs_ddl d = {0};

	rs_engine_dialect(t->e, c->sql_mode, &dialect);
	enum rs_rc rc = rs_ddl_parse(&d, c->sql, c->sql_len, c->db, &dialect, &item->error);
	item->kind = d.kind;
	if (t->e->source->lowers_names)
		rs_ddl_lower_names(&d);
	if (rc != RS_OK) {
		rs_ddl_release(&d);
		return rc;
	}
	if (d.kind == RS_STMT_UNKNOWN)
		rc = rs_ddl_refuse(&d, &item->error, _("a statement of an unknown kind was met in the source's log"));
	else if (d.kind == RS_STMT_DML || d.kind == RS_STMT_CREATE_TABLE_SELECT)
		judge_rows_of(t, &d, c, item);
	else if (d.kind == RS_STMT_SAVEPOINT || d.kind == RS_STMT_ROLLBACK_TO)
		item->savepoint = rs_xstrdup(d.operand ? d.operand : "");
	else if (!rs_stmt_is_schema_change(d.kind))
		item->ignore = true;
	else
		rc = follow_any(t, c, &d, &dialect, item);
	rs_ddl_release(&d);
	return rc;
}

/* ---------------------------------------------------------------- the stream's questions */

static const struct rs_table *lookup(void *arg, const char *db, const char *table)
{
	const struct rs_table *found = store_find(arg, db, table);

	return found ? rs_table_ref(found) : NULL;
}

static enum rs_rc on_ddl(void *arg, const struct rs_change *c, struct rs_err *err)
{
	struct rs_tracker *t = arg;
	struct rs_ddl_item *item = rs_xcalloc(1, sizeof *item);
	struct rs_change *change = (struct rs_change *)(uintptr_t)c; /* its attachment is ours to set */

	(void)err;
	if ((c->was != NULL ? judge_version(t, c, item) : judge(t, c, item)) != RS_OK)
		rs_log_err(RS_LOG_DEBUG, "statement", &item->error);
	change->attached = item;
	change->free_attached = free_item;
	return RS_OK;
}

struct rs_tracker *rs_tracker_new(struct rs_engine *e)
{
	struct rs_tracker *t = rs_xcalloc(1, sizeof *t);

	t->e = e;
	rs_online_init(&t->online, e);
	t->defaults = (struct rs_defaults)RS_DEFAULTS_INIT;
	for (size_t i = 0; i < e->n_tables; i++) {
		const struct rs_meta_table *m = &e->tables[i].meta;
		if (m->schema == NULL || m->state == RS_TABLE_GONE)
			continue;
		store_put(t, rs_table_ref(m->schema));
		if (m->defaulted.file != NULL)
			rs_defaults_recall(&t->defaults, m->db, &m->defaulted);
	}
	const struct rs_map_entry *absent;
	for (size_t i = 0; rs_map_each(&e->absent, &i, &absent);)
		store_put(t, rs_table_ref(absent->value));
	return t;
}

void rs_tracker_free(struct rs_tracker *t)
{
	if (t == NULL)
		return;
	rs_map_release(&t->tables, drop_reference);
	rs_map_release(&t->before, drop_reference);
	rs_online_release(&t->online);
	rs_defaults_release(&t->defaults);
	free(t);
}

void rs_tracker_bind(struct rs_tracker *t, struct rs_stream *stream)
{
	stream->schema = (struct rs_stream_schema){lookup, on_ddl, t, &t->e->catalog.collations};
}
