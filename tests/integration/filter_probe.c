/* Row filters decided by the program and by a server, side by side: filter_probe HOST PORT DB TABLE reads one condition a
 * line and answers each with a JSON object: the refusal, or the values of the first column of the rows that meet it by our
 * own judgement of all rows, and of those that the server gives for the condition in SQL. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "codec/row_filter.h"
#include "db/my_conn.h"
#include "source/source.h"

static struct rs_table_reader *reader;
static const struct rs_table *table;

static void stop(struct rs_err *err)
{
	fprintf(stderr, "%s\n%s\n", err->primary, err->detail ? err->detail : "");
	exit(1);
}

static void add_id(json_t *list, const struct rs_value *row)
{
	json_array_append_new(list, json_stringn(row[0].bytes, row[0].len));
}

/* filter NULL: every row that is read. */
static json_t *read_rows(const char *where, const struct rs_row_filter *filter)
{
	struct rs_value *row = rs_xcalloc(table->n_columns, sizeof *row);
	struct rs_err err = RS_ERR_INIT;
	json_t *ids = json_array();

	reader->where = where;
	enum rs_rc rc = reader->ops->open(reader, table, NULL, NULL, NULL, &err);
	while (rc == RS_OK && (rc = reader->ops->next(reader, row, &err)) == RS_OK)
		if (filter == NULL || rs_row_filter_matches(filter, row))
			add_id(ids, row);
	if (rc == RS_FAIL) {
		fprintf(stderr, "WHERE %s\n", where ? where : "");
		stop(&err);
	}
	reader->ops->end(reader);
	free(row);
	return ids;
}

static json_t *answer(const char *condition)
{
	struct rs_err err = RS_ERR_INIT;
	struct rs_filter *tree = rs_filter_parse(condition, NULL, &err);
	struct rs_row_filter *filter = tree ? rs_row_filter_bind(tree, table, &err) : NULL;
	struct rs_buf where = RS_BUF_INIT;
	json_t *out = json_object();

	if (filter != NULL) {
		rs_row_filter_sql(filter, &where);
		json_object_set_new(out, "where", json_string(rs_buf_str(&where)));
		json_object_set_new(out, "ours", read_rows(NULL, filter));
		json_object_set_new(out, "servers", read_rows(rs_buf_str(&where), NULL));
	} else {
		json_object_set_new(out, "refused", json_string(err.primary));
	}
	rs_err_clear(&err);
	rs_buf_release(&where);
	rs_row_filter_free(filter);
	rs_filter_free(tree);
	return out;
}

int main(int argc, char **argv)
{
	struct rs_endpoint e = {.side = "source"};
	struct rs_source *source = NULL;
	struct rs_err err = RS_ERR_INIT;
	static char line[70000];

	if (argc != 5)
		return 2;
	rs_my_library_init();
	e.type = RS_INSTANCE_SELF_MANAGED;
	e.host = argv[1];
	e.port = (unsigned)strtoul(argv[2], NULL, 10);
	e.account = rs_xstrdup("root");
	if (rs_mysql_source_open(&e, "00000000-0000-4000-8000-000000000000", &source, &err) != RS_OK ||
	    source->ops->table(source, argv[3], argv[4], &table, &err) != RS_OK || source->ops->reader(source, &reader, &err) != RS_OK)
		stop(&err);
	while (fgets(line, sizeof line, stdin)) {
		line[strcspn(line, "\n")] = '\0';
		json_t *out = answer(line);
		json_dumpf(out, stdout, JSON_COMPACT);
		puts("");
		fflush(stdout);
		json_decref(out);
	}
	reader->ops->close(reader);
	source->ops->close(source);
	rs_table_unref(table);
	free(e.account);
	return 0;
}
