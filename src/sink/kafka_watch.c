/* Whether another process has taken the task over, where no transaction tells: it has written a later epoch. What is kept is
 * read on from where it was read last, up to its end as the broker has it at that moment. */
#include "sink/kafka_sink.h"

#include <string.h>
#include "base/clock.h"
#include "base/i18n.h"
#include "db/kafka_login.h"

enum {
	SLICE = 200,                 /* milliseconds between looks at the cancel flag */
	PATIENCE = 60                /* seconds */
};

/* ---------------------------------------------------------------- opening */

enum rs_rc rs_kafka_watch_open(struct rs_kafka_sink *s, uint64_t epoch, struct rs_err *err)
{
	static const struct rs_kafka_setting settings[] = {
		{"enable.partition.eof", "true"}, {"fetch.wait.max.ms", "100"}, {"queued.max.messages.kbytes", "1024"}, {NULL, NULL}};
	struct rs_kafka_watch *w = &s->watch;
	enum rs_rc rc = rs_kafka_open_consumer(&w->k, &s->task->destination, settings, err);

	if (rc != RS_OK)
		return rc;
	w->epoch = epoch;
	w->next = s->read_to;
	w->topic = rd_kafka_topic_new(w->k.handle, s->topic, NULL);
	if (w->topic && rd_kafka_consume_start(w->topic, 0, w->next) == 0)
		return RS_OK;
	return rs_kafka_fail(&w->k, err, rd_kafka_last_error(), NULL, _("reading what is kept of the task"));
}

void rs_kafka_watch_close(struct rs_kafka_sink *s)
{
	struct rs_kafka_watch *w = &s->watch;

	if (w->topic) {
		(void)rd_kafka_consume_stop(w->topic, 0);
		rd_kafka_topic_destroy(w->topic);
	}
	w->topic = NULL;
	rs_kafka_close(&w->k);
}

/* ---------------------------------------------------------------- looking */

static enum rs_rc find_end(struct rs_kafka_watch *w, const char *topic, int64_t *end, struct rs_err *err)
{
	const rs_usec deadline = rs_clock_mono() + PATIENCE * RS_USEC_PER_SEC;
	rd_kafka_resp_err_t native;
	int64_t low;

	do
		native = rd_kafka_query_watermark_offsets(w->k.handle, topic, 0, &low, end, SLICE);
	while ((native == RD_KAFKA_RESP_ERR__TIMED_OUT || native == RD_KAFKA_RESP_ERR__TRANSPORT) && !atomic_load(&w->k.cancelled) &&
	       rs_clock_mono() < deadline);
	if (native == RD_KAFKA_RESP_ERR_NO_ERROR)
		return RS_OK;
	return rs_kafka_fail(&w->k, err, native, NULL, _("reading what is kept of the task"));
}

static uint64_t epoch_in(const char *text, size_t len)
{
	json_t *task = json_loadb(text, len, 0, NULL);
	const uint64_t epoch = (uint64_t)json_integer_value(json_object_get(task, "epoch"));

	json_decref(task);
	return epoch;
}

/* A journal may have the record too. What is gone is nobody's. */
static uint64_t epoch_of(const rd_kafka_message_t *m, const char *topic)
{
	static const char task[] = "[\"task\"]", journal[] = "[\"journal\"";
	uint64_t epoch = 0;
	const json_t *record;
	size_t i;

	if (m->key_len == strlen(task) && memcmp(m->key, task, strlen(task)) == 0)
		return m->payload ? epoch_in(m->payload, m->len) : UINT64_MAX;
	if (m->key_len < strlen(journal) || memcmp(m->key, journal, strlen(journal)) != 0 || !m->payload)
		return 0;
	json_t *part = json_loadb(m->payload, m->len, 0, NULL);
	json_array_foreach(json_object_get(part, "records"), i, record) {
		const char *of = json_string_value(json_array_get(record, 0)), *key = json_string_value(json_array_get(record, 1)),
		           *value = json_string_value(json_array_get(record, 2));
		if (of && key && value && strcmp(of, topic) == 0 && strcmp(key, task) == 0)
			epoch = epoch_in(value, strlen(value));
	}
	json_decref(part);
	return epoch;
}

static enum rs_rc take(struct rs_kafka_watch *w, const char *topic, rd_kafka_message_t *m, struct rs_err *err)
{
	enum rs_rc rc = RS_OK;

	if (m->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
		w->next = m->offset + 1;
		if (epoch_of(m, topic) > w->epoch)
			rc = rs_err_set(err, RS_E_META_EPOCH, _("another process has taken over the task"));
	} else if (m->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
		w->next = m->offset;
	} else {
		rc = rs_kafka_fail(&w->k, err, m->err, rd_kafka_message_errstr(m), _("reading what is kept of the task"));
	}
	rd_kafka_message_destroy(m);
	return rc;
}

static enum rs_rc read_to(struct rs_kafka_watch *w, const char *topic, int64_t end, struct rs_err *err)
{
	const rs_usec deadline = rs_clock_mono() + PATIENCE * RS_USEC_PER_SEC;
	enum rs_rc rc = RS_OK;

	while (rc == RS_OK && w->next < end) {
		rd_kafka_message_t *m = rd_kafka_consume(w->topic, 0, SLICE);
		rd_kafka_poll(w->k.handle, 0);
		if (m)
			rc = take(w, topic, m, err);
		else if (atomic_load(&w->k.cancelled) || rs_clock_mono() > deadline)
			rc = rs_kafka_fail(&w->k, err, RD_KAFKA_RESP_ERR__TIMED_OUT, NULL, _("reading what is kept of the task"));
	}
	return rc;
}

enum rs_rc rs_kafka_watch_look(struct rs_kafka_sink *s, rs_usec every, struct rs_err *err)
{
	struct rs_kafka_watch *w = &s->watch;
	enum rs_rc rc = RS_OK;
	int64_t end = 0;

	pthread_mutex_lock(&w->lock);
	const rs_usec now = rs_clock_mono();
	if (w->topic && now - w->looked >= every) {
		rc = find_end(w, s->topic, &end, err);
		if (rc == RS_OK)
			rc = read_to(w, s->topic, end, err);
		w->looked = now;
	}
	pthread_mutex_unlock(&w->lock);
	return rc;
}
