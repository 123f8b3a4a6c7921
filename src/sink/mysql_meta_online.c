/* What is kept of an online schema change that is under way, in the definition of the table that it changes. */
#include "sink/mysql_sink.h"

#include <stdlib.h>
#include "base/i18n.h"
#include "base/mem.h"

void rs_meta_online_free(struct rs_meta_online *m)
{
	if (m == NULL)
		return;
	free(m->shadow);
	rs_table_unref(m->schema);
	free(m->sql);
	free(m->db);
	free(m->time_zone);
	free(m->why);
	free(m->away);
	free(m);
}

struct rs_meta_online *rs_meta_online_copy(const struct rs_meta_online *m)
{
	struct rs_meta_online *copy = rs_xcalloc(1, sizeof *copy);

	*copy = (struct rs_meta_online){.shadow = rs_xstrdup(m->shadow), .schema = m->schema ? rs_table_ref(m->schema) : NULL,
	                                .sql = rs_xstrdup(m->sql), .db = rs_xstrdup(m->db), .time_zone = rs_xstrdup(m->time_zone),
	                                .sql_mode = m->sql_mode, .proven = m->proven, .why = rs_xstrdup(m->why), .away = rs_xstrdup(m->away)};
	return copy;
}

static void put_text(json_t *o, const char *key, const char *text)
{
	if (text != NULL)
		json_object_set_new(o, key, json_string(text));
}

json_t *rs_mysql_meta_online_to_json(const struct rs_meta_online *m)
{
	json_t *o = json_object();

	put_text(o, "shadow", m->shadow);
	put_text(o, "sql", m->sql);
	put_text(o, "db", m->db);
	put_text(o, "time_zone", m->time_zone);
	put_text(o, "why", m->why);
	put_text(o, "away", m->away);
	json_object_set_new(o, "sql_mode", json_integer((json_int_t)m->sql_mode));
	json_object_set_new(o, "proven", json_boolean(m->proven));
	if (m->schema != NULL)
		json_object_set_new(o, "definition", rs_table_to_json(m->schema));
	return o;
}

static char *text_of(const json_t *o, const char *key) { return rs_xstrdup(json_string_value(json_object_get(o, key))); }

enum rs_rc rs_mysql_meta_online_from_json(const json_t *o, struct rs_meta_online **out, struct rs_err *err)
{
	const json_t *definition = json_object_get(o, "definition");

	*out = NULL;
	if (o == NULL)
		return RS_OK;
	struct rs_meta_online *m = rs_xcalloc(1, sizeof *m);
	*m = (struct rs_meta_online){.shadow = text_of(o, "shadow"), .sql = text_of(o, "sql"), .db = text_of(o, "db"),
	                             .time_zone = text_of(o, "time_zone"), .why = text_of(o, "why"), .away = text_of(o, "away"),
	                             .sql_mode = (uint64_t)json_integer_value(json_object_get(o, "sql_mode")),
	                             .proven = json_is_true(json_object_get(o, "proven"))};
	if (definition != NULL)
		m->schema = rs_table_from_json(definition, err);
	if (m->shadow != NULL && (m->schema != NULL || (definition == NULL && m->why != NULL))) {
		*out = m;
		return RS_OK;
	}
	rs_meta_online_free(m);
	return rs_err_is_set(err) ? RS_FAIL : rs_err_set(err, RS_E_META_DAMAGED, _("a table's definition in the meta tables can't be read"));
}
