noinst_LIBRARIES += libbase.a
libbase_a_SOURCES = \
	%reldir%/activity.c %reldir%/activity.h \
	%reldir%/arena.c %reldir%/arena.h \
	%reldir%/banned.h \
	%reldir%/buf.c %reldir%/buf.h \
	%reldir%/clock.c %reldir%/clock.h \
	%reldir%/command.c %reldir%/command.h \
	%reldir%/err.c %reldir%/err.h \
	%reldir%/fault.c %reldir%/fault.h \
	%reldir%/figure.c %reldir%/figure.h \
	%reldir%/i18n.h \
	%reldir%/ini.c %reldir%/ini.h \
	%reldir%/ini_scan.c %reldir%/ini_scan.h \
	%reldir%/listen.c %reldir%/listen.h \
	%reldir%/log.c %reldir%/log.h \
	%reldir%/map.c %reldir%/map.h \
	%reldir%/mem.c %reldir%/mem.h \
	%reldir%/queue.c %reldir%/queue.h \
	%reldir%/redact.c %reldir%/redact.h \
	%reldir%/region.c %reldir%/region.h \
	%reldir%/secret.c %reldir%/secret.h \
	%reldir%/thread.c %reldir%/thread.h \
	%reldir%/throttle.c %reldir%/throttle.h \
	%reldir%/utf8.c %reldir%/utf8.h
libbase_a_SOURCES += \
	%reldir%/file.c %reldir%/file.h \
	%reldir%/size.c %reldir%/size.h \
	%reldir%/tarball.c %reldir%/tarball.h \
	%reldir%/trace.c %reldir%/trace.h \
	%reldir%/words.c %reldir%/words.h
