/* "127.0.0.1:9187", "[::1]:9187": where to listen, by number. Names are not resolved: what they mean may change. */
#ifndef RS_LISTEN_H
#define RS_LISTEN_H

#include <stdbool.h>
#include <sys/socket.h>

/* False for anything else than an address and a port from 1 on. */
bool rs_listen_address(const char *text, struct sockaddr_storage *address, socklen_t *len);
/* Whether only this machine can reach it. */
bool rs_listen_is_local(const struct sockaddr_storage *address);

#endif
