/* Where a table's AUTO_INCREMENT goes on: rows that came and went within one batch never were at the destination, and so never
 * raised it. */
#include "sink/mysql_sink.h"

#include <stdlib.h>
#include <string.h>
#include "base/fault.h"
#include "base/mem.h"
#include "codec/ddl.h"

static enum rs_rc read_counter(struct rs_mysql_sink *s, const char *db, const char *name, uint64_t *out, struct rs_err *err)
{
	const struct rs_sql_dialect dialect = {.mariadb = s->my.flavor == RS_MY_MARIADB, .version = s->my.version};
	struct rs_buf sql = RS_BUF_INIT;
	struct rs_my_result res;

	*out = 0;
	rs_buf_adds(&sql, "SHOW CREATE TABLE ");
	rs_quote_table(&sql, db, name);
	enum rs_rc rc = rs_my_query(&s->my, rs_buf_str(&sql), RS_MY_BUFFER, &res, err);
	rs_buf_release(&sql);
	if (rc != RS_OK)
		return rc;
	rc = rs_my_next(&res, err);
	if (rc == RS_OK && res.row[1] != NULL)
		rc = rs_ddl_counter(res.row[1], strlen(res.row[1]), &dialect, out, err);
	rs_my_result_free(&res);
	return rc;
}

enum rs_rc rs_mysql_raise_counter(struct rs_sink *base, const char *db, const char *name, uint64_t next, struct rs_err *err)
{
	struct rs_buf sql = RS_BUF_INIT;
	uint64_t now;
	enum rs_rc rc = read_counter(rs_mysql_sink_of(base), db, name, &now, err);

	if (rc != RS_OK || now == 0 || now >= next)
		return rc;
	rs_buf_adds(&sql, "ALTER TABLE ");
	rs_quote_table(&sql, db, name);
	rs_buf_addf(&sql, " AUTO_INCREMENT = %llu", (unsigned long long)next);
	rc = rs_mysql_define(base, &(struct rs_definition){.sql = rs_buf_str(&sql)}, err);
	rs_buf_release(&sql);
	rs_step("counter-raised");
	return rc;
}
