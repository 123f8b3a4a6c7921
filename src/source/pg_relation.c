#include "source/pg_relation.h"

#include <stdlib.h>
#include <string.h>
#include "base/i18n.h"
#include "base/mem.h"
#include "codec/pg_ddl.h"
#include "codec/pg_difference.h"
#include "db/pg_login.h"

enum { FAST_DEFAULTS = 110000, GENERATED = 120000 };

/* Of one column of the catalogue's; what the row has in it. */
enum { NUMBER, NAME, TYPE, TYPMOD, TYPE_NAME, DEFAULTED, MISSING }; /* DEFAULTED: it has, or had, a value that is not NULL by itself */

struct comparison {
	const struct rs_table *was;
	struct rs_table *is;
	struct rs_change *c;
	struct rs_value *fills;       /* of each of is's columns, in c's arena */
	PGresult *now;                /* the catalogue's columns */
	struct rs_buf words;
	bool rewritten;               /* the table was, so that the catalogue forgot what rows had that were there */
	bool differs;
};

enum rs_rc rs_pg_relation_drift(const struct rs_table *t, const char *column, struct rs_err *err)
{
	rs_err_set(err, RS_E_SCHEMA_DRIFT, _("the columns of %s.%s are not what they were: %s"), t->db, t->name, column);
	return rs_err_hint(err, _("it can't be told any more what became of them at the source: release the task and synchronize the table anew"));
}

/* ---------------------------------------------------------------- the catalogue */

/* What rows had that were there when the column was added is kept with it until the table is rewritten. One that has no default
 * now may have had one then; where it may not be NULL, it had. */
static enum rs_rc ask_columns(struct rs_pg *pg, uint32_t oid, PGresult **out, struct rs_err *err)
{
	char relation[16], *sql = rs_xprintf(
		"SELECT a.attnum, a.attname, a.atttypid, a.atttypmod, pg_catalog.format_type(a.atttypid, a.atttypmod), "
		"a.atthasdef OR a.attidentity <> '' OR t.typtype = 'd' OR a.attnotnull, %s FROM pg_catalog.pg_attribute a "
		"JOIN pg_catalog.pg_type t ON t.oid = a.atttypid WHERE a.attrelid = $1::oid AND a.attnum > 0 AND NOT a.attisdropped%s",
		pg->version >= FAST_DEFAULTS ? "CASE WHEN a.atthasmissing THEN (a.attmissingval::text::text[])[1] END" : "NULL::text",
		pg->version >= GENERATED ? " AND a.attgenerated = ''" : "");
	const char *const values[] = {relation};

	snprintf(relation, sizeof relation, "%u", oid);
	enum rs_rc rc = rs_pg_query(pg, sql, values, 1, out, err);
	free(sql);
	return rc;
}

static enum rs_rc name_type(struct rs_pg *pg, const struct rs_pg_column *c, char **out, struct rs_err *err)
{
	char *sql = rs_xprintf("SELECT pg_catalog.format_type(%u, %d)", c->type, (int)c->typmod);
	enum rs_rc rc = rs_pg_scalar(pg, sql, out, err);

	free(sql);
	return rc;
}

/* The column as the log has it; -1: the catalogue has it no more. */
static int row_of(const PGresult *now, const struct rs_pg_column *c)
{
	for (int i = 0; i < PQntuples(now); i++)
		if (strcmp(PQgetvalue(now, i, NAME), c->name) == 0 && strtoul(PQgetvalue(now, i, TYPE), NULL, 10) == c->type &&
		    strtol(PQgetvalue(now, i, TYPMOD), NULL, 10) == c->typmod)
			return i;
	return -1;
}

/* ---------------------------------------------------------------- columns */

static const struct rs_column *by_name(const struct rs_table *t, const char *name)
{
	for (size_t i = 0; i < t->n_columns; i++)
		if (strcmp(t->columns[i].name, name) == 0)
			return &t->columns[i];
	return NULL;
}

/* A later number is not one of those that were there: the column was dropped and another one has its name. */
static uint32_t number_of(const struct comparison *x, const struct rs_pg_column *c, int row)
{
	const struct rs_column *same = by_name(x->was, c->name);

	if (row >= 0)
		return (uint32_t)strtoul(PQgetvalue(x->now, row, NUMBER), NULL, 10);
	return same != NULL ? same->number : 0;
}

static struct rs_value fill_of(const struct comparison *x, int row)
{
	if (row < 0)
		return (struct rs_value){.presence = RS_ABSENT};
	if (!PQgetisnull(x->now, row, MISSING))
		return rs_value_of(rs_arena_copy(&x->c->arena, PQgetvalue(x->now, row, MISSING), (size_t)PQgetlength(x->now, row, MISSING)),
		                   (size_t)PQgetlength(x->now, row, MISSING));
	return *PQgetvalue(x->now, row, DEFAULTED) == 't' || x->rewritten ? (struct rs_value){.presence = RS_ABSENT} : rs_value_null();
}

static void say(struct comparison *x, const char *words, const char *column)
{
	if (x->words.len == 0) {
		rs_buf_adds(&x->words, "ALTER TABLE ");
		rs_pg_put_table(&x->words, x->was->db, x->was->name);
	} else {
		rs_buf_addc(&x->words, ',');
	}
	rs_buf_adds(&x->words, words);
	rs_pg_put_ident(&x->words, column);
	x->differs = true;
}

static void say_what_became(struct comparison *x, const struct rs_column *was, const struct rs_column *is)
{
	if (was == NULL) {
		say(x, " ADD COLUMN ", is->name);
		rs_buf_addf(&x->words, " %s", is->native);
		return;
	}
	if (strcmp(was->name, is->name) != 0) {
		say(x, " RENAME COLUMN ", was->name);
		rs_buf_adds(&x->words, " TO ");
		rs_pg_put_ident(&x->words, is->name);
	}
	if (strcmp(was->native, is->native) != 0) {
		say(x, " ALTER COLUMN ", is->name);
		rs_buf_addf(&x->words, " TYPE %s", is->native);
	}
}

/* It was dropped and made again as it was, here or later: the log looks the same. */
static bool is_made_again(const struct comparison *x, const struct rs_column *is)
{
	const struct rs_column *same = by_name(x->was, is->name);

	return same != NULL && same->number != 0 && same->number != is->number && strcmp(same->native, is->native) == 0;
}

/* Nothing says that it may not be NULL: the log does not, and the catalogue may be of a later time. */
static enum rs_rc add_column(struct comparison *x, struct rs_pg *pg, const struct rs_pg_column *c, struct rs_err *err)
{
	const int row = row_of(x->now, c);
	char *type = row >= 0 ? rs_xstrdup(PQgetvalue(x->now, row, TYPE_NAME)) : NULL;
	enum rs_rc rc = type == NULL ? name_type(pg, c, &type, err) : RS_OK;

	if (rc != RS_OK)
		return rc;
	struct rs_column *is = rs_table_add_column(x->is, c->name, RS_T_NATIVE);
	free(is->native);
	is->native = type;
	is->number = number_of(x, c, row);
	if (is_made_again(x, is))
		return rs_pg_relation_drift(x->was, c->name, err);
	const int was = rs_pg_column_origin(x->was, is);
	is->nullable = was < 0 || x->was->columns[was].nullable;
	is->auto_increment = was >= 0 && x->was->columns[was].auto_increment;
	if (was >= 0 && is->number == 0)
		is->number = x->was->columns[was].number;
	x->fills[x->is->n_columns - 1] = was < 0 ? fill_of(x, row) : (struct rs_value){.presence = RS_ABSENT};
	say_what_became(x, was >= 0 ? &x->was->columns[was] : NULL, is);
	return RS_OK;
}

static bool is_kept(const struct comparison *x, size_t column)
{
	for (size_t i = 0; i < x->is->n_columns; i++)
		if (rs_pg_column_origin(x->was, &x->is->columns[i]) == (int)column)
			return true;
	return false;
}

/* Where one went and another one came, and of either nothing is known but the name, it may have been renamed. */
static enum rs_rc judge_unknown(const struct comparison *x, const struct rs_column *dropped, struct rs_err *err)
{
	for (size_t i = 0; i < x->is->n_columns; i++) {
		const struct rs_column *is = &x->is->columns[i];

		if ((is->number == 0 || dropped->number == 0) && rs_pg_column_origin(x->was, is) < 0)
			return rs_pg_relation_drift(x->was, is->name, err);
	}
	return RS_OK;
}

/* Generated columns are not in the log: they are taken to be there still. */
static enum rs_rc take_leave(struct comparison *x, struct rs_err *err)
{
	enum rs_rc rc = RS_OK;

	for (size_t i = 0; rc == RS_OK && i < x->was->n_columns; i++) {
		if (x->was->columns[i].generated || is_kept(x, i))
			continue;
		say(x, " DROP COLUMN ", x->was->columns[i].name);
		rc = judge_unknown(x, &x->was->columns[i], err);
	}
	return rc;
}

static void keep_generated(struct comparison *x)
{
	for (size_t i = 0; i < x->was->n_columns; i++) {
		const struct rs_column *was = &x->was->columns[i];

		if (!was->generated)
			continue;
		struct rs_column *is = rs_table_add_column(x->is, was->name, RS_T_NATIVE);
		free(is->native);
		is->native = rs_xstrdup(was->native);
		is->number = was->number;
		is->nullable = was->nullable;
		is->generated = is->stored = true;
	}
}

/* ---------------------------------------------------------------- keys */

static int now_at(const struct comparison *x, uint32_t column)
{
	for (size_t i = 0; i < x->is->n_columns; i++)
		if (rs_pg_column_origin(x->was, &x->is->columns[i]) == (int)column)
			return (int)i;
	return -1;
}

static bool has_all(const struct comparison *x, const struct rs_key *k)
{
	for (size_t i = 0; i < k->n_parts; i++)
		if (now_at(x, k->parts[i].column) < 0)
			return false;
	return true;
}

/* A key goes with the first of its columns. */
static void keep_keys(struct comparison *x)
{
	for (size_t i = 0; i < x->was->n_keys; i++) {
		const struct rs_key *was = &x->was->keys[i];

		if (!has_all(x, was))
			continue;
		struct rs_key *is = rs_table_add_key(x->is, was->name);
		is->primary = was->primary;
		is->unique = was->unique;
		is->not_null = was->not_null;
		for (size_t k = 0; k < was->n_parts; k++)
			rs_key_add_part(is, (uint32_t)now_at(x, was->parts[k].column))->descending = was->parts[k].descending;
	}
}

/* ---------------------------------------------------------------- the whole */

/* Another type takes that, unless it only has other limits. */
static bool was_rewritten(const struct comparison *x)
{
	for (int i = 0; i < PQntuples(x->now); i++) {
		const struct rs_column now = {.name = PQgetvalue(x->now, i, NAME), .number = (uint32_t)strtoul(PQgetvalue(x->now, i, NUMBER), NULL, 10)};
		const int was = rs_pg_column_origin(x->was, &now);

		if (was >= 0 && !rs_pg_is_same_kind(x->was->columns[was].native, PQgetvalue(x->now, i, TYPE_NAME)))
			return true;
	}
	return false;
}

static enum rs_rc compare(struct comparison *x, struct rs_pg *pg, struct rs_pg_message *m, struct rs_err *err)
{
	enum rs_rc rc = RS_OK;

	x->rewritten = was_rewritten(x);
	x->fills = rs_arena_alloc(&x->c->arena, (m->n_columns + x->was->n_columns + 1) * sizeof *x->fills);
	memset(x->fills, 0, (m->n_columns + x->was->n_columns + 1) * sizeof *x->fills);
	for (unsigned i = 0; rc == RS_OK && i < m->n_columns; i++) {
		const struct rs_pg_column c = rs_pg_column_next(m);
		rc = add_column(x, pg, &c, err);
	}
	if (rc == RS_OK)
		rc = take_leave(x, err);
	if (rc == RS_OK && x->differs) {
		keep_generated(x);
		keep_keys(x);
	}
	return rc;
}

static void hand_over(struct comparison *x)
{
	x->c->was = rs_table_ref(x->was);
	x->c->table = rs_table_ref(x->is);
	x->c->fills = x->fills;
	x->c->sql_len = x->words.len;
	x->c->sql = rs_arena_copy(&x->c->arena, rs_buf_str(&x->words), x->words.len + 1);
	x->c->db = "";
}

enum rs_rc rs_pg_relation_compare(const struct rs_pg_source *source, struct rs_pg *pg, const struct rs_table *was, struct rs_pg_message m,
                                  struct rs_change **out, struct rs_err *err)
{
	struct comparison x = {.was = was, .is = rs_table_new(was->db, was->name), .c = rs_change_new(RS_CHANGE_DDL)};
	enum rs_rc rc = rs_pg_is_open(pg) ? RS_OK : rs_pg_open_endpoint(pg, source->endpoint, 0, err);

	*out = NULL;
	rs_buf_init(&x.words, RS_BUF_TEXT_MAX);
	if (rc == RS_OK)
		rc = ask_columns(pg, m.oid, &x.now, err);
	if (rc == RS_OK)
		rc = compare(&x, pg, &m, err);
	if (rc == RS_OK && x.differs) {
		hand_over(&x);
		*out = x.c;
	} else {
		rs_change_free(x.c);
	}
	PQclear(x.now);
	rs_table_unref(x.is);
	rs_buf_release(&x.words);
	return rc;
}
