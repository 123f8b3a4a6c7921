/* Brings together forms, which know nothing of tasks, and task files, which know nothing of forms: the keys that fields
 * are bound to, and the checks and lists that forms name. Used by the wizard and by the prompts of the command line. */
#ifndef RS_FORM_BINDING_H
#define RS_FORM_BINDING_H

#include "base/buf.h"
#include "form/form_registry.h"
#include "form/form_state.h"
#include "model/registry.h"
#include "model/task.h"

/* Registers what the forms of this program name. instances is borrowed for the registry's life. */
void rs_form_binding_register(struct rs_form_registry *r, const struct rs_registry *instances);

/* The last text of objects that was found to be good, and what it says: reading a hundred thousand names takes a tenth of a second,
 * and the same text is looked at again and again. Zeroed at first; the UI thread's. */
struct rs_form_objects {
	char *text;
	struct rs_selection *selection;
};
/* The text is the selection's, which has passed rs_selection_check. What reading it would not give is not noted. */
void rs_form_objects_note(struct rs_form_objects *o, const char *text, const struct rs_selection *selection);
/* What it says; NULL: it is another text. */
struct rs_selection *rs_form_objects_find(const struct rs_form_objects *o, const char *text);
void rs_form_objects_release(struct rs_form_objects *o);
/* From now on the check of objects uses it. */
void rs_form_objects_use(struct rs_form_objects *o, struct rs_form_registry *r);

/* A task as a store of a form's answers. */
struct rs_form_binding {
	struct rs_task *task;
	bool secrets;       /* passwords go into the task. Otherwise it is a draft: those that its file does not have already are
	                       left out, and so is what is not valid yet */
	struct rs_buf text; /* of the selection or of [fields], while it is looked at */
	const struct rs_form_objects *objects; /* NULL: what a text of objects says is read */
};

void rs_form_binding_init(struct rs_form_binding *b, struct rs_task *task, bool secrets);
void rs_form_binding_release(struct rs_form_binding *b);
/* Valid as long as the binding. */
struct rs_form_store rs_form_binding_store(struct rs_form_binding *b);

#endif
