/* Bulk loading: as parameters of a prepared statement where the server takes many rows of them at a time, else by LOAD
 * DATA LOCAL fed from memory, or by multi-row INSERT where the server does not allow that. The rows are pulled from the
 * source while the server takes them, so that no chunk is ever held as a whole. */
#include "sink/mysql_load_priv.h"

#include <stdlib.h>
#include <string.h>
#include "base/arena.h"
#include "base/fault.h"
#include "base/i18n.h"
#include "base/log.h"
#include "base/mem.h"
#include "codec/sql_literal.h"

#define LINE_BYTES ((size_t)1 << 30)
#define MAX_WARNINGS 65535
#define MAX_INSERT_ROWS 20000

/* Warnings that a statement may cause by intention. */
static uint64_t max_zero_enums(const struct mysql_loader *l) { return l->listed / 4 * 3; }

/* Where each may cause one. */
static uint64_t max_insert_rows(const struct mysql_loader *l)
{
	return l->listed / 4 < MAX_INSERT_ROWS ? l->listed / 4 + 1 : MAX_INSERT_ROWS;
}

bool rs_mysql_load_pull(struct mysql_loader *l)
{
	if (!l->held)
		l->rc = l->rows->next(l->rows->arg, l->values, l->err);
	l->held = false;
	return l->rc == RS_OK;
}

/* ---------------------------------------------------------------- INSERT */

void rs_mysql_load_start(struct rs_buf *sql, const struct rs_route *route, enum rs_load_mode mode)
{
	rs_buf_adds(sql, mode == RS_LOAD_REPLACE  ? "REPLACE INTO "
	                 : mode == RS_LOAD_IGNORE ? "INSERT IGNORE INTO "
	                                          : "INSERT INTO ");
	rs_mysql_put_target(sql, route);
	rs_buf_adds(sql, " VALUES ");
}

static size_t statement_limit(const struct mysql_loader *l)
{
	size_t limit = (size_t)1 << 20;

	return l->sink->max_packet / 2 < limit ? l->sink->max_packet / 2 : limit;
}

/* ---------------------------------------------------------------- lines */

static void put_field(struct rs_buf *out, const struct rs_column *c, const struct rs_value *v)
{
	if (v->presence != RS_PRESENT)
		rs_buf_adds(out, "\\N");
	else if (rs_type_is_number(c->type) || rs_type_is_temporal(c->type))
		rs_buf_add(out, v->bytes, v->len);
	else if (c->type == RS_T_BIT)
		rs_sql_bit(out, v);
	else
		rs_sql_escape_line(out, v->bytes, v->len);
}

static void put_line(struct mysql_loader *l)
{
	bool first = true;

	for (size_t i = 0; i < l->route->source->n_columns; i++) {
		if (!rs_route_writes(l->route, i))
			continue;
		if (!first)
			rs_buf_addc(&l->line, '\t');
		put_field(&l->line, &l->route->source->columns[i], &l->values[i]);
		first = false;
	}
	rs_buf_addc(&l->line, '\n');
	l->zero_enums += rs_mysql_zero_enums(l->route, l->values);
}

static void put_apart(struct mysql_loader *l)
{
	if (l->apart.len == 0)
		rs_mysql_load_start(&l->apart, l->route, l->mode);
	else
		rs_buf_addc(&l->apart, ',');
	rs_mysql_put_row(&l->apart, l->route, l->values);
	l->apart_zero_enums += rs_mysql_zero_enums(l->route, l->values);
}

/* Reads a row for this statement. False: it has none left. */
static bool next_row(struct mysql_loader *l)
{
	if (l->rc != RS_OK || l->zero_enums >= max_zero_enums(l) || l->apart.len >= statement_limit(l))
		return false;
	return rs_mysql_load_pull(l);
}

static bool next_line(struct mysql_loader *l)
{
	bool found = next_row(l);

	while (found && rs_mysql_has_decimals(l->route, l->values)) {
		put_apart(l);
		l->n_rows++;
		found = next_row(l);
	}
	if (!found)
		return false;
	rs_buf_clear(&l->line);
	l->sent = 0;
	put_line(l);
	if (rs_buf_failed(&l->line))
		l->rc = rs_err_set(l->err, RS_E_MEMORY, _("a row of %s.%s is larger than 1 GiB"), l->route->source->db,
		                   l->route->source->name);
	l->n_rows++;
	l->part_rows++;
	l->n_bytes += l->line.len;
	return l->rc == RS_OK;
}

/* The connector's callbacks, in the loader's own thread. */
static int infile_init(void **handle, const char *name, void *arg)
{
	(void)name;
	*handle = arg;
	return 0;
}

static int infile_read(void *handle, char *buf, unsigned int size)
{
	struct mysql_loader *l = handle;
	enum rs_doing before = rs_activity_enter(RS_DOING_WORK);
	unsigned int done = 0;

	while (done < size) {
		if (l->sent == l->line.len && !next_line(l))
			break;
		size_t n = l->line.len - l->sent;
		if (n > size - done)
			n = size - done;
		memcpy(buf + done, l->line.data + l->sent, n);
		l->sent += n;
		done += (unsigned int)n;
	}
	rs_activity_leave(before);
	return l->rc == RS_FAIL || l->rc == RS_CANCELLED ? -1 : (int)done;
}

static void infile_end(void *handle) { (void)handle; }

static int infile_error(void *handle, char *text, unsigned int size)
{
	(void)handle;
	snprintf(text, size, "the rows could not be read");
	return 2;
}

/* ---------------------------------------------------------------- statements */

static void put_load(struct rs_buf *sql, const struct rs_route *r, enum rs_load_mode mode)
{
	struct rs_buf set = RS_BUF_INIT;
	char separator = '(', variable[32];

	rs_buf_adds(sql, "LOAD DATA LOCAL INFILE 'rows' ");
	rs_buf_adds(sql, mode == RS_LOAD_REPLACE ? "REPLACE " : mode == RS_LOAD_IGNORE ? "IGNORE " : "");
	rs_buf_adds(sql, "INTO TABLE ");
	rs_quote_table(sql, r->dest->db, r->dest->name);
	rs_buf_adds(sql, " CHARACTER SET binary FIELDS TERMINATED BY '\\t' ESCAPED BY '\\\\' LINES TERMINATED BY '\\n' ");
	for (size_t i = 0; i < r->source->n_columns; i++) {
		if (!rs_route_writes(r, i))
			continue;
		const struct rs_column *from = &r->source->columns[i], *to = &r->dest->columns[r->columns[i]];
		rs_buf_addc(sql, separator);
		separator = ',';
		if (!rs_mysql_needs_conversion(from, to)) {
			rs_quote_ident(sql, to->name);
			continue;
		}
		rs_buf_addf(sql, "@v%zu", i);
		rs_buf_adds(&set, set.len > 0 ? "," : " SET ");
		rs_quote_ident(&set, to->name);
		rs_buf_addc(&set, '=');
		snprintf(variable, sizeof variable, "@v%zu", i);
		rs_mysql_put_conversion(&set, from, variable);
	}
	rs_buf_addc(sql, ')');
	rs_buf_adds(sql, rs_buf_str(&set));
	rs_buf_release(&set);
}

/* ---------------------------------------------------------------- what the server made of it */

struct load_counts {
	uint64_t records, deleted, skipped, warnings;
};

/* "Records: 3  Deleted: 0  Skipped: 0  Warnings: 0" */
static bool read_counts(const char *info, struct load_counts *c)
{
	const char *words[] = {"Records: ", "Deleted: ", "Skipped: ", "Warnings: "};
	uint64_t *out[] = {&c->records, &c->deleted, &c->skipped, &c->warnings};

	for (size_t i = 0; i < 4; i++) {
		info = info ? strstr(info, words[i]) : NULL;
		if (info == NULL)
			return false;
		info += strlen(words[i]);
		*out[i] = strtoull(info, NULL, 10);
	}
	return true;
}

/* Duplicates are told as warnings (1062) where they are skipped, values of '' for ENUM's error value as 1265. */
static enum rs_rc unexpected_warning(struct mysql_loader *l, uint64_t zero_enums, struct rs_err *err)
{
	struct rs_my_result res;
	uint64_t zeros = 0;
	enum rs_rc rc = rs_my_query(&l->my, "SHOW WARNINGS LIMIT 65535", RS_MY_BUFFER, &res, err);

	if (rc != RS_OK)
		return rc;
	while ((rc = rs_my_next(&res, err)) == RS_OK) {
		long code = strtol(res.row[1], NULL, 10);
		if (code == RS_MYSQL_DUPLICATE && l->mode == RS_LOAD_IGNORE)
			continue;
		if (code == 1265 && ++zeros <= zero_enums)
			continue;
		if (code == 1287 || code == 1681 || code == 3719 || code == 3778) /* deprecated words of the statement */
			continue;
		if (rs_mysql_of_generated(l->route, res.row[2]))
			continue;
		rs_err_set(err, RS_E_DEST_WARNING, _("the destination changed values of %s.%s while it loaded them"),
		           l->route->dest->db, l->route->dest->name);
		rs_err_detail(err, "%s %s: %s", res.row[0], res.row[1], res.row[2]);
		rc = RS_FAIL;
		break;
	}
	rs_my_result_free(&res);
	return rc == RS_EOF ? RS_OK : rc;
}

static enum rs_rc check_counts(struct mysql_loader *l, struct rs_err *err)
{
	struct load_counts c = {0};

	if (rs_defect_active(RS_DEFECT_LOAD_WARNING))
		return RS_OK;
	if (!read_counts(mysql_info(l->my.handle), &c))
		return rs_err_set(err, RS_E_DEST_WARNING, _("the destination did not say what it loaded"));
	if (c.records != l->part_rows || (c.skipped != 0 && l->mode != RS_LOAD_IGNORE)) {
		/* The warnings say which row, where they say anything. */
		if (c.warnings > 0 && unexpected_warning(l, l->zero_enums, err) != RS_OK)
			return RS_FAIL;
		rs_err_set(err, RS_E_DEST_WARNING, _("the destination did not load all rows of %s.%s"), l->route->dest->db,
		           l->route->dest->name);
		return rs_err_detail(err, _("%llu rows sent, %s"), (unsigned long long)l->part_rows, mysql_info(l->my.handle));
	}
	if (c.warnings > l->listed && c.warnings != c.skipped + l->zero_enums)
		return rs_err_set(err, RS_E_DEST_WARNING, _("the destination changed values of %s.%s while it loaded them"),
		                  l->route->dest->db, l->route->dest->name);
	return c.warnings > 0 ? unexpected_warning(l, l->zero_enums, err) : RS_OK;
}

static bool writes_enums(const struct rs_route *r)
{
	for (size_t i = 0; i < r->source->n_columns; i++)
		if (r->source->columns[i].type == RS_T_ENUM && rs_route_writes(r, i))
			return true;
	return false;
}

/* A strict session refuses ENUM's error value; in a loose one check_counts finds whatever else was changed. */
static enum rs_rc send_load(struct mysql_loader *l, struct rs_err *err)
{
	bool loose = writes_enums(l->route);
	enum rs_rc rc = loose ? rs_mysql_loosen(&l->my, err) : RS_OK;

	if (rc == RS_OK)
		rc = rs_my_exec_n(&l->my, l->sql.data, l->sql.len, NULL, err);
	if (rc == RS_OK && l->rc != RS_FAIL && l->rc != RS_CANCELLED)
		rc = check_counts(l, err);
	return loose ? rs_mysql_tighten(&l->my, rc, err) : rc;
}

/* What servers, and ProxySQL (1047), say where files of the client's are not taken: then none was asked for. */
static bool is_refusal(const struct rs_err *err)
{
	static const unsigned codes[] = {1047, 1148, 3948, 4166};

	for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
		if (err->native == codes[i])
			return true;
	return false;
}

/* RS_AGAIN: it is refused; no row was taken. */
static enum rs_rc load_part(struct mysql_loader *l, struct rs_err *err)
{
	struct rs_err server = RS_ERR_INIT;
	uint64_t before = l->n_rows;

	l->part_rows = l->zero_enums = 0;
	rs_buf_clear(&l->sql);
	put_load(&l->sql, l->route, l->mode);
	rs_buf_clear(&l->line);
	l->sent = 0;
	mysql_set_local_infile_handler(l->my.handle, infile_init, infile_read, infile_end, infile_error, l);
	enum rs_rc rc = send_load(l, &server);
	if (l->rc == RS_FAIL || l->rc == RS_CANCELLED) { /* the source's error is the cause */
		rs_err_clear(&server);
		return l->rc;
	}
	if (rc == RS_FAIL && l->n_rows == before && is_refusal(&server)) {
		rs_err_clear(&server);
		return RS_AGAIN;
	}
	if (rc != RS_OK) {
		rs_err_move(err, &server);
		rs_err_detail(err, _("loading %s.%s"), l->route->dest->db, l->route->dest->name);
	}
	return rc;
}

enum rs_rc rs_mysql_load_insert(struct mysql_loader *l, const struct rs_buf *sql, uint64_t zero_enums, struct rs_err *err)
{
	enum rs_rc rc = rs_mysql_check_size(l->sink, l->route, sql, err);

	if (rc == RS_OK && l->mode != RS_LOAD_IGNORE)
		rc = rs_mysql_exec_rows(&l->my, l->route, sql, zero_enums, NULL, err);
	else if (rc == RS_OK && (rc = rs_my_exec_n(&l->my, sql->data, sql->len, NULL, err)) == RS_OK &&
	         mysql_warning_count(l->my.handle) > 0)
		rc = unexpected_warning(l, zero_enums, err);
	if (rc != RS_OK)
		rs_err_detail(err, _("loading %s.%s"), l->route->dest->db, l->route->dest->name);
	return rc;
}

static enum rs_rc load_infile(struct mysql_loader *l, struct rs_err *err)
{
	enum rs_rc rc = RS_OK;

	while (rc == RS_OK && l->rc == RS_OK) {
		rs_buf_clear(&l->apart);
		l->apart_zero_enums = 0;
		rc = load_part(l, err);
		if (rc == RS_OK && l->apart.len > 0)
			rc = rs_mysql_load_insert(l, &l->apart, l->apart_zero_enums, err);
	}
	return rc;
}

static enum rs_rc flush_insert(struct mysql_loader *l, struct rs_err *err)
{
	enum rs_rc rc = rs_mysql_load_insert(l, &l->sql, l->zero_enums, err);

	rs_buf_clear(&l->sql);
	l->part_rows = l->zero_enums = 0;
	return rc;
}

/* A row that is large goes by itself. */
static bool is_full(const struct mysql_loader *l)
{
	return l->sql.len > 0 && (l->part_rows >= max_insert_rows(l) ||
	                          l->sql.len + rs_mysql_row_size(l->route, l->values) > statement_limit(l));
}

static enum rs_rc insert_rows(struct mysql_loader *l, struct rs_err *err)
{
	enum rs_rc rc = RS_OK;

	rs_buf_clear(&l->sql);
	l->part_rows = 0;
	while (rc == RS_OK && rs_mysql_load_pull(l)) {
		if (is_full(l))
			rc = flush_insert(l, err);
		size_t before = l->sql.len;
		if (l->sql.len == 0)
			rs_mysql_load_start(&l->sql, l->route, l->mode);
		else
			rs_buf_addc(&l->sql, ',');
		rs_mysql_put_row(&l->sql, l->route, l->values);
		l->zero_enums += rs_mysql_zero_enums(l->route, l->values);
		l->n_rows++;
		l->part_rows++;
		l->n_bytes += l->sql.len - before;
	}
	if (rc == RS_OK && l->rc == RS_EOF && l->sql.len > 0)
		rc = flush_insert(l, err);
	return rc == RS_OK && l->rc != RS_EOF ? l->rc : rc;
}

/* ---------------------------------------------------------------- parameters */

/* Where a row was there already, REPLACE counts it too. */
static enum rs_rc send_bulk(struct mysql_loader *l, struct rs_err *err)
{
	uint64_t sent, affected;
	enum rs_rc rc = rs_mysql_bulk_send(&l->bulk, &sent, &affected, err);

	if (rc == RS_OK && (affected < sent || (affected > sent && l->mode == RS_LOAD_PLAIN))) {
		rs_err_set(err, RS_E_DEST_WARNING, _("the destination did not load all rows of %s.%s"), l->route->dest->db,
		           l->route->dest->name);
		rs_err_detail(err, _("%llu rows sent, %llu stored"), (unsigned long long)sent, (unsigned long long)affected);
		rc = RS_FAIL;
	}
	if (rc == RS_OK && sent > 0 && mysql_warning_count(l->my.handle) > 0)
		rc = unexpected_warning(l, 0, err);
	if (rc != RS_OK)
		rs_err_detail(err, _("loading %s.%s"), l->route->dest->db, l->route->dest->name);
	return rc;
}

/* Up to the end, or to the first row that can't go this way. */
static enum rs_rc send_rows(struct mysql_loader *l, struct rs_err *err)
{
	enum rs_rc rc = RS_OK;

	while (rc == RS_OK && rs_mysql_load_pull(l)) {
		l->held = !rs_mysql_bulk_takes(&l->bulk, l->values);
		if (l->held)
			break;
		if (!rs_mysql_bulk_has_room(&l->bulk, l->values))
			rc = send_bulk(l, err);
		if (rc == RS_OK) {
			l->n_bytes += rs_mysql_bulk_add(&l->bulk, l->values);
			l->n_rows++;
		}
	}
	if (rc == RS_OK && (l->rc == RS_EOF || l->held))
		rc = send_bulk(l, err);
	return rc;
}

/* RS_AGAIN: rows are left, for one of the other ways. */
static enum rs_rc load_bulk(struct mysql_loader *l, struct rs_err *err)
{
	const char *verb = l->mode == RS_LOAD_REPLACE ? "REPLACE" : "INSERT";

	if (!l->bulks || l->mode == RS_LOAD_IGNORE || l->mode == RS_LOAD_UPDATE)
		return RS_AGAIN;
	enum rs_rc rc = rs_mysql_bulk_begin(&l->bulk, &l->my, l->route, verb, l->sink->max_packet, err);
	if (rc == RS_OK)
		rc = send_rows(l, err);
	rs_mysql_bulk_end(&l->bulk);
	if (rc == RS_OK && l->rc != RS_EOF)
		rc = l->held ? RS_AGAIN : l->rc;
	return rc;
}

/* ---------------------------------------------------------------- the loader */

enum rs_rc rs_mysql_load_run(struct mysql_loader *l, const struct rs_route *route, const struct rs_row_source *rows,
                      enum rs_load_mode mode, struct rs_err *err)
{
	if (route->source->n_columns > l->cap_values) {
		l->cap_values = route->source->n_columns;
		l->values = rs_xrealloc(l->values, l->cap_values * sizeof *l->values);
	}
	l->route = route;
	l->rows = rows;
	l->err = err;
	l->mode = mode;
	l->rc = RS_OK;
	l->held = false;
	l->n_rows = l->n_bytes = l->zero_enums = 0;
	enum rs_rc rc = load_bulk(l, err);
	if (rc != RS_AGAIN)
		return rc;
	if (mode == RS_LOAD_UPDATE)
		return rs_mysql_load_update(l, err);
	if (!atomic_load(&l->sink->local_infile))
		return insert_rows(l, err);
	if ((rc = load_infile(l, err)) != RS_AGAIN)
		return rc;
	if (atomic_exchange(&l->sink->local_infile, false))
		rs_log(RS_LOG_WARN, "LOAD DATA LOCAL is refused on the way to the destination: rows are copied with INSERT task=\"%s\"",
		       l->sink->task_name);
	return insert_rows(l, err);
}

enum rs_rc rs_mysql_load_finish(struct mysql_loader *l, enum rs_rc rc, uint64_t *n_rows, uint64_t *n_bytes, struct rs_err *err)
{
	struct rs_err ignored = RS_ERR_INIT;

	if (rc == RS_OK) {
		rs_step("chunk-before-commit");
		rc = rs_my_exec(&l->my, "COMMIT", err);
		rs_step("chunk-after-commit");
	} else if (rs_my_exec(&l->my, "ROLLBACK", &ignored) != RS_OK) {
		rs_err_clear(&ignored);
	}
	*n_rows = l->n_rows;
	*n_bytes = l->n_bytes;
	return rc;
}

static enum rs_rc loader_load(struct rs_loader *base, const struct rs_route *route, const struct rs_row_source *rows,
                              const struct rs_meta_chunk *mark, enum rs_load_mode mode, uint64_t *n_rows,
                              uint64_t *n_bytes, struct rs_err *err)
{
	struct mysql_loader *l = rs_mysql_loader_of(base);
	enum rs_rc rc = rs_my_exec(&l->my, "START TRANSACTION", err);

	if (rc == RS_OK)
		rc = rs_mysql_meta_mark_chunk(&l->my, l->sink, route->source, mark, err);
	if (rc == RS_OK && rs_defect_active(RS_DEFECT_CHUNK_MARK_BEFORE))
		rc = rs_my_exec(&l->my, "COMMIT AND CHAIN", err);
	rs_step("chunk-marked");
	if (rc == RS_OK)
		rc = rs_mysql_load_run(l, route, rows, mode, err);
	if (rc == RS_OK)
		rc = rs_mysql_meta_count_chunk(&l->my, l->sink, route->source, mark, l->n_rows, err);
	rs_step("chunk-loaded");
	return rs_mysql_load_finish(l, rc, n_rows, n_bytes, err);
}

static enum rs_rc loader_whole_begin(struct rs_loader *base, struct rs_err *err)
{
	struct mysql_loader *l = rs_mysql_loader_of(base);
	enum rs_rc rc = rs_my_exec(&l->my, "START TRANSACTION", err);

	return rc == RS_OK ? rs_mysql_meta_hold(&l->my, l->sink, err) : rc;
}

static enum rs_rc loader_load_whole(struct rs_loader *base, const struct rs_route *route,
                                    const struct rs_row_source *rows, enum rs_load_mode mode, uint64_t *n_rows,
                                    uint64_t *n_bytes, struct rs_err *err)
{
	struct mysql_loader *l = rs_mysql_loader_of(base);
	enum rs_rc rc = rs_mysql_load_run(l, route, rows, mode, err);

	*n_rows = l->n_rows;
	*n_bytes = l->n_bytes;
	rs_step("keyless-loaded");
	return rc;
}

static enum rs_rc loader_whole_pause(struct rs_loader *base, struct rs_err *err)
{
	enum rs_rc rc = rs_my_exec(&rs_mysql_loader_of(base)->my, "COMMIT", err);

	rs_step("whole-paused");
	return rc == RS_OK ? loader_whole_begin(base, err) : rc;
}

static enum rs_rc loader_whole_commit(struct rs_loader *base, const struct rs_meta_table *const *tables, size_t n,
                                      struct rs_err *err)
{
	struct mysql_loader *l = rs_mysql_loader_of(base);
	enum rs_rc rc = RS_OK;

	for (size_t i = 0; rc == RS_OK && i < n; i++)
		rc = rs_mysql_meta_put_table(&l->my, l->sink, tables[i], err);
	rs_step("chunk-before-commit");
	if (rc == RS_OK)
		rc = rs_my_exec(&l->my, "COMMIT", err);
	rs_step("chunk-after-commit");
	return rc;
}

static void loader_whole_rollback(struct rs_loader *base)
{
	struct rs_err ignored = RS_ERR_INIT;

	if (rs_my_exec(&rs_mysql_loader_of(base)->my, "ROLLBACK", &ignored) != RS_OK)
		rs_err_clear(&ignored);
}

static enum rs_rc loader_build_indexes(struct rs_loader *base, const char *db, const char *name, struct rs_err *err)
{
	return rs_mysql_index_build(&rs_mysql_loader_of(base)->my, rs_mysql_loader_of(base)->sink, db, name, err);
}

static void loader_cancel(struct rs_loader *base) { rs_my_cancel(&rs_mysql_loader_of(base)->my); }

static void loader_close(struct rs_loader *base)
{
	struct mysql_loader *l = rs_mysql_loader_of(base);

	rs_mysql_bulk_release(&l->bulk);
	rs_my_close(&l->my);
	rs_buf_release(&l->sql);
	rs_buf_release(&l->line);
	rs_buf_release(&l->apart);
	free(l->values);
	free(l);
}

static const struct rs_loader_ops mysql_loader_ops = {
	.close = loader_close,
	.cancel = loader_cancel,
	.load = loader_load,
	.mend = rs_mysql_load_mend,
	.whole_begin = loader_whole_begin,
	.load_whole = loader_load_whole,
	.whole_pause = loader_whole_pause,
	.whole_commit = loader_whole_commit,
	.whole_rollback = loader_whole_rollback,
	.build_indexes = loader_build_indexes,
};

/* MySQL 8.4 and later want a privilege for that: there the warnings must do that are kept anyhow. */
static enum rs_rc keep_warnings(struct mysql_loader *l, struct rs_err *err)
{
	struct rs_err denied = RS_ERR_INIT;
	char *kept = NULL;
	enum rs_rc rc = rs_my_execf(&l->my, &denied, "SET SESSION max_error_count = %d", MAX_WARNINGS);

	if (rc == RS_FAIL && denied.code != RS_E_SQL_DENIED)
		rs_err_move(err, &denied);
	else if (rc == RS_FAIL)
		rc = RS_OK;
	rs_err_clear(&denied);
	if (rc != RS_OK)
		return rc;
	rc = rs_my_scalar(&l->my, "SELECT @@SESSION.max_error_count", &kept, err);
	l->listed = kept ? strtoull(kept, NULL, 10) : 0;
	free(kept);
	return rc;
}

enum rs_rc rs_mysql_loader_open(struct rs_mysql_sink *s, struct rs_loader **out, struct rs_err *err)
{
	struct mysql_loader *l = rs_xcalloc(1, sizeof *l);
	enum rs_rc rc = rs_mysql_session_open(&l->my, s, RS_MY_WRITE, err);

	if (rc == RS_OK)
		rc = keep_warnings(l, err);
	if (rc == RS_OK)
		rc = rs_mysql_bulk_offered(&l->my, &l->bulks, err);
	if (rc != RS_OK) {
		rs_my_close(&l->my);
		free(l);
		return rc;
	}
	l->base.ops = &mysql_loader_ops;
	l->sink = s;
	rs_buf_init(&l->sql, LINE_BYTES);
	rs_buf_init(&l->line, LINE_BYTES);
	rs_buf_init(&l->apart, LINE_BYTES);
	*out = &l->base;
	return RS_OK;
}
