#include "engine/job/pg_job.h"

#define PATIENCE 60 /* seconds that a question about the catalogue may take: somebody is waiting for the answer */

static void cancel(void *conn)
{
	rs_pg_cancel(conn);
}

enum rs_rc rs_job_open_pg(struct rs_job *j, size_t slot, struct rs_pg *pg, const struct rs_endpoint *endpoint, struct rs_err *err)
{
	*pg = (struct rs_pg)RS_PG_INIT;
	if (rs_job_note(j, slot, (struct rs_job_conn){pg, cancel}, err) != RS_OK)
		return RS_CANCELLED;
	return rs_pg_open_endpoint(pg, endpoint, PATIENCE, err);
}

void rs_job_close_pg(struct rs_job *j, size_t slot)
{
	struct rs_pg *pg = rs_job_forget(j, slot);

	if (pg)
		rs_pg_close(pg);
}
