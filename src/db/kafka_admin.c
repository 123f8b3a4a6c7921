#include "db/kafka_admin.h"

#include <stdlib.h>
#include <string.h>
#include "base/clock.h"
#include "base/i18n.h"
#include "base/mem.h"
#include "base/size.h"

enum {
	SLICE = 200,             /* milliseconds between looks at the cancel flag */
	MARGIN = 2,              /* seconds that the library's own timeout comes before ours */
	TEXT_MAX = 512
};

/* What the brokers say comes to a queue; NULL: nothing in time. */
static rd_kafka_event_t *await(struct rs_kafka *k, rd_kafka_queue_t *queue)
{
	const rs_usec deadline = rs_clock_mono() + (k->timeout + MARGIN) * RS_USEC_PER_SEC;
	enum rs_doing before = rs_activity_enter(k->doing);
	rd_kafka_event_t *event;

	do {
		event = rd_kafka_queue_poll(queue, SLICE);
		rd_kafka_poll(k->handle, 0);
	} while (!event && !atomic_load(&k->cancelled) && rs_clock_mono() < deadline);
	rs_activity_leave(before);
	return event;
}

static rd_kafka_AdminOptions_t *options(struct rs_kafka *k, rd_kafka_admin_op_t of)
{
	rd_kafka_AdminOptions_t *o = rd_kafka_AdminOptions_new(k->handle, of);
	char text[TEXT_MAX];

	(void)rd_kafka_AdminOptions_set_request_timeout(o, (int)k->timeout * 1000, text, sizeof text);
	(void)rd_kafka_AdminOptions_set_operation_timeout(o, (int)k->timeout * 1000, text, sizeof text); /* until all brokers know it */
	return o;
}

/* The first that is not fine. */
static rd_kafka_resp_err_t outcome(const rd_kafka_topic_result_t **results, size_t n, const char **text)
{
	for (size_t i = 0; i < n; i++)
		if (rd_kafka_topic_result_error(results[i]) != RD_KAFKA_RESP_ERR_NO_ERROR) {
			*text = rd_kafka_topic_result_error_string(results[i]);
			return rd_kafka_topic_result_error(results[i]);
		}
	return RD_KAFKA_RESP_ERR_NO_ERROR;
}

static rd_kafka_resp_err_t read_answer(rd_kafka_event_t *event, bool made, const char **text)
{
	const rd_kafka_topic_result_t **results = NULL;
	size_t n = 0;

	*text = NULL;
	if (!event)
		return RD_KAFKA_RESP_ERR__TIMED_OUT;
	if (rd_kafka_event_error(event) != RD_KAFKA_RESP_ERR_NO_ERROR) {
		*text = rd_kafka_event_error_string(event);
		return rd_kafka_event_error(event);
	}
	if (made)
		results = rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event), &n);
	else
		results = rd_kafka_DeleteTopics_result_topics(rd_kafka_event_DeleteTopics_result(event), &n);
	return outcome(results, n, text);
}

static enum rs_rc finish(struct rs_kafka *k, rd_kafka_queue_t *queue, bool made, rd_kafka_resp_err_t fine, const char *what,
                         const char *name, struct rs_err *err)
{
	rd_kafka_event_t *event = await(k, queue);
	const char *text;
	rd_kafka_resp_err_t native = read_answer(event, made, &text);
	enum rs_rc rc = RS_OK;

	if (native != RD_KAFKA_RESP_ERR_NO_ERROR && native != fine) {
		rc = rs_kafka_fail(k, err, native, text, what);
		rs_err_detail(err, _("the topic is %s"), name);
	}
	if (event)
		rd_kafka_event_destroy(event);
	rd_kafka_queue_destroy(queue);
	return rc;
}

static enum rs_rc make(struct rs_kafka *k, const struct rs_kafka_new_topic *wanted, bool only_ask, struct rs_err *err)
{
	char text[TEXT_MAX];
	rd_kafka_NewTopic_t *topic = rd_kafka_NewTopic_new(wanted->name, wanted->partitions, wanted->replicas > 0 ? wanted->replicas : -1, text,
	                                                  sizeof text);

	if (!topic)
		return rs_kafka_fail(k, err, RD_KAFKA_RESP_ERR__INVALID_ARG, text, _("making a topic"));
	for (const struct rs_kafka_setting *s = wanted->settings; s && s->name; s++)
		(void)rd_kafka_NewTopic_set_config(topic, s->name, s->value);
	rd_kafka_queue_t *queue = rd_kafka_queue_new(k->handle);
	rd_kafka_AdminOptions_t *o = options(k, RD_KAFKA_ADMIN_OP_CREATETOPICS);
	(void)rd_kafka_AdminOptions_set_validate_only(o, only_ask, text, sizeof text);
	rd_kafka_CreateTopics(k->handle, &topic, 1, o, queue);
	rd_kafka_AdminOptions_destroy(o);
	rd_kafka_NewTopic_destroy(topic);
	return finish(k, queue, true, only_ask ? RD_KAFKA_RESP_ERR_NO_ERROR : RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS, _("making a topic"), wanted->name, err);
}

enum rs_rc rs_kafka_topic_make(struct rs_kafka *k, const struct rs_kafka_new_topic *topic, struct rs_err *err)
{
	return make(k, topic, false, err);
}

enum rs_rc rs_kafka_topic_may_be_made(struct rs_kafka *k, const struct rs_kafka_new_topic *topic, struct rs_err *err)
{
	return make(k, topic, true, err);
}

/* ------------------------------------------------------------------ settings */

static void take_settings(const rd_kafka_ConfigResource_t *r, const char *const *keys, char **values, size_t n)
{
	size_t n_entries = 0;
	const rd_kafka_ConfigEntry_t **entries = rd_kafka_ConfigResource_configs(r, &n_entries);

	for (size_t i = 0; i < n_entries; i++)
		for (size_t j = 0; j < n; j++)
			if (!values[j] && strcmp(rd_kafka_ConfigEntry_name(entries[i]), keys[j]) == 0)
				values[j] = rs_xstrdup(rd_kafka_ConfigEntry_value(entries[i]));
}

static rd_kafka_resp_err_t read_settings(rd_kafka_event_t *event, const char *const *keys, char **values, size_t n, const char **text)
{
	size_t n_found = 0;

	*text = NULL;
	if (!event)
		return RD_KAFKA_RESP_ERR__TIMED_OUT;
	if (rd_kafka_event_error(event) != RD_KAFKA_RESP_ERR_NO_ERROR) {
		*text = rd_kafka_event_error_string(event);
		return rd_kafka_event_error(event);
	}
	const rd_kafka_ConfigResource_t **found =
		rd_kafka_DescribeConfigs_result_resources(rd_kafka_event_DescribeConfigs_result(event), &n_found);
	if (n_found != 1)
		return RD_KAFKA_RESP_ERR__BAD_MSG;
	*text = rd_kafka_ConfigResource_error_string(found[0]);
	if (rd_kafka_ConfigResource_error(found[0]) == RD_KAFKA_RESP_ERR_NO_ERROR)
		take_settings(found[0], keys, values, n);
	return rd_kafka_ConfigResource_error(found[0]);
}

/* Takes over the resources. The brokers' answer; NULL: nothing in time. What it holds is the queue's, too, which the caller ends. */
static rd_kafka_event_t *ask_settings(struct rs_kafka *k, rd_kafka_ConfigResource_t **of, size_t n, rd_kafka_queue_t *queue)
{
	rd_kafka_AdminOptions_t *o = options(k, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS);

	rd_kafka_DescribeConfigs(k->handle, of, n, o, queue);
	rd_kafka_AdminOptions_destroy(o);
	rd_kafka_ConfigResource_destroy_array(of, n);
	return await(k, queue);
}

enum rs_rc rs_kafka_settings_read(struct rs_kafka *k, bool of_broker, const char *name, const char *const *keys, char **values, size_t n,
                                  struct rs_err *err)
{
	rd_kafka_ConfigResource_t *of = rd_kafka_ConfigResource_new(of_broker ? RD_KAFKA_RESOURCE_BROKER : RD_KAFKA_RESOURCE_TOPIC, name);
	rd_kafka_queue_t *queue = rd_kafka_queue_new(k->handle);
	const char *text;
	enum rs_rc rc = RS_OK;

	for (size_t i = 0; i < n; i++)
		values[i] = NULL;
	rd_kafka_event_t *event = ask_settings(k, &of, 1, queue);
	rd_kafka_resp_err_t native = read_settings(event, keys, values, n, &text);
	if (native != RD_KAFKA_RESP_ERR_NO_ERROR)
		rc = rs_kafka_fail(k, err, native, text, _("asking for settings"));
	if (event)
		rd_kafka_event_destroy(event);
	rd_kafka_queue_destroy(queue);
	return rc;
}

static void take_least(rd_kafka_event_t *event, const char *key, uint64_t *least)
{
	size_t n = 0;
	const rd_kafka_ConfigResource_t **found =
		rd_kafka_DescribeConfigs_result_resources(rd_kafka_event_DescribeConfigs_result(event), &n);

	for (size_t i = 0; i < n; i++) {
		char *value = NULL;
		uint64_t is;
		if (rd_kafka_ConfigResource_error(found[i]) == RD_KAFKA_RESP_ERR_NO_ERROR)
			take_settings(found[i], &key, &value, 1);
		if (value && rs_number_parse(value, &is) && is < *least)
			*least = is;
		free(value);
	}
}

enum rs_rc rs_kafka_topics_least(struct rs_kafka *k, const char *const *names, size_t n, const char *key, uint64_t *least,
                                 struct rs_err *err)
{
	rd_kafka_ConfigResource_t **of = rs_xcalloc(n + 1, sizeof *of);
	rd_kafka_queue_t *queue = rd_kafka_queue_new(k->handle);
	rd_kafka_resp_err_t native = RD_KAFKA_RESP_ERR__TIMED_OUT;

	*least = UINT64_MAX;
	for (size_t i = 0; i < n; i++)
		of[i] = rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, names[i]);
	rd_kafka_event_t *event = ask_settings(k, of, n, queue);
	if (event)
		native = rd_kafka_event_error(event);
	enum rs_rc rc = native == RD_KAFKA_RESP_ERR_NO_ERROR
	                    ? RS_OK
	                    : rs_kafka_fail(k, err, native, event ? rd_kafka_event_error_string(event) : NULL, _("asking for settings"));
	if (rc == RS_OK)
		take_least(event, key, least);
	if (event)
		rd_kafka_event_destroy(event);
	rd_kafka_queue_destroy(queue);
	free(of);
	return rc;
}

enum rs_rc rs_kafka_topic_remove(struct rs_kafka *k, const char *name, struct rs_err *err)
{
	rd_kafka_DeleteTopic_t *topic = rd_kafka_DeleteTopic_new(name);
	rd_kafka_queue_t *queue = rd_kafka_queue_new(k->handle);
	rd_kafka_AdminOptions_t *o = options(k, RD_KAFKA_ADMIN_OP_DELETETOPICS);

	rd_kafka_DeleteTopics(k->handle, &topic, 1, o, queue);
	rd_kafka_AdminOptions_destroy(o);
	rd_kafka_DeleteTopic_destroy(topic);
	return finish(k, queue, false, RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, _("removing a topic"), name, err);
}
