/* form lint, form prompt. */
#include "cli/cli.h"

#include "base/i18n.h"

int rs_cli_form_lint(const struct rs_cli *cli)
{
	struct rs_err err = RS_ERR_INIT;

	rs_err_set(&err, RS_E_NOT_SUPPORTED, _("the forms are not there yet"));
	return rs_cli_fail(cli, &err);
}

int rs_cli_form_prompt(const struct rs_cli *cli)
{
	struct rs_err err = RS_ERR_INIT;

	rs_err_set(&err, RS_E_NOT_SUPPORTED, _("the forms are not there yet"));
	return rs_cli_fail(cli, &err);
}
