/* What the files of ddl_translate share: the edits to the text, the notes, and what each product knows since when. An
 * edit replaces whole tokens; edits may not overlap, but one that lies within another is left out with it. */
#ifndef RS_DDL_TRANSLATE_PRIV_H
#define RS_DDL_TRANSLATE_PRIV_H

#include "codec/ddl_translate.h"
#include "codec/ddl_tree.h"

struct tr_edit {
	uint32_t start, end; /* bytes */
	uint32_t seq;        /* order of those at the same place */
	char *text;
};

struct tr {
	const struct rs_ddl *d;
	const struct rs_ddl_tree *tree;
	const struct rs_sql *s;
	const struct rs_ddl_target *target;
	const struct rs_sql_dialect *from, *to;
	struct rs_translation *out;
	struct rs_err *err;
	struct tr_edit *edits;
	uint32_t n_edits, cap_edits;
	size_t cap_notes;
	bool *dropped;      /* elements of CREATE TABLE, or changes of ALTER TABLE, that the statement is left without */
	bool *moved;        /* elements of CREATE TABLE that are written apart */
	bool engine_changed;
	bool nothing_left;  /* ALTER DATABASE of options that the destination has not */
};

/* What a server may know; the table says since which version. */
enum tr_feature {
	TR_UUID,
	TR_INET4,
	TR_INET6,
	TR_VECTOR,
	TR_JSON,              /* as a type of its own, or an alias */
	TR_JSON_TYPE,         /* as a type of its own */
	TR_LONG_YEAR,         /* YEAR(2) is gone */
	TR_GENERATED,
	TR_STORED,            /* the word, beside PERSISTENT */
	TR_INVISIBLE_COLUMN,
	TR_INVISIBLE_INDEX,
	TR_IGNORED_INDEX,
	TR_FUNCTIONAL_KEY,
	TR_CHECK,             /* CHECK is enforced */
	TR_ENFORCED,          /* [NOT] ENFORCED */
	TR_DEFAULT_EXPR,
	TR_DEFAULT_BARE,      /* DEFAULT f(), without parentheses, and literal defaults of TEXT and BLOB */
	TR_MIXED_NOW,         /* CURRENT_TIMESTAMP of another precision than the column, or for other types */
	TR_VERSIONING,
	TR_COMPRESSED_COLUMN,
	TR_SRID,
	TR_INLINE_FK,         /* REFERENCES in a column's definition makes a foreign key */
	TR_SEQUENCE,
	TR_OR_REPLACE,        /* of everything, not only of views */
	TR_VECTOR_KEY,
	TR_PARSER,            /* full-text parser plugins that come with it */
	TR_UTF8MB3_NAMES      /* collations are called utf8mb3_…, not utf8_… */
};

bool tr_knows(const struct rs_sql_dialect *dialect, enum tr_feature feature);
/* The destination lacks what the source has. */
bool tr_lacks(const struct tr *w, enum tr_feature feature);
static inline bool tr_other_product(const struct tr *w) { return w->from->mariadb != w->to->mariadb; }

/* --- edits; token ranges are [from, to) --- */
void tr_replace(struct tr *w, uint32_t from, uint32_t to, const char *text);
/* With the blank before it. */
void tr_delete(struct tr *w, uint32_t from, uint32_t to);
void tr_insert_after(struct tr *w, uint32_t token, const char *text);
void tr_insert_before(struct tr *w, uint32_t token, const char *text);
/* The source's text of the tokens, malloc'ed. */
char *tr_text(const struct tr *w, uint32_t from, uint32_t to);
void tr_note(struct tr *w, const char *object, const char *from, const char *to, bool lossy);
/* A note whose from is the text of tokens. */
void tr_note_tokens(struct tr *w, const char *object, uint32_t from, uint32_t to, const char *becomes, bool lossy);

/* --- parts --- */
/* Columns of CREATE and ALTER TABLE. */
enum rs_rc tr_columns(struct tr *w);
/* Of one column, which is called so: its NOT NULL and its default are written out where they were implied. */
void tr_timestamp(struct tr *w, const struct rs_ddl_column *c, const char *name);
/* Keys, constraints. */
enum rs_rc tr_keys(struct tr *w);
/* Table options, partitions, and the options of databases. */
enum rs_rc tr_options(struct tr *w);
/* COLLATE and CHARACTER SET wherever they stand. */
enum rs_rc tr_collations(struct tr *w);

#endif
