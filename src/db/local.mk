noinst_LIBRARIES += libdb.a
libdb_a_SOURCES = \
	%reldir%/kafka_admin.c %reldir%/kafka_admin.h \
	%reldir%/kafka_conn.c %reldir%/kafka_conn.h \
	%reldir%/kafka_error.c %reldir%/kafka_error.h \
	%reldir%/kafka_login.c %reldir%/kafka_login.h \
	%reldir%/kafka_version.c %reldir%/kafka_version.h \
	%reldir%/my_catalog.c %reldir%/my_catalog.h \
	%reldir%/my_conn.c %reldir%/my_conn.h \
	%reldir%/my_error.c %reldir%/my_error.h \
	%reldir%/my_login.c %reldir%/my_login.h \
	%reldir%/my_query.c \
	%reldir%/my_schema.c %reldir%/my_schema.h \
	%reldir%/pg_catalog.c %reldir%/pg_catalog.h \
	%reldir%/pg_conn.c %reldir%/pg_conn.h \
	%reldir%/pg_copy_out.c %reldir%/pg_copy_out.h \
	%reldir%/pg_error.c %reldir%/pg_error.h \
	%reldir%/pg_log.c %reldir%/pg_log.h \
	%reldir%/pg_login.c %reldir%/pg_login.h \
	%reldir%/pg_schema.c %reldir%/pg_schema.h \
	%reldir%/schema_registry.c %reldir%/schema_registry.h \
	%reldir%/schema_registry_login.c %reldir%/schema_registry_login.h \
	%reldir%/watch.c %reldir%/watch.h
