noinst_LIBRARIES += libform.a
libform_a_SOURCES = \
	%reldir%/catalogue.c %reldir%/catalogue.h \
	%reldir%/expr.c %reldir%/expr.h \
	%reldir%/form.c %reldir%/form.h \
	%reldir%/form_field.c \
	%reldir%/form_link.c \
	%reldir%/form_lint.c %reldir%/form_lint.h \
	%reldir%/form_part.c %reldir%/form_part.h \
	%reldir%/form_read.c %reldir%/form_read.h \
	%reldir%/form_reader.c %reldir%/form_reader.h \
	%reldir%/form_registry.c %reldir%/form_registry.h \
	%reldir%/form_state.c %reldir%/form_state.h \
	%reldir%/form_value.c %reldir%/form_value.h
nodist_libform_a_SOURCES = %reldir%/builtin_forms.c

# The copy of the forms that is built in, so that the program works where nothing is installed.
%reldir%/builtin_forms.c: $(form_files) %reldir%/builtin.awk
	$(AM_V_GEN)$(MKDIR_P) %reldir%
	$(AM_V_at)LC_ALL=C $(AWK) -f $(srcdir)/%reldir%/builtin.awk \
		$$(for f in $(form_files); do echo $(srcdir)/$$f; done) >$@.tmp
	$(AM_V_at)mv $@.tmp $@
EXTRA_DIST += %reldir%/builtin.awk
CLEANFILES += %reldir%/builtin_forms.c
