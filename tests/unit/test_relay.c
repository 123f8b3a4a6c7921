#include "source/relay.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include "base/buf.h"
#include "base/mem.h"
#include "base/thread.h"
#include "unit.h"

#define TASK "4b3f2a10-0000-4000-8000-00000000000a"
#define SERVER "9a1f0000-0000-0000-0000-000000000001"

/* ---------------------------------------------------------------- a log */

/* An event of the log that is made up here: where it ends, how long it is, and whether a transaction ends with it. */
struct event {
	unsigned file;
	uint64_t end;
	size_t len;
	bool boundary;
};

struct log {
	struct event *events;
	size_t n, cap;
};

static uint32_t seed;

static uint32_t next_random(uint32_t below)
{
	seed = seed * 1664525u + 1013904223u;
	return (seed >> 8) % below;
}

static char *file_name(unsigned file) { return rs_xprintf("binlog.%06u", file); }

static char *log_text(unsigned file) { return rs_xprintf("binlog.%06u 17000%u-7-10.11", file, file); }

/* Half of it can be packed. */
static void fill(char *bytes, const struct event *e)
{
	uint64_t x = e->end * 2654435761u + e->file;

	for (size_t i = 0; i < e->len; i++) {
		x = x * 6364136223846793005u + 1442695040888963407u;
		bytes[i] = i % 2 ? 'a' : (char)(x >> 56);
	}
}

static void log_add(struct log *l, unsigned file, size_t len, bool boundary)
{
	uint64_t before = l->n > 0 && l->events[l->n - 1].file == file ? l->events[l->n - 1].end : 126;

	RS_GROW(l->events, l->n, l->cap);
	l->events[l->n++] = (struct event){file, before + len, len, boundary};
}

static void log_make(struct log *l, unsigned files, unsigned transactions, size_t longest)
{
	l->n = 0;
	for (unsigned f = 1; f <= files; f++)
		for (unsigned t = 0; t < transactions; t++)
			for (unsigned n = 1 + next_random(4); n > 0; n--)
				log_add(l, f, 20 + next_random((uint32_t)longest), n == 1);
}

static void position(struct rs_position *p, unsigned file, uint64_t offset)
{
	char *name = file_name(file), *text = log_text(file);

	rs_position_set_file(p, name, offset);
	rs_position_set_log(p, text);
	free(name);
	free(text);
}

/* The position after n events. */
static void position_after(const struct log *l, size_t n, struct rs_position *p)
{
	if (n == 0)
		position(p, l->events[0].file, 126);
	else
		position(p, l->events[n - 1].file, l->events[n - 1].end);
}

/* How many events lie before a position. */
static size_t events_before(const struct log *l, const struct rs_position *p)
{
	for (size_t i = 0; i < l->n; i++) {
		struct rs_position at = RS_POSITION_INIT;
		position_after(l, i + 1, &at);
		bool before = rs_position_compare(&at, p) <= 0;
		rs_position_clear(&at);
		if (!before)
			return i;
	}
	return l->n;
}

/* ---------------------------------------------------------------- writing it */

static void no_cancel(void *arg) { (void)arg; }

static enum rs_rc put_head(struct rs_relay *r, unsigned file, uint64_t offset, struct rs_err *err)
{
	struct rs_position at = RS_POSITION_INIT;

	position(&at, file, offset);
	enum rs_rc rc = rs_relay_put_head(r, &at, "format", 6, err);
	rs_position_clear(&at);
	return rc;
}

static enum rs_rc put_event(struct rs_relay *r, const struct event *e, struct rs_err *err)
{
	char *bytes = rs_xmalloc(e->len);

	fill(bytes, e);
	enum rs_rc rc = rs_relay_put(r, bytes, e->len, e->end, err);
	free(bytes);
	return rc;
}

/* What the source's dump would bring from where the relay ends; commits after `every` transactions. */
static enum rs_rc spool(struct rs_relay *r, const struct log *l, size_t upto, unsigned every, struct rs_err *err)
{
	struct rs_position end = RS_POSITION_INIT;
	size_t from = rs_relay_end(r, &end) ? events_before(l, &end) : 0;
	rs_relay_go_on(r); /* whoever has read it to its end had it finished */
	enum rs_rc rc = rs_relay_write(r, no_cancel, NULL);
	unsigned file = end.file ? (unsigned)strtoul(end.file + 7, NULL, 10) : l->events[from].file, n = 0;

	if (rc == RS_OK)
		rc = put_head(r, file, end.file ? end.offset : 126, err);
	for (size_t i = from; rc == RS_OK && i < upto; i++) {
		const struct event *e = &l->events[i];
		if (e->file != file && (rc = put_head(r, file = e->file, 126, err)) != RS_OK)
			break;
		rc = put_event(r, e, err);
		if (rc == RS_OK && e->boundary && ++n % every == 0) {
			position_after(l, i + 1, &end);
			rc = rs_relay_commit(r, &end, 1000 + (int64_t)i, err);
		}
	}
	rs_relay_write_end(r);
	rs_position_clear(&end);
	return rc;
}

static void spool_all(struct rs_relay *r, const struct log *l)
{
	struct rs_err err = RS_ERR_INIT;

	UNIT_INT(spool(r, l, l->n, 1, &err), RS_OK);
	UNIT_STR(err.primary, NULL);
	rs_err_clear(&err);
}

static struct rs_relay *relay_in(const char *dir)
{
	struct rs_relay *r = rs_relay_new(dir, TASK);

	rs_relay_set_quota(r, (uint64_t)1 << 30);
	rs_relay_bind(r, SERVER);
	return r;
}

static char *new_dir(void)
{
	static int n;

	return rs_xprintf("%s/relay-%d", unit_tmpdir(), ++n);
}

/* ---------------------------------------------------------------- reading it */

static bool is_event(const struct rs_relay_packet *p, const struct event *e)
{
	char *expected = rs_xmalloc(e->len);

	fill(expected, e);
	bool same = p->len == e->len && p->end == e->end && memcmp(p->bytes, expected, e->len) == 0;
	free(expected);
	return same;
}

/* On to the end, behind *upto events. Each must be the log's. */
static enum rs_rc read_on(struct rs_relay_reader *reader, const struct log *l, size_t *upto, struct rs_err *err)
{
	struct rs_relay_packet p;
	unsigned file = l->events[*upto > 0 ? *upto - 1 : 0].file, wrong = 0;
	enum rs_rc rc;

	while ((rc = rs_relay_next(reader, &p, err)) == RS_OK) {
		if (p.file != NULL) {
			file = (unsigned)strtoul(p.file + 7, NULL, 10);
			wrong += p.len != 6 || memcmp(p.bytes, "format", 6) != 0;
			continue;
		}
		wrong += *upto >= l->n || l->events[*upto].file != file || !is_event(&p, &l->events[*upto]);
		++*upto;
	}
	UNIT_INT(wrong, 0);
	return rc;
}

/* Reads from behind n events to the end. Each must be the log's; *upto: where it ended. */
static enum rs_rc read_from(struct rs_relay *r, const struct log *l, size_t n, size_t *upto, struct rs_err *err)
{
	struct rs_position from = RS_POSITION_INIT;

	position_after(l, n, &from);
	struct rs_relay_reader *reader = rs_relay_read(r, &from);
	rs_position_clear(&from);
	*upto = n;
	if (reader == NULL)
		return RS_AGAIN;
	enum rs_rc rc = read_on(reader, l, upto, err);
	rs_relay_read_end(reader);
	return rc;
}

static void reads_all(struct rs_relay *r, const struct log *l, size_t n)
{
	struct rs_err err = RS_ERR_INIT;
	size_t upto;

	UNIT_INT(read_from(r, l, n, &upto, &err), RS_EOF);
	UNIT_INT(upto, l->n);
	rs_err_clear(&err);
}

/* ---------------------------------------------------------------- tests */

static void what_was_put_comes_back_from_every_place_between_transactions(void)
{
	char *dir = new_dir();
	struct rs_relay *r = relay_in(dir);
	struct log l = {0};

	seed = 1;
	log_make(&l, 4, 8, 3000);
	log_add(&l, 4, (size_t)3 << 20, false); /* more than a block holds */
	log_add(&l, 4, 40, true);
	log_add(&l, 5, 40, true);
	spool_all(r, &l);
	for (size_t i = 0; i <= l.n; i++)
		if (i == 0 || l.events[i - 1].boundary)
			reads_all(r, &l, i);
	rs_relay_free(r);
	r = relay_in(dir);
	reads_all(r, &l, 0);
	rs_relay_free(r);
	free(l.events);
	free(dir);
}

/* A file of the log may end before what was read of it was written: its last block says of no transaction where it ends. */
static void a_file_that_ends_soon_is_read_from_every_place_in_it(void)
{
	for (unsigned every = 8; every <= 32; every *= 2) {
		char *dir = new_dir();
		struct rs_relay *r = relay_in(dir);
		struct rs_err err = RS_ERR_INIT;
		struct log l = {0};

		seed = every;
		log_make(&l, 8, 4, 300);
		UNIT_INT(spool(r, &l, l.n, every, &err), RS_OK);
		for (size_t i = 0; i <= l.n; i++)
			if (i == 0 || l.events[i - 1].boundary)
				reads_all(r, &l, i);
		rs_relay_free(r);
		r = relay_in(dir);
		for (size_t i = 0; i <= l.n; i++)
			if (i == 0 || l.events[i - 1].boundary)
				reads_all(r, &l, i);
		rs_relay_free(r);
		free(l.events);
		free(dir);
	}
}

static void a_small_quota_makes_small_segments_and_what_is_behind_goes(void)
{
	char *dir = new_dir();
	struct rs_relay *r = relay_in(dir);
	struct rs_relay_status before, after;
	struct rs_position at = RS_POSITION_INIT, end = RS_POSITION_INIT;
	struct log l = {0};

	seed = 2;
	log_make(&l, 1, 600, 3000);
	rs_relay_set_quota(r, (uint64_t)4 << 20);
	spool_all(r, &l);
	rs_relay_look(r, &before, &end);
	CU_ASSERT(before.bytes > 1000000);
	UNIT_INT(before.time, 1000 + (int64_t)l.n - 1);
	size_t half = l.n / 2;
	while (!l.events[half - 1].boundary)
		half++;
	position_after(&l, half, &at);
	rs_relay_passed(r, &at);
	rs_relay_look(r, &after, &end);
	CU_ASSERT(after.bytes < before.bytes * 2 / 3 && after.bytes > before.bytes / 3);
	reads_all(r, &l, half);
	position_after(&l, 0, &at);
	CU_ASSERT_FALSE(rs_relay_covers(r, &at));
	rs_relay_passed(r, &end);
	rs_relay_look(r, &after, &end);
	UNIT_INT(after.bytes, 0);
	CU_ASSERT_FALSE(rs_relay_end(r, &end));
	rs_position_clear(&at);
	rs_position_clear(&end);
	rs_relay_free(r);
	free(l.events);
	free(dir);
}

static void what_is_not_committed_is_read_again(void)
{
	char *dir = new_dir();
	struct rs_relay *r = relay_in(dir);
	struct rs_err err = RS_ERR_INIT;
	struct log l = {0};
	size_t upto;

	seed = 3;
	log_make(&l, 2, 20, 400);
	for (size_t i = 0; i < 3; i++)
		log_add(&l, 2, (size_t)2 << 20, i == 2); /* of these some are on the disk */
	UNIT_INT(spool(r, &l, l.n - 1, 1, &err), RS_OK);
	UNIT_INT(read_from(r, &l, 0, &upto, &err), RS_EOF);
	UNIT_INT(upto, l.n - 3);
	rs_relay_free(r);
	r = relay_in(dir);
	UNIT_INT(read_from(r, &l, 0, &upto, &err), RS_EOF);
	UNIT_INT(upto, l.n - 3);
	spool_all(r, &l);
	reads_all(r, &l, 0);
	rs_relay_free(r);
	free(l.events);
	free(dir);
}

/* ---------------------------------------------------------------- damage */

static char *the_segment(const char *dir, bool last)
{
	DIR *d = opendir(dir);
	char *found = NULL;

	for (struct dirent *e; (e = readdir(d)) != NULL;) {
		if (e->d_name[0] == '.' || (found != NULL && (strcmp(e->d_name, found) > 0) != last))
			continue;
		free(found);
		found = rs_xstrdup(e->d_name);
	}
	closedir(d);
	char *path = rs_xprintf("%s/%s", dir, found);
	free(found);
	return path;
}

static void read_file(const char *path, struct rs_buf *out)
{
	int fd = open(path, O_RDONLY);

	rs_buf_clear(out);
	rs_buf_reserve(out, (size_t)1 << 20);
	ssize_t n = read(fd, out->data, (size_t)1 << 20);
	out->len = n > 0 ? (size_t)n : 0;
	close(fd);
}

static void write_file(const char *path, const void *bytes, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	CU_ASSERT_EQUAL_FATAL(write(fd, bytes, len), (ssize_t)len);
	close(fd);
}

/* Whatever became of it: what is read is the log's, ends between transactions, and can be gone on with. */
static void is_usable(const char *dir, const struct log *l)
{
	struct rs_relay *r = relay_in(dir);
	struct rs_err err = RS_ERR_INIT;
	size_t upto;
	enum rs_rc rc = read_from(r, l, 0, &upto, &err);

	if (rc == RS_FAIL) { /* noticed only now; it ends before it then */
		UNIT_INT(err.code, RS_E_RELAY);
		UNIT_INT(err.retry, RS_RETRY_RECONNECT);
		rs_err_clear(&err);
		rc = read_from(r, l, 0, &upto, &err);
	}
	CU_ASSERT(rc == RS_EOF || rc == RS_AGAIN); /* or it holds nothing */
	if (rc == RS_EOF)
		CU_ASSERT(upto == 0 || l->events[upto - 1].boundary);
	spool_all(r, l);
	reads_all(r, l, 0);
	rs_relay_free(r);
}

static void small_relay(const char *dir, struct log *l)
{
	struct rs_relay *r = relay_in(dir);

	seed = 4;
	log_make(l, 3, 4, 60);
	spool_all(r, l);
	rs_relay_free(r);
}

static void a_tail_that_is_torn_at_any_byte_ends_with_a_whole_transaction(void)
{
	struct rs_buf whole = RS_BUF_INIT;
	char *first = new_dir(), *path;
	struct log l = {0};

	small_relay(first, &l);
	path = the_segment(first, true);
	read_file(path, &whole);
	for (size_t n = 0; n < whole.len; n++) {
		char *dir = new_dir(), *at;
		small_relay(dir, &l);
		at = the_segment(dir, true);
		write_file(at, whole.data, n);
		is_usable(dir, &l);
		free(at);
		free(dir);
	}
	CU_ASSERT(whole.len > 300);
	rs_buf_release(&whole);
	free(path);
	free(first);
	free(l.events);
}

static void flip(bool last)
{
	struct rs_buf whole = RS_BUF_INIT;
	char *first = new_dir(), *path;
	struct log l = {0};

	small_relay(first, &l);
	path = the_segment(first, last);
	read_file(path, &whole);
	for (size_t n = 0; n < whole.len; n += n < 30 ? 1 : 3) {
		char *dir = new_dir(), *at;
		small_relay(dir, &l);
		at = the_segment(dir, last);
		whole.data[n] ^= (char)(1 << n % 8);
		write_file(at, whole.data, whole.len);
		whole.data[n] ^= (char)(1 << n % 8);
		is_usable(dir, &l);
		free(at);
		free(dir);
	}
	rs_buf_release(&whole);
	free(path);
	free(first);
	free(l.events);
}

static void a_flipped_bit_is_never_handed_out(void)
{
	flip(true);
	flip(false);
}

static void damage_under_a_reader_ends_it_and_what_is_before_is_kept(void)
{
	char *dir = new_dir(), *path;
	struct rs_relay *r = relay_in(dir);
	struct rs_err err = RS_ERR_INIT;
	struct rs_buf bytes = RS_BUF_INIT;
	struct log l = {0};
	size_t upto, kept;

	seed = 5;
	log_make(&l, 3, 10, 300);
	spool_all(r, &l);
	path = the_segment(dir, false);
	read_file(path, &bytes);
	bytes.data[bytes.len * 2 / 3] ^= 1;
	write_file(path, bytes.data, bytes.len);
	UNIT_INT(read_from(r, &l, 0, &upto, &err), RS_FAIL);
	UNIT_INT(err.code, RS_E_RELAY);
	CU_ASSERT_PTR_NOT_NULL(strstr(err.detail, "segment"));
	rs_err_clear(&err);
	UNIT_INT(read_from(r, &l, 0, &kept, &err), RS_EOF);
	UNIT_INT(kept, upto);
	CU_ASSERT(kept > 0 && l.events[kept - 1].boundary && l.events[kept - 1].file == 1);
	spool_all(r, &l);
	reads_all(r, &l, 0);
	rs_relay_free(r);
	rs_buf_release(&bytes);
	free(path);
	free(l.events);
	free(dir);
}

/* As many segments of another part of the log as were there, or more, and a reader that has not come to the end of its own. */
static void one_that_is_emptied_and_filled_anew_is_no_way_on_for_who_reads(void)
{
	struct rs_position from = RS_POSITION_INIT;
	char *dir = new_dir();
	struct rs_relay *r = relay_in(dir);
	struct rs_relay_packet p;
	struct rs_err err = RS_ERR_INIT;
	struct log l = {0}, later = {0};
	size_t upto = 0, own;

	seed = 11;
	log_make(&l, 8, 10, 300);
	for (own = 0; l.events[own].file < 3; own++)
		;
	UNIT_INT(spool(r, &l, own, 1, &err), RS_OK);
	position_after(&l, 0, &from);
	struct rs_relay_reader *reader = rs_relay_read(r, &from);
	UNIT_INT(rs_relay_next(reader, &p, &err), RS_OK);
	rs_relay_clear(r);
	later = (struct log){l.events + own, l.n - own, 0};
	spool_all(r, &later);
	UNIT_INT(read_on(reader, &(struct log){l.events, own, 0}, &upto, &err), RS_EOF);
	CU_ASSERT(l.events[upto - 1].boundary && upto < own);
	rs_relay_read_end(reader);
	reads_all(r, &later, 0);
	rs_position_clear(&from);
	rs_relay_free(r);
	free(l.events);
	free(dir);
}

static void a_missing_segment_ends_it(void)
{
	char *dir = new_dir(), *path;
	struct log l = {0};

	small_relay(dir, &l);
	path = rs_xprintf("%s/%020d.relay", dir, 1);
	UNIT_INT(unlink(path), 0);
	is_usable(dir, &l);
	free(path);
	free(l.events);
	free(dir);
}

/* ---------------------------------------------------------------- whose it is */

static bool covers(struct rs_relay *r, const char *file, uint64_t offset, const char *log)
{
	struct rs_position p = RS_POSITION_INIT;

	rs_position_set_file(&p, file, offset);
	if (log != NULL)
		rs_position_set_log(&p, log);
	bool yes = rs_relay_covers(r, &p);
	rs_position_clear(&p);
	return yes;
}

static void it_covers_what_it_holds_of_the_same_log_alone(void)
{
	char *dir = new_dir();
	struct rs_relay *r = rs_relay_new(dir, TASK);
	struct log l = {0};

	log_add(&l, 2, 100, true);
	log_add(&l, 3, 100, true);
	rs_relay_set_quota(r, (uint64_t)1 << 30);
	CU_ASSERT_FALSE(covers(r, "binlog.000002", 126, "binlog.000002 170002-7-10.11")); /* bound to no server */
	rs_relay_bind(r, SERVER);
	CU_ASSERT_FALSE(covers(r, "binlog.000002", 126, "binlog.000002 170002-7-10.11")); /* nothing */
	spool_all(r, &l);
	CU_ASSERT(covers(r, "binlog.000002", 126, "binlog.000002 170002-7-10.11"));
	CU_ASSERT(covers(r, "binlog.000002", 226, "binlog.000002 170002-7-10.11"));
	CU_ASSERT(covers(r, "binlog.000002", 300, "binlog.000002 170002-7-10.11")); /* nothing came there */
	CU_ASSERT(covers(r, "binlog.000003", 226, "binlog.000003 170003-7-10.11"));
	CU_ASSERT_FALSE(covers(r, "binlog.000003", 227, "binlog.000003 170003-7-10.11"));
	CU_ASSERT_FALSE(covers(r, "binlog.000002", 125, "binlog.000002 170002-7-10.11"));
	CU_ASSERT_FALSE(covers(r, "binlog.000001", 126, "binlog.000001 170001-7-10.11"));
	CU_ASSERT_FALSE(covers(r, "binlog.000002", 126, "binlog.000002 180002-7-10.11")); /* a log that was reset */
	CU_ASSERT_FALSE(covers(r, "binlog.000002", 126, "binlog.000003 180003-7-10.11"));
	CU_ASSERT_FALSE(covers(r, "binlog.000002", 126, NULL)); /* can't be told */
	rs_relay_free(r);
	free(l.events);
	free(dir);
}

static void holds_nothing(const char *dir, const char *task, const char *server)
{
	struct rs_relay *r = rs_relay_new(dir, task);
	struct rs_position end = RS_POSITION_INIT;

	rs_relay_bind(r, server);
	CU_ASSERT_FALSE(rs_relay_end(r, &end));
	rs_relay_free(r);
}

static void what_is_of_another_server_or_task_is_removed(void)
{
	char *dir = new_dir();
	struct rs_position end = RS_POSITION_INIT;
	struct log l = {0};

	small_relay(dir, &l);
	holds_nothing(dir, TASK, "9a1f0000-0000-0000-0000-000000000002");
	holds_nothing(dir, TASK, SERVER);
	small_relay(dir, &l);
	holds_nothing(dir, "4b3f2a10-0000-4000-8000-00000000000b", SERVER);
	holds_nothing(dir, TASK, SERVER);
	small_relay(dir, &l);
	struct rs_relay *r = relay_in(dir);
	CU_ASSERT(rs_relay_end(r, &end));
	rs_relay_bind(r, SERVER);
	CU_ASSERT(rs_relay_end(r, &end));
	rs_relay_bind(r, "9a1f0000-0000-0000-0000-000000000002");
	CU_ASSERT_FALSE(rs_relay_end(r, &end));
	rs_relay_free(r);
	small_relay(dir, &l);
	rs_relay_remove(dir);
	UNIT_INT(access(dir, F_OK), -1);
	rs_position_clear(&end);
	free(l.events);
	free(dir);
}

static void only_its_owner_can_read_it(void)
{
	char *dir = new_dir(), *path;
	struct log l = {0};
	struct stat st;

	small_relay(dir, &l);
	UNIT_INT(stat(dir, &st), 0);
	UNIT_INT(st.st_mode & 0777, 0700);
	path = the_segment(dir, true);
	UNIT_INT(stat(path, &st), 0);
	UNIT_INT(st.st_mode & 0777, 0600);
	free(path);
	free(l.events);
	free(dir);
}

#define SET "3e11fa47-71ca-11e1-9e33-c80aa9429562:1-"

static bool covers_set(struct rs_relay *r, const char *set)
{
	struct rs_position asked = RS_POSITION_INIT;

	rs_position_set_log(&asked, "binlog.000003 170003-7-10.11");
	rs_position_set_gtid(&asked, set);
	bool yes = rs_relay_covers(r, &asked);
	rs_position_clear(&asked);
	return yes;
}

/* The server passes over what is in the set: where the file begins is a place, but what was passed over would come again if
 * somebody went on there. */
static void a_position_of_transaction_ids_alone_is_where_it_began_with_them(void)
{
	char *dir = new_dir();
	struct rs_relay *r = relay_in(dir);
	struct rs_position at = RS_POSITION_INIT, asked = RS_POSITION_INIT;
	struct rs_relay_packet p;
	struct rs_err err = RS_ERR_INIT;
	struct log l = {0};

	log_add(&l, 3, 5000, false);
	log_add(&l, 3, 100, true);
	position(&at, 3, 126);
	rs_position_set_gtid(&at, SET "5");
	UNIT_INT(rs_relay_write(r, no_cancel, NULL), RS_OK);
	UNIT_INT(rs_relay_put_head(r, &at, "format", 6, &err), RS_OK);
	CU_ASSERT(rs_relay_covers(r, &at));
	CU_ASSERT_FALSE(covers_set(r, SET "5"));
	UNIT_INT(put_event(r, &l.events[1], &err), RS_OK);
	position_after(&l, 2, &at);
	rs_position_set_gtid(&at, SET "6");
	UNIT_INT(rs_relay_commit(r, &at, 1, &err), RS_OK);
	rs_relay_write_end(r);
	rs_relay_free(r);
	r = relay_in(dir);
	CU_ASSERT(covers_set(r, SET "5"));
	CU_ASSERT(covers_set(r, "3E11FA47-71CA-11E1-9E33-C80AA9429562:1-2:3-5"));
	CU_ASSERT_FALSE(covers_set(r, SET "4"));
	CU_ASSERT_FALSE(covers_set(r, SET "6"));
	CU_ASSERT_FALSE(covers_set(r, "0-1-5"));
	rs_position_set_log(&asked, "binlog.000003 170003-7-10.11");
	rs_position_set_gtid(&asked, SET "5");
	struct rs_relay_reader *reader = rs_relay_read(r, &asked);
	CU_ASSERT_PTR_NOT_NULL_FATAL(reader);
	CU_ASSERT(rs_relay_next(reader, &p, &err) == RS_OK && p.file != NULL);
	CU_ASSERT(rs_relay_next(reader, &p, &err) == RS_OK && is_event(&p, &l.events[1]));
	UNIT_INT(rs_relay_next(reader, &p, &err), RS_EOF);
	rs_relay_read_end(reader);
	rs_position_clear(&at);
	rs_position_clear(&asked);
	rs_relay_free(r);
	free(l.events);
	free(dir);
}

/* A dump that begins by transaction ids begins its file anew, before what it brings: what is found must stay. */
static void a_head_that_comes_again_begins_where_it_ended(void)
{
	char *dir = new_dir(), *path;
	struct rs_relay *r = relay_in(dir);
	struct rs_err err = RS_ERR_INIT;
	struct log l = {0};

	seed = 6;
	log_make(&l, 1, 10, 100);
	size_t half = l.n / 2;
	while (!l.events[half - 1].boundary)
		half++;
	UNIT_INT(spool(r, &l, half, 1, &err), RS_OK);
	for (int i = 0; i < 5; i++) { /* only one of which is kept */
		UNIT_INT(rs_relay_write(r, no_cancel, NULL), RS_OK);
		UNIT_INT(put_head(r, 1, 126, &err), RS_OK);
		rs_relay_write_end(r);
	}
	path = rs_xprintf("%s/%020d.relay", dir, 2);
	UNIT_INT(access(path, F_OK), -1);
	free(path);
	spool_all(r, &l);
	for (size_t i = 0; i <= l.n; i++)
		if (i == 0 || l.events[i - 1].boundary)
			reads_all(r, &l, i);
	rs_relay_free(r);
	free(l.events);
	free(dir);
}

/* ---------------------------------------------------------------- room */

static void at_its_quota_it_is_full_until_there_is_room(void)
{
	char *dir = new_dir();
	struct rs_relay *r = relay_in(dir);
	struct rs_relay_status status;
	struct rs_position at = RS_POSITION_INIT;
	struct rs_err err = RS_ERR_INIT;
	struct log l = {0};
	size_t upto;

	seed = 7;
	log_make(&l, 1, 600, 3000);
	rs_relay_set_quota(r, (uint64_t)1 << 19);
	UNIT_INT(spool(r, &l, l.n, 1, &err), RS_FAIL);
	UNIT_INT(err.code, RS_E_RELAY_FULL);
	UNIT_INT(err.retry, RS_RETRY_LATER);
	rs_err_clear(&err);
	rs_relay_look(r, &status, &at);
	CU_ASSERT(status.full && status.bytes <= 1 << 19 && status.bytes > 1 << 18);
	CU_ASSERT_FALSE(rs_relay_has_room(r));
	UNIT_INT(read_from(r, &l, 0, &upto, &err), RS_EOF);
	CU_ASSERT(upto > 0 && l.events[upto - 1].boundary);
	position_after(&l, upto, &at);
	rs_relay_passed(r, &at);
	CU_ASSERT(rs_relay_has_room(r));
	rs_relay_set_quota(r, 0);
	CU_ASSERT_FALSE(rs_relay_has_room(r));
	rs_relay_set_quota(r, (uint64_t)1 << 30);
	CU_ASSERT(rs_relay_has_room(r));
	rs_relay_clear(r);
	spool_all(r, &l);
	reads_all(r, &l, 0);
	rs_position_clear(&at);
	rs_relay_free(r);
	free(l.events);
	free(dir);
}

/* A write that stops in its midst, as on a disk that is full. */
static void a_disk_that_is_full_costs_nothing_that_was_whole(void)
{
	char *dir = new_dir();
	struct rs_relay *r = relay_in(dir);
	struct rs_err err = RS_ERR_INIT;
	struct rlimit before, limit;
	struct log l = {0};
	size_t upto;

	seed = 8;
	log_make(&l, 1, 600, 3000);
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &before);
	for (rlim_t bytes = 50; bytes < 100000; bytes += 9973) {
		limit = before;
		limit.rlim_cur = bytes;
		setrlimit(RLIMIT_FSIZE, &limit);
		enum rs_rc rc = spool(r, &l, l.n, 3, &err);
		setrlimit(RLIMIT_FSIZE, &before);
		UNIT_INT(rc, RS_FAIL);
		UNIT_INT(err.code, RS_E_RELAY_FULL);
		rs_err_clear(&err);
		rc = read_from(r, &l, 0, &upto, &err);
		CU_ASSERT(rc == RS_EOF || (bytes < 300 && rc == RS_AGAIN));
		CU_ASSERT(upto == 0 || l.events[upto - 1].boundary);
		rs_relay_free(r);
		r = relay_in(dir);
	}
	spool_all(r, &l);
	reads_all(r, &l, 0);
	rs_relay_free(r);
	free(l.events);
	free(dir);
}

/* ---------------------------------------------------------------- both at once */

struct writing {
	struct rs_relay *r;
	const struct log *l;
	atomic_bool cancelled;
	size_t upto;
};

static void cancel_writing(void *arg) { atomic_store(&((struct writing *)arg)->cancelled, true); }

static void *write_until_cancelled(void *arg)
{
	struct writing *w = arg;
	struct rs_position at = RS_POSITION_INIT;
	unsigned file = 0;

	for (; w->upto < w->l->n && !atomic_load(&w->cancelled); w->upto++) {
		const struct event *e = &w->l->events[w->upto];
		if (e->file != file && put_head(w->r, file = e->file, 126, NULL) != RS_OK)
			break;
		if (put_event(w->r, e, NULL) != RS_OK)
			break;
		position_after(w->l, w->upto + 1, &at);
		if (e->boundary && rs_relay_commit(w->r, &at, 1, NULL) != RS_OK)
			break;
	}
	while (!atomic_load(&w->cancelled))
		usleep(1000); /* as a dump that is quiet */
	rs_relay_write_end(w->r);
	rs_position_clear(&at);
	return NULL;
}

static void a_reader_at_the_end_ends_the_writer_and_reads_what_that_had(void)
{
	struct rs_err err = RS_ERR_INIT;
	struct log l = {0};

	seed = 9;
	log_make(&l, 4, 100, 2000);
	for (int round = 0; round < 10; round++) {
		char *dir = new_dir();
		struct writing w = {.r = relay_in(dir), .l = &l};
		struct rs_thread thread = {0};
		size_t upto = 0;

		UNIT_INT(rs_relay_write(w.r, cancel_writing, &w), RS_OK);
		UNIT_INT(rs_relay_write(w.r, cancel_writing, &w), RS_CANCELLED); /* one at a time */
		CU_ASSERT(put_head(w.r, 1, 126, NULL) == RS_OK);
		CU_ASSERT(rs_thread_start(&thread, "writer", write_until_cancelled, &w));
		UNIT_INT(read_from(w.r, &l, 0, &upto, &err), RS_EOF);
		rs_thread_join(&thread);
		CU_ASSERT(upto == 0 || l.events[upto - 1].boundary);
		CU_ASSERT(upto <= w.upto && w.upto - upto < 5);
		UNIT_INT(rs_relay_write(w.r, cancel_writing, &w), RS_CANCELLED); /* it is to be finished */
		CU_ASSERT(rs_relay_is_finishing(w.r) && rs_relay_sleep(w.r, -1));
		rs_relay_go_on(w.r);
		spool_all(w.r, &l);
		reads_all(w.r, &l, upto);
		rs_relay_free(w.r);
		free(dir);
	}
	free(l.events);
}

static void one_that_lasts_goes_on_whoever_comes_to_its_end(void)
{
	struct rs_position end = RS_POSITION_INIT;
	char *dir = new_dir();
	struct log l = {0};
	struct writing w = {.r = relay_in(dir), .l = &l};
	struct rs_thread writer = {0};
	struct rs_err err = RS_ERR_INIT;
	size_t upto[2] = {0, 0};

	seed = 10;
	log_make(&l, 4, 100, 2000);
	rs_relay_set_lasting(w.r, true);
	UNIT_INT(rs_relay_write(w.r, cancel_writing, &w), RS_OK);
	CU_ASSERT(rs_thread_start(&writer, "writer", write_until_cancelled, &w));
	while (upto[0] < l.n || upto[1] < l.n)
		for (size_t i = 0; i < 2; i++) {
			enum rs_rc rc = read_from(w.r, &l, upto[i], &upto[i], &err);
			CU_ASSERT(rc == RS_EOF || (rc == RS_AGAIN && upto[i] == 0)); /* there is no head yet */
		}
	CU_ASSERT_FALSE(rs_relay_is_finishing(w.r));
	rs_relay_finish(w.r);
	rs_thread_join(&writer);
	position_after(&l, l.n, &end);
	rs_relay_passed(w.r, &end);
	CU_ASSERT(rs_relay_end(w.r, &end));
	rs_relay_set_lasting(w.r, false);
	rs_relay_passed(w.r, &end);
	CU_ASSERT_FALSE(rs_relay_end(w.r, &end));
	rs_position_clear(&end);
	rs_relay_free(w.r);
	free(l.events);
	free(dir);
}

UNIT_MAIN(UNIT_TEST(what_was_put_comes_back_from_every_place_between_transactions),
          UNIT_TEST(a_file_that_ends_soon_is_read_from_every_place_in_it),
          UNIT_TEST(a_small_quota_makes_small_segments_and_what_is_behind_goes),
          UNIT_TEST(what_is_not_committed_is_read_again),
          UNIT_TEST(a_tail_that_is_torn_at_any_byte_ends_with_a_whole_transaction),
          UNIT_TEST(a_flipped_bit_is_never_handed_out),
          UNIT_TEST(damage_under_a_reader_ends_it_and_what_is_before_is_kept),
          UNIT_TEST(one_that_is_emptied_and_filled_anew_is_no_way_on_for_who_reads),
          UNIT_TEST(a_missing_segment_ends_it),
          UNIT_TEST(it_covers_what_it_holds_of_the_same_log_alone),
          UNIT_TEST(what_is_of_another_server_or_task_is_removed),
          UNIT_TEST(only_its_owner_can_read_it),
          UNIT_TEST(a_position_of_transaction_ids_alone_is_where_it_began_with_them),
          UNIT_TEST(a_head_that_comes_again_begins_where_it_ended),
          UNIT_TEST(at_its_quota_it_is_full_until_there_is_room),
          UNIT_TEST(a_disk_that_is_full_costs_nothing_that_was_whole),
          UNIT_TEST(a_reader_at_the_end_ends_the_writer_and_reads_what_that_had),
          UNIT_TEST(one_that_lasts_goes_on_whoever_comes_to_its_end))
