"""Limits of speed: never more than the limit times the time and the burst, and what is slow can be stopped at once."""

import time

import pymysql
import pytest

import compare

pytestmark = pytest.mark.pairs("mariadb-mariadb")

ROWS = 4000


def make_table(pair, name="t", rows=ROWS, width=100, key=True, engine="InnoDB"):
    pair.source.sql("CREATE DATABASE IF NOT EXISTS d",
                    f"CREATE TABLE d.{name} (id INT {'PRIMARY KEY' if key else 'NOT NULL'}, text VARCHAR({width})) "
                    f"ENGINE={engine}",
                    f"INSERT INTO d.{name} SELECT seq, REPEAT('x', {width}) FROM d.seq_1_to_{rows}",
                    f"ANALYZE TABLE d.{name}")


def count(server, table="t"):
    try:
        return server.value(f"SELECT COUNT(*) FROM d.{table}")
    except pymysql.err.Error:
        return 0                # not there yet


def told(task):
    return task.status()["progress"] or {}


def same(pair):
    return compare.compare_databases(pair.source, pair.destination, ["d"]) == []


class Watch:
    """Counts what has arrived, and fails when it is more than RATE times the time since START and a burst."""

    def __init__(self, rate, look):
        self.rate, self.look = rate, look
        self.start, self.before = time.monotonic(), look()

    def __call__(self):
        arrived = self.look() - self.before
        most = self.rate * (time.monotonic() - self.start) + self.rate / 4 + 1
        assert arrived <= most, f"{arrived} arrived where {most:.0f} were allowed"
        return arrived


# Seconds, on a machine that has a lot to do; what a limit would have it wait is longer by far.
AT_ONCE = 15


def stopped_at_once(running):
    """Whatever a limit would have it wait."""
    started = time.monotonic()
    running.stop().succeeded()
    assert time.monotonic() - started < AT_ONCE


def change(task, *settings):
    return task.program.run("task", "set", task.path, *settings)


# --- the copy ---------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("key, rate, unit", [("full_max_rows", 800, 1), ("full_max_bytes", 64000, 101)])
def test_the_copy_keeps_its_limit_and_a_new_one(pair, program, key, rate, unit):
    """Each row has at least 101 bytes: a digit, and 100 of text. All of them would take 40 seconds."""
    make_table(pair, rows=8 * ROWS)
    task = program.task("t", pair, ["d"], settings={f"sync.{key}": rate})
    watch = Watch(rate, lambda: count(pair.destination) * unit)
    running = task.start()
    running.until(lambda: watch() is not None and (seen := told(task)).get("throttled") == key and key in seen["note"], "the limit to be told")
    running.until(lambda: watch() > rate, "rows")
    assert watch() < 8 * ROWS * unit, "it would have been over without a limit"
    change(task, f"sync.{key}=0").succeeded()
    running.until(lambda: told(task).get("consistent"), "the end of the copy")
    running.until(lambda: same(pair), "both sides to be the same")
    running.until(lambda: told(task)["throttled"] is None, "no limit to be told")
    stopped_at_once(running)


def test_the_copy_keeps_its_limit_of_queries(pair, program):
    """Two are needed for each chunk, which has 100 rows here."""
    make_table(pair, rows=3 * ROWS, width=2000)
    task = program.task("t", pair, ["d"], settings={"sync.full_max_queries": 4, "sync.chunk_size": "64K"})
    watch = Watch(2, lambda: count(pair.destination) / 100)
    running = task.start()
    running.until(lambda: watch() > 0 and told(task).get("throttled") == "full_max_queries", "the limit to be told, and rows")
    stopped_at_once(running)
    assert count(pair.destination) < 3 * ROWS


def test_a_table_that_is_copied_whole_stops_at_once_too(pair, program):
    make_table(pair, key=False)
    task = program.task("t", pair, ["d"], settings={"sync.full_max_rows": 100})
    running = task.start("--skip-precheck-warnings")
    running.until(lambda: told(task).get("throttled") == "full_max_rows", "the limit to be told")
    stopped_at_once(running)
    assert count(pair.destination) == 0
    change(task, "sync.full_max_rows=").succeeded()
    task.synchronize()
    assert same(pair)


def test_no_lock_at_the_source_is_held_while_it_waits(pair, program):
    """A table without transactions and without a key is locked while it is read."""
    make_table(pair, key=False, engine="MyISAM")
    task = program.task("t", pair, ["d"], settings={"sync.full_max_rows": 100})
    running = task.start("--skip-precheck-warnings")
    running.until(lambda: told(task).get("throttled") == "full_max_rows", "the limit to be told")
    with pair.source.connect(db="d") as conn, conn.cursor() as cur:
        cur.execute("SET lock_wait_timeout = 1")
        cur.execute("INSERT INTO t VALUES (9999, 'meanwhile')")
    assert told(task)["throttled"] == "full_max_rows"
    stopped_at_once(running)
    assert count(pair.destination) == ROWS
    change(task, "sync.full_max_rows=0").succeeded()
    task.synchronize()
    assert same(pair)


# --- changes ----------------------------------------------------------------------------------------------------------

def following(pair, program, settings):
    pair.source.sql("CREATE DATABASE d", "CREATE TABLE d.t (id INT PRIMARY KEY, text VARCHAR(100))")
    task = program.task("t", pair, ["d"], settings=settings)
    running = task.start()
    running.until(lambda: told(task).get("caught_up"), "the task to follow")
    return task, running


def insert(pair, first, rows):
    """Transactions of ten rows each, as fast as the source can."""
    with pair.source.connect(db="d") as conn, conn.cursor() as cur:
        for n in range(first, first + rows, 10):
            cur.execute("INSERT INTO t VALUES " + ", ".join(f"({n + i}, REPEAT('x', 100))" for i in range(10)))
            conn.commit()


@pytest.mark.parametrize("key, settings, rate, unit", [
    ("incremental_max_rows", {"sync.incremental_max_rows": 300, "sync.speed_class": "micro"}, 300, 1),
    ("incremental_max_bytes", {"sync.incremental_max_bytes": 30000}, 30000, 101),
    ("speed_class", {"sync.speed_class": "micro"}, 200, 1)])
def test_changes_keep_their_limit_and_a_new_one(pair, program, key, settings, rate, unit):
    task, running = following(pair, program, settings)
    watch = Watch(rate, lambda: count(pair.destination) * unit)
    insert(pair, 0, 8000)

    def is_told():
        seen = told(task)
        return seen["throttled"] == key and key in seen["note"] and seen["lag_seconds"] > 0 and not seen["caught_up"]

    running.until(lambda: watch() is not None and is_told(), "the limit to be told")
    running.until(lambda: watch() > 0, "some changes")
    started = time.monotonic()
    task.command("pause").succeeded()
    assert time.monotonic() - started < AT_ONCE, "a pause waits for no limit"
    assert 0 < count(pair.destination) < 8000
    watch = Watch(rate, lambda: count(pair.destination) * unit)
    task.command("resume").succeeded()
    running.until(lambda: watch() > rate / 2, "changes after the pause")
    change(task, "sync.incremental_max_rows=0", "sync.incremental_max_bytes=0").succeeded()
    running.until(lambda: same(pair), "both sides to be the same")
    running.until(lambda: told(task)["throttled"] is None, "no limit to be told")
    stopped_at_once(running)


def test_a_transaction_that_is_larger_than_the_limit_is_stopped_in_the_middle_and_arrives_whole(pair, program):
    """Of 10 MiB: it is applied as it is read, in one transaction of the destination's."""
    task, running = following(pair, program, {"sync.incremental_max_bytes": "200K"})
    pair.source.sql("INSERT INTO d.t SELECT seq, REPEAT('y', 100) FROM d.seq_1_to_100000")
    running.until(lambda: told(task)["throttled"] == "incremental_max_bytes", "the limit to be told")
    stopped_at_once(running)
    assert count(pair.destination) == 0
    change(task, "sync.incremental_max_bytes=").succeeded()
    task.synchronize()
    assert count(pair.destination) == 100000 and same(pair)


def test_what_was_let_through_does_not_wait_for_what_follows(pair, program):
    """The row fits into the burst, the transaction after it waits for seventeen minutes; both are read at once."""
    task, running = following(pair, program, {"sync.incremental_max_rows": 2000})
    task.command("pause").succeeded()
    change(task, "sync.incremental_max_rows=4").succeeded()
    pair.source.sql("INSERT INTO d.t VALUES (1, 'first')", "INSERT INTO d.t SELECT seq, 'second' FROM d.seq_2_to_4001")
    task.command("resume").succeeded()
    running.until(lambda: count(pair.destination) == 1, "the first row")
    stopped_at_once(running)
    change(task, "sync.incremental_max_rows=").succeeded()
    task.synchronize()
    assert same(pair)


# --- what can be changed ----------------------------------------------------------------------------------------------

def test_a_key_that_a_running_task_cannot_take_up_is_refused_by_name(pair, program):
    task, running = following(pair, program, {})
    before = task.path.read_text(encoding="utf-8")
    for setting in ("sync.copy_workers=2", "sync.existing_tables=ignore", "source.port=1"):
        refused = change(task, "sync.full_max_rows=5", setting).exited(2)
        assert "RS-1008" in refused.err and setting.partition("=")[0] in refused.err, refused
    assert task.path.read_text(encoding="utf-8") == before
    change(task, "sync.retry_connection=60", "sync.retry_other=5", "task.note=slower").succeeded()
    refused = change(task, "sync.retry_other=100").exited(2)
    assert "RS-1005" in refused.err and "retry_other" in refused.err, refused
    stopped_at_once(running)
    change(task, "sync.copy_workers=2", "sync.retry_other=5").succeeded()
