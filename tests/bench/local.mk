# Figures: bench.py says how. decode_bench is its program for decoding alone.
EXTRA_DIST += %reldir%/bench.py %reldir%/copies.py %reldir%/decode.py %reldir%/harness.py %reldir%/hot.lua %reldir%/latency.py \
	%reldir%/memory.py %reldir%/peers.py %reldir%/streams.py %reldir%/verify.py %reldir%/workloads.py
if WITH_TESTS
check_PROGRAMS += %reldir%/decode_bench
%canon_reldir%_decode_bench_LDADD = $(fuzz_codec)
endif
