/* The address of a server as other tools write it, in one piece: "mysql://account:password@db1:3306/shop?ssl-mode=REQUIRED",
 * "postgresql://…", either also with "jdbc:" before it. Pure. */
#ifndef RS_DSN_H
#define RS_DSN_H

#include <stdbool.h>
#include <stddef.h>
#include "base/secret.h"
#include "model/flow.h"

/* Owned; NULL, 0, unset where the address does not say it. */
struct rs_dsn {
	enum rs_protocol protocol;
	char *host;               /* of several the first */
	unsigned port;
	char *account, *database;
	struct rs_secret password;
	const char *connection;   /* "ssl" or "no-ssl", static, as the task file has it */
};

#define RS_DSN_INIT {RS_PROTOCOL_NONE, NULL, 0, NULL, NULL, RS_SECRET_INIT, NULL}

/* False: the text is no such address; *out is then RS_DSN_INIT. Blanks around it don't count. */
bool rs_dsn_parse(const char *text, size_t len, struct rs_dsn *out);
void rs_dsn_release(struct rs_dsn *d);

#endif
