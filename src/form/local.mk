noinst_LIBRARIES += libform.a
libform_a_SOURCES =
