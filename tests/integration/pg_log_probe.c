/* A PostgreSQL server's log as db/pg_log reads it, driven from outside: reads one JSON object a line, answers with one.
 *
 *	open      host port user password database         a session that can read the log
 *	system
 *	make      slot, two_phase                           answers with "from" and "snapshot"
 *	drop      slot
 *	start     slot, from, publications, protocol, patience (seconds)
 *	next      timeout (milliseconds), until: behind which place no more are waited for; answers with all that came
 *	confirm   at
 *	close */
#include <string.h>
#include "base/mem.h"
#include "codec/pgoutput.h"
#include "db/pg_log.h"
#include "model/lsn.h"
#include "probe.h"

static struct rs_pg pg = RS_PG_INIT;
static struct rs_pg_log wal;
static struct rs_pgoutput decoder;
static char *slot_name;

static json_int_t number_of(const json_t *o, const char *key)
{
	return json_integer_value(json_object_get(o, key));
}

static uint64_t lsn_of(const json_t *o, const char *key)
{
	uint64_t lsn = 0;

	if (text_of(o, key) && !rs_lsn_parse(text_of(o, key), &lsn))
		rs_bug("no place in a log");
	return lsn;
}

static json_t *lsn_json(uint64_t lsn)
{
	char text[RS_LSN_TEXT];

	return json_string(rs_lsn_text(lsn, text));
}

static json_t *op_open(const json_t *in)
{
	struct rs_secret secret = RS_SECRET_INIT;
	struct rs_err err = RS_ERR_INIT;
	struct rs_pg_params p = {
		.side = "source",
		.host = text_of(in, "host"),
		.port = (unsigned)number_of(in, "port"),
		.user = text_of(in, "user"),
		.database = text_of(in, "database"),
		.password = &secret,
		.replication = true,
	};
	enum rs_rc rc;

	rs_secret_set(&secret, text_of(in, "password"), strlen(text_of(in, "password")));
	rc = rs_pg_open(&pg, &p, &err);
	rs_secret_clear(&secret);
	return answer_rc(rc, &err);
}

static json_t *op_system(const json_t *in)
{
	struct rs_err err = RS_ERR_INIT;
	struct rs_pg_server found;
	json_t *a = answer_rc(rs_pg_server_read(&pg, &found, &err), &err);

	(void)in;
	json_object_set_new(a, "system", text(found.number));
	rs_pg_server_clear(&found);
	return a;
}

static json_t *op_make(const json_t *in)
{
	struct rs_err err = RS_ERR_INIT;
	struct rs_pg_slot slot;
	json_t *a = answer_rc(rs_pg_slot_make(&pg, text_of(in, "slot"), json_is_true(json_object_get(in, "two_phase")), &slot, &err), &err);

	json_object_set_new(a, "from", lsn_json(slot.from));
	json_object_set_new(a, "snapshot", text(slot.snapshot));
	rs_pg_slot_clear(&slot);
	return a;
}

static json_t *op_drop(const json_t *in)
{
	struct rs_err err = RS_ERR_INIT;

	return answer_rc(rs_pg_slot_drop(&pg, text_of(in, "slot"), &err), &err);
}

static json_t *op_start(const json_t *in)
{
	const char *names[8];
	struct rs_err err = RS_ERR_INIT;
	struct rs_pg_log_options options = {.protocol = (unsigned)number_of(in, "protocol"), .publications = names};
	json_t *name;
	size_t i;

	json_array_foreach(json_object_get(in, "publications"), i, name)
		names[options.n_publications++] = json_string_value(name);
	decoder = (struct rs_pgoutput){.protocol = options.protocol};
	free(slot_name);
	slot_name = rs_xstrdup(text_of(in, "slot"));
	return answer_rc(rs_pg_log_open(&wal, &pg, slot_name, lsn_of(in, "from"), &options, number_of(in, "patience") * RS_USEC_PER_SEC, &err), &err);
}

static json_t *values_json(struct rs_pg_row row)
{
	json_t *values = json_array();

	for (unsigned i = 0; i < row.n; i++) {
		struct rs_pg_value v = rs_pg_value_next(&row);

		json_array_append_new(values, v.presence == RS_PG_TEXT ? json_stringn(v.bytes.bytes, v.bytes.len) : json_null());
	}
	return values;
}

/* ["commit", "0/1234"], ["insert", ["1", null]], and the names of others alone. */
static json_t *message_json(const struct rs_pg_message *m)
{
	switch (m->kind) {
	case RS_PG_BEGIN: return json_pack("[s]", "begin");
	case RS_PG_COMMIT: return json_pack("[s, o]", "commit", lsn_json(m->end));
	case RS_PG_RELATION: return json_pack("[s, s]", "relation", m->name);
	case RS_PG_INSERT: return json_pack("[s, o]", "insert", values_json(m->row));
	default: return json_pack("[s]", "other");
	}
}

static json_t *op_next(const json_t *in)
{
	const uint64_t until = lsn_of(in, "until");
	const rs_usec deadline = rs_clock_mono() + number_of(in, "timeout") * 1000;
	struct rs_err err = RS_ERR_INIT;
	struct rs_pg_log_message piece;
	struct rs_pg_message m = {.kind = RS_PG_TYPE};
	json_t *messages = json_array(), *a;
	enum rs_rc rc = RS_OK;

	while (rc == RS_OK && !(m.kind == RS_PG_COMMIT && until && m.end >= until)) {
		rs_usec left = deadline - rs_clock_mono();

		rc = rs_pg_log_next(&wal, left > 0 ? left : 0, &piece, &err);
		if (rc == RS_OK)
			rc = rs_pgoutput_read(&decoder, piece.bytes, piece.len, &m, &err);
		if (rc == RS_OK)
			json_array_append_new(messages, message_json(&m));
	}
	a = answer_rc(rc, &err);
	json_object_set_new(a, "messages", messages);
	json_object_set_new(a, "end", lsn_json(wal.end));
	return a;
}

static json_t *op_confirm(const json_t *in)
{
	struct rs_err err = RS_ERR_INIT;

	return answer_rc(rs_pg_log_confirm(&wal, lsn_of(in, "at"), true, &err), &err);
}

static json_t *op_close(const json_t *in)
{
	(void)in;
	if (wal.pg)
		rs_pg_log_close(&wal);
	rs_pg_close(&pg);
	return json_pack("{s:s}", "rc", "ok");
}

static const struct {
	const char *name;
	json_t *(*run)(const json_t *in);
} ops[] = {{"open", op_open}, {"system", op_system}, {"make", op_make}, {"drop", op_drop}, {"start", op_start}, {"next", op_next},
           {"confirm", op_confirm}, {"close", op_close}};

static json_t *answer(const json_t *in)
{
	for (size_t i = 0; i < sizeof ops / sizeof *ops; i++)
		if (strcmp(text_of(in, "op"), ops[i].name) == 0)
			return ops[i].run(in);
	rs_bug("no such operation");
}

int main(void)
{
	answer_lines(answer);
	json_decref(op_close(NULL));
	free(slot_name);
	return 0;
}
