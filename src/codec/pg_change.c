/* A schema change of MySQL's in PostgreSQL's words. */
#include "codec/pg_ddl_priv.h"

#include <stdlib.h>
#include <string.h>
#include "base/i18n.h"
#include "base/mem.h"

static struct rs_table *before(const struct rs_pg_change *s, const struct rs_ddl_ref *r) { return s->before(s->ctx, r->db, r->name); }
static struct rs_table *after(const struct rs_pg_change *s, const struct rs_ddl_ref *r) { return s->after(s->ctx, r->db, r->name); }

static const struct rs_ddl_ref *ref_of(const struct rs_pg_change *s, enum rs_ddl_role role)
{
	for (size_t i = 0; i < s->d->n_refs; i++)
		if (s->d->refs[i].role == role)
			return &s->d->refs[i];
	return NULL;
}

static void put_on(struct rs_buf *out, const char *words, const struct rs_table *t, const char *rest)
{
	(void)rs_buf_adds(out, words);
	rs_pg_put_table(out, t->db, t->name);
	(void)rs_buf_addf(out, "%s; ", rest);
}

/* ------------------------------------------------------------------ CREATE TABLE */

/* One that is known already was made before a crash, in a transaction whose rows are still to come, or by IF NOT EXISTS. */
static enum rs_rc put_create(struct rs_buf *out, const struct rs_pg_change *s, struct rs_err *err)
{
	const struct rs_ddl_ref *r = ref_of(s, RS_ROLE_TARGET);
	struct rs_table *was = r ? before(s, r) : NULL, *is = r ? after(s, r) : NULL;
	const bool replaces = was && (s->d->flags & RS_DDL_OR_REPLACE);
	enum rs_rc rc = RS_OK;

	if (replaces)
		put_on(out, "DROP TABLE IF EXISTS ", was, "");
	if (is && (!was || replaces))
		rc = s->create(s->ctx, is, out, err);
	rs_table_unref(was);
	rs_table_unref(is);
	return rc;
}

/* ------------------------------------------------------------------ DROP, TRUNCATE */

static enum rs_rc put_drop(struct rs_buf *out, const struct rs_pg_change *s)
{
	for (size_t i = 0; i < s->d->n_refs; i++) {
		struct rs_table *was = s->d->refs[i].role == RS_ROLE_TARGET ? before(s, &s->d->refs[i]) : NULL;

		if (was)
			put_on(out, s->d->flags & RS_DDL_IF_EXISTS ? "DROP TABLE IF EXISTS " : "DROP TABLE ", was, "");
		rs_table_unref(was);
	}
	return RS_OK;
}

static enum rs_rc put_truncate(struct rs_buf *out, const struct rs_pg_change *s)
{
	const struct rs_ddl_ref *r = ref_of(s, RS_ROLE_TARGET);
	struct rs_table *is = r ? after(s, r) : NULL;

	if (is)
		put_on(out, "TRUNCATE TABLE ", is, " RESTART IDENTITY");
	rs_table_unref(is);
	return RS_OK;
}

/* ------------------------------------------------------------------ RENAME TABLE */

/* Names that the statement has given so far, from the first step to the last. */
struct moved {
	char *db, *name; /* the source's */
	struct rs_table *t;
};

struct moves {
	struct moved *items;
	size_t n, cap;
};

static struct rs_table *take(struct moves *m, const struct rs_pg_change *s, const struct rs_ddl_ref *r)
{
	for (size_t i = m->n; i-- > 0;) {
		struct moved *item = &m->items[i];

		if (strcmp(item->db, r->db) == 0 && strcmp(item->name, r->name) == 0 && item->t) {
			struct rs_table *t = item->t;

			item->t = NULL;
			return t;
		}
	}
	return before(s, r);
}

static void note(struct moves *m, const struct rs_ddl_ref *r, struct rs_table *t)
{
	RS_GROW(m->items, m->n, m->cap);
	m->items[m->n++] = (struct moved){rs_xstrdup(r->db), rs_xstrdup(r->name), t};
}

static void free_moves(struct moves *m)
{
	for (size_t i = 0; i < m->n; i++) {
		free(m->items[i].db);
		free(m->items[i].name);
		rs_table_unref(m->items[i].t);
	}
	free(m->items);
}

/* Where the new name is none of the task's the rows stay where they are. */
static void put_move(struct rs_buf *out, const struct rs_pg_change *s, struct moves *m, const struct rs_ddl_ref *from,
                     const struct rs_ddl_ref *to)
{
	struct rs_table *t = take(m, s, from);
	const char *db, *name;

	if (!t)
		return;
	if (s->map.table(s->map.ctx, to->db, to->name, &db, &name))
		pg_put_rename(out, t, db, name);
	note(m, to, t);
}

static enum rs_rc put_rename(struct rs_buf *out, const struct rs_pg_change *s)
{
	const struct rs_ddl_ref *from = NULL;
	struct moves m = {0};

	for (size_t i = 0; i < s->d->n_refs; i++) {
		if (s->d->refs[i].role == RS_ROLE_RENAME_FROM)
			from = &s->d->refs[i];
		else if (s->d->refs[i].role == RS_ROLE_RENAME_TO && from)
			put_move(out, s, &m, from, &s->d->refs[i]);
	}
	free_moves(&m);
	return RS_OK;
}

/* ------------------------------------------------------------------ ALTER TABLE */

/* Of one that leaves the task with the statement nothing more is done. */
static enum rs_rc put_alter(struct rs_buf *out, const struct rs_pg_change *s, struct rs_err *err)
{
	const struct rs_ddl_ref *to = ref_of(s, RS_ROLE_RENAME_TO), *from = ref_of(s, to ? RS_ROLE_RENAME_FROM : RS_ROLE_TARGET);
	struct rs_table *was = from ? before(s, from) : NULL, *is = from ? after(s, to ? to : from) : NULL;

	if (was && (s->d->flags & RS_DDL_LOSES_ROWS))
		pg_put_only_empty(out, was, _("rows went with partitions of the source: copy the table anew"));
	if (was && is)
		return pg_put_alter(out, s, from, to ? to : from, was, is, err);
	rs_table_unref(was);
	rs_table_unref(is);
	return RS_OK;
}

/* ------------------------------------------------------------------ databases */

static enum rs_rc put_create_schema(struct rs_buf *out, const struct rs_pg_change *s)
{
	const struct rs_ddl_ref *r = ref_of(s, RS_ROLE_DATABASE);
	const char *name = r ? s->map.database(s->map.ctx, r->db) : NULL;

	if (!name)
		return RS_OK;
	(void)rs_buf_adds(out, "CREATE SCHEMA IF NOT EXISTS ");
	rs_pg_put_ident(out, name);
	(void)rs_buf_adds(out, "; ");
	return RS_OK;
}

/* The schema goes where nothing of anybody else's is in it. */
static void put_drop_empty_schema(struct rs_buf *out, const char *name)
{
	struct rs_buf body = RS_BUF_INIT;

	(void)rs_buf_adds(&body, "BEGIN DROP SCHEMA IF EXISTS ");
	rs_pg_put_ident(&body, name);
	(void)rs_buf_adds(&body, "; EXCEPTION WHEN dependent_objects_still_exist THEN NULL; END");
	pg_put_block(out, &body);
	rs_buf_release(&body);
}

static enum rs_rc put_drop_schema(struct rs_buf *out, const struct rs_pg_change *s)
{
	const struct rs_ddl_ref *r = ref_of(s, RS_ROLE_DATABASE);
	const char *name = r ? s->map.database(s->map.ctx, r->db) : NULL;
	char *own = name ? rs_xstrdup(name) : NULL;

	for (size_t i = 0; own && i < s->n_dropped; i++) {
		struct rs_table *was = s->before(s->ctx, s->dropped[i], s->dropped[i] + strlen(s->dropped[i]) + 1);

		if (was)
			put_on(out, "DROP TABLE IF EXISTS ", was, "");
		rs_table_unref(was);
	}
	if (own)
		put_drop_empty_schema(out, own);
	free(own);
	return RS_OK;
}

/* ------------------------------------------------------------------ all of them */

enum rs_rc rs_pg_put_change(struct rs_buf *out, const struct rs_pg_change *s, struct rs_err *err)
{
	switch (s->d->kind) {
	case RS_STMT_CREATE_TABLE:
	case RS_STMT_CREATE_TABLE_LIKE: return put_create(out, s, err);
	case RS_STMT_DROP_TABLE: return put_drop(out, s);
	case RS_STMT_TRUNCATE_TABLE: return put_truncate(out, s);
	case RS_STMT_RENAME_TABLE: return put_rename(out, s);
	case RS_STMT_ALTER_TABLE:
	case RS_STMT_ALTER_PARTITION:
	case RS_STMT_CREATE_INDEX:
	case RS_STMT_DROP_INDEX: return put_alter(out, s, err);
	case RS_STMT_CREATE_DATABASE: return put_create_schema(out, s);
	case RS_STMT_DROP_DATABASE: return put_drop_schema(out, s);
	default: return RS_OK;
	}
}
