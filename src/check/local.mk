noinst_LIBRARIES += libcheck.a
libcheck_a_SOURCES = \
	%reldir%/check.c %reldir%/check.h \
	%reldir%/facts.c %reldir%/facts.h \
	%reldir%/gp_checks.c %reldir%/gp_checks.h \
	%reldir%/kafka_check.h %reldir%/kafka_check_registry.c %reldir%/kafka_check_size.c %reldir%/kafka_check_topics.c \
	%reldir%/kafka_checks.c %reldir%/kafka_checks.h \
	%reldir%/my_check_account.c \
	%reldir%/my_check_binlog.c \
	%reldir%/my_check_ddl.c \
	%reldir%/my_check_dest.c %reldir%/my_check_filter.c \
	%reldir%/my_check_objects.c \
	%reldir%/my_check_settings.c \
	%reldir%/source_checks.c \
	%reldir%/my_check_server.c \
	%reldir%/my_check_topology.c \
	%reldir%/my_checks.c %reldir%/my_checks.h \
	%reldir%/my_grants.c %reldir%/my_grants.h \
	%reldir%/pg_checks.c %reldir%/pg_checks.h \
	%reldir%/pg_source_check_account.c \
	%reldir%/pg_source_check_log.c \
	%reldir%/pg_source_check_objects.c \
	%reldir%/pg_source_checks.c %reldir%/pg_source_checks.h \
	%reldir%/my_source_rows.h \
	%reldir%/verdict.c %reldir%/verdict.h
