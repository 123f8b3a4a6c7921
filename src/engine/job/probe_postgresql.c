#include "engine/job/pg_job.h"
#include "engine/job/probe.h"

#include <stdlib.h>
#include <string.h>
#include "base/i18n.h"

/* What is needed at a source alone is told of a destination, too, which may be one another time. */
static void put_wal(const char *side, const char *level, struct rs_probe_found *out)
{
	rs_buf_addf(&out->summary, _(", wal_level %s"), level);
	if (strcmp(side, N_("source")) != 0 || strcmp(level, "logical") == 0)
		return;
	rs_buf_adds(&out->summary, _(" (must be logical)"));
	out->unfit = true;
}

static void put_product(const struct rs_pg_product *product, bool distributed, struct rs_probe_found *out)
{
	rs_buf_adds(&out->summary, product->name);
	if (!distributed || product->family != RS_PG_POSTGRESQL)
		return;
	rs_buf_adds(&out->summary, _(" (not AnalyticDB for PostgreSQL)"));
	out->unfit = true;
}

static enum rs_rc look(struct rs_pg *pg, bool distributed, struct rs_probe_found *out, struct rs_err *err)
{
	char *one = NULL, *level = NULL, *database = NULL;
	const rs_usec before = rs_clock_mono();
	enum rs_rc rc = rs_pg_scalar(pg, "SELECT 1", &one, err);

	free(one);
	if (rc != RS_OK)
		return rc;
	put_product(&pg->product, distributed, out);
	rs_buf_addf(&out->summary, _(", %.1f ms"), (double)(rs_clock_mono() - before) / 1000);
	rc = rs_pg_scalar(pg, "SELECT pg_catalog.current_setting('wal_level')", &level, err);
	if (rc == RS_OK)
		rc = rs_pg_scalar(pg, "SELECT pg_catalog.current_database()", &database, err);
	if (rc == RS_OK) {
		put_wal(pg->side, level ? level : "?", out);
		rs_buf_addf(&out->summary, _(", database %s"), database ? database : "?");
	}
	free(level);
	free(database);
	return rc;
}

enum rs_rc rs_probe_postgresql(struct rs_job *job, const struct rs_endpoint *endpoint, struct rs_probe_found *out, struct rs_err *err)
{
	struct rs_pg pg;
	enum rs_rc rc = rs_job_open_pg(job, 0, &pg, endpoint, err);

	if (rc == RS_OK)
		rc = look(&pg, endpoint->distributed, out, err);
	rs_job_close_pg(job, 0);
	return rc;
}
