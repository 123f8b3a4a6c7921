#include "base/mem.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <unistd.h>

static _Atomic(void (*)(void)) abort_hook;

void rs_mem_set_hook(void (*hook)(void))
{
	atomic_store(&abort_hook, hook);
}

void rs_mem_run_hook(void)
{
	void (*hook)(void) = atomic_exchange(&abort_hook, NULL);

	if (hook)
		hook();
}

static void out_of_memory(void) __attribute__((noreturn, cold));
static void out_of_memory(void)
{
	static const char text[] = "rds-sync: out of memory\n";

	rs_mem_run_hook();
	if (write(STDERR_FILENO, text, sizeof text - 1) < 0) {
		/* nothing is left to be done about it */
	}
	abort();
}

void *rs_xmalloc(size_t size)
{
	void *p = malloc(size ? size : 1);

	if (!p)
		out_of_memory();
	return p;
}

void *rs_xcalloc(size_t count, size_t size)
{
	void *p = count && size ? calloc(count, size) : calloc(1, 1);

	if (!p)
		out_of_memory();
	return p;
}

void *rs_xrealloc(void *p, size_t size)
{
	void *q = realloc(p, size ? size : 1);

	if (!q)
		out_of_memory();
	return q;
}

char *rs_xstrdup(const char *s)
{
	return s ? rs_xstrndup(s, strlen(s)) : NULL;
}

char *rs_xstrndup(const char *s, size_t n)
{
	size_t len;
	char *copy;

	if (!s)
		return NULL;
	len = strnlen(s, n);
	copy = rs_xmalloc(len + 1);
	memcpy(copy, s, len);
	copy[len] = '\0';
	return copy;
}

char *rs_xvprintf(const char *fmt, va_list ap)
{
	va_list again;
	char *text;
	int len;

	va_copy(again, ap);
	len = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	if (len < 0)
		return rs_xstrdup(fmt);
	text = rs_xmalloc((size_t)len + 1);
	vsnprintf(text, (size_t)len + 1, fmt, ap);
	return text;
}

char *rs_xprintf(const char *fmt, ...)
{
	va_list ap;
	char *text;

	va_start(ap, fmt);
	text = rs_xvprintf(fmt, ap);
	va_end(ap);
	return text;
}
