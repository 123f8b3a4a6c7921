#include "screen/wizard_fields_edit.h"

#include <string.h>
#include "base/i18n.h"
#include "base/mem.h"
#include "tui/box.h"
#include "tui/dialog.h"
#include "tui/entry.h"
#include "tui/fieldset.h"

#define COLUMNS_WIDTH 36
#define COLUMNS_ROWS 6    /* of those that are offered, at a time */

/* --- keys of a table ------------------------------------------------------------------------------- */

static bool has_name(char *const *names, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(names[i], name) == 0)
			return true;
	return false;
}

/* Whether each row is found by it: whole columns, none of which may be NULL. */
static bool finds_rows(const struct rs_table *t, const struct rs_key *k)
{
	if (!k->unique || !k->not_null || k->n_parts == 0)
		return false;
	for (size_t i = 0; i < k->n_parts; i++)
		if (k->parts[i].column >= t->n_columns || k->parts[i].prefix)
			return false;
	return true;
}

static void put_key(const struct rs_table *t, const struct rs_key *k, struct rs_buf *out)
{
	for (size_t i = 0; i < k->n_parts; i++) {
		char *name = t->columns[k->parts[i].column].name;

		(void)rs_buf_adds(out, i ? " " : "");
		rs_table_fields_put_columns(&name, 1, out);
	}
}

/* All of them are there, and nothing but names. */
static void take_names(const char *text, char ***names, size_t *count)
{
	(void)(rs_table_fields_columns(text, names, count, NULL) == RS_OK);
}

bool rs_fields_suggest(struct rs_table_fields *f, const struct rs_table *known)
{
	for (size_t i = 0; i < known->n_keys; i++) {
		struct rs_buf text = RS_BUF_INIT;

		if (!finds_rows(known, &known->keys[i]))
			continue;
		put_key(known, &known->keys[i], &text);
		take_names(rs_buf_str(&text), &f->primary, &f->n_primary);
		take_names(rs_buf_str(&text), &f->distribution, &f->n_distribution);
		rs_buf_release(&text);
		f->db = rs_xstrdup(known->db);
		f->table = rs_xstrdup(known->name);
		return true;
	}
	return false;
}

static bool has_column(const struct rs_table *t, const char *name)
{
	for (size_t i = 0; i < t->n_columns; i++)
		if (strcmp(t->columns[i].name, name) == 0)
			return true;
	return false;
}

const char *rs_fields_unknown(const struct rs_table_fields *f, const struct rs_table *known)
{
	for (size_t i = 0; i < f->n_primary; i++)
		if (!has_column(known, f->primary[i]))
			return f->primary[i];
	for (size_t i = 0; i < f->n_distribution; i++)
		if (!has_column(known, f->distribution[i]))
			return f->distribution[i];
	return NULL;
}

static bool key_has(const struct rs_table *t, const struct rs_key *k, const char *column)
{
	for (size_t i = 0; i < k->n_parts; i++)
		if (k->parts[i].column < t->n_columns && strcmp(t->columns[k->parts[i].column].name, column) == 0)
			return true;
	return false;
}

const char *rs_fields_lost_key(const struct rs_table_fields *f, const struct rs_table *known)
{
	for (size_t i = 0; i < known->n_keys; i++)
		for (size_t n = 0; known->keys[i].unique && n < f->n_distribution; n++)
			if (!key_has(known, &known->keys[i], f->distribution[n]))
				return known->keys[i].name;
	return NULL;
}

/* --- the dialog -------------------------------------------------------------------------------------- */

struct edit {
	void (*done)(void *ctx, struct rs_table_fields *said);
	void *ctx;
	char *db, *table;
	struct rs_widget *fields, *type;
	struct rs_widget *primary, *distribution; /* entries, or what offers columns */
	bool offered;
};

static struct rs_entry *entry_of(struct rs_widget *w)
{
	return (struct rs_entry *)w;
}

/* The primary key as chosen, or typed. */
static enum rs_rc read_primary(const struct edit *e, struct rs_table_fields *f, struct rs_err *err)
{
	const char *text = e->offered ? rs_options_chosen(e->primary) : rs_entry_text(entry_of(e->primary));

	if (rs_table_fields_columns(text ? text : "", &f->primary, &f->n_primary, err) != RS_OK)
		return RS_FAIL;
	return f->n_primary ? RS_OK : rs_err_set(err, RS_E_TASK_INVALID, "%s", _("required"));
}

static void read_marks(const struct edit *e, struct rs_table_fields *f)
{
	struct rs_buf text = RS_BUF_INIT;

	for (size_t i = 0; i < rs_options_count(e->distribution); i++)
		if (rs_options_marked(e->distribution, i))
			(void)rs_buf_addf(&text, "%s ", rs_options_id(e->distribution, i));
	take_names(rs_buf_str(&text), &f->distribution, &f->n_distribution);
	rs_buf_release(&text);
}

/* Marks of a table that has none count for nothing. */
static enum rs_rc read_distribution(const struct edit *e, struct rs_table_fields *f, struct rs_err *err)
{
	const char *stray;

	if (e->offered && !f->replicated)
		read_marks(e, f);
	else if (!e->offered && rs_table_fields_columns(rs_entry_text(entry_of(e->distribution)), &f->distribution, &f->n_distribution, err) != RS_OK)
		return RS_FAIL;
	if (f->replicated != (f->n_distribution == 0))
		return rs_err_set(err, RS_E_TASK_INVALID, "%s", f->replicated ? _("a replicated table has none") : _("required"));
	stray = rs_table_fields_stray(f);
	return stray ? rs_err_set(err, RS_E_TASK_INVALID, _("%s is not in the primary key"), stray) : RS_OK;
}

static bool show_error(struct edit *e, struct rs_widget *w, enum rs_rc rc, struct rs_err *err)
{
	rs_fieldset_set_error(e->fields, w, rc == RS_OK ? NULL : err->primary);
	rs_err_clear(err);
	return rc == RS_OK;
}

static bool read_edit(struct edit *e, struct rs_table_fields *f)
{
	const char *type = rs_options_chosen(e->type);
	struct rs_err err = RS_ERR_INIT;
	bool good;

	f->replicated = type && strcmp(type, "replicated") == 0;
	good = show_error(e, e->primary, read_primary(e, f, &err), &err);
	return show_error(e, e->distribution, read_distribution(e, f, &err), &err) && good;
}

static bool taken(void *ctx, const char *how)
{
	struct rs_table_fields f = RS_TABLE_FIELDS_INIT;
	bool good = strcmp(how, "take") != 0 || read_edit(ctx, &f);

	rs_table_fields_release(&f);
	return good;
}

static void edited(void *ctx, const char *how)
{
	struct edit *e = ctx;
	struct rs_table_fields f = RS_TABLE_FIELDS_INIT;

	if (how && strcmp(how, "take") == 0 && read_edit(e, &f)) {
		f.db = rs_xstrdup(e->db);
		f.table = rs_xstrdup(e->table);
		e->done(e->ctx, &f);
	}
	rs_table_fields_release(&f);
	free(e->db);
	free(e->table);
	free(e);
}

static struct rs_widget *entry_add(struct edit *e, const char *id, const char *label, char *const *names, size_t count)
{
	struct rs_entry *entry = rs_entry_new(id, COLUMNS_WIDTH, 4096);
	struct rs_buf text = RS_BUF_INIT;

	rs_table_fields_put_columns(names, count, &text);
	rs_entry_set(entry, rs_buf_str(&text));
	(void)rs_fieldset_add(e->fields, label, &entry->w);
	rs_buf_release(&text);
	return &entry->w;
}

/* --- what is offered ---------------------------------------------------------------------------------- */

struct offer {
	struct rs_option *options;
	size_t count;
};

static void offer_add(struct offer *o, char *text, const char *note)
{
	o->options = rs_xrealloc(o->options, (o->count + 1) * sizeof *o->options);
	o->options[o->count++] = (struct rs_option){text, text, note, NULL};
}

static void offer_release(struct offer *o)
{
	for (size_t i = 0; i < o->count; i++)
		free((char *)(uintptr_t)o->options[i].id);
	free(o->options);
}

static char *columns_text(char *const *names, size_t count)
{
	struct rs_buf text = RS_BUF_INIT;

	rs_table_fields_put_columns(names, count, &text);
	return rs_buf_take(&text);
}

/* The table's keys, or each column of one that has none; and whatever is said already. */
static void offer_primary(const struct rs_table_fields *now, const struct rs_table *known, struct offer *o)
{
	char *said = now->n_primary ? columns_text(now->primary, now->n_primary) : NULL;

	for (size_t i = 0; i < known->n_keys; i++) {
		struct rs_buf text = RS_BUF_INIT;

		if (!finds_rows(known, &known->keys[i]))
			continue;
		put_key(known, &known->keys[i], &text);
		offer_add(o, rs_buf_take(&text), known->keys[i].primary ? NULL : known->keys[i].name);
	}
	for (size_t i = 0, none = o->count == 0; none && i < known->n_columns; i++)
		offer_add(o, columns_text(&known->columns[i].name, 1), known->columns[i].native);
	for (size_t i = 0; said && i < o->count; i++)
		if (strcmp(o->options[i].id, said) == 0) {
			free(said);
			said = NULL;
		}
	if (said)
		offer_add(o, said, _("as it was said"));
}

static struct rs_widget *primary_add(struct edit *e, const struct rs_table_fields *now, const struct rs_table *known)
{
	struct rs_widget *w = rs_choice_new("primary", COLUMNS_WIDTH);
	char *said = columns_text(now->primary, now->n_primary);
	struct offer o = {NULL, 0};

	offer_primary(now, known, &o);
	rs_options_set(w, o.options, o.count);
	if (!rs_options_choose(w, said) && o.count)
		(void)rs_options_choose(w, o.options[0].id);
	offer_release(&o);
	free(said);
	return rs_fieldset_add(e->fields, _("Primary Key"), w);
}

static struct rs_widget *distribution_add(struct edit *e, const struct rs_table_fields *now, const struct rs_table *known)
{
	struct rs_widget *w = rs_multichoice_new("distribution", COLUMNS_ROWS);
	struct rs_table_fields first = RS_TABLE_FIELDS_INIT;
	const struct rs_table_fields *from = now;
	struct offer o = {NULL, 0};

	if (!now->n_primary && rs_fields_suggest(&first, known))
		from = &first;
	for (size_t i = 0; i < known->n_columns; i++)
		offer_add(&o, columns_text(&known->columns[i].name, 1), known->columns[i].native);
	rs_options_set(w, o.options, o.count);
	for (size_t i = 0; i < known->n_columns; i++)
		rs_options_mark(w, i, has_name(from->distribution, from->n_distribution, known->columns[i].name));
	offer_release(&o);
	rs_table_fields_release(&first);
	return rs_fieldset_add(e->fields, _("Distribution Key"), w);
}

static void add_fields(struct edit *e, const struct rs_table_fields *now, const struct rs_table *known)
{
	struct rs_option types[] = {{"partitioned", _("Partitioned Table"), NULL, NULL}, {"replicated", _("Replicated Table"), NULL, NULL}};

	e->primary = e->offered ? primary_add(e, now, known) : entry_add(e, "primary", _("Primary Key"), now->primary, now->n_primary);
	e->distribution = e->offered ? distribution_add(e, now, known)
	                             : entry_add(e, "distribution", _("Distribution Key"), now->distribution, now->n_distribution);
	rs_widget_set_help(e->primary, e->offered ? _("The primary key column in the selected table: one of the keys that the source has.")
	                                          : _("The primary key column in the selected table; several are separated by blanks."));
	rs_widget_set_help(e->distribution, e->offered
	                   ? _("The distribution key column in the selected table, of those in the primary key. A replicated table has none.")
	                   : _("The distribution key column in the selected table. A replicated table has none."));
	e->type = rs_fieldset_add(e->fields, _("Table Type"), rs_radio_new("type"));
	rs_options_set(e->type, types, RS_COUNT(types));
	(void)rs_options_choose(e->type, now->replicated ? "replicated" : "partitioned");
}

void rs_fields_edit(struct rs_loop *loop, const struct rs_table_fields *now, const struct rs_table *known,
                    void (*done)(void *ctx, struct rs_table_fields *said), void *ctx)
{
	struct rs_option buttons[] = {{"take", _("OK"), NULL, NULL}, {"cancel", _("Cancel"), NULL, NULL}};
	struct edit *e = rs_xcalloc(1, sizeof *e);
	struct rs_widget *root = rs_column_new(1);
	char *title = rs_xprintf(_("Field Mapping of %s.%s"), now->db, now->table);

	*e = (struct edit){.done = done, .ctx = ctx, .db = rs_xstrdup(now->db), .table = rs_xstrdup(now->table),
	                   .fields = rs_fieldset_new(NULL), .offered = known && known->n_columns > 0};
	add_fields(e, now, known);
	(void)rs_widget_add(root, e->fields);
	(void)rs_widget_add(root, rs_buttons_new("buttons", buttons, RS_COUNT(buttons), 0));
	(void)rs_widget_focus(root, e->primary);
	rs_dialog_open(loop, title, root, false, taken, edited, e);
	free(title);
}
