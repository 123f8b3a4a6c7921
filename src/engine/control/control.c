#include "engine/control/control.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>
#include "base/buf.h"
#include "base/i18n.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/thread.h"
#include "engine/report/progress.h"
#include "engine/state.h"

#define CLIENTS_MAX 16
#define WORD_MAX 65536
#define LOOK_EVERY RS_MSEC(50)             /* at the snapshots, while an answer is owed */
#define SETTLE (10 * RS_USEC_PER_SEC)      /* for a failure that was there before a command to give way */

struct client {
	int fd;
	char in[WORD_MAX];      /* a line that has not ended yet */
	size_t n_in;
	bool owed;              /* an answer to command, given since */
	const struct rs_control_job *job; /* … to this; NULL: to a command */
	uint64_t ticket;        /* of the job */
	enum rs_command command;
	enum rs_state before;
	rs_usec since;          /* monotonic */
	struct rs_buf out;      /* not sent yet, from sent on */
	size_t sent;
};

struct rs_control {
	struct rs_control_ops ops;
	struct rs_task *task;
	int listen_fd, wake_fd;
	atomic_bool ending;
	struct rs_thread thread;
	struct client clients[CLIENTS_MAX]; /* the thread's own, like all below */
	size_t n_clients;
};

static const char *const words[] = {
	[RS_CMD_PAUSE] = "pause", [RS_CMD_RESUME] = "resume", [RS_CMD_STOP] = "stop", [RS_CMD_RELEASE] = "release"};

const char *rs_command_word(enum rs_command command)
{
	return words[command];
}

static bool parse_command(const char *word, enum rs_command *command)
{
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strcmp(word, words[i]) == 0) {
			*command = (enum rs_command)i;
			return true;
		}
	return false;
}

/* ------------------------------------------------------------------ answers */

static void answer(struct client *c, json_t *j)
{
	char *line = json_dumps(j, JSON_COMPACT);

	if (line) {
		rs_buf_adds(&c->out, line);
		rs_buf_addc(&c->out, '\n');
	}
	free(line);
	json_decref(j);
}

static void answer_ok(struct client *c)
{
	answer(c, json_pack("{s:b}", "ok", 1));
}

static void answer_error(struct client *c, const struct rs_err *err)
{
	json_t *j = rs_err_to_json(err);

	json_object_set_new(j, "ok", json_false());
	answer(c, j);
}

static void answer_status(struct rs_control *k, struct client *c)
{
	const struct rs_progress *p = k->ops.progress(k->ops.arg);
	json_t *j = json_object();

	json_object_set_new(j, "ok", json_true());
	json_object_set_new(j, "progress", rs_progress_to_private_json(p));
	answer(c, j);
	rs_progress_unref(p);
}

/* "4711 4712": serials of the pieces of tables that the other side has. */
static void answer_status_since(struct rs_control *k, struct client *c, const char *known)
{
	const struct rs_progress *p = k->ops.progress(k->ops.arg);
	uint64_t *has = NULL;
	size_t n = 0, cap = 0;
	json_t *j = json_object();
	char *end;

	for (const char *at = known;; at = end) {
		uint64_t serial = strtoull(at, &end, 10);

		if (end == at)
			break;
		RS_GROW(has, n, cap);
		has[n++] = serial;
	}
	json_object_set_new(j, "ok", json_true());
	json_object_set_new(j, "progress", rs_progress_head_to_json(p));
	json_object_set_new(j, "tables", rs_progress_tables_since(p, has, n));
	answer(c, j);
	free(has);
	rs_progress_unref(p);
}

static void answer_past(struct rs_control *k, struct client *c)
{
	json_t *j = json_object();

	json_object_set_new(j, "ok", json_true());
	json_object_set_new(j, "past", k->ops.past(k->ops.arg));
	answer(c, j);
}

static bool has_failed(enum rs_state s)
{
	return s == RS_STATE_FAILED || s == RS_STATE_INITIALIZE_FAILED;
}

static bool has_ended(enum rs_state s)
{
	return s == RS_STATE_FINISHED || s == RS_STATE_STOPPED || s == RS_STATE_RELEASED;
}

static bool is_at_work(enum rs_state s)
{
	return s == RS_STATE_INITIALIZING || s == RS_STATE_SYNCHRONIZING || s == RS_STATE_RETRYING;
}

enum effect { WAITING, TAKEN_UP, REFUSED };

/* Whether a state shows the effect of a command, or that there won't be one. */
static enum effect effect_of(const struct client *c, enum rs_state now)
{
	/* A failure that was there before may be about to go. */
	bool failed = has_failed(now) && (!has_failed(c->before) || rs_clock_mono() - c->since > SETTLE);

	switch (c->command) {
	case RS_CMD_PAUSE:
		return now == RS_STATE_PAUSED ? TAKEN_UP : has_failed(now) || has_ended(now) ? REFUSED : WAITING;
	case RS_CMD_RESUME:
		return is_at_work(now) ? TAKEN_UP : failed || has_ended(now) ? REFUSED : WAITING;
	case RS_CMD_STOP:
		return has_ended(now) ? TAKEN_UP : WAITING;
	case RS_CMD_RELEASE:
		return now == RS_STATE_RELEASED ? TAKEN_UP : failed || has_ended(now) ? REFUSED : WAITING;
	}
	return REFUSED;
}

static void refuse(struct rs_control *k, struct client *c, const struct rs_progress *p)
{
	struct rs_err err = RS_ERR_INIT;

	if (rs_err_is_set(&p->error))
		rs_err_copy(&err, &p->error);
	else
		rs_err_set(&err, RS_E_TASK_NOT_RUNNING, _("the task %s can't %s: its state is %s"), k->task->name,
		           rs_command_word(c->command), rs_state_code(p->state));
	answer_error(c, &err);
	rs_err_clear(&err);
}

/* last: this snapshot is the last there will be. */
static void settle(struct rs_control *k, struct client *c, const struct rs_progress *p, bool last)
{
	enum effect effect = effect_of(c, p->state);

	if (effect == WAITING && !last)
		return;
	c->owed = false;
	if (effect == TAKEN_UP || (effect == WAITING && c->command == RS_CMD_STOP))
		answer_ok(c);
	else
		refuse(k, c, p);
}

static void settle_job(struct rs_control *k, struct client *c, bool last)
{
	json_t *told = json_pack("{s:b}", "ok", 1);
	struct rs_err err = RS_ERR_INIT;
	bool over = c->job->look(k->ops.arg, c->ticket, told, &err);

	if (!over && !last) {
		json_decref(told);
		return;
	}
	if (!over) {
		c->job->forget(k->ops.arg, c->ticket);
		rs_err_set(&err, RS_E_CANCELLED, _("cancelled"));
	}
	c->owed = false;
	c->job = NULL;
	if (rs_err_is_set(&err)) {
		answer_error(c, &err);
		json_decref(told);
	} else {
		answer(c, told);
	}
	rs_err_clear(&err);
}

static void settle_all(struct rs_control *k, bool last)
{
	const struct rs_progress *p = k->ops.progress(k->ops.arg);

	for (size_t i = 0; i < k->n_clients; i++)
		if (k->clients[i].owed && k->clients[i].job != NULL)
			settle_job(k, &k->clients[i], last);
		else if (k->clients[i].owed)
			settle(k, &k->clients[i], p, last);
	rs_progress_unref(p);
}

/* ------------------------------------------------------------------ what clients say */

static void give_command(struct rs_control *k, struct client *c, enum rs_command command)
{
	const struct rs_progress *p = k->ops.progress(k->ops.arg);

	rs_log(RS_LOG_INFO, "command from another process task=%s command=%s", k->task->name, rs_command_word(command));
	c->owed = true;
	c->job = NULL;
	c->command = command;
	c->before = p->state;
	c->since = rs_clock_mono();
	rs_progress_unref(p);
	k->ops.command(k->ops.arg, command);
}

static void reload(struct rs_control *k, struct client *c)
{
	struct rs_err err = RS_ERR_INIT;

	if (k->ops.reload(k->ops.arg, &err) == RS_OK)
		answer_ok(c);
	else
		answer_error(c, &err);
	rs_err_clear(&err);
}

/* "repair {…}": the job, and what stands behind its word; NULL. */
static const struct rs_control_job *find_job(const struct rs_control *k, const char *line, const char **text)
{
	size_t n = strcspn(line, " ");

	for (size_t i = 0; k->ops.jobs != NULL && k->ops.jobs[i] != NULL; i++) {
		const struct rs_control_job *job = k->ops.jobs[i];
		if (strlen(job->word) != n || strncmp(job->word, line, n) != 0)
			continue;
		*text = line[n] ? line + n + 1 : "";
		return job;
	}
	return NULL;
}

static void start_job(struct rs_control *k, struct client *c, const struct rs_control_job *job, const char *text)
{
	struct rs_err err = RS_ERR_INIT;

	/* What it is about may be data of the user's. */
	rs_log(RS_LOG_INFO, "command from another process task=%s command=%s", k->task->name, job->word);
	c->ticket = job->start(k->ops.arg, text, &err);
	c->job = c->ticket > 0 ? job : NULL;
	c->owed = c->job != NULL;
	if (!c->owed)
		answer_error(c, &err);
	rs_err_clear(&err);
}

/* "17": the number of the newest line that the other side has. */
static void answer_log(struct client *c, const char *number)
{
	char *lines[RS_LOG_KEPT];
	uint64_t last = strtoull(number, NULL, 10);
	size_t n = rs_log_since(&last, lines, RS_LOG_KEPT);
	json_t *j = json_object(), *array = json_array();

	for (size_t i = 0; i < n; i++) {
		json_array_append_new(array, json_string(lines[i]));
		free(lines[i]);
	}
	json_object_set_new(j, "ok", json_true());
	json_object_set_new(j, "last", json_integer((json_int_t)last));
	json_object_set_new(j, "shared", json_boolean(rs_control_is_shared()));
	json_object_set_new(j, "lines", array);
	answer(c, j);
}

static void handle_word(struct rs_control *k, struct client *c, const char *word)
{
	struct rs_err err = RS_ERR_INIT;
	enum rs_command command;
	const char *text;
	const struct rs_control_job *job = find_job(k, word, &text);

	if (job != NULL) {
		start_job(k, c, job, text);
	} else if (strcmp(word, "status") == 0) {
		answer_status(k, c);
	} else if (strncmp(word, "status ", 7) == 0) {
		answer_status_since(k, c, word + 7);
	} else if (strcmp(word, "past") == 0) {
		answer_past(k, c);
	} else if (strncmp(word, "log ", 4) == 0) {
		answer_log(c, word + 4);
	} else if (strcmp(word, "reload") == 0) {
		reload(k, c);
	} else if (parse_command(word, &command)) {
		give_command(k, c, command);
	} else {
		rs_err_set(&err, RS_E_USAGE, _("there is no command of this name"));
		answer_error(c, &err);
		rs_err_clear(&err);
	}
}

/* False: hung up, or says what nobody says. */
static bool client_read(struct rs_control *k, struct client *c)
{
	ssize_t n = recv(c->fd, c->in + c->n_in, sizeof c->in - 1 - c->n_in, MSG_DONTWAIT);
	char *end;

	if (n <= 0)
		return n < 0 && (errno == EAGAIN || errno == EINTR);
	c->n_in += (size_t)n;
	c->in[c->n_in] = '\0';
	while (!c->owed && (end = strchr(c->in, '\n')) != NULL) {
		*end = '\0';
		handle_word(k, c, c->in);
		c->n_in -= (size_t)(end + 1 - c->in);
		memmove(c->in, end + 1, c->n_in + 1);
	}
	return c->n_in < sizeof c->in - 1;
}

static bool client_write(struct client *c)
{
	ssize_t n;

	if (c->sent == c->out.len)
		return true;
	n = send(c->fd, c->out.data + c->sent, c->out.len - c->sent, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (n < 0)
		return errno == EAGAIN || errno == EINTR;
	c->sent += (size_t)n;
	if (c->sent == c->out.len) {
		rs_buf_clear(&c->out);
		c->sent = 0;
	}
	return true;
}

static void client_drop(struct rs_control *k, size_t i)
{
	if (k->clients[i].job != NULL)
		k->clients[i].job->forget(k->ops.arg, k->clients[i].ticket);
	close(k->clients[i].fd);
	rs_buf_release(&k->clients[i].out);
	k->clients[i] = k->clients[--k->n_clients];
}

/* Only the user's own processes, and root's. */
static bool peer_is_welcome(int fd)
{
	struct ucred peer;
	socklen_t size = sizeof peer;

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && (peer.uid == geteuid() || peer.uid == 0);
}

static void accept_client(struct rs_control *k)
{
	int fd = accept4(k->listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0)
		return;
	if (k->n_clients == CLIENTS_MAX || !peer_is_welcome(fd)) {
		close(fd);
		return;
	}
	k->clients[k->n_clients] = (struct client){.fd = fd};
	rs_buf_init(&k->clients[k->n_clients++].out, RS_BUF_TEXT_MAX);
}

/* ------------------------------------------------------------------ the thread */

static bool anything_owed(const struct rs_control *k)
{
	for (size_t i = 0; i < k->n_clients; i++)
		if (k->clients[i].owed)
			return true;
	return false;
}

static nfds_t fill_polls(const struct rs_control *k, struct pollfd *polls)
{
	polls[0] = (struct pollfd){.fd = k->wake_fd, .events = POLLIN};
	polls[1] = (struct pollfd){.fd = k->listen_fd, .events = POLLIN};
	for (size_t i = 0; i < k->n_clients; i++) {
		const struct client *c = &k->clients[i];

		/* One that is owed an answer is not listened to, but poll tells when it hangs up. */
		polls[2 + i] = (struct pollfd){.fd = c->fd,
			.events = (short)((c->owed ? 0 : POLLIN) | (c->sent < c->out.len ? POLLOUT : 0))};
	}
	return (nfds_t)(2 + k->n_clients);
}

static void serve_clients(struct rs_control *k, const struct pollfd *polls)
{
	for (size_t i = k->n_clients; i-- > 0;) {
		short got = polls[2 + i].revents;
		struct client *c = &k->clients[i];
		bool stays = true;

		if (got & POLLIN)
			stays = client_read(k, c);
		else if (got & (POLLHUP | POLLERR | POLLNVAL))
			stays = false;
		if (!stays || !client_write(c))
			client_drop(k, i);
	}
}

/* The last answers, given half a second to leave. */
static void say_goodbye(struct rs_control *k)
{
	rs_usec until = rs_clock_mono() + RS_MSEC(500);

	settle_all(k, true);
	for (size_t i = k->n_clients; i-- > 0; client_drop(k, i)) {
		struct client *c = &k->clients[i];
		struct pollfd writable = {.fd = c->fd, .events = POLLOUT};

		while (client_write(c) && c->sent < c->out.len && rs_clock_mono() < until)
			poll(&writable, 1, 50);
	}
}

static void *control_main(void *arg)
{
	struct rs_control *k = arg;
	struct pollfd polls[2 + CLIENTS_MAX];

	while (!atomic_load(&k->ending)) {
		nfds_t n = fill_polls(k, polls);

		if (poll(polls, n, anything_owed(k) ? (int)(LOOK_EVERY / 1000) : -1) < 0 && errno != EINTR)
			break;
		serve_clients(k, polls);
		if (polls[1].revents & POLLIN)
			accept_client(k);
		if (anything_owed(k))
			settle_all(k, false);
		for (size_t i = k->n_clients; i-- > 0;)
			if (!client_write(&k->clients[i]))
				client_drop(k, i);
	}
	say_goodbye(k);
	return NULL;
}

static enum rs_rc control_start(struct rs_control *k, struct rs_err *err)
{
	k->listen_fd = rs_control_socket(k->task, RS_CONTROL_LISTEN);
	if (k->listen_fd < 0)
		return rs_err_sys(err, RS_E_STATE, errno, _("can't listen for commands to the task %s"), k->task->name);
	k->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (k->wake_fd < 0 || !rs_thread_start(&k->thread, "control", control_main, k))
		return rs_err_sys(err, RS_E_STATE, errno, _("can't start listening for commands"));
	return RS_OK;
}

static pthread_mutex_t ids_lock = PTHREAD_MUTEX_INITIALIZER; /* guards the next two */
static char first_id[40];      /* of the first task that this process ran */
static bool other_ids;

static void note_task(const struct rs_task *task)
{
	const char *id = task->id ? task->id : "";

	pthread_mutex_lock(&ids_lock);
	if (first_id[0] == '\0')
		snprintf(first_id, sizeof first_id, "%s", id);
	other_ids = other_ids || strcmp(first_id, id) != 0;
	pthread_mutex_unlock(&ids_lock);
}

bool rs_control_is_shared(void)
{
	pthread_mutex_lock(&ids_lock);
	bool shared = other_ids;
	pthread_mutex_unlock(&ids_lock);
	return shared;
}

struct rs_control *rs_control_open(const struct rs_task *task, const struct rs_control_ops *ops, struct rs_err *err)
{
	struct rs_control *k = rs_xcalloc(1, sizeof *k);

	note_task(task);
	k->ops = *ops;
	k->task = rs_task_copy(task);
	k->listen_fd = k->wake_fd = -1;
	if (control_start(k, err) == RS_OK)
		return k;
	rs_control_close(k);
	return NULL;
}

void rs_control_close(struct rs_control *k)
{
	uint64_t one = 1;
	char *path;

	if (!k)
		return;
	atomic_store(&k->ending, true);
	if (k->wake_fd >= 0 && write(k->wake_fd, &one, sizeof one) != sizeof one)
		rs_log(RS_LOG_WARN, "can't wake the control thread errno=%d", errno);
	rs_thread_join(&k->thread);
	if (k->listen_fd >= 0) {
		path = rs_state_path(k->task, "sock");
		unlink(path);
		free(path);
		close(k->listen_fd);
	}
	if (k->wake_fd >= 0)
		close(k->wake_fd);
	rs_task_free(k->task);
	free(k);
}
