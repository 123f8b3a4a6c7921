/* An address that is pasted in one piece, as other tools write it, is taken apart: each part of it goes to the field that asks for
 * it. */
#include "screen/wizard.h"

#include <string.h>
#include "base/i18n.h"
#include "base/mem.h"
#include "model/dsn.h"

/* What is being taken over. */
struct taking {
	struct rs_form_state *state;
	const struct rs_form_page *page;
	const char *side;           /* "source" or "destination" */
	struct rs_buf taken, left;  /* labels of fields; what no field asks for */
};

static bool is_bound(const struct rs_form_field *f, const char *side, const char *key)
{
	size_t len = strlen(side);

	return f->bind && strncmp(f->bind, side, len) == 0 && f->bind[len] == '.' && strcmp(f->bind + len + 1, key) == 0;
}

static bool can_answer(const struct rs_form_state *s, const struct rs_form_field *f)
{
	return rs_form_is_visible(s, f) && !rs_form_is_readonly(s, f);
}

/* The field of the page that asks for a key of the side now; NULL: none does. */
static const struct rs_form_field *find(const struct taking *t, const char *key)
{
	for (size_t i = 0; i < t->page->n_fields; i++) {
		const struct rs_form_field *f = &t->page->fields[i];

		if (is_bound(f, t->side, key) && can_answer(t->state, f))
			return f;
	}
	return NULL;
}

static bool offers(const struct rs_form_state *s, const struct rs_form_field *f, const char *value)
{
	struct rs_form_choices c;
	bool any = false;

	rs_form_choices_get(s, f, &c);
	for (size_t i = 0; i < c.count; i++)
		any = any || strcmp(c.items[i].value, value) == 0;
	rs_form_choices_release(&c);
	return any;
}

static void note(struct rs_buf *list, const char *name)
{
	(void)rs_buf_addf(list, "%s%s", list->len ? ", " : "", name);
}

/* name: what it is called where no field asks for it. */
static void take(struct taking *t, const char *key, const char *value, const char *name)
{
	const struct rs_form_field *f = value ? find(t, key) : NULL;

	if (f && f->type == RS_FIELD_CHOICE && !offers(t->state, f, value))
		f = NULL;
	if (f) {
		rs_form_set(t->state, f, value);
		note(&t->taken, rs_form_text(f->label));
	} else if (value) {
		note(&t->left, name);
	}
}

/* A server that is given by its address, and a password that is typed, are asked for once these are chosen. */
static void make_room(const struct taking *t, bool password)
{
	const struct rs_form_field *type = find(t, "host") ? NULL : find(t, "instance_type");
	char *id = rs_xprintf("%s_auth", t->side);
	const struct rs_form_field *auth = password && !find(t, "password") ? rs_form_flow_field(rs_form_state_flow(t->state), id) : NULL;

	if (type && offers(t->state, type, "self-managed"))
		rs_form_set(t->state, type, "self-managed");
	if (auth && can_answer(t->state, auth) && offers(t->state, auth, "typed"))
		rs_form_set(t->state, auth, "typed");
	free(id);
}

static void take_all(struct taking *t, const struct rs_dsn *d)
{
	const struct rs_form_field *port;
	char number[8];

	make_room(t, rs_secret_is_set(&d->password));
	(void)snprintf(number, sizeof number, "%u", d->port);
	take(t, "host", d->host, _("host"));
	port = d->port ? NULL : find(t, "port");
	if (port)
		rs_form_set(t->state, port, NULL); /* that of another server */
	take(t, "port", d->port ? number : NULL, _("port"));
	take(t, "account", d->account, _("account"));
	take(t, "password", rs_secret_reveal(&d->password), _("password"));
	take(t, "database", d->database, _("database"));
	take(t, "connection", d->connection, _("encryption"));
}

static void tell(const struct rs_wizard *w, const struct taking *t)
{
	struct rs_buf text = RS_BUF_INIT;

	if (t->taken.len)
		/* TRANSLATORS: %s: labels of fields */
		(void)rs_buf_addf(&text, _("Taken from the address: %s."), rs_buf_str(&t->taken));
	if (t->left.len)
		/* TRANSLATORS: %s: host, port, account, password, database, encryption */
		(void)rs_buf_addf(&text, _("%sNot asked for here: %s."), text.len ? " " : "", rs_buf_str(&t->left));
	rs_loop_say(w->app->loop, t->left.len ? RS_STYLE_WARN : RS_STYLE_OK, "%s", rs_buf_str(&text));
	rs_buf_release(&text);
}

static const char *side_of(const struct rs_form_field *f)
{
	static const char *const sides[] = {"source", "destination"};

	for (size_t i = 0; i < RS_COUNT(sides); i++)
		if (f->bind && strncmp(f->bind, sides[i], strlen(sides[i])) == 0 && f->bind[strlen(sides[i])] == '.')
			return sides[i];
	return NULL;
}

bool rs_wizard_paste(const struct rs_wizard *w, const struct rs_form_page *page, const struct rs_form_field *at, const char *text, size_t len)
{
	struct taking t = {w->state, page, side_of(at), RS_BUF_INIT, RS_BUF_INIT};
	const struct rs_flow *flow = rs_flow_find(w->flow->id);
	struct rs_dsn d;

	if (!t.side || !flow || at->type == RS_FIELD_SECRET || !can_answer(w->state, at) || !rs_dsn_parse(text, len, &d))
		return false;
	if (d.protocol == rs_flow_protocol(strcmp(t.side, "source") == 0 ? flow->source : flow->destination)) {
		take_all(&t, &d);
		tell(w, &t);
	} else {
		rs_loop_say(w->app->loop, RS_STYLE_WARN, "%s", _("That is the address of a server of another kind."));
	}
	rs_buf_release(&t.taken);
	rs_buf_release(&t.left);
	rs_dsn_release(&d);
	return true;
}
