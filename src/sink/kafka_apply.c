/* The stream's rows as messages: what comes between begin and commit is one transaction, with the position behind it. */
#include "sink/kafka_sink.h"

#include <stdlib.h>
#include <string.h>
#include "base/fault.h"
#include "base/i18n.h"
#include "base/log.h"
#include "base/mem.h"
#include "sink/meta_json.h"

struct kafka_applier {
	struct rs_applier base;
	struct rs_kafka_sink *s;
	struct rs_kafka_writer writer;
	struct rs_position place;       /* inside's, as the next three */
	char *gtid;
	uint32_t server_id;
	uint64_t n_events;
	char *ahead;
	struct rs_map bodies;           /* pieces of XA transactions by their keys: struct rs_kafka_record */
	struct rs_map changed;          /* the same in the open transaction; no_piece: removed */
	struct rs_err failure;          /* the transaction's */
	bool sound;                     /* the last transaction was committed */
};

static struct rs_kafka_record no_piece;

static struct kafka_applier *of(struct rs_applier *a) { return (struct kafka_applier *)a; }

static void free_piece(void *piece)
{
	if (piece != &no_piece)
		free(piece);
}

static void forget_changed(struct kafka_applier *a)
{
	rs_map_release(&a->changed, free_piece);
	a->changed = (struct rs_map)RS_MAP_INIT;
}

/* All that is known, so that nothing of it is missed while nobody works. What can't be noted is found out less surely. */
static void note_ends(struct rs_kafka_sink *s)
{
	struct rs_err ignored = RS_ERR_INIT;
	enum rs_rc rc = rs_kafka_meta_begin(s, &ignored);

	if (rc == RS_OK)
		rc = rs_kafka_ends_put(s, &s->link, &ignored);
	if (rs_kafka_meta_end(s, rc, &ignored) != RS_OK)
		rs_log(RS_LOG_INFO, "how far the topics go could not be noted");
	rs_err_clear(&ignored);
}

static void applier_close(struct rs_applier *base)
{
	struct kafka_applier *a = of(base);

	rs_kafka_link_abort(&a->s->link);
	if (a->sound && !atomic_load(&a->s->link.k.cancelled))
		note_ends(a->s);
	rs_kafka_writer_release(&a->writer);
	rs_position_clear(&a->place);
	free(a->gtid);
	free(a->ahead);
	forget_changed(a);
	rs_map_release(&a->bodies, free);
	rs_err_clear(&a->failure);
	free(a);
}

static void applier_cancel(struct rs_applier *base) { rs_kafka_link_cancel(&of(base)->s->link); }

/* ---------------------------------------------------------------- a transaction */

static enum rs_rc applier_begin(struct rs_applier *base, const struct rs_position *position, int64_t time, const char *ahead,
                                struct rs_err *err)
{
	struct kafka_applier *a = of(base);
	enum rs_rc rc = rs_kafka_watch_look(a->s, RS_KAFKA_LOOK_EVERY, err);

	(void)time, (void)position;
	if (rc == RS_OK)
		rc = rs_kafka_link_begin(&a->s->link, err);
	rs_kafka_writer_begin(&a->writer);
	free(a->ahead);
	a->ahead = rs_xstrdup(ahead);
	rs_err_clear(&a->failure);
	a->sound = false;
	rs_step("apply-begun");
	return rc;
}

static void applier_inside(struct rs_applier *base, const struct rs_origin *origin)
{
	struct kafka_applier *a = of(base);

	rs_position_copy(&a->place, origin->place);
	free(a->gtid);
	a->gtid = rs_xstrdup(origin->gtid);
	a->server_id = origin->server_id;
	a->n_events = origin->n_events;
}

static enum rs_rc applier_rows(struct rs_applier *base, const struct rs_route *route, const struct rs_change *change, bool overlap,
                               struct rs_anomalies *anomalies, struct rs_err *err)
{
	struct kafka_applier *a = of(base);
	const struct rs_origin origin = {&a->place, a->gtid, a->server_id, a->n_events};

	(void)overlap, (void)anomalies;
	return rs_kafka_write_change(&a->writer, route, change, &origin, err);
}

/* Nothing is folded: every change is a message. */
static void applier_gather(struct rs_applier *base) { (void)base; }

static enum rs_rc applier_settle(struct rs_applier *base, struct rs_err *err)
{
	struct kafka_applier *a = of(base);
	enum rs_rc rc = rs_kafka_writer_send(&a->writer, err);

	if (rc == RS_OK)
		rc = rs_kafka_link_flush(&a->s->link, err);
	if (rc == RS_FAIL)
		rs_err_copy(&a->failure, err);
	return rc;
}

static void keep_changed(struct kafka_applier *a)
{
	const struct rs_map_entry *entry;

	for (size_t i = 0; rs_map_each(&a->changed, &i, &entry);) {
		bool gone = entry->value == &no_piece;
		free(gone ? rs_map_del(&a->bodies, entry->key, entry->key_len)
		          : rs_map_put(&a->bodies, entry->key, entry->key_len, entry->value));
	}
	rs_map_release(&a->changed, NULL);
	a->changed = (struct rs_map)RS_MAP_INIT;
}

static enum rs_rc applier_commit(struct rs_applier *base, const struct rs_position *position, int64_t time, struct rs_err *err)
{
	struct kafka_applier *a = of(base);

	enum rs_rc rc = rs_kafka_writer_send(&a->writer, err);
	rs_step("apply-before-position");
	if (rc == RS_OK)
		rc = rs_kafka_ends_note(a->s, &a->s->link, err);
	if (rc == RS_OK)
		rc = rs_kafka_meta_put_position(a->s, &a->s->link, position, time, a->ahead, err);
	rs_step("apply-before-commit");
	if (rc == RS_OK)
		rc = rs_kafka_commit(a->s, &a->s->link, err);
	rs_step("apply-after-commit");
	a->sound = rc == RS_OK;
	if (rc == RS_OK)
		keep_changed(a);
	a->s->stale = true;
	return rc;
}

static enum rs_rc applier_note_table(struct rs_applier *base, const struct rs_meta_table *t, struct rs_err *err)
{
	struct kafka_applier *a = of(base);

	return rs_kafka_meta_put_table(a->s, &a->s->link, t, err);
}

static void applier_rollback(struct rs_applier *base)
{
	struct kafka_applier *a = of(base);

	rs_kafka_link_abort(&a->s->link);
	forget_changed(a);
}

/* Only a transaction tells whether somebody else has opened our id since; without them what is kept does. */
static enum rs_rc applier_check(struct rs_applier *base, struct rs_err *err)
{
	struct rs_kafka_sink *s = of(base)->s;

	if (!s->link.transactional)
		return rs_kafka_watch_look(s, 0, err);
	enum rs_rc rc = rs_kafka_meta_begin(s, err);

	if (rc == RS_OK)
		rc = rs_kafka_meta_put_task(s, &s->link, err);
	return rs_kafka_meta_end(s, rc, err);
}

static enum rs_rc applier_savepoint(struct rs_applier *base, unsigned n, struct rs_err *err)
{
	(void)base, (void)n, (void)err;
	return RS_OK;
}

/* What went out stays until the transaction is aborted. Where a failure was the reason, that is what is to be told. */
static enum rs_rc applier_undo(struct rs_applier *base, unsigned n, struct rs_err *err)
{
	struct kafka_applier *a = of(base);

	(void)n;
	if (rs_err_is_set(&a->failure)) {
		rs_err_copy(err, &a->failure);
		return RS_FAIL;
	}
	return rs_err_set(err, RS_E_NOT_SUPPORTED, _("a transaction that is too large to be held takes a part of itself back"));
}

/* ---------------------------------------------------------------- bodies of prepared transactions */

static json_t *piece_key(const char *xid, unsigned number) { return json_pack("[s,s,I]", "xa", xid, (json_int_t)number); }

static const struct rs_kafka_record *find_piece(const struct kafka_applier *a, const char *xid, unsigned number)
{
	json_t *key = piece_key(xid, number);
	char *text = json_dumps(key, JSON_COMPACT);
	const struct rs_kafka_record *r = rs_map_get(&a->changed, text, strlen(text));

	if (!r)
		r = rs_map_get(&a->bodies, text, strlen(text));
	free(text);
	json_decref(key);
	return r == &no_piece ? NULL : r;
}

/* bytes NULL: it goes. */
static enum rs_rc change_piece(struct kafka_applier *a, const char *xid, unsigned number, const void *bytes, size_t len, struct rs_err *err)
{
	struct rs_kafka_record *r = &no_piece;
	json_t *key = piece_key(xid, number);
	char *text = json_dumps(key, JSON_COMPACT);

	if (bytes) {
		r = rs_xmalloc(sizeof *r + len + 1);
		r->len = len;
		memcpy(r->bytes, bytes, len);
	}
	free_piece(rs_map_put(&a->changed, text, strlen(text), r));
	free(text);
	return rs_kafka_meta_put_bytes(a->s, &a->s->link, key, bytes, len, err);
}

static enum rs_rc applier_xa_drop(struct rs_applier *base, const char *xid, struct rs_err *err)
{
	enum rs_rc rc = RS_OK;

	for (unsigned i = 0; rc == RS_OK && find_piece(of(base), xid, i); i++)
		rc = change_piece(of(base), xid, i, NULL, 0, err);
	return rc;
}

static enum rs_rc applier_xa_put(struct rs_applier *base, const char *xid, unsigned number, const void *bytes, size_t len,
                                 struct rs_err *err)
{
	enum rs_rc rc = number == 0 ? applier_xa_drop(base, xid, err) : RS_OK;

	return rc == RS_OK ? change_piece(of(base), xid, number, bytes, len, err) : rc;
}

static enum rs_rc applier_xa_get(struct rs_applier *base, const char *xid, unsigned number, struct rs_buf *out, struct rs_err *err)
{
	const struct rs_kafka_record *r = find_piece(of(base), xid, number);

	if (!r)
		return RS_EOF;
	return rs_buf_add(out, r->bytes, r->len) == RS_OK ? RS_OK : rs_err_set(err, RS_E_MEMORY, _("a prepared transaction is too large"));
}

static enum rs_rc applier_xa_list(struct rs_applier *base, struct rs_map *out, struct rs_err *err)
{
	const struct rs_map_entry *entry;

	(void)err;
	for (size_t i = 0; rs_map_each(&of(base)->bodies, &i, &entry);) {
		json_t *key = json_loadb(entry->key, entry->key_len, 0, NULL);
		const char *xid = json_string_value(json_array_get(key, 1));
		if (xid)
			rs_map_put(out, xid, strlen(xid), base);
		json_decref(key);
	}
	return RS_OK;
}

static enum rs_rc applier_xa_start(struct rs_applier *base, struct rs_position *out, struct rs_err *err)
{
	(void)err;
	rs_meta_position_from_json(json_object_get(of(base)->s->kept, "prepared"), out);
	return RS_OK;
}

static enum rs_rc applier_replace_event(struct rs_applier *base, uint64_t event, const char *const *sql, size_t n, struct rs_err *err)
{
	struct rs_kafka_sink *s = of(base)->s;

	(void)sql;
	if (n > 0)
		return rs_err_set(err, RS_E_NOT_SUPPORTED, _("Kafka executes no statements: an event can be left out, not replaced"));
	enum rs_rc rc = rs_kafka_pass_event(s, &s->link, event, err);
	rs_step("event-replaced");
	return rc;
}

static const struct rs_applier_ops applier_ops = {
	.close = applier_close,
	.cancel = applier_cancel,
	.begin = applier_begin,
	.inside = applier_inside,
	.rows = applier_rows,
	.gather = applier_gather,
	.settle = applier_settle,
	.commit = applier_commit,
	.note_table = applier_note_table,
	.rollback = applier_rollback,
	.check = applier_check,
	.savepoint = applier_savepoint,
	.undo = applier_undo,
	.xa_put = applier_xa_put,
	.xa_get = applier_xa_get,
	.xa_drop = applier_xa_drop,
	.xa_list = applier_xa_list,
	.xa_start = applier_xa_start,
	.replace_event = applier_replace_event,
};

/* ---------------------------------------------------------------- opening */

/* They change their owner: nobody else reads them. */
static void take_bodies(struct kafka_applier *a)
{
	const struct rs_kafka_record *record;
	json_t *key;

	for (size_t i = 0; rs_kafka_meta_each(&a->s->records, "xa", &i, &key, &record);) {
		char *text = json_dumps(key, JSON_COMPACT);
		rs_map_put(&a->bodies, text, strlen(text), rs_map_del(&a->s->records, text, strlen(text)));
		free(text);
		json_decref(key);
	}
	a->s->stale = true;
}

enum rs_rc rs_kafka_applier_open(struct rs_kafka_sink *s, struct rs_applier **out, struct rs_err *err)
{
	enum rs_rc rc = rs_kafka_topics_check(s, err);

	if (rc == RS_OK)
		rc = rs_kafka_meta_refresh(s, err);
	if (rc != RS_OK)
		return rc;
	struct kafka_applier *a = rs_xcalloc(1, sizeof *a);
	a->base.ops = &applier_ops;
	a->base.piece = RS_KAFKA_XA_PIECE;
	a->s = s;
	rs_kafka_writer_init(&a->writer, s, &s->link);
	take_bodies(a);
	*out = &a->base;
	return RS_OK;
}
