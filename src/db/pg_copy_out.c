#include "db/pg_copy_out.h"

#include "base/i18n.h"

enum rs_rc rs_pg_copy_out_open(struct rs_pg_copy_out *copy, struct rs_pg *pg, const char *sql, struct rs_err *err)
{
	PGresult *r;
	enum rs_rc rc = rs_pg_query(pg, sql, NULL, 0, &r, err);

	*copy = (struct rs_pg_copy_out){.pg = pg, .open = rc == RS_OK};
	PQclear(r);
	return rc;
}

/* Its end is there: what the server says of it. */
static enum rs_rc ended(struct rs_pg_copy_out *copy, struct rs_err *err)
{
	enum rs_rc rc = RS_OK;
	PGresult *r;

	copy->open = false;
	while (rc == RS_OK && (rc = rs_pg_await_result(copy->pg, err)) == RS_OK && (r = PQgetResult(copy->pg->handle)) != NULL) {
		if (PQresultStatus(r) != PGRES_COMMAND_OK)
			rc = rs_pg_failed(copy->pg, r, _("reading rows"), err);
		PQclear(r);
	}
	return rc == RS_OK ? RS_EOF : rc;
}

enum rs_rc rs_pg_copy_out_next(struct rs_pg_copy_out *copy, char **line, size_t *len, struct rs_err *err)
{
	enum rs_rc rc = RS_OK;
	int n = 0;

	PQfreemem(copy->line);
	copy->line = NULL;
	if (!copy->open)
		return RS_EOF;
	while (rc == RS_OK && (n = PQgetCopyData(copy->pg->handle, &copy->line, 1)) == 0)
		rc = rs_pg_await(copy->pg, 0, err);
	if (rc != RS_OK)
		return rc;
	if (n < 0)
		return ended(copy, err);
	*line = copy->line;
	*len = (size_t)n;
	return RS_OK;
}

void rs_pg_copy_out_close(struct rs_pg_copy_out *copy)
{
	PQfreemem(copy->line);
	if (copy->open)
		rs_pg_close(copy->pg);
	*copy = (struct rs_pg_copy_out){0};
}
