# The wizard's pages as data. A new file is added to this list and nowhere else.
form_files = \
	%reldir%/mysql-endpoints.form \
	%reldir%/mysql-objects.form \
	%reldir%/mysql-settings.form \
	%reldir%/mysql-to-mysql.flow \
	%reldir%/review.form
dist_forms_DATA += $(form_files)
EXTRA_DIST += %reldir%/README.md %reldir%/strings.awk %reldir%/strings.c

# For xgettext; kept in the source tree, as the catalogues are, and brought up to date where that can be written to.
all-local: %reldir%/strings.stamp
%reldir%/strings.stamp: $(form_files) %reldir%/strings.awk
	$(AM_V_GEN)$(MKDIR_P) %reldir%
	$(AM_V_at)LC_ALL=C $(AWK) -f $(srcdir)/%reldir%/strings.awk \
		$$(for f in $(form_files); do echo $(srcdir)/$$f; done) >$@.tmp
	$(AM_V_at)cmp -s $@.tmp $(srcdir)/%reldir%/strings.c || ! test -w $(srcdir)/%reldir% || \
		cp $@.tmp $(srcdir)/%reldir%/strings.c
	$(AM_V_at)mv $@.tmp $@
CLEANFILES += %reldir%/strings.stamp
