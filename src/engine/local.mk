noinst_LIBRARIES += libengine.a
libengine_a_SOURCES = \
	%reldir%/control.h \
	%reldir%/engine.h \
	%reldir%/lock.c \
	%reldir%/progress.c %reldir%/progress.h \
	%reldir%/progress_json.c \
	%reldir%/state.c %reldir%/state.h
