/* Collations and character sets. The families: MySQL's utf8mb4_[language_]0900_(ai_ci|as_ci|as_cs|bin), which ignore no
 * trailing blanks; MariaDB's …_uca1400_[language_][nopad_](ai|as)_(ci|cs) and …nopad…; what both had before. Where
 * the nearest would make strings equal that differ in accents or case, the _bin collation is taken: no row may collide
 * with another that it did not collide with. */
#include "codec/ddl_translate_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "base/mem.h"

/* --- what is known ----------------------------------------------------------------------- */

static bool version_has(const struct rs_sql_dialect *to, const char *c)
{
	if (strstr(c, "_0900_"))
		return !to->mariadb && to->version >= 80000;
	if (strstr(c, "uca1400"))
		return to->mariadb && to->version >= 101000;
	if (strstr(c, "nopad"))
		return to->mariadb && to->version >= 100200;
	if (strncmp(c, "gb18030_", 8) == 0)
		return !to->mariadb && to->version >= 50704;
	if (strstr(c, "_mysql561_") || strstr(c, "_myanmar_") || strstr(c, "_thai_520_"))
		return to->mariadb;
	if (strncmp(c, "utf8mb3_", 8) == 0)
		return tr_knows(to, TR_UTF8MB3_NAMES);
	return true;
}

static bool has_collation(const struct rs_ddl_target *target, const char *collation)
{
	if (target->has_collation)
		return target->has_collation(target->ctx, collation);
	return version_has(&target->to, collation);
}

/* --- a collation's parts ------------------------------------------------------------------------ */

static const struct language {
	const char *mysql, *mariadb;
} languages[] = {
	{"cs", "czech"},      {"da", "danish"},   {"de_pb", "german2"}, {"eo", "esperanto"},  {"es", "spanish"},
	{"es_trad", "spanish2"}, {"et", "estonian"}, {"hr", "croatian"}, {"hu", "hungarian"}, {"is", "icelandic"},
	{"la", "roman"},      {"lt", "lithuanian"}, {"lv", "latvian"},  {"pl", "polish"},     {"ro", "romanian"},
	{"sk", "slovak"},     {"sl", "slovenian"}, {"sv", "swedish"},   {"tr", "turkish"},    {"vi", "vietnamese"},
};

struct collation {
	char charset[33];
	char language[33]; /* as the other product calls it; "" for none */
	bool mysql_9, uca, nopad, bin, accents, cases;
};

static void parse_language(struct collation *c, const char *text, size_t len, bool mysql)
{
	for (size_t i = 0; i < sizeof languages / sizeof *languages; i++) {
		const char *word = mysql ? languages[i].mysql : languages[i].mariadb;

		if (strlen(word) == len && strncmp(text, word, len) == 0)
			snprintf(c->language, sizeof c->language, "%s", mysql ? languages[i].mariadb : languages[i].mysql);
	}
}

static bool ends_with(const char *text, const char *end)
{
	size_t n = strlen(text), m = strlen(end);

	return n >= m && strcmp(text + n - m, end) == 0;
}

/* The language stands before 0900 and after uca1400. */
static void find_language(struct collation *c, const char *name)
{
	const char *at = strstr(name, "_0900_"), *first = strchr(name, '_');

	if (at && first && at > first) {
		parse_language(c, first + 1, (size_t)(at - first - 1), true);
		return;
	}
	at = strstr(name, "uca1400_");
	if (at) {
		at += strlen("uca1400_");
		parse_language(c, at, strcspn(at, "_"), false);
	}
}

static struct collation parse_collation(const char *name)
{
	struct collation c = {.mysql_9 = strstr(name, "_0900_") != NULL, .uca = strstr(name, "uca1400") != NULL};
	size_t len = strcspn(name, "_");

	snprintf(c.charset, sizeof c.charset, "%.*s", len < 32 ? (int)len : 32, name);
	if (strncmp(name, "uca1400", 7) == 0)
		snprintf(c.charset, sizeof c.charset, "utf8mb4");
	c.nopad = c.mysql_9 || strstr(name, "nopad");
	c.bin = ends_with(name, "_bin");
	c.accents = strstr(name, "_as_") != NULL;
	c.cases = ends_with(name, "_cs") || ends_with(name, "_ks");
	find_language(&c, name);
	return c;
}

/* --- the nearest --------------------------------------------------------------------------------- */

/* Takes the candidate where the destination has it. */
static bool take(const struct rs_ddl_target *t, char out[65], const char *first, const char *second, const char *third)
{
	char name[65];

	snprintf(name, sizeof name, "%s%s%s", first, second, third);
	if (!has_collation(t, name))
		return false;
	memcpy(out, name, sizeof name);
	return true;
}

static bool near_uca1400(const struct rs_ddl_target *t, const struct collation *c, char out[65])
{
	char head[80], tail[33];

	snprintf(tail, sizeof tail, "%s%s_%s", c->nopad ? "nopad_" : "", c->accents ? "as" : "ai", c->cases ? "cs" : "ci");
	snprintf(head, sizeof head, "%s_uca1400_%s", c->charset, c->language);
	return (*c->language && take(t, out, head, "_", tail)) || take(t, out, c->charset, "_uca1400_", tail);
}

static bool near_0900(const struct rs_ddl_target *t, const struct collation *c, char out[65])
{
	const char *tail = c->cases ? "_0900_as_cs" : c->accents ? "_0900_as_ci" : "_0900_ai_ci";

	if (strcmp(c->charset, "utf8mb4") != 0)
		return false;
	if (*c->language && (!c->accents || c->cases) && take(t, out, "utf8mb4_", c->language, tail))
		return true;
	return take(t, out, "utf8mb4", tail, "");
}

static bool near_bin(const struct rs_ddl_target *t, const struct collation *c, char out[65], bool *lossy)
{
	*lossy = false;
	if (c->nopad && ((strcmp(c->charset, "utf8mb4") == 0 && take(t, out, "utf8mb4_0900_bin", "", "")) ||
	                 take(t, out, c->charset, "_nopad_bin", "")))
		return true;
	*lossy = true;
	return take(t, out, c->charset, "_bin", "");
}

/* What ignores neither accents nor case may not become what does. */
static bool near_plain(const struct rs_ddl_target *t, const struct collation *c, char out[65])
{
	if (c->accents || c->cases)
		return take(t, out, c->charset, "_bin", "");
	return (c->nopad && take(t, out, c->charset, "_unicode_520_nopad_ci", "")) ||
	       take(t, out, c->charset, "_unicode_520_ci", "") || take(t, out, c->charset, "_unicode_ci", "") ||
	       take(t, out, c->charset, "_general_ci", "");
}

/* latin1_swedish_nopad_ci is latin1_swedish_ci that does not ignore trailing blanks. */
static bool without_nopad(const struct rs_ddl_target *t, const char *name, char out[65])
{
	const char *at = strstr(name, "_nopad");
	char head[65];

	if (!at || strlen(name) > 64)
		return false;
	snprintf(head, sizeof head, "%.*s", (int)(at - name), name);
	return take(t, out, head, at + strlen("_nopad"), "");
}

static bool nearest(const struct rs_ddl_target *t, const char *name, char out[65], bool *lossy)
{
	struct collation c = parse_collation(name);

	*lossy = true;
	if (strcmp(c.charset, "gb18030") == 0)
		snprintf(c.charset, sizeof c.charset, "utf8mb4");
	if (c.bin)
		return near_bin(t, &c, out, lossy);
	if (c.mysql_9 && near_uca1400(t, &c, out))
		return true;
	if (c.uca && (c.nopad || c.accents || c.cases) && near_0900(t, &c, out))
		return true;
	if (c.nopad && strstr(name, "unicode") && near_0900(t, &c, out))
		return true;
	if (!c.uca && !c.mysql_9 && without_nopad(t, name, out))
		return true;
	return near_plain(t, &c, out);
}

/* MySQL's Croatian is another one than MariaDB's, which has it under another name. */
static bool croatian(const struct rs_ddl_target *t, const char *name, char out[65], bool *lossy)
{
	size_t len = strcspn(name, "_");
	char charset[33];

	if (t->from.mariadb == t->to.mariadb || len > 32)
		return false;
	snprintf(charset, sizeof charset, "%.*s", (int)len, name);
	*lossy = t->from.mariadb && strcmp(name + len, "_croatian_ci") == 0;
	if (strcmp(name + len, "_croatian_ci") == 0)
		return take(t, out, charset, t->to.mariadb ? "_croatian_mysql561_ci" : "_croatian_ci", "");
	return strcmp(name + len, "_croatian_mysql561_ci") == 0 && take(t, out, charset, "_croatian_ci", "");
}

/* utf8_… and utf8mb3_… are the same; the name is the one that the destination prints. */
static void rename_utf8(const struct rs_ddl_target *t, const char *name, char out[65])
{
	bool mb3 = tr_knows(&t->to, TR_UTF8MB3_NAMES);

	if (mb3 && strncmp(name, "utf8_", 5) == 0)
		snprintf(out, 65, "utf8mb3_%s", name + 5);
	else if (!mb3 && strncmp(name, "utf8mb3_", 8) == 0)
		snprintf(out, 65, "utf8_%s", name + 8);
	else
		snprintf(out, 65, "%s", name);
}

void rs_ddl_map_collation(const struct rs_ddl_target *target, const char *collation, char out[65], bool *lossy)
{
	char name[65];

	*lossy = false;
	rename_utf8(target, collation, name);
	for (char *p = name; *p; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p = (char)(*p - 'A' + 'a');
	if (strlen(name) < 64 && croatian(target, name, out, lossy))
		return;
	*lossy = false;
	if (strcmp(name, "binary") == 0 || has_collation(target, name))
		memcpy(out, name, sizeof name);
	else if (!nearest(target, name, out, lossy))
		out[0] = 0;
}

/* --- in statements -------------------------------------------------------------------------------- */

static const char *default_collation(const struct rs_sql_dialect *d, const char *charset, char out[65])
{
	static const char *const unicode[] = {"utf8mb4", "utf8mb3", "utf8", "ucs2", "utf16", "utf32", NULL};
	bool known = false;

	for (const char *const *u = unicode; *u; u++)
		known |= strcasecmp(charset, *u) == 0;
	out[0] = 0;
	if (known && !d->mariadb && d->version >= 80000 && strcasecmp(charset, "utf8mb4") == 0)
		snprintf(out, 65, "utf8mb4_0900_ai_ci");
	else if (known && d->mariadb && d->version >= 110500)
		snprintf(out, 65, "%s_uca1400_ai_ci", strcasecmp(charset, "utf8") == 0 ? "utf8mb3" : charset);
	else if (known)
		snprintf(out, 65, "%s_general_ci", charset);
	return out;
}

/* The object that a note about a token is about: the column. */
static char *object_of(const struct tr *w, uint32_t token)
{
	for (uint32_t i = 0; i < w->tree->n_columns; i++)
		if (w->tree->columns[i].from <= token && token < w->tree->columns[i].to)
			return rs_sql_text(w->s, w->tree->columns[i].name);
	return rs_xstrdup("");
}

/* Writes out the collation of the character set at a token, where the products differ in the one that is implied. */
static void imply_collation(struct tr *w, uint32_t token)
{
	char *charset = rs_sql_text(w->s, token);
	char from[65], to[65], mapped[65], text[80];
	bool lossy;

	if (strcmp(default_collation(w->from, charset, from), default_collation(w->to, charset, to)) != 0) {
		rs_ddl_map_collation(w->target, from, mapped, &lossy);
		snprintf(text, sizeof text, " COLLATE %s", mapped);
		if (*mapped)
			tr_insert_after(w, token, text);
		if (lossy) {
			char *object = object_of(w, token);

			tr_note(w, object, from, mapped, true);
			free(object);
		}
	}
	free(charset);
}

static void imply_in_columns(struct tr *w)
{
	for (uint32_t c = 0; c < w->tree->n_columns; c++) {
		const struct rs_ddl_column *col = &w->tree->columns[c];
		uint32_t charset = RS_NO_TOKEN;
		bool collate = false;

		for (uint32_t i = 0; i < col->n_attrs; i++) {
			const struct rs_ddl_attr *a = &w->tree->attrs[col->first_attr + i];

			collate |= a->kind == RS_ATTR_COLLATE || a->kind == RS_ATTR_BINARY;
			if (a->kind == RS_ATTR_CHARSET)
				charset = a->value;
		}
		if (!collate && charset != RS_NO_TOKEN)
			imply_collation(w, charset);
	}
}

static void imply_in_options(struct tr *w)
{
	uint32_t charset = RS_NO_TOKEN;
	bool collate = false;

	for (uint32_t i = 0; i < w->tree->n_options; i++) {
		const struct rs_ddl_option *o = &w->tree->options[i];

		collate |= o->kind == RS_OPTION_COLLATE;
		if (o->kind == RS_OPTION_CHARSET)
			charset = o->value;
	}
	if (!collate && charset != RS_NO_TOKEN)
		imply_collation(w, charset);
	for (uint32_t i = 0; i < w->tree->n_alters; i++) {
		const struct rs_ddl_alter *a = &w->tree->alters[i];

		if (a->kind == RS_ALTER_CONVERT && a->name != RS_NO_TOKEN && a->to_name == RS_NO_TOKEN)
			imply_collation(w, a->name);
	}
}

static void translate_collate(struct tr *w, uint32_t token)
{
	char *name = rs_sql_text(w->s, token), *object;
	char to[65];
	bool lossy;

	rs_ddl_map_collation(w->target, name, to, &lossy);
	if (*to && strcasecmp(name, to) != 0) {
		object = object_of(w, token);
		tr_replace(w, token, token + 1, to);
		if (strncasecmp(name, "utf8_", 5) != 0 || lossy)
			tr_note(w, object, name, to, lossy);
		free(object);
	}
	free(name);
}

static void translate_charset(struct tr *w, uint32_t token)
{
	if (!tr_other_product(w))
		return;
	if (rs_sql_is(w->s, token, "GB18030") && w->to->mariadb) {
		tr_replace(w, token, token + 1, "utf8mb4");
		tr_note(w, "", "gb18030", "utf8mb4", false);
	} else if (rs_sql_is(w->s, token, "UTF8") && tr_knows(w->to, TR_UTF8MB3_NAMES)) {
		tr_replace(w, token, token + 1, "utf8mb3");
	}
}

/* The token of the value after a word at i, = in between. */
static uint32_t value_after(const struct tr *w, uint32_t i)
{
	return rs_sql_is_op(w->s, i, '=') ? i + 1 : i;
}

static uint32_t charset_value(const struct tr *w, uint32_t i)
{
	if (rs_sql_is(w->s, i, "CHARSET"))
		return value_after(w, i + 1);
	if ((rs_sql_is(w->s, i, "CHARACTER") || rs_sql_is(w->s, i, "CHAR")) && rs_sql_is(w->s, i + 1, "SET"))
		return value_after(w, i + 2);
	return RS_NO_TOKEN;
}

/* CREATE DATABASE's options are not in the tree. */
static void imply_in_database(struct tr *w)
{
	uint32_t charset = RS_NO_TOKEN;

	for (uint32_t i = 0; i < w->s->count; i++) {
		if (rs_sql_is(w->s, i, "COLLATE"))
			return;
		if (charset_value(w, i) < w->s->count)
			charset = charset_value(w, i);
	}
	if (charset != RS_NO_TOKEN)
		imply_collation(w, charset);
}

enum rs_rc tr_collations(struct tr *w)
{
	for (uint32_t i = 0; i + 1 < w->s->count; i++) {
		uint32_t charset = charset_value(w, i), collation = value_after(w, i + 1);

		if (i > 0 && rs_sql_is_op(w->s, i - 1, '.'))
			continue;
		if (charset < w->s->count)
			translate_charset(w, charset);
		else if (rs_sql_is(w->s, i, "COLLATE") && collation < w->s->count &&
		         (rs_sql_is_name(w->s, collation) || rs_sql_kind(w->s, collation) == RS_TOKEN_STRING))
			translate_collate(w, collation);
	}
	if (w->d->kind == RS_STMT_CREATE_DATABASE || w->d->kind == RS_STMT_ALTER_DATABASE) {
		imply_in_database(w);
		return RS_OK;
	}
	imply_in_columns(w);
	imply_in_options(w);
	return RS_OK;
}
