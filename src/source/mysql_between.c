/* What the source's log has between two positions, as SHOW BINLOG EVENTS tells it. */
#include "source/mysql_source.h"

#include <stdlib.h>
#include <string.h>

#define LOOK_AT_MOST "10000"

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

enum rs_rc rs_mysql_between(struct rs_my *my, const struct rs_position *from, const struct rs_position *to,
                            const struct rs_table *const *tables, size_t n, struct rs_between *out, struct rs_err *err)
{
	struct rs_my_result res;
	uint64_t reached = from->offset;

	*out = (struct rs_between){.unknown = from->file == NULL || to->file == NULL || strcmp(from->file, to->file) != 0};
	if (out->unknown || from->offset >= to->offset)
		return RS_OK;
	enum rs_rc rc = rs_my_queryf(my, &res, err, "SHOW BINLOG EVENTS IN '%s' FROM %llu LIMIT " LOOK_AT_MOST, from->file,
	                             (unsigned long long)from->offset);
	if (rc != RS_OK)
		return rc;
	int type = rs_my_column(&res, "Event_type"), info = rs_my_column(&res, "Info");
	int end = rs_my_column(&res, "End_log_pos");
	while (reached < to->offset && (rc = rs_my_next(&res, err)) == RS_OK) {
		reached = strtoull(res.row[end], NULL, 10);
		look_at(res.row[type], res.row[info], tables, n, out);
	}
	rs_my_result_free(&res);
	out->unknown = reached < to->offset;
	return rc == RS_EOF ? RS_OK : rc;
}
