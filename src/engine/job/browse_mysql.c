#include "engine/job/browse.h"

#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "db/my_catalog.h"
#include "model/selection.h"

static enum rs_rc connect_to(void *conn, struct rs_job *job, const struct rs_endpoint *endpoint, struct rs_err *err)
{
	return rs_job_open(job, 0, conn, endpoint, err);
}

static void hang_up(void *conn, struct rs_job *job)
{
	(void)conn;
	rs_job_close(job, 0);
}

static bool is_open(const void *conn)
{
	return rs_my_is_open(conn);
}

static enum rs_rc databases(void *conn, struct rs_catalog *out, struct rs_err *err)
{
	struct rs_my_result r;
	enum rs_rc rc = rs_my_query(conn, "SELECT schema_name FROM information_schema.schemata ORDER BY schema_name", RS_MY_BUFFER, &r, err);

	if (rc != RS_OK)
		return rc;
	while ((rc = rs_my_next(&r, err)) == RS_OK)
		if (r.row[0] && !rs_selection_is_system_db(r.row[0]))
			rs_catalog_add(out, RS_OBJECT_DATABASE, r.row[0], r.row[0]);
	rs_my_result_free(&r);
	return rc == RS_EOF ? RS_OK : rc;
}

static bool is_this_db(void *arg, const char *db)
{
	return strcmp(arg, db) == 0;
}

static void move(struct rs_catalog *to, const struct rs_object *o)
{
	RS_GROW(to->objects, to->count, to->cap);
	to->objects[to->count++] = *o;
}

static enum rs_rc content(void *conn, const char *db, struct rs_catalog *out, struct rs_err *err)
{
	const struct rs_my_wanted wanted = {.db = is_this_db, .arg = (void *)(uintptr_t)db};
	struct rs_catalog all = {0}, itself = {0};
	enum rs_rc rc = rs_my_catalog_read(conn, &wanted, RS_MY_NAMES, &all, err);

	if (rc != RS_OK)
		return rc;
	for (size_t i = 0; i < all.count; i++)
		move(all.objects[i].kind == RS_OBJECT_DATABASE ? &itself : out, &all.objects[i]);
	all.count = 0;
	rs_catalog_release(&all);
	rs_catalog_release(&itself);
	return RS_OK;
}

static enum rs_rc table(void *conn, const char *db, const char *name, struct rs_table **out, struct rs_err *err)
{
	return rs_my_table_read(conn, db, name, out, err);
}

const struct rs_browse_ops rs_browse_mysql = {
	.conn_size = sizeof(struct rs_my), .open = connect_to, .close = hang_up, .is_open = is_open, .databases = databases, .content = content,
	.table = table,
};
