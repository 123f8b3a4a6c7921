/* The checks of MySQL → PostgreSQL. */
#ifndef RS_PG_CHECKS_H
#define RS_PG_CHECKS_H

#include "check/check.h"

extern const struct rs_check rs_pg_checks[];

#endif
