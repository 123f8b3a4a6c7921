"""Comparison with a PostgreSQL server as the destination: what the task would have written there against what is there."""

import types

import conftest
import pytest

import pg_writers
import rds
import servers
from test_pg_sync import Writer, fill

ROWS = 40
# MySQL's type, the n-th row's value there, and an expression of another value at the destination
TYPES = {
    "ti": ("TINYINT", "{n}", "{c} + 1"), "bu": ("BIGINT UNSIGNED", "18446744073709551000 + {n}", "{c} + 1"), "y": ("YEAR", "1990 + {n}", "{c} + 1"),
    "d": ("DECIMAL(20,6)", "{n}.25", "{c} + 0.000001"), "f": ("FLOAT", "{n}.1", "{c} * 1.000001::real"), "g": ("DOUBLE", "{n}e-7", "{c} + 1e-12"),
    "da": ("DATE", "'2024-02-28' + INTERVAL {n} DAY", "{c} + 1"), "u": ("TIME(2)", "'12:00:00.5'", "{c} + '0.01s'"),
    "dt": ("DATETIME(3)", "'2024-02-29 00:00:00.120'", "{c} + '0.001s'"), "ts": ("TIMESTAMP(6)", "'2024-02-29 00:00:00.000001'", "{c} + '1us'"),
    "ch": ("CHAR(9) CHARACTER SET latin1", "'é {n}'", "rtrim({c}) || '!'"), "v": ("VARCHAR(40) CHARACTER SET utf8mb4", "'日本 {n} '", "{c} || ' '"),
    "tx": ("TEXT", "CONCAT('a\\tb', {n})", "upper({c})"), "bi": ("BINARY(3)", "X'0001'", "{c} || '\\x00'::bytea"),
    "bl": ("BLOB", "X'00ff5c'", "'\\x'::bytea"), "bt": ("BIT(9)", "{n}", "~{c}"), "e": ("ENUM('x','y','')", "1 + {n} % 3", "{c} || '?'"),
    "s": ("SET('p','q')", "{n} % 4", "'q,p'"), "j": ("JSON", "'{{\"a\": [1, 2.50, {n}]}}'", "'{{\"a\": 1}}'"), "nu": ("INT", "NULL", "0"),
    "em": ("VARCHAR(5) CHARACTER SET utf8mb4", "''", "NULL"),
}
# keys, and the row's values of them: those that both sides sort alike are cut into ranges
KEYS = {"number": ("id INT UNSIGNED PRIMARY KEY", "{n}"), "text": ("id VARCHAR(20) CHARACTER SET utf8mb4 PRIMARY KEY", "'{e}{n}'"),
        "bytes": ("id VARBINARY(4) PRIMARY KEY", "X'{n:04x}00'"), "moment": ("id TIMESTAMP(3) PRIMARY KEY", "'2024-01-01 00:00:{n:02}.5'"),
        "two": ("a INT NOT NULL, b ENUM('m','k') NOT NULL, PRIMARY KEY (a, b)", "{n} DIV 2, 1 + {n} % 2"), "none": ("id INT", "{n} DIV 2")}


@pytest.fixture
def source(pool):
    server = conftest.skipping(pool.get, "mariadb", "source")
    server.reset()
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
    def make(include=("shop",), **settings):
        pair = types.SimpleNamespace(source=source, destination=destination)
        accounts = (servers.Account("root", ""), servers.Account("postgres", destination.password))
        return program.task("pg", pair, include, flow="mysql-to-postgresql", settings={"destination.database": "shop", **settings}, accounts=accounts)

    return make


def make_types(source):
    columns = ", ".join(f"{name} {kind}" for name, (kind, _, _) in TYPES.items())
    rows = [", ".join([str(n)] + [value.format(n=n) for _, value, _ in TYPES.values()]) for n in range(ROWS)]
    source.sql("CREATE DATABASE shop", f"CREATE TABLE shop.t (id INT PRIMARY KEY, {columns})", "INSERT INTO shop.t VALUES " + ", ".join(f"({row})" for row in rows))


def make_keys(source):
    source.sql("CREATE DATABASE shop")
    for name, (key, value) in KEYS.items():
        rows = ", ".join(f"({value.format(n=n, e='é' if n % 2 else 'E')}, {n})" for n in range(ROWS))
        source.sql(f"CREATE TABLE shop.{name} ({key}, v INT)", f"INSERT INTO shop.{name} VALUES {rows}")


def found(told):
    return sorted((each["table"], each["kind"]) for each in told["differences"])


def same(made):
    told = made.verify().succeeded().json
    assert told["same"] and told["complete"], told
    return told


# --- what is found -----------------------------------------------------------------------------------------

def test_a_value_that_differs_is_found_in_every_type(source, destination, task):
    make_types(source)
    made = task()
    made.synchronize()
    assert same(made)["rows_compared"] == ROWS
    for n, (name, (_, _, other)) in enumerate(TYPES.items()):
        destination.sql(f"UPDATE shop.t SET {name} = {other.format(c=name)} WHERE id = {n}", db="shop")
    told = made.verify().exited(1).json
    assert sorted((each["key"], each["columns"]) for each in told["differences"]) == sorted((f"id={n}", [name]) for n, name in enumerate(TYPES))


def plant(destination):
    for name in KEYS:
        where = lambda v, name=name: f"ctid = (SELECT ctid FROM shop.{name} WHERE v = {v})"
        copy = "a + 1000, b" if name == "two" else {"number": "id + 1000", "none": "id + 1000", "text": "id || 'x'", "bytes": "id || '\\x01'::bytea",
                                                    "moment": "id + '1h'"}[name]
        destination.sql(f"INSERT INTO shop.{name} SELECT {copy}, v FROM shop.{name} WHERE v = 7", f"DELETE FROM shop.{name} WHERE {where(30)}",
                        f"UPDATE shop.{name} SET v = -1 WHERE {where(20)}", db="shop")
    return sorted((name, kind) for name in KEYS
                  for kind in (["extra", "extra", "missing", "missing"] if name == "none" else ["different", "extra", "missing"]))


def test_rows_that_lack_or_are_too_many_are_found_by_every_kind_of_key(source, destination, task):
    make_keys(source)
    made = task()
    made.synchronize()
    assert same(made)["tables"] == len(KEYS)
    expected = plant(destination)
    assert found(made.verify().exited(1).json) == expected


@pytest.mark.parametrize("destination", ["postgresql"], indirect=True)
def test_ranges_of_a_key_are_read_on_both_sides_alike(source, destination, task):
    source.sql("CREATE DATABASE shop", "CREATE TABLE shop.t (id BIGINT UNSIGNED PRIMARY KEY, v INT)", "CREATE TABLE shop.b (id BINARY(8) PRIMARY KEY, v INT)",
               "CREATE TABLE shop.d (id DATETIME(3), n DECIMAL(9,2), PRIMARY KEY (id, n))",
               "INSERT INTO shop.t SELECT 18446744073709551615 - seq * 7, seq FROM shop.seq_1_to_20000",
               "INSERT INTO shop.b SELECT UNHEX(LEFT(MD5(seq), 16)), seq FROM shop.seq_1_to_20000",
               "INSERT INTO shop.d SELECT '2024-01-01' + INTERVAL seq % 500 * 100000 MICROSECOND, seq / 100 - 100 FROM shop.seq_1_to_20000")
    made = task()
    made.synchronize()
    told = made.command("verify", "--sample=50", "--json").succeeded().json
    assert told["same"] and told["ranges"] == [] and 30000 <= told["rows_compared"] < 60000, told
    destination.sql("DELETE FROM shop.t WHERE v = 9999; UPDATE shop.b SET v = 0 WHERE v = 5; DELETE FROM shop.d WHERE n = 7", db="shop")
    assert found(made.verify().exited(1).json) == [("b", "different"), ("d", "missing"), ("t", "missing")]


@pytest.mark.parametrize("destination", ["postgresql"], indirect=True)
def test_counting_finds_numbers_alone(source, destination, task):
    make_keys(source)
    made = task()
    made.synchronize()
    destination.sql("DELETE FROM shop.text WHERE v = 3; UPDATE shop.number SET v = 0; INSERT INTO shop.none VALUES (1, 1)", db="shop")
    told = made.command("verify", "--mode=count", "--json").exited(1).json
    assert told["rows_read"] == 0
    assert [(each["table"], each["key"]) for each in told["differences"]] == [("none", f"{ROWS} / {ROWS + 1}"), ("text", f"{ROWS} / {ROWS - 1}")]


@pytest.mark.parametrize("destination", ["postgresql"], indirect=True)
@pytest.mark.parametrize("unfit, is_there", [("null", "NULL"), ("nearest", "'ab'")])
def test_values_that_have_no_place_are_what_the_task_makes_of_them(source, destination, task, unfit, is_there):
    """And nothing else: what it would stop at is no value of a row there."""
    source.sql("CREATE DATABASE shop", "CREATE TABLE shop.t (id INT PRIMARY KEY, v VARCHAR(9) CHARACTER SET utf8mb4, d DATE)",
               "SET SESSION sql_mode = ''; INSERT INTO shop.t VALUES (1, 'a\\0b', '0000-00-00'), (2, 'ab', '2024-02-03')")
    made = task(**{"postgresql.unfit_values": unfit})
    made.synchronize()
    same(made)
    assert destination.sql(f"SELECT count(*) FROM shop.t WHERE v IS NOT DISTINCT FROM {is_there} AND id = 1", db="shop") == (("1",),)
    destination.sql("UPDATE shop.t SET v = 'a', d = '0001-01-02' WHERE id = 1", db="shop")
    told = made.verify().exited(1).json
    assert [(each["key"], each["columns"]) for each in told["differences"]] == [("id=1", ["v", "d"])]
    made.replace(f"unfit_values = {unfit}", "unfit_values = stop")
    destination.sql("UPDATE shop.t SET v = 'ab', d = '0001-01-01' WHERE id = 1", db="shop")
    assert [each["key"] for each in made.verify().exited(1).json["differences"]] == ["id=1"]


@pytest.mark.parametrize("destination", ["postgresql"], indirect=True)
def test_renamed_and_filtered_and_left_out(source, destination, task):
    source.sql("CREATE DATABASE shop", "CREATE TABLE shop.t (id INT PRIMARY KEY, v INT, w INT)", "INSERT INTO shop.t VALUES (1, 1, 1), (2, 2, 2), (3, 3, 3)")
    destination.sql("CREATE SCHEMA other", db="shop")
    made = task(["shop.t"], **{"objects.rename.1": "shop.t -> other.u", "objects.rename.2": "shop.t.v -> x", "objects.exclude": "shop.t.w",
                                "objects.filter.1": "shop.t: v < 3"})
    made.synchronize()
    same(made)
    destination.sql("UPDATE other.u SET x = 5 WHERE id = 1; DELETE FROM other.u WHERE id = 2", db="shop")
    assert found(made.verify().exited(1).json) == [("t", "different"), ("t", "missing")]


# --- what is on its way --------------------------------------------------------------------------------------

@pytest.mark.parametrize("destination", ["postgresql-newest"], indirect=True)
def test_what_is_on_its_way_is_no_difference(source, destination, task):
    """A writer is at work all the time, and the program that applies is killed in between."""
    fill(source)
    made, seed = task(), rds.seed()
    running = made.start("--skip-precheck-warnings")
    running.until(lambda: made.status()["state"] == "Synchronizing", "Synchronizing")
    with Writer(source, seed):
        told = made.verify(seconds=300).succeeded().json
        assert told["same"] and told["rows_compared"] > 0, told
        running.kill()
        running = made.start("--skip-precheck-warnings")
        running.until(lambda: made.status()["state"] == "Synchronizing", "Synchronizing")
        destination.sql("INSERT INTO shop.t VALUES (-5, -5, 'surplus')", db="shop")
        assert [each["key"] for each in made.verify(seconds=300).exited(1).json["differences"]] == ["id=-5"]
    running.stop().succeeded()


# --- between PostgreSQL servers --------------------------------------------------------------------------------

NATIVE = {"i": ("integer", "{n}", "{c} + 1"), "nu": ("numeric", "{n}.10", "{n}.1"), "f": ("real", "{n}.1", "{c} * 1.000001::real"),
          "t": ("text", "'é{n}'", "{c} || ' '"), "c": ("character(9)", "'x{n}'", "'y'"), "j": ("jsonb", "'{{\"b\": {n}, \"a\": 1}}'", "'{{}}'"),
          "b": ("bytea", "'\\x00ff'", "'\\x00'"), "a": ("text[]", "'{{x,NULL}}'", "'{{x}}'"), "iv": ("interval", "'1 month {n} day'", "{c} + '1us'"),
          "ts": ("timestamptz", "'2024-02-29 12:00:00.5+03'", "{c} + '1us'"), "r": ("int4range", "'[1,{n}0)'", "'empty'"), "n": ("integer", "NULL", "0")}


@pytest.fixture
def natives(pool, program, destination):
    """(source, task)"""
    flavor = "postgresql" if destination.flavor == "postgresql-newest" else "postgresql-newest"
    source = conftest.skipping(pg_writers.fresh, pool, flavor)
    pair = types.SimpleNamespace(source=source, destination=destination)
    accounts = (servers.Account("postgres", source.password), servers.Account("postgres", destination.password))
    keys = {"source.database": "shop", "destination.database": "shop", "sync.chunk_size": "64K"}
    return source, lambda: program.task("pg", pair, ["public"], flow="postgresql-to-postgresql", settings=keys, accounts=accounts)


def test_between_postgresql_servers_every_value_is_told_apart(natives, destination):
    source, task = natives
    columns = ", ".join(f"{name} {kind}" for name, (kind, _, _) in NATIVE.items())
    rows = ", ".join("(" + ", ".join([str(n)] + [value.format(n=n) for _, value, _ in NATIVE.values()]) + ")" for n in range(1, ROWS + 1))
    source.sql(f"CREATE TABLE t (id integer PRIMARY KEY, {columns})", f"INSERT INTO t VALUES {rows}", "CREATE TABLE w (k text PRIMARY KEY, v integer)",
               "INSERT INTO w VALUES ('a', 1), ('B', 2), ('é', 3)", "CREATE TABLE l (v integer, x text)", "ALTER TABLE l REPLICA IDENTITY FULL",
               "INSERT INTO l VALUES (1, 'x'), (1, 'x'), (2, NULL)", db="shop")
    made = task()
    made.synchronize()
    assert same(made)["rows_read"] == 2 * 6         # of t both servers make the same digest
    for n, (name, (_, _, other)) in enumerate(NATIVE.items(), 1):
        destination.sql(f"UPDATE t SET {name} = {other.format(c=name, n=n)} WHERE id = {n}", db="shop")
    destination.sql("DELETE FROM w WHERE k = 'B'", "INSERT INTO w VALUES ('b', 1)", "DELETE FROM l WHERE ctid = (SELECT min(ctid) FROM l WHERE v = 1)", db="shop")
    told = made.verify().exited(1).json
    assert sorted((each["key"], each["columns"]) for each in told["differences"] if each["table"] == "t") == \
        sorted((f"id={n}", [name]) for n, name in enumerate(NATIVE, 1))
    assert [pair for pair in found(told) if pair[0] != "t"] == [("l", "missing"), ("w", "extra"), ("w", "missing")]


@pytest.mark.parametrize("destination", ["postgresql"], indirect=True)
def test_between_postgresql_servers_what_is_on_its_way_is_no_difference(natives, destination):
    source, task = natives
    source.sql(pg_writers.TABLES, db="shop")
    made, seed = task(), rds.seed()
    running = made.start("--skip-precheck-warnings")
    running.until(lambda: made.status()["state"] == "Synchronizing", "Synchronizing")
    writers = pg_writers.Writers(source, seed)
    try:
        assert same(made)["rows_compared"] > 0
        destination.sql("INSERT INTO k (id, part, n) VALUES (-5, -5, 0)", db="shop")
        told = made.verify(seconds=300).exited(1).json
    finally:
        writers.end()
    assert [each["key"] for each in told["differences"]] == ["id=-5, part=-5"]
    running.stop().succeeded()


# --- repair ----------------------------------------------------------------------------------------------------

def follow(made):
    running = made.start("--skip-precheck-warnings")
    running.until(lambda: made.status()["state"] == "Synchronizing", "Synchronizing")
    return running


def repair(made):
    return made.command("verify", "--repair", "--json", seconds=300).succeeded().json["repairs"]


def anomalies(made):
    return made.status()["progress"]["counters"]["anomalies"]


def test_what_differs_is_mended_in_every_type_and_nothing_else(source, destination, task):
    make_types(source)
    made = task()
    running = follow(made)
    for n, (name, (_, _, other)) in enumerate(TYPES.items()):
        destination.sql(f"UPDATE shop.t SET {name} = {other.format(c=name)} WHERE id = {n}", db="shop")
    destination.sql("DELETE FROM shop.t WHERE id = 30; INSERT INTO shop.t (id) VALUES (5000)", db="shop")
    assert [(each["deleted"], each["written"]) for each in repair(made)] == [(1, len(TYPES) + 1)]
    same(made)
    assert running.stop().succeeded() and anomalies(made) == 0


def test_what_differs_is_mended_by_every_kind_of_key(source, destination, task):
    make_keys(source)
    made = task()
    running = follow(made)
    plant(destination)
    mended = {each["table"]: (each["deleted"], each["written"]) for each in repair(made)}
    assert mended == {name: (2, 2) if name == "none" else (1, 2) for name in KEYS}
    same(made)
    assert running.stop().succeeded() and anomalies(made) == 0


@pytest.mark.parametrize("destination", ["postgresql"], indirect=True)
def test_repair_while_a_writer_changes_the_rows(source, destination, task):
    fill(source)
    made, seed = task(), rds.seed()
    running = follow(made)
    with Writer(source, seed):
        destination.sql("INSERT INTO shop.t VALUES (-5, -5, 'surplus')", "UPDATE shop.t SET v = 'other' WHERE id BETWEEN 100 AND 400", db="shop")
        repair(made)
    same(made)
    assert not destination.sql("SELECT 1 FROM shop.t WHERE id = -5 OR v = 'other'", db="shop")
    running.stop().succeeded()


def test_between_postgresql_servers_what_differs_is_mended(natives, destination):
    source, task = natives
    columns = ", ".join(f"{name} {kind}" for name, (kind, _, _) in NATIVE.items())
    rows = ", ".join("(" + ", ".join([str(n)] + [value.format(n=n) for _, value, _ in NATIVE.values()]) + ")" for n in range(1, ROWS + 1))
    source.sql(f"CREATE TABLE t (id integer PRIMARY KEY, {columns})", f"INSERT INTO t VALUES {rows}", "CREATE TABLE w (k text PRIMARY KEY, v integer)",
               "INSERT INTO w VALUES ('a', 1), ('B', 2), ('\u00e9', 3)", "CREATE TABLE l (v integer, x character(5))", "ALTER TABLE l REPLICA IDENTITY FULL",
               "INSERT INTO l VALUES (1, 'x'), (1, 'x'), (2, NULL)", db="shop")
    made = task()
    running = follow(made)
    for n, (name, (_, _, other)) in enumerate(NATIVE.items(), 1):
        destination.sql(f"UPDATE t SET {name} = {other.format(c=name, n=n)} WHERE id = {n}", db="shop")
    destination.sql("DELETE FROM w WHERE k = 'B'", "INSERT INTO w VALUES ('b', 1)", db="shop")
    mended = {each["table"]: (each["deleted"], each["written"]) for each in repair(made)}
    assert mended == {"t": (0, len(NATIVE)), "w": (1, 1)}
    same(made)
    source.sql("DELETE FROM l WHERE v = 1", db="shop")              # a text that is padded is found all the same
    rds.wait_until(lambda: destination.sql("SELECT count(*) FROM l", db="shop") == (("1",),), "the rows to go")
    assert running.stop().succeeded() and anomalies(made) == 0
