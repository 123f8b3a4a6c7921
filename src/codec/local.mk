noinst_LIBRARIES += libcodec.a
libcodec_a_SOURCES = \
	%reldir%/binary_json.h %reldir%/binlog_event.h %reldir%/binlog_file.h %reldir%/binlog_payload.h \
	%reldir%/binlog_rows.h %reldir%/binlog_table.h %reldir%/charset.h %reldir%/gtid.h %reldir%/number.h \
	%reldir%/reader.h
# SQL text: tokens, DDL, schema evolution, translation between products.
libcodec_a_SOURCES += \
	%reldir%/ddl.h \
	%reldir%/ddl_schema.h \
	%reldir%/ddl_translate.h \
	%reldir%/sql_token.h
