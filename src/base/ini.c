#include "base/ini.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#ifdef HAVE_INIPARSER_INIPARSER_H
#include <iniparser/iniparser.h>
#else
#include <iniparser.h>
#endif
#include "base/buf.h"
#include "base/i18n.h"
#include "base/ini_scan.h"
#include "base/map.h"
#include "base/mem.h"

#define FILE_MAX ((size_t)4 * 1024 * 1024)

struct rs_ini {
	struct rs_ini_line **lines; /* in file order; owned */
	size_t count, cap;
	struct rs_map index;        /* "section" and "section:key" to its line */
};

struct rs_ini *rs_ini_new(void)
{
	return rs_xcalloc(1, sizeof(struct rs_ini));
}

static void free_line(struct rs_ini_line *line)
{
	rs_ini_line_release(line);
	free(line);
}

void rs_ini_free(struct rs_ini *ini)
{
	if (!ini)
		return;
	for (size_t i = 0; i < ini->count; i++)
		free_line(ini->lines[i]);
	free(ini->lines);
	rs_map_release(&ini->index, NULL);
	free(ini);
}

/* The path under which iniparser's dictionary and our index know a key; a section alone where key is NULL. */
static char *index_path(const char *section, const char *key)
{
	char *joined = rs_xprintf("%s%s%s", section, key ? ":" : "", key ? key : "");
	char *path = rs_ini_lower(joined);

	free(joined);
	return path;
}

static struct rs_ini_line *find(const struct rs_ini *ini, const char *section, const char *key)
{
	char *path = index_path(section, key);
	struct rs_ini_line *line = rs_map_get(&ini->index, path, strlen(path));

	free(path);
	return line;
}

/* Takes over line and puts it at position at. */
static void insert(struct rs_ini *ini, size_t at, struct rs_ini_line *line)
{
	RS_GROW(ini->lines, ini->count, ini->cap);
	memmove(ini->lines + at + 1, ini->lines + at, (ini->count - at) * sizeof *ini->lines);
	ini->lines[at] = line;
	ini->count++;
}

static void wipe(struct rs_buf *text)
{
	if (text->data)
		explicit_bzero(text->data, text->cap);
	rs_buf_release(text);
}

/* --- reading ---------------------------------------------------------------------------------------------------- */

/* Enters a scanned line into the index under its section (NULL: none yet). */
static enum rs_rc enter(struct rs_ini *ini, const char *section, struct rs_ini_line *line,
                        const struct rs_ini_place *at, struct rs_err *err)
{
	bool is_key = line->kind == RS_INI_KEY;
	const struct rs_ini_line *old;
	char *path;

	if (is_key && !section) {
		rs_err_set(err, RS_E_INI_SYNTAX, _("%s:%d: the key stands before the first section"), at->file, at->line);
		return rs_err_hint(err, _("write a line with [section] above it"));
	}
	path = index_path(is_key ? section : line->name, is_key ? line->name : NULL);
	old = rs_map_get(&ini->index, path, strlen(path));
	if (old) {
		rs_err_set(err, RS_E_INI_SYNTAX, _("%s:%d: %s stands in line %d already"), at->file, at->line, path,
		           old->number);
		rs_err_hint(err, _("keep one of them; of several, only the last would count"));
	} else {
		rs_map_put(&ini->index, path, strlen(path), line);
	}
	free(path);
	return old ? RS_FAIL : RS_OK;
}

static enum rs_rc scan_line(struct rs_ini *ini, const char **section, const char *text, size_t len,
                            const struct rs_ini_place *at, struct rs_err *err)
{
	struct rs_ini_line *line = rs_xcalloc(1, sizeof *line);

	insert(ini, ini->count, line);
	if (rs_ini_scan(line, text, len, at, err) != RS_OK)
		return RS_FAIL;
	if (line->kind == RS_INI_OTHER)
		return RS_OK;
	if (enter(ini, *section, line, at, err) != RS_OK)
		return RS_FAIL;
	if (line->kind == RS_INI_SECTION)
		*section = line->name;
	return RS_OK;
}

static enum rs_rc scan_text(struct rs_ini *ini, const char *name, const char *text, size_t len, struct rs_err *err)
{
	struct rs_ini_place at = {name, 0};
	const char *section = NULL, *end = text + len;

	if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
		text += 3; /* the mark that some editors put before UTF-8 */
	while (text < end) {
		const char *feed = memchr(text, '\n', (size_t)(end - text));
		const char *stop = feed ? feed : end;
		size_t n = (size_t)(stop - text);

		at.line++;
		if (n > 0 && text[n - 1] == '\r')
			n--;
		if (scan_line(ini, &section, text, n, &at, err) != RS_OK)
			return RS_FAIL;
		text = feed ? feed + 1 : end;
	}
	return RS_OK;
}

static int say_nothing(const char *fmt, ...) RS_PRINTF(1, 2);
static int say_nothing(const char *fmt, ...)
{
	(void)fmt;
	return 0;
}

/* Without this iniparser writes to stderr, which is the screen. */
static void silence_iniparser(void)
{
	iniparser_set_error_callback(say_nothing);
}

/* What iniparser is to read: the lines that it has to understand, without comments that stand alone or behind a
 * section, at their places. A file descriptor of memory, or -1 with errno. */
static int memory_file(const struct rs_ini *ini)
{
	struct rs_buf text;
	int fd = memfd_create("ini", MFD_CLOEXEC);
	ssize_t written;

	if (fd < 0)
		return -1;
	rs_buf_init(&text, 2 * FILE_MAX);
	for (size_t i = 0; i < ini->count; i++) {
		const struct rs_ini_line *line = ini->lines[i];

		if (line->kind == RS_INI_SECTION)
			rs_buf_addf(&text, "[%s]", line->name);
		else if (line->kind == RS_INI_KEY)
			rs_buf_adds(&text, line->raw);
		rs_buf_addc(&text, '\n');
	}
	written = write(fd, rs_buf_str(&text), text.len);
	if (written < 0 || (size_t)written != text.len || rs_buf_failed(&text)) {
		close(fd);
		fd = -1;
		errno = ENOSPC;
	}
	wipe(&text);
	return fd;
}

static dictionary *run_iniparser(const struct rs_ini *ini, const char *name, struct rs_err *err)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	char path[64];
	dictionary *dict;
	int fd;

	pthread_once(&once, silence_iniparser);
	fd = memory_file(ini);
	if (fd < 0) {
		rs_err_sys(err, RS_E_IO, errno, _("no memory to read %s"), name);
		return NULL;
	}
	/* iniparser 4.1 reads nothing but paths. */
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	dict = iniparser_load(path);
	close(fd);
	if (!dict)
		rs_err_set(err, RS_E_INI_SYNTAX, _("%s: not a valid INI file"), name);
	return dict;
}

static void free_dictionary(dictionary *dict)
{
	for (ssize_t i = 0; i < (ssize_t)dict->size; i++)
		if (dict->val[i])
			explicit_bzero(dict->val[i], strlen(dict->val[i]));
	iniparser_freedict(dict);
}

/* Takes a key's value from iniparser, which must see what the scanner saw. */
static enum rs_rc take_value(struct rs_ini_line *line, const char *section, dictionary *dict, const char *name,
                             struct rs_err *err)
{
	char *path = index_path(section, line->name);
	const char *value = iniparser_getstring(dict, path, NULL);
	bool same = value && strcmp(value, line->value) == 0;

	free(path);
	if (same)
		return RS_OK;
	rs_err_set(err, RS_E_INI_SYNTAX, _("%s:%d: the value of %s can be read in two ways"), name, line->number,
	           line->name);
	return rs_err_hint(err, _("put the value in double quotes"));
}

static enum rs_rc take_values(struct rs_ini *ini, const char *name, struct rs_err *err)
{
	dictionary *dict = run_iniparser(ini, name, err);
	const char *section = "";
	enum rs_rc rc = RS_OK;

	if (!dict)
		return RS_FAIL;
	for (size_t i = 0; i < ini->count && rc == RS_OK; i++) {
		struct rs_ini_line *line = ini->lines[i];

		if (line->kind == RS_INI_SECTION)
			section = line->name;
		else if (line->kind == RS_INI_KEY)
			rc = take_value(line, section, dict, name, err);
	}
	free_dictionary(dict);
	return rc;
}

static enum rs_rc parse(struct rs_ini *ini, const char *name, const char *text, size_t len, struct rs_err *err)
{
	if (len == 0) {
		rs_err_set(err, RS_E_INI_SYNTAX, _("%s: the file is empty"), name);
		return rs_err_hint(err, _("restore it from a backup, or remove it"));
	}
	if (scan_text(ini, name, text, len, err) != RS_OK)
		return RS_FAIL;
	return take_values(ini, name, err);
}

struct rs_ini *rs_ini_parse(const char *name, const char *text, size_t len, struct rs_err *err)
{
	struct rs_ini *ini = rs_ini_new();

	if (parse(ini, name, text, len, err) == RS_OK)
		return ini;
	rs_ini_free(ini);
	return NULL;
}

static enum rs_rc read_all(int fd, const char *path, struct rs_buf *text, struct rs_err *err)
{
	struct stat st;
	char chunk[4096];
	ssize_t n;

	/* At once where the size is known: growing would leave copies behind that are not wiped. */
	if (fstat(fd, &st) == 0 && st.st_size > 0 && (uintmax_t)st.st_size <= FILE_MAX)
		(void)rs_buf_reserve(text, (size_t)st.st_size);
	while ((n = read(fd, chunk, sizeof chunk)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return rs_err_sys(err, RS_E_IO, errno, _("can't read %s"), path);
		if (rs_buf_add(text, chunk, (size_t)n) != RS_OK)
			return rs_err_set(err, RS_E_IO, _("%s is too large for a configuration file"), path);
	}
	explicit_bzero(chunk, sizeof chunk);
	return RS_OK;
}

struct rs_ini *rs_ini_load(const char *path, struct rs_err *err)
{
	struct rs_ini *ini = NULL;
	struct rs_buf text;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

	if (fd < 0) {
		rs_err_sys(err, RS_E_IO, errno, _("can't read %s"), path);
		return NULL;
	}
	rs_buf_init(&text, FILE_MAX);
	if (read_all(fd, path, &text, err) == RS_OK)
		ini = rs_ini_parse(path, rs_buf_str(&text), text.len, err);
	close(fd);
	wipe(&text);
	return ini;
}

/* --- looking ---------------------------------------------------------------------------------------------------- */

const char *rs_ini_get(const struct rs_ini *ini, const char *section, const char *key)
{
	const struct rs_ini_line *line = find(ini, section, key);

	return line ? line->value : NULL;
}

int rs_ini_line(const struct rs_ini *ini, const char *section, const char *key)
{
	const struct rs_ini_line *line = find(ini, section, key);

	return line ? line->number : 0;
}

/* The n-th line of a kind from position i on, before the next section where keys are sought; NULL: none. */
static const char *nth_name(const struct rs_ini *ini, size_t i, enum rs_ini_kind kind, size_t n)
{
	for (; i < ini->count; i++) {
		const struct rs_ini_line *line = ini->lines[i];

		if (line->kind == kind && n-- == 0)
			return line->name;
		if (line->kind == RS_INI_SECTION && kind == RS_INI_KEY)
			return NULL;
	}
	return NULL;
}

const char *rs_ini_section(const struct rs_ini *ini, size_t n)
{
	return nth_name(ini, 0, RS_INI_SECTION, n);
}

static size_t position(const struct rs_ini *ini, const struct rs_ini_line *line)
{
	size_t i = 0;

	while (ini->lines[i] != line)
		i++;
	return i;
}

const char *rs_ini_key(const struct rs_ini *ini, const char *section, size_t n)
{
	const struct rs_ini_line *line = find(ini, section, NULL);

	return line ? nth_name(ini, position(ini, line) + 1, RS_INI_KEY, n) : NULL;
}

/* --- changing --------------------------------------------------------------------------------------------------- */

static struct rs_ini_line *new_line(struct rs_ini *ini, size_t at, enum rs_ini_kind kind, const char *section,
                                    const char *name)
{
	struct rs_ini_line *line = rs_xcalloc(1, sizeof *line);
	char *path = index_path(kind == RS_INI_KEY ? section : name, kind == RS_INI_KEY ? name : NULL);

	line->kind = kind;
	line->name = rs_ini_lower(name);
	insert(ini, at, line);
	rs_map_put(&ini->index, path, strlen(path), line);
	free(path);
	return line;
}

/* A new section goes to the end, after a blank line. */
static void add_section(struct rs_ini *ini, const char *section)
{
	if (ini->count > 0)
		insert(ini, ini->count, rs_xcalloc(1, sizeof(struct rs_ini_line)));
	new_line(ini, ini->count, RS_INI_SECTION, NULL, section);
}

/* Right behind the section's last key, before the comments that belong to the next section. */
static size_t end_of_section(const struct rs_ini *ini, const char *section)
{
	size_t i = position(ini, find(ini, section, NULL)), end = i + 1;

	for (i++; i < ini->count && ini->lines[i]->kind != RS_INI_SECTION; i++)
		if (ini->lines[i]->kind == RS_INI_KEY)
			end = i + 1;
	return end;
}

static void remove_key(struct rs_ini *ini, const char *section, const char *key)
{
	char *path = index_path(section, key);
	struct rs_ini_line *line = rs_map_del(&ini->index, path, strlen(path));
	size_t at;

	free(path);
	if (!line)
		return;
	at = position(ini, line);
	ini->count--;
	memmove(ini->lines + at, ini->lines + at + 1, (ini->count - at) * sizeof *ini->lines);
	free_line(line);
}

static void change_value(struct rs_ini_line *line, const char *value)
{
	struct rs_ini_line changed = {
		.kind = line->kind,
		.name = rs_xstrdup(line->name),
		.value = rs_xstrdup(value),
		.comment = rs_xstrdup(line->comment),
	};

	rs_ini_line_release(line);
	*line = changed;
}

void rs_ini_set(struct rs_ini *ini, const char *section, const char *key, const char *value)
{
	struct rs_ini_line *line = find(ini, section, key);

	if (!value) {
		remove_key(ini, section, key);
		return;
	}
	if (line && strcmp(line->value, value) == 0)
		return;
	if (!find(ini, section, NULL))
		add_section(ini, section);
	if (!line)
		line = new_line(ini, end_of_section(ini, section), RS_INI_KEY, section, key);
	change_value(line, value);
}

/* --- writing ---------------------------------------------------------------------------------------------------- */

static enum rs_rc format_all(const struct rs_ini *ini, const struct rs_ini_place *at, struct rs_buf *text,
                             struct rs_err *err)
{
	for (size_t i = 0; i < ini->count; i++)
		if (rs_ini_format(text, ini->lines[i], at, err) != RS_OK)
			return RS_FAIL;
	if (text->len == 0)
		rs_buf_addc(text, '\n');
	return RS_OK;
}

/* Whether the text says what the ini holds: names with an '=' and the like would read back as something else. */
static enum rs_rc check_text(const struct rs_ini *ini, const struct rs_buf *text, const char *path,
                             struct rs_err *err)
{
	struct rs_ini *again = rs_ini_parse(path, text->data, text->len, err);
	const struct rs_map_entry *entry;
	bool same;

	if (!again)
		return RS_FAIL;
	same = again->index.count == ini->index.count;
	for (size_t i = 0; same && rs_map_each(&ini->index, &i, &entry);) {
		const struct rs_ini_line *is = rs_map_get(&again->index, entry->key, entry->key_len);
		const struct rs_ini_line *was = entry->value;

		same = is && is->kind == was->kind && (!was->value || strcmp(is->value, was->value) == 0);
	}
	rs_ini_free(again);
	if (!same)
		return rs_err_set(err, RS_E_INI_SYNTAX, _("%s: a name or value can't be written"), path);
	return RS_OK;
}

static enum rs_rc write_all(int fd, const char *p, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return RS_FAIL;
		p += n;
		len -= (size_t)n;
	}
	return RS_OK;
}

/* So that the rename survives a power cut; a file system that can't do it has nothing better to offer. */
static void sync_directory(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *dir = slash ? rs_xstrndup(path, (size_t)(slash - path + 1)) : rs_xstrdup(".");
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0) {
		(void)fsync(fd);
		close(fd);
	}
	free(dir);
}

/* Fills the open temporary file and gives it the name. Closes fd. False with errno. */
static bool fill_and_rename(int fd, const char *temp, const char *path, const struct rs_buf *text, mode_t mode)
{
	bool filled = write_all(fd, text->data, text->len) == RS_OK && fchmod(fd, mode) == 0 && fsync(fd) == 0;
	int errnum = errno;

	if (close(fd) != 0 && filled)
		return false;
	errno = errnum;
	return filled && rename(temp, path) == 0;
}

static enum rs_rc replace_file(const char *path, const struct rs_buf *text, mode_t mode, struct rs_err *err)
{
	char *temp = rs_xprintf("%s.XXXXXX", path);
	int fd = mkostemp(temp, O_CLOEXEC);
	enum rs_rc rc = RS_OK;

	if (fd < 0) {
		rc = rs_err_sys(err, RS_E_IO, errno, _("can't write %s"), path);
	} else if (!fill_and_rename(fd, temp, path, text, mode)) {
		rc = rs_err_sys(err, RS_E_IO, errno, _("can't write %s"), path);
		unlink(temp);
	} else {
		sync_directory(path);
	}
	free(temp);
	return rc;
}

enum rs_rc rs_ini_text(const struct rs_ini *ini, struct rs_buf *text, struct rs_err *err)
{
	struct rs_ini_place at = {"", 0};
	struct rs_buf own = RS_BUF_INIT;
	enum rs_rc rc = format_all(ini, &at, &own, err);

	if (rc == RS_OK)
		rc = check_text(ini, &own, "", err);
	if (rc == RS_OK)
		(void)rs_buf_add(text, rs_buf_str(&own), own.len);
	wipe(&own);
	return rc;
}

enum rs_rc rs_ini_save(const struct rs_ini *ini, const char *path, mode_t mode, struct rs_err *err)
{
	struct rs_ini_place at = {path, 0};
	struct rs_buf text;
	char *real = realpath(path, NULL); /* a symbolic link stays one */
	enum rs_rc rc;

	rs_buf_init(&text, FILE_MAX);
	rc = format_all(ini, &at, &text, err);
	if (rc == RS_OK)
		rc = check_text(ini, &text, path, err);
	if (rc == RS_OK)
		rc = replace_file(real ? real : path, &text, mode, err);
	wipe(&text);
	free(real);
	return rc;
}
