/* What the user decided about events that the destination refuses: stored before it has any effect, and passed in the
 * transaction that the effect is in, so that a crash in between changes nothing. */
#include "sink/mysql_sink.h"

#include <stdlib.h>
#include <string.h>
#include "base/fault.h"
#include "base/i18n.h"
#include "base/mem.h"

void rs_meta_event_clear(struct rs_meta_event *m)
{
	free(m->id.file);
	free(m->id.gtid);
	free(m->sql);
	free(m->what);
	*m = (struct rs_meta_event){0};
}

static bool read_decision(const char *word, enum rs_decision *out)
{
	int decision = rs_meta_word(&rs_meta_decision_words, word);

	*out = decision < 0 ? RS_DECISION_SKIP : (enum rs_decision)decision;
	return decision >= 0;
}

/* NULL also for a column that a table of an earlier version lacks. */
static const char *field(const struct rs_my_result *res, const char *name)
{
	int i = rs_my_column(res, name);

	return i >= 0 ? res->row[i] : NULL;
}

static uint64_t number(const struct rs_my_result *res, const char *name) { return strtoull(field(res, name), NULL, 10); }

static enum rs_rc read_event(const struct rs_my_result *res, struct rs_meta_event *out, struct rs_err *err)
{
	const char *file = field(res, "file");

	*out = (struct rs_meta_event){.number = number(res, "number"),
	                              .id = {.file = *file ? rs_xstrdup(file) : NULL,
	                                     .offset = number(res, "offset"),
	                                     .gtid = rs_xstrdup(field(res, "gtid")),
	                                     .ordinal = number(res, "ordinal"),
	                                     .digest = number(res, "digest")},
	                              .sql = rs_xstrdup(field(res, "statement")),
	                              .what = rs_xstrdup(field(res, "what")),
	                              .passed = number(res, "passed") != 0};
	if (read_decision(field(res, "decision"), &out->decision))
		return RS_OK;
	return rs_err_set(err, RS_E_META_DAMAGED, _("the meta tables hold an unknown decision \"%s\" about an event"),
	                  field(res, "decision"));
}

enum rs_rc rs_mysql_event_load(struct rs_sink *base, struct rs_meta_event **out, size_t *n, struct rs_err *err)
{
	struct rs_mysql_sink *s = rs_mysql_sink_of(base);
	struct rs_my_result res;
	size_t cap = 0;
	enum rs_rc rc = rs_my_queryf(&s->my, &res, err, "SELECT * FROM `dts`.`rds_sync_event` WHERE `task`='%s' ORDER BY `number`",
	                             s->task_id);

	*out = NULL;
	*n = 0;
	if (rc != RS_OK)
		return rc;
	while ((rc = rs_my_next(&res, err)) == RS_OK) {
		RS_GROW(*out, *n, cap);
		if (read_event(&res, &(*out)[(*n)++], err) != RS_OK) {
			rc = RS_FAIL;
			break;
		}
	}
	rs_my_result_free(&res);
	return rc == RS_EOF ? RS_OK : rc;
}

/* ---------------------------------------------------------------- deciding */

static void put_text(struct rs_buf *sql, const char *text)
{
	if (text == NULL)
		rs_buf_adds(sql, "NULL");
	else
		rs_my_quote(sql, text, strlen(text));
}

/* Nothing is stored for a task that was released meanwhile. Where an id is known the table has the column for it. */
static enum rs_rc insert(struct rs_mysql_sink *s, const struct rs_meta_event *m, struct rs_err *err)
{
	struct rs_buf sql = RS_BUF_INIT;
	uint64_t stored = 0;

	rs_buf_adds(&sql, "INSERT INTO `dts`.`rds_sync_event` (`task`, `file`, `offset`, `ordinal`, `digest`, `decision`, "
	                  "`statement`, `what`");
	rs_buf_adds(&sql, m->id.gtid ? ", `gtid`) SELECT `id`, " : ") SELECT `id`, ");
	put_text(&sql, m->id.file ? m->id.file : "");
	rs_buf_addf(&sql, ", %llu, %llu, %llu, '%s', ", (unsigned long long)m->id.offset, (unsigned long long)m->id.ordinal,
	            (unsigned long long)m->id.digest, rs_meta_decision_words.words[m->decision]);
	put_text(&sql, m->sql);
	rs_buf_adds(&sql, ", ");
	put_text(&sql, m->what);
	if (m->id.gtid != NULL) {
		rs_buf_adds(&sql, ", ");
		put_text(&sql, m->id.gtid);
	}
	rs_buf_addf(&sql, " FROM `dts`.`rds_sync_task` WHERE `id`='%s'", s->task_id);
	enum rs_rc rc = rs_my_exec_n(&s->my, rs_buf_str(&sql), sql.len, &stored, err);
	rs_buf_release(&sql);
	if (rc != RS_OK || stored == 1)
		return rc;
	return rs_err_set(err, RS_E_META_DAMAGED, _("the destination does not know the task"));
}

static enum rs_rc withdraw_one(struct rs_mysql_sink *s, const struct rs_event_id *id, struct rs_err *err)
{
	struct rs_buf sql = RS_BUF_INIT;

	rs_buf_addf(&sql, "DELETE FROM `dts`.`rds_sync_event` WHERE `task`='%s' AND `passed`=0 AND `ordinal`=%llu AND ((`offset`=%llu AND "
	                  "`file`=", s->task_id, (unsigned long long)id->ordinal, (unsigned long long)id->offset);
	put_text(&sql, id->file ? id->file : "");
	rs_buf_addc(&sql, ')');
	if (id->gtid != NULL) {
		rs_buf_adds(&sql, " OR `gtid`=");
		put_text(&sql, id->gtid);
	}
	rs_buf_addc(&sql, ')');
	enum rs_rc rc = rs_my_exec_n(&s->my, rs_buf_str(&sql), sql.len, NULL, err);
	rs_buf_release(&sql);
	return rc;
}

enum rs_rc rs_mysql_event_decide(struct rs_sink *base, const struct rs_meta_event *m, bool withdraw, struct rs_err *err)
{
	struct rs_mysql_sink *s = rs_mysql_sink_of(base);
	struct rs_err ignored = RS_ERR_INIT;
	enum rs_rc rc = rs_my_exec(&s->my, "START TRANSACTION", err);

	if (rc == RS_OK)
		rc = withdraw_one(s, &m->id, err);
	if (rc == RS_OK && !withdraw)
		rc = insert(s, m, err);
	rs_step("event-deciding");
	if (rc == RS_OK)
		return rs_my_exec(&s->my, "COMMIT", err);
	if (rs_my_exec(&s->my, "ROLLBACK", &ignored) != RS_OK)
		rs_err_clear(&ignored);
	return rc;
}

/* ---------------------------------------------------------------- passing */

enum rs_rc rs_mysql_event_pass(struct rs_my *my, const struct rs_mysql_sink *s, uint64_t event, struct rs_err *err)
{
	struct rs_buf sql = RS_BUF_INIT;
	uint64_t passed = 0;

	rs_buf_addf(&sql, "UPDATE `dts`.`rds_sync_event` SET `passed`=1 WHERE `task`='%s' AND `number`=%llu AND `passed`=0",
	            s->task_id, (unsigned long long)event);
	enum rs_rc rc = rs_my_exec_n(my, rs_buf_str(&sql), sql.len, &passed, err);
	rs_buf_release(&sql);
	if (rc != RS_OK || passed == 1)
		return rc;
	rs_err_set(err, RS_E_EVENT_GONE, _("what was decided about an event was withdrawn"));
	err->retry = RS_RETRY_NOW; /* what holds now is read again */
	return RS_FAIL;
}
