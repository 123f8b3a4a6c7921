libengine_a_SOURCES += \
	%reldir%/anchor.c %reldir%/anchor.h \
	%reldir%/copy.c \
	%reldir%/make.c \
	%reldir%/mend.c %reldir%/mend.h \
	%reldir%/start.c %reldir%/start.h
