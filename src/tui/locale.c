#include "tui/locale.h"
#include <langinfo.h>
#include <locale.h>
#include <strings.h>
#include "base/i18n.h"

/* What the environment names for a category. */
static const char *wanted_for(const char *category)
{
	const char *const names[] = {"LC_ALL", category, "LANG"};

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

/* gettext takes the language from LANGUAGE where the locale is one without a language of its own but for "C". */
static void keep_language(const char *wanted)
{
	char language[sizeof ((struct rs_locale *)0)->wanted];

	snprintf(language, sizeof language, "%.*s", (int)strcspn(wanted, ".@"), wanted);
	(void)setenv("LANGUAGE", language, 0);
	(void)setlocale(LC_MESSAGES, "C.UTF-8");
}

void rs_locale_init(struct rs_locale *locale)
{
	const char *wanted = wanted_for("LC_CTYPE");

	snprintf(locale->wanted, sizeof locale->wanted, "%s", wanted);
	locale->utf8 = is_utf8(wanted);
	locale->fallback = setlocale(LC_ALL, "") == NULL;
	if (codeset_is_utf8())
		locale->utf8 = true; /* some name it without saying so: "de_DE" where that is an alias */
	else /* also for "C": wcwidth must know all characters, whatever the terminal may be sent */
		locale->fallback |= setlocale(LC_CTYPE, "C.UTF-8") != NULL && locale->utf8;
	if (locale->fallback && locale->utf8)
		keep_language(wanted_for("LC_MESSAGES"));
	(void)setlocale(LC_NUMERIC, "C");
#ifdef ENABLE_NLS
	(void)bindtextdomain(PACKAGE, LOCALEDIR);
	(void)bind_textdomain_codeset(PACKAGE, "UTF-8");
	(void)textdomain(PACKAGE);
#endif
}
