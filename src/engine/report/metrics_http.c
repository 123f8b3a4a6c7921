#include "engine/report/metrics_http.h"

#include <errno.h>
#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include "base/i18n.h"
#include "base/listen.h"
#include "base/log.h"
#include "base/mem.h"
#include "engine/report/metrics.h"

#define READERS_MAX 8
#define READER_SECONDS 5
#define READER_MEMORY ((size_t)16 * 1024) /* for a request's head */

struct rs_metrics_http {
	const struct rs_task *task;
	const struct rs_progress *(*progress)(void *arg);
	void *arg;
	struct MHD_Daemon *daemon;
};

static enum MHD_Result respond(struct MHD_Connection *c, unsigned status, const char *text, size_t len)
{
	/* The library only reads what it is told to copy. */
	struct MHD_Response *r = MHD_create_response_from_buffer(len, (void *)(uintptr_t)text, MHD_RESPMEM_MUST_COPY);
	enum MHD_Result result;

	if (!r)
		return MHD_NO;
	MHD_add_response_header(r, "Content-Type", "text/plain; version=0.0.4; charset=utf-8");
	MHD_add_response_header(r, "Connection", "close");
	if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
		MHD_add_response_header(r, "Allow", "GET, HEAD");
	result = MHD_queue_response(c, status, r);
	MHD_destroy_response(r);
	return result;
}

static enum MHD_Result respond_metrics(const struct rs_metrics_http *h, struct MHD_Connection *c)
{
	const struct rs_progress *p = h->progress(h->arg);
	struct rs_buf text = RS_BUF_INIT;
	enum MHD_Result result;

	rs_metrics_text(&text, h->task, p);
	rs_progress_unref(p);
	result = respond(c, MHD_HTTP_OK, rs_buf_str(&text), text.len);
	rs_buf_release(&text);
	return result;
}

static enum MHD_Result on_request(void *arg, struct MHD_Connection *c, const char *url, const char *method,
                                  const char *version, const char *upload, size_t *upload_size, void **state)
{
	static const char not_found[] = "see /metrics\n", not_allowed[] = "only GET\n";

	(void)version;
	(void)upload;
	(void)upload_size;
	(void)state;
	if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0)
		return respond(c, MHD_HTTP_METHOD_NOT_ALLOWED, not_allowed, sizeof not_allowed - 1);
	if (strcmp(url, "/metrics") != 0)
		return respond(c, MHD_HTTP_NOT_FOUND, not_found, sizeof not_found - 1);
	return respond_metrics(arg, c);
}

static enum rs_rc start(struct rs_metrics_http *h, struct rs_err *err)
{
	struct sockaddr_storage address;
	socklen_t len;
	const struct sockaddr *a = (const struct sockaddr *)&address;
	unsigned flags = MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_POLL;

	if (!rs_listen_address(h->task->metrics_listen, &address, &len))
		return rs_err_set(err, RS_E_TASK_INVALID, _("\"%s\" is no address to listen at"), h->task->metrics_listen);
	if (address.ss_family == AF_INET6)
		flags |= MHD_USE_IPv6;
	errno = 0;
	h->daemon = MHD_start_daemon(flags, 0, NULL, NULL, on_request, h, MHD_OPTION_SOCK_ADDR, a,
	                             MHD_OPTION_CONNECTION_LIMIT, (unsigned)READERS_MAX, MHD_OPTION_CONNECTION_TIMEOUT,
	                             (unsigned)READER_SECONDS, MHD_OPTION_CONNECTION_MEMORY_LIMIT, READER_MEMORY, MHD_OPTION_END);
	if (h->daemon)
		return RS_OK;
	return rs_err_sys(err, RS_E_IO, errno, _("can't listen at %s for readers of the metrics"), h->task->metrics_listen);
}

struct rs_metrics_http *rs_metrics_http_open(const struct rs_task *task, const struct rs_progress *(*progress)(void *arg),
                                             void *arg, struct rs_err *err)
{
	struct rs_metrics_http *h = rs_xcalloc(1, sizeof *h);

	*h = (struct rs_metrics_http){.task = task, .progress = progress, .arg = arg};
	if (start(h, err) == RS_OK) {
		rs_log(RS_LOG_INFO, "metrics over HTTP at=%s", task->metrics_listen);
		return h;
	}
	free(h);
	return NULL;
}

void rs_metrics_http_close(struct rs_metrics_http *h)
{
	if (!h)
		return;
	MHD_stop_daemon(h->daemon);
	free(h);
}
