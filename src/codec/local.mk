noinst_LIBRARIES += libcodec.a
libcodec_a_SOURCES =
