noinst_LIBRARIES += libcodec.a
libcodec_a_SOURCES = \
	%reldir%/binary_json.h \
	%reldir%/binlog_event.h \
	%reldir%/binlog_file.h \
	%reldir%/binlog_payload.h \
	%reldir%/binlog_rows.h \
	%reldir%/binlog_table.h \
	%reldir%/charset.h \
	%reldir%/ddl.h %reldir%/ddl_schema.h %reldir%/ddl_translate.h \
	%reldir%/gtid.c %reldir%/gtid.h %reldir%/gtid_domain.c \
	%reldir%/number.c %reldir%/number.h \
	%reldir%/reader.h \
	%reldir%/sql_token.h
