/* Maps and rows, decoded as a source does it, and written as messages, of which JSON must be JSON. The input is a byte that chooses the flavour, then events: type, two bytes
 * of length, body. A map without metadata gets the schema that its types suggest. */
#include <jansson.h>
#include <string.h>

#include "codec/binlog_rows.h"
#include "codec/binlog_table.h"
#include "codec/message.h"
#include "fuzz.h"

#define PIECE 2000

static struct rs_collations collations;

static void add_collations(void)
{
	static const struct {
		uint32_t id;
		const char *charset;
	} known[] = {{8, "latin1"}, {28, "gbk"}, {33, "utf8mb3"}, {45, "utf8mb4"}, {63, "binary"}, {255, "utf8mb4"}};

	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		rs_collations_add(&collations, known[i].id, known[i].charset, known[i].charset);
}

/* The table again, with types that only a schema can tell. */
static struct rs_table *with_guesses(const struct rs_table *t, unsigned choice)
{
	struct rs_table *guess = rs_table_clone(t);

	for (size_t i = 0; i < guess->n_columns; i++) {
		struct rs_column *c = &guess->columns[i];

		if (c->type == RS_T_BINARY && c->length == 16)
			c->type = choice & 1 ? RS_T_UUID : RS_T_INET6;
		else if (c->type == RS_T_BINARY && c->length == 4)
			c->type = RS_T_INET4;
		else if (rs_type_is_temporal(c->type) && c->type != RS_T_DATE && c->fsp == 0)
			c->fsp = (uint8_t)(choice % 7);
	}
	return guess;
}

static struct rs_layout *make_layout(const struct rs_binlog_format *f, const struct rs_event *ev, unsigned choice)
{
	struct rs_arena arena;
	struct rs_table_map map;
	struct rs_layout *l = NULL, *better = NULL;
	struct rs_table *guess;
	char name[16];

	rs_arena_init(&arena, 0);
	if (rs_table_map_read(f, ev, &arena, &map, NULL) == RS_OK) {
		for (uint32_t i = 0; i < map.n_columns && !map.has_names; i++) {
			snprintf(name, sizeof name, "c%u", i);
			map.columns[i].name = (struct rs_slice){rs_arena_copy(&arena, name, strlen(name)), strlen(name)};
		}
		map.has_names = map.full = true;
		rs_layout_new(&l, &map, NULL, &collations, NULL);
	}
	if (l) {
		guess = with_guesses(l->table, choice);
		if (rs_layout_new(&better, &map, guess, &collations, NULL) == RS_OK) {
			rs_layout_free(l);
			l = better;
		}
		rs_table_unref(guess);
	}
	rs_arena_release(&arena);
	return l;
}

static void check_values(const struct rs_table *t, const struct rs_value *values)
{
	for (size_t i = 0; values && i < t->n_columns; i++) {
		MUST(values[i].presence <= RS_PRESENT);
		if (values[i].presence != RS_PRESENT)
			continue;
		touch_bytes(values[i].bytes, values[i].len);
		if (t->columns[i].type <= RS_T_BIGINT)
			MUST(values[i].len >= 1 && values[i].len <= 20);
	}
}

static void write_messages(struct rs_message_table *t, const struct rs_change *c, bool json)
{
	const struct rs_message_origin origin = {.id = 1};
	struct rs_message messages[RS_MESSAGES_MAX];
	struct rs_buf out;
	size_t n;

	rs_buf_init(&out, 16u << 20);
	for (size_t i = 0; i < c->n_rows; i++) {
		rs_buf_clear(&out);
		if (rs_message_row(t, &origin, c->op, c->rows[i].before, c->rows[i].after, &out, messages, &n, NULL) != RS_OK) {
			MUST(out.len == 0);
			continue;
		}
		MUST(n == 1 || (n == 2 && c->op == RS_OP_UPDATE));
		for (size_t m = 0; m < n; m++) {
			json_t *read;

			MUST(messages[m].value + messages[m].value_len <= out.len && messages[m].partition >= 0 && messages[m].partition < 3);
			if (!json)
				continue;
			read = json_loadb(out.data + messages[m].value, messages[m].value_len, JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL, NULL);
			MUST(json_is_object(read));
			json_decref(read);
		}
	}
	rs_buf_release(&out);
}

static void write_all_formats(const struct rs_change *c)
{
	static const struct rs_message_topic topic = {.partitions = 3};
	static const char *const keys[] = {"c0", "c1"};
	struct rs_message_names names = {.keys = keys, .n_keys = 2};

	for (unsigned i = 0; i < 6; i++) {
		struct rs_message_options options = {
			.format = (enum rs_message_format)(i / 2),
			.dialect = (enum rs_message_dialect)(i % 2),
			.partitioning = RS_PARTITION_KEY,
			.utc_offset = -3600,
		};
		struct rs_message_encoder *e = rs_message_encoder_new(&options);
		struct rs_message_table *t;

		if (rs_message_table_new(e, c->table, &names, &topic, &t, NULL) == RS_OK ||
		    rs_message_table_new(e, c->table, NULL, &topic, &t, NULL) == RS_OK) {
			write_messages(t, c, options.format != RS_MESSAGE_AVRO);
			rs_message_table_free(t);
		}
		rs_message_encoder_free(e);
	}
}

static void read_rows(struct rs_rows *rows, const struct rs_binlog_format *f, const struct rs_event *ev,
                      const struct rs_layout *l)
{
	enum rs_rc rc = RS_OK;

	if (rs_rows_open(rows, f, ev, NULL) != RS_OK || rs_rows_bind(rows, l, NULL) != RS_OK)
		return;
	while (rc == RS_OK) {
		struct rs_change *c = rs_change_new(RS_CHANGE_ROWS);

		rs_arena_release(&c->arena);
		rs_arena_init(&c->arena, 8u << 20);
		rc = rs_rows_next(rows, c, PIECE, NULL);
		MUST((rc == RS_OK) == (c->n_rows > 0));
		for (size_t i = 0; i < c->n_rows; i++) {
			MUST((c->rows[i].before != NULL) == (c->op != RS_OP_INSERT));
			MUST((c->rows[i].after != NULL) == (c->op != RS_OP_DELETE));
			check_values(c->table, c->rows[i].before);
			check_values(c->table, c->rows[i].after);
		}
		if (rc == RS_OK)
			write_all_formats(c);
		rs_change_free(c);
	}
}

static bool next_event(struct rs_reader *r, struct rs_event *ev)
{
	uint8_t type = rs_reader_u8(r);
	struct rs_slice body = rs_reader_slice(r, rs_reader_u16(r));

	memset(ev, 0, sizeof *ev);
	ev->type = type;
	ev->body = (const uint8_t *)body.bytes;
	ev->body_len = body.len;
	ev->length = (uint32_t)body.len + RS_EVENT_HEADER;
	return !r->bad;
}

static bool is_rows(uint8_t type)
{
	return (type >= RS_EV_WRITE_ROWS_V1 && type <= RS_EV_DELETE_ROWS_V1) ||
	       (type >= RS_EV_WRITE_ROWS && type <= RS_EV_DELETE_ROWS) || type == RS_EV_PARTIAL_UPDATE_ROWS ||
	       (type >= RS_EV_WRITE_ROWS_COMPRESSED_V1 && type <= RS_EV_DELETE_ROWS_COMPRESSED);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rs_reader r = rs_reader_of(data, size);
	uint8_t choice = rs_reader_u8(&r);
	struct rs_binlog_format f;
	struct rs_layout *l = NULL;
	struct rs_rows rows;
	struct rs_event ev;

	if (!collations.count)
		add_collations();
	rs_binlog_format_init(&f);
	f.mariadb = choice & 1;
	memset(f.post_header, 8, sizeof f.post_header);
	rs_rows_init(&rows, 1u << 20);
	while (rs_reader_left(&r) && next_event(&r, &ev)) {
		if (ev.type == RS_EV_TABLE_MAP) {
			rs_layout_free(l);
			l = make_layout(&f, &ev, choice >> 1);
		} else if (l && is_rows(ev.type)) {
			read_rows(&rows, &f, &ev, l);
		}
	}
	rs_layout_free(l);
	rs_rows_release(&rows);
	return 0;
}
