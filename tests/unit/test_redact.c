#include "base/redact.h"

#include "base/err.h"
#include "base/mem.h"
#include "unit.h"

static void becomes(const char *text, const char *expected)
{
	char *copy = rs_redact(rs_xstrdup(text));

	UNIT_STR(copy, expected);
	free(copy);
}

static void passwords_go(void)
{
	becomes("CONNECTION='mysql://root:secret@db:3306/d/t'", "CONNECTION='mysql://root:***@db:3306/d/t'");
	becomes("mysql://u:pa/ss wo'rd@h and http://u:x@i", "mysql://u:***@h and http://u:*@i");
	becomes("CONNECTION='mysql://root:secr", "CONNECTION='mysql://root:***");
	becomes("mysql://u:@h", "mysql://u:@h");
	becomes("mysql://u:123@h", "mysql://u:***@h");
	becomes("a://b:c@d://e:f@g", "a://b:*@d://e:*@g");
}

static void all_else_stays(void)
{
	static const char *const texts[] = {"", "nothing", "mysql://root@db:3306/d/t", "http://127.0.0.1:9187/metrics", "http://h:80", "http://h:80, then",
	                                    "://", "://:@", "a:b@c", "http://h/x:y@z", "mysql://'u:p@h'"};

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		becomes(texts[i], texts[i]);
}

static void errors_have_none(void)
{
	struct rs_err err = RS_ERR_INIT;

	rs_err_set(&err, RS_E_SQL, "in %s", "mysql://u:secret@h");
	rs_err_detail(&err, "%.30s", "CONNECTION='mysql://u:secret-and-more@h'");
	rs_err_hint(&err, "%s", "mysql://u:secret@h");
	UNIT_STR(err.primary, "in mysql://u:***@h");
	UNIT_STR(err.detail, "CONNECTION='mysql://u:***");
	UNIT_STR(err.hint, "mysql://u:***@h");
	rs_err_clear(&err);
}

UNIT_MAIN(UNIT_TEST(passwords_go), UNIT_TEST(all_else_stays), UNIT_TEST(errors_have_none))
