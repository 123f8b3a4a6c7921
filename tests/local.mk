EXTRA_DIST += tests/local.mk
include tests/unit/local.mk
include tests/ui/local.mk
include tests/fuzz/local.mk
include tests/integration/local.mk
