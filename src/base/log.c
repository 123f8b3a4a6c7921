#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/buf.h"
#include "base/clock.h"
#include "base/i18n.h"
#include "base/mem.h"
#include "base/redact.h"
#include "base/thread.h"
#include "base/utf8.h"

#define RING RS_LOG_KEPT
#define ROTATE_AT ((off_t)16 * 1024 * 1024)
#define TEXT_MAX ((size_t)8 * 1024) /* of one text; the rest is cut */

static const char *const level_names[] = {"error", "warn", "info", "debug", "trace"};
static atomic_int max_level = RS_LOG_INFO;

/* The sink and the ring. Until rs_log_open() lines go to the ring only. */
static struct {
	pthread_mutex_t lock; /* guards all below */
	enum rs_log_format format;
	int fd;               /* -1: none */
	char *path;           /* NULL: not a file that is rotated */
	off_t size;
	bool torn;            /* the last line is there in part: the disk was full */
	char *ring[RING];
	size_t next;          /* where the next line goes */
	size_t count;
	uint64_t number;      /* of the newest line; the first has 1 */
} sink = {.lock = PTHREAD_MUTEX_INITIALIZER, .fd = -1};

bool rs_log_level_parse(const char *text, enum rs_level *level)
{
	for (size_t i = 0; i < sizeof level_names / sizeof *level_names; i++) {
		if (strcmp(text, level_names[i]) == 0) {
			*level = (enum rs_level)i;
			return true;
		}
	}
	return false;
}

void rs_log_set_level(enum rs_level level)
{
	atomic_store_explicit(&max_level, (int)level, memory_order_relaxed);
}

bool rs_log_enabled(enum rs_level level)
{
	return (int)level <= atomic_load_explicit(&max_level, memory_order_relaxed);
}

bool rs_log_to_stderr(void)
{
	bool is;

	pthread_mutex_lock(&sink.lock);
	is = sink.fd == STDERR_FILENO;
	pthread_mutex_unlock(&sink.lock);
	return is;
}

static int open_file(const char *path)
{
	return open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0600);
}

/* Takes over path. Inside the lock. */
static void set_sink(int fd, char *path)
{
	struct stat st;
	bool regular = path && fstat(fd, &st) == 0 && S_ISREG(st.st_mode);

	if (sink.path) {
		close(sink.fd);
		free(sink.path);
	}
	sink.fd = fd;
	sink.path = path;
	sink.torn = false;
	sink.size = regular ? st.st_size : -1;
}

enum rs_rc rs_log_open(const char *path, enum rs_level level, enum rs_log_format format, struct rs_err *err)
{
	int fd = path ? open_file(path) : STDERR_FILENO;

	if (fd < 0)
		return rs_err_sys(err, RS_E_IO, errno, _("can't write the log file %s"), path);
	rs_log_set_level(level);
	pthread_mutex_lock(&sink.lock);
	set_sink(fd, rs_xstrdup(path));
	sink.format = format;
	pthread_mutex_unlock(&sink.lock);
	return RS_OK;
}

void rs_log_close(void)
{
	pthread_mutex_lock(&sink.lock);
	set_sink(-1, NULL);
	for (size_t i = 0; i < RING; i++) {
		free(sink.ring[i]);
		sink.ring[i] = NULL;
	}
	sink.next = sink.count = 0;
	pthread_mutex_unlock(&sink.lock);
}

/* PATH becomes PATH.1, which is replaced. Where that fails the file just grows. */
static void rotate(void)
{
	char *old = rs_xprintf("%s.1", sink.path);
	int fd;

	if (rename(sink.path, old) == 0 && (fd = open_file(sink.path)) >= 0) {
		close(sink.fd);
		sink.fd = fd;
		sink.torn = false;
	}
	sink.size = 0;
	free(old);
}

/* How much of it was written. */
static size_t write_part(const char *text, size_t len)
{
	size_t done = 0;

	while (done < len) {
		ssize_t n = write(sink.fd, text + done, len - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			break;
		done += (size_t)n;
	}
	return done;
}

/* A log that can't be written must not stop the work; the ring still has the line. */
static void write_line(const char *line, size_t len)
{
	size_t done;

	if (sink.size >= ROTATE_AT)
		rotate();
	if (sink.torn && write_part("\n", 1) == 0)
		return;
	done = write_part(line, len);
	sink.torn = done > 0 && done < len;
	if (sink.size >= 0)
		sink.size += (off_t)done;
}

/* Takes over the line, which ends with a line feed that the ring does not keep. */
static void emit(char *line, size_t len)
{
	pthread_mutex_lock(&sink.lock);
	if (sink.fd >= 0)
		write_line(line, len);
	line[len - 1] = '\0';
	free(sink.ring[sink.next]);
	sink.ring[sink.next] = line;
	sink.next = (sink.next + 1) % RING;
	sink.number++;
	if (sink.count < RING)
		sink.count++;
	pthread_mutex_unlock(&sink.lock);
}

/* The newest n of those that are kept. Inside the lock. */
static void copy_newest(char **lines, size_t n)
{
	for (size_t i = 0; i < n; i++)
		lines[i] = rs_xstrdup(sink.ring[(sink.next + RING - n + i) % RING]);
}

size_t rs_log_since(uint64_t *last, char **lines, size_t max)
{
	uint64_t newer;
	size_t n;

	pthread_mutex_lock(&sink.lock);
	newer = *last <= sink.number ? sink.number - *last : sink.number; /* a number that was never given is another process's */
	n = newer < sink.count ? (size_t)newer : sink.count;
	n = n < max ? n : max;
	copy_newest(lines, n);
	*last = sink.number;
	pthread_mutex_unlock(&sink.lock);
	return n;
}

/* Adds text that is safe on a terminal, cut where it is too long. */
static void add_text(struct rs_buf *line, const char *text)
{
	size_t len = strnlen(text, TEXT_MAX);

	while (len == TEXT_MAX && len > 0 && ((unsigned char)text[len] & 0xc0) == 0x80)
		len--; /* not in the middle of a character */
	rs_utf8_printable(line, text, len);
	if (text[len])
		rs_buf_adds(line, "[...]");
}

/* The same between double quotes, which are right for JSON too: nothing but " and \ is left to be escaped. */
static void add_quoted(struct rs_buf *line, const char *text)
{
	struct rs_buf plain = RS_BUF_INIT;

	add_text(&plain, text);
	rs_buf_addc(line, '"');
	for (const char *p = rs_buf_str(&plain); *p; p++) {
		if (*p == '"' || *p == '\\')
			rs_buf_addc(line, '\\');
		rs_buf_addc(line, *p);
	}
	rs_buf_addc(line, '"');
	rs_buf_release(&plain);
}

/* The two shapes of a line differ in how a field is put; its order is one. */
static void add_field(struct rs_buf *line, enum rs_log_format format, const char *key, const char *text)
{
	if (!text || !*text)
		return;
	if (format == RS_LOG_JSON)
		rs_buf_addf(line, "%s\"%s\":", line->len > 1 ? "," : "", key);
	else
		rs_buf_addf(line, " %s=", key);
	add_quoted(line, text);
}

static void add_number(struct rs_buf *line, enum rs_log_format format, const char *key, unsigned number)
{
	if (number)
		rs_buf_addf(line, format == RS_LOG_JSON ? ",\"%s\":%u" : " %s=%u", key, number);
}

static void add_head(struct rs_buf *line, enum rs_log_format format, enum rs_level level, const char *module,
                     const char *text)
{
	char time[32];

	rs_clock_iso(rs_clock_wall(), time, sizeof time);
	if (format == RS_LOG_TEXT) {
		rs_buf_addf(line, "%s %-5s %s %s: ", time, level_names[level], rs_thread_name(), module);
		add_text(line, text);
		return;
	}
	rs_buf_addc(line, '{');
	add_field(line, format, "time", time);
	add_field(line, format, "level", level_names[level]);
	add_field(line, format, "thread", rs_thread_name());
	add_field(line, format, "module", module);
	add_field(line, format, "message", text);
}

/* "../src/db/my_conn.c" is "my_conn". */
static char *module_of(const char *file)
{
	const char *slash = strrchr(file, '/');
	const char *name = slash ? slash + 1 : file;
	const char *dot = strrchr(name, '.');

	return dot ? rs_xstrndup(name, (size_t)(dot - name)) : rs_xstrdup(name);
}

static void add_err(struct rs_buf *line, enum rs_log_format format, const struct rs_err *err)
{
	char code[16];

	add_field(line, format, "code", rs_err_code_text(err->code, code, sizeof code));
	add_field(line, format, "sqlstate", err->sqlstate);
	add_number(line, format, "native", err->native);
	add_field(line, format, "error", err->primary);
	add_field(line, format, "detail", err->detail);
	add_field(line, format, "hint", err->hint);
	add_number(line, format, "line", (unsigned)err->line);
}

static void log_event(enum rs_level level, const char *file, const char *text, const struct rs_err *err)
{
	struct rs_buf line = RS_BUF_INIT;
	char *module = module_of(file);
	enum rs_log_format format;

	pthread_mutex_lock(&sink.lock);
	format = sink.format;
	pthread_mutex_unlock(&sink.lock);
	add_head(&line, format, level, module, text);
	if (err)
		add_err(&line, format, err);
	rs_buf_adds(&line, format == RS_LOG_JSON ? "}\n" : "\n");
	free(module);
	if (!rs_buf_failed(&line)) {
		size_t len = line.len;

		emit(rs_buf_take(&line), len);
	}
	rs_buf_release(&line);
}

void rs_log_at(enum rs_level level, const char *file, const char *fmt, ...)
{
	va_list ap;
	char *text;

	va_start(ap, fmt);
	text = rs_redact(rs_xvprintf(fmt, ap));
	va_end(ap);
	log_event(level, file, text, NULL);
	free(text);
}

void rs_log_err(enum rs_level level, const char *what, const struct rs_err *err)
{
	if (rs_log_enabled(level))
		log_event(level, err->file ? err->file : "unknown", what, err);
}
