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
    assert "rds-sync table resync t d.child d.parent" in ended.err, ended.err
    table(task, "resync", "d.child", "d.parent").succeeded()
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


MANY = "INSERT INTO d.parent VALUES " + ", ".join(f"({n}, 3)" for n in range(5000, 20000))
SLOW = {"sync.full_max_rows": 100, "sync.chunk_size": "64K"}


def met_a_copy(pair, program, held, other):
    """A task that has stopped at the key, since the other table is being copied."""
    make(pair, MANY)
    task = program.task("t", pair, [held], settings=SLOW)
    running = task.start()
    synchronizing(running, task, held)
    set_objects(task, "d.child d.parent").succeeded()
    running.until(lambda: state_of(task, other) == "joining" and pair.destination.sql(f"SHOW TABLES FROM d LIKE '{other[2:]}'"), "the copy")
    bind(pair)
    ended = running.wait().exited(1)
    assert "RS-1018" in ended.err and "rds-sync table resync t d.child d.parent" in ended.err, ended.err
    program.run("task", "set", task.path, "sync.full_max_rows=0").succeeded()
    return task


@pytest.mark.pairs("mariadb-mariadb")
def test_a_table_that_is_being_copied_can_not_be_waited_for(pair, program):
    task = met_a_copy(pair, program, "d.child", "d.parent")
    table(task, "resync", "d.child", "d.parent").succeeded()
    check(pair, task)


@pytest.mark.pairs("mariadb-mariadb")
def test_a_child_that_is_being_copied_stops_alone(pair, program):
    make(pair, "INSERT INTO d.child (p, v) VALUES " + ", ".join(["(7, 3)"] * 15000))
    task = program.task("t", pair, ["d.parent"], settings=SLOW)
    running = task.start()
    synchronizing(running, task, "d.parent")
    set_objects(task, "d.child d.parent").succeeded()
    running.until(lambda: pair.destination.sql("SHOW TABLES FROM d LIKE 'child'"), "the copy")
    bind(pair)
    program.run("task", "set", task.path, "sync.full_max_rows=0").succeeded()
    remedy = "rds-sync table resync t d.child d.parent"
    running.until(lambda: any(p["code"] == "RS-1018" and remedy in (p["hint"] or "") for p in told(task)["problems"]), "the child's copy to stop there")
    table(task, "resync", "d.child", "d.parent").succeeded()
    synchronizing(running, task, "d.child", "d.parent")
    running.stop().succeeded()
    check(pair, task)


@pytest.mark.pairs("mariadb-mariadb")
@pytest.mark.parametrize("step", ["side-saved"] + [pytest.param(step, marks=pytest.mark.long) for step in (
    "side-made", "side-emptied", "planned", "table-made", "keyless-loaded", "copy-done", "side-asks", "side-joins", "side-joined")])
def test_killed_while_both_are_copied_anew(pair, program, step):
    """Until all is stored of what was asked for nothing is; then it is done however often the program is killed."""
    task = met_a_copy(pair, program, "d.child", "d.parent")
    program.env["RDS_SYNC_CRASH_AT"] = step
    asked = table(task, "resync", "d.child", "d.parent").code
    if asked != -9:
        task.run("--until=synchronized").exited(-9)
    del program.env["RDS_SYNC_CRASH_AT"]
    if step == "side-made":
        table(task, "resync", "d.child", "d.parent").succeeded()
    check(pair, task)


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
    assert "RS-1018" in ended.err and "rds-sync table resync t d.child d.parent" in ended.err, ended.err
    table(task, "resync", "d.child", "d.parent").succeeded()
    pair.source.sql("DELETE FROM d.parent WHERE id = 3")
    task.synchronize()
    assert compare.compare_databases(pair.source, pair.destination, ["d"]) == []
    assert state_of(task, "d.child") == state_of(task, "d.parent") == "synchronizing"


def waits(program):
    return sum(path.read_text(encoding="utf-8").count("waits before a foreign key") for path in program.home.rglob("*.log"))


def added(pair, running, task, *names):
    set_objects(task, " ".join(names)).succeeded()
    running.until(lambda: pair.destination.sql(f"SHOW TABLES FROM d LIKE '{names[-1][2:]}'"), "its copy")


@pytest.mark.pairs("mariadb-mariadb")
def test_a_table_that_is_added_while_the_other_one_is_on_its_way(pair, program):
    """Who reads the log for the parent learns of the child, or would go past the key alone. The task hardly comes to let it join
    before: it stands before a row that somebody else has locked."""
    make(pair, MANY, "CREATE TABLE d.third (id INT PRIMARY KEY, v INT)", "INSERT INTO d.third VALUES (1, 0)")
    pair.destination.set_global(innodb_lock_wait_timeout=1)
    task = program.task("t", pair, ["d.third"], settings=SLOW)
    running = task.start()
    synchronizing(running, task, "d.third")
    added(pair, running, task, "d.third", "d.parent")
    added(pair, running, task, "d.third", "d.parent", "d.child")
    with pair.destination.connect("d", autocommit=False) as other, other.cursor() as cursor:
        cursor.execute("SELECT * FROM third FOR UPDATE")
        pair.source.sql("UPDATE d.third SET v = 1")
        running.until(lambda: told(task)["state"] == "Retrying", "the task to stand there")
        program.run("task", "set", task.path, "sync.full_max_rows=0").succeeded()
        under_way = "SELECT COUNT(*) FROM dts.rds_sync_task WHERE parent <> '' AND phase <> 'follow'"
        running.until(lambda: pair.destination.value(under_way) == 0, "both to be copied")
        bind(pair)
        running.until(lambda: waits(program) + sum(state_of(task, name) == "synchronizing" for name in SIDES["child in the task"]) >= 2,
                      "both to stand before the key, or to have joined")
        other.rollback()
    synchronizing(running, task, "d.child", "d.parent", "d.third")
    running.stop().succeeded()
    check(pair, task)


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
