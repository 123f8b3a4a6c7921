#include "base/redact.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

static const char mask[] = "***";

/* The ':' before the password of what follows "://"; NULL: there is none. */
static char *password_of(char *user)
{
	char *p = user + strcspn(user, ":/@'\"`<> \t\r\n");

	return *p == ':' && p > user ? p : NULL;
}

/* A number before the end or a path is a port. */
static bool is_port(const char *p)
{
	size_t n = strspn(p, "0123456789");

	return n > 0 && (p[n] == '\0' || strchr("/'\"`<> \t\r\n,;", p[n]) != NULL) && memchr(p, '@', strcspn(p, "'\"\n")) == NULL;
}

/* Where the password ends: before the '@', or where the text was cut off. NULL: it is none. */
static char *end_of(char *password)
{
	char *at = password + strcspn(password, "@\r\n");

	return is_port(password) || (*at != '@' && *at != '\0') ? NULL : at;
}

/* A short password makes the text longer than it was: then fewer stars do. */
static char *put_mask(char *from, char *to)
{
	size_t room = (size_t)(to - from), n = room < sizeof mask - 1 ? room : sizeof mask - 1;

	memcpy(from, mask, n);
	memmove(from + n, to, strlen(to) + 1);
	return from + n;
}

char *rs_redact(char *text)
{
	for (char *p = text; p && (p = strstr(p, "://"));) {
		char *colon = password_of(p + 3);
		char *end = colon ? end_of(colon + 1) : NULL;

		p = end ? put_mask(colon + 1, end) : p + 3;
	}
	return text;
}
