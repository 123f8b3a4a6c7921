"""Killed at each step of a side's life, and at random, the program neither loses nor doubles a row."""

import random

import pytest

import compare
import rds
from test_change_objects import Writer, make, same, set_objects, state_of, synchronizing, table, told

pytestmark = [pytest.mark.pairs("mariadb-mariadb", "mysql9-mysql9"), pytest.mark.long]

STEPS = ["side-made", "planned", "table-planned", "table-made", "schema-done", "table-copied", "copy-done", "side-asks",
         "side-awaited", "side-joins", "side-joined"]


def has_steps(binary):
    with open(binary, "rb") as program:
        return b"RDS_SYNC_CRASH_AT" in program.read()


def crash(program, task, step, nth=1):
    """Run the task until it kills itself at a step; False where it does not come to it."""
    program.env["RDS_SYNC_CRASH_AT"] = f"{step}:{nth}"
    code = task.run("--until=synchronized").code
    del program.env["RDS_SYNC_CRASH_AT"]
    assert code in (0, -9), code
    return code == -9


@pytest.mark.parametrize("step", STEPS)
def test_a_table_is_added_by_a_program_that_is_killed(pair, program, binary, step):
    if not has_steps(binary):
        pytest.skip("built without --enable-debug")
    make(pair, "d.old", "d.new", "d.more")
    make(pair, "d.nokey", key=False, rows=20)
    task = program.task("t", pair, ["d.old"], settings={"precheck.ignore": "CHECK_PRIMARY_KEY"})
    task.synchronize()
    set_objects(task, "d").succeeded()
    with Writer(pair.source, ["d.old", "d.new", "d.more"]):
        assert crash(program, task, step), "it did not come to this step"
        crash(program, task, step)
        pair.source.sql("INSERT INTO d.nokey (a, b) VALUES (7, 'x'), (7, 'x')")
        pair.source.sql("ALTER TABLE d.more ADD COLUMN c INT DEFAULT 3")
        task.synchronize()
    task.synchronize()
    assert compare.compare_databases(pair.source, pair.destination, ["d"]) == []
    assert told(task)["counters"]["anomalies"] == 0


@pytest.mark.parametrize("step", ["side-made", "side-saved", "side-joins", "side-joined", "side-emptied", "planned",
                                  "table-planned", "copy-done"])
def test_a_table_is_suspended_and_synchronized_anew_by_a_program_that_is_killed(pair, program, binary, step):
    if not has_steps(binary):
        pytest.skip("built without --enable-debug")
    make(pair, "d.good", "d.bad")
    task = program.task("t", pair, ["d"])
    task.synchronize()
    with Writer(pair.source, ["d.good", "d.bad"]):
        program.env["RDS_SYNC_CRASH_AT"] = f"{step}:1"
        codes = [table(task, "suspend", "d.bad").code, table(task, "resume", "d.bad").code, table(task, "resync", "d.bad").code]
        crashed = crash(program, task, step)
        assert crashed or -9 in codes, codes
        task.synchronize()
        if state_of(task, "d.bad") == "suspended":
            table(task, "resume", "d.bad").succeeded()
        task.synchronize()
    task.synchronize()
    assert compare.compare_databases(pair.source, pair.destination, ["d"]) == []
    assert told(task)["counters"]["anomalies"] == 0


def test_random_changes_and_kills(pair, program):
    chance = random.Random(rds.seed(300))
    names = [f"d.t{i}" for i in range(5)]
    make(pair, *names)
    task = program.task("t", pair, ["d.t0"])
    task.synchronize()
    chosen = {"d.t0"}
    with Writer(pair.source, names):
        running = task.start()
        for _ in range(25):
            what = chance.choice(["add", "remove", "suspend", "resume", "resync", "kill", "kill", "ddl", "wait"])
            name = chance.choice(names)
            print(what, name)
            if what == "add" and name not in chosen:
                pair.destination.sql(f"DROP TABLE IF EXISTS {name}")
                chosen.add(name)
                set_objects(task, " ".join(sorted(chosen)))
            elif what == "remove" and len(chosen) > 1 and name in chosen:
                chosen.discard(name)
                set_objects(task, " ".join(sorted(chosen)))
                running.until(lambda: state_of(task, name) is None or running.ended, "it to be left")
            elif what in ("suspend", "resume", "resync"):
                table(task, what, name)
            elif what == "kill":
                running.kill()
                running = task.start()
            elif what == "ddl":
                pair.source.sql(f"ALTER TABLE {name} ADD COLUMN x{chance.randrange(10**9)} INT DEFAULT 1")
            rds.wait_until(lambda: chance.random() < 0.2, "a moment")
        for name in chosen:
            table(task, "resume", name)
        synchronizing(running, task, *chosen)
        running.stop()
    task.synchronize()
    different = [d for d in compare.compare_databases(pair.source, pair.destination, ["d"])
                 if any(name.split(".")[1] in str(d) for name in chosen)]
    assert different == []
    assert told(task)["counters"]["anomalies"] == 0
