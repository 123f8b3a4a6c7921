/* TEMPORARY: stands in for the screens until they land, so that the program links. Delete this file, and its line in
 * local.mk, with that change. */
#include "screen/screen.h"

#include "base/i18n.h"

int rs_screen_main(const struct rs_screen_options *options)
{
	(void)options;
	fprintf(stderr, "rds-sync: %s\n", _("the full-screen program is not there yet; \"rds-sync --help\" lists the commands"));
	return 2;
}
