/* A PostgreSQL server as the engine's source (source/pg_*), driven from outside: reads one JSON object a line, answers with one.
 *
 *	open      host port user password database task objects
 *	identity
 *	fence                                     answers with "at"
 *	end                                       the same
 *	passed    at                              answers with "yes"
 *	catalog                                   tables, each with its columns' types and keys
 *	freeze                                    what is copied then is of one moment, which "at" tells
 *	copy      table ("schema.name"), rows     in chunks of so many, and in one piece where 0: answers with "rows" and "chunks"
 *	stream    from
 *	next      until, timeout (milliseconds)   all items up to one that stands at that place or behind it
 *	release
 *	close */
#include <string.h>
#include "base/mem.h"
#include "model/lsn.h"
#include "probe.h"
#include "source/source.h"

static struct rs_endpoint endpoint = {.side = "source", .protocol = RS_PROTOCOL_POSTGRESQL, .type = RS_INSTANCE_SELF_MANAGED,
                                      .password_from = RS_PASSWORD_INLINE};
static struct rs_selection *objects;
static struct rs_source *source;
static struct rs_table_reader *reader;
static struct rs_stream *stream;
static struct rs_catalog catalog;

static json_int_t number_of(const json_t *o, const char *key) { return json_integer_value(json_object_get(o, key)); }

static struct rs_position position_of(const json_t *in, const char *key)
{
	struct rs_position at = RS_POSITION_INIT;
	uint64_t lsn = 0;

	if (text_of(in, key) == NULL || !rs_lsn_parse(text_of(in, key), &lsn))
		rs_bug("no place in a log");
	rs_position_set_file(&at, "wal", lsn);
	return at;
}

static json_t *place_json(const struct rs_position *at)
{
	char buf[RS_LSN_TEXT];

	return at->file != NULL ? json_string(rs_lsn_text(at->offset, buf)) : json_null();
}

static json_t *op_open(const json_t *in)
{
	struct rs_err err = RS_ERR_INIT;
	const char *lines = text_of(in, "objects");

	endpoint.host = rs_xstrdup(text_of(in, "host"));
	endpoint.port = (unsigned)number_of(in, "port");
	endpoint.account = rs_xstrdup(text_of(in, "user"));
	endpoint.database = rs_xstrdup(text_of(in, "database"));
	rs_secret_set(&endpoint.password, text_of(in, "password"), strlen(text_of(in, "password")));
	objects = rs_selection_new();
	enum rs_rc rc = rs_selection_parse(objects, "objects", lines, strlen(lines), &err);
	if (rc == RS_OK)
		rc = rs_pg_source_open(&endpoint, objects, text_of(in, "task"), NULL, &source, &err);
	if (rc == RS_OK)
		rc = source->ops->reader(source, &reader, &err);
	return answer_rc(rc, &err);
}

static json_t *op_identity(const json_t *in)
{
	struct rs_err err = RS_ERR_INIT;
	char *name = NULL;
	json_t *a = answer_rc(source->ops->identity(source, &name, &err), &err);

	(void)in;
	json_object_set_new(a, "identity", text(name));
	free(name);
	return a;
}

static json_t *answer_place(enum rs_rc rc, struct rs_position *at, struct rs_err *err)
{
	json_t *a = answer_rc(rc, err);

	json_object_set_new(a, "at", place_json(at));
	rs_position_clear(at);
	return a;
}

static json_t *op_fence(const json_t *in)
{
	struct rs_position at = RS_POSITION_INIT;
	struct rs_err err = RS_ERR_INIT;
	enum rs_rc rc = source->ops->fence(source, &at, &err);

	(void)in;
	return answer_place(rc, &at, &err);
}

static json_t *op_end(const json_t *in)
{
	struct rs_position at = RS_POSITION_INIT;
	struct rs_err err = RS_ERR_INIT;
	enum rs_rc rc = source->ops->end(source, &at, &err);

	(void)in;
	return answer_place(rc, &at, &err);
}

static json_t *op_freeze(const json_t *in)
{
	struct rs_position at = RS_POSITION_INIT;
	struct rs_err err = RS_ERR_INIT;
	enum rs_rc rc = reader->ops->freeze(reader, NULL, 0, false, &at, &err);

	(void)in;
	return answer_place(rc, &at, &err);
}

static json_t *op_passed(const json_t *in)
{
	struct rs_position at = position_of(in, "at");
	struct rs_err err = RS_ERR_INIT;
	bool yes = false;
	json_t *a = answer_rc(source->ops->passed(source, &at, &yes, &err), &err);

	json_object_set_new(a, "yes", json_boolean(yes));
	rs_position_clear(&at);
	return a;
}

static json_t *table_json(const struct rs_object *o)
{
	json_t *columns = json_array(), *key = json_array();
	const struct rs_key *k = o->schema ? rs_table_row_key(o->schema) : NULL;

	for (size_t i = 0; o->schema != NULL && i < o->schema->n_columns; i++)
		json_array_append_new(columns, json_pack("[s, s, b]", o->schema->columns[i].name, o->schema->columns[i].native,
		                                         o->schema->columns[i].nullable));
	for (size_t i = 0; k != NULL && i < k->n_parts; i++)
		json_array_append_new(key, json_string(o->schema->columns[k->parts[i].column].name));
	return json_pack("{s: s, s: o, s: o, s: o}", "name", o->name, "columns", columns, "key", key, "unsupported", text(o->unsupported));
}

static json_t *op_catalog(const json_t *in)
{
	struct rs_err err = RS_ERR_INIT;

	(void)in;
	rs_catalog_release(&catalog);
	catalog = (struct rs_catalog){0};
	json_t *a = answer_rc(source->ops->catalog(source, objects, &catalog, &err), &err), *tables = json_array();
	for (size_t i = 0; i < catalog.count; i++)
		if (catalog.objects[i].kind == RS_OBJECT_TABLE)
			json_array_append_new(tables, table_json(&catalog.objects[i]));
	json_object_set_new(a, "tables", tables);
	return a;
}

static json_t *value_json(const struct rs_value *v)
{
	return v->presence == RS_PRESENT ? json_stringn(v->bytes, v->len) : v->presence == RS_NULL ? json_null() : json_string("<absent>");
}

static json_t *row_json(const struct rs_table *t, const struct rs_value *values)
{
	json_t *row = json_array();

	for (size_t i = 0; values != NULL && i < t->n_columns; i++)
		json_array_append_new(row, value_json(&values[i]));
	return values ? row : (json_decref(row), json_null());
}

static const struct rs_table *find_table(const char *name)
{
	for (size_t i = 0; i < catalog.count; i++) {
		const struct rs_object *o = &catalog.objects[i];
		const size_t len = strlen(o->db);

		if (o->schema != NULL && strncmp(name, o->db, len) == 0 && name[len] == '.' && strcmp(name + len + 1, o->name) == 0)
			return o->schema;
	}
	rs_bug("no such table in the catalogue");
}

static enum rs_rc copy_range(const struct rs_table *t, const struct rs_key *key, const struct rs_bound *after,
                             const struct rs_bound *upto, json_t *rows, struct rs_err *err)
{
	struct rs_value *values = rs_xcalloc(t->n_columns + 1, sizeof *values);
	enum rs_rc rc = reader->ops->open(reader, t, key, after, upto, err);

	while (rc == RS_OK && (rc = reader->ops->next(reader, values, err)) == RS_OK)
		json_array_append_new(rows, row_json(t, values));
	reader->ops->end(reader);
	free(values);
	return rc == RS_EOF ? RS_OK : rc;
}

static json_t *op_copy(const json_t *in)
{
	const struct rs_table *t = find_table(text_of(in, "table"));
	const uint64_t each = (uint64_t)number_of(in, "rows");
	const struct rs_key *key = each ? rs_table_row_key(t) : NULL;
	struct rs_bound after = {NULL, 0}, upto = {NULL, 0};
	struct rs_err err = RS_ERR_INIT;
	json_t *rows = json_array(), *a;
	enum rs_rc rc = RS_OK, more = RS_OK;
	json_int_t chunks = 0;

	while (rc == RS_OK && more == RS_OK) {
		rs_bound_clear(&upto);
		more = key ? reader->ops->bound(reader, t, key, &after, NULL, each, &upto, &err) : RS_EOF;
		rc = more == RS_FAIL ? RS_FAIL : copy_range(t, key, &after, &upto, rows, &err);
		rs_bound_copy(&after, &upto);
		chunks++;
	}
	rs_bound_clear(&after);
	rs_bound_clear(&upto);
	a = answer_rc(rc, &err);
	json_object_set_new(a, "rows", rows);
	json_object_set_new(a, "chunks", json_integer(chunks));
	return a;
}

static const struct rs_table *lookup(void *arg, const char *db, const char *name)
{
	const struct rs_object *o = rs_catalog_find(&catalog, RS_OBJECT_TABLE, db, name);

	(void)arg;
	return o != NULL ? rs_table_ref(o->schema) : NULL;
}

static json_t *op_stream(const json_t *in)
{
	struct rs_position from = position_of(in, "from");
	struct rs_err err = RS_ERR_INIT;
	enum rs_rc rc = RS_OK;

	if (stream != NULL)
		stream->ops->close(stream);
	stream = NULL;
	rc = source->ops->stream(source, &from, &stream, &err);
	if (rc == RS_OK)
		stream->schema = (struct rs_stream_schema){lookup, NULL, NULL, NULL};
	rs_position_clear(&from);
	return answer_rc(rc, &err);
}

static json_t *item_json(const struct rs_change *c)
{
	static const char *const kinds[] = {"begin", "rows", "truncate", "commit", "rollback", "ddl", "heartbeat"};
	static const char *const ops[] = {"insert", "update", "delete"};
	json_t *j = json_pack("{s: s, s: o, s: I}", "kind", kinds[c->kind], "at", place_json(&c->position), "time", (json_int_t)c->timestamp), *rows;

	if (c->table != NULL)
		json_object_set_new(j, "table", json_string(c->table->name));
	if (c->kind != RS_CHANGE_ROWS)
		return j;
	rows = json_array();
	for (size_t i = 0; i < c->n_rows; i++)
		json_array_append_new(rows, json_pack("[o, o]", row_json(c->table, c->rows[i].before), row_json(c->table, c->rows[i].after)));
	json_object_set_new(j, "op", json_string(ops[c->op]));
	json_object_set_new(j, "rows", rows);
	return j;
}

static json_t *op_next(const json_t *in)
{
	struct rs_position until = position_of(in, "until");
	const rs_usec deadline = rs_clock_mono() + RS_MSEC(number_of(in, "timeout"));
	struct rs_err err = RS_ERR_INIT;
	json_t *items = json_array(), *a;
	bool there = false;
	enum rs_rc rc = RS_OK;

	while ((rc == RS_OK || rc == RS_AGAIN) && !there && rs_clock_mono() < deadline) {
		struct rs_change *c = NULL;

		rc = stream->ops->next(stream, RS_MSEC(100), &c, &err);
		if (rc != RS_OK)
			continue;
		there = c->kind != RS_CHANGE_BEGIN && c->position.file != NULL && c->position.offset >= until.offset;
		json_array_append_new(items, item_json(c));
		rs_change_free(c);
	}
	rs_position_clear(&until);
	a = answer_rc(rc == RS_AGAIN && there ? RS_OK : rc, &err);
	json_object_set_new(a, "items", items);
	return a;
}

static json_t *op_release(const json_t *in)
{
	struct rs_err err = RS_ERR_INIT;

	(void)in;
	if (stream != NULL)
		stream->ops->close(stream);
	stream = NULL;
	return answer_rc(source->ops->release(source, &err), &err);
}

static json_t *op_close(const json_t *in)
{
	(void)in;
	if (stream != NULL)
		stream->ops->close(stream);
	if (reader != NULL)
		reader->ops->close(reader);
	if (source != NULL)
		source->ops->close(source);
	stream = NULL;
	reader = NULL;
	source = NULL;
	rs_catalog_release(&catalog);
	catalog = (struct rs_catalog){0};
	rs_selection_free(objects);
	free(endpoint.host);
	free(endpoint.account);
	free(endpoint.database);
	rs_secret_clear(&endpoint.password);
	return json_object();
}

static json_t *answer(const json_t *in)
{
	static const struct {
		const char *name;
		json_t *(*op)(const json_t *in);
	} all[] = {
		{"open", op_open}, {"identity", op_identity}, {"fence", op_fence}, {"end", op_end}, {"freeze", op_freeze},
		{"passed", op_passed}, {"catalog", op_catalog}, {"copy", op_copy}, {"stream", op_stream}, {"next", op_next},
		{"release", op_release}, {"close", op_close},
	};

	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		if (text_of(in, "op") != NULL && strcmp(text_of(in, "op"), all[i].name) == 0)
			return all[i].op(in);
	rs_bug("no such operation");
}

int main(void)
{
	answer_lines(answer);
	return 0;
}
