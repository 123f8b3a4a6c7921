/* Translation: _() at the place of use, N_() for text in static tables that is translated where it is shown. config.h
 * is forced into every file by the makefile, before any system header: no .c file includes it. A file with texts is
 * listed in po/POTFILES.in; "make -C po update-po" in the build directory then brings new texts into the catalogues. */
#ifndef RS_I18N_H
#define RS_I18N_H

#ifdef ENABLE_NLS
#include <libintl.h>
#define _(text) gettext(text)
#else
#define _(text) (text)
#define ngettext(one, many, n) ((n) == 1 ? (one) : (many))
#endif
#define N_(text) (text)

#endif
