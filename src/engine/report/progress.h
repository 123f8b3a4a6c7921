/* Snapshots of progress, from the side that makes them. The engine fills a struct rs_progress, publishes it in a cell,
 * and never touches it again: from then on it is immutable and counted by reference, so that any thread reads it without
 * a lock. Its tables come in pieces, which it shares with those before and after it where nothing changed: a snapshot of
 * ten thousand idle tables costs what one of ten does.
 *
 * A cell holds the newest snapshot. Its lock is held for as long as it takes to copy a pointer and count. */
#ifndef RS_PROGRESS_H
#define RS_PROGRESS_H

#include <jansson.h>
#include "base/thread.h"
#include "engine/engine.h"

/* One reference, everything zero but what "not measured" marks with a negative number; taken is now. Filled by its
 * maker until it is published. */
struct rs_progress *rs_progress_new(enum rs_state state);
/* Deep copies of all n tables, strings included; set: in place of those it had. */
void rs_progress_set_tables(struct rs_progress *p, const struct rs_table_progress *tables, size_t n);
void rs_progress_add_tables(struct rs_progress *p, const struct rs_table_progress *tables, size_t n);
/* Shares the pieces of n tables in place of those it had. */
void rs_progress_share_tables(struct rs_progress *p, const struct rs_table_piece *const *pieces, size_t n);

/* Deep copies of at most RS_PIECE_TABLES tables; one reference. NULL is fine for unref. */
const struct rs_table_piece *rs_table_piece_new(const struct rs_table_progress *tables, size_t n);
/* The same for one that another process has made. */
const struct rs_table_piece *rs_table_piece_sent(const struct rs_table_progress *tables, size_t n, uint64_t serial);
const struct rs_table_piece *rs_table_piece_ref(const struct rs_table_piece *piece);
void rs_table_piece_unref(const struct rs_table_piece *piece);

void rs_progress_set_problems(struct rs_progress *p, const struct rs_problem *problems, size_t n);
void rs_progress_add_problems(struct rs_progress *p, const struct rs_problem *problems, size_t n);
void rs_problem_counts_add(struct rs_problem_counts *c, const struct rs_problem_counts *more);
void rs_problem_counts_clear(struct rs_problem_counts *c);
/* rs_progress_to_json and what is for processes of the same user only: the rows of the failing event, the value of a hot key. */
json_t *rs_progress_to_private_json(const struct rs_progress *p);
/* The same in parts: all but "tables"; and the elements of that array which a piece makes. */
json_t *rs_progress_head_to_json(const struct rs_progress *p);
json_t *rs_table_piece_to_json(const struct rs_table_piece *piece);
/* For who has some pieces already: the serials of all, and those pieces alone that are not among the n that he has, which are
 * in their order. And back, into a progress without tables, which shares those that known has: RS_E_STATE where that lacks one. */
json_t *rs_progress_tables_since(const struct rs_progress *p, const uint64_t *has, size_t n);
enum rs_rc rs_progress_take_tables(struct rs_progress *p, const json_t *tables, const struct rs_progress *known, struct rs_err *err)
	RS_MUST_CHECK;
/* The opposite of either: one reference, or NULL with RS_E_STATE. Members that are missing are what
 * rs_progress_new makes them; unknown ones are passed over (a newer version wrote them). */
struct rs_progress *rs_progress_from_json(const json_t *j, struct rs_err *err);

struct rs_failing *rs_failing_copy(const struct rs_failing *f);
void rs_failing_free(struct rs_failing *f);
/* null for NULL. with_row: also what the columns hold, which is for the user's own processes only. And back. */
json_t *rs_failing_to_json(const struct rs_failing *f, bool with_row);
struct rs_failing *rs_failing_from_json(const json_t *j);

/* What goes on beside following; and back, into one that is zero: members that are missing stay so. */
json_t *rs_verify_progress_to_json(const struct rs_verify_progress *v);
void rs_verify_progress_from_json(const json_t *j, struct rs_verify_progress *v);
void rs_verify_progress_clear(struct rs_verify_progress *v);
struct rs_known_diff rs_known_diff_copy(const struct rs_known_diff *d);
void rs_known_diff_clear(struct rs_known_diff *d);

/* The words of differences: "missing", "extra", "different", "count". */
const char *rs_diff_kind_code(enum rs_diff_kind kind);

/* Two arrays: what its threads are at, and which statements took long; and back, into one that has none. */
json_t *rs_workers_to_json(const struct rs_progress *p);
json_t *rs_slow_to_json(const struct rs_progress *p);
void rs_workers_from_json(const json_t *workers, const json_t *slow, struct rs_progress *p);

/* Appends the text without what may be values of rows: texts in quotes of either kind that are not said to be names, and numbers
 * that a column in backquotes is compared with or set to. in_quotes: it is JSON or a line of a log, where double quotes hold the
 * texts themselves and those within have a backslash. */
void rs_diagnostics_redact(const char *text, size_t len, bool in_quotes, struct rs_buf *out);
/* Whether a line of a log, in either of its forms, says that it is of another task than that one: the common log has all. */
bool rs_diagnostics_of_another(const char *line, const char *task);
/* Whether it says that it is of that one. */
bool rs_diagnostics_names(const char *line, const char *task);

/* What holds it up, by its threads. */
enum rs_bottleneck rs_bottleneck_of(const struct rs_progress *p);

/* An error as {"code", "primary", "detail", "hint", "sqlstate", "native"}, null for one that is not set; and back (err is
 * left alone for null). */
json_t *rs_err_to_json(const struct rs_err *err);
void rs_err_from_json(const json_t *j, struct rs_err *err);

/* "schema", "running": the published words. */
const char *rs_phase_code(enum rs_phase_id phase);
const char *rs_phase_state_code(enum rs_phase_state state);

struct rs_progress_cell {
	pthread_mutex_t lock;             /* guards newest */
	const struct rs_progress *newest; /* a reference; never NULL */
};

/* first: a reference that the cell takes over. */
void rs_progress_cell_init(struct rs_progress_cell *c, const struct rs_progress *first);
void rs_progress_cell_release(struct rs_progress_cell *c);
/* Takes over the caller's reference. */
void rs_progress_publish(struct rs_progress_cell *c, const struct rs_progress *p);
/* A reference for the caller. */
const struct rs_progress *rs_progress_get(struct rs_progress_cell *c);

/* The problems of a running task, newest last, at most RS_PROBLEMS_MAX: those that say the same are counted, not
 * repeated. One owner, no locking. */
#define RS_PROBLEMS_MAX 200

struct rs_problem_list {
	struct rs_problem *items;
	size_t count, cap;
	struct rs_problem_counts counted; /* never falls */
};

#define RS_PROBLEM_LIST_INIT {NULL, 0, 0, {NULL, 0, 0}}

/* object: "db.table" it concerns, or NULL; it becomes part of the text, and of what makes two problems the same. The
 * error stays the caller's. Texts of servers are escaped here. */
void rs_problems_add(struct rs_problem_list *l, const struct rs_err *err, const char *object, bool fatal);
void rs_problems_release(struct rs_problem_list *l);

#endif
