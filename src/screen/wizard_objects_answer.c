/* The selection as the answer of its field: a text, of which is also known what it says, where it says all. */
#include "screen/wizard_objects_priv.h"

#include "base/mem.h"

#define PIECE 4000 /* rules */

struct rs_objects_answer {
	struct rs_selection *s;     /* a copy */
	struct rs_selection_iter at;
	struct rs_buf text;
	bool written, checked;
	bool good;                  /* as far as it was checked */
	struct rs_selection_checker *checker;
};

static void check_some(struct rs_objects_answer *a, size_t *left)
{
	bool more = false;

	if (a->good)
		a->good = rs_selection_checker_go_on(a->checker, left, &more, NULL) == RS_OK;
	a->checked = !a->good || !more;
}

static bool go_on(void *page)
{
	struct rs_objects_answer *a = ((struct rs_objects_page *)page)->answer;

	for (size_t left = PIECE; left && !a->checked;)
		if (a->written)
			check_some(a, &left);
		else
			a->written = !rs_selection_format_on(a->s, &a->at, &left, &a->text);
	return !a->checked;
}

static void give(struct rs_objects_page *p)
{
	const struct rs_objects_answer *a = p->answer;

	rs_form_set(p->w->state, p->field, rs_buf_str(&a->text));
	if (a->good)
		rs_form_objects_note(&p->w->app->objects, rs_buf_str(&a->text), a->s);
	rs_objects_answer_give_up(p);
}

static void done(void *page)
{
	give(page);
	rs_objects_page_answered(page);
}

void rs_objects_answer_begin(struct rs_objects_page *p)
{
	struct rs_objects_answer *a;

	rs_objects_answer_give_up(p);
	p->answer = a = rs_xcalloc(1, sizeof *a);
	*a = (struct rs_objects_answer){.s = rs_selection_copy(p->objects->selection), .at = RS_SELECTION_ITER, .text = RS_BUF_INIT};
	a->good = true;
	a->checker = rs_selection_checker_new(a->s, false);
	rs_pieces_start(&p->answering, p->w->app->loop, go_on, done, p);
}

void rs_objects_answer_finish(struct rs_objects_page *p)
{
	if (!p->answer)
		return;
	rs_pieces_stop(&p->answering);
	while (go_on(p))
		;
	give(p);
}

void rs_objects_answer_give_up(struct rs_objects_page *p)
{
	struct rs_objects_answer *a = p->answer;

	rs_pieces_stop(&p->answering);
	p->answer = NULL;
	if (!a)
		return;
	rs_selection_checker_free(a->checker);
	rs_selection_free(a->s);
	rs_buf_release(&a->text);
	free(a);
}
