#include "engine/follow/online.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "base/i18n.h"
#include "base/mem.h"
#include "codec/ddl_online.h"
#include "codec/ddl_tree.h"

/* ---------------------------------------------------------------- what is under way */

static size_t make_key(const char *db, const char *name, char *key, size_t size)
{
	return (size_t)snprintf(key, size, "%s%c%s", db, 0, name);
}

static struct rs_meta_online *find(const struct rs_online *o, const char *db, const char *base)
{
	char key[1024];

	return rs_map_get(&o->changes, key, make_key(db, base, key, sizeof key));
}

static void free_change(void *m) { rs_meta_online_free(m); }

static void keep(struct rs_online *o, const char *db, const char *base, struct rs_meta_online *m)
{
	char key[1024];
	size_t n = make_key(db, base, key, sizeof key);
	struct rs_meta_online *old = m ? rs_map_put(&o->changes, key, n, m) : rs_map_del(&o->changes, key, n);

	if (old != m)
		rs_meta_online_free(old);
}

void rs_online_init(struct rs_online *o, struct rs_engine *e)
{
	*o = (struct rs_online){.e = e, .changes = RS_MAP_INIT};
	for (size_t i = 0; i < e->n_tables; i++)
		if (e->tables[i].meta.online != NULL && e->tables[i].meta.state != RS_TABLE_GONE)
			keep(o, e->tables[i].meta.db, e->tables[i].meta.name, rs_meta_online_copy(e->tables[i].meta.online));
}

void rs_online_forget(struct rs_online *o, const char *db, const char *base) { keep(o, db, base, NULL); }

void rs_online_release(struct rs_online *o) { rs_map_release(&o->changes, free_change); }

void rs_online_alter_clear(struct rs_online_alter *a)
{
	free(a->sql);
	free(a->db);
	free(a->time_zone);
	*a = (struct rs_online_alter){0};
}

/* From here on it is so; m is taken over, NULL: it has ended. */
static void note(struct rs_online *o, const struct rs_online_statement *s, const char *db, const char *base, struct rs_meta_online *m)
{
	struct rs_ddl_item *item = s->item;

	RS_GROW(item->online, item->n_online, item->cap_online);
	item->online[item->n_online++] = (struct rs_online_note){rs_xstrdup(db), rs_xstrdup(base), m ? rs_meta_online_copy(m) : NULL};
	keep(o, db, base, m);
}

/* The table of the task that a shadow is of, malloc'ed; NULL: it is no shadow of one. */
static char *base_of(const struct rs_online *o, const struct rs_ddl_ref *r)
{
	const struct rs_selection *sel = o->e->task->objects;
	char *base = NULL;

	if (rs_working_role(rs_selection_working(sel), r->name, &base) != RS_WORKING_SHADOW)
		return NULL;
	if (rs_selection_includes_table(sel, r->db, base) && !rs_selection_includes_table(sel, r->db, r->name))
		return base;
	free(base);
	return NULL;
}

static bool same_table(const struct rs_ddl_ref *r, const char *db, const char *name)
{
	return strcmp(r->db, db) == 0 && strcmp(r->name, name) == 0;
}

static const struct rs_ddl_ref *ref_of(const struct rs_ddl *d, enum rs_ddl_role role)
{
	for (size_t i = 0; i < d->n_refs; i++)
		if (d->refs[i].role == role)
			return &d->refs[i];
	return NULL;
}

/* ---------------------------------------------------------------- a shadow is made */

static void set_why(struct rs_meta_online *m, const char *why)
{
	if (m->why == NULL)
		m->why = rs_xstrdup(why);
}

static const struct rs_table *made_as(const struct rs_online_statement *s, const struct rs_table *base, struct rs_meta_online *m)
{
	const struct rs_ddl_ref *like = ref_of(s->d, RS_ROLE_LIKE);
	struct rs_err failed = RS_ERR_INIT;
	struct rs_table *made = NULL;

	if (s->d->kind == RS_STMT_CREATE_TABLE_LIKE)
		made = like != NULL && same_table(like, base->db, base->name) ? rs_table_clone(base) : NULL;
	else if (rs_ddl_table(s->d, s->env, &made, &failed) == RS_OK && !rs_table_same(made, base)) {
		rs_table_unref(made);
		made = NULL;
	}
	if (made == NULL)
		set_why(m, _("it was not made as a copy of the table"));
	rs_err_clear(&failed);
	return made;
}

static void begin(struct rs_online *o, const struct rs_online_statement *s)
{
	const struct rs_ddl_ref *r = ref_of(s->d, RS_ROLE_TARGET);
	char *base = r ? base_of(o, r) : NULL;
	const struct rs_table *of = base ? s->store->find(s->store->ctx, r->db, base) : NULL;
	bool maybe = (s->d->flags & RS_DDL_IF_NOT_EXISTS) != 0;

	if (of != NULL && !(maybe && find(o, r->db, base) != NULL)) {
		struct rs_meta_online *m = rs_xcalloc(1, sizeof *m);
		m->shadow = rs_xstrdup(r->name);
		m->schema = made_as(s, of, m);
		if (maybe || (s->d->flags & RS_DDL_OR_REPLACE))
			set_why(m, _("it may have been there before"));
		note(o, s, r->db, base, m);
	}
	free(base);
}

/* ---------------------------------------------------------------- it is altered, and goes */

static void take_alter(const struct rs_online_statement *s, struct rs_meta_online *m)
{
	struct rs_err failed = RS_ERR_INIT;
	struct rs_table *next = NULL;

	if (s->d->kind != RS_STMT_ALTER_TABLE || m->sql != NULL) {
		set_why(m, _("it was changed by more than one statement"));
	} else if (rs_ddl_alter(s->d, s->env, m->schema, &next, &failed) != RS_OK) {
		set_why(m, failed.primary ? failed.primary : "");
	} else {
		rs_table_unref(m->schema);
		m->schema = next;
		m->sql = rs_xstrndup(s->c->sql, s->c->sql_len);
		m->db = rs_xstrdup(s->c->db ? s->c->db : "");
		m->time_zone = rs_xstrdup(s->c->time_zone);
		m->sql_mode = s->c->sql_mode;
	}
	rs_err_clear(&failed);
}

static void alter(struct rs_online *o, const struct rs_online_statement *s)
{
	const struct rs_ddl_ref *r = ref_of(s->d, RS_ROLE_TARGET);
	char *base = r ? base_of(o, r) : NULL;
	struct rs_meta_online *m = base ? find(o, r->db, base) : NULL;

	if (m != NULL && strcmp(m->shadow, r->name) == 0 && m->why == NULL && !rs_ddl_sets_only_auto_increment(s->d)) {
		m = rs_meta_online_copy(m);
		take_alter(s, m);
		note(o, s, r->db, base, m);
	}
	free(base);
}

static void end(struct rs_online *o, const struct rs_online_statement *s, const struct rs_ddl_ref *r)
{
	char *base = base_of(o, r);
	const struct rs_meta_online *m = base ? find(o, r->db, base) : NULL;

	if (m != NULL && strcmp(m->shadow, r->name) == 0)
		note(o, s, r->db, base, NULL);
	free(base);
}

static void end_all(struct rs_online *o, const struct rs_online_statement *s, enum rs_ddl_role role)
{
	for (size_t i = 0; i < s->d->n_refs; i++)
		if (s->d->refs[i].role == role)
			end(o, s, &s->d->refs[i]);
}

/* The last of the triggers with which pt-online-schema-change keeps its copy up to date. */
static void prove(struct rs_online *o, const struct rs_online_statement *s)
{
	const struct rs_ddl_ref *name = ref_of(s->d, RS_ROLE_TARGET), *on = ref_of(s->d, RS_ROLE_TRIGGER_TABLE);
	struct rs_meta_online *m = on ? find(o, on->db, on->name) : NULL;
	size_t n = name ? strlen(name->name) : 0;

	if (m == NULL || m->proven || strncasecmp(name->name, "pt_osc_", 7) != 0 || strcasecmp(name->name + n - 4, "_ins") != 0)
		return;
	m = rs_meta_online_copy(m);
	m->proven = true;
	note(o, s, on->db, on->name, m);
}

/* ---------------------------------------------------------------- it takes the table's place */

static enum rs_rc refuse(const struct rs_online *o, const struct rs_online_statement *s, const char *db, const char *base, const char *why)
{
	struct rs_err *err = &s->item->error;

	rs_err_set(err, RS_E_DDL_UNKNOWN, _("an online schema change of %s.%s can't be done at the destination without its working table: %s"),
	           db, base, why);
	rs_err_detail(err, "%.*s", (int)(s->c->sql_len < 1000 ? s->c->sql_len : 1000), s->c->sql);
	return rs_err_hint(err, _("have the table copied anew: \"rds-sync table resync %s %s.%s\"; the task goes on then"), rs_engine_task_name(o->e), db,
	                   base);
}

/* Names alone prove nothing where people give such names, too: a table that is emptied by putting a new one in its place
 * looks the same. */
static bool is_proven(const struct rs_online *o, const struct rs_online_statement *s, const struct rs_meta_online *m)
{
	static const char remark[] = "/* gh-ost";

	return rs_working_names_prove(rs_selection_working(o->e->task->objects)) || m->proven ||
	       memmem(s->c->sql, s->c->sql_len, remark, sizeof remark - 1) != NULL;
}

static bool is_referred_to(const struct rs_online_statement *s, const char *db, const char *base)
{
	const struct rs_table *t;

	for (size_t i = 0; (t = s->store->at(s->store->ctx, i)) != NULL; i++)
		for (size_t k = 0; k < t->n_foreign_keys; k++)
			if (strcmp(t->foreign_keys[k].parent_db, db) == 0 && strcmp(t->foreign_keys[k].parent_table, base) == 0)
				return true;
	return false;
}

/* Whether what was done to the shadow makes of the table what the shadow is. */
static enum rs_rc derive(const struct rs_online *o, const struct rs_online_statement *s, const struct rs_table *base,
                         const struct rs_meta_online *m, char **sql, struct rs_err *err)
{
	struct rs_sql_dialect dialect;
	struct rs_ddl d = {0};
	struct rs_table *next = NULL;

	rs_engine_dialect(o->e, m->sql_mode, &dialect);
	enum rs_rc rc = rs_ddl_parse(&d, m->sql, strlen(m->sql), m->db, &dialect, err);
	if (rc == RS_OK && o->e->source->lowers_names)
		rs_ddl_lower_names(&d);
	if (rc == RS_OK)
		rc = rs_ddl_alter(&d, s->env, base, &next, err);
	if (rc == RS_OK && !rs_table_same(next, m->schema))
		rc = rs_err_set(err, RS_E_DDL_UNKNOWN, _("the table was changed meanwhile"));
	if (rc == RS_OK)
		rc = rs_ddl_copies_the_same(&d, base, next, err);
	if (rc == RS_OK)
		*sql = rs_ddl_retarget(&d, base->db, base->name);
	rs_table_unref(next);
	rs_ddl_release(&d);
	return rc;
}

static const char *why_not(const struct rs_online *o, const struct rs_online_statement *s, const struct rs_meta_online *m,
                           const char *shadow, const char *db, const char *base)
{
	if (m == NULL || strcmp(m->shadow, shadow) != 0)
		return _("how that was made is not known");
	if (m->why != NULL)
		return m->why;
	if (m->sql == NULL)
		return _("nothing was changed in it");
	if (!is_proven(o, s, m))
		return _("nothing but the names tells that a tool has filled it");
	return is_referred_to(s, db, base) ? _("a foreign key refers to the table") : NULL;
}

static enum rs_rc swap(struct rs_online *o, const struct rs_online_statement *s, const struct rs_ddl_ref *shadow,
                       const struct rs_ddl_ref *to, struct rs_online_alter *out)
{
	const struct rs_meta_online *m = find(o, to->db, to->name);
	const struct rs_table *base = s->store->find(s->store->ctx, to->db, to->name);
	struct rs_err failed = RS_ERR_INIT;

	if (base == NULL)
		return RS_OK;
	const char *why = why_not(o, s, m, shadow->name, to->db, to->name);
	if (why == NULL && derive(o, s, base, m, &out->sql, &failed) != RS_OK)
		why = failed.primary ? failed.primary : "";
	if (why != NULL) {
		refuse(o, s, to->db, to->name, why);
		rs_err_clear(&failed);
		return RS_FAIL;
	}
	out->db = rs_xstrdup(m->db);
	out->time_zone = rs_xstrdup(m->time_zone);
	out->sql_mode = m->sql_mode;
	note(o, s, to->db, to->name, NULL);
	return RS_EOF;
}

/* ALTER TABLE t RENAME u, RENAME TABLE t TO u: nothing else. */
static bool renames_one(const struct rs_ddl *d)
{
	return d->n_refs == 2 && d->refs[0].role == RS_ROLE_RENAME_FROM && d->refs[1].role == RS_ROLE_RENAME_TO &&
	       (d->kind == RS_STMT_RENAME_TABLE || d->tree->n_alters == 1);
}

/* The first of two steps: the table goes where tools put the old one. What is written to it there is as lost at the source as
 * the table itself, once its shadow has taken its place; nothing else may be done with its name until then. */
static bool steps_aside(struct rs_online *o, const struct rs_online_statement *s)
{
	const struct rs_ddl_ref *from = &s->d->refs[0], *to = &s->d->refs[1];
	const struct rs_selection *sel = o->e->task->objects;
	const struct rs_meta_online *m = find(o, from->db, from->name);

	if (m == NULL || strcmp(from->db, to->db) != 0 || rs_working_role(rs_selection_working(sel), to->name, NULL) != RS_WORKING_TRASH ||
	    rs_selection_includes_table(sel, to->db, to->name) || why_not(o, s, m, m->shadow, from->db, from->name) != NULL)
		return false;
	struct rs_meta_online *now = rs_meta_online_copy(m);
	now->away = rs_xstrdup(to->name);
	note(o, s, from->db, from->name, now);
	return true;
}

/* The second: the shadow takes the place that is free. */
static bool steps_in(const struct rs_online *o, const struct rs_online_statement *s)
{
	const struct rs_ddl_ref *from = &s->d->refs[0], *to = &s->d->refs[1];
	const struct rs_meta_online *m = renames_one(s->d) ? find(o, to->db, to->name) : NULL;

	return m != NULL && m->away != NULL && same_table(from, to->db, m->shadow);
}

/* A statement about a table which is not there now. */
static const struct rs_ddl_ref *names_one_away(const struct rs_online *o, const struct rs_ddl *d)
{
	bool of_tables = d->kind >= RS_STMT_CREATE_TABLE && d->kind <= RS_STMT_DROP_INDEX;

	for (size_t i = 0; of_tables && i < d->n_refs; i++) {
		const struct rs_ddl_ref *r = &d->refs[i];
		const struct rs_meta_online *m = find(o, r->db, r->name);
		if (m != NULL && m->away != NULL && r->role != RS_ROLE_FK_PARENT && r->role != RS_ROLE_UNION)
			return r;
	}
	return NULL;
}

/* RENAME TABLE t TO somewhere that is none of the task's, shadow TO t: nothing else. */
static enum rs_rc renamed(struct rs_online *o, const struct rs_online_statement *s, struct rs_online_alter *out)
{
	const struct rs_ddl_ref *r = s->d->refs;
	bool two = s->d->n_refs == 4 && r[0].role == RS_ROLE_RENAME_FROM && r[2].role == RS_ROLE_RENAME_FROM;

	if (two && same_table(&r[3], r[0].db, r[0].name) && strcmp(r[2].db, r[3].db) == 0 &&
	    !rs_selection_includes_table(o->e->task->objects, r[1].db, r[1].name)) {
		char *base = base_of(o, &r[2]);
		bool is_swap = base != NULL && strcmp(base, r[3].name) == 0;
		free(base);
		if (is_swap)
			return swap(o, s, &r[2], &r[3], out);
	}
	if (renames_one(s->d) && steps_aside(o, s))
		return RS_AGAIN;
	end_all(o, s, RS_ROLE_RENAME_FROM);
	return RS_OK;
}

enum rs_rc rs_online_follow(struct rs_online *o, const struct rs_online_statement *s, struct rs_online_alter *out)
{
	if (rs_selection_working(o->e->task->objects) == NULL)
		return RS_OK;
	if (steps_in(o, s))
		return swap(o, s, &s->d->refs[0], &s->d->refs[1], out);
	const struct rs_ddl_ref *away = names_one_away(o, s->d);
	if (away != NULL)
		return refuse(o, s, away->db, away->name, _("the table was moved away, and its working table has not taken its place"));
	switch (s->d->kind) {
	case RS_STMT_CREATE_TABLE:
	case RS_STMT_CREATE_TABLE_LIKE:
		begin(o, s);
		break;
	case RS_STMT_ALTER_TABLE:
		if (ref_of(s->d, RS_ROLE_RENAME_FROM) != NULL)
			return renamed(o, s, out);
		alter(o, s);
		break;
	case RS_STMT_ALTER_PARTITION:
	case RS_STMT_TRUNCATE_TABLE:
	case RS_STMT_CREATE_INDEX:
	case RS_STMT_DROP_INDEX:
		alter(o, s);
		break;
	case RS_STMT_DROP_TABLE:
		end_all(o, s, RS_ROLE_TARGET);
		break;
	case RS_STMT_CREATE_TRIGGER:
		prove(o, s);
		break;
	case RS_STMT_RENAME_TABLE:
		return renamed(o, s, out);
	default:
		break;
	}
	return RS_OK;
}

/* ---------------------------------------------------------------- the plan */

void rs_online_take(struct rs_engine *e, const struct rs_ddl_item *item)
{
	for (size_t i = 0; i < item->n_online; i++) {
		struct rs_sync_table *t = rs_plan_find(e, item->online[i].db, item->online[i].base);
		if (t == NULL)
			continue;
		rs_meta_online_free(t->meta.online);
		t->meta.online = item->online[i].now ? rs_meta_online_copy(item->online[i].now) : NULL;
	}
}

size_t rs_online_put(struct rs_engine *e, const struct rs_ddl_item *item, struct rs_meta_table *metas)
{
	size_t n = 0;

	for (size_t i = 0; i < item->n_online; i++) {
		const struct rs_sync_table *t = rs_plan_find(e, item->online[i].db, item->online[i].base);
		if (t != NULL && t->meta.state != RS_TABLE_GONE)
			metas[n++] = t->meta;
	}
	return n;
}
