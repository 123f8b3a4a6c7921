#include "base/ini.h"

#include <fcntl.h>
#include <locale.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include "base/buf.h"
#include "base/mem.h"
#include "base/secret.h"
#include "unit.h"

static char path[300];

static const char *temp_path(const char *name)
{
	snprintf(path, sizeof path, "%s/%s", unit_tmpdir(), name);
	return path;
}

static struct rs_ini *parse(const char *text)
{
	struct rs_err err = RS_ERR_INIT;
	struct rs_ini *ini = rs_ini_parse("t.ini", text, strlen(text), &err);

	UNIT_STR(err.primary, NULL);
	rs_err_clear(&err);
	CU_ASSERT_PTR_NOT_NULL_FATAL(ini);
	return ini;
}

/* The text must be refused with a message that has all of this in it, and a remedy. */
static void expect_refused(const char *text, size_t len, const char *where, const char *why)
{
	struct rs_err err = RS_ERR_INIT;
	struct rs_ini *ini = rs_ini_parse("t.ini", text, len, &err);

	CU_ASSERT_PTR_NULL(ini);
	rs_ini_free(ini);
	UNIT_INT(err.code, RS_E_INI_SYNTAX);
	if (!err.primary || !strstr(err.primary, where) || !strstr(err.primary, why))
		UNIT_STR(err.primary, why);
	CU_ASSERT_PTR_NOT_NULL(err.hint);
	rs_err_clear(&err);
}

static void refused(const char *text, const char *where, const char *why)
{
	expect_refused(text, strlen(text), where, why);
}

static void write_file(const char *name, const char *text)
{
	FILE *f = fopen(name, "w");

	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	fputs(text, f);
	fclose(f);
}

static char *read_file(const char *name)
{
	FILE *f = fopen(name, "r");
	char *text = rs_xcalloc(1, 65536);

	if (f) {
		text[fread(text, 1, 65535, f)] = '\0';
		fclose(f);
	}
	return text;
}

static void a_task_file_reads_as_documented(void)
{
	struct rs_ini *ini = parse("; a task\n"
	                           "[task]\n"
	                           "name = shop\n"
	                           "id = 6a0c                         ; a UUID; made once\n"
	                           "[source]\n"
	                           "Host = 127.0.0.1\n"
	                           "password_env = SRC_PASSWORD      ; or password_file, password_command\n"
	                           "connection=no-ssl\t# or ssl\n"
	                           "[objects]\n"
	                           "include = shop shop2.orders\n"
	                           "rename.1 = shop -> shop_copy     ; `backquotes` where needed\n"
	                           "rename.2 = a=b -> C=D\n"
	                           "empty =\n");

	UNIT_STR(rs_ini_get(ini, "task", "name"), "shop");
	UNIT_STR(rs_ini_get(ini, "task", "id"), "6a0c");
	UNIT_STR(rs_ini_get(ini, "source", "host"), "127.0.0.1");
	UNIT_STR(rs_ini_get(ini, "SOURCE", "HOST"), "127.0.0.1");
	UNIT_STR(rs_ini_get(ini, "source", "password_env"), "SRC_PASSWORD");
	UNIT_STR(rs_ini_get(ini, "source", "connection"), "no-ssl");
	UNIT_STR(rs_ini_get(ini, "objects", "include"), "shop shop2.orders");
	UNIT_STR(rs_ini_get(ini, "objects", "rename.1"), "shop -> shop_copy");
	UNIT_STR(rs_ini_get(ini, "objects", "rename.2"), "a=b -> C=D");
	UNIT_STR(rs_ini_get(ini, "objects", "empty"), "");
	CU_ASSERT_PTR_NULL(rs_ini_get(ini, "objects", "none"));
	CU_ASSERT_PTR_NULL(rs_ini_get(ini, "none", "name"));
	UNIT_INT(rs_ini_line(ini, "source", "host"), 6);
	UNIT_INT(rs_ini_line(ini, "source", NULL), 5);
	UNIT_INT(rs_ini_line(ini, "source", "none"), 0);
	rs_ini_free(ini);
}

static void sections_and_keys_come_in_file_order(void)
{
	struct rs_ini *ini = parse("[field.port]\nz = 1\na = 2\n\n[form]\n[group.tls]\nm = 3\n");

	UNIT_STR(rs_ini_section(ini, 0), "field.port");
	UNIT_STR(rs_ini_section(ini, 1), "form");
	UNIT_STR(rs_ini_section(ini, 2), "group.tls");
	CU_ASSERT_PTR_NULL(rs_ini_section(ini, 3));
	UNIT_STR(rs_ini_key(ini, "field.port", 0), "z");
	UNIT_STR(rs_ini_key(ini, "field.port", 1), "a");
	CU_ASSERT_PTR_NULL(rs_ini_key(ini, "field.port", 2));
	CU_ASSERT_PTR_NULL(rs_ini_key(ini, "form", 0));
	UNIT_STR(rs_ini_key(ini, "group.tls", 0), "m");
	CU_ASSERT_PTR_NULL(rs_ini_key(ini, "none", 0));
	rs_ini_free(ini);
}

static void quotes_keep_everything_between_them(void)
{
	struct rs_ini *ini = parse("[a]\n"
	                           "p.password = \"a;b#c'd\"\n"
	                           "single = '  say \"x\" ; y '\n"
	                           "empty = \"\"\n"
	                           "empty2 = '' ; none\n"
	                           "win = \"C:\\\"\n"
	                           "inner = it's 5\" wide\n"
	                           "mid = \"a = b\" ; comment \"quoted\"\n"
	                           "uni = \"\xe4\xb8\xad\xe6\x96\x87\" # \xc3\xa4\n"
	                           "eq == x\n");

	UNIT_STR(rs_ini_get(ini, "a", "p.password"), "a;b#c'd");
	UNIT_STR(rs_ini_get(ini, "a", "single"), "  say \"x\" ; y ");
	UNIT_STR(rs_ini_get(ini, "a", "empty"), "");
	UNIT_STR(rs_ini_get(ini, "a", "empty2"), "");
	UNIT_STR(rs_ini_get(ini, "a", "win"), "C:\\");
	UNIT_STR(rs_ini_get(ini, "a", "inner"), "it's 5\" wide");
	UNIT_STR(rs_ini_get(ini, "a", "mid"), "a = b");
	UNIT_STR(rs_ini_get(ini, "a", "uni"), "\xe4\xb8\xad\xe6\x96\x87");
	UNIT_STR(rs_ini_get(ini, "a", "eq"), "= x");
	rs_ini_free(ini);
}

static void windows_line_ends_and_a_byte_order_mark_are_read(void)
{
	struct rs_ini *ini = parse("\xef\xbb\xbf[Task] ; mine\r\nname = shop\r\n\r\nlast = x");

	UNIT_STR(rs_ini_get(ini, "task", "name"), "shop");
	UNIT_STR(rs_ini_get(ini, "task", "last"), "x");
	UNIT_INT(rs_ini_line(ini, "task", "last"), 4);
	rs_ini_free(ini);
}

static void what_iniparser_would_cut_is_refused(void)
{
	refused("[a]\nx = a;b\n", "t.ini:2:", "';' or '#'");
	refused("[a]\nx = a#b ; c\n", "t.ini:2:", "';' or '#'");
	refused("[a]\nx =;b\n", "t.ini:2:", "';' or '#'");
	refused("[a]\nx = \"abc\n", "t.ini:2:", "closing quote");
	refused("[a]\nx = 'abc\"\n", "t.ini:2:", "closing quote");
	refused("[a]\nx = \"a\\\"b\"\n", "t.ini:2:", "backslash");
	refused("[a]\nx = \"a\" b\n", "t.ini:2:", "follows the quoted value");
	refused("[a]\nx = \"a\";b\n", "t.ini:2:", "follows the quoted value");
	refused("[a]\nx = \"\"b\"\"\n", "t.ini:2:", "follows the quoted value");
}

static void a_password_line_takes_no_comment_without_quotes(void)
{
	refused("[a]\npassword = abc ;def\n", "t.ini:2:", "password");
	refused("[a]\npassword = \"abc\" ; c\n", "t.ini:2:", "password");
	refused("[a]\nAccess.Secret = abc # c\n", "t.ini:2:", "password");
	refused("[a]\npassword = abc;def\n", "t.ini:2:", "';' or '#'");
	rs_ini_free(parse("[a]\npassword = \"abc;def # x\"\npassword_file = /x ; c\n"));
}

static void an_error_never_shows_the_value(void)
{
	struct rs_err err = RS_ERR_INIT;
	const char *text = "[a]\npassword = topsecret;1\n";

	CU_ASSERT_PTR_NULL(rs_ini_parse("t.ini", text, strlen(text), &err));
	CU_ASSERT_PTR_NULL(strstr(err.primary, "topsecret"));
	CU_ASSERT_PTR_NULL(err.detail);
	rs_err_clear(&err);
}

static void duplicates_are_refused_with_both_lines(void)
{
	refused("[a]\nx = 1\n[b]\nx = 1\n[A]\n", "t.ini:5:", "line 1");
	refused("[a]\nx = 1\ny = 2\nX = 3\n", "t.ini:4:", "a:x stands in line 2");
	rs_ini_free(parse("[a]\nx = 1\n[b]\nx = 1\n"));
}

static void lines_that_would_join_are_refused(void)
{
	refused("[a]\nx = 1 \\\n  2\n", "t.ini:2:", "backslash");
	refused("[a]\nx = C:\\\n", "t.ini:2:", "backslash");
	refused("[a]\nx = 1 ; c \\  \n", "t.ini:2:", "backslash");
	rs_ini_free(parse("; path C:\\\n[a] ; C:\\\nx = 1\n"));
}

static void broken_lines_are_refused(void)
{
	refused("[a]\nnonsense\n", "t.ini:2:", "neither");
	refused("[a]\n= x\n", "t.ini:2:", "key is missing");
	refused("x = 1\n[a]\n", "t.ini:1:", "before the first section");
	refused("[a\nx = 1\n", "t.ini:1:", "bracket");
	refused("[]\n", "t.ini:1:", "empty");
	refused("[a:b]\n", "t.ini:1:", "':'");
	refused("[a[b]]\n", "t.ini:1:", "'['");
	refused("[a]b\n", "t.ini:1:", "text follows");
	refused("[a];b\n", "t.ini:1:", "text follows");
	refused("[a]\nkey ; c = 1\n", "t.ini:2:", "key contains");
	refused("[a]\n\"key\" = 1\n", "t.ini:2:", "key contains");
}

static void over_long_lines_and_names_are_refused(void)
{
	char text[1400];
	size_t head = (size_t)snprintf(text, sizeof text, "[a]\nx = ");

	memset(text + head, 'v', 996);
	text[head + 996] = '\0';
	rs_ini_free(parse(text));
	memset(text + head, 'v', 997);
	text[head + 997] = '\0';
	refused(text, "t.ini:2:", "1,000 bytes");
	text[0] = '[';
	memset(text + 1, 'n', 300);
	memcpy(text + 301, "]\n", 3);
	refused(text, "t.ini:1:", "too long");
	memcpy(text, "[a]\n", 4);
	memset(text + 4, 'n', 300);
	memcpy(text + 304, "=1\n", 4);
	refused(text, "t.ini:2:", "too long");
}

static void what_is_no_text_is_refused(void)
{
	char garbage[256];

	for (size_t i = 0; i < sizeof garbage; i++)
		garbage[i] = (char)(255 - i);
	expect_refused(garbage, sizeof garbage, "t.ini:1:", "UTF-8");
	expect_refused("[a]\nx = 1\0; y\n", 14, "t.ini:2:", "UTF-8");
	refused("[a]\nx = \xe4\n", "t.ini:2:", "UTF-8");
	refused("[a]\nx = a\rb\n", "t.ini:2:", "UTF-8");
	refused("\x7f" "ELF\n", "t.ini:1:", "UTF-8");
	refused("", "t.ini", "empty");
}

/* Any damage to a good file must end in a result or an error, never in a crash; sanitizers watch. */
static void random_damage_never_crashes(void)
{
	static const char good[] = "; c\n[task]\nname = \"shop; x\" ; c\n\n[objects]\nrename.1 = a -> b\nx='y'\n";
	static const char odd[] = "\"'=[];#\\ \n\r\t:.\x00\xff\xc3";
	unsigned seed = 20260101;

	for (int round = 0; round < 3000; round++) {
		char text[sizeof good];
		struct rs_err err = RS_ERR_INIT;
		struct rs_ini *ini;

		memcpy(text, good, sizeof good);
		for (int i = 0; i < 1 + round % 3; i++) {
			seed = seed * 1103515245u + 12345u;
			text[(seed >> 8) % (sizeof good - 1)] = odd[(seed >> 20) % (sizeof odd - 1)];
		}
		ini = rs_ini_parse("damaged", text, sizeof good - 1, &err);
		CU_ASSERT_EQUAL_FATAL(ini == NULL, err.code != RS_E_NONE);
		rs_ini_free(ini);
		rs_err_clear(&err);
	}
}

static void expect_load_error(const char *name, enum rs_errc code, const char *detail)
{
	struct rs_err err = RS_ERR_INIT;

	CU_ASSERT_PTR_NULL(rs_ini_load(name, &err));
	UNIT_INT(err.code, code);
	CU_ASSERT_PTR_NOT_NULL(err.primary && strstr(err.primary, name) ? err.primary : NULL);
	if (detail)
		UNIT_STR(err.detail, detail);
	rs_err_clear(&err);
}

static void files_that_cant_be_read_have_their_error(void)
{
	expect_load_error("/nonexistent/x.ini", RS_E_IO, "No such file or directory");
	expect_load_error(unit_tmpdir(), RS_E_IO, "Is a directory");
	expect_load_error("/dev/zero", RS_E_IO, NULL);
	write_file(temp_path("empty.ini"), "");
	expect_load_error(path, RS_E_INI_SYNTAX, NULL);
}

/* In a child that may open one file more: our memory file takes it, and iniparser can't open its path. */
static int fail_in_iniparser(const char *stderr_path)
{
	struct rs_err err = RS_ERR_INIT;
	int fd = open(stderr_path, O_RDWR | O_CREAT | O_TRUNC, 0600), next;
	struct rlimit limit;

	dup2(fd, STDERR_FILENO);
	next = dup(fd);
	close(next);
	limit.rlim_cur = limit.rlim_max = (rlim_t)next + 1;
	if (setrlimit(RLIMIT_NOFILE, &limit) != 0 || rs_ini_parse("t.ini", "[a]\n", 4, &err))
		return 1;
	return err.code == RS_E_INI_SYNTAX ? 0 : 2;
}

static void iniparser_says_nothing_on_stderr(void)
{
	struct stat st = {0};
	int status = 0;
	pid_t pid;

	temp_path("stderr");
	pid = fork();
	if (pid == 0)
		_exit(fail_in_iniparser(path));
	waitpid(pid, &status, 0);
	CU_ASSERT_TRUE(WIFEXITED(status));
	UNIT_INT(WEXITSTATUS(status), 0);
	UNIT_INT(stat(path, &st), 0);
	UNIT_INT(st.st_size, 0);
}

static void saved(const struct rs_ini *ini, const char *expected)
{
	struct rs_err err = RS_ERR_INIT;
	char *text;

	UNIT_INT(rs_ini_save(ini, temp_path("saved.ini"), 0600, &err), RS_OK);
	UNIT_STR(err.primary, NULL);
	text = read_file(path);
	UNIT_STR(text, expected);
	free(text);
	rs_err_clear(&err);
}

static void saving_unchanged_is_the_same_text(void)
{
	const char *text = "# head\n\n[task] ; t\n  Name=shop   ; keep\n\n; about the source\n[Source]\nhost = \"h\"\n";
	struct rs_ini *ini = parse(text);

	rs_ini_set(ini, "task", "name", "shop");
	saved(ini, text);
	rs_ini_free(ini);
}

static void changes_keep_comments_and_order(void)
{
	struct rs_ini *ini = parse("; head\n[task]\n; the name\nName = shop   ; keep\nid = 1\n\n; next\n[source]\nhost = h\n");

	rs_ini_set(ini, "task", "name", "a;b");
	rs_ini_set(ini, "Task", "Flow", "mysql-to-mysql");
	rs_ini_set(ini, "task", "id", NULL);
	rs_ini_set(ini, "task", "never", NULL);
	rs_ini_set(ini, "objects", "rename.1", "x -> y");
	rs_ini_set(ini, "source", "comment", "  padded ");
	UNIT_STR(rs_ini_get(ini, "task", "name"), "a;b");
	UNIT_INT(rs_ini_line(ini, "task", "name"), 0);
	CU_ASSERT_PTR_NULL(rs_ini_get(ini, "task", "id"));
	saved(ini, "; head\n[task]\n; the name\nname = \"a;b\" ; keep\nflow = mysql-to-mysql\n\n; next\n[source]\n"
	           "host = h\ncomment = \"  padded \"\n\n[objects]\nrename.1 = x -> y\n");
	rs_ini_free(ini);
}

static void a_new_file_is_written_from_nothing(void)
{
	struct rs_ini *ini = rs_ini_new();

	saved(ini, "\n");
	rs_ini_set(ini, "task", "name", "shop");
	rs_ini_set(ini, "task", "empty", "");
	saved(ini, "[task]\nname = shop\nempty =\n");
	rs_ini_free(ini);
}

static const char *const nasty[] = {
	"plain", "", " ", "\t", " x", "x ", "a;b", "a ; b", "#", ";", "a=b", "= a", "\"", "'", "\"quoted\"", "'quoted'",
	"it's", "5\" disk", "C:\\", "C:\\ ", "a\\\\", "\\\"", "[x]", "a]b", "\xe4\xb8\xad\xe6\x96\x87 \xc3\xa4",
	"\xf0\x9f\x98\x80", "x '\" y", "%s%n", "a\tb", "''", "\"\"", "\xef\xbb\xbfx", "\xc2\xa0x\xc2\xa0", "a'b\\",
	"`a.b`.`c;d` -> e",
};

static void every_value_reads_back_the_same_or_is_refused(void)
{
	for (size_t i = 0; i < sizeof nasty / sizeof *nasty; i++) {
		struct rs_ini *ini = parse("[a]\nold = 1 ; comment\n"), *again;
		struct rs_err err = RS_ERR_INIT;

		rs_ini_set(ini, "a", "old", nasty[i]);
		rs_ini_set(ini, "a", "password", nasty[i]);
		UNIT_INT(rs_ini_save(ini, temp_path("nasty.ini"), 0600, &err), RS_OK);
		UNIT_STR(err.primary, NULL);
		again = rs_ini_load(path, &err);
		CU_ASSERT_PTR_NOT_NULL_FATAL(again);
		UNIT_STR(rs_ini_get(again, "a", "old"), nasty[i]);
		UNIT_STR(rs_ini_get(again, "a", "password"), nasty[i]);
		rs_ini_free(again);
		rs_ini_free(ini);
		rs_err_clear(&err);
	}
}

static void not_written(const char *section, const char *key, const char *value)
{
	struct rs_ini *ini = rs_ini_new();
	struct rs_err err = RS_ERR_INIT;

	rs_ini_set(ini, section, key, value);
	unlink(temp_path("never.ini"));
	UNIT_INT(rs_ini_save(ini, path, 0600, &err), RS_FAIL);
	UNIT_INT(err.code, RS_E_INI_SYNTAX);
	CU_ASSERT_PTR_NOT_NULL(err.primary && strstr(err.primary, "never.ini") ? err.primary : NULL);
	UNIT_INT(access(path, F_OK), -1);
	rs_err_clear(&err);
	rs_ini_free(ini);
}

static void what_cant_be_written_is_refused(void)
{
	char *big = rs_xmalloc(2000);

	memset(big, 'x', 1999);
	big[1999] = '\0';
	not_written("a", "x", "line\nbreak");
	not_written("a", "x", "carriage\rreturn");
	not_written("a", "x", "both \" and ' ;");
	not_written("a", "x", "\"' both first");
	not_written("a", "x", "\x1b");
	not_written("a", "x", "\xff");
	not_written("a", "x", big);
	not_written("a", big, "x");
	not_written("a:b", "x", "1");
	not_written("a\nb", "x", "1");
	not_written("a", "x=y", "1");
	not_written("a", "x;y", "1");
	not_written("a", "[x", "1");
	not_written("a", "", "1");
	not_written("", "x", "1");
	not_written("a", " x", "1");
	free(big);
}

static void saving_is_atomic_and_sets_the_mode(void)
{
	struct rs_ini *ini = parse("[a]\nx = 1\n");
	struct rs_err err = RS_ERR_INIT;
	struct stat st = {0};
	char link_path[320], *text;

	write_file(temp_path("target.ini"), "[old]\n");
	snprintf(link_path, sizeof link_path, "%s.link", path);
	CU_ASSERT_EQUAL_FATAL(symlink("target.ini", link_path), 0);
	UNIT_INT(rs_ini_save(ini, link_path, 0640, &err), RS_OK);
	UNIT_INT(lstat(link_path, &st), 0);
	CU_ASSERT_TRUE(S_ISLNK(st.st_mode));
	UNIT_INT(stat(path, &st), 0);
	UNIT_INT(st.st_mode & 0777, 0640);
	text = read_file(path);
	UNIT_STR(text, "[a]\nx = 1\n");
	free(text);
	UNIT_INT(rs_ini_save(ini, "/nonexistent/dir/x.ini", 0600, &err), RS_FAIL);
	UNIT_INT(err.code, RS_E_IO);
	rs_err_clear(&err);
	/* A name that is a directory: the rename fails, and the temporary file must be gone. */
	CU_ASSERT_EQUAL_FATAL(mkdir(temp_path("dir.ini"), 0700), 0);
	UNIT_INT(rs_ini_save(ini, path, 0600, &err), RS_FAIL);
	UNIT_INT(err.code, RS_E_IO);
	UNIT_INT(rmdir(path), 0);
	rs_err_clear(&err);
	rs_ini_free(ini);
}

static void loading_works_in_a_hardened_process_of_any_user(void)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		struct rs_ini *ini;

		if (getuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0))
			_exit(1);
		rs_secret_harden_process();
		ini = rs_ini_parse("t", "[a]\nx = 1\n", 10, NULL);
		_exit(ini && strcmp(rs_ini_get(ini, "a", "x"), "1") == 0 ? 0 : 2);
	}
	waitpid(pid, &status, 0);
	CU_ASSERT_TRUE(WIFEXITED(status));
	UNIT_INT(WEXITSTATUS(status), 0);
}

static void thousands_of_keys_are_read(void)
{
	struct rs_buf text = RS_BUF_INIT;
	struct rs_ini *ini;
	char key[32];

	rs_buf_adds(&text, "[objects]\n");
	for (int i = 0; i < 3000; i++)
		rs_buf_addf(&text, "rename.%d = db%d -> copy%d\n", i, i, i);
	ini = parse(text.data);
	for (int i = 0; i < 3000; i += 99) {
		char expected[40];

		snprintf(key, sizeof key, "rename.%d", i);
		snprintf(expected, sizeof expected, "db%d -> copy%d", i, i);
		UNIT_STR(rs_ini_get(ini, "objects", key), expected);
		UNIT_STR(rs_ini_key(ini, "objects", (size_t)i), key);
	}
	rs_ini_free(ini);
	rs_buf_release(&text);
}

UNIT_MAIN(UNIT_TEST(a_task_file_reads_as_documented),
          UNIT_TEST(sections_and_keys_come_in_file_order),
          UNIT_TEST(quotes_keep_everything_between_them),
          UNIT_TEST(windows_line_ends_and_a_byte_order_mark_are_read),
          UNIT_TEST(what_iniparser_would_cut_is_refused),
          UNIT_TEST(a_password_line_takes_no_comment_without_quotes),
          UNIT_TEST(an_error_never_shows_the_value),
          UNIT_TEST(duplicates_are_refused_with_both_lines),
          UNIT_TEST(lines_that_would_join_are_refused),
          UNIT_TEST(broken_lines_are_refused),
          UNIT_TEST(over_long_lines_and_names_are_refused),
          UNIT_TEST(what_is_no_text_is_refused),
          UNIT_TEST(random_damage_never_crashes),
          UNIT_TEST(files_that_cant_be_read_have_their_error),
          UNIT_TEST(iniparser_says_nothing_on_stderr),
          UNIT_TEST(saving_unchanged_is_the_same_text),
          UNIT_TEST(changes_keep_comments_and_order),
          UNIT_TEST(a_new_file_is_written_from_nothing),
          UNIT_TEST(every_value_reads_back_the_same_or_is_refused),
          UNIT_TEST(what_cant_be_written_is_refused),
          UNIT_TEST(saving_is_atomic_and_sets_the_mode),
          UNIT_TEST(loading_works_in_a_hardened_process_of_any_user),
          UNIT_TEST(thousands_of_keys_are_read))
