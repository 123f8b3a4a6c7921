EXTRA_DIST += tests/integration/local.mk tests/integration/pytest.ini tests/integration/conftest.py \
	tests/integration/fetch.py tests/integration/servers.py tests/integration/guard.py \
	tests/integration/rds.py tests/integration/compare.py \
	tests/integration/test_servers.py tests/integration/test_fetch.py tests/integration/test_guard.py \
	tests/integration/test_compare.py
