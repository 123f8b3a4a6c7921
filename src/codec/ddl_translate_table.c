/* Table and database options, engines, partitions, keys and constraints. */
#include "codec/ddl_translate_priv.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "base/i18n.h"
#include "base/mem.h"

static bool is_in(const char *text, const char *const *list)
{
	for (; *list; list++)
		if (strcasecmp(text, *list) == 0)
			return true;
	return false;
}

/* --- engines -------------------------------------------------------------------------------- */

static bool has_engine(const struct tr *w, const char *engine)
{
	static const char *const common[] = {"InnoDB", "MyISAM", "MEMORY", "HEAP", "CSV", "ARCHIVE", "BLACKHOLE", "MERGE",
	                                     "MRG_MYISAM", "FEDERATED", NULL};
	static const char *const mysql[] = {"NDB", "NDBCLUSTER", NULL};
	static const char *const mariadb[] = {"Aria", "SPIDER", "CONNECT", "SEQUENCE", "ROCKSDB", "MROONGA", "OQGRAPH",
	                                      "SPHINX", "S3", "Columnstore", NULL};

	if (w->target->has_engine)
		return w->target->has_engine(w->target->ctx, engine);
	return is_in(engine, common) || is_in(engine, w->to->mariadb ? mariadb : mysql);
}

/* InnoDB for engines without transactions; those that hold no rows of their own stay what they are. */
static const char *map_engine(const struct tr *w, const char *engine)
{
	static const char *const stay[] = {"InnoDB", "NDB", "NDBCLUSTER", "ROCKSDB", "MERGE", "MRG_MYISAM", "FEDERATED",
	                                   "SPIDER", "CONNECT", "SEQUENCE", "BLACKHOLE", NULL};

	if (!has_engine(w, engine) || (w->target->only_transactional && !is_in(engine, stay)))
		return "InnoDB";
	return engine;
}

/* The engine's name at a token, in an option or a partition. */
static void translate_engine(struct tr *w, uint32_t token, bool note)
{
	char *engine = rs_sql_text(w->s, token);
	const char *to = map_engine(w, engine);

	if (strcasecmp(engine, to) != 0) {
		tr_replace(w, token, token + 1, to);
		w->engine_changed = true;
		if (note)
			tr_note(w, "", engine, to, false);
	}
	free(engine);
}

/* ENGINE = x of partitions. */
static void translate_partition_engines(struct tr *w, uint32_t from, uint32_t to)
{
	for (uint32_t i = from; i + 1 < to; i++) {
		uint32_t value = rs_sql_is_op(w->s, i + 1, '=') ? i + 2 : i + 1;

		if (rs_sql_is(w->s, i, "ENGINE") && value < to && rs_sql_is_name(w->s, value))
			translate_engine(w, value, false);
	}
}

/* --- options ----------------------------------------------------------------------------------- */

/* The token of an option's name, after DEFAULT. */
static uint32_t option_name(const struct tr *w, const struct rs_ddl_option *o)
{
	return rs_sql_is(w->s, o->from, "DEFAULT") ? o->from + 1 : o->from;
}

static void drop_option(struct tr *w, const struct rs_ddl_option *o, bool lossy)
{
	tr_note_tokens(w, "", o->from, o->to, "", lossy);
	tr_delete(w, o->from, o->to);
}

static bool option_is(const struct tr *w, const struct rs_ddl_option *o, const char *name)
{
	char *text = rs_sql_text(w->s, option_name(w, o));
	bool same = strcasecmp(text, name) == 0;

	free(text);
	return same;
}

static bool knows_option(const struct tr *w, const struct rs_ddl_option *o)
{
	static const char *const common[] = {
		"AVG_ROW_LENGTH", "CHECKSUM", "CONNECTION", "DELAY_KEY_WRITE", "INSERT_METHOD", "KEY_BLOCK_SIZE", "MAX_ROWS",
		"MIN_ROWS", "PACK_KEYS", "PASSWORD", "STATS_AUTO_RECALC", "STATS_PERSISTENT", "STATS_SAMPLE_PAGES", NULL};
	static const char *const old[] = {"RAID_TYPE", "RAID_CHUNKS", "RAID_CHUNKSIZE", NULL};
	char *text = rs_sql_text(w->s, option_name(w, o));
	bool known = (!tr_other_product(w) && !is_in(text, old)) || is_in(text, common);

	free(text);
	return known;
}

/* Whether without the option the destination holds or protects less. */
static bool option_matters(const struct tr *w, const struct rs_ddl_option *o)
{
	char *value = o->value != RS_NO_TOKEN ? rs_sql_text(w->s, o->value) : rs_xstrdup("");
	bool matters = (option_is(w, o, "ENCRYPTION") || option_is(w, o, "ENCRYPTED")) &&
	               (strcasecmp(value, "Y") == 0 || strcasecmp(value, "YES") == 0);

	free(value);
	return matters;
}

/* Formats of MyISAM and Aria. */
static bool is_old_row_format(const struct tr *w, const struct rs_ddl_option *o)
{
	return rs_sql_is(w->s, o->value, "FIXED") || rs_sql_is(w->s, o->value, "PAGE") ||
	       rs_sql_is(w->s, o->value, "NONTRANSACTIONAL") || rs_sql_is(w->s, o->value, "TOKUDB_DEFAULT");
}

/* MyISAM, Aria and the like keep FIXED as long as the table keeps its engine. */
static bool keeps_old_row_format(const struct tr *w)
{
	for (uint32_t i = 0; i < w->tree->n_options; i++)
		if (w->tree->options[i].kind == RS_OPTION_ENGINE)
			return !w->engine_changed && !rs_sql_is(w->s, w->tree->options[i].value, "InnoDB");
	return !w->target->only_transactional && !tr_other_product(w);
}

/* What InnoDB refuses: Aria's own, and blocks of more than 16 kB. */
static bool is_old_engines(const struct tr *w, const struct rs_ddl_option *o)
{
	char *value;
	bool bad;

	if (!w->engine_changed)
		return false;
	if (option_is(w, o, "TRANSACTIONAL") || option_is(w, o, "PAGE_CHECKSUM"))
		return true;
	if (!option_is(w, o, "KEY_BLOCK_SIZE") || o->value == RS_NO_TOKEN)
		return false;
	value = rs_sql_text(w->s, o->value);
	bad = strtoul(value, NULL, 10) > 16;
	free(value);
	return bad;
}

static enum rs_rc translate_option(struct tr *w, const struct rs_ddl_option *o)
{
	switch (o->kind) {
	case RS_OPTION_ENGINE:
		if (rs_sql_is(w->s, option_name(w, o), "TYPE"))
			tr_replace(w, option_name(w, o), option_name(w, o) + 1, "ENGINE");
		translate_engine(w, o->value, true);
		break;
	case RS_OPTION_ROW_FORMAT:
		if (is_old_row_format(w, o) && !keeps_old_row_format(w))
			drop_option(w, o, false);
		break;
	case RS_OPTION_VERSIONING:
		if (!tr_knows(w->to, TR_VERSIONING))
			drop_option(w, o, true);
		break;
	case RS_OPTION_TABLESPACE:
		if (tr_other_product(w))
			drop_option(w, o, false);
		break;
	case RS_OPTION_OTHER:
		if (option_is(w, o, "SEQUENCE") && tr_other_product(w))
			return rs_ddl_refuse(w->d, w->err, _("%s has no sequences"), "MySQL");
		if (!knows_option(w, o) || is_old_engines(w, o))
			drop_option(w, o, option_matters(w, o));
		break;
	default: break;
	}
	return RS_OK;
}

/* --- databases ------------------------------------------------------------------------------------ */

/* The options of one product alone: ENCRYPTION, READ ONLY; COMMENT. */
static void translate_database(struct tr *w)
{
	const struct rs_sql *s = w->s;

	if (!tr_other_product(w) && w->to->version >= w->from->version)
		return;
	for (uint32_t i = w->d->n_refs ? w->d->refs[0].to : 0; i < s->count; i++) {
		bool read_only = rs_sql_is(s, i, "READ") && rs_sql_is(s, i + 1, "ONLY");
		bool mysql = rs_sql_is(s, i, "ENCRYPTION") || read_only;
		uint32_t from = i > 0 && rs_sql_is(s, i - 1, "DEFAULT") ? i - 1 : i, value = i + 1 + read_only;

		if (!(mysql ? w->to->mariadb || w->to->version < 80016
		            : rs_sql_is(s, i, "COMMENT") && (!w->to->mariadb || w->to->version < 100500)))
			continue;
		value += rs_sql_is_op(s, value, '=');
		if (value >= s->count)
			return;
		tr_note_tokens(w, "", from, value + 1, "", false);
		tr_delete(w, from, value + 1);
		w->nothing_left = w->d->kind == RS_STMT_ALTER_DATABASE && from == w->d->refs[0].to && value + 1 >= s->count;
		i = value;
	}
}

/* --- partitions ---------------------------------------------------------------------------------------- */

static void translate_partitions(struct tr *w)
{
	uint32_t from = w->tree->partition_from, to = w->tree->partition_to;

	for (uint32_t i = 0; i < w->tree->n_alters; i++)
		if (w->tree->alters[i].kind == RS_ALTER_PARTITION && (from >= to || w->tree->alters[i].from > from))
			translate_partition_engines(w, w->tree->alters[i].from, w->tree->alters[i].to);
	if (from >= to || from == RS_NO_TOKEN)
		return;
	if (rs_sql_is(w->s, from + 2, "SYSTEM_TIME") && !tr_knows(w->to, TR_VERSIONING)) {
		tr_note_tokens(w, "", from, to, "", true);
		tr_delete(w, from, to);
		return;
	}
	translate_partition_engines(w, from, to);
}

enum rs_rc tr_options(struct tr *w)
{
	if (w->d->kind == RS_STMT_CREATE_DATABASE || w->d->kind == RS_STMT_ALTER_DATABASE) {
		translate_database(w);
		return RS_OK;
	}
	for (uint32_t i = 0; i < w->tree->n_options; i++) /* the engine first: others depend on it */
		if (w->tree->options[i].kind == RS_OPTION_ENGINE && translate_option(w, &w->tree->options[i]) != RS_OK)
			return RS_FAIL;
	for (uint32_t i = 0; i < w->tree->n_options; i++)
		if (w->tree->options[i].kind != RS_OPTION_ENGINE && translate_option(w, &w->tree->options[i]) != RS_OK)
			return RS_FAIL;
	translate_partitions(w);
	return RS_OK;
}

/* --- keys -------------------------------------------------------------------------------------------------- */

static char *key_name(const struct tr *w, const struct rs_ddl_key *k)
{
	uint32_t token = k->name != RS_NO_TOKEN ? k->name : k->constraint;

	return token != RS_NO_TOKEN ? rs_sql_text(w->s, token) : rs_xstrdup("");
}

static bool has_expression(const struct tr *w, const struct rs_ddl_key *k)
{
	for (uint32_t i = 0; i < k->n_parts; i++)
		if (w->tree->parts[k->first_part + i].column == RS_NO_TOKEN)
			return true;
	return false;
}

static bool is_long_column(const struct tr *w, uint32_t name)
{
	char *text = rs_sql_text(w->s, name);
	bool found = false;

	for (uint32_t c = 0; c < w->tree->n_columns; c++) {
		char *other = rs_sql_text(w->s, w->tree->columns[c].name);
		enum rs_type type = w->tree->columns[c].type.type;

		found |= strcasecmp(text, other) == 0 && type >= RS_T_TINYTEXT && type <= RS_T_LONGTEXT;
		found |= strcasecmp(text, other) == 0 && type >= RS_T_TINYBLOB && type <= RS_T_LONGBLOB;
		free(other);
	}
	free(text);
	return found;
}

/* MariaDB's unique keys over whole TEXT and BLOB columns. */
static bool is_long_unique(const struct tr *w, const struct rs_ddl_key *k)
{
	if (k->kind != RS_KEY_UNIQUE || w->to->mariadb || !w->from->mariadb)
		return false;
	for (uint32_t i = 0; i < k->n_parts; i++) {
		const struct rs_ddl_part *p = &w->tree->parts[k->first_part + i];

		if (p->column != RS_NO_TOKEN && p->prefix == 0 && is_long_column(w, p->column))
			return true;
	}
	return false;
}

static bool has_overlaps(const struct tr *w, const struct rs_ddl_key *k)
{
	for (uint32_t i = k->from; i + 1 < k->to; i++)
		if (rs_sql_is(w->s, i, "WITHOUT") && rs_sql_is(w->s, i + 1, "OVERLAPS"))
			return true;
	return false;
}

static bool is_not_enforced(const struct tr *w, const struct rs_ddl_key *k)
{
	return k->kind == RS_KEY_CHECK && k->to >= 2 && rs_sql_is(w->s, k->to - 2, "NOT") &&
	       rs_sql_is(w->s, k->to - 1, "ENFORCED");
}

/* Keys that the destination can't have, and checks that the source does not make. */
static bool must_drop(const struct tr *w, const struct rs_ddl_key *k, bool *lossy)
{
	*lossy = true;
	switch (k->kind) {
	case RS_KEY_VECTOR: return !tr_knows(w->to, TR_VECTOR_KEY);
	case RS_KEY_PERIOD: return !tr_knows(w->to, TR_VERSIONING);
	case RS_KEY_CHECK:
		*lossy = tr_knows(w->from, TR_CHECK) && !is_not_enforced(w, k);
		return tr_knows(w->from, TR_CHECK) != tr_knows(w->to, TR_CHECK) ||
		       (is_not_enforced(w, k) && !tr_knows(w->to, TR_ENFORCED));
	case RS_KEY_FOREIGN: return false;
	default: return (has_expression(w, k) && tr_lacks(w, TR_FUNCTIONAL_KEY)) || is_long_unique(w, k);
	}
}

/* [NOT] IGNORED is [IN]VISIBLE in the other product. */
static void translate_visibility(struct tr *w, uint32_t from, uint32_t i, bool ignored)
{
	bool to_ignored = tr_knows(w->to, TR_IGNORED_INDEX), to_invisible = tr_knows(w->to, TR_INVISIBLE_INDEX);
	const char *word = to_ignored ? (ignored ? "IGNORED" : "NOT IGNORED") : ignored ? "INVISIBLE" : "VISIBLE";

	if (to_ignored || to_invisible) {
		tr_replace(w, from, i + 1, word);
		return;
	}
	tr_note_tokens(w, "", from, i + 1, "", false);
	tr_delete(w, from, i + 1);
}

static bool same_visibility(const struct tr *w)
{
	return tr_knows(w->from, TR_IGNORED_INDEX) == tr_knows(w->to, TR_IGNORED_INDEX) &&
	       tr_knows(w->from, TR_INVISIBLE_INDEX) == tr_knows(w->to, TR_INVISIBLE_INDEX);
}

/* The visibility at token i, which may be the second of two. */
static void visibility_at(struct tr *w, uint32_t i)
{
	bool not = i > 0 && rs_sql_is(w->s, i - 1, "NOT");

	if (same_visibility(w))
		return;
	if (rs_sql_is(w->s, i, "IGNORED"))
		translate_visibility(w, not ? i - 1 : i, i, !not);
	else if (rs_sql_is(w->s, i, "INVISIBLE") || rs_sql_is(w->s, i, "VISIBLE"))
		translate_visibility(w, i, i, rs_sql_is(w->s, i, "INVISIBLE"));
}

static void drop_key_option(struct tr *w, const char *name, uint32_t from, uint32_t to, bool lossy)
{
	tr_note_tokens(w, name, from, to, "", lossy);
	tr_delete(w, from, to);
}

static void translate_key_options(struct tr *w, const struct rs_ddl_key *k, const char *name)
{
	static const char *const common[] = {"KEY_BLOCK_SIZE", "COMMENT", "USING", "TYPE", NULL};
	const struct rs_sql *s = w->s;

	for (uint32_t i = k->options; i < k->to; i++) {
		char *word = rs_sql_text(s, i);
		uint32_t value = rs_sql_is_op(s, i + 1, '=') ? i + 2 : i + 1;

		visibility_at(w, i);
		if (rs_sql_is(s, i, "WITH") && rs_sql_is(s, i + 1, "PARSER")) {
			if (tr_lacks(w, TR_PARSER))
				drop_key_option(w, name, i, i + 3, true);
			i += 2;
		} else if (is_in(word, common)) {
			i = value;
		} else if (rs_sql_is_op(s, i + 1, '=') || rs_sql_is(s, i, "ENGINE_ATTRIBUTE") ||
		           rs_sql_is(s, i, "SECONDARY_ENGINE_ATTRIBUTE")) {
			if (tr_other_product(w))
				drop_key_option(w, name, i, value + 1, false);
			i = value;
		}
		free(word);
	}
}

static void drop_key(struct tr *w, uint32_t member, const struct rs_ddl_key *k, const char *name, bool lossy)
{
	tr_note_tokens(w, name, k->from, k->to, "", lossy);
	w->dropped[member] = true;
}

static enum rs_rc translate_key(struct tr *w, uint32_t member, const struct rs_ddl_key *k)
{
	char *name = key_name(w, k);
	bool lossy, drop = must_drop(w, k, &lossy);
	enum rs_rc rc = RS_OK;

	if (has_overlaps(w, k) && tr_other_product(w))
		rc = rs_ddl_refuse(w->d, w->err, _("%s has no keys over periods"), "MySQL");
	else if (drop && k->kind == RS_KEY_PRIMARY)
		rc = rs_ddl_refuse(w->d, w->err, _("the destination can't have this primary key"));
	else if (drop)
		drop_key(w, member, k, name, lossy);
	else if (k->kind == RS_KEY_CHECK && rs_sql_is(w->s, k->to - 1, "ENFORCED") && !tr_knows(w->to, TR_ENFORCED))
		tr_delete(w, k->to - 1, k->to);
	else if (k->options != RS_NO_TOKEN && k->kind != RS_KEY_CHECK)
		translate_key_options(w, k, name);
	free(name);
	return rc;
}

/* --- changes of keys ------------------------------------------------------------------------------------ */

/* ALGORITHM and LOCK say how to do it, which another server may not be able to. */
static bool is_online_word(const struct tr *w, const struct rs_ddl_alter *a)
{
	return a->kind == RS_ALTER_FORCE && (rs_sql_is(w->s, a->from, "ALGORITHM") || rs_sql_is(w->s, a->from, "LOCK"));
}

/* A key that could not be made need not be dropped: DROP KEY k. */
static void drop_if_exists(struct tr *w, const struct rs_ddl_alter *a)
{
	if (!w->from->mariadb && w->to->mariadb && !a->if_exists && a->name != RS_NO_TOKEN)
		tr_insert_before(w, a->name, "IF EXISTS ");
}

static enum rs_rc translate_alter(struct tr *w, uint32_t i)
{
	const struct rs_ddl_alter *a = &w->tree->alters[i];
	bool table = w->d->kind == RS_STMT_ALTER_TABLE;

	switch (a->kind) {
	case RS_ALTER_ADD_KEY: return translate_key(w, i, &w->tree->keys[a->first]);
	case RS_ALTER_DROP_CHECK:
		if (w->to->mariadb)
			tr_replace(w, a->name - 1, a->name, "CONSTRAINT");
		drop_if_exists(w, a);
		break;
	case RS_ALTER_DROP_KEY:
	case RS_ALTER_DROP_CONSTRAINT: drop_if_exists(w, a); break;
	case RS_ALTER_KEY_VISIBLE:
		if (rs_sql_is(w->s, a->to - 1, "ENFORCED") && !tr_knows(w->to, TR_ENFORCED))
			return rs_ddl_refuse(w->d, w->err, _("the destination can't switch checks on and off"));
		visibility_at(w, a->to - 1);
		break;
	case RS_ALTER_VERSIONING:
		if (tr_knows(w->to, TR_VERSIONING) || !table)
			break;
		tr_note_tokens(w, "", a->from, a->to, "", true);
		w->dropped[i] = true;
		break;
	default:
		if (table && is_online_word(w, a) && (tr_other_product(w) || w->to->version / 100 != w->from->version / 100))
			w->dropped[i] = true;
		break;
	}
	return RS_OK;
}

/* ALGORITHM and LOCK after CREATE INDEX. */
static void translate_index_tail(struct tr *w)
{
	const struct rs_ddl_key *k = w->tree->keys;

	if (w->d->kind == RS_STMT_CREATE_INDEX && w->tree->n_keys && tr_other_product(w) && k->to < w->s->count &&
	    !rs_sql_is_op(w->s, k->to, ';'))
		tr_delete(w, k->to, w->s->count);
}

enum rs_rc tr_keys(struct tr *w)
{
	for (uint32_t i = 0; i < w->tree->n_elements; i++) {
		const struct rs_ddl_element *e = &w->tree->elements[i];

		if (e->is_key && translate_key(w, i, &w->tree->keys[e->index]) != RS_OK)
			return RS_FAIL;
	}
	for (uint32_t i = 0; i < w->tree->n_alters; i++)
		if (translate_alter(w, i) != RS_OK)
			return RS_FAIL;
	translate_index_tail(w);
	return RS_OK;
}
