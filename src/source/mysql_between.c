/* What the source's log has between two positions, as SHOW BINLOG EVENTS tells it. */
#include "source/mysql_source.h"

#include <stdlib.h>
#include <string.h>
#include "base/mem.h"

#define LOOK_AT_MOST "10000"
#define SHOW_FAILED 1220

/* "table_id: 108 (shop.orders)" */
static bool names_table(const char *info, const struct rs_table *t)
{
	const char *open = strchr(info, '(');
	size_t db = strlen(t->db), name = strlen(t->name);

	return open != NULL && strncmp(open + 1, t->db, db) == 0 && open[1 + db] == '.' &&
	       strncmp(open + 2 + db, t->name, name) == 0 && open[2 + db + name] == ')';
}

static bool names_any(const char *info, const struct rs_table *const *tables, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (names_table(info, tables[i]))
			return true;
	return false;
}

/* A statement other than those around rows, and our own for the heartbeat, may be a schema change of the table. */
static bool is_harmless(const char *info)
{
	return strcmp(info, "BEGIN") == 0 || strcmp(info, "COMMIT") == 0 ||
	       strstr(info, "CREATE DATABASE IF NOT EXISTS `dts`") != NULL ||
	       strstr(info, "CREATE TABLE IF NOT EXISTS `dts`.`rds_sync_heartbeat`") != NULL;
}

static void look_at(const char *type, const char *info, const struct rs_table *const *tables, size_t n,
                    struct rs_between *out)
{
	if (strcmp(type, "Table_map") == 0)
		out->rows = out->rows || names_any(info, tables, n);
	if (strncmp(type, "Query", 5) != 0)
		return;
	out->xa_commit = out->xa_commit || strncmp(info, "XA COMMIT", 9) == 0;
	out->statement = out->statement || !is_harmless(info);
}

static bool ends_transaction(const char *type, const char *info)
{
	return strcmp(type, "Xid") == 0 || strcmp(type, "XA_prepare") == 0 ||
	       (strncmp(type, "Query", 5) == 0 && (strcmp(info, "COMMIT") == 0 || strcmp(info, "ROLLBACK") == 0));
}

/* Up to `to`. What is compressed is one event, which is listed first, with the place behind it; then comes what is in it. RS_EOF:
 * there was less. */
static enum rs_rc look_through(struct rs_my_result *res, const struct rs_position *to, const struct rs_table *const *tables, size_t n,
                               struct rs_between *out, struct rs_err *err)
{
	int type = rs_my_column(res, "Event_type"), info = rs_my_column(res, "Info"), end = rs_my_column(res, "End_log_pos");
	uint64_t reached = 0;
	bool within = false;
	enum rs_rc rc = RS_OK;

	while ((within || reached < to->offset) && (rc = rs_my_next(res, err)) == RS_OK) {
		reached = strtoull(res->row[end], NULL, 10);
		look_at(res->row[type], res->row[info], tables, n, out);
		within = within ? !ends_transaction(res->row[type], res->row[info]) : strcmp(res->row[type], "Transaction_payload") == 0;
	}
	return rc;
}

/* MySQL reads on to the very end of the file, and fails where it finds there what somebody is just writing: so its rows are
 * taken as they come, since all up to `to` comes before that. Whatever it can't tell is unknown. */
enum rs_rc rs_mysql_between(struct rs_my *my, const struct rs_position *from, const struct rs_position *to,
                            const struct rs_table *const *tables, size_t n, struct rs_between *out, struct rs_err *err)
{
	struct rs_my_result res = {.my = my};

	*out = (struct rs_between){.unknown = from->file == NULL || to->file == NULL || strcmp(from->file, to->file) != 0};
	if (out->unknown || from->offset >= to->offset)
		return RS_OK;
	char *sql = rs_xprintf("SHOW BINLOG EVENTS IN '%s' FROM %llu LIMIT " LOOK_AT_MOST, from->file, (unsigned long long)from->offset);
	enum rs_rc rc = rs_my_query(my, sql, RS_MY_STREAM, &res, err);
	if (rc == RS_OK)
		rc = look_through(&res, to, tables, n, out, err);
	rs_my_result_free(&res);
	free(sql);
	out->unknown = rc != RS_OK;
	if (rc == RS_FAIL && err->native == SHOW_FAILED) {
		rs_err_clear(err);
		return RS_OK;
	}
	return rc == RS_EOF ? RS_OK : rc;
}
