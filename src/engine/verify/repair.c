#include "engine/verify/repair_priv.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "base/fault.h"
#include "base/i18n.h"
#include "base/map.h"
#include "base/mem.h"
#include "codec/row_filter.h"
#include "db/my_schema.h"
#include "engine/follow/follow.h"
#include "engine/verify/row_key.h"

#define PART_ROWS 500
#define PART_BYTES ((uint64_t)4 << 20)
#define TRIES 200
#define PAUSE RS_MSEC(100)

/* ---------------------------------------------------------------- the destination's transaction */

/* The rows that are deleted are known by what the destination shows. */
static struct rs_route route_of_deletes(const struct rs_repairing *r, const struct rs_route *route)
{
	struct rs_route out = *route;

	if (r->own_form != NULL) {
		out.source = r->own_form;
		out.row_key = route->row_key ? rs_table_row_key(r->own_form) : NULL;
	}
	return out;
}

static enum rs_rc send(struct rs_follow *f, struct rs_repairing *r, const struct rs_route *route, struct rs_err *err)
{
	struct rs_applier *a = f->lanes[0].applier;
	struct rs_anomalies ignored = {0};
	const struct rs_route of_deletes = route_of_deletes(r, route);
	bool newest = r->key != NULL;
	enum rs_rc rc = RS_OK;

	if (r->deletes->n_rows > 0)
		rc = a->ops->rows(a, &of_deletes, r->deletes, newest, &ignored, err);
	if (rc == RS_OK && r->own_form != NULL)
		rc = a->ops->settle(a, err);
	if (rc == RS_OK && r->writes->n_rows > 0)
		rc = a->ops->rows(a, route, r->writes, newest, &ignored, err);
	return rc == RS_OK ? a->ops->settle(a, err) : rc;
}

/* What is about to be committed is ahead of the rest until the stream has come to `upto`: said before it is seen. */
static void note_mended(struct rs_follow *f, const struct rs_position *upto)
{
	struct rs_position *mended = &f->e->mended_upto;

	if (mended->file == NULL || rs_position_compare(upto, mended) > 0)
		rs_position_copy(mended, upto);
	pthread_mutex_lock(&f->e->stats.lock);
	rs_follow_show_consistency(f, &f->saved);
	pthread_mutex_unlock(&f->e->stats.lock);
}

/* upto: the end of the changes that overlap with what is written; NULL: none do. */
static enum rs_rc write_part(struct rs_follow *f, struct rs_repairing *r, struct rs_sync_table *t, const struct rs_position *upto,
                             struct rs_err *err)
{
	struct rs_applier *a = f->lanes[0].applier;
	struct rs_meta_table meta = t->meta;
	enum rs_rc rc = a->ops->begin(a, &f->saved, f->saved_time, NULL, err);

	rs_step("repair-begun");
	if (rc == RS_OK)
		rc = send(f, r, t->route, err);
	rs_step("repair-written");
	if (upto != NULL)
		meta.overlap = *upto;
	if (rc == RS_OK && upto != NULL)
		rc = a->ops->note_table(a, &meta, err);
	if (rc != RS_OK) {
		a->ops->rollback(a);
		return rc;
	}
	if (upto != NULL)
		note_mended(f, upto);
	rc = a->ops->commit(a, &f->saved, f->saved_time, err);
	rs_step("repair-committed");
	f->renew = f->renew || rc != RS_OK; /* whether it was committed only the destination can tell */
	if (rc == RS_OK && upto != NULL)
		rs_position_copy(&t->meta.overlap, upto);
	return rc;
}

/* ---------------------------------------------------------------- the errand */

/* XA transactions whose COMMIT is in the log may not be seen for a moment. Those that were prepared before the part was
 * read must be so a moment later: ns, far longer than a server takes. */
#define MOMENT 100000000L

struct prepared {
	char **xids;
	size_t n;
};

static void forget_prepared(struct prepared *p)
{
	for (size_t i = 0; i < p->n; i++)
		free(p->xids[i]);
	free(p->xids);
	*p = (struct prepared){NULL, 0};
}

static enum rs_rc read_prepared(struct rs_follow *f, struct prepared *p, struct rs_err *err)
{
	return f->e->source->ops->prepared(f->e->source, &p->xids, &p->n, err);
}

static bool has_xid(const struct prepared *p, const char *xid)
{
	for (size_t i = 0; i < p->n; i++)
		if (strcmp(p->xids[i], xid) == 0)
			return true;
	return false;
}

static enum rs_rc are_still_prepared(struct rs_follow *f, const struct prepared *before, bool *all, struct rs_err *err)
{
	const struct timespec moment = {0, MOMENT};
	struct prepared now = {NULL, 0};

	*all = true;
	if (before->n == 0)
		return RS_OK;
	nanosleep(&moment, NULL);
	enum rs_rc rc = read_prepared(f, &now, err);
	for (size_t i = 0; rc == RS_OK && i < before->n; i++)
		*all = *all && has_xid(&now, before->xids[i]);
	forget_prepared(&now);
	return rc;
}

static bool may_apply_twice(const struct rs_repairing *r, const struct rs_route *route)
{
	return r->key != NULL && route->n_cascades == 0 && !route->is_cascaded_to;
}

static size_t family_of(struct rs_engine *e, const struct rs_repairing *r, const struct rs_route *route,
                        const struct rs_table **out)
{
	size_t n = 0;

	out[n++] = r->source_table;
	for (size_t i = 0; !may_apply_twice(r, route) && i < e->n_tables; i++) {
		const struct rs_route *other = e->tables[i].route;
		if (other != NULL && (other->n_cascades > 0 || other->is_cascaded_to))
			out[n++] = other->source;
	}
	return n;
}

static enum rs_rc look_between(struct rs_follow *f, struct rs_repairing *r, const struct rs_route *route,
                               const struct rs_position *end, struct rs_between *out, struct rs_err *err)
{
	struct rs_engine *e = f->e;
	const struct rs_table **tables = rs_xcalloc(e->n_tables + 1, sizeof *tables);
	size_t n = family_of(e, r, route, tables);
	enum rs_rc rc = e->source->ops->between(e->source, &f->saved, end, tables, n, out, err);

	free(tables);
	return rc;
}

/* Reads everything that is needed, and finds out what the log has behind the destination's position by then. */
static enum rs_rc read_part(struct rs_follow *f, struct rs_repairing *r, const struct rs_route *route, struct rs_position *end,
                            struct rs_between *between, struct rs_err *err)
{
	enum rs_rc rc = rs_repair_look(r, err);

	if (rc == RS_OK && r->differing.n > 0)
		rc = rs_repair_gather(r, err);
	rs_step("repair-read");
	if (rc == RS_OK)
		rc = f->e->source->ops->end(f->e->source, end, err);
	return rc == RS_OK ? look_between(f, r, route, end, between, err) : rc;
}

static bool is_usable(const struct rs_repairing *r, const struct rs_route *route, const struct rs_between *b)
{
	return !b->unknown && !b->statement && (!b->rows || may_apply_twice(r, route));
}

static enum rs_rc mend_part(struct rs_follow *f, struct rs_repairing *r, struct rs_sync_table *t,
                            const struct prepared *before, struct rs_err *err)
{
	struct rs_position end = RS_POSITION_INIT;
	struct rs_between between = {.unknown = true};
	bool still = true;
	enum rs_rc rc = read_part(f, r, t->route, &end, &between, err);

	if (rc == RS_OK && r->differing.n > 0)
		rc = are_still_prepared(f, before, &still, err);
	r->put_off = rc != RS_OK || (r->differing.n > 0 && (!still || !is_usable(r, t->route, &between)));
	if (rc == RS_OK && !r->put_off && r->deletes != NULL && r->deletes->n_rows + r->writes->n_rows > 0) {
		rc = write_part(f, r, t, between.rows ? &end : NULL, err);
		r->mended = rc == RS_OK;
	}
	rs_position_clear(&end);
	return rc;
}

/* The table is the one that was prepared for, and its place in the stream is clear. */
static struct rs_sync_table *ready_table(struct rs_follow *f, const struct rs_repairing *r)
{
	struct rs_sync_table *t = rs_plan_find(f->e, r->source_table->db, r->source_table->name);

	if (t == NULL || t->route == NULL || t->meta.state == RS_TABLE_GONE || f->n_ahead > 0 || f->saved.file == NULL)
		return NULL;
	return rs_table_same(t->route->source, r->source_table) && rs_follow_is_consistent(f, &f->saved) ? t : NULL;
}

static enum rs_rc errand(struct rs_follow *f, void *arg, struct rs_err *err)
{
	struct rs_repairing *r = arg;
	struct rs_sync_table *t = ready_table(f, r);
	struct prepared before = {NULL, 0};
	bool visible = false;

	r->put_off = true;
	if (t == NULL)
		return RS_OK;
	enum rs_rc rc = read_prepared(f, &before, err);
	if (rc == RS_OK)
		rc = f->e->source->ops->passed(f->e->source, &f->saved, &visible, err);
	if (rc == RS_OK && visible)
		rc = mend_part(f, r, t, &before, err);
	forget_prepared(&before);
	/* Which connection it was does not matter: the source's own is not noticed to be lost by anybody else. */
	f->renew = f->renew || (rc == RS_FAIL && err->retry == RS_RETRY_RECONNECT);
	return rc;
}

/* ---------------------------------------------------------------- who asks */

static enum rs_rc too_often(const struct rs_repairing *r, struct rs_err *err)
{
	rs_err_set(err, RS_E_REPAIR, _("a range of %s.%s could not be repaired: the source has changed too much meanwhile"),
	           r->source_table->db, r->source_table->name);
	return rs_err_hint(err, _("try again when there is less to do; a table without a key, or with foreign keys that have "
	                          "actions, is repaired only while nothing changes it: synchronize it anew otherwise"));
}

/* What looks different from here may only be on its way. */
static enum rs_rc mend_if_different(struct rs_repairing *r, struct rs_cancel *cancel, struct rs_err *err)
{
	enum rs_rc rc = rs_repair_look(r, err);

	for (int i = 0; rc == RS_OK && i < TRIES && r->differing.n > 0; i++) {
		if (i > 0 && rs_cancel_sleep(cancel, PAUSE))
			return RS_CANCELLED;
		r->mended = r->put_off = false;
		rc = rs_errand_do(r->e, errand, r, cancel, err);
		if (rc == RS_OK && r->mended) {
			r->done->parts++;
			r->done->deleted += r->deletes->n_rows;
			r->done->written += r->writes->n_rows;
		}
		bool over = rc == RS_OK && !r->put_off && !r->differing.more;
		rs_repair_forget(r);
		if (over)
			return RS_OK;
		if (rc == RS_AGAIN) /* nothing is followed just now */
			rc = RS_OK;
		if (rc == RS_OK)
			rc = rs_repair_look(r, err);
	}
	return rc == RS_OK && r->differing.n > 0 ? too_often(r, err) : rc;
}

static uint64_t rows_of_a_part(const struct rs_repairing *r)
{
	uint64_t row = r->source_table->rows > 0 ? r->source_table->bytes / r->source_table->rows : 0;
	uint64_t rows = row > 0 ? PART_BYTES / row : PART_ROWS;

	return rows < 1 ? 1 : rows > PART_ROWS ? PART_ROWS : rows;
}

/* Where the next part ends: neither side has many more rows in it. RS_EOF: where the range does. */
static enum rs_rc next_part(struct rs_repairing *r, const struct rs_bound *upto, struct rs_err *err)
{
	uint64_t rows = rows_of_a_part(r);
	struct rs_bound less = {NULL, 0};
	enum rs_rc rc = r->source_reader->ops->bound(r->source_reader, r->source_table, r->key, &r->after, upto, rows, &r->upto,
	                                             err);
	bool last = rc == RS_EOF;

	if (last)
		rs_bound_copy(&r->upto, upto);
	if (!rs_row_bounds_alike(&r->c, r->key))
		return rc;
	if (rc == RS_OK || last)
		rc = r->dest_reader->ops->bound(r->dest_reader, r->dest_table, r->dest_key, &r->after, &r->upto, 4 * rows, &less, err);
	if (rc == RS_OK) {
		rs_bound_clear(&r->upto);
		r->upto = less;
		return RS_OK;
	}
	return rc == RS_EOF && !last ? RS_OK : rc;
}

static enum rs_rc mend_parts(struct rs_repairing *r, const struct rs_bound *upto, struct rs_cancel *cancel, struct rs_err *err)
{
	enum rs_rc rc = RS_OK;
	bool last = false;

	if (r->dest_key == NULL || r->one_source != NULL)
		return mend_if_different(r, cancel, err);
	while (rc == RS_OK && !last) {
		rc = rs_cancel_is_set(cancel) ? RS_CANCELLED : next_part(r, upto, err);
		last = rc == RS_EOF;
		if (rc == RS_OK || last)
			rc = mend_if_different(r, cancel, err);
		rs_bound_clear(&r->after);
		r->after = r->upto;
		r->upto = (struct rs_bound){NULL, 0};
	}
	return rc;
}

/* ---------------------------------------------------------------- preparing */

static enum rs_rc refuse(struct rs_err *err, const struct rs_diff_range *range, const char *why)
{
	rs_err_set(err, RS_E_REPAIR, _("%s.%s can't be repaired while the task runs"), range->db, range->table);
	rs_err_detail(err, "%s", why);
	return rs_err_hint(err, _("synchronize the table anew"));
}

static enum rs_rc open_sides(struct rs_repairing *r, struct rs_err *err)
{
	enum rs_rc rc = rs_source_open_to_read(r->e->task, &r->source, err);

	if (rc == RS_OK)
		rc = rs_source_open_destination(r->e->task, &r->dest, err);
	if (rc == RS_OK)
		rc = r->source->ops->reader(r->source, &r->source_reader, err);
	if (rc == RS_OK)
		rc = r->dest->ops->reader(r->dest, &r->dest_reader, err);
	if (rc != RS_OK)
		return rc;
	rs_engine_live(r->e, (void (*)(void *))r->source_reader->ops->cancel, r->source_reader);
	rs_engine_live(r->e, (void (*)(void *))r->dest_reader->ops->cancel, r->dest_reader);
	return RS_OK;
}

static enum rs_rc read_tables(struct rs_repairing *r, const struct rs_diff_range *range, struct rs_err *err)
{
	const struct rs_selection *objects = r->objects;
	const char *db, *name;

	if (!rs_selection_includes_table(objects, range->db, range->table))
		return rs_err_set(err, RS_E_USAGE, _("the table %s.%s does not belong to the task"), range->db, range->table);
	rs_selection_map_table(objects, range->db, range->table, &db, &name);
	enum rs_rc rc = r->source->ops->table(r->source, range->db, range->table, &r->source_table, err);
	if (rc == RS_OK)
		rc = r->dest->ops->table(r->dest, db, name, &r->dest_table, err);
	if (rc == RS_OK)
		rc = rs_row_filter_where(objects, r->source_table, &r->where, err);
	r->source_reader->where = r->where;
	return rc;
}

/* Only what is written can be mended. */
static void bind(struct rs_repairing *r)
{
	const struct rs_table *s = r->source_table;

	r->columns = rs_xcalloc(s->n_columns + 1, sizeof *r->columns);
	for (size_t i = 0; i < s->n_columns; i++) {
		const char *name = rs_selection_map_column(r->objects, s->db, s->name, s->columns[i].name);
		int column = rs_table_column(r->dest_table, name);
		bool written = column >= 0 && !s->columns[i].generated && !r->dest_table->columns[column].generated;
		r->columns[i] = written ? column : -1;
	}
	r->c = (struct rs_compare){.source = s, .dest = r->dest_table, .columns = r->columns,
	                           .source_reader = r->source_reader, .dest_reader = r->dest_reader,
	                           .signed_zero = r->source->signed_zero && r->dest->signed_zero, .unfit = r->e->task->unfit, .counts = &r->counts};
	r->key = rs_table_row_key(s);
	r->dest_key = rs_compare_matching_key(&r->c);
	if (!rs_row_is_native(&r->c))
		return;
	r->own_form = rs_table_clone(s);
	for (size_t i = 0; i < s->n_columns; i++) {
		struct rs_column *c = &r->own_form->columns[i];
		if (r->columns[i] < 0)
			continue;
		c->type = RS_T_NATIVE;
		free(c->native);
		c->native = rs_xstrdup(r->dest_table->columns[r->columns[i]].native);
	}
}

/* Rows without a key are found at the destination by values that must mean the same there. */
static bool all_alike(const struct rs_repairing *r)
{
	for (size_t i = 0; i < r->source_table->n_columns; i++) {
		if (r->columns[i] < 0)
			continue;
		const struct rs_column *a = &r->source_table->columns[i], *b = &r->dest_table->columns[r->columns[i]];
		bool same_charset = a->charset == b->charset || (a->charset && b->charset && strcmp(a->charset, b->charset) == 0);
		if (a->type != b->type || !same_charset)
			return false;
	}
	return true;
}

/* The kinds of changes of the table that are synchronized. */
static unsigned changes_of(const struct rs_repairing *r)
{
	const struct rs_operations *o = rs_selection_operations(r->objects, r->source_table->db, r->source_table->name);

	return o ? o->dml : r->e->task->sync.dml;
}

static enum rs_rc check(struct rs_repairing *r, const struct rs_diff_range *range, struct rs_err *err)
{
	const unsigned all = RS_SYNC_INSERT | RS_SYNC_UPDATE | RS_SYNC_DELETE;

	if ((changes_of(r) & all) != all)
		return refuse(err, range, _("the task leaves changes out (dml): differences are wanted"));
	const bool whole = *range->after == '\0' && *range->upto == '\0';

	if (r->key != NULL && r->dest_key == NULL && !(whole && r->own_form))
		return refuse(err, range, _("the destination's table does not have the source's key, or sorts it otherwise"));
	if (r->key == NULL && !r->own_form && !all_alike(r))
		return refuse(err, range, _("it has no key, and columns of another type at the destination"));
	if (r->key == NULL && !whole)
		return rs_err_set(err, RS_E_USAGE, _("a table without a key has no ranges"));
	if (!rs_bound_from_text(&r->after, range->after) || (r->after.n > 0 && r->after.n != r->key->n_parts))
		return rs_err_set(err, RS_E_USAGE, _("\"%s\" is no place in the table's key"), range->after);
	return RS_OK;
}

/* From a key to the same: that row alone, wherever either side sorts it. */
static enum rs_rc choose_one(struct rs_repairing *r, const struct rs_diff_range *range, struct rs_err *err)
{
	struct rs_buf source = RS_BUF_INIT, dest = RS_BUF_INIT;
	struct rs_bound there = {NULL, 0};

	if (r->after.n == 0 || strcmp(range->after, range->upto) != 0)
		return RS_OK;
	if (rs_row_side_bound(&r->sides[1], r->key, &r->after, &there, err) != RS_OK)
		return RS_FAIL;
	rs_row_key_condition(&source, r->source_table, r->key, r->after.values);
	rs_row_key_condition(&dest, r->dest_table, r->dest_key, there.values);
	rs_bound_clear(&there);
	if (r->where != NULL)
		rs_buf_addf(&source, " AND %s", r->where);
	r->one_source = rs_buf_take(&source);
	r->one_dest = rs_buf_take(&dest);
	r->source_reader->where = r->one_source;
	r->dest_reader->where = r->one_dest;
	rs_bound_clear(&r->after);
	return RS_OK;
}

static enum rs_rc check_engine(struct rs_repairing *r, const struct rs_diff_range *range, struct rs_err *err)
{
	return r->source_table->engine == NULL || rs_my_engine_is_transactional(r->source_table->engine)
	           ? RS_OK
	           : refuse(err, range, _("the source's storage engine has no transactions"));
}

static void close_all(struct rs_repairing *r)
{
	rs_repair_forget(r);
	rs_selection_free(r->objects);
	rs_bound_clear(&r->after);
	rs_bound_clear(&r->upto);
	for (int i = 0; i < 2; i++)
		if (r->sides[i].values != NULL)
			rs_row_side_close(&r->sides[i]);
	free(r->columns);
	free(r->where);
	free(r->one_source);
	free(r->one_dest);
	rs_table_unref(r->own_form);
	rs_table_unref(r->source_table);
	rs_table_unref(r->dest_table);
	if (r->source_reader != NULL) {
		rs_engine_dead(r->e, r->source_reader);
		r->source_reader->ops->close(r->source_reader);
	}
	if (r->dest_reader != NULL) {
		rs_engine_dead(r->e, r->dest_reader);
		r->dest_reader->ops->close(r->dest_reader);
	}
	if (r->source != NULL)
		r->source->ops->close(r->source);
	if (r->dest != NULL)
		r->dest->ops->close(r->dest);
}

/* The coordinator may change them. */
static enum rs_rc copy_objects(struct rs_follow *f, void *arg, struct rs_err *err)
{
	struct rs_repairing *r = arg;

	(void)err;
	r->objects = rs_selection_copy(f->e->task->objects);
	return RS_OK;
}

static enum rs_rc read_objects(struct rs_repairing *r, struct rs_cancel *cancel, struct rs_err *err)
{
	enum rs_rc rc = RS_AGAIN;

	for (int i = 0; rc == RS_AGAIN && i < TRIES; i++) {
		if (i > 0 && rs_cancel_sleep(cancel, PAUSE))
			return RS_CANCELLED;
		rc = rs_errand_do(r->e, copy_objects, r, cancel, err);
	}
	if (rc == RS_AGAIN)
		rc = rs_err_set(err, RS_E_REPAIR, _("the task does not follow the source's changes now"));
	return rc;
}

enum rs_rc rs_repair_range(struct rs_engine *e, const struct rs_diff_range *range, struct rs_cancel *cancel,
                           struct rs_repair_counts *done, struct rs_err *err)
{
	struct rs_repairing r = {.e = e, .differing = RS_SUSPECTS_INIT, .done = done};
	struct rs_bound upto = {NULL, 0};
	enum rs_rc rc = read_objects(&r, cancel, err);

	if (rc == RS_OK)
		rc = open_sides(&r, err);
	if (rc == RS_OK)
		rc = read_tables(&r, range, err);
	if (rc == RS_OK) {
		bind(&r);
		rs_row_side_open(&r.sides[0], &r.c, false, r.source_table, r.key);
		rs_row_side_open(&r.sides[1], &r.c, true, r.dest_table, r.key);
		rc = check_engine(&r, range, err);
	}
	if (rc == RS_OK)
		rc = check(&r, range, err);
	if (rc == RS_OK && (!rs_bound_from_text(&upto, range->upto) || (upto.n > 0 && upto.n != r.key->n_parts)))
		rc = rs_err_set(err, RS_E_USAGE, _("\"%s\" is no place in the table's key"), range->upto);
	if (rc == RS_OK)
		rc = choose_one(&r, range, err);
	if (rc == RS_OK)
		rc = mend_parts(&r, &upto, cancel, err);
	rs_bound_clear(&upto);
	close_all(&r);
	return rc;
}
