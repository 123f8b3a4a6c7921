/* MySQL's client option files (~/.my.cnf): the groups [client] and [client-mariadb] are read, later lines override
 * earlier ones, values may be quoted and have the escapes of MySQL's manual; "!include" lines are not followed. */
#ifndef RS_OPTION_FILE_H
#define RS_OPTION_FILE_H

#include <stdbool.h>
#include "base/err.h"
#include "base/secret.h"

/* Texts are owned, NULL where the file has none. */
struct rs_option_file {
	char *user, *host, *socket, *ca, *cert, *key;
	unsigned port;
	struct rs_secret password;
};

#define RS_OPTION_FILE_INIT {NULL, NULL, NULL, NULL, NULL, NULL, 0, RS_SECRET_INIT}

/* RS_E_SECRET where the file can't be read, can be written by others, or has a password that others can read. */
enum rs_rc rs_option_file_read(struct rs_option_file *o, const char *path, struct rs_err *err) RS_MUST_CHECK;
void rs_option_file_release(struct rs_option_file *o);

#endif
