#include "model/flow.h"

#include <string.h>
#include "base/i18n.h"
#include "base/words.h"

#define LISTED "instance_type region instance "
#define LOGIN "account password password_env password_file password_command "
#define TLS "connection ca cert key "

/* Which keys of [source] and [destination] each kind of server has, and how it is spoken to. */
static const struct {
	const char *kind, *keys;
	enum rs_protocol protocol;
} kinds[] = {
	{"mysql", LISTED LOGIN TLS "host port socket option_file compression", RS_PROTOCOL_MYSQL},
	{"mysql-other-account", LISTED "owner role", RS_PROTOCOL_NONE},
	{"mysql-connected", LISTED LOGIN "vpc host port", RS_PROTOCOL_MYSQL},
	{"analyticdb-mysql", LISTED LOGIN "version", RS_PROTOCOL_MYSQL},
	{"analyticdb-postgresql", LISTED LOGIN "database", RS_PROTOCOL_POSTGRESQL},
	{"postgresql", LISTED LOGIN TLS "host port database", RS_PROTOCOL_POSTGRESQL},
	{"kafka", LISTED LOGIN TLS "host port topic version encrypted", RS_PROTOCOL_KAFKA},
	{"project", LOGIN "region project", RS_PROTOCOL_NONE},
	{"zero-etl-source", LOGIN "region instance task_type database connection ca", RS_PROTOCOL_POSTGRESQL},
	{"zero-etl-destination", LOGIN "region instance task_type database", RS_PROTOCOL_POSTGRESQL},
	{"external", LOGIN "host port database", RS_PROTOCOL_NONE},
};
enum { N_KINDS = sizeof kinds / sizeof *kinds };

#define SYNC "objects sync verify alert "
#define RETRIES "sync.retry_connection sync.retry_other "
#define LIMITS                                                                                                         \
	"sync.incremental_max_rows sync.incremental_max_bytes sync.full_max_rows sync.full_max_bytes sync.full_max_queries "
#define RELAY "sync.relay_quota "
#define INITIAL "objects sync.schema sync.full " RETRIES
#define APPLYING                                                                                                        \
	"sync.incremental sync.on_anomaly sync.memory sync.copy_workers sync.apply_workers sync.source_order sync.chunk_size sync.speed_class " \
	"sync.metrics_file sync.metrics_listen sync.metrics_public "
#define ANALYTICDB_PG INITIAL                                                                                          \
	"analyticdb.existing_tables analyticdb.merge_tables analyticdb.postgresql_operations analyticdb.quote_names fields"

static const struct rs_flow flows[] = {
	{"mysql-to-mysql", "mysql", "mysql", "", SYNC, true, true, true, true, true},
	{"mysql-to-mysql-two-way", "mysql", "mysql", "conflict", SYNC "two_way", true, true, false, true, true},
	{"mysql-to-mysql-cross-account", "mysql-other-account", "mysql", "", SYNC, true, false, false, true, true},
	{"mysql-to-analyticdb-mysql", "mysql", "analyticdb-mysql", "",
	 INITIAL "sync.existing_tables analyticdb.merge_tables analyticdb.operations fields", true, true, false, true, true},
	{"mysql-to-analyticdb-postgresql", "mysql", "analyticdb-postgresql", "", ANALYTICDB_PG, true, true, false, true, true},
	{"mysql-to-postgresql", "mysql", "postgresql", "",
	 INITIAL LIMITS RELAY APPLYING
	 "alert sync.existing_tables sync.name_case sync.dml sync.ddl sync.on_ddl_error sync.lock_for_keyless fields postgresql", true, true, true,
	 true, true},
	{"mysql-to-kafka", "mysql-connected", "kafka", "topic partitions key",
	 INITIAL LIMITS RELAY "kafka alert sync.memory sync.copy_workers sync.chunk_size sync.metrics_file sync.metrics_listen sync.metrics_public",
	 true, true, true, true, true},
	{"mysql-to-maxcompute", "mysql", "project", "", INITIAL "sync.existing_tables maxcompute", true, true, false, true, true},
	{"mysql-to-datahub", "mysql", "project", "key", "objects sync.schema sync.existing_tables datahub " RETRIES, true, true, false, true, true},
	{"postgresql-to-analyticdb-postgresql", "postgresql", "analyticdb-postgresql", "", ANALYTICDB_PG, true, true, false, true, true},
	{"postgresql-to-postgresql", "postgresql", "postgresql", "",
	 INITIAL LIMITS APPLYING "alert sync.existing_tables sync.name_case sync.dml", true, true, true, true, false},
	{"zero-etl", "zero-etl-source", "zero-etl-destination", "", "objects zero_etl fields", true, true, false, true, true},
	{"fdw", "external", "postgresql", "", "fdw", false, false, false, true, false},
	{NULL, NULL, NULL, NULL, NULL, false, false, false, false, false}};

const struct rs_flow *rs_flows(void)
{
	return flows;
}

const struct rs_flow *rs_flow_find(const char *id)
{
	for (const struct rs_flow *f = flows; id && f->id; f++)
		if (strcmp(f->id, id) == 0)
			return f;
	return NULL;
}

static bool kind_has(const char *kind, const char *key)
{
	for (size_t i = 0; i < N_KINDS; i++)
		if (strcmp(kinds[i].kind, kind) == 0)
			return rs_words_has(kinds[i].keys, key, strlen(key));
	return false;
}

bool rs_flow_takes(const struct rs_flow *flow, const char *key)
{
	const char *dot = strchr(key, '.');
	size_t len = dot ? (size_t)(dot - key) : 0;

	if (!dot)
		return false;
	if (len == 6 && strncmp(key, "source", len) == 0)
		return kind_has(flow->source, dot + 1);
	if (len == 11 && strncmp(key, "destination", len) == 0)
		return kind_has(flow->destination, dot + 1);
	return rs_words_has("task precheck draft", key, len) || rs_words_has(flow->takes, key, len) ||
	       rs_words_has(flow->takes, key, strlen(key));
}

bool rs_flow_has_setting(const struct rs_flow *flow, enum rs_table_setting which)
{
	const char *word = rs_table_setting_word(which);

	return rs_words_has(flow->settings, word, strlen(word));
}

bool rs_flow_brings_later(const char *id)
{
	const struct rs_flow *flow = rs_flow_find(id);

	return flow && flow->later;
}

enum rs_protocol rs_flow_protocol(const char *kind)
{
	for (size_t i = 0; i < N_KINDS; i++)
		if (strcmp(kinds[i].kind, kind) == 0)
			return kinds[i].protocol;
	return RS_PROTOCOL_NONE;
}

bool rs_flow_is_distributed(const char *kind)
{
	return rs_words_has("analyticdb-postgresql zero-etl-destination", kind, strlen(kind));
}

bool rs_flow_reads_back(const struct rs_flow *flow)
{
	return rs_flow_protocol(flow->destination) == RS_PROTOCOL_MYSQL;
}

enum rs_rc rs_flow_check_reads_back(const char *id, struct rs_err *err)
{
	const struct rs_flow *flow = rs_flow_find(id);

	return !flow || rs_flow_reads_back(flow) ? RS_OK
	                                         : rs_err_set(err, RS_E_NOT_SUPPORTED, _("what a destination of this kind has can't be compared"));
}

enum rs_rc rs_flow_check_runs(const char *id, struct rs_err *err)
{
	const struct rs_flow *flow = rs_flow_find(id);

	if (!flow || flow->runs)
		return RS_OK;
	rs_err_set(err, RS_E_NOT_SUPPORTED, _("tasks of the flow %s can't be started by this version"), id);
	return rs_err_hint(err, _("They can be configured, saved and reviewed; nothing is read from the source or written to the destination."));
}
