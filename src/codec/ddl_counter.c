/* Where AUTO_INCREMENT goes on, read from the statement that makes a table. */
#include <stdlib.h>

#include "codec/ddl_tree.h"

static bool has_counter(const struct rs_ddl_tree *t)
{
	for (uint32_t i = 0; i < t->n_attrs; i++)
		if (t->attrs[i].kind == RS_ATTR_AUTO_INCREMENT || t->attrs[i].kind == RS_ATTR_SERIAL)
			return true;
	return false;
}

static uint64_t told(const struct rs_ddl *d)
{
	uint64_t n = 1;

	for (uint32_t i = 0; i < d->tree->n_options; i++) {
		const struct rs_ddl_option *o = &d->tree->options[i];
		if (o->kind != RS_OPTION_AUTO_INCREMENT || o->value == RS_NO_TOKEN)
			continue;
		char *text = rs_sql_text(&d->sql, o->value);
		n = strtoull(text, NULL, 10);
		free(text);
	}
	return n;
}

enum rs_rc rs_ddl_counter(const char *sql, size_t len, const struct rs_sql_dialect *dialect, uint64_t *out, struct rs_err *err)
{
	struct rs_ddl d = {0};
	enum rs_rc rc = rs_ddl_parse(&d, sql, len, NULL, dialect, err);

	*out = rc == RS_OK && d.kind == RS_STMT_CREATE_TABLE && has_counter(d.tree) ? told(&d) : 0;
	rs_ddl_release(&d);
	return rc;
}
