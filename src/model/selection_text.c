/* Rules of a selection as text, one a line: read, applied, written. */
#include "base/i18n.h"
#include "base/mem.h"
#include "model/selection_line.h"
#include "model/selection_name.h"

/* --- applying one rule ----------------------------------------------------------------------------------------------- */

static enum rs_rc twice(const char *what, struct rs_err *err)
{
	return rs_err_set(err, RS_E_MAPPING, _("%s is given two different names"), what);
}

static enum rs_rc apply_db(struct rs_selection *s, const struct sel_line *l, struct rs_err *err)
{
	const struct sel_db *d = rs_selection_db(s, l->from[0]);

	if (l->n_to > 1)
		return rs_err_set(err, RS_E_MAPPING, _("a database is renamed to a database"));
	if (l->n_to && d && d->to && strcmp(d->to, l->to[0]) != 0)
		return twice(l->from[0], err);
	if (l->select && rs_selection_add_db(s, l->from[0], err) != RS_OK)
		return RS_FAIL;
	return l->n_to ? rs_selection_rename_db(s, l->from[0], l->to[0], err) : RS_OK;
}

/* Gives a table a name unless it has this very name; to_db NULL: in its database's own destination. */
static enum rs_rc rename_once(struct rs_selection *s, const struct sel_line *l, const char *to_db, const char *to_table,
                              struct rs_err *err)
{
	const struct sel_table *t = rs_selection_table(s, l->from[0], l->from[1]);
	const char *now_db, *now_table;

	rs_selection_map_table(s, l->from[0], l->from[1], &now_db, &now_table);
	if (strcmp(now_table, to_table) == 0 && (!to_db || strcmp(now_db, to_db) == 0) && (t || l->n_from == 3))
		return RS_OK;
	if (t && (t->to_db || t->to_name))
		return twice(l->from[1], err);
	return rs_selection_rename_table(s, l->from[0], l->from[1], to_db, to_table, err);
}

static enum rs_rc exclude_column(struct rs_selection *s, const struct sel_line *l, struct rs_err *err)
{
	const struct sel_table *t = rs_selection_table(s, l->from[0], l->from[1]);
	const char *now = rs_selection_map_column(s, l->from[0], l->from[1], l->from[2]);

	if (t && t->excluded)
		return rs_err_set(err, RS_E_TASK_INVALID, _("the table %s is both selected and left out"), l->from[1]);
	if (now && now != l->from[2])
		return rs_err_set(err, RS_E_MAPPING, _("the column %s is both renamed and left out"), l->from[2]);
	return rs_selection_exclude_column(s, l->from[0], l->from[1], l->from[2], err);
}

static bool same_operations(const struct rs_operations *a, const struct rs_operations *b)
{
	return a->dml == b->dml && a->ddl == b->ddl;
}

static enum rs_rc apply_operations(struct rs_selection *s, const struct sel_line *l, struct rs_err *err)
{
	const char *table = l->n_from == 2 ? l->from[1] : NULL;
	const struct sel_db *d = rs_selection_db(s, l->from[0]);
	const struct sel_table *t = table ? rs_selection_table(s, l->from[0], table) : NULL;
	const struct rs_operations *now = table ? (t ? &t->operations : NULL) : d ? &d->operations : NULL;

	if (now && now->given && !same_operations(now, &l->operations))
		return rs_err_set(err, RS_E_TASK_INVALID, _("%s is given two different sets of kinds of changes"), l->from[l->n_from - 1]);
	return rs_selection_set_operations(s, l->from[0], table, &l->operations, err);
}

static enum rs_rc apply_setting(struct rs_selection *s, const struct sel_line *l, struct rs_err *err)
{
	const char *table = l->n_from == 2 ? l->from[1] : NULL;
	const struct sel_db *d = rs_selection_db(s, l->from[0]);
	const struct sel_table *t = table ? rs_selection_table(s, l->from[0], table) : NULL;
	const char *now = rs_settings_get(table ? (t ? t->settings : NULL) : d ? d->settings : NULL, l->setting);

	if (t && t->excluded)
		return rs_err_set(err, RS_E_TASK_INVALID, _("the table %s is both selected and left out"), table);
	if (now && strcmp(now, l->value) != 0)
		return rs_err_set(err, RS_E_TASK_INVALID, _("%s is given two different settings: %s"), l->from[l->n_from - 1],
		                  rs_table_setting_word(l->setting));
	return rs_selection_set_setting(s, l->from[0], table, l->setting, l->value, err);
}

static enum rs_rc apply_exclude(struct rs_selection *s, const struct sel_line *l, struct rs_err *err)
{
	const struct sel_table *t;

	if (l->n_from < 2 || l->n_to)
		return rs_err_set(err, RS_E_TASK_INVALID, _("only tables and columns can be left out: database.table, database.table.column"));
	if (l->n_from == 3)
		return exclude_column(s, l, err);
	t = rs_selection_table(s, l->from[0], l->from[1]);
	if (t && !t->excluded)
		return rs_err_set(err, RS_E_TASK_INVALID, _("the table %s is both selected and left out"), l->from[1]);
	return rs_selection_exclude_table(s, l->from[0], l->from[1], err);
}

static enum rs_rc apply_filter(struct rs_selection *s, const struct sel_line *l, struct rs_err *err)
{
	const char *now = rs_selection_filter(s, l->from[0], l->from[1]);

	if (now && strcmp(now, l->filter) != 0)
		return rs_err_set(err, RS_E_FILTER, _("the table %s is given two different filters"), l->from[1]);
	return rs_selection_set_filter(s, l->from[0], l->from[1], l->filter, err);
}

static enum rs_rc apply_table(struct rs_selection *s, const struct sel_line *l, struct rs_err *err)
{
	const struct sel_table *t = rs_selection_table(s, l->from[0], l->from[1]);

	if (t && t->excluded)
		return rs_err_set(err, RS_E_TASK_INVALID, _("the table %s is both selected and left out"), l->from[1]);
	if (l->filter)
		return apply_filter(s, l, err);
	if (l->n_to > 2)
		return rs_err_set(err, RS_E_MAPPING, _("a table is renamed to a table, or to database.table"));
	if (l->select && rs_selection_add_table(s, l->from[0], l->from[1], err) != RS_OK)
		return RS_FAIL;
	if (!l->n_to)
		return RS_OK;
	return l->n_to == 1 ? rename_once(s, l, NULL, l->to[0], err) : rename_once(s, l, l->to[0], l->to[1], err);
}

static enum rs_rc apply_column(struct rs_selection *s, const struct sel_line *l, struct rs_err *err)
{
	const char *to = l->n_to == 3 ? l->to[2] : l->to[0], *now;

	if (l->n_to != 1 && l->n_to != 3)
		return rs_err_set(err, RS_E_MAPPING, _("a column is renamed: database.table.column -> new name"));
	if (l->n_to == 3 && rename_once(s, l, l->to[0], l->to[1], err) != RS_OK)
		return RS_FAIL;
	now = rs_selection_map_column(s, l->from[0], l->from[1], l->from[2]);
	if (!now)
		return rs_err_set(err, RS_E_MAPPING, _("the column %s is both renamed and left out"), l->from[2]);
	if (now != l->from[2] && strcmp(now, to) != 0)
		return twice(l->from[2], err);
	return rs_selection_rename_column(s, l->from[0], l->from[1], l->from[2], to, err);
}

enum rs_rc rs_line_apply(struct rs_selection *s, const struct sel_line *l, struct rs_err *err)
{
	if (l->speaks_of_kinds)
		return apply_operations(s, l, err);
	if (l->sets)
		return apply_setting(s, l, err);
	if (l->exclude)
		return apply_exclude(s, l, err);
	if (l->n_from == 1)
		return apply_db(s, l, err);
	return l->n_from == 2 ? apply_table(s, l, err) : apply_column(s, l, err);
}

/* --- reading rules --------------------------------------------------------------------------------------------------- */

const char *rs_line_skip_blanks(const char *p)
{
	while (*p == ' ' || *p == '\t' || *p == '\r')
		p++;
	return p;
}

void rs_line_clear(struct sel_line *l)
{
	while (l->n_from > 0)
		free(l->from[--l->n_from]);
	while (l->n_to > 0)
		free(l->to[--l->n_to]);
	free(l->filter);
	free(l->value);
}

/* ": words" to the end of the line. */
static enum rs_rc read_operations(struct sel_line *l, const char *from, const char *end, struct rs_err *err)
{
	char *words = rs_xstrndup(from, strcspn(from, "#") < (size_t)(end - from) ? strcspn(from, "#") : (size_t)(end - from));
	enum rs_rc rc = RS_OK;

	if (l->n_from > 2)
		rc = rs_err_set(err, RS_E_TASK_INVALID, _("kinds of changes are given for databases and tables"));
	for (char *c = words; *c; c++)
		if (strchr("\t\r,", *c))
			*c = ' ';
	if (rc == RS_OK)
		rc = rs_operations_parse(&l->operations, words, err);
	free(words);
	return rc;
}

/* Up to a comment, which does not begin inside of a name. */
static char *up_to_comment(const char *from, const char *end)
{
	const char *p = from;

	for (bool quoted = false; p < end && (quoted || *p != '#'); p++)
		quoted = quoted != (*p == '`');
	return rs_xstrndup(from, (size_t)(p - from));
}

/* "word " at the start of what is said, where the key has not said which it is. */
static enum rs_rc read_word(struct sel_line *l, const char **text, struct rs_err *err)
{
	size_t len = strcspn(*text, " \t\r");

	l->setting = rs_table_setting_find(*text, len);
	if (l->setting == RS_TABLE_SETTINGS)
		return rs_err_set(err, RS_E_TASK_INVALID, _("\"%.*s\" is no setting of a table: those are topic, partitions, key and conflict"),
		                  (int)len, *text);
	*text += len;
	return RS_OK;
}

/* ": [word] text" to the end of the line. */
static enum rs_rc read_setting(struct sel_line *l, const char *from, const char *end, struct rs_err *err)
{
	char *copy = up_to_comment(from, end);
	const char *text = copy;
	enum rs_rc rc = RS_OK;

	if (l->n_from > 2)
		rc = rs_err_set(err, RS_E_TASK_INVALID, _("settings are given for databases and tables"));
	if (rc == RS_OK && l->setting == RS_TABLE_SETTINGS)
		rc = read_word(l, &text, err);
	if (rc == RS_OK)
		l->value = rs_table_setting_read(l->setting, text, err);
	free(copy);
	return l->value ? RS_OK : RS_FAIL;
}

/* ": condition" to the end of the line. */
static enum rs_rc read_filter(struct sel_line *l, const char **p, struct rs_err *err)
{
	const char *from = rs_line_skip_blanks(*p + 1), *end = from + strcspn(from, "\n");

	*p = end;
	if (l->speaks_of_kinds)
		return read_operations(l, from, end, err);
	if (l->sets)
		return read_setting(l, from, end, err);
	if (l->exclude || l->n_from != 2)
		return rs_err_set(err, RS_E_FILTER, _("rows of tables are filtered: database.table: condition"));
	while (end > from && strchr(" \t\r", end[-1]))
		end--;
	if (end == from)
		return rs_err_set(err, RS_E_FILTER, _("a condition is expected after the colon"));
	l->filter = rs_xstrndup(from, (size_t)(end - from));
	return RS_OK;
}

/* "names [-> names]" or "names: condition" from *p on, which is moved behind it. */
enum rs_rc rs_line_read(struct sel_line *l, const char **p, struct rs_err *err)
{
	const char *rest;

	l->n_from = rs_selection_get_names(*p, l->from, 3, p, err);
	if (!l->n_from)
		return RS_FAIL;
	rest = rs_line_skip_blanks(*p);
	if (*rest == ':') {
		*p = rest;
		return read_filter(l, p, err);
	}
	if (strncmp(rest, "->", 2) == 0) {
		l->n_to = rs_selection_get_names(rs_line_skip_blanks(rest + 2), l->to, 3, p, err);
		if (!l->n_to)
			return RS_FAIL;
	}
	return RS_OK;
}

static bool ends_here(const char *p)
{
	const char *rest = rs_line_skip_blanks(p);

	return !*rest || *rest == '\n' || (*rest == '#' && rest > p);
}

/* A line that gives something must say what. */
static enum rs_rc check_given(const struct sel_line *l, struct rs_err *err)
{
	if (l->speaks_of_kinds && !l->operations.given)
		return rs_err_set(err, RS_E_TASK_INVALID, _("kinds of changes read: database or database.table: words"));
	if (l->sets && !l->value)
		return rs_err_set(err, RS_E_TASK_INVALID, _("settings of a table read: database.table: topic, partitions, key or conflict, and "
		                                            "its text"));
	return RS_OK;
}

/* One line of the text form. */
static enum rs_rc read_line(struct rs_selection *s, const char **p, struct rs_err *err)
{
	struct sel_line l = {.select = true, .setting = RS_TABLE_SETTINGS};
	enum rs_rc rc;

	if (**p && strchr("!@=", **p)) {
		l.exclude = **p == '!';
		l.speaks_of_kinds = **p == '@';
		l.sets = **p == '=';
		*p = rs_line_skip_blanks(*p + 1);
	}
	rc = rs_line_read(&l, p, err);
	if (rc == RS_OK)
		rc = check_given(&l, err);
	if (rc == RS_OK && !ends_here(*p))
		rc = rs_err_set(err, RS_E_TASK_INVALID, _("one object a line; unexpected text at \"%.20s\""), rs_line_skip_blanks(*p));
	if (rc == RS_OK)
		rc = rs_line_apply(s, &l, err);
	rs_line_clear(&l);
	return rc;
}

/* Puts file and line before an error's text. */
enum rs_rc rs_line_locate(struct rs_err *err, struct rs_err *inner, const char *name, int line)
{
	if (line > 0)
		rs_err_set(err, inner->code, "%s:%d: %s", name, line, inner->primary);
	else
		rs_err_set(err, inner->code, "%s: %s", name, inner->primary);
	if (inner->hint)
		rs_err_hint(err, "%s", inner->hint);
	rs_err_clear(inner);
	return RS_FAIL;
}

static const char *end_of_line(const char *p)
{
	const char *end = strchr(p, '\n');

	return end ? end : p + strlen(p);
}

static int count_lines(const char *from, const char *to)
{
	int n = 0;

	for (; from < to; from++)
		n += *from == '\n';
	return n;
}

static enum rs_rc parse_text(struct rs_selection *s, const char *name, const char *text, struct rs_err *err)
{
	struct rs_err inner = RS_ERR_INIT;
	int line = 1;

	for (const char *p = rs_line_skip_blanks(text); *p; p = rs_line_skip_blanks(p)) {
		const char *start = p;

		if (*p == '#')
			p = end_of_line(p);
		else if (*p != '\n' && read_line(s, &p, &inner) != RS_OK)
			return rs_line_locate(err, &inner, name, line);
		p = end_of_line(p);
		if (*p)
			p++;
		line += count_lines(start, p);
	}
	return RS_OK;
}

enum rs_rc rs_selection_parse(struct rs_selection *s, const char *name, const char *text, size_t len, struct rs_err *err)
{
	char *copy;
	enum rs_rc rc;

	if (memchr(text, '\0', len))
		return rs_err_set(err, RS_E_TASK_INVALID, _("%s: not a text file"), name);
	if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
		text += 3;
		len -= 3;
	}
	copy = rs_xstrndup(text, len);
	rc = parse_text(s, name, copy, err);
	free(copy);
	return rc;
}

/* --- writing --------------------------------------------------------------------------------------------------------- */

/* " -> name", as short as it reads back: what a table's database is called counts where the text has no other way. */
static void put_target(struct rs_buf *out, const struct sel_db *d, const struct rs_selection_rule *r)
{
	const char *to_db = r->to_db;

	if (!d->whole && d->to && !to_db)
		to_db = d->to;
	if (!to_db && !r->to_name)
		return;
	rs_buf_adds(out, " -> ");
	if (to_db)
		rs_name_put(out, to_db, r->to_name ? r->to_name : r->table, NULL);
	else
		rs_selection_put_name(out, r->to_name);
}

void rs_line_put_filter(struct rs_buf *out, const struct rs_selection_rule *r)
{
	rs_name_put(out, r->db, r->table, NULL);
	rs_buf_addf(out, ": %s", r->filter);
}

void rs_line_put_operations(struct rs_buf *out, const struct rs_selection_rule *r)
{
	rs_name_put(out, r->db, r->table, NULL);
	rs_buf_addc(out, ':');
	rs_operations_put(r->operations, out);
}

void rs_line_put_setting(struct rs_buf *out, const struct rs_selection_rule *r, enum rs_table_setting which, bool with_word)
{
	rs_name_put(out, r->db, r->table, NULL);
	rs_buf_addf(out, ": %s%s%s", with_word ? rs_table_setting_word(which) : "", with_word ? " " : "", r->settings[which]);
}

/* A table of a whole database of which nothing else is said has a line for its filter, kinds of changes or settings alone. */
static bool only_qualified(const struct sel_db *d, const struct rs_selection_rule *r)
{
	return (r->filter || r->operations || r->settings) && r->table && d->whole && !r->selected && !r->to_db && !r->to_name;
}

static void put_names(struct rs_buf *out, const struct sel_db *d, const struct rs_selection_rule *r)
{
	if (!r->table && !r->selected)
		return;
	if (r->excluded)
		rs_buf_adds(out, "! ");
	rs_name_put(out, r->db, r->table, r->column);
	if (r->table && !r->column) {
		put_target(out, d, r);
	} else if (r->to_db || r->to_name) {
		rs_buf_adds(out, " -> ");
		rs_selection_put_name(out, r->to_name ? r->to_name : r->to_db);
	}
	rs_buf_addc(out, '\n');
}

static void put_rule(struct rs_buf *out, const struct sel_db *d, const struct rs_selection_rule *r)
{
	if (!only_qualified(d, r))
		put_names(out, d, r);
	if (r->filter) {
		rs_line_put_filter(out, r);
		rs_buf_addc(out, '\n');
	}
	if (r->operations) {
		rs_buf_adds(out, "@ ");
		rs_line_put_operations(out, r);
		rs_buf_addc(out, '\n');
	}
	for (int i = 0; r->settings && i < RS_TABLE_SETTINGS; i++)
		if (r->settings[i]) {
			rs_buf_adds(out, "= ");
			rs_line_put_setting(out, r, (enum rs_table_setting)i, true);
			rs_buf_addc(out, '\n');
		}
}

bool rs_selection_format_on(const struct rs_selection *s, struct rs_selection_iter *i, size_t *rules, struct rs_buf *out)
{
	struct rs_selection_rule r;

	for (; *rules; --*rules) {
		if (!rs_selection_each(s, i, &r))
			return false;
		put_rule(out, i->in_db, &r);
	}
	return true;
}

void rs_selection_format(const struct rs_selection *s, struct rs_buf *out)
{
	struct rs_selection_iter i = RS_SELECTION_ITER;
	size_t all = SIZE_MAX;

	(void)rs_selection_format_on(s, &i, &all, out);
}

/* --- comparing ------------------------------------------------------------------------------------------------------- */

struct walk {
	const struct rs_selection *s;
	struct rs_selection_iter i;
	struct rs_selection_rule r;
	struct rs_buf text;
};

static bool step(struct walk *w)
{
	return rs_selection_each_of(w->s, w->r.db, &w->i, &w->r);
}

static void put(struct walk *w, const struct sel_db *d)
{
	rs_buf_clear(&w->text);
	put_rule(&w->text, d, &w->r);
}

/* The table of the rule that both are at is in memory once, with its columns. */
static bool is_shared(const struct walk *a, const struct walk *b)
{
	return a->r.table && !a->r.column && b->r.table && !b->r.column && a->i.in_table == b->i.in_table;
}

static bool next_table(struct walk *w)
{
	w->i.in_table = NULL; /* its columns are passed over */
	return step(w);
}

static bool same_rule(struct walk *a, const struct sel_db *da, struct walk *b, const struct sel_db *db)
{
	put(a, da);
	put(b, db);
	return strcmp(rs_buf_str(&a->text), rs_buf_str(&b->text)) == 0;
}

/* Rule by rule, up to the first that differs. What is written of a table depends on what is said of its database. */
static bool same_database(struct walk *a, struct walk *b)
{
	const struct sel_db *da = a->i.in_db, *db = b->i.in_db;
	bool alike = da->whole == db->whole && strcmp(da->to ? da->to : "", db->to ? db->to : "") == 0, more = true;

	while (more) {
		bool shared = alike && is_shared(a, b);

		if (!shared && !same_rule(a, da, b, db))
			return false;
		more = shared ? next_table(a) : step(a);
		if (more != (shared ? next_table(b) : step(b)))
			return false;
	}
	return true;
}

bool rs_selection_same(const struct rs_selection *a, const struct rs_selection *b)
{
	struct walk x = {.s = a, .i = RS_SELECTION_ITER, .text = RS_BUF_INIT}, y = {.s = b, .i = RS_SELECTION_ITER, .text = RS_BUF_INIT};
	bool same = true, more = true;

	while (same && more) {
		more = rs_selection_each_db(a, &x.i, &x.r);
		same = more == rs_selection_each_db(b, &y.i, &y.r);
		/* Copies share what was not changed. */
		if (same && more && x.i.in_db != y.i.in_db)
			same = same_database(&x, &y);
	}
	rs_buf_release(&x.text);
	rs_buf_release(&y.text);
	return same;
}
