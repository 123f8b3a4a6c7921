/* Bulk loading by COPY, whose rows are pulled from the source while the server takes them, so that no chunk is ever held. Rows go
 * straight into their table where none of them can meet another; else through a temporary one, from where one statement puts
 * them in their places. */
#include "sink/pg_sink.h"

#include <stdlib.h>
#include <string.h>
#include "base/fault.h"
#include "base/i18n.h"
#include "base/mem.h"

enum { PIECE = 64 << 10 };
#define STAGE "pg_temp.rds_sync_stage"

struct loader {
	struct rs_loader base;
	struct rs_pg_sink *sink;
	struct rs_pg pg;
	struct rs_pg_shapes shapes;
	struct rs_buf lines, sql;
	struct rs_value *values;
	size_t cap_values;
	uint64_t rows, bytes;          /* of this load */
};

static struct loader *self(struct rs_loader *l) { return (struct loader *)l; }

/* ---------------------------------------------------------------- lines */

static enum rs_rc put_line(struct loader *l, struct rs_pg_shape *s, const struct rs_route *r, struct rs_err *err)
{
	bool first = true;

	for (size_t i = 0; i < r->source->n_columns; i++) {
		struct rs_value text;

		if (!rs_route_writes(r, i))
			continue;
		if (rs_pg_shape_convert(s, i, &l->values[i], &text, err) != RS_OK)
			return RS_FAIL;
		if (!first)
			rs_buf_addc(&l->lines, '\t');
		rs_pg_copy_value(&l->lines, &text);
		first = false;
	}
	rs_buf_addc(&l->lines, '\n');
	if (rs_buf_failed(&l->lines))
		return rs_err_set(err, RS_E_MEMORY, _("a row of %s.%s is larger than 1 GiB"), r->source->db, r->source->name);
	return RS_OK;
}

static enum rs_rc failed(struct loader *l, struct rs_err *err) { return rs_pg_failed(&l->pg, NULL, _("a query"), err); }

static enum rs_rc send(struct loader *l, struct rs_err *err)
{
	int sent;

	while ((sent = PQputCopyData(l->pg.handle, rs_buf_str(&l->lines), (int)l->lines.len)) == 0)
		if (rs_pg_await(&l->pg, 0, err) != RS_OK)
			return RS_FAIL;
	l->bytes += l->lines.len;
	rs_buf_clear(&l->lines);
	return sent > 0 ? RS_OK : failed(l, err);
}

/* The server's word on a COPY that has ended, or has failed: whatever it says comes then. */
static enum rs_rc take_word(struct loader *l, uint64_t *taken, struct rs_err *err)
{
	enum rs_rc rc = RS_OK;
	PGresult *r;

	while (rc == RS_OK && (rc = rs_pg_await_result(&l->pg, err)) == RS_OK && (r = PQgetResult(l->pg.handle))) {
		if (PQresultStatus(r) == PGRES_COMMAND_OK)
			*taken = strtoull(PQcmdTuples(r), NULL, 10);
		else
			rc = rs_pg_failed(&l->pg, r, _("a query"), err);
		PQclear(r);
	}
	return rc;
}

static enum rs_rc end_copy(struct loader *l, const char *why, struct rs_err *err)
{
	int ended;

	while ((ended = PQputCopyEnd(l->pg.handle, why)) == 0)
		if (rs_pg_await(&l->pg, 0, err) != RS_OK)
			return RS_FAIL;
	return ended > 0 ? RS_OK : failed(l, err);
}

/* What stopped us is the cause, not what the server says of it. */
static void give_up(struct loader *l)
{
	struct rs_err ignored = RS_ERR_INIT;
	uint64_t taken;

	if (rs_pg_is_open(&l->pg) && end_copy(l, "given up", &ignored) == RS_OK && take_word(l, &taken, &ignored) != RS_OK)
		rs_err_clear(&ignored);
	rs_err_clear(&ignored);
}

static enum rs_rc send_rows(struct loader *l, const struct rs_route *r, const struct rs_row_source *rows, struct rs_err *err)
{
	struct rs_pg_shape *s;
	enum rs_rc rc = rs_pg_shape_of(&l->shapes, r, &s, err);

	while (rc == RS_OK && (rc = rows->next(rows->arg, l->values, err)) == RS_OK) {
		rc = put_line(l, s, r, err);
		l->rows++;
		if (rc == RS_OK && l->lines.len >= PIECE)
			rc = send(l, err);
	}
	return rc == RS_EOF ? RS_OK : rc;
}

static enum rs_rc copy_into(struct loader *l, const char *table, const struct rs_route *r, const struct rs_row_source *rows,
                            struct rs_err *err)
{
	uint64_t taken = 0, before = l->rows;
	enum rs_rc rc;

	rs_buf_clear(&l->lines);
	rs_buf_clear(&l->sql);
	rs_buf_addf(&l->sql, "COPY %s (", table);
	rs_pg_put_columns(&l->sql, r, "");
	rs_buf_adds(&l->sql, ") FROM STDIN");
	rc = rs_pg_script(&l->pg, rs_buf_str(&l->sql), err);
	if (rc != RS_OK)
		return rc;
	rc = send_rows(l, r, rows, err);
	if (rc == RS_OK && l->lines.len > 0)
		rc = send(l, err);
	if (rc != RS_OK) {
		give_up(l);
		return rc;
	}
	rc = end_copy(l, NULL, err);
	if (rc == RS_OK)
		rc = take_word(l, &taken, err);
	if (rc != RS_OK || taken == l->rows - before)
		return rc;
	rs_err_set(err, RS_E_DEST_WARNING, _("the destination did not load all rows of %s.%s"), r->dest->db, r->dest->name);
	return rs_err_detail(err, _("%llu rows sent, %llu stored"), (unsigned long long)(l->rows - before), (unsigned long long)taken);
}

/* ---------------------------------------------------------------- through a temporary table */

static enum rs_rc run(struct loader *l, struct rs_err *err) { return rs_pg_exec(&l->pg, rs_buf_str(&l->sql), NULL, 0, NULL, err); }

static enum rs_rc make_stage(struct loader *l, const struct rs_route *r, struct rs_err *err)
{
	rs_buf_clear(&l->sql);
	rs_buf_adds(&l->sql, "CREATE TEMP TABLE rds_sync_stage ON COMMIT DROP AS SELECT ");
	rs_pg_put_columns(&l->sql, r, "");
	rs_buf_adds(&l->sql, " FROM ");
	rs_pg_put_dest(&l->sql, r);
	rs_buf_adds(&l->sql, " WITH NO DATA");
	if (rs_pg_spreads(&l->pg) && r->row_key) {
		rs_buf_adds(&l->sql, " DISTRIBUTED BY (");
		rs_pg_put_key_columns(&l->sql, r, "");
		rs_buf_addc(&l->sql, ')');
	}
	return run(l, err);
}

static const struct rs_key *dest_row_key(const struct rs_route *r)
{
	for (size_t k = 0; k < r->dest->n_keys; k++)
		if (rs_pg_is_row_key(r, &r->dest->keys[k]))
			return &r->dest->keys[k];
	return NULL;
}

/* Rows that have a unique value of those that come, and are older. keep: but for the same rows. */
static enum rs_rc make_way(struct loader *l, const struct rs_route *r, bool keep, struct rs_err *err)
{
	const struct rs_key *own = dest_row_key(r);
	enum rs_rc rc = RS_OK;

	for (size_t k = 0; rc == RS_OK && k < r->dest->n_keys; k++) {
		const struct rs_key *key = &r->dest->keys[k];

		if (!rs_pg_is_filled(r, key) || (keep && key == own))
			continue;
		rs_buf_clear(&l->sql);
		rs_buf_adds(&l->sql, "DELETE FROM ");
		rs_pg_put_dest(&l->sql, r);
		rs_buf_adds(&l->sql, " t USING " STAGE " s WHERE ");
		rs_pg_put_same(&l->sql, r->dest, key);
		if (keep && own) {
			rs_buf_adds(&l->sql, " AND NOT (");
			rs_pg_put_same(&l->sql, r->dest, own);
			rs_buf_addc(&l->sql, ')');
		}
		rc = run(l, err);
	}
	return rc;
}

/* Of those that are there already none comes: Greenplum 6 has no ON CONFLICT. */
static void put_lacking(struct loader *l, const struct rs_route *r)
{
	const char *word = " s WHERE NOT EXISTS (SELECT 1 FROM ";

	for (size_t k = 0; k < r->dest->n_keys; k++) {
		if (!rs_pg_is_filled(r, &r->dest->keys[k]))
			continue;
		rs_buf_adds(&l->sql, word);
		rs_pg_put_dest(&l->sql, r);
		rs_buf_adds(&l->sql, " t WHERE ");
		rs_pg_put_same(&l->sql, r->dest, &r->dest->keys[k]);
		rs_buf_addc(&l->sql, ')');
		word = " AND NOT EXISTS (SELECT 1 FROM ";
	}
}

static bool upserts(const struct loader *l, const struct rs_route *r) { return !rs_pg_spreads(&l->pg) && rs_pg_has_row_key(r); }

static enum rs_rc put_in_place(struct loader *l, const struct rs_route *r, enum rs_load_mode mode, struct rs_err *err)
{
	rs_buf_clear(&l->sql);
	rs_buf_adds(&l->sql, "INSERT INTO ");
	rs_pg_put_dest(&l->sql, r);
	rs_buf_adds(&l->sql, " (");
	rs_pg_put_columns(&l->sql, r, "");
	rs_buf_adds(&l->sql, ") SELECT ");
	rs_pg_put_columns(&l->sql, r, "");
	rs_buf_adds(&l->sql, " FROM " STAGE);
	if (mode == RS_LOAD_IGNORE && rs_pg_spreads(&l->pg))
		put_lacking(l, r);
	else if (mode == RS_LOAD_IGNORE)
		rs_buf_adds(&l->sql, " ON CONFLICT DO NOTHING");
	if (mode == RS_LOAD_UPDATE && upserts(l, r)) {
		rs_buf_adds(&l->sql, " ON CONFLICT (");
		rs_pg_put_key_columns(&l->sql, r, "");
		rs_buf_adds(&l->sql, ") DO UPDATE SET ");
		rs_pg_put_excluded(&l->sql, r);
	}
	return run(l, err);
}

static enum rs_rc load_staged(struct loader *l, const struct rs_route *r, const struct rs_row_source *rows, enum rs_load_mode mode,
                              struct rs_err *err)
{
	enum rs_rc rc = make_stage(l, r, err);

	if (rc == RS_OK)
		rc = copy_into(l, STAGE, r, rows, err);
	if (rc == RS_OK && mode != RS_LOAD_IGNORE)
		rc = make_way(l, r, mode == RS_LOAD_UPDATE && upserts(l, r), err);
	if (rc == RS_OK)
		rc = put_in_place(l, r, mode, err);
	if (rc == RS_OK)
		rc = rs_pg_exec(&l->pg, "DROP TABLE " STAGE, NULL, 0, NULL, err);
	return rc;
}

/* Chunks have no key in common; but a row that was copied, and then changed its key, comes again with the unique values that it
 * had. */
static bool goes_straight(const struct rs_route *r, enum rs_load_mode mode)
{
	return mode == RS_LOAD_PLAIN || (mode == RS_LOAD_REPLACE && !rs_pg_has_rivals(r));
}

static enum rs_rc load_rows(struct loader *l, const struct rs_route *r, const struct rs_row_source *rows, enum rs_load_mode mode,
                            struct rs_err *err)
{
	struct rs_buf name = RS_BUF_INIT;
	enum rs_rc rc;

	if (r->source->n_columns > l->cap_values) {
		l->cap_values = r->source->n_columns;
		l->values = rs_xrealloc(l->values, l->cap_values * sizeof *l->values);
	}
	l->rows = l->bytes = 0;
	rs_pg_put_dest(&name, r);
	rc = goes_straight(r, mode) ? copy_into(l, rs_buf_str(&name), r, rows, err) : load_staged(l, r, rows, mode, err);
	rs_buf_release(&name);
	if (rc == RS_FAIL)
		rs_err_detail(err, _("loading %s.%s"), r->dest->db, r->dest->name);
	return rc;
}

/* ---------------------------------------------------------------- the loader */

static enum rs_rc finish(struct loader *l, enum rs_rc rc, struct rs_err *err)
{
	if (rc == RS_OK)
		rs_step("chunk-before-commit");
	rc = rs_pg_meta_end(&l->pg, rc, err);
	if (rc == RS_OK)
		rs_step("chunk-after-commit");
	return rc;
}

static enum rs_rc loader_load(struct rs_loader *base, const struct rs_route *route, const struct rs_row_source *rows,
                              const struct rs_meta_chunk *mark, enum rs_load_mode mode, uint64_t *n_rows, uint64_t *n_bytes,
                              struct rs_err *err)
{
	struct loader *l = self(base);
	enum rs_rc rc = rs_pg_exec(&l->pg, "BEGIN", NULL, 0, NULL, err);

	l->rows = l->bytes = 0;
	if (rc == RS_OK)
		rc = rs_pg_meta_mark_chunk(&l->pg, l->sink, route->source, mark, err);
	rs_step("chunk-marked");
	if (rc == RS_OK)
		rc = load_rows(l, route, rows, mode, err);
	if (rc == RS_OK)
		rc = rs_pg_meta_count_chunk(&l->pg, l->sink, route->source, mark, l->rows, err);
	rs_step("chunk-loaded");
	*n_rows = l->rows;
	*n_bytes = l->bytes;
	return finish(l, rc, err);
}

static enum rs_rc loader_mend(struct rs_loader *base, const struct rs_route *route, const struct rs_key *dest_key,
                              const struct rs_row_source *gone, const struct rs_row_source *rows, const struct rs_meta_chunk *mark,
                              uint64_t *n_rows, uint64_t *n_bytes, struct rs_err *err)
{
	(void)base, (void)route, (void)dest_key, (void)gone, (void)rows, (void)mark, (void)n_rows, (void)n_bytes;
	return rs_err_set(err, RS_E_NOT_SUPPORTED, _("this can't be done yet with a destination of the PostgreSQL family"));
}

static enum rs_rc loader_whole_begin(struct rs_loader *base, struct rs_err *err)
{
	return rs_pg_meta_begin(&self(base)->pg, self(base)->sink, err);
}

static enum rs_rc loader_load_whole(struct rs_loader *base, const struct rs_route *route, const struct rs_row_source *rows,
                                    enum rs_load_mode mode, uint64_t *n_rows, uint64_t *n_bytes, struct rs_err *err)
{
	struct loader *l = self(base);
	enum rs_rc rc = load_rows(l, route, rows, mode, err);

	*n_rows = l->rows;
	*n_bytes = l->bytes;
	rs_step("keyless-loaded");
	return rc;
}

static enum rs_rc loader_whole_pause(struct rs_loader *base, struct rs_err *err)
{
	enum rs_rc rc = rs_pg_meta_end(&self(base)->pg, RS_OK, err);

	rs_step("whole-paused");
	return rc == RS_OK ? loader_whole_begin(base, err) : rc;
}

static enum rs_rc loader_whole_commit(struct rs_loader *base, const struct rs_meta_table *const *tables, size_t n, struct rs_err *err)
{
	struct loader *l = self(base);
	enum rs_rc rc = RS_OK;

	for (size_t i = 0; rc == RS_OK && i < n; i++)
		rc = rs_pg_meta_put_table(&l->pg, l->sink, tables[i], err);
	return finish(l, rc, err);
}

static void loader_whole_rollback(struct rs_loader *base) { rs_pg_meta_undo(&self(base)->pg); }

static enum rs_rc loader_build_indexes(struct rs_loader *base, const char *db, const char *name, struct rs_err *err)
{
	return rs_pg_index_build(&self(base)->pg, self(base)->sink, db, name, err);
}

static void loader_cancel(struct rs_loader *base) { rs_pg_cancel(&self(base)->pg); }

static void loader_close(struct rs_loader *base)
{
	struct loader *l = self(base);

	rs_pg_close(&l->pg);
	rs_pg_shapes_release(&l->shapes);
	rs_buf_release(&l->lines);
	rs_buf_release(&l->sql);
	free(l->values);
	free(l);
}

static const struct rs_loader_ops loader_ops = {
	.close = loader_close,
	.cancel = loader_cancel,
	.load = loader_load,
	.mend = loader_mend,
	.whole_begin = loader_whole_begin,
	.load_whole = loader_load_whole,
	.whole_pause = loader_whole_pause,
	.whole_commit = loader_whole_commit,
	.whole_rollback = loader_whole_rollback,
	.build_indexes = loader_build_indexes,
};

enum rs_rc rs_pg_loader_open(struct rs_pg_sink *s, struct rs_loader **out, struct rs_err *err)
{
	struct loader *l = rs_xcalloc(1, sizeof *l);
	enum rs_rc rc;

	l->pg = (struct rs_pg)RS_PG_INIT;
	rc = rs_pg_session_open(&l->pg, s, err);
	if (rc != RS_OK) {
		free(l);
		return rc;
	}
	l->base.ops = &loader_ops;
	l->sink = s;
	l->shapes = (struct rs_pg_shapes)RS_PG_SHAPES_INIT;
	l->shapes.spreads = rs_pg_spreads(&l->pg);
	l->shapes.unfit = s->task->unfit;
	rs_buf_init(&l->lines, (size_t)1 << 30);
	l->sql = (struct rs_buf)RS_BUF_INIT;
	*out = &l->base;
	return RS_OK;
}
