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
	[RS_STATE_INITIALIZE_FAILED] = {"InitializeFailed", N_("Initialization failed")},
	[RS_STATE_SYNCHRONIZING] = {"Synchronizing", N_("Synchronizing")},
	[RS_STATE_FAILED] = {"Failed", N_("Failed")},
	[RS_STATE_PAUSED] = {"Suspending", N_("Paused")},
	[RS_STATE_RETRYING] = {"Retrying", N_("Retrying")},
	[RS_STATE_FINISHED] = {"Finished", N_("Finished")},
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

/* ------------------------------------------------------------------ the life of a snapshot */

struct rs_progress *rs_progress_new(enum rs_state state)
{
	struct rs_progress *p = rs_xcalloc(1, sizeof *p);

	atomic_init(&p->refs, 1);
	p->state = state;
	p->taken = rs_clock_wall();
	p->rows_per_sec = p->bytes_per_sec = -1;
	p->lag = p->log_lasts = -1;
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
	free(p->tables);
	free(p->problems);
	free(p->strings);
	free(p);
}

void rs_progress_unref(const struct rs_progress *p)
{
	if (p && atomic_fetch_sub_explicit(refs_of(p), 1, memory_order_acq_rel) == 1)
		progress_free((struct rs_progress *)(uintptr_t)p);
}

/* ------------------------------------------------------------------ filling it */

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

void rs_progress_set_tables(struct rs_progress *p, const struct rs_table_progress *tables, size_t n)
{
	size_t size = 1;
	char *at, *strings;
	struct rs_table_progress *copies;

	for (size_t i = 0; i < n; i++)
		size += text_size(tables[i].db) + text_size(tables[i].name) + text_size(tables[i].dest_db) +
		        text_size(tables[i].dest_name) + text_size(tables[i].note);
	at = strings = rs_xmalloc(size);
	copies = rs_xmalloc((n + 1) * sizeof *copies);
	for (size_t i = 0; i < n; i++) {
		copies[i] = tables[i];
		copies[i].db = text_put(&at, tables[i].db);
		copies[i].name = text_put(&at, tables[i].name);
		copies[i].dest_db = text_put(&at, tables[i].dest_db);
		copies[i].dest_name = text_put(&at, tables[i].dest_name);
		copies[i].note = text_put(&at, tables[i].note);
	}
	free(p->tables);
	free(p->strings);
	p->tables = copies;
	p->strings = strings;
	p->n_tables = n;
}

void rs_progress_set_problems(struct rs_progress *p, const struct rs_problem *problems, size_t n)
{
	free(p->problems);
	p->problems = rs_xmalloc((n + 1) * sizeof *problems);
	if (n)
		memcpy(p->problems, problems, n * sizeof *problems);
	p->n_problems = n;
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
}

void rs_problems_release(struct rs_problem_list *l)
{
	free(l->items);
	*l = (struct rs_problem_list)RS_PROBLEM_LIST_INIT;
}
