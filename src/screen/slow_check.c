#include "screen/slow_check.h"

#include <string.h>
#include "base/clock.h"
#include "base/mem.h"

#define COUNTS_FOR (2 * RS_USEC_PER_SEC)

struct answer {
	bool asking;
	bool known;
	rs_usec at;           /* monotonic, when it came */
	enum rs_rc rc;
	struct rs_err err;
};

/* One that is being asked for. */
struct question {
	struct rs_slow_check *owner;
	struct rs_form_entry validator;
	char *value;
	enum rs_rc rc;
	struct rs_err err;
};

static void ask_run(void *arg)
{
	struct question *q = arg;

	q->rc = q->validator.validator(q->validator.ctx, q->value, NULL, 0, &q->err);
}

static void ask_done(void *arg)
{
	struct question *q = arg;
	struct answer *a = rs_map_get(&q->owner->answers, q->value, strlen(q->value));

	a->asking = false;
	a->known = true;
	a->at = rs_clock_mono();
	a->rc = q->rc;
	rs_err_move(&a->err, &q->err);
	rs_loop_wake(q->owner->works->loop);
	rs_err_clear(&q->err);
	free(q->value);
	free(q);
}

static void ask(struct rs_slow_check *s, struct answer *a, const char *value)
{
	struct question *q = rs_xcalloc(1, sizeof *q);

	*q = (struct question){.owner = s, .validator = s->validator, .value = rs_xstrdup(value), .err = RS_ERR_INIT};
	a->asking = true;
	rs_work_start(s->works, ask_run, ask_done, q, 0);
}

static struct answer *answer_to(struct rs_slow_check *s, const char *value)
{
	struct answer *a = rs_map_get(&s->answers, value, strlen(value));

	if (!a) {
		a = rs_xcalloc(1, sizeof *a);
		a->err = (struct rs_err)RS_ERR_INIT;
		(void)rs_map_put(&s->answers, value, strlen(value), a);
	}
	return a;
}

static enum rs_rc check(void *ctx, const char *value, const char *const *words, size_t n_words, struct rs_err *err)
{
	struct rs_slow_check *s = ctx;
	struct answer *a = answer_to(s, value);

	(void)words;
	(void)n_words;
	if (!a->asking && (!a->known || rs_clock_mono() - a->at > COUNTS_FOR))
		ask(s, a, value);
	if (a->asking || a->rc == RS_OK)
		return a->asking ? RS_AGAIN : RS_OK;
	if (err)
		rs_err_copy(err, &a->err);
	return RS_FAIL;
}

void rs_slow_check_init(struct rs_slow_check *s, struct rs_works *works, struct rs_form_registry *r, const char *name)
{
	const struct rs_form_entry *e = rs_form_entry(&r->validators, name);

	*s = (struct rs_slow_check){.works = works, .validator = *e, .answers = RS_MAP_INIT};
	rs_form_register_validator(r, name, check, s);
}

static void free_answer(void *answer)
{
	rs_err_clear(&((struct answer *)answer)->err);
	free(answer);
}

void rs_slow_check_release(struct rs_slow_check *s)
{
	rs_map_release(&s->answers, free_answer);
}
