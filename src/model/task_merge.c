#include <string.h>
#include "base/i18n.h"
#include "base/mem.h"
#include "model/task.h"
#include "model/task_read.h"

/* What is brought together. */
struct merge {
	struct rs_task *now;
	const struct rs_task *base, *mine;
	struct rs_buf conflicts;   /* names of keys */
	bool carried_out;          /* else it is only found out whether it can be */
};

static bool same(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "") == 0;
}

static void conflict(struct merge *m, const char *section, const char *key)
{
	rs_buf_addf(&m->conflicts, "%s%s%s%s", m->conflicts.len ? ", " : "", section, *key ? "." : "", key);
}

/* Whoever gave the task its id first was right. */
static bool is_id(const struct merge *m, const char *section, const char *key)
{
	return strcmp(section, "task") == 0 && strcmp(key, "id") == 0 && m->now->id;
}

static void merge_key(struct merge *m, const char *section, const char *key)
{
	const char *before = rs_ini_get(m->base->ini, section, key), *mine = rs_ini_get(m->mine->ini, section, key);
	const char *now = rs_ini_get(m->now->ini, section, key);

	if (same(before, mine) || same(mine, now) || is_id(m, section, key))
		return;
	if (!same(before, now))
		conflict(m, section, key);
	else if (m->carried_out)
		rs_ini_set(m->now->ini, section, key, mine);
}

/* All keys of one of the two that were there before; those of [objects] are one thing, see below. */
static void merge_keys(struct merge *m, const struct rs_ini *of, const struct rs_ini *but_of)
{
	const char *section, *key;

	for (size_t i = 0; (section = rs_ini_section(of, i)); i++)
		for (size_t n = 0; strcmp(section, "objects") != 0 && (key = rs_ini_key(of, section, n)); n++)
			if (!but_of || !rs_ini_get(but_of, section, key))
				merge_key(m, section, key);
}

static char *objects_of(const struct rs_task *t)
{
	struct rs_buf text = RS_BUF_INIT;

	rs_selection_format(t->objects, &text);
	return rs_buf_take(&text);
}

/* Rules depend on one another: whoever changes them has all of them in mind. */
static enum rs_rc merge_objects(struct merge *m, struct rs_err *err)
{
	char *before = objects_of(m->base), *mine = objects_of(m->mine), *now = objects_of(m->now);
	bool wanted = strcmp(before, mine) != 0 && strcmp(mine, now) != 0;
	enum rs_rc rc = RS_OK;

	if (wanted && strcmp(before, now) != 0) {
		conflict(m, "objects", "");
	} else if (wanted && m->carried_out) {
		rc = rs_task_set_objects(m->now, mine, err);
		m->now->objects_checked = rc == RS_OK && m->mine->objects_checked;
	}
	free(before);
	free(mine);
	free(now);
	return rc;
}

static enum rs_rc merge(struct merge *m, struct rs_err *err)
{
	merge_keys(m, m->mine->ini, NULL);
	merge_keys(m, m->base->ini, m->mine->ini);
	return merge_objects(m, err);
}

enum rs_rc rs_task_merge(struct rs_task *now, const struct rs_task *base, const struct rs_task *mine, struct rs_err *err)
{
	struct merge m = {.now = now, .base = base, .mine = mine, .conflicts = RS_BUF_INIT};
	enum rs_rc rc = merge(&m, err);

	if (rc == RS_OK && m.conflicts.len) {
		rc = rs_err_set(err, RS_E_TASK_CHANGED, _("somebody else has changed the task file meanwhile: %s"), rs_buf_str(&m.conflicts));
	} else if (rc == RS_OK) {
		m.carried_out = true;
		rc = merge(&m, err);
		rs_task_read(now);
	}
	rs_buf_release(&m.conflicts);
	return rc;
}
