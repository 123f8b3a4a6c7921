/* What an account may do, read from SHOW GRANTS of the server itself (roles that are active included): which privileges
 * are missing for an object, and the statement that gives them. Plain data, one owner. */
#ifndef RS_MY_GRANTS_H
#define RS_MY_GRANTS_H

#include <stdbool.h>
#include <stdint.h>
#include "base/err.h"
#include "db/my_conn.h"

/* X(symbol, name in GRANT statements, another name that SHOW GRANTS gives it) */
#define RS_PRIVILEGES(X)                                             \
	X(SELECT, "SELECT", NULL)                                        \
	X(INSERT, "INSERT", NULL)                                        \
	X(UPDATE, "UPDATE", NULL)                                        \
	X(DELETE, "DELETE", NULL)                                        \
	X(CREATE, "CREATE", NULL)                                        \
	X(DROP, "DROP", NULL)                                            \
	X(ALTER, "ALTER", NULL)                                          \
	X(INDEX, "INDEX", NULL)                                          \
	X(REFERENCES, "REFERENCES", NULL)                                \
	X(LOCK_TABLES, "LOCK TABLES", NULL)                              \
	X(CREATE_VIEW, "CREATE VIEW", NULL)                              \
	X(SHOW_VIEW, "SHOW VIEW", NULL)                                  \
	X(CREATE_ROUTINE, "CREATE ROUTINE", NULL)                        \
	X(ALTER_ROUTINE, "ALTER ROUTINE", NULL)                          \
	X(EXECUTE, "EXECUTE", NULL)                                      \
	X(TRIGGER, "TRIGGER", NULL)                                      \
	X(EVENT, "EVENT", NULL)                                          \
	X(REPLICATION_SLAVE, "REPLICATION SLAVE", NULL)                  \
	X(REPLICATION_CLIENT, "REPLICATION CLIENT", "BINLOG MONITOR")    \
	X(SUPER, "SUPER", NULL)                                          \
	X(SHOW_ROUTINE, "SHOW_ROUTINE", NULL)                            \
	X(SET_DEFINER, "SET_ANY_DEFINER", "SET_USER_ID")                 \
	X(SET_USER, "SET USER", NULL)                                    \
	X(READ_ONLY_ADMIN, "READ_ONLY ADMIN", "CONNECTION_ADMIN")

enum rs_privilege_bit {
#define X(symbol, name, alias) RS_PRIVILEGE_##symbol,
	RS_PRIVILEGES(X)
#undef X
	RS_PRIVILEGE_COUNT
};
#define RS_MAY(symbol) (UINT32_C(1) << RS_PRIVILEGE_##symbol)
#define RS_MAY_ALL ((UINT32_C(1) << RS_PRIVILEGE_COUNT) - 1)

/* One GRANT or REVOKE line. */
struct rs_grant {
	uint32_t privileges;
	char *db;      /* a pattern, NULL: all */
	char *table;   /* NULL: all */
	bool revoked;  /* a partial revoke of MySQL 8 */
};

struct rs_grants {
	struct rs_grant *items;
	size_t count, cap;
	char *account;  /* 'dts'@'%', as it stands in a GRANT statement */
	bool fold_case; /* names compare without case */
};

enum rs_rc rs_grants_read(struct rs_my *my, struct rs_grants *out, struct rs_err *err) RS_MUST_CHECK;
void rs_grants_release(struct rs_grants *g);
/* Adds one line of SHOW GRANTS; what is not understood grants nothing. */
void rs_grants_add(struct rs_grants *g, const char *line);

/* Which of wanted (bits) are missing. db NULL: on *.*; table NULL: on all of db. */
uint32_t rs_grants_missing(const struct rs_grants *g, uint32_t wanted, const char *db, const char *table);
/* Appends "SELECT, INSERT". */
void rs_privileges_text(struct rs_buf *out, uint32_t privileges);
/* Appends "GRANT SELECT ON `db`.`table` TO 'dts'@'%';", a line. */
void rs_grants_statement(const struct rs_grants *g, struct rs_buf *out, uint32_t privileges, const char *db,
                         const char *table);

#endif
