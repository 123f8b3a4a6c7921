#include "model/table_settings.h"

#include <string.h>
#include <strings.h>
#include "base/buf.h"
#include "base/i18n.h"
#include "base/mem.h"
#include "base/size.h"
#include "model/table_fields.h"

enum { TOPIC_MAX = 249, PARTITIONS_MAX = 10000 };

static const char *const words[] = {
	[RS_TABLE_TOPIC] = "topic", [RS_TABLE_PARTITIONS] = "partitions", [RS_TABLE_KEY] = "key", [RS_TABLE_CONFLICT] = "conflict"};
static const char *const conflicts[] = {
	[RS_CONFLICTS_FAIL] = "fail", [RS_CONFLICTS_IGNORE] = "ignore", [RS_CONFLICTS_OVERWRITE] = "overwrite",
	[RS_CONFLICTS_USE_MAX] = "use-max", [RS_CONFLICTS_USE_MIN] = "use-min"};

static size_t find(const char *const *known, size_t n, const char *word, size_t len)
{
	size_t i = 0;

	while (i < n && (strlen(known[i]) != len || memcmp(known[i], word, len) != 0))
		i++;
	return i;
}

const char *rs_table_setting_word(enum rs_table_setting which)
{
	return words[which];
}

const char *rs_conflicts_word(enum rs_conflicts how)
{
	return conflicts[how];
}

enum rs_table_setting rs_table_setting_find(const char *word, size_t len)
{
	return (enum rs_table_setting)find(words, RS_TABLE_SETTINGS, word, len);
}

enum rs_conflicts rs_conflicts_find(const char *word, size_t len)
{
	return (enum rs_conflicts)find(conflicts, RS_CONFLICTS_COUNT, word, len);
}

bool rs_table_setting_of_database(enum rs_table_setting which)
{
	return which == RS_TABLE_CONFLICT;
}

void rs_columns_free(char **columns, size_t count)
{
	while (count > 0)
		free(columns[--count]);
	free(columns);
}

/* --- reading ----------------------------------------------------------------------------------------------------------- */

enum rs_rc rs_topic_check(const char *name, struct rs_err *err)
{
	static const char chars[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
	size_t len = strlen(name);

	if (len > 0 && len <= TOPIC_MAX && strspn(name, chars) == len && strcmp(name, ".") != 0 && strcmp(name, "..") != 0)
		return RS_OK;
	return rs_err_set(err, RS_E_TASK_INVALID, _("a topic's name has at most %d letters, digits and characters of ._-, not \"%s\""),
	                  TOPIC_MAX, name);
}

static char *read_topic(const char *text, struct rs_err *err)
{
	return rs_topic_check(text, err) == RS_OK ? rs_xstrdup(text) : NULL;
}

static char *read_partitions(const char *text, struct rs_err *err)
{
	uint64_t n;

	if (rs_number_parse(text, &n) && n >= 1 && n <= PARTITIONS_MAX)
		return rs_xprintf("%u", (unsigned)n);
	rs_err_set(err, RS_E_TASK_INVALID, _("a number of partitions from 1 to %d is expected, not \"%s\""), PARTITIONS_MAX, text);
	return NULL;
}

static const char *repeated(char *const *columns, size_t count)
{
	for (size_t i = 1; i < count; i++)
		for (size_t j = 0; j < i; j++)
			if (strcasecmp(columns[i], columns[j]) == 0)
				return columns[i];
	return NULL;
}

/* Appends them, each with a blank before it where something is before it. */
static enum rs_rc put_columns(const char *text, struct rs_buf *out, size_t *count, struct rs_err *err)
{
	char **columns = NULL;
	enum rs_rc rc = rs_table_fields_columns(text, &columns, count, err);

	if (rc == RS_OK && repeated(columns, *count))
		rc = rs_err_set(err, RS_E_TASK_INVALID, _("the column %s stands there twice"), repeated(columns, *count));
	if (rc == RS_OK && *count) {
		(void)rs_buf_adds(out, out->len ? " " : "");
		rs_table_fields_put_columns(columns, *count, out);
	}
	rs_columns_free(columns, *count);
	return rc;
}

static char *read_key(const char *text, struct rs_err *err)
{
	struct rs_buf out = RS_BUF_INIT;
	size_t count = 0;
	enum rs_rc rc = put_columns(text, &out, &count, err);

	if (rc == RS_OK && count == 0)
		rc = rs_err_set(err, RS_E_TASK_INVALID, _("the names of columns are expected"));
	if (rc == RS_OK)
		return rs_buf_take(&out);
	rs_buf_release(&out);
	return NULL;
}

/* Columns that were not chosen are those of a key: which of two of them is larger says nothing. */
static enum rs_rc check_conflict(enum rs_conflicts how, size_t columns, struct rs_err *err)
{
	if (columns || (how != RS_CONFLICTS_USE_MAX && how != RS_CONFLICTS_USE_MIN))
		return RS_OK;
	return rs_err_set(err, RS_E_TASK_INVALID, _("%s compares columns, which are expected behind it"), conflicts[how]);
}

static char *read_conflict(const char *text, struct rs_err *err)
{
	size_t len = strcspn(text, " "), count = 0;
	enum rs_conflicts how = rs_conflicts_find(text, len);
	struct rs_buf out = RS_BUF_INIT;

	if (how == RS_CONFLICTS_COUNT) {
		rs_err_set(err, RS_E_TASK_INVALID, _("\"%.*s\" is not one of: %s"), (int)len, text, "fail ignore overwrite use-max use-min");
		return NULL;
	}
	(void)rs_buf_adds(&out, conflicts[how]);
	if (put_columns(text + len, &out, &count, err) == RS_OK && check_conflict(how, count, err) == RS_OK)
		return rs_buf_take(&out);
	rs_buf_release(&out);
	return NULL;
}

/* Commas and tabs between names are as good as blanks, but for those in backquotes. */
static char *with_blanks(const char *text)
{
	char *copy = rs_xstrdup(text), *end;
	bool quoted = false;

	for (char *c = copy; *c; c++) {
		quoted = quoted != (*c == '`');
		if (!quoted && strchr("\t\r,", *c))
			*c = ' ';
	}
	end = copy + strlen(copy);
	while (end > copy && end[-1] == ' ')
		*--end = '\0';
	memmove(copy, copy + strspn(copy, " "), strlen(copy + strspn(copy, " ")) + 1);
	return copy;
}

char *rs_table_setting_read(enum rs_table_setting which, const char *text, struct rs_err *err)
{
	static char *(*const read[])(const char *text, struct rs_err *err) = {
		[RS_TABLE_TOPIC] = read_topic, [RS_TABLE_PARTITIONS] = read_partitions, [RS_TABLE_KEY] = read_key,
		[RS_TABLE_CONFLICT] = read_conflict};
	char *copy = with_blanks(text), *value = read[which](copy, err);

	free(copy);
	return value;
}

char **rs_table_setting_columns(enum rs_table_setting which, const char *text, size_t *count)
{
	char **columns = NULL;

	*count = 0;
	if (which == RS_TABLE_CONFLICT)
		text += strcspn(text, " ");
	if (which != RS_TABLE_KEY && which != RS_TABLE_CONFLICT)
		return NULL;
	(void)(rs_table_fields_columns(text, &columns, count, NULL) == RS_OK); /* it was read before */
	return columns;
}
