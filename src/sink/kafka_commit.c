/* The end of a unit. With transactions that is Kafka's business; without them (kafka.delivery = at-least-once) it is this:
 *
 *   1. all messages are acknowledged, as kafka.acks says;
 *   2. nobody else has taken the task over;
 *   3. one record is written. Several are first written as one, a *journal*, which counts once it is there as a whole; then each
 *      by itself, and then the journal goes.
 *
 *   ["journal", link, n]   of, serial, records: each a topic, a key and a value, as text; value null: a tombstone
 *
 * A journal is in the task's topic; some of its records may be for a side's. Whoever reads what is kept takes a journal's records
 * where its last part stands. Whoever attaches writes again what a crash has left undone. So messages may be there twice, after a crash between 1 and 3, but none is missing. */
#include "sink/kafka_sink.h"

#include <stdlib.h>
#include <string.h>
#include "base/clock.h"
#include "base/fault.h"
#include "base/mem.h"

enum { PART = 512 << 10 };           /* bytes of a journal's part: topics take a megabyte */

/* ---------------------------------------------------------------- a journal is written */

/* value NULL or "": a tombstone. */
static enum rs_rc put(struct rs_kafka_link *l, const char *topic, const char *key, const char *value, struct rs_err *err)
{
	const size_t len = value ? strlen(value) : 0;

	return rs_kafka_link_put(l, topic, 0, key, strlen(key), len > 0 ? value : NULL, len, err);
}

static json_t *record_of(const struct rs_map_entry *note)
{
	const char *value = note->value, *key = strchr(note->key, ' ');

	return json_pack("[s#,s,s?]", note->key, (int)(key - note->key), key + 1, *value ? value : NULL);
}

/* An array of parts, each an array of records. */
static json_t *gather(const struct rs_map *notes)
{
	json_t *parts = json_array(), *part = NULL;
	const struct rs_map_entry *note;
	size_t size = 0;

	for (size_t i = 0; rs_map_each(notes, &i, &note);) {
		const size_t len = note->key_len + strlen(note->value);
		if (!part || size + len > PART) {
			part = json_array();
			json_array_append_new(parts, part);
			size = 0;
		}
		json_array_append_new(part, record_of(note));
		size += len;
	}
	return parts;
}

static enum rs_rc put_part(struct rs_kafka_sink *s, struct rs_kafka_link *l, size_t i, json_t *value, struct rs_err *err)
{
	json_t *key = json_pack("[s,s,I]", "journal", l->id, (json_int_t)i);
	char *name = json_dumps(key, JSON_COMPACT), *text = value ? json_dumps(value, JSON_COMPACT) : NULL;
	enum rs_rc rc = put(l, s->topic, name, text, err);

	free(name);
	free(text);
	json_decref(key);
	json_decref(value);
	return rc;
}

static enum rs_rc put_journal(struct rs_kafka_sink *s, struct rs_kafka_link *l, size_t *n, struct rs_err *err)
{
	json_t *parts = gather(&l->notes);
	const json_int_t serial = (json_int_t)rs_clock_wall();
	enum rs_rc rc = RS_OK;

	*n = json_array_size(parts);
	for (size_t i = 0; rc == RS_OK && i < *n; i++)
		rc = put_part(s, l, i, json_pack("{s:I,s:I,s:O}", "of", (json_int_t)*n, "serial", serial, "records", json_array_get(parts, i)),
		              err);
	json_decref(parts);
	if (rc == RS_OK)
		rc = rs_kafka_link_flush(l, err);
	rs_step("kafka-journal");
	return rc;
}

static enum rs_rc put_notes(struct rs_kafka_link *l, struct rs_err *err)
{
	const struct rs_map_entry *note;
	enum rs_rc rc = RS_OK;

	for (size_t i = 0; rc == RS_OK && rs_map_each(&l->notes, &i, &note);) {
		char *topic = rs_xstrndup(note->key, strcspn(note->key, " "));
		rc = put(l, topic, note->key + strlen(topic) + 1, note->value, err);
		free(topic);
	}
	return rc;
}

enum rs_rc rs_kafka_commit(struct rs_kafka_sink *s, struct rs_kafka_link *l, struct rs_err *err)
{
	size_t parts = 0;

	if (l->transactional)
		return rs_kafka_link_commit(l, err);
	enum rs_rc rc = rs_kafka_link_flush(l, err);
	rs_step("kafka-acknowledged");
	if (rc == RS_OK)
		rc = rs_kafka_watch_look(s, RS_KAFKA_LOOK_EVERY, err);
	if (rc == RS_OK && l->notes.count > 1)
		rc = put_journal(s, l, &parts, err);
	if (rc == RS_OK)
		rc = put_notes(l, err);
	for (size_t i = 0; rc == RS_OK && i < parts; i++)
		rc = put_part(s, l, i, NULL, err);
	if (rc == RS_OK)
		rc = rs_kafka_link_flush(l, err);
	if (rc == RS_OK)
		rs_kafka_link_end(l);
	return rc;
}

/* ---------------------------------------------------------------- a journal is read */

/* Part i of the journal that begins so; NULL: it is not there. A new reference. */
static json_t *part_of(const struct rs_map *records, const json_t *journal, size_t i)
{
	json_t *key = json_pack("[O,O,I]", json_array_get(journal, 0), json_array_get(journal, 1), (json_int_t)i);
	char *text = json_dumps(key, JSON_COMPACT);
	const struct rs_kafka_record *r = rs_map_get(records, text, strlen(text));

	free(text);
	json_decref(key);
	return r ? json_loadb(r->bytes, r->len, 0, NULL) : NULL;
}

/* Whether all parts are there that belong to that one. */
static bool is_whole(const struct rs_map *records, const json_t *journal, const json_t *part)
{
	const size_t n = (size_t)json_integer_value(json_object_get(part, "of"));
	const json_int_t serial = json_integer_value(json_object_get(part, "serial"));
	bool whole = n > 0;

	for (size_t i = 0; whole && i < n; i++) {
		json_t *one = part_of(records, journal, i);
		whole = json_integer_value(json_object_get(one, "serial")) == serial;
		json_decref(one);
	}
	return whole;
}

static const char *text_of(const json_t *record, size_t i) { return json_string_value(json_array_get(record, i)); }

static void take_part(struct rs_map *records, const char *topic, const json_t *part)
{
	const json_t *record;
	size_t i;

	json_array_foreach(json_object_get(part, "records"), i, record) {
		const char *of = text_of(record, 0), *key = text_of(record, 1), *value = text_of(record, 2);
		if (of && key && strcmp(of, topic) == 0)
			rs_kafka_meta_take(records, topic, key, strlen(key), value, value ? strlen(value) : 0);
	}
}

void rs_kafka_journal_take(struct rs_map *records, const char *topic, const char *key, size_t len)
{
	static const char begins[] = "[\"journal\"";

	if (len < strlen(begins) || memcmp(key, begins, strlen(begins)) != 0)
		return;
	json_t *journal = json_loadb(key, len, 0, NULL);
	const size_t i = (size_t)json_integer_value(json_array_get(journal, 2));
	json_t *last = part_of(records, journal, i);
	const size_t n = (size_t)json_integer_value(json_object_get(last, "of"));

	if (last && i + 1 == n && is_whole(records, journal, last))
		for (size_t k = 0; k < n; k++) {
			json_t *part = part_of(records, journal, k);
			take_part(records, topic, part);
			json_decref(part);
		}
	json_decref(last);
	json_decref(journal);
}

/* ---------------------------------------------------------------- what a crash has left of one */

/* In the task's own topic as it is by now: others may have written it since. */
static enum rs_rc write_again(struct rs_kafka_sink *s, const json_t *record, struct rs_err *err)
{
	const char *topic = text_of(record, 0), *key = text_of(record, 1);
	const struct rs_kafka_record *now = key ? rs_map_get(&s->records, key, strlen(key)) : NULL;

	if (!topic || !key)
		return RS_OK;
	if (strcmp(topic, s->topic) != 0)
		return put(&s->link, topic, key, text_of(record, 2), err);
	if (strcmp(key, "[\"task\"]") == 0)
		return rs_kafka_meta_put_task(s, &s->link, err);
	return put(&s->link, topic, key, now ? now->bytes : NULL, err);
}

static enum rs_rc write_part_again(struct rs_kafka_sink *s, json_t *key, struct rs_err *err)
{
	json_t *part = part_of(&s->records, key, (size_t)json_integer_value(json_array_get(key, 2)));
	const json_t *records = is_whole(&s->records, key, part) ? json_object_get(part, "records") : NULL, *record;
	enum rs_rc rc = RS_OK;
	size_t i;

	json_array_foreach(records, i, record)
		if (rc == RS_OK)
			rc = write_again(s, record, err);
	json_decref(part);
	return rc;
}

/* The parts go once all are written again. */
static enum rs_rc write_all_again(struct rs_kafka_sink *s, bool go, bool *any, struct rs_err *err)
{
	const struct rs_kafka_record *record;
	enum rs_rc rc = RS_OK;
	json_t *key;

	for (size_t i = 0; rc == RS_OK && rs_kafka_meta_each(&s->records, "journal", &i, &key, &record);) {
		char *name = json_dumps(key, JSON_COMPACT);
		*any = true;
		rc = go ? put(&s->link, s->topic, name, NULL, err) : write_part_again(s, key, err);
		free(name);
		json_decref(key);
	}
	return rc;
}

enum rs_rc rs_kafka_journal_finish(struct rs_kafka_sink *s, struct rs_err *err)
{
	bool any = false;
	enum rs_rc rc = s->link.transactional ? rs_kafka_link_begin(&s->link, err) : RS_OK;

	if (rc == RS_OK)
		rc = write_all_again(s, false, &any, err);
	if (rc == RS_OK && any)
		rc = write_all_again(s, true, &any, err);
	if (!any)
		rs_kafka_link_abort(&s->link);
	if (rc != RS_OK || !any)
		return rc;
	return s->link.transactional ? rs_kafka_link_commit(&s->link, err) : rs_kafka_link_flush(&s->link, err);
}
