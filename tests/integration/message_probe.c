/* A database's rows and changes as messages, for readers that know nothing of the program:
 *
 *	message_probe schema
 *	message_probe HOST PORT DB FORMAT DIALECT PARTITIONING PARTITIONS copy
 *	message_probe HOST PORT DB FORMAT DIALECT PARTITIONING PARTITIONS FILE OFFSET
 *
 * prints one JSON object a message: of each row as it is now, or of each change between that place in the log and its end. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include "base/clock.h"
#include "base/mem.h"
#include "codec/message.h"
#include "db/my_conn.h"
#include "source/source.h"

#define BUFFER ((size_t)256 << 20)

struct probe {
	struct rs_source *source;
	struct rs_catalog catalog;
	const char *db;
	struct rs_message_encoder *encoder;
	struct rs_message_topic topic;
	struct rs_message_origin origin;
	char *gtid;
	const struct rs_table *table; /* of the binding, a reference */
	struct rs_message_table *binding;
	struct rs_buf out;
};

static void stop(struct rs_err *err)
{
	fprintf(stderr, "%s\n%s\n", err->primary, err->detail ? err->detail : "");
	exit(1);
}

static void print(struct probe *p, const struct rs_message *m, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct rs_buf line = RS_BUF_INIT;

		line.max = 3 * BUFFER;
		rs_buf_addf(&line, "{\"partition\":%d,\"key\":", m[i].partition);
		if (m[i].has_key) {
			rs_buf_addc(&line, '"');
			rs_buf_addhex(&line, p->out.data + m[i].key, m[i].key_len);
			rs_buf_addc(&line, '"');
		} else {
			rs_buf_adds(&line, "null");
		}
		rs_buf_adds(&line, ",\"value\":\"");
		rs_buf_addhex(&line, p->out.data + m[i].value, m[i].value_len);
		rs_buf_adds(&line, "\"}");
		puts(rs_buf_str(&line));
		rs_buf_release(&line);
	}
	rs_buf_clear(&p->out);
	p->origin.id += n;
}

static void bind(struct probe *p, const struct rs_table *t)
{
	struct rs_err err = RS_ERR_INIT;

	if (p->table == t)
		return;
	rs_message_table_free(p->binding);
	p->binding = NULL;
	rs_table_unref(p->table);
	p->table = rs_table_ref(t);
	if (rs_message_table_new(p->encoder, t, NULL, &p->topic, &p->binding, &err) != RS_OK)
		stop(&err);
}

static void copy_table(struct probe *p, struct rs_table_reader *reader, const struct rs_table *t)
{
	struct rs_value *row = rs_xcalloc(t->n_columns, sizeof *row);
	struct rs_err err = RS_ERR_INIT;
	struct rs_message m;

	bind(p, t);
	reader->with_generated = true;
	enum rs_rc rc = reader->ops->open(reader, t, NULL, NULL, NULL, &err);
	while (rc == RS_OK && (rc = reader->ops->next(reader, row, &err)) == RS_OK) {
		rc = rs_message_copied(p->binding, &p->origin, row, &p->out, &m, &err);
		if (rc == RS_OK)
			print(p, &m, 1);
	}
	if (rc == RS_FAIL)
		stop(&err);
	reader->ops->end(reader);
	free(row);
}

static void copy(struct probe *p)
{
	struct rs_err err = RS_ERR_INIT;
	struct rs_table_reader *reader;

	if (p->source->ops->reader(p->source, &reader, &err) != RS_OK)
		stop(&err);
	for (size_t i = 0; i < p->catalog.count; i++)
		if (p->catalog.objects[i].kind == RS_OBJECT_TABLE)
			copy_table(p, reader, p->catalog.objects[i].schema);
	reader->ops->close(reader);
}

static const struct rs_table *lookup(void *arg, const char *db, const char *table)
{
	struct probe *p = arg;
	const struct rs_object *o = rs_catalog_find(&p->catalog, RS_OBJECT_TABLE, db, table);

	return o ? rs_table_ref(o->schema) : NULL;
}

static enum rs_rc no_ddl(void *arg, const struct rs_change *ddl, struct rs_err *err)
{
	(void)arg;
	(void)ddl;
	(void)err;
	return RS_OK;
}

static void put_ddl(struct probe *p, const struct rs_change *c)
{
	static const struct rs_sql_dialect grammar;
	struct rs_err err = RS_ERR_INIT;
	struct rs_message m;
	struct rs_ddl ddl;

	if (rs_ddl_parse(&ddl, c->sql, c->sql_len, c->db, &grammar, &err) != RS_OK ||
	    rs_message_ddl(p->encoder, &p->origin, &ddl, c->sql, c->sql_len, ddl.n_refs ? ddl.refs[0].db : c->db,
	                   ddl.n_refs && ddl.refs[0].name[0] ? ddl.refs[0].name : NULL, &p->topic, &p->out, &m, &err) != RS_OK)
		stop(&err);
	print(p, &m, 1);
	rs_ddl_release(&ddl);
}

static void put_rows(struct probe *p, const struct rs_change *c)
{
	struct rs_message m[RS_MESSAGES_MAX];
	struct rs_err err = RS_ERR_INIT;
	size_t n;

	bind(p, c->table);
	for (size_t i = 0; i < c->n_rows; i++) {
		p->origin.ordinal++;
		if (rs_message_row(p->binding, &p->origin, c->op, c->rows[i].before, c->rows[i].after, &p->out, m, &n, &err) != RS_OK)
			stop(&err);
		print(p, m, n);
	}
}

static void put_mark(struct probe *p, enum rs_message_mark mark)
{
	struct rs_err err = RS_ERR_INIT;
	struct rs_message m;
	size_t n;

	if (rs_message_mark(p->encoder, &p->origin, mark, &p->topic, &p->out, &m, &n, &err) != RS_OK)
		stop(&err);
	print(p, &m, n);
}

static void put(struct probe *p, const struct rs_change *c)
{
	p->origin.seconds = c->timestamp;
	if (c->gtid) {
		free(p->gtid);
		p->gtid = rs_xstrdup(c->gtid);
		p->origin.gtid = p->gtid;
	}
	if (c->kind == RS_CHANGE_BEGIN) {
		p->origin.ordinal = 0;
		put_mark(p, RS_MARK_BEGIN);
	} else if (c->kind == RS_CHANGE_ROWS) {
		put_rows(p, c);
	} else if (c->kind == RS_CHANGE_COMMIT) {
		put_mark(p, RS_MARK_COMMIT);
	} else if (c->kind == RS_CHANGE_DDL) {
		put_ddl(p, c);
	} else if (c->kind == RS_CHANGE_HEARTBEAT) {
		put_mark(p, RS_MARK_HEARTBEAT);
	}
}

static void follow(struct probe *p, const char *file, uint64_t offset)
{
	struct rs_position from = RS_POSITION_INIT, end = RS_POSITION_INIT;
	struct rs_err err = RS_ERR_INIT;
	struct rs_stream *stream = NULL;
	bool done = false;

	rs_position_set_file(&from, file, offset);
	p->origin.file = from.file;
	if (p->source->ops->place(p->source, &end, &err) != RS_OK || p->source->ops->stream(p->source, &from, &stream, &err) != RS_OK)
		stop(&err);
	stream->schema = (struct rs_stream_schema){lookup, no_ddl, p, &p->catalog.collations};
	while (!done) {
		struct rs_change *c;
		enum rs_rc rc = stream->ops->next(stream, -1, &c, &err);

		if (rc == RS_FAIL)
			stop(&err);
		if (rc != RS_OK)
			continue;
		p->origin.offset = c->position.offset;
		put(p, c);
		done = c->kind != RS_CHANGE_BEGIN && c->position.file && rs_position_compare(&c->position, &end) >= 0;
		rs_change_free(c);
	}
	stream->ops->close(stream);
	rs_position_clear(&from);
	rs_position_clear(&end);
}

static unsigned one_of(const char *word, const char *const *words)
{
	for (unsigned i = 0; words[i]; i++)
		if (strcmp(word, words[i]) == 0)
			return i;
	exit(2);
}

static void open_source(struct probe *p, char **argv)
{
	struct rs_endpoint e = {.side = "source", .type = RS_INSTANCE_SELF_MANAGED};
	struct rs_selection *all = rs_selection_new();
	struct rs_err err = RS_ERR_INIT;

	e.host = argv[1];
	e.port = (unsigned)strtoul(argv[2], NULL, 10);
	e.account = rs_xstrdup("root");
	p->db = argv[3];
	if (rs_selection_parse(all, "probe", argv[3], strlen(argv[3]), &err) != RS_OK ||
	    rs_mysql_source_open(&e, "", &p->source, &err) != RS_OK ||
	    p->source->ops->catalog(p->source, all, &p->catalog, &err) != RS_OK)
		stop(&err);
	rs_selection_free(all);
	free(e.account);
}

int main(int argc, char **argv)
{
	static const char *const formats[] = {"avro", "canal-json", "shareplex-json", NULL}, *const dialects[] = {"dts", "canal", NULL};
	static const char *const partitionings[] = {"zero", "table", "key", NULL};
	struct rs_message_options options = {.source_version = "1.2.3"};
	struct probe p = {.origin = {.id = 1, .seconds = 1, .now = 1}};

	if (argc == 2 && strcmp(argv[1], "schema") == 0)
		return puts(rs_message_schema()) < 0;
	if (argc < 9)
		return 2;
	options.format = (enum rs_message_format)one_of(argv[4], formats);
	options.dialect = (enum rs_message_dialect)one_of(argv[5], dialects);
	options.partitioning = (enum rs_message_partitioning)one_of(argv[6], partitionings);
	p.topic.partitions = (int32_t)strtol(argv[7], NULL, 10);
	rs_buf_init(&p.out, BUFFER);
	p.encoder = rs_message_encoder_new(&options);
	rs_my_library_init();
	open_source(&p, argv);
	if (argc == 9)
		copy(&p);
	else
		follow(&p, argv[8], strtoull(argv[9], NULL, 10));
	rs_message_table_free(p.binding);
	rs_table_unref(p.table);
	rs_message_encoder_free(p.encoder);
	rs_buf_release(&p.out);
	rs_catalog_release(&p.catalog);
	p.source->ops->close(p.source);
	free(p.gtid);
	return 0;
}
