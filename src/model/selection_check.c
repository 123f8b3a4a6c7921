#include "base/i18n.h"
#include "base/mem.h"
#include "model/selection_name.h"
#include "model/selection_rules.h"

static enum rs_rc fail_name(struct rs_err *err, const char *what, const char *db, const char *table)
{
	struct rs_buf name = RS_BUF_INIT;

	rs_name_put(&name, db, table, NULL);
	rs_err_set(err, RS_E_MAPPING, "%s: %s", rs_buf_str(&name), what);
	rs_buf_release(&name);
	return RS_FAIL;
}

/* d, t: what the rule is in. */
static enum rs_rc check_rule(const struct rs_selection *s, const struct sel_db *d, const struct sel_table *t,
                             const struct rs_selection_rule *r, struct rs_err *err)
{
	if (!r->table && r->to_db && !d->whole && !d->selected)
		return fail_name(err, _("renamed, but not selected"), r->db, NULL);
	if (!r->table && r->operations && !d->whole && !d->selected)
		return fail_name(err, _("kinds of its changes are given, but it is not selected"), r->db, NULL);
	if (!r->table && r->settings && !d->whole && !d->selected)
		return fail_name(err, _("a setting is given, but it is not selected"), r->db, NULL);
	if (r->excluded && !r->column && !d->whole)
		return fail_name(err, _("left out of a database that is not selected as a whole"), r->db, r->table);
	if (r->table && (!r->excluded || r->column) && !rs_selection_selects(s, d, t, r->table))
		return fail_name(err, r->filter       ? _("filtered, but not selected")
		                      : r->operations ? _("kinds of its changes are given, but it is not selected")
		                      : r->settings   ? _("a setting is given, but it is not selected")
		                      : r->excluded   ? _("a column is left out of it, but it is not selected")
		                                      : _("renamed, but not selected"),
		                 r->db, r->table);
	return RS_OK;
}

/* Destination names taken so far: "db\0" or "db\0table" to the rule that takes it. */
struct taken {
	struct rs_map names;
	bool fold;
};

static void *take(struct taken *t, const char *db, const char *table, void *rule)
{
	char key[2 * RS_NAME_KEY_MAX + 1];
	size_t n = rs_name_key(db, t->fold, key);
	void *old;

	key[n++] = '\0';
	if (table) {
		char part[RS_NAME_KEY_MAX];
		size_t m = rs_name_key(table, t->fold, part);

		memcpy(key + n, part, m);
		n += m;
	}
	old = rs_map_get(&t->names, key, n);
	if (!old)
		rs_map_put(&t->names, key, n, rule);
	return old;
}

static enum rs_rc collide(const struct rs_selection_rule *a, const struct rs_selection_rule *b, const char *to_db,
                          const char *to_table, struct rs_err *err)
{
	struct rs_buf texts[3] = {RS_BUF_INIT, RS_BUF_INIT, RS_BUF_INIT};

	rs_name_put(&texts[0], a->db, a->table, NULL);
	rs_name_put(&texts[1], b->db, b->table, NULL);
	rs_name_put(&texts[2], to_db, to_table, NULL);
	rs_err_set(err, RS_E_MAPPING, _("%s and %s both come to %s at the destination"), rs_buf_str(&texts[0]),
	           rs_buf_str(&texts[1]), rs_buf_str(&texts[2]));
	rs_err_hint(err, _("Rename one of them, or leave it out"));
	for (size_t i = 0; i < 3; i++)
		rs_buf_release(&texts[i]);
	return RS_FAIL;
}

static enum rs_rc check_target(const struct rs_selection *s, struct taken *t, const struct rs_selection_rule *r,
                               struct rs_err *err)
{
	const char *to_db = rs_selection_map_db(s, r->db), *to_table = NULL;
	struct rs_selection_rule *mine, *other;
	enum rs_rc rc;

	if (r->column || r->excluded || (!r->table && !r->selected))
		return RS_OK;
	if (r->table)
		rs_selection_map_table(s, r->db, r->table, &to_db, &to_table);
	mine = rs_xmalloc(sizeof *mine);
	*mine = *r;
	other = take(t, to_db, to_table, mine);
	if (!other)
		return RS_OK;
	rc = collide(other, r, to_db, to_table, err);
	free(mine);
	return rc;
}

/* Two columns of one table under one name, or one under the name of another that keeps it by a rule. */
static enum rs_rc check_columns(const struct rs_selection *s, const struct rs_selection_rule *r, struct rs_err *err)
{
	const struct sel_table *t = rs_selection_table(s, r->db, r->table);
	const struct rs_map_entry *e;

	for (size_t i = 0; rs_map_each(&t->columns, &i, &e);) {
		const struct sel_column *c = e->value;

		if (c->to && strcmp(c->name, r->column) != 0 && rs_name_same(c->to, r->to_name, true))
			return rs_err_set(err, RS_E_MAPPING, _("two columns of %s.%s both become %s"), r->db, r->table, c->to);
	}
	return RS_OK;
}

struct rs_selection_checker {
	const struct rs_selection *s;
	struct rs_selection_iter at;
	bool may_meet;         /* whether names at the destination can: those that stay what they are can't */
	struct taken taken;
};

struct rs_selection_checker *rs_selection_checker_new(const struct rs_selection *s, bool fold_destination)
{
	struct rs_selection_checker *c = rs_xcalloc(1, sizeof *c);

	c->s = s;
	c->at = (struct rs_selection_iter)RS_SELECTION_ITER;
	c->may_meet = fold_destination || s->name_case != RS_CASE_KEEP || rs_selection_maps(s);
	c->taken = (struct taken){RS_MAP_INIT, fold_destination || s->fold};
	return c;
}

void rs_selection_checker_free(struct rs_selection_checker *c)
{
	if (!c)
		return;
	rs_map_release(&c->taken.names, free);
	free(c);
}

static enum rs_rc check_next(struct rs_selection_checker *c, const struct rs_selection_rule *r, struct rs_err *err)
{
	enum rs_rc rc = check_rule(c->s, c->at.in_db, c->at.in_table, r, err);

	if (rc == RS_OK && c->may_meet)
		rc = check_target(c->s, &c->taken, r, err);
	if (rc == RS_OK && r->column && !r->excluded)
		rc = check_columns(c->s, r, err);
	return rc;
}

enum rs_rc rs_selection_checker_go_on(struct rs_selection_checker *c, size_t *rules, bool *more, struct rs_err *err)
{
	struct rs_selection_rule r;
	enum rs_rc rc = RS_OK;

	*more = true;
	for (; rc == RS_OK && *rules && *more; --*rules) {
		*more = c->may_meet ? rs_selection_each(c->s, &c->at, &r) : rs_selection_each_said(c->s, &c->at, &r);
		if (*more)
			rc = check_next(c, &r, err);
	}
	if (rc == RS_OK && !*more && rs_selection_is_empty(c->s))
		rc = rs_err_set(err, RS_E_TASK_INVALID, _("nothing is selected to be synchronized"));
	return rc;
}

enum rs_rc rs_selection_check(const struct rs_selection *s, bool fold_destination, struct rs_err *err)
{
	struct rs_selection_checker *c = rs_selection_checker_new(s, fold_destination);
	size_t all = SIZE_MAX;
	bool more;
	enum rs_rc rc = rs_selection_checker_go_on(c, &all, &more, err);

	rs_selection_checker_free(c);
	return rc;
}

/* --- one server on both sides ------------------------------------------------------------------------------------------ */

static enum rs_rc feeds_itself(const struct rs_selection_rule *r, const char *to_db, const char *to_table,
                               struct rs_err *err)
{
	struct rs_buf from = RS_BUF_INIT, to = RS_BUF_INIT;

	rs_name_put(&from, r->db, r->table, NULL);
	rs_name_put(&to, to_db, to_table, NULL);
	rs_err_set(err, RS_E_MAPPING, _("%s would be written to %s on the same server, which is itself synchronized"),
	           rs_buf_str(&from), rs_buf_str(&to));
	rs_err_hint(err, _("Give it a name at the destination that is not selected at the source, or choose another destination"));
	rs_buf_release(&from);
	rs_buf_release(&to);
	return RS_FAIL;
}

enum rs_rc rs_selection_check_same_server(const struct rs_selection *s, struct rs_err *err)
{
	struct rs_selection_rule r;

	for (struct rs_selection_iter i = RS_SELECTION_ITER; rs_selection_each(s, &i, &r);) {
		const char *to_db = rs_selection_map_db(s, r.db), *to_table = NULL;

		if (r.column || r.excluded || (!r.table && !r.selected))
			continue;
		if (!r.table && rs_selection_includes_db(s, to_db))
			return feeds_itself(&r, to_db, NULL, err);
		if (!r.table)
			continue;
		rs_selection_map_table(s, r.db, r.table, &to_db, &to_table);
		if (rs_selection_includes_table(s, to_db, to_table))
			return feeds_itself(&r, to_db, to_table, err);
	}
	return RS_OK;
}

/* --- other rules of comparing, copies ------------------------------------------------------------------------------------ */

static enum rs_rc copy_settings(struct rs_selection *to, const struct rs_selection_rule *r, struct rs_err *err)
{
	enum rs_rc rc = RS_OK;

	for (int i = 0; r->settings && rc == RS_OK && i < RS_TABLE_SETTINGS; i++)
		if (r->settings[i])
			rc = rs_selection_set_setting(to, r->db, r->table, (enum rs_table_setting)i, r->settings[i], err);
	return rc;
}

static enum rs_rc copy_rule(struct rs_selection *to, const struct rs_selection_rule *r, struct rs_err *err)
{
	if (copy_settings(to, r, err) != RS_OK)
		return RS_FAIL;
	if (r->operations && rs_selection_set_operations(to, r->db, r->table, r->operations, err) != RS_OK)
		return RS_FAIL;
	if (r->column && r->excluded)
		return rs_selection_exclude_column(to, r->db, r->table, r->column, err);
	if (r->column)
		return rs_selection_rename_column(to, r->db, r->table, r->column, r->to_name, err);
	if (r->excluded)
		return rs_selection_exclude_table(to, r->db, r->table, err);
	if (r->table) {
		if (r->selected && rs_selection_add_table(to, r->db, r->table, err) != RS_OK)
			return RS_FAIL;
		if (r->filter && rs_selection_set_filter(to, r->db, r->table, r->filter, err) != RS_OK)
			return RS_FAIL;
		return r->to_db || r->to_name ? rs_selection_rename_table(to, r->db, r->table, r->to_db, r->to_name, err)
		                              : RS_OK;
	}
	if (r->selected && rs_selection_add_db(to, r->db, err) != RS_OK)
		return RS_FAIL;
	return r->to_db ? rs_selection_rename_db(to, r->db, r->to_db, err) : RS_OK;
}

void rs_selection_name_as(struct rs_selection *s, const struct rs_selection *as)
{
	rs_selection_set_case(s, as->name_case);
	rs_selection_set_working(s, as->working);
	if (as->fold && !s->fold)
		(void)!rs_selection_fold_case(s, NULL); /* rules that then differ were refused before */
}

struct rs_selection *rs_selection_copy(const struct rs_selection *s)
{
	struct rs_selection *copy = rs_selection_new();

	copy->fold = s->fold;
	copy->name_case = s->name_case;
	rs_selection_set_working(copy, s->working);
	rs_map_copy(&copy->dbs, &s->dbs, rs_selection_share_db);
	return copy;
}

static bool differs(const char *a, const char *b)
{
	return a && b && strcmp(a, b) != 0;
}

static bool settings_differ(const struct sel_settings *a, const struct rs_selection_rule *r)
{
	for (int i = 0; a && r->settings && i < RS_TABLE_SETTINGS; i++)
		if (differs(a->of[i], r->settings[i]))
			return true;
	return false;
}

/* Whether a rule says something else than the one that folding makes of the same names. */
static enum rs_rc check_folded(const struct rs_selection *folded, const struct rs_selection_rule *r, struct rs_err *err)
{
	const struct sel_db *d = rs_selection_db(folded, r->db);
	const struct sel_table *t = r->table ? rs_selection_table(folded, r->db, r->table) : NULL;

	if (!r->table && d && differs(d->to, r->to_db))
		return fail_name(err, _("given two different names"), r->db, NULL);
	if (t && !r->column && (differs(t->to_db, r->to_db) || differs(t->to_name, r->to_name)))
		return fail_name(err, _("given two different names"), r->db, r->table);
	if (t && !r->column && differs(t->filter, r->filter))
		return fail_name(err, _("given two different filters"), r->db, r->table);
	if (!r->column && settings_differ(r->table ? (t ? t->settings : NULL) : d ? d->settings : NULL, r))
		return fail_name(err, _("given two different settings"), r->db, r->table);
	if (t && !r->column && (t->excluded != r->excluded) && (t->excluded || t->selected))
		return fail_name(err, _("both selected and left out"), r->db, r->table);
	return RS_OK;
}

enum rs_rc rs_selection_fold_case(struct rs_selection *s, struct rs_err *err)
{
	struct rs_selection *folded = rs_selection_new();
	struct rs_selection_rule r;
	enum rs_rc rc = RS_OK;
	struct rs_map old;

	folded->fold = true;
	for (struct rs_selection_iter i = RS_SELECTION_ITER; rc == RS_OK && rs_selection_each(s, &i, &r);) {
		rc = check_folded(folded, &r, err);
		if (rc == RS_OK)
			rc = copy_rule(folded, &r, err);
	}
	if (rc == RS_OK) {
		old = s->dbs;
		s->dbs = folded->dbs;
		folded->dbs = old;
		folded->fold = s->fold;
		s->fold = true;
	}
	rs_selection_free(folded);
	return rc;
}
