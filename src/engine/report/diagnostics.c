/* What is known of a task in one archive that can be given to others: without passwords and without values of rows. */
#include "engine/report/progress.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include "base/mem.h"
#include "base/tarball.h"
#include "engine/state.h"
#include "model/task_export.h"

#define HISTORY 1000

static const char readme[] =
	"Diagnostics of a task of rds-sync.\n"
	"\n"
	"task.ini       how it is configured, without passwords and without shell commands\n"
	"status.json    its state, as \"rds-sync status --json\" prints it: rds-sync-status(1) explains each member\n"
	"history.txt    states, phases, schema changes and problems that this host remembers\n"
	"log.txt        the newest lines of its log\n"
	"system.txt     the program and the host\n"
	"\n"
	"Taken out: passwords, shell commands, and what may be a value of a row: what stands between quotes of\n"
	"either kind in messages and statements is *** unless it names a column, a key or the like, and so is a number that a\n"
	"column in backquotes is compared with or set to. Names of databases, tables, columns and accounts,\n"
	"and the addresses of servers are there.\n";

/* ------------------------------------------------------------------ what is taken out */

/* Behind these words a quoted text is a name. */
static bool is_name_behind(const char *text, size_t at)
{
	static const char *const words[] = {"column", "key", "table", "field", "index", "database", "constraint", "user", "variable", "engine",
	                                    "collation", "set", "function", "procedure", "view", "plugin", "task", "@"};
	size_t end = at;

	while (end > 0 && (text[end - 1] == ' ' || text[end - 1] == '\\' || text[end - 1] == '\''))
		end--;
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		size_t n = strlen(words[i]);

		if (end >= n && strncasecmp(text + end - n, words[i], n) == 0)
			return true;
	}
	return false;
}

/* Behind the quote that ends what begins at an opening one; doubled and escaped ones don't end it. */
static size_t end_of_quoted(const char *text, size_t at, size_t len)
{
	const char quote = text[at];

	for (at++; at < len && text[at] != '\n'; at++) {
		if (text[at] == '\\' && at + 1 < len)
			at++;
		else if (text[at] == quote && at + 1 < len && text[at + 1] == quote)
			at++;
		else if (text[at] == quote)
			return at + 1;
	}
	return at;
}

/* The same within a text that stands in double quotes itself: a backslash of it is two, a double quote has one before it, and one
 * that has none ends that text and with it whatever is quoted there. */
static size_t end_of_escaped(const char *text, size_t at, size_t len)
{
	const char quote = text[at] == '\\' ? '"' : '\'';
	const size_t size = quote == '"' ? 2 : 1;

	at += size;
	while (at < len && text[at] != '\n') {
		size_t slashes = 0;

		while (at + slashes < len && text[at + slashes] == '\\')
			slashes++;
		at += slashes;
		if (at >= len || (text[at] == '"' && slashes % 2 == 0))
			break;
		if (text[at++] != quote || slashes / 2 % 2 == 1)
			continue;
		if (len - at < size || strncmp(text + at, quote == '"' ? "\\\"" : "'", size) != 0)
			return at;
		at += size;
	}
	return at;
}

/* An apostrophe in a word ("can't") quotes nothing. */
static bool is_apostrophe(const char *text, size_t at)
{
	return at > 0 && isalnum((unsigned char)text[at - 1]) && isalpha((unsigned char)text[at + 1]);
}

/* Of a number that a column is compared with, or set to: "`id`=17", "`id` > -1.5". */
static bool is_value(const char *text, size_t at)
{
	size_t end = at;

	while (end > 0 && strchr(" =<>!+-", text[end - 1]) != NULL)
		end--;
	return end < at && end > 0 && text[end - 1] == '`' && strcspn(text + end, "=<>") < at - end;
}

/* What a message tells to type. */
static bool is_command(const char *text, size_t len)
{
	return len > 9 && strncmp(text, "rds-sync ", 9) == 0;
}

/* Appends *** in place of what is quoted, which is `quote` long on both sides, unless that is a name. Returns the end. */
static size_t put_quoted(const char *text, size_t at, size_t end, size_t quote, struct rs_buf *out)
{
	if (is_name_behind(text, at) || is_command(text + at + quote, end - at > quote ? end - at - quote : 0)) {
		(void)rs_buf_add(out, text + at, end - at);
		return end;
	}
	(void)rs_buf_add(out, text + at, quote);
	(void)rs_buf_adds(out, "***");
	(void)rs_buf_add(out, text + at, quote);
	return end;
}

/* Where a quoted text ends that begins here; 0: none does. *quote: how long its quotes are. */
static size_t quoted(const char *text, size_t at, size_t len, bool in_quotes, size_t *quote)
{
	const bool escaped = in_quotes && text[at] == '\\' && at + 1 < len && text[at + 1] == '"';
	const bool plain = text[at] == '\'' ? !is_apostrophe(text, at) : text[at] == '"' && !in_quotes;

	*quote = escaped ? 2 : 1;
	if (!escaped && !plain)
		return 0;
	return in_quotes ? end_of_escaped(text, at, len) : end_of_quoted(text, at, len);
}

void rs_diagnostics_redact(const char *text, size_t len, bool in_quotes, struct rs_buf *out)
{
	for (size_t at = 0; at < len;) {
		size_t quote, end = quoted(text, at, len, in_quotes, &quote);

		if (end > 0) {
			at = put_quoted(text, at, end, quote, out);
		} else if (isdigit((unsigned char)text[at]) && is_value(text, at)) {
			(void)rs_buf_adds(out, "***");
			while (at < len && (isalnum((unsigned char)text[at]) || text[at] == '.'))
				at++;
		} else if (in_quotes && text[at] == '\\' && at + 1 < len) {
			(void)rs_buf_add(out, text + at, 2);
			at += 2;
		} else {
			(void)rs_buf_addc(out, text[at++]);
		}
	}
}

/* ------------------------------------------------------------------ the parts */

static void add(struct rs_tarball *t, const struct rs_task *task, const char *file, struct rs_buf *text)
{
	char name[100];

	(void)snprintf(name, sizeof name, "rds-sync-%.40s/%s", task->id ? task->id : "task", file);
	rs_tarball_add(t, name, rs_buf_str(text), text->len);
	rs_buf_release(text);
}

/* A line "key = value" of a key whose value is for nobody else. */
static bool is_private(const char *line)
{
	static const char *const keys[] = {"password", "command", "key_passphrase", "access_key", "secret"};
	size_t n = strcspn(line, "=");

	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
		const char *found = strstr(line, keys[i]);

		if (found && found < line + n)
			return true;
	}
	return false;
}

static void put_line(const char *line, size_t n, bool in_quotes, struct rs_buf *out)
{
	rs_diagnostics_redact(line, n, in_quotes, out);
	(void)rs_buf_addc(out, '\n');
}

static void put_task(const struct rs_task *task, struct rs_buf *out)
{
	struct rs_buf text = RS_BUF_INIT;
	struct rs_err err = RS_ERR_INIT;

	if (rs_task_export(task, &text, &err) != RS_OK)
		(void)rs_buf_addf(out, "; %s\n", err.primary ? err.primary : "");
	for (const char *line = rs_buf_str(&text); *line;) {
		size_t n = strcspn(line, "\n");

		if (is_private(line))
			(void)rs_buf_addf(out, "%.*s= ***\n", (int)strcspn(line, "="), line);
		else
			put_line(line, n, false, out);
		line += n + (line[n] != '\0');
	}
	rs_buf_release(&text);
	rs_err_clear(&err);
}

static void put_status(const struct rs_task *task, struct rs_buf *out)
{
	struct rs_task_status status;
	struct rs_err err = RS_ERR_INIT;
	json_t *j;
	char *text;

	if (rs_task_status_read(task, &status, &err) != RS_OK) {
		(void)rs_buf_addf(out, "%s\n", err.primary ? err.primary : "");
		rs_err_clear(&err);
		return;
	}
	j = status.progress ? rs_progress_to_json(status.progress) : json_object();
	json_object_set_new(j, "live", json_boolean(status.live));
	json_object_set_new(j, "state_now", json_string(rs_state_code(status.state)));
	text = json_dumps(j, JSON_INDENT(2));
	if (text)
		rs_diagnostics_redact(text, strlen(text), true, out);
	free(text);
	json_decref(j);
	rs_task_status_release(&status);
}

static void put_history(const struct rs_task *task, struct rs_buf *out)
{
	struct rs_history_item *items;
	size_t n = rs_state_history(task, HISTORY, &items);
	char at[40];

	for (size_t i = 0; i < n; i++) {
		(void)rs_buf_addf(out, "%s  %s  ", rs_clock_iso(items[i].at, at, sizeof at), items[i].kind);
		put_line(items[i].text, strlen(items[i].text), false, out);
	}
	rs_history_free(items, n);
}

/* Of a line of either form. */
static const char *task_in(const char *line)
{
	static const char *const words[] = {" task=\"", "\"task\":\""};
	const char *found;

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if ((found = strstr(line, words[i])) != NULL)
			return found + strlen(words[i]);
	return NULL;
}

bool rs_diagnostics_names(const char *line, const char *task)
{
	return task_in(line) != NULL && !rs_diagnostics_of_another(line, task);
}

bool rs_diagnostics_of_another(const char *line, const char *task)
{
	const char *named = task_in(line);
	size_t n = strlen(task);

	return named != NULL && (strncmp(named, task, n) != 0 || named[n] != '"');
}

static void put_log(const struct rs_task *task, struct rs_buf *out)
{
	struct rs_task_log log = {.pid = 0};

	rs_task_log_read(task, &log);
	for (size_t i = 0; i < log.n; i++)
		if (!log.shared || !rs_diagnostics_of_another(log.lines[i], task->name))
			put_line(log.lines[i], strlen(log.lines[i]), true, out);
	rs_task_log_clear(&log);
}

static void put_system(struct rs_buf *out)
{
	struct utsname host;
	char now[40];

	(void)rs_buf_addf(out, "rds-sync %s\n%s\n", PACKAGE_VERSION, rs_clock_iso(rs_clock_wall(), now, sizeof now));
	if (uname(&host) == 0)
		(void)rs_buf_addf(out, "%s %s %s\n", host.sysname, host.release, host.machine);
}

enum rs_rc rs_task_diagnose(const struct rs_task *task, const char *path, struct rs_err *err)
{
	struct rs_tarball *t = rs_tarball_new(path, err);
	struct rs_buf text = RS_BUF_INIT;

	if (!t)
		return RS_FAIL;
	(void)rs_buf_adds(&text, readme);
	add(t, task, "README.txt", &text);
	put_task(task, &text);
	add(t, task, "task.ini", &text);
	put_status(task, &text);
	add(t, task, "status.json", &text);
	put_history(task, &text);
	add(t, task, "history.txt", &text);
	put_log(task, &text);
	add(t, task, "log.txt", &text);
	put_system(&text);
	add(t, task, "system.txt", &text);
	return rs_tarball_end(t, err);
}
