/* What a statement has changed about one table, in PostgreSQL's words: found by comparing the table before and after it; of the
 * statement itself counts which column became which, and what new ones begin with. */
#include "codec/pg_ddl_priv.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "base/i18n.h"
#include "base/mem.h"
#include "codec/ddl_tree.h"

#define MODE_STRICT UINT64_C(0x600000) /* STRICT_TRANS_TABLES, STRICT_ALL_TABLES */
#define MOVING "rds_sync_moving"       /* the name of what is between two names */

struct pg_alter {
	const struct rs_pg_change *change;
	const char *db, *table;       /* the source's names before the statement, … */
	const char *db_after, *table_after; /* … and after it */
	struct rs_table *before, *after;
	int *origins;                 /* for each column of after the index in before that it was, -1: it is new */
	const struct rs_ddl_column **defs; /* … and how the statement defines a new one; NULL: it does not */
};

/* ------------------------------------------------------------------ words */

static void put_alter_table(struct rs_buf *out, const struct rs_table *t)
{
	(void)rs_buf_adds(out, "ALTER TABLE ");
	rs_pg_put_table(out, t->db, t->name);
}

static void put_alter_column(struct rs_buf *out, const struct rs_table *t, const char *column)
{
	put_alter_table(out, t);
	(void)rs_buf_adds(out, " ALTER COLUMN ");
	rs_pg_put_ident(out, column);
}

void pg_put_block(struct rs_buf *out, const struct rs_buf *body)
{
	(void)rs_buf_adds(out, "DO ");
	rs_pg_put_text(out, rs_buf_str(body));
	(void)rs_buf_adds(out, "; ");
}

/* RAISE takes its text as a format. */
void pg_put_only_empty(struct rs_buf *out, const struct rs_table *t, const char *why)
{
	struct rs_buf body = RS_BUF_INIT;

	(void)rs_buf_adds(&body, "BEGIN IF EXISTS (SELECT FROM ");
	rs_pg_put_table(&body, t->db, t->name);
	(void)rs_buf_adds(&body, ") THEN RAISE EXCEPTION USING MESSAGE = ");
	rs_pg_put_text(&body, why);
	(void)rs_buf_adds(&body, "; END IF; END");
	pg_put_block(out, &body);
	rs_buf_release(&body);
}

static void put_index_of(struct rs_buf *out, const struct rs_table *t, const char *key)
{
	rs_pg_put_ident(out, t->db);
	(void)rs_buf_addc(out, '.');
	pg_put_index_name(out, t->name, key);
}

/* ------------------------------------------------------------------ names of tables */

/* Within its schema: the names of indexes tell whose they are. */
static void put_new_name(struct rs_buf *out, struct rs_table *t, const char *name)
{
	put_alter_table(out, t);
	(void)rs_buf_adds(out, " RENAME TO ");
	rs_pg_put_ident(out, name);
	(void)rs_buf_adds(out, "; ");
	for (size_t i = 0; i < t->n_keys; i++) {
		if (pg_is_primary(&t->keys[i]) || !pg_has_key(t, &t->keys[i]))
			continue;
		(void)rs_buf_adds(out, "ALTER INDEX IF EXISTS ");
		put_index_of(out, t, t->keys[i].name);
		(void)rs_buf_adds(out, " RENAME TO ");
		pg_put_index_name(out, name, t->keys[i].name);
		(void)rs_buf_adds(out, "; ");
	}
	free(t->name);
	t->name = rs_xstrdup(name);
}

/* Neither name may be another's where it comes from, nor where it goes. */
void pg_put_rename(struct rs_buf *out, struct rs_table *t, const char *db, const char *name)
{
	if (strcmp(t->db, db) != 0) {
		put_new_name(out, t, MOVING);
		put_alter_table(out, t);
		(void)rs_buf_adds(out, " SET SCHEMA ");
		rs_pg_put_ident(out, db);
		(void)rs_buf_adds(out, "; ");
		free(t->db);
		t->db = rs_xstrdup(db);
	}
	if (strcmp(t->name, name) != 0)
		put_new_name(out, t, name);
}

/* ------------------------------------------------------------------ which column became which */

struct names {
	char *old, *new; /* at the destination; NULL: left out there, or none */
};

static char *mapped(const struct pg_alter *a, bool after, uint32_t token)
{
	const struct rs_ddl_map *map = &a->change->map;
	char *name = rs_sql_text(&a->change->d->sql, token), *to;

	to = rs_xstrdup(map->column ? map->column(map->ctx, after ? a->db_after : a->db, after ? a->table_after : a->table, name) : name);
	free(name);
	return to;
}

static void free_names(struct names *n)
{
	free(n->old);
	free(n->new);
}

static bool is_name(const char *a, const char *b) { return a && b && strcasecmp(a, b) == 0; }

static bool gives_name(const struct rs_ddl_alter *alter)
{
	return alter->kind == RS_ALTER_CHANGE_COLUMN || alter->kind == RS_ALTER_RENAME_COLUMN;
}

static struct names names_of(const struct pg_alter *a, const struct rs_ddl_alter *alter)
{
	const uint32_t to = alter->kind == RS_ALTER_RENAME_COLUMN ? alter->to_name : a->change->d->tree->columns[alter->first].name;

	return (struct names){mapped(a, false, alter->name), mapped(a, true, to)};
}

/* A column that was there is another one's name now, or is gone. */
static bool is_away(const struct pg_alter *a, const char *column)
{
	const struct rs_ddl_tree *tree = a->change->d->tree;

	for (uint32_t i = 0; i < tree->n_alters; i++) {
		const struct rs_ddl_alter *alter = &tree->alters[i];
		struct names n = {NULL, NULL};
		bool away;

		if (alter->kind == RS_ALTER_DROP_COLUMN)
			n.old = mapped(a, false, alter->name);
		else if (gives_name(alter))
			n = names_of(a, alter);
		away = is_name(n.old, column) && !is_name(n.new, column);
		free_names(&n);
		if (away)
			return true;
	}
	return false;
}

/* -2: the statement gives nothing that name. */
static int renamed_from(const struct pg_alter *a, const char *column)
{
	const struct rs_ddl_tree *tree = a->change->d->tree;

	for (uint32_t i = 0; i < tree->n_alters; i++) {
		struct names n;
		int from = -2;

		if (!gives_name(&tree->alters[i]))
			continue;
		n = names_of(a, &tree->alters[i]);
		if (is_name(n.new, column))
			from = n.old ? rs_table_column(a->before, n.old) : -1;
		free_names(&n);
		if (from != -2)
			return from;
	}
	return -2;
}

static int origin_of(const struct pg_alter *a, const char *column)
{
	int from = renamed_from(a, column);

	if (from == -2)
		from = is_away(a, column) ? -1 : rs_table_column(a->before, column);
	return from >= 0 && pg_has_column(&a->before->columns[from]) ? from : -1;
}

/* How the statement defines a column. */
static const struct rs_ddl_column *definition_of(const struct pg_alter *a, const char *column)
{
	const struct rs_ddl_tree *tree = a->change->d->tree;

	for (uint32_t i = 0; i < tree->n_alters; i++) {
		const struct rs_ddl_alter *alter = &tree->alters[i];

		for (uint32_t k = 0; alter->kind == RS_ALTER_ADD_COLUMN && k < alter->n; k++) {
			char *name = mapped(a, true, tree->columns[alter->first + k].name);
			const bool found = is_name(name, column);

			free(name);
			if (found)
				return &tree->columns[alter->first + k];
		}
	}
	return NULL;
}

static void find_origins(struct pg_alter *a)
{
	a->origins = rs_xcalloc(a->after->n_columns + 1, sizeof *a->origins);
	a->defs = rs_xcalloc(a->after->n_columns + 1, sizeof *a->defs);
	for (size_t i = 0; i < a->after->n_columns; i++) {
		a->origins[i] = origin_of(a, a->after->columns[i].name);
		if (a->origins[i] < 0)
			a->defs[i] = definition_of(a, a->after->columns[i].name);
	}
}

/* The index in after; -1: it is gone. */
static int became(const struct pg_alter *a, size_t column)
{
	for (size_t i = 0; i < a->after->n_columns; i++)
		if (a->origins[i] == (int)column && pg_has_column(&a->after->columns[i]))
			return (int)i;
	return -1;
}

/* ------------------------------------------------------------------ keys */

static bool has_same_type(const struct rs_column *x, const struct rs_column *y)
{
	struct rs_buf a = RS_BUF_INIT, b = RS_BUF_INIT;
	struct rs_err ignored = RS_ERR_INIT;
	const bool same = rs_pg_type_of(x, &a, &ignored) == RS_OK && rs_pg_type_of(y, &b, &ignored) == RS_OK && strcmp(rs_buf_str(&a), rs_buf_str(&b)) == 0;

	rs_buf_release(&a);
	rs_buf_release(&b);
	rs_err_clear(&ignored);
	return same;
}

static bool is_same_part(const struct pg_alter *a, const struct rs_key_part *p, const struct rs_key_part *q)
{
	if (a->origins[q->column] != (int)p->column || p->prefix != q->prefix || p->descending != q->descending)
		return false;
	return !p->prefix || has_same_type(&a->before->columns[p->column], &a->after->columns[q->column]);
}

/* Whether what the key is at the destination stays. */
static bool is_same_key(const struct pg_alter *a, const struct rs_key *k, const struct rs_key *l)
{
	if (!pg_has_key(a->before, k) || !pg_has_key(a->after, l) || k->primary != l->primary || k->unique != l->unique || k->n_parts != l->n_parts)
		return false;
	for (size_t i = 0; i < k->n_parts; i++)
		if (!is_same_part(a, &k->parts[i], &l->parts[i]))
			return false;
	return true;
}

static bool has_name(const struct rs_table *t, const char *key)
{
	for (size_t i = 0; i < t->n_keys; i++)
		if (strcasecmp(t->keys[i].name, key) == 0)
			return true;
	return false;
}

/* The key of the other table that this one is: under its name, or under one that only one of the tables has. */
static const struct rs_key *twin_of(const struct pg_alter *a, const struct rs_key *k, bool in_after)
{
	const struct rs_table *own = in_after ? a->before : a->after, *other = in_after ? a->after : a->before;

	for (int renamed = 0; renamed <= 1; renamed++)
		for (size_t i = 0; i < other->n_keys; i++) {
			const struct rs_key *l = &other->keys[i];

			if (renamed ? has_name(own, l->name) || has_name(other, k->name) : strcasecmp(l->name, k->name) != 0)
				continue;
			if (in_after ? is_same_key(a, k, l) : is_same_key(a, l, k))
				return l;
		}
	return NULL;
}

/* Its name is whatever the server has given it. */
static void put_drop_primary(struct rs_buf *out, const struct rs_table *t)
{
	struct rs_buf body = RS_BUF_INIT, words = RS_BUF_INIT, table = RS_BUF_INIT;

	rs_pg_put_table(&table, t->db, t->name);
	put_alter_table(&words, t);
	(void)rs_buf_adds(&words, " DROP CONSTRAINT ");
	(void)rs_buf_adds(&body, "DECLARE c text; BEGIN SELECT conname INTO c FROM pg_catalog.pg_constraint WHERE contype = 'p' AND conrelid = ");
	rs_pg_put_text(&body, rs_buf_str(&table));
	(void)rs_buf_adds(&body, "::pg_catalog.regclass; IF c IS NOT NULL THEN EXECUTE ");
	rs_pg_put_text(&body, rs_buf_str(&words));
	(void)rs_buf_adds(&body, " || pg_catalog.quote_ident(c); END IF; END");
	pg_put_block(out, &body);
	rs_buf_release(&body);
	rs_buf_release(&words);
	rs_buf_release(&table);
}

static void put_dropped_keys(struct rs_buf *out, const struct pg_alter *a)
{
	for (size_t i = 0; i < a->before->n_keys; i++) {
		const struct rs_key *k = &a->before->keys[i], *is = twin_of(a, k, true);

		if (!pg_has_key(a->before, k) || (is && twin_of(a, is, false) == k))
			continue;
		if (pg_is_primary(k)) {
			put_drop_primary(out, a->before);
			continue;
		}
		(void)rs_buf_adds(out, "DROP INDEX IF EXISTS ");
		put_index_of(out, a->before, k->name);
		(void)rs_buf_adds(out, "; ");
	}
}

static void put_key(struct rs_buf *out, const struct rs_table *t, const struct rs_key *k)
{
	if (!pg_is_primary(k)) {
		pg_put_index(out, t, k);
		return;
	}
	put_alter_table(out, t);
	(void)rs_buf_adds(out, " ADD PRIMARY KEY");
	pg_put_parts(out, t, k);
	(void)rs_buf_adds(out, "; ");
}

static void put_renamed_key(struct rs_buf *out, const struct rs_table *t, const char *from, const char *to)
{
	(void)rs_buf_adds(out, "ALTER INDEX IF EXISTS ");
	put_index_of(out, t, from);
	(void)rs_buf_adds(out, " RENAME TO ");
	pg_put_index_name(out, t->name, to);
	(void)rs_buf_adds(out, "; ");
}

static void put_new_keys(struct rs_buf *out, const struct pg_alter *a)
{
	for (size_t i = 0; i < a->after->n_keys; i++) {
		const struct rs_key *k = &a->after->keys[i], *was = twin_of(a, k, false);

		if (!was && pg_has_key(a->after, k))
			put_key(out, a->after, k);
		else if (was && !pg_is_primary(k) && strcmp(was->name, k->name) != 0)
			put_renamed_key(out, a->after, was->name, k->name);
	}
}

/* ------------------------------------------------------------------ columns */

static void put_dropped_columns(struct rs_buf *out, const struct pg_alter *a)
{
	for (size_t i = 0; i < a->before->n_columns; i++) {
		if (!pg_has_column(&a->before->columns[i]) || became(a, i) >= 0)
			continue;
		put_alter_table(out, a->before);
		(void)rs_buf_adds(out, " DROP COLUMN ");
		rs_pg_put_ident(out, a->before->columns[i].name);
		(void)rs_buf_adds(out, "; ");
	}
}

static void put_renamed_column(struct rs_buf *out, const struct rs_table *t, const char *from, const char *to)
{
	put_alter_table(out, t);
	(void)rs_buf_adds(out, " RENAME COLUMN ");
	rs_pg_put_ident(out, from);
	(void)rs_buf_adds(out, " TO ");
	rs_pg_put_ident(out, to);
	(void)rs_buf_adds(out, "; ");
}

static bool is_renamed(const struct pg_alter *a, size_t i)
{
	return a->origins[i] >= 0 && pg_has_column(&a->after->columns[i]) &&
	       strcmp(a->before->columns[a->origins[i]].name, a->after->columns[i].name) != 0;
}

/* A name is another column's until that has its new one. */
static bool is_taken(const struct pg_alter *a, const char *name)
{
	for (size_t i = 0; i < a->before->n_columns; i++)
		if (pg_has_column(&a->before->columns[i]) && became(a, i) >= 0 && strcmp(a->before->columns[i].name, name) == 0)
			return true;
	return false;
}

static void put_renamed_columns(struct rs_buf *out, const struct pg_alter *a)
{
	bool aside = false;

	for (size_t i = 0; i < a->after->n_columns; i++)
		aside = aside || (is_renamed(a, i) && is_taken(a, a->after->columns[i].name));
	for (int step = aside ? 0 : 1; step <= 1; step++)
		for (size_t i = 0; i < a->after->n_columns; i++) {
			char between[40];

			if (!is_renamed(a, i))
				continue;
			snprintf(between, sizeof between, MOVING "_%zu", i);
			put_renamed_column(out, a->before, step == 1 && aside ? between : a->before->columns[a->origins[i]].name,
			                   step == 0 ? between : a->after->columns[i].name);
		}
}

static void put_filled_bits(struct rs_buf *out, const struct rs_column *c)
{
	(void)rs_buf_adds(out, " USING pg_catalog.lpad(");
	rs_pg_put_ident(out, c->name);
	(void)rs_buf_addf(out, "::text, %u, '0')::bit(%u)", c->length, c->length);
}

static enum rs_rc put_type(struct rs_buf *out, const struct pg_alter *a, const struct rs_column *was, const struct rs_column *c,
                           struct rs_err *err)
{
	const bool strict = (a->change->d->sql.dialect.sql_mode & MODE_STRICT) != 0, known = pg_keeps_values(was, c, strict);

	if (!known) {
		char *why = rs_xprintf(_("the source alone knows what the values of column %s become: copy the table anew"), c->name);

		pg_put_only_empty(out, a->after, why);
		free(why);
	}
	if (has_same_type(was, c))
		return RS_OK;
	put_alter_column(out, a->after, c->name);
	(void)rs_buf_adds(out, " TYPE ");
	if (rs_pg_type_of(c, out, err) != RS_OK)
		return RS_FAIL;
	if (!known)
		(void)rs_buf_adds(out, " USING NULL");
	else if (c->type == RS_T_BIT)
		put_filled_bits(out, c);
	(void)rs_buf_adds(out, "; ");
	return RS_OK;
}

static void put_words(struct rs_buf *out, const struct pg_alter *a, const struct rs_column *c, const char *words)
{
	put_alter_column(out, a->after, c->name);
	(void)rs_buf_addf(out, " %s; ", words);
}

/* A sequence goes before a type that has none, and comes after NOT NULL, without which there is none. */
static enum rs_rc put_kept_column(struct rs_buf *out, const struct pg_alter *a, size_t i, struct rs_err *err)
{
	const struct rs_column *c = &a->after->columns[i], *was = &a->before->columns[a->origins[i]];

	if (pg_draws_numbers(was) && !pg_draws_numbers(c))
		put_words(out, a, c, "DROP IDENTITY IF EXISTS");
	if (put_type(out, a, was, c, err) != RS_OK)
		return RS_FAIL;
	if (was->nullable != c->nullable)
		put_words(out, a, c, c->nullable ? "DROP NOT NULL" : "SET NOT NULL");
	if (!pg_draws_numbers(was) && pg_draws_numbers(c))
		put_words(out, a, c, "ADD GENERATED BY DEFAULT AS IDENTITY");
	return RS_OK;
}

/* The rows that come have values of their own: the default is that of the rows that are there. */
static enum rs_rc put_new_column(struct rs_buf *out, const struct pg_alter *a, size_t i, struct rs_err *err)
{
	const struct rs_column *c = &a->after->columns[i];
	struct rs_buf fill = RS_BUF_INIT;
	enum rs_rc rc;

	if (!pg_put_fill(&fill, a->change, a->defs[i], c)) {
		char *why = rs_xprintf(_("the source alone knows which values the rows that are there have in column %s: copy the table anew"), c->name);

		pg_put_only_empty(out, a->after, why);
		free(why);
	}
	put_alter_table(out, a->after);
	(void)rs_buf_adds(out, " ADD COLUMN ");
	rc = pg_put_column(out, c, err);
	if (fill.len > 0)
		(void)rs_buf_addf(out, " DEFAULT %s", rs_buf_str(&fill));
	(void)rs_buf_adds(out, "; ");
	if (fill.len > 0)
		put_words(out, a, c, "DROP DEFAULT");
	rs_buf_release(&fill);
	return rc;
}

static enum rs_rc put_columns(struct rs_buf *out, const struct pg_alter *a, struct rs_err *err)
{
	enum rs_rc rc = RS_OK;

	put_dropped_columns(out, a);
	put_renamed_columns(out, a);
	for (size_t i = 0; rc == RS_OK && i < a->after->n_columns; i++)
		if (pg_has_column(&a->after->columns[i]))
			rc = a->origins[i] >= 0 ? put_kept_column(out, a, i, err) : put_new_column(out, a, i, err);
	return rc;
}

/* ------------------------------------------------------------------ all of it */

enum rs_rc pg_put_alter(struct rs_buf *out, const struct rs_pg_change *s, const struct rs_ddl_ref *from, const struct rs_ddl_ref *to,
                        struct rs_table *before, struct rs_table *after, struct rs_err *err)
{
	struct pg_alter a = {.change = s, .db = from->db, .table = from->name, .db_after = to->db, .table_after = to->name, .before = before,
	                     .after = after};
	enum rs_rc rc = pg_check_names(after, err);

	if (rc == RS_OK) {
		find_origins(&a);
		pg_put_rename(out, before, after->db, after->name);
		put_dropped_keys(out, &a);
		rc = put_columns(out, &a, err);
	}
	if (rc == RS_OK)
		put_new_keys(out, &a);
	free(a.origins);
	free(a.defs);
	rs_table_unref(before);
	rs_table_unref(after);
	return rc;
}
