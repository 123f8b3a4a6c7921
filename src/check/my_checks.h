/* The checks of MySQL → MySQL, by theme; the table of them is in my_checks.c. Each is an rs_check's run or applies. */
#ifndef RS_MY_CHECKS_H
#define RS_MY_CHECKS_H

#include "check/check.h"

extern const struct rs_check rs_my_checks[];
/* Those of a MySQL source alone, for flows that can't be started by this version: the first says so. */
extern const struct rs_check rs_source_checks[];
/* That first one, of whatever source. */
enum rs_rc rs_check_flow_runs(struct rs_check_ctx *ctx, struct rs_finding *f, struct rs_err *err);

#define RS_MY_CHECK(name) enum rs_rc name(struct rs_check_ctx *ctx, struct rs_finding *f, struct rs_err *err)

/* my_check_account.c */
RS_MY_CHECK(rs_my_check_conn_src);
RS_MY_CHECK(rs_my_check_conn_dest);
RS_MY_CHECK(rs_my_check_auth_src);
RS_MY_CHECK(rs_my_check_auth_src_programs);
RS_MY_CHECK(rs_my_check_auth_dest);
RS_MY_CHECK(rs_my_check_password_format);
RS_MY_CHECK(rs_my_check_super_auth_dest);
/* my_check_binlog.c */
RS_MY_CHECK(rs_my_check_binlog_on);
RS_MY_CHECK(rs_my_check_binlog_mode);
RS_MY_CHECK(rs_my_check_row_image);
RS_MY_CHECK(rs_my_check_binlog_exist);
RS_MY_CHECK(rs_my_check_binlog_retention);
RS_MY_CHECK(rs_my_check_binlog_filter);
RS_MY_CHECK(rs_my_check_server_id);
RS_MY_CHECK(rs_my_check_log_slave_updates);
RS_MY_CHECK(rs_my_check_fence);
RS_MY_CHECK(rs_my_check_xa);
/* my_check_server.c */
RS_MY_CHECK(rs_my_check_version);
RS_MY_CHECK(rs_my_check_sql_mode);
RS_MY_CHECK(rs_my_check_same_server);
RS_MY_CHECK(rs_my_check_dest_writable);
RS_MY_CHECK(rs_my_check_max_packet);
RS_MY_CHECK(rs_my_check_local_infile);
RS_MY_CHECK(rs_my_check_disk_space);
/* my_check_objects.c */
RS_MY_CHECK(rs_my_check_objects);
RS_MY_CHECK(rs_my_check_engine);
RS_MY_CHECK(rs_my_check_object_type);
RS_MY_CHECK(rs_my_check_primary_key);
RS_MY_CHECK(rs_my_check_constraint);
RS_MY_CHECK(rs_my_check_case);
RS_MY_CHECK(rs_my_check_ghost);
RS_MY_CHECK(rs_my_check_left_out);
/* my_check_filter.c */
RS_MY_CHECK(rs_my_check_filter);
/* my_check_settings.c */
RS_MY_CHECK(rs_my_check_settings);
/* my_check_dest.c */
RS_MY_CHECK(rs_my_check_same_obj);
RS_MY_CHECK(rs_my_check_db_exist);
RS_MY_CHECK(rs_my_check_dest_empty);
RS_MY_CHECK(rs_my_check_engine_dest);
RS_MY_CHECK(rs_my_check_trigger);
RS_MY_CHECK(rs_my_check_dest_schema);
/* my_check_ddl.c */
RS_MY_CHECK(rs_my_check_translation);
/* my_check_topology.c */
RS_MY_CHECK(rs_my_check_same_user);
RS_MY_CHECK(rs_my_check_topology);

bool rs_my_applies_schema(const struct rs_check_ctx *ctx);
bool rs_my_applies_no_schema(const struct rs_check_ctx *ctx);
bool rs_my_applies_incremental(const struct rs_check_ctx *ctx);
bool rs_my_applies_new_incremental(const struct rs_check_ctx *ctx);
bool rs_my_applies_full(const struct rs_check_ctx *ctx);
bool rs_my_applies_same_obj(const struct rs_check_ctx *ctx);
bool rs_my_applies_dest_empty(const struct rs_check_ctx *ctx);
bool rs_my_applies_settings(const struct rs_check_ctx *ctx);
bool rs_my_applies_filter(const struct rs_check_ctx *ctx);
bool rs_my_applies_left_out(const struct rs_check_ctx *ctx);
bool rs_my_applies_existing(const struct rs_check_ctx *ctx);

#endif
