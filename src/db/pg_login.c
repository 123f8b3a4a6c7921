#include "db/pg_login.h"

#include "base/i18n.h"

static enum rs_rc open_as(struct rs_pg *pg, const struct rs_endpoint *endpoint, unsigned answer_timeout, bool writes, struct rs_err *err)
{
	struct rs_login login = RS_LOGIN_INIT;
	struct rs_pg_params params;
	enum rs_rc rc = rs_endpoint_login(endpoint, &login, err);

	if (rc == RS_OK && !login.host && !login.socket) {
		rs_err_set(err, RS_E_CONN_HOST, _("%s: no server is chosen"), _(endpoint->side));
		rc = rs_err_hint(err, _("Choose an instance, or enter host and port"));
	}
	if (rc != RS_OK) {
		rs_login_release(&login);
		return rc;
	}
	params = (struct rs_pg_params){
		.side = login.side,
		.host = login.host ? login.host : login.socket,
		.port = login.port,
		.user = login.account,
		.database = login.database,
		.password = &login.password,
		.tls = login.tls,
		.tls_ca = login.ca,
		.tls_cert = login.cert,
		.tls_key = login.key,
		.answer_timeout = answer_timeout,
		.writes = writes,
	};
	rc = rs_pg_open(pg, &params, err);
	rs_login_release(&login);
	return rc;
}

enum rs_rc rs_pg_open_endpoint(struct rs_pg *pg, const struct rs_endpoint *endpoint, unsigned answer_timeout, struct rs_err *err)
{
	return open_as(pg, endpoint, answer_timeout, false, err);
}

enum rs_rc rs_pg_open_writing(struct rs_pg *pg, const struct rs_endpoint *endpoint, struct rs_err *err)
{
	return open_as(pg, endpoint, 0, true, err);
}
