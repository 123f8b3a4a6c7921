/* The map, besides types (ddl_translate_types.c), keys and options (ddl_translate_table.c), collations
 * (ddl_translate_collation.c): definers, events, versioned comments, what is refused, and the text itself. */
#include "codec/ddl_translate_priv.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "base/i18n.h"
#include "base/mem.h"

/* --- what is known since when ------------------------------------------------------------ */

#define NEVER 0

static const struct since {
	unsigned mysql, mariadb;
} features[] = {
	[TR_UUID] = {NEVER, 100700},
	[TR_INET4] = {NEVER, 101000},
	[TR_INET6] = {NEVER, 100500},
	[TR_VECTOR] = {90000, 110700},
	[TR_JSON] = {50708, 100207},
	[TR_JSON_TYPE] = {50708, NEVER},
	[TR_LONG_YEAR] = {50705, NEVER},
	[TR_GENERATED] = {50706, 50200},
	[TR_STORED] = {50706, 100201},
	[TR_INVISIBLE_COLUMN] = {80023, 100303},
	[TR_INVISIBLE_INDEX] = {80000, NEVER},
	[TR_IGNORED_INDEX] = {NEVER, 100600},
	[TR_FUNCTIONAL_KEY] = {80013, NEVER},
	[TR_CHECK] = {80016, 100201},
	[TR_ENFORCED] = {80016, NEVER},
	[TR_DEFAULT_EXPR] = {80013, 100201},
	[TR_DEFAULT_BARE] = {NEVER, 100201},
	[TR_MIXED_NOW] = {NEVER, 100201},
	[TR_VERSIONING] = {NEVER, 100304},
	[TR_COMPRESSED_COLUMN] = {NEVER, 100302},
	[TR_SRID] = {80003, NEVER},
	[TR_INLINE_FK] = {90000, 100500},
	[TR_SEQUENCE] = {NEVER, 100300},
	[TR_OR_REPLACE] = {NEVER, 100008},
	[TR_VECTOR_KEY] = {NEVER, 110700},
	[TR_PARSER] = {50706, NEVER},
	[TR_UTF8MB3_NAMES] = {80030, 100600},
};

bool tr_knows(const struct rs_sql_dialect *dialect, enum tr_feature feature)
{
	unsigned since = dialect->mariadb ? features[feature].mariadb : features[feature].mysql;

	return since != NEVER && dialect->version >= since;
}

bool tr_lacks(const struct tr *w, enum tr_feature feature)
{
	return tr_knows(w->from, feature) && !tr_knows(w->to, feature);
}

/* --- edits ------------------------------------------------------------------------------- */

static void add_edit(struct tr *w, uint32_t start, uint32_t end, const char *text)
{
	RS_GROW(w->edits, w->n_edits, w->cap_edits);
	w->edits[w->n_edits] = (struct tr_edit){start, end, w->n_edits, rs_xstrdup(text)};
	w->n_edits++;
}

void tr_replace(struct tr *w, uint32_t from, uint32_t to, const char *text)
{
	add_edit(w, w->s->tokens[from].start, w->s->tokens[to - 1].end, text);
}

void tr_delete(struct tr *w, uint32_t from, uint32_t to)
{
	uint32_t start = w->s->tokens[from].start;

	if (start > 0 && w->s->text[start - 1] == ' ')
		start--;
	add_edit(w, start, w->s->tokens[to - 1].end, "");
}

void tr_insert_after(struct tr *w, uint32_t token, const char *text)
{
	add_edit(w, w->s->tokens[token].end, w->s->tokens[token].end, text);
}

void tr_insert_before(struct tr *w, uint32_t token, const char *text)
{
	add_edit(w, w->s->tokens[token].start, w->s->tokens[token].start, text);
}

char *tr_text(const struct tr *w, uint32_t from, uint32_t to)
{
	const struct rs_token *t = w->s->tokens;

	return rs_xstrndup(w->s->text + t[from].start, t[to - 1].end - t[from].start);
}

void tr_note(struct tr *w, const char *object, const char *from, const char *to, bool lossy)
{
	struct rs_translation *out = w->out;

	RS_GROW(out->notes, out->n_notes, w->cap_notes);
	out->notes[out->n_notes++] = (struct rs_ddl_note){rs_xstrdup(object), rs_xstrdup(from), rs_xstrdup(to), lossy};
}

void tr_note_tokens(struct tr *w, const char *object, uint32_t from, uint32_t to, const char *becomes, bool lossy)
{
	char *text = tr_text(w, from, to);

	tr_note(w, object, text, becomes, lossy);
	free(text);
}

static int compare_edits(const void *a, const void *b)
{
	const struct tr_edit *x = a, *y = b;

	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	if (x->end != y->end)
		return x->end < y->end ? -1 : 1;
	return x->seq < y->seq ? -1 : x->seq > y->seq;
}

/* Bytes [from, to) with the edits that lie in them. */
static void add_edited(const struct tr *w, struct rs_buf *b, uint32_t from, uint32_t to)
{
	for (uint32_t i = 0; i < w->n_edits; i++) {
		const struct tr_edit *e = &w->edits[i];

		if (e->start < from || e->end > to)
			continue;
		rs_buf_add(b, w->s->text + from, e->start - from);
		rs_buf_adds(b, e->text);
		from = e->end;
	}
	rs_buf_add(b, w->s->text + from, to - from);
}

/* --- versioned comments ------------------------------------------------------------------------ */

/* Whether the destination executes the versioned comment at the position. */
static bool destination_executes(const struct tr *w, const struct rs_token *t)
{
	struct rs_sql_scanner s;

	rs_sql_scan_init(&s, w->s->text + t->start, w->s->len - t->start, w->to);
	return rs_sql_scan(&s).kind == RS_TOKEN_OPEN;
}

static bool is_versioned(const struct tr *w, const struct rs_token *t)
{
	const char *text = w->s->text + t->start;

	return t->end - t->start > 4 && (strncmp(text, "/*!", 3) == 0 || strncmp(text, "/*M!", 4) == 0);
}

/* The destination must read what the source did: what it skips and the source did not is taken out of its comment,
 * and what it would execute and the source did not is left out. With any other edit all comments are opened, so that
 * none loses an end. */
static void open_comments(struct tr *w)
{
	struct rs_sql_scanner s;
	struct rs_token t;
	bool all = w->n_edits > 0 || tr_other_product(w) || w->to->version < w->from->version;

	rs_sql_scan_init(&s, w->s->text, w->s->len, w->from);
	while ((t = rs_sql_scan(&s)).kind != RS_TOKEN_END && t.kind != RS_TOKEN_BAD) {
		if (all && (t.kind == RS_TOKEN_OPEN || t.kind == RS_TOKEN_CLOSE))
			add_edit(w, t.start, t.end, "");
		else if (t.kind == RS_TOKEN_COMMENT && is_versioned(w, &t) && destination_executes(w, &t))
			add_edit(w, t.start, t.end, " ");
	}
}

/* --- objects with a body ------------------------------------------------------------------------- */

static void translate_definer(struct tr *w)
{
	uint32_t from = w->tree->definer_from, to = w->tree->definer_to;

	if (w->target->definer != RS_DEFINER_CURRENT || from >= to)
		return;
	tr_note_tokens(w, "", from, to, "", false);
	tr_delete(w, from, to);
}

/* Where an event's status stands: before COMMENT, which is before DO. */
static uint32_t status_place(const struct tr *w)
{
	uint32_t at = w->tree->do_token;

	return at >= 2 && rs_sql_is(w->s, at - 2, "COMMENT") && rs_sql_kind(w->s, at - 1) == RS_TOKEN_STRING ? at - 2 : at;
}

static void translate_event(struct tr *w)
{
	const struct rs_ddl_tree *t = w->tree;
	bool status = t->status_from < t->status_to;

	if (status && w->target->disable_events) {
		if (!rs_sql_is(w->s, t->status_from, "DISABLE"))
			tr_note(w, "", "ENABLE", "DISABLE", false);
		tr_replace(w, t->status_from, t->status_to, "DISABLE");
	} else if (status && t->status_to - t->status_from == 3 && w->to->mariadb) {
		tr_replace(w, t->status_from, t->status_to, "DISABLE ON SLAVE");
	} else if (!status && w->target->disable_events &&
	           w->d->kind == RS_STMT_CREATE_EVENT && t->do_token != RS_NO_TOKEN) {
		tr_note(w, "", "ENABLE", "DISABLE", false);
		tr_insert_before(w, status_place(w), "DISABLE ");
	}
}

/* --- refusals ---------------------------------------------------------------------------------------- */

static bool is_table_kind(enum rs_stmt_kind kind)
{
	return kind >= RS_STMT_CREATE_TABLE && kind <= RS_STMT_DROP_INDEX;
}

static bool is_view_kind(enum rs_stmt_kind kind)
{
	return kind >= RS_STMT_CREATE_VIEW && kind <= RS_STMT_DROP_VIEW;
}

static bool is_sequence_kind(enum rs_stmt_kind kind)
{
	return kind >= RS_STMT_CREATE_SEQUENCE && kind <= RS_STMT_DROP_SEQUENCE;
}

static enum rs_rc refuse(struct tr *w)
{
	const struct rs_ddl *d = w->d;
	const char *to = w->to->mariadb ? "MariaDB" : "MySQL";

	if (is_sequence_kind(d->kind) && !tr_knows(w->to, TR_SEQUENCE))
		return rs_ddl_refuse(d, w->err, _("%s has no sequences"), to);
	if (!tr_other_product(w))
		return RS_OK;
	if (d->kind == RS_STMT_UNKNOWN)
		return rs_ddl_refuse(d, w->err, _("%s has nothing like it"), to);
	if ((w->from->sql_mode & RS_MODE_ORACLE) && w->from->mariadb && !is_table_kind(d->kind))
		return rs_ddl_refuse(d, w->err, _("it is written in Oracle's language, which %s can't read"), to);
	if ((d->flags & RS_DDL_OR_REPLACE) && !is_view_kind(d->kind) && tr_lacks(w, TR_OR_REPLACE))
		return rs_ddl_refuse(d, w->err, _("%s has no OR REPLACE here"), to);
	if (is_table_kind(d->kind) && d->not_understood)
		return rs_ddl_refuse(d, w->err, _("not understood: %s"), d->not_understood);
	return RS_OK;
}

/* --- lists without some of their members --------------------------------------------------------------- */

/* One member of a comma-separated list, tokens [from, to); next is where the next one begins. */
static void delete_member(struct tr *w, uint32_t from, uint32_t to, bool kept_before)
{
	const struct rs_token *t = w->s->tokens;

	if (kept_before && from > 0 && rs_sql_is_op(w->s, from - 1, ','))
		add_edit(w, t[from - 1].start, t[to - 1].end, "");
	else if (rs_sql_is_op(w->s, to, ','))
		add_edit(w, t[from].start, to + 1 < w->s->count ? t[to + 1].start : t[to].end, "");
	else
		add_edit(w, t[from].start, t[to - 1].end, "");
}

static void delete_elements(struct tr *w)
{
	bool kept = false;

	for (uint32_t i = 0; i < w->tree->n_elements; i++) {
		const struct rs_ddl_element *e = &w->tree->elements[i];

		if (w->dropped[i] || w->moved[i])
			delete_member(w, e->from, e->to, kept);
		else
			kept = true;
	}
}

static void delete_alters(struct tr *w)
{
	bool kept = false;

	if (w->d->kind != RS_STMT_ALTER_TABLE)
		return;
	for (uint32_t i = 0; i < w->tree->n_alters; i++) {
		if (w->dropped[i])
			delete_member(w, w->tree->alters[i].from, w->tree->alters[i].to, kept);
		else
			kept = true;
	}
}

/* --- keys apart ------------------------------------------------------------------------------------------ */

static bool is_auto_increment(const struct tr *w, uint32_t name)
{
	char *text = rs_sql_text(w->s, name);
	bool found = false;

	for (uint32_t c = 0; !found && c < w->tree->n_columns; c++) {
		const struct rs_ddl_column *col = &w->tree->columns[c];
		char *other = rs_sql_text(w->s, col->name);

		for (uint32_t a = 0; strcasecmp(text, other) == 0 && a < col->n_attrs; a++)
			found |= w->tree->attrs[col->first_attr + a].kind == RS_ATTR_AUTO_INCREMENT;
		free(other);
	}
	free(text);
	return found;
}

/* UNIQUE stays, as what a row is told by; so does a key that AUTO_INCREMENT needs. */
static bool can_move(const struct tr *w, const struct rs_ddl_key *k)
{
	if (k->kind == RS_KEY_FOREIGN || k->kind == RS_KEY_FULLTEXT || k->kind == RS_KEY_SPATIAL)
		return true;
	if (k->kind != RS_KEY_INDEX)
		return false;
	for (uint32_t i = 0; i < k->n_parts; i++) {
		uint32_t column = w->tree->parts[k->first_part + i].column;

		if (column != RS_NO_TOKEN && is_auto_increment(w, column))
			return false;
	}
	return true;
}

static void choose_moved(struct tr *w)
{
	bool kept = false;

	if (!w->target->split || w->d->kind != RS_STMT_CREATE_TABLE)
		return;
	for (uint32_t i = 0; i < w->tree->n_elements; i++) {
		const struct rs_ddl_element *e = &w->tree->elements[i];

		w->moved[i] = kept && e->is_key && !w->dropped[i] && can_move(w, &w->tree->keys[e->index]);
		kept |= !w->moved[i] && !w->dropped[i];
	}
}

/* ALTER TABLE t ADD …, ADD …; NULL where nothing of the kind was moved. */
static char *write_moved(const struct tr *w, bool foreign)
{
	const struct rs_token *t = w->s->tokens;
	struct rs_buf b = RS_BUF_INIT;

	for (uint32_t i = 0; i < w->tree->n_elements; i++) {
		const struct rs_ddl_element *e = &w->tree->elements[i];

		if (!w->moved[i] || (w->tree->keys[e->index].kind == RS_KEY_FOREIGN) != foreign)
			continue;
		if (b.len == 0) {
			char *table = tr_text(w, w->d->refs[0].from, w->d->refs[0].to);

			rs_buf_addf(&b, "ALTER TABLE %s ADD ", table);
			free(table);
		} else {
			rs_buf_adds(&b, ", ADD ");
		}
		add_edited(w, &b, t[e->from].start, t[e->to - 1].end);
	}
	return b.len ? rs_buf_take(&b) : NULL;
}

/* --- the whole ---------------------------------------------------------------------------------------------- */

/* CREATE INDEX of an index that the destination can't have leaves a statement that does nothing. */
static bool nothing_left(const struct tr *w)
{
	return w->d->kind == RS_STMT_CREATE_INDEX && w->tree->n_alters && w->dropped[0];
}

static void write_text(struct tr *w)
{
	struct rs_buf b = RS_BUF_INIT;

	rs_buf_init(&b, SIZE_MAX / 4);
	open_comments(w);
	if (w->n_edits)
		qsort(w->edits, w->n_edits, sizeof *w->edits, compare_edits);
	if (nothing_left(w)) {
		char *table = tr_text(w, w->d->refs[0].from, w->d->refs[0].to);

		rs_buf_addf(&b, "ALTER TABLE %s", table);
		free(table);
	} else if (w->nothing_left) {
		rs_buf_adds(&b, "DO 0");
	} else {
		add_edited(w, &b, 0, w->s->len);
	}
	w->out->sql = rs_buf_take(&b);
	w->out->indexes = write_moved(w, false);
	w->out->foreign_keys = write_moved(w, true);
}

static enum rs_rc translate_tree(struct tr *w)
{
	if (is_table_kind(w->d->kind) && (tr_options(w) != RS_OK || tr_columns(w) != RS_OK || tr_keys(w) != RS_OK))
		return RS_FAIL;
	if ((w->d->kind == RS_STMT_CREATE_DATABASE || w->d->kind == RS_STMT_ALTER_DATABASE) && tr_options(w) != RS_OK)
		return RS_FAIL;
	if (tr_collations(w) != RS_OK)
		return RS_FAIL;
	translate_definer(w);
	if (w->d->kind == RS_STMT_CREATE_EVENT || w->d->kind == RS_STMT_ALTER_EVENT)
		translate_event(w);
	choose_moved(w);
	delete_elements(w);
	delete_alters(w);
	return RS_OK;
}

static enum rs_rc translate(struct tr *w)
{
	enum rs_rc rc = refuse(w);

	if (rc == RS_OK && rs_stmt_is_schema_change(w->d->kind) && w->tree)
		rc = translate_tree(w);
	if (rc == RS_OK)
		write_text(w);
	return rc;
}

enum rs_rc rs_ddl_translate(const struct rs_ddl *d, const struct rs_ddl_target *target, struct rs_translation *out,
                            struct rs_err *err)
{
	struct tr w = {.d = d, .tree = d->tree, .s = &d->sql, .target = target, .from = &target->from, .to = &target->to,
	               .out = out, .err = err};
	size_t members = d->tree ? d->tree->n_elements + d->tree->n_alters + 1u : 1;
	enum rs_rc rc;

	*out = (struct rs_translation){0};
	w.dropped = rs_xcalloc(members, sizeof *w.dropped);
	w.moved = rs_xcalloc(members, sizeof *w.moved);
	rc = translate(&w);
	for (uint32_t i = 0; i < w.n_edits; i++)
		free(w.edits[i].text);
	free(w.edits);
	free(w.dropped);
	free(w.moved);
	if (rc != RS_OK)
		rs_translation_release(out);
	return rc;
}

void rs_translation_release(struct rs_translation *t)
{
	for (size_t i = 0; i < t->n_notes; i++) {
		free(t->notes[i].object);
		free(t->notes[i].from);
		free(t->notes[i].to);
	}
	free(t->notes);
	free(t->sql);
	free(t->indexes);
	free(t->foreign_keys);
	*t = (struct rs_translation){0};
}
