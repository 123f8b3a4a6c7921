/* What a statement in the log changed beside the tables that it names: a view stands for other tables, triggers and
 * stored functions write where they like, and where statements are logged none of that shows. */
#include "source/mysql_source.h"

#include <stdlib.h>
#include <string.h>

/* The account in use as the tables of privileges spell it. */
#define HOST "SUBSTRING_INDEX(CURRENT_USER(), '@', -1)"
#define ME                                                                                                             \
	"CONCAT('''', LEFT(CURRENT_USER(), CHAR_LENGTH(CURRENT_USER()) - CHAR_LENGTH(" HOST ") - 1), '''@''', " HOST ", '''')"
#define OWN(table, condition) "(SELECT COUNT(*) FROM information_schema." table " WHERE GRANTEE = " ME " AND " condition

static enum rs_rc ask(struct rs_my *my, const struct rs_buf *sql, bool *yes, struct rs_err *err)
{
	char *answer = NULL;
	enum rs_rc rc = rs_my_scalar(my, rs_buf_str(sql), &answer, err);

	*yes = rc == RS_OK && answer != NULL && strcmp(answer, "1") == 0;
	free(answer);
	return rc;
}

/* Also no where the account might not see the triggers. */
static enum rs_rc is_plain_table(struct rs_my *my, const char *db, const char *name, bool *yes, struct rs_err *err)
{
	struct rs_buf sql = RS_BUF_INIT;

	rs_buf_adds(&sql, "SELECT (SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_TYPE = 'BASE TABLE' AND "
	                  "TABLE_SCHEMA = ");
	rs_my_quote(&sql, db, strlen(db));
	rs_buf_adds(&sql, " AND TABLE_NAME = ");
	rs_my_quote(&sql, name, strlen(name));
	rs_buf_adds(&sql, ") = 1 AND (SELECT COUNT(*) FROM information_schema.TRIGGERS WHERE EVENT_OBJECT_SCHEMA = ");
	rs_my_quote(&sql, db, strlen(db));
	rs_buf_adds(&sql, " AND EVENT_OBJECT_TABLE = ");
	rs_my_quote(&sql, name, strlen(name));
	rs_buf_adds(&sql, ") = 0 AND " OWN("USER_PRIVILEGES", "PRIVILEGE_TYPE = 'TRIGGER')") " + "
	                  OWN("SCHEMA_PRIVILEGES", "PRIVILEGE_TYPE = 'TRIGGER' AND "));
	rs_my_quote(&sql, db, strlen(db));
	rs_buf_adds(&sql, " LIKE TABLE_SCHEMA) > 0");
	enum rs_rc rc = ask(my, &sql, yes, err);
	rs_buf_release(&sql);
	return rc;
}

/* A function is called by its name; a name that only looks like one does no harm here. */
static enum rs_rc calls_nothing(struct rs_my *my, const char *statement, size_t len, bool *yes, struct rs_err *err)
{
	struct rs_buf sql = RS_BUF_INIT;

	rs_buf_adds(&sql, "SELECT (SELECT COUNT(*) FROM information_schema.ROUTINES WHERE ROUTINE_TYPE = 'FUNCTION' AND "
	                  "ROUTINE_SCHEMA <> 'sys' AND LOCATE(LOWER(ROUTINE_NAME), LOWER(");
	rs_my_quote(&sql, statement, len);
	rs_buf_adds(&sql, ")) > 0) = 0 AND " OWN("USER_PRIVILEGES", "PRIVILEGE_TYPE IN ('SHOW_ROUTINE', 'SELECT'))") " + "
	                  OWN("TABLE_PRIVILEGES", "TABLE_SCHEMA = 'mysql' AND TABLE_NAME = 'proc')") " > 0");
	enum rs_rc rc = ask(my, &sql, yes, err);
	rs_buf_release(&sql);
	return rc;
}

enum rs_rc rs_mysql_changes_only(struct rs_source *s, const char *const *names, size_t n, const char *sql, size_t len,
                                 bool *yes, struct rs_err *err)
{
	struct rs_my *my = &((struct rs_mysql_source *)s)->my;
	enum rs_rc rc = calls_nothing(my, sql, len, yes, err);

	for (size_t i = 0; rc == RS_OK && *yes && i < n; i++)
		rc = is_plain_table(my, names[2 * i], names[2 * i + 1], yes, err);
	return rc;
}
