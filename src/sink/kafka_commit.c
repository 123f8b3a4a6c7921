/* The end of a unit. With transactions that is Kafka's business; without them (kafka.delivery = at-least-once) it is this:
 *
 *   1. all messages are acknowledged, as kafka.acks says;
 *   2. nobody else has taken the task over;
 *   3. one record is written. Several are first written as one, a *journal*, which counts once it is there as a whole; then each
 *      by itself, and then the journal goes.
 *
 *   ["journal", link, n]   of, serial, records: pairs of a record's key and its value, both as text; value null: a tombstone
 *
 * Whoever reads what is kept takes a journal's records where its last part stands. Whoever attaches writes again what a crash
 * has left undone. So messages may be there twice, after a crash between 1 and 3, but none is missing. */
#include "sink/kafka_sink.h"

#include <stdlib.h>
#include <string.h>
#include "base/clock.h"
#include "base/fault.h"
#include "base/mem.h"

enum { PART = 512 << 10 };           /* bytes of a journal's part: topics take a megabyte */

/* ---------------------------------------------------------------- a journal is written */

static enum rs_rc put(struct rs_kafka_sink *s, struct rs_kafka_link *l, const char *key, const char *value, size_t len, struct rs_err *err)
{
	return rs_kafka_link_put(l, s->topic, 0, key, strlen(key), value, len, err);
}

static json_t *pair_of(const struct rs_map_entry *note)
{
	const char *value = note->value;

	return json_pack("[s,s?]", note->key, *value ? value : NULL);
}

/* An array of parts, each an array of pairs. */
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
		json_array_append_new(part, pair_of(note));
		size += len;
	}
	return parts;
}

static enum rs_rc put_part(struct rs_kafka_sink *s, struct rs_kafka_link *l, size_t i, json_t *value, struct rs_err *err)
{
	json_t *key = json_pack("[s,s,I]", "journal", l->id, (json_int_t)i);
	char *name = json_dumps(key, JSON_COMPACT), *text = value ? json_dumps(value, JSON_COMPACT) : NULL;
	enum rs_rc rc = put(s, l, name, text, text ? strlen(text) : 0, err);

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

static enum rs_rc put_notes(struct rs_kafka_sink *s, struct rs_kafka_link *l, struct rs_err *err)
{
	const struct rs_map_entry *note;
	enum rs_rc rc = RS_OK;

	for (size_t i = 0; rc == RS_OK && rs_map_each(&l->notes, &i, &note);) {
		const size_t len = strlen(note->value);
		rc = put(s, l, note->key, len > 0 ? note->value : NULL, len, err);
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
		rc = put_notes(s, l, err);
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
static json_t *part_of(const struct rs_kafka_sink *s, const json_t *journal, size_t i)
{
	json_t *key = json_pack("[O,O,I]", json_array_get(journal, 0), json_array_get(journal, 1), (json_int_t)i);
	char *text = json_dumps(key, JSON_COMPACT);
	const struct rs_kafka_record *r = rs_map_get(&s->records, text, strlen(text));

	free(text);
	json_decref(key);
	return r ? json_loadb(r->bytes, r->len, 0, NULL) : NULL;
}

static bool is_whole(const struct rs_kafka_sink *s, const json_t *journal, size_t n, json_int_t serial)
{
	bool whole = true;

	for (size_t i = 0; whole && i < n; i++) {
		json_t *part = part_of(s, journal, i);
		whole = json_integer_value(json_object_get(part, "serial")) == serial;
		json_decref(part);
	}
	return whole;
}

static void take_pairs(struct rs_kafka_sink *s, const json_t *part)
{
	const json_t *pair;
	size_t i;

	json_array_foreach(json_object_get(part, "records"), i, pair) {
		const char *key = json_string_value(json_array_get(pair, 0)), *value = json_string_value(json_array_get(pair, 1));
		if (key)
			rs_kafka_meta_take(s, key, strlen(key), value, value ? strlen(value) : 0);
	}
}

static bool is_journal(const json_t *key)
{
	const char *kind = json_string_value(json_array_get(key, 0));

	return kind && strcmp(kind, "journal") == 0;
}

void rs_kafka_journal_take(struct rs_kafka_sink *s, const char *key, size_t len)
{
	json_t *journal = json_loadb(key, len, 0, NULL);
	const size_t i = (size_t)json_integer_value(json_array_get(journal, 2));
	json_t *part = is_journal(journal) ? part_of(s, journal, i) : NULL;
	const size_t n = (size_t)json_integer_value(json_object_get(part, "of"));

	if (part && i + 1 == n && is_whole(s, journal, n, json_integer_value(json_object_get(part, "serial"))))
		for (size_t k = 0; k < n; k++) {
			json_t *one = part_of(s, journal, k);
			take_pairs(s, one);
			json_decref(one);
		}
	json_decref(part);
	json_decref(journal);
}

/* ---------------------------------------------------------------- what a crash has left of one */

static enum rs_rc write_again(struct rs_kafka_sink *s, const char *key, struct rs_err *err)
{
	const struct rs_kafka_record *r = rs_map_get(&s->records, key, strlen(key));

	if (strcmp(key, "[\"task\"]") == 0)
		return rs_kafka_meta_put_task(s, &s->link, err);
	return put(s, &s->link, key, r ? r->bytes : NULL, r ? r->len : 0, err);
}

/* As they are by now, also where the part belongs to a journal that is not whole. */
static enum rs_rc write_part_again(struct rs_kafka_sink *s, json_t *key, const struct rs_kafka_record *r, struct rs_err *err)
{
	json_t *part = json_loadb(r->bytes, r->len, 0, NULL), *pair;
	char *name = json_dumps(key, JSON_COMPACT);
	enum rs_rc rc = RS_OK;
	size_t i;

	json_array_foreach(json_object_get(part, "records"), i, pair) {
		const char *of = json_string_value(json_array_get(pair, 0));
		if (rc == RS_OK && of)
			rc = write_again(s, of, err);
	}
	if (rc == RS_OK)
		rc = put(s, &s->link, name, NULL, 0, err);
	free(name);
	json_decref(part);
	return rc;
}

enum rs_rc rs_kafka_journal_finish(struct rs_kafka_sink *s, struct rs_err *err)
{
	const struct rs_kafka_record *record;
	enum rs_rc rc = RS_OK;
	bool any = false;
	json_t *key;

	for (size_t i = 0; rc == RS_OK && rs_kafka_meta_each(s, "journal", &i, &key, &record);) {
		if (!any && s->link.transactional)
			rc = rs_kafka_link_begin(&s->link, err);
		any = true;
		if (rc == RS_OK)
			rc = write_part_again(s, key, record, err);
		json_decref(key);
	}
	if (rc != RS_OK || !any)
		return rc;
	return s->link.transactional ? rs_kafka_link_commit(&s->link, err) : rs_kafka_link_flush(&s->link, err);
}
