/* One side of a task: which server, which account, where its password comes from, and whether the connection is
 * encrypted and compressed. An endpoint is a part of a task and says what the file says; a login is what a connection needs, after the
 * registry, option files, the environment and commands have been asked. Plain data; no locking, but for what a running task's
 * endpoints log in with, which may change meanwhile (rs_endpoint_relogin). */
#ifndef RS_ENDPOINT_H
#define RS_ENDPOINT_H

#include <stdbool.h>
#include "base/err.h"
#include "base/secret.h"
#include "model/flow.h"

/* A server that the registry lists, or one given by its address. */
enum rs_instance_type { RS_INSTANCE_RDS, RS_INSTANCE_SELF_MANAGED };
/* The words of instance_type, which of them a flow offers is its form's matter. */
#define RS_INSTANCE_TYPES "rds self-managed other-account ads ecs express-connect"
/* What a word of them means; NULL: it is not said. */
enum rs_instance_type rs_instance_type_of(const char *word, bool has_instance);

enum rs_password_from {
	RS_PASSWORD_NONE,        /* the client's own defaults: ~/.my.cnf, else none */
	RS_PASSWORD_INLINE,      /* in the task file itself, whose mode is 0600 */
	RS_PASSWORD_ENV,         /* an environment variable */
	RS_PASSWORD_FILE,        /* first line of a file readable by nobody else */
	RS_PASSWORD_COMMAND,     /* first line that a shell command prints */
	RS_PASSWORD_OPTION_FILE  /* [client] of a file like ~/.my.cnf: account and address too */
};

/* Texts are owned, and NULL where the file says nothing. */
struct rs_endpoint {
	const char *side;        /* "source" or "destination", static; translate when showing */
	enum rs_protocol protocol; /* as the task's flow says; MySQL's where it names none */
	bool distributed;        /* as the flow says, too: rows are spread over segments, as Greenplum and AnalyticDB for PostgreSQL do */
	enum rs_instance_type type;
	char *region;
	char *instance;          /* id in the registry */
	char *owner, *role;      /* another cloud account, and how it lets us in (model/roles.h); role NULL: it need not */
	char *guest;             /* with a role: the instance whose owner it must have been given to */
	char *host;
	unsigned port;           /* 0: not given */
	char *socket;
	char *database;          /* of a server whose databases are worlds of their own */
	char *account;
	enum rs_password_from password_from;
	struct rs_secret password; /* RS_PASSWORD_INLINE */
	char *password_arg;      /* variable, absolute path or command, as password_from says */
	bool tls;                /* encrypted, and refused otherwise */
	char *ca, *cert, *key;   /* absolute paths */
	bool compressed;         /* on the wire, and refused otherwise */
	const char *mechanism;   /* by which it logs in to Kafka, as SASL names it: "SCRAM-SHA-256"; static; NULL: not at all */
	struct rs_relogin *relogin; /* NULL: it logs in as it says; else, with its copies, as it was told last */
};

/* What a connection is made with. Owned; release wipes the password. */
struct rs_login {
	const char *side;
	char *host;              /* NULL: by socket, or the client library's default */
	unsigned port;           /* 0: the client library's default */
	char *socket;
	char *database;
	char *account;           /* NULL: the client library's default (the user's own name) */
	struct rs_secret password;
	bool tls;
	char *ca, *cert, *key;
	bool compressed;
	const char *mechanism;
	bool production;         /* as the registry says */
};

#define RS_LOGIN_INIT {NULL, NULL, 0, NULL, NULL, NULL, RS_SECRET_INIT, false, NULL, NULL, NULL, false, NULL, false}

void rs_endpoint_release(struct rs_endpoint *e);
/* to is released first. */
void rs_endpoint_copy(struct rs_endpoint *to, const struct rs_endpoint *from);
/* From now on its account, and where its password comes from, can be changed for it and for all copies that are made of it. */
void rs_endpoint_let_relogin(struct rs_endpoint *e);
/* to logs in as from does, from now on and whatever that is told; whatever to said itself. */
void rs_endpoint_login_as(struct rs_endpoint *to, const struct rs_endpoint *from);
/* Whether e logs in otherwise than an endpoint says that was just read from its file. */
bool rs_endpoint_logs_in_otherwise(const struct rs_endpoint *e, const struct rs_endpoint *now);
/* The next login of e and of its copies is with the account and the password of now. From any thread; what is copied lives on. */
void rs_endpoint_relogin(const struct rs_endpoint *e, const struct rs_endpoint *now);
/* How often e, or what it was copied from, has been told so. From any thread. */
unsigned rs_endpoint_relogins(const struct rs_endpoint *e);
/* Whether "NAME=value" of an environment is a password of e. */
bool rs_endpoint_is_password(const struct rs_endpoint *e, const char *item);
/* "rm-src (10.0.0.11:3306)", "127.0.0.1:3306", "/run/mysqld.sock": for people; malloc'ed. Reads no file. */
char *rs_endpoint_text(const struct rs_endpoint *e);

/* The password, from wherever it comes; may leave it unset (there is none). Blocks for a password_command, at most 10
 * seconds; not for the UI's thread. RS_E_SECRET: not there, or not kept safely. */
enum rs_rc rs_endpoint_password(const struct rs_endpoint *e, struct rs_secret *password, struct rs_err *err)
	RS_MUST_CHECK;
/* Everything a connection needs: the endpoint's own words first, then the registry's for its instance, then the option
 * file's. Blocks like rs_endpoint_password. RS_E_TASK_INVALID: an instance that the registry does not know. */
enum rs_rc rs_endpoint_login(const struct rs_endpoint *e, struct rs_login *login, struct rs_err *err) RS_MUST_CHECK;
void rs_login_release(struct rs_login *l);

#endif
