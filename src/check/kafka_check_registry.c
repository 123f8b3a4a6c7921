/* Whether the schema registry has a schema for each topic, or will take it. Nothing is registered by this check. */
#include "check/kafka_check.h"

#include <string.h>
#include "base/buf.h"
#include "base/i18n.h"
#include "check/verdict.h"
#include "codec/message.h"
#include "db/schema_registry_login.h"

struct subjects {
	struct rs_check_ctx *ctx;
	struct rs_schema_registry *registry;
	bool registers;                      /* kafka.register_schema */
	int known, made, refused;
};

bool rs_kafka_applies_registry(const struct rs_check_ctx *ctx) { return rs_schema_registry_is_used(ctx->task); }

static enum rs_rc look_at(struct subjects *s, const char *topic, struct rs_finding *f, struct rs_err *err)
{
	struct rs_buf subject = RS_BUF_INIT;
	enum rs_schema_standing is = RS_SCHEMA_KNOWN;

	rs_schema_registry_subject(s->ctx->task, topic, &subject);
	enum rs_rc rc = rs_schema_registry_try(s->registry, rs_buf_str(&subject), rs_message_schema(), &is, err);
	if (rc == RS_OK && is == RS_SCHEMA_UNLIKE)
		rs_verdict_line(f, _("%s has another schema, with which that of the messages does not go together"), rs_buf_str(&subject));
	else if (rc == RS_OK && is == RS_SCHEMA_NEW && !s->registers)
		rs_verdict_line(f, _("%s does not have the schema of the messages"), rs_buf_str(&subject));
	rs_buf_release(&subject);
	s->known += is == RS_SCHEMA_KNOWN;
	s->made += is == RS_SCHEMA_NEW && s->registers;
	s->refused += is == RS_SCHEMA_UNLIKE || (is == RS_SCHEMA_NEW && !s->registers);
	return rc;
}

/* The first topic is that in which the task is kept, which has no Avro. */
static enum rs_rc look_at_all(struct subjects *s, struct rs_finding *f, struct rs_err *err)
{
	struct rs_kafka_topics topics;
	enum rs_rc rc = rs_kafka_topics_find(s->ctx, &topics, err);

	for (size_t i = 1; rc == RS_OK && i < topics.n; i++)
		rc = look_at(s, topics.wanted[i].name, f, err);
	rs_kafka_topics_release(&topics);
	return rc;
}

/* One that is in trouble, or can't be reached now, is waited for by the task. */
static enum rs_rc tell_silent(struct rs_finding *f, struct rs_err *why)
{
	rs_verdict_explain(f, "%s", why->primary ? why->primary : "");
	if (why->detail)
		rs_verdict_line(f, "%s", why->detail);
	if (why->hint)
		rs_verdict_line(f, "%s", why->hint);
	return rs_verdict_warn(f, "%s", _("it can't be asked"));
}

static enum rs_rc judge(const struct subjects *s, struct rs_finding *f)
{
	if (s->refused == 0)
		return s->made > 0 ? rs_verdict_pass(f, _("%d schemas are registered, %d will be"), s->known, s->made)
		                   : rs_verdict_pass(f, _("%d schemas are registered"), s->known);
	rs_verdict_explain(f, "%s", s->registers ? _("Choose another topic, or another kafka.subject_name; or remove what is registered there, or "
	                                             "its rule of compatibility.")
	                                         : _("Choose kafka.register_schema = yes once, with an account that may register it."));
	return rs_verdict_fail(f, ngettext("%d subject has no place for it", "%d subjects have no place for it", (unsigned long)s->refused),
	                       s->refused);
}

enum rs_rc rs_kafka_check_registry(struct rs_check_ctx *ctx, struct rs_finding *f, struct rs_err *err)
{
	struct subjects s = {.ctx = ctx, .registers = strcmp(rs_task_get(ctx->task, "kafka.register_schema"), "yes") == 0};
	struct rs_err why = RS_ERR_INIT;
	enum rs_rc rc = rs_schema_registry_open(ctx->task, &s.registry, &why);

	rs_verdict_need(f, "%s", _("the schema registry has a schema for each topic, or takes it"));
	if (rc == RS_OK) {
		rs_schema_registry_heed(s.registry, ctx->cancel);
		rc = look_at_all(&s, f, &why);
	}
	rs_schema_registry_free(s.registry);
	if (rc == RS_OK)
		rc = judge(&s, f);
	else if (rc == RS_FAIL && why.retry != RS_RETRY_NEVER)
		rc = tell_silent(f, &why);
	else
		rs_err_move(err, &why);
	rs_err_clear(&why);
	return rc;
}
