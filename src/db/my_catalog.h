/* What a server of the MySQL family holds, as the model's catalogue and tables: from information_schema in a few
 * queries a database, and from SHOW CREATE where the statements are asked for. Used for both sides. MySQL 5.1 to 9 and
 * MariaDB 5.5 to 11.
 *
 * Only what the account may see is told: triggers need TRIGGER, routines EXECUTE (their text SHOW_ROUTINE, or SELECT on
 * mysql.proc), events EVENT. An object that can be seen but not be synchronized says so (rs_object.unsupported). Each
 * call blocks its thread on the connection; rs_my_cancel ends it. Sessions are RS_MY_CATALOG. */
#ifndef RS_MY_CATALOG_H
#define RS_MY_CATALOG_H

#include <stdbool.h>
#include "base/err.h"
#include "db/my_conn.h"
#include "model/catalog.h"

enum rs_my_depth {
	RS_MY_NAMES,     /* objects; of tables engine, collation, rows, bytes and their unique keys, which have no parts */
	RS_MY_SCHEMAS,   /* and whole schemas of tables */
	RS_MY_STATEMENTS /* and the statement that makes each object */
};

/* What is wanted: NULL functions want everything. Databases of the server itself are never told. */
struct rs_my_wanted {
	bool (*db)(void *arg, const char *db);
	bool (*table)(void *arg, const char *db, const char *table); /* also asked for views and sequences */
	/* Whether routines, triggers of unwanted tables, and events of the database are wanted; NULL: yes. */
	bool (*whole_db)(void *arg, const char *db);
	void *arg;
};

/* *out is empty and gets sorted objects, collations and the server's identity. Databases that are not there are no
 * error: they are not in the result. RS_E_SQL…, RS_E_CONN_LOST, RS_CANCELLED; *out is empty then. */
enum rs_rc rs_my_catalog_read(struct rs_my *my, const struct rs_my_wanted *wanted, enum rs_my_depth depth,
                              struct rs_catalog *out, struct rs_err *err) RS_MUST_CHECK;

/* One table as it is now: a new reference. Nobody can change the table while it is read (its metadata lock is held for
 * that long), so it is never half of one version and half of the next. Not inside a transaction: it ends one.
 * RS_E_SOURCE_TABLE_GONE or RS_E_DEST_TABLE_MISSING, as the connection's side is; RS_E_NOT_SUPPORTED for a type that is
 * not known. */
enum rs_rc rs_my_table_read(struct rs_my *my, const char *db, const char *table, struct rs_table **out,
                            struct rs_err *err) RS_MUST_CHECK;

/* The statement that makes an object, as SHOW CREATE gives it; malloc'ed. RS_EOF: there is none that can be seen. */
enum rs_rc rs_my_statement_read(struct rs_my *my, enum rs_object_kind kind, const char *db, const char *name, char **out,
                                struct rs_err *err) RS_MUST_CHECK;

/* "server_uuid", or "host:port/server_id" of one that has none: to tell whether two connections reach one server. */
enum rs_rc rs_my_server_identity(struct rs_my *my, char **out, struct rs_err *err) RS_MUST_CHECK;

/* Whether rows that a foreign key's action changed are not in the server's log. */
bool rs_my_hides_cascades(struct rs_my *my);

#endif
