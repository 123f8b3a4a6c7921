#include <ctype.h>
#include <inttypes.h>
#include "base/clock.h"
#include "base/i18n.h"
#include "base/mem.h"
#include "base/size.h"
#include "base/words.h"
#include "model/flow.h"
#include "model/table_fields.h"
#include "model/task.h"
#include "model/working.h"

#define DML "insert update delete"
#define DDL                                                                                                            \
	"create-table alter-table drop-table rename-table truncate-table create-index drop-index create-view alter-view "  \
	"drop-view create-procedure drop-procedure create-function drop-function create-database alter-database "          \
	"drop-database"
#define ANALYTICDB                                                                                                     \
	"create-table drop-table rename-table truncate-table add-column drop-column modify-column insert update delete"
#define ANALYTICDB_PG "insert update delete alter-table"
#define ZERO_ETL_DDL "create alter drop rename truncate"
#define PARTITIONS "year month day hour minute"
#define KIB ((uint64_t)1 << 10)
#define MIB ((uint64_t)1 << 20)
#define MILLIARD ((uint64_t)1000000000)

/* Both sides have the same keys. */
#define SIDE(side)                                                                                                     \
	{side, "instance_type", RS_KEY_CHOICE, "self-managed", RS_INSTANCE_TYPES, 0, 0,                                    \
	 N_("kind of server: an instance of the registry, or one given by its address")},                                  \
	{side, "region", RS_KEY_TEXT, NULL, NULL, 0, 0, N_("region of the instance; not changed once the task is made")},  \
	{side, "instance", RS_KEY_TEXT, NULL, NULL, 0, 0, N_("id of the instance in instances.ini")},                      \
	{side, "host", RS_KEY_TEXT, NULL, NULL, 0, 0, N_("name or address of the server")},                                \
	{side, "port", RS_KEY_INT, NULL, NULL, 1, 65535, N_("port of the server")},                                        \
	{side, "socket", RS_KEY_TEXT, NULL, NULL, 0, 0, N_("path of the server's Unix socket, instead of host and port")}, \
	{side, "account", RS_KEY_TEXT, NULL, NULL, 0, 0, N_("database account; left out: the client's default")},          \
	{side, "password", RS_KEY_SECRET, NULL, NULL, 0, 0, N_("its password; only in a file with mode 0600")},            \
	{side, "password_env", RS_KEY_TEXT, NULL, NULL, 0, 0, N_("environment variable that holds the password")},         \
	{side, "password_file", RS_KEY_PATH, NULL, NULL, 0, 0, N_("file whose first line is the password; mode 0600")},    \
	{side, "password_command", RS_KEY_TEXT, NULL, NULL, 0, 0, N_("shell command that prints the password")},           \
	{side, "option_file", RS_KEY_PATH, NULL, NULL, 0, 0, N_("client option file with account and password")},          \
	{side, "connection", RS_KEY_CHOICE, "no-ssl", "no-ssl ssl scram-sha-256 scram-sha-512 plain", 0, 0,                                   \
	 N_("whether the connection is encrypted; to Kafka also how one logs in")},                                        \
	{side, "ca", RS_KEY_PATH, NULL, NULL, 0, 0, N_("certificate authority that the server's certificate must be of")}, \
	{side, "cert", RS_KEY_PATH, NULL, NULL, 0, 0, N_("client certificate")},                                           \
	{side, "key", RS_KEY_PATH, NULL, NULL, 0, 0, N_("key of the client certificate")},                                 \
	{side, "compression", RS_KEY_CHOICE, "no", "no zlib", 0, 0, N_("whether what goes over the wire is compressed")},  \
	{side, "database", RS_KEY_TEXT, NULL, NULL, 0, 0, N_("database of a PostgreSQL server")},                          \
	{side, "task_type", RS_KEY_CHOICE, "small", "small", 0, 0, N_("size of a Zero-ETL task")}

static const struct rs_task_key keys[] = {
	{"task", "name", RS_KEY_TEXT, NULL, NULL, 0, 0, N_("name of the task; need not be unique")},
	{"task", "id", RS_KEY_UUID, NULL, NULL, 0, 0, N_("what the task is known by at the destination; made once")},
	{"task", "flow", RS_KEY_FLOW, NULL, NULL, 0, 0, N_("what is synchronized with what")},
	{"task", "note", RS_KEY_TEXT, NULL, NULL, 0, 0, N_("a line for yourself")},
	{"task", "filed_as", RS_KEY_TEXT, NULL, NULL, 0, 0, N_("of a draft: the name that its file bears, where it has another one")},
	SIDE("source"),
	{"source", "owner", RS_KEY_TEXT, NULL, NULL, 0, 0, N_("id of the cloud account that owns the instance")},
	{"source", "role", RS_KEY_TEXT, NULL, NULL, 0, 0, N_("RAM role of that account, which allows access")},
	{"source", "vpc", RS_KEY_TEXT, NULL, NULL, 0, 0, N_("VPC to which a server outside of the cloud is connected")},
	SIDE("destination"),
	{"destination", "encrypted", RS_KEY_CHOICE, "no", "no yes", 0, 0, N_("whether a login to Kafka goes over TLS")},
	{"destination", "version", RS_KEY_TEXT, NULL, NULL, 0, 0, N_("version of a cluster of AnalyticDB or Kafka")},
	{"destination", "project", RS_KEY_TEXT, NULL, NULL, 0, 0, N_("project of MaxCompute or DataHub")},
	{"destination", "topic", RS_KEY_TEXT, NULL, NULL, 0, 0, N_("topic of Kafka")},
	{"sync", "schema", RS_KEY_CHOICE, "yes", "yes no", 0, 0, N_("make the objects at the destination")},
	{"sync", "full", RS_KEY_CHOICE, "yes", "yes no", 0, 0, N_("copy the rows that exist")},
	{"sync", "incremental", RS_KEY_CHOICE, "yes", "yes no", 0, 0, N_("follow the changes")},
	{"sync", "existing_tables", RS_KEY_CHOICE, "check", "check ignore", 0, 0,
	 N_("tables that exist at the destination: stop in the precheck, or go on with them")},
	{"sync", "name_case", RS_KEY_CHOICE, "default", "default source lower upper", 0, 0,
	 N_("upper and lower case of names of databases and tables at the destination")},
	{"sync", "dml", RS_KEY_SET, DML, DML, 0, 0, N_("changes of rows to synchronize")},
	{"sync", "ddl", RS_KEY_SET, DDL, DDL, 0, 0, N_("changes of schemas to synchronize")},
	{"sync", "on_ddl_error", RS_KEY_CHOICE, "stop", "stop continue", 0, 0,
	 N_("a schema change that fails at the destination: stop, or report it and go on")},
	{"sync", "online_ddl", RS_KEY_CHOICE, "dms", "yes dms gh-ost", 0, 0,
	 N_("working tables of online schema changes: synchronize them, or leave out those of DMS, or those of gh-ost")},
	{"sync", "online_ddl_shadow", RS_KEY_PATTERN, RS_WORKING_SHADOW_PATTERN, NULL, 1, 0,
	 N_("regular expression for the tables that online schema changes fill; its group is the table that is changed")},
	{"sync", "online_ddl_trash", RS_KEY_PATTERN, RS_WORKING_TRASH_PATTERN, NULL, 0, 0,
	 N_("regular expression for their other working tables, and for the old table")},
	{"sync", "triggers", RS_KEY_CHOICE, "cut-over", "cut-over never", 0, 0,
	 N_("when triggers are made at the destination: at release, or not at all")},
	{"sync", "on_anomaly", RS_KEY_CHOICE, "count", "count stop", 0, 0,
	 N_("a change that does not find its row: count it and go on, or stop")},
	{"sync", "lock_for_keyless", RS_KEY_CHOICE, "no", "no yes", 0, 0,
	 N_("consent to lock a table without a key for a moment")},
	{"sync", "retry_connection", RS_KEY_INT, "720", NULL, 1, 1440, N_("minutes to retry a lost connection")},
	{"sync", "retry_other", RS_KEY_INT, "10", NULL, 0, 1439,
	 N_("minutes to retry other failures; less than retry_connection")},
	{"sync", "memory", RS_KEY_SIZE, "256M", NULL, 32 * MIB, MIB << 20, N_("memory for all queues and buffers")},
	{"sync", "relay_quota", RS_KEY_SIZE, "2G", NULL, 0, MIB << 20,
	 N_("disk space for the source's log while it is copied or the task is paused; 0: none")},
	{"sync", "copy_workers", RS_KEY_INT, "4", NULL, 1, 64, N_("tables or parts of tables that are copied at a time")},
	{"sync", "apply_workers", RS_KEY_INT, "4", NULL, 1, 16,
	 N_("changes that don't depend on each other are applied beside each other, so many at a time")},
	{"sync", "source_order", RS_KEY_CHOICE, "no", "no yes", 0, 0,
	 N_("transactions become visible at the destination in the order of the source")},
	{"sync", "chunk_size", RS_KEY_SIZE, "16M", NULL, MIB / 16, 1024 * MIB, N_("size of a part of a table")},
	{"sync", "speed_class", RS_KEY_CHOICE, "large", "micro small medium large", 0, 0,
	 N_("how fast changes are followed: up to 200, 2000, 5000 rows a second, or without a limit")},
	{"sync", "full_max_queries", RS_KEY_INT, "0", NULL, 0, MILLIARD, N_("queries a second at the source in the copy; 0: no limit")},
	{"sync", "full_max_rows", RS_KEY_INT, "0", NULL, 0, MILLIARD, N_("rows a second in the copy; 0: no limit")},
	{"sync", "full_max_bytes", RS_KEY_SIZE, "0", NULL, 0, MIB << 20, N_("bytes a second in the copy; 0: no limit")},
	{"sync", "incremental_max_rows", RS_KEY_INT, NULL, NULL, 0, MILLIARD,
	 N_("changed rows a second, instead of what speed_class says; 0: no limit")},
	{"sync", "incremental_max_bytes", RS_KEY_SIZE, "0", NULL, 0, MIB << 20,
	 N_("bytes of changed rows a second; 0: no limit")},
	{"sync", "metrics_file", RS_KEY_PATH, NULL, NULL, 0, 0, N_("file for Prometheus' node_exporter, written every few seconds")},
	{"sync", "metrics_listen", RS_KEY_TEXT, NULL, NULL, 0, 0, N_("where Prometheus reads over HTTP, as 127.0.0.1:9187")},
	{"sync", "metrics_public", RS_KEY_CHOICE, "no", "no yes", 0, 0, N_("whether metrics_listen may be reached from other machines")},
	{"verify", "continuous", RS_KEY_CHOICE, "no", "no yes", 0, 0,
	 N_("compare all tables again and again while changes are followed")},
	{"verify", "incremental", RS_KEY_CHOICE, "no", "no yes", 0, 0,
	 N_("look at changed rows on both sides once they have arrived")},
	{"verify", "budget", RS_KEY_INT, "10", NULL, 1, 50, N_("percent of each server's time that this may take")},
	{"verify", "repair", RS_KEY_CHOICE, "no", "no yes", 0, 0, N_("mend what is found to differ without being asked")},
	{"alert", "lag", RS_KEY_INT, "0", NULL, 0, 604800, N_("tell when the lag is so many seconds and stays so; 0: don't")},
	{"alert", "state", RS_KEY_CHOICE, "yes", "yes no", 0, 0, N_("tell when the task fails, or retries for a minute")},
	{"alert", "full_hours", RS_KEY_INT, "0", NULL, 0, 8760, N_("tell when the full copy takes so many hours; 0: don't")},
	{"alert", "command", RS_KEY_TEXT, NULL, NULL, 0, 0, N_("shell command that is run when an alert is raised, and when it is over")},
	{"objects", "include", RS_KEY_OBJECTS, NULL, NULL, 0, 0, N_("databases and tables to synchronize")},
	{"objects", "exclude", RS_KEY_OBJECTS, NULL, NULL, 0, 0, N_("tables to leave out of databases")},
	{"objects", "objects_file", RS_KEY_PATH, NULL, NULL, 0, 0, N_("file with more of them, one a line")},
	{"objects", "rename.N", RS_KEY_MAPPING, NULL, NULL, 0, 0, N_("old name -> name at the destination")},
	{"objects", "filter.N", RS_KEY_FILTER, NULL, NULL, 0, 0, N_("table: condition that its rows must meet")},
	{"objects", "operations.N", RS_KEY_OPERATIONS, NULL, NULL, 0, 0,
	 N_("database or table: kinds of its changes to synchronize")},
	{"objects", "topic.N", RS_KEY_SETTING, NULL, NULL, 0, 0, N_("table: topic of Kafka that its changes go to")},
	{"objects", "partitions.N", RS_KEY_SETTING, NULL, NULL, 0, 0,
	 N_("table: how many partitions its topic is made with")},
	{"objects", "key.N", RS_KEY_SETTING, NULL, NULL, 0, 0,
	 N_("table: columns whose hash chooses the partition of Kafka, or the shard of DataHub")},
	{"objects", "conflict.N", RS_KEY_SETTING, NULL, NULL, 0, 0,
	 N_("database or table: what becomes of a row that both sides have changed, and the columns that tell")},
	{"two_way", "conflicts", RS_KEY_CHOICE, "fail", "fail ignore overwrite", 0, 0,
	 N_("a row that both sides have changed: the task fails, the destination's stays, or it is overwritten")},
	{"two_way", "exclude_ddl", RS_KEY_CHOICE, "no", "no yes", 0, 0, N_("schema changes are not synchronized, in neither direction")},
	{"two_way", "exactly_once", RS_KEY_CHOICE, "no", "no yes", 0, 0, N_("tables without a key are written exactly once")},
	{"two_way", "heartbeat", RS_KEY_CHOICE, "no", "no yes", 0, 0, N_("a heartbeat is written to the source")},
	{"analyticdb", "existing_tables", RS_KEY_CHOICE, "clear", "clear ignore", 0, 0,
	 N_("tables that exist in AnalyticDB for PostgreSQL: empty them first, or add to them")},
	{"analyticdb", "merge_tables", RS_KEY_CHOICE, "no", "no yes", 0, 0,
	 N_("several tables become one, which says in __dts_data_source where a row is from")},
	{"analyticdb", "operations", RS_KEY_SET, ANALYTICDB, ANALYTICDB, 0, 0, N_("changes to synchronize to AnalyticDB for MySQL")},
	{"analyticdb", "postgresql_operations", RS_KEY_SET, ANALYTICDB_PG, ANALYTICDB_PG, 0, 0,
	 N_("changes to synchronize to AnalyticDB for PostgreSQL")},
	{"analyticdb", "quote_names", RS_KEY_CHOICE, "no", "no yes", 0, 0, N_("names at the destination stand in quotation marks")},
	{"kafka", "format", RS_KEY_CHOICE, "avro", "avro canal-json shareplex-json", 0, 0, N_("format of the messages")},
	{"kafka", "compression", RS_KEY_CHOICE, "lz4", "lz4 gzip snappy zstd none", 0, 0, N_("how the messages are compressed")},
	{"kafka", "topics", RS_KEY_CHOICE, "one", "one table", 0, 0, N_("one topic for all tables, or one for each")},
	{"kafka", "topic_name", RS_KEY_TEXT, "{database}.{table}", NULL, 0, 0, N_("name of a table's topic: {database} and {table} are replaced")},
	{"kafka", "topic_partitions", RS_KEY_INT, "1", NULL, 1, 10000, N_("partitions of topics that are made")},
	{"kafka", "topic_replicas", RS_KEY_INT, NULL, NULL, 1, 100, N_("replicas of topics that are made; left out: as many as the cluster gives")},
	{"kafka", "dialect", RS_KEY_CHOICE, "dts", "dts canal", 0, 0,
	 N_("where the definitions of a format differ: as DTS writes it, or as Canal does")},
	{"kafka", "partitions", RS_KEY_CHOICE, "zero", "zero table key", 0, 0,
	 N_("partition of a message: 0 for all, by its table, or by its primary key")},
	{"kafka", "delivery", RS_KEY_CHOICE, "exactly-once", "exactly-once at-least-once", 0, 0,
	 N_("each change once, by transactions of Kafka; or, without them, some again after a failure")},
	{"kafka", "acks", RS_KEY_CHOICE, "all", "0 1 all", 0, 0, N_("how many brokers must have a message before it counts as written")},
	{"kafka", "batch_size", RS_KEY_SIZE, "900K", NULL, KIB, 512 * MIB, N_("most of a partition's messages that are sent as one")},
	{"kafka", "max_message", RS_KEY_SIZE, "0", NULL, 0, 900 * MIB, N_("largest message, before compression; 0: what the topic takes")},
	{"kafka", "oversize", RS_KEY_CHOICE, "stop", "stop key-only side-file", 0, 0,
	 N_("a larger one: the task stops, its row's key alone is written, or it becomes a file of this host as well")},
	{"kafka", "linger", RS_KEY_INT, "1000", NULL, 0, 30000, N_("milliseconds that a message may wait for others to be sent with")},
	{"kafka", "on_topic_change", RS_KEY_CHOICE, "keep", "keep take", 0, 0,
	 N_("topics that have other partitions than they had, or were removed or made anew")},
	{"kafka", "ignore_ddl", RS_KEY_CHOICE, "yes", "yes no", 0, 0, N_("schema changes are left out")},
	{"kafka", "ddl_topic", RS_KEY_TEXT, NULL, NULL, 0, 0, N_("topic for schema changes; left out: that of the data")},
	{"kafka", "utc_offset", RS_KEY_OFFSET, "+00:00", NULL, 0, 0, N_("JSON: the clock that TIMESTAMP is shown by, as it is ahead of UTC")},
	{"kafka", "schema_registry", RS_KEY_HTTP, NULL, NULL, 0, 0, N_("address of Kafka's schema registry; left out: none is used")},
	{"kafka", "registry_account", RS_KEY_TEXT, NULL, NULL, 0, 0, N_("account of the schema registry; left out: it wants none")},
	{"kafka", "registry_password_file", RS_KEY_PATH, NULL, NULL, 0, 0, N_("file whose first line is its password; mode 0600")},
	{"kafka", "registry_ca", RS_KEY_PATH, NULL, NULL, 0, 0,
	 N_("certificate authority that the registry's certificate must be of; left out: one of the system's")},
	{"kafka", "register_schema", RS_KEY_CHOICE, "yes", "yes no", 0, 0, N_("a schema that the registry does not know is registered")},
	{"kafka", "subject_name", RS_KEY_CHOICE, "topic", "topic record topic-record", 0, 0,
	 N_("what the schema is registered under: TopicNameStrategy, RecordNameStrategy or TopicRecordNameStrategy")},
	{"maxcompute", "columns", RS_KEY_CHOICE, "new", "new previous", 0, 0, N_("names of the additional columns")},
	{"maxcompute", "partitions", RS_KEY_SET, PARTITIONS, PARTITIONS, 0, 0, N_("times by which the table of changes is partitioned")},
	{"datahub", "columns", RS_KEY_CHOICE, "new", "new previous", 0, 0, N_("names of the additional columns")},
	{"postgresql", "unfit_values", RS_KEY_CHOICE, "stop", "stop null nearest", 0, 0,
	 N_("a value that has no place at the destination, as a date of zeros: stop, write NULL, or what comes closest")},
	{"zero_etl", "dml", RS_KEY_SET, DML, DML, 0, 0, N_("changes of rows to synchronize")},
	{"zero_etl", "ddl", RS_KEY_SET, ZERO_ETL_DDL, ZERO_ETL_DDL, 0, 0, N_("changes of schemas to synchronize")},
	{"zero_etl", "retry_interval", RS_KEY_INT, "720", NULL, 1, 1440, N_("minutes to retry a lost connection")},
	{"zero_etl", "managed", RS_KEY_CHOICE, "yes", "yes no", 0, 0, N_("the task needs no operation and maintenance")},
	{"fdw", "wrapper", RS_KEY_CHOICE, "ganos_fdw", "ganos_fdw tds_fdw", 0, 0, N_("extension that reads the external data")},
	{"fdw", "server", RS_KEY_TEXT, NULL, NULL, 0, 0, N_("name of the foreign server that is made")},
	{"fdw", "path", RS_KEY_TEXT, NULL, NULL, 0, 0, N_("the file in OSS: bucket/path/file")},
	{"fdw", "format", RS_KEY_TEXT, NULL, NULL, 0, 0, N_("driver of the file's format, as \"ESRI Shapefile\"; left out: found out")},
	{"fdw", "open_options", RS_KEY_TEXT, NULL, NULL, 0, 0, N_("options of that driver")},
	{"fdw", "layer", RS_KEY_TEXT, NULL, NULL, 0, 0, N_("layer of the file")},
	{"fdw", "tds_version", RS_KEY_CHOICE, "7.1", "7.1 7.2 7.3 7.4", 0, 0, N_("version of the protocol of SQL Server")},
	{"fdw", "remote_schema", RS_KEY_TEXT, "dbo", NULL, 0, 0, N_("schema of SQL Server whose tables are imported")},
	{"fdw", "except", RS_KEY_TEXT, NULL, NULL, 0, 0, N_("tables of it that are not")},
	{"fdw", "row_estimate", RS_KEY_CHOICE, "execute", "execute showplan_all", 0, 0, N_("how the number of rows is estimated")},
	{"fdw", "schema", RS_KEY_TEXT, "public", NULL, 0, 0, N_("schema in which the foreign tables are made")},
	{"fields", "table.N", RS_KEY_TABLE_FIELDS, NULL, NULL, 0, 0,
	 N_("table: its type, primary key and distribution key at the destination")},
	{"precheck", "ignore", RS_KEY_CODES, NULL, NULL, 0, 0, N_("checks whose warnings are ignored")},
	{"draft", "answer.N", RS_KEY_TEXT, NULL, NULL, 0, 0, N_("of a draft: what was answered that does not apply now")},
	{NULL, NULL, RS_KEY_TEXT, NULL, NULL, 0, 0, NULL}};

enum { N_KEYS = sizeof keys / sizeof *keys - 1, NAME_MAX_LEN = 80 };

const struct rs_task_key *rs_task_keys(void)
{
	return keys;
}

/* "rename.12" for "rename.N". */
static bool is_key(const struct rs_task_key *k, const char *key)
{
	size_t stem = strlen(k->key) - 1;

	if (k->key[stem] != 'N' || strncmp(k->key, key, stem) != 0)
		return strcmp(k->key, key) == 0;
	key += stem;
	return *key && strspn(key, "0123456789") == strlen(key);
}

const struct rs_task_key *rs_task_key_find(const char *name)
{
	for (const struct rs_task_key *k = keys; k->section; k++) {
		size_t len = strlen(k->section);

		if (strncmp(name, k->section, len) == 0 && name[len] == '.' && is_key(k, name + len + 1))
			return k;
	}
	return NULL;
}

/* Logins; but for option files, which have an address as well. */
static bool is_login(const char *name)
{
	const char *key = strncmp(name, "source.", 7) == 0 ? name + 7 : strncmp(name, "destination.", 12) == 0 ? name + 12 : "";

	return rs_words_has("account password password_env password_file password_command", key, strlen(key));
}

bool rs_task_key_is_live(const char *name)
{
	static const char *const live[] = {
		"task.name",          "task.note",          "sync.retry_connection",    "sync.retry_other",
		"sync.speed_class",   "sync.full_max_queries", "sync.full_max_rows",    "sync.full_max_bytes",
		"sync.relay_quota",   "sync.incremental_max_rows", "sync.incremental_max_bytes"};

	for (size_t i = 0; i < sizeof live / sizeof *live; i++)
		if (strcmp(name, live[i]) == 0)
			return true;
	return is_login(name) || strncmp(name, "objects.", 8) == 0 || strncmp(name, "verify.", 7) == 0 || strncmp(name, "alert.", 6) == 0;
}

/* The name alone where there is no dot: a section. */
static const char *nearest_section(const char *name)
{
	const char *sections[N_KEYS];

	for (size_t i = 0; i < N_KEYS; i++)
		sections[i] = keys[i].section;
	return rs_words_nearest(name, sections, N_KEYS);
}

/* Among the keys of the section first: "source.hots" is not meant for another side. */
static const char *nearest_key(const char *name, const char *dot)
{
	const char *known[N_KEYS];
	size_t n = 0, len = (size_t)(dot - name);

	for (size_t i = 0; i < N_KEYS; i++)
		if (strlen(keys[i].section) == len && strncmp(keys[i].section, name, len) == 0)
			known[n++] = keys[i].key;
	return rs_words_nearest(dot + 1, known, n);
}

const char *rs_task_key_nearest(const char *name)
{
	const char *dot = strchr(name, '.');

	return dot ? nearest_key(name, dot) : nearest_section(name);
}

static const char *const dml_words[] = {"insert", "update", "delete"};
static const char *const ddl_words[] = {
	"create-table", "alter-table",      "drop-table",     "rename-table",    "truncate-table",  "create-index",
	"drop-index",   "create-view",      "alter-view",     "drop-view",       "create-procedure", "drop-procedure",
	"create-function", "drop-function", "create-database", "alter-database", "drop-database"};

static const char *word_of_bit(unsigned bit, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (bit == 1u << i)
			return words[i];
	return NULL;
}

const char *rs_sync_dml_word(unsigned bit)
{
	return word_of_bit(bit, dml_words, sizeof dml_words / sizeof *dml_words);
}

const char *rs_sync_ddl_word(unsigned bit)
{
	return word_of_bit(bit, ddl_words, sizeof ddl_words / sizeof *ddl_words);
}

/* --- values ---------------------------------------------------------------------------------------------------------- */

static enum rs_rc refuse_word(const char *word, size_t len, const char *values, struct rs_err *err)
{
	rs_err_set(err, RS_E_TASK_INVALID, _("\"%.*s\" is not one of: %s"), (int)len, word, values);
	return RS_FAIL;
}

static enum rs_rc check_set(const char *value, const char *values, struct rs_err *err)
{
	const char *word;
	size_t len;

	if (strcmp(value, "none") == 0)
		return RS_OK;
	for (const char *p = value; rs_words_next(&p, &word, &len);)
		if (!rs_words_has(values, word, len))
			return refuse_word(word, len, values, err);
	return RS_OK;
}

static enum rs_rc check_int(const struct rs_task_key *key, const char *value, struct rs_err *err)
{
	uint64_t n;

	if (rs_number_parse(value, &n) && n >= key->min && n <= key->max)
		return RS_OK;
	return rs_err_set(err, RS_E_TASK_INVALID, _("a number from %" PRIu64 " to %" PRIu64 " is expected, not \"%s\""),
	                  key->min, key->max, value);
}

static enum rs_rc check_size(const struct rs_task_key *key, const char *value, struct rs_err *err)
{
	char min[24], max[24];
	uint64_t n;

	if (rs_size_parse(value, &n) && n >= key->min && n <= key->max)
		return RS_OK;
	return rs_err_set(err, RS_E_TASK_INVALID, _("a size from %s to %s is expected (like 64M), not \"%s\""),
	                  rs_size_text(key->min, min, sizeof min), rs_size_text(key->max, max, sizeof max), value);
}

static enum rs_rc check_codes(const char *value, struct rs_err *err)
{
	for (const char *p = value; *p; p++)
		if (!isupper((unsigned char)*p) && !isdigit((unsigned char)*p) && *p != '_' && *p != ' ' && *p != '\t')
			return rs_err_set(err, RS_E_TASK_INVALID, _("codes of checks are expected, like CHECK_SAME_OBJ, not \"%s\""),
			                  value);
	return RS_OK;
}

static enum rs_rc check_flow(const char *value, struct rs_err *err)
{
	struct rs_buf ids = RS_BUF_INIT;

	for (const struct rs_flow *f = rs_flow_find(value) ? NULL : rs_flows(); f && f->id; f++)
		(void)rs_buf_addf(&ids, "%s%s", ids.len ? " " : "", f->id);
	if (ids.len)
		(void)refuse_word(value, strlen(value), rs_buf_str(&ids), err);
	rs_buf_release(&ids);
	return rs_flow_find(value) ? RS_OK : RS_FAIL;
}

static enum rs_rc check_text(const char *value, struct rs_err *err)
{
	for (const char *p = value; *p; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			return rs_err_set(err, RS_E_TASK_INVALID, _("a value can't have control characters or line breaks"));
	return RS_OK;
}

/* An account in it would be shown wherever the address is. */
static enum rs_rc check_http(const char *value, struct rs_err *err)
{
	const char *host = strncmp(value, "http://", 7) == 0 ? value + 7 : strncmp(value, "https://", 8) == 0 ? value + 8 : "";

	if (memchr(host, '@', strcspn(host, "/"))) {
		rs_err_set(err, RS_E_TASK_INVALID, _("an account can't stand in an address"));
		return rs_err_hint(err, _("There are keys of their own for account and password"));
	}
	if (*host && *host != '/' && *host != ':' && !strpbrk(host, " ?#"))
		return RS_OK;
	return rs_err_set(err, RS_E_TASK_INVALID, _("an address is expected that begins with http:// or https://, as http://192.168.0.13:8081"));
}

static enum rs_rc check_offset(const char *value, struct rs_err *err)
{
	int seconds;

	if (rs_clock_offset(value, &seconds))
		return RS_OK;
	return rs_err_set(err, RS_E_TASK_INVALID, _("an offset from UTC is expected, from -13:59 to +14:00, not \"%s\""), value);
}

enum rs_rc rs_task_key_check(const struct rs_task_key *key, const char *value, struct rs_err *err)
{
	if (check_text(value, err) != RS_OK)
		return RS_FAIL;
	switch (key->type) {
	case RS_KEY_UUID:
		return rs_uuid_valid(value) ? RS_OK : rs_err_set(err, RS_E_TASK_INVALID, _("not a UUID: \"%s\""), value);
	case RS_KEY_FLOW:
		return check_flow(value, err);
	case RS_KEY_TABLE_FIELDS:
		return rs_table_fields_check(value, err);
	case RS_KEY_CHOICE:
		return rs_words_count(value) == 1 && rs_words_has(key->values, value, strlen(value))
		               ? RS_OK
		               : refuse_word(value, strlen(value), key->values, err);
	case RS_KEY_SET:
		return check_set(value, key->values, err);
	case RS_KEY_INT:
		return check_int(key, value, err);
	case RS_KEY_SIZE:
		return check_size(key, value, err);
	case RS_KEY_HTTP:
		return check_http(value, err);
	case RS_KEY_OFFSET:
		return check_offset(value, err);
	case RS_KEY_CODES:
		return check_codes(value, err);
	case RS_KEY_PATTERN:
		return rs_working_check(value, key->min > 0, err);
	case RS_KEY_TEXT:
	case RS_KEY_PATH:
	case RS_KEY_SECRET:
	case RS_KEY_OBJECTS:
	case RS_KEY_MAPPING:
	case RS_KEY_FILTER:
	case RS_KEY_OPERATIONS:
	case RS_KEY_SETTING:
		return RS_OK;
	}
	return RS_OK;
}
