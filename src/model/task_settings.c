/* What a task says of single tables for their destination, and what it says of all where nothing is said of one. */
#include <string.h>
#include "base/i18n.h"
#include "base/mem.h"
#include "base/size.h"
#include "model/task.h"

/* --- Kafka ------------------------------------------------------------------------------------------------------------- */

/* "{database}.{table}" with the names in place of the words. */
static void put_template(const char *template, const char *db, const char *table, struct rs_buf *out)
{
	static const char db_word[] = "{database}", table_word[] = "{table}";

	while (*template)
		if (strncmp(template, db_word, sizeof db_word - 1) == 0) {
			(void)rs_buf_adds(out, db);
			template += sizeof db_word - 1;
		} else if (strncmp(template, table_word, sizeof table_word - 1) == 0) {
			(void)rs_buf_adds(out, table);
			template += sizeof table_word - 1;
		} else {
			(void)rs_buf_addc(out, *template++);
		}
}

void rs_task_topic(const struct rs_task *t, const char *db, const char *table, struct rs_buf *out)
{
	const char *own = rs_selection_setting(t->objects, db, table, RS_TABLE_TOPIC), *one = rs_task_get(t, "destination.topic");
	const char *to_db, *to_table;

	if (own) {
		(void)rs_buf_adds(out, own);
	} else if (strcmp(rs_task_get(t, "kafka.topics"), "table") == 0) {
		rs_selection_map_table(t->objects, db, table, &to_db, &to_table);
		put_template(rs_task_get(t, "kafka.topic_name"), to_db, to_table, out);
	} else if (one) {
		(void)rs_buf_adds(out, one);
	}
}

unsigned rs_task_topic_partitions(const struct rs_task *t, const char *db, const char *table)
{
	const char *own = rs_selection_setting(t->objects, db, table, RS_TABLE_PARTITIONS);
	uint64_t n = 1;

	(void)rs_number_parse(own ? own : rs_task_get(t, "kafka.topic_partitions"), &n);
	return (unsigned)n;
}

unsigned rs_task_topic_replicas(const struct rs_task *t)
{
	const char *wanted = rs_task_get(t, "kafka.topic_replicas");
	uint64_t n = 0;

	if (wanted)
		(void)rs_number_parse(wanted, &n);
	return (unsigned)n;
}

char **rs_task_key_columns(const struct rs_task *t, const char *db, const char *table, size_t *count)
{
	const char *own = rs_selection_setting(t->objects, db, table, RS_TABLE_KEY);

	*count = 0;
	return own ? rs_table_setting_columns(RS_TABLE_KEY, own, count) : NULL;
}

/* --- two-way ----------------------------------------------------------------------------------------------------------- */

enum rs_conflicts rs_task_conflicts(const struct rs_task *t, const char *db, const char *table, char ***columns, size_t *count)
{
	const char *own = rs_selection_setting(t->objects, db, table, RS_TABLE_CONFLICT);
	const char *all = rs_task_get(t, "two_way.conflicts");

	*columns = own ? rs_table_setting_columns(RS_TABLE_CONFLICT, own, count) : NULL;
	if (!own)
		*count = 0;
	return own ? rs_conflicts_find(own, strcspn(own, " ")) : rs_conflicts_find(all, strlen(all));
}

/* --- whether they mean anything ------------------------------------------------------------------------------------------ */

/* What else decides whether they do. */
struct others {
	const struct rs_flow *flow;
	const char *partitions, *topics; /* kafka.partitions, kafka.topics */
};

static enum rs_rc refuse(const struct rs_selection_rule *r, enum rs_table_setting which, const char *why, struct rs_err *err)
{
	return rs_err_set(err, RS_E_TASK_INVALID, "%s%s%s: %s: %s", r->db, r->table ? "." : "", r->table ? r->table : "",
	                  rs_table_setting_word(which), why);
}

static enum rs_rc check_setting(const struct others *o, const struct rs_selection_rule *r, enum rs_table_setting which, struct rs_err *err)
{
	if (!rs_flow_has_setting(o->flow, which))
		return refuse(r, which, _("tables of this flow have no such setting"), err);
	if (which == RS_TABLE_KEY && rs_flow_takes(o->flow, "kafka.partitions") && strcmp(o->partitions, "key") != 0) {
		(void)refuse(r, which, _("its columns choose a partition only where the hash of keys does"), err);
		return rs_err_hint(err, _("Choose that policy (kafka.partitions = key), or leave the columns out."));
	}
	if (which == RS_TABLE_PARTITIONS && !r->settings[RS_TABLE_TOPIC] && strcmp(o->topics, "table") != 0) {
		(void)refuse(r, which, _("it has no topic of its own"), err);
		return rs_err_hint(err, _("Give it one, or choose one topic for each table (kafka.topics = table)."));
	}
	return RS_OK;
}

enum rs_rc rs_settings_check(const struct rs_selection *objects, const struct rs_flow *flow, const char *partitions, const char *topics,
                             struct rs_err *err)
{
	const struct others others = {flow, partitions, topics};
	struct rs_selection_rule r;

	for (struct rs_selection_iter i = RS_SELECTION_ITER; rs_selection_each_said(objects, &i, &r);)
		for (int n = 0; r.settings && n < RS_TABLE_SETTINGS; n++)
			if (r.settings[n] && check_setting(&others, &r, (enum rs_table_setting)n, err) != RS_OK)
				return RS_FAIL;
	return RS_OK;
}
