#include "codec/ddl_compare.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "base/mem.h"
#include "codec/ddl_schema.h"
#include "codec/ddl_tree.h"

/* ---------------------------------------------------------------- texts */

/* Comments are left out, the delimiters of versioned ones too. */
static void put_tokens(struct rs_buf *out, const struct rs_sql *s, uint32_t from, uint32_t to)
{
	for (uint32_t i = from; i < to; i++) {
		const struct rs_token *t = &s->tokens[i];
		if (i > from && t->start > t[-1].end)
			rs_buf_addc(out, ' ');
		rs_buf_add(out, s->text + t->start, t->end - t->start);
	}
}

static char *text_of(const struct rs_ddl *d, uint32_t from, uint32_t to)
{
	struct rs_buf out = RS_BUF_INIT;

	put_tokens(&out, &d->sql, from, to);
	return rs_buf_take(&out);
}

static const struct rs_ddl_ref *target_of(const struct rs_ddl *d)
{
	for (size_t i = 0; i < d->n_refs; i++)
		if (d->refs[i].role == RS_ROLE_TARGET)
			return &d->refs[i];
	return NULL;
}

/* But for the name of what is made. */
static char *whole_text(const struct rs_ddl *d)
{
	const struct rs_ddl_ref *target = target_of(d);
	struct rs_buf out = RS_BUF_INIT;

	put_tokens(&out, &d->sql, 0, target ? target->from : d->sql.count);
	rs_buf_addc(&out, ' ');
	if (target)
		put_tokens(&out, &d->sql, target->to, d->sql.count);
	return rs_buf_take(&out);
}

/* ---------------------------------------------------------------- what was found */

/* Takes name and wanted over. */
static void add(struct rs_ddl_differences *out, enum rs_ddl_aspect part, char *name, char *wanted)
{
	RS_GROW(out->items, out->n, out->cap);
	out->items[out->n++] = (struct rs_ddl_difference){part, name, wanted};
}

void rs_ddl_differences_clear(struct rs_ddl_differences *d)
{
	for (size_t i = 0; i < d->n; i++) {
		free(d->items[i].name);
		free(d->items[i].wanted);
	}
	free(d->items);
	*d = (struct rs_ddl_differences){0};
}

/* Takes both texts over. */
static void compare_texts(char *wanted, char *found, enum rs_ddl_aspect part, struct rs_ddl_differences *out)
{
	if (strcmp(wanted, found) != 0)
		add(out, part, rs_xstrdup(""), wanted);
	else
		free(wanted);
	free(found);
}

/* ---------------------------------------------------------------- columns */

static bool same_name(const struct rs_ddl *a, uint32_t token, const struct rs_ddl *b, uint32_t other)
{
	char *x = rs_sql_text(&a->sql, token), *y = rs_sql_text(&b->sql, other);
	bool same = strcasecmp(x, y) == 0;

	free(x);
	free(y);
	return same;
}

static const struct rs_ddl_column *column_of(const struct rs_ddl *d, const struct rs_ddl *like, uint32_t name)
{
	for (uint32_t i = 0; i < d->tree->n_columns; i++)
		if (same_name(d, d->tree->columns[i].name, like, name))
			return &d->tree->columns[i];
	return NULL;
}

static bool is_generated(const struct rs_ddl *d, const struct rs_ddl_column *c)
{
	for (uint32_t i = 0; i < c->n_attrs; i++)
		if (d->tree->attrs[c->first_attr + i].kind == RS_ATTR_GENERATED)
			return true;
	return false;
}

static void compare_column(const struct rs_ddl *wanted, const struct rs_ddl_column *c, const struct rs_ddl *found,
                           struct rs_ddl_differences *out)
{
	const struct rs_ddl_column *other = column_of(found, wanted, c->name);

	if (!other)
		return;
	char *text = text_of(wanted, c->from, c->to), *has = text_of(found, other->from, other->to);
	bool generated = is_generated(wanted, c) || is_generated(found, other);
	if (strcmp(text, has) != 0)
		add(out, generated ? RS_ASPECT_GENERATED : RS_ASPECT_COLUMN, rs_sql_text(&wanted->sql, c->name), text);
	else
		free(text);
	free(has);
}

/* ---------------------------------------------------------------- keys and checks */

static char *key_name(const struct rs_ddl *d, const struct rs_ddl_key *k)
{
	uint32_t token = k->kind == RS_KEY_CHECK ? k->constraint : k->name;

	return token != RS_NO_TOKEN ? rs_sql_text(&d->sql, token) : rs_xstrdup(k->kind == RS_KEY_PRIMARY ? "PRIMARY" : "");
}

static bool is_compared(const struct rs_ddl_key *k) { return k->kind != RS_KEY_FOREIGN && k->kind != RS_KEY_PERIOD; }

/* Of the same kind and name. */
static const struct rs_ddl_key *key_of(const struct rs_ddl *d, const struct rs_ddl *like, const struct rs_ddl_key *k)
{
	const struct rs_ddl_key *found = NULL;
	char *name = key_name(like, k);

	for (uint32_t i = 0; !found && i < d->tree->n_keys; i++) {
		const struct rs_ddl_key *other = &d->tree->keys[i];
		char *its = key_name(d, other);
		if (other->kind == k->kind && strcasecmp(name, its) == 0)
			found = other;
		free(its);
	}
	free(name);
	return found;
}

static void compare_key(const struct rs_ddl *wanted, const struct rs_ddl_key *k, const struct rs_ddl *found,
                        struct rs_ddl_differences *out)
{
	const struct rs_ddl_key *other = key_of(found, wanted, k);
	enum rs_ddl_aspect part = k->kind == RS_KEY_CHECK ? RS_ASPECT_CHECK : RS_ASPECT_KEY;

	if (!other && part == RS_ASPECT_KEY)
		return; /* made when all rows are there */
	char *text = text_of(wanted, k->from, k->to);
	char *has = other ? text_of(found, other->from, other->to) : rs_xstrdup("");
	if (strcmp(text, has) != 0)
		add(out, part, key_name(wanted, k), rs_xstrdup(text));
	free(text);
	free(has);
}

static void find_lost_checks(const struct rs_ddl *wanted, const struct rs_ddl *found, struct rs_ddl_differences *out)
{
	for (uint32_t i = 0; i < found->tree->n_keys; i++) {
		const struct rs_ddl_key *k = &found->tree->keys[i];
		if (k->kind == RS_KEY_CHECK && !key_of(wanted, found, k))
			add(out, RS_ASPECT_CHECK, key_name(found, k), rs_xstrdup(""));
	}
}

/* ---------------------------------------------------------------- options */

static int part_of_option(enum rs_option_kind kind)
{
	switch (kind) {
	case RS_OPTION_COMMENT:
		return RS_ASPECT_COMMENT;
	case RS_OPTION_CHARSET:
	case RS_OPTION_COLLATE:
		return RS_ASPECT_CHARSET;
	case RS_OPTION_AUTO_INCREMENT:
	case RS_OPTION_START_TRANSACTION:
		return -1;
	default:
		return RS_ASPECT_OPTION;
	}
}

/* All that belong to a part. */
static char *options_of(const struct rs_ddl *d, enum rs_ddl_aspect part)
{
	struct rs_buf out = RS_BUF_INIT;

	for (uint32_t i = 0; i < d->tree->n_options; i++) {
		const struct rs_ddl_option *o = &d->tree->options[i];
		if (part_of_option(o->kind) != (int)part)
			continue;
		rs_buf_adds(&out, out.len > 0 ? " " : "");
		put_tokens(&out, &d->sql, o->from, o->to);
	}
	return rs_buf_take(&out);
}

/* ---------------------------------------------------------------- databases */

static uint32_t value_at(const struct rs_sql *s, uint32_t i) { return rs_sql_is_op(s, i, '=') ? i + 1 : i; }

/* A database's options are not in the tree. False: it says none. */
static bool database_collation(const struct rs_ddl *d, const struct rs_sql_dialect *dialect, char out[RS_COLLATION_NAME])
{
	char *charset = NULL, *collation = NULL;

	for (uint32_t i = d->n_refs ? d->refs[0].to : 0; i + 1 < d->sql.count; i++) {
		bool set = rs_sql_is(&d->sql, i, "CHARACTER") && rs_sql_is(&d->sql, i + 1, "SET");
		uint32_t value = value_at(&d->sql, i + 1 + set);
		char **to = set || rs_sql_is(&d->sql, i, "CHARSET") ? &charset : rs_sql_is(&d->sql, i, "COLLATE") ? &collation : NULL;
		if (to == NULL || *to != NULL || value >= d->sql.count)
			continue;
		*to = rs_sql_text(&d->sql, value);
	}
	if (collation != NULL)
		rs_ddl_collation_name(collation, charset, dialect, out);
	else if (charset != NULL)
		rs_ddl_default_collation(charset, dialect, NULL, out);
	bool says = collation != NULL || charset != NULL;
	free(charset);
	free(collation);
	return says;
}

static void compare_databases(const struct rs_ddl *wanted, const struct rs_ddl *found, const struct rs_sql_dialect *dialect,
                              struct rs_ddl_differences *out)
{
	char w[RS_COLLATION_NAME], f[RS_COLLATION_NAME];

	if (database_collation(wanted, dialect, w) && database_collation(found, dialect, f) && strcmp(w, f) != 0)
		add(out, RS_ASPECT_CHARSET, rs_xstrdup(""), rs_xprintf("COLLATE %s", w));
}

/* ---------------------------------------------------------------- the whole */

static void compare_tables(const struct rs_ddl *wanted, const struct rs_ddl *found, struct rs_ddl_differences *out)
{
	const struct rs_ddl_tree *w = wanted->tree, *f = found->tree;

	for (uint32_t i = 0; i < w->n_columns; i++)
		compare_column(wanted, &w->columns[i], found, out);
	for (uint32_t i = 0; i < w->n_keys; i++)
		if (is_compared(&w->keys[i]))
			compare_key(wanted, &w->keys[i], found, out);
	find_lost_checks(wanted, found, out);
	for (int part = RS_ASPECT_COMMENT; part <= RS_ASPECT_OPTION; part++)
		compare_texts(options_of(wanted, (enum rs_ddl_aspect)part), options_of(found, (enum rs_ddl_aspect)part),
		              (enum rs_ddl_aspect)part, out);
	compare_texts(text_of(wanted, w->partition_from, w->partition_to), text_of(found, f->partition_from, f->partition_to),
	              RS_ASPECT_PARTITIONS, out);
}

static bool is_plain_table(const struct rs_ddl *d)
{
	return d->kind == RS_STMT_CREATE_TABLE && d->tree && !d->not_understood;
}

void rs_ddl_compare(const struct rs_ddl *wanted, const struct rs_ddl *found, const struct rs_sql_dialect *dialect,
                    struct rs_ddl_differences *out)
{
	if (wanted->kind == RS_STMT_CREATE_DATABASE)
		compare_databases(wanted, found, dialect, out);
	else if (is_plain_table(wanted) && is_plain_table(found))
		compare_tables(wanted, found, out);
	else
		compare_texts(whole_text(wanted), whole_text(found), RS_ASPECT_WHOLE, out);
}

char *rs_ddl_named(const struct rs_ddl *d, const char *name)
{
	const struct rs_ddl_ref *target = target_of(d);

	if (!target)
		return NULL;
	const struct rs_token *t = d->sql.tokens;
	uint32_t end = t[target->to - 1].end;
	return rs_xprintf("%.*s%s%.*s", (int)t[target->from].start, d->sql.text, name, (int)(d->sql.len - end), d->sql.text + end);
}
