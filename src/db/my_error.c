#include "db/my_error.h"

#include <errno.h>
#include "base/i18n.h"

/* One number. Where the two sides differ, dest is the code on the destination; 0: the same as on the source. */
struct row {
	unsigned native;
	enum rs_errc source, dest;
	enum rs_retry retry;
	const char *hint;
};

static const char hint_password[] = N_("Check the account and its password; the account must be allowed to connect from "
                                       "this machine's address");
static const char hint_plugin[] = N_("The account uses an authentication method that this client does not offer; use "
                                     "caching_sha2_password, mysql_native_password or ed25519");
static const char hint_host[] = N_("Check the host name or address, and the route to it");
static const char hint_busy[] = N_("Wait until connections are free, or raise max_connections at the server or the "
                                   "account's limit");
static const char hint_lost[] = N_("It is tried again while the retry time lasts");
static const char hint_space[] = N_("Make room on the server: the task goes on by itself while its retry time lasts, "
                                 "afterwards resume it");
static const char hint_read_only[] = N_("Make the server writable (SET GLOBAL read_only=0), or name the primary server");
static const char hint_packet[] = N_("Raise max_allowed_packet at the server");
static const char hint_grant[] = N_("Grant the privilege to the account; the precheck names the statement");
static const char hint_purged[] = N_("The log that is needed was purged at the source: the tables must be copied again");

static const struct row table[] = {
	/* what the client library reports */
	{2005, RS_E_CONN_HOST, 0, RS_RETRY_LATER, hint_host},
	{2006, RS_E_CONN_LOST, 0, RS_RETRY_RECONNECT, hint_lost},
	{2007, RS_E_CONN_REFUSED, 0, RS_RETRY_NEVER, N_("What answers at this port is not a MySQL or MariaDB server")},
	{2012, RS_E_CONN_REFUSED, 0, RS_RETRY_NEVER, N_("What answers at this port is not a MySQL or MariaDB server")},
	{2013, RS_E_CONN_LOST, 0, RS_RETRY_RECONNECT, hint_lost},
	{2020, RS_E_SQL, 0, RS_RETRY_NEVER, hint_packet},
	{2027, RS_E_CONN_LOST, 0, RS_RETRY_RECONNECT, NULL},
	{2049, RS_E_CONN_AUTH, 0, RS_RETRY_NEVER, N_("The account has a password of the format before MySQL 4.1: set it again")},
	{2055, RS_E_CONN_LOST, 0, RS_RETRY_RECONNECT, hint_lost},
	{2059, RS_E_CONN_AUTH, 0, RS_RETRY_NEVER, hint_plugin},
	{2061, RS_E_CONN_AUTH, 0, RS_RETRY_NEVER, hint_plugin},
	{5010, RS_E_CONN_AUTH, 0, RS_RETRY_NEVER, N_("The server asks for the password unencrypted, which it gets only over SSL "
	                                            "with a CA")},
	{5012, RS_E_CONN_AUTH, 0, RS_RETRY_NEVER, hint_plugin},
	{5013, RS_E_CONN_LOST, 0, RS_RETRY_RECONNECT, hint_lost},
	{5014, RS_E_CONN_LOST, 0, RS_RETRY_RECONNECT, hint_lost},
	{5015, RS_E_CONN_LOST, 0, RS_RETRY_RECONNECT, NULL},
	/* connecting */
	{1040, RS_E_CONN_BUSY, 0, RS_RETRY_LATER, hint_busy},
	{1043, RS_E_CONN_REFUSED, 0, RS_RETRY_LATER, NULL},
	{1129, RS_E_CONN_DENIED, 0, RS_RETRY_NEVER, N_("The server has blocked this host after failed connections: execute "
	                                              "FLUSH HOSTS there (MySQL 8.0.23 and later: TRUNCATE "
	                                              "performance_schema.host_cache)")},
	{1130, RS_E_CONN_DENIED, 0, RS_RETRY_NEVER, N_("No account of the server may connect from this machine's address")},
	{1203, RS_E_CONN_BUSY, 0, RS_RETRY_LATER, hint_busy},
	{1226, RS_E_CONN_BUSY, 0, RS_RETRY_LATER, hint_busy},
	{1251, RS_E_CONN_AUTH, 0, RS_RETRY_NEVER, hint_plugin},
	{1275, RS_E_CONN_AUTH, 0, RS_RETRY_NEVER, N_("The account has a password of the format before MySQL 4.1: set it again")},
	{1524, RS_E_CONN_AUTH, 0, RS_RETRY_NEVER, hint_plugin},
	{1698, RS_E_CONN_AUTH, 0, RS_RETRY_NEVER, N_("The account authenticates by the operating system's user: use an account "
	                                            "with a password")},
	{1820, RS_E_CONN_AUTH, 0, RS_RETRY_NEVER, N_("The account's password has expired: set it again")},
	{1862, RS_E_CONN_AUTH, 0, RS_RETRY_NEVER, N_("The account's password has expired: set it again")},
	{3118, RS_E_CONN_AUTH, 0, RS_RETRY_NEVER, N_("The account is locked: ALTER USER … ACCOUNT UNLOCK")},
	{3955, RS_E_CONN_AUTH, 0, RS_RETRY_NEVER, N_("The account is locked: ALTER USER … ACCOUNT UNLOCK")},
	{4151, RS_E_CONN_AUTH, 0, RS_RETRY_NEVER, N_("The account is locked: ALTER USER … ACCOUNT UNLOCK")},
	{3159, RS_E_CONN_TLS, 0, RS_RETRY_NEVER, N_("The server takes only encrypted connections: choose SSL as the connection "
	                                           "method")},
	/* the session ends */
	{1053, RS_E_CONN_LOST, 0, RS_RETRY_RECONNECT, hint_lost},
	{1077, RS_E_CONN_LOST, 0, RS_RETRY_RECONNECT, hint_lost},
	{1079, RS_E_CONN_LOST, 0, RS_RETRY_RECONNECT, hint_lost},
	{1080, RS_E_CONN_LOST, 0, RS_RETRY_RECONNECT, hint_lost},
	{1152, RS_E_CONN_LOST, 0, RS_RETRY_RECONNECT, hint_lost},
	{1156, RS_E_CONN_LOST, 0, RS_RETRY_RECONNECT, hint_lost},
	{1157, RS_E_CONN_LOST, 0, RS_RETRY_RECONNECT, hint_lost},
	{1158, RS_E_CONN_LOST, 0, RS_RETRY_RECONNECT, hint_lost},
	{1159, RS_E_CONN_LOST, 0, RS_RETRY_RECONNECT, hint_lost},
	{1160, RS_E_CONN_LOST, 0, RS_RETRY_RECONNECT, hint_lost},
	{1161, RS_E_CONN_LOST, 0, RS_RETRY_RECONNECT, hint_lost},
	{1184, RS_E_CONN_LOST, 0, RS_RETRY_RECONNECT, hint_lost},
	{1927, RS_E_CONN_LOST, 0, RS_RETRY_RECONNECT, hint_lost},
	{3169, RS_E_CONN_LOST, 0, RS_RETRY_RECONNECT, hint_lost},
	{4031, RS_E_CONN_LOST, 0, RS_RETRY_RECONNECT, hint_lost},
	/* trying the same again helps */
	{1020, RS_E_SQL_DEADLOCK, 0, RS_RETRY_NOW, NULL},
	{1205, RS_E_SQL_DEADLOCK, 0, RS_RETRY_NOW, NULL},
	{1206, RS_E_SQL_DEADLOCK, 0, RS_RETRY_LATER, NULL},
	{1213, RS_E_SQL_DEADLOCK, 0, RS_RETRY_NOW, NULL},
	{1317, RS_E_SQL, 0, RS_RETRY_NOW, NULL},
	{1614, RS_E_SQL_DEADLOCK, 0, RS_RETRY_NOW, NULL},
	{1969, RS_E_SQL, 0, RS_RETRY_NOW, NULL},
	{3024, RS_E_SQL, 0, RS_RETRY_NOW, NULL},
	{3058, RS_E_SQL_DEADLOCK, 0, RS_RETRY_NOW, NULL},
	{3101, RS_E_SQL_DEADLOCK, 0, RS_RETRY_NOW, NULL},
	{3572, RS_E_SQL_DEADLOCK, 0, RS_RETRY_NOW, NULL},
	/* waiting helps */
	{1037, RS_E_SQL, 0, RS_RETRY_LATER, NULL},
	{1038, RS_E_SQL, 0, RS_RETRY_LATER, NULL},
	{1041, RS_E_SQL, 0, RS_RETRY_LATER, NULL},
	{1047, RS_E_SQL, 0, RS_RETRY_LATER, N_("A node of a cluster that is not ready yet says this too")},
	{1135, RS_E_CONN_BUSY, 0, RS_RETRY_LATER, hint_busy},
	{1412, RS_E_SQL, 0, RS_RETRY_LATER, N_("A table was rebuilt under a snapshot, which is opened anew")},
	{1637, RS_E_SQL, 0, RS_RETRY_LATER, NULL},
	{3100, RS_E_SQL, 0, RS_RETRY_LATER, NULL},
	/* no space */
	{3, RS_E_SQL, RS_E_DEST_FULL, RS_RETRY_LATER, hint_space},
	{20, RS_E_SQL, RS_E_DEST_FULL, RS_RETRY_LATER, hint_space},
	{28, RS_E_SQL, RS_E_DEST_FULL, RS_RETRY_LATER, hint_space},
	{1021, RS_E_SQL, RS_E_DEST_FULL, RS_RETRY_LATER, hint_space},
	{1114, RS_E_SQL, RS_E_DEST_FULL, RS_RETRY_LATER, hint_space},
	{3019, RS_E_SQL, RS_E_DEST_FULL, RS_RETRY_LATER, hint_space},
	/* read-only servers */
	{1036, RS_E_SQL, RS_E_DEST_READ_ONLY, RS_RETRY_LATER, hint_read_only},
	{1792, RS_E_SQL, RS_E_DEST_READ_ONLY, RS_RETRY_LATER, hint_read_only},
	{1836, RS_E_SQL, RS_E_DEST_READ_ONLY, RS_RETRY_LATER, hint_read_only},
	{1874, RS_E_SQL, RS_E_DEST_READ_ONLY, RS_RETRY_LATER, hint_read_only},
	/* privileges */
	{1044, RS_E_SQL_DENIED, 0, RS_RETRY_NEVER, hint_grant},
	{1095, RS_E_SQL_DENIED, 0, RS_RETRY_NEVER, hint_grant},
	{1142, RS_E_SQL_DENIED, 0, RS_RETRY_NEVER, hint_grant},
	{1143, RS_E_SQL_DENIED, 0, RS_RETRY_NEVER, hint_grant},
	{1227, RS_E_SQL_DENIED, 0, RS_RETRY_NEVER, hint_grant},
	{1345, RS_E_SQL_DENIED, 0, RS_RETRY_NEVER, hint_grant},
	{1370, RS_E_SQL_DENIED, 0, RS_RETRY_NEVER, hint_grant},
	{1419, RS_E_SQL_DENIED, 0, RS_RETRY_NEVER, N_("SET GLOBAL log_bin_trust_function_creators=1 at the server, or grant the "
	                                              "account SUPER")},
	/* objects and rows */
	{1049, RS_E_SOURCE_TABLE_GONE, RS_E_DEST_TABLE_MISSING, RS_RETRY_NEVER, NULL},
	{1146, RS_E_SOURCE_TABLE_GONE, RS_E_DEST_TABLE_MISSING, RS_RETRY_NEVER, NULL},
	{1050, RS_E_SQL, RS_E_DEST_TABLE_EXISTS, RS_RETRY_NEVER, NULL},
	{1054, RS_E_SQL, RS_E_DEST_COLUMN, RS_RETRY_NEVER, NULL},
	{1136, RS_E_SQL, RS_E_DEST_COLUMN, RS_RETRY_NEVER, NULL},
	{1022, RS_E_SQL, RS_E_DEST_DUPLICATE, RS_RETRY_NEVER, NULL},
	{1062, RS_E_SQL, RS_E_DEST_DUPLICATE, RS_RETRY_NEVER, NULL},
	{1586, RS_E_SQL, RS_E_DEST_DUPLICATE, RS_RETRY_NEVER, NULL},
	{1048, RS_E_SQL, RS_E_DEST_DATA, RS_RETRY_NEVER, NULL},
	{1264, RS_E_SQL, RS_E_DEST_DATA, RS_RETRY_NEVER, NULL},
	{1265, RS_E_SQL, RS_E_DEST_DATA, RS_RETRY_NEVER, NULL},
	{1292, RS_E_SQL, RS_E_DEST_DATA, RS_RETRY_NEVER, NULL},
	{1364, RS_E_SQL, RS_E_DEST_DATA, RS_RETRY_NEVER, NULL},
	{1366, RS_E_SQL, RS_E_DEST_DATA, RS_RETRY_NEVER, NULL},
	{1367, RS_E_SQL, RS_E_DEST_DATA, RS_RETRY_NEVER, NULL},
	{1406, RS_E_SQL, RS_E_DEST_DATA, RS_RETRY_NEVER, NULL},
	{1411, RS_E_SQL, RS_E_DEST_DATA, RS_RETRY_NEVER, NULL},
	{1416, RS_E_SQL, RS_E_DEST_DATA, RS_RETRY_NEVER, NULL},
	{1451, RS_E_SQL, RS_E_DEST_DATA, RS_RETRY_NEVER, NULL},
	{1452, RS_E_SQL, RS_E_DEST_DATA, RS_RETRY_NEVER, NULL},
	{1526, RS_E_SQL, RS_E_DEST_DATA, RS_RETRY_NEVER, NULL},
	{3140, RS_E_SQL, RS_E_DEST_DATA, RS_RETRY_NEVER, NULL},
	{3144, RS_E_SQL, RS_E_DEST_DATA, RS_RETRY_NEVER, NULL},
	{3819, RS_E_SQL, RS_E_DEST_DATA, RS_RETRY_NEVER, NULL},
	{4025, RS_E_SQL, RS_E_DEST_DATA, RS_RETRY_NEVER, NULL},
	{1288, RS_E_SQL, RS_E_DEST_DATA, RS_RETRY_NEVER, NULL}, /* a view that can't be updated, and a column of it */
	{1348, RS_E_SQL, RS_E_DEST_DATA, RS_RETRY_NEVER, NULL},
	{1471, RS_E_SQL, RS_E_DEST_DATA, RS_RETRY_NEVER, NULL},
	{1442, RS_E_SQL, RS_E_DEST_DATA, RS_RETRY_NEVER, NULL}, /* by a trigger of its own table */
	{1748, RS_E_SQL, RS_E_DEST_DATA, RS_RETRY_NEVER, NULL}, /* of another partition */
	{1906, RS_E_SQL, RS_E_DEST_DATA, RS_RETRY_NEVER, NULL}, /* a generated column */
	{3105, RS_E_SQL, RS_E_DEST_DATA, RS_RETRY_NEVER, NULL},
	{1153, RS_E_SQL, 0, RS_RETRY_NEVER, hint_packet},
	/* the binary log */
	{1373, RS_E_BINLOG_PURGED, RS_E_SQL, RS_RETRY_NEVER, hint_purged},
	{1381, RS_E_BINLOG_OFF, RS_E_SQL, RS_RETRY_NEVER, N_("Set log_bin in the source's configuration and restart it")},
};

/* The operating system's error number in "… (111)" at the end of the library's texts; 0 where there is none. */
static int system_errno(const char *text)
{
	const char *paren = strrchr(text, '(');
	char *end;
	long n;

	if (!paren)
		return 0;
	n = strtol(paren + 1, &end, 10);
	return end != paren + 1 && *end == ')' && n > 0 && n < 4096 ? (int)n : 0;
}

/* 2002 and 2003: no connection was made. */
static struct rs_my_meaning cannot_connect(const char *text)
{
	switch (system_errno(text)) {
	case ETIMEDOUT:
	case EINPROGRESS:
	case EALREADY:
	case EAGAIN:
		return (struct rs_my_meaning){RS_E_CONN_TIMEOUT, RS_RETRY_LATER,
		                              N_("Check the address and port, and whether a firewall drops the packets")};
	case EHOSTUNREACH:
	case ENETUNREACH:
	case EADDRNOTAVAIL:
	case EHOSTDOWN:
		return (struct rs_my_meaning){RS_E_CONN_HOST, RS_RETRY_LATER, hint_host};
	case EACCES:
		return (struct rs_my_meaning){RS_E_CONN_REFUSED, RS_RETRY_NEVER,
		                              N_("This user may not use the server's socket file")};
	default:
		return (struct rs_my_meaning){RS_E_CONN_REFUSED, RS_RETRY_LATER,
		                              N_("Check that the server runs and listens at this address and port")};
	}
}

/* 2026: no encrypted connection. OpenSSL's texts tell an old server from one whose certificate is not trusted. */
static struct rs_my_meaning no_tls(const char *text)
{
	const char *hint = N_("Check the CA, client certificate and key");

	if (strstr(text, "does not support it"))
		hint = N_("The server offers no encrypted connections: set ssl_cert and ssl_key there, or choose No SSL");
	else if (strstr(text, "unsupported protocol") || strstr(text, "wrong version number") ||
	         strstr(text, "tlsv1 alert protocol version") || strstr(text, "internal error") ||
	         strstr(text, "dh key too small") || strstr(text, "unsafe legacy") || strstr(text, "unexpected eof"))
		hint = N_("The server offers only TLS 1.0 or 1.1 (as MySQL 5.6 does) or a key that is too weak, which this "
		          "machine's OpenSSL refuses: choose No SSL on a trusted network, or go through an encrypted tunnel");
	else if (strstr(text, "ertificate") || strstr(text, "verification") || strstr(text, "Validation"))
		hint = N_("The server's certificate is not signed by the given CA, has expired, or was made for another host "
		          "name");
	return (struct rs_my_meaning){RS_E_CONN_TLS, RS_RETRY_NEVER, hint};
}

/* What a log is like that is asked for, or the place in it; the other reasons are the server's memory, its files or the way. */
static const char *const ended_for_good[] = {"position > file size", "impossible position", "not open", "max_allowed_packet",
                                             "checksum", "crc check", "bogus data", "GTID"};

/* 1236, and 4052 of newer MariaDB: whatever ends a binary log dump. */
static struct rs_my_meaning dump_ended(const char *text)
{
	if (strstr(text, "purged") || strstr(text, "Could not find first log file") || strstr(text, "too old"))
		return (struct rs_my_meaning){RS_E_BINLOG_PURGED, RS_RETRY_NEVER, hint_purged};
	if (strstr(text, "same server_uuid") || strstr(text, "same server_id"))
		return (struct rs_my_meaning){RS_E_SOURCE_PREREQ, RS_RETRY_LATER,
		                              N_("Another reader of the source's log uses the same server id")};
	for (size_t i = 0; i < sizeof ended_for_good / sizeof *ended_for_good; i++)
		if (strstr(text, ended_for_good[i]))
			return (struct rs_my_meaning){RS_E_SOURCE_PREREQ, RS_RETRY_NEVER, NULL};
	return (struct rs_my_meaning){RS_E_SOURCE_PREREQ, RS_RETRY_PERHAPS, NULL};
}

/* 1290: "running with the --X option so it cannot execute this statement". */
static struct rs_my_meaning refused_by_option(const char *text, bool destination)
{
	bool read_only = strstr(text, "read-only") || strstr(text, "read_only") || strstr(text, "READ ONLY");

	if (!read_only)
		return (struct rs_my_meaning){RS_E_SQL, RS_RETRY_NEVER, NULL};
	return (struct rs_my_meaning){destination ? RS_E_DEST_READ_ONLY : RS_E_SQL, RS_RETRY_LATER, hint_read_only};
}

/* Errors of a storage engine or a file carry the real reason as a number in their text. */
static struct rs_my_meaning storage(const char *text, bool destination)
{
	const enum rs_errc full = destination ? RS_E_DEST_FULL : RS_E_SQL;

	if (strstr(text, "error 28") || strstr(text, "rrno: 28") || strstr(text, "o space left"))
		return (struct rs_my_meaning){full, RS_RETRY_LATER, hint_space};
	if (strstr(text, "149") || strstr(text, "eadlock"))
		return (struct rs_my_meaning){RS_E_SQL_DEADLOCK, RS_RETRY_NOW, NULL};
	return (struct rs_my_meaning){RS_E_SQL, RS_RETRY_PERHAPS, NULL};
}

/* Classes of SQL states in which the statement or its values are at fault, or a trigger or routine that says no (45). HY, which
 * most numbers have, may be anything. */
static bool blames_statement(const char *sqlstate)
{
	static const char classes[][3] = {"01", "02", "0A", "20", "21", "22", "23", "2F", "38", "39", "3D", "3F", "42", "44", "45"};

	for (size_t i = 0; i < sizeof classes / sizeof *classes; i++)
		if (strncmp(sqlstate, classes[i], 2) == 0)
			return true;
	return false;
}

static struct rs_my_meaning from_table(unsigned native, const char *sqlstate, bool destination)
{
	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		if (table[i].native == native)
			return (struct rs_my_meaning){destination && table[i].dest ? table[i].dest : table[i].source,
			                              table[i].retry, table[i].hint};
	return (struct rs_my_meaning){RS_E_SQL, blames_statement(sqlstate) ? RS_RETRY_NEVER : RS_RETRY_PERHAPS, NULL};
}

struct rs_my_meaning rs_my_error_meaning(const struct rs_my_native *native, bool destination, bool connecting)
{
	const char *text = native->text;

	switch (native->number) {
	case 2002:
	case 2003:
	case 2004:
		return cannot_connect(text);
	case 2026:
		return no_tls(text);
	case 1045:
		if (connecting)
			return (struct rs_my_meaning){RS_E_CONN_AUTH, RS_RETRY_NEVER, hint_password};
		return (struct rs_my_meaning){RS_E_SQL_DENIED, RS_RETRY_NEVER, hint_grant};
	case 1044:
		if (connecting)
			return (struct rs_my_meaning){RS_E_CONN_DENIED, RS_RETRY_NEVER, hint_grant};
		break;
	case 1236:
	case 4052:
		return dump_ended(text);
	case 1290:
		return refused_by_option(text, destination);
	case 1026:
	case 1030:
	case 1180:
		return storage(text, destination);
	default:
		break;
	}
	return from_table(native->number, native->sqlstate, destination);
}
