#include "sink/pg_sink.h"

#include <stdlib.h>
#include <string.h>
#include "base/i18n.h"
#include "base/log.h"
#include "base/mem.h"

enum { MOST_SHAPES = 1000 };

/* ---------------------------------------------------------------- shapes */

static void free_shape(void *arg)
{
	struct rs_pg_shape *s = arg;

	for (size_t i = 0; i < s->source->n_columns; i++)
		if (s->converters[i].column)
			rs_pg_converter_close(&s->converters[i]);
	free(s->converters);
	rs_table_unref(s->source);
	rs_table_unref(s->dest);
	free(s);
}

void rs_pg_shapes_release(struct rs_pg_shapes *all)
{
	rs_map_release(&all->by_tables, free_shape);
	all->by_tables = (struct rs_map)RS_MAP_INIT;
}

static enum rs_rc open_converters(struct rs_pg_shape *s, const struct rs_route *r, enum rs_unfit unfit, struct rs_err *err)
{
	enum rs_rc rc = RS_OK;

	for (size_t i = 0; rc == RS_OK && i < r->source->n_columns; i++) {
		if (rs_route_writes(r, i))
			rc = rs_pg_converter_open(&s->converters[i], &r->source->columns[i],
			                          rs_pg_unfit_of(r->source, i, r->dest, (size_t)r->columns[i], unfit), err);
	}
	return rc;
}

enum rs_rc rs_pg_shape_convert(struct rs_pg_shape *s, size_t i, const struct rs_value *value, struct rs_value *out, struct rs_err *err)
{
	struct rs_pg_converter *v = &s->converters[i];
	const uint64_t before = v->changed;
	enum rs_rc rc = rs_pg_convert(v, value, out, err);

	if (before == 0 && v->changed > 0)
		rs_log(RS_LOG_WARN, "a value has no place at the destination table=\"%s.%s\" column=\"%s\" written=\"%s\"", s->source->db,
		       s->source->name, v->column->name, v->unfit == RS_UNFIT_NULL ? "NULL" : "what comes closest");
	return rc;
}

enum rs_rc rs_pg_shape_of(struct rs_pg_shapes *all, const struct rs_route *route, struct rs_pg_shape **out, struct rs_err *err)
{
	const void *key[2] = {route->source, route->dest};
	struct rs_pg_shape *s = rs_map_get(&all->by_tables, (const char *)key, sizeof key);

	if (!s) {
		if (all->by_tables.count >= MOST_SHAPES) /* of versions of schemas that are long gone, mostly */
			rs_pg_shapes_release(all);
		s = rs_xcalloc(1, sizeof *s);
		s->source = rs_table_ref(route->source);
		s->dest = rs_table_ref(route->dest);
		s->spreads = all->spreads;
		s->stage = ++all->stages;
		s->converters = rs_xcalloc(route->source->n_columns + 1, sizeof *s->converters);
		if (open_converters(s, route, all->unfit, err) != RS_OK) {
			free_shape(s);
			return RS_FAIL;
		}
		rs_map_put(&all->by_tables, (const char *)key, sizeof key, s);
	}
	*out = s;
	return RS_OK;
}

/* ---------------------------------------------------------------- names */

static const struct rs_column *dest_column(const struct rs_route *r, size_t i) { return &r->dest->columns[r->columns[i]]; }

void rs_pg_put_dest(struct rs_buf *sql, const struct rs_route *r) { rs_pg_put_table(sql, r->dest->db, r->dest->name); }

static void put_name(struct rs_buf *sql, const char *prefix, const char *name)
{
	rs_buf_adds(sql, prefix);
	rs_pg_put_ident(sql, name);
}

void rs_pg_put_columns(struct rs_buf *sql, const struct rs_route *r, const char *prefix)
{
	const char *separator = "";

	for (size_t i = 0; i < r->source->n_columns; i++) {
		if (!rs_route_writes(r, i))
			continue;
		rs_buf_adds(sql, separator);
		put_name(sql, prefix, dest_column(r, i)->name);
		separator = ",";
	}
}

static bool is_key_column(const struct rs_route *r, size_t i)
{
	for (size_t p = 0; r->row_key && p < r->row_key->n_parts; p++)
		if (r->row_key->parts[p].column == i)
			return true;
	return false;
}

static bool put_assigned(struct rs_buf *sql, const struct rs_route *r, const char *prefix, bool keys)
{
	const char *separator = "";

	for (size_t i = 0; i < r->source->n_columns; i++) {
		if (!rs_route_writes(r, i) || is_key_column(r, i) != keys)
			continue;
		put_name(sql, separator, dest_column(r, i)->name);
		rs_buf_addc(sql, '=');
		put_name(sql, prefix, dest_column(r, i)->name);
		separator = ",";
	}
	return *separator;
}

bool rs_pg_put_assigned(struct rs_buf *sql, const struct rs_route *r, const char *prefix) { return put_assigned(sql, r, prefix, false); }

/* A statement must set something: of a table that is all key that is the key. */
void rs_pg_put_excluded(struct rs_buf *sql, const struct rs_route *r)
{
	if (!put_assigned(sql, r, "EXCLUDED.", false))
		put_assigned(sql, r, "EXCLUDED.", true);
}

void rs_pg_put_key_columns(struct rs_buf *sql, const struct rs_route *r, const char *prefix)
{
	for (size_t p = 0; p < r->row_key->n_parts; p++) {
		rs_buf_adds(sql, p > 0 ? "," : "");
		put_name(sql, prefix, dest_column(r, r->row_key->parts[p].column)->name);
	}
}

/* ---------------------------------------------------------------- values */

static enum rs_rc put_value(struct rs_buf *sql, struct rs_pg_shape *s, size_t i, const struct rs_value *v, struct rs_err *err)
{
	struct rs_value text;
	enum rs_rc rc = rs_pg_shape_convert(s, i, v, &text, err);

	if (rc == RS_OK)
		rs_pg_put_value(sql, &text);
	else
		rs_err_detail(err, _("table %s.%s"), s->source->db, s->source->name);
	return rc;
}

enum rs_rc rs_pg_put_row(struct rs_buf *sql, struct rs_pg_shape *s, const struct rs_route *r, const struct rs_value *values, bool typed,
                         struct rs_err *err)
{
	char separator = '(';
	enum rs_rc rc = RS_OK;

	for (size_t i = 0; rc == RS_OK && i < r->source->n_columns; i++) {
		if (!rs_route_writes(r, i))
			continue;
		rs_buf_addc(sql, separator);
		separator = ',';
		rc = put_value(sql, s, i, &values[i], err);
		if (typed)
			rs_buf_addf(sql, "::%s", dest_column(r, i)->native);
	}
	rs_buf_addc(sql, ')');
	return rc;
}

enum rs_rc rs_pg_put_key(struct rs_buf *sql, struct rs_pg_shape *s, const struct rs_route *r, const struct rs_value *values,
                         struct rs_err *err)
{
	enum rs_rc rc = RS_OK;

	for (size_t p = 0; rc == RS_OK && p < r->row_key->n_parts; p++) {
		rs_buf_addc(sql, p > 0 ? ',' : '(');
		rc = put_value(sql, s, r->row_key->parts[p].column, &values[r->row_key->parts[p].column], err);
	}
	rs_buf_addc(sql, ')');
	return rc;
}

/* ---------------------------------------------------------------- conditions */

/* Types that can't be compared there are, as texts; and those that are compared by less than what they are, as their areas. */
static bool lacks_equality(const struct rs_column *c)
{
	static const char *const types[] = {"json", "xml", "point", "box", "circle", "path", "polygon", "lseg", "line"};

	for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
		const size_t len = strlen(types[i]);

		if (strncmp(c->native, types[i], len) == 0 && (c->native[len] == '\0' || c->native[len] == '['))
			return true;
	}
	return false;
}

static enum rs_rc put_equal(struct rs_buf *sql, struct rs_pg_shape *s, const struct rs_route *r, size_t i, const struct rs_value *v,
                            struct rs_err *err)
{
	struct rs_value text;
	enum rs_rc rc = v->presence == RS_PRESENT ? rs_pg_shape_convert(s, i, v, &text, err) : RS_OK;

	if (rc != RS_OK)
		return rs_err_detail(err, _("table %s.%s"), s->source->db, s->source->name);
	rs_pg_put_ident(sql, dest_column(r, i)->name);
	if (v->presence != RS_PRESENT || text.presence != RS_PRESENT) {
		rs_buf_adds(sql, " IS NULL");
		return RS_OK;
	}
	rs_buf_adds(sql, lacks_equality(dest_column(r, i)) ? "::text=" : "=");
	rs_pg_put_value(sql, &text);
	return RS_OK;
}

/* The spaces behind it are its column's, and no part of its text there. */
static bool is_padded(const struct rs_column *c)
{
	return strncmp(c->native, "character(", 10) == 0 && !strchr(c->native, '[');
}

/* A value that is a server's own text is that and no other: 1.0 is equal to 1.00, and another one. */
static enum rs_rc put_identical(struct rs_buf *sql, struct rs_pg_shape *s, const struct rs_route *r, size_t i, const struct rs_value *v,
                                struct rs_err *err)
{
	enum rs_rc rc = put_equal(sql, s, r, i, v, err);

	if (rc != RS_OK || v->presence != RS_PRESENT || r->source->columns[i].type != RS_T_NATIVE || lacks_equality(dest_column(r, i)) ||
	    is_padded(dest_column(r, i)))
		return rc;
	rs_buf_adds(sql, " AND ");
	rs_pg_put_ident(sql, dest_column(r, i)->name);
	rs_buf_adds(sql, "::text=");
	return put_value(sql, s, i, v, err);
}

/* One of those that have all its values: which does not matter. */
static enum rs_rc put_match_by_value(struct rs_buf *sql, struct rs_pg_shape *s, const struct rs_route *r, const struct rs_value *values,
                                     struct rs_err *err)
{
	const char *word = " WHERE ";
	enum rs_rc rc = RS_OK;

	rs_buf_adds(sql, s->spreads ? "(tableoid,gp_segment_id,ctid)=(SELECT tableoid,gp_segment_id,ctid FROM "
	                            : "(tableoid,ctid)=(SELECT tableoid,ctid FROM ");
	rs_pg_put_dest(sql, r);
	for (size_t i = 0; rc == RS_OK && i < r->source->n_columns; i++) {
		if (!rs_route_writes(r, i))
			continue;
		rs_buf_adds(sql, word);
		word = " AND ";
		rc = put_identical(sql, s, r, i, &values[i], err);
	}
	rs_buf_adds(sql, " LIMIT 1)");
	return rc;
}

enum rs_rc rs_pg_put_match(struct rs_buf *sql, struct rs_pg_shape *s, const struct rs_route *r, const struct rs_value *values,
                           struct rs_err *err)
{
	enum rs_rc rc = RS_OK;

	if (!r->row_key)
		return put_match_by_value(sql, s, r, values, err);
	for (size_t p = 0; rc == RS_OK && p < r->row_key->n_parts; p++) {
		rs_buf_adds(sql, p > 0 ? " AND " : "");
		rc = put_equal(sql, s, r, r->row_key->parts[p].column, &values[r->row_key->parts[p].column], err);
	}
	return rc;
}

enum rs_rc rs_pg_put_unique(struct rs_buf *sql, struct rs_pg_shape *s, const struct rs_route *r, const struct rs_key *k,
                            const struct rs_value *values, struct rs_err *err)
{
	enum rs_rc rc = RS_OK;

	for (size_t p = 0; rc == RS_OK && p < k->n_parts; p++) {
		const int i = rs_route_source_of(r, k->parts[p].column);

		if (i < 0 || !rs_route_writes(r, (size_t)i) || values[i].presence != RS_PRESENT)
			return RS_EOF;
		rs_buf_adds(sql, p > 0 ? " AND " : "");
		rc = put_equal(sql, s, r, (size_t)i, &values[i], err);
	}
	return rc;
}

void rs_pg_put_same(struct rs_buf *sql, const struct rs_table *dest, const struct rs_key *k)
{
	for (size_t p = 0; p < k->n_parts; p++) {
		put_name(sql, p > 0 ? " AND t." : "t.", dest->columns[k->parts[p].column].name);
		put_name(sql, "=s.", dest->columns[k->parts[p].column].name);
	}
}

/* ---------------------------------------------------------------- keys */

bool rs_pg_is_filled(const struct rs_route *r, const struct rs_key *k)
{
	for (size_t p = 0; p < k->n_parts; p++)
		if (rs_route_source_of(r, k->parts[p].column) < 0)
			return false;
	return k->unique;
}

static bool has_column(const struct rs_key *k, int column)
{
	for (size_t p = 0; p < k->n_parts; p++)
		if ((int)k->parts[p].column == column)
			return true;
	return false;
}

bool rs_pg_may_spread_by(const struct rs_route *r, size_t source_column)
{
	bool any = false;

	for (size_t k = 0; k < r->dest->n_keys; k++) {
		if (!r->dest->keys[k].unique)
			continue;
		any = true;
		if (!has_column(&r->dest->keys[k], r->columns[source_column]))
			return false;
	}
	return any;
}

bool rs_pg_is_row_key(const struct rs_route *r, const struct rs_key *k)
{
	if (!r->row_key || !k->unique || k->n_parts != r->row_key->n_parts)
		return false;
	for (size_t p = 0; p < k->n_parts; p++) {
		const int i = rs_route_source_of(r, k->parts[p].column);

		if (i < 0 || !is_key_column(r, (size_t)i))
			return false;
	}
	return true;
}

bool rs_pg_has_row_key(const struct rs_route *r)
{
	for (size_t k = 0; k < r->dest->n_keys; k++)
		if (rs_pg_is_row_key(r, &r->dest->keys[k]))
			return true;
	return false;
}

bool rs_pg_has_rivals(const struct rs_route *r)
{
	for (size_t k = 0; k < r->dest->n_keys; k++)
		if (r->dest->keys[k].unique && !rs_pg_is_row_key(r, &r->dest->keys[k]))
			return true;
	return false;
}

size_t rs_pg_row_size(const struct rs_route *r, const struct rs_value *values)
{
	size_t size = 0;

	for (size_t i = 0; i < r->source->n_columns; i++)
		if (rs_route_writes(r, i))
			size += (size_t)2 * values[i].len + 16;
	return size;
}
