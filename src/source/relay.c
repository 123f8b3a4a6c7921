#include "source/relay_priv.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>
#include "base/i18n.h"
#include "base/log.h"
#include "base/mem.h"

#define KEEP_FREE ((uint64_t)1 << 30) /* of the disk, or a twentieth of it where that is less: others live there too */
#define ROOM ((uint64_t)1 << 20)      /* so much must be free before writing goes on, or an eighth of the quota */

struct rs_relay *rs_relay_new(const char *dir, const char *task_id)
{
	struct rs_relay *r = rs_xcalloc(1, sizeof *r);

	r->dir = rs_xstrdup(dir);
	r->task = rs_xstrdup(task_id);
	r->fd = -1;
	rs_monitor_init(&r->monitor);
	rs_buf_init(&r->raw, RS_RELAY_RAW);
	rs_buf_init(&r->block, RS_BUF_TEXT_MAX);
	return r;
}

static void forget(struct rs_relay *r, size_t from)
{
	for (size_t i = from; i < r->n; i++) {
		r->bytes -= r->segments[i]->size;
		rs_relay_segment_free(r->segments[i]);
		free(r->segments[i]);
	}
	r->n = from < r->n ? from : r->n;
}

void rs_relay_free(struct rs_relay *r)
{
	if (r == NULL)
		return;
	forget(r, 0);
	free(r->segments);
	free(r->dir);
	free(r->task);
	free(r->identity);
	rs_buf_release(&r->raw);
	rs_buf_release(&r->block);
	rs_monitor_release(&r->monitor);
	free(r);
}

void rs_relay_set_quota(struct rs_relay *r, uint64_t bytes)
{
	rs_monitor_enter(&r->monitor);
	r->quota = bytes;
	rs_monitor_wake(&r->monitor);
	rs_monitor_leave(&r->monitor);
}

/* ---------------------------------------------------------------- segments */

void rs_relay_add(struct rs_relay *r, struct rs_relay_segment *s)
{
	RS_GROW(r->segments, r->n, r->cap);
	s->serial = r->serials++;
	r->segments[r->n++] = s;
	r->bytes += s->size;
}

/* Deletes segments, from this one to the end. */
static void drop_from(struct rs_relay *r, size_t from)
{
	for (size_t i = from; i < r->n; i++)
		unlink(r->segments[i]->path);
	if (from < r->n) /* what comes next does not go on from those, which may still be read */
		r->serials++;
	forget(r, from);
}

static void drop_first(struct rs_relay *r)
{
	struct rs_relay_segment *s = r->segments[0];

	unlink(s->path);
	r->bytes -= s->size;
	rs_relay_segment_free(s);
	free(s);
	memmove(r->segments, r->segments + 1, --r->n * sizeof *r->segments);
}

/* Reads a segment anew as the one that was written last, and cuts off what is behind its end. False: it is none. */
static bool make_tail(struct rs_relay *r, struct rs_relay_segment *s)
{
	struct rs_relay_segment now;
	int fd = rs_relay_segment_open(s->path, &now);

	if (fd < 0) {
		rs_relay_segment_free(&now);
		return false;
	}
	if (!rs_relay_segment_scan(fd, &now, true))
		rs_log(RS_LOG_INFO, "relay ends within a block path=%s bytes=%llu of=%llu", now.path,
		       (unsigned long long)now.committed, (unsigned long long)now.size);
	if (now.size > now.committed && ftruncate(fd, (off_t)now.committed) == 0)
		now.size = now.committed;
	close(fd);
	r->bytes += now.size - s->size;
	now.serial = s->serial;
	rs_relay_segment_free(s);
	*s = now;
	return true;
}

void rs_relay_cut(struct rs_relay *r, size_t last)
{
	drop_from(r, last + 1);
	while (r->n > 0 && !make_tail(r, rs_relay_last(r)))
		drop_from(r, r->n - 1);
}

/* ---------------------------------------------------------------- what an earlier process left */

static int by_number(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static uint64_t *list(const char *dir, size_t *n)
{
	DIR *d = opendir(dir);
	uint64_t *numbers = NULL, number;
	size_t cap = 0;

	*n = 0;
	for (struct dirent *e; d != NULL && (e = readdir(d)) != NULL;) {
		if (!rs_relay_segment_is(e->d_name, &number))
			continue;
		RS_GROW(numbers, *n, cap);
		numbers[(*n)++] = number;
	}
	if (d != NULL)
		closedir(d);
	if (*n > 0)
		qsort(numbers, *n, sizeof *numbers, by_number);
	return numbers;
}

static bool goes_on(const struct rs_relay *r, const struct rs_relay_segment *s)
{
	const struct rs_relay_segment *before = rs_relay_last(r);
	struct rs_buf end = RS_BUF_INIT;

	if (before == NULL)
		return true;
	rs_position_text(&before->end, &end);
	bool yes = s->number == before->number + 1 && strcmp(s->follows, rs_buf_str(&end)) == 0;
	rs_buf_release(&end);
	return yes;
}

/* Takes in a segment; false where nothing behind it can be used, and perhaps not all of it. */
static bool take_in(struct rs_relay *r, const char *path)
{
	struct rs_relay_segment *s = rs_xcalloc(1, sizeof *s);
	int fd = rs_relay_segment_open(path, s);
	bool good = fd >= 0 && strcmp(s->task, r->task) == 0 && strcmp(s->identity, r->identity) == 0, whole = false;

	if (good)
		whole = rs_relay_segment_scan(fd, s, false);
	if (fd >= 0)
		close(fd);
	if (good && goes_on(r, s)) {
		rs_relay_add(r, s);
		return whole;
	}
	rs_relay_segment_free(s);
	free(s);
	return false;
}

static void load(struct rs_relay *r)
{
	size_t n;
	uint64_t *numbers = list(r->dir, &n);
	bool good = true;

	for (size_t i = 0; i < n; i++) {
		char *path = rs_xprintf("%s/%020llu.relay", r->dir, (unsigned long long)numbers[i]);
		size_t before = r->n;
		if (good && !(good = take_in(r, path)) && i + 1 < n)
			rs_log(RS_LOG_WARN, "relay is not whole; what follows is not used path=%s", path);
		if (!good && r->n == before)
			unlink(path);
		free(path);
	}
	free(numbers);
	if (r->n > 0)
		rs_relay_cut(r, r->n - 1);
}

void rs_relay_bind(struct rs_relay *r, const char *identity)
{
	rs_monitor_enter(&r->monitor);
	bool first = r->identity == NULL, same = !first && strcmp(r->identity, identity) == 0;
	if (!same) {
		drop_from(r, 0);
		free(r->identity);
		r->identity = rs_xstrdup(identity);
	}
	if (first)
		load(r);
	rs_monitor_leave(&r->monitor);
}

void rs_relay_remove(const char *dir)
{
	size_t n;
	uint64_t *numbers = list(dir, &n);

	for (size_t i = 0; i < n; i++) {
		char *path = rs_xprintf("%s/%020llu.relay", dir, (unsigned long long)numbers[i]);
		unlink(path);
		free(path);
	}
	free(numbers);
	rmdir(dir);
}

/* Also what it did not look at. */
void rs_relay_clear(struct rs_relay *r)
{
	rs_monitor_enter(&r->monitor);
	drop_from(r, 0);
	r->full = false;
	rs_monitor_leave(&r->monitor);
	rs_relay_remove(r->dir);
}

/* ---------------------------------------------------------------- positions */

bool rs_relay_end(struct rs_relay *r, struct rs_position *out)
{
	rs_monitor_enter(&r->monitor);
	const struct rs_relay_segment *last = rs_relay_last(r);
	if (last != NULL)
		rs_position_copy(out, &last->end);
	rs_monitor_leave(&r->monitor);
	return last != NULL;
}

void rs_relay_passed(struct rs_relay *r, const struct rs_position *applied)
{
	rs_monitor_enter(&r->monitor);
	while (r->n > 1 && rs_position_compare(&r->segments[1]->start, applied) <= 0)
		drop_first(r);
	if (r->n == 1 && !r->writing && !r->lasting && rs_position_compare(&r->segments[0]->end, applied) <= 0)
		drop_first(r);
	rs_monitor_leave(&r->monitor);
}

/* ---------------------------------------------------------------- room */

bool rs_relay_disk_has(const char *dir, uint64_t bytes)
{
	struct statvfs st;

	if (statvfs(dir, &st) != 0)
		return true; /* writing will tell */
	uint64_t all = (uint64_t)st.f_blocks * st.f_frsize, free = (uint64_t)st.f_bavail * st.f_frsize;
	uint64_t keep = all / 20 < KEEP_FREE ? all / 20 : KEEP_FREE;
	return free >= keep + bytes;
}

bool rs_relay_has_room(struct rs_relay *r)
{
	rs_monitor_enter(&r->monitor);
	uint64_t room = r->quota / 8 < ROOM ? r->quota / 8 : ROOM;
	bool yes = r->quota > 0 && r->bytes + room <= r->quota && rs_relay_disk_has(r->dir, room);
	if (yes)
		r->full = false;
	rs_monitor_leave(&r->monitor);
	return yes;
}

void rs_relay_look(struct rs_relay *r, struct rs_relay_status *out, struct rs_position *end)
{
	rs_monitor_enter(&r->monitor);
	const struct rs_relay_segment *last = rs_relay_last(r);
	*out = (struct rs_relay_status){.bytes = r->bytes, .quota = r->quota, .writing = r->writing, .full = r->full};
	for (size_t i = r->n; out->time == 0 && i > 0; i--)
		out->time = r->segments[i - 1]->time;
	if (last != NULL && end != NULL)
		rs_position_copy(end, &last->end);
	rs_monitor_leave(&r->monitor);
}

/* ---------------------------------------------------------------- its end */

static bool has_ended(const void *arg) { return !((const struct rs_relay *)arg)->writing; }

/* The writer is reached under the lock, so that it is there. */
void rs_relay_finish(struct rs_relay *r)
{
	rs_monitor_enter(&r->monitor);
	r->finishing = true;
	if (r->writing)
		r->cancel(r->cancel_arg);
	rs_monitor_wake(&r->monitor);
	rs_monitor_wait_for(&r->monitor, -1, has_ended, r);
	rs_monitor_leave(&r->monitor);
}

void rs_relay_go_on(struct rs_relay *r)
{
	rs_monitor_enter(&r->monitor);
	r->finishing = false;
	rs_monitor_leave(&r->monitor);
}

void rs_relay_set_lasting(struct rs_relay *r, bool lasting)
{
	rs_monitor_enter(&r->monitor);
	r->lasting = lasting;
	rs_monitor_leave(&r->monitor);
}

bool rs_relay_is_over(struct rs_relay *r)
{
	rs_monitor_enter(&r->monitor);
	bool yes = r->lasting || (r->finishing && !r->writing);
	rs_monitor_leave(&r->monitor);
	return yes;
}

bool rs_relay_is_finishing(struct rs_relay *r)
{
	rs_monitor_enter(&r->monitor);
	bool yes = r->finishing;
	rs_monitor_leave(&r->monitor);
	return yes;
}

static bool is_finishing(const void *arg) { return ((const struct rs_relay *)arg)->finishing; }

bool rs_relay_sleep(struct rs_relay *r, rs_usec time)
{
	rs_monitor_enter(&r->monitor);
	bool yes = rs_monitor_wait_for(&r->monitor, time, is_finishing, r);
	rs_monitor_leave(&r->monitor);
	return yes;
}
