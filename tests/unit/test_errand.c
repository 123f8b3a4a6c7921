#include "engine/objects/errand.h"

#include "base/i18n.h"
#include "base/queue.h"
#include "engine/core.h"
#include "engine/follow/follow.h"
#include "unit.h"

struct asker {
	struct rs_engine *e;
	struct rs_cancel *cancel;
	rs_errand_fn *fn;
	struct rs_thread thread;
	enum rs_rc rc;
	struct rs_err err;
	unsigned done;
};

static enum rs_rc count(struct rs_follow *f, void *arg, struct rs_err *err)
{
	struct asker *a = arg;

	(void)err;
	a->done++;
	f->renew = true;
	return RS_OK;
}

static enum rs_rc refuse(struct rs_follow *f, void *arg, struct rs_err *err)
{
	(void)f;
	(void)arg;
	return rs_err_set(err, RS_E_INTERNAL, "no");
}

static void *ask(void *arg)
{
	struct asker *a = arg;

	a->rc = rs_errand_do(a->e, a->fn, a, a->cancel, &a->err);
	return NULL;
}

static void begin(struct asker *a, struct rs_engine *e, rs_errand_fn *fn, struct rs_cancel *cancel)
{
	*a = (struct asker){.e = e, .fn = fn, .cancel = cancel, .err = RS_ERR_INIT};
	CU_ASSERT_TRUE_FATAL(rs_thread_start(&a->thread, "asker", ask, a));
}

static void is_turned_away_where_nothing_is_followed(void)
{
	struct rs_engine e = {0};
	struct asker a = {.e = &e};
	struct rs_err err = RS_ERR_INIT;

	rs_errands_init(&e.errands);
	UNIT_INT(rs_errand_do(&e, count, &a, NULL, &err), RS_AGAIN);
	UNIT_INT(a.done, 0);
	CU_ASSERT_FALSE(rs_err_is_set(&err));
	rs_errands_release(&e.errands);
}

static void wakes_the_coordinator_and_is_done_in_its_thread(void)
{
	struct rs_engine e = {0};
	struct rs_follow f = {.e = &e};
	struct rs_queue q;
	struct asker a;
	void *item;

	rs_errands_init(&e.errands);
	rs_queue_init(&q, 1000);
	rs_errands_open(&e.errands, &q);
	begin(&a, &e, count, NULL);
	UNIT_INT(rs_queue_take(&q, &item, -1), RS_AGAIN);
	CU_ASSERT_TRUE(rs_errands_wait(&e.errands));
	UNIT_INT(a.done, 0);
	rs_errands_run(&e.errands, &f);
	rs_thread_join(&a.thread);
	UNIT_INT(a.done, 1);
	UNIT_INT(a.rc, RS_OK);
	CU_ASSERT_TRUE(f.renew);
	CU_ASSERT_FALSE(rs_errands_wait(&e.errands));
	rs_errands_close(&e.errands);
	rs_queue_release(&q, NULL);
	rs_errands_release(&e.errands);
}

static void says_why_it_failed(void)
{
	struct rs_engine e = {0};
	struct rs_follow f = {.e = &e};
	struct rs_queue q;
	struct asker a;
	void *item;

	rs_errands_init(&e.errands);
	rs_queue_init(&q, 1000);
	rs_errands_open(&e.errands, &q);
	begin(&a, &e, refuse, NULL);
	UNIT_INT(rs_queue_take(&q, &item, -1), RS_AGAIN);
	rs_errands_run(&e.errands, &f);
	rs_thread_join(&a.thread);
	UNIT_INT(a.rc, RS_FAIL);
	UNIT_INT(a.err.code, RS_E_INTERNAL);
	rs_err_clear(&a.err);
	rs_errands_close(&e.errands);
	rs_queue_release(&q, NULL);
	rs_errands_release(&e.errands);
}

static void is_told_when_the_attempt_ends_or_it_is_cancelled(void)
{
	struct rs_engine e = {0};
	struct rs_cancel cancel;
	struct rs_queue q;
	struct asker first, second;
	void *item;

	rs_errands_init(&e.errands);
	rs_queue_init(&q, 1000);
	rs_cancel_init(&cancel);
	rs_errands_open(&e.errands, &q);
	begin(&first, &e, count, &cancel);
	UNIT_INT(rs_queue_take(&q, &item, -1), RS_AGAIN);
	begin(&second, &e, count, NULL);
	UNIT_INT(rs_queue_take(&q, &item, -1), RS_AGAIN);
	rs_cancel_set(&cancel);
	rs_thread_join(&first.thread);
	UNIT_INT(first.rc, RS_CANCELLED);
	rs_errands_close(&e.errands);
	rs_thread_join(&second.thread);
	UNIT_INT(second.rc, RS_AGAIN);
	UNIT_INT(first.done + second.done, 0);
	rs_cancel_release(&cancel);
	rs_queue_release(&q, NULL);
	rs_errands_release(&e.errands);
}

UNIT_MAIN(UNIT_TEST(is_turned_away_where_nothing_is_followed), UNIT_TEST(wakes_the_coordinator_and_is_done_in_its_thread),
          UNIT_TEST(says_why_it_failed), UNIT_TEST(is_told_when_the_attempt_ends_or_it_is_cancelled))
