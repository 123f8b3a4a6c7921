"""Killed at random moments and at each named step, the program ends with both sides the same (oracle.py)."""

import os

import pytest

import oracle
import rds

LONG = os.environ.get("RDS_SYNC_LONG") == "1"


def judge(outcome):
    assert not outcome.failure, outcome.failure
    assert not outcome.differences, "\n".join(map(str, outcome.differences))
    assert outcome.commits > 0


@pytest.mark.parametrize("round_", range(40 if LONG else 1))
def test_random_kills(pair, program, round_):
    judge(oracle.Oracle(pair, program, rds.seed(100 + round_)).run(5 if LONG else 4))


@pytest.mark.pairs("mariadb-mariadb", "mysql9-mysql9")
def test_named_steps(pair, program):
    judge(oracle.Oracle(pair, program, rds.seed(1)).run(0, oracle.STEPS))


@pytest.mark.pairs("mariadb-mariadb", "mysql9-mysql9")
@pytest.mark.parametrize("round_", range(20 if LONG else 1))
def test_random_kills_where_rows_are_filtered(pair, program, round_):
    judge(oracle.Oracle(pair, program, rds.seed(200 + round_), filtered=True).run(4))


@pytest.mark.pairs("mariadb-mariadb")
@pytest.mark.source(binlog_row_metadata="FULL")
def test_with_row_metadata(pair, program):
    judge(oracle.Oracle(pair, program, rds.seed(2)).run(4))


@pytest.mark.pairs("mysql9-mysql9")
@pytest.mark.source(binlog_row_metadata="FULL", gtid=True)
def test_mysql_with_row_metadata_and_gtids(pair, program):
    judge(oracle.Oracle(pair, program, rds.seed(3)).run(4))
