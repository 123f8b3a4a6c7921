libengine_a_SOURCES += \
	%reldir%/copy.c \
	%reldir%/make.c \
	%reldir%/start.c
