#include "db/schema_registry.h"

#include <curl/curl.h>
#include <jansson.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include "base/activity.h"
#include "base/buf.h"
#include "base/i18n.h"
#include "base/map.h"
#include "base/mem.h"

#define MEDIA_TYPE "application/vnd.schemaregistry.v1+json"

enum {
	TIMEOUT = 10,            /* seconds */
	ANSWER_MAX = 1 << 20     /* bytes; Record's schema, which an answer repeats, has 4,000 */
};

struct rs_schema_registry {
	char *address;           /* without a slash at its end */
	char *account, *ca;
	struct rs_secret password;
	bool registers;
	long timeout;
	atomic_bool cancelled;
	const struct rs_cancel *heeded; /* NULL: none */
	pthread_mutex_t lock;    /* guards the rest */
	struct rs_map ids;       /* by subject and schema: uint32_t */
};

static void init_library(void) { curl_global_init(CURL_GLOBAL_ALL); }

struct rs_schema_registry *rs_schema_registry_new(const struct rs_schema_registry_params *params)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct rs_schema_registry *r = rs_xcalloc(1, sizeof *r);
	size_t len = strlen(params->address);

	pthread_once(&once, init_library);
	while (len > 0 && params->address[len - 1] == '/')
		len--;
	r->address = rs_xstrndup(params->address, len);
	r->account = rs_xstrdup(params->account);
	r->ca = rs_xstrdup(params->ca);
	if (params->password && rs_secret_is_set(params->password))
		rs_secret_copy(&r->password, params->password);
	r->registers = params->registers;
	r->timeout = params->timeout > 0 ? (long)params->timeout : TIMEOUT;
	pthread_mutex_init(&r->lock, NULL);
	return r;
}

void rs_schema_registry_free(struct rs_schema_registry *r)
{
	if (!r)
		return;
	rs_map_release(&r->ids, free);
	rs_secret_clear(&r->password);
	pthread_mutex_destroy(&r->lock);
	free(r->address);
	free(r->account);
	free(r->ca);
	free(r);
}

void rs_schema_registry_cancel(struct rs_schema_registry *r)
{
	if (r)
		atomic_store(&r->cancelled, true);
}

void rs_schema_registry_heed(struct rs_schema_registry *r, const struct rs_cancel *cancel) { r->heeded = cancel; }

static bool is_cancelled(const struct rs_schema_registry *r)
{
	return atomic_load(&r->cancelled) || (r->heeded && rs_cancel_is_set(r->heeded));
}

/* ---------------------------------------------------------------- what an answer means */

static enum rs_rc unreachable(const struct rs_schema_registry *r, CURLcode code, const char *text, struct rs_err *err)
{
	static const struct row {
		CURLcode code;
		enum rs_errc errc;
		enum rs_retry retry;
		const char *hint;
	} rows[] = {
		{CURLE_COULDNT_RESOLVE_HOST, RS_E_CONN_HOST, RS_RETRY_LATER, N_("Check the host name or address, and the route to it")},
		{CURLE_COULDNT_CONNECT, RS_E_CONN_REFUSED, RS_RETRY_LATER, N_("Check the address and port, and whether the registry runs")},
		{CURLE_OPERATION_TIMEDOUT, RS_E_CONN_TIMEOUT, RS_RETRY_LATER,
		 N_("Check the address and port, and whether a firewall drops the packets")},
		{CURLE_PEER_FAILED_VERIFICATION, RS_E_CONN_TLS, RS_RETRY_NEVER,
		 N_("Give the certificate authority that the registry's certificate is of (kafka.registry_ca), and the name that stands in it")},
		{CURLE_SSL_CACERT_BADFILE, RS_E_CONN_TLS, RS_RETRY_NEVER, N_("Check the file that kafka.registry_ca names")},
		{CURLE_SSL_CONNECT_ERROR, RS_E_CONN_TLS, RS_RETRY_NEVER, N_("Check that the port is one of https")},
		{CURLE_UNSUPPORTED_PROTOCOL, RS_E_CONN_WRONG_SERVER, RS_RETRY_NEVER, NULL},
		{CURLE_WEIRD_SERVER_REPLY, RS_E_CONN_WRONG_SERVER, RS_RETRY_NEVER, N_("What answers at this port speaks no HTTP")},
		{CURLE_OK, RS_E_CONN_LOST, RS_RETRY_RECONNECT, N_("It is tried again while the retry time lasts")},
	};
	const struct row *row = rows;

	while (row->code != CURLE_OK && row->code != code)
		row++;
	rs_err_set(err, row->errc, _("the schema registry %s can't be asked"), r->address);
	rs_err_detail(err, "%s", *text ? text : curl_easy_strerror(code));
	if (row->hint)
		rs_err_hint(err, "%s", _(row->hint));
	if (err)
		err->retry = row->retry;
	return RS_FAIL;
}

static bool is_trouble(long status) { return status >= 500 || status == 429 || status == 408; }

/* json: the answer, NULL where it is none. */
static enum rs_rc refused(const struct rs_schema_registry *r, long status, const char *subject, const json_t *json, struct rs_err *err)
{
	const char *text = json_string_value(json_object_get(json, "message"));

	if (status == 401) {
		rs_err_set(err, RS_E_CONN_AUTH, _("the schema registry %s rejects the account or its password"), r->address);
		rs_err_hint(err, _("Check kafka.registry_account and kafka.registry_password_file"));
	} else if (status == 403) {
		rs_err_set(err, RS_E_SQL_DENIED, _("the account may not use the subject %s of the schema registry %s"), subject, r->address);
		rs_err_hint(err, _("Allow it there to read and write the subject"));
	} else if (status == 409) {
		rs_err_set(err, RS_E_SCHEMA_REGISTRY, _("the schema registry takes no such schema for the subject %s, which has another one"),
		           subject);
		rs_err_hint(err, _("Choose another topic, or another kafka.subject_name; or remove what is registered there, or its rule of "
		                   "compatibility"));
	} else if (status == 404) {
		rs_err_set(err, RS_E_SCHEMA_REGISTRY, _("the schema registry does not know the schema of the subject %s"), subject);
		rs_err_hint(err, r->registers ? _("Check the path of kafka.schema_registry: nothing can be registered there")
		                              : _("Choose kafka.register_schema = yes once, with an account that may register it"));
	} else {
		rs_err_set(err, RS_E_SCHEMA_REGISTRY, _("the schema registry %s has no id for the subject %s"), r->address, subject);
		rs_err_hint(err, is_trouble(status) ? _("It is tried again while the retry time lasts")
		                                    : _("Check that kafka.schema_registry is the address of a schema registry with Confluent's API"));
	}
	rs_err_detail(err, "HTTP %ld", status);
	if (text)
		rs_err_detail(err, "%s", text);
	if (err)
		err->retry = is_trouble(status) ? RS_RETRY_LATER : RS_RETRY_NEVER;
	return RS_FAIL;
}

/* ---------------------------------------------------------------- one question */

static size_t take(char *bytes, size_t size, size_t n, void *arg)
{
	struct rs_buf *answer = arg;

	rs_buf_add(answer, bytes, size * n);
	return rs_buf_failed(answer) ? 0 : size * n;
}

static int look(void *arg, curl_off_t to_get, curl_off_t got, curl_off_t to_send, curl_off_t sent)
{
	const struct rs_schema_registry *r = arg;

	(void)to_get, (void)got, (void)to_send, (void)sent;
	return is_cancelled(r);
}

static void describe(struct rs_schema_registry *r, CURL *curl, const char *url, const char *body, struct rs_buf *answer, char *text)
{
	curl_easy_setopt(curl, CURLOPT_URL, url);
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(curl, CURLOPT_PROXY, "");
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT, r->timeout);
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, r->timeout);
	curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, answer);
	curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, text);
	curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
	curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, look);
	curl_easy_setopt(curl, CURLOPT_XFERINFODATA, r);
	if (r->ca)
		curl_easy_setopt(curl, CURLOPT_CAINFO, r->ca);
	if (!r->account)
		return;
	curl_easy_setopt(curl, CURLOPT_HTTPAUTH, CURLAUTH_BASIC);
	curl_easy_setopt(curl, CURLOPT_USERNAME, r->account);
	if (rs_secret_is_set(&r->password))
		curl_easy_setopt(curl, CURLOPT_PASSWORD, rs_secret_reveal(&r->password));
}

/* What is asked, before and behind the subject. */
struct path {
	const char *before, *behind;
};

static const struct path of_schema = {"/subjects/", ""}, of_versions = {"/subjects/", "/versions"},
                         of_compatibility = {"/compatibility/subjects/", "/versions/latest"};

static char *url_of(const struct rs_schema_registry *r, CURL *curl, const char *subject, const struct path *path)
{
	char *escaped = curl_easy_escape(curl, subject, 0);
	char *url = rs_xprintf("%s%s%s%s", r->address, path->before, escaped ? escaped : "", path->behind);

	curl_free(escaped);
	return url;
}

/* The library's copies of the password go with the handle. */
static enum rs_rc post(struct rs_schema_registry *r, const char *subject, const struct path *path, const char *body, long *status,
                       struct rs_buf *answer, struct rs_err *err)
{
	CURL *curl = curl_easy_init();
	char text[CURL_ERROR_SIZE] = "";

	if (!curl)
		return rs_err_set(err, RS_E_MEMORY, _("the schema registry %s can't be asked"), r->address);
	struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: " MEDIA_TYPE);
	headers = curl_slist_append(headers, "Accept: " MEDIA_TYPE ", application/json");
	char *url = url_of(r, curl, subject, path);
	describe(r, curl, url, body, answer, text);
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
	enum rs_doing before = rs_activity_enter(RS_DOING_DEST);
	CURLcode code = curl_easy_perform(curl);
	rs_activity_leave(before);
	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, status);
	curl_easy_cleanup(curl);
	curl_slist_free_all(headers);
	free(url);
	if (is_cancelled(r))
		return RS_CANCELLED;
	return code == CURLE_OK ? RS_OK : unreachable(r, code, text, err);
}

/* The answer, *json, is the caller's; NULL: it is none. RS_AGAIN: it does not know the subject, or the schema under it. */
static enum rs_rc ask(struct rs_schema_registry *r, const char *subject, const struct path *path, const char *body, long *status,
                      json_t **json, struct rs_err *err)
{
	struct rs_buf answer;

	rs_buf_init(&answer, ANSWER_MAX);
	enum rs_rc rc = post(r, subject, path, body, status, &answer, err);
	*json = rc == RS_OK ? json_loadb(answer.data ? answer.data : "", answer.len, 0, NULL) : NULL;
	if (rc == RS_OK && *status == 404 && json_integer_value(json_object_get(*json, "error_code")) / 100 == 404)
		rc = RS_AGAIN;
	rs_buf_release(&answer);
	return rc;
}

static enum rs_rc ask_id(struct rs_schema_registry *r, const char *subject, const struct path *path, const char *body, uint32_t *id,
                         struct rs_err *err)
{
	json_t *json;
	long status = 0;
	enum rs_rc rc = ask(r, subject, path, body, &status, &json, err);
	const json_t *number = json_object_get(json, "id");
	json_int_t n = json_integer_value(number);

	if (rc == RS_OK && (status != 200 || !json_is_integer(number) || n < 0 || n > UINT32_MAX))
		rc = refused(r, status, subject, json, err);
	*id = (uint32_t)n;
	json_decref(json);
	return rc;
}

static enum rs_rc ask_whether_alike(struct rs_schema_registry *r, const char *subject, const char *body, bool *alike, struct rs_err *err)
{
	json_t *json;
	long status = 0;
	enum rs_rc rc = ask(r, subject, &of_compatibility, body, &status, &json, err);
	const json_t *is = json_object_get(json, "is_compatible");

	if (rc == RS_OK && (status != 200 || !json_is_boolean(is)))
		rc = refused(r, status, subject, json, err);
	*alike = json_is_true(is);
	json_decref(json);
	return rc;
}

static char *body_of(const char *schema)
{
	json_t *json = json_pack("{s:s}", "schema", schema);
	char *body = json_dumps(json, JSON_COMPACT);

	json_decref(json);
	return body;
}

/* One that is there already needs no right to write. */
static enum rs_rc look_up(struct rs_schema_registry *r, const char *subject, const char *schema, uint32_t *id, struct rs_err *err)
{
	char *body = body_of(schema);
	enum rs_rc rc = ask_id(r, subject, &of_schema, body, id, err);

	if (rc == RS_AGAIN && r->registers)
		rc = ask_id(r, subject, &of_versions, body, id, err);
	free(body);
	return rc == RS_AGAIN ? refused(r, 404, subject, NULL, err) : rc;
}

enum rs_rc rs_schema_registry_id(struct rs_schema_registry *r, const char *subject, const char *schema, uint32_t *id,
                                 struct rs_err *err)
{
	char *key = rs_xprintf("%s\n%s", subject, schema);
	enum rs_rc rc = RS_OK;

	pthread_mutex_lock(&r->lock);
	uint32_t *known = rs_map_get(&r->ids, key, strlen(key));
	if (!known) {
		uint32_t found = 0;
		rc = look_up(r, subject, schema, &found, err);
		if (rc == RS_OK) {
			known = rs_xmalloc(sizeof *known);
			*known = found;
			rs_map_put(&r->ids, key, strlen(key), known);
		}
	}
	if (rc == RS_OK)
		*id = *known;
	pthread_mutex_unlock(&r->lock);
	free(key);
	return rc;
}

enum rs_rc rs_schema_registry_try(struct rs_schema_registry *r, const char *subject, const char *schema, enum rs_schema_standing *out,
                                  struct rs_err *err)
{
	char *body = body_of(schema);
	bool alike = true;
	uint32_t id;
	enum rs_rc rc;

	pthread_mutex_lock(&r->lock);
	rc = ask_id(r, subject, &of_schema, body, &id, err);
	*out = RS_SCHEMA_KNOWN;
	if (rc == RS_AGAIN) {
		rc = ask_whether_alike(r, subject, body, &alike, err);
		*out = alike || rc == RS_AGAIN ? RS_SCHEMA_NEW : RS_SCHEMA_UNLIKE;
	}
	pthread_mutex_unlock(&r->lock);
	free(body);
	return rc == RS_AGAIN ? RS_OK : rc;
}
