/* Sides: tasks of their own, each with a topic in which it is kept; that of their task says which there are. What moves between a
 * task and its sides moves in one transaction, the task's. */
#include "sink/kafka_sink.h"

#include <stdlib.h>
#include <string.h>
#include "base/clock.h"
#include "base/fault.h"
#include "base/i18n.h"
#include "base/log.h"
#include "base/mem.h"
#include "db/kafka_admin.h"
#include "sink/meta_json.h"

static const struct rs_meta_words role_words = {
	{[RS_SIDE_JOINING] = "joining", [RS_SIDE_SUSPENDED] = "suspended", [RS_SIDE_RESYNC] = "resync"}};

static char *topic_of(const char *id) { return rs_xprintf("rds-sync-%s", id); }

static json_t *side_key(const char *id) { return json_pack("[s,s]", "side", id); }

/* What the task knows of a side; a reference, NULL: it has none of that id. */
static json_t *side_record(const struct rs_kafka_sink *s, const char *id)
{
	json_t *key = side_key(id);
	char *text = json_dumps(key, JSON_COMPACT);
	const struct rs_kafka_record *r = rs_map_get(&s->records, text, strlen(text));
	json_t *record = r ? json_loadb(r->bytes, r->len, 0, NULL) : NULL;

	free(text);
	json_decref(key);
	return record;
}

static enum rs_rc put_role(struct rs_kafka_sink *s, const char *id, enum rs_side_role role, const char *objects, json_int_t created,
                           struct rs_err *err)
{
	json_t *value = json_pack("{s:s,s:s,s:I}", "role", role_words.words[role], "objects", objects, "created", created);

	return rs_kafka_meta_put(s, &s->link, side_key(id), value, err);
}

static enum rs_rc put_in(struct rs_kafka_sink *s, const char *topic, json_t *key, json_t *value, struct rs_err *err)
{
	return rs_kafka_meta_put_other(&s->link, topic, key, value, err);
}

static enum rs_rc put_table_in(struct rs_kafka_sink *s, const char *topic, const struct rs_meta_table *t, struct rs_err *err)
{
	return put_in(s, topic, json_pack("[s,s,s]", "table", t->db, t->name), rs_meta_table_to_json(t), err);
}

static json_int_t later_epoch(const json_t *task)
{
	json_int_t before = json_integer_value(json_object_get(task, "epoch")), now = (json_int_t)rs_clock_wall();

	return now > before ? now : before + 1;
}

/* ---------------------------------------------------------------- a side's topic goes */

/* Without a role: nobody works on it, and what is left of it is removed, now or later. */
static enum rs_rc give_up(struct rs_kafka_sink *s, const char *id, struct rs_err *err)
{
	return rs_kafka_meta_put(s, &s->link, side_key(id), json_object(), err);
}

/* What can't be removed now stays noted. */
static void remove_topic(struct rs_kafka_sink *s, const char *id)
{
	struct rs_err err = RS_ERR_INIT;
	char *topic = topic_of(id);
	enum rs_rc rc = rs_kafka_topic_remove(&s->control.k, topic, &err);

	if (rc == RS_OK) {
		rc = rs_kafka_meta_begin(s, &err);
		if (rc == RS_OK)
			rc = rs_kafka_meta_put(s, &s->link, side_key(id), NULL, &err);
		rc = rs_kafka_meta_end(s, rc, &err);
	}
	if (rc != RS_OK)
		rs_log_err(RS_LOG_WARN, "what was kept of objects that have joined stays in the cluster", &err);
	rs_err_clear(&err);
	free(topic);
}

/* ---------------------------------------------------------------- reading */

static void take_place(const struct rs_kafka_kept *kept, struct rs_meta_side *out)
{
	static const char key[] = "[\"position\"]";
	const struct rs_kafka_record *r = rs_map_get(&kept->records, key, strlen(key));
	json_t *position = r ? json_loadb(r->bytes, r->len, 0, NULL) : NULL;

	rs_meta_position_from_json(position, &out->position);
	json_decref(position);
	if (rs_position_is_set(&out->position))
		rs_position_copy(&out->needs, &out->position);
	else
		rs_meta_position_from_json(json_object_get(kept->task, "p0"), &out->needs);
}

/* One that is at work is shown as far as it is known: what hangs there is nobody else's. */
static enum rs_rc read_side(struct rs_kafka_sink *s, const char *id, const json_t *record, struct rs_meta_side *out, struct rs_err *err)
{
	struct rs_kafka_kept kept;
	int role = rs_meta_word(&role_words, json_string_value(json_object_get(record, "role")));
	const char *objects = json_string_value(json_object_get(record, "objects"));

	*out = (struct rs_meta_side){.id = rs_xstrdup(id), .objects = rs_xstrdup(objects ? objects : "")};
	if (role < 0)
		return rs_err_set(err, RS_E_META_DAMAGED, _("the meta tables hold an unknown state \"%s\" of a table"),
		                  json_string_value(json_object_get(record, "role")));
	out->role = (enum rs_side_role)role;
	char *topic = topic_of(id);
	enum rs_rc rc = rs_kafka_meta_read_other(s, topic, false, &kept, err);
	if (rc == RS_OK) {
		const char *phase = json_string_value(json_object_get(kept.task, "phase"));
		out->identity = rs_xstrdup(json_string_value(json_object_get(kept.task, "identity")));
		out->fresh = !phase || strcmp(phase, rs_meta_phase_words.words[RS_META_NEW]) == 0;
		take_place(&kept, out);
		rc = rs_kafka_read_tables(&kept.records, &out->tables, &out->n_tables, err);
	}
	rs_kafka_kept_release(&kept);
	free(topic);
	return rc;
}

struct found {
	char *id;
	json_t *record;
	json_int_t created;
};

static int older_first(const void *a, const void *b)
{
	const struct found *x = a, *y = b;

	return x->created != y->created ? (x->created < y->created ? -1 : 1) : strcmp(x->id, y->id);
}

static struct found *find_sides(struct rs_kafka_sink *s, size_t *n)
{
	const struct rs_kafka_record *record;
	struct found *found = NULL;
	size_t cap = 0;
	json_t *key;

	*n = 0;
	for (size_t i = 0; rs_kafka_meta_each(&s->records, "side", &i, &key, &record);) {
		const char *id = json_string_value(json_array_get(key, 1));
		json_t *j = json_loadb(record->bytes, record->len, 0, NULL);
		RS_GROW(found, *n, cap);
		found[(*n)++] = (struct found){rs_xstrdup(id ? id : ""), j, json_integer_value(json_object_get(j, "created"))};
		json_decref(key);
	}
	if (*n > 1)
		qsort(found, *n, sizeof *found, older_first);
	return found;
}

enum rs_rc rs_kafka_side_load(struct rs_sink *base, struct rs_meta_side **out, size_t *n, struct rs_err *err)
{
	struct rs_kafka_sink *s = rs_kafka_sink_of(base);
	size_t n_found = 0, cap = 0;
	enum rs_rc rc = rs_kafka_meta_refresh(s, err);
	struct found *found = rc == RS_OK ? find_sides(s, &n_found) : NULL;

	*out = NULL;
	*n = 0;
	for (size_t i = 0; i < n_found; i++) {
		if (rc == RS_OK && !json_object_get(found[i].record, "role")) {
			remove_topic(s, found[i].id);
		} else if (rc == RS_OK) {
			RS_GROW(*out, *n, cap);
			rc = read_side(s, found[i].id, found[i].record, &(*out)[(*n)++], err);
		}
		free(found[i].id);
		json_decref(found[i].record);
	}
	free(found);
	return rc;
}

/* ---------------------------------------------------------------- making one */

static bool has_bodies(const struct rs_map *records)
{
	const struct rs_kafka_record *record;
	json_t *key;
	bool any = false;

	for (size_t i = 0; !any && rs_kafka_meta_each(records, "xa", &i, &key, &record);) {
		any = true;
		json_decref(key);
	}
	return any;
}

/* Whose rows are stored as one body, for tables that part. */
static enum rs_rc refuse_bodies(const struct rs_kafka_sink *s, struct rs_err *err)
{
	if (!has_bodies(&s->records))
		return RS_OK;
	rs_err_set(err, RS_E_OBJECTS, _("an XA transaction of the source is prepared and not finished"));
	return rs_err_hint(err, _("commit it or roll it back there (XA RECOVER lists them), then try again"));
}

/* The topic is there before anything is in it; a crash in between leaves what load_sides removes. */
static enum rs_rc make_kept(struct rs_kafka_sink *s, const char *id, const char *topic, struct rs_err *err)
{
	enum rs_rc rc = rs_kafka_meta_begin(s, err);

	if (rc == RS_OK)
		rc = give_up(s, id, err);
	rc = rs_kafka_meta_end(s, rc, err);
	rs_step("side-noted");
	return rc == RS_OK ? rs_kafka_make_kept(s, topic, err) : rc;
}

/* Partitions are counted once for all. */
static json_t *new_task(const struct rs_kafka_sink *s)
{
	json_t *topics = json_object_get(s->kept, "topics");
	json_t *task = json_pack("{s:i,s:I,s:s,s:s}", "version", RS_KAFKA_META_VERSION, "epoch", (json_int_t)rs_clock_wall(), "name",
	                         s->task->name, "phase", rs_meta_phase_words.words[RS_META_NEW]);

	if (topics)
		json_object_set_new(task, "topics", json_deep_copy(topics));
	return task;
}

/* At the place in the log where the task is: attaching has settled that. */
static enum rs_rc put_place(struct rs_kafka_sink *s, const char *topic, json_t *task, struct rs_err *err)
{
	static const char *const same[] = {"phase", "identity", "p0", "p1", "prepared"};
	static const char key[] = "[\"position\"]";
	const struct rs_kafka_record *position = rs_map_get(&s->records, key, strlen(key));

	for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
		json_t *value = json_object_get(s->kept, same[i]);
		if (value)
			json_object_set_new(task, same[i], json_deep_copy(value));
	}
	return position ? rs_kafka_meta_put_text(&s->link, topic, key, position->bytes, err) : RS_OK;
}

static enum rs_rc move_tables(struct rs_kafka_sink *s, const char *topic, const struct rs_meta_table *const *tables, size_t n,
                              struct rs_err *err)
{
	enum rs_rc rc = RS_OK;

	for (size_t i = 0; rc == RS_OK && i < n; i++) {
		rc = put_table_in(s, topic, tables[i], err);
		if (rc == RS_OK)
			rc = rs_kafka_forget_table(s, tables[i], err);
	}
	return rc;
}

static enum rs_rc put_side(struct rs_kafka_sink *s, const char *topic, const struct rs_meta_side *side,
                           const struct rs_meta_table *const *tables, size_t n, const char *objects, struct rs_err *err)
{
	json_t *task = new_task(s);
	enum rs_rc rc = n > 0 ? put_place(s, topic, task, err) : RS_OK;

	if (rc == RS_OK)
		rc = put_in(s, topic, json_pack("[s]", "task"), json_incref(task), err);
	json_decref(task);
	if (rc == RS_OK)
		rc = move_tables(s, topic, tables, n, err);
	if (rc == RS_OK)
		rc = put_role(s, side->id, side->role, side->objects, (json_int_t)rs_clock_wall(), err);
	json_object_set_new(s->kept, "objects", json_string(objects));
	return rc == RS_OK ? rs_kafka_meta_put_task(s, &s->link, err) : rc;
}

enum rs_rc rs_kafka_side_make(struct rs_sink *base, const struct rs_meta_side *side, const struct rs_meta_table *const *tables, size_t n,
                              const char *objects, struct rs_err *err)
{
	struct rs_kafka_sink *s = rs_kafka_sink_of(base);
	char *topic = topic_of(side->id);
	enum rs_rc rc = make_kept(s, side->id, topic, err);

	if (rc == RS_OK && n > 0)
		rc = rs_kafka_meta_refresh(s, err);
	if (rc == RS_OK && n > 0)
		rc = refuse_bodies(s, err);
	if (rc == RS_OK) {
		rc = rs_kafka_meta_begin(s, err);
		if (rc == RS_OK)
			rc = put_side(s, topic, side, tables, n, objects, err);
		rc = rs_kafka_meta_end(s, rc, err);
		rs_step("side-made");
	}
	free(topic);
	return rc;
}

/* ---------------------------------------------------------------- what becomes of it */

static enum rs_rc unknown_side(struct rs_err *err)
{
	return rs_err_set(err, RS_E_META_GONE, _("the destination does not know these objects as a part of their own any more"));
}

static enum rs_rc put_known_role(struct rs_kafka_sink *s, const char *id, enum rs_side_role role, const char *objects, struct rs_err *err)
{
	json_t *record = side_record(s, id);
	const char *held = objects ? objects : json_string_value(json_object_get(record, "objects"));
	enum rs_rc rc = held ? put_role(s, id, role, held, json_integer_value(json_object_get(record, "created")), err) : unknown_side(err);

	json_decref(record);
	return rc;
}

enum rs_rc rs_kafka_side_resume(struct rs_sink *base, const char *id, struct rs_err *err)
{
	struct rs_kafka_sink *s = rs_kafka_sink_of(base);
	enum rs_rc rc = rs_kafka_meta_refresh(s, err);

	if (rc != RS_OK)
		return rc;
	rc = rs_kafka_meta_begin(s, err);
	if (rc == RS_OK)
		rc = put_known_role(s, id, RS_SIDE_JOINING, NULL, err);
	rc = rs_kafka_meta_end(s, rc, err);
	rs_step("side-saved");
	return rc;
}

/* Nobody works on it from here on, and all that it has written is seen. */
static enum rs_rc take_side(struct rs_kafka_sink *s, const char *id, struct rs_kafka_kept *kept, struct rs_err *err)
{
	char *topic = topic_of(id);
	enum rs_rc rc = rs_kafka_meta_read_other(s, topic, false, kept, err);

	if (rc == RS_OK)
		rc = rs_kafka_fence(s, topic, kept->task, err);
	if (rc == RS_OK) {
		rs_kafka_kept_release(kept);
		rc = rs_kafka_meta_read_other(s, topic, true, kept, err);
	}
	free(topic);
	return rc;
}

static bool begins_with(const char *key, const char *kind) { return strncmp(key, kind, strlen(kind)) == 0; }

/* All but the tables, which are planned again, and the files of messages that were written before. */
static enum rs_rc begin_records_anew(struct rs_kafka_sink *s, const char *topic, const struct rs_kafka_kept *kept, struct rs_err *err)
{
	const struct rs_map_entry *entry;
	enum rs_rc rc = RS_OK;

	for (size_t i = 0; rc == RS_OK && rs_map_each(&kept->records, &i, &entry);)
		if (!begins_with(entry->key, "[\"table\"") && !begins_with(entry->key, "[\"large\""))
			rc = rs_kafka_meta_put_text(&s->link, topic, entry->key, NULL, err);
	return rc;
}

static enum rs_rc plan_tables_anew(struct rs_kafka_sink *s, const char *topic, const struct rs_kafka_kept *kept, struct rs_err *err)
{
	struct rs_meta_table *tables = NULL;
	size_t n = 0;
	enum rs_rc rc = rs_kafka_read_tables(&kept->records, &tables, &n, err);

	for (size_t i = 0; i < n; i++) {
		tables[i].state = RS_TABLE_PLANNED;
		tables[i].rows = 0;
		rs_position_clear(&tables[i].exact);
		if (rc == RS_OK)
			rc = put_table_in(s, topic, &tables[i], err);
		rs_meta_table_clear(&tables[i]);
	}
	free(tables);
	return rc;
}

static enum rs_rc put_task_anew(struct rs_kafka_sink *s, const char *topic, const struct rs_kafka_kept *kept, struct rs_err *err)
{
	json_t *task = new_task(s), *loaders = json_object_get(kept->task, "loaders");

	json_object_set_new(task, "epoch", json_integer(later_epoch(kept->task)));
	json_object_set_new(task, "resync", json_true());
	if (loaders)
		json_object_set(task, "loaders", loaders);
	return put_in(s, topic, json_pack("[s]", "task"), task, err);
}

/* The tables of one side become another's, whose topic that is. */
static enum rs_rc absorb(struct rs_kafka_sink *s, const char *topic, const char *other, const struct rs_kafka_kept *kept, struct rs_err *err)
{
	char *its = topic_of(other);
	enum rs_rc rc = plan_tables_anew(s, topic, kept, err);

	if (rc == RS_OK)
		rc = put_in(s, its, json_pack("[s]", "task"), NULL, err);
	free(its);
	return rc == RS_OK ? give_up(s, other, err) : rc;
}

static enum rs_rc put_anew(struct rs_kafka_sink *s, const char *const *ids, const struct rs_kafka_kept *kept, size_t n, const char *objects,
                           struct rs_err *err)
{
	char *topic = topic_of(ids[0]);
	enum rs_rc rc = begin_records_anew(s, topic, &kept[0], err);

	if (rc == RS_OK)
		rc = plan_tables_anew(s, topic, &kept[0], err);
	for (size_t i = 1; rc == RS_OK && i < n; i++)
		rc = absorb(s, topic, ids[i], &kept[i], err);
	if (rc == RS_OK)
		rc = put_task_anew(s, topic, &kept[0], err);
	free(topic);
	return rc == RS_OK ? put_known_role(s, ids[0], RS_SIDE_RESYNC, objects, err) : rc;
}

enum rs_rc rs_kafka_side_resync(struct rs_sink *base, const char *const *ids, size_t n, const char *objects, struct rs_err *err)
{
	struct rs_kafka_sink *s = rs_kafka_sink_of(base);
	struct rs_kafka_kept *kept = rs_xcalloc(n + 1, sizeof *kept);
	enum rs_rc rc = rs_kafka_meta_refresh(s, err);

	for (size_t i = 0; rc == RS_OK && i < n; i++)
		rc = take_side(s, ids[i], &kept[i], err);
	if (rc == RS_OK) {
		rc = rs_kafka_meta_begin(s, err);
		if (rc == RS_OK)
			rc = put_anew(s, ids, kept, n, objects, err);
		rc = rs_kafka_meta_end(s, rc, err);
		rs_step("side-saved");
	}
	for (size_t i = 0; i < n; i++)
		rs_kafka_kept_release(&kept[i]);
	free(kept);
	for (size_t i = 1; rc == RS_OK && i < n; i++)
		remove_topic(s, ids[i]);
	return rc;
}

enum rs_rc rs_kafka_side_drop(struct rs_sink *base, const char *id, struct rs_err *err)
{
	struct rs_kafka_sink *s = rs_kafka_sink_of(base);
	struct rs_kafka_kept kept = {.records = RS_MAP_INIT};
	char *topic = topic_of(id);
	enum rs_rc rc = take_side(s, id, &kept, err);

	if (rc == RS_OK) {
		rc = rs_kafka_meta_begin(s, err);
		if (rc == RS_OK)
			rc = put_in(s, topic, json_pack("[s]", "task"), NULL, err);
		if (rc == RS_OK)
			rc = give_up(s, id, err);
		rc = rs_kafka_meta_end(s, rc, err);
	}
	if (rc == RS_OK)
		remove_topic(s, id);
	rs_kafka_kept_release(&kept);
	free(topic);
	return rc;
}

/* ---------------------------------------------------------------- joining */

static enum rs_rc take_tables(struct rs_kafka_sink *s, const struct rs_kafka_kept *kept, const struct rs_position *at, struct rs_err *err)
{
	struct rs_meta_table *tables = NULL;
	size_t n = 0;
	enum rs_rc rc = rs_kafka_read_tables(&kept->records, &tables, &n, err);

	for (size_t i = 0; i < n; i++) {
		rs_position_copy(&tables[i].exact, at);
		if (rc == RS_OK)
			rc = rs_kafka_meta_put_table(s, &s->link, &tables[i], err);
		rs_meta_table_clear(&tables[i]);
	}
	free(tables);
	return rc;
}

static enum rs_rc take_events(struct rs_kafka_sink *s, const struct rs_kafka_kept *kept, struct rs_err *err)
{
	const struct rs_kafka_record *record;
	json_t *key;
	enum rs_rc rc = RS_OK;

	for (size_t i = 0; rc == RS_OK && rs_kafka_meta_each(&kept->records, "event", &i, &key, &record);)
		rc = rs_kafka_meta_put_bytes(s, &s->link, key, record->bytes, record->len, err);
	return rc;
}

static void take_topics(struct rs_kafka_sink *s, const struct rs_kafka_kept *kept)
{
	json_t *topics = json_object_get(s->kept, "topics"), *its = json_object_get(kept->task, "topics");

	if (topics && its)
		json_object_update_missing(topics, its);
	else if (its)
		json_object_set(s->kept, "topics", its);
}

static enum rs_rc put_joined(struct rs_kafka_sink *s, const char *id, const struct rs_kafka_kept *kept, const struct rs_position *at,
                             const char *objects, struct rs_err *err)
{
	char *topic = topic_of(id);
	enum rs_rc rc = take_tables(s, kept, at, err);

	if (rc == RS_OK)
		rc = take_events(s, kept, err);
	if (rc == RS_OK)
		rc = put_in(s, topic, json_pack("[s]", "task"), NULL, err);
	if (rc == RS_OK)
		rc = give_up(s, id, err);
	take_topics(s, kept);
	json_object_set_new(s->kept, "objects", json_string(objects));
	free(topic);
	return rc == RS_OK ? rs_kafka_meta_put_task(s, &s->link, err) : rc;
}

static bool may_join(const struct rs_kafka_kept *kept, uint64_t epoch)
{
	return (uint64_t)json_integer_value(json_object_get(kept->task, "epoch")) == epoch && !has_bodies(&kept->records);
}

/* Whoever took the side over has taken its task over before, so that our transaction is refused. */
enum rs_rc rs_kafka_side_join(struct rs_sink *base, const char *id, uint64_t epoch, const struct rs_position *at, const char *objects,
                              struct rs_err *err)
{
	struct rs_kafka_sink *s = rs_kafka_sink_of(base);
	struct rs_kafka_kept kept;
	char *topic = topic_of(id);
	enum rs_rc rc = rs_kafka_meta_read_other(s, topic, true, &kept, err);

	free(topic);
	if (rc == RS_OK && !may_join(&kept, epoch))
		rc = RS_AGAIN;
	if (rc == RS_OK)
		rc = rs_kafka_meta_refresh(s, err);
	if (rc == RS_OK) {
		rc = rs_kafka_meta_begin(s, err);
		if (rc == RS_OK)
			rc = put_joined(s, id, &kept, at, objects, err);
		rs_step("side-joins");
		rc = rs_kafka_meta_end(s, rc, err);
		rs_step("side-joined");
	}
	rs_kafka_kept_release(&kept);
	if (rc == RS_OK)
		remove_topic(s, id);
	return rc;
}
