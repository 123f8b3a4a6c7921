#include "sink/mysql_sink.h"

#include <string.h>
#include "base/fault.h"
#include "base/i18n.h"
#include "codec/sql_json.h"
#include "codec/sql_literal.h"

static const struct rs_column *dest_column(const struct rs_route *r, size_t i)
{
	return &r->dest->columns[r->columns[i]];
}

void rs_mysql_put_target(struct rs_buf *sql, const struct rs_route *route)
{
	char separator = '(';

	rs_quote_table(sql, route->dest->db, route->dest->name);
	rs_buf_addc(sql, ' ');
	for (size_t i = 0; i < route->source->n_columns; i++) {
		if (!rs_route_writes(route, i))
			continue;
		rs_buf_addc(sql, separator);
		rs_quote_ident(sql, dest_column(route, i)->name);
		separator = ',';
	}
	rs_buf_adds(sql, separator == '(' ? "()" : ")");
}

/* Only into a column of the type itself: elsewhere a document is its text. */
static bool has_decimals(const struct rs_column *from, const struct rs_column *to, const struct rs_value *v)
{
	return from->type == RS_T_JSON && to->type == RS_T_JSON && v->presence == RS_PRESENT &&
	       rs_sql_json_has_decimals(v->bytes, v->len);
}

bool rs_mysql_has_decimals(const struct rs_route *route, const struct rs_value *values)
{
	for (size_t i = 0; i < route->source->n_columns; i++)
		if (route->source->columns[i].type == RS_T_JSON && rs_route_writes(route, i) &&
		    has_decimals(&route->source->columns[i], dest_column(route, i), &values[i]))
			return true;
	return false;
}

void rs_mysql_put_value(struct rs_buf *sql, const struct rs_route *route, size_t i, const struct rs_value *v)
{
	if (has_decimals(&route->source->columns[i], dest_column(route, i), v))
		rs_sql_json(sql, v->bytes, v->len);
	else
		rs_sql_literal(sql, &route->source->columns[i], v);
}

void rs_mysql_put_row(struct rs_buf *sql, const struct rs_route *route, const struct rs_value *values)
{
	char separator = '(';

	for (size_t i = 0; i < route->source->n_columns; i++) {
		if (!rs_route_writes(route, i))
			continue;
		rs_buf_addc(sql, separator);
		rs_mysql_put_value(sql, route, i, &values[i]);
		separator = ',';
	}
	rs_buf_adds(sql, separator == '(' ? "()" : ")");
}

/* Most values go straight into their column: as bytes, in the column's own character set. */
bool rs_mysql_needs_conversion(const struct rs_column *from, const struct rs_column *to)
{
	if (from->type == RS_T_ENUM || from->type == RS_T_SET || from->type == RS_T_BIT || from->type == RS_T_JSON ||
	    rs_type_is_address(from->type))
		return true;
	return rs_type_is_text(from->type) && from->charset != NULL &&
	       (to->charset == NULL || strcmp(rs_sql_charset(from->charset), rs_sql_charset(to->charset)) != 0);
}

void rs_mysql_put_conversion(struct rs_buf *sql, const struct rs_column *from, const char *operand)
{
	const char *charset = "latin1";

	if (from->type == RS_T_ENUM || from->type == RS_T_SET || from->type == RS_T_BIT) {
		rs_buf_addf(sql, "CAST(%s AS UNSIGNED)", operand);
		return;
	}
	if (!rs_type_is_address(from->type))
		charset = from->type == RS_T_JSON ? "utf8mb4" : rs_sql_charset(from->charset);
	rs_buf_addf(sql, "CONVERT(%s USING %s)", operand, charset);
}

size_t rs_mysql_row_size(const struct rs_route *route, const struct rs_value *values)
{
	size_t size = 0;

	for (size_t i = 0; i < route->source->n_columns; i++)
		if (rs_route_writes(route, i))
			size += values[i].len + 16;
	return size;
}

enum rs_rc rs_mysql_check_size(const struct rs_mysql_sink *s, const struct rs_route *route, const struct rs_buf *sql,
                               struct rs_err *err)
{
	if (!rs_buf_failed(sql) && sql->len < s->max_packet)
		return RS_OK;
	rs_err_set(err, RS_E_SQL, _("a row of %s.%s is too large for a statement of the destination"), route->dest->db,
	           route->dest->name);
	rs_err_detail(err, _("%zu bytes, max_allowed_packet is %zu"), sql->len, s->max_packet);
	return rs_err_hint(err, _("raise max_allowed_packet at the destination"));
}

/* ---------------------------------------------------------------- keys and changes */

/* (`a`,`b`) of the route's key, and (1,'x'): a row's values of it. */
static void put_key_names(struct rs_buf *sql, const struct rs_route *r)
{
	rs_buf_addc(sql, '(');
	for (size_t p = 0; p < r->row_key->n_parts; p++) {
		if (p > 0)
			rs_buf_addc(sql, ',');
		rs_quote_ident(sql, r->dest->columns[r->columns[r->row_key->parts[p].column]].name);
	}
	rs_buf_addc(sql, ')');
}

static void put_key_values(struct rs_buf *sql, const struct rs_route *r, const struct rs_value *values)
{
	rs_buf_addc(sql, '(');
	for (size_t p = 0; p < r->row_key->n_parts; p++) {
		uint32_t i = r->row_key->parts[p].column;
		if (p > 0)
			rs_buf_addc(sql, ',');
		rs_sql_literal(sql, &r->source->columns[i], &values[i]);
	}
	rs_buf_addc(sql, ')');
}

/* MySQL compares rows with a list of rows in its own way: there an ENUM or SET is text that no number equals. */
static bool is_listed_by_columns(const struct rs_route *r)
{
	for (size_t p = 0; r->row_key->n_parts > 1 && p < r->row_key->n_parts; p++) {
		enum rs_type type = r->dest->columns[r->columns[r->row_key->parts[p].column]].type;
		if (type == RS_T_ENUM || type == RS_T_SET)
			return true;
	}
	return false;
}

static void put_key_by_columns(struct rs_buf *sql, const struct rs_route *r, const struct rs_value *values)
{
	for (size_t p = 0; p < r->row_key->n_parts; p++) {
		uint32_t i = r->row_key->parts[p].column;
		rs_buf_adds(sql, p > 0 ? " AND " : "(");
		rs_quote_ident(sql, r->dest->columns[r->columns[i]].name);
		rs_buf_addc(sql, '=');
		rs_sql_literal(sql, &r->source->columns[i], &values[i]);
	}
	rs_buf_addc(sql, ')');
}

void rs_mysql_begin_keys(struct rs_buf *sql, const struct rs_route *r)
{
	if (!is_listed_by_columns(r)) {
		put_key_names(sql, r);
		rs_buf_adds(sql, " IN ");
	}
	rs_buf_addc(sql, '(');
}

void rs_mysql_put_listed_key(struct rs_buf *sql, const struct rs_route *r, const struct rs_value *values, bool first)
{
	bool by_columns = is_listed_by_columns(r);

	if (!first)
		rs_buf_adds(sql, by_columns ? " OR " : ",");
	if (by_columns)
		put_key_by_columns(sql, r, values);
	else
		put_key_values(sql, r, values);
}

/* A column that is ON UPDATE CURRENT_TIMESTAMP keeps its value only where it is said to. */
static bool may_set_itself(const struct rs_column *c)
{
	return (c->type == RS_T_TIMESTAMP || c->type == RS_T_DATETIME) && !c->generated;
}

void rs_mysql_put_kept_time(struct rs_buf *sql, const struct rs_column *c)
{
	if (!may_set_itself(c))
		return;
	rs_buf_addc(sql, ',');
	rs_quote_ident(sql, c->name);
	rs_buf_addc(sql, '=');
	rs_quote_ident(sql, c->name);
}

static bool is_assigned(const struct rs_route *route, const struct rs_row_change *row, size_t i)
{
	return rs_route_writes(route, i) && row->after[i].presence != RS_ABSENT && !rs_value_identical(&row->before[i], &row->after[i]);
}

/* SET a=1,b=2 of what changed; false: nothing that we write. */
static bool put_assignments(struct rs_buf *sql, const struct rs_route *route, const struct rs_row_change *row)
{
	const char *word = " SET ";

	for (size_t i = 0; i < route->source->n_columns; i++) {
		if (!is_assigned(route, row, i))
			continue;
		rs_buf_adds(sql, word);
		rs_quote_ident(sql, dest_column(route, i)->name);
		rs_buf_addc(sql, '=');
		rs_mysql_put_value(sql, route, i, &row->after[i]);
		word = ",";
	}
	for (size_t i = 0; word[0] == ',' && i < route->source->n_columns; i++)
		if (rs_route_writes(route, i) && !is_assigned(route, row, i))
			rs_mysql_put_kept_time(sql, dest_column(route, i));
	return word[0] == ',';
}

bool rs_mysql_put_update(struct rs_buf *sql, const struct rs_route *route, const struct rs_row_change *row, bool signed_zero,
                         size_t *where)
{
	rs_buf_adds(sql, "UPDATE ");
	rs_quote_table(sql, route->dest->db, route->dest->name);
	if (!put_assignments(sql, route, row))
		return false;
	rs_buf_adds(sql, " WHERE ");
	if (where != NULL)
		*where = sql->len;
	rs_mysql_put_match(sql, route, row->before, signed_zero);
	rs_buf_adds(sql, " LIMIT 1");
	return true;
}

static void match_key(struct rs_buf *sql, const struct rs_route *route, const struct rs_value *values)
{
	for (size_t p = 0; p < route->row_key->n_parts; p++) {
		uint32_t i = route->row_key->parts[p].column;

		if (p > 0)
			rs_buf_adds(sql, " AND ");
		rs_quote_ident(sql, dest_column(route, i)->name);
		rs_buf_addc(sql, '=');
		rs_sql_literal(sql, &route->source->columns[i], &values[i]);
	}
}

void rs_mysql_put_whole_update(struct rs_buf *sql, const struct rs_route *route, const struct rs_value *values)
{
	const char *word = " SET ";

	rs_buf_adds(sql, "UPDATE ");
	rs_quote_table(sql, route->dest->db, route->dest->name);
	for (size_t i = 0; i < route->source->n_columns; i++) {
		if (!rs_route_writes(route, i))
			continue;
		rs_buf_adds(sql, word);
		rs_quote_ident(sql, dest_column(route, i)->name);
		rs_buf_addc(sql, '=');
		rs_mysql_put_value(sql, route, i, &values[i]);
		word = ",";
	}
	rs_buf_adds(sql, " WHERE ");
	match_key(sql, route, values);
}

static const struct rs_value *value_of(const struct rs_route *r, uint32_t dest_column, const struct rs_value *values, size_t *i)
{
	for (*i = 0; *i < r->source->n_columns; (*i)++)
		if (r->columns[*i] >= 0 && (uint32_t)r->columns[*i] == dest_column)
			return values[*i].presence == RS_PRESENT ? &values[*i] : NULL;
	return NULL;
}

/* False: it has no value there, or none that we know. */
static bool put_part_match(struct rs_buf *sql, const struct rs_route *r, const struct rs_key_part *part,
                           const struct rs_value *values)
{
	size_t i;
	const struct rs_value *v = value_of(r, part->column, values, &i);

	if (v == NULL)
		return false;
	rs_buf_adds(sql, part->prefix > 0 ? "LEFT(" : "");
	rs_quote_ident(sql, r->dest->columns[part->column].name);
	if (part->prefix > 0)
		rs_buf_addf(sql, ",%u)=LEFT(", part->prefix);
	else
		rs_buf_addc(sql, '=');
	rs_mysql_put_value(sql, r, i, v);
	if (part->prefix > 0)
		rs_buf_addf(sql, ",%u)", part->prefix);
	rs_buf_adds(sql, " AND ");
	return true;
}

static void put_other_than(struct rs_buf *sql, const struct rs_route *r, const struct rs_value *values)
{
	put_key_names(sql, r);
	rs_buf_adds(sql, "<>");
	put_key_values(sql, r, values);
}

bool rs_mysql_put_rivals(struct rs_buf *sql, const struct rs_route *r, const struct rs_key *key, const struct rs_value *values,
                         const struct rs_value *before)
{
	bool known = key->unique && key->n_parts > 0;

	rs_buf_adds(sql, " WHERE ");
	for (size_t p = 0; known && p < key->n_parts; p++)
		known = put_part_match(sql, r, &key->parts[p], values);
	put_other_than(sql, r, values);
	if (before != NULL) {
		rs_buf_adds(sql, " AND ");
		put_other_than(sql, r, before);
	}
	return known;
}

/* ---------------------------------------------------------------- ENUM's error value */

uint64_t rs_mysql_zero_enums(const struct rs_route *route, const struct rs_value *values)
{
	uint64_t n = 0;

	for (size_t i = 0; i < route->source->n_columns; i++)
		n += route->source->columns[i].type == RS_T_ENUM && rs_route_writes(route, i) &&
		     values[i].presence == RS_PRESENT && values[i].len == 1 && values[i].bytes[0] == '0';
	return n;
}

#define LOOSE_MODE "NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES,NO_ENGINE_SUBSTITUTION"

static bool names(const char *text, const char *column, char quote)
{
	size_t n = strlen(column);

	for (const char *at = strchr(text, quote); at != NULL; at = strchr(at + 1, quote))
		if (strncmp(at + 1, column, n) == 0 && at[1 + n] == quote)
			return true;
	return false;
}

/* What the server says of a value that it made itself is none of ours: 1/3 is rounded at the source too. */
bool rs_mysql_of_generated(const struct rs_route *route, const char *text)
{
	bool generated = false;

	for (size_t i = 0; i < route->dest->n_columns; i++) {
		const struct rs_column *c = &route->dest->columns[i];
		if (!names(text, c->name, '\'') && !names(text, c->name, '`'))
			continue;
		if (!c->generated)
			return false;
		generated = true;
	}
	return generated;
}

static enum rs_rc only_truncations(struct rs_my *my, const struct rs_route *route, uint64_t allowed, struct rs_err *err)
{
	struct rs_my_result res;
	uint64_t seen = 0, unlisted = mysql_warning_count(my->handle);
	enum rs_rc rc = rs_my_query(my, "SHOW WARNINGS", RS_MY_BUFFER, &res, err);

	if (rc != RS_OK)
		return rc;
	while ((rc = rs_my_next(&res, err)) == RS_OK) {
		unlisted -= unlisted > 0;
		if (rs_mysql_of_generated(route, res.row[2]) || (strcmp(res.row[1], "1265") == 0 && ++seen <= allowed))
			continue;
		rs_err_set(err, RS_E_DEST_WARNING, _("the destination changed values while it stored them"));
		rs_err_detail(err, "%s %s: %s", res.row[0], res.row[1], res.row[2]);
		rc = RS_FAIL;
		break;
	}
	rs_my_result_free(&res);
	if (rc == RS_EOF && seen + unlisted > allowed) { /* the server counts more than it keeps */
		rs_err_set(err, RS_E_DEST_WARNING, _("the destination changed values while it stored them"));
		return rs_err_detail(err, _("%llu warnings, %llu expected"), (unsigned long long)(seen + unlisted),
		                     (unsigned long long)allowed);
	}
	return rc == RS_EOF ? RS_OK : rc;
}

enum rs_rc rs_mysql_loosen(struct rs_my *my, struct rs_err *err)
{
	return rs_my_exec(my, "SET @rs_mode = @@SESSION.sql_mode, SESSION sql_mode = '" LOOSE_MODE "'", err);
}

enum rs_rc rs_mysql_tighten(struct rs_my *my, enum rs_rc rc, struct rs_err *err)
{
	struct rs_err ignored = RS_ERR_INIT;

	if (rs_my_exec(my, "SET SESSION sql_mode = @rs_mode", rc == RS_OK ? err : &ignored) != RS_OK && rc == RS_OK)
		rc = RS_FAIL;
	rs_err_clear(&ignored);
	return rc;
}

enum rs_rc rs_mysql_exec_rows(struct rs_my *my, const struct rs_route *route, const struct rs_buf *sql,
                              uint64_t zero_enums, uint64_t *affected, struct rs_err *err)
{
	enum rs_rc rc = RS_OK;

	if (zero_enums == 0) {
		rc = rs_my_exec_n(my, sql->data, sql->len, affected, err);
		if (rc == RS_FAIL && rs_defect_active(RS_DEFECT_REFUSAL_IGNORED) && rs_my_is_usable(my)) {
			rs_err_clear(err);
			if (affected != NULL)
				*affected = 1;
			rc = RS_OK;
		}
		return rc;
	}
	rc = rs_mysql_loosen(my, err);
	if (rc == RS_OK)
		rc = rs_my_exec_n(my, sql->data, sql->len, affected, err);
	if (rc == RS_OK)
		rc = only_truncations(my, route, zero_enums, err);
	return rs_mysql_tighten(my, rc, err);
}

/* ---------------------------------------------------------------- finding a row */

#define INDEXED_BYTES 3072 /* that a key may have */

/* "=" compares texts by collation, which finds 'A' for 'a': it is there for an index that the table may have. The bytes
 * decide. Where the column has another character set the literal is converted to it first: what is compared is what is
 * stored. */
static void match_text(struct rs_buf *sql, const struct rs_column *from, const struct rs_column *to,
                       const struct rs_value *v)
{
	static const struct rs_column bytes = {.type = RS_T_LONGBLOB};
	const char *charset = rs_sql_charset(to->charset ? to->charset : "utf8mb4");

	if (v->len <= INDEXED_BYTES || rs_defect_active(RS_DEFECT_COLLATION_MATCH)) {
		rs_quote_ident(sql, to->name);
		rs_buf_addc(sql, '=');
		rs_sql_literal(sql, from, v);
		if (rs_defect_active(RS_DEFECT_COLLATION_MATCH))
			return;
		rs_buf_adds(sql, " AND ");
	}
	rs_buf_adds(sql, "CAST(");
	rs_quote_ident(sql, to->name);
	if (from->charset != NULL && strcmp(rs_sql_charset(from->charset), charset) == 0) {
		rs_buf_adds(sql, " AS BINARY)=");
		rs_sql_literal(sql, &bytes, v);
		return;
	}
	rs_buf_adds(sql, " AS BINARY)=CAST(CONVERT(");
	rs_sql_literal(sql, from, v);
	rs_buf_addf(sql, " USING %s) AS BINARY)", charset);
}

/* Both sides as text of one form: JSON texts may differ in blanks, geometries can't be compared at all. */
static void match_by(struct rs_buf *sql, const char *before, const char *after, const struct rs_column *from,
                     const struct rs_column *to, const struct rs_value *v)
{
	rs_buf_adds(sql, before);
	rs_quote_ident(sql, to->name);
	rs_buf_adds(sql, after);
	rs_buf_addc(sql, '=');
	rs_buf_adds(sql, before);
	rs_sql_literal(sql, from, v);
	rs_buf_adds(sql, after);
}

/* By the text that the server prints: documents that compare equal may differ, 1.0 from 1. */
static void match_document(struct rs_buf *sql, const struct rs_column *from, const struct rs_column *to,
                           const struct rs_value *v)
{
	rs_buf_adds(sql, "CAST(");
	rs_quote_ident(sql, to->name);
	rs_buf_adds(sql, from->type == RS_T_JSON ? " AS BINARY)=CAST(" : " AS BINARY)=CAST(CAST(");
	rs_sql_literal(sql, from, v);
	rs_buf_adds(sql, from->type == RS_T_JSON ? " AS BINARY)" : " AS JSON) AS BINARY)");
}

static bool is_zero(const struct rs_value *v)
{
	size_t i = v->len > 0 && v->bytes[0] == '-' ? 1 : 0;

	return v->len == i + 1 && v->bytes[i] == '0';
}

/* 0 = -0, where the server keeps both: their texts differ. */
static void match_sign(struct rs_buf *sql, const struct rs_column *to, const struct rs_value *v)
{
	rs_buf_adds(sql, " AND CAST(");
	rs_quote_ident(sql, to->name);
	rs_buf_adds(sql, v->bytes[0] == '-' ? "*1e0 AS CHAR)='-0'" : "*1e0 AS CHAR)='0'");
}

static void match_value(struct rs_buf *sql, const struct rs_column *from, const struct rs_column *to,
                        const struct rs_value *v, bool signed_zero)
{
	if (v->presence == RS_NULL) {
		rs_quote_ident(sql, to->name);
		rs_buf_adds(sql, " IS NULL");
	} else if (to->type == RS_T_JSON) {
		match_document(sql, from, to, v);
	} else if (to->type == RS_T_GEOMETRY || to->type == RS_T_VECTOR) {
		match_by(sql, "HEX(", ")", from, to, v);
	} else if (rs_type_is_text(to->type)) {
		match_text(sql, from, to, v);
	} else {
		rs_quote_ident(sql, to->name);
		rs_buf_addc(sql, '=');
		rs_sql_literal(sql, from, v);
		if (signed_zero && (to->type == RS_T_FLOAT || to->type == RS_T_DOUBLE) && is_zero(v))
			match_sign(sql, to, v);
	}
}

void rs_mysql_put_match(struct rs_buf *sql, const struct rs_route *route, const struct rs_value *values, bool signed_zero)
{
	const char *word = "";

	if (route->row_key != NULL) {
		match_key(sql, route, values);
		return;
	}
	for (size_t i = 0; i < route->source->n_columns; i++) {
		if (!rs_route_writes(route, i))
			continue;
		rs_buf_adds(sql, word);
		match_value(sql, &route->source->columns[i], dest_column(route, i), &values[i], signed_zero);
		word = " AND ";
	}
}
