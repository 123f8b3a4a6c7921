/* As rs_job_open and rs_job_close, for servers of the PostgreSQL family: called in the job's thread. */
#ifndef RS_PG_JOB_H
#define RS_PG_JOB_H

#include "db/pg_login.h"
#include "engine/job/job.h"

enum rs_rc rs_job_open_pg(struct rs_job *j, size_t slot, struct rs_pg *pg, const struct rs_endpoint *endpoint,
                          struct rs_err *err) RS_MUST_CHECK;
void rs_job_close_pg(struct rs_job *j, size_t slot);

#endif
