#include "check/verdict.h"

#include "base/mem.h"

static void RS_PRINTF(2, 0) replace(char **text, const char *fmt, va_list ap)
{
	free(*text);
	*text = rs_xvprintf(fmt, ap);
}

#define VERDICT(name, value)                                            \
	enum rs_rc name(struct rs_finding *f, const char *fmt, ...)         \
	{                                                                   \
		va_list ap;                                                     \
                                                                        \
		va_start(ap, fmt);                                              \
		replace(&f->found, fmt, ap);                                    \
		va_end(ap);                                                     \
		f->verdict = value;                                             \
		return RS_OK;                                                   \
	}
VERDICT(rs_verdict_pass, RS_CHECK_PASSED)
VERDICT(rs_verdict_warn, RS_CHECK_WARNING)
VERDICT(rs_verdict_fail, RS_CHECK_FAILED)
#undef VERDICT

void rs_verdict_need(struct rs_finding *f, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	replace(&f->needed, fmt, ap);
	va_end(ap);
}

/* Takes over more. */
static void append(char **text, const char *separator, char *more)
{
	char *both = *text ? rs_xprintf("%s%s%s", *text, separator, more) : rs_xstrdup(more);

	free(*text);
	free(more);
	*text = both;
}

void rs_verdict_explain(struct rs_finding *f, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	append(&f->explain, " ", rs_xvprintf(fmt, ap));
	va_end(ap);
}

void rs_verdict_line(struct rs_finding *f, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	append(&f->explain, "\n", rs_xvprintf(fmt, ap));
	va_end(ap);
}

void rs_verdict_remedy(struct rs_finding *f, const char *where, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	append(&f->remedy, "\n", rs_xvprintf(fmt, ap));
	va_end(ap);
	free(f->remedy_where);
	f->remedy_where = rs_xstrdup(where);
}

void rs_verdict_object(struct rs_finding *f, const char *db, const char *table)
{
	char *name = table ? rs_xprintf("%s.%s", db, table) : rs_xstrdup(db);

	rs_finding_add_object(f, name);
	free(name);
}
