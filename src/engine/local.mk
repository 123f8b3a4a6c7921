noinst_LIBRARIES += libengine.a
libengine_a_SOURCES = \
	%reldir%/control.c %reldir%/control.h \
	%reldir%/control_client.c \
	%reldir%/engine.h \
	%reldir%/lock.c \
	%reldir%/progress.c %reldir%/progress.h \
	%reldir%/progress_json.c \
	%reldir%/state.c %reldir%/state.h \
	%reldir%/status.c
