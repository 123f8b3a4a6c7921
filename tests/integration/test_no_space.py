"""A destination that runs out of space while a task is at work: it says so, waits, and goes on when there is room, with no
row lost or doubled. Both servers crash on a disk that is full when what they have to undo is large for the disk (rows of
5 KB on 4 MB; MySQL 9 also when it rebuilds a table): the sizes here are such that they report it. Each destination has file
systems of its own for some of its files (servers.Server.limit)."""

import re

import pytest

import compare
import conftest
import rds

PAIRS = ("mariadb-mariadb", "mysql9-mysql9")
ROWS = 16000    # of 1 KB
LONG_STEP = re.compile(r"the destination has been at one step for [2-9]\d\.\ds; if that does not end, its disk is full or a lock "
                       r"is held: see SHOW PROCESSLIST there")

SHOP = ("CREATE DATABASE shop; CREATE TABLE shop.orders (id INT PRIMARY KEY AUTO_INCREMENT, note VARCHAR(2000)) ENGINE=InnoDB"
        " DEFAULT CHARSET=latin1")


@pytest.fixture(params=PAIRS)
def small(request, pool, new_server):
    """Makes pairs whose destination has little room: small(data="12m") for the tables of shop, small(logs="2m") for its
    binary log."""
    source, _, destination = request.param.partition("-")

    def make(data=None, logs=None, **options):
        room = {"logs": logs} if logs else {}
        if logs:
            options["log_bin"] = "../logs/binlog"
        made = conftest.Pair(request.param, conftest.skipping(pool.get, source, "source"),
                             new_server(destination, room=room, **options))
        made.source.reset()
        if data:
            made.destination.sql("CREATE DATABASE shop")
            made.destination.limit("data/shop", data)
        return made

    return make


def fill(pair, rows=ROWS):
    pair.source.sql("INSERT INTO shop.orders (note) VALUES " + ", ".join(["(REPEAT('x', 1000))"] * rows))


def same(pair):
    return compare.compare_databases(pair.source, pair.destination, ["shop"]) == []


def same_quietly(pair):
    try:
        return same(pair)
    except Exception:                                                 # pylint: disable=broad-exception-caught
        return False            # not all of it is there yet


def told_of_space(task):
    """What `status` says once it says that there is no space, in both its forms."""
    told = rds.wait_until(lambda: (seen := task.status())["state"] == "Retrying" and seen["progress"]["error"] and seen, "the error")
    error = told["progress"]["error"]
    assert told["live"]
    assert error["code"] == "RS-4004" and "destination" in error["primary"] and "room" in error["hint"], error
    shown = task.command("status").succeeded()
    assert "RS-4004" in shown.out + shown.err and "Make room" in shown.out + shown.err
    return error


def test_no_room_for_the_copy(small, program):
    pair = small(data="12m")
    pair.source.sql(SHOP)
    fill(pair)
    task = program.task("shop", pair, ["shop"], settings={"sync.chunk_size": "64K", "sync.copy_workers": "1"})
    running = task.start("--until=synchronized", "--skip-precheck-warnings")
    error = told_of_space(task)
    assert "orders" in error["detail"]
    assert "RS-4004" in running.err
    assert not running.ended
    pair.destination.limit("data/shop", "400m")
    running.wait().succeeded()
    assert same(pair)


def test_no_room_for_the_changes(small, program):
    pair = small(data="12m")
    pair.source.sql(SHOP)
    fill(pair, 10)
    task = program.task("shop", pair, ["shop"])
    running = task.start("--skip-precheck-warnings")
    running.until(lambda: task.status()["state"] == "Synchronizing", "Synchronizing")
    while task.status()["state"] != "Retrying":
        fill(pair, 20)
    pair.source.sql("UPDATE shop.orders SET note = 'short' WHERE id = 3", "DELETE FROM shop.orders WHERE id = 4")
    error = told_of_space(task)
    assert "orders" in error["detail"]
    pair.destination.limit("data/shop", "400m")
    running.until(lambda: same_quietly(pair), "both sides to be the same")
    running.until(lambda: task.status()["state"] == "Synchronizing", "Synchronizing")
    assert task.status()["progress"]["counters"]["anomalies"] == 0
    running.stop().succeeded()


def test_no_room_for_a_schema_change(small, program):
    pair = small(data="24m")
    pair.source.sql(SHOP)
    fill(pair, 9000)
    task = program.task("shop", pair, ["shop"])
    running = task.start("--skip-precheck-warnings")
    running.until(lambda: task.status()["state"] == "Synchronizing", "Synchronizing")
    pair.source.sql("ALTER TABLE shop.orders ADD KEY k1 (note(700)), ADD KEY k2 (note(701)), ADD KEY k3 (note(702))",
                    "INSERT INTO shop.orders (note) VALUES ('after')")
    assert "ADD KEY k1" in told_of_space(task)["detail"]
    pair.destination.limit("data/shop", "400m")
    running.until(lambda: same_quietly(pair), "both sides to be the same")
    running.stop().succeeded()


@pytest.mark.parametrize("small", ("mariadb-mariadb", pytest.param("mysql9-mysql9", marks=pytest.mark.long)), indirect=True)
def test_a_server_that_waits_for_space_is_told_of(small, program):
    """Both servers wait where their binary log finds no room: not an error, but a commit that does not end, and a minute
    until they look again."""
    pair = small(logs="3m")
    pair.source.sql(SHOP)
    task = program.task("shop", pair, ["shop"])
    running = task.start("--skip-precheck-warnings")
    running.until(lambda: task.status()["state"] == "Synchronizing", "Synchronizing")
    for _ in range(5):
        fill(pair, 1000)
    told = running.until(lambda: (seen := task.status()["progress"])["note"] and seen, "words about the wait")
    assert LONG_STEP.fullmatch(told["note"]) and told["caught_up"] is False and told["lag_seconds"] >= 19, told["note"]
    running.until(lambda: LONG_STEP.search(running.err), "the same words with its own seconds, which go on")
    assert "disk is full" in task.command("status").succeeded().out
    pair.destination.limit("logs", "400m")
    running.until(lambda: same_quietly(pair), "both sides to be the same", 150)
    running.until(lambda: not task.status()["progress"]["note"], "an end of the words")
    assert task.status()["progress"]["counters"]["anomalies"] == 0
    running.stop().succeeded()
