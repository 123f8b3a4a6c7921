libengine_a_SOURCES += \
	%reldir%/browse.c \
	%reldir%/job.c %reldir%/job.h \
	%reldir%/precheck.c \
	%reldir%/probe.c \
	%reldir%/topics.c \
	%reldir%/why.c
