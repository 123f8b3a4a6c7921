#include "model/dsn.h"
#include "model/endpoint.h"

#include <signal.h>
#include <sys/stat.h>
#include "base/file.h"
#include "base/mem.h"
#include "model/option_file.h"
#include "model/password_command.h"
#include "model/paths.h"
#include "model/registry.h"
#include "unit.h"

static char *write_file(const char *name, const char *text, mode_t mode)
{
	char *path = rs_xprintf("%s/%s", unit_tmpdir(), name);
	struct rs_err err = RS_ERR_INIT;

	CU_ASSERT_EQUAL_FATAL(rs_file_write(path, text, strlen(text), mode, &err), RS_OK);
	return path;
}

/* The password that an endpoint resolves to; "<unset>" for none, else the error. */
static char *password(enum rs_password_from from, const char *arg)
{
	struct rs_endpoint e = {.side = "source", .password_from = from, .password_arg = rs_xstrdup(arg)};
	struct rs_secret secret = RS_SECRET_INIT;
	struct rs_err err = RS_ERR_INIT;
	char *result;

	if (from == RS_PASSWORD_INLINE)
		rs_secret_set(&e.password, arg, strlen(arg));
	if (rs_endpoint_password(&e, &secret, &err) == RS_OK)
		result = rs_xstrdup(rs_secret_is_set(&secret) ? rs_secret_reveal(&secret) : "<unset>");
	else
		result = rs_xprintf("%d %s", err.code, err.primary);
	rs_secret_clear(&secret);
	rs_endpoint_release(&e);
	rs_err_clear(&err);
	return result;
}

static void gives(enum rs_password_from from, const char *arg, const char *expected)
{
	char *got = password(from, arg);

	UNIT_STR(got, expected);
	free(got);
}

static void fails(enum rs_password_from from, const char *arg, const char *why)
{
	char *got = password(from, arg);

	if (strncmp(got, "1011 ", 5) != 0 || !strstr(got, why))
		printf("# %s\n", got);
	CU_ASSERT_TRUE(strncmp(got, "1011 ", 5) == 0 && strstr(got, why));
	free(got);
}

static void a_password_in_the_file_is_given(void)
{
	gives(RS_PASSWORD_INLINE, "p;#\"ä ", "p;#\"ä ");
}

static void a_password_comes_from_the_environment(void)
{
	setenv("RS_TEST_PASSWORD", "from env", 1);
	gives(RS_PASSWORD_ENV, "RS_TEST_PASSWORD", "from env");
	setenv("RS_TEST_PASSWORD", "", 1);
	gives(RS_PASSWORD_ENV, "RS_TEST_PASSWORD", "");
	unsetenv("RS_TEST_PASSWORD");
	fails(RS_PASSWORD_ENV, "RS_TEST_PASSWORD", "RS_TEST_PASSWORD is not set");
}

static void a_password_comes_from_the_first_line_of_a_private_file(void)
{
	char *path = write_file("password", "from file\r\nsecond line\n", 0600);

	gives(RS_PASSWORD_FILE, path, "from file");
	CU_ASSERT_EQUAL(chmod(path, 0640), 0);
	fails(RS_PASSWORD_FILE, path, "others can read");
	CU_ASSERT_EQUAL(chmod(path, 0602), 0);
	fails(RS_PASSWORD_FILE, path, "others can read");
	free(path);
	path = write_file("password", "no newline", 0400);
	gives(RS_PASSWORD_FILE, path, "no newline");
	free(path);
	path = write_file("password", "", 0600);
	fails(RS_PASSWORD_FILE, path, "is empty");
	free(path);
	fails(RS_PASSWORD_FILE, "/nowhere/password", "can't read");
	fails(RS_PASSWORD_FILE, unit_tmpdir(), "");
}

static void a_password_comes_from_a_command(void)
{
	gives(RS_PASSWORD_COMMAND, "printf 'from command\\nsecond\\n'", "from command");
	gives(RS_PASSWORD_COMMAND, "echo noise >&2; echo $((1+1))", "2");
	gives(RS_PASSWORD_COMMAND, "cat; echo no input", "no input");
	fails(RS_PASSWORD_COMMAND, "echo x; exit 3", "exit status 3");
	fails(RS_PASSWORD_COMMAND, "kill -9 $$", "signal 9");
	fails(RS_PASSWORD_COMMAND, "true", "printed nothing");
	fails(RS_PASSWORD_COMMAND, "/nowhere/command", "exit status 127");
	fails(RS_PASSWORD_COMMAND, "yes", "too much");
}

/* Not counting one that has ended and waits to be reaped by whoever adopted it. */
static bool runs(pid_t pid)
{
	char *stat = rs_xprintf("/proc/%d/stat", (int)pid);
	struct rs_buf state = RS_BUF_INIT;
	bool zombie = rs_file_read(stat, 4096, &state, NULL) == RS_OK && strstr(rs_buf_str(&state), ") Z ");

	free(stat);
	rs_buf_release(&state);
	return !zombie && kill(pid, 0) == 0;
}

static bool is_empty(const char *path)
{
	struct stat st;

	return stat(path, &st) != 0 || st.st_size == 0;
}

static void a_command_that_hangs_is_killed_with_its_children(void)
{
	char *pid_file = rs_xprintf("%s/pid", unit_tmpdir());
	char *command = rs_xprintf("sleep 1000 & echo $! > %s; wait", pid_file);
	struct rs_err err = RS_ERR_INIT;
	struct rs_buf text = RS_BUF_INIT;
	char out[16];
	rs_usec patience = RS_MSEC(250);
	size_t len;
	pid_t child;

	do { /* longer, until the shell came so far */
		rs_err_clear(&err);
		CU_ASSERT_EQUAL_FATAL(rs_password_command(command, out, sizeof out, &len, patience, &err), RS_FAIL);
		patience *= 2;
	} while (is_empty(pid_file) && patience < 60 * RS_USEC_PER_SEC);
	CU_ASSERT_TRUE(err.primary && strstr(err.primary, "too long"));
	CU_ASSERT_EQUAL_FATAL(rs_file_read(pid_file, 100, &text, NULL), RS_OK);
	child = (pid_t)strtol(rs_buf_str(&text), NULL, 10);
	CU_ASSERT_TRUE_FATAL(child > 1);
	for (int i = 0; i < 1000 && runs(child); i++)
		usleep(10000);
	CU_ASSERT_FALSE(runs(child));
	rs_buf_release(&text);
	rs_err_clear(&err);
	free(command);
	free(pid_file);
}

static void a_command_runs_with_signals_as_at_login(void)
{
	sigset_t all, old;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	gives(RS_PASSWORD_COMMAND, "kill -TERM $$; echo not ended", "1011 the password command was ended by signal 15");
	pthread_sigmask(SIG_SETMASK, &old, NULL);
}

static void option_files_are_read_as_clients_read_them(void)
{
	char *path = write_file("my.cnf",
	                        "# comment\n; another\n!include /etc/x\n[mysqld]\nport=1\npassword=wrong\n"
	                        "[client]\nuser = dts   # who\npassword = \"p#\\\"q\\\\ \\s\"\nhost='db.example'\n"
	                        "port=3307\nsocket = /run/x.sock\nssl_ca = /ca.pem\nssl-cert=/c.pem\nssl-key=/k.pem\n"
	                        "skip-ssl\nmax_allowed_packet=1G\n[mysql]\nuser=other\n[client-mariadb]\nport = 3308\n",
	                        0600);
	struct rs_option_file o;
	struct rs_err err = RS_ERR_INIT;

	CU_ASSERT_EQUAL(rs_option_file_read(&o, path, &err), RS_OK);
	UNIT_STR(err.primary, NULL);
	UNIT_STR(o.user, "dts");
	UNIT_STR(rs_secret_reveal(&o.password), "p#\"q\\  ");
	UNIT_STR(o.host, "db.example");
	UNIT_INT(o.port, 3308);
	UNIT_STR(o.socket, "/run/x.sock");
	UNIT_STR(o.ca, "/ca.pem");
	UNIT_STR(o.cert, "/c.pem");
	UNIT_STR(o.key, "/k.pem");
	rs_option_file_release(&o);

	CU_ASSERT_EQUAL(chmod(path, 0644), 0);
	CU_ASSERT_EQUAL(rs_option_file_read(&o, path, &err), RS_FAIL);
	UNIT_INT(err.code, RS_E_SECRET);
	rs_err_clear(&err);
	free(path);
	path = write_file("my.cnf", "[client]\nuser=x\n", 0644);
	CU_ASSERT_EQUAL(rs_option_file_read(&o, path, &err), RS_OK);
	rs_option_file_release(&o);
	CU_ASSERT_EQUAL(chmod(path, 0646), 0);
	CU_ASSERT_EQUAL(rs_option_file_read(&o, path, &err), RS_FAIL);
	CU_ASSERT_TRUE(err.primary && strstr(err.primary, "everybody can change"));
	rs_err_clear(&err);
	free(path);
	CU_ASSERT_EQUAL(rs_option_file_read(&o, "/nowhere/my.cnf", &err), RS_FAIL);
	rs_err_clear(&err);
}

static void option_files_of_any_bytes_do_no_harm(void)
{
	static const char alphabet[] = "[]client=\n\\\"'# \t!;password\xff";
	unsigned seed = unit_seed();

	printf("# seed %u\n", seed);
	for (int n = 0; n < 500; n++) {
		char text[64];
		size_t len = (size_t)rand_r(&seed) % (sizeof text - 1);
		struct rs_option_file o;
		char *path;

		for (size_t i = 0; i < len; i++)
			text[i] = alphabet[(size_t)rand_r(&seed) % (sizeof alphabet - 1)];
		text[len] = '\0';
		path = rs_xprintf("%s/any.cnf", unit_tmpdir());
		CU_ASSERT_EQUAL_FATAL(rs_file_write(path, text, len, 0600, NULL), RS_OK);
		if (rs_option_file_read(&o, path, NULL) == RS_OK)
			rs_option_file_release(&o);
		free(path);
	}
}

static void use_config(const char *instances)
{
	char *config;

	setenv("XDG_CONFIG_HOME", unit_tmpdir(), 1);
	setenv("HOME", unit_tmpdir(), 1);
	config = rs_paths_config();
	CU_ASSERT_EQUAL_FATAL(rs_paths_make(config, NULL), RS_OK);
	free(config);
	free(write_file("rds-sync/instances.ini", instances, 0644));
}

static const char registry[] = "# the fleet\n[rm-src]\nregion = cn-hangzhou\nengine = mysql\naccess = rds\nhost = 10.0.0.11\n"
                               "port = 3306\nca = certs/ca.pem\nowner = 123\nvpc = vpc-1\n\n"
                               "[PG-1]\nengine = postgresql\nregion = cn-beijing\nsocket = /run/pg\nproduction = yes\n";

static void the_registry_is_read(void)
{
	struct rs_registry r;
	struct rs_err err = RS_ERR_INIT;
	const struct rs_instance *i;

	use_config(registry);
	CU_ASSERT_EQUAL(rs_registry_load(&r, NULL, &err), RS_OK);
	UNIT_STR(err.primary, NULL);
	UNIT_INT(r.count, 2);
	i = rs_registry_find(&r, "RM-SRC");
	CU_ASSERT_PTR_NOT_NULL_FATAL(i);
	UNIT_STR(i->host, "10.0.0.11");
	UNIT_INT(i->port, 3306);
	CU_ASSERT_TRUE(strstr(i->ca, "/rds-sync/certs/ca.pem") != NULL);
	CU_ASSERT_FALSE(i->production);
	CU_ASSERT_TRUE(rs_instance_fits(i, "mysql", NULL) && rs_instance_fits(i, "", "cn-hangzhou"));
	CU_ASSERT_FALSE(rs_instance_fits(i, "postgresql", NULL) || rs_instance_fits(i, "mysql", "cn-beijing"));
	i = rs_registry_find(&r, "pg-1");
	CU_ASSERT_PTR_NOT_NULL_FATAL(i);
	CU_ASSERT_TRUE(i->production);
	CU_ASSERT_PTR_NULL(rs_registry_find(&r, "none"));
	rs_registry_release(&r);
	CU_ASSERT_EQUAL(rs_registry_load(&r, "/nowhere/instances.ini", &err), RS_OK);
	UNIT_INT(r.count, 0);
	rs_registry_release(&r);
}

static void a_wrong_registry_is_refused_with_its_line(void)
{
	static const struct {
		const char *text, *where;
	} cases[] = {{"[a]\nhots = x\n", "instances.ini:2: hots: no such key"},
	             {"[a]\nhost = x\nport = y\n", "instances.ini:3: port: a number"},
	             {"[a]\nhost = x\nproduction = perhaps\n", "instances.ini:3: production: yes or no"},
	             {"[a]\nregion = x\n", "instances.ini:1: the instance a has neither host nor socket"},
	             {"[a\n", "instances.ini:1"}};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct rs_err err = RS_ERR_INIT;
		struct rs_registry r;

		use_config(cases[i].text);
		CU_ASSERT_EQUAL(rs_registry_load(&r, NULL, &err), RS_FAIL);
		UNIT_INT(err.code, RS_E_INI_SYNTAX);
		if (!err.primary || !strstr(err.primary, cases[i].where))
			printf("# %s\n", err.primary ? err.primary : "no error");
		CU_ASSERT_TRUE(err.primary && strstr(err.primary, cases[i].where));
		UNIT_INT(r.count, 0);
		rs_err_clear(&err);
	}
}

static void a_login_takes_what_is_missing_from_registry_and_option_files(void)
{
	struct rs_endpoint e = {.side = "source", .instance = rs_xstrdup("rm-src"), .tls = true};
	struct rs_login l;
	struct rs_err err = RS_ERR_INIT;

	use_config(registry);
	free(write_file(".my.cnf", "[client]\nuser=me\npassword=mine\nhost=elsewhere\nport=1\nssl-ca=/other.pem\n", 0600));
	CU_ASSERT_EQUAL(rs_endpoint_login(&e, &l, &err), RS_OK);
	UNIT_STR(err.primary, NULL);
	UNIT_STR(l.host, "10.0.0.11");
	UNIT_INT(l.port, 3306);
	UNIT_STR(l.account, "me");
	UNIT_STR(rs_secret_reveal(&l.password), "mine");
	CU_ASSERT_TRUE(l.tls && strstr(l.ca, "certs/ca.pem"));
	rs_login_release(&l);

	free(e.instance);
	e.instance = NULL;
	e.type = RS_INSTANCE_SELF_MANAGED;
	CU_ASSERT_EQUAL(rs_endpoint_login(&e, &l, &err), RS_OK);
	UNIT_STR(l.host, "elsewhere");
	UNIT_INT(l.port, 1);
	UNIT_STR(l.ca, "/other.pem");
	rs_login_release(&l);

	e.host = rs_xstrdup("mine.example");
	e.account = rs_xstrdup("root");
	CU_ASSERT_EQUAL(rs_endpoint_login(&e, &l, &err), RS_OK);
	UNIT_STR(l.host, "mine.example");
	UNIT_INT(l.port, 0);
	UNIT_STR(l.account, "root");
	rs_login_release(&l);

	e.password_from = RS_PASSWORD_ENV;
	e.password_arg = rs_xstrdup("RS_TEST_UNSET");
	CU_ASSERT_EQUAL(rs_endpoint_login(&e, &l, &err), RS_FAIL);
	UNIT_INT(err.code, RS_E_SECRET);
	UNIT_STR(err.detail, "[source]");
	rs_err_clear(&err);
	rs_endpoint_release(&e);
	free(write_file(".my.cnf", "", 0600));
}

static void an_instance_that_is_not_registered_is_refused(void)
{
	struct rs_endpoint e = {.side = "source", .instance = rs_xstrdup("rm-none")};
	struct rs_login l;
	struct rs_err err = RS_ERR_INIT;

	use_config(registry);
	CU_ASSERT_EQUAL(rs_endpoint_login(&e, &l, &err), RS_FAIL);
	UNIT_INT(err.code, RS_E_TASK_INVALID);
	rs_err_clear(&err);
	e.host = rs_xstrdup("10.0.0.9");
	CU_ASSERT_EQUAL(rs_endpoint_login(&e, &l, &err), RS_OK);
	UNIT_STR(l.host, "10.0.0.9");
	rs_login_release(&l);
	rs_endpoint_release(&e);
}

static void no_option_file_means_no_password(void)
{
	setenv("HOME", "/nowhere", 1);
	gives(RS_PASSWORD_NONE, NULL, "<unset>");
	fails(RS_PASSWORD_OPTION_FILE, "/nowhere/my.cnf", "can't read");
}

static void endpoints_are_named_for_people(void)
{
	static const struct {
		const char *instance, *host, *socket, *text;
		unsigned port;
	} cases[] = {{NULL, "h", NULL, "h:3306", 3306},     {"rm-1", NULL, NULL, "rm-1", 0},
	             {"rm-1", "h", NULL, "rm-1 (h:1)", 1}, {NULL, NULL, "/s", "/s", 0},
	             {NULL, "::1", NULL, "[::1]:5", 5},    {NULL, NULL, NULL, "-", 0}};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct rs_endpoint e = {.instance = rs_xstrdup(cases[i].instance), .host = rs_xstrdup(cases[i].host),
		                        .socket = rs_xstrdup(cases[i].socket), .port = cases[i].port};
		char *text = rs_endpoint_text(&e);

		UNIT_STR(text, cases[i].text);
		free(text);
		rs_endpoint_release(&e);
	}
}

static void paths_follow_the_xdg_rules(void)
{
	char *path;

	setenv("XDG_CONFIG_HOME", "/x/config", 1);
	setenv("XDG_STATE_HOME", "relative", 1);
	setenv("HOME", "/home/me", 1);
	path = rs_paths_tasks();
	UNIT_STR(path, "/x/config/rds-sync/tasks");
	free(path);
	path = rs_paths_state();
	UNIT_STR(path, geteuid() == 0 ? "/var/lib/rds-sync" : "/home/me/.local/state/rds-sync");
	free(path);
	unsetenv("XDG_CONFIG_HOME");
	path = rs_paths_instances();
	UNIT_STR(path, geteuid() == 0 ? "/etc/rds-sync/instances.ini" : "/home/me/.config/rds-sync/instances.ini");
	free(path);
	path = rs_paths_beside("/a/b.ini", "c");
	UNIT_STR(path, "/a/c");
	free(path);
	path = rs_paths_beside("/a/b.ini", "/c");
	UNIT_STR(path, "/c");
	free(path);
	path = rs_paths_beside("/a/b.ini", "~/c");
	UNIT_STR(path, "/home/me/c");
	free(path);
}

static void check_dsn(const char *text, enum rs_protocol protocol, const char *host, unsigned port, const char *account, const char *password,
                      const char *database, const char *connection)
{
	struct rs_dsn d;

	CU_ASSERT_TRUE(rs_dsn_parse(text, strlen(text), &d));
	UNIT_INT(d.protocol, protocol);
	UNIT_STR(d.host, host);
	UNIT_INT(d.port, port);
	UNIT_STR(d.account, account);
	UNIT_STR(rs_secret_reveal(&d.password), password);
	UNIT_STR(d.database, database);
	UNIT_STR(d.connection, connection);
	rs_dsn_release(&d);
}

static void addresses_in_one_piece_are_taken_apart(void)
{
	const enum rs_protocol my = RS_PROTOCOL_MYSQL, pg = RS_PROTOCOL_POSTGRESQL;

	check_dsn("mysql://dts:s3cret@db1.example.com:3307/shop", my, "db1.example.com", 3307, "dts", "s3cret", "shop", NULL);
	check_dsn(" MariaDB://db1\n", my, "db1", 0, NULL, NULL, NULL, NULL);
	check_dsn("mysql://a%40b:p%3Aq%2F%25r@[fd00::1]:3306/?ssl-mode=VERIFY_CA", my, "fd00::1", 3306, "a@b", "p:q/%r", NULL, "ssl");
	check_dsn("mysql://dts:a/b@d@db1/shop?charset=utf8mb4&ssl-mode=DISABLED", my, "db1", 0, "dts", "a/b@d", "shop", "no-ssl");
	check_dsn("jdbc:mysql://db1:3306/shop?user=dts&password=p&useSSL=true", my, "db1", 3306, "dts", "p", "shop", "ssl");
	check_dsn("postgres://u@h1:5433,h2:5434/d?sslmode=require", pg, "h1", 5433, "u", NULL, "d", "ssl");
	check_dsn("postgresql:///d?sslmode=prefer", pg, NULL, 0, NULL, NULL, "d", NULL);
	check_dsn("postgresql://:p@h:99999", pg, "h", 0, NULL, "p", NULL, NULL);
	check_dsn("mysql://a%0ab@h%", my, "h%", 0, NULL, NULL, NULL, NULL);
}

static void what_is_no_address_in_one_piece_is_left_alone(void)
{
	static const char *const others[] = {"", "db1", "db1:3306", "mysql:", "mysql:/", "http://db1", "mysqlx://db1", "jdbc:", "jdbc:oracle:thin:@db1"};
	struct rs_dsn d;

	for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
		CU_ASSERT_FALSE(rs_dsn_parse(others[i], strlen(others[i]), &d));
		UNIT_STR(d.host, NULL);
	}
}

UNIT_MAIN(UNIT_TEST(addresses_in_one_piece_are_taken_apart), UNIT_TEST(what_is_no_address_in_one_piece_is_left_alone),
          UNIT_TEST(a_password_in_the_file_is_given),
          UNIT_TEST(a_password_comes_from_the_environment),
          UNIT_TEST(a_password_comes_from_the_first_line_of_a_private_file),
          UNIT_TEST(a_password_comes_from_a_command),
          UNIT_TEST(a_command_that_hangs_is_killed_with_its_children),
          UNIT_TEST(a_command_runs_with_signals_as_at_login),
          UNIT_TEST(option_files_are_read_as_clients_read_them),
          UNIT_TEST(option_files_of_any_bytes_do_no_harm),
          UNIT_TEST(the_registry_is_read),
          UNIT_TEST(a_wrong_registry_is_refused_with_its_line),
          UNIT_TEST(a_login_takes_what_is_missing_from_registry_and_option_files),
          UNIT_TEST(an_instance_that_is_not_registered_is_refused),
          UNIT_TEST(no_option_file_means_no_password),
          UNIT_TEST(endpoints_are_named_for_people),
          UNIT_TEST(paths_follow_the_xdg_rules))
