#include "db/pg_login.h"

enum rs_rc rs_pg_open_endpoint(struct rs_pg *pg, const struct rs_endpoint *endpoint, unsigned answer_timeout, struct rs_err *err)
{
	struct rs_login login = RS_LOGIN_INIT;
	struct rs_pg_params params;
	enum rs_rc rc = rs_endpoint_login(endpoint, &login, err);

	if (rc != RS_OK)
		return rc;
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
	};
	rc = rs_pg_open(pg, &params, err);
	rs_login_release(&login);
	return rc;
}
