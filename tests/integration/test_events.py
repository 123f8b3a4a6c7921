"""A task that stops does so at one event of the source's log: a row or a statement. It can be seen, left out, replaced or
tried again, and the decision meets that event alone, whatever is killed in between."""

import json

import pytest

import compare


PAIRS = pytest.mark.pairs("mariadb-mariadb", "mysql9-mysql9")


def start(pair, program, *tables, settings=None):
    pair.source.sql("CREATE DATABASE shop DEFAULT CHARACTER SET utf8mb4")
    for table in tables or ("CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(40))",):
        pair.source.sql(table, db="shop")
    pair.source.sql("INSERT INTO t VALUES (1, 'one'), (2, 'two')", db="shop")
    task = program.task("event", pair, ["shop"], settings=settings)
    assert run(task).code == 0
    return task


def run(task, code=None):
    result = task.run("--until=synchronized", "--skip-precheck-warnings")
    return result if code is None else result.exited(code)


def shown(task):
    return task.program.run("event", "show", task.path, "--json").succeeded().json["event"]


def answer(task, verb, *args):
    return task.program.run("event", verb, task.path, *args)


def rows(server, table="shop.t", columns="*"):
    return sorted(map(tuple, server.sql(f"SELECT {columns} FROM {table}")))


def lacking(pair, *expected, table="shop.t"):
    """Only these rows of the source are not at the destination, and none that is not the source's."""
    assert set(rows(pair.source, table)) - set(rows(pair.destination, table)) == set(expected)
    assert not set(rows(pair.destination, table)) - set(rows(pair.source, table))


# --- rows ----------------------------------------------------------------------------------------------------------

@PAIRS
def test_a_row_that_does_not_fit(pair, program):
    task = start(pair, program)
    pair.destination.sql("ALTER TABLE shop.t MODIFY v VARCHAR(4)")
    pair.source.sql("BEGIN", "INSERT INTO t VALUES (3, 'a'), (4, 'much too long\x1b[1m'), (5, 'b')", "DELETE FROM t WHERE id = 1", "COMMIT",
                    db="shop")
    pair.source.sql("INSERT INTO shop.t VALUES (6, 'c')")
    assert "RS-4007" in run(task, 1).err
    event = shown(task)
    assert (event["kind"], event["database"], event["table"]) == ("INSERT", "shop", "t") and event["id"].endswith("/2")
    assert event["row"] == [{"column": "id", "before": None, "after": "4", "key": True},
                            {"column": "v", "before": None, "after": "'much too long\\x1b[1m'", "key": False}]
    status = task.status()["progress"]
    assert status["failing"]["id"] == event["id"] and "row" not in status["failing"] and status["counters"]["skipped"] == 0
    told = program.run("event", "show", task.path).succeeded()
    assert "much too long" in told.out and "\x1b" not in told.out and "RS-4007" in told.err
    assert answer(task, "skip", event["id"][:-1] + "3").code == 2
    answer(task, "skip", event["id"]).succeeded()
    run(task, 0)
    lacking(pair, (4, "much too long\x1b[1m"))
    status = task.status()["progress"]
    assert status["counters"]["skipped"] == 1 and status["failing"] is None and status["counters"]["anomalies"] == 0
    assert [p["code"] for p in status["problems"]].count("RS-6011") == 1
    assert not [path for path in program.files_holding("much too long") if path.suffix == ".log"]
    assert answer(task, "skip").code == 2


BAD = "far too long for it"


# What lanes and folding put together is taken apart again until it is known which row it is.
@PAIRS
@pytest.mark.parametrize("workers", (1, 4))
def test_rows_among_many_that_are_applied_together(pair, program, workers):
    task = start(pair, program, "CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(40))", "CREATE TABLE u (id INT PRIMARY KEY, v INT)",
                 settings={"sync.apply_workers": workers})
    pair.destination.sql("ALTER TABLE shop.t MODIFY v VARCHAR(4)")
    for n in range(40):
        first = 100 + 10 * n
        bad = first + 3 if n in (7, 31) else 0
        values = ", ".join(f"({i}, '{BAD if i == bad else 'x'}')" for i in range(first, first + 10))
        pair.source.sql("BEGIN", f"INSERT INTO t VALUES {values}", f"INSERT INTO u VALUES ({n}, 0)",
                        "UPDATE u SET v = v + 1", f"UPDATE t SET v = 'y' WHERE id = {first}", "COMMIT", db="shop")
    for number in (173, 413):
        assert "RS-4007" in run(task, 1).err
        event = shown(task)
        assert event["row"][0]["after"] == str(number) and event["id"].endswith("/4")
        answer(task, "skip", event["id"]).succeeded()
    run(task, 0)
    lacking(pair, (173, BAD), (413, BAD))
    assert rows(pair.source, "shop.u") == rows(pair.destination, "shop.u")
    assert task.status()["progress"]["counters"]["skipped"] == 2


# A transaction that is too large to be gathered is applied as it arrives; the row is found in its window.
@PAIRS
def test_a_row_of_a_large_transaction(pair, program):
    task = start(pair, program, "CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(600))")
    pair.destination.sql("ALTER TABLE shop.t MODIFY v VARCHAR(500)")
    words = ["BEGIN"]
    for first in range(10, 40010, 2000):
        words.append("INSERT INTO t VALUES " + ",".join(
            f"({n}, REPEAT('x', {501 if n == 33333 else 500}))" for n in range(first, first + 2000)))
    pair.source.sql(*words, "DELETE FROM t WHERE id = 1", "COMMIT", db="shop")
    assert "RS-4007" in run(task, 1).err
    event = shown(task)
    assert event["row"][0]["after"] == "33333" and event["id"].endswith(f"/{33333 - 9}")
    answer(task, "skip").succeeded()
    run(task, 0)
    lacking(pair, (33333, "x" * 501))


@PAIRS
def test_a_row_of_a_prepared_transaction(pair, program):
    task = start(pair, program)
    pair.destination.sql("ALTER TABLE shop.t MODIFY v VARCHAR(4)")
    pair.source.sql("XA START 'a'", f"INSERT INTO t VALUES (3, 'a'), (4, '{BAD}'), (5, 'b')", "XA END 'a'", "XA PREPARE 'a'",
                    "XA COMMIT 'a'", db="shop")
    run(task, 1)
    assert shown(task)["row"][0]["after"] == "4"
    answer(task, "skip").succeeded()
    run(task, 0)
    lacking(pair, (4, BAD))


# Where a change that does not find its row is to stop the task, that change is the event.
@PAIRS
def test_a_row_that_collides(pair, program):
    task = start(pair, program, settings={"sync.on_anomaly": "stop"})
    pair.destination.sql("INSERT INTO shop.t VALUES (4, 'mine')")
    pair.source.sql("INSERT INTO shop.t VALUES (3, 'a'), (4, 'b'), (5, 'c')")
    assert "RS-6002" in run(task, 1).err
    assert shown(task)["row"][0]["after"] == "4"
    answer(task, "skip").succeeded()
    run(task, 0)
    assert rows(pair.destination) == [(1, "one"), (2, "two"), (3, "a"), (4, "mine"), (5, "c")]


@PAIRS
def test_rows_of_a_table_that_was_dropped(pair, program):
    task = start(pair, program, "CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(40))", "CREATE TABLE u (id INT PRIMARY KEY)")
    pair.destination.sql("DROP TABLE shop.t")
    pair.source.sql("BEGIN", "INSERT INTO u VALUES (1)", "INSERT INTO t VALUES (3, 'a'), (4, 'b')", "COMMIT",
                    "INSERT INTO u VALUES (2)", db="shop")
    for number in ("3", "4"):
        assert "RS-4002" in run(task, 1).err
        assert shown(task)["row"][0]["after"] == number
        answer(task, "skip").succeeded()
    run(task, 0)
    assert rows(pair.destination, "shop.u") == [(1,), (2,)]
    pair.source.sql("UPDATE shop.t SET v = 'c' WHERE id = 3")
    run(task, 1)
    pair.destination.sql("CREATE TABLE shop.t (id INT PRIMARY KEY, v VARCHAR(40))")
    answer(task, "retry").succeeded()
    run(task, 0)
    assert rows(pair.destination) == [(3, "c")]


@PAIRS
def test_something_else_in_place_of_a_row(pair, program, tmp_path):
    task = start(pair, program)
    pair.destination.sql("ALTER TABLE shop.t MODIFY v VARCHAR(4)", "CREATE TABLE shop.late (id INT PRIMARY KEY, v TEXT CHARACTER SET latin1)")
    pair.source.sql(f"INSERT INTO shop.t VALUES (3, 'a'), (4, '{BAD}'), (5, 'b')")
    run(task, 1)
    pair.source.sql("UPDATE shop.t SET v = 'c' WHERE id = 4") # before, both might be folded into a row that fits
    sql = tmp_path / "instead.sql"
    for refused in ("COMMIT", "INSERT INTO shop.t VALUES (4, 'x'); DROP TABLE shop.t", "ALTER TABLE shop.t MODIFY v TEXT", "", "'"):
        sql.write_text(refused, encoding="utf-8")
        result = answer(task, "edit", "--sql", sql)
        assert result.code == 2 and "RS-6013" in result.err, refused
    sql.write_text("INSERT INTO shop.t VALUES (4, 'cut'); -- and\nINSERT INTO shop.late VALUES (4, 'é;ü');\n", encoding="utf-8")
    answer(task, "edit", "--sql", sql).succeeded()
    decided, = answer(task, "list", "--json").succeeded().json
    assert (decided["decision"], decided["passed"]) == ("edit", False) and decided["what"] == f"{decided['id']}: INSERT shop.t"
    run(task, 0)
    assert answer(task, "list", "--json").json == [dict(decided, passed=True)] and "edit  passed" in answer(task, "list").out
    assert rows(pair.destination)[2:] == [(3, "a"), (4, "c"), (5, "b")]
    assert rows(pair.destination, "shop.late", "id, HEX(v)") == [(4, "E93BFC")]
    assert task.status()["progress"]["counters"]["anomalies"] == 0


# A decision is for what was seen: what stands in the same place and says something else is not met.
@PAIRS
def test_a_decision_about_another_event_has_no_effect(pair, program):
    task = start(pair, program)
    pair.destination.sql("ALTER TABLE shop.t MODIFY v VARCHAR(4)")
    pair.source.sql(f"INSERT INTO shop.t VALUES (3, 'a'), (4, '{BAD}')")
    run(task, 1)
    answer(task, "skip").succeeded()
    pair.destination.sql("UPDATE dts.rds_sync_event SET digest = digest ^ 1")
    run(task, 1)
    answer(task, "skip").succeeded()
    answer(task, "retry").succeeded()
    run(task, 1)
    answer(task, "skip").succeeded()
    run(task, 0)
    lacking(pair, (4, BAD))


@PAIRS
def test_a_decision_that_an_earlier_version_stored(pair, program):
    task = start(pair, program)
    pair.destination.sql("ALTER TABLE shop.t MODIFY v VARCHAR(4)")
    pair.source.sql(f"INSERT INTO shop.t VALUES (3, 'a'), (4, '{BAD}')")
    run(task, 1)
    answer(task, "skip").succeeded()
    pair.destination.sql("ALTER TABLE dts.rds_sync_event DROP COLUMN gtid", "UPDATE dts.rds_sync_task SET version = 7")
    run(task, 0)
    lacking(pair, (4, BAD))
    assert pair.destination.value("SELECT version FROM dts.rds_sync_task") == 8


@PAIRS
@pytest.mark.parametrize("step", ("apply-begun", "event-replaced", "apply-before-commit", "apply-after-commit"))
def test_killed_around_a_decision(pair, program, step):
    task = start(pair, program)
    pair.destination.sql("ALTER TABLE shop.t MODIFY v VARCHAR(4)")
    pair.source.sql("BEGIN", "INSERT INTO t VALUES (3, 'a')", f"INSERT INTO t VALUES (4, '{BAD}')", "INSERT INTO t VALUES (5, 'b')",
                    "UPDATE t SET v = CONCAT(v, '+') WHERE id < 4", "COMMIT", db="shop")
    run(task, 1)
    program.env["RDS_SYNC_CRASH_AT"] = "event-deciding"
    assert answer(task, "skip").code == -9
    program.env.pop("RDS_SYNC_CRASH_AT")
    run(task, 1)
    answer(task, "skip").succeeded()
    program.env["RDS_SYNC_CRASH_AT"] = step
    assert run(task).code == -9
    program.env.pop("RDS_SYNC_CRASH_AT")
    run(task, 0)
    lacking(pair, (4, BAD))
    assert task.status()["progress"]["counters"]["skipped"] == 1


# --- statements ----------------------------------------------------------------------------------------------------

@pytest.mark.pairs("mariadb-mariadb")
def test_a_child_that_is_gone_is_nobody_s(pair, program):
    """It is found to be gone by a statement that is not carried out: what foreign keys did to it is not, either, from there on."""
    task = start(pair, program, "CREATE TABLE t (id INT PRIMARY KEY, v VARCHAR(40)) ENGINE=InnoDB",
                 "CREATE TABLE c (id INT PRIMARY KEY, t INT, FOREIGN KEY (t) REFERENCES t (id) ON DELETE CASCADE) ENGINE=InnoDB",
                 settings={"objects.operations.1": "shop: dml"})
    running = task.start("--skip-precheck-warnings")
    running.until(lambda: task.status()["state"] == "Synchronizing", "Synchronizing")
    pair.destination.sql("DROP TABLE shop.c")
    pair.source.sql("ALTER TABLE shop.c ADD COLUMN x INT", "DELETE FROM shop.t WHERE id = 1")
    running.until(lambda: rows(pair.destination) == [(2, "two")], "the row to go")
    running.stop().succeeded()


@PAIRS
def test_a_statement_that_is_refused(pair, program):
    task = start(pair, program)
    pair.destination.sql("ALTER TABLE shop.t ADD COLUMN w INT")
    pair.source.sql("INSERT INTO shop.t VALUES (3, 'a')", "ALTER TABLE shop.t ADD COLUMN w INT", "INSERT INTO shop.t VALUES (4, 'b', 7)")
    assert "RS-4012" in run(task, 1).err
    assert [p["text"].count("ADD COLUMN w INT") for p in task.status()["progress"]["problems"] if p["code"] == "RS-4012"] == [1]
    event = shown(task)
    assert event["kind"] == "STATEMENT" and event["id"].endswith("/0") and event["row"] == []
    assert "ADD COLUMN w" in event["statement"] and "ADD COLUMN w" in event["destination_statement"]
    assert rows(pair.destination)[2] == (3, "a", None)
    answer(task, "skip", event["id"]).succeeded()
    run(task, 0)
    assert not compare.compare_databases(pair.source, pair.destination, ["shop"])
    assert task.status()["progress"]["counters"]["skipped"] == 1


# The source's table has a column that the destination's never gets: it is left out, by name, and stays so.
@PAIRS
def test_a_column_that_was_never_made(pair, program):
    task = start(pair, program)
    pair.destination.sql("ALTER TABLE shop.t ADD COLUMN w INT")
    pair.source.sql("ALTER TABLE shop.t ADD COLUMN w INT, ADD COLUMN x INT", "INSERT INTO shop.t VALUES (3, 'a', 7, 8)")
    run(task, 1)
    answer(task, "skip").succeeded()
    run(task, 0)
    (problem,) = [p for p in task.status()["progress"]["problems"] if p["code"] == "RS-6011"]
    assert "no column x" in problem["text"]
    pair.source.sql("UPDATE shop.t SET x = 9, w = w + 1 WHERE id = 3", "ALTER TABLE shop.t ADD COLUMN y INT DEFAULT 5",
                    "RENAME TABLE shop.t TO shop.s", "UPDATE shop.s SET x = 10, y = 6 WHERE id = 3")
    run(task, 0)
    assert rows(pair.destination, "shop.s")[2] == (3, "a", 8, 6)


@PAIRS
def test_something_else_in_place_of_a_statement(pair, program, tmp_path):
    task = start(pair, program)
    pair.destination.sql("ALTER TABLE shop.t ADD COLUMN w INT")
    pair.source.sql("ALTER TABLE shop.t ADD COLUMN w INT, ADD COLUMN x INT DEFAULT 3", "INSERT INTO shop.t VALUES (3, 'a', 7, 8)")
    run(task, 1)
    sql = tmp_path / "instead.sql"
    for refused in ("INSERT INTO shop.t VALUES (1)", "COMMIT", "ALTER TABLE shop.t ADD COLUMN x INT; DROP TABLE shop.t", ""):
        sql.write_text(refused, encoding="utf-8")
        result = answer(task, "edit", "--sql", sql)
        assert result.code == 2 and "RS-6013" in result.err, refused
    sql.write_text("ALTER TABLE shop.t ADD COLUMN no_such.x INT", encoding="utf-8")
    answer(task, "edit", "--sql", sql)
    run(task, 1)
    sql.write_text("ALTER TABLE t ADD COLUMN x INT DEFAULT 3", encoding="utf-8")
    answer(task, "edit", "--sql", sql).succeeded()
    assert "RS-6013" in run(task, 1).err, "the source's statement named its database, and so had no default one"
    sql.write_text("ALTER TABLE shop.t ADD COLUMN x INT DEFAULT 3;", encoding="utf-8")
    answer(task, "edit", "--sql", sql).succeeded()
    run(task, 0)
    assert not compare.compare_databases(pair.source, pair.destination, ["shop"])


@PAIRS
@pytest.mark.parametrize("verb, step", (("edit", "ddl-intended"), ("edit", "ddl-executed"), ("edit", "event-deciding-ddl"),
                                        ("edit", "event-passed-ddl"), ("skip", "event-deciding-ddl"), ("skip", "event-passed-ddl")))
def test_killed_around_a_decision_about_a_statement(pair, program, tmp_path, verb, step):
    task = start(pair, program)
    pair.destination.sql("ALTER TABLE shop.t ADD COLUMN w INT")
    more = ", ADD COLUMN x INT DEFAULT 3" if verb == "edit" else ""
    pair.source.sql(f"ALTER TABLE shop.t ADD COLUMN w INT{more}", "INSERT INTO shop.t (id, v, w) VALUES (3, 'a', 7)")
    run(task, 1)
    sql = tmp_path / "instead.sql"
    sql.write_text("ALTER TABLE shop.t ADD COLUMN x INT DEFAULT 3", encoding="utf-8")
    answer(task, verb, *(("--sql", sql) if verb == "edit" else ())).succeeded()
    program.env["RDS_SYNC_CRASH_AT"] = step
    assert run(task).code == -9
    program.env.pop("RDS_SYNC_CRASH_AT")
    run(task, 0)
    assert not compare.compare_databases(pair.source, pair.destination, ["shop"])
    assert task.status()["progress"]["counters"]["skipped"] == 1


# What a statement does to the source's schema is not known either: it is read.
@PAIRS
def test_a_statement_that_cannot_be_followed(pair, program, tmp_path):
    task = start(pair, program)
    change = ("ALTER TABLE shop.t ADD COLUMN a DATE NOT NULL DEFAULT '2020-01-01', ADD COLUMN b DATE NOT NULL DEFAULT '2021-01-01', "
              "ADD PERIOD FOR p(a, b)" if pair.source.flavor == "mariadb" else
              "ALTER TABLE shop.t MODIFY v TEXT CHARACTER SET latin1, CONVERT TO CHARACTER SET utf8mb4")
    pair.source.sql("INSERT INTO shop.t VALUES (3, 'a')", change, "INSERT INTO shop.t (id, v) VALUES (4, 'b')")
    assert "RS-4013" in run(task, 1).err
    assert shown(task)["statement"] == change and shown(task)["destination_statement"] is None
    sql = tmp_path / "instead.sql"
    sql.write_text(change, encoding="utf-8")
    answer(task, "edit", "--sql", sql).succeeded()
    run(task, 0)
    pair.source.sql("ALTER TABLE shop.t ADD COLUMN n INT DEFAULT 4", "INSERT INTO shop.t (id, v, n) VALUES (5, 'ü', 6)")
    run(task, 0)
    assert not compare.compare_databases(pair.source, pair.destination, ["shop"])


@PAIRS
def test_a_table_that_is_made_otherwise(pair, program, tmp_path):
    pair.source.sql("CREATE DATABASE other", "CREATE TABLE other.t (id INT PRIMARY KEY, v INT)")
    task = start(pair, program)
    pair.source.sql("CREATE TABLE shop.made LIKE other.t", "INSERT INTO shop.made VALUES (1, 2)", "INSERT INTO shop.t VALUES (3, 'a')")
    assert "RS-4013" in run(task, 1).err
    sql = tmp_path / "instead.sql"
    sql.write_text("CREATE TABLE shop.made (id INT PRIMARY KEY, v INT)", encoding="utf-8")
    answer(task, "edit", "--sql", sql).succeeded()
    run(task, 0)
    assert not compare.compare_databases(pair.source, pair.destination, ["shop"])
    pair.source.sql("CREATE TABLE shop.more LIKE other.t", "INSERT INTO shop.more VALUES (1, 2)", "INSERT INTO shop.t VALUES (4, 'a')")
    run(task, 1)
    answer(task, "skip").succeeded()
    run(task, 0)
    assert [t for t, in pair.destination.sql("SHOW TABLES FROM shop")] == ["made", "t"]
    assert rows(pair.destination)[3] == (4, "a")
    assert "shop.more" in json.dumps(task.status()["progress"]["problems"])


# Rows that a session logged as a statement, among others that are rows.
@pytest.mark.pairs("mariadb-mariadb")
@pytest.mark.parametrize("verb", ("skip", "edit"))
def test_a_statement_inside_of_a_transaction(pair, program, tmp_path, verb):
    task = start(pair, program)
    pair.source.sql("SET SESSION binlog_format = MIXED", "BEGIN", "INSERT INTO t VALUES (3, LEFT(UUID(), 0))",
                    "UPDATE t SET v = CONCAT(v, '+')", "INSERT INTO t VALUES (4, LEFT(UUID(), 0))", "COMMIT", db="shop")
    assert "RS-3004" in run(task, 1).err
    event = shown(task)
    assert event["id"].endswith("/2") and "CONCAT" in event["statement"]
    sql = tmp_path / "instead.sql"
    sql.write_text("UPDATE shop.t SET v = CONCAT(v, '+')", encoding="utf-8")
    answer(task, verb, *(("--sql", sql) if verb == "edit" else ())).succeeded()
    run(task, 0)
    plus = "+" if verb == "edit" else ""
    assert rows(pair.destination) == [(1, "one" + plus), (2, "two" + plus), (3, plus), (4, "")]
