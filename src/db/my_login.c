#include "db/my_login.h"

enum rs_rc rs_my_open_endpoint(struct rs_my *my, const struct rs_endpoint *endpoint, enum rs_my_session session,
                               struct rs_err *err)
{
	struct rs_login login = RS_LOGIN_INIT;
	struct rs_my_params params;
	enum rs_rc rc = rs_endpoint_login(endpoint, &login, err);

	if (rc != RS_OK)
		return rc;
	params = (struct rs_my_params){
		.side = login.side,
		.host = login.host,
		.port = login.port,
		.socket = login.socket,
		.user = login.account,
		.password = &login.password,
		.tls = login.tls,
		.tls_ca = login.ca,
		.tls_cert = login.cert,
		.tls_key = login.key,
		.compressed = login.compressed,
	};
	rc = rs_my_open(my, &params, session, err);
	rs_login_release(&login);
	return rc;
}
