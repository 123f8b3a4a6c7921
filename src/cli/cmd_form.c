/* form lint, form prompt. */
#include "cli/cli.h"

#include <unistd.h>
#include "base/i18n.h"
#include "form/form_lint.h"

static bool knows_key(const char *key)
{
	return rs_task_key_find(key) != NULL;
}

static void report(void *ctx, const char *file, int line, const char *text)
{
	(void)ctx;
	printf("%s:%d: ", file, line);
	rs_cli_print_text(text);
}

int rs_cli_form_lint(const struct rs_cli *cli)
{
	static const struct rs_form_locale locales[] = {{"zh_CN", LOCALEDIR "/zh_CN/LC_MESSAGES/" PACKAGE ".mo"}};
	const bool installed = access(locales[0].mo, R_OK) == 0; /* not so where the program runs where it was built */
	const struct rs_form_lint lint = {.knows_key = knows_key, .locales = locales, .n_locales = installed,
		.report = report};

	(void)cli;
	return rs_form_lint(NULL, &lint) == 0 ? RS_EXIT_OK : RS_EXIT_NO;
}

int rs_cli_form_prompt(const struct rs_cli *cli)
{
	struct rs_err err = RS_ERR_INIT;

	rs_err_set(&err, RS_E_NOT_SUPPORTED, _("the forms are not there yet"));
	return rs_cli_fail(cli, &err);
}
