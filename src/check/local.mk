noinst_LIBRARIES += libcheck.a
libcheck_a_SOURCES = \
	%reldir%/check.h \
	%reldir%/check_stub.c
