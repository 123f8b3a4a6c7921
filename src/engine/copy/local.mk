libengine_a_SOURCES += \
	%reldir%/anchor.c %reldir%/anchor.h \
	%reldir%/anchor_plan.c %reldir%/anchor_plan.h \
	%reldir%/copy.c %reldir%/copy_priv.h \
	%reldir%/copy_tables.c \
	%reldir%/copy_whole.c \
	%reldir%/copy_work.c \
	%reldir%/copy_worker.c \
	%reldir%/definitions.c %reldir%/definitions.h \
	%reldir%/make.c \
	%reldir%/mend.c %reldir%/mend.h \
	%reldir%/start.c %reldir%/start.h
