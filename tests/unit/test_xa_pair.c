/* XA transactions among what was gathered, as text: "T" is one of its own, "P:a" prepares a, "E:a" the same without rows, "C:a"
 * commits it and "R:a" rolls it back. What becomes of them: "X:a" is a transaction like any other in the place of a's COMMIT. */
#include "unit.h"

#include <stdlib.h>
#include <string.h>
#include "base/buf.h"
#include "base/mem.h"
#include "engine/follow/follow.h"

static struct rs_row_change no_rows[2];

static void put(struct rs_follow *f, enum rs_change_kind kind, const char *xid)
{
	struct rs_change *c = rs_change_new(kind);
	bool inside = kind == RS_CHANGE_BEGIN || kind == RS_CHANGE_ROWS;

	c->bytes = 7 + f->n_items;
	c->xid = xid ? rs_arena_copy(&c->arena, xid, strlen(xid)) : NULL;
	c->gtid = inside && kind == RS_CHANGE_ROWS ? NULL : rs_xprintf("0-1-%zu", f->n_items);
	if (kind == RS_CHANGE_ROWS) {
		c->rows = no_rows;
		c->n_rows = 2;
		c->ordinal = 90 + f->n_items;
	}
	rs_position_set_file(&c->position, "binlog.000001", 100 * (f->n_items + 1));
	RS_GROW(f->items, f->n_items, f->cap_items);
	f->items[f->n_items++] = c;
	f->bytes += c->bytes;
}

static void put_word(struct rs_follow *f, const char *word)
{
	const char *xid = word[1] == ':' ? word + 2 : NULL;

	if (word[0] == 'C' || word[0] == 'R') {
		put(f, word[0] == 'C' ? RS_CHANGE_XA_COMMIT : RS_CHANGE_XA_ROLLBACK, xid);
		return;
	}
	put(f, RS_CHANGE_BEGIN, xid);
	for (int i = 0; i < 2 && word[0] != 'E'; i++)
		put(f, RS_CHANGE_ROWS, NULL);
	put(f, word[0] == 'T' ? RS_CHANGE_COMMIT : RS_CHANGE_XA_PREPARE, xid);
}

static void gather(struct rs_follow *f, const char *script)
{
	char *text = rs_xstrdup(script), *rest = text;

	for (char *word; (word = strsep(&rest, " ")) != NULL;)
		put_word(f, word);
	f->complete_items = f->n_items;
	f->complete_bytes = f->bytes;
	free(text);
}

/* What the lanes note of it, and that its rows are numbered as those of a body that was stored. */
static const char *look_at_paired(const struct rs_follow *f, size_t begin, size_t end)
{
	const struct rs_change *c = f->items[begin], *was = c->attached, *commit = f->items[end - 1];

	UNIT_INT(c->position.offset, commit->position.offset - 1);
	CU_ASSERT(was->position.offset < c->position.offset && strcmp(was->gtid, c->gtid) != 0);
	CU_ASSERT_PTR_NULL(c->xid);
	for (size_t i = begin + 1; i + 1 < end; i++)
		UNIT_INT(f->items[i]->ordinal, 1 + 2 * (i - begin - 1));
	return was->xid;
}

static void describe(const struct rs_follow *f, size_t begin, size_t end, struct rs_buf *out)
{
	const struct rs_change *first = f->items[begin], *last = f->items[end - 1];

	if (out->len > 0)
		rs_buf_addc(out, ' ');
	if (first->kind != RS_CHANGE_BEGIN)
		rs_buf_addf(out, "%c:%s", first->kind == RS_CHANGE_XA_COMMIT ? 'C' : 'R', first->xid);
	else if (last->kind == RS_CHANGE_XA_PREPARE)
		rs_buf_addf(out, "P:%s", last->xid);
	else if (first->attached != NULL)
		rs_buf_addf(out, "X:%s", look_at_paired(f, begin, end));
	else
		rs_buf_addc(out, 'T');
}

static void release(struct rs_follow *f)
{
	while (f->n_items > 0)
		rs_change_free(f->items[--f->n_items]);
	free(f->items);
	rs_map_release(&f->bodies, NULL);
}

/* What becomes of the script; what is still open stays behind it. malloc'ed. Of "s" the destination has a body. */
static char *paired(const char *script)
{
	struct rs_follow f = {0};
	struct rs_buf out = RS_BUF_INIT;
	size_t bytes = 0;

	gather(&f, script);
	rs_map_put(&f.bodies, "s", 1, &f);
	put(&f, RS_CHANGE_BEGIN, "open");
	rs_follow_pair_xa(&f);
	for (size_t at = 0, end; at < f.complete_items; at = end) {
		end = rs_follow_transaction_end(&f, at);
		describe(&f, at, end, &out);
	}
	UNIT_INT(f.n_items, f.complete_items + 1);
	UNIT_STR(f.items[f.n_items - 1]->xid, "open");
	for (size_t i = 0; i < f.n_items; i++)
		bytes += f.items[i]->bytes;
	UNIT_INT(f.bytes, bytes);
	UNIT_INT(f.complete_bytes, bytes - f.items[f.n_items - 1]->bytes);
	release(&f);
	return rs_buf_take(&out);
}

static void becomes(const char *script, const char *expected)
{
	char *text = paired(script);

	UNIT_STR(text, expected);
	free(text);
}

static void what_is_finished_takes_the_place_of_its_end(void)
{
	becomes("T T", "T T");
	becomes("P:a C:a", "X:a");
	becomes("T P:a T C:a T", "T T X:a T");
	becomes("P:a P:b C:a T C:b", "X:a T X:b");
	becomes("P:a R:a T", "T");
	becomes("P:a C:a P:a C:a", "X:a X:a");
}

static void what_is_not_finished_is_stored(void)
{
	becomes("P:a", "P:a");
	becomes("C:a", "C:a");
	becomes("R:a P:a", "R:a P:a");
	becomes("T P:b P:a C:a", "T P:b X:a");
	becomes("P:a C:a C:b P:c", "X:a C:b P:c");
}

/* A batch ends beside it, and its position would say that a body is stored that is not. */
static void nothing_moves_across_what_is_stored(void)
{
	becomes("P:a P:b C:a", "P:a P:b C:a");
	becomes("P:a C:b C:a", "P:a C:b C:a");
	becomes("P:b P:a C:b P:u C:a", "P:b P:a C:b P:u C:a");
	becomes("P:u P:a T C:a C:v", "P:u T X:a C:v");
}

/* Between the two nothing may end a batch: who goes on there meets a COMMIT of which no body is stored. */
static void what_has_no_rows_keeps_its_end_where_something_is_between(void)
{
	becomes("E:a C:a T", "T");
	becomes("E:a T C:a P:u", "T X:a P:u");
	becomes("E:a E:b C:a C:b", "X:a X:b");
	becomes("E:a T R:a P:u", "T P:u");
}

static void what_was_rolled_back_needs_no_body_in_between(void)
{
	becomes("P:a P:b R:a T", "P:b T");
}

/* Only the last of them is what an end means, and it takes the place of the others in the store. */
static void an_xid_that_is_prepared_again_is_stored(void)
{
	becomes("P:a P:a C:a", "P:a P:a C:a");
	becomes("P:a P:a R:a", "P:a P:a R:a");
	becomes("P:a P:a R:a P:a C:a", "P:a P:a R:a X:a");
}

static void an_xid_of_which_a_body_is_there_is_stored_in_its_place(void)
{
	becomes("P:s T C:s", "P:s T C:s");
	becomes("P:s R:s P:a C:a", "P:s R:s X:a");
}

static char *random_script(unsigned *seed)
{
	struct rs_buf script = RS_BUF_INIT;

	for (int n = 1 + rand_r(seed) % 40; n > 0; n--) {
		char kind = "TTPPCCCR"[rand_r(seed) % 8];
		rs_buf_addc(&script, kind);
		if (kind != 'T')
			rs_buf_addf(&script, ":%c", 'a' + rand_r(seed) % 6);
		if (n > 1)
			rs_buf_addc(&script, ' ');
	}
	return rs_buf_take(&script);
}

/* Each COMMIT is still there, moved or not; and each PREPARE, but for what is finished. */
static void nothing_is_lost(void)
{
	unsigned seed = unit_seed();

	printf("# seed %u\n", seed);
	for (int round = 0; round < 2000; round++) {
		char *script = random_script(&seed), *text = paired(script);
		size_t before[4] = {0}, after[4] = {0};
		for (const char *c = script; *c != '\0'; c++)
			for (int k = 0; k < 4; k++)
				before[k] += *c == "TCPR"[k];
		for (const char *c = text; *c != '\0'; c++)
			for (int k = 0; k < 4; k++)
				after[k] += *c == "TCPX"[k];
		size_t undone = before[3];
		if (after[0] != before[0] || after[1] + after[3] != before[1] || after[2] + after[3] + undone < before[2] ||
		    after[2] + after[3] > before[2])
			printf("# round %d: %s became %s\n", round, script, text);
		UNIT_INT(after[0], before[0]);
		UNIT_INT(after[1] + after[3], before[1]);
		CU_ASSERT(after[2] + after[3] <= before[2] && after[2] + after[3] + undone >= before[2]);
		free(script);
		free(text);
	}
}

UNIT_MAIN(UNIT_TEST(what_is_finished_takes_the_place_of_its_end), UNIT_TEST(what_is_not_finished_is_stored),
          UNIT_TEST(nothing_moves_across_what_is_stored),
          UNIT_TEST(what_has_no_rows_keeps_its_end_where_something_is_between), UNIT_TEST(what_was_rolled_back_needs_no_body_in_between),
          UNIT_TEST(an_xid_that_is_prepared_again_is_stored),
          UNIT_TEST(an_xid_of_which_a_body_is_there_is_stored_in_its_place), UNIT_TEST(nothing_is_lost))
