/* The log: one line an event, UTC with milliseconds, key=value, English; --log-format=json makes each line an object.
 * Thread-safe. The last 500 lines are kept in memory for the troubleshooting screen. No row values above trace; no
 * secrets at all (they are not printable). Texts from servers are escaped. base, model and codec never log. */
#ifndef RS_LOG_H
#define RS_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/err.h"

enum rs_level { RS_LOG_ERROR, RS_LOG_WARN, RS_LOG_INFO, RS_LOG_DEBUG, RS_LOG_TRACE };
enum rs_log_format { RS_LOG_TEXT, RS_LOG_JSON };

/* path NULL: standard error. A file is made with mode 0600 and rotated once at 16 MiB. */
enum rs_rc rs_log_open(const char *path, enum rs_level level, enum rs_log_format format, struct rs_err *err);
void rs_log_close(void);
bool rs_log_level_parse(const char *text, enum rs_level *level);
void rs_log_set_level(enum rs_level level);
bool rs_log_enabled(enum rs_level level);
/* Whether lines go to standard error (a full-screen program must not capture its own log). */
bool rs_log_to_stderr(void);

/* module: the file's base name; text: printf style, "what happened key=value key=value". */
#define rs_log(level, ...) \
	(rs_log_enabled(level) ? rs_log_at((level), __FILE__, __VA_ARGS__) : (void)0)
void rs_log_at(enum rs_level level, const char *file, const char *fmt, ...) RS_PRINTF(3, 4);
/* An error that ends here: its code, texts and native numbers on one line. */
void rs_log_err(enum rs_level level, const char *what, const struct rs_err *err);

#define RS_LOG_KEPT 500
/* Copies the newest of the lines after the number *last (0: all that are kept), oldest first, at most max; each is malloc'ed and
 * the caller's. *last becomes the number of the newest there is. Returns how many. */
size_t rs_log_since(uint64_t *last, char **lines, size_t max);

#endif
