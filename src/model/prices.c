#include "model/prices.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/i18n.h"
#include "base/mem.h"
#include "model/paths.h"
#include "model/task.h"

#define ANY "default"
#define FREE_FLOW "zero-etl"

static const char *const keys[] = {"schema_hour", "full_hour", "incremental_hour", "incremental_million"};
enum { N_KEYS = sizeof keys / sizeof *keys };

/* "2.50", whatever the language of the terminal has for a point. */
static bool parse_price(const char *text, double *price)
{
	size_t whole = strspn(text, "0123456789"), part = text[whole] == '.' ? strspn(text + whole + 1, "0123456789") : 0;
	const char *end = text + whole + (text[whole] == '.' ? 1 + part : 0);
	double unit = 1, sum = 0;

	if (whole == 0 || whole > 12 || part > 9 || *end || (text[whole] == '.' && part == 0))
		return false;
	for (const char *p = text; *p; p++) {
		if (*p == '.')
			continue;
		sum = sum * 10 + (*p - '0');
		unit *= p > text + whole ? 10 : 1;
	}
	*price = sum / unit;
	return true;
}

/* ------------------------------------------------------------------ checking */

static bool is_flow(const char *section)
{
	return rs_flow_find(section) || strcmp(section, ANY) == 0;
}

static bool is_price(const char *key)
{
	for (size_t i = 0; i < N_KEYS; i++)
		if (strcmp(keys[i], key) == 0)
			return true;
	return false;
}

static enum rs_rc check_key(const struct rs_ini *ini, const char *section, const char *key, struct rs_err *err)
{
	double price;

	if (strcmp(section, ANY) == 0 && strcmp(key, "currency") == 0)
		return RS_OK;
	if (!is_price(key))
		return rs_err_set(err, RS_E_INI_SYNTAX, _("unknown key \"%s\" in [%s]"), key, section);
	if (!parse_price(rs_ini_get(ini, section, key), &price))
		return rs_err_set(err, RS_E_INI_SYNTAX, _("a price is expected, as 2.50, not \"%s\""), rs_ini_get(ini, section, key));
	return RS_OK;
}

/* The line of what is wrong, 0 where nothing is. */
static int check(const struct rs_ini *ini, struct rs_err *err)
{
	const char *section, *key;

	for (size_t i = 0; (section = rs_ini_section(ini, i)) != NULL; i++) {
		if (!is_flow(section)) {
			rs_err_set(err, RS_E_INI_SYNTAX, _("[%s] is neither a flow nor [%s]"), section, ANY);
			return rs_ini_line(ini, section, NULL);
		}
		for (size_t n = 0; (key = rs_ini_key(ini, section, n)) != NULL; n++)
			if (check_key(ini, section, key, err) != RS_OK)
				return rs_ini_line(ini, section, key);
	}
	return 0;
}

enum rs_rc rs_prices_load(struct rs_prices *p, const char *path, struct rs_err *err)
{
	char *usual = path ? NULL : rs_paths_prices();
	const char *file = path ? path : usual;
	struct rs_err why = RS_ERR_INIT;
	enum rs_rc rc = RS_OK;
	int line;

	p->ini = NULL;
	if (access(file, F_OK) == 0 || errno != ENOENT) {
		p->ini = rs_ini_load(file, err);
		rc = p->ini ? RS_OK : RS_FAIL;
	}
	line = p->ini ? check(p->ini, &why) : 0;
	if (line) {
		rc = rs_err_set(err, why.code, "%s:%d: %s", file, line, why.primary);
		rs_prices_release(p);
	}
	rs_err_clear(&why);
	free(usual);
	return rc;
}

void rs_prices_release(struct rs_prices *p)
{
	rs_ini_free(p->ini);
	p->ini = NULL;
}

/* ------------------------------------------------------------------ asking */

static bool find(const struct rs_prices *p, const char *section, const char *phase, const char *unit, double *price)
{
	char *key = rs_xprintf("%s_%s", phase, unit);
	const char *value = p->ini ? rs_ini_get(p->ini, section, key) : NULL;
	bool found = value && parse_price(value, price);

	free(key);
	return found;
}

static void take(const struct rs_prices *p, const char *section, const char *phase, struct rs_price *price)
{
	bool hour = find(p, section, phase, "hour", &price->hour), million = find(p, section, phase, "million", &price->million);

	price->known = price->known || hour || million;
}

struct rs_price rs_prices_of(const struct rs_prices *p, const char *flow, const char *phase)
{
	bool zero_etl = flow && strcmp(flow, FREE_FLOW) == 0;
	struct rs_price price = {.known = zero_etl || strcmp(phase, "incremental") != 0};

	if (!zero_etl) /* what goes for any flow is no price of one that is free */
		take(p, ANY, phase, &price);
	if (flow)
		take(p, flow, phase, &price);
	return price;
}

const char *rs_prices_currency(const struct rs_prices *p)
{
	const char *currency = p->ini ? rs_ini_get(p->ini, ANY, "currency") : NULL;

	return currency ? currency : "";
}

double rs_price_cost(const struct rs_price *price, double seconds, uint64_t changes)
{
	return price->known ? seconds / 3600 * price->hour + (double)changes / 1e6 * price->million : -1;
}
