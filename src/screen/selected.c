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
	for (size_t i = 0; i < s->slot_count; i++)
		s->slots[i].node = NULL;
	s->count = s->rules = s->nodes = 0;
	rs_selection_free(s->selection);
	s->selection = NULL;
}

void rs_selected_release(struct rs_selected *s)
{
	clear(s);
	for (size_t i = 0; i < s->used; i++) {
		free(s->dbs[i].below);
		free(s->dbs[i].tables);
	}
	free(s->dbs);
	free(s->slots);
}

/* --- numbers ------------------------------------------------------------------------------------ */

/* Where a number is, or belongs: at its place, or the next free one behind that. At least half of the places are free. */
static struct rs_selected_slot *slot_of(const struct rs_selected *s, uint64_t number)
{
	size_t i = (size_t)(number * UINT64_C(0x9e3779b97f4a7c15) >> 32) & (s->slot_count - 1);

	while (s->slots[i].node && s->slots[i].number != number)
		i = (i + 1) & (s->slot_count - 1);
	return &s->slots[i];
}

const struct rs_selected_node *rs_selected_node(const struct rs_selected *s, uint64_t number)
{
	return s->slot_count ? slot_of(s, number)->node : NULL;
}

static void note_node(struct rs_selected *s, struct rs_selected_node *n)
{
	*slot_of(s, n->rule.number) = (struct rs_selected_slot){n->rule.number, n};
}

/* For so many more nodes. */
static void make_room(struct rs_selected *s, size_t more)
{
	struct rs_selected_slot *old = s->slots;
	size_t count = s->slot_count;

	s->nodes += more;
	if (s->nodes * 2 <= count)
		return;
	for (s->slot_count = count ? count : 64; s->slot_count < s->nodes * 2;)
		s->slot_count *= 2;
	s->slots = rs_xcalloc(s->slot_count, sizeof *s->slots);
	for (size_t i = 0; i < count; i++)
		if (old[i].node)
			*slot_of(s, old[i].number) = old[i];
	free(old);
}

/* --- from the rules -------------------------------------------------------------------------------- */

static void add_db(struct rs_selected *s, const struct rs_selection_rule *rule)
{
	struct rs_selected_db *d;

	RS_GROW(s->dbs, s->count, s->cap);
	if (s->count == s->used)
		s->dbs[s->used++] = (struct rs_selected_db){.known = false};
	d = &s->dbs[s->count++];
	d->node = (struct rs_selected_node){.rule = *rule};
	d->known = false;
	d->count = 0;
}

void rs_selected_set(struct rs_selected *s, const struct rs_selection *selection, bool later)
{
	struct rs_selection_rule rule;

	clear(s);
	s->selection = rs_selection_copy(selection);
	s->later = later;
	for (struct rs_selection_iter i = RS_SELECTION_ITER; rs_selection_each_db(s->selection, &i, &rule);) {
		add_db(s, &rule);
		s->rules += 1 + rule.tables;
	}
	make_room(s, s->count);
	for (size_t i = 0; i < s->count; i++) {
		s->dbs[i].node.in = &s->dbs[i];
		note_node(s, &s->dbs[i].node);
	}
}

/* Where a column belongs: behind the table that came last. */
static void add_below(struct rs_selected_db *d, const struct rs_selection_rule *rule, size_t *tables)
{
	RS_GROW(d->below, d->count, d->cap);
	if (rule->column)
		d->below[d->tables[*tables - 1]].columns++;
	else
		d->tables[(*tables)++] = d->count;
	d->below[d->count++] = (struct rs_selected_node){.rule = *rule, .in = d};
}

/* For as many nodes as there are without columns. */
static void reserve(struct rs_selected_db *d)
{
	if (d->node.rule.tables <= d->tables_cap)
		return;
	free(d->below);
	free(d->tables);
	d->cap = d->tables_cap = d->node.rule.tables;
	d->below = rs_xmalloc(d->cap * sizeof *d->below);
	d->tables = rs_xmalloc(d->tables_cap * sizeof *d->tables);
}

static void make_known(struct rs_selected *s, struct rs_selected_db *d)
{
	struct rs_selection_rule rule;
	size_t tables = 0;

	if (d->known)
		return;
	d->known = true;
	reserve(d);
	for (struct rs_selection_iter i = RS_SELECTION_ITER; rs_selection_each_of(s->selection, d->node.rule.db, &i, &rule);)
		add_below(d, &rule, &tables);
	make_room(s, d->count);
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
		return s->dbs[i].node.rule.number;
	if (n->rule.table)
		return n[1 + i].rule.number;
	make_known(s, n->in);
	return n->in->below[n->in->tables[i]].rule.number;
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

static void put_note(const struct rs_selected *s, const struct rs_selection_rule *r, struct rs_buf *text)
{
	if (!r->table && r->selected)
		(void)rs_buf_adds(text, s->later ? _("  (whole, also future tables)") : _("  (all tables that are there now)"));
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
	const struct rs_selected *s = ctx;
	const struct rs_selected_node *n = rs_selected_node(s, node);
	const struct rs_selection_rule *r;

	if (!n || col > 0)
		return;
	r = &n->rule;
	if (r->excluded)
		*style = RS_STYLE_DIM;
	(void)rs_buf_addf(text, "%s%s", r->excluded ? "✗ " : "", r->column ? r->column : r->table ? r->table : r->db);
	put_new_name(r, text);
	put_note(s, r, text);
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

			table = n->rule.column ? table : n->rule.number;
			if (n->rule.number <= seen)
				continue;
			rs_tree_open(tree, d->node.rule.number, true);
			if (n->rule.column)
				rs_tree_open(tree, table, true);
		}
	}
}
