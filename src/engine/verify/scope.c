#include "engine/verify/scope.h"

#include <stdlib.h>
#include <string.h>
#include "base/buf.h"
#include "base/i18n.h"
#include "base/mem.h"
#include "sink/sink.h"

/* The lines of a selection as one. */
static char *names_of(const struct rs_selection *s)
{
	struct rs_buf text = RS_BUF_INIT;

	rs_selection_format(s, &text);
	char *line = rs_buf_take(&text);
	for (char *c = line; *c; c++)
		if (*c == '\n')
			*c = c[1] ? ' ' : '\0';
	return line;
}

static enum rs_rc take_out(struct rs_task *task, const char *held_text, char **left, struct rs_err *err)
{
	struct rs_selection *held = rs_selection_new();

	if (rs_selection_parse(held, "rds_sync_task", held_text, strlen(held_text), err) != RS_OK) {
		rs_selection_free(held);
		return RS_FAIL;
	}
	rs_selection_name_as(held, task->objects);
	struct rs_selection *out = rs_selection_minus(task->objects, held);
	if (!rs_selection_is_empty(out)) {
		struct rs_selection *both = rs_selection_both(task->objects, held);
		*left = names_of(out);
		rs_selection_free(task->objects);
		task->objects = both;
	}
	rs_selection_free(out);
	rs_selection_free(held);
	return RS_OK;
}

static enum rs_rc read_meta(const struct rs_task *task, struct rs_meta_task *out, struct rs_err *err)
{
	struct rs_sink *sink = NULL;
	enum rs_rc rc = rs_sink_open(task, &sink, err);

	if (rc == RS_OK)
		rc = sink->ops->peek(sink, out, err);
	if (sink != NULL)
		sink->ops->close(sink);
	return rc;
}

enum rs_rc rs_scope_narrow(struct rs_task *task, char **left, struct rs_err *err)
{
	struct rs_meta_task meta = {0};
	enum rs_rc rc = read_meta(task, &meta, err);

	*left = NULL;
	if (rc == RS_OK && meta.phase != RS_META_NEW && meta.objects != NULL)
		rc = take_out(task, meta.objects, left, err);
	rs_meta_task_clear(&meta);
	return rc;
}

static enum rs_rc wrong_server(const char *expected, const char *now, struct rs_err *err)
{
	rs_err_set(err, RS_E_CONN_WRONG_SERVER, _("another server answers at the source's address than the task follows"));
	rs_err_detail(err, _("expected %s, found %s"), expected, now);
	return rs_err_hint(err, _("the task takes it for its source, or says why it can't, when it runs; then both sides can be compared"));
}

enum rs_rc rs_scope_check_source(const struct rs_task *task, struct rs_source *source, struct rs_err *err)
{
	struct rs_meta_task meta = {0};
	char *now = NULL;
	enum rs_rc rc = read_meta(task, &meta, err);

	if (rc == RS_OK && meta.source_identity != NULL)
		rc = source->ops->identity(source, &now, err);
	if (rc == RS_OK && now != NULL && strcmp(now, meta.source_identity) != 0)
		rc = wrong_server(meta.source_identity, now, err);
	free(now);
	rs_meta_task_clear(&meta);
	return rc;
}
