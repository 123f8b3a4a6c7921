/* The sample screens in a real terminal, to look at and to drive in tmux; not installed.
 *
 *   demo [--ascii] [--colour=always|never] [--script FILE]
 */
#include <unistd.h>
#include "base/log.h"
#include "sample.h"
#include "script.h"

static bool quit(struct rs_loop *loop, void *ctx)
{
	(void)loop;
	(void)ctx;
	return true;
}

static char *read_all(const char *path)
{
	struct rs_buf text = RS_BUF_INIT;
	char bytes[4096];
	size_t n;
	FILE *f = fopen(path, "re");

	while (f && (n = fread(bytes, 1, sizeof bytes, f)) > 0)
		(void)rs_buf_add(&text, bytes, n);
	if (f)
		(void)fclose(f);
	return rs_buf_take(&text);
}

static int complain(struct rs_err *err)
{
	char code[16];

	fprintf(stderr, "%s %s\n%s\n%s\n", rs_err_code_text(err->code, code, sizeof code), err->primary,
	        err->detail ? err->detail : "", err->hint ? err->hint : "");
	rs_err_clear(err);
	return 2;
}

static int play(const char *path, bool ascii)
{
	struct rs_loop_options options = {.host = "db-host-1", .no_clock = true, .ascii = ascii};
	struct rs_loop *loop = rs_loop_new(NULL, &options);
	struct rs_err err = RS_ERR_INIT;
	struct rs_buf out = RS_BUF_INIT;
	char *text = read_all(path);
	int rc = 0;

	rs_loop_push(loop, sample_tasks());
	if (rs_script_run(loop, path, text, &out, &err) != RS_OK)
		rc = complain(&err);
	fputs(rs_buf_str(&out), stdout);
	rs_buf_release(&out);
	free(text);
	rs_loop_free(loop);
	return rc;
}

static int run(struct rs_term_options *options)
{
	struct rs_loop_options loop_options = {.host = "db-host-1", .quit = quit};
	struct rs_err err = RS_ERR_INIT;
	struct rs_term *term = rs_term_open(options, &err);
	struct rs_loop *loop;
	enum rs_loop_end end;

	if (!term)
		return complain(&err);
	fprintf(stderr, "this must not spoil the screen\n");
	loop = rs_loop_new(term, &loop_options);
	rs_loop_push(loop, sample_tasks());
	end = rs_loop_run(loop);
	rs_loop_free(loop);
	rs_term_close(term);
	printf("end: %d\n", (int)end);
	return end == RS_LOOP_QUIT ? 0 : 1;
}

int main(int argc, char **argv)
{
	struct rs_locale locale;
	struct rs_term_options options = {0};
	const char *script = NULL;

	rs_locale_init(&locale);
	options.utf8 = locale.utf8;
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--ascii") == 0)
			options.ascii = true;
		else if (strcmp(argv[i], "--colour=always") == 0)
			options.colour = RS_COLOUR_ALWAYS;
		else if (strcmp(argv[i], "--colour=never") == 0)
			options.colour = RS_COLOUR_NEVER;
		else if (strcmp(argv[i], "--script") == 0 && i + 1 < argc)
			script = argv[++i];
	}
	return script ? play(script, options.ascii) : run(&options);
}
