#include "codec/ddl.h"

#include <ctype.h>
#include <strings.h>
#include "base/i18n.h"
#include "base/mem.h"
#include "model/selection_name.h"
#include "codec/ddl_parse.h"

/* --- kinds ---------------------------------------------------------------------------- */

static const struct kind_name {
	const char *what, *word;
} kind_names[RS_STMT_COUNT] = {
	[RS_STMT_BEGIN] = {"BEGIN", NULL},
	[RS_STMT_COMMIT] = {"COMMIT", NULL},
	[RS_STMT_ROLLBACK] = {"ROLLBACK", NULL},
	[RS_STMT_SAVEPOINT] = {"SAVEPOINT", NULL},
	[RS_STMT_ROLLBACK_TO] = {"ROLLBACK TO SAVEPOINT", NULL},
	[RS_STMT_RELEASE_SAVEPOINT] = {"RELEASE SAVEPOINT", NULL},
	[RS_STMT_XA_START] = {"XA START", NULL},
	[RS_STMT_XA_END] = {"XA END", NULL},
	[RS_STMT_XA_PREPARE] = {"XA PREPARE", NULL},
	[RS_STMT_XA_COMMIT] = {"XA COMMIT", NULL},
	[RS_STMT_XA_ROLLBACK] = {"XA ROLLBACK", NULL},
	[RS_STMT_FILLER] = {"filler", NULL},
	[RS_STMT_TEMPORARY] = {"TEMPORARY TABLE", NULL},
	[RS_STMT_CREATE_TABLE_SELECT] = {"CREATE TABLE … SELECT", "create-table"},
	[RS_STMT_CREATE_TABLE] = {"CREATE TABLE", "create-table"},
	[RS_STMT_CREATE_TABLE_LIKE] = {"CREATE TABLE … LIKE", "create-table"},
	[RS_STMT_ALTER_TABLE] = {"ALTER TABLE", "alter-table"},
	[RS_STMT_ALTER_PARTITION] = {"ALTER TABLE … PARTITION", "alter-table"},
	[RS_STMT_DROP_TABLE] = {"DROP TABLE", "drop-table"},
	[RS_STMT_RENAME_TABLE] = {"RENAME TABLE", "rename-table"},
	[RS_STMT_TRUNCATE_TABLE] = {"TRUNCATE TABLE", "truncate-table"},
	[RS_STMT_CREATE_INDEX] = {"CREATE INDEX", "create-index"},
	[RS_STMT_DROP_INDEX] = {"DROP INDEX", "drop-index"},
	[RS_STMT_CREATE_VIEW] = {"CREATE VIEW", "create-view"},
	[RS_STMT_ALTER_VIEW] = {"ALTER VIEW", "alter-view"},
	[RS_STMT_DROP_VIEW] = {"DROP VIEW", "drop-view"},
	[RS_STMT_CREATE_PROCEDURE] = {"CREATE PROCEDURE", "create-procedure"},
	[RS_STMT_ALTER_PROCEDURE] = {"ALTER PROCEDURE", "create-procedure"},
	[RS_STMT_DROP_PROCEDURE] = {"DROP PROCEDURE", "drop-procedure"},
	[RS_STMT_CREATE_FUNCTION] = {"CREATE FUNCTION", "create-function"},
	[RS_STMT_ALTER_FUNCTION] = {"ALTER FUNCTION", "create-function"},
	[RS_STMT_DROP_FUNCTION] = {"DROP FUNCTION", "drop-function"},
	[RS_STMT_CREATE_TRIGGER] = {"CREATE TRIGGER", NULL},
	[RS_STMT_DROP_TRIGGER] = {"DROP TRIGGER", NULL},
	[RS_STMT_CREATE_EVENT] = {"CREATE EVENT", NULL},
	[RS_STMT_ALTER_EVENT] = {"ALTER EVENT", NULL},
	[RS_STMT_DROP_EVENT] = {"DROP EVENT", NULL},
	[RS_STMT_CREATE_DATABASE] = {"CREATE DATABASE", "create-database"},
	[RS_STMT_ALTER_DATABASE] = {"ALTER DATABASE", "alter-database"},
	[RS_STMT_DROP_DATABASE] = {"DROP DATABASE", "drop-database"},
	[RS_STMT_CREATE_SEQUENCE] = {"CREATE SEQUENCE", NULL},
	[RS_STMT_ALTER_SEQUENCE] = {"ALTER SEQUENCE", NULL},
	[RS_STMT_DROP_SEQUENCE] = {"DROP SEQUENCE", NULL},
};

const char *rs_ddl_word(enum rs_stmt_kind kind) { return kind < RS_STMT_COUNT ? kind_names[kind].word : NULL; }

/* --- statements that are told by their first word ---------------------------------------- */

static const struct first_word {
	const char *word;
	enum rs_stmt_kind kind;
} first_words[] = {
	{"INSERT", RS_STMT_DML},      {"UPDATE", RS_STMT_DML},     {"DELETE", RS_STMT_DML},     {"REPLACE", RS_STMT_DML},
	{"SELECT", RS_STMT_DML},      {"CALL", RS_STMT_DML},       {"DO", RS_STMT_DML},         {"WITH", RS_STMT_DML},
	{"VALUES", RS_STMT_DML},      {"TABLE", RS_STMT_DML},      {"BINLOG", RS_STMT_DML},     {"GRANT", RS_STMT_ACCOUNT},
	{"REVOKE", RS_STMT_ACCOUNT},  {"ANALYZE", RS_STMT_ADMIN},  {"OPTIMIZE", RS_STMT_ADMIN}, {"REPAIR", RS_STMT_ADMIN},
	{"CHECK", RS_STMT_ADMIN},     {"CHECKSUM", RS_STMT_ADMIN}, {"FLUSH", RS_STMT_ADMIN},    {"CACHE", RS_STMT_ADMIN},
	{"KILL", RS_STMT_ADMIN},      {"RESET", RS_STMT_ADMIN},    {"PURGE", RS_STMT_ADMIN},    {"INSTALL", RS_STMT_ADMIN},
	{"UNINSTALL", RS_STMT_ADMIN}, {"SHOW", RS_STMT_ADMIN},     {"EXPLAIN", RS_STMT_ADMIN},  {"DESCRIBE", RS_STMT_ADMIN},
	{"DESC", RS_STMT_ADMIN},      {"HELP", RS_STMT_ADMIN},     {"LOCK", RS_STMT_ADMIN},     {"UNLOCK", RS_STMT_ADMIN},
	{"CHANGE", RS_STMT_ADMIN},    {"STOP", RS_STMT_ADMIN},     {"CLONE", RS_STMT_ADMIN},    {"RESTART", RS_STMT_ADMIN},
	{"SHUTDOWN", RS_STMT_ADMIN},  {"BACKUP", RS_STMT_ADMIN},
};

static enum rs_stmt_kind by_first_word(const struct ddl_parser *p)
{
	for (size_t i = 0; i < sizeof first_words / sizeof *first_words; i++)
		if (ddl_is(p, first_words[i].word))
			return first_words[i].kind;
	return RS_STMT_UNKNOWN;
}

/* --- transaction control --------------------------------------------------------------------- */

/* The text of tokens [from, to), as it is written. */
static const char *raw_text(struct ddl_parser *p, uint32_t from, uint32_t to)
{
	const struct rs_sql *s = p->sql;

	if (from >= to)
		return NULL;
	return rs_arena_copy(&p->d->arena, s->text + s->tokens[from].start, s->tokens[to - 1].end - s->tokens[from].start);
}

static bool at_xid(const struct ddl_parser *p)
{
	enum rs_token_kind kind = rs_sql_kind(p->sql, p->i);

	return kind == RS_TOKEN_STRING || kind == RS_TOKEN_HEX || kind == RS_TOKEN_NUMBER || ddl_is_op(p, ',');
}

static enum rs_stmt_kind xa_kind(struct ddl_parser *p)
{
	if (ddl_accept(p, "START") || ddl_accept(p, "BEGIN"))
		return RS_STMT_XA_START;
	if (ddl_accept(p, "END"))
		return RS_STMT_XA_END;
	if (ddl_accept(p, "PREPARE"))
		return RS_STMT_XA_PREPARE;
	if (ddl_accept(p, "COMMIT"))
		return RS_STMT_XA_COMMIT;
	return ddl_accept(p, "ROLLBACK") ? RS_STMT_XA_ROLLBACK : RS_STMT_UNKNOWN;
}

static void parse_xa(struct ddl_parser *p)
{
	uint32_t from;

	p->d->kind = xa_kind(p);
	from = p->i;
	while (at_xid(p))
		p->i++;
	p->d->operand = raw_text(p, from, p->i);
	if (ddl_accept2(p, "ONE", "PHASE"))
		p->d->flags |= RS_DDL_ONE_PHASE;
	p->i = p->sql->count;
}

static void parse_savepoint(struct ddl_parser *p, enum rs_stmt_kind kind)
{
	p->d->kind = kind;
	ddl_accept(p, "SAVEPOINT");
	p->d->operand = ddl_text(p, p->i++);
}

static void parse_rollback(struct ddl_parser *p)
{
	p->d->kind = RS_STMT_ROLLBACK;
	ddl_accept(p, "WORK");
	if (ddl_accept(p, "TO"))
		parse_savepoint(p, RS_STMT_ROLLBACK_TO);
}

/* False where it is no transaction control. */
static bool parse_transaction(struct ddl_parser *p)
{
	if (ddl_is2(p, "BEGIN", "NOT"))
		return false;
	if (ddl_accept(p, "BEGIN") || ddl_accept2(p, "START", "TRANSACTION"))
		p->d->kind = RS_STMT_BEGIN;
	else if (ddl_accept(p, "COMMIT"))
		p->d->kind = RS_STMT_COMMIT;
	else if (ddl_accept(p, "ROLLBACK"))
		parse_rollback(p);
	else if (ddl_is(p, "SAVEPOINT"))
		parse_savepoint(p, RS_STMT_SAVEPOINT);
	else if (ddl_accept(p, "RELEASE"))
		parse_savepoint(p, RS_STMT_RELEASE_SAVEPOINT);
	else if (ddl_accept(p, "XA"))
		parse_xa(p);
	else
		return false;
	return true;
}

/* --- the rest ----------------------------------------------------------------------------------------------------- */

static bool parse_set(struct ddl_parser *p)
{
	if (ddl_is(p, "PASSWORD") || ddl_is(p, "ROLE") || ddl_is2(p, "DEFAULT", "ROLE"))
		p->d->kind = RS_STMT_ACCOUNT;
	p->i = p->sql->count;
	return true;
}

static bool parse_load(struct ddl_parser *p)
{
	p->d->kind = ddl_is(p, "INDEX") ? RS_STMT_ADMIN : RS_STMT_DML;
	p->i = p->sql->count;
	return true;
}

/* START REPLICA, START SLAVE, START GROUP_REPLICATION; START TRANSACTION was asked for before. */
static bool parse_start(struct ddl_parser *p)
{
	if (ddl_is(p, "REPLICA") || ddl_is(p, "SLAVE") || ddl_is(p, "ALL") || ddl_is(p, "GROUP_REPLICATION"))
		p->d->kind = RS_STMT_ADMIN;
	p->i = p->sql->count;
	return true;
}

/* DELETE FROM t, nothing more. */
static bool deletes_all(const struct ddl_parser *p)
{
	uint32_t i = p->tree->head;

	if (!rs_sql_is(p->sql, i, "DELETE") || !rs_sql_is(p->sql, i + 1, "FROM") || p->d->n_refs != 1)
		return false;
	i = p->d->refs[0].to;
	while (rs_sql_is_op(p->sql, i, ';'))
		i++;
	return p->d->refs[0].from == p->tree->head + 2 && i >= p->sql->count;
}

static bool parse_other(struct ddl_parser *p)
{
	p->d->kind = by_first_word(p);
	if (p->d->kind == RS_STMT_DML) {
		ddl_parse_body(p, p->i, p->sql->count);
		if (deletes_all(p))
			p->d->flags |= RS_DDL_ALL_ROWS;
	}
	p->i = p->sql->count;
	return true;
}

/* MariaDB: SET STATEMENT variable = value, … FOR the statement proper. */
static void skip_set_statement(struct ddl_parser *p)
{
	if (!ddl_is2(p, "SET", "STATEMENT"))
		return;
	while (p->i < p->sql->count && !ddl_accept(p, "FOR"))
		p->i++;
}

static bool parse_statement(struct ddl_parser *p)
{
	if (parse_transaction(p))
		return true;
	if (ddl_accept(p, "CREATE"))
		return ddl_parse_create(p);
	if (ddl_accept(p, "ALTER"))
		return ddl_parse_alter(p);
	if (ddl_accept(p, "DROP"))
		return ddl_parse_drop(p);
	if (ddl_is(p, "TRUNCATE")) {
		p->i++;
		return ddl_parse_truncate(p);
	}
	if (ddl_accept(p, "RENAME"))
		return ddl_parse_rename(p);
	if (ddl_accept(p, "SET"))
		return parse_set(p);
	if (ddl_accept(p, "LOAD"))
		return parse_load(p);
	if (ddl_accept(p, "START"))
		return parse_start(p);
	return parse_other(p);
}

/* --- the whole statement --------------------------------------------------------------------------------------------- */

/* "# Dum…" is what MariaDB puts in the place of an event that it leaves out. */
static bool is_filler(const struct ddl_parser *p)
{
	return ddl_at_end(p);
}

static const char *first_words_text(struct ddl_parser *p)
{
	uint32_t n = p->sql->count < 3 ? p->sql->count : 3;
	const char *text = raw_text(p, 0, n);

	return text ? text : "";
}

static void name_kind(struct ddl_parser *p)
{
	const char *what = kind_names[p->d->kind].what;

	p->d->what = what ? what : first_words_text(p);
}

/* The server's remark stands after the last token. */
static bool is_generated(const struct rs_sql *s)
{
	static const char remark[] = "generated by server";
	uint32_t at = s->count ? s->tokens[s->count - 1].end : 0;

	return memmem(s->text + at, s->len - at, remark, sizeof remark - 1) != NULL;
}

static void parse_all(struct ddl_parser *p)
{
	skip_set_statement(p);
	p->tree->head = p->i;
	if (is_filler(p)) {
		p->d->kind = RS_STMT_FILLER;
	} else if (parse_statement(p) && rs_stmt_is_schema_change(p->d->kind) && !ddl_at_end(p)) {
		ddl_fail(p);
	}
	if (is_generated(p->sql))
		p->d->flags |= RS_DDL_GENERATED;
	name_kind(p);
}

static struct rs_ddl_tree *new_tree(void)
{
	struct rs_ddl_tree *t = rs_xcalloc(1, sizeof *t);

	t->open = t->close = t->body = t->do_token = RS_NO_TOKEN;
	return t;
}

enum rs_rc rs_ddl_parse(struct rs_ddl *d, const char *sql, size_t len, const char *db,
                        const struct rs_sql_dialect *dialect, struct rs_err *err)
{
	struct ddl_parser p = {.d = d, .sql = &d->sql};

	*d = (struct rs_ddl){.what = ""};
	rs_arena_init(&d->arena, 0);
	d->tree = p.tree = new_tree();
	d->default_db = rs_arena_copy(&d->arena, db ? db : "", db ? strlen(db) : 0);
	if (rs_sql_tokenize(&d->sql, sql, len, dialect, err) != RS_OK)
		return rs_err_detail(err, "%.*s", (int)(len > 1000 ? 1000 : len), sql);
	parse_all(&p);
	return RS_OK;
}

static const char *lowered(struct rs_ddl *d, const char *name)
{
	char *lower = rs_name_folded(name ? name : "", false);
	const char *copy = rs_arena_copy(&d->arena, lower, strlen(lower));

	free(lower);
	return name ? copy : NULL;
}

void rs_ddl_lower_names(struct rs_ddl *d)
{
	for (size_t i = 0; i < d->n_refs; i++) {
		d->refs[i].db = lowered(d, d->refs[i].db);
		d->refs[i].name = lowered(d, d->refs[i].name);
	}
	d->default_db = lowered(d, d->default_db);
	d->lowered = true;
}

void rs_ddl_release(struct rs_ddl *d)
{
	if (d->tree) {
#define X(type, list) free(d->tree->list);
		RS_DDL_LISTS(X)
#undef X
	}
	free(d->tree);
	free(d->refs);
	rs_sql_release(&d->sql);
	rs_arena_release(&d->arena);
	*d = (struct rs_ddl){.what = ""};
}

enum rs_rc rs_ddl_refuse(const struct rs_ddl *d, struct rs_err *err, const char *fmt, ...)
{
	va_list ap;
	struct rs_buf b = RS_BUF_INIT;

	va_start(ap, fmt);
	rs_buf_vaddf(&b, fmt, ap);
	va_end(ap);
	rs_err_set(err, RS_E_DDL_UNKNOWN, "%s: %s", d->what, rs_buf_str(&b));
	rs_buf_release(&b);
	return rs_err_detail(err, "%.*s", (int)(d->sql.len > 4000 ? 4000 : d->sql.len), d->sql.text);
}

/* --- working tables of online schema changes ---------------------------------------------------------------------------- */

static bool has_suffix(const char *s, size_t n, const char *suffix)
{
	size_t m = strlen(suffix);

	return n > m + 1 && strcasecmp(s + n - m, suffix) == 0;
}

/* tp_123_ogt_orders, tpa_1f_ogl_orders: returns what stands after the kind, NULL for another name. */
static const char *dms_base(const char *s)
{
	const char *kind;

	if (strncasecmp(s, "tp_", 3) != 0 && strncasecmp(s, "tpa_", 4) != 0)
		return NULL;
	kind = strchr(s, '_') + 1;
	if (!isalnum((unsigned char)*kind))
		return NULL;
	while (isalnum((unsigned char)*kind))
		kind++;
	if (strncasecmp(kind, "_ogt_", 5) != 0 && strncasecmp(kind, "_ogl_", 5) != 0 && strncasecmp(kind, "_del_", 5) != 0)
		return NULL;
	return kind[5] ? kind + 5 : NULL;
}

bool rs_ddl_is_ghost(const char *table, char **base)
{
	static const char *const suffixes[] = {"_gho", "_ghc", "_del", "_new", "_old", NULL};
	const char *dms = dms_base(table);
	size_t n = strlen(table);

	if (dms) {
		if (base)
			*base = rs_xstrdup(dms);
		return true;
	}
	for (const char *const *s = suffixes; *table == '_' && *s; s++) {
		if (!has_suffix(table, n, *s))
			continue;
		if (base)
			*base = rs_xstrndup(table + 1, n - 5);
		return true;
	}
	return false;
}
