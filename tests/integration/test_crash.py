"""Killed at random moments and at each named step, the program ends with both sides the same (oracle.py)."""

import os

import pytest

import conftest
import oracle
import rds

EACH = 5 if rds.LONG else 4         # kills in a round
KILLS = int(os.environ.get("RDS_SYNC_KILLS", 1000 if rds.LONG else EACH * len(conftest.PAIRS)))     # at random, over all pairs
ROUNDS = -(-KILLS // (EACH * len(conftest.PAIRS)))


def judge(outcome):
    assert not outcome.failure, outcome.failure
    assert not outcome.differences, "\n".join(map(str, outcome.differences))
    assert outcome.commits > 0


@pytest.mark.parametrize("round_", range(ROUNDS))
def test_random_kills(pair, program, round_):
    if sum(run["kills"] for run in oracle.past_runs(pair) if not run["failure"] and not run["differences"]) >= (round_ + 1) * EACH:
        pytest.skip("an earlier run's, of which the ledger tells")
    judge(oracle.Oracle(pair, program, rds.seed(100 + round_)).run(EACH))


@pytest.mark.pairs("mariadb-mariadb", "mysql9-mysql9")
def test_named_steps(pair, program):
    """Those that a life passed by without dying there get lives of another task."""
    left = [step for step in oracle.STEPS if step != "whole-paused" or pair.source.flavor == "mariadb"]    # MySQL 9 copies each of its tables alone
    for attempt in range(1, 5):
        subject = oracle.Oracle(pair, program, rds.seed() + attempt - 1)
        judge(subject.run(0, left))
        left = [step for step in left if step not in subject.reached]
        if not left:
            return
        pair.reset()
    raise AssertionError(f"it never came to {left}")


@pytest.mark.pairs("mariadb-mariadb", "mysql9-mysql9")
@pytest.mark.parametrize("round_", range(20 if rds.LONG else 1))
def test_random_kills_where_rows_are_filtered(pair, program, round_):
    judge(oracle.Oracle(pair, program, rds.seed(200 + round_), filtered=True).run(4))


@pytest.mark.pairs("mariadb-mariadb", "mysql9-mysql9")
@pytest.mark.parametrize("round_", range(20 if rds.LONG else 1))
def test_random_kills_while_it_is_anchored_anew(pair, program, round_):
    """Its log was purged or reset with writers at work, and what the destination has is not what it wrote there."""
    judge(oracle.Oracle(pair, program, rds.seed(300 + round_), relay=0).run_anchored(4))


@pytest.mark.pairs("mariadb-mariadb")
@pytest.mark.source(binlog_row_metadata="FULL")
def test_with_row_metadata(pair, program):
    judge(oracle.Oracle(pair, program, rds.seed(2)).run(4))


@pytest.mark.pairs("mysql9-mysql9")
@pytest.mark.source(binlog_row_metadata="FULL", gtid=True)
def test_mysql_with_row_metadata_and_gtids(pair, program):
    judge(oracle.Oracle(pair, program, rds.seed(3)).run(4))
