/* Secondary indexes are left out of large tables while they are filled, and built at once afterwards, which is faster
 * than to keep them up row by row. What was left out stands in a meta table, in the destination's own words, from before
 * it is dropped until after it is there again: a crash in between costs nothing but the question which are missing.
 *
 * Unique keys stay (they tell duplicates), and so does whatever a foreign key or AUTO_INCREMENT needs: the server refuses
 * to drop that, and the table then keeps all it has. */
#include "sink/mysql_sink.h"

#include <stdlib.h>
#include <string.h>
#include "base/fault.h"
#include "base/log.h"
#include "base/mem.h"

/* ---------------------------------------------------------------- the words */

/* An index as a line of SHOW CREATE TABLE: KEY `name` (…) … */
struct index {
	const char *line;
	size_t len;
	size_t name_len; /* with its backquotes, from line + 4 */
};

struct indexes {
	char *text; /* owns the lines */
	struct index *items;
	size_t n, cap;
};

static void release_indexes(struct indexes *x)
{
	free(x->text);
	free(x->items);
	*x = (struct indexes){0};
}

/* Of a name in backquotes, with them; a doubled one is part of the name. */
static size_t quoted_length(const char *s)
{
	size_t n = 1;

	while (s[n] != '\0' && (s[n] != '`' || s[n + 1] == '`'))
		n += s[n] == '`' ? 2 : 1;
	return n + 1;
}

/* text is one definition a line, as SHOW CREATE TABLE has them or as we have stored them; taken over. */
static void read_indexes(char *text, struct indexes *out)
{
	*out = (struct indexes){.text = text};
	for (char *line = text; line != NULL && *line != '\0';) {
		size_t len = strcspn(line, "\n");
		char *next = line[len] == '\n' ? line + len + 1 : NULL;
		size_t indent = strspn(line, " ");

		if (strncmp(line + indent, "KEY `", 5) == 0) {
			RS_GROW(out->items, out->n, out->cap);
			size_t end = len - (line[len - 1] == ',');
			out->items[out->n++] = (struct index){line + indent, end - indent, quoted_length(line + indent + 4)};
		}
		line = next;
	}
}

static bool has_index(const struct indexes *x, const struct index *wanted)
{
	for (size_t i = 0; i < x->n; i++)
		if (x->items[i].name_len == wanted->name_len &&
		    strncmp(x->items[i].line + 4, wanted->line + 4, wanted->name_len) == 0)
			return true;
	return false;
}

static enum rs_rc read_table(struct rs_my *my, const char *db, const char *name, struct indexes *out, struct rs_err *err)
{
	struct rs_buf sql = RS_BUF_INIT;
	struct rs_my_result res;

	*out = (struct indexes){0};
	rs_buf_adds(&sql, "SHOW CREATE TABLE ");
	rs_quote_table(&sql, db, name);
	enum rs_rc rc = rs_my_query(my, rs_buf_str(&sql), RS_MY_BUFFER, &res, err);
	rs_buf_release(&sql);
	if (rc != RS_OK)
		return rc;
	rc = rs_my_next(&res, err);
	if (rc == RS_OK)
		read_indexes(rs_xstrdup(res.row[1] ? res.row[1] : ""), out);
	rs_my_result_free(&res);
	return rc;
}

/* ---------------------------------------------------------------- what was left out */

static void put_where(struct rs_buf *sql, const struct rs_mysql_sink *s, const char *db, const char *name)
{
	rs_buf_addf(sql, " WHERE `task`='%s' AND `db`=", s->task_id);
	rs_my_quote(sql, db, strlen(db));
	rs_buf_adds(sql, " AND `name`=");
	rs_my_quote(sql, name, strlen(name));
}

static enum rs_rc read_deferred(struct rs_my *my, const struct rs_mysql_sink *s, const char *db, const char *name,
                                struct indexes *out, struct rs_err *err)
{
	struct rs_buf sql = RS_BUF_INIT;
	char *text = NULL;

	rs_buf_adds(&sql, "SELECT `indexes` FROM `dts`.`rds_sync_index`");
	put_where(&sql, s, db, name);
	enum rs_rc rc = rs_my_scalar(my, rs_buf_str(&sql), &text, err);
	rs_buf_release(&sql);
	read_indexes(text, out);
	return rc;
}

static enum rs_rc note_deferred(struct rs_my *my, const struct rs_mysql_sink *s, const char *db, const char *name,
                                const struct indexes *x, struct rs_err *err)
{
	struct rs_buf sql = RS_BUF_INIT, lines = RS_BUF_INIT;

	for (size_t i = 0; i < x->n; i++) {
		rs_buf_add(&lines, x->items[i].line, x->items[i].len);
		rs_buf_addc(&lines, '\n');
	}
	rs_buf_addf(&sql, "INSERT INTO `dts`.`rds_sync_index` SET `task`='%s',`db`=", s->task_id);
	rs_my_quote(&sql, db, strlen(db));
	rs_buf_adds(&sql, ",`name`=");
	rs_my_quote(&sql, name, strlen(name));
	rs_buf_adds(&sql, ",`indexes`=");
	rs_my_quote(&sql, rs_buf_str(&lines), lines.len);
	enum rs_rc rc = rs_my_exec_n(my, sql.data, sql.len, NULL, err);
	rs_buf_release(&lines);
	rs_buf_release(&sql);
	return rc;
}

static enum rs_rc forget_deferred(struct rs_my *my, const struct rs_mysql_sink *s, const char *db, const char *name,
                                  struct rs_err *err)
{
	struct rs_buf sql = RS_BUF_INIT;

	rs_buf_adds(&sql, "DELETE FROM `dts`.`rds_sync_index`");
	put_where(&sql, s, db, name);
	enum rs_rc rc = rs_my_exec_n(my, sql.data, sql.len, NULL, err);
	rs_buf_release(&sql);
	return rc;
}

/* ---------------------------------------------------------------- leaving out, building */

static enum rs_rc drop_indexes(struct rs_my *my, const char *db, const char *name, const struct indexes *x,
                               struct rs_err *err)
{
	struct rs_buf sql = RS_BUF_INIT;

	rs_buf_adds(&sql, "ALTER TABLE ");
	rs_quote_table(&sql, db, name);
	for (size_t i = 0; i < x->n; i++) {
		rs_buf_adds(&sql, i == 0 ? " DROP KEY " : ", DROP KEY ");
		rs_buf_add(&sql, x->items[i].line + 4, x->items[i].name_len);
	}
	enum rs_rc rc = rs_my_exec_n(my, sql.data, sql.len, NULL, err);
	rs_buf_release(&sql);
	return rc;
}

enum rs_rc rs_mysql_index_defer(struct rs_sink *base, const char *db, const char *name, struct rs_err *err)
{
	struct rs_mysql_sink *s = rs_mysql_sink_of(base);
	struct rs_err refused = RS_ERR_INIT;
	struct indexes before, now = {0};
	enum rs_rc rc = read_deferred(&s->my, s, db, name, &before, err);

	if (rc == RS_OK && before.n == 0) /* else they are gone, or a crash came between, and they may stay */
		rc = read_table(&s->my, db, name, &now, err);
	if (rc == RS_OK && now.n > 0) {
		rc = note_deferred(&s->my, s, db, name, &now, err);
		rs_step("indexes-noted");
		if (rc == RS_OK && drop_indexes(&s->my, db, name, &now, &refused) != RS_OK)
			rs_log_err(RS_LOG_INFO, "indexes stay while the table is copied", &refused);
		rs_err_clear(&refused);
	}
	release_indexes(&before);
	release_indexes(&now);
	return rc;
}

static enum rs_rc add_indexes(struct rs_my *my, const char *db, const char *name, const struct indexes *wanted,
                              const struct indexes *there, struct rs_err *err)
{
	struct rs_buf sql = RS_BUF_INIT;
	const char *word = " ADD ";
	enum rs_rc rc = RS_OK;

	rs_buf_adds(&sql, "ALTER TABLE ");
	rs_quote_table(&sql, db, name);
	for (size_t i = 0; i < wanted->n; i++) {
		if (has_index(there, &wanted->items[i]))
			continue;
		rs_buf_adds(&sql, word);
		rs_buf_add(&sql, wanted->items[i].line, wanted->items[i].len);
		word = ", ADD ";
	}
	if (word[0] == ',')
		rc = rs_my_exec_n(my, sql.data, sql.len, NULL, err);
	rs_buf_release(&sql);
	return rc;
}

enum rs_rc rs_mysql_index_build(struct rs_my *my, const struct rs_mysql_sink *s, const char *db, const char *name,
                                struct rs_err *err)
{
	struct indexes wanted, there = {0};
	enum rs_rc rc = read_deferred(my, s, db, name, &wanted, err);

	if (rc == RS_OK && wanted.n > 0) {
		rc = read_table(my, db, name, &there, err);
		if (rc == RS_OK)
			rc = add_indexes(my, db, name, &wanted, &there, err);
		rs_step("indexes-built");
		if (rc == RS_OK)
			rc = forget_deferred(my, s, db, name, err);
	}
	release_indexes(&wanted);
	release_indexes(&there);
	return rc;
}

enum rs_rc rs_mysql_index_build_all(struct rs_sink *base, struct rs_err *err)
{
	struct rs_mysql_sink *s = rs_mysql_sink_of(base);
	struct rs_my_result res;
	enum rs_rc rc = rs_my_queryf(&s->my, &res, err, "SELECT `db`, `name` FROM `dts`.`rds_sync_index` WHERE `task`='%s'",
	                             s->task_id);

	if (rc != RS_OK)
		return rc;
	while ((rc = rs_my_next(&res, err)) == RS_OK)
		if ((rc = rs_mysql_index_build(&s->my, s, res.row[0], res.row[1], err)) != RS_OK)
			break;
	rs_my_result_free(&res);
	return rc == RS_EOF ? RS_OK : rc;
}
