/* Differences that stay: told, kept, looked at again, and repaired where that is wanted. */
#include "engine/verify/verifier_priv.h"

#include <stdlib.h>
#include <string.h>
#include "base/i18n.h"
#include "base/mem.h"
#include "engine/verify/row_key.h"

#define LOOK_EVERY (10 * RS_USEC_PER_SEC)
#define LOOK_AT 200  /* so many at once */
#define KNOWN_MAX 20000 /* of all tables */
#define REPAIR_AGAIN (600 * RS_USEC_PER_SEC) /* one that could not be mended */
#define MANY 50      /* rows of one table that differ: it is repaired as a whole */
#define TOLD_SINGLY 10

static struct rs_known *find(struct rs_verifier *v, uint64_t hash)
{
	for (size_t i = 0; i < v->n_known; i++)
		if (v->known[i].hash == hash)
			return &v->known[i];
	return NULL;
}

static bool is_of(const struct rs_known *known, const char *db, const char *table)
{
	return strcmp(known->diff.table, table) == 0 && strcmp(known->diff.db, db) == 0;
}

size_t rs_known_of(struct rs_verifying *k, const struct rs_verified_table *t)
{
	size_t n = 0;

	for (size_t i = 0; i < k->v->n_known; i++)
		n += is_of(&k->v->known[i], t->db, t->name);
	return n;
}

static void clear(struct rs_known *known)
{
	rs_known_diff_clear(&known->diff);
	rs_bound_clear(&known->key);
}

void rs_known_free(struct rs_known *known, size_t n)
{
	for (size_t i = 0; i < n; i++)
		clear(&known[i]);
	free(known);
}

/* ---------------------------------------------------------------- found */

/* The log has no data of the user's: the key is in the snapshots alone. */
static void tell(struct rs_verifying *k, const struct rs_verified_table *t, enum rs_diff_kind kind)
{
	size_t n = rs_known_of(k, t);
	struct rs_err err = RS_ERR_INIT;
	char *name = rs_xprintf("%s.%s", t->db, t->name);

	rs_err_set(&err, RS_E_VERIFY_DIFFERENT, _("rows of source and destination differ"));
	rs_err_hint(&err, _("\"rds-sync status --json\" lists them; \"rds-sync repair\" mends them"));
	if (n <= TOLD_SINGLY)
		rs_journal(k->e, RS_LOG_WARN, &err, "difference table=%s kind=%s", name, rs_diff_kind_code(kind));
	else if (n % 100 == 0)
		rs_journal(k->e, RS_LOG_WARN, &err, "differences table=%s known=%zu", name, n);
	pthread_mutex_lock(&k->e->stats.lock);
	rs_problems_add(&k->e->stats.problems, &err, name, false);
	pthread_mutex_unlock(&k->e->stats.lock);
	rs_err_clear(&err);
	free(name);
}

static struct rs_known make(const struct rs_verified_table *t, const struct rs_case *c, enum rs_diff_kind kind)
{
	struct rs_known known = {.hash = c->hash};

	rs_bound_copy(&known.key, &c->key);
	known.diff = (struct rs_known_diff){.kind = kind, .db = rs_xstrdup(t->db), .table = rs_xstrdup(t->name),
	                                    .key = rs_xstrdup(c->key.n == 0 ? "*" : c->name ? c->name : ""),
	                                    .place = rs_bound_to_text(&c->key), .found = rs_clock_wall()};
	return known;
}

void rs_known_differs(struct rs_verifying *k, const struct rs_case *c, enum rs_diff_kind kind)
{
	const struct rs_verified_table *t = &k->tables[c->table];
	struct rs_verifier *v = k->v;
	bool is_new = find(v, c->hash) == NULL;

	if (is_new && (v->n_known >= KNOWN_MAX || rs_known_of(k, t) >= RS_VERIFY_KNOWN_MAX))
		return;
	rs_monitor_enter(&v->monitor);
	if (is_new) {
		RS_GROW(v->known, v->n_known, v->cap_known);
		v->known[v->n_known++] = make(t, c, kind);
		v->shown.found++;
	} else {
		find(v, c->hash)->diff.kind = kind;
	}
	rs_monitor_leave(&v->monitor);
	if (!is_new)
		return;
	rs_stats_differ(&k->e->stats, t->db, t->name, 1);
	tell(k, t, kind);
}

static void drop(struct rs_verifying *k, struct rs_known *known)
{
	struct rs_verifier *v = k->v;

	rs_stats_differ(&k->e->stats, known->diff.db, known->diff.table, -1);
	rs_monitor_enter(&v->monitor);
	v->shown.repaired += known->mended;
	v->shown.gone += !known->mended;
	clear(known);
	memmove(known, known + 1, (size_t)(&v->known[--v->n_known] - known) * sizeof *known);
	rs_monitor_leave(&v->monitor);
}

void rs_known_agrees(struct rs_verifying *k, const struct rs_case *c)
{
	const struct rs_verified_table *t = &k->tables[c->table];
	struct rs_known *known = find(k->v, c->hash);

	if (known == NULL)
		return;
	rs_journal(k->e, RS_LOG_INFO, NULL, "a difference is gone table=%s.%s repaired=%s", t->db, t->name,
	           known->mended ? "yes" : "no");
	drop(k, known);
}

/* ---------------------------------------------------------------- looked at again */

static void look_at(struct rs_verifying *k, struct rs_known *known)
{
	size_t table = rs_verified_table_find(k, known->diff.db, known->diff.table);

	if (table < k->n_tables)
		rs_judge_add(k, table, &known->key, RS_REASON_KNOWN);
}

static void look_at_mended(struct rs_verifying *k)
{
	struct rs_verifier *v = k->v;

	rs_monitor_enter(&v->monitor);
	while (v->n_mended > 0) {
		char *db = v->mended[--v->n_mended], *table = strchr(db, '\n');
		*table++ = '\0';
		for (size_t i = 0; i < v->n_known; i++) {
			if (!is_of(&v->known[i], db, table))
				continue;
			v->known[i].mended = true;
			look_at(k, &v->known[i]);
		}
		free(db);
	}
	rs_monitor_leave(&v->monitor);
}

static void drop_what_left(struct rs_verifying *k)
{
	struct rs_verifier *v = k->v;

	for (size_t i = v->n_known; i-- > 0;)
		if (rs_verified_table_find(k, v->known[i].diff.db, v->known[i].diff.table) == k->n_tables)
			drop(k, &v->known[i]);
}

/* A table that is judged as one is, by every pass, and costs all of its rows. */
static bool is_left_to_passes(const struct rs_verifying *k, const struct rs_known *known)
{
	size_t table = rs_verified_table_find(k, known->diff.db, known->diff.table);

	return known->key.n == 0 && k->wanted.continuous && table < k->n_tables && k->tables[table].open &&
	       k->tables[table].dest_key == NULL;
}

/* Some of them, in turn: there may be more than can be looked at before the next turn. */
static void look_at_some(struct rs_verifying *k)
{
	struct rs_verifier *v = k->v;
	size_t n = v->n_known < LOOK_AT ? v->n_known : LOOK_AT;

	for (size_t i = 0; i < n; i++) {
		struct rs_known *known = &v->known[k->look_from++ % v->n_known];
		if (!is_left_to_passes(k, known))
			look_at(k, known);
	}
	k->looked = rs_clock_mono();
}

/* ---------------------------------------------------------------- repaired */

static void put_off_repairs(struct rs_verifying *k, const struct rs_known_diff *of, rs_usec until)
{
	for (size_t i = 0; i < k->v->n_known; i++)
		if (is_of(&k->v->known[i], of->db, of->table))
			k->v->known[i].not_repaired_before = until;
}

static void complain(struct rs_verifying *k, const struct rs_err *err)
{
	pthread_mutex_lock(&k->e->stats.lock);
	rs_problems_add(&k->e->stats.problems, err, NULL, false);
	pthread_mutex_unlock(&k->e->stats.lock);
}

/* Until it is known what came of it none of the table's is tried again. */
static void ask_for_repair(struct rs_verifying *k, struct rs_known *known)
{
	size_t table = rs_verified_table_find(k, known->diff.db, known->diff.table);
	bool many = table < k->n_tables && rs_known_of(k, &k->tables[table]) > MANY;
	char *place = many ? (char *)(uintptr_t)"" : known->diff.place;
	const struct rs_diff_range range = {.db = known->diff.db, .table = known->diff.table, .after = place, .upto = place};
	struct rs_err err = RS_ERR_INIT;

	k->repair = rs_repairs_add(k->e, &range, &err);
	if (k->repair != 0 && !many)
		known->not_repaired_before = rs_clock_mono() + REPAIR_AGAIN;
	else
		put_off_repairs(k, &known->diff, rs_clock_mono() + REPAIR_AGAIN);
	rs_err_clear(&err);
}

static void repair(struct rs_verifying *k)
{
	struct rs_repair_counts done = {0};
	struct rs_err err = RS_ERR_INIT;

	if (k->repair != 0 && !rs_repairs_look(k->e, k->repair, &done, &err))
		return;
	k->repair = 0;
	if (rs_err_is_set(&err))
		complain(k, &err);
	rs_err_clear(&err);
	for (size_t i = 0; k->wanted.repair && k->repair == 0 && i < k->v->n_known; i++)
		if (k->v->known[i].not_repaired_before <= rs_clock_mono())
			ask_for_repair(k, &k->v->known[i]);
}

void rs_known_tend(struct rs_verifying *k)
{
	look_at_mended(k);
	if (k->v->n_known > 0 && (k->looked == 0 || rs_clock_mono() - k->looked > LOOK_EVERY)) {
		drop_what_left(k);
		look_at_some(k);
	}
	repair(k);
}
