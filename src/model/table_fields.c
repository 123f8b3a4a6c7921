#include "model/table_fields.h"

#include <string.h>
#include "base/i18n.h"
#include "base/mem.h"
#include "model/selection.h"

static void free_columns(char ***columns, size_t *count)
{
	while (*count > 0)
		free((*columns)[--*count]);
	free(*columns);
	*columns = NULL;
}

void rs_table_fields_release(struct rs_table_fields *f)
{
	free(f->db);
	free(f->table);
	free_columns(&f->primary, &f->n_primary);
	free_columns(&f->distribution, &f->n_distribution);
	*f = (struct rs_table_fields)RS_TABLE_FIELDS_INIT;
}

/* --- reading --------------------------------------------------------------------------------------------------------- */

static const char *skip_blanks(const char *p)
{
	return p + strspn(p, " \t");
}

/* Whether the word stands next, and not as the name of a column; passes it. */
static bool take_word(const char **p, const char *word)
{
	size_t len = strcspn(*p, " \t");

	if (strlen(word) != len || memcmp(*p, word, len) != 0)
		return false;
	*p = skip_blanks(*p + len);
	return true;
}

static bool is_keyword(const char *p)
{
	return take_word(&p, "primary") || take_word(&p, "distribution");
}

static enum rs_rc take_column(const char **p, char ***columns, size_t *count, struct rs_err *err)
{
	const char *end;
	char *name;

	if (rs_selection_get_names(*p, &name, 1, &end, err) == 0)
		return RS_FAIL;
	*columns = rs_xrealloc(*columns, (*count + 1) * sizeof **columns);
	(*columns)[(*count)++] = name;
	if (*end && *end != ' ' && *end != '\t')
		return rs_err_set(err, RS_E_TASK_INVALID, _("names of columns, separated by blanks, are expected, not \"%s\""), *p);
	*p = skip_blanks(end);
	return RS_OK;
}

static enum rs_rc take_columns(const char **p, char ***columns, size_t *count, struct rs_err *err)
{
	free_columns(columns, count);
	while (**p && !is_keyword(*p))
		if (take_column(p, columns, count, err) != RS_OK)
			return RS_FAIL;
	return *count ? RS_OK : rs_err_set(err, RS_E_TASK_INVALID, _("the name of a column is expected"));
}

static enum rs_rc take_table(const char **p, struct rs_table_fields *f, struct rs_err *err)
{
	char *names[3];
	size_t n = rs_selection_get_names(*p, names, 3, p, err);

	if (n == 0)
		return RS_FAIL;
	f->db = names[0];
	f->table = n > 1 ? names[1] : NULL;
	if (n > 2)
		free(names[2]);
	*p = skip_blanks(*p);
	if (n != 2 || **p != ':')
		return rs_err_set(err, RS_E_TASK_INVALID, _("\"database.table:\" is expected at the start"));
	*p = skip_blanks(*p + 1);
	return RS_OK;
}

const char *rs_table_fields_stray(const struct rs_table_fields *f)
{
	for (size_t i = 0; i < f->n_distribution; i++) {
		size_t n = 0;

		while (n < f->n_primary && strcmp(f->primary[n], f->distribution[i]) != 0)
			n++;
		if (n == f->n_primary)
			return f->distribution[i];
	}
	return NULL;
}

static enum rs_rc parse(struct rs_table_fields *f, const char *p, struct rs_err *err)
{
	if (take_table(&p, f, err) != RS_OK)
		return RS_FAIL;
	f->replicated = take_word(&p, "replicated");
	if (!f->replicated && !take_word(&p, "partitioned"))
		return rs_err_set(err, RS_E_TASK_INVALID, _("\"partitioned\" or \"replicated\" is expected after the table"));
	if (!take_word(&p, "primary"))
		return rs_err_set(err, RS_E_TASK_INVALID, _("\"primary\" and the columns of the primary key are expected"));
	if (take_columns(&p, &f->primary, &f->n_primary, err) != RS_OK)
		return RS_FAIL;
	if (take_word(&p, "distribution") && take_columns(&p, &f->distribution, &f->n_distribution, err) != RS_OK)
		return RS_FAIL;
	if (*p)
		return rs_err_set(err, RS_E_TASK_INVALID, _("nothing more is expected: \"%s\""), p);
	if (f->replicated == (f->n_distribution > 0))
		return rs_err_set(err, RS_E_TASK_INVALID, f->replicated ? _("a replicated table has no distribution key")
		                                                          : _("a partitioned table needs a distribution key"));
	if (rs_table_fields_stray(f))
		return rs_err_set(err, RS_E_TASK_INVALID, _("the distribution key must be of columns of the primary key: %s is none"),
		                  rs_table_fields_stray(f));
	return RS_OK;
}

enum rs_rc rs_table_fields_parse(struct rs_table_fields *f, const char *line, struct rs_err *err)
{
	rs_table_fields_release(f);
	if (parse(f, skip_blanks(line), err) == RS_OK)
		return RS_OK;
	rs_table_fields_release(f);
	return RS_FAIL;
}

enum rs_rc rs_table_fields_check(const char *line, struct rs_err *err)
{
	struct rs_table_fields f = RS_TABLE_FIELDS_INIT;
	enum rs_rc rc = rs_table_fields_parse(&f, line, err);

	rs_table_fields_release(&f);
	return rc;
}

enum rs_rc rs_table_fields_columns(const char *text, char ***columns, size_t *count, struct rs_err *err)
{
	const char *p = skip_blanks(text);

	free_columns(columns, count);
	while (*p)
		if (take_column(&p, columns, count, err) != RS_OK)
			return RS_FAIL;
	return RS_OK;
}

/* --- writing --------------------------------------------------------------------------------------------------------- */

void rs_table_fields_put_columns(char *const *columns, size_t count, struct rs_buf *out)
{
	for (size_t i = 0; i < count; i++) {
		bool quoted = is_keyword(columns[i]);

		(void)rs_buf_adds(out, i ? " " : "");
		if (quoted)
			(void)rs_buf_addf(out, "`%s`", columns[i]);
		else
			rs_selection_put_name(out, columns[i]);
	}
}

void rs_table_fields_put(const struct rs_table_fields *f, struct rs_buf *out)
{
	rs_selection_put_name(out, f->db);
	(void)rs_buf_addc(out, '.');
	rs_selection_put_name(out, f->table);
	(void)rs_buf_addf(out, ": %s primary ", f->replicated ? "replicated" : "partitioned");
	rs_table_fields_put_columns(f->primary, f->n_primary, out);
	if (f->n_distribution) {
		(void)rs_buf_adds(out, " distribution ");
		rs_table_fields_put_columns(f->distribution, f->n_distribution, out);
	}
}
