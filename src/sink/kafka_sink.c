#include "sink/kafka_sink.h"

#include <stdlib.h>
#include <string.h>
#include "base/clock.h"
#include "base/fault.h"
#include "base/i18n.h"
#include "base/mem.h"
#include "db/kafka_admin.h"
#include "db/kafka_login.h"
#include "db/schema_registry_login.h"
#include "sink/meta_json.h"

/* ---------------------------------------------------------------- the task */

static void keep_text(struct rs_kafka_sink *s, const char *key, const char *text)
{
	if (text)
		json_object_set_new(s->kept, key, json_string(text));
	else
		json_object_del(s->kept, key);
}

static void keep_position(struct rs_kafka_sink *s, const char *key, const struct rs_position *p)
{
	json_object_set_new(s->kept, key, rs_meta_position_to_json(p));
}

static void keep_phase(struct rs_kafka_sink *s, enum rs_meta_phase phase) { keep_text(s, "phase", rs_meta_phase_words.words[phase]); }

static enum rs_rc sink_identity(struct rs_sink *base, char **out, struct rs_err *err)
{
	struct rs_kafka_cluster cluster;
	enum rs_rc rc = rs_kafka_describe(&rs_kafka_sink_of(base)->control.k, &cluster, err);

	*out = rs_xstrdup(cluster.id ? cluster.id : "");
	rs_kafka_cluster_release(&cluster);
	return rc;
}

/* The topics are there, and their schemas registered, before the first row is read. */
static enum rs_rc find_topics(struct rs_kafka_sink *s, const struct rs_meta_start *start, struct rs_err *err)
{
	enum rs_rc rc = RS_OK;

	for (size_t i = 0; rc == RS_OK && i < start->n_tables; i++) {
		struct rs_message_topic topic;
		char *name = NULL;
		rc = rs_kafka_topic_of(s, start->tables[i].db, start->tables[i].name, &name, &topic, err);
		free(name);
	}
	return rc;
}

static bool has_table(const struct rs_meta_start *start, const struct rs_meta_table *t)
{
	for (size_t i = 0; i < start->n_tables; i++)
		if (strcmp(start->tables[i].db, t->db) == 0 && strcmp(start->tables[i].name, t->name) == 0)
			return true;
	return false;
}

/* What a side had that begins anew: its rows are copied again, and tables that the source does not have any more are forgotten. In
 * the link's transaction, which is begun: nobody else uses it yet. */
static enum rs_rc leave_old(struct rs_kafka_sink *s, const struct rs_meta_start *start, struct rs_err *err)
{
	struct rs_meta_table *tables = NULL;
	size_t n = 0;
	enum rs_rc rc = rs_kafka_read_tables(&s->records, &tables, &n, err);

	if (rc == RS_OK)
		rc = rs_kafka_link_begin(&s->link, err);
	for (size_t i = 0; i < n; i++) {
		if (rc == RS_OK)
			rc = rs_kafka_tell_empty(s, &s->link, tables[i].db, tables[i].name, err);
		if (rc == RS_OK && !has_table(start, &tables[i]))
			rc = rs_kafka_meta_put(s, &s->link, json_pack("[s,s,s]", "table", tables[i].db, tables[i].name), NULL, err);
		rs_meta_table_clear(&tables[i]);
	}
	free(tables);
	json_object_del(s->kept, "resync");
	return rc;
}

static enum rs_rc put_start(struct rs_kafka_sink *s, const struct rs_meta_start *start, struct rs_err *err)
{
	enum rs_rc rc = RS_OK;

	keep_phase(s, RS_META_SCHEMA);
	keep_text(s, "identity", start->identity);
	keep_position(s, "p0", start->p0);
	keep_position(s, "prepared", start->prepared);
	for (size_t i = 0; rc == RS_OK && i < start->n_tables; i++)
		rc = rs_kafka_meta_put_table(s, &s->link, &start->tables[i], err);
	return rc == RS_OK ? rs_kafka_meta_put_task(s, &s->link, err) : rc;
}

static enum rs_rc sink_save_start(struct rs_sink *base, const struct rs_meta_start *start, struct rs_err *err)
{
	struct rs_kafka_sink *s = rs_kafka_sink_of(base);
	enum rs_rc rc = find_topics(s, start, err);

	if (rc == RS_OK)
		rc = rs_kafka_batch_fit(s, err);
	if (rc == RS_OK)
		rc = rs_kafka_meta_refresh(s, err);
	if (rc == RS_OK && json_is_true(json_object_get(s->kept, "resync")))
		rc = leave_old(s, start, err);
	if (rc != RS_OK) {
		rs_kafka_link_abort(&s->link);
		return rc;
	}
	rc = rs_kafka_meta_begin(s, err);
	if (rc == RS_OK)
		rc = put_start(s, start, err);
	return rs_kafka_meta_end(s, rc, err);
}

static enum rs_rc sink_save_phase(struct rs_sink *base, enum rs_meta_phase phase, const struct rs_position *p1, struct rs_err *err)
{
	struct rs_kafka_sink *s = rs_kafka_sink_of(base);
	enum rs_rc rc = rs_kafka_meta_begin(s, err);

	keep_phase(s, phase);
	if (p1)
		keep_position(s, "p1", p1);
	if (rc == RS_OK)
		rc = rs_kafka_meta_put_task(s, &s->link, err);
	if (rc == RS_OK)
		rc = rs_kafka_ends_put(s, &s->link, err);
	return rs_kafka_meta_end(s, rc, err);
}

static enum rs_rc no_anchor(struct rs_sink *base, const struct rs_meta_start *start, const struct rs_meta_table *const *gone,
                            size_t n_gone, struct rs_err *err)
{
	(void)base, (void)start, (void)gone, (void)n_gone;
	return rs_err_set(err, RS_E_NOT_SUPPORTED, _("what a Kafka cluster has can't be compared"));
}

/* ---------------------------------------------------------------- tables */

static enum rs_rc read_table(json_t *key, const struct rs_kafka_record *r, struct rs_meta_table *out, struct rs_err *err)
{
	const char *db = json_string_value(json_array_get(key, 1)), *name = json_string_value(json_array_get(key, 2));
	json_t *j = rs_kafka_record_json(r, err);
	enum rs_rc rc = RS_FAIL;

	*out = (struct rs_meta_table){.state = RS_TABLE_GONE};
	if (j && db && name)
		rc = rs_meta_table_from_json(j, db, name, out, err);
	json_decref(j);
	return rc;
}

static int by_name(const void *a, const void *b)
{
	const struct rs_meta_table *x = a, *y = b;
	int order = strcmp(x->db, y->db);

	return order ? order : strcmp(x->name, y->name);
}

enum rs_rc rs_kafka_read_tables(const struct rs_map *records, struct rs_meta_table **out, size_t *n, struct rs_err *err)
{
	const struct rs_kafka_record *record;
	size_t cap = 0;
	json_t *key;
	enum rs_rc rc = RS_OK;

	*out = NULL;
	*n = 0;
	for (size_t i = 0; rc == RS_OK && rs_kafka_meta_each(records, "table", &i, &key, &record);) {
		RS_GROW(*out, *n, cap);
		rc = read_table(key, record, &(*out)[(*n)++], err);
		json_decref(key);
	}
	if (rc == RS_OK && *n > 1)
		qsort(*out, *n, sizeof **out, by_name);
	return rc;
}

static enum rs_rc sink_load_tables(struct rs_sink *base, struct rs_meta_table **out, size_t *n, struct rs_err *err)
{
	struct rs_kafka_sink *s = rs_kafka_sink_of(base);

	*out = NULL;
	*n = 0;
	return rs_kafka_meta_refresh(s, err) == RS_OK ? rs_kafka_read_tables(&s->records, out, n, err) : RS_FAIL;
}

static enum rs_rc sink_save_states(struct rs_sink *base, const struct rs_meta_table *tables, size_t n, struct rs_err *err)
{
	struct rs_kafka_sink *s = rs_kafka_sink_of(base);
	enum rs_rc rc = rs_kafka_meta_begin(s, err);

	for (size_t i = 0; rc == RS_OK && i < n; i++)
		rc = rs_kafka_meta_put_table(s, &s->link, &tables[i], err);
	return rs_kafka_meta_end(s, rc, err);
}

static enum rs_rc sink_save_source(struct rs_sink *base, const char *identity, const struct rs_meta_task *now,
                                   const struct rs_meta_table *const *changed, size_t n, struct rs_err *err)
{
	const struct rs_position none = RS_POSITION_INIT;
	struct rs_kafka_sink *s = rs_kafka_sink_of(base);
	struct rs_meta_table *tables = NULL;
	size_t n_tables = 0;
	enum rs_rc rc = sink_load_tables(base, &tables, &n_tables, err);
	struct rs_buf ahead = RS_BUF_INIT;

	rs_ahead_text(&now->ahead, &ahead);
	if (rc == RS_OK)
		rc = rs_kafka_meta_begin(s, err);
	else
		pthread_mutex_lock(&s->lock);
	keep_phase(s, RS_META_FOLLOW);
	keep_text(s, "identity", identity);
	keep_position(s, "p1", &none);
	json_object_del(s->kept, "prepared");
	for (size_t i = 0; i < n_tables; i++) {
		rs_position_clear(&tables[i].exact);
		if (rc == RS_OK)
			rc = rs_kafka_meta_put_table(s, &s->link, &tables[i], err);
		rs_meta_table_clear(&tables[i]);
	}
	free(tables);
	for (size_t i = 0; rc == RS_OK && i < n; i++)
		rc = rs_kafka_meta_put_table(s, &s->link, changed[i], err);
	if (rc == RS_OK)
		rc = rs_kafka_meta_put_position(s, &s->link, &now->position, now->position_time, ahead.len > 0 ? rs_buf_str(&ahead) : NULL, err);
	if (rc == RS_OK)
		rc = rs_kafka_meta_put_task(s, &s->link, err);
	rs_buf_release(&ahead);
	return rs_kafka_meta_end(s, rc, err);
}

/* ---------------------------------------------------------------- chunks */

struct chunk {
	json_t *key, *value;
	uint64_t number;
};

static const char *name_of(const struct chunk *c, size_t i) { return json_string_value(json_array_get(c->key, i)); }

static int in_order(const void *a, const void *b)
{
	const struct chunk *x = a, *y = b;
	int order = strcmp(name_of(x, 1), name_of(y, 1));

	if (order == 0)
		order = strcmp(name_of(x, 2), name_of(y, 2));
	return order ? order : x->number < y->number ? -1 : x->number > y->number;
}

static void give_chunk(const struct rs_chunk_taker *taker, const struct chunk *c)
{
	struct rs_meta_chunk mark = {c->number, rs_xstrdup(json_string_value(json_object_get(c->value, "lower"))),
	                             rs_xstrdup(json_string_value(json_object_get(c->value, "upper"))),
	                             (uint64_t)json_integer_value(json_object_get(c->value, "rows"))};

	taker->take(taker->arg, name_of(c, 1), name_of(c, 2), &mark);
	free(mark.lower);
	free(mark.upper);
}

static bool is_whole(const struct chunk *c)
{
	return name_of(c, 1) && name_of(c, 2) && json_string_value(json_object_get(c->value, "lower")) &&
	       json_string_value(json_object_get(c->value, "upper"));
}

static enum rs_rc collect_chunks(struct rs_kafka_sink *s, struct chunk **chunks, size_t *n, struct rs_err *err)
{
	const struct rs_kafka_record *record;
	size_t cap = 0;
	json_t *key;
	enum rs_rc rc = RS_OK;

	for (size_t i = 0; rc == RS_OK && rs_kafka_meta_each(&s->records, "chunk", &i, &key, &record);) {
		RS_GROW(*chunks, *n, cap);
		struct chunk *c = &(*chunks)[(*n)++];
		*c = (struct chunk){key, rs_kafka_record_json(record, err), (uint64_t)json_integer_value(json_array_get(key, 3))};
		if (!c->value)
			rc = RS_FAIL;
		else if (!is_whole(c))
			rc = rs_err_set(err, RS_E_META_DAMAGED, _("a record of the topic in which the task is kept can't be read"));
	}
	return rc;
}

static enum rs_rc sink_load_chunks(struct rs_sink *base, const struct rs_chunk_taker *taker, struct rs_err *err)
{
	struct rs_kafka_sink *s = rs_kafka_sink_of(base);
	struct chunk *chunks = NULL;
	size_t n = 0;
	enum rs_rc rc = rs_kafka_meta_refresh(s, err);

	if (rc == RS_OK)
		rc = collect_chunks(s, &chunks, &n, err);
	if (rc == RS_OK && n > 1)
		qsort(chunks, n, sizeof *chunks, in_order);
	for (size_t i = 0; i < n; i++) {
		if (rc == RS_OK)
			give_chunk(taker, &chunks[i]);
		json_decref(chunks[i].key);
		json_decref(chunks[i].value);
	}
	free(chunks);
	return rc;
}

/* ---------------------------------------------------------------- schema changes: nothing is noted beforehand */

static enum rs_rc sink_ddl_intend(struct rs_sink *base, const struct rs_meta_ddl *d, struct rs_err *err)
{
	(void)base, (void)d, (void)err;
	return RS_OK;
}

static enum rs_rc sink_ddl_abandon(struct rs_sink *base, struct rs_err *err)
{
	(void)err;
	rs_kafka_forget_told(rs_kafka_sink_of(base));
	return RS_OK;
}

static enum rs_rc sink_rename_mark(struct rs_sink *base, char **out, struct rs_err *err)
{
	(void)base, (void)err;
	*out = NULL;
	return RS_OK;
}

static enum rs_rc sink_ddl_pending(struct rs_sink *base, struct rs_meta_ddl *out, struct rs_err *err)
{
	(void)base, (void)out, (void)err;
	return RS_EOF;
}

static enum rs_rc sink_fingerprint(struct rs_sink *base, const char *const *names, size_t n, char **out, struct rs_err *err)
{
	(void)base, (void)names, (void)n, (void)err;
	*out = rs_xstrdup("");
	return RS_OK;
}

/* ---------------------------------------------------------------- objects */

static enum rs_rc forget_chunks(struct rs_kafka_sink *s, const struct rs_meta_table *t, struct rs_err *err)
{
	const struct rs_kafka_record *record;
	json_t *key;
	enum rs_rc rc = RS_OK;

	for (size_t i = 0; rc == RS_OK && rs_kafka_meta_each(&s->records, "chunk", &i, &key, &record);) {
		const char *db = json_string_value(json_array_get(key, 1)), *name = json_string_value(json_array_get(key, 2));
		if (db && name && strcmp(db, t->db) == 0 && strcmp(name, t->name) == 0)
			rc = rs_kafka_meta_put(s, &s->link, key, NULL, err);
		else
			json_decref(key);
	}
	return rc;
}

enum rs_rc rs_kafka_forget_table(struct rs_kafka_sink *s, const struct rs_meta_table *t, struct rs_err *err)
{
	enum rs_rc rc = rs_kafka_meta_put(s, &s->link, json_pack("[s,s,s]", "table", t->db, t->name), NULL, err);

	return rc == RS_OK ? forget_chunks(s, t, err) : rc;
}

static enum rs_rc sink_save_objects(struct rs_sink *base, const char *objects, const struct rs_meta_table *const *gone, size_t n,
                                    struct rs_err *err)
{
	struct rs_kafka_sink *s = rs_kafka_sink_of(base);
	enum rs_rc rc = rs_kafka_meta_refresh(s, err);

	if (rc != RS_OK)
		return rc;
	rc = rs_kafka_meta_begin(s, err);
	keep_text(s, "objects", objects);
	for (size_t i = 0; rc == RS_OK && i < n; i++)
		rc = rs_kafka_forget_table(s, gone[i], err);
	if (rc == RS_OK)
		rc = rs_kafka_meta_put_task(s, &s->link, err);
	return rs_kafka_meta_end(s, rc, err);
}

/* A side is the task's to remove. */
static enum rs_rc forget_side(struct rs_kafka_sink *s, struct rs_err *err)
{
	const struct rs_map_entry *entry;
	enum rs_rc rc = rs_kafka_meta_refresh(s, err);

	if (rc != RS_OK)
		return rc;
	rc = rs_kafka_meta_begin(s, err);
	for (size_t i = 0; rc == RS_OK && rs_map_each(&s->records, &i, &entry);)
		rc = rs_kafka_link_put(&s->link, s->topic, 0, entry->key, entry->key_len, NULL, 0, err);
	keep_phase(s, RS_META_NEW);
	if (rc == RS_OK)
		rc = rs_kafka_meta_put_task(s, &s->link, err);
	return rs_kafka_meta_end(s, rc, err);
}

static enum rs_rc sink_forget(struct rs_sink *base, struct rs_err *err)
{
	struct rs_kafka_sink *s = rs_kafka_sink_of(base);

	if (base->is_side)
		return forget_side(s, err);
	rs_kafka_link_close(&s->link);
	return rs_kafka_topic_remove(&s->control.k, s->topic, err);
}

/* ---------------------------------------------------------------- life */

static enum rs_rc sink_loader(struct rs_sink *base, struct rs_loader **out, struct rs_err *err)
{
	return rs_kafka_loader_open(rs_kafka_sink_of(base), out, err);
}

static enum rs_rc sink_applier(struct rs_sink *base, unsigned lane, struct rs_applier **out, struct rs_err *err)
{
	(void)lane;
	return rs_kafka_applier_open(rs_kafka_sink_of(base), out, err);
}

static void sink_cancel(struct rs_sink *base)
{
	struct rs_kafka_sink *s = rs_kafka_sink_of(base);

	rs_kafka_cancel(&s->control.k);
	rs_kafka_cancel(&s->reader);
	rs_kafka_cancel(&s->watch.k);
	rs_kafka_link_cancel(&s->link);
	rs_schema_registry_cancel(s->registry);
}

static void sink_close(struct rs_sink *base)
{
	struct rs_kafka_sink *s = rs_kafka_sink_of(base);

	rs_kafka_watch_close(s);
	rs_kafka_link_close(&s->link);
	rs_kafka_link_close(&s->control);
	rs_kafka_forget_told(s);
	rs_map_release(&s->records, free);
	json_decref(s->kept);
	json_decref(s->ends);
	json_decref(s->ends_changed);
	free(s->added);
	rs_message_encoder_free(s->encoder);
	rs_schema_registry_free(s->registry);
	pthread_mutex_destroy(&s->lock);
	pthread_mutex_destroy(&s->watch.lock);
	free(s->topic);
	free(s);
}

static const struct rs_sink_ops kafka_sink_ops = {
	.close = sink_close,
	.cancel = sink_cancel,
	.identity = sink_identity,
	.attach = rs_kafka_attach,
	.peek = rs_kafka_peek,
	.save_start = sink_save_start,
	.save_phase = sink_save_phase,
	.save_anchor = no_anchor,
	.save_source = sink_save_source,
	.save_states = sink_save_states,
	.load_tables = sink_load_tables,
	.load_chunks = sink_load_chunks,
	.ddl_intend = sink_ddl_intend,
	.ddl_done = rs_kafka_ddl_done,
	.ddl_abandon = sink_ddl_abandon,
	.rename_mark = sink_rename_mark,
	.ddl_pending = sink_ddl_pending,
	.load_events = rs_kafka_load_events,
	.decide = rs_kafka_decide,
	.forget = sink_forget,
	.load_sides = rs_kafka_side_load,
	.save_objects = sink_save_objects,
	.make_side = rs_kafka_side_make,
	.resume_side = rs_kafka_side_resume,
	.resync_sides = rs_kafka_side_resync,
	.drop_side = rs_kafka_side_drop,
	.join_side = rs_kafka_side_join,
	.define = rs_kafka_define,
	.remark = rs_kafka_remark,
	.fingerprint = sink_fingerprint,
	.loader = sink_loader,
	.applier = sink_applier,
};

enum rs_rc rs_kafka_sink_open(const struct rs_task *task, struct rs_sink **out, struct rs_err *err)
{
	struct rs_kafka_sink *s = rs_xcalloc(1, sizeof *s);
	s->base.ops = &kafka_sink_ops;
	s->base.lanes = 1;
	s->base.own_db = "";
	s->task = task;
	s->topic = rs_xprintf("rds-sync-%s", task->id ? task->id : "");
	s->kept = json_object();
	s->most = UINT64_MAX;
	rs_kafka_large_init(&s->large, task);
	atomic_init(&s->last_id, (uint64_t)rs_clock_wall());
	pthread_mutex_init(&s->lock, NULL);
	pthread_mutex_init(&s->watch.lock, NULL);
	enum rs_rc rc = rs_schema_registry_open(task, &s->registry, err);
	if (rc == RS_OK)
		rc = rs_kafka_link_open(&s->control, task, NULL, 60, UINT64_MAX, err);
	if (rc != RS_OK) {
		sink_close(&s->base);
		return rc;
	}
	*out = &s->base;
	return RS_OK;
}
