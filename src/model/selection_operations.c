/* Which kinds of changes are synchronized, where a database or a table differs from the rest of the task. */
#include "base/i18n.h"
#include "base/mem.h"
#include "base/words.h"
#include "model/selection_rules.h"
#include "model/task.h"

/* --- words ------------------------------------------------------------------------------------------------------------- */

static bool take_word(const char *word, size_t len, const char *(*word_of)(unsigned bit), unsigned *set)
{
	const char *known;

	for (unsigned bit = 1; (known = word_of(bit)); bit <<= 1)
		if (strlen(known) == len && memcmp(known, word, len) == 0) {
			*set |= bit;
			return true;
		}
	return false;
}

static bool is_word(const char *word, size_t len, const char *text)
{
	return strlen(text) == len && memcmp(word, text, len) == 0;
}

static enum rs_rc add_word(struct rs_operations *o, const char *word, size_t len, struct rs_err *err)
{
	if (is_word(word, len, "dml"))
		o->dml = RS_SYNC_DML_ALL;
	else if (is_word(word, len, "ddl"))
		o->ddl = RS_SYNC_DDL_ALL;
	else if (!is_word(word, len, "none") && !take_word(word, len, rs_sync_dml_word, &o->dml) &&
	         !take_word(word, len, rs_sync_ddl_word, &o->ddl))
		return rs_err_set(err, RS_E_TASK_INVALID, _("\"%.*s\" is no kind of change: those are the words of sync.dml and sync.ddl, dml, ddl "
		                                            "and none"), (int)len, word);
	return RS_OK;
}

enum rs_rc rs_operations_parse(struct rs_operations *o, const char *text, struct rs_err *err)
{
	const char *word;
	size_t len;

	*o = (struct rs_operations){.given = true};
	if (rs_words_count(text) == 0)
		return rs_err_set(err, RS_E_TASK_INVALID, _("the kinds of changes are expected after the colon"));
	for (const char *p = text; rs_words_next(&p, &word, &len);)
		if (add_word(o, word, len, err) != RS_OK)
			return RS_FAIL;
	return RS_OK;
}

static void put_words(struct rs_buf *out, unsigned set, unsigned all, const char *whole, const char *(*word_of)(unsigned bit))
{
	if (set == all) {
		rs_buf_addf(out, " %s", whole);
		return;
	}
	for (unsigned bit = 1; bit < all; bit <<= 1)
		if (set & bit)
			rs_buf_addf(out, " %s", word_of(bit));
}

void rs_operations_put(const struct rs_operations *o, struct rs_buf *out)
{
	if (o->dml == 0 && o->ddl == 0)
		rs_buf_adds(out, " none");
	put_words(out, o->dml, RS_SYNC_DML_ALL, "dml", rs_sync_dml_word);
	put_words(out, o->ddl, RS_SYNC_DDL_ALL, "ddl", rs_sync_ddl_word);
}

/* --- whose they are ------------------------------------------------------------------------------------------------------ */

/* The table's own, else its database's. */
const struct rs_operations *rs_selection_operations(const struct rs_selection *s, const char *db, const char *table)
{
	const struct sel_db *d = rs_selection_db(s, db);
	const struct sel_table *t = table ? rs_selection_table(s, db, table) : NULL;

	if (t && t->operations.given)
		return &t->operations;
	return d && d->operations.given ? &d->operations : NULL;
}

/* Of the first that has some; RS_EOF: none has. */
static enum rs_rc forget_first(struct rs_selection *s)
{
	struct rs_selection_rule r;

	for (struct rs_selection_iter i = RS_SELECTION_ITER; rs_selection_each_said(s, &i, &r);)
		if (r.operations) {
			char *db = rs_xstrdup(r.db), *table = rs_xstrdup(r.table);
			enum rs_rc rc = rs_selection_set_operations(s, db, table, NULL, NULL);
			free(db);
			free(table);
			return rc;
		}
	return RS_EOF;
}

void rs_selection_take_operations(struct rs_selection *s, const struct rs_selection *from)
{
	struct rs_selection_rule r;

	while (forget_first(s) == RS_OK) {}
	for (struct rs_selection_iter i = RS_SELECTION_ITER; rs_selection_each_said(from, &i, &r);) {
		bool here = r.table ? rs_selection_includes_table(s, r.db, r.table) : rs_selection_db(s, r.db) != NULL;
		if (r.operations && here && rs_selection_set_operations(s, r.db, r.table, r.operations, NULL) != RS_OK)
			rs_bug("a rule of a selection is not valid in another");
	}
}

unsigned rs_task_dml(const struct rs_task *t, const char *db, const char *table)
{
	const struct rs_operations *o = rs_selection_operations(t->objects, db, table);

	return o ? o->dml : t->sync.dml;
}

unsigned rs_task_ddl(const struct rs_task *t, const char *db, const char *table)
{
	const struct rs_operations *o = rs_selection_operations(t->objects, db, table);

	return o ? o->ddl : t->sync.ddl;
}

bool rs_task_changes_schemas(const struct rs_task *t)
{
	struct rs_selection_rule r;
	bool any = t->sync.ddl != 0;

	for (struct rs_selection_iter i = RS_SELECTION_ITER; !any && rs_selection_each(t->objects, &i, &r);)
		any = r.operations && r.operations->ddl != 0;
	return any;
}
