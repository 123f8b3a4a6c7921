#include "model/finding.h"

#include "base/mem.h"

static void free_texts(struct rs_finding *f)
{
	free(f->found);
	free(f->needed);
	free(f->explain);
	free(f->remedy);
	free(f->remedy_where);
	free(f->task_value);
	for (size_t i = 0; i < f->n_objects; i++)
		free(f->objects[i]);
	free(f->objects);
}

void rs_finding_release(struct rs_finding *f)
{
	free_texts(f);
	*f = (struct rs_finding){0};
}

void rs_finding_copy(struct rs_finding *to, const struct rs_finding *from)
{
	struct rs_finding copy = *from;

	copy.found = rs_xstrdup(from->found);
	copy.needed = rs_xstrdup(from->needed);
	copy.explain = rs_xstrdup(from->explain);
	copy.remedy = rs_xstrdup(from->remedy);
	copy.remedy_where = rs_xstrdup(from->remedy_where);
	copy.task_value = rs_xstrdup(from->task_value);
	copy.objects = NULL;
	copy.n_objects = 0;
	for (size_t i = 0; i < from->n_objects; i++)
		rs_finding_add_object(&copy, from->objects[i]);
	rs_finding_release(to);
	*to = copy;
}

void rs_finding_add_object(struct rs_finding *f, const char *object)
{
	size_t n = f->n_objects;

	/* Grown at each power of two, so that the count alone is enough to know the room. */
	if ((n & (n - 1)) == 0)
		f->objects = rs_xrealloc(f->objects, (n ? n * 2 : 1) * sizeof *f->objects);
	f->objects[f->n_objects++] = rs_xstrdup(object);
}
