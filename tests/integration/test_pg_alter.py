"""Tables of a PostgreSQL source that are changed while a task follows them: what is before the change and what is behind it, in one
transaction or many, is there as the source has it, whatever is killed; what can't be told stops."""

import random
import threading
import types

import conftest
import pytest

import pg_writers
import rds
import servers

TABLES = """CREATE TABLE t (id integer PRIMARY KEY, a integer, b text, c varchar(5), d integer DEFAULT 1, made integer GENERATED ALWAYS AS (id * 2) STORED);
INSERT INTO t SELECT i, i % 5, 'b' || i, 'c', i FROM generate_series(1, 50) i;
CREATE TABLE whole (id integer, v text); ALTER TABLE whole REPLICA IDENTITY FULL; INSERT INTO whole SELECT i % 7, 'v' FROM generate_series(1, 20) i"""
STEPS = ("ddl-executed", "ddl-done", "apply-before-commit", "apply-after-commit")
RS_E_SCHEMA_DRIFT, RS_E_DDL_FAILED = "RS-5004", "RS-4012"


@pytest.fixture(params=["postgresql", "postgresql-newest"])
def source(pool, request):
    made = conftest.skipping(pg_writers.fresh, pool, request.param)
    made.sql(TABLES, db="shop")
    return made


@pytest.fixture
def destination(pool, source):
    """Of the other release."""
    made = conftest.skipping(pool.get, "postgresql" if source.flavor == "postgresql-newest" else "postgresql-newest", "jobs")
    made.reset()
    made.sql("CREATE DATABASE shop")
    return made


@pytest.fixture
def task(program, source, destination):
    def make(*objects, **settings):
        pair = types.SimpleNamespace(source=source, destination=destination)
        accounts = (servers.Account("postgres", source.password), servers.Account("postgres", destination.password))
        keys = {"source.database": "shop", "destination.database": "shop", **settings}
        return program.task("pg", pair, objects or ["public"], flow="postgresql-to-postgresql", settings=keys, accounts=accounts)

    return make


def columns(server, table):
    """Names and types, but of generated ones."""
    return sorted(server.sql(f"SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = '{table}'::regclass AND attnum > 0 "
                             "AND NOT attisdropped AND attgenerated = ''", db="shop"))


def same(source, destination, *tables):
    for table in tables:
        assert columns(destination, table) == columns(source, table)
        names = ", ".join(f'"{name}"' for name, _type in columns(source, table))
        assert pg_writers.rows(destination, table, names) == pg_writers.rows(source, table, names), table


def stopped(task, code, *words):
    ended = task.run("--until=synchronized")
    assert ended.code != 0
    problems = [problem for problem in task.status()["progress"]["problems"] if problem["code"] == code]
    assert problems and all(word in str(problems[0]) for word in words), task.status()["progress"]["problems"]


def test_rows_before_a_change_and_behind_it_are_as_the_source_has_them(source, destination, task):
    """In one transaction; and read long after they were made, when the catalogue is further than the log."""
    made = task()
    made.synchronize()
    source.sql("BEGIN", "UPDATE t SET a = 100 WHERE id = 1", "INSERT INTO t VALUES (51, 1, 'before', 'c', 1)",
               "ALTER TABLE t ADD e text, ADD f numeric(6,2) NOT NULL DEFAULT 1.50, ADD g integer[] DEFAULT '{1,2}', ADD h text DEFAULT 'it''s \\ \"x\"'",
               "UPDATE t SET e = 'new' WHERE id <= 10", "INSERT INTO t (id, f) VALUES (52, 2)",
               "ALTER TABLE t DROP b, ALTER c TYPE varchar(9)", "UPDATE t SET a = 5, c = 'longer' WHERE id = 2",
               "ALTER TABLE t RENAME d TO x", "DELETE FROM t WHERE id = 3", "COMMIT",
               "BEGIN", "ALTER TABLE t DROP a", "UPDATE t SET x = 0", "ROLLBACK", "UPDATE t SET x = 77 WHERE id = 4", "ALTER TABLE whole ADD w integer DEFAULT 3", "UPDATE whole SET v = 'w' WHERE id = 2",
               "ALTER TABLE whole DROP v", "DELETE FROM whole WHERE id = 4", db="shop")
    made.synchronize()
    same(source, destination, "t", "whole")
    source.sql("BEGIN", "UPDATE t SET a = 6 WHERE id = 5", "ALTER TABLE t ALTER a TYPE bigint, ALTER f TYPE numeric(9,3)",
               "UPDATE t SET a = 5000000000 WHERE id = 6", "COMMIT", db="shop")
    made.synchronize()
    same(source, destination, "t")
    source.sql("ALTER TABLE t RENAME x TO y", "ALTER TABLE t RENAME h TO x", "ALTER TABLE t RENAME y TO h", "ALTER TABLE t ADD later integer", "INSERT INTO t (id) VALUES (60)", db="shop")
    made.synchronize()
    same(source, destination, "t", "whole")


@pytest.mark.parametrize("source", ["postgresql-newest"], indirect=True)
def test_killed_at_each_step_a_change_is_made_once(source, destination, task):
    made = task()
    made.synchronize()
    for number, step in enumerate(STEPS):
        source.sql("BEGIN", f"INSERT INTO t VALUES ({100 + number}, 1)", f"ALTER TABLE t ADD n{number} integer DEFAULT {number}",
                   f"UPDATE t SET n{number} = 9 WHERE id < 5", "COMMIT", db="shop")
        assert made.crash_at(step)
    made.synchronize()
    same(source, destination, "t")


CHANGES = ("ADD z{0} integer DEFAULT {0}", "ADD z{0} text", "DROP o{1}", "ALTER c TYPE varchar(1{0})", "RENAME o{1} TO p{1}")


def change(source, stop, draw):
    """What fails comes to nothing: a column that has gone."""
    for turn in range(10000):
        if stop.is_set():
            return
        alter = draw.choice(CHANGES).format(turn, draw.randint(0, 9))
        words = ["BEGIN", f"INSERT INTO t (id) VALUES ({1000 + turn})", f"ALTER TABLE t {alter}", f"UPDATE t SET d = d + 1 WHERE id = {draw.randint(1, 50)}",
                 "ROLLBACK" if draw.random() < 0.2 else "COMMIT"]
        try:
            source.sql(*words, db="shop")
        except Exception:                                                     # pylint: disable=broad-exception-caught
            pass
        stop.wait(draw.uniform(0, 0.3))


@pytest.mark.parametrize("source", ["postgresql"], indirect=True)
@pytest.mark.parametrize("round_", range(10 if rds.LONG else 1))
def test_killed_at_random_while_tables_change_nothing_is_lost(source, destination, task, round_):
    draw, made, stop = random.Random(rds.seed(900 + round_)), task(), threading.Event()
    source.sql("ALTER TABLE t " + ", ".join(f"ADD o{number} integer DEFAULT {number}" for number in range(10)), db="shop")
    made.synchronize()
    changer = threading.Thread(target=change, args=(source, stop, draw))
    changer.start()
    try:
        for _ in range(3):
            running = made.start()
            threading.Event().wait(random.Random(round_).uniform(0.3, 1.2))
            running.kill()
    finally:
        stop.set()
        changer.join()
    source.sql("UPDATE t SET d = 0 WHERE id = 1", db="shop")
    made.synchronize()
    same(source, destination, "t")


@pytest.mark.parametrize("source", ["postgresql"], indirect=True)
@pytest.mark.parametrize("changes,code,words", [
    (["ALTER TABLE t ADD u uuid DEFAULT gen_random_uuid()"], RS_E_DDL_FAILED, ["column u was added", "the source alone knows"]),
    (["ALTER TABLE t ADD u integer DEFAULT 5, ALTER a TYPE bigint", "ALTER TABLE t ALTER u DROP DEFAULT"], RS_E_DDL_FAILED, ["column u was added"]),
    (["ALTER TABLE t ALTER b TYPE integer USING length(b)"], RS_E_DDL_FAILED, ["type of the column b", "the source alone knows"]),
    (["ALTER TABLE t DROP b", "ALTER TABLE t ADD b text"], RS_E_SCHEMA_DRIFT, ["public.t", "can't be told"]),
    (["ALTER TABLE t RENAME TO other"], RS_E_SCHEMA_DRIFT, ["public.other", "renamed"]),
], ids=["volatile", "rewritten", "using", "again", "renamed"])
def test_what_the_source_alone_knows_stops_and_changes_nothing(source, destination, task, changes, code, words):
    made = task()
    made.synchronize()
    table = "other" if "other" in changes[0] else "t"
    before = columns(destination, "t"), pg_writers.rows(destination, "t", "id, a, b")
    source.sql(*changes, f"UPDATE {table} SET a = 7 WHERE id = 1", db="shop")
    stopped(made, code, *words)
    assert (columns(destination, "t"), pg_writers.rows(destination, "t", "id, a, b")) == before
