"""Comparison beside following: passes over all tables and changed rows, what they find, and what they cost."""

import contextlib
import json
import sqlite3

import pytest

import compare
import rds
from test_verify import KEYLESS, TABLES, WHERE, Swapped, Writer, changed, fill

PAIRS = pytest.mark.pairs("mariadb-mariadb", "mysql9-mysql9")


def verify(task):
    return task.status()["progress"]["verify"]


def kept(task):
    """What the local state has of it, which a process may be ahead of."""
    (path,) = (task.program.home / "state").rglob("*.db")
    with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as state:
        return json.loads(state.execute("SELECT json FROM progress").fetchone()[0])["verify"]


def found(told):
    return sorted((each["table"], each["kind"]) for each in told["differences"])


def start(task):
    running = task.start("--skip-precheck-warnings")
    running.until(lambda: task.status()["state"] == "Synchronizing", "Synchronizing")
    return running


def set_keys(task, **keys):
    task.program.run("task", "set", task.path, *(f"verify.{key}={value}" for key, value in keys.items())).succeeded()


def next_pass(running, task, seconds=None):
    """One that began after now, and has ended."""
    passes = verify(task)["passes"]
    running.until(lambda: verify(task)["passes"] >= passes + 2, "a whole pass", seconds)


@pytest.fixture
def task(pair, program):
    fill(pair.source)
    return program.task("t", pair, ["d"], settings={"sync.retry_other": "0", "verify.continuous": "yes", "verify.budget": "50"})


# --- passes --------------------------------------------------------------------------------------------------

@PAIRS
def test_every_kind_of_difference_is_found_while_writers_write(pair, task):
    """… and nothing else, in tables of every kind of key; then it is mended, and no more is known of it."""
    running = start(task)
    seed = rds.seed()
    print(f"seed {seed}")
    expected = []
    for name in TABLES:
        limit = " LIMIT 1" if name in KEYLESS else ""
        pair.destination.sql(f"UPDATE {name} SET {changed(name)} WHERE {WHERE[name](3)}{limit}",
                             f"DELETE FROM {name} WHERE {WHERE[name](5)}{limit}",
                             f"REPLACE INTO {name} VALUES {TABLES[name][1](450)}", db="d")
        expected += [(name, "different")] if name in KEYLESS else [(name, "different"), (name, "extra"), (name, "missing")]
    with Writer(pair.source, seed) as writer:
        running.until(lambda: verify(task)["found"] >= len(expected), "the differences", 180)
        next_pass(running, task)
        writer.check()
        told = task.status()["progress"]
        assert found(told["verify"]) == sorted(expected)
        assert {table["table"]: table["differences"] for table in told["tables"]} == \
            {name: 1 if name in KEYLESS else 3 for name in TABLES}
        (problem,) = [p for p in told["problems"] if p["code"] == "RS-7001" and p["text"].startswith("d.plain")]
        assert problem["count"] == 3 and not problem["fatal"]
        for each in told["verify"]["differences"]:
            done = task.command("repair", f"d.{each['table']}", f"--after={each['after']}", f"--upto={each['upto']}",
                                "--json", seconds=200).succeeded().json
            assert done["deleted"] + done["written"] >= 1, each
        running.until(lambda: verify(task)["differences_known"] == 0, "what was mended to be forgotten")
    told = verify(task)
    assert (told["found"], told["repaired"], told["gone"]) == (len(expected), len(expected), 0)
    running.stop().succeeded()


@PAIRS
def test_hot_rows_are_no_differences(pair, program):
    """Rows that never rest, in two states that come again and again, under a stream that is held back by a second or
    two: what the source had when it was looked at, and has again, the destination had not in between."""
    pair.source.sql("CREATE DATABASE d; CREATE TABLE d.hot (id INT PRIMARY KEY, v INT); CREATE TABLE d.bag (v INT)",
                    "INSERT INTO d.hot VALUES " + ", ".join(f"({n}, 0)" for n in range(20)), "INSERT INTO d.bag VALUES (0), (0), (1)")
    task = program.task("t", pair, ["d"], settings={"verify.continuous": "yes", "verify.incremental": "yes",
                                                    "verify.budget": "50"})
    running = start(task)
    seed = rds.seed()
    print(f"seed {seed}")

    def statement(choice):
        if choice.random() < 0.1:
            return f"UPDATE bag SET v = 1 - v LIMIT {choice.randrange(1, 3)}"
        n = choice.randrange(20)
        return choice.choice((f"UPDATE hot SET v = 1 - v WHERE id = {n}", f"DELETE FROM hot WHERE id = {n}",
                              f"REPLACE INTO hot VALUES ({n}, {choice.randrange(2)})"))

    limits = [0]

    def enough():
        told = task.status()["progress"]
        limit = 10 if told["lag_seconds"] < 1 else 160 if told["lag_seconds"] < 3 else 0
        if limit != limits[-1]:
            task.program.run("task", "set", task.path, f"sync.incremental_max_rows={limit}").succeeded()
            limits.append(limit)
        return len(limits) > 2 and told["verify"]["checked"] > 150

    with Writer(pair.source, seed, statement=statement) as writer:
        running.until(enough, "many rows to be looked at, with the stream held back in between", 180)
        writer.check()
        task.program.run("task", "set", task.path, "sync.incremental_max_rows=0").succeeded()
        told = verify(task)
    assert told["found"] == 0, told
    running.until(lambda: not compare.compare_databases(pair.source, pair.destination, ["d"]), "both sides to be the same")
    running.stop().succeeded()


@pytest.mark.pairs("mariadb-mariadb")
def test_large_tables_are_looked_at_in_detail(pair, program):
    """Rows that only the destination has, more than are read at once, and one row among many."""
    pair.source.sql("CREATE DATABASE d; CREATE TABLE d.t (id INT PRIMARY KEY, v INT); CREATE TABLE d.u (id INT PRIMARY KEY)")
    for first in range(0, 60000, 10000):
        pair.source.sql("INSERT INTO d.t VALUES " + ", ".join(f"({n}, {n})" for n in range(first, first + 10000)))
    pair.source.sql("INSERT INTO d.u VALUES (1), (1000000)")
    task = program.task("t", pair, ["d"], settings={"verify.budget": "50"})
    running = start(task)
    pair.destination.sql("UPDATE d.t SET v = 0 WHERE id = 33333", "INSERT INTO d.u VALUES " + ", ".join(f"({n})" for n in range(2, 5002)))
    set_keys(task, continuous="yes")
    running.until(lambda: verify(task)["passes"] >= 2, "two passes", 180)
    running.until(lambda: verify(task)["found"] >= 1001, "the differences")
    told = task.status()["progress"]
    assert {table["table"]: table["differences"] for table in told["tables"]} == {"t": 1, "u": 1000}
    assert [each["key"] for each in told["verify"]["differences"] if each["table"] == "t"] == ["id=33333"]
    set_keys(task, repair="yes")
    running.until(lambda: verify(task)["differences_known"] == 0, "all of it to be mended", 180)
    assert compare.compare_databases(pair.source, pair.destination, ["d"]) == []
    running.stop().succeeded()


@pytest.mark.pairs("mysql9-mysql9")
def test_no_more_rows_of_the_destination_are_read_at_once_than_of_the_source(pair, program):
    """… also where the servers make no digest that would count them."""
    pair.source.sql("CREATE DATABASE d; CREATE TABLE d.t (id INT PRIMARY KEY, v JSON)",
                    "INSERT INTO d.t VALUES " + ", ".join(f"({n}, '{{}}')" for n in range(10)))
    task = program.task("t", pair, ["d"], settings={"verify.budget": "50"})
    running = start(task)
    pair.destination.sql("INSERT INTO d.t VALUES " + ", ".join(f"({n}, '{{}}')" for n in range(100, 20100)),
                         "TRUNCATE performance_schema.events_statements_summary_by_digest")
    set_keys(task, continuous="yes")
    running.until(lambda: verify(task)["found"] >= 1000, "the differences", 180)
    running.stop().succeeded()
    read = pair.destination.sql("SELECT SUM_ROWS_SENT / COUNT_STAR, DIGEST_TEXT FROM performance_schema.events_statements_summary_by_digest "
                                "WHERE DIGEST_TEXT LIKE 'SELECT%`t`%' AND SUM_ROWS_SENT > 0")
    assert read and max(read)[0] <= 2000, read


@PAIRS
def test_a_table_that_is_missing_is_found(pair, program):
    """… and known no more once it is there again."""
    pair.source.sql("CREATE DATABASE d; CREATE TABLE d.t (id INT PRIMARY KEY); CREATE TABLE d.u (id INT PRIMARY KEY);"
                    "INSERT INTO d.t VALUES (1), (2); INSERT INTO d.u VALUES (1)")
    task = program.task("t", pair, ["d"], settings={"verify.continuous": "yes", "verify.budget": "50"})
    running = start(task)
    pair.destination.sql("RENAME TABLE d.t TO d.away")
    running.until(lambda: verify(task)["found"] == 1, "the table")
    assert [(each["table"], each["kind"], each["key"]) for each in verify(task)["differences"]] == [("t", "missing", "*")]
    pair.destination.sql("RENAME TABLE d.away TO d.t")
    running.until(lambda: verify(task)["differences_known"] == 0, "it to be there again")
    running.stop().succeeded()


@pytest.mark.pairs("mariadb-mariadb")
def test_a_pass_goes_on_where_it_was(pair, program):
    """Killed in the middle of a table; what it had found and counted is still there."""
    names = [f"t{n:02}" for n in range(12)]
    pair.source.sql("CREATE DATABASE d", *(f"CREATE TABLE d.{name} (id INT PRIMARY KEY, v INT)" for name in names),
                    *(f"INSERT INTO d.{name} SELECT seq, seq FROM d.seq_1_to_12000" for name in names))
    task = program.task("t", pair, ["d"], settings={"verify.budget": "2"})
    running = start(task)
    pair.destination.sql("UPDATE d.t00 SET v = 0 WHERE id = 5")
    set_keys(task, continuous="yes")

    def place(told):
        return told["passes"], told["database"], told["table"], told["tables_done"]

    def in_the_middle():
        told = kept(task)
        return told["found"] == 1 and told["tables_done"] >= 1 and told["place"] and told

    before = running.until(in_the_middle, "the second table", 180)
    running.kill()
    running = start(task)
    after = running.until(lambda: (told := verify(task))["state"] == "running" and told["database"] and told,
                          "the comparison to go on")
    assert place(after) >= place(before)
    assert after["rows"] >= before["rows"] and after["found"] == 1
    assert [each["key"] for each in after["differences"]] == ["id=5"]
    set_keys(task, budget="50")
    told = running.until(lambda: (told := verify(task))["passes"] >= 1 and told, "the pass to end")
    assert told["rows"] < (told["passes"] + 1) * len(names) * 12000, "what it had done was not done again"
    running.stop().succeeded()


def unverified(task):
    return {table["table"]: table["unverified"] for table in task.status()["progress"]["tables"]}


@PAIRS
def test_a_large_table_without_a_key(pair, program):
    """Whose rows are there twice, so that two of them that are others, and alike, must not cancel each other."""
    pair.source.sql("CREATE DATABASE d", "CREATE TABLE d.bag (v INT, w VARCHAR(20))", "INSERT INTO d.bag VALUES (1, 'a'), (2, NULL)")
    for _ in range(16):
        pair.source.sql("INSERT INTO d.bag SELECT * FROM d.bag")
    pair.source.sql("INSERT INTO d.bag VALUES (7, 'twice'), (7, 'twice')")
    task = program.task("t", pair, ["d"], settings={"verify.budget": "50", "precheck.ignore": "CHECK_PRIMARY_KEY", "sync.lock_for_keyless": "yes"})
    running = start(task)
    pair.destination.sql("UPDATE d.bag SET w = 'again' WHERE v = 7")
    set_keys(task, continuous="yes")
    running.until(lambda: verify(task)["found"] == 1, "the two rows")
    assert [(each["table"], each["kind"], each["key"]) for each in verify(task)["differences"]] == [("bag", "different", "*")]
    pair.destination.sql("UPDATE d.bag SET w = 'twice' WHERE v = 7")
    running.until(lambda: verify(task)["differences_known"] == 0, "them to be as they were")
    told = verify(task)
    assert told["gone"] == 1 and told["tables_left_out"] == 0 and unverified(task) == {"bag": None}

    def sent():
        return int(pair.destination.sql("SHOW GLOBAL STATUS LIKE 'Bytes_sent'")[0][1])

    before, passes = sent(), told["passes"]
    running.until(lambda: verify(task)["passes"] >= passes + 2, "two more passes")
    assert sent() - before < 500000, "the servers make digests of it: its rows need not be read"
    running.stop().succeeded()


@pytest.mark.pairs("mariadb-mariadb")
def test_what_is_left_out_says_why(pair, program):
    pair.source.sql("CREATE DATABASE d; CREATE TABLE d.restless (v INT); CREATE TABLE d.some (id INT PRIMARY KEY); CREATE TABLE d.all_ (id INT PRIMARY KEY)",
                    "INSERT INTO d.restless SELECT seq FROM d.seq_1_to_100000; INSERT INTO d.some VALUES (1); INSERT INTO d.all_ VALUES (1)")
    task = program.task("t", pair, ["d"], settings={"verify.continuous": "yes", "verify.budget": "50", "objects.operations.1": "d.some: insert"})
    running = start(task)
    pair.destination.sql("INSERT INTO d.restless VALUES (5)")           # large enough to be changed while it is looked at
    with Writer(pair.source, 1, statement=lambda choice: "UPDATE restless SET v = v + 10 WHERE SLEEP(0.03) = 0 LIMIT 1") as writer:
        running.until(lambda: unverified(task) == {"restless": "restless", "some": "operations", "all_": None}, "the reasons")
        running.until(lambda: "it never rests" in task.command("status").succeeded().out, "them to be told in words")
        writer.check()
    running.until(lambda: verify(task)["found"] == 1 and unverified(task)["restless"] is None, "it to have rested")
    running.stop().succeeded()


# --- changed rows --------------------------------------------------------------------------------------------

@pytest.mark.pairs("mariadb-mariadb", "mysql9-mysql9", "mysql56-mariadb")
def test_rows_that_are_changed_are_looked_at(pair, program):
    """A change that leaves the difference as it is, of a column that has none; beside rows nobody touches."""
    pair.source.sql("CREATE DATABASE d; CREATE TABLE d.t (id INT PRIMARY KEY, a INT, b INT)",
                    "INSERT INTO d.t VALUES " + ", ".join(f"({n}, 0, 0)" for n in range(100)))
    task = program.task("t", pair, ["d"], settings={"verify.incremental": "yes", "verify.budget": "50"})
    running = start(task)
    pair.destination.sql("CREATE TRIGGER d.spoil BEFORE UPDATE ON d.t FOR EACH ROW SET NEW.b = IF(NEW.id = 7, 9, NEW.b)",
                         "UPDATE d.t SET b = 5 WHERE id = 50", "DELETE FROM d.t WHERE id = 8", "INSERT INTO d.t VALUES (200, 0, 0)")
    pair.source.sql("UPDATE d.t SET a = a + 1 WHERE id < 20; INSERT INTO d.t VALUES (200, 1, 1); DELETE FROM d.t WHERE id = 9")
    running.until(lambda: verify(task)["checked"] >= 20 and verify(task)["found"] >= 1, "the changed rows")
    pair.source.sql("UPDATE d.t SET a = a + 1 WHERE id = 7")
    running.until(lambda: verify(task)["found"] >= 1, "the row")
    told = verify(task)
    assert [(each["key"], each["kind"]) for each in told["differences"]] == [("id=7", "different")], told
    assert told["passes"] == 0 and told["dropped"] == 0
    pair.destination.sql("DROP TRIGGER d.spoil")
    pair.source.sql("DELETE FROM d.t WHERE id = 7")
    running.until(lambda: verify(task)["differences_known"] == 0, "the difference to go")
    assert verify(task)["gone"] == 1
    running.stop().succeeded()


# --- its price -----------------------------------------------------------------------------------------------

@pytest.mark.pairs("mariadb-mariadb", "mysql9-mysql9")
def test_the_budget_holds(pair, program):
    """Of both servers' time as their own statistics of our sessions would have it: what the program measured, against the
    wall, over a stretch of passes."""
    pair.source.sql("CREATE DATABASE d; CREATE TABLE d.t (id INT PRIMARY KEY, v VARCHAR(200))")
    for first in range(0, 40000, 10000):
        pair.source.sql("INSERT INTO d.t VALUES " + ", ".join(f"({n}, '{n:0200}')" for n in range(first, first + 10000)))
    task = program.task("t", pair, ["d"], settings={"verify.continuous": "yes", "verify.budget": "5"})
    running = start(task)

    def holds():
        told = verify(task)
        return told["rows"] > 20000 and 0 < told["source_share"] <= 12 and 0 < told["destination_share"] <= 12

    running.until(holds, "some rows, and no more of the servers' time than that", 400)     # twenty times what the servers take
    running.stop().succeeded()


@pytest.mark.pairs("mariadb-mariadb")
def test_it_waits_for_a_task_that_lags(pair, program):
    pair.source.sql("CREATE DATABASE d; CREATE TABLE d.t (id INT PRIMARY KEY, v INT)",
                    "INSERT INTO d.t SELECT seq, 0 FROM d.seq_1_to_5000")
    task = program.task("t", pair, ["d"], settings={"verify.continuous": "yes", "sync.incremental_max_rows": "100"})
    running = start(task)
    running.until(lambda: verify(task)["state"] == "running", "it to run")
    pair.source.sql(*["UPDATE d.t SET v = v + 1"] * 10)                 # eight minutes of it
    running.until(lambda: verify(task)["waits_for"] == "lag", "it to wait")
    task.program.run("task", "set", task.path, "sync.incremental_max_rows=0").succeeded()
    running.until(lambda: verify(task)["state"] == "running", "it to run again")
    set_keys(task, continuous="no")
    running.until(lambda: verify(task)["state"] == "off", "it to end")
    running.stop().succeeded()


@pytest.mark.long
@pytest.mark.pairs("mariadb-mariadb")
def test_a_task_that_always_lags_is_verified_all_the_same(pair, program):
    """What is on its way is no difference, however long it takes."""
    pair.source.sql("CREATE DATABASE d; CREATE TABLE d.t (id INT PRIMARY KEY, v INT); CREATE TABLE d.still (id INT PRIMARY KEY)",
                    "INSERT INTO d.t SELECT seq, 0 FROM d.seq_1_to_100", "INSERT INTO d.still SELECT seq FROM d.seq_1_to_2000")
    task = program.task("t", pair, ["d"], settings={"verify.budget": "50", "sync.incremental_max_rows": "100"})
    running = start(task)
    pair.source.sql(*["UPDATE d.t SET v = v + 1"] * 600)                # ten minutes of it
    pair.destination.sql("DELETE FROM d.still WHERE id = 7")
    running.until(lambda: task.status()["progress"]["lag_seconds"] > 5, "the task to lag")
    set_keys(task, continuous="yes")
    running.until(lambda: verify(task)["waits_for"] == "lag", "it to wait")
    running.until(lambda: verify(task)["passes"] >= 2, "two passes", 400)
    assert task.status()["progress"]["lag_seconds"] > 5
    task.program.run("task", "set", task.path, "sync.incremental_max_rows=0").succeeded()
    running.until(lambda: verify(task)["found"] >= 1 and task.status()["progress"]["lag_seconds"] < 5, "the difference", 300)
    next_pass(running, task)
    assert [each["key"] for each in verify(task)["differences"]] == ["id=7"]
    running.stop().succeeded()


@pytest.mark.pairs("mysql56-mariadb", "mariadb-mariadb")
def test_nothing_of_it_is_left_behind(pair, program):
    """A source without GTIDs is asked by writing to it: not any more once the task is released."""
    pair.source.sql("CREATE DATABASE d; CREATE TABLE d.t (id INT PRIMARY KEY, v INT); INSERT INTO d.t VALUES (1, 1)")
    task = program.task("t", pair, ["d"], settings={"verify.continuous": "yes", "verify.budget": "50"})
    running = start(task)
    pair.destination.sql("INSERT INTO d.t VALUES (2, 2)")
    running.until(lambda: verify(task)["differences_known"] == 1, "the row")
    task.command("release").succeeded()
    assert running.wait().code == 0 and task.status()["state"] == "Released"
    assert pair.source.value("SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = 'dts'") == 0


# --- schemas -------------------------------------------------------------------------------------------------

@PAIRS
def test_schema_changes_meanwhile(pair, program):
    """Equal tables swap their names, columns come, change their types and go; nothing of that is a difference."""
    changing = Swapped(pair.source)
    task = program.task("t", pair, ["d"], settings={"verify.continuous": "yes", "verify.incremental": "yes",
                                                    "verify.budget": "50"})
    running = start(task)
    seed = rds.seed()
    print(f"seed {seed}")
    with changing.writer(seed) as writer:
        for number in range(4):
            changing.swap(number, f"ALTER TABLE a MODIFY v {'BIGINT' if number % 2 else 'INT'}")
            running.until(lambda: task.status()["progress"]["counters"]["ddls"] >= 4 * number + 4, "the changes")
        next_pass(running, task)
        writer.check()
    assert verify(task)["found"] == 0, verify(task)
    running.stop().succeeded()
