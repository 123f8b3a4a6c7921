/* What a task has used so far, phase by phase, and what that costs. */
#include "screen/app.h"

#include <string.h>
#include "base/figure.h"
#include "base/i18n.h"
#include "base/mem.h"
#include "model/paths.h"
#include "screen/show.h"

#define NAME_WIDTH 16
#define TIME_WIDTH 12

static const struct {
	const char *code, *title;
} phases[RS_PHASE_COUNT] = {{"schema", N_("Schema")}, {"full", N_("Full data")}, {"incremental", N_("Incremental")}};

static void put_cell(struct rs_buf *out, const char *text, int width)
{
	int room = width - rs_text_width(text);

	(void)rs_buf_addf(out, "%s%*s", text, room > 0 ? room : 1, "");
}

static void put_cost(struct rs_buf *out, const struct rs_app *app, double cost)
{
	(void)rs_buf_addf(out, "%.2f %s", cost, rs_prices_currency(&app->prices));
}

/* What it costs; < 0: can't be said. */
static double put_phase(struct rs_buf *out, const struct rs_app *app, const struct rs_watch *watch, int phase)
{
	const struct rs_usage *u = &watch->progress->usage;
	struct rs_price price = rs_prices_of(&app->prices, watch->task->flow, phases[phase].code);
	double cost = rs_price_cost(&price, (double)u->running[phase] / (double)RS_USEC_PER_SEC,
	                            phase == RS_PHASE_INCREMENTAL ? u->changes : 0);
	char time[RS_SHOW_SIZE];

	put_cell(out, _(phases[phase].title), NAME_WIDTH);
	put_cell(out, rs_show_time(u->running[phase], time, sizeof time), TIME_WIDTH);
	if (cost < 0)
		(void)rs_buf_adds(out, _("metered: no price is set"));
	else if (price.hour <= 0 && price.million <= 0)
		(void)rs_buf_adds(out, _("free"));
	else
		put_cost(out, app, cost);
	(void)rs_buf_addc(out, '\n');
	return cost;
}

static void put_usage(struct rs_buf *out, const struct rs_app *app, const struct rs_watch *watch)
{
	char changes[32], *prices = rs_paths_prices();
	double sum = 0;

	for (int i = 0; i < RS_PHASE_COUNT; i++) {
		double cost = put_phase(out, app, watch, i);

		sum = sum < 0 || cost < 0 ? -1 : sum + cost;
	}
	put_cell(out, _("Changes"), NAME_WIDTH);
	(void)rs_buf_addf(out, "%s\n", rs_figure_grouped(watch->progress->usage.changes, changes, sizeof changes));
	if (sum > 0) {
		put_cell(out, _("Total"), NAME_WIDTH + TIME_WIDTH);
		put_cost(out, app, sum);
		(void)rs_buf_addc(out, '\n');
	}
	/* TRANSLATORS: the path of a file follows, on a line of its own */
	(void)rs_buf_addf(out, "\n%s\n%s", _("Time at work on this host, with retries and pauses, as far as it is known here. The prices are those of:"),
	                  prices);
	free(prices);
}

bool rs_app_has_usage(const struct rs_watch *watch, const char **why)
{
	*why = watch->task && watch->progress ? NULL : _("nothing is known of it yet");
	return *why == NULL;
}

void rs_app_show_usage(struct rs_app *app, const struct rs_watch *watch)
{
	struct rs_err err = RS_ERR_INIT;
	struct rs_buf text = RS_BUF_INIT;
	char *title = rs_xprintf(_("Usage of %s"), watch->name);

	if (rs_err_is_set(&app->prices_error)) {
		rs_err_copy(&err, &app->prices_error);
		rs_app_show_error(app, title, &err);
	} else {
		put_usage(&text, app, watch);
		rs_dialog_message(app->loop, title, rs_buf_str(&text), NULL, NULL);
	}
	rs_buf_release(&text);
	free(title);
}
