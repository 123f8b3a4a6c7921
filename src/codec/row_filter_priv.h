/* The inside of a bound row filter, shared by the files that make it up; nobody else includes this. */
#ifndef RS_ROW_FILTER_PRIV_H
#define RS_ROW_FILTER_PRIV_H

#include "codec/row_filter.h"

/* How a column's values are compared. */
enum rf_class {
	RF_NULL_ONLY,  /* not at all */
	RF_DECIMAL,    /* integers and DECIMAL: decimal text, exactly */
	RF_COUNT,      /* YEAR: as RF_DECIMAL, but never as the type that the server thinks it is */
	RF_BIT,        /* big-endian bytes, as a number */
	RF_ENUM,       /* the member's number */
	RF_DOUBLE,
	RF_BYTES,      /* text and binary strings */
	RF_MOMENT,     /* DATE, DATETIME, TIMESTAMP: their text, which is in the order of time */
	RF_TIME        /* microseconds */
};

/* A literal in the column's terms. */
struct rf_value {
	char *bytes;   /* RF_BYTES, RF_MOMENT; the decimal text of the number classes; of RF_TIME its text */
	size_t len;
	double number; /* RF_DOUBLE */
	int64_t usec;  /* RF_TIME */
};

/* One step of a pattern. */
struct rf_step {
	enum { RF_BYTE, RF_ANY_CHAR, RF_ANY } what;
	char byte;
};

struct rf_node {
	enum rs_filter_kind kind;
	enum rs_filter_op op;
	uint32_t column;
	enum rf_class class;
	struct rf_value *values;
	size_t n_values;
	struct rf_step *steps; /* LIKE */
	size_t n_steps;
	bool utf8;             /* LIKE: a character may have several bytes */
	struct rf_node *nodes;
	size_t n_nodes;
};

struct rs_row_filter {
	const struct rs_table *table;
	struct rf_node root;
};

enum rf_class rf_class_of(const struct rs_column *c);
/* row_filter_literal.c: a literal as the column's class compares it. at and what of errors are the literal's. */
enum rs_rc rf_read_literal(const struct rs_column *c, const struct rs_filter_literal *l, struct rf_value *out,
                           struct rs_err *err);
/* "[-]hh:mm:ss[.ffffff]" of any column in microseconds; false for anything else. */
bool rf_read_time(const char *text, size_t len, int64_t *usec);
/* Bytes of UTF-8 in the column's character set. RS_FAIL: they can't be told. */
enum rs_rc rf_to_charset(const struct rs_column *c, const char *text, size_t len, struct rs_buf *out);

#endif
