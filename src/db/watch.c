#include "db/watch.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include "base/mem.h"
#include "base/thread.h"

enum { KEEPALIVE_IDLE = 8, KEEPALIVE_INTERVAL = 4, KEEPALIVE_PROBES = 3 }; /* together RS_CONN_SILENCE */

struct watched {
	int fd;
	rs_usec unanswered; /* since when what it sent is sent again; 0: it is not */
};

static struct {
	pthread_mutex_t lock; /* guards the rest */
	struct watched *list;
	size_t n, cap;
	struct rs_thread thread;
	struct rs_cancel end;
} watch = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void set_keepalive(int fd)
{
	const int on = 1, idle = KEEPALIVE_IDLE, interval = KEEPALIVE_INTERVAL, probes = KEEPALIVE_PROBES;

	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof idle);
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval, sizeof interval);
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof probes);
}

/* A peer that is alive acknowledges what is sent again, also where it does not read it. */
static void look_at(struct watched *w, rs_usec now)
{
	struct tcp_info info;
	socklen_t size = sizeof info;

	if (getsockopt(w->fd, IPPROTO_TCP, TCP_INFO, &info, &size) != 0 || info.tcpi_retransmits == 0 || info.tcpi_unacked == 0) {
		w->unanswered = 0;
		return;
	}
	if (w->unanswered == 0)
		w->unanswered = now;
	if (now - w->unanswered >= RS_CONN_SILENCE * RS_USEC_PER_SEC)
		shutdown(w->fd, SHUT_RDWR);
}

static void *look_after_them(void *arg)
{
	(void)arg;
	while (!rs_cancel_sleep(&watch.end, RS_USEC_PER_SEC)) {
		pthread_mutex_lock(&watch.lock);
		for (size_t i = 0; i < watch.n; i++)
			look_at(&watch.list[i], rs_clock_mono());
		pthread_mutex_unlock(&watch.lock);
	}
	return NULL;
}

void rs_conn_watch(int fd)
{
	set_keepalive(fd);
	pthread_mutex_lock(&watch.lock);
	RS_GROW(watch.list, watch.n, watch.cap);
	watch.list[watch.n++] = (struct watched){.fd = fd};
	if (!watch.thread.running) {
		rs_cancel_init(&watch.end);
		if (!rs_thread_start(&watch.thread, "peers", look_after_them, NULL))
			rs_cancel_release(&watch.end); /* the kernel's own patience must do */
	}
	pthread_mutex_unlock(&watch.lock);
}

void rs_conn_unwatch(int fd)
{
	pthread_mutex_lock(&watch.lock);
	for (size_t i = 0; i < watch.n; i++)
		if (watch.list[i].fd == fd)
			watch.list[i--] = watch.list[--watch.n];
	pthread_mutex_unlock(&watch.lock);
}

void rs_conn_watch_end(void)
{
	pthread_mutex_lock(&watch.lock);
	bool running = watch.thread.running;
	pthread_mutex_unlock(&watch.lock);
	if (running) {
		rs_cancel_set(&watch.end);
		rs_thread_join(&watch.thread);
		rs_cancel_release(&watch.end);
	}
	free(watch.list);
	watch.list = NULL;
	watch.n = watch.cap = 0;
}
