/* Tests of connections: asynchronous, can be given up, and never in the way of typing. */
#include "screen/wizard.h"

#include <string.h>
#include "base/i18n.h"
#include "base/mem.h"
#include "screen/show.h"

static void free_probe(void *probe)
{
	rs_probe_free(probe);
}

static void drop_job(struct rs_wizard *w, struct rs_wizard_probe *p)
{
	if (p->job)
		rs_work_start(&w->app->works, free_probe, NULL, p->job, 0);
	if (p->job)
		rs_loop_busy(w->app->loop, -1);
	p->job = NULL;
}

char *rs_wizard_subject(const struct rs_endpoint *e)
{
	return rs_xprintf("%d|%s|%d|%s|%s|%u|%s|%s|%s|%d|%s|%d|%s|%s|%s|%d", (int)e->protocol,
	                  e->mechanism ? e->mechanism : "", (int)e->type, e->instance ? e->instance : "",
	                  e->host ? e->host : "", e->port, e->socket ? e->socket : "", e->database ? e->database : "",
	                  e->account ? e->account : "", (int)e->password_from,
	                  e->password_arg ? e->password_arg : "", (int)e->tls, e->ca ? e->ca : "", e->cert ? e->cert : "",
	                  e->key ? e->key : "", (int)e->compressed);
}

/* What came of it, as a text that the page shows; its place there may be out of sight. */
static void tell(struct rs_wizard *w, struct rs_wizard_probe *p, bool ok, bool unfit, char *text)
{
	free(p->text);
	p->text = text;
	p->known = true;
	p->ok = ok;
	p->unfit = unfit;
	if (!ok || unfit)
		rs_loop_say(w->app->loop, ok ? RS_STYLE_WARN : RS_STYLE_ERROR, _("%s: %s"), p == w->probes ? _("Source") : _("Destination"), text);
}

/* The first field of this side that is empty or wrong; nobody connects anywhere else instead. */
static const struct rs_form_field *find_bad(const struct rs_form_state *state, const struct rs_form_page *page, const char *side,
                                            struct rs_err *err)
{
	size_t len = strlen(side);

	for (size_t i = 0; i < page->n_fields; i++) {
		const struct rs_form_field *f = &page->fields[i];

		if (f->bind && strncmp(f->bind, side, len) == 0 && f->bind[len] == '.' &&
		    rs_form_check_field(state, f, err) == RS_FAIL)
			return f;
	}
	return NULL;
}

static void test(struct rs_wizard *w, const struct rs_form_state *state, const struct rs_form_page *page, const char *side)
{
	bool destination = strcmp(side, "destination") == 0;
	struct rs_wizard_probe *p = &w->probes[destination];
	struct rs_task *task = rs_wizard_task(w);
	const struct rs_endpoint *e = destination ? &task->destination : &task->source;
	struct rs_err err = RS_ERR_INIT;
	const struct rs_form_field *bad = find_bad(state, page, side, &err);

	drop_job(w, p);
	free(p->subject);
	p->subject = rs_wizard_subject(e);
	p->known = false;
	if (bad) {
		tell(w, p, false, false, rs_xprintf(_("%s: %s"), rs_form_text(bad->label), err.primary));
	} else {
		rs_loop_busy(w->app->loop, 1);
		p->job = rs_probe_start(e, rs_app_wake(w->app));
	}
	rs_task_free(task);
	rs_err_clear(&err);
}

void rs_wizard_test(void *ctx, struct rs_form_state *state, const struct rs_form_field *field, const char *const *words,
                    size_t n_words)
{
	const struct rs_app *app = ctx;

	if (app->wizard && n_words == 1)
		test(app->wizard, state, field->page, words[0]);
}

static void take(struct rs_wizard *w, struct rs_wizard_probe *p, const struct rs_probe_result *r)
{
	struct rs_buf text = RS_BUF_INIT;

	if (r->ok) {
		(void)rs_buf_adds(&text, r->summary);
	} else {
		struct rs_buf what = RS_BUF_INIT;

		rs_show_error(&r->error, &what);
		if (r->error.hint)
			/* TRANSLATORS: what went wrong, and what to do about it */
			(void)rs_buf_addf(&text, _("%s. %s"), rs_buf_str(&what), r->error.hint);
		else
			(void)rs_buf_adds(&text, rs_buf_str(&what));
		rs_buf_release(&what);
	}
	tell(w, p, r->ok, r->unfit, rs_buf_take(&text));
	drop_job(w, p);
}

bool rs_wizard_probe_poll(struct rs_wizard *w)
{
	bool any = false;

	for (size_t i = 0; i < 2; i++) {
		struct rs_probe_result r;

		if (!w->probes[i].job)
			continue;
		rs_probe_get(w->probes[i].job, &r);
		if (r.done) {
			take(w, &w->probes[i], &r);
			any = true;
		}
		rs_probe_result_release(&r);
	}
	return any;
}

bool rs_wizard_probe_cancel(struct rs_wizard *w)
{
	bool any = false;

	for (size_t i = 0; i < 2; i++) {
		any = any || w->probes[i].job;
		drop_job(w, &w->probes[i]);
	}
	return any;
}

static bool has_changed(const struct rs_wizard *w, size_t side)
{
	struct rs_task *task = rs_wizard_task(w);
	char *now = rs_wizard_subject(side ? &task->destination : &task->source);
	bool changed = strcmp(now, w->probes[side].subject) != 0;

	free(now);
	rs_task_free(task);
	return changed;
}

void rs_wizard_probe_text(const struct rs_wizard *w, size_t side, struct rs_buf *out, unsigned *style)
{
	const struct rs_wizard_probe *p = &w->probes[side];

	*style = RS_STYLE_ACCENT;
	if (p->job)
		(void)rs_buf_adds(out, _("… connecting (Esc cancels)"));
	if (p->job || !p->known)
		return;
	*style = !p->ok ? RS_STYLE_ERROR : p->unfit ? RS_STYLE_WARN : RS_STYLE_OK;
	(void)rs_buf_addf(out, "%s %s", !p->ok ? "✗" : p->unfit ? "!" : "✓", p->text);
	if (!has_changed(w, side))
		return;
	*style = RS_STYLE_DIM;
	(void)rs_buf_addf(out, " %s", _("(before the last change)"));
}

void rs_wizard_probe_release(struct rs_wizard *w)
{
	(void)rs_wizard_probe_cancel(w);
	for (size_t i = 0; i < 2; i++) {
		free(w->probes[i].text);
		free(w->probes[i].subject);
	}
}
