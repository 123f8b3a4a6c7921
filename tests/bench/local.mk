# Figures, by hand: bench.py says how. decode_bench is its program for decoding alone.
EXTRA_DIST += %reldir%/bench.py
if WITH_TESTS
check_PROGRAMS += %reldir%/decode_bench
%canon_reldir%_decode_bench_LDADD = $(fuzz_codec)
endif
