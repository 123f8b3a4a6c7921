/* The lines of a task's log for the screens that show them, fetched in a thread. UI thread. */
#ifndef RS_LOG_LINES_H
#define RS_LOG_LINES_H

#include "screen/app.h"

struct rs_log_lines;

/* Nothing is known at first. */
struct rs_log_lines *rs_log_lines_new(struct rs_app *app, const struct rs_task *task);
/* What is still being fetched is thrown away. */
void rs_log_lines_free(struct rs_log_lines *l);
/* Asks for what is new, unless it is asked for already; the top screen gets RS_EV_WAKE when there is something. */
void rs_log_lines_fetch(struct rs_log_lines *l);
/* Changes whenever the lines do; 0: nothing was fetched yet. */
unsigned rs_log_lines_version(const struct rs_log_lines *l);
size_t rs_log_lines_count(const struct rs_log_lines *l);
/* The n-th, oldest first, as the log has it. */
const char *rs_log_line(const struct rs_log_lines *l, size_t n);
/* The process whose lines they are; 0: of a file. */
long rs_log_lines_pid(const struct rs_log_lines *l);

/* How bad what a line tells is, and a style that says so. */
enum rs_level rs_log_line_level(const char *line);
unsigned rs_log_line_style(const char *line);
/* The line without its date where that is the one given (ten bytes: "2026-11-30"). */
const char *rs_log_line_short(const char *line, const char *date);
/* The line that was written at a time, or the last before it; (size_t)-1: all are later, or there are none. */
size_t rs_log_lines_at(const struct rs_log_lines *l, rs_usec wall);

#endif
