/* MariaDB's GTIDs: the last sequence number of each replication domain. */
#include <string.h>

#include "base/i18n.h"
#include "base/mem.h"
#include "codec/gtid.h"
#include "codec/number.h"

void rs_domain_set_clear(struct rs_domain_set *s)
{
	free(s->items);
	*s = (struct rs_domain_set)RS_DOMAIN_SET_INIT;
}

void rs_domain_set_copy(struct rs_domain_set *to, const struct rs_domain_set *from)
{
	struct rs_domain_set copy = {NULL, from->count, from->count};

	if (from->count) {
		copy.items = rs_xmalloc(from->count * sizeof *copy.items);
		memcpy(copy.items, from->items, from->count * sizeof *copy.items);
	}
	rs_domain_set_clear(to);
	*to = copy;
}

static size_t place_of(const struct rs_domain_set *s, uint32_t domain)
{
	size_t lo = 0, hi = s->count;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (s->items[mid].domain < domain)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

const struct rs_domain_gtid *rs_domain_set_find(const struct rs_domain_set *s, uint32_t domain)
{
	size_t i = place_of(s, domain);

	return i < s->count && s->items[i].domain == domain ? &s->items[i] : NULL;
}

void rs_domain_set_update(struct rs_domain_set *s, const struct rs_domain_gtid *g)
{
	size_t i = place_of(s, g->domain);

	if (i == s->count || s->items[i].domain != g->domain) {
		RS_GROW(s->items, s->count, s->cap);
		memmove(&s->items[i + 1], &s->items[i], (s->count - i) * sizeof *s->items);
		s->count++;
	}
	s->items[i] = *g;
}

bool rs_domain_set_contains(const struct rs_domain_set *s, const struct rs_domain_gtid *g)
{
	const struct rs_domain_gtid *last = rs_domain_set_find(s, g->domain);

	return last && last->seq >= g->seq;
}

bool rs_domain_set_includes(const struct rs_domain_set *s, const struct rs_domain_set *other)
{
	for (size_t i = 0; i < other->count; i++)
		if (!rs_domain_set_contains(s, &other->items[i]))
			return false;
	return true;
}

bool rs_domain_set_equal(const struct rs_domain_set *a, const struct rs_domain_set *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (a->items[i].domain != b->items[i].domain || a->items[i].server != b->items[i].server ||
		    a->items[i].seq != b->items[i].seq)
			return false;
	return true;
}

char *rs_domain_gtid_print(const struct rs_domain_gtid *g, char *buf)
{
	char *p = rs_number_u64(buf, g->domain);

	*p++ = '-';
	p = rs_number_u64(p, g->server);
	*p++ = '-';
	*rs_number_u64(p, g->seq) = 0;
	return buf;
}

enum rs_rc rs_domain_set_print(const struct rs_domain_set *s, struct rs_buf *out)
{
	char text[RS_GTID_TEXT_MAX];

	for (size_t i = 0; i < s->count; i++) {
		if (i)
			rs_buf_addc(out, ',');
		rs_buf_adds(out, rs_domain_gtid_print(&s->items[i], text));
	}
	return rs_buf_failed(out) ? RS_FAIL : RS_OK;
}

static void skip_space(const char **p)
{
	while (**p == ' ' || **p == '\t' || **p == '\n' || **p == '\r')
		++*p;
}

static bool read_number(const char **p, uint64_t max, uint64_t *out)
{
	uint64_t v = 0;

	if (**p < '0' || **p > '9')
		return false;
	for (; **p >= '0' && **p <= '9'; ++*p) {
		uint64_t digit = (uint64_t)(**p - '0');

		if (v > (max - digit) / 10)
			return false;
		v = v * 10 + digit;
	}
	*out = v;
	return true;
}

static bool read_gtid(const char **p, struct rs_domain_gtid *g)
{
	uint64_t domain, server;

	skip_space(p);
	if (!read_number(p, UINT32_MAX, &domain) || *(*p)++ != '-')
		return false;
	if (!read_number(p, UINT32_MAX, &server) || *(*p)++ != '-')
		return false;
	g->domain = (uint32_t)domain;
	g->server = (uint32_t)server;
	if (!read_number(p, UINT64_MAX, &g->seq))
		return false;
	skip_space(p);
	return true;
}

static bool read_set(struct rs_domain_set *s, const char *p)
{
	struct rs_domain_gtid g;

	skip_space(&p);
	if (!*p)
		return true;
	for (;; p++) {
		if (!read_gtid(&p, &g))
			return false;
		rs_domain_set_update(s, &g);
		if (*p != ',')
			return *p == 0;
	}
}

enum rs_rc rs_domain_set_parse(struct rs_domain_set *s, const char *text, struct rs_err *err)
{
	struct rs_domain_set read = RS_DOMAIN_SET_INIT;
	bool good = read_set(&read, text);

	for (size_t i = 0; good && i < read.count; i++)
		rs_domain_set_update(s, &read.items[i]);
	rs_domain_set_clear(&read);
	return good ? RS_OK : rs_err_set(err, RS_E_VALUE, _("not a position in replication domains: %s"), text);
}

/* --- ids behind a set ------------------------------------------------------------------------------------------- */

/* The last of those with one name. */
static enum rs_rc last_of(const struct rs_position_file *f, struct rs_domain_gtid *out, struct rs_err *err)
{
	char *id = rs_xprintf("%s-%llu", f->name, (unsigned long long)f->offsets[f->n - 1]);
	const char *p = id;
	enum rs_rc rc = RS_OK;

	if (!read_gtid(&p, out) || *p != '\0')
		rc = rs_err_set(err, RS_E_VALUE, _("not a position in replication domains: %s"), id);
	free(id);
	return rc;
}

enum rs_rc rs_domain_set_add_ids(struct rs_domain_set *s, const struct rs_position_set *ids, struct rs_err *err)
{
	struct rs_domain_gtid g;

	for (size_t i = 0; i < ids->n; i++) {
		if (last_of(&ids->files[i], &g, err) != RS_OK)
			return RS_FAIL;
		const struct rs_domain_gtid *now = rs_domain_set_find(s, g.domain);
		if (now == NULL || now->seq < g.seq)
			rs_domain_set_update(s, &g);
	}
	return RS_OK;
}

enum rs_rc rs_domain_set_take_out(const struct rs_domain_set *s, struct rs_position_set *ids, struct rs_err *err)
{
	struct rs_domain_gtid g;

	for (size_t i = ids->n; i > 0; i--) {
		if (last_of(&ids->files[i - 1], &g, err) != RS_OK)
			return RS_FAIL;
		const struct rs_domain_gtid *last = rs_domain_set_find(s, g.domain);
		if (last != NULL)
			rs_position_set_drop_of(ids, i - 1, last->seq);
	}
	return RS_OK;
}

/* --- another server's log --------------------------------------------------------------------------------------- */

/* What the other's log holds of one domain. */
struct domain_state {
	const struct rs_domain_gtid *last; /* ours */
	uint64_t highest;                  /* of any server; 0: none */
	bool known, held;                  /* the server of ours has written there; as far as ours */
};

static void look_at(struct domain_state *d, const struct rs_domain_gtid *theirs)
{
	if (theirs->domain != d->last->domain)
		return;
	d->highest = theirs->seq > d->highest ? theirs->seq : d->highest;
	d->known = d->known || theirs->server == d->last->server;
	d->held = d->held || (theirs->server == d->last->server && theirs->seq >= d->last->seq);
}

static bool read_state(const char *p, struct domain_state *d)
{
	struct rs_domain_gtid g;

	skip_space(&p);
	while (*p) {
		if (!read_gtid(&p, &g) || (*p && *p != ','))
			return false;
		look_at(d, &g);
		p += *p == ',';
	}
	return true;
}

enum rs_rc rs_domain_set_succession(const char *state, const struct rs_domain_set *ours, enum rs_succession *out,
                                    struct rs_err *err)
{
	bool known = false, lags = false, diverged = false;

	for (size_t i = 0; i < ours->count; i++) {
		struct domain_state d = {.last = &ours->items[i]};

		if (!read_state(state, &d))
			return rs_err_set(err, RS_E_VALUE, _("not a position in replication domains: %s"), state);
		known = known || d.known;
		lags = lags || (!d.held && d.highest < d.last->seq);
		diverged = diverged || (!d.held && d.highest >= d.last->seq);
	}
	*out = !known ? RS_STRANGER : diverged ? RS_DIVERGED : lags ? RS_LAGS : RS_SUCCEEDS;
	return RS_OK;
}

static bool domain_ends_with(const char *set, const char *gtid)
{
	struct rs_domain_set all = RS_DOMAIN_SET_INIT, one = RS_DOMAIN_SET_INIT;
	bool yes = false;

	if (rs_domain_set_parse(&all, set, NULL) == RS_OK && rs_domain_set_parse(&one, gtid, NULL) == RS_OK && one.count == 1) {
		const struct rs_domain_gtid *last = rs_domain_set_find(&all, one.items[0].domain);
		yes = last && last->server == one.items[0].server && last->seq == one.items[0].seq;
	}
	rs_domain_set_clear(&all);
	rs_domain_set_clear(&one);
	return yes;
}

bool rs_gtid_set_ends_with(const char *set, const char *gtid)
{
	struct rs_gtid_set all = RS_GTID_SET_INIT;
	struct rs_gtid one;

	if (!strchr(gtid, ':'))
		return domain_ends_with(set, gtid);
	bool yes = rs_gtid_parse(&one, gtid, NULL) == RS_OK && rs_gtid_set_parse(&all, set, NULL) == RS_OK && rs_gtid_set_contains(&all, &one);
	rs_gtid_set_clear(&all);
	return yes;
}
