#include "base/err.h"

#include <execinfo.h>
#include <unistd.h>
#include "base/mem.h"
#include "base/redact.h"

/* Adds a line to *text, which may be NULL. Takes over line. */
static void append_line(char **text, char *line)
{
	char *both;

	if (!*text) {
		*text = line;
		return;
	}
	both = rs_xprintf("%s\n%s", *text, line);
	free(*text);
	free(line);
	*text = both;
}

/* True when this call is the first to set the error. */
static bool set_first(struct rs_err *err, enum rs_errc code, const char *file, int line, char *text)
{
	if (err->code != RS_E_NONE) {
		append_line(&err->detail, text);
		return false;
	}
	err->code = code;
	err->file = file;
	err->line = line;
	free(err->primary);
	err->primary = text;
	return true;
}

enum rs_rc rs_err_set_at(struct rs_err *err, enum rs_errc code, const char *file, int line, const char *fmt, ...)
{
	va_list ap;

	if (!err)
		return RS_FAIL;
	va_start(ap, fmt);
	set_first(err, code, file, line, rs_redact(rs_xvprintf(fmt, ap)));
	va_end(ap);
	return RS_FAIL;
}

enum rs_rc rs_err_sys_at(struct rs_err *err, enum rs_errc code, int errnum, const char *file, int line,
                         const char *fmt, ...)
{
	char text[128];
	va_list ap;

	if (!err)
		return RS_FAIL;
	va_start(ap, fmt);
	set_first(err, code, file, line, rs_redact(rs_xvprintf(fmt, ap)));
	va_end(ap);
	append_line(&err->detail, rs_xstrdup(strerror_r(errnum, text, sizeof text)));
	return RS_FAIL;
}

enum rs_rc rs_err_detail(struct rs_err *err, const char *fmt, ...)
{
	va_list ap;

	if (!err)
		return RS_FAIL;
	va_start(ap, fmt);
	append_line(&err->detail, rs_redact(rs_xvprintf(fmt, ap)));
	va_end(ap);
	return RS_FAIL;
}

enum rs_rc rs_err_hint(struct rs_err *err, const char *fmt, ...)
{
	va_list ap;
	char *hint;

	if (!err)
		return RS_FAIL;
	va_start(ap, fmt);
	hint = rs_redact(rs_xvprintf(fmt, ap));
	va_end(ap);
	free(err->hint);
	err->hint = hint;
	return RS_FAIL;
}

void rs_err_clear(struct rs_err *err)
{
	static const struct rs_err empty = RS_ERR_INIT;

	if (!err)
		return;
	free(err->primary);
	free(err->detail);
	free(err->hint);
	*err = empty;
}

void rs_err_move(struct rs_err *to, struct rs_err *from)
{
	static const struct rs_err empty = RS_ERR_INIT;

	if (to == from)
		return;
	if (!to) {
		rs_err_clear(from);
		return;
	}
	rs_err_clear(to);
	*to = *from;
	*from = empty;
}

void rs_err_copy(struct rs_err *to, const struct rs_err *from)
{
	if (!to || to == from)
		return;
	rs_err_clear(to);
	*to = *from;
	to->primary = rs_xstrdup(from->primary);
	to->detail = rs_xstrdup(from->detail);
	to->hint = rs_xstrdup(from->hint);
}

const char *rs_err_title(enum rs_errc code)
{
	switch (code) {
#define X(number, symbol, title) \
	case RS_E_##symbol: return _(title);
	RS_ERR_CODES(X)
#undef X
	case RS_E_NONE: break;
	}
	return "";
}

char *rs_err_code_text(enum rs_errc code, char *buf, size_t size)
{
	snprintf(buf, size, "RS-%04u", (unsigned)code % 10000);
	return buf;
}

void rs_bug_at(const char *file, int line, const char *fmt, ...)
{
	va_list ap;

	rs_mem_run_hook();
	fprintf(stderr, "rds-sync: internal error at %s:%d: ", file, line);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	fflush(stderr);
#ifdef RS_DEBUG
	void *frames[64];

	backtrace_symbols_fd(frames, backtrace(frames, 64), STDERR_FILENO);
#endif
	abort();
}
