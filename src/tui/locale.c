#include "tui/locale.h"
#include <langinfo.h>
#include <locale.h>
#include <strings.h>
#include "base/i18n.h"

static const char *wanted_locale(void)
{
	static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		const char *value = getenv(names[i]);

		if (value && *value)
			return value;
	}
	return "C";
}

static bool is_utf8(const char *name)
{
	return strcasestr(name, "utf-8") || strcasestr(name, "utf8");
}

static bool codeset_is_utf8(void)
{
	return strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}

void rs_locale_init(struct rs_locale *locale)
{
	const char *wanted = wanted_locale();

	snprintf(locale->wanted, sizeof locale->wanted, "%s", wanted);
	locale->utf8 = is_utf8(wanted);
	locale->fallback = setlocale(LC_ALL, "") == NULL;
	if (codeset_is_utf8())
		locale->utf8 = true; /* some name it without saying so: "de_DE" where that is an alias */
	else /* also for "C": wcwidth must know all characters, whatever the terminal may be sent */
		locale->fallback |= setlocale(LC_CTYPE, "C.UTF-8") != NULL && locale->utf8;
	(void)setlocale(LC_NUMERIC, "C");
#ifdef ENABLE_NLS
	(void)bindtextdomain(PACKAGE, LOCALEDIR);
	(void)bind_textdomain_codeset(PACKAGE, "UTF-8");
	(void)textdomain(PACKAGE);
#endif
}
