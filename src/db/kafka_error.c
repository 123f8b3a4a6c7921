#include "db/kafka_error.h"

#include <string.h>
#include "base/i18n.h"
#include "base/mem.h"

static const char hint_topic[] = N_("The topic is not there any more, or has fewer partitions: what was written to it is lost with it");
static const char hint_silent[] = N_("Check the address and port, and whether a firewall drops the packets");

/* The first that fits counts. text NULL: any. */
static const struct row {
	rd_kafka_resp_err_t native;
	const char *text;
	struct rs_kafka_meaning meaning;
} table[] = {
	{RD_KAFKA_RESP_ERR__AUTHENTICATION, "Unsupported",
	 {RS_E_CONN_AUTH, RS_RETRY_NEVER, N_("The broker does not offer this way to log in: choose another Connection Method, or enable it "
	                                     "there (sasl.enabled.mechanisms)")}},
	{RD_KAFKA_RESP_ERR__AUTHENTICATION, "current SASL state",
	 {RS_E_CONN_AUTH, RS_RETRY_NEVER, N_("The listener takes no login: choose No SSL as Connection Method, or the port of a listener "
	                                     "that does")}},
	{RD_KAFKA_RESP_ERR__AUTHENTICATION, NULL,
	 {RS_E_CONN_AUTH, RS_RETRY_NEVER, N_("Check the account and its password; the cluster must have a credential of this kind for the "
	                                     "account")}},
	{RD_KAFKA_RESP_ERR__SSL, "certificate required",
	 {RS_E_CONN_TLS, RS_RETRY_NEVER, N_("The broker wants a client certificate: give certificate and key")}},
	{RD_KAFKA_RESP_ERR__SSL, "certificate verify failed",
	 {RS_E_CONN_TLS, RS_RETRY_NEVER, N_("Give the certificate authority that the broker's certificate is of, and the name that stands "
	                                    "in it")}},
	{RD_KAFKA_RESP_ERR__SSL, NULL,
	 {RS_E_CONN_TLS, RS_RETRY_NEVER, N_("Check that the port is that of a listener with TLS, and the certificates")}},
	{RD_KAFKA_RESP_ERR__RESOLVE, NULL,
	 {RS_E_CONN_HOST, RS_RETRY_LATER, N_("Check the host name or address, and the route to it")}},
	{RD_KAFKA_RESP_ERR__BAD_MSG, NULL,
	 {RS_E_CONN_WRONG_SERVER, RS_RETRY_NEVER, N_("What answers at this port is not a Kafka broker, or a listener with TLS")}},
	{RD_KAFKA_RESP_ERR__TRANSPORT, "refused",
	 {RS_E_CONN_REFUSED, RS_RETRY_LATER, N_("Check the address and port, and whether the broker runs: one whose only disk is full has ended")}},
	/* What the library guesses of a connection that is closed at once, which brokers that end or begin do, too. */
	{RD_KAFKA_RESP_ERR__TRANSPORT, "require SASL",
	 {RS_E_CONN_DENIED, RS_RETRY_LATER, N_("The listener seems to want an account: choose SCRAM-SHA-256 as Connection Method, or the "
	                                       "port of a listener without")}},
	{RD_KAFKA_RESP_ERR__TRANSPORT, "connecting to a SSL listener?",
	 {RS_E_CONN_TLS, RS_RETRY_LATER, N_("The listener seems to want TLS, or is no Kafka broker's: check Connection Method and port")}},
	{RD_KAFKA_RESP_ERR__TRANSPORT, "timed out",
	 {RS_E_CONN_TIMEOUT, RS_RETRY_LATER, hint_silent}},
	{RD_KAFKA_RESP_ERR__TRANSPORT, "Timed out",
	 {RS_E_CONN_TIMEOUT, RS_RETRY_LATER, hint_silent}},
	{RD_KAFKA_RESP_ERR__TIMED_OUT, NULL,
	 {RS_E_CONN_TIMEOUT, RS_RETRY_LATER, hint_silent}},
	{RD_KAFKA_RESP_ERR__TRANSPORT, NULL, {RS_E_CONN_LOST, RS_RETRY_RECONNECT, N_("It is tried again while the retry time lasts")}},
	{RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN, NULL,
	 {RS_E_CONN_LOST, RS_RETRY_RECONNECT, N_("It is tried again while the retry time lasts")}},
	/* Another process has opened the transactional id, or the broker has given up a transaction that took too long: the destination's
	 * word tells which. */
	{RD_KAFKA_RESP_ERR__FENCED, NULL, {RS_E_CONN_LOST, RS_RETRY_RECONNECT, NULL}},
	{RD_KAFKA_RESP_ERR_PRODUCER_FENCED, NULL, {RS_E_CONN_LOST, RS_RETRY_RECONNECT, NULL}},
	{RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH, NULL, {RS_E_CONN_LOST, RS_RETRY_RECONNECT, NULL}},
	{RD_KAFKA_RESP_ERR__MSG_TIMED_OUT, NULL, {RS_E_CONN_TIMEOUT, RS_RETRY_LATER, hint_silent}},
	{RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, NULL,
	 {RS_E_DEST_DATA, RS_RETRY_NEVER, N_("Raise max.message.bytes of the topic (kafka-configs --alter), or leave out the column that is so "
	                                     "large")}},
	{RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, NULL, {RS_E_DEST_TOPIC, RS_RETRY_LATER, hint_topic}},
	{RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC, NULL, {RS_E_DEST_TOPIC, RS_RETRY_LATER, hint_topic}},
	{RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION, NULL, {RS_E_DEST_TOPIC, RS_RETRY_LATER, hint_topic}},
	{RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED, NULL,
	 {RS_E_SQL_DENIED, RS_RETRY_NEVER, N_("Allow the account DESCRIBE and WRITE on the transactional ids that begin with rds-sync- "
	                                      "(kafka-acls --add --resource-pattern-type prefixed --transactional-id), or do without "
	                                      "transactions: kafka.delivery = at-least-once")}},
	{RD_KAFKA_RESP_ERR_INVALID_TRANSACTION_TIMEOUT, NULL,
	 {RS_E_NOT_SUPPORTED, RS_RETRY_NEVER, N_("Set transaction.max.timeout.ms of the brokers to 900000 or more")}},
	{RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE, NULL,
	 {RS_E_NOT_SUPPORTED, RS_RETRY_NEVER, N_("Brokers of Kafka 0.11 and later have transactions, with which nothing is lost or doubled; "
	                                           "kafka.delivery = at-least-once does without them")}},
	{RD_KAFKA_RESP_ERR_KAFKA_STORAGE_ERROR, NULL,
	 {RS_E_DEST_FULL, RS_RETRY_LATER, N_("A broker can't write to its disk: look at its log, and make room there. It has to be started again then")}},
	{RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED, NULL,
	 {RS_E_SQL_DENIED, RS_RETRY_NEVER, N_("Allow the account DESCRIBE on the cluster (kafka-acls --add --operation Describe --cluster)")}},
	{RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS, NULL,
	 {RS_E_SQL_DENIED, RS_RETRY_NEVER, N_("The topic is there, and the account may not see it: allow it DESCRIBE and WRITE (kafka-acls "
	                                      "--add)")}},
	{RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, NULL,
	 {RS_E_SQL_DENIED, RS_RETRY_NEVER, N_("Allow the account DESCRIBE and WRITE on the topic, and READ too where the task is kept in it "
	                                      "(kafka-acls --add)")}},
};

static bool fits(const struct row *r, rd_kafka_resp_err_t native, const char *text)
{
	return r->native == native && (!r->text || strstr(text, r->text));
}

struct rs_kafka_meaning rs_kafka_error_meaning(rd_kafka_resp_err_t native, const char *text)
{
	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		if (fits(&table[i], native, text))
			return table[i].meaning;
	return (struct rs_kafka_meaning){RS_E_CONN_LOST, RS_RETRY_LATER, NULL};
}

bool rs_kafka_error_is_final(rd_kafka_resp_err_t native, const char *text)
{
	struct rs_kafka_meaning m = rs_kafka_error_meaning(native, text);

	return m.retry == RS_RETRY_NEVER || m.code == RS_E_CONN_REFUSED || m.code == RS_E_CONN_HOST || m.code == RS_E_CONN_DENIED ||
	       m.code == RS_E_CONN_TLS;
}

static const char *without_broker(const char *reason)
{
	const char *end = strncmp(reason, "[thrd:", 6) == 0 ? strstr(reason, "]: ") : NULL;
	size_t word;

	if (!end)
		return reason;
	reason = end + 3;
	word = strcspn(reason, " ");
	return word > 1 && reason[word - 1] == ':' && reason[word] && memchr(reason, '/', word) ? reason + word + 1 : reason;
}

char *rs_kafka_error_bare(const char *reason)
{
	const char *from = without_broker(reason), *after = strstr(from, " (after ");
	bool measured = after && after[strlen(after) - 1] == ')' && strstr(after, "ms in state ");

	return rs_xstrndup(from, measured ? (size_t)(after - from) : strlen(from));
}
