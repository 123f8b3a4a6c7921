/* What real PostgreSQL servers sent of their logs, decoded and replayed into tables in memory, against the rows that they have
 * themselves; data/record_pg.py makes the recordings. And what is no message. */
#include <zlib.h>

#include "base/buf.h"
#include "base/mem.h"
#include "codec/pgoutput.h"

#include "unit.h"

#define MAX_COLUMNS 40
#define MAX_TABLES 20
#define MAX_PARTS 8

struct row {
	char *values[MAX_COLUMNS]; /* as COPY writes them; NULL: NULL */
	struct row *next;
};

struct table {
	uint32_t oid;
	char *name;
	size_t n;
	char *columns[MAX_COLUMNS];
	bool identity[MAX_COLUMNS];
	struct row *rows;
};

/* A transaction that has not ended: its messages as they came. */
struct part {
	uint32_t xid;
	char *gid;
	struct {
		struct rs_buf bytes;
		uint32_t xid;
		bool streamed;
	} *messages;
	size_t n, cap;
};

struct replay {
	struct rs_pgoutput d;
	struct table tables[MAX_TABLES];
	size_t n_tables;
	struct part parts[MAX_PARTS];
	size_t n_parts;
	struct part *open;       /* what comes belongs to it; NULL: to nothing that may come to nothing */
	size_t n_kinds[RS_PG_STREAM_PREPARE + 1];
	size_t n_binary, n_unchanged;
	uint64_t end;            /* of what was committed last */
	char *origin, *content;
};

/* --- rows ---------------------------------------------------------------------------------------- */

static void row_free(struct row *row)
{
	for (size_t i = 0; i < MAX_COLUMNS; i++)
		free(row->values[i]);
	free(row);
}

static char *copy_text(struct rs_slice s)
{
	static const char from[] = "\b\f\n\r\t\v\\", to[] = "bfnrtv\\";
	struct rs_buf b = RS_BUF_INIT;

	for (size_t i = 0; i < s.len; i++) {
		const char *at = s.bytes[i] ? strchr(from, s.bytes[i]) : NULL;

		if (at)
			(void)rs_buf_addc(&b, '\\');
		(void)rs_buf_addc(&b, at ? to[at - from] : s.bytes[i]);
	}
	(void)rs_buf_adds(&b, "");
	return rs_buf_take(&b);
}

/* old: where values come from that were not touched; NULL: there are none. */
static struct row *read_row(struct replay *p, struct rs_pg_row *from, const struct row *old)
{
	struct row *row = rs_xcalloc(1, sizeof *row);

	for (size_t i = 0; i < from->n; i++) {
		struct rs_pg_value v = rs_pg_value_next(from);

		p->n_binary += v.presence == RS_PG_BINARY;
		p->n_unchanged += v.presence == RS_PG_UNCHANGED;
		if (v.presence == RS_PG_UNCHANGED)
			CU_ASSERT_PTR_NOT_NULL_FATAL(old);
		row->values[i] = v.presence == RS_PG_NULL        ? NULL
		                 : v.presence != RS_PG_UNCHANGED ? copy_text(v.bytes)
		                 : old->values[i]                ? rs_xstrdup(old->values[i])
		                                                 : NULL;
	}
	return row;
}

static bool same(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

/* Takes the row out that has the same identity. */
static struct row *take_out(struct table *t, const struct row *like)
{
	for (struct row **at = &t->rows; *at; at = &(*at)->next) {
		struct row *row = *at;
		size_t i = 0;

		while (i < t->n && (!t->identity[i] || same(row->values[i], like->values[i])))
			i++;
		if (i < t->n)
			continue;
		*at = row->next;
		return row;
	}
	return NULL;
}

static void put_in(struct table *t, struct row *row)
{
	row->next = t->rows;
	t->rows = row;
}

static void empty(struct table *t)
{
	while (t->rows) {
		struct row *row = t->rows;

		t->rows = row->next;
		row_free(row);
	}
}

static struct table *table_of(struct replay *p, uint32_t oid)
{
	for (size_t i = 0; i < p->n_tables; i++)
		if (p->tables[i].oid == oid)
			return &p->tables[i];
	CU_FAIL_FATAL("a change of a table that was not described");
	return NULL;
}

/* --- changes ------------------------------------------------------------------------------------- */

/* Rows that are there keep the values of columns that stay. */
static void rearrange(struct table *t, const struct table *before)
{
	for (struct row *row = t->rows; row; row = row->next) {
		char *values[MAX_COLUMNS] = {NULL};

		for (size_t i = 0; i < t->n; i++)
			for (size_t o = 0; o < before->n; o++)
				if (strcmp(t->columns[i], before->columns[o]) == 0) {
					values[i] = row->values[o];
					row->values[o] = NULL;
				}
		for (size_t i = 0; i < MAX_COLUMNS; i++) {
			free(row->values[i]);
			row->values[i] = values[i];
		}
	}
}

static void forget_columns(struct table *t)
{
	for (size_t i = 0; i < t->n; i++)
		free(t->columns[i]);
	free(t->name);
}

static void define(struct replay *p, struct rs_pg_message *m)
{
	struct table *t = p->tables, before;

	while (t < p->tables + p->n_tables && t->oid != m->oid)
		t++;
	if (t == p->tables + p->n_tables) {
		CU_ASSERT_FATAL(++p->n_tables <= MAX_TABLES);
		*t = (struct table){.oid = m->oid};
	}
	before = *t;
	t->name = rs_xprintf("%s.%s", m->schema, m->name);
	t->n = m->n_columns;
	CU_ASSERT_FATAL(t->n <= MAX_COLUMNS);
	for (size_t i = 0; i < t->n; i++) {
		struct rs_pg_column c = rs_pg_column_next(m);

		t->columns[i] = rs_xstrdup(c.name);
		t->identity[i] = c.identity;
		CU_ASSERT(c.type != 0);
	}
	rearrange(t, &before);
	forget_columns(&before);
}

static void change(struct replay *p, struct rs_pg_message *m)
{
	struct table *t = table_of(p, m->oid);
	static const struct row unknown;
	struct row *like = NULL, *old = NULL;
	struct rs_pg_row again = m->row;

	if (m->has_old)
		like = read_row(p, &m->old, NULL);
	else if (m->kind == RS_PG_UPDATE)
		like = read_row(p, &again, &unknown);
	if (like)
		old = take_out(t, like);
	CU_ASSERT_EQUAL(old != NULL, m->kind != RS_PG_INSERT);
	if (m->kind != RS_PG_DELETE)
		put_in(t, read_row(p, &m->row, old));
	if (like)
		row_free(like);
	if (old)
		row_free(old);
}

static void apply(struct replay *p, struct rs_pg_message *m)
{
	switch (m->kind) {
	case RS_PG_RELATION: define(p, m); break;
	case RS_PG_INSERT:
	case RS_PG_UPDATE:
	case RS_PG_DELETE: change(p, m); break;
	case RS_PG_TRUNCATE:
		for (uint32_t i = 0; i < m->n_relations; i++)
			empty(table_of(p, rs_pg_oid_next(m)));
		break;
	case RS_PG_ORIGIN:
		free(p->origin);
		p->origin = rs_xstrdup(m->name);
		break;
	case RS_PG_MESSAGE:
		free(p->content);
		p->content = rs_xprintf("%s %d %.*s", m->name, m->transactional, (int)m->content.len, m->content.bytes);
		break;
	default: break;
	}
}

/* --- transactions -------------------------------------------------------------------------------- */

static struct part *part_of(struct replay *p, uint32_t xid)
{
	for (size_t i = 0; i < p->n_parts; i++)
		if (p->parts[i].xid == xid && !p->parts[i].gid)
			return &p->parts[i];
	CU_ASSERT_FATAL(p->n_parts < MAX_PARTS);
	p->parts[p->n_parts] = (struct part){.xid = xid};
	return &p->parts[p->n_parts++];
}

static struct part *part_named(struct replay *p, const char *gid)
{
	for (size_t i = 0; i < p->n_parts; i++)
		if (same(p->parts[i].gid, gid))
			return &p->parts[i];
	CU_FAIL_FATAL("no transaction of that name was prepared");
	return NULL;
}

static void keep(struct part *part, const struct rs_pg_message *m, const char *bytes, size_t len, bool streamed)
{
	RS_GROW(part->messages, part->n, part->cap);
	part->messages[part->n].bytes = (struct rs_buf)RS_BUF_INIT;
	(void)rs_buf_add(&part->messages[part->n].bytes, bytes, len);
	part->messages[part->n].xid = m->xid;
	part->messages[part->n++].streamed = streamed;
}

/* Takes back what a subtransaction did. */
static void undo(struct part *part, uint32_t subxid)
{
	size_t kept = 0;

	for (size_t i = 0; i < part->n; i++)
		if (part->messages[i].xid == subxid)
			rs_buf_release(&part->messages[i].bytes);
		else
			part->messages[kept++] = part->messages[i];
	part->n = kept;
}

static void drop(struct replay *p, struct part *part)
{
	for (size_t i = 0; i < part->n; i++)
		rs_buf_release(&part->messages[i].bytes);
	free(part->messages);
	free(part->gid);
	*part = p->parts[--p->n_parts];
}

static void carry_out(struct replay *p, struct part *part)
{
	struct rs_pg_message m;

	for (size_t i = 0; i < part->n; i++) {
		struct rs_pgoutput d = p->d;

		d.streaming = part->messages[i].streamed;
		CU_ASSERT_EQUAL_FATAL(rs_pgoutput_read(&d, part->messages[i].bytes.data, part->messages[i].bytes.len, &m, NULL), RS_OK);
		apply(p, &m);
	}
	drop(p, part);
}

static void abort_streamed(struct replay *p, const struct rs_pg_message *m)
{
	struct part *part = part_of(p, m->xid);

	CU_ASSERT_EQUAL(m->lsn != 0, p->d.parallel);
	if (m->subxid == m->xid)
		drop(p, part);
	else
		undo(part, m->subxid);
}

static void name_part(struct part *part, const char *gid)
{
	part->gid = rs_xstrdup(gid);
}

static void take(struct replay *p, struct rs_pg_message *m, const char *bytes, size_t len)
{
	p->n_kinds[m->kind]++;
	if (m->end)
		CU_ASSERT(m->end > m->lsn);
	switch (m->kind) {
	case RS_PG_BEGIN:
	case RS_PG_STREAM_STOP: p->open = NULL; break;
	case RS_PG_COMMIT:
		CU_ASSERT(m->end > p->end);
		p->end = m->end;
		break;
	case RS_PG_BEGIN_PREPARE:
	case RS_PG_STREAM_START: p->open = part_of(p, m->xid); break;
	case RS_PG_STREAM_COMMIT: carry_out(p, part_of(p, m->xid)); break;
	case RS_PG_STREAM_ABORT: abort_streamed(p, m); break;
	case RS_PG_PREPARE:
	case RS_PG_STREAM_PREPARE:
		name_part(part_of(p, m->xid), m->gid);
		p->open = NULL;
		break;
	case RS_PG_COMMIT_PREPARED: carry_out(p, part_named(p, m->gid)); break;
	case RS_PG_ROLLBACK_PREPARED:
		CU_ASSERT(m->prepare_time <= m->time);
		drop(p, part_named(p, m->gid));
		break;
	default:
		if (p->open)
			keep(p->open, m, bytes, len, p->d.streaming);
		else
			apply(p, m);
	}
}

/* --- recordings ---------------------------------------------------------------------------------- */

static char *read_file(const char *name, const char *suffix, size_t *len)
{
	char path[512], piece[65536];
	struct rs_buf b = RS_BUF_INIT;
	gzFile file;
	int n;

	snprintf(path, sizeof path, "%s/tests/unit/data/%s%s", getenv("RS_SRCDIR") ? getenv("RS_SRCDIR") : ".", name, suffix);
	file = gzopen(path, "rb");
	if (!file)
		printf("# %s\n", path);
	CU_ASSERT_PTR_NOT_NULL_FATAL(file);
	while ((n = gzread(file, piece, sizeof piece)) > 0)
		(void)rs_buf_add(&b, piece, (size_t)n);
	gzclose(file);
	(void)rs_buf_adds(&b, "");
	*len = b.len;
	return rs_buf_take(&b);
}

static void replay(struct replay *p, const char *name)
{
	size_t len;
	char *log = read_file(name, ".pgoutput.gz", &len);
	struct rs_err err = RS_ERR_INIT;
	struct rs_pg_message m;

	for (size_t at = 0, n; at < len; at += 4 + n) {
		n = rs_be4((const uint8_t *)log + at);
		if (rs_pgoutput_read(&p->d, log + at + 4, n, &m, &err) != RS_OK)
			UNIT_STR(err.primary, "");
		take(p, &m, log + at + 4, n);
	}
	rs_err_clear(&err);
	free(log);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The table's rows as the recording has them. */
static char *copied(const struct table *t)
{
	struct rs_buf out = RS_BUF_INIT;
	char **lines = NULL;
	size_t n = 0, cap = 0;

	for (const struct row *row = t->rows; row; row = row->next) {
		struct rs_buf line = RS_BUF_INIT;

		for (size_t i = 0; i < t->n; i++)
			(void)rs_buf_addf(&line, "%s%s", i ? "\t" : "", row->values[i] ? row->values[i] : "\\N");
		(void)rs_buf_addc(&line, '\n');
		RS_GROW(lines, n, cap);
		lines[n++] = rs_buf_take(&line);
	}
	if (n)
		qsort(lines, n, sizeof *lines, by_text);
	for (size_t i = 0; i < n; i++) {
		(void)rs_buf_adds(&out, lines[i]);
		free(lines[i]);
	}
	free(lines);
	(void)rs_buf_adds(&out, "");
	return rs_buf_take(&out);
}

static size_t lines_of(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += *text == '\n';
	return n;
}

static void compare_table(const struct replay *p, const char *name, const char *expected)
{
	char *actual = NULL;

	for (size_t i = 0; i < p->n_tables; i++)
		if (strcmp(p->tables[i].name, name) == 0)
			actual = copied(&p->tables[i]);
	if (p->n_binary) {
		UNIT_INT(actual ? lines_of(actual) : 0, lines_of(expected));
	} else if (!actual || strcmp(actual, expected) != 0) {
		printf("# %s\n", name);
		UNIT_STR(actual, expected);
	}
	free(actual);
}

/* "table NAME" and its rows, table by table. */
static void compare(const struct replay *p, const char *name)
{
	size_t len;
	char *rows = read_file(name, ".pgrows.gz", &len), *next;

	for (char *at = rows; at && *at; at = next) {
		char *line = strchr(at, '\n');
		char *table = rs_xprintf("%.*s", (int)(line - at - 6), at + 6), *text;

		next = strncmp(line + 1, "table ", 6) == 0 ? line + 1 : strstr(line, "\ntable ");
		if (next && *next == '\n')
			next++;
		text = next ? rs_xprintf("%.*s", (int)(next - line - 1), line + 1) : rs_xstrdup(line + 1);
		compare_table(p, table, text);
		free(table);
		free(text);
	}
	free(rows);
}

static void finish(struct replay *p)
{
	UNIT_INT(p->n_parts, 0);
	for (size_t i = 0; i < p->n_tables; i++) {
		empty(&p->tables[i]);
		forget_columns(&p->tables[i]);
	}
	free(p->origin);
	free(p->content);
}

static void one_whole_transaction_after_the_other(void)
{
	struct replay p = {.d = {.protocol = 1}};

	replay(&p, "pg15-1");
	compare(&p, "pg15-1");
	CU_ASSERT(p.n_unchanged > 0 && p.n_kinds[RS_PG_TRUNCATE] == 2 && p.n_kinds[RS_PG_TYPE] > 0);
	UNIT_STR(p.origin, "elsewhere");
	CU_ASSERT_TRUE(same(p.content, "rds 0 alone") || same(p.content, "rds 1 in a transaction"));
	finish(&p);
}

static void large_transactions_are_sent_while_they_go_on(void)
{
	struct replay p = {.d = {.protocol = 2}};

	replay(&p, "pg15-2");
	compare(&p, "pg15-2");
	CU_ASSERT(p.n_kinds[RS_PG_STREAM_START] > 3 && p.n_kinds[RS_PG_STREAM_ABORT] == 2 && p.n_kinds[RS_PG_STREAM_COMMIT] == 2);
	finish(&p);
}

static void transactions_are_prepared_and_ended_later(void)
{
	struct replay p = {.d = {.protocol = 3}};

	replay(&p, "pg15-3");
	compare(&p, "pg15-3");
	CU_ASSERT(p.n_kinds[RS_PG_COMMIT_PREPARED] == 2 && p.n_kinds[RS_PG_ROLLBACK_PREPARED] == 1 && p.n_kinds[RS_PG_STREAM_PREPARE] == 1);
	finish(&p);
}

static void the_newest_release_says_where_it_gave_up(void)
{
	struct replay p = {.d = {.protocol = 4, .parallel = true}};

	replay(&p, "newest-4");
	compare(&p, "newest-4");
	CU_ASSERT(p.n_kinds[RS_PG_STREAM_ABORT] > 0 && p.n_kinds[RS_PG_STREAM_PREPARE] == 1);
	finish(&p);
}

static void values_may_be_binary(void)
{
	struct replay p = {.d = {.protocol = 4}};

	replay(&p, "newest-binary");
	CU_ASSERT(p.n_binary > 50);
	compare(&p, "newest-binary");
	finish(&p);
}

/* --- what is no message --------------------------------------------------------------------------- */

/* Of each kind the first of a recording: shorter by any number of bytes it is refused, and longer by one. */
static void a_message_is_read_to_its_end_and_no_further(void)
{
	size_t len;
	char *log = read_file("newest-4", ".pgoutput.gz", &len);
	bool seen[256] = {false};
	struct rs_pgoutput d = {.protocol = 4, .parallel = true};
	struct rs_pg_message m;

	for (size_t at = 0, n; at < len; at += 4 + n) {
		unsigned char tag = (unsigned char)log[at + 4];
		struct rs_pgoutput other = d;

		n = rs_be4((const uint8_t *)log + at);
		for (size_t i = 0; !seen[tag] && i < n; i++) {
			char *piece = i ? memcpy(rs_xmalloc(i), log + at + 4, i) : rs_xmalloc(1); /* its end is an end for the sanitizer, too */

			UNIT_INT(rs_pgoutput_read(&other, piece, i, &m, NULL), RS_FAIL);
			free(piece);
		}
		if (!seen[tag]) {
			char *more = memcpy(rs_xcalloc(1, n + 1), log + at + 4, n);

			UNIT_INT(rs_pgoutput_read(&other, more, n + 1, &m, NULL), RS_FAIL);
			free(more);
		}
		seen[tag] = true;
		UNIT_INT(rs_pgoutput_read(&d, log + at + 4, n, &m, NULL), RS_OK);
	}
	free(log);
}

static void refused(struct rs_pgoutput d, const char *bytes, size_t len, enum rs_errc code)
{
	struct rs_err err = RS_ERR_INIT;
	struct rs_pg_message m;

	UNIT_INT(rs_pgoutput_read(&d, bytes, len, &m, &err), RS_FAIL);
	UNIT_INT(err.code, code);
	rs_err_clear(&err);
}

#define REFUSED(d, bytes, code) refused((d), (bytes), sizeof(bytes) - 1, (code))

static void what_was_not_asked_for_is_refused(void)
{
	REFUSED(((struct rs_pgoutput){.protocol = 1}), "S\0\0\0\1\1", RS_E_EVENT_UNKNOWN);
	REFUSED(((struct rs_pgoutput){.protocol = 2}), "p", RS_E_EVENT_UNKNOWN);
	REFUSED(((struct rs_pgoutput){.protocol = 4}), "X", RS_E_EVENT_UNKNOWN);
	REFUSED(((struct rs_pgoutput){.protocol = 4}), "\377", RS_E_EVENT_UNKNOWN);
	REFUSED(((struct rs_pgoutput){.protocol = 4}), "", RS_E_EVENT_MALFORMED);
	REFUSED(((struct rs_pgoutput){.protocol = 4}), "E", RS_E_EVENT_MALFORMED);
	REFUSED(((struct rs_pgoutput){.protocol = 4, .streaming = true}), "S\0\0\0\1\1", RS_E_EVENT_MALFORMED);
	REFUSED(((struct rs_pgoutput){.protocol = 1}), "I\0\0\0\1N\377\377", RS_E_EVENT_MALFORMED);          /* -1 columns */
	REFUSED(((struct rs_pgoutput){.protocol = 1}), "I\0\0\0\1N\0\1t\377\377\377\377", RS_E_EVENT_MALFORMED); /* of -1 bytes */
	REFUSED(((struct rs_pgoutput){.protocol = 1}), "T\377\377\377\377\0\0\0\0\1", RS_E_EVENT_MALFORMED);
	REFUSED(((struct rs_pgoutput){.protocol = 1}), "B\0\0\0\0\0\0\0\1\177\377\377\377\377\377\377\377\0\0\0\1", RS_E_EVENT_MALFORMED);
}

UNIT_MAIN(UNIT_TEST(one_whole_transaction_after_the_other), UNIT_TEST(large_transactions_are_sent_while_they_go_on),
          UNIT_TEST(transactions_are_prepared_and_ended_later), UNIT_TEST(the_newest_release_says_where_it_gave_up),
          UNIT_TEST(values_may_be_binary), UNIT_TEST(a_message_is_read_to_its_end_and_no_further),
          UNIT_TEST(what_was_not_asked_for_is_refused))
