/* What a PostgreSQL server sends of its log (db/pg_log.h, codec/pgoutput.h) as the engine's items. Transactions come whole, in the
 * order of their commits: the place of one is that of its commit record, behind which the next one stands. Each message has one row:
 * rows of one kind that follow each other travel as one item. */
#include "source/pg_source.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "base/i18n.h"
#include "base/mem.h"
#include "codec/pg_ddl.h"
#include "codec/pgoutput.h"
#include "model/lsn.h"
#include "source/pg_relation.h"

#define PATIENCE (60 * RS_USEC_PER_SEC)
#define HEARTBEAT RS_USEC_PER_SEC
#define IN_USE (10 * RS_USEC_PER_SEC) /* that the server takes to notice that who read the slot before is gone */
#define IN_USE_PAUSE RS_MSEC(50)
#define ITEM_BYTES (256 * 1024)
#define NOT_THERE UINT32_MAX

/* A table as the log introduced it last. */
struct relation {
	uint32_t oid;
	enum rs_pg_identity identity;
	const struct rs_table *table; /* a reference; NULL: not wanted */
	uint32_t *columns;            /* of each of its columns the table's; NOT_THERE: none */
	bool *identifies;             /* of each of the table's */
	uint16_t n_columns;
};

struct pg_stream {
	struct rs_stream base;
	struct rs_pg_source *source;
	struct rs_pg pg;
	struct rs_pg catalogue;       /* asked when the log introduces a table; open while such questions come */
	struct rs_pg_log log;
	struct rs_pgoutput decoder;
	struct relation *relations;
	size_t n_relations, cap_relations;
	struct rs_change *rows;       /* being gathered; NULL: none */
	size_t cap_rows;              /* for how many it has room */
	struct rs_change **ready;     /* come next, from next_ready on */
	size_t n_ready, cap_ready, next_ready;
	bool in_transaction;
	int64_t time;                 /* of the transaction, seconds since 1970 */
	uint64_t inside;              /* … and the place just inside of its end */
	uint64_t place;               /* of what was handed out last */
	_Atomic uint64_t safe;        /* up to where all is at the destination */
};

static struct pg_stream *self(struct rs_stream *s) { return (struct pg_stream *)s; }

static struct rs_change *item(struct pg_stream *s, enum rs_change_kind kind, uint64_t lsn)
{
	struct rs_change *c = rs_change_new(kind);

	c->timestamp = s->time;
	rs_pg_position_set(&c->position, lsn);
	s->place = lsn;
	return c;
}

/* ---------------------------------------------------------------- tables */

static struct relation *find(struct pg_stream *s, uint32_t oid)
{
	for (size_t i = 0; i < s->n_relations; i++)
		if (s->relations[i].oid == oid)
			return &s->relations[i];
	return NULL;
}

static void release_relation(struct relation *r)
{
	if (r->table != NULL)
		rs_table_unref(r->table);
	free(r->columns);
	free(r->identifies);
	*r = (struct relation){.oid = r->oid};
}

static uint32_t column_of(const struct rs_table *t, const char *name)
{
	for (uint32_t i = 0; i < t->n_columns; i++)
		if (strcmp(t->columns[i].name, name) == 0)
			return i;
	return NOT_THERE;
}

/* Each column of the log's is one of the table's, and each of those that is written is in the log. */
static enum rs_rc bind_columns(struct relation *r, struct rs_pg_message *m, struct rs_err *err)
{
	bool *met = rs_xcalloc(r->table->n_columns + 1, sizeof *met);
	enum rs_rc rc = RS_OK;

	r->columns = rs_xcalloc(m->n_columns + 1u, sizeof *r->columns);
	r->identifies = rs_xcalloc(r->table->n_columns + 1, sizeof *r->identifies);
	r->n_columns = m->n_columns;
	for (unsigned i = 0; i < m->n_columns; i++) {
		const struct rs_pg_column c = rs_pg_column_next(m);
		const uint32_t at = r->columns[i] = column_of(r->table, c.name);

		if (at == NOT_THERE) {
			rc = rc == RS_OK ? rs_pg_relation_drift(r->table, c.name, err) : rc;
			continue;
		}
		met[at] = true;
		r->identifies[at] = c.identity || r->identity == RS_PG_IDENTITY_FULL;
	}
	for (uint32_t i = 0; rc == RS_OK && i < r->table->n_columns; i++)
		if (!met[i] && !r->table->columns[i].generated)
			rc = rs_pg_relation_drift(r->table, r->table->columns[i].name, err);
	free(met);
	return rc;
}

/* ---------------------------------------------------------------- rows */

static struct rs_value *blank(struct rs_change *c)
{
	struct rs_value *values = rs_arena_alloc(&c->arena, c->table->n_columns * sizeof *values);

	memset(values, 0, c->table->n_columns * sizeof *values); /* RS_ABSENT */
	return values;
}

/* Into the table's columns. only: nothing but what rows are found by. */
static enum rs_rc take_row(struct rs_change *c, const struct relation *r, struct rs_pg_row row, bool only, struct rs_value **out,
                           struct rs_err *err)
{
	struct rs_value *values = *out = blank(c);

	if (row.n != r->n_columns)
		return rs_err_set(err, RS_E_EVENT_MALFORMED, _("a row of %s.%s has another number of columns than the table"), c->table->db,
		                  c->table->name);
	for (unsigned i = 0; i < row.n; i++) {
		const struct rs_pg_value v = rs_pg_value_next(&row);
		const uint32_t at = r->columns[i];

		if (v.presence == RS_PG_UNCHANGED || (only && !r->identifies[at]))
			continue;
		values[at] = rs_value_null();
		if (v.presence != RS_PG_NULL)
			values[at] = rs_value_of(rs_arena_copy(&c->arena, v.bytes.bytes, v.bytes.len), v.bytes.len);
		c->image_bytes += v.bytes.len;
	}
	return RS_OK;
}

/* What was not touched is what it was, where that is told. */
static void keep_untouched(const struct rs_table *t, const struct rs_value *before, struct rs_value *after)
{
	for (size_t i = 0; i < t->n_columns; i++)
		if (after[i].presence == RS_ABSENT && !t->columns[i].generated)
			after[i] = before[i];
}

static enum rs_rc take_rows(struct rs_change *c, const struct relation *r, const struct rs_pg_message *m,
                            struct rs_row_change *row, struct rs_err *err)
{
	enum rs_rc rc = RS_OK;

	if (m->kind != RS_PG_DELETE)
		rc = take_row(c, r, m->row, false, &row->after, err);
	if (rc != RS_OK || m->kind == RS_PG_INSERT)
		return rc;
	/* Where the row is found by what it was found by before, only the new one is told. */
	rc = m->has_old ? take_row(c, r, m->old, m->old_is_key, &row->before, err) : take_row(c, r, m->row, true, &row->before, err);
	if (rc == RS_OK && row->after != NULL)
		keep_untouched(c->table, row->before, row->after);
	return rc;
}

static enum rs_op op_of(enum rs_pg_kind kind)
{
	return kind == RS_PG_INSERT ? RS_OP_INSERT : kind == RS_PG_UPDATE ? RS_OP_UPDATE : RS_OP_DELETE;
}

static void weigh(struct rs_change *c)
{
	c->bytes = sizeof *c + c->arena.reserved;
}

/* Rows that are being gathered come before what ends them. */
static void hand_out(struct pg_stream *s, struct rs_change *c)
{
	RS_GROW(s->ready, s->n_ready, s->cap_ready);
	s->ready[s->n_ready++] = c;
}

static void flush(struct pg_stream *s)
{
	if (s->rows == NULL)
		return;
	weigh(s->rows);
	hand_out(s, s->rows);
	s->rows = NULL;
}

static void come(struct pg_stream *s, struct rs_change *c)
{
	flush(s);
	hand_out(s, c);
}

static struct rs_change *begin_rows(struct pg_stream *s, const struct relation *r, enum rs_op op)
{
	struct rs_change *c = rs_change_new(RS_CHANGE_ROWS);

	c->op = op;
	c->table = rs_table_ref(r->table);
	c->timestamp = s->time;
	c->statement_end = true;
	c->sparse = true;
	s->cap_rows = 0;
	return c;
}

/* The arena holds them: what grew leaves its place behind, half of what is there at most. */
static void add_row(struct pg_stream *s, struct rs_row_change row)
{
	struct rs_change *c = s->rows;

	if (c->n_rows == s->cap_rows) {
		const size_t cap = s->cap_rows > 0 ? 2 * s->cap_rows : 4;
		struct rs_row_change *rows = rs_arena_alloc(&c->arena, cap * sizeof *rows);

		if (c->n_rows > 0)
			memcpy(rows, c->rows, c->n_rows * sizeof *rows);
		c->rows = rows;
		s->cap_rows = cap;
	}
	c->rows[c->n_rows++] = row;
}

static enum rs_rc on_row(struct pg_stream *s, const struct rs_pg_message *m, struct rs_err *err)
{
	const struct relation *r = find(s, m->oid);
	struct rs_row_change row = {0};

	if (r == NULL)
		return rs_err_set(err, RS_E_EVENT_MALFORMED, _("rows of a table that the log did not introduce"));
	if (r->table == NULL)
		return RS_OK;
	if (s->rows != NULL && (s->rows->table != r->table || s->rows->op != op_of(m->kind) || s->rows->arena.used >= ITEM_BYTES))
		flush(s);
	if (s->rows == NULL)
		s->rows = begin_rows(s, r, op_of(m->kind));
	enum rs_rc rc = take_rows(s->rows, r, m, &row, err);
	if (rc == RS_OK)
		add_row(s, row);
	return rc;
}

/* ---------------------------------------------------------------- tables that were changed */

/* What is known of it is what it is from here on. */
static enum rs_rc change_table(struct pg_stream *s, struct rs_change *c, struct rs_err *err)
{
	if (s->base.schema.ddl == NULL) {
		enum rs_rc rc = rs_pg_relation_drift(c->was, c->sql, err);
		rs_change_free(c);
		return rc;
	}
	c->timestamp = s->time;
	rs_pg_position_set(&c->position, s->inside);
	weigh(c);
	come(s, c);
	return s->base.schema.ddl(s->base.schema.arg, c, err);
}

/* The publication has tables of the task's alone. */
static enum rs_rc unknown_table(const struct rs_pg_message *m, struct rs_err *err)
{
	rs_err_set(err, RS_E_SCHEMA_DRIFT, _("the source's log has rows of %s.%s, which is no table of the task's by that name"), m->schema, m->name);
	return rs_err_hint(err, _("a table was renamed at the source: release the task and synchronize anew"));
}

static enum rs_rc known_table(struct pg_stream *s, const struct rs_pg_message *m, const struct rs_table **out, struct rs_err *err)
{
	struct rs_change *c = NULL;
	enum rs_rc rc;

	*out = s->base.schema.lookup(s->base.schema.arg, m->schema, m->name);
	if (*out == NULL)
		return unknown_table(m, err);
	rc = rs_pg_relation_compare(s->source, &s->catalogue, *out, *m, &c, err);
	if (rc == RS_OK && c != NULL) {
		rs_table_unref(*out);
		rc = change_table(s, c, err);
		*out = rc == RS_OK ? s->base.schema.lookup(s->base.schema.arg, m->schema, m->name) : NULL;
	}
	return rc;
}

static enum rs_rc on_relation(struct pg_stream *s, struct rs_pg_message *m, struct rs_err *err)
{
	struct relation *r = find(s, m->oid);

	if (r == NULL) {
		RS_GROW(s->relations, s->n_relations, s->cap_relations);
		r = &s->relations[s->n_relations++];
		*r = (struct relation){.oid = m->oid};
	}
	release_relation(r);
	r->identity = m->identity;
	enum rs_rc rc = known_table(s, m, &r->table, err);
	return rc == RS_OK && r->table != NULL ? bind_columns(r, m, err) : rc;
}

/* ---------------------------------------------------------------- the rest */

/* Of several tables at once, each. */
static void on_truncate(struct pg_stream *s, struct rs_pg_message *m)
{
	for (uint32_t i = 0; i < m->n_relations; i++) {
		const struct relation *r = find(s, rs_pg_oid_next(m));

		if (r == NULL || r->table == NULL)
			continue;
		struct rs_change *c = rs_change_new(RS_CHANGE_TRUNCATE);
		c->table = rs_table_ref(r->table);
		c->timestamp = s->time;
		weigh(c);
		come(s, c);
	}
}

static enum rs_rc on_message(struct pg_stream *s, struct rs_pg_message *m, struct rs_err *err)
{
	switch (m->kind) {
	case RS_PG_BEGIN:
		s->in_transaction = true;
		s->time = m->time / RS_USEC_PER_SEC;
		s->inside = m->lsn + 1; /* inside of the commit record */
		come(s, item(s, RS_CHANGE_BEGIN, s->inside));
		return RS_OK;
	case RS_PG_COMMIT:
		s->in_transaction = false;
		come(s, item(s, RS_CHANGE_COMMIT, m->end));
		return RS_OK;
	case RS_PG_RELATION:
		return on_relation(s, m, err);
	case RS_PG_INSERT:
	case RS_PG_UPDATE:
	case RS_PG_DELETE:
		return on_row(s, m, err);
	case RS_PG_TRUNCATE:
		on_truncate(s, m);
		return RS_OK;
	default: /* where a transaction came from, names of types; what else there is was not asked for */
		return RS_OK;
	}
}

/* Nothing is under way: all that was written so far has been sent. due: it is told although it was before. RS_AGAIN: there is nothing
 * to tell. */
static enum rs_rc on_silence(struct pg_stream *s, bool due)
{
	rs_pg_close(&s->catalogue);
	if (s->in_transaction || (s->log.end <= s->place && !due))
		return RS_AGAIN;
	s->time = 0;
	come(s, item(s, RS_CHANGE_HEARTBEAT, s->log.end > s->place ? s->log.end : s->place));
	return RS_OK;
}

static enum rs_rc lost(enum rs_rc rc, struct rs_err *err)
{
	if (rc != RS_EOF)
		return rc;
	rs_err_set(err, RS_E_CONN_LOST, _("the source ended the stream of its log"));
	if (err != NULL)
		err->retry = RS_RETRY_RECONNECT;
	return RS_FAIL;
}

/* The next message. RS_AGAIN: none came in time. */
static enum rs_rc read_message(struct pg_stream *s, rs_usec until, struct rs_pg_message *m, struct rs_err *err)
{
	const rs_usec left = until - rs_clock_mono();
	struct rs_pg_log_message piece;
	enum rs_rc rc = rs_pg_log_confirm(&s->log, atomic_load(&s->safe), false, err);

	if (rc == RS_OK)
		rc = lost(rs_pg_log_next(&s->log, left > 0 ? left : 0, &piece, err), err);
	return rc == RS_OK ? rs_pgoutput_read(&s->decoder, piece.bytes, piece.len, m, err) : rc;
}

/* Something more is ready then, or is being gathered. RS_AGAIN: nothing came. */
static enum rs_rc read_on(struct pg_stream *s, rs_usec timeout, rs_usec until, struct rs_err *err)
{
	struct rs_pg_message m;
	enum rs_rc rc = read_message(s, until, &m, err);

	if (rc == RS_AGAIN)
		return on_silence(s, timeout < 0);
	return rc == RS_OK ? on_message(s, &m, err) : rc;
}

static enum rs_rc stream_next(struct rs_stream *base, rs_usec timeout, struct rs_change **out, struct rs_err *err)
{
	struct pg_stream *s = self(base);
	const rs_usec until = rs_clock_mono() + timeout;

	*out = NULL;
	if (s->next_ready == s->n_ready)
		s->next_ready = s->n_ready = 0;
	while (s->n_ready == 0) {
		enum rs_rc rc = read_on(s, timeout, timeout < 0 ? rs_clock_mono() + HEARTBEAT : until, err);

		if (rc != RS_OK && (rc != RS_AGAIN || timeout >= 0)) /* else it is in the midst of a transaction */
			return rc;
	}
	*out = s->ready[s->next_ready++];
	return RS_OK;
}

static void stream_confirm(struct rs_stream *base, const struct rs_position *safe)
{
	if (safe->file != NULL)
		atomic_store(&self(base)->safe, safe->offset);
}

static void stream_cancel(struct rs_stream *base)
{
	rs_pg_cancel(&self(base)->pg);
	rs_pg_cancel(&self(base)->catalogue);
}

static void stream_close(struct rs_stream *base)
{
	struct pg_stream *s = self(base);

	rs_pg_log_close(&s->log);
	rs_pg_close(&s->pg);
	rs_pg_close(&s->catalogue);
	for (size_t i = 0; i < s->n_relations; i++)
		release_relation(&s->relations[i]);
	free(s->relations);
	rs_change_free(s->rows);
	while (s->next_ready < s->n_ready)
		rs_change_free(s->ready[s->next_ready++]);
	free(s->ready);
	free(s);
}

static const struct rs_stream_ops ops = {
	.close = stream_close,
	.cancel = stream_cancel,
	.next = stream_next,
	.confirm = stream_confirm,
};

/* A slot that is further than what was applied: the server would pass over what is between without a word. */
static enum rs_rc check_slot(struct pg_stream *s, uint64_t from, struct rs_err *err)
{
	struct rs_buf sql = RS_BUF_INIT;
	char *at = NULL, text[RS_LSN_TEXT];
	uint64_t confirmed = 0;

	rs_buf_adds(&sql, "SELECT confirmed_flush_lsn FROM pg_catalog.pg_replication_slots WHERE slot_name = ");
	rs_pg_put_text(&sql, s->source->name);
	enum rs_rc rc = rs_pg_scalar(&s->pg, rs_buf_str(&sql), &at, err);
	rs_buf_release(&sql);
	if (rc == RS_OK && at != NULL && rs_lsn_parse(at, &confirmed) && confirmed > from) {
		rc = rs_err_set(err, RS_E_BINLOG_PURGED, _("the replication slot %s is at %s, behind what was applied (%s): the source does not send "
		                                           "what is between any more"),
		                s->source->name, at, rs_lsn_text(from, text));
		rs_err_hint(err, _("somebody has moved it (pg_replication_slot_advance), or the destination was put back to an earlier state"));
	}
	free(at);
	return rc;
}

/* Who read the slot before may have ended a moment ago, and the server not have noticed. */
static enum rs_rc open_log(struct pg_stream *s, uint64_t from, const struct rs_pg_log_options *options, struct rs_err *err)
{
	const rs_usec until = rs_clock_mono() + IN_USE;
	struct rs_err failed = RS_ERR_INIT;
	enum rs_rc rc;

	for (;;) {
		rc = rs_pg_source_log_session(s->source, &s->pg, &failed);
		if (rc == RS_OK)
			rc = check_slot(s, from, &failed);
		if (rc == RS_OK)
			rc = rs_pg_log_open(&s->log, &s->pg, s->source->name, from, options, PATIENCE, &failed);
		if (rc != RS_FAIL || strcmp(failed.sqlstate, "55006") != 0 || rs_clock_mono() > until)
			break;
		rs_err_clear(&failed);
		rs_pg_close(&s->pg);
		nanosleep(&(struct timespec){.tv_nsec = IN_USE_PAUSE * 1000}, NULL);
	}
	if (rc != RS_OK)
		rs_err_move(err, &failed);
	rs_err_clear(&failed);
	return rc;
}

enum rs_rc rs_pg_stream_open(struct rs_pg_source *source, const struct rs_position *from, struct rs_stream **out, struct rs_err *err)
{
	struct pg_stream *s = rs_xcalloc(1, sizeof *s);
	const char *publication = source->name;
	const struct rs_pg_log_options options = {.protocol = 1, .publications = &publication, .n_publications = 1};

	s->base.ops = &ops;
	s->source = source;
	s->pg = s->catalogue = (struct rs_pg)RS_PG_INIT;
	s->decoder.protocol = options.protocol;
	s->place = from->offset;
	s->safe = from->offset;
	s->log.pg = &s->pg;
	enum rs_rc rc = open_log(s, from->offset, &options, err);
	if (rc != RS_OK) {
		stream_close(&s->base);
		return rc;
	}
	*out = &s->base;
	return RS_OK;
}
