"""Schema changes at the source while several sessions change its rows and the task follows: each kind of the guide, the
maintenance of partitions, tables that go from one database to another, and all of that under other names."""

import contextlib
import random
import threading

import pymysql
import pytest

import compare
import rds
from test_ddl import CHANGES

pytestmark = pytest.mark.pairs("mariadb-mariadb", "mysql9-mysql9", "mysql56-mariadb")

# While a statement is at work on it a table may be gone for a moment, have another definition, or be locked.
MEANWHILE = (1054, 1146, 1205, 1213, 1412, 1526, 1062, 1020, 1137)


class Writer(threading.Thread):
    """Executes what WORDS(random) gives, some statements a transaction, until told to stop."""

    def __init__(self, server, words, seed):
        super().__init__(daemon=True)
        self.server, self.words, self.random = server, words, random.Random(seed)
        self.stopping, self.error, self.commits = threading.Event(), None, 0

    def run(self):
        try:
            with self.server.connect(autocommit=False) as connection, connection.cursor() as cursor:
                while not self.stopping.wait(0.005):
                    self._transaction(connection, cursor)
        except Exception as error:                                  # pylint: disable=broad-exception-caught
            self.error = error

    def _transaction(self, connection, cursor):
        try:
            for _ in range(self.random.choice((1, 1, 2, 5))):
                cursor.execute(self.words(self.random))
            connection.commit()
            self.commits += 1
        except (pymysql.err.OperationalError, pymysql.err.ProgrammingError, pymysql.err.IntegrityError) as error:
            if error.args[0] not in MEANWHILE:
                raise
            connection.rollback()


@contextlib.contextmanager
def writers(server, words, number=3):
    r = random.Random(rds.seed(41))
    made = [Writer(server, words, r.random()) for _ in range(number)]
    for writer in made:
        writer.start()
    try:
        yield made
    finally:
        for writer in made:
            writer.stopping.set()
        for writer in made:
            writer.join()
    assert not [writer.error for writer in made if writer.error]


def change(pair, made, *statements):
    """One after the other, with rows of the writers between them."""
    for statement in statements:
        rds.insist(pair.source, statement)
        seen = sum(writer.commits for writer in made)
        rds.wait_until(lambda: any(writer.error for writer in made) or sum(writer.commits for writer in made) > seen,   # pylint: disable=cell-var-from-loop
                       f"rows after {statement}")


def begin(task):
    running = task.start("--skip-precheck-warnings")
    running.until(lambda: task.status()["state"] == "Synchronizing", "Synchronizing")
    return running


def arrives(pair, running, task, mapping):
    """All of it, while it runs; and nothing that was changed was missing."""
    running.until(lambda: compare_quietly(pair, mapping), "both sides to be the same")
    assert task.status()["progress"]["counters"]["anomalies"] == 0
    running.stop().succeeded()
    assert compare.compare_databases(pair.source, pair.destination, mapping) == []


def compare_quietly(pair, mapping):
    try:
        return compare.compare_databases(pair.source, pair.destination, mapping) == []
    except pymysql.err.Error:
        return False            # a table is not there yet


def test_each_kind_while_rows_are_written(pair, program):
    """With the database under another name."""
    for server in (pair.source, pair.destination):
        server.set_global(log_bin_trust_function_creators=1)
    pair.source.sql("CREATE DATABASE shop DEFAULT CHARACTER SET latin1", "CREATE TABLE shop.orders (id INT PRIMARY KEY AUTO_INCREMENT, v VARCHAR(20)) ENGINE=InnoDB")
    task = program.task("ddl", pair, ["shop"], rename=["shop -> shop_copy"])
    running = begin(task)

    def words(r):
        return r.choice(("INSERT INTO shop.orders (v) VALUES ('x'), ('é')", f"UPDATE shop.orders SET v = '{r.random():.9f}' WHERE id % 11 = {r.randrange(11)}",
                         f"DELETE FROM shop.orders WHERE id % 17 = {r.randrange(17)}"))

    with writers(pair.source, words) as made:
        for statement in CHANGES:
            change(pair, made, f"USE shop; {statement}")
    arrives(pair, running, task, {"shop": "shop_copy"})


PARTS = "(PARTITION p0 VALUES LESS THAN (100), PARTITION p1 VALUES LESS THAN (200), PARTITION p2 VALUES LESS THAN MAXVALUE)"
MAINTENANCE = (
    "ALTER TABLE shop.r REORGANIZE PARTITION p2 INTO (PARTITION p2 VALUES LESS THAN (300), PARTITION p3 VALUES LESS THAN MAXVALUE)",
    "ALTER TABLE shop.r TRUNCATE PARTITION p0",
    "ALTER TABLE shop.r DROP PARTITION p1",
    "ALTER TABLE shop.r REBUILD PARTITION p2, p3",
    "ALTER TABLE shop.r ANALYZE PARTITION ALL",
    "ALTER TABLE shop.r OPTIMIZE PARTITION p2",
    "ALTER TABLE shop.r EXCHANGE PARTITION p2 WITH TABLE shop.beside",
    "ALTER TABLE shop.r DROP PARTITION p3",
    "ALTER TABLE shop.r ADD PARTITION (PARTITION p4 VALUES LESS THAN (400), PARTITION p5 VALUES LESS THAN MAXVALUE)",
    "ALTER TABLE shop.h COALESCE PARTITION 2",
    "ALTER TABLE shop.h ADD PARTITION PARTITIONS 3",
    "ALTER TABLE shop.h REMOVE PARTITIONING",
    "ALTER TABLE shop.h PARTITION BY KEY (id) PARTITIONS 3",
    "ALTER TABLE shop.h ADD COLUMN w INT DEFAULT 4",
)


def test_partitions_are_maintained_while_rows_are_written(pair, program):
    pair.source.sql("CREATE DATABASE shop DEFAULT CHARACTER SET utf8mb4", f"CREATE TABLE shop.r (id INT PRIMARY KEY, v INT) PARTITION BY RANGE (id) {PARTS}",
                    "CREATE TABLE shop.h (id INT PRIMARY KEY, v INT) PARTITION BY HASH (id) PARTITIONS 4", "CREATE TABLE shop.beside (id INT PRIMARY KEY, v INT)",
                    "INSERT INTO shop.beside VALUES (201, -1), (202, -1)", "INSERT INTO shop.r VALUES (5, 5), (150, 5), (203, 5), (390, 5)")
    task = program.task("parts", pair, ["shop"])
    running = begin(task)

    def words(r):
        table, row = r.choice("rrh"), r.randrange(420)
        return r.choice((f"REPLACE INTO shop.{table} (id, v) VALUES ({row}, {r.randrange(1000)})", f"UPDATE shop.{table} SET v = v + 1 WHERE id BETWEEN {row} AND {row + 20}",
                         f"DELETE FROM shop.{table} WHERE id = {row}"))

    with writers(pair.source, words) as made:
        change(pair, made, *MAINTENANCE)
    arrives(pair, running, task, ["shop"])
    assert parts(pair.source) == parts(pair.destination)


def parts(server):
    return server.sql("SELECT TABLE_NAME, PARTITION_NAME, PARTITION_DESCRIPTION FROM information_schema.PARTITIONS WHERE TABLE_SCHEMA = 'shop' ORDER BY 1, 2")


BETWEEN = (
    "RENAME TABLE one.a TO two.a",
    "CREATE TABLE two.b LIKE one.b",
    "REPLACE INTO two.b SELECT id, v FROM one.b",
    "ALTER TABLE two.a RENAME TO one.a2",
    "CREATE VIEW two.both_sides AS SELECT one.b.id, two.b.v FROM one.b JOIN two.b ON one.b.id = two.b.id",
    "RENAME TABLE one.b TO two.swap, two.b TO one.b, two.swap TO two.b",
    "ALTER TABLE one.b ADD COLUMN w INT DEFAULT 3, ADD KEY (w)",
    "ALTER TABLE two.child ADD CONSTRAINT of_one FOREIGN KEY (p) REFERENCES one.parent (id) ON DELETE CASCADE",
    "DELETE FROM one.parent WHERE id = 1",
    "CREATE TABLE one.a LIKE one.a2",
    "DROP TABLE one.a2, two.b",
    "CREATE TABLE two.b (id INT PRIMARY KEY, v INT, x INT DEFAULT 8)",
)


def test_between_databases_with_other_names(pair, program):
    pair.source.sql("CREATE DATABASE one DEFAULT CHARACTER SET utf8mb4; CREATE DATABASE two DEFAULT CHARACTER SET utf8mb4", "CREATE TABLE one.a (id INT PRIMARY KEY, v INT)",
                    "CREATE TABLE one.b (id INT PRIMARY KEY, v INT)", "CREATE TABLE one.parent (id INT PRIMARY KEY)", "CREATE TABLE two.child (id INT PRIMARY KEY, p INT)",
                    "INSERT INTO one.a VALUES (1, 1)", "INSERT INTO one.b VALUES (1, 1), (2, 2)", "INSERT INTO one.parent VALUES (1), (2)", "INSERT INTO two.child VALUES (1, 1), (2, 2)")
    task = program.task("names", pair, ["one", "two"], rename=["one -> one_copy", "two -> two_copy"])
    running = begin(task)

    def words(r):
        table, row = r.choice(("one.a", "one.b", "two.a", "two.b", "one.a2")), r.randrange(60)
        return r.choice((f"REPLACE INTO {table} (id, v) VALUES ({row}, {r.randrange(1000)})", f"UPDATE {table} SET v = v + 1 WHERE id < {row}",
                         f"DELETE FROM {table} WHERE id = {row}"))

    with writers(pair.source, words) as made:
        change(pair, made, *BETWEEN)
    running.until(lambda: pair.destination.sql("SELECT id FROM two_copy.child") == ((2,),), "the row that the foreign key deletes")
    arrives(pair, running, task, {"one": "one_copy", "two": "two_copy"})
