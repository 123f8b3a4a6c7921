/* What the tree makes of statements, driven from outside: reads one JSON object a line, answers with one. For the tests
 * that compare it with what real servers make of them. Operations: reset, apply, put, table, translate. */
#include <jansson.h>
#include "../unit/ddl_store.h"

static void drop(void *ctx, const char *db, const char *name)
{
	(void)ctx;
	if (find(ctx, db, name))
		remove_at(place_of(db, name));
}

static const char *text_of(const json_t *o, const char *key)
{
	return json_string_value(json_object_get(o, key));
}

static json_t *answer(enum rs_rc rc, struct rs_err *err)
{
	json_t *a = json_object();

	json_object_set_new(a, "rc", json_string(rc == RS_OK ? "ok" : "fail"));
	if (rs_err_is_set(err)) {
		json_object_set_new(a, "code", json_integer(err->code));
		json_object_set_new(a, "primary", json_string(err->primary));
	}
	rs_err_clear(err);
	return a;
}

static struct rs_sql_dialect dialect_of(const json_t *in)
{
	return (struct rs_sql_dialect){json_is_true(json_object_get(in, "mariadb")),
	                               (unsigned)json_integer_value(json_object_get(in, "version")),
	                               (uint64_t)json_integer_value(json_object_get(in, "sql_mode"))};
}

static json_t *op_apply(const json_t *in)
{
	const char *sql = text_of(in, "sql");
	struct rs_sql_dialect dialect = dialect_of(in);
	struct rs_ddl_env env = {.explicit_timestamp = json_is_true(json_object_get(in, "explicit_timestamp")),
	                         .db_collation = text_of(in, "db_collation")};
	struct rs_err err = RS_ERR_INIT;
	struct rs_ddl d;
	enum rs_rc rc = rs_ddl_parse(&d, sql, strlen(sql), text_of(in, "db"), &dialect, &err);

	if (rc == RS_OK)
		rc = rs_ddl_apply(&d, &env, &store, &err);
	rs_ddl_release(&d);
	return answer(rc, &err);
}

static json_t *op_put(const json_t *in)
{
	struct rs_err err = RS_ERR_INIT;
	struct rs_table *t = rs_table_from_json(json_object_get(in, "table"), &err);

	if (t)
		put(NULL, t);
	return answer(t ? RS_OK : RS_FAIL, &err);
}

static json_t *op_table(const json_t *in)
{
	const struct rs_table *t = find(NULL, text_of(in, "db"), text_of(in, "name"));
	struct rs_err err = RS_ERR_INIT;
	json_t *a = answer(RS_OK, &err);

	json_object_set_new(a, "table", t ? rs_table_to_json(t) : json_null());
	return a;
}

static json_t *op_reset(const json_t *in)
{
	struct rs_err err = RS_ERR_INIT;

	(void)in;
	clear();
	return answer(RS_OK, &err);
}

static json_t *answer_to(const json_t *in)
{
	static const struct {
		const char *name;
		json_t *(*run)(const json_t *in);
	} ops[] = {{"apply", op_apply}, {"put", op_put}, {"table", op_table}, {"reset", op_reset}};
	const char *op = text_of(in, "op");

	for (size_t i = 0; op && i < sizeof ops / sizeof *ops; i++)
		if (strcmp(op, ops[i].name) == 0)
			return ops[i].run(in);
	return NULL;
}

int main(void)
{
	char *line = NULL;
	size_t cap = 0;

	while (getline(&line, &cap, stdin) > 0) {
		json_t *in = json_loads(line, 0, NULL), *out = in ? answer_to(in) : NULL;

		if (!out)
			return 2;
		json_dumpf(out, stdout, JSON_COMPACT);
		putchar('\n');
		fflush(stdout);
		json_decref(in);
		json_decref(out);
	}
	clear();
	free(line);
	return 0;
}
