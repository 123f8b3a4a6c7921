/* Sides in the meta tables: tasks of their own, whose rows name the task that they are a part of. What moves between a
 * task and its sides moves in one transaction, with what the task synchronizes from then on. */
#include "sink/mysql_sink.h"

#include <stdlib.h>
#include <string.h>
#include "base/clock.h"
#include "base/fault.h"
#include "base/i18n.h"
#include "base/mem.h"

static const char *const role_words[] = {
	[RS_SIDE_JOINING] = "joining", [RS_SIDE_SUSPENDED] = "suspended", [RS_SIDE_RESYNC] = "resync"};

/* All that is kept of a task but its own row. */
static const char *const kept[] = {"rds_sync_chunk", "rds_sync_index", "rds_sync_ddl",
                                   "rds_sync_xa",    "rds_sync_event", "rds_sync_position"};

void rs_meta_side_clear(struct rs_meta_side *side)
{
	free(side->id);
	free(side->objects);
	rs_position_clear(&side->position);
	rs_position_clear(&side->needs);
	free(side->identity);
	for (size_t i = 0; i < side->n_tables; i++)
		rs_meta_table_clear(&side->tables[i]);
	free(side->tables);
	*side = (struct rs_meta_side){0};
}

/* ---------------------------------------------------------------- reading */

static enum rs_rc read_role(const char *word, enum rs_side_role *out, struct rs_err *err)
{
	for (size_t i = 0; word != NULL && i < sizeof role_words / sizeof *role_words; i++)
		if (strcmp(role_words[i], word) == 0) {
			*out = (enum rs_side_role)i;
			return RS_OK;
		}
	return rs_err_set(err, RS_E_META_DAMAGED, _("the meta tables hold an unknown state \"%s\" of a table"), word ? word : "");
}

static enum rs_rc read_side(const struct rs_my_result *res, struct rs_meta_side *out, struct rs_err *err)
{
	out->id = rs_xstrdup(res->row[0]);
	out->objects = rs_xstrdup(res->row[2] ? res->row[2] : "");
	out->identity = rs_xstrdup(res->row[3]);
	out->fresh = strcmp(res->row[4], "new") == 0;
	rs_mysql_meta_read_position(res, "", &out->position);
	rs_mysql_meta_read_position(res, rs_position_is_set(&out->position) ? "" : "p0_", &out->needs);
	return read_role(res->row[1], &out->role, err);
}

enum rs_rc rs_mysql_side_load(struct rs_sink *base, struct rs_meta_side **out, size_t *n, struct rs_err *err)
{
	struct rs_mysql_sink *s = rs_mysql_sink_of(base);
	struct rs_my_result res;
	size_t cap = 0;
	enum rs_rc rc = rs_my_queryf(&s->my, &res, err,
	                             "SELECT t.`id`, t.`role`, t.`objects`, t.`identity`, t.`phase`, t.`p0_file`, t.`p0_offset`, t.`p0_gtid`, "
	                             "t.`p0_log`, p.`file`, p.`offset`, p.`gtid`, p.`log` FROM "
	                             "`dts`.`rds_sync_task` t LEFT JOIN `dts`.`rds_sync_position` p ON p.`task`=t.`id` AND "
	                             "p.`worker`=0 WHERE t.`parent`='%s' ORDER BY t.`created`, t.`id`",
	                             s->task_id);

	*out = NULL;
	*n = 0;
	if (rc != RS_OK)
		return rc;
	while ((rc = rs_my_next(&res, err)) == RS_OK) {
		RS_GROW(*out, *n, cap);
		(*out)[*n] = (struct rs_meta_side){0};
		if (read_side(&res, &(*out)[(*n)++], err) != RS_OK) {
			rc = RS_FAIL;
			break;
		}
	}
	rs_my_result_free(&res);
	rc = rc == RS_EOF ? RS_OK : rc;
	for (size_t i = 0; rc == RS_OK && i < *n; i++)
		rc = rs_mysql_meta_load_tables_of(s, (*out)[i].id, &(*out)[i].tables, &(*out)[i].n_tables, err);
	return rc;
}

/* ---------------------------------------------------------------- what a task synchronizes */

/* of: the task, or a side. */
static enum rs_rc put_objects(struct rs_mysql_sink *s, const char *of, const char *objects, struct rs_err *err)
{
	struct rs_buf sql = RS_BUF_INIT;

	rs_buf_adds(&sql, "UPDATE `dts`.`rds_sync_task` SET `objects`=");
	rs_mysql_meta_put_text(&sql, objects);
	rs_buf_addf(&sql, " WHERE `id`='%s'", of);
	return rs_mysql_meta_execute(&s->my, &sql, NULL, err);
}

static void put_name(struct rs_buf *sql, const struct rs_meta_table *t)
{
	rs_buf_adds(sql, " AND `db`=");
	rs_mysql_meta_put_text(sql, t->db);
	rs_buf_adds(sql, " AND `name`=");
	rs_mysql_meta_put_text(sql, t->name);
}

static enum rs_rc forget_table(struct rs_mysql_sink *s, const struct rs_meta_table *t, struct rs_err *err)
{
	static const char *const of_table[] = {"rds_sync_table", "rds_sync_chunk", "rds_sync_index"};
	enum rs_rc rc = RS_OK;

	for (size_t i = 0; rc == RS_OK && i < sizeof of_table / sizeof *of_table; i++) {
		struct rs_buf sql = RS_BUF_INIT;
		rs_buf_addf(&sql, "DELETE FROM `dts`.`%s` WHERE `task`='%s'", of_table[i], s->task_id);
		put_name(&sql, t);
		rc = rs_mysql_meta_execute(&s->my, &sql, NULL, err);
	}
	return rc;
}

enum rs_rc rs_mysql_side_save_objects(struct rs_sink *base, const char *objects, const struct rs_meta_table *const *gone,
                                      size_t n, struct rs_err *err)
{
	struct rs_mysql_sink *s = rs_mysql_sink_of(base);
	enum rs_rc rc = rs_mysql_meta_begin(s, err);

	if (rc == RS_OK)
		rc = put_objects(s, s->task_id, objects, err);
	for (size_t i = 0; rc == RS_OK && i < n; i++)
		rc = forget_table(s, gone[i], err);
	return rs_mysql_meta_end(s, rc, err);
}

/* ---------------------------------------------------------------- making one */

static enum rs_rc has_bodies(struct rs_mysql_sink *s, const char *task, bool *out, struct rs_err *err)
{
	char *sql = rs_xprintf("SELECT COUNT(*) FROM `dts`.`rds_sync_xa` WHERE `task`='%s' AND `xid`<>''", task);
	char *found = NULL;
	enum rs_rc rc = rs_my_scalar(&s->my, sql, &found, err);

	*out = found != NULL && strcmp(found, "0") != 0;
	free(found);
	free(sql);
	return rc;
}

/* Whose rows are stored as one body, for tables that part. */
static enum rs_rc refuse_bodies(struct rs_mysql_sink *s, struct rs_err *err)
{
	bool any = false;
	enum rs_rc rc = has_bodies(s, s->task_id, &any, err);

	if (rc != RS_OK || !any)
		return rc;
	rs_err_set(err, RS_E_OBJECTS, _("an XA transaction of the source is prepared and not finished"));
	return rs_err_hint(err, _("commit it or roll it back there (XA RECOVER lists them), then try again"));
}

static enum rs_rc insert_new(struct rs_mysql_sink *s, const struct rs_meta_side *side, struct rs_err *err)
{
	struct rs_buf sql = RS_BUF_INIT;

	rs_buf_addf(&sql, "INSERT INTO `dts`.`rds_sync_task` (`id`, `version`, `name`, `epoch`, `phase`, `parent`, `role`, `objects`) "
	                  "VALUES ('%s', %d, ", side->id, RS_META_VERSION);
	rs_mysql_meta_put_text(&sql, s->task_name);
	rs_buf_addf(&sql, ", %lld, 'new', '%s', '%s', ", (long long)rs_clock_wall(), s->task_id, role_words[side->role]);
	rs_mysql_meta_put_text(&sql, side->objects);
	rs_buf_addc(&sql, ')');
	return rs_mysql_meta_execute(&s->my, &sql, NULL, err);
}

#define COLUMNS(prefix) "`" prefix "file`, `" prefix "offset`, `" prefix "gtid`, `" prefix "log`"

/* At the place in the log where the task is: attaching has made that one row. */
static enum rs_rc insert_split(struct rs_mysql_sink *s, const struct rs_meta_side *side, struct rs_err *err)
{
	struct rs_buf sql = RS_BUF_INIT;

	rs_buf_addf(&sql, "INSERT INTO `dts`.`rds_sync_task` (`id`, `version`, `name`, `epoch`, `phase`, `identity`, " COLUMNS("p0_")
	                  ", " COLUMNS("p1_") ", `parent`, `role`, `objects`) SELECT '%s', %d, `name`, %lld, `phase`, `identity`, "
	                  COLUMNS("p0_") ", " COLUMNS("p1_") ", `id`, '%s', ",
	            side->id, RS_META_VERSION, (long long)rs_clock_wall(), role_words[side->role]);
	rs_mysql_meta_put_text(&sql, side->objects);
	rs_buf_addf(&sql, " FROM `dts`.`rds_sync_task` WHERE `id`='%s'", s->task_id);
	enum rs_rc rc = rs_mysql_meta_execute(&s->my, &sql, NULL, err);
	if (rc == RS_OK)
		rc = rs_my_execf(&s->my, err,
		                 "INSERT INTO `dts`.`rds_sync_position` (`task`, `worker`, `epoch`, " COLUMNS("") ", `time`, `moves`, "
		                 "`ahead`) SELECT '%s', 0, 0, " COLUMNS("") ", `time`, 0, `ahead` FROM `dts`.`rds_sync_position` WHERE "
		                 "`task`='%s' AND `worker`=0",
		                 side->id, s->task_id);
	return rc == RS_OK ? refuse_bodies(s, err) : rc;
}

static enum rs_rc move_table(struct rs_mysql_sink *s, const char *to, const struct rs_meta_table *t, struct rs_err *err)
{
	struct rs_buf sql = RS_BUF_INIT;

	rs_buf_addf(&sql, "UPDATE `dts`.`rds_sync_table` SET `task`='%s' WHERE `task`='%s'", to, s->task_id);
	put_name(&sql, t);
	return rs_mysql_meta_execute(&s->my, &sql, NULL, err);
}

enum rs_rc rs_mysql_side_make(struct rs_sink *base, const struct rs_meta_side *side, const struct rs_meta_table *const *tables,
                              size_t n, const char *objects, struct rs_err *err)
{
	struct rs_mysql_sink *s = rs_mysql_sink_of(base);
	enum rs_rc rc = rs_mysql_meta_begin(s, err);

	if (rc == RS_OK)
		rc = n > 0 ? insert_split(s, side, err) : insert_new(s, side, err);
	for (size_t i = 0; rc == RS_OK && i < n; i++)
		rc = move_table(s, side->id, tables[i], err);
	if (rc == RS_OK)
		rc = put_objects(s, s->task_id, objects, err);
	rc = rs_mysql_meta_end(s, rc, err);
	rs_step("side-made");
	return rc;
}

/* ---------------------------------------------------------------- what becomes of it */

static enum rs_rc forget_rows(struct rs_mysql_sink *s, const char *side, struct rs_err *err)
{
	enum rs_rc rc = RS_OK;

	for (size_t i = 0; rc == RS_OK && i < sizeof kept / sizeof *kept; i++)
		rc = rs_my_execf(&s->my, err, "DELETE FROM `dts`.`%s` WHERE `task`='%s'", kept[i], side);
	return rc;
}

static enum rs_rc drop_marks(struct rs_mysql_sink *s, const char *side, struct rs_err *err)
{
	return rs_my_execf(&s->my, err, "DROP TABLE IF EXISTS `dts`.`mark_%s_0`, `dts`.`mark_%s_1`", side, side);
}

/* Whoever copied it before, maybe in a process that was taken over from, is done with it from here on: its marks would be taken for
 * those of the new copy. */
enum rs_rc rs_mysql_side_put(struct rs_mysql_sink *s, const char *id, enum rs_side_role role, struct rs_err *err)
{
	enum rs_rc rc = rs_my_execf(&s->my, err, "UPDATE `dts`.`rds_sync_task` SET `role`='%s'%s WHERE `id`='%s' AND `parent`='%s'",
	                            role_words[role], role == RS_SIDE_RESYNC ? ", `phase`='new', `identity`=NULL, `epoch`=`epoch`+1" : "", id, s->task_id);

	if (rc == RS_OK && role == RS_SIDE_RESYNC)
		rc = forget_rows(s, id, err);
	if (rc == RS_OK && role == RS_SIDE_RESYNC)
		rc = rs_my_execf(&s->my, err,
		                 "UPDATE `dts`.`rds_sync_table` SET `state`='planned', `n_rows`=0, `exact_file`=NULL, `exact_gtid`=NULL, "
		                 "`exact_log`=NULL WHERE `task`='%s'",
		                 id);
	return rc;
}

enum rs_rc rs_mysql_side_resume(struct rs_sink *base, const char *id, struct rs_err *err)
{
	struct rs_mysql_sink *s = rs_mysql_sink_of(base);
	enum rs_rc rc = rs_mysql_meta_begin(s, err);

	if (rc == RS_OK)
		rc = rs_mysql_side_put(s, id, RS_SIDE_JOINING, err);
	rc = rs_mysql_meta_end(s, rc, err);
	rs_step("side-saved");
	return rc;
}

/* The tables of one side become another's. */
static enum rs_rc absorb(struct rs_mysql_sink *s, const char *id, const char *other, struct rs_err *err)
{
	enum rs_rc rc = forget_rows(s, other, err);

	if (rc == RS_OK)
		rc = rs_my_execf(&s->my, err, "UPDATE `dts`.`rds_sync_table` SET `task`='%s' WHERE `task`='%s'", id, other);
	return rc == RS_OK ? rs_my_execf(&s->my, err, "DELETE FROM `dts`.`rds_sync_task` WHERE `id`='%s' AND `parent`='%s'", other,
	                                 s->task_id)
	                   : rc;
}

enum rs_rc rs_mysql_side_resync(struct rs_sink *base, const char *const *ids, size_t n, const char *objects, struct rs_err *err)
{
	struct rs_mysql_sink *s = rs_mysql_sink_of(base);
	enum rs_rc rc = rs_mysql_meta_begin(s, err);

	for (size_t i = 1; rc == RS_OK && i < n; i++)
		rc = absorb(s, ids[0], ids[i], err);
	if (rc == RS_OK)
		rc = put_objects(s, ids[0], objects, err);
	if (rc == RS_OK)
		rc = rs_mysql_side_put(s, ids[0], RS_SIDE_RESYNC, err);
	rc = rs_mysql_meta_end(s, rc, err);
	rs_step("side-saved");
	for (size_t i = 1; rc == RS_OK && i < n; i++)
		rc = drop_marks(s, ids[i], err);
	return rc;
}

enum rs_rc rs_mysql_side_drop(struct rs_sink *base, const char *id, struct rs_err *err)
{
	struct rs_mysql_sink *s = rs_mysql_sink_of(base);
	enum rs_rc rc = rs_mysql_meta_begin(s, err);

	if (rc == RS_OK)
		rc = forget_rows(s, id, err);
	if (rc == RS_OK)
		rc = rs_my_execf(&s->my, err, "DELETE FROM `dts`.`rds_sync_table` WHERE `task`='%s'", id);
	if (rc == RS_OK)
		rc = rs_my_execf(&s->my, err, "DELETE FROM `dts`.`rds_sync_task` WHERE `id`='%s' AND `parent`='%s'", id, s->task_id);
	rc = rs_mysql_meta_end(s, rc, err);
	return rc == RS_OK ? drop_marks(s, id, err) : rc;
}

/* RS_AGAIN: it is another process's now, or holds rows of an XA transaction that is not finished. */
static enum rs_rc hold_side(struct rs_mysql_sink *s, const char *id, uint64_t epoch, struct rs_err *err)
{
	char *sql = rs_xprintf("SELECT 1 FROM `dts`.`rds_sync_task` WHERE `id`='%s' AND `parent`='%s' AND `epoch`=%llu FOR UPDATE", id,
	                       s->task_id, (unsigned long long)epoch);
	char *found = NULL;
	bool bodies = false;
	enum rs_rc rc = rs_my_scalar(&s->my, sql, &found, err);

	if (rc == RS_OK && found == NULL)
		rc = RS_AGAIN;
	if (rc == RS_OK)
		rc = has_bodies(s, id, &bodies, err);
	free(found);
	free(sql);
	return rc == RS_OK && bodies ? RS_AGAIN : rc;
}

static enum rs_rc take_tables(struct rs_mysql_sink *s, const char *id, const struct rs_position *at, struct rs_err *err)
{
	struct rs_buf sql = RS_BUF_INIT;

	rs_buf_addf(&sql, "UPDATE `dts`.`rds_sync_table` SET `task`='%s',", s->task_id);
	rs_mysql_meta_put_position(&sql, "exact_", at);
	rs_buf_addf(&sql, " WHERE `task`='%s'", id);
	return rs_mysql_meta_execute(&s->my, &sql, NULL, err);
}

enum rs_rc rs_mysql_side_join(struct rs_sink *base, const char *id, uint64_t epoch, const struct rs_position *at,
                              const char *objects, struct rs_err *err)
{
	struct rs_mysql_sink *s = rs_mysql_sink_of(base);
	enum rs_rc rc = rs_mysql_meta_begin(s, err);

	if (rc == RS_OK)
		rc = hold_side(s, id, epoch, err);
	if (rc == RS_OK)
		rc = take_tables(s, id, at, err);
	if (rc == RS_OK)
		rc = rs_my_execf(&s->my, err, "UPDATE `dts`.`rds_sync_event` SET `task`='%s' WHERE `task`='%s'", s->task_id, id);
	if (rc == RS_OK)
		rc = forget_rows(s, id, err);
	if (rc == RS_OK)
		rc = rs_my_execf(&s->my, err, "DELETE FROM `dts`.`rds_sync_task` WHERE `id`='%s'", id);
	if (rc == RS_OK)
		rc = put_objects(s, s->task_id, objects, err);
	rs_step("side-joins");
	rc = rs_mysql_meta_end(s, rc, err);
	rs_step("side-joined");
	return rc == RS_OK ? drop_marks(s, id, err) : rc;
}
