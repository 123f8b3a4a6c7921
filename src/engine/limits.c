/* Limits of speed: of the copy, which its workers share, and of the stream. */
#include "engine/core.h"

void rs_limits_set(struct rs_engine *e, const struct rs_sync *sync)
{
	rs_throttle_set(&e->copy_throttle, RS_THROTTLE_QUERIES, sync->full_limits.queries);
	rs_throttle_set(&e->copy_throttle, RS_THROTTLE_ROWS, sync->full_limits.rows);
	rs_throttle_set(&e->copy_throttle, RS_THROTTLE_BYTES, sync->full_limits.bytes);
	rs_throttle_set(&e->stream_throttle, RS_THROTTLE_ROWS, sync->incremental_limits.rows);
	rs_throttle_set(&e->stream_throttle, RS_THROTTLE_BYTES, sync->incremental_limits.bytes);
}

/* Time that is spent here is no step of the destination's. */
static enum rs_rc take_turn(struct rs_engine *e, struct rs_throttle *t, const struct rs_cost *cost)
{
	rs_stats_free(&e->stats);
	enum rs_rc rc = rs_throttle_wait(t, cost, &e->cancel);

	rs_stats_busy(&e->stats);
	return rc;
}

enum rs_rc rs_limits_query(struct rs_engine *e)
{
	const struct rs_cost cost = {.of[RS_THROTTLE_QUERIES] = 1};

	return rs_throttle_is_limited(&e->copy_throttle) ? take_turn(e, &e->copy_throttle, &cost) : RS_OK;
}

enum rs_rc rs_limits_copy_row(struct rs_engine *e, const struct rs_value *values, size_t n)
{
	struct rs_cost cost = {.of[RS_THROTTLE_ROWS] = 1};

	if (!rs_throttle_is_limited(&e->copy_throttle))
		return RS_OK;
	for (size_t i = 0; i < n; i++)
		cost.of[RS_THROTTLE_BYTES] += values[i].len;
	return take_turn(e, &e->copy_throttle, &cost);
}

enum rs_rc rs_limits_change(struct rs_engine *e, const struct rs_change *c)
{
	const struct rs_cost cost = {.of[RS_THROTTLE_ROWS] = c->n_rows, .of[RS_THROTTLE_BYTES] = c->image_bytes};

	if (c->kind != RS_CHANGE_ROWS || !rs_throttle_is_limited(&e->stream_throttle))
		return RS_OK;
	return take_turn(e, &e->stream_throttle, &cost);
}

uint64_t rs_limits_rows_in_a_second(struct rs_engine *e, uint64_t row_bytes)
{
	uint64_t rows = rs_throttle_rate(&e->copy_throttle, RS_THROTTLE_ROWS);
	uint64_t bytes = rs_throttle_rate(&e->copy_throttle, RS_THROTTLE_BYTES);
	uint64_t by_rows = rows > 0 ? rows : UINT64_MAX;
	uint64_t by_bytes = bytes > 0 ? bytes / (row_bytes > 0 ? row_bytes : 1) : UINT64_MAX;
	uint64_t n = by_rows < by_bytes ? by_rows : by_bytes;

	return n > 0 ? n : 1;
}
