noinst_LIBRARIES += libengine.a
libengine_a_SOURCES = \
	%reldir%/control.h \
	%reldir%/engine.h \
	%reldir%/progress.h \
	%reldir%/state.h
