# The wizard's pages as data. A new file is added to this list and nowhere else.
form_files = \
	%reldir%/analyticdb-mysql-endpoints.form \
	%reldir%/analyticdb-mysql-settings.form \
	%reldir%/analyticdb-mysql.part \
	%reldir%/analyticdb-postgresql-endpoints.form \
	%reldir%/analyticdb-postgresql-policy.part \
	%reldir%/analyticdb-postgresql-settings.form \
	%reldir%/analyticdb-postgresql.part \
	%reldir%/client-cert.part \
	%reldir%/cross-account-endpoints.form \
	%reldir%/database.part \
	%reldir%/datahub-endpoints.form \
	%reldir%/datahub-settings.form \
	%reldir%/ddl.part \
	%reldir%/existing-tables.part \
	%reldir%/fdw-endpoints.form \
	%reldir%/fdw-settings.form \
	%reldir%/fdw.flow \
	%reldir%/fields.form \
	%reldir%/initialization.part \
	%reldir%/kafka-endpoints.form \
	%reldir%/kafka-settings.form \
	%reldir%/kafka-topic.part \
	%reldir%/kafka.part \
	%reldir%/keyless.part \
	%reldir%/limits.part \
	%reldir%/listed.part \
	%reldir%/login.part \
	%reldir%/maxcompute-endpoints.form \
	%reldir%/maxcompute-settings.form \
	%reldir%/monitoring.part \
	%reldir%/mysql-analyticdb-postgresql-settings.form \
	%reldir%/mysql-connected.part \
	%reldir%/mysql-endpoints.form \
	%reldir%/mysql-objects.form \
	%reldir%/mysql-settings.form \
	%reldir%/mysql-tables.form \
	%reldir%/mysql-to-analyticdb-mysql.flow \
	%reldir%/mysql-to-analyticdb-postgresql.flow \
	%reldir%/mysql-to-datahub.flow \
	%reldir%/mysql-to-kafka.flow \
	%reldir%/mysql-to-maxcompute.flow \
	%reldir%/mysql-to-mysql-cross-account.flow \
	%reldir%/mysql-to-mysql-two-way.flow \
	%reldir%/mysql-to-mysql.flow \
	%reldir%/mysql-to-postgresql.flow \
	%reldir%/mysql.part \
	%reldir%/other-account.part \
	%reldir%/policy.part \
	%reldir%/postgresql-both-endpoints.form \
	%reldir%/postgresql-destination-endpoints.form \
	%reldir%/postgresql-endpoints.form \
	%reldir%/postgresql-fields.form \
	%reldir%/postgresql-objects.form \
	%reldir%/postgresql-settings.form \
	%reldir%/postgresql-source-settings.form \
	%reldir%/postgresql-to-analyticdb-postgresql.flow \
	%reldir%/postgresql-to-postgresql.flow \
	%reldir%/postgresql.part \
	%reldir%/project.part \
	%reldir%/relay.part \
	%reldir%/retries.part \
	%reldir%/review.form \
	%reldir%/rows.part \
	%reldir%/sides.part \
	%reldir%/task.part \
	%reldir%/test.part \
	%reldir%/tls.part \
	%reldir%/two-way-settings.form \
	%reldir%/unfit-values.part \
	%reldir%/whole-initialization.part \
	%reldir%/zero-etl-endpoints.form \
	%reldir%/zero-etl-review.form \
	%reldir%/zero-etl-settings.form \
	%reldir%/zero-etl.flow \
	%reldir%/zero-etl.part
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
