/* Views, routines, triggers and events: their heads; the bodies are read by ddl_body. */
#include "codec/ddl_parse.h"

/* name [(columns)] AS select */
bool ddl_parse_view(struct ddl_parser *p)
{
	if (ddl_if_not_exists(p))
		p->d->flags |= RS_DDL_IF_NOT_EXISTS;
	if (!ddl_ref(p, RS_ROLE_TARGET, &p->table))
		return false;
	p->tree->columns_from = p->i;
	if (ddl_is_op(p, '(') && !ddl_skip_parens(p))
		return false;
	p->tree->columns_to = p->i;
	if (!ddl_expect(p, "AS"))
		return false;
	p->tree->body = p->i;
	ddl_parse_body(p, p->i, p->sql->count);
	p->i = p->sql->count;
	return true;
}

/* Characteristics, parameters and body alike: whatever names a table stands after a word that says so. */
bool ddl_parse_routine(struct ddl_parser *p)
{
	if (ddl_if_not_exists(p))
		p->d->flags |= RS_DDL_IF_NOT_EXISTS;
	if (!ddl_ref(p, RS_ROLE_TARGET, &p->table))
		return false;
	if (ddl_is_op(p, '(') && !ddl_skip_parens(p))
		return false;
	p->tree->body = p->i;
	ddl_parse_body(p, p->i, p->sql->count);
	p->i = p->sql->count;
	return true;
}

/* BEFORE | AFTER event [OR event …] [OF columns]: up to ON. */
static bool skip_trigger_time(struct ddl_parser *p)
{
	if (!ddl_accept(p, "BEFORE") && !ddl_expect(p, "AFTER"))
		return false;
	while (!ddl_at_end(p) && !ddl_is(p, "ON"))
		p->i++;
	return ddl_expect(p, "ON");
}

/* FOLLOWS or PRECEDES another trigger, which is in the same database. */
static bool skip_trigger_order(struct ddl_parser *p)
{
	if (!ddl_accept(p, "FOLLOWS") && !ddl_accept(p, "PRECEDES"))
		return true;
	return ddl_expect_name(p, NULL);
}

bool ddl_parse_trigger(struct ddl_parser *p)
{
	if (ddl_if_not_exists(p))
		p->d->flags |= RS_DDL_IF_NOT_EXISTS;
	if (!ddl_ref(p, RS_ROLE_TARGET, NULL) || !skip_trigger_time(p) || !ddl_ref(p, RS_ROLE_TRIGGER_TABLE, &p->table))
		return false;
	if (!ddl_expect(p, "FOR") || !ddl_expect(p, "EACH") || !ddl_expect(p, "ROW") || !skip_trigger_order(p))
		return false;
	p->tree->body = p->i;
	ddl_parse_body(p, p->i, p->sql->count);
	p->i = p->sql->count;
	return true;
}

/* ENABLE | DISABLE [ON SLAVE | ON REPLICA] */
static void parse_status(struct ddl_parser *p)
{
	p->tree->status_from = p->i++;
	if (ddl_is2(p, "ON", "SLAVE") || ddl_is2(p, "ON", "REPLICA"))
		p->i += 2;
	p->tree->status_to = p->i;
}

/* ON SCHEDULE …, ON COMPLETION …, RENAME TO, status, COMMENT: up to DO or the end. */
static bool parse_event_options(struct ddl_parser *p)
{
	while (!ddl_at_end(p) && !ddl_is(p, "DO")) {
		if (ddl_is(p, "ENABLE") || ddl_is(p, "DISABLE")) {
			parse_status(p);
		} else if (ddl_accept2(p, "RENAME", "TO")) {
			if (!ddl_ref(p, RS_ROLE_RENAME_TO, NULL))
				return false;
		} else {
			p->i = ddl_is_op(p, '(') ? rs_sql_skip_parens(p->sql, p->i) : p->i + 1;
		}
	}
	return true;
}

bool ddl_parse_event(struct ddl_parser *p)
{
	if (ddl_if_not_exists(p))
		p->d->flags |= RS_DDL_IF_NOT_EXISTS;
	if (!ddl_ref(p, RS_ROLE_TARGET, &p->table) || !parse_event_options(p))
		return false;
	if (!ddl_is(p, "DO"))
		return true;
	p->tree->do_token = p->i++;
	p->tree->body = p->i;
	ddl_parse_body(p, p->i, p->sql->count);
	p->i = p->sql->count;
	return true;
}
