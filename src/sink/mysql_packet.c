#include "sink/mysql_packet.h"

#include <stdlib.h>
#include <string.h>
#include "base/fault.h"
#include "base/i18n.h"
#include "base/log.h"
#include "base/mem.h"

#define ROOM ((size_t)256 << 10)
#define STATEMENTS 1000 /* whose answers the server can send without anybody reading */
#define GUARDED 24       /* to have the answers of more judged by the server costs more than a round trip */
#define LEAST_ANSWER 11          /* bytes in the protocol, without text */
#define TOGETHER RS_MSEC(2)      /* for all answers to be there; below what makes a statement a slow one */
/* Of how many rows the statement before it must have met, or the largest number there is becomes too large. */
#define GUARD "SET @rds_sync=18446744073709551615+(ROW_COUNT()<>"
#define OUT_OF_RANGE 1690

/* ---------------------------------------------------------------- answers */

/* The first value of a result, 0 where there is none. */
static enum rs_rc read_value(struct rs_mysql_packet *p, uint64_t *out)
{
	MYSQL_RES *res = mysql_store_result(p->my->handle);
	MYSQL_ROW row = res ? mysql_fetch_row(res) : NULL;

	*out = row && row[0] ? strtoull(row[0], NULL, 10) : 0;
	mysql_free_result(res);
	return res ? RS_OK : RS_FAIL;
}

static enum rs_rc read_answer(struct rs_mysql_packet *p, uint64_t *out)
{
	if (mysql_field_count(p->my->handle) > 0)
		return read_value(p, out);
	*out = mysql_affected_rows(p->my->handle);
	return RS_OK;
}

static bool is_update(const struct rs_mysql_packet *p, const struct rs_mysql_packed *s)
{
	return strncmp(rs_buf_str(&p->sql) + s->at, "UPDATE ", 7) == 0;
}

/* What the server says of an UPDATE has the same length, but for its numbers. */
static void note_text(struct rs_mysql_packet *p, const struct rs_mysql_packed *s)
{
	const char *text = is_update(p, s) ? mysql_info(p->my->handle) : NULL;
	size_t len = text ? strlen(text) : 0;

	if (len > 0 && (p->update_text == 0 || len < p->update_text))
		p->update_text = len;
}

/* Each answer would wake the thread, which has nothing to do before the last. Where one is shorter (an error) the time decides. */
static void await_answers(const struct rs_mysql_packet *p)
{
	size_t least = 0;

	for (size_t i = 0; i < p->n; i++)
		least += LEAST_ANSWER + (is_update(p, &p->statements[i]) ? p->update_text : 0);
	if (p->n > 1)
		rs_my_await(p->my, least, TOGETHER);
}

static enum rs_rc judge(const struct rs_mysql_packed *s, uint64_t answer, struct rs_err *err)
{
	switch (s->want) {
	case RS_WANT_ANYTHING:
	case RS_WANT_GUARDED:
	case RS_WANT_COMMITTED:
		return RS_OK;
	case RS_WANT_AFFECTED:
	case RS_WANT_INSERTED:
	case RS_WANT_SELECTED:
		return answer == s->n ? RS_OK : RS_AGAIN;
	case RS_WANT_OURS:
		return answer == 1 ? RS_OK : rs_mysql_meta_lost(err);
	}
	return RS_FAIL;
}

/* How a statement is named in errors: its beginning, up to what may be a value. */
static enum rs_rc refused(struct rs_mysql_packet *p, const struct rs_mysql_packed *s, struct rs_err *err)
{
	struct rs_err why = RS_ERR_INIT;
	const char *sql = rs_buf_str(&p->sql) + s->at;
	char *name = rs_xstrndup(sql, strcspn(sql, "('\"\n"));
	enum rs_rc rc = rs_my_fail(p->my, &why, name);

	free(name);
	if (rs_defect_active(RS_DEFECT_REFUSAL_IGNORED) && rs_my_is_usable(p->my)) {
		rs_err_clear(&why);
		return RS_OK;
	}
	if (rc == RS_FAIL && (s->want == RS_WANT_GUARDED ? why.native == OUT_OF_RANGE
	                                                 : rs_err_is_refusal(&why) && s->route != NULL)) {
		rs_err_clear(&why);
		return RS_AGAIN;
	}
	if (s->route != NULL)
		rs_err_detail(&why, _("table %s.%s"), s->route->dest->db, s->route->dest->name);
	if (rc == RS_FAIL)
		rs_err_move(err, &why);
	rs_err_clear(&why);
	return rc;
}

/* All were executed. What is committed can't be applied again without looking at what is there. */
static enum rs_rc judged_all(const struct rs_mysql_packet *p, enum rs_rc rc, struct rs_err *err)
{
	if (rc != RS_AGAIN || p->statements[p->n - 1].want != RS_WANT_COMMITTED)
		return rc;
	return rs_err_set(err, RS_E_INTERNAL, _("the destination committed what it was told to refuse"));
}

static enum rs_rc not_one_each(struct rs_err *err)
{
	return rs_err_set(err, RS_E_INTERNAL, _("the destination answered another number of statements than were sent"));
}

static size_t end_of(const struct rs_mysql_packet *p, size_t i)
{
	return i + 1 < p->n ? p->statements[i + 1].at - 1 : p->sql.len; /* without the semicolon */
}

/* Its answer is here: what it took since the one before. *began 0: nobody wants to know. */
static void clock_statement(const struct rs_mysql_packet *p, size_t i, rs_usec *began)
{
	size_t at = p->statements[i].at;
	rs_usec now;

	if (*began == 0)
		return;
	now = rs_clock_mono();
	rs_activity_statement(p->my->doing, rs_buf_str(&p->sql) + at, end_of(p, i) - at, now - *began);
	*began = now;
}

/* The first that is not as it should be counts, but for losing the task; all answers are read, so that the connection can go
 * on. */
static enum rs_rc read_answers(struct rs_mysql_packet *p, rs_usec began, struct rs_err *err)
{
	uint64_t answer = 1, last;
	bool shifted = rs_defect_active(RS_DEFECT_ANSWER_SHIFTED);
	enum rs_rc rc = RS_OK;
	int more = 0;

	for (size_t i = 0; i < p->n; i++) {
		last = answer;
		if (more < 0)
			return not_one_each(err);
		clock_statement(p, i, &began);
		if (more > 0 || read_answer(p, &answer) != RS_OK)
			return rc == RS_FAIL ? rc : refused(p, &p->statements[i], err);
		note_text(p, &p->statements[i]);
		enum rs_rc judged = rc == RS_FAIL ? rc : judge(&p->statements[i], shifted ? last : answer, err);
		if (judged != RS_OK)
			rc = judged;
		more = mysql_next_result(p->my->handle);
	}
	return more < 0 ? judged_all(p, rc, err) : not_one_each(err);
}

/* ---------------------------------------------------------------- sending */

void rs_mysql_packet_drop(struct rs_mysql_packet *p)
{
	p->n = 0;
	rs_buf_clear(&p->sql);
}

static enum rs_rc send_one(struct rs_mysql_packet *p, size_t i, struct rs_err *err)
{
	const struct rs_mysql_packed *s = &p->statements[i];
	size_t end = end_of(p, i);
	rs_usec began = rs_activity_clock();
	uint64_t answer;

	if (mysql_real_query(p->my->handle, rs_buf_str(&p->sql) + s->at, (unsigned long)(end - s->at)) != 0 ||
	    read_answer(p, &answer) != RS_OK)
		return refused(p, s, err);
	clock_statement(p, i, &began);
	return mysql_next_result(p->my->handle) < 0 ? judge(s, answer, err) : not_one_each(err);
}

static enum rs_rc send_each(struct rs_mysql_packet *p, struct rs_err *err)
{
	enum rs_rc rc = RS_OK;

	for (size_t i = 0; rc == RS_OK && i < p->n; i++)
		rc = send_one(p, i, err);
	return rc;
}

static enum rs_rc send_packet(struct rs_mysql_packet *p, struct rs_err *err)
{
	rs_usec began = rs_activity_clock();

	if (p->single)
		return send_each(p, err);
	if (mysql_send_query(p->my->handle, rs_buf_str(&p->sql), (unsigned long)p->sql.len) != 0)
		return refused(p, &p->statements[0], err);
	await_answers(p);
	if (mysql_read_query_result(p->my->handle) != 0)
		return refused(p, &p->statements[0], err);
	return read_answers(p, began, err);
}

enum rs_rc rs_mysql_packet_send(struct rs_mysql_packet *p, struct rs_err *err)
{
	if (p->n == 0)
		return RS_OK;
	enum rs_doing before = rs_my_asks(p->my);
	enum rs_rc rc = rs_my_is_usable(p->my) ? send_packet(p, err) : rs_my_fail(p->my, err, _("a statement"));

	rs_activity_leave(before);
	rs_mysql_packet_drop(p);
	return rc;
}

static void append(struct rs_mysql_packet *p, const char *sql, size_t len, struct rs_mysql_packed what)
{
	if (p->n > 0)
		rs_buf_addc(&p->sql, ';');
	RS_GROW(p->statements, p->n, p->cap);
	what.at = p->sql.len;
	p->statements[p->n++] = what;
	(void)rs_buf_add(&p->sql, sql, len);
}

enum rs_rc rs_mysql_packet_add(struct rs_mysql_packet *p, const struct rs_buf *sql, struct rs_mysql_packed what,
                               struct rs_err *err)
{
	if (p->n >= STATEMENTS || (p->n > 0 && p->sql.len + sql->len > p->room)) {
		enum rs_rc rc = rs_mysql_packet_send(p, err);
		if (rc != RS_OK)
			return rc;
	}
	append(p, rs_buf_str(sql), sql->len, what);
	if (rs_buf_failed(sql) || rs_buf_failed(&p->sql))
		return rs_err_set(err, RS_E_MEMORY, _("a statement for the destination is too long"));
	return RS_OK;
}

/* ---------------------------------------------------------------- with COMMIT behind it */

bool rs_mysql_packet_takes_commit(const struct rs_mysql_packet *p)
{
	bool takes = !p->single && p->n > 0 && p->n <= GUARDED && !rs_defect_active(RS_DEFECT_ANSWER_SHIFTED) &&
	             !rs_defect_active(RS_DEFECT_REFUSAL_IGNORED);

	for (size_t i = 0; takes && i < p->n; i++)
		takes = p->statements[i].want != RS_WANT_SELECTED;
	return takes;
}

static void append_guard(struct rs_mysql_packet *p, uint64_t n)
{
	char sql[100];
	int len = snprintf(sql, sizeof sql, GUARD "%llu)", (unsigned long long)n);

	append(p, sql, (size_t)len, (struct rs_mysql_packed){.want = RS_WANT_GUARDED});
}

/* It meets no row where the one before it did not meet n. */
static void append_chained(struct rs_mysql_packet *p, const char *sql, size_t len, struct rs_mysql_packed what, uint64_t n)
{
	append(p, sql, what.where, what);
	rs_buf_addf(&p->sql, "ROW_COUNT()=%llu AND ", (unsigned long long)n);
	(void)rs_buf_add(&p->sql, sql + what.where, len - what.where);
}

/* How many rows it must meet where nobody but its answer would say that it did not; 0: none. */
static uint64_t unproven(const struct rs_mysql_packed *s)
{
	return s->want == RS_WANT_AFFECTED ? s->n : s->want == RS_WANT_OURS ? 1 : 0;
}

/* Behind statements of which the last must have met *n rows, 0: that was looked at. One that may meet no row itself would hide
 * that. */
static void append_guarded(struct rs_mysql_packet *p, const char *sql, size_t len, struct rs_mysql_packed what, uint64_t *n)
{
	bool chained = p->chains && *n > 0 && what.where > 0 && unproven(&what) > 0;

	if (chained)
		append_chained(p, sql, len, what, *n);
	else if (*n > 0)
		append_guard(p, *n);
	if (!chained)
		append(p, sql, len, what);
	*n = unproven(&what);
}

/* A test may stand, or end the program, where all is executed and nothing committed. */
static enum rs_rc send_apart(struct rs_mysql_packet *p, struct rs_err *err)
{
	enum rs_rc rc = rs_mysql_packet_send(p, err);

	if (rc != RS_OK)
		return rc;
	rs_step("packet-executed");
	return rs_my_exec(p->my, "COMMIT", err);
}

static enum rs_rc send_together(struct rs_mysql_packet *p, struct rs_err *err)
{
	append(p, "COMMIT", 6, (struct rs_mysql_packed){.want = RS_WANT_COMMITTED});
	return rs_mysql_packet_send(p, err);
}

enum rs_rc rs_mysql_packet_commit(struct rs_mysql_packet *p, struct rs_err *err)
{
	struct rs_mysql_packet all = *p;
	uint64_t unproven_rows = 0;

	rs_buf_init(&all.sql, (size_t)1 << 30);
	all.statements = NULL;
	all.n = all.cap = 0;
	for (size_t i = 0; i < p->n; i++) {
		size_t at = p->statements[i].at;
		append_guarded(&all, rs_buf_str(&p->sql) + at, end_of(p, i) - at, p->statements[i], &unproven_rows);
	}
	if (unproven_rows > 0)
		append_guard(&all, unproven_rows);
	rs_mysql_packet_drop(p);
	enum rs_rc rc = rs_step_is_named("packet-executed") ? send_apart(&all, err) : send_together(&all, err);
	p->update_text = all.update_text;
	rs_mysql_packet_release(&all);
	return rc;
}

/* ---------------------------------------------------------------- opening and closing */

static bool set_many(struct rs_my *my, bool many)
{
	enum enum_mysql_set_option option = many ? MYSQL_OPTION_MULTI_STATEMENTS_ON : MYSQL_OPTION_MULTI_STATEMENTS_OFF;

	return rs_my_is_usable(my) && mysql_set_server_option(my->handle, option) == 0;
}

enum rs_rc rs_mysql_packet_allow(struct rs_mysql_packet *p, bool many, struct rs_err *err)
{
	if (p->single || set_many(p->my, many))
		return RS_OK;
	return rs_my_fail(p->my, err, "MYSQL_OPTION_MULTI_STATEMENTS");
}

static bool answers(MYSQL *handle, const char *wanted)
{
	MYSQL_RES *res = mysql_store_result(handle);
	MYSQL_ROW row = res ? mysql_fetch_row(res) : NULL;
	bool yes = row && row[0] && strcmp(row[0], wanted) == 0;

	mysql_free_result(res);
	return yes;
}

/* Two statements, the second of which fails, and what stands behind it is not executed. */
static bool stops_at_guard(struct rs_my *my)
{
	static const char three[] = "SELECT 1;" GUARD "7);SELECT 2";

	return mysql_real_query(my->handle, three, sizeof three - 1) == 0 && answers(my->handle, "1") &&
	       mysql_next_result(my->handle) > 0 && mysql_errno(my->handle) == OUT_OF_RANGE && !mysql_more_results(my->handle);
}

static bool takes_many(struct rs_my *my)
{
	static const char two[] = "SELECT 1;SELECT 2";

	return set_many(my, true) && mysql_real_query(my->handle, two, sizeof two - 1) == 0 && answers(my->handle, "1") &&
	       mysql_next_result(my->handle) == 0 && answers(my->handle, "2") && mysql_next_result(my->handle) < 0 &&
	       stops_at_guard(my) && set_many(my, false);
}

/* A session that was refused something may be gone, or answer late. The second time is for those that were lost for another
 * reason. */
enum rs_rc rs_mysql_packet_session(struct rs_my *my, struct rs_mysql_sink *s, struct rs_err *err)
{
	for (int tries = 0; tries < 2; tries++) {
		enum rs_rc rc = rs_mysql_session_open(my, s, RS_MY_WRITE, err);
		if (rc != RS_OK || atomic_load(&s->single) || takes_many(my))
			return rc;
		rs_my_close(my);
	}
	if (!atomic_exchange(&s->single, true))
		rs_log(RS_LOG_WARN, "the destination takes one statement a packet only: small transactions take longer task=\"%s\"",
		       s->task_name);
	return rs_mysql_session_open(my, s, RS_MY_WRITE, err);
}

enum rs_rc rs_mysql_packet_open(struct rs_mysql_packet *p, struct rs_my *my, const struct rs_mysql_sink *s, bool chains,
                                struct rs_err *err)
{
	*p = (struct rs_mysql_packet){.my = my, .chains = chains, .room = s->max_packet / 4 < ROOM ? s->max_packet / 4 : ROOM};
	p->single = atomic_load(&s->single);
	rs_buf_init(&p->sql, s->max_packet + 1);
	return rs_mysql_packet_allow(p, true, err);
}

void rs_mysql_packet_release(struct rs_mysql_packet *p)
{
	rs_buf_release(&p->sql);
	free(p->statements);
}
