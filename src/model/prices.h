/* What the phases of a task cost: prices.ini in the configuration directory, written by hand, described in rds-sync-task(5).
 * Without it schemas, full copies and Zero-ETL are free, and following changes is metered at a price that nobody has said.
 * Loaded whole, immutable afterwards. */
#ifndef RS_PRICES_H
#define RS_PRICES_H

#include <stdbool.h>
#include <stdint.h>
#include "base/err.h"
#include "base/ini.h"

struct rs_prices {
	struct rs_ini *ini; /* NULL: there is no file */
};
#define RS_PRICES_INIT {NULL}

/* Of a phase. */
struct rs_price {
	bool known;         /* else it is metered, and what it costs can't be said */
	double hour;        /* of running time */
	double million;     /* changes */
};

/* path NULL: the usual place. A file that does not exist is no error. RS_E_IO, RS_E_INI_SYNTAX, which also names a key or a
 * value that is not valid with its line. */
enum rs_rc rs_prices_load(struct rs_prices *p, const char *path, struct rs_err *err) RS_MUST_CHECK;
void rs_prices_release(struct rs_prices *p);
/* flow NULL: any. phase: "schema", "full", "incremental". */
struct rs_price rs_prices_of(const struct rs_prices *p, const char *flow, const char *phase);
/* "CNY"; "": the file does not say. Borrowed. */
const char *rs_prices_currency(const struct rs_prices *p);
/* Of running time and changes; < 0: can't be said. */
double rs_price_cost(const struct rs_price *price, double seconds, uint64_t changes);

#endif
