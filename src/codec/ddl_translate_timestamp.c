/* What a TIMESTAMP means that does not say whether it takes NULL, on servers whose explicit_defaults_for_timestamp is off. */
#include "codec/ddl_translate_priv.h"

#include <stdlib.h>
#include <strings.h>

static const struct rs_ddl_attr *find(const struct tr *w, const struct rs_ddl_column *c, enum rs_attr_kind kind)
{
	for (uint32_t i = c->first_attr; i < c->first_attr + c->n_attrs; i++)
		if (w->tree->attrs[i].kind == kind)
			return &w->tree->attrs[i];
	return NULL;
}

static void add_now(struct rs_buf *b, const char *word, const struct rs_ddl_type *t)
{
	rs_buf_addf(b, " %s CURRENT_TIMESTAMP", word);
	if (t->has_length && t->length > 0)
		rs_buf_addf(b, "(%u)", (unsigned)t->length);
}

/* The table's first one is set to the time of the row's last change, others to zero. */
static void add_default(const struct tr *w, const struct rs_ddl_column *c, const char *name, struct rs_buf *b)
{
	if (strcasecmp(name, w->target->first_timestamp) != 0 || find(w, c, RS_ATTR_ON_UPDATE)) {
		rs_buf_adds(b, " DEFAULT '0000-00-00 00:00:00'");
		return;
	}
	add_now(b, "DEFAULT", &c->type);
	add_now(b, "ON UPDATE", &c->type);
}

void tr_timestamp(struct tr *w, const struct rs_ddl_column *c, const char *name)
{
	const struct rs_ddl_attr *reference = find(w, c, RS_ATTR_REFERENCES);
	struct rs_buf b = RS_BUF_INIT;

	if (!w->target->first_timestamp || c->type.type != RS_T_TIMESTAMP || find(w, c, RS_ATTR_NULL) || find(w, c, RS_ATTR_GENERATED) ||
	    find(w, c, RS_ATTR_ROW_START) || find(w, c, RS_ATTR_ROW_END))
		return;
	if (!find(w, c, RS_ATTR_NOT_NULL))
		rs_buf_adds(&b, " NOT NULL");
	if (!find(w, c, RS_ATTR_DEFAULT))
		add_default(w, c, name, &b);
	if (b.len > 0)
		tr_insert_after(w, reference ? reference->from - 1 : c->to - 1, rs_buf_str(&b));
	rs_buf_release(&b);
}
