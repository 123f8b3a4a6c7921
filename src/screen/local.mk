noinst_LIBRARIES += libscreen.a
libscreen_a_SOURCES =
