noinst_LIBRARIES += libsink.a
libsink_a_SOURCES = \
	%reldir%/sink.h
