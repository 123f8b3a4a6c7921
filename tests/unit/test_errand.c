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

/* An engine that follows a stream in which nothing comes. */
struct idle {
	struct rs_engine e;
	struct rs_follow f;
	struct rs_task task;
};

static void idle_begin(struct idle *i)
{
	*i = (struct idle){.f = {.e = &i->e}, .task.sync.memory = 1000};
	i->e.task = &i->task;
	rs_errands_init(&i->e.errands);
	rs_reading_init(&i->f.reading, &i->e);
	rs_errands_open(&i->e.errands, &i->f.reading);
}

static void idle_end(struct idle *i)
{
	rs_errands_close(&i->e.errands);
	rs_reading_release(&i->f.reading);
	rs_errands_release(&i->e.errands);
}

/* Begins an errand, which wakes the coordinator. */
static void ask_idle(struct idle *i, struct asker *a, rs_errand_fn *fn, struct rs_cancel *cancel)
{
	struct rs_change *item;

	begin(a, &i->e, fn, cancel);
	UNIT_INT(rs_reading_take(&i->f.reading, -1, &item), RS_AGAIN);
}

static void wakes_the_coordinator_and_is_done_in_its_thread(void)
{
	struct idle i;
	struct asker a;

	idle_begin(&i);
	ask_idle(&i, &a, count, NULL);
	CU_ASSERT_TRUE(rs_errands_wait(&i.e.errands));
	UNIT_INT(a.done, 0);
	rs_errands_run(&i.e.errands, &i.f);
	rs_thread_join(&a.thread);
	UNIT_INT(a.done, 1);
	UNIT_INT(a.rc, RS_OK);
	CU_ASSERT_TRUE(i.f.renew);
	CU_ASSERT_FALSE(rs_errands_wait(&i.e.errands));
	idle_end(&i);
}

static void says_why_it_failed(void)
{
	struct idle i;
	struct asker a;

	idle_begin(&i);
	ask_idle(&i, &a, refuse, NULL);
	rs_errands_run(&i.e.errands, &i.f);
	rs_thread_join(&a.thread);
	UNIT_INT(a.rc, RS_FAIL);
	UNIT_INT(a.err.code, RS_E_INTERNAL);
	rs_err_clear(&a.err);
	idle_end(&i);
}

static void is_told_when_the_attempt_ends_or_it_is_cancelled(void)
{
	struct idle i;
	struct rs_cancel cancel;
	struct asker first, second;

	idle_begin(&i);
	rs_cancel_init(&cancel);
	ask_idle(&i, &first, count, &cancel);
	ask_idle(&i, &second, count, NULL);
	rs_cancel_set(&cancel);
	rs_thread_join(&first.thread);
	UNIT_INT(first.rc, RS_CANCELLED);
	rs_errands_close(&i.e.errands);
	rs_thread_join(&second.thread);
	UNIT_INT(second.rc, RS_AGAIN);
	UNIT_INT(first.done + second.done, 0);
	rs_cancel_release(&cancel);
	idle_end(&i);
}

UNIT_MAIN(UNIT_TEST(is_turned_away_where_nothing_is_followed), UNIT_TEST(wakes_the_coordinator_and_is_done_in_its_thread),
          UNIT_TEST(says_why_it_failed), UNIT_TEST(is_told_when_the_attempt_ends_or_it_is_cancelled))
