/* The line scanner behind base/ini: takes one line apart and refuses what iniparser 4.1 would read in another way than
 * it is written (facts measured on Debian 12): an unquoted value is cut at ';' and '#'; a quote without its fellow is
 * dropped, as is all that follows a quoted value; \" ends a quoted value; a backslash at the end joins the next line;
 * a section with ':' is lost; a line of more than about 1,020 bytes fails the whole file. Pure functions. */
#ifndef RS_INI_SCAN_H
#define RS_INI_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include "base/buf.h"
#include "base/err.h"

#define RS_INI_LINE_MAX 1000
#define RS_INI_NAME_MAX 200

enum rs_ini_kind { RS_INI_OTHER, RS_INI_SECTION, RS_INI_KEY };

struct rs_ini_line {
	enum rs_ini_kind kind; /* OTHER: blank or a comment */
	char *raw;             /* the line as it stands in the file, without its end; NULL: to be written anew */
	char *name;            /* of the section or key, lower-case; NULL for OTHER */
	char *value;           /* of a key */
	char *comment;         /* what follows the value, from its ; or # on; may be NULL */
	int number;            /* in the file, from 1; 0 for a line that was set since */
};

/* Where a line stands, for errors. */
struct rs_ini_place {
	const char *file;
	int line;
};

/* Takes text (len bytes, without the line's end) apart into *line, which must be released also on failure. Errors:
 * RS_E_INI_SYNTAX; they name the place and the remedy and never show the line, which may hold a password. */
enum rs_rc rs_ini_scan(struct rs_ini_line *line, const char *text, size_t len, const struct rs_ini_place *at,
                       struct rs_err *err) RS_MUST_CHECK;
/* Wipes and frees. */
void rs_ini_line_release(struct rs_ini_line *line);

/* Appends the line as a file has it, with its line feed. Errors: RS_E_INI_SYNTAX for what can't be written so that it
 * reads back the same. */
enum rs_rc rs_ini_format(struct rs_buf *out, const struct rs_ini_line *line, const struct rs_ini_place *at,
                         struct rs_err *err) RS_MUST_CHECK;

/* Lower-cases ASCII, as iniparser does with names. malloc'ed. */
char *rs_ini_lower(const char *name);

#endif
