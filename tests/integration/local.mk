# One file a line, so that two additions don't meet.
EXTRA_DIST += \
	tests/integration/local.mk \
	tests/integration/pytest.ini \
	tests/integration/conftest.py \
	tests/integration/fetch.py \
	tests/integration/servers.py \
	tests/integration/guard.py \
	tests/integration/rds.py \
	tests/integration/compare.py \
	tests/integration/shop.py \
	tests/integration/terminal.py \
	tests/integration/test_screens.py \
	tests/integration/test_terminals.py \
	tests/integration/test_pg_precheck.py \
	tests/integration/test_servers.py \
	tests/integration/test_fetch.py \
	tests/integration/test_guard.py \
	tests/integration/test_compare.py \
	tests/integration/test_codec.py \
	tests/integration/test_collation.py \
	tests/integration/test_log_reset.py \
	tests/integration/test_failover.py \
	tests/integration/test_source_faults.py \
	tests/integration/test_connections.py \
	tests/integration/test_demo.py \
	tests/integration/test_destination.py \
	tests/integration/proxy.py \
	tests/integration/test_network.py \
	tests/integration/test_release.py \
	tests/integration/test_online_ddl.py tests/integration/test_online_left_out.py \
	tests/integration/test_order.py \
	tests/integration/test_host_faults.py \
	tests/integration/test_tables.py \
	tests/integration/test_jobs.py \
	tests/integration/test_postgresql.py \
	tests/integration/test_verify.py \
	tests/integration/test_repair.py \
	tests/integration/lost_log.py \
	tests/integration/test_reanchor.py \
	tests/integration/test_beside.py \
	tests/integration/test_bond.py \
	tests/integration/test_no_space.py \
	tests/integration/test_objects.py \
	tests/integration/test_change_objects.py \
	tests/integration/test_change_objects_crash.py \
	tests/integration/test_bad_input.py \
	tests/integration/test_cli.py \
	tests/integration/test_catalog.py \
	tests/integration/probe.py tests/integration/probe.h \
	tests/integration/test_prompt.py \
	tests/integration/test_relay.py \
	tests/integration/test_run.py \
	tests/integration/test_limits.py \
	tests/integration/test_journal.py \
	tests/integration/test_metrics.py \
	tests/integration/test_status.py \
	tests/integration/test_bulk.py \
	tests/integration/test_completion.py \
	tests/integration/test_compression.py \
	tests/integration/test_precheck.py \
	tests/integration/oracle.py \
	tests/integration/test_ddl.py tests/integration/test_ddl_live.py \
	tests/integration/test_crash.py \
	tests/integration/test_day.py \
	tests/integration/test_online_tools.py \
	tests/integration/test_defects.py \
	tests/integration/type_tables.py \
	tests/integration/test_takeover.py \
	tests/integration/test_events.py \
	tests/integration/test_choices.py \
	tests/integration/test_fields.py \
	tests/integration/test_kafka.py tests/integration/test_kafka_faults.py tests/integration/test_kafka_cluster.py tests/integration/test_kafka_sources.py \
	tests/integration/kafka/pom.xml tests/integration/kafka/log4j.properties \
	tests/integration/test_kafka.py tests/integration/kafka/pom.xml \
	tests/integration/test_kafka_registry.py tests/integration/registry.py tests/integration/kafka_task.py tests/integration/kafka/registry-pom.xml \
	tests/integration/test_kafka_delivery.py \
	tests/integration/test_kafka_precheck.py \
	tests/integration/test_message_dialects.py \
	tests/integration/messages.py tests/integration/test_messages.py tests/integration/test_kafka_formats.py tests/integration/kafka/Record.avsc \
	tests/integration/test_reset.py \
	tests/integration/test_filter.py \
	tests/integration/test_fold.py \
	tests/integration/test_packet.py \
	tests/integration/test_lanes.py \
	tests/integration/test_indexes.py \
	tests/integration/test_types.py \
	tests/integration/test_xa.py

# Parts driven by the tests on their own.
check_PROGRAMS += tests/integration/db_probe
tests_integration_db_probe_LDADD = libdb.a libmodel.a libbase.a $(MARIADB_LIBS) $(KAFKA_LIBS) $(CURL_LIBS) $(JANSSON_LIBS) $(LIBINTL)

check_PROGRAMS += tests/integration/collation_probe
tests_integration_collation_probe_LDADD = $(unit_codec)
check_PROGRAMS += tests/integration/pg_value_probe
tests_integration_pg_value_probe_LDADD = $(unit_codec)
check_PROGRAMS += tests/integration/pg_log_probe
tests_integration_pg_log_probe_LDADD = libcodec.a $(unit_db)
check_PROGRAMS += tests/integration/pg_source_probe
tests_integration_pg_source_probe_LDADD = $(unit_source)
check_PROGRAMS += tests/integration/job_probe
tests_integration_job_probe_LDADD = $(unit_engine)
check_PROGRAMS += tests/integration/message_probe
tests_integration_message_probe_LDADD = $(unit_source)
check_PROGRAMS += tests/integration/filter_probe
tests_integration_filter_probe_LDADD = $(unit_source)
check_PROGRAMS += tests/integration/ddl_probe
tests_integration_ddl_probe_LDADD = libcodec.a libmodel.a libbase.a $(JANSSON_LIBS) $(LIBINTL)
EXTRA_DIST += \
	tests/integration/kafka_reader.py \
	tests/integration/test_kafka_objects.py \
	tests/integration/test_kafka_sync.py \
	tests/integration/pg_writers.py \
	tests/integration/test_pg_pg.py \
	tests/integration/test_pg_alter.py \
	tests/integration/test_pg_sync.py \
	tests/integration/test_greenplum.py tests/integration/greenplum.py \
	tests/integration/test_pg_log.py \
	tests/integration/test_pg_source.py \
	tests/integration/test_pg_value.py \
	tests/integration/ddl_random.py \
	tests/integration/test_ddl_schema.py
