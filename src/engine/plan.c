#include "engine/follow/filter.h"

#include <stdlib.h>
#include <string.h>
#include "base/i18n.h"
#include "base/mem.h"
#include "model/selection_name.h"

/* ---------------------------------------------------------------- tables by name */

#define KEY_SIZE 1024 /* names have 64 characters at most */

/* For every change that is applied. */
static size_t make_key(const char *db, const char *name, char key[KEY_SIZE])
{
	const size_t n = strnlen(db, KEY_SIZE / 2 - 1), len = strnlen(name, KEY_SIZE / 2);

	memcpy(key, db, n);
	key[n] = '\0';
	memcpy(key + n + 1, name, len);
	return n + 1 + len;
}

struct rs_sync_table *rs_plan_find(struct rs_engine *e, const char *db, const char *name)
{
	char key[KEY_SIZE];
	size_t n = make_key(db, name, key);
	uintptr_t index = (uintptr_t)rs_map_get(&e->by_name, key, n);

	return index ? &e->tables[index - 1] : NULL;
}

static void put_by_name(struct rs_engine *e, struct rs_sync_table *t)
{
	char key[KEY_SIZE];

	rs_map_put(&e->by_name, key, make_key(t->meta.db, t->meta.name, key), (void *)(uintptr_t)(t - e->tables + 1));
}

void rs_plan_absent(struct rs_engine *e, const struct rs_table *schema)
{
	char key[KEY_SIZE];
	const struct rs_table *mine = rs_table_ref(schema);

	rs_table_unref(rs_map_put(&e->absent, key, make_key(schema->db, schema->name, key), (void *)(uintptr_t)mine));
}

void rs_plan_not_absent(struct rs_engine *e, const char *db, const char *name)
{
	char key[KEY_SIZE];

	rs_table_unref(rs_map_del(&e->absent, key, make_key(db, name, key)));
}

bool rs_plan_is_absent(const struct rs_engine *e, const char *db, const char *name)
{
	char key[KEY_SIZE];

	return e->absent.count > 0 && rs_map_get(&e->absent, key, make_key(db, name, key)) != NULL;
}

struct rs_sync_table *rs_plan_add(struct rs_engine *e, struct rs_meta_table *meta)
{
	const char *dest_db, *dest_name;

	RS_GROW(e->tables, e->n_tables, e->cap_tables);
	struct rs_sync_table *t = &e->tables[e->n_tables++];
	*t = (struct rs_sync_table){.meta = *meta};
	*meta = (struct rs_meta_table){0};
	rs_plan_not_absent(e, t->meta.db, t->meta.name);
	rs_selection_map_table(e->task->objects, t->meta.db, t->meta.name, &dest_db, &dest_name);
	t->dest_db = rs_xstrdup(dest_db);
	t->dest_name = rs_xstrdup(dest_name);
	t->dml = rs_task_dml(e->task, t->meta.db, t->meta.name);
	t->stats = rs_stats_table(&e->stats, t->meta.db, t->meta.name, dest_db, dest_name);
	pthread_mutex_lock(&e->stats.lock);
	t->stats->keyless = t->meta.schema != NULL && rs_table_row_key(t->meta.schema) == NULL;
	rs_stats_changed(&e->stats, t->stats);
	pthread_mutex_unlock(&e->stats.lock);
	put_by_name(e, t);
	return t;
}

static enum rs_rc come_to_one(const struct rs_sync_table *a, const struct rs_sync_table *b, struct rs_err *err)
{
	struct rs_buf texts[3] = {RS_BUF_INIT, RS_BUF_INIT, RS_BUF_INIT};

	rs_name_put(&texts[0], a->meta.db, a->meta.name, NULL);
	rs_name_put(&texts[1], b->meta.db, b->meta.name, NULL);
	rs_name_put(&texts[2], b->dest_db, b->dest_name, NULL);
	rs_err_set(err, RS_E_MAPPING, _("%s and %s both come to %s at the destination"), rs_buf_str(&texts[0]), rs_buf_str(&texts[1]),
	           rs_buf_str(&texts[2]));
	for (size_t i = 0; i < 3; i++)
		rs_buf_release(&texts[i]);
	return rs_err_hint(err, _("Rename one of them, or leave it out"));
}

static size_t dest_key(const struct rs_engine *e, const struct rs_sync_table *t, char key[2 * RS_NAME_KEY_MAX + 1])
{
	size_t n = rs_name_key(t->dest_db, e->sink->folds_names, key);

	key[n++] = '\0';
	return n + rs_name_key(t->dest_name, e->sink->folds_names, key + n);
}

enum rs_rc rs_plan_check_names(const struct rs_engine *e, struct rs_err *err)
{
	struct rs_map seen = RS_MAP_INIT;
	enum rs_rc rc = RS_OK;

	for (size_t i = 0; rc == RS_OK && i < e->n_tables; i++) {
		char key[2 * RS_NAME_KEY_MAX + 1];
		size_t n = dest_key(e, &e->tables[i], key);
		const struct rs_sync_table *other = rs_map_put(&seen, key, n, &e->tables[i]);
		if (other != NULL)
			rc = come_to_one(other, &e->tables[i], err);
	}
	rs_map_release(&seen, NULL);
	return rc;
}

void rs_plan_choose(struct rs_engine *e)
{
	for (size_t i = 0; i < e->n_tables; i++)
		e->tables[i].dml = rs_task_dml(e->task, e->tables[i].meta.db, e->tables[i].meta.name);
}

static void release(struct rs_sync_table *t)
{
	rs_route_free(t->route);
	rs_row_filter_free(t->filter);
	free(t->where);
	rs_meta_table_clear(&t->meta);
	free(t->dest_db);
	free(t->dest_name);
}

void rs_plan_forget(struct rs_engine *e, const char *db, const char *name)
{
	struct rs_sync_table *t = rs_plan_find(e, db, name);
	char key[KEY_SIZE];

	if (t == NULL || t->meta.state != RS_TABLE_GONE || rs_position_is_set(&t->meta.exact) || rs_position_is_set(&t->meta.overlap))
		return;
	(void)rs_map_del(&e->by_name, key, make_key(db, name, key));
	rs_stats_forget(&e->stats, t->stats);
	release(t);
	*t = e->tables[--e->n_tables];
	if (t < e->tables + e->n_tables)
		put_by_name(e, t);
}

void rs_plan_clear(struct rs_engine *e)
{
	for (size_t i = 0; i < e->n_tables; i++)
		release(&e->tables[i]);
	free(e->tables);
	e->tables = NULL;
	e->n_tables = e->cap_tables = 0;
	rs_map_release(&e->by_name, NULL);
	e->by_name = (struct rs_map)RS_MAP_INIT;
}

/* ---------------------------------------------------------------- routes */

static void free_cascades(struct rs_route *r)
{
	for (size_t i = 0; i < r->n_cascades; i++) {
		free(r->cascades[i].parent_columns);
		free(r->cascades[i].child_columns);
	}
	free(r->cascades);
	r->cascades = NULL;
	r->n_cascades = 0;
}

void rs_route_free(struct rs_route *r)
{
	if (r == NULL)
		return;
	free_cascades(r);
	free(r->columns);
	rs_table_unref(r->source);
	rs_table_unref(r->dest);
	free(r);
}

static enum rs_rc bind_columns(struct rs_engine *e, struct rs_route *r, bool loose, struct rs_err *err)
{
	const struct rs_table *s = r->source;
	size_t bound = 0, writable = 0;

	r->columns = rs_xcalloc(s->n_columns + 1, sizeof *r->columns);
	for (size_t i = 0; i < s->n_columns; i++) {
		const char *name = rs_selection_map_column(e->task->objects, s->db, s->name, s->columns[i].name);
		r->columns[i] = name ? rs_table_column(r->dest, name) : -1;
		if (name == NULL)
			continue;
		/* Where changes of tables are not selected a column may well be the source's alone. */
		if (r->columns[i] < 0 && !s->columns[i].generated && (rs_task_ddl(e->task, s->db, s->name) & RS_SYNC_ALTER_TABLE) && !loose) {
			rs_err_set(err, RS_E_DEST_COLUMN, _("the destination's table %s.%s has no column %s"), r->dest->db, r->dest->name,
			           name);
			return rs_err_hint(err, _("add the column there, or map it to another one"));
		}
		r->lacks_columns = r->lacks_columns || (loose && r->columns[i] < 0 && !s->columns[i].generated);
		bound += r->columns[i] >= 0 && !r->dest->columns[r->columns[i]].generated;
	}
	for (size_t i = 0; i < r->dest->n_columns; i++)
		writable += !r->dest->columns[i].generated;
	r->dest_has_more = writable > bound;
	return RS_OK;
}

/* By whichever key the source knows its rows, as long as all of it is written to the destination. */
static const struct rs_key *usable_key(const struct rs_route *r)
{
	const struct rs_key *key = rs_table_row_key(r->source);

	for (size_t p = 0; key != NULL && p < key->n_parts; p++)
		if (key->parts[p].column >= r->source->n_columns || r->columns[key->parts[p].column] < 0)
			return NULL;
	return key;
}

/* By which row is meant can't be left out. */
static enum rs_rc check_key(const struct rs_engine *e, const struct rs_table *s, struct rs_err *err)
{
	const struct rs_key *key = rs_table_row_key(s);

	for (size_t p = 0; key != NULL && p < key->n_parts; p++) {
		const char *name = key->parts[p].column < s->n_columns ? s->columns[key->parts[p].column].name : NULL;
		if (name != NULL && rs_selection_excludes_column(e->task->objects, s->db, s->name, name))
			return rs_err_set(err, RS_E_MAPPING, _("the column %s of %s.%s is part of the key by which rows are found, and can't be "
			                                       "left out"), name, s->db, s->name);
	}
	return RS_OK;
}

/* Made since the precheck, or with the user's consent: what they do is not the source's. */
static void tell_triggers(struct rs_engine *e, const struct rs_table *dest)
{
	struct rs_err news = RS_ERR_INIT;

	rs_err_set(&news, RS_E_DEST_TRIGGER, _("%s.%s has triggers at the destination, which change rows beside the source"), dest->db, dest->name);
	rs_err_hint(&news, _("drop them there, until the task is released"));
	rs_journal(e, RS_LOG_WARN, &news, "triggers at the destination");
	pthread_mutex_lock(&e->stats.lock);
	rs_problems_add(&e->stats.problems, &news, NULL, false);
	pthread_mutex_unlock(&e->stats.lock);
	rs_err_clear(&news);
}

enum rs_rc rs_plan_route_to(struct rs_engine *e, struct rs_sync_table *t, const struct rs_table *dest, struct rs_err *err)
{
	struct rs_route *r = rs_xcalloc(1, sizeof *r);

	r->source = rs_table_ref(t->meta.schema);
	r->dest = dest;
	enum rs_rc rc = check_key(e, t->meta.schema, err);
	if (rc == RS_OK)
		rc = bind_columns(e, r, t->meta.loose, err);
	if (rc != RS_OK) {
		rs_route_free(r);
		return rc;
	}
	if (dest->has_triggers)
		tell_triggers(e, dest);
	r->row_key = usable_key(r);
	rs_route_free(t->route);
	t->route = r;
	return rs_filter_plan(e, t, err);
}

struct rs_table *rs_plan_mirror(const struct rs_engine *e, const struct rs_table *schema, const char *dest_db, const char *dest_name)
{
	struct rs_table *m = rs_table_clone(schema);

	for (uint32_t i = (uint32_t)m->n_columns; i-- > 0;) {
		const char *name = rs_selection_map_column(e->task->objects, m->db, m->name, m->columns[i].name);
		char *own = rs_xstrdup(name);
		free(m->columns[i].name);
		m->columns[i].name = own;
		if (own == NULL)
			rs_table_remove_column(m, i);
	}
	free(m->db);
	free(m->name);
	m->db = rs_xstrdup(dest_db);
	m->name = rs_xstrdup(dest_name);
	m->has_triggers = false;
	return m;
}

enum rs_rc rs_plan_route(struct rs_engine *e, struct rs_sync_table *t, struct rs_err *err)
{
	const struct rs_table *dest = NULL;

	if (!e->sink->has_schemas)
		return rs_plan_route_to(e, t, rs_plan_mirror(e, t->meta.schema, t->dest_db, t->dest_name), err);
	enum rs_rc rc = e->sink->ops->table(e->sink, t->dest_db, t->dest_name, &dest, err);

	return rc == RS_OK ? rs_plan_route_to(e, t, dest, err) : rc;
}

/* ---------------------------------------------------------------- all routes */

static bool wants_route(const struct rs_sync_table *t) { return t->meta.state != RS_TABLE_GONE && t->route == NULL; }

/* The destination's names of the tables that want a route. */
struct wanted {
	struct rs_map dbs, tables;
};

static void want(struct wanted *w, const struct rs_sync_table *t)
{
	char key[KEY_SIZE];
	size_t n = make_key(t->dest_db, t->dest_name, key);

	rs_map_put(&w->dbs, t->dest_db, strlen(t->dest_db), w);
	rs_map_put(&w->tables, key, n, w);
}

static bool want_db(void *arg, const char *db)
{
	const struct wanted *w = arg;

	return rs_map_get(&w->dbs, db, strlen(db)) != NULL;
}

static bool want_table(void *arg, const char *db, const char *name)
{
	const struct wanted *w = arg;
	char key[KEY_SIZE];
	size_t n = make_key(db, name, key);

	return rs_map_get(&w->tables, key, n) != NULL;
}

/* Few queries for many tables; *out may lack some, which are then asked for one by one. */
static enum rs_rc read_destination(struct rs_engine *e, struct rs_catalog *out, struct rs_err *err)
{
	struct wanted w = {RS_MAP_INIT, RS_MAP_INIT};
	const struct rs_table_filter filter = {want_db, want_table, &w};
	enum rs_rc rc = RS_OK;

	for (size_t i = 0; i < e->n_tables; i++)
		if (wants_route(&e->tables[i]))
			want(&w, &e->tables[i]);
	if (w.tables.count > 1 && e->sink->has_schemas)
		rc = e->sink->ops->tables(e->sink, &filter, out, err);
	rs_map_release(&w.dbs, NULL);
	rs_map_release(&w.tables, NULL);
	return rc;
}

static enum rs_rc route_from(struct rs_engine *e, struct rs_sync_table *t, const struct rs_catalog *there, struct rs_err *err)
{
	const struct rs_object *o = rs_catalog_find(there, RS_OBJECT_TABLE, t->dest_db, t->dest_name);

	if (o == NULL || o->schema == NULL || o->unsupported != NULL)
		return rs_plan_route(e, t, err);
	return rs_plan_route_to(e, t, rs_table_ref(o->schema), err);
}

enum rs_rc rs_plan_route_all(struct rs_engine *e, bool may_misfit, struct rs_err *err)
{
	struct rs_catalog there = {0};
	enum rs_rc rc = read_destination(e, &there, err);

	for (size_t i = 0; rc == RS_OK && i < e->n_tables; i++) {
		struct rs_err unfit = RS_ERR_INIT;
		if (!wants_route(&e->tables[i]))
			continue;
		rc = route_from(e, &e->tables[i], &there, &unfit);
		if (rc == RS_FAIL && may_misfit && (unfit.code == RS_E_DEST_TABLE_MISSING || unfit.code == RS_E_DEST_COLUMN))
			rc = RS_OK;
		else if (rc != RS_OK)
			rs_err_move(err, &unfit);
		rs_err_clear(&unfit);
	}
	rs_catalog_release(&there);
	if (rc == RS_OK)
		rs_plan_cascades(e);
	return rc;
}

/* ---------------------------------------------------------------- cascades */

static void add_cascade(struct rs_route *parent, struct rs_route *child, const struct rs_foreign_key *fk)
{
	struct rs_cascade c = {.child = child, .on_delete = fk->on_delete, .on_update = fk->on_update,
	                       .n_columns = fk->n_columns};

	c.parent_columns = rs_xcalloc(fk->n_columns, sizeof *c.parent_columns);
	c.child_columns = rs_xcalloc(fk->n_columns, sizeof *c.child_columns);
	for (size_t k = 0; k < fk->n_columns; k++) {
		int p = rs_table_column(parent->source, fk->parent_columns[k]);
		int q = rs_table_column(child->source, fk->columns[k]);
		if (p < 0 || q < 0 || child->columns[q] < 0) {
			free(c.parent_columns);
			free(c.child_columns);
			return;
		}
		c.parent_columns[k] = (uint32_t)p;
		c.child_columns[k] = (uint32_t)q;
	}
	parent->cascades = rs_xrealloc(parent->cascades, (parent->n_cascades + 1) * sizeof *parent->cascades);
	parent->cascades[parent->n_cascades++] = c;
	child->is_cascaded_to = true;
}

void rs_plan_cascades(struct rs_engine *e)
{
	for (size_t i = 0; i < e->n_tables; i++)
		if (e->tables[i].route != NULL) {
			free_cascades(e->tables[i].route);
			e->tables[i].route->is_cascaded_to = false;
		}
	if (!e->source->cascades_hidden)
		return;
	for (size_t i = 0; i < e->n_tables; i++) {
		struct rs_route *child = e->tables[i].route;
		for (size_t k = 0; child != NULL && k < child->source->n_foreign_keys; k++) {
			const struct rs_foreign_key *fk = &child->source->foreign_keys[k];
			struct rs_sync_table *parent = rs_plan_find(e, fk->parent_db, fk->parent_table);
			if (rs_foreign_key_acts(fk) && parent != NULL && parent->route != NULL)
				add_cascade(parent->route, child, fk);
		}
	}
}
