# Figures: bench.py says how. decode_bench is its program for decoding alone, kafka_producer the
# limit of writing to Kafka.
EXTRA_DIST += %reldir%/bench.py %reldir%/copies.py %reldir%/decode.py %reldir%/debezium/Follow.java %reldir%/debezium/pom.xml \
	%reldir%/harness.py %reldir%/hot.lua %reldir%/kafka_peers.py %reldir%/latency.py %reldir%/memory.py %reldir%/peers.py \
	%reldir%/pg_peers.py %reldir%/postgresql.py %reldir%/screens.py %reldir%/streams.py %reldir%/to_kafka.py %reldir%/verify.py %reldir%/workloads.py
if WITH_TESTS
check_PROGRAMS += %reldir%/decode_bench %reldir%/kafka_producer
%canon_reldir%_decode_bench_LDADD = $(fuzz_codec)
%canon_reldir%_kafka_producer_LDADD = $(KAFKA_LIBS)
endif
