/* The destination's text: a list of edits to the source's. */
#include "codec/ddl_leave_out.h"
#include "codec/ddl_tree.h"

#include <strings.h>
#include "base/i18n.h"
#include "base/mem.h"
#include "model/selection.h"

/* Where a ref goes. */
struct target {
	const char *db, *name;
	bool selected;
	bool changed;
	bool beside;      /* only a foreign key's parent, with the names of map->beside */
	bool dropped;     /* not in the text: a table of a list that is not part of the task */
};

struct edit {
	uint32_t start, end; /* bytes */
	const char *text;
};

struct rewriter {
	const struct rs_ddl *d;
	const struct rs_ddl_map *map;
	struct rs_ddl_result *out;
	struct rs_err *err;
	struct rs_arena arena;
	struct target *targets;
	struct edit *edits;
	size_t n_edits, cap_edits;
	uint32_t cuts_ref;
	struct rs_ddl_leave_out cuts; /* what falls with columns that are left out */
	const char *object_db; /* where the object itself goes, for unqualified names in its body */
};

static const char *keep(struct rewriter *w, const char *text)
{
	return text ? rs_arena_copy(&w->arena, text, strlen(text)) : NULL;
}

static const char *token_text(struct rewriter *w, uint32_t token)
{
	char *text = rs_sql_text(&w->d->sql, token);
	const char *copy = keep(w, text);

	free(text);
	return copy;
}

/* --- asking the map ------------------------------------------------------------------- */

/* A database's new name; the old one where it is not part of the task. */
static const char *map_database(struct rewriter *w, const char *db, bool *selected)
{
	const char *to = *db ? w->map->database(w->map->ctx, db) : NULL;

	if (selected)
		*selected = to != NULL;
	return keep(w, to ? to : db);
}

static struct target map_table(struct rewriter *w, const char *db, const char *name)
{
	struct target t = {.db = db, .name = name};
	const char *to_db, *to_name;

	t.selected = *db && w->map->table(w->map->ctx, db, name, &to_db, &to_name);
	if (t.selected) {
		t.db = keep(w, to_db);
		t.name = keep(w, to_name);
	}
	t.changed = strcmp(t.db, db) != 0 || strcmp(t.name, name) != 0;
	return t;
}

/* A foreign key may refer to what is synchronized besides. */
static struct target map_parent(struct rewriter *w, const char *db, const char *name)
{
	const struct rs_selection *beside = w->map->beside;
	struct target t = map_table(w, db, name);
	const char *to_db, *to_name;

	if (t.selected || beside == NULL || !rs_selection_includes_table(beside, db, name))
		return t;
	rs_selection_map_table(beside, db, name, &to_db, &to_name);
	t = (struct target){.db = keep(w, to_db), .name = keep(w, to_name), .selected = true, .beside = true};
	t.changed = strcmp(t.db, db) != 0 || strcmp(t.name, name) != 0;
	return t;
}

static bool any_column(const struct rewriter *w, const struct rs_ddl_ref *r)
{
	return w->map->column && w->map->any_column && *r->name && w->map->any_column(w->map->ctx, r->db, r->name);
}

/* A column's new name, the same where it does not change; NULL where it is left out. */
static const char *map_column(struct rewriter *w, uint32_t ref, const char *column)
{
	const struct rs_ddl_ref *r = &w->d->refs[ref];

	if (w->targets[ref].beside)
		return keep(w, rs_selection_map_column(w->map->beside, r->db, r->name, column));
	if (!w->map->column || !w->targets[ref].selected)
		return column;
	return keep(w, w->map->column(w->map->ctx, r->db, r->name, column));
}

/* --- what the statement is about ------------------------------------------------------------ */

static bool is_object_kind(enum rs_stmt_kind kind)
{
	switch (kind) {
	case RS_STMT_CREATE_PROCEDURE:
	case RS_STMT_ALTER_PROCEDURE:
	case RS_STMT_DROP_PROCEDURE:
	case RS_STMT_CREATE_FUNCTION:
	case RS_STMT_ALTER_FUNCTION:
	case RS_STMT_DROP_FUNCTION:
	case RS_STMT_CREATE_TRIGGER:
	case RS_STMT_DROP_TRIGGER:
	case RS_STMT_CREATE_EVENT:
	case RS_STMT_ALTER_EVENT:
	case RS_STMT_DROP_EVENT: return true;
	default: return false;
	}
}

static bool is_list_kind(enum rs_stmt_kind kind)
{
	return kind == RS_STMT_DROP_TABLE || kind == RS_STMT_DROP_VIEW || kind == RS_STMT_DROP_SEQUENCE ||
	       kind == RS_STMT_RENAME_TABLE;
}

/* Routines, triggers and events; a view's names are resolved when it is made, theirs when they run. */
static bool has_late_body(enum rs_stmt_kind kind)
{
	return is_object_kind(kind);
}

/* Objects that are known by their database alone. */
static bool is_object(const struct rs_ddl *d, size_t i)
{
	return is_object_kind(d->kind) && (d->refs[i].role == RS_ROLE_TARGET || d->refs[i].role == RS_ROLE_RENAME_TO);
}

static void resolve_ref(struct rewriter *w, size_t i)
{
	const struct rs_ddl_ref *r = &w->d->refs[i];
	struct target *t = &w->targets[i];

	if (r->role != RS_ROLE_DATABASE && !is_object(w->d, i)) {
		*t = r->role == RS_ROLE_FK_PARENT ? map_parent(w, r->db, r->name) : map_table(w, r->db, r->name);
		return;
	}
	t->name = r->name;
	t->db = map_database(w, r->db, &t->selected);
	t->changed = strcmp(t->db, r->db) != 0;
}

/* A trigger is where its table is. */
static void resolve_trigger(struct rewriter *w)
{
	struct target *name = &w->targets[0];

	if (w->d->kind != RS_STMT_CREATE_TRIGGER || w->d->n_refs < 2)
		return;
	name->db = w->targets[1].db;
	name->selected = w->targets[1].selected;
	name->changed = strcmp(name->db, w->d->refs[0].db) != 0;
}

static void resolve(struct rewriter *w)
{
	w->targets = rs_arena_alloc(&w->arena, (w->d->n_refs + 1) * sizeof *w->targets);
	w->out->selected = rs_xcalloc(w->d->n_refs + 1, sizeof *w->out->selected);
	memset(w->targets, 0, (w->d->n_refs + 1) * sizeof *w->targets);
	for (size_t i = 0; i < w->d->n_refs; i++)
		resolve_ref(w, i);
	resolve_trigger(w);
	for (size_t i = 0; i < w->d->n_refs; i++)
		w->out->selected[i] = w->targets[i].selected;
	w->object_db = w->d->n_refs ? w->targets[0].db : "";
}

/* --- renames -------------------------------------------------------------------------------------- */

static bool same_table(const struct rs_ddl_ref *a, const struct rs_ddl_ref *b)
{
	return strcmp(a->db, b->db) == 0 && strcmp(a->name, b->name) == 0;
}

/* The name after refs[to] on which a later pair of the same statement goes on, 0 for none. */
static size_t goes_on(const struct rs_ddl *d, size_t to)
{
	for (size_t i = to + 1; i + 1 < d->n_refs; i += 2)
		if (same_table(&d->refs[i], &d->refs[to]))
			return i;
	return 0;
}

/* A name outside of the task that a table passes through within the statement (a swap) goes along. */
static void follow_swaps(struct rewriter *w)
{
	for (size_t i = 0; i + 1 < w->d->n_refs; i += 2) {
		size_t next = goes_on(w->d, i + 1);

		if (!w->targets[i].selected || w->targets[i + 1].selected || !next)
			continue;
		w->targets[i + 1].db = w->targets[next].db = w->targets[i].db;
		w->targets[i + 1].changed = w->targets[next].changed = strcmp(w->targets[i].db, w->d->refs[i + 1].db) != 0;
		w->targets[i + 1].selected = w->targets[next].selected = true;
	}
}

static void note_pair(struct rewriter *w, size_t from, size_t to)
{
	struct target *a = &w->targets[from], *b = &w->targets[to];

	if (a->selected && b->selected)
		return;
	w->out->renames_out |= a->selected;
	w->out->renames_in |= b->selected;
	a->dropped = b->dropped = true;
	w->out->left_out += 2;
}

static void note_renames(struct rewriter *w)
{
	const struct rs_ddl *d = w->d;

	if (d->kind == RS_STMT_RENAME_TABLE) {
		follow_swaps(w);
		for (size_t i = 0; i + 1 < d->n_refs; i += 2)
			note_pair(w, i, i + 1);
		return;
	}
	if (!d->n_refs || d->refs[0].role != RS_ROLE_RENAME_FROM)
		return;
	for (size_t i = 1; i < d->n_refs; i++)
		if (d->refs[i].role == RS_ROLE_RENAME_TO)
			note_pair(w, 0, i);
}

static void note_drops(struct rewriter *w)
{
	if (!is_list_kind(w->d->kind) || w->d->kind == RS_STMT_RENAME_TABLE)
		return;
	for (size_t i = 0; i < w->d->n_refs; i++) {
		w->targets[i].dropped = !w->targets[i].selected;
		w->out->left_out += w->targets[i].dropped;
	}
}

/* Whether nothing of the statement concerns the task. */
static bool concerns_nothing(const struct rewriter *w)
{
	const struct rs_ddl *d = w->d;

	if (!d->n_refs)
		return false;
	if (is_list_kind(d->kind)) {
		for (size_t i = 0; i < d->n_refs; i++)
			if (!w->targets[i].dropped)
				return false;
		return true;
	}
	if (is_object_kind(d->kind) && d->kind != RS_STMT_CREATE_TRIGGER)
		return false;
	return !w->targets[0].selected || w->targets[0].dropped;
}

/* --- refusals ----------------------------------------------------------------------------------------- */

static bool is_cut(const struct rewriter *w, uint32_t token)
{
	uint32_t at = w->d->sql.tokens[token].start;

	for (size_t i = 0; i < w->cuts.n; i++)
		if (at >= w->cuts.spans[i].start && at < w->cuts.spans[i].end)
			return true;
	return false;
}

static enum rs_rc refuse_outside(struct rewriter *w)
{
	for (size_t i = 0; i < w->d->n_refs; i++) {
		const struct rs_ddl_ref *r = &w->d->refs[i];

		if (w->targets[i].selected || w->targets[i].dropped || (r->from < r->to && is_cut(w, r->from)))
			continue;
		if (r->role == RS_ROLE_FK_PARENT || r->role == RS_ROLE_LIKE || r->role == RS_ROLE_UNION ||
		    r->role == RS_ROLE_EXCHANGE)
			return rs_ddl_refuse(w->d, w->err, _("the table %s.%s is not part of the task"), r->db, r->name);
	}
	return RS_OK;
}

static bool anything_renamed(const struct rewriter *w)
{
	for (size_t i = 0; i < w->d->n_refs; i++)
		if (w->targets[i].changed || (w->targets[i].selected && any_column(w, &w->d->refs[i])))
			return true;
	return false;
}

/* Whether a word of a part that is not understood could be a name that changes. */
static bool would_change(struct rewriter *w, const char *text)
{
	bool selected;

	return map_table(w, w->d->default_db, text).changed || strcmp(map_database(w, text, &selected), text) != 0;
}

static enum rs_rc refuse_not_understood(struct rewriter *w)
{
	const struct rs_ddl *d = w->d;

	if (!d->not_understood)
		return RS_OK;
	if (anything_renamed(w))
		return rs_ddl_refuse(d, w->err, _("not understood: %s"), d->not_understood);
	for (uint32_t i = 0; i < d->sql.count; i++)
		if (rs_sql_is_name(&d->sql, i) && would_change(w, token_text(w, i)))
			return rs_ddl_refuse(d, w->err, _("not understood: %s"), d->not_understood);
	return RS_OK;
}

static enum rs_rc refuse_body(struct rewriter *w)
{
	const struct rs_ddl *d = w->d;

	if ((d->flags & RS_DDL_DYNAMIC_SQL) && anything_renamed(w))
		return rs_ddl_refuse(d, w->err, _("it prepares statements from text, in which names can't be replaced"));
	for (size_t i = 0; i < d->n_refs; i++) {
		if (d->refs[i].role != RS_ROLE_USED || !any_column(w, &d->refs[i]))
			continue;
		if (has_late_body(d->kind) || d->tree->star)
			return rs_ddl_refuse(d, w->err, _("it uses %s.%s, whose columns have other names at the destination"),
			                     d->refs[i].db, d->refs[i].name);
	}
	return RS_OK;
}

static enum rs_rc refuse_name(struct rewriter *w, const char *text)
{
	return rs_ddl_refuse(w->d, w->err, _("what \"%s\" is can't be told, and a name changes there"), text);
}

/* --- edits ------------------------------------------------------------------------------------------------ */

static void add_edit(struct rewriter *w, uint32_t start, uint32_t end, const char *text)
{
	RS_GROW(w->edits, w->n_edits, w->cap_edits);
	w->edits[w->n_edits++] = (struct edit){start, end, text};
}

static const char *quoted(struct rewriter *w, const char *name)
{
	struct rs_buf b = RS_BUF_INIT;
	const char *copy;

	(void)rs_quote_ident(&b, name);
	copy = keep(w, rs_buf_str(&b));
	rs_buf_release(&b);
	return copy;
}

static const char *quoted_table(struct rewriter *w, const char *db, const char *name)
{
	struct rs_buf b = RS_BUF_INIT;
	const char *copy;

	(void)rs_quote_table(&b, db, name);
	copy = keep(w, rs_buf_str(&b));
	rs_buf_release(&b);
	return copy;
}

static void edit_token(struct rewriter *w, uint32_t token, const char *name)
{
	add_edit(w, w->d->sql.tokens[token].start, w->d->sql.tokens[token].end, quoted(w, name));
}

/* A name without a database in the body of a routine stays one as long as it still finds its table. */
static bool stays_short(const struct rewriter *w, size_t i)
{
	const struct rs_ddl_ref *r = &w->d->refs[i];
	const struct target *t = &w->targets[i];

	if (r->role != RS_ROLE_USED || !has_late_body(w->d->kind) || r->qualified)
		return false;
	return !t->selected || (strcmp(t->name, r->name) == 0 && strcmp(t->db, w->object_db) == 0);
}

/* ALTER DATABASE of the default database, which it does not name. */
static void insert_database(struct rewriter *w, uint32_t before, const char *db)
{
	uint32_t at = before < w->d->sql.count ? w->d->sql.tokens[before].start : w->d->sql.len;
	struct rs_buf b = RS_BUF_INIT;

	rs_buf_addf(&b, "%s ", quoted(w, db));
	add_edit(w, at, at, keep(w, rs_buf_str(&b)));
	rs_buf_release(&b);
}

static void edit_ref(struct rewriter *w, size_t i)
{
	const struct rs_sql *s = &w->d->sql;
	const struct rs_ddl_ref *r = &w->d->refs[i];
	const struct target *t = &w->targets[i];

	if (r->role == RS_ROLE_DATABASE && r->from == r->to)
		insert_database(w, r->from, t->db);
	else if (r->role == RS_ROLE_DATABASE)
		edit_token(w, r->from, t->db);
	else if (!stays_short(w, i))
		add_edit(w, s->tokens[r->from].start, s->tokens[r->to - 1].end, quoted_table(w, t->db, t->name));
}

static enum rs_rc edit_column(struct rewriter *w, const struct rs_ddl_name *n)
{
	const char *text = token_text(w, n->token), *to = map_column(w, n->ref, text);

	if (!to)
		return rs_ddl_refuse(w->d, w->err, _("the column %s is left out"), text);
	if (strcmp(to, text) == 0)
		return RS_OK;
	if (n->kind == RS_NAME_ITEM) {
		struct rs_buf b = RS_BUF_INIT;

		rs_buf_addf(&b, "%s AS %s", quoted(w, to), quoted(w, text));
		add_edit(w, w->d->sql.tokens[n->token].start, w->d->sql.tokens[n->token].end, keep(w, rs_buf_str(&b)));
		rs_buf_release(&b);
	} else {
		edit_token(w, n->token, to);
	}
	return RS_OK;
}

static enum rs_rc edit_table_part(struct rewriter *w, const struct rs_ddl_name *n)
{
	const char *text = token_text(w, n->token);
	const struct rs_ddl_ref *r = &w->d->refs[n->ref];

	if (strcasecmp(text, r->name) != 0)
		return would_change(w, text) ? refuse_name(w, text) : RS_OK;
	if (strcmp(w->targets[n->ref].name, r->name) != 0)
		edit_token(w, n->token, w->targets[n->ref].name);
	return RS_OK;
}

static void edit_database_part(struct rewriter *w, const struct rs_ddl_name *n)
{
	const char *text = token_text(w, n->token), *to = map_database(w, text, NULL);

	if (strcmp(text, to) != 0)
		edit_token(w, n->token, to);
}

/* Whether a column of this name, of any table that the statement uses, has another name at the destination. */
static bool column_changes(struct rewriter *w, uint32_t ref, const char *text)
{
	for (uint32_t i = 0; i < w->d->n_refs; i++) {
		const char *to;

		if ((ref != RS_NO_TOKEN && ref != i) || !any_column(w, &w->d->refs[i]))
			continue;
		to = map_column(w, i, text);
		if (!to || strcmp(to, text) != 0)
			return true;
	}
	return false;
}

static bool head_changes(struct rewriter *w, const char *text)
{
	struct target t = map_table(w, w->d->default_db, text);
	bool selected;

	return strcmp(t.name, text) != 0 || strcmp(map_database(w, text, &selected), text) != 0;
}

static enum rs_rc edit_name(struct rewriter *w, const struct rs_ddl_name *n)
{
	const char *text;

	switch (n->kind) {
	case RS_NAME_DATABASE: edit_database_part(w, n); return RS_OK;
	case RS_NAME_TABLE: return edit_table_part(w, n);
	case RS_NAME_COLUMN:
	case RS_NAME_ITEM: return edit_column(w, n);
	case RS_NAME_UNSURE:
		text = token_text(w, n->token);
		return column_changes(w, n->ref, text) ? refuse_name(w, text) : RS_OK;
	case RS_NAME_HEAD:
		text = token_text(w, n->token);
		return head_changes(w, text) ? refuse_name(w, text) : RS_OK;
	}
	return RS_OK;
}

static void drop_start_transaction(struct rewriter *w)
{
	const struct rs_ddl_tree *t = w->d->tree;

	for (uint32_t i = 0; i < t->n_options; i++) {
		const struct rs_ddl_option *o = &t->options[i];

		if (o->kind == RS_OPTION_START_TRANSACTION)
			add_edit(w, w->d->sql.tokens[o->from].start, w->d->sql.tokens[o->to - 1].end, "");
	}
}

/* Notes all edits but those that only write out a database. */
static enum rs_rc find_edits(struct rewriter *w)
{
	const struct rs_ddl_tree *t = w->d->tree;

	for (uint32_t i = 0; i < t->n_names; i++)
		if ((t->names[i].token == RS_NO_TOKEN || !is_cut(w, t->names[i].token)) && edit_name(w, &t->names[i]) != RS_OK)
			return RS_FAIL;
	for (size_t i = 0; i < w->cuts.n; i++)
		add_edit(w, w->cuts.spans[i].start, w->cuts.spans[i].end, "");
	drop_start_transaction(w);
	return RS_OK;
}

static bool must_change(const struct rewriter *w)
{
	if (w->n_edits || w->out->left_out || w->d->lowered)
		return true;
	for (size_t i = 0; i < w->d->n_refs; i++)
		if (w->targets[i].changed && !stays_short(w, i))
			return true;
	return false;
}

static int compare_edits(const void *a, const void *b)
{
	const struct edit *x = a, *y = b;

	return x->start < y->start ? -1 : x->start > y->start;
}

/* --- the text ------------------------------------------------------------------------------------------------ */

/* Bytes [from, to) with the edits that lie in them. */
static void add_edited(const struct rewriter *w, struct rs_buf *b, uint32_t from, uint32_t to)
{
	const char *text = w->d->sql.text;

	for (size_t i = 0; i < w->n_edits; i++) {
		const struct edit *e = &w->edits[i];

		if (e->start < from || e->end > to)
			continue;
		rs_buf_add(b, text + from, e->start - from);
		rs_buf_adds(b, e->text);
		from = e->end;
	}
	rs_buf_add(b, text + from, to - from);
}

/* A list of tables without those that are dropped: what stands before and after the list, and the rest of it. */
static void add_shortened(const struct rewriter *w, struct rs_buf *b)
{
	const struct rs_ddl *d = w->d;
	const struct rs_token *tokens = d->sql.tokens;
	size_t step = d->kind == RS_STMT_RENAME_TABLE ? 2 : 1;
	bool first = true;

	rs_buf_add(b, d->sql.text, tokens[d->refs[0].from].start);
	for (size_t i = 0; i + step <= d->n_refs; i += step) {
		if (w->targets[i].dropped)
			continue;
		if (!first)
			rs_buf_adds(b, ", ");
		first = false;
		add_edited(w, b, tokens[d->refs[i].from].start, tokens[d->refs[i + step - 1].to - 1].end);
	}
	add_edited(w, b, tokens[d->refs[d->n_refs - 1].to - 1].end, d->sql.len);
}

static void write_text(struct rewriter *w)
{
	struct rs_buf b = RS_BUF_INIT;

	rs_buf_init(&b, SIZE_MAX / 4);
	for (size_t i = 0; i < w->d->n_refs; i++)
		if (!w->targets[i].dropped && w->out->changed && (w->d->refs[i].from == w->d->refs[i].to || !is_cut(w, w->d->refs[i].from)))
			edit_ref(w, i);
	if (w->n_edits)
		qsort(w->edits, w->n_edits, sizeof *w->edits, compare_edits);
	if (w->out->left_out && is_list_kind(w->d->kind))
		add_shortened(w, &b);
	else
		add_edited(w, &b, 0, w->d->sql.len);
	w->out->len = b.len;
	w->out->sql = rs_buf_take(&b);
}

static bool is_left_out(void *arg, const char *column)
{
	return map_column(arg, ((struct rewriter *)arg)->cuts_ref, column) == NULL;
}

/* The statement's own table is its first target. */
static enum rs_rc leave_out(struct rewriter *w)
{
	for (uint32_t i = 0; i < w->d->n_refs; i++) {
		if (w->d->refs[i].role != RS_ROLE_TARGET && w->d->refs[i].role != RS_ROLE_RENAME_FROM)
			continue;
		if (!w->targets[i].selected || !any_column(w, &w->d->refs[i]))
			return RS_OK;
		w->cuts_ref = i;
		w->cuts.is_left_out = is_left_out;
		w->cuts.arg = w;
		return rs_ddl_leave_out(w->d, &w->cuts, w->err);
	}
	return RS_OK;
}

static enum rs_rc rewrite(struct rewriter *w)
{
	bool selected;
	const char *db;

	resolve(w);
	note_renames(w);
	note_drops(w);
	if (concerns_nothing(w))
		return RS_OK;
	if (leave_out(w) != RS_OK)
		return RS_FAIL;
	if (w->cuts.nothing_left)
		return RS_OK;
	if (refuse_outside(w) != RS_OK || refuse_not_understood(w) != RS_OK || refuse_body(w) != RS_OK ||
	    find_edits(w) != RS_OK)
		return RS_FAIL;
	w->out->changed = must_change(w);
	write_text(w);
	db = map_database(w, w->d->default_db, &selected);
	w->out->db = rs_xstrdup(selected ? db : "");
	return RS_OK;
}

enum rs_rc rs_ddl_rewrite(const struct rs_ddl *d, const struct rs_ddl_map *map, struct rs_ddl_result *out,
                          struct rs_err *err)
{
	struct rewriter w = {.d = d, .map = map, .out = out, .err = err};
	enum rs_rc rc;

	*out = (struct rs_ddl_result){0};
	if (!rs_stmt_is_schema_change(d->kind))
		return rs_ddl_refuse(d, err, _("it is no schema change"));
	rs_arena_init(&w.arena, 0);
	rc = rewrite(&w);
	rs_arena_release(&w.arena);
	free(w.edits);
	free(w.cuts.spans);
	if (rc != RS_OK)
		rs_ddl_result_release(out);
	return rc;
}

void rs_ddl_result_release(struct rs_ddl_result *r)
{
	free(r->sql);
	free(r->db);
	free(r->selected);
	*r = (struct rs_ddl_result){0};
}
