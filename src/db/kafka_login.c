#include "db/kafka_login.h"

#include "base/i18n.h"

/* What the library says of it names its settings, not ours. */
static enum rs_rc check(const struct rs_login *l, struct rs_err *err)
{
	if (!l->host) {
		rs_err_set(err, RS_E_TASK_INVALID, _("%s: no address is given"), _(l->side));
		return rs_err_hint(err, _("Give the address of any broker of the cluster"));
	}
	if (!l->mechanism || (l->account && rs_secret_is_set(&l->password)))
		return RS_OK;
	rs_err_set(err, RS_E_TASK_INVALID, _("%s: %s needs an account and its password"), _(l->side), l->mechanism);
	return rs_err_hint(err, _("Give both, or choose No SSL as Connection Method"));
}

static enum rs_rc open_as(struct rs_kafka *k, const struct rs_endpoint *endpoint, bool consumer, const struct rs_kafka_setting *settings,
                          struct rs_err *err)
{
	struct rs_login login = RS_LOGIN_INIT;
	struct rs_kafka_params params;
	enum rs_rc rc = rs_endpoint_login(endpoint, &login, err);

	if (rc != RS_OK)
		return rc;
	params = (struct rs_kafka_params){
		.side = login.side,
		.host = login.host,
		.port = login.port,
		.mechanism = login.mechanism,
		.user = login.account,
		.password = &login.password,
		.tls = login.tls,
		.tls_ca = login.ca,
		.tls_cert = login.cert,
		.tls_key = login.key,
		.consumer = consumer,
	};
	rc = check(&login, err);
	if (rc == RS_OK)
		rc = rs_kafka_open(k, &params, settings, err);
	rs_login_release(&login);
	return rc;
}

enum rs_rc rs_kafka_open_endpoint(struct rs_kafka *k, const struct rs_endpoint *endpoint, const struct rs_kafka_setting *settings,
                                  struct rs_err *err)
{
	return open_as(k, endpoint, false, settings, err);
}

enum rs_rc rs_kafka_open_consumer(struct rs_kafka *k, const struct rs_endpoint *endpoint, const struct rs_kafka_setting *settings,
                                  struct rs_err *err)
{
	return open_as(k, endpoint, true, settings, err);
}
