#include "engine/verify/row_key.h"

#include <string.h>
#define XXH_STATIC_LINKING_ONLY /* states on the stack */
#include <xxhash.h>
#include "codec/pg_ddl.h"
#include "codec/sql_literal.h"

void rs_row_key_values(const struct rs_key *key, const struct rs_value *row, struct rs_value *values)
{
	for (size_t p = 0; p < key->n_parts; p++)
		values[p] = row[key->parts[p].column];
}

/* A key that was noted when its column was of another type is no number, and no row has it. */
static bool is_number(const struct rs_value *v)
{
	for (size_t i = 0; i < v->len; i++)
		if (strchr("0123456789+-.eE", v->bytes[i]) == NULL || v->bytes[i] == '\0')
			return false;
	return v->len > 0;
}

static void put_literal(struct rs_buf *sql, const struct rs_column *c, const struct rs_value *v)
{
	if (v->presence != RS_PRESENT || (rs_type_is_number(c->type) && !is_number(v))) {
		rs_buf_adds(sql, "NULL");
		return;
	}
	if (rs_type_is_number(c->type) || rs_type_is_temporal(c->type) || c->type == RS_T_BIT || rs_type_is_address(c->type)) {
		rs_sql_literal(sql, c, v);
		return;
	}
	rs_buf_addf(sql, "_%s X'", rs_type_is_text(c->type) && c->charset ? rs_sql_charset(c->charset) : "binary");
	rs_buf_addhex(sql, v->bytes, v->len);
	rs_buf_addc(sql, '\'');
}

void rs_row_key_condition(struct rs_buf *sql, const struct rs_table *t, const struct rs_key *key,
                          const struct rs_value *values)
{
	for (size_t p = 0; p < key->n_parts; p++) {
		const struct rs_column *c = &t->columns[key->parts[p].column];
		rs_buf_adds(sql, p > 0 ? " AND " : "(");
		(c->type == RS_T_NATIVE ? rs_pg_put_ident(sql, c->name) : (void)rs_quote_ident(sql, c->name));
		rs_buf_addc(sql, '=');
		(c->type == RS_T_NATIVE ? rs_pg_put_value(sql, &values[p]) : put_literal(sql, c, &values[p]));
	}
	rs_buf_addc(sql, ')');
}

uint64_t rs_row_key_table_hash(const char *db, const char *table)
{
	XXH3_state_t state;

	XXH3_64bits_reset(&state);
	XXH3_64bits_update(&state, db, strlen(db) + 1);
	XXH3_64bits_update(&state, table, strlen(table) + 1);
	return XXH3_64bits_digest(&state);
}

uint64_t rs_row_key_hash(uint64_t table, const struct rs_value *values, size_t n)
{
	uint64_t hash = table;

	for (size_t i = 0; i < n; i++)
		hash = XXH3_64bits_withSeed(values[i].bytes ? values[i].bytes : "", values[i].len, hash + values[i].len + 1);
	return hash;
}
