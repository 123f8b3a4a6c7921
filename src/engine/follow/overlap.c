#include "engine/follow/overlap.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "base/i18n.h"
#include "base/mem.h"

static void note(struct rs_ddl_item *item, const char *db, const char *name)
{
	RS_GROW(item->moved, item->n_moved, item->cap_moved);
	item->moved[item->n_moved++] = rs_xstrdup(db);
	RS_GROW(item->moved, item->n_moved, item->cap_moved);
	item->moved[item->n_moved++] = rs_xstrdup(name);
}

/* ---------------------------------------------------------------- values */

static bool is_integer(enum rs_type t) { return t >= RS_T_TINYINT && t <= RS_T_BIGINT; }

static bool same_text(const char *a, const char *b) { return a == b || (a != NULL && b != NULL && strcasecmp(a, b) == 0); }

/* Members may be added behind the others: values are numbers. */
static bool keeps_members(const struct rs_column *from, const struct rs_column *to)
{
	if (from->n_members > to->n_members || (from->n_members > 0 && (from->members == NULL || to->members == NULL)))
		return false;
	for (size_t i = 0; i < from->n_members; i++)
		if (strcmp(from->members[i], to->members[i]) != 0)
			return false;
	return true;
}

/* Whether a value that is read under the one type means the same under the other. */
static bool means_the_same(const struct rs_column *from, const struct rs_column *to)
{
	if (from->type != to->type)
		return is_integer(from->type) && is_integer(to->type);
	return same_text(from->charset, to->charset) && keeps_members(from, to);
}

static bool same_name(const struct rs_sql *s, uint32_t a, uint32_t b)
{
	char *x = rs_sql_text(s, a), *y = rs_sql_text(s, b);
	bool same = strcasecmp(x, y) == 0;

	free(x);
	free(y);
	return same;
}

static bool names_column(const struct rs_sql *s, uint32_t i, const struct rs_table *t)
{
	char *name = rs_sql_is_name(s, i) ? rs_sql_text(s, i) : NULL;
	bool found = name != NULL && rs_table_column(t, name) >= 0;

	free(name);
	return found;
}

/* CHANGE [COLUMN] a b, RENAME COLUMN a TO b. */
static bool takes_a_name(const struct rs_sql *s, const struct rs_table *from)
{
	for (uint32_t i = 0; i + 2 < s->count; i++) {
		uint32_t a = i + 1;
		if (!rs_sql_is(s, i, "CHANGE") && !rs_sql_is(s, i, "RENAME"))
			continue;
		while (rs_sql_is(s, a, "COLUMN") || rs_sql_is(s, a, "IF") || rs_sql_is(s, a, "EXISTS"))
			a++;
		uint32_t b = rs_sql_is(s, a + 1, "TO") ? a + 2 : a + 1;
		if (b < s->count && names_column(s, a, from) && names_column(s, b, from) && !same_name(s, a, b))
			return true;
	}
	return false;
}

void rs_overlap_note_change(struct rs_ddl_item *item, const struct rs_ddl *d, const struct rs_table *from, const struct rs_table *to)
{
	bool same = from == NULL || d->kind != RS_STMT_ALTER_TABLE || !takes_a_name(&d->sql, from);

	for (size_t i = 0; from != NULL && same && i < from->n_columns; i++) {
		int k = rs_table_column(to, from->columns[i].name);
		same = k < 0 || means_the_same(&from->columns[i], &to->columns[k]);
	}
	if (!same)
		note(item, from->db, from->name);
}

/* What was read of a column that is another one now, or is of another type, may be the one or the other. */
void rs_overlap_note_version(struct rs_ddl_item *item, const struct rs_table *from, const struct rs_table *to)
{
	bool same = true;

	for (size_t i = 0; same && i < from->n_columns; i++) {
		const int k = rs_table_column(to, from->columns[i].name);

		same = k < 0 || (from->columns[i].number == to->columns[k].number && same_text(from->columns[i].native, to->columns[k].native));
	}
	if (!same)
		note(item, from->db, from->name);
}

/* ---------------------------------------------------------------- names */

void rs_overlap_note_moves(struct rs_ddl_item *item, const struct rs_ddl *d)
{
	bool moves = false;

	for (size_t i = 0; i < d->n_refs; i++)
		moves = moves || d->refs[i].role == RS_ROLE_RENAME_TO || d->refs[i].role == RS_ROLE_EXCHANGE;
	for (size_t i = 0; moves && i < d->n_refs; i++)
		if (d->refs[i].role == RS_ROLE_RENAME_FROM || d->refs[i].role == RS_ROLE_TARGET || d->refs[i].role == RS_ROLE_EXCHANGE)
			note(item, d->refs[i].db, d->refs[i].name);
}

/* ---------------------------------------------------------------- what was copied */

struct looking {
	const char *db, *name;
	bool found;
};

static void take_chunk(void *arg, const char *db, const char *name, const struct rs_meta_chunk *chunk)
{
	struct looking *l = arg;

	(void)chunk;
	l->found = l->found || (strcmp(l->db, db) == 0 && strcmp(l->name, name) == 0);
}

/* A table that the log has brought has no chunks, and no place in the log at which it was read whole. */
static enum rs_rc was_copied(struct rs_engine *e, const char *db, const char *name, bool *out, struct rs_err *err)
{
	const struct rs_sync_table *t = rs_plan_find(e, db, name);
	struct looking looking = {db, name, false};
	const struct rs_chunk_taker taker = {take_chunk, &looking};

	*out = t != NULL && t->meta.exact.file != NULL;
	if (t == NULL || *out)
		return RS_OK;
	enum rs_rc rc = e->sink->ops->load_chunks(e->sink, &taker, err);
	*out = looking.found;
	return rc;
}

enum rs_rc rs_overlap_check(struct rs_engine *e, const struct rs_change *c, struct rs_err *err)
{
	const struct rs_ddl_item *item = c->attached;
	bool copied = false;
	enum rs_rc rc = RS_OK;

	if (e->meta.p1.file == NULL || c->position.file == NULL || rs_position_compare(&c->position, &e->meta.p1) > 0)
		return RS_OK;
	for (size_t i = 0; rc == RS_OK && i < item->n_moved; i += 2) {
		rc = was_copied(e, item->moved[i], item->moved[i + 1], &copied, err);
		if (rc != RS_OK || !copied)
			continue;
		rs_err_set(err, RS_E_COPY_CHANGED, _("the table %s.%s was changed while it was copied, in a way that no copy can follow"),
		           item->moved[i], item->moved[i + 1]);
		rs_err_detail(err, "%.*s", (int)(c->sql_len < 1000 ? c->sql_len : 1000), c->sql);
		rs_err_hint(err, _("what was copied may be of the time before or after it: release the task and synchronize anew, without "
		                   "such changes until the copy has ended"));
		return RS_FAIL;
	}
	return rc;
}
