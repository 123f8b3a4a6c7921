#include "sink/meta_json.h"

#include <stdlib.h>
#include <string.h>
#include "base/i18n.h"
#include "base/mem.h"

/* ---------------------------------------------------------------- words */

const struct rs_meta_words rs_meta_phase_words = {
	{[RS_META_NEW] = "new", [RS_META_SCHEMA] = "schema", [RS_META_COPY] = "copy", [RS_META_FOLLOW] = "follow",
	 [RS_META_RELEASED] = "released"}};
const struct rs_meta_words rs_meta_state_words = {
	{[RS_TABLE_PLANNED] = "planned", [RS_TABLE_CREATING] = "creating", [RS_TABLE_CREATED] = "created", [RS_TABLE_COPIED] = "copied",
	 [RS_TABLE_GONE] = "gone"}};
const struct rs_meta_words rs_meta_old_words = {{[RS_OLD_COMPARE] = "compare", [RS_OLD_REMOVE] = "remove"}};
const struct rs_meta_words rs_meta_decision_words = {{[RS_DECISION_SKIP] = "skip", [RS_DECISION_EDIT] = "edit"}};

int rs_meta_word(const struct rs_meta_words *of, const char *word)
{
	for (int i = 0; word != NULL && i < RS_META_WORDS; i++)
		if (of->words[i] != NULL && strcmp(of->words[i], word) == 0)
			return i;
	return -1;
}

/* ---------------------------------------------------------------- an online schema change */

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

json_t *rs_meta_online_to_json(const struct rs_meta_online *m)
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

enum rs_rc rs_meta_online_from_json(const json_t *o, struct rs_meta_online **out, struct rs_err *err)
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

/* ---------------------------------------------------------------- a position */

json_t *rs_meta_position_to_json(const struct rs_position *p)
{
	json_t *o = json_object();

	put_text(o, "file", p->file);
	if (p->file != NULL)
		json_object_set_new(o, "offset", json_integer((json_int_t)p->offset));
	put_text(o, "gtid", p->gtid);
	put_text(o, "log", p->log);
	return o;
}

void rs_meta_position_from_json(const json_t *o, struct rs_position *out)
{
	const char *file = json_string_value(json_object_get(o, "file"));

	rs_position_clear(out);
	if (file != NULL)
		rs_position_set_file(out, file, (uint64_t)json_integer_value(json_object_get(o, "offset")));
	rs_position_set_gtid(out, json_string_value(json_object_get(o, "gtid")));
	rs_position_set_log(out, json_string_value(json_object_get(o, "log")));
}

/* ---------------------------------------------------------------- a table */

static void put_position(json_t *o, const char *key, const struct rs_position *p)
{
	if (rs_position_is_set(p))
		json_object_set_new(o, key, rs_meta_position_to_json(p));
}

json_t *rs_meta_table_to_json(const struct rs_meta_table *t)
{
	json_t *o = json_pack("{s:s,s:b,s:I}", "state", rs_meta_state_words.words[t->state], "ours", t->ours, "rows", (json_int_t)t->rows);

	put_position(o, "exact", &t->exact);
	put_position(o, "overlap", &t->overlap);
	put_position(o, "defaulted", &t->defaulted);
	put_text(o, "filter", t->filter);
	if (t->old != RS_OLD_NONE && t->state != RS_TABLE_COPIED)
		put_text(o, "old", rs_meta_old_words.words[t->old]);
	if (t->loose)
		json_object_set_new(o, "loose", json_true());
	if (t->online != NULL)
		json_object_set_new(o, "online", rs_meta_online_to_json(t->online));
	if (t->schema != NULL)
		json_object_set_new(o, "definition", rs_table_to_json(t->schema));
	return o;
}

enum rs_rc rs_meta_table_from_json(const json_t *o, const char *db, const char *name, struct rs_meta_table *out, struct rs_err *err)
{
	int state = rs_meta_word(&rs_meta_state_words, json_string_value(json_object_get(o, "state")));
	int old = rs_meta_word(&rs_meta_old_words, json_string_value(json_object_get(o, "old")));
	const json_t *definition = json_object_get(o, "definition");

	*out = (struct rs_meta_table){.db = rs_xstrdup(db), .name = rs_xstrdup(name), .ours = json_is_true(json_object_get(o, "ours")),
	                              .rows = (uint64_t)json_integer_value(json_object_get(o, "rows")), .filter = text_of(o, "filter"),
	                              .loose = json_is_true(json_object_get(o, "loose")),
	                              .old = old < 0 ? RS_OLD_NONE : (enum rs_meta_old)old};
	if (state < 0)
		return rs_err_set(err, RS_E_META_DAMAGED, _("the meta tables hold an unknown state \"%s\" of a table"),
		                  json_string_value(json_object_get(o, "state")) ? json_string_value(json_object_get(o, "state")) : "");
	out->state = (enum rs_meta_state)state;
	rs_meta_position_from_json(json_object_get(o, "exact"), &out->exact);
	rs_meta_position_from_json(json_object_get(o, "overlap"), &out->overlap);
	rs_meta_position_from_json(json_object_get(o, "defaulted"), &out->defaulted);
	if (definition != NULL && (out->schema = rs_table_from_json(definition, err)) == NULL)
		return RS_FAIL;
	return rs_meta_online_from_json(json_object_get(o, "online"), &out->online, err);
}

/* ---------------------------------------------------------------- a decision about an event */

json_t *rs_meta_event_to_json(const struct rs_meta_event *m)
{
	json_t *o = json_pack("{s:I,s:I,s:I,s:s,s:b}", "offset", (json_int_t)m->id.offset, "ordinal", (json_int_t)m->id.ordinal, "digest",
	                      (json_int_t)m->id.digest, "decision", rs_meta_decision_words.words[m->decision], "passed", m->passed);

	put_text(o, "file", m->id.file);
	put_text(o, "gtid", m->id.gtid);
	put_text(o, "statement", m->sql);
	put_text(o, "what", m->what);
	return o;
}

enum rs_rc rs_meta_event_from_json(const json_t *o, uint64_t number, struct rs_meta_event *out, struct rs_err *err)
{
	const char *word = json_string_value(json_object_get(o, "decision"));
	int decision = rs_meta_word(&rs_meta_decision_words, word);

	*out = (struct rs_meta_event){.number = number,
	                              .id = {.file = text_of(o, "file"), .offset = (uint64_t)json_integer_value(json_object_get(o, "offset")),
	                                     .gtid = text_of(o, "gtid"), .ordinal = (uint64_t)json_integer_value(json_object_get(o, "ordinal")),
	                                     .digest = (uint64_t)json_integer_value(json_object_get(o, "digest"))},
	                              .decision = decision < 0 ? RS_DECISION_SKIP : (enum rs_decision)decision,
	                              .sql = text_of(o, "statement"), .what = text_of(o, "what"),
	                              .passed = json_is_true(json_object_get(o, "passed"))};
	if (decision >= 0)
		return RS_OK;
	return rs_err_set(err, RS_E_META_DAMAGED, _("the meta tables hold an unknown decision \"%s\" about an event"), word ? word : "");
}
