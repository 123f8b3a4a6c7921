#include "db/pg_error.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

/* A whole state, or the two letters of its class. The first that fits counts. */
static const struct {
	const char *state;
	struct rs_pg_meaning meaning;
} meanings[] = {
	{"28P01", {RS_E_CONN_AUTH, RS_RETRY_NEVER, N_("Check account and password")}},
	{"28", {RS_E_CONN_DENIED, RS_RETRY_NEVER, N_("Allow the account from this host in pg_hba.conf, or in the whitelist of the instance, and "
	                                             "look whether it asks for SSL")}},
	{"3D000", {RS_E_CONN_DENIED, RS_RETRY_NEVER, N_("Check the name of the database, whose case counts, or create it")}},
	{"53300", {RS_E_CONN_BUSY, RS_RETRY_LATER, N_("Raise max_connections at the server, or end sessions that nobody needs")}},
	{"57P03", {RS_E_CONN_REFUSED, RS_RETRY_LATER, N_("The server is starting, stopping or recovering: try again when it is done")}},
	{"42501", {RS_E_SQL_DENIED, RS_RETRY_NEVER, N_("Grant the account the privilege that the server names")}},
	{"40P01", {RS_E_SQL_DEADLOCK, RS_RETRY_NOW, NULL}},
	{"40001", {RS_E_SQL_DEADLOCK, RS_RETRY_NOW, NULL}},
	{"23505", {RS_E_DEST_DUPLICATE, RS_RETRY_NEVER, NULL}},
	{"22", {RS_E_DEST_DATA, RS_RETRY_NEVER, NULL}},
	{"25006", {RS_E_DEST_READ_ONLY, RS_RETRY_LATER, N_("The server only reads: is it a standby, or was it made so?")}},
	{"53100", {RS_E_DEST_FULL, RS_RETRY_LATER, N_("Free space at the server")}},
	{"55P03", {RS_E_SQL_DEADLOCK, RS_RETRY_NOW, NULL}},
	{"57P", {RS_E_CONN_LOST, RS_RETRY_RECONNECT, NULL}},
	{"08", {RS_E_CONN_LOST, RS_RETRY_RECONNECT, NULL}},
	{"53", {RS_E_SQL, RS_RETRY_LATER, NULL}},
};
enum { N_MEANINGS = sizeof meanings / sizeof *meanings };

#define LISTENS N_("Check that the server runs, and the address and port")
#define REACHES N_("Check the host name, and the network")
#define SPEAKS N_("Check that this is the port of a server of the PostgreSQL family")
#define ENCRYPTS N_("Check the CA certificate, the host name in the server's certificate, and that the server has ssl = on")

static bool says(const char *text, int number)
{
	char room[128];

	return strstr(text, strerror_r(number, room, sizeof room)) != NULL;
}

static struct rs_pg_meaning unsaid(enum rs_pg_stage stage, const char *text)
{
	switch (stage) {
	case RS_PG_REACHING:
		if (says(text, ECONNREFUSED) || says(text, ENOENT))
			return (struct rs_pg_meaning){RS_E_CONN_REFUSED, RS_RETRY_LATER, LISTENS};
		return (struct rs_pg_meaning){RS_E_CONN_HOST, RS_RETRY_LATER, REACHES};
	case RS_PG_ENCRYPTING:
		return (struct rs_pg_meaning){RS_E_CONN_TLS, RS_RETRY_NEVER, ENCRYPTS};
	case RS_PG_LOGGING_IN:
		return (struct rs_pg_meaning){RS_E_CONN_REFUSED, RS_RETRY_LATER, SPEAKS};
	case RS_PG_ASKING:
		break;
	}
	return (struct rs_pg_meaning){RS_E_CONN_LOST, RS_RETRY_RECONNECT, NULL};
}

struct rs_pg_meaning rs_pg_error_meaning(const char *sqlstate, enum rs_pg_stage stage, const char *text)
{
	for (size_t i = 0; *sqlstate && i < N_MEANINGS; i++)
		if (strncmp(sqlstate, meanings[i].state, strlen(meanings[i].state)) == 0)
			return meanings[i].meaning;
	if (*sqlstate)
		return (struct rs_pg_meaning){RS_E_SQL, RS_RETRY_NEVER, NULL};
	return unsaid(stage, text);
}

/* "FATAL:  28P01: …": the word before it is the server's own. */
const char *rs_pg_error_state(const char *text, char state[6])
{
	const char *at = text;

	state[0] = '\0';
	while ((at = strstr(at, ":  "))) {
		size_t n = 0;

		at += 3;
		while (n < 5 && (isupper((unsigned char)at[n]) || isdigit((unsigned char)at[n])))
			n++;
		if (n < 5 || at[5] != ':')
			continue;
		memcpy(state, at, 5);
		state[5] = '\0';
		return at;
	}
	return text;
}
