/* What became of a task's objects when it was anchored anew, for whoever tells of it. */
#include "engine/engine.h"

#include <stdlib.h>
#include "base/i18n.h"

static const struct {
	const char *word, *title;
} lists[] = {
	[RS_ANCHORED_FOREIGN] = {"foreign", N_("Were at the destination before the task, and lose all rows that the source does not have")},
	[RS_ANCHORED_ANEW] = {"anew", N_("Made and copied anew")},
	[RS_ANCHORED_COPIED] = {"copied", N_("Emptied at the destination and copied again, since their rows can't be compared part by part")},
	[RS_ANCHORED_ADDED] = {"added", N_("New")},
	[RS_ANCHORED_GONE] = {"gone", N_("No longer at the source; left at the destination, and not synchronized any more")},
	[RS_ANCHORED_BROUGHT] = {"brought", N_("Defined otherwise at the source, which is brought over")},
	[RS_ANCHORED_LEFT] = {"left", N_("Defined otherwise at the source, and left as they are")},
	[RS_ANCHORED_LOST] = {"lost", N_("On a way of their own whose log is lost as well; \"rds-sync table resync\" copies them anew")},
};

const char *rs_anchored_word(enum rs_anchored_list list) { return lists[list].word; }

const char *rs_anchored_title(enum rs_anchored_list list) { return _(lists[list].title); }

void rs_anchored_clear(struct rs_anchored *a)
{
	free(a->at);
	for (int i = 0; i < RS_ANCHORED_LISTS; i++)
		free(a->lists[i]);
	*a = (struct rs_anchored){.at = NULL};
}
