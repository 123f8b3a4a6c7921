noinst_LIBRARIES += libcodec.a
libcodec_a_SOURCES = \
	%reldir%/binary_json.c %reldir%/binary_json.h %reldir%/json_node.h %reldir%/json_patch.c \
	%reldir%/binlog_event.c %reldir%/binlog_event.h %reldir%/binlog_control.c %reldir%/binlog_gtid.c \
	%reldir%/binlog_layout.c \
	%reldir%/binlog_payload.c %reldir%/binlog_payload.h \
	%reldir%/binlog_rows.c %reldir%/binlog_rows.h \
	%reldir%/binlog_table.c %reldir%/binlog_table.h \
	%reldir%/change_bytes.c %reldir%/change_bytes.h \
	%reldir%/charset.c %reldir%/charset.h \
	%reldir%/collation.c %reldir%/collation.h \
	%reldir%/ddl.c %reldir%/ddl.h \
	%reldir%/ddl_apply.c \
	%reldir%/ddl_body.c \
	%reldir%/ddl_charset.c \
	%reldir%/ddl_column.c \
	%reldir%/ddl_compare.c %reldir%/ddl_compare.h \
	%reldir%/ddl_counter.c \
	%reldir%/ddl_key.c \
	%reldir%/ddl_noun.c \
	%reldir%/ddl_map.c %reldir%/ddl_online.c %reldir%/ddl_online.h \
	%reldir%/ddl_object.c \
	%reldir%/ddl_parse.c %reldir%/ddl_parse.h \
	%reldir%/ddl_leave_out.c %reldir%/ddl_leave_out.h \
	%reldir%/ddl_rewrite.c \
	%reldir%/ddl_schema.c %reldir%/ddl_schema.h \
	%reldir%/ddl_schema_column.c \
	%reldir%/ddl_schema_key.c \
	%reldir%/ddl_schema_order.c \
	%reldir%/ddl_schema_priv.h \
	%reldir%/ddl_table.c \
	%reldir%/ddl_translate.c %reldir%/ddl_translate.h %reldir%/ddl_translate_priv.h \
	%reldir%/ddl_translate_collation.c %reldir%/ddl_translate_table.c %reldir%/ddl_translate_timestamp.c %reldir%/ddl_translate_types.c \
	%reldir%/ddl_tree.h \
	%reldir%/gp_ddl.c %reldir%/gp_ddl.h \
	%reldir%/gtid.c %reldir%/gtid.h %reldir%/gtid_domain.c \
	%reldir%/message.c %reldir%/message.h %reldir%/message_priv.h \
	%reldir%/message_avro.c \
	%reldir%/message_canal.c \
	%reldir%/message_dialect.c \
	%reldir%/message_json.c \
	%reldir%/message_shareplex.c \
	%reldir%/message_text.c \
	%reldir%/number.c %reldir%/number.h \
	%reldir%/pg_copy.c %reldir%/pg_copy.h \
	%reldir%/pg_difference.c %reldir%/pg_difference.h \
	%reldir%/pg_alter.c %reldir%/pg_change.c %reldir%/pg_convert.c %reldir%/pg_fill.c \
	%reldir%/pg_ddl.c %reldir%/pg_ddl.h %reldir%/pg_ddl_priv.h \
	%reldir%/pg_value.c %reldir%/pg_value.h \
	%reldir%/pgoutput.c %reldir%/pgoutput.h \
	%reldir%/reader.h \
	%reldir%/row_filter.c %reldir%/row_filter.h %reldir%/row_filter_literal.c %reldir%/row_filter_priv.h \
	%reldir%/row_filter_select.c %reldir%/row_filter_sql.c \
	%reldir%/row_value.c %reldir%/row_value.h \
	%reldir%/unpack.c %reldir%/unpack.h \
	%reldir%/sql_token.c %reldir%/sql_token.h
libcodec_a_SOURCES += %reldir%/sql_literal.c %reldir%/sql_literal.h %reldir%/sql_json.c %reldir%/sql_json.h
