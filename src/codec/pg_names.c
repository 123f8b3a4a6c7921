#include "codec/pg_names.h"

#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "codec/pg_ddl.h"

struct scan {
	struct rs_buf *out;
	const struct rs_ddl_map *map;
	const char *db, *table; /* whose columns stand alone */
};

static bool begins_name(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (c & 0x80); }

static bool is_in_name(char c) { return begins_name(c) || (c >= '0' && c <= '9') || c == '$'; }

/* ---------------------------------------------------------------- tokens */

/* Behind what a quotation mark begins; backslashes escape in E'…' alone. */
static const char *behind_quoted(const char *p, bool escapes)
{
	const char mark = *p++;

	while (*p) {
		if (escapes && *p == '\\' && p[1])
			p++;
		else if (*p == mark && p[1] == mark)
			p++;
		else if (*p == mark)
			return p + 1;
		p++;
	}
	return p;
}

/* Behind $tag$…$tag$; NULL where none begins. */
static const char *behind_dollars(const char *p)
{
	const char *end = p + 1;

	while (begins_name(*end) || (end > p + 1 && *end >= '0' && *end <= '9'))
		end++;
	if (*end != '$')
		return NULL;
	char *tag = rs_xstrndup(p, (size_t)(end + 1 - p));
	const char *close = strstr(end + 1, tag);
	const char *behind = close ? close + strlen(tag) : end + strlen(end);
	free(tag);
	return behind;
}

static const char *behind_name(const char *p)
{
	if (*p == '"')
		return behind_quoted(p, false);
	while (is_in_name(*p))
		p++;
	return p;
}

/* What a name stands for; malloc'ed. */
static char *name_of(const char *p, const char *end)
{
	struct rs_buf name = RS_BUF_INIT;

	if (*p != '"')
		return rs_xstrndup(p, (size_t)(end - p));
	for (p++; p < end - 1; p++) {
		(void)rs_buf_addc(&name, *p);
		p += *p == '"';
	}
	return rs_buf_take(&name);
}

static void put_as_it_is(struct scan *s, const char *p, const char *end)
{
	(void)rs_buf_add(s->out, p, (size_t)(end - p));
}

/* ---------------------------------------------------------------- names */

static void map_name(const struct scan *s, const char *db, const char *name, const char **to_db, const char **to_name)
{
	if (s->map->table(s->map->ctx, db, name, to_db, to_name))
		return;
	const char *mapped = s->map->database(s->map->ctx, db);
	*to_db = mapped ? mapped : db;
	*to_name = name;
}

/* schema.name[.column], from p on; where it ends. */
static const char *put_qualified(struct scan *s, const char *p, const char *dot)
{
	const char *end = behind_name(dot + 1), *column_end = *end == '.' ? behind_name(end + 1) : end;
	char *db = name_of(p, dot), *name = name_of(dot + 1, end), *to_db, *to_name;
	const char *mapped_db, *mapped_name;

	map_name(s, db, name, &mapped_db, &mapped_name);
	to_db = rs_xstrdup(mapped_db); /* good until the next call alone */
	to_name = rs_xstrdup(mapped_name);
	if (strcmp(db, to_db) == 0 && strcmp(name, to_name) == 0)
		put_as_it_is(s, p, end);
	else
		rs_pg_put_table(s->out, to_db, to_name);
	if (column_end > end) {
		char *column = name_of(end + 1, column_end);
		const char *to = s->map->column ? s->map->column(s->map->ctx, db, name, column) : column;

		(void)rs_buf_addc(s->out, '.');
		rs_pg_put_ident(s->out, to ? to : column);
		free(column);
	}
	free(db);
	free(name);
	free(to_db);
	free(to_name);
	return column_end;
}

/* Keywords are in capitals, functions have a parenthesis behind them, and types :: before. */
static void put_alone(struct scan *s, const char *text, const char *p, const char *end)
{
	const bool type = p - text >= 2 && p[-1] == ':' && p[-2] == ':';
	const bool renames = s->table && s->map->column && s->map->any_column && s->map->any_column(s->map->ctx, s->db, s->table);

	if (!renames || type || *end == '(') {
		put_as_it_is(s, p, end);
		return;
	}
	char *name = name_of(p, end);
	const char *to = s->map->column(s->map->ctx, s->db, s->table, name);

	if (to && strcmp(to, name) != 0)
		rs_pg_put_ident(s->out, to);
	else
		put_as_it_is(s, p, end);
	free(name);
}

static const char *put_name(struct scan *s, const char *text, const char *p)
{
	const char *end = behind_name(p);

	if (*end == '.' && (begins_name(end[1]) || end[1] == '"') && (p == text || p[-1] != '.'))
		return put_qualified(s, p, end);
	put_alone(s, text, p, end);
	return end;
}

/* 'schema.name'::regclass is a name in a string. */
static const char *put_string(struct scan *s, const char *text, const char *p)
{
	const bool escapes = p > text && (p[-1] == 'E' || p[-1] == 'e') && (p - text < 2 || !is_in_name(p[-2]));
	const char *end = behind_quoted(p, escapes);

	if (escapes || strncmp(end, "::regclass", 10) != 0) {
		put_as_it_is(s, p, end);
		return end;
	}
	struct rs_buf inner = RS_BUF_INIT, mapped = RS_BUF_INIT;
	struct scan in = {&mapped, s->map, NULL, NULL};

	for (const char *c = p + 1; c < end - 1; c++) {
		(void)rs_buf_addc(&inner, *c);
		c += *c == '\'';
	}
	const char *name = rs_buf_str(&inner), *behind = put_name(&in, name, name);
	(void)rs_buf_adds(&mapped, behind);
	rs_pg_put_text(s->out, rs_buf_str(&mapped));
	rs_buf_release(&inner);
	rs_buf_release(&mapped);
	return end;
}

void rs_pg_put_renamed(struct rs_buf *out, const char *sql, const struct rs_ddl_map *map, const char *db, const char *table)
{
	struct scan s = {out, map, db, table};
	const char *p = sql;

	while (*p) {
		const char *behind = *p == '$' ? behind_dollars(p) : NULL;

		if (behind) {
			put_as_it_is(&s, p, behind);
			p = behind;
		} else if (*p == '\'') {
			p = put_string(&s, sql, p);
		} else if (*p == '"' || begins_name(*p)) {
			p = put_name(&s, sql, p);
		} else if (*p >= '0' && *p <= '9') {
			for (behind = p; is_in_name(*behind) || *behind == '.';)
				behind++;
			put_as_it_is(&s, p, behind);
			p = behind;
		} else {
			(void)rs_buf_addc(out, *p++);
		}
	}
}

void rs_pg_put_advance(struct rs_buf *out, const char *db, const char *name, long long last)
{
	struct rs_buf sequence = RS_BUF_INIT;

	rs_pg_put_table(&sequence, db, name);
	(void)rs_buf_addf(out, "SELECT pg_catalog.setval(q.seqrelid::pg_catalog.regclass, %lld, true) FROM pg_catalog.pg_sequence q WHERE q.seqrelid = ",
	                  last);
	rs_pg_put_text(out, rs_buf_str(&sequence));
	(void)rs_buf_addf(out, "::pg_catalog.regclass AND COALESCE(CASE WHEN q.seqincrement > 0 THEN pg_catalog.pg_sequence_last_value(q.seqrelid) < %lld "
	                       "ELSE pg_catalog.pg_sequence_last_value(q.seqrelid) > %lld END, true)", last, last);
	rs_buf_release(&sequence);
}
