#include "engine/verify/repairs.h"

#include <stdlib.h>
#include "base/i18n.h"
#include "base/mem.h"
#include "engine/core.h"

#define WAIT_MAX 100

struct rs_repair_request {
	struct rs_repair_request *next;
	uint64_t ticket;
	struct rs_diff_range range;
	bool done, forgotten;
	struct rs_cancel cancel;
	struct rs_repair_counts counts;
	struct rs_err err;
};

void rs_repairs_init(struct rs_repairs *all)
{
	*all = (struct rs_repairs){0};
	rs_monitor_init(&all->monitor);
}

static void free_request(struct rs_repair_request *r)
{
	free(r->range.db);
	free(r->range.table);
	free(r->range.after);
	free(r->range.upto);
	rs_cancel_release(&r->cancel);
	rs_err_clear(&r->err);
	free(r);
}

void rs_repairs_end(struct rs_repairs *all)
{
	rs_monitor_enter(&all->monitor);
	all->ending = true;
	for (struct rs_repair_request *r = all->first; r != NULL; r = r->next)
		rs_cancel_set(&r->cancel);
	rs_monitor_wake(&all->monitor);
	rs_monitor_leave(&all->monitor);
}

void rs_repairs_release(struct rs_repairs *all)
{
	rs_repairs_end(all);
	rs_thread_join(&all->thread);
	while (all->first != NULL) {
		struct rs_repair_request *next = all->first->next;
		free_request(all->first);
		all->first = next;
	}
	rs_monitor_release(&all->monitor);
}

/* ---------------------------------------------------------------- the thread */

static void drop(struct rs_repairs *all, struct rs_repair_request *r)
{
	for (struct rs_repair_request **at = &all->first; *at != NULL; at = &(*at)->next)
		if (*at == r) {
			*at = r->next;
			break;
		}
	all->n--;
	free_request(r);
}

static struct rs_repair_request *next_request(const struct rs_repairs *all)
{
	for (struct rs_repair_request *r = all->first; r != NULL; r = r->next)
		if (!r->done)
			return r;
	return NULL;
}

static bool has_work(const void *arg)
{
	const struct rs_repairs *all = arg;

	return all->ending || next_request(all) != NULL;
}

static void mend(struct rs_engine *e, struct rs_repair_request *r)
{
	struct rs_repair_counts done = {0};
	struct rs_err err = RS_ERR_INIT;

	/* Whoever sees the row mended before we return is to know why. */
	rs_verifier_mended(&e->verifier, r->range.db, r->range.table);
	enum rs_rc rc = rs_cancel_is_set(&r->cancel) ? RS_CANCELLED : rs_repair_range(e, &r->range, &r->cancel, &done, &err);

	if (rc == RS_CANCELLED)
		rs_err_set(&err, RS_E_CANCELLED, _("cancelled"));
	rs_journal(e, rc == RS_OK ? RS_LOG_INFO : RS_LOG_WARN, rc == RS_OK ? NULL : &err,
	           "repair table=%s.%s parts=%llu deleted=%llu written=%llu", r->range.db, r->range.table,
	           (unsigned long long)done.parts, (unsigned long long)done.deleted, (unsigned long long)done.written);
	rs_verifier_mended(&e->verifier, r->range.db, r->range.table);
	rs_monitor_enter(&e->repairs.monitor);
	r->counts = done;
	rs_err_move(&r->err, &err);
	r->done = true;
	if (r->forgotten)
		drop(&e->repairs, r);
	rs_monitor_wake(&e->repairs.monitor);
	rs_monitor_leave(&e->repairs.monitor);
}

static void *repair_main(void *arg)
{
	struct rs_engine *e = arg;
	struct rs_repairs *all = &e->repairs;

	for (;;) {
		rs_monitor_enter(&all->monitor);
		rs_monitor_wait_for(&all->monitor, -1, has_work, all);
		struct rs_repair_request *r = all->ending ? NULL : next_request(all);
		rs_monitor_leave(&all->monitor);
		if (r == NULL)
			return NULL;
		mend(e, r);
	}
}

/* ---------------------------------------------------------------- who asks */

static struct rs_repair_request *find(const struct rs_repairs *all, uint64_t ticket)
{
	for (struct rs_repair_request *r = all->first; r != NULL; r = r->next)
		if (r->ticket == ticket)
			return r;
	return NULL;
}

static void append(struct rs_repairs *all, struct rs_repair_request *r)
{
	struct rs_repair_request **end = &all->first;

	while (*end != NULL)
		end = &(*end)->next;
	*end = r;
	r->ticket = ++all->last;
	all->n++;
}

static bool start(struct rs_engine *e)
{
	return e->repairs.thread.running || rs_thread_start(&e->repairs.thread, "repair", repair_main, e);
}

uint64_t rs_repairs_add(struct rs_engine *e, const struct rs_diff_range *range, struct rs_err *err)
{
	struct rs_repairs *all = &e->repairs;
	uint64_t ticket = 0;

	rs_monitor_enter(&all->monitor);
	if (all->n < WAIT_MAX && start(e)) {
		struct rs_repair_request *r = rs_xcalloc(1, sizeof *r);
		r->err = (struct rs_err)RS_ERR_INIT;
		rs_cancel_init(&r->cancel);
		r->range = (struct rs_diff_range){.db = rs_xstrdup(range->db), .table = rs_xstrdup(range->table),
		                                  .after = rs_xstrdup(range->after), .upto = rs_xstrdup(range->upto)};
		append(all, r);
		ticket = r->ticket;
		rs_monitor_wake(&all->monitor);
	}
	rs_monitor_leave(&all->monitor);
	if (ticket == 0)
		rs_err_set(err, RS_E_REPAIR, _("too many repairs wait already"));
	return ticket;
}

bool rs_repairs_look(struct rs_engine *e, uint64_t ticket, struct rs_repair_counts *done, struct rs_err *err)
{
	struct rs_repairs *all = &e->repairs;

	rs_monitor_enter(&all->monitor);
	struct rs_repair_request *r = find(all, ticket);
	bool over = r == NULL || r->done;
	if (r != NULL && over) {
		*done = r->counts;
		rs_err_move(err, &r->err);
		drop(all, r);
	}
	rs_monitor_leave(&all->monitor);
	return over;
}

void rs_repairs_forget(struct rs_engine *e, uint64_t ticket)
{
	struct rs_repairs *all = &e->repairs;

	rs_monitor_enter(&all->monitor);
	struct rs_repair_request *r = find(all, ticket);
	if (r != NULL && r->done) {
		drop(all, r);
	} else if (r != NULL) {
		r->forgotten = true;
		rs_cancel_set(&r->cancel);
	}
	rs_monitor_leave(&all->monitor);
}

/* ---------------------------------------------------------------- a range as JSON */

static char *member(const json_t *j, const char *name)
{
	return (char *)(uintptr_t)json_string_value(json_object_get(j, name));
}

/* Borrowed from j. RS_E_USAGE. */
static enum rs_rc range_from_json(struct rs_diff_range *out, const json_t *j, struct rs_err *err)
{
	*out = (struct rs_diff_range){.db = member(j, "database"), .table = member(j, "table"), .after = member(j, "after"),
	                              .upto = member(j, "upto")};
	if (out->db && out->table && out->after && out->upto)
		return RS_OK;
	return rs_err_set(err, RS_E_USAGE, _("a range to be repaired can't be read"));
}

json_t *rs_diff_range_to_json(const struct rs_diff_range *r)
{
	return json_pack("{s:s,s:s,s:s,s:s,s:I,s:I,s:I}", "database", r->db, "table", r->table, "after", r->after, "upto", r->upto,
	                 "missing", (json_int_t)r->missing, "extra", (json_int_t)r->extra, "different",
	                 (json_int_t)r->different);
}

/* ---------------------------------------------------------------- as a job of the control socket */

static uint64_t job_start(void *arg, const char *text, struct rs_err *err)
{
	struct rs_diff_range range;
	json_t *j = json_loads(text, 0, NULL);
	uint64_t ticket = range_from_json(&range, j, err) == RS_OK ? rs_repairs_add(arg, &range, err) : 0;

	json_decref(j);
	return ticket;
}

static bool job_look(void *arg, uint64_t ticket, json_t *told, struct rs_err *err)
{
	struct rs_repair_counts done = {0};

	if (!rs_repairs_look(arg, ticket, &done, err))
		return false;
	json_object_set_new(told, "parts", json_integer((json_int_t)done.parts));
	json_object_set_new(told, "deleted", json_integer((json_int_t)done.deleted));
	json_object_set_new(told, "written", json_integer((json_int_t)done.written));
	return true;
}

static void job_forget(void *arg, uint64_t ticket) { rs_repairs_forget(arg, ticket); }

const struct rs_control_job rs_repair_job = {"repair", job_start, job_look, job_forget};
