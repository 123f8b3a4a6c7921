#include "db/pg_conn.h"

#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>
#include "base/buf.h"
#include "base/clock.h"
#include "base/i18n.h"
#include "base/mem.h"
#include "db/pg_error.h"
#include "db/watch.h"

enum {
	PORT = 5432,
	CONNECT_TIMEOUT = 10, /* seconds, where the caller gives none */
	WAIT_SLICE = 100,     /* milliseconds between looks at the cancel flag */
	IDLE_LIMIT = 90600    /* the version that brought idle_in_transaction_session_timeout */
};

/* ------------------------------------------------------------------ products */

/* What stands in the brackets of version(), before the number. AnalyticDB for PostgreSQL is made of Greenplum. */
static const struct {
	enum rs_pg_family family;
	const char *says, *name;
} products[] = {
	{RS_PG_ANALYTICDB, "AnalyticDB for PostgreSQL ", "AnalyticDB for PostgreSQL"},
	{RS_PG_ANALYTICDB, "AnalyticDB PostgreSQL ", "AnalyticDB for PostgreSQL"},
	{RS_PG_CLOUDBERRY, "Cloudberry Database ", "Cloudberry"},
	{RS_PG_CLOUDBERRY, "Apache Cloudberry ", "Apache Cloudberry"},
	{RS_PG_GREENPLUM, "Greenplum Database ", "Greenplum"},
	{RS_PG_POSTGRESQL, "PostgreSQL ", "PostgreSQL"},
};
enum { N_PRODUCTS = sizeof products / sizeof *products };

void rs_pg_product_of(const char *version, struct rs_pg_product *out)
{
	*out = (struct rs_pg_product){.family = RS_PG_POSTGRESQL};
	for (size_t i = 0; i < N_PRODUCTS; i++) {
		const char *at = strstr(version, products[i].says), *number;

		if (!at)
			continue;
		number = at + strlen(products[i].says);
		out->family = products[i].family;
		snprintf(out->name, sizeof out->name, "%s %.*s", products[i].name, (int)strcspn(number, " ,)"), number);
		return;
	}
	snprintf(out->name, sizeof out->name, "%.40s", version);
}

/* ------------------------------------------------------------------ errors */

static enum rs_rc cancelled(const struct rs_pg *pg, struct rs_err *err)
{
	rs_err_set(err, RS_E_CANCELLED, _("%s %s: cancelled"), _(pg->side), pg->address);
	return RS_CANCELLED;
}

/* Of the server's text the line that says something: not the one that tells where in the server's source it was said. */
static enum rs_rc tell(struct rs_pg *pg, const struct rs_pg_meaning *meaning, const char *state, const char *what, const char *text,
                       struct rs_err *err)
{
	if (strcmp(state, "3D000") == 0)
		rs_err_set(err, meaning->code, _("%s %s: there is no database %s"), _(pg->side), pg->address, pg->database ? pg->database : "");
	else
		rs_err_set(err, meaning->code, _("%s %s: %s failed"), _(pg->side), pg->address, what);
	if (err) {
		err->retry = meaning->retry;
		snprintf(err->sqlstate, sizeof err->sqlstate, "%s", state);
	}
	if (meaning->hint)
		rs_err_hint(err, "%s", _(meaning->hint));
	return rs_err_detail(err, "%.*s", (int)strcspn(text, "\n"), text);
}

static enum rs_rc timed_out(struct rs_pg *pg, const char *what, struct rs_err *err)
{
	const struct rs_pg_meaning meaning = {RS_E_CONN_TIMEOUT, RS_RETRY_LATER,
	                                      N_("Check the address and port, and whether a firewall drops the packets")};

	return tell(pg, &meaning, "", what, "", err);
}

static enum rs_rc connecting_failed(struct rs_pg *pg, enum rs_pg_stage stage, struct rs_err *err)
{
	const char *text = pg->handle ? PQerrorMessage(pg->handle) : "";
	struct rs_pg_meaning meaning;
	char state[6];

	text = rs_pg_error_state(text, state);
	meaning = rs_pg_error_meaning(state, stage, text);
	if (!*state && pg->handle && PQconnectionNeedsPassword(pg->handle))
		meaning = (struct rs_pg_meaning){RS_E_CONN_AUTH, RS_RETRY_NEVER, N_("The server asks for a password, and there is none")};
	return tell(pg, &meaning, state, _("connecting"), text, err);
}

enum rs_rc rs_pg_failed(struct rs_pg *pg, const PGresult *result, const char *what, struct rs_err *err)
{
	const char *state = result ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : NULL;
	const char *text = result && state ? PQresultErrorMessage(result) : PQerrorMessage(pg->handle);
	const struct rs_pg_meaning meaning = rs_pg_error_meaning(state ? state : "", RS_PG_ASKING, text);

	tell(pg, &meaning, state ? state : "", what, text, err);
	if (meaning.code == RS_E_CONN_LOST)
		rs_pg_close(pg);
	return RS_FAIL;
}

static enum rs_rc asking_failed(struct rs_pg *pg, const PGresult *result, struct rs_err *err)
{
	return rs_pg_failed(pg, result, _("a query"), err);
}

/* ------------------------------------------------------------------ waiting */

enum waited { READY, TOO_LATE, GIVEN_UP };

/* In slices, so that it can be cancelled. until 0: as long as it takes. */
static enum waited wait_for(struct rs_pg *pg, short events, rs_usec until)
{
	while (!atomic_load(&pg->cancelled)) {
		struct pollfd p = {.fd = PQsocket(pg->handle), .events = events};

		if (until && rs_clock_mono() >= until)
			return TOO_LATE;
		if (poll(&p, 1, WAIT_SLICE) > 0)
			return READY;
	}
	return GIVEN_UP;
}

/* ------------------------------------------------------------------ connecting */

#define PARAMS_MAX 16

struct params {
	const char *keys[PARAMS_MAX], *values[PARAMS_MAX];
	size_t n;
};

static void add(struct params *p, const char *key, const char *value)
{
	if (!value || !*value)
		return;
	p->keys[p->n] = key;
	p->values[p->n++] = value;
}

static const char *mode_of(const struct rs_pg_params *from)
{
	if (!from->tls)
		return "disable";
	return from->tls_ca && *from->tls_ca ? "verify-full" : "require";
}

static void say_nothing(void *arg, const PGresult *result)
{
	(void)arg;
	(void)result;
}

static void begin(struct rs_pg *pg, const struct rs_pg_params *from)
{
	struct params p = {.n = 0};
	char port[16];

	snprintf(port, sizeof port, "%u", from->port ? from->port : PORT);
	add(&p, "host", from->host);
	add(&p, "port", port);
	add(&p, "user", from->user);
	add(&p, "dbname", from->database);
	add(&p, "replication", from->replication ? "database" : NULL);
	add(&p, "password", from->password && rs_secret_is_set(from->password) ? rs_secret_reveal(from->password) : NULL);
	add(&p, "sslmode", mode_of(from));
	add(&p, "sslrootcert", from->tls_ca);
	add(&p, "sslcert", from->tls_cert);
	add(&p, "sslkey", from->tls_key);
	add(&p, "gssencmode", "disable");
	add(&p, "client_encoding", "UTF8");
	add(&p, "application_name", "rds-sync");
	pg->handle = PQconnectStartParams(p.keys, p.values, 0);
	if (!pg->handle)
		rs_bug("no memory for a connection");
	PQsetErrorVerbosity(pg->handle, PQERRORS_VERBOSE); /* the only way to the SQL state */
	PQsetNoticeReceiver(pg->handle, say_nothing, NULL); /* else to the terminal, which is the screen's */
}

static enum rs_pg_stage stage_of(ConnStatusType status)
{
	switch (status) {
	case CONNECTION_SSL_STARTUP: return RS_PG_ENCRYPTING;
	case CONNECTION_MADE:
	case CONNECTION_AWAITING_RESPONSE:
	case CONNECTION_AUTH_OK: return RS_PG_LOGGING_IN;
	default: return RS_PG_REACHING;
	}
}

/* As PQconnectPoll wants to be called: one waits for writing first. */
static enum rs_rc finish(struct rs_pg *pg, rs_usec until, struct rs_err *err)
{
	PostgresPollingStatusType next = PGRES_POLLING_WRITING;

	if (PQstatus(pg->handle) == CONNECTION_BAD)
		return connecting_failed(pg, RS_PG_REACHING, err);
	while (next != PGRES_POLLING_OK) {
		enum rs_pg_stage stage;
		enum waited waited = wait_for(pg, next == PGRES_POLLING_READING ? POLLIN : POLLOUT, until);

		if (waited == GIVEN_UP)
			return cancelled(pg, err);
		if (waited == TOO_LATE)
			return timed_out(pg, _("connecting"), err);
		stage = stage_of(PQstatus(pg->handle));
		next = PQconnectPoll(pg->handle);
		if (next == PGRES_POLLING_FAILED)
			return connecting_failed(pg, stage, err);
	}
	return RS_OK;
}

/* The library keeps the password for reconnecting, which we never do. */
static void forget_password(struct rs_pg *pg)
{
	char *kept = PQpass(pg->handle);

	if (kept)
		explicit_bzero(kept, strlen(kept));
}

#define PIN(name, value) "pg_catalog.set_config('" name "', '" value "', false)"
#define PINNED                                                                                                                \
	"SELECT " PIN("search_path", "") ", " PIN("TimeZone", "UTC") ", " PIN("DateStyle", "ISO, YMD") ", "                   \
	PIN("IntervalStyle", "postgres") ", " PIN("extra_float_digits", "3") ", " PIN("bytea_output", "hex") ", "             \
	PIN("standard_conforming_strings", "on") ", " PIN("statement_timeout", "0") ", "

static const char pinned_reading[] = PINNED PIN("default_transaction_read_only", "on");
#define PINNED_WRITING                                                                                                        \
	PINNED PIN("default_transaction_read_only", "off") ", " PIN("default_transaction_isolation", "read committed") ", "   \
	PIN("lock_timeout", "0")

static const char pinned_writing[] = PINNED_WRITING ", " PIN("idle_in_transaction_session_timeout", "0");
static const char pinned_writing_old[] = PINNED_WRITING; /* before 9.6 there was no such limit */

static const char *pinned_by(const struct rs_pg_params *params, unsigned version)
{
	if (!params->writes)
		return pinned_reading;
	return version < IDLE_LIMIT ? pinned_writing_old : pinned_writing;
}

static enum rs_rc begin_session(struct rs_pg *pg, const struct rs_pg_params *params, struct rs_err *err)
{
	char *nothing = NULL, *version = NULL;
	enum rs_rc rc;

	forget_password(pg);
	PQsetErrorVerbosity(pg->handle, PQERRORS_DEFAULT);
	if (PQsetnonblocking(pg->handle, 1) != 0)
		return asking_failed(pg, NULL, err);
	pg->watched = fcntl(PQsocket(pg->handle), F_DUPFD_CLOEXEC, 3);
	rs_conn_watch(pg->watched);
	pg->version = (unsigned)PQserverVersion(pg->handle);
	rc = rs_pg_scalar(pg, pinned_by(params, pg->version), &nothing, err);
	free(nothing);
	if (rc == RS_OK)
		rc = rs_pg_scalar(pg, "SELECT pg_catalog.version()", &version, err);
	if (rc == RS_OK)
		rs_pg_product_of(version ? version : "", &pg->product);
	free(version);
	return rc;
}

static char *describe_address(const struct rs_pg_params *p)
{
	const char *host = p->host && *p->host ? p->host : "localhost";

	return rs_xprintf(strchr(host, ':') ? "[%s]:%u" : "%s:%u", host, p->port ? p->port : PORT);
}

enum rs_rc rs_pg_open(struct rs_pg *pg, const struct rs_pg_params *params, struct rs_err *err)
{
	const unsigned seconds = params->connect_timeout ? params->connect_timeout : CONNECT_TIMEOUT;
	const rs_usec until = rs_clock_mono() + seconds * RS_USEC_PER_SEC;
	enum rs_doing before;
	enum rs_rc rc;

	pg->side = params->side ? params->side : N_("source");
	pg->doing = strcmp(pg->side, N_("destination")) == 0 ? RS_DOING_DEST : RS_DOING_SOURCE;
	pg->address = describe_address(params);
	pg->database = rs_xstrdup(params->database);
	pg->answer_timeout = params->answer_timeout;
	pg->replication = params->replication;
	before = rs_activity_ask(pg->doing, 0);
	if (atomic_load(&pg->cancelled)) {
		rc = cancelled(pg, err);
	} else {
		begin(pg, params);
		rc = finish(pg, until, err);
	}
	rs_activity_leave(before);
	if (rc == RS_OK)
		rc = begin_session(pg, params, err);
	if (rc != RS_OK)
		rs_pg_close(pg);
	return rc;
}

void rs_pg_close(struct rs_pg *pg)
{
	if (pg->watched > 2) {
		rs_conn_unwatch(pg->watched);
		close(pg->watched);
	}
	if (pg->handle)
		PQfinish(pg->handle);
	free(pg->address);
	free(pg->database);
	memset(pg, 0, offsetof(struct rs_pg, cancelled));
	pg->watched = -1;
	atomic_store(&pg->cancelled, false);
}

void rs_pg_cancel(struct rs_pg *pg)
{
	atomic_store(&pg->cancelled, true);
}

/* ------------------------------------------------------------------ asking */

enum rs_rc rs_pg_await(struct rs_pg *pg, rs_usec until, struct rs_err *err)
{
	const int left = PQflush(pg->handle);

	if (left < 0)
		return asking_failed(pg, NULL, err);
	switch (wait_for(pg, left ? POLLIN | POLLOUT : POLLIN, until)) {
	case GIVEN_UP: return cancelled(pg, err);
	case TOO_LATE: return RS_AGAIN;
	case READY: break;
	}
	return PQconsumeInput(pg->handle) ? RS_OK : asking_failed(pg, NULL, err);
}

/* Until all that was sent has gone and the next result is there. */
static enum rs_rc await(struct rs_pg *pg, rs_usec until, struct rs_err *err)
{
	for (;;) {
		const int left = PQflush(pg->handle);
		enum rs_rc rc;

		if (left < 0)
			return asking_failed(pg, NULL, err);
		if (left == 0 && !PQisBusy(pg->handle))
			return RS_OK;
		rc = rs_pg_await(pg, until, err);
		if (rc == RS_AGAIN) {
			timed_out(pg, _("a query"), err);
			rs_pg_close(pg);
			return RS_FAIL;
		}
		if (rc != RS_OK)
			return rc;
	}
}

enum rs_rc rs_pg_await_result(struct rs_pg *pg, struct rs_err *err) { return await(pg, 0, err); }

/* One statement has one result, and the end; the last of several counts. */
static enum rs_rc take_results(struct rs_pg *pg, rs_usec until, PGresult **out, struct rs_err *err)
{
	for (;;) {
		enum rs_rc rc = await(pg, until, err);
		PGresult *next;

		if (rc != RS_OK)
			return rc;
		next = PQgetResult(pg->handle);
		if (!next)
			return RS_OK;
		PQclear(*out);
		*out = next;
		if (PQresultStatus(next) == PGRES_COPY_IN || PQresultStatus(next) == PGRES_COPY_OUT) /* the end comes behind what is copied */
			return RS_OK;
	}
}

/* A statement, or several without values: then the last result is that of all, since none follows one that failed. */
struct statement {
	const char *sql;
	const char *const *values;
	int n_values;
	bool script;
};

static bool send(struct rs_pg *pg, const struct statement *s)
{
	if (pg->replication || s->script)
		return PQsendQuery(pg->handle, s->sql);
	return PQsendQueryParams(pg->handle, s->sql, s->n_values, NULL, s->values, NULL, NULL, 0);
}

static bool is_done(ExecStatusType status)
{
	return status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK || status == PGRES_COPY_IN || status == PGRES_COPY_OUT;
}

static enum rs_rc ask(struct rs_pg *pg, const struct statement *s, PGresult **out, struct rs_err *err)
{
	const rs_usec until = pg->answer_timeout ? rs_clock_mono() + pg->answer_timeout * RS_USEC_PER_SEC : 0;
	enum rs_rc rc;

	if (!send(pg, s))
		return asking_failed(pg, NULL, err);
	rc = take_results(pg, until, out, err);
	return rc == RS_OK && !is_done(PQresultStatus(*out)) ? asking_failed(pg, *out, err) : rc;
}

static enum rs_rc query(struct rs_pg *pg, const struct statement *s, PGresult **out, struct rs_err *err)
{
	enum rs_doing before;
	enum rs_rc rc;

	*out = NULL;
	if (!pg->handle) {
		rs_err_set(err, RS_E_CONN_LOST, _("the connection is closed"));
		if (err)
			err->retry = RS_RETRY_RECONNECT;
		return RS_FAIL;
	}
	before = rs_activity_ask(pg->doing, (unsigned long)PQbackendPID(pg->handle));
	rc = ask(pg, s, out, err);
	rs_activity_leave(before);
	if (rc != RS_OK) {
		PQclear(*out);
		*out = NULL;
	}
	return rc;
}

enum rs_rc rs_pg_query(struct rs_pg *pg, const char *sql, const char *const *values, int n_values, PGresult **out,
                       struct rs_err *err)
{
	return query(pg, &(struct statement){sql, values, n_values, false}, out, err);
}

enum rs_rc rs_pg_script(struct rs_pg *pg, const char *sql, struct rs_err *err)
{
	PGresult *r;
	enum rs_rc rc = query(pg, &(struct statement){.sql = sql, .script = true}, &r, err);

	PQclear(r);
	return rc;
}

enum rs_rc rs_pg_exec(struct rs_pg *pg, const char *sql, const char *const *values, int n_values, uint64_t *affected,
                      struct rs_err *err)
{
	PGresult *r;
	enum rs_rc rc = rs_pg_query(pg, sql, values, n_values, &r, err);

	if (rc != RS_OK)
		return rc;
	if (affected)
		*affected = strtoull(PQcmdTuples(r), NULL, 10);
	PQclear(r);
	return RS_OK;
}

enum rs_rc rs_pg_scalar(struct rs_pg *pg, const char *sql, char **out, struct rs_err *err)
{
	PGresult *r;
	enum rs_rc rc = rs_pg_query(pg, sql, NULL, 0, &r, err);

	*out = NULL;
	if (rc != RS_OK)
		return rc;
	if (PQntuples(r) > 0 && !PQgetisnull(r, 0, 0))
		*out = rs_xstrdup(PQgetvalue(r, 0, 0));
	PQclear(r);
	return RS_OK;
}
