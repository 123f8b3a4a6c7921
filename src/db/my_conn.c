#include "db/my_conn.h"

#include <ctype.h>
#include <errmsg.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <ma_pvio.h>
#include <poll.h>
#include <sched.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/i18n.h"
#include "base/mem.h"
#include "db/my_error.h"
#include "db/watch.h"

enum {
	CONNECT_TIMEOUT = 10,           /* seconds, where the caller gives none */
	WAIT_SLICE = 100,               /* milliseconds between looks at the cancel flag while connecting */
	CANCEL_BUSY = -2                /* rs_my_cancel is using the descriptor right now */
};
static const unsigned long packet_max = 1024ul * 1024 * 1024;

/* The library's wait callback has no argument of its own, so the thread remembers which connection it is opening. */
static _Thread_local struct opening {
	struct rs_my *my;
	rs_usec deadline;
	bool timed_out;
} opening;

void rs_my_library_init(void)
{
	if (mysql_library_init(0, NULL, NULL) != 0)
		rs_bug("the MariaDB client library can't be initialized");
	rs_thread_at_end(mysql_thread_end);
}

void rs_my_library_end(void)
{
	rs_conn_watch_end();
	mysql_library_end();
}

/* ------------------------------------------------------------------ errors */

static bool is_destination(const struct rs_my *my)
{
	return my->side && strcmp(my->side, N_("destination")) == 0;
}

static enum rs_rc cancelled(const struct rs_my *my, struct rs_err *err)
{
	rs_err_set(err, RS_E_CANCELLED, _("%s %s: cancelled"), _(my->side), my->address);
	return RS_CANCELLED;
}

/* The error that the handle holds. connecting: it never became a session. */
static enum rs_rc fail_from_handle(struct rs_my *my, struct rs_err *err, bool connecting, const char *what)
{
	const unsigned native = mysql_errno(my->handle);
	const char *text = mysql_error(my->handle);
	const struct rs_my_native said = {native, mysql_sqlstate(my->handle), text};
	struct rs_my_meaning meaning = rs_my_error_meaning(&said, is_destination(my), connecting);
	const bool first = err && !rs_err_is_set(err);

	if (connecting && opening.timed_out)
		meaning = (struct rs_my_meaning){RS_E_CONN_TIMEOUT, RS_RETRY_LATER,
		                                 N_("Check the address and port, and whether a firewall drops the packets")};
	rs_err_set(err, meaning.code, _("%s %s: %s failed"), _(my->side), my->address, what);
	if (!first)
		return rs_err_detail(err, "%u (%s): %s", native, mysql_sqlstate(my->handle), text);
	err->retry = meaning.retry;
	err->native = native;
	snprintf(err->sqlstate, sizeof err->sqlstate, "%s", mysql_sqlstate(my->handle));
	if (meaning.hint)
		rs_err_hint(err, "%s", _(meaning.hint));
	return rs_err_detail(err, "%u (%s): %s", native, err->sqlstate, text);
}

enum rs_rc rs_my_fail(struct rs_my *my, struct rs_err *err, const char *what)
{
	if (atomic_load(&my->cancelled))
		return cancelled(my, err);
	if (!my->handle) {
		rs_err_set(err, RS_E_CONN_LOST, _("%s %s: %s failed: the connection is closed"), _(my->side), my->address, what);
		if (err)
			err->retry = RS_RETRY_RECONNECT;
		return RS_FAIL;
	}
	return fail_from_handle(my, err, false, what);
}

/* ------------------------------------------------------------------ parameters */

static char *describe_address(const struct rs_my_params *p)
{
	const unsigned port = p->port ? p->port : MYSQL_PORT;

	if (p->socket)
		return rs_xstrdup(p->socket);
	if (!p->host)
		return rs_xstrdup(p->option_file ? p->option_file : "localhost");
	return rs_xprintf(strchr(p->host, ':') ? "[%s]:%u" : "%s:%u", p->host, port);
}

/* An empty string in a task file means: not given. */
static char *copy_given(const char *s)
{
	return s && *s ? rs_xstrdup(s) : NULL;
}

static void copy_params(struct rs_my *my, const struct rs_my_params *from)
{
	struct rs_my_params *p = &my->params;

	*p = *from;
	p->host = copy_given(from->host);
	p->socket = copy_given(from->socket);
	p->user = copy_given(from->user);
	p->option_file = copy_given(from->option_file);
	p->tls_ca = copy_given(from->tls_ca);
	p->tls_cert = copy_given(from->tls_cert);
	p->tls_key = copy_given(from->tls_key);
	if (!p->connect_timeout)
		p->connect_timeout = CONNECT_TIMEOUT;
	if (from->password && rs_secret_is_set(from->password))
		rs_secret_copy(&my->password, from->password);
	p->password = &my->password;
	my->side = from->side ? from->side : N_("source");
	my->doing = is_destination(my) ? RS_DOING_DEST : RS_DOING_SOURCE;
	my->address = describe_address(p);
}

static void free_params(struct rs_my *my)
{
	struct rs_my_params *p = &my->params;

	free((char *)p->host);
	free((char *)p->socket);
	free((char *)p->user);
	free((char *)p->option_file);
	free((char *)p->tls_ca);
	free((char *)p->tls_cert);
	free((char *)p->tls_key);
	rs_secret_clear(&my->password);
	free(my->address);
}

/* ------------------------------------------------------------------ connecting */

static int refuse_file(void **state, const char *name, void *arg)
{
	(void)name;
	(void)arg;
	*state = NULL;
	return 1;
}

static int read_nothing(void *state, char *buffer, unsigned size)
{
	(void)state;
	(void)buffer;
	(void)size;
	return -1;
}

static void end_nothing(void *state)
{
	(void)state;
}

static int refused_file(void *state, char *text, unsigned size)
{
	(void)state;
	snprintf(text, size, "the server asked for a file of this machine, which it never gets");
	return CR_UNKNOWN_ERROR;
}

/* The library reports errno, so the reason must be there. */
static int refused(int fd)
{
	int reason = 0;
	socklen_t size = sizeof reason;

	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &reason, &size) == 0)
		errno = reason;
	return -1;
}

/* Waits for the socket on the library's behalf until rs_my_open is over: in slices, so that it can be cancelled, and
 * never past the deadline, however many addresses and packets there are. > 0: ready. */
static int wait_while_opening(my_socket fd, my_bool is_read, int timeout)
{
	struct pollfd p = {.fd = fd, .events = is_read ? POLLIN : POLLOUT};
	rs_usec until = opening.deadline;

	if (timeout > 0 && rs_clock_mono() + RS_MSEC(timeout) < until)
		until = rs_clock_mono() + RS_MSEC(timeout);
	while (!atomic_load(&opening.my->cancelled)) {
		const rs_usec left = until - rs_clock_mono();
		const int slice = left > RS_MSEC(WAIT_SLICE) ? WAIT_SLICE : (int)(left / 1000) + 1;
		int n;

		if (left <= 0) {
			opening.timed_out = true;
			errno = ETIMEDOUT;
			return 0;
		}
		n = poll(&p, 1, slice);
		if (n > 0 && !is_read && (p.revents & POLLERR))
			return refused(fd);
		if (n > 0 || (n < 0 && errno != EINTR))
			return n;
	}
	errno = ECANCELED;
	return -1;
}

static void set_tls(MYSQL *h, const struct rs_my_params *p)
{
	my_bool yes = 1;

	if (!p->tls)
		return;
	mysql_options(h, MYSQL_OPT_SSL_ENFORCE, &yes);
	if (p->tls_ca) {
		mysql_options(h, MYSQL_OPT_SSL_CA, p->tls_ca);
		mysql_options(h, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &yes);
	}
	if (p->tls_cert)
		mysql_options(h, MYSQL_OPT_SSL_CERT, p->tls_cert);
	if (p->tls_key)
		mysql_options(h, MYSQL_OPT_SSL_KEY, p->tls_key);
}

/* Methods that send the password as it is are for those whose server is known to be the right one. */
static const char hashed_methods[] = "mysql_native_password,caching_sha2_password,sha256_password,client_ed25519,"
                                     "auth_gssapi_client";

static void set_options(MYSQL *h, const struct rs_my_params *p, enum rs_my_session session)
{
	const unsigned protocol = p->socket ? MYSQL_PROTOCOL_SOCKET : MYSQL_PROTOCOL_TCP;
	const unsigned infile = session == RS_MY_WRITE;
	const my_bool no = 0;

	if (p->option_file)
		mysql_options(h, MYSQL_READ_DEFAULT_FILE, p->option_file);
	if (p->option_file || !p->user)
		mysql_options(h, MYSQL_READ_DEFAULT_GROUP, "rds-sync");
	/* "localhost" without a port keeps its meaning: the default socket. */
	if (p->socket || (p->host && (p->port || strcmp(p->host, "localhost") != 0)))
		mysql_options(h, MYSQL_OPT_PROTOCOL, &protocol);
	mysql_options(h, MYSQL_OPT_CONNECT_TIMEOUT, &p->connect_timeout);
	if (p->read_timeout)
		mysql_options(h, MYSQL_OPT_READ_TIMEOUT, &p->read_timeout);
	mysql_options(h, MYSQL_OPT_RECONNECT, &no);
	mysql_options(h, MYSQL_OPT_LOCAL_INFILE, &infile);
	mysql_options(h, MYSQL_OPT_MAX_ALLOWED_PACKET, &packet_max);
	mysql_options(h, MYSQL_SET_CHARSET_NAME, "utf8mb4");
	mysql_optionsv(h, MARIADB_OPT_IO_WAIT, (void *)wait_while_opening);
	mysql_set_local_infile_handler(h, refuse_file, read_nothing, end_nothing, refused_file, NULL);
	if (!p->tls || !p->tls_ca)
		mysql_optionsv(h, MARIADB_OPT_RESTRICTED_AUTH, hashed_methods);
	set_tls(h, p);
	if (p->compressed)
		mysql_options(h, MYSQL_OPT_COMPRESS, NULL);
}

/* What an option file may have turned on again. */
static void undo_option_file(MYSQL *h)
{
	const my_bool no = 0;

	mysql_options(h, MYSQL_OPT_RECONNECT, &no);
	h->net.max_packet_size = packet_max;
}

/* The library keeps the password for reconnecting, which we never do. */
static void forget_password(MYSQL *h)
{
	if (h->passwd)
		explicit_bzero(h->passwd, strlen(h->passwd));
	if (h->options.password)
		explicit_bzero(h->options.password, strlen(h->options.password));
}

static enum rs_rc not_encrypted(const struct rs_my *my, struct rs_err *err)
{
	rs_err_set(err, RS_E_CONN_TLS, _("%s %s: the server offers no encrypted connections"), _(my->side), my->address);
	return rs_err_hint(err, "%s", _("Set ssl_cert and ssl_key at the server, or choose No SSL"));
}

/* A server that offers none is spoken to without by the library, which does not say so. */
static enum rs_rc not_compressed(const struct rs_my *my, struct rs_err *err)
{
	rs_err_set(err, RS_E_CONN_COMPRESSION, _("%s %s: the server does not compress the connection"), _(my->side), my->address);
	return rs_err_hint(err, "%s", _("Add zlib to the server's protocol_compression_algorithms, or set compression = no"));
}

bool rs_my_is_compressed(const struct rs_my *my)
{
	return my->handle && my->handle->net.compress;
}

static enum rs_rc connect_handle(struct rs_my *my, enum rs_my_session session, struct rs_err *err)
{
	const struct rs_my_params *p = &my->params;
	const char *password = rs_secret_is_set(&my->password) ? rs_secret_reveal(&my->password) : NULL;
	const unsigned long flags = session == RS_MY_WRITE ? CLIENT_FOUND_ROWS : 0;

	if (p->option_file && access(p->option_file, R_OK) != 0)
		return rs_err_sys(err, RS_E_IO, errno, _("The option file %s can't be read"), p->option_file);
	my->handle = mysql_init(NULL);
	if (!my->handle)
		rs_bug("no memory for a connection");
	set_options(my->handle, p, session);
	if (!mysql_real_connect(my->handle, p->host, p->user, password, NULL, p->port, p->socket, flags)) {
		if (atomic_load(&my->cancelled))
			return cancelled(my, err);
		return fail_from_handle(my, err, true, _("connecting"));
	}
	/* Without a CA the library takes MYSQL_OPT_SSL_ENFORCE for a wish. */
	if (p->tls && !mysql_get_ssl_cipher(my->handle))
		return not_encrypted(my, err);
	if (p->compressed && !rs_my_is_compressed(my))
		return not_compressed(my, err);
	undo_option_file(my->handle);
	forget_password(my->handle);
	atomic_store(&my->cancel_fd, fcntl(mysql_get_socket(my->handle), F_DUPFD_CLOEXEC, 3));
	rs_conn_watch(atomic_load(&my->cancel_fd)); /* the library closes its own one when it likes */
	my->thread_id = mysql_thread_id(my->handle);
	return RS_OK;
}

/* ------------------------------------------------------------------ the session */

/* "10.11.19-MariaDB-…" → 101119 */
static unsigned version_number(const char *text)
{
	unsigned part[3] = {0, 0, 0};

	for (unsigned i = 0; i < 3; i++) {
		while (isdigit((unsigned char)*text))
			part[i] = part[i] * 10 + (unsigned)(*text++ - '0');
		if (*text != '.')
			break;
		text++;
	}
	return part[0] * 10000 + part[1] * 100 + part[2];
}

static bool contains_mariadb(const char *text)
{
	return strcasestr(text, "mariadb") != NULL;
}

static enum rs_rc read_version(struct rs_my *my, struct rs_err *err)
{
	struct rs_my_result r;
	enum rs_rc rc = rs_my_query(my, "SELECT @@version, @@version_comment, @@lower_case_table_names", RS_MY_BUFFER, &r, err);

	if (rc != RS_OK)
		return rc;
	rc = rs_my_next(&r, err);
	if (rc == RS_OK && r.row[0]) {
		snprintf(my->version_text, sizeof my->version_text, "%s", r.row[0]);
		my->version = version_number(r.row[0]);
		my->lower_case_names = r.row[2] ? (unsigned)strtoul(r.row[2], NULL, 10) : 0;
		my->flavor = contains_mariadb(r.row[0]) || (r.row[1] && contains_mariadb(r.row[1])) ||
		             contains_mariadb(mysql_get_server_info(my->handle)) ? RS_MY_MARIADB : RS_MY_MYSQL;
	}
	rs_my_result_free(&r);
	return rc;
}

/* Settings that only some versions know or some accounts may change, and that we can do without. since: the version
 * of MySQL and of MariaDB that brought it, 0: never. sessions: bits. */
struct wish {
	const char *sql;
	unsigned mysql, mariadb;
	unsigned sessions;
};

#define BIT(session) (1u << (session))
enum { ALL = BIT(RS_MY_CATALOG) | BIT(RS_MY_READ) | BIT(RS_MY_WRITE) };

static const struct wish wishes[] = {
	{"SET SESSION max_execution_time=0", 50708, 0, ALL},
	{"SET SESSION max_statement_time=0", 0, 100101, ALL},
	{"SET SESSION innodb_snapshot_isolation=OFF", 0, 100618, ALL},
	{"SET SESSION idle_transaction_timeout=0", 0, 100300, ALL},
	{"SET SESSION idle_write_transaction_timeout=0", 0, 100300, ALL},
	{"SET SESSION idle_readonly_transaction_timeout=0", 0, 100300, ALL},
	{"SET SESSION show_gipk_in_create_table_and_information_schema=ON", 80030, 0, ALL},
	{"SET SESSION information_schema_stats_expiry=0", 80003, 0, BIT(RS_MY_CATALOG)},
	/* Rows and tables arrive as the source has them: it has checked them already. */
	{"SET SESSION check_constraint_checks=OFF", 0, 100200, BIT(RS_MY_WRITE)},
	{"SET SESSION sql_generate_invisible_primary_key=OFF", 80030, 0, BIT(RS_MY_CATALOG) | BIT(RS_MY_WRITE)},
	{"SET SESSION sql_require_primary_key=OFF", 80013, 0, BIT(RS_MY_CATALOG) | BIT(RS_MY_WRITE)},
	{"SET SESSION restrict_fk_on_non_standard_key=OFF", 80400, 0, BIT(RS_MY_CATALOG) | BIT(RS_MY_WRITE)},
	{"SET SESSION explicit_defaults_for_timestamp=ON", 50606, 101000, BIT(RS_MY_WRITE)},
	{"SET SESSION default_collation_for_utf8mb4=utf8mb4_0900_ai_ci", 80011, 0, BIT(RS_MY_WRITE)},
};

static enum rs_rc set_wishes(struct rs_my *my, enum rs_my_session session, struct rs_err *err)
{
	for (size_t i = 0; i < sizeof wishes / sizeof *wishes; i++) {
		const struct wish *w = &wishes[i];
		const unsigned since = my->flavor == RS_MY_MARIADB ? w->mariadb : w->mysql;

		if (!(w->sessions & BIT(session)) || !since || my->version < since)
			continue;
		if (mysql_real_query(my->handle, w->sql, strlen(w->sql)) != 0 && mysql_errno(my->handle) >= CR_MIN_ERROR &&
		    mysql_errno(my->handle) <= CR_MAX_ERROR)
			return rs_my_fail(my, err, w->sql);
	}
	return RS_OK;
}

static const char *names_of(const struct rs_my *my, enum rs_my_session session)
{
	if (session != RS_MY_CATALOG)
		return "SET NAMES binary";
	return my->version >= 50503 ? "SET NAMES utf8mb4" : "SET NAMES utf8";
}

/* sql_mode of each kind of session, by value. */
static const char *const modes[] = {
	[RS_MY_CATALOG] = "",
	[RS_MY_READ] = "",
	[RS_MY_WRITE] = "NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES,STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION",
};

static enum rs_rc pin_session(struct rs_my *my, enum rs_my_session session, struct rs_err *err)
{
	const unsigned day = 24 * 3600;
	enum rs_rc rc;

	if ((rc = rs_my_exec(my, names_of(my, session), err)) != RS_OK)
		return rc;
	rc = rs_my_execf(my, err,
	                 "SET SESSION time_zone='+00:00', autocommit=1, sql_mode='%s', wait_timeout=%u, net_read_timeout=%u, "
	                 "net_write_timeout=%u, sql_quote_show_create=1, sql_safe_updates=0, sql_big_selects=1, "
	                 "sql_auto_is_null=0, sql_select_limit=18446744073709551615, unique_checks=1, foreign_key_checks=%d",
	                 modes[session], day, day, day, session != RS_MY_WRITE);
	if (rc != RS_OK)
		return rc;
	if ((rc = rs_my_exec(my, "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ", err)) != RS_OK)
		return rc;
	return set_wishes(my, session, err);
}

static enum rs_rc open_all(struct rs_my *my, enum rs_my_session session, struct rs_err *err)
{
	enum rs_rc rc;

	if ((rc = connect_handle(my, session, err)) != RS_OK)
		return rc;
	if ((rc = read_version(my, err)) != RS_OK)
		return rc;
	return pin_session(my, session, err);
}

enum rs_rc rs_my_open(struct rs_my *my, const struct rs_my_params *params, enum rs_my_session session,
                      struct rs_err *err)
{
	enum rs_rc rc;

	copy_params(my, params);
	opening = (struct opening){.my = my,
	                           .deadline = rs_clock_mono() + my->params.connect_timeout * RS_USEC_PER_SEC};
	rc = atomic_load(&my->cancelled) ? cancelled(my, err) : open_all(my, session, err);
	if (rc == RS_OK) {
		mysql_optionsv(my->handle, MARIADB_OPT_IO_WAIT, NULL);
		opening.my = NULL;
		return RS_OK;
	}
	if (rc == RS_FAIL && opening.timed_out && err && err->code == RS_E_CONN_LOST)
		err->code = RS_E_CONN_TIMEOUT;
	rs_my_close(my);
	opening.my = NULL;
	return rc;
}

enum rs_rc rs_my_open_like(struct rs_my *my, const struct rs_my *like, enum rs_my_session session, struct rs_err *err)
{
	return rs_my_open(my, &like->params, session, err);
}

/* Back to RS_MY_INIT; rs_my_cancel may be looking at the last two members in another thread just now. */
static void reset(struct rs_my *my)
{
	memset(my, 0, offsetof(struct rs_my, cancel_fd));
	atomic_store(&my->cancel_fd, -1);
	atomic_store(&my->cancelled, false);
}

void rs_my_close(struct rs_my *my)
{
	int fd = atomic_exchange(&my->cancel_fd, -1);

	while (fd == CANCEL_BUSY) { /* for the length of a shutdown() */
		sched_yield();
		fd = atomic_load(&my->cancel_fd);
	}
	if (fd > 2) {
		rs_conn_unwatch(fd);
		close(fd);
	}
	if (my->handle)
		mysql_close(my->handle);
	free_params(my);
	reset(my);
}

void rs_my_await(const struct rs_my *my, size_t bytes, rs_usec at_most)
{
	const int fd = mysql_get_socket(my->handle), least = 1, wanted = bytes < INT_MAX ? (int)bytes : INT_MAX;
	struct pollfd p = {.fd = fd, .events = POLLIN};

	if (rs_my_is_compressed(my) || setsockopt(fd, SOL_SOCKET, SO_RCVLOWAT, &wanted, sizeof wanted) != 0)
		return;
	(void)poll(&p, 1, (int)(at_most / RS_MSEC(1)));
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVLOWAT, &least, sizeof least);
}

bool rs_my_tells(const struct rs_my *my)
{
	return rs_my_is_open(my) && !rs_my_is_compressed(my) && my->handle->net.pvio->ctls == NULL;
}

/* The library reads ahead. */
static bool has_read_ahead(const struct rs_my *my)
{
	const MARIADB_PVIO *io = my->handle->net.pvio;

	return io->cache != NULL && io->cache_pos < io->cache + io->cache_size;
}

bool rs_my_has_more(const struct rs_my *my, rs_usec timeout, int wake_fd)
{
	if (!rs_my_tells(my) || has_read_ahead(my))
		return true;
	struct pollfd p[] = {{.fd = mysql_get_socket(my->handle), .events = POLLIN}, {.fd = wake_fd, .events = POLLIN}};

	return poll(p, 2, (int)(timeout / RS_MSEC(1))) < 0 ? errno != EINTR : p[0].revents != 0;
}

void rs_my_cancel(struct rs_my *my)
{
	int fd;

	atomic_store(&my->cancelled, true);
	fd = atomic_load(&my->cancel_fd);
	while (fd > 2 && !atomic_compare_exchange_weak(&my->cancel_fd, &fd, CANCEL_BUSY))
		;
	if (fd <= 2)
		return;
	shutdown(fd, SHUT_RDWR);
	atomic_store(&my->cancel_fd, fd);
}
