#include "engine/follow/failing.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>
#include "base/i18n.h"
#include "base/mem.h"
#include "base/redact.h"
#include "engine/follow/shown.h"

#define STATEMENT_MAX 4000

static const char *const kinds[] = {[RS_OP_INSERT] = "INSERT", [RS_OP_UPDATE] = "UPDATE", [RS_OP_DELETE] = "DELETE"};
static const char statement_kind[] = "STATEMENT";

bool rs_failing_is_final(const struct rs_err *err)
{
	switch (err->code) {
	case RS_E_META_EPOCH:
	case RS_E_META_DAMAGED:
	case RS_E_META_NEWER:
	case RS_E_EVENT_GONE:
	case RS_E_INTERNAL:
		return false;
	default:
		return rs_err_is_refusal(err);
	}
}

/* ---------------------------------------------------------------- digests */

static void add_value(XXH64_state_t *h, const struct rs_value *v)
{
	const uint32_t head[2] = {v->len, v->presence};

	XXH64_update(h, head, sizeof head);
	if (v->len > 0)
		XXH64_update(h, v->bytes, v->len);
}

static void add_text(XXH64_state_t *h, const char *text) { XXH64_update(h, text, strlen(text) + 1); }

static void add_image(XXH64_state_t *h, const struct rs_value *values, size_t n)
{
	for (size_t i = 0; values != NULL && i < n; i++)
		add_value(h, &values[i]);
}

uint64_t rs_failing_digest_row(const struct rs_change *c, size_t row)
{
	XXH64_state_t *h = XXH64_createState();

	XXH64_reset(h, 0);
	add_text(h, kinds[c->op]);
	add_text(h, c->table->db);
	add_text(h, c->table->name);
	add_image(h, c->rows[row].before, c->table->n_columns);
	add_image(h, c->rows[row].after, c->table->n_columns);
	uint64_t digest = XXH64_digest(h);
	XXH64_freeState(h);
	return digest;
}

uint64_t rs_failing_digest_statement(const struct rs_change *c)
{
	XXH64_state_t *h = XXH64_createState();

	XXH64_reset(h, 0);
	add_text(h, c->db ? c->db : "");
	XXH64_update(h, c->sql, c->sql_len);
	uint64_t digest = XXH64_digest(h);
	XXH64_freeState(h);
	return digest;
}

/* ---------------------------------------------------------------- making one */

static bool is_key(const struct rs_table *t, uint32_t column)
{
	const struct rs_key *key = rs_table_row_key(t);

	for (size_t p = 0; key != NULL && p < key->n_parts; p++)
		if (key->parts[p].column == column)
			return true;
	return false;
}

static void put_columns(struct rs_failing *f, const struct rs_table *t, const struct rs_row_change *row)
{
	f->columns = rs_xcalloc(t->n_columns + 1, sizeof *f->columns);
	f->n_columns = t->n_columns;
	for (uint32_t i = 0; i < t->n_columns; i++)
		f->columns[i] = (struct rs_failing_column){
			.name = rs_shown_text(t->columns[i].name, strlen(t->columns[i].name), RS_SHOWN_MAX),
			.before = row->before ? rs_shown_value(&t->columns[i], &row->before[i]) : NULL,
			.after = row->after ? rs_shown_value(&t->columns[i], &row->after[i]) : NULL,
			.key = is_key(t, i),
		};
}

static char *make_id(const struct rs_position *at, const char *gtid, uint64_t ordinal)
{
	if (at->file == NULL && gtid != NULL)
		return rs_xprintf("%s/%" PRIu64, gtid, ordinal);
	return rs_xprintf("%s:%" PRIu64 "/%" PRIu64, at->file ? at->file : "", at->offset, ordinal);
}

struct rs_failing *rs_failing_of_row(const struct rs_inside *inside, uint64_t ordinal, const struct rs_change *c, size_t row,
                                     const struct rs_sync_table *t)
{
	struct rs_failing *f = rs_xcalloc(1, sizeof *f);

	*f = (struct rs_failing){.id = make_id(&inside->place, inside->id, ordinal),
	                         .gtid = rs_xstrdup(inside->id),
	                         .digest = rs_failing_digest_row(c, row),
	                         .kind = kinds[c->op],
	                         .db = rs_xstrdup(c->table->db),
	                         .table = rs_xstrdup(c->table->name),
	                         .dest_db = rs_xstrdup(t->dest_db),
	                         .dest_table = rs_xstrdup(t->dest_name),
	                         .at = c->timestamp * RS_USEC_PER_SEC};
	put_columns(f, c->table, &c->rows[row]);
	return f;
}

struct rs_failing *rs_failing_of_statement(const struct rs_inside *inside, const struct rs_change *c, const char *made)
{
	struct rs_failing *f = rs_xcalloc(1, sizeof *f);
	const char *gtid = inside ? inside->id : c->gtid;

	*f = (struct rs_failing){.id = make_id(inside ? &inside->place : &c->position, gtid, inside ? c->ordinal : 0),
	                         .gtid = rs_xstrdup(gtid),
	                         .digest = rs_failing_digest_statement(c),
	                         .kind = statement_kind,
	                         .statement = rs_redact(rs_shown_text(c->sql, c->sql_len, STATEMENT_MAX)),
	                         .dest_statement = made ? rs_redact(rs_shown_text(made, strlen(made), STATEMENT_MAX)) : NULL,
	                         .at = c->timestamp * RS_USEC_PER_SEC};
	return f;
}

/* ---------------------------------------------------------------- life */

struct rs_failing *rs_failing_copy(const struct rs_failing *f)
{
	struct rs_failing *to;

	if (f == NULL)
		return NULL;
	to = rs_xcalloc(1, sizeof *to);
	*to = *f;
	to->id = rs_xstrdup(f->id);
	to->gtid = rs_xstrdup(f->gtid);
	to->db = rs_xstrdup(f->db);
	to->table = rs_xstrdup(f->table);
	to->dest_db = rs_xstrdup(f->dest_db);
	to->dest_table = rs_xstrdup(f->dest_table);
	to->statement = rs_xstrdup(f->statement);
	to->dest_statement = rs_xstrdup(f->dest_statement);
	to->side = rs_xstrdup(f->side);
	to->why = (struct rs_err)RS_ERR_INIT;
	rs_err_copy(&to->why, &f->why);
	to->columns = rs_xcalloc(f->n_columns + 1, sizeof *to->columns);
	for (size_t i = 0; i < f->n_columns; i++)
		to->columns[i] = (struct rs_failing_column){rs_xstrdup(f->columns[i].name), rs_xstrdup(f->columns[i].before),
		                                            rs_xstrdup(f->columns[i].after), f->columns[i].key};
	return to;
}

void rs_failing_free(struct rs_failing *f)
{
	if (f == NULL)
		return;
	for (size_t i = 0; i < f->n_columns; i++) {
		free(f->columns[i].name);
		free(f->columns[i].before);
		free(f->columns[i].after);
	}
	free(f->columns);
	free(f->id);
	free(f->gtid);
	free(f->db);
	free(f->table);
	free(f->dest_db);
	free(f->dest_table);
	free(f->statement);
	free(f->dest_statement);
	free(f->side);
	rs_err_clear(&f->why);
	free(f);
}

bool rs_failing_identify(const struct rs_failing *f, struct rs_event_id *id)
{
	const char *slash = strrchr(f->id, '/');
	struct rs_position at = RS_POSITION_INIT;
	char *where = slash ? rs_xstrndup(f->id, (size_t)(slash - f->id)) : NULL, *end = NULL;
	bool ok = where != NULL && ((f->gtid != NULL && strcmp(where, f->gtid) == 0) || rs_position_parse(&at, where));

	free(where);
	*id = (struct rs_event_id){.digest = f->digest};
	if (ok) {
		id->ordinal = strtoull(slash + 1, &end, 10);
		ok = end > slash + 1 && *end == '\0';
	}
	if (ok) {
		id->file = rs_xstrdup(at.file);
		id->offset = at.offset;
		id->gtid = rs_xstrdup(f->gtid);
	}
	rs_position_clear(&at);
	return ok;
}

/* ---------------------------------------------------------------- JSON */

static json_t *text_json(const char *text)
{
	json_t *j = text ? json_string(text) : NULL;

	return j ? j : json_null();
}

static json_t *row_json(const struct rs_failing *f)
{
	json_t *rows = json_array();

	for (size_t i = 0; i < f->n_columns; i++)
		json_array_append_new(rows, json_pack("{s:o, s:o, s:o, s:b}", "column", text_json(f->columns[i].name), "before",
		                                      text_json(f->columns[i].before), "after", text_json(f->columns[i].after), "key",
		                                      f->columns[i].key));
	return rows;
}

json_t *rs_failing_to_json(const struct rs_failing *f, bool with_row)
{
	char digest[24], at[40];
	json_t *j;

	if (f == NULL)
		return json_null();
	snprintf(digest, sizeof digest, "%016" PRIx64, f->digest);
	j = json_object();
	json_object_set_new(j, "id", text_json(f->id));
	json_object_set_new(j, "gtid", text_json(f->gtid));
	json_object_set_new(j, "digest", json_string(digest));
	json_object_set_new(j, "kind", json_string(f->kind));
	json_object_set_new(j, "database", text_json(f->db));
	json_object_set_new(j, "table", text_json(f->table));
	json_object_set_new(j, "destination_database", text_json(f->dest_db));
	json_object_set_new(j, "destination_table", text_json(f->dest_table));
	json_object_set_new(j, "statement", text_json(f->statement));
	json_object_set_new(j, "destination_statement", text_json(f->dest_statement));
	json_object_set_new(j, "side", text_json(f->side));
	json_object_set_new(j, "error", rs_err_to_json(&f->why));
	json_object_set_new(j, "at", f->at > 0 ? json_string(rs_clock_iso(f->at, at, sizeof at)) : json_null());
	if (with_row)
		json_object_set_new(j, "row", row_json(f));
	return j;
}

static char *get_text(const json_t *j, const char *key) { return rs_xstrdup(json_string_value(json_object_get(j, key))); }

static const char *get_kind(const json_t *j)
{
	const char *word = json_string_value(json_object_get(j, "kind"));

	for (size_t i = 0; word != NULL && i < sizeof kinds / sizeof *kinds; i++)
		if (strcmp(word, kinds[i]) == 0)
			return kinds[i];
	return statement_kind;
}

static void get_columns(struct rs_failing *f, const json_t *row)
{
	f->n_columns = json_array_size(row);
	f->columns = rs_xcalloc(f->n_columns + 1, sizeof *f->columns);
	for (size_t i = 0; i < f->n_columns; i++) {
		const json_t *j = json_array_get(row, i);
		f->columns[i] = (struct rs_failing_column){get_text(j, "column"), get_text(j, "before"), get_text(j, "after"),
		                                           json_is_true(json_object_get(j, "key"))};
		if (f->columns[i].name == NULL)
			f->columns[i].name = rs_xstrdup("");
	}
}

struct rs_failing *rs_failing_from_json(const json_t *j)
{
	const char *id = json_string_value(json_object_get(j, "id")), *digest = json_string_value(json_object_get(j, "digest"));
	struct rs_failing *f;

	if (id == NULL || digest == NULL)
		return NULL;
	f = rs_xcalloc(1, sizeof *f);
	*f = (struct rs_failing){.id = rs_xstrdup(id),
	                         .gtid = get_text(j, "gtid"),
	                         .digest = strtoull(digest, NULL, 16),
	                         .kind = get_kind(j),
	                         .db = get_text(j, "database"),
	                         .table = get_text(j, "table"),
	                         .dest_db = get_text(j, "destination_database"),
	                         .dest_table = get_text(j, "destination_table"),
	                         .statement = get_text(j, "statement"),
	                         .dest_statement = get_text(j, "destination_statement"),
	                         .side = get_text(j, "side"),
	                         .at = rs_clock_from_iso(json_string_value(json_object_get(j, "at")))};
	rs_err_from_json(json_object_get(j, "error"), &f->why);
	get_columns(f, json_object_get(j, "row"));
	return f;
}
