"""Transactions that don't depend on each other are applied beside each other: which those are, and what is known of them
after a crash."""

import contextlib
import threading

import pytest

import compare

pytestmark = pytest.mark.pairs("mariadb-mariadb", "mysql9-mysql9")


def synchronized(pair, program, *tables, **settings):
    pair.source.sql("CREATE DATABASE shop DEFAULT CHARACTER SET utf8mb4", *(f"CREATE TABLE shop.{table}" for table in tables))
    task = program.task("lanes", pair, ["shop"], settings={"sync.lock_for_keyless": "yes", "precheck.ignore": "CHECK_PRIMARY_KEY",
                                                           **settings})
    task.synchronize()
    return task


def same(pair):
    return not compare.compare_databases(pair.source, pair.destination, ["shop"])


@contextlib.contextmanager
def writing(server, statements):
    """The statements one after the other, for as long as this lasts."""
    done = threading.Event()

    def write():
        with server.connect("shop") as connection, connection.cursor() as cursor:
            for statement in statements:
                if done.is_set():
                    break
                cursor.execute(statement)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        yield
    finally:
        done.set()
        writer.join()


def counters(task):
    return task.status()["progress"]["counters"]


def test_rounds_that_are_cut_off_one_after_another(pair, program):
    """Each leaves transactions that are there although some before them are not. The table without a key shows whether one
    of them comes again: all its changes are on the lane that is done."""
    task = synchronized(pair, program, "t (id INT PRIMARY KEY)", "audit (what INT)")
    for life in range(3):
        pair.source.sql(*[change for n in range(150 * life, 150 * life + 150) for change in
                          (f"INSERT INTO t VALUES ({n})", f"INSERT INTO audit VALUES ({n}), ({n}), ({n})")], db="shop")
        program.env["RDS_SYNC_CRASH_AT"] = "lane-committed"
        assert task.run("--until=synchronized").code == -9
        program.env.pop("RDS_SYNC_CRASH_AT")
    task.synchronize()
    assert same(pair)
    assert counters(task)["anomalies"] == 0
    running = task.start()
    running.until(lambda: running.err.count("Synchronizing") > 1, "Synchronizing")
    running.until(lambda: pair.destination.sql("SELECT ahead FROM dts.rds_sync_position ORDER BY worker")[0][0] is None,
                  "one position that says it all")
    running.stop().succeeded()


def test_a_task_that_ends_in_order_leaves_one_position_that_says_it_all(pair, program):
    """Also when the last thing that it did was to apply transactions beside each other: a server that takes over knows
    nothing of what is ahead of a position."""
    task = synchronized(pair, program, "one (id INT PRIMARY KEY)", "other (id INT PRIMARY KEY)")
    inserts = [f"INSERT INTO {table} VALUES ({n})" for n in range(20000) for table in ("one", "other")]
    pair.source.sql(*inserts[:600], db="shop")
    with writing(pair.source, inserts[600:]):           # so that what comes behind the end is there with it
        task.synchronize()
    assert counters(task)["parallel"] > 0, counters(task)
    ahead = pair.destination.sql("SELECT ahead FROM dts.rds_sync_position ORDER BY worker LIMIT 1")[0][0]
    assert ahead is None
    task.synchronize()
    assert same(pair)


@pytest.mark.pairs("mariadb-mariadb")
def test_periods_that_must_not_overlap(pair, program):
    """One row gives up a part of its period, which another takes: no value of both is equal."""
    for server in (pair.source, pair.destination):
        server.sql("CREATE DATABASE shop; CREATE TABLE shop.other (id INT PRIMARY KEY); CREATE TABLE shop.stay (id INT PRIMARY KEY, room INT, a DATE, b DATE, "
                   "v INT, PERIOD FOR p (a, b), UNIQUE (room, p WITHOUT OVERLAPS))")
    task = program.task("lanes", pair, ["shop"], settings={"sync.schema": "no", "sync.full": "no", "sync.existing_tables": "ignore"})
    task.synchronize()
    pair.source.sql(*[f"INSERT INTO stay VALUES ({n}, {n}, '2020-01-01', '2020-12-01', 0)" for n in range(200)], db="shop")
    task.synchronize()
    pair.source.sql(*[change for n in range(200) for change in
                      (f"UPDATE stay SET b = '2020-06-01' WHERE id = {n}", f"INSERT INTO other VALUES ({n})",
                       f"INSERT INTO stay VALUES ({1000 + n}, {n}, '2020-07-01', '2021-01-01', 0)")], db="shop")
    task.synchronize()
    assert same(pair)
    assert counters(task)["anomalies"] == 0 and counters(task)["retries"] == 0


def test_rows_that_a_schema_change_brings(pair, program):
    """MySQL logs CREATE TABLE … SELECT as a schema change inside of a transaction."""
    task = synchronized(pair, program, "t (id INT PRIMARY KEY)")
    pair.source.sql("INSERT INTO shop.t VALUES (1), (2)", "CREATE TABLE shop.made (PRIMARY KEY (id)) AS SELECT id FROM shop.t",
                    "INSERT INTO shop.made VALUES (3)")
    task.synchronize()
    assert same(pair)


def test_why_transactions_are_not_applied_beside_others(pair, program):
    task = synchronized(pair, program, "one (id INT PRIMARY KEY, v INT)", "other (id INT PRIMARY KEY, v INT)")
    pair.source.sql(*[f"INSERT INTO {table} VALUES ({n}, 0)" for n in range(200) for table in ("one", "other")], db="shop")
    task.synchronize()
    assert counters(task)["parallel"] > 0, counters(task)
    pair.source.sql(*[f"UPDATE one SET v = {n + 1} WHERE id = 7" for n in range(400)], db="shop")
    task.synchronize()
    assert counters(task)["parallel"] == 0 and counters(task)["serial"]["conflicts"] > 0, counters(task)
    task.replace("[sync]", "[sync]\nsource_order = yes")
    pair.source.sql(*[f"UPDATE one SET v = 5 WHERE id = {n}" for n in range(200)], db="shop")
    task.synchronize()
    assert counters(task)["parallel"] == 0 and counters(task)["serial"]["order"] == 200, counters(task)
    assert same(pair)


def test_one_hot_key_is_named(pair, program):
    """What is printed for all tells the table, and not the row."""
    task = synchronized(pair, program, "one (id INT PRIMARY KEY, v INT)", "other (name VARCHAR(20) PRIMARY KEY, v INT)")
    assert task.status()["progress"]["hot_key"] == {"table": None, "whole": None, "share": None}
    pair.source.sql("INSERT INTO other VALUES ('the hot one', 0)", db="shop")
    pair.source.sql(*[change for n in range(300) for change in
                      (f"INSERT INTO one VALUES ({n}, 0)", "UPDATE other SET v = v + 1")], db="shop")
    task.synchronize()
    hot = task.status()["progress"]["hot_key"]
    assert hot and hot.pop("share") > 0.5 and hot == {"table": "shop.other", "whole": False}, hot
    assert same(pair)


def test_the_order_of_the_source(pair, program):
    """Two tables are changed in turn; whoever looks at the destination never sees the second ahead of the first, nor more
    than the batch that is between two looks."""
    task = synchronized(pair, program, "first (id INT PRIMARY KEY)", "second (id INT PRIMARY KEY)",
                        **{"sync.source_order": "yes"})
    pair.source.sql(*[f"INSERT INTO {table} VALUES ({n})" for n in range(1500) for table in ("first", "second")], db="shop")
    wrong, looks, done = [], [0], threading.Event()

    def look():
        with pair.destination.connect() as connection, connection.cursor() as cursor:
            while not done.is_set():
                cursor.execute("SELECT (SELECT COUNT(*) FROM shop.first), (SELECT COUNT(*) FROM shop.second)")
                first, second = cursor.fetchone()
                connection.rollback()
                looks[0] += 1
                if first - second not in (0, 1):
                    wrong.append((first, second))

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        task.synchronize()
    finally:
        done.set()
        watcher.join()
    assert not wrong and looks[0] > 0
    assert same(pair)
