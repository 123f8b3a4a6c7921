#include "engine/copy/definitions.h"

#include <stdlib.h>
#include <string.h>
#include "base/fault.h"
#include "base/i18n.h"
#include "base/log.h"
#include "base/mem.h"
#include "codec/ddl_translate.h"
#include "engine/copy/start.h"

void rs_definition_news_clear(struct rs_definition_news *news)
{
	rs_ddl_differences_clear(&news->parts);
	free(news->why);
	free(news->found);
	news->why = news->found = NULL;
}

/* ---------------------------------------------------------------- an example of ours */

static void destination_dialect(const struct rs_engine *e, const struct rs_object *o, struct rs_sql_dialect *out)
{
	*out = (struct rs_sql_dialect){strcmp(e->sink->flavor, "mariadb") == 0, e->sink->version, rs_statement_mode(o->sql_mode)};
}

/* One a task, and another one of who looks on. */
static char *example_name(const struct rs_engine *e)
{
	return rs_xprintf("rds_sync_example_%.8s%s", e->task->id, e->anchor.foreseen ? "_plan" : "");
}

static char *quoted_example(const struct rs_engine *e)
{
	char *name = example_name(e);
	struct rs_buf out = RS_BUF_INIT;

	rs_quote_table(&out, e->sink->own_db, name);
	free(name);
	return rs_buf_take(&out);
}

static enum rs_rc drop(struct rs_engine *e, enum rs_object_kind kind, const char *name, struct rs_err *err)
{
	char *sql = rs_xprintf("DROP %s IF EXISTS %s", rs_object_kind_name(kind), name);
	enum rs_rc rc = e->sink->ops->define(e->sink, &(struct rs_definition){.sql = sql}, err);

	free(sql);
	return rc;
}

static enum rs_rc define(struct rs_engine *e, const struct rs_object *o, const char *sql, const char *db, struct rs_err *err)
{
	return e->sink->ops->define(e->sink, &(struct rs_definition){.sql = sql, .db = db, .sql_mode = o->sql_mode,
	                                                             .collation_connection = o->collation_connection,
	                                                             .time_zone = o->time_zone}, err);
}

/* Without what refers to other tables, and without indexes that no row needs. */
static enum rs_rc example_statement(struct rs_engine *e, const struct rs_object *o, const char *sql, const char *db, char **out,
                                    struct rs_err *err)
{
	struct rs_ddl_target target = {.definer = RS_DEFINER_KEEP, .split = true};
	struct rs_translation t = {0};
	struct rs_ddl whole = {0}, d = {0};
	char *name = quoted_example(e);

	destination_dialect(e, o, &target.from);
	target.to = target.from;
	enum rs_rc rc = rs_ddl_parse(&whole, sql, strlen(sql), db, &target.from, err);
	if (rc == RS_OK)
		rc = rs_ddl_translate(&whole, &target, &t, err);
	if (rc == RS_OK)
		rc = rs_ddl_parse(&d, t.sql, strlen(t.sql), db, &target.from, err);
	if (rc == RS_OK)
		*out = rs_ddl_named(&d, name);
	rs_ddl_release(&d);
	rs_translation_release(&t);
	rs_ddl_release(&whole);
	free(name);
	return rc == RS_OK && *out == NULL ? rs_err_set(err, RS_E_DDL_UNKNOWN, _("a statement that makes nothing")) : rc;
}

static enum rs_rc drop_example(struct rs_engine *e, enum rs_object_kind kind, struct rs_err *err)
{
	char *name = quoted_example(e);
	enum rs_rc rc = drop(e, kind, name, err);

	free(name);
	return rc;
}

/* Whatever it shows, it does not stay. */
static enum rs_rc show_and_drop(struct rs_engine *e, enum rs_object_kind kind, const char *name, char **out, struct rs_err *err)
{
	struct rs_err dropping = RS_ERR_INIT;
	enum rs_rc rc = e->sink->ops->statement(e->sink, kind, e->sink->own_db, name, out, err);

	if (rc == RS_EOF)
		rc = rs_err_set(err, RS_E_DDL_UNKNOWN, _("the destination does not keep it"));
	enum rs_rc dropped = drop_example(e, kind, &dropping);
	if (rc == RS_OK && dropped != RS_OK) {
		rs_err_move(err, &dropping);
		rc = dropped;
	}
	rs_err_clear(&dropping);
	return rc;
}

static enum rs_rc show_example(struct rs_engine *e, const struct rs_object *o, const char *sql, const char *db, char **out,
                               struct rs_err *err)
{
	char *example = NULL, *name = example_name(e);
	enum rs_rc rc = example_statement(e, o, sql, db, &example, err);

	if (rc == RS_OK)
		rc = define(e, o, example, db, err);
	rs_step("example-made");
	if (rc == RS_OK)
		rc = show_and_drop(e, o->kind, name, out, err);
	free(name);
	free(example);
	return rc;
}

enum rs_rc rs_definitions_begin(struct rs_engine *e, struct rs_err *err)
{
	static const enum rs_object_kind kinds[] = {RS_OBJECT_TABLE, RS_OBJECT_VIEW, RS_OBJECT_PROCEDURE, RS_OBJECT_FUNCTION, RS_OBJECT_EVENT};
	enum rs_rc rc = RS_OK;

	for (size_t i = 0; rc == RS_OK && i < sizeof kinds / sizeof *kinds; i++)
		rc = drop_example(e, kinds[i], err);
	return rc;
}

/* ---------------------------------------------------------------- comparing */

static enum rs_rc compare_statements(const struct rs_engine *e, const struct rs_object *o, const char *wanted, const char *found,
                                     struct rs_ddl_differences *out, struct rs_err *err)
{
	struct rs_sql_dialect dialect;
	struct rs_ddl a = {0}, b = {0};

	destination_dialect(e, o, &dialect);
	enum rs_rc rc = rs_ddl_parse(&a, wanted, strlen(wanted), NULL, &dialect, err);
	if (rc == RS_OK)
		rc = rs_ddl_parse(&b, found, strlen(found), NULL, &dialect, err);
	if (rc == RS_OK)
		rs_ddl_compare(&a, &b, &dialect, out);
	rs_ddl_release(&a);
	rs_ddl_release(&b);
	return rc;
}

/* The two are in the words of two servers, perhaps. */
static enum rs_rc compare_with(struct rs_engine *e, const struct rs_object *o, const char *sql, const char *db, const char *found,
                               struct rs_definition_news *out, struct rs_err *err)
{
	char *example = NULL;
	enum rs_rc rc = compare_statements(e, o, sql, found, &out->parts, err);

	if (rc != RS_OK || out->parts.n == 0)
		return rc;
	if (o->kind == RS_OBJECT_DATABASE) /* whose defaults have names that both servers know */
		return RS_OK;
	rs_ddl_differences_clear(&out->parts);
	rc = show_example(e, o, sql, db, &example, err);
	if (rc == RS_OK)
		rc = compare_statements(e, o, example, found, &out->parts, err);
	free(example);
	return rc;
}

enum rs_rc rs_definition_compare(struct rs_engine *e, const struct rs_object *o, struct rs_definition_news *out, struct rs_err *err)
{
	struct rs_err failed = RS_ERR_INIT;
	char *sql = NULL, *db = NULL, *found = NULL;
	const char *to_db, *to_name;

	rs_start_dest_name(e, o, &to_db, &to_name);
	enum rs_rc rc = e->sink->ops->statement(e->sink, o->kind, to_db, to_name, &found, &failed);
	if (rc == RS_OK)
		rc = rs_engine_object_statement(e, o, &sql, &db, &failed);
	if (rc == RS_OK && sql != NULL)
		rc = compare_with(e, o, sql, db, found, out, &failed);
	if (rc == RS_FAIL && rs_err_is_refusal(&failed)) {
		out->why = rs_xstrdup(failed.primary);
		rc = RS_OK;
	} else {
		rs_err_move(err, &failed);
	}
	rs_err_clear(&failed);
	free(sql);
	free(db);
	out->found = found;
	return rc == RS_EOF ? RS_OK : rc;
}

bool rs_definition_changes_rows(const struct rs_definition_news *news, const char **column)
{
	for (size_t i = 0; i < news->parts.n; i++)
		if (news->parts.items[i].part == RS_ASPECT_GENERATED) {
			*column = news->parts.items[i].name;
			return true;
		}
	return false;
}

/* Whether the task brings definitions over: it made the object. What was at the destination before the task is the user's; of
 * what no table is, only whether anything may have been is known. */
static bool is_ours(struct rs_engine *e, const struct rs_object *o)
{
	const struct rs_sync_table *t = o->kind == RS_OBJECT_TABLE ? rs_plan_find(e, o->db, o->name) : NULL;

	if (o->kind == RS_OBJECT_TABLE)
		return t != NULL && t->meta.ours;
	if (o->kind == RS_OBJECT_DATABASE && !rs_selection_whole_db(e->task->objects, o->db))
		return false;
	return e->task->sync.existing_tables == RS_EXISTING_CHECK;
}

/* ---------------------------------------------------------------- telling */

static bool can_be_brought(enum rs_ddl_aspect part)
{
	return part == RS_ASPECT_COLUMN || part == RS_ASPECT_COMMENT || part == RS_ASPECT_CHARSET || part == RS_ASPECT_WHOLE;
}

static void put_part(struct rs_buf *out, const struct rs_ddl_difference *d)
{
	static const char *const words[] = {
		[RS_ASPECT_COLUMN] = N_("column %s"), [RS_ASPECT_GENERATED] = N_("generated column %s"), [RS_ASPECT_COMMENT] = N_("comment"),
		[RS_ASPECT_CHARSET] = N_("character set"), [RS_ASPECT_CHECK] = N_("check %s"), [RS_ASPECT_KEY] = N_("key %s"),
		[RS_ASPECT_OPTION] = N_("options"), [RS_ASPECT_PARTITIONS] = N_("partitions"), [RS_ASPECT_WHOLE] = N_("definition")};
	const char *word = _(words[d->part]), *place = strstr(word, "%s");

	if (place)
		rs_buf_addf(out, "%.*s%s%s", (int)(place - word), word, d->name, place + 2);
	else
		rs_buf_adds(out, word);
}

/* "shop.orders", "view shop.paid", "database shop" */
static char *name_of(const struct rs_object *o)
{
	const char *kind = o->kind == RS_OBJECT_TABLE ? "" : rs_object_kind_name(o->kind);

	if (o->kind == RS_OBJECT_DATABASE)
		return rs_xprintf("%s %s", kind, o->db);
	return rs_xprintf("%s%s%s.%s", kind, *kind ? " " : "", o->db, o->name);
}

static void put_object(struct rs_buf *to, const struct rs_object *o, const char *what)
{
	char *name = name_of(o);

	if (*what)
		rs_buf_addf(to, "%s%s (%s)", to->len > 0 ? ", " : "", name, what);
	free(name);
}

static void put_parts(struct rs_buf *to, const struct rs_object *o, const struct rs_definition_news *news, bool ours, bool brought)
{
	struct rs_buf what = RS_BUF_INIT;

	for (size_t i = 0; i < news->parts.n; i++)
		if ((ours && can_be_brought(news->parts.items[i].part)) == brought) {
			rs_buf_adds(&what, what.len > 0 ? ", " : "");
			put_part(&what, &news->parts.items[i]);
		}
	put_object(to, o, rs_buf_str(&what));
	rs_buf_release(&what);
}

void rs_definition_tell(struct rs_engine *e, const struct rs_object *o, const struct rs_definition_news *news, struct rs_buf *brought,
                        struct rs_buf *left)
{
	bool ours = is_ours(e, o);

	put_parts(brought, o, news, ours, true);
	put_parts(left, o, news, ours, false);
	if (news->why != NULL) {
		char *what = rs_xprintf(_("not compared: %s"), news->why);
		put_object(left, o, what);
		free(what);
	}
}

/* ---------------------------------------------------------------- bringing over */

static void put_change(struct rs_buf *sql, const struct rs_sync_table *t, const char *word, const char *text)
{
	if (sql->len == 0) {
		rs_buf_adds(sql, "ALTER TABLE ");
		rs_quote_table(sql, t->dest_db, t->dest_name);
		rs_buf_addc(sql, ' ');
	} else {
		rs_buf_adds(sql, ", ");
	}
	rs_buf_addf(sql, "%s%s", word, text);
}

/* "ALTER TABLE `d`.`t` A, B": of the table's columns, or of itself; NULL: nothing of that is to be brought over. */
static char *alter_statement(const struct rs_sync_table *t, const struct rs_definition_news *news, bool columns)
{
	struct rs_buf sql = RS_BUF_INIT;

	for (size_t i = 0; i < news->parts.n; i++) {
		const struct rs_ddl_difference *d = &news->parts.items[i];
		if (columns && d->part == RS_ASPECT_COLUMN)
			put_change(&sql, t, "MODIFY COLUMN ", d->wanted);
		else if (!columns && d->part == RS_ASPECT_COMMENT)
			put_change(&sql, t, "", *d->wanted ? d->wanted : "COMMENT=''");
		else if (!columns && d->part == RS_ASPECT_CHARSET && *d->wanted)
			put_change(&sql, t, "", d->wanted);
	}
	return sql.len > 0 ? rs_buf_take(&sql) : NULL;
}

/* The table's character set first, which columns are written against. */
static enum rs_rc alter_table(struct rs_engine *e, const struct rs_object *o, const struct rs_definition_news *news, bool *done,
                              struct rs_err *err)
{
	const struct rs_sync_table *t = rs_plan_find(e, o->db, o->name);
	enum rs_rc rc = RS_OK;

	for (int columns = 0; rc == RS_OK && columns <= 1; columns++) {
		char *sql = alter_statement(t, news, columns == 1);
		if (sql != NULL)
			rc = e->sink->ops->define(e->sink, &(struct rs_definition){.sql = sql, .db = t->dest_db}, err);
		*done = *done || sql != NULL;
		free(sql);
	}
	return rc;
}

static enum rs_rc alter_database(struct rs_engine *e, const struct rs_object *o, const struct rs_definition_news *news, struct rs_err *err)
{
	struct rs_buf sql = RS_BUF_INIT;

	rs_buf_adds(&sql, "ALTER DATABASE ");
	rs_quote_ident(&sql, rs_selection_map_db(e->task->objects, o->db));
	for (size_t i = 0; i < news->parts.n; i++)
		rs_buf_addf(&sql, " %s", news->parts.items[i].wanted);
	enum rs_rc rc = e->sink->ops->define(e->sink, &(struct rs_definition){.sql = rs_buf_str(&sql)}, err);
	rs_buf_release(&sql);
	return rc;
}

/* What it becomes was made once already, as an example. */
static enum rs_rc make_anew(struct rs_engine *e, const struct rs_object *o, struct rs_err *err)
{
	struct rs_buf name = RS_BUF_INIT;
	char *sql = NULL, *db = NULL;
	const char *to_db, *to_name;
	enum rs_rc rc = rs_engine_object_statement(e, o, &sql, &db, err);

	rs_start_dest_name(e, o, &to_db, &to_name);
	rs_quote_table(&name, to_db, to_name);
	if (rc == RS_OK)
		rc = drop(e, o->kind, rs_buf_str(&name), err);
	if (rc == RS_OK)
		rc = define(e, o, sql, db, err);
	rs_buf_release(&name);
	free(sql);
	free(db);
	return rc;
}

static enum rs_rc change(struct rs_engine *e, const struct rs_object *o, const struct rs_definition_news *news, bool *done,
                         struct rs_err *err)
{
	if (o->kind == RS_OBJECT_TABLE)
		return alter_table(e, o, news, done, err);
	*done = true;
	return o->kind == RS_OBJECT_DATABASE ? alter_database(e, o, news, err) : make_anew(e, o, err);
}

static enum rs_rc bring(struct rs_engine *e, const struct rs_object *o, struct rs_err *err)
{
	struct rs_definition_news news = {.why = NULL};
	struct rs_err failed = RS_ERR_INIT;
	char *name = name_of(o);
	bool done = false;
	enum rs_rc rc = rs_definition_compare(e, o, &news, err);

	if (rc == RS_OK && news.parts.n > 0)
		rc = change(e, o, &news, &done, &failed);
	if (rc == RS_OK && done)
		rs_journal(e, RS_LOG_INFO, NULL, "definition brought over object=\"%s\" was=\"%s\"", name, news.found ? news.found : "");
	if (rs_err_is_set(&failed) && rs_err_is_refusal(&failed)) {
		rs_log_err(RS_LOG_WARN, name, &failed);
		rs_stats_problem(&e->stats, &failed, name, false);
		rc = RS_OK;
	} else if (rs_err_is_set(&failed)) {
		rs_err_move(err, &failed);
	}
	rs_err_clear(&failed);
	rs_definition_news_clear(&news);
	free(name);
	return rc;
}

/* A table that is copied anew was made as the source has it. */
static bool is_brought(struct rs_engine *e, const struct rs_object *o)
{
	const struct rs_sync_table *t = o->kind == RS_OBJECT_TABLE ? rs_plan_find(e, o->db, o->name) : NULL;

	return is_ours(e, o) &&
	       (t != NULL ? t->meta.old == RS_OLD_COMPARE : rs_start_is_code(e, o) || o->kind == RS_OBJECT_DATABASE);
}

enum rs_rc rs_definitions_bring(struct rs_engine *e, struct rs_err *err)
{
	enum rs_rc rc = rs_definitions_begin(e, err);

	for (size_t i = 0; rc == RS_OK && i < e->catalog.count && !rs_engine_stopping(e); i++)
		if (is_brought(e, &e->catalog.objects[i]))
			rc = bring(e, &e->catalog.objects[i], err);
	return rc;
}
