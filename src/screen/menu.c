#include "screen/menu.h"

#include <string.h>
#include "base/i18n.h"
#include "base/mem.h"
#include "tui/dialog.h"

static const struct rs_action *action_at(const struct rs_menu *m, size_t i)
{
	return rs_keymap_by_id(m->screen->ops->keymap, m->actions[i]);
}

static void answered(void *ctx, const char *answer)
{
	struct rs_menu *m = ctx;
	const char *why;

	for (size_t i = 0; answer && i < m->count; i++)
		if (strcmp(action_at(m, i)->name, answer) == 0 && m->enabled(m->screen, m->actions[i], &why))
			(void)m->screen->ops->action(m->screen, m->actions[i]);
}

void rs_menu_open(struct rs_menu *m, const char *title)
{
	struct rs_option *options = rs_xcalloc(m->count + 1, sizeof *options);

	for (size_t i = 0; i < m->count; i++) {
		const struct rs_action *a = action_at(m, i);
		const char *why = NULL;

		(void)m->enabled(m->screen, m->actions[i], &why);
		options[i] = (struct rs_option){a->name, _(a->label), _(a->help), why};
	}
	rs_dialog_choose(m->screen->loop, title, options, m->count, NULL, answered, m);
	free(options);
}
