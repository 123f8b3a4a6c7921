#include "screen/search.h"

#include "base/i18n.h"
#include "base/mem.h"
#include "tui/dialog.h"

struct rs_search {
	struct rs_loop *loop;
	rs_search_go *go;
	void *ctx;
	char *text;   /* NULL: nothing was looked for yet */
};

/* Whose question is open: its screen may go meanwhile. */
static struct rs_search *asking;

struct rs_search *rs_search_new(struct rs_loop *loop, rs_search_go *go, void *ctx)
{
	struct rs_search *s = rs_xcalloc(1, sizeof *s);

	s->loop = loop;
	s->go = go;
	s->ctx = ctx;
	return s;
}

void rs_search_free(struct rs_search *s)
{
	asking = asking == s ? NULL : asking;
	free(s->text);
	free(s);
}

/* From where one is down, else the nearest above. */
static void go_first(struct rs_search *s)
{
	if (!s->go(s->ctx, s->text, true, false) && !s->go(s->ctx, s->text, false, true))
		rs_loop_say(s->loop, RS_STYLE_WARN, _("Nothing has \"%s\"."), s->text);
	rs_loop_dirty(s->loop);
}

static void go_on(struct rs_search *s, bool backwards)
{
	if (!s->go(s->ctx, s->text, false, backwards))
		rs_loop_say(s->loop, RS_STYLE_WARN, backwards ? _("Nothing above has \"%s\".") : _("Nothing below has \"%s\"."), s->text);
	rs_loop_dirty(s->loop);
}

static void asked(void *ctx, const char *text)
{
	struct rs_search *s = asking;

	(void)ctx;
	asking = NULL;
	if (!s || !text || !*text)
		return;
	free(s->text);
	s->text = rs_xstrdup(text);
	go_first(s);
}

void rs_search_do(struct rs_search *s, enum rs_search_action what)
{
	if (what != RS_SEARCH_ASK && s->text) {
		go_on(s, what == RS_SEARCH_BEFORE);
		return;
	}
	asking = s;
	rs_dialog_prompt(s->loop, _("Search"), _("A text to look for; upper and lower case are the same."), s->text ? s->text : "", asked, NULL);
}
