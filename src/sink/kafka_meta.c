#include "sink/kafka_sink.h"

#include <stdlib.h>
#include <string.h>
#include "base/clock.h"
#include "base/i18n.h"
#include "base/mem.h"
#include "db/kafka_login.h"
#include "sink/meta_json.h"

enum {
	SLICE = 200,             /* milliseconds between looks at the cancel flag, */
	LOOKS = 10,              /* and at a topic that nobody leads */
	PATIENCE = 60            /* seconds in which nothing comes */
};

/* ---------------------------------------------------------------- reading */

static enum rs_rc look_for(struct rs_kafka_sink *s, const char *name, int *partitions, bool *usable, struct rs_err *err)
{
	struct rs_kafka_cluster cluster;
	enum rs_rc rc = rs_kafka_describe(&s->control.k, &cluster, err);
	const struct rs_kafka_topic *t = rs_kafka_cluster_topic(&cluster, name);

	*partitions = t ? t->partitions : 0;
	*usable = !t || t->stranded == 0;
	rs_kafka_cluster_release(&cluster);
	return rc;
}

/* While a leader is found, it may seem as if there were none: it is looked again. */
enum rs_rc rs_kafka_has_topic(struct rs_kafka_sink *s, const char *name, int *partitions, struct rs_err *err)
{
	bool usable = false;
	enum rs_rc rc = RS_OK;

	for (int i = 0; rc == RS_OK && !usable && i < LOOKS; i++) {
		if (i > 0)
			rd_kafka_poll(s->control.k.handle, SLICE);
		rc = look_for(s, name, partitions, &usable, err);
	}
	if (rc != RS_OK || usable)
		return rc;
	rc = rs_kafka_fail(&s->control.k, err, RD_KAFKA_RESP_ERR_KAFKA_STORAGE_ERROR, NULL, _("using a topic"));
	return rc == RS_FAIL ? rs_err_detail(err, _("the topic is %s"), name) : rc;
}

static void forget_records(struct rs_kafka_sink *s)
{
	rs_map_release(&s->records, free);
	s->records = (struct rs_map)RS_MAP_INIT;
	json_decref(s->kept);
	s->kept = json_object();
}

void rs_kafka_meta_take(struct rs_map *records, const char *topic, const char *key, size_t key_len, const char *value, size_t len)
{
	struct rs_kafka_record *r = NULL;

	if (value) {
		r = rs_xmalloc(sizeof *r + len + 1);
		r->len = len;
		memcpy(r->bytes, value, len);
		r->bytes[len] = '\0';
	}
	free(r ? rs_map_put(records, key, key_len, r) : rs_map_del(records, key, key_len));
	if (r)
		rs_kafka_journal_take(records, topic, key, key_len);
}

/* How far a read has come. Readers of what is committed are shown the topic up to the first transaction that is under way there,
 * or whose end the broker has not yet written, though what comes behind it may be committed. */
struct reading {
	const char *topic;
	struct rs_map *records;
	bool whole;              /* go on to the topic's end, as it was when the first stop was made */
	bool stopped;
	int64_t topic_end;       /* of the first stop; an offset */
	int64_t at;              /* of the latest */
	bool partial;            /* there is more behind the stop */
	bool end;
};

static void stop_here(struct rs_kafka_sink *s, struct reading *r, int64_t offset)
{
	int64_t low = 0, high = offset;

	if (!r->stopped && rd_kafka_get_watermark_offsets(s->reader.handle, r->topic, 0, &low, &high) == RD_KAFKA_RESP_ERR_NO_ERROR)
		r->topic_end = high;
	r->stopped = true;
	r->at = offset;
	r->partial = offset < r->topic_end;
	r->end = !r->whole || !r->partial;
}

static enum rs_rc take_message(struct rs_kafka_sink *s, struct reading *r, rd_kafka_message_t *m, struct rs_err *err)
{
	enum rs_rc rc = RS_OK;

	if (m->err == RD_KAFKA_RESP_ERR_NO_ERROR)
		rs_kafka_meta_take(r->records, r->topic, m->key, m->key_len, m->payload, m->len);
	else if (m->err == RD_KAFKA_RESP_ERR__PARTITION_EOF)
		stop_here(s, r, m->offset);
	else
		rc = rs_kafka_fail(&s->reader, err, m->err, rd_kafka_message_errstr(m), _("reading what is kept of the task"));
	rd_kafka_message_destroy(m);
	return rc;
}

static enum rs_rc nothing_comes(struct rs_kafka_sink *s, const struct reading *r, struct rs_err *err)
{
	enum rs_rc rc = rs_kafka_fail(&s->reader, err, RD_KAFKA_RESP_ERR__TIMED_OUT, NULL, _("reading what is kept of the task"));

	if (rc == RS_FAIL && r->stopped)
		rs_err_detail(err, _("a transaction that is not ended stands in the topic %s"), r->topic);
	return rc;
}

static enum rs_rc read_partition(struct rs_kafka_sink *s, rd_kafka_topic_t *topic, struct reading *r, struct rs_err *err)
{
	rs_usec heard = rs_clock_mono();
	enum rs_rc rc = RS_OK;

	while (rc == RS_OK && !r->end) {
		rd_kafka_message_t *m = rd_kafka_consume(topic, 0, SLICE);
		rd_kafka_poll(s->reader.handle, 0);
		if (m) {
			heard = rs_clock_mono();
			rc = take_message(s, r, m, err);
		} else if (atomic_load(&s->reader.cancelled) || rs_clock_mono() - heard > PATIENCE * RS_USEC_PER_SEC) {
			rc = nothing_comes(s, r, err);
		}
	}
	return rc;
}

/* Where the library does not know yet who leads the partition it waits half a second before it asks again. */
static void learn_leader(struct rs_kafka_sink *s, rd_kafka_topic_t *topic)
{
	const struct rd_kafka_metadata *found = NULL;

	if (rd_kafka_metadata(s->reader.handle, 0, topic, &found, SLICE) == RD_KAFKA_RESP_ERR_NO_ERROR)
		rd_kafka_metadata_destroy(found);
}

static enum rs_rc read_topic(struct rs_kafka_sink *s, struct reading *r, struct rs_err *err)
{
	rd_kafka_topic_t *topic = rd_kafka_topic_new(s->reader.handle, r->topic, NULL);
	enum rs_doing before = rs_activity_enter(RS_DOING_DEST);
	enum rs_rc rc;

	if (topic)
		learn_leader(s, topic);
	if (topic && rd_kafka_consume_start(topic, 0, RD_KAFKA_OFFSET_BEGINNING) == 0) {
		rc = read_partition(s, topic, r, err);
		(void)rd_kafka_consume_stop(topic, 0);
	} else {
		rc = rs_kafka_fail(&s->reader, err, rd_kafka_last_error(), NULL, _("reading what is kept of the task"));
	}
	rs_activity_leave(before);
	if (topic)
		rd_kafka_topic_destroy(topic);
	return rc;
}

json_t *rs_kafka_record_json(const struct rs_kafka_record *r, struct rs_err *err)
{
	json_t *j = json_loadb(r->bytes, r->len, 0, NULL);

	if (!j)
		rs_err_set(err, RS_E_META_DAMAGED, _("a record of the topic in which the task is kept can't be read"));
	return j;
}

/* It is changed in memory, and written as a whole. */
static enum rs_rc take_kept(struct rs_map *records, json_t **kept, struct rs_err *err)
{
	static const char key[] = "[\"task\"]";
	struct rs_kafka_record *r = rs_map_del(records, key, strlen(key));

	if (!r)
		return RS_OK;
	json_t *found = rs_kafka_record_json(r, err);
	free(r);
	if (!found)
		return RS_FAIL;
	json_decref(*kept);
	*kept = found;
	return RS_OK;
}

static enum rs_rc read_kept(struct rs_kafka_sink *s, struct reading *r, json_t **kept, struct rs_err *err)
{
	static const struct rs_kafka_setting settings[] = {{"isolation.level", "read_committed"},
	                                                   {"enable.partition.eof", "true"},
	                                                   {"fetch.wait.max.ms", "10"},
	                                                   {"queued.max.messages.kbytes", "16384"},
	                                                   {NULL, NULL}};
	int partitions = 0;
	enum rs_rc rc = rs_kafka_has_topic(s, r->topic, &partitions, err);

	if (rc != RS_OK || partitions == 0)
		return rc;
	rc = rs_kafka_open_consumer(&s->reader, &s->task->destination, settings, err);
	if (rc == RS_OK)
		rc = read_topic(s, r, err);
	rs_kafka_close(&s->reader);
	return rc == RS_OK ? take_kept(r->records, kept, err) : rc;
}

enum rs_rc rs_kafka_meta_read(struct rs_kafka_sink *s, bool whole, struct rs_err *err)
{
	struct reading r = {.topic = s->topic, .records = &s->records, .whole = whole};

	forget_records(s);
	s->stale = false;
	enum rs_rc rc = read_kept(s, &r, &s->kept, err);
	s->partial = r.partial;
	s->read_to = r.at;
	return rc;
}

enum rs_rc rs_kafka_meta_read_other(struct rs_kafka_sink *s, const char *topic, bool whole, struct rs_kafka_kept *out, struct rs_err *err)
{
	struct reading r = {.topic = topic, .records = &out->records, .whole = whole};

	*out = (struct rs_kafka_kept){.records = RS_MAP_INIT, .task = json_object()};
	return read_kept(s, &r, &out->task, err);
}

void rs_kafka_kept_release(struct rs_kafka_kept *k)
{
	rs_map_release(&k->records, free);
	json_decref(k->task);
	*k = (struct rs_kafka_kept){.records = RS_MAP_INIT};
}

enum rs_rc rs_kafka_meta_refresh(struct rs_kafka_sink *s, struct rs_err *err)
{
	if (!s->stale)
		return RS_OK;
	pthread_mutex_lock(&s->lock);
	enum rs_rc rc = rs_kafka_meta_read(s, true, err);
	pthread_mutex_unlock(&s->lock);
	return rc;
}

bool rs_kafka_meta_each(const struct rs_map *records, const char *kind, size_t *i, json_t **key, const struct rs_kafka_record **record)
{
	const struct rs_map_entry *entry;

	while (rs_map_each(records, i, &entry)) {
		json_t *k = json_loadb(entry->key, entry->key_len, 0, NULL);
		const char *is = json_string_value(json_array_get(k, 0));
		if (is && strcmp(is, kind) == 0) {
			*key = k;
			*record = entry->value;
			return true;
		}
		json_decref(k);
	}
	return false;
}

/* ---------------------------------------------------------------- writing */

/* Without transactions what is noted in a unit waits for its end. */
enum rs_rc rs_kafka_meta_put_text(struct rs_kafka_link *l, const char *topic, const char *key, const char *text, struct rs_err *err)
{
	if (l->transactional || !l->begun)
		return rs_kafka_link_put(l, topic, 0, key, strlen(key), text, text ? strlen(text) : 0, err);
	char *name = rs_xprintf("%s %s", topic, key);
	free(rs_map_put(&l->notes, name, strlen(name), rs_xstrdup(text ? text : "")));
	free(name);
	return RS_OK;
}

/* Bytes don't wait: nothing speaks of them before the unit ends, and what was to be removed of that key is written over. */
enum rs_rc rs_kafka_meta_put_bytes(struct rs_kafka_sink *s, struct rs_kafka_link *l, json_t *key, const void *bytes, size_t len,
                                   struct rs_err *err)
{
	char *text = json_dumps(key, JSON_COMPACT), *name = rs_xprintf("%s %s", s->topic, text);
	enum rs_rc rc;

	if (bytes) {
		free(rs_map_del(&l->notes, name, strlen(name)));
		rc = rs_kafka_link_put(l, s->topic, 0, text, strlen(text), bytes, len, err);
	} else {
		rc = rs_kafka_meta_put_text(l, s->topic, text, NULL, err);
	}
	free(name);
	free(text);
	json_decref(key);
	return rc;
}

enum rs_rc rs_kafka_meta_put_other(struct rs_kafka_link *l, const char *topic, json_t *key, json_t *value, struct rs_err *err)
{
	char *name = json_dumps(key, JSON_COMPACT), *text = value ? json_dumps(value, JSON_COMPACT) : NULL;
	enum rs_rc rc = rs_kafka_meta_put_text(l, topic, name, text, err);

	free(name);
	free(text);
	json_decref(key);
	json_decref(value);
	return rc;
}

enum rs_rc rs_kafka_meta_put(struct rs_kafka_sink *s, struct rs_kafka_link *l, json_t *key, json_t *value, struct rs_err *err)
{
	return rs_kafka_meta_put_other(l, s->topic, key, value, err);
}

enum rs_rc rs_kafka_meta_put_table(struct rs_kafka_sink *s, struct rs_kafka_link *l, const struct rs_meta_table *t, struct rs_err *err)
{
	return rs_kafka_meta_put(s, l, json_pack("[s,s,s]", "table", t->db, t->name), rs_meta_table_to_json(t), err);
}

enum rs_rc rs_kafka_meta_put_position(struct rs_kafka_sink *s, struct rs_kafka_link *l, const struct rs_position *p, int64_t time,
                                      const char *ahead, struct rs_err *err)
{
	json_t *value = rs_meta_position_to_json(p);

	json_object_set_new(value, "time", json_integer(time));
	if (ahead)
		json_object_set_new(value, "ahead", json_string(ahead));
	return rs_kafka_meta_put(s, l, json_pack("[s]", "position"), value, err);
}

enum rs_rc rs_kafka_meta_put_task(struct rs_kafka_sink *s, struct rs_kafka_link *l, struct rs_err *err)
{
	return rs_kafka_meta_put(s, l, json_pack("[s]", "task"), json_incref(s->kept), err);
}

enum rs_rc rs_kafka_meta_begin(struct rs_kafka_sink *s, struct rs_err *err)
{
	pthread_mutex_lock(&s->lock);
	return rs_kafka_link_begin(&s->link, err);
}

enum rs_rc rs_kafka_meta_end(struct rs_kafka_sink *s, enum rs_rc rc, struct rs_err *err)
{
	if (rc == RS_OK)
		rc = rs_kafka_commit(s, &s->link, err);
	if (rc != RS_OK)
		rs_kafka_link_abort(&s->link);
	s->stale = true;
	pthread_mutex_unlock(&s->lock);
	return rc;
}
