#include "db/pg_catalog.h"
#include "engine/job/browse.h"
#include "engine/job/pg_job.h"
#include "model/selection.h"

static enum rs_rc connect_to(void *conn, struct rs_job *job, const struct rs_endpoint *endpoint, struct rs_err *err)
{
	return rs_job_open_pg(job, 0, conn, endpoint, err);
}

static void hang_up(void *conn, struct rs_job *job)
{
	(void)conn;
	rs_job_close_pg(job, 0);
}

static bool is_open(const void *conn)
{
	return rs_pg_is_open(conn);
}

/* But for those that can't be selected: the schema dts is ours, where the server is a destination as well. */
static enum rs_rc databases(void *conn, struct rs_catalog *out, struct rs_err *err)
{
	struct rs_catalog all = {0};
	enum rs_rc rc = rs_pg_schemas_read(conn, &all, err);

	for (size_t i = 0; i < all.count; i++)
		if (!rs_selection_is_system_db(all.objects[i].db))
			(void)rs_catalog_add(out, RS_OBJECT_DATABASE, all.objects[i].db, all.objects[i].db);
	rs_catalog_release(&all);
	return rc;
}

static enum rs_rc content(void *conn, const char *db, struct rs_catalog *out, struct rs_err *err)
{
	return rs_pg_content_read(conn, db, out, err);
}

static enum rs_rc table(void *conn, const char *db, const char *name, struct rs_table **out, struct rs_err *err)
{
	return rs_pg_table_read(conn, db, name, out, err);
}

const struct rs_browse_ops rs_browse_postgresql = {
	.conn_size = sizeof(struct rs_pg), .open = connect_to, .close = hang_up, .is_open = is_open, .databases = databases, .content = content,
	.table = table,
};
