#include "engine/report/progress.h"

#include <string.h>
#include "base/buf.h"
#include "base/i18n.h"
#include "base/mem.h"
#include "base/utf8.h"

/* ------------------------------------------------------------------ words */

static const struct {
	const char *code, *title;
} states[] = {
	[RS_STATE_NOT_CONFIGURED] = {"NotConfigured", N_("Not configured")},
	[RS_STATE_NOT_STARTED] = {"NotStarted", N_("Not started")},
	[RS_STATE_PRECHECKING] = {"Prechecking", N_("Prechecking")},
	[RS_STATE_PRECHECK_FAILED] = {"PrecheckFailed", N_("Precheck failed")},
	[RS_STATE_PRECHECK_PASSED] = {"PreCheckPass", N_("Precheck passed")},
	[RS_STATE_INITIALIZING] = {"Initializing", N_("Initializing")},
	[RS_STATE_INITIALIZE_FAILED] = {"InitializeFailed", N_("Initial synchronization failed")},
	[RS_STATE_SYNCHRONIZING] = {"Synchronizing", N_("Synchronizing")},
	[RS_STATE_FAILED] = {"Failed", N_("Synchronization failed")},
	[RS_STATE_PAUSED] = {"Suspending", N_("Paused")},
	[RS_STATE_RETRYING] = {"Retrying", N_("Retrying")},
	[RS_STATE_FINISHED] = {"Finished", N_("Completed")},
	[RS_STATE_INTERRUPTED] = {"Interrupted", N_("Interrupted, resumable")},
	[RS_STATE_STOPPED] = {"Stopped", N_("Stopped, resumable")},
	[RS_STATE_RELEASED] = {"Released", N_("Released")},
};

#define N_STATES (sizeof states / sizeof *states)

const char *rs_state_code(enum rs_state s)
{
	return (size_t)s < N_STATES ? states[s].code : "Unknown";
}

const char *rs_state_title(enum rs_state s)
{
	return (size_t)s < N_STATES ? states[s].title : N_("Unknown");
}

const char *rs_state_title_of(const char *flow, enum rs_state s)
{
	const bool zero_etl = flow && strcmp(flow, "zero-etl") == 0;

	if (zero_etl && s == RS_STATE_NOT_CONFIGURED)
		return N_("Undefined");
	return zero_etl && s == RS_STATE_NOT_STARTED ? N_("Defined") : rs_state_title(s);
}

bool rs_state_parse(const char *code, enum rs_state *s)
{
	for (size_t i = 0; i < N_STATES; i++)
		if (strcmp(states[i].code, code) == 0) {
			*s = (enum rs_state)i;
			return true;
		}
	return false;
}

static const char *const syncs[] = {[RS_TABLE_SYNCHRONIZING] = "synchronizing", [RS_TABLE_INITIALIZING] = "initializing",
                                    [RS_TABLE_JOINING] = "joining", [RS_TABLE_SUSPENDED] = "suspended"};

const char *rs_table_sync_code(enum rs_table_sync s) { return syncs[s]; }

bool rs_table_sync_parse(const char *code, enum rs_table_sync *s)
{
	for (size_t i = 0; i < sizeof syncs / sizeof *syncs; i++)
		if (strcmp(syncs[i], code) == 0) {
			*s = (enum rs_table_sync)i;
			return true;
		}
	return false;
}

static const char *const actions[] = {[RS_TABLE_SUSPEND] = "suspend", [RS_TABLE_RESUME] = "resume", [RS_TABLE_RESYNC] = "resync"};

const char *rs_table_action_word(enum rs_table_action a) { return actions[a]; }

bool rs_table_action_parse(const char *word, enum rs_table_action *a)
{
	for (size_t i = 0; i < sizeof actions / sizeof *actions; i++)
		if (strcmp(actions[i], word) == 0) {
			*a = (enum rs_table_action)i;
			return true;
		}
	return false;
}

const char *rs_phase_code(enum rs_phase_id phase)
{
	static const char *const codes[] = {"schema", "full", "incremental"};

	return (size_t)phase < RS_PHASE_COUNT ? codes[phase] : "unknown";
}

const char *rs_phase_state_code(enum rs_phase_state state)
{
	static const char *const codes[] = {"off", "waiting", "running", "done", "failed"};

	return (size_t)state < sizeof codes / sizeof *codes ? codes[state] : "unknown";
}

const char *rs_verifier_state_code(enum rs_verifier_state state)
{
	static const char *const codes[] = {"off", "waiting", "running"};

	return (size_t)state < sizeof codes / sizeof *codes ? codes[state] : "unknown";
}

/* ------------------------------------------------------------------ its tables */

static size_t text_size(const char *s)
{
	return s ? strlen(s) + 1 : 0;
}

static const char *text_put(char **at, const char *s)
{
	size_t size = text_size(s);
	char *copy = *at;

	if (size == 0)
		return NULL;
	memcpy(copy, s, size);
	*at += size;
	return copy;
}

static const char *since_of(const struct rs_table_progress *t)
{
	return t->since ? t->since : "";
}

/* A piece and its strings are one block. */
static struct rs_table_piece *piece_alloc(const struct rs_table_progress *tables, size_t n)
{
	size_t size = sizeof(struct rs_table_piece) + n * sizeof *tables;

	for (size_t i = 0; i < n; i++)
		size += text_size(tables[i].db) + text_size(tables[i].name) + text_size(tables[i].dest_db) +
		        text_size(tables[i].dest_name) + text_size(since_of(&tables[i])) + text_size(tables[i].note);
	return rs_xmalloc(size);
}

#define SERIALS_A_USEC 256 /* pieces are made more slowly than this */

/* Begins where no earlier process has come to. */
static uint64_t next_serial(void)
{
	static atomic_uint_least64_t last;
	uint_least64_t none = 0;

	if (atomic_load(&last) == 0)
		(void)atomic_compare_exchange_strong(&last, &none, (uint64_t)rs_clock_wall() * SERIALS_A_USEC);
	return atomic_fetch_add(&last, 1) + 1;
}

const struct rs_table_piece *rs_table_piece_new(const struct rs_table_progress *tables, size_t n)
{
	return rs_table_piece_sent(tables, n, next_serial());
}

const struct rs_table_piece *rs_table_piece_sent(const struct rs_table_progress *tables, size_t n, uint64_t serial)
{
	struct rs_table_piece *piece = piece_alloc(tables, n);
	char *at = (char *)&piece->tables[n];

	atomic_init(&piece->refs, 1);
	piece->serial = serial;
	piece->n = n;
	for (size_t i = 0; i < n; i++) {
		struct rs_table_progress *t = &piece->tables[i];
		*t = tables[i];
		t->db = text_put(&at, t->db);
		t->name = text_put(&at, t->name);
		t->dest_db = text_put(&at, t->dest_db);
		t->dest_name = text_put(&at, t->dest_name);
		t->since = text_put(&at, since_of(t));
		t->note = text_put(&at, t->note);
	}
	return piece;
}

static atomic_uint *piece_refs(const struct rs_table_piece *piece)
{
	return (atomic_uint *)(uintptr_t)&piece->refs;
}

const struct rs_table_piece *rs_table_piece_ref(const struct rs_table_piece *piece)
{
	atomic_fetch_add_explicit(piece_refs(piece), 1, memory_order_relaxed);
	return piece;
}

void rs_table_piece_unref(const struct rs_table_piece *piece)
{
	if (piece && atomic_fetch_sub_explicit(piece_refs(piece), 1, memory_order_acq_rel) == 1)
		free((struct rs_table_piece *)(uintptr_t)piece);
}

static void drop_tables(struct rs_progress *p)
{
	for (size_t i = 0; i < rs_progress_n_pieces(p); i++)
		rs_table_piece_unref(p->pieces[i]);
	free(p->pieces);
	p->pieces = NULL;
	p->n_tables = 0;
}

bool rs_progress_same_tables(const struct rs_progress *a, const struct rs_progress *b)
{
	bool same = a->n_tables == b->n_tables;

	for (size_t i = 0; same && i < rs_progress_n_pieces(a); i++)
		same = a->pieces[i] == b->pieces[i];
	return same;
}

void rs_progress_share_tables(struct rs_progress *p, const struct rs_table_piece *const *pieces, size_t n)
{
	drop_tables(p);
	p->n_tables = n;
	p->pieces = rs_xcalloc(rs_progress_n_pieces(p) + 1, sizeof(const struct rs_table_piece *));
	for (size_t i = 0; i < rs_progress_n_pieces(p); i++)
		p->pieces[i] = rs_table_piece_ref(pieces[i]);
}

/* The last piece that is not full is made anew, with as many of the tables as it lacked; how many those are. */
static size_t fill_last(struct rs_progress *p, const struct rs_table_progress *tables, size_t n)
{
	size_t has = p->n_tables % RS_PIECE_TABLES, lacks = has > 0 ? RS_PIECE_TABLES - has : 0;
	const struct rs_table_piece **last = &p->pieces[p->n_tables / RS_PIECE_TABLES], *old;
	struct rs_table_progress all[RS_PIECE_TABLES];

	if (lacks > n)
		lacks = n;
	if (lacks == 0)
		return 0;
	old = *last;
	memcpy(all, old->tables, has * sizeof *all);
	memcpy(all + has, tables, lacks * sizeof *all);
	*last = rs_table_piece_new(all, has + lacks);
	rs_table_piece_unref(old);
	p->n_tables += lacks;
	return lacks;
}

void rs_progress_add_tables(struct rs_progress *p, const struct rs_table_progress *tables, size_t n)
{
	size_t all = p->n_tables + n;

	p->pieces = rs_xrealloc(p->pieces, (all / RS_PIECE_TABLES + 1) * sizeof(const struct rs_table_piece *));
	for (size_t done = fill_last(p, tables, n), now; done < n; done += now) {
		now = n - done < RS_PIECE_TABLES ? n - done : RS_PIECE_TABLES;
		p->pieces[p->n_tables / RS_PIECE_TABLES] = rs_table_piece_new(tables + done, now);
		p->n_tables += now;
	}
}

void rs_progress_set_tables(struct rs_progress *p, const struct rs_table_progress *tables, size_t n)
{
	drop_tables(p);
	rs_progress_add_tables(p, tables, n);
}

/* ------------------------------------------------------------------ the life of a snapshot */

struct rs_progress *rs_progress_new(enum rs_state state)
{
	struct rs_progress *p = rs_xcalloc(1, sizeof *p);

	atomic_init(&p->refs, 1);
	p->state = state;
	p->taken = rs_clock_wall();
	p->rows_per_sec = p->bytes_per_sec = -1;
	p->lag = p->log_lasts = p->log_kept = p->log_room = -1;
	p->verify.source_share = p->verify.dest_share = -1;
	p->error = (struct rs_err)RS_ERR_INIT;
	return p;
}

/* The counter is the only part that changes, and const says that nothing else does. */
static atomic_uint *refs_of(const struct rs_progress *p)
{
	return (atomic_uint *)(uintptr_t)&p->refs;
}

const struct rs_progress *rs_progress_ref(const struct rs_progress *p)
{
	atomic_fetch_add_explicit(refs_of(p), 1, memory_order_relaxed);
	return p;
}

static void progress_free(struct rs_progress *p)
{
	rs_err_clear(&p->error);
	rs_failing_free(p->failing);
	rs_verify_progress_clear(&p->verify);
	drop_tables(p);
	free(p->problems);
	rs_problem_counts_clear(&p->counted);
	free(p->workers);
	free(p->slow);
	free(p);
}

void rs_progress_unref(const struct rs_progress *p)
{
	if (p && atomic_fetch_sub_explicit(refs_of(p), 1, memory_order_acq_rel) == 1)
		progress_free((struct rs_progress *)(uintptr_t)p);
}

void rs_progress_add_problems(struct rs_progress *p, const struct rs_problem *problems, size_t n)
{
	p->problems = rs_xrealloc(p->problems, (p->n_problems + n + 1) * sizeof *problems);
	if (n)
		memcpy(p->problems + p->n_problems, problems, n * sizeof *problems);
	p->n_problems += n;
}

void rs_progress_set_problems(struct rs_progress *p, const struct rs_problem *problems, size_t n)
{
	p->n_problems = 0;
	rs_progress_add_problems(p, problems, n);
}

/* ------------------------------------------------------------------ the cell */

void rs_progress_cell_init(struct rs_progress_cell *c, const struct rs_progress *first)
{
	pthread_mutex_init(&c->lock, NULL);
	c->newest = first;
}

void rs_progress_cell_release(struct rs_progress_cell *c)
{
	rs_progress_unref(c->newest);
	c->newest = NULL;
	pthread_mutex_destroy(&c->lock);
}

void rs_progress_publish(struct rs_progress_cell *c, const struct rs_progress *p)
{
	const struct rs_progress *old;

	pthread_mutex_lock(&c->lock);
	old = c->newest;
	c->newest = p;
	pthread_mutex_unlock(&c->lock);
	rs_progress_unref(old);
}

const struct rs_progress *rs_progress_get(struct rs_progress_cell *c)
{
	const struct rs_progress *p;

	pthread_mutex_lock(&c->lock);
	p = rs_progress_ref(c->newest);
	pthread_mutex_unlock(&c->lock);
	return p;
}

/* ------------------------------------------------------------------ problems */

/* Escapes text into a field of a problem, cut at a character. */
static void field_set(char *to, size_t size, const char *text)
{
	struct rs_buf b = RS_BUF_INIT;
	size_t n;

	rs_utf8_printable(&b, text, strlen(text));
	n = b.len < size ? b.len : size - 1;
	while (n < b.len && n > 0 && ((unsigned char)b.data[n] & 0xC0) == 0x80)
		n--;
	memcpy(to, rs_buf_str(&b), n);
	to[n] = '\0';
	rs_buf_release(&b);
}

/* A problem is one line; an error's lines are told one after the other. */
static void join_lines(struct rs_buf *out, const char *text)
{
	for (const char *end; *text; text = *end ? end + 1 : end) {
		end = strchrnul(text, '\n');
		rs_buf_addf(out, "%.*s%s", (int)(end - text), text, end[0] && end[1] ? "; " : "");
	}
}

static void problem_fill(struct rs_problem *problem, const struct rs_err *err, const char *object)
{
	struct rs_buf text = RS_BUF_INIT;

	memset(problem, 0, sizeof *problem);
	problem->code = err->code;
	if (object)
		rs_buf_addf(&text, "%s: ", object);
	rs_buf_adds(&text, err->primary ? err->primary : rs_err_title(err->code));
	if (err->detail) {
		rs_buf_adds(&text, ": ");
		join_lines(&text, err->detail);
	}
	field_set(problem->text, sizeof problem->text, rs_buf_str(&text));
	field_set(problem->hint, sizeof problem->hint, err->hint ? err->hint : "");
	rs_buf_release(&text);
}

static void count_code(struct rs_problem_counts *c, enum rs_errc code, uint64_t n)
{
	size_t i = 0;

	while (i < c->n && c->items[i].code != code)
		i++;
	if (i == c->n) {
		RS_GROW(c->items, c->n, c->cap);
		c->items[c->n++] = (struct rs_problem_count){code, 0};
	}
	c->items[i].n += n;
}

void rs_problem_counts_add(struct rs_problem_counts *c, const struct rs_problem_counts *more)
{
	for (size_t i = 0; i < more->n; i++)
		count_code(c, more->items[i].code, more->items[i].n);
}

void rs_problem_counts_clear(struct rs_problem_counts *c)
{
	free(c->items);
	*c = (struct rs_problem_counts){NULL, 0, 0};
}

/* Moves an old problem that has happened again to the end, where the newest are. */
static struct rs_problem *problem_again(struct rs_problem_list *l, size_t i)
{
	struct rs_problem again = l->items[i];

	memmove(&l->items[i], &l->items[i + 1], (l->count - i - 1) * sizeof again);
	l->items[l->count - 1] = again;
	return &l->items[l->count - 1];
}

static struct rs_problem *problem_slot(struct rs_problem_list *l, const struct rs_problem *wanted)
{
	for (size_t i = 0; i < l->count; i++)
		if (l->items[i].code == wanted->code && strcmp(l->items[i].text, wanted->text) == 0)
			return problem_again(l, i);
	if (l->count == RS_PROBLEMS_MAX) {
		l->count--;
		memmove(l->items, l->items + 1, l->count * sizeof *l->items);
	}
	RS_GROW(l->items, l->count, l->cap);
	l->items[l->count] = *wanted;
	return &l->items[l->count++];
}

void rs_problems_add(struct rs_problem_list *l, const struct rs_err *err, const char *object, bool fatal)
{
	rs_usec now = rs_clock_wall();
	struct rs_problem wanted, *problem;

	problem_fill(&wanted, err, object);
	wanted.first = now;
	problem = problem_slot(l, &wanted);
	problem->last = now;
	problem->count++;
	problem->fatal = fatal;
	count_code(&l->counted, err->code, 1);
}

void rs_problems_release(struct rs_problem_list *l)
{
	free(l->items);
	rs_problem_counts_clear(&l->counted);
	*l = (struct rs_problem_list)RS_PROBLEM_LIST_INIT;
}
