#include "model/working.h"

#include <regex.h>
#include <stdatomic.h>
#include <stdlib.h>
#include "base/i18n.h"
#include "base/mem.h"

#define DMS_SHADOW "^tpa?_[[:alnum:]]+_ogt_(.+)$"
#define DMS_TRASH "^tpa?_[[:alnum:]]+_(ogl|del)_.+$"

struct rs_working {
	atomic_uint refs;
	bool names_prove;
	regex_t shadow, trash;
};

enum rs_rc rs_working_check(const char *pattern, bool group, struct rs_err *err)
{
	char why[200];
	regex_t re;
	int failed = regcomp(&re, pattern, REG_EXTENDED | REG_ICASE);

	if (failed) {
		regerror(failed, &re, why, sizeof why);
		return rs_err_set(err, RS_E_TASK_INVALID, _("not a regular expression: %s"), why);
	}
	bool has_group = re.re_nsub >= 1;
	regfree(&re);
	if (group && !has_group)
		return rs_err_set(err, RS_E_TASK_INVALID, _("a regular expression with a group in parentheses is expected: the name of the table "
		                                            "that is being changed"));
	return RS_OK;
}

struct rs_working *rs_working_new(enum rs_online_ddl kind, const char *shadow, const char *trash)
{
	struct rs_working *w;

	if (kind == RS_ONLINE_COPY)
		return NULL;
	if (kind == RS_ONLINE_DMS) {
		shadow = DMS_SHADOW;
		trash = DMS_TRASH;
	}
	w = rs_xcalloc(1, sizeof *w);
	atomic_init(&w->refs, 1);
	w->names_prove = kind == RS_ONLINE_DMS;
	if (regcomp(&w->shadow, shadow, REG_EXTENDED | REG_ICASE) != 0) {
		free(w);
		return NULL;
	}
	if (regcomp(&w->trash, trash, REG_EXTENDED | REG_ICASE) != 0) {
		regfree(&w->shadow);
		free(w);
		return NULL;
	}
	return w;
}

struct rs_working *rs_working_ref(struct rs_working *w)
{
	if (w)
		atomic_fetch_add(&w->refs, 1);
	return w;
}

void rs_working_unref(struct rs_working *w)
{
	if (!w || atomic_fetch_sub(&w->refs, 1) != 1)
		return;
	regfree(&w->shadow);
	regfree(&w->trash);
	free(w);
}

enum rs_working_role rs_working_role(const struct rs_working *w, const char *table, char **base)
{
	regmatch_t at[2];

	if (!w)
		return RS_WORKING_NONE;
	if (regexec(&w->shadow, table, 2, at, 0) == 0 && at[1].rm_so >= 0 && at[1].rm_eo > at[1].rm_so) {
		if (base)
			*base = rs_xstrndup(table + at[1].rm_so, (size_t)(at[1].rm_eo - at[1].rm_so));
		return RS_WORKING_SHADOW;
	}
	return regexec(&w->trash, table, 0, NULL, 0) == 0 ? RS_WORKING_TRASH : RS_WORKING_NONE;
}

bool rs_working_names_prove(const struct rs_working *w)
{
	return w && w->names_prove;
}
