/* Taking a task over: whoever worked on it before is fenced off, and what it left open is settled, before anything is read that
 * decides what is written again. */
#include "sink/kafka_sink.h"

#include <stdlib.h>
#include <string.h>
#include "base/clock.h"
#include "base/fault.h"
#include "base/i18n.h"
#include "base/mem.h"
#include "db/kafka_admin.h"
#include "db/schema_registry_login.h"
#include "sink/meta_json.h"

#define TRANSACTION_SECONDS 300
#define LOADER_SECONDS 900

/* ---------------------------------------------------------------- what is stored */

static enum rs_rc damaged(struct rs_err *err)
{
	return rs_err_set(err, RS_E_META_DAMAGED, _("a record of the topic in which the task is kept can't be read"));
}

static uint64_t stored_epoch(const struct rs_kafka_sink *s) { return (uint64_t)json_integer_value(json_object_get(s->kept, "epoch")); }

static enum rs_rc check_version(const struct rs_kafka_sink *s, struct rs_err *err)
{
	long version = (long)json_integer_value(json_object_get(s->kept, "version"));

	if (version <= RS_KAFKA_META_VERSION)
		return RS_OK;
	rs_err_set(err, RS_E_META_NEWER, _("the destination's meta tables are of version %ld, this program knows %d"), version,
	           RS_KAFKA_META_VERSION);
	return rs_err_hint(err, _("use the newer program that made them"));
}

static enum rs_rc read_position(const struct rs_kafka_sink *s, struct rs_meta_task *out, struct rs_err *err)
{
	static const char key[] = "[\"position\"]";
	const struct rs_kafka_record *r = rs_map_get(&s->records, key, strlen(key));

	if (!r)
		return RS_OK;
	json_t *j = rs_kafka_record_json(r, err);
	if (!j)
		return RS_FAIL;
	const char *ahead = json_string_value(json_object_get(j, "ahead"));
	rs_meta_position_from_json(j, &out->position);
	out->position_time = json_integer_value(json_object_get(j, "time"));
	enum rs_rc rc = !ahead || rs_ahead_parse(&out->ahead, ahead) ? RS_OK : damaged(err);
	json_decref(j);
	return rc;
}

static enum rs_rc tell(const struct rs_kafka_sink *s, struct rs_meta_task *out, struct rs_err *err)
{
	const char *word = json_string_value(json_object_get(s->kept, "phase"));
	int phase = word ? rs_meta_word(&rs_meta_phase_words, word) : RS_META_NEW;

	if (phase < 0)
		return rs_err_set(err, RS_E_META_DAMAGED, _("the destination's meta tables hold an unknown phase \"%s\""), word);
	out->phase = (enum rs_meta_phase)phase;
	out->source_identity = rs_xstrdup(json_string_value(json_object_get(s->kept, "identity")));
	out->objects = rs_xstrdup(json_string_value(json_object_get(s->kept, "objects")));
	rs_meta_position_from_json(json_object_get(s->kept, "p0"), &out->p0);
	rs_meta_position_from_json(json_object_get(s->kept, "p1"), &out->p1);
	out->resync = json_is_true(json_object_get(s->kept, "resync"));
	return read_position(s, out, err);
}

enum rs_rc rs_kafka_peek(struct rs_sink *base, struct rs_meta_task *out, struct rs_err *err)
{
	struct rs_kafka_sink *s = rs_kafka_sink_of(base);
	enum rs_rc rc = rs_kafka_meta_read(s, false, err);

	if (rc == RS_OK)
		rc = check_version(s, err);
	if (rc == RS_OK)
		rc = tell(s, out, err);
	out->epoch = stored_epoch(s);
	return rc;
}

/* ---------------------------------------------------------------- taking over */

static enum rs_rc check_asked(const struct rs_kafka_sink *s, uint64_t asked, struct rs_err *err)
{
	if (asked == 0 || stored_epoch(s) <= asked) /* none: check_known's business, which may have to wait for the whole */
		return RS_OK;
	rs_err_set(err, RS_E_META_EPOCH, _("another process has taken over the task"));
	return rs_err_hint(err, _("look for it on the other hosts that know this task; resume it here to take the task back"));
}

/* Segments are small, so that what was written over goes soon. */
enum rs_rc rs_kafka_make_kept(struct rs_kafka_sink *s, const char *topic, struct rs_err *err)
{
	static const struct rs_kafka_setting settings[] = {{"cleanup.policy", "compact"},
	                                                   {"segment.bytes", "16777216"},
	                                                   {"min.cleanable.dirty.ratio", "0.1"},
	                                                   {NULL, NULL}};
	const struct rs_kafka_new_topic made = {topic, 1, (int)rs_task_topic_replicas(s->task), settings};
	int partitions = 0;
	enum rs_rc rc = rs_kafka_has_topic(s, topic, &partitions, err);

	return rc == RS_OK && partitions == 0 ? rs_kafka_topic_make(&s->control.k, &made, err) : rc;
}

static enum rs_rc open_and_close(struct rs_kafka_sink *s, const char *id, unsigned seconds, struct rs_err *err)
{
	struct rs_kafka_link link = {.begun = false};
	enum rs_rc rc = rs_kafka_link_open(&link, s->task, id, seconds, UINT64_MAX, err);

	rs_kafka_link_close(&link);
	return rc;
}

/* What workers of a copy that is not done have under way. */
static enum rs_rc fence_loaders(struct rs_kafka_sink *s, const char *topic, const json_t *task, bool *any, struct rs_err *err)
{
	const char *word = json_string_value(json_object_get(task, "phase"));
	unsigned n = (unsigned)json_integer_value(json_object_get(task, "loaders"));
	enum rs_rc rc = RS_OK;

	*any = n > 0 && (!word || rs_meta_word(&rs_meta_phase_words, word) < RS_META_FOLLOW);
	for (unsigned i = 0; *any && rc == RS_OK && i < n; i++) {
		char *id = rs_xprintf("%s-copy-%u", topic, i);
		rc = open_and_close(s, id, LOADER_SECONDS, err);
		free(id);
	}
	return rc;
}

enum rs_rc rs_kafka_fence(struct rs_kafka_sink *s, const char *topic, const json_t *task, struct rs_err *err)
{
	bool any;
	enum rs_rc rc = open_and_close(s, topic, TRANSACTION_SECONDS, err);

	return rc == RS_OK ? fence_loaders(s, topic, task, &any, err) : rc;
}

/* A side that is part of its task again, or was given up; a task whose topic was removed. */
static enum rs_rc check_known(const struct rs_kafka_sink *s, struct rs_err *err)
{
	if (json_object_size(s->kept) > 0 || s->partial)
		return RS_OK;
	if (s->base.is_side)
		return rs_err_set(err, RS_E_META_GONE, _("the destination does not know these objects as a part of their own any more"));
	return s->base.was_begun ? rs_kafka_task_gone(s->topic, err) : RS_OK;
}

enum rs_rc rs_kafka_open_own(struct rs_kafka_sink *s, struct rs_err *err)
{
	enum rs_rc rc = rs_kafka_link_open(&s->link, s->task, s->topic, TRANSACTION_SECONDS, s->most, err);

	if (rc == RS_OK)
		rs_kafka_link_tell(&s->link, s->base.outbox);
	return rc;
}

static enum rs_rc take_over(struct rs_kafka_sink *s, struct rs_err *err)
{
	bool any = false;
	enum rs_rc rc = rs_kafka_open_own(s, err);

	rs_step("kafka-fenced");
	if (rc == RS_OK)
		rc = rs_kafka_meta_read(s, !s->link.transactional, err);
	if (rc == RS_OK && s->link.transactional)
		rc = fence_loaders(s, s->topic, s->kept, &any, err);
	if (rc == RS_OK && (any || s->partial))
		rc = rs_kafka_meta_read(s, true, err);
	return rc == RS_OK ? check_known(s, err) : rc;
}

static enum rs_rc raise_epoch(struct rs_kafka_sink *s, uint64_t *epoch, struct rs_err *err)
{
	uint64_t now = (uint64_t)rs_clock_wall(), before = stored_epoch(s);

	*epoch = now > before ? now : before + 1;
	enum rs_rc rc = rs_kafka_meta_begin(s, err);
	json_object_set_new(s->kept, "version", json_integer(RS_KAFKA_META_VERSION));
	json_object_set_new(s->kept, "epoch", json_integer((json_int_t)*epoch));
	json_object_set_new(s->kept, "name", json_string(s->task->name));
	if (rc == RS_OK)
		rc = rs_kafka_meta_put_task(s, &s->link, err);
	rc = rs_kafka_meta_end(s, rc, err);
	s->stale = rc != RS_OK; /* nothing else was written */
	return rc;
}

static void make_encoder(struct rs_kafka_sink *s)
{
	const struct rs_task *task = s->task;
	const char *format = rs_task_get(task, "kafka.format"), *dialect = rs_task_get(task, "kafka.dialect");
	const char *partitions = rs_task_get(task, "kafka.partitions");
	int utc_offset = 0;

	(void)rs_clock_offset(rs_task_get(task, "kafka.utc_offset"), &utc_offset);
	const struct rs_message_options options = {
		.format = strcmp(format, "canal-json") == 0       ? RS_MESSAGE_CANAL_JSON
		          : strcmp(format, "shareplex-json") == 0 ? RS_MESSAGE_SHAREPLEX_JSON
		                                                  : RS_MESSAGE_AVRO,
		.dialect = strcmp(dialect, "canal") == 0 ? RS_MESSAGE_CANAL : RS_MESSAGE_DTS,
		.partitioning = strcmp(partitions, "table") == 0 ? RS_PARTITION_TABLE
		                : strcmp(partitions, "key") == 0 ? RS_PARTITION_KEY
		                                                 : RS_PARTITION_ZERO,
		.source_version = s->base.source_version,
		.utc_offset = utc_offset,
		.registry = rs_schema_registry_is_used(task),
	};

	s->encoder = rs_message_encoder_new(&options);
}

enum rs_rc rs_kafka_attach(struct rs_sink *base, uint64_t asked, struct rs_meta_task *out, struct rs_err *err)
{
	struct rs_kafka_sink *s = rs_kafka_sink_of(base);

	rs_meta_task_clear(out);
	if (!s->encoder)
		make_encoder(s);
	enum rs_rc rc = rs_kafka_meta_read(s, false, err); /* somebody else who has the task must not be fenced off */
	if (rc == RS_OK)
		rc = check_version(s, err);
	if (rc == RS_OK)
		rc = check_known(s, err);
	if (rc == RS_OK)
		rc = check_asked(s, asked, err);
	if (rc == RS_OK)
		rc = rs_kafka_make_kept(s, s->topic, err);
	if (rc == RS_OK)
		rc = rs_kafka_batch_fit(s, err);
	if (rc == RS_OK)
		rc = take_over(s, err);
	if (rc == RS_OK)
		rc = rs_kafka_journal_finish(s, err);
	if (rc == RS_OK)
		rc = tell(s, out, err);
	if (rc == RS_OK)
		rc = raise_epoch(s, &out->epoch, err);
	if (rc == RS_OK)
		rc = rs_kafka_large_settle(s, out->epoch, err);
	if (rc == RS_OK && !s->link.transactional)
		rc = rs_kafka_watch_open(s, out->epoch, err);
	if (rc == RS_OK)
		rc = rs_kafka_watch_look(s, 0, err); /* somebody may have come between what was read and what was written */
	rs_step("attached");
	return rc;
}
