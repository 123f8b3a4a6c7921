/* Allocation on the control path: small, bounded objects whose failure is not worth handling. Each function aborts
 * when memory is out, after the registered hook (the terminal's restorer) has run. The data path uses rs_arena and
 * rs_buf, which have limits and report. Thread-safe. */
#ifndef RS_MEM_H
#define RS_MEM_H

#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

void *rs_xmalloc(size_t size) __attribute__((malloc, returns_nonnull));
void *rs_xcalloc(size_t count, size_t size) __attribute__((malloc, returns_nonnull));
void *rs_xrealloc(void *p, size_t size) __attribute__((returns_nonnull));
/* NULL in, NULL out. */
char *rs_xstrdup(const char *s);
char *rs_xstrndup(const char *s, size_t n);
char *rs_xprintf(const char *fmt, ...) __attribute__((format(printf, 1, 2), returns_nonnull));

char *rs_xvprintf(const char *fmt, va_list ap) __attribute__((format(printf, 1, 0), returns_nonnull));

/* Makes room for one more element in a growing array: doubles *cap when count has reached it. */
#define RS_GROW(array, count, cap)                                                        \
	do {                                                                                  \
		if ((count) >= (cap)) {                                                           \
			(cap) = (cap) ? (cap) * 2 : 8;                                                \
			(array) = rs_xrealloc((array), (size_t)(cap) * sizeof *(array));              \
		}                                                                                 \
	} while (0)

/* Called once before the process aborts, for want of memory or by rs_bug(); async-signal-safe calls only. */
void rs_mem_set_hook(void (*hook)(void));
/* Runs the hook unless it has run; for rs_bug(). */
void rs_mem_run_hook(void);

#endif
