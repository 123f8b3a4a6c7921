noinst_LIBRARIES += libform.a
libform_a_SOURCES = \
	%reldir%/expr.h \
	%reldir%/form.h \
	%reldir%/lint.h \
	%reldir%/registry.h \
	%reldir%/state.h
