noinst_LIBRARIES += libengine.a
libengine_a_SOURCES = \
	%reldir%/browse.c \
	%reldir%/control.c %reldir%/control.h \
	%reldir%/control_client.c \
	%reldir%/engine.h \
	%reldir%/engine_stub.c \
	%reldir%/job.c %reldir%/job.h \
	%reldir%/lock.c \
	%reldir%/precheck.c \
	%reldir%/probe.c \
	%reldir%/progress.c %reldir%/progress.h \
	%reldir%/progress_json.c \
	%reldir%/state.c %reldir%/state.h \
	%reldir%/status.c \
	%reldir%/verify_stub.c
