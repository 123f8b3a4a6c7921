"""MySQL to PostgreSQL, against real servers: what is there is what the source has, nothing lost and nothing twice, whatever is
killed."""

import random
import threading
import types

import conftest
import pytest

import rds
import servers

ROWS = 1000
STEPS = ("attached", "table-made", "chunk-before-commit:2", "chunk-after-commit", "keyless-loaded", "copy-done", "apply-before-commit",
         "apply-after-commit")
TABLES = {"t": "id, u, v", "k": "a, b", "p": "id, v", "c": "id, p, v"}


def fill(server):
    """With shop.t (a key, and a unique one that moves), shop.k (no key), and shop.c, whose rows go and change with those of shop.p."""
    server.sql("CREATE DATABASE shop", "CREATE TABLE shop.t (id INT PRIMARY KEY, u INT UNIQUE, v VARCHAR(200), KEY by_v (v))",
               "CREATE TABLE shop.k (a INT, b INT)", "CREATE TABLE shop.p (id INT PRIMARY KEY, v INT)",
               "CREATE TABLE shop.c (id INT PRIMARY KEY, p INT, v INT, FOREIGN KEY (p) REFERENCES shop.p (id) ON DELETE CASCADE ON UPDATE CASCADE)",
               f"INSERT INTO shop.t SELECT seq, seq, REPEAT('x', 150) FROM shop.seq_1_to_{ROWS}",
               "INSERT INTO shop.k SELECT seq % 50, seq % 3 FROM shop.seq_1_to_200", "INSERT INTO shop.p SELECT seq, seq FROM shop.seq_1_to_50",
               "INSERT INTO shop.c SELECT seq, 1 + seq % 50, seq FROM shop.seq_1_to_200", "ANALYZE TABLE shop.t")


@pytest.fixture
def source(pool):
    server = conftest.skipping(pool.get, "mariadb", "source")
    server.reset()
    fill(server)
    return server


@pytest.fixture(params=["postgresql", "postgresql-newest"])
def destination(pool, request):
    server = conftest.skipping(pool.get, request.param, "jobs")
    server.reset()
    server.sql("CREATE DATABASE shop")
    return server


@pytest.fixture
def task(program, source, destination):
    """task(**settings)"""
    def make(**settings):
        pair = types.SimpleNamespace(source=source, destination=destination)
        accounts = (servers.Account("root", ""), servers.Account("postgres", destination.password))
        keys = {"destination.database": "shop", "sync.chunk_size": "64K", **settings}
        return program.task("pg", pair, ["shop"], flow="mysql-to-postgresql", settings=keys, accounts=accounts)

    return make


def lines(rows):
    return sorted(tuple("" if one is None else str(one) for one in row) for row in rows)


def same(source, destination):
    for name, columns in TABLES.items():
        query = f"SELECT {columns} FROM shop.{name}"
        assert lines(destination.sql(query, db="shop")) == lines(source.sql(query)), name


class Writer:
    """Changes all tables until it is told to end, in transactions that are now and then taken back."""

    def __init__(self, source, seed):
        self._random = random.Random(seed)
        self._end = threading.Event()
        self._connection = source.connect("shop", autocommit=False)
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self):
        while not self._end.wait(0.002):
            with self._connection.cursor() as cursor:
                for _ in range(self._random.randint(1, 5)):
                    cursor.execute(*self._statement())
            (self._connection.commit if self._random.random() < 0.9 else self._connection.rollback)()

    def _statement(self):
        draw = self._random
        one, other, text = draw.randint(1, 2 * ROWS), draw.randint(1, 2 * ROWS), f"{draw.random():.12f}"
        few, more = draw.randint(1, 60), draw.randint(1, 60)
        return draw.choice((("INSERT IGNORE INTO t VALUES (%s, %s, %s)", (one, other, text)), ("UPDATE t SET v = %s WHERE id = %s", (text, one)),
                            ("UPDATE IGNORE t SET u = %s WHERE id = %s", (other, one)), ("UPDATE IGNORE t SET id = %s WHERE id = %s", (other, one)),
                            ("REPLACE INTO t VALUES (%s, %s, %s)", (one, other, text)), ("DELETE FROM t WHERE id = %s", (one,)),
                            ("INSERT INTO k VALUES (%s, %s)", (one % 50, one % 3)), ("DELETE FROM k WHERE a = %s LIMIT 1", (one % 50,)),
                            ("UPDATE k SET b = 4 WHERE a = %s LIMIT 1", (one % 50,)),
                            ("INSERT IGNORE INTO p VALUES (%s, %s)", (few, one)), ("UPDATE IGNORE p SET id = %s WHERE id = %s", (few, more)),
                            ("DELETE FROM p WHERE id = %s", (few,)), ("INSERT IGNORE INTO c VALUES (%s, %s, %s)", (one, few, one)),
                            ("UPDATE c SET v = v + 1 WHERE id = %s", (one,))))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._end.set()
        self._thread.join()
        self._connection.close()


def test_tables_and_their_changes_come_to_a_schema(source, destination, task):
    made = task()
    made.synchronize()
    same(source, destination)
    indexes = destination.sql("SELECT indexname FROM pg_indexes WHERE schemaname = 'shop' AND tablename = 't' ORDER BY 1", db="shop")
    assert indexes == (("t.by_v",), ("t.u",), ("t_pkey",))
    source.sql("UPDATE shop.t SET v = 'new' WHERE id <= 10", "UPDATE shop.t SET id = id + 5000 WHERE id > 990", "DELETE FROM shop.t WHERE id = 20",
               "UPDATE shop.t SET u = NULL WHERE id = 30", "UPDATE shop.t SET u = 30 WHERE id = 31", "INSERT INTO shop.k VALUES (1, 1)",
               "DELETE FROM shop.k WHERE a = 7 LIMIT 1", "DELETE FROM shop.p WHERE id = 3", "UPDATE shop.p SET id = 100 WHERE id = 4")
    made.synchronize()
    same(source, destination)


@pytest.mark.parametrize("destination", ["postgresql"], indirect=True)
def test_killed_at_each_step_nothing_is_lost_or_there_twice(source, destination, task):
    made, seed = task(**{"sync.copy_workers": 1}), rds.seed()
    with Writer(source, seed):
        reached = {step for step in STEPS if made.crash_at(step, sure=False)}
    made.synchronize()
    same(source, destination)
    assert reached == set(STEPS)


@pytest.mark.parametrize("destination", ["postgresql-newest"], indirect=True)
@pytest.mark.parametrize("round_", range(20 if rds.LONG else 1))
def test_killed_at_random_nothing_is_lost_or_there_twice(source, destination, task, round_):
    made, seed = task(), rds.seed(70 + round_)
    draw = random.Random(seed)
    with Writer(source, seed):
        for _ in range(4):
            running = made.start()
            threading.Event().wait(draw.uniform(0.3, 2))
            running.kill()
    made.synchronize()
    same(source, destination)
