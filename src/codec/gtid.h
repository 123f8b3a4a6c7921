/* Global transaction ids: MySQL's sets of intervals a server (and tag), MariaDB's last sequence number a domain. Both
 * are plain values with one owner, no locking; memory is control-path memory and grows with the number of intervals. */
#ifndef RS_GTID_H
#define RS_GTID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/buf.h"
#include "base/err.h"
#include "model/position_set.h"

#define RS_GTID_TAG_MAX 32
#define RS_GTID_TEXT_MAX (36 + 1 + RS_GTID_TAG_MAX + 1 + 20 + 1) /* one id with its NUL */

/* What another server's log is to transactions that were read elsewhere. */
enum rs_succession {
	RS_SUCCEEDS, /* it holds them all */
	RS_LAGS,     /* it lacks some behind those that it holds */
	RS_DIVERGED, /* it went on without some, or was begun anew */
	RS_STRANGER  /* it holds none */
};

/* --- MySQL ------------------------------------------------------------------------------------------------------ */

struct rs_gtid {
	uint8_t uuid[16];
	char tag[RS_GTID_TAG_MAX + 1]; /* "" for none; lower case */
	uint64_t gno;                  /* from 1; 0: anonymous */
};

struct rs_gtid_interval {
	uint64_t start, end; /* end is exclusive, as on the wire */
};

struct rs_gtid_source {
	uint8_t uuid[16];
	char tag[RS_GTID_TAG_MAX + 1];
	struct rs_gtid_interval *intervals; /* ascending, neither touching nor overlapping, never empty */
	size_t n_intervals, cap;
};

struct rs_gtid_set {
	struct rs_gtid_source *sources; /* ordered by uuid, then tag */
	size_t n_sources, cap;
};

#define RS_GTID_SET_INIT {NULL, 0, 0}

void rs_gtid_set_clear(struct rs_gtid_set *s);
void rs_gtid_set_copy(struct rs_gtid_set *to, const struct rs_gtid_set *from);
/* Reads "uuid[:tag]:1-5:7:tag2:1,uuid2:…" (spaces and newlines between items allowed) and adds it to s. RS_E_VALUE. */
enum rs_rc rs_gtid_set_parse(struct rs_gtid_set *s, const char *text, struct rs_err *err);
/* The server's own notation, canonical, without newlines; "" for the empty set. */
enum rs_rc rs_gtid_set_print(const struct rs_gtid_set *s, struct rs_buf *out);
void rs_gtid_set_add(struct rs_gtid_set *s, const struct rs_gtid *g);
/* Adds start … end - 1. */
void rs_gtid_set_add_range(struct rs_gtid_set *s, const uint8_t uuid[16], const char *tag, uint64_t start, uint64_t end);
void rs_gtid_set_union(struct rs_gtid_set *s, const struct rs_gtid_set *other);
void rs_gtid_set_subtract(struct rs_gtid_set *s, const struct rs_gtid_set *other);
bool rs_gtid_set_contains(const struct rs_gtid_set *s, const struct rs_gtid *g);
/* Every id of other is in s. */
bool rs_gtid_set_includes(const struct rs_gtid_set *s, const struct rs_gtid_set *other);
bool rs_gtid_set_equal(const struct rs_gtid_set *a, const struct rs_gtid_set *b);
/* Whether two texts are of the same set; false for anything else. */
bool rs_gtid_set_texts_equal(const char *a, const char *b);
/* theirs: what the other server has executed, and ours what we have of its group. */
enum rs_succession rs_gtid_set_succession(const struct rs_gtid_set *theirs, const struct rs_gtid_set *ours);
static inline bool rs_gtid_set_is_empty(const struct rs_gtid_set *s) { return s->n_sources == 0; }
/* Adds ids as model/ahead.h has them. RS_E_VALUE. */
enum rs_rc rs_gtid_set_add_ids(struct rs_gtid_set *s, const struct rs_position_set *ids, struct rs_err *err);
/* How many ids; UINT64_MAX where there are more. */
uint64_t rs_gtid_set_count(const struct rs_gtid_set *s);
/* The form of COM_BINLOG_DUMP_GTID and of PREVIOUS_GTIDS; the tagged variant only where a tag is there. */
enum rs_rc rs_gtid_set_encode(const struct rs_gtid_set *s, struct rs_buf *out);
/* Reads both variants and adds them to s. RS_E_EVENT_MALFORMED. */
enum rs_rc rs_gtid_set_decode(struct rs_gtid_set *s, const void *bytes, size_t len, struct rs_err *err);

/* "uuid:gno" or "uuid:tag:gno" into buf of at least RS_GTID_TEXT_MAX bytes. Returns buf. */
char *rs_gtid_print(const struct rs_gtid *g, char *buf);
enum rs_rc rs_gtid_parse(struct rs_gtid *g, const char *text, struct rs_err *err);

/* --- MariaDB ---------------------------------------------------------------------------------------------------- */

struct rs_domain_gtid {
	uint32_t domain, server;
	uint64_t seq;
};

/* The last id of each domain: a replication position. */
struct rs_domain_set {
	struct rs_domain_gtid *items; /* ordered by domain, one each */
	size_t count, cap;
};

#define RS_DOMAIN_SET_INIT {NULL, 0, 0}

void rs_domain_set_clear(struct rs_domain_set *s);
void rs_domain_set_copy(struct rs_domain_set *to, const struct rs_domain_set *from);
/* Reads "0-1-100,2-5-7" and updates s with each; "" is the empty set. RS_E_VALUE. */
enum rs_rc rs_domain_set_parse(struct rs_domain_set *s, const char *text, struct rs_err *err);
enum rs_rc rs_domain_set_print(const struct rs_domain_set *s, struct rs_buf *out);
/* Makes g its domain's last id, whatever was there before. */
void rs_domain_set_update(struct rs_domain_set *s, const struct rs_domain_gtid *g);
/* NULL where the domain is not there. */
const struct rs_domain_gtid *rs_domain_set_find(const struct rs_domain_set *s, uint32_t domain);
/* The domain's last id is g or has a higher sequence number. */
bool rs_domain_set_contains(const struct rs_domain_set *s, const struct rs_domain_gtid *g);
bool rs_domain_set_includes(const struct rs_domain_set *s, const struct rs_domain_set *other);
bool rs_domain_set_equal(const struct rs_domain_set *a, const struct rs_domain_set *b);
/* The last of ids, as model/ahead.h has them, become their domains' last where they come behind it. RS_E_VALUE. */
enum rs_rc rs_domain_set_add_ids(struct rs_domain_set *s, const struct rs_position_set *ids, struct rs_err *err);
/* Takes out of ids those up to the last of their domain. RS_E_VALUE. */
enum rs_rc rs_domain_set_take_out(const struct rs_domain_set *s, struct rs_position_set *ids, struct rs_err *err);
/* state: as @@gtid_binlog_state of the other server has it, the last id of each server in each domain. RS_E_VALUE. */
enum rs_rc rs_domain_set_succession(const char *state, const struct rs_domain_set *ours, enum rs_succession *out,
                                    struct rs_err *err);
/* --- either ------------------------------------------------------------------------------------------------------ */

/* Whether a position's set has a transaction's id, of MariaDB's as the last of its domain: where the set is that of the end of
 * a transaction that was read, and the other one is read behind where that began, they are the same, whichever server's log has
 * it. */
bool rs_gtid_set_ends_with(const char *set, const char *gtid);

/* "domain-server-seq" into buf of at least RS_GTID_TEXT_MAX bytes. Returns buf. */
char *rs_domain_gtid_print(const struct rs_domain_gtid *g, char *buf);

#endif
