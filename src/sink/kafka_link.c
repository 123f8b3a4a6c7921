#include "sink/kafka_link.h"

#include <stdlib.h>
#include <string.h>
#include "base/clock.h"
#include "base/i18n.h"
#include "base/mem.h"
#include "base/size.h"
#include "db/kafka_admin.h"
#include "db/kafka_login.h"

enum {
	SLICE = 500,             /* milliseconds between looks at the cancel flag */
	PATIENCE = 60,           /* seconds that a cluster may take for an answer */
	POLL_EVERY = 1000,       /* messages */
	BATCH_MESSAGES = 10000,  /* of a partition that are sent as one, at most */
	FULL_SLICE = 3,          /* milliseconds that the library is given to send something of all that it may hold: nothing wakes
	                            us, since deliveries are not reported */
	PART_OF_MEMORY = 16,     /* of the budget, for each link: one part in so many */
	BATCH_SLICE = 1,         /* milliseconds between looks at the batches that are still to be acknowledged */
	TEXT_MAX = 512
};

#define TRANSACTIONS "__transaction_state" /* the topic in which brokers keep them */

/* ---------------------------------------------------------------- opening */

static const char *compression(const struct rs_task *task)
{
	const char *wanted = rs_task_get(task, "kafka.compression");

	return wanted ? wanted : "lz4";
}

bool rs_kafka_is_exact(const struct rs_task *task) { return strcmp(rs_task_get(task, "kafka.delivery"), "exactly-once") == 0; }

/* What the library holds is bounded, so that the budget of memory is. Only failures are reported: there is nothing to say of
 * the rest. A message of any size is taken: whether it is too large is the topic's to say. */
static enum rs_rc connect_link(struct rs_kafka_link *l, const struct rs_task *task, unsigned seconds, struct rs_err *err)
{
	char *timeout = rs_xprintf("%u", seconds * 1000), *patience = rs_xprintf("%u", PATIENCE * 1000);
	char *held = rs_xprintf("%llu", (unsigned long long)(task->sync.memory / PART_OF_MEMORY / 1024));
	char *batch = rs_xprintf("%llu", (unsigned long long)l->batch), *messages = rs_xprintf("%d", BATCH_MESSAGES);
	const struct rs_kafka_setting settings[] = {
		{"transactional.id", l->transactional ? l->id : NULL},
		{"transaction.timeout.ms", timeout},
		{"message.timeout.ms", patience},
		{"acks", l->id ? rs_task_get(task, "kafka.acks") : NULL},
		{"max.in.flight.requests.per.connection", l->transactional ? NULL : "1"}, /* what is sent again keeps its place */
		{"batch.size", batch},
		{"batch.num.messages", messages},
		{"linger.ms", rs_task_get(task, "kafka.linger")},
		{"compression.codec", compression(task)},
		{"message.max.bytes", "1000000000"},
		{"queue.buffering.max.kbytes", held},
		{"delivery.report.only.error", "true"},
		{NULL, NULL}};
	enum rs_rc rc = rs_kafka_open_endpoint(&l->k, &task->destination, settings, err);

	free(timeout);
	free(patience);
	free(held);
	free(batch);
	free(messages);
	return rc;
}

struct target {
	rd_kafka_topic_t *handle;
	char *name;
	struct rs_kafka_end **ends;     /* by partition; each stays at its place while the handle is open; NULL: nothing of ours yet */
	size_t n_ends;
};

static void free_target(void *arg)
{
	struct target *t = arg;

	for (size_t i = 0; i < t->n_ends; i++)
		free(t->ends[i]);
	free(t->ends);
	free(t->name);
	free(t);
}

/* Handles go before the connection, what its threads may still write to after it. */
static void free_handles(struct rs_kafka_link *l)
{
	const struct rs_map_entry *entry;

	for (size_t i = 0; rs_map_each(&l->topics, &i, &entry);)
		rd_kafka_topic_destroy(((struct target *)entry->value)->handle);
}

static enum rs_rc fail(struct rs_kafka_link *l, rd_kafka_error_t *error, const char *what, struct rs_err *err)
{
	enum rs_rc rc = rs_kafka_fail(&l->k, err, rd_kafka_error_code(error), rd_kafka_error_string(error), what);

	rd_kafka_error_destroy(error);
	return rc;
}

/* Where brokers are missing, which the library only says in its log. */
static void tell_missing_brokers(struct rs_kafka_link *l, struct rs_err *err)
{
	struct rs_kafka_cluster cluster;
	struct rs_err ignored = RS_ERR_INIT;
	const struct rs_kafka_topic *t = NULL;

	if (rs_kafka_describe(&l->k, &cluster, &ignored) == RS_OK)
		t = rs_kafka_cluster_topic(&cluster, l->k.undelivered_topic);
	if (t && t->in_sync < t->replicas)
		rs_err_detail(err, _("a partition has %d of %d replicas in sync: brokers are missing"), t->in_sync, t->replicas);
	rs_kafka_cluster_release(&cluster);
	rs_err_clear(&ignored);
}

static enum rs_rc ask_least(struct rs_kafka_link *l, uint64_t *least, struct rs_err *err)
{
	const char **names = rs_xcalloc(l->topics.count + 1, sizeof *names);
	const struct rs_map_entry *entry;
	size_t n = 0;

	for (size_t i = 0; rs_map_each(&l->topics, &i, &entry);)
		names[n++] = ((struct target *)entry->value)->name;
	enum rs_rc rc = n > 0 ? rs_kafka_topics_least(&l->k, names, n, RS_KAFKA_TAKES, least, err) : RS_EOF;
	free(names);
	return rc;
}

/* Several together were too large, which each of them may not be: whoever opens links anew has less sent at once. */
static void tell_too_large(struct rs_kafka_link *l, struct rs_err *err)
{
	struct rs_err ignored = RS_ERR_INIT;
	char text[2][24];
	uint64_t takes;

	if (ask_least(l, &takes, &ignored) == RS_OK && takes < l->batch) {
		err->retry = RS_RETRY_RECONNECT;
		rs_err_hint(err, _("A topic takes %s at once (max.message.bytes), kafka.batch_size is %s: it is tried again with less. Lower "
		                   "kafka.batch_size, or raise the topic's"), rs_size_text(takes, text[0], 24), rs_size_text(l->batch, text[1], 24));
	}
	rs_err_clear(&ignored);
}

/* A message that no broker took explains more than the transaction that fails with it. */
static enum rs_rc fail_undelivered(struct rs_kafka_link *l, struct rs_err *err)
{
	enum rs_rc rc = rs_kafka_fail(&l->k, err, l->k.undelivered, NULL, _("writing a message"));

	if (l->k.undelivered_topic)
		rs_err_detail(err, _("to the topic %s"), l->k.undelivered_topic);
	if (rc == RS_FAIL && l->k.undelivered_topic && l->k.undelivered == RD_KAFKA_RESP_ERR__MSG_TIMED_OUT)
		tell_missing_brokers(l, err);
	if (rc == RS_FAIL && l->k.undelivered == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE)
		tell_too_large(l, err);
	return rc;
}

/* The library takes no message where their transaction can't be made any more, and tells why to whoever would begin another one,
 * which it refuses then. RS_EOF: that is not it. */
static enum rs_rc fail_broken(struct rs_kafka_link *l, struct rs_err *err)
{
	rd_kafka_error_t *why = l->transactional ? rd_kafka_begin_transaction(l->k.handle) : NULL;
	const rd_kafka_resp_err_t native = why ? rd_kafka_error_code(why) : RD_KAFKA_RESP_ERR__STATE;

	if (native == RD_KAFKA_RESP_ERR__STATE) {
		if (why)
			rd_kafka_error_destroy(why);
		return RS_EOF;
	}
	enum rs_rc rc = fail(l, why, _("writing messages"), err);
	if (rc == RS_FAIL && native == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE)
		tell_too_large(l, err);
	rs_err_copy(&l->failure, err);
	return rc;
}

static enum rs_rc check_topics(struct rs_kafka_link *l, const struct rs_kafka_cluster *there, struct rs_err *err)
{
	const struct rs_map_entry *entry;
	enum rs_rc rc = RS_OK;

	if (l->transactional && rs_kafka_cluster_topic(there, TRANSACTIONS)) /* not all accounts see it */
		rc = rs_kafka_check_topic(&l->k, there, TRANSACTIONS, _("writing a message"), err);
	for (size_t i = 0; rc == RS_OK && rs_map_each(&l->topics, &i, &entry);)
		rc = rs_kafka_check_topic(&l->k, there, ((struct target *)entry->value)->name, _("writing a message"), err);
	return rc;
}

/* It may be the library's word too late, or never: a topic that is not there any more, or whose disk is full, is waited for. */
static enum rs_rc look_for_topics(struct rs_kafka_link *l, struct rs_err *err)
{
	struct rs_kafka_cluster cluster;
	struct rs_err ignored = RS_ERR_INIT;
	enum rs_rc rc = RS_OK;

	if (rs_kafka_describe(&l->k, &cluster, &ignored) == RS_OK)
		rc = check_topics(l, &cluster, err);
	rs_kafka_cluster_release(&cluster);
	rs_err_clear(&ignored);
	return rc;
}

/* A wait of this thread's for the brokers, in slices, which ends early where it is plain that they will not answer. */
struct wait {
	rs_usec deadline, look;         /* when to give up, and when to see what keeps them */
	bool suspected;                 /* a topic was not as it must be: once more, since leaders change */
};

static struct wait begin_wait(const struct rs_kafka_link *l, unsigned seconds)
{
	const rs_usec now = rs_clock_mono();

	return (struct wait){.deadline = now + seconds * RS_USEC_PER_SEC, .look = now + l->k.timeout * RS_USEC_PER_SEC};
}

static enum rs_rc look(struct wait *w, struct rs_kafka_link *l, struct rs_err *err)
{
	struct rs_err found = RS_ERR_INIT;
	enum rs_rc rc = look_for_topics(l, &found);
	const bool sure = rc != RS_FAIL || w->suspected;

	w->suspected = rc == RS_FAIL;
	w->look = rs_clock_mono() + (sure ? l->k.timeout : 1) * RS_USEC_PER_SEC;
	if (sure)
		rs_err_move(err, &found);
	rs_err_clear(&found);
	return sure ? rc : RS_OK;
}

/* RS_EOF: it is over. */
static enum rs_rc go_on_waiting(struct wait *w, struct rs_kafka_link *l, const char *what, struct rs_err *err)
{
	enum rs_rc rc = RS_OK;

	rd_kafka_poll(l->k.handle, 0);
	if (atomic_load(&l->k.cancelled) || rs_clock_mono() > w->deadline || l->k.undelivered != RD_KAFKA_RESP_ERR_NO_ERROR)
		return RS_EOF;
	if (l->k.cut_off != 0)
		rc = rs_kafka_cut_off(&l->k, what, err);
	else if (rs_clock_mono() > w->look)
		rc = look(w, l, err);
	return rc;
}

/* The library's calls that wait can be made again where they took too long, and go on where they were. */
static enum rs_rc persist(struct rs_kafka_link *l, rd_kafka_error_t *(*call)(rd_kafka_t *handle, int milliseconds), const char *what,
                          struct rs_err *err)
{
	struct wait wait = begin_wait(l, PATIENCE);
	enum rs_doing before = rs_activity_enter(l->k.doing);
	rd_kafka_error_t *error;
	enum rs_rc rc = RS_OK;

	while ((error = call(l->k.handle, SLICE)) && rd_kafka_error_is_retriable(error) &&
	       (rc = go_on_waiting(&wait, l, what, err)) == RS_OK)
		rd_kafka_error_destroy(error);
	rs_activity_leave(before);
	if (!error)
		return RS_OK;
	if (rc == RS_FAIL || rc == RS_CANCELLED) {
		rd_kafka_error_destroy(error);
		return rc;
	}
	if (l->k.undelivered != RD_KAFKA_RESP_ERR_NO_ERROR) {
		rd_kafka_error_destroy(error);
		return fail_undelivered(l, err);
	}
	return fail(l, error, what, err);
}

enum rs_rc rs_kafka_link_open(struct rs_kafka_link *l, const struct rs_task *task, const char *id, unsigned seconds,
                              uint64_t most, struct rs_err *err)
{
	l->transactional = id && rs_kafka_is_exact(task);
	l->id = rs_xstrdup(id);
	(void)rs_size_parse(rs_task_get(task, "kafka.batch_size"), &l->batch);
	if (most < l->batch)
		l->batch = most;
	enum rs_rc rc = connect_link(l, task, seconds, err);
	if (rc == RS_OK && l->transactional)
		rc = persist(l, rd_kafka_init_transactions, _("preparing transactions"), err);
	if (rc != RS_OK)
		rs_kafka_link_close(l);
	return rc;
}

/* Messages that the library has, and events of theirs: failures alone are any. */
static uint64_t unanswered(void *arg)
{
	return (uint64_t)rd_kafka_outq_len(((struct rs_kafka_link *)arg)->k.handle);
}

void rs_kafka_link_tell(struct rs_kafka_link *l, struct rs_outbox *box) { rs_outbox_join(box, &l->outbox, unanswered, l); }

void rs_kafka_link_close(struct rs_kafka_link *l)
{
	if (rs_kafka_is_open(&l->k)) {
		rs_kafka_link_abort(l);
		rs_outbox_leave(&l->outbox);
		free_handles(l);
		rs_kafka_close(&l->k);
		rs_map_release(&l->topics, free_target);
		l->topics = (struct rs_map)RS_MAP_INIT;
	}
	free(l->id);
	l->id = NULL;
	rs_err_clear(&l->failure);
}

/* ---------------------------------------------------------------- a transaction */

enum rs_rc rs_kafka_link_begin(struct rs_kafka_link *l, struct rs_err *err)
{
	if (l->begun)
		return RS_OK;
	rd_kafka_error_t *error = l->transactional ? rd_kafka_begin_transaction(l->k.handle) : NULL;
	if (error && rs_err_is_set(&l->failure)) {
		rd_kafka_error_destroy(error);
		rs_err_copy(err, &l->failure);
		return RS_FAIL;
	}
	if (error)
		return fail(l, error, _("beginning a transaction"), err);
	rs_err_clear(&l->failure);
	l->begun = true;
	return RS_OK;
}

static bool is_kept(const char *topic) { return strncmp(topic, RS_KAFKA_KEPT, strlen(RS_KAFKA_KEPT)) == 0; }

/* Of those in which tasks are kept; NULL: as for all others. */
static rd_kafka_topic_conf_t *settings_of(struct rs_kafka_link *l, const char *topic)
{
	rd_kafka_topic_conf_t *own;
	char text[TEXT_MAX];

	if (!is_kept(topic))
		return NULL;
	own = rd_kafka_default_topic_conf_dup(l->k.handle);
	(void)rd_kafka_topic_conf_set(own, "acks", "all", text, sizeof text);
	return own;
}

/* NULL: the library refuses the name. */
static struct target *target_of(struct rs_kafka_link *l, const char *name)
{
	struct target *t = rs_map_get(&l->topics, name, strlen(name));
	rd_kafka_topic_t *handle = t ? NULL : rd_kafka_topic_new(l->k.handle, name, settings_of(l, name));

	if (!handle)
		return t;
	t = rs_xcalloc(1, sizeof *t);
	*t = (struct target){.handle = handle, .name = rs_xstrdup(name)};
	rs_map_put(&l->topics, name, strlen(name), t);
	return t;
}

static struct rs_kafka_end *end_of(struct rs_kafka_link *l, struct target *t, int32_t partition)
{
	const size_t n = (size_t)partition + 1;

	if (n > t->n_ends) {
		t->ends = rs_xrealloc(t->ends, n * sizeof *t->ends);
		memset(t->ends + t->n_ends, 0, (n - t->n_ends) * sizeof *t->ends);
		t->n_ends = n;
	}
	if (!t->ends[partition]) {
		struct rs_kafka_end *end = rs_xcalloc(1, sizeof *end);
		end->topic = t->name;
		end->partition = partition;
		atomic_init(&end->last, -1);
		t->ends[partition] = end;
		l->n_partitions++;
	}
	return t->ends[partition];
}

void rs_kafka_link_expect(struct rs_kafka_link *l, const char *topic, int32_t partition, int64_t last)
{
	struct target *t = target_of(l, topic);
	struct rs_kafka_end *end = t ? end_of(l, t, partition) : NULL;

	if (end && atomic_load(&end->last) < last)
		atomic_store(&end->last, last);
}

void rs_kafka_link_ends(const struct rs_kafka_link *l, void (*take)(void *arg, const struct rs_kafka_end *end), void *arg)
{
	const struct rs_map_entry *entry;

	for (size_t i = 0; rs_map_each(&l->topics, &i, &entry);) {
		const struct target *t = entry->value;
		for (size_t j = 0; j < t->n_ends; j++)
			if (t->ends[j] && atomic_load(&t->ends[j]->last) >= 0)
				take(arg, t->ends[j]);
	}
}

static void give_a_moment(struct rs_kafka_link *l, int milliseconds)
{
	rd_kafka_poll(l->k.handle, milliseconds);
	l->unpolled = 0;
}

static rd_kafka_headers_t *copy_headers(const struct rs_kafka_header *headers)
{
	rd_kafka_headers_t *copy = rd_kafka_headers_new(4);

	for (; headers->name; headers++)
		(void)rd_kafka_header_add(copy, headers->name, -1, headers->value, -1);
	return copy;
}

static rd_kafka_resp_err_t produce_with(struct rs_kafka_link *l, rd_kafka_topic_t *topic, int32_t partition, const void *key, size_t key_len,
                                        const void *value, size_t len, const struct rs_kafka_header *headers, struct rs_kafka_end *end)
{
	rd_kafka_headers_t *copy = copy_headers(headers);
	rd_kafka_resp_err_t native =
		rd_kafka_producev(l->k.handle, RD_KAFKA_V_RKT(topic), RD_KAFKA_V_PARTITION(partition), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
	                          RD_KAFKA_V_KEY(key, key_len), RD_KAFKA_V_VALUE((void *)(uintptr_t)value, len), RD_KAFKA_V_HEADERS(copy),
	                          RD_KAFKA_V_OPAQUE(end), RD_KAFKA_V_END);

	if (native != RD_KAFKA_RESP_ERR_NO_ERROR) /* else they are the library's */
		rd_kafka_headers_destroy(copy);
	return native;
}

static enum rs_rc wait_for_room(struct rs_kafka_link *l, struct wait *wait, struct rs_err *err)
{
	if (wait->deadline == 0)
		*wait = begin_wait(l, 2 * PATIENCE); /* messages time out before */
	give_a_moment(l, FULL_SLICE);
	return go_on_waiting(wait, l, _("writing messages"), err);
}

/* RD_KAFKA_RESP_ERR__QUEUE_FULL passes, unless no broker takes anything; RS_FAIL: that is plain. */
static enum rs_rc produce(struct rs_kafka_link *l, struct target *t, int32_t partition, const void *key, size_t key_len, const void *value,
                          size_t len, const struct rs_kafka_header *headers, rd_kafka_resp_err_t *failure, struct rs_err *err)
{
	struct rs_kafka_end *end = end_of(l, t, partition);
	struct wait wait = {.deadline = 0};
	enum rs_rc rc = RS_OK;
	rd_kafka_resp_err_t native;

	do {
		if (headers)
			native = produce_with(l, t->handle, partition, key, key_len, value, len, headers, end);
		else if (rd_kafka_produce(t->handle, partition, RD_KAFKA_MSG_F_COPY, (void *)(uintptr_t)value, len, key, key_len, end) == 0)
			native = RD_KAFKA_RESP_ERR_NO_ERROR;
		else
			native = rd_kafka_last_error();
		if (native == RD_KAFKA_RESP_ERR__QUEUE_FULL)
			rc = wait_for_room(l, &wait, err);
	} while (native == RD_KAFKA_RESP_ERR__QUEUE_FULL && rc == RS_OK);
	*failure = native;
	return rc;
}

static rd_kafka_message_t offer(struct rs_kafka_link *l, struct target *t, const char *bytes, const struct rs_message *m)
{
	if (l->smallest == 0 || m->value_len < l->smallest)
		l->smallest = m->value_len;
	return (rd_kafka_message_t){.partition = m->partition,
	                            .payload = (void *)(uintptr_t)(bytes + m->value),
	                            .len = m->value_len,
	                            .key = m->has_key ? (void *)(uintptr_t)(bytes + m->key) : NULL,
	                            .key_len = m->has_key ? m->key_len : 0,
	                            ._private = end_of(l, t, m->partition)};
}

/* *n: how many were taken before the first that was not, and why that was not. */
static rd_kafka_resp_err_t count_taken(const rd_kafka_message_t *offered, size_t *n)
{
	for (size_t i = 0; i < *n; i++)
		if (offered[i].err != RD_KAFKA_RESP_ERR_NO_ERROR) {
			*n = i;
			return offered[i].err;
		}
	return RD_KAFKA_RESP_ERR_NO_ERROR;
}

/* As produce; the library takes none behind one for which it has no room. *n: how many it has taken. */
static enum rs_rc produce_together(struct rs_kafka_link *l, struct target *t, rd_kafka_message_t *offered, bool one_partition, size_t *n,
                                   rd_kafka_resp_err_t *failure, struct rs_err *err)
{
	const int flags = RD_KAFKA_MSG_F_COPY | (one_partition ? 0 : RD_KAFKA_MSG_F_PARTITION);
	struct wait wait = {.deadline = 0};
	enum rs_rc rc = RS_OK;
	size_t done = 0;

	do {
		size_t taken = *n - done;
		(void)rd_kafka_produce_batch(t->handle, offered->partition, flags, offered + done, (int)taken);
		*failure = count_taken(offered + done, &taken);
		done += taken;
		if (*failure == RD_KAFKA_RESP_ERR__QUEUE_FULL)
			rc = wait_for_room(l, &wait, err);
	} while (*failure == RD_KAFKA_RESP_ERR__QUEUE_FULL && rc == RS_OK);
	*n = done;
	return rc;
}

/* n messages were taken; failure: of the one that was not. */
static enum rs_rc after_putting(struct rs_kafka_link *l, const char *topic, size_t n, rd_kafka_resp_err_t failure, struct rs_err *err)
{
	rs_outbox_written(&l->outbox, n);
	l->unpolled += n;
	if (l->unpolled >= POLL_EVERY)
		give_a_moment(l, 0);
	if (failure == RD_KAFKA_RESP_ERR__STATE) /* the transaction has failed: the word of which message it was may be on its way */
		give_a_moment(l, 100);
	if (l->k.undelivered != RD_KAFKA_RESP_ERR_NO_ERROR)
		return fail_undelivered(l, err);
	if (failure == RD_KAFKA_RESP_ERR_NO_ERROR)
		return RS_OK;
	enum rs_rc rc = failure == RD_KAFKA_RESP_ERR__STATE ? fail_broken(l, err) : RS_EOF;
	if (rc == RS_EOF)
		rc = rs_kafka_fail(&l->k, err, failure, NULL, _("writing a message"));
	rs_err_detail(err, _("to the topic %s"), topic);
	return rc;
}

enum rs_rc rs_kafka_link_put_together(struct rs_kafka_link *l, const char *topic, const char *bytes, const struct rs_message *messages,
                                      size_t n, struct rs_err *err)
{
	rd_kafka_message_t offered[RS_KAFKA_TOGETHER];
	struct target *t = target_of(l, topic);
	rd_kafka_resp_err_t failure = t ? RD_KAFKA_RESP_ERR_NO_ERROR : rd_kafka_last_error();
	size_t taken = t ? n : 0;
	bool one_partition = true;

	for (size_t i = 0; i < taken; i++) {
		offered[i] = offer(l, t, bytes, &messages[i]);
		one_partition = one_partition && messages[i].partition == messages[0].partition;
	}
	enum rs_rc rc = taken > 0 ? produce_together(l, t, offered, one_partition, &taken, &failure, err) : RS_OK;
	return rc == RS_FAIL || rc == RS_CANCELLED ? rc : after_putting(l, topic, taken, failure, err);
}

enum rs_rc rs_kafka_link_put(struct rs_kafka_link *l, const char *topic, int32_t partition, const void *key, size_t key_len,
                             const void *value, size_t len, struct rs_err *err)
{
	return rs_kafka_link_put_with(l, topic, partition, key, key_len, value, len, NULL, err);
}

enum rs_rc rs_kafka_link_put_with(struct rs_kafka_link *l, const char *topic, int32_t partition, const void *key, size_t key_len,
                                  const void *value, size_t len, const struct rs_kafka_header *headers, struct rs_err *err)
{
	struct target *t = target_of(l, topic);
	rd_kafka_resp_err_t native = t ? RD_KAFKA_RESP_ERR_NO_ERROR : rd_kafka_last_error();
	enum rs_rc rc = t ? produce(l, t, partition, key, key_len, value, len, headers, &native, err) : RS_OK;

	if (rc == RS_FAIL || rc == RS_CANCELLED)
		return rc;
	return after_putting(l, topic, native == RD_KAFKA_RESP_ERR_NO_ERROR, native, err);
}

static rd_kafka_error_t *flush(rd_kafka_t *handle, int milliseconds)
{
	rd_kafka_resp_err_t native = rd_kafka_flush(handle, milliseconds);

	return native == RD_KAFKA_RESP_ERR_NO_ERROR ? NULL : rd_kafka_error_new(native, "%s", rd_kafka_err2str(native));
}

/* Whether some partition has a whole batch, in the library or on its way: it goes out, and comes to be acknowledged, by itself. */
static bool has_whole_batch(const struct rs_kafka_link *l)
{
	const uint64_t most = l->batch / (l->smallest > 0 ? l->smallest : 1) + 1;

	return (uint64_t)rd_kafka_outq_len(l->k.handle) > l->n_partitions * (most < BATCH_MESSAGES ? most : BATCH_MESSAGES);
}

/* While it is asked for a flush the library's thread looks again and again whether it may send the next batch, also where as many
 * are on their way as may be: it is only asked for what would wait else. RS_EOF: as go_on_waiting. */
static enum rs_rc await_batches(struct rs_kafka_link *l, struct wait *wait, struct rs_err *err)
{
	enum rs_rc rc = RS_OK;

	while (has_whole_batch(l) && (rc = go_on_waiting(wait, l, _("writing messages"), err)) == RS_OK)
		rd_kafka_poll(l->k.handle, BATCH_SLICE);
	return rc;
}

static enum rs_rc await_delivery(struct rs_kafka_link *l, struct rs_err *err)
{
	struct wait wait = begin_wait(l, 2 * PATIENCE); /* messages time out before */
	rd_kafka_error_t *error = NULL;
	enum rs_rc rc = await_batches(l, &wait, err);

	if (rc == RS_EOF) /* the flush tells why */
		rc = RS_OK;
	while (rc == RS_OK && (error = flush(l->k.handle, SLICE)) && (rc = go_on_waiting(&wait, l, _("writing messages"), err)) == RS_OK)
		rd_kafka_error_destroy(error);
	if (rc == RS_OK || rc == RS_EOF) {
		if (l->k.undelivered != RD_KAFKA_RESP_ERR_NO_ERROR)
			rc = fail_undelivered(l, err);
		else
			return error ? fail(l, error, _("writing messages"), err) : RS_OK;
	}
	if (error)
		rd_kafka_error_destroy(error);
	return rc;
}

/* What was written before is not there any more. */
static enum rs_rc check_ends(struct rs_kafka_link *l, struct rs_err *err)
{
	const struct rs_kafka_end *end = atomic_load(&l->k.fell_back);

	return end ? rs_kafka_fell_back(end->topic, (int)end->partition, err) : RS_OK;
}

enum rs_rc rs_kafka_link_flush(struct rs_kafka_link *l, struct rs_err *err)
{
	enum rs_doing before = rs_activity_enter(l->k.doing);
	enum rs_rc rc = await_delivery(l, err);

	rs_activity_leave(before);
	return rc == RS_OK ? check_ends(l, err) : rc;
}

/* ---------------------------------------------------------------- the end of a unit */

static void forget_unit(struct rs_kafka_link *l)
{
	rs_map_release(&l->notes, free);
	l->notes = (struct rs_map)RS_MAP_INIT;
	l->begun = false;
}

void rs_kafka_link_end(struct rs_kafka_link *l)
{
	forget_unit(l);
	rs_outbox_committed(&l->outbox);
}

enum rs_rc rs_kafka_link_commit(struct rs_kafka_link *l, struct rs_err *err)
{
	enum rs_rc rc = rs_kafka_link_flush(l, err);

	if (rc == RS_OK)
		rc = persist(l, rd_kafka_commit_transaction, _("committing a transaction"), err);
	l->begun = rc != RS_OK;
	if (rc == RS_OK)
		rs_outbox_committed(&l->outbox);
	else if (rc == RS_FAIL)
		rs_err_copy(&l->failure, err);
	return rc;
}

enum rs_rc rs_kafka_task_gone(const char *topic, struct rs_err *err)
{
	rs_err_set(err, RS_E_META_GONE, _("the destination does not know the task any more: the topic %s was removed, or emptied"), topic);
	return rs_err_hint(err, _("What was written is not known without it. rds-sync reset has the task begin anew, which copies the tables "
	                          "again: readers get all rows once more"));
}

enum rs_rc rs_kafka_fell_back(const char *topic, int partition, struct rs_err *err)
{
	if (is_kept(topic))
		return rs_kafka_task_gone(topic, err);
	rs_err_set(err, RS_E_DEST_TOPIC, _("what was written to the topic %s before is not there any more"), topic);
	rs_err_detail(err, _("partition %d ends before the last message that the task has written to it"), partition);
	return rs_err_hint(err, _("The topic was removed and made anew, or brokers have lost a part of it: have the task begin anew, which "
	                          "copies the tables again (rds-sync reset), or go on with the topic as it is (kafka.on_topic_change = take)"));
}

/* What a broker was sent it may have, or not. */
static void drop_unsent(struct rs_kafka_link *l)
{
	(void)rd_kafka_purge(l->k.handle, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
	(void)rd_kafka_flush(l->k.handle, 10 * SLICE);
}

void rs_kafka_link_abort(struct rs_kafka_link *l)
{
	if (!l->begun)
		return;
	rd_kafka_error_t *error = l->transactional ? rd_kafka_abort_transaction(l->k.handle, 10 * SLICE) : NULL;
	if (error)
		rd_kafka_error_destroy(error);
	if (!l->transactional)
		drop_unsent(l);
	forget_unit(l);
	rs_outbox_undone(&l->outbox);
	if (!atomic_load(&l->k.cancelled))
		l->k.undelivered = RD_KAFKA_RESP_ERR_NO_ERROR;
}
