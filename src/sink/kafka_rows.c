/* Rows as messages: which topic and partition, and what they look like there. */
#include "sink/kafka_sink.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "base/clock.h"
#include "base/mem.h"
#include "model/table_settings.h"

enum {
	PLACES_MAX = 4096,       /* versions of tables that are remembered */
	OUT_MUCH = 64 << 10      /* bytes of messages that wait for no others: they stay in the processor's cache */
};

struct rs_kafka_place {
	const struct rs_table *source, *dest; /* references, so that the addresses are not used again */
	struct rs_message_table *table;
	struct rs_message_table *narrow; /* of the key alone; NULL: was not needed yet */
	char *topic;
};

static void free_place(void *arg)
{
	struct rs_kafka_place *p = arg;

	rs_message_table_free(p->table);
	if (p->narrow)
		rs_message_table_free(p->narrow);
	rs_table_unref(p->source);
	rs_table_unref(p->dest);
	free(p->topic);
	free(p);
}

void rs_kafka_writer_init(struct rs_kafka_writer *w, struct rs_kafka_sink *s, struct rs_kafka_link *link)
{
	*w = (struct rs_kafka_writer){.s = s, .link = link, .places = RS_MAP_INIT};
	rs_buf_init(&w->out, (size_t)1 << 30);
	rs_buf_init(&w->cut, (size_t)1 << 30);
}

void rs_kafka_writer_release(struct rs_kafka_writer *w)
{
	rs_map_release(&w->places, free_place);
	rs_buf_release(&w->out);
	rs_buf_release(&w->cut);
	free(w->topic);
}

void rs_kafka_writer_begin(struct rs_kafka_writer *w) { w->n_waiting = 0; }

/* They stay in the buffer until the next row is made. */
enum rs_rc rs_kafka_writer_send(struct rs_kafka_writer *w, struct rs_err *err)
{
	const size_t n = w->n_waiting;

	w->n_waiting = 0;
	return n > 0 ? rs_kafka_link_put_together(w->link, w->topic, w->out.data, w->waiting, n, err) : RS_OK;
}

/* ---------------------------------------------------------------- where a table's rows go */

/* The caller's; the names are the route's. What the destination has no column for is left out. */
static const char **column_names(const struct rs_route *r)
{
	const char **names = rs_xcalloc(r->source->n_columns + 1, sizeof *names);

	for (size_t i = 0; i < r->source->n_columns; i++)
		names[i] = r->columns[i] >= 0 ? r->dest->columns[r->columns[i]].name : NULL;
	return names;
}

static bool is_among(const char *name, char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcasecmp(names[i], name) == 0)
			return true;
	return false;
}

/* Of those, the columns of the row's key and of what chooses its partition. */
static void leave_key(const struct rs_route *r, const char **names, char *const *keys, size_t n_keys)
{
	for (size_t i = 0; i < r->source->n_columns; i++) {
		bool wanted = is_among(r->source->columns[i].name, keys, n_keys);
		for (size_t k = 0; r->row_key && k < r->row_key->n_parts; k++)
			wanted |= r->row_key->parts[k].column == i;
		if (!wanted)
			names[i] = NULL;
	}
}

/* name: the topic's, the caller's. */
static enum rs_rc describe(struct rs_kafka_writer *w, const struct rs_route *r, bool key_alone, char **name, struct rs_message_table **out,
                           struct rs_err *err)
{
	struct rs_message_topic topic = {.partitions = 1};
	size_t n_keys = 0;
	enum rs_rc rc = rs_kafka_topic_of(w->s, r->source->db, r->source->name, name, &topic, err);

	if (rc != RS_OK)
		return rc;
	rs_kafka_ends_expect(w->s, w->link, *name);
	const char **columns = column_names(r);
	char **keys = rs_task_key_columns(w->s->task, r->source->db, r->source->name, &n_keys);
	const struct rs_message_names names = {.db = r->dest->db, .table = r->dest->name, .columns = columns,
	                                       .keys = n_keys > 0 ? (const char *const *)keys : NULL, .n_keys = n_keys};
	if (key_alone)
		leave_key(r, columns, keys, n_keys);
	rc = rs_message_table_new(w->s->encoder, r->source, &names, &topic, out, err);
	rs_columns_free(keys, n_keys);
	free(columns);
	return rc;
}

static enum rs_rc place_of(struct rs_kafka_writer *w, const struct rs_route *r, struct rs_kafka_place **out, struct rs_err *err)
{
	const struct rs_table *const key[] = {r->source, r->dest};

	if (!w->last || w->last->source != r->source || w->last->dest != r->dest)
		w->last = rs_map_get(&w->places, (const char *)key, sizeof key);
	*out = w->last;
	if (*out)
		return RS_OK;
	if (w->places.count >= PLACES_MAX) {
		rs_map_release(&w->places, free_place);
		w->places = (struct rs_map)RS_MAP_INIT;
	}
	struct rs_kafka_place *p = rs_xcalloc(1, sizeof *p);
	p->source = rs_table_ref(r->source);
	p->dest = rs_table_ref(r->dest);
	if (describe(w, r, false, &p->topic, &p->table, err) != RS_OK) {
		free_place(p);
		return RS_FAIL;
	}
	rs_map_put(&w->places, (const char *)key, sizeof key, p);
	*out = w->last = p;
	return RS_OK;
}

/* ---------------------------------------------------------------- messages */

/* Room for the next row, behind what waits. */
static void make_room(struct rs_kafka_writer *w)
{
	if (w->n_waiting == 0)
		rs_buf_clear(&w->out);
}

static enum rs_rc name_topic(struct rs_kafka_writer *w, const char *topic, struct rs_err *err)
{
	if (w->topic && strcmp(w->topic, topic) == 0)
		return RS_OK;
	enum rs_rc rc = rs_kafka_writer_send(w, err);
	free(w->topic);
	w->topic = rs_xstrdup(topic);
	return rc;
}

static enum rs_rc put(struct rs_kafka_writer *w, const char *topic, const struct rs_message *m, struct rs_err *err)
{
	enum rs_rc rc = name_topic(w, topic, err);

	if (rc != RS_OK)
		return rc;
	w->waiting[w->n_waiting++] = *m;
	return w->n_waiting == RS_KAFKA_TOGETHER || w->out.len >= OUT_MUCH ? rs_kafka_writer_send(w, err) : RS_OK;
}

/* What is written in place of a message that is too large. */
static enum rs_rc put_cut(struct rs_kafka_writer *w, const struct rs_kafka_place *p, const struct rs_message *whole, const struct rs_message *m,
                          struct rs_err *err)
{
	const struct rs_kafka_cut cut = {&w->out, whole, &w->cut, m};
	enum rs_rc rc = rs_kafka_writer_send(w, err);

	if (rc != RS_OK)
		return rc;
	if (rs_kafka_size_of(m) > w->s->large.max)
		return rs_kafka_large_refuse(&w->s->large, p->source, rs_kafka_size_of(m), err);
	return rs_kafka_large_put(w->s, w->link, p->topic, &cut, err);
}

static enum rs_rc narrow_of(struct rs_kafka_writer *w, const struct rs_route *r, struct rs_kafka_place *p, size_t size, struct rs_err *err)
{
	const struct rs_kafka_large *large = &w->s->large;
	char *topic = NULL;

	if (large->policy == RS_KAFKA_STOP || (large->policy == RS_KAFKA_KEY_ONLY && !r->row_key))
		return rs_kafka_large_refuse(large, p->source, size, err);
	enum rs_rc rc = p->narrow ? RS_OK : describe(w, r, true, &topic, &p->narrow, err);
	free(topic);
	return rc;
}

static size_t largest_of(const struct rs_message *messages, size_t n)
{
	size_t largest = 0;

	for (size_t i = 0; i < n; i++)
		if (rs_kafka_size_of(&messages[i]) > largest)
			largest = rs_kafka_size_of(&messages[i]);
	return largest;
}

static int64_t now(void) { return rs_clock_wall() / 1000; }

/* One message or two, as the whole row has. */
static enum rs_rc put_each(struct rs_kafka_writer *w, const struct rs_kafka_place *p, const struct rs_message *messages, size_t n,
                           const struct rs_message *cut, struct rs_err *err)
{
	enum rs_rc rc = RS_OK;

	for (size_t i = 0; rc == RS_OK && i < n; i++)
		rc = rs_kafka_size_of(&messages[i]) > w->s->large.max ? put_cut(w, p, &messages[i], &cut[i], err) : put(w, p->topic, &messages[i], err);
	return rc;
}

static enum rs_rc write_row(struct rs_kafka_writer *w, const struct rs_route *route, struct rs_kafka_place *p,
                            const struct rs_message_origin *origin, enum rs_op op, const struct rs_row_change *row, struct rs_err *err)
{
	struct rs_message messages[RS_MESSAGES_MAX], cut[RS_MESSAGES_MAX];
	size_t n = 0, n_cut = 0;

	make_room(w);
	rs_buf_clear(&w->cut);
	enum rs_rc rc = rs_message_row(p->table, origin, op, row->before, row->after, &w->out, messages, &n, err);
	const size_t largest = rc == RS_OK ? largest_of(messages, n) : 0;
	if (largest > w->s->large.max) {
		rc = narrow_of(w, route, p, largest, err);
		if (rc == RS_OK)
			rc = rs_message_row(p->narrow, origin, op, row->before, row->after, &w->cut, cut, &n_cut, err);
	}
	return rc == RS_OK ? put_each(w, p, messages, n, cut, err) : rc;
}

enum rs_rc rs_kafka_write_change(struct rs_kafka_writer *w, const struct rs_route *route, const struct rs_change *c,
                                 const struct rs_origin *of, struct rs_err *err)
{
	struct rs_message_origin origin = {.seconds = c->timestamp, .now = now(), .file = of->place->file, .offset = of->place->offset,
	                                   .gtid = of->gtid, .server_id = of->server_id, .ordinal = c->ordinal, .size = of->n_events};
	struct rs_kafka_place *p = NULL;
	enum rs_rc rc = place_of(w, route, &p, err);

	for (size_t i = 0; rc == RS_OK && i < c->n_rows; i++) {
		origin.id = atomic_fetch_add(&w->s->last_id, RS_MESSAGES_MAX) + 1;
		rc = write_row(w, route, p, &origin, c->op, &c->rows[i], err);
		origin.ordinal++;
	}
	return rc;
}

enum rs_rc rs_kafka_write_copied(struct rs_kafka_writer *w, const struct rs_route *route, const struct rs_value *values,
                                 uint64_t *bytes, struct rs_err *err)
{
	const int64_t at = now();
	const struct rs_message_origin origin = {.id = atomic_fetch_add(&w->s->last_id, 1) + 1, .seconds = at / 1000, .now = at};
	struct rs_kafka_place *p = NULL;
	struct rs_message m, cut;
	enum rs_rc rc = place_of(w, route, &p, err);

	make_room(w);
	const size_t from = w->out.len;
	if (rc == RS_OK)
		rc = rs_message_copied(p->table, &origin, values, &w->out, &m, err);
	if (rc == RS_OK && rs_kafka_size_of(&m) > w->s->large.max) {
		rs_buf_clear(&w->cut);
		rc = narrow_of(w, route, p, rs_kafka_size_of(&m), err);
		if (rc == RS_OK)
			rc = rs_message_copied(p->narrow, &origin, values, &w->cut, &cut, err);
	}
	if (rc == RS_OK)
		rc = put_each(w, p, &m, 1, &cut, err);
	*bytes += w->out.len - from;
	return rc;
}
