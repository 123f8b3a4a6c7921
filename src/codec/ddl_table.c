/* CREATE TABLE, ALTER TABLE, CREATE INDEX and DROP INDEX. */
#include "codec/ddl_parse.h"

/* --- CREATE TABLE ------------------------------------------------------------------- */

static bool parse_element(struct ddl_parser *p)
{
	struct rs_ddl_element e = {.from = p->i};

	e.is_key = ddl_at_key(p);
	if (!(e.is_key ? ddl_parse_key(p, &e.index) : ddl_parse_column(p, &e.index)))
		return false;
	e.to = p->i;
	*ddl_new_elements(p->tree) = e;
	return true;
}

static bool parse_elements(struct ddl_parser *p)
{
	p->tree->open = p->i++;
	do {
		if (!parse_element(p))
			return false;
	} while (ddl_accept_op(p, ','));
	p->tree->close = p->i;
	return ddl_expect_op(p, ')');
}

/* Options with commas or blanks between them. */
static void parse_options(struct ddl_parser *p)
{
	uint32_t before;

	do {
		before = p->i;
		ddl_accept_op(p, ',');
		if (!ddl_parse_option(p))
			p->i = before;
	} while (p->i > before);
}

static bool at_query(const struct ddl_parser *p, uint32_t i)
{
	const struct rs_sql *s = p->sql;

	while (rs_sql_is_op(s, i, '('))
		i++;
	return rs_sql_is(s, i, "SELECT") || rs_sql_is(s, i, "WITH") || rs_sql_is(s, i, "VALUES") ||
	       rs_sql_is(s, i, "TABLE");
}

static bool parse_create_select(struct ddl_parser *p)
{
	if (!ddl_accept(p, "IGNORE"))
		ddl_accept(p, "REPLACE");
	ddl_accept(p, "AS");
	if (!at_query(p, p->i))
		return ddl_at_end(p) || ddl_fail(p);
	p->d->kind = RS_STMT_CREATE_TABLE_SELECT;
	p->tree->body = p->i;
	ddl_parse_body(p, p->i, p->sql->count);
	p->i = p->sql->count;
	return true;
}

static bool parse_like(struct ddl_parser *p, bool parens)
{
	p->d->kind = RS_STMT_CREATE_TABLE_LIKE;
	p->i += parens ? 2 : 1;
	return ddl_ref(p, RS_ROLE_LIKE, NULL) && (!parens || ddl_expect_op(p, ')'));
}

static void note_rows_follow(struct ddl_parser *p)
{
	for (uint32_t i = 0; i < p->tree->n_options; i++)
		if (p->tree->options[i].kind == RS_OPTION_START_TRANSACTION)
			p->d->flags |= RS_DDL_ROWS_FOLLOW;
}

bool ddl_parse_create_table(struct ddl_parser *p)
{
	if (ddl_if_not_exists(p))
		p->d->flags |= RS_DDL_IF_NOT_EXISTS;
	if (!ddl_ref(p, RS_ROLE_TARGET, &p->table))
		return false;
	if (ddl_is(p, "LIKE"))
		return parse_like(p, false);
	if (ddl_is_op(p, '(') && rs_sql_is(p->sql, p->i + 1, "LIKE"))
		return parse_like(p, true);
	if (ddl_is_op(p, '(') && !at_query(p, p->i + 1) && !parse_elements(p))
		return false;
	parse_options(p);
	if (ddl_is(p, "PARTITION") && !ddl_parse_partition_by(p))
		return false;
	parse_options(p);
	note_rows_follow(p);
	return parse_create_select(p);
}

/* --- ALTER TABLE: columns ------------------------------------------------------------ */

static bool parse_place(struct ddl_parser *p, uint32_t column)
{
	if (ddl_accept(p, "FIRST")) {
		p->tree->columns[column].place = RS_PLACE_FIRST;
	} else if (ddl_accept(p, "AFTER")) {
		p->tree->columns[column].place = RS_PLACE_AFTER;
		return ddl_column(p, &p->tree->columns[column].after);
	}
	return true;
}

static bool parse_placed_column(struct ddl_parser *p, struct rs_ddl_alter *a)
{
	a->n = 1;
	return ddl_parse_column(p, &a->first) && parse_place(p, a->first);
}

static struct rs_ddl_alter *add_alter(struct ddl_parser *p, const struct rs_ddl_alter *a)
{
	struct rs_ddl_alter *copy = ddl_new_alters(p->tree);

	*copy = *a;
	copy->to = p->i;
	return copy;
}

/* ADD (a INT, b INT, KEY (a)): one change for each. */
static bool parse_add_list(struct ddl_parser *p, const struct rs_ddl_alter *a)
{
	struct rs_ddl_alter one;
	bool ok;

	p->i++;
	do {
		one = *a;
		one.from = p->i;
		one.n = 1;
		one.kind = ddl_at_key(p) ? RS_ALTER_ADD_KEY : RS_ALTER_ADD_COLUMN;
		ok = one.kind == RS_ALTER_ADD_KEY ? ddl_parse_key(p, &one.first) : ddl_parse_column(p, &one.first);
		if (!ok)
			return false;
		add_alter(p, &one);
	} while (ddl_accept_op(p, ','));
	return ddl_expect_op(p, ')');
}

static bool parse_add_column(struct ddl_parser *p, struct rs_ddl_alter *a)
{
	ddl_accept(p, "COLUMN");
	a->if_not_exists = ddl_if_not_exists(p);
	if (ddl_is_op(p, '('))
		return parse_add_list(p, a);
	a->kind = RS_ALTER_ADD_COLUMN;
	if (!parse_placed_column(p, a))
		return false;
	add_alter(p, a);
	return true;
}

static bool parse_change(struct ddl_parser *p, struct rs_ddl_alter *a)
{
	a->kind = RS_ALTER_CHANGE_COLUMN;
	ddl_accept(p, "COLUMN");
	a->if_exists = ddl_if_exists(p);
	return ddl_column(p, &a->name) && parse_placed_column(p, a);
}

static bool parse_modify(struct ddl_parser *p, struct rs_ddl_alter *a)
{
	a->kind = RS_ALTER_MODIFY_COLUMN;
	ddl_accept(p, "COLUMN");
	a->if_exists = ddl_if_exists(p);
	if (!parse_placed_column(p, a))
		return false;
	a->name = p->tree->columns[a->first].name;
	return true;
}

/* After ALTER: [COLUMN] c SET DEFAULT …, DROP DEFAULT, SET VISIBLE. */
static bool parse_alter_column(struct ddl_parser *p, struct rs_ddl_alter *a)
{
	a->kind = RS_ALTER_COLUMN_DEFAULT;
	ddl_accept(p, "COLUMN");
	a->if_exists = ddl_if_exists(p);
	if (!ddl_column(p, &a->name))
		return false;
	if (ddl_accept2(p, "DROP", "DEFAULT"))
		return true;
	if (!ddl_expect(p, "SET"))
		return false;
	if (ddl_is(p, "VISIBLE") || ddl_is(p, "INVISIBLE")) {
		a->kind = RS_ALTER_COLUMN_VISIBLE;
		a->flag = ddl_is(p, "VISIBLE");
		p->i++;
		return true;
	}
	if (!ddl_expect(p, "DEFAULT"))
		return false;
	a->first = p->i;
	while (!ddl_at_end(p) && !ddl_is_op(p, ','))
		p->i = ddl_is_op(p, '(') ? rs_sql_skip_parens(p->sql, p->i) : p->i + 1;
	ddl_expression(p, a->first, p->i);
	return true;
}

/* --- ALTER TABLE: keys -------------------------------------------------------------------- */

static bool parse_add_key(struct ddl_parser *p, struct rs_ddl_alter *a)
{
	a->kind = RS_ALTER_ADD_KEY;
	a->n = 1;
	if (!ddl_parse_key(p, &a->first))
		return false;
	if (p->tree->keys[a->first].kind == RS_KEY_PERIOD)
		a->kind = RS_ALTER_VERSIONING;
	add_alter(p, a);
	return true;
}

static bool parse_drop_named(struct ddl_parser *p, struct rs_ddl_alter *a, enum rs_alter_kind kind)
{
	a->kind = kind;
	a->if_exists = ddl_if_exists(p);
	return kind == RS_ALTER_DROP_COLUMN ? ddl_column(p, &a->name) : ddl_expect_name(p, &a->name);
}

static bool parse_drop_versioning(struct ddl_parser *p, struct rs_ddl_alter *a)
{
	a->kind = RS_ALTER_VERSIONING;
	if (ddl_accept2(p, "SYSTEM", "VERSIONING"))
		return true;
	p->i += 2; /* PERIOD FOR */
	ddl_if_exists(p);
	return ddl_expect_name(p, NULL);
}

static bool parse_drop_partition(struct ddl_parser *p, struct rs_ddl_alter *a);

static bool parse_drop(struct ddl_parser *p, struct rs_ddl_alter *a)
{
	if (ddl_accept2(p, "PRIMARY", "KEY")) {
		a->kind = RS_ALTER_DROP_PRIMARY;
		return true;
	}
	if (ddl_accept2(p, "FOREIGN", "KEY"))
		return parse_drop_named(p, a, RS_ALTER_DROP_FOREIGN);
	if (ddl_accept(p, "INDEX") || ddl_accept(p, "KEY"))
		return parse_drop_named(p, a, RS_ALTER_DROP_KEY);
	if (ddl_accept(p, "CONSTRAINT"))
		return parse_drop_named(p, a, RS_ALTER_DROP_CONSTRAINT);
	if (ddl_accept(p, "CHECK"))
		return parse_drop_named(p, a, RS_ALTER_DROP_CHECK);
	if (ddl_is2(p, "SYSTEM", "VERSIONING") || ddl_is2(p, "PERIOD", "FOR"))
		return parse_drop_versioning(p, a);
	if (ddl_accept(p, "PARTITION"))
		return parse_drop_partition(p, a);
	ddl_accept(p, "COLUMN");
	if (!parse_drop_named(p, a, RS_ALTER_DROP_COLUMN))
		return false;
	if (!ddl_accept(p, "RESTRICT"))
		ddl_accept(p, "CASCADE");
	return true;
}

static bool parse_rename_pair(struct ddl_parser *p, struct rs_ddl_alter *a, enum rs_alter_kind kind)
{
	bool column = kind == RS_ALTER_RENAME_COLUMN;

	a->kind = kind;
	a->if_exists = ddl_if_exists(p);
	if (!(column ? ddl_column(p, &a->name) : ddl_expect_name(p, &a->name)) || !ddl_expect(p, "TO"))
		return false;
	return column ? ddl_column(p, &a->to_name) : ddl_expect_name(p, &a->to_name);
}

static bool parse_rename(struct ddl_parser *p, struct rs_ddl_alter *a)
{
	if (ddl_accept(p, "COLUMN"))
		return parse_rename_pair(p, a, RS_ALTER_RENAME_COLUMN);
	if ((ddl_is(p, "INDEX") || ddl_is(p, "KEY")) && !rs_sql_is_op(p->sql, p->i + 1, '.')) {
		p->i++;
		return parse_rename_pair(p, a, RS_ALTER_RENAME_KEY);
	}
	a->kind = RS_ALTER_RENAME_TABLE;
	if (!ddl_accept(p, "TO") && !ddl_accept(p, "AS"))
		ddl_accept_op(p, '=');
	p->d->refs[p->table].role = RS_ROLE_RENAME_FROM;
	return ddl_ref(p, RS_ROLE_RENAME_TO, &a->first);
}

/* After ALTER: INDEX i VISIBLE, [NOT] IGNORED; CHECK or CONSTRAINT c [NOT] ENFORCED. */
static bool parse_alter_key(struct ddl_parser *p, struct rs_ddl_alter *a)
{
	a->kind = RS_ALTER_KEY_VISIBLE;
	p->i++;
	ddl_if_exists(p);
	if (!ddl_expect_name(p, &a->name))
		return false;
	ddl_accept(p, "NOT");
	return ddl_accept(p, "VISIBLE") || ddl_accept(p, "INVISIBLE") || ddl_accept(p, "IGNORED") ||
	       ddl_expect(p, "ENFORCED");
}

/* --- ALTER TABLE: partitions ----------------------------------------------------------------- */

/* A list of partition names, or ALL. */
static bool skip_partition_names(struct ddl_parser *p)
{
	ddl_if_exists(p);
	do {
		if (!ddl_expect_name(p, NULL))
			return false;
	} while (ddl_accept_op(p, ','));
	return true;
}

static bool parse_drop_partition(struct ddl_parser *p, struct rs_ddl_alter *a)
{
	a->kind = RS_ALTER_PARTITION_ROWS;
	return skip_partition_names(p);
}

static bool parse_add_partition(struct ddl_parser *p, struct rs_ddl_alter *a)
{
	a->kind = RS_ALTER_PARTITION;
	a->if_not_exists = ddl_if_not_exists(p);
	while (ddl_accept(p, "NO_WRITE_TO_BINLOG") || ddl_accept(p, "LOCAL")) {
	}
	if (ddl_accept(p, "PARTITIONS")) {
		p->i++;
		return true;
	}
	return ddl_skip_parens(p);
}

static bool parse_reorganize(struct ddl_parser *p, struct rs_ddl_alter *a)
{
	a->kind = RS_ALTER_PARTITION;
	if (!ddl_expect(p, "PARTITION"))
		return false;
	while (ddl_accept(p, "NO_WRITE_TO_BINLOG") || ddl_accept(p, "LOCAL")) {
	}
	if (!rs_sql_is_name(p->sql, p->i))
		return true;
	return skip_partition_names(p) && ddl_expect(p, "INTO") && ddl_skip_parens(p);
}

static bool parse_exchange(struct ddl_parser *p, struct rs_ddl_alter *a)
{
	a->kind = RS_ALTER_PARTITION_ROWS;
	if (!ddl_expect(p, "PARTITION") || !ddl_expect_name(p, NULL) || !ddl_expect(p, "WITH") ||
	    !ddl_expect(p, "TABLE") || !ddl_ref(p, RS_ROLE_EXCHANGE, NULL))
		return false;
	if (ddl_is2(p, "WITH", "VALIDATION") || ddl_is2(p, "WITHOUT", "VALIDATION"))
		p->i += 2;
	return true;
}

/* MariaDB: CONVERT PARTITION p TO TABLE t; CONVERT TABLE t TO PARTITION p VALUES …. */
static bool parse_convert_partition(struct ddl_parser *p, struct rs_ddl_alter *a)
{
	a->kind = RS_ALTER_PARTITION_ROWS;
	if (ddl_accept(p, "PARTITION"))
		return ddl_expect_name(p, NULL) && ddl_expect(p, "TO") && ddl_expect(p, "TABLE") &&
		       ddl_ref(p, RS_ROLE_EXCHANGE, NULL);
	p->i++;
	if (!ddl_ref(p, RS_ROLE_EXCHANGE, NULL) || !ddl_expect(p, "TO"))
		return false;
	while (!ddl_at_end(p) && !ddl_is_op(p, ','))
		p->i = ddl_is_op(p, '(') ? rs_sql_skip_parens(p->sql, p->i) : p->i + 1;
	return true;
}

/* ANALYZE, CHECK, OPTIMIZE, REBUILD, REPAIR PARTITION, TRUNCATE PARTITION, COALESCE PARTITION n. DISCARD and IMPORT
 * change rows behind the log's back. */
static bool parse_partition_work(struct ddl_parser *p, struct rs_ddl_alter *a)
{
	a->kind = ddl_is(p, "TRUNCATE") ? RS_ALTER_PARTITION_ROWS : RS_ALTER_PARTITION;
	if (ddl_is(p, "DISCARD") || ddl_is(p, "IMPORT"))
		return ddl_fail(p);
	p->i += 2;
	while (ddl_accept(p, "NO_WRITE_TO_BINLOG") || ddl_accept(p, "LOCAL")) {
	}
	if (rs_sql_kind(p->sql, p->i) == RS_TOKEN_NUMBER) {
		p->i++;
		return true;
	}
	if (!skip_partition_names(p))
		return false;
	while (ddl_accept(p, "QUICK") || ddl_accept(p, "EXTENDED") || ddl_accept(p, "USE_FRM") || ddl_accept(p, "FAST") ||
	       ddl_accept(p, "MEDIUM") || ddl_accept(p, "CHANGED")) {
	}
	return true;
}

/* --- ALTER TABLE: the rest ---------------------------------------------------------------------- */

static bool parse_convert(struct ddl_parser *p, struct rs_ddl_alter *a)
{
	a->kind = RS_ALTER_CONVERT;
	if (!ddl_expect(p, "TO"))
		return false;
	if (!ddl_accept2(p, "CHARACTER", "SET") && !ddl_accept2(p, "CHAR", "SET") && !ddl_expect(p, "CHARSET"))
		return false;
	a->name = ddl_is(p, "DEFAULT") ? RS_NO_TOKEN : p->i;
	p->i++;
	a->to_name = RS_NO_TOKEN;
	if (ddl_accept(p, "COLLATE")) {
		ddl_accept_op(p, '=');
		a->to_name = p->i++;
	}
	return true;
}

static bool parse_order(struct ddl_parser *p, struct rs_ddl_alter *a)
{
	a->kind = RS_ALTER_ORDER;
	do {
		if (!ddl_column(p, NULL))
			return false;
		if (!ddl_accept(p, "ASC"))
			ddl_accept(p, "DESC");
	} while (ddl_accept_op(p, ','));
	return true;
}

static bool parse_options_alter(struct ddl_parser *p, struct rs_ddl_alter *a)
{
	a->kind = RS_ALTER_OPTION;
	a->first = p->tree->n_options;
	if (!ddl_parse_option(p))
		return ddl_fail(p);
	while (ddl_parse_option(p)) {
	}
	a->n = p->tree->n_options - a->first;
	return true;
}

/* What changes nothing that matters here. */
static bool accept_force(struct ddl_parser *p, struct rs_ddl_alter *a)
{
	a->kind = RS_ALTER_FORCE;
	if (ddl_accept(p, "FORCE") || ddl_accept2(p, "ENABLE", "KEYS") || ddl_accept2(p, "DISABLE", "KEYS") ||
	    ddl_accept2(p, "WITH", "VALIDATION") || ddl_accept2(p, "WITHOUT", "VALIDATION") ||
	    ddl_accept(p, "SECONDARY_LOAD") || ddl_accept(p, "SECONDARY_UNLOAD"))
		return true;
	if (ddl_is(p, "ALGORITHM") || ddl_is(p, "LOCK")) {
		ddl_skip_online(p);
		return true;
	}
	return false;
}

static bool at_partition_work(const struct ddl_parser *p)
{
	static const char *const words[] = {"TRUNCATE", "COALESCE", "ANALYZE", "CHECK", "OPTIMIZE", "REBUILD",
	                                    "REPAIR",   "DISCARD",  "IMPORT",  NULL};

	if (rs_sql_is(p->sql, p->i + 1, "TABLESPACE"))
		return ddl_is(p, "DISCARD") || ddl_is(p, "IMPORT");
	if (!rs_sql_is(p->sql, p->i + 1, "PARTITION"))
		return false;
	for (const char *const *w = words; *w; w++)
		if (ddl_is(p, *w))
			return true;
	return false;
}

static bool parse_add(struct ddl_parser *p, struct rs_ddl_alter *a)
{
	if (ddl_accept(p, "PARTITION")) {
		if (!parse_add_partition(p, a))
			return false;
	} else if (ddl_accept2(p, "SYSTEM", "VERSIONING")) {
		a->kind = RS_ALTER_VERSIONING;
	} else {
		return ddl_at_key(p) ? parse_add_key(p, a) : parse_add_column(p, a);
	}
	add_alter(p, a);
	return true;
}

static bool parse_alter_word(struct ddl_parser *p, struct rs_ddl_alter *a)
{
	if (ddl_is(p, "INDEX") || ddl_is(p, "KEY") || ddl_is(p, "CHECK") || ddl_is(p, "CONSTRAINT"))
		return parse_alter_key(p, a);
	return parse_alter_column(p, a);
}

static bool parse_partitioning(struct ddl_parser *p, struct rs_ddl_alter *a)
{
	a->kind = RS_ALTER_PARTITION;
	if (ddl_accept2(p, "REMOVE", "PARTITIONING"))
		return true;
	if (ddl_accept(p, "REORGANIZE"))
		return parse_reorganize(p, a);
	if (ddl_accept(p, "EXCHANGE"))
		return parse_exchange(p, a);
	if (at_partition_work(p))
		return parse_partition_work(p, a);
	return ddl_parse_partition_by(p);
}

static bool at_partitioning(const struct ddl_parser *p)
{
	return ddl_is2(p, "PARTITION", "BY") || ddl_is2(p, "REMOVE", "PARTITIONING") || ddl_is(p, "REORGANIZE") ||
	       ddl_is(p, "EXCHANGE") || at_partition_work(p);
}

/* A change other than ADD. */
static bool parse_change_of(struct ddl_parser *p, struct rs_ddl_alter *a)
{
	if (ddl_accept(p, "CHANGE"))
		return parse_change(p, a);
	if (ddl_accept(p, "MODIFY"))
		return parse_modify(p, a);
	if (ddl_accept(p, "DROP"))
		return parse_drop(p, a);
	if (ddl_accept(p, "RENAME"))
		return parse_rename(p, a);
	if (ddl_accept(p, "ALTER"))
		return parse_alter_word(p, a);
	if (at_partitioning(p))
		return parse_partitioning(p, a);
	if (ddl_is2(p, "CONVERT", "PARTITION") || ddl_is2(p, "CONVERT", "TABLE")) {
		p->i++;
		return parse_convert_partition(p, a);
	}
	if (ddl_accept(p, "CONVERT"))
		return parse_convert(p, a);
	if (ddl_accept2(p, "ORDER", "BY"))
		return parse_order(p, a);
	return accept_force(p, a) || parse_options_alter(p, a);
}

static bool parse_alter(struct ddl_parser *p)
{
	struct rs_ddl_alter a = {.from = p->i, .name = RS_NO_TOKEN, .to_name = RS_NO_TOKEN};

	if (ddl_accept(p, "ADD"))
		return parse_add(p, &a);
	if (!parse_change_of(p, &a))
		return false;
	add_alter(p, &a);
	return true;
}

static void note_partitions(struct ddl_parser *p)
{
	const struct rs_ddl_tree *t = p->tree;
	bool all = t->n_alters > 0;

	for (uint32_t i = 0; i < t->n_alters; i++) {
		if (t->alters[i].kind == RS_ALTER_PARTITION_ROWS)
			p->d->flags |= RS_DDL_LOSES_ROWS;
		all = all && (t->alters[i].kind == RS_ALTER_PARTITION || t->alters[i].kind == RS_ALTER_PARTITION_ROWS ||
		              t->alters[i].kind == RS_ALTER_FORCE);
	}
	if (all && t->alters[0].kind != RS_ALTER_FORCE)
		p->d->kind = RS_STMT_ALTER_PARTITION;
}

/* Changes are separated by commas; PARTITION BY may follow the last one without. */
bool ddl_parse_alter_table(struct ddl_parser *p)
{
	if (ddl_if_exists(p))
		p->d->flags |= RS_DDL_IF_EXISTS;
	if (!ddl_ref(p, RS_ROLE_TARGET, &p->table))
		return false;
	ddl_skip_online(p);
	while (!ddl_at_end(p)) {
		if (!parse_alter(p))
			return false;
		ddl_accept_op(p, ',');
	}
	note_partitions(p);
	return true;
}

/* --- indexes ----------------------------------------------------------------------------------------- */

bool ddl_parse_create_index(struct ddl_parser *p, uint32_t from, enum rs_ddl_key_kind kind)
{
	struct rs_ddl_key k = {.kind = kind, .from = from, .constraint = RS_NO_TOKEN};
	struct rs_ddl_alter a = {.kind = RS_ALTER_ADD_KEY, .from = from, .n = 1, .first = p->tree->n_keys};

	k.if_not_exists = ddl_if_not_exists(p);
	if (!ddl_expect_name(p, &k.name))
		return false;
	while (ddl_accept(p, "USING") || ddl_accept(p, "TYPE"))
		p->i++;
	if (!ddl_expect(p, "ON") || !ddl_ref(p, RS_ROLE_TARGET, &p->table))
		return false;
	ddl_skip_online(p);
	if (!ddl_parse_parts(p, &k.first_part, &k.n_parts))
		return false;
	k.options = p->i;
	ddl_parse_key_options(p);
	k.to = p->i;
	*ddl_new_keys(p->tree) = k;
	ddl_skip_online(p);
	add_alter(p, &a);
	return true;
}

bool ddl_parse_drop_index(struct ddl_parser *p, uint32_t from)
{
	struct rs_ddl_alter a = {.kind = RS_ALTER_DROP_KEY, .from = from};

	a.if_exists = ddl_if_exists(p);
	if (!ddl_expect_name(p, &a.name) || !ddl_expect(p, "ON") || !ddl_ref(p, RS_ROLE_TARGET, &p->table))
		return false;
	ddl_skip_online(p);
	add_alter(p, &a);
	return true;
}
