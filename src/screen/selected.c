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
		free(s->nodes[i].db);
		free(s->nodes[i].table);
		free(s->nodes[i].column);
		free(s->nodes[i].to);
		free(s->nodes[i].filter);
		free(s->nodes[i].operations);
	}
	s->count = s->roots = 0;
	rs_map_release(&s->by_id, NULL);
}

void rs_selected_release(struct rs_selected *s)
{
	clear(s);
	free(s->nodes);
	free(s->links);
	rs_map_release(&s->ids, NULL);
}

/* --- numbers ------------------------------------------------------------------------------------ */

#define KEY_MAX 1600

static size_t key_of(const char *db, const char *table, const char *column, char key[KEY_MAX])
{
	int n = snprintf(key, KEY_MAX, "%s%c%s%c%s", db, 0, table ? table : "", 0, column ? column : "");

	return n < KEY_MAX ? (size_t)n : KEY_MAX - 1;
}

static uint64_t number_of(struct rs_selected *s, const char *db, const char *table, const char *column)
{
	char key[KEY_MAX];
	size_t len = key_of(db, table, column, key);
	uint64_t id = (uint64_t)(uintptr_t)rs_map_get(&s->ids, key, len);

	if (!id) {
		id = ++s->last_id;
		(void)rs_map_put(&s->ids, key, len, (void *)(uintptr_t)id);
	}
	return id;
}

uint64_t rs_selected_find(const struct rs_selected *s, const char *db, const char *table, const char *column)
{
	char key[KEY_MAX];
	size_t len = key_of(db, table, column, key);
	uint64_t id = (uint64_t)(uintptr_t)rs_map_get(&s->ids, key, len);

	return id && rs_selected_node(s, id) ? id : 0;
}

const struct rs_selected_node *rs_selected_node(const struct rs_selected *s, uint64_t id)
{
	size_t i = (size_t)(uintptr_t)rs_map_get(&s->by_id, (const char *)&id, sizeof id);

	return i ? &s->nodes[i - 1] : NULL;
}

/* --- from the rules -------------------------------------------------------------------------------- */

static char *new_name(const struct rs_selection_rule *r)
{
	struct rs_buf text = RS_BUF_INIT;

	if (r->table && !r->column && r->to_db)
		(void)rs_buf_addf(&text, "%s.%s", r->to_db, r->to_name ? r->to_name : r->table);
	else if (r->to_name)
		(void)rs_buf_adds(&text, r->to_name);
	else if (!r->table && r->to_db)
		(void)rs_buf_adds(&text, r->to_db);
	return text.len ? rs_buf_take(&text) : NULL;
}

static char *own_operations(const struct rs_selection_rule *r)
{
	struct rs_buf text = RS_BUF_INIT;

	if (!r->operations || r->column)
		return NULL;
	rs_operations_put(r->operations, &text);
	return rs_buf_take(&text);
}

static void add_node(struct rs_selected *s, const struct rs_selection_rule *r)
{
	struct rs_selected_node *n;

	RS_GROW(s->nodes, s->count, s->cap);
	n = &s->nodes[s->count++];
	*n = (struct rs_selected_node){
		.id = number_of(s, r->db, r->table, r->column),
		.db = rs_xstrdup(r->db),
		.table = rs_xstrdup(r->table),
		.column = rs_xstrdup(r->column),
		.to = new_name(r),
		.filter = rs_xstrdup(r->filter),
		.operations = own_operations(r),
		.whole = !r->table && r->selected,
		.excluded = r->excluded,
	};
	(void)rs_map_put(&s->by_id, (const char *)&n->id, sizeof n->id, (void *)(uintptr_t)s->count);
}

static int depth_of(const struct rs_selected_node *n)
{
	return n->column ? 3 : n->table ? 2 : 1;
}

/* Collects the children of each node: those of the databases' level, then of the tables'. */
static void link_kids(struct rs_selected *s)
{
	size_t used = 0;

	s->links = rs_xrealloc(s->links, (s->count + 1) * sizeof *s->links);
	for (size_t i = 0; i < s->count; i++)
		if (depth_of(&s->nodes[i]) == 1)
			s->links[used++] = i;
	s->roots = used;
	for (size_t i = 0; i < s->count; i++) {
		int depth = depth_of(&s->nodes[i]);

		s->nodes[i].first_kid = used;
		for (size_t j = i + 1; depth < 3 && j < s->count && depth_of(&s->nodes[j]) > depth; j++)
			if (depth_of(&s->nodes[j]) == depth + 1)
				s->links[used++] = j;
		s->nodes[i].kids = used - s->nodes[i].first_kid;
	}
}

void rs_selected_set(struct rs_selected *s, const struct rs_selection *selection)
{
	struct rs_selection_rule rule;

	clear(s);
	for (struct rs_selection_iter i = RS_SELECTION_ITER; rs_selection_each(selection, &i, &rule);)
		add_node(s, &rule);
	link_kids(s);
}

/* --- as a tree ---------------------------------------------------------------------------------------- */

static size_t count(void *ctx, uint64_t node)
{
	const struct rs_selected *s = ctx;
	const struct rs_selected_node *n = node ? rs_selected_node(s, node) : NULL;

	return node ? n ? n->kids : 0 : s->roots;
}

static uint64_t child(void *ctx, uint64_t node, size_t i)
{
	const struct rs_selected *s = ctx;
	const struct rs_selected_node *n = node ? rs_selected_node(s, node) : NULL;

	return s->nodes[s->links[(n ? n->first_kid : 0) + i]].id;
}

static bool branch(void *ctx, uint64_t node)
{
	return count(ctx, node) > 0;
}

static void note(const struct rs_selected_node *n, struct rs_buf *text)
{
	if (n->whole)
		(void)rs_buf_adds(text, _("  (whole, also future tables)"));
	else if (n->excluded)
		(void)rs_buf_adds(text, _("  (left out)"));
	else if (!n->table)
		(void)rs_buf_addf(text, ngettext("  (%zu table)", "  (%zu tables)", (unsigned long)n->kids), n->kids);
}

static void cell(void *ctx, uint64_t node, size_t col, struct rs_buf *text, unsigned *style)
{
	const struct rs_selected_node *n = rs_selected_node(ctx, node);

	if (!n || col > 0)
		return;
	if (n->excluded)
		*style = RS_STYLE_DIM;
	(void)rs_buf_addf(text, "%s%s", n->excluded ? "✗ " : "", n->column ? n->column : n->table ? n->table : n->db);
	if (n->to)
		(void)rs_buf_addf(text, " → %s", n->to);
	note(n, text);
	if (n->operations)
		/* TRANSLATORS: kinds of changes that are synchronized, with a blank before: " insert update" */
		(void)rs_buf_addf(text, _("  only%s"), n->operations);
	if (n->filter)
		(void)rs_buf_addf(text, "  ▸ %s", n->filter);
}

const struct rs_tree_model rs_selected_model = {.count = count, .child = child, .branch = branch, .cell = cell};
