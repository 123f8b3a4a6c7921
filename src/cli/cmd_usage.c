/* usage: how long tasks have been at work, what they have done, and what that costs. */
#include "cli/cli.h"

#include <stdlib.h>
#include <string.h>
#include "base/figure.h"
#include "base/i18n.h"
#include "model/prices.h"

static const char *const phases[RS_PHASE_COUNT] = {"schema", "full", "incremental"};

static double seconds_of(const struct rs_progress *p, int phase)
{
	return p ? (double)p->usage.running[phase] / (double)RS_USEC_PER_SEC : 0;
}

static double cost_of(const struct rs_prices *prices, const struct rs_task *task, const struct rs_progress *p, int phase)
{
	struct rs_price price = rs_prices_of(prices, task->flow, phases[phase]);

	return rs_price_cost(&price, seconds_of(p, phase), p && phase == RS_PHASE_INCREMENTAL ? p->usage.changes : 0);
}

/* ------------------------------------------------------------------ for programs */

static json_t *cost_json(double cost)
{
	return cost < 0 ? json_null() : json_real(cost);
}

static json_t *usage_json(const struct rs_prices *prices, const struct rs_task *task, const struct rs_progress *p)
{
	json_t *j = json_object();
	double sum = 0;

	json_object_set_new(j, "task", json_string(task->name));
	json_object_set_new(j, "flow", task->flow ? json_string(task->flow) : json_null());
	for (int i = 0; i < RS_PHASE_COUNT; i++) {
		double cost = cost_of(prices, task, p, i);

		json_object_set_new(j, phases[i], json_pack("{s:f, s:o}", "running_seconds", seconds_of(p, i), "cost", cost_json(cost)));
		sum = cost < 0 || sum < 0 ? -1 : sum + cost;
	}
	json_object_set_new(j, "changes", json_integer(p ? (json_int_t)p->usage.changes : 0));
	json_object_set_new(j, "cost", cost_json(sum));
	json_object_set_new(j, "currency", *rs_prices_currency(prices) ? json_string(rs_prices_currency(prices)) : json_null());
	return j;
}

/* ------------------------------------------------------------------ for people */

static void print_phase(const struct rs_prices *prices, const struct rs_task *task, const struct rs_progress *p, int phase)
{
	struct rs_price price = rs_prices_of(prices, task->flow, phases[phase]);
	double cost = cost_of(prices, task, p, phase);
	bool is_free = price.known && price.hour <= 0 && price.million <= 0;
	char time[24];

	rs_cli_print_cell("", 2);
	rs_cli_print_cell(phases[phase], 14);
	rs_cli_print_cell(rs_figure_time((rs_usec)(seconds_of(p, phase) * (double)RS_USEC_PER_SEC), time, sizeof time), 12);
	if (is_free)
		printf("%s\n", _("free"));
	else if (cost < 0)
		printf("%s\n", _("metered: no price is set"));
	else
		printf("%.2f %s\n", cost, rs_prices_currency(prices));
}

static void print_usage(const struct rs_prices *prices, const struct rs_task *task, const struct rs_progress *p)
{
	char changes[32];

	rs_cli_print_text(task->name);
	for (int i = 0; i < RS_PHASE_COUNT; i++)
		print_phase(prices, task, p, i);
	rs_figure_grouped(p ? p->usage.changes : 0, changes, sizeof changes);
	rs_cli_print_cell("", 2);
	rs_cli_print_cell("changes", 14);
	puts(changes);
}

/* ------------------------------------------------------------------ the command */

/* Of one task; j: where to put it, NULL: it is printed. */
static void tell(const struct rs_prices *prices, const struct rs_task *task, json_t *list)
{
	struct rs_task_status status = {.progress = NULL};
	bool known = rs_task_status_read(task, &status, NULL) == RS_OK;

	if (list)
		json_array_append_new(list, usage_json(prices, task, known ? status.progress : NULL));
	else
		print_usage(prices, task, known ? status.progress : NULL);
	rs_task_status_release(&status);
}

static enum rs_rc tell_all(const struct rs_cli *cli, const struct rs_prices *prices, json_t *list, struct rs_err *err)
{
	struct rs_task_list files;

	if (cli->n_operands > 0) {
		struct rs_task *task = rs_task_find(cli->operands[0], err);

		if (task)
			tell(prices, task, list);
		rs_task_free(task);
		return task ? RS_OK : RS_FAIL;
	}
	if (rs_task_list(&files, err) != RS_OK)
		return RS_FAIL;
	for (size_t i = 0; i < files.count; i++) {
		struct rs_task *task = rs_task_load(files.files[i].path, NULL);

		if (task)
			tell(prices, task, list);
		rs_task_free(task);
	}
	rs_task_list_release(&files);
	return RS_OK;
}

int rs_cli_usage(const struct rs_cli *cli)
{
	json_t *list = rs_cli_flag(cli, "json") ? json_array() : NULL;
	struct rs_prices prices = RS_PRICES_INIT;
	struct rs_err err = RS_ERR_INIT;
	enum rs_rc rc = rs_prices_load(&prices, NULL, &err);

	if (rc == RS_OK)
		rc = tell_all(cli, &prices, list, &err);
	rs_prices_release(&prices);
	if (rc == RS_OK && list)
		rs_cli_print_json(json_incref(list));
	json_decref(list);
	return rc == RS_OK ? RS_EXIT_OK : rs_cli_fail(cli, &err);
}
