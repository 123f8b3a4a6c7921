/* How a task went so far, in numbers over time. */
#include "engine/report/past.h"

#include <math.h>
#include <string.h>
#include "base/mem.h"

static const char *const names[RS_TRACES] = {[RS_TRACE_LAG] = "lag", [RS_TRACE_ROWS] = "rows", [RS_TRACE_BYTES] = "bytes"};

void rs_past_clear(struct rs_past *past)
{
	for (int i = 0; i < RS_TRACES; i++) {
		rs_trace_free(past->traces[i]);
		past->traces[i] = NULL;
	}
}

bool rs_past_is_empty(const struct rs_past *past)
{
	for (int i = 0; i < RS_TRACES; i++)
		if (past->traces[i])
			return false;
	return true;
}

static bool is_highest(int of)
{
	return of == RS_TRACE_LAG;
}

double rs_past_value(const struct rs_progress *p, enum rs_trace_of of)
{
	double value = !p ? -1 : of == RS_TRACE_ROWS ? p->rows_per_sec : of == RS_TRACE_BYTES ? p->bytes_per_sec
	                                             : p->lag < 0 ? -1 : (double)p->lag / (double)RS_USEC_PER_SEC;

	return value < 0 ? (double)NAN : value;
}

void rs_past_add(struct rs_past *past, const struct rs_progress *p)
{
	for (int i = 0; i < RS_TRACES; i++) {
		double value = rs_past_value(p, (enum rs_trace_of)i);

		if (!past->traces[i] && isnan(value)) /* what was never measured costs nothing */
			continue;
		if (!past->traces[i])
			past->traces[i] = rs_trace_new(is_highest(i));
		rs_trace_add(past->traces[i], value);
	}
}

json_t *rs_past_to_json(const struct rs_past *past)
{
	json_t *j = json_object();

	for (int i = 0; i < RS_TRACES; i++) {
		struct rs_buf text = RS_BUF_INIT;

		if (past->traces[i])
			rs_trace_put(past->traces[i], &text);
		if (text.len)
			json_object_set_new(j, names[i], json_string(rs_buf_str(&text)));
		rs_buf_release(&text);
	}
	return j;
}

void rs_past_from_json(const json_t *j, struct rs_past *past)
{
	rs_past_clear(past);
	for (int i = 0; i < RS_TRACES; i++) {
		const char *text = json_string_value(json_object_get(j, names[i]));

		past->traces[i] = text ? rs_trace_read(is_highest(i), text) : NULL;
	}
}
