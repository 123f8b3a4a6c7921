/* Connections whose peer vanished without a word: no packet comes, no reset. The kernel's keepalive finds those that wait
 * for an answer; those that have sent something are looked at here, because the kernel alone would try for a quarter of an
 * hour, and TCP_USER_TIMEOUT would also end those whose peer is alive and only too busy to read. */
#ifndef RS_CONN_WATCH_H
#define RS_CONN_WATCH_H

#define RS_CONN_SILENCE 20 /* seconds without a sign of life: the connection is dead */

/* From any thread. Sets the socket's keepalive and has it watched, by a thread that is started with the first: whoever is
 * blocked on a dead one gets the error of a lost connection. Sockets that are not TCP's are left alone. */
void rs_conn_watch(int fd);
/* Before fd is closed. */
void rs_conn_unwatch(int fd);
/* Ends the thread; nothing is watched any more. */
void rs_conn_watch_end(void);

#endif
