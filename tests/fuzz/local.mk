# Fuzz targets. "configure --enable-fuzz CC=clang" builds each as a libFuzzer program:
#
#	tests/fuzz/fuzz_json -max_total_time=600 /tmp/found SRCDIR/tests/fuzz/corpus/json
#
# Any other build links it with replay.c, which feeds it its corpus, so that "make check" holds what was once found. To
# add one: fuzz_NAME.c, inputs in corpus/NAME, and two lines below. seeds.py makes inputs from the recorded logs.
EXTRA_DIST += %reldir%/corpus %reldir%/fuzz.h %reldir%/seeds.py

fuzz_programs =
if WITH_FUZZ
noinst_PROGRAMS += $(fuzz_programs)
fuzz_replay =
else
if WITH_TESTS
check_PROGRAMS += $(fuzz_programs)
TESTS += $(fuzz_programs)
endif
fuzz_replay = %reldir%/replay.c
endif
fuzz_codec = libcodec.a libmodel.a $(JANSSON_LIBS) libbase.a $(ZSTD_LIBS) $(ZLIB_LIBS) $(DEFLATE_LIBS) $(XXHASH_LIBS) \
	$(CRYPTO_LIBS) $(INIPARSER_LIBS) $(LIBINTL)

fuzz_programs += %reldir%/fuzz_binlog_event %reldir%/fuzz_gtid %reldir%/fuzz_json %reldir%/fuzz_rows
%canon_reldir%_fuzz_binlog_event_SOURCES = %reldir%/fuzz_binlog_event.c $(fuzz_replay)
%canon_reldir%_fuzz_binlog_event_LDADD = $(fuzz_codec)
%canon_reldir%_fuzz_binlog_event_LDFLAGS = $(FUZZ_LDFLAGS)
%canon_reldir%_fuzz_gtid_SOURCES = %reldir%/fuzz_gtid.c $(fuzz_replay)
%canon_reldir%_fuzz_gtid_LDADD = $(fuzz_codec)
%canon_reldir%_fuzz_gtid_LDFLAGS = $(FUZZ_LDFLAGS)
%canon_reldir%_fuzz_json_SOURCES = %reldir%/fuzz_json.c $(fuzz_replay)
%canon_reldir%_fuzz_json_LDADD = $(fuzz_codec)
%canon_reldir%_fuzz_json_LDFLAGS = $(FUZZ_LDFLAGS)
%canon_reldir%_fuzz_rows_SOURCES = %reldir%/fuzz_rows.c $(fuzz_replay)
%canon_reldir%_fuzz_rows_LDADD = $(fuzz_codec)
%canon_reldir%_fuzz_rows_LDFLAGS = $(FUZZ_LDFLAGS)

fuzz_programs += %reldir%/fuzz_ddl
%canon_reldir%_fuzz_ddl_SOURCES = %reldir%/fuzz_ddl.c $(fuzz_replay)
%canon_reldir%_fuzz_ddl_LDADD = $(fuzz_codec)
%canon_reldir%_fuzz_ddl_LDFLAGS = $(FUZZ_LDFLAGS)

fuzz_programs += %reldir%/fuzz_pgoutput
%canon_reldir%_fuzz_pgoutput_SOURCES = %reldir%/fuzz_pgoutput.c $(fuzz_replay)
%canon_reldir%_fuzz_pgoutput_LDADD = $(fuzz_codec)
%canon_reldir%_fuzz_pgoutput_LDFLAGS = $(FUZZ_LDFLAGS)
