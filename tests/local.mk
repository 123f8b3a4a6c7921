EXTRA_DIST += tests/local.mk \
	tests/integration/pytest.ini tests/integration/conftest.py tests/integration/fetch.py \
	tests/integration/servers.py tests/integration/rds.py tests/integration/test_servers.py
include tests/unit/local.mk
include tests/ui/local.mk
include tests/fuzz/local.mk
