/* The locale, chosen once at the start of main, before any thread. */
#ifndef RS_LOCALE_H
#define RS_LOCALE_H

#include <stdbool.h>

struct rs_locale {
	bool utf8;        /* the user's terminal is to get UTF-8: that is what the environment names */
	bool fallback;    /* the locale of the environment is not there; C.UTF-8 is used */
	char wanted[64];  /* what the environment names, for the log */
};

/* setlocale from the environment; where that fails although it names UTF-8 (SSH forwards a LANG that this host lacks),
 * C.UTF-8, in the language that is named all the same. Text is handled as UTF-8 in any case, LC_NUMERIC stays "C". Binds the
 * message catalogue. */
void rs_locale_init(struct rs_locale *locale);

#endif
