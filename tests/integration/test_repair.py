"""Repair of what differs: exactly that, while the task runs and writers write, and after a crash at any step."""

import pytest

import compare
import rds
from test_verify import KEYLESS, TABLES, WHERE, Swapped, Writer, changed, fill, found, plant, verify_beside

PAIRS = pytest.mark.pairs("mariadb-mariadb", "mysql9-mysql9", "mysql56-mariadb")


@pytest.fixture
def task(pair, program):
    fill(pair.source)
    return program.task("t", pair, ["d"], settings={"sync.retry_other": "0"})


def start(task):
    running = task.start("--skip-precheck-warnings")
    running.until(lambda: task.status()["state"] == "Synchronizing", "Synchronizing")
    return running


def same(pair):
    return compare.compare_databases(pair.source, pair.destination, ["d"])


def repair(task, *args, seconds=300):
    return task.command("verify", "--repair", "--json", *args, seconds=seconds)


def limit(task, rows):
    task.program.run("task", "set", task.path, f"sync.incremental_max_rows={rows}").succeeded()


def anomalies(task):
    return task.status()["progress"]["counters"]["anomalies"]


def settle(pair):
    try:
        rds.wait_until(lambda: not same(pair), "both sides to be the same")
    except AssertionError:
        assert same(pair) == []
        raise


# --- exactly what differs -----------------------------------------------------------------------------------

@PAIRS
def test_every_kind_of_difference_is_mended_and_nothing_else(pair, task):
    running = start(task)
    expected = plant(pair.destination)
    told = [each.succeeded().json for each in verify_beside(task, TABLES, "--repair")]
    assert sorted(pair for each in told for pair in found(each)) == expected
    repairs = [each for run in told for each in run["repairs"]]
    deleted = sum(each["deleted"] for each in repairs)
    written = sum(each["written"] for each in repairs)
    # a row of a table without a key that differs is one too many and one too few
    assert (deleted, written) == (len(TABLES) + len(KEYLESS), 2 * len(TABLES))
    assert same(pair) == []
    assert task.verify().succeeded().json["same"]
    assert running.stop().succeeded() and task.status()["progress"]["counters"]["anomalies"] == 0


@PAIRS
def test_repair_while_writers_change_the_very_rows(pair, task):
    """The stream is held back, so that what is read from the source has changes that come later, of the same rows."""
    running = start(task)
    seed = rds.seed()
    print(f"seed {seed}")
    names = sorted(set(TABLES) - KEYLESS)
    with Writer(pair.source, seed, names) as writer:
        for name in names:
            # row 3 is never written, the others all the time
            pair.destination.sql(f"UPDATE {name} SET {changed(name)} WHERE {WHERE[name](3)}",
                                 f"DELETE FROM {name} WHERE {WHERE[name](20)}",
                                 f"REPLACE INTO {name} VALUES {TABLES[name][1](21)}", db="d")
        limit(task, 20)
        writer.more(400)
        for name in names:
            done = task.command("repair", f"d.{name}", "--json", seconds=200).succeeded().json
            assert done["parts"] >= 1 and done["written"] >= 1, done
        before = anomalies(task)
        told = running.until(lambda: (seen := task.status()["progress"])["throttled"] == "incremental_max_rows" and seen, "the limit to hold")
        assert not told["consistent"], "what was repaired is ahead of the other tables"
        assert {table["state"] for table in told["tables"]} == {"synchronizing"} and told["state"] == "Synchronizing"
        limit(task, 0)
        writer.more(200)
    settle(pair)
    running.until(lambda: task.status()["progress"]["consistent"], "what was repaired not to be ahead any more")
    assert anomalies(task) == before, "changes that the repaired rows have already are no anomalies, later ones are strict"
    running.stop().succeeded()


@PAIRS
def test_unique_values_that_were_exchanged(pair, program):
    """Neither row can be written before the other is out of the way."""
    pair.source.sql("CREATE DATABASE d; CREATE TABLE d.t (id INT PRIMARY KEY, u VARCHAR(9) NOT NULL UNIQUE)",
                    "INSERT INTO d.t VALUES " + ", ".join(f"({n}, 'u{n}')" for n in range(1200)))
    task = program.task("t", pair, ["d"])
    running = start(task)
    pair.destination.sql("UPDATE d.t SET u = 'x' WHERE id = 5; UPDATE d.t SET u = 'u5' WHERE id = 1100;"
                         "UPDATE d.t SET u = 'u1100' WHERE id = 5")
    repair(task).succeeded()
    assert same(pair) == []
    running.stop().succeeded()


@pytest.mark.pairs("mariadb-mariadb", "mysql9-mysql9")
def test_columns_that_only_the_destination_has_are_kept(pair, program):
    pair.source.sql("CREATE DATABASE d; CREATE TABLE d.t (id INT PRIMARY KEY, v INT); INSERT INTO d.t VALUES (1, 1), (2, 2)")
    task = program.task("t", pair, ["d"])
    running = start(task)
    pair.destination.sql("ALTER TABLE d.t ADD COLUMN note VARCHAR(9)")
    running.stop().succeeded()
    running = start(task)
    pair.destination.sql("UPDATE d.t SET note = 'kept', v = 9 WHERE id = 2")
    assert task.command("repair", "d.t", "--json").succeeded().json["written"] == 1
    assert pair.destination.value("SELECT CONCAT(v, note) FROM d.t WHERE id = 2") == "2kept"
    running.stop().succeeded()


@pytest.mark.pairs("mariadb-mariadb", "mysql9-mysql9")
def test_a_table_without_a_key_is_mended_by_exactly_the_surplus(pair, program):
    pair.source.sql("CREATE DATABASE d; CREATE TABLE d.t (a INT, b VARCHAR(9)); INSERT INTO d.t VALUES (1, 'x'), (1, 'x'), (1, 'x'),"
                    " (2, 'y'), (NULL, NULL)")
    task = program.task("t", pair, ["d"])
    running = start(task)
    pair.destination.sql("DELETE FROM d.t WHERE a = 1; INSERT INTO d.t VALUES (2, 'y'), (2, 'Y'), (NULL, 'z'); DELETE FROM d.t WHERE a IS NULL"
                         " AND b IS NULL")
    told = task.command("repair", "d.t", "--json").succeeded().json
    assert (told["deleted"], told["written"]) == (3, 4)
    assert same(pair) == []
    running.stop().succeeded()


@PAIRS
def test_a_family_with_cascades(pair, program):
    """What the log does not show can't be applied twice: mended only while nothing changes it."""
    pair.source.sql("CREATE DATABASE d; CREATE TABLE d.p (id INT PRIMARY KEY, v INT); CREATE TABLE d.c (id INT PRIMARY KEY, p INT,"
                    " FOREIGN KEY (p) REFERENCES d.p (id) ON DELETE CASCADE ON UPDATE CASCADE);"
                    "INSERT INTO d.p VALUES (1, 1), (2, 2), (3, 3); INSERT INTO d.c VALUES (10, 1), (20, 2), (30, 3)")
    task = program.task("t", pair, ["d"])
    running = start(task)
    pair.destination.sql("SET foreign_key_checks = 0; DELETE FROM d.p WHERE id = 1; UPDATE d.c SET p = 3 WHERE id = 20")
    repair(task).succeeded()
    assert same(pair) == []
    pair.source.sql("DELETE FROM d.p WHERE id = 2; UPDATE d.p SET id = 7 WHERE id = 1")
    settle(pair)
    running.stop().succeeded()


# --- what can't be repaired --------------------------------------------------------------------------------

@pytest.mark.pairs("mariadb-mariadb")
def test_refused_by_name(pair, program):
    pair.source.sql("CREATE DATABASE d; CREATE TABLE d.t (id INT PRIMARY KEY); CREATE TABLE d.m (id INT PRIMARY KEY) ENGINE=MyISAM")
    task = program.task("t", pair, ["d"], settings={"sync.dml": "insert update"})
    result = task.command("repair", "d.t").exited(2)
    assert "RS-1009" in result.err and "rds-sync run" in result.err
    running = start(task)
    assert "RS-7003" in task.command("repair", "d.t").exited(2).err
    running.stop().succeeded()
    other = program.task("u", pair, ["d"], settings={"sync.existing_tables": "ignore"})
    running = start(other)
    assert "no transactions" in other.command("repair", "d.m").exited(2).err
    assert "does not belong" in other.command("repair", "e.t").exited(2).err
    assert "no place in the table's key" in other.command("repair", "d.t", "--after=x31,x32").exited(2).err
    assert "no place in the table's key" in other.command("repair", "d.t", "--upto=abc").exited(2).err
    other.command("repair", "d.t", "--after=x31", "--upto=x32").succeeded()
    running.stop().succeeded()


@pytest.mark.pairs("mariadb-mariadb")
def test_rows_that_one_table_keeps_on_purpose(pair, program):
    """Deletes of d.kept are left out, and so are wanted at the destination; other tables are none the worse for it."""
    pair.source.sql("CREATE DATABASE d", "CREATE TABLE d.kept (id INT PRIMARY KEY)", "CREATE TABLE d.t (id INT PRIMARY KEY)",
                    "INSERT INTO d.kept VALUES (1), (2)", "INSERT INTO d.t VALUES (1), (2)")
    task = program.task("t", pair, ["d"], settings={"objects.operations.1": "d.kept: insert update"})
    running = start(task)
    pair.source.sql("DELETE FROM d.kept WHERE id = 1", "INSERT INTO d.kept VALUES (3)")
    running.until(lambda: pair.destination.value("SELECT MAX(id) FROM d.kept") == 3, "the changes")
    pair.destination.sql("DELETE FROM d.t WHERE id = 2")
    refused = repair(task)
    assert refused.code == 1 and "RS-7003" in refused.err + refused.out, refused
    assert pair.destination.sql("SELECT id FROM d.kept ORDER BY id") == ((1,), (2,), (3,))
    assert pair.destination.value("SELECT COUNT(*) FROM d.t") == 2
    assert "RS-7003" in task.command("repair", "d.kept").exited(2).err
    running.stop().succeeded()


# --- at any moment ------------------------------------------------------------------------------------------

@pytest.mark.pairs("mariadb-mariadb", "mysql9-mysql9")
@pytest.mark.parametrize("step", ("repair-read", "repair-begun", "repair-written", "repair-committed"))
def test_killed_in_the_middle(step, pair, program, task):
    """Needs a program with named steps; one without them dies by the test's hand."""
    running = start(task)
    seed = rds.seed()
    print(f"seed {seed}")
    names = sorted(set(TABLES) - KEYLESS)
    running.stop().succeeded()
    pair.destination.sql("; ".join(f"DELETE FROM {name} WHERE {WHERE[name](20)}; REPLACE INTO {name} VALUES {TABLES[name][1](390)};"
                                   f"UPDATE {name} SET {changed(name)} WHERE {WHERE[name](3)}" for name in names), db="d")
    with Writer(pair.source, seed, names) as writer:
        program.env["RDS_SYNC_CRASH_AT"] = step
        running = start(task)
        del program.env["RDS_SYNC_CRASH_AT"]
        for name in names:
            task.command("repair", f"d.{name}", seconds=200)
            if running.ended:
                break
        running.kill()
        running = start(task)
        for name in names:
            task.command("repair", f"d.{name}", seconds=200).succeeded()
        writer.check()
    settle(pair)
    running.stop().succeeded()


def log_of(program):
    return "".join(path.read_text(encoding="utf-8") for path in program.home.rglob("*.log"))


@pytest.mark.pairs("mariadb-mariadb", "mysql9-mysql9")
def test_a_repair_ends_with_whoever_asked_for_it(pair, program):
    """While there are changes of a table without a key, its repair waits: nobody waits for it any more."""
    pair.source.sql("CREATE DATABASE d; CREATE TABLE d.t (a INT); INSERT INTO d.t VALUES (1), (2), (3)")
    task = program.task("t", pair, ["d"], settings={"precheck.ignore": "CHECK_PRIMARY_KEY", "sync.lock_for_keyless": "yes"})
    running = start(task)
    limit(task, 1)
    pair.destination.sql("DELETE FROM d.t WHERE a = 2")
    for _ in range(4):
        pair.source.sql("INSERT INTO d.t VALUES " + ", ".join(f"({n})" for n in range(100, 160)))
    asked = program.start("repair", task.path, "d.t")
    running.until(lambda: "command=repair" in log_of(program), "the repair to be asked for")
    asked.kill()
    running.until(lambda: any("repair table=d.t" in line and "RS-6001" in line for line in log_of(program).splitlines()), "the repair's end")
    assert pair.destination.value("SELECT COUNT(*) FROM d.t WHERE a = 2") == 0
    limit(task, 0)
    task.command("repair", "d.t", seconds=200).succeeded()
    settle(pair)
    running.stop().succeeded()


@PAIRS
def test_schema_changes_meanwhile(pair, program):
    """Equal tables change their names, columns come and go: what is read must not be taken for what was there before."""
    changing = Swapped(pair.source)
    task = program.task("t", pair, ["d"])
    running = start(task)
    seed = rds.seed()
    print(f"seed {seed}")
    with changing.writer(seed) as writer:
        for number in range(6):
            for statement in ("UPDATE d.a SET v = v + 1 WHERE id < 100", "DELETE FROM d.b WHERE id > 250"):
                rds.insist(pair.destination, statement)
            changing.swap(number)
            for name in "ab":
                task.command("repair", f"d.{name}", "--json", seconds=200).succeeded()
        writer.check()
    settle(pair)
    running.stop().succeeded()
