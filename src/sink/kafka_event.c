/* What the user decided about events that can't be written: noted by whoever is told of it, without having attached. */
#include "sink/kafka_sink.h"

#include <stdlib.h>
#include <string.h>
#include "base/clock.h"
#include "base/fault.h"
#include "base/i18n.h"
#include "base/mem.h"
#include "sink/meta_json.h"

static json_t *event_key(uint64_t number) { return json_pack("[s,I]", "event", (json_int_t)number); }

static int older_first(const void *a, const void *b)
{
	const struct rs_meta_event *x = a, *y = b;

	return x->number < y->number ? -1 : x->number > y->number;
}

static enum rs_rc read_event(json_t *key, const struct rs_kafka_record *r, struct rs_meta_event *out, struct rs_err *err)
{
	json_t *j = rs_kafka_record_json(r, err);
	enum rs_rc rc = RS_FAIL;

	*out = (struct rs_meta_event){0};
	if (j)
		rc = rs_meta_event_from_json(j, (uint64_t)json_integer_value(json_array_get(key, 1)), out, err);
	json_decref(j);
	return rc;
}

/* Anew: another process may have decided since. */
static enum rs_rc load(struct rs_kafka_sink *s, bool whole, struct rs_meta_event **out, size_t *n, struct rs_err *err)
{
	const struct rs_kafka_record *record;
	size_t cap = 0;
	json_t *key;
	enum rs_rc rc = rs_kafka_meta_read(s, whole, err);

	*out = NULL;
	*n = 0;
	for (size_t i = 0; rc == RS_OK && rs_kafka_meta_each(&s->records, "event", &i, &key, &record);) {
		RS_GROW(*out, *n, cap);
		rc = read_event(key, record, &(*out)[(*n)++], err);
		json_decref(key);
	}
	if (*n > 1)
		qsort(*out, *n, sizeof **out, older_first);
	return rc;
}

enum rs_rc rs_kafka_load_events(struct rs_sink *base, struct rs_meta_event **out, size_t *n, struct rs_err *err)
{
	return load(rs_kafka_sink_of(base), false, out, n, err);
}

/* ---------------------------------------------------------------- deciding */

static bool same_text(const char *a, const char *b) { return a != NULL && b != NULL && strcmp(a, b) == 0; }

static bool is_about(const struct rs_meta_event *m, const struct rs_event_id *id)
{
	return !m->passed && m->id.ordinal == id->ordinal &&
	       ((m->id.offset == id->offset && same_text(m->id.file, id->file)) || same_text(m->id.gtid, id->gtid));
}

static enum rs_rc note(struct rs_kafka_sink *s, uint64_t number, const struct rs_meta_event *m, struct rs_err *err)
{
	return rs_kafka_meta_put(s, &s->control, event_key(number), m ? rs_meta_event_to_json(m) : NULL, err);
}

/* All of them: one that stands behind a transaction that is under way, or that nobody ends, would hold beside what follows. */
static enum rs_rc withdraw_earlier(struct rs_kafka_sink *s, const struct rs_event_id *id, uint64_t *last, struct rs_err *err)
{
	struct rs_meta_event *events = NULL;
	size_t n = 0;
	enum rs_rc rc = load(s, true, &events, &n, err);

	for (size_t i = 0; i < n; i++) {
		if (rc == RS_OK && is_about(&events[i], id))
			rc = note(s, events[i].number, NULL, err);
		*last = events[i].number;
		rs_meta_event_clear(&events[i]);
	}
	free(events);
	return rc;
}

/* One behind the other to one partition: whoever reads finds both, or the first. */
enum rs_rc rs_kafka_decide(struct rs_sink *base, const struct rs_meta_event *m, bool withdraw, struct rs_err *err)
{
	struct rs_kafka_sink *s = rs_kafka_sink_of(base);
	uint64_t last = 0, now = (uint64_t)rs_clock_wall();
	enum rs_rc rc = withdraw_earlier(s, &m->id, &last, err);

	if (rc == RS_OK && json_object_size(s->kept) == 0)
		rc = rs_err_set(err, RS_E_META_DAMAGED, _("the destination does not know the task"));
	if (rc == RS_OK && !withdraw)
		rc = note(s, now > last ? now : last + 1, m, err);
	rs_step("event-deciding");
	return rc == RS_OK ? rs_kafka_link_flush(&s->control, err) : rc;
}

enum rs_rc rs_kafka_pass_event(struct rs_kafka_sink *s, struct rs_kafka_link *l, uint64_t event, struct rs_err *err)
{
	json_t *key = event_key(event);
	char *text = json_dumps(key, JSON_COMPACT);
	const struct rs_kafka_record *r = rs_map_get(&s->records, text, strlen(text));
	json_t *value = r ? rs_kafka_record_json(r, err) : NULL;

	free(text);
	if (!value) {
		json_decref(key);
		rs_err_set(err, RS_E_EVENT_GONE, _("what was decided about an event was withdrawn"));
		err->retry = RS_RETRY_NOW; /* what holds now is read again */
		return RS_FAIL;
	}
	json_object_set_new(value, "passed", json_true());
	return rs_kafka_meta_put(s, l, key, value, err);
}
