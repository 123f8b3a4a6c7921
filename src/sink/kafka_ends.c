/* How far the partitions go that the task has written to, noted now and then and where it ends: what is behind that later was
 * removed with its topic, which was made anew, or lost by the brokers. No id of a topic is needed for it.
 *
 * What is noted lags behind by some seconds: a topic that is made anew while nobody looks, and filled beyond it by others, is not
 * known again. While the task writes, each message tells (kafka_conn.h). */
#include "sink/kafka_sink.h"

#include <stdlib.h>
#include <string.h>
#include "base/clock.h"
#include "base/i18n.h"
#include "base/log.h"
#include "base/mem.h"
#include "db/kafka_login.h"

enum {
	NOTE_EVERY = 5,          /* seconds */
	PATIENCE = 60            /* seconds that a cluster may take to find the leaders of all partitions */
};

/* ---------------------------------------------------------------- what is known */

/* Once for each sink: it knows more than what is stored from then on. */
static enum rs_rc load(struct rs_kafka_sink *s, struct rs_err *err)
{
	const struct rs_kafka_record *record;
	json_t *key;
	enum rs_rc rc = RS_OK;

	if (s->ends)
		return RS_OK;
	s->ends = json_object();
	s->ends_changed = json_object();
	for (size_t i = 0; rc == RS_OK && rs_kafka_meta_each(&s->records, "ends", &i, &key, &record);) {
		const char *topic = json_string_value(json_array_get(key, 1));
		json_t *known = rs_kafka_record_json(record, err);
		if (known && topic)
			json_object_set(s->ends, topic, known);
		rc = known ? RS_OK : RS_FAIL;
		json_decref(known);
		json_decref(key);
	}
	return rc;
}

static void take_end(void *arg, const struct rs_kafka_end *end)
{
	struct rs_kafka_sink *s = arg;
	const int64_t last = atomic_load(&end->last);
	json_t *known = json_object_get(s->ends, end->topic);

	if (strncmp(end->topic, RS_KAFKA_KEPT, strlen(RS_KAFKA_KEPT)) == 0) /* its own, or a side's, which goes when that has joined */
		return;
	if (!known) {
		known = json_array();
		json_object_set_new(s->ends, end->topic, known);
	}
	while (json_array_size(known) <= (size_t)end->partition)
		json_array_append_new(known, json_integer(-1));
	if (json_integer_value(json_array_get(known, (size_t)end->partition)) >= last)
		return;
	json_array_set_new(known, (size_t)end->partition, json_integer(last));
	json_object_set_new(s->ends_changed, end->topic, json_true());
}

void rs_kafka_ends_take(struct rs_kafka_sink *s, const struct rs_kafka_link *l)
{
	if (s->ends)
		rs_kafka_link_ends(l, take_end, s);
}

void rs_kafka_ends_expect(struct rs_kafka_sink *s, struct rs_kafka_link *l, const char *topic)
{
	json_t *last;
	size_t i;

	pthread_mutex_lock(&s->lock);
	json_array_foreach(json_object_get(s->ends, topic), i, last)
		if (json_integer_value(last) >= 0)
			rs_kafka_link_expect(l, topic, (int32_t)i, json_integer_value(last));
	pthread_mutex_unlock(&s->lock);
}

enum rs_rc rs_kafka_ends_put(struct rs_kafka_sink *s, struct rs_kafka_link *l, struct rs_err *err)
{
	const char *topic;
	enum rs_rc rc = RS_OK;
	json_t *is;

	rs_kafka_ends_take(s, l);
	json_object_foreach(s->ends_changed, topic, is)
		if (rc == RS_OK)
			rc = rs_kafka_meta_put(s, l, json_pack("[s,s]", "ends", topic), json_incref(json_object_get(s->ends, topic)), err);
	json_object_clear(s->ends_changed);
	s->ends_noted = rs_clock_mono();
	return rc;
}

enum rs_rc rs_kafka_ends_note(struct rs_kafka_sink *s, struct rs_kafka_link *l, struct rs_err *err)
{
	if (s->ends_noted != 0 && rs_clock_mono() - s->ends_noted < NOTE_EVERY * RS_USEC_PER_SEC)
		return RS_OK;
	pthread_mutex_lock(&s->lock);
	enum rs_rc rc = rs_kafka_ends_put(s, l, err);
	pthread_mutex_unlock(&s->lock);
	return rc;
}

/* ---------------------------------------------------------------- what is there */

static void list_known(const struct rs_kafka_sink *s, rd_kafka_topic_partition_list_t *list)
{
	const char *topic;
	json_t *known, *last;
	size_t i;

	json_object_foreach(s->ends, topic, known)
		json_array_foreach(known, i, last)
			if (json_integer_value(last) >= 0)
				rd_kafka_topic_partition_list_add(list, topic, (int32_t)i)->offset = RD_KAFKA_OFFSET_END;
}

/* Of everything that is there, committed or not: a transaction that hangs hides what stands behind it. */
static enum rs_rc ask(struct rs_kafka_sink *s, rd_kafka_topic_partition_list_t *list, struct rs_err *err)
{
	static const struct rs_kafka_setting settings[] = {{"isolation.level", "read_uncommitted"}, {NULL, NULL}};
	const char *what = _("asking how far the topics go");
	enum rs_rc rc = rs_kafka_open_consumer(&s->reader, &s->task->destination, settings, err);
	enum rs_doing before = rs_activity_enter(RS_DOING_DEST);

	if (rc == RS_OK) {
		rd_kafka_resp_err_t native = rd_kafka_offsets_for_times(s->reader.handle, list, PATIENCE * 1000);
		rc = native == RD_KAFKA_RESP_ERR_NO_ERROR ? RS_OK : rs_kafka_fail(&s->reader, err, native, NULL, what);
	}
	for (int i = 0; rc == RS_OK && i < list->cnt; i++)
		if (list->elems[i].err != RD_KAFKA_RESP_ERR_NO_ERROR)
			rc = rs_kafka_fail(&s->reader, err, list->elems[i].err, NULL, what);
	rs_activity_leave(before);
	rs_kafka_close(&s->reader);
	return rc;
}

static bool fell_back(const struct rs_kafka_sink *s, const rd_kafka_topic_partition_t *now)
{
	const json_t *known = json_object_get(s->ends, now->topic);

	return now->offset >= 0 && now->offset <= json_integer_value(json_array_get(known, (size_t)now->partition));
}

enum rs_rc rs_kafka_ends_check(struct rs_kafka_sink *s, struct rs_err *err)
{
	enum rs_rc rc = load(s, err);
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(0);

	if (rc == RS_OK)
		list_known(s, list);
	if (list->cnt > 0)
		rc = ask(s, list, err);
	for (int i = 0; rc == RS_OK && i < list->cnt; i++) {
		const rd_kafka_topic_partition_t *now = &list->elems[i];
		if (!fell_back(s, now))
			continue;
		if (!rs_kafka_takes_topics(s))
			rc = rs_kafka_fell_back(now->topic, (int)now->partition, err);
		else
			rs_kafka_ends_forget(s, now->topic);
	}
	rd_kafka_topic_partition_list_destroy(list);
	return rc;
}

void rs_kafka_ends_forget(struct rs_kafka_sink *s, const char *topic)
{
	rs_log(RS_LOG_WARN, "a topic is gone on with, what was written to it before is not there any more topic=\"%s\"", topic);
	json_object_set_new(s->ends, topic, json_array());
	json_object_set_new(s->ends_changed, topic, json_true());
}
