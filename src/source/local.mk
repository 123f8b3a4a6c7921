noinst_LIBRARIES += libsource.a
libsource_a_SOURCES = \
	%reldir%/bound.c \
	%reldir%/mysql_dump.c %reldir%/mysql_feed.h \
	%reldir%/mysql_between.c \
	%reldir%/mysql_digest.c \
	%reldir%/mysql_failover.c \
	%reldir%/mysql_log.c \
	%reldir%/mysql_reader.c \
	%reldir%/mysql_relay.c \
	%reldir%/mysql_source.c %reldir%/mysql_source.h \
	%reldir%/mysql_statement.c \
	%reldir%/mysql_stream.c %reldir%/mysql_stream_priv.h \
	%reldir%/mysql_transaction.c \
	%reldir%/pg_reader.c \
	%reldir%/pg_relation.c %reldir%/pg_relation.h \
	%reldir%/pg_source.c %reldir%/pg_source.h \
	%reldir%/pg_stream.c \
	%reldir%/relay.c %reldir%/relay.h %reldir%/relay_priv.h \
	%reldir%/relay_file.c %reldir%/relay_file.h \
	%reldir%/relay_read.c \
	%reldir%/relay_write.c \
	%reldir%/source.c %reldir%/source.h
