/* Decodes binary logs as the source does, event to rows, and lets go of what comes out: the speed of decoding alone. The
 * logs must describe their tables (binlog_row_metadata = FULL), since there is no schema here.
 *
 *	decode_bench [-m FORMAT] FILE...
 *
 * With -m (avro, canal-json, shareplex-json) each row is also written as a message, which is dropped. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "codec/binlog_event.h"
#include "codec/binlog_rows.h"
#include "codec/binlog_table.h"
#include "codec/message.h"

#define MAX_EVENT ((size_t)1 << 30)
#define ITEM_BYTES ((size_t)1 << 20)
#define BUFFER ((size_t)1 << 18) /* stays in the processor's cache, as a packet does */
#define MAGIC 4

struct bench {
	struct rs_binlog_format format;
	uint64_t offset;
	struct rs_arena scratch;
	struct rs_rows rows;
	struct rs_layout **layouts;
	size_t n_layouts, cap_layouts;
	struct rs_domain_set domains;
	struct rs_domain_gtid gtid;
	unsigned long long n_events, n_transactions, n_rows, n_values;
	struct rs_message_encoder *encoder; /* NULL: rows are dropped as they are */
	const struct rs_table *table;       /* that messages is made for; a reference to the log's own */
	struct rs_message_table *messages;
	struct rs_buf out;
	unsigned long long n_messages, n_bytes;
};

static struct rs_layout **find_layout(struct bench *b, uint64_t table_id)
{
	for (size_t i = 0; i < b->n_layouts; i++)
		if (b->layouts[i]->table_id == table_id)
			return &b->layouts[i];
	return NULL;
}

static enum rs_rc on_table_map(struct bench *b, const struct rs_event *ev, struct rs_err *err)
{
	struct rs_layout **known, *made;
	struct rs_table_map_id id;
	struct rs_table_map map;

	if (rs_table_map_peek(&b->format, ev, &id, err) != RS_OK)
		return RS_FAIL;
	known = find_layout(b, id.table_id);
	if (known && (*known)->digest == id.digest)
		return RS_OK;
	rs_arena_clear(&b->scratch);
	if (rs_table_map_read(&b->format, ev, &b->scratch, &map, err) != RS_OK ||
	    rs_layout_new(&made, &map, NULL, NULL, err) != RS_OK)
		return RS_FAIL;
	if (!known) {
		RS_GROW(b->layouts, b->n_layouts, b->cap_layouts);
		known = &b->layouts[b->n_layouts++];
	} else {
		rs_layout_free(*known);
	}
	*known = made;
	return RS_OK;
}

/* The log alone does not say what character set a number stands for: UTF-8 here. */
static enum rs_rc prepare_messages(struct bench *b, const struct rs_table *table, struct rs_err *err)
{
	struct rs_table *t;
	enum rs_rc rc;

	if (b->table == table)
		return RS_OK;
	rs_message_table_free(b->messages);
	b->messages = NULL;
	rs_table_unref(b->table);
	b->table = rs_table_ref(table);
	t = rs_table_clone(table);
	for (size_t i = 0; i < t->n_columns; i++)
		if (rs_type_is_text(t->columns[i].type) && !t->columns[i].charset)
			t->columns[i].charset = rs_xstrdup("utf8mb4");
	rc = rs_message_table_new(b->encoder, t, NULL, &(struct rs_message_topic){.partitions = 12}, &b->messages, err);
	rs_table_unref(t);
	return rc;
}

static enum rs_rc write_messages(struct bench *b, const struct rs_change *c, struct rs_err *err)
{
	struct rs_message_origin origin = {.id = b->n_messages, .seconds = c->timestamp, .now = c->timestamp * 1000,
	                                   .file = "binlog.000001", .offset = b->offset, .ordinal = 1};
	enum rs_rc rc = prepare_messages(b, c->table, err);

	for (size_t i = 0; rc == RS_OK && i < c->n_rows; i++) {
		struct rs_message messages[RS_MESSAGES_MAX];
		size_t n = 0;

		rs_buf_clear(&b->out);
		rc = rs_message_row(b->messages, &origin, c->op, c->rows[i].before, c->rows[i].after, &b->out, messages, &n, err);
		b->n_messages += n;
		b->n_bytes += b->out.len;
	}
	return rc;
}

static enum rs_rc take(struct bench *b, const struct rs_change *c, struct rs_err *err)
{
	b->n_rows += c->n_rows;
	b->n_values += c->n_rows * c->table->n_columns * (c->op == RS_OP_UPDATE ? 2 : 1);
	return b->encoder ? write_messages(b, c, err) : RS_OK;
}

static enum rs_rc on_rows(struct bench *b, const struct rs_event *ev, struct rs_err *err)
{
	enum rs_rc rc = rs_rows_open(&b->rows, &b->format, ev, err);
	struct rs_layout **layout = find_layout(b, b->rows.table_id);

	if (rc != RS_OK || b->rows.dummy)
		return rc;
	if (!layout)
		return rs_err_set(err, RS_E_EVENT_MALFORMED, "rows of an unknown table");
	rc = rs_rows_bind(&b->rows, *layout, err);
	while (rc == RS_OK) {
		struct rs_change *c = rs_change_new(RS_CHANGE_ROWS);

		rc = rs_rows_next(&b->rows, c, ITEM_BYTES, err);
		if (rc == RS_OK)
			rc = take(b, c, err);
		rs_change_free(c);
	}
	return rc == RS_EOF ? RS_OK : rc;
}

static void begin(struct bench *b)
{
	struct rs_change *c = rs_change_new(RS_CHANGE_BEGIN);

	rs_position_set_file(&c->position, "binlog.000001", b->offset);
	rs_change_free(c);
}

static void commit(struct bench *b)
{
	struct rs_change *c = rs_change_new(RS_CHANGE_COMMIT);
	struct rs_buf text = RS_BUF_INIT;

	rs_domain_set_update(&b->domains, &b->gtid);
	rs_domain_set_print(&b->domains, &text);
	rs_position_set_file(&c->position, "binlog.000001", b->offset);
	rs_position_set_gtid(&c->position, rs_buf_str(&text));
	rs_buf_release(&text);
	rs_change_free(c);
	b->n_transactions++;
}

static enum rs_rc on_gtid(struct bench *b, const struct rs_event *ev, struct rs_err *err)
{
	struct rs_event_domain_gtid g;

	if (rs_event_read_domain_gtid(ev, &g, err) != RS_OK)
		return RS_FAIL;
	b->gtid = g.gtid;
	begin(b);
	return RS_OK;
}

static enum rs_rc on_query(struct bench *b, const struct rs_event *ev, struct rs_err *err)
{
	struct rs_event_query q;

	rs_arena_clear(&b->scratch);
	return rs_event_read_query(&b->format, ev, &b->scratch, &q, err);
}

static enum rs_rc on_event(struct bench *b, const struct rs_event *ev, struct rs_err *err)
{
	switch (ev->kind) {
	case RS_EVK_TABLE_MAP: return on_table_map(b, ev, err);
	case RS_EVK_ROWS: return on_rows(b, ev, err);
	case RS_EVK_DOMAIN_GTID: return on_gtid(b, ev, err);
	case RS_EVK_QUERY: return on_query(b, ev, err);
	case RS_EVK_XID: commit(b); return RS_OK;
	default: return RS_OK;
	}
}

/* Every whole event at the beginning of the bytes; *used says how many bytes they have. */
static enum rs_rc decode(struct bench *b, const uint8_t *bytes, size_t len, size_t *used, struct rs_err *err)
{
	enum rs_rc rc = RS_OK;
	struct rs_event ev;
	size_t size;

	for (*used = 0; rc == RS_OK && len - *used >= RS_EVENT_HEADER; *used += size, b->offset += size) {
		size = rs_le4(bytes + *used + 9);
		if (len - *used < size)
			break;
		rc = rs_event_parse(&b->format, bytes + *used, size, &ev, err);
		b->n_events++;
		if (rc == RS_OK)
			rc = on_event(b, &ev, err);
	}
	return rc;
}

/* Reads on behind what is left of the bytes before; 0 at the end. */
static size_t read_more(int fd, struct rs_buf *in, size_t *used)
{
	ssize_t n;

	memmove(in->data, in->data + *used, in->len - *used);
	in->len -= *used;
	*used = 0;
	if (in->cap - in->len < 2 && rs_buf_reserve(in, in->len) != RS_OK)
		return 0;
	n = read(fd, in->data + in->len, in->cap - in->len - 1);
	in->len += n > 0 ? (size_t)n : 0;
	return n > 0 ? (size_t)n : 0;
}

static enum rs_rc decode_file(struct bench *b, int fd, struct rs_err *err)
{
	struct rs_buf in;
	size_t used = MAGIC;
	enum rs_rc rc = RS_OK;

	rs_buf_init(&in, MAX_EVENT);
	rs_buf_reserve(&in, BUFFER);
	in.len = MAGIC;
	if (read(fd, in.data, MAGIC) != MAGIC || memcmp(in.data, "\xfe" "bin", MAGIC) != 0)
		rc = rs_err_set(err, RS_E_EVENT_MALFORMED, "not a binary log");
	rs_binlog_format_init(&b->format);
	b->offset = MAGIC;
	while (rc == RS_OK && read_more(fd, &in, &used) > 0)
		rc = decode(b, (const uint8_t *)in.data, in.len, &used, err);
	if (rc == RS_OK && used < in.len)
		rc = rs_err_set(err, RS_E_EVENT_MALFORMED, "the log is cut off");
	rs_buf_release(&in);
	return rc;
}

static bool decode_path(struct bench *b, const char *path)
{
	struct rs_err err = RS_ERR_INIT;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool good;

	if (fd < 0) {
		perror(path);
		return false;
	}
	good = decode_file(b, fd, &err) == RS_OK;
	if (!good)
		fprintf(stderr, "%s: %s\n%s\n", path, err.primary ? err.primary : "", err.detail ? err.detail : "");
	rs_err_clear(&err);
	close(fd);
	return good;
}

static struct rs_message_encoder *make_encoder(const char *format)
{
	static const char *const formats[] = {
		[RS_MESSAGE_AVRO] = "avro", [RS_MESSAGE_CANAL_JSON] = "canal-json", [RS_MESSAGE_SHAREPLEX_JSON] = "shareplex-json",
	};
	struct rs_message_options options = {.partitioning = RS_PARTITION_KEY};

	for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
		if (strcmp(format, formats[i]) == 0) {
			options.format = (enum rs_message_format)i;
			return rs_message_encoder_new(&options);
		}
	fprintf(stderr, "%s is no format\n", format);
	exit(2);
}

int main(int argc, char **argv)
{
	struct bench b = {.n_events = 0};
	bool good = true;
	int first = 1;

	if (argc > 2 && strcmp(argv[1], "-m") == 0) {
		b.encoder = make_encoder(argv[2]);
		first = 3;
	}
	rs_buf_init(&b.out, MAX_EVENT);
	rs_arena_init(&b.scratch, 0);
	rs_rows_init(&b.rows, MAX_EVENT);
	for (int i = first; i < argc && good; i++)
		good = decode_path(&b, argv[i]);
	printf("%llu events, %llu transactions, %llu rows, %llu values\n", b.n_events, b.n_transactions, b.n_rows, b.n_values);
	if (b.encoder)
		printf("%llu messages of %llu bytes\n", b.n_messages, b.n_bytes);
	rs_message_table_free(b.messages);
	rs_table_unref(b.table);
	rs_message_encoder_free(b.encoder);
	rs_buf_release(&b.out);
	for (size_t i = 0; i < b.n_layouts; i++)
		rs_layout_free(b.layouts[i]);
	free(b.layouts);
	rs_domain_set_clear(&b.domains);
	rs_rows_release(&b.rows);
	rs_arena_release(&b.scratch);
	return good ? 0 : 1;
}
