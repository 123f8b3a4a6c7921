/* A connection of db/my_conn driven from outside: reads one JSON object a line, answers with one. For the tests that
 * need real servers; operations: open, exec, query, variable, quote, catalog, table, cancel_after, close. */
#include <signal.h>
#include <string.h>
#include "base/mem.h"
#include "db/my_catalog.h"
#include "db/my_conn.h"
#include "probe.h"

static struct rs_my my = RS_MY_INIT;

static json_t *op_open(const json_t *in)
{
	const char *password = text_of(in, "password"), *kind = text_of(in, "session");
	struct rs_secret secret = RS_SECRET_INIT;
	struct rs_err err = RS_ERR_INIT;
	struct rs_my_params p = {
		.side = json_is_true(json_object_get(in, "destination")) ? "destination" : "source",
		.host = text_of(in, "host"),
		.port = (unsigned)json_integer_value(json_object_get(in, "port")),
		.socket = text_of(in, "socket"),
		.user = text_of(in, "user"),
		.password = &secret,
		.option_file = text_of(in, "option_file"),
		.tls = json_is_true(json_object_get(in, "tls")),
		.tls_ca = text_of(in, "ca"),
		.tls_cert = text_of(in, "cert"),
		.tls_key = text_of(in, "key"),
		.compressed = json_is_true(json_object_get(in, "compressed")),
		.connect_timeout = (unsigned)json_integer_value(json_object_get(in, "connect_timeout")),
		.read_timeout = (unsigned)json_integer_value(json_object_get(in, "read_timeout")),
	};
	const enum rs_my_session session = !kind || strcmp(kind, "catalog") == 0 ? RS_MY_CATALOG
	                                   : strcmp(kind, "read") == 0 ? RS_MY_READ : RS_MY_WRITE;
	enum rs_rc rc;
	json_t *a;

	if (password)
		rs_secret_set(&secret, password, strlen(password));
	if (rs_my_is_open(&my))
		rs_my_close(&my);
	rc = rs_my_open(&my, &p, session, &err);
	rs_secret_clear(&secret);
	a = answer_rc(rc, &err);
	if (rc == RS_OK) {
		json_object_set_new(a, "version", json_integer(my.version));
		json_object_set_new(a, "mariadb", json_boolean(my.flavor == RS_MY_MARIADB));
		json_object_set_new(a, "thread", json_integer((json_int_t)my.thread_id));
		json_object_set_new(a, "cipher", text(mysql_get_ssl_cipher(my.handle)));
		json_object_set_new(a, "address", text(my.address));
	}
	return a;
}

static json_t *op_exec(const json_t *in)
{
	const char *sql = text_of(in, "sql");
	struct rs_err err = RS_ERR_INIT;
	uint64_t affected = 0;
	json_t *a = answer_rc(rs_my_exec_n(&my, sql, strlen(sql), &affected, &err), &err);

	json_object_set_new(a, "affected", json_integer((json_int_t)affected));
	return a;
}

static json_t *op_query(const json_t *in)
{
	struct rs_err err = RS_ERR_INIT;
	struct rs_my_result r;
	json_t *rows = json_array(), *a;
	enum rs_rc rc = rs_my_query(&my, text_of(in, "sql"), json_is_true(json_object_get(in, "stream")) ? RS_MY_STREAM
	                            : RS_MY_BUFFER, &r, &err);

	while (rc == RS_OK && (rc = rs_my_next(&r, &err)) == RS_OK) {
		json_t *row = json_array();

		for (unsigned i = 0; i < r.n_fields; i++)
			json_array_append_new(row, text(r.row[i]));
		json_array_append_new(rows, row);
	}
	rs_my_result_free(&r);
	a = answer_rc(rc, &err);
	json_object_set_new(a, "rows", rows);
	return a;
}

static json_t *op_variable(const json_t *in)
{
	struct rs_err err = RS_ERR_INIT;
	char *value = NULL;
	json_t *a = answer_rc(rs_my_variable(&my, text_of(in, "name"), &value, &err), &err);

	json_object_set_new(a, "value", text(value));
	free(value);
	return a;
}

static json_t *op_quote(const json_t *in)
{
	struct rs_buf b = RS_BUF_INIT;
	struct rs_err none = RS_ERR_INIT;
	const json_t *t = json_object_get(in, "text");
	json_t *a = answer_rc(rs_my_quote(&b, json_string_value(t), json_string_length(t)), &none);

	json_object_set_new(a, "quoted", text(rs_buf_str(&b)));
	rs_buf_release(&b);
	return a;
}

/* Wanted are the databases (and tables, as "db.table") of a list; all where there is none. */
static bool in_list(const json_t *list, const char *name)
{
	const json_t *item;
	size_t i;

	json_array_foreach(list, i, item)
		if (strcmp(json_string_value(item), name) == 0)
			return true;
	return json_array_size(list) == 0;
}

static bool want_db(void *arg, const char *db)
{
	return in_list(json_object_get(arg, "databases"), db);
}

static bool want_table(void *arg, const char *db, const char *table)
{
	char *name = rs_xprintf("%s.%s", db, table);
	const bool wanted = in_list(json_object_get(arg, "tables"), name);

	free(name);
	return wanted;
}

static bool want_whole(void *arg, const char *db)
{
	(void)db;
	return json_array_size(json_object_get(arg, "tables")) == 0;
}

static json_t *object_json(const struct rs_object *o)
{
	return json_pack("{s:s,s:s,s:s,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o,s:o}", "kind", rs_object_kind_name(o->kind), "db", o->db,
	                 "name", o->name, "sql", text(o->create_sql), "sql_mode", text(o->sql_mode), "charset",
	                 text(o->charset_client), "collation", text(o->collation_connection), "time_zone", text(o->time_zone),
	                 "definer", text(o->definer), "table", text(o->table), "unsupported", text(o->unsupported), "schema",
	                 o->schema ? rs_table_to_json(o->schema) : json_null());
}

static json_t *op_catalog(const json_t *in)
{
	static const char *const depths[] = {"names", "schemas", "statements"};
	json_t *copy = json_deep_copy(in), *objects = json_array(), *a;
	const struct rs_my_wanted wanted = {want_db, want_table, want_whole, copy};
	struct rs_catalog c = {0};
	struct rs_err err = RS_ERR_INIT;
	int depth = 2;
	enum rs_rc rc;

	while (depth > 0 && strcmp(depths[depth], text_of(in, "depth")) != 0)
		depth--;
	rc = rs_my_catalog_read(&my, &wanted, (enum rs_my_depth)depth, &c, &err);
	a = answer_rc(rc, &err);
	for (size_t i = 0; i < c.count; i++)
		json_array_append_new(objects, object_json(&c.objects[i]));
	json_object_set_new(a, "objects", objects);
	json_object_set_new(a, "identity", text(c.server_id_text));
	json_object_set_new(a, "collations", json_integer((json_int_t)c.collations.count));
	rs_catalog_release(&c);
	json_decref(copy);
	return a;
}

static json_t *op_table(const json_t *in)
{
	struct rs_err err = RS_ERR_INIT;
	struct rs_table *t = NULL;
	json_t *a = answer_rc(rs_my_table_read(&my, text_of(in, "db"), text_of(in, "table"), &t, &err), &err);

	json_object_set_new(a, "schema", t ? rs_table_to_json(t) : json_null());
	rs_table_unref(t);
	return a;
}

static void *cancel_later(void *arg)
{
	const json_int_t ms = *(const json_int_t *)arg;
	struct rs_cancel never;

	rs_cancel_init(&never);
	rs_cancel_sleep(&never, RS_MSEC(ms));
	rs_cancel_release(&never);
	rs_my_cancel(&my);
	return NULL;
}

/* Does "then", while another thread cancels the connection after "ms". */
static json_t *op_cancel_after(const json_t *in);

static json_t *op_close(const json_t *in)
{
	struct rs_err none = RS_ERR_INIT;

	(void)in;
	rs_my_close(&my);
	return answer_rc(RS_OK, &none);
}

static const struct op {
	const char *name;
	json_t *(*run)(const json_t *in);
} ops[] = {{"open", op_open},   {"exec", op_exec},   {"query", op_query}, {"variable", op_variable},
           {"quote", op_quote}, {"catalog", op_catalog}, {"table", op_table}, {"close", op_close}, {"cancel_after", op_cancel_after}};

static json_t *run(const json_t *in)
{
	const char *name = text_of(in, "op");

	for (size_t i = 0; name && i < sizeof ops / sizeof *ops; i++)
		if (strcmp(ops[i].name, name) == 0)
			return ops[i].run(in);
	return json_pack("{s:s}", "rc", "unknown operation");
}

static json_t *op_cancel_after(const json_t *in)
{
	json_int_t ms = json_integer_value(json_object_get(in, "ms"));
	struct rs_thread canceller;
	json_t *a;

	rs_thread_start(&canceller, "canceller", cancel_later, &ms);
	a = run(json_object_get(in, "then"));
	rs_thread_join(&canceller);
	return a;
}

int main(void)
{
	signal(SIGPIPE, SIG_IGN);
	rs_my_library_init();
	answer_lines(run);
	rs_my_close(&my);
	rs_my_library_end();
	return 0;
}
