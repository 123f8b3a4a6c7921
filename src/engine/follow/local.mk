libengine_a_SOURCES += \
	%reldir%/answer.c \
	%reldir%/batch.c \
	%reldir%/complete.c %reldir%/complete.h \
	%reldir%/conflict.c %reldir%/conflict.h \
	%reldir%/ddl.c \
	%reldir%/defaults.c %reldir%/defaults.h \
	%reldir%/doubt.c %reldir%/doubt.h \
	%reldir%/failing.c %reldir%/failing.h \
	%reldir%/filter.c %reldir%/filter.h \
	%reldir%/follow.c %reldir%/follow.h \
	%reldir%/gather.c \
	%reldir%/lane.c \
	%reldir%/pieces.c \
	%reldir%/reading.c %reldir%/reading.h \
	%reldir%/online.c %reldir%/online.h \
	%reldir%/overlap.c %reldir%/overlap.h \
	%reldir%/shown.c %reldir%/shown.h \
	%reldir%/taken.c %reldir%/taken.h \
	%reldir%/tracker.c \
	%reldir%/undo.c %reldir%/undo.h \
	%reldir%/xa.c %reldir%/xa.h \
	%reldir%/xa_pair.c
