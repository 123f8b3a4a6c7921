/* Logs recorded from real servers, decoded and replayed into tables in memory, against what the server itself SELECTed.
 * data/record.py makes the recordings and describes their form; RS_RECORDED names another directory that holds some. */
#include <fcntl.h>
#include <zlib.h>

#include "base/mem.h"
#include "binlog_file.h"
#include "codec/binlog_payload.h"
#include "codec/binlog_rows.h"
#include "codec/binlog_table.h"

#include "unit.h"

#define MAX_TABLES 40
#define PIECE 4000 /* bytes of a change: small, so that events are cut */

struct row {
	struct rs_value *values; /* bytes owned */
	bool seen;
};

struct table {
	struct rs_table *schema;
	struct rs_layout *layout;
	struct row *rows;
	size_t n_rows, cap_rows;
	char **expected; /* lines after "row " */
	size_t n_expected, cap_expected;
};

struct recording {
	char *text;
	struct table tables[MAX_TABLES];
	size_t n_tables;
	struct rs_collations collations;
	bool blind;      /* decode with what the log says alone */
	size_t n_kinds[RS_EVK_SKIP + 1];
	size_t n_type[256];
	struct rs_gtid_set gtids;
	struct rs_domain_set domains;
	size_t n_changes, n_amended;
	size_t n_absent; /* values not known in the end */
	const char *name;
};

/* --- reading the recording -------------------------------------------------------------------------------------- */

static char *read_file(const char *name, const char *suffix, size_t *len)
{
	char path[512];
	struct rs_buf b = RS_BUF_INIT;
	gzFile file;
	char piece[65536];
	int n;

	if (getenv("RS_RECORDED"))
		snprintf(path, sizeof path, "%s/%s%s", getenv("RS_RECORDED"), name, suffix);
	else
		snprintf(path, sizeof path, "%s/tests/unit/data/%s%s", getenv("RS_SRCDIR") ? getenv("RS_SRCDIR") : ".", name,
		         suffix);
	file = gzopen(path, "rb");
	CU_ASSERT_PTR_NOT_NULL_FATAL(file);
	while ((n = gzread(file, piece, sizeof piece)) > 0)
		rs_buf_add(&b, piece, (size_t)n);
	gzclose(file);
	*len = b.len;
	return rs_buf_take(&b);
}

static void read_column(struct rs_table *t, char *line)
{
	char *name = strsep(&line, " "), *charset = strsep(&line, " "), *collation = strsep(&line, " "),
	     *flags = strsep(&line, " ");
	struct rs_column *c = rs_table_add_column(t, name, RS_T_UNKNOWN);
	struct rs_err err = RS_ERR_INIT;

	CU_ASSERT_EQUAL(rs_column_parse_type(c, line, &err), RS_OK);
	rs_err_clear(&err);
	c->nullable = strchr(flags, 'n');
	c->generated = strchr(flags, 'g');
	c->invisible = strchr(flags, 'i');
	if (*charset != '-') {
		c->charset = rs_xstrdup(charset);
		c->collation = rs_xstrdup(collation);
	}
}

static void read_primary(struct rs_table *t, char *line)
{
	struct rs_key *k;

	if (!line)
		return;
	k = rs_table_add_key(t, "PRIMARY");
	k->primary = k->unique = k->not_null = true;
	for (char *column; (column = strsep(&line, " "));)
		rs_key_add_part(k, (uint32_t)strtoul(column, NULL, 10));
}

static void read_line(struct recording *rec, char *line)
{
	char *word = strsep(&line, " "), *first;
	struct table *t = rec->n_tables ? &rec->tables[rec->n_tables - 1] : NULL;

	if (strcmp(word, "collation") == 0) {
		uint32_t id = (uint32_t)strtoul(strsep(&line, " "), NULL, 10);

		first = strsep(&line, " ");
		rs_collations_add(&rec->collations, id, first, line);
	} else if (strcmp(word, "table") == 0) {
		first = strsep(&line, " ");
		rec->tables[rec->n_tables++].schema = rs_table_new(first, line);
	} else if (strcmp(word, "column") == 0) {
		read_column(t->schema, line);
	} else if (strcmp(word, "primary") == 0) {
		read_primary(t->schema, line);
	} else if (strcmp(word, "row") == 0) {
		RS_GROW(t->expected, t->n_expected, t->cap_expected);
		t->expected[t->n_expected++] = line;
	}
}

static void open_recording(struct recording *rec, const char *name)
{
	size_t len;
	char *rest;

	memset(rec, 0, sizeof *rec);
	rec->name = name;
	rest = rec->text = read_file(name, ".rows", &len);
	for (char *line; (line = strsep(&rest, "\n"));)
		if (*line)
			read_line(rec, line);
	rs_collations_sort(&rec->collations);
}

static void free_row(struct table *t, struct row *row)
{
	for (size_t i = 0; i < t->schema->n_columns; i++)
		free((char *)(uintptr_t)row->values[i].bytes);
	free(row->values);
}

static void close_recording(struct recording *rec)
{
	for (size_t i = 0; i < rec->n_tables; i++) {
		struct table *t = &rec->tables[i];

		for (size_t j = 0; j < t->n_rows; j++)
			free_row(t, &t->rows[j]);
		free(t->rows);
		free(t->expected);
		rs_layout_free(t->layout);
		rs_table_unref(t->schema);
	}
	rs_collations_release(&rec->collations);
	rs_gtid_set_clear(&rec->gtids);
	rs_domain_set_clear(&rec->domains);
	free(rec->text);
}

static struct table *find_table(struct recording *rec, struct rs_slice db, struct rs_slice name)
{
	for (size_t i = 0; i < rec->n_tables; i++)
		if (rs_slice_is(db, rec->tables[i].schema->db) && rs_slice_is(name, rec->tables[i].schema->name))
			return &rec->tables[i];
	return NULL;
}

/* --- replaying -------------------------------------------------------------------------------------------------- */

static void set_value(struct rs_value *to, const struct rs_value *from)
{
	char *copy = from->presence == RS_PRESENT ? rs_xmalloc(from->len + 1u) : NULL;

	if (copy && from->len)
		memcpy(copy, from->bytes, from->len);
	free((char *)(uintptr_t)to->bytes);
	*to = *from;
	to->bytes = copy;
}

/* The row that a before image is of: all columns that it has are the same. */
static struct row *find_row(struct table *t, const struct rs_value *before)
{
	for (size_t i = 0; i < t->n_rows; i++) {
		bool same = true;

		for (size_t c = 0; c < t->schema->n_columns && same; c++)
			same = before[c].presence == RS_ABSENT || t->rows[i].values[c].presence == RS_ABSENT ||
			       rs_value_identical(&t->rows[i].values[c], &before[c]);
		if (same)
			return &t->rows[i];
	}
	return NULL;
}

static void replay_row(struct table *t, const struct rs_row_change *change)
{
	struct row *row;

	if (change->before) {
		row = find_row(t, change->before);
		if (!row) {
			UNIT_STR("a row was not found", t->schema->name);
			return;
		}
	} else {
		RS_GROW(t->rows, t->n_rows, t->cap_rows);
		row = &t->rows[t->n_rows++];
		row->values = rs_xcalloc(t->schema->n_columns, sizeof *row->values);
		row->seen = false;
	}
	if (change->after) {
		for (size_t c = 0; c < t->schema->n_columns; c++)
			if (change->after[c].presence != RS_ABSENT || t->schema->columns[c].generated)
				set_value(&row->values[c], &change->after[c]);
		return;
	}
	free_row(t, row);
	t->n_rows--;
	memmove(row, row + 1, (size_t)(t->rows + t->n_rows - row) * sizeof *row);
}

static void fail(const struct recording *rec, struct rs_err *err)
{
	printf("# %s: %s (%s)\n", rec->name, err->primary, err->detail ? err->detail : "");
	CU_FAIL("an error");
	rs_err_clear(err);
}

static void take_map(struct recording *rec, const struct rs_binlog_format *f, const struct rs_event *ev)
{
	struct rs_table_map_id id;
	struct rs_table_map map;
	struct rs_arena arena;
	struct rs_err err = RS_ERR_INIT;
	struct table *t;

	if (rs_table_map_peek(f, ev, &id, &err) != RS_OK) {
		fail(rec, &err);
		return;
	}
	t = find_table(rec, id.db, id.name);
	if (!t || (t->layout && t->layout->table_id == id.table_id && t->layout->digest == id.digest))
		return;
	rs_layout_free(t->layout);
	t->layout = NULL;
	rs_arena_init(&arena, 0);
	if (rs_table_map_read(f, ev, &arena, &map, &err) != RS_OK)
		fail(rec, &err);
	else if ((!rec->blind || map.full) && rs_layout_new(&t->layout, &map, rec->blind ? NULL : t->schema, &rec->collations,
	                                                    &err) != RS_OK)
		fail(rec, &err);
	if (t->layout) {
		CU_ASSERT_EQUAL(t->layout->digest, id.digest);
		rec->n_amended += t->layout->amended;
	}
	rs_arena_release(&arena);
}

static struct table *table_by_id(struct recording *rec, uint64_t id)
{
	for (size_t i = 0; i < rec->n_tables; i++)
		if (rec->tables[i].layout && rec->tables[i].layout->table_id == id)
			return &rec->tables[i];
	return NULL;
}

static void take_rows(struct recording *rec, struct rs_rows *rows, const struct rs_binlog_format *f,
                      const struct rs_event *ev)
{
	struct rs_err err = RS_ERR_INIT;
	struct table *t;
	enum rs_rc rc = RS_OK;
	bool ended = false;

	if (rs_rows_open(rows, f, ev, &err) != RS_OK) {
		fail(rec, &err);
		return;
	}
	t = table_by_id(rec, rows->table_id);
	if (!t)
		return;
	if (rs_rows_bind(rows, t->layout, &err) != RS_OK)
		fail(rec, &err);
	while (rc == RS_OK) {
		struct rs_change *c = rs_change_new(RS_CHANGE_ROWS);

		rc = rs_rows_next(rows, c, PIECE, &err);
		if (rc == RS_OK) {
			CU_ASSERT_FALSE(ended);
			ended = c->statement_end;
			rec->n_changes++;
		}
		for (size_t i = 0; rc == RS_OK && i < c->n_rows; i++)
			replay_row(t, &c->rows[i]);
		rs_change_free(c);
	}
	CU_ASSERT_EQUAL(ended, rows->statement_end);
	if (rc != RS_EOF)
		fail(rec, &err);
}

static void take_gtid(struct recording *rec, const struct rs_event *ev)
{
	struct rs_event_gtid g;
	struct rs_event_domain_gtid d;
	struct rs_err err = RS_ERR_INIT;

	if (ev->kind == RS_EVK_GTID && rs_event_read_gtid(ev, &g, &err) == RS_OK) {
		if (g.gtid.gno)
			rs_gtid_set_add(&rec->gtids, &g.gtid);
		CU_ASSERT_TRUE(g.sequence_number == -1 || g.sequence_number > g.last_committed);
	} else if (ev->kind == RS_EVK_DOMAIN_GTID && rs_event_read_domain_gtid(ev, &d, &err) == RS_OK) {
		rs_domain_set_update(&rec->domains, &d.gtid);
	} else {
		fail(rec, &err);
	}
}

static void take_other(struct recording *rec, const struct rs_binlog_format *f, const struct rs_event *ev)
{
	struct rs_err err = RS_ERR_INIT;
	struct rs_arena arena;
	struct rs_event_query q;
	struct rs_event_rotate rotate;
	struct rs_event_xa_prepare xa;
	uint64_t xid;
	enum rs_rc rc = RS_OK;

	rs_arena_init(&arena, 0);
	switch (ev->kind) {
	case RS_EVK_QUERY:
		rc = rs_event_read_query(f, ev, &arena, &q, &err);
		if (rc == RS_OK && !rs_slice_is(q.sql, "BEGIN") && !rs_slice_is(q.sql, "COMMIT"))
			CU_ASSERT_TRUE(q.charset_client != 0 && q.has_flags2);
		break;
	case RS_EVK_XID: rc = rs_event_read_xid(ev, &xid, &err); break;
	case RS_EVK_ROTATE: rc = rs_event_read_rotate(ev, &rotate, &err); break;
	case RS_EVK_XA_PREPARE: rc = rs_event_read_xa_prepare(ev, &xa, &err); break;
	case RS_EVK_PREVIOUS_GTIDS: rc = rs_event_read_previous_gtids(ev, &rec->gtids, &err); break;
	case RS_EVK_GTID_LIST: rc = rs_event_read_gtid_list(ev, &rec->domains, &err); break;
	default: break;
	}
	if (rc != RS_OK)
		fail(rec, &err);
	rs_arena_release(&arena);
}

static void take_event(struct recording *rec, struct rs_rows *rows, rs_payload *payload,
                       const struct rs_binlog_format *f, const struct rs_event *ev)
{
	struct rs_err err = RS_ERR_INIT;
	struct rs_event inner;
	enum rs_rc rc;

	rec->n_kinds[ev->kind]++;
	rec->n_type[ev->type]++;
	if (ev->kind == RS_EVK_TABLE_MAP)
		take_map(rec, f, ev);
	else if (ev->kind == RS_EVK_ROWS)
		take_rows(rec, rows, f, ev);
	else if (ev->kind == RS_EVK_GTID || ev->kind == RS_EVK_DOMAIN_GTID)
		take_gtid(rec, ev);
	else if (ev->kind != RS_EVK_PAYLOAD)
		take_other(rec, f, ev);
	else if (rs_payload_open(payload, ev, &err) != RS_OK)
		fail(rec, &err);
	else {
		while ((rc = rs_payload_next(payload, f, &inner, &err)) == RS_OK)
			take_event(rec, rows, NULL, f, &inner);
		if (rc != RS_EOF)
			fail(rec, &err);
	}
}

static void replay(struct recording *rec)
{
	size_t len;
	char *bytes = read_file(rec->name, ".binlog.gz", &len);
	rs_payload *payload = rs_payload_new(1u << 30);
	struct rs_binlog_file file;
	struct rs_event ev;
	struct rs_rows rows;
	struct rs_err err = RS_ERR_INIT;
	enum rs_rc rc;

	rs_rows_init(&rows, 1u << 30);
	CU_ASSERT_EQUAL(rs_binlog_file_open(&file, bytes, len, &err), RS_OK);
	while ((rc = rs_binlog_file_next(&file, &ev, &err)) == RS_OK)
		take_event(rec, &rows, payload, &file.format, &ev);
	if (rc != RS_EOF)
		fail(rec, &err);
	rs_rows_release(&rows);
	rs_payload_free(payload);
	free(bytes);
}

/* --- comparing -------------------------------------------------------------------------------------------------- */

static char *unhex(const char *hex, size_t *len)
{
	char *out = rs_xmalloc(strlen(hex) / 2 + 1);

	*len = strlen(hex) / 2;
	for (size_t i = 0; i < *len; i++)
		out[i] = (char)strtoul((char[]){hex[2 * i], hex[2 * i + 1], 0}, NULL, 16);
	out[*len] = 0;
	return out;
}

static bool same_number(const struct rs_value *v, const char *text)
{
	char *copy = rs_xstrndup(v->bytes, v->len), *end;
	bool same = strtod(copy, &end) == strtod(text, NULL) && *end == 0;

	free(copy);
	return same;
}

static bool value_is(const struct rs_value *v, enum rs_type type, const char *expected)
{
	size_t len;
	char *bytes;
	bool same;

	if (v->presence == RS_ABSENT)
		return true; /* a default, or computed: not in a minimal image */
	if (v->presence != RS_PRESENT || *expected == '-')
		return v->presence == RS_NULL && *expected == '-';
	if (*expected == '=')
		return v->len == 0;
	if (*expected == '#') {
		uLong crc = crc32_z(0, (const Bytef *)v->bytes, v->len);

		return strtoul(expected + 1, &bytes, 10) == v->len && strtoul(bytes + 1, NULL, 16) == crc;
	}
	bytes = unhex(expected, &len);
	same = v->len == len && memcmp(v->bytes, bytes, len) == 0;
	if (type == RS_T_FLOAT || type == RS_T_DOUBLE)
		same = same_number(v, bytes);
	free(bytes);
	return same;
}

static bool row_is(const struct table *t, const struct row *row, const char *line, bool show)
{
	char *copy = rs_xstrdup(line), *rest = copy;
	bool same = true;

	for (size_t c = 0; c < t->schema->n_columns && same; c++) {
		const char *expected = strsep(&rest, " ");
		const struct rs_value *v = &row->values[c];

		same = value_is(v, t->schema->columns[c].type, expected);
		if (!same && show)
			printf("# %s.%s (%s) row %zu: decoded \"%.*s\" (%u bytes, presence %u), not %.200s\n", t->schema->name,
			       t->schema->columns[c].name, t->schema->columns[c].native, (size_t)(row - t->rows),
			       (int)(v->len < 200 ? v->len : 200), v->bytes ? v->bytes : "", v->len, v->presence, expected);
	}
	free(copy);
	return same;
}

/* A row of the same key, to show what is different. */
static void show_difference(const struct table *t, const char *line)
{
	for (size_t i = 0; i < t->n_rows; i++) {
		char *copy = rs_xstrdup(line), *rest = copy;
		bool same = value_is(&t->rows[i].values[0], t->schema->columns[0].type, strsep(&rest, " "));

		free(copy);
		if (same) {
			row_is(t, &t->rows[i], line, true);
			return;
		}
	}
	printf("# %s: no row %.60s\n", t->schema->name, line);
}

static void compare_table(struct recording *rec, const struct table *t)
{
	for (size_t i = 0; i < t->n_rows; i++)
		for (size_t c = 0; c < t->schema->n_columns; c++)
			rec->n_absent += t->rows[i].values[c].presence == RS_ABSENT;
	UNIT_INT(t->n_rows, t->n_expected);
	for (size_t i = 0; i < t->n_expected; i++) {
		bool found = false;

		for (size_t j = 0; j < t->n_rows && !found; j++)
			if (!t->rows[j].seen && row_is(t, &t->rows[j], t->expected[i], false))
				found = t->rows[j].seen = true;
		if (!found) {
			show_difference(t, t->expected[i]);
			CU_FAIL("a row is different");
		}
	}
}

static bool has_address(const struct rs_table *t)
{
	for (size_t i = 0; i < t->n_columns; i++)
		if (t->columns[i].type >= RS_T_UUID)
			return true;
	return false;
}

static void run(struct recording *rec, const char *name, bool blind)
{
	open_recording(rec, name);
	rec->blind = blind;
	replay(rec);
	for (size_t i = 0; i < rec->n_tables; i++)
		if (!blind || (rec->tables[i].layout && !has_address(rec->tables[i].schema)))
			compare_table(rec, &rec->tables[i]);
	UNIT_INT(rec->n_amended, 0);
	if (!strstr(name, "minimal"))
		UNIT_INT(rec->n_absent, 0);
	CU_ASSERT_TRUE(rec->n_changes > 5);
}

/* --- tests ------------------------------------------------------------------------------------------------------ */

static void mariadb_with_every_type(void)
{
	struct recording rec;

	run(&rec, "mariadb", false);
	CU_ASSERT_TRUE(rec.n_kinds[RS_EVK_XA_PREPARE] == 1 && rec.n_type[RS_EV_ANNOTATE_ROWS] > 0);
	UNIT_INT(rec.domains.count, 1);
	close_recording(&rec);
}

static void mariadb_with_full_metadata(void)
{
	struct recording rec;

	run(&rec, "mariadb-full", false);
	close_recording(&rec);
	run(&rec, "mariadb-full", true);
	close_recording(&rec);
}

static void mariadb_with_compressed_events(void)
{
	struct recording rec;

	run(&rec, "mariadb-compressed", false);
	CU_ASSERT_TRUE(rec.n_type[RS_EV_QUERY_COMPRESSED] > 0);
	CU_ASSERT_TRUE(rec.n_type[RS_EV_WRITE_ROWS_COMPRESSED_V1] > 0);
	CU_ASSERT_TRUE(rec.n_type[RS_EV_UPDATE_ROWS_COMPRESSED_V1] > 0);
	close_recording(&rec);
}

static void mariadb_with_partial_images(void)
{
	struct recording rec;

	run(&rec, "mariadb-minimal", false);
	close_recording(&rec);
	run(&rec, "mariadb-noblob", false);
	close_recording(&rec);
}

static void mysql9_with_every_type(void)
{
	struct recording rec;

	run(&rec, "mysql9", false);
	UNIT_INT(rec.n_type[RS_EV_GTID_TAGGED], 1);
	UNIT_STR(rec.gtids.sources[1].tag, "tag_one");
	close_recording(&rec);
}

static void mysql9_with_full_metadata(void)
{
	struct recording rec;

	run(&rec, "mysql9-full", false);
	close_recording(&rec);
	run(&rec, "mysql9-full", true);
	close_recording(&rec);
}

static void mysql9_with_compressed_transactions(void)
{
	struct recording rec;

	run(&rec, "mysql9-payload", false);
	CU_ASSERT_TRUE(rec.n_kinds[RS_EVK_PAYLOAD] > 0);
	close_recording(&rec);
}

static void mysql9_with_partial_json(void)
{
	struct recording rec;

	run(&rec, "mysql9-partial", false);
	CU_ASSERT_TRUE(rec.n_type[RS_EV_PARTIAL_UPDATE_ROWS] > 5);
	close_recording(&rec);
}

static void mysql9_with_minimal_images(void)
{
	struct recording rec;

	run(&rec, "mysql9-minimal", false);
	close_recording(&rec);
}

static void mysql56_with_every_type(void)
{
	struct recording rec;

	run(&rec, "mysql56", false);
	close_recording(&rec);
}

static void mysql56_with_old_events(void)
{
	struct recording rec;

	run(&rec, "mysql56-v1", false);
	CU_ASSERT_TRUE(rec.n_type[RS_EV_WRITE_ROWS_V1] > 0);
	close_recording(&rec);
}

static void run_random(const char *name)
{
	struct recording rec;

	run(&rec, name, false);
	UNIT_INT(rec.tables[0].n_rows, 60);
	close_recording(&rec);
}

static void mariadb_with_random_values(void) { run_random("mariadb-random"); }
static void mysql9_with_random_values(void) { run_random("mysql9-random"); }
static void mysql56_with_random_values(void) { run_random("mysql56-random"); }

UNIT_MAIN(UNIT_TEST(mariadb_with_random_values), UNIT_TEST(mysql9_with_random_values),
          UNIT_TEST(mysql56_with_random_values), UNIT_TEST(mariadb_with_every_type),
          UNIT_TEST(mariadb_with_full_metadata),
          UNIT_TEST(mariadb_with_compressed_events), UNIT_TEST(mariadb_with_partial_images),
          UNIT_TEST(mysql9_with_every_type), UNIT_TEST(mysql9_with_full_metadata),
          UNIT_TEST(mysql9_with_compressed_transactions), UNIT_TEST(mysql9_with_partial_json),
          UNIT_TEST(mysql9_with_minimal_images), UNIT_TEST(mysql56_with_every_type),
          UNIT_TEST(mysql56_with_old_events))
