/* CREATE, ALTER, DROP, RENAME and TRUNCATE: the noun that follows says who reads the rest. Short statements are read here. */
#include "codec/ddl_parse.h"

#include "base/mem.h"

/* --- lists of tables ------------------------------------------------------------------------------ */

/* [IF EXISTS] a, b [RESTRICT | CASCADE] [WAIT n] */
static bool parse_drop_list(struct ddl_parser *p)
{
	if (ddl_if_exists(p))
		p->d->flags |= RS_DDL_IF_EXISTS;
	do {
		if (!ddl_ref(p, RS_ROLE_TARGET, NULL))
			return false;
	} while (ddl_accept_op(p, ','));
	if (!ddl_accept(p, "RESTRICT"))
		ddl_accept(p, "CASCADE");
	ddl_skip_online(p);
	return true;
}

static bool parse_rename_list(struct ddl_parser *p)
{
	if (ddl_if_exists(p))
		p->d->flags |= RS_DDL_IF_EXISTS;
	do {
		if (!ddl_ref(p, RS_ROLE_RENAME_FROM, NULL))
			return false;
		ddl_skip_online(p);
		if (!ddl_expect(p, "TO") || !ddl_ref(p, RS_ROLE_RENAME_TO, NULL))
			return false;
	} while (ddl_accept_op(p, ','));
	return true;
}

bool ddl_parse_truncate(struct ddl_parser *p)
{
	p->d->kind = RS_STMT_TRUNCATE_TABLE;
	p->d->flags |= RS_DDL_LOSES_ROWS;
	ddl_accept(p, "TABLE");
	if (!ddl_ref(p, RS_ROLE_TARGET, NULL))
		return false;
	ddl_skip_online(p);
	return true;
}

/* --- databases --------------------------------------------------------------------------------------- */

static void add_database(struct ddl_parser *p, const char *name, uint32_t from, uint32_t to)
{
	uint32_t cap = p->tree->refs_cap, count = (uint32_t)p->d->n_refs;
	struct rs_ddl_ref r = {.role = RS_ROLE_DATABASE, .db = name, .name = "", .qualified = from < to, .from = from,
	                       .to = to};

	RS_GROW(p->d->refs, count, cap);
	p->tree->refs_cap = cap;
	p->d->refs[p->d->n_refs++] = r;
}

static bool parse_database_options(struct ddl_parser *p)
{
	while (!ddl_at_end(p)) {
		if (ddl_accept2(p, "READ", "ONLY")) {
			ddl_accept_op(p, '=');
			p->i++;
		} else if (!ddl_parse_option(p)) {
			return ddl_fail(p);
		}
	}
	return true;
}

static bool at_database_option(const struct ddl_parser *p)
{
	if (rs_sql_kind(p->sql, p->i) != RS_TOKEN_WORD)
		return false;
	return ddl_is(p, "DEFAULT") || ddl_is2(p, "CHARACTER", "SET") || ddl_is2(p, "CHAR", "SET") ||
	       ddl_is(p, "CHARSET") || ddl_is(p, "COLLATE") || ddl_is(p, "ENCRYPTION") || ddl_is(p, "COMMENT") ||
	       ddl_is2(p, "READ", "ONLY");
}

static bool parse_database(struct ddl_parser *p)
{
	uint32_t name;

	if (ddl_if_not_exists(p))
		p->d->flags |= RS_DDL_IF_NOT_EXISTS;
	if (ddl_if_exists(p))
		p->d->flags |= RS_DDL_IF_EXISTS;
	if (p->d->kind == RS_STMT_ALTER_DATABASE && at_database_option(p)) {
		add_database(p, p->d->default_db, p->i, p->i);
	} else {
		if (!ddl_expect_name(p, &name))
			return false;
		add_database(p, ddl_text(p, name), name, name + 1);
	}
	return parse_database_options(p);
}

/* --- sequences ---------------------------------------------------------------------------------------------- */

static bool parse_sequence(struct ddl_parser *p)
{
	if (ddl_if_not_exists(p))
		p->d->flags |= RS_DDL_IF_NOT_EXISTS;
	if (ddl_if_exists(p))
		p->d->flags |= RS_DDL_IF_EXISTS;
	if (!ddl_ref(p, RS_ROLE_TARGET, NULL))
		return false;
	p->i = p->sql->count; /* numbers and options only */
	return true;
}

/* --- CREATE, ALTER, DROP ---------------------------------------------------------------------------------------- */

/* The words between CREATE or ALTER and the noun. */
struct head {
	bool temporary;
	enum rs_ddl_key_kind key;
	uint32_t key_from;
};

static bool skip_definer(struct ddl_parser *p)
{
	p->tree->definer_from = p->i;
	p->i++;
	if (!ddl_expect_op(p, '='))
		return false;
	if (rs_sql_kind(p->sql, p->i) == RS_TOKEN_STRING)
		p->i++;
	else if (!ddl_expect_name(p, NULL))
		return false;
	if (ddl_is_op(p, '(') && !ddl_skip_parens(p))
		return false;
	if (rs_sql_kind(p->sql, p->i) == RS_TOKEN_VAR)
		p->i++;
	p->tree->definer_to = p->i;
	return true;
}

static void skip_security(struct ddl_parser *p)
{
	p->tree->security_from = p->i;
	p->i += 3;
	p->tree->security_to = p->i;
}

static bool accept_key_word(struct ddl_parser *p, struct head *h)
{
	uint32_t from = p->i;

	if (ddl_accept(p, "UNIQUE"))
		h->key = RS_KEY_UNIQUE;
	else if (ddl_accept(p, "FULLTEXT"))
		h->key = RS_KEY_FULLTEXT;
	else if (ddl_is2(p, "SPATIAL", "INDEX") && ddl_accept(p, "SPATIAL"))
		h->key = RS_KEY_SPATIAL;
	else if (ddl_is2(p, "VECTOR", "INDEX") && ddl_accept(p, "VECTOR"))
		h->key = RS_KEY_VECTOR;
	else
		return false;
	h->key_from = from;
	return true;
}

static bool parse_head(struct ddl_parser *p, struct head *h)
{
	*h = (struct head){.key = RS_KEY_INDEX, .key_from = RS_NO_TOKEN};
	for (;;) {
		if (ddl_accept2(p, "OR", "REPLACE")) {
			p->d->flags |= RS_DDL_OR_REPLACE;
		} else if (ddl_accept(p, "TEMPORARY")) {
			h->temporary = true;
		} else if (ddl_is(p, "ALGORITHM")) {
			p->i += 3;
		} else if (ddl_is(p, "DEFINER")) {
			if (!skip_definer(p))
				return false;
		} else if (ddl_is2(p, "SQL", "SECURITY")) {
			skip_security(p);
		} else if (!accept_key_word(p, h) && !ddl_accept(p, "ONLINE") && !ddl_accept(p, "OFFLINE") &&
		           !ddl_accept(p, "IGNORE") && !ddl_accept(p, "AGGREGATE")) {
			return true;
		}
	}
}

static bool set_kind(struct ddl_parser *p, enum rs_stmt_kind kind, bool (*rest)(struct ddl_parser *p))
{
	p->d->kind = kind;
	p->i++;
	return rest(p);
}

/* Nouns that are no part of what is synchronized. */
static enum rs_stmt_kind outside_kind(const struct ddl_parser *p)
{
	static const char *const admin[] = {"SERVER", "TABLESPACE", "LOGFILE", "UNDO", "RESOURCE", "INSTANCE", NULL};

	if (ddl_is(p, "USER") || ddl_is(p, "ROLE"))
		return RS_STMT_ACCOUNT;
	if (ddl_is2(p, "SPATIAL", "REFERENCE") || ddl_is2(p, "LOADABLE", "FUNCTION"))
		return RS_STMT_ADMIN;
	for (const char *const *w = admin; *w; w++)
		if (ddl_is(p, *w))
			return RS_STMT_ADMIN;
	return RS_STMT_UNKNOWN;
}

static bool parse_outside(struct ddl_parser *p)
{
	p->d->kind = outside_kind(p);
	p->i = p->sql->count;
	return true;
}

static bool parse_temporary(struct ddl_parser *p)
{
	p->d->kind = ddl_is(p, "TABLE") || ddl_is(p, "TABLES") || ddl_is(p, "SEQUENCE") ? RS_STMT_TEMPORARY
	                                                                                : RS_STMT_UNKNOWN;
	p->i = p->sql->count;
	return true;
}

/* CREATE FUNCTION f RETURNS type SONAME 'library'. */
static bool is_loadable(const struct ddl_parser *p)
{
	for (uint32_t i = p->i; i < p->sql->count && i < p->i + 12; i++)
		if (rs_sql_is(p->sql, i, "SONAME"))
			return true;
	return false;
}

static bool parse_create_function(struct ddl_parser *p)
{
	if (!is_loadable(p))
		return ddl_parse_routine(p);
	p->d->kind = RS_STMT_ADMIN;
	p->i = p->sql->count;
	return true;
}

static bool at_noun(const struct ddl_parser *p, const char *noun, const char *other)
{
	return ddl_is(p, noun) || (other && ddl_is(p, other));
}

bool ddl_parse_create(struct ddl_parser *p)
{
	struct head h;
	uint32_t from = p->i;

	if (!parse_head(p, &h))
		return false;
	if (h.temporary)
		return parse_temporary(p);
	if (ddl_is(p, "TABLE"))
		return set_kind(p, RS_STMT_CREATE_TABLE, ddl_parse_create_table);
	if (ddl_is(p, "INDEX")) {
		p->d->kind = RS_STMT_CREATE_INDEX;
		p->i++;
		return ddl_parse_create_index(p, h.key_from == RS_NO_TOKEN ? from : h.key_from, h.key);
	}
	if (ddl_is(p, "VIEW"))
		return set_kind(p, RS_STMT_CREATE_VIEW, ddl_parse_view);
	if (ddl_is(p, "PROCEDURE"))
		return set_kind(p, RS_STMT_CREATE_PROCEDURE, ddl_parse_routine);
	if (ddl_is(p, "FUNCTION"))
		return set_kind(p, RS_STMT_CREATE_FUNCTION, parse_create_function);
	if (ddl_is(p, "TRIGGER"))
		return set_kind(p, RS_STMT_CREATE_TRIGGER, ddl_parse_trigger);
	if (ddl_is(p, "EVENT"))
		return set_kind(p, RS_STMT_CREATE_EVENT, ddl_parse_event);
	if (at_noun(p, "DATABASE", "SCHEMA"))
		return set_kind(p, RS_STMT_CREATE_DATABASE, parse_database);
	if (ddl_is(p, "SEQUENCE"))
		return set_kind(p, RS_STMT_CREATE_SEQUENCE, parse_sequence);
	return parse_outside(p);
}

bool ddl_parse_alter(struct ddl_parser *p)
{
	struct head h;

	if (!parse_head(p, &h))
		return false;
	if (ddl_is(p, "TABLE"))
		return set_kind(p, RS_STMT_ALTER_TABLE, ddl_parse_alter_table);
	if (ddl_is(p, "VIEW"))
		return set_kind(p, RS_STMT_ALTER_VIEW, ddl_parse_view);
	if (ddl_is(p, "PROCEDURE"))
		return set_kind(p, RS_STMT_ALTER_PROCEDURE, ddl_parse_routine);
	if (ddl_is(p, "FUNCTION"))
		return set_kind(p, RS_STMT_ALTER_FUNCTION, ddl_parse_routine);
	if (ddl_is(p, "EVENT"))
		return set_kind(p, RS_STMT_ALTER_EVENT, ddl_parse_event);
	if (at_noun(p, "DATABASE", "SCHEMA"))
		return set_kind(p, RS_STMT_ALTER_DATABASE, parse_database);
	if (ddl_is(p, "SEQUENCE"))
		return set_kind(p, RS_STMT_ALTER_SEQUENCE, parse_sequence);
	return parse_outside(p);
}

static bool parse_drop_one(struct ddl_parser *p)
{
	if (ddl_if_exists(p))
		p->d->flags |= RS_DDL_IF_EXISTS;
	return ddl_ref(p, RS_ROLE_TARGET, NULL);
}

bool ddl_parse_drop(struct ddl_parser *p)
{
	uint32_t from = p->i;

	if (ddl_accept(p, "TEMPORARY"))
		return parse_temporary(p);
	while (ddl_accept(p, "ONLINE") || ddl_accept(p, "OFFLINE")) {
	}
	if (at_noun(p, "TABLE", "TABLES"))
		return set_kind(p, RS_STMT_DROP_TABLE, parse_drop_list);
	if (ddl_is(p, "INDEX")) {
		p->d->kind = RS_STMT_DROP_INDEX;
		p->i++;
		return ddl_parse_drop_index(p, from);
	}
	if (ddl_is(p, "VIEW"))
		return set_kind(p, RS_STMT_DROP_VIEW, parse_drop_list);
	if (ddl_is(p, "PROCEDURE"))
		return set_kind(p, RS_STMT_DROP_PROCEDURE, parse_drop_one);
	if (ddl_is(p, "FUNCTION"))
		return set_kind(p, RS_STMT_DROP_FUNCTION, parse_drop_one);
	if (ddl_is(p, "TRIGGER"))
		return set_kind(p, RS_STMT_DROP_TRIGGER, parse_drop_one);
	if (ddl_is(p, "EVENT"))
		return set_kind(p, RS_STMT_DROP_EVENT, parse_drop_one);
	if (at_noun(p, "DATABASE", "SCHEMA"))
		return set_kind(p, RS_STMT_DROP_DATABASE, parse_database);
	if (ddl_is(p, "SEQUENCE"))
		return set_kind(p, RS_STMT_DROP_SEQUENCE, parse_drop_list);
	return parse_outside(p);
}

bool ddl_parse_rename(struct ddl_parser *p)
{
	if (at_noun(p, "TABLE", "TABLES"))
		return set_kind(p, RS_STMT_RENAME_TABLE, parse_rename_list);
	return parse_outside(p); /* USER */
}
