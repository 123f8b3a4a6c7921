/* Keys that flows of their own have for what others have in [sync]: their words, in the engine's. Nobody else looks at them. */
#include "model/task_read.h"

#include <string.h>
#include "base/size.h"
#include "base/words.h"
#include "model/flow.h"

/* A word of a set, and the changes that it stands for. */
struct word {
	const char *key, *word;
	unsigned dml, ddl;
};
static const struct word words[] = {
	{"analyticdb.postgresql_operations", "insert", RS_SYNC_INSERT, 0},
	{"analyticdb.postgresql_operations", "update", RS_SYNC_UPDATE, 0},
	{"analyticdb.postgresql_operations", "delete", RS_SYNC_DELETE, 0},
	{"analyticdb.postgresql_operations", "alter-table", 0, RS_SYNC_ALTER_TABLE | RS_SYNC_CREATE_INDEX | RS_SYNC_DROP_INDEX},
	{"zero_etl.dml", "insert", RS_SYNC_INSERT, 0},
	{"zero_etl.dml", "update", RS_SYNC_UPDATE, 0},
	{"zero_etl.dml", "delete", RS_SYNC_DELETE, 0},
	{"zero_etl.ddl", "create", 0, RS_SYNC_CREATE_TABLE | RS_SYNC_CREATE_INDEX | RS_SYNC_CREATE_DATABASE},
	{"zero_etl.ddl", "alter", 0, RS_SYNC_ALTER_TABLE},
	{"zero_etl.ddl", "drop", 0, RS_SYNC_DROP_TABLE | RS_SYNC_DROP_INDEX | RS_SYNC_DROP_DATABASE},
	{"zero_etl.ddl", "rename", 0, RS_SYNC_RENAME_TABLE},
	{"zero_etl.ddl", "truncate", 0, RS_SYNC_TRUNCATE_TABLE},
};
enum { N_WORDS = sizeof words / sizeof *words };

static bool is(const struct rs_task *t, const char *key, const char *value) { return strcmp(rs_task_get(t, key), value) == 0; }

static void read_changes(struct rs_task *t, const struct rs_flow *flow, const char *key, bool dml, bool ddl)
{
	if (!rs_flow_takes(flow, key))
		return;
	t->sync.dml = dml ? 0 : t->sync.dml;
	t->sync.ddl = ddl ? 0 : t->sync.ddl;
	for (size_t i = 0; i < N_WORDS; i++)
		if (strcmp(words[i].key, key) == 0 && rs_words_has(rs_task_get(t, key), words[i].word, strlen(words[i].word))) {
			t->sync.dml |= words[i].dml;
			t->sync.ddl |= words[i].ddl;
		}
}

/* What may pass is tried again for less long than connections are. */
static void read_retries(struct rs_task *t)
{
	uint64_t minutes = 0;

	if (!rs_number_parse(rs_task_get(t, "zero_etl.retry_interval"), &minutes) || minutes == 0)
		return;
	t->sync.retry_connection = (unsigned)minutes;
	if (t->sync.retry_other >= t->sync.retry_connection)
		t->sync.retry_other = t->sync.retry_connection - 1;
}

void rs_task_read_own_keys(struct rs_task *t)
{
	const struct rs_flow *flow = rs_flow_find(t->flow);

	t->merges = false;
	if (!flow)
		return;
	if (rs_flow_takes(flow, "analyticdb.existing_tables"))
		t->sync.existing_tables = is(t, "analyticdb.existing_tables", "ignore") ? RS_EXISTING_IGNORE : RS_EXISTING_CLEAR;
	if (rs_flow_takes(flow, "analyticdb.quote_names"))
		t->sync.name_case = is(t, "analyticdb.quote_names", "yes") ? RS_NAMES_SOURCE : RS_NAMES_LOWER;
	if (rs_flow_takes(flow, "analyticdb.merge_tables"))
		t->merges = is(t, "analyticdb.merge_tables", "yes");
	read_changes(t, flow, "analyticdb.postgresql_operations", true, true);
	read_changes(t, flow, "zero_etl.dml", true, false);
	read_changes(t, flow, "zero_etl.ddl", false, true);
	if (rs_flow_takes(flow, "zero_etl.retry_interval"))
		read_retries(t);
}
