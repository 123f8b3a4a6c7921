EXTRA_DIST += tests/local.mk tests/README.md tests/all tests/demo tests/lint tests/packages tests/prepare.sh tests/count .ci/run src/ARCHITECTURE.md
include tests/unit/local.mk
include tests/ui/local.mk
include tests/fuzz/local.mk
include tests/bench/local.mk
include tests/integration/local.mk
