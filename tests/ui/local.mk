# Tests of the toolkit and of the screens; written and run as those in tests/unit. The golden screens are in golden/;
# RS_UPDATE_GOLDEN=1 writes them anew. "demo" shows the sample screens in a terminal; it is not run here.
EXTRA_DIST += %reldir%/sample.h

ui_tests =
if WITH_TESTS
check_PROGRAMS += $(ui_tests) %reldir%/demo
TESTS += $(ui_tests)

%canon_reldir%_demo_SOURCES = %reldir%/demo.c %reldir%/sample.c
%canon_reldir%_demo_LDADD = $(unit_tui) -lm
endif
