noinst_LIBRARIES += libform.a
libform_a_SOURCES = \
	%reldir%/expr.h \
	%reldir%/form.h \
	%reldir%/form_lint.h \
	%reldir%/form_registry.h \
	%reldir%/form_state.h
