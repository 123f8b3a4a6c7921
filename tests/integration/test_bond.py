"""A foreign key with an action that is added between a table of the task and one that is on its way into it, or suspended:
both come to stand right before the statement, and go on as one. What such a key does is not in the source's log."""

import pytest

import compare
from test_change_objects import set_objects, state_of, synchronizing, table, told

pytestmark = pytest.mark.pairs("mariadb-mariadb", "mysql9-mysql9")

ADDED = "ALTER TABLE {child} ADD CONSTRAINT bond FOREIGN KEY (p) REFERENCES {parent} (id) ON DELETE CASCADE ON UPDATE CASCADE"
SIDES = {"child in the task": ("d.child", "d.parent"), "parent in the task": ("d.parent", "d.child")}

either = pytest.mark.parametrize("held, other", SIDES.values(), ids=SIDES)


def hides(pair):
    """MySQL's log has what a cascade does since 9.6."""
    return "mysql9" not in pair.name


def make(pair, *more):
    pair.source.sql("CREATE DATABASE d", "CREATE TABLE d.parent (id INT PRIMARY KEY, v INT)",
                    "CREATE TABLE d.child (id INT PRIMARY KEY AUTO_INCREMENT, p INT, v INT, KEY (p))",
                    "INSERT INTO d.parent VALUES " + ", ".join(f"({n}, 0)" for n in range(1, 60)),
                    "INSERT INTO d.child (p, v) VALUES " + ", ".join(f"({n}, 0)" for n in range(1, 60) for _ in range(3)), *more)


def bind(pair, before=(), after=()):
    """Changes before the key, the key, and what it does, among changes of both tables."""
    pair.source.sql("UPDATE d.parent SET v = 1 WHERE id < 20", "DELETE FROM d.child WHERE p = 1", "DELETE FROM d.parent WHERE id = 1", *before,
                    ADDED.format(child="d.child", parent="d.parent"), "DELETE FROM d.parent WHERE id IN (2, 3, 4)",
                    "UPDATE d.parent SET id = id + 1000 WHERE id IN (5, 6)", "INSERT INTO d.child (p, v) VALUES (1005, 7), (8, 7)",
                    "DELETE FROM d.parent WHERE id IN (8, 1006)", *after)


def near(pair, program, held, other):
    """A task whose side has been copied and is about to join."""
    make(pair)
    task = program.task("t", pair, [held])
    task.synchronize()
    set_objects(task, "d.parent d.child").succeeded()
    task.crash_at("side-asks")
    return task


def check(pair, task):
    task.synchronize()
    assert compare.compare_databases(pair.source, pair.destination, ["d"]) == []
    assert pair.destination.value("SELECT COUNT(*) FROM d.child WHERE p IN (1, 2, 3, 4, 5, 6, 8, 1006)") == 0
    assert pair.destination.value("SELECT COUNT(*) FROM d.child WHERE p = 1005") == 4
    assert told(task)["counters"]["anomalies"] == 0
    assert state_of(task, "d.child") == state_of(task, "d.parent") == "synchronizing"
    pair.source.sql("DELETE FROM d.parent WHERE id = 20")
    task.synchronize()
    assert compare.compare_databases(pair.source, pair.destination, ["d"]) == []


@either
def test_a_table_that_is_about_to_join(pair, program, held, other):
    task = near(pair, program, held, other)
    bind(pair)
    check(pair, task)


@pytest.mark.pairs("mariadb-mariadb")
@pytest.mark.parametrize("step", ["task-at-bond", "side-at-bond", "side-joined"] +
                         [pytest.param(step, marks=pytest.mark.long) for step in ("side-asks", "side-awaited", "side-joins", "ddl-intended",
                                                                                "ddl-executed", "ddl-done")])
@either
def test_killed_on_the_way(pair, program, held, other, step):
    task = near(pair, program, held, other)
    bind(pair)
    task.crash_at(step)
    check(pair, task)


@either
def test_a_suspended_table_is_waited_for_once_it_is_resumed(pair, program, held, other):
    make(pair)
    task = program.task("t", pair, ["d"])
    task.synchronize()
    table(task, "suspend", other).succeeded()
    bind(pair)
    if not hides(pair):
        table(task, "resume", other).succeeded()
        return check(pair, task)
    if held == "d.child":
        ended = task.run("--until=synchronized").exited(1)
        assert "RS-1018" in ended.err and "resume d.parent" in ended.err, ended.err
    table(task, "resume", other).succeeded()
    return check(pair, task)


@pytest.mark.pairs("mariadb-mariadb")
def test_a_suspended_child_that_was_left_behind_says_so(pair, program):
    """The task has gone past the key: what that has done since is nowhere. Only both together, copied anew, are right again."""
    make(pair)
    task = program.task("t", pair, ["d"])
    task.synchronize()
    table(task, "suspend", "d.child").succeeded()
    bind(pair)
    task.synchronize()
    table(task, "resume", "d.child").succeeded()
    ended = task.run("--until=synchronized").exited(1)
    assert "RS-1018" in ended.err and "d.child" in ended.err and "d.parent" in ended.err, ended.err
    rows = pair.destination.value("SELECT COUNT(*) FROM d.child")
    table(task, "resync", "d.child")
    ended = task.run("--until=synchronized").exited(1)
    assert "RS-1018" in ended.err and pair.destination.value("SELECT COUNT(*) FROM d.child") == rows, "it is not emptied for nothing"
    again_together(pair, program, task)


def again_together(pair, program, task):
    pair.source.sql("CREATE TABLE IF NOT EXISTS d.third (id INT PRIMARY KEY)")
    program.run("task", "set", task.path, "objects.include=d.third").succeeded()
    task.synchronize()
    pair.destination.sql("DROP TABLE d.child, d.parent")
    program.run("task", "set", task.path, "objects.include=d").succeeded()
    check(pair, task)


OF_COLUMN = ("ALTER TABLE d.child ADD q INT REFERENCES d.parent (id) ON DELETE CASCADE", "UPDATE d.child SET q = p WHERE p < 30",
             "DELETE FROM d.parent WHERE id IN (2, 3, 4)", "INSERT INTO d.child (p, q, v) VALUES (5, 5, 7)", "DELETE FROM d.parent WHERE id = 5")


@either
def test_a_key_in_a_column_s_own_definition(pair, program, held, other):
    """MariaDB makes it since 10.5, MySQL since 9.0."""
    task = near(pair, program, held, other)
    pair.source.sql(*OF_COLUMN)
    task.synchronize()
    assert compare.compare_databases(pair.source, pair.destination, ["d"]) == []
    assert pair.destination.value("SELECT COUNT(*) FROM d.child WHERE q IN (2, 3, 4, 5)") == 0
    assert told(task)["counters"]["anomalies"] == 0


@pytest.mark.pairs("mariadb-mariadb", "mysql9-mysql9", "mysql56-mariadb")
def test_such_a_key_within_the_task(pair, program):
    make(pair)
    task = program.task("t", pair, ["d"])
    task.synchronize()
    pair.source.sql(*OF_COLUMN)
    task.synchronize()
    assert compare.compare_databases(pair.source, pair.destination, ["d"]) == []
    assert pair.destination.value("SELECT COUNT(*) FROM d.child WHERE q IN (2, 3, 4, 5)") == (13 if "mysql56" in pair.name else 0)
    assert told(task)["counters"]["anomalies"] == 0


@pytest.mark.pairs("mysql56-mariadb")
def test_what_the_server_reads_and_forgets_is_not_waited_for(pair, program):
    make(pair)
    task = program.task("t", pair, ["d"])
    task.synchronize()
    table(task, "suspend", "d.parent").succeeded()
    pair.source.sql(*OF_COLUMN)
    task.synchronize()
    assert pair.destination.value("SELECT COUNT(*) FROM d.child WHERE q IN (2, 3, 4, 5)") == 13
    table(task, "resume", "d.parent").succeeded()
    task.synchronize()
    assert compare.compare_databases(pair.source, pair.destination, ["d"]) == []


@pytest.mark.pairs("mariadb-mariadb")
def test_a_table_that_is_being_copied_can_not_be_waited_for(pair, program):
    make(pair, "INSERT INTO d.parent VALUES " + ", ".join(f"({n}, 3)" for n in range(5000, 20000)))
    task = program.task("t", pair, ["d.child"], settings={"sync.full_max_rows": 100, "sync.chunk_size": "64K"})
    running = task.start()
    synchronizing(running, task, "d.child")
    set_objects(task, "d.child d.parent").succeeded()
    running.until(lambda: state_of(task, "d.parent") == "joining" and pair.destination.sql("SHOW TABLES FROM d LIKE 'parent'"), "the copy")
    bind(pair)
    ended = running.wait().exited(1)
    assert "RS-1018" in ended.err and "add them again together" in ended.err, ended.err
    program.run("task", "set", task.path, "sync.full_max_rows=0").succeeded()
    again_together(pair, program, task)


@pytest.mark.pairs("mariadb-mariadb")
def test_two_that_are_added_one_after_the_other(pair, program):
    """A key that was there all the time connects them: each is copied as of a moment of its own, so they don't join."""
    make(pair, "CREATE TABLE d.third (id INT PRIMARY KEY)", ADDED.format(child="d.child", parent="d.parent"))
    task = program.task("t", pair, ["d.third"])
    task.synchronize()
    set_objects(task, "d.third d.parent").succeeded()
    task.crash_at("side-asks")
    set_objects(task, "d.third d.parent d.child").succeeded()
    ended = task.run("--until=synchronized").exited(1)
    assert "RS-1018" in ended.err and "d.child" in ended.err and "together" in ended.err, ended.err


def test_a_key_without_an_action_needs_no_waiting(pair, program):
    make(pair)
    task = program.task("t", pair, ["d"])
    task.synchronize()
    table(task, "suspend", "d.parent").succeeded()
    pair.source.sql("ALTER TABLE d.child ADD CONSTRAINT plain FOREIGN KEY (p) REFERENCES d.parent (id)", "INSERT INTO d.parent VALUES (700, 1)",
                    "INSERT INTO d.child (p, v) VALUES (700, 1)")
    task.synchronize()
    assert pair.destination.value("SELECT COUNT(*) FROM d.child WHERE p = 700") == 1
    table(task, "resume", "d.parent").succeeded()
    task.synchronize()
    assert compare.compare_databases(pair.source, pair.destination, ["d"]) == []
