#include "codec/pgoutput.h"

#include "base/i18n.h"

#define EPOCH INT64_C(946684800000000) /* 2000-01-01 in microseconds since 1970 */

/* Where a message is read to. */
struct reading {
	const struct rs_pgoutput *d;
	struct rs_reader r;
	struct rs_pg_message *m;
};

static uint8_t get_byte(struct reading *x)
{
	return (uint8_t)rs_reader_be(&x->r, 1);
}

static uint16_t get_count(struct reading *x)
{
	uint16_t n = (uint16_t)rs_reader_be(&x->r, 2);

	x->r.bad = x->r.bad || n > INT16_MAX; /* signed there */
	return n;
}

static uint32_t get_id(struct reading *x)
{
	return (uint32_t)rs_reader_be(&x->r, 4);
}

static uint64_t get_lsn(struct reading *x)
{
	return rs_reader_be(&x->r, 8);
}

static int64_t get_time(struct reading *x)
{
	int64_t since_2000 = (int64_t)rs_reader_be(&x->r, 8), time = 0;

	if (__builtin_add_overflow(since_2000, EPOCH, &time))
		x->r.bad = true;
	return time;
}

/* What a message of a streamed transaction begins with. */
static void get_xid_if_streamed(struct reading *x)
{
	if (x->d->streaming)
		x->m->xid = get_id(x);
}

/* "N" and what the manual calls TupleData; looked through, so that it can be read without looking. */
static void get_row(struct reading *x, struct rs_pg_row *row)
{
	row->n = get_count(x);
	row->left = x->r;
	for (unsigned i = 0; i < row->n && !x->r.bad; i++)
		switch (get_byte(x)) {
		case 'n':
		case 'u': break;
		case 't':
		case 'b': (void)rs_reader_slice(&x->r, get_id(x)); break;
		default: x->r.bad = true;
		}
}

/* --- transactions ------------------------------------------------------------------------------- */

static void begin(struct reading *x)
{
	x->m->lsn = get_lsn(x);
	x->m->time = get_time(x);
	x->m->xid = get_id(x);
}

/* Flags (none is known), where it is, where it ends, when. */
static void commit(struct reading *x)
{
	(void)get_byte(x);
	x->m->lsn = get_lsn(x);
	x->m->end = get_lsn(x);
	x->m->time = get_time(x);
}

static void origin(struct reading *x)
{
	x->m->lsn = get_lsn(x);
	x->m->name = rs_reader_cstring(&x->r);
}

static void stream_start(struct reading *x)
{
	x->m->xid = get_id(x);
	x->m->first = get_byte(x) != 0;
}

static void stream_stop(struct reading *x)
{
	(void)x;
}

static void stream_commit(struct reading *x)
{
	x->m->xid = get_id(x);
	commit(x);
}

static void stream_abort(struct reading *x)
{
	x->m->xid = get_id(x);
	x->m->subxid = get_id(x);
	if (!x->d->parallel)
		return;
	x->m->lsn = get_lsn(x);
	x->m->time = get_time(x);
}

static void begin_prepare(struct reading *x)
{
	x->m->lsn = get_lsn(x);
	x->m->end = get_lsn(x);
	x->m->time = get_time(x);
	x->m->xid = get_id(x);
	x->m->gid = rs_reader_cstring(&x->r);
}

static void prepare(struct reading *x)
{
	(void)get_byte(x);
	begin_prepare(x);
}

static void rollback_prepared(struct reading *x)
{
	(void)get_byte(x);
	x->m->lsn = get_lsn(x);
	x->m->end = get_lsn(x);
	x->m->prepare_time = get_time(x);
	x->m->time = get_time(x);
	x->m->xid = get_id(x);
	x->m->gid = rs_reader_cstring(&x->r);
}

/* --- schemas ------------------------------------------------------------------------------------ */

static void get_names(struct reading *x)
{
	x->m->oid = get_id(x);
	x->m->schema = rs_reader_cstring(&x->r);
	x->m->name = rs_reader_cstring(&x->r);
	if (!*x->m->schema)
		x->m->schema = "pg_catalog";
}

static bool identity_of(uint8_t byte, enum rs_pg_identity *out)
{
	switch (byte) {
	case 'd': *out = RS_PG_IDENTITY_KEY; return true;
	case 'n': *out = RS_PG_IDENTITY_NONE; return true;
	case 'f': *out = RS_PG_IDENTITY_FULL; return true;
	case 'i': *out = RS_PG_IDENTITY_INDEX; return true;
	default: return false;
	}
}

static void relation(struct reading *x)
{
	get_xid_if_streamed(x);
	get_names(x);
	x->r.bad = !identity_of(get_byte(x), &x->m->identity) || x->r.bad;
	x->m->n_columns = get_count(x);
	x->m->list = x->r;
	for (unsigned i = 0; i < x->m->n_columns && !x->r.bad; i++) {
		(void)get_byte(x);
		(void)rs_reader_cstring(&x->r);
		(void)rs_reader_slice(&x->r, 8);
	}
}

static void type(struct reading *x)
{
	get_xid_if_streamed(x);
	get_names(x);
}

/* --- changes ------------------------------------------------------------------------------------ */

static void insert(struct reading *x)
{
	get_xid_if_streamed(x);
	x->m->oid = get_id(x);
	x->r.bad = get_byte(x) != 'N' || x->r.bad;
	get_row(x, &x->m->row);
}

/* 'K' or 'O' and the row as it was; returns what comes instead, or behind it. */
static uint8_t get_old(struct reading *x, uint8_t tag)
{
	if (tag != 'K' && tag != 'O')
		return tag;
	x->m->has_old = true;
	x->m->old_is_key = tag == 'K';
	get_row(x, &x->m->old);
	return 0;
}

static void update(struct reading *x)
{
	uint8_t tag;

	get_xid_if_streamed(x);
	x->m->oid = get_id(x);
	tag = get_old(x, get_byte(x));
	if (!tag)
		tag = get_byte(x);
	x->r.bad = tag != 'N' || x->r.bad;
	get_row(x, &x->m->row);
}

static void delete(struct reading *x)
{
	get_xid_if_streamed(x);
	x->m->oid = get_id(x);
	x->r.bad = get_old(x, get_byte(x)) != 0 || x->r.bad;
}

static void truncate(struct reading *x)
{
	uint8_t options;

	get_xid_if_streamed(x);
	x->m->n_relations = get_id(x);
	options = get_byte(x);
	x->m->cascade = options & 1;
	x->m->restart_identity = options & 2;
	x->m->list = x->r;
	(void)rs_reader_slice(&x->r, (uint64_t)x->m->n_relations * 4);
}

static void message(struct reading *x)
{
	get_xid_if_streamed(x);
	x->m->transactional = get_byte(x) & 1;
	x->m->lsn = get_lsn(x);
	x->m->name = rs_reader_cstring(&x->r);
	x->m->content = rs_reader_slice(&x->r, get_id(x));
}

/* --- all of them -------------------------------------------------------------------------------- */

/* By the byte that a message begins with. */
static const struct kind {
	enum rs_pg_kind kind;
	unsigned since;          /* protocol; 0: there is no such message */
	void (*read)(struct reading *x);
} kinds[] = {
	['B'] = {RS_PG_BEGIN, 1, begin},
	['C'] = {RS_PG_COMMIT, 1, commit},
	['O'] = {RS_PG_ORIGIN, 1, origin},
	['R'] = {RS_PG_RELATION, 1, relation},
	['Y'] = {RS_PG_TYPE, 1, type},
	['I'] = {RS_PG_INSERT, 1, insert},
	['U'] = {RS_PG_UPDATE, 1, update},
	['D'] = {RS_PG_DELETE, 1, delete},
	['T'] = {RS_PG_TRUNCATE, 1, truncate},
	['M'] = {RS_PG_MESSAGE, 1, message},
	['S'] = {RS_PG_STREAM_START, 2, stream_start},
	['E'] = {RS_PG_STREAM_STOP, 2, stream_stop},
	['c'] = {RS_PG_STREAM_COMMIT, 2, stream_commit},
	['A'] = {RS_PG_STREAM_ABORT, 2, stream_abort},
	['b'] = {RS_PG_BEGIN_PREPARE, 3, begin_prepare},
	['P'] = {RS_PG_PREPARE, 3, prepare},
	['K'] = {RS_PG_COMMIT_PREPARED, 3, prepare},
	['r'] = {RS_PG_ROLLBACK_PREPARED, 3, rollback_prepared},
	['p'] = {RS_PG_STREAM_PREPARE, 3, prepare},
};

/* Pieces of streamed transactions do not hold each other, and hold nothing but changes. */
static bool is_out_of_place(const struct rs_pgoutput *d, enum rs_pg_kind kind)
{
	switch (kind) {
	case RS_PG_ORIGIN:
	case RS_PG_RELATION:
	case RS_PG_TYPE:
	case RS_PG_INSERT:
	case RS_PG_UPDATE:
	case RS_PG_DELETE:
	case RS_PG_TRUNCATE:
	case RS_PG_MESSAGE: return false;
	case RS_PG_STREAM_STOP: return !d->streaming;
	default: return d->streaming;
	}
}

enum rs_rc rs_pgoutput_read(struct rs_pgoutput *d, const void *bytes, size_t len, struct rs_pg_message *out, struct rs_err *err)
{
	struct reading x = {.d = d, .r = rs_reader_of(bytes, len), .m = out};
	uint8_t tag = get_byte(&x);
	const struct kind *k = tag < sizeof kinds / sizeof *kinds && kinds[tag].since && kinds[tag].since <= d->protocol ? &kinds[tag] : NULL;

	if (x.r.bad)
		return rs_err_set(err, RS_E_EVENT_MALFORMED, _("a message of the source's log is empty"));
	if (!k)
		return rs_err_set(err, RS_E_EVENT_UNKNOWN, _("a message of the source's log is of kind 0x%02x"), tag);
	*out = (struct rs_pg_message){.kind = k->kind};
	k->read(&x);
	if (x.r.bad || rs_reader_left(&x.r) || is_out_of_place(d, k->kind))
		return rs_err_set(err, RS_E_EVENT_MALFORMED, _("a message of the source's log, of kind %c and %zu bytes, is malformed at byte %zu"),
		                  tag, len, rs_reader_offset(&x.r));
	if (k->kind == RS_PG_STREAM_START || k->kind == RS_PG_STREAM_STOP)
		d->streaming = k->kind == RS_PG_STREAM_START;
	return RS_OK;
}

struct rs_pg_value rs_pg_value_next(struct rs_pg_row *row)
{
	struct rs_pg_value v = {RS_PG_NULL, {NULL, 0}};

	switch (rs_reader_be(&row->left, 1)) {
	case 'u': v.presence = RS_PG_UNCHANGED; break;
	case 't': v.presence = RS_PG_TEXT; break;
	case 'b': v.presence = RS_PG_BINARY; break;
	default: break;
	}
	if (v.presence == RS_PG_TEXT || v.presence == RS_PG_BINARY)
		v.bytes = rs_reader_slice(&row->left, rs_reader_be(&row->left, 4));
	return v;
}

struct rs_pg_column rs_pg_column_next(struct rs_pg_message *m)
{
	struct rs_pg_column c = {.identity = rs_reader_be(&m->list, 1) & 1};

	c.name = rs_reader_cstring(&m->list);
	c.type = (uint32_t)rs_reader_be(&m->list, 4);
	c.typmod = (int32_t)rs_reader_be(&m->list, 4);
	return c;
}

uint32_t rs_pg_oid_next(struct rs_pg_message *m)
{
	return (uint32_t)rs_reader_be(&m->list, 4);
}
