"""Killed at each step of a side's life, and at random, the program neither loses nor doubles a row."""

import random
import time

import pytest

import compare
import rds
from test_change_objects import Writer, make, same, set_objects, state_of, synchronizing, table, told

pytestmark = [pytest.mark.pairs("mariadb-mariadb", "mysql9-mysql9"), pytest.mark.long]

STEPS = ["side-made", "planned", "table-planned", "table-made", "schema-done", "table-copied", "copy-done", "side-asks",
         "side-awaited", "side-joins", "side-joined"]


@pytest.mark.parametrize("step", STEPS)
def test_a_table_is_added_by_a_program_that_is_killed(pair, program, binary, step):
    rds.needs_steps(binary)
    make(pair, "d.old", "d.new", "d.more")
    make(pair, "d.nokey", key=False, rows=20)
    task = program.task("t", pair, ["d.old"], settings={"precheck.ignore": "CHECK_PRIMARY_KEY"})
    task.synchronize()
    set_objects(task, "d").succeeded()
    with Writer(pair.source, ["d.old", "d.new", "d.more"]):
        task.crash_at(step)
        task.crash_at(step, sure=False)
        pair.source.sql("INSERT INTO d.nokey (a, b) VALUES (7, 'x'), (7, 'x')")
        pair.source.sql("ALTER TABLE d.more ADD COLUMN c INT DEFAULT 3")
        task.synchronize()
    task.synchronize()
    assert compare.compare_databases(pair.source, pair.destination, ["d"]) == []
    assert told(task)["counters"]["anomalies"] == 0


@pytest.mark.parametrize("step", ["side-made", "side-saved", "side-joins", "side-joined", "side-emptied", "planned",
                                  "table-planned", "copy-done"])
def test_a_table_is_suspended_and_synchronized_anew_by_a_program_that_is_killed(pair, program, binary, step):
    rds.needs_steps(binary)
    make(pair, "d.good", "d.bad")
    task = program.task("t", pair, ["d"])
    task.synchronize()
    with Writer(pair.source, ["d.good", "d.bad"]):
        program.env["RDS_SYNC_CRASH_AT"] = f"{step}:1"
        codes = [table(task, "suspend", "d.bad").code, table(task, "resume", "d.bad").code, table(task, "resync", "d.bad").code]
        crashed = task.crash_at(step, sure=False)
        assert crashed or -9 in codes, codes
        task.synchronize()
        if state_of(task, "d.bad") == "suspended":
            table(task, "resume", "d.bad").succeeded()
        task.synchronize()
    task.synchronize()
    assert compare.compare_databases(pair.source, pair.destination, ["d"]) == []
    assert told(task)["counters"]["anomalies"] == 0


def test_a_table_is_taken_out_by_a_program_that_is_killed(pair, program, binary):
    """It is left once and for all, and what stays goes on."""
    rds.needs_steps(binary)
    make(pair, "d.stays", "d.goes")
    task = program.task("t", pair, ["d.stays", "d.goes"])
    task.synchronize()
    set_objects(task, "d.stays").succeeded()
    with Writer(pair.source, ["d.stays", "d.goes"]):
        task.crash_at("objects-removed")
        left = pair.destination.sql("SELECT COUNT(*), MAX(id) FROM d.goes")
        task.synchronize()
    task.synchronize()
    assert state_of(task, "d.goes") is None and pair.destination.sql("SELECT COUNT(*), MAX(id) FROM d.goes") == left
    for server in (pair.source, pair.destination):
        server.sql("DROP TABLE d.goes")
    assert same(pair, "d") and told(task)["counters"]["anomalies"] == 0


class Life:
    """A task whose objects are changed and whose program is killed, all at random."""

    def __init__(self, pair, program, number):
        self.chance = random.Random(rds.seed(number))
        self.pair, self.program = pair, program
        self.names = [f"d.t{i}" for i in range(5)]
        make(pair, *self.names)
        self.chosen = {"d.t0", "d.t1"}
        self.task = program.task("t", pair, sorted(self.chosen))
        self.task.synchronize()
        self.start()

    def start(self):
        self.running = self.task.start()
        pid = self.running.process.pid
        self.running.until(lambda: self.task.status()["pid"] == pid, "it to live")

    def choose(self):
        set_objects(self.task, " ".join(sorted(self.chosen))).succeeded()

    def step(self):
        others = [name for name in self.names if name not in self.chosen]
        what = self.chance.choice(["add", "add", "remove", "suspend", "resume", "resync", "kill", "kill", "ddl", "wait"])
        name = self.chance.choice(others if what == "add" and others else sorted(self.chosen))
        print(what, name)
        if what == "add" and others:
            self.pair.destination.sql(f"DROP TABLE IF EXISTS {name}")
            self.chosen.add(name)
            self.choose()
        elif what == "remove" and len(self.chosen) > 1:
            self.chosen.discard(name)
            self.choose()
            self.running.until(lambda: state_of(self.task, name) is None, f"{name} to be left")
        elif what in ("suspend", "resume", "resync"):
            print(table(self.task, what, name).err)
        elif what == "kill":
            self.running.kill()
            self.start()
        elif what == "ddl":
            self.pair.source.sql(f"ALTER TABLE {name} ADD COLUMN x{self.chance.randrange(10**9)} INT DEFAULT 1")
        time.sleep(self.chance.random() * self.chance.random())

    def end(self):
        for name in self.chosen:
            table(self.task, "resume", name)
        synchronizing(self.running, self.task, *self.chosen)
        self.running.stop().succeeded()
        self.task.synchronize()


@pytest.mark.parametrize("number", range(300, 303))
def test_random_changes_and_kills(pair, program, number):
    life = Life(pair, program, number)
    with Writer(pair.source, life.names):
        for _ in range(25):
            life.step()
    life.end()
    for server in (pair.source, pair.destination):
        for name in set(life.names) - life.chosen:
            server.sql(f"DROP TABLE IF EXISTS {name}")
    assert same(pair, "d"), compare.compare_databases(pair.source, pair.destination, ["d"])
    assert told(life.task)["counters"]["anomalies"] == 0
