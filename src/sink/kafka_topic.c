/* Topics, and how many partitions they had when the task first wrote to them: it goes on with those, so that the rows of a key
 * stay in one partition whatever is added; and what is to be done about those that became others. */
#include "sink/kafka_sink.h"

#include <stdlib.h>
#include <string.h>
#include "base/i18n.h"
#include "base/log.h"
#include "base/mem.h"
#include "db/kafka_admin.h"
#include "db/schema_registry_login.h"

static int noted(const struct rs_kafka_sink *s, const char *topic)
{
	return (int)json_integer_value(json_object_get(json_object_get(s->kept, "topics"), topic));
}

static void note(struct rs_kafka_sink *s, const char *topic, int partitions)
{
	json_t *topics = json_object_get(s->kept, "topics");

	if (!topics) {
		topics = json_object();
		json_object_set_new(s->kept, "topics", topics);
	}
	json_object_set_new(topics, topic, json_integer(partitions));
}

/* In the transaction that is open, or one of its own. */
static enum rs_rc keep(struct rs_kafka_sink *s, struct rs_err *err)
{
	const bool within = s->link.begun;
	enum rs_rc rc = rs_kafka_link_begin(&s->link, err);

	if (rc == RS_OK)
		rc = rs_kafka_meta_put_task(s, &s->link, err);
	if (rc == RS_OK && !within)
		rc = rs_kafka_commit(s, &s->link, err);
	return rc;
}

static enum rs_rc find_or_make(struct rs_kafka_sink *s, const char *topic, int wanted, int *partitions, struct rs_err *err)
{
	enum rs_rc rc = rs_kafka_has_topic(s, topic, partitions, err);

	if (rc != RS_OK || *partitions > 0)
		return rc;
	const struct rs_kafka_new_topic made = {.name = topic, .partitions = wanted, .replicas = (int)rs_task_topic_replicas(s->task)};
	rs_log(RS_LOG_INFO, "topic is made topic=\"%s\" partitions=%d", topic, wanted);
	rc = rs_kafka_topic_make(&s->control.k, &made, err);
	*partitions = wanted;
	return rc;
}

static enum rs_rc partitions_of(struct rs_kafka_sink *s, const char *topic, int wanted, int *partitions, struct rs_err *err)
{
	*partitions = noted(s, topic);
	if (*partitions > 0)
		return RS_OK;
	enum rs_rc rc = find_or_make(s, topic, wanted, partitions, err);
	if (rc != RS_OK)
		return rc;
	note(s, topic, *partitions);
	return keep(s, err);
}

/* Of the registry, without the lock: it may take its time. */
static enum rs_rc schema_of(struct rs_kafka_sink *s, const char *name, uint32_t *id, struct rs_err *err)
{
	struct rs_buf subject = RS_BUF_INIT;

	*id = 0;
	if (!s->registry)
		return RS_OK;
	rs_schema_registry_subject(s->task, name, &subject);
	enum rs_rc rc = rs_schema_registry_id(s->registry, rs_buf_str(&subject), rs_message_schema(), id, err);
	rs_buf_release(&subject);
	return rc;
}

static enum rs_rc find_topic(struct rs_kafka_sink *s, const char *name, int wanted, struct rs_message_topic *topic, struct rs_err *err)
{
	int partitions = 0;

	pthread_mutex_lock(&s->lock);
	enum rs_rc rc = partitions_of(s, name, wanted, &partitions, err);
	pthread_mutex_unlock(&s->lock);
	topic->partitions = partitions;
	return rc == RS_OK ? schema_of(s, name, &topic->schema_id, err) : rc;
}

enum rs_rc rs_kafka_topic_of(struct rs_kafka_sink *s, const char *db, const char *table, char **name, struct rs_message_topic *topic,
                             struct rs_err *err)
{
	struct rs_buf text = RS_BUF_INIT;

	rs_task_topic(s->task, db, table, &text);
	*name = rs_buf_take(&text);
	enum rs_rc rc = **name ? find_topic(s, *name, (int)rs_task_topic_partitions(s->task, db, table), topic, err)
	                       : rs_err_set(err, RS_E_TASK_INVALID, _("no topic is given for %s.%s"), db, table);
	if (rc != RS_OK) {
		free(*name);
		*name = NULL;
	}
	return rc;
}

enum rs_rc rs_kafka_topic_named(struct rs_kafka_sink *s, const char *name, struct rs_message_topic *topic, struct rs_err *err)
{
	const char *wanted = rs_task_get(s->task, "kafka.topic_partitions");

	return find_topic(s, name, wanted ? (int)strtol(wanted, NULL, 10) : 1, topic, err);
}

/* ---------------------------------------------------------------- what became of them */

bool rs_kafka_takes_topics(const struct rs_kafka_sink *s)
{
	return strcmp(rs_task_get(s->task, "kafka.on_topic_change"), "take") == 0;
}

static enum rs_rc refuse(const char *topic, int before, int now, struct rs_err *err)
{
	if (now == 0)
		rs_err_set(err, RS_E_DEST_TOPIC, _("the topic %s is not there any more"), topic);
	else
		rs_err_set(err, RS_E_DEST_TOPIC, _("the topic %s has %d partitions, and had %d when the task began"), topic, now, before);
	if (now == 0)
		err->retry = RS_RETRY_LATER; /* brokers that have just been started do not know all topics */
	return rs_err_hint(err, _("What was written to it is lost with it: have the task begin anew, which copies the tables again (rds-sync "
	                          "reset), or go on with the topic as it is, or made anew (kafka.on_topic_change = take)"));
}

static void tell_of_more(struct rs_kafka_sink *s, const char *topic, int before, int now)
{
	char *one = rs_xprintf("%s (%d, %d)", topic, before, now), *all = s->added ? rs_xprintf("%s, %s", s->added, one) : rs_xstrdup(one);

	rs_log(RS_LOG_WARN, "partitions were added, and are not written to topic=\"%s\" before=%d now=%d", topic, before, now);
	free(one);
	free(s->added);
	s->added = all;
}

/* now 0: it is made when it is written to. */
static void take(struct rs_kafka_sink *s, const char *topic, int before, int now)
{
	json_t *topics = json_object_get(s->kept, "topics");

	rs_log(RS_LOG_WARN, "a topic has other partitions, which are gone on with topic=\"%s\" before=%d now=%d", topic, before, now);
	if (now > 0)
		json_object_set_new(topics, topic, json_integer(now));
	else
		json_object_del(topics, topic);
	if (now < before)
		rs_kafka_ends_forget(s, topic);
}

/* *changed: it was taken as it is. */
static enum rs_rc compare(struct rs_kafka_sink *s, const char *topic, int before, const struct rs_kafka_cluster *there, bool *changed,
                          struct rs_err *err)
{
	const struct rs_kafka_topic *t = rs_kafka_cluster_topic(there, topic);
	const int now = t ? t->partitions : 0;

	if (now != before && rs_kafka_takes_topics(s)) {
		take(s, topic, before, now);
		*changed = true;
	} else if (now > before) {
		tell_of_more(s, topic, before, now);
	}
	return now >= before || *changed ? RS_OK : refuse(topic, before, now, err);
}

static enum rs_rc check(struct rs_kafka_sink *s, const struct rs_kafka_cluster *there, struct rs_err *err)
{
	const char *topic;
	json_t *count;
	void *next;
	bool changed = false;
	enum rs_rc rc = RS_OK;

	free(s->added);
	s->added = NULL;
	json_object_foreach_safe(json_object_get(s->kept, "topics"), next, topic, count) {
		bool taken = false;
		if (rc == RS_OK)
			rc = compare(s, topic, (int)json_integer_value(count), there, &taken, err);
		changed = changed || taken;
	}
	if (rc == RS_OK)
		rc = rs_kafka_ends_check(s, err);
	return rc == RS_OK && changed ? keep(s, err) : rc;
}

enum rs_rc rs_kafka_topics_check(struct rs_kafka_sink *s, struct rs_err *err)
{
	struct rs_kafka_cluster cluster;
	enum rs_rc rc = rs_kafka_describe(&s->control.k, &cluster, err);

	pthread_mutex_lock(&s->lock);
	if (rc == RS_OK)
		rc = check(s, &cluster, err);
	pthread_mutex_unlock(&s->lock);
	rs_kafka_cluster_release(&cluster);
	return rc;
}

enum rs_rc rs_kafka_remark(struct rs_sink *base, struct rs_err *out)
{
	const struct rs_kafka_sink *s = rs_kafka_sink_of(base);

	if (!s->added)
		return RS_EOF;
	rs_err_set(out, RS_E_DEST_TOPIC, _("topics have more partitions than when the task began, and those are not written to"));
	rs_err_detail(out, _("topics (partitions then, now): %s"), s->added);
	rs_err_hint(out, _("With them the rows of a key would change their partition, and be read out of order: once readers have all, "
	                   "set kafka.on_topic_change = take, and start the task again"));
	return RS_OK;
}
