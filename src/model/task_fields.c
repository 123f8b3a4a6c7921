/* Sections of a task file whose keys are lines, numbered: [fields], a line for each table, and [draft]. */
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "model/table_fields.h"
#include "model/task.h"

/* Its keys are called STEM1, STEM2 … */
struct section {
	const char *name, *stem;
};

static const struct section fields = {"fields", "table."}, draft = {"draft", "answer."};

static void get_lines(const struct rs_task *t, const struct section *of, struct rs_buf *out)
{
	const char *key;

	for (size_t n = 0; (key = rs_ini_key(t->ini, of->name, n)); n++)
		if (*rs_ini_get(t->ini, of->name, key))
			(void)rs_buf_addf(out, "%s\n", rs_ini_get(t->ini, of->name, key));
}

static void clear_lines(struct rs_task *t, const struct section *of)
{
	const char *key;

	while ((key = rs_ini_key(t->ini, of->name, 0))) {
		char *copy = rs_xstrdup(key);

		rs_ini_set(t->ini, of->name, copy, NULL);
		free(copy);
	}
}

static bool same_lines(const struct rs_task *t, const struct section *of, const char *text)
{
	struct rs_buf now = RS_BUF_INIT;
	bool equal;

	get_lines(t, of, &now);
	equal = strcmp(rs_buf_str(&now), text) == 0;
	rs_buf_release(&now);
	return equal;
}

static enum rs_rc each_line(const char *text, enum rs_rc (*each)(void *ctx, size_t n, const char *line, struct rs_err *err),
                            void *ctx, struct rs_err *err)
{
	enum rs_rc rc = RS_OK;

	for (size_t n = 0; *text && rc == RS_OK;) {
		size_t len;
		char *line;

		text += strspn(text, " \t");
		len = strcspn(text, "\n");
		line = rs_xstrndup(text, len);
		if (*line)
			rc = each(ctx, ++n, line, err);
		free(line);
		text += len + (text[len] == '\n');
	}
	return rc;
}

static enum rs_rc check_line(void *ctx, size_t n, const char *line, struct rs_err *err)
{
	(void)ctx;
	(void)n;
	return rs_table_fields_check(line, err);
}

/* Where lines go. */
struct put {
	struct rs_task *task;
	const struct section *into;
};

static enum rs_rc put_line(void *ctx, size_t n, const char *line, struct rs_err *err)
{
	const struct put *p = ctx;
	char key[40];

	(void)err;
	snprintf(key, sizeof key, "%s%zu", p->into->stem, n);
	rs_ini_set(p->task->ini, p->into->name, key, line);
	return RS_OK;
}

static enum rs_rc set_lines(struct rs_task *t, const struct section *into, const char *text, struct rs_err *err)
{
	struct put p = {t, into};

	clear_lines(t, into);
	return each_line(text, put_line, &p, err);
}

void rs_task_get_fields(const struct rs_task *t, struct rs_buf *out)
{
	get_lines(t, &fields, out);
}

/* The n-th line; false: there is none. Lines were checked when they were set: one that can't be read says nothing. */
static bool read_line(const struct rs_task *t, size_t n, struct rs_table_fields *out)
{
	const char *key = rs_ini_key(t->ini, fields.name, n);

	rs_table_fields_release(out);
	if (key && rs_table_fields_parse(out, rs_ini_get(t->ini, fields.name, key), NULL) != RS_OK)
		rs_table_fields_release(out);
	return key;
}

bool rs_task_table_fields(const struct rs_task *t, const char *db, const char *table, struct rs_table_fields *out)
{
	for (size_t n = 0; read_line(t, n, out); n++)
		if (out->table && strcmp(out->db, db) == 0 && strcmp(out->table, table) == 0)
			return true;
	return false;
}

static void map_columns(const struct rs_task *t, const struct rs_table_fields *f, char **columns, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const char *name = rs_selection_map_column(t->objects, f->db, f->table, columns[i]);
		char *own = rs_xstrdup(name ? name : columns[i]);

		free(columns[i]);
		columns[i] = own;
	}
}

bool rs_task_fields_at_destination(const struct rs_task *t, const char *db, const char *table, struct rs_table_fields *out)
{
	const char *to_db, *to_table;

	for (size_t n = 0; read_line(t, n, out); n++) {
		if (!out->table)
			continue;
		rs_selection_map_table(t->objects, out->db, out->table, &to_db, &to_table);
		if (strcmp(to_db, db) != 0 || strcmp(to_table, table) != 0)
			continue;
		map_columns(t, out, out->primary, out->n_primary);
		map_columns(t, out, out->distribution, out->n_distribution);
		return true;
	}
	return false;
}

enum rs_rc rs_task_set_fields(struct rs_task *t, const char *text, struct rs_err *err)
{
	if (same_lines(t, &fields, text))
		return RS_OK;
	return each_line(text, check_line, NULL, err) == RS_OK ? set_lines(t, &fields, text, err) : RS_FAIL;
}

void rs_task_get_draft(const struct rs_task *t, struct rs_buf *out)
{
	get_lines(t, &draft, out);
}

void rs_task_set_draft(struct rs_task *t, const char *text)
{
	if (!same_lines(t, &draft, text))
		(void)(set_lines(t, &draft, text, NULL) == RS_OK);
}
