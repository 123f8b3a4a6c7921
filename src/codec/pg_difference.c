#include "codec/pg_difference.h"

#include <stdlib.h>
#include <string.h>
#include "base/i18n.h"
#include "base/mem.h"
#include "codec/pg_ddl_priv.h"

#define MOVING "rds_sync_moving_" /* … and a number: the name of what is between two names */

struct difference {
	const struct rs_table *before, *after;
	int *origins;                 /* for each column of after */
	struct rs_buf *out;
};

int rs_pg_column_origin(const struct rs_table *from, const struct rs_column *column)
{
	for (size_t i = 0; i < from->n_columns; i++) {
		const struct rs_column *c = &from->columns[i];
		const bool numbered = c->number != 0 && column->number != 0;

		if (numbered ? c->number == column->number : strcmp(c->name, column->name) == 0)
			return (int)i;
	}
	return -1;
}

/* ------------------------------------------------------------------ types */

/* Without what stands in brackets: "character varying(20)", "timestamp(3) without time zone". */
static char *plain_type(const char *type)
{
	const char *open = strchr(type, '('), *end = open != NULL ? strchr(open, ')') : NULL;

	return end != NULL ? rs_xprintf("%.*s%s", (int)(open - type), type, end + 1) : rs_xstrdup(type);
}

static bool is_wider(const char *from, const char *to)
{
	static const char *const wider[][2] = {
		{"smallint", "integer"}, {"smallint", "bigint"}, {"smallint", "numeric"}, {"integer", "bigint"}, {"integer", "numeric"},
		{"bigint", "numeric"}, {"real", "double precision"}, {"character varying", "text"}, {"text", "character varying"},
		{"character", "text"}, {"character", "character varying"}, {"date", "timestamp without time zone"}, {"json", "jsonb"}};

	for (size_t i = 0; i < sizeof wider / sizeof *wider; i++)
		if (strcmp(wider[i][0], from) == 0 && strcmp(wider[i][1], to) == 0)
			return true;
	return false;
}

bool rs_pg_is_same_kind(const char *from, const char *to)
{
	char *a = plain_type(from), *b = plain_type(to);
	const bool yes = strcmp(a, b) == 0 || (strcmp(a, "character varying") == 0 && strcmp(b, "text") == 0);

	free(a);
	free(b);
	return yes;
}

bool rs_pg_is_widened(const char *from, const char *to)
{
	char *a = plain_type(from), *b = plain_type(to);
	const bool yes = strcmp(a, b) == 0 || is_wider(a, b);

	free(a);
	free(b);
	return yes;
}

/* ------------------------------------------------------------------ statements */

static void put_alter(struct difference *d, const char *words, const char *column)
{
	rs_buf_adds(d->out, "ALTER TABLE ");
	rs_pg_put_table(d->out, d->after->db, d->after->name);
	rs_buf_adds(d->out, words);
	rs_pg_put_ident(d->out, column);
}

static bool is_kept(const struct difference *d, size_t before)
{
	for (size_t i = 0; i < d->after->n_columns; i++)
		if (d->origins[i] == (int)before)
			return true;
	return false;
}

static void put_dropped(struct difference *d)
{
	for (size_t i = 0; i < d->before->n_columns; i++) {
		if (!pg_has_column(&d->before->columns[i]) || is_kept(d, i))
			continue;
		put_alter(d, " DROP COLUMN ", d->before->columns[i].name);
		rs_buf_adds(d->out, "; ");
	}
}

static const struct rs_column *origin(const struct difference *d, size_t after)
{
	return d->origins[after] < 0 || !pg_has_column(&d->after->columns[after]) ? NULL : &d->before->columns[d->origins[after]];
}

static bool is_renamed(const struct difference *d, size_t after)
{
	const struct rs_column *was = origin(d, after);

	return was != NULL && strcmp(was->name, d->after->columns[after].name) != 0;
}

static void put_rename(struct difference *d, const char *from, const char *to)
{
	put_alter(d, " RENAME COLUMN ", from);
	rs_buf_adds(d->out, " TO ");
	rs_pg_put_ident(d->out, to);
	rs_buf_adds(d->out, "; ");
}

/* By way of names that nobody has: two may have changed theirs for each other's. */
static void put_renamed(struct difference *d)
{
	for (int pass = 0; pass < 2; pass++)
		for (size_t i = 0; i < d->after->n_columns; i++) {
			char between[sizeof MOVING + 20];

			if (!is_renamed(d, i))
				continue;
			snprintf(between, sizeof between, MOVING "%zu", i);
			put_rename(d, pass == 0 ? origin(d, i)->name : between, pass == 0 ? between : d->after->columns[i].name);
		}
}

/* Takes the reason over. */
static void put_only_empty(struct difference *d, char *why)
{
	pg_put_only_empty(d->out, d->after, why);
	free(why);
}

static enum rs_rc put_retyped(struct difference *d, struct rs_err *err)
{
	for (size_t i = 0; i < d->after->n_columns; i++) {
		const struct rs_column *is = &d->after->columns[i], *was = origin(d, i);

		if (was == NULL || strcmp(was->native, is->native) == 0)
			continue;
		const bool widened = rs_pg_is_widened(was->native, is->native);
		if (!widened)
			put_only_empty(d, rs_xprintf(_("the type of the column %s was changed, and the source alone knows what became of its "
			                               "values: copy the table anew"), is->name));
		put_alter(d, " ALTER COLUMN ", is->name);
		rs_buf_adds(d->out, " TYPE ");
		if (rs_pg_type_of(is, d->out, err) != RS_OK)
			return RS_FAIL;
		rs_buf_adds(d->out, widened ? "; " : " USING NULL; ");
	}
	return RS_OK;
}

static enum rs_rc put_new(struct difference *d, const struct rs_column *c, const struct rs_value *fill, struct rs_err *err)
{
	if (fill->presence == RS_ABSENT)
		put_only_empty(d, rs_xprintf(_("the column %s was added, and the source alone knows what its rows have there: copy the table anew"),
		                             c->name));
	put_alter(d, " ADD COLUMN ", c->name);
	rs_buf_addc(d->out, ' ');
	if (rs_pg_type_of(c, d->out, err) != RS_OK)
		return RS_FAIL;
	if (fill->presence == RS_PRESENT) {
		rs_buf_adds(d->out, " DEFAULT ");
		rs_pg_put_value(d->out, fill);
		rs_buf_adds(d->out, "; ");
		put_alter(d, " ALTER COLUMN ", c->name);
		rs_buf_adds(d->out, " DROP DEFAULT");
	}
	rs_buf_adds(d->out, "; ");
	return RS_OK;
}

enum rs_rc rs_pg_put_difference(struct rs_buf *out, const struct rs_table *before, const struct rs_table *after,
                                struct rs_value (*fill)(void *ctx, const struct rs_column *column), void *ctx, struct rs_err *err)
{
	struct difference d = {before, after, rs_xcalloc(after->n_columns + 1, sizeof *d.origins), out};
	enum rs_rc rc;

	for (size_t i = 0; i < after->n_columns; i++)
		d.origins[i] = rs_pg_column_origin(before, &after->columns[i]);
	put_dropped(&d);
	put_renamed(&d);
	rc = put_retyped(&d, err);
	for (size_t i = 0; rc == RS_OK && i < after->n_columns; i++) {
		if (d.origins[i] >= 0 || !pg_has_column(&after->columns[i]))
			continue;
		const struct rs_value value = fill(ctx, &after->columns[i]);
		rc = put_new(&d, &after->columns[i], &value, err);
	}
	free(d.origins);
	return rc == RS_OK ? pg_check_names(after, err) : rc;
}
