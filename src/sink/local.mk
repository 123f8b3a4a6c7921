noinst_LIBRARIES += libsink.a
libsink_a_SOURCES = \
	%reldir%/fold.c %reldir%/fold.h \
	%reldir%/gp_fold.c \
	%reldir%/kafka_apply.c \
	%reldir%/kafka_attach.c \
	%reldir%/kafka_batch.c \
	%reldir%/kafka_commit.c \
	%reldir%/kafka_ddl.c \
	%reldir%/kafka_ends.c \
	%reldir%/kafka_event.c \
	%reldir%/kafka_large.c \
	%reldir%/kafka_link.c %reldir%/kafka_link.h \
	%reldir%/kafka_load.c \
	%reldir%/kafka_meta.c \
	%reldir%/kafka_rows.c \
	%reldir%/kafka_side.c \
	%reldir%/kafka_sink.c %reldir%/kafka_sink.h \
	%reldir%/kafka_topic.c \
	%reldir%/kafka_watch.c \
	%reldir%/meta_json.c %reldir%/meta_json.h \
	%reldir%/mysql_apply.c %reldir%/mysql_apply.h \
	%reldir%/mysql_apply_rows.c \
	%reldir%/mysql_bulk.c %reldir%/mysql_bulk.h \
	%reldir%/mysql_cascade.c \
	%reldir%/mysql_counter.c \
	%reldir%/mysql_define.c \
	%reldir%/mysql_event.c \
	%reldir%/mysql_fold.c \
	%reldir%/mysql_index.c \
	%reldir%/mysql_load.c %reldir%/mysql_load_priv.h \
	%reldir%/mysql_mend.c \
	%reldir%/mysql_meta.c \
	%reldir%/mysql_meta_ddl.c \
	%reldir%/mysql_meta_table.c \
	%reldir%/mysql_packet.c %reldir%/mysql_packet.h \
	%reldir%/mysql_rival.c \
	%reldir%/mysql_rows.c \
	%reldir%/mysql_session.c \
	%reldir%/mysql_side.c \
	%reldir%/mysql_sink.c %reldir%/mysql_sink.h \
	%reldir%/mysql_xa.c \
	%reldir%/outbox.c %reldir%/outbox.h \
	%reldir%/pg_apply.c \
	%reldir%/pg_cascade.c \
	%reldir%/pg_event.c \
	%reldir%/pg_fold.c \
	%reldir%/pg_index.c \
	%reldir%/pg_load.c \
	%reldir%/pg_meta.c \
	%reldir%/pg_pipe.c \
	%reldir%/pg_rows.c \
	%reldir%/pg_session.c \
	%reldir%/pg_side.c \
	%reldir%/pg_sink.c %reldir%/pg_sink.h \
	%reldir%/sink.c %reldir%/sink.h
