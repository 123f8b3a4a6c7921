#include "model/relogin.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include "base/mem.h"

struct rs_relogin {
	atomic_uint refs;
	pthread_mutex_t lock;    /* guards the next, and is never held across a call that waits */
	unsigned told;           /* how often; > 0: it is another login than the endpoint's own */
	struct rs_endpoint now;  /* of that: account, password_from, password, password_arg */
};

struct rs_relogin *rs_relogin_ref(struct rs_relogin *r)
{
	if (r)
		atomic_fetch_add(&r->refs, 1);
	return r;
}

void rs_relogin_unref(struct rs_relogin *r)
{
	if (!r || atomic_fetch_sub(&r->refs, 1) > 1)
		return;
	rs_endpoint_release(&r->now);
	pthread_mutex_destroy(&r->lock);
	free(r);
}

void rs_endpoint_let_relogin(struct rs_endpoint *e)
{
	struct rs_relogin *r;

	if (e->relogin)
		return;
	r = rs_xcalloc(1, sizeof *r);
	atomic_init(&r->refs, 1);
	pthread_mutex_init(&r->lock, NULL);
	e->relogin = r;
}

static void take_login(struct rs_endpoint *to, const struct rs_endpoint *from)
{
	free(to->account);
	free(to->password_arg);
	rs_secret_clear(&to->password);
	to->account = rs_xstrdup(from->account);
	to->password_from = from->password_from;
	to->password_arg = rs_xstrdup(from->password_arg);
	if (rs_secret_is_set(&from->password))
		rs_secret_copy(&to->password, &from->password);
}

void rs_endpoint_login_as(struct rs_endpoint *to, const struct rs_endpoint *from)
{
	struct rs_endpoint now = {.side = from->side};

	rs_relogin_get(from, &now);
	take_login(to, &now);
	rs_endpoint_release(&now);
	rs_relogin_unref(to->relogin);
	to->relogin = rs_relogin_ref(from->relogin);
}

void rs_relogin_get(const struct rs_endpoint *e, struct rs_endpoint *now)
{
	struct rs_relogin *r = e->relogin;

	rs_endpoint_copy(now, e);
	rs_relogin_unref(now->relogin);
	now->relogin = NULL;
	if (!r)
		return;
	pthread_mutex_lock(&r->lock);
	if (r->told > 0)
		take_login(now, &r->now);
	pthread_mutex_unlock(&r->lock);
}

static bool same_text(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

bool rs_endpoint_logs_in_otherwise(const struct rs_endpoint *e, const struct rs_endpoint *now)
{
	struct rs_endpoint mine = {.side = e->side};
	bool same;

	rs_relogin_get(e, &mine);
	same = same_text(mine.account, now->account) && mine.password_from == now->password_from &&
	       same_text(mine.password_arg, now->password_arg) && rs_secret_equal(&mine.password, &now->password);
	rs_endpoint_release(&mine);
	return !same;
}

void rs_endpoint_relogin(const struct rs_endpoint *e, const struct rs_endpoint *now)
{
	struct rs_relogin *r = e->relogin;

	if (!r)
		return;
	pthread_mutex_lock(&r->lock);
	take_login(&r->now, now);
	r->told++;
	pthread_mutex_unlock(&r->lock);
}

unsigned rs_endpoint_relogins(const struct rs_endpoint *e)
{
	struct rs_relogin *r = e->relogin;
	unsigned n;

	if (!r)
		return 0;
	pthread_mutex_lock(&r->lock);
	n = r->told;
	pthread_mutex_unlock(&r->lock);
	return n;
}

static bool is_password(const struct rs_endpoint *e, const char *item)
{
	size_t n = e->password_from == RS_PASSWORD_ENV ? strlen(e->password_arg) : 0;

	return n > 0 && strncmp(item, e->password_arg, n) == 0 && item[n] == '=';
}

bool rs_endpoint_is_password(const struct rs_endpoint *e, const char *item)
{
	struct rs_relogin *r = e->relogin;
	bool is = is_password(e, item);

	if (is || !r)
		return is;
	pthread_mutex_lock(&r->lock);
	is = r->told > 0 && is_password(&r->now, item);
	pthread_mutex_unlock(&r->lock);
	return is;
}
