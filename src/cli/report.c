/* Printing: errors, JSON, text of servers. */
#include "cli/cli.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/buf.h"
#include "base/i18n.h"
#include "base/utf8.h"
#include "engine/report/progress.h"

/* Each line escaped, and indented but for the first. */
static void print_lines(FILE *out, const char *text, const char *indent)
{
	struct rs_buf shown = RS_BUF_INIT;

	while (*text) {
		size_t n = strcspn(text, "\n");

		rs_utf8_printable(&shown, text, n);
		text += n + (text[n] == '\n');
		if (*text)
			rs_buf_addf(&shown, "\n%s", indent);
	}
	fprintf(out, "%s\n", rs_buf_str(&shown));
	rs_buf_release(&shown);
}

void rs_cli_print_cell(const char *text, size_t width)
{
	struct rs_buf shown = RS_BUF_INIT;

	rs_utf8_printable(&shown, text, strlen(text));
	size_t used = rs_utf8_width(rs_buf_str(&shown), shown.len);
	printf("%s%*s", rs_buf_str(&shown), used < width ? (int)(width - used) : 1, "");
	rs_buf_release(&shown);
}

void rs_cli_print_text(const char *text)
{
	print_lines(stdout, text, "");
}

void rs_cli_print_error(const struct rs_err *err)
{
	char code[16];

	fprintf(stderr, "rds-sync: %s ", rs_err_code_text(err->code, code, sizeof code));
	print_lines(stderr, err->primary ? err->primary : rs_err_title(err->code), "  ");
	if (err->detail) {
		fputs("  ", stderr);
		print_lines(stderr, err->detail, "  ");
	}
	if (err->hint) {
		fprintf(stderr, "  %s ", _("Hint:"));
		print_lines(stderr, err->hint, "  ");
	}
}

void rs_cli_print_json(json_t *j)
{
	json_dumpf(j, stdout, JSON_INDENT(2));
	putchar('\n');
	json_decref(j);
}

int rs_cli_fail(const struct rs_cli *cli, struct rs_err *err)
{
	rs_cli_print_error(err);
	if (rs_cli_flag(cli, "json"))
		rs_cli_print_json(json_pack("{s:o}", "error", rs_err_to_json(err)));
	rs_err_clear(err);
	return RS_EXIT_ERROR;
}

bool rs_cli_colored(const struct rs_cli *cli, int fd)
{
	const char *term = getenv("TERM"), *no_color = getenv("NO_COLOR");

	if (cli->color != RS_COLOR_AUTO)
		return cli->color == RS_COLOR_ALWAYS;
	return isatty(fd) && term && strcmp(term, "dumb") != 0 && !(no_color && *no_color);
}
