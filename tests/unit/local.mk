# Unit tests: one CUnit program a module, printing TAP. To add one, write test_NAME.c (unit.h shows how) and add two
# lines in the block of its layer: the program, and the layer that it tests, which brings in all layers below it and none
# above. Run one alone as tests/unit/test_NAME; all by "make check"; in a sanitizer build just the same.
EXTRA_DIST += %reldir%/binlog_file.h %reldir%/unit.h %reldir%/ddl_store.h %reldir%/events.h %reldir%/data/record.py %reldir%/data/record_pg.py \
	%reldir%/data/pg15-1.pgoutput.gz %reldir%/data/pg15-1.pgrows.gz \
	%reldir%/data/pg15-2.pgoutput.gz %reldir%/data/pg15-2.pgrows.gz \
	%reldir%/data/pg15-3.pgoutput.gz %reldir%/data/pg15-3.pgrows.gz \
	%reldir%/data/newest-4.pgoutput.gz %reldir%/data/newest-4.pgrows.gz \
	%reldir%/data/newest-binary.pgoutput.gz %reldir%/data/newest-binary.pgrows.gz \
	%reldir%/data/mariadb.binlog.gz %reldir%/data/mariadb.rows \
	%reldir%/data/mariadb-full.binlog.gz %reldir%/data/mariadb-full.rows \
	%reldir%/data/mariadb-compressed.binlog.gz %reldir%/data/mariadb-compressed.rows \
	%reldir%/data/mariadb-minimal.binlog.gz %reldir%/data/mariadb-minimal.rows \
	%reldir%/data/mariadb-noblob.binlog.gz %reldir%/data/mariadb-noblob.rows \
	%reldir%/data/mysql9.binlog.gz %reldir%/data/mysql9.rows \
	%reldir%/data/mysql9-full.binlog.gz %reldir%/data/mysql9-full.rows \
	%reldir%/data/mysql9-payload.binlog.gz %reldir%/data/mysql9-payload.rows \
	%reldir%/data/mysql9-partial.binlog.gz %reldir%/data/mysql9-partial.rows \
	%reldir%/data/mysql9-partial-minimal.binlog.gz %reldir%/data/mysql9-partial-minimal.rows \
	%reldir%/data/mysql9-minimal.binlog.gz %reldir%/data/mysql9-minimal.rows \
	%reldir%/data/mariadb-random.binlog.gz %reldir%/data/mariadb-random.rows \
	%reldir%/data/mysql9-random.binlog.gz %reldir%/data/mysql9-random.rows \
	%reldir%/data/mysql56-random.binlog.gz %reldir%/data/mysql56-random.rows \
	%reldir%/data/mysql56.binlog.gz %reldir%/data/mysql56.rows \
	%reldir%/data/mysql56-v1.binlog.gz %reldir%/data/mysql56-v1.rows

unit_base = libbase.a $(INIPARSER_LIBS) $(LIBINTL) $(CUNIT_LIBS)
unit_model = libmodel.a $(JANSSON_LIBS) $(unit_base)
unit_codec = libcodec.a $(unit_model) $(ZSTD_LIBS) $(ZLIB_LIBS) $(DEFLATE_LIBS) $(XXHASH_LIBS) $(CRYPTO_LIBS) $(JANSSON_LIBS)
unit_db = libdb.a $(unit_model) $(MARIADB_LIBS) $(KAFKA_LIBS) $(CURL_LIBS) $(PQ_LIBS) $(CRYPTO_LIBS)
unit_source = libsource.a libdb.a $(unit_codec) $(MARIADB_LIBS) $(KAFKA_LIBS) $(CURL_LIBS) $(PQ_LIBS)
unit_sink = libsink.a libdb.a $(unit_codec) $(MARIADB_LIBS) $(KAFKA_LIBS) $(CURL_LIBS) $(PQ_LIBS)
unit_check = libcheck.a libdb.a $(unit_codec) $(MARIADB_LIBS) $(KAFKA_LIBS) $(CURL_LIBS) $(PQ_LIBS)
unit_engine = libengine.a libcheck.a libsink.a $(unit_source) $(SQLITE_LIBS) $(MICROHTTPD_LIBS)
unit_form = libform.a $(unit_base)
unit_tui = libtui.a $(unit_base) $(NCURSES_LIBS)
unit_screen = libscreen.a libtui.a libform.a $(unit_engine) $(NCURSES_LIBS)
unit_cli = libcli.a $(unit_screen)

unit_tests =
if WITH_TESTS
check_PROGRAMS += $(unit_tests)
TESTS += $(unit_tests)

# base
unit_tests += %reldir%/test_arena
%canon_reldir%_test_arena_LDADD = $(unit_base)
unit_tests += %reldir%/test_buf
%canon_reldir%_test_buf_LDADD = $(unit_base)
unit_tests += %reldir%/test_clock
%canon_reldir%_test_clock_LDADD = $(unit_base)
unit_tests += %reldir%/test_err
%canon_reldir%_test_err_LDADD = $(unit_base)
unit_tests += %reldir%/test_ini
%canon_reldir%_test_ini_LDADD = $(unit_base)
unit_tests += %reldir%/test_log
%canon_reldir%_test_log_LDADD = $(unit_base)
unit_tests += %reldir%/test_figure
%canon_reldir%_test_figure_LDADD = $(unit_base)
unit_tests += %reldir%/test_activity
%canon_reldir%_test_activity_LDADD = $(unit_base)
unit_tests += %reldir%/test_map
%canon_reldir%_test_map_LDADD = $(unit_base)
unit_tests += %reldir%/test_mem
%canon_reldir%_test_mem_LDADD = $(unit_base)
unit_tests += %reldir%/test_redact
%canon_reldir%_test_redact_LDADD = $(unit_base)
unit_tests += %reldir%/test_region
%canon_reldir%_test_region_LDADD = $(unit_model)
unit_tests += %reldir%/test_queue
%canon_reldir%_test_queue_LDADD = $(unit_base)
unit_tests += %reldir%/test_secret
%canon_reldir%_test_secret_LDADD = $(unit_base)
unit_tests += %reldir%/test_thread
%canon_reldir%_test_thread_LDADD = $(unit_base)
unit_tests += %reldir%/test_throttle
%canon_reldir%_test_throttle_LDADD = $(unit_base)
unit_tests += %reldir%/test_utf8
%canon_reldir%_test_utf8_LDADD = $(unit_base)

unit_tests += %reldir%/test_words
%canon_reldir%_test_words_LDADD = $(unit_base)

# model
unit_tests += %reldir%/test_catalog
%canon_reldir%_test_catalog_LDADD = $(unit_model)
unit_tests += %reldir%/test_ahead
%canon_reldir%_test_ahead_LDADD = $(unit_model)
unit_tests += %reldir%/test_position_set
%canon_reldir%_test_position_set_LDADD = $(unit_model)
unit_tests += %reldir%/test_model
%canon_reldir%_test_model_LDADD = $(unit_model)
unit_tests += %reldir%/test_schema
%canon_reldir%_test_schema_LDADD = $(unit_model)
unit_tests += %reldir%/test_filter
%canon_reldir%_test_filter_LDADD = $(unit_model)
unit_tests += %reldir%/test_renaming
%canon_reldir%_test_renaming_LDADD = $(unit_model)
unit_tests += %reldir%/test_selection_set
%canon_reldir%_test_selection_set_LDADD = $(unit_model)
unit_tests += %reldir%/test_selection
%canon_reldir%_test_selection_LDADD = $(unit_model)
unit_tests += %reldir%/test_export
%canon_reldir%_test_export_LDADD = $(unit_model)
unit_tests += %reldir%/test_task_edit
%canon_reldir%_test_task_edit_LDADD = $(unit_model)
unit_tests += %reldir%/test_task
%canon_reldir%_test_task_LDADD = $(unit_model)
unit_tests += %reldir%/test_endpoint
%canon_reldir%_test_endpoint_LDADD = $(unit_model)

# codec
unit_tests += %reldir%/test_change_bytes
%canon_reldir%_test_change_bytes_LDADD = $(unit_codec)
unit_tests += %reldir%/test_ddl
%canon_reldir%_test_ddl_LDADD = $(unit_codec)
unit_tests += %reldir%/test_ddl_compare
%canon_reldir%_test_ddl_compare_LDADD = $(unit_codec)
unit_tests += %reldir%/test_ddl_online
%canon_reldir%_test_ddl_online_LDADD = $(unit_codec)
unit_tests += %reldir%/test_ddl_schema
%canon_reldir%_test_ddl_schema_LDADD = $(unit_codec)
unit_tests += %reldir%/test_ddl_translate
%canon_reldir%_test_ddl_translate_LDADD = $(unit_codec)
unit_tests += %reldir%/test_sql_token
%canon_reldir%_test_sql_token_LDADD = $(unit_codec)
unit_tests += %reldir%/test_binary_json
%canon_reldir%_test_binary_json_LDADD = $(unit_codec)
unit_tests += %reldir%/test_binlog_event
%canon_reldir%_test_binlog_event_LDADD = $(unit_codec)
unit_tests += %reldir%/test_binlog_payload
%canon_reldir%_test_binlog_payload_LDADD = $(unit_codec)
unit_tests += %reldir%/test_binlog_rows
%canon_reldir%_test_binlog_rows_LDADD = $(unit_codec)
unit_tests += %reldir%/test_binlog_table
%canon_reldir%_test_binlog_table_LDADD = $(unit_codec)
unit_tests += %reldir%/test_charset
%canon_reldir%_test_charset_LDADD = $(unit_codec)
unit_tests += %reldir%/test_collation
%canon_reldir%_test_collation_LDADD = $(unit_codec)
unit_tests += %reldir%/test_gp_ddl
%canon_reldir%_test_gp_ddl_LDADD = $(unit_codec)
unit_tests += %reldir%/test_pgoutput
%canon_reldir%_test_pgoutput_LDADD = $(unit_codec)

unit_tests += %reldir%/test_gtid
%canon_reldir%_test_gtid_LDADD = $(unit_codec)
unit_tests += %reldir%/test_sql_literal
%canon_reldir%_test_sql_literal_LDADD = $(unit_codec) -lm

unit_tests += %reldir%/test_message
%canon_reldir%_test_message_LDADD = $(unit_codec)
unit_tests += %reldir%/test_number
%canon_reldir%_test_number_LDADD = $(unit_codec) -lm
unit_tests += %reldir%/test_pg_ddl
%canon_reldir%_test_pg_ddl_LDADD = $(unit_codec)
unit_tests += %reldir%/test_recorded
%canon_reldir%_test_recorded_SOURCES = %reldir%/test_recorded.c %reldir%/binlog_file.c
%canon_reldir%_test_recorded_LDADD = $(unit_codec)

# db
unit_tests += %reldir%/test_kafka
%canon_reldir%_test_kafka_LDADD = $(unit_db)
unit_tests += %reldir%/test_my_error
%canon_reldir%_test_my_error_LDADD = $(unit_db)
unit_tests += %reldir%/test_pg
%canon_reldir%_test_pg_LDADD = $(unit_db)

# source
unit_tests += %reldir%/test_relay
%canon_reldir%_test_relay_LDADD = $(unit_source)

# sink
unit_tests += %reldir%/test_fold
%canon_reldir%_test_fold_LDADD = $(unit_sink)
unit_tests += %reldir%/test_outbox
%canon_reldir%_test_outbox_LDADD = $(unit_sink)
unit_tests += %reldir%/test_meta_json
%canon_reldir%_test_meta_json_LDADD = $(unit_sink)

# check
unit_tests += %reldir%/test_grants
%canon_reldir%_test_grants_LDADD = $(unit_check)

# engine
unit_tests += %reldir%/test_row_filter
%canon_reldir%_test_row_filter_LDADD = $(unit_engine)
unit_tests += %reldir%/test_xa_pair
%canon_reldir%_test_xa_pair_LDADD = $(unit_engine)

unit_tests += %reldir%/test_conflict
%canon_reldir%_test_conflict_LDADD = $(unit_engine)
unit_tests += %reldir%/test_reading
%canon_reldir%_test_reading_LDADD = $(unit_engine)
unit_tests += %reldir%/test_copy_work
%canon_reldir%_test_copy_work_LDADD = $(unit_engine)
unit_tests += %reldir%/test_errand
%canon_reldir%_test_errand_LDADD = $(unit_engine)
unit_tests += %reldir%/test_coordinator
%canon_reldir%_test_coordinator_LDADD = $(unit_engine)
unit_tests += %reldir%/test_suspect
%canon_reldir%_test_suspect_LDADD = $(unit_engine)
unit_tests += %reldir%/test_alerts
%canon_reldir%_test_alerts_LDADD = $(unit_engine)
unit_tests += %reldir%/test_budget
%canon_reldir%_test_budget_LDADD = $(unit_engine)
unit_tests += %reldir%/test_lookout
%canon_reldir%_test_lookout_LDADD = $(unit_engine)
unit_tests += %reldir%/test_plan
%canon_reldir%_test_plan_LDADD = $(unit_engine)

# form
unit_tests += %reldir%/test_expr
%canon_reldir%_test_expr_LDADD = $(unit_form)
unit_tests += %reldir%/test_form
%canon_reldir%_test_form_LDADD = $(unit_form)

# tui

# screen

# cli
unit_tests += %reldir%/test_bottleneck
%canon_reldir%_test_bottleneck_LDADD = $(unit_engine)
unit_tests += %reldir%/test_trace
%canon_reldir%_test_trace_LDADD = $(unit_base) -lm
unit_tests += %reldir%/test_progress
%canon_reldir%_test_progress_LDADD = $(unit_engine)
unit_tests += %reldir%/test_metrics
%canon_reldir%_test_metrics_LDADD = $(unit_engine)
unit_tests += %reldir%/test_stats
%canon_reldir%_test_stats_LDADD = $(unit_engine)
unit_tests += %reldir%/test_state
%canon_reldir%_test_state_LDADD = $(unit_engine)
unit_tests += %reldir%/test_args
%canon_reldir%_test_args_LDADD = $(unit_cli)
unit_tests += %reldir%/test_detach
%canon_reldir%_test_detach_LDADD = $(unit_cli)
unit_tests += %reldir%/test_flows
%canon_reldir%_test_flows_LDADD = $(unit_cli)
unit_tests += %reldir%/test_prompt
%canon_reldir%_test_prompt_LDADD = $(unit_cli)
# Labels are measured in every language.
check_DATA = %reldir%/zh_CN.mo
%reldir%/zh_CN.mo: $(top_srcdir)/po/zh_CN.po
	$(AM_V_GEN)$(MSGFMT) -o $@ $(top_srcdir)/po/zh_CN.po
CLEANFILES += %reldir%/zh_CN.mo
endif
EXTRA_DIST += %reldir%/ddl_kind.txt %reldir%/ddl_rewrite.txt %reldir%/ddl_schema.txt
