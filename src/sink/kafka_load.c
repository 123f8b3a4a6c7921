/* The copy's rows as messages: a chunk and its mark are one transaction, and so is a table without a key, unless it takes long.
 * Each worker has a transactional id of its own. */
#include "sink/kafka_sink.h"

#include <stdlib.h>
#include <string.h>
#include "base/clock.h"
#include "base/fault.h"
#include "base/i18n.h"
#include "base/mem.h"

enum {
	TRANSACTION_SECONDS = 900, /* what brokers allow at most, by themselves */
	PART_SECONDS = 300,        /* … of which whole tables use so many before they are committed in part */
	LOOK_EVERY = 1000,         /* rows between two looks at the clock */
	PART_ROWS = 50             /* where a test wants to be there */
};

struct kafka_loader {
	struct rs_loader base;
	struct rs_kafka_sink *s;
	struct rs_kafka_link link;
	struct rs_kafka_writer writer;

	const struct rs_table **whole;  /* what the transaction of whole tables has rows of; references of the routes */
	size_t n_whole, cap_whole;
	rs_usec began;                  /* monotonic: that transaction; 0: none */
	bool parted;                    /* some of it is, or was, committed */
};

static struct kafka_loader *of(struct rs_loader *l) { return (struct kafka_loader *)l; }

static void loader_close(struct rs_loader *base)
{
	struct kafka_loader *l = of(base);

	rs_kafka_writer_release(&l->writer);
	pthread_mutex_lock(&l->s->lock);
	rs_kafka_ends_take(l->s, &l->link);
	pthread_mutex_unlock(&l->s->lock);
	rs_kafka_link_close(&l->link);
	free(l->whole);
	free(l);
}

static void loader_cancel(struct rs_loader *base) { rs_kafka_link_cancel(&of(base)->link); }

static enum rs_rc put_part(struct kafka_loader *l, const char *db, const char *name, bool begun, struct rs_err *err)
{
	return rs_kafka_meta_put(l->s, &l->link, json_pack("[s,s,s]", "part", db, name), begun ? json_object() : NULL, err);
}

static enum rs_rc commit_part(struct kafka_loader *l, struct rs_err *err)
{
	enum rs_rc rc = rs_kafka_writer_send(&l->writer, err);

	for (size_t i = 0; rc == RS_OK && i < l->n_whole; i++)
		rc = put_part(l, l->whole[i]->db, l->whole[i]->name, true, err);
	if (rc == RS_OK)
		rc = rs_kafka_commit(l->s, &l->link, err);
	l->s->stale = true;
	rs_step("keyless-part");
	if (rc == RS_OK)
		rc = rs_kafka_link_begin(&l->link, err);
	l->began = rs_clock_mono();
	l->parted = true;
	return rc;
}

static bool is_part(const struct kafka_loader *l, uint64_t rows)
{
	if (l->began == 0)
		return false;
	if (rs_step_is_named("keyless-part"))
		return rows % PART_ROWS == 0;
	return rows % LOOK_EVERY == 0 && rs_clock_mono() - l->began > PART_SECONDS * RS_USEC_PER_SEC;
}

static enum rs_rc write_rows(struct kafka_loader *l, const struct rs_route *route, const struct rs_row_source *rows, uint64_t *n_rows,
                             uint64_t *n_bytes, struct rs_err *err)
{
	struct rs_value *values = rs_xcalloc(route->source->n_columns + 1, sizeof *values);
	enum rs_rc rc;

	while ((rc = rows->next(rows->arg, values, err)) == RS_OK &&
	       (rc = rs_kafka_write_copied(&l->writer, route, values, n_bytes, err)) == RS_OK)
		if (is_part(l, ++*n_rows) && (rc = commit_part(l, err)) != RS_OK)
			break;
	free(values);
	return rc == RS_EOF ? rs_kafka_writer_send(&l->writer, err) : rc;
}

static enum rs_rc put_mark(struct kafka_loader *l, const struct rs_table *t, const struct rs_meta_chunk *mark, uint64_t rows,
                           struct rs_err *err)
{
	json_t *key = json_pack("[s,s,s,I]", "chunk", t->db, t->name, (json_int_t)mark->number);
	json_t *value = json_pack("{s:s,s:s,s:I}", "lower", mark->lower, "upper", mark->upper, "rows", (json_int_t)rows);

	return rs_kafka_meta_put(l->s, &l->link, key, value, err);
}

static enum rs_rc commit(struct kafka_loader *l, struct rs_err *err)
{
	rs_step("chunk-before-commit");
	enum rs_rc rc = rs_kafka_commit(l->s, &l->link, err);
	rs_step("chunk-after-commit");
	l->s->stale = true;
	return rc;
}

static enum rs_rc loader_load(struct rs_loader *base, const struct rs_route *route, const struct rs_row_source *rows,
                              const struct rs_meta_chunk *mark, enum rs_load_mode mode, uint64_t *n_rows, uint64_t *n_bytes,
                              struct rs_err *err)
{
	struct kafka_loader *l = of(base);
	enum rs_rc rc = rs_kafka_link_begin(&l->link, err);

	rs_kafka_writer_begin(&l->writer);
	(void)mode;
	*n_rows = *n_bytes = 0;
	if (rc == RS_OK)
		rc = write_rows(l, route, rows, n_rows, n_bytes, err);
	rs_step("chunk-loaded");
	if (rc == RS_OK)
		rc = put_mark(l, route->source, mark, *n_rows, err);
	rs_step("chunk-marked");
	if (rc == RS_OK)
		rc = commit(l, err);
	if (rc != RS_OK)
		rs_kafka_link_abort(&l->link);
	return rc;
}

static enum rs_rc loader_mend(struct rs_loader *base, const struct rs_route *route, const struct rs_key *dest_key,
                              const struct rs_row_source *gone, const struct rs_row_source *rows, const struct rs_meta_chunk *mark,
                              uint64_t *n_rows, uint64_t *n_bytes, struct rs_err *err)
{
	(void)base, (void)route, (void)dest_key, (void)gone, (void)rows, (void)mark, (void)n_rows, (void)n_bytes;
	return rs_err_set(err, RS_E_NOT_SUPPORTED, _("what a Kafka cluster has can't be compared"));
}

/* ---------------------------------------------------------------- whole tables */

static enum rs_rc loader_whole_begin(struct rs_loader *base, struct rs_err *err)
{
	struct kafka_loader *l = of(base);

	l->n_whole = 0;
	l->parted = false;
	l->began = rs_clock_mono();
	rs_kafka_writer_begin(&l->writer);
	return rs_kafka_link_begin(&l->link, err);
}

static bool has_part(struct rs_kafka_sink *s, const struct rs_table *t)
{
	json_t *key = json_pack("[s,s,s]", "part", t->db, t->name);
	char *text = json_dumps(key, JSON_COMPACT);

	pthread_mutex_lock(&s->lock);
	bool has = rs_map_get(&s->records, text, strlen(text)) != NULL;
	pthread_mutex_unlock(&s->lock);
	free(text);
	json_decref(key);
	return has;
}

/* What a copy that was ended has left is taken back. */
static enum rs_rc begin_table(struct kafka_loader *l, const struct rs_table *t, struct rs_err *err)
{
	RS_GROW(l->whole, l->n_whole, l->cap_whole);
	l->whole[l->n_whole++] = t;
	if (!has_part(l->s, t))
		return RS_OK;
	l->parted = true;
	return rs_kafka_tell_empty(l->s, &l->link, t->db, t->name, err);
}

static enum rs_rc loader_load_whole(struct rs_loader *base, const struct rs_route *route, const struct rs_row_source *rows,
                                    enum rs_load_mode mode, uint64_t *n_rows, uint64_t *n_bytes, struct rs_err *err)
{
	(void)mode;
	*n_rows = *n_bytes = 0;
	enum rs_rc rc = begin_table(of(base), route->source, err);
	if (rc == RS_OK)
		rc = write_rows(of(base), route, rows, n_rows, n_bytes, err);
	rs_step("keyless-loaded");
	return rc;
}

/* Readers get all of them at once where that can be. */
static enum rs_rc loader_whole_pause(struct rs_loader *base, struct rs_err *err)
{
	(void)base, (void)err;
	return RS_OK;
}

static enum rs_rc loader_whole_commit(struct rs_loader *base, const struct rs_meta_table *const *tables, size_t n, struct rs_err *err)
{
	struct kafka_loader *l = of(base);
	enum rs_rc rc = RS_OK;

	for (size_t i = 0; rc == RS_OK && i < n; i++) {
		rc = rs_kafka_meta_put_table(l->s, &l->link, tables[i], err);
		if (rc == RS_OK && l->parted)
			rc = put_part(l, tables[i]->db, tables[i]->name, false, err);
	}
	l->began = 0;
	return rc == RS_OK ? commit(l, err) : rc;
}

static void loader_whole_rollback(struct rs_loader *base)
{
	of(base)->began = 0;
	rs_kafka_link_abort(&of(base)->link);
}

static enum rs_rc loader_build_indexes(struct rs_loader *base, const char *db, const char *name, struct rs_err *err)
{
	(void)base, (void)db, (void)name, (void)err;
	return RS_OK;
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

/* ---------------------------------------------------------------- opening */

/* Whoever attaches next fences off so many; noted before the first of them is opened. */
static enum rs_rc note_loaders(struct rs_kafka_sink *s, unsigned n, struct rs_err *err)
{
	if ((unsigned)json_integer_value(json_object_get(s->kept, "loaders")) >= n)
		return RS_OK;
	enum rs_rc rc = rs_kafka_meta_begin(s, err);
	json_object_set_new(s->kept, "loaders", json_integer(n > s->task->sync.copy_workers ? n : s->task->sync.copy_workers));
	if (rc == RS_OK)
		rc = rs_kafka_meta_put_task(s, &s->link, err);
	return rs_kafka_meta_end(s, rc, err);
}

enum rs_rc rs_kafka_loader_open(struct rs_kafka_sink *s, struct rs_loader **out, struct rs_err *err)
{
	const unsigned number = s->next_loader++;
	enum rs_rc rc = number == 0 ? rs_kafka_topics_check(s, err) : RS_OK;

	if (rc == RS_OK)
		rc = note_loaders(s, number + 1, err);
	if (rc != RS_OK)
		return rc;
	struct kafka_loader *l = rs_xcalloc(1, sizeof *l);
	char *id = rs_xprintf("%s-copy-%u", s->topic, number);
	l->base.ops = &loader_ops;
	l->s = s;
	rs_kafka_writer_init(&l->writer, s, &l->link);
	rc = rs_kafka_link_open(&l->link, s->task, id, TRANSACTION_SECONDS, s->most, err);
	free(id);
	if (rc != RS_OK) {
		loader_close(&l->base);
		return rc;
	}
	rs_kafka_link_tell(&l->link, s->base.outbox);
	*out = &l->base;
	return RS_OK;
}
