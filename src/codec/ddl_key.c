/* Keys, constraints, table options and partitions. */
#include "codec/ddl_parse.h"

/* --- key parts ---------------------------------------------------------------------- */

static bool parse_part(struct ddl_parser *p)
{
	struct rs_ddl_part part = {.column = RS_NO_TOKEN, .from = p->i};

	if (ddl_is_op(p, '(')) {
		if (!ddl_expression_parens(p))
			return false;
	} else {
		if (!ddl_column(p, &part.column))
			return false;
		if (ddl_accept_op(p, '(')) {
			if (rs_sql_kind(p->sql, p->i) != RS_TOKEN_NUMBER)
				return ddl_fail(p);
			part.prefix = ddl_number(p, p->i++);
			if (!ddl_expect_op(p, ')'))
				return false;
		}
	}
	part.descending = ddl_accept(p, "DESC");
	if (!part.descending)
		ddl_accept(p, "ASC");
	ddl_accept2(p, "WITHOUT", "OVERLAPS");
	part.to = p->i;
	*ddl_new_parts(p->tree) = part;
	return true;
}

bool ddl_parse_parts(struct ddl_parser *p, uint32_t *first, uint32_t *n)
{
	*first = p->tree->n_parts;
	if (!ddl_expect_op(p, '('))
		return false;
	do {
		if (!parse_part(p))
			return false;
	} while (ddl_accept_op(p, ','));
	*n = p->tree->n_parts - *first;
	return ddl_expect_op(p, ')');
}

/* --- index options -------------------------------------------------------------------- */

static bool key_option_with_value(struct ddl_parser *p)
{
	static const char *const words[] = {"KEY_BLOCK_SIZE", "COMMENT", "ENGINE_ATTRIBUTE",
	                                    "SECONDARY_ENGINE_ATTRIBUTE", "M", "DISTANCE", NULL};

	for (const char *const *w = words; *w; w++)
		if (ddl_is(p, *w))
			return true;
	return rs_sql_is_name(p->sql, p->i) && rs_sql_is_op(p->sql, p->i + 1, '=') && !ddl_is(p, "ALGORITHM") &&
	       !ddl_is(p, "LOCK");
}

static bool parse_key_option(struct ddl_parser *p)
{
	if (ddl_accept(p, "VISIBLE") || ddl_accept(p, "INVISIBLE") || ddl_accept(p, "IGNORED"))
		return true;
	if (ddl_accept2(p, "NOT", "IGNORED"))
		return true;
	if (ddl_is(p, "USING") || ddl_is(p, "TYPE") || ddl_is2(p, "WITH", "PARSER")) {
		p->i += ddl_is(p, "WITH") ? 3 : 2;
		return true;
	}
	if (!key_option_with_value(p))
		return false;
	p->i++;
	ddl_accept_op(p, '=');
	p->i++;
	return true;
}

void ddl_parse_key_options(struct ddl_parser *p)
{
	while (parse_key_option(p)) {
	}
}

/* --- foreign keys ------------------------------------------------------------------------ */

static bool parse_action(struct ddl_parser *p, enum rs_fk_action *action)
{
	if (ddl_accept(p, "RESTRICT"))
		*action = RS_FK_RESTRICT;
	else if (ddl_accept(p, "CASCADE"))
		*action = RS_FK_CASCADE;
	else if (ddl_accept2(p, "SET", "NULL"))
		*action = RS_FK_SET_NULL;
	else if (ddl_accept2(p, "SET", "DEFAULT"))
		*action = RS_FK_SET_DEFAULT;
	else if (ddl_accept2(p, "NO", "ACTION"))
		*action = RS_FK_NO_ACTION;
	else
		return ddl_fail(p);
	return true;
}

/* What the servers say where nothing is written; both mean the same. */
static enum rs_fk_action unwritten_action(const struct rs_sql_dialect *d)
{
	return d->mariadb || d->version < 80000 ? RS_FK_RESTRICT : RS_FK_NO_ACTION;
}

/* After REFERENCES. */
bool ddl_parse_references(struct ddl_parser *p, struct rs_ddl_key *k)
{
	uint32_t table = p->table;
	bool ok = true;

	k->on_delete = k->on_update = unwritten_action(&p->sql->dialect);
	if (!ddl_ref(p, RS_ROLE_FK_PARENT, &k->parent))
		return false;
	if (ddl_is_op(p, '(')) {
		p->table = k->parent;
		ok = ddl_parse_parts(p, &k->first_parent_part, &k->n_parent_parts);
		p->table = table;
	}
	if (ok && ddl_accept(p, "MATCH"))
		ok = ddl_expect_name(p, NULL);
	while (ok && ddl_accept(p, "ON")) {
		if (ddl_accept(p, "DELETE"))
			ok = parse_action(p, &k->on_delete);
		else
			ok = ddl_expect(p, "UPDATE") && parse_action(p, &k->on_update);
	}
	return ok;
}

/* --- keys ------------------------------------------------------------------------------------ */

static bool is_key_word(const struct rs_sql *s, uint32_t i)
{
	return rs_sql_is(s, i, "KEY") || rs_sql_is(s, i, "INDEX");
}

bool ddl_at_key(const struct ddl_parser *p)
{
	static const char *const words[] = {"CONSTRAINT", "PRIMARY", "UNIQUE", "INDEX", "KEY", "FULLTEXT", "SPATIAL",
	                                    "FOREIGN", "CHECK", NULL};

	for (const char *const *w = words; *w; w++)
		if (ddl_is(p, *w))
			return true;
	return ddl_is2(p, "PERIOD", "FOR") || (ddl_is(p, "VECTOR") && is_key_word(p->sql, p->i + 1));
}

/* [name] [USING x] (parts) options, where the name may be left out. */
static bool parse_key_tail(struct ddl_parser *p, struct rs_ddl_key *k)
{
	k->if_not_exists |= ddl_if_not_exists(p);
	if (!ddl_is(p, "USING") && !ddl_is(p, "TYPE") && !ddl_is_op(p, '(') && !ddl_expect_name(p, &k->name))
		return false;
	while (ddl_accept(p, "USING") || ddl_accept(p, "TYPE"))
		p->i++;
	if (!ddl_parse_parts(p, &k->first_part, &k->n_parts))
		return false;
	k->options = p->i;
	ddl_parse_key_options(p);
	return true;
}

static bool parse_foreign(struct ddl_parser *p, struct rs_ddl_key *k)
{
	k->kind = RS_KEY_FOREIGN;
	if (!ddl_expect(p, "KEY"))
		return false;
	k->if_not_exists |= ddl_if_not_exists(p);
	if (!ddl_is_op(p, '(') && !ddl_expect_name(p, &k->name))
		return false;
	return ddl_parse_parts(p, &k->first_part, &k->n_parts) && ddl_expect(p, "REFERENCES") &&
	       ddl_parse_references(p, k);
}

static bool parse_check(struct ddl_parser *p, struct rs_ddl_key *k)
{
	k->kind = RS_KEY_CHECK;
	k->options = p->i;
	if (!ddl_expression_parens(p))
		return false;
	ddl_accept(p, "NOT");
	ddl_accept(p, "ENFORCED");
	return true;
}

static bool parse_period(struct ddl_parser *p, struct rs_ddl_key *k)
{
	k->kind = RS_KEY_PERIOD;
	return ddl_expect(p, "FOR") && ddl_expect_name(p, NULL) && ddl_parse_parts(p, &k->first_part, &k->n_parts);
}

static bool parse_plain_key(struct ddl_parser *p, struct rs_ddl_key *k)
{
	k->kind = ddl_accept(p, "UNIQUE")     ? RS_KEY_UNIQUE
	          : ddl_accept(p, "FULLTEXT") ? RS_KEY_FULLTEXT
	          : ddl_accept(p, "SPATIAL")  ? RS_KEY_SPATIAL
	          : ddl_accept(p, "VECTOR")   ? RS_KEY_VECTOR
	                                      : RS_KEY_INDEX;
	if (is_key_word(p->sql, p->i))
		p->i++;
	else if (k->kind == RS_KEY_INDEX)
		return ddl_fail(p);
	return parse_key_tail(p, k);
}

static bool parse_key_kind(struct ddl_parser *p, struct rs_ddl_key *k)
{
	if (ddl_accept(p, "PRIMARY")) {
		k->kind = RS_KEY_PRIMARY;
		return ddl_expect(p, "KEY") && parse_key_tail(p, k);
	}
	if (ddl_accept(p, "FOREIGN"))
		return parse_foreign(p, k);
	if (ddl_accept(p, "CHECK"))
		return parse_check(p, k);
	if (ddl_accept(p, "PERIOD"))
		return parse_period(p, k);
	return parse_plain_key(p, k);
}

static bool at_key_kind(const struct ddl_parser *p)
{
	return ddl_is(p, "PRIMARY") || ddl_is(p, "UNIQUE") || ddl_is(p, "FOREIGN") || ddl_is(p, "CHECK");
}

bool ddl_parse_key(struct ddl_parser *p, uint32_t *key)
{
	struct rs_ddl_key k = {.name = RS_NO_TOKEN, .constraint = RS_NO_TOKEN, .from = p->i, .options = RS_NO_TOKEN};

	if (ddl_accept(p, "CONSTRAINT")) {
		k.if_not_exists = ddl_if_not_exists(p);
		if (!at_key_kind(p) && !ddl_expect_name(p, &k.constraint))
			return false;
	}
	if (!parse_key_kind(p, &k))
		return false;
	k.to = p->i;
	*key = p->tree->n_keys;
	*ddl_new_keys(p->tree) = k;
	return true;
}

/* --- table options ------------------------------------------------------------------------------ */

static const struct option_name {
	const char *first, *second;
	enum rs_option_kind kind;
	bool value;
} option_names[] = {
	{"ENGINE", NULL, RS_OPTION_ENGINE, true},
	{"TYPE", NULL, RS_OPTION_ENGINE, true},
	{"CHARACTER", "SET", RS_OPTION_CHARSET, true},
	{"CHAR", "SET", RS_OPTION_CHARSET, true},
	{"CHARSET", NULL, RS_OPTION_CHARSET, true},
	{"COLLATE", NULL, RS_OPTION_COLLATE, true},
	{"AUTO_INCREMENT", NULL, RS_OPTION_AUTO_INCREMENT, true},
	{"COMMENT", NULL, RS_OPTION_COMMENT, true},
	{"ROW_FORMAT", NULL, RS_OPTION_ROW_FORMAT, true},
	{"START", "TRANSACTION", RS_OPTION_START_TRANSACTION, false},
	{"DATA", "DIRECTORY", RS_OPTION_DIRECTORY, true},
	{"INDEX", "DIRECTORY", RS_OPTION_DIRECTORY, true},
	{"TABLESPACE", NULL, RS_OPTION_TABLESPACE, true},
	{"STORAGE", NULL, RS_OPTION_OTHER, true},
};

static bool union_option(struct ddl_parser *p)
{
	p->i++;
	ddl_accept_op(p, '=');
	if (!ddl_expect_op(p, '('))
		return false;
	if (ddl_accept_op(p, ')'))
		return true;
	do {
		if (!ddl_ref(p, RS_ROLE_UNION, NULL))
			return false;
	} while (ddl_accept_op(p, ','));
	return ddl_expect_op(p, ')');
}

static const struct option_name *find_option(const struct ddl_parser *p)
{
	const struct option_name *o = option_names, *end = o + sizeof option_names / sizeof *option_names;

	for (; o < end; o++)
		if (ddl_is(p, o->first) && (!o->second || rs_sql_is(p->sql, p->i + 1, o->second)))
			return o;
	return NULL;
}

/* Options of which only name and value are known. */
static bool at_plain_option(const struct ddl_parser *p)
{
	static const char *const words[] = {
		"AUTOEXTEND_SIZE", "AVG_ROW_LENGTH", "CHECKSUM", "TABLE_CHECKSUM", "COMPRESSION", "CONNECTION",
		"DELAY_KEY_WRITE", "ENCRYPTION", "ENGINE_ATTRIBUTE", "INSERT_METHOD", "KEY_BLOCK_SIZE", "MAX_ROWS", "MIN_ROWS",
		"PACK_KEYS", "PAGE_CHECKSUM", "PASSWORD", "RAID_TYPE", "SECONDARY_ENGINE", "SECONDARY_ENGINE_ATTRIBUTE",
		"SEQUENCE", "STATS_AUTO_RECALC", "STATS_PERSISTENT", "STATS_SAMPLE_PAGES", "TRANSACTIONAL", NULL};

	for (const char *const *w = words; *w; w++)
		if (ddl_is(p, *w))
			return true;
	return rs_sql_is_name(p->sql, p->i) && rs_sql_is_op(p->sql, p->i + 1, '=') && !ddl_is(p, "ALGORITHM") &&
	       !ddl_is(p, "LOCK");
}

static void option_value(struct ddl_parser *p, struct rs_ddl_option *o)
{
	ddl_accept_op(p, '=');
	o->value = p->i++;
}

static bool option_body(struct ddl_parser *p, struct rs_ddl_option *o)
{
	const struct option_name *name;

	ddl_accept(p, "DEFAULT");
	name = find_option(p);
	if (name) {
		o->kind = name->kind;
		p->i += name->second ? 2 : 1;
		if (name->value)
			option_value(p, o);
		return true;
	}
	if (ddl_is2(p, "WITH", "SYSTEM") && rs_sql_is(p->sql, p->i + 2, "VERSIONING")) {
		o->kind = RS_OPTION_VERSIONING;
		p->i += 3;
		return true;
	}
	if (ddl_is(p, "UNION")) {
		o->kind = RS_OPTION_UNION;
		return union_option(p);
	}
	o->kind = RS_OPTION_OTHER;
	if (!at_plain_option(p))
		return false;
	p->i++;
	option_value(p, o);
	return true;
}

bool ddl_parse_option(struct ddl_parser *p)
{
	struct rs_ddl_option o = {.from = p->i, .value = RS_NO_TOKEN};

	if (!option_body(p, &o) || p->i > p->sql->count) {
		p->i = o.from;
		return false;
	}
	o.to = p->i;
	*ddl_new_options(p->tree) = o;
	return true;
}

/* --- partitions ------------------------------------------------------------------------------------ */

/* HASH (expression), KEY (columns), RANGE COLUMNS (columns), …: the parenthesis names columns, which may be none. */
static bool parse_partition_columns(struct ddl_parser *p)
{
	ddl_accept(p, "LINEAR");
	if (!ddl_accept(p, "HASH") && !ddl_accept(p, "KEY") && !ddl_accept(p, "RANGE") && !ddl_accept(p, "LIST"))
		return ddl_fail(p);
	ddl_accept(p, "COLUMNS");
	if (ddl_accept(p, "ALGORITHM")) {
		ddl_accept_op(p, '=');
		p->i++;
	}
	return ddl_expression_parens(p);
}

/* SYSTEM_TIME [INTERVAL n unit | LIMIT n] [STARTS …] [AUTO]: up to PARTITIONS, SUBPARTITION, a parenthesis or the end. */
static bool parse_system_time(struct ddl_parser *p)
{
	p->i++;
	while (!ddl_at_end(p) && !ddl_is(p, "PARTITIONS") && !ddl_is(p, "SUBPARTITION") && !ddl_is_op(p, '('))
		p->i++;
	return true;
}

static void skip_count(struct ddl_parser *p, const char *word)
{
	if (ddl_accept(p, word))
		p->i++;
}

bool ddl_parse_partition_by(struct ddl_parser *p)
{
	p->tree->partition_from = p->i;
	if (!ddl_expect(p, "PARTITION") || !ddl_expect(p, "BY"))
		return false;
	if (!(ddl_is(p, "SYSTEM_TIME") ? parse_system_time(p) : parse_partition_columns(p)))
		return false;
	skip_count(p, "PARTITIONS");
	if (ddl_accept2(p, "SUBPARTITION", "BY") && !parse_partition_columns(p))
		return false;
	skip_count(p, "SUBPARTITIONS");
	if (ddl_is_op(p, '(') && !ddl_skip_parens(p))
		return false;
	p->tree->partition_to = p->i;
	return true;
}
