noinst_LIBRARIES += libscreen.a
libscreen_a_SOURCES = \
	%reldir%/main_stub.c \
	%reldir%/screen.h
libscreen_a_SOURCES += \
	%reldir%/form_binding.c %reldir%/form_binding.h \
	%reldir%/form_names.c
