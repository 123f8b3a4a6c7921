#include "screen/form_binding.h"

#include <string.h>
#include "base/i18n.h"
#include "base/mem.h"

#define SECTION_MAX 64

/* --- objects that were read before ---------------------------------------------------- */

/* Whether the same comes of its text: there the name of a database of which tables alone are selected stands with each of them. */
static bool reads_back(const struct rs_selection *s)
{
	struct rs_selection_rule r;

	for (struct rs_selection_iter i = RS_SELECTION_ITER; rs_selection_each_db(s, &i, &r);)
		if (r.to_db && !r.selected)
			return false;
	return true;
}

void rs_form_objects_note(struct rs_form_objects *o, const char *text, const struct rs_selection *selection)
{
	struct rs_selection *copy = reads_back(selection) ? rs_selection_copy(selection) : NULL;
	char *own = copy ? rs_xstrdup(text) : NULL;

	rs_form_objects_release(o);
	*o = (struct rs_form_objects){own, copy};
}

struct rs_selection *rs_form_objects_find(const struct rs_form_objects *o, const char *text)
{
	return o->text && strcmp(o->text, text) == 0 ? rs_selection_copy(o->selection) : NULL;
}

void rs_form_objects_release(struct rs_form_objects *o)
{
	free(o->text);
	rs_selection_free(o->selection);
	*o = (struct rs_form_objects){NULL, NULL};
}

/* --- a task as a store ---------------------------------------------------------------- */

void rs_form_binding_init(struct rs_form_binding *b, struct rs_task *task, bool secrets)
{
	*b = (struct rs_form_binding){task, secrets, RS_BUF_INIT, NULL};
}

void rs_form_binding_release(struct rs_form_binding *b)
{
	rs_buf_release(&b->text);
}

static bool is_secret(const char *key)
{
	const struct rs_task_key *k = rs_task_key_find(key);

	return k && k->type == RS_KEY_SECRET;
}

static const char *password_of(const struct rs_task *t, const char *key)
{
	const struct rs_endpoint *e = strncmp(key, "source.", 7) == 0 ? &t->source : &t->destination;

	return e->password_from == RS_PASSWORD_INLINE ? rs_secret_reveal(&e->password) : NULL;
}

static const char *store_get(void *ctx, const char *key)
{
	struct rs_form_binding *b = ctx;
	const char *dot = strchr(key, '.');
	char section[SECTION_MAX];

	if (strcmp(key, "objects") == 0) {
		rs_buf_clear(&b->text);
		rs_selection_format(b->task->objects, &b->text);
		return b->text.len ? rs_buf_str(&b->text) : NULL;
	}
	if (strcmp(key, "fields") == 0) {
		rs_buf_clear(&b->text);
		rs_task_get_fields(b->task, &b->text);
		return b->text.len ? rs_buf_str(&b->text) : NULL;
	}
	if (is_secret(key))
		return password_of(b->task, key);
	if (!dot || (size_t)(dot - key) >= sizeof section)
		return NULL;
	memcpy(section, key, (size_t)(dot - key));
	section[dot - key] = '\0';
	return rs_ini_get(b->task->ini, section, dot + 1);
}

static enum rs_rc set_objects(struct rs_form_binding *b, const char *text, struct rs_err *err)
{
	struct rs_selection *known = b->objects ? rs_form_objects_find(b->objects, text) : NULL;

	if (!known)
		return rs_task_set_objects(b->task, text, err);
	rs_task_take_objects(b->task, known);
	b->task->objects_checked = true;
	return RS_OK;
}

static enum rs_rc set(struct rs_form_binding *b, const char *key, const char *value, struct rs_err *err)
{
	if (strcmp(key, "objects") == 0)
		return set_objects(b, value ? value : "", err);
	if (strcmp(key, "fields") == 0)
		return rs_task_set_fields(b->task, value ? value : "", err);
	return rs_task_set(b->task, key, value, err);
}

static enum rs_rc store_set(void *ctx, const char *key, const char *value, struct rs_err *err)
{
	struct rs_form_binding *b = ctx;

	if (b->secrets)
		return set(b, key, value, err);
	if (!is_secret(key) || password_of(b->task, key))
		(void)(set(b, key, value, NULL) == RS_OK);
	return RS_OK;
}

struct rs_form_store rs_form_binding_store(struct rs_form_binding *b)
{
	return (struct rs_form_store){b, store_get, store_set};
}
