"""The decoder of binary logs against logs that the servers write now: tests/unit/test_recorded, with fresh random values
instead of the recordings that it usually has."""

import os
import pathlib
import subprocess
import sys

import pytest

import rds
import servers

RECORD = pathlib.Path(__file__).resolve().parents[1] / "unit" / "data" / "record.py"


@pytest.fixture
def test_recorded(binary):
    """The unit test's program, beside the rds-sync to test."""
    path = binary.parent / "tests" / "unit" / "test_recorded"
    if not path.exists():
        pytest.fail(f"{path} is not built: make check TESTS=", pytrace=False)
    return path


def test_random_values_come_out_as_the_server_selects_them(flavor, test_recorded, tmp_path):
    try:
        servers.FLAVORS[flavor].install()
    except servers.ServerUnavailable as missing:
        pytest.skip(str(missing))
    seed = rds.seed(11)
    print("seed", seed)
    subprocess.run([sys.executable, RECORD, "--to", tmp_path, "--seed", str(seed), f"{flavor}-random"], check=True)
    subprocess.run([test_recorded, f"{flavor}_with_random_values"], env=dict(os.environ, RS_RECORDED=str(tmp_path)),
                   check=True)
