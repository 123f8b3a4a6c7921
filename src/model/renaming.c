#include "model/renaming.h"

#include <regex.h>
#include <string.h>
#include "base/buf.h"
#include "base/i18n.h"
#include "base/mem.h"
#include "base/utf8.h"

enum { GROUPS = 10 };

struct rs_renaming {
	regex_t regex;
	bool finds;        /* there is a regular expression */
	char *replacement, *prefix, *suffix;
};

/* --- reading it ---------------------------------------------------------------------------------------------------- */

static enum rs_rc compile(struct rs_renaming *r, const char *pattern, struct rs_err *err)
{
	int code = regcomp(&r->regex, pattern, REG_EXTENDED);
	char why[200];

	r->finds = code == 0;
	if (r->finds)
		return RS_OK;
	(void)regerror(code, &r->regex, why, sizeof why);
	return rs_err_set(err, RS_E_MAPPING, _("the regular expression can't be read: %s"), why);
}

static enum rs_rc check_groups(const struct rs_renaming *r, struct rs_err *err)
{
	for (const char *p = r->replacement; *p; p++) {
		if (*p != '\\' || !p[1])
			continue;
		p++;
		if (*p >= '0' && *p <= '9' && (size_t)(*p - '0') > r->regex.re_nsub)
			return rs_err_set(err, RS_E_MAPPING, _("\\%c stands for a group, (…), that the regular expression does not have"), *p);
	}
	return RS_OK;
}

static char *text_or_none(const char *text)
{
	return rs_xstrdup(text ? text : "");
}

struct rs_renaming *rs_renaming_new(const struct rs_renaming_rule *rule, struct rs_err *err)
{
	struct rs_renaming *r = rs_xcalloc(1, sizeof *r);

	r->replacement = text_or_none(rule->replacement);
	r->prefix = text_or_none(rule->prefix);
	r->suffix = text_or_none(rule->suffix);
	if (!rule->pattern || !*rule->pattern)
		return r;
	if (compile(r, rule->pattern, err) == RS_OK && check_groups(r, err) == RS_OK)
		return r;
	rs_renaming_free(r);
	return NULL;
}

void rs_renaming_free(struct rs_renaming *r)
{
	if (!r)
		return;
	if (r->finds)
		regfree(&r->regex);
	free(r->replacement);
	free(r->prefix);
	free(r->suffix);
	free(r);
}

/* --- naming -------------------------------------------------------------------------------------------------------- */

static void put_group(const char *at, const regmatch_t *group, struct rs_buf *out)
{
	if (group->rm_so >= 0)
		(void)rs_buf_add(out, at + group->rm_so, (size_t)(group->rm_eo - group->rm_so));
}

static void put_replacement(const struct rs_renaming *r, const char *at, const regmatch_t *groups, struct rs_buf *out)
{
	for (const char *p = r->replacement; *p; p++) {
		bool escape = *p == '\\' && p[1];

		p += escape;
		if (escape && *p >= '0' && *p <= '9')
			put_group(at, &groups[*p - '0'], out);
		else
			(void)rs_buf_addc(out, *p);
	}
}

static const char *put_character(const char *p, struct rs_buf *out)
{
	uint32_t cp;
	size_t used = rs_utf8_decode(p, strlen(p), &cp);

	used = used ? used : 1;
	(void)rs_buf_add(out, p, used);
	return p + used;
}

/* False: it finds nothing, and out is as it was. */
static bool put_replaced(const struct rs_renaming *r, const char *name, struct rs_buf *out)
{
	const char *p = name;
	regmatch_t groups[GROUPS];
	bool any = false;

	while ((p == name || *p) && regexec(&r->regex, p, GROUPS, groups, p == name ? 0 : REG_NOTBOL) == 0) {
		any = true;
		(void)rs_buf_add(out, p, (size_t)groups[0].rm_so);
		put_replacement(r, p, groups, out);
		p += groups[0].rm_eo;
		if (groups[0].rm_so == groups[0].rm_eo && *p) /* found between two characters: on behind the next */
			p = put_character(p, out);
		else if (p == name)
			break;
	}
	if (any)
		(void)rs_buf_adds(out, p);
	return any;
}

char *rs_renaming_apply(const struct rs_renaming *r, const char *name)
{
	struct rs_buf out = RS_BUF_INIT;

	(void)rs_buf_adds(&out, r->prefix);
	if (r->finds && !put_replaced(r, name, &out)) {
		rs_buf_release(&out);
		return rs_xstrdup(name);
	}
	if (!r->finds)
		(void)rs_buf_adds(&out, name);
	(void)rs_buf_adds(&out, r->suffix);
	return rs_buf_take(&out);
}
