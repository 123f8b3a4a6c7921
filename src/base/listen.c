#include "base/listen.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include "base/size.h"

static bool parse_4(const char *host, uint16_t port, struct sockaddr_storage *address, socklen_t *len)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port)};

	if (inet_pton(AF_INET, host, &a.sin_addr) != 1)
		return false;
	memcpy(address, &a, sizeof a);
	*len = sizeof a;
	return true;
}

static bool parse_6(const char *host, uint16_t port, struct sockaddr_storage *address, socklen_t *len)
{
	struct sockaddr_in6 a = {.sin6_family = AF_INET6, .sin6_port = htons(port)};

	if (inet_pton(AF_INET6, host, &a.sin6_addr) != 1)
		return false;
	memcpy(address, &a, sizeof a);
	*len = sizeof a;
	return true;
}

bool rs_listen_address(const char *text, struct sockaddr_storage *address, socklen_t *len)
{
	const char *colon = strrchr(text, ':');
	char host[INET6_ADDRSTRLEN + 2];
	size_t n = colon ? (size_t)(colon - text) : 0;
	uint64_t port;

	memset(address, 0, sizeof *address);
	if (n == 0 || n >= sizeof host || !rs_number_parse(colon + 1, &port) || port == 0 || port > UINT16_MAX)
		return false;
	memcpy(host, text, n);
	host[n] = '\0';
	if (host[0] != '[')
		return parse_4(host, (uint16_t)port, address, len);
	if (host[n - 1] != ']')
		return false;
	host[n - 1] = '\0';
	return parse_6(host + 1, (uint16_t)port, address, len);
}

bool rs_listen_is_local(const struct sockaddr_storage *address)
{
	struct sockaddr_in a4;
	struct sockaddr_in6 a6;

	if (address->ss_family == AF_INET) {
		memcpy(&a4, address, sizeof a4);
		return ntohl(a4.sin_addr.s_addr) >> 24 == 127;
	}
	memcpy(&a6, address, sizeof a6);
	return IN6_IS_ADDR_LOOPBACK(&a6.sin6_addr);
}
