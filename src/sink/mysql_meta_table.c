/* The rows of the meta tables that speak of tables: their states, schemas and chunks. */
#include "sink/mysql_sink.h"

#include <stdlib.h>
#include <string.h>
#include "base/fault.h"
#include "base/i18n.h"
#include "base/mem.h"

/* ---------------------------------------------------------------- a table */

static void put_place(json_t *json, const char *key, const struct rs_position *p)
{
	if (json != NULL && p->file != NULL)
		json_object_set_new(json, key, json_pack("{s:s,s:I}", "file", p->file, "offset", (json_int_t)p->offset));
}

enum rs_rc rs_mysql_meta_put_table(struct rs_my *my, const struct rs_mysql_sink *s, const struct rs_meta_table *t,
                                   struct rs_err *err)
{
	struct rs_buf sql = RS_BUF_INIT;
	json_t *json = t->schema ? rs_table_to_json(t->schema) : NULL;
	if (json != NULL && t->filter != NULL)
		json_object_set_new(json, "filter", json_string(t->filter));
	if (json != NULL && t->old != RS_OLD_NONE && t->state != RS_TABLE_COPIED)
		json_object_set_new(json, "old", json_string(rs_meta_old_words.words[t->old]));
	if (json != NULL && t->loose)
		json_object_set_new(json, "loose", json_true());
	put_place(json, "overlap", &t->overlap);
	put_place(json, "defaulted", &t->defaulted);
	if (json != NULL && t->online != NULL)
		json_object_set_new(json, "online", rs_meta_online_to_json(t->online));
	char *definition = json ? json_dumps(json, JSON_COMPACT) : NULL;

	rs_buf_addf(&sql, "REPLACE INTO `dts`.`rds_sync_table` SET `task`='%s',`db`=", s->task_id);
	rs_mysql_meta_put_text(&sql, t->db);
	rs_buf_adds(&sql, ",`name`=");
	rs_mysql_meta_put_text(&sql, t->name);
	rs_buf_addf(&sql, ",`state`='%s',`ours`=%d,`n_rows`=%llu,", rs_meta_state_words.words[t->state], t->ours ? 1 : 0,
	            (unsigned long long)t->rows);
	rs_mysql_meta_put_position(&sql, "exact_", &t->exact);
	rs_buf_adds(&sql, ",`definition`=");
	rs_mysql_meta_put_text(&sql, definition);
	free(definition);
	json_decref(json);
	return rs_mysql_meta_execute(my, &sql, NULL, err);
}

static enum rs_rc forget(struct rs_my *my, const struct rs_mysql_sink *s, const char *from, const struct rs_meta_table *t,
                         struct rs_err *err)
{
	struct rs_buf sql = RS_BUF_INIT;

	rs_buf_addf(&sql, "DELETE FROM `dts`.`%s` WHERE `task`='%s' AND `db`=", from, s->task_id);
	rs_mysql_meta_put_text(&sql, t->db);
	rs_buf_adds(&sql, " AND `name`=");
	rs_mysql_meta_put_text(&sql, t->name);
	return rs_mysql_meta_execute(my, &sql, NULL, err);
}

enum rs_rc rs_mysql_meta_forget_table(struct rs_my *my, const struct rs_mysql_sink *s, const struct rs_meta_table *t,
                                      struct rs_err *err)
{
	return forget(my, s, "rds_sync_table", t, err);
}

enum rs_rc rs_mysql_meta_forget_indexes(struct rs_my *my, const struct rs_mysql_sink *s, const struct rs_meta_table *t,
                                        struct rs_err *err)
{
	return forget(my, s, "rds_sync_index", t, err);
}

/* ---------------------------------------------------------------- states of tables */

#define STATES_AT_ONCE 200u

static void put_state(struct rs_buf *sql, const struct rs_mysql_sink *s, const struct rs_meta_table *t)
{
	rs_buf_addf(sql, "('%s',", s->task_id);
	rs_mysql_meta_put_text(sql, t->db);
	rs_buf_addc(sql, ',');
	rs_mysql_meta_put_text(sql, t->name);
	rs_buf_addf(sql, ",'%s',%d,%llu)", rs_meta_state_words.words[t->state], t->ours ? 1 : 0, (unsigned long long)t->rows);
}

/* One row after the other by its key: whoever notes others meanwhile is not waited for. A row that is there and changes is
 * counted twice. */
static enum rs_rc put_states(struct rs_my *my, const struct rs_mysql_sink *s, const struct rs_meta_table *tables, size_t n,
                             struct rs_err *err)
{
	struct rs_buf sql = RS_BUF_INIT;
	uint64_t affected = 0;

	rs_buf_adds(&sql, "INSERT INTO `dts`.`rds_sync_table` (`task`,`db`,`name`,`state`,`ours`,`n_rows`) VALUES ");
	for (size_t i = 0; i < n; i++) {
		if (i > 0)
			rs_buf_addc(&sql, ',');
		put_state(&sql, s, &tables[i]);
	}
	rs_buf_adds(&sql, " ON DUPLICATE KEY UPDATE `state`=VALUES(`state`),`n_rows`=VALUES(`n_rows`)");
	if (rs_mysql_meta_execute(my, &sql, &affected, err) != RS_OK)
		return RS_FAIL;
	if (affected == 2 * n)
		return RS_OK;
	rs_err_set(err, RS_E_META_DAMAGED, _("the meta tables have not what was noted of %s.%s"), tables[0].db, tables[0].name);
	return rs_err_hint(err, _("something else than rds-sync changed the tables of the database dts: stop it"));
}

enum rs_rc rs_mysql_meta_note_states(struct rs_my *my, const struct rs_mysql_sink *s, const struct rs_meta_table *tables,
                                     size_t n, struct rs_err *err)
{
	enum rs_rc rc = rs_mysql_meta_begin_on(my, s, err);

	for (size_t i = 0; rc == RS_OK && i < n; i += STATES_AT_ONCE)
		rc = put_states(my, s, tables + i, n - i < STATES_AT_ONCE ? n - i : STATES_AT_ONCE, err);
	return rs_mysql_meta_end_on(my, rc, err);
}

enum rs_rc rs_mysql_meta_save_states(struct rs_sink *base, const struct rs_meta_table *tables, size_t n, struct rs_err *err)
{
	struct rs_mysql_sink *s = rs_mysql_sink_of(base);

	return rs_mysql_meta_note_states(&s->my, s, tables, n, err);
}

/* ---------------------------------------------------------------- tables and chunks */

static void read_place(const json_t *json, const char *key, struct rs_position *out)
{
	const json_t *place = json_object_get(json, key);
	const char *file = json_string_value(json_object_get(place, "file"));

	if (file != NULL)
		rs_position_set_file(out, file, (uint64_t)json_integer_value(json_object_get(place, "offset")));
}

static enum rs_rc read_schema(const char *text, struct rs_meta_table *t, struct rs_err *err)
{
	json_error_t error;
	json_t *json = text ? json_loads(text, 0, &error) : NULL;

	t->filter = rs_xstrdup(json_string_value(json_object_get(json, "filter")));
	t->loose = json_is_true(json_object_get(json, "loose"));
	int old = rs_meta_word(&rs_meta_old_words, json_string_value(json_object_get(json, "old")));
	t->old = old < 0 ? RS_OLD_NONE : (enum rs_meta_old)old;
	read_place(json, "overlap", &t->overlap);
	read_place(json, "defaulted", &t->defaulted);
	if (text == NULL)
		return RS_OK;
	if (json == NULL)
		return rs_err_set(err, RS_E_META_DAMAGED, _("a table's definition in the meta tables can't be read"));
	t->schema = rs_table_from_json(json, err);
	enum rs_rc rc = t->schema ? rs_meta_online_from_json(json_object_get(json, "online"), &t->online, err) : RS_FAIL;
	json_decref(json);
	return rc;
}

static enum rs_rc read_table_row(const struct rs_my_result *res, struct rs_meta_table *t, struct rs_err *err)
{
	int state = rs_meta_word(&rs_meta_state_words, res->row[2]);

	if (state < 0)
		return rs_err_set(err, RS_E_META_DAMAGED, _("the meta tables hold an unknown state \"%s\" of a table"), res->row[2]);
	t->db = rs_xstrdup(res->row[0]);
	t->name = rs_xstrdup(res->row[1]);
	t->state = (enum rs_meta_state)state;
	t->ours = strcmp(res->row[3], "1") == 0;
	rs_mysql_meta_read_position(res, "exact_", &t->exact);
	t->rows = strtoull(res->row[4], NULL, 10);
	enum rs_rc rc = read_schema(res->row[5], t, err);
	if (t->state == RS_TABLE_COPIED) /* states are noted without the rest */
		t->old = RS_OLD_NONE;
	return rc;
}

enum rs_rc rs_mysql_meta_load_tables_of(struct rs_mysql_sink *s, const char *task, struct rs_meta_table **out, size_t *n,
                                        struct rs_err *err)
{
	struct rs_my_result res;
	size_t cap = 0;
	enum rs_rc rc = rs_my_queryf(&s->my, &res, err,
	                             "SELECT `db`, `name`, `state`, `ours`, `n_rows`, `definition`, `exact_file`, `exact_offset`, "
	                             "`exact_gtid`, `exact_log` FROM `dts`.`rds_sync_table` WHERE `task`='%s' ORDER BY `db`, `name`",
	                             task);
	*out = NULL;
	*n = 0;
	if (rc != RS_OK)
		return rc;
	while ((rc = rs_my_next(&res, err)) == RS_OK) {
		RS_GROW(*out, *n, cap);
		(*out)[*n] = (struct rs_meta_table){0};
		if (read_table_row(&res, &(*out)[(*n)++], err) != RS_OK) {
			rc = RS_FAIL;
			break;
		}
	}
	rs_my_result_free(&res);
	return rc == RS_EOF ? RS_OK : rc;
}

enum rs_rc rs_mysql_meta_load_tables(struct rs_sink *base, struct rs_meta_table **out, size_t *n, struct rs_err *err)
{
	return rs_mysql_meta_load_tables_of(rs_mysql_sink_of(base), rs_mysql_sink_of(base)->task_id, out, n, err);
}

enum rs_rc rs_mysql_meta_load_chunks(struct rs_sink *base, const struct rs_chunk_taker *taker, struct rs_err *err)
{
	struct rs_mysql_sink *s = rs_mysql_sink_of(base);
	struct rs_my_result res;
	char *sql = rs_xprintf("SELECT `db`, `name`, `number`, `lower_bound`, `upper_bound`, `n_rows` FROM `dts`.`rds_sync_chunk` "
	                       "WHERE `task`='%s' ORDER BY `db`, `name`, `number`", s->task_id);
	enum rs_rc rc = rs_my_query(&s->my, sql, RS_MY_STREAM, &res, err);

	free(sql);
	if (rc != RS_OK)
		return rc;
	while ((rc = rs_my_next(&res, err)) == RS_OK) {
		const struct rs_meta_chunk chunk = {strtoull(res.row[2], NULL, 10), res.row[3], res.row[4],
		                                    strtoull(res.row[5], NULL, 10)};
		taker->take(taker->arg, res.row[0], res.row[1], &chunk);
	}
	rs_my_result_free(&res);
	return rc == RS_EOF ? RS_OK : rc;
}

/* The task's row is read, and so share-locked, in the same statement: a process that raises the epoch waits for this
 * transaction, and one that comes later finds nothing to insert from. */
enum rs_rc rs_mysql_meta_mark_chunk(struct rs_my *my, const struct rs_mysql_sink *s, const struct rs_table *t,
                                    const struct rs_meta_chunk *mark, struct rs_err *err)
{
	struct rs_buf sql = RS_BUF_INIT;
	uint64_t affected = 0;

	rs_buf_addf(&sql, "INSERT INTO `dts`.`rds_sync_chunk` SELECT '%s', ", s->task_id);
	rs_mysql_meta_put_text(&sql, t->db);
	rs_buf_adds(&sql, ", ");
	rs_mysql_meta_put_text(&sql, t->name);
	rs_buf_addf(&sql, ", %llu, '%s', '%s', %llu FROM `dts`.`rds_sync_task` WHERE `id`='%s'",
	            (unsigned long long)mark->number, mark->lower, mark->upper, (unsigned long long)mark->rows, s->task_id);
	if (!rs_defect_active(RS_DEFECT_EPOCH_UNCHECKED))
		rs_buf_addf(&sql, " AND `epoch`=%llu", (unsigned long long)s->epoch);
	rs_buf_adds(&sql, " LOCK IN SHARE MODE");
	if (rs_mysql_meta_execute(my, &sql, &affected, err) != RS_OK)
		return RS_FAIL;
	return affected == 1 ? RS_OK : rs_mysql_meta_lost(err);
}

enum rs_rc rs_mysql_meta_count_chunk(struct rs_my *my, const struct rs_mysql_sink *s, const struct rs_table *t,
                                     const struct rs_meta_chunk *mark, uint64_t rows, struct rs_err *err)
{
	struct rs_buf sql = RS_BUF_INIT;
	uint64_t found = 0;

	rs_buf_addf(&sql, "UPDATE `dts`.`rds_sync_chunk` SET `n_rows`=%llu WHERE `task`='%s' AND `number`=%llu AND `db`=",
	            (unsigned long long)rows, s->task_id, (unsigned long long)mark->number);
	rs_mysql_meta_put_text(&sql, t->db);
	rs_buf_adds(&sql, " AND `name`=");
	rs_mysql_meta_put_text(&sql, t->name);
	enum rs_rc rc = rs_mysql_meta_execute(my, &sql, &found, err);
	if (rc != RS_OK || found == 1)
		return rc;
	rs_err_set(err, RS_E_META_DAMAGED, _("the mark of a part of %s.%s is gone"), t->db, t->name);
	return rs_err_hint(err, _("something else than rds-sync changed the tables of the database dts: stop it"));
}
