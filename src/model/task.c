#include "model/task.h"

#include <sys/stat.h>
#include "base/i18n.h"
#include "base/listen.h"
#include "base/mem.h"
#include "base/size.h"
#include "base/words.h"
#include "model/paths.h"
#include "model/task_read.h"

/* --- from keys to the struct ----------------------------------------------------------------------------------------- */

/* What the file says; NULL where it says nothing, or an empty value. */
static const char *given(const struct rs_task *t, const char *section, const char *key)
{
	const char *value = rs_ini_get(t->ini, section, key);

	return value && *value ? value : NULL;
}

/* The same, or what holds without it. */
static const char *setting_of(const struct rs_task *t, const char *section, const char *key)
{
	const char *value = given(t, section, key);

	for (const struct rs_task_key *k = rs_task_keys(); !value && k->section; k++)
		if (strcmp(k->section, section) == 0 && strcmp(k->key, key) == 0)
			value = k->preset;
	return value;
}

static const char *setting(const struct rs_task *t, const char *key) { return setting_of(t, "sync", key); }

static bool is(const struct rs_task *t, const char *key, const char *word)
{
	return strcmp(setting(t, key), word) == 0;
}

static unsigned number_of(const struct rs_task *t, const char *section, const char *key)
{
	uint64_t n = 0;

	return rs_number_parse(setting_of(t, section, key), &n) ? (unsigned)n : 0;
}

static unsigned number(const struct rs_task *t, const char *key) { return number_of(t, "sync", key); }

static uint64_t size(const struct rs_task *t, const char *key)
{
	uint64_t n = 0;

	return rs_size_parse(setting(t, key), &n) ? n : 0;
}

static unsigned bits(const struct rs_task *t, const char *key, const char *(*word_of)(unsigned bit))
{
	unsigned set = 0;
	const char *words = setting(t, key), *word;

	for (unsigned bit = 1; (word = word_of(bit)); bit <<= 1)
		if (rs_words_has(words, word, strlen(word)))
			set |= bit;
	return set;
}

/* The rows a second of each class. */
static uint64_t class_rows(const struct rs_task *t)
{
	return is(t, "speed_class", "micro") ? 200 : is(t, "speed_class", "small") ? 2000 : is(t, "speed_class", "medium") ? 5000 : 0;
}

static void read_limits(struct rs_task *t)
{
	t->sync.full_limits = (struct rs_sync_limits){
		.queries = number(t, "full_max_queries"), .rows = number(t, "full_max_rows"), .bytes = size(t, "full_max_bytes")};
	t->sync.limited_by_class = !given(t, "sync", "incremental_max_rows");
	t->sync.incremental_limits = (struct rs_sync_limits){
		.rows = t->sync.limited_by_class ? class_rows(t) : number(t, "incremental_max_rows"),
		.bytes = size(t, "incremental_max_bytes")};
}

static void read_sync(struct rs_task *t)
{
	t->sync = (struct rs_sync){
		.schema = is(t, "schema", "yes"),
		.full = is(t, "full", "yes"),
		.incremental = is(t, "incremental", "yes"),
		.existing_tables = is(t, "existing_tables", "ignore") ? RS_EXISTING_IGNORE : RS_EXISTING_CHECK,
		.name_case = is(t, "name_case", "source")  ? RS_NAMES_SOURCE
		             : is(t, "name_case", "lower") ? RS_NAMES_LOWER
		             : is(t, "name_case", "upper") ? RS_NAMES_UPPER
		                                           : RS_NAMES_DEFAULT,
		.dml = bits(t, "dml", rs_sync_dml_word),
		.ddl = bits(t, "ddl", rs_sync_ddl_word),
		.on_ddl_error = is(t, "on_ddl_error", "continue") ? RS_DDL_CONTINUE : RS_DDL_STOP,
		.online_ddl = is(t, "online_ddl", "yes")   ? RS_ONLINE_COPY
		              : is(t, "online_ddl", "dms") ? RS_ONLINE_DMS
		                                           : RS_ONLINE_GHOST,
		.triggers = is(t, "triggers", "never") ? RS_TRIGGERS_NEVER : RS_TRIGGERS_CUT_OVER,
		.on_anomaly = is(t, "on_anomaly", "stop") ? RS_ANOMALY_STOP : RS_ANOMALY_COUNT,
		.lock_for_keyless = is(t, "lock_for_keyless", "yes"),
		.retry_connection = number(t, "retry_connection"),
		.retry_other = number(t, "retry_other"),
		.memory = size(t, "memory"),
		.relay_quota = size(t, "relay_quota"),
		.copy_workers = number(t, "copy_workers"),
		.apply_workers = number(t, "apply_workers"),
		.source_order = is(t, "source_order", "yes"),
		.chunk_size = size(t, "chunk_size")};
	read_limits(t);
}

static bool verifies(const struct rs_task *t, const char *key)
{
	return strcmp(setting_of(t, "verify", key), "yes") == 0;
}

static void read_verify(struct rs_task *t)
{
	t->verify = (struct rs_task_verify){.continuous = verifies(t, "continuous"), .incremental = verifies(t, "incremental"),
	                                    .repair = verifies(t, "repair"), .budget = number_of(t, "verify", "budget")};
}

static void read_unfit(struct rs_task *t)
{
	const char *word = setting_of(t, "postgresql", "unfit_values");

	t->unfit = strcmp(word, "null") == 0 ? RS_UNFIT_NULL : strcmp(word, "nearest") == 0 ? RS_UNFIT_NEAREST : RS_UNFIT_STOP;
}

static void read_alert(struct rs_task *t)
{
	free(t->alert.command);
	t->alert = (struct rs_task_alert){.lag = number_of(t, "alert", "lag"),
	                                  .state = strcmp(setting_of(t, "alert", "state"), "yes") == 0,
	                                  .full_hours = number_of(t, "alert", "full_hours"),
	                                  .command = rs_xstrdup(given(t, "alert", "command"))};
}

static char *path_value(const struct rs_task *t, const char *section, const char *key)
{
	const char *value = given(t, section, key);

	return value ? rs_paths_beside(t->path ? t->path : "", value) : NULL;
}

static const struct {
	const char *key;
	enum rs_password_from from;
} password_keys[] = {{"password", RS_PASSWORD_INLINE},
                     {"password_env", RS_PASSWORD_ENV},
                     {"password_file", RS_PASSWORD_FILE},
                     {"password_command", RS_PASSWORD_COMMAND},
                     {"option_file", RS_PASSWORD_OPTION_FILE}};
enum { N_PASSWORD_KEYS = sizeof password_keys / sizeof *password_keys };

static void read_password(const struct rs_task *t, struct rs_endpoint *e)
{
	for (size_t i = 0; i < N_PASSWORD_KEYS; i++) {
		const char *value = given(t, e->side, password_keys[i].key);

		if (!value)
			continue;
		e->password_from = password_keys[i].from;
		if (e->password_from == RS_PASSWORD_INLINE)
			rs_secret_set(&e->password, value, strlen(value));
		else if (e->password_from == RS_PASSWORD_FILE || e->password_from == RS_PASSWORD_OPTION_FILE)
			e->password_arg = path_value(t, e->side, password_keys[i].key);
		else
			e->password_arg = rs_xstrdup(value);
	}
}

/* As its flow says. */
static void read_kind(const struct rs_task *t, const char *side, struct rs_endpoint *e)
{
	const struct rs_flow *flow = rs_flow_find(given(t, "task", "flow"));
	const char *kind = flow ? strcmp(side, "source") == 0 ? flow->source : flow->destination : "mysql";

	e->protocol = rs_flow_protocol(kind);
	e->distributed = rs_flow_is_distributed(kind);
}

static void read_connection(const struct rs_task *t, const char *side, struct rs_endpoint *e)
{
	static const struct {
		const char *word, *mechanism;
	} logins[] = {{"scram-sha-256", "SCRAM-SHA-256"}, {"scram-sha-512", "SCRAM-SHA-512"}, {"plain", "PLAIN"}};
	const char *connection = given(t, side, "connection"), *encrypted = given(t, side, "encrypted");
	bool kafka = e->protocol == RS_PROTOCOL_KAFKA;

	for (size_t i = 0; kafka && connection && i < sizeof logins / sizeof *logins; i++)
		if (strcmp(connection, logins[i].word) == 0)
			e->mechanism = logins[i].mechanism;
	e->tls = e->mechanism ? encrypted && strcmp(encrypted, "yes") == 0 : connection && strcmp(connection, "no-ssl") != 0;
}

static void read_endpoint(const struct rs_task *t, struct rs_endpoint *e, const char *side)
{
	const char *type = given(t, side, "instance_type");
	const char *compression = given(t, side, "compression");
	const char *port = given(t, side, "port");
	struct rs_relogin *told = e->relogin;
	uint64_t n = 0;

	e->relogin = NULL;
	rs_endpoint_release(e);
	e->relogin = told; /* what it logs in with was not read from here */
	e->side = side;
	read_kind(t, side, e);
	e->region = rs_xstrdup(given(t, side, "region"));
	e->instance = rs_xstrdup(given(t, side, "instance"));
	e->type = rs_instance_type_of(type, e->instance != NULL);
	e->host = rs_xstrdup(given(t, side, "host"));
	e->port = port && rs_number_parse(port, &n) ? (unsigned)n : 0;
	e->socket = rs_xstrdup(given(t, side, "socket"));
	e->database = rs_xstrdup(given(t, side, "database"));
	e->account = rs_xstrdup(given(t, side, "account"));
	read_connection(t, side, e);
	e->ca = path_value(t, side, "ca");
	e->cert = path_value(t, side, "cert");
	e->key = path_value(t, side, "key");
	e->compressed = compression && strcmp(compression, "zlib") == 0;
	read_password(t, e);
}

static char *file_name(const char *path)
{
	const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
	size_t len = strlen(base);

	return rs_xstrndup(base, len > 4 && strcmp(base + len - 4, ".ini") == 0 ? len - 4 : len);
}

static void free_ignored(struct rs_task *t)
{
	while (t->n_ignored > 0)
		free(t->ignored[--t->n_ignored]);
	free(t->ignored);
	t->ignored = NULL;
}

static void read_ignored(struct rs_task *t)
{
	const char *word;
	size_t len, cap = 0;

	free_ignored(t);
	for (const char *p = given(t, "precheck", "ignore"); rs_words_next(&p, &word, &len);) {
		RS_GROW(t->ignored, t->n_ignored, cap);
		t->ignored[t->n_ignored++] = rs_xstrndup(word, len);
	}
}

static void replace(char **where, char *owned)
{
	free(*where);
	*where = owned;
}

/* What the selection must know of the other settings. */
static void settle_objects(struct rs_task *t)
{
	struct rs_working *working = rs_working_new(t->sync.online_ddl, setting(t, "online_ddl_shadow"), setting(t, "online_ddl_trash"));

	rs_selection_set_case(t->objects, rs_task_name_case(t, false));
	rs_selection_set_working(t->objects, working);
	rs_working_unref(working);
}

/* Everything but the selection. */
void rs_task_read(struct rs_task *t)
{
	const char *name = given(t, "task", "name");

	replace(&t->name, name ? rs_xstrdup(name) : t->path ? file_name(t->path) : rs_xstrdup(""));
	replace(&t->id, rs_xstrdup(given(t, "task", "id")));
	replace(&t->flow, rs_xstrdup(given(t, "task", "flow")));
	replace(&t->note, rs_xstrdup(given(t, "task", "note")));
	read_endpoint(t, &t->source, "source");
	read_endpoint(t, &t->destination, "destination");
	replace(&t->metrics_file, path_value(t, "sync", "metrics_file"));
	replace(&t->metrics_listen, rs_xstrdup(given(t, "sync", "metrics_listen")));
	read_sync(t);
	read_verify(t);
	read_alert(t);
	read_unfit(t);
	if (t->objects)
		settle_objects(t);
	read_ignored(t);
}

enum rs_rc rs_task_read_objects(struct rs_task *t, struct rs_err *err)
{
	struct rs_selection *objects = rs_selection_load(t->ini, t->path ? t->path : "", err);

	if (!objects)
		return RS_FAIL;
	rs_selection_free(t->objects);
	t->objects = objects;
	t->objects_changed = false;
	t->objects_checked = true;
	settle_objects(t);
	return RS_OK;
}

/* --- checking -------------------------------------------------------------------------------------------------------- */

static enum rs_rc unknown(const struct rs_task *t, const char *section, const char *key, struct rs_err *err)
{
	char *name = rs_xprintf("%s%s%s", section, key ? "." : "", key ? key : "");
	const char *near = rs_task_key_nearest(name);
	int line = rs_ini_line(t->ini, section, key);

	if (key)
		rs_err_set(err, RS_E_TASK_INVALID, _("%s:%d: unknown key \"%s\" in [%s]"), t->path, line, key, section);
	else
		rs_err_set(err, RS_E_TASK_INVALID, _("%s:%d: unknown section [%s]"), t->path, line, section);
	if (near)
		rs_err_hint(err, _("Did you mean \"%s\"?"), near);
	free(name);
	return RS_FAIL;
}

static enum rs_rc check_key(const struct rs_task *t, const char *section, const char *key, struct rs_err *err)
{
	char *name = rs_xprintf("%s.%s", section, key);
	const struct rs_task_key *k = rs_task_key_find(name);
	const char *value = rs_ini_get(t->ini, section, key);
	struct rs_err inner = RS_ERR_INIT;

	free(name);
	if (!k)
		return unknown(t, section, key, err);
	if (!value || !*value || rs_task_key_check(k, value, &inner) == RS_OK)
		return RS_OK;
	rs_err_set(err, inner.code, "%s:%d: %s: %s", t->path, rs_ini_line(t->ini, section, key), key, inner.primary);
	rs_err_clear(&inner);
	return RS_FAIL;
}

static bool is_section(const char *section)
{
	for (const struct rs_task_key *k = rs_task_keys(); k->section; k++)
		if (strcmp(k->section, section) == 0)
			return true;
	return false;
}

static enum rs_rc check_keys(const struct rs_task *t, struct rs_err *err)
{
	const char *section, *key;

	for (size_t i = 0; (section = rs_ini_section(t->ini, i)); i++) {
		if (!is_section(section))
			return unknown(t, section, NULL, err);
		for (size_t n = 0; (key = rs_ini_key(t->ini, section, n)); n++)
			if (check_key(t, section, key, err) != RS_OK)
				return RS_FAIL;
	}
	return RS_OK;
}

/* One source for each password, and no password where others can read it. */
static enum rs_rc check_password(const struct rs_task *t, const char *side, struct rs_err *err)
{
	const char *first = NULL;
	struct stat st;

	for (size_t i = 0; i < N_PASSWORD_KEYS; i++) {
		const char *key = password_keys[i].key;

		if (!given(t, side, key))
			continue;
		if (first)
			return rs_err_set(err, RS_E_TASK_INVALID, _("%s:%d: %s and %s in [%s]: a password has one source"), t->path,
			                  rs_ini_line(t->ini, side, key), first, key, side);
		first = key;
	}
	if (!given(t, side, "password") || stat(t->path, &st) != 0 || (st.st_mode & (S_IRWXG | S_IRWXO)) == 0)
		return RS_OK;
	rs_err_set(err, RS_E_SECRET, _("%s:%d: a password, and others can read the file (mode %04o)"), t->path,
	           rs_ini_line(t->ini, side, "password"), (unsigned)(st.st_mode & 07777));
	return rs_err_hint(err, "chmod 600 %s", t->path);
}

static enum rs_rc check_retries(const struct rs_task *t, struct rs_err *err)
{
	if (t->sync.retry_other < t->sync.retry_connection)
		return RS_OK;
	return rs_err_set(err, RS_E_TASK_INVALID, _("%s:%d: retry_other (%u) must be less than retry_connection (%u)"),
	                  t->path ? t->path : "", rs_ini_line(t->ini, "sync", "retry_other"), t->sync.retry_other,
	                  t->sync.retry_connection);
}

enum rs_rc rs_task_check_file(const struct rs_task *t, struct rs_err *err)
{
	if (check_keys(t, err) != RS_OK || check_password(t, "source", err) != RS_OK)
		return RS_FAIL;
	return check_password(t, "destination", err);
}

static enum rs_rc incomplete(const struct rs_task *t, const char *key, const char *what, struct rs_err *err)
{
	return rs_err_set(err, RS_E_TASK_INVALID, "%s: %s: %s", t->path ? t->path : t->name, key, what);
}

/* Whether servers of its kind have an address. */
static bool has_address(const struct rs_flow *flow, const struct rs_endpoint *e)
{
	return rs_flow_takes(flow, strcmp(e->side, "source") == 0 ? "source.host" : "destination.host");
}

static enum rs_rc check_endpoint(const struct rs_task *t, const struct rs_endpoint *e, const struct rs_flow *flow,
                                 struct rs_err *err)
{
	if (e->type == RS_INSTANCE_RDS && !e->instance && !e->host && !e->socket)
		return incomplete(t, e->side, _("no instance is chosen"), err);
	if (e->type == RS_INSTANCE_SELF_MANAGED && has_address(flow, e) && !e->host && !e->socket && e->password_from != RS_PASSWORD_OPTION_FILE &&
	    e->account)
		return incomplete(t, e->side, _("neither host nor socket is given"), err);
	if ((e->cert != NULL) != (e->key != NULL))
		return incomplete(t, e->side, _("a client certificate and its key go together"), err);
	return RS_OK;
}

/* What a task tells is no secret, but nobody else's business either. */
static enum rs_rc check_listen(const struct rs_task *t, struct rs_err *err)
{
	struct sockaddr_storage address;
	socklen_t len;

	if (!t->metrics_listen)
		return RS_OK;
	if (!rs_listen_address(t->metrics_listen, &address, &len))
		return incomplete(t, "sync.metrics_listen", _("an address and a port are expected, as 127.0.0.1:9187"), err);
	if (rs_listen_is_local(&address) || is(t, "metrics_public", "yes"))
		return RS_OK;
	incomplete(t, "sync.metrics_listen", _("other machines could read there how the task is doing"), err);
	return rs_err_hint(err, _("metrics_public = yes in [sync] allows that; 127.0.0.1 is this machine alone."));
}

enum rs_name_case rs_task_name_case(const struct rs_task *t, bool folds)
{
	switch (t->sync.name_case) {
	case RS_NAMES_LOWER: return RS_CASE_LOWER;
	case RS_NAMES_UPPER: return RS_CASE_UPPER;
	case RS_NAMES_SOURCE: return RS_CASE_KEEP;
	case RS_NAMES_DEFAULT: break;
	}
	return folds ? RS_CASE_LOWER : RS_CASE_KEEP;
}

static bool filters_lose_rows(const struct rs_task *t)
{
	struct rs_selection_rule r;

	for (struct rs_selection_iter i = RS_SELECTION_ITER; rs_selection_each_said(t->objects, &i, &r);) {
		unsigned dml = r.filter ? rs_task_dml(t, r.db, r.table) : 0;
		if ((dml & RS_SYNC_UPDATE) && dml != RS_SYNC_DML_ALL)
			return true;
	}
	return false;
}

/* A key that the flow has no use for would be obeyed by nobody. */
static enum rs_rc check_taken(const struct rs_task *t, const struct rs_flow *flow, struct rs_err *err)
{
	const char *section, *key;

	for (size_t i = 0; (section = rs_ini_section(t->ini, i)); i++)
		for (size_t n = 0; (key = rs_ini_key(t->ini, section, n)); n++) {
			char *name = rs_xprintf("%s.%s", section, key);
			bool idle = given(t, section, key) && !rs_flow_takes(flow, name);

			if (idle)
				rs_err_set(err, RS_E_TASK_INVALID, _("%s: %s: tasks of the flow %s have no use for it"), t->path ? t->path : t->name,
				           name, flow->id);
			free(name);
			if (idle)
				return RS_FAIL;
		}
	return RS_OK;
}

/* A larger message is looked for before the topic refuses it. One that one replica has may be lost with it, and then it is there less than once. */
static enum rs_rc check_delivery(const struct rs_task *t, const struct rs_flow *flow, struct rs_err *err)
{
	uint64_t max = 0;

	(void)rs_size_parse(rs_task_get(t, "kafka.max_message"), &max);
	if (max == 0 && rs_flow_takes(flow, "kafka.oversize") && strcmp(rs_task_get(t, "kafka.oversize"), "stop") != 0)
		return incomplete(t, "kafka.oversize", _("it is not said from which size on: kafka.max_message is 0"), err);
	if (!rs_flow_takes(flow, "kafka.acks") || strcmp(rs_task_get(t, "kafka.acks"), "all") == 0 ||
	    strcmp(rs_task_get(t, "kafka.delivery"), "exactly-once") != 0)
		return RS_OK;
	incomplete(t, "kafka.acks", _("each change is written exactly once only where all replicas have it"), err);
	return rs_err_hint(err, _("Take kafka.acks = all, or give that up with kafka.delivery = at-least-once."));
}

static enum rs_rc check_objects(const struct rs_task *t, const struct rs_flow *flow, struct rs_err *err)
{
	if (rs_selection_check(t->objects, false, err) != RS_OK)
		return RS_FAIL;
	return rs_settings_check(t->objects, flow, rs_task_get(t, "kafka.partitions"), rs_task_get(t, "kafka.topics"), err);
}

enum rs_rc rs_task_check(const struct rs_task *t, struct rs_err *err)
{
	const struct rs_flow *flow = rs_flow_find(t->flow);
	struct rs_err inner = RS_ERR_INIT;

	if (!flow)
		return incomplete(t, "task.flow", _("missing"), err);
	if (check_taken(t, flow, err) != RS_OK)
		return RS_FAIL;
	if (check_endpoint(t, &t->source, flow, err) != RS_OK || check_endpoint(t, &t->destination, flow, err) != RS_OK ||
	    check_retries(t, err) != RS_OK || check_listen(t, err) != RS_OK || check_delivery(t, flow, err) != RS_OK)
		return RS_FAIL;
	if (!t->sync.schema && !t->sync.full && !t->sync.incremental)
		return incomplete(t, "[sync]", _("schema, full and incremental are all off: nothing to do"), err);
	if (filters_lose_rows(t))
		return incomplete(t, "sync.dml", _("a row that is updated may begin or cease to meet its filter: inserts and deletes must "
		                                   "be synchronized too"), err);
	if (!flow->selects || check_objects(t, flow, &inner) == RS_OK)
		return RS_OK;
	incomplete(t, "[objects]", inner.primary, err);
	if (inner.hint)
		rs_err_hint(err, "%s", inner.hint);
	rs_err_clear(&inner);
	return RS_FAIL;
}

/* --- keys one by one ------------------------------------------------------------------------------------------------- */

/* Splits "objects.rename.1" behind the section. */
static char *section_of(const char *name, const char **key)
{
	const char *dot = strchr(name, '.');

	*key = dot ? dot + 1 : "";
	return rs_xstrndup(name, dot ? (size_t)(dot - name) : strlen(name));
}

const char *rs_task_get(const struct rs_task *t, const char *name)
{
	const struct rs_task_key *k = rs_task_key_find(name);
	const char *key, *value;
	char *section;

	if (!k)
		return NULL;
	section = section_of(name, &key);
	value = given(t, section, key);
	free(section);
	if (value && k->type == RS_KEY_SECRET)
		return "***";
	return value ? value : k->preset;
}

static enum rs_rc refuse_key(const char *name, struct rs_err *err)
{
	const char *near = rs_task_key_nearest(name);

	rs_err_set(err, RS_E_TASK_INVALID, _("unknown key \"%s\""), name);
	if (near)
		rs_err_hint(err, _("Did you mean \"%s\"?"), near);
	return RS_FAIL;
}

static enum rs_rc check_value(const struct rs_task_key *k, const char *name, const char *value, struct rs_err *err)
{
	struct rs_err inner = RS_ERR_INIT;

	if (!value || !*value || rs_task_key_check(k, value, &inner) == RS_OK)
		return RS_OK;
	rs_err_set(err, inner.code, "%s: %s", name, inner.primary);
	rs_err_clear(&inner);
	return RS_FAIL;
}

static bool same(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

/* Puts a value into [objects], and back out where the rules do not hold with it. */
static enum rs_rc set_object_key(struct rs_task *t, const char *key, const char *value, struct rs_err *err)
{
	char *old = rs_xstrdup(rs_ini_get(t->ini, "objects", key));
	enum rs_rc rc;

	rs_ini_set(t->ini, "objects", key, value);
	rc = rs_task_read_objects(t, err);
	if (rc != RS_OK)
		rs_ini_set(t->ini, "objects", key, old);
	free(old);
	return rc;
}

enum rs_rc rs_task_set(struct rs_task *t, const char *name, const char *value, struct rs_err *err)
{
	const struct rs_task_key *k = rs_task_key_find(name);
	const char *key;
	char *section;
	enum rs_rc rc = RS_OK;

	if (!k)
		return refuse_key(name, err);
	if (check_value(k, name, value, err) != RS_OK)
		return RS_FAIL;
	if (value && !*value)
		value = NULL;
	section = section_of(name, &key);
	if (same(given(t, section, key), value))
		rc = RS_OK; /* a line that says it already keeps its looks and its comment */
	else if (strcmp(section, "objects") == 0)
		rc = set_object_key(t, key, value, err);
	else
		rs_ini_set(t->ini, section, key, value);
	free(section);
	rs_task_read(t);
	return rc;
}

void rs_task_take_objects(struct rs_task *t, struct rs_selection *objects)
{
	if (rs_selection_same(objects, t->objects)) {
		rs_selection_free(objects);
		return;
	}
	rs_selection_free(t->objects);
	t->objects = objects;
	t->objects_changed = true;
	t->objects_checked = false;
	settle_objects(t);
}

enum rs_rc rs_task_set_objects(struct rs_task *t, const char *text, struct rs_err *err)
{
	struct rs_selection *objects = rs_selection_new();

	if (rs_selection_parse(objects, _("objects"), text, strlen(text), err) != RS_OK) {
		rs_selection_free(objects);
		return RS_FAIL;
	}
	rs_task_take_objects(t, objects);
	return RS_OK;
}

bool rs_task_ignores(const struct rs_task *t, const char *code)
{
	for (size_t i = 0; i < t->n_ignored; i++)
		if (strcmp(t->ignored[i], code) == 0)
			return true;
	return false;
}

void rs_task_ignore(struct rs_task *t, const char *code, bool ignored)
{
	struct rs_buf words = RS_BUF_INIT;

	if (rs_task_ignores(t, code) == ignored)
		return;
	for (size_t i = 0; i < t->n_ignored; i++)
		if (strcmp(t->ignored[i], code) != 0)
			rs_buf_addf(&words, "%s%s", words.len ? " " : "", t->ignored[i]);
	if (ignored)
		rs_buf_addf(&words, "%s%s", words.len ? " " : "", code);
	rs_ini_set(t->ini, "precheck", "ignore", words.len ? rs_buf_str(&words) : NULL);
	rs_buf_release(&words);
	read_ignored(t);
}

/* --- life ------------------------------------------------------------------------------------------------------------ */

void rs_task_free(struct rs_task *t)
{
	if (!t)
		return;
	rs_endpoint_release(&t->source);
	rs_endpoint_release(&t->destination);
	rs_selection_free(t->objects);
	rs_ini_free(t->ini);
	free_ignored(t);
	free(t->metrics_file);
	free(t->metrics_listen);
	free(t->alert.command);
	free(t->path);
	free(t->name);
	free(t->id);
	free(t->part_of);
	free(t->flow);
	free(t->note);
	free(t);
}

static struct rs_ini *copy_ini(const struct rs_ini *from)
{
	struct rs_ini *ini = rs_ini_new();
	const char *section, *key;

	for (size_t i = 0; (section = rs_ini_section(from, i)); i++)
		for (size_t n = 0; (key = rs_ini_key(from, section, n)); n++)
			rs_ini_set(ini, section, key, rs_ini_get(from, section, key));
	return ini;
}

struct rs_task *rs_task_copy(const struct rs_task *t)
{
	struct rs_task *copy = rs_xcalloc(1, sizeof *copy);

	copy->path = rs_xstrdup(t->path);
	copy->part_of = rs_xstrdup(t->part_of);
	copy->ini = copy_ini(t->ini);
	copy->objects = rs_selection_copy(t->objects);
	copy->objects_changed = t->objects_changed;
	copy->objects_checked = t->objects_checked;
	rs_task_read(copy);
	rs_endpoint_login_as(&copy->source, &t->source);
	rs_endpoint_login_as(&copy->destination, &t->destination);
	return copy;
}

static bool same_id(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

enum rs_rc rs_task_check_same(const struct rs_task *t, const struct rs_task *now, struct rs_err *err)
{
	if (same_id(t->id, now->id))
		return RS_OK;
	return rs_err_set(err, RS_E_TASK_INVALID, _("the file %s is another task's now"), t->path);
}

unsigned rs_task_relogins(const struct rs_task *t)
{
	return rs_endpoint_relogins(&t->source) + rs_endpoint_relogins(&t->destination);
}
