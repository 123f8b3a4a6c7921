/* What librdkafka's producer does with messages that are there already: the limit for whoever has to make them first.
 *
 *	kafka_producer BROKER TOPIC COMPRESSION MESSAGES FILE
 *	kafka_producer BROKER TOPIC COMPRESSION -r RATE SECONDS SIZE
 *
 * Sends the messages of FILE, in transactions of MESSAGES each, of an idempotent producer with acks = all, all else as the
 * library has it. FILE has for each message: partition, length of its key (-1: none), length of its value (int32_t of this
 * machine), key, value.
 *
 * With -r sends numbered messages by the clock, in a transaction whatever is due when the one before it ended. A message
 * begins with the nanosecond of CLOCK_MONOTONIC at which it was due, and has SIZE bytes. */
#include <fcntl.h>
#include <inttypes.h>
#include <librdkafka/rdkafka.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { WAIT = 60000 /* milliseconds, for whatever the broker has to do */ };
#define SECOND INT64_C(1000000000)

struct message {
	int32_t partition, key_len, len;
};

struct bench {
	rd_kafka_t *producer;
	rd_kafka_topic_t *topic;
	unsigned long long failed;
};

static void die(const char *what, const char *why)
{
	fprintf(stderr, "kafka_producer: %s: %s\n", what, why);
	exit(1);
}

static void must(rd_kafka_error_t *error, const char *what)
{
	if (error)
		die(what, rd_kafka_error_string(error));
}

static void on_delivery(rd_kafka_t *producer, const rd_kafka_message_t *m, void *arg)
{
	struct bench *b = arg;

	(void)producer;
	b->failed += m->err != RD_KAFKA_RESP_ERR_NO_ERROR;
}

static void set(rd_kafka_conf_t *conf, const char *name, const char *value)
{
	char why[512];

	if (rd_kafka_conf_set(conf, name, value, why, sizeof why) != RD_KAFKA_CONF_OK)
		die(name, why);
}

static void open_producer(struct bench *b, const char *broker, const char *topic, const char *compression)
{
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	char why[512];

	set(conf, "bootstrap.servers", broker);
	set(conf, "transactional.id", topic);
	set(conf, "compression.codec", compression);
	set(conf, "message.max.bytes", "1000000000");
	set(conf, "delivery.report.only.error", "true");
	rd_kafka_conf_set_opaque(conf, b);
	rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
	b->producer = rd_kafka_new(RD_KAFKA_PRODUCER, conf, why, sizeof why);
	if (!b->producer)
		die("opening", why);
	must(rd_kafka_init_transactions(b->producer, WAIT), "preparing transactions");
	b->topic = rd_kafka_topic_new(b->producer, topic, NULL);
}

/* The bytes stay where they are until they are sent. */
static void send_message(struct bench *b, int32_t partition, const void *key, int32_t key_len, const void *value, int32_t len,
                         int flags)
{
	while (rd_kafka_produce(b->topic, partition, flags, (void *)(uintptr_t)value, (size_t)len, key_len < 0 ? NULL : key,
	                        key_len < 0 ? 0 : (size_t)key_len, NULL) != 0) {
		if (rd_kafka_last_error() != RD_KAFKA_RESP_ERR__QUEUE_FULL)
			die("sending", rd_kafka_err2str(rd_kafka_last_error()));
		rd_kafka_poll(b->producer, 10);
	}
}

static void commit(struct bench *b)
{
	must(rd_kafka_commit_transaction(b->producer, WAIT), "committing");
	if (b->failed > 0)
		die("sending", "messages were not taken");
}

static const char *map_file(const char *path, size_t *len)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) != 0)
		die(path, "can't be read");
	*len = (size_t)st.st_size;
	const char *bytes = mmap(NULL, *len, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
	if (bytes == MAP_FAILED)
		die(path, "can't be mapped");
	close(fd);
	return bytes;
}

static void send_file(struct bench *b, int64_t each, const char *path)
{
	int64_t n = 0;
	struct message m;
	size_t len;
	const char *at = map_file(path, &len), *const end = at + len;

	for (; at < end; at += m.len) {
		memcpy(&m, at, sizeof m);
		at += sizeof m;
		if (n++ % each == 0)
			must(rd_kafka_begin_transaction(b->producer), "beginning");
		const char *key = at;
		at += m.key_len < 0 ? 0 : m.key_len;
		send_message(b, m.partition, key, m.key_len, at, m.len, 0);
		if (n % each == 0)
			commit(b);
	}
	if (n % each != 0)
		commit(b);
	printf("%" PRId64 " messages\n", n);
}

static int64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * SECOND + t.tv_nsec;
}

static void wait_until(int64_t due)
{
	const struct timespec t = {.tv_sec = due / SECOND, .tv_nsec = due % SECOND};

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL) != 0)
		;
}

static void send_by_clock(struct bench *b, int64_t rate, int64_t seconds, int32_t size)
{
	const int64_t begun = now(), total = rate * seconds;
	char *value = calloc(1, (size_t)size + 1);

	for (int64_t n = 0; n < total;) {
		wait_until(begun + n * SECOND / rate);
		must(rd_kafka_begin_transaction(b->producer), "beginning");
		for (; n < total && begun + n * SECOND / rate <= now(); n++) {
			memset(value, 'x', (size_t)size);
			value[snprintf(value, (size_t)size, "%020" PRId64, begun + n * SECOND / rate)] = ' ';
			send_message(b, 0, &n, sizeof n, value, size, RD_KAFKA_MSG_F_COPY);
		}
		commit(b);
	}
	free(value);
}

static int64_t number(const char *text)
{
	char *end;
	int64_t n = strtoll(text, &end, 10);

	if (n <= 0 || *end != '\0')
		die(text, "is no number above zero");
	return n;
}

int main(int argc, char **argv)
{
	struct bench b = {.failed = 0};
	bool by_clock = argc == 8 && strcmp(argv[4], "-r") == 0;

	if (!by_clock && argc != 6)
		die("arguments", "BROKER TOPIC COMPRESSION MESSAGES FILE | BROKER TOPIC COMPRESSION -r RATE SECONDS SIZE");
	open_producer(&b, argv[1], argv[2], argv[3]);
	if (by_clock)
		send_by_clock(&b, number(argv[5]), number(argv[6]), (int32_t)number(argv[7]));
	else
		send_file(&b, number(argv[4]), argv[5]);
	rd_kafka_topic_destroy(b.topic);
	rd_kafka_destroy(b.producer);
	return 0;
}
