#include "sink/outbox.h"

void rs_outbox_init(struct rs_outbox *box)
{
	pthread_mutex_init(&box->lock, NULL);
	box->links = NULL;
}

void rs_outbox_release(struct rs_outbox *box) { pthread_mutex_destroy(&box->lock); }

/* ---------------------------------------------------------------- told by links */

void rs_outbox_join(struct rs_outbox *box, struct rs_outbox_link *link, uint64_t (*unanswered)(void *arg), void *arg)
{
	if (box == NULL)
		return;
	link->box = box;
	link->unanswered = unanswered;
	link->arg = arg;
	pthread_mutex_lock(&box->lock);
	link->next = box->links;
	box->links = link;
	pthread_mutex_unlock(&box->lock);
}

void rs_outbox_leave(struct rs_outbox_link *link)
{
	struct rs_outbox *box = link->box;
	struct rs_outbox_link **at;

	if (box == NULL)
		return;
	pthread_mutex_lock(&box->lock);
	for (at = &box->links; *at != link; at = &(*at)->next)
		;
	*at = link->next;
	pthread_mutex_unlock(&box->lock);
	link->box = NULL;
}

/* Nobody else writes it: what is read and written need not be one step. */
void rs_outbox_written(struct rs_outbox_link *link, size_t n)
{
	uint64_t before = atomic_load_explicit(&link->written, memory_order_relaxed);

	if (before == 0 && n > 0)
		atomic_store_explicit(&link->since, rs_clock_mono(), memory_order_relaxed);
	atomic_store_explicit(&link->written, before + n, memory_order_relaxed);
}

void rs_outbox_undone(struct rs_outbox_link *link)
{
	atomic_store_explicit(&link->written, 0, memory_order_relaxed);
	atomic_store_explicit(&link->since, 0, memory_order_relaxed);
}

void rs_outbox_committed(struct rs_outbox_link *link)
{
	rs_usec since = atomic_load_explicit(&link->since, memory_order_relaxed);
	int_fast64_t waited = since ? rs_clock_mono() - since : 0, longest = atomic_load(&link->longest);

	while (waited > longest && !atomic_compare_exchange_weak(&link->longest, &longest, waited))
		;
	rs_outbox_undone(link);
}

/* ---------------------------------------------------------------- read */

void rs_outbox_look(struct rs_outbox *box, struct rs_outbox_content *out)
{
	const rs_usec now = rs_clock_mono();

	*out = (struct rs_outbox_content){.open = false};
	pthread_mutex_lock(&box->lock);
	for (struct rs_outbox_link *l = box->links; l != NULL; l = l->next) {
		rs_usec since = atomic_load_explicit(&l->since, memory_order_relaxed);
		out->open = true;
		out->uncommitted += atomic_load_explicit(&l->written, memory_order_relaxed);
		out->unacknowledged += l->unanswered(l->arg);
		if (since && now - since > out->waiting)
			out->waiting = now - since;
	}
	pthread_mutex_unlock(&box->lock);
}

rs_usec rs_outbox_longest(struct rs_outbox *box)
{
	rs_usec longest = 0;

	pthread_mutex_lock(&box->lock);
	for (struct rs_outbox_link *l = box->links; l != NULL; l = l->next) {
		rs_usec waited = atomic_exchange(&l->longest, 0);
		if (waited > longest)
			longest = waited;
	}
	pthread_mutex_unlock(&box->lock);
	return longest;
}
