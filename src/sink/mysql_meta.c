/* The meta tables of a MySQL-family destination: schema dts, tables rds_sync_…, keyed by the task's id. They decide what
 * is applied again after a crash, so every row here changes in the transaction of the data that it speaks of. */
#include "sink/mysql_sink.h"

#include <stdlib.h>
#include <string.h>
#include "base/clock.h"
#include "base/fault.h"
#include "base/i18n.h"
#include "base/log.h"
#include "base/mem.h"

#define NAME64 "VARCHAR(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL"
#define TASK_ID "CHAR(36) CHARACTER SET ascii NOT NULL"
#define TEXT8 "LONGTEXT CHARACTER SET utf8mb4"
#define GTID "VARCHAR(128) CHARACTER SET ascii"
#define POSITION(prefix)                                                                                        \
	"`" prefix "file` VARCHAR(255), `" prefix "offset` BIGINT UNSIGNED, `" prefix "gtid` " TEXT8 ", `" prefix "log` " TEXT8

static const char *const create_statements[] = {
	"CREATE DATABASE IF NOT EXISTS `dts`",
	"CREATE TABLE IF NOT EXISTS `dts`.`rds_sync_task` (`id` " TASK_ID " PRIMARY KEY, `version` INT NOT NULL, `name` TEXT "
	"CHARACTER SET utf8mb4, `epoch` BIGINT UNSIGNED NOT NULL, `phase` VARCHAR(16) NOT NULL, `identity` TEXT CHARACTER SET "
	"utf8mb4, " POSITION("p0_") ", " POSITION("p1_") ", `parent` CHAR(36) CHARACTER SET ascii, `role` VARCHAR(16) CHARACTER SET "
	"ascii, `objects` " TEXT8 ", `created` TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP) "
	"ENGINE=InnoDB",
	"CREATE TABLE IF NOT EXISTS `dts`.`rds_sync_position` (`task` " TASK_ID ", `worker` INT NOT NULL, `epoch` BIGINT "
	"UNSIGNED NOT NULL, " POSITION("") ", `time` BIGINT NOT NULL DEFAULT 0, `moves` BIGINT UNSIGNED NOT NULL DEFAULT 0, "
	"`ahead` " TEXT8 ", "
	"PRIMARY KEY (`task`, `worker`)) ENGINE=InnoDB",
	"CREATE TABLE IF NOT EXISTS `dts`.`rds_sync_table` (`task` " TASK_ID ", `db` " NAME64 ", `name` " NAME64 ", `state` "
	"VARCHAR(16) NOT NULL, `ours` TINYINT NOT NULL, " POSITION("exact_") ", `n_rows` BIGINT UNSIGNED NOT NULL DEFAULT 0, "
	"`definition` " TEXT8 ", PRIMARY KEY (`task`, `db`, `name`)) ENGINE=InnoDB",
	"CREATE TABLE IF NOT EXISTS `dts`.`rds_sync_chunk` (`task` " TASK_ID ", `db` " NAME64 ", `name` " NAME64 ", `number` "
	"BIGINT UNSIGNED NOT NULL, `lower_bound` LONGTEXT CHARACTER SET ascii NOT NULL, `upper_bound` LONGTEXT CHARACTER SET "
	"ascii NOT NULL, `n_rows` BIGINT UNSIGNED NOT NULL DEFAULT 0, PRIMARY KEY (`task`, `db`, `name`, `number`)) "
	"ENGINE=InnoDB",
	"CREATE TABLE IF NOT EXISTS `dts`.`rds_sync_index` (`task` " TASK_ID ", `db` " NAME64 ", `name` " NAME64 ", `indexes` "
	TEXT8 ", PRIMARY KEY (`task`, `db`, `name`)) ENGINE=InnoDB",
	"CREATE TABLE IF NOT EXISTS `dts`.`rds_sync_ddl` (`task` " TASK_ID " PRIMARY KEY, `statement` " TEXT8 ", "
	"`fingerprint` " TEXT8 ", " POSITION("") ", `repeatable` TINYINT NOT NULL) ENGINE=InnoDB",
	"CREATE TABLE IF NOT EXISTS `dts`.`rds_sync_xa` (`task` " TASK_ID ", `xid` VARCHAR(300) CHARACTER SET ascii COLLATE "
	"ascii_bin NOT NULL, `number` INT UNSIGNED NOT NULL, `body` LONGBLOB NOT NULL, PRIMARY KEY (`task`, `xid`, `number`)) "
	"ENGINE=InnoDB",
	/* version 5 */
	"CREATE TABLE IF NOT EXISTS `dts`.`rds_sync_event` (`number` BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, `task` "
	TASK_ID ", `file` VARCHAR(255) NOT NULL, `offset` BIGINT UNSIGNED NOT NULL, `ordinal` BIGINT UNSIGNED NOT NULL, `digest` "
	"BIGINT UNSIGNED NOT NULL, `decision` VARCHAR(16) NOT NULL, `statement` " TEXT8 ", `what` " TEXT8 ", `decided` TIMESTAMP "
	"NOT NULL DEFAULT CURRENT_TIMESTAMP, `passed` TINYINT NOT NULL DEFAULT 0, `gtid` " GTID ", KEY (`task`)) ENGINE=InnoDB",
};

/* ---------------------------------------------------------------- plain data */

void rs_meta_task_clear(struct rs_meta_task *m)
{
	free(m->source_identity);
	rs_position_clear(&m->p0);
	rs_position_clear(&m->p1);
	rs_position_clear(&m->position);
	rs_ahead_clear(&m->ahead);
	free(m->objects);
	*m = (struct rs_meta_task){.phase = RS_META_NEW};
}

void rs_meta_table_clear(struct rs_meta_table *t)
{
	free(t->db);
	free(t->name);
	rs_position_clear(&t->exact);
	rs_position_clear(&t->overlap);
	rs_position_clear(&t->defaulted);
	free(t->filter);
	rs_meta_online_free(t->online);
	rs_table_unref(t->schema);
	*t = (struct rs_meta_table){0};
}

/* ---------------------------------------------------------------- text of statements */

void rs_mysql_meta_put_text(struct rs_buf *sql, const char *text)
{
	if (text == NULL)
		rs_buf_adds(sql, "NULL");
	else
		rs_my_quote(sql, text, strlen(text));
}

void rs_mysql_meta_put_position(struct rs_buf *sql, const char *prefix, const struct rs_position *p)
{
	rs_buf_addf(sql, "`%sfile`=", prefix);
	rs_mysql_meta_put_text(sql, p->file);
	rs_buf_addf(sql, ",`%soffset`=%llu,`%sgtid`=", prefix, (unsigned long long)p->offset, prefix);
	rs_mysql_meta_put_text(sql, p->gtid);
	rs_buf_addf(sql, ",`%slog`=", prefix);
	rs_mysql_meta_put_text(sql, p->log);
}

enum rs_rc rs_mysql_meta_execute(struct rs_my *my, struct rs_buf *sql, uint64_t *affected, struct rs_err *err)
{
	enum rs_rc rc = rs_buf_failed(sql) ? rs_err_set(err, RS_E_MEMORY, _("a statement for the meta tables is too long"))
	                                   : rs_my_exec_n(my, sql->data, sql->len, affected, err);
	rs_buf_release(sql);
	return rc;
}

enum rs_rc rs_mysql_meta_lost(struct rs_err *err)
{
	return rs_err_set(err, RS_E_META_EPOCH, _("another process has taken over the task"));
}

/* "moves" makes sure that the row changes, so that the number of affected rows tells whether it was there. */
void rs_mysql_meta_put_move(struct rs_buf *sql, const struct rs_mysql_sink *s, unsigned lane,
                            const struct rs_position *position, int64_t time, const char *ahead)
{
	rs_buf_adds(sql, "UPDATE `dts`.`rds_sync_position` SET ");
	if (position != NULL) {
		rs_mysql_meta_put_position(sql, "", position);
		rs_buf_addf(sql, ",`time`=%lld,`ahead`=", (long long)time);
		rs_mysql_meta_put_text(sql, ahead);
		rs_buf_addc(sql, ',');
	}
	rs_buf_addf(sql, "`moves`=`moves`+1 WHERE `task`='%s' AND `worker`=%u", s->task_id, lane);
	if (!rs_defect_active(RS_DEFECT_EPOCH_UNCHECKED))
		rs_buf_addf(sql, " AND `epoch`=%llu", (unsigned long long)s->epoch);
}

static enum rs_rc move(struct rs_mysql_sink *s, const struct rs_position *position, int64_t time, const char *ahead,
                       struct rs_err *err)
{
	struct rs_buf sql = RS_BUF_INIT;
	uint64_t affected = 0;

	rs_mysql_meta_put_move(&sql, s, 0, position, time, ahead);
	if (rs_mysql_meta_execute(&s->my, &sql, &affected, err) != RS_OK)
		return RS_FAIL;
	return affected == 1 ? RS_OK : rs_mysql_meta_lost(err);
}

enum rs_rc rs_mysql_meta_move_to(struct rs_mysql_sink *s, const struct rs_position *position, int64_t time,
                          const struct rs_ahead *ahead, struct rs_err *err)
{
	struct rs_buf text;

	rs_buf_init(&text, (size_t)1 << 30);
	rs_ahead_text(ahead, &text);
	enum rs_rc rc = move(s, position, time, text.len > 0 ? rs_buf_str(&text) : NULL, err);
	rs_buf_release(&text);
	return rc;
}

static enum rs_rc undo(struct rs_my *my, enum rs_rc rc)
{
	struct rs_err ignored = RS_ERR_INIT;

	if (rs_my_exec(my, "ROLLBACK", &ignored) != RS_OK)
		rs_err_clear(&ignored);
	return rc;
}

/* ---------------------------------------------------------------- reading */

/* NULL also for a column that tables of an earlier version lack: they are read before they are migrated. */
static const char *field(const struct rs_my_result *res, const char *prefix, const char *name)
{
	char *column = rs_xprintf("%s%s", prefix, name);
	int i = rs_my_column(res, column);

	free(column);
	return i >= 0 ? res->row[i] : NULL;
}

void rs_mysql_meta_read_position(const struct rs_my_result *res, const char *prefix, struct rs_position *out)
{
	const char *file = field(res, prefix, "file"), *offset = field(res, prefix, "offset");

	if (file != NULL)
		rs_position_set_file(out, file, strtoull(offset ? offset : "0", NULL, 10));
	rs_position_set_gtid(out, field(res, prefix, "gtid"));
	rs_position_set_log(out, field(res, prefix, "log"));
}

static bool is_role(const char *role, const char *word) { return role != NULL && strcmp(role, word) == 0; }

static enum rs_rc read_task_row(const struct rs_my_result *res, struct rs_meta_task *out, struct rs_err *err)
{
	const char *word = field(res, "", "phase");
	int phase = rs_meta_word(&rs_meta_phase_words, word);
	long version = strtol(field(res, "", "version"), NULL, 10);

	if (version > RS_META_VERSION) {
		rs_err_set(err, RS_E_META_NEWER, _("the destination's meta tables are of version %ld, this program knows %d"),
		           version, RS_META_VERSION);
		return rs_err_hint(err, _("use the newer program that made them"));
	}
	if (phase < 0)
		return rs_err_set(err, RS_E_META_DAMAGED, _("the destination's meta tables hold an unknown phase \"%s\""),
		                  word ? word : "");
	out->epoch = strtoull(field(res, "", "epoch"), NULL, 10);
	out->phase = (enum rs_meta_phase)phase;
	out->source_identity = rs_xstrdup(field(res, "", "identity"));
	out->objects = rs_xstrdup(field(res, "", "objects"));
	out->resync = is_role(field(res, "", "role"), "resync");
	out->anchored = is_role(field(res, "", "role"), "anchored");
	rs_mysql_meta_read_position(res, "p0_", &out->p0);
	rs_mysql_meta_read_position(res, "p1_", &out->p1);
	return RS_OK;
}

static enum rs_rc read_task(struct rs_mysql_sink *s, const char *lock, struct rs_meta_task *out, struct rs_err *err)
{
	struct rs_my_result res;
	enum rs_rc rc = rs_my_queryf(&s->my, &res, err,
	                             "SELECT * FROM `dts`.`rds_sync_task` WHERE `id`='%s'%s", s->task_id, lock);
	if (rc != RS_OK)
		return rc;
	rc = rs_my_next(&res, err);
	if (rc == RS_OK)
		rc = read_task_row(&res, out, err);
	rs_my_result_free(&res);
	return rc == RS_EOF ? RS_OK : rc;
}

/* Lanes begin together from one position: whatever a lane noted at an earlier one is contained in the later. */
static enum rs_rc read_lane(const struct rs_my_result *res, struct rs_meta_task *out, struct rs_err *err)
{
	struct rs_position position = RS_POSITION_INIT;
	const char *ahead = field(res, "", "ahead");

	rs_mysql_meta_read_position(res, "", &position);
	bool first = !rs_position_is_set(&out->position);
	int order = rs_position_is_set(&position) ? rs_position_compare(&position, &out->position) : -1;
	if (order > 0 || (order == 0 && first)) {
		rs_position_copy(&out->position, &position);
		out->position_time = strtoll(field(res, "", "time"), NULL, 10);
		rs_ahead_clear(&out->ahead);
	}
	rs_position_clear(&position);
	if (order >= 0 && ahead != NULL && !rs_defect_active(RS_DEFECT_AHEAD_FORGOTTEN) &&
	    !rs_ahead_parse(&out->ahead, ahead))
		return rs_err_set(err, RS_E_META_DAMAGED, _("the destination's meta tables hold a position that can't be read"));
	return RS_OK;
}

static enum rs_rc read_applied(struct rs_mysql_sink *s, const char *lock, struct rs_meta_task *out, struct rs_err *err)
{
	struct rs_my_result res;
	enum rs_rc rc = rs_my_queryf(&s->my, &res, err,
	                             "SELECT * FROM `dts`.`rds_sync_position` WHERE `task`='%s' ORDER BY `worker`%s", s->task_id,
	                             lock);
	if (rc != RS_OK)
		return rc;
	while ((rc = rs_my_next(&res, err)) == RS_OK)
		if (read_lane(&res, out, err) != RS_OK) {
			rc = RS_FAIL;
			break;
		}
	rs_my_result_free(&res);
	return rc == RS_EOF ? RS_OK : rc;
}

enum rs_rc rs_mysql_meta_peek(struct rs_sink *base, struct rs_meta_task *out, struct rs_err *err)
{
	struct rs_mysql_sink *s = rs_mysql_sink_of(base);
	struct rs_err missing = RS_ERR_INIT;
	enum rs_rc rc = read_task(s, "", out, &missing);

	if (rc == RS_OK)
		rc = read_applied(s, "", out, &missing);
	if (rc == RS_FAIL && (missing.native == 1146 || missing.native == 1049)) {
		rs_err_clear(&missing);
		return RS_OK;
	}
	if (rc != RS_OK)
		rs_err_move(err, &missing);
	return rc;
}

/* ---------------------------------------------------------------- taking over */

static enum rs_rc make_tables(struct rs_my *my, struct rs_err *err)
{
	for (size_t i = 0; i < sizeof create_statements / sizeof *create_statements; i++)
		if (rs_my_exec(my, create_statements[i], err) != RS_OK)
			return RS_FAIL;
	return RS_OK;
}

/* What tables of earlier versions lack. */
static const struct added_column {
	const char *table, *name, *definition;
} added_columns[] = {
	/* version 3 */
	{"rds_sync_task", "p0_log", TEXT8},
	{"rds_sync_task", "p1_log", TEXT8},
	{"rds_sync_position", "log", TEXT8},
	{"rds_sync_table", "exact_log", TEXT8},
	{"rds_sync_ddl", "log", TEXT8},
	/* version 4 */
	{"rds_sync_position", "ahead", TEXT8},
	/* version 5 */
	{"rds_sync_task", "parent", "CHAR(36) CHARACTER SET ascii"},
	{"rds_sync_task", "role", "VARCHAR(16) CHARACTER SET ascii"},
	{"rds_sync_task", "objects", TEXT8},
	/* version 8 */
	{"rds_sync_event", "gtid", GTID},
};

/* Another task may be doing the same. */
static enum rs_rc add_column(struct rs_my *my, const struct added_column *c, struct rs_err *err)
{
	struct rs_err refused = RS_ERR_INIT;
	enum rs_rc rc = rs_my_execf(my, &refused, "ALTER TABLE `dts`.`%s` ADD COLUMN `%s` %s", c->table, c->name, c->definition);

	if (rc == RS_FAIL && refused.native == 1060) {
		rs_err_clear(&refused);
		return RS_OK;
	}
	if (rc != RS_OK)
		rs_err_move(err, &refused);
	return rc;
}

static enum rs_rc migrate_tables(struct rs_my *my, struct rs_err *err)
{
	for (size_t i = 0; i < sizeof added_columns / sizeof *added_columns; i++) {
		const struct added_column *c = &added_columns[i];
		char *sql = rs_xprintf("SELECT COUNT(*) FROM information_schema.COLUMNS WHERE TABLE_SCHEMA='dts' AND TABLE_NAME='%s' AND "
		                       "COLUMN_NAME='%s'", c->table, c->name);
		char *found = NULL;
		enum rs_rc rc = rs_my_scalar(my, sql, &found, err);

		if (rc == RS_OK && (found == NULL || strcmp(found, "0") == 0))
			rc = add_column(my, c, err);
		free(found);
		free(sql);
		if (rc != RS_OK)
			return rc;
	}
	return RS_OK;
}

static enum rs_rc insert_position(struct rs_mysql_sink *s, struct rs_err *err)
{
	return rs_my_execf(&s->my, err,
	                   "INSERT IGNORE INTO `dts`.`rds_sync_position` (`task`, `worker`, `epoch`) SELECT `id`, 0, 0 FROM "
	                   "`dts`.`rds_sync_task` WHERE `id`='%s'",
	                   s->task_id);
}

/* A task that is begun again must not meet the epochs it had before: they start with the time. */
static enum rs_rc insert_rows(struct rs_mysql_sink *s, struct rs_err *err)
{
	struct rs_buf sql = RS_BUF_INIT;

	rs_buf_addf(&sql, "INSERT IGNORE INTO `dts`.`rds_sync_task` (`id`, `version`, `name`, `epoch`, `phase`) VALUES ('%s', %d, ",
	            s->task_id, RS_META_VERSION);
	rs_mysql_meta_put_text(&sql, s->task_name);
	rs_buf_addf(&sql, ", %lld, 'new')", (long long)rs_clock_wall());
	enum rs_rc rc = rs_mysql_meta_execute(&s->my, &sql, NULL, err);
	return rc == RS_OK ? insert_position(s, err) : rc;
}

static enum rs_rc check_asked(uint64_t asked, const struct rs_meta_task *found, struct rs_err *err)
{
	if (asked == 0 || (found->epoch != 0 && found->epoch <= asked))
		return RS_OK;
	rs_mysql_meta_lost(err);
	return rs_err_hint(err, _("look for it on the other hosts that know this task; resume it here to take the task back"));
}

static enum rs_rc write_epoch(struct rs_mysql_sink *s, uint64_t epoch, struct rs_err *err)
{
	enum rs_rc rc = rs_my_execf(&s->my, err, "UPDATE `dts`.`rds_sync_task` SET `epoch`=%llu, `version`=%d WHERE `id`='%s'",
	                            (unsigned long long)epoch, RS_META_VERSION, s->task_id);

	if (rc == RS_OK)
		rc = rs_my_execf(&s->my, err, "UPDATE `dts`.`rds_sync_position` SET `epoch`=%llu WHERE `task`='%s'",
		                 (unsigned long long)epoch, s->task_id);
	return rc;
}

/* What the lanes said becomes the word of lane 0, so that an old word of another can never be taken for a new one. */
static enum rs_rc gather_words(struct rs_mysql_sink *s, const struct rs_meta_task *m, struct rs_err *err)
{
	if (!rs_position_is_set(&m->position))
		return RS_OK;
	enum rs_rc rc = rs_mysql_meta_move_to(s, &m->position, m->position_time, &m->ahead, err);
	return rc == RS_OK ? rs_my_execf(&s->my, err, "DELETE FROM `dts`.`rds_sync_position` WHERE `task`='%s' AND `worker`<>0",
	                                 s->task_id)
	                   : rc;
}

/* A side that is part of its task again, or was given up. */
static enum rs_rc gone(struct rs_err *err)
{
	return rs_err_set(err, RS_E_META_GONE, _("the destination does not know these objects as a part of their own any more"));
}

static enum rs_rc raise_epoch(struct rs_mysql_sink *s, uint64_t asked, struct rs_meta_task *out, struct rs_err *err)
{
	enum rs_rc rc = rs_my_exec(&s->my, "START TRANSACTION", err);

	if (rc == RS_OK)
		rc = read_task(s, " FOR UPDATE", out, err);
	if (rc == RS_OK)
		rc = s->base.is_side && out->epoch == 0 ? gone(err) : check_asked(asked, out, err);
	if (rc == RS_OK)
		rc = read_applied(s, " FOR UPDATE", out, err);
	if (rc == RS_OK)
		rc = write_epoch(s, out->epoch + 1, err);
	if (rc == RS_OK) {
		s->epoch = out->epoch + 1;
		rc = gather_words(s, out, err);
	}
	if (rc != RS_OK) {
		out->epoch = 0;
		return undo(&s->my, rc);
	}
	out->epoch = s->epoch;
	return rs_my_exec(&s->my, "COMMIT", err);
}

/* Whether somebody else has the task must be known before anything is made or ended. */
static enum rs_rc look_first(struct rs_sink *base, uint64_t asked, struct rs_err *err)
{
	struct rs_meta_task found = {.phase = RS_META_NEW};
	enum rs_rc rc = rs_mysql_meta_peek(base, &found, err); /* refuses a newer version */

	if (rc == RS_OK)
		rc = check_asked(asked, &found, err);
	rs_meta_task_clear(&found);
	return rc;
}

enum rs_rc rs_mysql_meta_attach(struct rs_sink *base, uint64_t asked, struct rs_meta_task *out, struct rs_err *err)
{
	struct rs_mysql_sink *s = rs_mysql_sink_of(base);
	enum rs_rc rc = look_first(base, asked, err);

	rs_meta_task_clear(out);
	if (rc == RS_OK)
		rc = make_tables(&s->my, err);
	if (rc == RS_OK)
		rc = rs_mysql_session_end_others(s, err);
	if (rc == RS_OK)
		rc = migrate_tables(&s->my, err);
	if (rc == RS_OK && s->epoch == 0)
		rc = rs_mysql_session_claim(&s->my, s, err);
	if (rc == RS_OK)
		rc = base->is_side ? insert_position(s, err) : insert_rows(s, err);
	if (rc == RS_OK)
		rc = raise_epoch(s, asked, out, err);
	rs_step("attached");
	return rc;
}

/* ---------------------------------------------------------------- the task */

enum rs_rc rs_mysql_meta_hold(struct rs_my *my, const struct rs_mysql_sink *s, struct rs_err *err)
{
	struct rs_my_result res;
	enum rs_rc rc;

	if (rs_defect_active(RS_DEFECT_EPOCH_UNCHECKED))
		return RS_OK;
	rc = rs_my_queryf(my, &res, err, "SELECT 1 FROM `dts`.`rds_sync_task` WHERE `id`='%s' AND `epoch`=%llu LOCK IN SHARE MODE",
	                  s->task_id, (unsigned long long)s->epoch);
	if (rc != RS_OK)
		return rc;
	rc = rs_my_next(&res, err);
	rs_my_result_free(&res);
	return rc == RS_EOF ? rs_mysql_meta_lost(err) : rc;
}

enum rs_rc rs_mysql_meta_begin_on(struct rs_my *my, const struct rs_mysql_sink *s, struct rs_err *err)
{
	enum rs_rc rc = rs_my_exec(my, "START TRANSACTION", err);

	return rc == RS_OK ? rs_mysql_meta_hold(my, s, err) : rc;
}

enum rs_rc rs_mysql_meta_begin(struct rs_mysql_sink *s, struct rs_err *err)
{
	return rs_mysql_meta_begin_on(&s->my, s, err);
}

enum rs_rc rs_mysql_meta_end_on(struct rs_my *my, enum rs_rc rc, struct rs_err *err)
{
	return rc == RS_OK ? rs_my_exec(my, "COMMIT", err) : undo(my, rc);
}

enum rs_rc rs_mysql_meta_end(struct rs_mysql_sink *s, enum rs_rc rc, struct rs_err *err)
{
	return rs_mysql_meta_end_on(&s->my, rc, err);
}

static enum rs_rc put_phase(struct rs_mysql_sink *s, enum rs_meta_phase phase, const char *prefix,
                            const struct rs_position *position, const char *identity, struct rs_err *err)
{
	struct rs_buf sql = RS_BUF_INIT;

	rs_buf_addf(&sql, "UPDATE `dts`.`rds_sync_task` SET `phase`='%s'", rs_meta_phase_words.words[phase]);
	if (phase == RS_META_SCHEMA) /* what there was is empty, or gone */
		rs_buf_adds(&sql, ",`role`=IF(`role`='resync','joining',`role`)");
	if (phase == RS_META_FOLLOW)
		rs_buf_adds(&sql, ",`role`=IF(`role`='anchored',NULL,`role`)");
	if (position != NULL) {
		rs_buf_addc(&sql, ',');
		rs_mysql_meta_put_position(&sql, prefix, position);
	}
	if (identity != NULL) {
		rs_buf_adds(&sql, ",`identity`=");
		rs_mysql_meta_put_text(&sql, identity);
	}
	rs_buf_addf(&sql, " WHERE `id`='%s'", s->task_id);
	return rs_mysql_meta_execute(&s->my, &sql, NULL, err);
}

static enum rs_rc put_start(struct rs_mysql_sink *s, const struct rs_meta_start *start, struct rs_err *err)
{
	enum rs_rc rc = put_phase(s, RS_META_SCHEMA, "p0_", start->p0, start->identity, err);

	if (rc == RS_OK)
		rc = rs_mysql_xa_put_start(&s->my, s, start->prepared, err);
	for (size_t i = 0; rc == RS_OK && i < start->n_tables; i++)
		rc = rs_mysql_meta_put_table(&s->my, s, &start->tables[i], err);
	return rc;
}

enum rs_rc rs_mysql_meta_save_start(struct rs_sink *base, const struct rs_meta_start *start, struct rs_err *err)
{
	struct rs_mysql_sink *s = rs_mysql_sink_of(base);
	enum rs_rc rc = rs_mysql_meta_begin(s, err);

	if (rc == RS_OK)
		rc = put_start(s, start, err);
	return rs_mysql_meta_end(s, rc, err);
}

/* Nothing of what was noted at places of the log before, in the caller's transaction. */
static enum rs_rc forget_places(struct rs_mysql_sink *s, struct rs_err *err)
{
	const struct rs_position none = RS_POSITION_INIT;
	enum rs_rc rc = move(s, &none, 0, NULL, err);

	if (rc == RS_OK)
		rc = rs_my_execf(&s->my, err, "DELETE FROM `dts`.`rds_sync_chunk` WHERE `task`='%s'", s->task_id);
	if (rc == RS_OK)
		rc = rs_my_execf(&s->my, err, "DELETE FROM `dts`.`rds_sync_ddl` WHERE `task`='%s'", s->task_id);
	if (rc == RS_OK)
		rc = rs_my_execf(&s->my, err, "DELETE FROM `dts`.`rds_sync_event` WHERE `passed`=0 AND `task`='%s'", s->task_id);
	if (rc == RS_OK)
		rc = rs_my_execf(&s->my, err,
		                 "UPDATE `dts`.`rds_sync_task` SET `p1_file`=NULL, `p1_offset`=0, `p1_gtid`=NULL, `p1_log`=NULL, "
		                 "`role`='anchored' WHERE `id`='%s'",
		                 s->task_id);
	return rc;
}

enum rs_rc rs_mysql_meta_save_anchor(struct rs_sink *base, const struct rs_meta_start *start,
                                     const struct rs_meta_table *const *gone, size_t n_gone, struct rs_err *err)
{
	struct rs_mysql_sink *s = rs_mysql_sink_of(base);
	enum rs_rc rc = rs_mysql_meta_begin(s, err);

	if (rc == RS_OK)
		rc = forget_places(s, err);
	for (size_t i = 0; rc == RS_OK && i < n_gone; i++) {
		rc = rs_mysql_meta_forget_table(&s->my, s, gone[i], err);
		if (rc == RS_OK)
			rc = rs_mysql_meta_forget_indexes(&s->my, s, gone[i], err);
	}
	if (rc == RS_OK)
		rc = put_start(s, start, err);
	for (size_t i = 0; rc == RS_OK && i < start->n_resync; i++)
		rc = rs_mysql_side_put(s, start->resync[i], RS_SIDE_RESYNC, err);
	rs_step("anchor-written");
	return rs_mysql_meta_end(s, rc, err);
}

enum rs_rc rs_mysql_meta_save_phase(struct rs_sink *base, enum rs_meta_phase phase, const struct rs_position *p1,
                                    struct rs_err *err)
{
	struct rs_mysql_sink *s = rs_mysql_sink_of(base);
	enum rs_rc rc = rs_mysql_meta_begin(s, err);

	if (rc == RS_OK)
		rc = put_phase(s, phase, "p1_", p1, NULL, err);
	return rs_mysql_meta_end(s, rc, err);
}

enum rs_rc rs_mysql_meta_save_source(struct rs_sink *base, const char *identity, const struct rs_meta_task *now,
                                     const struct rs_meta_table *const *changed, size_t n, struct rs_err *err)
{
	const struct rs_position none = RS_POSITION_INIT;
	struct rs_mysql_sink *s = rs_mysql_sink_of(base);
	enum rs_rc rc = rs_mysql_meta_begin(s, err);

	if (rc == RS_OK)
		rc = put_phase(s, RS_META_FOLLOW, "p1_", &none, identity, err);
	if (rc == RS_OK)
		rc = rs_mysql_meta_move_to(s, &now->position, now->position_time, &now->ahead, err);
	if (rc == RS_OK)
		rc = rs_my_execf(&s->my, err, "UPDATE `dts`.`rds_sync_table` SET `exact_file`=NULL, `exact_offset`=0, "
		                              "`exact_gtid`=NULL, `exact_log`=NULL WHERE `task`='%s'", s->task_id);
	for (size_t i = 0; rc == RS_OK && i < n; i++)
		rc = rs_mysql_meta_put_table(&s->my, s, changed[i], err);
	if (rc == RS_OK)
		rc = rs_mysql_xa_drop_start(&s->my, s, err);
	return rs_mysql_meta_end(s, rc, err);
}

/* ---------------------------------------------------------------- lanes */

enum rs_rc rs_mysql_meta_make_lane(struct rs_my *my, const struct rs_mysql_sink *s, unsigned lane, struct rs_err *err)
{
	return rs_my_execf(my, err,
	                   "INSERT IGNORE INTO `dts`.`rds_sync_position` (`task`, `worker`, `epoch`) SELECT `id`, %u, `epoch` FROM "
	                   "`dts`.`rds_sync_task` WHERE `id`='%s' AND `epoch`=%llu",
	                   lane, s->task_id, (unsigned long long)s->epoch);
}

/* ---------------------------------------------------------------- all of it */

enum rs_rc rs_mysql_meta_forget(struct rs_sink *base, struct rs_err *err)
{
	static const char *const tables[] = {"rds_sync_chunk", "rds_sync_index", "rds_sync_table",
	                                     "rds_sync_ddl",   "rds_sync_xa",    "rds_sync_event",
	                                     "rds_sync_position"};
	struct rs_mysql_sink *s = rs_mysql_sink_of(base);
	enum rs_rc rc = rs_mysql_meta_begin(s, err);

	for (size_t i = 0; rc == RS_OK && i < sizeof tables / sizeof *tables; i++)
		rc = rs_my_execf(&s->my, err, "DELETE FROM `dts`.`%s` WHERE `task`='%s'", tables[i], s->task_id);
	if (rc == RS_OK)
		rc = rs_my_execf(&s->my, err,
		                 base->is_side ? "UPDATE `dts`.`rds_sync_task` SET `phase`='new' WHERE `id`='%s'"
		                               : "DELETE FROM `dts`.`rds_sync_task` WHERE `id`='%s'",
		                 s->task_id);
	rc = rs_mysql_meta_end(s, rc, err);
	if (rc == RS_OK)
		rc = rs_my_execf(&s->my, err, "DROP TABLE IF EXISTS `dts`.`mark_%s_0`, `dts`.`mark_%s_1`", s->task_id, s->task_id);
	return rc;
}
