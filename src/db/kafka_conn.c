#include "db/kafka_conn.h"

#include <stdlib.h>
#include <string.h>
#include "base/buf.h"
#include "base/clock.h"
#include "base/i18n.h"
#include "base/mem.h"
#include "db/kafka_error.h"

enum {
	PORT = 9092,
	TIMEOUT = 10,            /* seconds, where the caller gives none */
	WAIT_SLICE = 100,        /* milliseconds between looks at the cancel flag while no broker is connected, */
	WAIT_SLICE_MAX = 2000,   /* and at most while one owes an answer */
	ERROR_MAX = 512
};

/* ------------------------------------------------------------------ errors */

static enum rs_rc cancelled(const struct rs_kafka *k, struct rs_err *err)
{
	rs_err_set(err, RS_E_CANCELLED, _("%s %s: cancelled"), _(k->side), k->address);
	return RS_CANCELLED;
}

enum rs_rc rs_kafka_fail(struct rs_kafka *k, struct rs_err *err, rd_kafka_resp_err_t native, const char *text, const char *what)
{
	const char *said = text ? text : rd_kafka_err2str(native);
	struct rs_kafka_meaning meaning = rs_kafka_error_meaning(native, said);
	const bool first = err && !rs_err_is_set(err);

	if (atomic_load(&k->cancelled))
		return cancelled(k, err);
	rs_err_set(err, meaning.code, _("%s %s: %s failed"), _(k->side), k->address, what);
	if (first) {
		err->retry = meaning.retry;
		err->native = native > 0 ? (unsigned)native : 0;
		if (meaning.hint)
			rs_err_hint(err, "%s", _(meaning.hint));
	}
	return rs_err_detail(err, "%s: %s", rd_kafka_err2name(native), said);
}

/* While nobody has answered yet the first reason that explains it stays: what follows from it says less. Later the last one counts. */
static void note_failure(struct rs_kafka *k, rd_kafka_resp_err_t native, const char *reason)
{
	bool follows = native == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN;

	if (k->reason && (follows || (!k->apis.known && rs_kafka_error_is_final(k->failure, k->reason))))
		return;
	k->failure = native;
	free(k->reason);
	k->reason = rs_kafka_error_bare(reason);
}

static void on_error(rd_kafka_t *handle, int native, const char *reason, void *opaque)
{
	struct rs_kafka *k = opaque;

	(void)handle;
	note_failure(k, native, reason);
	if (native == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN && k->cut_off == 0)
		k->cut_off = rs_clock_mono();
}

enum rs_rc rs_kafka_cut_off(struct rs_kafka *k, const char *what, struct rs_err *err)
{
	if (k->cut_off == 0 || rs_clock_mono() - k->cut_off < k->timeout * RS_USEC_PER_SEC)
		return RS_OK;
	return rs_kafka_fail(k, err, k->failure, k->reason, what);
}

/* On a thread of the library's, for every message. */
static rd_kafka_resp_err_t on_acknowledgement(rd_kafka_t *handle, rd_kafka_message_t *message, void *opaque)
{
	struct rs_kafka_end *end = message->_private;
	struct rs_kafka *k = opaque;

	(void)handle;
	if (!end || message->err != RD_KAFKA_RESP_ERR_NO_ERROR || message->offset < 0)
		return RD_KAFKA_RESP_ERR_NO_ERROR;
	if (message->offset <= atomic_load_explicit(&end->last, memory_order_relaxed))
		atomic_store(&k->fell_back, end);
	else
		atomic_store_explicit(&end->last, message->offset, memory_order_relaxed);
	return RD_KAFKA_RESP_ERR_NO_ERROR;
}

static rd_kafka_resp_err_t on_new(rd_kafka_t *handle, const rd_kafka_conf_t *conf, void *opaque, char *text, size_t size)
{
	(void)conf, (void)text, (void)size;
	return rd_kafka_interceptor_add_on_acknowledgement(handle, "rds-sync", on_acknowledgement, opaque);
}

/* What was taken back with its transaction: of one that failed there is another reason, and it is told of the next one else. */
static bool was_purged(rd_kafka_resp_err_t error)
{
	return error == RD_KAFKA_RESP_ERR__PURGE_QUEUE || error == RD_KAFKA_RESP_ERR__PURGE_INFLIGHT;
}

static void on_delivery(rd_kafka_t *handle, const rd_kafka_message_t *message, void *opaque)
{
	struct rs_kafka *k = opaque;

	(void)handle;
	if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR || k->undelivered != RD_KAFKA_RESP_ERR_NO_ERROR || was_purged(message->err))
		return;
	k->undelivered = message->err;
	free(k->undelivered_topic);
	k->undelivered_topic = rs_xstrdup(rd_kafka_topic_name(message->rkt));
}

/* The versions that the broker speaks, and why it closed a connection, are told nowhere else. */
static void on_log(const rd_kafka_t *handle, int level, const char *about, const char *line)
{
	struct rs_kafka *k = rd_kafka_opaque(handle);

	(void)level;
	if (strcmp(about, "APIVERSION") == 0) {
		rs_kafka_apis_note(&k->apis, line);
		k->cut_off = 0;
	} else if (strcmp(about, "FAIL") == 0 && !k->reason)
		note_failure(k, RD_KAFKA_RESP_ERR__TRANSPORT, line);
}

/* ------------------------------------------------------------------ opening */

static enum rs_rc refuse(const struct rs_kafka *k, struct rs_err *err, const char *text)
{
	rs_err_set(err, RS_E_NOT_SUPPORTED, _("%s %s: the Kafka client can't be set up so"), _(k->side), k->address);
	return rs_err_detail(err, "%s", text);
}

static enum rs_rc set(const struct rs_kafka *k, rd_kafka_conf_t *conf, const char *name, const char *value, struct rs_err *err)
{
	char text[ERROR_MAX];

	if (!value || rd_kafka_conf_set(conf, name, value, text, sizeof text) == RD_KAFKA_CONF_OK)
		return RS_OK;
	return refuse(k, err, text);
}

static enum rs_rc set_all(const struct rs_kafka *k, rd_kafka_conf_t *conf, const struct rs_kafka_setting *s, struct rs_err *err)
{
	enum rs_rc rc = RS_OK;

	for (; rc == RS_OK && s && s->name; s++)
		rc = set(k, conf, s->name, s->value, err);
	return rc;
}

static const char *protocol(const struct rs_kafka_params *p)
{
	if (p->mechanism)
		return p->tls ? "sasl_ssl" : "sasl_plaintext";
	return p->tls ? "ssl" : "plaintext";
}

static enum rs_rc configure(struct rs_kafka *k, rd_kafka_conf_t *conf, const struct rs_kafka_params *p,
                            const struct rs_kafka_setting *settings, struct rs_err *err)
{
	char *milliseconds = rs_xprintf("%u", k->timeout * 1000);
	const struct rs_kafka_setting ours[] = {
		{"client.id", "rds-sync"},
		{"bootstrap.servers", k->address},
		{"security.protocol", protocol(p)},
		{"ssl.ca.location", p->tls ? p->tls_ca : NULL},
		{"ssl.certificate.location", p->tls ? p->tls_cert : NULL},
		{"ssl.key.location", p->tls ? p->tls_key : NULL},
		{"sasl.mechanism", p->mechanism},
		{"sasl.username", p->mechanism ? p->user : NULL},
		{"sasl.password", p->mechanism && p->password ? rs_secret_reveal(p->password) : NULL},
		{"socket.connection.setup.timeout.ms", milliseconds},
		{"log.queue", "true"},
		{"debug", "feature"}, /* the versions that brokers speak */
		{NULL, NULL}};
	enum rs_rc rc = set_all(k, conf, ours, err);

	if (rc == RS_OK)
		rc = set_all(k, conf, settings, err);
	free(milliseconds);
	rd_kafka_conf_set_opaque(conf, k);
	rd_kafka_conf_set_error_cb(conf, on_error);
	rd_kafka_conf_set_log_cb(conf, on_log);
	if (!p->consumer) {
		rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
		(void)rd_kafka_conf_interceptor_add_on_new(conf, "rds-sync", on_new, k);
	}
	return rc;
}

static enum rs_rc make_handle(struct rs_kafka *k, const struct rs_kafka_params *p, const struct rs_kafka_setting *settings,
                              struct rs_err *err)
{
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	char text[ERROR_MAX];

	if (configure(k, conf, p, settings, err) == RS_OK) {
		k->handle = rd_kafka_new(p->consumer ? RD_KAFKA_CONSUMER : RD_KAFKA_PRODUCER, conf, text, sizeof text);
		if (k->handle) {
			(void)rd_kafka_set_log_queue(k->handle, NULL);
			return RS_OK;
		}
		(void)refuse(k, err, text);
	}
	rd_kafka_conf_destroy(conf);
	return RS_FAIL;
}

/* ":" in an address is IPv6's, unless there is but one. */
static void add_address(struct rs_buf *out, const char *host, size_t len, unsigned port)
{
	const char *colon = memchr(host, ':', len);
	const bool v6 = colon && memchr(colon + 1, ':', len - (size_t)(colon + 1 - host));

	(void)rs_buf_addf(out, "%s%s%.*s%s", out->len > 0 ? "," : "", v6 && *host != '[' ? "[" : "", (int)len, host, v6 && *host != '[' ? "]" : "");
	if (v6 ? host[0] != '[' || host[len - 1] == ']' : !colon)
		(void)rs_buf_addf(out, ":%u", port);
}

static char *addresses(const char *hosts, unsigned port)
{
	struct rs_buf out = RS_BUF_INIT;

	for (const char *at = hosts; *at != '\0';) {
		size_t len = strcspn(at, ", ");
		if (len > 0)
			add_address(&out, at, len, port);
		at += len + (at[len] != '\0');
	}
	return rs_buf_take(&out);
}

/* ------------------------------------------------------------------ asking */

static bool is_waiting(rd_kafka_resp_err_t native)
{
	return native == RD_KAFKA_RESP_ERR__TRANSPORT || native == RD_KAFKA_RESP_ERR__TIMED_OUT;
}

/* The library's call can't be interrupted: it is made in slices, short ones while no broker is connected (TRANSPORT), and longer
 * and longer ones once one owes the answer, which is asked for anew each time. */
static enum rs_rc ask(struct rs_kafka *k, bool topics, const struct rd_kafka_metadata **out, struct rs_err *err)
{
	const rs_usec deadline = rs_clock_mono() + k->timeout * RS_USEC_PER_SEC;
	rd_kafka_resp_err_t native;
	int slice = WAIT_SLICE;

	do {
		native = rd_kafka_metadata(k->handle, topics, NULL, out, slice);
		while (rd_kafka_poll(k->handle, 0) > 0) {}
		if (native == RD_KAFKA_RESP_ERR__TIMED_OUT && slice < WAIT_SLICE_MAX)
			slice = slice * 2 < WAIT_SLICE_MAX ? slice * 2 : WAIT_SLICE_MAX;
	} while (is_waiting(native) && !atomic_load(&k->cancelled) && rs_clock_mono() < deadline &&
	         !(k->reason && rs_kafka_error_is_final(k->failure, k->reason)));
	if (native == RD_KAFKA_RESP_ERR_NO_ERROR)
		return RS_OK;
	if (is_waiting(native) && k->reason)
		return rs_kafka_fail(k, err, k->failure, k->reason, _("connecting"));
	if (is_waiting(native))
		return rs_kafka_fail(k, err, RD_KAFKA_RESP_ERR__TIMED_OUT, NULL, _("connecting"));
	return rs_kafka_fail(k, err, native, NULL, _("asking for the topics"));
}

static enum rs_rc metadata(struct rs_kafka *k, bool topics, const struct rd_kafka_metadata **out, struct rs_err *err)
{
	enum rs_doing before = rs_activity_enter(k->doing);
	enum rs_rc rc;

	free(k->reason);
	k->reason = NULL;
	rc = ask(k, topics, out, err);
	rs_activity_leave(before);
	return rc;
}

static enum rs_rc greet(struct rs_kafka *k, struct rs_err *err)
{
	const struct rd_kafka_metadata *m;
	enum rs_rc rc = metadata(k, false, &m, err);

	if (rc == RS_OK)
		rd_kafka_metadata_destroy(m);
	return rc;
}

enum rs_rc rs_kafka_open(struct rs_kafka *k, const struct rs_kafka_params *params, const struct rs_kafka_setting *settings,
                         struct rs_err *err)
{
	const unsigned port = params->port ? params->port : PORT;
	enum rs_rc rc;

	k->side = params->side ? params->side : N_("destination");
	k->doing = strcmp(k->side, "source") == 0 ? RS_DOING_SOURCE : RS_DOING_DEST;
	k->timeout = params->timeout ? params->timeout : TIMEOUT;
	k->address = addresses(params->host, port);
	k->cut_off = 0;
	atomic_store(&k->fell_back, NULL);
	rs_kafka_apis_clear(&k->apis);
	rc = atomic_load(&k->cancelled) ? cancelled(k, err) : make_handle(k, params, settings, err);
	if (rc == RS_OK)
		rc = greet(k, err);
	if (rc != RS_OK)
		rs_kafka_close(k);
	return rc;
}

void rs_kafka_close(struct rs_kafka *k)
{
	if (k->handle)
		rd_kafka_destroy(k->handle);
	k->handle = NULL;
	free(k->address);
	k->address = NULL;
	free(k->reason);
	k->reason = NULL;
	free(k->undelivered_topic);
	k->undelivered_topic = NULL;
	k->undelivered = RD_KAFKA_RESP_ERR_NO_ERROR;
}

void rs_kafka_cancel(struct rs_kafka *k)
{
	atomic_store(&k->cancelled, true);
}

/* ------------------------------------------------------------------ what a cluster says of itself */

static bool is_there(const struct rd_kafka_metadata *m, int32_t broker)
{
	for (int i = 0; i < m->broker_cnt; i++)
		if (m->brokers[i].id == broker)
			return true;
	return false;
}

static bool is_stranded(const struct rd_kafka_metadata *m, const struct rd_kafka_metadata_partition *p)
{
	for (int i = 0; p->leader < 0 && i < p->isr_cnt; i++)
		if (is_there(m, p->isrs[i]))
			return true;
	return false;
}

static void take_topic(struct rs_kafka_topic *to, const struct rd_kafka_metadata_topic *from, const struct rd_kafka_metadata *m)
{
	*to = (struct rs_kafka_topic){.name = rs_xstrdup(from->topic),
	                              .partitions = from->partition_cnt,
	                              .replicas = from->partition_cnt > 0 ? from->partitions[0].replica_cnt : 0,
	                              .in_sync = from->partition_cnt > 0 ? from->partitions[0].isr_cnt : 0,
	                              .internal = strncmp(from->topic, "__", 2) == 0};
	for (int i = 0; i < from->partition_cnt; i++) {
		if (from->partitions[i].isr_cnt < to->in_sync)
			to->in_sync = from->partitions[i].isr_cnt;
		to->stranded += is_stranded(m, &from->partitions[i]);
	}
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct rs_kafka_topic *)a)->name, ((const struct rs_kafka_topic *)b)->name);
}

static char *cluster_id(const struct rs_kafka *k)
{
	char *id = rd_kafka_clusterid(k->handle, 0), *own = rs_xstrdup(id);

	if (id)
		rd_kafka_mem_free(k->handle, id);
	return own;
}

enum rs_rc rs_kafka_describe(struct rs_kafka *k, struct rs_kafka_cluster *out, struct rs_err *err)
{
	const struct rd_kafka_metadata *m;
	enum rs_rc rc = metadata(k, true, &m, err);

	*out = (struct rs_kafka_cluster){.version = "", .brokers = 0};
	if (rc != RS_OK)
		return rc;
	out->id = cluster_id(k);
	out->version = rs_kafka_version(&k->apis);
	out->brokers = m->broker_cnt;
	out->broker = rs_xcalloc((size_t)m->broker_cnt + 1, sizeof *out->broker);
	for (int i = 0; i < m->broker_cnt; i++)
		out->broker[i] = (struct rs_kafka_broker){m->brokers[i].id, rs_xstrdup(m->brokers[i].host), m->brokers[i].port};
	out->topics = rs_xcalloc((size_t)m->topic_cnt + 1, sizeof *out->topics);
	for (int i = 0; i < m->topic_cnt; i++)
		take_topic(&out->topics[out->n_topics++], &m->topics[i], m);
	if (out->n_topics)
		qsort(out->topics, out->n_topics, sizeof *out->topics, by_name);
	rd_kafka_metadata_destroy(m);
	return RS_OK;
}

const struct rs_kafka_topic *rs_kafka_cluster_topic(const struct rs_kafka_cluster *c, const char *name)
{
	const struct rs_kafka_topic wanted = {.name = (char *)(uintptr_t)name};

	return c->n_topics > 0 ? bsearch(&wanted, c->topics, c->n_topics, sizeof *c->topics, by_name) : NULL;
}

enum rs_rc rs_kafka_check_topic(struct rs_kafka *k, const struct rs_kafka_cluster *c, const char *name, const char *what, struct rs_err *err)
{
	const struct rs_kafka_topic *t = rs_kafka_cluster_topic(c, name);

	if (t && t->stranded == 0)
		return RS_OK;
	enum rs_rc rc = rs_kafka_fail(k, err, t ? RD_KAFKA_RESP_ERR_KAFKA_STORAGE_ERROR : RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, NULL, what);
	return rc == RS_FAIL ? rs_err_detail(err, _("the topic is %s"), name) : rc;
}

void rs_kafka_cluster_release(struct rs_kafka_cluster *c)
{
	for (size_t i = 0; i < c->n_topics; i++)
		free(c->topics[i].name);
	for (int i = 0; i < c->brokers; i++)
		free(c->broker[i].host);
	free(c->broker);
	free(c->topics);
	free(c->id);
	*c = (struct rs_kafka_cluster){.version = "", .brokers = 0};
}
