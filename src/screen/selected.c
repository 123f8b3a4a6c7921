#include "screen/selected.h"

#include <string.h>
#include "base/i18n.h"
#include "base/mem.h"

void rs_selected_init(struct rs_selected *s)
{
	memset(s, 0, sizeof *s);
}

static void clear(struct rs_selected *s)
{
	for (size_t i = 0; i < s->count; i++) {
		free(s->dbs[i].below);
		free(s->dbs[i].tables);
	}
	s->count = s->rules = s->by_id_count = 0;
	rs_selection_free(s->selection);
	s->selection = NULL;
}

void rs_selected_release(struct rs_selected *s)
{
	clear(s);
	free(s->dbs);
	free(s->by_id);
	rs_map_release(&s->ids, NULL);
}

/* --- numbers ------------------------------------------------------------------------------------ */

#define KEY_MAX 1600

static size_t put_part(char key[KEY_MAX], size_t at, const char *name)
{
	size_t len = name ? strlen(name) : 0, room = KEY_MAX - at - 1;

	len = len < room ? len : room;
	if (len)
		memcpy(key + at, name, len);
	key[at + len] = '\0';
	return at + len + 1;
}

static uint64_t number_of(struct rs_selected *s, const struct rs_selection_rule *r)
{
	char key[KEY_MAX];
	size_t len = put_part(key, 0, r->db);
	uint64_t id;

	len = r->table ? put_part(key, len, r->table) : len;
	len = r->column ? put_part(key, len, r->column) : len;
	id = (uint64_t)(uintptr_t)rs_map_get(&s->ids, key, len);
	if (!id) {
		id = ++s->last_id;
		(void)rs_map_put(&s->ids, key, len, (void *)(uintptr_t)id);
	}
	return id;
}

const struct rs_selected_node *rs_selected_node(const struct rs_selected *s, uint64_t id)
{
	return id < s->by_id_count ? s->by_id[id] : NULL;
}

/* --- from the rules -------------------------------------------------------------------------------- */

static void note_node(struct rs_selected *s, struct rs_selected_node *n)
{
	while (s->by_id_count <= n->id) {
		RS_GROW(s->by_id, s->by_id_count, s->by_id_cap);
		s->by_id[s->by_id_count++] = NULL;
	}
	s->by_id[n->id] = n;
}

void rs_selected_set(struct rs_selected *s, const struct rs_selection *selection)
{
	struct rs_selection_rule rule;

	clear(s);
	s->selection = rs_selection_copy(selection);
	for (struct rs_selection_iter i = RS_SELECTION_ITER; rs_selection_each_db(s->selection, &i, &rule);) {
		RS_GROW(s->dbs, s->count, s->cap);
		s->dbs[s->count++] = (struct rs_selected_db){.node = {.id = number_of(s, &rule), .rule = rule}};
		s->rules += 1 + rule.tables;
	}
	for (size_t i = 0; i < s->count; i++) {
		s->dbs[i].node.in = &s->dbs[i];
		note_node(s, &s->dbs[i].node);
	}
}

/* Where a column belongs: behind the table that came last. */
static void add_below(struct rs_selected *s, struct rs_selected_db *d, const struct rs_selection_rule *rule, size_t *tables)
{
	RS_GROW(d->below, d->count, d->cap);
	if (rule->column)
		d->below[d->tables[*tables - 1]].columns++;
	else
		d->tables[(*tables)++] = d->count;
	d->below[d->count++] = (struct rs_selected_node){.id = number_of(s, rule), .rule = *rule, .in = d};
}

static void make_known(struct rs_selected *s, struct rs_selected_db *d)
{
	struct rs_selection_rule rule;
	size_t tables = 0;

	if (d->known)
		return;
	d->known = true;
	d->tables = rs_xcalloc(d->node.rule.tables + 1, sizeof *d->tables);
	for (struct rs_selection_iter i = RS_SELECTION_ITER; rs_selection_each_of(s->selection, d->node.rule.db, &i, &rule);)
		add_below(s, d, &rule, &tables);
	for (size_t i = 0; i < d->count; i++)
		note_node(s, &d->below[i]);
}

/* --- as a tree ---------------------------------------------------------------------------------------- */

static size_t count(void *ctx, uint64_t node)
{
	const struct rs_selected *s = ctx;
	const struct rs_selected_node *n = node ? rs_selected_node(s, node) : NULL;

	if (!node)
		return s->count;
	if (!n)
		return 0;
	return n->rule.table ? n->columns : n->rule.tables;
}

static uint64_t child(void *ctx, uint64_t node, size_t i)
{
	struct rs_selected *s = ctx;
	const struct rs_selected_node *n = node ? rs_selected_node(s, node) : NULL;

	if (!n)
		return s->dbs[i].node.id;
	if (n->rule.table)
		return n[1 + i].id;
	make_known(s, n->in);
	return n->in->below[n->in->tables[i]].id;
}

static bool branch(void *ctx, uint64_t node)
{
	return count(ctx, node) > 0;
}

static void put_new_name(const struct rs_selection_rule *r, struct rs_buf *text)
{
	if (r->table && !r->column && r->to_db)
		(void)rs_buf_addf(text, " → %s.%s", r->to_db, r->to_name ? r->to_name : r->table);
	else if (r->to_name)
		(void)rs_buf_addf(text, " → %s", r->to_name);
	else if (!r->table && r->to_db)
		(void)rs_buf_addf(text, " → %s", r->to_db);
}

static void put_note(const struct rs_selection_rule *r, struct rs_buf *text)
{
	if (!r->table && r->selected)
		(void)rs_buf_adds(text, _("  (whole, also future tables)"));
	else if (r->excluded)
		(void)rs_buf_adds(text, _("  (left out)"));
	else if (!r->table)
		(void)rs_buf_addf(text, ngettext("  (%zu table)", "  (%zu tables)", (unsigned long)r->tables), r->tables);
}

static void put_operations(const struct rs_selection_rule *r, struct rs_buf *text)
{
	struct rs_buf words = RS_BUF_INIT;

	if (!r->operations || r->column)
		return;
	rs_operations_put(r->operations, &words);
	/* TRANSLATORS: kinds of changes that are synchronized, with a blank before: " insert update" */
	(void)rs_buf_addf(text, _("  only%s"), rs_buf_str(&words));
	rs_buf_release(&words);
}

static void put_settings(const struct rs_selection_rule *r, struct rs_buf *text)
{
	for (int i = 0; r->settings && i < RS_TABLE_SETTINGS; i++)
		if (r->settings[i])
			(void)rs_buf_addf(text, "  %s: %s", rs_table_setting_word((enum rs_table_setting)i), r->settings[i]);
}

static void cell(void *ctx, uint64_t node, size_t col, struct rs_buf *text, unsigned *style)
{
	const struct rs_selected_node *n = rs_selected_node(ctx, node);
	const struct rs_selection_rule *r;

	if (!n || col > 0)
		return;
	r = &n->rule;
	if (r->excluded)
		*style = RS_STYLE_DIM;
	(void)rs_buf_addf(text, "%s%s", r->excluded ? "✗ " : "", r->column ? r->column : r->table ? r->table : r->db);
	put_new_name(r, text);
	put_note(r, text);
	put_operations(r, text);
	put_settings(r, text);
	if (r->filter)
		(void)rs_buf_addf(text, "  ▸ %s", r->filter);
}

const struct rs_tree_model rs_selected_model = {.count = count, .child = child, .branch = branch, .cell = cell};

void rs_selected_open_new(struct rs_selected *s, struct rs_tree *tree, uint64_t seen)
{
	for (size_t i = 0; i < s->count; i++) {
		struct rs_selected_db *d = &s->dbs[i];
		uint64_t table = 0;

		make_known(s, d);
		for (size_t j = 0; j < d->count; j++) {
			const struct rs_selected_node *n = &d->below[j];

			table = n->rule.column ? table : n->id;
			if (n->id <= seen)
				continue;
			rs_tree_open(tree, d->node.id, true);
			if (n->rule.column)
				rs_tree_open(tree, table, true);
		}
	}
}
