/* [fields] of a task file as one text, a line for each table. */
#include <string.h>
#include "base/mem.h"
#include "model/table_fields.h"
#include "model/task.h"

#define FIELDS_STEM "table."

void rs_task_get_fields(const struct rs_task *t, struct rs_buf *out)
{
	const char *key;

	for (size_t n = 0; (key = rs_ini_key(t->ini, "fields", n)); n++)
		if (*rs_ini_get(t->ini, "fields", key))
			(void)rs_buf_addf(out, "%s\n", rs_ini_get(t->ini, "fields", key));
}

static void clear_fields(struct rs_task *t)
{
	const char *key;

	while ((key = rs_ini_key(t->ini, "fields", 0))) {
		char *copy = rs_xstrdup(key);

		rs_ini_set(t->ini, "fields", copy, NULL);
		free(copy);
	}
}

static bool same_fields(const struct rs_task *t, const char *text)
{
	struct rs_buf now = RS_BUF_INIT;
	bool equal;

	rs_task_get_fields(t, &now);
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

static enum rs_rc put_line(void *ctx, size_t n, const char *line, struct rs_err *err)
{
	struct rs_task *t = ctx;
	char key[40];

	(void)err;
	snprintf(key, sizeof key, FIELDS_STEM "%zu", n);
	rs_ini_set(t->ini, "fields", key, line);
	return RS_OK;
}

enum rs_rc rs_task_set_fields(struct rs_task *t, const char *text, struct rs_err *err)
{
	if (same_fields(t, text))
		return RS_OK;
	if (each_line(text, check_line, NULL, err) != RS_OK)
		return RS_FAIL;
	clear_fields(t);
	return each_line(text, put_line, t, err);
}
