/* PostgreSQL's logical replication messages: whatever is taken can be read to its end, and lies where it was read from. */
#include <string.h>

#include "base/mem.h"
#include "codec/pgoutput.h"
#include "fuzz.h"

static void touch_row(struct rs_pg_row row)
{
	for (unsigned i = 0; i < row.n; i++) {
		struct rs_pg_value v = rs_pg_value_next(&row);

		MUST(v.presence >= RS_PG_TEXT || v.bytes.len == 0);
		touch_bytes(v.bytes.bytes, v.bytes.len);
	}
	MUST(!row.left.bad);
}

static void touch_text(const char *text)
{
	if (text)
		touch_bytes(text, strlen(text));
}

static void touch(struct rs_pg_message *m)
{
	touch_text(m->gid);
	touch_text(m->schema);
	touch_text(m->name);
	touch_bytes(m->content.bytes, m->content.len);
	if (m->has_old)
		touch_row(m->old);
	if (m->kind == RS_PG_INSERT || m->kind == RS_PG_UPDATE)
		touch_row(m->row);
	for (unsigned i = 0; i < m->n_columns; i++)
		touch_text(rs_pg_column_next(m).name);
	for (uint32_t i = 0; i < m->n_relations; i++)
		(void)rs_pg_oid_next(m);
	MUST(!m->list.bad);
}

/* A byte with the protocol, then messages, each after its length in two bytes. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rs_pgoutput d = {.protocol = size ? data[0] & 7 : 0, .parallel = size && data[0] & 8};
	struct rs_pg_message m;

	for (size_t at = 1, n; at + 2 <= size; at += 2 + n) {
		uint8_t *message;

		n = rs_be2(data + at);
		n = n < size - at - 2 ? n : size - at - 2;
		message = rs_xmalloc(n + !n); /* by itself, so that its end is one */
		memcpy(message, data + at + 2, n);
		if (rs_pgoutput_read(&d, message, n, &m, NULL) == RS_OK)
			touch(&m);
		free(message);
	}
	return 0;
}
