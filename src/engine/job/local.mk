libengine_a_SOURCES += \
	%reldir%/browse.c %reldir%/browse.h \
	%reldir%/browse_mysql.c \
	%reldir%/browse_postgresql.c \
	%reldir%/job.c %reldir%/job.h \
	%reldir%/kafka_job.c %reldir%/kafka_job.h \
	%reldir%/pg_job.c %reldir%/pg_job.h \
	%reldir%/precheck.c \
	%reldir%/probe.c %reldir%/probe.h \
	%reldir%/probe_mysql.c \
	%reldir%/probe_postgresql.c \
	%reldir%/topics.c \
	%reldir%/why.c %reldir%/why_priv.h \
	%reldir%/why_postgresql.c
