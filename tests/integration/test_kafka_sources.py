"""To Kafka from each of the other sources, with all that makes their logs differ: XA, savepoints, transactions of any size, a
source that is killed or replaced. What the messages come to is what the source has, also for kcat."""

import json
import random
import subprocess
import threading

import conftest
import kafka_reader
import kafka_task
import pymysql
import pytest
from test_failover import Group
from test_kafka_sync import tables

import rds

ROWS = 500


def make_task(program, source, broker, request, **settings):
    topic = kafka_reader.name_of(request.node.name)
    made = kafka_task.make(program, source, broker, topic, **{"kafka.partitions": "key", **settings})
    broker.create(topic, 3)
    return made


def fill(source):
    source.sql("CREATE DATABASE shop", "CREATE TABLE shop.t (id INT PRIMARY KEY, v VARCHAR(200))", "CREATE TABLE shop.k (a INT, b INT)",
               f"INSERT INTO shop.t VALUES {', '.join(f'({i}, REPEAT(char(97 + {i} % 26), 150))' for i in range(1, ROWS + 1))}",
               f"INSERT INTO shop.k VALUES {', '.join(f'({i % 50}, {i % 3})' for i in range(200))}", "ANALYZE TABLE shop.t")


class Writer:
    """Changes both tables in transactions with savepoints, some taken back, and some by XA."""

    def __init__(self, source, seed):
        self._draw = random.Random(seed)
        self._end = threading.Event()
        self._connection = source.connect("shop", autocommit=True)
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self):
        number = 0
        while not self._end.wait(0.005):
            number += 1
            try:
                with self._connection.cursor() as cursor:
                    (self._by_xa if self._draw.random() < 0.3 else self._with_savepoints)(cursor, f"'x{number}'")
            except pymysql.err.OperationalError as error:       # MySQL 9 does not know one at its end, once in 100,000 times
                if error.args[0] != 1397:
                    raise
                self._connection.close()                        # with which it is gone
                self._connection.connect()

    def _change(self, cursor):
        one, other, text = self._draw.randint(1, 2 * ROWS), self._draw.randint(1, 2 * ROWS), f"{self._draw.random():.12f}"
        cursor.execute(*self._draw.choice((
            ("INSERT IGNORE INTO t VALUES (%s, %s)", (one, text)), ("UPDATE t SET v = %s WHERE id = %s", (text, one)),
            ("DELETE FROM t WHERE id = %s", (one,)), ("INSERT INTO k VALUES (%s, %s)", (other % 50, one % 3)))))

    def _by_xa(self, cursor, xid):
        cursor.execute(f"XA START {xid}")
        for _ in range(self._draw.randint(1, 4)):
            self._change(cursor)
        cursor.execute(f"XA END {xid}")
        cursor.execute(f"XA PREPARE {xid}")
        self._end.wait(self._draw.uniform(0, 0.05))
        cursor.execute(f"XA {'COMMIT' if self._draw.random() < 0.8 else 'ROLLBACK'} {xid}")

    def _with_savepoints(self, cursor, _):
        cursor.execute("BEGIN")
        for number in range(self._draw.randint(1, 3)):
            cursor.execute(f"SAVEPOINT s{number}")
            self._change(cursor)
            if self._draw.random() < 0.3:
                cursor.execute(f"ROLLBACK TO SAVEPOINT s{number}")
        cursor.execute("COMMIT" if self._draw.random() < 0.9 else "ROLLBACK")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._end.set()
        self._thread.join()
        self._connection.close()


def kcat(broker, topic):
    """The values of all committed messages of a topic, sorted, as kcat shows them."""
    shown = subprocess.run(["kcat", "-b", broker.address, "-t", topic, "-C", "-e", "-q", "-o", "beginning", "-X", "isolation.level=read_committed"],
                           capture_output=True, check=True, timeout=rds.SECONDS)
    return sorted(json.dumps(json.loads(line), sort_keys=True) for line in shown.stdout.splitlines())


@pytest.mark.parametrize("kind, round_", [(kind, round_) for kind in ("mysql9", "mysql56") for round_ in range(5 if rds.LONG else 1)])
def test_killed_while_the_source_is_written_to(pool, broker, program, request, kind, round_):
    source = conftest.skipping(pool.get, kind, "source")
    source.reset()
    fill(source)
    made, seed = make_task(program, source, broker, request), rds.seed(90 + round_)
    draw = random.Random(seed)
    with Writer(source, seed):
        for _ in range(10 if rds.LONG else 2):
            running = made.start()
            threading.Event().wait(draw.uniform(0.5, 3))
            running.kill()
    made.synchronize()
    tables(broker, made, source)
    assert kcat(broker, made.prefix) == sorted(json.dumps(json.loads(one.value), sort_keys=True)
                                               for one in kafka_reader.read(broker, [made.prefix]))


@pytest.mark.long
def test_the_source_is_killed(new_server, broker, program, request):
    source = new_server("mysql9")
    fill(source)
    made = make_task(program, source, broker, request)
    running = made.start()
    running.until(lambda: made.status()["state"] == "Synchronizing", "it to follow")
    for number in range(3):
        source.sql(f"UPDATE shop.t SET v = 'before {number}' WHERE id <= 50")
        source.kill()
        rds.wait_until(lambda: made.status()["state"] == "Retrying", "it to notice", process=running)
        source.start()
        source.sql(f"UPDATE shop.t SET v = 'after {number}' WHERE id > 50")
        running.until(lambda: made.status()["state"] == "Synchronizing", "it to go on")
    running.stop().succeeded()
    made.synchronize()
    tables(broker, made, source)


@pytest.mark.parametrize("kind", ("mariadb", "mysql9") if rds.LONG else ("mariadb",))
def test_another_server_takes_the_source_s_place(pool, broker, program, request, binary, kind):
    """While it follows; and killed while it goes over."""
    rds.needs_steps(binary)
    group, seed = conftest.skipping(Group, kind, pool, None), rds.seed(95)
    try:
        group.replicate()
        fill(group.first)
        made = make_task(program, group.first, broker, request)
        running = made.start()

        def written(server, seed):
            with Writer(server, seed):
                before = made.status()["progress"]["counters"]["inserts"]
                running.until(lambda: made.status()["progress"]["counters"]["inserts"] > before + 20, "changes")

        running.until(lambda: made.status()["state"] == "Synchronizing", "it to follow")
        written(group.first, seed)
        group.caught_up()
        port = group.first.port
        group.first.kill()
        group.promote(port)
        written(group.second, seed + 1)
        assert "RS-3013" in json.dumps(made.status()["progress"]["problems"])
        running.stop().succeeded()
        made.synchronize()
        tables(broker, made, group.second)
    finally:
        group.close()


@pytest.mark.long
@pytest.mark.parametrize("mode", ("gathered", "prepared"))
def test_a_transaction_larger_than_memory(new_server, broker, program, request, mode):
    """2 million rows of one transaction, or 400,000 of one that is prepared: what the program takes stays bounded."""
    source, rows = new_server("mysql9"), 2_000_000 if mode == "gathered" else 400_000
    fill(source)
    source.sql("CREATE TABLE shop.wide (id INT PRIMARY KEY, v VARCHAR(100))", "SET GLOBAL cte_max_recursion_depth = 3000000")
    made = make_task(program, source, broker, request, **{"sync.memory": "128M"})
    running = made.start()
    running.until(lambda: made.status()["state"] == "Synchronizing", "it to follow")
    with source.connect("shop", autocommit=True) as connection, connection.cursor() as cursor:
        cursor.execute("SET cte_max_recursion_depth = 3000000")
        if mode == "prepared":
            cursor.execute("XA START 'wide'")
        cursor.execute(f"INSERT INTO wide WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {rows}) "
                       "SELECT i, REPEAT('w', 80) FROM n")
        if mode == "prepared":
            cursor.execute("XA END 'wide'")
            cursor.execute("XA PREPARE 'wide'")
            cursor.execute("XA COMMIT 'wide'")
    source.sql("INSERT INTO shop.t VALUES (100000, 'the last one')")

    def arrived():
        done = made.status()["progress"]
        return done["lag_seconds"] is not None and done["caught_up"] if "caught_up" in done else False

    rds.wait_until(lambda: arrived() or running.ended, "it to arrive", 500, process=running)
    peak = next(int(line.split()[1]) for line in open(f"/proc/{running.process.pid}/status", encoding="ascii") if line.startswith("VmHWM"))
    running.stop().succeeded()
    made.synchronize()
    found = kafka_reader.Tables().take(kafka_reader.read(broker, [made.prefix]))
    assert not found.faults and len(found.rows["shop", "wide"]) == rows
    print(f"peak {peak / 1024:.0f} MB")
    assert peak < (400 << 10)
