#include "engine/state.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "engine/report/progress.h"
#include "source/relay.h"

#define FORMAT 1             /* another one is made anew: it is a cache */
#define HISTORY_MAX 5000     /* lines kept */
#define WAIT_MS 100          /* for another process's transaction */
#define AGAIN (30 * RS_USEC_PER_SEC) /* between attempts to open a file that can't be used */
#define IDLE_EVERY (10 * RS_USEC_PER_SEC)

struct rs_state_file {
	char *path;
	sqlite3 *db;                      /* NULL: can't be used at present */
	rs_usec tried;                    /* monotonic: last attempt to open */
	bool complained;                  /* since it last worked */
	const struct rs_progress *before; /* saved last; NULL: none by this process */
	bool has_tables;                  /* the file holds before's */
	json_t *head;                     /* saved last, without the time when it was taken */
	rs_usec saved;                    /* monotonic: when */
};

/* ------------------------------------------------------------------ SQLite */

static bool run(sqlite3 *db, const char *sql)
{
	return sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK;
}

/* Binds text arguments 1 to n and steps once. */
static bool run_with(sqlite3 *db, const char *sql, const char *const *texts, int n, int64_t number)
{
	sqlite3_stmt *stmt = NULL;
	bool ok = sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) == SQLITE_OK;

	for (int i = 0; ok && i < n; i++)
		ok = sqlite3_bind_text(stmt, i + 1, texts[i], -1, SQLITE_STATIC) == SQLITE_OK;
	ok = ok && sqlite3_bind_int64(stmt, n + 1, number) == SQLITE_OK && sqlite3_step(stmt) == SQLITE_DONE;
	sqlite3_finalize(stmt);
	return ok;
}

static int64_t ask_number(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *stmt = NULL;
	int64_t n = -1;

	if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) == SQLITE_OK && sqlite3_step(stmt) == SQLITE_ROW)
		n = sqlite3_column_int64(stmt, 0);
	sqlite3_finalize(stmt);
	return n;
}

static sqlite3 *open_file(const char *path, int flags)
{
	sqlite3 *db = NULL;

	if (sqlite3_open_v2(path, &db, flags | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK) {
		sqlite3_close(db);
		return NULL;
	}
	sqlite3_busy_timeout(db, WAIT_MS);
	return db;
}

static const char layout[] =
	"CREATE TABLE progress(one INTEGER PRIMARY KEY CHECK(one = 1), state TEXT, json TEXT, pid TEXT, saved INTEGER);"
	"CREATE TABLE history(n INTEGER PRIMARY KEY, kind TEXT, text TEXT, at INTEGER);";
/* Pieces of the progress' member "tables", which versions up to 2026-11 wrote into the progress itself. */
static const char tables_layout[] = "CREATE TABLE IF NOT EXISTS tables(n INTEGER PRIMARY KEY, json TEXT)";

/* Makes a new file's tables; false for a file that is not ours, of another format or damaged. quick_check takes
 * milliseconds: the file holds one snapshot and a short history. */
static bool make_ready(sqlite3 *db)
{
	char sql[64];

	/* Nothing here needs to survive a power cut, and no fsync may hold up the engine. */
	if (!run(db, "PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; BEGIN IMMEDIATE"))
		return false;
	if (ask_number(db, "PRAGMA user_version") == 0) {
		snprintf(sql, sizeof sql, "PRAGMA user_version = %d", FORMAT);
		if (!run(db, layout) || !run(db, sql))
			return false;
	}
	return run(db, tables_layout) && run(db, "COMMIT") && ask_number(db, "PRAGMA user_version") == FORMAT &&
	       ask_number(db, "SELECT count(*) FROM pragma_quick_check WHERE quick_check = 'ok'") == 1 &&
	       ask_number(db, "SELECT count(*) FROM sqlite_schema WHERE name IN ('progress', 'history', 'tables')") == 3;
}

static void remove_file(const char *path)
{
	static const char *const suffixes[] = {"", "-wal", "-shm", "-journal"};

	for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
		char *name = rs_xprintf("%s%s", path, suffixes[i]);

		if (unlink(name) != 0 && errno != ENOENT)
			rs_log(RS_LOG_WARN, "can't remove file=%s errno=%d", name, errno);
		free(name);
	}
}

static sqlite3 *open_ready(const char *path, bool *busy)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600); /* SQLite would ask the umask */
	sqlite3 *db = fd < 0 ? NULL : open_file(path, SQLITE_OPEN_READWRITE);

	if (fd >= 0)
		close(fd);
	*busy = false;
	if (db && !make_ready(db)) {
		*busy = sqlite3_errcode(db) == SQLITE_BUSY;
		sqlite3_close(db);
		db = NULL;
	}
	return db;
}

/* ------------------------------------------------------------------ the writer */

static void complain(struct rs_state_file *f, const char *what)
{
	if (!f->complained)
		rs_log(RS_LOG_WARN, "%s file=%s", what, f->path);
	f->complained = true;
}

static void file_close(struct rs_state_file *f)
{
	sqlite3_close(f->db);
	f->db = NULL;
	f->has_tables = false;
	json_decref(f->head);
	f->head = NULL;
}

/* Opens it, making it anew where it is damaged. */
static void file_open(struct rs_state_file *f)
{
	bool busy;

	f->tried = rs_clock_mono();
	f->db = open_ready(f->path, &busy);
	if (f->db || busy)
		return;
	if (access(f->path, F_OK) == 0) {
		rs_log(RS_LOG_WARN, "the local state is damaged and is made anew file=%s", f->path);
		remove_file(f->path);
		f->db = open_ready(f->path, &busy);
	}
	if (!f->db)
		complain(f, "the local state can't be written");
}

static bool file_usable(struct rs_state_file *f)
{
	if (!f->db && rs_clock_mono() - f->tried > AGAIN)
		file_open(f);
	return f->db != NULL;
}

static bool is_damage(int code)
{
	return code == SQLITE_CORRUPT || code == SQLITE_NOTADB || code == SQLITE_ERROR || code == SQLITE_SCHEMA ||
	       code == SQLITE_READONLY || code == SQLITE_IOERR;
}

struct rs_state_file *rs_state_open(const struct rs_task *task)
{
	struct rs_state_file *f = rs_xcalloc(1, sizeof *f);
	char *dir = rs_state_dir(NULL);

	f->path = rs_state_path(task, "db");
	if (dir)
		file_open(f);
	else
		complain(f, "the local state can't be written");
	free(dir);
	return f;
}

void rs_state_close(struct rs_state_file *f)
{
	if (!f)
		return;
	file_close(f);
	rs_progress_unref(f->before);
	free(f->path);
	free(f);
}

/* ------------------------------------------------------------------ history */

static bool history_add(sqlite3 *db, const char *kind, const char *text, rs_usec at)
{
	const char *const texts[] = {kind, text};
	char sql[128];

	if (!run_with(db, "INSERT INTO history(kind, text, at) VALUES(?, ?, ?)", texts, 2, at))
		return false;
	snprintf(sql, sizeof sql, "DELETE FROM history WHERE n <= (SELECT max(n) FROM history) - %d", HISTORY_MAX);
	return run(db, sql);
}

static bool note_state(sqlite3 *db, const struct rs_progress *before, const struct rs_progress *p)
{
	if (before && before->state == p->state)
		return true;
	return history_add(db, "state", rs_state_code(p->state), p->taken);
}

static bool note_phases(sqlite3 *db, const struct rs_progress *before, const struct rs_progress *p)
{
	for (size_t i = 0; i < RS_PHASE_COUNT; i++) {
		enum rs_phase_state was = before ? before->phases[i].state : RS_PHASE_OFF, is = p->phases[i].state;
		char text[64];

		if (is == was || is == RS_PHASE_OFF || is == RS_PHASE_WAITING)
			continue;
		snprintf(text, sizeof text, "%s %s", rs_phase_code((enum rs_phase_id)i), rs_phase_state_code(is));
		if (!history_add(db, "phase", text, p->taken))
			return false;
	}
	return true;
}

static bool knows_problem(const struct rs_progress *before, const struct rs_problem *problem)
{
	for (size_t i = 0; before && i < before->n_problems; i++)
		if (before->problems[i].code == problem->code && strcmp(before->problems[i].text, problem->text) == 0)
			return true;
	return false;
}

static bool note_problems(sqlite3 *db, const struct rs_progress *before, const struct rs_progress *p)
{
	for (size_t i = 0; i < p->n_problems; i++) {
		char code[16], text[sizeof code + 1 + sizeof p->problems->text];

		if (knows_problem(before, &p->problems[i]))
			continue;
		snprintf(text, sizeof text, "%s %s", rs_err_code_text(p->problems[i].code, code, sizeof code),
		         p->problems[i].text);
		if (!history_add(db, "problem", text, p->problems[i].first))
			return false;
	}
	return true;
}

/* ------------------------------------------------------------------ saving */

static bool save_progress(sqlite3 *db, const struct rs_progress *p, const json_t *head)
{
	char *json = json_dumps(head, JSON_COMPACT), pid[24];
	const char *const texts[] = {rs_state_code(p->state), json, pid};
	bool ok;

	snprintf(pid, sizeof pid, "%ld", (long)getpid());
	ok = json && run_with(db, "INSERT OR REPLACE INTO progress(one, state, json, pid, saved) VALUES(1, ?, ?, ?, ?)",
	                      texts, 3, rs_clock_wall());
	free(json);
	return ok;
}

static bool save_piece(sqlite3 *db, const struct rs_table_piece *piece, size_t n)
{
	json_t *j = rs_table_piece_to_json(piece);
	char *json = json_dumps(j, JSON_COMPACT);
	const char *const texts[] = {json};
	bool ok = json && run_with(db, "INSERT OR REPLACE INTO tables(json, n) VALUES(?, ?)", texts, 1, (int64_t)n);

	free(json);
	json_decref(j);
	return ok;
}

/* before: what the file holds; NULL: not known. */
static bool save_tables(sqlite3 *db, const struct rs_progress *before, const struct rs_progress *p)
{
	size_t n = rs_progress_n_pieces(p), known = before ? rs_progress_n_pieces(before) : 0;

	for (size_t i = 0; i < n; i++)
		if ((i >= known || before->pieces[i] != p->pieces[i]) && !save_piece(db, p->pieces[i], i))
			return false;
	return (before && n >= known) || run_with(db, "DELETE FROM tables WHERE n >= ?", NULL, 0, (int64_t)n);
}

static bool save_all(struct rs_state_file *f, const struct rs_progress *p, const json_t *head)
{
	return run(f->db, "BEGIN IMMEDIATE") && save_progress(f->db, p, head) &&
	       save_tables(f->db, f->has_tables ? f->before : NULL, p) && note_state(f->db, f->before, p) &&
	       note_phases(f->db, f->before, p) && note_problems(f->db, f->before, p) && run(f->db, "COMMIT");
}

static bool same_tables(const struct rs_progress *a, const struct rs_progress *b)
{
	size_t n = rs_progress_n_pieces(a);

	return a->n_tables == b->n_tables && (n == 0 || memcmp(a->pieces, b->pieces, n * sizeof *a->pieces) == 0);
}

/* Whether the task has done, met or been told nothing between two heads. */
static bool same_work(const json_t *a, const json_t *b)
{
	static const char *const members[] = {"state",   "consistent", "note",     "throttled", "alerts", "error",
	                                      "failing", "phases",     "counters", "problems",  "verify"};

	for (size_t i = 0; i < sizeof members / sizeof *members; i++)
		if (!json_equal(json_object_get(a, members[i]), json_object_get(b, members[i])))
			return false;
	return true;
}

/* head: p's, without the time when it was taken. */
static bool is_worth_saving(const struct rs_state_file *f, const struct rs_progress *p, const json_t *head)
{
	if (!f->has_tables || !f->head || !same_tables(f->before, p) || !same_work(f->head, head))
		return true;
	return rs_clock_mono() - f->saved >= IDLE_EVERY && !json_equal(f->head, head);
}

/* After a failure: a reader in the way and a full disk pass; a damaged file is made anew. True: try once more. */
static bool recover(struct rs_state_file *f)
{
	int code = sqlite3_errcode(f->db);

	if (!sqlite3_get_autocommit(f->db))
		run(f->db, "ROLLBACK");
	if (!is_damage(code)) {
		if (code != SQLITE_BUSY)
			complain(f, "the local state can't be written");
		return false;
	}
	file_close(f);
	file_open(f);
	return f->db != NULL;
}

/* A file that was removed under us goes on existing for us alone. */
static void notice_removal(struct rs_state_file *f)
{
	if (f->db && access(f->path, F_OK) != 0) {
		file_close(f);
		file_open(f);
	}
}

/* What is saved now is in the file. Takes head over. */
static void remember(struct rs_state_file *f, const struct rs_progress *p, json_t *head)
{
	f->complained = false;
	f->has_tables = true;
	f->saved = rs_clock_mono();
	rs_progress_unref(f->before);
	f->before = rs_progress_ref(p);
	json_decref(f->head);
	f->head = head;
	json_object_del(head, "taken");
}

static bool save(struct rs_state_file *f, const struct rs_progress *p, const json_t *head)
{
	if (save_all(f, p, head) || (recover(f) && save_all(f, p, head)))
		return true;
	if (f->db && !sqlite3_get_autocommit(f->db))
		run(f->db, "ROLLBACK");
	return false;
}

void rs_state_save(struct rs_state_file *f, const struct rs_progress *p)
{
	notice_removal(f);
	if (!file_usable(f))
		return;
	json_t *head = rs_progress_head_to_json(p), *taken = json_incref(json_object_get(head, "taken"));

	json_object_del(head, "workers"); /* of a process that is at work, and never the same */
	json_object_del(head, "taken");
	if (is_worth_saving(f, p, head)) {
		json_object_set(head, "taken", taken);
		if (save(f, p, head))
			remember(f, p, json_incref(head));
	}
	json_decref(taken);
	json_decref(head);
}

void rs_state_note(struct rs_state_file *f, const char *kind, const char *fmt, ...)
{
	struct rs_buf shown = RS_BUF_INIT;
	va_list ap;
	char *text;

	if (!file_usable(f))
		return;
	va_start(ap, fmt);
	text = rs_xvprintf(fmt, ap);
	va_end(ap);
	rs_utf8_printable(&shown, text, strlen(text));
	if (!history_add(f->db, kind, rs_buf_str(&shown), rs_clock_wall()))
		recover(f);
	rs_buf_release(&shown);
	free(text);
}

static bool never_started(enum rs_state s)
{
	return s == RS_STATE_NOT_CONFIGURED || s == RS_STATE_NOT_STARTED || s == RS_STATE_PRECHECKING ||
	       s == RS_STATE_PRECHECK_FAILED || s == RS_STATE_PRECHECK_PASSED;
}

void rs_state_record(const struct rs_task *task, enum rs_state state)
{
	struct rs_state_stored stored;
	struct rs_state_file *f;
	struct rs_progress *p;
	bool had;

	if (!task->id || rs_task_was_locked(task))
		return;
	had = rs_state_read(task, &stored);
	if (had)
		rs_progress_unref(stored.progress);
	if (had && !never_started(stored.state))
		return;
	f = rs_state_open(task);
	p = rs_progress_new(state);
	rs_state_save(f, p);
	rs_progress_unref(p);
	rs_state_close(f);
}

void rs_state_forget_locked(const struct rs_task *task)
{
	static const char *const suffixes[] = {"sock", "reset", "lock"};
	char *path = rs_state_path(task, "db");

	remove_file(path);
	free(path);
	for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
		path = rs_state_path(task, suffixes[i]);
		unlink(path);
		free(path);
	}
	path = rs_state_path(task, "relay");
	rs_relay_remove(path);
	free(path);
}

enum rs_rc rs_state_reset_begins(const struct rs_task *task, struct rs_err *err)
{
	char *path = rs_state_path(task, "reset");
	enum rs_rc rc = rs_file_write(path, "", 0, 0600, err);

	free(path);
	return rc;
}

enum rs_rc rs_state_check_reset(const struct rs_task *task, struct rs_err *err)
{
	char *path = rs_state_path(task, "reset");
	bool begun = access(path, F_OK) == 0;

	free(path);
	if (!begun)
		return RS_OK;
	rs_err_set(err, RS_E_STATE, _("the task %s was being reset, and that did not come to its end"), task->name);
	return rs_err_hint(err, _("its destination may have forgotten it, so that it would begin on top of what is there: \"rds-sync reset "
	                          "%s\" does the rest"), task->name);
}

void rs_state_forget(const struct rs_task *task)
{
	struct rs_task_lock lock = RS_TASK_LOCK_INIT;

	if (!task->id || rs_task_lock(&lock, task, NULL) != RS_OK)
		return;
	rs_state_forget_locked(task);
	rs_task_unlock(&lock);
}

/* ------------------------------------------------------------------ readers */

static sqlite3 *open_to_read(const struct rs_task *task)
{
	char *path;
	sqlite3 *db;

	if (!task->id)
		return NULL;
	path = rs_state_path(task, "db");
	db = open_file(path, SQLITE_OPEN_READWRITE);
	free(path);
	if (db && ask_number(db, "PRAGMA user_version") != FORMAT) {
		sqlite3_close(db);
		db = NULL;
	}
	return db;
}

static const char *column_text(sqlite3_stmt *stmt, int n)
{
	const char *s = (const char *)sqlite3_column_text(stmt, n);

	return s ? s : "";
}

/* Appends what the column's JSON array holds to another. */
static void add_piece(sqlite3_stmt *stmt, json_t *tables)
{
	json_t *piece = json_loads(column_text(stmt, 0), 0, NULL);

	json_array_extend(tables, piece);
	json_decref(piece);
}

/* A file of an earlier version has no such table, but the tables in its progress. */
static void read_tables(sqlite3 *db, json_t *progress)
{
	sqlite3_stmt *stmt = NULL;
	json_t *tables = json_array();

	if (sqlite3_prepare_v2(db, "SELECT json FROM tables ORDER BY n", -1, &stmt, NULL) == SQLITE_OK)
		while (sqlite3_step(stmt) == SQLITE_ROW)
			add_piece(stmt, tables);
	sqlite3_finalize(stmt);
	if (!json_object_get(progress, "tables"))
		json_object_set(progress, "tables", tables);
	json_decref(tables);
}

static bool take_stored(sqlite3 *db, sqlite3_stmt *stmt, struct rs_state_stored *out)
{
	json_t *j = json_loads(column_text(stmt, 0), 0, NULL);

	if (json_is_object(j)) {
		read_tables(db, j);
		out->progress = rs_progress_from_json(j, NULL);
	}
	json_decref(j);
	if (!out->progress)
		return false;
	out->state = out->progress->state;
	out->pid = strtol(column_text(stmt, 1), NULL, 10);
	out->saved = sqlite3_column_int64(stmt, 2);
	return true;
}

/* The statement that is not over yet keeps what the other reads of the same moment. */
bool rs_state_read(const struct rs_task *task, struct rs_state_stored *out)
{
	sqlite3 *db = open_to_read(task);
	sqlite3_stmt *stmt = NULL;
	bool ok;

	memset(out, 0, sizeof *out);
	if (!db)
		return false;
	ok = sqlite3_prepare_v2(db, "SELECT json, pid, saved FROM progress", -1, &stmt, NULL) == SQLITE_OK &&
	     sqlite3_step(stmt) == SQLITE_ROW && take_stored(db, stmt, out);
	sqlite3_finalize(stmt);
	sqlite3_close(db);
	return ok;
}

static void take_history(sqlite3_stmt *stmt, struct rs_history_item *item)
{
	snprintf(item->kind, sizeof item->kind, "%s", column_text(stmt, 0));
	item->text = rs_xstrdup(column_text(stmt, 1));
	item->at = sqlite3_column_int64(stmt, 2);
}

size_t rs_state_history(const struct rs_task *task, size_t max, struct rs_history_item **items)
{
	static const char newest[] = "SELECT kind, text, at FROM (SELECT * FROM history ORDER BY n DESC LIMIT ?) ORDER BY n";
	sqlite3 *db = open_to_read(task);
	sqlite3_stmt *stmt = NULL;
	size_t n = 0, cap = 0;

	*items = NULL;
	if (!db)
		return 0;
	if (sqlite3_prepare_v2(db, newest, -1, &stmt, NULL) == SQLITE_OK &&
	    sqlite3_bind_int64(stmt, 1, (int64_t)max) == SQLITE_OK)
		while (sqlite3_step(stmt) == SQLITE_ROW) {
			RS_GROW(*items, n, cap);
			take_history(stmt, &(*items)[n++]);
		}
	sqlite3_finalize(stmt);
	sqlite3_close(db);
	return n;
}

void rs_history_free(struct rs_history_item *items, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(items[i].text);
	free(items);
}
