/* What testing a connection is for each protocol: opens one as the endpoint says, in the job's slot 0, appends what it found
 * ("10.11.19-MariaDB, 0.3 ms, binlog ROW"), and closes it. Where the server can't be what its side of a task needs, the summary says so
 * and it is unfit. Blocks the job's thread; stopping the job ends that. Errors are those of opening and asking. */
#ifndef RS_PROBE_H
#define RS_PROBE_H

#include "engine/job/job.h"

/* Empty at first. */
struct rs_probe_found {
	struct rs_buf summary;
	bool unfit;
};

enum rs_rc rs_probe_mysql(struct rs_job *job, const struct rs_endpoint *endpoint, struct rs_probe_found *out, struct rs_err *err) RS_MUST_CHECK;
enum rs_rc rs_probe_postgresql(struct rs_job *job, const struct rs_endpoint *endpoint, struct rs_probe_found *out,
                               struct rs_err *err) RS_MUST_CHECK;
enum rs_rc rs_probe_kafka(struct rs_job *job, const struct rs_endpoint *endpoint, struct rs_probe_found *out, struct rs_err *err) RS_MUST_CHECK;

#endif
