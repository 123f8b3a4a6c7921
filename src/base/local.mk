noinst_LIBRARIES += libbase.a
libbase_a_SOURCES = \
	%reldir%/arena.h %reldir%/banned.h %reldir%/buf.h %reldir%/clock.h %reldir%/err.h %reldir%/ini.h \
	%reldir%/log.h %reldir%/map.h %reldir%/mem.h %reldir%/queue.h %reldir%/secret.h %reldir%/thread.h \
	%reldir%/utf8.h
