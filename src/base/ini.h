/* INI files, read with iniparser behind a scanner of our own that refuses what iniparser would change in silence
 * (duplicate sections and keys, an unquoted ; or # inside a value that no space sets off as a comment, or anywhere on a
 * password's line, lines over 1,000 bytes), naming file and line. Keys and sections are lower-case; values keep case
 * and UTF-8. The reading side is iniparser's; writing keeps order and is atomic (temporary file, fsync, rename). */
#ifndef RS_INI_H
#define RS_INI_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include "base/buf.h"
#include "base/err.h"

struct rs_ini;

/* Reads a whole file (at most 4 MiB). An empty one is an error: it is what a crash leaves behind. Errors: RS_E_IO,
 * RS_E_INI_SYNTAX (with line number). */
struct rs_ini *rs_ini_load(const char *path, struct rs_err *err);
/* The same from text (forms that are built in); name stands for the path in errors. */
struct rs_ini *rs_ini_parse(const char *name, const char *text, size_t len, struct rs_err *err);
struct rs_ini *rs_ini_new(void);
void rs_ini_free(struct rs_ini *ini);

/* NULL where there is no such key; the string lives as long as the ini and the key's value. */
const char *rs_ini_get(const struct rs_ini *ini, const char *section, const char *key);
/* Line of the key (key NULL: of the section) in the file it was read from, 0 for one that was set since. */
int rs_ini_line(const struct rs_ini *ini, const char *section, const char *key);
/* Sections and keys in file order; NULL beyond the last. */
const char *rs_ini_section(const struct rs_ini *ini, size_t n);
const char *rs_ini_key(const struct rs_ini *ini, const char *section, size_t n);

/* Sets (or with value NULL removes) a key; sections come into being as needed. Names are lower-cased and may not contain
 * what an INI file can't hold: rs_ini_save() finds out. */
void rs_ini_set(struct rs_ini *ini, const char *section, const char *key, const char *value);
/* Appends what saving would write. RS_E_INI_SYNTAX. */
enum rs_rc rs_ini_text(const struct rs_ini *ini, struct rs_buf *text, struct rs_err *err) RS_MUST_CHECK;
/* Writes all, values quoted where they need it; comments of a file that was read are kept above their key. A
 * symbolic link stays one. RS_E_IO; RS_E_INI_SYNTAX for a value that can't be written so that it reads back the same
 * (line break, " together with ', over-long). */
enum rs_rc rs_ini_save(const struct rs_ini *ini, const char *path, mode_t mode, struct rs_err *err) RS_MUST_CHECK;

#endif
