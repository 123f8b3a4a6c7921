#include "engine/follow/complete.h"

#include <stdlib.h>
#include "base/mem.h"

struct rs_completer {
	struct rs_engine *e;
	pthread_mutex_t lock;            /* guards the reader */
	struct rs_table_reader *reader;
};

enum rs_rc rs_completer_open(struct rs_engine *e, struct rs_completer **out, struct rs_err *err)
{
	struct rs_table_reader *reader = NULL;
	enum rs_rc rc = e->source->ops->reader(e->source, &reader, err);

	if (rc != RS_OK)
		return rc;
	rs_engine_live(e, (void (*)(void *))reader->ops->cancel, reader);
	*out = rs_xcalloc(1, sizeof **out);
	(*out)->e = e;
	(*out)->reader = reader;
	pthread_mutex_init(&(*out)->lock, NULL);
	return RS_OK;
}

void rs_completer_close(struct rs_completer *c)
{
	if (c == NULL)
		return;
	rs_engine_dead(c->e, c->reader);
	c->reader->ops->close(c->reader);
	pthread_mutex_destroy(&c->lock);
	free(c);
}

static bool has_moved(const struct rs_key *key, const struct rs_row_change *row)
{
	for (size_t p = 0; p < key->n_parts; p++)
		if (!rs_value_identical(&row->before[key->parts[p].column], &row->after[key->parts[p].column]))
			return true;
	return false;
}

static bool is_row_key(const struct rs_route *r, const struct rs_key *k)
{
	bool same = k->n_parts == r->row_key->n_parts;

	for (size_t p = 0; same && p < k->n_parts; p++)
		same = (int)k->parts[p].column == r->columns[r->row_key->parts[p].column];
	return same;
}

/* A row that was copied later, and has another one's unique value of before, has taken its place at the destination. */
static bool may_be_pushed_out(const struct rs_route *r)
{
	for (size_t k = 0; k < r->dest->n_keys; k++)
		if (r->dest->keys[k].unique && !is_row_key(r, &r->dest->keys[k]))
			return true;
	return false;
}

static bool lacks(const struct rs_route *r, const struct rs_row_change *row, size_t i)
{
	return rs_route_writes(r, i) && row->after[i].presence == RS_ABSENT;
}

static bool lacks_any(const struct rs_route *r, const struct rs_row_change *row)
{
	for (size_t i = 0; i < r->source->n_columns; i++)
		if (lacks(r, row, i))
			return true;
	return false;
}

static void take(const struct rs_route *r, struct rs_change *change, struct rs_row_change *row, const struct rs_value *found)
{
	for (size_t i = 0; i < r->source->n_columns; i++) {
		if (!lacks(r, row, i))
			continue;
		row->after[i] = found[i];
		if (found[i].presence == RS_PRESENT)
			row->after[i].bytes = rs_arena_copy(&change->arena, found[i].bytes, found[i].len);
	}
}

static enum rs_rc fill_row(struct rs_completer *c, const struct rs_route *r, struct rs_change *change, struct rs_row_change *row,
                           struct rs_err *err)
{
	struct rs_value *found = rs_xcalloc(r->source->n_columns + 1, sizeof *found);

	pthread_mutex_lock(&c->lock);
	enum rs_rc rc = c->reader->ops->find(c->reader, r->source, r->row_key, row->after, found, err);
	if (rc == RS_OK)
		take(r, change, row, found);
	c->reader->ops->end(c->reader);
	pthread_mutex_unlock(&c->lock);
	free(found);
	return rc == RS_EOF ? RS_OK : rc;
}

enum rs_rc rs_completer_fill(struct rs_completer *c, const struct rs_route *route, struct rs_change *change, struct rs_err *err)
{
	enum rs_rc rc = RS_OK;

	if (!change->sparse || change->op != RS_OP_UPDATE || route->row_key == NULL)
		return RS_OK;
	const bool pushed_out = may_be_pushed_out(route);
	for (size_t i = 0; rc == RS_OK && i < change->n_rows; i++)
		if ((pushed_out || has_moved(route->row_key, &change->rows[i])) && lacks_any(route, &change->rows[i]))
			rc = fill_row(c, route, change, &change->rows[i], err);
	return rc;
}
