#include "engine/job/kafka_job.h"

#include "base/clock.h"
#include "base/i18n.h"
#include "engine/job/probe.h"

static void cancel(void *conn)
{
	rs_kafka_cancel(conn);
}

static void summarize(const struct rs_kafka_cluster *c, rs_usec took, struct rs_buf *out)
{
	/* TRANSLATORS: release, milliseconds; followed by how many brokers and topics there are */
	rs_buf_addf(out, _("Kafka %s, %.1f ms, "), c->version, (double)took / 1000);
	rs_buf_addf(out, ngettext("%d broker, ", "%d brokers, ", (unsigned long)c->brokers), c->brokers);
	rs_buf_addf(out, ngettext("%zu topic", "%zu topics", (unsigned long)c->n_topics), c->n_topics);
}

static enum rs_rc look(struct rs_kafka *k, const struct rs_endpoint *endpoint, struct rs_kafka_cluster *out, struct rs_buf *summary,
                       struct rs_err *err)
{
	enum rs_rc rc = rs_kafka_open_endpoint(k, endpoint, NULL, err);
	rs_usec before = rs_clock_mono();

	if (rc == RS_OK)
		rc = rs_kafka_describe(k, out, err);
	if (rc == RS_OK)
		summarize(out, rs_clock_mono() - before, summary);
	return rc;
}

enum rs_rc rs_job_ask_kafka(struct rs_job *job, const struct rs_endpoint *endpoint, struct rs_kafka_cluster *out,
                            struct rs_buf *summary, struct rs_err *err)
{
	struct rs_kafka k = {.handle = NULL};
	enum rs_rc rc;

	*out = (struct rs_kafka_cluster){.version = ""};
	if (rs_job_note(job, 0, (struct rs_job_conn){&k, cancel}, err) != RS_OK)
		return RS_CANCELLED;
	rc = look(&k, endpoint, out, summary, err);
	(void)rs_job_forget(job, 0);
	rs_kafka_close(&k);
	return rc;
}

static enum rs_rc time_it(struct rs_kafka *k, unsigned times, rs_usec *shortest, struct rs_err *err)
{
	enum rs_rc rc = RS_OK;

	for (unsigned i = 0; rc == RS_OK && i < times; i++) {
		struct rs_kafka_cluster c;
		rs_usec began = rs_clock_mono(), took;

		rc = rs_kafka_describe(k, &c, err);
		took = rs_clock_mono() - began;
		*shortest = i == 0 || took < *shortest ? took : *shortest;
		rs_kafka_cluster_release(&c);
	}
	return rc;
}

enum rs_rc rs_job_time_kafka(struct rs_job *job, const struct rs_endpoint *endpoint, unsigned times, rs_usec *shortest,
                             struct rs_err *err)
{
	struct rs_kafka k = {.handle = NULL};
	enum rs_rc rc;

	if (rs_job_note(job, 0, (struct rs_job_conn){&k, cancel}, err) != RS_OK)
		return RS_CANCELLED;
	rc = rs_kafka_open_endpoint(&k, endpoint, NULL, err);
	if (rc == RS_OK)
		rc = time_it(&k, times, shortest, err);
	(void)rs_job_forget(job, 0);
	rs_kafka_close(&k);
	return rc;
}

enum rs_rc rs_probe_kafka(struct rs_job *job, const struct rs_endpoint *endpoint, struct rs_probe_found *out, struct rs_err *err)
{
	struct rs_kafka_cluster c;
	enum rs_rc rc = rs_job_ask_kafka(job, endpoint, &c, &out->summary, err);

	rs_kafka_cluster_release(&c);
	return rc;
}
