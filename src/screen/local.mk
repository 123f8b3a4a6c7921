noinst_LIBRARIES += libscreen.a
libscreen_a_SOURCES = \
	%reldir%/main_stub.c \
	%reldir%/screen.h
